/* Which options each question looks at. What is given and not looked at is refused by name. */
#include <stdio.h>
#include <string.h>

#include "cmd/plan.h"
#include "core/str.h"

#define PRICE " device watts utilisation_low utilisation_high pue grid full_tokens scorer_parameters scorer_passes" \
              " scorer_epochs probe_flop"
#define SURE " transfer_low transfer_high"
#define BUDGET " budget against base_loss"
#define POOLS " pool max_epochs"
#define DOWNSCALE "downscale models tokens ensemble_a ensemble_b p2_gamma p2_delta" POOLS PRICE

static const struct {
    const char *here, *used; /* `used`: names with a blank between them */
} uses[] = {
    [PLAN_TRADE_OFF] = {"with one law of dcpt", "parameters tokens repeat_decay chart" BUDGET POOLS SURE PRICE},
    [PLAN_LIMITED] = {"with --limited, where the domain's text sets ratio and tokens",
                      "limited parameters repeat_decay chart" POOLS SURE PRICE},
    [PLAN_RESOURCES] = {"with --flop, which sets the size and the tokens",
                        "flop repeat_decay chart" BUDGET POOLS SURE PRICE},
    [PLAN_TARGETS] = {"where each law has a target of its own (--one-mixture?)",
                      "parameters tokens repeat_decay" BUDGET POOLS SURE PRICE},
    [PLAN_TARGETS_LIMITED] = {"with --limited, where a domain's text sets ratio and tokens",
                              "limited parameters repeat_decay" POOLS SURE PRICE},
    [PLAN_TARGETS_RESOURCES] = {"with --flop, which sets the size and the tokens",
                                "flop repeat_decay" BUDGET POOLS SURE PRICE},
    [PLAN_ONE_MIXTURE] = {"with --one-mixture", "one_mixture weight parameters tokens" BUDGET POOLS SURE PRICE},
    [PLAN_CHINCHILLA] = {"with the law chinchilla", "parameters tokens loss flop" PRICE},
    [PLAN_CONSTRAINED] = {"with the law data_constrained", "parameters tokens unique" PRICE},
    [PLAN_MIXING] = {"with the law mixing_exp", "parameters tokens weight" POOLS PRICE},
    [PLAN_CMR] = {"with the law cmr", "parameters tokens tolerance" SURE PRICE},
    [PLAN_DOWNSCALE] = {"with --downscale", DOWNSCALE BUDGET SURE},
    [PLAN_DOWNSCALE_NO_LAW] = {"with --downscale and no LAW.json", DOWNSCALE},
    [PLAN_DOWNSCALE_NO_BUDGET] = {"with --downscale and no --budget", DOWNSCALE},
};

/* Options that say something beside another one only. */
static const struct {
    const char *option, *beside;
} needs[] = {
    {"max_epochs", "pool"},         {"scorer_parameters", "full_tokens"}, {"scorer_passes", "full_tokens"},
    {"scorer_epochs", "full_tokens"}, {"probe_flop", "full_tokens"},
};

static bool lists(const char *names, const char *name)
{
    const size_t len = strlen(name);
    for (const char *at = names; (at = strstr(at, name)); at += len) {
        if ((at == names || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0')) {
            return true;
        }
    }
    return false;
}

/* As it is typed, without the dashes before it. */
static void spell(char typed[64], const char *option)
{
    snprintf(typed, 64, "%s", option);
    for (char *c = typed; *c; c++) {
        *c = *c == '_' ? '-' : *c;
    }
}

static tamis_status check_numbers(const struct cli *cli, tamis_err *err)
{
    const struct plan_options *const o = cli->options;
    if (cli_given(cli, "flop") && !(o->flop > 0)) {
        return tamis_fail(err, TAMIS_USAGE, "--flop: %g operations train no model", o->flop);
    }
    if ((cli_given(cli, "tokens") && !o->tokens) || (cli_given(cli, "parameters") && !o->parameters)) {
        return tamis_fail(err, TAMIS_USAGE, "--%s: 0 is no number to train with; leave it out when it is not known",
                          cli_given(cli, "tokens") && !o->tokens ? "tokens" : "parameters");
    }
    return TAMIS_OK;
}

tamis_status plan_refuse(const struct cli *cli, enum plan_kind kind, tamis_err *err)
{
    char option[64], other[64];
    for (const tamis_param *param = cli->verb->params; param->name; param++) {
        if (cli_given(cli, param->name) && !lists(uses[kind].used, param->name)) {
            spell(option, param->name);
            return tamis_fail(err, TAMIS_USAGE, "--%s says nothing %s; leave it out", option, uses[kind].here);
        }
    }
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
        if (cli_given(cli, needs[i].option) && !cli_given(cli, needs[i].beside)) {
            spell(option, needs[i].option);
            spell(other, needs[i].beside);
            return tamis_fail(err, TAMIS_USAGE, "--%s says nothing without --%s; leave it out", option, other);
        }
    }
    return check_numbers(cli, err);
}
