/*
 * tamis proxy: trains the built-in model on documents and writes their losses along the way. What it needs while it
 * works, and continues from, is in TRAJ/.work.
 */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/files.h"
#include "cmd/verbs.h"
#include "core/json.h"
#include "core/sorter.h"
#include "core/sweep.h"
#include "run/key.h"
#include "score/proxy.h"

struct verb_proxy_options {
    struct files_options files;
    uint64_t passes, checkpoints, document_bytes, max_bytes;
    double held_out;
};

#define OPTION(field) offsetof(struct verb_proxy_options, field)
static const tamis_param params[] = {
    {"passes", TAMIS_COUNT, OPTION(passes), "3", 1, 1000, NULL, "how often the model reads the documents"},
    {"checkpoints", TAMIS_COUNT, OPTION(checkpoints), "12", 2, 10000, NULL,
     "states of the model at which every document's loss is measured, evenly over the passes"},
    {"document_bytes", TAMIS_SIZE, OPTION(document_bytes), "8K", 0, 1e18, NULL,
     "bytes of a document that the model sees; 0: all of it"},
    {"max_bytes", TAMIS_SIZE, OPTION(max_bytes), "0", 0, 1e18, NULL,
     "bytes of text that the model sees, a seeded sample of the documents; 0: all of them"},
    {"held_out", TAMIS_REAL, OPTION(held_out), "0", 0, 0.9, NULL,
     "share of the documents, a seeded sample, that is not trained on: its loss is told, and it has no trajectory"},
    FILES_PARAMS,
    {0},
};

struct job {
    const struct cli *cli;
    const struct verb_proxy_options *options;
    const char *output; /* TRAJ */
    struct flow flow;
    struct survey_totals totals;
    struct path hidden, cached, drawn, training; /* TRAJ/.work and folders in it */
    struct cache *cache;
    struct arena arena;
    struct proxy_facts facts;
    struct buf text; /* an id, then the result */
};

/* ---- The folder ------------------------------------------------------------------------------------------------- */

/* Only a new or empty folder will do, or one where this verb was at work. */
static tamis_status check_folder(struct job *job, tamis_err *err)
{
    struct path manifest;
    bool any = false;
    if (!job->output || !*job->output) {
        return tamis_fail(err, TAMIS_USAGE, "tamis proxy: name a new folder for the trajectories with -o\n"
                          "usage: tamis proxy %s", job->cli->verb->synopsis);
    }
    tamis_status status = path_make(&job->hidden, err, "%s/.work", job->output);
    status = status ? status : path_make(&manifest, err, "%s/manifest.json", job->output);
    status = status ? status : flow_folder_holds(job->output, &any, err);
    if (status || !any || file_is_folder(job->hidden.at)) {
        return status;
    }
    return file_exists(manifest.at)
               ? tamis_fail(err, TAMIS_USAGE, "%s: holds trajectories that are finished; remove it or name another "
                            "folder with -o", job->output)
               : tamis_fail(err, TAMIS_USAGE, "%s: is not empty and no trajectories of ours; name a new or empty "
                            "folder with -o", job->output);
}

static tamis_status make_folder(struct job *job, tamis_err *err)
{
    tamis_status status = path_make(&job->cached, err, "%s/texts", job->hidden.at);
    status = status ? status : path_make(&job->drawn, err, "%s/drawn", job->hidden.at);
    status = status ? status : path_make(&job->training, err, "%s/training", job->hidden.at);
    status = status ? status : file_make_folders(job->hidden.at, err);
    job->flow.run.folder = job->hidden.at;
    status = status ? status : flow_lock(&job->flow, err);
    return status ? status : sweep_temporaries(job->output, err);
}

/* What is finished leaves only its trajectories; what failed before it learnt anything leaves nothing. */
static tamis_status clear_folder(struct job *job, tamis_status status, tamis_err *err)
{
    struct path record;
    tamis_err ignored;
    if (status && (path_make(&record, &ignored, "%s/training.json", job->training.at) || file_exists(record.at))) {
        return status;
    }
    const tamis_status removed = file_remove_tree(job->hidden.at, status ? &ignored : err);
    if (status) {
        (void)rmdir(job->output);
    }
    return status ? status : removed;
}

/* ---- Documents -------------------------------------------------------------------------------------------------- */

static tamis_status cache_batch(void *context, const struct batch *batch, uint64_t first, tamis_err *err)
{
    struct job *const job = context;
    const uint64_t number = job->totals.documents - batch->records.count;
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < batch->records.count; i++) {
        const struct record *const record = &batch->records.at[i];
        if (record->reject) {
            continue;
        }
        buf_clear(&job->text);
        status = files_id(&job->flow, batch, i, first, &job->text)
                     ? cache_add(job->cache, number + i, job->flow.inputs.at[batch->input].source, buf_str(&job->text),
                                 record->text, err)
                     : tamis_fail(err, TAMIS_IO, "out of memory for an id");
    }
    return status;
}

static tamis_status read_documents(struct job *job, tamis_err *err)
{
    const struct files_sink sink = {.batch = cache_batch, .context = job, .texts = true};
    tamis_status status = cache_create(&job->cache, job->cached.at, job->options->document_bytes, err);
    status = status ? status : files_judge(&job->flow, false, &sink, &job->totals, err);
    return status ? status : cache_finish(job->cache, err);
}

/* The documents of the smallest keys, as long as they fit into max_bytes. */
static tamis_status mark_drawn(const struct job *job, struct sorter *sorter, uint8_t *bits, tamis_err *err)
{
    const uint64_t *row = NULL;
    uint64_t bytes = 0;
    tamis_status status = TAMIS_OK;
    for (uint64_t i = 0; !status && i < cache_count(job->cache); i++) {
        const uint64_t key[2] = {draw_key(job->options->files.common.seed, "proxy", cache_id(job->cache, i)), i};
        status = sorter_add(sorter, key, err);
    }
    status = status ? status : sorter_finish(sorter, err);
    while (!status && !(status = sorter_next(sorter, &row, err)) && row) {
        bytes += cache_text(job->cache, row[1]).len;
        if (bytes > job->options->max_bytes) {
            break;
        }
        bits[row[1] / 8] |= (uint8_t)(1u << (row[1] % 8));
    }
    return status;
}

static tamis_status copy_drawn(struct job *job, const uint8_t *bits, tamis_err *err)
{
    struct cache *drawn = NULL;
    tamis_status status = cache_create(&drawn, job->drawn.at, 0, err);
    for (uint64_t i = 0; !status && i < cache_count(job->cache); i++) {
        if (bits[i / 8] & (1u << (i % 8))) {
            status = cache_add(drawn, cache_number(job->cache, i), cache_group(job->cache, i), cache_id(job->cache, i),
                               cache_text(job->cache, i), err);
        }
    }
    status = status ? status : cache_finish(drawn, err);
    if (status) {
        cache_close(drawn, true);
        return status;
    }
    cache_close(job->cache, true);
    job->cache = drawn;
    return TAMIS_OK;
}

static tamis_status draw_documents(struct job *job, tamis_err *err)
{
    if (!job->options->max_bytes || cache_bytes(job->cache) <= job->options->max_bytes) {
        return TAMIS_OK;
    }
    const struct sorter_options how = {.folder = job->hidden.at, .name = "drawn-order", .words = 2, .top = UINT64_MAX,
                                       .memory = (size_t)64 << 20};
    struct sorter *sorter = NULL;
    uint8_t *const bits = calloc((size_t)(cache_count(job->cache) / 8 + 1), 1);
    tamis_status status = bits ? sorter_open(&sorter, &how, err)
                               : tamis_fail(err, TAMIS_IO, "out of memory for the draw (1 bit per document)");
    status = status ? status : mark_drawn(job, sorter, bits, err);
    sorter_free(sorter);
    status = status ? status : copy_drawn(job, bits, err);
    free(bits);
    return status;
}

/* ---- Training --------------------------------------------------------------------------------------------------- */

static bool is_trained(const void *context, uint64_t i)
{
    const struct job *const job = context;
    const uint64_t key = draw_key(job->options->files.common.seed, "held-out", cache_id(job->cache, i));
    return (double)(key >> 11) * 0x1p-53 >= job->options->held_out;
}

static tamis_status train(struct job *job, tamis_err *err)
{
    const struct verb_proxy_options *const o = job->options;
    const struct proxy_options options = {
        .passes = o->passes,
        .checkpoints = o->checkpoints,
        .seed = o->files.common.seed,
        .threads = job->flow.run.threads,
        .trains = o->held_out > 0 ? is_trained : NULL,
        .context = job,
        .stop = job->cli->stop,
        .progress = job->flow.run.progress,
    };
    const tamis_status status =
        proxy_train(job->cache, &options, job->output, job->training.at, &job->arena, &job->facts, err);
    progress_done(job->flow.run.progress);
    return status;
}

/* ---- The result ------------------------------------------------------------------------------------------------- */

static void say_loss(const struct job *job, const char *what, const double *whole)
{
    const double first = whole[0], last = whole[job->facts.checkpoints - 1], bits = 1 / tamis_log(2);
    cli_note(job->cli, 0, "%s: %.4f nats per byte (%.4f bits) at the first checkpoint, %.4f (%.4f bits) at the last",
             what, first, first * bits, last, last * bits);
}

static void say_result(const struct job *job)
{
    const struct proxy_facts *const f = &job->facts;
    cli_note(job->cli, 0, "%llu documents, %.1f MB, %llu rejected; %llu parameters, %llu passes, %zu checkpoints",
             (unsigned long long)f->documents, (double)f->bytes / 1e6, (unsigned long long)job->totals.rejects,
             (unsigned long long)f->parameters, (unsigned long long)job->options->passes, f->checkpoints);
    say_loss(job, "loss", f->whole);
    if (f->held_out) {
        say_loss(job, "held out", f->held_out_whole);
    }
    if (f->learnt) {
        cli_note(job->cli, 0, "%.2f s per MB learnt, %.2f s per MB measured, by %u threads",
                 f->learn_seconds / ((double)f->learnt / 1e6), f->measure_seconds / ((double)f->measured / 1e6),
                 job->flow.run.threads);
    }
}

static void add_losses(struct json *j, const char *key, const double *losses, size_t count, size_t stride)
{
    json_key(j, key);
    json_open(j, '[');
    for (size_t i = 0; i < count; i++) {
        json_real(j, losses[i * stride]);
    }
    json_close(j, ']');
}

static void add_group(struct json *j, const struct job *job, size_t group)
{
    const struct proxy_facts *const f = &job->facts;
    size_t input = 0;
    while (job->flow.inputs.at[input].source != group) {
        input++;
    }
    json_open(j, '{');
    json_key_text(j, "input", job->flow.inputs.at[input].path);
    add_losses(j, "loss", f->loss + group, f->checkpoints, f->groups);
    if (f->held_out) {
        add_losses(j, "held_out", f->held_out + group, f->checkpoints, f->groups);
    }
    json_close(j, '}');
}

static void add_speed(struct json *j, const char *key, uint64_t bytes, double seconds)
{
    json_key(j, key);
    json_open(j, '{');
    json_key_count(j, "bytes", bytes);
    json_key_real(j, "seconds", seconds);
    json_close(j, '}');
}

static tamis_status print_json(struct job *job, tamis_err *err)
{
    const struct proxy_facts *const f = &job->facts;
    struct json j;
    buf_clear(&job->text);
    json_init(&j, &job->text, 2);
    json_open(&j, '{');
    json_key_count(&j, "documents", f->documents);
    json_key_count(&j, "held_out_documents", f->held_out_documents);
    json_key_count(&j, "rejected", job->totals.rejects);
    json_key_count(&j, "bytes", f->bytes);
    json_key_count(&j, "parameters", f->parameters);
    json_key(&j, "steps");
    json_open(&j, '[');
    for (size_t i = 0; i < f->checkpoints; i++) {
        json_count(&j, f->steps[i]);
    }
    json_close(&j, ']');
    add_losses(&j, "loss", f->whole, f->checkpoints, 1);
    if (f->held_out) {
        add_losses(&j, "held_out", f->held_out_whole, f->checkpoints, 1);
    }
    json_key(&j, "inputs");
    json_open(&j, '[');
    for (size_t g = 0; g < f->groups; g++) {
        add_group(&j, job, g);
    }
    json_close(&j, ']');
    add_speed(&j, "learnt", f->learnt, f->learn_seconds);
    add_speed(&j, "measured", f->measured, f->measure_seconds);
    json_close(&j, '}');
    return j.failed || !buf_add_char(&job->text, '\n') ? tamis_fail(err, TAMIS_IO, "out of memory for the result")
                                                       : cli_print(buf_str(&job->text), err);
}

/* ---- The verb --------------------------------------------------------------------------------------------------- */

static tamis_status work(struct job *job, tamis_err *err)
{
    tamis_status status = make_folder(job, err);
    const bool ours = status == TAMIS_OK;
    status = status ? status : read_documents(job, err);
    status = status ? status : draw_documents(job, err);
    status = status ? status : train(job, err);
    cache_close(job->cache, true);
    return ours ? clear_folder(job, status, err) : status;
}

static tamis_status proxy(struct cli *cli, tamis_err *err)
{
    struct job job = {.cli = cli, .options = cli->options};
    job.output = job.options->files.common.output;
    arena_init(&job.arena);
    buf_init(&job.text, BUF_UNLIMITED);
    flow_init(&job.flow, cli);
    tamis_status status = check_folder(&job, err);
    status = status ? status : files_open(&job.flow, cli, (tamis_str){"filters: []\ndedup: none\n", 24}, NULL, err);
    status = status ? status : work(&job, err);
    if (!status) {
        say_result(&job);
        status = job.options->files.common.json ? print_json(&job, err) : TAMIS_OK;
        status = status ? status : files_verdict(&job.totals, job.options->files.max_bad, err);
    }
    flow_close(&job.flow);
    buf_release(&job.text);
    arena_release(&job.arena);
    return status;
}

static const char *const examples[] = {
    "tamis proxy corpus/*.jsonl.zst -o trajectories/ && tamis score --scorer dynamic_uncertainty trajectories/",
    "tamis proxy --max-bytes 100M --held-out 0.01 law.jsonl.zst code.jsonl.zst -o trajectories/ --json", NULL};

const struct verb verb_proxy = {
    .name = "proxy",
    .synopsis = "[options] [FILES] -o TRAJECTORIES",
    .summary = "trains the built-in model on documents and writes the loss of each along the way",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct verb_proxy_options),
    .without = "memory set tmp stats",
    .run = proxy,
};
