/* Packing, coordinates, and the basis at all rows. */
#include "fit/form_work.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t rows_that_weigh(const struct form_rows *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++) {
        count += !rows->weight || rows->weight[i] > 0;
    }
    return count;
}

static void pack(struct form_work *work, const struct form_rows *rows)
{
    const size_t inputs = work->form->inputs;
    size_t at = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (!rows->weight || rows->weight[i] > 0) {
            memcpy(&work->inputs[at * inputs], &rows->inputs[i * inputs], inputs * sizeof *rows->inputs);
            work->loss[at] = rows->loss[i];
            work->ln_loss[at] = work->form->plain ? 0 : tamis_log(rows->loss[i]);
            work->weight[at++] = rows->weight ? rows->weight[i] : 1;
        }
    }
}

tamis_status form_work_init(struct form_work *work, const struct form *form, const struct form_rows *rows,
                            tamis_err *err)
{
    const size_t count = rows_that_weigh(rows);
    *work = (struct form_work){.form = form, .rows = count,
                               .huber = form->huber > 0 ? form->huber : FORM_HUBER};
    if (count == 0) {
        return tamis_fail(err, TAMIS_INPUT, "nothing to fit a law to: no loss has a weight above 0");
    }
    const size_t each = form->inputs + 3 + form->linear * (1 + form->shapes);
    double *next = calloc(count + 1, each * sizeof *next);
    if (!next) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a fit to %zu losses", count);
    }
    work->block = next;
    work->inputs = next, next += count * form->inputs;
    work->loss = next, next += count;
    work->ln_loss = next, next += count;
    work->weight = next, next += count;
    work->basis = next, next += count * form->linear;
    work->slopes = next;
    for (size_t k = 0; k < form->shapes; k++) {
        work->low[k] = form_coordinate(work, k, form->shape[k].low);
        work->high[k] = form_coordinate(work, k, form->shape[k].high);
    }
    pack(work, rows);
    return TAMIS_OK;
}

void form_work_release(struct form_work *work)
{
    free(work->block);
    work->block = NULL;
}

double form_coordinate(const struct form_work *work, size_t k, double shape)
{
    return work->form->shape[k].log ? tamis_log(shape) : shape;
}

void form_shapes(const struct form_work *work, const double *coordinates, double *shape)
{
    for (size_t k = 0; k < work->form->shapes; k++) {
        const struct form_shape *const s = &work->form->shape[k];
        const double value = s->log ? tamis_exp(coordinates[k]) : coordinates[k];
        shape[k] = fmin(fmax(value, s->low), s->high);
    }
}

void form_evaluate(struct form_work *work, const double *coordinates)
{
    const struct form *const form = work->form;
    const size_t linear = form->linear, shapes = form->shapes;
    double shape[FORM_SHAPES];
    form_shapes(work, coordinates, shape);
    memset(work->slopes, 0, work->rows * linear * shapes * sizeof *work->slopes);
    for (size_t i = 0; i < work->rows; i++) {
        double *const slopes = &work->slopes[i * linear * shapes];
        form->basis(form->context, shape, &work->inputs[i * form->inputs], &work->basis[i * linear], slopes);
    }
    for (size_t k = 0; k < shapes; k++) {
        for (size_t i = k; form->shape[k].log && i < work->rows * linear * shapes; i += shapes) {
            work->slopes[i] *= shape[k];
        }
    }
}
