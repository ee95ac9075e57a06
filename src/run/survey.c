/*
 * The first pass: chunks from the feed, batches through the pipeline, blocks into the ledger.
 */
#include "run/survey.h"

#include <stdlib.h>

#include "run/batches.h"
#include "run/block.h"

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

/* What goes away with its folder is not reported on: nothing is sampled. */
static void sample_limit(struct pass *pass)
{
    if (pass->run->scratch) {
        return;
    }
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

static tamis_status work_batch(void *context, unsigned thread, struct worker *worker, struct batch *batch,
                               tamis_err *err)
{
    struct pass *const pass = context;
    (void)thread;
    return batch_survey(batch, worker, &pass->run->inputs->at[batch->input], atomic_load(&pass->sample_below), err);
}

static tamis_status write_batch(void *context, const struct batch *batch, tamis_err *err)
{
    struct pass *const pass = context;
    see_rows(pass, (const struct survey_row *)(const void *)batch->rows.at, batch->records.count);
    pass->documents += batch->records.count;
    progress_update(pass->run->progress, batch->disk, pass->documents);
    return block_add(&pass->block, batch, &pass->run->inputs->at[batch->input], err);
}

static tamis_status pass_open(struct pass *pass, tamis_err *err)
{
    pass->smallest.heap = calloc(SURVEY_SAMPLE_SMALLEST, sizeof *pass->smallest.heap);
    return pass->smallest.heap ? block_resume(&pass->block, err)
                               : tamis_fail(err, TAMIS_IO, "out of memory for the survey");
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
        feed_seek(&pass->feed, (size_t)pass->block.place.input, pass->block.place.offset);
    }
    return status;
}

static void pass_close(struct pass *pass)
{
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
    pass.block.scratch = run->scratch;
    tamis_status status = pass_open(&pass, err);
    status = status ? status : pass_resume(&pass, err);
    if (!status) {
        const struct batches batches = {.work = work_batch, .write = write_batch, .context = &pass,
                                        .interrupted = "interrupted; the same command continues"};
        status = batches_run(run, &pass.feed, &batches, err);
        status = status ? status : block_commit(&pass.block, err);
    }
    pass_close(&pass);
    return status ? status : survey_count(run, totals, err);
}
