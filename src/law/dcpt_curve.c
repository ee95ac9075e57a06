/* The curve, its slope, and the shares at which something is best: each a root of a slope, which grows. */
#include "law/dcpt_curve.h"

#include <math.h>

#include "law/root.h"

/* B r^eta / D^beta without r^eta. */
static double rise(const struct dcpt_curve *curve, double tokens)
{
    return curve->b > 0 ? curve->b * real_power(tokens / DCPT_UNIT, -curve->beta) : 0;
}

double dcpt_at(const struct dcpt_curve *curve, double parameters, double tokens, double share)
{
    const double size = curve->a > 0 ? curve->a * real_power(parameters / DCPT_UNIT, -curve->alpha) : 0;
    const double grown = curve->b > 0 ? rise(curve, tokens) * real_power(share, curve->eta) : 0;
    return curve->e + size + grown + curve->c * real_power(share + curve->eps, -curve->gamma);
}

double dcpt_slope(const struct dcpt_curve *curve, double tokens, double share)
{
    const double eta = curve->eta;
    const double up = curve->b > 0 ? rise(curve, tokens) * eta * (eta > 1 ? real_power(share, eta - 1) : 1) : 0;
    return up - curve->c * curve->gamma * real_power(share + curve->eps, -curve->gamma - 1);
}

double dcpt_least_tokens(const struct dcpt_curve *curve)
{
    if (!(curve->b > 0)) {
        return 0;
    }
    if (!(curve->c > 0)) {
        return INFINITY;
    }
    const double up = curve->b * curve->eta * real_power(1 + curve->eps, curve->gamma + 1);
    return DCPT_UNIT * real_power(up / (curve->c * curve->gamma), 1 / curve->beta);
}

/* ---- Best shares ------------------------------------------------------------------------------------------------ */

struct at_tokens {
    const struct dcpt_curve *domain, *general;
    const struct dcpt_repeats *repeats;
    double tokens, weight;
};

static double slope_of_domain(const void *context, double share)
{
    const struct at_tokens *const at = context;
    return dcpt_slope(at->domain, at->tokens, share);
}

double dcpt_lowest(const struct dcpt_curve *curve, double tokens)
{
    const struct at_tokens at = {.domain = curve, .tokens = tokens};
    return rising_root(slope_of_domain, &at, 0, 1);
}

double dcpt_worth(const struct dcpt_repeats *repeats, double tokens, double share)
{
    return repeats ? constrained_tokens(repeats->decay, repeats->unique, share * tokens) / tokens : share;
}

static double slope_of_sum(const void *context, double share)
{
    const struct at_tokens *const at = context;
    const struct dcpt_repeats *const repeats = at->repeats;
    const double last = repeats ? constrained_last(repeats->decay, repeats->unique, share * at->tokens) : 1;
    return at->weight * last * dcpt_slope(at->domain, at->tokens, dcpt_worth(repeats, at->tokens, share)) -
           (1 - at->weight) * dcpt_slope(at->general, at->tokens, 1 - share);
}

double dcpt_weighted_share(const struct dcpt_curve *domain, const struct dcpt_curve *general, double tokens,
                           double weight, const struct dcpt_repeats *repeats)
{
    const struct at_tokens at = {.domain = domain, .general = general, .repeats = repeats, .tokens = tokens,
                                 .weight = weight};
    return rising_root(slope_of_sum, &at, 0, 1);
}

struct limited {
    const struct dcpt_curve *curve;
    double tokens, worth;
};

static double slope_when_limited(const void *context, double share)
{
    const struct limited *const l = context;
    const struct dcpt_curve *const c = l->curve;
    const double grows = c->eta + c->beta;
    const double up = rise(c, l->tokens) * real_power(l->worth, c->eta) * grows * real_power(share, grows - 1);
    return up - c->c * c->gamma * l->worth * real_power(l->worth * share + c->eps, -c->gamma - 1);
}

double dcpt_limited_share(const struct dcpt_curve *curve, double domain_tokens, double worth)
{
    const struct limited l = {.curve = curve, .tokens = domain_tokens, .worth = worth};
    return rising_root(slope_when_limited, &l, 0, 1);
}

/* ---- Resources -------------------------------------------------------------------------------------------------- */

struct chinchilla_best dcpt_resources(const struct dcpt_curve *curve, double share, double flop)
{
    /* A and B belong to billions; in ones they are A 1e9^alpha and B 1e9^beta. */
    const struct chinchilla law = {.e = curve->e + curve->c * real_power(share + curve->eps, -curve->gamma),
                                   .a = curve->a * real_power(DCPT_UNIT, curve->alpha),
                                   .b = curve->b * real_power(share, curve->eta) * real_power(DCPT_UNIT, curve->beta),
                                   .alpha = curve->alpha, .beta = curve->beta};
    if (!(law.a > 0 && law.b > 0)) {
        return (struct chinchilla_best){.parameters = NAN, .tokens = NAN, .loss = NAN};
    }
    return chinchilla_optimum(&law, flop);
}
