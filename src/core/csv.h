/*
 * A small table of comma-separated values held in memory (RFC 4180): a header, then rows of as many fields. Lines end
 * in LF or CR LF; a field in double quotes may hold commas, line ends and quotes written twice. Three things are more
 * lenient than the RFC: a byte order mark at the start, blanks around a field without quotes, and empty lines are let
 * go. Everything else that is no table is TAMIS_INPUT with file, line and column, both from 1, columns in characters.
 */
#ifndef TAMIS_CORE_CSV_H
#define TAMIS_CORE_CSV_H

#include "core/arena.h"

#define CSV_NONE SIZE_MAX

struct csv_cell {
    tamis_str text; /* without quotes; empty: nothing stands there */
    unsigned line, column;
};

struct csv {
    const char *name;       /* for messages */
    size_t columns, rows;   /* rows without the header; may be 0 */
    struct csv_cell *heads; /* names of the columns: all different, none empty */
    struct csv_cell *cells; /* row by row */
};

/* Cells point into `bytes` or the arena and live as long as both. `name` is copied. */
tamis_status csv_parse(struct csv *table, struct arena *arena, const char *name, tamis_str bytes, tamis_err *err)
    TAMIS_MUST_CHECK;

/* The column called `head`, or CSV_NONE. */
size_t csv_find(const struct csv *table, const char *head);
/* The same for a column that must be there; the message names the nearest, or those there are. */
tamis_status csv_want(const struct csv *table, const char *head, size_t *column, tamis_err *err) TAMIS_MUST_CHECK;

/* The cell of a row, from 0. Asking for CSV_NONE gives an empty cell at the row's beginning. */
struct csv_cell csv_at(const struct csv *table, size_t row, size_t column);
/* The number in a cell: decimals as in str_real(), nothing else. An empty cell is an error. */
tamis_status csv_real(const struct csv *table, size_t row, size_t column, double *value, tamis_err *err)
    TAMIS_MUST_CHECK;

/* TAMIS_INPUT: "FILE:LINE:COLUMN: ..." */
tamis_status csv_fail(const struct csv *table, struct csv_cell at, tamis_err *err, const char *format, ...)
    TAMIS_PRINTF(4, 5);

/* What a cell holds, for messages: cut to CSV_SHOWN bytes, characters that could disturb a terminal as '?'. */
#define CSV_SHOWN 40
struct csv_shown {
    char at[CSV_SHOWN + 4];
};
struct csv_shown csv_show(tamis_str text);

#endif
