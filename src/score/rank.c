/*
 * Spearman's rank correlation: Pearson's correlation of the ranks (Spearman 1904), ties at their mean rank. Ranks are
 * doubled and centred, so that they and every sum are whole numbers: the result does not depend on an order of summing.
 */
#include <math.h>
#include <stdlib.h>

#include "score/guards.h"

__extension__ typedef __int128 i128;

struct entry {
    double value;
    size_t place;
};

static int compare(const void *a, const void *b)
{
    const struct entry *const x = a, *const y = b;
    return x->value < y->value ? -1 : x->value > y->value;
}

/* Twice the mean rank, less what makes them sum to 0. */
static void rank(struct entry *entries, size_t count, int64_t *ranks)
{
    qsort(entries, count, sizeof *entries, compare);
    for (size_t first = 0, end = 0; first < count; first = end) {
        for (end = first + 1; end < count && !(entries[first].value < entries[end].value); end++) {
        }
        for (size_t i = first; i < end; i++) {
            ranks[entries[i].place] = (int64_t)(first + 1 + end) - (int64_t)(count + 1);
        }
    }
}

static double correlate(const int64_t *a, const int64_t *b, size_t count)
{
    i128 both = 0, of_a = 0, of_b = 0;
    for (size_t i = 0; i < count; i++) {
        both += (i128)a[i] * b[i];
        of_a += (i128)a[i] * a[i];
        of_b += (i128)b[i] * b[i];
    }
    return of_a && of_b ? (double)both / sqrt((double)of_a * (double)of_b) : NAN;
}

static size_t fill(struct entry *entries, const double *values, const double *other, size_t count)
{
    size_t pairs = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(values[i]) && !isnan(other[i])) {
            entries[pairs] = (struct entry){values[i], pairs};
            pairs++;
        }
    }
    return pairs;
}

tamis_status spearman(const double *a, const double *b, size_t count, double *rho, tamis_err *err)
{
    struct entry *const entries = calloc(count + 1, sizeof *entries);
    int64_t *const ranks = calloc(count + 1, 2 * sizeof *ranks);
    const bool room = entries && ranks;
    *rho = NAN;
    if (room) {
        const size_t pairs = fill(entries, a, b, count);
        rank(entries, pairs, ranks);
        fill(entries, b, a, count);
        rank(entries, pairs, ranks + pairs);
        *rho = pairs < 3 ? NAN : correlate(ranks, ranks + pairs, pairs);
    }
    free(entries);
    free(ranks);
    return room ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for a rank correlation of %zu documents", count);
}
