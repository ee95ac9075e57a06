/* Rows of replicates, and their fits. */
#include "fit/refit.h"

#include <stdlib.h>

#include "fit/resample.h"

enum fitted_bootstrap fitted_bootstrap_of(const struct refits *refits)
{
    if (refits->count == 0) {
        return FITTED_NO_BOOTSTRAP;
    }
    return refits->runs >= RESAMPLE_FEWEST_RUNS ? FITTED_BY_RUN
           : refits->form->plain                ? FITTED_NO_BOOTSTRAP
                                                : FITTED_BY_RESIDUAL;
}

struct replicate {
    double *weight, *loss, *fitted;
    unsigned *times;
};

static tamis_status replicate_rows(const struct refits *refits, const struct replicate *r, size_t index,
                                   struct form_rows *rows, tamis_err *err)
{
    const struct form *const form = refits->form;
    *rows = *refits->rows;
    if (fitted_bootstrap_of(refits) == FITTED_BY_RUN) {
        resample_runs(refits->seed, index, refits->runs, NULL, 0, r->times);
        for (size_t i = 0; i < rows->count; i++) {
            r->weight[i] = (refits->rows->weight ? refits->rows->weight[i] : 1) * r->times[refits->run[i]];
        }
        rows->weight = r->weight;
        return TAMIS_OK;
    }
    const struct resample_rows residuals = {
        .run = refits->run,
        .fitted = r->fitted,
        .measured = refits->rows->loss,
        .rows = rows->count,
        .runs = refits->runs,
        .parameters = (double)(form->shapes + (form->fixed_linear ? 0 : form->linear)),
    };
    rows->loss = r->loss;
    return resample_residuals(&residuals, refits->seed, index, r->loss, err);
}

static tamis_status refit_best(const struct refits *refits, const struct form_rows *rows, struct form_fit *best,
                               tamis_err *err)
{
    const double *const from = refits->from ? refits->from : refits->fit->shape;
    const size_t froms = refits->from ? refits->froms : 1;
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < froms; i++) {
        const struct form_search search = {.seed = refits->seed, .from = from + i * refits->form->shapes};
        struct form_fit fit;
        status = form_fit(refits->form, rows, &search, &fit, err);
        if (!status && (i == 0 || fit.weighted < best->weighted)) {
            *best = fit;
        }
    }
    return status;
}

static tamis_status refit_all(const struct refits *refits, const struct replicate *r, struct form_fit *fits,
                              tamis_err *err)
{
    const struct form *const form = refits->form;
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; i < refits->rows->count; i++) {
        r->fitted[i] = form_at(form, refits->fit->linear, refits->fit->shape, refits->rows->inputs + i * form->inputs);
    }
    for (size_t i = 0; !status && i < refits->count; i++) {
        struct form_rows rows;
        status = replicate_rows(refits, r, i, &rows, err);
        status = status ? status : refit_best(refits, &rows, &fits[i], err);
    }
    return status;
}

tamis_status refit(const struct refits *refits, struct form_fit *fits, tamis_err *err)
{
    const size_t count = refits->rows->count;
    const struct replicate r = {
        .weight = malloc((count + 1) * sizeof *r.weight),
        .loss = malloc((count + 1) * sizeof *r.loss),
        .fitted = malloc((count + 1) * sizeof *r.fitted),
        .times = malloc((refits->runs + 1) * sizeof *r.times),
    };
    const bool fine = r.weight && r.loss && r.fitted && r.times;
    const tamis_status status = fine ? refit_all(refits, &r, fits, err)
                                     : tamis_fail(err, TAMIS_IO, "out of memory for the bootstrap");
    free(r.weight);
    free(r.loss);
    free(r.fitted);
    free(r.times);
    return status;
}

/* ---- Without one run -------------------------------------------------------------------------------------------- */

tamis_status refit_left_out(const struct refits *refits, size_t most,
                            bool (*enough)(const void *context, size_t without), const void *context,
                            struct form_fit *fits, size_t *left, size_t *count, tamis_err *err)
{
    struct form_rows rows = *refits->rows;
    double *const weight = malloc((rows.count + 1) * sizeof *weight);
    tamis_status status = weight ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the refits of a law");
    *count = 0;
    for (size_t out = 0; !status && out < refits->runs && refits->runs <= most; out++) {
        if (!enough(context, out)) {
            continue;
        }
        for (size_t i = 0; i < rows.count; i++) {
            weight[i] = refits->run[i] == out ? 0 : rows.weight ? rows.weight[i] : 1;
        }
        const struct form_rows rest = {rows.inputs, rows.loss, weight, rows.count};
        left[*count] = out;
        status = refit_best(refits, &rest, &fits[(*count)++], err);
    }
    free(weight);
    return status;
}
