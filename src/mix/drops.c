/* See drops.h. Records come from the ledger alone, so most dropped documents are not read again. */
#include "mix/drops.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/json.h"
#include "core/path.h"
#include "core/str.h"
#include "mix/pool.h"

/* One dropped document, as the ledger tells it. */
struct drop {
    uint64_t number;
    const struct ledger_part *part;
    const struct survey_row *survey;
    const struct rule *rule;
    size_t row;
};

static bool find_drop(const struct drops *d, const struct ledger_part *part, size_t row, struct drop *drop)
{
    const uint16_t verdict = pool_verdict(part, row);
    if (verdict == 0) {
        return false;
    }
    *drop = (struct drop){
        .number = part->first + row,
        .part = part,
        .survey = (const struct survey_row *)part->survey.rows + row,
        .rule = &d->run->rules->at[verdict - 1],
        .row = row,
    };
    return true;
}

static const struct recipe_source *source_of(const struct drops *d, const struct survey_row *survey)
{
    return &d->run->recipe->sources[survey->source];
}

static bool withheld(const struct drops *d, const struct survey_row *survey)
{
    return source_of(d, survey)->confidential;
}

/* ---- Files ------------------------------------------------------------------------------------------------------ */

static tamis_status open_lazily(const struct drops *d, struct stream_out **out, const char *folder, const char *name,
                                tamis_err *err)
{
    if (*out != NULL) {
        return TAMIS_OK;
    }
    const struct codec_choice codec = d->run->recipe->output.codec;
    struct path path;
    tamis_status status = path_make(&path, err, "%s%s", d->run->folder, folder);
    status = status != TAMIS_OK ? status : file_make_folders(path.at, err);
    status = status != TAMIS_OK ? status : path_make(&path, err, "%s%s/%s.jsonl%s", d->run->folder, folder, name,
                                                     codec_ending(codec.codec));
    return status != TAMIS_OK ? status : stream_out_open(out, path.at, codec, err);
}

static tamis_status open_stage(struct drops *d, enum stage stage, bool verdicts, tamis_err *err)
{
    char name[64];
    snprintf(name, sizeof name, "%s-00000%s", stage_name(stage), verdicts ? ".verdicts" : "");
    return open_lazily(d, verdicts ? &d->verdicts[stage] : &d->lines[stage], "/dropped", name, err);
}

static tamis_status add_json(struct drops *d, struct stream_out *out, struct json *j, tamis_err *err)
{
    if (j->failed || !buf_add_char(&d->json, '\n')) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the record of a dropped document");
    }
    return stream_out_add(out, buf_str(&d->json), err);
}

/* ---- Records ---------------------------------------------------------------------------------------------------- */

static void write_hidden(const struct drops *d, struct json *j, const char *key, tamis_str s)
{
    char text[40];
    snprintf(text, sizeof text, "confidential:%016" PRIx64, hash_bytes(s.at, s.len, d->run->recipe->seed));
    json_key_text(j, key, text);
}

static void write_id(const struct drops *d, struct json *j, const char *key, uint64_t number,
                     const struct survey_row *survey)
{
    const tamis_str id = ledger_id(d->ledger, number);
    if (withheld(d, survey)) {
        write_hidden(d, j, key, id);
    } else {
        json_key_str(j, key, id);
    }
}

static void write_number(struct json *j, const char *key, double value)
{
    if (!isnan(value)) {
        json_key_real(j, key, value);
    }
}

static void write_keeper(const struct drops *d, struct json *j, const struct drop *drop)
{
    const struct resolve_row *const resolve = (const struct resolve_row *)drop->part->resolve.rows + drop->row;
    const bool minhash = drop->rule == &d->run->rules->at[d->run->rules->minhash];
    if (minhash) {
        write_number(j, "value", resolve->similarity);
    }
    if (resolve->keeper >= d->ledger->documents) {
        return;
    }
    const struct survey_row *const keeper = ledger_survey(d->ledger, resolve->keeper);
    if (minhash) {
        write_number(j, "threshold", recipe_threshold(d->run->recipe, drop->survey->domain, keeper->domain));
    }
    write_id(d, j, "keeper", resolve->keeper, keeper);
    write_number(j, "similarity", resolve->similarity);
}

static void write_measure(const struct drops *d, struct json *j, const struct drop *drop)
{
    if (drop->rule->stage == STAGE_FILTER) {
        write_number(j, "value", drop->survey->value);
        write_number(j, "threshold", drop->rule->threshold);
    } else if (drop->rule->stage == STAGE_DEDUP && drop->part->resolve.rows != NULL) {
        write_keeper(d, j, drop);
    } else if (drop->rule->stage == STAGE_SELECT && drop->part->select.rows != NULL) {
        const struct select_row *const select = (const struct select_row *)drop->part->select.rows + drop->row;
        write_number(j, "value", select->value);
        write_number(j, "threshold", select->threshold);
    }
}

static void write_place(const struct drops *d, struct json *j, const struct survey_row *survey)
{
    const struct input *const input = &d->run->inputs->at[survey->part];
    if (withheld(d, survey) && input->format == &reader_text) { /* its path is the id of its one document */
        write_hidden(d, j, "file", str_from(input->path));
    } else {
        json_key_text(j, "file", input->path);
    }
    json_key_count(j, "offset", survey->offset);
    json_key_count(j, "length", survey_bytes(survey, d->run->rules));
}

/* One JSON line; `text` may be NULL. */
static tamis_status write_record(struct drops *d, struct stream_out *out, const struct drop *drop,
                                 const tamis_str *text, tamis_err *err)
{
    struct json j;
    buf_clear(&d->json);
    json_init(&j, &d->json, 0);
    json_open(&j, '{');
    write_id(d, &j, "id", drop->number, drop->survey);
    json_key_count(&j, "number", drop->number);
    json_key_text(&j, "source", source_of(d, drop->survey)->name);
    json_key_text(&j, "stage", stage_name(drop->rule->stage));
    json_key_text(&j, "rule", drop->rule->name);
    write_measure(d, &j, drop);
    json_key(&j, "locator");
    json_open(&j, '{');
    write_place(d, &j, drop->survey);
    json_close(&j, '}');
    if (text != NULL) {
        json_key_str(&j, "text", *text);
    }
    json_close(&j, '}');
    d->written++;
    return add_json(d, out, &j, err);
}

static tamis_status write_reject(struct drops *d, const struct drop *drop, tamis_err *err)
{
    const tamis_status status = open_lazily(d, &d->rejects, "", "rejects", err);
    if (status != TAMIS_OK) {
        return status;
    }
    struct json j;
    buf_clear(&d->json);
    json_init(&j, &d->json, 0);
    json_open(&j, '{');
    write_place(d, &j, drop->survey);
    json_key_text(&j, "reason", drop->rule->name);
    json_key_count(&j, "number", drop->number);
    json_close(&j, '}');
    return add_json(d, d->rejects, &j, err);
}

/* ---- The walk --------------------------------------------------------------------------------------------------- */

static tamis_status write_unread(struct drops *d, const struct drop *drop, tamis_err *err)
{
    if (drop->rule->stage == STAGE_PARSE) {
        return write_reject(d, drop, err);
    }
    if (d->run->recipe->output.dropped != DROPPED_IDS) {
        return TAMIS_OK;
    }
    const tamis_status status = open_stage(d, drop->rule->stage, false, err);
    return status != TAMIS_OK ? status : write_record(d, d->lines[drop->rule->stage], drop, NULL, err);
}

/* Everything below `number` that needs no record. */
static tamis_status advance(struct drops *d, uint64_t number, tamis_err *err)
{
    const struct ledger_part *part = NULL;
    for (; d->next < number; d->next++) {
        struct drop drop;
        part = pool_part(d->ledger, part, d->next);
        if (d->next % 65536 == 0 && run_stopped(d->run)) {
            return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted while writing; the same command continues");
        }
        const bool found = find_drop(d, part, (size_t)(d->next - part->first), &drop);
        const tamis_status status = found ? write_unread(d, &drop, err) : TAMIS_OK;
        if (status != TAMIS_OK) {
            return status;
        }
    }
    return TAMIS_OK;
}

bool drops_wants(const struct drops *d, const struct ledger_part *part, size_t row)
{
    struct drop drop;
    if (d->run->recipe->output.dropped == DROPPED_NONE || !find_drop(d, part, row, &drop) ||
        drop.rule->stage == STAGE_PARSE) {
        return false;
    }
    if (d->run->recipe->output.dropped == DROPPED_FULL) {
        return !withheld(d, drop.survey);
    }
    return picks_hold(&d->picks, drop.number);
}

static tamis_status write_full(struct drops *d, struct lines *lines, const struct found *found,
                               const struct drop *drop, tamis_err *err)
{
    const enum stage stage = drop->rule->stage;
    tamis_str line = {0};
    tamis_status status = open_stage(d, stage, false, err);
    status = status != TAMIS_OK ? status : open_stage(d, stage, true, err);
    status = status != TAMIS_OK ? status : lines_line(lines, found, &line, err);
    if (status != TAMIS_OK) {
        return status;
    }
    buf_clear(&d->json);
    if (!buf_add_str(&d->json, line) || !buf_add_char(&d->json, '\n')) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a document of %zu bytes", line.len);
    }
    status = stream_out_add(d->lines[stage], buf_str(&d->json), err);
    return status != TAMIS_OK ? status : write_record(d, d->verdicts[stage], drop, NULL, err);
}

static tamis_status write_sampled(struct drops *d, struct lines *lines, const struct found *found,
                                  const struct drop *drop, tamis_err *err)
{
    tamis_str text = {0};
    tamis_status status = open_stage(d, drop->rule->stage, false, err);
    status = status != TAMIS_OK ? status : lines_text(lines, found, &text, err);
    return status != TAMIS_OK ? status : write_record(d, d->lines[drop->rule->stage], drop, &text, err);
}

tamis_status drops_record(struct drops *d, struct lines *lines, const struct found *found, tamis_err *err)
{
    const struct ledger_part *const part = ledger_part_of(d->ledger, found->number);
    struct drop drop;
    const tamis_status status = advance(d, found->number, err);
    if (status != TAMIS_OK || !find_drop(d, part, (size_t)(found->number - part->first), &drop)) {
        return status;
    }
    d->next = found->number + 1;
    return d->run->recipe->output.dropped == DROPPED_FULL ? write_full(d, lines, found, &drop, err)
                                                          : write_sampled(d, lines, found, &drop, err);
}

/* ---- Opening and finishing -------------------------------------------------------------------------------------- */

static tamis_status offer_part(struct drops *d, const struct ledger_part *part, tamis_err *err)
{
    struct drop drop;
    for (size_t row = 0; row < part->count; row++) {
        if (!find_drop(d, part, row, &drop) || drop.rule->stage == STAGE_PARSE || withheld(d, drop.survey)) {
            continue;
        }
        const tamis_str id = ledger_id(d->ledger, drop.number);
        const tamis_status status = picks_offer(&d->picks, (size_t)(drop.rule - d->run->rules->at),
                                                hash_bytes(id.at, id.len, d->run->recipe->seed), drop.number, err);
        if (status != TAMIS_OK) {
            return status;
        }
    }
    return TAMIS_OK;
}

tamis_status drops_open(struct drops *d, const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    *d = (struct drops){.run = run, .ledger = ledger};
    buf_init(&d->json, BUF_UNLIMITED);
    tamis_status status = picks_open(&d->picks, ledger, run->rules->count, err);
    const bool sampled = run->recipe->output.dropped == DROPPED_IDS;
    for (size_t p = 0; status == TAMIS_OK && sampled && p < ledger->part_count; p++) {
        status = run_stopped(run) ? tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command continues")
                                  : offer_part(d, &ledger->parts[p], err);
    }
    return status != TAMIS_OK ? status : picks_finish(&d->picks, err);
}

static tamis_status commit(struct stream_out **out, tamis_status status, tamis_err *err)
{
    struct stream_out *const s = *out;
    if (status == TAMIS_OK && s != NULL) {
        *out = NULL;
        status = stream_out_commit(s, err);
    }
    return status;
}

tamis_status drops_finish(struct drops *d, tamis_err *err)
{
    tamis_status status = advance(d, d->ledger->documents, err);
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        status = commit(&d->lines[stage], status, err);
        status = commit(&d->verdicts[stage], status, err);
    }
    return commit(&d->rejects, status, err);
}

void drops_release(struct drops *d)
{
    for (int stage = 0; stage < STAGE_COUNT; stage++) {
        stream_out_discard(d->lines[stage]);
        stream_out_discard(d->verdicts[stage]);
    }
    stream_out_discard(d->rejects);
    picks_release(&d->picks);
    buf_release(&d->json);
    *d = (struct drops){0};
}
