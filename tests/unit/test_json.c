/* The JSON writer: commas, escapes and numbers, against a plain twin. */
#include "chance.h"

#include "core/json.h"
#include "core/str.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static void write_sample(struct json *j)
{
    json_open(j, '{');
    json_key_text(j, "name", "law");
    json_key_count(j, "documents", UINT64_MAX);
    json_key(j, "losses");
    json_open(j, '[');
    json_real(j, 0.1);
    json_real(j, NAN);
    json_real(j, -INFINITY);
    json_real(j, 3);
    json_close(j, ']');
    json_key(j, "empty");
    json_open(j, '{');
    json_close(j, '}');
    json_key(j, "rows");
    json_open(j, '[');
    json_open(j, '[');
    json_close(j, ']');
    json_raw(j, STR("{\"x\":1}"));
    json_close(j, ']');
    json_key_bool(j, "estimate", true);
    json_key_real(j, "ratio", 0.25);
    json_key_str(j, "quote\"", STR("a\"b"));
    json_key_text(j, "none", NULL);
    json_close(j, '}');
}

static void test_json_commas_and_indent(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    struct json j;
    json_init(&j, &b, 0);
    write_sample(&j);
    assert_false(j.failed);
    assert_string_equal(b.at, "{\"name\":\"law\",\"documents\":18446744073709551615,\"losses\":[0.1,null,null,3],"
                              "\"empty\":{},\"rows\":[[],{\"x\":1}],\"estimate\":true,\"ratio\":0.25,"
                              "\"quote\\\"\":\"a\\\"b\",\"none\":null}");
    buf_clear(&b);
    json_init(&j, &b, 2);
    json_open(&j, '{');
    json_key_count(&j, "a", 1);
    json_key(&j, "b");
    json_open(&j, '[');
    json_bool(&j, false);
    json_text(&j, "x");
    json_close(&j, ']');
    json_key(&j, "c");
    json_open(&j, '[');
    json_close(&j, ']');
    json_close(&j, '}');
    assert_false(j.failed);
    assert_string_equal(b.at, "{\n  \"a\": 1,\n  \"b\": [\n    false,\n    \"x\"\n  ],\n  \"c\": []\n}");
    buf_release(&b);
}

static void test_json_lines(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    struct json j;
    json_init(&j, &b, 0);
    for (uint64_t i = 0; i < 2; i++) {
        json_open(&j, '{');
        json_key_count(&j, "id", i);
        json_close(&j, '}');
        assert_true(buf_add_char(&b, '\n'));
    }
    assert_string_equal(b.at, "{\"id\":0}\n{\"id\":1}\n");
    buf_release(&b);
}

static void test_json_escapes(void **state)
{
    (void)state;
    static const struct {
        tamis_str text;
        const char *json;
    } cases[] = {
        {{NULL, 0}, "\"\""},
        {{"a\0b", 3}, "\"a\\u0000b\""},
        {{"\b\t\n\f\r\x1f\x7f", 7}, "\"\\b\\t\\n\\f\\r\\u001f\\u007f\""},
        {{"\"\\/", 3}, "\"\\\"\\\\/\""},
        {{"\xc2\x85\xc2\xa0", 4}, "\"\\u0085\xc2\xa0\""},
        {{"\xd8\x9c\xd8\x9b", 4}, "\"\\u061c\xd8\x9b\""},
        {{"\xe2\x80\xa8\xe2\x80\xa9", 6}, "\"\\u2028\\u2029\""},
        {{"\xe2\x80\xae\xe2\x80\xaf", 6}, "\"\\u202e\xe2\x80\xaf\""},
        {{"\xe2\x80\x8e\xe2\x80\x8d", 6}, "\"\\u200e\xe2\x80\x8d\""},
        {{"\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa", 9}, "\"\\u2066\\u2069\xe2\x81\xaa\""},
        {{"\xf0\x9f\x8c\xbe\xe2\x82\xac", 7}, "\"\xf0\x9f\x8c\xbe\xe2\x82\xac\""},
        {{"\xe2", 1}, "\"\xe2\""}, /* not UTF-8, but nothing is read past the end */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf b;
        buf_init(&b, BUF_UNLIMITED);
        struct json j;
        json_init(&j, &b, 0);
        json_str(&j, cases[i].text);
        assert_false(j.failed);
        assert_string_equal(b.at, cases[i].json);
        buf_release(&b);
    }
}

/* The plain twin: one code point at a time. */
static size_t escape_plainly(const uint32_t *points, size_t count, char *out)
{
    size_t len = 0;
    out[len++] = '"';
    for (size_t i = 0; i < count; i++) {
        const uint32_t c = points[i];
        const char *const known = "\"\"\\\\\bb\tt\nn\ff\rr";
        const char *found = NULL;
        for (const char *k = known; *k != '\0'; k += 2) {
            found = (uint32_t)*k == c ? k : found;
        }
        if (found != NULL) {
            out[len++] = '\\';
            out[len++] = found[1];
        } else if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
                   (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069)) {
            len += (size_t)sprintf(out + len, "\\u%04x", (unsigned)c);
        } else if (c < 0x80) {
            out[len++] = (char)c;
        } else if (c < 0x800) {
            out[len++] = (char)(0xc0 | c >> 6);
            out[len++] = (char)(0x80 | (c & 63));
        } else {
            out[len++] = (char)(0xe0 | c >> 12);
            out[len++] = (char)(0x80 | (c >> 6 & 63));
            out[len++] = (char)(0x80 | (c & 63));
        }
    }
    out[len++] = '"';
    return len;
}

static void encode_plainly(const uint32_t *points, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t c = points[i];
        if (c < 0x80) {
            assert_true(buf_add_char(out, (char)c));
        } else if (c < 0x800) {
            assert_true(buf_add(out, (const char[]){(char)(0xc0 | c >> 6), (char)(0x80 | (c & 63))}, 2));
        } else {
            assert_true(buf_add(
                out, (const char[]){(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63))}, 3));
        }
    }
}

static void test_json_strings_agree_with_the_plain_twin(void **state)
{
    (void)state;
    static const uint32_t tops[] = {0x30, 0xff, 0x700, 0x2100};
    uint64_t seed = 4;
    struct buf text, json;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&json, BUF_UNLIMITED);
    for (int round = 0; round < 3000; round++) {
        uint32_t points[40];
        char expected[40 * 6 + 3];
        const size_t count = next_random(&seed) % COUNT_OF(points);
        for (size_t i = 0; i < count; i++) {
            const uint32_t top = tops[next_random(&seed) % COUNT_OF(tops)];
            points[i] = next_random(&seed) % 4 == 0 ? 0x2000 + (uint32_t)(next_random(&seed) % 0x80)
                                                    : (uint32_t)(next_random(&seed) % top);
        }
        buf_clear(&text);
        buf_clear(&json);
        encode_plainly(points, count, &text);
        struct json j;
        json_init(&j, &json, 0);
        json_str(&j, buf_str(&text));
        assert_false(j.failed);
        assert_int_equal(json.len, escape_plainly(points, count, expected));
        assert_memory_equal(json.at, expected, json.len);
    }
    buf_release(&text);
    buf_release(&json);
}

static void test_json_reals_read_back(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } known[] = {{0.1, "0.1"}, {1.0 / 3, "0.3333333333333333"}, {0.1 + 0.2, "0.30000000000000004"}, {1e22, "1e+22"},
                 {-0.0, "-0"}, {123456, "123456"}, {5e-9, "5e-09"}};
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    struct json j;
    json_init(&j, &b, 0);
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        buf_clear(&b);
        json_real(&j, known[i].value);
        assert_string_equal(b.at, known[i].text);
    }
    uint64_t seed = 5;
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = next_random(&seed);
        double value;
        memcpy(&value, &bits, sizeof(value));
        buf_clear(&b);
        json_real(&j, value);
        double back = 0;
        if (isfinite(value)) {
            assert_true(str_real(buf_str(&b), &back));
            assert_memory_equal(&back, &value, sizeof(value));
        } else {
            assert_string_equal(b.at, "null");
        }
    }
    buf_release(&b);
}

static void test_json_remembers_failure(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 20);
    struct json j;
    json_init(&j, &b, 0);
    write_sample(&j);
    assert_true(j.failed);
    assert_true(b.len <= 20);
    buf_clear(&b);
    json_init(&j, &b, 0);
    json_close(&j, '}');
    assert_true(j.failed);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_commas_and_indent),
        cmocka_unit_test(test_json_lines),
        cmocka_unit_test(test_json_escapes),
        cmocka_unit_test(test_json_strings_agree_with_the_plain_twin),
        cmocka_unit_test(test_json_reals_read_back),
        cmocka_unit_test(test_json_remembers_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
