/*
 * The D-CPT law (Que et al. 2024, arXiv 2406.01375, section 3) fitted to runs: once for the loss of the domain with r =
 * the domain's share, once for the general loss with r = the general share. Losses in nats per token. How much of the
 * law is fitted follows from the runs: all nine parameters from several sizes; without A / N^alpha from one size; and
 * from one size and one number of tokens E + C / (r + eps)^gamma, where the term in both r and D cannot be told apart
 * and is in the curve.
 *
 * In a difference of general losses all that depends on N cancels. That is a property of the form, not a finding about
 * models.
 */
#ifndef TAMIS_LAW_DCPT_H
#define TAMIS_LAW_DCPT_H

#include "core/arena.h"
#include "core/buf.h"
#include "law/dcpt_curve.h"

/* One run as it was measured: a row of RUNS.csv. */
struct dcpt_run {
    double parameters;   /* N; NaN: not said */
    double tokens;       /* D, tokens trained in all; NaN: not said */
    double ratio;        /* domain share of the tokens, 0 to 1 */
    double loss_domain, loss_general; /* NaN: not measured */
    unsigned line;       /* of the file, for messages */
};

struct dcpt_runs {
    const char *source;  /* the file's name */
    struct dcpt_run *at; /* in the order of the file */
    size_t count;
    double base_loss;    /* general loss before the training went on; NaN: not said */
};

enum dcpt_parameter {
    DCPT_E, DCPT_A, DCPT_B, DCPT_C, DCPT_ALPHA, DCPT_BETA, DCPT_ETA, DCPT_EPS, DCPT_GAMMA, DCPT_PARAMETERS
};

struct dcpt_quality {
    double objective;            /* sum over the rows used of Huber(1e-3) of ln predicted - ln measured */
    double r2, mape, max_error;  /* of the losses (NaN: all equal); mean |predicted / measured - 1|; nats */
    unsigned starts, agreeing;   /* of the search; those within 1 % of the best objective */
    unsigned at_low, at_high;    /* bits, 1 << enum dcpt_parameter: bounds hit; E, A, B, C at_low are 0 */
};

/* What was learnt of one of the two losses; `rows` is 0 where it was not measured, and nothing else is to be read. */
struct dcpt_side {
    struct dcpt_curve curve;
    struct dcpt_quality fit;
    size_t rows;
    double lowest_ratio, highest_ratio; /* domain shares at which it was measured */
};

/* One refit of both sides: of a replicate of the bootstrap, or without one run. A side not measured is all 0. */
struct dcpt_pair {
    struct dcpt_curve domain, general;
};

struct dcpt_left_out {
    const char *run;
    double parameters, ratio; /* of the run left out; parameters NaN: not said */
    struct dcpt_pair pair;
};

enum dcpt_form { DCPT_FULL, DCPT_SINGLE_SIZE, DCPT_SINGLE_POINT }; /* nine parameters; A is 0; A and B are 0 */
enum dcpt_bootstrap { DCPT_NO_BOOTSTRAP, DCPT_BY_RUN, DCPT_BY_RESIDUAL };

struct dcpt_law {
    const char *name, *source; /* a label; where the runs are from; either may be NULL */
    struct dcpt_side domain, general;
    double parameters, tokens; /* of the runs it was fitted to; NaN: not said */
    const double *ratios;      /* the different domain shares probed, ascending */
    size_t ratio_count;
    size_t rows;
    double base_loss;          /* as in struct dcpt_runs */
    enum dcpt_form form;
    double lowest_size, highest_size;     /* N of the runs; NaN: not said. `parameters` is the highest */
    double lowest_tokens, highest_tokens; /* D of the rows used; NaN: not said. `tokens` is the highest */
    enum dcpt_bootstrap bootstrap;
    const struct dcpt_pair *replicates;   /* DCPT_REPLICATES of them, or 0 */
    size_t replicate_count;
    const struct dcpt_left_out *left_out; /* one a run */
    size_t left_out_count;
    double probe_flop;         /* 6 N D over the runs; NaN: not known */
    double peak_general;       /* highest general loss in the middle of a run above its ends, nats; NaN: none was seen */
};
#define DCPT_REPLICATES 200

#define DCPT_COLUMNS "N,D,ratio,loss_domain,loss_general"
#define DCPT_MAX_BYTES ((size_t)64 << 20)
#define DCPT_SAME 0.01 /* sizes and numbers of tokens that differ by less, as a share, are the same */

/*
 * Rows of RUNS.csv ("-": stdin; .zst and .gz are read): a header with DCPT_COLUMNS in any order; base_loss_general may
 * stand beside them, other columns are left alone. N, D and one of the losses may be missing or have empty cells.
 * TAMIS_INPUT with line and column for what cannot be: a loss <= 0, a ratio outside 0 to 1 (percent?), two base losses.
 */
tamis_status dcpt_read_runs(const char *path, struct arena *arena, struct dcpt_runs *runs, tamis_err *err)
    TAMIS_MUST_CHECK;
/*
 * Fits each side that was measured; the same bits for any order of the rows. What the law points at lives in `arena` or
 * in `runs`. Rows of more than one size or number of tokens, or fewer than 3 different ratios on a side: TAMIS_INPUT
 * with what to do.
 */
tamis_status dcpt_fit(const struct dcpt_runs *runs, const char *name, struct arena *arena, struct dcpt_law *law,
                      tamis_err *err) TAMIS_MUST_CHECK;

/* What to know before using a law: sentences, one a line. */
bool dcpt_warnings(const struct dcpt_law *law, struct buf *lines) TAMIS_MUST_CHECK;

/* LAW.json (docs/FORMATS.md). */
bool dcpt_print(const struct dcpt_law *law, struct buf *out) TAMIS_MUST_CHECK;
/* A few lines for people. */
bool dcpt_describe(const struct dcpt_law *law, struct buf *out) TAMIS_MUST_CHECK;
/* Reads what a plan needs: the curves, what was probed, the base loss. How well the curves fit is left at 0. */
tamis_status dcpt_parse(const char *path, tamis_str text, struct arena *arena, struct dcpt_law *law, tamis_err *err)
    TAMIS_MUST_CHECK; /* `path` is for messages */
tamis_status dcpt_load(const char *path, struct arena *arena, struct dcpt_law *law, tamis_err *err) TAMIS_MUST_CHECK;

#endif
