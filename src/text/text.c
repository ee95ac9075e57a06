/*
 * The text of a document and its views. Each view is made when it is first asked for and forgotten with the text; the
 * memory stays for the next document, unless it was far too large for the last one. Owns its views, borrows the text.
 * All views but the language are made from one set of maps.
 */
#include "text/text.h"

#include <stdlib.h>

#include "text/cld2_shim.h"

#define KEPT_BYTES ((size_t)4 << 20) /* runs up to this size are never given back */
#define FAR_TOO_LARGE 8              /* times what the last text needed */

struct tamis_text {
    tamis_str bytes;
    const struct text_kernel *kernel;
    struct chars *chars;
    struct text_maps maps;
    struct text_tokens tokens;
    struct text_outline outline;
    struct text_spans splits[TAMIS_SPLIT_KINDS];
    tamis_counts counts;
    const char *language;
    bool has_maps, has_tokens, has_counts, has_split[TAMIS_SPLIT_KINDS];
    bool failed;
};

tamis_text *text_new_for(tamis_cpu cpu)
{
    tamis_text *const text = calloc(1, sizeof *text);
    if (!text) {
        return NULL;
    }
    text->bytes.at = "";
    text->kernel = masks_kernel(cpu);
    text->chars = calloc(1, sizeof *text->chars);
    if (!text->chars) {
        tamis_text_free(text);
        return NULL;
    }
    return text;
}

tamis_text *tamis_text_new(void)
{
    return text_new_for(tamis_cpu_best());
}

void tamis_text_free(tamis_text *text)
{
    if (!text) {
        return;
    }
    free(text->chars);
    free(text->maps.at);
    free(text->tokens.at);
    outline_release(&text->outline);
    for (int how = 0; how < TAMIS_SPLIT_KINDS; how++) {
        free(text->splits[how].at);
    }
    free(text);
}

/* ---- Setting ---------------------------------------------------------------------------------------------------- */

static bool is_far_too_large(size_t count, size_t cap, size_t size)
{
    return cap * size > KEPT_BYTES && count < cap / FAR_TOO_LARGE;
}

static void forget_maps(tamis_text *text)
{
    struct text_maps *const maps = &text->maps;
    const size_t tokens = text->has_maps ? (size_t)(maps->words + maps->marks) : 0;
    if (is_far_too_large(tokens, text->outline.cap, sizeof *text->outline.hash)) {
        outline_release(&text->outline);
    }
    text->outline.has_hashes = text->outline.has_word_hashes = false;
    if (is_far_too_large(text->has_maps ? maps->count : 0, maps->cap, sizeof *maps->at)) {
        free(maps->at);
        *maps = (struct text_maps){0};
    }
    text->has_maps = text->has_counts = false;
}

static void forget_tokens(struct text_tokens *tokens)
{
    if (is_far_too_large(tokens->count, tokens->cap, sizeof *tokens->at)) {
        free(tokens->at);
        *tokens = (struct text_tokens){0};
    }
    tokens->count = 0;
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
    forget_maps(text);
    text->has_tokens = false;
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

/* ---- Views ------------------------------------------------------------------------------------------------------ */

static bool make_maps(tamis_text *text)
{
    if (!text->has_maps) {
        if (!masks_reserve(&text->maps, text->bytes.len)) {
            text->failed = true;
            return false;
        }
        text->kernel->map(&text->maps, text->bytes, text->chars);
        text->has_maps = true;
    }
    return true;
}

static struct text_source source_of(const tamis_text *text)
{
    return (struct text_source){text->bytes, &text->maps, text->kernel, text->chars};
}

uint64_t tamis_text_chars(tamis_text *text)
{
    return make_maps(text) ? text->bytes.len - text->maps.follows : 0;
}

tamis_tokens tamis_text_tokens(tamis_text *text)
{
    const struct text_source source = source_of(text);
    if (!text->has_tokens) {
        text->has_tokens = true;
        if (!make_maps(text) || !tokens_make(&text->tokens, &text->outline, &source)) {
            text->failed = true;
            text->tokens.count = 0;
        }
    }
    return (tamis_tokens){text->tokens.at, text->tokens.count, text->tokens.count ? (size_t)text->maps.words : 0};
}

tamis_outline tamis_text_outline(tamis_text *text)
{
    const struct text_source source = source_of(text);
    const struct text_outline *const o = &text->outline;
    if (!make_maps(text) || !outline_make(&text->outline, &source)) {
        text->failed = true;
        return (tamis_outline){0};
    }
    return (tamis_outline){o->begin, o->end, o->hash, (size_t)(text->maps.words + text->maps.marks)};
}

bool text_word_hashes(tamis_text *text, const uint64_t **hashes, size_t *count)
{
    const struct text_source source = source_of(text);
    *hashes = NULL;
    *count = 0;
    if (!make_maps(text) || !outline_make_words(&text->outline, &source)) {
        text->failed = true;
        return false;
    }
    *hashes = text->outline.word_hash;
    *count = (size_t)text->maps.words;
    return !text->failed;
}

tamis_counts tamis_text_counts(tamis_text *text)
{
    if (!make_maps(text)) {
        return (tamis_counts){0};
    }
    if (!text->has_counts) {
        text->counts = text->kernel->count(&text->maps);
        text->has_counts = true;
    }
    return text->counts;
}

bool text_is_unspaced(tamis_text *text)
{
    return make_maps(text) && text->maps.unspaced > text->maps.words / 3;
}

tamis_spans tamis_text_split(tamis_text *text, tamis_split how)
{
    const struct text_source source = source_of(text);
    struct text_spans *const spans = &text->splits[how];
    if (!text->has_split[how]) {
        text->has_split[how] = true;
        if (!make_maps(text) || !spans_make(spans, &source, how)) {
            text->failed = true;
            spans->count = 0;
        }
    }
    return (tamis_spans){spans->at, spans->count};
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
