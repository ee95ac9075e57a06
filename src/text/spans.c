/*
 * Pieces of a text: trimming, lines, paragraphs. Where lines may break comes from the maps.
 */
#include <stdlib.h>

#include "text/text.h"

/* ---- Trimming --------------------------------------------------------------------------------------------------- */

static size_t leading_space(const unsigned char *at, const unsigned char *end)
{
    const unsigned char *const begin = at;
    uint32_t bytes = 0;
    while (at < end && (chars_class(at, end, &bytes) & CHARS_SPACE)) {
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
        if (!(chars_class(last, end, &bytes) & CHARS_SPACE) || last + bytes != at) {
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

static bool grow(struct text_spans *out)
{
    enum { SMALLEST = 256 };
    const size_t wanted = out->cap ? out->cap * 2 : SMALLEST;
    void *const more = wanted <= SIZE_MAX / sizeof *out->at ? realloc(out->at, wanted * sizeof *out->at) : NULL;
    if (!more) {
        return false;
    }
    out->at = more;
    out->cap = wanted;
    return true;
}

static uint64_t follows(const struct text_block *b)
{
    return b->follows;
}

static bool add_span(struct text_spans *out, const struct text_maps *maps, size_t from, size_t to)
{
    if (out->count == out->cap && !grow(out)) {
        return false;
    }
    const uint64_t more = maps->wide ? masks_count(maps, follows, from, to) : 0;
    out->at[out->count++] = (tamis_span){(uint32_t)from, (uint32_t)(to - from), (uint32_t)(to - from - more)};
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

/* Bytes that may begin a line break, one after the other. */
struct breaks {
    const struct text_maps *maps;
    size_t block;
    uint64_t bits; /* not yet given, of `block` */
    bool pairs;    /* only those with such a byte behind them */
};

static inline uint64_t breaks_in(const struct text_maps *maps, size_t block, bool pairs)
{
    const uint64_t bits = maps->at[block].may_break;
    if (!pairs || !bits) {
        return bits;
    }
    const uint64_t next = block + 1 < maps->count ? maps->at[block + 1].may_break : 0;
    return bits & (bits >> 1 | next << (MASKS_BLOCK - 1));
}

static inline struct breaks breaks_of(const struct text_maps *maps, bool pairs)
{
    return (struct breaks){maps, 0, breaks_in(maps, 0, pairs), pairs};
}

/* False: there are no more. */
static inline bool next_break(struct breaks *b, size_t *place)
{
    while (!b->bits) {
        if (++b->block >= b->maps->count) {
            return false;
        }
        b->bits = breaks_in(b->maps, b->block, b->pairs);
    }
    *place = b->block * MASKS_BLOCK + (size_t)__builtin_ctzll(b->bits);
    b->bits &= b->bits - 1;
    return true;
}

static bool split_lines(struct text_spans *out, const struct text_source *source)
{
    struct breaks breaks = breaks_of(source->maps, false);
    size_t from = 0;
    for (size_t i = 0; next_break(&breaks, &i);) {
        const size_t gap = i >= from ? line_break(source->bytes, i) : 0;
        if (gap && !add_span(out, source->maps, from, i)) {
            return false;
        }
        from = gap ? i + gap : from;
    }
    return from == source->bytes.len || add_span(out, source->maps, from, source->bytes.len);
}

/* At runs of `least` and more LF between `from` and `to`. There is always a last piece, be it empty. */
static bool split_at_newlines(struct text_spans *out, const struct text_source *source, size_t from, size_t to,
                              size_t least)
{
    const char *const at = source->bytes.at;
    struct breaks breaks = breaks_of(source->maps, least > 1); /* what a run begins with has another behind it */
    size_t looked_at = from;
    for (size_t i = 0; next_break(&breaks, &i) && i < to;) {
        if (i < looked_at || at[i] != '\n') {
            continue;
        }
        looked_at = i + 1;
        while (looked_at < to && at[looked_at] == '\n') {
            looked_at++;
        }
        if (looked_at - i >= least) {
            if (!add_span(out, source->maps, from, i)) {
                return false;
            }
            from = looked_at;
        }
    }
    return add_span(out, source->maps, from, to);
}

bool spans_make(struct text_spans *spans, const struct text_source *from, tamis_split how)
{
    spans->count = 0;
    if (how == TAMIS_SPLIT_LINES) {
        return split_lines(spans, from);
    }
    if (how == TAMIS_SPLIT_NEWLINES) {
        return split_at_newlines(spans, from, 0, from->bytes.len, 1);
    }
    const tamis_str trimmed = tamis_trim(from->bytes);
    const size_t begin = (size_t)(trimmed.at - from->bytes.at);
    return split_at_newlines(spans, from, begin, begin + trimmed.len, 2);
}
