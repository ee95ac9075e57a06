/* Signatures with AVX2: four banks of slots, so that a throw rarely waits for the one before. */
#include "sketch/signature.h"

#include "sketch/sketch_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define BANKS 4
#define LANES 8

static inline void throw_one(uint32_t *bank, uint64_t shingle, unsigned slots)
{
    uint32_t *const slot = bank + slot_of(shingle, slots);
    const uint32_t value = (uint32_t)shingle, least = *slot;
    *slot = value < least ? value : least;
}

static void throw_first(const uint64_t *shingles, size_t count, unsigned slots, size_t width, uint32_t *banks)
{
    size_t i = 0;
    for (; i + BANKS <= count; i += BANKS) {
        throw_one(banks, shingles[i], slots);
        throw_one(banks + width, shingles[i + 1], slots);
        throw_one(banks + 2 * width, shingles[i + 2], slots);
        throw_one(banks + 3 * width, shingles[i + 3], slots);
    }
    for (; i < count; i++) {
        throw_one(banks, shingles[i], slots);
    }
}

void signature_avx2(const uint64_t *shingles, size_t count, unsigned slots, uint32_t *signature)
{
    uint32_t banks[BANKS * SKETCH_MAX_SLOTS];
    const size_t width = (slots + LANES - 1) / LANES * LANES;
    const __m256i empty = _mm256_set1_epi32(-1);
    for (size_t j = 0; j < BANKS * width; j += LANES) {
        _mm256_storeu_si256((__m256i *)(banks + j), empty);
    }
    throw_first(shingles, count, slots, width, banks);
    struct rounds r = {.shingles = shingles, .count = count, .slots = slots, .signature = signature};
    for (size_t j = 0; j < slots; j += LANES) {
        __m256i least = _mm256_loadu_si256((const __m256i *)(banks + j));
        for (size_t b = 1; b < BANKS; b++) {
            least = _mm256_min_epu32(least, _mm256_loadu_si256((const __m256i *)(banks + b * width + j)));
        }
        const size_t there = slots - j < LANES ? slots - j : LANES;
        uint32_t values[LANES];
        _mm256_storeu_si256((__m256i *)values, least);
        memcpy(signature + j, values, there * sizeof values[0]);
        const unsigned gaps = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(least, empty)));
        r.empty[j / 64] |= (uint64_t)(gaps & ((1u << there) - 1)) << j % 64;
    }
    signature_refill(&r, throw_plain);
}

#endif
