/*
 * Decoding a piece: each frame at once. A frame that libzstd refuses is decoded again block by block, as a stream is,
 * so that the same bytes come out before the damage and the same message is said.
 */
#include "io/piece.h"

#include <errno.h>
#include <zstd.h>

#include "core/file.h"
#include "io/decode.h"
#include "io/frame.h"

void piece_init(struct piece *p)
{
    *p = (struct piece){.taken = true};
    buf_init(&p->packed, BUF_UNLIMITED);
    buf_init(&p->name, BUF_UNLIMITED);
    buf_init(&p->bytes, BUF_UNLIMITED);
}

void piece_release(struct piece *p)
{
    buf_release(&p->packed);
    buf_release(&p->name);
    buf_release(&p->bytes);
    ZSTD_freeDCtx(p->decoder);
    piece_init(p);
}

static tamis_status no_memory(const struct piece *p, tamis_err *err)
{
    return file_fail(err, ENOMEM, "cannot read", buf_str(&p->name).at);
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
