/*
 * Characters: their classes, decoding, case folding. Callers outside src/run use text_fold() only.
 */
#ifndef TAMIS_TEXT_CHARS_H
#define TAMIS_TEXT_CHARS_H

#include "tamis.h"

#define CHARS_COUNT 0x110000u
#define CHARS_FOLDED 0x3000u /* nearly all letters with a case are below */

/* Classes of a character, as bits. */
enum {
    CHARS_SPACE = 1,
    CHARS_WORD = 2,       /* letter, digit or `_` */
    CHARS_LETTER = 4,
    CHARS_COMBINING = 8,
    CHARS_PUNCTUATION = 16, /* punctuation or control character */
    CHARS_UNSPACED = 32,    /* a letter of a script that puts no spaces between words */
    CHARS_FOLDS = 64,       /* its simple case folding is another character; known of those beyond ASCII only */
    CHARS_KNOWN = 128       /* in `struct chars` only */
};

/* What a workspace has learned about characters beyond ASCII: begins zeroed, fills as they are met. */
struct chars {
    uint8_t class[CHARS_COUNT];
    uint16_t folded[CHARS_FOLDED]; /* of those of class CHARS_FOLDS; the few others are not kept */
};

unsigned chars_learn(struct chars *chars, uint32_t code_point);

/* The class of a character beyond ASCII; 0 when there is none of that number. */
static inline unsigned chars_recall(struct chars *chars, uint32_t code_point)
{
    const unsigned class = code_point < CHARS_COUNT ? chars->class[code_point] : 0u;
    return class ? class & ~(unsigned)CHARS_KNOWN : chars_learn(chars, code_point);
}

/* The length of the character beyond ASCII that begins at `at`, which is before `end`; 0 when it is not whole. */
uint32_t chars_decode(const unsigned char *at, const unsigned char *end, uint32_t *code_point);

/* The class of the character at `at` (which is before `end`); *bytes receives its length. A byte that does not begin a
 * whole character is one of class 0, so that no input is read beyond its end. */
unsigned chars_class(const unsigned char *at, const unsigned char *end, uint32_t *bytes);

/* Simple case folding of a code point beyond ASCII. */
uint32_t text_fold_wide(uint32_t code_point);

/* Simple case folding (Unicode CaseFolding, C and S): one code point to one. */
static inline uint32_t text_fold(uint32_t code_point)
{
    if (code_point < 0x80) {
        return code_point - 'A' < 26 ? code_point + ('a' - 'A') : code_point;
    }
    return text_fold_wide(code_point);
}

/* The same, quickly for what has been met before. */
static inline uint32_t chars_fold(struct chars *chars, uint32_t code_point)
{
    if (code_point < 0x80) {
        return text_fold(code_point);
    }
    if (!(chars_recall(chars, code_point) & CHARS_FOLDS)) {
        return code_point;
    }
    return code_point < CHARS_FOLDED ? chars->folded[code_point] : text_fold_wide(code_point);
}

#endif
