/*
 * Rows of 1 to 10 unsigned 64-bit words in memory: parted and sorted in place, compared word by word.
 */
#ifndef TAMIS_CORE_ROWS_H
#define TAMIS_CORE_ROWS_H

#include "tamis.h"

#define ROWS_MAX_WORDS 10
#define ROWS_MAX_PARTS 256

/* How rows are parted: by (word - low) >> shift, the last part taking whatever lies above. */
struct rows_cut {
    unsigned words, word, shift;
    uint64_t low;
    size_t parts;
};

static inline int rows_compare(const uint64_t *a, const uint64_t *b, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i] ? -1 : 1;
        }
    }
    return 0;
}

static inline void rows_copy(uint64_t *to, const uint64_t *from, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        to[i] = from[i];
    }
}

/* A cut of [low, high], the range of word `word`, into at most `parts` parts: a power of two up to ROWS_MAX_PARTS. */
struct rows_cut rows_cut(unsigned words, unsigned word, uint64_t low, uint64_t high, size_t parts);
/* Brings rows of the same part together, parts in order, in place; part i ends before row ends[i]. */
void rows_part(uint64_t *rows, size_t count, const struct rows_cut *cut, size_t *ends);
/* The smallest and largest value of a word; count is at least 1. */
void rows_range(const uint64_t *rows, size_t count, unsigned words, unsigned word, uint64_t *low, uint64_t *high);
/* Sorts rows that agree in all words before `word`. */
void rows_sort(uint64_t *rows, size_t count, unsigned words, unsigned word);

#endif
