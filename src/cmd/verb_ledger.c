/*
 * tamis ledger: a row per document for other tools. Rows are written as they are read, so memory does not grow with the
 * corpus. What does not apply, or is not decided yet, is null in JSON and empty in CSV.
 */
#include <math.h>
#include <string.h>

#include "cmd/files.h"
#include "cmd/look.h"
#include "cmd/verbs.h"
#include "core/str.h"
#include "io/stream.h"
#include "recipe/kind.h"

enum ledger_format { FORMAT_JSONL, FORMAT_CSV, FORMAT_PARQUET };

struct ledger_options {
    struct common common;
    int format;
    bool show_confidential;
};

static const tamis_param params[] = {
    {"format", TAMIS_CHOICE, offsetof(struct ledger_options, format), "jsonl", 0, 0, "jsonl|csv|parquet",
     "of the rows; parquet is not built in yet"},
    {"show_confidential", TAMIS_BOOL, offsetof(struct ledger_options, show_confidential), "false", 0, 0, NULL,
     "ids of confidential sources too; without it they read " STORY_CONFIDENTIAL},
    {0},
};

/* ---- CSV (RFC 4180, lines end in LF) ---------------------------------------------------------------------------- */

static bool csv_text(struct buf *out, tamis_str text)
{
    bool quoted = text.len > 0 && (text.at[0] == ' ' || text.at[text.len - 1] == ' ');
    for (size_t i = 0; !quoted && i < text.len; i++) {
        quoted = text.at[i] == ',' || text.at[i] == '"' || text.at[i] == '\n' || text.at[i] == '\r';
    }
    if (!quoted) {
        return buf_add_str(out, text);
    }
    bool fine = buf_add_char(out, '"');
    for (size_t i = 0; fine && i < text.len; i++) {
        fine = (text.at[i] != '"' || buf_add_char(out, '"')) && buf_add_char(out, text.at[i]);
    }
    return fine && buf_add_char(out, '"');
}

static bool csv_next(struct buf *out, const char *text)
{
    return buf_add_char(out, ',') && csv_text(out, str_from(text));
}

static bool csv_real(struct buf *out, double value)
{
    struct json json;
    if (!buf_add_char(out, ',')) {
        return false;
    }
    json_init(&json, out, 0);
    if (isfinite(value)) {
        json_real(&json, value);
    }
    return !json.failed;
}

static bool csv_targets(struct buf *out, const struct teller *teller, const struct story *story)
{
    struct buf text;
    bool fine = true;
    buf_init(&text, BUF_UNLIMITED);
    for (unsigned t = 0; fine && story->draws && t < teller->ledger->targets; t++) {
        if (story->draws[t]) {
            fine = buf_printf(&text, "%s%s:%u", text.len ? ";" : "", teller->run->recipe->targets[t].name,
                              (unsigned)story->draws[t]);
        }
    }
    fine = fine && buf_add_char(out, ',') && csv_text(out, buf_str(&text));
    buf_release(&text);
    return fine;
}

static bool is_written(const struct look *look)
{
    return look->stages[FLOW_EMIT] == LOOK_DONE;
}

static bool csv_row(struct buf *out, const struct look *look, const struct story *story)
{
    const struct teller *const teller = &look->teller;
    const struct survey_row *const survey = story->survey;
    const bool fine = buf_printf(out, "%llu,", (unsigned long long)story->number) &&
                      csv_text(out, story_id(teller, story->number)) && csv_next(out, story->source->name) &&
                      csv_next(out, teller->run->recipe->domains[survey->domain].name) &&
                      csv_next(out, kind_name((tamis_kind)survey->kind)) &&
                      buf_printf(out, ",%llu,%u",
                                 (unsigned long long)survey_bytes(survey, teller->run->rules), survey->tokens) &&
                      csv_next(out, story->fate) &&
                      csv_next(out, story->rule ? stage_name(story->rule->stage) : "") &&
                      csv_next(out, story->rule ? story->rule->name : "") && csv_real(out, story->value) &&
                      csv_real(out, story->threshold) && buf_add_char(out, ',');
    const bool has_keeper = story->keeper != LEDGER_NOBODY;
    return fine && (!has_keeper || csv_text(out, story_id(teller, story->keeper))) &&
           csv_real(out, story->similarity) && csv_real(out, story_score(story)) && csv_targets(out, teller, story) &&
           (is_written(look) || csv_next(out, story->unwritten ? "false" : ""));
}

#define CSV_HEAD \
    "number,id,source,domain,kind,bytes,tokens,fate,stage,rule,value,threshold,keeper,similarity,scores,targets"

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

static bool json_row(struct buf *out, const struct look *look, const struct story *story)
{
    struct json json;
    json_init(&json, out, 0);
    json_open(&json, '{');
    story_write(&json, &look->teller, story);
    json_close(&json, '}');
    return !json.failed;
}

static tamis_status write_rows(const struct look *look, bool csv, struct stream_out *out, struct buf *row,
                               tamis_err *err)
{
    const tamis_str head = is_written(look) ? STR(CSV_HEAD "\n") : STR(CSV_HEAD ",written\n");
    tamis_status status = csv ? stream_out_add(out, head, err) : TAMIS_OK;
    for (uint64_t n = 0; !status && n < look->ledger.documents; n++) {
        struct story story;
        if (run_stopped(&look->flow.run)) {
            return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; nothing was kept of the output");
        }
        buf_clear(row);
        status = look_tell(look, n, &story, err);
        if (!status && (!(csv ? csv_row : json_row)(row, look, &story) || !buf_add_char(row, '\n'))) {
            status = tamis_fail(err, TAMIS_IO, "out of memory for a row of the ledger");
        }
        status = status ? status : stream_out_add(out, buf_str(row), err);
    }
    return status;
}

static tamis_status write_all(const struct look *look, const struct ledger_options *options, tamis_err *err)
{
    const char *const path = options->common.output ? options->common.output : "-";
    struct stream_out *out = NULL;
    struct buf row;
    tamis_status status = stream_out_open(&out, path, codec_from_name(path), err);
    if (status) {
        return status;
    }
    buf_init(&row, BUF_UNLIMITED);
    status = write_rows(look, options->format == FORMAT_CSV, out, &row, err);
    buf_release(&row);
    if (status) {
        stream_out_discard(out);
        return status;
    }
    return stream_out_commit(out, err);
}

static tamis_status run(struct cli *cli, tamis_err *err)
{
    const struct ledger_options *const options = cli->options;
    tamis_status status = cli_want(cli, 1, "one RUN folder", err);
    if (!status && options->format == FORMAT_PARQUET) {
        status = tamis_fail(err, TAMIS_USAGE, "tamis ledger: --format parquet is not built in; use --format jsonl or "
                            "--format csv (many tools turn either into Parquet)");
    }
    if (status) {
        return status;
    }
    struct look look;
    status = look_open_ledger(&look, cli, cli->arguments[0], options->show_confidential, err);
    if (!status) {
        look_note(&look);
        status = files_not_inputs(&look.flow, &options->common.output, 1, err);
        status = status ? status : flow_not_inside(&look.flow, options->common.output, err);
        status = status ? status : write_all(&look, options, err);
    }
    look_close(&look);
    return status;
}

static const char *const examples[] = {"tamis ledger RUN --format csv -o ledger.csv.zst",
                                       "tamis ledger RUN | jq -c 'select(.rule==\"minhash\")'", NULL};

const struct verb verb_ledger = {
    .name = "ledger",
    .synopsis = "RUN [--format jsonl|csv] [-o FILE] [--show-confidential]",
    .summary = "a row per document: its numbers, its fate, and why",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct ledger_options),
    .without = "threads memory tmp seed set progress json stats",
    .run = run,
};
