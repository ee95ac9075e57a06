/*
 * From a law and a budget to a mixture: the largest domain share whose predicted general loss stays within the budget
 * (usage 1, "trade-off", of the D-CPT law), or the share that is best for a weighted sum of both losses; found by
 * bisection, then held against the range that was probed and against repeats of the pools.
 */
#ifndef TAMIS_LAW_BUDGET_H
#define TAMIS_LAW_BUDGET_H

#include "law/dcpt.h"
#include "run/recipe.h"

struct budget_question {
    const struct dcpt_law *law;
    const struct dcpt_pair *refit; /* these curves instead of the law's own; NULL: the law's own */
    double parameters, tokens;       /* of the model to be trained; 0: not said */
    enum budget budget;
    double limit;                    /* nats, a fraction (relative: 0.03), the loss itself (absolute), or a weight */
    enum against against;            /* of difference and relative */
    double base_loss;                /* instead of the law's; 0 or NaN: the law's */
    uint64_t domain_tokens, general_tokens; /* unique tokens of the pools; UINT64_MAX: not limited */
    double domain_epochs, general_epochs;   /* how often a pool may be used, >= 1 */
    const char *domain, *general;    /* names of the pools, for messages */
};

enum binding { BINDING_BUDGET, BINDING_NONE, BINDING_REPEATS, BINDING_PROBE_RANGE };

#define BUDGET_WARNING 2048

struct budget_answer {
    double ratio;         /* domain share */
    enum binding binding; /* what sets it; BINDING_NONE: the budget allows every share, so it is 1 */
    double wanted_ratio;  /* what the budget alone allows */
    double reference;     /* the general loss that the budget is held against; NaN: none (absolute, weight) */
    double limit;         /* the general loss that may be reached; NaN: none (weight) */
    double loss_domain;   /* predicted at the ratio; NaN: not measured */
    double loss_general;  /* predicted at the ratio; NaN: not measured */
    double loss_replay_only; /* predicted general loss at ratio 0; NaN: not measured */
    bool outside_probe;   /* N or D differs from the runs', or the ratio lies outside what was probed */
    char warning[BUDGET_WARNING]; /* sentences, one a line; empty: none */
};

/*
 * TAMIS_INPUT: infeasible, with the smallest change that makes it feasible; or the law lacks the loss that is asked
 * for. TAMIS_USAGE: the question makes no sense: an absolute or relative budget, or one against the base loss, at
 * another N than the runs'; `base` without a base loss; limited pools without tokens.
 *
 * A relative, absolute or base budget is about the level of the loss, which this law knows at the runs' N only; so N
 * must agree within DCPT_SAME. A budget of BUDGET_NONE is TAMIS_INTERNAL.
 */
tamis_status budget_answer(const struct budget_question *question, struct budget_answer *answer, tamis_err *err)
    TAMIS_MUST_CHECK;
/* The same with the law in the text of a file (`path` is for messages); question->law is not looked at. */
tamis_status budget_ask(const char *path, tamis_str text, const struct budget_question *question,
                        struct budget_answer *answer, tamis_err *err) TAMIS_MUST_CHECK;

/*
 * How sure the ratio is: the same question put to every refit of the law. Percentiles 2.5, 50 and 97.5 of the ratios;
 * a refit without an answer (infeasible) counts as ratio 0. It does not cover that the form is wrong, that the learning
 * rate of a checkpoint is not that of a finished run, or another model size (struct transfer).
 */
struct budget_interval {
    double low, middle, high;      /* NaN: the law has no replicates */
    size_t replicates, infeasible, pinned_low, pinned_high; /* pinned: ratio 0, ratio 1 */
    double left_out_low, left_out_high; /* of the ratios without one run each; NaN: none */
    const char *left_out_run;      /* whose absence changes the ratio most; NULL: none */
    bool wide;                     /* wider than BUDGET_WIDE: measure more */
    double add;                    /* the share to probe then: the ratio itself; NaN: not wide */
};
#define BUDGET_WIDE 0.15
tamis_status budget_interval(const struct budget_question *question, const struct budget_answer *answer,
                             struct budget_interval *interval, tamis_err *err) TAMIS_MUST_CHECK;

/*
 * A ratio found with small models, used for a larger one. In the law's form the ratio does not depend on N; measured
 * critical shares do: 0.298 to 0.478 from 460M to 3.1B at one tolerance (Gu et al. 2024), about 0.10 per factor e.
 */
struct transfer {
    bool needed;        /* N is more than TRANSFER_SAME times the largest size probed */
    double low, high;   /* the interval (or the ratio), widened by slope x ln(N / N probed), within [0, 1] */
};
#define TRANSFER_SAME 2.0
#define TRANSFER_LOW 0.0
#define TRANSFER_HIGH 0.10
struct transfer budget_transfer(const struct budget_question *question, const struct budget_answer *answer,
                                const struct budget_interval *interval, double slope_low, double slope_high);

const char *binding_name(enum binding binding); /* "budget", "none", "max_epochs", "probe range" */

#endif
