/*
 * The last step of the fit at one size and one number of tokens. With as few losses as there are parameters the sum of
 * Huber penalties is all ridges, on which a descent by slopes stops; a simplex does not need them.
 */
#include <math.h>

#include "fit/dcpt_parts.h"
#include "fit/descent.h"
#include "law/scaling.h"
#include "fit/simplex.h"

#define SHARE 2 /* among the inputs */
#define AT_BOUND 1e-6 /* in ln eps, ln gamma */

struct polishing {
    const struct dcpt_rows *rows;
    double narrow, wide; /* the lowest and the highest share */
};

static double share_of(const struct dcpt_rows *rows, size_t row)
{
    return rows->inputs[row * DCPT_INPUTS + SHARE];
}

/*
 * The variables are ln eps, ln gamma and the logarithms of the curve's values at the lowest and the highest share:
 * these are well determined by the losses, E and C are not. Values that would need E < 0 or C < 0 get 0.
 */
static struct dcpt_curve from_variables(const struct polishing *p, const double *x)
{
    struct dcpt_curve curve = {.alpha = 1, .beta = 1, .eta = 1, .eps = tamis_exp(x[0]), .gamma = tamis_exp(x[1])};
    const double high = tamis_exp(x[2]), low = tamis_exp(x[3]);
    const double at_narrow = real_power(p->narrow + curve.eps, -curve.gamma);
    const double at_wide = real_power(p->wide + curve.eps, -curve.gamma);
    curve.c = high > low && at_narrow > at_wide ? (high - low) / (at_narrow - at_wide) : 0;
    curve.e = fmax(low - curve.c * at_wide, 0);
    return curve;
}

static double residual_of(const struct dcpt_rows *rows, const struct dcpt_curve *curve, size_t row)
{
    return tamis_log(dcpt_at(curve, NAN, NAN, share_of(rows, row))) - tamis_log(rows->loss[row]);
}

static double weighted(const struct dcpt_rows *rows, const struct dcpt_curve *curve)
{
    double sum = 0;
    for (size_t i = 0; i < rows->count; i++) {
        sum += rows->weight[i] * huber_penalty(residual_of(rows, curve, i), FORM_HUBER);
    }
    return sum;
}

static double value_at(const void *context, const double *x)
{
    const struct polishing *const p = context;
    const struct dcpt_curve curve = from_variables(p, x);
    return 1e3 * weighted(p->rows, &curve); /* so that no threshold of the search is near its size */
}

static void judge(const struct dcpt_rows *rows, const struct dcpt_curve *curve, struct dcpt_quality *quality)
{
    double sum = 0, around = 0, left = 0;
    quality->objective = quality->mape = quality->max_error = 0;
    for (size_t i = 0; i < rows->count; i++) {
        sum += rows->loss[i];
    }
    const double mean = sum / (double)rows->count;
    for (size_t i = 0; i < rows->count; i++) {
        const double loss = rows->loss[i], error = dcpt_at(curve, NAN, NAN, share_of(rows, i)) - loss;
        around += (loss - mean) * (loss - mean);
        left += error * error;
        quality->objective += huber_penalty(residual_of(rows, curve, i), FORM_HUBER);
        quality->mape += fabs(error) / loss / (double)rows->count;
        quality->max_error = fmax(quality->max_error, fabs(error));
    }
    quality->r2 = around > 0 ? 1 - left / around : (double)NAN;
}

static unsigned bit(bool set, enum dcpt_parameter parameter)
{
    return set ? 1u << parameter : 0;
}

void dcpt_polish(const struct dcpt_rows *rows, struct dcpt_curve *curve, struct dcpt_quality *quality)
{
    static const double step[] = {0.2, 0.1, 0.005, 0.005};
    struct polishing p = {rows, share_of(rows, 0), share_of(rows, 0)};
    for (size_t i = 0; i < rows->count; i++) {
        p.narrow = fmin(p.narrow, share_of(rows, i));
        p.wide = fmax(p.wide, share_of(rows, i));
    }
    const struct form_shape *const eps = dcpt_shape_of(DCPT_EPS), *const gamma = dcpt_shape_of(DCPT_GAMMA);
    const double low[] = {tamis_log(eps->low), tamis_log(gamma->low), -INFINITY, -INFINITY};
    const double high[] = {tamis_log(eps->high), tamis_log(gamma->high), INFINITY, INFINITY};
    const struct simplex_problem problem = {4, low, high, step, value_at, &p};
    double x[] = {tamis_log(curve->eps), tamis_log(curve->gamma), tamis_log(dcpt_at(curve, NAN, NAN, p.narrow)),
                  tamis_log(dcpt_at(curve, NAN, NAN, p.wide))};
    (void)simplex_minimise(&problem, x);
    struct dcpt_curve polished = from_variables(&p, x);
    polished.eps = fmin(fmax(polished.eps, eps->low), eps->high);
    polished.gamma = fmin(fmax(polished.gamma, gamma->low), gamma->high);
    if (!(weighted(rows, &polished) < weighted(rows, curve))) {
        return;
    }
    *curve = polished;
    judge(rows, curve, quality);
    quality->at_low = bit(x[0] - low[0] < AT_BOUND, DCPT_EPS) | bit(x[1] - low[1] < AT_BOUND, DCPT_GAMMA) |
                      bit(!(curve->e > 0), DCPT_E) | bit(!(curve->c > 0), DCPT_C);
    quality->at_high = bit(high[0] - x[0] < AT_BOUND, DCPT_EPS) | bit(high[1] - x[1] < AT_BOUND, DCPT_GAMMA);
}
