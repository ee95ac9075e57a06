/*
 * The bootstrap of a law that form.h fits: the same fit to what else might have been measured.
 */
#ifndef TAMIS_FIT_REFIT_H
#define TAMIS_FIT_REFIT_H

#include "fit/form.h"

enum fitted_bootstrap { FITTED_NO_BOOTSTRAP, FITTED_BY_RUN, FITTED_BY_RESIDUAL };

struct refits {
    const struct form *form;
    const struct form_rows *rows; /* of the fit; weights as there */
    const size_t *run;            /* of each row, < runs */
    size_t runs;
    const struct form_fit *fit;
    const double *from;           /* `froms` shapes to start each refit from, the best counts; NULL: the fit's */
    size_t froms;
    uint64_t seed;
    size_t count;
};

/*
 * fits[count]: with RESAMPLE_FEWEST_RUNS runs and more, runs are drawn; with fewer, residuals. A form that is `plain`
 * must have runs enough. TAMIS_IO: out of memory.
 */
tamis_status refit(const struct refits *refits, struct form_fit *fits, tamis_err *err) TAMIS_MUST_CHECK;
/*
 * fits[] without one run each, left[] telling which, *count how many: every run whose absence `enough` allows; none
 * where there are more than `most` runs. Both have room for refits->runs.
 */
tamis_status refit_left_out(const struct refits *refits, size_t most,
                            bool (*enough)(const void *context, size_t without), const void *context,
                            struct form_fit *fits, size_t *left, size_t *count, tamis_err *err) TAMIS_MUST_CHECK;
enum fitted_bootstrap fitted_bootstrap_of(const struct refits *refits);

#endif
