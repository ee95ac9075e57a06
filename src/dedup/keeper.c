/*
 * Every key becomes a number that is smaller the better: comparing and sorting see only those.
 */
#include "dedup/keeper.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/rows.h"

#define FEW 8

/* Keeps the order of all doubles that are not NaN; none maps to UINT64_MAX or, inverted, to it. */
static uint64_t ordered(double value)
{
    const double positive_zero = value + 0.0;
    uint64_t bits;
    memcpy(&bits, &positive_zero, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static uint64_t key_of(const struct ledger *ledger, const struct keep_key *key, uint64_t number)
{
    if (key->by == KEEP_SOURCE) {
        return ledger_survey(ledger, number)->source;
    }
    if (key->by == KEEP_LONGEST) {
        return UINT64_MAX - ledger_survey(ledger, number)->text_bytes;
    }
    const double value = ledger_numbers(ledger, number)[key->field];
    if (isnan(value)) {
        return UINT64_MAX;
    }
    return key->by == KEEP_MIN ? ordered(value) : ~ordered(value);
}

bool keeper_before(const struct ledger *ledger, const struct recipe_dedup *dedup, uint64_t a, uint64_t b)
{
    for (size_t k = 0; k < dedup->keep_count; k++) {
        const uint64_t key_a = key_of(ledger, &dedup->keep[k], a), key_b = key_of(ledger, &dedup->keep[k], b);
        if (key_a != key_b) {
            return key_a < key_b;
        }
    }
    return a < b;
}

struct keyed {
    uint64_t key, number;
};

/* Most buckets: not worth keys and room of their own. */
static void sort_few(const struct ledger *ledger, const struct recipe_dedup *dedup, uint64_t *numbers, uint64_t count)
{
    for (uint64_t i = 1; i < count; i++) {
        const uint64_t number = numbers[i];
        uint64_t to = i;
        while (to > 0 && keeper_before(ledger, dedup, number, numbers[to - 1])) {
            numbers[to] = numbers[to - 1];
            to--;
        }
        numbers[to] = number;
    }
}

/* Rows of equal keys so far, by number; those that also agree in key `k` are left to the next one. */
static void sort_keyed(const struct ledger *ledger, const struct recipe_dedup *dedup, size_t k, struct keyed *at,
                       uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        at[i].key = key_of(ledger, &dedup->keep[k], at[i].number);
    }
    rows_sort(&at->key, count, 2, 0);
    for (uint64_t from = 0, to = 1; k + 1 < dedup->keep_count && from < count; from = to++) {
        while (to < count && at[to].key == at[from].key) {
            to++;
        }
        if (to - from > 1) {
            sort_keyed(ledger, dedup, k + 1, at + from, to - from);
        }
    }
}

bool keeper_sort(const struct ledger *ledger, const struct recipe_dedup *dedup, uint64_t *numbers, uint64_t count)
{
    if (dedup->keep_count == 0) {
        return true;
    }
    if (count <= FEW) {
        sort_few(ledger, dedup, numbers, count);
        return true;
    }
    struct keyed *const keyed = malloc(count * sizeof *keyed);
    if (!keyed) {
        return false;
    }
    for (uint64_t i = 0; i < count; i++) {
        keyed[i].number = numbers[i];
    }
    sort_keyed(ledger, dedup, 0, keyed, count);
    for (uint64_t i = 0; i < count; i++) {
        numbers[i] = keyed[i].number;
    }
    free(keyed);
    return true;
}
