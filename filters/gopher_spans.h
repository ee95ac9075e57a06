/*
 * Paragraphs and lines of a text that repeat at most, found in one pass over its line ends: what clears most texts.
 */
#ifndef TAMIS_FILTERS_GOPHER_SPANS_H
#define TAMIS_FILTERS_GOPHER_SPANS_H

#include "text_signs.h"

struct span_bound {
    uint64_t repeats, bytes; /* no fewer than the pieces seen before, and what they hold */
    uint64_t count;          /* of all pieces */
};

/* Pieces as of TAMIS_SPLIT_PARAGRAPHS and of TAMIS_SPLIT_NEWLINES. */
struct span_bounds {
    struct span_bound paragraphs, lines;
};

struct span_bounds bound_spans(tamis_str text, newline_bits *find);

#endif
