/* Repeats: no pool may be used more often than it is allowed to be. */
#include <math.h>
#include <stdio.h>

#include "law/root.h"
#include "plan/budget_parts.h"

#define STEP 0.95   /* from one number of tokens that is tried to the next */
#define STEPS 400   /* of them: down to 1e-9 of what was asked for */
#define SLACK 1e-12 /* by which a share may miss a cap through rounding */

double planning_usable(uint64_t tokens, double epochs)
{
    return tokens == UINT64_MAX ? INFINITY : (double)tokens * epochs;
}

/* Above 0: the question has no answer at this D. What the budget allows depends on D wherever a curve has a B. */
static double refused_at(const void *context, double tokens)
{
    const struct planning *const p = context;
    struct budget_answer answer = *p->a;
    struct planning trial = *p;
    trial.a = &answer;
    trial.tokens = tokens;
    trial.quiet = true;
    trial.err = NULL;
    return planning_trade_off(&trial) ? 1 : -1;
}

/* The most whole tokens, fewer than those asked for, that have an answer; 0: none was found. */
static double most_tokens(const struct planning *p)
{
    double high = p->tokens, low = high * STEP;
    for (int i = 0; i < STEPS && refused_at(p, low) > 0; i++) {
        high = low;
        low *= STEP;
    }
    return refused_at(p, low) > 0 ? 0 : floor(rising_root(refused_at, p, low, high));
}

/* More general text is needed than the pools give, at the highest domain share allowed. */
static tamis_status refuse_pools(const struct planning *p, double allowed, double least, double most)
{
    const struct budget_question *const q = p->q;
    const double general = planning_usable(q->general_tokens, q->general_epochs);
    const double domain = planning_usable(q->domain_tokens, q->domain_epochs);
    char also[160] = "", fewer[80] = "No number of tokens is feasible.";
    const double tokens = p->err ? most_tokens(p) : 0;
    if (tokens > 0) {
        snprintf(fewer, sizeof fewer, "The most that are feasible: %.0f tokens.", tokens);
    }
    if (allowed < p->highest && q->budget != BUDGET_WEIGHT && least <= fmin(p->highest, most)) {
        snprintf(also, sizeof also, "\nOr give a budget of at least %s %.10g, or more text of %s.",
                 budget_name(q->budget), planning_budget_for(p, planning_general(p, least)), q->general);
    }
    if (most < least) {
        return tamis_fail(p->err, TAMIS_INPUT, "infeasible: used as often as they may be, %s (%.0f tokens) and %s "
                          "(%.0f tokens) do not fill %.0f tokens\n%s", q->domain, domain, q->general, general,
                          p->tokens, fewer);
    }
    return tamis_fail(p->err, TAMIS_INPUT, "infeasible: at least %.6g of the tokens must be of %s (domain share at "
                      "most %.6g, by the %s), but used as often as they may be its %llu tokens fill %.6g of %.0f\n"
                      "%s%s", 1 - allowed, q->general, allowed,
                      allowed < p->highest ? "budget" : "range that was probed",
                      (unsigned long long)q->general_tokens, general / p->tokens, p->tokens, fewer, also);
}

/* Below D_min the general loss falls at first with the domain's share: too little of it may break the budget. */
static tamis_status check_within(const struct planning *p)
{
    const struct budget_answer *const a = p->a;
    if (p->q->budget == BUDGET_WEIGHT || !(planning_general(p, a->ratio) > a->limit + SLACK)) {
        return TAMIS_OK;
    }
    return tamis_fail(p->err, TAMIS_INPUT, "infeasible: repeats of %s allow a share of %.6g, at which the general loss "
                      "is %.6g, and the budget allows %.6g\nThe smallest budget that is feasible: %s of %.10g.",
                      p->q->domain, a->ratio, planning_general(p, a->ratio), a->limit, budget_name(p->q->budget),
                      planning_budget_for(p, planning_general(p, a->ratio)));
}

/* The weighted sum may be left for a larger share; a budget may not. */
tamis_status planning_pools(struct planning *p)
{
    const struct budget_question *const q = p->q;
    struct budget_answer *const a = p->a;
    if (q->domain_tokens == UINT64_MAX && q->general_tokens == UINT64_MAX) {
        return TAMIS_OK;
    }
    if (!(p->tokens > 0)) {
        return tamis_fail(p->err, TAMIS_USAGE, "pools are given and the number of tokens to train on is not; how often "
                          "they are repeated cannot be told");
    }
    const double most = fmin(1, planning_usable(q->domain_tokens, q->domain_epochs) / p->tokens);
    const double least = fmax(0, 1 - planning_usable(q->general_tokens, q->general_epochs) / p->tokens);
    const double allowed = fmin(p->allowed, p->highest);
    if (least > fmin(allowed, most) + SLACK) {
        return refuse_pools(p, allowed, least, most);
    }
    if (a->ratio > most || a->ratio < least - SLACK) {
        a->ratio = a->ratio > most ? most : fmin(least, most);
        a->binding = BINDING_REPEATS;
    }
    return check_within(p);
}
