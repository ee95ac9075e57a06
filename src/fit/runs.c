/* A table to rows and runs: names and warm-up. */
#include "fit/runs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/str.h"
#include "fit/numbers.h"
#include "io/json_shim.h"
#include "io/stream.h"

#define PIECE ((size_t)1 << 16) /* bytes read at a time */
#define NAME_BYTES 32           /* of "line 4294967295" */
#define NAMES_SAID 8            /* runs named in a line for people */

/* ---- Bytes ------------------------------------------------------------------------------------------------------ */

static tamis_status read_bytes(const char *path, struct buf *bytes, tamis_err *err)
{
    struct stream_in *in = NULL;
    tamis_err broken = {0};
    tamis_status status = stream_open(&in, path, err);
    for (size_t got = 1; !status && got > 0;) {
        if (!buf_reserve(bytes, PIECE)) {
            status = bytes->limit - bytes->len < PIECE
                         ? tamis_fail(err, TAMIS_INPUT, "%s: more than %zu bytes; is this a table of runs?", path,
                                      RUNS_MAX_BYTES)
                         : runs_no_memory(path, err);
            break;
        }
        status = stream_read(in, bytes->at + bytes->len, PIECE, &got, &broken);
        bytes->len += got;
        if (status == TAMIS_DAMAGED) {
            status = tamis_fail(err, TAMIS_INPUT, "%s\nHalf a table of runs is none: nothing was fitted.", broken.text);
        } else if (status) {
            status = tamis_fail(err, status, "%s", broken.text);
        }
    }
    stream_close(in);
    return status;
}

static tamis_status read_table(const char *path, struct arena *arena, struct csv *table, tamis_err *err)
{
    struct buf bytes;
    tamis_str text = {"", 0};
    buf_init(&bytes, RUNS_MAX_BYTES);
    tamis_status status = read_bytes(path, &bytes, err);
    if (!status && bytes.len > 0 && !arena_copy(arena, buf_str(&bytes), &text)) {
        status = runs_no_memory(path, err);
    }
    buf_release(&bytes);
    status = status ? status : csv_parse(table, arena, path, text, err);
    if (!status && table->rows == 0) {
        status = tamis_fail(err, TAMIS_INPUT, "%s: there is a header and no run under it", path);
    }
    return status;
}

/* ---- Cells ------------------------------------------------------------------------------------------------------ */

static tamis_status read_number(const struct runs *runs, size_t row, size_t column, const char *what, bool zero,
                                double *value, tamis_err *err)
{
    const struct csv_cell cell = csv_at(&runs->table, row, column);
    *value = NAN;
    if (cell.text.len == 0) {
        return TAMIS_OK;
    }
    const tamis_status status = csv_real(&runs->table, row, column, value, err);
    if (!status && !(*value > 0) && !(zero && *value >= 0)) {
        return csv_fail(&runs->table, cell, err, "%s is %s; it must %s", what, csv_show(cell.text).at,
                        zero ? "not be below 0" : "be above 0");
    }
    if (!status && *value > RUNS_MOST) {
        return csv_fail(&runs->table, cell, err, "%s is %s; it must not be above %g", what, csv_show(cell.text).at,
                        RUNS_MOST);
    }
    return status;
}

tamis_status runs_positive(const struct runs *runs, size_t row, size_t column, const char *what, double *value,
                           tamis_err *err)
{
    return read_number(runs, row, column, what, false, value, err);
}

tamis_status runs_share(const struct runs *runs, size_t row, size_t column, double *value, tamis_err *err)
{
    const struct csv_cell cell = csv_at(&runs->table, row, column);
    const tamis_status status = csv_real(&runs->table, row, column, value, err);
    if (!status && !(*value >= 0 && *value <= 1)) {
        return csv_fail(&runs->table, cell, err, "the %.*s is %s; it is a share of the tokens, from 0 to 1%s",
                        STR_ARGS(runs->table.heads[column].text), csv_show(cell.text).at,
                        *value > 1 && *value <= 100 ? " (95 percent is 0.95)" : "");
    }
    *value = *value > 0 ? *value : 0; /* no minus zero */
    return status;
}

/* ---- Runs ------------------------------------------------------------------------------------------------------- */

struct entry {
    tamis_str name;     /* of a row, or */
    const double *keys; /* its numbers */
    size_t count, row;
};

static int by_content(const struct entry *x, const struct entry *y)
{
    for (size_t k = 0; k < x->count; k++) {
        const int order = by_number(x->keys[k], y->keys[k]);
        if (order) {
            return order;
        }
    }
    return x->keys ? 0 : str_compare(x->name, y->name);
}

static int by_entry(const void *a, const void *b)
{
    const struct entry *const x = a, *const y = b;
    const int order = by_content(x, y);
    return order ? order : x->row < y->row ? -1 : x->row > y->row;
}

static const char *name_of(const struct runs *runs, size_t row, struct arena *arena)
{
    char line[NAME_BYTES];
    if (runs->named) {
        return arena_strdup(arena, csv_at(&runs->table, row, csv_find(&runs->table, "run")).text);
    }
    (void)snprintf(line, sizeof line, "line %u", runs->row[row].line);
    return arena_strdup(arena, str_from(line));
}

/* Entries that are alike become one run; runs are numbered by their first row. `entries` is put in order. */
static tamis_status number_runs(struct runs *runs, struct entry *entries, struct arena *arena, tamis_err *err)
{
    runs->names = arena_alloc(arena, runs->rows * sizeof *runs->names);
    if (!runs->names) {
        return runs_no_memory(runs->source, err);
    }
    qsort(entries, runs->rows, sizeof *entries, by_entry);
    const struct entry *first = entries;
    for (size_t i = 0; i < runs->rows; i++) {
        first = by_content(first, &entries[i]) ? &entries[i] : first;
        runs->row[entries[i].row].run = first->row; /* its first row, until runs are numbered */
    }
    runs->count = 0;
    for (size_t row = 0; row < runs->rows; row++) {
        struct runs_row *const at = &runs->row[row];
        if (at->run < row) {
            at->run = runs->row[at->run].run;
            continue;
        }
        runs->names[runs->count] = name_of(runs, row, arena);
        if (!runs->names[runs->count]) {
            return runs_no_memory(runs->source, err);
        }
        at->run = runs->count++;
    }
    return TAMIS_OK;
}

static tamis_status check_name(const struct runs *runs, size_t row, size_t column, tamis_err *err)
{
    const struct csv_cell cell = csv_at(&runs->table, row, column);
    if (cell.text.len == 0) {
        return csv_fail(&runs->table, cell, err, "run is empty; name the run that this row belongs to, or leave the "
                        "column out");
    }
    if (!dom_valid_utf8(cell.text)) {
        return csv_fail(&runs->table, cell, err, "run '%s' is not valid UTF-8", csv_show(cell.text).at);
    }
    return TAMIS_OK;
}

/* By the column `run`; without one every row is its own. */
static tamis_status name_runs(struct runs *runs, struct arena *arena, tamis_err *err)
{
    const size_t column = csv_find(&runs->table, "run");
    struct entry *const entries = malloc(runs->rows * sizeof *entries);
    double *const own = malloc(runs->rows * sizeof *own);
    tamis_status status = entries && own ? TAMIS_OK : runs_no_memory(runs->source, err);
    runs->named = column != CSV_NONE;
    for (size_t row = 0; !status && row < runs->rows; row++) {
        own[row] = (double)row;
        entries[row] = (struct entry){.keys = &own[row], .count = 1, .row = row};
        if (runs->named) {
            status = check_name(runs, row, column, err);
            entries[row] = (struct entry){.name = csv_at(&runs->table, row, column).text, .row = row};
        }
    }
    status = status ? status : number_runs(runs, entries, arena, err);
    free(own);
    free(entries);
    return status;
}

static tamis_status check_keys(const struct runs *runs, const double *keys, size_t count, const char *what,
                               tamis_err *err)
{
    size_t *const first = malloc(runs->count * sizeof *first);
    tamis_status status = first ? TAMIS_OK : runs_no_memory(runs->source, err);
    for (size_t i = 0; !status && i < runs->count; i++) {
        first[i] = SIZE_MAX;
    }
    for (size_t row = 0; !status && row < runs->rows; row++) {
        size_t *const own = &first[runs->row[row].run];
        *own = *own == SIZE_MAX ? row : *own;
        for (size_t k = 0; !status && k < count; k++) {
            if (by_number(keys[row * count + k], keys[*own * count + k]) != 0) {
                status = tamis_fail(err, TAMIS_INPUT, "%s:%u: run '%s' differs from line %u in %s; rows of one run are "
                                    "its checkpoints\nGive runs that differ different names.", runs->source,
                                    runs->row[row].line, runs->names[runs->row[row].run], runs->row[*own].line, what);
            }
        }
    }
    free(first);
    return status;
}

tamis_status runs_group(struct runs *runs, const double *keys, size_t count, const char *what, struct arena *arena,
                        tamis_err *err)
{
    if (runs->named) {
        return check_keys(runs, keys, count, what, err);
    }
    struct entry *const entries = malloc(runs->rows * sizeof *entries);
    if (!entries) {
        return runs_no_memory(runs->source, err);
    }
    for (size_t row = 0; row < runs->rows; row++) {
        entries[row] = (struct entry){.keys = keys + row * count, .count = count, .row = row};
    }
    const tamis_status status = number_runs(runs, entries, arena, err);
    free(entries);
    return status;
}

/* ---- Warm-up ---------------------------------------------------------------------------------------------------- */

struct length {
    double step, tokens; /* the largest; NaN: a row does not say it */
    size_t rows;
};

static double larger(double so_far, double value, bool first)
{
    return first ? value : isnan(so_far) || isnan(value) ? (double)NAN : fmax(so_far, value);
}

static void measure_runs(const struct runs *runs, struct length *lengths)
{
    for (size_t i = 0; i < runs->rows; i++) {
        const struct runs_row *const row = &runs->row[i];
        struct length *const length = &lengths[row->run];
        length->step = larger(length->step, row->step, length->rows == 0);
        length->tokens = larger(length->tokens, row->tokens, length->rows == 0);
        length->rows++;
    }
}

static tamis_status leave_out_warm_up(struct runs *runs, double share, struct arena *arena, tamis_err *err)
{
    struct length *const lengths = calloc(runs->count + 1, sizeof *lengths);
    bool *const shortened = arena_zeroed(arena, runs->count, sizeof *shortened);
    if (!lengths || !shortened) {
        free(lengths);
        return runs_no_memory(runs->source, err);
    }
    measure_runs(runs, lengths);
    for (size_t i = 0; runs->named && i < runs->rows; i++) {
        struct runs_row *const row = &runs->row[i];
        const struct length *const length = &lengths[row->run];
        row->warm_up = isnan(length->step) ? row->tokens < share * length->tokens : row->step < share * length->step;
        runs->warm_up += row->warm_up;
        shortened[row->run] |= row->warm_up;
    }
    runs->warm_up_share = share;
    runs->shortened = shortened;
    free(lengths);
    return TAMIS_OK;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static tamis_status read_rows(struct runs *runs, tamis_err *err)
{
    const size_t step = csv_find(&runs->table, "step"), parameters = csv_find(&runs->table, "N"),
                 tokens = csv_find(&runs->table, "D");
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < runs->rows; i++) {
        struct runs_row *const row = &runs->row[i];
        *row = (struct runs_row){.line = csv_at(&runs->table, i, 0).line, .cell_row = i};
        status = read_number(runs, i, step, "step", true, &row->step, err);
        status = status ? status : runs_positive(runs, i, parameters, "N", &row->parameters, err);
        status = status ? status : runs_positive(runs, i, tokens, "D", &row->tokens, err);
    }
    return status;
}

tamis_status runs_read(const char *path, double warm_up, struct arena *arena, struct runs *runs, tamis_err *err)
{
    *runs = (struct runs){.source = path};
    tamis_status status = read_table(path, arena, &runs->table, err);
    if (status) {
        return status;
    }
    runs->source = runs->table.name;
    runs->rows = runs->table.rows;
    runs->row = arena_alloc(arena, runs->rows * sizeof *runs->row);
    if (!runs->row) {
        return runs_no_memory(runs->source, err);
    }
    status = read_rows(runs, err);
    status = status ? status : runs_check_recipes(runs, err);
    status = status ? status : runs_order(runs, arena, err);
    status = status ? status : name_runs(runs, arena, err);
    status = status ? status : runs_check_losses(runs, err);
    return status ? status : leave_out_warm_up(runs, warm_up, arena, err);
}

/* ---- What runs weigh and cost ----------------------------------------------------------------------------------- */

tamis_status runs_weights(const struct runs *runs, double *weight, tamis_err *err)
{
    size_t *const rows = calloc(runs->count + 1, sizeof *rows);
    size_t used = 0, used_runs = 0;
    if (!rows) {
        return runs_no_memory(runs->source, err);
    }
    for (size_t i = 0; i < runs->rows; i++) {
        const size_t run = runs->row[i].run;
        if (!runs->row[i].warm_up) {
            used++;
            used_runs += rows[run]++ == 0;
        }
    }
    for (size_t i = 0; i < runs->rows; i++) {
        const double shared = (double)used_runs * (double)rows[runs->row[i].run];
        weight[i] = runs->row[i].warm_up ? 0 : (double)used / shared;
    }
    free(rows);
    return TAMIS_OK;
}

double runs_flop(const struct runs *runs)
{
    double *const most = calloc(runs->count + 1, sizeof *most);
    double sum = 0;
    if (!most) {
        return NAN;
    }
    for (size_t i = 0; i < runs->rows; i++) {
        const struct runs_row *const row = &runs->row[i];
        const double flop = 6 * row->parameters * row->tokens;
        sum += isnan(flop) ? flop : 0;
        most[row->run] = fmax(most[row->run], flop);
    }
    for (size_t i = 0; i < runs->count; i++) {
        sum += most[i];
    }
    free(most);
    return sum;
}

/* ---- Telling ---------------------------------------------------------------------------------------------------- */

void runs_print_warm_up(const struct runs *runs, struct json *json)
{
    json_key(json, "warm_up");
    json_open(json, '{');
    json_key_real(json, "share", runs->warm_up_share);
    json_key_count(json, "rows", runs->warm_up);
    json_key(json, "runs");
    json_open(json, '[');
    for (size_t i = 0; runs->warm_up > 0 && i < runs->count; i++) {
        if (runs->shortened[i]) {
            json_text(json, runs->names[i]);
        }
    }
    json_close(json, ']');
    json_close(json, '}');
}

bool runs_say_warm_up(const struct runs *runs, struct buf *words)
{
    size_t said = 0;
    if (runs->warm_up == 0) {
        return true;
    }
    bool fine = buf_printf(words, "  warm-up  %zu of %zu rows left out, the first %g of each run:", runs->warm_up,
                           runs->rows, runs->warm_up_share);
    for (size_t i = 0; fine && i < runs->count; i++) {
        if (runs->shortened[i] && said++ < NAMES_SAID) {
            fine = buf_printf(words, "%s%s", said > 1 ? ", " : " ", runs->names[i]);
        }
    }
    return fine && buf_printf(words, "%s\n", said > NAMES_SAID ? ", .." : "");
}
