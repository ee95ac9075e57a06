/* One D-CPT law and one target: its ratio, how sure it is, and what it takes. */
#include <math.h>
#include <stdio.h>

#include "cmd/plan_target.h"

/* ---- The question ----------------------------------------------------------------------------------------------- */

static tamis_status read_question(const struct cli *cli, struct budget_question *q, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    tamis_status status = plan_target_read(cli, false, q, err);
    status = status ? status : plan_read_pools(cli, q, err);
    if (!status && options->repeat_decay && q->domain_tokens == UINT64_MAX) {
        status = tamis_fail(err, TAMIS_USAGE, "--repeat-decay: how much text of the domain there is is not given "
                            "(--pool domain=TOKENS), so how often it is repeated cannot be told");
    }
    return status;
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static tamis_status print_plan(struct json *json, const struct plan_options *options, const struct plan_target *t,
                               tamis_err *err)
{
    static const char *const usages[] = {"trade-off", "limited", "resources"};
    const char *const names[] = {t->q.domain, t->q.general};
    json_open(json, '{');
    json_key_count(json, "version", 1);
    json_key_text(json, "law", "dcpt");
    json_key_text(json, "name", t->q.law->name);
    json_key_text(json, "usage", usages[t->q.usage]);
    const tamis_status status = plan_target_print(json, options, t, names, err);
    json_close(json, '}');
    return status;
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

static void say_ratio(const struct cli *cli, const struct plan_target *p)
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

static void say_losses(const struct cli *cli, const struct plan_target *p)
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

static void say_pools(const struct cli *cli, const struct plan_target *p)
{
    char times[2][64] = {"", ""};
    if (!p->tokens) {
        return;
    }
    const uint64_t pools[] = {p->q.domain_tokens, p->q.general_tokens};
    for (size_t i = 0; i < 2; i++) {
        if (pools[i] != UINT64_MAX && pools[i] > 0) {
            snprintf(times[i], sizeof times[i], " (used %.3g times)", (double)p->taken[i] / (double)pools[i]);
        }
    }
    if (p->q.usage == BUDGET_RESOURCES) {
        cli_note(cli, 0, "  best size    %.4g parameters", p->a.parameters);
    }
    cli_note(cli, 0, "  tokens       %.4g = %.4g of the domain%s + %.4g general%s", (double)p->tokens,
             (double)p->taken[0], times[0], (double)p->taken[1], times[1]);
}

static tamis_status say_plan(const struct cli *cli, const struct plan_target *t, tamis_err *err)
{
    say_ratio(cli, t);
    say_losses(cli, t);
    say_pools(cli, t);
    const tamis_status status = plan_price_say(cli, t->a.parameters, (double)t->tokens, t->q.law->probe_flop, err);
    return status ? status : plan_target_say(cli, t, "", "warning: ", err);
}

/* ---- The plan --------------------------------------------------------------------------------------------------- */

tamis_status plan_dcpt(struct cli *cli, struct plan_output *out, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    struct plan_target t = {.tokens = 0};
    struct dcpt_law law;
    tamis_status status = read_question(cli, &t.q, err);
    status = status ? status : dcpt_load(cli->arguments[0], &cli->arena, &law, err);
    t.q.law = &law;
    status = status ? status : plan_target_answer(options, &t, err);
    status = status ? status : print_plan(&out->json, options, &t, err);
    if (!status && options->chart) {
        status = plan_chart(&t.q, &t.a, &t.facts.interval, &out->chart, err);
    }
    return status ? status : say_plan(cli, &t, err);
}
