/* Usage 2, the domain's text is all there is; usage 3, the operations are. */
#include <math.h>

#include "plan/budget_parts.h"

/* ---- Limited ---------------------------------------------------------------------------------------------------- */

static tamis_status check_limited(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    if (!p->domain) {
        return tamis_fail(p->err, TAMIS_INPUT, "limited text is about the loss of the domain, and the runs have no "
                          "loss_domain");
    }
    if (q->law->form == DCPT_SINGLE_POINT) {
        return tamis_fail(p->err, TAMIS_USAGE, "limited text: more general text means more tokens, and this law was "
                          "fitted at one number of tokens (D = %g), so it does not know what they are worth\nFit it to "
                          "checkpoints of several D.", q->law->tokens);
    }
    if (q->domain_tokens == UINT64_MAX) {
        return tamis_fail(p->err, TAMIS_USAGE, "limited text: how much there is of %s is not given (--pool "
                          "domain=TOKENS)", q->domain);
    }
    if (q->domain_tokens == 0) {
        return tamis_fail(p->err, TAMIS_INPUT, "infeasible: there is no text of %s", q->domain);
    }
    return TAMIS_OK;
}

/*
 * Of B (k r)^eta r^beta / W^beta + C / (k r + eps)^gamma, W = r D the tokens of the domain and k what one of them is
 * worth: both terms are convex, so the slope has one root.
 */
static double limited_slope(const struct dcpt_curve *curve, double usable, double worth, double ratio)
{
    const double power = curve->eta + curve->beta;
    const double up = curve->b > 0 ? curve->b * real_power(usable / DCPT_UNIT, -curve->beta) *
                                         real_power(worth, curve->eta) * power * real_power(ratio, power - 1)
                                   : 0;
    return up - curve->c * curve->gamma * worth * real_power(worth * ratio + curve->eps, -curve->gamma - 1);
}

static double limited_best(const struct planning *p, double usable)
{
    const struct budget_question *const q = p->q;
    const double worth = q->decay ? constrained_tokens(q->decay, (double)q->domain_tokens, usable) / usable : 1;
    double low = 0, high = 1;
    if (limited_slope(p->domain, usable, worth, 1) <= 0) {
        return 1;
    }
    while (high - low > BUDGET_CLOSE) {
        const double middle = low + (high - low) / 2;
        *(limited_slope(p->domain, usable, worth, middle) <= 0 ? &low : &high) = middle;
    }
    return high; /* not 0, so that D is finite */
}

tamis_status planning_limited(struct planning *p)
{
    const struct budget_question *const q = p->q;
    struct budget_answer *const a = p->a;
    const tamis_status status = check_limited(p);
    if (status) {
        return status;
    }
    const double usable = planning_usable(q->domain_tokens, q->domain_epochs);
    const double general = planning_usable(q->general_tokens, q->general_epochs);
    const double least = isinf(general) ? 0 : usable / (usable + general);
    a->wanted_ratio = limited_best(p, usable);
    planning_probe_range(p, BINDING_NONE);
    if (least > p->highest) {
        return tamis_fail(p->err, TAMIS_INPUT, "infeasible: with %.0f tokens of %s used as often as they may be, and "
                          "%.0f of %s, the domain's share is at least %.6g, and no run had more than %g\nUse %s less "
                          "often (--max-epochs), or add the run without replay.", usable, q->domain, general,
                          q->general, least, p->highest, q->domain);
    }
    if (a->ratio < least) {
        a->ratio = least;
        a->binding = BINDING_REPEATS;
    }
    p->tokens = usable / a->ratio;
    a->loss_replay_only = planning_general(p, 0);
    planning_warn_sizes(p);
    return TAMIS_OK;
}

/* ---- Resources -------------------------------------------------------------------------------------------------- */

static tamis_status check_resources(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    if (q->budget == BUDGET_ABSOLUTE || (q->against == AGAINST_BASE && q->budget != BUDGET_WEIGHT)) {
        return tamis_fail(p->err, TAMIS_USAGE, "the best size for %g operations is found with a budget against "
                          "replay_only (difference, relative) or a weight; a loss that is fixed can be met by some "
                          "sizes only\nGive --parameters and --tokens instead.", q->flop);
    }
    if (!p->domain) {
        return tamis_fail(p->err, TAMIS_INPUT, "the best size for %g operations is about the loss of the domain, and "
                          "the runs have no loss_domain", q->flop);
    }
    if (!planning_knows_sizes(q->law) || !(p->domain->a > 0) || !(p->domain->b > 0)) {
        return tamis_fail(p->err, TAMIS_USAGE, "the best size for %g operations needs a law fitted to runs of several "
                          "sizes and several D; this one does not tell %s apart\nGive --parameters and --tokens "
                          "instead.", q->flop,
                          !planning_knows_sizes(q->law) || !(p->domain->a > 0) ? "sizes" : "numbers of tokens");
    }
    return TAMIS_OK;
}

/* D of the least domain loss at 6 N D = C and this share: Chinchilla's optimum with B r^eta for B. */
static double best_tokens(const struct planning *p, double ratio)
{
    const struct dcpt_curve *const c = p->domain;
    const double share = planning_worth(p, ratio);
    const double product = p->q->flop / 6 / DCPT_UNIT / DCPT_UNIT;
    const double b = c->b * real_power(share, c->eta);
    if (!(b > 0)) {
        return 0;
    }
    const double g = real_power(c->alpha * c->a / (c->beta * b), 1 / (c->alpha + c->beta));
    return DCPT_UNIT * real_power(product, c->alpha / (c->alpha + c->beta)) / g;
}

static tamis_status at_tokens(struct planning *p, double tokens)
{
    p->tokens = tokens;
    p->parameters = p->q->flop / 6 / tokens;
    return planning_trade_off(p);
}

/*
 * The share follows from D by budget and pools and falls with it; the best D follows from the share and rises with it:
 * one D agrees with itself. Where there is no share, D is too high.
 */
tamis_status planning_resources(struct planning *p)
{
    const tamis_status checked = check_resources(p);
    const bool quiet = p->quiet;
    tamis_err *const err = p->err;
    double low = 0, high = tamis_log(p->q->flop / 6);
    if (checked || !(high > 0)) {
        return checked ? checked : tamis_fail(err, TAMIS_USAGE, "%g operations train no model", p->q->flop);
    }
    p->quiet = true;
    p->err = NULL;
    while (high - low > BUDGET_CLOSE * high) {
        const double middle = low + (high - low) / 2, tokens = tamis_exp(middle);
        *(!at_tokens(p, tokens) && best_tokens(p, p->a->ratio) >= tokens ? &low : &high) = middle;
    }
    p->quiet = quiet;
    p->err = err;
    p->a->outside_probe = false;
    const tamis_status status = at_tokens(p, tamis_exp(low));
    if (!status && !(p->a->ratio > 0)) {
        return tamis_fail(err, TAMIS_INPUT, "infeasible: no token of %s may be used, so no size is best for it",
                          p->q->domain);
    }
    return status;
}
