/* Roots, and the D-CPT curve: its slope where powers of 0 are taken, and the shares that are best on it. */
#include "law_world.h"

#include "law/dcpt_curve.h"
#include "law/root.h"

static const struct dcpt_curve domain = {.e = 0.9, .a = 0.35, .alpha = 0.35, .b = 0.08, .eta = 1.2, .beta = 0.35,
                                         .c = 0.30, .eps = 0.15, .gamma = 0.7};
static const struct dcpt_curve general = {.e = 1.9, .a = 0.45, .alpha = 0.30, .b = 0.05, .eta = 1.3, .beta = 0.30,
                                          .c = 0.12, .eps = 0.05, .gamma = 0.55};

/* ---- Roots ------------------------------------------------------------------------------------------------------ */

static double minus(const void *context, double x)
{
    return x - *(const double *)context;
}

static double step(const void *context, double x)
{
    return x < *(const double *)context ? -1 : 1;
}

static void roots(void **state)
{
    (void)state;
    static const double at[] = {0, 1e-13, 0.1, 1.0 / 3, 0.999999, 1, 70};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        const double high = at[i] > 1 ? 100 : 1;
        const double root = rising_root(minus, &at[i], 0, high);
        assert_near(root, at[i], ROOT_WIDTH * high);
        assert_true(root <= at[i]);
        assert_near(rising_root(step, &at[i], 0, high), at[i], ROOT_WIDTH * high);
    }
    const double below = -1, above = 2;
    assert_true(rising_root(minus, &below, 0, 1) == 0);
    assert_true(rising_root(minus, &above, 0, 1) == 1);
}

/* Far from 0 neighbouring doubles are further apart than the width: it ends all the same. */
static void roots_of_large_numbers(void **state)
{
    (void)state;
    const double at = 1e300;
    assert_near(rising_root(minus, &at, -1e301, 1e301) / at, 1, 1e-11);
}

/* ---- The slope -------------------------------------------------------------------------------------------------- */

/* C is so small that the term of B decides: with eta = 1 its slope at r = 0 is B / D^beta, 0^0 being 1. */
static void slope_at_zero(void **state)
{
    (void)state;
    struct dcpt_curve curve = {.e = 1, .b = 0.5, .eta = 1, .beta = 0.3, .c = 1e-6, .eps = 0.5, .gamma = 0.7};
    const double fall = 1e-6 * 0.7 * pow(0.5, -1.7), rise = 0.5 * pow(2, -0.3);
    assert_near(dcpt_slope(&curve, 2e9, 0), rise - fall, 1e-12);
    assert_true(dcpt_slope(&curve, 2e9, 0) > 0.4);
    assert_true(dcpt_lowest(&curve, 2e9) == 0);
    assert_near(dcpt_at(&curve, NAN, 2e9, 0), 1 + 1e-6 * pow(0.5, -0.7), 1e-12);
    curve.eta = 1.5;
    assert_near(dcpt_slope(&curve, 2e9, 0), -fall, 1e-15);
    assert_true(dcpt_lowest(&curve, 2e9) > 0 && dcpt_lowest(&curve, 2e9) < 1e-6);
    curve.eta = 1 + 1e-9;
    assert_near(dcpt_slope(&curve, 2e9, 0), -fall, 1e-15);
}

static void slope_is_what_the_curve_does(void **state)
{
    (void)state;
    for (double share = 0.05; share < 1; share += 0.05) {
        for (double tokens = 1e7; tokens < 1e12; tokens *= 10) {
            const double by = 1e-5, up = dcpt_at(&domain, 1e9, tokens, share + by),
                         down = dcpt_at(&domain, 1e9, tokens, share - by);
            assert_near(dcpt_slope(&domain, tokens, share), (up - down) / (2 * by), 1e-6);
        }
    }
}

static void lowest_is_inside_below_the_least_tokens(void **state)
{
    (void)state;
    const double least = dcpt_least_tokens(&domain);
    assert_near(least, 0.2106e9, 1e5);
    assert_true(dcpt_lowest(&domain, least * 1.0001) == 1);
    const double lowest = dcpt_lowest(&domain, least / 10);
    assert_true(lowest > 0.1 && lowest < 0.99);
    assert_near(dcpt_slope(&domain, least / 10, lowest), 0, 1e-10);
    const struct dcpt_curve flat = {.e = 1, .eta = 1, .beta = 1, .eps = 0.1, .gamma = 1};
    assert_true(dcpt_lowest(&flat, 1e9) == 1 && dcpt_least_tokens(&flat) == 0);
    const struct dcpt_curve rises = {.e = 1, .b = 1, .eta = 1, .beta = 1, .eps = 0.1, .gamma = 1};
    assert_true(dcpt_lowest(&rises, 1e9) == 0 && isinf(dcpt_least_tokens(&rises)));
}

/* ---- Best shares ------------------------------------------------------------------------------------------------ */

/* The least of `loss` over all shares, tried one by one. */
static double tried(double (*loss)(const void *context, double share), const void *context)
{
    double best = 1e-5;
    for (size_t i = 1; i <= 100000; i++) {
        const double share = (double)i / 100000;
        best = loss(context, share) < loss(context, best) ? share : best;
    }
    return best;
}

struct asked {
    double tokens, weight, worth;
    const struct dcpt_repeats *repeats;
    struct dcpt_curve curve;
};

static double loss_of_sum(const void *context, double share)
{
    const struct asked *const a = context;
    return a->weight * dcpt_at(&domain, 1e9, a->tokens, dcpt_worth(a->repeats, a->tokens, share)) +
           (1 - a->weight) * dcpt_at(&general, 1e9, a->tokens, 1 - share);
}

static void weighted(void **state)
{
    (void)state;
    const struct dcpt_repeats repeats = {.decay = &constrained_published, .unique = 1e9};
    for (double weight = 0; weight <= 1; weight += 0.125) {
        const struct asked fresh = {.tokens = 20e9, .weight = weight};
        const struct asked repeated = {.tokens = 20e9, .weight = weight, .repeats = &repeats};
        const double share = dcpt_weighted_share(&domain, &general, 20e9, weight, NULL);
        const double decayed = dcpt_weighted_share(&domain, &general, 20e9, weight, &repeats);
        assert_near(share, weight > 0 ? tried(loss_of_sum, &fresh) : 0, 2e-5);
        assert_near(decayed, weight > 0 ? tried(loss_of_sum, &repeated) : 0, 2e-5);
        assert_true(decayed <= share);
    }
    assert_near(dcpt_worth(&repeats, 20e9, 0.5), 0.3907, 6e-5);
    assert_near(dcpt_worth(&repeats, 20e9, 0.04), 0.04, 1e-15);
    assert_near(dcpt_worth(NULL, 20e9, 0.5), 0.5, 0);
}

static double loss_when_limited(const void *context, double share)
{
    const struct asked *const a = context;
    return dcpt_at(&a->curve, 1e9, a->tokens / share, share * a->worth);
}

static void limited(void **state)
{
    (void)state;
    struct asked a = {.curve = domain};
    a.curve.b = 0.25;
    a.curve.beta = 0.25;
    for (a.tokens = 1e7; a.tokens < 1e12; a.tokens *= 10) {
        for (a.worth = 0.25; a.worth <= 1; a.worth += 0.25) {
            assert_near(dcpt_limited_share(&a.curve, a.tokens, a.worth), tried(loss_when_limited, &a), 2e-5);
        }
    }
    assert_true(dcpt_limited_share(&a.curve, 1e12, 1) == 1);
    a.curve.c = 0;
    assert_true(dcpt_limited_share(&a.curve, 1e9, 1) == 0);
    a.curve.b = 0;
    assert_true(dcpt_limited_share(&a.curve, 1e9, 1) == 1);
}

static void resources(void **state)
{
    (void)state;
    for (double share = 0.1; share <= 1; share += 0.3) {
        const struct chinchilla_best best = dcpt_resources(&domain, share, 1e21);
        assert_near(6 * best.parameters * best.tokens / 1e21, 1, 1e-12);
        assert_near(best.loss, dcpt_at(&domain, best.parameters, best.tokens, share), 1e-12);
        for (double by = 0.9; by < 1.15; by += 0.2) {
            assert_true(dcpt_at(&domain, best.parameters * by, best.tokens / by, share) > best.loss);
        }
    }
    assert_true(isnan(dcpt_resources(&domain, 0, 1e21).tokens));
    struct dcpt_curve one_size = domain;
    one_size.a = 0;
    assert_true(isnan(dcpt_resources(&one_size, 0.5, 1e21).parameters));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots),         cmocka_unit_test(roots_of_large_numbers),
        cmocka_unit_test(slope_at_zero), cmocka_unit_test(slope_is_what_the_curve_does),
        cmocka_unit_test(lowest_is_inside_below_the_least_tokens),
        cmocka_unit_test(weighted),      cmocka_unit_test(limited),
        cmocka_unit_test(resources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
