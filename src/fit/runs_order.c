/* Rows in an order that follows from what they hold: by every column, the columns by name, but losses
 * behind the others and `run` last. */
#include <stdlib.h>
#include <string.h>

#include "core/str.h"
#include "fit/numbers.h"
#include "fit/runs.h"

struct ordered {
    const struct csv *table;
    const size_t *columns; /* in the order in which they are compared */
    const double *values;  /* of the row, in that order; NaN: no number */
    size_t row;
};

/* Texts first, then numbers by value; how a number is written decides nothing. */
static int by_cell(const struct ordered *x, const struct ordered *y, size_t k)
{
    const bool number = !isnan(x->values[k]), other = !isnan(y->values[k]);
    if (number || other) {
        return by_number(x->values[k], y->values[k]);
    }
    return str_compare(csv_at(x->table, x->row, x->columns[k]).text, csv_at(y->table, y->row, y->columns[k]).text);
}

static int by_content(const void *a, const void *b)
{
    const struct ordered *const x = a, *const y = b;
    int order = 0;
    for (size_t k = 0; !order && k < x->table->columns; k++) {
        order = by_cell(x, y, k);
    }
    return order ? order : (x->row > y->row) - (x->row < y->row);
}

/* What a run was made with, what came of it, what it is called. */
static int kind_of(tamis_str head)
{
    return str_is(head, "run") ? 2 : head.len >= 4 && memcmp(head.at, "loss", 4) == 0;
}

static bool comes_first(const struct csv *table, size_t a, size_t b)
{
    const tamis_str x = table->heads[a].text, y = table->heads[b].text;
    const int order = kind_of(x) - kind_of(y);
    return order ? order < 0 : str_compare(x, y) < 0;
}

static void order_columns(const struct csv *table, size_t *columns)
{
    for (size_t k = 0; k < table->columns; k++) {
        size_t at = k;
        for (; at > 0 && comes_first(table, k, columns[at - 1]); at--) {
            columns[at] = columns[at - 1];
        }
        columns[at] = k;
    }
}

static void order_rows(const struct runs *runs, const size_t *columns, double *values, struct ordered *order)
{
    const struct csv *const table = &runs->table;
    for (size_t i = 0; i < runs->rows; i++) {
        double *const own = values + i * table->columns;
        for (size_t k = 0; k < table->columns; k++) {
            const bool name = str_is(table->heads[columns[k]].text, "run");
            if (name || !str_real(csv_at(table, i, columns[k]).text, &own[k])) {
                own[k] = NAN;
            }
        }
        order[i] = (struct ordered){table, columns, own, i};
    }
    qsort(order, runs->rows, sizeof *order, by_content);
}

static void move_rows(struct runs *runs, const struct ordered *order, struct csv_cell *cells, struct runs_row *rows)
{
    const size_t columns = runs->table.columns;
    for (size_t i = 0; i < runs->rows; i++) {
        memcpy(cells + i * columns, runs->table.cells + order[i].row * columns, columns * sizeof *cells);
        rows[i] = runs->row[order[i].row];
        rows[i].cell_row = i;
    }
    runs->table.cells = cells;
    runs->row = rows;
}

tamis_status runs_order(struct runs *runs, struct arena *arena, tamis_err *err)
{
    const size_t columns = runs->table.columns;
    size_t *const places = malloc((columns + 1) * sizeof *places);
    double *const values = malloc((runs->rows * columns + 1) * sizeof *values);
    struct ordered *const order = malloc((runs->rows + 1) * sizeof *order);
    struct csv_cell *const cells = arena_alloc(arena, (runs->rows * columns + 1) * sizeof *cells);
    struct runs_row *const rows = arena_alloc(arena, (runs->rows + 1) * sizeof *rows);
    const bool fine = places && values && order && cells && rows;
    if (fine) {
        order_columns(&runs->table, places);
        order_rows(runs, places, values, order);
        move_rows(runs, order, cells, rows);
    }
    free(places);
    free(values);
    free(order);
    return fine ? TAMIS_OK : runs_no_memory(runs->source, err);
}
