/* Ranges: every row once, in number order, for any number of threads; failures and stops in that order too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/ranges.h"

struct world {
    struct ledger ledger;
    struct ledger_part parts[5];
    struct run run;
    atomic_int stop;
    uint64_t fails_at, stops_at; /* numbers */
    uint64_t *seen[2];           /* per text, what was taken */
    size_t count[2];
    uint64_t id_bytes, *offsets; /* of each id; of the ids of every part */
};

static void open_world(struct world *w, unsigned threads, uint64_t id_bytes)
{
    static const size_t counts[] = {3, 0, 2 * RANGE_ROWS, 3 * RANGE_ROWS + 1, 0};
    *w = (struct world){.run = {.threads = threads}, .fails_at = UINT64_MAX, .stops_at = UINT64_MAX,
                        .id_bytes = id_bytes, .offsets = calloc(3 * RANGE_ROWS + 2, sizeof *w->offsets)};
    assert_non_null(w->offsets);
    for (size_t i = 0; i < 3 * RANGE_ROWS + 2; i++) {
        w->offsets[i] = i * id_bytes;
    }
    w->run.stop = &w->stop;
    w->ledger = (struct ledger){.parts = w->parts, .part_count = sizeof counts / sizeof *counts};
    for (size_t p = 0; p < w->ledger.part_count; p++) {
        w->parts[p] = (struct ledger_part){.first = w->ledger.documents, .count = counts[p],
                                            .id_offsets.rows = w->offsets};
        w->ledger.documents += counts[p];
    }
    for (size_t i = 0; i < 2; i++) {
        w->seen[i] = calloc((size_t)w->ledger.documents + 1, sizeof *w->seen[i]);
        assert_non_null(w->seen[i]);
    }
}

static void close_world(struct world *w)
{
    free(w->seen[0]);
    free(w->seen[1]);
    free(w->offsets);
}

/* Numbers, even ones into the first text and odd ones into the second. */
static tamis_status make(void *context, struct range range, struct buf *made, tamis_err *err)
{
    struct world *const w = context;
    assert_true(range.from < range.to && range.to <= range.part->count && range.to - range.from <= RANGE_ROWS);
    assert_true((range.to - range.from - 1) * w->id_bytes < RANGE_ID_BYTES);
    for (size_t row = range.from; row < range.to; row++) {
        const uint64_t number = range.part->first + row;
        if (number == w->fails_at) {
            return tamis_fail(err, TAMIS_INPUT, "at %llu", (unsigned long long)number);
        }
        if (number == w->stops_at) {
            atomic_store(&w->stop, 1);
        }
        assert_true(buf_add(&made[number % 2], &number, sizeof number));
    }
    return TAMIS_OK;
}

static tamis_status take(void *context, const struct buf *made, tamis_err *err)
{
    struct world *const w = context;
    (void)err;
    for (size_t i = 0; i < 2; i++) {
        if (made[i].len > 0) {
            memcpy(w->seen[i] + w->count[i], made[i].at, made[i].len);
            w->count[i] += made[i].len / sizeof **w->seen;
        }
    }
    return TAMIS_OK;
}

static tamis_status run_world(struct world *w, tamis_err *err)
{
    const struct ranges ranges = {.context = w, .texts = 2, .make = make, .take = take};
    return ranges_run(&ranges, &w->run, &w->ledger, err);
}

/* What was taken is all that comes first. */
static void check_prefix(const struct world *w)
{
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < w->count[i]; k++) {
            assert_int_equal(w->seen[i][k], 2 * k + i);
        }
    }
}

static void test_every_row_once_and_in_order(void **state)
{
    (void)state;
    static const uint64_t id_bytes[] = {0, 20, 100000, 3 * RANGE_ID_BYTES};
    for (size_t i = 0; i < sizeof id_bytes / sizeof *id_bytes; i++) {
        for (unsigned threads = 0; threads <= 5; threads++) {
            struct world w;
            tamis_err err;
            open_world(&w, threads, id_bytes[i]);
            assert_int_equal(run_world(&w, &err), TAMIS_OK);
            check_prefix(&w);
            assert_int_equal(w.count[0] + w.count[1], w.ledger.documents);
            close_world(&w);
        }
    }
}

static void test_first_failure_is_told(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 3; threads++) {
        for (uint64_t at = 0; at < 5 * RANGE_ROWS; at += RANGE_ROWS) {
            struct world w;
            tamis_err err;
            open_world(&w, threads, 20);
            w.fails_at = at;
            assert_int_equal(run_world(&w, &err), TAMIS_INPUT);
            check_prefix(&w);
            assert_true(w.count[0] + w.count[1] <= at);
            close_world(&w);
        }
    }
}

static void test_stop_is_seen(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct world w;
        tamis_err err;
        open_world(&w, threads, 20);
        w.stops_at = threads == 1 ? RANGE_ROWS + 5 : 2;
        const tamis_status status = run_world(&w, &err);
        assert_true(status == TAMIS_INTERRUPTED || threads > 1); /* other threads may have been through */
        check_prefix(&w);
        assert_true(w.count[0] + w.count[1] < w.ledger.documents || status == TAMIS_OK);
        assert_int_equal(run_world(&w, &err), TAMIS_INTERRUPTED);
        close_world(&w);
    }
}

static void test_nothing_to_do(void **state)
{
    (void)state;
    struct world w;
    tamis_err err;
    open_world(&w, 2, 20);
    w.ledger.part_count = 0;
    assert_int_equal(run_world(&w, &err), TAMIS_OK);
    assert_int_equal(w.count[0] + w.count[1], 0);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_once_and_in_order),
        cmocka_unit_test(test_first_failure_is_told),
        cmocka_unit_test(test_stop_is_seen),
        cmocka_unit_test(test_nothing_to_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
