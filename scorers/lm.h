/*
 * The proxy's language model: small, byte-level, and trained here.
 *
 * A byte is predicted in two halves, its high four bits and then its low four bits given the high ones, each by a
 * softmax over 16. The input is what a table holds for the hash of each of LM_FEATURES contexts: the last one, two, ..
 * five bytes and the word so far. Their rows, side by side, are x; with h = max(0, x V) the logits are [h x] W, W being
 * another for each half. (A neural n-gram model, Bengio et al. 2003, with hashed n-grams for words; the direct
 * connections from x to the logits are those of Mikolov et al. 2011.) Rows of contexts never met are zero and say
 * nothing, so the model falls back to shorter contexts by itself.
 *
 * Trained by minibatches with Adagrad (Duchi et al. 2011), of one accumulator for a row of a table and one for each
 * weight elsewhere. A batch is cut into `workers` blocks, whatever the threads; what they find is summed in their
 * order, and each table is changed by one thread. So the same calls leave the same bits for any number of threads.
 * Products of matrices come from OpenBLAS, whose own threads are switched off, for the whole process, by lm_new().
 *
 * A model serves one caller at a time and uses up to `threads` threads.
 */
#ifndef TAMIS_SCORERS_LM_H
#define TAMIS_SCORERS_LM_H

#include "tamis.h"

#define LM_VERSION 1u /* raised whenever losses can change */
#define LM_FEATURES 6
#define LM_WIDTH 16 /* numbers in a row of a table */

struct lm_shape {
    unsigned row_bits; /* a table has 2^row_bits rows; 8 to 24 */
    unsigned hidden;   /* units of h; 1 to 4096 */
    unsigned block;    /* places in a block; 1 to 4096 */
    unsigned workers;  /* blocks in a batch; 1 to 64 */
};

/* The built-in proxy's: 6.3 million parameters. */
#define LM_SHAPE ((struct lm_shape){.row_bits = 16, .hidden = 64, .block = 256, .workers = 16})

/* What comes before a byte of a document, and the byte. Zeroed: the beginning of a document. */
struct lm_place {
    uint64_t before; /* the last bytes, the newest lowest, each as 9 bits of 1 + its value; 0 before the document */
    uint64_t word;   /* hash of the letters and digits since the last other byte; 0: none */
    uint8_t next;    /* the byte to be predicted */
};

void lm_place_pass(struct lm_place *place, uint8_t byte); /* `byte` is before it from now on */

struct lm;

/* Whether the library of matrix products can be loaded: TAMIS_IO when not. */
tamis_status lm_possible(tamis_err *err) TAMIS_MUST_CHECK;
/* Weights drawn from `seed`; an impossible shape is TAMIS_INTERNAL. */
tamis_status lm_new(struct lm **lm, const struct lm_shape *shape, uint64_t seed, unsigned threads, tamis_err *err)
    TAMIS_MUST_CHECK;
void lm_free(struct lm *lm); /* accepts NULL */

uint64_t lm_parameters(const struct lm *lm);
size_t lm_batch(const struct lm *lm); /* places in a batch: workers x block */

/* Learns from 1 to lm_batch() places at once. `rate` scales all steps: 1 at the beginning of a run, towards 0 at its
 * end. */
void lm_learn(struct lm *lm, const struct lm_place *places, size_t count, float rate);
/* The loss of each place in nats: minus the logarithm of the probability of its byte. Nothing is learnt from it. */
void lm_measure(struct lm *lm, const struct lm_place *places, size_t count, float *nats);

/* All that learning changes, in one piece: to be saved, and overwritten with what was saved of a model of the same
 * shape. */
void *lm_state(struct lm *lm, size_t *bytes);

#endif
