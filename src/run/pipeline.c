/*
 * Two rings of slots, of jobs and of pieces. Whichever thread is free takes what is most urgent: writing the next job
 * in order, else making a new job and working on it, else loading a piece and decoding it, else waiting. With one
 * thread each piece, and each job, so goes all its way before the next one is begun, and stays in the cache.
 */
#include "run/pipeline.h"

#include <pthread.h>
#include <stdlib.h>

enum slot_state { SLOT_FREE, SLOT_BUSY, SLOT_READY };

struct slot {
    void *item; /* a job or a piece; NULL while the slot is free */
    enum slot_state state;
    tamis_status status; /* of what was done to it */
    tamis_err err;
};

struct ring {
    struct slot *slots;
    size_t count;
    void **spare; /* items in no slot; the one used last is used next: it is in the cache */
    size_t spares;
    uint64_t filled, emptied; /* numbers of items */
    bool filling, emptying;
    bool ended; /* no more are filled */
};

struct line {
    const struct pipeline *pipeline;
    struct ring jobs, pieces;
    bool stopped;
    tamis_status status;
    tamis_err err;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static struct slot *slot_of(const struct ring *ring, uint64_t item)
{
    return &ring->slots[item % ring->count];
}

/* The item to be emptied next stands ready. */
static bool is_ready(const struct ring *ring)
{
    return !ring->emptying && ring->emptied < ring->filled && slot_of(ring, ring->emptied)->state == SLOT_READY;
}

static bool may_fill(const struct ring *ring)
{
    return !ring->filling && !ring->ended && ring->filled - ring->emptied < ring->count;
}

/* The slot to be filled next, with an item. */
static struct slot *begin_to_fill(struct ring *ring)
{
    struct slot *const slot = slot_of(ring, ring->filled);
    slot->item = ring->spare[--ring->spares];
    slot->err = (tamis_err){0};
    ring->filling = true;
    return slot;
}

static void give_back(struct ring *ring, struct slot *slot)
{
    ring->spare[ring->spares++] = slot->item;
    slot->item = NULL;
    slot->state = SLOT_FREE;
}

static void empty_slot(struct line *line, struct ring *ring)
{
    give_back(ring, slot_of(ring, ring->emptied));
    ring->emptied++;
    ring->emptying = false;
    pthread_cond_broadcast(&line->changed);
}

/* The functions below are called and left with the lock held. */

static void write_next(struct line *line)
{
    struct slot *const slot = slot_of(&line->jobs, line->jobs.emptied);
    tamis_status status = slot->status;
    line->jobs.emptying = true;
    if (!status) {
        pthread_mutex_unlock(&line->lock);
        status = line->pipeline->write(line->pipeline->context, slot->item, &slot->err);
        pthread_mutex_lock(&line->lock);
    }
    if (status) {
        line->stopped = true;
        line->status = status;
        line->err = slot->err;
    }
    empty_slot(line, &line->jobs);
}

/* The slot that was being filled is, and what remains to be done to its item is done by nobody else. */
static void filled(struct line *line, struct ring *ring, struct slot *slot)
{
    ring->filling = false;
    ring->filled++;
    slot->state = SLOT_BUSY;
    pthread_cond_broadcast(&line->changed);
}

static void is_done(struct line *line, struct slot *slot, tamis_status status)
{
    slot->status = status;
    slot->state = SLOT_READY;
    pthread_cond_broadcast(&line->changed);
}

static void work_on(struct line *line, struct slot *slot, unsigned thread, tamis_status status)
{
    const struct pipeline *const p = line->pipeline;
    if (!status) {
        pthread_mutex_unlock(&line->lock);
        status = p->work(p->context, thread, slot->item, &slot->err);
        pthread_mutex_lock(&line->lock);
    }
    is_done(line, slot, status);
}

static void read_and_work(struct line *line, unsigned thread)
{
    const struct pipeline *const p = line->pipeline;
    struct slot *const slot = begin_to_fill(&line->jobs);
    bool end = false;
    pthread_mutex_unlock(&line->lock);
    const tamis_status status = p->read(p->context, slot->item, &end, &slot->err);
    pthread_mutex_lock(&line->lock);
    line->jobs.ended = line->jobs.ended || end || status;
    if (end && !status) {
        line->jobs.filling = false;
        give_back(&line->jobs, slot);
        pthread_cond_broadcast(&line->changed);
        return;
    }
    filled(line, &line->jobs, slot);
    work_on(line, slot, thread, status);
}

static void join_and_work(struct line *line, unsigned thread)
{
    const struct pipeline *const p = line->pipeline;
    struct slot *const piece = slot_of(&line->pieces, line->pieces.emptied);
    struct slot *const slot = begin_to_fill(&line->jobs);
    bool made = false;
    line->pieces.emptying = true;
    pthread_mutex_unlock(&line->lock);
    slot->err = piece->err;
    tamis_status status = piece->status;
    if (!status) {
        status = p->join(p->context, piece->item, slot->item, &made, &slot->err);
    }
    pthread_mutex_lock(&line->lock);
    line->pieces.emptying = false;
    line->jobs.ended = line->jobs.ended || status;
    if (status || made) {
        filled(line, &line->jobs, slot);
        work_on(line, slot, thread, status);
        return;
    }
    line->jobs.filling = false;
    give_back(&line->jobs, slot);
    empty_slot(line, &line->pieces);
}

static void load_and_decode(struct line *line)
{
    const struct pipeline *const p = line->pipeline;
    struct slot *const slot = begin_to_fill(&line->pieces);
    bool end = false;
    pthread_mutex_unlock(&line->lock);
    tamis_status status = p->load(p->context, slot->item, &end, &slot->err);
    pthread_mutex_lock(&line->lock);
    line->pieces.ended = line->pieces.ended || end || status;
    if (end && !status) {
        line->pieces.filling = false;
        give_back(&line->pieces, slot);
        pthread_cond_broadcast(&line->changed);
        return;
    }
    filled(line, &line->pieces, slot);
    if (!status) {
        pthread_mutex_unlock(&line->lock);
        status = p->decode(p->context, slot->item, &slot->err);
        pthread_mutex_lock(&line->lock);
    }
    is_done(line, slot, status);
}

static void serve(struct line *line, unsigned thread)
{
    struct ring *const jobs = &line->jobs, *const pieces = &line->pieces;
    const bool in_pieces = line->pipeline->piece_bytes > 0;
    pthread_mutex_lock(&line->lock);
    while (!line->stopped) {
        if (in_pieces && pieces->ended && pieces->emptied == pieces->filled) {
            jobs->ended = true;
        }
        if (is_ready(jobs)) {
            write_next(line);
        } else if (in_pieces && may_fill(jobs) && is_ready(pieces)) {
            join_and_work(line, thread);
        } else if (!in_pieces && may_fill(jobs)) {
            read_and_work(line, thread);
        } else if (in_pieces && !jobs->ended && may_fill(pieces)) {
            load_and_decode(line);
        } else if (jobs->ended && jobs->emptied == jobs->filled) {
            break;
        } else {
            pthread_cond_wait(&line->changed, &line->lock);
        }
    }
    pthread_mutex_unlock(&line->lock);
}

static bool ring_init(struct ring *ring, size_t count, size_t item_bytes)
{
    ring->slots = calloc(count, sizeof *ring->slots);
    ring->spare = calloc(count, sizeof *ring->spare);
    ring->count = ring->slots && ring->spare ? count : 0;
    while (ring->spares < ring->count) {
        ring->spare[ring->spares] = calloc(1, item_bytes);
        if (!ring->spare[ring->spares]) {
            return false;
        }
        ring->spares++;
    }
    return ring->count > 0;
}

static void ring_release(struct ring *ring, void (*release)(void *context, void *item), void *context)
{
    for (size_t i = 0; i < ring->count; i++) {
        if (ring->slots[i].item) {
            ring->spare[ring->spares++] = ring->slots[i].item;
        }
    }
    for (size_t i = 0; i < ring->spares; i++) {
        release(context, ring->spare[i]);
        free(ring->spare[i]);
    }
    free(ring->spare);
    free(ring->slots);
}

tamis_status pipeline_run(const struct pipeline *pipeline, unsigned threads, tamis_err *err)
{
    struct line line = {.pipeline = pipeline};
    const size_t pieces = !pipeline->piece_bytes ? 0 : threads > 1 ? (size_t)threads + 1 : 1;
    const bool fine = ring_init(&line.jobs, 2 * (size_t)threads + 1, pipeline->job_bytes) &&
                      (!pieces || ring_init(&line.pieces, pieces, pipeline->piece_bytes));
    if (fine) {
        pthread_mutex_init(&line.lock, NULL);
        pthread_cond_init(&line.changed, NULL);
#pragma omp parallel for num_threads((int)threads) schedule(static, 1)
        for (unsigned thread = 0; thread < threads; thread++) {
            serve(&line, thread);
        }
        pthread_cond_destroy(&line.changed);
        pthread_mutex_destroy(&line.lock);
    }
    ring_release(&line.jobs, pipeline->release, pipeline->context);
    ring_release(&line.pieces, pipeline->release_piece, pipeline->context);
    if (!fine) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the work of %u threads", threads);
    }
    if (line.status && err) {
        *err = line.err;
    }
    return line.status;
}
