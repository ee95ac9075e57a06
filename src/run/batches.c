/*
 * Batches through the pipeline.
 */
#include "run/batches.h"

#include <limits.h>
#include <stdlib.h>

#include "run/pipeline.h"

#define SERIAL UINT_MAX /* the row of steps that one thread at a time does */

struct pass {
    const struct run *run;
    struct feed *feed;
    const struct batches *batches;
    struct worker **workers; /* one per thread */
};

static tamis_status load(void *context, void *piece, bool *end, tamis_err *err)
{
    const struct pass *const pass = context;
    struct feed_piece *const to = piece;
    if (run_stopped(pass->run)) {
        return tamis_fail(err, TAMIS_INTERRUPTED, "%s", pass->batches->interrupted);
    }
    struct stats_row *const stats = stats_row(pass->run->stats, SERIAL);
    const uint64_t since = stats_begin(stats);
    const tamis_status status = feed_load(pass->feed, to, end, err);
    const size_t bytes = to->piece.packed.len ? to->piece.packed.len : to->piece.bytes.len - to->piece.from;
    (void)stats_end(stats, STATS_READ, since, *end ? 0 : bytes);
    return status;
}

static tamis_status decode(void *context, void *piece, tamis_err *err)
{
    const struct pass *const pass = context;
    struct feed_piece *const from = piece;
    const bool packed = from->piece.packed.len > 0;
    const uint64_t since = pass->run->stats && packed ? stats_clock() : 0;
    const tamis_status status = piece_decode(&from->piece, err);
    from->decoding = since ? stats_clock() - since : 0;
    return status;
}

static tamis_status join(void *context, void *at, void *job, bool *made, tamis_err *err)
{
    const struct pass *const pass = context;
    struct feed_piece *const piece = at;
    struct batch *const batch = job;
    if (!batch->chunk.bytes.limit) {
        batch_init(batch);
        batch->keeps_texts = pass->batches->keeps_texts;
    }
    batch->input = piece->input;
    batch->disk = piece->disk;
    struct stats_row *const stats = stats_row(pass->run->stats, SERIAL);
    stats_add(stats, STATS_DECODE, piece->decoding, piece->decoding ? piece->piece.bytes.len - piece->piece.from : 0);
    piece->decoding = 0;
    const uint64_t since = stats_begin(stats);
    const tamis_status status = feed_join(pass->feed, piece, &batch->chunk, made, err);
    (void)stats_end(stats, STATS_JOIN, since, *made ? chunk_str(&batch->chunk).len : 0);
    return status;
}

static tamis_status work(void *context, unsigned thread, void *job, tamis_err *err)
{
    const struct pass *const pass = context;
    return pass->batches->work(pass->batches->context, thread, pass->workers[thread], job, err);
}

static tamis_status write(void *context, void *job, tamis_err *err)
{
    const struct pass *const pass = context;
    struct batch *const batch = job;
    const size_t bytes = chunk_str(&batch->chunk).len;
    struct stats_row *const stats = stats_row(pass->run->stats, SERIAL);
    const uint64_t since = stats_begin(stats);
    const tamis_status status = pass->batches->write(pass->batches->context, batch, err);
    (void)stats_end(stats, STATS_WRITE, since, bytes);
    stats_documents(pass->run->stats, batch->records.count);
    return status;
}

static void release_job(void *context, void *job)
{
    (void)context;
    batch_release(job);
}

static void release_piece(void *context, void *piece)
{
    (void)context;
    piece_release(&((struct feed_piece *)piece)->piece);
}

tamis_status batches_run(const struct run *run, struct feed *feed, const struct batches *batches, tamis_err *err)
{
    struct pass pass = {.run = run, .feed = feed, .batches = batches};
    pass.workers = calloc(run->threads, sizeof(struct worker *));
    tamis_status status =
        pass.workers ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for %u threads", run->threads);
    for (unsigned t = 0; !status && t < run->threads; t++) {
        status = worker_new(&pass.workers[t], run->recipe, run->rules, err);
        if (!status) {
            worker_measure(pass.workers[t], stats_row(run->stats, t));
        }
    }
    feed_spread(feed, run->threads, run->copies_frames);
    if (!status) {
        const struct pipeline pipeline = {
            .context = &pass,
            .job_bytes = sizeof(struct batch),
            .work = work,
            .write = write,
            .release = release_job,
            .piece_bytes = sizeof(struct feed_piece),
            .load = load,
            .decode = decode,
            .join = join,
            .release_piece = release_piece,
        };
        status = pipeline_run(&pipeline, run->threads, err);
    }
    for (unsigned t = 0; pass.workers && t < run->threads; t++) {
        worker_free(pass.workers[t]);
    }
    free(pass.workers);
    return status;
}
