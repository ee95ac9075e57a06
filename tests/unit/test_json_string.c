/* Strings as JSON: many characters at once are what they are one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/json.h"
#include "core/str.h"

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return hash_mix(*state);
}

static void write_string(struct buf *out, tamis_str s)
{
    struct json json;
    json_init(&json, out, 0);
    json_str(&json, s);
    assert_false(json.failed);
}

/* Strings of one character are too short for any short cut. */
static void write_plainly(struct buf *out, const tamis_str *characters, size_t count)
{
    struct buf one;
    buf_init(&one, BUF_UNLIMITED);
    assert_true(buf_add_char(out, '"'));
    for (size_t i = 0; i < count; i++) {
        buf_clear(&one);
        write_string(&one, characters[i]);
        assert_true(buf_add(out, one.at + 1, one.len - 2));
    }
    assert_true(buf_add_char(out, '"'));
    buf_release(&one);
}

static void test_one_by_one(void **state)
{
    (void)state;
    const tamis_str odd[] = {
        STR("\""),       STR("\\"),   STR("\n"),       STR("\t"),   STR("\x7f"),         STR("\x01"), STR("\x1f"),
        {"", 1},         STR(" "),    STR("!"),        STR("#"),    STR("["),            STR("]"),    STR("~"),
        STR("\u00e9"),   STR("\u20ac"), STR("\xc2\x85"), STR("\xd8\x9c"), STR("\xe2\x80\xa8"), STR("\xe2\x81\xa6"),
        STR("\U0001f600"),
    };
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789/";
    struct buf bytes, text, plain;
    uint64_t random = 3;
    buf_init(&bytes, BUF_UNLIMITED);
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&plain, BUF_UNLIMITED);
    for (size_t round = 0; round < 20000; round++) {
        tamis_str characters[48];
        const size_t count = (size_t)(next_random(&random) % 48), share = round % 20;
        buf_clear(&bytes);
        buf_clear(&text);
        buf_clear(&plain);
        for (size_t i = 0; i < count; i++) {
            const uint64_t pick = next_random(&random);
            characters[i] = pick % 20 < share ? odd[(pick >> 8) % (sizeof odd / sizeof *odd)]
                                              : (tamis_str){letters + (pick >> 8) % (sizeof letters - 1), 1};
            assert_true(buf_add_str(&bytes, characters[i]));
        }
        write_string(&text, buf_str(&bytes));
        write_plainly(&plain, characters, count);
        assert_int_equal(text.len, plain.len);
        assert_memory_equal(text.at, plain.at, plain.len);
    }
    buf_release(&bytes);
    buf_release(&text);
    buf_release(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_by_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
