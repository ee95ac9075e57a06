/*
 * How well a text compresses: its bytes by the bytes of the zstd frame made of it (content size, no checksum). Text
 * that repeats itself scores high, noise about 1; a frame costs some ten bytes, so that short texts score lower. No
 * model is needed, which makes it the score that others have to beat. The last digits depend on the version of libzstd.
 */
#include "tamis.h"

#include <math.h>
#include <stdlib.h>
#include <zstd.h>

struct compression {
    uint64_t level;
};

static const tamis_param params[] = {
    {"level", TAMIS_COUNT, offsetof(struct compression, level), "3", 1, 19, NULL, "zstd level"},
    {0},
};

static double score_text(const void *self, tamis_text *text)
{
    const struct compression *const c = self;
    const tamis_str bytes = tamis_text_bytes(text);
    if (bytes.len == 0) {
        return NAN;
    }
    const size_t bound = ZSTD_compressBound(bytes.len);
    void *const frame = ZSTD_isError(bound) ? NULL : malloc(bound);
    const size_t made = frame ? ZSTD_compress(frame, bound, bytes.at, bytes.len, (int)c->level) : 0;
    free(frame);
    if (!frame || ZSTD_isError(made)) { /* only for want of memory: the frame always has room */
        tamis_text_fail(text);
        return NAN;
    }
    return (double)bytes.len / (double)made;
}

extern const tamis_scorer tamis_scorer_compression;
const tamis_scorer tamis_scorer_compression = {
    .abi = TAMIS_SCORER_ABI,
    .version = 1,
    .name = "compression",
    .summary = "bytes of a text by bytes of it compressed",
    .params = params,
    .self_bytes = sizeof(struct compression),
    .text = score_text,
};
