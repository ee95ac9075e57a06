/*
 * Every key becomes a number that is smaller the better: comparing and sorting see only those.
 */
#include "dedup/keeper.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static void merge(const struct keyed *from, struct keyed *to, uint64_t begin, uint64_t middle, uint64_t end)
{
    uint64_t i = begin, j = middle;
    for (uint64_t out = begin; out < end; out++) {
        const bool left = i < middle && (j == end || from[i].key <= from[j].key);
        to[out] = left ? from[i++] : from[j++];
    }
}

/* Stable, so that sorting by the last key first ends in the order of the whole list. */
static struct keyed *sort_by_key(struct keyed *at, struct keyed *spare, uint64_t count)
{
    for (uint64_t width = 1; width < count; width *= 2) {
        for (uint64_t begin = 0; begin < count; begin += 2 * width) {
            const uint64_t middle = begin + width < count ? begin + width : count;
            const uint64_t end = middle + width < count ? middle + width : count;
            merge(at, spare, begin, middle, end);
        }
        struct keyed *const merged = spare;
        spare = at;
        at = merged;
    }
    return at;
}

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

bool keeper_sort(const struct ledger *ledger, const struct recipe_dedup *dedup, uint64_t *numbers, uint64_t count)
{
    if (count <= FEW) {
        sort_few(ledger, dedup, numbers, count);
        return true;
    }
    struct keyed *const both = malloc((count ? count : 1) * 2 * sizeof *both);
    if (!both) {
        return false;
    }
    struct keyed *at = both;
    for (uint64_t i = 0; i < count; i++) {
        at[i].number = numbers[i];
    }
    for (size_t k = dedup->keep_count; k-- > 0;) {
        for (uint64_t i = 0; i < count; i++) {
            at[i].key = key_of(ledger, &dedup->keep[k], at[i].number);
        }
        at = sort_by_key(at, at == both ? both + count : both, count);
    }
    for (uint64_t i = 0; i < count; i++) {
        numbers[i] = at[i].number;
    }
    free(both);
    return true;
}
