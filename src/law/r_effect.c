/* The curve, its fit to measured losses, and how well it fits. */
#include "law/r_effect.h"

#include <math.h>

#include "law/simplex.h"

#define GRID 4               /* starts along eps and along gamma */
#define AGREES 1.01          /* times the best objective */
#define AGREES_ANYWAY 1e-13  /* objective per point that is as good as none */
#define AT_BOUND 1e-6        /* in ln eps, ln gamma */

const struct r_effect_bounds r_effect_usual_bounds = {
    .eps_low = 1e-5, .eps_high = 1, .gamma_low = 0.05, .gamma_high = 2};

static double power(double base, double exponent)
{
    return tamis_exp(exponent * tamis_log(base));
}

double r_effect_at(const struct r_effect *law, double share)
{
    return law->e + law->c * power(share + law->eps, -law->gamma);
}

double r_effect_slope(const struct r_effect *law, double share)
{
    return -law->c * law->gamma * power(share + law->eps, -law->gamma - 1);
}

static double huber(double residual)
{
    const double size = fabs(residual);
    return size <= R_EFFECT_HUBER ? size * size / 2 : R_EFFECT_HUBER * (size - R_EFFECT_HUBER / 2);
}

double r_effect_objective(const struct r_effect *law, const struct r_effect_point *points, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += huber(tamis_log(r_effect_at(law, points[i].share)) - tamis_log(points[i].loss));
    }
    return sum;
}

/* ---- The linear part -------------------------------------------------------------------------------------------- */

struct fitting {
    const struct r_effect_point *points;
    size_t count;
    const struct r_effect_point *narrow, *wide; /* points of the lowest and of the highest share */
};

static double squares(const struct fitting *f, const struct r_effect *law)
{
    double sum = 0;
    for (size_t i = 0; i < f->count; i++) {
        const double residual = r_effect_at(law, f->points[i].share) / f->points[i].loss - 1;
        sum += residual * residual;
    }
    return sum;
}

/*
 * E and C >= 0 for the least sum of squares of (E + C x) / loss - 1, x = (share + eps)^-gamma, by trying which of the
 * two are at 0. Both at 0 is never best, since losses are positive.
 */
static double solve_linear(const struct fitting *f, struct r_effect *law)
{
    double uu = 0, uv = 0, vv = 0, u = 0, v = 0;
    for (size_t i = 0; i < f->count; i++) {
        const double a = 1 / f->points[i].loss;
        const double b = power(f->points[i].share + law->eps, -law->gamma) / f->points[i].loss;
        uu += a * a;
        uv += a * b;
        vv += b * b;
        u += a;
        v += b;
    }
    const double determinant = uu * vv - uv * uv;
    const double c = determinant > 0 ? (uu * v - uv * u) / determinant : -1;
    const double e = (u - c * uv) / uu;
    if (c >= 0 && e >= 0) {
        law->c = c;
        law->e = e;
        return squares(f, law);
    }
    struct r_effect flat = *law;
    flat.e = u / uu;
    flat.c = 0;
    law->e = 0;
    law->c = v / vv;
    const double flat_value = squares(f, &flat);
    const double steep_value = squares(f, law);
    *law = steep_value < flat_value ? *law : flat;
    return fmin(steep_value, flat_value);
}

static double shape_value(const void *context, const double *x)
{
    struct r_effect law = {.eps = tamis_exp(x[0]), .gamma = tamis_exp(x[1])};
    return solve_linear(context, &law);
}

/* ---- All four --------------------------------------------------------------------------------------------------- */

/*
 * The four variables are ln eps, ln gamma and the logarithms of the curve's values at the lowest and the highest share
 * measured: these are well determined by the points, E and C are not. Values that would need E < 0 or C < 0 get 0.
 */
static struct r_effect from_variables(const struct fitting *f, const double *x)
{
    struct r_effect law = {.eps = tamis_exp(x[0]), .gamma = tamis_exp(x[1])};
    const double high = tamis_exp(x[2]), low = tamis_exp(x[3]);
    const double at_narrow = power(f->narrow->share + law.eps, -law.gamma);
    const double at_wide = power(f->wide->share + law.eps, -law.gamma);
    law.c = high > low && at_narrow > at_wide ? (high - low) / (at_narrow - at_wide) : 0;
    law.e = low - law.c * at_wide;
    law.e = law.e > 0 ? law.e : 0;
    return law;
}

static double objective_value(const void *context, const double *x)
{
    const struct fitting *const f = context;
    const struct r_effect law = from_variables(f, x);
    /* scaled up, so that no threshold of the search is near its size */
    return 1e3 * r_effect_objective(&law, f->points, f->count);
}

static struct r_effect polish(const struct fitting *f, const struct r_effect *from,
                              const struct r_effect_bounds *bounds)
{
    static const double step[] = {0.2, 0.1, 0.005, 0.005};
    const double low[] = {tamis_log(bounds->eps_low), tamis_log(bounds->gamma_low), -INFINITY, -INFINITY};
    const double high[] = {tamis_log(bounds->eps_high), tamis_log(bounds->gamma_high), INFINITY, INFINITY};
    const struct simplex_problem problem = {4, low, high, step, objective_value, f};
    double x[] = {tamis_log(from->eps), tamis_log(from->gamma), tamis_log(r_effect_at(from, f->narrow->share)),
                  tamis_log(r_effect_at(from, f->wide->share))};
    (void)simplex_minimise(&problem, x);
    return from_variables(f, x);
}

/* ---- The search ------------------------------------------------------------------------------------------------- */

static double between(double low, double high, unsigned at)
{
    return low + (high - low) * (2 * (double)at + 1) / (2 * GRID);
}

static struct r_effect fit_from(const struct fitting *f, const struct r_effect_bounds *bounds, unsigned start)
{
    static const double step[] = {0.5, 0.3};
    const double low[] = {tamis_log(bounds->eps_low), tamis_log(bounds->gamma_low)};
    const double high[] = {tamis_log(bounds->eps_high), tamis_log(bounds->gamma_high)};
    const struct simplex_problem problem = {2, low, high, step, shape_value, f};
    double x[] = {between(low[0], high[0], start / GRID), between(low[1], high[1], start % GRID)};
    (void)simplex_minimise(&problem, x);
    struct r_effect law = {.eps = tamis_exp(x[0]), .gamma = tamis_exp(x[1])};
    (void)solve_linear(f, &law);
    return polish(f, &law, bounds);
}

static void search(const struct fitting *f, const struct r_effect_bounds *bounds, struct r_effect_fit *fit)
{
    double objectives[GRID * GRID];
    fit->objective = INFINITY;
    fit->starts = GRID * GRID;
    for (unsigned start = 0; start < fit->starts; start++) {
        const struct r_effect law = fit_from(f, bounds, start);
        objectives[start] = r_effect_objective(&law, f->points, f->count);
        if (objectives[start] < fit->objective) {
            fit->objective = objectives[start];
            fit->law = law;
        }
    }
    for (unsigned start = 0; start < fit->starts; start++) {
        fit->agreeing += objectives[start] <= fit->objective * AGREES + AGREES_ANYWAY * (double)f->count;
    }
}

/* ---- How good it is --------------------------------------------------------------------------------------------- */

static void judge(const struct fitting *f, struct r_effect_fit *fit)
{
    double sum = 0, around = 0, left = 0;
    for (size_t i = 0; i < f->count; i++) {
        sum += f->points[i].loss;
    }
    const double mean = sum / (double)f->count;
    for (size_t i = 0; i < f->count; i++) {
        const double loss = f->points[i].loss;
        const double error = r_effect_at(&fit->law, f->points[i].share) - loss;
        around += (loss - mean) * (loss - mean);
        left += error * error;
        fit->mape += fabs(error) / loss / (double)f->count;
        fit->max_error = fmax(fit->max_error, fabs(error));
    }
    fit->r2 = around > 0 ? 1 - left / around : NAN;
}

static void note_bounds(const struct r_effect_bounds *bounds, struct r_effect_fit *fit)
{
    const double eps = tamis_log(fit->law.eps), gamma = tamis_log(fit->law.gamma);
    fit->eps_at_low = eps - tamis_log(bounds->eps_low) < AT_BOUND;
    fit->eps_at_high = tamis_log(bounds->eps_high) - eps < AT_BOUND;
    fit->gamma_at_low = gamma - tamis_log(bounds->gamma_low) < AT_BOUND;
    fit->gamma_at_high = tamis_log(bounds->gamma_high) - gamma < AT_BOUND;
    fit->e_at_zero = fit->law.e <= 0;
    fit->c_at_zero = fit->law.c <= 0;
}

static bool has_three_shares(const struct fitting *f)
{
    for (size_t i = 0; i < f->count; i++) {
        if (f->points[i].share > f->narrow->share && f->points[i].share < f->wide->share) {
            return true;
        }
    }
    return false;
}

tamis_status r_effect_fit(const struct r_effect_point *points, size_t count, const struct r_effect_bounds *bounds,
                          struct r_effect_fit *fit, tamis_err *err)
{
    struct fitting f = {.points = points, .count = count, .narrow = points, .wide = points};
    for (size_t i = 0; i < count; i++) {
        f.narrow = points[i].share < f.narrow->share ? &points[i] : f.narrow;
        f.wide = points[i].share > f.wide->share ? &points[i] : f.wide;
    }
    *fit = (struct r_effect_fit){.objective = 0};
    if (!has_three_shares(&f)) {
        return tamis_fail(err, TAMIS_INPUT, "a curve over shares needs losses at 3 different shares at least");
    }
    search(&f, bounds, fit);
    judge(&f, fit);
    note_bounds(bounds, fit);
    return TAMIS_OK;
}
