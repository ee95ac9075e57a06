/*
 * One pass over the bytes of a text for what clears most texts of rules about lines and symbols: where lines end, and
 * how many signs there are. The vector files have one function each; without vectors only the first pays.
 */
#ifndef TAMIS_FILTERS_TEXT_SIGNS_H
#define TAMIS_FILTERS_TEXT_SIGNS_H

#include "tamis.h"

#define SIGNS_BLOCK 64

/* A bit per byte of `text` that is LF, the first lowest; len / 64 + 1 words. */
typedef void newline_bits(tamis_str text, uint64_t *bits);
newline_bits newline_bits_plain, newline_bits_avx2, newline_bits_avx512;

struct text_signs {
    uint64_t hashes;   /* "#" */
    uint64_t dots;     /* dots with two before them: no fewer than "..." */
    uint64_t ellipses; /* "…" */
    uint64_t bullets;  /* no fewer than lines that begin with "•" or "-", white space left out */
    uint64_t newlines; /* LF */
};

typedef struct text_signs count_signs(tamis_str text);
count_signs count_signs_avx2, count_signs_avx512; /* on x86-64 */

newline_bits *newline_bits_for(tamis_cpu cpu);
count_signs *count_signs_for(tamis_cpu cpu); /* NULL: counting does not pay */

#endif
