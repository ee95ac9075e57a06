/* Reals as decimals, against printing and reading back. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/bits.h"
#include "core/decimals.h"
#include "core/hash.h"

#define ROUNDS 100000

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return hash_mix(*state);
}

static void check_one(double value)
{
    char text[DECIMALS_BYTES], plain[DECIMALS_BYTES];
    const size_t len = decimals_write(value, text), expected = decimals_plain(value, plain);
    assert_true(len < DECIMALS_BYTES);
    if (len != expected || memcmp(text, plain, len) != 0) {
        fail_msg("%a is written as %.*s, printed as %.*s", value, (int)len, text, (int)expected, plain);
    }
}

static void check(double value)
{
    if (isfinite(value)) {
        check_one(value);
        check_one(-value);
    }
}

static void check_around(double value)
{
    check(value);
    check(nextafter(value, 0));
    check(nextafter(value, INFINITY));
}

static void test_known_texts(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } known[] = {
        {0, "0"}, {-0.0, "-0"}, {1, "1"}, {-17, "-17"}, {0.1, "0.1"}, {0.5, "0.5"}, {1.0 / 3, "0.3333333333333333"},
        {0.1 + 0.2, "0.30000000000000004"}, {0.0001, "0.0001"}, {0.00001, "1e-05"}, {123456.75, "123456.75"},
        {999999999999999, "999999999999999"}, {1e15, "1e+15"}, {1234567890123456, "1234567890123456"}, {1e16, "1e+16"},
        {1e100, "1e+100"}, {1.5e-300, "1.5e-300"}, {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_MIN, "2.2250738585072014e-308"}, {5e-324, "4.94065645841247e-324"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[DECIMALS_BYTES + 1];
        text[decimals_write(known[i].value, text)] = '\0';
        assert_string_equal(text, known[i].text);
        check(known[i].value);
    }
}

static void test_whole_numbers(void **state)
{
    (void)state;
    uint64_t random = 1;
    char text[DECIMALS_BYTES], printed[DECIMALS_BYTES];
    for (uint64_t i = 0; i < ROUNDS; i++) {
        const uint64_t value = i < 2000 ? i : next_random(&random) >> (i % 64);
        const size_t len = decimals_count(value, text);
        assert_int_equal(snprintf(printed, sizeof printed, "%llu", (unsigned long long)value), (int)len);
        assert_memory_equal(text, printed, len);
        check((double)value);
    }
    assert_int_equal(decimals_count(UINT64_MAX, text), 20);
}

static void test_boundaries(void **state)
{
    (void)state;
    for (int exponent = -1074; exponent < 1024; exponent++) {
        check_around(ldexp(1, exponent));
    }
    for (int exponent = -330; exponent < 309; exponent++) {
        for (int digits = 1; digits < 100; digits += 7) {
            char text[24];
            snprintf(text, sizeof text, "%de%d", digits, exponent);
            check_around(strtod(text, NULL));
        }
    }
}

static void test_random_values(void **state)
{
    (void)state;
    uint64_t random = 2;
    for (size_t i = 0; i < ROUNDS; i++) {
        check(bits_real(next_random(&random)));
        const uint64_t shift = next_random(&random) % 60;
        check((double)next_random(&random) / (double)((next_random(&random) >> shift) | 1));
        check((double)(next_random(&random) % 100000) / (double)(1 + next_random(&random) % 100000));
        check((double)(next_random(&random) % 1000000000) / 1000);
        check(ldexp((double)(next_random(&random) % 4096), (int)(next_random(&random) % 2000) - 1050));
        check((double)(float)((double)next_random(&random) / 1e19));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_texts),
        cmocka_unit_test(test_whole_numbers),
        cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_random_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
