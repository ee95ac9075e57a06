/*
 * tamis explain: everything the ledger knows of the documents with one id. It reads no text.
 */
#include <math.h>
#include <string.h>

#include "cmd/explain_score.h"
#include "cmd/look.h"
#include "cmd/verbs.h"
#include "core/str.h"
#include "recipe/kind.h"
#include "report/grid.h"
#include "report/sample.h"

#define SAME_ID_MOST 100 /* documents that are explained when an id repeats */
#define MEMBERS_SHOWN 20 /* documents named that were dropped because of one */

struct explain_options {
    struct common common;
    bool show_confidential;
};

static const tamis_param params[] = {
    {"show_confidential", TAMIS_BOOL, offsetof(struct explain_options, show_confidential), "false", 0, 0, NULL,
     "ids of confidential sources too; without it they read " STORY_CONFIDENTIAL},
    {0},
};

/* A document with the id, and the documents that were dropped because of it. */
struct match {
    uint64_t number, members;
    uint64_t first[MEMBERS_SHOWN];
};

struct explaining {
    const struct look *look;
    tamis_str id;
    struct match at[SAME_ID_MOST];
    size_t count;
    uint64_t more; /* documents with the id beyond SAME_ID_MOST */
    struct buf out;
    bool failed;
};

/* What is told of one document. */
struct facts {
    struct story story;
    const struct match *match;
    const double *values; /* of the sample; NULL: not in it */
};

/* ---- Finding ---------------------------------------------------------------------------------------------------- */

static void find_matches(struct explaining *e)
{
    const struct ledger *const ledger = &e->look->ledger;
    for (uint64_t n = 0; n < ledger->documents; n++) {
        if (!str_equal(ledger_id(ledger, n), e->id)) {
            continue;
        }
        if (e->count < SAME_ID_MOST) {
            e->at[e->count++] = (struct match){.number = n};
        } else {
            e->more++;
        }
    }
}

static struct match *match_of(struct explaining *e, uint64_t number)
{
    size_t low = 0, high = e->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (e->at[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < e->count && e->at[low].number == number ? &e->at[low] : NULL;
}

static void find_members(struct explaining *e)
{
    const struct ledger *const ledger = &e->look->ledger;
    for (size_t p = 0; p < ledger->part_count; p++) {
        const struct resolve_row *const rows = ledger->parts[p].resolve.rows;
        for (size_t i = 0; rows && i < ledger->parts[p].count; i++) {
            struct match *const match = rows[i].keeper != LEDGER_NOBODY ? match_of(e, rows[i].keeper) : NULL;
            if (!match) {
                continue;
            }
            if (match->members < MEMBERS_SHOWN) {
                match->first[match->members] = ledger->parts[p].first + i;
            }
            match->members++;
        }
    }
}

static tamis_status unknown_id(const struct explaining *e, const char *id, tamis_err *err)
{
    const tamis_str first = e->look->ledger.documents ? story_id(&e->look->teller, 0) : STR("there is none");
    return tamis_fail(err, TAMIS_INPUT, "%s: no document has the id %.200s; ids are the input's own, a text file's "
                      "path,\nor SOURCE#ORDINAL where there is none (of the first document: %.*s); tamis ledger lists "
                      "all ids", e->look->flow.run.folder, id, first.len < 200 ? (int)first.len : 200, first.at);
}

/* ---- For machines ----------------------------------------------------------------------------------------------- */

static const struct rules *rules_of(const struct explaining *e)
{
    return &e->look->flow.rules;
}

/* The path of a text file is its document's id: what hides the one hides the other. */
static tamis_str place_of(const struct explaining *e, const struct survey_row *row)
{
    const struct input *const input = &e->look->flow.inputs.at[row->part];
    const bool hidden = e->look->flow.recipe.sources[row->source].confidential &&
                        !e->look->teller.show_confidential && input->format->renders;
    return hidden ? STR(STORY_CONFIDENTIAL) : str_from(input->path);
}

static void write_place(struct json *json, const struct explaining *e, const struct survey_row *row)
{
    struct buf file;
    buf_init(&file, BUF_UNLIMITED);
    const bool clean = story_add_clean(&file, place_of(e, row));
    json->failed = json->failed || !clean;
    json_key(json, "locator");
    json_open(json, '{');
    json_key_str(json, "file", buf_str(&file));
    json_key_count(json, "offset", row->offset);
    json_key_count(json, "length", survey_bytes(row, rules_of(e)));
    json_close(json, '}');
    buf_release(&file);
}

static tamis_status write_members(struct json *json, const struct explaining *e, const struct match *match,
                                  tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    json_key(json, "keeps");
    json_open(json, '{');
    json_key_count(json, "documents", match->members);
    json_key(json, "first");
    json_open(json, '[');
    for (uint64_t i = 0; !status && i < match->members && i < MEMBERS_SHOWN; i++) {
        struct story member;
        status = story_tell(&member, &e->look->teller, match->first[i], err);
        if (!status) {
            json_open(json, '{');
            json_key_count(json, "number", member.number);
            json_key_str(json, "id", story_id(&e->look->teller, member.number));
            json_key_text(json, "source", member.source->name);
            json_key_text(json, "rule", member.rule ? member.rule->name : NULL);
            json_key_real(json, "similarity", member.similarity);
            json_close(json, '}');
        }
    }
    json_close(json, ']');
    json_close(json, '}');
    return status;
}

static void write_signals(struct json *json, const struct explaining *e, const struct facts *facts)
{
    const struct rules *const rules = rules_of(e);
    json_key(json, "signals");
    if (!facts->values) {
        json_null(json);
        return;
    }
    json_open(json, '[');
    for (size_t r = rules->first_filter; r < rules->exact; r++) {
        const double value = facts->values[r - rules->first_filter];
        json_open(json, '{');
        json_key_text(json, "rule", rules->at[r].name);
        json_key_text(json, "signal", rules->at[r].signal);
        json_key_real(json, "value", value);
        json_key_text(json, "drops", rules->at[r].side == TAMIS_DROP_BELOW ? "below" : "above");
        json_key_real(json, "threshold", rules->at[r].threshold);
        json_key_text(json, "language", rules->at[r].language);
        json_key_bool(json, "applies", sample_applies(&e->look->flow.recipe, rules, r, facts->story.survey));
        json_key_bool(json, "fails", sample_fails(&e->look->flow.recipe, rules, r, facts->story.survey, value));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static tamis_status write_json(struct explaining *e, const struct facts *facts, tamis_err *err)
{
    struct json json;
    const struct story *const story = &facts->story;
    json_init(&json, &e->out, 0);
    json_open(&json, '{');
    story_write(&json, &e->look->teller, story);
    write_place(&json, e, story->survey);
    json_key_count(&json, "text_bytes", story->survey->text_bytes);
    json_key_bool(&json, "tokens_estimated", survey_tokens_estimated(story->survey));
    json_key_bool(&json, "confidential", story->source->confidential);
    json_key(&json, "keeper_number");
    if (story->keeper == LEDGER_NOBODY) {
        json_null(&json);
    } else {
        json_count(&json, story->keeper);
    }
    const tamis_status status = write_members(&json, e, facts->match, err);
    explain_score_write(&json, story);
    write_signals(&json, e, facts);
    json_close(&json, '}');
    e->failed = e->failed || json.failed || !buf_add_char(&e->out, '\n');
    return status;
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

static void say(struct explaining *e, bool fine)
{
    e->failed = e->failed || !fine;
}

/* In quotes and with escapes: an id is somebody else's text. */
static void say_id(struct explaining *e, uint64_t number)
{
    struct json json;
    json_init(&json, &e->out, 0);
    json_str(&json, story_id(&e->look->teller, number));
    say(e, !json.failed);
}

/* The line opens with its name; the caller goes on and ends it. */
static void say_name(struct explaining *e, const char *name)
{
    say(e, buf_printf(&e->out, "  %-10s ", name));
}

static void say_origin(struct explaining *e, const struct story *story)
{
    const struct survey_row *const row = story->survey;
    const struct recipe *const recipe = &e->look->flow.recipe;
    say_name(e, "source");
    say(e, print_text(&e->out, story->source->name) && buf_printf(&e->out, " (domain ") &&
               print_text(&e->out, recipe->domains[row->domain].name) &&
               buf_printf(&e->out, ", kind %s%s)\n", kind_name((tamis_kind)row->kind),
                          story->source->confidential ? ", confidential" : ""));
    say_name(e, "place");
    say(e, story_add_clean(&e->out, place_of(e, row)) &&
               buf_printf(&e->out, ", byte %llu, %llu bytes long\n", (unsigned long long)row->offset,
                          (unsigned long long)survey_bytes(row, rules_of(e))));
    say_name(e, "text");
    say(e, print_count(&e->out, row->text_bytes) && buf_printf(&e->out, " bytes, ") &&
               print_count(&e->out, row->tokens) &&
               buf_printf(&e->out, " tokens%s\n", survey_tokens_estimated(row) ? " (estimated)" : ""));
}

static void say_rule(struct explaining *e, const struct story *story)
{
    const struct rule *const rule = story->rule;
    say(e, buf_printf(&e->out, " by %s.", stage_name(rule->stage)) && print_text(&e->out, rule->name));
    if (explain_is_cut(&e->look->flow.recipe, story)) {
        return; /* explain_score_say() has the numbers */
    }
    if (!isnan(story->value)) {
        say(e, buf_printf(&e->out, ": %s%s%.6g", rule->signal ? rule->signal : "", rule->signal ? " is " : "",
                          story->value));
    }
    if (!isnan(story->threshold)) {
        say(e, buf_printf(&e->out, ", threshold %.6g", story->threshold));
    }
    if (rule->stage == STAGE_FILTER) {
        say(e, buf_printf(&e->out, " (drops what is %s)", rule->side == TAMIS_DROP_BELOW ? "below" : "above"));
    }
}

static void say_fate(struct explaining *e, const struct story *story)
{
    say_name(e, "fate");
    if (!story->fate) {
        say(e, buf_printf(&e->out, "kept so far: the run is not finished\n"));
        return;
    }
    if (strcmp(story->fate, fate_name(FATE_HELD_OUT)) == 0) {
        say(e, buf_printf(&e->out, "%s\n", story->unwritten ? "to be held out in valid/: not written yet"
                                                            : "held out: in valid/, used by no target"));
        return;
    }
    if (strcmp(story->fate, fate_name(FATE_SURPLUS)) == 0) {
        say(e, buf_printf(&e->out, "surplus: kept, and no target needed it\n"));
        return;
    }
    say(e, buf_printf(&e->out, "%s", story->unwritten ? "to be emitted: not written yet" : story->fate));
    if (story->rule) {
        say_rule(e, story);
    }
    say(e, buf_add_char(&e->out, '\n'));
}

static void say_similarity(struct explaining *e, double similarity)
{
    say(e, isnan(similarity) ? buf_printf(&e->out, ", not verified")
                             : buf_printf(&e->out, ", similarity %.6g", similarity));
}

static tamis_status say_members(struct explaining *e, const struct match *match, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    if (match->members == 0) {
        return TAMIS_OK;
    }
    say_name(e, "keeps");
    say(e, print_count(&e->out, match->members) &&
               buf_printf(&e->out, " document%s dropped as a copy of this one:\n", match->members == 1 ? "" : "s"));
    for (uint64_t i = 0; !status && i < match->members && i < MEMBERS_SHOWN; i++) {
        struct story member;
        status = story_tell(&member, &e->look->teller, match->first[i], err);
        if (!status) {
            say(e, buf_printf(&e->out, "    %llu ", (unsigned long long)member.number));
            say_id(e, member.number);
            say(e, buf_printf(&e->out, " (%s", member.rule ? member.rule->name : ""));
            say_similarity(e, member.similarity);
            say(e, buf_printf(&e->out, ")\n"));
        }
    }
    if (match->members > MEMBERS_SHOWN) {
        say(e, buf_printf(&e->out, "    .. and %llu more\n", (unsigned long long)(match->members - MEMBERS_SHOWN)));
    }
    return status;
}

static void say_draws(struct explaining *e, const struct story *story)
{
    const struct recipe *const recipe = &e->look->flow.recipe;
    for (unsigned t = 0; story->draws && t < e->look->ledger.targets; t++) {
        if (story->draws[t]) {
            say_name(e, "target");
            say(e, print_text(&e->out, recipe->targets[t].name) &&
                       buf_printf(&e->out, ", %u time%s\n", (unsigned)story->draws[t],
                                  story->draws[t] == 1 ? "" : "s"));
        }
    }
}

static void say_signals(struct explaining *e, const struct facts *facts)
{
    const struct rules *const rules = rules_of(e);
    struct grid g;
    if (rules_signals(rules) == 0) {
        return;
    }
    const struct survey_row *const row = facts->story.survey;
    if (!facts->values && !(row->hash_high | row->hash_low)) {
        return; /* a reject has none */
    }
    if (!facts->values) {
        say(e, buf_printf(&e->out, "  signals: the document is not in the sample, so only the deciding value was kept; "
                                   "`tamis signals` measures them all\n"));
        return;
    }
    say(e, buf_printf(&e->out, "  signals (the document is in the sample; '-': does not apply or is off)\n"));
    grid_init(&g, "lrlrl");
    for (size_t r = rules->first_filter; r < rules->exact; r++) {
        const struct rule *const rule = &rules->at[r];
        const double value = facts->values[r - rules->first_filter];
        const bool fails = sample_fails(&e->look->flow.recipe, rules, r, facts->story.survey, value);
        const bool applies = sample_applies(&e->look->flow.recipe, rules, r, facts->story.survey);
        grid_text(&g, rule->name);
        grid_real(&g, value);
        grid_text(&g, !applies ? "-" : rule->side == TAMIS_DROP_BELOW ? "drops below" : "drops above");
        grid_real(&g, applies ? rule->threshold : NAN);
        grid_text(&g, !fails ? ""
                             : sample_needs_language(&e->look->flow.recipe, rule) ? "fails, if in its language"
                                                                                  : "fails");
    }
    say(e, grid_print(&g, 4, 120, &e->out));
    grid_release(&g);
}

static tamis_status say_document(struct explaining *e, const struct facts *facts, tamis_err *err)
{
    const struct story *const story = &facts->story;
    say(e, buf_printf(&e->out, "document %llu ", (unsigned long long)story->number));
    say_id(e, story->number);
    say(e, buf_add_char(&e->out, '\n'));
    say_origin(e, story);
    say_fate(e, story);
    say(e, explain_score_say(&e->out, &e->look->flow.recipe, story));
    if (story->keeper != LEDGER_NOBODY) {
        say_name(e, "keeper");
        say(e, buf_printf(&e->out, "document %llu ", (unsigned long long)story->keeper));
        say_id(e, story->keeper);
        say_similarity(e, story->similarity);
        say(e, buf_add_char(&e->out, '\n'));
    }
    const tamis_status status = say_members(e, facts->match, err);
    say_draws(e, story);
    say_signals(e, facts);
    return status;
}

/* ---- All of them ------------------------------------------------------------------------------------------------ */

static tamis_status explain_one(struct explaining *e, const struct match *match, bool as_json, tamis_err *err)
{
    struct facts facts = {.match = match};
    struct sample_part sample = {0};
    const struct ledger *const ledger = &e->look->ledger;
    tamis_status status = look_tell(e->look, match->number, &facts.story, err);
    status = status ? status
                    : sample_open(&sample, ledger, (size_t)(facts.story.part - ledger->parts), rules_of(e), err);
    if (!status) {
        facts.values = sample_values(&sample, match->number);
        status = as_json ? write_json(e, &facts, err) : say_document(e, &facts, err);
        sample_close(&sample);
    }
    return status;
}

static tamis_status explain_all(struct explaining *e, bool as_json, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < e->count; i++) {
        say(e, as_json || i == 0 || buf_add_char(&e->out, '\n'));
        status = explain_one(e, &e->at[i], as_json, err);
    }
    if (!status && e->failed) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the story of a document");
    }
    return status ? status : cli_print(buf_str(&e->out), err);
}

static tamis_status explain(const struct look *look, const struct cli *cli, tamis_err *err)
{
    const struct common *const common = cli->options;
    struct explaining e = {.look = look, .id = str_from(cli->arguments[1])};
    buf_init(&e.out, BUF_UNLIMITED);
    find_matches(&e);
    find_members(&e);
    const tamis_status status =
        e.count ? explain_all(&e, common->json, err) : unknown_id(&e, cli->arguments[1], err);
    if (e.more) {
        cli_note(cli, 0, "note: %llu more documents have this id; tamis ledger lists them all",
                 (unsigned long long)e.more);
    }
    buf_release(&e.out);
    return status;
}

static tamis_status run(struct cli *cli, tamis_err *err)
{
    const struct explain_options *const options = cli->options;
    tamis_status status = cli_want(cli, 2, "a RUN folder and an ID", err);
    if (status) {
        return status;
    }
    struct look look;
    status = look_open_ledger(&look, cli, cli->arguments[0], options->show_confidential, err);
    if (!status) {
        look_note(&look);
        status = explain(&look, cli, err);
    }
    look_close(&look);
    return status;
}

static const char *const examples[] = {"tamis explain RUN doc-17", "tamis explain RUN edu#0 --json", NULL};

const struct verb verb_explain = {
    .name = "explain",
    .synopsis = "RUN ID [--json] [--show-confidential]",
    .summary = "the whole story of one document",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct explain_options),
    .without = "output threads memory tmp seed set progress stats",
    .run = run,
};
