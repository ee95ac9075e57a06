/*
 * Sorting rows in place: the "American flag" permutation of McIlroy, Bostic and McIlroy (Engineering Radix Sort, 1993),
 * with digits taken from the range that is present, so that words which differ in few bits cost few passes; insertion
 * sort for few rows. Owns nothing.
 */
#include "core/rows.h"

#include <string.h>

enum { FEW_ROWS = 24 /* up to here insertion sort is faster */ };

static unsigned bit_length(uint64_t x)
{
    unsigned bits = 0;
    while (x > 0) {
        x >>= 1;
        bits++;
    }
    return bits;
}

static inline void swap_rows(uint64_t *a, uint64_t *b, unsigned words)
{
    for (unsigned i = 0; i < words; i++) {
        const uint64_t kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

static inline size_t part_of(const struct rows_cut *cut, const uint64_t *row)
{
    const uint64_t part = (row[cut->word] - cut->low) >> cut->shift;
    return part < cut->parts ? (size_t)part : cut->parts - 1;
}

struct rows_cut rows_cut(unsigned words, unsigned word, uint64_t low, uint64_t high, size_t parts)
{
    const unsigned range = bit_length(high - low), digit = bit_length(parts) - 1;
    const unsigned shift = range > digit ? range - digit : 0;
    return (struct rows_cut){.words = words, .word = word, .shift = shift, .low = low, .parts = parts};
}

void rows_part(uint64_t *rows, size_t count, const struct rows_cut *cut, size_t *ends)
{
    const unsigned words = cut->words;
    size_t next[ROWS_MAX_PARTS];
    memset(ends, 0, cut->parts * sizeof(*ends));
    for (size_t i = 0; i < count; i++) {
        ends[part_of(cut, rows + i * words)]++;
    }
    size_t from = 0;
    for (size_t part = 0; part < cut->parts; part++) {
        next[part] = from;
        from += ends[part];
        ends[part] = from;
    }
    for (size_t part = 0; part < cut->parts; part++) {
        while (next[part] < ends[part]) {
            uint64_t *row = rows + next[part] * words;
            for (size_t to = part_of(cut, row); to != part; to = part_of(cut, row)) {
                swap_rows(row, rows + next[to]++ * words, words);
            }
            next[part]++;
        }
    }
}

static void insertion_sort(uint64_t *rows, size_t count, unsigned words, unsigned word)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t row[ROWS_MAX_WORDS];
        size_t to = i;
        rows_copy(row, rows + i * words, words);
        while (to > 0 && rows_compare(row + word, rows + (to - 1) * words + word, words - word) < 0) {
            rows_copy(rows + to * words, rows + (to - 1) * words, words);
            to--;
        }
        rows_copy(rows + to * words, row, words);
    }
}

void rows_range(const uint64_t *rows, size_t count, unsigned words, unsigned word, uint64_t *low, uint64_t *high)
{
    uint64_t min = rows[word], max = min;
    for (size_t i = 1; i < count; i++) {
        const uint64_t value = rows[i * words + word];
        min = value < min ? value : min;
        max = value > max ? value : max;
    }
    *low = min;
    *high = max;
}

/* Every call parts a range that is at least four times smaller: at most 32 deep per word, in practice three or four. */
void rows_sort(uint64_t *rows, size_t count, unsigned words, unsigned word)
{
    uint64_t low, high;
    if (word == words) {
        return;
    }
    if (count <= FEW_ROWS) {
        insertion_sort(rows, count, words, word);
        return;
    }
    rows_range(rows, count, words, word, &low, &high);
    while (low == high) {
        if (++word == words) {
            return;
        }
        rows_range(rows, count, words, word, &low, &high);
    }
    size_t parts = 4;
    while (parts < ROWS_MAX_PARTS && parts * 8 < count) {
        parts *= 2;
    }
    const struct rows_cut cut = rows_cut(words, word, low, high, parts);
    size_t ends[ROWS_MAX_PARTS];
    rows_part(rows, count, &cut, ends);
    for (size_t part = 0, from = 0; part < parts; from = ends[part++]) {
        if (ends[part] - from > 1) {
            rows_sort(rows + from * words, ends[part] - from, words, cut.shift == 0 ? word + 1 : word);
        }
    }
}
