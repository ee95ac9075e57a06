/*
 * The exponential mixing law fitted to runs of several mixtures at one N and D, one law for each loss; there and back
 * as LAW.json.
 *
 * Columns: one for each domain, its share of the tokens, then `loss`, or several that begin with `loss_`. Shares are >=
 * 0 and sum to 1 as nearly as rounding to three places explains; they are divided by their sum. Of the runs that a
 * column `run` names, the last checkpoint counts. Since shares sum to 1, a constant may be added to every t and k be
 * divided by its exponential: the law has K + 1 parameters over K domains.
 */
#ifndef TAMIS_FIT_MIXING_LAW_H
#define TAMIS_FIT_MIXING_LAW_H

#include "core/arena.h"
#include "core/buf.h"
#include "fit/form.h"
#include "fit/law.h"
#include "fit/law_file.h"
#include "law/mixing.h"
#include "fit/runs.h"

struct mixing_law {
    const char *name, *source;    /* may be NULL */
    const char **domains;         /* names, in the order of the columns */
    size_t domain_count;
    const char **losses;          /* names: what follows `loss_`, or "loss" */
    struct mixing *laws;          /* one for each loss */
    size_t loss_count, rows;
    double *lowest, *highest;     /* share of each domain in the runs */
    double parameters, tokens;    /* of the runs; NaN: not said */
    double probe_flop;            /* NaN: not known */
    const double *replicates;     /* of the bootstrap: for each loss c and the t of every domain, k being 1 */
    size_t replicate_count;
    struct law_left_out left_out; /* the same numbers of each */
};
size_t mixing_law_numbers(const struct mixing_law *law); /* numbers of one replicate */

/* The runs as they are read: `shares` is used x domain_count, `measured` is loss_count x used. */
struct mixing_rows {
    struct runs runs;
    double *shares, *measured;
    size_t used, *run;
};
/* mixing_read.c: fills names, ranges, N, D of the law and the rows. TAMIS_INPUT with line and column. */
tamis_status mixing_read(const struct law_job *job, struct arena *arena, struct mixing_law *law,
                         struct mixing_rows *rows, tamis_err *err) TAMIS_MUST_CHECK;

/* mixing_file.c: the text of a file (`path` is for messages); everything lives in `arena`. TAMIS_INPUT: no such law. */
tamis_status mixing_law_parse(const char *path, tamis_str text, struct arena *arena, struct mixing_law *law,
                              tamis_err *err) TAMIS_MUST_CHECK;

struct mixing_quality {
    const struct form *form;
    struct form_fit *fits;      /* one for each loss */
    double sum_r2, sum_mape, sum_error; /* of the mean of all losses */
    int bootstrap;              /* enum fitted_bootstrap */
};
bool mixing_law_print(const struct mixing_law *law, const struct mixing_quality *quality,
                      const struct mixing_rows *rows, tamis_str warnings, struct buf *out) TAMIS_MUST_CHECK;

#endif
