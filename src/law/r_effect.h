/*
 * The loss as a function of a share of the training tokens, L(r) = E + C / (r + eps)^gamma: what is left of the D-CPT
 * law (Que et al. 2024, arXiv 2406.01375, parametrisation L3) when model size and number of tokens stand still. Losses
 * in nats per token. It falls with r and is convex.
 *
 * The fit. For fixed eps and gamma the curve is linear in E and C, which are found exactly (least squares of
 * predicted / measured - 1 with E, C >= 0); a simplex search over ln eps and ln gamma starts from a grid. Then all four
 * are moved to the lowest sum of Huber(1e-3) of ln predicted - ln measured. eps and gamma trade off against each other
 * and are not to be read as facts; the curve between the shares that were measured is.
 */
#ifndef TAMIS_LAW_R_EFFECT_H
#define TAMIS_LAW_R_EFFECT_H

#include "tamis.h"

#define R_EFFECT_HUBER 1e-3 /* where the penalty of a log residual turns from square to straight */

struct r_effect {
    double e, c, eps, gamma; /* e, c >= 0; eps, gamma > 0 */
};

double r_effect_at(const struct r_effect *law, double share);    /* share in [0, 1] */
double r_effect_slope(const struct r_effect *law, double share); /* dL/dr, <= 0 */

struct r_effect_point {
    double share, loss; /* 0 to 1; nats per token, > 0 */
};

struct r_effect_bounds {
    double eps_low, eps_high, gamma_low, gamma_high; /* all > 0 */
};

/*
 * eps 1e-5 to 1, gamma 0.05 to 2. A lower bound of 0.01 on eps looks harmless and is not: published tables with a run
 * without replay and one at a share of 0.01 or 0.005 need 3e-4 and less (docs/LAWS.md).
 */
extern const struct r_effect_bounds r_effect_usual_bounds;

struct r_effect_fit {
    struct r_effect law;
    double objective;       /* sum over the points of Huber(1e-3) of ln predicted - ln measured */
    double r2;              /* of the losses; NaN when all of them are equal */
    double mape;            /* mean |predicted / measured - 1| */
    double max_error;       /* largest |predicted - measured|, nats */
    unsigned starts;        /* of the search */
    unsigned agreeing;      /* those that came within 1 % of the best objective */
    bool eps_at_low, eps_at_high, gamma_at_low, gamma_at_high; /* bounds hit */
    bool e_at_zero, c_at_zero;
};

/* At least 3 different shares, or TAMIS_INPUT. Sums run in the order of the points: sort them, and it matters not. */
tamis_status r_effect_fit(const struct r_effect_point *points, size_t count, const struct r_effect_bounds *bounds,
                          struct r_effect_fit *fit, tamis_err *err) TAMIS_MUST_CHECK;
/* The sum of Huber penalties of any such curve. */
double r_effect_objective(const struct r_effect *law, const struct r_effect_point *points, size_t count);

#endif
