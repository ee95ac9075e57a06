/*
 * Cholesky's decomposition and non-negative least squares: what is found satisfies the conditions of Karush, Kuhn and
 * Tucker, which only the least sum does.
 */
#include "fit/nonneg.h"

#include "fit/cholesky.h"
#include "law_world.h"

#define ROWS 12

struct world {
    double a[ROWS][NONNEG_MOST], y[ROWS], weight[ROWS];
    double gram[NONNEG_MOST * NONNEG_MOST], right[NONNEG_MOST], square;
    size_t count;
};

static double next_real(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) * 0x1p-53;
}

static void make_normal(struct world *w)
{
    memset(w->gram, 0, sizeof w->gram);
    memset(w->right, 0, sizeof w->right);
    w->square = 0;
    for (size_t i = 0; i < ROWS; i++) {
        w->square += w->weight[i] * w->y[i] * w->y[i];
        for (size_t j = 0; j < w->count; j++) {
            w->right[j] += w->weight[i] * w->a[i][j] * w->y[i];
            for (size_t k = 0; k < w->count; k++) {
                w->gram[j * w->count + k] += w->weight[i] * w->a[i][j] * w->a[i][k];
            }
        }
    }
}

static struct world random_world(uint64_t seed, size_t count)
{
    struct world w = {.count = count};
    for (size_t i = 0; i < ROWS; i++) {
        w.y[i] = next_real(&seed) - 0.4;
        w.weight[i] = next_real(&seed);
        for (size_t j = 0; j < count; j++) {
            w.a[i][j] = (next_real(&seed) - (j % 2 ? 0.3 : 0)) * (j == 2 ? 1e4 : 1);
        }
    }
    make_normal(&w);
    return w;
}

static double squares(const struct world *w, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < ROWS; i++) {
        double residual = -w->y[i];
        for (size_t j = 0; j < w->count; j++) {
            residual += w->a[i][j] * x[j];
        }
        sum += w->weight[i] * residual * residual;
    }
    return sum;
}

/* Of half the sum, along x_j with its column scaled to length 1. */
static double gradient(const struct world *w, const double *x, size_t j)
{
    double sum = -w->right[j];
    for (size_t k = 0; k < w->count; k++) {
        sum += w->gram[j * w->count + k] * x[k];
    }
    return sum / sqrt(w->gram[j * w->count + j]);
}

static void assert_least(const struct world *w, unsigned free)
{
    double x[NONNEG_MOST];
    const double sum = nonneg_solve(w->gram, w->right, w->square, w->count, free, x);
    assert_near(sum, squares(w, x), 1e-9);
    for (size_t j = 0; j < w->count; j++) {
        const bool moves = x[j] > 0 || (free >> j & 1);
        assert_true(x[j] >= 0 || (free >> j & 1));
        assert_true(gradient(w, x, j) >= -1e-7);
        assert_true(!moves || gradient(w, x, j) <= 1e-7);
    }
}

static void test_random(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 600; seed++) {
        const struct world w = random_world(seed, 1 + seed % NONNEG_MOST);
        assert_least(&w, 0);
        assert_least(&w, (unsigned)(seed / 7 % (1u << w.count)));
    }
}

/* Columns that are the same, or a sum of others, or nothing. */
static void test_dependent(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct world w = random_world(seed, 4);
        for (size_t i = 0; i < ROWS; i++) {
            w.a[i][2] = seed % 2 ? 3 * w.a[i][0] : w.a[i][0] + w.a[i][1];
        }
        make_normal(&w);
        assert_least(&w, 0);
        assert_least(&w, 2);
    }
    struct world w = random_world(1, 2);
    for (size_t i = 0; i < ROWS; i++) {
        w.a[i][1] = 0;
    }
    make_normal(&w);
    double x[2];
    const double sum = nonneg_solve(w.gram, w.right, w.square, 2, 0, x);
    assert_near(sum, squares(&w, x), 1e-12);
    assert_true(x[1] == 0);
}

/* Nothing helps: all stay at 0. */
static void test_all_zero(void **state)
{
    (void)state;
    struct world w = {.count = 2, .a = {{1, 2}, {2, 1}}, .y = {-1, -3}, .weight = {1, 1}};
    double x[2] = {7, 7};
    make_normal(&w);
    assert_near(nonneg_solve(w.gram, w.right, w.square, 2, 0, x), 10, 1e-12);
    assert_true(x[0] == 0 && x[1] == 0);
}

static void test_cholesky(void **state)
{
    (void)state;
    static const double gram[] = {4e8, 2e4, 0, 2e4, 5, 3, 0, 3, 10}, right[] = {4e8 + 4e4, 2e4 + 10 + 9, 6 + 30};
    static const double flat[] = {1, 2, 2, 4}, down[] = {1, 0, 0, -1};
    double factor[9], scale[3], x[3];
    assert_true(cholesky_factor(gram, 3, factor, scale));
    cholesky_solve(factor, scale, 3, right, x);
    for (size_t i = 0; i < 3; i++) {
        assert_near(x[i], (double)i + 1, 1e-9);
    }
    assert_false(cholesky_factor(flat, 2, factor, scale));
    assert_false(cholesky_factor(down, 2, factor, scale));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_dependent),
        cmocka_unit_test(test_all_zero),
        cmocka_unit_test(test_cholesky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
