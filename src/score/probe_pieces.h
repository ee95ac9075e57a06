/*
 * The order in which a probe reads the texts of one part: in pieces, by a hash of document and place, so that what is
 * read is alike all along, however long the documents are. A piece is read with what stands before it in its document.
 */
#ifndef TAMIS_SCORE_PROBE_PIECES_H
#define TAMIS_SCORE_PROBE_PIECES_H

#include "score/cache.h"

struct pieces;
struct lm_place; /* lm.h */

/* Of the documents of `group`. `folder` is made, for what does not fit in memory (24 bytes a piece). */
tamis_status pieces_open(struct pieces **p, const struct cache *cache, uint16_t group, uint64_t seed,
                         const char *folder, tamis_err *err) TAMIS_MUST_CHECK;
/* The next `count` places; fewer are left only at the end: TAMIS_INTERNAL. */
tamis_status pieces_take(struct pieces *p, struct lm_place *places, size_t count, tamis_err *err) TAMIS_MUST_CHECK;
void pieces_close(struct pieces *p); /* accepts NULL */

#endif
