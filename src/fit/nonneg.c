/* Least squares for every set of columns. */
#include "fit/nonneg.h"

#include <string.h>

#include "fit/cholesky.h"

struct normal {
    const double *gram, *right;
    double square;
    size_t count;
};

static double sum_of_squares(const struct normal *n, const double *x)
{
    double sum = n->square;
    for (size_t i = 0; i < n->count; i++) {
        double row = -2 * n->right[i];
        for (size_t k = 0; k < n->count; k++) {
            row += n->gram[i * n->count + k] * x[k];
        }
        sum += row * x[i];
    }
    return sum > 0 ? sum : 0;
}

/* Least squares with the variables of `set` alone, the others 0. False: singular, or one comes out negative. */
static bool solve_set(const struct normal *n, unsigned set, unsigned free, double *x)
{
    double gram[NONNEG_MOST * NONNEG_MOST], right[NONNEG_MOST], factor[NONNEG_MOST * NONNEG_MOST];
    double scale[NONNEG_MOST], found[NONNEG_MOST];
    size_t member[NONNEG_MOST], members = 0;
    for (size_t i = 0; i < n->count; i++) {
        if (set >> i & 1) {
            member[members++] = i;
        }
    }
    for (size_t i = 0; i < members; i++) {
        right[i] = n->right[member[i]];
        for (size_t k = 0; k < members; k++) {
            gram[i * members + k] = n->gram[member[i] * n->count + member[k]];
        }
    }
    if (!cholesky_factor(gram, members, factor, scale)) {
        return false;
    }
    cholesky_solve(factor, scale, members, right, found);
    memset(x, 0, n->count * sizeof *x);
    bool fine = true;
    for (size_t i = 0; i < members; i++) {
        x[member[i]] = found[i];
        fine = fine && (found[i] >= 0 || (free >> member[i] & 1));
    }
    return fine;
}

double nonneg_solve(const double *gram, const double *right, double square, size_t count, unsigned free, double *x)
{
    const struct normal n = {gram, right, square, count};
    const unsigned all = (1u << count) - 1;
    if (solve_set(&n, all, free, x)) {
        return sum_of_squares(&n, x); /* without any bound it is no less */
    }
    double best = square;
    memset(x, 0, count * sizeof *x);
    for (unsigned set = 1; set < all; set++) {
        double tried[NONNEG_MOST];
        if (solve_set(&n, set, free, tried)) {
            const double value = sum_of_squares(&n, tried);
            if (value < best) {
                best = value;
                memcpy(x, tried, count * sizeof *x);
            }
        }
    }
    return best;
}
