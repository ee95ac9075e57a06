/*
 * Pairwise descent on a simplex with bounds: the domain with the lowest slope takes share from the one with the
 * highest, as much as is best along that line. At the end no such pair is left, which for a convex sum is optimality.
 */
#include "plan/mixture.h"

#include <math.h>
#include <stdlib.h>

#define MOST_STEPS 200000u
#define ENOUGH 1e-12     /* gap, relative to the value */
#define HALVINGS 60

struct search {
    const struct mixture *mixture;
    double *exponent; /* of each law, sum t_j r_j */
    double *slope;    /* of the sum, per domain */
    double *shares;
};

double mixture_at(const struct mixture *mixture, const double *shares)
{
    double sum = 0;
    for (size_t i = 0; i < mixture->laws_count; i++) {
        sum += mixture->weights[i] * mixing_at(&mixture->laws[i], shares);
    }
    return sum;
}

/* ---- Where to begin --------------------------------------------------------------------------------------------- */

/* The lower bounds, and what is left filled in proportion to the room. */
static tamis_status begin(const struct mixture *mixture, double *shares, tamis_err *err)
{
    double low = 0, high = 0;
    for (size_t j = 0; j < mixture->domains; j++) {
        low += mixture->low[j];
        high += mixture->high[j];
    }
    if (!(low <= 1 + 1e-9) || !(high >= 1 - 1e-9)) {
        return tamis_fail(err, TAMIS_INPUT, "the bounds of the shares leave no mixture: they sum to %g at least and %g "
                          "at most; they must allow 1", low, high);
    }
    const double part = high > low ? fmin(fmax((1 - low) / (high - low), 0), 1) : 0;
    for (size_t j = 0; j < mixture->domains; j++) {
        shares[j] = mixture->low[j] + part * (mixture->high[j] - mixture->low[j]);
    }
    return TAMIS_OK;
}

static void measure(struct search *s)
{
    const struct mixture *const mixture = s->mixture;
    for (size_t j = 0; j < mixture->domains; j++) {
        s->slope[j] = 0;
    }
    for (size_t i = 0; i < mixture->laws_count; i++) {
        const struct mixing *const law = &mixture->laws[i];
        double exponent = 0;
        for (size_t j = 0; j < mixture->domains; j++) {
            exponent += law->t[j] * s->shares[j];
        }
        s->exponent[i] = exponent;
        const double part = mixture->weights[i] * law->k * tamis_exp(exponent);
        for (size_t j = 0; j < mixture->domains; j++) {
            s->slope[j] += part * law->t[j];
        }
    }
}

/* ---- One step --------------------------------------------------------------------------------------------------- */

struct pair {
    size_t to, from;
};

/* False: nothing can be moved. */
static bool find_pair(const struct search *s, struct pair *pair)
{
    const struct mixture *const mixture = s->mixture;
    const size_t none = mixture->domains;
    *pair = (struct pair){none, none};
    for (size_t j = 0; j < mixture->domains; j++) {
        if (s->shares[j] < mixture->high[j] && (pair->to == none || s->slope[j] < s->slope[pair->to])) {
            pair->to = j;
        }
        if (s->shares[j] > mixture->low[j] && (pair->from == none || s->slope[j] > s->slope[pair->from])) {
            pair->from = j;
        }
    }
    return pair->to < none && pair->from < none && pair->to != pair->from;
}

/* Slope of the sum when `moved` has gone from one domain to the other: it only grows. */
static double slope_after(const struct search *s, struct pair pair, double moved)
{
    double sum = 0;
    for (size_t i = 0; i < s->mixture->laws_count; i++) {
        const struct mixing *const law = &s->mixture->laws[i];
        const double along = law->t[pair.to] - law->t[pair.from];
        sum += s->mixture->weights[i] * law->k * along * tamis_exp(s->exponent[i] + along * moved);
    }
    return sum;
}

static double move(const struct search *s, struct pair pair)
{
    const double most = fmin(s->mixture->high[pair.to] - s->shares[pair.to],
                             s->shares[pair.from] - s->mixture->low[pair.from]);
    double low = 0, high = most;
    if (slope_after(s, pair, most) <= 0) {
        return most;
    }
    for (int i = 0; i < HALVINGS && high - low > 1e-16; i++) {
        const double middle = low + (high - low) / 2;
        *(slope_after(s, pair, middle) <= 0 ? &low : &high) = middle;
    }
    return low;
}

/*
 * How much better the best mixture can be at most: the linear function with these slopes lies below the sum, and its
 * least value is found by filling the domains with the lowest slopes first.
 */
static double gap_of(const struct search *s)
{
    const struct mixture *const mixture = s->mixture;
    bool filled[MIXING_MOST] = {false};
    double here = 0, least = 0, left = 1;
    for (size_t j = 0; j < mixture->domains; j++) {
        here += s->slope[j] * s->shares[j];
        least += s->slope[j] * mixture->low[j];
        left -= mixture->low[j];
    }
    for (size_t n = 0; n < mixture->domains && left > 0; n++) {
        size_t next = mixture->domains;
        for (size_t j = 0; j < mixture->domains; j++) {
            if (!filled[j] && (next == mixture->domains || s->slope[j] < s->slope[next])) {
                next = j;
            }
        }
        filled[next] = true;
        const double part = fmin(left, mixture->high[next] - mixture->low[next]);
        least += s->slope[next] * part;
        left -= part;
    }
    return fmax(here - least, 0);
}

static void descend(struct search *s, struct mixture_best *best)
{
    measure(s);
    best->gap = gap_of(s);
    for (best->steps = 0; best->steps < MOST_STEPS && best->gap > ENOUGH * fabs(mixture_at(s->mixture, s->shares));
         best->steps++) {
        struct pair pair;
        const double moved = find_pair(s, &pair) ? move(s, pair) : 0;
        if (!(moved > 0)) {
            break;
        }
        const double most = s->shares[pair.from] - s->mixture->low[pair.from];
        s->shares[pair.to] = fmin(s->shares[pair.to] + moved, s->mixture->high[pair.to]);
        s->shares[pair.from] = moved >= most ? s->mixture->low[pair.from] : s->shares[pair.from] - moved;
        measure(s);
        best->gap = gap_of(s);
    }
    best->value = mixture_at(s->mixture, s->shares);
}

tamis_status mixture_best(const struct mixture *mixture, double *shares, struct mixture_best *best, tamis_err *err)
{
    struct search s = {.mixture = mixture, .shares = shares};
    const tamis_status status = begin(mixture, shares, err);
    if (status) {
        return status;
    }
    s.exponent = malloc((mixture->laws_count + 1) * sizeof *s.exponent);
    s.slope = malloc((mixture->domains + 1) * sizeof *s.slope);
    if (s.exponent && s.slope) {
        descend(&s, best);
    }
    const bool fine = s.exponent && s.slope;
    free(s.exponent);
    free(s.slope);
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the mixture");
}
