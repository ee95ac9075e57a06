/* tamis plan: from a law and a budget to a mixture. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/json_out.h"
#include "cmd/verbs.h"
#include "core/json.h"
#include "core/str.h"
#include "law/budget.h"

struct plan_options {
    struct common common;
    uint64_t parameters, tokens;
    const char *budget;
    int against;
    double base_loss, max_epochs;
    tamis_strings pool;
};

static const tamis_param params[] = {
    {"parameters", TAMIS_COUNT, offsetof(struct plan_options, parameters), NULL, 0, 0, NULL,
     "parameters of the model to be trained; the runs' when not given"},
    {"tokens", TAMIS_COUNT, offsetof(struct plan_options, tokens), NULL, 0, 0, NULL, "tokens it is to be trained on"},
    {"budget", TAMIS_STRING, offsetof(struct plan_options, budget), NULL, 0, 0, NULL,
     "what the general loss may rise to: difference=NATS, relative=FRACTION (3 percent is 0.03), absolute=LOSS; or "
     "weight=W: least W x domain loss + (1 - W) x general loss"},
    {"against", TAMIS_CHOICE, offsetof(struct plan_options, against), "replay_only", 0, 0, "replay_only|base",
     "what difference and relative are held against: general data alone, or the model before"},
    {"base_loss", TAMIS_REAL, offsetof(struct plan_options, base_loss), NULL, 0, 0, NULL,
     "general loss of the model before, where the law does not have it, or another than the law's"},
    {"pool", TAMIS_STRINGS, offsetof(struct plan_options, pool), NULL, 0, 0, NULL,
     "domain=TOKENS or general=TOKENS: how much text there is; may be given again; not limited when not given"},
    {"max_epochs", TAMIS_REAL, offsetof(struct plan_options, max_epochs), "4", 1, 255, NULL,
     "how often a pool may be used"},
    {0},
};

/* ---- Options ---------------------------------------------------------------------------------------------------- */

/* "name=rest" of `text`; false: there is no '='. */
static bool split(const char *text, tamis_str *name, tamis_str *rest)
{
    const char *const equals = strchr(text, '=');
    if (!equals) {
        return false;
    }
    *name = (tamis_str){text, (size_t)(equals - text)};
    *rest = str_from(equals + 1);
    return true;
}

static tamis_status unknown_name(const char *option, tamis_str name, const char *const *names, const char *list,
                                 tamis_err *err)
{
    const char *const near = tamis_nearest(name, names);
    return tamis_fail(err, TAMIS_USAGE, "%s: '%.*s' is none of %s%s%s%s", option, STR_ARGS(name), list,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static tamis_status read_budget(const char *text, struct budget_question *q, tamis_err *err)
{
    const char *names[BUDGET_WEIGHT + 1] = {NULL};
    static const char *const list = "difference=X, relative=X, absolute=X, weight=W";
    tamis_str kind, number;
    if (!text) {
        return tamis_fail(err, TAMIS_USAGE, "tamis plan: say what the general loss may rise to: --budget "
                          "difference=0.05 (nats above training on general data alone)\nThe budgets are %s.", list);
    }
    if (!split(text, &kind, &number)) {
        return tamis_fail(err, TAMIS_USAGE, "--budget: '%s' is none of %s", text, list);
    }
    for (int b = BUDGET_DIFFERENCE; b <= BUDGET_WEIGHT; b++) {
        names[b - BUDGET_DIFFERENCE] = budget_name((enum budget)b);
        if (str_is(kind, budget_name((enum budget)b))) {
            q->budget = (enum budget)b;
        }
    }
    if (q->budget == BUDGET_NONE) {
        return unknown_name("--budget", kind, names, list, err);
    }
    if (!str_real(number, &q->limit)) {
        return tamis_fail(err, TAMIS_USAGE, "--budget %.*s: '%.*s' is no number such as 0.05", STR_ARGS(kind),
                          STR_ARGS(number));
    }
    return TAMIS_OK;
}

static tamis_status read_pool(const char *text, struct budget_question *q, tamis_err *err)
{
    static const char *const names[] = {"domain", "general", NULL};
    tamis_str name, number;
    uint64_t tokens = 0;
    if (!split(text, &name, &number)) {
        return tamis_fail(err, TAMIS_USAGE, "--pool: '%s' is none of domain=TOKENS, general=TOKENS", text);
    }
    if (!str_is(name, "domain") && !str_is(name, "general")) {
        return unknown_name("--pool", name, names, "domain=TOKENS, general=TOKENS", err);
    }
    if (!str_count(number, &tokens)) {
        return tamis_fail(err, TAMIS_USAGE, "--pool %.*s: '%.*s' is no count of tokens such as 5e9 or 300M",
                          STR_ARGS(name), STR_ARGS(number));
    }
    *(str_is(name, "domain") ? &q->domain_tokens : &q->general_tokens) = tokens;
    return TAMIS_OK;
}

static tamis_status read_question(const struct cli *cli, struct budget_question *q, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    *q = (struct budget_question){
        .parameters = (double)options->parameters, .tokens = (double)options->tokens,
        .against = (enum against)options->against, .base_loss = options->base_loss,
        .domain_tokens = UINT64_MAX, .general_tokens = UINT64_MAX,
        .domain_epochs = options->max_epochs, .general_epochs = options->max_epochs,
        .domain = "domain", .general = "general"};
    tamis_status status = read_budget(options->budget, q, err);
    for (size_t i = 0; !status && i < options->pool.count; i++) {
        status = read_pool(options->pool.at[i], q, err);
    }
    if (!status && !isnan(options->base_loss) && !(options->base_loss > 0)) {
        status = tamis_fail(err, TAMIS_USAGE, "--base-loss: %g is no loss; it must be above 0", options->base_loss);
    }
    if (!status && cli_given(cli, "against") && (q->budget == BUDGET_ABSOLUTE || q->budget == BUDGET_WEIGHT)) {
        status = tamis_fail(err, TAMIS_USAGE, "--against says nothing with --budget %s", budget_name(q->budget));
    }
    return status;
}

/* ---- The answer ------------------------------------------------------------------------------------------------- */

/* Whole tokens of each pool, together exactly as many as asked for. */
struct portions {
    uint64_t domain, general;
};

static struct portions portion(const struct budget_question *q, uint64_t tokens, double ratio)
{
    const double share = floor(ratio * (double)tokens + 0.5);
    uint64_t domain = share < (double)tokens ? (uint64_t)share : tokens;
    const double most = q->domain_tokens == UINT64_MAX ? INFINITY : floor((double)q->domain_tokens * q->domain_epochs);
    domain = (double)domain > most ? (uint64_t)most : domain;
    return (struct portions){domain, tokens - domain};
}

static void print_pools(struct json *json, const struct budget_question *q, uint64_t tokens, double ratio)
{
    const struct portions parts = portion(q, tokens, ratio);
    const struct {
        const char *name;
        uint64_t wanted, there;
    } pools[] = {{"domain", parts.domain, q->domain_tokens}, {"general", parts.general, q->general_tokens}};
    json_key(json, "pool_tokens");
    json_open(json, '{');
    for (size_t i = 0; i < 2; i++) {
        json_key(json, pools[i].name);
        if (tokens) {
            json_count(json, pools[i].wanted);
        } else {
            json_null(json);
        }
    }
    json_close(json, '}');
    json_key(json, "epochs");
    json_open(json, '{');
    for (size_t i = 0; i < 2; i++) {
        const bool known = tokens && pools[i].there != UINT64_MAX;
        json_key_real(json, pools[i].name, !known                  ? NAN
                                           : pools[i].wanted == 0 ? 0
                                                                  : (double)pools[i].wanted / (double)pools[i].there);
    }
    json_close(json, '}');
}

static void print_budget(struct json *json, const struct budget_question *q, const struct budget_answer *a)
{
    json_key(json, "budget");
    json_open(json, '{');
    json_key_text(json, "kind", budget_name(q->budget));
    json_key_real(json, "value", q->limit);
    json_key_text(json, "against", isnan(a->reference)             ? NULL
                                   : q->against == AGAINST_BASE ? "base"
                                                                : "replay_only");
    json_key_real(json, "reference", a->reference);
    json_close(json, '}');
}

static void print_warnings(struct json *json, const char *lines)
{
    json_key(json, "warnings");
    json_open(json, '[');
    tamis_str rest = str_from(lines), line;
    while (str_next_line(&rest, &line)) {
        json_str(json, line);
    }
    json_close(json, ']');
}

static void print_answer(struct json *json, const struct plan_options *options, const struct budget_question *q,
                         const struct budget_answer *a)
{
    const double parameters = options->parameters ? (double)options->parameters : q->law->parameters;
    json_open(json, '{');
    json_key_count(json, "version", 1);
    json_key_text(json, "law", "dcpt");
    json_key_text(json, "name", q->law->name);
    print_budget(json, q, a);
    json_key_real(json, "ratio", a->ratio);
    json_key(json, "interval");
    json_null(json);
    json_key_text(json, "interval_note", "not estimated from a single-size fit yet");
    json_key_text(json, "binding", binding_name(a->binding));
    json_key_real(json, "wanted_ratio", a->wanted_ratio);
    json_key_real(json, "loss_domain", a->loss_domain);
    json_key_real(json, "loss_general", a->loss_general);
    json_key_real(json, "loss_replay_only", a->loss_replay_only);
    json_key_real(json, "limit", a->limit);
    json_key_real(json, "parameters", parameters);
    json_key_real(json, "tokens", options->tokens ? (double)options->tokens : NAN);
    print_pools(json, q, options->tokens, a->ratio);
    json_key_real(json, "flop", options->tokens ? 6 * parameters * (double)options->tokens : NAN);
    json_key_bool(json, "outside_probe", a->outside_probe);
    print_warnings(json, a->warning);
    json_close(json, '}');
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

static void say_losses(const struct cli *cli, const struct budget_question *q, const struct budget_answer *a)
{
    if (!isnan(a->loss_domain)) {
        cli_note(cli, 0, "  domain loss  %.4f", a->loss_domain);
    }
    if (!isnan(a->loss_general)) {
        char limit[64] = "";
        if (q->budget != BUDGET_WEIGHT) {
            snprintf(limit, sizeof limit, ", at most %.4f", a->limit);
        }
        cli_note(cli, 0, "  general loss %.4f (on general data alone %.4f%s)", a->loss_general, a->loss_replay_only,
                 limit);
    }
}

static void say_answer(const struct cli *cli, const struct budget_question *q, const struct budget_answer *a)
{
    cli_note(cli, 0, "ratio %.4f of the tokens from the domain (set by: %s); no interval: not estimated from a "
             "single-size fit yet", a->ratio, binding_name(a->binding));
    say_losses(cli, q, a);
    tamis_str rest = str_from(a->warning), line;
    while (str_next_line(&rest, &line)) {
        cli_note(cli, 0, "warning: %.*s", (int)line.len, line.at);
    }
}

/* ---- The verb --------------------------------------------------------------------------------------------------- */

static tamis_status answer(struct cli *cli, const struct dcpt_law *law, struct budget_question *q, tamis_err *err)
{
    struct budget_answer a;
    struct buf out;
    struct json json;
    q->law = law;
    tamis_status status = budget_answer(q, &a, err);
    if (status) {
        return status;
    }
    buf_init(&out, BUF_UNLIMITED);
    json_init(&json, &out, 2);
    print_answer(&json, cli->options, q, &a);
    if (json.failed || !buf_add_char(&out, '\n')) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the plan");
    }
    status = status ? status : json_out(cli, cli->arguments[0], buf_str(&out), err);
    if (!status) {
        say_answer(cli, q, &a);
    }
    buf_release(&out);
    return status;
}

static tamis_status run(struct cli *cli, tamis_err *err)
{
    struct budget_question question;
    struct dcpt_law law;
    tamis_status status = cli_want(cli, 1, "one LAW.json", err);
    status = status ? status : read_question(cli, &question, err);
    status = status ? status : json_out_check(cli, cli->arguments[0], err);
    status = status ? status : dcpt_load(cli->arguments[0], &cli->arena, &law, err);
    return status ? status : answer(cli, &law, &question, err);
}

static const char *const examples[] = {
    "tamis plan law.json --parameters 1.5e9 --tokens 20e9 --budget difference=0.05",
    "tamis plan law.json --tokens 20e9 --budget relative=0.03 --against base --base-loss 2.87 --pool domain=2e9", NULL};

const struct verb verb_plan = {
    .name = "plan",
    .synopsis = "LAW.json --budget KIND=X [--parameters N] [--tokens D] [--pool NAME=TOKENS].. [--max-epochs E]",
    .summary = "the domain share that a law and a budget allow, and what it takes",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct plan_options),
    .without = "threads memory tmp seed set progress json verbose stats",
    .run = run,
};
