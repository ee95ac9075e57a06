/* Loss over D at up to four of the sizes: the runs of that size, the law, and the range of its refits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "fit/chart.h"
#include "fit/chinchilla_law.h"
#include "fit/numbers.h"
#include "fit/resample.h"

#define PANELS 4
#define POINTS 40
#define SAME 1.01 /* sizes that differ by less, as a factor, are one */

struct panel {
    double size, low[POINTS], high[POINTS];
    struct chart_point curve[POINTS], *points;
    size_t point_count;
    char name[48];
};

/* Up to PANELS sizes, the smallest and the largest among them, evenly by their rank. Returns how many. */
static size_t choose_sizes(const struct chinchilla_rows *rows, double *scratch, struct panel *panels)
{
    size_t sizes = 0;
    for (size_t i = 0; i < rows->count; i++) {
        scratch[i] = rows->parameters[i];
    }
    qsort(scratch, rows->count, sizeof *scratch, ascending);
    for (size_t i = 0; i < rows->count; i++) {
        if (sizes == 0 || scratch[i] > SAME * scratch[sizes - 1]) {
            scratch[sizes++] = scratch[i];
        }
    }
    const size_t count = sizes < PANELS ? sizes : PANELS;
    for (size_t p = 0; p < count; p++) {
        panels[p].size = scratch[count > 1 ? p * (sizes - 1) / (count - 1) : 0];
    }
    return count;
}

static void fill(const struct chinchilla_law *law, const struct chinchilla_rows *rows, double *scratch,
                 struct panel *panel)
{
    const double span = tamis_log(law->highest_tokens / law->lowest_tokens);
    (void)snprintf(panel->name, sizeof panel->name, "loss at N = %.4g", panel->size);
    for (size_t i = 0; i < rows->count; i++) {
        const double over = rows->parameters[i] / panel->size;
        if (over <= SAME && over >= 1 / SAME) {
            panel->points[panel->point_count++] = (struct chart_point){rows->tokens[i], rows->loss[i]};
        }
    }
    for (size_t k = 0; k < POINTS; k++) {
        const double tokens = law->lowest_tokens * tamis_exp(span * (double)k / (POINTS - 1));
        panel->curve[k] = (struct chart_point){tokens, chinchilla_at(&law->law, panel->size, tokens)};
        for (size_t i = 0; i < law->replicate_count; i++) {
            scratch[i] = chinchilla_at(&law->replicates[i], panel->size, tokens);
        }
        panel->low[k] = percentile(scratch, law->replicate_count, 0.025);
        panel->high[k] = percentile(scratch, law->replicate_count, 0.975);
    }
}

tamis_status chinchilla_chart(const struct chinchilla_law *law, const char *title, const struct chinchilla_rows *rows,
                              struct buf *svg, tamis_err *err)
{
    const size_t room = rows->count > law->replicate_count ? rows->count : law->replicate_count;
    double *const scratch = malloc((room + 1) * sizeof *scratch);
    struct chart_point *const points = malloc((PANELS * rows->count + 1) * sizeof *points);
    struct panel *const panels = calloc(PANELS, sizeof *panels);
    struct chart_line lines[PANELS];
    bool fine = scratch && points && panels;
    const size_t count = fine ? choose_sizes(rows, scratch, panels) : 0;
    for (size_t p = 0; p < count; p++) {
        struct panel *const panel = &panels[p];
        const bool band = law->replicate_count > 0;
        panel->points = points + p * rows->count;
        fill(law, rows, scratch, panel);
        lines[p] = (struct chart_line){.name = panel->name, .at = panel->curve, .count = POINTS,
                                       .low = band ? panel->low : NULL, .high = band ? panel->high : NULL,
                                       .points = panel->points, .point_count = panel->point_count};
    }
    const struct chart chart = {.title = title ? title : "chinchilla", .x_name = "tokens",
                                .y_name = "nats per token", .x_log = true, .lines = lines, .line_count = count,
                                .probe_low = NAN, .probe_high = NAN, .chosen = NAN, .chosen_low = NAN,
                                .chosen_high = NAN};
    fine = fine && chart_print(&chart, svg);
    free(scratch);
    free(points);
    free(panels);
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the chart");
}
