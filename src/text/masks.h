/*
 * A text as bitmaps, one bit per byte, 64 bytes to a block, and what is made of them: where tokens begin and end, and
 * their hashes. The vector code only tells ASCII apart; the rest is arithmetic on 64 bits (masks_step.h). There is one
 * kernel per instruction set; all give the same bytes.
 */
#ifndef TAMIS_TEXT_MASKS_H
#define TAMIS_TEXT_MASKS_H

#include "text/chars.h"

#define MASKS_BLOCK 64
#define MASKS_SLACK 64 /* kernels may write so many places beyond the last */

/*
 * Bit i stands for byte i of the block. Bytes behind the text count as spaces. "Ends" are the bytes behind the last of
 * a token, so that the i-th beginning and the i-th end of a text belong together.
 */
struct text_block {
    uint64_t word;       /* bytes of words */
    uint64_t word_begin; /* first bytes of words */
    uint64_t word_end;
    uint64_t mark; /* first bytes of marks */
    uint64_t mark_end;
    uint64_t loud_mark;  /* of these, the ones that are not punctuation */
    uint64_t letter;     /* first bytes of letters */
    uint64_t underscore;
    uint64_t follows;    /* continuation bytes of UTF-8 */
    uint64_t may_break;  /* bytes that may begin a line break: all those of line breaks, C2 and E2 */
    uint64_t folds;      /* first bytes of characters beyond ASCII that simple case folding changes */
};

struct text_maps {
    struct text_block *at; /* len / 64 + 1 blocks */
    size_t count, cap;
    uint64_t words, marks, follows; /* how many bits are set in word_begin, mark, follows */
    uint64_t unspaced;              /* words that are a letter of a script without spaces */
    bool wide;  /* holds bytes beyond ASCII */
    bool folds; /* holds characters that folding changes */
};

struct text_kernel {
    /* Fills the blocks, of which there are enough. */
    void (*map)(struct text_maps *maps, tamis_str text, struct chars *chars);
    /* The places of all words, or of all tokens; each column has room for MASKS_SLACK more than there are. */
    void (*place_words)(const struct text_maps *maps, uint32_t *begin, uint32_t *end);
    void (*place_tokens)(const struct text_maps *maps, uint32_t *begin, uint32_t *end);
    /* word_hash() of each token but those that hold characters beyond ASCII which folding changes: anything. */
    void (*hash)(tamis_str text, const uint32_t *begin, const uint32_t *end, size_t count, uint64_t *hash);
    /* Of the hashes of all tokens, those of words; `out` has room for MASKS_SLACK more than there are. */
    void (*pick_words)(const struct text_maps *maps, const uint64_t *hash, uint64_t *out);
    tamis_counts (*count)(const struct text_maps *maps);
};

extern const struct text_kernel masks_plain, masks_avx2, masks_avx512; /* the latter two on x86-64 */

const struct text_kernel *masks_kernel(tamis_cpu cpu);

/* Runs of blocks grow and keep their memory. False: out of memory, and the maps hold nothing. */
bool masks_reserve(struct text_maps *maps, size_t text_bytes) TAMIS_MUST_CHECK;

static inline uint64_t masks_popcount(uint64_t x)
{
#if defined(__POPCNT__) || !defined(__x86_64__)
    return (uint64_t)__builtin_popcountll(x);
#else /* would be a call */
    const uint64_t each = 0x0101010101010101u;
    x -= x >> 1 & 0x55 * each;
    x = (x & 0x33 * each) + (x >> 2 & 0x33 * each);
    return ((x + (x >> 4)) & 0x0f * each) * each >> 56;
#endif
}

/* How many bits of [from, to) are set in the map that `map` gives of each block. */
static inline uint64_t masks_count(const struct text_maps *maps, uint64_t (*map)(const struct text_block *b),
                                   size_t from, size_t to)
{
    uint64_t count = 0;
    for (size_t at = from; at < to;) {
        const size_t in_block = at % MASKS_BLOCK, left = MASKS_BLOCK - in_block;
        const size_t bits = to - at < left ? to - at : left;
        count += masks_popcount(map(&maps->at[at / MASKS_BLOCK]) >> in_block << (MASKS_BLOCK - bits));
        at += bits;
    }
    return count;
}

#endif
