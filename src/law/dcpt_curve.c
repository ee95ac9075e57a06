/* The curve, its slope and where it is lowest. */
#include "law/dcpt_curve.h"

#include <math.h>

#include "law/scaling.h"

#define CLOSE 1e-12 /* width at which a bisection ends */

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

double dcpt_bend(const struct dcpt_curve *curve, double tokens, double share)
{
    const double eta = curve->eta, gamma = curve->gamma;
    const double up = curve->b > 0 && eta > 1 ? rise(curve, tokens) * eta * (eta - 1) * real_power(share, eta - 2) : 0;
    return up + curve->c * gamma * (gamma + 1) * real_power(share + curve->eps, -gamma - 2);
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

double dcpt_lowest(const struct dcpt_curve *curve, double tokens)
{
    double low = 0, high = 1;
    if (dcpt_slope(curve, tokens, 1) <= 0) {
        return 1;
    }
    if (dcpt_slope(curve, tokens, 0) >= 0) {
        return 0;
    }
    while (high - low > CLOSE) {
        const double middle = low + (high - low) / 2;
        *(dcpt_slope(curve, tokens, middle) <= 0 ? &low : &high) = middle;
    }
    return low;
}
