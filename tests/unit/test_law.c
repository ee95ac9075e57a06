/*
 * The search, and the fit of one curve: on curves that are known and on published tables.
 */
#include "law/r_effect.h"
#include "law_world.h"

#include "core/csv.h"
#include "core/str.h"
#include "law/simplex.h"

#define TABLES "../shared/data/published_cpt_tables.csv"

/* ---- The search ------------------------------------------------------------------------------------------------- */

static double banana(const void *context, const double *x)
{
    (void)context;
    return 100 * (x[1] - x[0] * x[0]) * (x[1] - x[0] * x[0]) + (1 - x[0]) * (1 - x[0]);
}

static double kinked(const void *context, const double *x)
{
    const double *const at = context;
    return fabs(x[0] - at[0]) + 3 * fabs(x[1] - at[1]) + fabs(x[0] + x[1] - at[0] - at[1]);
}

static void test_simplex(void **state)
{
    (void)state;
    static const double low[] = {-5, -5}, high[] = {5, 5}, step[] = {0.5, 0.5}, at[] = {1.25, -2};
    const struct simplex_problem valley = {2, low, high, step, banana, NULL};
    const struct simplex_problem kink = {2, low, high, step, kinked, at};
    double x[] = {-1.2, 1};
    assert_near(simplex_minimise(&valley, x), 0, 1e-20);
    assert_near(x[0], 1, 1e-9);
    double y[] = {4, 4};
    assert_near(simplex_minimise(&kink, y), 0, 1e-9);
    assert_near(y[1], -2, 1e-9);
}

/* The lowest point lies outside the box: the nearest on its edge is found. */
static void test_simplex_at_bound(void **state)
{
    (void)state;
    static const double low[] = {2, -5}, high[] = {5, 5}, step[] = {0.5, 0.5}, at[] = {1.25, -2};
    const struct simplex_problem kink = {2, low, high, step, kinked, at};
    double y[] = {4, 4};
    assert_near(simplex_minimise(&kink, y), 1.5, 1e-9);
    assert_near(y[0], 2, 1e-12);
}

/* ---- The fit ---------------------------------------------------------------------------------------------------- */

static struct r_effect_fit fitted(const struct r_effect_point *points, size_t count)
{
    struct r_effect_fit fit;
    tamis_err err = {0};
    if (r_effect_fit(points, count, &r_effect_usual_bounds, &fit, &err)) {
        fail_msg("%s", err.text);
    }
    return fit;
}

/* Losses without noise: the curve comes back, also between the shares that were measured. */
static void test_known_curves(void **state)
{
    (void)state;
    static const struct r_effect curves[] = {{1.9, 0.12, 0.05, 0.55}, {0.9, 0.30, 0.15, 0.7}, {2.2, 0.05, 0.01, 0.8},
                                             {0, 2.5, 0.4, 0.3},      {1.5, 0.6, 0.004, 0.16}, {3, 0.002, 0.03, 1.7}};
    static const double shares[] = {0, 0.05, 0.1, 0.33, 0.67, 1};
    for (size_t c = 0; c < sizeof curves / sizeof *curves; c++) {
        struct r_effect_point points[6];
        for (size_t i = 0; i < 6; i++) {
            points[i] = (struct r_effect_point){shares[i], r_effect_at(&curves[c], shares[i])};
        }
        const struct r_effect_fit fit = fitted(points, 6);
        assert_near(fit.objective, 0, 1e-11);
        assert_near(fit.objective, r_effect_objective(&fit.law, points, 6), 0);
        assert_true(fit.r2 > 0.999999 && fit.mape < 1e-5);
        assert_true(fit.starts == 16 && fit.agreeing >= 8);
        for (double share = 0; share <= 1; share += 0.01) {
            assert_near(r_effect_at(&fit.law, share), r_effect_at(&curves[c], share), 2e-3);
        }
    }
}

static void test_slope(void **state)
{
    (void)state;
    const struct r_effect law = {1.9, 0.12, 0.05, 0.55};
    for (double share = 0; share < 1; share += 0.1) {
        const double step = 1e-6;
        const double slope = (r_effect_at(&law, share + step) - r_effect_at(&law, share)) / step;
        assert_near(r_effect_slope(&law, share + step / 2), slope, 1e-6 * fabs(slope) + 1e-8);
    }
}

/* A loss that grows with its share cannot be what the columns say it is: a constant is fitted, and it says so. */
static void test_rising_loss(void **state)
{
    (void)state;
    static const struct r_effect_point points[] = {{0, 2}, {0.5, 2.1}, {0.75, 2.2}, {1, 2.3}};
    const struct r_effect_fit fit = fitted(points, 4);
    assert_true(fit.c_at_zero);
    assert_near(r_effect_at(&fit.law, 0.3), 2.15, 0.06);
}

static void test_constant_loss(void **state)
{
    (void)state;
    static const struct r_effect_point points[] = {{0, 2}, {0.5, 2}, {0.75, 2}, {1, 2}};
    const struct r_effect_fit fit = fitted(points, 4);
    assert_true(isnan(fit.r2));
    assert_near(r_effect_at(&fit.law, 0.3), 2, 1e-6);
}

static void test_two_shares(void **state)
{
    (void)state;
    static const struct r_effect_point points[] = {{0, 2}, {1, 1.9}, {1, 1.8}, {0, 2.1}};
    struct r_effect_fit fit;
    tamis_err err = {0};
    assert_int_equal(r_effect_fit(points, 4, &r_effect_usual_bounds, &fit, &err), TAMIS_INPUT);
}

/* ---- Published tables ------------------------------------------------------------------------------------------- */

/* General losses of one setting; the run without replay left out where it is asked for. */
static size_t setting(const struct csv *table, const char *name, bool without, struct r_effect_point *points)
{
    const size_t setting_at = csv_find(table, "setting"), ratio_at = csv_find(table, "domain_share"),
                 loss_at = csv_find(table, "general_loss");
    size_t count = 0;
    for (size_t row = 0; row < table->rows; row++) {
        double ratio = 0, loss = 0;
        tamis_err err = {0};
        if (str_is(csv_at(table, row, setting_at).text, name) && csv_at(table, row, loss_at).text.len > 0) {
            assert_int_equal(csv_real(table, row, ratio_at, &ratio, &err), TAMIS_OK);
            assert_int_equal(csv_real(table, row, loss_at, &loss, &err), TAMIS_OK);
            if (!without || ratio < 1) {
                points[count++] = (struct r_effect_point){1 - ratio, loss};
            }
        }
    }
    return count;
}

/*
 * The form holds on three published tables, within 0.004, 0.017 and 0.005 nats. Without the run that has no replay it
 * predicts that run far too low: 3.12 for 3.56, 2.28 for 2.44, 3.36 for 3.47.
 */
static void test_published_tables(void **state)
{
    static const struct {
        const char *name;
        double within, without, measured;
    } cases[] = {{"405M Pile->German 200B (strong shift)", 0.0037, 3.116, 3.56},
                 {"405M Pile->SlimPajama 300B (weak shift)", 0.0166, 2.278, 2.44},
                 {"Qwen1.5-1.8B chemistry D=10B", 0.0049, 3.364, 3.4667}};
    struct buf bytes;
    tamis_err err = {0};
    if (!file_exists(TABLES)) {
        print_message("skipped: %s is not here\n", TABLES);
        skip();
    }
    buf_init(&bytes, 1u << 20);
    struct csv table;
    assert_int_equal(file_read(TABLES, 1u << 20, &bytes, &err), TAMIS_OK);
    assert_int_equal(csv_parse(&table, *state, TABLES, buf_str(&bytes), &err), TAMIS_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct r_effect_point points[16];
        const struct r_effect_fit all = fitted(points, setting(&table, cases[i].name, false, points));
        assert_true(all.max_error < cases[i].within);
        assert_near(r_effect_at(&all.law, 0), cases[i].measured, 0.001);
        const struct r_effect_fit fit = fitted(points, setting(&table, cases[i].name, true, points));
        assert_near(r_effect_at(&fit.law, 0), cases[i].without, 0.001);
    }
    buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simplex),
        cmocka_unit_test(test_simplex_at_bound),
        cmocka_unit_test(test_known_curves),
        cmocka_unit_test(test_slope),
        cmocka_unit_test(test_rising_loss),
        cmocka_unit_test(test_constant_loss),
        cmocka_unit_test(test_two_shares),
        cmocka_unit_test_setup_teardown(test_published_tables, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
