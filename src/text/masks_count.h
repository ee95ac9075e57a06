/*
 * Sums over the tokens of a text, from its maps alone. Shared by the kernels.
 *
 * Which words hold a bit of a kind is found by subtraction: let `seen` have the bits of that kind and the last byte of
 * every word. Taking the first bytes of the words away from it makes each word borrow from its own lowest bit and from
 * no other word's, so that the bit which goes is the first of the kind, or the last byte of a word that has none.
 */
#ifndef TAMIS_TEXT_MASKS_COUNT_H
#define TAMIS_TEXT_MASKS_COUNT_H

#include "text/masks.h"

struct sums {
    uint64_t with_letter, silent, silent_chars;
};

/* What the words that are not over yet, one per kind, borrow from the next block. */
struct debts {
    uint64_t letter, loud;
};

/* The bit of each word that ends in the block, as said above. *debt: a word goes on that has shown none. */
static inline uint64_t firsts(const struct text_block *b, uint64_t kind, uint64_t last, uint64_t *debt)
{
    const uint64_t seen = kind | last;
    const uint64_t after_begins = seen - b->word_begin, after = after_begins - *debt;
    const uint64_t gone = seen & ~after;
    *debt = (uint64_t)(seen < b->word_begin) | (uint64_t)(after_begins < *debt);
    return gone;
}

/* The length of a word of nothing but `_` whose last byte is `last`. */
static inline uint64_t silent_bytes(const struct text_maps *maps, size_t last)
{
    size_t begin = last;
    while (!(maps->at[begin / MASKS_BLOCK].word_begin >> begin % MASKS_BLOCK & 1)) {
        begin--;
    }
    return last - begin + 1;
}

static inline void add_block(struct sums *sums, const struct text_maps *maps, size_t i, struct debts *debts)
{
    const struct text_block *const b = &maps->at[i];
    const uint64_t next_end = i + 1 < maps->count ? b[1].word_end & 1 : 0;
    const uint64_t last = b->word_end >> 1 | next_end << 63;
    sums->with_letter += masks_popcount(firsts(b, b->letter, last, &debts->letter) & b->letter);
    const uint64_t loud = b->word & ~b->underscore;
    uint64_t silent = firsts(b, loud, last, &debts->loud) & ~loud;
    for (; silent; silent &= silent - 1) {
        sums->silent++;
        sums->silent_chars += silent_bytes(maps, i * MASKS_BLOCK + (size_t)__builtin_ctzll(silent));
    }
}

static inline tamis_counts masks_sum(const struct text_maps *maps)
{
    struct sums sums = {0};
    struct debts debts = {0};
    uint64_t word_chars = 0, loud_marks = 0;
    for (size_t i = 0; i < maps->count; i++) {
        const struct text_block *const b = &maps->at[i];
        add_block(&sums, maps, i, &debts);
        word_chars += masks_popcount(b->word & ~b->follows);
        loud_marks += masks_popcount(b->loud_mark);
    }
    return (tamis_counts){.tokens = maps->words + maps->marks,
                          .words = maps->words,
                          .unspaced = maps->unspaced,
                          .alphabetic = sums.with_letter,
                          .sounding = maps->words - sums.silent + loud_marks,
                          .sounding_chars = word_chars - sums.silent_chars + loud_marks};
}

#endif
