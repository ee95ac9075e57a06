/*
 * Several D-CPT laws, a target each: as many problems as laws, which meet only where they take from the same general
 * pool. Under --one-mixture they are domains of one mixture (plan_mixture.c).
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/plan_domains.h"
#include "core/str.h"
#include "plan/several.h"

#define MOST_TOKENS 9e18 /* of a plan: counts are whole numbers of 64 bits */

struct target {
    const struct plan_domain *domain;
    struct budget_question q;
    struct budget_answer a;
    struct ratio_facts facts;
    uint64_t tokens;        /* 0: not said */
    uint64_t taken[2];      /* of the domain, of general text */
};

struct targets {
    const struct plan_options *options;
    const struct plan_domains *domains;
    struct target *at;
    uint64_t most, sum;     /* general tokens: of the greediest target, of all together */
    double work;            /* parameters x tokens of all; NaN: not known */
};

/* ---- Answers ---------------------------------------------------------------------------------------------------- */

static tamis_status read_question(const struct cli *cli, const struct plan_domains *domains,
                                  struct budget_question *q, tamis_err *err)
{
    static const char *const not_limited[] = {"budget", "against", "base_loss", "tokens", "flop", NULL};
    static const char *const not_flop[] = {"parameters", "tokens", NULL};
    const struct plan_options *const o = cli->options;
    const bool by_flop = cli_given(cli, "flop");
    *q = (struct budget_question){
        .usage = o->limited ? BUDGET_LIMITED : by_flop ? BUDGET_RESOURCES : BUDGET_TRADE_OFF,
        .parameters = (double)o->parameters, .tokens = (double)o->tokens, .flop = o->flop,
        .general_tokens = domains->general, .domain_epochs = o->max_epochs, .general_epochs = o->max_epochs,
        .decay = o->repeat_decay ? &constrained_published : NULL, .general = "general"};
    tamis_status status = TAMIS_OK;
    if (o->limited) {
        status = plan_refuse(cli, not_limited, "with --limited, where a domain's text sets ratio and tokens", err);
    } else if (by_flop) {
        status = plan_refuse(cli, not_flop, "with --flop, which sets the size and the tokens", err);
    }
    if (!status && by_flop && !(o->flop > 0)) {
        return tamis_fail(err, TAMIS_USAGE, "--flop: %g operations train no model", o->flop);
    }
    return status || o->limited ? status : plan_read_budget(cli, q, err);
}

/* An error that says whose it is. */
static tamis_status fail_target(const struct plan_domain *domain, tamis_err *err)
{
    const tamis_err inner = *err;
    return tamis_fail(err, inner.status, "target %.100s (%.200s): %.600s", domain->name, domain->path, inner.text);
}

static tamis_status divide(struct target *t, tamis_err *err)
{
    if (t->a.tokens > MOST_TOKENS) {
        return tamis_fail(err, TAMIS_USAGE, "the plan comes to %g tokens, more than can be counted", t->a.tokens);
    }
    const double shares[] = {t->a.ratio, 1 - t->a.ratio};
    const uint64_t most[] = {plan_usable(t->q.domain_tokens, t->q.domain_epochs),
                             plan_usable(t->q.general_tokens, t->q.general_epochs)};
    t->tokens = t->a.tokens > 0 ? (uint64_t)floor(t->a.tokens) : 0;
    share_tokens(shares, most, 2, t->tokens, t->taken);
    return TAMIS_OK;
}

static tamis_status answer_one(const struct targets *all, const struct budget_question *q, struct target *t,
                               tamis_err *err)
{
    const struct plan_options *const o = all->options;
    t->q = *q;
    t->q.law = &t->domain->law;
    t->q.domain = t->domain->name;
    t->q.domain_tokens = t->domain->pool;
    tamis_status status = budget_answer(&t->q, &t->a, err);
    status = status ? status : budget_facts(&t->q, &t->a, o->transfer_low, o->transfer_high, &t->facts, err);
    return status ? status : divide(t, err);
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
        const uint64_t general = t->taken[1];
        all->most = general > all->most ? general : all->most;
        all->sum = all->sum > UINT64_MAX - general ? UINT64_MAX : all->sum + general;
        all->work += t->tokens ? t->a.parameters * (double)t->tokens : (double)NAN;
    }
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static tamis_status print_target(struct json *json, const struct targets *all, const struct target *t, tamis_err *err)
{
    const char *const names[] = {"domain", "general"};
    const uint64_t pools[] = {t->domain->pool, all->domains->general};
    const struct budget_answer *const a = &t->a;
    json_open(json, '{');
    json_key_text(json, "name", t->domain->name);
    json_key_text(json, "law_file", t->domain->path);
    plan_print_budget(json, &t->q, a);
    json_key_real(json, "ratio", a->ratio);
    ratio_facts_print(json, &t->facts);
    json_key_text(json, "binding", binding_name(a->binding));
    json_key_real(json, "wanted_ratio", a->wanted_ratio);
    json_key_text(json, "repeats",
                  t->q.decay ? "planning heuristic: repeats of the domain count by their worth" : NULL);
    json_key_real(json, "worth_ratio", t->q.decay ? a->worth_ratio : (double)NAN);
    json_key_real(json, "loss_domain", a->loss_domain);
    json_key_real(json, "loss_general", a->loss_general);
    json_key_real(json, "loss_replay_only", a->loss_replay_only);
    json_key_real(json, "limit", a->limit);
    json_key_real(json, "parameters", a->parameters);
    json_key_real(json, "tokens", t->tokens ? (double)t->tokens : NAN);
    plan_print_pools(json, names, pools, t->taken, 2, t->tokens > 0);
    const tamis_status status = plan_price_print(all->options, a->parameters, (double)t->tokens,
                                                 t->domain->law.probe_flop, json, err);
    json_key_bool(json, "outside_probe", a->outside_probe);
    plan_print_lines(json, "warnings", a->warning);
    json_close(json, '}');
    return status;
}

static bool all_say_tokens(const struct targets *all)
{
    for (size_t i = 0; i < all->domains->count; i++) {
        if (!all->at[i].tokens) {
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
    char interval[64] = "", before[160];
    struct buf lines;
    if (!isnan(t->facts.interval.low)) {
        snprintf(interval, sizeof interval, ", 95 %% interval %.4f to %.4f", t->facts.interval.low,
                 t->facts.interval.high);
    }
    cli_note(cli, 0, "%s: ratio %.4f of the tokens%s (set by: %s)", t->domain->name, t->a.ratio, interval,
             binding_name(t->a.binding));
    if (t->tokens) {
        cli_note(cli, 0, "  tokens       %llu = %llu of the domain + %llu general", (unsigned long long)t->tokens,
                 (unsigned long long)t->taken[0], (unsigned long long)t->taken[1]);
    }
    buf_init(&lines, BUF_UNLIMITED);
    if (!ratio_facts_say(&t->facts, &lines)) {
        buf_release(&lines);
        return tamis_fail(err, TAMIS_IO, "out of memory for the plan");
    }
    plan_say_lines(cli, "  ", lines.len ? lines.at : NULL);
    snprintf(before, sizeof before, "warning: %.100s: ", t->domain->name);
    plan_say_lines(cli, before, t->a.warning);
    buf_release(&lines);
    return TAMIS_OK;
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

static tamis_status say_cost(const struct cli *cli, const struct targets *all, tamis_err *err)
{
    struct price_question question;
    struct price price;
    const tamis_status status = plan_price_read(all->options, &question, err);
    if (!status && all->work > 0) {
        question.flop = training_flop(all->work, 1);
        price_of(&question, &price);
        plan_price_say(cli, &price);
    }
    return status;
}

static tamis_status say_plan(const struct cli *cli, const struct targets *all, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < all->domains->count; i++) {
        status = say_target(cli, &all->at[i], err);
    }
    say_general(cli, all);
    return status ? status : say_cost(cli, all, err);
}

/* ---- The plan --------------------------------------------------------------------------------------------------- */

static tamis_status plan_targets(struct cli *cli, const struct plan_domains *domains, struct json *json, tamis_err *err)
{
    static const char *const of_mixtures[] = {"weight", NULL};
    struct targets all = {.options = cli->options, .domains = domains};
    struct budget_question q;
    tamis_status status = plan_refuse(cli, of_mixtures, "where each law has a target of its own (--one-mixture?)", err);
    status = status ? status : read_question(cli, domains, &q, err);
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

tamis_status plan_several(struct cli *cli, struct json *json, tamis_err *err)
{
    static const char *const of_others[] = {"loss",       "unique",     "tolerance", "chart",    "models",
                                            "ensemble_a", "ensemble_b", "p2_gamma",  "p2_delta", NULL};
    const struct plan_options *const options = cli->options;
    struct plan_domains domains;
    tamis_status status = plan_refuse(cli, of_others, "with several laws", err);
    if (!status && ((cli_given(cli, "tokens") && !options->tokens) ||
                    (cli_given(cli, "parameters") && !options->parameters))) {
        status = tamis_fail(err, TAMIS_USAGE, "--%s: 0 is no number to train with; leave it out when it is not known",
                            cli_given(cli, "tokens") && !options->tokens ? "tokens" : "parameters");
    }
    status = status ? status : plan_domains_read(cli, &domains, err);
    if (status) {
        return status;
    }
    return options->one_mixture ? plan_mixture(cli, &domains, json, err) : plan_targets(cli, &domains, json, err);
}
