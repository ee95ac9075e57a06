/* See drop_record.h. */
#include "mix/drop_record.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/json.h"
#include "core/str.h"
#include "mix/pool.h"

static const struct recipe_source *source_of(const struct run *run, const struct survey_row *survey)
{
    return &run->recipe->sources[survey->source];
}

bool drop_find(const struct run *run, const struct ledger_part *part, size_t row, struct drop *drop)
{
    const uint16_t verdict = pool_verdict(part, row);
    if (verdict == 0) {
        return false;
    }
    const struct survey_row *const survey = (const struct survey_row *)part->survey.rows + row;
    *drop = (struct drop){
        .number = part->first + row,
        .part = part,
        .row = row,
        .survey = survey,
        .rule = &run->rules->at[verdict - 1],
        .withheld = source_of(run, survey)->confidential,
    };
    return true;
}

static void write_hidden(const struct run *run, struct json *j, const char *key, tamis_str s)
{
    char text[40];
    snprintf(text, sizeof text, "confidential:%016" PRIx64, hash_bytes(s.at, s.len, run->recipe->seed));
    json_key_text(j, key, text);
}

static void write_id(const struct run *run, const struct ledger *ledger, struct json *j, const char *key,
                     uint64_t number, const struct survey_row *survey)
{
    const tamis_str id = ledger_id(ledger, number);
    if (source_of(run, survey)->confidential) {
        write_hidden(run, j, key, id);
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

static void write_keeper(const struct run *run, const struct ledger *ledger, struct json *j, const struct drop *drop)
{
    const struct resolve_row *const resolve = (const struct resolve_row *)drop->part->resolve.rows + drop->row;
    const bool minhash = drop->rule == &run->rules->at[run->rules->minhash];
    if (minhash) {
        write_number(j, "value", resolve->similarity);
    }
    if (resolve->keeper >= ledger->documents) {
        return;
    }
    const struct survey_row *const keeper = ledger_survey(ledger, resolve->keeper);
    if (minhash) {
        write_number(j, "threshold", recipe_threshold(run->recipe, drop->survey->source, keeper->source));
    }
    write_id(run, ledger, j, "keeper", resolve->keeper, keeper);
    write_number(j, "similarity", resolve->similarity);
}

static void write_measure(const struct run *run, const struct ledger *ledger, struct json *j, const struct drop *drop)
{
    if (drop->rule->stage == STAGE_FILTER) {
        write_number(j, "value", drop->survey->value);
        write_number(j, "threshold", drop->rule->threshold);
    } else if (drop->rule->stage == STAGE_DEDUP && drop->part->resolve.rows != NULL) {
        write_keeper(run, ledger, j, drop);
    } else if (drop->rule->stage == STAGE_SELECT && drop->part->select.rows != NULL) {
        const struct select_row *const select = (const struct select_row *)drop->part->select.rows + drop->row;
        write_number(j, "value", select->value);
        write_number(j, "threshold", select->threshold);
    }
}

static void write_place(const struct run *run, struct json *j, const struct drop *drop)
{
    const struct input *const input = &run->inputs->at[drop->survey->part];
    if (drop->withheld && input->format == &reader_text) { /* its path is the id of its one document */
        write_hidden(run, j, "file", str_from(input->path));
    } else {
        json_key_text(j, "file", input->path);
    }
    json_key_count(j, "offset", drop->survey->offset);
    json_key_count(j, "length", survey_bytes(drop->survey, run->rules));
}

static bool end_line(struct json *j)
{
    json_close(j, '}');
    return !j->failed && buf_add_char(j->out, '\n');
}

bool drop_record(const struct run *run, const struct ledger *ledger, const struct drop *drop, const tamis_str *text,
                 struct buf *out)
{
    struct json j;
    json_init(&j, out, 0);
    json_open(&j, '{');
    write_id(run, ledger, &j, "id", drop->number, drop->survey);
    json_key_count(&j, "number", drop->number);
    json_key_text(&j, "source", source_of(run, drop->survey)->name);
    json_key_text(&j, "stage", stage_name(drop->rule->stage));
    json_key_text(&j, "rule", drop->rule->name);
    write_measure(run, ledger, &j, drop);
    json_key(&j, "locator");
    json_open(&j, '{');
    write_place(run, &j, drop);
    json_close(&j, '}');
    if (text != NULL) {
        json_key_str(&j, "text", *text);
    }
    return end_line(&j);
}

bool drop_reject(const struct run *run, const struct drop *drop, struct buf *out)
{
    struct json j;
    json_init(&j, out, 0);
    json_open(&j, '{');
    write_place(run, &j, drop);
    json_key_text(&j, "reason", drop->rule->name);
    json_key_count(&j, "number", drop->number);
    return end_line(&j);
}
