/* From runs to rows, and from fits to LAW.json. */
#include "fit/fitted.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/str.h"
#include "io/json_shim.h"
#include "fit/numbers.h"
#include "fit/resample.h"

#define BOUND_NAME 40
#define SAME_SHARE 0.01
#define INTERVAL_LOW 0.025
#define INTERVAL_HIGH 0.975

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static void print_bound(struct json *json, const char *name, const char *side)
{
    char text[BOUND_NAME];
    (void)snprintf(text, sizeof text, "%.30s %s", name, side);
    json_text(json, text);
}

static void print_bounds(struct json *json, const struct form *form, const struct form_fit *fit)
{
    json_key(json, "bounds_hit");
    json_open(json, '[');
    for (size_t i = 0; !form->fixed_linear && i < form->linear; i++) {
        if (fit->linear_zero >> i & 1) {
            print_bound(json, form->linear_names[i], "low");
        }
    }
    for (size_t i = 0; i < form->shapes; i++) {
        if ((fit->shape_low | fit->shape_high) >> i & 1) {
            print_bound(json, form->shape[i].name, fit->shape_low >> i & 1 ? "low" : "high");
        }
    }
    json_close(json, ']');
}

void fitted_print(struct json *json, const struct form *form, const struct form_fit *fit)
{
    json_key_real(json, "objective", fit->objective);
    json_key_real(json, "r2", fit->r2);
    json_key_real(json, "mape", fit->mape);
    json_key_real(json, "max_error", fit->max_error);
    json_key_count(json, "starts", fit->starts);
    json_key_count(json, "agreeing", fit->agreeing);
    print_bounds(json, form, fit);
}

/* A key with [2.5 %, 50 %, 97.5 %] of `values`, which are sorted; null when there are none. */
static void print_interval(struct json *json, const char *key, double *values, size_t count)
{
    json_key(json, key);
    if (count == 0) {
        json_null(json);
        return;
    }
    json_open(json, '[');
    json_real(json, percentile(values, count, INTERVAL_LOW));
    json_real(json, percentile(values, count, 0.5));
    json_real(json, percentile(values, count, INTERVAL_HIGH));
    json_close(json, ']');
}

/* A key `bootstrap`: {"unit", "replicates"}. */
static void print_bootstrap(struct json *json, enum fitted_bootstrap bootstrap, size_t count)
{
    json_key(json, "bootstrap");
    if (bootstrap == FITTED_NO_BOOTSTRAP) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_key_text(json, "unit", bootstrap == FITTED_BY_RUN ? "run" : "residual");
    json_key_count(json, "replicates", count);
    json_close(json, '}');
}

void fitted_print_replicates(struct json *json, const struct fitted_replicates *replicates)
{
    const int indent = json->indent;
    print_bootstrap(json, replicates->bootstrap, replicates->count);
    json_key(json, "replicates");
    json_open(json, '[');
    for (size_t i = 0; i < replicates->count; i++) {
        json_open(json, '[');
        json->indent = 0; /* a refit a line */
        for (size_t k = 0; k < replicates->columns; k++) {
            json_real(json, replicates->values[i * replicates->columns + k]);
        }
        json_close(json, ']');
        json->indent = indent;
    }
    json_close(json, ']');
}

void fitted_print_intervals(struct json *json, const char *const *names, const struct fitted_replicates *replicates,
                            double *scratch)
{
    json_key(json, "intervals");
    json_open(json, '{');
    for (size_t k = 0; k < replicates->columns; k++) {
        for (size_t i = 0; i < replicates->count; i++) {
            scratch[i] = replicates->values[i * replicates->columns + k];
        }
        print_interval(json, names[k], scratch, replicates->count);
    }
    json_close(json, '}');
}

void fitted_print_warnings(struct json *json, tamis_str lines)
{
    json_key(json, "warnings");
    json_open(json, '[');
    for (tamis_str line; str_next_line(&lines, &line);) {
        json_str(json, line);
    }
    json_close(json, ']');
}

bool fitted_say_warnings(tamis_str lines, struct buf *words)
{
    bool fine = true;
    for (tamis_str line; fine && str_next_line(&lines, &line);) {
        fine = buf_printf(words, "warning: %.*s\n", (int)line.len, line.at);
    }
    return fine;
}

const char *fitted_source(const char *path)
{
    const char *const slash = strrchr(path, '/');
    const char *const name = slash ? slash + 1 : path;
    return *name && strcmp(name, "-") != 0 && dom_valid_utf8(str_from(name)) ? name : NULL;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

tamis_status fitted_column(const struct runs *runs, const char *head, struct arena *arena, double **values,
                           tamis_err *err)
{
    size_t column = 0;
    tamis_status status = csv_want(&runs->table, head, &column, err);
    if (status) {
        return status;
    }
    *values = arena_alloc(arena, (runs->rows + 1) * sizeof **values);
    if (!*values) {
        return runs_no_memory(runs->source, err);
    }
    for (size_t i = 0; !status && i < runs->rows; i++) {
        status = runs_positive(runs, i, column, head, &(*values)[i], err);
        if (!status && isnan((*values)[i])) {
            status = csv_fail(&runs->table, csv_at(&runs->table, i, column), err, "%s is empty; this law needs it in "
                              "every row", head);
        }
    }
    return status;
}

static void keep_row(struct fitted_rows *rows, size_t row, double *const *columns)
{
    const size_t at = rows->used++;
    for (size_t k = 0; k < rows->columns; k++) {
        rows->inputs[at * rows->columns + k] = columns[k][row];
    }
    rows->loss[at] = rows->loss[row];
    rows->weight[at] = rows->weight[row];
    rows->run[at] = rows->runs.row[row].run;
}

tamis_status fitted_read(const struct law_job *job, const char *const *heads, size_t columns, struct arena *arena,
                         struct fitted_rows *rows, tamis_err *err)
{
    *rows = (struct fitted_rows){.columns = columns};
    double **const values = arena_alloc(arena, columns * sizeof *values);
    if (!values) {
        return runs_no_memory(job->runs, err);
    }
    tamis_status status = runs_read(job->runs, job->warm_up, arena, &rows->runs, err);
    for (size_t k = 0; !status && k < columns; k++) {
        status = fitted_column(&rows->runs, heads[k], arena, &values[k], err);
    }
    status = status ? status : fitted_column(&rows->runs, "loss", arena, &rows->loss, err);
    if (status) {
        return status;
    }
    rows->inputs = arena_alloc(arena, columns * rows->runs.rows * sizeof *rows->inputs);
    rows->weight = arena_alloc(arena, rows->runs.rows * sizeof *rows->weight);
    rows->run = arena_alloc(arena, rows->runs.rows * sizeof *rows->run);
    if (!rows->inputs || !rows->weight || !rows->run) {
        return runs_no_memory(job->runs, err);
    }
    status = runs_weights(&rows->runs, rows->weight, err);
    for (size_t i = 0; !status && i < rows->runs.rows; i++) {
        if (!rows->runs.row[i].warm_up) {
            keep_row(rows, i, values);
        }
    }
    return status;
}

void fitted_range(const struct fitted_rows *rows, size_t column, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (size_t i = 0; i < rows->used; i++) {
        *low = fmin(*low, rows->inputs[i * rows->columns + column]);
        *high = fmax(*high, rows->inputs[i * rows->columns + column]);
    }
}

struct form_rows fitted_form_rows(const struct fitted_rows *rows)
{
    return (struct form_rows){rows->inputs, rows->loss, rows->weight, rows->used};
}

size_t fitted_distinct(const struct fitted_rows *rows, size_t column, double *scratch)
{
    size_t distinct = 0;
    double last = NAN;
    for (size_t i = 0; i < rows->used; i++) {
        scratch[i] = rows->inputs[i * rows->columns + column];
    }
    qsort(scratch, rows->used, sizeof *scratch, ascending);
    for (size_t i = 0; i < rows->used; i++) {
        if (!(scratch[i] <= last * (1 + SAME_SHARE))) {
            distinct++;
            last = scratch[i];
        }
    }
    return distinct;
}

/* ---- Without one run -------------------------------------------------------------------------------------------- */

/* What a run is called: its name, else what its row holds ("N 1e+09, D 2e+10"), whatever the order; in the arena. */
static const char *run_name(const struct runs *runs, size_t run, const char *const *heads, size_t columns,
                            struct arena *arena)
{
    struct buf name;
    bool fine = true;
    if (runs->named) {
        return runs->names[run];
    }
    buf_init(&name, BUF_UNLIMITED);
    for (size_t k = 0; fine && k < columns; k++) { /* a row a run */
        double value = NAN;
        fine = !csv_real(&runs->table, run, csv_find(&runs->table, heads[k]), &value, NULL);
        fine = fine && buf_printf(&name, "%s%s %.6g", k > 0 ? ", " : "", heads[k], value);
    }
    const char *const copy = fine ? arena_strdup(arena, buf_str(&name)) : NULL;
    buf_release(&name);
    return copy;
}

tamis_status fitted_left_out(const struct refits *refits, const struct runs *runs, const char *const *heads,
                             size_t columns, bool (*enough)(const void *context, size_t without), const void *context,
                             size_t numbers, struct arena *arena, struct fitted_left_out *left, tamis_err *err)
{
    const size_t room = refits->runs <= LAW_LEFT_OUT_MOST ? refits->runs : 0;
    *left = (struct fitted_left_out){.left = {.columns = numbers}};
    left->fits = arena_alloc(arena, (room + 1) * sizeof *left->fits);
    left->without = arena_alloc(arena, (room + 1) * sizeof *left->without);
    left->left.runs = arena_alloc(arena, (room + 1) * sizeof *left->left.runs);
    left->left.values = arena_alloc(arena, (room + 1) * numbers * sizeof *left->left.values);
    if (!left->fits || !left->without || !left->left.runs || !left->left.values) {
        return runs_no_memory(runs->source, err);
    }
    const tamis_status status = refit_left_out(refits, LAW_LEFT_OUT_MOST, enough, context, left->fits, left->without,
                                               &left->left.count, err);
    for (size_t i = 0; !status && i < left->left.count; i++) {
        left->left.runs[i] = run_name(runs, left->without[i], heads, columns, arena);
        if (!left->left.runs[i]) {
            return runs_no_memory(runs->source, err);
        }
    }
    return status;
}

/* ---- Both kinds of refits --------------------------------------------------------------------------------------- */

static tamis_status leave_out(const struct fitted_refits *want, struct arena *arena, struct law_left_out *left_out,
                              tamis_err *err)
{
    struct fitted_left_out left;
    const tamis_status status = fitted_left_out(&want->refits, &want->rows->runs, want->heads, want->rows->columns,
                                                want->enough, want->context, want->numbers, arena, &left, err);
    for (size_t i = 0; !status && i < left.left.count; i++) {
        want->take(want->context, &left.fits[i], left.left.values + i * want->numbers);
    }
    *left_out = left.left;
    return status;
}

static tamis_status bootstrap(const struct fitted_refits *want, struct arena *arena,
                              struct fitted_replicates *replicates, tamis_err *err)
{
    const enum fitted_bootstrap kind = fitted_bootstrap_of(&want->refits);
    struct refits refits = want->refits;
    refits.count = kind == FITTED_NO_BOOTSTRAP ? 0 : refits.count;
    struct form_fit *const fits = arena_alloc(arena, (refits.count + 1) * sizeof *fits);
    double *const values = arena_alloc(arena, (refits.count + 1) * want->numbers * sizeof *values);
    if (!fits || !values) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the bootstrap");
    }
    const tamis_status status = refit(&refits, fits, err);
    for (size_t i = 0; !status && i < refits.count; i++) {
        want->take(want->context, &fits[i], values + i * want->numbers);
    }
    *replicates = (struct fitted_replicates){kind, values, want->numbers, refits.count};
    return status;
}

tamis_status fitted_refit(const struct fitted_refits *want, struct arena *arena, struct fitted_replicates *replicates,
                          struct law_left_out *left_out, tamis_err *err)
{
    const tamis_status status = leave_out(want, arena, left_out, err);
    return status ? status : bootstrap(want, arena, replicates, err);
}

/* ---- Back from a file ------------------------------------------------------------------------------------------- */

static tamis_status read_numbers(const struct tree *list, const char *key, size_t count, double *values, tamis_err *err)
{
    bool fine = list->kind == TREE_LIST && list->count == count;
    for (size_t i = 0; fine && i < count; i++) {
        const struct tree *const item = list->items[i];
        fine = item->kind == TREE_SCALAR && !item->quoted && str_real(str_from(item->text), &values[i]);
    }
    return fine ? TAMIS_OK
                : tamis_fail(err, TAMIS_INPUT, "%s:%u:%u: `%s` must hold lists of %zu numbers; fit the law again",
                             list->file, list->line, list->column, key, count);
}

tamis_status fitted_read_table(const struct tree *map, const char *key, size_t columns, struct arena *arena,
                               const double **values, size_t *rows, tamis_err *err)
{
    const struct tree *const list = tree_get(map, key);
    *values = NULL;
    *rows = 0;
    if (!list || tree_is_null(list)) {
        return TAMIS_OK;
    }
    if (list->kind != TREE_LIST) {
        return tamis_fail(err, TAMIS_INPUT, "%s:%u:%u: `%s` must be a list; fit the law again", list->file, list->line,
                          list->column, key);
    }
    double *const numbers = arena_alloc(arena, (list->count * columns + 1) * sizeof *numbers);
    if (!numbers) {
        return tamis_fail(err, TAMIS_IO, "%s: out of memory for the law", map->file);
    }
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < list->count; i++) {
        status = read_numbers(list->items[i], key, columns, numbers + i * columns, err);
    }
    *values = numbers;
    *rows = status ? 0 : list->count;
    return status;
}

tamis_status fitted_read_range(const struct tree *map, const char *key, bool missing, double *low, double *high,
                               tamis_err *err)
{
    const struct tree *const list = tree_get(map, key);
    double pair[2] = {NAN, NAN};
    tamis_status status = TAMIS_OK;
    if (list && !tree_is_null(list)) {
        status = read_numbers(list, key, 2, pair, err);
    } else if (!missing) {
        status = tamis_fail(err, TAMIS_INPUT, "%s:%u: `%s` is missing; fit the law again", map->file, map->line, key);
    }
    if (!status && list && pair[0] > pair[1]) {
        status = tamis_fail(err, TAMIS_INPUT, "%s:%u: `%s` runs from high to low", list->file, list->line, key);
    }
    *low = pair[0];
    *high = pair[1];
    return status;
}

const char *fitted_read_text(const struct tree *map, const char *key)
{
    const struct tree *const node = tree_get(map, key);
    return node && node->kind == TREE_SCALAR && !tree_is_null(node) ? node->text : NULL;
}
