/* Measured over predicted: points on the diagonal are predicted exactly. */
#include <math.h>
#include <stdlib.h>

#include "fit/chart.h"
#include "fit/fitted.h"

tamis_status fitted_chart(const char *law, const char *title, const double *predicted, const double *measured,
                          size_t count, struct buf *svg, tamis_err *err)
{
    struct chart_point *const points = malloc((count + 1) * sizeof *points);
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; points && i < count; i++) {
        points[i] = (struct chart_point){predicted[i], measured[i]};
        low = fmin(low, fmin(predicted[i], measured[i]));
        high = fmax(high, fmax(predicted[i], measured[i]));
    }
    const struct chart_point ends[] = {{low, low}, {high, high}};
    const struct chart_line line = {.name = "measured loss; on the line it is as predicted", .at = ends, .count = 2,
                                    .points = points, .point_count = count};
    const struct chart chart = {.title = title ? title : law, .x_name = "predicted loss, nats per token",
                                .y_name = "nats per token", .lines = &line, .line_count = 1, .probe_low = NAN,
                                .probe_high = NAN, .chosen = NAN, .chosen_low = NAN, .chosen_high = NAN};
    const bool fine = points && chart_print(&chart, svg);
    free(points);
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the chart");
}

tamis_status fitted_chart_rows(const char *law, const char *title, const struct form *form, const struct form_fit *fit,
                               const struct form_rows *rows, struct buf *svg, tamis_err *err)
{
    double *const predicted = malloc((rows->count + 1) * sizeof *predicted);
    if (!predicted) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the chart");
    }
    for (size_t i = 0; i < rows->count; i++) {
        predicted[i] = form_at(form, fit->linear, fit->shape, rows->inputs + i * form->inputs);
    }
    const tamis_status status = fitted_chart(law, title, predicted, rows->loss, rows->count, svg, err);
    free(predicted);
    return status;
}
