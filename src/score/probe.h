/*
 * A probe with the built-in proxy: how its held-out losses of a domain and of general text depend on the domain's share
 * of what it is trained on. A base learns general text; from that one state the training goes on at every share, with
 * the same tokens, the same order of texts and the same rate. Or every share begins with the same drawn weights: then
 * what is learnt of is a mixture to train from the start on.
 *
 * The rate is the same from the first byte to the last (Adagrad slows down by itself), so a checkpoint of a run is what
 * a shorter run would have come to. No text is read twice, and none of the base's is in a run. Losses are the same for
 * any number of threads; they are promised for one kind of CPU and one BLAS only.
 */
#ifndef TAMIS_SCORE_PROBE_H
#define TAMIS_SCORE_PROBE_H

#include "core/arena.h"
#include "run/run.h"
#include "score/cache.h"

/* ---- The texts (probe_texts.c) ---------------------------------------------------------------------------------- */

enum probe_part { PROBE_DOMAIN, PROBE_GENERAL, PROBE_BASE, PROBE_VALID_DOMAIN, PROBE_VALID_GENERAL, PROBE_PARTS };

struct probe_sizes {
    uint64_t run, base, valid; /* bytes of text: of a run, of the base, of each held-out part; at most */
};

struct probe_pool {
    uint64_t documents, bytes, tokens; /* that survived and are not held out */
};

struct probe_texts {
    struct cache *cache;          /* group: enum probe_part; no ids */
    struct probe_pool domain, general;
    uint64_t bytes[PROBE_PARTS];  /* in the cache; a document beyond what was asked for, unless the pool ends */
};

/*
 * Whole documents of the smallest hashes, until a part is full; of held-out ones the first 8 KiB. A general pool too
 * small for a run and the base is divided between them in proportion. Needs LEDGER_SURVEY and LEDGER_RESOLVE (and
 * LEDGER_SELECT where select prunes) mapped. `folder` gets the cache. A part that stays empty is TAMIS_INPUT. Release
 * it even after a failure.
 */
tamis_status probe_texts_read(struct probe_texts *texts, const struct run *run, const struct ledger *ledger,
                              uint16_t domain, uint16_t general, const struct probe_sizes *sizes, const char *folder,
                              tamis_err *err) TAMIS_MUST_CHECK;
void probe_texts_release(struct probe_texts *texts); /* removes the cache */
/* Tokens that every share can be trained on without repeats, each run of at most `run` bytes. */
uint64_t probe_tokens(const struct probe_texts *texts, uint64_t run);
/* Bytes of a token of the pool. */
double probe_token_bytes(const struct probe_pool *pool);

/* ---- The training (probe.c) ------------------------------------------------------------------------------------- */

struct probe_options {
    const double *ratios; /* domain shares of the tokens, 0 to 1 */
    size_t count;
    uint64_t tokens;      /* of each run */
    uint64_t checkpoints; /* of each run, evenly, the last at its end; at least 1 */
    bool from_scratch;    /* no base */
    uint64_t seed;
    unsigned threads;
    const atomic_int *stop;    /* may be NULL */
    struct progress *progress; /* may be NULL */
};

struct probe_point {
    uint64_t step, tokens;  /* bytes and tokens trained on in the run */
    double domain, general; /* held-out losses, nats per byte */
};

struct probe_facts {
    uint64_t parameters, base_bytes;
    double base_domain, base_general; /* held-out losses of the base, nats per byte; NaN: from scratch */
    const struct probe_point *points; /* ratios x checkpoints; memory from the arena */
    uint64_t key;                     /* of all that the losses depend on */
    size_t kept;                      /* runs that an earlier call had finished */
    uint64_t learnt;                  /* bytes, by this call */
};

/*
 * `work` keeps the base and every finished run, so that the same call continues after an interruption; it is the
 * caller's to remove. Memory: about 150 MB.
 */
tamis_status probe_train(const struct probe_texts *texts, const struct probe_options *options, const char *work,
                         struct arena *arena, struct probe_facts *facts, tamis_err *err) TAMIS_MUST_CHECK;

#endif
