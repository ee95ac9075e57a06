/* Losses along the domain share, and the shares at which something is reached. */
#include <math.h>

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
    if (!decays(p)) {
        return ratio;
    }
    return constrained_tokens(p->q->decay, (double)p->q->domain_tokens, ratio * p->tokens) / p->tokens;
}

/* d worth / d ratio. */
static double worth_slope(const struct planning *p, double ratio)
{
    const double unique = (double)p->q->domain_tokens;
    return decays(p) && ratio * p->tokens > unique ? constrained_last(p->q->decay, unique, ratio * p->tokens) : 1;
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

double planning_lowest_general(const struct planning *p)
{
    return p->general ? 1 - dcpt_lowest(p->general, planning_tokens(p)) : 0;
}

double planning_lowest_domain(const struct planning *p)
{
    double low = 0, high = 1;
    if (!p->domain) {
        return 1;
    }
    const double best = dcpt_lowest(p->domain, planning_tokens(p));
    if (planning_worth(p, 1) <= best) {
        return 1;
    }
    while (high - low > BUDGET_CLOSE) {
        const double middle = low + (high - low) / 2;
        *(planning_worth(p, middle) <= best ? &low : &high) = middle;
    }
    return low;
}

double planning_within(const struct planning *p, double from, double limit)
{
    double low = from, high = 1;
    if (planning_general(p, 1) <= limit) {
        return 1;
    }
    while (high - low > BUDGET_CLOSE) {
        const double middle = low + (high - low) / 2;
        *(planning_general(p, middle) <= limit ? &low : &high) = middle;
    }
    return low;
}

static double slope_of_sum(const struct planning *p, double weight, double ratio)
{
    const double tokens = planning_tokens(p);
    return weight * dcpt_slope(p->domain, tokens, planning_worth(p, ratio)) * worth_slope(p, ratio) -
           (1 - weight) * dcpt_slope(p->general, tokens, 1 - ratio);
}

double planning_best_sum(const struct planning *p, double weight)
{
    double low = 0, high = 1;
    if (slope_of_sum(p, weight, 0) >= 0) {
        return 0;
    }
    if (slope_of_sum(p, weight, 1) <= 0) {
        return 1;
    }
    while (high - low > BUDGET_CLOSE) {
        const double middle = low + (high - low) / 2;
        *(slope_of_sum(p, weight, middle) <= 0 ? &low : &high) = middle;
    }
    return low;
}
