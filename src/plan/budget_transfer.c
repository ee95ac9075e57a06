/* What another size of model does to a ratio, by what was published. */
#include <math.h>

#include "plan/budget.h"

static double clamped(double ratio)
{
    return fmin(fmax(ratio, 0), 1);
}

/* A difference against replay alone is measured by the run at 0 and the one at the ratio; else by two around it. */
static void choose_shares(const struct budget_question *q, const struct budget_answer *a, struct transfer *t)
{
    const bool against_0 = q->usage != BUDGET_LIMITED && q->against == AGAINST_REPLAY_ONLY &&
                           (q->budget == BUDGET_DIFFERENCE || q->budget == BUDGET_RELATIVE);
    const double other = t->high > a->ratio ? t->high : t->low;
    t->shares[0] = against_0 ? 0 : fmin(a->ratio, other);
    t->shares[1] = against_0 ? (a->ratio > 0 ? a->ratio : t->high) : fmax(a->ratio, other);
}

struct transfer transfer_band(double low, double high, bool rises, double parameters, double probed, double slope_low,
                              double slope_high)
{
    struct transfer t = {.slope_low = fmin(slope_low, slope_high), .slope_high = fmax(slope_low, slope_high),
                         .parameters = parameters, .probed = probed, .low = low, .high = high,
                         .unknown = isnan(parameters) || isnan(probed)};
    t.needed = !t.unknown && parameters > TRANSFER_SAME * probed;
    if (t.needed) {
        const double folds = tamis_log(parameters / probed);
        t.low = clamped(low + t.slope_low * folds);
        t.high = rises ? clamped(high + t.slope_high * folds) : high;
    }
    return t;
}

struct transfer budget_transfer(const struct budget_question *question, const struct budget_answer *answer,
                                const struct budget_interval *interval, double slope_low, double slope_high)
{
    const struct dcpt_law *const law = question->law;
    const double ratio = answer->ratio;
    const double probed = law->highest_size > 0 ? law->highest_size : law->parameters;
    const bool said = question->parameters > 0 || question->usage == BUDGET_RESOURCES;
    const bool measured = interval && !isnan(interval->low);
    /* What is not set by the budget is not raised by its slack. */
    struct transfer t = transfer_band(measured ? fmin(interval->low, ratio) : ratio,
                                      measured ? fmax(interval->high, ratio) : ratio,
                                      answer->binding == BINDING_BUDGET, said ? answer->parameters : (double)NAN,
                                      probed, slope_low, slope_high);
    if (t.needed) {
        choose_shares(question, answer, &t);
    }
    return t;
}
