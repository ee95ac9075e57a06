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

/*
 * Without a run at share 0 the curve of the domain says nothing there, where it is steepest; where the domain's text is
 * all there is, no number of tokens belongs to it.
 */
static size_t first_step(const struct budget_question *q, bool general)
{
    return q->usage == BUDGET_LIMITED || (!general && q->law->ratios[0] > 0) ? 1 : 0;
}

static void draw_side(const struct budget_question *q, const struct budget_answer *a, bool general, double *values,
                      struct side *side)
{
    const struct dcpt_law *const law = q->law;
    const struct dcpt_curve *const curve = general ? &law->general.curve : &law->domain.curve;
    for (size_t i = first_step(q, general); i < STEPS; i++) {
        const double ratio = (double)i / (STEPS - 1);
        side->at[i] = (struct chart_point){ratio, budget_loss_at(q, a, curve, general, ratio)};
        for (size_t r = 0; r < law->replicate_count; r++) {
            const struct dcpt_pair *const pair = &law->replicates[r];
            values[r] = budget_loss_at(q, a, general ? &pair->general : &pair->domain, general, ratio);
        }
        if (law->replicate_count) {
            side->low[i] = percentile(values, law->replicate_count, 0.025);
            side->high[i] = percentile(values, law->replicate_count, 0.975);
        }
    }
}

static struct chart_line line_of(const struct side *side, const char *name, bool band, size_t from)
{
    return (struct chart_line){.name = name, .at = side->at + from, .count = STEPS - from,
                               .low = band ? side->low + from : NULL, .high = band ? side->high + from : NULL};
}

static bool draw(const struct budget_question *q, const struct budget_answer *a, const struct budget_interval *interval,
                 struct side sides[2], double *values, struct buf *svg)
{
    const struct dcpt_law *const law = q->law;
    const bool band = law->replicate_count > 0;
    struct chart_line lines[2];
    size_t count = 0;
    if (law->domain.rows) {
        draw_side(q, a, false, values, &sides[0]);
        lines[count++] = line_of(&sides[0], "domain", band, first_step(q, false));
    }
    if (law->general.rows) {
        draw_side(q, a, true, values, &sides[1]);
        lines[count++] = line_of(&sides[1], "general", band, first_step(q, true));
    }
    const struct chart chart = {
        .title = law->name ? law->name : "dcpt", .x_name = "domain share of the tokens",
        .y_name = "loss, nats per token",
        .lines = lines, .line_count = count, .probe_low = law->ratios[0],
        .probe_high = law->ratios[law->ratio_count - 1], .chosen = a->ratio, .chosen_low = interval->low,
        .chosen_high = interval->high,
        .note = band ? "band: 95 % of the refits; shaded: shares that were probed" : "shaded: shares that were probed"};
    return chart_print(&chart, svg);
}

tamis_status plan_chart(const struct budget_question *question, const struct budget_answer *answer,
                        const struct budget_interval *interval, struct buf *svg, tamis_err *err)
{
    struct side *const sides = calloc(2, sizeof *sides);
    double *const values = calloc(question->law->replicate_count + 1, sizeof *values);
    const bool fine = sides && values && draw(question, answer, interval, sides, values, svg);
    free(sides);
    free(values);
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the chart; free some memory and retry");
}
