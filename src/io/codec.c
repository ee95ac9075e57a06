/*
 * Codecs by name, and the compression of one block: a zstd frame with content size and checksum, or a gzip member
 * without name and time. ISA-L knows levels 1 to 3 only, so gzip's 1 to 9 fall into three steps; whoever wants small
 * files chooses zstd.
 */
#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "core/str.h"
#include "io/stream.h"

#define ZSTD_LEVEL 3
#define ZSTD_LEVEL_MAX 22
#define GZIP_LEVEL 6
#define GZIP_LEVEL_MAX 9

/* ---- Names ------------------------------------------------------------------------------------------------------ */

struct codec_choice codec_from_name(const char *path)
{
    const tamis_str name = str_from(path);
    struct codec_choice choice = {CODEC_PLAIN, 0};
    if (str_ends_with(name, ".zst")) {
        choice.codec = CODEC_ZSTD;
    } else if (str_ends_with(name, ".gz")) {
        choice.codec = CODEC_GZIP;
    }
    return choice;
}

static bool parse_level(tamis_str text, int max, int *level)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9') {
            return false;
        }
    }
    if (!str_count(text, &value) || value < 1 || value > (uint64_t)max) {
        return false;
    }
    *level = (int)value;
    return true;
}

bool codec_parse(tamis_str text, struct codec_choice *choice)
{
    const char *colon = text.len > 0 ? memchr(text.at, ':', text.len) : NULL;
    const tamis_str name = {text.at, colon != NULL ? (size_t)(colon - text.at) : text.len};
    struct codec_choice parsed = {CODEC_PLAIN, 0};
    if (str_is(name, "zstd")) {
        parsed.codec = CODEC_ZSTD;
    } else if (str_is(name, "gzip")) {
        parsed.codec = CODEC_GZIP;
    } else if (!str_is(name, "none") || colon != NULL) {
        return false;
    }
    if (colon != NULL) {
        const tamis_str level = {colon + 1, text.len - name.len - 1};
        if (!parse_level(level, parsed.codec == CODEC_ZSTD ? ZSTD_LEVEL_MAX : GZIP_LEVEL_MAX, &parsed.level)) {
            return false;
        }
    }
    *choice = parsed;
    return true;
}

const char *codec_ending(enum codec codec)
{
    switch (codec) {
    case CODEC_ZSTD: return ".zst";
    case CODEC_GZIP: return ".gz";
    default: return "";
    }
}

/* ---- Blocks ----------------------------------------------------------------------------------------------------- */

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "cannot compress: not enough memory; close other programs or lower --threads");
}

static bool zstd_set_up(ZSTD_CCtx *context, int level)
{
    return !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 1)) &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1));
}

static tamis_status compress_zstd(int level, tamis_str bytes, struct buf *out, tamis_err *err)
{
    if (!buf_reserve(out, ZSTD_compressBound(bytes.len))) {
        return no_memory(err);
    }
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (context == NULL || !zstd_set_up(context, level)) {
        ZSTD_freeCCtx(context);
        return no_memory(err);
    }
    const size_t made = ZSTD_compress2(context, out->at + out->len, out->cap - out->len, bytes.at, bytes.len);
    ZSTD_freeCCtx(context);
    if (ZSTD_isError(made)) {
        return tamis_fail(err, TAMIS_IO, "cannot compress with zstd level %d: %s; try a lower level", level,
                          ZSTD_getErrorName(made));
    }
    out->len += made;
    out->at[out->len] = '\0';
    return TAMIS_OK;
}

struct gzip_level {
    uint32_t level, workspace;
};

static struct gzip_level gzip_level(int level)
{
    if (level <= 2) {
        return (struct gzip_level){1, ISAL_DEF_LVL1_DEFAULT};
    }
    return level <= 5 ? (struct gzip_level){2, ISAL_DEF_LVL2_DEFAULT} : (struct gzip_level){3, ISAL_DEF_LVL3_DEFAULT};
}

/* What is made depends on where room ends, so room never follows from what `out` happens to have. */
static bool deflate_all(struct isal_zstream *stream, tamis_str bytes, struct buf *out)
{
    const uint8_t *at = (const uint8_t *)bytes.at;
    size_t left = bytes.len;
    const size_t slice_max = (size_t)1 << 30; /* ISA-L counts in 32 bits */
    do {
        const size_t slice = left < slice_max ? left : slice_max;
        stream->next_in = (uint8_t *)(uintptr_t)at; /* only read */
        stream->avail_in = (uint32_t)slice;
        at += slice;
        left -= slice;
        stream->end_of_stream = left == 0;
        do {
            const size_t room = slice / 4 + 4096;
            if (!buf_reserve(out, room)) {
                return false;
            }
            stream->next_out = (uint8_t *)out->at + out->len;
            stream->avail_out = (uint32_t)room;
            if (isal_deflate(stream) != COMP_OK) {
                return false;
            }
            out->len += room - stream->avail_out;
        } while (stream->avail_out == 0 && stream->internal_state.state != ZSTATE_END);
    } while (left > 0);
    out->at[out->len] = '\0';
    return true;
}

static tamis_status compress_gzip(int level, tamis_str bytes, struct buf *out, tamis_err *err)
{
    const struct gzip_level chosen = gzip_level(level);
    const size_t before = out->len;
    struct isal_zstream *stream = malloc(sizeof(*stream));
    uint8_t *workspace = malloc(chosen.workspace);
    bool done = false;
    if (stream != NULL && workspace != NULL) {
        isal_deflate_init(stream);
        stream->gzip_flag = IGZIP_GZIP;
        stream->level = chosen.level;
        stream->level_buf = workspace;
        stream->level_buf_size = chosen.workspace;
        done = deflate_all(stream, bytes, out);
    }
    free(workspace);
    free(stream);
    if (!done) {
        out->len = before;
        return no_memory(err);
    }
    return TAMIS_OK;
}

tamis_status codec_compress(struct codec_choice choice, tamis_str bytes, struct buf *out, tamis_err *err)
{
    switch (choice.codec) {
    case CODEC_ZSTD: return compress_zstd(choice.level != 0 ? choice.level : ZSTD_LEVEL, bytes, out, err);
    case CODEC_GZIP: return compress_gzip(choice.level != 0 ? choice.level : GZIP_LEVEL, bytes, out, err);
    default: return buf_add_str(out, bytes) ? TAMIS_OK : no_memory(err);
    }
}
