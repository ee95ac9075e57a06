/* One D-CPT law and one target: its ratio, how sure it is, and what it takes. */
#include <math.h>
#include <stdio.h>

#include "cmd/plan_domains.h"
#include "plan/several.h"

#define MOST_TOKENS 9e18 /* of a plan: counts are whole numbers of 64 bits */

/* What was asked and what came of it. */
struct dcpt_plan {
    const struct plan_options *options;
    struct budget_question q;
    struct budget_answer a;
    struct ratio_facts facts;
    uint64_t tokens;          /* 0: not said */
    uint64_t portions[2];     /* of the domain, of general text; together exactly `tokens` */
};

/* ---- The question ----------------------------------------------------------------------------------------------- */

static tamis_status check_options(const struct cli *cli, tamis_err *err)
{
    static const char *const of_others[] = {"loss", "unique", "tolerance", "weight", "one_mixture", "models",
                                            "ensemble_a", "ensemble_b", "p2_gamma", "p2_delta", NULL};
    static const char *const not_limited[] = {"budget", "against", "base_loss", "tokens", "flop", NULL};
    static const char *const not_flop[] = {"parameters", "tokens", NULL};
    const struct plan_options *const options = cli->options;
    tamis_status status = plan_refuse(cli, of_others, "with one law of dcpt", err);
    if (!status && options->limited) {
        status = plan_refuse(cli, not_limited, "with --limited, where the domain's text sets ratio and tokens", err);
    }
    if (!status && cli_given(cli, "flop")) {
        status = plan_refuse(cli, not_flop, "with --flop, which sets the size and the tokens", err);
    }
    if (!status && cli_given(cli, "flop") && !(options->flop > 0)) {
        status = tamis_fail(err, TAMIS_USAGE, "--flop: %g operations train no model", options->flop);
    }
    if (!status && ((cli_given(cli, "tokens") && !options->tokens) ||
                    (cli_given(cli, "parameters") && !options->parameters))) {
        status = tamis_fail(err, TAMIS_USAGE, "--%s: 0 is no number to train with; leave it out when it is not known",
                            cli_given(cli, "tokens") && !options->tokens ? "tokens" : "parameters");
    }
    return status;
}

static tamis_status read_question(const struct cli *cli, struct budget_question *q, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    *q = (struct budget_question){
        .usage = options->limited          ? BUDGET_LIMITED
                 : cli_given(cli, "flop") ? BUDGET_RESOURCES
                                           : BUDGET_TRADE_OFF,
        .parameters = (double)options->parameters, .tokens = (double)options->tokens, .flop = options->flop,
        .decay = options->repeat_decay ? &constrained_published : NULL, .domain = "domain", .general = "general"};
    tamis_status status = check_options(cli, err);
    status = status || options->limited ? status : plan_read_budget(cli, q, err);
    status = status ? status : plan_read_pools(cli, q, err);
    if (!status && options->repeat_decay && q->domain_tokens == UINT64_MAX) {
        status = tamis_fail(err, TAMIS_USAGE, "--repeat-decay: how much text of the domain there is is not given "
                            "(--pool domain=TOKENS), so how often it is repeated cannot be told");
    }
    return status;
}

/* Whole tokens, and never more of a pool than it may give. */
static tamis_status divide(struct dcpt_plan *p, tamis_err *err)
{
    if (p->a.tokens > MOST_TOKENS) {
        return tamis_fail(err, TAMIS_USAGE, "the plan comes to %g tokens, more than can be counted", p->a.tokens);
    }
    const double shares[] = {p->a.ratio, 1 - p->a.ratio};
    const uint64_t most[] = {plan_usable(p->q.domain_tokens, p->q.domain_epochs),
                             plan_usable(p->q.general_tokens, p->q.general_epochs)};
    p->tokens = (uint64_t)floor(p->a.tokens + 0.5);
    share_tokens(shares, most, 2, p->tokens, p->portions);
    return TAMIS_OK;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static void print_answer(struct json *json, const struct dcpt_plan *p)
{
    static const char *const usages[] = {"trade-off", "limited", "resources"};
    const struct budget_answer *const a = &p->a;
    json_key_text(json, "law", "dcpt");
    json_key_text(json, "name", p->q.law->name);
    json_key_text(json, "usage", usages[p->q.usage]);
    plan_print_budget(json, &p->q, a);
    json_key_real(json, "ratio", a->ratio);
    ratio_facts_print(json, &p->facts);
    json_key_text(json, "binding", binding_name(a->binding));
    json_key_real(json, "wanted_ratio", a->wanted_ratio);
    json_key_text(json, "repeats",
                  p->q.decay ? "planning heuristic: repeats of the domain count by their worth" : NULL);
    json_key_real(json, "worth_ratio", p->q.decay ? a->worth_ratio : (double)NAN);
    json_key_real(json, "loss_domain", a->loss_domain);
    json_key_real(json, "loss_general", a->loss_general);
    json_key_real(json, "loss_replay_only", a->loss_replay_only);
    json_key_real(json, "limit", a->limit);
    json_key_real(json, "parameters", a->parameters);
    json_key_real(json, "tokens", p->tokens ? (double)p->tokens : NAN);
}

static tamis_status print_plan(struct json *json, const struct dcpt_plan *p, tamis_err *err)
{
    const char *const names[] = {p->q.domain, p->q.general};
    const uint64_t pools[] = {p->q.domain_tokens, p->q.general_tokens};
    json_open(json, '{');
    json_key_count(json, "version", 1);
    print_answer(json, p);
    plan_print_pools(json, names, pools, p->portions, 2, p->tokens > 0);
    const tamis_status status = plan_price_print(p->options, p->a.parameters, (double)p->tokens,
                                                 p->q.law->probe_flop, json, err);
    json_key_bool(json, "outside_probe", p->a.outside_probe);
    plan_print_lines(json, "warnings", p->a.warning);
    json_close(json, '}');
    return status;
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

static void say_ratio(const struct cli *cli, const struct dcpt_plan *p)
{
    const struct budget_interval *const i = &p->facts.interval;
    if (isnan(i->low)) {
        cli_note(cli, 0, "ratio %.4f of the tokens from the domain (set by: %s); no interval: the law holds no refits",
                 p->a.ratio, binding_name(p->a.binding));
    } else {
        cli_note(cli, 0, "ratio %.4f of the tokens from the domain, 95 %% interval %.4f to %.4f (set by: %s)",
                 p->a.ratio, i->low, i->high, binding_name(p->a.binding));
    }
    if (i->infeasible > 0) {
        cli_note(cli, 0, "  %zu of %zu refits of the law cannot keep the budget", i->infeasible, i->replicates);
    }
    if (!isnan(i->left_out_low)) {
        cli_note(cli, 0, "  without one of the runs %.4f to %.4f%s%s", i->left_out_low, i->left_out_high,
                 i->left_out_run[0] ? ", farthest without " : "", i->left_out_run);
    }
}

static void spell_interval(char text[64], const double ends[2])
{
    text[0] = '\0';
    if (!isnan(ends[0])) {
        snprintf(text, 64, ", %.4f to %.4f", ends[0], ends[1]);
    }
}

static void say_losses(const struct cli *cli, const struct dcpt_plan *p)
{
    const struct budget_answer *const a = &p->a;
    char interval[64], limit[64] = "";
    if (!isnan(a->loss_domain)) {
        spell_interval(interval, p->facts.interval.loss_domain);
        cli_note(cli, 0, "  domain loss  %.4f%s", a->loss_domain, interval);
    }
    if (!isnan(a->loss_general)) {
        spell_interval(interval, p->facts.interval.loss_general);
        if (!isnan(a->limit)) {
            snprintf(limit, sizeof limit, ", at most %.4f", a->limit);
        }
        cli_note(cli, 0, "  general loss %.4f%s (on general data alone %.4f%s)", a->loss_general, interval,
                 a->loss_replay_only, limit);
    }
}

static void say_pools(const struct cli *cli, const struct dcpt_plan *p)
{
    char times[2][64] = {"", ""};
    if (!p->tokens) {
        return;
    }
    const uint64_t pools[] = {p->q.domain_tokens, p->q.general_tokens};
    for (size_t i = 0; i < 2; i++) {
        if (pools[i] != UINT64_MAX && pools[i] > 0) {
            snprintf(times[i], sizeof times[i], " (used %.3g times)", (double)p->portions[i] / (double)pools[i]);
        }
    }
    if (p->q.usage == BUDGET_RESOURCES) {
        cli_note(cli, 0, "  best size    %.4g parameters", p->a.parameters);
    }
    cli_note(cli, 0, "  tokens       %.4g = %.4g of the domain%s + %.4g general%s", (double)p->tokens,
             (double)p->portions[0], times[0], (double)p->portions[1], times[1]);
}

static tamis_status say_cost(const struct cli *cli, const struct dcpt_plan *p, tamis_err *err)
{
    struct price_question question;
    struct price price;
    if (!p->tokens || !(p->a.parameters > 0)) {
        return TAMIS_OK;
    }
    const tamis_status status = plan_price_read(p->options, &question, err);
    if (!status) {
        question.flop = training_flop(p->a.parameters, (double)p->tokens);
        price_of(&question, &price);
        plan_price_say(cli, &price);
    }
    return status;
}

static tamis_status say_plan(const struct cli *cli, const struct dcpt_plan *p, tamis_err *err)
{
    struct buf lines;
    buf_init(&lines, BUF_UNLIMITED);
    say_ratio(cli, p);
    say_losses(cli, p);
    say_pools(cli, p);
    tamis_status status = say_cost(cli, p, err);
    if (!status && !ratio_facts_say(&p->facts, &lines)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the plan");
    }
    if (!status) {
        plan_say_lines(cli, "", lines.at);
        plan_say_lines(cli, "warning: ", p->a.warning);
    }
    buf_release(&lines);
    return status;
}

/* ---- The plan --------------------------------------------------------------------------------------------------- */

tamis_status plan_dcpt(struct cli *cli, struct json *json, tamis_err *err)
{
    struct dcpt_plan p = {.options = cli->options};
    struct dcpt_law law;
    tamis_status status = read_question(cli, &p.q, err);
    status = status ? status : dcpt_load(cli->arguments[0], &cli->arena, &law, err);
    p.q.law = &law;
    status = status ? status : budget_answer(&p.q, &p.a, err);
    status = status ? status : divide(&p, err);
    status = status ? status : budget_facts(&p.q, &p.a, p.options->transfer_low, p.options->transfer_high, &p.facts,
                                            err);
    status = status ? status : print_plan(json, &p, err);
    if (!status && p.options->chart) {
        status = plan_chart(p.options->chart, &p.q, &p.a, &p.facts.interval, err);
    }
    return status ? status : say_plan(cli, &p, err);
}
