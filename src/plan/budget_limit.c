/* The budget: what the general loss is held against, how high it may go, and the share at which it is there. */
#include <math.h>

#include "plan/budget_parts.h"

bool planning_about_level(const struct budget_question *q)
{
    return q->budget == BUDGET_RELATIVE || q->budget == BUDGET_ABSOLUTE ||
           (q->budget == BUDGET_DIFFERENCE && q->against == AGAINST_BASE);
}

bool planning_knows_sizes(const struct dcpt_law *law)
{
    return law->form == DCPT_FULL && law->lowest_size < law->highest_size;
}

/* ---- Checks ----------------------------------------------------------------------------------------------------- */

static tamis_status check_weight(const struct planning *p)
{
    if (!(p->q->limit >= 0 && p->q->limit <= 1)) {
        return tamis_fail(p->err, TAMIS_USAGE, "a weight of %g: it is the weight of the domain's loss, from 0 to 1",
                          p->q->limit);
    }
    if (!p->domain || !p->general) {
        return tamis_fail(p->err, TAMIS_INPUT, "a weighted budget needs both losses; the runs have no loss_%s",
                          p->domain ? "general" : "domain");
    }
    return TAMIS_OK;
}

static tamis_status check_level(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    const double probed = q->law->parameters;
    if (!planning_about_level(q) || planning_knows_sizes(q->law) ||
        !planning_differs(p->parameters, probed, probed)) {
        return TAMIS_OK;
    }
    return tamis_fail(p->err, TAMIS_USAGE,
                      "the %s budget%s is about the level of the loss, which this law knows at N = %g only, not at %g\n"
                      "A difference against replay_only works at any size: in it all that depends on N cancels.\n"
                      "Or fit the law to runs of that size, or to runs of several sizes.", budget_name(q->budget),
                      q->budget == BUDGET_DIFFERENCE ? " against the base loss" : "", probed, p->parameters);
}

/* ---- The limit -------------------------------------------------------------------------------------------------- */

static tamis_status find_reference(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    p->a->reference = NAN;
    if (q->budget != BUDGET_DIFFERENCE && q->budget != BUDGET_RELATIVE) {
        return TAMIS_OK;
    }
    if (q->against == AGAINST_BASE && isnan(p->base_loss)) {
        return tamis_fail(p->err, TAMIS_USAGE,
                          "a budget against the base needs the general loss before the training goes on, and the law "
                          "does not have it; give it to tamis fit or tamis plan (--base-loss), or as a column "
                          "base_loss_general of the runs");
    }
    p->a->reference = q->against == AGAINST_BASE ? p->base_loss : planning_general(p, 0);
    return TAMIS_OK;
}

/* The general loss that a budget of `number` allows. */
static double limit_of(const struct planning *p, double number)
{
    const double reference = p->a->reference;
    return p->q->budget == BUDGET_RELATIVE     ? (1 + number) * reference
           : p->q->budget == BUDGET_DIFFERENCE ? reference + number
                                               : number;
}

double planning_budget_for(const struct planning *p, double loss)
{
    const double reference = p->a->reference;
    const double number = p->q->budget == BUDGET_RELATIVE     ? loss / reference - 1
                          : p->q->budget == BUDGET_DIFFERENCE ? loss - reference
                                                              : loss;
    const double rounded = ceil(number * 1e6) / 1e6;
    return limit_of(p, rounded) >= loss ? rounded : rounded + 1e-6;
}

static tamis_status refuse_limit(const struct planning *p, double ratio, double lowest)
{
    const struct budget_question *const q = p->q;
    if (ratio > 0) {
        return tamis_fail(p->err, TAMIS_INPUT,
                          "infeasible: the budget allows a general loss of %.6g, and the lowest that can be reached, "
                          "with a share of %.6g of %s, is %.6g\nThe smallest budget that is feasible: %s of %.10g.",
                          p->a->limit, ratio, q->domain, lowest, budget_name(q->budget),
                          planning_budget_for(p, lowest));
    }
    return tamis_fail(p->err, TAMIS_INPUT,
                      "infeasible: the budget allows a general loss of %.6g, and the lowest that can be reached, with "
                      "no token of %s, is %.6g\nThe smallest budget that is feasible: %s of %.10g.", p->a->limit,
                      q->domain, lowest, budget_name(q->budget), planning_budget_for(p, lowest));
}

static tamis_status find_share(struct planning *p)
{
    struct budget_answer *const a = p->a;
    const double from = planning_lowest_general(p);
    const double lowest = from > 0 ? planning_general(p, from) : a->loss_replay_only;
    a->limit = limit_of(p, p->q->limit);
    if (a->limit < lowest) {
        return refuse_limit(p, from, lowest);
    }
    p->allowed = planning_within(p, from, a->limit);
    const double best = planning_lowest_domain(p);
    a->wanted_ratio = fmin(p->allowed, best);
    a->binding = a->wanted_ratio < 1 && p->allowed <= best ? BINDING_BUDGET : BINDING_NONE;
    return TAMIS_OK;
}

tamis_status planning_budget(struct planning *p)
{
    struct budget_answer *const a = p->a;
    if (p->q->budget == BUDGET_WEIGHT) {
        const tamis_status status = check_weight(p);
        a->reference = a->limit = NAN;
        a->wanted_ratio = status ? 0 : planning_best_sum(p, p->q->limit);
        a->binding = a->wanted_ratio < 1 ? BINDING_BUDGET : BINDING_NONE;
        p->allowed = 1;
        return status;
    }
    if (!p->general) {
        return tamis_fail(p->err, TAMIS_INPUT, "a budget on the general loss needs runs with loss_general, which this "
                          "law was fitted without");
    }
    tamis_status status = check_level(p);
    status = status ? status : find_reference(p);
    return status ? status : find_share(p);
}
