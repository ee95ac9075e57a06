/*
 * From a law and a budget to a mixture, by the whole curve L(N, D, r). Three usages of the D-CPT law (Que et al. 2024,
 * arXiv 2406.01375, section 4):
 *
 * 1, trade-off: the largest domain share whose predicted general loss stays within the budget, or the share that is
 *    best for a weighted sum of both losses; then held against the range that was probed and against repeats.
 * 2, limited: the domain's pool is all there is. The more general text, the more tokens: D = usable / r. The share with
 *    the least loss of the domain.
 * 3, resources: 6 N D operations. The share by the budget, and N and D with the least loss of the domain at it.
 *
 * Every curve is convex in its share, so each question has one answer and bisection finds it.
 */
#ifndef TAMIS_PLAN_BUDGET_H
#define TAMIS_PLAN_BUDGET_H

#include "fit/dcpt.h"
#include "law/scaling.h"
#include "recipe/recipe.h"
#include "run/ratio_facts.h"

enum budget_usage { BUDGET_TRADE_OFF, BUDGET_LIMITED, BUDGET_RESOURCES };

struct budget_question {
    const struct dcpt_law *law;
    const struct dcpt_pair *refit; /* these curves instead of the law's own; NULL: the law's own */
    enum budget_usage usage;
    double parameters, tokens;       /* of the model to be trained; 0: not said */
    double flop;                     /* of usage 3: 6 N D; neither parameters nor tokens are looked at */
    enum budget budget;              /* not of usage 2 */
    double limit;                    /* nats, a fraction (relative: 0.03), the loss itself (absolute), or a weight */
    enum against against;            /* of difference and relative */
    double base_loss;                /* instead of the law's; 0 or NaN: the law's */
    uint64_t domain_tokens, general_tokens; /* unique tokens of the pools; UINT64_MAX: not limited */
    double domain_epochs, general_epochs;   /* how often a pool may be used, >= 1 */
    /*
     * A planning heuristic, published nowhere as such: repeats of the domain's pool U count by what they are worth
     * (Muennighoff et al. 2023), in the domain's loss alone: its share is D_eff(U, r D) / D. NULL: as new text.
     */
    const struct constrained *decay;
    const char *domain, *general;    /* names of the pools, for messages */
};

enum binding { BINDING_BUDGET, BINDING_NONE, BINDING_REPEATS, BINDING_PROBE_RANGE };

#define BUDGET_WARNING 3072

struct budget_answer {
    double ratio;         /* domain share */
    enum binding binding; /* what sets it; BINDING_NONE: the budget allows every share, or the law's best lies inside */
    double wanted_ratio;  /* what the budget alone allows; of usage 2: the law's best */
    double parameters, tokens; /* N (the runs' when not said; of usage 3 found; NaN: not known); D (found by 2 and 3; 0:
                                * not said) */
    double worth_ratio;   /* the share in the domain's loss: less than `ratio` where repeats count by their worth */
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
 * for. TAMIS_USAGE: the question makes no sense: a budget about the level of the loss (absolute, relative, or against
 * the base) at another N than the runs' of a law that is not DCPT_FULL; `base` without a base loss; limited pools
 * without tokens; usage 2 without a pool or with a law of one D; usage 3 with a law of one N.
 *
 * N agrees where it differs by less than DCPT_SAME. A budget of BUDGET_NONE in usage 1 or 3 is TAMIS_INTERNAL.
 */
tamis_status budget_answer(const struct budget_question *question, struct budget_answer *answer, tamis_err *err)
    TAMIS_MUST_CHECK;

/*
 * A loss at another ratio, all else as in the answer: repeats count as they do there, and of usage 2 the tokens follow
 * from the ratio, which is above 0 then. `curve` is of that loss: the law's, or a refit's.
 */
double budget_loss_at(const struct budget_question *question, const struct budget_answer *answer,
                      const struct dcpt_curve *curve, bool general, double ratio);

/* How sure the ratio is. The question is asked once for every refit of the law, all else the same. */
tamis_status budget_interval(const struct budget_question *question, const struct budget_answer *answer,
                             struct budget_interval *interval, tamis_err *err) TAMIS_MUST_CHECK;
/* Of shares from `low` to `high` at a size `probed`; `rises`: more slack would raise them. Sets all but `shares`. */
struct transfer transfer_band(double low, double high, bool rises, double parameters, double probed, double slope_low,
                              double slope_high);
struct transfer budget_transfer(const struct budget_question *question, const struct budget_answer *answer,
                                const struct budget_interval *interval, double slope_low, double slope_high);
/* Both, and what one more run would have to be. Points to the answer's warnings. */
tamis_status budget_facts(const struct budget_question *question, const struct budget_answer *answer,
                          double slope_low, double slope_high, struct ratio_facts *facts, tamis_err *err)
    TAMIS_MUST_CHECK;

/* All of it with the law in the text of a file (`path` is for messages); question->law is not looked at. */
tamis_status budget_ask(const char *path, tamis_str text, const struct budget_question *question,
                        struct budget_answer *answer, struct ratio_facts *facts, tamis_err *err) TAMIS_MUST_CHECK;

const char *binding_name(enum binding binding); /* "budget", "none", "max_epochs", "probe range" */

#endif
