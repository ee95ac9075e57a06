/*
 * One block of places: x out of the tables, forward to the loss, and back to the gradients. Every product has the same
 * shape whatever the number of places, the rows beyond them being zero.
 */
#include <stdlib.h>
#include <string.h>

#include "lm_inside.h"

#define AHEAD 12 /* rows that are fetched before their turn */

bool lm_block_open(struct lm_block *b, const struct lm_shape *shape, size_t weights)
{
    const size_t rows = 2 * (size_t)shape->block;
    b->rows = calloc(rows * LM_FEATURES, sizeof *b->rows);
    b->z = calloc(rows * lm_columns(shape), sizeof *b->z);
    b->slopes = calloc(rows * lm_columns(shape), sizeof *b->slopes);
    b->out = calloc(rows * LM_OUT, sizeof *b->out);
    b->gradient = calloc(weights, sizeof *b->gradient);
    return b->rows && b->z && b->slopes && b->out && b->gradient;
}

void lm_block_close(struct lm_block *b)
{
    free(b->rows);
    free(b->z);
    free(b->slopes);
    free(b->out);
    free(b->gradient);
}

/* ---- Contexts --------------------------------------------------------------------------------------------------- */

/* Where the contexts of a place stand in the tables: for its high half, and for its low half given the high one. */
static void find_rows(const struct lm_place *place, unsigned row_bits, uint32_t *high, uint32_t *low)
{
    const unsigned shift = 64 - row_bits;
    const uint64_t given = ((uint64_t)(place->next >> 4) + 1) * LM_ODD;
    for (unsigned f = 0; f < LM_FEATURES; f++) {
        const bool is_word = f == LM_FEATURES - 1;
        const uint64_t context = is_word ? place->word : place->before & (((uint64_t)1 << (9 * (f + 1))) - 1);
        const uint64_t hash = lm_mix(context + (f + 1) * LM_ODD);
        high[f] = (uint32_t)(hash >> shift);
        low[f] = (uint32_t)(((hash ^ given) * LM_ODD) >> shift);
    }
}

static void gather_half(const struct lm *lm, struct lm_block *b, size_t first, size_t count)
{
    const size_t columns = lm_columns(&lm->shape), hidden = lm->shape.hidden;
    for (size_t r = first; r < first + count; r++) {
        if (r + AHEAD < first + count) {
            for (size_t f = 0; f < LM_FEATURES; f++) {
                __builtin_prefetch(lm->tables[f] + (size_t)b->rows[(r + AHEAD) * LM_FEATURES + f] * LM_WIDTH);
            }
        }
        float *const x = b->z + r * columns + hidden;
        for (size_t f = 0; f < LM_FEATURES; f++) {
            const float *const row = lm->tables[f] + (size_t)b->rows[r * LM_FEATURES + f] * LM_WIDTH;
            memcpy(x + f * LM_WIDTH, row, LM_WIDTH * sizeof *x);
        }
    }
    for (size_t r = first + count; r < first + lm->shape.block; r++) {
        memset(b->z + r * columns + hidden, 0, LM_INPUTS * sizeof *b->z);
    }
}

static void gather(const struct lm *lm, struct lm_block *b, const struct lm_place *places, size_t count)
{
    const size_t block = lm->shape.block;
    for (size_t i = 0; i < count; i++) {
        find_rows(&places[i], lm->shape.row_bits, b->rows + i * LM_FEATURES, b->rows + (block + i) * LM_FEATURES);
    }
    gather_half(lm, b, 0, count);
    gather_half(lm, b, block, count);
}

/* ---- Forward ---------------------------------------------------------------------------------------------------- */

/* a x b or, where said, with one of them transposed; added to what is in c where `add` is. */
struct product {
    size_t rows, columns, inner;
    const float *a, *b;
    size_t a_stride, b_stride;
    bool a_turned, b_turned, add;
};

static void multiply(const struct lm *lm, const struct product *p, float *c, size_t c_stride)
{
    lm->blas.sgemm(CblasRowMajor, p->a_turned ? CblasTrans : CblasNoTrans, p->b_turned ? CblasTrans : CblasNoTrans,
                   (blasint)p->rows, (blasint)p->columns, (blasint)p->inner, 1.0F, p->a, (blasint)p->a_stride, p->b,
                   (blasint)p->b_stride, p->add ? 1.0F : 0.0F, c, (blasint)c_stride);
}

static const float *out_weights(const struct lm *lm, size_t half)
{
    return lm->weights + LM_INPUTS * lm->shape.hidden + half * lm_columns(&lm->shape) * LM_OUT;
}

static void rectify(float *z, size_t rows, size_t hidden, size_t columns)
{
    for (size_t r = 0; r < rows; r++) {
        float *const h = z + r * columns;
#pragma omp simd
        for (size_t k = 0; k < hidden; k++) {
            h[k] = h[k] > 0.0F ? h[k] : 0.0F;
        }
    }
}

static void forward(const struct lm *lm, struct lm_block *b)
{
    const size_t block = lm->shape.block, hidden = lm->shape.hidden, columns = lm_columns(&lm->shape);
    multiply(lm, &(struct product){.rows = 2 * block, .columns = hidden, .inner = LM_INPUTS, .a = b->z + hidden,
                                   .a_stride = columns, .b = lm->weights, .b_stride = hidden}, b->z, columns);
    rectify(b->z, 2 * block, hidden, columns);
    for (size_t half = 0; half < 2; half++) {
        const float *const z = b->z + half * block * columns;
        multiply(lm, &(struct product){.rows = block, .columns = LM_OUT, .inner = columns, .a = z, .a_stride = columns,
                                       .b = out_weights(lm, half), .b_stride = LM_OUT},
                 b->out + half * block * LM_OUT, LM_OUT);
    }
}

/*
 * e to the power of each of LM_OUT numbers, -80 <= x <= 0: 2^k times the beginning of Taylor's series of 2^rest,
 * |rest| <= 1/2. Within 2e-7 of the value near 0, within 2e-5 near -80.
 */
static inline void exponentiate(float *x)
{
    uint32_t bits[LM_OUT];
    float powers[LM_OUT];
#pragma omp simd
    for (size_t i = 0; i < LM_OUT; i++) {
        const float scaled = x[i] * 1.44269504F;
        const float whole = (scaled + 12582912.0F) - 12582912.0F; /* rounds: 1.5 x 2^23 leaves no room for a fraction */
        const float rest = scaled - whole;
        float p = 1.5403530e-4F;
        p = p * rest + 1.3333558e-3F;
        p = p * rest + 9.6181291e-3F;
        p = p * rest + 5.5504109e-2F;
        p = p * rest + 2.4022651e-1F;
        p = p * rest + 6.9314718e-1F;
        p = p * rest + 1.0F;
        x[i] = p;
        bits[i] = (uint32_t)((int32_t)whole + 127) << 23;
    }
    memcpy(powers, bits, sizeof powers);
#pragma omp simd
    for (size_t i = 0; i < LM_OUT; i++) {
        x[i] *= powers[i];
    }
}

/* The largest of LM_OUT numbers. */
static inline float largest(const float *of)
{
    float tree[LM_OUT];
    memcpy(tree, of, sizeof tree);
    for (size_t width = LM_OUT / 2; width; width /= 2) {
#pragma omp simd
        for (size_t k = 0; k < width; k++) {
            tree[k] = tree[k + width] > tree[k] ? tree[k + width] : tree[k];
        }
    }
    return tree[0];
}

/* The sum of LM_OUT numbers, always in the same order. */
static inline float sum_of(const float *of)
{
    float tree[LM_OUT];
    memcpy(tree, of, sizeof tree);
    for (size_t width = LM_OUT / 2; width; width /= 2) {
#pragma omp simd
        for (size_t k = 0; k < width; k++) {
            tree[k] += tree[k + width];
        }
    }
    return tree[0];
}

/* Turns logits into exponentials relative to the largest, which is returned. */
static inline float exponentials(float *out)
{
    const float most = largest(out);
#pragma omp simd
    for (size_t k = 0; k < LM_OUT; k++) {
        const float x = out[k] - most;
        out[k] = x < -80.0F ? -80.0F : x;
    }
    exponentiate(out);
    return most;
}

void lm_block_measure(const struct lm *lm, struct lm_block *b, const struct lm_place *places, size_t count,
                      float *nats)
{
    const size_t block = lm->shape.block;
    gather(lm, b, places, count);
    forward(lm, b);
    for (size_t i = 0; i < count; i++) {
        float *const high = b->out + i * LM_OUT, *const low = b->out + (block + i) * LM_OUT;
        const float high_logit = high[places[i].next >> 4], low_logit = low[places[i].next & 15];
        const float high_most = exponentials(high), low_most = exponentials(low);
        const double sums = (double)sum_of(high) * (double)sum_of(low);
        nats[i] = (float)(tamis_log(sums) + ((double)high_most - high_logit) + ((double)low_most - low_logit));
    }
}

/* ---- Backward --------------------------------------------------------------------------------------------------- */

/* Slopes of the loss by the logits: probabilities, less 1 for what came. */
static void slope_of_logits(const struct lm *lm, struct lm_block *b, const struct lm_place *places, size_t count)
{
    const size_t block = lm->shape.block;
    for (size_t half = 0; half < 2; half++) {
        float *out = b->out + half * block * LM_OUT;
        for (size_t i = 0; i < count; i++, out += LM_OUT) {
            (void)exponentials(out);
            const float scale = 1.0F / sum_of(out);
#pragma omp simd
            for (size_t k = 0; k < LM_OUT; k++) {
                out[k] *= scale;
            }
            out[half ? places[i].next & 15 : places[i].next >> 4] -= 1.0F;
        }
        memset(out, 0, (block - count) * LM_OUT * sizeof *out);
    }
}

/* A unit that is off passes nothing back. */
static void slope_of_hidden(const struct lm *lm, struct lm_block *b)
{
    const size_t rows = 2 * (size_t)lm->shape.block, hidden = lm->shape.hidden, columns = lm_columns(&lm->shape);
    for (size_t r = 0; r < rows; r++) {
        const float *const h = b->z + r * columns;
        float *const slope = b->slopes + r * columns;
#pragma omp simd
        for (size_t k = 0; k < hidden; k++) {
            slope[k] = h[k] > 0.0F ? slope[k] : 0.0F;
        }
    }
}

static void backward_half(const struct lm *lm, struct lm_block *b, size_t half)
{
    const size_t block = lm->shape.block, columns = lm_columns(&lm->shape), first = half * block;
    const float *const out = b->out + first * LM_OUT;
    float *const gradient = b->gradient + LM_INPUTS * lm->shape.hidden + half * columns * LM_OUT;
    multiply(lm, &(struct product){.rows = columns, .columns = LM_OUT, .inner = block, .a = b->z + first * columns,
                                   .a_stride = columns, .a_turned = true, .b = out, .b_stride = LM_OUT},
             gradient, LM_OUT);
    multiply(lm, &(struct product){.rows = block, .columns = columns, .inner = LM_OUT, .a = out, .a_stride = LM_OUT,
                                   .b = out_weights(lm, half), .b_stride = LM_OUT, .b_turned = true},
             b->slopes + first * columns, columns);
}

void lm_block_learn(const struct lm *lm, struct lm_block *b, const struct lm_place *places, size_t count)
{
    const size_t rows = 2 * (size_t)lm->shape.block, hidden = lm->shape.hidden, columns = lm_columns(&lm->shape);
    if (count == 0) {
        memset(b->gradient, 0, lm->weight_count * sizeof *b->gradient);
        return;
    }
    gather(lm, b, places, count);
    forward(lm, b);
    slope_of_logits(lm, b, places, count);
    backward_half(lm, b, 0);
    backward_half(lm, b, 1);
    slope_of_hidden(lm, b);
    multiply(lm, &(struct product){.rows = LM_INPUTS, .columns = hidden, .inner = rows, .a = b->z + hidden,
                                   .a_stride = columns, .a_turned = true, .b = b->slopes, .b_stride = columns},
             b->gradient, hidden);
    multiply(lm, &(struct product){.rows = rows, .columns = LM_INPUTS, .inner = hidden, .a = b->slopes,
                                   .a_stride = columns, .b = lm->weights, .b_stride = hidden, .b_turned = true,
                                   .add = true}, b->slopes + hidden, columns);
}
