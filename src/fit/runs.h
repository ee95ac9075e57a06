/*
 * RUNS.csv, whatever the law: rows that belong to runs. Common columns: `run` (a name), `step`, `N`, `D`; and of how a
 * run was made: base_model, lr_peak, warmup, schedule, tokenizer, which must be the same in all rows that say them,
 * since losses of different recipes are not points of one law; base_model, lr_peak and base_loss_general (the loss of
 * the base model) only among rows of one N, since a base model has one size. All are optional. What else a law needs it
 * reads by name.
 *
 * Without `run` every row is its own measurement, and those that the law calls alike (same N and shares) are one run
 * for weights and resampling. With `run`, rows of a run are its checkpoints: those of its first part, the warm-up, are
 * left out, and every run weighs the same.
 *
 * Rows are put in an order that follows from what they hold, and runs are numbered by their first rows in it, so that a
 * law does not depend on the order of the table.
 */
#ifndef TAMIS_FIT_RUNS_H
#define TAMIS_FIT_RUNS_H

#include "core/csv.h"
#include "core/json.h"

#define RUNS_MAX_BYTES ((size_t)64 << 20)
#define RUNS_MOST 1e18       /* parameters, tokens, steps */
#define RUNS_MOST_NATS 100.0 /* a loss: e^100 words are no vocabulary */
#define RUNS_WARM_UP 0.25 /* of a run's steps (or tokens), left out */

struct runs_row {
    size_t run;                     /* index */
    double step, parameters, tokens; /* NaN: not said; step >= 0, the others > 0 */
    unsigned line;                  /* of the file, for messages */
    size_t cell_row;                /* of the table */
    bool warm_up;                   /* left out */
};

struct runs {
    const char *source; /* the file's name */
    struct csv table;
    struct runs_row *row;
    size_t rows;
    const char **names; /* of runs: the column's, or "line 7"; valid UTF-8 */
    size_t count;       /* of runs */
    bool named;         /* there is a column `run` */
    size_t warm_up;     /* rows left out */
    const bool *shortened; /* of runs: rows of it were left out; not after runs_group() without names */
    double warm_up_share; /* as asked for */
};

/*
 * "-": stdin; .zst and .gz are read. `warm_up` in [0, 1): with a column `run`, rows whose step is below that share of
 * the run's largest step are left out; by D where a row of the run has no step; none where D is missing as well.
 * TAMIS_INPUT with line and column for what cannot be. Everything lives in `arena`. At least one row.
 */
tamis_status runs_read(const char *path, double warm_up, struct arena *arena, struct runs *runs, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Fails: out of memory for the runs of a file. */
static inline tamis_status runs_no_memory(const char *source, tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "%s: out of memory for the runs", source);
}
/* runs_order.c, called by runs_read(): rows of the table and of `row` by content, whatever order the columns have. */
tamis_status runs_order(struct runs *runs, struct arena *arena, tamis_err *err) TAMIS_MUST_CHECK;
/*
 * runs_check.c, called by runs_read(): TAMIS_INPUT for a loss (loss, loss_*, base_loss*) above RUNS_MOST_NATS, and for
 * two different losses of one named run at one step, or at one D where no step is said.
 */
tamis_status runs_check_losses(const struct runs *runs, tamis_err *err) TAMIS_MUST_CHECK;
/* runs_check.c, called by runs_read(): TAMIS_INPUT for rows of runs that say they were made differently. */
tamis_status runs_check_recipes(const struct runs *runs, tamis_err *err) TAMIS_MUST_CHECK;
/* A number above 0 and up to RUNS_MOST in a cell; NaN for an empty cell or CSV_NONE. `what` is for messages. */
tamis_status runs_positive(const struct runs *runs, size_t row, size_t column, const char *what, double *value,
                           tamis_err *err) TAMIS_MUST_CHECK;
/* A share from 0 to 1; a percentage is told so. */
tamis_status runs_share(const struct runs *runs, size_t row, size_t column, double *value, tamis_err *err)
    TAMIS_MUST_CHECK;
/*
 * Without names: rows of equal `keys` (rows x count numbers, NaN equals NaN) become one run. With names: rows of one
 * run whose keys differ are TAMIS_INPUT, `what` saying what must not ("the ratio or N").
 */
tamis_status runs_group(struct runs *runs, const double *keys, size_t count, const char *what, struct arena *arena,
                        tamis_err *err) TAMIS_MUST_CHECK;
/* weight[row]: 0 for what is left out, else every run weighs the same and the weights sum to the rows used. */
tamis_status runs_weights(const struct runs *runs, double *weight, tamis_err *err) TAMIS_MUST_CHECK;
/* Operations spent on the runs, 6 N D of each run's largest D; NaN where N or D is not said. */
double runs_flop(const struct runs *runs);
/* A key `warm_up`: {"share", "rows" left out, "runs": the names of those they were left out of}. */
void runs_print_warm_up(const struct runs *runs, struct json *json);
/* The same as a line for people, nothing where no row was left out. */
bool runs_say_warm_up(const struct runs *runs, struct buf *words) TAMIS_MUST_CHECK;

#endif
