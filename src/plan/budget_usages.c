/* Usage 2, the domain's text is all there is; usage 3, the operations are. */
#include <math.h>

#include "law/root.h"
#include "plan/budget_parts.h"

#define FAR 1000 /* times outside of the runs' sizes or tokens: the law knows nothing there */

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

/* Not 0, so that D is finite. */
static double limited_best(const struct planning *p, double usable)
{
    const struct budget_question *const q = p->q;
    const double worth = q->decay ? constrained_tokens(q->decay, (double)q->domain_tokens, usable) / usable : 1;
    return fmax(dcpt_limited_share(p->domain, usable, worth), BUDGET_CLOSE);
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

static tamis_status at_tokens(struct planning *p, double tokens)
{
    p->tokens = tokens;
    p->parameters = p->q->flop / 6 / tokens;
    return planning_trade_off(p);
}

/* Above 0: more than the share that the budget then allows is best trained on, or there is no such share. */
static double too_many_tokens(const void *context, double log_tokens)
{
    struct planning p = *(const struct planning *)context;
    const double tokens = tamis_exp(log_tokens);
    if (at_tokens(&p, tokens)) {
        return 1;
    }
    return dcpt_resources(p.domain, planning_worth(&p, p.a->ratio), p.q->flop).tokens >= tokens ? -1 : 1;
}

static bool far(double found, double low, double high)
{
    return found > FAR * high || found < low / FAR;
}

static tamis_status check_found(const struct planning *p)
{
    const struct dcpt_law *const law = p->q->law;
    if (!(p->a->ratio > 0)) {
        return tamis_fail(p->err, TAMIS_INPUT, "infeasible: no token of %s may be used, so no size is best for it",
                          p->q->domain);
    }
    if (far(p->parameters, law->lowest_size, law->parameters) || far(p->tokens, law->lowest_tokens, law->tokens)) {
        return tamis_fail(p->err, TAMIS_INPUT, "not to be known from these runs: the best size for %g operations comes "
                          "out at %.3g parameters and %.3g tokens, and the runs had N = %g to %g and D = %g to %g, "
                          "more than %d times away\nGive --parameters and --tokens instead, or fit the law to runs "
                          "nearer to what is asked.", p->q->flop, p->parameters, p->tokens, law->lowest_size,
                          law->parameters, law->lowest_tokens, law->tokens, FAR);
    }
    return TAMIS_OK;
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
    const double most = tamis_log(p->q->flop / 6);
    if (checked || !(most > 0)) {
        return checked ? checked : tamis_fail(err, TAMIS_USAGE, "%g operations train no model", p->q->flop);
    }
    p->quiet = true;
    p->err = NULL;
    const double tokens = tamis_exp(rising_root(too_many_tokens, p, 0, most));
    p->quiet = quiet;
    p->err = err;
    p->a->outside_probe = false;
    const tamis_status status = at_tokens(p, tokens);
    return status ? status : check_found(p);
}
