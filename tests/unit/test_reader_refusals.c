/* Why a record is refused: what is no JSON, nests too deep, or has no text. */
#include "reader_world.h"

static enum reject reject_of(tamis_str line)
{
    struct one one;
    one_read(&one, line, &usual);
    const enum reject reject = one.record->reject;
    part_release(&one.part);
    return reject;
}

struct refusal {
    enum reject reject;
    const char *line;
};

#define T "{\"text\":\"t\",\"x\":"

static const struct refusal refusals[] = {
    {REJECT_EMPTY_LINE, " "},
    {REJECT_EMPTY_LINE, "\r"},
    {REJECT_EMPTY_LINE, " \t \r"},
    {REJECT_INVALID_JSON, "x"},
    {REJECT_INVALID_JSON, "\f"},
    {REJECT_INVALID_JSON, "{"},
    {REJECT_INVALID_JSON, "}"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\"}}"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\"} {}"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\"},"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\"}x"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\",}"},
    {REJECT_INVALID_JSON, "{,\"text\":\"t\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\""},
    {REJECT_INVALID_JSON, "{\"text\":\"t"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\\"},
    {REJECT_INVALID_JSON, "{\"text\" \"t\"}"},
    {REJECT_INVALID_JSON, "{\"text\"}"},
    {REJECT_INVALID_JSON, "{text:\"t\"}"},
    {REJECT_INVALID_JSON, "{'text':'t'}"},
    {REJECT_INVALID_JSON, "{1:\"t\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"a\tb\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"a\x01z\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"\\x41\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"\\u12\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"\\ud83d\\ude00 \\x41\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"\\u12g4\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"\\'\"}"},
    {REJECT_INVALID_JSON, T "nul}"},
    {REJECT_INVALID_JSON, T "nulll}"},
    {REJECT_INVALID_JSON, T "True}"},
    {REJECT_INVALID_JSON, T "NaN}"},
    {REJECT_INVALID_JSON, T "Infinity}"},
    {REJECT_INVALID_JSON, T "-Infinity}"},
    {REJECT_INVALID_JSON, T "-}"},
    {REJECT_INVALID_JSON, T "+1}"},
    {REJECT_INVALID_JSON, T "01}"},
    {REJECT_INVALID_JSON, T "-01}"},
    {REJECT_INVALID_JSON, T "1.}"},
    {REJECT_INVALID_JSON, T ".1}"},
    {REJECT_INVALID_JSON, T "1e}"},
    {REJECT_INVALID_JSON, T "1e+}"},
    {REJECT_INVALID_JSON, T "0x10}"},
    {REJECT_INVALID_JSON, T "1 2}"},
    {REJECT_INVALID_JSON, T "1.2.3}"},
    {REJECT_INVALID_JSON, T "123456789012345678901234567890x}"},
    {REJECT_INVALID_JSON, T "0123456789012345678901234567890}"},
    {REJECT_INVALID_JSON, T "1e999,\"y\":01}"},
    {REJECT_INVALID_JSON, T "1e999,\"y\":1}}"},
    {REJECT_INVALID_JSON, T "1e999"},
    {REJECT_INVALID_JSON, T "[1,]}"},
    {REJECT_INVALID_JSON, T "[1 2]}"},
    {REJECT_INVALID_JSON, T "[1}"},
    {REJECT_INVALID_JSON, T "[}]"},
    {REJECT_INVALID_JSON, T "/* c */ 1}"},
    {REJECT_INVALID_JSON, "\xef\xbb\xbf\xef\xbb\xbf{\"text\":\"two marks\"}"},
    {REJECT_INVALID_UTF8, "{\"text\":\"\xff\"}"},
    {REJECT_INVALID_UTF8, "{\"text\":\"\xc3\"}"},
    {REJECT_INVALID_UTF8, "{\"text\":\"\xc0\x80\"}"},
    {REJECT_INVALID_UTF8, "{\"text\":\"\xed\xa0\x80\"}"},
    {REJECT_INVALID_UTF8, "{\"text\":\"\xf4\x90\x80\x80\"}"},
    {REJECT_INVALID_UTF8, "{\"text\":\"t\",\"k\xe9y\":1}"},
    {REJECT_INVALID_UTF8, "\xe9{broken"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\ud800\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\udc00\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\uDBFF\\uDBFF\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\ud83dx\\ude00\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\ud83d\\n\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\ud83d\\ue000\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\ude00\\ud83d\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\\\\\ud83d\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\ud83d\\ude00\\ude00\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"t\",\"\\ud800\":1}"},
    {REJECT_LONE_SURROGATE, T "[[{\"y\":\"\\udfff\"}]]}"},
    {REJECT_LONE_SURROGATE, T "1e999,\"y\":\"\\udfff\"}"},
    {REJECT_NOT_AN_OBJECT, "[]"},
    {REJECT_NOT_AN_OBJECT, "[{\"text\":\"t\"}]"},
    {REJECT_NOT_AN_OBJECT, "\"text\""},
    {REJECT_NOT_AN_OBJECT, "12"},
    {REJECT_NOT_AN_OBJECT, "123456789012345678901234567890"},
    {REJECT_NOT_AN_OBJECT, "-1e999"},
    {REJECT_NOT_AN_OBJECT, " null "},
    {REJECT_NO_TEXT, "{}"},
    {REJECT_NO_TEXT, "{\"Text\":\"t\"}"},
    {REJECT_NO_TEXT, "{\"text\":null}"},
    {REJECT_NO_TEXT, "{\"text\":1}"},
    {REJECT_NO_TEXT, "{\"text\":[\"t\"]}"},
    {REJECT_NO_TEXT, "{\"text\":{\"text\":\"t\"}}"},
    {REJECT_NO_TEXT, "{\"x\":{\"text\":\"t\"}}"},
    {REJECT_NO_TEXT, "{\"text\":null,\"text\":\"the first one counts\"}"},
    {REJECT_NONE, "{\"text\":\"\"}"},
    {REJECT_NONE, "  {\"text\":\"t\"}\t \r"},
    {REJECT_NONE, "{\"text\":\"a null \\u0000 is text\"}"},
    {REJECT_NONE, "{\"text\":\"\\\\ud800\"}"},
    {REJECT_NONE, "{\"text\":\"\\ud83d\\ude00 \\uD83D\\uDE00\"}"},
    {REJECT_NONE, "{\"text\":\"\xf0\x9f\x98\x80 \x7f\"}"},
    {REJECT_NONE, "\xef\xbb\xbf{\"text\":\"marked\"}"},
    {REJECT_NONE, T "18446744073709551616}"},
    {REJECT_NONE, T "-9223372036854775809}"},
    {REJECT_NONE, T "[1e400,-1E+400,1e-400,0e999,-0.0e-999,2e308]}"},
    {REJECT_NONE, T "{\"1e999\":1e99999999999999999999999999}}"},
    {REJECT_NONE, T "1.7976931348623159e308}"},
    {REJECT_NONE, T "0.00000000000000000000000000000000001e400}"},
    {REJECT_NONE, T "\"\\\"1e999\",\"y\":1e999}"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        tamis_str line = str_from(refusals[i].line);
        put("one", line);
        struct part p;
        part_read(&p, &reader_jsonl, in_folder("one"), (struct reader_options){0}, &usual);
        assert_int_equal(p.parsed.count, 1);
        if (p.parsed.at[0].reject != refusals[i].reject) {
            print_error("%s: '%s' instead of '%s'\n", refusals[i].line, reject_name(p.parsed.at[0].reject),
                        reject_name(refusals[i].reject));
            fail();
        }
        assert_split_agrees(&p);
        part_release(&p);
    }
}

static void test_raw_nul(void **state)
{
    (void)state;
    assert_int_equal(reject_of(STR("{\"text\":\"a\0b\"}")), REJECT_RAW_NUL);
    assert_int_equal(reject_of(STR("{\"text\":\"a\"}\0")), REJECT_RAW_NUL);
    assert_int_equal(reject_of(STR("\0")), REJECT_RAW_NUL);
    assert_int_equal(reject_of(STR("\0\0\xff{")), REJECT_RAW_NUL);
    assert_int_equal(reject_of(STR("{\"text\":\"a\",\"n\":1\0}")), REJECT_RAW_NUL);
}

/* `around` pairs of brackets with `inner` in the middle, as the value of a member: one level more. */
static enum reject reject_of_nest(size_t around, const char *inner, bool objects)
{
    struct buf line;
    buf_init(&line, BUF_UNLIMITED);
    assert_true(buf_add_str(&line, STR("{\"text\":\"t [[[[\\\"{\",\"x\":")));
    for (size_t i = 0; i < around; i++) {
        assert_true(buf_add_str(&line, objects ? STR("{\"k\":") : STR("[")));
    }
    assert_true(buf_add_str(&line, str_from(inner)));
    for (size_t i = 0; i < around; i++) {
        assert_true(buf_add_char(&line, objects ? '}' : ']'));
    }
    assert_true(buf_add_char(&line, '}'));
    const enum reject reject = reject_of(buf_str(&line));
    buf_release(&line);
    return reject;
}

static void test_nesting(void **state)
{
    (void)state;
    for (int objects = 0; objects < 2; objects++) {
        assert_int_equal(reject_of_nest(999, "1", objects), REJECT_NONE);
        assert_int_equal(reject_of_nest(1000, "1", objects), REJECT_TOO_DEEP);
        assert_int_equal(reject_of_nest(998, "[]", objects), REJECT_NONE);
        assert_int_equal(reject_of_nest(999, "[]", objects), REJECT_TOO_DEEP);
        assert_int_equal(reject_of_nest(999, "{}", objects), REJECT_TOO_DEEP);
        assert_int_equal(reject_of_nest(999, "1e999", objects), REJECT_NONE);
        assert_int_equal(reject_of_nest(100000, "1", objects), REJECT_TOO_DEEP);
    }
    assert_int_equal(reject_of_nest(600, "[[],[[]],\"]]\",[[[1]]]]", false), REJECT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_raw_nul),
        cmocka_unit_test(test_nesting),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
