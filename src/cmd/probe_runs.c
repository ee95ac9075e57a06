/*
 * The runs.csv of a probe: a row per run to be filled in, and what becomes of one that stands there already.
 */
#include <string.h>

#include "cmd/probe_job.h"
#include "core/csv.h"
#include "core/json.h"
#include "core/str.h"

#define RUNS_HEAD "run,step,N,D,ratio,loss_domain,loss_general,base_model,lr_peak,warmup,schedule,tokenizer\n"
#define TABLE_MAX_BYTES ((size_t)64 << 20)

/* ---- A new table ------------------------------------------------------------------------------------------------ */

static bool add_real(struct buf *text, double value)
{
    struct json j;
    json_init(&j, text, 0);
    json_real(&j, value);
    return !j.failed;
}

static tamis_status write_table(const struct probe_export *e, tamis_err *err)
{
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    bool fine = buf_printf(&text, RUNS_HEAD);
    for (size_t r = 0; r < e->job->count; r++) {
        fine = fine && buf_printf(&text, "%s,,,%llu,", e->job->runs[r].name, (unsigned long long)e->tokens[r]) &&
               add_real(&text, (double)e->domain_tokens[r] / (double)e->tokens[r]) && buf_printf(&text, ",,,,,,,\n");
    }
    return probe_write_text(e, "runs.csv", &text, fine, err);
}

/* ---- One that stands -------------------------------------------------------------------------------------------- */

static bool is_ours(tamis_str head)
{
    return str_is(head, "run") || str_is(head, "D") || str_is(head, "ratio");
}

/* As a probe writes it: its columns, its runs, and nothing in it that a trainer would fill in. */
static bool nothing_filled_in(const struct csv *table, tamis_str text)
{
    const size_t head = sizeof RUNS_HEAD - 1, run = csv_find(table, "run");
    bool blank = text.len >= head && memcmp(text.at, RUNS_HEAD, head) == 0;
    for (size_t row = 0; blank && row < table->rows; row++) {
        blank = probe_is_run(csv_at(table, row, run).text);
        for (size_t c = 0; blank && c < table->columns; c++) {
            blank = is_ours(table->heads[c].text) || csv_at(table, row, c).text.len == 0;
        }
    }
    return blank;
}

static bool has_row(const struct csv *table, size_t column, tamis_str run, size_t rows)
{
    for (size_t row = 0; row < rows; row++) {
        if (str_equal(csv_at(table, row, column).text, run)) {
            return true;
        }
    }
    return false;
}

static bool add_name(struct buf *names, tamis_str name)
{
    return buf_printf(names, "%s%.*s", names->len ? ", " : "", STR_ARGS(name));
}

/* Names of runs that the table lacks, and of those in it that the probe no longer has. */
static bool compare(const struct probe_job *job, const struct csv *table, struct buf *missing, struct buf *gone)
{
    const size_t column = csv_find(table, "run");
    bool fine = true;
    for (size_t r = 0; fine && r < job->count; r++) {
        const tamis_str run = str_from(job->runs[r].name);
        fine = has_row(table, column, run, table->rows) || add_name(missing, run);
    }
    for (size_t row = 0; fine && row < table->rows; row++) {
        const tamis_str run = csv_at(table, row, column).text;
        const bool another = probe_is_run(run) && !probe_has_run(job, run);
        fine = !another || has_row(table, column, run, row) || add_name(gone, run);
    }
    return fine;
}

static bool tell(const struct probe_export *e, const struct csv *table, struct buf *kept)
{
    const char *const folder = e->flow->run.folder;
    struct buf missing, gone;
    buf_init(&missing, BUF_UNLIMITED);
    buf_init(&gone, BUF_UNLIMITED);
    bool fine = compare(e->job, table, &missing, &gone);
    fine = fine && buf_printf(kept, "%s/runs.csv was there and is as it was; hold its D and ratio against TRAIN.md\n",
                              folder);
    if (missing.len) {
        fine = fine && buf_printf(kept, "%s/runs.csv has no row of %.*s; add them with D and ratio of TRAIN.md\n",
                                  folder, STR_ARGS(buf_str(&missing)));
    }
    if (gone.len) {
        fine = fine && buf_printf(kept, "%s/runs.csv has rows of %.*s, which this probe no longer makes; take them out "
                                  "if they are not to count\n", folder, STR_ARGS(buf_str(&gone)));
    }
    buf_release(&missing);
    buf_release(&gone);
    return fine;
}

static bool tell_unread(const struct probe_export *e, struct buf *kept)
{
    return buf_printf(kept, "%s/runs.csv was there and is as it was; it is no table of runs, which TRAIN.md "
                      "describes\n", e->flow->run.folder);
}

/* What cannot be read is the user's all the same, and stays. */
static tamis_status keep_or_renew(const struct probe_export *e, tamis_str text, struct buf *kept, tamis_err *err)
{
    struct arena arena;
    struct csv table;
    tamis_err ignored;
    bool fine = true, renew = false;
    arena_init(&arena);
    if (csv_parse(&table, &arena, "runs.csv", text, &ignored) == TAMIS_OK && csv_find(&table, "run") != CSV_NONE) {
        renew = nothing_filled_in(&table, text);
        fine = renew || tell(e, &table, kept);
    } else {
        fine = tell_unread(e, kept);
    }
    arena_release(&arena);
    if (!fine) {
        return tamis_fail(err, TAMIS_IO, "out of memory for runs.csv");
    }
    return renew ? write_table(e, err) : TAMIS_OK;
}

tamis_status probe_write_runs(const struct probe_export *e, struct buf *kept, tamis_err *err)
{
    struct path path;
    struct buf text;
    tamis_status status = path_make(&path, err, "%s/runs.csv", e->flow->run.folder);
    if (status || !file_exists(path.at)) {
        return status ? status : write_table(e, err);
    }
    buf_init(&text, BUF_UNLIMITED);
    status = file_read(path.at, TABLE_MAX_BYTES, &text, err);
    status = status ? status : keep_or_renew(e, buf_str(&text), kept, err);
    buf_release(&text);
    return status;
}
