/* All parameters at once: the linear ones first, then the coordinates. */
#include <math.h>
#include <string.h>

#include "fit/descent.h"
#include "fit/form_work.h"

#define FIRST_PENALTY 0.1 /* of a violation, as a residual; Huber's delta is near 1e-3 */
#define LAST_PENALTY 1e5
#define HARDER 10.0
#define LOOSE 1e-6 /* tolerances: while the penalty grows, and of the last descent */
#define TIGHT 1e-12
#define STEP 1e-6 /* along a variable, as a share of it, for the slope of the violation */

#define VARIABLES (FORM_LINEAR + FORM_SHAPES)

/* How many linear parameters there are to move. */
static size_t moved(const struct form_work *work)
{
    return work->form->fixed_linear ? 0 : work->form->linear;
}

static void split(const struct form_work *work, const double *x, double *linear)
{
    for (size_t j = 0; j < work->form->linear; j++) {
        linear[j] = work->form->fixed_linear ? 1 : x[j];
    }
}

/* The violation with variable k a step further; `x` is left as it was. */
static double violation_at(const struct form_work *work, double *x, size_t k, double step)
{
    const size_t first = moved(work);
    const double here = x[k];
    double linear[FORM_LINEAR];
    x[k] = here + step;
    split(work, x, linear);
    const double violation = form_violation(work, linear, x + first);
    x[k] = here;
    return violation;
}

/* The slopes are taken on the side where the violation grows: on the other it may be at its end. */
static void add_violation(const struct form_work *work, const double *x, double *residuals, double *slopes)
{
    const size_t count = moved(work) + work->form->shapes;
    double there[VARIABLES];
    memcpy(there, x, count * sizeof *there);
    const double violation = violation_at(work, there, 0, 0);
    residuals[work->rows] = work->penalty * violation;
    for (size_t k = 0; k < count; k++) {
        const double step = STEP * fmax(fabs(x[k]), STEP);
        const double up = violation > 0 ? violation_at(work, there, k, step) - violation : 0;
        const double down = violation > 0 && up < 0 ? violation - violation_at(work, there, k, -step) : up;
        slopes[work->rows * count + k] = work->penalty * (up < 0 ? down : up) / step;
    }
}

static bool residuals_at(void *context, const double *x, double *residuals, double *slopes)
{
    struct form_work *const work = context;
    const size_t first = moved(work), shapes = work->form->shapes, linears = work->form->linear;
    double linear[FORM_LINEAR];
    split(work, x, linear);
    form_evaluate(work, x + first);
    for (size_t i = 0; i < work->rows; i++) {
        double *const own = &slopes[i * (first + shapes)];
        double predicted = 0;
        memset(own, 0, (first + shapes) * sizeof *own);
        for (size_t j = 0; j < linears; j++) {
            const double *const along = &work->slopes[(i * linears + j) * shapes];
            predicted += linear[j] * work->basis[i * linears + j];
            for (size_t k = 0; k < shapes; k++) {
                own[first + k] += linear[j] * along[k];
            }
        }
        if (!work->form->plain && !(predicted > 0)) {
            return false;
        }
        memcpy(own, &work->basis[i * linears], first * sizeof *own);
        residuals[i] = work->form->plain ? predicted - work->loss[i] : tamis_log(predicted) - work->ln_loss[i];
        const double unit = work->form->plain ? 1 : 1 / predicted;
        for (size_t k = 0; k < first + shapes; k++) {
            own[k] *= unit;
        }
    }
    if (work->residuals > work->rows) {
        add_violation(work, x, residuals, slopes);
    }
    return true;
}

static tamis_status move(struct form_work *work, double tolerance, double *x, double *value, tamis_err *err)
{
    const size_t first = moved(work);
    double low[VARIABLES], high[VARIABLES];
    for (size_t j = 0; j < first; j++) {
        low[j] = work->form->free_linear >> j & 1 ? -INFINITY : 0;
        high[j] = INFINITY;
    }
    memcpy(low + first, work->low, work->form->shapes * sizeof *low);
    memcpy(high + first, work->high, work->form->shapes * sizeof *high);
    const struct descent_problem problem = {
        .variables = first + work->form->shapes, .residuals = work->residuals, .low = low, .high = high,
        .weight = work->weight, .huber = work->huber, .squared = work->residuals - work->rows, .tolerance = tolerance,
        .residuals_at = residuals_at, .context = work};
    return descend(&problem, x, value, err);
}

/* Finds the penalty that holds the violation down, loosely. */
static tamis_status raise_penalty(struct form_work *work, double *x, double *value, tamis_err *err)
{
    tamis_status status = move(work, LOOSE, x, value, err);
    while (!status && work->penalty < LAST_PENALTY && violation_at(work, x, 0, 0) > FORM_VIOLATION) {
        work->penalty *= HARDER;
        status = move(work, LOOSE, x, value, err);
    }
    return status;
}

tamis_status form_polish(struct form_work *work, double *linear, double *coordinates, double *value, tamis_err *err)
{
    const size_t first = moved(work);
    double x[VARIABLES];
    memcpy(x, linear, first * sizeof *x);
    memcpy(x + first, coordinates, work->form->shapes * sizeof *x);
    work->penalty = FIRST_PENALTY;
    tamis_status status = work->form->violation ? raise_penalty(work, x, value, err) : TAMIS_OK;
    if (!status) {
        status = move(work, TIGHT, x, value, err);
    }
    split(work, x, linear);
    memcpy(coordinates, x + first, work->form->shapes * sizeof *x);
    return status;
}
