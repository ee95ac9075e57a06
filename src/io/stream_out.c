/*
 * A compressed output file made of whole blocks. What is added is collected and compressed as one frame or member once
 * STREAM_BLOCK is reached, never inside what one call added; so the bytes follow from the calls alone. Plain output is
 * passed on in small pieces, for readers such as `head` that close early.
 *
 * With several threads a full block is compressed by a thread of its own while the next one fills; blocks are written
 * in their order.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "io/stream.h"

#define PLAIN_BLOCK ((size_t)64 << 10)
#define BLOCKS_MOST 8u /* at once: more would only cost memory, since one thread fills them */

struct block {
    struct codec_choice choice;
    struct buf text, packed;
    tamis_status status;
    tamis_err err;
    pthread_t thread;
    bool apart; /* `thread` works on it */
};

struct stream_out {
    struct file_out *file;
    struct codec_choice choice;
    bool any;             /* a block has been written */
    bool broken;          /* a block is missing: must not be committed */
    struct buf pending;   /* added, not yet compressed */
    struct block *blocks; /* a ring of `threads`: block n stands in n % threads */
    unsigned threads;
    uint64_t packed, written; /* blocks begun and done */
};

static void *pack(void *job)
{
    struct block *const b = job;
    buf_clear(&b->packed);
    b->status = codec_compress(b->choice, buf_str(&b->text), &b->packed, &b->err);
    return NULL;
}

static void wait_for(struct block *b)
{
    if (b->apart) {
        pthread_join(b->thread, NULL);
        b->apart = false;
    }
}

static void release(struct stream_out *s)
{
    for (unsigned i = 0; s->blocks != NULL && i < s->threads; i++) {
        wait_for(&s->blocks[i]);
        buf_release(&s->blocks[i].text);
        buf_release(&s->blocks[i].packed);
    }
    free(s->blocks);
    buf_release(&s->pending);
    free(s);
}

static bool blocks_init(struct stream_out *s, unsigned threads)
{
    s->threads = threads == 0 || s->choice.codec == CODEC_PLAIN ? 1 : threads < BLOCKS_MOST ? threads : BLOCKS_MOST;
    s->blocks = calloc(s->threads, sizeof(*s->blocks));
    for (unsigned i = 0; s->blocks != NULL && i < s->threads; i++) {
        s->blocks[i].choice = s->choice;
        buf_init(&s->blocks[i].text, BUF_UNLIMITED);
        buf_init(&s->blocks[i].packed, BUF_UNLIMITED);
    }
    return s->blocks != NULL;
}

tamis_status stream_out_open_threads(struct stream_out **stream, const char *path, struct codec_choice choice,
                                     unsigned threads, tamis_err *err)
{
    struct stream_out *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return file_fail(err, ENOMEM, "cannot write", path);
    }
    s->choice = choice;
    buf_init(&s->pending, BUF_UNLIMITED);
    const tamis_status status =
        blocks_init(s, threads) ? file_out_open(&s->file, path, err) : file_fail(err, ENOMEM, "cannot write", path);
    if (status != TAMIS_OK) {
        release(s);
        return status;
    }
    *stream = s;
    return TAMIS_OK;
}

tamis_status stream_out_open(struct stream_out **stream, const char *path, struct codec_choice choice, tamis_err *err)
{
    return stream_out_open_threads(stream, path, choice, 1, err);
}

/* ---- Blocks ----------------------------------------------------------------------------------------------------- */

/* The oldest block that is not written. */
static tamis_status write_oldest(struct stream_out *s, tamis_err *err)
{
    struct block *const b = &s->blocks[s->written++ % s->threads];
    wait_for(b);
    if (b->status != TAMIS_OK) {
        return tamis_fail(err, b->status, "%s", b->err.text);
    }
    return file_out_add(s->file, b->packed.at, b->packed.len, err);
}

static tamis_status write_packed(struct stream_out *s, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    while (status == TAMIS_OK && s->written < s->packed) {
        status = write_oldest(s, err);
    }
    return status;
}

/* What is pending becomes a block, compressed here when there is no thread to be had. */
static tamis_status pack_pending(struct stream_out *s, tamis_err *err)
{
    const tamis_status status = s->packed - s->written == s->threads ? write_oldest(s, err) : TAMIS_OK;
    struct block *const b = &s->blocks[s->packed++ % s->threads];
    const struct buf text = b->text;
    b->text = s->pending;
    s->pending = text;
    buf_clear(&s->pending);
    b->apart = s->threads > 1 && pthread_create(&b->thread, NULL, pack, b) == 0;
    if (!b->apart) {
        (void)pack(b);
    }
    return status;
}

static tamis_status write_block(struct stream_out *s, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    if (s->choice.codec == CODEC_PLAIN) {
        status = file_out_add(s->file, s->pending.at, s->pending.len, err);
        buf_clear(&s->pending);
    } else {
        status = pack_pending(s, err);
        status = status == TAMIS_OK && s->threads == 1 ? write_packed(s, err) : status;
    }
    s->any = true;
    s->broken = s->broken || status != TAMIS_OK;
    return status;
}

static size_t block_bytes(const struct stream_out *s)
{
    return s->choice.codec == CODEC_PLAIN ? PLAIN_BLOCK : STREAM_BLOCK;
}

tamis_status stream_out_add(struct stream_out *s, tamis_str bytes, tamis_err *err)
{
    if (!buf_add_str(&s->pending, bytes)) {
        s->broken = true;
        return tamis_fail(err, TAMIS_IO,
                          "cannot write: not enough memory for a block of %zu bytes; close other programs or lower "
                          "--threads", s->pending.len + bytes.len);
    }
    return s->pending.len >= block_bytes(s) ? write_block(s, err) : TAMIS_OK;
}

tamis_status stream_out_add_lines(struct stream_out *s, tamis_str lines, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    while (status == TAMIS_OK && lines.len > 0) {
        tamis_str some = lines;
        const size_t missing = block_bytes(s) - s->pending.len; /* at least 1: a full block is written at once */
        if (lines.len > missing) {
            const char *const end = memchr(lines.at + missing - 1, '\n', lines.len - missing + 1);
            some.len = end != NULL ? (size_t)(end - lines.at) + 1 : lines.len;
        }
        lines = (tamis_str){lines.at + some.len, lines.len - some.len};
        status = stream_out_add(s, some, err);
    }
    return status;
}

tamis_status stream_out_add_packed(struct stream_out *s, tamis_str packed, tamis_err *err)
{
    tamis_status status = s->pending.len > 0 ? write_block(s, err) : TAMIS_OK;
    status = status == TAMIS_OK ? write_packed(s, err) : status;
    status = status == TAMIS_OK ? file_out_add(s->file, packed.at, packed.len, err) : status;
    s->any = true;
    s->broken = s->broken || status != TAMIS_OK;
    return status;
}

tamis_status stream_out_commit(struct stream_out *s, tamis_err *err)
{
    /* a compressed file without any frame is no valid file */
    const bool needed = s->pending.len > 0 || (!s->any && s->choice.codec != CODEC_PLAIN);
    tamis_status status = TAMIS_OK;
    if (s->broken) {
        status = tamis_fail(err, TAMIS_INTERNAL,
                            "an output was to be kept after a write had failed; please report this");
    } else if (needed) {
        status = write_block(s, err);
    }
    status = status == TAMIS_OK ? write_packed(s, err) : status;
    if (status == TAMIS_OK) {
        status = file_out_commit(s->file, err);
    } else {
        file_out_discard(s->file);
    }
    release(s);
    return status;
}

void stream_out_discard(struct stream_out *s)
{
    if (s != NULL) {
        file_out_discard(s->file);
        release(s);
    }
}
