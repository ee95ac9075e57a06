/* What the tests of guards share: chance, a plain twin of the rank correlation, and nobody for a rival. */
#ifndef TESTS_GUARDS_WORLD_H
#define TESTS_GUARDS_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chance.h"
#include "core/str.h"
#include "score/guards.h"
#include "score/rival.h"

static inline double uniform(uint64_t *seed)
{
    return (double)(next_random(seed) >> 11) / (double)((uint64_t)1 << 53);
}

static inline void must(tamis_status status, const tamis_err *err)
{
    if (status) {
        fail_msg("%s", err->text);
    }
}

static inline void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-9) && !(isnan(value) && isnan(expected))) {
        fail_msg("%.17g is not %.17g", value, expected);
    }
}

/* Rank by counting: 1 + smaller ones + half of the other equal ones. */
static inline double plain_rank(const double *values, const bool *used, size_t count, size_t at)
{
    double rank = 1;
    for (size_t i = 0; i < count; i++) {
        if (used[i] && i != at) {
            rank += values[i] < values[at] ? 1 : values[i] > values[at] ? 0 : 0.5;
        }
    }
    return rank;
}

static inline double plain_spearman(const double *a, const double *b, size_t count)
{
    bool *const used = calloc(count + 1, sizeof *used);
    double *const x = calloc(count + 1, sizeof *x), *const y = calloc(count + 1, sizeof *y);
    assert_true(used && x && y);
    double mean_x = 0, mean_y = 0, both = 0, of_x = 0, of_y = 0;
    size_t pairs = 0;
    for (size_t i = 0; i < count; i++) {
        used[i] = !isnan(a[i]) && !isnan(b[i]);
        pairs += used[i];
    }
    for (size_t i = 0; i < count; i++) {
        x[i] = used[i] ? plain_rank(a, used, count, i) : 0;
        y[i] = used[i] ? plain_rank(b, used, count, i) : 0;
        mean_x += x[i] / (double)pairs;
        mean_y += y[i] / (double)pairs;
    }
    for (size_t i = 0; i < count; i++) {
        if (used[i]) {
            both += (x[i] - mean_x) * (y[i] - mean_y);
            of_x += (x[i] - mean_x) * (x[i] - mean_x);
            of_y += (y[i] - mean_y) * (y[i] - mean_y);
        }
    }
    free(used);
    free(x);
    free(y);
    return pairs < 3 || !(of_x > 0) || !(of_y > 0) ? NAN : both / sqrt(of_x * of_y);
}

static inline struct guard_rival nobody(void)
{
    return (struct guard_rival){.score = SIMPLE_SCORES, .overlap = NAN, .chance = NAN};
}

#endif
