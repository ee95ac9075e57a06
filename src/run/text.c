/*
 * The text of a document and its views. Each view is made when it is first asked for and forgotten with the text; the
 * memory stays for the next document, unless it was far too large for the last one. Owns its views, borrows the text.
 */
#include "run/text.h"

#include <stdlib.h>
#include <string.h>

#include "run/cld2_shim.h"
#include "run/word_hash.h"

#define KEPT_BYTES ((size_t)4 << 20) /* runs up to this size are never given back */
#define FAR_TOO_LARGE 8              /* times what the last text needed */

struct tamis_text {
    tamis_str bytes;
    uint64_t chars;
    struct text_tokens tokens;
    struct text_spans splits[TAMIS_SPLIT_KINDS];
    struct outline {
        uint32_t *begin, *end;
        uint64_t *hash, *word_hash;
        size_t cap;
    } outline;
    const char *language;
    bool has_chars, has_tokens, has_split[TAMIS_SPLIT_KINDS];
    bool failed;
};

tamis_text *tamis_text_new(void)
{
    tamis_text *const text = calloc(1, sizeof *text);
    if (text) {
        text->bytes.at = "";
    }
    return text;
}

void tamis_text_free(tamis_text *text)
{
    if (!text) {
        return;
    }
    free(text->tokens.at);
    free(text->outline.begin);
    free(text->outline.end);
    free(text->outline.hash);
    free(text->outline.word_hash);
    for (int how = 0; how < TAMIS_SPLIT_KINDS; how++) {
        free(text->splits[how].at);
    }
    free(text);
}

static bool is_far_too_large(size_t count, size_t cap, size_t size)
{
    return cap * size > KEPT_BYTES && count < cap / FAR_TOO_LARGE;
}

static void forget_tokens(struct text_tokens *tokens)
{
    if (is_far_too_large(tokens->count, tokens->cap, sizeof *tokens->at)) {
        free(tokens->at);
        *tokens = (struct text_tokens){0};
    }
    tokens->count = tokens->words = 0;
}

static void forget_spans(struct text_spans *spans)
{
    if (is_far_too_large(spans->count, spans->cap, sizeof *spans->at)) {
        free(spans->at);
        *spans = (struct text_spans){0};
    }
    spans->count = 0;
}

void tamis_text_set(tamis_text *text, tamis_str bytes)
{
    const bool fits = bytes.len <= UINT32_MAX;
    text->bytes = fits && bytes.len ? bytes : (tamis_str){"", 0};
    text->failed = !fits;
    text->language = NULL;
    text->has_chars = text->has_tokens = false;
    forget_tokens(&text->tokens);
    for (int how = 0; how < TAMIS_SPLIT_KINDS; how++) {
        text->has_split[how] = false;
        forget_spans(&text->splits[how]);
    }
}

bool tamis_text_failed(const tamis_text *text)
{
    return text->failed;
}

void tamis_text_fail(tamis_text *text)
{
    text->failed = true;
}

tamis_str tamis_text_bytes(const tamis_text *text)
{
    return text->bytes;
}

uint64_t text_count_chars(const char *at, size_t len)
{
    uint64_t chars = 0;
    for (size_t i = 0; i < len; i++) {
        chars += ((unsigned char)at[i] & 0xc0u) != 0x80;
    }
    return chars;
}

uint64_t tamis_text_chars(tamis_text *text)
{
    if (!text->has_chars) {
        text->chars = text_count_chars(text->bytes.at, text->bytes.len);
        text->has_chars = true;
    }
    return text->chars;
}

tamis_tokens tamis_text_tokens(tamis_text *text)
{
    if (!text->has_tokens) {
        text->has_tokens = true;
        if (!words_split(&text->tokens, text->bytes)) {
            text->failed = true;
            text->tokens.count = text->tokens.words = 0;
        }
    }
    return (tamis_tokens){text->tokens.at, text->tokens.count, text->tokens.words};
}

/* ---- Outlines --------------------------------------------------------------------------------------------------- */

static bool reserve_outline(struct outline *o, size_t tokens)
{
    if (tokens > o->cap) {
        free(o->begin);
        free(o->end);
        free(o->hash);
        free(o->word_hash);
        o->begin = malloc(tokens * sizeof *o->begin);
        o->end = malloc(tokens * sizeof *o->end);
        o->hash = malloc(tokens * sizeof *o->hash);
        o->word_hash = malloc(tokens * sizeof *o->word_hash);
        o->cap = o->begin && o->end && o->hash && o->word_hash ? tokens : 0;
    }
    return tokens <= o->cap;
}

tamis_outline tamis_text_outline(tamis_text *text)
{
    const tamis_tokens tokens = tamis_text_tokens(text);
    struct outline *const o = &text->outline;
    if (!reserve_outline(o, tokens.count)) {
        text->failed = true;
        return (tamis_outline){0};
    }
    for (size_t i = 0; i < tokens.count; i++) {
        o->begin[i] = tokens.at[i].at;
        o->end[i] = tokens.at[i].at + tokens.at[i].bytes;
        o->hash[i] = word_hash(text->bytes, o->begin[i], o->end[i]);
    }
    return (tamis_outline){o->begin, o->end, o->hash, tokens.count};
}

bool text_word_hashes(tamis_text *text, const uint64_t **hashes, size_t *count)
{
    const tamis_tokens tokens = tamis_text_tokens(text);
    const tamis_outline outline = tamis_text_outline(text);
    *count = 0;
    for (size_t i = 0; i < outline.count; i++) {
        if (tokens.at[i].is & TAMIS_TOKEN_WORD) {
            text->outline.word_hash[(*count)++] = outline.hash[i];
        }
    }
    *hashes = text->outline.word_hash;
    return !text->failed;
}

tamis_counts tamis_text_counts(tamis_text *text)
{
    const tamis_tokens tokens = tamis_text_tokens(text);
    tamis_counts counts = {.tokens = tokens.count, .words = tokens.words};
    for (size_t i = 0; i < tokens.count; i++) {
        const bool sounding = !(tokens.at[i].is & TAMIS_TOKEN_PUNCTUATION);
        counts.alphabetic += (tokens.at[i].is & TAMIS_TOKEN_ALPHABETIC) != 0;
        counts.sounding += sounding;
        counts.sounding_chars += sounding ? tokens.at[i].chars : 0;
    }
    return counts;
}

const char *tamis_text_language(tamis_text *text)
{
    if (!text->language) {
        const char *const language = cld2_language(text->bytes.at, text->bytes.len);
        text->failed = text->failed || !language;
        text->language = language ? language : "un";
    }
    return text->language;
}

/* ---- Trimming --------------------------------------------------------------------------------------------------- */

static size_t leading_space(const unsigned char *at, const unsigned char *end)
{
    const unsigned char *const begin = at;
    uint32_t bytes = 0;
    while (at < end && (text_class(at, end, &bytes) & TEXT_SPACE)) {
        at += bytes;
    }
    return (size_t)(at - begin);
}

static size_t trailing_space(const unsigned char *begin, const unsigned char *end)
{
    const unsigned char *at = end;
    while (at > begin) {
        const unsigned char *last = at - 1;
        while (last > begin && at - last < 4 && (*last & 0xc0u) == 0x80) {
            last--;
        }
        uint32_t bytes = 0;
        if (!(text_class(last, end, &bytes) & TEXT_SPACE) || last + bytes != at) {
            break;
        }
        at = last;
    }
    return (size_t)(end - at);
}

tamis_str tamis_trim(tamis_str s)
{
    if (s.len == 0) {
        return s;
    }
    const unsigned char *const begin = (const unsigned char *)s.at, *const end = begin + s.len;
    const size_t before = leading_space(begin, end);
    const size_t after = trailing_space(begin + before, end);
    return (tamis_str){s.at + before, s.len - before - after};
}

/* ---- Splitting -------------------------------------------------------------------------------------------------- */

static bool add_span(struct text_spans *out, tamis_str text, size_t from, size_t to)
{
    if (out->count == out->cap) {
        void *at = out->at;
        if (!text_grow(&at, &out->cap, sizeof *out->at)) {
            return false;
        }
        out->at = at;
    }
    const uint64_t chars = text_count_chars(text.at + from, to - from);
    out->at[out->count++] = (tamis_span){(uint32_t)from, (uint32_t)(to - from), (uint32_t)chars};
    return true;
}

/* The length of the line break at `i`, 0 when there is none. */
static size_t line_break(tamis_str text, size_t i)
{
    const unsigned char c = (unsigned char)text.at[i];
    if (c == '\r') {
        return i + 1 < text.len && text.at[i + 1] == '\n' ? 2 : 1;
    }
    if ((c >= '\n' && c <= '\f') || (c >= 0x1c && c <= 0x1e)) {
        return 1;
    }
    if (c == 0xc2 && i + 1 < text.len && (unsigned char)text.at[i + 1] == 0x85) {
        return 2;
    }
    const bool separator = c == 0xe2 && i + 2 < text.len && (unsigned char)text.at[i + 1] == 0x80 &&
                           ((unsigned char)text.at[i + 2] == 0xa8 || (unsigned char)text.at[i + 2] == 0xa9);
    return separator ? 3 : 0;
}

static bool split_lines(struct text_spans *out, tamis_str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len;) {
        const size_t gap = line_break(text, i);
        if (gap && !add_span(out, text, from, i)) {
            return false;
        }
        i += gap ? gap : 1;
        from = gap ? i : from;
    }
    return from == text.len || add_span(out, text, from, text.len);
}

/* At runs of `least` and more LF between `from` and `to`. There is always a last piece, be it empty. */
static bool split_at_newlines(struct text_spans *out, tamis_str text, size_t from, size_t to, size_t least)
{
    for (size_t i = from; i < to;) {
        const char *const found = memchr(text.at + i, '\n', to - i);
        if (!found) {
            break;
        }
        const size_t gap = (size_t)(found - text.at);
        i = gap;
        while (i < to && text.at[i] == '\n') {
            i++;
        }
        if (i - gap >= least) {
            if (!add_span(out, text, from, gap)) {
                return false;
            }
            from = i;
        }
    }
    return add_span(out, text, from, to);
}

static bool split(struct text_spans *out, tamis_str text, tamis_split how)
{
    out->count = 0;
    if (how == TAMIS_SPLIT_LINES) {
        return split_lines(out, text);
    }
    if (how == TAMIS_SPLIT_NEWLINES) {
        return split_at_newlines(out, text, 0, text.len, 1);
    }
    const tamis_str trimmed = tamis_trim(text);
    const size_t from = (size_t)(trimmed.at - text.at);
    return split_at_newlines(out, text, from, from + trimmed.len, 2);
}

tamis_spans tamis_text_split(tamis_text *text, tamis_split how)
{
    struct text_spans *const spans = &text->splits[how];
    if (!text->has_split[how]) {
        text->has_split[how] = true;
        if (!split(spans, text->bytes, how)) {
            text->failed = true;
            spans->count = 0;
        }
    }
    return (tamis_spans){spans->at, spans->count};
}
