/* Losses along the domain share, and the shares at which something is reached. */
#include <math.h>

#include "law/root.h"
#include "plan/budget_parts.h"

double planning_tokens(const struct planning *p)
{
    return p->tokens > 0 ? p->tokens : p->q->law->tokens;
}

double planning_parameters(const struct planning *p)
{
    return p->parameters > 0 ? p->parameters : p->q->law->parameters;
}

/* Repeats of a pool that is known and not empty are counted by their worth where that is asked for. */
static bool decays(const struct planning *p)
{
    return p->q->decay && p->tokens > 0 && p->q->domain_tokens != UINT64_MAX && p->q->domain_tokens > 0;
}

double planning_worth(const struct planning *p, double ratio)
{
    const struct dcpt_repeats repeats = {p->q->decay, (double)p->q->domain_tokens};
    return dcpt_worth(decays(p) ? &repeats : NULL, p->tokens, ratio);
}

double planning_domain(const struct planning *p, double ratio)
{
    return p->domain ? dcpt_at(p->domain, planning_parameters(p), planning_tokens(p), planning_worth(p, ratio))
                     : (double)NAN;
}

double planning_general(const struct planning *p, double ratio)
{
    return p->general ? dcpt_at(p->general, planning_parameters(p), planning_tokens(p), 1 - ratio) : (double)NAN;
}

double budget_loss_at(const struct budget_question *question, const struct budget_answer *answer,
                      const struct dcpt_curve *curve, bool general, double ratio)
{
    const bool limited = question->usage == BUDGET_LIMITED;
    const double usable = planning_usable(question->domain_tokens, question->domain_epochs);
    const struct planning p = {.q = question, .domain = curve, .general = curve, .parameters = answer->parameters,
                               .tokens = limited ? usable / ratio : answer->tokens};
    return general ? planning_general(&p, ratio) : planning_domain(&p, ratio);
}

double planning_lowest_general(const struct planning *p)
{
    return p->general ? 1 - dcpt_lowest(p->general, planning_tokens(p)) : 0;
}

struct crossing {
    const struct planning *p;
    double at;
};

static double worth_above(const void *context, double ratio)
{
    const struct crossing *const c = context;
    return planning_worth(c->p, ratio) - c->at;
}

double planning_lowest_domain(const struct planning *p)
{
    if (!p->domain) {
        return 1;
    }
    const struct crossing best = {p, dcpt_lowest(p->domain, planning_tokens(p))};
    return rising_root(worth_above, &best, 0, 1);
}

static double general_above(const void *context, double ratio)
{
    const struct crossing *const c = context;
    return planning_general(c->p, ratio) - c->at;
}

double planning_within(const struct planning *p, double from, double limit)
{
    const struct crossing limited = {p, limit};
    return rising_root(general_above, &limited, from, 1);
}

double planning_best_sum(const struct planning *p, double weight)
{
    const struct dcpt_repeats repeats = {p->q->decay, (double)p->q->domain_tokens};
    return dcpt_weighted_share(p->domain, p->general, planning_tokens(p), weight, decays(p) ? &repeats : NULL);
}
