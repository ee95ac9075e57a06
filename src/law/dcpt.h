/*
 * The D-CPT law (Que et al. 2024, arXiv 2406.01375, equation of section 3) at one model size and one number of tokens:
 * its r-effect form L(r) = E + C / (r + eps)^gamma, once for the loss of the domain with r = the domain's share, once
 * for the general loss with r = the general share. Losses in nats per token.
 *
 * A difference of general losses at one size does not depend on size or tokens in this form. That is a property of the
 * form, not a finding about models.
 */
#ifndef TAMIS_LAW_DCPT_H
#define TAMIS_LAW_DCPT_H

#include "core/arena.h"
#include "core/buf.h"

/* One run as it was measured: a row of RUNS.csv. */
struct dcpt_run {
    double parameters;   /* N */
    double tokens;       /* D, tokens trained in all */
    double ratio;        /* domain share of the tokens, 0 to 1 */
    double loss_domain, loss_general; /* NaN: not measured */
};

struct r_effect {
    double e, c, eps, gamma; /* e, c >= 0; eps, gamma > 0 */
};

double r_effect_at(const struct r_effect *law, double share); /* share in [0, 1] */

struct dcpt_side {
    struct r_effect law;
    double objective; /* sum over the rows of Huber(1e-3) of ln(predicted) - ln(measured) */
    double r2, mape;  /* mape: mean |predicted / measured - 1| */
    unsigned starts, agreeing; /* starts of the search; those that came within 1 % of the best objective */
    bool eps_at_bound, gamma_at_bound, e_at_bound;
    size_t rows;
};

struct dcpt_law {
    char *name;             /* label, or NULL */
    struct dcpt_side domain, general;
    double parameters, tokens;        /* of the runs it was fitted to */
    double lowest_ratio, highest_ratio; /* domain shares probed */
    double base_loss;       /* general loss before the training went on; NaN: not said */
    char *source;           /* where the runs are from, or NULL */
};

/* Rows of RUNS.csv: a header with N,D,ratio,loss_domain,loss_general in any order, other columns left alone. TAMIS_INPUT
 * with line and column for what cannot be: loss <= 0, NaN, a ratio outside 0 to 1 (percent?). */
tamis_status dcpt_read_runs(const char *path, struct arena *arena, struct dcpt_run **runs, size_t *count,
                            tamis_err *err) TAMIS_MUST_CHECK;
/* Fits both sides. Rows of more than one size or number of tokens, fewer than 3 distinct ratios: TAMIS_INPUT with what
 * to do. */
tamis_status dcpt_fit(const struct dcpt_run *runs, size_t count, struct dcpt_law *law, tamis_err *err)
    TAMIS_MUST_CHECK;

/* LAW.json (docs/FORMATS.md), version LAW_VERSION. */
#define LAW_VERSION 1
bool dcpt_print(const struct dcpt_law *law, struct buf *out) TAMIS_MUST_CHECK;
tamis_status dcpt_load(const char *path, struct arena *arena, struct dcpt_law *law, tamis_err *err) TAMIS_MUST_CHECK;

#endif
