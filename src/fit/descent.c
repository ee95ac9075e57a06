/* Steps of Levenberg and Marquardt; the curvature of a residual beyond Huber's delta is delta / |residual|. */
#include "fit/descent.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/cholesky.h"

#define TOLERANCE 1e-12
#define STEPS 2000
#define CONFIRMING 2      /* steps in a row that gain next to nothing, before it is over */
#define FIRST_DAMPING 1e-3
#define MOST_DAMPING 1e14 /* beyond it nothing goes down */
#define LEAST_DAMPING 1e-13

/* Where the descent stands, or where it may go. */
struct place {
    double *x, *residuals, *slopes;
    double value;
};

struct descent {
    const struct descent_problem *problem;
    struct place here, there;
    double *gradient, *gram;         /* of the sum, at `here` */
    double *system, *factor, *scale, *right, *step;
    size_t *open;                    /* variables that may move */
    bool *held;                      /* variables that a step leaves, or puts, at a bound */
    double damping, growth;
};

double huber_penalty(double residual, double delta)
{
    const double size = fabs(residual);
    return size <= delta ? size * size / 2 : delta * (size - delta / 2);
}

static double weight_of(const struct descent_problem *problem, size_t row)
{
    return problem->weight ? problem->weight[row] : 1;
}

/* False: no place to be. */
static bool measure(const struct descent_problem *problem, struct place *place)
{
    place->value = INFINITY;
    if (!problem->residuals_at(problem->context, place->x, place->residuals, place->slopes)) {
        return false;
    }
    double sum = 0;
    for (size_t i = 0; i < problem->residuals; i++) {
        sum += weight_of(problem, i) * huber_penalty(place->residuals[i], problem->huber);
    }
    if (!(sum < INFINITY)) {
        return false;
    }
    place->value = sum;
    return true;
}

/* ---- The sum as a paraboloid ------------------------------------------------------------------------------------ */

static void add_row(struct descent *d, const double *slopes, double pull, double curvature)
{
    const size_t count = d->problem->variables;
    for (size_t k = 0; k < count; k++) {
        const double slope = curvature * slopes[k];
        d->gradient[k] += pull * slopes[k];
        for (size_t l = 0; l <= k; l++) {
            d->gram[k * count + l] += slope * slopes[l];
        }
    }
}

static void model(struct descent *d)
{
    const struct descent_problem *const problem = d->problem;
    const size_t count = problem->variables;
    memset(d->gradient, 0, count * sizeof *d->gradient);
    memset(d->gram, 0, count * count * sizeof *d->gram);
    for (size_t i = 0; i < problem->residuals; i++) {
        const double residual = d->here.residuals[i], size = fabs(residual), weight = weight_of(problem, i);
        const double huber = problem->huber, share = size <= huber ? 1 : huber / size;
        if (weight > 0) {
            add_row(d, &d->here.slopes[i * count], weight * share * residual, weight * share);
        }
    }
    for (size_t k = 0; k < count; k++) {
        for (size_t l = k + 1; l < count; l++) {
            d->gram[k * count + l] = d->gram[l * count + k];
        }
    }
}

/* ---- A step ----------------------------------------------------------------------------------------------------- */

static void hold(struct descent *d, size_t k, double step)
{
    d->held[k] = true;
    d->step[k] = step;
}

/* Variables at a bound that the gradient presses against it, and those that nothing depends on, stay. */
static void hold_pressed(struct descent *d)
{
    const struct descent_problem *const problem = d->problem;
    for (size_t k = 0; k < problem->variables; k++) {
        const bool low = d->here.x[k] <= problem->low[k] && d->gradient[k] >= 0;
        const bool high = d->here.x[k] >= problem->high[k] && d->gradient[k] <= 0;
        d->held[k] = false;
        if (low || high || !(d->gram[k * problem->variables + k] > 0)) {
            hold(d, k, 0);
        }
    }
}

/* The damped step of the variables that are not held, given the steps of those that are. False: singular. */
static bool solve_open(struct descent *d)
{
    const size_t count = d->problem->variables;
    size_t open = 0;
    for (size_t k = 0; k < count; k++) {
        if (!d->held[k]) {
            d->open[open++] = k;
        }
    }
    for (size_t i = 0; i < open; i++) {
        const double *const row = &d->gram[d->open[i] * count];
        d->right[i] = -d->gradient[d->open[i]];
        for (size_t k = 0; k < count; k++) {
            d->right[i] -= d->held[k] ? row[k] * d->step[k] : 0;
        }
        for (size_t k = 0; k < open; k++) {
            d->system[i * open + k] = row[d->open[k]] * (i == k ? 1 + d->damping : 1);
        }
    }
    if (!cholesky_factor(d->system, open, d->factor, d->scale)) {
        return false;
    }
    cholesky_solve(d->factor, d->scale, open, d->right, d->right);
    for (size_t i = 0; i < open; i++) {
        d->step[d->open[i]] = d->right[i];
    }
    return true;
}

/* How far the paraboloid falls along the step. */
static double foreseen(const struct descent *d)
{
    const size_t count = d->problem->variables;
    double fall = 0;
    for (size_t k = 0; k < count; k++) {
        double bend = 0;
        for (size_t l = 0; l < count; l++) {
            bend += d->gram[k * count + l] * d->step[l];
        }
        fall -= d->step[k] * (d->gradient[k] + bend / 2);
    }
    return fall;
}

/* The step that variable k has as far as the box goes. */
static double inside(const struct descent *d, size_t k)
{
    const double here = d->here.x[k], low = d->problem->low[k] - here, high = d->problem->high[k] - here;
    return d->step[k] < low ? low : d->step[k] > high ? high : d->step[k];
}

/*
 * Holds the variables whose step leaves the box where they meet its edge; with `there_already` only those that stand at
 * it. False: there are none.
 */
static bool hold_leaving(struct descent *d, bool there_already)
{
    bool any = false;
    for (size_t k = 0; k < d->problem->variables; k++) {
        const double least = inside(d, k);
        const bool stands = fabs(least) <= 0;
        if (!d->held[k] && fabs(least) < fabs(d->step[k]) && (stands || !there_already)) {
            hold(d, k, least);
            any = true;
        }
    }
    return any;
}

/* Cuts the step where it leaves the box. */
static void cut(struct descent *d)
{
    double share = 1;
    for (size_t k = 0; k < d->problem->variables; k++) {
        const double least = inside(d, k);
        share = fabs(least) < fabs(d->step[k]) ? fmin(share, least / d->step[k]) : share;
    }
    for (size_t k = 0; k < d->problem->variables; k++) {
        d->step[k] *= share;
    }
}

/*
 * Puts the point to be tried into `there`; *fall is what is foreseen. Bounds met on the way are held and the others
 * solved for again, which mostly is best; should that not go down, the step is cut at the box, which does. False:
 * singular, more damping is needed.
 */
static bool propose(struct descent *d, double *fall)
{
    const struct descent_problem *const problem = d->problem;
    *fall = 0;
    for (int careful = 0; careful < 2 && !(*fall > 0); careful++) {
        hold_pressed(d);
        do {
            if (!solve_open(d)) {
                return false;
            }
        } while (hold_leaving(d, careful));
        cut(d);
        *fall = foreseen(d);
    }
    for (size_t k = 0; k < problem->variables; k++) {
        d->there.x[k] = fmin(fmax(d->here.x[k] + d->step[k], problem->low[k]), problem->high[k]);
    }
    return true;
}

/* ---- The way down ----------------------------------------------------------------------------------------------- */

static void refuse(struct descent *d)
{
    d->damping *= d->growth;
    d->growth *= 2;
}

static void accept(struct descent *d, double gain)
{
    const struct place left = d->here;
    const double off = 2 * gain - 1;
    d->here = d->there;
    d->there = left;
    d->damping = fmax(d->damping * fmax(1.0 / 3, 1 - off * off * off), LEAST_DAMPING);
    d->growth = 2;
    model(d);
}

static void walk(struct descent *d)
{
    const double tolerance = d->problem->tolerance > 0 ? d->problem->tolerance : TOLERANCE;
    const unsigned steps = d->problem->steps ? d->problem->steps : STEPS;
    unsigned idle = 0;
    for (unsigned step = 0; step < steps && idle < CONFIRMING && d->damping < MOST_DAMPING; step++) {
        double fall;
        if (!propose(d, &fall)) {
            refuse(d);
            continue;
        }
        const double least = tolerance * d->here.value;
        if (!(fall > 0)) {
            idle++;
            refuse(d);
            continue;
        }
        const bool lower = measure(d->problem, &d->there) && d->there.value < d->here.value;
        const double fell = lower ? d->here.value - d->there.value : 0;
        idle = (lower ? fell : fall) <= least ? idle + 1 : 0;
        if (lower) {
            accept(d, fell / fall);
        } else {
            refuse(d);
        }
    }
}

/* One block of memory for everything. */
static double *set_up(struct descent *d)
{
    const size_t count = d->problem->variables, rows = d->problem->residuals;
    const size_t reals = 2 * (count + rows + rows * count) + 3 * count * count + 4 * count;
    double *const block = calloc(reals, sizeof *block);
    double *next = block;
    if (block) {
        struct place *const places[] = {&d->here, &d->there};
        for (size_t i = 0; i < 2; i++) {
            places[i]->x = next, next += count;
            places[i]->residuals = next, next += rows;
            places[i]->slopes = next, next += rows * count;
        }
        d->gram = next, next += count * count;
        d->system = next, next += count * count;
        d->factor = next, next += count * count;
        d->gradient = next, next += count;
        d->scale = next, next += count;
        d->right = next, next += count;
        d->step = next;
    }
    return block;
}

tamis_status descend(const struct descent_problem *problem, double *x, double *value, tamis_err *err)
{
    struct descent d = {.problem = problem, .damping = FIRST_DAMPING, .growth = 2};
    size_t open[DESCENT_MOST];
    bool held[DESCENT_MOST];
    double *const block = set_up(&d);
    if (!block) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a fit of %zu parameters to %zu losses", problem->variables,
                          problem->residuals);
    }
    d.open = open;
    d.held = held;
    for (size_t k = 0; k < problem->variables; k++) {
        d.here.x[k] = fmin(fmax(x[k], problem->low[k]), problem->high[k]);
    }
    if (measure(problem, &d.here)) {
        model(&d);
        walk(&d);
    }
    memcpy(x, d.here.x, problem->variables * sizeof *x);
    *value = d.here.value;
    free(block);
    return TAMIS_OK;
}
