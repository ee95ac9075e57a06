/* Fits of forms: known truths, bounds, demands, weights, and what is refused. */
#include "form_world.h"

#include "fit/descent.h"

static const struct form_search usual = {.starts = 12, .seed = 1};

/* ---- Truths ----------------------------------------------------------------------------------------------------- */

static void test_chinchilla_truth(void **state)
{
    (void)state;
    static const double linear[] = {1.8, 480, 2000}, shape[] = {0.35, 0.37};
    double inputs[80], loss[40];
    uint64_t seed = 3;
    for (size_t i = 0; i < 40; i++) {
        inputs[2 * i] = log(1e7) + 6 * next_real(&seed);
        inputs[2 * i + 1] = log(1e9) + 6 * next_real(&seed);
        loss[i] = form_at(&chinchilla_form, linear, shape, &inputs[2 * i]);
    }
    const struct form_rows rows = {.inputs = inputs, .loss = loss, .count = 40};
    const struct form_fit fit = fitted(&chinchilla_form, &rows, &usual);
    for (size_t j = 0; j < 3; j++) {
        assert_near(fit.linear[j], linear[j], 1e-4 * linear[j]);
    }
    assert_near(fit.shape[0], shape[0], 1e-6);
    assert_near(fit.shape[1], shape[1], 1e-6);
    assert_true(fit.starts == 12 && fit.agreeing >= 10);
    assert_true(fit.objective < 1e-15 && fit.r2 > 1 - 1e-9 && fit.mape < 1e-7 && fit.max_error < 1e-7);
    assert_true(!fit.shape_low && !fit.shape_high && !fit.linear_zero);
}

static void test_dcpt_truth(void **state)
{
    (void)state;
    static struct dcpt_world w;
    for (int general = 0; general < 2; general++) {
        const struct form_rows rows = dcpt_world_fill(&w, general, 0, 0.3, 1);
        const struct form_fit fit = fitted(&dcpt_form, &rows, &usual);
        for (size_t j = 0; j < 4; j++) {
            assert_near(fit.linear[j], w.linear[j], 1e-3 * w.linear[j]);
        }
        for (size_t k = 0; k < DCPT_SHAPES; k++) {
            assert_near(fit.shape[k], w.shape[k], 1e-3 * w.shape[k]);
        }
        assert_true(fit.objective < 1e-12 && fit.agreeing >= 10);
    }
}

/* With noise of 0.2 % the curve comes back, whatever its parameters are; never worse than the truth. */
static void test_dcpt_noise(void **state)
{
    (void)state;
    static struct dcpt_world w;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        const struct form_rows rows = dcpt_world_fill(&w, seed % 2, 0.002, 0.3, seed);
        const struct form_fit fit = fitted(&dcpt_form, &rows, &usual);
        double truth = 0;
        for (size_t i = 0; i < rows.count; i++) {
            const double was = form_at(&dcpt_form, w.linear, w.shape, &w.inputs[4 * i]);
            const double is = form_at(&dcpt_form, fit.linear, fit.shape, &w.inputs[4 * i]);
            truth += huber_penalty(tamis_log(was) - tamis_log(w.loss[i]), FORM_HUBER);
            assert_near(is, was, 0.01 * was);
        }
        assert_true(fit.objective < truth && fit.agreeing >= 6);
        assert_near(fit.weighted, fit.objective, 1e-15);
    }
}

/* From where a fit ended, with no other start, nothing moves. */
static void test_refit(void **state)
{
    (void)state;
    static struct dcpt_world w;
    const struct form_rows rows = dcpt_world_fill(&w, true, 0.002, 0.3, 9);
    const struct form_fit fit = fitted(&dcpt_form, &rows, &usual), same = fitted(&dcpt_form, &rows, &usual);
    const struct form_search near = {.from = fit.shape};
    const struct form_fit again = fitted(&dcpt_form, &rows, &near);
    assert_memory_equal(&fit.linear, &same.linear, sizeof fit.linear);
    assert_memory_equal(&fit.shape, &same.shape, 5 * sizeof *fit.shape);
    assert_true(again.starts == 1 && again.agreeing == 1);
    assert_near(again.objective, fit.objective, 1e-9 * fit.objective);
    assert_near(again.shape[GAMMA], fit.shape[GAMMA], 1e-4);
}

/* ---- Weights ---------------------------------------------------------------------------------------------------- */

/* A row of weight 0 does not exist; one of weight 2 is there twice, but for what is told of each row once. */
static void test_weights(void **state)
{
    (void)state;
    double inputs[42], loss[21], weight[20];
    uint64_t seed = 8;
    for (size_t i = 0; i < 20; i++) {
        static const double linear[] = {1.8, 480, 2000}, shape[] = {0.35, 0.37};
        inputs[2 * i] = log(1e7) + 6 * next_real(&seed);
        inputs[2 * i + 1] = log(1e9) + 6 * next_real(&seed);
        loss[i] = form_at(&chinchilla_form, linear, shape, &inputs[2 * i]) * (1 + 0.01 * next_normal(&seed));
        weight[i] = i == 0 ? 2 : i != 19;
    }
    const struct form_rows weighted = {inputs, loss, weight, 20};
    const struct form_fit fit = fitted(&chinchilla_form, &weighted, &usual);
    inputs[38] = inputs[0], inputs[39] = inputs[1], loss[19] = loss[0]; /* the last row is the first again */
    const struct form_rows doubled = {inputs, loss, NULL, 20};
    const struct form_fit twin = fitted(&chinchilla_form, &doubled, &usual);
    assert_near(fit.weighted, twin.weighted, 1e-12);
    assert_near(fit.shape[0], twin.shape[0], 1e-6);
    assert_near(fit.linear[0], twin.linear[0], 1e-6);
    assert_true(fit.objective < twin.objective);
}

static void test_nothing_to_fit(void **state)
{
    (void)state;
    static const double inputs[] = {1, 2}, loss[] = {3}, weight[] = {0};
    const struct form_rows none = {.count = 0}, weightless = {inputs, loss, weight, 1};
    struct form_fit fit;
    tamis_err err = {0};
    assert_int_equal(form_fit(&chinchilla_form, &none, &usual, &fit, &err), TAMIS_INPUT);
    assert_int_equal(form_fit(&chinchilla_form, &weightless, &usual, &fit, &err), TAMIS_INPUT);
    assert_says(err.text, "weight");
}

/* ---- Bounds ----------------------------------------------------------------------------------------------------- */

static void test_bounds(void **state)
{
    (void)state;
    static struct dcpt_world w;
    struct form_shape shapes[DCPT_SHAPES];
    struct form form = dcpt_form;
    const struct form_rows rows = dcpt_world_fill(&w, true, 0.0005, 0.3, 2);
    memcpy(shapes, dcpt_shapes, sizeof shapes);
    shapes[GAMMA].low = 0.8;  /* truth: 0.55 */
    shapes[BETA].high = 0.25; /* 0.30 */
    form.shape = shapes;
    const struct form_fit fit = fitted(&form, &rows, &usual);
    assert_true(fit.shape_low >> GAMMA & 1 && !(fit.shape_low >> ALPHA & 1));
    assert_int_equal(fit.shape_high, 1u << BETA);
    assert_true(fit.shape[GAMMA] == 0.8 && fit.shape[BETA] == 0.25);
}

/* A loss that rises with its share has no use for C, and one that rises with the size none for A. */
static void test_linear_zero(void **state)
{
    (void)state;
    static struct dcpt_world w;
    const struct form_rows rows = dcpt_world_fill(&w, false, 0, 0.3, 1);
    for (size_t i = 0; i < rows.count; i++) {
        const double *const input = &w.inputs[4 * i];
        w.loss[i] = 2 + 0.5 * exp(-0.4 * input[1]) * pow(input[2], 1.5) + 0.01 * input[2] + 0.01 * input[0];
    }
    const struct form_fit fit = fitted(&dcpt_form, &rows, &usual);
    assert_true(fit.linear[1] == 0 && fit.linear[3] == 0);
    assert_int_equal(fit.linear_zero, 2 | 8);
    assert_near(fit.linear[0], 2, 0.02);
}

/* ---- Kinds of forms --------------------------------------------------------------------------------------------- */

/* c + k exp(t r), k of any sign, losses of any sign. */
static void exponential(const void *context, const double *shape, const double *input, double *basis, double *slopes)
{
    (void)context;
    basis[0] = 1;
    basis[1] = tamis_exp(shape[0] * input[0]);
    if (slopes) {
        slopes[1] = input[0] * basis[1];
    }
}

static const struct form_shape exponential_shape[] = {{"t", -5, 5, false}};
static const struct form exponential_form = {.inputs = 1, .linear = 2, .shapes = 1, .shape = exponential_shape,
                                             .basis = exponential, .free_linear = 3, .plain = true, .huber = 0.01};

static void test_free_and_plain(void **state)
{
    (void)state;
    double inputs[20], loss[20];
    for (size_t i = 0; i < 20; i++) {
        inputs[i] = (double)i / 19;
        loss[i] = -0.3 - 0.7 * exp(-1.5 * inputs[i]);
    }
    loss[7] += 3; /* Huber's penalty shrugs */
    const struct form_rows rows = {inputs, loss, NULL, 20};
    const struct form_fit fit = fitted(&exponential_form, &rows, &usual);
    assert_near(fit.linear[0], -0.3, 0.02);
    assert_near(fit.linear[1], -0.7, 0.02);
    assert_near(fit.shape[0], -1.5, 0.06);
    assert_near(fit.max_error, 3, 0.02);
    assert_true(isnan(fit.mape) && fit.linear_zero == 0);
    struct form bound = exponential_form;
    bound.free_linear = 1; /* k may not be negative: the best is flat, or k 0 */
    const struct form_fit flat = fitted(&bound, &rows, &usual);
    assert_true(flat.linear[1] >= 0 && flat.objective > fit.objective);
}

/* The loss is the basis itself: sums over the shape alone, from every start. */
static void decay(const void *context, const double *shape, const double *input, double *basis, double *slopes)
{
    (void)context;
    const double fallen = tamis_exp(-shape[1] * input[0]);
    basis[0] = shape[0] * fallen;
    if (slopes) {
        slopes[0] = fallen;
        slopes[1] = -input[0] * basis[0];
    }
}

static void test_fixed_linear(void **state)
{
    (void)state;
    static const struct form_shape shapes[] = {{"a", 0.1, 10, true}, {"b", 0.01, 5, true}};
    const struct form form = {.inputs = 1, .linear = 1, .shapes = 2, .shape = shapes, .basis = decay,
                              .fixed_linear = true};
    double inputs[20], loss[20];
    for (size_t i = 0; i < 20; i++) {
        inputs[i] = (double)i / 10;
        loss[i] = 3 * exp(-0.6 * inputs[i]);
    }
    const struct form_rows rows = {inputs, loss, NULL, 20};
    const struct form_fit fit = fitted(&form, &rows, &usual);
    assert_near(fit.linear[0], 1, 0);
    assert_near(fit.shape[0], 3, 1e-6);
    assert_near(fit.shape[1], 0.6, 1e-6);
    assert_true(fit.agreeing == 12);
}

static void test_equal_losses(void **state)
{
    (void)state;
    static const double inputs[] = {0, 0.5, 1}, loss[] = {2, 2, 2};
    const struct form_rows rows = {inputs, loss, NULL, 3};
    struct form form = exponential_form;
    form.plain = false;
    const struct form_fit fit = fitted(&form, &rows, &usual);
    assert_true(isnan(fit.r2) && fit.objective < 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chinchilla_truth), cmocka_unit_test(test_dcpt_truth),
        cmocka_unit_test(test_dcpt_noise),       cmocka_unit_test(test_refit),
        cmocka_unit_test(test_weights),          cmocka_unit_test(test_nothing_to_fit),
        cmocka_unit_test(test_bounds),           cmocka_unit_test(test_linear_zero),
        cmocka_unit_test(test_free_and_plain),   cmocka_unit_test(test_fixed_linear),
        cmocka_unit_test(test_equal_losses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
