/*
 * What the makers of the text view share: the maps, tokens, outline and spans of a text. Callers outside src/run use
 * tamis.h, and of this header text_fold() only.
 */
#ifndef TAMIS_TEXT_TEXT_H
#define TAMIS_TEXT_TEXT_H

#include "text/chars.h"
#include "text/masks.h"

/* A workspace whose kernels are those of `cpu`, which this machine must have. NULL: out of memory. */
tamis_text *text_new_for(tamis_cpu cpu);

/*
 * The hashes of the words of a text in their order: word_hash() of each. Taken from the outline where there is one.
 * They live until the text is set again. False: out of memory.
 */
bool text_word_hashes(tamis_text *text, const uint64_t **hashes, size_t *count) TAMIS_MUST_CHECK;

/* Whether more than a third of the words are letters of scripts without spaces. False when memory runs out. */
bool text_is_unspaced(tamis_text *text);

/* ---- Views, made from the maps of a text ------------------------------------------------------------------------ */

struct text_tokens {
    tamis_token *at;
    size_t count, cap;
};

struct text_spans {
    tamis_span *at;
    size_t count, cap;
};

/* Columns that share one capacity. `begin` and `end` hold the places of words before they hold those of all tokens. */
struct text_outline {
    uint32_t *begin, *end;
    uint64_t *hash, *word_hash;
    size_t cap;
    bool has_hashes, has_word_hashes; /* for the text that is set */
};

/* What views are made from. */
struct text_source {
    tamis_str bytes;
    const struct text_maps *maps;
    const struct text_kernel *kernel;
    struct chars *chars;
};

/* Each makes its view anew; false: out of memory, and the view is not to be used. */
bool outline_make(struct text_outline *outline, const struct text_source *from) TAMIS_MUST_CHECK;
bool outline_make_words(struct text_outline *outline, const struct text_source *from) TAMIS_MUST_CHECK;
bool tokens_make(struct text_tokens *tokens, struct text_outline *outline, const struct text_source *from)
    TAMIS_MUST_CHECK;
bool spans_make(struct text_spans *spans, const struct text_source *from, tamis_split how) TAMIS_MUST_CHECK;
void outline_release(struct text_outline *outline);

#endif
