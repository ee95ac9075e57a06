/*
 * One mixture for several domains, from a D-CPT law of each: the shares with the least weighted sum of the domains'
 * losses while the general loss stays within its budget.
 *
 *     min sum_i w_i L_i(r_i)   with   sum_i r_i = 1 - r_0,   0 <= r_i <= cap_i,   L_g(r_0) <= limit
 *
 * That each domain's loss depends on its own share alone is an assumption, and a crude one where domains help each
 * other: for three and more of those the exponential law of mixtures is the better form (law/mixing.h). Each L_i is
 * convex, so the answer is where all domains with a share inside its bounds gain the same per share, lambda; bisection
 * finds it ("water-filling"; Boyd and Vandenberghe, Convex Optimization, 2004, example 5.2).
 */
#ifndef TAMIS_PLAN_SEVERAL_H
#define TAMIS_PLAN_SEVERAL_H

#include "plan/budget.h"

/* ---- The part that knows nothing of budgets ---------------------------------------------------------------------- */

struct filling_item {
    const struct dcpt_curve *curve;
    double weight, tokens; /* weight >= 0; D of the curve, NaN where its B is 0 */
    double low, high;      /* of the share, 0 <= low <= high <= 1 */
};
struct filling {
    double lambda; /* what the last share gained, nats per share of 1; negative: it harmed. NaN: all at their bounds */
    double rest;   /* of `total`, what no item may take; negative: the lower bounds are more than it */
};
/* Shares of the items that sum to `total`, as far as their bounds allow. */
struct filling fill_shares(const struct filling_item *items, size_t count, double total, double *shares);

/*
 * Whole tokens of `count` shares that sum to 1, together exactly `tokens`, by largest remainder; none above its
 * `most` (NULL: not limited) where the others leave room.
 */
void share_tokens(const double *shares, const uint64_t *most, size_t count, uint64_t tokens, uint64_t *taken);

/* ---- The mixture ------------------------------------------------------------------------------------------------- */

struct several_domain {
    const char *name;
    const struct dcpt_law *law;
    double weight;  /* > 0 */
    uint64_t pool;  /* unique tokens; UINT64_MAX: not limited */
};

struct several_question {
    const struct several_domain *domains;
    size_t count;
    /*
     * Budget, sizes, tokens, and the general pool; the general curve is that of the first domain's law. What it says of
     * `law`, `refit` and the domain's pool is not looked at; domain_epochs holds for every domain.
     */
    struct budget_question general;
    size_t refit; /* the curves of this replicate of every law; SEVERAL_NO_REFIT: the laws' own */
};
#define SEVERAL_NO_REFIT SIZE_MAX

enum several_binding { SEVERAL_BALANCE, SEVERAL_CAP, SEVERAL_ZERO, SEVERAL_LOWEST };
/* "balance": gains like the others; "max_epochs"; "zero": the others gain more; "curve": more harms it. */
const char *several_binding_name(enum several_binding binding);

struct several_share {
    double ratio, cap; /* cap: by the pool and its repeats */
    double loss;       /* of the domain at it */
    double general;    /* what this domain's own law says of the general loss */
    enum several_binding binding;
};

struct several_answer {
    struct budget_answer budget; /* of the general loss; its ratio is what the domains may have together */
    double general;              /* share of general text */
    double loss_general;         /* at it; NaN: not measured (weight budget of a law without it is refused) */
    double sum;                  /* of weight x loss over the domains */
    double lambda;               /* as in struct filling */
    double rest;                 /* share that no domain takes and general text fills */
};

/*
 * `shares` has one element a domain. TAMIS_INPUT: infeasible, with the smallest change; a domain's law lacks its own
 * loss. TAMIS_USAGE as budget_answer(), or limited pools without tokens.
 */
tamis_status several_answer(const struct several_question *question, struct several_share *shares,
                            struct several_answer *answer, tamis_err *err) TAMIS_MUST_CHECK;

/* Replicates that every law has: refits 0 up to it can be asked for. */
size_t several_replicates(const struct several_question *question);

/*
 * The same question put to every refit of all laws, index by index, since laws have no runs in common: percentiles
 * 2.5 and 97.5 of every domain's share (`ends`, one pair a domain; NaN: a law has no replicates) and of all domains
 * together. A refit without an answer counts as shares of 0. Its losses and what leaves out a run stay NaN.
 */
tamis_status several_interval(const struct several_question *question, const struct several_answer *answer,
                              struct budget_interval *together, double (*ends)[2], tamis_err *err) TAMIS_MUST_CHECK;

#endif
