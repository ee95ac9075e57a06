/* The D-CPT law as a form: slopes against differences, and the demand that the loss falls with the share. */
#include "law_world.h"

#include "fit/dcpt_parts.h"

enum { INPUTS = DCPT_INPUTS };

static const double points[][INPUTS] = { /* ln N, ln D, share, ln share */
    {-2.7, -1.6, 0, 0}, {-0.7, 0.5, 0.3, -1.2039728043259361}, {1.4, 3, 1, 0}};

static void assert_slopes(enum dcpt_form which, bool may_rise)
{
    const struct dcpt_data data = {.form = which, .least_tokens = 0.4e9};
    const double all[] = {0.35, 0.3, 1.4, 0.08, 0.6};
    const size_t first = which == DCPT_FULL ? 0 : which == DCPT_SINGLE_SIZE ? 1 : 3;
    struct dcpt_form_of of;
    dcpt_form_init(&of, &data, may_rise);
    const size_t linear = of.form.linear, shapes = of.form.shapes;
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        double slopes[FORM_LINEAR * 5] = {0}, basis[FORM_LINEAR], up[FORM_LINEAR], down[FORM_LINEAR], shape[5];
        of.form.basis(of.form.context, all + first, points[i], basis, slopes);
        for (size_t k = 0; k < shapes; k++) {
            const double step = 1e-6;
            memcpy(shape, all + first, shapes * sizeof *shape);
            shape[k] += step;
            of.form.basis(of.form.context, shape, points[i], up, NULL);
            shape[k] -= 2 * step;
            of.form.basis(of.form.context, shape, points[i], down, NULL);
            for (size_t j = 0; j < linear; j++) {
                const double slope = (up[j] - down[j]) / (2 * step);
                assert_near(slopes[j * shapes + k], slope, 1e-7 * (1 + fabs(slope)));
            }
        }
    }
}

static void test_slopes(void **state)
{
    (void)state;
    assert_slopes(DCPT_FULL, false);
    assert_slopes(DCPT_FULL, true);
    assert_slopes(DCPT_SINGLE_SIZE, false);
    assert_slopes(DCPT_SINGLE_SIZE, true);
    assert_slopes(DCPT_SINGLE_POINT, false);
}

/* A law whose loss rises again towards r = 1 at the least D of its runs. */
static const char *rising_runs(void)
{
    static const double sizes[] = {0.2e9, 0.5e9, 1e9, 2e9}, ratios[] = {0, 0.33, 0.67, 0.9, 1};
    const struct dcpt_curve domain = {.e = 0.9, .a = 0.35, .b = 0.25, .c = 0.12, .alpha = 0.35, .beta = 0.35,
                                      .eta = 1.2, .eps = 0.15, .gamma = 0.7};
    const struct dcpt_curve general = {.e = 1.9, .a = 0.45, .b = 0.30, .c = 0.10, .alpha = 0.30, .beta = 0.30,
                                       .eta = 1.3, .eps = 0.05, .gamma = 0.55};
    FILE *const out = fopen(scratch_path(), "w");
    assert_non_null(out);
    fputs("run,N,D,ratio,loss_domain,loss_general\n", out);
    for (size_t s = 0; s < 4; s++) {
        for (size_t r = 0; r < 5; r++) {
            for (unsigned c = 3; c <= 10; c++) {
                const double off = 1 + 0.002 * sin(7.0 * (double)(s * 50 + r * 10 + c));
                fprintf(out, "%zu-%zu,%.10g,%.10g,%.10g,%.12g,%.12g\n", s, r, sizes[s], 1e9 * c, ratios[r],
                        dcpt_at(&domain, sizes[s], 1e9 * c, ratios[r]) * off,
                        dcpt_at(&general, sizes[s], 1e9 * c, 1 - ratios[r]) / off);
            }
        }
    }
    assert_int_equal(fclose(out), 0);
    return scratch_path();
}

/* The demand is kept to the last digits, whatever the seed, and every search ends in the same place. */
static void test_demand(void **state)
{
    struct arena *const arena = *state;
    struct dcpt_runs runs;
    struct dcpt_law first = {.rows = 0};
    tamis_err err = {0};
    assert_int_equal(dcpt_read_runs(rising_runs(), 0, arena, &runs, &err), TAMIS_OK);
    for (uint64_t seed = 0; seed < 4; seed++) {
        struct dcpt_law law;
        const struct dcpt_effort effort = {.seed = seed};
        assert_int_equal(dcpt_fit(&runs, NULL, &effort, arena, &law, &err), TAMIS_OK);
        const struct dcpt_side *const sides[] = {&law.domain, &law.general};
        const struct dcpt_side *const firsts[] = {&first.domain, &first.general};
        first = seed ? first : law;
        for (size_t s = 0; s < 2; s++) {
            assert_true(dcpt_least_tokens(&sides[s]->curve) <= 3e9 * (1 + 1e-9));
            assert_true(dcpt_lowest(&sides[s]->curve, 3e9) > 1 - 1e-6);
            assert_near(sides[s]->fit.objective, firsts[s]->fit.objective, 1e-6 * firsts[s]->fit.objective);
            assert_true(sides[s]->fit.unbound < 0.5 * sides[s]->fit.objective);
            for (size_t i = 0; i < law.left_out_count; i++) {
                assert_true(dcpt_least_tokens(&law.left_out[i].pair.general) <= 3e9 * (1 + 1e-9));
            }
        }
    }
    (void)unlink(scratch_path());
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_slopes),
                                       cmocka_unit_test_setup_teardown(test_demand, set_up, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
