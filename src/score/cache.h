/*
 * The compact cache: texts of the documents that are to be scored, in three files that are mapped, so that the epochs
 * of the proxy read no input again. Disk: the texts and ids, and 32 bytes per document. Memory: nothing that grows.
 */
#ifndef TAMIS_SCORE_CACHE_H
#define TAMIS_SCORE_CACHE_H

#include "core/buf.h"
#include "core/hash.h"

struct cache;

/* `folder` is made and gets the files; `document_bytes`: texts are cut there, at a character's beginning (0: never). */
tamis_status cache_create(struct cache **c, const char *folder, uint64_t document_bytes, tamis_err *err)
    TAMIS_MUST_CHECK;
/* `number` is the caller's: the document's place in the run or file; ascending. `group`: its domain. */
tamis_status cache_add(struct cache *c, uint64_t number, uint16_t group, tamis_str id, tamis_str text, tamis_err *err)
    TAMIS_MUST_CHECK;
tamis_status cache_finish(struct cache *c, tamis_err *err) TAMIS_MUST_CHECK; /* maps it; no add after this */
/* `remove`: its files go too, and the folder when nothing else is in it. Accepts NULL. */
void cache_close(struct cache *c, bool remove);

/* From here on: of a finished cache; i < cache_count(). What is pointed to lives until the cache is closed. */
uint64_t cache_count(const struct cache *c);
uint64_t cache_bytes(const struct cache *c); /* of all texts */
size_t cache_groups(const struct cache *c);  /* the largest group + 1; 0: it is empty */
uint64_t cache_number(const struct cache *c, uint64_t i);
uint16_t cache_group(const struct cache *c, uint64_t i);
tamis_str cache_id(const struct cache *c, uint64_t i);
tamis_str cache_text(const struct cache *c, uint64_t i);
hash128 cache_digest(const struct cache *c); /* of texts and ids in order: what a resumed training is held against */

#endif
