/*
 * Shards: a spool, sorted by position and written as independent frames.
 */
#ifndef TAMIS_MIX_SHARDS_H
#define TAMIS_MIX_SHARDS_H

#include "run/run.h"

struct shard {
    uint64_t documents, bytes, tokens; /* repeats counted; bytes without newlines */
    uint64_t xxh3;                     /* XXH3-64 of the text, newlines and all, before compression */
    uint64_t file_bytes;               /* on disk */
    uint64_t *domain_documents, *domain_tokens; /* per domain index; the caller's, zeroed */
};

/*
 * Counts what it writes, line by line, from the spool's bytes. `refers`: that of the spools, which were never on disk;
 * any other spool is not trusted, and one whose heads point somewhere is TAMIS_INTERNAL, as every damaged one is.
 */
tamis_status shard_write(const struct run *run, const struct ledger *ledger, tamis_str spool, bool refers,
                         const char *path, struct shard *shard, tamis_err *err) TAMIS_MUST_CHECK;
/* The least shard_write() can hold for a shard of `bytes`: the spool, its index and one block. */
uint64_t shard_memory(uint64_t bytes);

#endif
