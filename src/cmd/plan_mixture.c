/* One mixture for several domains, each with a D-CPT law of its own. */
#include <math.h>
#include <stdio.h>

#include "cmd/plan_domains.h"
#include "core/str.h"
#include "plan/several.h"

#define SAME_GENERAL 0.01 /* nats by which the general losses of the laws may differ */
#define ASSUMPTION "each domain's loss depends on its own share alone: crude where domains help each other (for " \
                   "three or more of those fit mixing_exp)"

struct mixture {
    const struct plan_options *options;
    const struct plan_domains *domains;
    struct several_question q;
    struct several_answer a;
    struct several_share *shares;
    struct budget_interval interval; /* of all domains together */
    double (*ends)[2];               /* of each */
    struct ratio_facts facts;
    const char **names;              /* of the domains, then "general" */
    uint64_t *pools, *taken;
    uint64_t tokens;                 /* 0: not said */
    double parameters, probe_flop;   /* NaN: not known */
    struct buf warnings;
};

static tamis_status fail_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the mixture; free some memory and run it again");
}

/* ---- The question ----------------------------------------------------------------------------------------------- */

static tamis_status allocate(struct cli *cli, struct mixture *m, struct several_domain **list, tamis_err *err)
{
    const size_t count = m->domains->count;
    m->shares = arena_alloc(&cli->arena, count * sizeof *m->shares);
    m->ends = arena_alloc(&cli->arena, count * sizeof *m->ends);
    m->names = arena_alloc(&cli->arena, (count + 1) * sizeof *m->names);
    m->pools = arena_alloc(&cli->arena, (count + 1) * sizeof *m->pools);
    m->taken = arena_alloc(&cli->arena, (count + 1) * sizeof *m->taken);
    *list = arena_alloc(&cli->arena, count * sizeof **list);
    return m->shares && m->ends && m->names && m->pools && m->taken && *list ? TAMIS_OK : fail_memory(err);
}

static tamis_status read_question(struct cli *cli, struct mixture *m, tamis_err *err)
{
    const struct plan_options *const o = cli->options;
    const size_t count = m->domains->count;
    struct several_domain *list = NULL;
    m->q.refit = SEVERAL_NO_REFIT;
    m->q.general = (struct budget_question){
        .parameters = (double)o->parameters, .tokens = (double)o->tokens, .general_tokens = m->domains->general,
        .domain_tokens = UINT64_MAX, .domain_epochs = o->max_epochs, .general_epochs = o->max_epochs,
        .domain = "the domains together", .general = "general"};
    tamis_status status = plan_refuse(cli, PLAN_ONE_MIXTURE, err);
    status = status ? status : plan_read_budget(cli, &m->q.general, err);
    status = status ? status : allocate(cli, m, &list, err);
    for (size_t i = 0; !status && i < count; i++) {
        const struct plan_domain *const d = &m->domains->at[i];
        list[i] = (struct several_domain){d->name, &d->law, d->weight, d->pool};
        m->names[i] = d->name;
        m->pools[i] = d->pool;
        m->probe_flop += d->law.probe_flop;
    }
    if (!status) {
        m->names[count] = "general";
        m->pools[count] = m->domains->general;
    }
    m->q.domains = list;
    m->q.count = count;
    return status;
}

/* ---- The answer ------------------------------------------------------------------------------------------------- */

static void divide(struct mixture *m, double *shares, uint64_t *most)
{
    const size_t count = m->q.count;
    for (size_t i = 0; i < count; i++) {
        shares[i] = m->shares[i].ratio;
        most[i] = plan_usable(m->pools[i], m->options->max_epochs);
    }
    shares[count] = m->a.general;
    most[count] = plan_usable(m->pools[count], m->options->max_epochs);
    m->tokens = m->options->tokens;
    share_tokens(shares, most, count + 1, m->tokens, m->taken);
}

/* How sure the domains' share is, and whether it may be carried to this size. */
static void find_facts(struct mixture *m)
{
    const struct dcpt_law *const law = m->q.domains[0].law;
    struct budget_question q = m->q.general;
    struct budget_answer a = m->a.budget;
    q.law = law;
    a.ratio = 1 - m->a.general;
    a.parameters = m->parameters;
    m->facts = (struct ratio_facts){.interval = m->interval, .run_parameters = law->parameters,
                                    .run_tokens = law->tokens};
    m->facts.transfer = budget_transfer(&q, &a, &m->interval, m->options->transfer_low, m->options->transfer_high);
}

static tamis_status warn(struct mixture *m, tamis_err *err)
{
    const double loss = m->a.loss_general;
    bool fine = buf_printf(&m->warnings, "%s\n", ASSUMPTION) &&
                buf_printf(&m->warnings, "the general loss is by the law of %s\n", m->names[0]);
    for (size_t i = 0; fine && i < m->q.count; i++) {
        const struct several_share *const s = &m->shares[i];
        const struct dcpt_law *const law = m->q.domains[i].law;
        const double lowest = law->ratios[0], highest = law->ratios[law->ratio_count - 1];
        if (!isnan(s->general) && fabs(s->general - loss) > SAME_GENERAL) {
            fine = buf_printf(&m->warnings, "the general loss at the answer is %.4f by the law of %s and %.4f by that "
                              "of %s: are they of the same model and the same general text?\n", loss, m->names[0],
                              s->general, m->names[i]);
        }
        if (fine && (s->ratio < lowest || s->ratio > highest)) {
            fine = buf_printf(&m->warnings, "the share %.4g of %s lies outside what was probed (%g to %g): its loss is "
                              "extrapolated\n", s->ratio, m->names[i], lowest, highest);
        }
    }
    fine = fine && buf_printf(&m->warnings, "%s", m->a.budget.warning);
    return fine ? TAMIS_OK : fail_memory(err);
}

static tamis_status answer(struct cli *cli, struct mixture *m, tamis_err *err)
{
    double *const shares = arena_alloc(&cli->arena, (m->q.count + 1) * sizeof *shares);
    uint64_t *const most = arena_alloc(&cli->arena, (m->q.count + 1) * sizeof *most);
    const struct dcpt_law *const law = m->q.domains[0].law;
    if (!shares || !most) {
        return fail_memory(err);
    }
    tamis_status status = several_answer(&m->q, m->shares, &m->a, err);
    status = status ? status : several_interval(&m->q, &m->a, &m->interval, m->ends, err);
    if (status) {
        return status;
    }
    m->parameters = m->options->parameters ? (double)m->options->parameters : law->parameters;
    divide(m, shares, most);
    find_facts(m);
    return warn(m, err);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static void print_domain(struct json *json, const struct mixture *m, size_t i)
{
    const struct several_share *const s = &m->shares[i];
    json_open(json, '{');
    json_key_text(json, "name", m->names[i]);
    json_key_text(json, "law_file", m->domains->at[i].path);
    json_key_real(json, "weight", m->domains->at[i].weight);
    json_key_real(json, "ratio", s->ratio);
    json_key_range(json, "interval", m->ends[i][0], m->ends[i][1]);
    json_key_real(json, "most", s->cap);
    json_key_text(json, "binding", several_binding_name(s->binding));
    json_key_real(json, "loss_domain", s->loss);
    json_key_real(json, "loss_general", s->general);
    json_close(json, '}');
}

/* What sets the general share. */
static const char *general_binding(const struct mixture *m)
{
    return m->a.rest > 0 ? "rest" : binding_name(m->a.budget.binding);
}

static void print_answer(struct json *json, const struct mixture *m)
{
    json_key_count(json, "version", 1);
    json_key_text(json, "law", "dcpt");
    json_key_text(json, "usage", "one mixture");
    json_key_text(json, "assumption", ASSUMPTION);
    plan_print_budget(json, &m->q.general, &m->a.budget);
    json_key_real(json, "ratio", 1 - m->a.general);
    ratio_facts_print(json, &m->facts);
    json_key_text(json, "binding", general_binding(m));
    json_key_real(json, "general_ratio", m->a.general);
    json_key_real(json, "rest", m->a.rest);
    json_key_text(json, "general_by", m->names[0]);
    json_key_real(json, "loss_general", m->a.loss_general);
    json_key_real(json, "loss_replay_only", m->a.budget.loss_replay_only);
    json_key_real(json, "limit", m->a.budget.limit);
    json_key_real(json, "weighted_loss", m->a.sum);
    json_key_real(json, "lambda", m->a.lambda);
    json_key(json, "domains");
    json_open(json, '[');
    for (size_t i = 0; i < m->q.count; i++) {
        print_domain(json, m, i);
    }
    json_close(json, ']');
    json_key_real(json, "parameters", m->parameters);
    json_key_real(json, "tokens", m->tokens ? (double)m->tokens : NAN);
    plan_print_pools(json, m->names, m->pools, m->taken, m->q.count + 1, m->tokens > 0);
}

static tamis_status print_plan(struct json *json, const struct mixture *m, tamis_err *err)
{
    json_open(json, '{');
    print_answer(json, m);
    const tamis_status status = plan_price_print(m->options, m->parameters, (double)m->tokens, m->probe_flop, json,
                                                 err);
    plan_print_lines(json, "warnings", m->warnings.at);
    json_close(json, '}');
    return status;
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

static void say_domain(const struct cli *cli, const struct mixture *m, size_t i)
{
    char interval[64] = "", tokens[64] = "";
    if (!isnan(m->ends[i][0])) {
        snprintf(interval, sizeof interval, " (%.4f to %.4f)", m->ends[i][0], m->ends[i][1]);
    }
    if (m->tokens) {
        snprintf(tokens, sizeof tokens, ", %llu tokens", (unsigned long long)m->taken[i]);
    }
    cli_note(cli, 0, "  %s: ratio %.4f%s, set by %s, loss %.4f%s", m->names[i], m->shares[i].ratio, interval,
             several_binding_name(m->shares[i].binding), m->shares[i].loss, tokens);
}

static tamis_status say_plan(const struct cli *cli, const struct mixture *m, tamis_err *err)
{
    struct buf lines;
    cli_note(cli, 0, "one mixture of %zu domains: ratio %.4f together, general %.4f (set by: %s)", m->q.count,
             1 - m->a.general, m->a.general, general_binding(m));
    for (size_t i = 0; i < m->q.count; i++) {
        say_domain(cli, m, i);
    }
    if (!isnan(m->a.loss_general)) {
        cli_note(cli, 0, "  general loss %.4f (on general data alone %.4f)", m->a.loss_general,
                 m->a.budget.loss_replay_only);
    }
    tamis_status status = plan_price_say(cli, m->parameters, (double)m->tokens, m->probe_flop, err);
    buf_init(&lines, BUF_UNLIMITED);
    if (!status && !ratio_facts_say(&m->facts, &lines)) {
        status = fail_memory(err);
    }
    if (!status) {
        plan_say_lines(cli, "", lines.len ? lines.at : NULL);
        plan_say_lines(cli, "warning: ", m->warnings.at);
    }
    buf_release(&lines);
    return status;
}

/* ---- The plan --------------------------------------------------------------------------------------------------- */

tamis_status plan_mixture(struct cli *cli, const struct plan_domains *domains, struct json *json, tamis_err *err)
{
    struct mixture m = {.options = cli->options, .domains = domains};
    buf_init(&m.warnings, BUF_UNLIMITED);
    tamis_status status = read_question(cli, &m, err);
    status = status ? status : answer(cli, &m, err);
    status = status ? status : print_plan(json, &m, err);
    status = status ? status : say_plan(cli, &m, err);
    buf_release(&m.warnings);
    return status;
}
