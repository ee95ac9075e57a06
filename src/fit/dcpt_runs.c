/* RUNS.csv to rows of the D-CPT law, each value checked where it stands. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/str.h"
#include "io/json_shim.h"
#include "fit/dcpt.h"
#include "fit/numbers.h"
#include "fit/runs.h"

#define NAME_BYTES 80
#define SHARES_SUM 1e-3 /* by which the two shares may miss 1 */

struct columns {
    size_t ratio, other, domain, general, base;
};

static tamis_status find_columns(const struct csv *table, struct columns *c, tamis_err *err)
{
    c->domain = csv_find(table, "loss_domain");
    c->general = csv_find(table, "loss_general");
    c->base = csv_find(table, "base_loss_general");
    c->other = csv_find(table, "ratio_general");
    const tamis_status status = csv_want(table, "ratio", &c->ratio, err);
    if (!status && c->domain == CSV_NONE && c->general == CSV_NONE) {
        return csv_want(table, "loss_general", &c->general, err);
    }
    return status;
}

/* The two shares of one row, where both are given, are of one whole. */
static tamis_status check_shares(const struct runs *table, size_t row, size_t column, double ratio, tamis_err *err)
{
    double other = NAN;
    if (csv_at(&table->table, row, column).text.len == 0) {
        return TAMIS_OK;
    }
    const tamis_status status = runs_share(table, row, column, &other, err);
    if (!status && fabs(ratio + other - 1) > SHARES_SUM) {
        return csv_fail(&table->table, csv_at(&table->table, row, column), err, "ratio %g and ratio_general %g sum to "
                        "%g, not to 1; a third pool has no place in this law", ratio, other, ratio + other);
    }
    return status;
}

static tamis_status read_run(const struct runs *table, const struct columns *c, size_t row, struct dcpt_run *run,
                             tamis_err *err)
{
    const struct runs_row *const at = &table->row[row];
    *run = (struct dcpt_run){.parameters = at->parameters, .tokens = at->tokens, .line = at->line};
    tamis_status status = runs_share(table, row, c->ratio, &run->ratio, err);
    status = status ? status : check_shares(table, row, c->other, run->ratio, err);
    status = status ? status : runs_positive(table, row, c->domain, "the loss", &run->loss_domain, err);
    status = status ? status : runs_positive(table, row, c->general, "the loss", &run->loss_general, err);
    status = status ? status : runs_positive(table, row, c->base, "the base loss", &run->base_loss, err);
    if (!status && isnan(run->loss_domain) && isnan(run->loss_general)) {
        return csv_fail(&table->table, csv_at(&table->table, row, 0), err, "this run has no loss; take the line out or "
                        "fill it in");
    }
    return status;
}

/* ---- Which rows are one run ------------------------------------------------------------------------------------- */

#define KEYS 3 /* N, ratio, and which of several rows alike */

struct row_place {
    const struct dcpt_run *run;
    size_t row;
};

static int by_point(const struct dcpt_run *x, const struct dcpt_run *y)
{
    int order = by_number(x->parameters, y->parameters);
    order = order ? order : by_number(x->ratio, y->ratio);
    return order ? order : by_number(x->tokens, y->tokens);
}

static int by_point_and_loss(const void *a, const void *b)
{
    const struct row_place *const x = a, *const y = b;
    int order = by_point(x->run, y->run);
    order = order ? order : by_number(x->run->loss_domain, y->run->loss_domain);
    order = order ? order : by_number(x->run->loss_general, y->run->loss_general);
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

/*
 * Rows of one N and ratio are the checkpoints of one run; of several with the same D the first belong to one run, the
 * second to another, in the order of their losses.
 */
static void fill_keys(const struct dcpt_runs *runs, struct row_place *places, double *keys)
{
    const size_t width = runs->table->named ? KEYS - 1 : KEYS;
    for (size_t i = 0; i < runs->count; i++) {
        places[i] = (struct row_place){&runs->at[i], i};
    }
    qsort(places, runs->count, sizeof *places, by_point_and_loss);
    for (size_t i = 0, first = 0; i < runs->count; i++) {
        double *const key = keys + places[i].row * width;
        first = by_point(places[i].run, places[first].run) ? i : first;
        key[0] = places[i].run->parameters;
        key[1] = places[i].run->ratio;
        if (width == KEYS) {
            key[2] = (double)(i - first);
        }
    }
}

/* Without a column `run` a run is named by what it is, not by its line: the same for any order of the rows. */
static tamis_status name_by_content(const struct dcpt_runs *runs, struct arena *arena, tamis_err *err)
{
    struct runs *const table = runs->table;
    bool sizes = false;
    for (size_t i = 1; i < runs->count; i++) {
        sizes = sizes || by_number(runs->at[i].parameters, runs->at[0].parameters);
    }
    for (size_t i = 0; i < runs->count; i++) {
        const struct dcpt_run *const run = &runs->at[i];
        char name[NAME_BYTES], size[NAME_BYTES / 2] = "";
        if (sizes && !isnan(run->parameters)) {
            (void)snprintf(size, sizeof size, "N %.6g, ", run->parameters);
        }
        (void)snprintf(name, sizeof name, "%sratio %.6g", size, run->ratio);
        table->names[table->row[i].run] = arena_strdup(arena, str_from(name));
        if (!table->names[table->row[i].run]) {
            return runs_no_memory(runs->source, err);
        }
    }
    return TAMIS_OK;
}

static tamis_status group(struct dcpt_runs *runs, struct arena *arena, tamis_err *err)
{
    struct row_place *const places = malloc((runs->count + 1) * sizeof *places);
    double *const keys = malloc((runs->count + 1) * KEYS * sizeof *keys);
    tamis_status status = TAMIS_OK;
    if (!places || !keys) {
        status = runs_no_memory(runs->source, err);
    } else {
        fill_keys(runs, places, keys);
        status = runs_group(runs->table, keys, runs->table->named ? KEYS - 1 : KEYS, "N or the ratio", arena, err);
    }
    free(places);
    free(keys);
    return status;
}

/* ---- The table -------------------------------------------------------------------------------------------------- */

static bool is_from_scratch(tamis_str base_model)
{
    const size_t len = sizeof DCPT_FROM_SCRATCH - 1;
    return base_model.len >= len && memcmp(base_model.at, DCPT_FROM_SCRATCH, len) == 0;
}

/* What all rows that say it say alike; models of several sizes have several names. */
static tamis_status find_base_model(struct dcpt_runs *runs, struct arena *arena, tamis_err *err)
{
    const struct csv *const table = &runs->table->table;
    const size_t column = csv_find(table, "base_model");
    tamis_str common = {"", 0};
    bool alike = true;
    for (size_t i = 0; column != CSV_NONE && i < runs->count; i++) {
        const tamis_str own = csv_at(table, i, column).text;
        runs->from_scratch = runs->from_scratch || is_from_scratch(own);
        alike = alike && (own.len == 0 || common.len == 0 || str_equal(own, common));
        common = own.len > 0 ? own : common;
    }
    if (common.len == 0 || !alike || !dom_valid_utf8(common)) {
        return TAMIS_OK;
    }
    runs->base_model = arena_strdup(arena, common);
    return runs->base_model ? TAMIS_OK : runs_no_memory(runs->source, err);
}

/* The base loss of the largest N that says one. */
static void find_base(struct dcpt_runs *runs)
{
    double largest = NAN;
    for (size_t i = 0; i < runs->count; i++) {
        const struct dcpt_run *const run = &runs->at[i];
        if (!isnan(run->base_loss) && (isnan(runs->base_loss) || run->parameters > largest)) {
            runs->base_loss = run->base_loss;
            largest = run->parameters;
        }
    }
}

tamis_status dcpt_read_runs(const char *path, double warm_up, struct arena *arena, struct dcpt_runs *runs,
                            tamis_err *err)
{
    struct columns columns;
    *runs = (struct dcpt_runs){.base_loss = NAN};
    struct runs *const table = arena_alloc(arena, sizeof *table);
    if (!table) {
        return runs_no_memory(path, err);
    }
    runs->table = table;
    tamis_status status = runs_read(path, warm_up, arena, table, err);
    status = status ? status : find_columns(&table->table, &columns, err);
    if (status) {
        return status;
    }
    runs->source = runs->table->source;
    runs->count = runs->table->rows;
    runs->at = arena_alloc(arena, runs->count * sizeof *runs->at);
    if (!runs->at) {
        return runs_no_memory(runs->source, err);
    }
    for (size_t row = 0; !status && row < runs->count; row++) {
        status = read_run(runs->table, &columns, row, &runs->at[row], err);
    }
    find_base(runs);
    status = status ? status : find_base_model(runs, arena, err);
    status = status ? status : group(runs, arena, err);
    return status || runs->table->named ? status : name_by_content(runs, arena, err);
}
