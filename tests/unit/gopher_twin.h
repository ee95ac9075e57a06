/*
 * The Gopher filters the plain way: every line, token and n-gram goes into a hash table, with nothing left out and
 * nothing bounded. Slower than the filters and linear, so that every document of a corpus can be compared.
 */
#ifndef GOPHER_TWIN_H
#define GOPHER_TWIN_H

#include "filter_world.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { TWIN_REPETITION = 13, TWIN_QUALITY = 10 };

/* Tables and arrays for the largest text so far. */
struct twin {
    struct twin_slot {
        uint64_t key;
        uint32_t value, used;
    } *slots;
    size_t mask, cap, joined_cap;
    uint32_t *gram, *number, *times, *at, *chars;
    char *joined;
};

static inline void *twin_array(void *old, size_t bytes)
{
    free(old);
    void *const array = malloc(bytes ? bytes : 1);
    assert_non_null(array);
    return array;
}

static inline void twin_reserve(struct twin *t, size_t tokens, size_t bytes)
{
    if (tokens + 1 > t->cap) {
        t->cap = 2 * tokens + 64;
        t->gram = twin_array(t->gram, t->cap * sizeof *t->gram);
        t->number = twin_array(t->number, t->cap * sizeof *t->number);
        t->times = twin_array(t->times, t->cap * sizeof *t->times);
        t->at = twin_array(t->at, t->cap * sizeof *t->at);
        t->chars = twin_array(t->chars, t->cap * sizeof *t->chars);
    }
    if (bytes + 1 > t->joined_cap) {
        t->joined_cap = 2 * bytes + 64;
        t->joined = twin_array(t->joined, t->joined_cap);
    }
}

static inline void twin_release(struct twin *t)
{
    free(t->slots);
    free(t->gram);
    free(t->number);
    free(t->times);
    free(t->at);
    free(t->chars);
    free(t->joined);
}

static inline void twin_table(struct twin *t, size_t entries)
{
    size_t slots = 64;
    while (slots < entries * 2) {
        slots *= 2;
    }
    free(t->slots);
    t->slots = calloc(slots, sizeof *t->slots);
    assert_non_null(t->slots);
    t->mask = slots - 1;
}

/* The value kept for what is equal to the bytes at `at`, or `value`, which is kept from now on. */
static inline uint32_t twin_first(struct twin *t, const char *at, size_t bytes, uint32_t value,
                                  tamis_str (*earlier)(const void *context, uint32_t value), const void *context)
{
    const uint64_t key = XXH3_64bits(at, bytes);
    size_t s = key & t->mask;
    for (; t->slots[s].used; s = (s + 1) & t->mask) {
        const tamis_str other = earlier(context, t->slots[s].value);
        if (t->slots[s].key == key && other.len == bytes && memcmp(other.at, at, bytes) == 0) {
            return t->slots[s].value;
        }
    }
    t->slots[s] = (struct twin_slot){key, value, 1};
    return value;
}

static inline double twin_share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

/* ---- Lines and paragraphs --------------------------------------------------------------------------------------- */

struct twin_spans {
    const char *bytes;
    const tamis_span *at;
};

static inline tamis_str twin_span(const void *context, uint32_t i)
{
    const struct twin_spans *const spans = context;
    return (tamis_str){spans->bytes + spans->at[i].at, spans->at[i].bytes};
}

static inline void twin_duplicates(struct twin *t, tamis_text *text, tamis_split how, double *values)
{
    const tamis_spans spans = tamis_text_split(text, how);
    const struct twin_spans context = {tamis_text_bytes(text).at, spans.at};
    uint64_t repeats = 0, chars = 0;
    twin_table(t, spans.count);
    for (uint32_t i = 0; i < spans.count; i++) {
        const tamis_str span = twin_span(&context, i);
        if (twin_first(t, span.at, span.len, i, twin_span, &context) != i) {
            repeats++;
            chars += spans.at[i].chars;
        }
    }
    values[0] = twin_share(repeats, spans.count);
    values[1] = twin_share(chars, tamis_text_chars(text));
}

/* ---- The most frequent n-gram ----------------------------------------------------------------------------------- */

struct twin_tokens {
    const char *bytes;
    const tamis_token *at;
};

static inline tamis_str twin_token(const void *context, uint32_t i)
{
    const struct twin_tokens *const tokens = context;
    return (tamis_str){tokens->bytes + tokens->at[i].at, tokens->at[i].bytes};
}

/* A pair of numbers, as bytes. */
struct twin_pairs {
    const uint32_t (*at)[2];
};

static inline tamis_str twin_pair(const void *context, uint32_t i)
{
    const struct twin_pairs *const pairs = context;
    return (tamis_str){(const char *)pairs->at[i], sizeof pairs->at[i]};
}

static inline void twin_tops(struct twin *t, tamis_text *text, double *values)
{
    const tamis_tokens tokens = tamis_text_tokens(text);
    const struct twin_tokens context = {tamis_text_bytes(text).at, tokens.at};
    twin_table(t, tokens.count);
    for (uint32_t i = 0; i < tokens.count; i++) {
        const tamis_str token = twin_token(&context, i);
        t->gram[i] = t->number[i] = twin_first(t, token.at, token.len, i, twin_token, &context);
    }
    uint32_t(*const pairs)[2] = malloc((tokens.count + 1) * sizeof *pairs);
    assert_non_null(pairs);
    for (uint32_t n = 2; n <= 4; n++) {
        values[n - 2] = NAN;
        if (tokens.count < n) {
            continue;
        }
        const uint32_t count = (uint32_t)tokens.count - n + 1;
        const struct twin_pairs all = {(const uint32_t(*)[2])pairs};
        uint32_t most = 0;
        twin_table(t, count);
        for (uint32_t i = 0; i < count; i++) {
            pairs[i][0] = t->gram[i];
            pairs[i][1] = t->number[i + n - 1];
            const uint32_t first = twin_first(t, (const char *)pairs[i], sizeof *pairs, i, twin_pair, &all);
            t->times[first] = first == i ? 1 : t->times[first] + 1;
            t->gram[i] = first;
        }
        for (uint32_t i = 0; i < count; i++) {
            most = t->gram[i] == i && t->times[i] > t->times[most] ? i : most;
        }
        uint64_t chars = n - 1;
        for (uint32_t i = 0; i < n; i++) {
            chars += tokens.at[most + i].chars;
        }
        values[n - 2] = twin_share(chars * t->times[most], tamis_text_chars(text));
    }
    free(pairs);
}

/* ---- Duplicated n-grams ----------------------------------------------------------------------------------------- */

struct twin_grams {
    const struct twin *twin;
    uint32_t n;
};

static inline tamis_str twin_gram(const void *context, uint32_t i)
{
    const struct twin_grams *const g = context;
    return (tamis_str){g->twin->joined + g->twin->at[i], g->twin->at[i + g->n] - g->twin->at[i]};
}

static inline void twin_join(struct twin *t, tamis_text *text)
{
    const tamis_tokens tokens = tamis_text_tokens(text);
    uint32_t at = 0, chars = 0;
    for (size_t i = 0; i < tokens.count; i++) {
        t->at[i] = at;
        t->chars[i] = chars;
        memcpy(t->joined + at, tamis_text_bytes(text).at + tokens.at[i].at, tokens.at[i].bytes);
        at += tokens.at[i].bytes;
        chars += tokens.at[i].chars;
    }
    t->at[tokens.count] = at;
    t->chars[tokens.count] = chars;
}

static inline double twin_duplicated(struct twin *t, tamis_text *text, uint32_t n)
{
    const size_t tokens = tamis_text_tokens(text).count;
    const struct twin_grams context = {t, n};
    uint64_t chars = 0;
    twin_table(t, tokens);
    for (uint32_t i = 0; i + n <= tokens;) {
        const tamis_str gram = twin_gram(&context, i);
        const bool again = twin_first(t, gram.at, gram.len, i, twin_gram, &context) != i;
        chars += again ? t->chars[i + n] - t->chars[i] : 0;
        i += again ? n : 1;
    }
    return twin_share(chars, tamis_text_chars(text));
}

static inline void twin_repetition(struct twin *t, tamis_text *text, double values[TWIN_REPETITION])
{
    twin_reserve(t, tamis_text_tokens(text).count, tamis_text_bytes(text).len);
    twin_duplicates(t, text, TAMIS_SPLIT_PARAGRAPHS, values);
    twin_duplicates(t, text, TAMIS_SPLIT_NEWLINES, values + 2);
    twin_tops(t, text, values + 4);
    twin_join(t, text);
    for (uint32_t n = 5; n <= 10; n++) {
        values[n + 2] = twin_duplicated(t, text, n);
    }
}

/* ---- Quality ---------------------------------------------------------------------------------------------------- */

static inline bool twin_has(tamis_str s, size_t at, const char *what)
{
    const size_t bytes = strlen(what);
    return at <= s.len && bytes <= s.len - at && memcmp(s.at + at, what, bytes) == 0;
}

static inline bool twin_ends(tamis_str s, const char *tail)
{
    return s.len >= strlen(tail) && twin_has(s, s.len - strlen(tail), tail);
}

static inline void twin_symbols(tamis_str text, uint64_t *hashes, uint64_t *ellipses)
{
    *hashes = *ellipses = 0;
    for (size_t i = 0; i < text.len; i++) {
        *hashes += text.at[i] == '#';
        if (twin_has(text, i, "...") || twin_has(text, i, "\xe2\x80\xa6")) {
            ++*ellipses;
            i += 2;
        }
    }
}

static inline void twin_lines(tamis_text *text, double *values)
{
    const tamis_spans lines = tamis_text_split(text, TAMIS_SPLIT_LINES);
    uint64_t bullets = 0, ellipses = 0;
    for (size_t i = 0; i < lines.count; i++) {
        const tamis_str line = tamis_trim((tamis_str){tamis_text_bytes(text).at + lines.at[i].at, lines.at[i].bytes});
        bullets += twin_has(line, 0, "\xe2\x80\xa2") || twin_has(line, 0, "-");
        ellipses += twin_ends(line, "...") || twin_ends(line, "\xe2\x80\xa6");
    }
    values[0] = twin_share(bullets, lines.count);
    values[1] = twin_share(ellipses, lines.count);
}

static inline double twin_stop_words(tamis_text *text)
{
    static const char *const words[] = {"the", "be", "to", "of", "and", "that", "have", "with"};
    const tamis_tokens tokens = tamis_text_tokens(text);
    unsigned found = 0, different = 0;
    for (size_t i = 0; i < tokens.count; i++) {
        const tamis_str token = {tamis_text_bytes(text).at + tokens.at[i].at, tokens.at[i].bytes};
        for (unsigned w = 0; w < 8; w++) {
            found |= token.len == strlen(words[w]) && twin_has(token, 0, words[w]) ? 1u << w : 0;
        }
    }
    for (; found; found &= found - 1) {
        different++;
    }
    return different;
}

static inline void twin_quality(tamis_text *text, bool of_words, double values[TWIN_QUALITY])
{
    const tamis_tokens tokens = tamis_text_tokens(text);
    const uint64_t whole = of_words ? tokens.words : tokens.count;
    uint64_t words = 0, chars = 0, alphabetic = 0, hashes, ellipses;
    for (size_t i = 0; i < tokens.count; i++) {
        const bool sounds = !(tokens.at[i].is & TAMIS_TOKEN_PUNCTUATION);
        words += sounds;
        chars += sounds ? tokens.at[i].chars : 0;
        alphabetic += (tokens.at[i].is & TAMIS_TOKEN_ALPHABETIC) != 0;
    }
    twin_symbols(tamis_text_bytes(text), &hashes, &ellipses);
    values[0] = values[1] = (double)words;
    values[2] = values[3] = words ? twin_share(chars, words) : NAN;
    values[4] = twin_share(hashes, whole);
    values[5] = twin_share(ellipses, whole);
    twin_lines(text, values + 6);
    values[8] = whole ? twin_share(alphabetic, whole) : NAN;
    values[9] = twin_stop_words(text);
}

/* ---- Random texts ----------------------------------------------------------------------------------------------- */

/* Words that are parts of each other, so that different tokens have the same bytes in a row; everything that ends lines
 * or separates words for somebody; the empty one stands for a NUL. */
static const char *const twin_pieces[] = {
    "a", "b", "ab", "ba", "aab", "in", "to", "into", "may", "be", "maybe", "A", "Ab", "the", "The", "of", "12", "1",
    "2",
    "\n", "\n\n", ".", "..", "...", "-", "#", "\xe2\x80\xa6", "\xe2\x80\xa2", "\xe6\xbc\xa2", "\xc3\xa9", "_",
    "incomprehensibilities", "\xd0\xbc\xd0\xb8\xd1\x80", "e\xcc\x81", "\xf0\x9f\x98\x80", "\t", "have", "\xc2\xa0",
    "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x1f", "", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9",
    "\xe3\x80\x80", "\xe2\x80\x8b"};

#define TWIN_PIECES (sizeof twin_pieces / sizeof *twin_pieces)

static inline size_t twin_random_text(char *bytes, size_t cap, uint64_t *seed)
{
    const size_t count = random_below(seed, 400), span = 1 + random_below(seed, TWIN_PIECES);
    const size_t from = random_below(seed, TWIN_PIECES), copied = random_below(seed, 3) ? 0 : 60;
    size_t len = 0;
    for (size_t i = 0; i < count && len + 64 < cap; i++) {
        if (copied && len > 2 * copied && random_below(seed, 30) == 0) { /* parts of it come again, cut anywhere */
            const size_t part = random_below(seed, copied), start = random_below(seed, len - part);
            size_t at = start;
            while (at < start + part && ((unsigned char)bytes[at] & 0xc0) == 0x80) {
                at++;
            }
            size_t end = start + part;
            while (end > at && ((unsigned char)bytes[end] & 0xc0) == 0x80) {
                end--;
            }
            memmove(bytes + len, bytes + at, end - at);
            len += end - at;
        }
        const char *const piece = twin_pieces[(from + random_below(seed, span)) % TWIN_PIECES];
        const size_t piece_bytes = piece[0] ? strlen(piece) : 1;
        memcpy(bytes + len, piece, piece_bytes);
        len += piece_bytes;
        if (random_below(seed, 4)) {
            bytes[len++] = ' ';
        }
    }
    return len;
}

#endif
