/*
 * The one read of the texts that are to be scored: their compression ratio, their score where a scorer goes by text,
 * and the proxy's cache.
 */
#ifndef TAMIS_SCORE_TEXTS_H
#define TAMIS_SCORE_TEXTS_H

#include "core/path.h"
#include "score/cache.h"
#include "score/eligible.h"

struct text_row {
    double compression; /* bytes of text by bytes compressed; NaN for an empty text */
    double score;       /* by a scorer of texts; NaN otherwise */
};

struct texts {
    struct path path;
    const struct text_row *rows; /* one per eligible document, in number order; NULL: there is none */
    size_t bytes;
};

/* `cache` (NULL: none is wanted) receives what the proxy is to see; it is not finished. Release it even after a
 * failure. */
tamis_status texts_read(struct texts *texts, const struct run *run, const struct ledger *ledger,
                        const struct eligible *eligible, struct cache *cache, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status texts_release(struct texts *texts, tamis_err *err) TAMIS_MUST_CHECK;

#endif
