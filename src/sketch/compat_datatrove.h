/*
 * The signature that datatrove 0.10 gives an English text with its defaults, value for value: for corpora that were
 * begun with it. Found by experiment and from its documentation and rules; compared with it in tests and by
 * bench/peers/datatrove_equal.py.
 *
 * A text is normalised (lower case; numbers become 0; a list of punctuation and control characters becomes white space;
 * runs of that one space; canonical decomposition without nonspacing marks) and cut into words as spaCy's rules for
 * English do. Five words joined by spaces make a shingle, its XXH64 is h, and slot i of the signature is the minimum
 * over all shingles of ((a[i] h + b[i]) mod 2^64) mod (2^61 - 1), where a and b are drawn by a Mersenne Twister of seed
 * 1. A text of fewer than five words has no signature.
 *
 * Characters are those of Unicode 14 or 15; a character assigned later may be told apart from others by one and not by
 * the other.
 */
#ifndef TAMIS_SKETCH_COMPAT_DATATROVE_H
#define TAMIS_SKETCH_COMPAT_DATATROVE_H

#include "tamis.h"

#define COMPAT_BANDS 14u
#define COMPAT_ROWS 8u
#define COMPAT_SHINGLE 5u
#define COMPAT_SLOTS (COMPAT_BANDS * COMPAT_ROWS)

struct compat; /* one thread's tools */

struct compat *compat_new(void) TAMIS_MUST_CHECK; /* NULL: out of memory */
void compat_free(struct compat *c);               /* accepts NULL */
/* *is_signed is false, and the signature not set, for a text that is too short. False: out of memory. */
bool compat_signature(struct compat *c, tamis_str text, uint64_t signature[COMPAT_SLOTS], bool *is_signed)
    TAMIS_MUST_CHECK;
/* One key per band, made of its values. Keys of different bands never meet. */
void compat_bands(const uint64_t signature[COMPAT_SLOTS], uint64_t keys[COMPAT_BANDS]);

#endif
