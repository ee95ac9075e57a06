/*
 * Counting what is refused, and noticing sums where means are meant. A loss summed over n tokens grows like n, a mean
 * does not: the slope of log loss over log n is near 1 for the one, near 0 for the other.
 */
#include "score/trajectories_reading.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define SLOPE_LEAST 100                     /* losses */
#define SLOPE_MOST ((uint64_t)1 << 20)      /* more say no more */
#define SLOPE_SPREAD 0.1                    /* least variance of log units */
#define SLOPE_OF_SUMS 0.75
#define SLOPE_OF_MEANS 0.25

const char *broken_name(enum broken reason)
{
    static const char *const names[] = {
        [BROKEN_LINE] = "not a JSON object",
        [BROKEN_ID] = "no id",
        [BROKEN_STEP] = "no step",
        [BROKEN_LOSS] = "no loss",
        [BROKEN_COUNT] = "n_tokens is missing or no count",
        [BROKEN_LENGTH] = "another number of losses than of steps",
        [BROKEN_MANY] = "more than 100,000 losses",
        [BROKEN_FORM] = "long among wide lines, or wide among long ones",
        [BROKEN_STREAM] = "damaged stream",
    };
    return reason < BROKEN_REASONS ? names[reason] : "";
}

void account_broken(struct account *a, enum broken why, const char *path, const char *unit, uint64_t place)
{
    if (a->facts.broken == 0) {
        snprintf(a->first_broken, sizeof a->first_broken, "%.200s: %s %" PRIu64 ": %s", path, unit, place,
                 broken_name(why));
    }
    a->facts.broken++;
    a->facts.broken_by[why]++;
    a->facts.damaged = a->facts.damaged || why == BROKEN_STREAM;
}

double account_loss(struct account *a, double value, double scale, bool *rejected)
{
    if (isnan(value)) {
        return (double)NAN;
    }
    if (value >= LOSS_LIMIT || value <= -LOSS_LIMIT) {
        a->facts.not_finite++;
    } else if (value < 0) {
        a->facts.negative++;
    } else {
        return value * scale + 0.0; /* -0 is 0 */
    }
    *rejected = true;
    return (double)NAN;
}

void account_slope(struct account *a, bool mean, uint64_t units, double loss)
{
    struct slope *const s = mean ? &a->means : &a->sums;
    if (units == 0 || !(loss > 0) || s->count == SLOPE_MOST) {
        return;
    }
    const double x = tamis_log((double)units), y = tamis_log(loss);
    s->count++;
    s->x += x;
    s->y += y;
    s->xx += x * x;
    s->xy += x * y;
}

/* NaN: too few, or all of one length. */
static double slope_of(const struct slope *s)
{
    const double n = (double)s->count;
    const double spread = s->count > 0 ? s->xx / n - s->x / n * (s->x / n) : 0;
    const bool enough = s->count >= SLOPE_LEAST && spread >= SLOPE_SPREAD;
    return enough ? (s->xy / n - s->x / n * (s->y / n)) / spread : (double)NAN;
}

enum slip account_slip(const struct account *a)
{
    if (slope_of(&a->means) > SLOPE_OF_SUMS) {
        return SLIP_SUM_FOR_MEAN;
    }
    return slope_of(&a->sums) < SLOPE_OF_MEANS ? SLIP_MEAN_FOR_SUM : SLIP_NONE;
}
