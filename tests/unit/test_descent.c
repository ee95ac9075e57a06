/* The descent beside the downhill simplex, which knows no slopes. */
#include "fit/descent.h"

#include "fit/simplex.h"
#include "law_world.h"

#define ROWS 30
#define VARIABLES 3

/* Residuals x0 exp(-x1 t) + x2 - y. */
struct world {
    double t[ROWS], y[ROWS], weight[ROWS], low[VARIABLES], high[VARIABLES], huber;
};

static double next_real(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) * 0x1p-53;
}

static struct world random_world(uint64_t seed)
{
    struct world w = {.low = {0, 0.1, -1}, .high = {4, 3, 1}, .huber = seed % 3 ? 0.02 : INFINITY};
    const double top = 0.5 + 2 * next_real(&seed), rate = 3.5 * next_real(&seed), floor = 2.4 * next_real(&seed) - 1.2;
    for (size_t i = 0; i < ROWS; i++) {
        const double noise = next_real(&seed) - 0.5;
        w.t[i] = 3 * (double)i / ROWS;
        w.weight[i] = i % 5 ? 1 : 0.5;
        w.y[i] = top * exp(-rate * w.t[i]) + floor + noise * noise * noise;
    }
    return w;
}

static bool residuals_at(void *context, const double *x, double *residuals, double *slopes)
{
    const struct world *const w = context;
    for (size_t i = 0; i < ROWS; i++) {
        const double fallen = tamis_exp(-x[1] * w->t[i]);
        residuals[i] = x[0] * fallen + x[2] - w->y[i];
        slopes[i * VARIABLES] = fallen;
        slopes[i * VARIABLES + 1] = -x[0] * w->t[i] * fallen;
        slopes[i * VARIABLES + 2] = 1;
    }
    return true;
}

static double value_at(const void *context, const double *x)
{
    const struct world *const w = context;
    double sum = 0;
    for (size_t i = 0; i < ROWS; i++) {
        sum += w->weight[i] * huber_penalty(x[0] * tamis_exp(-x[1] * w->t[i]) + x[2] - w->y[i], w->huber);
    }
    return sum;
}

static struct descent_problem problem_of(struct world *w)
{
    return (struct descent_problem){.variables = VARIABLES, .residuals = ROWS, .low = w->low, .high = w->high,
                                    .weight = w->weight, .huber = w->huber, .residuals_at = residuals_at,
                                    .context = w};
}

static double go_down(const struct descent_problem *problem, double *x)
{
    double value = NAN;
    tamis_err err = {0};
    if (descend(problem, x, &value, &err)) {
        fail_msg("%s", err.text);
    }
    return value;
}

/* The simplex gains nothing from where the descent ends; from the same start it hardly ever finds a lower valley. */
static void test_beside_simplex(void **state)
{
    (void)state;
    static const double step[] = {0.3, 0.3, 0.1}, little[] = {1e-3, 1e-3, 1e-3};
    unsigned at_bound = 0, higher = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct world w = random_world(seed);
        const struct descent_problem problem = problem_of(&w);
        const struct simplex_problem twin = {VARIABLES, w.low, w.high, step, value_at, &w};
        double x[] = {1, 1, 0}, y[] = {1, 1, 0};
        const double value = go_down(&problem, x);
        assert_near(value, value_at(&w, x), 1e-15);
        for (size_t k = 0; k < VARIABLES; k++) {
            assert_true(x[k] >= w.low[k] && x[k] <= w.high[k]);
            at_bound += x[k] <= w.low[k] || x[k] >= w.high[k];
        }
        higher += value > simplex_minimise(&twin, y) * (1 + 1e-7);
        const struct simplex_problem near = {VARIABLES, w.low, w.high, little, value_at, &w};
        assert_true(value <= simplex_minimise(&near, x) * (1 + 1e-8));
    }
    assert_true(at_bound > 50 && higher <= 3);
}

static void test_same_bits(void **state)
{
    (void)state;
    struct world w = random_world(4);
    const struct descent_problem problem = problem_of(&w);
    double x[] = {1, 1, 0}, y[] = {1, 1, 0};
    assert_true(go_down(&problem, x) == go_down(&problem, y));
    assert_memory_equal(x, y, sizeof x);
}

/* A start outside is moved into the box. */
static void test_start_outside(void **state)
{
    (void)state;
    struct world w = random_world(5);
    const struct descent_problem problem = problem_of(&w);
    double x[] = {1, 1, 0}, y[] = {900, -4, 2};
    assert_near(go_down(&problem, y), go_down(&problem, x), 1e-10);
}

static bool banana(void *context, const double *x, double *residuals, double *slopes)
{
    const bool *const fenced = context;
    residuals[0] = 10 * (x[1] - x[0] * x[0]);
    residuals[1] = 1 - x[0];
    slopes[0] = -20 * x[0];
    slopes[1] = 10;
    slopes[2] = -1;
    slopes[3] = 0;
    return !*fenced || x[0] + x[1] <= 1;
}

static void test_banana(void **state)
{
    (void)state;
    static const double low[] = {-5, -INFINITY}, high[] = {5, INFINITY};
    bool fenced = false;
    const struct descent_problem problem = {.variables = 2, .residuals = 2, .low = low, .high = high,
                                            .huber = INFINITY, .residuals_at = banana, .context = &fenced};
    double x[] = {-1.2, 1};
    assert_near(go_down(&problem, x), 0, 1e-20);
    assert_near(x[0], 1, 1e-9);
    assert_near(x[1], 1, 1e-9);
}

/* Steps to where there is nothing are refused; a start there is told. */
static void test_no_place(void **state)
{
    (void)state;
    static const double low[] = {-5, -5}, high[] = {5, 5};
    bool fenced = true;
    const struct descent_problem problem = {.variables = 2, .residuals = 2, .low = low, .high = high,
                                            .huber = INFINITY, .residuals_at = banana, .context = &fenced};
    double x[] = {-1.2, 1}, y[] = {3, 3};
    assert_true(go_down(&problem, x) < 0.2);
    assert_true(x[0] + x[1] <= 1);
    assert_true(isinf(go_down(&problem, y)));
}

static void test_penalty(void **state)
{
    (void)state;
    assert_near(huber_penalty(-0.5, 1), 0.125, 0);
    assert_near(huber_penalty(1, 1), 0.5, 0);
    assert_near(huber_penalty(-3, 1), 2.5, 0);
    assert_near(huber_penalty(3, INFINITY), 4.5, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beside_simplex), cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_start_outside),  cmocka_unit_test(test_banana),
        cmocka_unit_test(test_no_place),       cmocka_unit_test(test_penalty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
