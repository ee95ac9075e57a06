/*
 * Decoding a piece: each frame at once. A frame that libzstd refuses is decoded again block by block, as a stream is,
 * so that the same bytes come out before the damage and the same message is said.
 */
#include "io/piece.h"

#include <errno.h>
#include <string.h>
#include <zstd.h>

#include "core/file.h"
#include "io/decode.h"
#include "io/frame.h"
#include "io/stream.h"

void piece_init(struct piece *p)
{
    *p = (struct piece){.begun = true, .taken = true};
    buf_init(&p->packed, BUF_UNLIMITED);
    buf_init(&p->name, BUF_UNLIMITED);
    buf_init(&p->bytes, BUF_UNLIMITED);
    buf_init(&p->gaps, BUF_UNLIMITED);
}

void piece_release(struct piece *p)
{
    buf_release(&p->packed);
    buf_release(&p->name);
    buf_release(&p->bytes);
    buf_release(&p->gaps);
    ZSTD_freeDCtx(p->decoder);
    piece_init(p);
}

static tamis_status no_memory(const struct piece *p, tamis_err *err)
{
    return file_fail(err, ENOMEM, "cannot read", buf_str(&p->name).at);
}

void piece_note(char note[NOTE_BYTES], const char *text)
{
    size_t len = strlen(text);
    if (len >= NOTE_BYTES) {
        len = NOTE_BYTES - 1;
        while (len > 0 && ((unsigned char)text[len] & 0xc0u) == 0x80u) {
            len--;
        }
    }
    memcpy(note, text, len);
    note[len] = '\0';
}

/* The damage becomes a gap if the stream goes on behind it, else it is the piece's end. */
static tamis_status end_or_go_on(struct piece *p, struct stream_in *s, tamis_err *err)
{
    struct piece_gap gap = {.at = p->bytes.len};
    const tamis_err damage = s->failure;
    bool goes_on = false;
    const tamis_status status = stream_go_on(s, &goes_on, &gap.lost, err);
    if (!status && !goes_on) {
        p->damage = damage;
        p->last = true;
        return TAMIS_OK;
    }
    piece_note(gap.note, damage.text);
    p->gaps.limit = BUF_UNLIMITED;
    return status || buf_add(&p->gaps, &gap, sizeof gap) ? status : no_memory(p, err);
}

tamis_status piece_fill(struct piece *p, struct stream_in *s, size_t about, tamis_err *err)
{
    p->bytes.limit = BUF_UNLIMITED;
    if (!buf_reserve(&p->bytes, about)) {
        return no_memory(p, err);
    }
    const size_t end = p->bytes.len + about;
    const bool zstd = s->decoder == &decoder_zstd;
    for (bool stop = false; !stop && !s->failure.status && p->bytes.len < end;) {
        size_t got = 0;
        uint8_t *const at = (uint8_t *)p->bytes.at + p->bytes.len;
        const size_t room = end - p->bytes.len;
        (void)(zstd ? zstd_read_frame(s->self, &s->source, at, room, &got, &s->failure)
                    : s->decoder->read(s->self, &s->source, at, room, &got, &s->failure));
        p->bytes.len += got;
        stop = zstd ? zstd_is_between(s->self) : got == 0;
        p->last = stop && got == 0 && !s->failure.status && source_held(&s->source) == 0 && s->source.end;
    }
    if (s->failure.status == TAMIS_DAMAGED) {
        return end_or_go_on(p, s, err);
    }
    return s->failure.status ? tamis_fail(err, s->failure.status, "%s", s->failure.text) : TAMIS_OK;
}

/* What is packed from `at` on, block by block. */
static tamis_status decode_as_stream(struct piece *p, size_t at, tamis_err *err)
{
    struct stream_in s = {.decoder = &decoder_zstd, .failure = {.status = TAMIS_OK},
                          .source = {.name = buf_str(&p->name).at, .fd = -1, .bytes = (uint8_t *)p->packed.at, .at = at,
                                     .len = p->packed.len, .end = true, .from_disk = p->place + p->packed.len}};
    const bool last = p->last;
    tamis_status status = decoder_zstd.open(&s.self, &s.source, err);
    p->last = false;
    while (!status && !p->last) {
        status = piece_fill(p, &s, PIECE_BYTES, err);
    }
    p->last = last || p->damage.status;
    decoder_zstd.close(s.self);
    return status;
}

tamis_status piece_decode(struct piece *p, tamis_err *err)
{
    if (p->packed.len == 0) {
        return TAMIS_OK;
    }
    p->decoder = p->decoder ? p->decoder : ZSTD_createDCtx();
    if (!p->decoder) {
        return no_memory(p, err);
    }
    for (size_t at = 0; at < p->packed.len;) {
        struct frame frame;
        const uint8_t *const bytes = (const uint8_t *)p->packed.at + at;
        (void)frame_scan(bytes, p->packed.len - at, &frame);
        const size_t room = (size_t)(frame.content < frame.most ? frame.content : frame.most);
        if (!buf_reserve(&p->bytes, room)) {
            return no_memory(p, err);
        }
        const size_t made = ZSTD_decompressDCtx(p->decoder, p->bytes.at + p->bytes.len, room, bytes, frame.packed);
        if (ZSTD_isError(made)) {
            return decode_as_stream(p, at, err);
        }
        p->bytes.len += made;
        at += frame.packed;
    }
    return TAMIS_OK;
}
