/* The losses of a plan along the ratio. */
#include <math.h>
#include <stdlib.h>

#include "cmd/plan.h"
#include "core/file.h"
#include "fit/chart.h"
#include "fit/resample.h"

#define STEPS 101 /* ratios 0, 0.01 .. 1 */

/* One loss: its curve and the band of the refits. */
struct side {
    struct chart_point at[STEPS];
    double low[STEPS], high[STEPS];
};

/* At the place of step `i`; the share is the domain's, or the general one. */
static double loss_of(const struct dcpt_curve *curve, const struct budget_question *q, const struct budget_answer *a,
                      bool general, size_t i)
{
    const double ratio = (double)i / (STEPS - 1);
    return dcpt_at(curve, a->parameters, a->tokens > 0 ? a->tokens : q->law->tokens, general ? 1 - ratio : ratio);
}

static void draw_side(const struct budget_question *q, const struct budget_answer *a, bool general, double *values,
                      struct side *side)
{
    const struct dcpt_law *const law = q->law;
    const struct dcpt_curve *const curve = general ? &law->general.curve : &law->domain.curve;
    for (size_t i = 0; i < STEPS; i++) {
        side->at[i] = (struct chart_point){(double)i / (STEPS - 1), loss_of(curve, q, a, general, i)};
        for (size_t r = 0; r < law->replicate_count; r++) {
            const struct dcpt_pair *const pair = &law->replicates[r];
            values[r] = loss_of(general ? &pair->general : &pair->domain, q, a, general, i);
        }
        if (law->replicate_count) {
            side->low[i] = percentile(values, law->replicate_count, 0.025);
            side->high[i] = percentile(values, law->replicate_count, 0.975);
        }
    }
}

/* Without a run at share 0 the curve of the domain says nothing there, where it is steepest. */
static struct chart_line line_of(const struct side *side, const char *name, bool band, size_t from)
{
    return (struct chart_line){.name = name, .at = side->at + from, .count = STEPS - from,
                               .low = band ? side->low + from : NULL, .high = band ? side->high + from : NULL};
}

static tamis_status write_chart(const char *path, const struct chart *chart, tamis_err *err)
{
    struct buf svg;
    buf_init(&svg, BUF_UNLIMITED);
    tamis_status status = chart_print(chart, &svg)
                              ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the chart %s", path);
    status = status ? status : file_write(path, svg.at, svg.len, err);
    buf_release(&svg);
    return status;
}

static tamis_status draw(const char *path, const struct budget_question *q, const struct budget_answer *a,
                         const struct budget_interval *interval, struct side sides[2], double *values, tamis_err *err)
{
    const struct dcpt_law *const law = q->law;
    const bool band = law->replicate_count > 0;
    struct chart_line lines[2];
    size_t count = 0;
    if (law->domain.rows) {
        draw_side(q, a, false, values, &sides[0]);
        lines[count++] = line_of(&sides[0], "domain", band, law->ratios[0] > 0 ? 1 : 0);
    }
    if (law->general.rows) {
        draw_side(q, a, true, values, &sides[1]);
        lines[count++] = line_of(&sides[1], "general", band, 0);
    }
    const struct chart chart = {
        .title = law->name ? law->name : "dcpt", .x_name = "domain share of the tokens",
        .y_name = "loss, nats per token",
        .lines = lines, .line_count = count, .probe_low = law->ratios[0],
        .probe_high = law->ratios[law->ratio_count - 1], .chosen = a->ratio, .chosen_low = interval->low,
        .chosen_high = interval->high,
        .note = band ? "band: 95 % of the refits; shaded: shares that were probed" : "shaded: shares that were probed"};
    return write_chart(path, &chart, err);
}

tamis_status plan_chart(const char *path, const struct budget_question *question, const struct budget_answer *answer,
                        const struct budget_interval *interval, tamis_err *err)
{
    struct side *const sides = calloc(2, sizeof *sides);
    double *const values = calloc(question->law->replicate_count + 1, sizeof *values);
    const tamis_status status = sides && values ? draw(path, question, answer, interval, sides, values, err)
                                                : tamis_fail(err, TAMIS_IO, "out of memory for the chart %s", path);
    free(sides);
    free(values);
    return status;
}
