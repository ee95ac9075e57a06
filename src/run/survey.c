/*
 * The first pass: chunks from the feed, batches through the pipeline, blocks into the ledger.
 */
#include "run/survey.h"

#include <stdlib.h>

#include "run/block.h"
#include "run/feed.h"
#include "run/pipeline.h"

/* The smallest hashes so far, largest first: a document is in the sample if it is among them at the end, so it is
 * certainly below the largest of them when it is met. */
struct smallest {
    uint64_t *heap;
    size_t count;
};

struct pass {
    const struct run *run;
    struct feed feed;
    struct block block;
    struct worker **workers;
    struct smallest smallest;
    _Atomic uint64_t sample_below;
    uint64_t documents; /* in this process, for progress */
};

static void sift_down(uint64_t *heap, size_t count)
{
    for (size_t i = 0;;) {
        size_t largest = 2 * i + 1;
        if (largest >= count) {
            return;
        }
        largest += largest + 1 < count && heap[largest + 1] > heap[largest];
        if (heap[i] >= heap[largest]) {
            return;
        }
        const uint64_t swap = heap[i];
        heap[i] = heap[largest];
        heap[largest] = swap;
        i = largest;
    }
}

static void smallest_add(struct smallest *s, uint64_t hash)
{
    if (s->count == SURVEY_SAMPLE_SMALLEST) {
        if (hash < s->heap[0]) {
            s->heap[0] = hash;
            sift_down(s->heap, s->count);
        }
        return;
    }
    size_t i = s->count++;
    s->heap[i] = hash;
    while (i && s->heap[(i - 1) / 2] < s->heap[i]) {
        const uint64_t swap = s->heap[i];
        s->heap[i] = s->heap[(i - 1) / 2];
        s->heap[(i - 1) / 2] = swap;
        i = (i - 1) / 2;
    }
}

static void sample_limit(struct pass *pass)
{
    const uint64_t rate = UINT64_MAX / SURVEY_SAMPLE_ONE_IN;
    const uint64_t nth = pass->smallest.count < SURVEY_SAMPLE_SMALLEST ? UINT64_MAX : pass->smallest.heap[0];
    atomic_store(&pass->sample_below, nth > rate ? nth : rate);
}

static void see_rows(struct pass *pass, const struct survey_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (rows[i].hash_high | rows[i].hash_low) {
            smallest_add(&pass->smallest, rows[i].hash_high);
        }
    }
    sample_limit(pass);
}

static tamis_status read_batch(void *context, void *job, bool *end, tamis_err *err)
{
    struct pass *const pass = context;
    struct batch *const batch = job;
    if (!batch->chunk.bytes.limit) {
        batch_init(batch);
    }
    if (run_stopped(pass->run)) {
        return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command continues");
    }
    const tamis_status status = feed_next(&pass->feed, &batch->chunk, &batch->input, end, err);
    batch->disk = feed_progress(&pass->feed);
    return status;
}

static tamis_status work_batch(void *context, unsigned thread, void *job, tamis_err *err)
{
    struct pass *const pass = context;
    struct batch *const batch = job;
    return batch_survey(batch, pass->workers[thread], &pass->run->inputs->at[batch->input],
                        atomic_load(&pass->sample_below), err);
}

static tamis_status write_batch(void *context, void *job, tamis_err *err)
{
    struct pass *const pass = context;
    const struct batch *const batch = job;
    see_rows(pass, (const struct survey_row *)(const void *)batch->rows.at, batch->records.count);
    pass->documents += batch->records.count;
    progress_update(pass->run->progress, batch->disk, pass->documents);
    return block_add(&pass->block, batch, &pass->run->inputs->at[batch->input], err);
}

static void release_batch(void *context, void *job)
{
    (void)context;
    batch_release(job);
}

static tamis_status pass_open(struct pass *pass, tamis_err *err)
{
    const struct run *const run = pass->run;
    pass->workers = calloc(run->threads, sizeof *pass->workers);
    pass->smallest.heap = calloc(SURVEY_SAMPLE_SMALLEST, sizeof *pass->smallest.heap);
    tamis_status status = pass->workers && pass->smallest.heap
                              ? TAMIS_OK
                              : tamis_fail(err, TAMIS_IO, "out of memory for the survey");
    for (unsigned t = 0; !status && t < run->threads; t++) {
        status = worker_new(&pass->workers[t], run->recipe, run->rules, err);
    }
    return status ? status : block_resume(&pass->block, err);
}

/* After an interruption: the hashes of the blocks that stand, and the place to go on from. */
static tamis_status pass_resume(struct pass *pass, tamis_err *err)
{
    if (pass->block.place.part == 0) {
        sample_limit(pass);
        return TAMIS_OK;
    }
    struct ledger ledger;
    tamis_status status = ledger_open(&ledger, pass->run->ledger, pass->run->recipe, LEDGER_SURVEY, err);
    for (size_t p = 0; !status && p < ledger.part_count; p++) {
        see_rows(pass, ledger.parts[p].survey.rows, ledger.parts[p].count);
    }
    if (!status) {
        ledger_close(&ledger);
        status = feed_seek(&pass->feed, (size_t)pass->block.place.input, pass->block.place.offset, err);
    }
    return status;
}

static void pass_close(struct pass *pass)
{
    for (unsigned t = 0; pass->workers && t < pass->run->threads; t++) {
        worker_free(pass->workers[t]);
    }
    free(pass->workers);
    free(pass->smallest.heap);
    feed_release(&pass->feed);
    block_release(&pass->block);
}

tamis_status survey_count(const struct run *run, struct survey_totals *totals, tamis_err *err)
{
    struct ledger ledger;
    *totals = (struct survey_totals){0};
    const tamis_status status = ledger_open(&ledger, run->ledger, run->recipe, LEDGER_SURVEY, err);
    if (status) {
        return status;
    }
    for (uint64_t n = 0; n < ledger.documents; n++) {
        const struct survey_row *const row = ledger_survey(&ledger, n);
        totals->bytes += survey_bytes(row, run->rules);
        totals->rejects += row->rule && run->rules->at[row->rule - 1].stage == STAGE_PARSE;
        totals->estimated += row->tokens && !(row->flags & SURVEY_TOKENS_COUNTED);
        totals->damaged = totals->damaged || row->rule == (uint16_t)REJECT_DAMAGED_STREAM;
    }
    totals->documents = ledger.documents;
    ledger_close(&ledger);
    return TAMIS_OK;
}

tamis_status survey(const struct run *run, struct survey_totals *totals, tamis_err *err)
{
    struct pass pass = {.run = run};
    feed_init(&pass.feed, run->inputs, run->recipe);
    block_init(&pass.block, run->recipe, run->rules, run->ledger);
    tamis_status status = pass_open(&pass, err);
    status = status ? status : pass_resume(&pass, err);
    if (!status) {
        const struct pipeline pipeline = {
            .context = &pass,
            .job_bytes = sizeof(struct batch),
            .read = read_batch,
            .work = work_batch,
            .write = write_batch,
            .release = release_batch,
        };
        status = pipeline_run(&pipeline, run->threads, err);
        status = status ? status : block_commit(&pass.block, err);
    }
    pass_close(&pass);
    return status ? status : survey_count(run, totals, err);
}
