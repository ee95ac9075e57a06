/*
 * Tables of text for a terminal: columns as wide as what they hold, numbers that people can read. When a table is too
 * wide its numbers are shortened first, then its names. Plain UTF-8, no colours; control characters are shown as '?'.
 */
#ifndef TAMIS_REPORT_GRID_H
#define TAMIS_REPORT_GRID_H

#include "core/buf.h"

enum cell_kind { CELL_NONE, CELL_TEXT, CELL_COUNT, CELL_BYTES, CELL_SHARE, CELL_REAL };

struct cell {
    enum cell_kind kind;
    const char *text; /* borrowed; must outlive the grid */
    uint64_t count;
    double real;      /* NaN shows as '-' */
};

struct grid {
    const char *columns; /* one letter each: 'l' left, 'r' right */
    struct buf cells;
    bool failed;         /* out of memory: checked by grid_print() */
};

void grid_init(struct grid *g, const char *columns);
void grid_release(struct grid *g);
/* Cells fill rows from left to right. */
void grid_text(struct grid *g, const char *text);
void grid_count(struct grid *g, uint64_t count);
void grid_bytes(struct grid *g, uint64_t bytes);
void grid_share(struct grid *g, uint64_t part, uint64_t whole); /* in per cent */
void grid_real(struct grid *g, double value);
/* Whole rows, each opened by `indent` spaces. */
bool grid_print(const struct grid *g, unsigned indent, unsigned width, struct buf *out) TAMIS_MUST_CHECK;

/* 1,234,567 */
bool print_count(struct buf *out, uint64_t count) TAMIS_MUST_CHECK;
/* 12.3 MB; 1 MB is 1,000,000 bytes */
bool print_bytes(struct buf *out, uint64_t bytes) TAMIS_MUST_CHECK;
/* Text with control characters as '?'. */
bool print_text(struct buf *out, const char *text) TAMIS_MUST_CHECK;
/* Words broken into lines of `width`; lines after the first are opened by `indent` spaces. Ends the line. */
bool print_wrapped(struct buf *out, const char *text, unsigned indent, unsigned width) TAMIS_MUST_CHECK;

#endif
