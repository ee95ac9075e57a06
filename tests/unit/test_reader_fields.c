/* The fields of a record: where they lie and what they hold. */
#include "reader_world.h"

#include "io/json_text.h"

static void assert_field(tamis_str line, const struct record_fields *fields, const char *text, const char *id)
{
    struct one one;
    one_read(&one, line, fields);
    if (one.record->reject != REJECT_NONE || !str_is(one.record->text, text) || !str_is(one.record->id, id)) {
        print_error("%.*s: reject '%s', text '%.*s', id '%.*s'\n", STR_ARGS(line), reject_name(one.record->reject),
                    STR_ARGS(one.record->text), STR_ARGS(one.record->id));
        fail();
    }
    part_release(&one.part);
}

static void test_text_and_id(void **state)
{
    (void)state;
    assert_field(STR("{\"id\":\"a\",\"text\":\"b\"}"), &usual, "b", "a");
    assert_field(STR("{\"text\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}"), &usual,
                 "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80", "");
    assert_field(STR("{\"te\\u0078t\":\"escaped key\"}"), &usual, "escaped key", "");
    assert_field(STR("{\"text\":\"one\",\"text\":\"two\",\"id\":\"1\",\"id\":\"2\"}"), &usual, "one", "1");
    assert_field(STR("{\"text\":\"t\",\"id\":null}"), &usual, "t", "");
    assert_field(STR("{\"text\":\"t\",\"id\":true}"), &usual, "t", "");
    assert_field(STR("{\"text\":\"t\",\"id\":[\"a\"]}"), &usual, "t", "");
    assert_field(STR("{\"text\":\"t\",\"id\":{}}"), &usual, "t", "");
    assert_field(STR("{\"text\":\"t\",\"id\":\"\"}"), &usual, "t", "");
    assert_field(STR("{\"id\":\"a\",\"text\":\"b\"}"), &(struct record_fields){.text = "text"}, "b", "");
    assert_field(STR("{\"id\":\"a\",\"text\":\"b\"}"), &(struct record_fields){.id = "id"}, "", "a");
}

static void test_number_ids(void **state)
{
    (void)state;
    static const char *const same[] = {"0", "-0", "7", "-7", "9223372036854775807", "9223372036854775808",
                                       "18446744073709551615", "18446744073709551616", "-9223372036854775808",
                                       "-9223372036854775809", "123456789012345678901234567890", "1.5", "-0.25",
                                       "1e999", "-2e400"};
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        char line[200];
        snprintf(line, sizeof(line), "{\"x\":[1,{\"a\":\"}]\"}],\"text\":\"t\",\"id\" : %s }", same[i]);
        assert_field(str_from(line), &usual, "t", same[i]);
        snprintf(line, sizeof(line), "{\"text\":\"t\",\"id\":%s,\"y\":1e999}", same[i]);
        assert_field(str_from(line), &usual, "t", same[i]);
        snprintf(line, sizeof(line), "{\"text\":\"t\",\"m\":{\"o\":0,\"id\":%s},\"y\":-1}", same[i]);
        assert_field(str_from(line), &(struct record_fields){.text = "text", .id = "m.id"}, "t", same[i]);
    }
    assert_field(STR("{\"text\":\"t\",\"id\":1.50}"), &usual, "t", "1.5");
    assert_field(STR("{\"text\":\"t\",\"id\":0.1000}"), &usual, "t", "0.1");
    assert_field(STR("{\"text\":\"t\",\"id\":25e-1}"), &usual, "t", "2.5");
}

static void test_dotted_paths(void **state)
{
    (void)state;
    const struct record_fields meta = {.text = "meta.text", .id = "a.b.c"};
    assert_field(STR("{\"meta\":{\"x\":1,\"text\":\"nested\"},\"a\":{\"b\":{\"c\":\"deep\"}}}"), &meta, "nested",
                 "deep");
    assert_field(STR("{\"meta\":{\"text\":\"nested\"},\"meta.text\":\"literal\",\"a\":{\"b.c\":\"part\"}}"), &meta,
                 "literal", "part");
    assert_field(STR("{\"meta.text\":\"t\",\"a.b\":{\"c\":\"longer\"},\"a\":{\"b\":{\"c\":\"x\"}}}"), &meta, "t",
                 "longer");
    assert_field(STR("{\"meta.text\":\"t\",\"a.b\":1,\"a\":{\"b\":{\"c\":\"y\"}}}"), &meta, "t", "y");
    assert_field(STR("{\"meta.text\":\"t\",\"a\":\"no object\"}"), &meta, "t", "");
    const struct record_fields odd = {.text = "..", .id = ""};
    assert_field(STR("{\"\":{\"\":{\"\":\"dots\"}},\"id\":\"x\"}"), &odd, "dots", "");
    struct one one;
    one_read(&one, STR("{\"meta\":{\"text\":\"nested\"},\"meta.text\":null}"), &meta);
    assert_int_equal(one.record->reject, REJECT_NO_TEXT); /* the literal key wins, whatever it holds */
    part_release(&one.part);
    const struct record_fields far = {.text = "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"};
    one_read(&one, STR("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
                       "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}}}}"), &far);
    assert_int_equal(one.record->reject, REJECT_NO_TEXT);
    part_release(&one.part);
}

static void test_other_fields(void **state)
{
    (void)state;
    const struct record_fields all = {.text = "text", .tokens = "n", .language = "l",
                                      .numbers = {"a", NULL, "b.c", "d"}};
    struct one one;
    one_read(&one, STR("{\"text\":\"t\",\"n\":12,\"l\":\"de\",\"a\":-1.5,\"b\":{\"c\":7},\"d\":\"8\"}"), &all);
    assert_int_equal(one.record->tokens, 12);
    assert_true(str_is(one.record->language, "de"));
    assert_true(one.record->numbers[0] == -1.5);
    assert_true(one.record->numbers[1] != one.record->numbers[1]);
    assert_true(one.record->numbers[2] == 7);
    assert_true(one.record->numbers[3] != one.record->numbers[3]);
    part_release(&one.part);
    one_read(&one, STR("{\"text\":\"t\",\"n\":4294967296,\"l\":5,\"a\":1e999,\"b\":{\"c\":18446744073709551615},"
                       "\"d\":123456789012345678901234567890}"), &all);
    assert_int_equal(one.record->tokens, 0);
    assert_int_equal(one.record->language.len, 0);
    assert_true(one.record->numbers[0] == 1e308);
    assert_true(one.record->numbers[2] == 18446744073709551615.0);
    assert_true(one.record->numbers[3] == 123456789012345678901234567890.0);
    part_release(&one.part);
    static const struct {
        const char *text;
        uint32_t tokens;
    } counts[] = {{"4294967295", UINT32_MAX}, {"12.0", 12}, {"1e3", 1000}, {"1.5", 0},  {"-1", 0},
                  {"null", 0},                {"\"5\"", 0}, {"1e20", 0},   {"-0.0", 0}, {"99999999999999999999", 0}};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        char line[100];
        snprintf(line, sizeof(line), "{\"text\":\"t\",\"n\":%s}", counts[i].text);
        one_read(&one, str_from(line), &all);
        assert_int_equal(one.record->tokens, counts[i].tokens);
        part_release(&one.part);
    }
}

static void test_tamed_numbers(void **state)
{
    (void)state;
    static const char *const same[] = {"{\"a\":1,\"b\":-2.5e10}", "\"1e999 \\\" 1e999\"", "[01e999,1.e999,-,1e,1ee999]",
                                       "1.797693134862315807e308", "123456789012345678", "0e999", "1e-999", "", "\"\\"};
    static const char *const changed[][2] = {
        {"1e309", "1e308"},
        {"[-1e309]", "[-1e308]"},
        {"2E+308", "1e308"},
        {"1.7976931348623158080e308", "1e308"},
        {"17976931348623158079e289", "1e308"},
        {"0.0001e313", "1e308"},
        {"0.0000000000000001797693134862315807e324", "0.0000000000000001797693134862315807e324"},
        {"12345678901234567890", "12345678901234567890e0"},
        {"{\"a\":\"9\",\"b\":-12345678901234567890 }", "{\"a\":\"9\",\"b\":-12345678901234567890e0 }"},
    };
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        buf_clear(&out);
        assert_true(json_text_tame_numbers(str_from(same[i]), &out));
        assert_string_equal(out.at, same[i]);
    }
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        buf_clear(&out);
        assert_true(json_text_tame_numbers(str_from(changed[i][0]), &out));
        assert_string_equal(out.at, changed[i][1]);
    }
    struct buf digits;
    buf_init(&digits, BUF_UNLIMITED);
    for (int i = 0; i < 309; i++) {
        assert_true(buf_add_char(&digits, i == 0 ? '1' : '0'));
    }
    buf_clear(&out);
    assert_true(json_text_tame_numbers(buf_str(&digits), &out));
    assert_int_equal(out.len, 311); /* 10^308 is a double */
    assert_true(buf_add_char(&digits, '0'));
    buf_clear(&out);
    assert_true(json_text_tame_numbers(buf_str(&digits), &out));
    assert_string_equal(out.at, "1e308");
    buf_release(&digits);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_id),
        cmocka_unit_test(test_number_ids),
        cmocka_unit_test(test_dotted_paths),
        cmocka_unit_test(test_other_fields),
        cmocka_unit_test(test_tamed_numbers),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
