/*
 * zstd frames, any number of them, skippable ones between, windows up to 2 GiB (as made by `zstd --long=31`).
 * libzstd is fed one block at a time: a call that meets a corrupt block keeps back what it decoded before that block,
 * so a call must never hold two.
 */
#include <errno.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "core/file.h"
#include "io/decode.h"
#include "io/frame.h"

#define WINDOW_LOG_MAX 31
#define FRAME_START 5 /* bytes libzstd asks for first: the magic number and what tells the header's length */

struct zstd {
    ZSTD_DStream *stream;
    size_t wants; /* bytes that libzstd asks for next */
    bool in_frame;
    bool full;    /* the last call filled its output: there may be more without new input */
    struct frame frame; /* up to where the source is */
    uint64_t made; /* decoded bytes of the frame */
};

static void begin_frame(struct zstd *z)
{
    z->in_frame = z->full = false;
    z->wants = FRAME_START;
    z->made = 0;
    frame_start(&z->frame);
}

static void zstd_close(void *self)
{
    struct zstd *z = self;
    if (z != NULL) {
        ZSTD_freeDStream(z->stream);
        free(z);
    }
}

static tamis_status zstd_open(void **self, const struct source *source, tamis_err *err)
{
    struct zstd *z = calloc(1, sizeof(*z));
    if (z != NULL) {
        z->stream = ZSTD_createDStream();
        begin_frame(z);
    }
    if (z == NULL || z->stream == NULL) {
        zstd_close(z);
        return file_fail(err, ENOMEM, "cannot read", source->name);
    }
    const size_t result = ZSTD_DCtx_setParameter(z->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    if (ZSTD_isError(result)) {
        zstd_close(z);
        return tamis_fail(err, TAMIS_INTERNAL, "cannot read %s: libzstd refuses windows of 2 GiB (%s); install libzstd "
                          "1.4 or newer for a 64-bit machine", source->name, ZSTD_getErrorName(result));
    }
    *self = z;
    return TAMIS_OK;
}

static tamis_status no_frame(const struct source *source, tamis_err *err)
{
    return source_damaged(source, err, "bytes that are no zstd frame follow a frame");
}

static tamis_status zstd_fail(const struct source *source, size_t result, tamis_err *err)
{
    if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation) {
        return file_fail(err, ENOMEM, "cannot read", source->name);
    }
    if (ZSTD_getErrorCode(result) == ZSTD_error_prefix_unknown) {
        return no_frame(source, err);
    }
    if (ZSTD_getErrorCode(result) == ZSTD_error_dictionary_wrong) {
        return tamis_fail(err, TAMIS_DAMAGED, "%s: needs the dictionary it was compressed with, which cannot be given; "
                          "compress it without one", source->name);
    }
    return source_damaged(source, err, "the zstd stream is corrupt (%s)", ZSTD_getErrorName(result));
}

/* libzstd asks for a block with the header of the next one, which may be damaged. */
static size_t next_bytes(const struct zstd *z, const struct source *source)
{
    const size_t held = source_held(source), next = frame_next(&z->frame);
    const size_t wants = next > 0 && next < z->wants ? next : z->wants;
    return wants < held ? wants : held;
}

/* Formats of before zstd 0.8, which libzstd may know, are none. */
static bool begins_a_frame(const struct zstd *z, const ZSTD_inBuffer *in)
{
    struct frame ahead = z->frame;
    if (ahead.step != FRAME_HEAD) {
        return true;
    }
    (void)frame_walk(&ahead, in->src, in->size);
    return ahead.step != FRAME_ODD || frame_begins(ahead.held, FRAME_START);
}

static tamis_status decode_block(struct zstd *z, struct source *source, ZSTD_outBuffer *out, tamis_err *err)
{
    ZSTD_inBuffer in = {source->bytes + source->at, z->full ? 0 : next_bytes(z, source), 0};
    if (!begins_a_frame(z, &in)) {
        return no_frame(source, err);
    }
    const size_t before = out->pos;
    const size_t result = ZSTD_decompressStream(z->stream, out, &in);
    z->made += out->pos - before;
    if (ZSTD_isError(result)) {
        return zstd_fail(source, result, err);
    }
    if (result == 0) {
        begin_frame(z);
    } else {
        z->in_frame = true;
        z->wants = result;
        z->full = out->pos == out->size;
        (void)frame_walk(&z->frame, source->bytes + source->at, in.pos);
    }
    source->at += in.pos;
    return TAMIS_OK;
}

static tamis_status read_frames(struct zstd *z, struct source *source, ZSTD_outBuffer *out, bool one, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    while (status == TAMIS_OK && out->pos < out->size) {
        if (!z->full && source_held(source) == 0) {
            if (out->pos > 0) {
                break;
            }
            status = source_peek(source, 1, err);
            if (status == TAMIS_OK && source_held(source) == 0) {
                status = z->in_frame ? source_damaged(source, err, "the file ends inside a zstd frame") : TAMIS_OK;
                break;
            }
        }
        if (status == TAMIS_OK) {
            status = decode_block(z, source, out, err);
        }
        if (one && !z->in_frame) {
            break;
        }
    }
    return status;
}

static tamis_status zstd_read(void *self, struct source *source, uint8_t *bytes, size_t len, size_t *got,
                              tamis_err *err)
{
    ZSTD_outBuffer out = {bytes, len, 0};
    const tamis_status status = read_frames(self, source, &out, false, err);
    *got = out.pos;
    return status;
}

tamis_status zstd_read_frame(void *self, struct source *source, uint8_t *bytes, size_t len, size_t *got,
                             tamis_err *err)
{
    ZSTD_outBuffer out = {bytes, len, 0};
    const tamis_status status = read_frames(self, source, &out, true, err);
    *got = out.pos;
    return status;
}

/* Moves the source behind the frame; *whole: it is one by its headers, and another one or the end follows. */
static tamis_status pass_frame(struct zstd *z, struct source *source, bool *whole, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    *whole = false;
    while (!status && z->frame.step < FRAME_DONE) {
        status = source_peek(source, 1, err);
        if (!status && source_held(source) == 0) {
            return TAMIS_OK;
        }
        if (!status) {
            source->at += frame_walk(&z->frame, source->bytes + source->at, source_held(source));
        }
    }
    status = status ? status : source_peek(source, 4, err);
    if (!status && z->frame.step == FRAME_DONE) {
        const size_t held = source_held(source);
        *whole = held == 0 || frame_begins(source->bytes + source->at, held);
    }
    return status;
}

tamis_status zstd_go_on(void *self, struct source *source, bool *goes_on, uint64_t *lost, tamis_err *err)
{
    struct zstd *const z = self;
    bool whole = false;
    const tamis_status status = pass_frame(z, source, &whole, err);
    const uint64_t content = z->frame.content == FRAME_UNKNOWN ? z->made : z->frame.content;
    *goes_on = !status && whole && content <= z->frame.most && content >= z->made;
    if (*goes_on) {
        *lost = content - z->made;
        *goes_on = !ZSTD_isError(ZSTD_DCtx_reset(z->stream, ZSTD_reset_session_only));
        begin_frame(z);
    }
    return status;
}

bool zstd_is_between(const void *self)
{
    return !((const struct zstd *)self)->in_frame;
}

const struct decoder decoder_zstd = {zstd_open, zstd_read, zstd_close};
