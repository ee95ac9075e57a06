/*
 * The maps of a text in portable C: every byte is looked up, and the classes of 64 become bitmaps by transposing
 * matrices. The twin of the vector kernels.
 */
#include "text/masks.h"

#include <stdlib.h>

#include "text/masks_count.h"
#include "text/masks_step.h"
#include "text/word_hash.h"

/* Classes of a byte, each in a byte of its own, so that eight bytes' classes shifted by 0 to 7 make eight maps. */
#define CLASS(n) ((uint64_t)1 << 8 * (n))
#define WORD CLASS(0)
#define LETTER CLASS(1)
#define SPACE CLASS(2)
#define UNDERSCORE CLASS(3)
#define BREAK CLASS(4)
#define WIDE CLASS(5)
#define FOLLOWS CLASS(6)
#define WIDE_BREAK CLASS(7)

#define D WORD
#define L (WORD | LETTER)
#define S SPACE
#define N (SPACE | BREAK)
#define U (WORD | UNDERSCORE)
#define F (WIDE | FOLLOWS)
#define W WIDE
#define B (WIDE | WIDE_BREAK)

static const uint64_t byte_class[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, S, N, N, N, N, 0, 0, /* 00 */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, N, N, N, S, /* 10 */
    S, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 20 */
    D, D, D, D, D, D, D, D, D, D, 0, 0, 0, 0, 0, 0, /* 30 */
    0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* 40 */
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, U, /* 50 */
    0, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, /* 60 */
    L, L, L, L, L, L, L, L, L, L, L, 0, 0, 0, 0, 0, /* 70 */
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, /* 80 */
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, /* 90 */
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, /* a0 */
    F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, /* b0 */
    W, W, B, W, W, W, W, W, W, W, W, W, W, W, W, W, /* c0 */
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, /* d0 */
    W, W, B, W, W, W, W, W, W, W, W, W, W, W, W, W, /* e0 */
    W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, /* f0 */
};

/* Exchanges bits: those of *a at `mask` << `shift` with those of *b at `mask`. */
static inline void exchange(uint64_t *a, uint64_t *b, unsigned shift, uint64_t mask)
{
    const uint64_t t = (*a >> shift ^ *b) & mask;
    *b ^= t;
    *a ^= t << shift;
}

/* Byte j of row i becomes byte i of row j. */
static inline void transpose_bytes(uint64_t row[8])
{
    for (unsigned i = 0; i < 4; i++) {
        exchange(&row[i], &row[i + 4], 32, 0x00000000ffffffffu);
    }
    for (unsigned i = 0; i < 8; i += 4) {
        exchange(&row[i], &row[i + 2], 16, 0x0000ffff0000ffffu);
        exchange(&row[i + 1], &row[i + 3], 16, 0x0000ffff0000ffffu);
    }
    for (unsigned i = 0; i < 8; i += 2) {
        exchange(&row[i], &row[i + 1], 8, 0x00ff00ff00ff00ffu);
    }
}

/* Bit j of byte i becomes bit i of byte j: halves of 1, 2 and 4 rows change places. */
static inline uint64_t transpose_bits(uint64_t x)
{
    uint64_t t = (x ^ x >> 7) & 0x00aa00aa00aa00aau;
    x ^= t ^ t << 7;
    t = (x ^ x >> 14) & 0x0000cccc0000ccccu;
    x ^= t ^ t << 14;
    t = (x ^ x >> 28) & 0x00000000f0f0f0f0u;
    return x ^ t ^ t << 28;
}

/* Eight maps, one per class. */
static inline void look_up(const uint8_t *at, uint64_t map[8])
{
    for (unsigned i = 0; i < 8; i++, at += 8) {
        map[i] = byte_class[at[0]] | byte_class[at[1]] << 1 | byte_class[at[2]] << 2 | byte_class[at[3]] << 3 |
                 byte_class[at[4]] << 4 | byte_class[at[5]] << 5 | byte_class[at[6]] << 6 | byte_class[at[7]] << 7;
    }
    transpose_bytes(map);
}

/* The same of classes that are bits of a byte. */
static inline void maps_of(const uint8_t *classes, uint64_t map[8])
{
    for (unsigned i = 0; i < 8; i++) {
        map[i] = transpose_bits(word_load(classes + (size_t)8 * i));
    }
    transpose_bytes(map);
}

MASKS_INLINE struct byte_masks read_bytes(const uint8_t *at)
{
    uint64_t map[8];
    look_up(at, map);
    return (struct byte_masks){
        .word = map[0], .letter = map[1], .space = map[2], .underscore = map[3], .may_break = map[4], .wide = map[5]};
}

MASKS_INLINE struct wide_masks read_wide(const uint8_t *at)
{
    uint64_t map[8];
    look_up(at, map);
    return (struct wide_masks){.follows = map[6], .may_break = map[7]};
}

MASKS_INLINE struct char_masks read_chars(const uint8_t *classes)
{
    uint64_t map[8];
    maps_of(classes, map);
    return (struct char_masks){.space = map[0],
                               .word = map[1],
                               .letter = map[2],
                               .combining = map[3],
                               .punctuation = map[4],
                               .unspaced = map[5],
                               .folds = map[6]};
}

static void map_text(struct text_maps *maps, tamis_str text, struct chars *chars)
{
    masks_map(maps, text, chars, (struct byte_reader){read_bytes, read_wide, read_chars});
}

const struct text_kernel masks_plain = {map_text,       masks_place_words, masks_place_tokens,
                                        word_hash_each, masks_pick_words,  masks_sum};

const struct text_kernel *masks_kernel(tamis_cpu cpu)
{
#if defined(__x86_64__)
    return cpu == TAMIS_CPU_AVX512 ? &masks_avx512 : cpu == TAMIS_CPU_AVX2 ? &masks_avx2 : &masks_plain;
#else
    (void)cpu;
    return &masks_plain;
#endif
}

bool masks_reserve(struct text_maps *maps, size_t text_bytes)
{
    const size_t wanted = text_bytes / MASKS_BLOCK + 1;
    if (wanted > maps->cap) {
        free(maps->at);
        *maps = (struct text_maps){0};
        const size_t cap = wanted + wanted / 4;
        maps->at = cap <= SIZE_MAX / sizeof *maps->at ? malloc(cap * sizeof *maps->at) : NULL;
        maps->cap = maps->at ? cap : 0;
    }
    return maps->at != NULL;
}
