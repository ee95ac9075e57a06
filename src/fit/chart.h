/*
 * A chart of a law as SVG 1.1: points that were measured, the curve, its band, the chosen ratio, the range probed. Each
 * line has a panel and a y axis of its own, above each other on one x axis. One file, no script, no font of its own,
 * text escaped; readable in grey.
 */
#ifndef TAMIS_FIT_CHART_H
#define TAMIS_FIT_CHART_H

#include "core/buf.h"

struct chart_point {
    double x, y;
};

struct chart_line {
    const char *name;
    const struct chart_point *at; /* ascending x */
    size_t count;
    const double *low, *high;     /* a band around the line, per point; NULL: none */
    const struct chart_point *points; /* measured; may be NULL */
    size_t point_count;
};

struct chart {
    const char *title, *x_name, *y_name;
    bool x_log;
    const struct chart_line *lines; /* the first CHART_LINES are drawn */
    size_t line_count;
    double probe_low, probe_high;   /* x range that was probed, shaded; NaN: none */
    double chosen, chosen_low, chosen_high; /* a vertical line with its interval; NaN: none */
    const char *note;               /* under the chart; may be NULL */
};
#define CHART_LINES 8

/* Texts must be valid UTF-8. No line: nothing is printed. False: out of memory. */
bool chart_print(const struct chart *chart, struct buf *svg) TAMIS_MUST_CHECK;

#endif
