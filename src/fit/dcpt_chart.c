/* Both curves of a law over the domain's share. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "fit/chart.h"
#include "fit/dcpt_parts.h"
#include "fit/resample.h"

#define POINTS 201
#define LOW 0.025 /* of the replicates, outside the band on either side */
#define HIGH 0.975

struct panel {
    struct chart_point at[POINTS];
    double low[POINTS], high[POINTS];
    struct chart_point *points; /* measured */
    struct chart_line line;
};

struct drawing {
    const struct dcpt_law *law;
    double parameters, tokens; /* that the curves are drawn at */
    double *values;            /* of the replicates at one share */
    struct panel *panels;
};

static double share_of(bool general, double ratio)
{
    return general ? 1 - ratio : ratio;
}

/* Losses measured at the N and D of the curve. */
static tamis_status add_points(const struct drawing *d, bool general, struct panel *panel, tamis_err *err)
{
    const struct dcpt_runs *const runs = d->law->runs;
    if (!runs) {
        return TAMIS_OK;
    }
    panel->points = calloc(runs->count, sizeof *panel->points);
    if (!panel->points) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the chart");
    }
    for (size_t i = 0; i < runs->count; i++) {
        const struct dcpt_run *const run = &runs->at[i];
        const double loss = general ? run->loss_general : run->loss_domain;
        if (!runs->table->row[i].warm_up && !isnan(loss) && !dcpt_differ(run->parameters, d->parameters) &&
            !dcpt_differ(run->tokens, d->tokens)) {
            panel->points[panel->line.point_count++] = (struct chart_point){run->ratio, loss};
        }
    }
    panel->line.points = panel->points;
    return TAMIS_OK;
}

static void add_curve(const struct drawing *d, bool general, struct panel *panel)
{
    const struct dcpt_law *const law = d->law;
    const struct dcpt_side *const side = general ? &law->general : &law->domain;
    for (size_t i = 0; i < POINTS; i++) {
        const double ratio = (double)i / (POINTS - 1), share = share_of(general, ratio);
        panel->at[i] = (struct chart_point){ratio, dcpt_at(&side->curve, d->parameters, d->tokens, share)};
        for (size_t k = 0; k < law->replicate_count; k++) {
            const struct dcpt_pair *const pair = &law->replicates[k];
            d->values[k] = dcpt_at(general ? &pair->general : &pair->domain, d->parameters, d->tokens, share);
        }
        panel->low[i] = percentile(d->values, law->replicate_count, LOW);
        panel->high[i] = percentile(d->values, law->replicate_count, HIGH);
    }
    panel->line.name = general ? "general loss" : "loss of the domain";
    panel->line.at = panel->at;
    panel->line.count = POINTS;
    if (law->replicate_count > 0) {
        panel->line.low = panel->low;
        panel->line.high = panel->high;
    }
}

/* The largest N, and the largest D that was measured there. */
static void find_place(struct drawing *d)
{
    const struct dcpt_runs *const runs = d->law->runs;
    d->parameters = d->law->parameters;
    d->tokens = d->law->tokens;
    double most = NAN;
    for (size_t i = 0; runs && i < runs->count; i++) {
        if (!runs->table->row[i].warm_up && !dcpt_differ(runs->at[i].parameters, d->parameters)) {
            most = fmax(most, runs->at[i].tokens);
        }
    }
    d->tokens = isnan(most) ? d->tokens : most;
}

static tamis_status draw(const struct drawing *d, struct buf *svg, tamis_err *err)
{
    const struct dcpt_law *const law = d->law;
    struct chart_line lines[2];
    char note[200] = "";
    struct chart chart = {.title = law->name ? law->name : "D-CPT law", .x_name = "domain share of the tokens",
                          .y_name = "nats per token", .lines = lines, .probe_low = law->ratios[0],
                          .probe_high = law->ratios[law->ratio_count - 1], .chosen = NAN,
                          .chosen_low = NAN, .chosen_high = NAN, .note = note};
    tamis_status status = TAMIS_OK;
    for (size_t s = 0; !status && s < 2; s++) {
        if ((s ? &law->general : &law->domain)->rows) {
            add_curve(d, s == 1, &d->panels[s]);
            status = add_points(d, s == 1, &d->panels[s], err);
            lines[chart.line_count++] = d->panels[s].line;
        }
    }
    (void)snprintf(note, sizeof note, "%s%sN = %.4g, D = %.4g", dcpt_form_name(law->form, law->alpha_held),
                   law->replicate_count ? "; band: 95 % of the replicates; " : "; ", d->parameters, d->tokens);
    if (!status && !chart_print(&chart, svg)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the chart");
    }
    return status;
}

tamis_status dcpt_chart(const struct dcpt_law *law, struct buf *svg, tamis_err *err)
{
    struct drawing d = {.law = law};
    tamis_status status = TAMIS_OK;
    find_place(&d);
    d.values = calloc(law->replicate_count + 1, sizeof *d.values);
    d.panels = calloc(2, sizeof *d.panels);
    if (!d.values || !d.panels) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the chart");
    }
    status = status ? status : draw(&d, svg, err);
    for (size_t s = 0; d.panels && s < 2; s++) {
        free(d.panels[s].points);
    }
    free(d.panels);
    free(d.values);
    return status;
}
