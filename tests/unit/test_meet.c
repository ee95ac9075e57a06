/*
 * Rows that share a key, against a plain twin: sort everything, take what is equal. Over columns, slices, threads, keys
 * that are shared by few, by many and by all.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/rows.h"
#include "dedup/meet.h"

enum { MOST_COLUMNS = 5, MOST_THREADS = 4 };

struct field {
    struct meet_row *columns[MOST_COLUMNS];
    size_t count;
    uint64_t *met;          /* (column, key, number) of every member of a group, in any order */
    size_t met_count, room;
    unsigned groups;
    size_t step;            /* rows handed out at a time */
    uint64_t stretches;
    uint64_t fails_at;      /* the first row of column 1 that cannot be read */
    pthread_mutex_t lock;
};

static tamis_status read_rows(void *context, struct meet_cursor *c, struct meet_row *rows, size_t *count,
                              tamis_err *err)
{
    struct field *const f = context;
    const uint64_t at = f->count * c->stretch / f->stretches + c->at;
    const uint64_t end = f->count * (c->stretch + 1) / f->stretches;
    if (c->column == 1 && end > f->fails_at && at >= f->fails_at) {
        return tamis_fail(err, TAMIS_IO, "column 1 cannot be read in stretch %llu", (unsigned long long)c->stretch);
    }
    *count = end - at < f->step ? (size_t)(end - at) : f->step;
    memcpy(rows, f->columns[c->column] + at, *count * sizeof *rows);
    c->at += *count;
    return TAMIS_OK;
}

static unsigned column_of(const struct field *f, const struct meet_row *row)
{
    unsigned column = 0;
    while (f->columns[column][row->number].key != row->key) {
        column++;
    }
    return column;
}

static tamis_status take_group(void *context, unsigned thread, struct meet_row *rows, size_t count, tamis_err *err)
{
    struct field *const f = context;
    (void)err;
    pthread_mutex_lock(&f->lock);
    assert_true(count > 1 && thread < MOST_THREADS);
    f->groups++;
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || (rows[i].key == rows[0].key && rows[i].number > rows[i - 1].number));
        assert_true(f->met_count < f->room);
        memcpy(f->met + 3 * f->met_count++, (const uint64_t[]){column_of(f, &rows[i]), rows[i].key, rows[i].number},
               3 * sizeof(uint64_t));
    }
    memset(rows, 0, count * sizeof *rows); /* they may be changed */
    pthread_mutex_unlock(&f->lock);
    return TAMIS_OK;
}

/* Keys of different columns differ, as those of bands do. `kinds`: how many there are to draw from; 0: very many. */
static void field_init(struct field *f, unsigned columns, size_t count, uint64_t kinds, uint64_t random)
{
    *f = (struct field){.count = count, .room = columns * count, .step = MEET_CHUNK, .stretches = 7,
                         .fails_at = UINT64_MAX};
    pthread_mutex_init(&f->lock, NULL);
    f->met = malloc((f->room + 1) * 3 * sizeof *f->met);
    assert_non_null(f->met);
    for (unsigned c = 0; c < columns; c++) {
        f->columns[c] = malloc((count + 1) * sizeof *f->columns[c]);
        assert_non_null(f->columns[c]);
        for (size_t i = 0; i < count; i++) {
            const uint64_t drawn = hash_mix(random++);
            const uint64_t key = hash_mix(kinds ? 977 + drawn % kinds : drawn) >> 3 << 3;
            f->columns[c][i] = (struct meet_row){.key = key | c, .number = i};
        }
    }
}

static void field_release(struct field *f)
{
    for (unsigned c = 0; c < MOST_COLUMNS; c++) {
        free(f->columns[c]);
    }
    free(f->met);
    pthread_mutex_destroy(&f->lock);
}

static tamis_status run_meet(struct field *f, unsigned columns, unsigned threads, size_t memory, tamis_err *err)
{
    const struct run run = {.threads = threads, .ledger = "LEDGER"};
    const struct meeting meeting = {.run = &run, .columns = columns, .stretches = f->stretches, .rows = f->count,
                                    .memory = memory, .context = f, .read = read_rows, .group = take_group};
    f->met_count = f->groups = 0;
    return meet(&meeting, err);
}

static void check_against_twin(struct field *f, unsigned columns, unsigned threads, size_t memory)
{
    tamis_err err;
    assert_int_equal(run_meet(f, columns, threads, memory, &err), TAMIS_OK);
    uint64_t *const rows = malloc((f->room + 1) * 3 * sizeof *rows);
    assert_non_null(rows);
    size_t count = 0, kept = 0;
    unsigned groups = 0;
    for (unsigned c = 0; c < columns; c++) {
        for (size_t i = 0; i < f->count; i++) {
            memcpy(rows + 3 * count++, (const uint64_t[]){c, f->columns[c][i].key, i}, 3 * sizeof *rows);
        }
    }
    rows_sort(rows, count, 3, 0);
    for (size_t i = 0; i < count; i++) {
        const bool as_before = i > 0 && memcmp(rows + 3 * (i - 1), rows + 3 * i, 16) == 0;
        const bool as_after = i + 1 < count && memcmp(rows + 3 * (i + 1), rows + 3 * i, 16) == 0;
        groups += as_after && !as_before;
        kept += as_before || as_after;
    }
    assert_int_equal(f->met_count, kept);
    assert_int_equal(f->groups, groups);
    rows_sort(f->met, f->met_count, 3, 0);
    for (size_t i = 0, m = 0; i < count; i++) {
        const bool as_before = i > 0 && memcmp(rows + 3 * (i - 1), rows + 3 * i, 16) == 0;
        const bool as_after = i + 1 < count && memcmp(rows + 3 * (i + 1), rows + 3 * i, 16) == 0;
        if (as_before || as_after) {
            assert_memory_equal(f->met + 3 * m++, rows + 3 * i, 24);
        }
    }
    free(rows);
}

static void everybody_who_shares_a_key_meets(void **state)
{
    (void)state;
    static const struct {
        unsigned columns;
        size_t count;
        uint64_t kinds;
    } cases[] = {{1, 0, 0}, {1, 1, 0}, {1, 2, 1}, {3, 2, 2}, {5, 1000, 0}, {2, 30000, 0}, {1, 30000, 1}, {2, 20000, 2},
                 {3, 20000, 100}, {1, 50000, 20000}, {5, 9000, 9000000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct field f;
        field_init(&f, cases[i].columns, cases[i].count, cases[i].kinds, 100 * i);
        for (unsigned threads = 1; threads <= MOST_THREADS; threads++) {
            check_against_twin(&f, cases[i].columns, threads, (size_t)64 << 20);
            check_against_twin(&f, cases[i].columns, threads, 100 << 10); /* slices */
        }
        f.step = 1 + i;
        f.stretches = 1 + 3 * i;
        check_against_twin(&f, cases[i].columns, 2, 1);
        field_release(&f);
    }
}

/* The two ends of the range, and keys that differ in their lowest bit only. */
static void keys_at_the_edges_meet_and_neighbours_do_not(void **state)
{
    (void)state;
    static const uint64_t keys[] = {0, UINT64_MAX, 0, UINT64_MAX, 1, UINT64_MAX - 1, 1ull << 63, (1ull << 63) - 1,
                                    1ull << 63, 5, 4};
    struct field f;
    field_init(&f, 1, sizeof keys / sizeof *keys, 0, 1);
    for (size_t i = 0; i < f.count; i++) {
        f.columns[0][i].key = keys[i];
    }
    check_against_twin(&f, 1, 1, 1 << 20);
    check_against_twin(&f, 1, 3, 1);
    assert_int_equal(f.groups, 3);
    assert_int_equal(f.met_count, 6);
    field_release(&f);
}

static void a_column_that_cannot_be_read_ends_it(void **state)
{
    (void)state;
    struct field f;
    tamis_err err;
    field_init(&f, 4, 20000, 0, 5);
    f.fails_at = 10000; /* in the middle of stretch 3 of 7, and all behind */
    for (unsigned threads = 1; threads <= MOST_THREADS; threads++) {
        assert_int_equal(run_meet(&f, 4, threads, 1 << 20, &err), TAMIS_IO);
        assert_string_equal(err.text, "column 1 cannot be read in stretch 3");
    }
    field_release(&f);
}

static void a_stop_is_heard(void **state)
{
    (void)state;
    struct field f;
    tamis_err err;
    const atomic_int stop = 1;
    const struct run run = {.threads = 2, .stop = &stop};
    field_init(&f, 2, 100, 0, 5);
    const struct meeting meeting = {.run = &run, .columns = 2, .stretches = 7, .rows = 100, .memory = 1 << 20,
                                    .context = &f, .read = read_rows, .group = take_group};
    assert_int_equal(meet(&meeting, &err), TAMIS_INTERRUPTED);
    assert_int_equal(f.groups, 0);
    field_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_who_shares_a_key_meets),
        cmocka_unit_test(keys_at_the_edges_meet_and_neighbours_do_not),
        cmocka_unit_test(a_column_that_cannot_be_read_ends_it),
        cmocka_unit_test(a_stop_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
