/*
 * The first pass: chunks from the feed, batches through the pipeline, blocks into the ledger.
 */
#include "run/survey.h"

#include "run/batches.h"
#include "run/block.h"
#include "run/sampling.h"
#include "run/shelf.h"

struct pass {
    const struct run *run;
    struct feed feed;
    struct block block;
    struct sampling sampling;
    bool samples; /* what goes away with its folder is not reported on */
    uint64_t documents; /* in this process, for progress */
};

static tamis_status work_batch(void *context, unsigned thread, struct worker *worker, struct batch *batch,
                               tamis_err *err)
{
    struct pass *const pass = context;
    (void)thread;
    const uint64_t below = pass->samples ? atomic_load(&pass->sampling.below) : 0;
    return batch_survey(batch, worker, &pass->run->inputs->at[batch->input], below, err);
}

static tamis_status write_batch(void *context, struct batch *batch, tamis_err *err)
{
    struct pass *const pass = context;
    sampling_see(&pass->sampling, (const struct survey_row *)(const void *)batch->rows.at, batch->records.count,
                 batch->disk);
    pass->documents += batch->records.count;
    shelf_add(pass->run->shelf, batch->input, batch->disk, &batch->chunk, batch->records.count);
    progress_update(pass->run->progress, batch->disk, pass->documents);
    return block_add(&pass->block, batch, &pass->run->inputs->at[batch->input], err);
}

static tamis_status pass_open(struct pass *pass, tamis_err *err)
{
    const tamis_status status = sampling_init(&pass->sampling, pass->run->inputs, err);
    return status ? status : block_resume(&pass->block, err);
}

/* After an interruption: the hashes of the blocks that stand, and the place to go on from. */
static tamis_status pass_resume(struct pass *pass, tamis_err *err)
{
    if (pass->block.place.part == 0) {
        return TAMIS_OK;
    }
    struct ledger ledger;
    shelf_abandon(pass->run->shelf);
    tamis_status status = ledger_open(&ledger, pass->run->ledger, pass->run->recipe, LEDGER_SURVEY, err);
    for (size_t p = 0; !status && p < ledger.part_count; p++) {
        sampling_see(&pass->sampling, ledger.parts[p].survey.rows, ledger.parts[p].count, 0);
    }
    if (!status) {
        ledger_close(&ledger);
        feed_seek(&pass->feed, (size_t)pass->block.place.input, pass->block.place.offset);
    }
    return status;
}

static void pass_close(struct pass *pass)
{
    sampling_release(&pass->sampling);
    feed_release(&pass->feed);
    block_release(&pass->block);
}

static void note_damage(struct survey_totals *totals, const struct survey_damage *damage)
{
    if (damage->stretches && totals->damaged < SURVEY_DAMAGED_NAMED) {
        totals->damage[totals->damaged] = *damage;
    }
    totals->damaged += damage->stretches > 0;
}

/* The next row, which may be of another input than the one at hand. */
static void see_damage(struct survey_totals *totals, struct survey_damage *at, const struct survey_row *row)
{
    const bool lost = row->rule == (uint16_t)REJECT_DAMAGED_STREAM;
    if (row->part != at->part) {
        note_damage(totals, at);
        *at = (struct survey_damage){.part = row->part};
    }
    at->offset = lost && !at->stretches ? row->offset : at->offset;
    at->stretches += lost;
    at->cut = lost;
}

tamis_status survey_count(const struct run *run, struct survey_totals *totals, tamis_err *err)
{
    struct ledger ledger;
    struct survey_damage at = {0};
    *totals = (struct survey_totals){0};
    const tamis_status status = ledger_open(&ledger, run->ledger, run->recipe, LEDGER_SURVEY, err);
    if (status) {
        return status;
    }
    for (uint64_t n = 0; n < ledger.documents; n++) {
        const struct survey_row *const row = ledger_survey(&ledger, n);
        totals->bytes += survey_bytes(row, run->rules);
        totals->rejects += row->rule && run->rules->at[row->rule - 1].stage == STAGE_PARSE;
        totals->estimated += survey_tokens_estimated(row);
        see_damage(totals, &at, row);
    }
    note_damage(totals, &at);
    totals->documents = ledger.documents;
    ledger_close(&ledger);
    return TAMIS_OK;
}

tamis_status survey(const struct run *run, struct survey_totals *totals, tamis_err *err)
{
    struct pass pass = {.run = run, .samples = !run->scratch && rules_signals(run->rules) > 0};
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
    if (!status) {
        shelf_finish(run->shelf);
    }
    const bool samples = pass.samples;
    pass_close(&pass);
    status = status || !samples ? status : sampling_complete(run, err);
    return status ? status : survey_count(run, totals, err);
}
