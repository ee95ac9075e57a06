/*
 * The exact hash, the MinHash signature and the band keys of one document.
 *
 * Signature: Fast Similarity Sketching (Dahlgaard, Knudsen, Thorup, FOCS 2017). In round 0 every shingle falls into
 * one slot by its top bits and the smallest low half stays; rounds 1, 2, .. throw all shingles again and fill only
 * slots that are still empty; after as many rounds as slots, each slot left takes the smallest of all shingles under a
 * hash of its own. A slot's value is only ever compared for equality. Nothing here allocates.
 */
#define XXH_STATIC_LINKING_ONLY
#include "run/sketch.h"

#include <string.h>

#include <xxhash.h>

enum space_class { NO_SPACE, ONE_BYTE_SPACE, MAYBE_SPACE };

static const uint8_t space_classes[256] = {
    ['\t'] = ONE_BYTE_SPACE, ['\n'] = ONE_BYTE_SPACE, [0x0b] = ONE_BYTE_SPACE, [0x0c] = ONE_BYTE_SPACE,
    ['\r'] = ONE_BYTE_SPACE, [0x1c] = ONE_BYTE_SPACE, [0x1d] = ONE_BYTE_SPACE, [0x1e] = ONE_BYTE_SPACE,
    [0x1f] = ONE_BYTE_SPACE, [' '] = ONE_BYTE_SPACE,  [0xc2] = MAYBE_SPACE,    [0xe1] = MAYBE_SPACE,
    [0xe2] = MAYBE_SPACE,    [0xe3] = MAYBE_SPACE,
};

/* U+1680, U+2000..200A, U+2028, U+2029, U+202F, U+205F, U+3000 */
static bool is_three_byte_space(const uint8_t *p)
{
    switch (p[0]) {
    case 0xe1:
        return p[1] == 0x9a && p[2] == 0x80;
    case 0xe2:
        if (p[1] == 0x80) {
            return p[2] <= 0x8a || p[2] == 0xa8 || p[2] == 0xa9 || p[2] == 0xaf;
        }
        return p[1] == 0x81 && p[2] == 0x9f;
    case 0xe3:
        return p[1] == 0x80 && p[2] == 0x80;
    default:
        return false;
    }
}

/* Bytes of the white-space character at `p`, 0 when there is none. */
static size_t space_length(const uint8_t *p, size_t left)
{
    const uint8_t class = space_classes[p[0]];
    if (class != MAYBE_SPACE) {
        return class == ONE_BYTE_SPACE;
    }
    if (p[0] == 0xc2) {
        return left >= 2 && (p[1] == 0x85 || p[1] == 0xa0) ? 2 : 0;
    }
    return left >= 3 && is_three_byte_space(p) ? 3 : 0;
}

static size_t skip_space(const uint8_t *at, size_t from, size_t len)
{
    while (from < len) {
        const size_t step = space_length(at + from, len - from);
        if (step == 0) {
            break;
        }
        from += step;
    }
    return from;
}

#define EACH 0x0101010101010101u

static inline uint64_t any_zero(uint64_t x) /* non-zero if any byte of x is */
{
    return (x - EACH) & ~x & 0x80 * EACH;
}

/*
 * True when eight bytes surely hold no white space but single spaces: no control characters, no byte that may begin a
 * wide space (0xc2, 0xe0 to 0xe3), no two spaces side by side.
 */
static inline bool is_ordinary(const uint8_t *p)
{
    uint64_t x;
    memcpy(&x, p, sizeof x);
    const uint64_t control = (x - 0x20 * EACH) & ~x & 0x80 * EACH;
    const uint64_t spaces = any_zero(x ^ 0x20 * EACH);
    const uint64_t wide = any_zero(x ^ 0xc2 * EACH) | any_zero((x & 0xfc * EACH) ^ 0xe0 * EACH);
    return (control | wide | (spaces & spaces << 8)) == 0;
}

/* From text to the next white space that is not a single U+0020 between texts, or to the end. */
static size_t skip_ordinary(const uint8_t *at, size_t from, size_t len)
{
    while (from < len) {
        if (len - from >= 8 && is_ordinary(at + from)) {
            from += 7; /* the eighth is looked at again, beside its neighbour */
        } else if (space_length(at + from, len - from) == 0 ||
                   (at[from] == ' ' && len - from > 1 && space_length(at + from + 1, len - from - 1) == 0)) {
            from++;
        } else {
            break;
        }
    }
    return from;
}

hash128 sketch_exact(tamis_str text, bool bytes)
{
    if (bytes) {
        return hash128_bytes(text.at, text.len);
    }
    const uint8_t *const at = (const uint8_t *)text.at;
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_128bits_reset(&state);
    for (size_t i = skip_space(at, 0, text.len); i < text.len;) {
        const size_t end = skip_ordinary(at, i, text.len);
        XXH3_128bits_update(&state, at + i, end - i);
        i = skip_space(at, end, text.len);
        if (i < text.len) {
            XXH3_128bits_update(&state, " ", 1);
        }
    }
    const XXH128_hash_t hash = XXH3_128bits_digest(&state);
    return (hash128){.high = hash.high64, .low = hash.low64};
}

#define EMPTY UINT64_MAX
#define ROUND_STEP 0x9e3779b97f4a7c15u

static inline uint64_t throw_again(uint64_t shingle, unsigned round)
{
    return round == 0 ? shingle : hash_mix(shingle + round * ROUND_STEP);
}

/* The round stands above the value: a later round never displaces an earlier one. */
static void throw_all(const struct shingles *s, unsigned round, unsigned slots, uint64_t *best)
{
    for (size_t i = 0; i < s->count; i++) {
        const uint64_t hash = throw_again(s->at[i], round);
        const uint64_t slot = ((hash >> 32) * slots) >> 32;
        const uint64_t value = ((uint64_t)round << 32) | (uint32_t)hash;
        if (value < best[slot]) {
            best[slot] = value;
        }
    }
}

static bool any_empty(const uint64_t *best, unsigned slots)
{
    for (unsigned j = 0; j < slots; j++) {
        if (best[j] == EMPTY) {
            return true;
        }
    }
    return false;
}

static uint64_t smallest_of_all(const struct shingles *s, unsigned round)
{
    uint64_t best = EMPTY;
    for (size_t i = 0; i < s->count; i++) {
        const uint64_t value = (uint32_t)throw_again(s->at[i], round);
        if (value < best) {
            best = value;
        }
    }
    return best;
}

void sketch_signature(const struct shingles *s, unsigned slots, uint32_t *signature)
{
    uint64_t best[SKETCH_MAX_SLOTS];
    memset(best, 0xff, slots * sizeof best[0]); /* all EMPTY */
    throw_all(s, 0, slots, best);
    for (unsigned round = 1; round < slots && any_empty(best, slots); round++) {
        throw_all(s, round, slots, best);
    }
    for (unsigned j = 0; j < slots; j++) {
        if (best[j] == EMPTY) {
            best[j] = smallest_of_all(s, slots + j);
        }
        signature[j] = (uint32_t)best[j];
    }
}

void sketch_bands(const uint32_t *signature, unsigned bands, unsigned rows, uint64_t *keys)
{
    uint64_t tag_mask = 0; /* the low bits of a key say which band it is of */
    while (tag_mask + 1 < bands) {
        tag_mask = 2 * tag_mask + 1;
    }
    for (unsigned b = 0; b < bands; b++) {
        uint64_t key = hash_mix(b + 1);
        for (unsigned r = 0; r < rows; r++) {
            key = hash_join(key, signature[b * rows + r]);
        }
        keys[b] = (key & ~tag_mask) | b;
    }
}

static double power(double x, unsigned n)
{
    double product = 1;
    for (unsigned i = 0; i < n; i++) {
        product *= x;
    }
    return product;
}

double sketch_s_curve(double similarity, unsigned bands, unsigned rows)
{
    return 1 - power(1 - power(similarity, rows), bands);
}
