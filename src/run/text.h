/*
 * What the makers of the text view share: classes of characters, growing runs of tokens and spans, folding.
 * Callers outside src/run use tamis.h, and of this header text_fold() only.
 */
#ifndef TAMIS_RUN_TEXT_H
#define TAMIS_RUN_TEXT_H

#include "tamis.h"

/* Classes of a character, as bits. */
enum {
    TEXT_SPACE = 1,
    TEXT_WORD = 2,       /* letter, digit or `_` */
    TEXT_LETTER = 4,
    TEXT_COMBINING = 8,
    TEXT_PUNCTUATION = 16, /* punctuation or control character */
    TEXT_UNSPACED = 32     /* a letter of a script that puts no spaces between words */
};

/* The class of the character at `at` (which is before `end`); *bytes receives its length. A byte that does not begin a
 * whole character is one of class 0, so that no input is read beyond its end. */
unsigned text_class(const unsigned char *at, const unsigned char *end, uint32_t *bytes);
uint64_t text_count_chars(const char *at, size_t len);

/* Runs that grow and keep their memory from one document to the next. */
struct text_tokens {
    tamis_token *at;
    size_t count, cap, words;
};

struct text_spans {
    tamis_span *at;
    size_t count, cap;
};

/* Room for one more in a run of elements of `size` bytes. False: out of memory, and nothing has changed. */
bool text_grow(void **at, size_t *cap, size_t size) TAMIS_MUST_CHECK;

/* Replaces the contents of `out` by the tokens of `text`. False: out of memory. */
bool words_split(struct text_tokens *out, tamis_str text) TAMIS_MUST_CHECK;

/*
 * The hashes of the words of a text in their order: word_hash() of each. Taken from the outline where there is one.
 * They live until the text is set again. False: out of memory.
 */
bool text_word_hashes(tamis_text *text, const uint64_t **hashes, size_t *count) TAMIS_MUST_CHECK;

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

#endif
