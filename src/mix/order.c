/* See order.h. The sorter has put rows of one key in the order of their numbers; ids are looked at in ties only. */
#include "mix/order.h"

#include <stdlib.h>
#include <string.h>

#include "core/sorter.h"
#include "core/str.h"

#define ROW_BYTES (ORDER_WORDS * sizeof(uint64_t))

tamis_status order_open(struct order *o, const struct run *run, const struct ledger *ledger, const char *name,
                        size_t memory, tamis_err *err)
{
    *o = (struct order){.ledger = ledger};
    const struct sorter_options options = {
        .folder = run->tmp,
        .name = name,
        .words = ORDER_WORDS,
        .top = UINT64_MAX,
        .memory = memory,
    };
    return sorter_open(&o->sorter, &options, err);
}

tamis_status order_add(struct order *o, const uint64_t row[ORDER_WORDS], tamis_err *err)
{
    return sorter_add(o->sorter, row, err);
}

tamis_status order_finish(struct order *o, tamis_err *err)
{
    return sorter_finish(o->sorter, err);
}

void order_release(struct order *o)
{
    sorter_free(o->sorter);
    free(o->tie);
    *o = (struct order){0};
}

static tamis_status hold(struct order *o, const uint64_t row[ORDER_WORDS], tamis_err *err)
{
    if (o->count == o->cap) {
        const size_t bigger = o->cap != 0 ? 2 * o->cap : 8;
        uint64_t *const tie = realloc(o->tie, bigger * ROW_BYTES);
        if (tie == NULL) {
            return tamis_fail(err, TAMIS_IO, "out of memory for %zu documents that share one place in the order",
                              bigger);
        }
        o->tie = tie;
        o->cap = bigger;
    }
    memcpy(o->tie + o->count * ORDER_WORDS, row, ROW_BYTES);
    o->count++;
    return TAMIS_OK;
}

static int compare_ids(const struct order *o, uint64_t a, uint64_t b)
{
    return a == b ? 0 : str_compare(ledger_id(o->ledger, a), ledger_id(o->ledger, b));
}

/* Insertion sort, stable: rows of one id already stand in order, and other ids are a collision of 64 bits. */
static void sort_tie(struct order *o)
{
    for (size_t i = 1; i < o->count; i++) {
        uint64_t row[ORDER_WORDS];
        memcpy(row, o->tie + i * ORDER_WORDS, ROW_BYTES);
        size_t to = i;
        while (to > 0 && compare_ids(o, o->tie[(to - 1) * ORDER_WORDS + 1], row[1]) > 0) {
            to--;
        }
        memmove(o->tie + (to + 1) * ORDER_WORDS, o->tie + to * ORDER_WORDS, (i - to) * ROW_BYTES);
        memcpy(o->tie + to * ORDER_WORDS, row, ROW_BYTES);
    }
}

/* Fills the tie with the rows of the next key. */
static tamis_status next_tie(struct order *o, tamis_err *err)
{
    o->count = o->at = 0;
    const uint64_t *row = o->ahead;
    tamis_status status = TAMIS_OK;
    if (!o->has_ahead) {
        status = sorter_next(o->sorter, &row, err);
    }
    while (status == TAMIS_OK && row != NULL && (o->count == 0 || row[0] == o->tie[0]) && o->count < ORDER_TIE) {
        status = hold(o, row, err);
        status = status != TAMIS_OK ? status : sorter_next(o->sorter, &row, err);
    }
    if (status != TAMIS_OK) {
        return status;
    }
    o->has_ahead = row != NULL;
    if (row != NULL) {
        memcpy(o->ahead, row, ROW_BYTES);
    }
    sort_tie(o);
    if (o->has_last && o->count > 0 && o->last[0] == o->tie[0] && compare_ids(o, o->last[1], o->tie[1]) > 0) {
        return tamis_fail(err, TAMIS_IO,
                          "more than %zu documents share one place in the order of a draw and their ids differ; "
                          "set another seed",
                          ORDER_TIE);
    }
    return TAMIS_OK;
}

tamis_status order_next(struct order *o, const uint64_t **row, tamis_err *err)
{
    if (o->at == o->count) {
        const tamis_status status = next_tie(o, err);
        if (status != TAMIS_OK) {
            return status;
        }
    }
    *row = NULL;
    if (o->at < o->count) {
        *row = o->tie + o->at * ORDER_WORDS;
        memcpy(o->last, *row, ROW_BYTES);
        o->has_last = true;
        o->at++;
    }
    return TAMIS_OK;
}
