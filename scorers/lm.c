/*
 * The model's memory, its contexts, and how blocks are spread over threads. What happens inside a block is in
 * lm_block.c, what is done to the weights afterwards in lm_step.c.
 */
#include "lm.h"

#include <math.h>
#include <stdlib.h>

#include "lm_inside.h"

#define MEASURED_AT_ONCE ((size_t)8) /* blocks */

void lm_place_pass(struct lm_place *place, uint8_t byte)
{
    const bool wordy = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                       byte == '_' || byte >= 0x80;
    place->before = place->before << 9 | (byte + 1u);
    place->word = wordy ? lm_mix(place->word * LM_ODD + byte + 1) : 0;
}

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

static bool is_possible(const struct lm_shape *s)
{
    return s->row_bits >= 8 && s->row_bits <= 24 && s->hidden >= 1 && s->hidden <= 4096 && s->block >= 1 &&
           s->block <= 4096 && s->workers >= 1 && s->workers <= 64;
}

/* The state: tables, their accumulators, weights, their accumulators. */
static void lay_out(struct lm *lm)
{
    const size_t rows = (size_t)1 << lm->shape.row_bits;
    float *at = lm->state;
    for (size_t f = 0; f < LM_FEATURES; f++) {
        lm->tables[f] = at;
        at += rows * LM_WIDTH;
    }
    for (size_t f = 0; f < LM_FEATURES; f++) {
        lm->seen[f] = at;
        at += rows;
    }
    lm->weights = at;
    lm->squares = at + lm->weight_count;
}

static void draw_weights(float *at, size_t count, float most, uint64_t seed)
{
    for (size_t i = 0; i < count; i++) {
        const float unit = (float)(lm_mix(seed + (i + 1) * LM_ODD) >> 40) * 0x1p-23F - 1.0F;
        at[i] = unit * most;
    }
}

/* Rows begin at zero. V is spread for rectified units (He et al. 2015), W less, so that first guesses are even. */
static void begin_weights(struct lm *lm, uint64_t seed)
{
    const size_t v = LM_INPUTS * lm->shape.hidden;
    draw_weights(lm->weights, v, sqrtf(6.0F / (float)LM_INPUTS), lm_mix(seed * 2 + 1));
    draw_weights(lm->weights + v, lm->weight_count - v, sqrtf(1.0F / (float)lm_columns(&lm->shape)),
                 lm_mix(seed * 2 + 2));
}

static tamis_status allocate(struct lm *lm, tamis_err *err)
{
    const size_t rows = (size_t)1 << lm->shape.row_bits, batch = lm_batch(lm);
    lm->weight_count = LM_INPUTS * lm->shape.hidden + lm_columns(&lm->shape) * 2 * LM_OUT;
    lm->state_count = LM_FEATURES * rows * (LM_WIDTH + 1) + 2 * lm->weight_count;
    lm->state = calloc(lm->state_count, sizeof *lm->state);
    lm->orders = calloc(4 * batch * LM_FEATURES, sizeof *lm->orders);
    lm->blocks = calloc(lm->block_count, sizeof *lm->blocks);
    bool fine = lm->state && lm->orders && lm->blocks;
    for (size_t b = 0; fine && b < lm->block_count; b++) {
        fine = lm_block_open(&lm->blocks[b], &lm->shape, lm->weight_count);
    }
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the proxy model (%zu MiB)",
                                        lm->state_count * sizeof *lm->state >> 20);
}

tamis_status lm_new(struct lm **out, const struct lm_shape *shape, uint64_t seed, unsigned threads, tamis_err *err)
{
    if (!is_possible(shape)) {
        return tamis_fail(err, TAMIS_INTERNAL, "no proxy model can have %u row bits, %u units, %u blocks of %u",
                          shape->row_bits, shape->hidden, shape->workers, shape->block);
    }
    struct lm *const lm = calloc(1, sizeof *lm);
    if (!lm) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the proxy model");
    }
    lm->shape = *shape;
    lm->threads = threads ? threads : 1;
    lm->block_count = lm->threads > shape->workers ? lm->threads : shape->workers;
    tamis_status status = blas_open(&lm->blas, err);
    status = status ? status : team_new(&lm->team, lm->threads, err);
    status = status ? status : allocate(lm, err);
    if (status) {
        lm_free(lm);
        return status;
    }
    lay_out(lm);
    begin_weights(lm, seed);
    *out = lm;
    return TAMIS_OK;
}

tamis_status lm_possible(tamis_err *err)
{
    struct blas blas;
    const tamis_status status = blas_open(&blas, err);
    blas_close(&blas);
    return status;
}

void lm_free(struct lm *lm)
{
    if (!lm) {
        return;
    }
    for (size_t b = 0; lm->blocks && b < lm->block_count; b++) {
        lm_block_close(&lm->blocks[b]);
    }
    free(lm->blocks);
    free(lm->state);
    free(lm->orders);
    team_free(lm->team);
    blas_close(&lm->blas);
    free(lm);
}

uint64_t lm_parameters(const struct lm *lm)
{
    return (uint64_t)LM_FEATURES * LM_WIDTH * ((uint64_t)1 << lm->shape.row_bits) + lm->weight_count;
}

size_t lm_batch(const struct lm *lm)
{
    return (size_t)lm->shape.workers * lm->shape.block;
}

void *lm_state(struct lm *lm, size_t *bytes)
{
    *bytes = lm->state_count * sizeof *lm->state;
    return lm->state;
}

/* ---- Threads ---------------------------------------------------------------------------------------------------- */

static size_t in_block(const struct lm *lm, size_t block, size_t count)
{
    const size_t first = block * lm->shape.block;
    const size_t left = first < count ? count - first : 0;
    return left < lm->shape.block ? left : lm->shape.block;
}

/* What the threads work on together. */
struct lesson {
    struct lm *lm;
    const struct lm_place *places;
    size_t count;
    float rate;  /* of learning */
    float *nats; /* where losses go */
};

static void learn_block(void *context, unsigned member, size_t block)
{
    const struct lesson *const l = context;
    (void)member;
    lm_block_learn(l->lm, &l->lm->blocks[block], l->places + block * l->lm->shape.block,
                   in_block(l->lm, block, l->count));
}

static void step(void *context, unsigned member, size_t part)
{
    const struct lesson *const l = context;
    (void)member;
    if (part == 0) {
        lm_step_weights(l->lm, l->count, l->rate);
    } else {
        lm_step_table(l->lm, part - 1, l->count, l->rate);
    }
}

static void measure_blocks(void *context, unsigned member, size_t index)
{
    const struct lesson *const l = context;
    const size_t size = l->lm->shape.block;
    for (size_t b = index * MEASURED_AT_ONCE; b < (index + 1) * MEASURED_AT_ONCE && b * size < l->count; b++) {
        lm_block_measure(l->lm, &l->lm->blocks[member], l->places + b * size, in_block(l->lm, b, l->count),
                         l->nats + b * size);
    }
}

void lm_learn(struct lm *lm, const struct lm_place *places, size_t count, float rate)
{
    struct lesson lesson = {.lm = lm, .places = places, .count = count, .rate = rate};
    team_each(lm->team, lm->shape.workers, learn_block, &lesson);
    team_each(lm->team, 1 + LM_FEATURES, step, &lesson);
}

void lm_measure(struct lm *lm, const struct lm_place *places, size_t count, float *nats)
{
    struct lesson lesson = {.lm = lm, .places = places, .count = count, .nats = nats};
    const size_t at_once = lm->shape.block * MEASURED_AT_ONCE;
    team_each(lm->team, (count + at_once - 1) / at_once, measure_blocks, &lesson);
}
