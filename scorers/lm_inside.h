/*
 * What the files of the language model share. Matrices lie row by row. A block of n places has 2n rows: first the high
 * halves of all its places, then the low halves.
 */
#ifndef TAMIS_SCORERS_LM_INSIDE_H
#define TAMIS_SCORERS_LM_INSIDE_H

#include "blas.h"
#include "lm.h"
#include "team.h"

#define LM_INPUTS ((size_t)LM_FEATURES * LM_WIDTH) /* numbers in x */
#define LM_OUT ((size_t)16)                        /* values of half a byte */
#define LM_ODD 0x9e3779b97f4a7c15U

/* One block's workspace. */
struct lm_block {
    uint32_t *rows;  /* 2 block rows of LM_FEATURES: where in the tables x comes from */
    float *z;        /* 2 block rows of [h x] */
    float *slopes;   /* 2 block rows: of the loss by [h x] */
    float *out;      /* 2 block rows of LM_OUT: logits, then the slopes of the loss by them */
    float *gradient; /* of the weights, summed over the block */
};

struct lm {
    struct lm_shape shape;
    struct blas blas;
    struct team *team;
    unsigned threads;
    size_t block_count;               /* the larger of workers and threads */
    size_t weight_count, state_count; /* floats */
    float *state;                     /* holds what the next four point to */
    float *tables[LM_FEATURES];       /* rows of LM_WIDTH */
    float *seen[LM_FEATURES];         /* the accumulator of each row */
    /* V: LM_INPUTS x hidden; then W of high and W of low halves: (hidden + LM_INPUTS) x LM_OUT */
    float *weights;
    float *squares;                   /* the accumulator of each weight */
    uint64_t *orders;                 /* room to sort in: 4 batches for each feature */
    struct lm_block *blocks;
};

static inline size_t lm_columns(const struct lm_shape *shape) /* of [h x] */
{
    return shape->hidden + LM_INPUTS;
}

/* The finaliser of SplitMix64 (Steele et al. 2014). */
static inline uint64_t lm_mix(uint64_t x)
{
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9U;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

bool lm_block_open(struct lm_block *b, const struct lm_shape *shape, size_t weights);
void lm_block_close(struct lm_block *b);
/* Losses of `count` places, at most a block. */
void lm_block_measure(const struct lm *lm, struct lm_block *b, const struct lm_place *places, size_t count,
                      float *nats);
/* Leaves gradient, rows and slopes of `count` places, 0 to a block; those of places that are not there are 0. */
void lm_block_learn(const struct lm *lm, struct lm_block *b, const struct lm_place *places, size_t count);

/* One step down the batch's gradient, `count` places; each may run beside the others. */
void lm_step_weights(struct lm *lm, size_t count, float rate);
void lm_step_table(struct lm *lm, size_t feature, size_t count, float rate);

#endif
