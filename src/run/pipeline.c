/*
 * A ring of job slots. Whichever thread is free takes what is most urgent: writing the next job in order, else reading
 * and working on a new one, else waiting.
 */
#include "run/pipeline.h"

#include <pthread.h>
#include <stdlib.h>

enum slot_state { SLOT_FREE, SLOT_BUSY, SLOT_READY };

struct slot {
    void *job;
    enum slot_state state;
    tamis_status status; /* of reading or work */
    tamis_err err;
};

struct ring {
    const struct pipeline *pipeline;
    struct slot *slots;
    size_t count;
    uint64_t next_read, next_write; /* job numbers */
    bool reading, writing, ended, stopped;
    tamis_status status;
    tamis_err err;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static struct slot *slot_of(struct ring *ring, uint64_t job)
{
    return &ring->slots[job % ring->count];
}

/* Called and left with the lock held. */
static void write_next(struct ring *ring)
{
    struct slot *const slot = slot_of(ring, ring->next_write);
    tamis_status status = slot->status;
    if (!status) {
        ring->writing = true;
        pthread_mutex_unlock(&ring->lock);
        status = ring->pipeline->write(ring->pipeline->context, slot->job, &slot->err);
        pthread_mutex_lock(&ring->lock);
        ring->writing = false;
    }
    if (status) {
        ring->stopped = true;
        ring->status = status;
        ring->err = slot->err;
    }
    slot->state = SLOT_FREE;
    ring->next_write++;
    pthread_cond_broadcast(&ring->changed);
}

/* Called and left with the lock held. */
static void read_and_work(struct ring *ring, unsigned thread)
{
    struct slot *const slot = slot_of(ring, ring->next_read);
    bool end = false;
    ring->reading = true;
    pthread_mutex_unlock(&ring->lock);
    slot->err = (tamis_err){0};
    tamis_status status = ring->pipeline->read(ring->pipeline->context, slot->job, &end, &slot->err);
    pthread_mutex_lock(&ring->lock);
    ring->reading = false;
    ring->ended = ring->ended || end || status;
    if (end && !status) {
        pthread_cond_broadcast(&ring->changed);
        return;
    }
    ring->next_read++;
    slot->state = SLOT_BUSY;
    pthread_cond_broadcast(&ring->changed);
    if (!status) {
        pthread_mutex_unlock(&ring->lock);
        status = ring->pipeline->work(ring->pipeline->context, thread, slot->job, &slot->err);
        pthread_mutex_lock(&ring->lock);
    }
    slot->status = status;
    slot->state = SLOT_READY;
    pthread_cond_broadcast(&ring->changed);
}

static void serve(struct ring *ring, unsigned thread)
{
    pthread_mutex_lock(&ring->lock);
    while (!ring->stopped) {
        const bool pending = ring->next_write < ring->next_read;
        if (pending && !ring->writing && slot_of(ring, ring->next_write)->state == SLOT_READY) {
            write_next(ring);
        } else if (!ring->reading && !ring->ended && ring->next_read - ring->next_write < ring->count) {
            read_and_work(ring, thread);
        } else if (ring->ended && !pending) {
            break;
        } else {
            pthread_cond_wait(&ring->changed, &ring->lock);
        }
    }
    pthread_mutex_unlock(&ring->lock);
}

static bool slots_init(struct ring *ring, size_t count)
{
    ring->slots = calloc(count, sizeof *ring->slots);
    ring->count = ring->slots ? count : 0;
    for (size_t i = 0; i < ring->count; i++) {
        ring->slots[i].job = calloc(1, ring->pipeline->job_bytes);
        if (!ring->slots[i].job) {
            return false;
        }
    }
    return ring->slots != NULL;
}

static void slots_release(struct ring *ring)
{
    for (size_t i = 0; i < ring->count; i++) {
        if (ring->slots[i].job) {
            ring->pipeline->release(ring->pipeline->context, ring->slots[i].job);
            free(ring->slots[i].job);
        }
    }
    free(ring->slots);
}

tamis_status pipeline_run(const struct pipeline *pipeline, unsigned threads, tamis_err *err)
{
    struct ring ring = {.pipeline = pipeline};
    if (!slots_init(&ring, 2 * (size_t)threads + 1)) {
        slots_release(&ring);
        return tamis_fail(err, TAMIS_IO, "out of memory for the work of %u threads", threads);
    }
    pthread_mutex_init(&ring.lock, NULL);
    pthread_cond_init(&ring.changed, NULL);
#pragma omp parallel for num_threads((int)threads) schedule(static, 1)
    for (unsigned thread = 0; thread < threads; thread++) {
        serve(&ring, thread);
    }
    pthread_cond_destroy(&ring.changed);
    pthread_mutex_destroy(&ring.lock);
    slots_release(&ring);
    if (ring.status && err) {
        *err = ring.err;
    }
    return ring.status;
}
