/*
 * One panel for each line, above each other on one x axis. Numbers are printed with few digits: a chart is looked at.
 */
#include "fit/chart.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/str.h"

#define WIDTH 680.0
#define PANEL 230.0 /* height */
#define LEFT 72.0
#define RIGHT 24.0
#define TOP 48.0
#define BETWEEN 36.0
#define BOTTOM 76.0
#define TICKS 6
#define MARGIN 0.06 /* of the y range, above and below */

struct range {
    double low, high;
};

struct drawing {
    const struct chart *chart;
    struct buf *svg;
    struct range x;
    bool failed;
};

/* ---- Pieces ----------------------------------------------------------------------------------------------------- */

static void TAMIS_PRINTF(2, 3) put(struct drawing *d, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    d->failed = !buf_vprintf(d->svg, format, arguments) || d->failed;
    va_end(arguments);
}

/* Text of others, which may hold anything: markup is escaped, control characters become '?'. */
static void put_text(struct drawing *d, const char *text)
{
    for (const char *at = text ? text : ""; *at && !d->failed; at++) {
        const unsigned char byte = (unsigned char)*at;
        const char *const escape = *at == '&'   ? "&amp;"
                                   : *at == '<' ? "&lt;"
                                   : *at == '>' ? "&gt;"
                                   : *at == '"' ? "&quot;"
                                   : byte < 0x20 || byte == 0x7f ? "?"
                                                                 : NULL;
        d->failed = !(escape ? buf_add_str(d->svg, str_from(escape)) : buf_add_char(d->svg, *at));
    }
}

static void put_label(struct drawing *d, double x, double y, const char *how, const char *text)
{
    put(d, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, how);
    put_text(d, text);
    put(d, "</text>\n");
}

/* ---- Ranges and places ------------------------------------------------------------------------------------------ */

static struct range widened(struct range r, double value)
{
    if (!isfinite(value)) {
        return r;
    }
    return (struct range){fmin(r.low, value), fmax(r.high, value)};
}

static struct range x_range(const struct chart *chart)
{
    struct range r = {INFINITY, -INFINITY};
    for (size_t i = 0; i < chart->line_count; i++) {
        const struct chart_line *const line = &chart->lines[i];
        for (size_t k = 0; k < line->count; k++) {
            r = widened(r, line->at[k].x);
        }
        for (size_t k = 0; k < line->point_count; k++) {
            r = widened(r, line->points[k].x);
        }
    }
    r = widened(r, chart->chosen);
    return r.high > r.low ? r : (struct range){r.low <= r.high ? r.low - 0.5 : 0, r.low <= r.high ? r.low + 0.5 : 1};
}

static struct range y_range(const struct chart_line *line)
{
    struct range r = {INFINITY, -INFINITY};
    for (size_t k = 0; k < line->count; k++) {
        r = widened(r, line->at[k].y);
        r = line->low ? widened(widened(r, line->low[k]), line->high[k]) : r;
    }
    for (size_t k = 0; k < line->point_count; k++) {
        r = widened(r, line->points[k].y);
    }
    if (!(r.high >= r.low)) {
        return (struct range){0, 1};
    }
    const double margin = r.high > r.low ? MARGIN * (r.high - r.low) : 0.5;
    return (struct range){r.low - margin, r.high + margin};
}

static double place(struct range r, bool logarithmic, double value)
{
    if (logarithmic && r.low > 0 && value > 0) {
        return (tamis_log(value) - tamis_log(r.low)) / (tamis_log(r.high) - tamis_log(r.low));
    }
    return (value - r.low) / (r.high - r.low);
}

static double x_at(const struct drawing *d, double value)
{
    return LEFT + (WIDTH - LEFT - RIGHT) * place(d->x, d->chart->x_log, value);
}

static double y_at(double top, struct range r, double value)
{
    return top + PANEL * (1 - place(r, false, value));
}

/* 1, 2 or 5 times a power of ten, so that about TICKS of it fill the range. */
static double tick_step(struct range r)
{
    const double rough = (r.high - r.low) / TICKS;
    double step = 1;
    while (step > rough) {
        step /= 10;
    }
    while (step * 10 <= rough) {
        step *= 10;
    }
    return rough <= step * 2 ? step * 2 : rough <= step * 5 ? step * 5 : step * 10;
}

/* ---- A panel ---------------------------------------------------------------------------------------------------- */

static void draw_x_tick(struct drawing *d, double value, double top, bool named)
{
    const double x = x_at(d, value);
    char text[32];
    put(d, "<path d=\"M%.1f %.1fv%.1f\" class=\"grid\"/>\n", x, top, PANEL);
    (void)snprintf(text, sizeof text, "%.4g", fabs(value) < 1e-12 ? 0 : value);
    if (named) {
        put_label(d, x, top + PANEL + 18, "text-anchor=\"middle\"", text);
    }
}

/* Powers of ten, with 2 and 5 between them where there are few. */
static void draw_log_ticks(struct drawing *d, double top, bool named)
{
    static const double between[] = {1, 2, 5};
    const double ten = tamis_log(10);
    const double low = d->x.low * (1 - 1e-9), high = d->x.high * (1 + 1e-9);
    const int first = (int)floor(tamis_log(low) / ten), last = (int)floor(tamis_log(high) / ten);
    const size_t count = last - first < 4 ? 3 : 1;
    for (int exponent = first; exponent <= last; exponent++) {
        const double power = tamis_exp(exponent * ten);
        for (size_t k = 0; k < count; k++) {
            if (power * between[k] >= low && power * between[k] <= high) {
                draw_x_tick(d, power * between[k], top, named);
            }
        }
    }
}

static void draw_x_ticks(struct drawing *d, double top, bool named)
{
    if (d->chart->x_log && d->x.low > 0) {
        draw_log_ticks(d, top, named);
        return;
    }
    const double step = tick_step(d->x);
    const long first = (long)ceil(d->x.low / step - 1e-9), last = (long)floor(d->x.high / step + 1e-9);
    for (long k = first; k <= last; k++) {
        draw_x_tick(d, (double)k * step, top, named);
    }
}

static void draw_y_ticks(struct drawing *d, double top, struct range r)
{
    const double step = tick_step(r);
    const long first = (long)ceil(r.low / step), last = (long)floor(r.high / step);
    for (long k = first; k <= last; k++) {
        const double value = (double)k * step, y = y_at(top, r, value);
        char text[32];
        put(d, "<path d=\"M%.1f %.1fh%.1f\" class=\"grid\"/>\n", LEFT, y, WIDTH - LEFT - RIGHT);
        (void)snprintf(text, sizeof text, "%.5g", fabs(value) < 1e-12 ? 0 : value);
        put_label(d, LEFT - 8, y + 4, "text-anchor=\"end\"", text);
    }
}

static void draw_stripe(struct drawing *d, double low, double high, double top, const char *class)
{
    if (isfinite(low) && isfinite(high)) {
        const double from = x_at(d, fmax(low, d->x.low)), to = x_at(d, fmin(high, d->x.high));
        put(d, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"%s\"/>\n", from, top,
            fmax(to - from, 0), PANEL, class);
    }
}

static void draw_band(struct drawing *d, const struct chart_line *line, double top, struct range r)
{
    put(d, "<path class=\"band\" d=\"");
    for (size_t k = 0; k < line->count; k++) {
        put(d, "%c%.2f %.2f", k ? 'L' : 'M', x_at(d, line->at[k].x), y_at(top, r, line->high[k]));
    }
    for (size_t k = line->count; k-- > 0;) {
        put(d, "L%.2f %.2f", x_at(d, line->at[k].x), y_at(top, r, line->low[k]));
    }
    put(d, "Z\"/>\n");
}

static void draw_line(struct drawing *d, const struct chart_line *line, double top, struct range r)
{
    if (line->low && line->count > 0) {
        draw_band(d, line, top, r);
    }
    if (line->count > 0) {
        put(d, "<path class=\"curve\" d=\"");
        for (size_t k = 0; k < line->count; k++) {
            put(d, "%c%.2f %.2f", k ? 'L' : 'M', x_at(d, line->at[k].x), y_at(top, r, line->at[k].y));
        }
        put(d, "\"/>\n");
    }
    for (size_t k = 0; k < line->point_count; k++) {
        put(d, "<circle class=\"point\" cx=\"%.2f\" cy=\"%.2f\" r=\"3.2\"/>\n", x_at(d, line->points[k].x),
            y_at(top, r, line->points[k].y));
    }
}

static void draw_panel(struct drawing *d, const struct chart_line *line, double top, bool last)
{
    const struct chart *const chart = d->chart;
    const struct range r = y_range(line);
    draw_stripe(d, chart->probe_low, chart->probe_high, top, "probe");
    draw_stripe(d, chart->chosen_low, chart->chosen_high, top, "interval");
    draw_x_ticks(d, top, last);
    draw_y_ticks(d, top, r);
    put(d, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" class=\"frame\"/>\n", LEFT, top,
        WIDTH - LEFT - RIGHT, PANEL);
    if (isfinite(chart->chosen)) {
        put(d, "<path d=\"M%.2f %.1fv%.1f\" class=\"chosen\"/>\n", x_at(d, chart->chosen), top, PANEL);
    }
    draw_line(d, line, top, r);
    put_label(d, LEFT, top - 8, "font-weight=\"bold\"", line->name);
}

/* ---- The chart -------------------------------------------------------------------------------------------------- */

static void draw_head(struct drawing *d, double height)
{
    put(d, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
        "font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n<title>", WIDTH, height, WIDTH, height);
    put_text(d, d->chart->title);
    put(d, "</title>\n<style>.grid{stroke:#ddd}.frame{fill:none;stroke:#444}.probe{fill:#f1f1f1}"
        ".interval{fill:#fdb863;fill-opacity:.45}.band{fill:#2166ac;fill-opacity:.2}"
        ".curve{fill:none;stroke:#2166ac;stroke-width:2}.point{fill:#111}"
        ".chosen{stroke:#b35806;stroke-width:2;stroke-dasharray:6 4}</style>\n");
    put(d, "<rect width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>\n", WIDTH, height);
    put_label(d, LEFT, 20, "font-size=\"14\"", d->chart->title);
}

static void draw_foot(struct drawing *d, double bottom)
{
    const struct chart *const chart = d->chart;
    char key[200];
    (void)snprintf(key, sizeof key, "dots: measured · line: the law%s%s%s",
                   chart->lines[0].low ? " and its 95 % band" : "",
                   isfinite(chart->probe_low) ? " · grey: probed" : "",
                   isfinite(chart->chosen) ? " · dashed: chosen" : "");
    put_label(d, (LEFT + WIDTH - RIGHT) / 2, bottom + 38, "text-anchor=\"middle\"", chart->x_name);
    put_label(d, LEFT, bottom + 56, "fill=\"#555\"", key);
    if (chart->note) {
        put_label(d, LEFT, bottom + 71, "fill=\"#555\"", chart->note);
    }
    put(d, "<text transform=\"translate(16 %.1f) rotate(-90)\" text-anchor=\"middle\">", (TOP + bottom) / 2);
    put_text(d, chart->y_name);
    put(d, "</text>\n</svg>\n");
}

bool chart_print(const struct chart *chart, struct buf *svg)
{
    struct drawing d = {.chart = chart, .svg = svg, .x = x_range(chart)};
    const size_t count = chart->line_count < CHART_LINES ? chart->line_count : CHART_LINES;
    const double bottom = TOP + (double)count * PANEL + ((double)count - 1) * BETWEEN;
    if (count == 0) {
        return true;
    }
    draw_head(&d, bottom + BOTTOM);
    for (size_t i = 0; i < count; i++) {
        draw_panel(&d, &chart->lines[i], TOP + (double)i * (PANEL + BETWEEN), i + 1 == count);
    }
    draw_foot(&d, bottom);
    return !d.failed;
}
