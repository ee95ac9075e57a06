/* Buffers: what they hold, their limit, and the room behind it. */
#include "chance.h"

#include "core/buf.h"
#include "core/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_well_formed(const struct buf *b)
{
    assert_true(b->len <= b->limit);
    assert_true(b->len <= b->cap || b->at == NULL);
    if (b->at == NULL) {
        return;
    }
    assert_int_equal(b->at[b->len], '\0');
    volatile char sum = 0;
    for (size_t i = 0; i < BUF_PADDING; i++) {
        sum = (char)(sum ^ b->at[b->len + i]); /* for the address sanitiser */
    }
}

static void test_buf_agrees_with_a_plain_array(void **state)
{
    (void)state;
    enum { LIMIT = 5000 };
    uint64_t seed = 1;
    for (int round = 0; round < 50; round++) {
        char plain[LIMIT], piece[300];
        size_t len = 0;
        struct buf b;
        buf_init(&b, LIMIT);
        for (int step = 0; step < 60; step++) {
            const size_t more = next_random(&seed) % sizeof(piece);
            for (size_t i = 0; i < more; i++) {
                piece[i] = (char)next_random(&seed);
            }
            const bool fits = len + more <= LIMIT;
            assert_int_equal(buf_add(&b, piece, more), fits);
            if (fits) {
                memcpy(plain + len, piece, more);
                len += more;
            }
            assert_well_formed(&b);
            assert_int_equal(b.len, len);
            assert_memory_equal(b.at, plain, len);
        }
        buf_release(&b);
    }
}

static void test_buf_stops_exactly_at_its_limit(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    assert_true(buf_add(&b, "0123456789", 10));
    assert_false(buf_add_char(&b, 'x'));
    assert_false(buf_printf(&b, "%d", 1));
    assert_true(buf_printf(&b, "%s", ""));
    assert_true(buf_add(&b, NULL, 0));
    assert_false(buf_reserve(&b, SIZE_MAX));
    assert_string_equal(b.at, "0123456789");
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.at, "");
    assert_false(buf_printf(&b, "%s", "01234567890"));
    assert_string_equal(b.at, "");
    assert_true(buf_printf(&b, "%s-%04d", "abcde", 42));
    assert_string_equal(b.at, "abcde-0042");
    buf_release(&b);
    assert_true(buf_add_str(&b, STR("again")));
    assert_false(buf_add_str(&b, STR("123456")));
    assert_true(str_is(buf_str(&b), "again"));
    buf_release(&b);
}

static void test_buf_with_nothing_in_it(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 0);
    assert_int_equal(buf_str(&b).len, 0);
    assert_non_null(buf_str(&b).at);
    buf_clear(&b);
    assert_true(buf_reserve(&b, 0));
    assert_non_null(b.at);
    assert_well_formed(&b);
    assert_false(buf_reserve(&b, 1));
    buf_release(&b);
    buf_release(&b);
    buf_init(&b, SIZE_MAX);
    assert_true(b.limit <= BUF_UNLIMITED);
    assert_false(buf_reserve(&b, BUF_UNLIMITED));
    assert_true(buf_add_char(&b, 'x'));
    buf_release(&b);
}

static void test_buf_reserve_gives_room(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t more = 1; more <= 1 << 18; more *= 3) {
        assert_true(buf_reserve(&b, more));
        assert_true(b.cap - b.len >= more);
        memset(b.at + b.len, 'a', more);
        b.len += more;
        assert_true(buf_add_char(&b, 'b'));
        assert_well_formed(&b);
    }
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buf_agrees_with_a_plain_array),
        cmocka_unit_test(test_buf_stops_exactly_at_its_limit),
        cmocka_unit_test(test_buf_with_nothing_in_it),
        cmocka_unit_test(test_buf_reserve_gives_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
