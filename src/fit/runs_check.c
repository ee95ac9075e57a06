/* What rows of one table cannot be: losses too large for nats, two of one run at one step, of runs made differently. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/str.h"
#include "fit/numbers.h"
#include "fit/runs.h"

/* ---- Losses ---------------------------------------------------------------------------------------------------- */

static bool begins_with(tamis_str text, const char *head)
{
    const size_t len = strlen(head);
    return text.len >= len && memcmp(text.at, head, len) == 0;
}

static bool is_loss(tamis_str head)
{
    return str_is(head, "loss") || begins_with(head, "loss_");
}

/* What is no number the law that reads it will say; it may have no use for the column. */
static tamis_status check_nats(const struct runs *runs, size_t column, tamis_err *err)
{
    for (size_t row = 0; row < runs->rows; row++) {
        const struct csv_cell cell = csv_at(&runs->table, row, column);
        double value = 0;
        if (str_real(cell.text, &value) && value > RUNS_MOST_NATS) {
            return csv_fail(&runs->table, cell, err, "%.*s is %s, more than any loss in nats per token; is this a "
                            "perplexity? Nats per token are its logarithm", STR_ARGS(runs->table.heads[column].text),
                            csv_show(cell.text).at);
        }
    }
    return TAMIS_OK;
}

/* ---- The same point twice --------------------------------------------------------------------------------------- */

struct point {
    size_t run;
    double step, tokens, parameters, ratio; /* tokens: only where there is no step; NaN: not said */
    double loss;
    struct csv_cell cell;
};

/* Rows of one run that differ in N or ratio are told of by runs_group(). */
static int by_point(const struct point *x, const struct point *y)
{
    int order = (x->run > y->run) - (x->run < y->run);
    order = order ? order : by_number(x->step, y->step);
    order = order ? order : by_number(x->tokens, y->tokens);
    order = order ? order : by_number(x->parameters, y->parameters);
    return order ? order : by_number(x->ratio, y->ratio);
}

static int by_point_and_line(const void *a, const void *b)
{
    const struct point *const x = a, *const y = b;
    const int order = by_point(x, y);
    return order ? order : (x->cell.line > y->cell.line) - (x->cell.line < y->cell.line);
}

static struct point point_of(const struct runs *runs, size_t row, size_t column, size_t ratio)
{
    const struct runs_row *const at = &runs->row[row];
    struct point point = {.run = at->run, .step = at->step, .parameters = at->parameters, .ratio = NAN, .loss = NAN};
    point.tokens = isnan(at->step) ? at->tokens : (double)NAN;
    point.cell = csv_at(&runs->table, row, column);
    if (!str_real(point.cell.text, &point.loss)) {
        point.loss = NAN;
    }
    if (!str_real(csv_at(&runs->table, row, ratio).text, &point.ratio)) {
        point.ratio = NAN;
    }
    return point;
}

static tamis_status check_twice(const struct runs *runs, size_t column, struct point *points, tamis_err *err)
{
    const size_t ratio = csv_find(&runs->table, "ratio");
    size_t count = 0;
    for (size_t row = 0; row < runs->rows; row++) {
        points[count] = point_of(runs, row, column, ratio);
        const struct point *const new = &points[count];
        count += !isnan(new->loss) && !(isnan(new->step) && isnan(new->tokens));
    }
    qsort(points, count, sizeof *points, by_point_and_line);
    for (size_t i = 1; i < count; i++) {
        const struct point *const x = &points[i - 1], *const y = &points[i];
        if (by_point(x, y) == 0 && by_number(x->loss, y->loss) != 0) {
            return csv_fail(&runs->table, y->cell, err, "%.*s is %s here and %s in line %u, at the same %s of run "
                            "'%s'; both cannot be\nTake one out; a run that was made again has a name of its own.",
                            STR_ARGS(runs->table.heads[column].text), csv_show(y->cell.text).at,
                            csv_show(x->cell.text).at, x->cell.line, isnan(y->step) ? "D" : "step",
                            runs->names[y->run]);
        }
    }
    return TAMIS_OK;
}

tamis_status runs_check_losses(const struct runs *runs, tamis_err *err)
{
    struct point *const points = malloc((runs->rows + 1) * sizeof *points);
    tamis_status status = TAMIS_OK;
    if (!points) {
        return runs_no_memory(runs->source, err);
    }
    for (size_t c = 0; !status && c < runs->table.columns; c++) {
        const tamis_str head = runs->table.heads[c].text;
        const bool loss = is_loss(head);
        status = loss || begins_with(head, "base_loss") ? check_nats(runs, c, err) : TAMIS_OK;
        status = status || !loss || !runs->named ? status : check_twice(runs, c, points, err);
    }
    free(points);
    return status;
}

/* ---- What must not be mixed ------------------------------------------------------------------------------------- */

static bool same_cell(tamis_str a, tamis_str b)
{
    double x = 0, y = 0;
    if (str_real(a, &x) && str_real(b, &y)) {
        return !(x < y) && !(x > y); /* 1e-4 is 0.0001 */
    }
    return str_equal(a, b);
}

struct placed {
    double parameters;
    size_t row;
};

static int by_size(const void *a, const void *b)
{
    const struct placed *const x = a, *const y = b;
    const int order = by_number(x->parameters, y->parameters);
    return order ? order : x->row < y->row ? -1 : x->row > y->row;
}

/* All rows of `order` that say it must say the same; with `by_n` those of one N. */
static tamis_status check_alike(const struct runs *runs, const struct placed *order, const char *head, bool by_n,
                                tamis_err *err)
{
    const size_t column = csv_find(&runs->table, head);
    const struct csv_cell none = {0};
    struct csv_cell first = none;
    for (size_t i = 0; column != CSV_NONE && i < runs->rows; i++) {
        const struct csv_cell cell = csv_at(&runs->table, order[i].row, column);
        if (by_n && i > 0 && by_number(order[i].parameters, order[i - 1].parameters) != 0) {
            first = none;
        }
        if (cell.text.len == 0) {
            continue;
        }
        if (first.text.len > 0 && !same_cell(first.text, cell.text)) {
            return csv_fail(&runs->table, cell, err, "%s is '%s' here and '%s' in line %u%s; losses of runs made "
                            "differently are not points of one law\nKeep the rows of one %s.", head,
                            csv_show(cell.text).at, csv_show(first.text).at, first.line,
                            by_n ? ", at the same N" : "", head);
        }
        first = first.text.len > 0 ? first : cell;
    }
    return TAMIS_OK;
}

tamis_status runs_check_recipes(const struct runs *runs, tamis_err *err)
{
    static const struct {
        const char *head;
        bool by_n;
    } columns[] = {{"base_model", true}, {"lr_peak", true}, {"base_loss_general", true},
                   {"warmup", false},    {"schedule", false}, {"tokenizer", false}};
    struct placed *const order = malloc(runs->rows * sizeof *order);
    if (!order) {
        return runs_no_memory(runs->source, err);
    }
    for (size_t i = 0; i < runs->rows; i++) {
        order[i] = (struct placed){runs->row[i].parameters, i};
    }
    qsort(order, runs->rows, sizeof *order, by_size);
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < sizeof columns / sizeof *columns; i++) {
        status = check_alike(runs, order, columns[i].head, columns[i].by_n, err);
    }
    free(order);
    return status;
}
