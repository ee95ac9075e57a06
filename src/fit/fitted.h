/*
 * What the laws fitted by form.h share: reading the rows, and how a fit is written to LAW.json and told to people.
 */
#ifndef TAMIS_FIT_FITTED_H
#define TAMIS_FIT_FITTED_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/tree.h"
#include "fit/law.h"
#include "fit/law_file.h"
#include "fit/refit.h"
#include "fit/runs.h"

/* Keys objective, r2, mape, max_error, starts, agreeing, bounds_hit (["alpha low", ..]; a linear one at 0 is low). */
void fitted_print(struct json *json, const struct form *form, const struct form_fit *fit);
/* A key `warnings` with the lines of `lines`; the same as "warning: .." for people. */
void fitted_print_warnings(struct json *json, tamis_str lines);
bool fitted_say_warnings(tamis_str lines, struct buf *words) TAMIS_MUST_CHECK;

/* The file's name without its folder, so that a law does not depend on where it was made; NULL for stdin and for a
 * name that JSON cannot hold. */
const char *fitted_source(const char *path);

/* Keys `bootstrap` and `replicates`: `columns` numbers a refit, a refit a line; `intervals`: those of each, by name. */
struct fitted_replicates {
    enum fitted_bootstrap bootstrap;
    const double *values; /* count x columns */
    size_t columns, count;
};
void fitted_print_replicates(struct json *json, const struct fitted_replicates *replicates);
/* `scratch` holds count numbers. */
void fitted_print_intervals(struct json *json, const char *const *names, const struct fitted_replicates *replicates,
                            double *scratch);

/* Rows that count (no warm-up), their inputs in columns of the law's choice. */
struct fitted_rows {
    struct runs runs;
    double *inputs; /* used x columns */
    double *loss, *weight;
    size_t *run;
    size_t used, columns;
};
/* Columns `heads` and `loss`, all > 0 and without gaps; memory of the arena. */
tamis_status fitted_read(const struct law_job *job, const char *const *heads, size_t columns, struct arena *arena,
                         struct fitted_rows *rows, tamis_err *err) TAMIS_MUST_CHECK;
/* A refit without each run that `enough` allows to miss, and room for their values. */
struct fitted_left_out {
    struct law_left_out left;
    struct form_fit *fits; /* left.count of them */
    size_t *without;       /* run */
};
tamis_status fitted_left_out(const struct refits *refits, const struct runs *runs, const char *const *heads,
                             size_t columns, bool (*enough)(const void *context, size_t without), const void *context,
                             size_t numbers, struct arena *arena, struct fitted_left_out *left, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Both kinds of refits of a fit, of which a law wants some numbers. */
struct fitted_refits {
    struct refits refits; /* count: of the bootstrap, which is left out where runs are too few */
    const struct fitted_rows *rows;
    const char *const *heads; /* of its columns */
    size_t numbers;
    void (*take)(const void *context, const struct form_fit *fit, double *numbers);
    bool (*enough)(const void *context, size_t without);
    const void *context;
};
tamis_status fitted_refit(const struct fitted_refits *want, struct arena *arena, struct fitted_replicates *replicates,
                          struct law_left_out *left_out, tamis_err *err) TAMIS_MUST_CHECK;
void fitted_range(const struct fitted_rows *rows, size_t column, double *low, double *high);
struct form_rows fitted_form_rows(const struct fitted_rows *rows);

/* A loss column of all rows, > 0 and nowhere empty; in the arena. TAMIS_INPUT with line and column. */
tamis_status fitted_column(const struct runs *runs, const char *head, struct arena *arena, double **values,
                           tamis_err *err) TAMIS_MUST_CHECK;
/* How many different values a column has, those within 1 % of each other being one. `scratch` holds `used` numbers. */
size_t fitted_distinct(const struct fitted_rows *rows, size_t column, double *scratch);

/* fitted_chart.c: measured losses over predicted ones, for laws of more than one input. `title` NULL: `law`. */
tamis_status fitted_chart(const char *law, const char *title, const double *predicted, const double *measured,
                          size_t count, struct buf *svg, tamis_err *err) TAMIS_MUST_CHECK;
/* The same from rows and a fit of them. */
tamis_status fitted_chart_rows(const char *law, const char *title, const struct form *form, const struct form_fit *fit,
                               const struct form_rows *rows, struct buf *svg, tamis_err *err) TAMIS_MUST_CHECK;

/* Back from a file: a list of lists of `columns` finite numbers each, row by row; 0 rows when absent or null. */
tamis_status fitted_read_table(const struct tree *map, const char *key, size_t columns, struct arena *arena,
                               const double **values, size_t *rows, tamis_err *err) TAMIS_MUST_CHECK;
/* [low, high] of finite numbers, low <= high; with `missing` both are NaN when absent or null. */
tamis_status fitted_read_range(const struct tree *map, const char *key, bool missing, double *low, double *high,
                               tamis_err *err) TAMIS_MUST_CHECK;
/* The text under a key, or NULL. */
const char *fitted_read_text(const struct tree *map, const char *key);

#endif
