/* Chunks on a shelf: kept byte for byte while all will fit, else nothing is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>


#include "run/run.h"
#include "run/shelf.h"

#define TEXT_BYTES ((size_t)3 << 20)

static void fill(struct chunk *chunk, size_t bytes, unsigned seed)
{
    buf_clear(&chunk->bytes);
    assert_true(buf_reserve(&chunk->bytes, bytes + 3));
    assert_true(buf_add(&chunk->bytes, "BOM", 3));
    for (size_t i = 0; i < bytes; i++) {
        chunk->bytes.at[chunk->bytes.len++] = (char)('a' + (i * seed + seed) % 26);
    }
    chunk->from = 3;
    chunk->offset = seed;
    chunk->length = bytes;
}

static void test_keeps(void **state)
{
    struct shelf *const shelf = shelf_new((uint64_t)100 << 20, 1000);
    struct chunk chunk;
    (void)state;
    chunk_init(&chunk);
    assert_non_null(shelf);
    for (unsigned i = 0; i < 20; i++) {
        fill(&chunk, i % 7 ? TEXT_BYTES + i : i, i + 1);
        shelf_add(shelf, i / 5, 50 * i + 50, &chunk, i);
    }
    assert_false(shelf_is_whole(shelf));
    shelf_finish(shelf);
    assert_true(shelf_is_whole(shelf));
    uint64_t number = 0;
    for (unsigned i = 0; i < 20; i++) {
        const struct shelved *const one = shelf_at(shelf, i);
        fill(&chunk, i % 7 ? TEXT_BYTES + i : i, i + 1);
        const tamis_str there = chunk_str(&one->chunk), wanted = chunk_str(&chunk);
        assert_int_equal(there.len, wanted.len);
        assert_memory_equal(there.at, wanted.at, wanted.len);
        for (size_t k = 0; k <= BUF_PADDING; k++) {
            assert_int_equal(there.at[there.len + k], 0);
        }
        assert_int_equal(one->input, i / 5);
        assert_int_equal(one->first, number);
        assert_int_equal(one->end, number + i);
        assert_int_equal(one->chunk.offset, chunk.offset);
        assert_int_equal(one->chunk.length, chunk.length);
        number += i;
    }
    assert_null(shelf_at(shelf, 20));
    chunk_release(&chunk);
    shelf_free(shelf);
}

/* Chunks that are added until the shelf gives up; how many bytes those are. */
static uint64_t give_up_after(uint64_t most, uint64_t disk_each, uint64_t disk)
{
    struct shelf *const shelf = shelf_new(most, disk);
    struct chunk chunk;
    uint64_t added = 0, read = 0;
    chunk_init(&chunk);
    assert_non_null(shelf);
    fill(&chunk, TEXT_BYTES, 1);
    do {
        read += disk_each;
        shelf_add(shelf, 0, read, &chunk, 1);
        added += TEXT_BYTES;
    } while (read < disk && shelf_at(shelf, 0));
    shelf_finish(shelf);
    const bool whole = shelf_is_whole(shelf);
    assert_int_equal(whole, shelf_at(shelf, 0) != NULL);
    chunk_release(&chunk);
    shelf_free(shelf);
    return whole ? 0 : added;
}

static void test_gives_up_early(void **state)
{
    (void)state;
    assert_int_equal(give_up_after((uint64_t)64 << 20, 10, 200), 0); /* 60 MiB */
    assert_in_range(give_up_after((uint64_t)64 << 20, 10, 10000), 1, (uint64_t)16 << 20);
    assert_in_range(give_up_after((uint64_t)64 << 20, 10, 230), 1, (uint64_t)16 << 20); /* 69 MiB */
    assert_in_range(give_up_after(0, 10, 100), 1, TEXT_BYTES);
}

static void test_abandoned_stays_empty(void **state)
{
    struct shelf *const shelf = shelf_new((uint64_t)64 << 20, 10);
    struct chunk chunk;
    (void)state;
    chunk_init(&chunk);
    assert_non_null(shelf);
    shelf_abandon(shelf);
    fill(&chunk, 100, 1);
    shelf_add(shelf, 0, 10, &chunk, 1);
    shelf_finish(shelf);
    assert_false(shelf_is_whole(shelf));
    assert_null(shelf_at(shelf, 0));
    shelf_add(NULL, 0, 10, &chunk, 1);
    shelf_abandon(NULL);
    shelf_finish(NULL);
    assert_false(shelf_is_whole(NULL));
    chunk_release(&chunk);
    shelf_free(shelf);
    shelf_free(NULL);
}

/* What is held until the end is not planned with again. */
static void test_reserved(void **state)
{
    const uint64_t all = (uint64_t)2 << 30, spare = (uint64_t)255 << 20;
    struct run run = {.memory = all, .spare = spare};
    struct chunk chunk;
    (void)state;
    assert_int_equal(run_shelf_memory(run.spare), spare / 3 * 2);
    chunk_init(&chunk);
    run.shelf = shelf_new(run_shelf_memory(run.spare), 100);
    assert_non_null(run.shelf);
    const uint64_t empty = shelf_bytes(run.shelf);
    for (unsigned i = 0; i < 13; i++) {
        fill(&chunk, TEXT_BYTES, i + 1);
        shelf_add(run.shelf, 0, 2 * i + 2, &chunk, 1);
    }
    shelf_finish(run.shelf);
    const uint64_t held = shelf_bytes(run.shelf);
    assert_true(held >= 13 * TEXT_BYTES && held < 32 * TEXT_BYTES);
    run_reserve(&run);
    assert_int_equal(run.spare, spare / 3); /* of spools */
    assert_int_equal(run.reserved, held + spare / 3);
    assert_int_equal(run.memory, all - run.reserved);
    shelf_abandon(run.shelf);
    assert_int_equal(shelf_bytes(run.shelf), empty);
    shelf_free(run.shelf);
    /* A run that goes on after its survey has no shelf. */
    run = (struct run){.memory = all, .spare = spare};
    run_reserve(&run);
    assert_int_equal(run.reserved, spare / 3);
    assert_int_equal(run.memory, all - spare / 3);
    chunk_release(&chunk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps),
        cmocka_unit_test(test_gives_up_early),
        cmocka_unit_test(test_abandoned_stays_empty),
        cmocka_unit_test(test_reserved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
