/* RUNS.csv to rows, each value checked where it stands. */
#include <math.h>

#include "core/csv.h"
#include "core/str.h"
#include "io/stream.h"
#include "law/dcpt.h"

struct columns {
    size_t parameters, tokens, ratio, domain, general, base;
};

static tamis_status read_bytes(const char *path, struct buf *bytes, tamis_err *err)
{
    struct stream_in *in = NULL;
    tamis_err broken = {0};
    tamis_status status = stream_open(&in, path, err);
    for (size_t got = 1; !status && got > 0;) {
        if (!buf_reserve(bytes, 1u << 16)) {
            status = bytes->limit - bytes->len < (1u << 16)
                         ? tamis_fail(err, TAMIS_INPUT, "%s: more than %zu bytes; is this a table of runs?", path,
                                      DCPT_MAX_BYTES)
                         : tamis_fail(err, TAMIS_IO, "%s: out of memory for the table", path);
            break;
        }
        status = stream_read(in, bytes->at + bytes->len, 1u << 16, &got, &broken);
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

static tamis_status find_columns(const struct csv *table, struct columns *c, tamis_err *err)
{
    c->parameters = csv_find(table, "N");
    c->tokens = csv_find(table, "D");
    c->domain = csv_find(table, "loss_domain");
    c->general = csv_find(table, "loss_general");
    c->base = csv_find(table, "base_loss_general");
    const tamis_status status = csv_want(table, "ratio", &c->ratio, err);
    if (!status && c->domain == CSV_NONE && c->general == CSV_NONE) {
        return csv_want(table, "loss_general", &c->general, err);
    }
    return status;
}

/* A number > 0; NaN for an empty cell or a column that is not there. */
static tamis_status read_positive(const struct csv *table, size_t row, size_t column, const char *what, double *value,
                                  tamis_err *err)
{
    const struct csv_cell cell = csv_at(table, row, column);
    *value = NAN;
    if (cell.text.len == 0) {
        return TAMIS_OK;
    }
    const tamis_status status = csv_real(table, row, column, value, err);
    if (!status && !(*value > 0)) {
        return csv_fail(table, cell, err, "%s is %s; it must be above 0", what, csv_show(cell.text).at);
    }
    return status;
}

static tamis_status read_ratio(const struct csv *table, size_t row, size_t column, double *ratio, tamis_err *err)
{
    const struct csv_cell cell = csv_at(table, row, column);
    const tamis_status status = csv_real(table, row, column, ratio, err);
    if (!status && !(*ratio >= 0 && *ratio <= 1)) {
        return csv_fail(table, cell, err, "the ratio is %s; it is the domain's share of the tokens, from 0 to 1%s",
                        csv_show(cell.text).at, *ratio > 1 && *ratio <= 100 ? " (95 percent is 0.95)" : "");
    }
    *ratio = *ratio > 0 ? *ratio : 0; /* no minus zero */
    return status;
}

static tamis_status read_base(const struct csv *table, size_t row, size_t column, struct dcpt_runs *runs,
                              tamis_err *err)
{
    double base = NAN;
    const tamis_status status = read_positive(table, row, column, "the base loss", &base, err);
    if (status || isnan(base)) {
        return status;
    }
    if (base < runs->base_loss || base > runs->base_loss) {
        return csv_fail(table, csv_at(table, row, column), err, "the base loss is %g here and %g above; all runs must "
                        "start from one model", base, runs->base_loss);
    }
    runs->base_loss = base;
    return TAMIS_OK;
}

static tamis_status read_run(const struct csv *table, const struct columns *c, size_t row, struct dcpt_runs *runs,
                             tamis_err *err)
{
    struct dcpt_run *const run = &runs->at[row];
    run->line = csv_at(table, row, 0).line;
    tamis_status status = read_ratio(table, row, c->ratio, &run->ratio, err);
    status = status ? status : read_positive(table, row, c->parameters, "N", &run->parameters, err);
    status = status ? status : read_positive(table, row, c->tokens, "D", &run->tokens, err);
    status = status ? status : read_positive(table, row, c->domain, "the loss", &run->loss_domain, err);
    status = status ? status : read_positive(table, row, c->general, "the loss", &run->loss_general, err);
    if (!status && isnan(run->loss_domain) && isnan(run->loss_general)) {
        return csv_fail(table, csv_at(table, row, 0), err, "this run has no loss; take the line out or fill it in");
    }
    return status ? status : read_base(table, row, c->base, runs, err);
}

static tamis_status read_table(const struct csv *table, struct arena *arena, struct dcpt_runs *runs, tamis_err *err)
{
    struct columns columns;
    tamis_status status = find_columns(table, &columns, err);
    if (!status && table->rows == 0) {
        status = tamis_fail(err, TAMIS_INPUT, "%s: there is a header and no run under it", table->name);
    }
    if (status) {
        return status;
    }
    *runs = (struct dcpt_runs){.source = table->name, .count = table->rows, .base_loss = NAN};
    runs->at = arena_alloc(arena, table->rows * sizeof *runs->at);
    if (!runs->at) {
        return tamis_fail(err, TAMIS_IO, "%s: out of memory for the runs", table->name);
    }
    for (size_t row = 0; !status && row < table->rows; row++) {
        status = read_run(table, &columns, row, runs, err);
    }
    return status;
}

tamis_status dcpt_read_runs(const char *path, struct arena *arena, struct dcpt_runs *runs, tamis_err *err)
{
    struct buf bytes;
    struct csv table;
    buf_init(&bytes, DCPT_MAX_BYTES);
    tamis_status status = read_bytes(path, &bytes, err);
    status = status ? status : csv_parse(&table, arena, path, buf_str(&bytes), err);
    status = status ? status : read_table(&table, arena, runs, err);
    buf_release(&bytes);
    return status;
}
