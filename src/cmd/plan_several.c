/*
 * Several D-CPT laws, a target each: as many problems as laws, which meet only where they take from the same general
 * pool. Under --one-mixture they are domains of one mixture (plan_mixture.c).
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/plan_target.h"
#include "core/str.h"
#include "plan/several.h"

struct target {
    const struct plan_domain *domain;
    struct plan_target plan;
};

struct targets {
    const struct plan_options *options;
    const struct plan_domains *domains;
    struct target *at;
    uint64_t most, sum;     /* general tokens: of the greediest target, of all together */
    double work;            /* parameters x tokens of all; NaN: not known */
};

/* ---- Answers ---------------------------------------------------------------------------------------------------- */

/* An error that says whose it is. */
static tamis_status fail_target(const struct plan_domain *domain, tamis_err *err)
{
    const tamis_err inner = *err;
    return tamis_fail(err, inner.status, "target %.100s (%.200s): %.600s", domain->name, domain->path, inner.text);
}

static tamis_status answer_one(const struct targets *all, const struct budget_question *q, struct target *t,
                               tamis_err *err)
{
    t->plan.q = *q;
    t->plan.q.law = &t->domain->law;
    t->plan.q.domain = t->domain->name;
    t->plan.q.domain_tokens = t->domain->pool;
    t->plan.q.general_tokens = all->domains->general;
    return plan_target_answer(all->options, &t->plan, err);
}

/* The first that cannot be is told in full, others by name. */
static tamis_status answer_all(struct targets *all, const struct budget_question *q, tamis_err *err)
{
    tamis_err first = {0};
    struct buf others;
    buf_init(&others, 300);
    for (size_t i = 0; i < all->domains->count; i++) {
        tamis_err own = {0};
        all->at[i].domain = &all->domains->at[i];
        const tamis_status status = answer_one(all, q, &all->at[i], &own);
        if (status && !first.status) {
            first = own;
            (void)fail_target(&all->domains->at[i], &first);
        } else if (status && !buf_printf(&others, "%s%.60s", others.len ? ", " : "", all->domains->at[i].name)) {
            break; /* enough of them */
        }
    }
    const tamis_status status =
        !first.status ? TAMIS_OK
                      : tamis_fail(err, first.status, "%s%s%s", first.text,
                                   others.len ? "\nNor is there an answer for: " : "", others.len ? others.at : "");
    buf_release(&others);
    return status;
}

static void add_up(struct targets *all)
{
    for (size_t i = 0; i < all->domains->count; i++) {
        const struct target *const t = &all->at[i];
        const uint64_t general = t->plan.taken[1];
        all->most = general > all->most ? general : all->most;
        all->sum = all->sum > UINT64_MAX - general ? UINT64_MAX : all->sum + general;
        all->work += t->plan.tokens ? t->plan.a.parameters * (double)t->plan.tokens : (double)NAN;
    }
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static tamis_status print_target(struct json *json, const struct targets *all, const struct target *t, tamis_err *err)
{
    static const char *const names[] = {"domain", "general"};
    json_open(json, '{');
    json_key_text(json, "name", t->domain->name);
    json_key_text(json, "law_file", t->domain->path);
    const tamis_status status = plan_target_print(json, all->options, &t->plan, names, err);
    json_close(json, '}');
    return status;
}

static bool all_say_tokens(const struct targets *all)
{
    for (size_t i = 0; i < all->domains->count; i++) {
        if (!all->at[i].plan.tokens) {
            return false;
        }
    }
    return true;
}

static void print_use(struct json *json, const char *key, const struct targets *all, uint64_t tokens)
{
    const uint64_t pool = all->domains->general;
    json_key(json, key);
    json_open(json, '{');
    json_key_count(json, "tokens", tokens);
    json_key_real(json, "epochs", pool == UINT64_MAX ? NAN : tokens == 0 ? 0 : (double)tokens / (double)pool);
    json_key_bool(json, "enough", tokens <= plan_usable(pool, all->options->max_epochs));
    json_close(json, '}');
}

static void print_general(struct json *json, const struct targets *all)
{
    json_key(json, "general_pool");
    if (!all_say_tokens(all)) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_key_real(json, "tokens", all->domains->general == UINT64_MAX ? NAN : (double)all->domains->general);
    print_use(json, "shared", all, all->most);
    print_use(json, "disjoint", all, all->sum);
    json_close(json, '}');
}

/* The costs of all targets together; what pruning saves is said of each. */
static tamis_status print_all(struct json *json, const struct targets *all, tamis_err *err)
{
    struct plan_options options = *all->options;
    options.full_tokens = NAN;
    json_key(json, "all");
    json_open(json, '{');
    const tamis_status status = plan_price_print(&options, all->work, 1, NAN, json, err);
    json_close(json, '}');
    return status;
}

static tamis_status print_plan(struct json *json, const struct targets *all, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    json_open(json, '{');
    json_key_count(json, "version", 1);
    json_key_text(json, "law", "dcpt");
    json_key_text(json, "usage", "a target for each law");
    json_key(json, "targets");
    json_open(json, '[');
    for (size_t i = 0; !status && i < all->domains->count; i++) {
        status = print_target(json, all, &all->at[i], err);
    }
    json_close(json, ']');
    print_general(json, all);
    status = status ? status : print_all(json, all, err);
    json_close(json, '}');
    return status;
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

static tamis_status say_target(const struct cli *cli, const struct target *t, tamis_err *err)
{
    const struct plan_target *const p = &t->plan;
    char interval[64] = "", before[160];
    if (!isnan(p->facts.interval.low)) {
        snprintf(interval, sizeof interval, ", 95 %% interval %.4f to %.4f", p->facts.interval.low,
                 p->facts.interval.high);
    }
    cli_note(cli, 0, "%s: ratio %.4f of the tokens%s (set by: %s)", t->domain->name, p->a.ratio, interval,
             binding_name(p->a.binding));
    if (p->tokens) {
        cli_note(cli, 0, "  tokens       %llu = %llu of the domain + %llu general", (unsigned long long)p->tokens,
                 (unsigned long long)p->taken[0], (unsigned long long)p->taken[1]);
    }
    plan_net_say(cli, p->a.parameters, (double)p->tokens, t->domain->law.probe_flop);
    snprintf(before, sizeof before, "warning: %.100s: ", t->domain->name);
    return plan_target_say(cli, p, "  ", before, err);
}

static void say_general(const struct cli *cli, const struct targets *all)
{
    if (!all_say_tokens(all)) {
        return;
    }
    cli_note(cli, 0, "general text: %llu tokens where all share it, %llu where each has its own",
             (unsigned long long)all->most, (unsigned long long)all->sum);
    if (all->sum > plan_usable(all->domains->general, all->options->max_epochs)) {
        cli_note(cli, 0, "warning: used as often as it may be, the general pool is enough where the targets share it, "
                 "not where each has its own");
    }
}

static tamis_status say_plan(const struct cli *cli, const struct targets *all, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < all->domains->count; i++) {
        status = say_target(cli, &all->at[i], err);
    }
    say_general(cli, all);
    return status ? status : plan_cost_say(cli, all->work, 1, err);
}

/* ---- The plan --------------------------------------------------------------------------------------------------- */

static tamis_status plan_targets(struct cli *cli, const struct plan_domains *domains, struct json *json, tamis_err *err)
{
    struct targets all = {.options = cli->options, .domains = domains};
    struct budget_question q;
    tamis_status status = plan_target_read(cli, true, &q, err);
    all.at = arena_alloc(&cli->arena, domains->count * sizeof *all.at);
    if (!status && !all.at) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for %zu targets", domains->count);
    }
    if (!status) {
        memset(all.at, 0, domains->count * sizeof *all.at);
        status = answer_all(&all, &q, err);
    }
    if (!status) {
        add_up(&all);
        status = print_plan(json, &all, err);
    }
    return status ? status : say_plan(cli, &all, err);
}

tamis_status plan_several(struct cli *cli, struct plan_output *out, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    struct plan_domains domains;
    const tamis_status status = plan_domains_read(cli, &domains, err);
    if (status) {
        return status;
    }
    return options->one_mixture ? plan_mixture(cli, &domains, &out->json, err)
                                : plan_targets(cli, &domains, &out->json, err);
}
