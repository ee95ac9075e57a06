/* A law for people: what to know before using it, and a few lines that describe it. */
#include <math.h>
#include <string.h>

#include "fit/dcpt_parts.h"

#define UNLIKELY 1e4 /* fewer parameters or tokens than this are meant in another unit */

/* ---- Warnings --------------------------------------------------------------------------------------------------- */

static bool warn_missing(const struct dcpt_law *law, struct buf *lines)
{
    bool fine = true;
    if (!law->general.rows) {
        fine = buf_printf(lines, "the general loss was not measured: no budget on it can be answered\n");
    }
    if (!law->domain.rows) {
        fine = fine && buf_printf(lines, "the loss of the domain was not measured: what a ratio gains is not known, "
                                  "and no weighted budget can be answered\n");
    }
    if (isnan(law->parameters) || isnan(law->tokens)) {
        fine = fine && buf_printf(lines, "the runs do not say %s: whether a budget fits them cannot be checked\n",
                                  !isnan(law->tokens)       ? "N"
                                  : !isnan(law->parameters) ? "D"
                                                            : "N and D");
    }
    return fine;
}

static bool warn_units(const struct dcpt_law *law, struct buf *lines)
{
    const bool small = law->lowest_size < UNLIKELY || law->lowest_tokens < UNLIKELY;
    return !small || buf_printf(lines, "N is %g and D is %g: both are counted in ones, not in millions or billions "
                                "(1.8e9)\n", law->lowest_size, law->lowest_tokens);
}

static bool warn_ends(const struct dcpt_law *law, struct buf *lines)
{
    bool fine = true;
    if (law->general.rows && law->general.highest_ratio < 1) {
        fine = buf_printf(lines, "the run without replay (ratio 1) was not probed: the general loss near ratio 1 is "
                          "extrapolated and will be far too low; no plan goes beyond ratio %g\n",
                          law->general.highest_ratio);
    }
    if (law->general.rows && law->general.lowest_ratio > 0) {
        fine = fine && buf_printf(lines, "the run on general data alone (ratio 0) was not probed: a budget against "
                                  "replay_only starts from a loss extrapolated from ratio %g\n",
                                  law->general.lowest_ratio);
    }
    return fine;
}

/* What the form of the law leaves open whatever the losses are. */
static bool warn_form(const struct dcpt_law *law, struct buf *lines)
{
    bool fine = true;
    if (law->from_scratch) {
        fine = buf_printf(lines, "pretraining mixture, not D-CPT: the runs began from scratch (base_model), and the "
                          "law says nothing of going on from a model\n");
    }
    if (law->form == DCPT_SINGLE_SIZE) {
        fine = fine && buf_printf(lines, "single-size fit: differences only; the level of the loss at another N is not "
                          "known\n");
    }
    if (law->form == DCPT_FULL && law->sizes == 2) {
        fine = fine && (law->alpha_held
                   ? buf_printf(lines, "two sizes: alpha held at %g, since they do not tell E, A and alpha apart; the "
                                "level of the loss at other sizes rests on that, and no interval shows it\n",
                                DCPT_ALPHA_HELD)
                   : buf_printf(lines, "two sizes: E, A and alpha cannot be told apart; the level of the loss beyond "
                                "these sizes is not known\n"));
    }
    if (!isnan(law->peak_general)) {
        fine = fine && buf_printf(lines, "the general loss rises and falls again inside a run, by up to %.3g nats (run "
                                  "'%s'): this law falls with D throughout and does not show it; a training that stops "
                                  "early ends higher than planned\n", law->peak_general, law->peak_run);
    }
    return fine;
}

/* Shape parameters at a bound; eta is often 1 and may be. */
static bool warn_bounds(const struct dcpt_side *side, const char *name, struct buf *lines)
{
    static const enum dcpt_parameter shapes[] = {DCPT_ALPHA, DCPT_BETA, DCPT_EPS, DCPT_GAMMA};
    const unsigned bounds = side->fit.at_low | side->fit.at_high;
    bool fine = true;
    size_t said = 0, hit = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        hit += bounds >> shapes[i] & 1u;
    }
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (bounds >> shapes[i] & 1u) {
            said++;
            fine = fine && buf_printf(lines, "%s%s%s", said == 1 ? name : said < hit ? "," : " and",
                                      said == 1 ? ": " : " ", dcpt_parameter_names[shapes[i]]);
        }
    }
    return fine && (hit == 0 || buf_printf(lines, " at a bound of the search: read the curve between the ratios "
                                           "probed, not its parameters\n"));
}

/* The condition that the loss falls with the share at every D used. */
static bool warn_rise(const struct dcpt_law *law, const struct dcpt_side *side, const char *name, struct buf *lines)
{
    const double least = dcpt_least_tokens(&side->curve);
    bool fine = true;
    if (law->form != DCPT_SINGLE_POINT && least > law->lowest_tokens * (1 + DCPT_SAME)) {
        fine = buf_printf(lines, "%s: the curve rises with the share near 1 where D is below %.4g, and runs had "
                          "D = %.4g\n", name, least, law->lowest_tokens);
    }
    return fine && (isnan(side->fit.unbound) ||
                    buf_printf(lines, "%s: the losses do not fall with the share at every D as the law demands: "
                               "without that (--may-rise) the objective would be %.3g, not %.3g; look at the points\n",
                               name, side->fit.unbound, side->fit.objective));
}

static bool warn_few(const struct dcpt_law *law, const struct dcpt_side *side, const char *name, struct buf *lines)
{
    const size_t parameters = dcpt_form_parameters(law->form, law->alpha_held && !side->alpha_free);
    if (law->form == DCPT_SINGLE_POINT ? law->ratio_count > parameters : side->rows > parameters) {
        return true;
    }
    return buf_printf(lines, "%s: %zu %s for a curve of %zu parameters: how well it fits says nothing\n", name,
                      law->form == DCPT_SINGLE_POINT ? law->ratio_count : side->rows,
                      law->form == DCPT_SINGLE_POINT ? "ratios" : "losses", parameters);
}

static bool warn_side(const struct dcpt_law *law, const struct dcpt_side *side, const char *name, struct buf *lines)
{
    const struct dcpt_quality *const fit = &side->fit;
    if (!side->rows) {
        return true;
    }
    bool fine = warn_few(law, side, name, lines);
    if (side->alpha_free) {
        fine = fine && buf_printf(lines, "%s: with alpha held at %g no floor E would be left, so alpha was fitted; the "
                                  "level of the loss at other sizes is not known\n", name, DCPT_ALPHA_HELD);
    }
    if (fit->at_low & 1u << DCPT_C) {
        return fine && buf_printf(lines, "%s: the loss does not fall as the share grows, the fit is a constant; are "
                                  "the columns of the losses exchanged?\n", name);
    }
    fine = fine && warn_bounds(side, name, lines) && warn_rise(law, side, name, lines);
    if (fit->r2 < 0) {
        fine = fine && buf_printf(lines, "%s: R2 is %.3f, the curve tells less than the mean of the losses does; look "
                                  "for rows that are off, or make more runs\n", name, fit->r2);
    }
    if (2 * fit->agreeing < fit->starts && isnan(fit->unbound)) {
        fine = fine && buf_printf(lines, "%s: only %u of %u starts came near the best fit; more ratios would pin it "
                                  "down\n", name, fit->agreeing, fit->starts);
    }
    return fine;
}

static bool warn_seeds(const struct dcpt_law *law, struct buf *lines)
{
    if (law->bootstrap == DCPT_NO_BOOTSTRAP && law->replicates_asked) {
        return buf_printf(lines, "as many parameters as losses: nothing is left to tell how sure a ratio is, and no "
                          "plan has an interval; add ratios or checkpoints, make one run again with another seed, or "
                          "say how far seeds are apart (--seed-noise)\n");
    }
    const bool guessed = law->bootstrap == DCPT_BY_RESIDUAL && !law->run_noise_known;
    return !guessed || buf_printf(lines, "how far runs are off by their seeds is not known: intervals take it to be as "
                                  "much as checkpoints scatter; make one run again with another seed, or say it "
                                  "(--seed-noise)\n");
}

bool dcpt_warnings(const struct dcpt_law *law, struct buf *lines)
{
    return warn_missing(law, lines) && warn_units(law, lines) && warn_ends(law, lines) && warn_form(law, lines) &&
           warn_side(law, &law->domain, "domain", lines) && warn_side(law, &law->general, "general", lines) &&
           warn_seeds(law, lines);
}

/* ---- Description ------------------------------------------------------------------------------------------------ */

static bool describe_curve(const struct dcpt_law *law, const struct dcpt_curve *curve, const char *share,
                           struct buf *out)
{
    bool fine = buf_printf(out, "L = %.4f", curve->e);
    if (law->form == DCPT_FULL) {
        fine = fine && buf_printf(out, " + %.4g / N^%.3g", curve->a, curve->alpha);
    }
    if (law->form != DCPT_SINGLE_POINT) {
        const bool sum = strchr(share, ' ') != NULL;
        fine = fine && buf_printf(out, " + %.4g %s%s%s^%.3g / D^%.3g", curve->b, sum ? "(" : "", share, sum ? ")" : "",
                                  curve->eta, curve->beta);
    }
    return fine && buf_printf(out, " + %.4g / (%s + %.3g)^%.3g", curve->c, share, curve->eps, curve->gamma);
}

static bool describe_side(const struct dcpt_law *law, const struct dcpt_side *side, const char *name,
                          const char *share, struct buf *out)
{
    const struct dcpt_quality *const fit = &side->fit;
    if (!side->rows) {
        return buf_printf(out, "  %-8s not measured\n", name);
    }
    bool fine = buf_printf(out, "  %-8s ", name) && describe_curve(law, &side->curve, share, out);
    fine = fine && buf_printf(out, "   R2 %.4f, error at most %.4f, %u of %u starts agree", fit->r2, fit->max_error,
                              fit->agreeing, fit->starts);
    if (law->form != DCPT_SINGLE_POINT) {
        fine = fine && buf_printf(out, "; falls with the share from D = %.3g on", dcpt_least_tokens(&side->curve));
    }
    return fine && buf_add_char(out, '\n');
}

static bool describe_span(const char *name, double low, double high, struct buf *out)
{
    if (isnan(high)) {
        return true;
    }
    return dcpt_differ(low, high) ? buf_printf(out, ", %s %g to %g", name, low, high)
                                  : buf_printf(out, ", %s %g", name, high);
}

static bool describe_refits(const struct dcpt_law *law, struct buf *out)
{
    static const char *const kinds[] = {"", "by run", "of residuals"};
    return law->replicate_count == 0 || buf_printf(out, "  bootstrap %s: %zu replicates; %zu refits without one run\n",
                                                   kinds[law->bootstrap], law->replicate_count, law->left_out_count);
}

bool dcpt_describe(const struct dcpt_law *law, struct buf *out)
{
    const bool many = law->rows > law->run_count;
    bool fine = buf_printf(out, "law dcpt (%s%s): ", law->from_scratch ? "pretraining mixture, " : "",
                           dcpt_form_name(law->form, law->alpha_held));
    fine = fine && (many ? buf_printf(out, "%zu rows of %zu runs", law->rows, law->run_count)
                         : buf_printf(out, "%zu runs", law->rows));
    fine = fine && buf_printf(out, ", ratios %g to %g", law->ratios[0], law->ratios[law->ratio_count - 1]);
    fine = fine && describe_span("N", law->lowest_size, law->highest_size, out) &&
           describe_span("D", law->lowest_tokens, law->highest_tokens, out) &&
           buf_printf(out, "%s\n", law->form == DCPT_SINGLE_POINT ? "" : "; in the curves both are in billions");
    fine = fine && (!law->runs || runs_say_warm_up(law->runs->table, out));
    return fine && describe_side(law, &law->domain, "domain", "r", out) &&
           describe_side(law, &law->general, "general", "1 - r", out) && describe_refits(law, out);
}
