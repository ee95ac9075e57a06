/*
 * One mixture for several domains: the water-filling against a fine grid, caps, budgets, weights; whole tokens.
 */
#include "law_world.h"

#include "plan/several.h"

static const double every_ratio[] = {0, 0.33, 0.67, 0.9, 1};

static struct dcpt_law a_law(const char *name, double c, double eps, double gamma)
{
    struct dcpt_law law = {.name = name, .parameters = 1e9, .tokens = 10e9, .ratios = every_ratio, .ratio_count = 5,
                           .rows = 5, .base_loss = NAN};
    law.domain = (struct dcpt_side){.rows = 5, .lowest_ratio = 0, .highest_ratio = 1};
    law.general = law.domain;
    law.domain.curve = (struct dcpt_curve){.e = 0.9, .c = c, .alpha = 1, .beta = 1, .eta = 1, .eps = eps,
                                           .gamma = gamma};
    law.general.curve = (struct dcpt_curve){.e = 1.9, .c = 0.12, .alpha = 1, .beta = 1, .eta = 1, .eps = 0.05,
                                            .gamma = 0.55};
    return law;
}

struct world {
    struct dcpt_law laws[3];
    struct several_domain domains[3];
    struct several_question q;
    struct several_share shares[3];
    struct several_answer a;
};

static void set_world(struct world *w)
{
    *w = (struct world){.laws = {a_law("law", 0.30, 0.15, 0.7), a_law("code", 0.20, 0.05, 0.4),
                                 a_law("music", 0.10, 0.30, 1.1)}};
    for (size_t i = 0; i < 3; i++) {
        w->domains[i] = (struct several_domain){w->laws[i].name, &w->laws[i], 1, UINT64_MAX};
    }
    w->q = (struct several_question){.domains = w->domains, .count = 3, .refit = SEVERAL_NO_REFIT};
    w->q.general = (struct budget_question){.parameters = 1e9, .tokens = 20e9, .budget = BUDGET_DIFFERENCE,
                                            .limit = 0.03, .general_tokens = UINT64_MAX, .domain_epochs = 4,
                                            .general_epochs = 4, .domain = "the domains", .general = "general"};
}

static void ask(struct world *w)
{
    tamis_err err = {0};
    if (several_answer(&w->q, w->shares, &w->a, &err)) {
        fail_msg("%s", err.text);
    }
}

static double together(const struct world *w)
{
    return w->a.general + w->shares[0].ratio + w->shares[1].ratio + w->shares[2].ratio;
}

/* ---- The optimum ------------------------------------------------------------------------------------------------ */

static double loss(const struct world *w, size_t i, double share)
{
    return w->domains[i].weight * dcpt_at(&w->laws[i].domain.curve, 1e9, 20e9, share);
}

/* The least sum over a grid of shares that fill `total`. */
static double brute(const struct world *w, double total, unsigned steps)
{
    double best = INFINITY;
    for (unsigned i = 0; i <= steps; i++) {
        for (unsigned k = 0; k + i <= steps; k++) {
            const double a = total * i / steps, b = total * k / steps, c = fmax(0, total - a - b);
            if (a <= w->shares[0].cap && b <= w->shares[1].cap && c <= w->shares[2].cap) {
                best = fmin(best, loss(w, 0, a) + loss(w, 1, b) + loss(w, 2, c));
            }
        }
    }
    return best;
}

static void assert_best(const struct world *w)
{
    assert_near(together(w), 1, 1e-12);
    const double sum = loss(w, 0, w->shares[0].ratio) + loss(w, 1, w->shares[1].ratio) + loss(w, 2, w->shares[2].ratio);
    const double grid = brute(w, 1 - w->a.general, 400);
    assert_near(w->a.sum, sum, 1e-12);
    assert_true(sum <= grid + 1e-12);
    assert_near(sum, grid, 2e-4);
}

static double gain(const struct world *w, size_t i)
{
    return -w->domains[i].weight * dcpt_slope(&w->laws[i].domain.curve, 20e9, w->shares[i].ratio);
}

static void test_same_gain(void **state)
{
    (void)state;
    struct world w;
    set_world(&w);
    ask(&w);
    assert_best(&w);
    for (size_t i = 0; i < 3; i++) {
        assert_near(gain(&w, i), w.a.lambda, 1e-9);
        assert_string_equal(several_binding_name(w.shares[i].binding), "balance");
        assert_near(w.shares[i].loss, dcpt_at(&w.laws[i].domain.curve, 1e9, 20e9, w.shares[i].ratio), 0);
    }
    assert_near(w.a.loss_general, w.a.budget.limit, 1e-9); /* the budget is spent */
    assert_near(w.a.rest, 0, 0);
}

static void test_caps(void **state)
{
    (void)state;
    struct world w;
    set_world(&w);
    w.domains[1].pool = 400000000; /* x 4 of 20e9: 0.08 */
    ask(&w);
    assert_best(&w);
    assert_near(w.shares[1].cap, 0.08, 1e-15);
    assert_near(w.shares[1].ratio, 0.08, 1e-15);
    assert_string_equal(several_binding_name(w.shares[1].binding), "max_epochs");
    assert_near(gain(&w, 0), w.a.lambda, 1e-9);
    assert_near(gain(&w, 2), w.a.lambda, 1e-9);
    assert_true(gain(&w, 1) > w.a.lambda);
}

static void test_weights(void **state)
{
    (void)state;
    struct world w;
    set_world(&w);
    ask(&w);
    const double before = w.shares[2].ratio;
    w.domains[2].weight = 5;
    ask(&w);
    assert_best(&w);
    assert_true(w.shares[2].ratio > before);
    w.domains[2].weight = 1e-6; /* not worth a token */
    ask(&w);
    assert_near(w.shares[2].ratio, 0, 0);
    assert_string_equal(several_binding_name(w.shares[2].binding), "zero");
}

/* Pools that fill less than the budget leaves to the domains: the rest is general text. */
static void test_caps_below(void **state)
{
    (void)state;
    struct world w;
    set_world(&w);
    for (size_t i = 0; i < 3; i++) {
        w.domains[i].pool = 500000000; /* 0.1 each */
    }
    ask(&w);
    assert_near(together(&w), 1, 1e-12);
    assert_near(w.a.general, 0.7, 1e-12);
    for (size_t i = 0; i < 3; i++) {
        assert_near(w.shares[i].ratio, 0.1, 1e-15);
        assert_string_equal(several_binding_name(w.shares[i].binding), "max_epochs");
    }
    assert_string_equal(binding_name(w.a.budget.binding), "max_epochs");
    w.domains[1].pool = UINT64_MAX; /* one that is not limited takes what the budget allows */
    ask(&w);
    assert_near(w.shares[0].ratio, 0.1, 1e-15);
    assert_near(w.a.loss_general, w.a.budget.limit, 1e-9);
    assert_near(together(&w), 1, 1e-12);
    w.q.general.general_tokens = 1000000; /* and where there is no general text, there is no mixture */
    tamis_err err = {0};
    assert_int_equal(several_answer(&w.q, w.shares, &w.a, &err), TAMIS_INPUT);
    assert_says(err.text, "infeasible");
}

/* A curve that rises again (few tokens, B r^eta / D^beta counts): nobody is given what harms. */
static void test_lowest_point(void **state)
{
    (void)state;
    struct world w;
    set_world(&w);
    for (size_t i = 0; i < 3; i++) {
        w.laws[i].domain.curve.b = 20;
    }
    w.q.general.limit = 1;
    ask(&w);
    assert_near(together(&w), 1, 1e-12);
    assert_true(w.a.rest > 0.1);
    for (size_t i = 0; i < 3; i++) {
        assert_near(w.shares[i].ratio, dcpt_lowest(&w.laws[i].domain.curve, 20e9), 1e-12);
        assert_string_equal(several_binding_name(w.shares[i].binding), "curve");
    }
    w.q.general.general_tokens = 1000000000; /* x 4: 0.2; the domains must take the rest, at least harm */
    ask(&w);
    assert_near(together(&w), 1, 1e-12);
    assert_near(w.a.general, 0.2, 1e-12);
    assert_true(w.a.lambda < 0);
    for (size_t i = 0; i < 3; i++) {
        assert_near(gain(&w, i), w.a.lambda, 1e-9);
    }
}

/* ---- Budgets ---------------------------------------------------------------------------------------------------- */

/* With one domain the answer is that of the plain question. */
static void test_one_domain(void **state)
{
    (void)state;
    static const enum budget budgets[] = {BUDGET_DIFFERENCE, BUDGET_RELATIVE, BUDGET_ABSOLUTE, BUDGET_WEIGHT};
    static const double limits[] = {0.05, 0.03, 2.2, 0.6};
    for (size_t i = 0; i < 4; i++) {
        struct world w;
        struct budget_answer plain;
        tamis_err err = {0};
        set_world(&w);
        w.q.count = 1;
        w.q.general.budget = budgets[i];
        w.q.general.limit = limits[i];
        ask(&w);
        w.q.general.law = &w.laws[0];
        w.q.general.domain_tokens = UINT64_MAX;
        assert_int_equal(budget_answer(&w.q.general, &plain, &err), TAMIS_OK);
        assert_near(w.shares[0].ratio, plain.ratio, 2e-9);
        assert_near(w.a.loss_general, plain.loss_general, 1e-8);
        assert_string_equal(binding_name(w.a.budget.binding), binding_name(plain.binding));
    }
}

/* A weighted budget against the grid over all three. */
static void test_weighted(void **state)
{
    (void)state;
    struct world w;
    set_world(&w);
    w.q.count = 2;
    w.q.general.budget = BUDGET_WEIGHT;
    w.q.general.limit = 0.5;
    ask(&w);
    double best = INFINITY;
    for (unsigned i = 0; i <= 400; i++) {
        for (unsigned k = 0; k + i <= 400; k++) {
            const double a = i / 400.0, b = k / 400.0;
            best = fmin(best, 0.25 * (loss(&w, 0, a) + loss(&w, 1, b)) +
                                  0.5 * dcpt_at(&w.laws[0].general.curve, 1e9, 20e9, fmax(0, 1 - a - b)));
        }
    }
    const double found = 0.25 * w.a.sum + 0.5 * w.a.loss_general;
    assert_near(w.a.general + w.shares[0].ratio + w.shares[1].ratio, 1, 1e-12);
    assert_true(found <= best + 1e-12);
    assert_near(found, best, 1e-4);
    w.q.general.limit = 1; /* the general loss does not matter, but no run went beyond 0.9 */
    w.laws[0].general.highest_ratio = 0.9;
    ask(&w);
    assert_near(w.a.general, 0.1, 1e-9);
    assert_string_equal(binding_name(w.a.budget.binding), "probe range");
}

static void refused(struct world *w, tamis_status status, const char *part)
{
    tamis_err err = {0};
    assert_int_equal(several_answer(&w->q, w->shares, &w->a, &err), status);
    assert_says(err.text, part);
}

static void test_refusals(void **state)
{
    (void)state;
    struct world w;
    set_world(&w);
    w.q.general.limit = -0.5;
    refused(&w, TAMIS_INPUT, "The smallest budget that is feasible");
    set_world(&w);
    w.domains[1].pool = 1000;
    w.q.general.tokens = 0;
    refused(&w, TAMIS_USAGE, "the number of tokens");
    set_world(&w);
    w.laws[2].domain.rows = 0;
    refused(&w, TAMIS_INPUT, "music");
    set_world(&w);
    w.domains[0].weight = 0;
    refused(&w, TAMIS_USAGE, "weights are above 0");
    set_world(&w);
    w.q.general.budget = BUDGET_WEIGHT;
    w.q.general.limit = 3;
    refused(&w, TAMIS_USAGE, "from 0 to 1");
    w.q.general.limit = 0.5;
    w.laws[0].general.rows = 0;
    refused(&w, TAMIS_INPUT, "loss_general");
}

/* Replicates of all laws go together, one index at a time. */
static void test_refits(void **state)
{
    (void)state;
    struct world w;
    struct dcpt_pair pairs[3][2];
    set_world(&w);
    ask(&w);
    const double own = w.shares[0].ratio;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 2; k++) {
            pairs[i][k] = (struct dcpt_pair){w.laws[i].domain.curve, w.laws[i].general.curve};
        }
        pairs[i][1].domain.c *= i == 0 ? 2 : 1;
        w.laws[i].replicates = pairs[i];
        w.laws[i].replicate_count = i == 1 ? 2 : 5;
    }
    assert_int_equal(several_replicates(&w.q), 2);
    w.q.refit = 0;
    ask(&w);
    assert_near(w.shares[0].ratio, own, 0);
    w.q.refit = 1;
    ask(&w);
    assert_true(w.shares[0].ratio > own + 0.01);
}

/* ---- Whole tokens ----------------------------------------------------------------------------------------------- */

static void test_tokens(void **state)
{
    (void)state;
    static const double thirds[] = {1.0 / 3, 1.0 / 3, 1.0 / 3}, uneven[] = {0.7, 0.2, 0.1, 0};
    uint64_t taken[4];
    share_tokens(thirds, NULL, 3, 100, taken);
    assert_true(taken[0] == 34 && taken[1] == 33 && taken[2] == 33);
    share_tokens(uneven, NULL, 4, 7, taken);
    assert_true(taken[0] == 5 && taken[1] == 1 && taken[2] == 1 && taken[3] == 0);
    const uint64_t most[] = {4, 100, 100, 100};
    share_tokens(uneven, most, 4, 7, taken);
    assert_true(taken[0] == 4 && taken[0] + taken[1] + taken[2] == 7 && taken[3] == 0);
    const uint64_t none[] = {0, 0, 0, 0};
    share_tokens(uneven, none, 4, 7, taken); /* no room: the sum stands */
    assert_true(taken[0] + taken[1] + taken[2] + taken[3] == 7);
    for (uint64_t tokens = 1; tokens < UINT64_MAX / 7; tokens = tokens * 7 + 3) {
        share_tokens(uneven, NULL, 4, tokens, taken);
        assert_true(taken[0] + taken[1] + taken[2] + taken[3] == tokens);
        assert_near((double)taken[0] / (double)tokens, 0.7, 1.0 / (double)tokens + 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_gain),    cmocka_unit_test(test_caps),       cmocka_unit_test(test_weights),
        cmocka_unit_test(test_caps_below),   cmocka_unit_test(test_lowest_point), cmocka_unit_test(test_one_domain),
        cmocka_unit_test(test_weighted),     cmocka_unit_test(test_refusals),   cmocka_unit_test(test_refits),
        cmocka_unit_test(test_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
