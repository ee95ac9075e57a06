/*
 * One block of a text: from what the bytes are to the maps of words and marks. Shared by the kernels, each of which
 * compiles it for its instruction set.
 *
 * Much here rests on one sum: where `run` has runs of ones and `start` has the lowest bit of some of them, the sum
 * run + start clears just these runs, because the carry runs through them.
 */
#ifndef TAMIS_TEXT_MASKS_STEP_H
#define TAMIS_TEXT_MASKS_STEP_H

#include <string.h>

#include "text/masks.h"

/* The kernels pass constant function pointers along, which are calls unless everything becomes one function. */
#define MASKS_INLINE static inline __attribute__((always_inline))

/*
 * ASCII by nibbles: a byte is of a class where the entries of its high and low nibble share the class's bit. Letters
 * are 4 or 6 before 1 to f and 5 or 7 before 0 to a, digits 3 before 0 to 9. White space is 09 to 0d, 1c to 1f and 20;
 * of it 0a to 0d and 1c to 1e break lines. Bytes beyond ASCII must be looked up as of no class.
 */
enum {
    NIBBLE_A_TO_O = 1,
    NIBBLE_P_TO_Z = 2,
    NIBBLE_DIGIT = 4,
    NIBBLE_CONTROL_BREAK = 8,
    NIBBLE_SEPARATOR_BREAK = 16,
    NIBBLE_TAB = 32,
    NIBBLE_UNIT_SEPARATOR = 64,
    NIBBLE_BLANK = 128,
    NIBBLE_LETTER = NIBBLE_A_TO_O | NIBBLE_P_TO_Z,
    NIBBLE_ALPHANUMERIC = NIBBLE_LETTER | NIBBLE_DIGIT,
    NIBBLE_BREAK = NIBBLE_CONTROL_BREAK | NIBBLE_SEPARATOR_BREAK,
    NIBBLE_SPACE = NIBBLE_BREAK | NIBBLE_TAB | NIBBLE_UNIT_SEPARATOR | NIBBLE_BLANK
};

struct nibbles {
    uint8_t high[16], low[16];
};

static const struct nibbles masks_nibbles = {
    .high = {NIBBLE_CONTROL_BREAK | NIBBLE_TAB, NIBBLE_SEPARATOR_BREAK | NIBBLE_UNIT_SEPARATOR, NIBBLE_BLANK,
             NIBBLE_DIGIT, NIBBLE_A_TO_O, NIBBLE_P_TO_Z, NIBBLE_A_TO_O, NIBBLE_P_TO_Z},
    .low = {NIBBLE_BLANK | NIBBLE_DIGIT | NIBBLE_P_TO_Z, NIBBLE_ALPHANUMERIC, NIBBLE_ALPHANUMERIC, NIBBLE_ALPHANUMERIC,
            NIBBLE_ALPHANUMERIC, NIBBLE_ALPHANUMERIC, NIBBLE_ALPHANUMERIC, NIBBLE_ALPHANUMERIC, NIBBLE_ALPHANUMERIC,
            NIBBLE_ALPHANUMERIC | NIBBLE_TAB, NIBBLE_LETTER | NIBBLE_CONTROL_BREAK,
            NIBBLE_A_TO_O | NIBBLE_CONTROL_BREAK, NIBBLE_A_TO_O | NIBBLE_BREAK, NIBBLE_A_TO_O | NIBBLE_BREAK,
            NIBBLE_A_TO_O | NIBBLE_SEPARATOR_BREAK, NIBBLE_A_TO_O | NIBBLE_UNIT_SEPARATOR}};

/* What the bytes of a block are, from the bytes alone. */
struct byte_masks {
    uint64_t word, letter, space, underscore, may_break; /* of ASCII */
    uint64_t wide;
};

/* The same of the characters beyond ASCII, at their first bytes. */
struct char_masks {
    uint64_t space, word, letter, combining, punctuation, unspaced, folds;
};

struct wide_masks {
    uint64_t follows;   /* 80 to bf */
    uint64_t may_break; /* c2 and e2 */
};

/* What each kernel provides. */
struct byte_reader {
    struct byte_masks (*bytes)(const uint8_t *at);
    struct wide_masks (*wide)(const uint8_t *at); /* of a block that holds bytes beyond ASCII */
    struct char_masks (*chars)(const uint8_t *classes);
};

/* What the byte before the block belongs to, as 0 or 1. */
struct text_carry {
    uint64_t word, mark;     /* a word, with its combining marks; a mark */
    uint64_t unspaced;       /* a letter of a script without spaces, with its combining marks */
    uint64_t word_char, combining_char, space_char, unspaced_char; /* a character beyond ASCII, which may not be over */
};

/* The bits of `run` that lie in runs beginning right behind a bit of `before`. */
static inline uint64_t masks_runs_after(uint64_t run, uint64_t before, uint64_t carry)
{
    const uint64_t start = (before << 1 | carry) & run;
    return run & ~(run + start);
}

/* Puts the class of each character that begins in the block where its first byte is. */
MASKS_INLINE void masks_classify(uint64_t leads, const uint8_t *at, const uint8_t *end, struct chars *chars,
                                  uint8_t classes[MASKS_BLOCK])
{
    enum { LONGEST = 4 };
    memset(classes, 0, MASKS_BLOCK);
    for (; leads; leads &= leads - 1) {
        const unsigned i = (unsigned)__builtin_ctzll(leads);
        const uint8_t *const p = at + i;
        uint32_t c = 0;
        if (end - p < LONGEST) { /* near the end of the text nothing is taken for granted */
            if (!chars_decode(p, end, &c)) {
                continue;
            }
        } else if (p[0] < 0xe0) {
            c = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
        } else if (p[0] < 0xf0) {
            c = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
        } else {
            c = (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
        }
        classes[i] = (uint8_t)chars_recall(chars, c);
    }
}

MASKS_INLINE void masks_step_ascii(struct text_block *b, struct text_carry *c, struct byte_masks bytes)
{
    const uint64_t before = bytes.word << 1 | c->word;
    const uint64_t mark = ~(bytes.word | bytes.space);
    b->word = bytes.word;
    b->word_begin = bytes.word & (~before | c->unspaced);
    b->word_end = before & (~bytes.word | b->word_begin);
    b->mark = mark;
    b->mark_end = mark << 1 | c->mark;
    b->loud_mark = b->follows = b->folds = 0;
    b->letter = bytes.letter;
    b->underscore = bytes.underscore;
    b->may_break = bytes.may_break;
    *c = (struct text_carry){.word = bytes.word >> 63, .mark = mark >> 63};
}

MASKS_INLINE void masks_step_wide(struct text_block *b, struct text_carry *c, struct byte_masks bytes,
                                  struct wide_masks wide, struct char_masks chars)
{
    const uint64_t follows = wide.follows;
    const uint64_t combining = chars.combining | masks_runs_after(follows, chars.combining, c->combining_char);
    const uint64_t wide_space = chars.space | masks_runs_after(follows, chars.space, c->space_char);
    const uint64_t wide_word = chars.word | masks_runs_after(follows, chars.word, c->word_char);
    const uint64_t base = bytes.word | wide_word;
    const uint64_t word = base | masks_runs_after(combining, base, c->word);
    const uint64_t unspaced_char = chars.unspaced | masks_runs_after(follows, chars.unspaced, c->unspaced_char);
    const uint64_t unspaced = unspaced_char | masks_runs_after(combining, unspaced_char, c->unspaced);
    const uint64_t before = word << 1 | c->word, after_unspaced = unspaced << 1 | c->unspaced;
    const uint64_t mark = ~(word | bytes.space | wide_space), mark_before = mark << 1 | c->mark;
    b->word = word;
    b->word_begin = (bytes.word | chars.word) & (~before | chars.unspaced | after_unspaced);
    b->word_end = before & (~word | b->word_begin);
    b->mark = mark & (~follows | ~mark_before);
    b->mark_end = mark_before & ~(mark & follows);
    b->loud_mark = b->mark & bytes.wide & ~chars.punctuation;
    b->letter = bytes.letter | chars.letter;
    b->underscore = bytes.underscore;
    b->follows = follows;
    b->may_break = bytes.may_break | wide.may_break;
    b->folds = chars.folds;
    *c = (struct text_carry){word >> 63,      mark >> 63,       unspaced >> 63,     wide_word >> 63,
                             combining >> 63, wide_space >> 63, unspaced_char >> 63};
}

/* Where a text stands while its blocks are made. */
struct text_steps {
    struct text_carry carry;
    uint64_t words, marks, follows, unspaced, folds;
    bool wide;
};

/* A block's bytes in the text, which ends at `end`. */
struct text_piece {
    const uint8_t *at, *end;
    struct chars *chars;
};

/* `at`: 64 bytes to read for it. */
MASKS_INLINE void masks_step(struct text_steps *s, struct text_block *b, const uint8_t *at, struct text_piece piece,
                             struct byte_reader read)
{
    const struct byte_masks bytes = read.bytes(at);
    if (__builtin_expect(bytes.wide == 0, 1)) {
        masks_step_ascii(b, &s->carry, bytes);
    } else {
        const struct wide_masks wide = read.wide(at);
        uint8_t classes[MASKS_BLOCK];
        masks_classify(bytes.wide & ~wide.follows, piece.at, piece.end, piece.chars, classes);
        const struct char_masks wide_chars = read.chars(classes);
        masks_step_wide(b, &s->carry, bytes, wide, wide_chars);
        s->wide = true;
        s->unspaced += masks_popcount(wide_chars.unspaced);
        s->folds |= b->folds;
        s->follows += masks_popcount(b->follows);
    }
    s->words += masks_popcount(b->word_begin);
    s->marks += masks_popcount(b->mark);
}

/* The last block is a copy, filled up with spaces: nothing is read behind the text. */
MASKS_INLINE void masks_map(struct text_maps *maps, tamis_str text, struct chars *chars, struct byte_reader read)
{
    const size_t whole = text.len / MASKS_BLOCK, rest = text.len % MASKS_BLOCK;
    const uint8_t *const begin = (const uint8_t *)text.at, *const end = begin + text.len;
    struct text_block *const blocks = maps->at;
    struct text_steps s = {0};
    uint8_t last[MASKS_BLOCK];
    memset(last, ' ', sizeof last);
    memcpy(last, begin + whole * MASKS_BLOCK, rest);
    for (size_t i = 0; i <= whole; i++) {
        const uint8_t *const at = begin + i * MASKS_BLOCK;
        masks_step(&s, &blocks[i], i < whole ? at : last, (struct text_piece){at, end, chars}, read);
    }
    maps->count = whole + 1;
    maps->words = s.words;
    maps->marks = s.marks;
    maps->follows = s.follows;
    maps->unspaced = s.unspaced;
    maps->wide = s.wide;
    maps->folds = s.folds != 0;
}

/*
 * Appends the places of the bits of a block that begins at byte `base`: of its beginnings and ends, of which there are
 * as many, or one more of either.
 */
static inline void masks_put(uint32_t **begin, uint32_t **end, uint64_t begins, uint64_t ends, uint32_t base)
{
    uint32_t *b = *begin, *e = *end;
    while (begins && ends) {
        *b++ = base + (uint32_t)__builtin_ctzll(begins);
        *e++ = base + (uint32_t)__builtin_ctzll(ends);
        begins &= begins - 1;
        ends &= ends - 1;
    }
    const uint64_t top = (uint64_t)1 << 63; /* something to find; not kept when it is all */
    *b = base + (uint32_t)__builtin_ctzll(begins | top);
    *e = base + (uint32_t)__builtin_ctzll(ends | top);
    *begin = b + (begins != 0);
    *end = e + (ends != 0);
}

/* Members of struct text_kernel, for kernels that know no better way. */

static inline void masks_place_words(const struct text_maps *maps, uint32_t *begin, uint32_t *end)
{
    for (size_t i = 0; i < maps->count; i++) {
        const struct text_block *const b = &maps->at[i];
        masks_put(&begin, &end, b->word_begin, b->word_end, (uint32_t)(i * MASKS_BLOCK));
    }
}

static inline void masks_place_tokens(const struct text_maps *maps, uint32_t *begin, uint32_t *end)
{
    for (size_t i = 0; i < maps->count; i++) {
        const struct text_block *const b = &maps->at[i];
        masks_put(&begin, &end, b->word_begin | b->mark, b->word_end | b->mark_end, (uint32_t)(i * MASKS_BLOCK));
    }
}

static inline void masks_pick_words(const struct text_maps *maps, const uint64_t *hash, uint64_t *out)
{
    for (size_t i = 0; i < maps->count; i++) {
        const uint64_t words = maps->at[i].word_begin;
        for (uint64_t tokens = words | maps->at[i].mark; tokens; tokens &= tokens - 1) {
            *out = *hash++;
            out += (words & tokens & -tokens) != 0;
        }
    }
}

#endif
