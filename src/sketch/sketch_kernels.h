/*
 * The parts of a sketch that exist once for every instruction set. All sets give the same bytes. Callers outside of the
 * sketch use sketch.h.
 */
#ifndef TAMIS_SKETCH_SKETCH_KERNELS_H
#define TAMIS_SKETCH_SKETCH_KERNELS_H

#include "core/hash.h"

/* The words of a shingle, each turned by 13 bits more than the next one, added without carry. */
#define COMBINE_TURN 13
#define COMBINE_DIRECT 8 /* words of the longest shingle that is made so; see combine_long() */
#define COMBINE_COUNT 0x9e3779b97f4a7c15u /* times the number of words; these are odd numbers with well-mixed bits */
#define COMBINE_MIX 0xd1342543de82ef95u
#define COMBINE_POLYNOMIAL 0xd1342543de82ef95u

struct sketch_kernels {
    /* shingles[i] from words[i .. i + size), for `count` at least 1; reads count + size - 1 words. */
    void (*combine)(const uint64_t *words, size_t count, unsigned size, uint64_t *shingles);
    /* As sketch_signature(). */
    void (*signature)(const uint64_t *shingles, size_t count, unsigned slots, uint32_t *signature);
    /* XXH3-128 of a text with its white space made one space, and of bytes as they are. */
    hash128 (*exact)(const uint8_t *text, size_t len);
    hash128 (*bytes)(const void *bytes, size_t len);
};

void combine_plain(const uint64_t *words, size_t count, unsigned size, uint64_t *shingles);
void combine_avx512(const uint64_t *words, size_t count, unsigned size, uint64_t *shingles);
/* For more than COMBINE_DIRECT words: a polynomial, rolled along. */
void combine_long(const uint64_t *words, size_t count, unsigned size, uint64_t *shingles);

void signature_plain(const uint64_t *shingles, size_t count, unsigned slots, uint32_t *signature);
void signature_avx2(const uint64_t *shingles, size_t count, unsigned slots, uint32_t *signature);
void signature_avx512(const uint64_t *shingles, size_t count, unsigned slots, uint32_t *signature);

hash128 exact_plain(const uint8_t *text, size_t len);
hash128 exact_avx2(const uint8_t *text, size_t len);
hash128 exact_avx512(const uint8_t *text, size_t len);
hash128 exact_bytes_avx2(const void *bytes, size_t len);
hash128 exact_bytes_avx512(const void *bytes, size_t len);

#endif
