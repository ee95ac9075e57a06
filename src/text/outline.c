/*
 * The tokens of a text as columns, and as records. Where they begin and end comes from the maps; a kernel hashes them
 * as if only ASCII folded, and the few that hold other characters with a case are hashed again.
 */
#include <stdlib.h>

#include "text/text.h"
#include "text/word_hash.h"

void outline_release(struct text_outline *o)
{
    free(o->begin);
    free(o->end);
    free(o->hash);
    free(o->word_hash);
    *o = (struct text_outline){0};
}

/* Room for all tokens, whichever are asked for first: what has been handed out must stay where it is. */
static bool reserve(struct text_outline *o, const struct text_maps *maps)
{
    const size_t wanted = (size_t)(maps->words + maps->marks) + MASKS_SLACK;
    if (wanted > o->cap) {
        const size_t cap = wanted + wanted / 4;
        outline_release(o);
        if (cap > SIZE_MAX / sizeof *o->hash) {
            return false;
        }
        o->begin = malloc(cap * sizeof *o->begin);
        o->end = malloc(cap * sizeof *o->end);
        o->hash = malloc(cap * sizeof *o->hash);
        o->word_hash = malloc(cap * sizeof *o->word_hash);
        o->cap = o->begin && o->end && o->hash && o->word_hash ? cap : 0;
    }
    return wanted <= o->cap;
}

/* Hashes again the tokens that hold a character beyond ASCII which folding changes. */
static void fold_wide(const struct text_outline *o, const struct text_source *from, size_t count, uint64_t *hash)
{
    size_t token = 0, folded = SIZE_MAX;
    for (size_t block = 0; block < from->maps->count; block++) {
        for (uint64_t bits = from->maps->at[block].folds; bits; bits &= bits - 1) {
            const size_t place = block * MASKS_BLOCK + (size_t)__builtin_ctzll(bits);
            while (token < count && o->end[token] <= place) {
                token++;
            }
            if (token < count && o->begin[token] <= place && token != folded) {
                const uint8_t *const at = (const uint8_t *)from->bytes.at + o->begin[token];
                hash[token] = word_hash_folding(at, o->end[token] - o->begin[token], from->chars);
                folded = token;
            }
        }
    }
}

static void make_hashes(struct text_outline *o, const struct text_source *from, size_t count, uint64_t *hash)
{
    from->kernel->hash(from->bytes, o->begin, o->end, count, hash);
    if (from->maps->folds) {
        fold_wide(o, from, count, hash);
    }
}

bool outline_make(struct text_outline *o, const struct text_source *from)
{
    if (!o->has_hashes) {
        if (!reserve(o, from->maps)) {
            return false;
        }
        from->kernel->place_tokens(from->maps, o->begin, o->end);
        make_hashes(o, from, (size_t)(from->maps->words + from->maps->marks), o->hash);
        o->has_hashes = true;
    }
    return true;
}

bool outline_make_words(struct text_outline *o, const struct text_source *from)
{
    if (o->has_word_hashes) {
        return true;
    }
    if (o->has_hashes) {
        from->kernel->pick_words(from->maps, o->hash, o->word_hash);
    } else {
        if (!reserve(o, from->maps)) {
            return false;
        }
        from->kernel->place_words(from->maps, o->begin, o->end);
        make_hashes(o, from, (size_t)from->maps->words, o->word_hash);
    }
    o->has_word_hashes = true;
    return true;
}

/* ---- Records ---------------------------------------------------------------------------------------------------- */

static bool reserve_tokens(struct text_tokens *tokens, size_t wanted)
{
    if (wanted > tokens->cap) {
        const size_t cap = wanted + wanted / 4;
        free(tokens->at);
        tokens->at = cap <= SIZE_MAX / sizeof *tokens->at ? malloc(cap * sizeof *tokens->at) : NULL;
        tokens->cap = tokens->at ? cap : 0;
    }
    return wanted <= tokens->cap;
}

static uint64_t follows(const struct text_block *b)
{
    return b->follows;
}

static uint64_t letters(const struct text_block *b)
{
    return b->letter;
}

static uint64_t underscores(const struct text_block *b)
{
    return b->underscore;
}

static tamis_token token_of(const struct text_maps *maps, size_t begin, size_t end)
{
    const struct text_block *const b = &maps->at[begin / MASKS_BLOCK];
    const uint64_t bit = (uint64_t)1 << begin % MASKS_BLOCK;
    const uint64_t more = maps->wide ? masks_count(maps, follows, begin, end) : 0;
    const uint32_t bytes = (uint32_t)(end - begin);
    tamis_token token = {.at = (uint32_t)begin, .bytes = bytes, .chars = bytes - (uint32_t)more};
    if (!(b->word_begin & bit)) {
        token.is = b->loud_mark & bit ? 0u : (uint32_t)TAMIS_TOKEN_PUNCTUATION;
        return token;
    }
    const bool alphabetic = b->letter & bit || masks_count(maps, letters, begin, end);
    const bool silent = b->underscore & bit &&
                        masks_count(maps, underscores, begin, end) == end - begin;
    token.is = (uint32_t)TAMIS_TOKEN_WORD | (alphabetic ? (uint32_t)TAMIS_TOKEN_ALPHABETIC : 0u) |
               (silent ? (uint32_t)TAMIS_TOKEN_PUNCTUATION : 0u);
    return token;
}

bool tokens_make(struct text_tokens *tokens, struct text_outline *o, const struct text_source *from)
{
    const size_t count = (size_t)(from->maps->words + from->maps->marks);
    if (!reserve_tokens(tokens, count)) {
        return false;
    }
    if (!o->has_hashes) {
        if (!reserve(o, from->maps)) {
            return false;
        }
        from->kernel->place_tokens(from->maps, o->begin, o->end);
    }
    for (size_t i = 0; i < count; i++) {
        tokens->at[i] = token_of(from->maps, o->begin[i], o->end[i]);
    }
    tokens->count = count;
    return true;
}
