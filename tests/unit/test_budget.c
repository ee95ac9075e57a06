/*
 * Budgets against their closed answers; pools, sizes and ranges that bind; the published answer.
 */
#include "law_world.h"

#include "core/str.h"
#include "plan/budget.h"

/* ---- Budgets ---------------------------------------------------------------------------------------------------- */

static const double every_ratio[] = {0, 0.33, 0.67, 0.9, 1}, no_ends[] = {0.1, 0.33, 0.67, 0.9};

static struct dcpt_law a_law(void)
{
    struct dcpt_law law = {.parameters = 1e9, .tokens = 10e9, .ratios = every_ratio, .ratio_count = 5, .rows = 5,
                           .run_count = 5, .form = DCPT_SINGLE_POINT, .lowest_size = 1e9, .highest_size = 1e9,
                           .lowest_tokens = 10e9, .highest_tokens = 10e9, .probe_flop = 3e20, .peak_general = NAN};
    law.base_loss = NAN;
    law.domain = (struct dcpt_side){.rows = 5, .lowest_ratio = 0, .highest_ratio = 1};
    law.general = law.domain;
    law.domain.curve = (struct dcpt_curve){.e = 0.9, .c = 0.30, .eps = 0.15, .gamma = 0.7};
    law.general.curve = (struct dcpt_curve){.e = 1.9, .c = 0.12, .eps = 0.05, .gamma = 0.55};
    return law;
}

static struct budget_question a_question(const struct dcpt_law *law, enum budget budget, double limit)
{
    return (struct budget_question){.law = law, .parameters = 1e9, .tokens = 10e9, .budget = budget, .limit = limit,
                                    .domain_tokens = UINT64_MAX, .general_tokens = UINT64_MAX, .domain_epochs = 4,
                                    .general_epochs = 4, .domain = "statutes", .general = "web"};
}

static struct budget_answer answered(const struct budget_question *q)
{
    struct budget_answer a;
    tamis_err err = {0};
    if (budget_answer(q, &a, &err)) {
        fail_msg("%s", err.text);
    }
    return a;
}

static void refused(const struct budget_question *q, tamis_status status, const char *part)
{
    struct budget_answer a;
    tamis_err err = {0};
    assert_int_equal(budget_answer(q, &a, &err), status);
    assert_int_equal(err.status, status);
    assert_says(err.text, part);
}

/* The ratio at which the general loss is `loss`: the curve solved for the share. */
static double ratio_at(const struct dcpt_law *law, double loss)
{
    const struct dcpt_curve *const g = &law->general.curve;
    return 1 - (tamis_exp(tamis_log(g->c / (loss - g->e)) / g->gamma) - g->eps);
}

static double general_at(const struct dcpt_law *law, double ratio)
{
    return dcpt_at(&law->general.curve, NAN, NAN, 1 - ratio);
}

static void test_closed_answers(void **state)
{
    (void)state;
    struct dcpt_law law = a_law();
    law.base_loss = 2.05;
    const double alone = general_at(&law, 0);
    const struct {
        enum budget budget;
        enum against against;
        double limit, loss;
    } cases[] = {{BUDGET_DIFFERENCE, AGAINST_REPLAY_ONLY, 0.05, alone + 0.05},
                 {BUDGET_DIFFERENCE, AGAINST_BASE, 0.05, 2.10},
                 {BUDGET_DIFFERENCE, AGAINST_BASE, -0.01, 2.04},
                 {BUDGET_RELATIVE, AGAINST_REPLAY_ONLY, 0.03, 1.03 * alone},
                 {BUDGET_RELATIVE, AGAINST_BASE, 0.03, 1.03 * 2.05},
                 {BUDGET_ABSOLUTE, AGAINST_REPLAY_ONLY, 2.2, 2.2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct budget_question q = a_question(&law, cases[i].budget, cases[i].limit);
        q.against = cases[i].against;
        const struct budget_answer a = answered(&q);
        assert_near(a.limit, cases[i].loss, 1e-12);
        assert_near(a.ratio, ratio_at(&law, cases[i].loss), 2e-12);
        assert_true(a.loss_general <= a.limit && a.limit - a.loss_general < 1e-10);
        assert_near(a.loss_domain, dcpt_at(&law.domain.curve, NAN, NAN, a.ratio), 0);
        assert_near(a.loss_replay_only, alone, 0);
        assert_string_equal(binding_name(a.binding), "budget");
        assert_true(a.ratio == a.wanted_ratio && !a.outside_probe && !a.warning[0]);
    }
}

static void test_ends_of_the_budget(void **state)
{
    (void)state;
    const struct dcpt_law law = a_law();
    struct budget_question q = a_question(&law, BUDGET_DIFFERENCE, 0);
    assert_true(answered(&q).ratio == 0); /* nothing may be lost: general data alone */
    q.limit = 5;
    const struct budget_answer all = answered(&q);
    assert_true(all.ratio == 1);
    assert_string_equal(binding_name(all.binding), "none");
    q.limit = -0.01;
    refused(&q, TAMIS_INPUT, "The smallest budget that is feasible: difference of 0");
    q = a_question(&law, BUDGET_ABSOLUTE, 2);
    refused(&q, TAMIS_INPUT, "The smallest budget that is feasible: absolute of 2.01682");
    refused(&q, TAMIS_INPUT, "no token of statutes");
}

/* The budget that is named as the smallest is feasible, and a millionth less is not. */
static void test_smallest_budget(void **state)
{
    (void)state;
    struct dcpt_law law = a_law();
    law.base_loss = 1.97;
    static const enum budget budgets[] = {BUDGET_DIFFERENCE, BUDGET_RELATIVE, BUDGET_ABSOLUTE};
    for (size_t i = 0; i < 3; i++) {
        struct budget_question q = a_question(&law, budgets[i], budgets[i] == BUDGET_ABSOLUTE ? 1.95 : 0);
        struct budget_answer a;
        tamis_err err = {0};
        q.against = AGAINST_BASE;
        assert_int_equal(budget_answer(&q, &a, &err), TAMIS_INPUT);
        const char *const at = strstr(err.text, " of 0") ? strstr(err.text, " of 0") : strstr(err.text, " of 2.0");
        assert_non_null(at);
        q.limit = strtod(at + 4, NULL);
        assert_near(answered(&q).ratio, 0, 1e-3);
        q.limit -= 2e-6;
        refused(&q, TAMIS_INPUT, "infeasible");
    }
}

static void test_other_sizes(void **state)
{
    (void)state;
    struct dcpt_law law = a_law();
    law.base_loss = 2.05;
    struct budget_question q = a_question(&law, BUDGET_DIFFERENCE, 0.05);
    const double ratio = answered(&q).ratio;
    q.parameters = 7e9;
    q.tokens = 100e9;
    const struct budget_answer other = answered(&q);
    assert_true(other.ratio == ratio && other.outside_probe);
    assert_says(other.warning, "the runs had N = 1e+09, the model has 7e+09");
    assert_says(other.warning, "the runs had D = 1e+10, the model is to see 1e+11");
    q.against = AGAINST_BASE;
    refused(&q, TAMIS_USAGE, "A difference against replay_only works at any size");
    q.against = AGAINST_REPLAY_ONLY;
    q.budget = BUDGET_RELATIVE;
    refused(&q, TAMIS_USAGE, "which this law knows at N = 1e+09 only, not at 7e+09");
    q.budget = BUDGET_ABSOLUTE;
    refused(&q, TAMIS_USAGE, "the absolute budget is about the level of the loss");
    q.parameters = 1.005e9; /* within 1 % */
    q.limit = 2.2;
    assert_says(answered(&q).warning, "the level of the loss was not measured there");
    q.parameters = 0;
    q.tokens = 10e9;
    assert_says(answered(&q).warning, "the size of the model is not given");
    law.parameters = NAN;
    q.parameters = 3e9;
    assert_says(answered(&q).warning, "the runs do not say their size");
}

static void test_base_loss(void **state)
{
    (void)state;
    const struct dcpt_law law = a_law();
    struct budget_question q = a_question(&law, BUDGET_RELATIVE, 0.03);
    q.against = AGAINST_BASE;
    refused(&q, TAMIS_USAGE, "--base-loss");
    q.base_loss = 2.05;
    assert_near(answered(&q).limit, 1.03 * 2.05, 1e-12);
    assert_near(answered(&q).reference, 2.05, 0);
}

/* Never a general share below the smallest probed. */
static void test_probe_range(void **state)
{
    (void)state;
    struct dcpt_law law = a_law();
    law.ratios = no_ends;
    law.ratio_count = 4;
    law.general.lowest_ratio = law.domain.lowest_ratio = 0.1;
    law.general.highest_ratio = law.domain.highest_ratio = 0.9;
    struct budget_question q = a_question(&law, BUDGET_DIFFERENCE, 0.3);
    const struct budget_answer a = answered(&q);
    assert_true(a.ratio == 0.9 && a.wanted_ratio > 0.94);
    assert_string_equal(binding_name(a.binding), "probe range");
    assert_says(a.warning, "no run had more than 0.9");
    assert_says(a.warning, "the lowest ratio probed is 0.1");
    q.limit = 5;
    assert_string_equal(binding_name(answered(&q).binding), "probe range");
    q.limit = 0.001;
    assert_true(answered(&q).ratio < 0.1 && answered(&q).outside_probe);
    q.budget = BUDGET_WEIGHT;
    q.limit = 1;
    assert_true(answered(&q).ratio == 0.9);
}

/* The weighted optimum: no other share of a fine grid is better. */
static void test_weight(void **state)
{
    (void)state;
    struct dcpt_law law = a_law();
    double last = 0;
    for (double w = 0; w <= 1; w += 0.05) {
        struct budget_question q = a_question(&law, BUDGET_WEIGHT, w);
        q.parameters = 70e9; /* free of N */
        const struct budget_answer a = answered(&q);
        const double best = w * a.loss_domain + (1 - w) * a.loss_general;
        assert_true(a.ratio >= last && isnan(a.limit));
        last = a.ratio;
        for (double ratio = 0; ratio <= 1; ratio += 0.001) {
            const double sum = w * dcpt_at(&law.domain.curve, NAN, NAN, ratio) + (1 - w) * general_at(&law, ratio);
            assert_true(best <= sum + 1e-12);
        }
    }
    struct budget_question q = a_question(&law, BUDGET_WEIGHT, 1.5);
    refused(&q, TAMIS_USAGE, "from 0 to 1");
    q.limit = 0.5;
    law.domain.rows = 0;
    refused(&q, TAMIS_INPUT, "no loss_domain");
}

static void test_one_side_answers(void **state)
{
    (void)state;
    struct dcpt_law law = a_law();
    struct budget_question q = a_question(&law, BUDGET_DIFFERENCE, 0.05);
    law.domain.rows = 0;
    const struct budget_answer a = answered(&q);
    assert_true(isnan(a.loss_domain));
    assert_says(a.warning, "the domain's loss was not measured");
    law = a_law();
    law.general.rows = 0;
    refused(&q, TAMIS_INPUT, "needs runs with loss_general");
}

/* ---- Pools ------------------------------------------------------------------------------------------------------ */

static void test_repeats(void **state)
{
    (void)state;
    const struct dcpt_law law = a_law();
    struct budget_question q = a_question(&law, BUDGET_DIFFERENCE, 0.1);
    const double wanted = answered(&q).ratio;
    q.domain_tokens = 1000000000; /* 4 epochs fill 0.4 of 10e9 tokens */
    q.general_tokens = 100000000000;
    const struct budget_answer a = answered(&q);
    assert_near(a.ratio, 0.4, 1e-12);
    assert_string_equal(binding_name(a.binding), "max_epochs");
    assert_true(a.wanted_ratio == wanted && wanted > 0.6);
    assert_says(a.warning, "repeats of statutes set it to 0.4");
    q.domain_tokens = 0;
    assert_true(answered(&q).ratio == 0);
    q.domain_tokens = 100000000000;
    assert_true(answered(&q).ratio == wanted);
    q.domain_tokens = 1000000000;
    q.domain_epochs = 6;
    assert_says(answered(&q).warning, "statutes is used 6 times");
    q.tokens = 0;
    refused(&q, TAMIS_USAGE, "the number of tokens to train on is not");
}

static double number_after(const char *text, const char *words)
{
    const char *const at = strstr(text, words);
    assert_non_null(at);
    return strtod(at + strlen(words), NULL);
}

/* Too little general text for the budget: the number of tokens that is named is feasible, and more is not. */
static void test_small_general_pool(void **state)
{
    (void)state;
    const struct dcpt_law law = a_law();
    struct budget_question q = a_question(&law, BUDGET_DIFFERENCE, 0.05);
    struct budget_answer a;
    tamis_err err = {0};
    q.general_tokens = 200000000;
    assert_int_equal(budget_answer(&q, &a, &err), TAMIS_INPUT);
    assert_says(err.text, "of web");
    q.tokens = number_after(err.text, "The most that are feasible: ");
    assert_true(q.tokens > 0 && q.tokens < 10e9);
    assert_string_equal(binding_name(answered(&q).binding), "budget");
    q.tokens += 10;
    refused(&q, TAMIS_INPUT, "infeasible");
    q.tokens = 10e9;
    q.limit = number_after(err.text, "at least difference ");
    assert_near(answered(&q).ratio, 0.92, 1e-4);
    q.limit -= 2e-6;
    refused(&q, TAMIS_INPUT, "infeasible");
}

static void test_small_pools(void **state)
{
    (void)state;
    const struct dcpt_law law = a_law();
    struct budget_question q = a_question(&law, BUDGET_DIFFERENCE, 5);
    q.general_tokens = 500000000;
    q.domain_tokens = 1000000000;
    refused(&q, TAMIS_INPUT, "do not fill 10000000000 tokens\nThe most that are feasible: 6000000000 tokens.");
    q.tokens = 6e9;
    assert_near(answered(&q).ratio, 4.0 / 6, 1e-9);
    q.general_tokens = 0;
    q.limit = 0.05;
    refused(&q, TAMIS_INPUT, "infeasible");
}

/* A weighted sum has no limit: where general text is short, the share goes up instead. */
static void test_weight_and_pools(void **state)
{
    (void)state;
    const struct dcpt_law law = a_law();
    struct budget_question q = a_question(&law, BUDGET_WEIGHT, 0.2);
    assert_true(answered(&q).ratio < 0.6);
    q.general_tokens = 500000000;
    const struct budget_answer a = answered(&q);
    assert_near(a.ratio, 0.8, 1e-12);
    assert_string_equal(binding_name(a.binding), "max_epochs");
    assert_says(a.warning, "repeats of web set it to 0.8");
}

/* ---- The chemistry table ---------------------------------------------------------------------------------------- */

/*
 * Published: general loss at most 3 % above the base, ratio 0.924. The base loss is not in the table; interpolating its
 * rows at 0.924 and at 0.9245 gives a limit of 2.9445 to 2.9462, that is a base of 2.8587 to 2.8604: inferred.
 */
static void test_chemistry(void **state)
{
    const struct dcpt_law law = chemistry(*state);
    assert_true(law.general.fit.max_error < 0.0049 && law.general.fit.r2 > 0.9998);
    assert_int_equal(law.general.fit.agreeing, law.general.fit.starts);
    static const double limits[] = {2.9445, 2.9462};
    for (size_t i = 0; i < 2; i++) {
        struct budget_question q = a_question(&law, BUDGET_RELATIVE, 0.03);
        q.parameters = 1.8e9;
        q.against = AGAINST_BASE;
        q.base_loss = limits[i] / 1.03;
        const struct budget_answer a = answered(&q);
        assert_near(a.ratio, 0.924, 0.003);
        assert_near(a.loss_domain, 1.7291, 0.001);
        assert_true(!a.outside_probe);
    }
}

static void test_ask(void **state)
{
    const struct dcpt_law law = a_law();
    struct budget_question q = a_question(&law, BUDGET_DIFFERENCE, 0.05);
    struct budget_answer a;
    struct ratio_facts facts;
    struct buf text;
    tamis_err err = {0};
    (void)state;
    buf_init(&text, 1u << 20);
    assert_true(dcpt_print(&law, &text));
    q.law = NULL;
    if (budget_ask("law.json", buf_str(&text), &q, &a, &facts, &err)) {
        fail_msg("%s", err.text);
    }
    assert_true(isnan(facts.interval.low) && facts.interval.replicates == 0 && !facts.transfer.needed);
    assert_string_equal(facts.warnings, a.warning);
    q.law = &law;
    assert_near(a.ratio, answered(&q).ratio, 0);
    q.limit = -1;
    assert_int_equal(budget_ask("law.json", buf_str(&text), &q, &a, &facts, &err), TAMIS_INPUT);
    assert_int_equal(budget_ask("law.json", STR("{}"), &q, &a, &facts, &err), TAMIS_INPUT);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_answers),
        cmocka_unit_test(test_ends_of_the_budget),
        cmocka_unit_test(test_smallest_budget),
        cmocka_unit_test(test_other_sizes),
        cmocka_unit_test(test_base_loss),
        cmocka_unit_test(test_probe_range),
        cmocka_unit_test(test_weight),
        cmocka_unit_test(test_one_side_answers),
        cmocka_unit_test(test_repeats),
        cmocka_unit_test(test_small_general_pool),
        cmocka_unit_test(test_small_pools),
        cmocka_unit_test(test_weight_and_pools),
        cmocka_unit_test_setup_teardown(test_chemistry, set_up, tear_down),
        cmocka_unit_test(test_ask),
    };
    return cmocka_run_group_tests(tests, NULL, remove_written);
}
