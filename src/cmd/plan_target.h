/* One D-CPT law and one target: what a plan of one law, of several, and of several small models each ask of a law. */
#ifndef TAMIS_CMD_PLAN_TARGET_H
#define TAMIS_CMD_PLAN_TARGET_H

#include "cmd/plan_domains.h"

struct plan_target {
    struct budget_question q;
    struct budget_answer a;
    struct ratio_facts facts;
    uint64_t tokens;   /* whole, the nearest; 0: not said */
    uint64_t taken[2]; /* of the domain, of general text; together exactly `tokens` */
};

/*
 * What the options ask of any law: usage, budget, sizes, epochs; not which law, and of the pools that none is limited.
 * TAMIS_USAGE: options that say nothing here.
 */
tamis_status plan_target_read(const struct cli *cli, bool several, struct budget_question *q, tamis_err *err)
    TAMIS_MUST_CHECK;
/* From the target's question: the rest of it. */
tamis_status plan_target_answer(const struct plan_options *options, struct plan_target *target, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Keys of an open object, from `budget` to `warnings`, the price among them; pools are called as `names` say. */
tamis_status plan_target_print(struct json *json, const struct plan_options *options, const struct plan_target *target,
                               const char *const names[2], tamis_err *err) TAMIS_MUST_CHECK;
/* What must not be missed, every line with `before`; of warnings with `warning`. */
tamis_status plan_target_say(const struct cli *cli, const struct plan_target *target, const char *before,
                             const char *warning, tamis_err *err) TAMIS_MUST_CHECK;

#endif
