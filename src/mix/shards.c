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
#include "run/pipeline.h"

#define NOWHERE UINT64_MAX
#define BLOCK_BYTES (3 * (uint64_t)STREAM_BLOCK) /* text and packed, as buffers grow */

struct block {
    struct buf text, packed;
};

struct sorting {
    const struct run *run;
    const struct ledger *ledger;
    const char *path;  /* of the shard */
    tamis_str spool;
    bool refers;       /* the heads of the spool */
    uint64_t *places;  /* offset of the head of each position */
    uint64_t at;       /* the next position */
    struct file_out *file;
    XXH3_state_t *hash;
    struct shard *shard;
};

/* Of the pipeline that packs blocks. */
static uint64_t blocks_bytes(unsigned threads)
{
    return (2 * (uint64_t)threads + 1) * BLOCK_BYTES;
}

uint64_t shard_memory(uint64_t bytes)
{
    return bytes + bytes / 8 + blocks_bytes(1);
}

/* As many as the memory allows. */
static unsigned threads_for(const struct run *run, uint64_t spool_bytes)
{
    const uint64_t held = shard_memory(spool_bytes) - blocks_bytes(1);
    unsigned threads = run->threads != 0 ? run->threads : 1;
    while (threads > 1 && run->memory != 0 && held + blocks_bytes(threads) > run->memory) {
        threads--;
    }
    return threads;
}

static tamis_status damaged(const struct sorting *s, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INTERNAL,
                      "the spool of %s does not hold what was put into it; remove RUN/tmp and run the same command "
                      "again", s->path);
}

/* ---- The index -------------------------------------------------------------------------------------------------- */

static bool next_head(const struct sorting *s, size_t at, struct spool_head *head)
{
    if (s->spool.len - at < sizeof *head) {
        return false;
    }
    memcpy(head, s->spool.at + at, sizeof *head);
    return head->number < s->ledger->documents && (head->at != NULL) == s->refers &&
           (s->refers || head->length <= s->spool.len - at - sizeof *head);
}

static tamis_status count_lines(struct sorting *s, tamis_err *err)
{
    struct spool_head head;
    for (size_t at = 0; at < s->spool.len; at += spool_step(&head)) {
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
    for (size_t at = 0; status == TAMIS_OK && at < s->spool.len; at += spool_step(&head)) {
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

/* The next lines, until the block is full. */
static bool fill_block(struct sorting *s, struct block *block)
{
    buf_clear(&block->text);
    while (s->at < s->shard->documents && block->text.len < STREAM_BLOCK) {
        struct spool_head head;
        const char *const at = s->spool.at + s->places[s->at];
        memcpy(&head, at, sizeof head);
        const char *const line = head.at != NULL ? head.at : at + sizeof head;
        if (!buf_add(&block->text, line, (size_t)head.length) || !buf_add_char(&block->text, '\n')) {
            return false;
        }
        s->at++;
    }
    return true;
}

static tamis_status read_block(void *context, void *job, bool *end, tamis_err *err)
{
    struct sorting *const s = context;
    struct block *const block = job;
    *end = s->at == s->shard->documents;
    if (*end) {
        return TAMIS_OK;
    }
    if (run_stopped(s->run)) {
        return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted while writing shards; the same command continues");
    }
    if (block->text.limit == 0) {
        buf_init(&block->text, BUF_UNLIMITED);
        buf_init(&block->packed, BUF_UNLIMITED);
    }
    return fill_block(s, block) ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the blocks of a shard");
}

static tamis_status pack_block(void *context, unsigned thread, void *job, tamis_err *err)
{
    const struct sorting *const s = context;
    struct block *const block = job;
    (void)thread;
    buf_clear(&block->packed);
    return codec_compress(s->run->recipe->output.codec, buf_str(&block->text), &block->packed, err);
}

static tamis_status write_block(void *context, void *job, tamis_err *err)
{
    struct sorting *const s = context;
    const struct block *const block = job;
    if (XXH3_64bits_update(s->hash, block->text.at, block->text.len) != XXH_OK) {
        return tamis_fail(err, TAMIS_INTERNAL, "hashing a shard failed");
    }
    s->shard->file_bytes += block->packed.len;
    return file_out_add(s->file, block->packed.at, block->packed.len, err);
}

static void release_block(void *context, void *job)
{
    struct block *const block = job;
    (void)context;
    buf_release(&block->text);
    buf_release(&block->packed);
}

static tamis_status write_lines(struct sorting *s, tamis_err *err)
{
    const struct pipeline pipeline = {
        .context = s,
        .job_bytes = sizeof(struct block),
        .read = read_block,
        .work = pack_block,
        .write = write_block,
        .release = release_block,
    };
    const tamis_status status = pipeline_run(&pipeline, threads_for(s->run, s->spool.len), err);
    s->shard->xxh3 = XXH3_64bits_digest(s->hash);
    return status;
}

/* ---- The shard -------------------------------------------------------------------------------------------------- */

static tamis_status sorting_open(struct sorting *s, tamis_err *err)
{
    s->hash = XXH3_createState();
    if (s->hash == NULL || XXH3_64bits_reset(s->hash) != XXH_OK) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the hash of a shard");
    }
    return TAMIS_OK;
}

static void sorting_release(struct sorting *s)
{
    free(s->places);
    XXH3_freeState(s->hash);
}

tamis_status shard_write(const struct run *run, const struct ledger *ledger, tamis_str spool, bool refers,
                         const char *path, struct shard *shard, tamis_err *err)
{
    struct sorting s = {
        .run = run, .ledger = ledger, .path = path, .spool = spool, .refers = refers, .shard = shard};
    tamis_status status = sorting_open(&s, err);
    status = status != TAMIS_OK ? status : index_lines(&s, err);
    status = status != TAMIS_OK ? status : file_out_open(&s.file, path, err);
    status = status != TAMIS_OK ? status : write_lines(&s, err);
    if (status == TAMIS_OK) {
        status = file_out_commit(s.file, err);
    } else {
        file_out_discard(s.file);
    }
    sorting_release(&s);
    return status;
}
