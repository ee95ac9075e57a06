/*
 * tamis restore: brings back what one rule dropped, from the inputs, without a new survey. It changes nothing in the
 * run: what comes back was never seen by the stages after the rule.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/files.h"
#include "cmd/look.h"
#include "cmd/verbs.h"
#include "core/str.h"
#include "io/stream.h"
#include "mix/lines.h"
#include "report/grid.h"
#include "run/visit.h"

struct restore_options {
    struct common common;
    const char *rule;
    bool show_confidential;
};

static const tamis_param params[] = {
    {"rule", TAMIS_STRING, offsetof(struct restore_options, rule), NULL, 0, 0, NULL,
     "name of the rule, with or without its stage: gopher_short_doc, dedup.exact"},
    {"show_confidential", TAMIS_BOOL, offsetof(struct restore_options, show_confidential), "false", 0, 0, NULL,
     "with -o -: documents of confidential sources too (a file always gets them)"},
    {0},
};

#define RULES_LISTED 700 /* bytes of their names, about */

struct restoring {
    const struct look *look;
    const struct rule *rule;
    uint8_t *wanted;    /* a bit per document */
    uint64_t documents, bytes, tokens, withheld;
    bool withhold;      /* confidential documents */
    struct lines lines;
    struct stream_out *out;
    struct buf line;
};

/* ---- Which rule ------------------------------------------------------------------------------------------------- */

/* "a, b, c" of the rules that dropped something, those first that dropped most, as an error can hold; then how many
 * more there are. */
static bool add_rules(const struct rules *rules, uint64_t *dropped, struct buf *names)
{
    uint64_t more = 0;
    bool fine = true;
    for (;;) {
        size_t most = 0;
        for (size_t r = 1; r < rules->count; r++) {
            most = dropped[r] > dropped[most] ? r : most;
        }
        if (!fine || !dropped[most]) {
            return fine && (!more || buf_printf(names, " and %llu more, which tamis report shows",
                                                (unsigned long long)more));
        }
        const struct rule *const rule = &rules->at[most];
        dropped[most] = 0;
        if (names->len + strlen(rule->name) > RULES_LISTED) {
            more++;
        } else {
            fine = buf_printf(names, "%s%s.%s", names->len ? ", " : "", stage_name(rule->stage), rule->name);
        }
    }
}

static tamis_status list_rules(const struct look *look, struct buf *names, tamis_err *err)
{
    const struct rules *const rules = &look->flow.rules;
    uint64_t *const dropped = calloc(rules->count + 1, sizeof *dropped);
    if (!dropped) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the list of rules");
    }
    tamis_status status = TAMIS_OK;
    for (uint64_t n = 0; !status && n < look->ledger.documents; n++) {
        struct story story;
        status = story_tell(&story, &look->teller, n, err);
        if (!status && story.rule && story.rule->stage != STAGE_PARSE) {
            dropped[story.rule - rules->at]++;
        }
    }
    if (!status && !add_rules(rules, dropped, names)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the list of rules");
    }
    free(dropped);
    return status;
}

static const char *nearest_rule(const struct rules *rules, const char *name)
{
    const char **const names = calloc(rules->count + 1, sizeof *names);
    for (size_t r = 0; names && r < rules->count; r++) {
        names[r] = rules->at[r].name;
    }
    const char *const near = names ? tamis_nearest(str_from(name), names) : NULL;
    free(names);
    return near;
}

static tamis_status unknown_rule(const struct look *look, const char *name, tamis_err *err)
{
    const char *const near = name ? nearest_rule(&look->flow.rules, name) : NULL;
    struct buf names;
    buf_init(&names, BUF_UNLIMITED);
    tamis_status status = list_rules(look, &names, err);
    if (!status) {
        status = tamis_fail(err, TAMIS_USAGE, "tamis restore: %s%.80s%s%s%s\nrules that dropped something: %s",
                            name ? "no rule is called " : "say which rule: --rule NAME", name ? name : "",
                            near ? " (did you mean " : "", near ? near : "", near ? "?)" : "",
                            names.len ? names.at : "none");
    }
    buf_release(&names);
    return status;
}

/* What the rule's stage needs to be done before it can have dropped anything. */
static tamis_status check_stage(const struct look *look, const struct rule *rule, tamis_err *err)
{
    const enum flow_stage stage = rule->stage == STAGE_DEDUP    ? FLOW_RESOLVE
                                  : rule->stage == STAGE_SELECT ? FLOW_SELECT
                                                                : FLOW_SURVEY;
    if (look->stages[stage] == LOOK_DONE || look->stages[stage] == LOOK_NOT_NEEDED) {
        return TAMIS_OK;
    }
    return tamis_fail(err, TAMIS_INPUT, "%s: %s is not done yet (%s), so what %s drops is not known; continue the run",
                      look->flow.run.folder, flow_name(stage), look_word(look->stages[stage]), rule->name);
}

static tamis_status find_rule(const struct look *look, const char *name, const struct rule **rule, tamis_err *err)
{
    const struct rules *const rules = &look->flow.rules;
    const size_t found = name ? rules_find(rules, str_from(name)) : rules->count;
    if (found == rules->count) {
        return unknown_rule(look, name, err);
    }
    *rule = &rules->at[found];
    if ((*rule)->stage == STAGE_PARSE) {
        return tamis_fail(err, TAMIS_USAGE, "tamis restore: %s is a reason for rejects, which are no documents;\n"
                          "%s/rejects.jsonl* says where each of them lies", name, look->flow.run.folder);
    }
    return check_stage(look, *rule, err);
}

/* ---- Which documents -------------------------------------------------------------------------------------------- */

/* One filter may stand twice in a recipe: its rules then share their names. */
static bool is_rule(const struct restoring *r, const struct rule *rule)
{
    return rule && rule->stage == r->rule->stage && strcmp(rule->name, r->rule->name) == 0;
}

static tamis_status mark(struct restoring *r, tamis_err *err)
{
    const uint64_t documents = r->look->ledger.documents;
    tamis_status status = TAMIS_OK;
    r->wanted = calloc(documents / 8 + 1, 1);
    if (!r->wanted) {
        return tamis_fail(err, TAMIS_IO, "out of memory: one bit is needed for each of %llu documents",
                          (unsigned long long)documents);
    }
    for (uint64_t n = 0; !status && n < documents; n++) {
        struct story story;
        status = story_tell(&story, &r->look->teller, n, err);
        if (status || !is_rule(r, story.rule)) {
            continue;
        }
        if (r->withhold && story.source->confidential) {
            r->withheld++;
        } else {
            r->wanted[n / 8] |= (uint8_t)(1u << (n % 8));
        }
    }
    return status;
}

static bool wants(void *context, uint64_t number)
{
    const struct restoring *const r = context;
    return (r->wanted[number / 8] & (1u << (number % 8))) != 0;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static tamis_status write_record(void *context, uint64_t number, const struct record *record,
                                 const struct reader_format *format, tamis_err *err)
{
    struct restoring *const r = context;
    const struct survey_row *const survey = ledger_survey(&r->look->ledger, number);
    const struct found found = {.number = number, .survey = survey, .record = record, .format = format};
    tamis_str line = {0};
    const tamis_status status = lines_line(&r->lines, &found, &line, err);
    if (status) {
        return status;
    }
    buf_clear(&r->line);
    if (!buf_add_str(&r->line, line) || !buf_add_char(&r->line, '\n')) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a document of %zu bytes", line.len);
    }
    r->documents++;
    r->bytes += survey_bytes(survey, &r->look->flow.rules);
    r->tokens += survey->tokens;
    return stream_out_add(r->out, buf_str(&r->line), err);
}

static tamis_status write_all(struct restoring *r, const char *path, tamis_err *err)
{
    const struct visit visit = {.wants = wants, .record = write_record, .context = r};
    tamis_status status = stream_out_open(&r->out, path, codec_from_name(path), err);
    if (status) {
        return status;
    }
    status = lines_open(&r->lines, &r->look->flow.run, &r->look->ledger, err);
    status = status ? status : visit_records(&r->look->flow.run, &r->look->ledger, &visit, err);
    lines_release(&r->lines);
    if (status) {
        stream_out_discard(r->out);
        return status;
    }
    return stream_out_commit(r->out, err);
}

/* RUN/restored/RULE.jsonl.zst, or what -o says. */
static tamis_status choose_path(struct path *path, const struct restoring *r, tamis_err *err)
{
    const struct common *const common = r->look->flow.cli->options;
    if (common->output) {
        return path_make(path, err, "%s", common->output);
    }
    tamis_status status = path_make(path, err, "%s/restored", r->look->flow.run.folder);
    status = status ? status : file_make_folders(path->at, err);
    status = status ? status
                    : path_make(path, err, "%s/restored/%s.jsonl.zst", r->look->flow.run.folder, r->rule->name);
    const size_t folder = strlen(r->look->flow.run.folder) + strlen("/restored/");
    for (char *c = status ? NULL : strchr(path->at + folder, '/'); c; c = strchr(c, '/')) {
        *c = '_';
    }
    return status;
}

/* ---- Telling ---------------------------------------------------------------------------------------------------- */

static tamis_status tell_json(const struct restoring *r, const char *path, tamis_err *err)
{
    struct buf text, file;
    struct json json;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&file, BUF_UNLIMITED);
    json_init(&json, &text, 0);
    const bool clean = story_add_clean(&file, str_from(path));
    json_open(&json, '{');
    json_key_text(&json, "stage", stage_name(r->rule->stage));
    json_key_text(&json, "rule", r->rule->name);
    json_key_str(&json, "file", buf_str(&file));
    json_key_count(&json, "documents", r->documents);
    json_key_count(&json, "bytes", r->bytes);
    json_key_count(&json, "tokens", r->tokens);
    json_close(&json, '}');
    const bool fine = clean && !json.failed && buf_add_char(&text, '\n');
    const tamis_status status =
        fine ? cli_print(buf_str(&text), err) : tamis_fail(err, TAMIS_IO, "out of memory for the result");
    buf_release(&text);
    buf_release(&file);
    return status;
}

static void tell_people(const struct restoring *r, const struct cli *cli, const char *path)
{
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    if (print_count(&text, r->documents) && buf_printf(&text, " documents, ") && print_bytes(&text, r->bytes) &&
        buf_printf(&text, ", ") && print_count(&text, r->tokens)) {
        cli_note(cli, 0, "%s tokens that %s.%s dropped, written to %s", text.at, stage_name(r->rule->stage),
                 r->rule->name, strcmp(path, "-") == 0 ? "stdout" : path);
    }
    if (r->documents > 0) {
        cli_note(cli, 0, "note: they were never seen by what stands after this rule: %sthe draw of the targets",
                 r->rule->stage == STAGE_FILTER  ? "later filters, the search for duplicates, hold-out, selection, "
                 : r->rule->stage == STAGE_DEDUP ? "hold-out, selection, "
                                                 : "");
    }
    if (r->withheld > 0) {
        cli_note(cli, 0, "note: %llu documents of confidential sources were left out; give -o FILE or "
                 "--show-confidential", (unsigned long long)r->withheld);
    }
    buf_release(&text);
}

static tamis_status restore(const struct look *look, const struct cli *cli, tamis_err *err)
{
    const struct restore_options *const options = cli->options;
    const bool to_stdout = options->common.output && strcmp(options->common.output, "-") == 0;
    struct restoring r = {.look = look, .withhold = to_stdout && !options->show_confidential};
    struct path path;
    buf_init(&r.line, BUF_UNLIMITED);
    tamis_status status = find_rule(look, options->rule, &r.rule, err);
    status = status ? status : mark(&r, err);
    status = status ? status : files_not_inputs(&look->flow, &options->common.output, 1, err);
    status = status ? status : flow_not_inside(&look->flow, options->common.output, err);
    status = status ? status : choose_path(&path, &r, err);
    status = status ? status : write_all(&r, path.at, err);
    if (!status) {
        tell_people(&r, cli, path.at);
        status = options->common.json ? tell_json(&r, path.at, err) : TAMIS_OK;
    }
    free(r.wanted);
    buf_release(&r.line);
    return status;
}

static tamis_status run(struct cli *cli, tamis_err *err)
{
    const struct restore_options *const options = cli->options;
    const bool to_stdout = options->common.output && strcmp(options->common.output, "-") == 0;
    tamis_status status = cli_want(cli, 1, "one RUN folder", err);
    if (!status && to_stdout && options->common.json) {
        status = tamis_fail(err, TAMIS_USAGE, "tamis restore: -o - and --json both write to stdout; give -o FILE");
    }
    if (status) {
        return status;
    }
    struct look look;
    status = look_open_ledger(&look, cli, cli->arguments[0], true, err);
    status = status ? status : restore(&look, cli, err);
    look_close(&look);
    return status;
}

static const char *const examples[] = {
    "tamis restore RUN --rule gopher_short_doc     # to RUN/restored/gopher_short_doc.jsonl.zst",
    "tamis restore RUN --rule dedup.minhash -o back.jsonl.gz", NULL};

const struct verb verb_restore = {
    .name = "restore",
    .synopsis = "RUN --rule NAME [-o FILE]",
    .summary = "bring back what one rule dropped, without a new survey",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct restore_options),
    .without = "threads memory tmp seed set progress stats",
    .run = run,
};
