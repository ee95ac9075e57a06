/*
 * One step of Adagrad. The gradients of all places of a batch that read a row are summed first, in the order of the
 * places, and the row is changed once; its accumulator adds up the mean squares of such sums. ROW_SEEN is added to it,
 * so that rows that are rarely read move in proportion to how often, and what was met once is not learnt by heart.
 */
#include <math.h>

#include "lm_inside.h"

#define WEIGHT_RATE 0.03F
#define ROW_RATE 0.05F
#define ROW_SEEN 20.0F
#define AHEAD 8 /* rows that are fetched before their turn */
#define DIGIT_BITS 8

void lm_step_weights(struct lm *lm, size_t count, float rate)
{
    const float share = 1.0F / (float)count, step = rate * WEIGHT_RATE;
    float *const sum = lm->blocks[0].gradient;
    const size_t weights = lm->weight_count;
    for (unsigned w = 1; w < lm->shape.workers; w++) {
        const float *const gradient = lm->blocks[w].gradient;
#pragma omp simd
        for (size_t i = 0; i < weights; i++) {
            sum[i] += gradient[i];
        }
    }
    float *const squares = lm->squares, *const at = lm->weights;
#pragma omp simd
    for (size_t i = 0; i < weights; i++) {
        const float g = sum[i] * share;
        squares[i] += g * g;
        at[i] -= step * g / (sqrtf(squares[i]) + 1e-8F);
    }
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

/* Entries (row << 32 | block << 16 | row of the block) of a feature, by row and then in the order of places. */
static size_t list_entries(const struct lm *lm, size_t feature, size_t count, uint64_t *entries)
{
    const size_t block = lm->shape.block;
    size_t n = 0;
    for (size_t w = 0; w * block < count; w++) {
        const size_t places = count - w * block < block ? count - w * block : block;
        const uint32_t *const rows = lm->blocks[w].rows;
        for (size_t r = 0; r < 2 * block; r++) {
            if (r % block < places) {
                entries[n++] = (uint64_t)rows[r * LM_FEATURES + feature] << 32 | w << 16 | r;
            }
        }
    }
    return n;
}

/* Sorts by row, digit by digit, keeping the order of equal ones; returns which of the two runs they ended in. */
static const uint64_t *sort_entries(uint64_t *from, uint64_t *to, size_t count, unsigned row_bits)
{
    for (unsigned digit = 0; digit < row_bits; digit += DIGIT_BITS) {
        size_t starts[(1u << DIGIT_BITS) + 1] = {0};
        const unsigned shift = 32 + digit, mask = (1u << DIGIT_BITS) - 1;
        for (size_t i = 0; i < count; i++) {
            starts[((from[i] >> shift) & mask) + 1]++;
        }
        for (size_t d = 0; d < mask; d++) {
            starts[d + 1] += starts[d];
        }
        for (size_t i = 0; i < count; i++) {
            to[starts[(from[i] >> shift) & mask]++] = from[i];
        }
        uint64_t *const done = to;
        to = from;
        from = done;
    }
    return from;
}

static const float *slope_at(const struct lm *lm, uint64_t entry, size_t feature)
{
    const struct lm_block *const b = &lm->blocks[(entry >> 16) & 0xffff];
    return b->slopes + (entry & 0xffff) * lm_columns(&lm->shape) + lm->shape.hidden + feature * LM_WIDTH;
}

static void fetch(const struct lm *lm, uint64_t entry, size_t feature)
{
    const size_t row = (size_t)(entry >> 32);
    __builtin_prefetch(slope_at(lm, entry, feature));
    __builtin_prefetch(lm->tables[feature] + row * LM_WIDTH, 1);
    __builtin_prefetch(lm->seen[feature] + row, 1);
}

static void step_row(float *row, float *seen, const float *gradient, float rate)
{
    float squares[LM_WIDTH];
#pragma omp simd
    for (size_t k = 0; k < LM_WIDTH; k++) {
        squares[k] = gradient[k] * gradient[k];
    }
    for (size_t width = LM_WIDTH / 2; width; width /= 2) {
        for (size_t k = 0; k < width; k++) {
            squares[k] += squares[k + width];
        }
    }
    *seen += squares[0] / LM_WIDTH;
    const float step = rate * ROW_RATE / sqrtf(ROW_SEEN + *seen);
#pragma omp simd
    for (size_t k = 0; k < LM_WIDTH; k++) {
        row[k] -= step * gradient[k];
    }
}

void lm_step_table(struct lm *lm, size_t feature, size_t count, float rate)
{
    const size_t room = 2 * lm_batch(lm);
    uint64_t *const spare = lm->orders + feature * 2 * room;
    const size_t entries = list_entries(lm, feature, count, spare);
    const uint64_t *const sorted = sort_entries(spare, spare + room, entries, lm->shape.row_bits);
    for (size_t i = 0; i < entries;) {
        const size_t row = (size_t)(sorted[i] >> 32);
        float sum[LM_WIDTH] = {0};
        for (; i < entries && sorted[i] >> 32 == row; i++) {
            const float *const slope = slope_at(lm, sorted[i], feature);
            if (i + AHEAD < entries) {
                fetch(lm, sorted[i + AHEAD], feature);
            }
#pragma omp simd
            for (size_t k = 0; k < LM_WIDTH; k++) {
                sum[k] += slope[k];
            }
        }
        step_row(lm->tables[feature] + row * LM_WIDTH, lm->seen[feature] + row, sum, rate);
    }
}
