/*
 * gzip members (RFC 1952), any number of them, by ISA-L. Length and CRC of every member are verified. Zero bytes after
 * a member are padding; any other byte that starts no member is damage.
 */
#include <errno.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "io/decode.h"

enum stage { BETWEEN_MEMBERS, IN_HEADER, IN_BODY };

struct gzip {
    enum stage stage;
    bool full;  /* the last call filled its output: there may be more without new input */
    int broken; /* why, once it is; 0: it is not */
    struct isal_gzip_header header;
    struct inflate_state state;
};

static tamis_status gzip_open(void **self, const struct source *source, tamis_err *err)
{
    *self = calloc(1, sizeof(struct gzip));
    return *self != NULL ? TAMIS_OK : file_fail(err, ENOMEM, "cannot read", source->name);
}

static void gzip_close(void *self)
{
    free(self);
}

static const char *reason_of(int result)
{
    switch (result) {
    case ISAL_INVALID_WRAPPER: return "the header of a gzip member is invalid";
    case ISAL_UNSUPPORTED_METHOD: return "a gzip member uses a method other than deflate";
    case ISAL_INCORRECT_CHECKSUM: return "the checksum of a gzip member is wrong";
    default: return "the gzip stream is corrupt";
    }
}

/* *more is false when the file ends here. */
static tamis_status start_member(struct gzip *g, struct source *source, bool *more, tamis_err *err)
{
    *more = false;
    for (;;) {
        const tamis_status status = source_peek(source, 2, err);
        if (status != TAMIS_OK || source_held(source) == 0) {
            return status;
        }
        if (source->bytes[source->at] != 0) { /* the file itself starts with a member */
            break;
        }
        source->at++;
    }
    const uint8_t *first = source->bytes + source->at;
    if (first[0] != 0x1f || (source_held(source) > 1 && first[1] != 0x8b)) {
        return source_damaged(source, err, "bytes that are no gzip member follow a member");
    }
    isal_gzip_header_init(&g->header);
    isal_inflate_init(&g->state);
    g->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
    g->stage = IN_HEADER;
    *more = true;
    return TAMIS_OK;
}

/* ISA-L keeps back what it decoded before damage, as far as its output was full. */
static size_t take_rest(struct inflate_state *state, uint8_t *bytes, size_t room)
{
    const size_t left = (size_t)(state->tmp_out_valid - state->tmp_out_processed), taken = left < room ? left : room;
    memcpy(bytes, state->tmp_out_buffer + state->tmp_out_processed, taken);
    state->tmp_out_processed += (int32_t)taken;
    return taken;
}

static tamis_status decode(struct gzip *g, struct source *source, uint8_t *bytes, size_t room, size_t *made,
                           tamis_err *err)
{
    struct inflate_state *state = &g->state;
    if (g->broken < 0) {
        *made = take_rest(state, bytes, room);
        return *made > 0 ? TAMIS_OK : source_damaged(source, err, "%s", reason_of(g->broken));
    }
    state->next_in = source->bytes + source->at;
    state->avail_in = (uint32_t)source_held(source);
    state->next_out = bytes;
    state->avail_out = (uint32_t)room;
    const int result = g->stage == IN_HEADER ? isal_read_gzip_header(state, &g->header) : isal_inflate(state);
    const size_t used = source_held(source) - state->avail_in;
    source->at += used;
    *made = room - state->avail_out;
    g->broken = result < 0 ? result : 0;
    g->full = *made == room || g->broken < 0;
    if (g->broken < 0) {
        return TAMIS_OK;
    }
    if (g->stage == IN_HEADER) {
        g->stage = result == ISAL_DECOMP_OK ? IN_BODY : IN_HEADER;
    } else if (state->block_state == ISAL_BLOCK_FINISH) {
        g->stage = BETWEEN_MEMBERS;
        g->full = false;
    } else if (used == 0 && *made == 0 && source_held(source) > 0) {
        return source_damaged(source, err, "%s", reason_of(ISAL_INVALID_BLOCK));
    }
    return TAMIS_OK;
}

static tamis_status gzip_read(void *self, struct source *source, uint8_t *bytes, size_t len, size_t *got,
                              tamis_err *err)
{
    struct gzip *g = self;
    len = len < ((size_t)1 << 30) ? len : (size_t)1 << 30;
    size_t done = 0;
    tamis_status status = TAMIS_OK;
    while (status == TAMIS_OK && done < len) {
        if (!g->full && source_held(source) == 0 && done > 0) {
            break;
        }
        if (g->stage == BETWEEN_MEMBERS) {
            bool more = false;
            status = start_member(g, source, &more, err);
            if (!more) {
                break;
            }
        }
        if (!g->full) {
            status = source_peek(source, 1, err);
            if (status == TAMIS_OK && source_held(source) == 0) {
                status = source_damaged(source, err, "the file ends inside a gzip member");
            }
        }
        if (status == TAMIS_OK) {
            size_t made = 0;
            status = decode(g, source, bytes + done, len - done, &made, err);
            done += made;
        }
    }
    *got = done;
    return status;
}

const struct decoder decoder_gzip = {gzip_open, gzip_read, gzip_close};
