/* All parameters at once: the linear ones first, then the coordinates. */
#include <math.h>
#include <string.h>

#include "fit/descent.h"
#include "fit/form_work.h"

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
    return true;
}

static tamis_status move(struct form_work *work, double *x, double *value, tamis_err *err)
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
        .variables = first + work->form->shapes, .residuals = work->rows, .low = low, .high = high,
        .weight = work->weight, .huber = work->huber, .residuals_at = residuals_at, .context = work};
    return descend(&problem, x, value, err);
}

tamis_status form_polish(struct form_work *work, double *linear, double *coordinates, double *value, tamis_err *err)
{
    const size_t first = moved(work);
    double x[VARIABLES];
    memcpy(x, linear, first * sizeof *x);
    memcpy(x + first, coordinates, work->form->shapes * sizeof *x);
    const tamis_status status = move(work, x, value, err);
    split(work, x, linear);
    memcpy(coordinates, x + first, work->form->shapes * sizeof *x);
    return status;
}
