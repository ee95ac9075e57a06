/* The smallest of many keys against sorting them all, with and without ties. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/smallest.h"

#define KEYS 3000

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void check(size_t count, size_t most, uint64_t range, uint64_t seed)
{
    uint64_t keys[KEYS], sorted[KEYS];
    struct smallest s;
    assert_true(smallest_init(&s, most));
    for (size_t i = 0; i < count; i++) {
        seed += 0x9e3779b97f4a7c15u;
        keys[i] = sorted[i] = range ? hash_mix(seed) % range : hash_mix(seed);
        smallest_add(&s, keys[i]);
    }
    qsort(sorted, count, sizeof *sorted, compare);
    struct smallest_limit limit = smallest_find(&s);
    smallest_release(&s);
    const size_t wanted = count < most ? count : most;
    size_t taken = 0;
    for (size_t i = 0; i < count; i++) {
        const bool in = smallest_takes(&limit, keys[i]);
        taken += in;
        assert_true(!in || keys[i] <= sorted[wanted - 1]);
        assert_true(in || keys[i] >= sorted[wanted - 1]);
    }
    assert_int_equal(taken, wanted);
}

static void test_agrees_with_sorting(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 99, 100, 101, KEYS};
    static const uint64_t ranges[] = {0, 1, 2, 50, 5000};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
            check(counts[c], 100, ranges[r], c * 10 + r);
            check(counts[c], 1, ranges[r], c * 10 + r);
        }
    }
}

/* Of a key that ties at the limit the first are in. */
static void test_the_first_of_ties(void **state)
{
    (void)state;
    struct smallest s;
    static const uint64_t keys[] = {7, 3, 7, 7, 9};
    static const bool in[] = {true, true, true, false, false};
    assert_true(smallest_init(&s, 3));
    for (size_t i = 0; i < 5; i++) {
        smallest_add(&s, keys[i]);
    }
    struct smallest_limit limit = smallest_find(&s);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(smallest_takes(&limit, keys[i]), in[i]);
    }
    smallest_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_sorting),
        cmocka_unit_test(test_the_first_of_ties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
