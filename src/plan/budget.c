/* The answer put together. */
#include "plan/budget.h"

#include <math.h>

#include "plan/budget_parts.h"

const char *binding_name(enum binding binding)
{
    static const char *const names[] = {"budget", "none", "max_epochs", "probe range"};
    return names[binding];
}

/* Never a general share below the smallest that was probed, unless the run without replay was. */
void planning_probe_range(struct planning *p, enum binding binding)
{
    struct budget_answer *const a = p->a;
    a->ratio = a->wanted_ratio;
    a->binding = binding;
    if (a->ratio > p->highest) {
        a->ratio = p->highest;
        a->binding = BINDING_PROBE_RANGE;
        planning_warn(p, "the curve allows a ratio of %.6g, but no run had more than %g and the run without replay was "
                      "not probed: beyond it the general loss is far higher than the curve says", a->wanted_ratio,
                      p->highest);
    }
}

tamis_status planning_trade_off(struct planning *p)
{
    p->a->loss_replay_only = planning_general(p, 0);
    planning_warn_sizes(p);
    planning_warn_limit(p);
    const tamis_status status = planning_budget(p);
    if (status) {
        return status;
    }
    planning_probe_range(p, p->a->binding);
    return planning_pools(p);
}

static void finish(const struct planning *p)
{
    const struct dcpt_law *const law = p->q->law;
    struct budget_answer *const a = p->a;
    const double lowest = law->ratios[0], highest = law->ratios[law->ratio_count - 1];
    a->parameters = planning_parameters(p);
    a->tokens = p->tokens;
    a->worth_ratio = planning_worth(p, a->ratio);
    /* At share 0 the curve has its steepest place: without a run there it says nothing. */
    a->loss_domain = a->ratio > 0 || lowest <= 0 ? planning_domain(p, a->ratio) : (double)NAN;
    a->loss_general = planning_general(p, a->ratio);
    planning_warn_curves(p);
    if (a->ratio < lowest || a->ratio > highest) {
        a->outside_probe = true;
        planning_warn(p, "the ratio %.6g lies outside what was probed (%g to %g): the losses there are extrapolated",
                      a->ratio, lowest, highest);
    }
    if (!p->domain) {
        planning_warn(p, "the domain's loss was not measured: what the ratio gains is not known");
    }
}

static double highest_of(const struct dcpt_law *law)
{
    const double probed = law->general.rows ? law->general.highest_ratio : law->ratios[law->ratio_count - 1];
    return fmin(probed, 1);
}

static struct planning begin(const struct budget_question *q, struct budget_answer *answer, tamis_err *err)
{
    const struct dcpt_law *const law = q->law;
    *answer = (struct budget_answer){.reference = NAN, .limit = NAN, .loss_replay_only = NAN};
    return (struct planning){
        .q = q,
        .a = answer,
        .domain = !law->domain.rows ? NULL : q->refit ? &q->refit->domain : &law->domain.curve,
        .general = !law->general.rows ? NULL : q->refit ? &q->refit->general : &law->general.curve,
        .parameters = q->parameters,
        .tokens = q->tokens,
        .base_loss = q->base_loss > 0 ? q->base_loss : law->base_loss,
        .highest = highest_of(law),
        .allowed = 1,
        .quiet = q->refit != NULL,
        .err = err,
    };
}

tamis_status budget_answer(const struct budget_question *question, struct budget_answer *answer, tamis_err *err)
{
    struct planning p = begin(question, answer, err);
    if (question->budget == BUDGET_NONE && question->usage != BUDGET_LIMITED) {
        return tamis_fail(err, TAMIS_INTERNAL, "a ratio by law was asked for without a budget; please report this");
    }
    const tamis_status status = question->usage == BUDGET_LIMITED     ? planning_limited(&p)
                                : question->usage == BUDGET_RESOURCES ? planning_resources(&p)
                                                                      : planning_trade_off(&p);
    if (!status) {
        finish(&p);
        planning_warn_repeats(&p);
    }
    return status;
}

tamis_status budget_facts(const struct budget_question *question, const struct budget_answer *answer,
                          double slope_low, double slope_high, struct ratio_facts *facts, tamis_err *err)
{
    const struct dcpt_law *const law = question->law;
    *facts = (struct ratio_facts){.run_parameters = law->parameters, .run_tokens = law->tokens,
                                  .warnings = answer->warning};
    const tamis_status status = budget_interval(question, answer, &facts->interval, err);
    if (!status) {
        facts->transfer = budget_transfer(question, answer, &facts->interval, slope_low, slope_high);
    }
    for (size_t i = 0; !status && i < law->ratio_count; i++) {
        facts->repeat = facts->repeat || fabs(law->ratios[i] - facts->interval.add) < 0.01;
    }
    return status;
}

tamis_status budget_ask(const char *path, tamis_str text, const struct budget_question *question,
                        struct budget_answer *answer, struct ratio_facts *facts, tamis_err *err)
{
    struct budget_question with_law = *question;
    struct dcpt_law law;
    struct arena arena;
    arena_init(&arena);
    tamis_status status = dcpt_parse(path, text, &arena, &law, err);
    with_law.law = &law;
    status = status ? status : budget_answer(&with_law, answer, err);
    status = status ? status : budget_facts(&with_law, answer, TRANSFER_LOW, TRANSFER_HIGH, facts, err);
    arena_release(&arena);
    return status;
}
