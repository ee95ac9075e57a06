/*
 * Judging every document of files or a pipe, in order.
 *
 * A pipe is read once, so its kind is told on the way: batches are held back until enough of its documents voted, or it
 * ends, and are judged then. So its kind is that of a file that begins with the same documents.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "cmd/files.h"
#include "recipe/kind.h"
#include "run/batches.h"

struct judging {
    struct flow *flow;
    uint64_t sample_below;
    const struct files_sink *sink;
    struct survey_totals *totals;
    size_t source;
    uint64_t ordinal; /* documents of that source so far */

    /* Of pipes. */
    bool listens;            /* a kind that nobody said would count */
    _Atomic size_t settled;  /* parts below are of known kind */
    struct kind_votes votes; /* of the part that is held back */
    struct worker *worker;   /* of the thread that writes */
    tamis_text *text;
    struct batch *held;
    size_t held_count, held_cap;
};

/* ---- Any batch -------------------------------------------------------------------------------------------------- */

static tamis_status hand_over(struct judging *j, const struct batch *batch, tamis_err *err)
{
    const size_t source = j->flow->inputs.at[batch->input].source;
    if (source != j->source) {
        j->source = source;
        j->ordinal = 0;
    }
    for (size_t i = 0; i < batch->records.count; i++) {
        const struct record *const record = &batch->records.at[i];
        j->totals->documents++;
        j->totals->bytes += record->length;
        j->totals->rejects += record->reject != REJECT_NONE;
        if (record->reject) {
            const bool breaks = record->reject == REJECT_DAMAGED_STREAM && !j->totals->damaged; /* is always named */
            files_note_reject(j->flow, breaks ? 0 : j->totals->rejects, batch->input, record->offset,
                              reject_name(record->reject));
        }
        j->totals->damaged = j->totals->damaged || record->reject == REJECT_DAMAGED_STREAM;
    }
    const tamis_status status = j->sink->batch(j->sink->context, batch, j->ordinal, err);
    j->ordinal += batch->records.count;
    progress_update(j->flow->run.progress, batch->disk, j->totals->documents);
    return status;
}

/* ---- Of pipes --------------------------------------------------------------------------------------------------- */

/* Only where a kind can keep a document, which is in front of filters, and every input is a source of its own. */
static bool listens(const struct flow *flow, bool signals)
{
    const struct files_options *const options = flow->cli->options;
    return !options->kind && !signals && flow->recipe.filter_count && flow->recipe.source_count == flow->inputs.count;
}

static bool is_pipe(const struct judging *j, size_t input)
{
    return j->listens && j->flow->inputs.at[input].bytes == 0;
}

static tamis_status survey_here(struct judging *j, struct batch *batch, tamis_err *err)
{
    const tamis_status status =
        j->worker ? TAMIS_OK : worker_new(&j->worker, &j->flow->recipe, &j->flow->rules, err);
    return status ? status
                  : batch_survey(batch, j->worker, &j->flow->inputs.at[batch->input], j->sample_below, err);
}

/* Enough was heard: what was held back is judged and handed over. */
static tamis_status settle(struct judging *j, tamis_err *err)
{
    const size_t input = j->held[0].input;
    tamis_status status = TAMIS_OK;
    recipe_tell_kind(&j->flow->recipe, j->flow->inputs.at[input].source, kind_elected(&j->votes));
    atomic_store(&j->settled, input + 1);
    for (size_t i = 0; i < j->held_count; i++) {
        status = status ? status : survey_here(j, &j->held[i], err);
        status = status ? status : hand_over(j, &j->held[i], err);
        batch_release(&j->held[i]);
    }
    j->held_count = 0;
    j->votes = (struct kind_votes){0};
    return status;
}

static tamis_status hold(struct judging *j, struct batch *batch, tamis_err *err)
{
    if (j->held_count == j->held_cap) {
        const size_t cap = j->held_cap ? 2 * j->held_cap : 16;
        struct batch *const held = realloc(j->held, cap * sizeof *held);
        if (!held) {
            return tamis_fail(err, TAMIS_IO, "out of memory for the beginning of the input; close other programs");
        }
        j->held = held;
        j->held_cap = cap;
    }
    j->held[j->held_count++] = *batch;
    *batch = (struct batch){0};
    return TAMIS_OK;
}

static tamis_status hear(struct judging *j, struct batch *batch, tamis_err *err)
{
    j->text = j->text ? j->text : tamis_text_new();
    if (!j->text) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the beginning of the input; close other programs");
    }
    batch->keeps_texts = true;
    tamis_status status = survey_here(j, batch, err);
    const bool more = status || kind_hear(&j->votes, j->text, &batch->records);
    status = status ? status : hold(j, batch, err);
    return status || more ? status : settle(j, err);
}

static void stop_listening(struct judging *j)
{
    for (size_t i = 0; i < j->held_count; i++) {
        batch_release(&j->held[i]);
    }
    free(j->held);
    worker_free(j->worker);
    tamis_text_free(j->text);
}

/* ---- All of them ------------------------------------------------------------------------------------------------ */

static tamis_status judge_work(void *context, unsigned thread, struct worker *worker, struct batch *batch,
                               tamis_err *err)
{
    struct judging *const j = context;
    if (is_pipe(j, batch->input) && batch->input >= atomic_load(&j->settled)) {
        records_clear(&batch->records); /* not surveyed yet */
        return TAMIS_OK;
    }
    const tamis_status status =
        batch_survey(batch, worker, &j->flow->inputs.at[batch->input], j->sample_below, err);
    return status || !j->sink->work ? status : j->sink->work(j->sink->context, thread, batch, err);
}

static tamis_status judge_write(void *context, struct batch *batch, tamis_err *err)
{
    struct judging *const j = context;
    tamis_status status = TAMIS_OK;
    if (j->held_count && j->held[0].input != batch->input) {
        status = settle(j, err);
    }
    if (!status && is_pipe(j, batch->input) && batch->records.count == 0) {
        if (batch->input >= atomic_load(&j->settled)) {
            return hear(j, batch, err);
        }
        status = survey_here(j, batch, err);
    }
    return status ? status : hand_over(j, batch, err);
}

tamis_status files_judge(struct flow *flow, bool signals, const struct files_sink *sink, struct survey_totals *totals,
                         tamis_err *err)
{
    struct judging j = {.flow = flow, .sink = sink, .totals = totals, .sample_below = signals ? UINT64_MAX : 0,
                        .listens = listens(flow, signals)};
    struct feed feed;
    const struct batches batches = {.keeps_texts = sink->texts, .work = judge_work, .write = judge_write,
                                    .context = &j,
                                    .interrupted = "interrupted: files named by -o and other options were not written; "
                                                   "the same command begins again"};
    *totals = (struct survey_totals){0};
    feed_init(&feed, &flow->inputs, &flow->recipe);
    tamis_status status = batches_run(&flow->run, &feed, &batches, err);
    if (!status && j.held_count) {
        status = settle(&j, err);
    }
    feed_release(&feed);
    stop_listening(&j);
    return status;
}
