/*
 * tamis score: a number for every document, from trajectories or, where the scorer goes by text, from the documents.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/files.h"
#include "cmd/verbs.h"
#include "core/json.h"
#include "core/str.h"
#include "score/guards.h"
#include "score/trajectories.h"

#define STOP_EVERY 1024u

struct score_options {
    struct files_options files;
    const char *scorer;
};

static const tamis_param params[] = {
    {"scorer", TAMIS_STRING, offsetof(struct score_options, scorer), NULL, 0, 0, NULL,
     "NAME[:key=value,..]; `tamis --version` lists the names"},
    FILES_PARAMS,
    {0},
};

struct scores {
    uint64_t documents, nulls, shortened, observed;
};

struct job {
    const struct cli *cli;
    const struct score_options *options;
    struct flow flow; /* threads and memory; a recipe only for scorers of texts */
    struct path scratch;
    struct scoring scoring;
    struct stream_out *out;
    struct buf line, id;
    struct scores scores;
    tamis_text **texts; /* one per thread */
};

/* Of a document; 0: not known. */
struct tokens {
    uint64_t count;
    bool estimated; /* from its bytes */
};

/* ---- A line ----------------------------------------------------------------------------------------------------- */

static tamis_status print_score(struct job *job, tamis_str id, const struct score *score, struct tokens tokens,
                                tamis_str domain, tamis_err *err)
{
    struct json json;
    buf_clear(&job->line);
    json_init(&json, &job->line, 0);
    json_open(&json, '{');
    json_key_str(&json, "id", id);
    json_key_real(&json, "score", score->value);
    json_key_count(&json, "n_obs", score->observed);
    if (tokens.count > 0) {
        json_key_count(&json, "tokens", tokens.count);
    }
    if (tokens.count > 0 && tokens.estimated) {
        json_key_bool(&json, "tokens_estimated", true);
    }
    if (domain.len > 0) {
        json_key_str(&json, "domain", domain);
    }
    if (score->shortened) {
        json_key_bool(&json, "shortened", true);
    }
    json_close(&json, '}');
    job->scores.documents++;
    job->scores.nulls += isnan(score->value) ? 1 : 0;
    job->scores.shortened += score->shortened;
    job->scores.observed += score->observed;
    return json.failed || !buf_add_char(&job->line, '\n') ? tamis_fail(err, TAMIS_IO, "out of memory for a score")
                                                          : stream_out_add(job->out, buf_str(&job->line), err);
}

static tamis_status open_output(struct job *job, const char *path, tamis_err *err)
{
    return stream_out_open(&job->out, path, codec_from_name(path), err);
}

static tamis_status close_output(struct job *job, tamis_status status, tamis_err *err)
{
    if (!status) {
        return stream_out_commit(job->out, err);
    }
    stream_out_discard(job->out);
    return status;
}

static const char *s_of(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* ---- Texts ------------------------------------------------------------------------------------------------------ */

/* What was measured on a document, as batches carry it. */
struct text_score {
    uint64_t index;
    double value;
};

static tamis_status score_batch(void *context, unsigned thread, struct batch *batch, tamis_err *err)
{
    const struct job *const job = context;
    tamis_text *const text = job->texts[thread];
    for (size_t i = 0; i < batch->records.count; i++) {
        if (batch->records.at[i].reject) {
            continue;
        }
        tamis_text_set(text, batch->records.at[i].text);
        const struct text_score score = {i, job->scoring.scorer->text(job->scoring.self, text)};
        if (tamis_text_failed(text) || !buf_add(&batch->samples, &score, sizeof score)) {
            return tamis_fail(err, TAMIS_IO, "out of memory for a score; use fewer threads");
        }
    }
    return TAMIS_OK;
}

static tamis_status print_batch(void *context, const struct batch *batch, uint64_t first, tamis_err *err)
{
    struct job *const job = context;
    tamis_status status = TAMIS_OK;
    for (size_t at = 0; !status && at < batch->samples.len; at += sizeof(struct text_score)) {
        struct text_score text;
        struct survey_row row;
        memcpy(&text, batch->samples.at + at, sizeof text);
        memcpy(&row, batch->rows.at + text.index * sizeof row, sizeof row);
        buf_clear(&job->id);
        if (!files_id(&job->flow, batch, (size_t)text.index, first, &job->id)) {
            return tamis_fail(err, TAMIS_IO, "out of memory for an id");
        }
        const struct score score = {.value = text.value};
        const struct tokens tokens = {row.tokens, !(row.flags & SURVEY_TOKENS_COUNTED)};
        status = print_score(job, buf_str(&job->id), &score, tokens, STR(""), err);
    }
    return status;
}

static tamis_status make_texts(struct job *job, tamis_err *err)
{
    bool fine = (job->texts = calloc(job->flow.run.threads, sizeof *job->texts)) != NULL;
    for (unsigned t = 0; fine && t < job->flow.run.threads; t++) {
        fine = (job->texts[t] = tamis_text_new()) != NULL;
    }
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for %u threads", job->flow.run.threads);
}

static tamis_status score_texts(struct job *job, const char *output, tamis_err *err)
{
    const struct files_sink sink = {.batch = print_batch, .context = job, .work = score_batch, .texts = true};
    struct survey_totals totals = {0};
    tamis_status status =
        files_open(&job->flow, job->cli, STR("filters: []\ndedup: none\n"), NULL, err);
    status = status ? status : files_not_inputs(&job->flow, &output, 1, err);
    status = status ? status : make_texts(job, err);
    status = status ? status : open_output(job, output, err);
    if (!status) {
        status = close_output(job, files_judge(&job->flow, false, &sink, &totals, err), err);
    }
    if (status) {
        return status;
    }
    cli_note(job->cli, 0, "%s: %llu document%s, %llu without a score; %llu record%s rejected",
             job->scoring.scorer->name, (unsigned long long)job->scores.documents, s_of(job->scores.documents),
             (unsigned long long)job->scores.nulls, (unsigned long long)totals.rejects, s_of(totals.rejects));
    return files_verdict(&totals, job->options->files.max_bad, err);
}

/* ---- What is said of trajectories ------------------------------------------------------------------------------- */

/* An average over windows that forgets fast sees only the last one. */
static tamis_status warn_of_decay(const struct job *job, size_t checkpoints, tamis_err *err)
{
    struct buf lines;
    buf_init(&lines, BUF_UNLIMITED);
    const bool fine = guard_tdds(&job->scoring, checkpoints, &lines);
    tamis_str rest = buf_str(&lines), line;
    while (fine && str_next_line(&rest, &line)) {
        cli_note(job->cli, 0, "warning: %.*s", (int)line.len, line.at);
    }
    buf_release(&lines);
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for a warning");
}

static void warn_of_slip(const struct job *job, enum slip slip)
{
    if (slip == SLIP_SUM_FOR_MEAN) {
        cli_note(job->cli, 0, "warning: `loss` grows with n_tokens, as sums do, but is read as a mean; if these are "
                 "sums, name the field loss_sum");
    } else if (slip == SLIP_MEAN_FOR_SUM) {
        cli_note(job->cli, 0, "warning: `loss_sum` does not grow with n_tokens, as sums do; if these are means, name "
                 "the field loss");
    }
}

static size_t least_covered(const struct trajectories_facts *f)
{
    size_t least = 0;
    for (size_t i = 1; i < f->checkpoints; i++) {
        least = f->covered[i] < f->covered[least] ? i : least;
    }
    return least;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void say_coverage(const struct job *job, const struct trajectories_facts *f)
{
    if (f->checkpoints == 0) {
        cli_note(job->cli, 0, "%llu documents, no checkpoint", (unsigned long long)f->documents);
        return;
    }
    const size_t least = least_covered(f);
    cli_note(job->cli, 0, "%llu document%s at %zu checkpoint%s (steps %llu to %llu), given in %ss per %s; the least "
             "covered, step %llu, has %llu of them (%.1f %%)", (unsigned long long)f->documents, s_of(f->documents),
             f->checkpoints, s_of(f->checkpoints), (unsigned long long)f->steps[0],
             (unsigned long long)f->steps[f->checkpoints - 1], f->unit,
             strcmp(f->per, "unknown") == 0 ? "unit" : f->per, (unsigned long long)f->steps[least],
             (unsigned long long)f->covered[least], percent(f->covered[least], f->documents));
    for (size_t i = 0; i < f->checkpoints; i++) {
        cli_note(job->cli, 1, "step %llu: %llu document%s (%.1f %%)", (unsigned long long)f->steps[i],
                 (unsigned long long)f->covered[i], s_of(f->covered[i]), percent(f->covered[i], f->documents));
    }
}

static void say_rejects(const struct job *job, const struct trajectories_facts *f)
{
    if (f->not_finite + f->negative > 0) {
        const uint64_t losses = f->not_finite + f->negative;
        cli_note(job->cli, 0, "%llu loss%s rejected: %llu not finite, %llu negative", (unsigned long long)losses,
                 losses == 1 ? "" : "es", (unsigned long long)f->not_finite, (unsigned long long)f->negative);
    }
    if (f->first_broken) {
        cli_note(job->cli, 0, "%llu of %llu record%s rejected; the first: %s", (unsigned long long)f->broken,
                 (unsigned long long)f->records, s_of(f->records), f->first_broken);
    }
    for (int why = 0; why < BROKEN_REASONS && f->broken > 1; why++) {
        if (f->broken_by[why] > 0) {
            cli_note(job->cli, 0, "  %s: %llu", broken_name((enum broken)why), (unsigned long long)f->broken_by[why]);
        }
    }
    if (f->ambiguous > 0) {
        cli_note(job->cli, 0, "%llu ambiguous id%s without a score: two losses at one step and no n_tokens to add them "
                 "up by", (unsigned long long)f->ambiguous, s_of(f->ambiguous));
    }
}

static void say_scores(const struct job *job, const struct trajectories_facts *f)
{
    const struct scores *const s = &job->scores;
    if (f->merged > 0) {
        cli_note(job->cli, 0, "%llu piece%s added to others of the same document and step",
                 (unsigned long long)f->merged, s_of(f->merged));
    }
    const uint64_t scored = s->documents - s->nulls;
    cli_note(job->cli, 0, "%s: %llu score%s, %llu null for too few observations, %llu from shortened windows; %.1f "
             "observations per document", job->scoring.scorer->name, (unsigned long long)scored, s_of(scored),
             (unsigned long long)s->nulls, (unsigned long long)s->shortened,
             s->documents > 0 ? (double)s->observed / (double)s->documents : 0);
}

static tamis_status verdict(const struct trajectories_facts *f, double max_bad, tamis_err *err)
{
    const uint64_t bad = f->broken + f->lossy, ids = f->documents + f->ambiguous;
    if (f->damaged) {
        return tamis_fail(err, TAMIS_DAMAGED, "done, but a stream was damaged: what could not be read of it was "
                          "rejected (damaged_stream); get the file again");
    }
    if ((double)bad > max_bad * (double)f->records) {
        return tamis_fail(err, TAMIS_DAMAGED,
                          "done, but %llu of %llu records were rejected or held losses that were (--max-bad allows %g)",
                          (unsigned long long)bad, (unsigned long long)f->records, max_bad);
    }
    if ((double)f->ambiguous > max_bad * (double)ids) {
        return tamis_fail(err, TAMIS_DAMAGED, "done, but %llu of %llu ids are ambiguous (--max-bad allows %g)",
                          (unsigned long long)f->ambiguous, (unsigned long long)ids, max_bad);
    }
    return TAMIS_OK;
}

/* ---- Trajectories ----------------------------------------------------------------------------------------------- */

static bool same_place(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* An output that is the input, or would become a part of it. */
static tamis_status check_output(const char *output, const char *input, tamis_err *err)
{
    struct stat in, out;
    struct path folder;
    if (strcmp(output, "-") == 0 || strcmp(input, "-") == 0 || stat(input, &in) != 0) {
        return TAMIS_OK;
    }
    const char *const slash = strrchr(output, '/');
    const tamis_status status = slash ? path_make(&folder, err, "%.*s", (int)(slash - output + 1), output)
                                      : path_make(&folder, err, ".");
    if (status) {
        return status;
    }
    const bool is_input = S_ISREG(in.st_mode) && stat(output, &out) == 0 && same_place(&in, &out);
    const bool is_inside = S_ISDIR(in.st_mode) && stat(folder.at, &out) == 0 && same_place(&in, &out);
    return is_input    ? tamis_fail(err, TAMIS_USAGE, "%s: is the input and would be overwritten; name another output",
                                    output)
           : is_inside ? tamis_fail(err, TAMIS_USAGE,
                                    "%s: lies among the trajectories in %s and would be taken for some of them; name "
                                    "another output", output, input)
                       : TAMIS_OK;
}

static tamis_status score_all(struct job *job, struct trajectories *trajectories, tamis_err *err)
{
    const struct trajectories_facts *const f = trajectories_facts(trajectories);
    const bool counted = strcmp(f->per, "byte") != 0;
    const struct trajectory *t = NULL;
    tamis_status status = TAMIS_OK;
    progress_stage(job->flow.run.progress, "score", "documents", f->documents);
    while (!status && !(status = trajectories_next(trajectories, &t, err)) && t) {
        const struct score score = scoring_losses(&job->scoring, t->losses, f->checkpoints);
        const struct tokens tokens = {.count = counted && t->tokens < UINT32_MAX - 1 ? t->tokens : 0};
        status = print_score(job, t->id, &score, tokens, t->domain, err);
        if (!status && t->ordinal % STOP_EVERY == 0) {
            progress_update(job->flow.run.progress, t->ordinal, t->ordinal);
            status = run_stopped(&job->flow.run) ? tamis_fail(err, TAMIS_INTERRUPTED, "interrupted") : TAMIS_OK;
        }
    }
    progress_done(job->flow.run.progress);
    return status;
}

static tamis_status score_open(struct job *job, struct trajectories *trajectories, const char *output, tamis_err *err)
{
    const struct trajectories_facts *const f = trajectories_facts(trajectories);
    tamis_status status = warn_of_decay(job, f->checkpoints, err);
    warn_of_slip(job, f->slip);
    status = status ? status : open_output(job, output, err);
    status = status ? status : close_output(job, score_all(job, trajectories, err), err);
    if (status) {
        return status;
    }
    say_coverage(job, f);
    say_rejects(job, f);
    say_scores(job, f);
    return verdict(f, job->options->files.max_bad, err);
}

static tamis_status score_trajectories(struct job *job, const char *output, tamis_err *err)
{
    const struct common *const common = job->cli->options;
    struct trajectories *trajectories = NULL;
    tamis_status status =
        job->cli->argument_count > 0 ? cli_want(job->cli, 1, "one file or folder of trajectories", err) : TAMIS_OK;
    if (status) {
        return status;
    }
    const char *const input = job->cli->argument_count > 0 ? job->cli->arguments[0] : "-";
    job->flow.run.progress = progress_new(common->quiet ? PROGRESS_NEVER : (enum progress_mode)common->progress, NULL);
    const struct trajectories_options options = {
        .tmp = job->scratch.at,
        .memory = job->flow.run.memory,
        .max_line = job->options->files.max_line,
        .stop = job->cli->stop,
        .progress = job->flow.run.progress,
    };
    status = check_output(output, input, err);
    status = status ? status : trajectories_open(&trajectories, input, &options, err);
    status = status ? status : score_open(job, trajectories, output, err);
    trajectories_close(trajectories);
    return status;
}

/* ---- The verb --------------------------------------------------------------------------------------------------- */

static tamis_status open_scorer(struct job *job, struct arena *arena, tamis_err *err)
{
    if (job->options->scorer) {
        return scoring_parse(&job->scoring, job->options->scorer, arena, err);
    }
    char names[400] = "";
    size_t len = 0;
    for (const tamis_scorer *const *s = tamis_scorers(); *s && len < sizeof names; s++) {
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", len > 0 ? ", " : "", (*s)->name);
    }
    return tamis_fail(err, TAMIS_USAGE, "tamis score: --scorer says what to score by: %s\nusage: tamis score %s", names,
                      job->cli->verb->synopsis);
}

static void release(struct job *job)
{
    for (unsigned t = 0; job->texts && t < job->flow.run.threads; t++) {
        tamis_text_free(job->texts[t]);
    }
    free(job->texts);
    scoring_close(&job->scoring);
    flow_close(&job->flow);
    buf_release(&job->line);
    buf_release(&job->id);
}

static tamis_status score(struct cli *cli, tamis_err *err)
{
    struct job job = {.cli = cli, .options = cli->options};
    const char *const output = job.options->files.common.output ? job.options->files.common.output : "-";
    struct arena arena;
    arena_init(&arena);
    buf_init(&job.line, BUF_UNLIMITED);
    buf_init(&job.id, BUF_UNLIMITED);
    flow_init(&job.flow, cli);
    tamis_status status = open_scorer(&job, &arena, err);
    status = status ? status : files_scratch(cli, &job.scratch, err);
    const bool scratch = status == TAMIS_OK;
    if (!status) {
        status = job.scoring.scorer->text ? score_texts(&job, output, err) : score_trajectories(&job, output, err);
    }
    if (scratch) {
        tamis_err ignored;
        const tamis_status removed = file_remove_tree(job.scratch.at, status ? &ignored : err);
        status = status ? status : removed;
    }
    release(&job);
    arena_release(&arena);
    return status;
}

static const char *const examples[] = {
    "tamis score --scorer dynamic_uncertainty:window=10 trajectories/ -o scores.jsonl.zst",
    "tamis score --scorer tdds:length=30,decay=0.1 losses.jsonl.gz | tamis select --policy top --keep 0.5",
    "tamis score --scorer compression corpus/*.jsonl.zst > scores.jsonl", NULL};

const struct verb verb_score = {
    .name = "score",
    .synopsis = "--scorer NAME[:k=v,..] [options] [TRAJECTORIES | FILES]",
    .summary = "writes a score for every document, from its losses in training or from its text",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct score_options),
    .without = "set seed stats",
    .run = score,
};
