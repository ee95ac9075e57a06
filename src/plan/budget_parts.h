/* What the files of the budget share: a question being answered. */
#ifndef TAMIS_PLAN_BUDGET_PARTS_H
#define TAMIS_PLAN_BUDGET_PARTS_H

#include "plan/budget.h"

#define BUDGET_CLOSE 1e-12 /* width at which a bisection ends */

struct planning {
    const struct budget_question *q;
    struct budget_answer *a;
    const struct dcpt_curve *domain, *general; /* the law's, or a refit's; NULL: not measured */
    double parameters, tokens; /* asked for; 0: not said */
    double base_loss; /* NaN: not known */
    double highest;   /* domain share that may be reached by what was probed */
    double allowed;   /* the largest share within the budget and the probe range; of a weight the latter alone */
    bool quiet;       /* no warnings */
    tamis_err *err;
};

/* ---- budget_curve.c: losses along the domain share, at the size and tokens asked for, else at the runs' ---------- */

double planning_tokens(const struct planning *p);
double planning_parameters(const struct planning *p);
double planning_worth(const struct planning *p, double ratio); /* the share in the domain's loss */
double planning_domain(const struct planning *p, double ratio); /* NaN: not measured */
double planning_general(const struct planning *p, double ratio);
/* The share of the lowest general loss: 0 unless D is below dcpt_least_tokens(). */
double planning_lowest_general(const struct planning *p);
/* The largest share at which the domain's loss still falls: 1 unless D is below dcpt_least_tokens(). */
double planning_lowest_domain(const struct planning *p);
/* The largest share whose general loss is at most `limit`; the share `from` is within; the loss rises from it. */
double planning_within(const struct planning *p, double from, double limit);
/* The share with the least weight x domain loss + (1 - weight) x general loss. */
double planning_best_sum(const struct planning *p, double weight);

/* ---- budget_limit.c: what the budget allows ---------------------------------------------------------------------- */

bool planning_about_level(const struct budget_question *q);
/* The law tells sizes apart. */
bool planning_knows_sizes(const struct dcpt_law *law);
/* The smallest number of six decimals that, as a budget, allows `loss`. */
double planning_budget_for(const struct planning *p, double loss);
tamis_status planning_budget(struct planning *p) TAMIS_MUST_CHECK; /* sets wanted_ratio, reference, limit */

/* ---- budget_pools.c ---------------------------------------------------------------------------------------------- */

double planning_usable(uint64_t tokens, double epochs); /* INFINITY: not limited */
tamis_status planning_pools(struct planning *p) TAMIS_MUST_CHECK;

/* ---- budget_warnings.c ------------------------------------------------------------------------------------------- */

void planning_warn(const struct planning *p, const char *format, ...) TAMIS_PRINTF(2, 3);
bool planning_differs(double asked, double low, double high); /* `asked` lies outside low to high; 0, NaN: not said */
void planning_warn_sizes(const struct planning *p);
void planning_warn_limit(const struct planning *p);
void planning_warn_repeats(const struct planning *p);
void planning_warn_curves(const struct planning *p);

/* ---- budget.c, budget_usages.c ----------------------------------------------------------------------------------- */

/* Usage 1 at p->parameters and p->tokens: budget, probe range, pools. */
tamis_status planning_trade_off(struct planning *p) TAMIS_MUST_CHECK;
/* `ratio` is moved into the probe range; `binding` binds below it. */
void planning_probe_range(struct planning *p, enum binding binding);
tamis_status planning_limited(struct planning *p) TAMIS_MUST_CHECK;
tamis_status planning_resources(struct planning *p) TAMIS_MUST_CHECK;

#endif
