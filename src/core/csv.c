/*
 * One pass over the bytes, field by field. There are no more cells than commas and line ends, so that all of them
 * are allocated at once.
 */
#include "core/csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/str.h"

struct scan {
    struct csv *table;
    struct arena *arena;
    tamis_err *err;
    const char *at, *end;
    unsigned line, column; /* of `at` */
};

/* ---- Messages --------------------------------------------------------------------------------------------------- */

struct csv_shown csv_show(tamis_str text)
{
    struct csv_shown shown = {{0}};
    const size_t len = text.len < CSV_SHOWN ? text.len : CSV_SHOWN;
    for (size_t i = 0; i < len; i++) {
        shown.at[i] = text.at[i] >= ' ' && text.at[i] < 0x7f ? text.at[i] : '?';
    }
    if (text.len > len) {
        memcpy(shown.at + len, "..", 3);
    }
    return shown;
}

tamis_status csv_fail(const struct csv *table, struct csv_cell at, tamis_err *err, const char *format, ...)
{
    char text[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return tamis_fail(err, TAMIS_INPUT, "%s:%u:%u: %s", table->name, at.line, at.column, text);
}

static struct csv_cell here(const struct scan *s)
{
    return (struct csv_cell){.text = {s->at, 0}, .line = s->line, .column = s->column};
}

/* ---- Fields ----------------------------------------------------------------------------------------------------- */

static void step(struct scan *s)
{
    const unsigned char c = (unsigned char)*s->at++;
    if (c == '\n') {
        s->line++;
        s->column = 1;
    } else if (c < 0x80 || c >= 0xc0) { /* the first byte of a character */
        s->column++;
    }
}

static bool at_line_end(const struct scan *s)
{
    return s->at == s->end || *s->at == '\n' || (*s->at == '\r' && s->at + 1 < s->end && s->at[1] == '\n');
}

static void skip_blanks(struct scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t')) {
        step(s);
    }
}

static void skip_line_end(struct scan *s)
{
    if (s->at < s->end && *s->at == '\r') {
        step(s);
    }
    if (s->at < s->end) {
        step(s);
    }
}

static tamis_status unquote(struct scan *s, struct csv_cell *cell, size_t doubled)
{
    if (doubled == 0) {
        return TAMIS_OK;
    }
    char *const text = arena_alloc(s->arena, cell->text.len);
    if (!text) {
        return tamis_fail(s->err, TAMIS_IO, "%s: out of memory for the table", s->table->name);
    }
    size_t len = 0;
    for (size_t i = 0; i < cell->text.len; i++) {
        text[len++] = cell->text.at[i];
        i += cell->text.at[i] == '"';
    }
    cell->text = (tamis_str){text, len};
    return TAMIS_OK;
}

static tamis_status quoted_field(struct scan *s, struct csv_cell *cell)
{
    size_t doubled = 0;
    step(s);
    cell->text.at = s->at;
    for (; s->at < s->end; step(s)) {
        if (*s->at == '"') {
            if (s->at + 1 == s->end || s->at[1] != '"') {
                break;
            }
            doubled++;
            step(s);
        }
    }
    if (s->at == s->end) {
        return csv_fail(s->table, *cell, s->err, "the quote that opens here is never closed");
    }
    cell->text.len = (size_t)(s->at - cell->text.at);
    step(s);
    skip_blanks(s);
    if (!at_line_end(s) && *s->at != ',') {
        return csv_fail(s->table, here(s), s->err, "after a closing quote a comma or the end of the line must stand; "
                        "a quote inside a quoted field is written twice");
    }
    return unquote(s, cell, doubled);
}

static tamis_status plain_field(struct scan *s, struct csv_cell *cell)
{
    cell->text.at = s->at;
    for (; !at_line_end(s) && *s->at != ','; step(s)) {
        if (*s->at == '"') {
            return csv_fail(s->table, here(s), s->err, "a quote inside a field without quotes; put the whole field "
                            "in quotes and write its quotes twice");
        }
        if (*s->at == '\0' || *s->at == '\r') {
            return csv_fail(s->table, here(s), s->err, "%s; is this a text file with lines that end in a newline?",
                            *s->at ? "a carriage return without a newline" : "a NUL byte");
        }
    }
    size_t len = (size_t)(s->at - cell->text.at);
    while (len > 0 && (cell->text.at[len - 1] == ' ' || cell->text.at[len - 1] == '\t')) {
        len--;
    }
    cell->text.len = len;
    return TAMIS_OK;
}

static tamis_status next_field(struct scan *s, struct csv_cell *cell)
{
    skip_blanks(s);
    *cell = here(s);
    return s->at < s->end && *s->at == '"' ? quoted_field(s, cell) : plain_field(s, cell);
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

static void skip_empty_lines(struct scan *s)
{
    while (s->at < s->end && at_line_end(s)) {
        skip_line_end(s);
    }
}

/* The fields of one line, `room` of them at most; *count may come out one larger. */
static tamis_status next_row(struct scan *s, struct csv_cell *cells, size_t room, size_t *count)
{
    tamis_status status = TAMIS_OK;
    for (*count = 0; !status;) {
        struct csv_cell cell;
        status = next_field(s, &cell);
        if (*count < room) {
            cells[*count] = cell;
        }
        (*count)++;
        if (status || *count > room || at_line_end(s)) {
            break;
        }
        step(s);
    }
    if (!status && *count <= room) {
        skip_line_end(s);
    }
    return status;
}

static tamis_status check_heads(const struct csv *table, tamis_err *err)
{
    for (size_t c = 0; c < table->columns; c++) {
        if (table->heads[c].text.len == 0) {
            return csv_fail(table, table->heads[c], err, "column %zu has no name; the first line names every column",
                            c + 1);
        }
        for (size_t other = 0; other < c; other++) {
            if (str_equal(table->heads[c].text, table->heads[other].text)) {
                return csv_fail(table, table->heads[c], err, "two columns are called '%s'; rename one",
                                csv_show(table->heads[c].text).at);
            }
        }
    }
    return TAMIS_OK;
}

/* There is room for every cell: each ends in a comma or at a line end, which were counted. */
static tamis_status read_rows(struct scan *s)
{
    struct csv *const table = s->table;
    tamis_status status = TAMIS_OK;
    for (skip_empty_lines(s); !status && s->at < s->end; skip_empty_lines(s)) {
        const struct csv_cell begin = here(s);
        size_t count = 0;
        status = next_row(s, table->cells + table->rows * table->columns, table->columns, &count);
        if (!status && count != table->columns) {
            return csv_fail(table, begin, s->err, "this line has %s fields than the header, which has %zu",
                            count < table->columns ? "fewer" : "more", table->columns);
        }
        table->rows += !status;
    }
    return status;
}

static size_t count_separators(tamis_str bytes)
{
    size_t count = 2;
    for (size_t i = 0; i < bytes.len; i++) {
        count += bytes.at[i] == ',' || bytes.at[i] == '\n';
    }
    return count;
}

tamis_status csv_parse(struct csv *table, struct arena *arena, const char *name, tamis_str bytes, tamis_err *err)
{
    const bool marked = bytes.len >= 3 && memcmp(bytes.at, "\xef\xbb\xbf", 3) == 0;
    struct scan s = {.table = table, .arena = arena, .err = err, .line = 1, .column = 1};
    s.at = bytes.at + (marked ? 3 : 0);
    s.end = bytes.at + bytes.len;
    const size_t room = count_separators(bytes);
    *table = (struct csv){.name = arena_strdup(arena, str_from(name))};
    if (room <= SIZE_MAX / sizeof *table->cells) {
        table->cells = arena_alloc(arena, room * sizeof *table->cells);
    }
    if (!table->name || !table->cells) {
        return tamis_fail(err, TAMIS_IO, "%s: out of memory for the table", name);
    }
    skip_empty_lines(&s);
    if (s.at == s.end) {
        return csv_fail(table, here(&s), err, "the file is empty; a header that names the columns is expected");
    }
    table->heads = table->cells;
    tamis_status status = next_row(&s, table->heads, room, &table->columns);
    table->cells += table->columns;
    status = status ? status : check_heads(table, err);
    return status ? status : read_rows(&s);
}

/* ---- Looking at it ---------------------------------------------------------------------------------------------- */

size_t csv_find(const struct csv *table, const char *head)
{
    for (size_t c = 0; c < table->columns; c++) {
        if (str_is(table->heads[c].text, head)) {
            return c;
        }
    }
    return CSV_NONE;
}

/* "a, b, c", as many as fit */
static void list_heads(const struct csv *table, char *text, size_t size)
{
    size_t len = 0;
    text[0] = '\0';
    for (size_t c = 0; c < table->columns && len + CSV_SHOWN + 8 < size; c++) {
        len += (size_t)snprintf(text + len, size - len, "%s%s", c ? ", " : "", csv_show(table->heads[c].text).at);
    }
}

tamis_status csv_want(const struct csv *table, const char *head, size_t *column, tamis_err *err)
{
    *column = csv_find(table, head);
    if (*column != CSV_NONE) {
        return TAMIS_OK;
    }
    char names[500];
    list_heads(table, names, sizeof names);
    const bool other = table->columns == 1 && (memchr(table->heads[0].text.at, ';', table->heads[0].text.len) ||
                                               memchr(table->heads[0].text.at, '\t', table->heads[0].text.len));
    return csv_fail(table, table->heads[0], err, "there is no column '%s'; the header names: %s%s", head, names,
                    other ? "\nFields are parted by commas, not by semicolons or tabs." : "");
}

struct csv_cell csv_at(const struct csv *table, size_t row, size_t column)
{
    struct csv_cell cell = table->cells[row * table->columns + (column == CSV_NONE ? 0 : column)];
    cell.text.len = column == CSV_NONE ? 0 : cell.text.len;
    return cell;
}

tamis_status csv_real(const struct csv *table, size_t row, size_t column, double *value, tamis_err *err)
{
    const struct csv_cell cell = csv_at(table, row, column);
    if (cell.text.len > 0 && str_real(cell.text, value)) {
        return TAMIS_OK;
    }
    const struct csv_shown head = csv_show(column == CSV_NONE ? STR("?") : table->heads[column].text);
    if (cell.text.len == 0) {
        return csv_fail(table, cell, err, "%s is empty; a number is needed", head.at);
    }
    return csv_fail(table, cell, err, "%s is '%s', which is no number such as 2.35 or 1.8e9", head.at,
                    csv_show(cell.text).at);
}
