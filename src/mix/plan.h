/*
 * Plan: how many tokens each target needs of each domain, and how often a pool must be repeated for it.
 */
#ifndef TAMIS_MIX_PLAN_H
#define TAMIS_MIX_PLAN_H

#include "run/run.h"

struct plan_need {
    uint64_t pool;   /* tokens of the domain that survive and are not held out */
    uint64_t tokens; /* wanted by the target; 0: nothing */
    double epochs;   /* tokens / pool */
};

struct plan_target {
    uint64_t tokens;          /* in all */
    struct plan_need *needs;  /* per domain index */
    const char *binding;      /* what limits the size: "tokens asked for", "pool of law", .. */
};

struct plan {
    struct arena arena;
    struct plan_target *targets;
    size_t count;
    uint64_t *pools; /* per domain index */
};

/*
 * Needs LEDGER_SURVEY and LEDGER_RESOLVE (and LEDGER_SELECT where select prunes) mapped. Token needs are whole numbers
 * by largest remainder. Infeasible (a pool is empty, or would be repeated more than max_epochs allows): TAMIS_INPUT
 * with the smallest change that makes it feasible. Release the plan even after a failure.
 */
tamis_status plan_make(struct plan *plan, const struct run *run, const struct ledger *ledger, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Tokens of each domain (`pools`, per domain index, zeroed) that survived the stages that are mapped. */
tamis_status plan_pools(const struct run *run, const struct ledger *ledger, uint64_t *pools, tamis_err *err)
    TAMIS_MUST_CHECK;
void plan_release(struct plan *plan);
tamis_status plan_write(const struct plan *plan, const struct run *run, tamis_err *err) TAMIS_MUST_CHECK; /* plan.json */

#endif
