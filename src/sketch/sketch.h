/*
 * From a text to what duplicates are found by: an exact hash, shingles, a MinHash signature, band keys.
 *
 * Shingles are hashes of `shingle` consecutive lower-cased words of words-1 (simple case folding); a text with fewer
 * words has one shingle of all of them; a text without words has none and is an exact duplicate or nothing.
 *
 * The signature is one-permutation hashing with the refill of Fast Similarity Sketching (Dahlgaard, Knudsen, Thorup,
 * FOCS 2017): two texts agree in a slot with probability equal to the Jaccard similarity of their shingle sets.
 */
#ifndef TAMIS_SKETCH_SKETCH_H
#define TAMIS_SKETCH_SKETCH_H

#include "core/hash.h"

#define SKETCH_VERSION 2
#define SKETCH_MAX_SLOTS 1024

/* What makes sketches on one instruction set; to be chosen once by the owner of a thread's tools. All give the same. */
struct sketch_kernels;
const struct sketch_kernels *sketch_kernels(tamis_cpu cpu);

/* XXH3-128 of the text, runs of white space as one space, ends trimmed, case kept; `bytes`: of the text as it is. */
hash128 sketch_exact(const struct sketch_kernels *kernels, tamis_str text, bool bytes);

/* Starts as {0}, or with `kernels` set; else these are the best of the machine from the first shingles on. */
struct shingles {
    uint64_t *at;
    size_t count, cap;
    const struct sketch_kernels *kernels;
};

void shingles_release(struct shingles *s);
/* In text order, a repeated shingle as often as it stands there: a signature needs no more. False when memory runs
 * out. */
bool shingles_make(struct shingles *s, tamis_text *text, unsigned size) TAMIS_MUST_CHECK;
/* Sorted and without repeats: the set that similarity is about. */
void shingles_sort(struct shingles *s);
/* |a and b| and |a or b| of two sorted sets. */
void shingles_compare(const struct shingles *a, const struct shingles *b, uint64_t *common, uint64_t *either);

/* `slots` values of the signature; count must be at least 1, `kernels` set. */
void sketch_signature(const struct shingles *s, unsigned slots, uint32_t *signature);
/* One key per band from bands x rows slots. Keys of different bands never meet. */
void sketch_bands(const uint32_t *signature, unsigned bands, unsigned rows, uint64_t *keys);

/* The share of pairs of Jaccard `similarity` that meet in some band: 1 - (1 - s^rows)^bands. */
double sketch_s_curve(double similarity, unsigned bands, unsigned rows);

#endif
