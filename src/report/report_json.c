/*
 * report.json: the ledger added up, what was written, and whether the two agree. Its keys are a contract
 * (docs/FORMATS.md). It holds counts and the names of damaged inputs, no id and no text: nothing of a confidential
 * source.
 */
#include <dirent.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "core/path.h"
#include "core/str.h"
#include "recipe/kind.h"
#include "report/making.h"
#include "report/story.h"

#define FOLDER_DEPTH 4

/* ---- What is not in the ledger's columns ------------------------------------------------------------------------ */

/* The size of all files in a folder. */
static tamis_status add_folder_bytes(const char *folder, int depth, uint64_t *bytes, tamis_err *err)
{
    DIR *const dir = opendir(folder);
    if (!dir) {
        return tamis_fail(err, TAMIS_IO, "%s: the folder cannot be listed; check its permissions", folder);
    }
    tamis_status status = TAMIS_OK;
    for (const struct dirent *entry; !status && (entry = readdir(dir));) {
        struct path path;
        struct stat about;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        status = path_make(&path, err, "%s/%s", folder, entry->d_name);
        if (status || lstat(path.at, &about) != 0) {
            continue;
        }
        *bytes += S_ISREG(about.st_mode) ? (uint64_t)about.st_size : 0;
        status = S_ISDIR(about.st_mode) && depth > 0 ? add_folder_bytes(path.at, depth - 1, bytes, err) : TAMIS_OK;
    }
    closedir(dir);
    return status;
}

static bool same(struct tally_cell ledger, uint64_t documents, uint64_t bytes, uint64_t tokens)
{
    return ledger.documents == documents && ledger.bytes == bytes && ledger.tokens == tokens;
}

/* What each target was to draw, by the ledger, is what was written for it. */
static bool targets_written(const struct making *m)
{
    const struct ledger *const ledger = m->ledger;
    for (size_t t = 0; t < m->recipe->target_count; t++) {
        uint64_t documents = 0, tokens = 0;
        for (uint64_t n = 0; n < ledger->documents; n++) {
            const uint64_t draws = ledger_draws(ledger, n)[t];
            documents += draws;
            tokens += draws * ledger_survey(ledger, n)->tokens;
        }
        if (documents != m->facts->targets[t].documents || tokens != m->facts->targets[t].tokens) {
            return false;
        }
    }
    return true;
}

static bool conserved(const struct making *m)
{
    const struct report_facts *const f = m->facts;
    return tally_conserved(&m->tally) && targets_written(m) &&
           same(tally_fate_sum(&m->tally, FATE_EMITTED), f->emitted_documents, f->emitted_bytes, f->emitted_tokens) &&
           same(tally_fate_sum(&m->tally, FATE_HELD_OUT), f->held_out_documents, f->held_out_bytes,
                f->held_out_tokens);
}

/* ---- Counts ----------------------------------------------------------------------------------------------------- */

static void write_members(struct json *j, struct tally_cell cell)
{
    json_key_count(j, "documents", cell.documents);
    json_key_count(j, "bytes", cell.bytes);
    json_key_count(j, "tokens", cell.tokens);
}

static void write_cell(struct json *j, const char *key, struct tally_cell cell)
{
    json_key(j, key);
    json_open(j, '{');
    write_members(j, cell);
    json_close(j, '}');
}

void making_open(struct json *j, const char *key, char bracket)
{
    json_key(j, key);
    json_open(j, bracket);
}

void making_text(struct json *j, const char *key, const char *text)
{
    struct buf clean;
    buf_init(&clean, BUF_UNLIMITED);
    if (!text) {
        json_key_text(j, key, NULL);
    } else if (story_add_clean(&clean, str_from(text))) {
        json_key_str(j, key, buf_str(&clean));
    } else {
        j->failed = true;
    }
    buf_release(&clean);
}

static void write_fates(struct making *m)
{
    struct json *const j = &m->json;
    const struct tally *const t = &m->tally;
    making_open(j, "input", '{');
    write_members(j, t->all);
    json_key_count(j, "rejects", tally_fate_sum(t, FATE_REJECTED).documents);
    json_close(j, '}');
    write_cell(j, "emitted", tally_fate_sum(t, FATE_EMITTED));
    write_cell(j, "surplus", tally_fate_sum(t, FATE_SURPLUS));
    write_cell(j, "held_out", tally_fate_sum(t, FATE_HELD_OUT));
    making_open(j, "edited", '{'); /* no stage edits yet */
    json_key_count(j, "documents", 0);
    json_key_count(j, "characters", 0);
    json_close(j, '}');
}

/* ---- Rules ------------------------------------------------------------------------------------------------------ */

/* Near-duplicates have a threshold per source: named where it is the same for all. */
static double threshold_of(const struct making *m, size_t rule)
{
    if (rule != m->rules->minhash) {
        return m->rules->at[rule].threshold;
    }
    for (size_t s = 1; s < m->recipe->source_count; s++) {
        const double first = m->recipe->sources[0].threshold, other = m->recipe->sources[s].threshold;
        if (first < other || first > other) {
            return NAN;
        }
    }
    return m->recipe->source_count ? m->recipe->sources[0].threshold : NAN;
}

static void write_dropped(struct making *m)
{
    struct json *const j = &m->json;
    making_open(j, "dropped", '[');
    for (size_t r = 0; r < m->rules->count; r++) {
        const struct rule *const rule = &m->rules->at[r];
        const struct tally_cell cell = tally_rule_sum(&m->tally, r);
        if (rule->stage == STAGE_PARSE || cell.documents == 0) {
            continue;
        }
        json_open(j, '{');
        json_key_text(j, "stage", stage_name(rule->stage));
        json_key_text(j, "rule", rule->name);
        json_key_text(j, "signal", rule->signal);
        json_key_real(j, "threshold", threshold_of(m, r));
        write_members(j, cell);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void write_rejects(struct making *m)
{
    struct json *const j = &m->json;
    making_open(j, "rejects", '[');
    for (size_t r = 0; r < m->rules->count; r++) {
        const struct tally_cell cell = tally_rule_sum(&m->tally, r);
        if (m->rules->at[r].stage == STAGE_PARSE && cell.documents > 0) {
            json_open(j, '{');
            json_key_text(j, "reason", m->rules->at[r].name);
            json_key_count(j, "documents", cell.documents);
            json_key_count(j, "bytes", cell.bytes);
            json_close(j, '}');
        }
    }
    json_close(j, ']');
}

static const char *file_of(const struct making *m, const struct input *input)
{
    return m->recipe->sources[input->source].confidential ? STORY_CONFIDENTIAL : input->path;
}

static void write_damaged(struct making *m)
{
    struct json *const j = &m->json;
    const struct survey_totals *const s = m->facts->survey;
    making_open(j, "damaged", '[');
    for (size_t i = 0; s && i < s->damaged && i < SURVEY_DAMAGED_NAMED; i++) {
        json_open(j, '{');
        making_text(j, "file", file_of(m, &m->inputs->at[s->damage[i].part]));
        json_key_count(j, "offset", s->damage[i].offset);
        json_key_count(j, "stretches", s->damage[i].stretches);
        json_key_bool(j, "cut", s->damage[i].cut);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_key_count(j, "damaged_files", s ? s->damaged : 0);
}

/* ---- Domains and sources ---------------------------------------------------------------------------------------- */

static void write_domain_rules(struct making *m, size_t domain)
{
    struct json *const j = &m->json;
    making_open(j, "rules", '[');
    for (size_t r = 0; r < m->rules->count; r++) {
        const struct tally_cell *const cell = tally_rule(&m->tally, domain, r);
        if (m->rules->at[r].stage != STAGE_PARSE && cell->documents > 0) {
            json_open(j, '{');
            json_key_text(j, "stage", stage_name(m->rules->at[r].stage));
            json_key_text(j, "rule", m->rules->at[r].name);
            write_members(j, *cell);
            json_close(j, '}');
        }
    }
    json_close(j, ']');
}

/* What came in and what became of it; `cells` is by fate. */
static void write_by_fate(struct json *j, struct tally_cell input, const struct tally_cell *cells)
{
    static const struct {
        const char *key;
        enum fate fate;
    } fates[] = {{"dropped", FATE_DROPPED}, {"rejects", FATE_REJECTED}, {"held_out", FATE_HELD_OUT},
                 {"emitted", FATE_EMITTED}, {"surplus", FATE_SURPLUS}};
    write_cell(j, "input", input);
    for (size_t f = 0; f < sizeof fates / sizeof *fates; f++) {
        write_cell(j, fates[f].key, cells[fates[f].fate]);
    }
}

static void write_domains(struct making *m)
{
    struct json *const j = &m->json;
    making_open(j, "domains", '[');
    for (size_t d = 0; d < m->recipe->domain_count; d++) {
        json_open(j, '{');
        json_key_text(j, "domain", m->recipe->domains[d].name);
        write_by_fate(j, m->tally.input[d], tally_fate(&m->tally, d, (enum fate)0));
        write_domain_rules(m, d);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void write_source_rules(struct making *m, size_t source)
{
    struct json *const j = &m->json;
    making_open(j, "rules", '[');
    for (size_t r = 0; r < m->rules->count; r++) {
        const uint64_t documents = m->tally.source_dropped[source * m->rules->count + r].documents;
        if (m->rules->at[r].stage != STAGE_PARSE && documents > 0) {
            json_open(j, '{');
            json_key_text(j, "stage", stage_name(m->rules->at[r].stage));
            json_key_text(j, "rule", m->rules->at[r].name);
            json_key_count(j, "documents", documents);
            json_close(j, '}');
        }
    }
    json_close(j, ']');
}

static void write_sources(struct making *m)
{
    struct json *const j = &m->json;
    making_open(j, "sources", '[');
    for (size_t s = 0; s < m->recipe->source_count; s++) {
        const struct recipe_source *const source = &m->recipe->sources[s];
        json_open(j, '{');
        json_key_text(j, "source", source->name);
        json_key_text(j, "domain", m->recipe->domains[source->domain].name);
        json_key_text(j, "kind", source->kind == KIND_UNKNOWN ? NULL : kind_name((tamis_kind)source->kind));
        json_key_bool(j, "confidential", source->confidential);
        write_by_fate(j, m->tally.source_input[s], &m->tally.source_fates[s * FATE_COUNT]);
        write_cell(j, "duplicates", m->tally.source_duplicates[s]);
        json_key_count(j, "estimated", m->tally.source_estimated[s]);
        write_source_rules(m, s);
        json_close(j, '}');
    }
    json_close(j, ']');
}

/* ---- Targets ---------------------------------------------------------------------------------------------------- */

double making_share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : NAN;
}

static void write_mixture(struct making *m, size_t t)
{
    const struct recipe_target *const asked = &m->recipe->targets[t];
    const struct report_target *const written = &m->facts->targets[t];
    struct json *const j = &m->json;
    making_open(j, "mixture", '[');
    for (size_t d = 0; d < m->recipe->domain_count; d++) {
        json_open(j, '{');
        json_key_text(j, "domain", m->recipe->domains[d].name);
        json_key_real(j, "wanted", asked->natural ? NAN : asked->shares[d]);
        json_key_real(j, "share", making_share(written->domain_tokens[d], written->tokens));
        json_key_count(j, "tokens", written->domain_tokens[d]);
        json_key_count(j, "documents", written->domain_documents[d]);
        json_key_real(j, "epochs", written->epochs[d]);
        if (written->needed_tokens) {
            json_key_count(j, "needed_tokens", written->needed_tokens[d]);
        }
        json_key_count(j, "drawn_tokens", needs_drawn(&m->needs, t, d));
        json_key_count(j, "repeated_tokens", needs_repeated(&m->needs, t, d));
        json_close(j, '}');
    }
    json_close(j, ']');
    making_open(j, "epochs", '{');
    for (size_t d = 0; d < m->recipe->domain_count; d++) {
        json_key_real(j, m->recipe->domains[d].name, written->epochs[d]);
    }
    json_close(j, '}');
}

static void write_targets(struct making *m)
{
    struct json *const j = &m->json;
    making_open(j, "targets", '[');
    for (size_t t = 0; t < m->recipe->target_count; t++) {
        const struct recipe_target *const asked = &m->recipe->targets[t];
        const struct report_target *const written = &m->facts->targets[t];
        json_open(j, '{');
        json_key_text(j, "name", asked->name);
        json_key_text(j, "domain", m->recipe->domains[asked->domain].name);
        json_key_real(j, "ratio_wanted", asked->natural ? NAN : asked->ratio);
        json_key_real(j, "ratio", making_share(written->domain_tokens[asked->domain], written->tokens));
        json_key_count(j, "documents_written", written->documents);
        json_key_count(j, "tokens_written", written->tokens);
        json_key_count(j, "bytes_written", written->bytes);
        json_key_count(j, "tokens_wanted", written->wanted_tokens);
        json_key_count(j, "shards", written->shards);
        making_law(m, t);
        write_mixture(m, t);
        json_close(j, '}');
    }
    json_close(j, ']');
}

/* ---- The sample ------------------------------------------------------------------------------------------------- */

static const char *sampled_rule(const struct making *m, size_t index)
{
    return m->rules->at[m->rules->first_filter + index].name;
}

static void write_sample(struct making *m)
{
    struct json *const j = &m->json;
    const struct sample_counts *const s = &m->sample;
    making_open(j, "sample", '{');
    json_key_count(j, "documents", s->documents);
    making_open(j, "rules", '[');
    for (size_t i = 0; i < s->rule_count; i++) {
        if (s->rules[i].fails > 0) {
            json_open(j, '{');
            json_key_text(j, "rule", sampled_rule(m, i));
            json_key_count(j, "fails", s->rules[i].fails);
            json_key_count(j, "only", s->rules[i].only);
            json_close(j, '}');
        }
    }
    json_close(j, ']');
    making_open(j, "overlaps", '[');
    for (size_t i = 0; i < s->pair_count; i++) {
        json_open(j, '{');
        json_key_text(j, "a", sampled_rule(m, s->pairs[i].a));
        json_key_text(j, "b", sampled_rule(m, s->pairs[i].b));
        json_key_count(j, "documents", s->pairs[i].documents);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_close(j, '}');
}

/* ---- The whole -------------------------------------------------------------------------------------------------- */

static void write_facts(struct making *m)
{
    struct json *const j = &m->json;
    making_open(j, "duplicates", '{');
    json_key_count(j, "repeated_ids", m->facts->repeated_ids);
    json_key_count(j, "capped_pairs", m->facts->capped_pairs);
    json_key_bool(j, "unverified", m->facts->unverified);
    json_close(j, '}');
    write_sample(m);
    json_key_bool(j, "tokens_estimated", m->recipe->tokens_estimated);
    json_key_bool(j, "ratio_exact", m->recipe->ratio_exact);
    json_key_bool(j, "conserved", m->conserved);
    json_key_count(j, "processes", m->facts->processes);
    json_key_real(j, "wall_seconds", m->facts->wall_seconds);
    json_key_real(j, "cpu_seconds", m->facts->cpu_seconds);
    json_key_count(j, "peak_rss_bytes", m->facts->peak_rss_bytes);
    json_key_real(j, "ledger_bytes_per_document", making_share(m->ledger_bytes, m->tally.all.documents));
}

static void write_report(struct making *m)
{
    struct json *const j = &m->json;
    json_open(j, '{');
    json_key_count(j, "version", REPORT_VERSION);
    json_key_text(j, "tamis", tamis_version());
    making_text(j, "command", m->facts->command);
    json_key_count(j, "seed", m->recipe->seed);
    write_fates(m);
    write_dropped(m);
    write_rejects(m);
    write_damaged(m);
    write_domains(m);
    write_sources(m);
    write_targets(m);
    making_scores(m);
    making_selection(m);
    making_needs(m);
    making_warnings(m);
    write_facts(m);
    json_close(j, '}');
}

tamis_status report_make(const struct run *run, const struct ledger *ledger, const struct report_facts *facts,
                         struct buf *json, bool *all_there, tamis_err *err)
{
    struct making m = {.recipe = run->recipe, .rules = run->rules, .inputs = run->inputs, .facts = facts,
                       .ledger = ledger};
    tamis_status status = tally_init(&m.tally, run->recipe, run->rules, err);
    if (status) {
        return status;
    }
    tally_ledger(&m.tally, ledger, run->rules);
    m.conserved = conserved(&m);
    status = add_folder_bytes(ledger->folder, FOLDER_DEPTH, &m.ledger_bytes, err);
    status = status ? status : sample_count(&m.sample, run, ledger, err);
    status = status ? status : needs_count(&m.needs, run, ledger, err);
    if (!status) {
        json_init(&m.json, json, 2);
        write_report(&m);
        *all_there = m.conserved;
        status = m.json.failed || !buf_add_char(json, '\n') ? tamis_fail(err, TAMIS_IO, "out of memory for the report")
                                                            : TAMIS_OK;
    }
    needs_release(&m.needs);
    sample_release(&m.sample);
    tally_release(&m.tally);
    return status;
}
