/*
 * From a law and a budget to a mixture (usage U1 of the D-CPT law): the largest domain share whose predicted general
 * loss stays within the budget, found by bisection, then held against repeats and the probed range.
 */
#ifndef TAMIS_LAW_BUDGET_H
#define TAMIS_LAW_BUDGET_H

#include "law/dcpt.h"
#include "run/recipe.h"

struct budget_question {
    const struct dcpt_law *law;
    double parameters, tokens;       /* of the model to be trained; 0: not said */
    enum budget budget;
    double limit;                    /* nats, a fraction (relative: 0.03), or the loss itself (absolute) */
    enum against against;
    uint64_t domain_tokens, general_tokens; /* unique tokens of the pools; UINT64_MAX: not limited */
    double domain_epochs, general_epochs;   /* how often a pool may be used */
    const char *domain, *general;    /* names, for messages */
};

enum binding { BINDING_BUDGET, BINDING_NONE, BINDING_REPEATS, BINDING_PROBE_RANGE };

struct budget_answer {
    double ratio;         /* domain share */
    enum binding binding; /* what sets it; BINDING_NONE: the budget allows every share, so it is 1 */
    double wanted_ratio;  /* what the budget alone allows */
    double limit;         /* the general loss that may be reached */
    double loss_domain, loss_general, loss_replay_only; /* predicted: at the ratio, and of the general at ratio 0 */
    bool outside_probe;   /* N or D differs from the runs', or the ratio lies outside what was probed */
    char warning[512];    /* sentences, one a line; empty: none */
};

/*
 * TAMIS_INPUT: infeasible, with the smallest change that makes it feasible. TAMIS_USAGE: the question makes no sense:
 * an absolute or relative budget at another N than the runs', `base` without a base loss.
 */
tamis_status budget_answer(const struct budget_question *question, struct budget_answer *answer, tamis_err *err)
    TAMIS_MUST_CHECK;
const char *binding_name(enum binding binding); /* "budget", "none", "max_epochs", "probe range" */

#endif
