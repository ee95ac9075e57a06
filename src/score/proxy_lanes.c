/*
 * Lanes, and the order in which documents enter them.
 */
#include <stdlib.h>

#include "core/sorter.h"
#include "lm.h"
#include "score/proxy_inside.h"

struct lane {
    tamis_str rest; /* of its document; empty: it has none */
    struct lm_place place;
};

struct lanes {
    const struct proxy *proxy;
    struct sorter *order; /* of the pass at hand: (hash, index); NULL: between passes */
    uint64_t pass;        /* passes begun */
    uint64_t documents;
    struct lane *at;
    size_t count, turn, taken; /* whose turn it is, and how much of it is over */
    bool ended;                /* there are no more documents */
};

tamis_status lanes_open(struct lanes **out, const struct proxy *p, size_t batch, tamis_err *err)
{
    struct lanes *const l = calloc(1, sizeof *l);
    if (l) {
        l->proxy = p;
        l->count = (batch + LANES_TURN - 1) / LANES_TURN;
        l->at = calloc(l->count, sizeof *l->at);
    }
    if (!l || !l->at) {
        lanes_close(l);
        return tamis_fail(err, TAMIS_IO, "out of memory for reading the texts to train on");
    }
    *out = l;
    return TAMIS_OK;
}

static tamis_status begin_pass(struct lanes *l, tamis_err *err)
{
    const struct cache *const cache = l->proxy->cache;
    const uint64_t seed = hash_join(hash_mix(l->proxy->options->seed), l->pass++), count = cache_count(cache);
    const uint64_t room = (count + 64) * 2 * sizeof seed;
    const struct sorter_options how = {.folder = l->proxy->work, .name = "order", .words = 2, .top = UINT64_MAX,
                                       .memory = room < LANES_MEMORY ? (size_t)room : LANES_MEMORY};
    tamis_status status = sorter_open(&l->order, &how, err);
    for (uint64_t i = 0; !status && i < count; i++) {
        if (proxy_trains(l->proxy, i)) {
            const uint64_t row[2] = {hash_join(seed, cache_number(cache, i)), i};
            status = sorter_add(l->order, row, err);
        }
    }
    return status ? status : sorter_finish(l->order, err);
}

/* Gives a lane the next document, of the next pass when this one is over. */
static tamis_status next_document(struct lanes *l, struct lane *lane, tamis_err *err)
{
    const uint64_t *row = NULL;
    tamis_status status = TAMIS_OK;
    while (!status && !row && !l->ended) {
        if (!l->order) {
            status = begin_pass(l, err);
        }
        status = status ? status : sorter_next(l->order, &row, err);
        if (!status && !row) {
            sorter_free(l->order);
            l->order = NULL;
            l->ended = l->pass == l->proxy->options->passes;
        }
    }
    if (!status && row) {
        *lane = (struct lane){.rest = cache_text(l->proxy->cache, row[1])};
        l->documents++;
    }
    return status;
}

static void take_byte(struct lane *lane, struct lm_place *place)
{
    const uint8_t byte = (uint8_t)lane->rest.at[0];
    lane->place.next = byte;
    *place = lane->place;
    lm_place_pass(&lane->place, byte);
    lane->rest = (tamis_str){lane->rest.at + 1, lane->rest.len - 1};
}

static void next_turn(struct lanes *l)
{
    l->taken = 0;
    l->turn = l->turn + 1 < l->count ? l->turn + 1 : 0;
}

tamis_status lanes_take(struct lanes *l, struct lm_place *places, size_t count, size_t *got, tamis_err *err)
{
    size_t n = 0, dry = 0;
    while (n < count && dry < l->count) {
        struct lane *const lane = &l->at[l->turn];
        const tamis_status status = lane->rest.len || l->ended ? TAMIS_OK : next_document(l, lane, err);
        if (status) {
            return status;
        }
        if (!lane->rest.len) {
            dry++;
            next_turn(l);
            continue;
        }
        dry = 0;
        take_byte(lane, &places[n++]);
        if (++l->taken == LANES_TURN) {
            next_turn(l);
        }
    }
    *got = n;
    return TAMIS_OK;
}

uint64_t lanes_documents(const struct lanes *l)
{
    return l->documents;
}

void lanes_close(struct lanes *l)
{
    if (l) {
        sorter_free(l->order);
        free(l->at);
        free(l);
    }
}
