/* What the tests of budgets share: the synthetic truth of the golden numbers, as a law of nine parameters. */
#ifndef TESTS_BUDGET_WORLD_H
#define TESTS_BUDGET_WORLD_H

#include "law_world.h"

#include "plan/budget.h"

static const double world_ratios[] = {0, 0.33, 0.67, 0.9, 1};

/* Three sizes up to 1.8e9, D 1e9 to 20e9, every end probed. */
static inline struct dcpt_law full_law(void)
{
    struct dcpt_law law = {.parameters = 1.8e9, .tokens = 20e9, .ratios = world_ratios, .ratio_count = 5, .rows = 300,
                           .base_loss = NAN, .form = DCPT_FULL, .lowest_size = 0.4e9, .highest_size = 1.8e9,
                           .lowest_tokens = 1e9, .highest_tokens = 20e9, .probe_flop = 1e20, .peak_general = NAN};
    law.domain = (struct dcpt_side){.rows = 300, .lowest_ratio = 0, .highest_ratio = 1};
    law.general = law.domain;
    law.domain.curve = (struct dcpt_curve){.e = 0.9, .a = 0.35, .alpha = 0.35, .b = 0.08, .eta = 1.2, .beta = 0.35,
                                           .c = 0.30, .eps = 0.15, .gamma = 0.7};
    law.general.curve = (struct dcpt_curve){.e = 1.9, .a = 0.45, .alpha = 0.30, .b = 0.05, .eta = 1.3, .beta = 0.30,
                                            .c = 0.12, .eps = 0.05, .gamma = 0.55};
    return law;
}

static inline struct budget_question ask_of(const struct dcpt_law *law, enum budget budget, double limit)
{
    return (struct budget_question){.law = law, .parameters = 1.8e9, .tokens = 10e9, .budget = budget, .limit = limit,
                                    .base_loss = NAN, .domain_tokens = UINT64_MAX, .general_tokens = UINT64_MAX,
                                    .domain_epochs = 4, .general_epochs = 4, .domain = "statutes", .general = "web"};
}

static inline struct budget_answer answer_of(const struct budget_question *q)
{
    struct budget_answer a;
    tamis_err err = {0};
    if (budget_answer(q, &a, &err)) {
        fail_msg("%s", err.text);
    }
    return a;
}

static inline void refused(const struct budget_question *q, tamis_status status, const char *part)
{
    struct budget_answer a;
    tamis_err err = {0};
    assert_int_equal(budget_answer(q, &a, &err), status);
    assert_int_equal(err.status, status);
    assert_says(err.text, part);
}

#endif
