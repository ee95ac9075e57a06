/*
 * How sure a ratio by law is: found in src/plan, told by plans and reports, which may not ask a law. One writer for all
 * of them, so that they say the same.
 */
#ifndef TAMIS_RUN_RATIO_FACTS_H
#define TAMIS_RUN_RATIO_FACTS_H

#include "core/json.h"

#define RATIO_RUN_NAME 64 /* bytes, longer names are cut */

/*
 * The same question put to every refit of the law: percentiles 2.5, 50 and 97.5 of the ratios. A refit without an
 * answer (infeasible) counts as ratio 0. It does not cover that the form is wrong, that the learning rate of a
 * checkpoint is not that of a finished run, or another model size (struct transfer).
 */
struct budget_interval {
    double low, middle, high;      /* NaN: the law has no replicates */
    size_t replicates, infeasible, pinned_low, pinned_high; /* pinned: ratio 0, ratio 1, of those with an answer */
    double loss_domain[2], loss_general[2]; /* low, high: of the refits' losses at the ratio; NaN: none */
    double left_out_low, left_out_high;     /* of the ratios without one run each; NaN: none */
    char left_out_run[RATIO_RUN_NAME];      /* whose absence changes the ratio most; empty: none */
    const char *refits;            /* "by run", "by residual"; NULL: none. Static storage */
    bool wide;                     /* wider than BUDGET_WIDE: measure more */
    double add;                    /* the share to probe then: the ratio itself; NaN: not wide */
};
#define BUDGET_WIDE 0.15

/*
 * A ratio found with small models, used for a larger one. In the law's form the ratio does not depend on N; measured
 * critical shares do: 0.298 to 0.478 from 460M to 3.1B at one tolerance (Gu et al. 2024), about 0.10 per factor e.
 */
struct transfer {
    bool needed;          /* N is more than TRANSFER_SAME times the largest size probed */
    bool unknown;         /* N is not said, by the model or by the runs */
    double low, high;     /* the interval (or the ratio), widened by slope x ln(N / N probed), within [0, 1] */
    double slope_low, slope_high; /* of the ratio per factor e of N */
    double parameters, probed;    /* N of the model, largest N of the runs; NaN: not said */
    double shares[2];     /* domain shares of the two short runs of the model that would settle it */
};
#define TRANSFER_SAME 2.0
#define TRANSFER_LOW 0.0
#define TRANSFER_HIGH 0.10

struct ratio_facts {
    struct budget_interval interval;
    struct transfer transfer;
    double run_parameters, run_tokens; /* of the runs, for one more of them; NaN: not said */
    bool repeat;                       /* the share to add was probed: the same run with another seed */
    const char *warnings;              /* sentences, one a line; NULL or empty: none */
};

/*
 * Keys interval, interval_note, median, refits, left_out, loss_domain_interval, loss_general_interval, transfer and
 * measure_more of an open object (docs/FORMATS.md). `facts` NULL: all null.
 */
void ratio_facts_print(struct json *json, const struct ratio_facts *facts);
/* What must not be missed: sentences, one a line: "transfer: unverified: ..", "measure more: ..". */
bool ratio_facts_say(const struct ratio_facts *facts, struct buf *lines) TAMIS_MUST_CHECK;
/* The part about another size alone, for laws without refits: the key `transfer`; its sentence, where one is needed. */
void ratio_transfer_print(struct json *json, const struct transfer *transfer);
bool ratio_transfer_say(const struct transfer *transfer, struct buf *lines) TAMIS_MUST_CHECK;

#endif
