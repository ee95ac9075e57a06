/*
 * The D-CPT law (Que et al. 2024, arXiv 2406.01375, section 3) fitted to runs: once for the loss of the domain with r =
 * the domain's share, once for the general loss with r = the general share. Losses in nats per token. How much of the
 * law is fitted follows from the runs: all nine parameters from three sizes and more; all but alpha from two; without A
 * / N^alpha from one size; and from one size and one number of tokens E + C / (r + eps)^gamma, where the term in both r
 * and D cannot be told apart and is in the curve.
 *
 * In a difference of general losses all that depends on N cancels. That is a property of the form, not a finding about
 * models.
 */
#ifndef TAMIS_FIT_DCPT_H
#define TAMIS_FIT_DCPT_H

#include "core/arena.h"
#include "core/buf.h"
#include "law/dcpt_curve.h"

struct runs;

/* One row of RUNS.csv: a checkpoint of a run. */
struct dcpt_run {
    double parameters;   /* N; NaN: not said */
    double tokens;       /* D, tokens trained in all; NaN: not said */
    double ratio;        /* domain share of the tokens, 0 to 1 */
    double loss_domain, loss_general; /* NaN: not measured */
    double base_loss;    /* general loss before the training went on; NaN: not said */
    unsigned line;       /* of the file, for messages */
};

struct dcpt_runs {
    struct runs *table;  /* which run each row belongs to, and what is left out of it */
    const char *source;  /* the file's name */
    struct dcpt_run *at; /* in the order of the table's rows */
    size_t count;
    double base_loss;    /* of the runs of the largest N; NaN: not said */
    const char *base_model; /* that all rows name that name one; NULL: none, or several */
    bool from_scratch;   /* a base_model begins with DCPT_FROM_SCRATCH */
};

enum dcpt_parameter {
    DCPT_E, DCPT_A, DCPT_B, DCPT_C, DCPT_ALPHA, DCPT_BETA, DCPT_ETA, DCPT_EPS, DCPT_GAMMA, DCPT_PARAMETERS
};

struct dcpt_quality {
    double objective;            /* sum over the rows used of Huber(1e-3) of ln predicted - ln measured */
    double r2, mape, max_error;  /* of the losses (NaN: all equal); mean |predicted / measured - 1|; nats */
    unsigned starts, agreeing;   /* of the search; those within 1 % of the best objective */
    double unbound;              /* objective if the loss need not fall with the share; NaN: that changes little */
    unsigned at_low, at_high;    /* bits, 1 << enum dcpt_parameter: bounds hit; E, A, B, C at_low are 0 */
};

/* What was learnt of one of the two losses; `rows` is 0 where it was not measured, and nothing else is to be read. */
struct dcpt_side {
    struct dcpt_curve curve;
    struct dcpt_quality fit;
    size_t rows;
    double lowest_ratio, highest_ratio; /* domain shares at which it was measured */
    bool alpha_free; /* two sizes, and with alpha held no floor E would be left: it was fitted */
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
    const struct dcpt_runs *runs; /* it was fitted to; NULL: read from a file */
    struct dcpt_side domain, general;
    double parameters, tokens; /* the highest below */
    const double *ratios;      /* the different domain shares probed, ascending */
    size_t ratio_count;
    size_t rows, run_count;    /* rows used, of so many runs */
    double base_loss;          /* as in struct dcpt_runs */
    const char *base_model;    /* as there, likewise */
    bool from_scratch;         /* the law is of mixtures to pretrain on, not of going on from a model */
    enum dcpt_form form;
    size_t sizes;              /* different N, at least 1 */
    bool alpha_held;           /* full form, two sizes: alpha is DCPT_ALPHA_HELD unless a side says otherwise */
    double lowest_size, highest_size;     /* N of the runs; NaN: not said. `parameters` is the highest */
    double lowest_tokens, highest_tokens; /* D of the rows used; NaN: not said. `tokens` is the highest */
    enum dcpt_bootstrap bootstrap;
    bool replicates_asked;
    tamis_str warned;                     /* of a law that was read: what fit said of it, sentences, one a line */
    bool run_noise_known;                 /* a run was made twice, or how far seeds are apart was said */
    const struct dcpt_pair *replicates;
    size_t replicate_count;
    const struct dcpt_left_out *left_out; /* one a run that can be missed; none beyond DCPT_LEFT_OUT_MOST runs */
    size_t left_out_count;
    double probe_flop;         /* 6 N D over the runs; NaN: not known */
    double peak_general;       /* highest general loss inside a run above its ends, nats; NaN: none above DCPT_PEAK */
    const char *peak_run;      /* the run it was seen in */
};
#define DCPT_FROM_SCRATCH "from scratch"
#define DCPT_STARTS 16
/* Two sizes give one difference, for A and alpha. So alpha is that of Hoffmann et al. 2022, eq. 10, as printed. */
#define DCPT_ALPHA_HELD 0.34
#define DCPT_LEFT_OUT_MOST 64
#define DCPT_PEAK 0.03 /* nats */
#define DCPT_SAME 0.01 /* sizes and numbers of tokens that differ by less, as a share, are the same */

/*
 * Rows of RUNS.csv (fit/runs.h): a header with N, D, ratio, loss_domain and loss_general in any order; beside them may
 * stand ratio_general (1 - ratio), base_loss_general and what all tables of runs may have; other columns are left
 * alone. N, D and one of the losses may be missing or have empty cells. TAMIS_INPUT with line and column for what
 * cannot be: a loss <= 0, a ratio outside 0 to 1 (percent?), ratios that do not sum to 1, two base losses at one N.
 */
tamis_status dcpt_read_runs(const char *path, double warm_up, struct arena *arena, struct dcpt_runs *runs,
                            tamis_err *err) TAMIS_MUST_CHECK;

struct dcpt_effort {
    uint64_t seed;       /* of starts and of the bootstrap */
    unsigned starts;     /* of the search; 0: DCPT_STARTS */
    unsigned replicates; /* of the bootstrap; 0: none */
    bool may_rise;       /* the loss need not fall with the share, as the law demands */
    double run_noise;    /* by how much a run is known to be off through its seed, of ln loss; 0: not known */
};
/*
 * Fits each side that was measured; the same bits for any order of the rows. What the law points at lives in `arena` or
 * in `runs`. Fewer than 3 different ratios on a side, N or D in some rows only, several N at one D: TAMIS_INPUT with
 * what to do.
 */
tamis_status dcpt_fit(const struct dcpt_runs *runs, const char *name, const struct dcpt_effort *effort,
                      struct arena *arena, struct dcpt_law *law, tamis_err *err) TAMIS_MUST_CHECK;

/* What to know before using a law: sentences, one a line. */
bool dcpt_warnings(const struct dcpt_law *law, struct buf *lines) TAMIS_MUST_CHECK;

/* LAW.json (docs/FORMATS.md). */
bool dcpt_print(const struct dcpt_law *law, struct buf *out) TAMIS_MUST_CHECK;
/* A few lines for people. */
bool dcpt_describe(const struct dcpt_law *law, struct buf *out) TAMIS_MUST_CHECK;
/*
 * A panel for each side measured: the losses, the curve at the largest N and D with the range of the replicates (their
 * percentiles 2.5 to 97.5), the ratios probed.
 */
tamis_status dcpt_chart(const struct dcpt_law *law, struct buf *svg, tamis_err *err) TAMIS_MUST_CHECK;
/*
 * Reads what a plan needs: the curves, replicates, refits without one run, what was probed, what it cost, the base
 * loss. How well the curves fit is left at 0. Version 1 is read as a single point without replicates.
 */
tamis_status dcpt_parse(const char *path, tamis_str text, struct arena *arena, struct dcpt_law *law, tamis_err *err)
    TAMIS_MUST_CHECK; /* `path` is for messages */
tamis_status dcpt_load(const char *path, struct arena *arena, struct dcpt_law *law, tamis_err *err) TAMIS_MUST_CHECK;

#endif
