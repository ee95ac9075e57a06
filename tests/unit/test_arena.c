/* Arenas: pieces that do not overlap or move, memory that is used again. */
#include "chance.h"

#include "core/arena.h"
#include "core/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_arena_pieces_do_not_overlap_or_move(void **state)
{
    (void)state;
    enum { PIECES = 3000 };
    static unsigned char *at[PIECES];
    static size_t size[PIECES];
    uint64_t seed = 2;
    struct arena a;
    arena_init(&a);
    for (int round = 0; round < 3; round++) {
        size_t asked = 0;
        for (size_t i = 0; i < PIECES; i++) {
            size[i] = next_random(&seed) % (i % 100 == 0 ? 70000 : 100);
            at[i] = arena_alloc(&a, size[i]);
            assert_non_null(at[i]);
            assert_int_equal((uintptr_t)at[i] % 16, 0);
            memset(at[i], (int)(i % 251), size[i]);
            asked += size[i];
        }
        assert_true(a.used >= asked);
        for (size_t i = 0; i < PIECES; i++) {
            for (size_t k = 0; k < size[i]; k++) {
                assert_int_equal(at[i][k], i % 251);
            }
        }
        arena_clear(&a);
        assert_int_equal(a.used, 0);
    }
    arena_release(&a);
    assert_null(a.blocks);
}

static void test_arena_reuses_its_memory_after_clear(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    arena_clear(&a);
    for (int i = 0; i < 1000; i++) {
        assert_non_null(arena_alloc(&a, 1000));
    }
    arena_clear(&a);
    const struct arena_block *const kept = a.blocks;
    assert_non_null(kept);
    for (int i = 0; i < 1000; i++) {
        assert_non_null(arena_alloc(&a, 1000));
    }
    assert_ptr_equal(a.blocks, kept);
    arena_release(&a);
}

static void test_arena_copies(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    const char *const word = arena_strdup(&a, (tamis_str){"grain\0chaff", 5});
    assert_string_equal(word, "grain");
    const char *const nothing = arena_strdup(&a, (tamis_str){NULL, 0});
    assert_string_equal(nothing, "");
    tamis_str copy;
    assert_true(arena_copy(&a, STR("a\0b"), &copy));
    assert_true(str_equal(copy, STR("a\0b")));
    assert_true(arena_copy(&a, (tamis_str){NULL, 0}, &copy));
    assert_non_null(copy.at);
    assert_int_equal(copy.len, 0);
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 8));
    assert_null(arena_zeroed(&a, SIZE_MAX / 8 + 2, 8));
    assert_non_null(arena_zeroed(&a, 0, 8));
    assert_string_equal(word, "grain");
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_pieces_do_not_overlap_or_move),
        cmocka_unit_test(test_arena_reuses_its_memory_after_clear),
        cmocka_unit_test(test_arena_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
