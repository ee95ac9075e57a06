/*
 * RUNS.csv, whatever the law: rows that belong to runs. Common columns: `run` (a name), `step`, `N`, `D`; and of how a
 * run was made: base_model, lr_peak, warmup, schedule, tokenizer, which must be the same in all rows, since losses of
 * different recipes are not points of one law. All are optional. What else a law needs it reads by name.
 *
 * Without `run` every row is its own measurement, and those that the law calls alike (same N and shares) are one run for
 * weights and resampling. With `run`, rows of a run are its checkpoints: those of its first part, the warm-up, are left
 * out, and every run weighs the same.
 */
#ifndef TAMIS_LAW_RUNS_H
#define TAMIS_LAW_RUNS_H

#include "core/csv.h"

#define RUNS_MAX_BYTES ((size_t)64 << 20)
#define RUNS_WARM_UP 0.25 /* of a run's steps (or tokens), left out */

struct runs_row {
    size_t run;                     /* index */
    double step, parameters, tokens; /* NaN: not said */
    unsigned line;                  /* of the file, for messages */
    size_t cell_row;                /* of the table */
    bool warm_up;                   /* left out */
};

struct runs {
    const char *source; /* the file's name */
    struct csv table;
    struct runs_row *row;
    size_t rows;
    const char **names; /* of runs: the column's, or "line 7" */
    size_t count;       /* of runs */
    bool named;         /* there is a column `run` */
    size_t warm_up;     /* rows left out */
};

/* "-": stdin; .zst and .gz are read. `warm_up` in [0, 1). TAMIS_INPUT with line and column for what cannot be. */
tamis_status runs_read(const char *path, double warm_up, struct arena *arena, struct runs *runs, tamis_err *err)
    TAMIS_MUST_CHECK;
/* A number > 0 in a cell; NaN for an empty cell or CSV_NONE. `what` is for messages. */
tamis_status runs_positive(const struct runs *runs, size_t row, size_t column, const char *what, double *value,
                           tamis_err *err) TAMIS_MUST_CHECK;
/* A share from 0 to 1; a percentage is told so. */
tamis_status runs_share(const struct runs *runs, size_t row, size_t column, double *value, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Without names: rows of equal `keys` (rows x count numbers) become one run. */
tamis_status runs_group(struct runs *runs, const double *keys, size_t count, struct arena *arena, tamis_err *err)
    TAMIS_MUST_CHECK;
/* weight[row]: 0 for what is left out, else such that every run weighs the same and the weights sum to the rows. */
void runs_weights(const struct runs *runs, double *weight);
/* Operations spent on the runs, 6 N D of each run's largest D; NaN where N or D is not said. */
double runs_flop(const struct runs *runs);

#endif
