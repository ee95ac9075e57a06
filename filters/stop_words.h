/*
 * The stop words of Gopher among the tokens of a text: the be to of and that have with, as they stand here. A token of
 * two to four bytes is one number of 32 bits; a multiplication leads from it to the only word that it may be.
 */
#ifndef TAMIS_FILTERS_STOP_WORDS_H
#define TAMIS_FILTERS_STOP_WORDS_H

#include "tamis.h"

#define STOP_WORDS_FACTOR 0x6ec9d287u /* its highest bits with each word: a place of its own */
#define STOP_WORDS_SHIFT 29

#define PACKED(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
/* By place; the first byte lowest. */
#define STOP_WORD_TABLE                                                                                                \
    {                                                                                                                  \
        PACKED('b', 'e', 0, 0), PACKED('t', 'h', 'a', 't'), PACKED('t', 'h', 'e', 0), PACKED('o', 'f', 0, 0),         \
        PACKED('w', 'i', 't', 'h'), PACKED('t', 'o', 0, 0), PACKED('h', 'a', 'v', 'e'), PACKED('a', 'n', 'd', 0)      \
    }

/*
 * A bit by place for each stop word among the tokens from `from` on of `text`, at least until there are `enough`
 * different ones.
 */
typedef unsigned find_stop_words(tamis_outline tokens, tamis_str text, size_t from, double enough);
find_stop_words stop_words_plain, stop_words_avx512; /* the latter on x86-64 */

find_stop_words *stop_words_for(tamis_cpu cpu);

#endif
