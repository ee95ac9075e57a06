/*
 * The critical mixture ratio (CMR; Gu et al. 2024, arXiv 2407.17467): the largest domain share with which the general
 * loss stays within a tolerance of where it was and the domain's falls. Fitted at one size to runs of several shares
 * with checkpoints; there and back as LAW.json. It says nothing of other sizes: published critical shares rise with N.
 *
 * Columns: ratio (domain share), D or else step, loss_general; loss_domain; base_loss_general (or the option) and
 * base_loss_domain, the losses before the training went on. Without the domain's two its condition is not looked at.
 */
#ifndef TAMIS_FIT_CMR_LAW_H
#define TAMIS_FIT_CMR_LAW_H

#include "core/arena.h"
#include "law/mixing.h"

#define CMR_TOLERANCE 0.05 /* nats, as in the paper; arbitrary, and it drives the answer */
#define CMR_RATIOS 32
#define CMR_TERMS 2

/* A change of loss since the start: sum of a_i T^s_i, plus b, in nats. */
struct cmr_curve {
    double a[CMR_TERMS], s[CMR_TERMS], b, max_error;
    size_t terms; /* 0: not measured */
};
double cmr_curve_at(const struct cmr_curve *curve, double t);

struct cmr_ratio {
    double ratio;
    struct cmr_curve general, domain;
    size_t rows;
    double first, last;       /* T of its rows */
    double peak, peak_t;      /* nats of general loss above both ends of the run, and where; 0: none seen */
};

struct cmr_law {
    const char *name, *source; /* may be NULL */
    bool steps;               /* T counts training steps in ones, not tokens in CMR_UNIT */
    struct cmr_ratio ratios[CMR_RATIOS]; /* ascending */
    size_t ratio_count, rows;
    double base_general, base_domain; /* NaN: not known */
    double parameters, probe_flop;    /* NaN: not known */
};

double cmr_unit(const struct cmr_law *law);                           /* tokens (or steps) that T counts */
void cmr_range(const struct cmr_law *law, double *first, double *last); /* T that all ratios cover */

enum cmr_verdict {
    CMR_FINE,
    CMR_ALL,       /* every share keeps the tolerance */
    CMR_NONE,      /* not even the smallest share does */
    CMR_NO_GAIN    /* the domain's loss has not fallen at the critical share */
};
/* At a T that the runs cover: the share, 0 to 1 (also outside those probed); losses change by what is told. */
struct cmr_critical {
    enum cmr_verdict verdict;
    double ratio, general, domain; /* domain NaN: not known */
    double misfit;                 /* largest error of the curve over the shares, nats */
};
tamis_status cmr_critical_at(const struct cmr_law *law, double tolerance, double t, struct cmr_critical *critical,
                             tamis_err *err) TAMIS_MUST_CHECK;
/* R = a T^s + b through critical shares over the T covered; *points is how many there were: below 4, `power` is NaN. */
tamis_status cmr_power_of(const struct cmr_law *law, double tolerance, struct cmr_power *power, size_t *points,
                          double *max_error, tamis_err *err) TAMIS_MUST_CHECK;

/* y = sum a_i T^s_i + b through `count` points, by the best of the signs of s. TAMIS_IO: out of memory. */
tamis_status cmr_curve_fit(const double *t, const double *y, size_t count, size_t terms, struct cmr_curve *curve,
                           tamis_err *err) TAMIS_MUST_CHECK;

/* The text of a file (`path` is for messages); strings live in `arena`. TAMIS_INPUT: it is no such law. */
tamis_status cmr_law_parse(const char *path, tamis_str text, struct arena *arena, struct cmr_law *law, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
