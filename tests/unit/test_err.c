/* Messages: how they are filled, cut and made harmless for a terminal. */
#include "tamis.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_fail_fills_and_returns(void **state)
{
    (void)state;
    tamis_err err = {0};
    assert_int_equal(tamis_fail(&err, TAMIS_INPUT, "%s: line %d", "a.jsonl", 7), TAMIS_INPUT);
    assert_int_equal(err.status, TAMIS_INPUT);
    assert_string_equal(err.text, "a.jsonl: line 7");
    assert_int_equal(tamis_fail(&err, TAMIS_IO, "outer: %s", err.text), TAMIS_IO);
    assert_string_equal(err.text, "outer: a.jsonl: line 7");
    assert_int_equal(tamis_fail(NULL, TAMIS_USAGE, "nobody listens"), TAMIS_USAGE);
    assert_string_equal(tamis_version(), TAMIS_VERSION);
}

static void test_fail_cuts_long_messages_between_characters(void **state)
{
    (void)state;
    char text[3001];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 3 <= 3000; i += 3) {
            memcpy(text + i, "\xe2\x82\xac", 4);
        }
        tamis_err err = {0};
        assert_int_equal(tamis_fail(&err, TAMIS_INPUT, "%s", text), TAMIS_INPUT);
        const size_t len = strlen(err.text);
        assert_in_range(len, sizeof(err.text) - 6, sizeof(err.text) - 1);
        assert_string_equal(err.text + len - 3, "...");
        assert_int_equal((len - 3 - shift) % 3, 0);
        assert_memory_equal(err.text, text, len - 3);
    }
}

static void test_fail_hides_terminal_controls(void **state)
{
    (void)state;
    tamis_err err = {0};
    assert_int_equal(tamis_fail(&err, TAMIS_INPUT, "a\x1b[31mb\rc\x7f\xc2\x9b" "d\ne\xc3\xa9\xc2\xb5"), TAMIS_INPUT);
    assert_string_equal(err.text, "a?[31mb?c???d\ne\xc3\xa9\xc2\xb5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail_fills_and_returns),
        cmocka_unit_test(test_fail_cuts_long_messages_between_characters),
        cmocka_unit_test(test_fail_hides_terminal_controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
