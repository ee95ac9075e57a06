/*
 * A compressed output file made of whole blocks. What is added is collected and compressed as one frame or member once
 * STREAM_BLOCK is reached, never inside what one call added; so the bytes follow from the calls alone. Plain output is
 * passed on in small pieces, for readers such as `head` that close early.
 */
#include <errno.h>
#include <stdlib.h>

#include "io/stream.h"

#define PLAIN_BLOCK ((size_t)64 << 10)

struct stream_out {
    struct file_out *file;
    struct codec_choice choice;
    bool any;           /* a block has been written */
    bool broken;        /* a block is missing: must not be committed */
    struct buf pending; /* added, not yet compressed */
    struct buf block;   /* the last block, compressed */
};

static void release(struct stream_out *s)
{
    buf_release(&s->pending);
    buf_release(&s->block);
    free(s);
}

tamis_status stream_out_open(struct stream_out **stream, const char *path, struct codec_choice choice, tamis_err *err)
{
    struct stream_out *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return file_fail(err, ENOMEM, "cannot write", path);
    }
    s->choice = choice;
    buf_init(&s->pending, BUF_UNLIMITED);
    buf_init(&s->block, BUF_UNLIMITED);
    const tamis_status status = file_out_open(&s->file, path, err);
    if (status != TAMIS_OK) {
        release(s);
        return status;
    }
    *stream = s;
    return TAMIS_OK;
}

static tamis_status write_block(struct stream_out *s, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    tamis_str bytes = buf_str(&s->pending);
    if (s->choice.codec != CODEC_PLAIN) {
        buf_clear(&s->block);
        status = codec_compress(s->choice, bytes, &s->block, err);
        bytes = buf_str(&s->block);
    }
    if (status == TAMIS_OK) {
        status = file_out_add(s->file, bytes.at, bytes.len, err);
    }
    buf_clear(&s->pending);
    s->any = true;
    s->broken = s->broken || status != TAMIS_OK;
    return status;
}

tamis_status stream_out_add(struct stream_out *s, tamis_str bytes, tamis_err *err)
{
    if (!buf_add_str(&s->pending, bytes)) {
        s->broken = true;
        return tamis_fail(err, TAMIS_IO,
                          "cannot write: not enough memory for a block of %zu bytes; close other programs or lower "
                          "--threads", s->pending.len + bytes.len);
    }
    const size_t block = s->choice.codec == CODEC_PLAIN ? PLAIN_BLOCK : STREAM_BLOCK;
    return s->pending.len >= block ? write_block(s, err) : TAMIS_OK;
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
