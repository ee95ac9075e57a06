/*
 * Option tables: defaults, text, YAML, ranges and messages, and printing that reads back as the same value.
 */
#include "arena_world.h"

#include <math.h>
#include <string.h>

#include "core/param.h"
#include "core/str.h"

struct values {
    bool on;
    uint64_t window, memory, big;
    double rate, limit;
    const char *name;
    int verify;
    tamis_strings keep;
};

#define AT(field) offsetof(struct values, field)

#define COUNT_WORDS "it must be a whole number such as 300, 256K or 20e9"
#define REAL_WORDS "it must be a number such as 0.25"

static const tamis_param table[] = {
    {"on", TAMIS_BOOL, AT(on), "true", 0, 0, NULL, "a switch"},
    {"window", TAMIS_COUNT, AT(window), "10", 1, 1000, NULL, "checkpoints"},
    {"memory", TAMIS_SIZE, AT(memory), "64M", 4096, 0x1p40, NULL, "bytes"},
    {"big", TAMIS_COUNT, AT(big), "20e9", 0, 0, NULL, "tokens"},
    {"rate", TAMIS_REAL, AT(rate), "0.25", 0, 1, NULL, "share"},
    {"limit", TAMIS_REAL, AT(limit), NULL, 0, 0, NULL, "nats"},
    {"name", TAMIS_STRING, AT(name), "words", 0, 0, NULL, "a name"},
    {"verify", TAMIS_CHOICE, AT(verify), "exact", 0, 0, "none|exact|sampled", "how"},
    {"keep", TAMIS_STRINGS, AT(keep), "source,longest", 0, 0, NULL, "order"},
    {NULL, TAMIS_BOOL, 0, NULL, 0, 0, NULL, NULL},
};

static struct values defaults(struct arena *arena)
{
    struct values values;
    tamis_err err = {0};
    memset(&values, 0x5a, sizeof(values));
    if (param_defaults(table, &values, arena, &err) != TAMIS_OK) {
        fail_msg("%s", err.text);
    }
    return values;
}

static tamis_status fill(struct arena *arena, struct values *values, const char *yaml, tamis_err *err)
{
    static const char *const others[] = {"domain", "threshold", NULL};
    struct tree *map = NULL;
    assert_int_equal(tree_parse(arena, "r.yaml", str_from(yaml), &map, err), TAMIS_OK);
    return param_fill(table, others, values, map, arena, err);
}

static void assert_message(const tamis_err *err, const char *expected)
{
    assert_int_equal(err->status, TAMIS_USAGE);
    assert_string_equal(err->text, expected);
}

static void test_defaults(void **state)
{
    const struct values v = defaults(*state);
    assert_true(v.on);
    assert_int_equal(v.window, 10);
    assert_int_equal(v.memory, 64u << 20);
    assert_int_equal(v.big, 20000000000u);
    assert_true(v.rate == 0.25);
    assert_true(isnan(v.limit));
    assert_ptr_equal(v.name, table[6].fallback);
    assert_int_equal(v.verify, 1);
    assert_int_equal(v.keep.count, 2);
    assert_string_equal(v.keep.at[0], "source");
    assert_string_equal(v.keep.at[1], "longest");
}

static void test_defaults_unset(void **state)
{
    tamis_param unset[sizeof(table) / sizeof(table[0])];
    memcpy(unset, table, sizeof(table));
    for (tamis_param *param = unset; param->name != NULL; param++) {
        param->fallback = NULL;
    }
    struct values v;
    tamis_err err;
    memset(&v, 0x5a, sizeof(v));
    assert_int_equal(param_defaults(unset, &v, *state, &err), TAMIS_OK);
    assert_false(v.on);
    assert_int_equal(v.window + v.memory + v.big, 0);
    assert_true(isnan(v.rate));
    assert_null(v.name);
    assert_int_equal(v.verify, 0);
    assert_int_equal(v.keep.count, 0);
}

static void test_wrong_table_is_internal(void **state)
{
    const tamis_param wrong[] = {{"window", TAMIS_COUNT, AT(window), "0", 1, 9, NULL, NULL}, table[9]};
    struct values v;
    tamis_err err = {0};
    assert_int_equal(param_defaults(wrong, &v, *state, &err), TAMIS_INTERNAL);
    assert_int_equal(err.status, TAMIS_INTERNAL);
    assert_non_null(strstr(err.text, "'window'"));
}

static void test_set_from_text(void **state)
{
    struct values v = defaults(*state);
    static const char *const texts[][2] = {
        {"on", "off"}, {"window", "1e3"}, {"memory", "1.5G"}, {"big", "256K"}, {"rate", "1"},
        {"limit", "-2.5e-3"}, {"name", "null"}, {"verify", "sampled"}, {"keep", "max:stars,,x"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        tamis_err err = {0};
        const tamis_param *param = param_find(table, str_from(texts[i][0]));
        assert_non_null(param);
        if (param_set(param, &v, str_from(texts[i][1]), *state, "--it", &err) != TAMIS_OK) {
            fail_msg("%s", err.text);
        }
    }
    assert_false(v.on);
    assert_int_equal(v.window, 1000);
    assert_int_equal(v.memory, 3u << 29);
    assert_int_equal(v.big, 256000);
    assert_true(v.rate == 1.0);
    assert_true(v.limit == -2.5e-3);
    assert_string_equal(v.name, "null");
    assert_int_equal(v.verify, 2);
    assert_int_equal(v.keep.count, 3);
    assert_string_equal(v.keep.at[0], "max:stars");
    assert_string_equal(v.keep.at[1], "");
    assert_string_equal(v.keep.at[2], "x");
}

static void test_set_copies(void **state)
{
    struct values v = defaults(*state);
    char text[] = "borrowed";
    assert_int_equal(param_set(&table[6], &v, (tamis_str){text, 6}, *state, "--name", NULL), TAMIS_OK);
    memset(text, 'x', sizeof(text));
    assert_string_equal(v.name, "borrow");
}

static void test_find(void **state)
{
    (void)state;
    assert_ptr_equal(param_find(table, STR("window")), &table[1]);
    assert_null(param_find(table, STR("windo")));
    assert_null(param_find(table, (tamis_str){NULL, 0}));
}

static void test_set_refuses(void **state)
{
    static const char *const cases[][3] = {
        {"on", "1", "--x: 'on' is '1'; it must be true or false (or yes, no, on, off)"},
        {"on", "", "--x: 'on' is ''; it must be true or false (or yes, no, on, off)"},
        {"window", "0", "--x: 'window' is '0'; " COUNT_WORDS ", from 1 to 1000"},
        {"window", "1001", "--x: 'window' is '1001'; " COUNT_WORDS ", from 1 to 1000"},
        {"window", "-1", "--x: 'window' is '-1'; " COUNT_WORDS ", from 1 to 1000"},
        {"window", "2.5", "--x: 'window' is '2.5'; " COUNT_WORDS ", from 1 to 1000"},
        {"big", "many", "--x: 'big' is 'many'; " COUNT_WORDS},
        {"memory", "1K", "--x: 'memory' is '1K'; "
                         "it must be a size in bytes such as 4096, 64M or 1.5G, from 4K to 1024G"},
        {"rate", "1.01", "--x: 'rate' is '1.01'; " REAL_WORDS ", from 0 to 1"},
        {"rate", "nan", "--x: 'rate' is 'nan'; " REAL_WORDS ", from 0 to 1"},
        {"rate", "none", "--x: 'rate' is 'none'; " REAL_WORDS ", from 0 to 1"},
        {"limit", "inf", "--x: 'limit' is 'inf'; " REAL_WORDS ", or none"},
        {"verify", "exat", "--x: 'verify' is 'exat'; it must be none, exact or sampled (did you mean 'exact'?)"},
        {"verify", "qqqqqqqqqq", "--x: 'verify' is 'qqqqqqqqqq'; it must be none, exact or sampled"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct values v = defaults(*state);
        const struct values before = v;
        tamis_err err = {0};
        const tamis_param *param = param_find(table, str_from(cases[i][0]));
        assert_int_equal(param_set(param, &v, str_from(cases[i][1]), *state, "--x", &err), TAMIS_USAGE);
        assert_message(&err, cases[i][2]);
        assert_memory_equal(&v, &before, sizeof(v));
    }
}

static void test_set_refuses_nul(void **state)
{
    struct values v = defaults(*state);
    tamis_err err;
    assert_int_equal(param_set(&table[6], &v, STR("a\0b"), *state, "--x", &err), TAMIS_USAGE);
    assert_int_equal(param_set(&table[8], &v, STR("a\0b"), *state, "--x", &err), TAMIS_USAGE);
    assert_int_equal(param_set(&table[1], &v, STR("1\0"), *state, "--x", &err), TAMIS_USAGE);
}

static void test_open_range(void **state)
{
    const tamis_param open = {"n", TAMIS_COUNT, AT(window), NULL, 2, INFINITY, NULL, NULL};
    struct values v;
    tamis_err err = {0};
    assert_int_equal(param_set(&open, &v, STR("1"), *state, "--x", &err), TAMIS_USAGE);
    assert_message(&err, "--x: 'n' is '1'; " COUNT_WORDS ", at least 2");
    assert_int_equal(param_set(&open, &v, STR("18446744073709551615"), *state, "--x", &err), TAMIS_OK);
}

static void test_fill(void **state)
{
    struct values v = defaults(*state);
    tamis_err err = {0};
    const char *yaml = "on: no\nwindow: 12\nmemory: \"1G\"\nbig: 1.5M\nrate: 0.5\nlimit: 3\nname: 'it: is'\n"
                       "verify: none\nkeep: [max:stars, \"a,b\"]\ndomain: law\nthreshold: {any: thing}\n";
    if (fill(*state, &v, yaml, &err) != TAMIS_OK) {
        fail_msg("%s", err.text);
    }
    assert_false(v.on);
    assert_int_equal(v.window, 12);
    assert_int_equal(v.memory, 1u << 30);
    assert_int_equal(v.big, 1500000);
    assert_true(v.rate == 0.5);
    assert_true(v.limit == 3.0);
    assert_string_equal(v.name, "it: is");
    assert_int_equal(v.verify, 0);
    assert_int_equal(v.keep.count, 2);
    assert_string_equal(v.keep.at[0], "max:stars");
    assert_string_equal(v.keep.at[1], "a,b");
    assert_int_equal(fill(*state, &v, "keep: a,b", &err), TAMIS_OK);
    assert_int_equal(v.keep.count, 1);
    assert_string_equal(v.keep.at[0], "a,b");
    assert_int_equal(fill(*state, &v, "keep: []\nlimit: none\nname:", &err), TAMIS_OK);
    assert_int_equal(v.keep.count, 0);
    assert_true(isnan(v.limit));
    assert_null(v.name);
    assert_int_equal(fill(*state, &v, "{keep: x, limit: 1, name: 'null'}", &err), TAMIS_OK);
    assert_string_equal(v.name, "null");
    assert_int_equal(fill(*state, &v, "{keep: ~, limit: null}", &err), TAMIS_OK);
    assert_int_equal(v.keep.count, 0);
    assert_true(isnan(v.limit));
    const struct values before = v;
    assert_int_equal(fill(*state, &v, "", &err), TAMIS_OK);
    assert_memory_equal(&v, &before, sizeof(v));
}

static void test_fill_refuses(void **state)
{
    static const char *const cases[][2] = {
        {"on: true\nwidow: 3\n", "r.yaml:2:1: unknown key 'widow' (did you mean 'window'?)"},
        {"on: true\ntreshold:\n  - 3\n", "r.yaml:2:1: unknown key 'treshold' (did you mean 'threshold'?)"},
        {"{on: true, qqqqqqqq: 3}", "r.yaml:1:12: unknown key 'qqqqqqqq'; the keys allowed here are: on, window, "
                                    "memory, big, rate, limit, name, verify, keep, domain, threshold"},
        {"window: 0", "r.yaml:1:9: 'window' is '0'; " COUNT_WORDS ", from 1 to 1000"},
        {"window: [1]", "r.yaml:1:9: 'window' is a list; " COUNT_WORDS},
        {"window: {a: 1}", "r.yaml:1:9: 'window' is a map; " COUNT_WORDS},
        {"window: ", "r.yaml:1:8: 'window' is ''; " COUNT_WORDS ", from 1 to 1000"},
        {"verify: [exact]", "r.yaml:1:9: 'verify' is a list; it must be one of none|exact|sampled"},
        {"keep: {a: 1}", "r.yaml:1:7: 'keep' is a map; it must be one text or a list of texts"},
        {"keep: [a, [b]]", "r.yaml:1:11: 'keep' is a list of texts; element 2 is not a text"},
        {"keep: [a, ~]", "r.yaml:1:11: 'keep' is a list of texts; element 2 is not a text"},
        {"name: [a]", "r.yaml:1:7: 'name' is a list; it must be one text"},
        {"limit: 'none'", "r.yaml:1:8: 'limit' is 'none'; " REAL_WORDS ", or none"},
        {"rate: none", "r.yaml:1:7: 'rate' is 'none'; " REAL_WORDS ", from 0 to 1"},
        {"[on]", "r.yaml:1:1: a map of options is needed here (key: value), not a list"},
        {"on", "r.yaml:1:1: a map of options is needed here (key: value), not a single value"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct values v = defaults(*state);
        tamis_err err = {0};
        assert_int_equal(fill(*state, &v, cases[i][0], &err), TAMIS_USAGE);
        assert_message(&err, cases[i][1]);
    }
}

static void test_none_where_help_says_so(void **state)
{
    const tamis_param loud = {"t", TAMIS_REAL, AT(rate), "0.2", 0, 1, NULL, "share; none: off"};
    struct values v;
    tamis_err err;
    assert_int_equal(param_set(&loud, &v, STR("none"), *state, "--x", &err), TAMIS_OK);
    assert_true(isnan(v.rate));
    struct tree *root = NULL;
    assert_int_equal(tree_parse(*state, "r", STR("a: 1"), &root, &err), TAMIS_OK);
    assert_int_equal(tree_set(*state, root, "b.rate", "7", &err), TAMIS_OK);
    assert_int_equal(param_fill(table, NULL, &v, tree_get(root, "b"), *state, &err), TAMIS_USAGE);
    assert_message(&err, "--set b.rate: 'rate' is '7'; " REAL_WORDS ", from 0 to 1");
}

static void assert_prints(const tamis_param *param, const struct values *v, const char *expected)
{
    struct buf out;
    buf_init(&out, 1000);
    assert_true(buf_add_str(&out, STR("x")));
    assert_true(param_print(param, v, &out));
    assert_true(buf_add_char(&out, '\0'));
    assert_string_equal(out.at + 1, expected);
    buf_release(&out);
}

static void test_prints(void **state)
{
    struct values v = defaults(*state);
    static const char *const expected[] = {"true", "10", "64M", "20000000000", "0.25", "none", "words", "exact",
                                           "[source, longest]"};
    for (size_t i = 0; i < 9; i++) {
        assert_prints(&table[i], &v, expected[i]);
    }
    static const struct {
        uint64_t bytes;
        const char *text;
    } sizes[] = {{0, "0"}, {1023, "1023"}, {1024, "1K"}, {1536, "1536"}, {3u << 20, "3M"}, {1ull << 40, "1024G"}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        v.memory = sizes[i].bytes;
        assert_prints(&table[2], &v, sizes[i].text);
    }
    static const struct {
        double value;
        const char *text;
    } reals[] = {{0, "0"}, {100, "100"}, {0.1, "0.1"}, {1.0 / 3, "0.3333333333333333"}, {1e-5, "1e-05"},
                 {1e20, "1e+20"}, {-2.5, "-2.5"}};
    for (size_t i = 0; i < sizeof(reals) / sizeof(reals[0]); i++) {
        v.rate = reals[i].value;
        assert_prints(&table[4], &v, reals[i].text);
    }
    v.keep = (tamis_strings){NULL, 0};
    assert_prints(&table[8], &v, "[]");
    static const char *const strings[][2] = {
        {"", "\"\""}, {"a b", "\"a b\""}, {"no", "\"no\""}, {"12", "\"12\""}, {"null", "\"null\""}, {"x:1", "\"x:1\""},
        {"legal/*.jsonl", "legal/*.jsonl"}, {"a\"b\\c\n", "\"a\\\"b\\\\c\\n\""},
        {"\xc3\xa9t\xc3\xa9", "\"\xc3\xa9t\xc3\xa9\""},
        {"a\xe2\x80\xa8" "b", "\"a\\u2028b\""}, {"\xe2\x80\xae", "\"\\u202e\""}, {"\xc2\x85\x01", "\"\\x85\\x01\""},
    };
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        v.name = strings[i][0];
        assert_prints(&table[6], &v, strings[i][1]);
    }
    v.name = NULL;
    assert_prints(&table[6], &v, "null");
}

static void test_print_keeps_what_was_there_when_full(void **state)
{
    struct values v = defaults(*state);
    struct buf out;
    buf_init(&out, 12);
    assert_true(buf_add_str(&out, STR("before")));
    v.name = "much too long for twelve bytes";
    assert_false(param_print(&table[6], &v, &out));
    assert_int_equal(out.len, 6);
    assert_memory_equal(out.at, "before", 7);
    buf_release(&out);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Valid UTF-8 of up to 11 characters, many of them awkward. */
static const char *random_text(struct arena *arena, uint64_t *random)
{
    static const char *const pieces[] = {"a", "Z", "0", ".", "-", " ", ":", "#", ",", "[", "]", "{", "}", "\"", "'",
                                         "\\", "\n", "\r", "\t", "\x01", "\x7f", "\xc2\x80", "\xc2\x85", "\xc2\xa0",
                                         "\xc3\xa9", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf", "\xef\xbf\xbd",
                                         "\xef\xbf\xbe", "\xed\x9f\xbf", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf", "null",
                                         "no", "*", "&", "!", "%", "@", "|", ">", "~", "?", "<<", "="};
    char text[64] = "";
    const uint64_t count = next_random(random) % 12;
    for (uint64_t i = 0; i < count; i++) {
        strcat(text, pieces[next_random(random) % (sizeof(pieces) / sizeof(pieces[0]))]);
    }
    const char *copy = arena_strdup(arena, str_from(text));
    assert_non_null(copy);
    return copy;
}

static double random_real(uint64_t *random)
{
    for (;;) {
        const uint64_t bits = next_random(random);
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (isfinite(value)) {
            return value;
        }
    }
}

static struct values random_values(struct arena *arena, uint64_t *random)
{
    struct values v;
    memset(&v, 0, sizeof(v));
    v.on = next_random(random) % 2 == 0;
    v.window = 1 + next_random(random) % 1000;
    v.memory = 4096 + ((next_random(random) >> 34) << next_random(random) % 10);
    v.big = next_random(random) >> next_random(random) % 64;
    v.rate = (double)(next_random(random) >> 11) * 0x1p-53;
    v.limit = next_random(random) % 8 == 0 ? NAN : random_real(random);
    v.name = next_random(random) % 8 == 0 ? NULL : random_text(arena, random);
    v.verify = (int)(next_random(random) % 3);
    v.keep.count = next_random(random) % 4;
    v.keep.at = arena_alloc(arena, 4 * sizeof(*v.keep.at));
    assert_non_null(v.keep.at);
    for (size_t i = 0; i < v.keep.count; i++) {
        v.keep.at[i] = random_text(arena, random);
    }
    return v;
}

static void assert_same(const struct values *a, const struct values *b)
{
    assert_int_equal(a->on, b->on);
    assert_int_equal(a->window, b->window);
    assert_int_equal(a->memory, b->memory);
    assert_int_equal(a->big, b->big);
    assert_true(a->rate == b->rate);
    assert_true(a->limit == b->limit || (isnan(a->limit) && isnan(b->limit)));
    assert_int_equal(a->name == NULL, b->name == NULL);
    if (a->name != NULL) {
        assert_string_equal(a->name, b->name);
    }
    assert_int_equal(a->verify, b->verify);
    assert_int_equal(a->keep.count, b->keep.count);
    for (size_t i = 0; i < a->keep.count; i++) {
        assert_string_equal(a->keep.at[i], b->keep.at[i]);
    }
}

static void print_all(const struct values *v, struct buf *out)
{
    buf_clear(out);
    assert_true(buf_add_char(out, '{'));
    for (const tamis_param *param = table; param->name != NULL; param++) {
        assert_true(buf_printf(out, "%s%s: ", param == table ? "" : ", ", param->name));
        assert_true(param_print(param, v, out));
    }
    assert_true(buf_add_str(out, STR("}\n")));
}

static void test_what_is_printed_reads_back(void **state)
{
    struct arena *arena = *state;
    uint64_t random = 0x9e3779b97f4a7c15u;
    struct buf text, again;
    buf_init(&text, 1u << 20);
    buf_init(&again, 1u << 20);
    for (int round = 0; round < 5000; round++) {
        const struct values v = random_values(arena, &random);
        struct values back = defaults(arena);
        struct tree *map = NULL;
        tamis_err err = {0};
        print_all(&v, &text);
        if (tree_parse(arena, "printed", buf_str(&text), &map, &err) != TAMIS_OK ||
            param_fill(table, NULL, &back, map, arena, &err) != TAMIS_OK) {
            fail_msg("%s in %.*s", err.text, (int)text.len, text.at);
        }
        assert_same(&v, &back);
        print_all(&back, &again);
        assert_true(str_equal(buf_str(&text), buf_str(&again)));
        arena_clear(arena);
    }
    buf_release(&text);
    buf_release(&again);
}

/* Bytes that are no UTF-8 cannot be kept by YAML; what is printed must be readable all the same. */
static void test_prints_bytes_that_are_not_text(void **state)
{
    static const char *const names[] = {"caf\xe9", "\xff", "\xc3", "\xe2\x80", "\xed\xa0\x80", "\xc0\xaf",
                                        "\xf5\x80\x80\x80", "\xf0\x80\x80\x80", "\x80z", "\xf4\x90\x80\x80"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct values v = {.name = names[i]};
        struct buf out;
        struct tree *root = NULL;
        tamis_err err = {0};
        buf_init(&out, 1000);
        assert_true(param_print(&table[6], &v, &out));
        assert_int_equal(tree_parse(*state, "x", buf_str(&out), &root, &err), TAMIS_OK);
        assert_non_null(strstr(root->text, "\xef\xbf\xbd"));
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_defaults_unset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wrong_table_is_internal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set_from_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set_copies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_find, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set_refuses_nul, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fill, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fill_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_none_where_help_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_prints, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_print_keeps_what_was_there_when_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_printed_reads_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_prints_bytes_that_are_not_text, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
