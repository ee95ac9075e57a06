/* Strings: comparison, lines, strict numbers and near names. */
#include "chance.h"

#include "core/str.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static void test_strings_compare_bytewise(void **state)
{
    (void)state;
    const tamis_str empty = {NULL, 0};
    assert_true(str_equal(empty, STR("")));
    assert_true(str_is(str_from(NULL), ""));
    assert_false(str_equal(STR("a"), STR("b")));
    assert_false(str_equal(STR("a"), STR("a\0")));
    assert_true(str_ends_with(STR("x.jsonl.zst"), ".zst"));
    assert_true(str_ends_with(STR("x"), ""));
    assert_false(str_ends_with(STR("st"), ".zst"));
    assert_true(str_compare(empty, STR("a")) < 0);
    assert_true(str_compare(STR("ab"), STR("a")) > 0);
    assert_true(str_compare(STR("a\xff"), STR("ab")) > 0);
    assert_true(str_compare(STR("Z"), STR("a")) < 0);
    assert_int_equal(str_compare(STR("same"), STR("same")), 0);
}

struct number {
    const char *text;
    bool good;
    uint64_t value;
};

static void check_numbers(const struct number *n, size_t count, bool (*parse)(tamis_str, uint64_t *))
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 77;
        const bool good = parse(str_from(n[i].text), &value);
        if (good != n[i].good || value != (good ? n[i].value : 77)) {
            fail_msg("\"%s\": %s, %" PRIu64, n[i].text, good ? "read" : "refused", value);
        }
    }
}

static void test_lines_of_a_text(void **state)
{
    (void)state;
    tamis_str rest = STR("\none\n\n\ntwo words\nlast"), line;
    assert_true(str_next_line(&rest, &line));
    assert_true(str_is(line, "one"));
    assert_true(str_is(rest, "\n\ntwo words\nlast"));
    assert_true(str_next_line(&rest, &line));
    assert_true(str_is(line, "two words"));
    assert_true(str_next_line(&rest, &line));
    assert_true(str_is(line, "last"));
    assert_false(str_next_line(&rest, &line));
    rest = STR("\n\n");
    assert_false(str_next_line(&rest, &line));
    rest = str_from(NULL);
    assert_false(str_next_line(&rest, &line));
}

static void test_counts(void **state)
{
    (void)state;
    static const struct number cases[] = {
        {"0", true, 0},
        {"007", true, 7},
        {"20e9", true, 20000000000u},
        {"2E+3", true, 2000},
        {"1.5M", true, 1500000},
        {"256K", true, 256000},
        {"0.5K", true, 500},
        {"3G", true, 3000000000u},
        {"2T", true, 2000000000000u},
        {"1.50e1", true, 15},
        {"12.000", true, 12},
        {"0e999999999999999999", true, 0},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073.709551615e9", true, UINT64_MAX},
        {"18446744.073709551615T", true, UINT64_MAX},
        {"0.000000000000000001e18", true, 1},
        {"1.5", false, 0},
        {"1.0005K", false, 0},
        {"18446744073709551616", false, 0},
        {"18446744073.709551616e9", false, 0},
        {"1e20", false, 0},
        {"1e99999999999999999999", false, 0},
        {"", false, 0},
        {"K", false, 0},
        {".5K", false, 0},
        {"1.", false, 0},
        {"1.K", false, 0},
        {"e9", false, 0},
        {"1e", false, 0},
        {"1e-3", false, 0},
        {"1000e-3", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1KB", false, 0},
        {"1Ki", false, 0},
        {"1KK", false, 0},
        {"1e3K", false, 0},
        {"0x10", false, 0},
        {"1,000", false, 0},
        {"1_000", false, 0},
        {"nan", false, 0},
        {"inf", false, 0},
    };
    check_numbers(cases, COUNT_OF(cases), str_count);
    uint64_t value = 0;
    assert_false(str_count(STR("1\0"), &value));
    assert_true(str_count((tamis_str){"12345", 2}, &value));
    assert_int_equal(value, 12);
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct number cases[] = {
        {"0", true, 0},
        {"100", true, 100},
        {"100B", true, 100},
        {"64M", true, 64u << 20},
        {"64MB", true, 64u << 20},
        {"64MiB", true, 64u << 20},
        {"1.5G", true, 1536u << 20},
        {"0.5K", true, 512},
        {"2T", true, (uint64_t)2 << 40},
        {"1e9", true, 1000000000},
        {"0.1K", true, 102}, /* 102.4 */
        {"0.3G", true, 322122547}, /* 322122547.2 */
        {"16777215T", true, (uint64_t)16777215 << 40},
        {"16777216T", false, 0},
        {"18446744073709551615", true, UINT64_MAX},
        {"1.5", false, 0},
        {"1.5B", false, 0},
        {"64Mi", false, 0},
        {"64i", false, 0},
        {"64iB", false, 0},
        {"64BM", false, 0},
        {"M", false, 0},
        {"", false, 0},
        {"-1M", false, 0},
        {"64 M", false, 0},
    };
    check_numbers(cases, COUNT_OF(cases), str_size);
}

static void test_random_counts_read_back(void **state)
{
    (void)state;
    static const struct {
        const char *suffix;
        uint64_t thousandth; /* of the unit; its decimals are printed below */
    } units[] = {{"K", 1}, {"M", 1000}, {"G", 1000000}, {"T", 1000000000}, {"e3", 1}, {"e06", 1000}, {"e+9", 1000000}};
    uint64_t seed = 3;
    for (int i = 0; i < 20000; i++) {
        const size_t unit = next_random(&seed) % COUNT_OF(units);
        const uint64_t thousandths = next_random(&seed) >> (34 + next_random(&seed) % 30);
        char text[64];
        snprintf(text, sizeof(text), "%" PRIu64 ".%03" PRIu64 "%s", thousandths / 1000, thousandths % 1000,
                 units[unit].suffix);
        uint64_t value = 0;
        assert_true(str_count(str_from(text), &value));
        assert_true(value == thousandths * units[unit].thousandth);
    }
}

static void test_reals(void **state)
{
    (void)state;
    static const char *const good[] = {"0", "-0", "1.5", "+2", ".5", "5.", "1e-3", "-1.25E+2", "1e-400", "0.1"};
    static const double values[] = {0, 0, 1.5, 2, 0.5, 5, 0.001, -125, 0, 0.1};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        double value = 99;
        assert_true(str_real(str_from(good[i]), &value));
        assert_true(!(value < values[i]) && !(value > values[i]));
    }
    static const char *const bad[] = {"",    ".",   "-",   "e1",  "1e",  "1e+", "nan", "inf",    "-inf",    "infinity",
                                      "0x1", "1 ",  " 1",  "1,5", "1.2.3", "--1", "1f",  "1e999", "-1e999", "1K"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        double value = 99;
        assert_false(str_real(str_from(bad[i]), &value));
        assert_true(value > 98.9);
    }
    double value = 0;
    assert_true(str_real((tamis_str){"2.59", 3}, &value));
    assert_true(value > 2.49 && value < 2.51);
    char ones[3000];
    memset(ones, '1', sizeof(ones));
    assert_false(str_real((tamis_str){ones, sizeof(ones)}, &value));
    assert_true(str_real((tamis_str){ones, 300}, &value));
}

static void test_nearest_name(void **state)
{
    (void)state;
    static const char *const names[] = {"threshold", "shingle", "bands", "rows", "verify", "keep", "min_words", NULL};
    static const char *const none[] = {NULL};
    assert_string_equal(tamis_nearest(STR("treshold"), names), "threshold");
    assert_string_equal(tamis_nearest(STR("thrsehold"), names), "threshold");
    assert_string_equal(tamis_nearest(STR("thresholds"), names), "threshold");
    assert_string_equal(tamis_nearest(STR("thresh"), names), "threshold");
    assert_string_equal(tamis_nearest(STR("Min-Words"), names), "min_words");
    assert_string_equal(tamis_nearest(STR("band"), names), "bands");
    assert_string_equal(tamis_nearest(STR("rosw"), names), "rows");
    assert_string_equal(tamis_nearest(STR("keep"), names), "keep");
    assert_null(tamis_nearest(STR("tokenizer"), names));
    assert_null(tamis_nearest(STR("x"), names));
    assert_null(tamis_nearest(STR(""), names));
    assert_null(tamis_nearest(STR("keep"), none));
    char endless[5000];
    memset(endless, 'k', sizeof(endless));
    assert_null(tamis_nearest((tamis_str){endless, sizeof(endless)}, names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings_compare_bytewise),
        cmocka_unit_test(test_lines_of_a_text),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_random_counts_read_back),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_nearest_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
