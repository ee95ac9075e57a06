/*
 * The search, and the fit of one curve at one size and one number of tokens: on curves that are known and on published
 * tables.
 */
#include "law_world.h"

#include "core/csv.h"
#include "core/str.h"
#include "fit/descent.h"
#include "fit/simplex.h"

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

/* ---- The fit at one size and one number of tokens --------------------------------------------------------------- */

struct point {
    double share, loss;
};

static tamis_status fit_points(struct arena *arena, const struct point *points, size_t count, struct dcpt_law *law,
                               tamis_err *err)
{
    static const struct dcpt_effort effort = {.replicates = 0};
    char text[2048] = "ratio,loss_domain\n";
    struct dcpt_runs runs;
    for (size_t i = 0, len = strlen(text); i < count; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%.17g,%.17g\n", points[i].share, points[i].loss);
    }
    const tamis_status status = dcpt_read_runs(written(text), RUNS_WARM_UP, arena, &runs, err);
    return status ? status : dcpt_fit(&runs, NULL, &effort, arena, law, err);
}

static struct dcpt_side fitted(struct arena *arena, const struct point *points, size_t count)
{
    struct dcpt_law law;
    tamis_err err = {0};
    if (fit_points(arena, points, count, &law, &err)) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(law.form, DCPT_SINGLE_POINT);
    return law.domain;
}

static double objective_of(const struct dcpt_curve *curve, const struct point *points, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += huber_penalty(log(dcpt_at(curve, NAN, NAN, points[i].share)) - log(points[i].loss), 1e-3);
    }
    return sum;
}

/* Losses without noise: the curve comes back, also between the shares that were measured. */
static void test_known_curves(void **state)
{
    static const double curves[][4] = {{1.9, 0.12, 0.05, 0.55}, {0.9, 0.30, 0.15, 0.7},  {2.2, 0.05, 0.01, 0.8},
                                       {0, 2.5, 0.4, 0.3},      {1.5, 0.6, 0.004, 0.16}, {3, 0.002, 0.03, 1.7}};
    static const double shares[] = {0, 0.05, 0.1, 0.33, 0.67, 1};
    for (size_t c = 0; c < sizeof curves / sizeof *curves; c++) {
        const struct dcpt_curve truth = {.e = curves[c][0], .c = curves[c][1], .alpha = 1, .beta = 1, .eta = 1,
                                         .eps = curves[c][2], .gamma = curves[c][3]};
        struct point points[6];
        for (size_t i = 0; i < 6; i++) {
            points[i] = (struct point){shares[i], dcpt_at(&truth, NAN, NAN, shares[i])};
        }
        const struct dcpt_side side = fitted(*state, points, 6);
        assert_near(side.fit.objective, 0, 1e-11);
        assert_near(side.fit.objective, objective_of(&side.curve, points, 6), 1e-14);
        assert_true(side.fit.r2 > 0.999999 && side.fit.mape < 1e-5);
        assert_true(side.fit.starts == DCPT_STARTS && side.fit.agreeing >= 8);
        for (double share = 0; share <= 1; share += 0.01) {
            assert_near(dcpt_at(&side.curve, NAN, NAN, share), dcpt_at(&truth, NAN, NAN, share), 2e-3);
        }
    }
}

/* A loss that grows with its share cannot be what the columns say it is: a constant is fitted, and it says so. */
static void test_rising_loss(void **state)
{
    static const struct point points[] = {{0, 2}, {0.5, 2.1}, {0.75, 2.2}, {1, 2.3}};
    const struct dcpt_side side = fitted(*state, points, 4);
    assert_true(side.fit.at_low & 1u << DCPT_C);
    assert_near(dcpt_at(&side.curve, NAN, NAN, 0.3), 2.15, 0.06);
}

static void test_constant_loss(void **state)
{
    static const struct point points[] = {{0, 2}, {0.5, 2}, {0.75, 2}, {1, 2}};
    const struct dcpt_side side = fitted(*state, points, 4);
    assert_true(isnan(side.fit.r2));
    assert_near(dcpt_at(&side.curve, NAN, NAN, 0.3), 2, 1e-6);
}

static void test_two_shares(void **state)
{
    static const struct point points[] = {{0, 2}, {1, 1.9}, {1, 1.8}, {0, 2.1}};
    struct dcpt_law law;
    tamis_err err = {0};
    assert_int_equal(fit_points(*state, points, 4, &law, &err), TAMIS_INPUT);
}

/* ---- Published tables ------------------------------------------------------------------------------------------- */

/* General losses of one setting; the run without replay left out where it is asked for. */
static size_t setting(const struct csv *table, const char *name, bool without, struct point *points)
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
                points[count++] = (struct point){1 - ratio, loss};
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
        struct point points[16];
        const struct dcpt_side all = fitted(*state, points, setting(&table, cases[i].name, false, points));
        assert_true(all.fit.max_error < cases[i].within);
        assert_near(dcpt_at(&all.curve, NAN, NAN, 0), cases[i].measured, 0.001);
        const struct dcpt_side side = fitted(*state, points, setting(&table, cases[i].name, true, points));
        assert_near(dcpt_at(&side.curve, NAN, NAN, 0), cases[i].without, 0.001);
    }
    buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simplex),
        cmocka_unit_test(test_simplex_at_bound),
        cmocka_unit_test_setup_teardown(test_known_curves, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rising_loss, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_constant_loss, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_shares, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_published_tables, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, remove_written);
}
