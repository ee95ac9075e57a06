/* See probe_pieces.h. */
#include "score/probe_pieces.h"

#include <stdlib.h>

#include "core/file.h"
#include "core/sorter.h"
#include "lm.h"

#define ORDER_MEMORY ((size_t)64 << 20)
#define PROBE_PIECE ((size_t)128)
#define BEFORE ((size_t)64) /* bytes that a place is made of, at most; a word longer than that is cut */

struct pieces {
    const struct cache *cache;
    struct sorter *order; /* (hash, document, offset) */
    tamis_str rest;       /* of the piece at hand */
    struct lm_place place;
};

static tamis_status sort_pieces(const struct pieces *p, uint16_t group, uint64_t seed, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (uint64_t i = 0; !status && i < cache_count(p->cache); i++) {
        const size_t bytes = cache_group(p->cache, i) == group ? cache_text(p->cache, i).len : 0;
        const uint64_t own = hash_join(hash_mix(seed), cache_number(p->cache, i));
        for (size_t at = 0; !status && at < bytes; at += PROBE_PIECE) {
            const uint64_t row[3] = {hash_join(own, at), i, at};
            status = sorter_add(p->order, row, err);
        }
    }
    return status ? status : sorter_finish(p->order, err);
}

tamis_status pieces_open(struct pieces **out, const struct cache *cache, uint16_t group, uint64_t seed,
                         const char *folder, tamis_err *err)
{
    const struct sorter_options how = {.folder = folder, .name = "pieces", .words = 3, .top = UINT64_MAX,
                                       .memory = ORDER_MEMORY};
    struct pieces *const p = calloc(1, sizeof *p);
    if (!p) {
        return tamis_fail(err, TAMIS_IO, "out of memory for reading the texts of the probe");
    }
    p->cache = cache;
    tamis_status status = file_make_folders(folder, err);
    status = status ? status : sorter_open(&p->order, &how, err);
    status = status ? status : sort_pieces(p, group, seed, err);
    if (status) {
        pieces_close(p);
        return status;
    }
    *out = p;
    return TAMIS_OK;
}

static tamis_status next_piece(struct pieces *p, tamis_err *err)
{
    const uint64_t *row = NULL;
    const tamis_status status = sorter_next(p->order, &row, err);
    if (status || !row) {
        return status ? status : tamis_fail(err, TAMIS_INTERNAL, "the probe ran out of text before its end; please "
                                            "report this");
    }
    const tamis_str text = cache_text(p->cache, row[1]);
    const size_t at = (size_t)row[2], left = text.len - at;
    p->place = (struct lm_place){0};
    for (size_t b = at > BEFORE ? at - BEFORE : 0; b < at; b++) {
        lm_place_pass(&p->place, (uint8_t)text.at[b]);
    }
    p->rest = (tamis_str){text.at + at, left < PROBE_PIECE ? left : PROBE_PIECE};
    return TAMIS_OK;
}

tamis_status pieces_take(struct pieces *p, struct lm_place *places, size_t count, tamis_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const tamis_status status = p->rest.len ? TAMIS_OK : next_piece(p, err);
        if (status) {
            return status;
        }
        p->place.next = (uint8_t)p->rest.at[0];
        places[i] = p->place;
        lm_place_pass(&p->place, p->place.next);
        p->rest = (tamis_str){p->rest.at + 1, p->rest.len - 1};
    }
    return TAMIS_OK;
}

void pieces_close(struct pieces *p)
{
    if (p) {
        sorter_free(p->order);
        free(p);
    }
}
