/* Curves over T, curves over the share, and where they meet the tolerance. */
#include <math.h>

#include "fit/cmr_law.h"
#include "fit/form.h"
#include "law/scaling.h"

#define STARTS 8
#define GRID 24           /* T at which the critical share is looked for */
#define FEWEST_POINTS 4
#define MOST_POINTS 512   /* of one curve; of more every second, third, .. is used */
#define FLATTEST 0.02     /* least |s| */
#define STEEPEST_FALL 2.0 /* greatest -s */
#define STEEPEST_RISE 1.0 /* greatest s */

double cmr_unit(const struct cmr_law *law)
{
    return law->steps ? 1 : CMR_UNIT;
}

void cmr_range(const struct cmr_law *law, double *first, double *last)
{
    *first = 0;
    *last = INFINITY;
    for (size_t i = 0; i < law->ratio_count; i++) {
        *first = fmax(*first, law->ratios[i].first);
        *last = fmin(*last, law->ratios[i].last);
    }
}

double cmr_curve_at(const struct cmr_curve *curve, double t)
{
    double sum = curve->b;
    for (size_t i = 0; i < curve->terms; i++) {
        sum += curve->a[i] * real_power(t, curve->s[i]);
    }
    return sum;
}

/* ---- A sum of powers -------------------------------------------------------------------------------------------- */

/* The input is ln T; the first of the linear ones is b. */
static void powers(const void *context, const double *shape, const double *input, double *values, double *slopes)
{
    const struct form *const form = context;
    values[0] = 1;
    for (size_t i = 0; i < form->shapes; i++) {
        values[1 + i] = tamis_exp(shape[i] * input[0]);
        if (slopes) {
            slopes[(1 + i) * form->shapes + i] = input[0] * values[1 + i];
        }
    }
}

static const char *const power_names[] = {"b", "a", "a2"};
static const struct form_shape falling = {"s", -STEEPEST_FALL, -FLATTEST, false};
static const struct form_shape rising = {"s", FLATTEST, STEEPEST_RISE, false};

static tamis_status fit_signs(const struct form_rows *rows, size_t terms, unsigned signs, struct form_fit *fit,
                              tamis_err *err)
{
    struct form_shape shape[CMR_TERMS];
    struct form form = {.inputs = 1, .linear = 1 + terms, .shapes = terms, .linear_names = power_names, .shape = shape,
                        .basis = powers, .free_linear = 7, .plain = true};
    const struct form_search search = {.starts = STARTS};
    form.context = &form;
    for (size_t i = 0; i < terms; i++) {
        shape[i] = signs >> i & 1 ? rising : falling;
    }
    return form_fit(&form, rows, &search, fit, err);
}

tamis_status cmr_curve_fit(const double *t, const double *y, size_t count, size_t terms, struct cmr_curve *curve,
                           tamis_err *err)
{
    struct form_fit best = {.weighted = INFINITY};
    double logs[MOST_POINTS], kept[MOST_POINTS];
    const size_t every = count / MOST_POINTS + 1, used = count / every;
    for (size_t i = 0; i < used; i++) {
        logs[i] = tamis_log(t[i * every]);
        kept[i] = y[i * every];
    }
    const struct form_rows rows = {logs, kept, NULL, used};
    tamis_status status = TAMIS_OK;
    for (unsigned signs = 0; !status && signs < 1u << terms; signs++) {
        struct form_fit fit;
        status = fit_signs(&rows, terms, signs, &fit, err);
        best = !status && fit.weighted < best.weighted ? fit : best;
    }
    *curve = (struct cmr_curve){.b = best.linear[0], .max_error = best.max_error, .terms = terms};
    for (size_t i = 0; i < terms; i++) {
        curve->a[i] = best.linear[1 + i];
        curve->s[i] = best.shape[i];
    }
    return status;
}

/* ---- Over the share --------------------------------------------------------------------------------------------- */

/* a R^s + b with a >= 0: the general loss grows with the domain's share. The input is R itself, which may be 0. */
static void over_share(const void *context, const double *shape, const double *input, double *values, double *slopes)
{
    (void)context;
    values[0] = 1;
    values[1] = real_power(input[0], shape[0]);
    if (slopes && input[0] > 0) {
        slopes[1] = tamis_log(input[0]) * values[1];
    }
}

static const struct form_shape share_shape = {"s", 0.05, 30, true};
static const struct form share_form = {.inputs = 1, .linear = 2, .shapes = 1, .linear_names = power_names,
                                       .shape = &share_shape, .basis = over_share, .free_linear = 1, .plain = true};

/* Between neighbours in a straight line; flat beyond the ends. */
static double between(const struct cmr_law *law, const double *values, double ratio)
{
    size_t i = 0;
    while (i < law->ratio_count && law->ratios[i].ratio < ratio) {
        i++;
    }
    if (i == 0 || i == law->ratio_count) {
        return law->ratio_count == 0 ? (double)NAN : values[i == 0 ? 0 : i - 1];
    }
    const double low = law->ratios[i - 1].ratio, high = law->ratios[i].ratio;
    return values[i - 1] + (values[i] - values[i - 1]) * (ratio - low) / (high - low);
}

static void meet(double tolerance, const struct form_fit *fit, struct cmr_critical *critical)
{
    const double b = fit->linear[0], a = fit->linear[1], s = fit->shape[0];
    critical->verdict = b > tolerance ? CMR_NONE : a + b <= tolerance ? CMR_ALL : CMR_FINE;
    critical->ratio = critical->verdict == CMR_NONE  ? 0
                      : critical->verdict == CMR_ALL ? 1
                                                     : real_power((tolerance - b) / a, 1 / s);
    critical->general = a * real_power(critical->ratio, s) + b;
    critical->misfit = fit->max_error;
}

tamis_status cmr_critical_at(const struct cmr_law *law, double tolerance, double t, struct cmr_critical *critical,
                             tamis_err *err)
{
    double shares[CMR_RATIOS], general[CMR_RATIOS], domain[CMR_RATIOS];
    const struct form_search search = {.starts = STARTS};
    struct form_fit fit;
    bool domain_known = true;
    for (size_t i = 0; i < law->ratio_count; i++) {
        shares[i] = law->ratios[i].ratio;
        general[i] = cmr_curve_at(&law->ratios[i].general, t);
        domain[i] = cmr_curve_at(&law->ratios[i].domain, t);
        domain_known = domain_known && law->ratios[i].domain.terms > 0;
    }
    const struct form_rows rows = {shares, general, NULL, law->ratio_count};
    const tamis_status status = form_fit(&share_form, &rows, &search, &fit, err);
    if (status) {
        return status;
    }
    meet(tolerance, &fit, critical);
    critical->domain = domain_known ? between(law, domain, critical->ratio) : (double)NAN;
    if (critical->verdict != CMR_NONE && critical->domain >= 0) {
        critical->verdict = CMR_NO_GAIN;
    }
    return TAMIS_OK;
}

tamis_status cmr_power_of(const struct cmr_law *law, double tolerance, struct cmr_power *power, size_t *points,
                          double *max_error, tamis_err *err)
{
    double first = 0, last = 0, t[GRID], ratio[GRID];
    tamis_status status = TAMIS_OK;
    cmr_range(law, &first, &last);
    *points = 0;
    for (size_t i = 0; !status && i < GRID && last > first; i++) {
        const double at = first * tamis_exp(tamis_log(last / first) * (double)i / (GRID - 1));
        struct cmr_critical critical;
        status = cmr_critical_at(law, tolerance, at, &critical, err);
        if (!status && critical.verdict == CMR_FINE) {
            t[*points] = at;
            ratio[(*points)++] = critical.ratio;
        }
    }
    *power = (struct cmr_power){NAN, NAN, NAN};
    *max_error = NAN;
    if (status || *points < FEWEST_POINTS) {
        return status;
    }
    struct cmr_curve curve;
    status = cmr_curve_fit(t, ratio, *points, 1, &curve, err);
    *power = (struct cmr_power){curve.a[0], curve.s[0], curve.b};
    *max_error = curve.max_error;
    return status;
}
