/* See story.h. The verdict is the first non-zero rule in stage order, as everywhere. */
#include "report/story.h"

#include <math.h>
#include <string.h>
#include <utf8proc.h>

#include "core/str.h"
#include "recipe/kind.h"

/* ---- Rows that make sense --------------------------------------------------------------------------------------- */

static bool survey_fine(const struct run *run, const struct survey_row *row)
{
    return row->rule <= run->rules->count && row->source < run->recipe->source_count &&
           row->domain < run->recipe->domain_count && row->part < run->inputs->count && row->kind < TAMIS_KINDS;
}

static bool row_fine(const struct teller *teller, const struct ledger_part *part, size_t i)
{
    const struct run *const run = teller->run;
    const struct resolve_row *const resolve = part->resolve.rows;
    const struct select_row *const select = part->select.rows;
    return survey_fine(run, (const struct survey_row *)part->survey.rows + i) &&
           (!resolve || (resolve[i].rule <= run->rules->count &&
                         (resolve[i].keeper < teller->ledger->documents || resolve[i].keeper == LEDGER_NOBODY))) &&
           (!select || select[i].rule <= run->rules->count);
}

/* ---- The verdict ------------------------------------------------------------------------------------------------ */

static void tell_duplicate(struct story *story, const struct teller *teller, const struct resolve_row *row)
{
    story->keeper = row->keeper;
    story->similarity = row->similarity;
    if (row->rule == teller->run->rules->minhash + 1 && row->keeper != LEDGER_NOBODY) {
        const uint16_t other = ledger_survey(teller->ledger, row->keeper)->source;
        story->value = row->similarity;
        story->threshold = other < teller->run->recipe->source_count
                               ? recipe_threshold(teller->run->recipe, story->survey->source, other)
                               : NAN;
    }
}

static void tell_measure(struct story *story, const struct teller *teller, size_t i)
{
    const struct survey_row *const survey = story->survey;
    if (!story->rule) {
        return;
    }
    if (story->rule->stage == STAGE_PARSE && survey->rule == (uint16_t)REJECT_LINE_TOO_LONG) {
        story->value = survey->value;
        story->threshold = (double)teller->run->recipe->max_line;
    } else if (story->rule->stage == STAGE_FILTER) {
        story->value = survey->value;
        story->threshold = story->rule->threshold;
    } else if (story->rule->stage == STAGE_DEDUP && story->part->resolve.rows) {
        tell_duplicate(story, teller, (const struct resolve_row *)story->part->resolve.rows + i);
    } else if (story->rule->stage == STAGE_SELECT && story->part->select.rows) {
        const struct select_row *const row = (const struct select_row *)story->part->select.rows + i;
        story->value = row->value;
        story->threshold = row->threshold;
    }
}

tamis_status story_tell(struct story *story, const struct teller *teller, uint64_t number, tamis_err *err)
{
    const struct ledger_part *const part = ledger_part_of(teller->ledger, number);
    const size_t i = (size_t)(number - part->first);
    const struct run *const run = teller->run;
    if (!row_fine(teller, part, i)) {
        return tamis_fail(err, TAMIS_INPUT, "%s: the row of document %llu does not fit the recipe in the run folder;\n"
                          "recipe.yaml was changed or the folder is damaged: run again into another folder",
                          teller->ledger->folder, (unsigned long long)number);
    }
    *story = (struct story){
        .number = number,
        .part = part,
        .survey = (const struct survey_row *)part->survey.rows + i,
        .value = NAN,
        .threshold = NAN,
        .keeper = LEDGER_NOBODY,
        .similarity = NAN,
    };
    uint16_t rule = 0;
    const enum fate fate = ledger_fate(teller->ledger, number, run->rules, &rule);
    story->source = &run->recipe->sources[story->survey->source];
    story->rule = rule ? &run->rules->at[rule - 1] : NULL;
    story->fate = fate == FATE_SURPLUS && !part->mix.rows ? NULL : fate_name(fate);
    story->draws = part->mix.rows ? (const uint8_t *)part->mix.rows + i * teller->ledger->targets : NULL;
    const struct score_row *const scores = part->score.rows;
    story->score = scores && scores[i].eligible ? &scores[i] : NULL;
    tell_measure(story, teller, i);
    return TAMIS_OK;
}

void story_not_emitted(struct story *story)
{
    story->unwritten = story->fate && (strcmp(story->fate, fate_name(FATE_EMITTED)) == 0 ||
                                       strcmp(story->fate, fate_name(FATE_HELD_OUT)) == 0);
}

double story_score(const struct story *story)
{
    return story->score ? story->score->score : NAN;
}

/* ---- Words ------------------------------------------------------------------------------------------------------ */

tamis_str story_id(const struct teller *teller, uint64_t number)
{
    const uint16_t source = ledger_survey(teller->ledger, number)->source;
    const struct recipe *const recipe = teller->run->recipe;
    const bool hidden = source >= recipe->source_count || recipe->sources[source].confidential;
    return hidden && !teller->show_confidential ? STR(STORY_CONFIDENTIAL) : ledger_id(teller->ledger, number);
}

static void write_targets(struct json *json, const struct teller *teller, const struct story *story)
{
    json_key(json, "targets");
    if (!story->draws) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    for (unsigned t = 0; t < teller->ledger->targets; t++) {
        if (story->draws[t]) {
            json_key_count(json, teller->run->recipe->targets[t].name, story->draws[t]);
        }
    }
    json_close(json, '}');
}

/* The score by its scorer's name, and the mean loss that it is to be held against. */
static void write_scores(struct json *json, const struct teller *teller, const struct story *story)
{
    const char *const name = teller->run->recipe->score.name;
    json_key(json, "scores");
    json_open(json, '{');
    if (story->score && name) {
        json_key_real(json, name, story->score->score);
        if (strcmp(name, "mean_loss") != 0) {
            json_key_real(json, "mean_loss", story->score->mean_loss);
        }
    }
    json_close(json, '}');
}

void story_write(struct json *json, const struct teller *teller, const struct story *story)
{
    const struct survey_row *const survey = story->survey;
    json_key_count(json, "number", story->number);
    json_key_str(json, "id", story_id(teller, story->number));
    json_key_text(json, "source", story->source->name);
    json_key_text(json, "domain", teller->run->recipe->domains[survey->domain].name);
    json_key_text(json, "kind", kind_name((tamis_kind)survey->kind));
    json_key_count(json, "bytes", survey_bytes(survey, teller->run->rules));
    json_key_count(json, "tokens", survey->tokens);
    json_key_text(json, "fate", story->fate);
    if (story->unwritten) {
        json_key_bool(json, "written", false);
    }
    json_key_text(json, "stage", story->rule ? stage_name(story->rule->stage) : NULL);
    json_key_text(json, "rule", story->rule ? story->rule->name : NULL);
    json_key_real(json, "value", story->value);
    json_key_real(json, "threshold", story->threshold);
    json_key(json, "keeper");
    if (story->keeper == LEDGER_NOBODY) {
        json_null(json);
    } else {
        json_str(json, story_id(teller, story->keeper));
    }
    json_key_real(json, "similarity", story->similarity);
    write_scores(json, teller, story);
    write_targets(json, teller, story);
}

bool story_add_clean(struct buf *out, tamis_str bytes)
{
    bool fine = true;
    for (size_t i = 0; fine && i < bytes.len;) {
        const size_t left = bytes.len - i;
        utf8proc_int32_t character = 0;
        const utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)bytes.at + i,
                                                      (utf8proc_ssize_t)(left < 8 ? left : 8), &character);
        fine = len > 0 ? buf_add(out, bytes.at + i, (size_t)len) : buf_add_char(out, '?');
        i += len > 0 ? (size_t)len : 1;
    }
    return fine;
}
