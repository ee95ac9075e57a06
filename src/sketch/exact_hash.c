/*
 * The hash that makes two texts exact duplicates, in plain C: eight bytes at once where there is no white space but
 * single spaces, else character by character.
 */
#include "sketch/exact_piece.h"
#include "sketch/sketch_kernels.h"

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
            return (p[2] >= 0x80 && p[2] <= 0x8a) || p[2] == 0xa8 || p[2] == 0xa9 || p[2] == 0xaf;
        }
        return p[1] == 0x81 && p[2] == 0x9f;
    case 0xe3:
        return p[1] == 0x80 && p[2] == 0x80;
    default:
        return false;
    }
}

/* Bytes of the white-space character at `p`, which is no single byte; 0 when there is none. */
static size_t wide_space_length(const uint8_t *p, size_t left)
{
    if (p[0] == 0xc2) {
        return left >= 2 && (p[1] == 0x85 || p[1] == 0xa0) ? 2 : 0;
    }
    return left >= 3 && is_three_byte_space(p) ? 3 : 0;
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

/* The `count` bytes from `at` on to `out`, and those of a character that begins among them; returns how many were. */
static size_t add_bytes(const uint8_t *at, size_t count, size_t left, uint8_t *out, size_t *used, bool *space)
{
    size_t i = 0, n = *used;
    bool before = *space;
    while (i < count) {
        const uint8_t class = space_classes[at[i]];
        const size_t wide = class == MAYBE_SPACE ? wide_space_length(at + i, left - i) : 0;
        const bool is_space = class == ONE_BYTE_SPACE || wide > 0;
        out[n] = is_space ? ' ' : at[i];
        n += !(is_space && before);
        before = is_space;
        i += wide > 0 ? wide : 1;
    }
    *used = n;
    *space = before;
    return i;
}

hash128 exact_plain(const uint8_t *text, size_t len)
{
    struct piece p;
    size_t used = 0;
    bool space = true; /* none at the beginning */
    p.streams = false;
    for (size_t i = 0; i < len;) {
        const size_t left = len - i;
        used = piece_room(&p, used);
        if (left >= 8 && is_ordinary(text + i) && !(space && text[i] == ' ')) {
            memcpy(p.at + used, text + i, 8);
            used += 8;
            i += 8;
            space = text[i - 1] == ' ';
        } else {
            i += add_bytes(text + i, left < 8 ? left : 8, left, p.at, &used, &space);
        }
    }
    return piece_end(&p, used, space);
}
