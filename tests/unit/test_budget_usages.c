/* Limited text of the domain, operations, and repeats counted by their worth. */
#include "budget_world.h"

/* ---- Limited ---------------------------------------------------------------------------------------------------- */

static struct dcpt_law limited_law(void)
{
    struct dcpt_law law = full_law();
    law.domain.curve.b = 0.25;
    law.domain.curve.beta = 0.25;
    return law;
}

static struct budget_question limited(const struct dcpt_law *law, uint64_t tokens)
{
    struct budget_question q = ask_of(law, BUDGET_NONE, 0);
    q.usage = BUDGET_LIMITED;
    q.tokens = 0;
    q.domain_tokens = tokens;
    q.domain_epochs = 1;
    return q;
}

static void test_limited(void **state)
{
    (void)state;
    static const uint64_t pools[] = {1000000000, 5000000000, 20000000000};
    static const double ratios[] = {0.6597, 0.8189, 0.9822};
    const struct dcpt_law law = limited_law();
    for (size_t i = 0; i < 3; i++) {
        struct budget_question q = limited(&law, pools[i]);
        const struct budget_answer a = answer_of(&q);
        assert_near(a.ratio, ratios[i], 6e-5);
        assert_near(a.tokens, (double)pools[i] / a.ratio, 1);
        assert_true(a.binding == BINDING_NONE && isnan(a.limit) && isnan(a.reference));
        for (double ratio = 0.01; ratio <= 1; ratio += 0.001) {
            assert_true(dcpt_at(&law.domain.curve, 1.8e9, (double)pools[i] / ratio, ratio) >= a.loss_domain - 1e-12);
        }
        q.domain_epochs = 4; /* four times the tokens of the domain */
        q.domain_tokens = pools[i] / 4;
        assert_near(answer_of(&q).ratio, a.ratio, 1e-11);
    }
}

static void test_limited_general(void **state)
{
    (void)state;
    const struct dcpt_law law = limited_law();
    struct budget_question q = limited(&law, 5000000000);
    q.general_tokens = 100000000;
    const struct budget_answer a = answer_of(&q);
    assert_near(a.ratio, 5e9 / 5.4e9, 1e-12);
    assert_true(a.binding == BINDING_REPEATS);
    assert_says(a.warning, "the law is best at a ratio of 0.81");
    assert_says(a.warning, "repeats of web set it to 0.925926");
    q.general_tokens = 0;
    assert_true(answer_of(&q).ratio == 1);
}

/* What a chart draws passes through what is printed. */
static void through_the_answer(const struct budget_question *q)
{
    const struct budget_answer a = answer_of(q);
    assert_near(budget_loss_at(q, &a, &q->law->domain.curve, false, a.ratio), a.loss_domain, 1e-12);
    assert_near(budget_loss_at(q, &a, &q->law->general.curve, true, a.ratio), a.loss_general, 1e-12);
}

static void test_losses_along_the_ratio(void **state)
{
    (void)state;
    const struct dcpt_law law = limited_law();
    struct budget_question q = limited(&law, 5000000000);
    through_the_answer(&q);
    const struct budget_answer a = answer_of(&q);
    const struct dcpt_curve *const domain = &law.domain.curve, *const general = &law.general.curve;
    assert_near(budget_loss_at(&q, &a, domain, false, 0.5), dcpt_at(domain, 1.8e9, 10e9, 0.5), 1e-12);
    assert_near(budget_loss_at(&q, &a, general, true, 0.5), dcpt_at(general, 1.8e9, 10e9, 0.5), 1e-12);
    q = ask_of(&law, BUDGET_DIFFERENCE, 0.05);
    through_the_answer(&q);
    q.domain_tokens = 400000000;
    q.domain_epochs = 16;
    q.decay = &constrained_published;
    through_the_answer(&q);
    assert_true(answer_of(&q).worth_ratio < answer_of(&q).ratio);
}

/* No text of the domain: nothing to plan with where it is all there is, a share of 0 for a budget. */
static void test_no_text_of_the_domain(void **state)
{
    (void)state;
    const struct dcpt_law law = limited_law();
    struct budget_question q = limited(&law, 0);
    refused(&q, TAMIS_INPUT, "infeasible: there is no text of statutes");
    q = ask_of(&law, BUDGET_DIFFERENCE, 0.05);
    q.domain_tokens = 0;
    q.decay = &constrained_published;
    const struct budget_answer a = answer_of(&q);
    assert_true(a.ratio <= 0 && a.ratio >= 0 && a.binding == BINDING_REPEATS);
    assert_true(isfinite(a.loss_general) && a.worth_ratio <= 0);
    q.general_tokens = 1000000000;
    refused(&q, TAMIS_INPUT, "The most that are feasible: 4000000000 tokens.");
}

static void test_limited_refused(void **state)
{
    (void)state;
    struct dcpt_law law = limited_law();
    struct budget_question q = limited(&law, UINT64_MAX);
    refused(&q, TAMIS_USAGE, "--pool domain=TOKENS");
    q.domain_tokens = 0;
    refused(&q, TAMIS_INPUT, "there is no text of statutes");
    q.domain_tokens = 5000000000;
    law.form = DCPT_SINGLE_POINT;
    refused(&q, TAMIS_USAGE, "fitted at one number of tokens");
    law.form = DCPT_SINGLE_SIZE; /* knows D */
    assert_near(answer_of(&q).ratio, 0.8189, 6e-5);
    law.domain.rows = 0;
    refused(&q, TAMIS_INPUT, "no loss_domain");
}

/* Never a general share below the smallest probed. */
static void test_limited_range(void **state)
{
    (void)state;
    static const double probed[] = {0.2, 0.5, 0.8};
    struct dcpt_law law = limited_law();
    law.ratios = probed;
    law.ratio_count = 3;
    law.general.lowest_ratio = law.domain.lowest_ratio = 0.2;
    law.general.highest_ratio = law.domain.highest_ratio = 0.8;
    struct budget_question q = limited(&law, 20000000000);
    assert_near(answer_of(&q).ratio, 0.8, 0);
    assert_true(answer_of(&q).binding == BINDING_PROBE_RANGE);
    law.general.rows = 0;
    assert_near(answer_of(&q).ratio, 0.8, 0);
    q.general_tokens = 100000000;
    refused(&q, TAMIS_INPUT, "the domain's share is at least 0.98");
}

/* ---- Resources -------------------------------------------------------------------------------------------------- */

static struct budget_question resources(const struct dcpt_law *law, enum budget budget, double limit, double flop)
{
    struct budget_question q = ask_of(law, budget, limit);
    q.usage = BUDGET_RESOURCES;
    q.parameters = q.tokens = 0;
    q.flop = flop;
    return q;
}

/* No other D with the same operations, at the ratio found, has a lower loss; and the ratio is that D's. */
static void check_resources(const struct budget_question *q)
{
    const struct dcpt_law *const law = q->law;
    const struct budget_answer a = answer_of(q);
    assert_near(6 * a.parameters * a.tokens / q->flop, 1, 1e-9);
    for (double factor = 0.25; factor < 4; factor *= 1.01) {
        const double tokens = a.tokens * factor;
        assert_true(dcpt_at(&law->domain.curve, q->flop / 6 / tokens, tokens, a.ratio) >= a.loss_domain - 1e-9);
    }
    struct budget_question plain = *q;
    plain.usage = BUDGET_TRADE_OFF;
    plain.parameters = a.parameters;
    plain.tokens = a.tokens;
    assert_near(answer_of(&plain).ratio, a.ratio, 1e-9);
}

static void test_resources(void **state)
{
    (void)state;
    const struct dcpt_law law = full_law();
    static const double flops[] = {1e18, 1e20, 3e22};
    for (size_t i = 0; i < 3; i++) {
        struct budget_question q = resources(&law, BUDGET_DIFFERENCE, 0.05, flops[i]);
        check_resources(&q);
        q.budget = BUDGET_RELATIVE;
        check_resources(&q);
        q.budget = BUDGET_WEIGHT;
        q.limit = 0.5;
        check_resources(&q);
    }
}

/* With a short pool the share falls as D grows: where that binds, ratio and D still agree. */
static void test_resources_and_pools(void **state)
{
    (void)state;
    const struct dcpt_law law = full_law();
    struct budget_question q = resources(&law, BUDGET_DIFFERENCE, 0.1, 1e21);
    q.domain_tokens = 100000000;
    const struct budget_answer a = answer_of(&q);
    assert_true(a.binding == BINDING_REPEATS);
    assert_near(a.ratio * a.tokens, 0.4e9, 10);
    struct budget_question plain = q;
    plain.usage = BUDGET_TRADE_OFF;
    plain.parameters = a.parameters;
    plain.tokens = a.tokens;
    assert_near(answer_of(&plain).ratio, a.ratio, 1e-9);
    q.domain_tokens = 0;
    refused(&q, TAMIS_INPUT, "no token of statutes may be used");
}

static void test_resources_refused(void **state)
{
    (void)state;
    struct dcpt_law law = full_law();
    struct budget_question q = resources(&law, BUDGET_RELATIVE, -0.99, 1e20);
    refused(&q, TAMIS_INPUT, "infeasible");
    q.budget = BUDGET_DIFFERENCE;
    q.limit = 0.05;
    q.flop = 1;
    refused(&q, TAMIS_USAGE, "train no model");
    q.flop = 1e20;
    q.budget = BUDGET_ABSOLUTE;
    refused(&q, TAMIS_USAGE, "Give --parameters and --tokens instead");
    q.budget = BUDGET_DIFFERENCE;
    law.form = DCPT_SINGLE_SIZE;
    refused(&q, TAMIS_USAGE, "does not tell sizes apart");
    law = full_law();
    law.domain.curve.b = 0;
    refused(&q, TAMIS_USAGE, "does not tell numbers of tokens apart");
    law.domain.rows = 0;
    refused(&q, TAMIS_INPUT, "no loss_domain");
}

/* ---- Repeats by their worth ------------------------------------------------------------------------------------- */

/* U 1e9, D 20e9, share 0.5: ten epochs are worth a share of 0.3907. */
static void test_decay(void **state)
{
    (void)state;
    const struct dcpt_law law = full_law();
    struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, 0.0381);
    q.tokens = 20e9;
    q.domain_tokens = 1000000000;
    q.domain_epochs = 255;
    const struct budget_answer plain = answer_of(&q);
    q.decay = &constrained_published;
    const struct budget_answer soft = answer_of(&q);
    assert_near(soft.ratio, plain.ratio, 0); /* the general loss does not know */
    assert_true(soft.loss_general <= plain.loss_general && soft.loss_domain > plain.loss_domain);
    assert_says(soft.warning, "planning heuristic");
    assert_near(soft.worth_ratio, constrained_tokens(&constrained_published, 1e9, soft.ratio * 20e9) / 20e9, 0);
    assert_near(soft.loss_domain, dcpt_at(&law.domain.curve, 1.8e9, 20e9, soft.worth_ratio), 0);
    assert_near(constrained_tokens(&constrained_published, 1e9, 10e9) / 20e9, 0.3907, 5e-5);
}

/* The weighted optimum moves down, and no other share is better. */
static void test_decay_weighted(void **state)
{
    (void)state;
    const struct dcpt_law law = full_law();
    for (double w = 0.1; w < 1; w += 0.2) {
        struct budget_question q = ask_of(&law, BUDGET_WEIGHT, w);
        q.tokens = 20e9;
        q.domain_tokens = 1000000000;
        q.domain_epochs = 255;
        const double plain = answer_of(&q).ratio;
        q.decay = &constrained_published;
        const struct budget_answer soft = answer_of(&q);
        assert_true(soft.ratio < plain);
        const double best = w * soft.loss_domain + (1 - w) * soft.loss_general;
        for (double ratio = 0; ratio <= 1; ratio += 0.002) {
            const double worth = constrained_tokens(&constrained_published, 1e9, ratio * 20e9) / 20e9;
            assert_true(best <= w * dcpt_at(&law.domain.curve, 1.8e9, 20e9, worth) +
                                    (1 - w) * dcpt_at(&law.general.curve, 1.8e9, 20e9, 1 - ratio) + 1e-12);
        }
        q.domain_epochs = 4; /* the hard cap comes first */
        assert_true(answer_of(&q).ratio <= 0.2 + 1e-12);
    }
}

static void test_decay_limited(void **state)
{
    (void)state;
    const struct dcpt_law law = limited_law();
    struct budget_question q = limited(&law, 1000000000);
    q.domain_epochs = 16;
    q.decay = &constrained_published;
    const struct budget_answer a = answer_of(&q);
    const double worth = constrained_tokens(&constrained_published, 1e9, 16e9) / 16e9;
    assert_near(a.worth_ratio, worth * a.ratio, 1e-12);
    for (double ratio = 0.01; ratio <= 1; ratio += 0.001) {
        assert_true(dcpt_at(&law.domain.curve, 1.8e9, 16e9 / ratio, worth * ratio) >= a.loss_domain - 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limited),
        cmocka_unit_test(test_limited_general),
        cmocka_unit_test(test_losses_along_the_ratio),
        cmocka_unit_test(test_no_text_of_the_domain),
        cmocka_unit_test(test_limited_refused),
        cmocka_unit_test(test_limited_range),
        cmocka_unit_test(test_resources),
        cmocka_unit_test(test_resources_and_pools),
        cmocka_unit_test(test_resources_refused),
        cmocka_unit_test(test_decay),
        cmocka_unit_test(test_decay_weighted),
        cmocka_unit_test(test_decay_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
