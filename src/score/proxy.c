/*
 * Training from checkpoint to checkpoint.
 */
#include "score/proxy.h"

#include <stdlib.h>
#include <time.h>

#include "lm.h"
#include "score/proxy_inside.h"

#define LEAST_BATCHES 100u /* in a run: very small corpora are learnt in smaller batches */
#define LEAST_BLOCK 16u
#define LEAST_RATE 0.02F

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

bool proxy_trains(const struct proxy *p, uint64_t i)
{
    return cache_text(p->cache, i).len > 0 && (!p->options->trains || p->options->trains(p->options->context, i));
}

/* total x (i + 1) / checkpoints without overflow. */
uint64_t proxy_step(const struct proxy *p, size_t i)
{
    const uint64_t whole = p->total / p->options->checkpoints, rest = p->total % p->options->checkpoints;
    return whole * (i + 1) + rest * (i + 1) / p->options->checkpoints;
}

tamis_status proxy_tick(struct proxy *p, uint64_t bytes, tamis_err *err)
{
    p->done += bytes;
    progress_update(p->options->progress, p->done, p->documents);
    if (p->options->stop && atomic_load(p->options->stop)) {
        return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted while training the proxy; the same command continues");
    }
    return TAMIS_OK;
}

/* ---- The work --------------------------------------------------------------------------------------------------- */

static tamis_status count_work(struct proxy *p, tamis_err *err)
{
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < cache_count(p->cache); i++) {
        bytes += proxy_trains(p, i) ? cache_text(p->cache, i).len : 0;
    }
    if (bytes && p->options->passes > UINT64_MAX / 2 / bytes) {
        return tamis_fail(err, TAMIS_USAGE, "%llu passes over %llu bytes are more than can be counted; ask for fewer",
                          (unsigned long long)p->options->passes, (unsigned long long)bytes);
    }
    p->total = bytes * p->options->passes;
    if (p->total < p->options->checkpoints) {
        return tamis_fail(err, TAMIS_INPUT, "%llu bytes of text to train the proxy are too few for %llu checkpoints; "
                          "give it more documents", (unsigned long long)bytes,
                          (unsigned long long)p->options->checkpoints);
    }
    return TAMIS_OK;
}

/* All that the losses depend on besides the machine. */
static uint64_t make_key(const struct proxy *p, const struct lm_shape *shape)
{
    const hash128 digest = cache_digest(p->cache);
    const uint64_t parts[] = {LM_VERSION,      digest.high,  digest.low,    p->options->passes, p->options->checkpoints,
                              p->options->seed, shape->row_bits, shape->hidden, shape->block,  shape->workers};
    uint64_t key = hash_bytes(parts, sizeof parts, 0);
    for (uint64_t i = 0; i < cache_count(p->cache); i++) {
        key = hash_join(key, cache_number(p->cache, i) * 2 + proxy_trains(p, i));
    }
    return key;
}

/* Batches so small that there are LEAST_BATCHES of them. */
static struct lm_shape choose_shape(uint64_t total)
{
    struct lm_shape shape = LM_SHAPE;
    while (shape.block > LEAST_BLOCK && total / ((uint64_t)shape.block * shape.workers) < LEAST_BATCHES) {
        shape.block /= 2;
    }
    return shape;
}

/* ---- Training --------------------------------------------------------------------------------------------------- */

struct reading {
    struct lanes *lanes;
    struct lm_place *places;
};

/* The next batch, which ends where a checkpoint is due. */
static tamis_status take_batch(const struct proxy *p, const struct reading *r, uint64_t until, size_t *count,
                               tamis_err *err)
{
    const size_t batch = lm_batch(p->lm);
    const uint64_t left = until - p->learnt;
    const tamis_status status = lanes_take(r->lanes, r->places, left < batch ? (size_t)left : batch, count, err);
    return status || *count ? status
                            : tamis_fail(err, TAMIS_INTERNAL, "the proxy ran out of text %llu bytes before its end; "
                                         "please report this", (unsigned long long)(p->total - p->learnt));
}

/* Steps shrink in proportion to what is left of the run. */
static float rate_at(const struct proxy *p)
{
    const float left = (float)((double)(p->total - p->learnt) / (double)p->total);
    return left > LEAST_RATE ? left : LEAST_RATE;
}

static tamis_status learn_until(struct proxy *p, const struct reading *r, uint64_t until, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    while (!status && p->learnt < until) {
        size_t count = 0;
        status = take_batch(p, r, until, &count, err);
        if (!status) {
            lm_learn(p->lm, r->places, count, rate_at(p));
            p->learnt += count;
            p->documents = lanes_documents(r->lanes);
            status = proxy_tick(p, count, err);
        }
    }
    return status;
}

/* Goes over what an earlier call has learnt, batch by batch, without learning it again. */
static tamis_status skip_until(struct proxy *p, const struct reading *r, uint64_t until, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    while (!status && p->learnt < until) {
        size_t count = 0;
        status = take_batch(p, r, until, &count, err);
        p->learnt += count;
        status = status ? status : proxy_tick(p, 0, err);
    }
    return status;
}

static tamis_status train(struct proxy *p, const struct reading *r, struct proxy_facts *facts, tamis_err *err)
{
    const size_t checkpoints = (size_t)p->options->checkpoints;
    const bool resumes = p->checkpoint > 0 && p->checkpoint < checkpoints;
    tamis_status status = resumes ? skip_until(p, r, proxy_step(p, p->checkpoint - 1), err) : TAMIS_OK;
    while (!status && p->checkpoint < checkpoints) {
        const double begun = now();
        const uint64_t before = p->learnt;
        status = learn_until(p, r, proxy_step(p, p->checkpoint), err);
        const double learnt = now();
        status = status ? status : losses_measure(p, p->checkpoint, err);
        if (!status) {
            facts->learnt += p->learnt - before;
            facts->measured += cache_bytes(p->cache);
            facts->learn_seconds += learnt - begun;
            facts->measure_seconds += now() - learnt;
            status = saved_write(p, err);
        }
    }
    return status;
}

static tamis_status train_all(struct proxy *p, struct proxy_facts *facts, tamis_err *err)
{
    struct reading r = {0};
    const uint64_t saved = p->checkpoint ? proxy_step(p, p->checkpoint - 1) : 0;
    progress_stage(p->options->progress, "proxy", "bytes",
                   p->total - saved + cache_bytes(p->cache) * (p->options->checkpoints - p->checkpoint));
    r.places = calloc(lm_batch(p->lm), sizeof *r.places);
    tamis_status status =
        r.places ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for reading the texts to train on");
    status = status ? status : lanes_open(&r.lanes, p, lm_batch(p->lm), err);
    status = status ? status : train(p, &r, facts, err);
    lanes_close(r.lanes);
    free(r.places);
    return status;
}

tamis_status proxy_train_shape(struct proxy *p, const struct lm_shape *shape, const char *folder, struct arena *arena,
                               struct proxy_facts *facts, tamis_err *err)
{
    *facts = (struct proxy_facts){0};
    tamis_status status = count_work(p, err);
    const struct lm_shape chosen = shape ? *shape : choose_shape(p->total);
    p->key = status ? 0 : make_key(p, &chosen);
    status = status ? status : lm_new(&p->lm, &chosen, p->options->seed, p->options->threads, err);
    status = status ? status : saved_read(p, err);
    status = status ? status : train_all(p, facts, err);
    status = status ? status : proxy_tell(p, arena, facts, err);
    status = status ? status : proxy_write(p, folder, facts, err);
    lm_free(p->lm);
    p->lm = NULL;
    return status;
}

tamis_status proxy_train(const struct cache *cache, const struct proxy_options *options, const char *folder,
                         const char *work, struct arena *arena, struct proxy_facts *facts, tamis_err *err)
{
    struct proxy p = {.cache = cache, .options = options, .work = work};
    return proxy_train_shape(&p, NULL, folder, arena, facts, err);
}

tamis_status proxy_possible(tamis_err *err)
{
    return lm_possible(err);
}
