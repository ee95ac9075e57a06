/*
 * Loading pieces. Of a zstd file only the headers are looked at here, as far ahead as one frame may be long; what is no
 * small frame is decoded on the spot, block by block. A frame that was begun that way is ended that way.
 */
#include <errno.h>
#include <string.h>

#include "io/decode.h"
#include "io/frame.h"
#include "io/piece.h"
#include "io/stream.h"

#define FRAMES_PACKED_MOST ((size_t)1 << 20) /* of several frames in one piece */
#define GUESSED_RATIO 4u                     /* decoded to encoded bytes, where it is not stated */

static tamis_status no_memory(const struct stream_in *s, tamis_err *err)
{
    return file_fail(err, ENOMEM, "cannot read", s->name);
}

static bool start(const struct stream_in *s, struct piece *p)
{
    p->first = p->last = p->begun = p->taken = false;
    p->gaps_taken = 0;
    buf_clear(&p->gaps);
    p->damage = (tamis_err){.status = TAMIS_OK};
    buf_clear(&p->packed);
    buf_clear(&p->bytes);
    buf_clear(&p->name);
    p->packed.limit = p->bytes.limit = p->name.limit = BUF_UNLIMITED;
    p->from = PIECE_MARGIN;
    if (!buf_reserve(&p->bytes, PIECE_MARGIN) || !buf_add(&p->name, s->name, strlen(s->name))) {
        return false;
    }
    p->bytes.len = PIECE_MARGIN;
    return true;
}

/* ---- Frames ----------------------------------------------------------------------------------------------------- */

static uint64_t most_bytes(const struct frame *frame)
{
    return frame->content != FRAME_UNKNOWN ? frame->content : frame->most;
}

/* Headers that lead elsewhere are damaged: whether the frame ends there, the streaming decoder should judge. */
static bool follows_well(const struct stream_in *s, size_t packed)
{
    const size_t behind = source_held(&s->source) - packed;
    return behind == 0 || frame_begins(s->source.bytes + s->source.at + packed, behind);
}

/* The next frame, with all of it loaded if it can hold no more than `most` bytes; false in *whole: it has to be
 * streamed, or there is none. */
static tamis_status look_ahead(struct stream_in *s, uint64_t most, struct frame *frame, bool *whole, tamis_err *err)
{
    for (size_t wanted = 1;;) {
        const tamis_status status = source_peek(&s->source, wanted, err);
        const size_t held = source_held(&s->source);
        *whole = false;
        if (status != TAMIS_OK || held == 0) {
            return status;
        }
        const enum frame_step step = frame_scan(s->source.bytes + s->source.at, held, frame);
        const bool large = frame->packed > PIECE_PACKED_MOST || most_bytes(frame) > most ||
                           frame->window > FRAME_WINDOW_USUAL; /* which is not to be copied either */
        const bool done = step == FRAME_DONE && held >= frame->packed + 4; /* what follows is seen */
        if (large || step == FRAME_ODD || done || s->source.end) {
            *whole = !large && step == FRAME_DONE && follows_well(s, frame->packed);
            return TAMIS_OK;
        }
        wanted = step == FRAME_DONE ? frame->packed + 4
                 : frame->packed > held + SOURCE_BYTES / 4 ? frame->packed : held + SOURCE_BYTES / 4;
    }
}

static bool unwanted(const struct frame *frame, const struct stream_skip *skip, uint64_t *resume)
{
    return skip->skip != NULL && !skip->lost && frame->content != FRAME_UNKNOWN && frame->content != 0 &&
           skip->skip(skip->context, skip->decoded, skip->decoded + frame->content, resume);
}

/* The piece, still empty, begins behind the frame. */
static void leave_out(struct stream_in *s, const struct frame *frame, struct stream_skip *skip, struct piece *p)
{
    s->source.at += frame->packed;
    skip->decoded += frame->content;
    p->first = true;
    p->offset = skip->decoded;
    p->last = p->resume == UINT64_MAX;
}

static uint64_t guess(const struct frame *frame)
{
    const uint64_t guessed = (uint64_t)frame->packed * GUESSED_RATIO;
    return frame->content != FRAME_UNKNOWN ? frame->content : guessed < frame->most ? guessed : frame->most;
}

static tamis_status add_frame(struct stream_in *s, struct piece *p, const struct frame *frame,
                              struct stream_skip *skip, tamis_err *err)
{
    if (p->packed.len == 0) {
        p->place = s->source.from_disk - source_held(&s->source);
    }
    if (!buf_add(&p->packed, s->source.bytes + s->source.at, frame->packed)) {
        return no_memory(s, err);
    }
    s->source.at += frame->packed;
    skip->lost = skip->lost || frame->content == FRAME_UNKNOWN;
    skip->decoded += skip->lost ? 0 : frame->content;
    return TAMIS_OK;
}

/* Adds frames while they are small; the piece may stay empty. */
static tamis_status load_frames(struct stream_in *s, struct piece *p, size_t about, struct stream_skip *skip,
                                tamis_err *err)
{
    uint64_t guessed = 0, most = 0, resume = 0;
    tamis_status status = TAMIS_OK;
    while (status == TAMIS_OK && !p->last) {
        struct frame frame;
        bool whole = false;
        const bool more = p->packed.len > 0;
        status = look_ahead(s, skip->skip != NULL ? PIECE_DECODED_MOST : skip->whole, &frame, &whole, err);
        if (status != TAMIS_OK || !whole) {
            p->last = status == TAMIS_OK && source_held(&s->source) == 0;
            break;
        }
        guessed += guess(&frame);
        most += frame.most;
        const bool full = skip->alone || guessed > about || most > 2 * about ||
                          p->packed.len + frame.packed > FRAMES_PACKED_MOST;
        if (more && full) {
            break;
        }
        const bool wanted = !unwanted(&frame, skip, &resume);
        if (wanted && most_bytes(&frame) > skip->whole) {
            break;
        }
        if (wanted) {
            status = add_frame(s, p, &frame, skip, err);
        } else if (more) { /* it comes to the next piece */
            break;
        } else {
            p->resume = resume;
            leave_out(s, &frame, skip, p);
            guessed = most = 0;
        }
    }
    return status;
}

tamis_status stream_load(struct stream_in *s, struct piece *p, size_t about, struct stream_skip *skip, tamis_err *err)
{
    if (!start(s, p)) {
        return no_memory(s, err);
    }
    stream_choose_decoder(s);
    tamis_status status = TAMIS_OK;
    if (s->failure.status == TAMIS_OK && s->decoder == &decoder_zstd && zstd_is_between(s->self)) {
        status = load_frames(s, p, about, skip, err);
    }
    if (status == TAMIS_OK && p->packed.len == 0 && !p->last) {
        status = piece_fill(p, s, about, err);
        skip->decoded += p->bytes.len - p->from;
        skip->decoded += p->gaps.len > 0 ? ((const struct piece_gap *)(const void *)p->gaps.at)->lost : 0;
    }
    return status;
}
