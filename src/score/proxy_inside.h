/*
 * What the files of the proxy share: the work at hand, the order of training, the losses, and what is saved of them.
 */
#ifndef TAMIS_SCORE_PROXY_INSIDE_H
#define TAMIS_SCORE_PROXY_INSIDE_H

#include "core/path.h"
#include "score/proxy.h"

struct lm;
struct lm_place;
struct lm_shape;

struct proxy {
    const struct cache *cache;
    const struct proxy_options *options;
    const char *work;       /* the folder */
    struct lm *lm;
    uint64_t total;         /* bytes to be trained on, over all passes */
    uint64_t learnt;        /* of them, so far */
    size_t checkpoint;      /* checkpoints that are saved */
    uint64_t key;           /* what the training depends on */
    uint64_t done, documents; /* for progress: bytes learnt or measured, and documents, by this call */
};

bool proxy_trains(const struct proxy *p, uint64_t i); /* not held out, and not empty */
/* Bytes learnt at checkpoint `i`, from 0. */
uint64_t proxy_step(const struct proxy *p, size_t i);
/* After `bytes` more: progress, and TAMIS_INTERRUPTED when the run is to stop. */
tamis_status proxy_tick(struct proxy *p, uint64_t bytes, tamis_err *err) TAMIS_MUST_CHECK;

/* proxy_train() with a model of any shape; NULL: the one that suits the corpus. Cache, options and work are set. */
tamis_status proxy_train_shape(struct proxy *p, const struct lm_shape *shape, const char *folder, struct arena *arena,
                               struct proxy_facts *facts, tamis_err *err) TAMIS_MUST_CHECK;

/* ---- proxy_lanes.c ----------------------------------------------------------------------------------------------- */

/*
 * The bytes trained on, in order: every pass has the documents in an order of its own, by hash(seed, pass, number).
 * They are read in lanes, many documents side by side, a few bytes of each in turn, so that no batch is a single
 * document. What is before a document's first byte is nothing: no context crosses documents.
 */
#define LANES_TURN ((size_t)16)         /* bytes of a lane at a time */
#define LANES_MEMORY ((size_t)48 << 20) /* for the order of a pass; beyond, it is sorted on disk */

struct lanes;

/* As many lanes as fill a batch of `batch` places in a turn each. */
tamis_status lanes_open(struct lanes **l, const struct proxy *p, size_t batch, tamis_err *err) TAMIS_MUST_CHECK;
/* The next `count` places; fewer are left only at the end of the last pass. */
tamis_status lanes_take(struct lanes *l, struct lm_place *places, size_t count, size_t *got, tamis_err *err)
    TAMIS_MUST_CHECK;
uint64_t lanes_documents(const struct lanes *l); /* begun so far, over all passes */
void lanes_close(struct lanes *l); /* accepts NULL */

/* ---- proxy_losses.c ---------------------------------------------------------------------------------------------- */

/* Measures every document of the cache under the model as it is: a column of floats in a file of `work`, mean nats per
 * byte, summed in the order of the bytes; NaN for an empty text. */
tamis_status losses_measure(struct proxy *p, size_t checkpoint, tamis_err *err) TAMIS_MUST_CHECK;

/* ---- proxy_columns.c --------------------------------------------------------------------------------------------- */

tamis_status proxy_column(const struct proxy *p, size_t checkpoint, struct path *path, tamis_err *err) TAMIS_MUST_CHECK;
/* Facts and trajectories from the columns of all checkpoints. */
tamis_status proxy_tell(const struct proxy *p, struct arena *arena, struct proxy_facts *facts, tamis_err *err)
    TAMIS_MUST_CHECK;
tamis_status proxy_write(const struct proxy *p, const char *folder, const struct proxy_facts *facts, tamis_err *err)
    TAMIS_MUST_CHECK;

/* ---- proxy_saved.c ----------------------------------------------------------------------------------------------- */

/* Saves the model at a checkpoint whose column is written, then what says so, then removes the model before it. */
tamis_status saved_write(struct proxy *p, tamis_err *err) TAMIS_MUST_CHECK;
/* Takes up what is saved under the same key; else the folder is emptied and made. */
tamis_status saved_read(struct proxy *p, tamis_err *err) TAMIS_MUST_CHECK;

#endif
