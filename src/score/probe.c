/*
 * The base, and from it one run after the other.
 */
#include "score/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/path.h"
#include "lm.h"
#include "score/probe_pieces.h"

#define PLACES ((size_t)1 << 16) /* measured at a time */
#define LEAST_BATCHES 200u       /* in a run: short ones are learnt in smaller batches */
#define LEAST_BLOCK 16u
#define RATE 1.0F
#define PROBE_VERSION 1u /* raised whenever losses can change */

struct probe {
    const struct probe_texts *texts;
    const struct probe_options *options;
    const char *work;
    struct probe_facts *facts;
    struct lm *lm;
    void *start;        /* the state that every run begins with */
    struct lm_place *places;
    float *nats;
    uint64_t done;      /* bytes learnt and measured, for progress */
};

/* ---- Learning and measuring ------------------------------------------------------------------------------------- */

static tamis_status tick(struct probe *p, uint64_t bytes, tamis_err *err)
{
    p->done += bytes;
    progress_update(p->options->progress, p->done, 0);
    if (p->options->stop && atomic_load(p->options->stop)) {
        return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted while training the probe; the same command continues");
    }
    return TAMIS_OK;
}

struct course {
    struct pieces *domain, *general; /* the latter: of the base as well */
    double share;                  /* of the domain, in bytes */
    uint64_t learnt, of_domain;    /* bytes */
};

static tamis_status open_part(const struct probe *p, enum probe_part part, struct pieces **pieces, tamis_err *err)
{
    struct path folder;
    const tamis_status status = path_make(&folder, err, "%s/order-%d", p->work, (int)part);
    return status ? status
                  : pieces_open(pieces, p->texts->cache, (uint16_t)part, p->options->seed, folder.at, err);
}

/* Every batch holds both kinds of text in their shares. */
static tamis_status learn_until(struct probe *p, struct course *c, uint64_t until, tamis_err *err)
{
    const size_t batch = lm_batch(p->lm);
    tamis_status status = TAMIS_OK;
    while (!status && c->learnt < until) {
        const size_t count = until - c->learnt < batch ? (size_t)(until - c->learnt) : batch;
        const double due = floor(c->share * (double)(c->learnt + count) + 0.5) - (double)c->of_domain;
        const size_t domain = due <= 0 ? 0 : due < (double)count ? (size_t)due : count;
        status = domain ? pieces_take(c->domain, p->places, domain, err) : TAMIS_OK;
        if (!status && domain < count) {
            status = pieces_take(c->general, p->places + domain, count - domain, err);
        }
        if (!status) {
            lm_learn(p->lm, p->places, count, RATE);
            c->learnt += count;
            c->of_domain += domain;
            p->facts->learnt += count;
            status = tick(p, count, err);
        }
    }
    return status;
}

static tamis_status measure_places(struct probe *p, size_t count, double *sum, tamis_err *err)
{
    lm_measure(p->lm, p->places, count, p->nats);
    for (size_t i = 0; i < count; i++) {
        *sum += (double)p->nats[i];
    }
    return tick(p, count, err);
}

/* Mean nats per byte of a part. */
static tamis_status measure(struct probe *p, enum probe_part part, double *loss, tamis_err *err)
{
    const struct cache *const cache = p->texts->cache;
    double sum = 0;
    size_t count = 0;
    tamis_status status = TAMIS_OK;
    for (uint64_t i = 0; !status && i < cache_count(cache); i++) {
        const tamis_str text = cache_group(cache, i) == (uint16_t)part ? cache_text(cache, i) : (tamis_str){0};
        struct lm_place place = {0};
        for (size_t b = 0; !status && b < text.len; b++) {
            place.next = (uint8_t)text.at[b];
            p->places[count++] = place;
            lm_place_pass(&place, place.next);
            if (count == PLACES) {
                status = measure_places(p, count, &sum, err);
                count = 0;
            }
        }
    }
    status = status || !count ? status : measure_places(p, count, &sum, err);
    *loss = sum / (double)p->texts->bytes[part];
    return status;
}

/* ---- What is kept ----------------------------------------------------------------------------------------------- */

static tamis_status kept_path(const struct probe *p, uint64_t key, const char *what, struct path *path, tamis_err *err)
{
    return path_make(path, err, "%s/%016llx.%s", p->work, (unsigned long long)key, what);
}

/* *found: the file is there and `bytes` long, and was read to `at`. */
static tamis_status recall(const char *path, void *at, size_t bytes, bool *found, tamis_err *err)
{
    const void *map = NULL;
    size_t len = 0;
    *found = false;
    if (!file_exists(path)) {
        return TAMIS_OK;
    }
    const tamis_status status = file_map(path, &map, &len, err);
    if (status) {
        return status;
    }
    *found = len == bytes;
    if (*found) {
        memcpy(at, map, bytes);
    }
    file_unmap(map, len);
    return TAMIS_OK;
}

/* ---- The base --------------------------------------------------------------------------------------------------- */

static tamis_status learn_base(struct probe *p, tamis_err *err)
{
    struct course c = {0};
    tamis_status status = open_part(p, PROBE_BASE, &c.general, err);
    status = status ? status : learn_until(p, &c, p->texts->bytes[PROBE_BASE], err);
    pieces_close(c.general);
    return status;
}

static tamis_status make_base(struct probe *p, tamis_err *err)
{
    struct path path;
    size_t bytes = 0;
    void *const state = lm_state(p->lm, &bytes);
    bool found = false;
    p->start = malloc(bytes);
    if (!p->start) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the base of the probe (%zu MiB)", bytes >> 20);
    }
    tamis_status status = TAMIS_OK;
    if (!p->options->from_scratch) {
        status = kept_path(p, p->facts->key, "base", &path, err);
        status = status ? status : recall(path.at, state, bytes, &found, err);
        if (!status && !found) {
            status = learn_base(p, err);
            status = status ? status : file_write(path.at, state, bytes, err);
        }
        status = status ? status : measure(p, PROBE_VALID_DOMAIN, &p->facts->base_domain, err);
        status = status ? status : measure(p, PROBE_VALID_GENERAL, &p->facts->base_general, err);
    }
    memcpy(p->start, state, bytes);
    return status;
}

/* ---- The runs --------------------------------------------------------------------------------------------------- */

static tamis_status learn_course(struct probe *p, struct course *c, uint64_t total, struct probe_point *points,
                                 tamis_err *err)
{
    const uint64_t checkpoints = p->options->checkpoints;
    tamis_status status = TAMIS_OK;
    for (uint64_t k = 0; !status && k < checkpoints; k++) {
        const double share = (double)(k + 1) / (double)checkpoints;
        const bool last = k + 1 == checkpoints;
        points[k].step = last ? total : (uint64_t)((double)total * share);
        points[k].tokens = last ? p->options->tokens : (uint64_t)((double)p->options->tokens * share);
        status = learn_until(p, c, points[k].step, err);
        status = status ? status : measure(p, PROBE_VALID_DOMAIN, &points[k].domain, err);
        status = status ? status : measure(p, PROBE_VALID_GENERAL, &points[k].general, err);
    }
    return status;
}

static tamis_status learn_run(struct probe *p, double ratio, struct probe_point *points, tamis_err *err)
{
    const double domain = ratio * probe_token_bytes(&p->texts->domain);
    const double general = (1 - ratio) * probe_token_bytes(&p->texts->general);
    struct course c = {.share = domain / (domain + general)};
    size_t bytes = 0;
    void *const state = lm_state(p->lm, &bytes);
    memcpy(state, p->start, bytes);
    tamis_status status = open_part(p, PROBE_DOMAIN, &c.domain, err);
    status = status ? status : open_part(p, PROBE_GENERAL, &c.general, err);
    const uint64_t total = (uint64_t)((double)p->options->tokens * (domain + general));
    status = status ? status : learn_course(p, &c, total, points, err);
    pieces_close(c.domain);
    pieces_close(c.general);
    return status;
}

static tamis_status make_run(struct probe *p, size_t run, struct probe_point *points, tamis_err *err)
{
    const double ratio = p->options->ratios[run];
    const size_t bytes = (size_t)p->options->checkpoints * sizeof *points;
    struct path path;
    bool found = false;
    const uint64_t key = hash_join(p->facts->key, hash_bytes(&ratio, sizeof ratio, 0));
    tamis_status status = kept_path(p, key, "run", &path, err);
    status = status ? status : recall(path.at, points, bytes, &found, err);
    p->facts->kept += found;
    if (status || found) {
        return status;
    }
    status = learn_run(p, ratio, points, err);
    return status ? status : file_write(path.at, points, bytes, err);
}

/* ---- All of it -------------------------------------------------------------------------------------------------- */

/* Batches so small that there are LEAST_BATCHES of them in a run. */
static struct lm_shape choose_shape(const struct probe *p)
{
    const double bytes = (double)p->options->tokens * probe_token_bytes(&p->texts->general);
    struct lm_shape shape = LM_SHAPE;
    while (shape.block > LEAST_BLOCK && bytes / ((double)shape.block * shape.workers) < LEAST_BATCHES) {
        shape.block /= 2;
    }
    return shape;
}

static uint64_t make_key(const struct probe *p, const struct lm_shape *shape)
{
    const struct probe_texts *const t = p->texts;
    const hash128 digest = cache_digest(t->cache);
    const struct probe_options *const o = p->options;
    const uint64_t parts[] = {PROBE_VERSION,   LM_VERSION,      digest.high,       digest.low,      o->tokens,
                              o->checkpoints,  o->from_scratch, o->seed,           shape->row_bits, shape->hidden,
                              shape->block,    shape->workers,  t->domain.bytes,   t->domain.tokens,
                              t->general.bytes, t->general.tokens};
    uint64_t key = hash_bytes(parts, sizeof parts, 0);
    for (uint64_t i = 0; i < cache_count(t->cache); i++) {
        key = hash_join(key, cache_number(t->cache, i) * PROBE_PARTS + cache_group(t->cache, i));
    }
    return key;
}

static void begin_progress(const struct probe *p)
{
    const struct probe_options *const o = p->options;
    const uint64_t valid = p->texts->bytes[PROBE_VALID_DOMAIN] + p->texts->bytes[PROBE_VALID_GENERAL];
    const double run = (double)o->tokens * probe_token_bytes(&p->texts->general) + (double)(valid * o->checkpoints);
    progress_stage(o->progress, "probe", "bytes", p->texts->bytes[PROBE_BASE] + (uint64_t)(run * (double)o->count));
}

static tamis_status begin(struct probe *p, struct arena *arena, struct probe_point **points, tamis_err *err)
{
    const struct lm_shape shape = choose_shape(p);
    const size_t room = (size_t)p->options->checkpoints * p->options->count;
    p->facts->key = make_key(p, &shape);
    tamis_status status = lm_new(&p->lm, &shape, p->options->seed, p->options->threads, err);
    if (status) {
        return status;
    }
    const size_t places = lm_batch(p->lm) > PLACES ? lm_batch(p->lm) : PLACES;
    p->places = calloc(places, sizeof *p->places);
    p->nats = calloc(places, sizeof *p->nats);
    *points = arena_zeroed(arena, room, sizeof **points);
    if (!p->places || !p->nats || !*points) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the probe");
    }
    p->facts->parameters = lm_parameters(p->lm);
    p->facts->base_bytes = p->options->from_scratch ? 0 : p->texts->bytes[PROBE_BASE];
    p->facts->points = *points;
    begin_progress(p);
    return file_make_folders(p->work, err);
}

tamis_status probe_train(const struct probe_texts *texts, const struct probe_options *options, const char *work,
                         struct arena *arena, struct probe_facts *facts, tamis_err *err)
{
    struct probe p = {.texts = texts, .options = options, .work = work, .facts = facts};
    struct probe_point *points = NULL;
    *facts = (struct probe_facts){.base_domain = NAN, .base_general = NAN};
    tamis_status status = begin(&p, arena, &points, err);
    status = status ? status : make_base(&p, err);
    for (size_t r = 0; !status && r < options->count; r++) {
        status = make_run(&p, r, points + r * options->checkpoints, err);
    }
    progress_done(options->progress);
    lm_free(p.lm);
    free(p.start);
    free(p.places);
    free(p.nats);
    return status;
}
