/* Columns of shares and of losses. */
#include <math.h>
#include <string.h>

#include "core/str.h"
#include "io/json_shim.h"
#include "fit/mixing_law.h"

#define ROUNDING 5e-4  /* of a share given to three places */
#define SUM_WITHIN 1e-3
#define SAME 0.01      /* sizes and numbers of tokens that differ by less, as a share, are the same */
#define LOSS "loss"
#define LOSS_PREFIX "loss_"

struct columns {
    size_t shares[MIXING_MOST], losses[MIXING_MOST];
};

/* ---- Which column is what --------------------------------------------------------------------------------------- */

static bool is_reserved(tamis_str head)
{
    static const char *const heads[] = {"run", "step", "N", "D", "base_model", "lr_peak", "warmup", "schedule",
                                        "tokenizer", "seed", "index", NULL};
    for (const char *const *h = heads; *h; h++) {
        if (str_is(head, *h)) {
            return true;
        }
    }
    return head.len >= 9 && memcmp(head.at, "base_loss", 9) == 0;
}

static bool is_loss(tamis_str head)
{
    const size_t len = sizeof LOSS_PREFIX - 1;
    return str_is(head, LOSS) || (head.len > len && memcmp(head.at, LOSS_PREFIX, len) == 0);
}

static tamis_status take_column(const struct csv *table, size_t column, struct arena *arena, struct mixing_law *law,
                                struct columns *columns, tamis_err *err)
{
    tamis_str head = table->heads[column].text;
    const bool loss = is_loss(head);
    size_t *const count = loss ? &law->loss_count : &law->domain_count;
    if (*count == MIXING_MOST || !dom_valid_utf8(head)) {
        return csv_fail(table, table->heads[column], err, *count == MIXING_MOST ? "more than %d domains or losses"
                        : "the name of this column is not valid UTF-8", MIXING_MOST);
    }
    if (loss && head.len > sizeof LOSS_PREFIX - 1) {
        head.at += sizeof LOSS_PREFIX - 1;
        head.len -= sizeof LOSS_PREFIX - 1;
    }
    const char *const name = arena_strdup(arena, head);
    (loss ? columns->losses : columns->shares)[*count] = column;
    (loss ? law->losses : law->domains)[(*count)++] = name;
    return name ? TAMIS_OK : runs_no_memory(table->name, err);
}

static tamis_status find_columns(const struct csv *table, struct arena *arena, struct mixing_law *law,
                                 struct columns *columns, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    law->domains = arena_alloc(arena, MIXING_MOST * sizeof *law->domains);
    law->losses = arena_alloc(arena, MIXING_MOST * sizeof *law->losses);
    if (!law->domains || !law->losses) {
        return runs_no_memory(table->name, err);
    }
    for (size_t i = 0; !status && i < table->columns; i++) {
        if (!is_reserved(table->heads[i].text)) {
            status = take_column(table, i, arena, law, columns, err);
        }
    }
    if (!status && (law->domain_count < 2 || law->loss_count == 0)) {
        status = tamis_fail(err, TAMIS_INPUT, "%s: %zu columns of shares and %zu of losses; this law needs a share for "
                            "each of two or more domains, and `loss` or several `loss_NAME`", table->name,
                            law->domain_count, law->loss_count);
    }
    return status;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

/* Of named runs the last checkpoint: the largest step, or D; of equal ones the last in the order of runs.h. */
static bool later(const struct runs_row *a, const struct runs_row *b)
{
    if (!isnan(a->step) && !isnan(b->step) && (a->step < b->step || a->step > b->step)) {
        return a->step > b->step;
    }
    if (!isnan(a->tokens) && !isnan(b->tokens) && (a->tokens < b->tokens || a->tokens > b->tokens)) {
        return a->tokens > b->tokens;
    }
    return a->cell_row > b->cell_row;
}

static tamis_status check_same(const struct runs *runs, size_t row, const char *what, double value, double *common,
                               tamis_err *err)
{
    if (isnan(*common)) {
        *common = value;
    }
    if (!isnan(value) && fabs(value / *common - 1) > SAME) {
        return tamis_fail(err, TAMIS_INPUT, "%s:%u: %s is %g here and %g in another row; this law knows mixtures at "
                          "one size and one number of tokens\nFit the rows of one %s at a time.", runs->source,
                          runs->row[row].line, what, value, *common, what);
    }
    return TAMIS_OK;
}

static tamis_status read_shares(const struct mixing_law *law, const struct columns *columns, const struct runs *runs,
                                size_t row, double *shares, tamis_err *err)
{
    const double within = fmax(SUM_WITHIN, ROUNDING * (double)law->domain_count);
    double sum = 0;
    for (size_t j = 0; j < law->domain_count; j++) {
        const tamis_status status = runs_share(runs, row, columns->shares[j], &shares[j], err);
        if (status) {
            return status;
        }
        sum += shares[j];
    }
    if (!(fabs(sum - 1) <= within)) {
        return tamis_fail(err, TAMIS_INPUT, "%s:%u: the shares sum to %g; they must sum to 1\nIs there a column that "
                          "is no share of a domain? Columns besides run, step, N, D and losses are taken for shares.",
                          runs->source, runs->row[row].line, sum);
    }
    for (size_t j = 0; j < law->domain_count; j++) {
        shares[j] /= sum;
        law->lowest[j] = fmin(law->lowest[j], shares[j]);
        law->highest[j] = fmax(law->highest[j], shares[j]);
    }
    return TAMIS_OK;
}

static tamis_status read_losses(const struct mixing_law *law, const struct columns *columns, const struct runs *runs,
                                size_t row, double *losses, size_t stride, tamis_err *err)
{
    for (size_t i = 0; i < law->loss_count; i++) {
        const size_t column = columns->losses[i];
        const struct csv_cell cell = csv_at(&runs->table, row, column);
        const tamis_status status = runs_positive(runs, row, column, "the loss", &losses[i * stride], err);
        if (status) {
            return status;
        }
        if (isnan(losses[i * stride])) {
            return csv_fail(&runs->table, cell, err, "the loss is empty; this law needs every loss of every run");
        }
    }
    return TAMIS_OK;
}

static tamis_status read_row(struct mixing_law *law, const struct columns *columns, struct mixing_rows *rows,
                             size_t row, tamis_err *err)
{
    const struct runs *const runs = &rows->runs;
    const size_t at = rows->used++;
    rows->run[at] = runs->row[row].run;
    tamis_status status = check_same(runs, row, "N", runs->row[row].parameters, &law->parameters, err);
    status = status ? status : check_same(runs, row, "D", runs->row[row].tokens, &law->tokens, err);
    status = status ? status : read_shares(law, columns, runs, row, rows->shares + at * law->domain_count, err);
    return status ? status : read_losses(law, columns, runs, row, rows->measured + at, runs->count, err);
}

static tamis_status make_room(struct mixing_law *law, struct mixing_rows *rows, size_t **last, struct arena *arena,
                              tamis_err *err)
{
    const size_t runs = rows->runs.count;
    rows->shares = arena_alloc(arena, runs * law->domain_count * sizeof *rows->shares);
    rows->measured = arena_alloc(arena, runs * law->loss_count * sizeof *rows->measured);
    rows->run = arena_alloc(arena, runs * sizeof *rows->run);
    *last = arena_alloc(arena, runs * sizeof **last);
    law->lowest = arena_alloc(arena, law->domain_count * sizeof *law->lowest);
    law->highest = arena_alloc(arena, law->domain_count * sizeof *law->highest);
    if (!rows->shares || !rows->measured || !rows->run || !*last || !law->lowest || !law->highest) {
        return runs_no_memory(rows->runs.source, err);
    }
    for (size_t j = 0; j < law->domain_count; j++) {
        law->lowest[j] = 1;
        law->highest[j] = 0;
    }
    return TAMIS_OK;
}

tamis_status mixing_read(const struct law_job *job, struct arena *arena, struct mixing_law *law,
                         struct mixing_rows *rows, tamis_err *err)
{
    struct columns columns = {{0}, {0}};
    size_t *last = NULL;
    *law = (struct mixing_law){.parameters = NAN, .tokens = NAN};
    *rows = (struct mixing_rows){0};
    tamis_status status = runs_read(job->runs, 0, arena, &rows->runs, err);
    status = status ? status : find_columns(&rows->runs.table, arena, law, &columns, err);
    status = status ? status : make_room(law, rows, &last, arena, err);
    for (size_t run = 0; !status && run < rows->runs.count; run++) {
        last[run] = SIZE_MAX;
    }
    for (size_t i = 0; !status && i < rows->runs.rows; i++) {
        size_t *const of_run = &last[rows->runs.row[i].run];
        *of_run = *of_run == SIZE_MAX || later(&rows->runs.row[i], &rows->runs.row[*of_run]) ? i : *of_run;
    }
    for (size_t run = 0; !status && run < rows->runs.count; run++) {
        status = read_row(law, &columns, rows, last[run], err);
    }
    law->rows = rows->used;
    law->probe_flop = status ? (double)NAN : runs_flop(&rows->runs);
    return status;
}
