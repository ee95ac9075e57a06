/*
 * Text with its white space made one space, on its way into XXH3-128: the same hash as of the whole in one run of
 * bytes. Short texts are hashed at once, longer ones piece by piece. Each file that includes this compiles XXH3 for the
 * instruction set that it is compiled for. Nothing allocates.
 */
#ifndef TAMIS_SKETCH_EXACT_PIECE_H
#define TAMIS_SKETCH_EXACT_PIECE_H

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "core/hash.h"

#define PIECE_BYTES 16384
#define PIECE_BEYOND 64 /* a vector may be stored whole at the end */

struct piece {
    uint8_t at[PIECE_BYTES + PIECE_BEYOND];
    bool streams; /* `state` has what came before */
    XXH3_state_t state;
};

static inline void piece_hand_on(struct piece *p, size_t bytes)
{
    if (!p->streams) {
        XXH3_INITSTATE(&p->state);
        XXH3_128bits_reset(&p->state);
        p->streams = true;
    }
    XXH3_128bits_update(&p->state, p->at, bytes);
}

/* Of `used` bytes in the piece, how many are left when there is room for PIECE_BEYOND more. The last byte always stays:
 * it may be a space to be dropped. */
static inline size_t piece_room(struct piece *p, size_t used)
{
    if (used < PIECE_BYTES) {
        return used;
    }
    piece_hand_on(p, used - 1);
    p->at[0] = p->at[used - 1];
    return 1;
}

static inline hash128 piece_end(struct piece *p, size_t used, bool ends_in_space)
{
    XXH128_hash_t hash;
    used -= ends_in_space && used > 0;
    if (p->streams) {
        piece_hand_on(p, used);
        hash = XXH3_128bits_digest(&p->state);
    } else {
        hash = XXH3_128bits(p->at, used);
    }
    return (hash128){.high = hash.high64, .low = hash.low64};
}

#endif
