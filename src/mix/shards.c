/*
 * A shard is cut into blocks of STREAM_BLOCK at the ends of lines, several blocks are compressed at a time, and they
 * are written in order: the bytes do not depend on the threads. The spool is not copied.
 */
#include "mix/shards.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "mix/pool.h"
#include "mix/spool.h"

#define NOWHERE UINT64_MAX
#define BLOCK_BYTES (4 * (uint64_t)STREAM_BLOCK) /* text and packed, as buffers grow */

struct block {
    struct buf text, packed;
    tamis_status status;
    tamis_err err;
};

struct sorting {
    const struct run *run;
    const struct ledger *ledger;
    const char *path;  /* of the shard */
    tamis_str spool;
    uint64_t *places;  /* offset of the head of each position */
    struct block *blocks;
    size_t block_count;
    XXH3_state_t *hash;
    struct shard *shard;
};

uint64_t shard_memory(uint64_t bytes)
{
    return bytes + bytes / 8 + BLOCK_BYTES;
}

/* As many blocks at a time as there are threads, and as the memory allows. */
static size_t blocks_at_a_time(const struct run *run, uint64_t spool_bytes)
{
    const uint64_t held = shard_memory(spool_bytes);
    const uint64_t most = run->memory > held ? (run->memory - held) / BLOCK_BYTES + 1 : 1;
    const uint64_t threads = run->threads != 0 ? run->threads : 1;
    return (size_t)(run->memory == 0 || threads < most ? threads : most);
}

static tamis_status damaged(const struct sorting *s, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INTERNAL,
                      "the spool of %s does not hold what was put into it; remove RUN/tmp and run the same command again",
                      s->path);
}

/* ---- The index -------------------------------------------------------------------------------------------------- */

static bool next_head(const struct sorting *s, size_t at, struct spool_head *head)
{
    if (s->spool.len - at < sizeof *head) {
        return false;
    }
    memcpy(head, s->spool.at + at, sizeof *head);
    return head->length <= s->spool.len - at - sizeof *head && head->number < s->ledger->documents;
}

static tamis_status count_lines(struct sorting *s, tamis_err *err)
{
    struct spool_head head;
    for (size_t at = 0; at < s->spool.len; at += sizeof head + (size_t)head.length) {
        if (!next_head(s, at, &head)) {
            return damaged(s, err);
        }
        s->shard->documents++;
    }
    s->places = malloc((size_t)(s->shard->documents + 1) * sizeof *s->places);
    if (s->places == NULL) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the %llu documents of a shard",
                          (unsigned long long)s->shard->documents);
    }
    for (uint64_t i = 0; i < s->shard->documents; i++) {
        s->places[i] = NOWHERE;
    }
    return TAMIS_OK;
}

static tamis_status index_lines(struct sorting *s, tamis_err *err)
{
    const struct ledger_part *part = NULL;
    struct spool_head head;
    tamis_status status = count_lines(s, err);
    for (size_t at = 0; status == TAMIS_OK && at < s->spool.len; at += sizeof head + (size_t)head.length) {
        if (!next_head(s, at, &head) || head.position >= s->shard->documents || s->places[head.position] != NOWHERE) {
            return damaged(s, err);
        }
        s->places[head.position] = at;
        part = pool_part(s->ledger, part, head.number);
        const struct survey_row *const row = (const struct survey_row *)part->survey.rows + (head.number - part->first);
        s->shard->bytes += head.length;
        s->shard->tokens += row->tokens;
        s->shard->domain_documents[row->domain]++;
        s->shard->domain_tokens[row->domain] += row->tokens;
    }
    return status;
}

/* ---- Blocks ----------------------------------------------------------------------------------------------------- */

/* Lines from position *at on, until the block is full. */
static bool fill_block(const struct sorting *s, struct block *block, uint64_t *at)
{
    buf_clear(&block->text);
    while (*at < s->shard->documents && block->text.len < STREAM_BLOCK) {
        struct spool_head head;
        const char *const line = s->spool.at + s->places[*at];
        memcpy(&head, line, sizeof head);
        if (!buf_add(&block->text, line + sizeof head, (size_t)head.length) || !buf_add_char(&block->text, '\n')) {
            return false;
        }
        ++*at;
    }
    return true;
}

static void pack_blocks(const struct sorting *s, size_t count)
{
    const struct codec_choice codec = s->run->recipe->output.codec;
#pragma omp parallel for num_threads((int)s->block_count) schedule(dynamic, 1)
    for (size_t i = 0; i < count; i++) {
        struct block *const block = &s->blocks[i];
        buf_clear(&block->packed);
        block->status = codec_compress(codec, buf_str(&block->text), &block->packed, &block->err);
    }
}

static tamis_status write_blocks(const struct sorting *s, size_t count, struct file_out *file, tamis_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const struct block *const block = &s->blocks[i];
        if (block->status != TAMIS_OK) {
            return tamis_fail(err, block->status, "%s", block->err.text);
        }
        if (XXH3_64bits_update(s->hash, block->text.at, block->text.len) != XXH_OK) {
            return tamis_fail(err, TAMIS_INTERNAL, "hashing a shard failed");
        }
        const tamis_status status = file_out_add(file, block->packed.at, block->packed.len, err);
        if (status != TAMIS_OK) {
            return status;
        }
        s->shard->file_bytes += block->packed.len;
    }
    return TAMIS_OK;
}

static tamis_status write_lines(const struct sorting *s, struct file_out *file, tamis_err *err)
{
    uint64_t at = 0;
    while (at < s->shard->documents) {
        if (run_stopped(s->run)) {
            return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted while writing shards; the same command continues");
        }
        size_t count = 0;
        for (; count < s->block_count && at < s->shard->documents; count++) {
            if (!fill_block(s, &s->blocks[count], &at)) {
                return tamis_fail(err, TAMIS_IO, "out of memory for the blocks of a shard");
            }
        }
        pack_blocks(s, count);
        const tamis_status status = write_blocks(s, count, file, err);
        if (status != TAMIS_OK) {
            return status;
        }
    }
    s->shard->xxh3 = XXH3_64bits_digest(s->hash);
    return TAMIS_OK;
}

/* ---- The shard -------------------------------------------------------------------------------------------------- */

static tamis_status sorting_open(struct sorting *s, tamis_err *err)
{
    s->block_count = blocks_at_a_time(s->run, s->spool.len);
    s->blocks = calloc(s->block_count, sizeof *s->blocks);
    s->hash = XXH3_createState();
    if (s->blocks == NULL || s->hash == NULL || XXH3_64bits_reset(s->hash) != XXH_OK) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the blocks of a shard");
    }
    for (size_t i = 0; i < s->block_count; i++) {
        buf_init(&s->blocks[i].text, BUF_UNLIMITED);
        buf_init(&s->blocks[i].packed, BUF_UNLIMITED);
    }
    return TAMIS_OK;
}

static void sorting_release(struct sorting *s)
{
    for (size_t i = 0; s->blocks != NULL && i < s->block_count; i++) {
        buf_release(&s->blocks[i].text);
        buf_release(&s->blocks[i].packed);
    }
    free(s->blocks);
    free(s->places);
    XXH3_freeState(s->hash);
}

tamis_status shard_write(const struct run *run, const struct ledger *ledger, tamis_str spool, const char *path,
                         struct shard *shard, tamis_err *err)
{
    struct sorting s = {.run = run, .ledger = ledger, .path = path, .spool = spool, .shard = shard};
    struct file_out *file = NULL;
    tamis_status status = sorting_open(&s, err);
    status = status != TAMIS_OK ? status : index_lines(&s, err);
    status = status != TAMIS_OK ? status : file_out_open(&file, path, err);
    status = status != TAMIS_OK ? status : write_lines(&s, file, err);
    if (status == TAMIS_OK) {
        status = file_out_commit(file, err);
    } else {
        file_out_discard(file);
    }
    sorting_release(&s);
    return status;
}
