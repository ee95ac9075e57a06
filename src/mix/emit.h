/*
 * Emit: writes out/, valid/ and dropped/ from the ledger in one sequential re-read.
 *
 * Placement (target, shard, position) is computed from the ledger first. In a target, the e-th use of a document
 * lies at (e + u) / epochs of the way, u = a hash of (seed, target, id, e) in [0, 1) and epochs the repeats of its
 * domain: domains keep their ratio all along, repeats lie far apart. Shards are cut in that order by the bytes of the
 * input lines.
 * Lines are appended to one spool per shard; each spool is sorted in memory and written as zstd frames.
 *
 * Lines written are the bytes of the input line; a record whose format renders is written as reader_render() says.
 * What is written is counted again line by line and returned in `written`, for the second check of conservation.
 */
#ifndef TAMIS_MIX_EMIT_H
#define TAMIS_MIX_EMIT_H

#include "mix/plan.h"

struct emit_target {
    uint64_t documents, bytes, tokens; /* written, repeats counted */
    uint64_t *domain_tokens;           /* per domain index */
    uint64_t *domain_documents;
    uint64_t shards;
};

struct emit_totals {
    struct arena arena;
    struct emit_target *targets; /* per target index */
    uint64_t emitted_documents, emitted_bytes, emitted_tokens; /* distinct documents, counted from what was written */
    uint64_t held_out_documents, held_out_bytes, held_out_tokens;
    uint64_t dropped_documents; /* records written under dropped/ */
};

/* Needs LEDGER_SURVEY, LEDGER_RESOLVE, LEDGER_MIX (LEDGER_SELECT where select prunes). Continues after an
 * interruption: shards that stand are not written again. Release the totals even after a failure. */
tamis_status emit(const struct run *run, const struct ledger *ledger, const struct plan *plan,
                  struct emit_totals *written, tamis_err *err) TAMIS_MUST_CHECK;
void emit_release(struct emit_totals *written);

#endif
