/* Several domains of one plan, by name: a LAW.json each, a pool, a weight. */
#ifndef TAMIS_CMD_PLAN_DOMAINS_H
#define TAMIS_CMD_PLAN_DOMAINS_H

#include "cmd/plan.h"

struct plan_domain {
    const char *name;  /* the law's; without one its file's; "domain2" where two would be called the same */
    const char *path;  /* of LAW.json; NULL: the domain is a pool alone */
    struct dcpt_law law;
    uint64_t pool;     /* unique tokens; UINT64_MAX: not limited */
    double weight;     /* 1 when not given */
};

struct plan_domains {
    struct plan_domain *at;
    size_t count;
    uint64_t general;  /* the pool called "general"; UINT64_MAX: not limited */
};

/*
 * A domain for every argument, each a LAW.json of dcpt; without arguments one for every --pool. Then pools and weights
 * by name. Memory is of cli->arena.
 */
tamis_status plan_domains_read(struct cli *cli, struct plan_domains *domains, tamis_err *err) TAMIS_MUST_CHECK;

/* What plan_several.c does under --one-mixture (plan_mixture.c). */
tamis_status plan_mixture(struct cli *cli, const struct plan_domains *domains, struct json *json, tamis_err *err)
    TAMIS_MUST_CHECK;

/* pool_tokens: {NAME: tokens ..}, null where not `known`; epochs: how often each is used, null: not limited. */
void plan_print_pools(struct json *json, const char *const *names, const uint64_t *pools, const uint64_t *taken,
                      size_t count, bool known);

/* Whole tokens a pool may give; UINT64_MAX: not limited. */
uint64_t plan_usable(uint64_t pool, double epochs);

#endif
