/*
 * What resolve keeps small: numbers of 40 bits, members of a roster by their place, pairs met many times over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/narrow.h"
#include "dedup/pairs.h"
#include "dedup/roster.h"
#include "dedup/stretches.h"

static void narrow_numbers_are_kept_whole(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {0, 1, UINT32_MAX, (uint64_t)UINT32_MAX + 1, NARROW_LIMIT - 1, 0x1234567890};
    const size_t count = sizeof numbers / sizeof *numbers;
    struct narrow n;
    assert_true(narrow_init(&n, 2 * count));
    for (size_t i = 0; i < count; i++) {
        narrow_set(&n, 2 * i, numbers[i]);
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(narrow_get(&n, 2 * i), numbers[i]);
        assert_true(narrow_get(&n, 2 * i + 1) == NARROW_NONE);
        narrow_set(&n, 2 * i, NARROW_NONE);
        assert_true(narrow_get(&n, 2 * i) == NARROW_NONE);
    }
    narrow_release(&n);
    assert_true(narrow_init(&n, 0));
    narrow_release(&n);
}

static void a_roster_counts_the_members_below(void **state)
{
    (void)state;
    for (uint64_t documents = 0; documents < 3000; documents += documents < 20 ? 1 : 487) {
        for (uint64_t in = 0; in <= 4; in++) { /* of four */
            struct roster r;
            uint64_t below = 0;
            assert_true(roster_init(&r, documents));
            for (uint64_t i = 0; i < documents; i++) {
                if (hash_mix(i + documents) % 4 < in) {
                    bits_set(r.bits, i);
                }
            }
            assert_true(roster_close(&r));
            for (uint64_t i = 0; i < documents; i++) {
                assert_int_equal(roster_index(&r, i), below);
                below += bits_has(r.bits, i);
            }
            assert_int_equal(r.count, below);
            roster_release(&r);
        }
    }
}

/* Every pair comes out once and in order, whether or not the set has room for all. */
static void pairs_come_out_once(void **state)
{
    (void)state;
    const struct sorter_options options = {.folder = "/tmp", .name = "pairs", .words = 2, .top = UINT64_MAX,
                                           .memory = (size_t)64 << 20, .unique = true};
    enum { NUMBERS = 150, TIMES = 3 }; /* all pairs of so many */
    for (size_t memory = 1; memory <= (size_t)4 << 20; memory *= 64) {
        struct sorter *sorter = NULL;
        struct pairs pairs;
        tamis_err err;
        uint64_t fresh_count = 0, count = 0, before = 0;
        assert_int_equal(sorter_open(&sorter, &options, &err), TAMIS_OK);
        pairs_init(&pairs, sorter, memory);
        for (uint64_t i = 0; i < TIMES * NUMBERS * NUMBERS; i++) {
            const struct pair pair = {.later = i / NUMBERS % NUMBERS, .earlier = i % NUMBERS};
            bool fresh = false;
            if (pair.earlier < pair.later) {
                assert_int_equal(pairs_add(&pairs, pair, &fresh, &err), TAMIS_OK);
                fresh_count += fresh;
                assert_true(pairs.room * sizeof *pairs.slots <= (memory < 32 << 10 ? 32 << 10 : memory));
            }
        }
        assert_int_equal(pairs_finish(&pairs, &err), TAMIS_OK);
        assert_int_equal(sorter_finish(sorter, &err), TAMIS_OK);
        for (const uint64_t *row; sorter_next(sorter, &row, &err) == TAMIS_OK && row; count++) {
            assert_true(row[1] < pair_unpack(row[0]) && pair_unpack(row[0]) < NUMBERS);
            assert_true(row[0] >= before);
            before = row[0];
        }
        assert_int_equal(count, NUMBERS * (NUMBERS - 1) / 2);
        assert_true(memory < (size_t)1 << 20 || fresh_count == count);
        assert_true(fresh_count >= count);
        pairs_release(&pairs);
        sorter_free(sorter);
    }
}

static void stretches_cover_every_document_once(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, STRETCH_MOST, STRETCH_MOST + 1, 0, 100000, 3};
    enum { PARTS = sizeof counts / sizeof *counts };
    struct ledger_part parts[PARTS] = {{0}};
    uint64_t rows[PARTS] = {0};
    for (size_t p = 0; p < PARTS; p++) {
        parts[p].count = counts[p];
    }
    struct ledger ledger = {.parts = parts, .part_count = PARTS};
    for (size_t p = 0; p < PARTS; p++) {
        ledger.documents += counts[p];
    }
    struct stretches s;
    assert_true(stretches_init(&s, &ledger));
    for (uint64_t i = 0; i < s.count; i++) {
        assert_int_equal(s.at[i].from, rows[s.at[i].part]);
        assert_true(s.at[i].end > s.at[i].from && s.at[i].end - s.at[i].from <= STRETCH_MOST);
        assert_true(i == 0 || s.at[i].part >= s.at[i - 1].part);
        rows[s.at[i].part] = s.at[i].end;
    }
    for (size_t p = 0; p < PARTS; p++) {
        assert_int_equal(rows[p], counts[p]);
    }
    stretches_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(narrow_numbers_are_kept_whole),
        cmocka_unit_test(a_roster_counts_the_members_below),
        cmocka_unit_test(pairs_come_out_once),
        cmocka_unit_test(stretches_cover_every_document_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
