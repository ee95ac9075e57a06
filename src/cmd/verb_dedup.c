/*
 * tamis dedup: near-duplicates out, of files or a pipe, and before them what filters drop. Works in a run folder of its
 * own that goes away.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dedup_lists.h"
#include "cmd/files.h"
#include "cmd/verbs.h"
#include "run/visit.h"
#include "sketch/compat_datatrove.h"

struct dedup_options {
    struct files_options files;
    uint64_t shingle, bands, rows;
    double threshold;
    int verify, compat;
    tamis_strings keep, filter;
    const char *clusters, *pairs, *drops;
    bool no_text, copy_frames;
};

static const tamis_param params[] = {
    FILES_PARAMS,
    {"shingle", TAMIS_COUNT, offsetof(struct dedup_options, shingle), "5", 1, 64, NULL, "words in a shingle"},
    {"bands", TAMIS_COUNT, offsetof(struct dedup_options, bands), "16", 1, 256, NULL, "bands of the signature"},
    {"rows", TAMIS_COUNT, offsetof(struct dedup_options, rows), "6", 1, 64, NULL, "rows of a band"},
    {"threshold", TAMIS_REAL, offsetof(struct dedup_options, threshold), NULL, 0.01, 1, NULL,
     "Jaccard similarity from which two documents are near-duplicates [0.8; 0.95 for code and tables]"},
    {"verify", TAMIS_CHOICE, offsetof(struct dedup_options, verify), "exact", 0, 0, "exact|none",
     "exact: compare the shingles of every pair; none: trust the bands, and say so"},
    {"compat", TAMIS_CHOICE, offsetof(struct dedup_options, compat), "none", 0, 0, "none|datatrove",
     "datatrove: signatures and verdicts as of datatrove 0.10 for English, slower; 14 bands, 8 rows, not verified"},
    {"keep", TAMIS_STRINGS, offsetof(struct dedup_options, keep), NULL, 0, 0, NULL,
     "who stays: source, longest, max:FIELD, min:FIELD; may be given again [longest, then the first]"},
    {"filter", TAMIS_STRINGS, offsetof(struct dedup_options, filter), NULL, 0, 0, NULL,
     "drop by this first, as tamis filter does: NAME[:key=value,..,on=KIND|all]; may be given again"},
    {"drops", TAMIS_STRING, offsetof(struct dedup_options, drops), NULL, 0, 0, NULL,
     "write id, stage, rule, value, threshold and keeper of every document left out here, rejects too"},
    {"clusters", TAMIS_STRING, offsetof(struct dedup_options, clusters), NULL, 0, 0, NULL,
     "write id, keeper and similarity of every member of a cluster here"},
    {"pairs", TAMIS_STRING, offsetof(struct dedup_options, pairs), NULL, 0, 0, NULL,
     "write a, b and jaccard of every verified pair of near-duplicates here"},
    {"no_text", TAMIS_BOOL, offsetof(struct dedup_options, no_text), "false", 0, 0, NULL,
     "decide only: write no kept lines"},
    {"copy_frames", TAMIS_BOOL, offsetof(struct dedup_options, copy_frames), "false", 0, 0, NULL,
     "copy zstd frames of which every line is kept as they are, instead of compressing them again"},
    {0},
};

struct deduping {
    const struct dedup_options *options;
    struct flow flow;
    struct path scratch, run_folder;
    struct ledger ledger;
    bool mapped;
    struct stream_out *kept, *clusters, *pairs, *drops; /* NULL: not wanted */
    struct buf line;
    uint64_t filtered, copied; /* documents; frames */
};

/* What --compat decides cannot be asked for otherwise. */
static tamis_status check_compat(const struct cli *cli, const struct dedup_options *o, tamis_err *err)
{
    const struct {
        const char *option;
        bool fits;
    } settled[] = {{"bands", o->bands == COMPAT_BANDS},        {"rows", o->rows == COMPAT_ROWS},
                   {"shingle", o->shingle == COMPAT_SHINGLE}, {"verify", o->verify == VERIFY_NONE},
                   {"threshold", false},                      {"keep", false}};
    for (size_t i = 0; o->compat && i < sizeof settled / sizeof *settled; i++) {
        if (cli_given(cli, settled[i].option) && !settled[i].fits) {
            return tamis_fail(err, TAMIS_USAGE, "--compat datatrove is 14 bands of 8 rows, shingles of 5 words, nothing "
                              "verified, no threshold and a rule of its own who stays; take --%s out",
                              settled[i].option);
        }
    }
    return TAMIS_OK;
}

static tamis_status make_sections(const struct dedup_options *o, struct buf *yaml, tamis_err *err)
{
    const tamis_status status = files_filters(&o->filter, yaml, err);
    if (status) {
        return status;
    }
    if (o->compat) {
        return buf_printf(yaml, "dedup:\n  minhash: {compat: datatrove}\n")
                   ? TAMIS_OK
                   : tamis_fail(err, TAMIS_IO, "out of memory for the recipe");
    }
    bool fine = buf_printf(yaml, "dedup:\n  exact: true\n  minhash: {shingle: %llu, bands: %llu, rows: %llu, ",
                           (unsigned long long)o->shingle, (unsigned long long)o->bands, (unsigned long long)o->rows);
    fine = fine && (isnan(o->threshold) || buf_printf(yaml, "threshold: %.17g, ", o->threshold));
    fine = fine && buf_printf(yaml, "verify: %s, keep: [", o->verify == VERIFY_NONE ? "none" : "exact");
    for (size_t i = 0; fine && i < o->keep.count; i++) {
        fine = buf_printf(yaml, "%s'%s'", i ? ", " : "", o->keep.at[i]);
    }
    fine = fine && (o->keep.count || buf_printf(yaml, "longest")) && buf_printf(yaml, "]}\n");
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the recipe");
}

/* Pairs that were compared and found to be less alike than the threshold are no near-duplicates. */
static tamis_status see_pair(void *context, uint64_t a, uint64_t b, double jaccard, tamis_err *err)
{
    struct deduping *const d = context;
    const double threshold = recipe_threshold(&d->flow.recipe, ledger_survey(&d->ledger, a)->source,
                                              ledger_survey(&d->ledger, b)->source);
    if (jaccard < threshold) {
        return TAMIS_OK;
    }
    buf_clear(&d->line);
    return dedup_pair(&d->ledger, a, b, jaccard, &d->line) ? stream_out_add(d->pairs, buf_str(&d->line), err)
                                                           : tamis_fail(err, TAMIS_IO, "out of memory for a pair");
}

static void note_rejects(struct deduping *d)
{
    uint64_t rejects = 0;
    bool broken = false; /* the first break of a stream is always named */
    for (size_t p = 0; p < d->ledger.part_count; p++) {
        const struct survey_row *const rows = d->ledger.parts[p].survey.rows;
        for (size_t i = 0; i < d->ledger.parts[p].count; i++) {
            const struct rule *const rule = rows[i].rule ? &d->flow.rules.at[rows[i].rule - 1] : NULL;
            if (rule && rule->stage == STAGE_PARSE) {
                const bool breaks = rows[i].rule == (uint16_t)REJECT_DAMAGED_STREAM && !broken;
                rejects++;
                files_note_reject(&d->flow, breaks ? 0 : rejects, rows[i].part, rows[i].offset, rule->name);
                broken = broken || breaks;
            }
            d->filtered += rule && rule->stage == STAGE_FILTER;
        }
    }
}

/* ---- What stays ------------------------------------------------------------------------------------------------- */

static bool stays(void *context, uint64_t number)
{
    const struct deduping *const d = context;
    return !ledger_survey(&d->ledger, number)->rule && !ledger_resolve(&d->ledger, number)->rule;
}

static tamis_status write_record(void *context, uint64_t number, const struct record *record,
                                 const struct reader_format *format, tamis_err *err)
{
    struct deduping *const d = context;
    (void)number;
    buf_clear(&d->line);
    const tamis_status status = reader_line(format, record, &d->line, err);
    return status ? status : stream_out_add(d->kept, buf_str(&d->line), err);
}

static tamis_status copy_frames(void *context, uint64_t first, uint64_t end, tamis_str packed, tamis_err *err)
{
    struct deduping *const d = context;
    (void)first;
    (void)end;
    d->copied++;
    return stream_out_add_packed(d->kept, packed, err);
}

static bool renders(const struct flow *flow)
{
    for (size_t i = 0; i < flow->inputs.count; i++) {
        if (flow->inputs.at[i].format->renders) {
            return true;
        }
    }
    return false;
}

static tamis_status write_kept(struct deduping *d, tamis_err *err)
{
    const struct visit visit = {.wants = stays, .parse = renders(&d->flow), .record = write_record, .context = d,
                                .frames = d->flow.run.copies_frames ? copy_frames : NULL};
    return visit_records(&d->flow.run, &d->ledger, &visit, err);
}

static tamis_status map_ledger(struct deduping *d, unsigned files, tamis_err *err)
{
    if (d->mapped) {
        ledger_close(&d->ledger);
    }
    const tamis_status status = ledger_open(&d->ledger, d->flow.run.ledger, &d->flow.recipe, files, err);
    d->mapped = status == TAMIS_OK;
    return status;
}

static tamis_status open_output(struct stream_out **out, const char *path, tamis_err *err)
{
    return path ? stream_out_open(out, path, codec_from_name(path), err) : TAMIS_OK;
}

static tamis_status decide(struct deduping *d, tamis_err *err)
{
    const struct pair_sink sink = {see_pair, d};
    struct flow *const flow = &d->flow;
    progress_stage(flow->run.progress, "survey", "bytes", 0);
    tamis_status status = survey(&flow->run, &flow->survey, err);
    status = status ? status : map_ledger(d, LEDGER_SURVEY | LEDGER_BANDS | LEDGER_NUMBERS, err);
    if (!status) {
        note_rejects(d);
    }
    status = status ? status : open_output(&d->pairs, d->options->pairs, err);
    progress_stage(flow->run.progress, "resolve", "documents", d->mapped ? d->ledger.documents : 0);
    status = status ? status
                    : resolve(&flow->run, &d->ledger, d->options->pairs ? &sink : NULL, &flow->resolve, err);
    return status ? status : map_ledger(d, LEDGER_SURVEY | LEDGER_RESOLVE, err);
}

static tamis_status write_outputs(struct deduping *d, tamis_err *err)
{
    const char *const output = d->options->files.common.output;
    const struct run *const run = &d->flow.run;
    tamis_status status = d->pairs ? dedup_exact_pairs(run, &d->ledger, d->pairs, err) : TAMIS_OK;
    status = status ? status : open_output(&d->clusters, d->options->clusters, err);
    status = status || !d->clusters ? status : dedup_clusters(run, &d->ledger, d->clusters, err);
    status = status ? status : open_output(&d->drops, d->options->drops, err);
    status = status || !d->drops ? status : dedup_drops(run, &d->ledger, d->drops, err);
    if (!status && !d->options->no_text) {
        const char *const path = output ? output : "-";
        status = stream_out_open_threads(&d->kept, path, codec_from_name(path), run->threads, err);
        progress_stage(d->flow.run.progress, "write", "bytes", 0);
        status = status ? status : write_kept(d, err);
    }
    return status;
}

/* All outputs appear, or none that was not there before. */
static tamis_status close_outputs(struct deduping *d, tamis_status status, tamis_err *err)
{
    struct stream_out **const outs[] = {&d->pairs, &d->clusters, &d->drops, &d->kept};
    for (size_t i = 0; i < sizeof outs / sizeof *outs; i++) {
        if (*outs[i] && status) {
            stream_out_discard(*outs[i]);
        } else if (*outs[i]) {
            status = stream_out_commit(*outs[i], err);
        }
    }
    return status;
}

/* The thresholds that nobody gave: each file's follows from its kind, and that is a guess unless --kind says it. */
static void tell_thresholds(const struct deduping *d, char *out, size_t size)
{
    const struct recipe *const recipe = &d->flow.recipe;
    const struct recipe_source *const sources = recipe->sources;
    size_t strict = 0;
    double least = sources[0].threshold, most = least;
    for (size_t s = 0; s < recipe->source_count; s++) {
        least = fmin(least, sources[s].threshold);
        most = fmax(most, sources[s].threshold);
    }
    for (size_t s = 0; s < recipe->source_count; s++) {
        strict += sources[s].threshold > least;
    }
    if (!isnan(d->options->threshold) || d->options->files.kind || recipe->dedup.verify == VERIFY_NONE) {
        return;
    }
    if (strict) {
        snprintf(out, size, ", thresholds %g and %g: %zu of %zu files look like code or tables", least, most, strict,
                 recipe->source_count);
    } else {
        snprintf(out, size, ", threshold %g", least);
    }
}

static void say_counts(const struct deduping *d)
{
    const struct resolve_totals *const t = &d->flow.resolve;
    char filtered[64] = "", thresholds[128] = "";
    tell_thresholds(d, thresholds, sizeof thresholds);
    if (d->options->filter.count) {
        snprintf(filtered, sizeof filtered, "%llu dropped by filters, ", (unsigned long long)d->filtered);
    }
    cli_note(d->flow.cli, 0,
             "%llu documents: %s%llu exact duplicates, %llu near-duplicates (%s%s), %llu rejected; %llu pairs compared%s",
             (unsigned long long)d->flow.survey.documents, filtered, (unsigned long long)t->exact,
             (unsigned long long)t->minhash, d->flow.recipe.dedup.verify == VERIFY_NONE ? "not verified" : "verified",
             thresholds,
             (unsigned long long)d->flow.survey.rejects, (unsigned long long)t->pairs,
             t->capped ? "; in crowded buckets more pairs were left out, so that a few duplicates may stay" : "");
}

static tamis_status dedup(struct cli *cli, tamis_err *err)
{
    const struct dedup_options *const options = cli->options;
    struct deduping d = {.options = options};
    struct buf yaml;
    buf_init(&yaml, BUF_UNLIMITED);
    buf_init(&d.line, BUF_UNLIMITED);
    flow_init(&d.flow, cli);
    tamis_status status = files_scratch(cli, &d.scratch, err);
    const bool scratch = status == TAMIS_OK;
    const char *const kept = options->files.common.output ? options->files.common.output : "-";
    const char *const outputs[] = {options->no_text ? NULL : kept, options->clusters, options->pairs, options->drops};
    status = status ? status : files_apart(outputs, 4, err);
    status = status ? status : check_compat(cli, options, err);
    status = status ? status : make_sections(options, &yaml, err);
    status = status ? status : files_open(&d.flow, cli, buf_str(&yaml), d.scratch.at, err);
    status = status ? status : files_not_inputs(&d.flow, outputs, 4, err);
    d.flow.run.scratch = true;
    status = status ? status : files_check_output(&d.flow, options->files.common.output, options->no_text,
                                                  options->copy_frames, err);
    status = status ? status : path_make(&d.run_folder, err, "%s/run", d.scratch.at);
    status = status ? status : flow_folder(&d.flow, d.run_folder.at, err);
    status = status ? status : decide(&d, err);
    status = status ? status : write_outputs(&d, err);
    status = close_outputs(&d, status, err);
    if (!status) {
        say_counts(&d);
        files_note_copied(&d.flow, d.copied);
        status = files_verdict(&d.flow.survey, options->files.max_bad, err);
    }
    if (status == TAMIS_INTERRUPTED) {
        status = tamis_fail(err, status, "interrupted: nothing was written; the same command begins again");
    }
    if (d.mapped) {
        ledger_close(&d.ledger);
    }
    flow_close(&d.flow);
    if (scratch) {
        tamis_err ignored;
        const tamis_status removed = file_remove_tree(d.scratch.at, status ? &ignored : err);
        status = status ? status : removed;
        if (options->files.common.tmp && d.flow.tmp.at[0]) {
            const tamis_status gone = file_remove_tree(d.flow.tmp.at, status ? &ignored : err);
            status = status ? status : gone;
        }
    }
    buf_release(&yaml);
    buf_release(&d.line);
    return status;
}

static const char *const examples[] = {"tamis dedup corpus/*.jsonl.zst -o kept.jsonl.zst --clusters clusters.jsonl",
                                       "zstdcat in.jsonl.zst | tamis dedup --threshold 0.9 > kept.jsonl", NULL};

const struct verb verb_dedup = {
    .name = "dedup",
    .synopsis = "[options] [FILES]",
    .summary = "writes one line of every set of near-duplicates, byte for byte",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct dedup_options),
    .without = "json",
    .run = dedup,
};
