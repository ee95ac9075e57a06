/*
 * From an id to the document to be scored that bears it: hashes of ids, sorted into a file that is mapped, 24 bytes per
 * document of the run.
 */
#ifndef TAMIS_SCORE_ID_INDEX_H
#define TAMIS_SCORE_ID_INDEX_H

#include "core/path.h"
#include "score/eligible.h"

struct id_index {
    const struct eligible *eligible; /* borrowed */
    struct path path;
    const uint64_t *rows; /* hash_high, hash_low, number */
    size_t bytes, count;
};

#define ID_UNKNOWN UINT64_MAX         /* no document of the run bears it */
#define ID_UNNEEDED (UINT64_MAX - 1)  /* none that is to be scored */
#define ID_AMBIGUOUS (UINT64_MAX - 2) /* several that are to be scored */

/* Release it even after a failure. */
tamis_status id_index_make(struct id_index *index, const struct run *run, const struct ledger *ledger,
                           const struct eligible *eligible, tamis_err *err) TAMIS_MUST_CHECK;
/* The number of the one document to be scored that bears the id, or one of the above. */
uint64_t id_index_find(const struct id_index *index, tamis_str id);
tamis_status id_index_release(struct id_index *index, tamis_err *err) TAMIS_MUST_CHECK;

#endif
