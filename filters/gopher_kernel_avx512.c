/*
 * The loops over all tokens, sixteen at a time. Windows are gathered and hashed by vector; the heads of their chains
 * are exchanged one by one, since two tokens of sixteen may share one.
 */
#include "gopher_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

enum { LANES = 16, BLOCK = 64 };

/* Gathers take signed offsets of 32 bits. */
#define FAR ((uint32_t)1 << 30)

static bool is_far(const struct grams *g)
{
    return g->at[g->tokens.count] > FAR;
}

static inline uint32_t run_of(const char *a, const char *b, uint32_t least, uint32_t most)
{
    const __mmask64 differs = _mm512_cmpneq_epi8_mask(_mm512_loadu_si512(a), _mm512_loadu_si512(b));
    uint32_t same = (uint32_t)_tzcnt_u64(differs);
    if (same == BLOCK && most > BLOCK) {
        same += gram_common(a + BLOCK, b + BLOCK, most - BLOCK);
    }
    same = same < most ? same : most;
    return same >= least ? same : 0;
}

#include "gopher_follow.h"

static inline __mmask16 lanes(size_t left)
{
    return (__mmask16)_bzhi_u32(0xffff, left < LANES ? (unsigned)left : LANES);
}

/* Writes those of `x` that `which` says to `list`, and no more. */
static inline size_t append(uint32_t *list, size_t count, __mmask16 which, __m512i x)
{
    const unsigned more = (unsigned)_mm_popcnt_u32(which);
    _mm512_mask_storeu_epi32(list + count, lanes(more), _mm512_maskz_compress_epi32(which, x));
    return count + more;
}

static inline __m512i counting(size_t from)
{
    return _mm512_add_epi32(_mm512_set1_epi32((int)from),
                            _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

/* ---- Joining ---------------------------------------------------------------------------------------------------- */

static inline __m512i running_sum(__m512i x)
{
    const __m512i zero = _mm512_setzero_si512();
    x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, LANES - 1));
    x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, LANES - 2));
    x = _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, LANES - 4));
    return _mm512_add_epi32(x, _mm512_alignr_epi32(x, zero, LANES - 8));
}

/* Where tokens begin in the joined text; returns its length. */
static uint32_t place_tokens(struct grams *g)
{
    const tamis_outline *const o = &g->tokens;
    __m512i before = _mm512_setzero_si512();
    for (size_t i = 0; i < o->count; i += LANES) {
        const __mmask16 there = lanes(o->count - i);
        const __m512i bytes = _mm512_sub_epi32(_mm512_maskz_loadu_epi32(there, o->end + i),
                                               _mm512_maskz_loadu_epi32(there, o->begin + i));
        const __m512i sum = running_sum(bytes);
        _mm512_mask_storeu_epi32(g->at + i, there, _mm512_add_epi32(before, _mm512_sub_epi32(sum, bytes)));
        before = _mm512_add_epi32(before, _mm512_permutexvar_epi32(_mm512_set1_epi32(LANES - 1), sum));
    }
    const uint32_t all = (uint32_t)_mm512_cvtsi512_si32(before);
    g->at[o->count] = all;
    return all;
}

static inline __mmask64 in_range(__m512i bytes, char first, char last)
{
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(bytes, _mm512_set1_epi8(first)),
                                  _mm512_set1_epi8((char)(last - first)));
}

/* The bytes of the text but for white space of one byte; returns how many they are. */
static size_t drop_spaces(char *out, tamis_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i += BLOCK) {
        const size_t left = text.len - i;
        const __mmask64 there = _bzhi_u64(UINT64_MAX, left < BLOCK ? (unsigned)left : BLOCK);
        const __m512i bytes = _mm512_maskz_loadu_epi8(there, text.at + i);
        const __mmask64 kept = there & ~(in_range(bytes, 0x09, 0x0d) | in_range(bytes, 0x1c, 0x20));
        _mm512_storeu_si512(out + count, _mm512_maskz_compress_epi8(kept, bytes));
        count += (size_t)_mm_popcnt_u64(kept);
    }
    return count;
}

/* All that is not white space is in a token: without that of one byte the text is joined, if it has no other. */
static void join(struct grams *g, tamis_str text)
{
    const uint32_t all = place_tokens(g);
    if (drop_spaces(g->joined, text) != all) {
        gram_plain.join(g, text);
        return;
    }
    memset(g->joined + all, 0, GRAMS_SLACK);
}

/* ---- Weighing --------------------------------------------------------------------------------------------------- */

static inline __m512i narrow(__m512i low, __m512i high)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi64_epi32(low)), _mm512_cvtepi64_epi32(high), 1);
}

/* grams_hash() of the n-grams from eight tokens on, shortened. */
static inline __m512i hash_grams(const uint64_t *hash, size_t n, __m128i shift)
{
    __m512i h = _mm512_xor_si512(_mm512_loadu_si512(hash), _mm512_rol_epi64(_mm512_loadu_si512(hash + 1), 32));
    h = n > 2 ? _mm512_xor_si512(h, _mm512_rol_epi64(_mm512_loadu_si512(hash + 2), 16)) : h;
    h = n > 3 ? _mm512_xor_si512(h, _mm512_rol_epi64(_mm512_loadu_si512(hash + 3), 48)) : h;
    return _mm512_srl_epi64(h, shift);
}

static uint32_t most_of(const uint32_t *buckets, size_t count)
{
    __m512i most = _mm512_setzero_si512();
    for (size_t i = 0; i < count; i += LANES) {
        most = _mm512_max_epu32(most, _mm512_loadu_si512(buckets + i));
    }
    return _mm512_reduce_max_epu32(most);
}

static inline void add_4(uint32_t *buckets, const uint32_t *bucket, const uint32_t *bytes)
{
    buckets[bucket[0]] += bytes[0];
    buckets[bucket[1]] += bytes[1];
    buckets[bucket[2]] += bytes[2];
    buckets[bucket[3]] += bytes[3];
}

static inline uint32_t heaviest(struct grams *g, size_t n, const uint32_t *at, unsigned bits)
{
    const uint64_t *const hash = g->tokens.hash;
    uint32_t *const buckets = g->buckets;
    const __m128i shift = _mm_cvtsi32_si128((int)(64 - bits));
    const __m512i gaps = _mm512_set1_epi32((int)n - 1);
    const size_t count = g->tokens.count < n ? 0 : g->tokens.count - n + 1;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        uint32_t bucket[LANES], bytes[LANES];
        _mm512_storeu_si512(bucket, narrow(hash_grams(hash + i, n, shift), hash_grams(hash + i + 8, n, shift)));
        const __m512i all = _mm512_sub_epi32(_mm512_loadu_si512(at + i + n), _mm512_loadu_si512(at + i));
        _mm512_storeu_si512(bytes, _mm512_add_epi32(all, gaps));
        add_4(buckets, bucket, bytes);
        add_4(buckets, bucket + 4, bytes + 4);
        add_4(buckets, bucket + 8, bytes + 8);
        add_4(buckets, bucket + 12, bytes + 12);
    }
    for (; i < count; i++) {
        buckets[grams_hash(hash + i, n) >> (64 - bits)] += at[i + n] - at[i] + (uint32_t)n - 1;
    }
    return most_of(buckets, (size_t)1 << bits);
}

static uint32_t weigh(struct grams *g, size_t n, const uint32_t *at, unsigned bits)
{
    return n == 2 ? heaviest(g, 2, at, bits) : n == 3 ? heaviest(g, 3, at, bits) : heaviest(g, 4, at, bits);
}

/* ---- Linking ---------------------------------------------------------------------------------------------------- */

struct parts {
    __m512i low, high; /* of eight bytes, four each */
};

/* Eight bytes at sixteen places. */
static inline struct parts gather8(const char *from, __m512i at)
{
    const __m512i a = _mm512_i32gather_epi64(_mm512_castsi512_si256(at), from, 1);
    const __m512i b = _mm512_i32gather_epi64(_mm512_extracti64x4_epi64(at, 1), from, 1);
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
    return (struct parts){_mm512_permutex2var_epi32(a, even, b), _mm512_permutex2var_epi32(a, odd, b)};
}

static inline __m512i times(__m512i x, uint32_t odd)
{
    return _mm512_mullo_epi32(x, _mm512_set1_epi32((int)odd));
}

/* The heads that tokens with these windows go to. */
static inline __m512i hash_parts(struct parts window, __m128i shift)
{
    return _mm512_srl_epi32(_mm512_add_epi32(times(window.low, 0x9e3779b1u), times(window.high, 0x85ebca77u)), shift);
}

static inline __m512i hash_windows(const char *joined, __m512i at, __m128i shift)
{
    struct parts window = gather8(joined, at);
    const __m512i tail = _mm512_i32gather_epi32(at, joined + GRAMS_WINDOW - 4, 1);
    window.low = _mm512_add_epi32(window.low, _mm512_rol_epi32(tail, 13));
    window.high = _mm512_add_epi32(window.high, times(tail, 0xc2b2ae3du));
    return hash_parts(window, shift);
}

/* Puts four tokens into the table; their `before` gets what the heads were. */
static inline void exchange_4(uint32_t *heads, const uint32_t *slot, uint32_t *before, uint32_t next)
{
    before[0] = heads[slot[0]];
    heads[slot[0]] = next;
    before[1] = heads[slot[1]];
    heads[slot[1]] = next + 1;
    before[2] = heads[slot[2]];
    heads[slot[2]] = next + 2;
    before[3] = heads[slot[3]];
    heads[slot[3]] = next + 3;
}

static size_t exchange_heads(struct grams *g, size_t count, __m128i shift)
{
    const uint32_t *const at = g->at;
    uint32_t *const heads = g->heads, *const before = g->before[0];
    size_t listed = 0;
    for (size_t i = 0; i < count; i += LANES) {
        const __mmask16 there = lanes(count - i);
        const __m512i begin = _mm512_maskz_loadu_epi32(there, at + i);
        const __m512i bytes = _mm512_sub_epi32(_mm512_maskz_loadu_epi32(there, at + i + GRAMS_N), begin);
        const __mmask16 brief = _mm512_mask_cmplt_epu32_mask(there, bytes, _mm512_set1_epi32(GRAMS_WINDOW));
        listed = append(g->list, listed, brief, counting(i));
        uint32_t slot[LANES];
        _mm512_storeu_si512(slot, hash_windows(g->joined, begin, shift));
        const uint32_t next = g->base + (uint32_t)i + 1;
        if (count - i >= LANES) {
            exchange_4(heads, slot, before + i, next);
            exchange_4(heads, slot + 4, before + i + 4, next + 4);
            exchange_4(heads, slot + 8, before + i + 8, next + 8);
            exchange_4(heads, slot + 12, before + i + 12, next + 12);
        } else {
            for (size_t k = 0; k < count - i; k++) {
                before[i + k] = heads[slot[k]];
                heads[slot[k]] = next + (uint32_t)k;
            }
        }
    }
    return listed;
}

/* In a pass of its own: loading what was just stored in smaller parts would have to wait. */
static size_t link_tokens(struct grams *g, unsigned bits)
{
    if (is_far(g)) {
        return gram_plain.link(g, bits);
    }
    const size_t count = grams_starts(g);
    const size_t listed = exchange_heads(g, count, _mm_cvtsi32_si128((int)(32 - bits)));
    const __m512i base = _mm512_set1_epi32((int)g->base);
    uint32_t *const flags = grams_flags(g);
    for (size_t i = 0; i < count; i += LANES) {
        const __mmask16 there = lanes(count - i);
        const __m512i heads = _mm512_maskz_loadu_epi32(there, g->before[0] + i);
        const __m512i before = _mm512_sub_epi32(_mm512_max_epu32(heads, base), base);
        _mm512_mask_storeu_epi32(g->before[0] + i, there, before);
        const uint32_t linked = _mm512_test_epi32_mask(before, before);
        flags[i / GRAMS_FLAGS] = i % GRAMS_FLAGS ? flags[i / GRAMS_FLAGS] | linked << LANES : linked;
    }
    g->base += (uint32_t)g->tokens.count;
    return listed;
}

static size_t link_brief(struct grams *g, size_t listed, size_t level, unsigned bits)
{
    if (is_far(g)) {
        return gram_plain.link_brief(g, listed, level, bits);
    }
    const __m128i shift = _mm_cvtsi32_si128((int)(32 - bits));
    const __m512i width = _mm512_set1_epi32((int)windows[level]);
    const uint32_t base = g->base;
    uint32_t *const heads = g->heads, *const before = g->before[level], *const flags = grams_flags(g);
    size_t kept = 0;
    for (size_t k = 0; k < listed; k += LANES) {
        const __mmask16 there = lanes(listed - k);
        const __m512i token = _mm512_maskz_loadu_epi32(there, g->list + k);
        const __m512i begin = _mm512_i32gather_epi32(token, g->at, 4);
        const __m512i end = _mm512_i32gather_epi32(token, g->at + GRAMS_N, 4);
        struct parts window = gather8(g->joined, begin);
        window.high = level == 1 ? window.high : _mm512_and_si512(window.high, _mm512_set1_epi32(0xff));
        uint32_t slot[LANES], tokens[LANES];
        _mm512_storeu_si512(slot, hash_parts(window, shift));
        _mm512_storeu_si512(tokens, token);
        const size_t left = listed - k < LANES ? listed - k : LANES;
        for (size_t t = 0; t < left; t++) {
            const uint32_t i = tokens[t], head = heads[slot[t]], earlier = (head > base ? head : base) - base;
            heads[slot[t]] = base + i + 1;
            before[i] = earlier;
            flags[i / GRAMS_FLAGS] |= (uint32_t)(earlier != 0) << i % GRAMS_FLAGS;
        }
        const __mmask16 brief = _mm512_mask_cmplt_epu32_mask(there, _mm512_sub_epi32(end, begin), width);
        kept = append(g->list, kept, brief, token);
    }
    g->base += (uint32_t)g->tokens.count;
    return kept;
}

/* ---- Listing ---------------------------------------------------------------------------------------------------- */

static size_t list_flagged(const struct grams *g)
{
    const uint32_t *const flags = grams_flags(g);
    const size_t count = grams_starts(g);
    size_t listed = 0;
    for (size_t i = 0; i < count; i += LANES) {
        const __mmask16 flagged = (__mmask16)(flags[i / GRAMS_FLAGS] >> i % GRAMS_FLAGS);
        listed = append(g->list, listed, flagged, counting(i));
    }
    return listed;
}

/* Tokens on the first level, and where to go on with them. */
struct sixteen {
    __m512i token, begin, bytes; /* the latter two of the first n-gram that may be duplicated */
    __m512i before;              /* the one looked at, and one */
    __mmask16 on;                /* those with one that is not known to be another by chance */
};

/* Goes back to the first token with the same bytes at the end, or a few steps. */
static inline void follow(const struct grams *g, struct sixteen *s)
{
    enum { FEW = 6 };
    const __m512i one = _mm512_set1_epi32(1);
    const __m512i reach = _mm512_max_epu32(s->bytes, _mm512_set1_epi32(GRAMS_WINDOW));
    const __m512i tail = _mm512_sub_epi32(reach, _mm512_set1_epi32(8));
    const struct parts own = gather8(g->joined, _mm512_add_epi32(s->begin, tail));
    __mmask16 searching = s->on;
    for (int step = 0; step < FEW && searching; step++) {
        const __m512i earlier = _mm512_sub_epi32(s->before, one);
        const __m512i begin = _mm512_mask_i32gather_epi32(s->begin, searching, earlier, g->at, 4);
        const struct parts other = gather8(g->joined, _mm512_add_epi32(begin, tail));
        searching &= _mm512_cmpneq_epi32_mask(own.low, other.low) | _mm512_cmpneq_epi32_mask(own.high, other.high);
        s->before = _mm512_mask_i32gather_epi32(s->before, searching, earlier, g->before[0], 4);
        const __mmask16 over = searching & _mm512_testn_epi32_mask(s->before, s->before);
        searching &= (__mmask16)~over;
        s->on &= (__mmask16)~over;
    }
}

/* Those that have one before them on a next level. */
static inline __mmask16 linked_brief(const struct grams *g, const struct sixteen *s, __mmask16 there)
{
    const __mmask16 brief = _mm512_mask_cmplt_epu32_mask(there, s->bytes, _mm512_set1_epi32(GRAMS_WINDOW));
    if (!brief) {
        return 0;
    }
    const __mmask16 briefer = _mm512_mask_cmplt_epu32_mask(there, s->bytes, _mm512_set1_epi32(8));
    const __m512i zero = _mm512_setzero_si512();
    const __m512i a = _mm512_mask_i32gather_epi32(zero, brief, s->token, g->before[1], 4);
    const __m512i b = _mm512_mask_i32gather_epi32(zero, briefer, s->token, g->before[2], 4);
    const __m512i any = _mm512_or_si512(a, b);
    return _mm512_test_epi32_mask(any, any);
}

static size_t list_tokens(struct grams *g)
{
    if (is_far(g)) {
        return gram_plain.list(g);
    }
    const size_t listed = list_flagged(g);
    size_t kept = 0;
    for (size_t k = 0; k < listed; k += LANES) {
        const __mmask16 there = lanes(listed - k);
        struct sixteen s = {.token = _mm512_maskz_loadu_epi32(there, g->list + k)};
        s.begin = _mm512_i32gather_epi32(s.token, g->at, 4);
        s.bytes = _mm512_sub_epi32(_mm512_i32gather_epi32(s.token, g->at + GRAMS_N, 4), s.begin);
        s.before = _mm512_i32gather_epi32(s.token, g->before[0], 4);
        s.on = _mm512_mask_test_epi32_mask(there, s.before, s.before);
        follow(g, &s);
        const __mmask16 looked_at = s.on | linked_brief(g, &s, there);
        append(grams_first(g), kept, looked_at, _mm512_maskz_mov_epi32(s.on, s.before));
        kept = append(g->list, kept, looked_at, s.token);
    }
    return kept;
}

const struct gram_kernel gram_avx512 = {
    join, weigh, link_tokens, link_brief, list_tokens, find_reaches, walk,
};
#else
typedef int no_avx512; /* a file must hold something */
#endif
