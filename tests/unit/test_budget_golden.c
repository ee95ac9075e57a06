/*
 * The whole curve L(N, D, r): figures computed elsewhere from the same nine parameters, sizes and tokens beyond those
 * of the runs, and D below which the losses do not fall with their share.
 */
#include "budget_world.h"

static void test_trade_off(void **state)
{
    (void)state;
    const struct dcpt_law law = full_law();
    struct budget_question q = ask_of(&law, BUDGET_ABSOLUTE, 2.55);
    const struct budget_answer a = answer_of(&q);
    assert_near(a.ratio, 0.82120, 5e-6);
    assert_near(a.loss_domain, 1.51933, 5e-6);
    assert_true(!a.outside_probe && !a.warning[0]);
    assert_true(a.binding == BINDING_BUDGET && a.worth_ratio == a.ratio);
    assert_near(a.parameters, 1.8e9, 0);
    assert_near(a.tokens, 10e9, 0);
    q.limit = 2.30;
    refused(&q, TAMIS_INPUT, "the lowest that can be reached, with no token of statutes, is 2.41913");
    refused(&q, TAMIS_INPUT, "absolute of 2.419134");
}

/* A difference does not depend on N: what depends on it cancels. */
static void test_difference_at_any_size(void **state)
{
    (void)state;
    /* The third limit is rounded to four digits. */
    static const double limits[] = {0.05, 0.10, 0.1554}, ratios[] = {0.57377, 0.75276, 0.85000};
    static const double within[] = {6e-6, 6e-6, 6e-5};
    static const double sizes[] = {0.5e9, 4e9, 70e9};
    const struct dcpt_law law = full_law();
    for (size_t i = 0; i < 3; i++) {
        double first = NAN;
        for (size_t n = 0; n < 3; n++) {
            struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, limits[i]);
            q.parameters = sizes[n];
            q.tokens = 20e9;
            const struct budget_answer a = answer_of(&q);
            assert_near(a.ratio, ratios[i], within[i]);
            first = n == 0 ? a.ratio : first;
            assert_near(a.ratio, first, 1e-11);
            assert_true(a.outside_probe == (sizes[n] > 1.9e9));
            if (a.outside_probe) {
                assert_says(a.warning, "the runs had N = 4e+08 to 1.8e+09");
                assert_says(a.warning, "not a finding; the losses are extrapolated");
            }
        }
    }
}

static void test_weighted(void **state)
{
    (void)state;
    static const double weights[] = {0.2, 0.5, 0.8, 0.95}, ratios[] = {0.4425, 0.6626, 0.8398, 0.9592};
    const struct dcpt_law law = full_law();
    for (size_t i = 0; i < 4; i++) {
        struct budget_question q = ask_of(&law, BUDGET_WEIGHT, weights[i]);
        q.tokens = 20e9;
        assert_near(answer_of(&q).ratio, ratios[i], 6e-5);
        q.parameters = 70e9;
        assert_near(answer_of(&q).ratio, ratios[i], 6e-5);
    }
}

static void test_least_tokens(void **state)
{
    (void)state;
    const struct dcpt_law law = full_law();
    assert_near(dcpt_least_tokens(&law.domain.curve) / 1e9, 0.2106, 5e-5);
}

/* Budgets about the level of the loss, at a size that was not measured. */
static void test_levels_at_other_sizes(void **state)
{
    (void)state;
    struct dcpt_law law = full_law();
    struct budget_question q = ask_of(&law, BUDGET_ABSOLUTE, 2.5);
    q.parameters = 4e9;
    const struct budget_answer beyond = answer_of(&q);
    assert_true(beyond.outside_probe);
    assert_says(beyond.warning, "THE LEVEL OF THE LOSS IS EXTRAPOLATED: the runs had N = 4e+08 to 1.8e+09");
    assert_near(dcpt_at(&law.general.curve, 4e9, 10e9, 1 - beyond.ratio), 2.5, 1e-10);
    q.parameters = 1e9; /* between sizes that were measured */
    q.limit = 2.6;
    assert_true(!answer_of(&q).outside_probe && !answer_of(&q).warning[0]);
    q.parameters = 4e9;
    law.form = DCPT_SINGLE_SIZE;
    refused(&q, TAMIS_USAGE, "which this law knows at N = 1.8e+09 only, not at 4e+09");
    law.form = DCPT_FULL;
    law.lowest_size = law.highest_size; /* a full form without several sizes tells none apart */
    refused(&q, TAMIS_USAGE, "or to runs of several sizes");
    law = full_law();
    law.base_loss = 2.5;
    q.budget = BUDGET_DIFFERENCE;
    q.against = AGAINST_BASE;
    q.limit = 0.01;
    assert_says(answer_of(&q).warning, "THE LEVEL OF THE LOSS");
    law.form = DCPT_SINGLE_POINT;
    refused(&q, TAMIS_USAGE, "the difference budget against the base loss");
}

static void test_tokens_beyond_the_runs(void **state)
{
    (void)state;
    const struct dcpt_law law = full_law();
    struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, 0.05);
    q.tokens = 0.5e9;
    assert_says(answer_of(&q).warning, "the runs had D = 1e+09 to 2e+10, the model is to see 5e+08");
    assert_says(answer_of(&q).warning, "how the share acts, are extrapolated");
    q.tokens = 5e9;
    assert_true(!answer_of(&q).warning[0]);
    q.tokens = 0; /* not said: the runs' */
    assert_near(answer_of(&q).ratio, 0.57377, 6e-6);
    assert_true(answer_of(&q).tokens <= 0);
    assert_says(answer_of(&q).warning, "those at the runs' D = 2e+10");
}

/* D below D_min: the domain's loss is lowest inside, and no plan goes beyond. */
static void test_domain_that_rises(void **state)
{
    (void)state;
    const struct dcpt_law law = full_law();
    struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, 5);
    q.tokens = 0.02e9;
    const struct budget_answer a = answer_of(&q);
    assert_true(a.ratio > 0.3 && a.ratio < 1 && a.binding == BINDING_NONE);
    assert_near(dcpt_slope(&law.domain.curve, q.tokens, a.ratio), 0, 1e-9);
    assert_says(a.warning, "is below the 2.11e+08 tokens from which the domain's loss falls");
    for (double ratio = 0; ratio <= 1; ratio += 0.001) {
        assert_true(dcpt_at(&law.domain.curve, 1.8e9, q.tokens, ratio) >= a.loss_domain - 1e-12);
    }
    q.tokens = 0.22e9;
    assert_true(answer_of(&q).ratio == 1);
}

/* The same of the general loss: some share of the domain is better for it than none. */
static struct dcpt_law rising_general(void)
{
    struct dcpt_law law = full_law();
    law.general.curve.b = 0.4;
    return law;
}

static void test_general_that_rises(void **state)
{
    (void)state;
    const struct dcpt_law law = rising_general();
    struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, 0);
    q.tokens = 0.5e9;
    const struct budget_answer a = answer_of(&q);
    assert_true(a.ratio > 0.2 && a.ratio < 1); /* the other place with the loss of ratio 0 */
    assert_near(a.loss_general, a.loss_replay_only, 1e-10);
    assert_says(a.warning, "from which the general loss falls with its share throughout: in this law it is lowest at");
    q.limit = -0.01; /* feasible, although less than general text alone gives */
    assert_true(answer_of(&q).ratio < a.ratio);
    q.limit = -1;
    refused(&q, TAMIS_INPUT, "with a share of");
    q.limit = -0.01;
    q.domain_tokens = 1000000; /* too little to get there */
    refused(&q, TAMIS_INPUT, "repeats of statutes allow a share of");
}

static void test_weight_below_least_tokens(void **state)
{
    (void)state;
    const struct dcpt_law law = rising_general();
    for (double w = 0; w <= 1; w += 0.125) {
        struct budget_question q = ask_of(&law, BUDGET_WEIGHT, w);
        q.tokens = 0.05e9;
        const struct budget_answer a = answer_of(&q);
        const double best = w * a.loss_domain + (1 - w) * a.loss_general;
        for (double ratio = 0; ratio <= 1; ratio += 0.002) {
            assert_true(best <= w * dcpt_at(&law.domain.curve, 1.8e9, q.tokens, ratio) +
                                    (1 - w) * dcpt_at(&law.general.curve, 1.8e9, q.tokens, 1 - ratio) + 1e-12);
        }
    }
}

/* eta 1: r^(eta - 1) is 1 at share 0, on both sides. */
static void test_eta_one(void **state)
{
    (void)state;
    struct dcpt_law law = full_law();
    law.domain.curve.eta = law.general.curve.eta = 1;
    struct budget_question q = ask_of(&law, BUDGET_WEIGHT, 0);
    assert_true(answer_of(&q).ratio == 0);
    q.limit = 1;
    assert_true(answer_of(&q).ratio == 1);
    q = ask_of(&law, BUDGET_DIFFERENCE, 0.05);
    const struct budget_answer a = answer_of(&q);
    assert_near(a.loss_general - a.loss_replay_only, 0.05, 1e-10);
    q.limit = 10;
    assert_true(answer_of(&q).ratio == 1 && !isinf(answer_of(&q).loss_general));
}

/* Too little of both pools together: the tokens that could be trained on are named. */
static void test_caps_below_one(void **state)
{
    (void)state;
    const struct dcpt_law law = full_law();
    struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, 5);
    q.tokens = 20e9;
    q.domain_tokens = q.general_tokens = 1000000000;
    refused(&q, TAMIS_INPUT, "do not fill 20000000000 tokens\nThe most that are feasible: 8000000000 tokens.");
    q.tokens = 8e9; /* both caps bind: one share is left */
    assert_near(answer_of(&q).ratio, 0.5, 1e-12);
    q.general_tokens = UINT64_MAX;
    q.tokens = 20e9;
    assert_near(answer_of(&q).ratio, 0.20, 1e-12); /* 4 epochs of 1e9 in 20e9 */
    q.domain_tokens = 0;
    assert_true(answer_of(&q).ratio == 0 && answer_of(&q).binding == BINDING_REPEATS);
}

static double most_feasible(const struct budget_question *q)
{
    static const char words[] = "The most that are feasible: ";
    struct budget_answer a;
    tamis_err err = {0};
    assert_int_equal(budget_answer(q, &a, &err), TAMIS_INPUT);
    const char *const at = strstr(err.text, words);
    assert_non_null(at);
    return strtod(at + strlen(words), NULL);
}

/* What the budget allows depends on D where B is above 0: the D that is named is feasible, hardly more is not. */
static void test_most_tokens(void **state)
{
    (void)state;
    const struct dcpt_law law = full_law();
    for (uint64_t general = 100000000; general <= 1000000000; general += 300000000) {
        struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, 0.03);
        struct budget_answer a;
        tamis_err err = {0};
        q.tokens = 20e9;
        q.general_tokens = general;
        q.tokens = most_feasible(&q);
        assert_true(q.tokens > 0 && q.tokens < 20e9);
        assert_true(budget_answer(&q, &a, &err) == TAMIS_OK);
        q.tokens += 2;
        assert_int_equal(budget_answer(&q, &a, &err), TAMIS_INPUT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trade_off),
        cmocka_unit_test(test_difference_at_any_size),
        cmocka_unit_test(test_weighted),
        cmocka_unit_test(test_least_tokens),
        cmocka_unit_test(test_most_tokens),
        cmocka_unit_test(test_levels_at_other_sizes),
        cmocka_unit_test(test_tokens_beyond_the_runs),
        cmocka_unit_test(test_domain_that_rises),
        cmocka_unit_test(test_general_that_rises),
        cmocka_unit_test(test_weight_below_least_tokens),
        cmocka_unit_test(test_eta_one),
        cmocka_unit_test(test_caps_below_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
