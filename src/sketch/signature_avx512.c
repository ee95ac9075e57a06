/* Signatures with AVX-512: slots of eight shingles at once, four banks of slots, a later round looked up by bits. */
#include "sketch/signature.h"

#include "sketch/sketch_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define BANKS 4
#define LANES 16
#define BLOCK 512 /* shingles whose slots are worked out before they are thrown */

/* A bit for each of `lanes` that has one of `left` elements. */
static inline unsigned first_lanes(size_t left, unsigned lanes)
{
    return _bzhi_u32(UINT32_MAX, left < lanes ? (unsigned)left : lanes);
}

static inline __m512i slots_of(__m512i thrown, __m512i slots)
{
    return _mm512_srli_epi64(_mm512_mul_epu32(_mm512_srli_epi64(thrown, 32), slots), 32);
}

static inline void throw_one(uint32_t *bank, uint32_t slot, uint64_t shingle)
{
    const uint32_t value = (uint32_t)shingle, least = bank[slot];
    bank[slot] = value < least ? value : least;
}

static void throw_block(const uint64_t *shingles, size_t count, unsigned slots, size_t width, uint32_t *banks)
{
    uint32_t slot[BLOCK];
    const __m512i wide_slots = _mm512_set1_epi64(slots);
    for (size_t i = 0; i < count; i += 8) {
        const __mmask8 there = (__mmask8)first_lanes(count - i, 8);
        const __m512i thrown = _mm512_maskz_loadu_epi64(there, shingles + i);
        _mm256_storeu_si256((__m256i *)(slot + i), _mm512_cvtepi64_epi32(slots_of(thrown, wide_slots)));
    }
    size_t i = 0;
    for (; i + BANKS <= count; i += BANKS) {
        throw_one(banks, slot[i], shingles[i]);
        throw_one(banks + width, slot[i + 1], shingles[i + 1]);
        throw_one(banks + 2 * width, slot[i + 2], shingles[i + 2]);
        throw_one(banks + 3 * width, slot[i + 3], shingles[i + 3]);
    }
    for (; i < count; i++) {
        throw_one(banks, slot[i], shingles[i]);
    }
}

/* Slot above value. Hits are few and come at random: taken together, a branch is mistaken once and not for each. */
static void fill_hits(struct rounds *r, const uint64_t *hits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        slot_fill(r, (unsigned)(hits[i] >> 32), (uint32_t)hits[i]);
    }
}

static void throw_avx512(struct rounds *r, uint64_t factor)
{
    const __m512i low = _mm512_loadu_si512(r->empty), high = _mm512_loadu_si512(r->empty + 8);
    const __m512i slots = _mm512_set1_epi64(r->slots), times = _mm512_set1_epi64((long long)factor);
    const __m512i one = _mm512_set1_epi64(1);
    uint64_t hits[BLOCK + 16];
    size_t hit_count = 0;
    for (size_t i = 0; i < r->count; i += 8) {
        const __mmask8 there = (__mmask8)first_lanes(r->count - i, 8);
        const __m512i thrown = _mm512_mullo_epi64(_mm512_maskz_loadu_epi64(there, r->shingles + i), times);
        const __m512i slot = slots_of(thrown, slots);
        const __m512i bits = _mm512_permutex2var_epi64(low, _mm512_srli_epi64(slot, 6), high);
        const __mmask8 hit = _mm512_mask_test_epi64_mask(there, bits, _mm512_rolv_epi64(one, slot));
        const __m512i both = _mm512_mask_blend_epi32(0xaaaa, thrown, _mm512_slli_epi64(slot, 32));
        _mm512_storeu_si512(hits + hit_count, _mm512_maskz_compress_epi64(hit, both));
        hit_count += (size_t)_mm_popcnt_u32(hit);
        if (hit_count > BLOCK) {
            fill_hits(r, hits, hit_count);
            hit_count = 0;
        }
    }
    fill_hits(r, hits, hit_count);
}

void signature_avx512(const uint64_t *shingles, size_t count, unsigned slots, uint32_t *signature)
{
    uint32_t banks[BANKS * SKETCH_MAX_SLOTS];
    const size_t width = (slots + LANES - 1) / LANES * LANES;
    const __m512i empty = _mm512_set1_epi32(-1);
    for (size_t j = 0; j < BANKS * width; j += LANES) {
        _mm512_storeu_si512(banks + j, empty);
    }
    for (size_t i = 0; i < count; i += BLOCK) {
        throw_block(shingles + i, count - i < BLOCK ? count - i : BLOCK, slots, width, banks);
    }
    struct rounds r = {.shingles = shingles, .count = count, .slots = slots, .signature = signature};
    for (size_t j = 0; j < slots; j += LANES) {
        __m512i least = _mm512_loadu_si512(banks + j);
        for (size_t b = 1; b < BANKS; b++) {
            least = _mm512_min_epu32(least, _mm512_loadu_si512(banks + b * width + j));
        }
        const __mmask16 there = (__mmask16)first_lanes(slots - j, LANES);
        _mm512_mask_storeu_epi32(signature + j, there, least);
        r.empty[j / 64] |= (uint64_t)_mm512_mask_cmpeq_epi32_mask(there, least, empty) << j % 64;
    }
    signature_refill(&r, throw_avx512);
}

#endif
