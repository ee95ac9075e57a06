/* Options that several questions share, and what is printed alike. */
#include <math.h>
#include <string.h>

#include "cmd/plan.h"
#include "core/str.h"

bool plan_split(const char *text, tamis_str *name, tamis_str *rest)
{
    const char *const equals = strchr(text, '=');
    if (!equals) {
        return false;
    }
    *name = (tamis_str){text, (size_t)(equals - text)};
    *rest = str_from(equals + 1);
    return true;
}

tamis_status plan_unknown_name(const char *option, tamis_str name, const char *const *names, const char *list,
                               tamis_err *err)
{
    const char *const near = tamis_nearest(name, names);
    return tamis_fail(err, TAMIS_USAGE, "%s: '%.*s' is none of %s%s%s%s", option, STR_ARGS(name), list,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- Options ---------------------------------------------------------------------------------------------------- */

static tamis_status read_kind(const char *text, struct budget_question *q, tamis_err *err)
{
    const char *names[BUDGET_WEIGHT + 1] = {NULL};
    static const char *const list = "difference=X, relative=X, absolute=X, weight=W";
    tamis_str kind, number;
    if (!text) {
        return tamis_fail(err, TAMIS_USAGE, "tamis plan: say what the general loss may rise to: --budget "
                          "difference=0.05 (nats above training on general data alone)\nThe budgets are %s.", list);
    }
    if (str_real(str_from(text), &q->limit)) {
        q->budget = BUDGET_DIFFERENCE;
        return TAMIS_OK;
    }
    if (!plan_split(text, &kind, &number)) {
        return tamis_fail(err, TAMIS_USAGE, "--budget: '%s' is none of %s", text, list);
    }
    for (int b = BUDGET_DIFFERENCE; b <= BUDGET_WEIGHT; b++) {
        names[b - BUDGET_DIFFERENCE] = budget_name((enum budget)b);
        if (str_is(kind, budget_name((enum budget)b))) {
            q->budget = (enum budget)b;
        }
    }
    if (q->budget == BUDGET_NONE) {
        return plan_unknown_name("--budget", kind, names, list, err);
    }
    if (!str_real(number, &q->limit)) {
        return tamis_fail(err, TAMIS_USAGE, "--budget %.*s: '%.*s' is no number such as 0.05", STR_ARGS(kind),
                          STR_ARGS(number));
    }
    return TAMIS_OK;
}

tamis_status plan_read_budget(const struct cli *cli, struct budget_question *question, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    question->against = (enum against)options->against;
    question->base_loss = options->base_loss;
    const tamis_status status = read_kind(options->budget, question, err);
    if (!status && !isnan(options->base_loss) && !(options->base_loss > 0)) {
        return tamis_fail(err, TAMIS_USAGE, "--base-loss: %g is no loss; it must be above 0", options->base_loss);
    }
    if (!status && cli_given(cli, "against") &&
        (question->budget == BUDGET_ABSOLUTE || question->budget == BUDGET_WEIGHT)) {
        return tamis_fail(err, TAMIS_USAGE, "--against says nothing with --budget %s", budget_name(question->budget));
    }
    return status;
}

static tamis_status read_pool(const char *text, struct budget_question *q, tamis_err *err)
{
    static const char *const names[] = {"domain", "general", NULL};
    tamis_str name, number;
    uint64_t tokens = 0;
    if (!plan_split(text, &name, &number)) {
        return tamis_fail(err, TAMIS_USAGE, "--pool: '%s' is none of domain=TOKENS, general=TOKENS", text);
    }
    if (!str_is(name, "domain") && !str_is(name, "general")) {
        return plan_unknown_name("--pool", name, names, "domain=TOKENS, general=TOKENS", err);
    }
    if (!str_count(number, &tokens)) {
        return tamis_fail(err, TAMIS_USAGE, "--pool %.*s: '%.*s' is no count of tokens such as 5e9 or 300M",
                          STR_ARGS(name), STR_ARGS(number));
    }
    uint64_t *const pool = str_is(name, "domain") ? &q->domain_tokens : &q->general_tokens;
    if (*pool != UINT64_MAX) {
        return tamis_fail(err, TAMIS_USAGE, "--pool %.*s is given twice", STR_ARGS(name));
    }
    *pool = tokens;
    return TAMIS_OK;
}

tamis_status plan_read_pools(const struct cli *cli, struct budget_question *question, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < options->pool.count; i++) {
        status = read_pool(options->pool.at[i], question, err);
    }
    return status;
}

/* ---- Printing --------------------------------------------------------------------------------------------------- */

void plan_print_budget(struct json *json, const struct budget_question *question, const struct budget_answer *answer)
{
    json_key(json, "budget");
    if (question->budget == BUDGET_NONE) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_key_text(json, "kind", budget_name(question->budget));
    json_key_real(json, "value", question->limit);
    json_key_text(json, "against", isnan(answer->reference)              ? NULL
                                   : question->against == AGAINST_BASE ? "base"
                                                                       : "replay_only");
    json_key_real(json, "reference", answer->reference);
    json_close(json, '}');
}

void plan_print_lines(struct json *json, const char *key, const char *lines)
{
    json_key(json, key);
    json_open(json, '[');
    tamis_str rest = str_from(lines), line;
    while (str_next_line(&rest, &line)) {
        json_str(json, line);
    }
    json_close(json, ']');
}

void plan_say_lines(const struct cli *cli, const char *before, const char *lines)
{
    tamis_str rest = str_from(lines), line;
    while (str_next_line(&rest, &line)) {
        cli_note(cli, 0, "%s%.*s", before, (int)line.len, line.at);
    }
}
