/*
 * A piece counts as seen before when it has the length and the ends of an earlier one, and now and then when it has
 * not: bits chosen by a hash remember.
 */
#include "gopher_spans.h"

#include <string.h>

#define SEEN_BITS 12
#define AT_ONCE 4096 /* bytes */

struct pieces {
    struct span_bound bound;
    size_t from; /* where the next piece begins */
    uint64_t seen[(1u << SEEN_BITS) / 64];
};

struct splitter {
    tamis_str text;
    size_t begin, end;       /* of the text without white space at its ends */
    size_t run, behind_run;  /* the line ends in a row that were met last; none yet: both 0 */
    struct pieces paragraphs, lines;
};

/* Eight bytes, or as many as there are; `at` + `bytes` is in the text. */
static inline uint64_t load_up_to_8(tamis_str text, size_t at, size_t bytes)
{
    uint64_t x = 0;
    if (at + sizeof x <= text.len) {
        memcpy(&x, text.at + at, sizeof x);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
        x = __builtin_bswap64(x);
#endif
        return bytes < sizeof x ? x & (((uint64_t)1 << 8 * bytes) - 1) : x;
    }
    for (size_t i = 0; i < bytes && i < sizeof x; i++) {
        x |= (uint64_t)(unsigned char)text.at[at + i] << 8 * i;
    }
    return x;
}

/* A hash of the length and of the bytes at both ends. */
static inline uint64_t hash_ends(tamis_str text, size_t at, size_t bytes)
{
    const uint64_t first = load_up_to_8(text, at, bytes);
    const uint64_t last = bytes > 8 ? load_up_to_8(text, at + bytes - 8, 8) : 0;
    return (first + bytes) * 0x9fb21c651e98df25u + last * 0xd6e8feb86659fd93u;
}

/* The piece up to `to`; the next one begins at `next`. */
static inline void add_piece(struct pieces *p, tamis_str text, size_t to, size_t next)
{
    const size_t bytes = to - p->from;
    const uint64_t h = hash_ends(text, p->from, bytes) >> (64 - SEEN_BITS), bit = (uint64_t)1 << h % 64;
    const uint64_t again = p->seen[h / 64] & bit ? UINT64_MAX : 0;
    p->seen[h / 64] |= bit;
    p->bound.repeats -= again;
    p->bound.bytes += again & bytes;
    p->bound.count++;
    p->from = next;
}

/* Ends pieces at the run that was met last. */
static inline void end_run(struct splitter *s)
{
    if (s->behind_run == 0) {
        return;
    }
    add_piece(&s->lines, s->text, s->run, s->behind_run);
    if (s->behind_run - s->run > 1 && s->run > s->begin && s->run < s->end) {
        add_piece(&s->paragraphs, s->text, s->run, s->behind_run);
    }
}

static inline void add_newline(struct splitter *s, size_t at)
{
    if (at != s->behind_run || at == 0) {
        end_run(s);
        s->run = at;
    }
    s->behind_run = at + 1;
}

struct span_bounds bound_spans(tamis_str text, newline_bits *find)
{
    const tamis_str trimmed = tamis_trim(text);
    const size_t begin = (size_t)(trimmed.at - text.at);
    struct splitter s = {.text = text, .begin = begin, .end = begin + trimmed.len, .paragraphs = {.from = begin}};
    for (size_t from = 0; from < text.len; from += AT_ONCE) {
        const size_t bytes = text.len - from < AT_ONCE ? text.len - from : AT_ONCE;
        uint64_t bits[AT_ONCE / SIGNS_BLOCK + 1];
        find((tamis_str){text.at + from, bytes}, bits);
        for (size_t word = 0; word * SIGNS_BLOCK < bytes; word++) {
            for (uint64_t left = bits[word]; left; left &= left - 1) {
                add_newline(&s, from + word * SIGNS_BLOCK + (size_t)__builtin_ctzll(left));
            }
        }
    }
    end_run(&s);
    add_piece(&s.lines, text, text.len, text.len);
    add_piece(&s.paragraphs, text, s.end, s.end);
    return (struct span_bounds){s.paragraphs.bound, s.lines.bound};
}
