/*
 * Emit, from placement to manifests.
 *
 * Spools that fit into memory stay there, and an interrupted emit begins afresh. Else RUN/tmp/emit/ holds them until
 * their shards stand: `scattered.npy` appears when every spool, valid/ and dropped/ are complete; a file of figures
 * follows each shard. All of them carry the digest of what the output depends on: with
 * another digest, or a spool that has gone, emit begins afresh and takes away what stood. The figures stay until the
 * run is over and its RUN/tmp goes, so that whatever follows may fail without the shards being written again.
 */
#include "mix/emit.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/path.h"
#include "mix/journal.h"
#include "mix/manifest.h"
#include "mix/place.h"
#include "mix/scatter.h"
#include "mix/shards.h"
#include "mix/spool.h"
#include "run/shelf.h"

#define SCATTERED_NUMBERS 7
#define SHARD_NUMBERS 5

struct emitting {
    const struct run *run;
    const struct ledger *ledger;
    const struct plan *plan;
    struct emit_totals *written;
    struct path work;      /* RUN/tmp/emit */
    struct path marker;
    uint64_t digest;
    uint64_t *scattered;   /* SCATTERED_NUMBERS, then shards per target */
    size_t *first_spool;   /* per target */
    struct spools spools;  /* empty when an interrupted emit is continued */
    uint64_t *figures;     /* of one shard: SHARD_NUMBERS, then documents, then tokens per domain */
    size_t figure_count;
    uint64_t shards, done; /* of all targets */
};

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the totals of what is written");
}

/* ---- Totals ----------------------------------------------------------------------------------------------------- */

static tamis_status totals_open(struct emit_totals *written, const struct plan *plan, size_t domains, tamis_err *err)
{
    written->targets = arena_zeroed(&written->arena, plan->count, sizeof *written->targets);
    bool room = written->targets != NULL;
    for (size_t t = 0; room && t < plan->count; t++) {
        struct emit_target *const target = &written->targets[t];
        target->domain_tokens = arena_zeroed(&written->arena, domains, sizeof *target->domain_tokens);
        target->domain_documents = arena_zeroed(&written->arena, domains, sizeof *target->domain_documents);
        room = target->domain_tokens != NULL && target->domain_documents != NULL;
    }
    return room ? TAMIS_OK : no_memory(err);
}

static void keep_scattered(struct emitting *e)
{
    const struct emit_totals *const w = e->written;
    const uint64_t numbers[SCATTERED_NUMBERS] = {
        w->emitted_documents, w->emitted_bytes,   w->emitted_tokens,    w->held_out_documents,
        w->held_out_bytes,    w->held_out_tokens, w->dropped_documents,
    };
    memcpy(e->scattered, numbers, sizeof numbers);
}

static void recall_scattered(struct emitting *e)
{
    struct emit_totals *const w = e->written;
    const uint64_t *const numbers = e->scattered;
    w->emitted_documents = numbers[0];
    w->emitted_bytes = numbers[1];
    w->emitted_tokens = numbers[2];
    w->held_out_documents = numbers[3];
    w->held_out_bytes = numbers[4];
    w->held_out_tokens = numbers[5];
    w->dropped_documents = numbers[6];
}

static void number_spools(struct emitting *e)
{
    e->shards = 0;
    for (size_t t = 0; t < e->plan->count; t++) {
        e->first_spool[t] = (size_t)e->shards;
        e->shards += e->scattered[SCATTERED_NUMBERS + t];
    }
}

/* ---- Figures of a shard ----------------------------------------------------------------------------------------- */

static tamis_status shard_path(const struct emitting *e, size_t target, uint64_t shard, struct path *path,
                               tamis_err *err)
{
    char name[MANIFEST_NAME_BYTES];
    manifest_shard_name(name, e->run->recipe, shard, e->scattered[SCATTERED_NUMBERS + target]);
    return path_make(path, err, "%s/out/%s/%s", e->run->folder, e->run->recipe->targets[target].name, name);
}

static tamis_status figures_path(const struct emitting *e, size_t spool, struct path *path, tamis_err *err)
{
    return path_make(path, err, "%s/shard-%06zu.npy", e->work.at, spool);
}

static struct shard figures_as_shard(const struct emitting *e)
{
    const size_t domains = e->run->recipe->domain_count;
    return (struct shard){
        .documents = e->figures[0],
        .bytes = e->figures[1],
        .tokens = e->figures[2],
        .xxh3 = e->figures[3],
        .file_bytes = e->figures[4],
        .domain_documents = e->figures + SHARD_NUMBERS,
        .domain_tokens = e->figures + SHARD_NUMBERS + domains,
    };
}

static void figures_of_shard(struct emitting *e, const struct shard *shard)
{
    const uint64_t numbers[SHARD_NUMBERS] = {shard->documents, shard->bytes, shard->tokens, shard->xxh3,
                                             shard->file_bytes};
    memcpy(e->figures, numbers, sizeof numbers);
}

static bool has_length(const char *path, uint64_t bytes)
{
    const void *at = NULL;
    size_t len = 0;
    tamis_err ignored;
    if (!file_exists(path) || file_map(path, &at, &len, &ignored) != TAMIS_OK) {
        return false;
    }
    file_unmap(at, len);
    return len == bytes;
}

/* Whether a shard was written before, by this very emit; then e->figures are its figures. */
static tamis_status shard_stands(struct emitting *e, size_t target, uint64_t shard, bool *stands, tamis_err *err)
{
    struct path figures, file;
    tamis_status status = figures_path(e, e->first_spool[target] + (size_t)shard, &figures, err);
    status = status != TAMIS_OK ? status : shard_path(e, target, shard, &file, err);
    *stands = status == TAMIS_OK && journal_read(figures.at, e->digest, e->figures, e->figure_count) &&
              has_length(file.at, figures_as_shard(e).file_bytes);
    return status;
}

/* ---- Beginning -------------------------------------------------------------------------------------------------- */

/* Whether an interrupted emit got as far as the shards, and everything it left is still there. */
static tamis_status can_continue(struct emitting *e, bool *can, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    *can = journal_read(e->marker.at, e->digest, e->scattered, SCATTERED_NUMBERS + e->plan->count);
    if (!*can) {
        return TAMIS_OK;
    }
    number_spools(e);
    for (size_t t = 0; *can && status == TAMIS_OK && t < e->plan->count; t++) {
        for (uint64_t s = 0; *can && status == TAMIS_OK && s < e->scattered[SCATTERED_NUMBERS + t]; s++) {
            struct path spool;
            status = shard_stands(e, t, s, can, err);
            if (status == TAMIS_OK && !*can) {
                status = spool_path(&spool, e->work.at, e->first_spool[t] + (size_t)s, err);
                *can = status == TAMIS_OK && file_exists(spool.at);
            }
        }
    }
    return status;
}

static tamis_status remove_old(const struct emitting *e, tamis_err *err)
{
    static const char *const names[] = {"out",           "valid",           "dropped",
                                        "rejects.jsonl", "rejects.jsonl.zst", "rejects.jsonl.gz"};
    tamis_status status = file_remove_tree(e->work.at, err);
    for (size_t i = 0; status == TAMIS_OK && i < sizeof names / sizeof *names; i++) {
        struct path path;
        status = path_make(&path, err, "%s/%s", e->run->folder, names[i]);
        status = status != TAMIS_OK ? status : file_remove_tree(path.at, err);
    }
    return status != TAMIS_OK ? status : file_make_folders(e->work.at, err);
}

static tamis_status check_memory(const struct emitting *e, uint64_t largest, tamis_err *err)
{
    const uint64_t needed = shard_memory(largest);
    if (e->run->memory == 0 || needed <= e->run->memory) {
        return TAMIS_OK;
    }
    return tamis_fail(err, TAMIS_IO,
                      "sorting shards of up to %llu bytes takes %llu bytes of memory, and --memory is %llu; set it to "
                      "%llu or more, or lower output.shard_bytes (now %llu)",
                      (unsigned long long)largest, (unsigned long long)(needed + e->run->reserved),
                      (unsigned long long)(e->run->memory + e->run->reserved),
                      (unsigned long long)(needed + e->run->reserved),
                      (unsigned long long)e->run->recipe->output.shard_bytes);
}

/* What spools may hold in memory: part of the two shards that the run was projected to hold (the rest is for the index
 * and the blocks of one), or all there is where the memory reserved for them has room for that. */
static size_t spool_memory(const struct run *run, const struct placement *placement)
{
    const uint64_t most = run->recipe->output.shard_bytes / 2 * 3;
    const uint64_t least = most < run->memory / 4 ? most : run->memory / 4;
    const uint64_t all = placement->bytes + placement->lines * sizeof(struct spool_head);
    return (size_t)(least < all && all <= run->spare ? all : least);
}

/* Whether every line can be taken from where the survey left it. */
static bool lines_stay(const struct run *run, const struct placement *placement)
{
    for (size_t i = 0; i < run->inputs->count; i++) {
        if (run->inputs->at[i].format->renders) {
            return false;
        }
    }
    return shelf_is_whole(run->shelf) && placement->lines * sizeof(struct spool_head) <= spool_memory(run, placement);
}

static tamis_status begin_afresh(struct emitting *e, tamis_err *err)
{
    struct placement placement;
    tamis_status status = place_documents(&placement, e->run, e->ledger, e->plan, err);
    status = status != TAMIS_OK ? status : check_memory(e, placement.largest, err);
    status = status != TAMIS_OK ? status : remove_old(e, err);
    if (status == TAMIS_OK) {
        memcpy(e->scattered + SCATTERED_NUMBERS, placement.shards, e->plan->count * sizeof *e->scattered);
        number_spools(e);
        status = spools_open(&e->spools, e->work.at, (size_t)e->shards, spool_memory(e->run, &placement), err);
        e->spools.refers = lines_stay(e->run, &placement);
        status = status != TAMIS_OK ? status : scatter(e->run, e->ledger, &placement, e->first_spool, &e->spools,
                                                       e->written, err);
    }
    placement_release(&placement);
    if (status != TAMIS_OK) {
        return status;
    }
    keep_scattered(e);
    if (!e->spools.on_disk) {
        return TAMIS_OK;
    }
    return journal_write(e->marker.at, e->digest, e->scattered, SCATTERED_NUMBERS + e->plan->count, err);
}

/* ---- Shards ----------------------------------------------------------------------------------------------------- */

static bool in_memory(const struct emitting *e)
{
    return e->spools.at != NULL && !e->spools.on_disk;
}

static tamis_status shard_from_memory(struct emitting *e, size_t spool, const char *to, struct shard *made,
                                      tamis_err *err)
{
    const tamis_status status =
        shard_write(e->run, e->ledger, buf_str(&e->spools.at[spool]), e->spools.refers, to, made, err);
    buf_release(&e->spools.at[spool]);
    return status;
}

static tamis_status shard_from_file(struct emitting *e, size_t spool, const char *to, struct shard *made,
                                    tamis_err *err)
{
    struct path from;
    const void *map = NULL;
    size_t len = 0;
    tamis_status status = spool_path(&from, e->work.at, spool, err);
    status = status != TAMIS_OK ? status : file_map(from.at, &map, &len, err);
    if (status != TAMIS_OK) {
        return status;
    }
    status = shard_write(e->run, e->ledger, (tamis_str){map, len}, false, to, made, err);
    file_unmap(map, len);
    return status;
}

/* The figures outlive the process before the spool goes. */
static tamis_status end_spool(struct emitting *e, size_t spool, tamis_err *err)
{
    struct path path;
    tamis_status status = figures_path(e, spool, &path, err);
    status = status != TAMIS_OK ? status : journal_write(path.at, e->digest, e->figures, e->figure_count, err);
    status = status != TAMIS_OK ? status : spool_path(&path, e->work.at, spool, err);
    return status != TAMIS_OK ? status : file_remove_tree(path.at, err);
}

static tamis_status make_shard(struct emitting *e, size_t target, uint64_t shard, tamis_err *err)
{
    const size_t spool = e->first_spool[target] + (size_t)shard;
    struct path to;
    memset(e->figures, 0, e->figure_count * sizeof *e->figures);
    struct shard made = figures_as_shard(e);
    tamis_status status = shard_path(e, target, shard, &to, err);
    if (status == TAMIS_OK) {
        status = in_memory(e) ? shard_from_memory(e, spool, to.at, &made, err)
                              : shard_from_file(e, spool, to.at, &made, err);
    }
    if (status != TAMIS_OK) {
        return status;
    }
    figures_of_shard(e, &made);
    return in_memory(e) ? TAMIS_OK : end_spool(e, spool, err);
}

static tamis_status add_shard(struct emitting *e, size_t target, uint64_t index, struct shard *shard, tamis_err *err)
{
    struct emit_target *const written = &e->written->targets[target];
    bool stands = false;
    tamis_status status = in_memory(e) ? TAMIS_OK : shard_stands(e, target, index, &stands, err);
    if (status == TAMIS_OK && !stands) {
        status = make_shard(e, target, index, err);
    }
    if (status != TAMIS_OK) {
        return status;
    }
    *shard = figures_as_shard(e);
    written->documents += shard->documents;
    written->bytes += shard->bytes;
    written->tokens += shard->tokens;
    for (size_t d = 0; d < e->run->recipe->domain_count; d++) {
        written->domain_documents[d] += shard->domain_documents[d];
        written->domain_tokens[d] += shard->domain_tokens[d];
    }
    progress_update(e->run->progress, ++e->done, written->documents);
    return TAMIS_OK;
}

/* What a killed run left half written; see core/file. */
static tamis_status remove_leftovers(const char *folder, tamis_err *err)
{
    DIR *const dir = opendir(folder);
    if (dir == NULL) {
        return file_fail(err, errno, "cannot read", folder);
    }
    tamis_status status = TAMIS_OK;
    const struct dirent *entry = NULL;
    while (status == TAMIS_OK && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.' && strstr(entry->d_name, ".tmp-") != NULL) {
            struct path path;
            status = path_make(&path, err, "%s/%s", folder, entry->d_name);
            status = status != TAMIS_OK ? status : file_remove_tree(path.at, err);
        }
    }
    closedir(dir);
    return status;
}

static tamis_status write_target(struct emitting *e, size_t target, tamis_err *err)
{
    const uint64_t count = e->scattered[SCATTERED_NUMBERS + target];
    struct path folder, manifest;
    tamis_status status =
        path_make(&folder, err, "%s/out/%s", e->run->folder, e->run->recipe->targets[target].name);
    status = status != TAMIS_OK ? status : path_make(&manifest, err, "%s/manifest.json", folder.at);
    status = status != TAMIS_OK ? status : file_make_folders(folder.at, err);
    status = status != TAMIS_OK ? status : remove_leftovers(folder.at, err);
    struct shard *const shards = status == TAMIS_OK ? calloc((size_t)count + 1, sizeof *shards) : NULL;
    if (shards == NULL) {
        return status != TAMIS_OK ? status : no_memory(err);
    }
    e->written->targets[target].shards = count;
    for (uint64_t s = 0; status == TAMIS_OK && s < count; s++) {
        status = add_shard(e, target, s, &shards[s], err);
    }
    if (status == TAMIS_OK) {
        status = manifest_write(manifest.at, e->run, e->plan, target, &e->written->targets[target], shards, err);
    }
    free(shards);
    return status;
}

/* ---- The whole -------------------------------------------------------------------------------------------------- */

static tamis_status emitting_open(struct emitting *e, tamis_err *err)
{
    const size_t domains = e->run->recipe->domain_count;
    e->figure_count = SHARD_NUMBERS + 2 * domains;
    e->scattered = arena_zeroed(&e->written->arena, SCATTERED_NUMBERS + e->plan->count, sizeof *e->scattered);
    e->first_spool = arena_zeroed(&e->written->arena, e->plan->count, sizeof *e->first_spool);
    e->figures = arena_zeroed(&e->written->arena, e->figure_count, sizeof *e->figures);
    if (e->scattered == NULL || e->first_spool == NULL || e->figures == NULL) {
        return no_memory(err);
    }
    tamis_status status = totals_open(e->written, e->plan, domains, err);
    status = status != TAMIS_OK ? status : path_make(&e->work, err, "%s/emit", e->run->tmp);
    status = status != TAMIS_OK ? status : path_make(&e->marker, err, "%s/scattered.npy", e->work.at);
    return status != TAMIS_OK ? status : journal_digest(e->run, e->ledger, e->plan, &e->digest, err);
}

static tamis_status begin(struct emitting *e, tamis_err *err)
{
    bool can = false;
    const tamis_status status = can_continue(e, &can, err);
    if (status != TAMIS_OK || !can) {
        return status != TAMIS_OK ? status : begin_afresh(e, err);
    }
    recall_scattered(e);
    return TAMIS_OK;
}

tamis_status emit(const struct run *run, const struct ledger *ledger, const struct plan *plan,
                  struct emit_totals *written, tamis_err *err)
{
    struct emitting e = {.run = run, .ledger = ledger, .plan = plan, .written = written};
    *written = (struct emit_totals){0};
    arena_init(&written->arena);
    tamis_status status = emitting_open(&e, err);
    status = status != TAMIS_OK ? status : begin(&e, err);
    if (status == TAMIS_OK) {
        progress_stage(run->progress, "shards", "shards", e.shards);
    }
    for (size_t t = 0; status == TAMIS_OK && t < plan->count; t++) {
        status = write_target(&e, t, err);
    }
    spools_release(&e.spools);
    return status;
}

void emit_release(struct emit_totals *written)
{
    arena_release(&written->arena);
    *written = (struct emit_totals){0};
}
