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

#define WINDOW_LOG_MAX 31
#define FRAME_START 5 /* bytes libzstd asks for first: the magic number and what tells the header's length */

struct zstd {
    ZSTD_DStream *stream;
    size_t wants; /* bytes up to the end of the next block */
    bool in_frame;
    bool full;    /* the last call filled its output: there may be more without new input */
};

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
        z->wants = FRAME_START;
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

static tamis_status zstd_fail(const struct source *source, size_t result, tamis_err *err)
{
    if (ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation) {
        return file_fail(err, ENOMEM, "cannot read", source->name);
    }
    if (ZSTD_getErrorCode(result) == ZSTD_error_prefix_unknown) {
        return source_damaged(source, err, "bytes that are no zstd frame follow a frame");
    }
    if (ZSTD_getErrorCode(result) == ZSTD_error_dictionary_wrong) {
        return tamis_fail(err, TAMIS_DAMAGED, "%s: needs the dictionary it was compressed with, which cannot be given; "
                          "compress it without one", source->name);
    }
    return source_damaged(source, err, "the zstd stream is corrupt (%s)", ZSTD_getErrorName(result));
}

static tamis_status decode_block(struct zstd *z, struct source *source, ZSTD_outBuffer *out, tamis_err *err)
{
    const size_t slice = z->full ? 0 : z->wants < source_held(source) ? z->wants : source_held(source);
    ZSTD_inBuffer in = {source->bytes + source->at, slice, 0};
    const size_t result = ZSTD_decompressStream(z->stream, out, &in);
    if (ZSTD_isError(result)) {
        return zstd_fail(source, result, err);
    }
    source->at += in.pos;
    z->in_frame = result != 0;
    z->wants = z->in_frame ? result : FRAME_START;
    z->full = z->in_frame && out->pos == out->size;
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

bool zstd_is_between(const void *self)
{
    return !((const struct zstd *)self)->in_frame;
}

const struct decoder decoder_zstd = {zstd_open, zstd_read, zstd_close};
