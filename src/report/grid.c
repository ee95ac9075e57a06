/* See grid.h. A table is measured by printing its cells, so what is measured is what is shown. */
#include "report/grid.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

#define GAP 2u          /* spaces between columns */
#define NAME_LEAST 8u   /* columns that a shortened name keeps */
#define COLUMNS_MOST 16u

/* ---- Numbers and words ------------------------------------------------------------------------------------------ */

bool print_count(struct buf *out, uint64_t count)
{
    char digits[24];
    const int len = snprintf(digits, sizeof digits, "%" PRIu64, count);
    bool fine = true;
    for (int i = 0; fine && i < len; i++) {
        fine = (i == 0 || (len - i) % 3 != 0 || buf_add_char(out, ',')) && buf_add_char(out, digits[i]);
    }
    return fine;
}

/* Three digits and a unit: 1.23 k, 45.6 M. */
static bool print_scaled(struct buf *out, uint64_t count, const char *const *units)
{
    double value = (double)count;
    size_t unit = 0;
    if (count < 1000) {
        return buf_printf(out, "%" PRIu64 "%s", count, units[0]);
    }
    for (; value >= 999.5 && unit < 6; unit++) {
        value /= 1000;
    }
    return buf_printf(out, "%.*f%s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, units[unit]);
}

bool print_bytes(struct buf *out, uint64_t bytes)
{
    static const char *const units[] = {" B", " kB", " MB", " GB", " TB", " PB", " EB"};
    return print_scaled(out, bytes, units);
}

static bool print_brief(struct buf *out, uint64_t count)
{
    static const char *const units[] = {"", " k", " M", " G", " T", " P", " E"};
    return count < 10000 ? print_count(out, count) : print_scaled(out, count, units);
}

/* One character of a text and the columns it takes; what is no printable character is a '?'. */
static size_t next_character(const char *text, unsigned *columns, bool *shown)
{
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &character);
    const utf8proc_category_t category = len > 0 ? utf8proc_category(character) : UTF8PROC_CATEGORY_CN;
    const int width = len > 0 ? utf8proc_charwidth(character) : 1;
    *shown = len > 0 && category != UTF8PROC_CATEGORY_CC && category != UTF8PROC_CATEGORY_CF &&
             category != UTF8PROC_CATEGORY_ZL && category != UTF8PROC_CATEGORY_ZP;
    *columns = *shown && width >= 0 ? (unsigned)width : 1;
    return len > 0 ? (size_t)len : 1;
}

/* At most `width` columns of a text, the last two of them dots where it is longer. */
static bool print_fitting(struct buf *out, const char *text, unsigned width)
{
    unsigned all = 0, used = 0, columns = 0;
    bool fine = true, shown = false;
    for (const char *at = text; *at; at += next_character(at, &columns, &shown), all += columns) {
    }
    const unsigned room = all > width && width > 2 ? width - 2 : width;
    for (const char *at = text; fine && *at;) {
        const size_t len = next_character(at, &columns, &shown);
        if (used + columns > room) {
            break;
        }
        fine = shown ? buf_add(out, at, len) : buf_add_char(out, '?');
        used += columns;
        at += len;
    }
    return fine && (all <= width || buf_printf(out, ".."));
}

bool print_text(struct buf *out, const char *text)
{
    return print_fitting(out, text, UINT32_MAX);
}

static unsigned columns_of(const char *text)
{
    unsigned all = 0, columns = 0;
    bool shown = false;
    while (*text) {
        text += next_character(text, &columns, &shown);
        all += columns;
    }
    return all;
}

bool print_wrapped(struct buf *out, const char *text, unsigned indent, unsigned width)
{
    bool fine = true;
    unsigned column = 0;
    struct buf word;
    buf_init(&word, BUF_UNLIMITED);
    for (const char *at = text; fine && *at;) {
        const size_t len = strcspn(at, " ");
        buf_clear(&word);
        fine = buf_add(&word, at, len);
        const unsigned columns = fine ? columns_of(word.at) : 0;
        if (fine && column > 0 && column + 1 + columns > width) {
            fine = buf_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (fine && column > 0) {
            fine = buf_add_char(out, ' ');
            column++;
        }
        fine = fine && print_text(out, word.at);
        column += columns;
        at += len + (at[len] == ' ');
    }
    buf_release(&word);
    return fine && buf_add_char(out, '\n');
}

/* ---- Cells ------------------------------------------------------------------------------------------------------ */

void grid_init(struct grid *g, const char *columns)
{
    *g = (struct grid){.columns = columns};
    buf_init(&g->cells, BUF_UNLIMITED);
}

void grid_release(struct grid *g)
{
    buf_release(&g->cells);
}

static void add(struct grid *g, struct cell cell)
{
    g->failed = g->failed || !buf_add(&g->cells, &cell, sizeof cell);
}

void grid_text(struct grid *g, const char *text)
{
    add(g, (struct cell){.kind = CELL_TEXT, .text = text});
}

void grid_count(struct grid *g, uint64_t count)
{
    add(g, (struct cell){.kind = CELL_COUNT, .count = count});
}

void grid_bytes(struct grid *g, uint64_t bytes)
{
    add(g, (struct cell){.kind = CELL_BYTES, .count = bytes});
}

void grid_share(struct grid *g, uint64_t part, uint64_t whole)
{
    add(g, (struct cell){.kind = CELL_SHARE, .real = whole ? 100 * (double)part / (double)whole : NAN});
}

void grid_real(struct grid *g, double value)
{
    add(g, (struct cell){.kind = CELL_REAL, .real = value});
}

static bool print_cell(struct buf *out, const struct cell *cell, bool brief, unsigned width)
{
    switch (cell->kind) {
    case CELL_TEXT:
        return print_fitting(out, cell->text, width);
    case CELL_COUNT:
        return brief ? print_brief(out, cell->count) : print_count(out, cell->count);
    case CELL_BYTES:
        return print_bytes(out, cell->count);
    case CELL_SHARE:
        return isnan(cell->real)                         ? buf_add_char(out, '-')
               : cell->real > 0 && cell->real < 0.005 ? buf_printf(out, "<0.01 %%")
                                                      : buf_printf(out, "%.2f %%", cell->real);
    case CELL_REAL:
        return isnan(cell->real) ? buf_add_char(out, '-') : buf_printf(out, "%.6g", cell->real);
    case CELL_NONE:
        break;
    }
    return true;
}

/* ---- Tables ----------------------------------------------------------------------------------------------------- */

struct layout {
    const struct cell *cells;
    size_t columns, rows;
    unsigned widths[COLUMNS_MOST];
    unsigned total;
    bool brief;
};

static bool measure(struct layout *l, bool brief)
{
    struct buf text;
    bool fine = true;
    buf_init(&text, BUF_UNLIMITED);
    l->brief = brief;
    l->total = (unsigned)(l->columns - 1) * GAP;
    memset(l->widths, 0, sizeof l->widths);
    for (size_t i = 0; fine && i < l->columns * l->rows; i++) {
        buf_clear(&text);
        fine = print_cell(&text, &l->cells[i], brief, UINT32_MAX);
        const unsigned columns = fine && text.len ? columns_of(text.at) : 0;
        unsigned *const width = &l->widths[i % l->columns];
        *width = columns > *width ? columns : *width;
    }
    for (size_t c = 0; c < l->columns; c++) {
        l->total += l->widths[c];
    }
    buf_release(&text);
    return fine;
}

/* Takes what is too much from the widest columns of names. */
static void narrow(struct layout *l, const char *columns, unsigned width)
{
    while (l->total > width) {
        size_t widest = l->columns;
        for (size_t c = 0; c < l->columns; c++) {
            if (columns[c] == 'l' && l->widths[c] > NAME_LEAST &&
                (widest == l->columns || l->widths[c] > l->widths[widest])) {
                widest = c;
            }
        }
        if (widest == l->columns) {
            return;
        }
        l->widths[widest]--;
        l->total--;
    }
}

static bool print_padded(struct buf *out, const struct layout *l, const char *columns, size_t i, struct buf *text)
{
    const size_t c = i % l->columns;
    const bool last = c + 1 == l->columns;
    buf_clear(text);
    if (!print_cell(text, &l->cells[i], l->brief, l->widths[c]) || !buf_reserve(text, 1)) {
        return false;
    }
    const char *const at = text->len ? text->at : "";
    const unsigned used = columns_of(at);
    const int pad = (int)(l->widths[c] > used ? l->widths[c] - used : 0);
    return columns[c] == 'r' ? buf_printf(out, "%*s%s%*s", pad, "", at, last ? 0 : (int)GAP, "")
                             : buf_printf(out, "%s%*s", at, last ? 0 : pad + (int)GAP, "");
}

static void trim_line(struct buf *out)
{
    while (out->len > 0 && out->at[out->len - 1] == ' ') {
        out->at[--out->len] = '\0';
    }
}

bool grid_print(const struct grid *g, unsigned indent, unsigned width, struct buf *out)
{
    struct layout l = {.cells = (const struct cell *)(const void *)g->cells.at, .columns = strlen(g->columns)};
    struct buf text;
    if (g->failed || l.columns == 0 || l.columns > COLUMNS_MOST) {
        return false;
    }
    l.rows = g->cells.len / sizeof *l.cells / l.columns;
    const unsigned room = width > indent ? width - indent : 1;
    bool fine = measure(&l, false);
    fine = fine && (l.total <= room || measure(&l, true));
    narrow(&l, g->columns, room);
    buf_init(&text, BUF_UNLIMITED);
    for (size_t row = 0; fine && row < l.rows; row++) {
        fine = buf_printf(out, "%*s", (int)indent, "");
        for (size_t c = 0; fine && c < l.columns; c++) {
            fine = print_padded(out, &l, g->columns, row * l.columns + c, &text);
        }
        trim_line(out);
        fine = fine && buf_add_char(out, '\n');
    }
    buf_release(&text);
    return fine;
}
