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

bool piece_add_gap(struct piece *p, const tamis_err *damage, uint64_t lost)
{
    struct piece_gap gap = {.at = p->bytes.len, .lost = lost};
    piece_note(gap.note, damage->text);
    p->gaps.limit = BUF_UNLIMITED;
    return buf_add(&p->gaps, &gap, sizeof gap);
}

/* The damage becomes a gap if the part goes on behind it; then there is none any more. */
static tamis_status go_on(struct piece *p, void *decoder, struct source *source, tamis_err *damage, tamis_err *err)
{
    bool goes_on = false;
    uint64_t lost = 0;
    const tamis_status status = zstd_go_on(decoder, source, &goes_on, &lost, err);
    if (!status && goes_on) {
        const bool added = piece_add_gap(p, damage, lost);
        damage->status = TAMIS_OK;
        return added ? TAMIS_OK : no_memory(p, err);
    }
    return status;
}

/* What is packed from `at` on, block by block. */
static tamis_status decode_as_stream(struct piece *p, size_t at, tamis_err *err)
{
    struct source source = {.name = buf_str(&p->name).at, .fd = -1, .bytes = (uint8_t *)p->packed.at, .at = at,
                            .len = p->packed.len, .end = true, .from_disk = p->place + p->packed.len};
    void *decoder = NULL;
    tamis_status status = decoder_zstd.open(&decoder, &source, err);
    tamis_err damage = {.status = TAMIS_OK};
    size_t got = 1;
    while (!status && !damage.status && got > 0) {
        p->bytes.limit = BUF_UNLIMITED;
        status = buf_reserve(&p->bytes, PIECE_BYTES) ? TAMIS_OK : no_memory(p, err);
        if (!status) {
            uint8_t *const behind = (uint8_t *)p->bytes.at + p->bytes.len;
            (void)decoder_zstd.read(decoder, &source, behind, PIECE_BYTES, &got, &damage);
            p->bytes.len += got;
        }
        if (!status && damage.status == TAMIS_DAMAGED) {
            status = go_on(p, decoder, &source, &damage, err);
            got = 1;
        }
    }
    decoder_zstd.close(decoder);
    if (damage.status == TAMIS_DAMAGED) {
        p->damage = damage;
        p->last = true;
        return status;
    }
    return status || !damage.status ? status : tamis_fail(err, damage.status, "%s", damage.text);
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
        const enum frame_state state = frame_scan(bytes, p->packed.len - at, &frame);
        if (state == FRAME_WHOLE) {
            const size_t room = (size_t)(frame.content < frame.most ? frame.content : frame.most);
            if (!buf_reserve(&p->bytes, room)) {
                return no_memory(p, err);
            }
            const size_t made = ZSTD_decompressDCtx(p->decoder, p->bytes.at + p->bytes.len, room, bytes, frame.packed);
            if (ZSTD_isError(made)) {
                return decode_as_stream(p, at, err);
            }
            p->bytes.len += made;
        }
        at += frame.packed;
    }
    return TAMIS_OK;
}
