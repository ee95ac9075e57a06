/* RUN/out/TARGET/manifest.json: what the shards of a target hold, and what was wanted. */
#ifndef TAMIS_MIX_MANIFEST_H
#define TAMIS_MIX_MANIFEST_H

#include "mix/emit.h"
#include "mix/shards.h"

#define MANIFEST_VERSION 1

/* The name of a shard's file, without its folder. `name` has room for MANIFEST_NAME_BYTES. */
#define MANIFEST_NAME_BYTES 96
void manifest_shard_name(char *name, const struct recipe *recipe, uint64_t shard, uint64_t shards);

/* `shards` are written->shards many. */
tamis_status manifest_write(const char *path, const struct run *run, const struct plan *plan, size_t target,
                            const struct emit_target *written, const struct shard *shards, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
