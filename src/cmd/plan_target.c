/* One D-CPT law and one target. */
#include "cmd/plan_target.h"

#include <math.h>

#include "plan/several.h"

#define MOST_TOKENS 9e18 /* of a plan: counts are whole numbers of 64 bits */

/* ---- The question ----------------------------------------------------------------------------------------------- */

tamis_status plan_target_read(const struct cli *cli, bool several, struct budget_question *q, tamis_err *err)
{
    static const enum plan_kind kinds[2][3] = {{PLAN_TRADE_OFF, PLAN_LIMITED, PLAN_RESOURCES},
                                               {PLAN_TARGETS, PLAN_TARGETS_LIMITED, PLAN_TARGETS_RESOURCES}};
    const struct plan_options *const o = cli->options;
    *q = (struct budget_question){
        .usage = o->limited ? BUDGET_LIMITED : cli_given(cli, "flop") ? BUDGET_RESOURCES : BUDGET_TRADE_OFF,
        .parameters = (double)o->parameters, .tokens = (double)o->tokens, .flop = o->flop,
        .domain_tokens = UINT64_MAX, .general_tokens = UINT64_MAX, .domain_epochs = o->max_epochs,
        .general_epochs = o->max_epochs, .decay = o->repeat_decay ? &constrained_published : NULL, .domain = "domain",
        .general = "general"};
    tamis_status status = plan_refuse(cli, kinds[several][q->usage], err);
    if (!status && o->transfer_low > o->transfer_high) {
        status = tamis_fail(err, TAMIS_USAGE, "--transfer-low %g is above --transfer-high %g; exchange them",
                            o->transfer_low, o->transfer_high);
    }
    return status || o->limited ? status : plan_read_budget(cli, q, err);
}

/* ---- The answer ------------------------------------------------------------------------------------------------- */

/* Whole tokens, and never more of a pool than it may give. */
static tamis_status divide(struct plan_target *t, tamis_err *err)
{
    if (t->a.tokens > MOST_TOKENS) {
        return tamis_fail(err, TAMIS_USAGE, "the plan comes to %g tokens, more than can be counted", t->a.tokens);
    }
    const double shares[] = {t->a.ratio, 1 - t->a.ratio};
    const uint64_t most[] = {plan_usable(t->q.domain_tokens, t->q.domain_epochs),
                             plan_usable(t->q.general_tokens, t->q.general_epochs)};
    t->tokens = (uint64_t)floor(t->a.tokens + 0.5);
    share_tokens(shares, most, 2, t->tokens, t->taken);
    return TAMIS_OK;
}

tamis_status plan_target_answer(const struct plan_options *options, struct plan_target *target, tamis_err *err)
{
    tamis_status status = budget_answer(&target->q, &target->a, err);
    status = status ? status : divide(target, err);
    return status ? status : budget_facts(&target->q, &target->a, options->transfer_low, options->transfer_high,
                                          &target->facts, err);
}

/* ---- Printing --------------------------------------------------------------------------------------------------- */

static void print_ratio(struct json *json, const struct plan_target *t)
{
    const struct budget_answer *const a = &t->a;
    plan_print_budget(json, &t->q, a);
    json_key_real(json, "ratio", a->ratio);
    ratio_facts_print(json, &t->facts);
    json_key_text(json, "binding", binding_name(a->binding));
    json_key_real(json, "wanted_ratio", a->wanted_ratio);
    json_key_text(json, "repeats",
                  t->q.decay ? "planning heuristic: repeats of the domain count by their worth" : NULL);
    json_key_real(json, "worth_ratio", t->q.decay ? a->worth_ratio : (double)NAN);
}

tamis_status plan_target_print(struct json *json, const struct plan_options *options, const struct plan_target *target,
                               const char *const names[2], tamis_err *err)
{
    const struct budget_answer *const a = &target->a;
    const uint64_t pools[] = {target->q.domain_tokens, target->q.general_tokens};
    print_ratio(json, target);
    json_key_real(json, "loss_domain", a->loss_domain);
    json_key_real(json, "loss_general", a->loss_general);
    json_key_real(json, "loss_replay_only", a->loss_replay_only);
    json_key_real(json, "limit", a->limit);
    json_key_real(json, "parameters", a->parameters);
    json_key_real(json, "tokens", target->tokens ? (double)target->tokens : NAN);
    plan_print_pools(json, names, pools, target->taken, 2, target->tokens > 0);
    const tamis_status status = plan_price_print(options, a->parameters, (double)target->tokens,
                                                 target->q.law->probe_flop, json, err);
    json_key_bool(json, "outside_probe", a->outside_probe);
    plan_print_lines(json, "warnings", a->warning);
    plan_print_lines(json, "law_warnings", target->q.law->warned.at);
    return status;
}

tamis_status plan_target_say(const struct cli *cli, const struct plan_target *target, const char *before,
                             const char *warning, tamis_err *err)
{
    struct buf lines;
    buf_init(&lines, BUF_UNLIMITED);
    const bool fine = ratio_facts_say(&target->facts, &lines);
    if (fine) {
        plan_say_lines(cli, before, lines.len ? lines.at : "");
        plan_say_lines(cli, warning, target->a.warning);
        plan_say_lines(cli, "fit warned: ", target->q.law->warned.at);
    }
    buf_release(&lines);
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the plan");
}
