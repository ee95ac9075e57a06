/*
 * From one large model to several small ones: the proposition's condition with what is weak in it, the sign that the P2
 * law must have, a target with its tokens for each small model, and the carbon of all against the one large model.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/plan_target.h"
#include "core/str.h"
#include "law/downscaling.h"
#include "plan/several.h"

#define OPTIMUM "besiroglu" /* the set of Chinchilla constants that compute-optimal tokens are by */
#define MOST_MODELS 10000
#define MOST_CAVEATS 4000 /* bytes */

struct small {
    const char *name;
    const struct plan_domain *domain; /* NULL: nothing is known of it but its size */
    bool by_law;                      /* `plan` counts */
    struct plan_target plan;
    uint64_t pools[2];
};

struct downscale {
    const struct plan_options *options;
    struct plan_domains domains;
    struct proposition law;
    struct p2 p2;               /* its bracket set to 1, as the proposition does */
    double size, left, right;   /* N0; both sides of the condition at n */
    unsigned models, fewest;    /* n; the fewest that fulfil the condition, 0: none */
    double small_size, rate;    /* N0 / n; (n - 1) / n, the share of the large model that each lacks */
    uint64_t tokens;            /* of the large model and of each small one */
    double optimal, small_optimal;
    struct small *at;
    struct buf caveats;
};

static double given_or(double value, double fallback)
{
    return isnan(value) ? fallback : value;
}

static tamis_status fail_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the downscaling plan; free some memory and run it again");
}

/* ---- The question ----------------------------------------------------------------------------------------------- */

static tamis_status read_law(struct downscale *d, tamis_err *err)
{
    const struct plan_options *const o = d->options;
    const struct proposition *const p = &proposition_published;
    d->size = o->downscale;
    d->law = (struct proposition){.a = given_or(o->ensemble_a, p->a), .b = given_or(o->ensemble_b, p->b),
                                  .gamma = given_or(o->p2_gamma, p->gamma), .delta = given_or(o->p2_delta, p->delta)};
    d->p2 = (struct p2){.gamma = d->law.gamma, .delta = d->law.delta, .e = 1};
    if (!(d->size >= 1)) {
        return tamis_fail(err, TAMIS_USAGE, "--downscale: %g is no size of a model; it counts parameters in ones, such "
                          "as 8.03e9", d->size);
    }
    if (!(d->law.a > 0) || !(d->law.b > 0)) {
        return tamis_fail(err, TAMIS_USAGE, "--ensemble-%s: %g is not above 0: the ensemble law is L0 - b + b / n^a",
                          d->law.a > 0 ? "b" : "a", d->law.a > 0 ? d->law.b : d->law.a);
    }
    d->right = proposition_right(&d->law, d->size);
    d->fewest = proposition_models(&d->law, d->size);
    return TAMIS_OK;
}

/* As many as are asked for, else as there are domains, else as few as the condition wants. */
static tamis_status choose_models(struct downscale *d, tamis_err *err)
{
    const uint64_t wanted = d->options->models       ? d->options->models
                            : d->domains.count ? d->domains.count
                                               : d->fewest;
    if (wanted == 0) {
        return tamis_fail(err, TAMIS_USAGE, "--downscale: the condition holds for no number of models up to %u (b must "
                          "be above %.4g), so say how many: --models N, or a --pool NAME=TOKENS for each",
                          PROPOSITION_MOST, d->right * d->law.b);
    }
    if (wanted < 2 || wanted > MOST_MODELS) {
        return tamis_fail(err, TAMIS_USAGE, "--models: %llu; several small models are 2 to %d",
                          (unsigned long long)wanted, MOST_MODELS);
    }
    if (wanted < d->domains.count) {
        return tamis_fail(err, TAMIS_USAGE, "--models: %llu models for %zu domains; each model has one domain",
                          (unsigned long long)wanted, d->domains.count);
    }
    d->models = (unsigned)wanted;
    d->left = proposition_left(&d->law, (double)d->models);
    d->small_size = d->size / d->models;
    d->rate = (double)(d->models - 1) / d->models;
    return TAMIS_OK;
}

static tamis_status choose_tokens(struct downscale *d, tamis_err *err)
{
    for (const struct chinchilla_set *set = chinchilla_sets; set->name; set++) {
        if (strcmp(set->name, OPTIMUM) == 0) {
            d->optimal = floor(chinchilla_tokens_for(&set->law, d->size));
            d->small_optimal = floor(chinchilla_tokens_for(&set->law, d->small_size));
        }
    }
    d->tokens = d->options->tokens ? d->options->tokens : d->optimal < 9e18 ? (uint64_t)d->optimal : 0;
    return d->tokens ? TAMIS_OK
                     : tamis_fail(err, TAMIS_USAGE, "--downscale: a model of %g parameters takes %g tokens, more than "
                                  "can be counted; give --tokens", d->size, d->optimal);
}

/* ---- Small models ----------------------------------------------------------------------------------------------- */

static tamis_status answer_by_law(struct cli *cli, const struct downscale *d, struct small *s, tamis_err *err)
{
    const double epochs = d->options->max_epochs;
    s->by_law = true;
    s->plan.q = (struct budget_question){
        .law = &s->domain->law, .parameters = d->small_size, .tokens = (double)d->tokens,
        .domain_tokens = s->domain->pool, .general_tokens = d->domains.general, .domain_epochs = epochs,
        .general_epochs = epochs, .domain = s->name, .general = "general"};
    tamis_status status = plan_read_budget(cli, &s->plan.q, err);
    if (status) {
        return status;
    }
    status = plan_target_answer(d->options, &s->plan, err);
    if (status) {
        const tamis_err inner = *err;
        return tamis_fail(err, status, "model %.100s (%.200s): %.600s", s->name, s->domain->path, inner.text);
    }
    return TAMIS_OK;
}

/* Without a law and a budget all tokens of a small model are of its domain. */
static tamis_status plan_small(struct cli *cli, struct downscale *d, size_t i, tamis_err *err)
{
    struct small *const s = &d->at[i];
    char name[40];
    snprintf(name, sizeof name, "model%zu", i + 1);
    *s = (struct small){.domain = i < d->domains.count ? &d->domains.at[i] : NULL};
    s->name = s->domain ? s->domain->name : arena_strdup(&cli->arena, str_from(name));
    s->pools[0] = s->domain ? s->domain->pool : UINT64_MAX;
    s->pools[1] = d->domains.general;
    s->plan.taken[0] = d->tokens;
    if (!s->name) {
        return fail_memory(err);
    }
    return s->domain && s->domain->path && d->options->budget ? answer_by_law(cli, d, s, err) : TAMIS_OK;
}

static tamis_status plan_all(struct cli *cli, struct downscale *d, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    d->at = arena_alloc(&cli->arena, d->models * sizeof *d->at);
    if (!d->at) {
        return fail_memory(err);
    }
    for (size_t i = 0; !status && i < d->models; i++) {
        status = plan_small(cli, d, i, err);
    }
    return status;
}

/* ---- What to know ----------------------------------------------------------------------------------------------- */

static bool p2_may_speak(const struct downscale *d)
{
    return d->rate >= P2_LOWEST_RATE && d->rate <= P2_HIGHEST_RATE &&
           p2_grows(&d->p2, d->rate, d->size, (double)d->tokens);
}

static tamis_status write_caveats(struct downscale *d, tamis_err *err)
{
    struct buf *const b = &d->caveats;
    const bool fine =
        buf_printf(b, "the whole bracket of the P2 law is set to 1; it does not cancel, since the loss before pruning "
                   "has no such term\n") &&
        buf_printf(b, "a model of 1/%u of the size is a pruned share of %.3f; P2 was fitted to %g to %g\n", d->models,
                   d->rate, P2_LOWEST_RATE, P2_HIGHEST_RATE) &&
        buf_printf(b, "%s\n", p2_grows(&d->p2, d->rate, d->size, (double)d->tokens)
                                  ? "P2's constants other than gamma and delta are not published; with another sign "
                                    "of its bracket heavier pruning would lower the loss"
                                  : "with gamma above 0 and that bracket P2 says that heavier pruning lowers the loss, "
                                    "which cannot be") &&
        buf_printf(b, "costs are equal in N x D only: to answer, %u models run, with the same operations but %u times "
                   "the devices or the waiting\n", d->models, d->models) &&
        buf_printf(b, "a = %g and b = %g%s; the condition holds for no n unless b is above %.4g, and ensembles of "
                   "language models gain about 0.1 to 0.2 nats\n", d->law.a, d->law.b,
                   isnan(d->options->ensemble_b) ? " are guesses" : "", d->right * d->law.b);
    return fine ? TAMIS_OK : fail_memory(err);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static void print_condition(struct json *json, const struct downscale *d)
{
    json_key(json, "condition");
    json_open(json, '{');
    json_key_text(json, "formula", "(n^a - 1) (n - 1)^gamma / n^(a + gamma) >= 1 / (b N0^delta), N0 in billions");
    json_key_real(json, "ensemble_a", d->law.a);
    json_key_real(json, "ensemble_b", d->law.b);
    json_key_real(json, "p2_gamma", d->law.gamma);
    json_key_real(json, "p2_delta", d->law.delta);
    json_key_real(json, "left", d->left);
    json_key_real(json, "right", d->right);
    json_key_bool(json, "holds", d->left >= d->right);
    proposition_print_fewest(json, &d->law, d->size);
    json_key_real(json, "least_ensemble_b", d->right * d->law.b);
    proposition_print_sweep(json, &d->law, d->size);
    plan_print_lines(json, "caveats", d->caveats.at);
    json_close(json, '}');
}

static void print_p2(struct json *json, const struct downscale *d)
{
    const bool inside = d->rate >= P2_LOWEST_RATE && d->rate <= P2_HIGHEST_RATE;
    json_key(json, "p2");
    json_open(json, '{');
    json_key_real(json, "pruned_share", d->rate);
    json_key(json, "fitted_to");
    json_open(json, '[');
    json_real(json, P2_LOWEST_RATE);
    json_real(json, P2_HIGHEST_RATE);
    json_close(json, ']');
    json_key_bool(json, "inside", inside);
    json_key_bool(json, "more_pruning_more_loss", p2_grows(&d->p2, d->rate, d->size, (double)d->tokens));
    json_key_text(json, "verdict", p2_may_speak(d) ? "may be used" : "no claim");
    json_close(json, '}');
}

static void print_small(struct json *json, const struct downscale *d, const struct small *s)
{
    static const char *const names[] = {"domain", "general"};
    json_open(json, '{');
    json_key_text(json, "name", s->name);
    json_key_text(json, "law_file", s->domain ? s->domain->path : NULL);
    json_key_real(json, "parameters", d->small_size);
    json_key_count(json, "tokens", d->tokens);
    json_key_real(json, "optimal_tokens", d->small_optimal);
    json_key_real(json, "ratio", s->by_law ? s->plan.a.ratio : (double)NAN);
    ratio_facts_print(json, s->by_law ? &s->plan.facts : NULL);
    json_key_text(json, "binding", s->by_law ? binding_name(s->plan.a.binding) : NULL);
    json_key_real(json, "loss_domain", s->by_law ? s->plan.a.loss_domain : (double)NAN);
    json_key_real(json, "loss_general", s->by_law ? s->plan.a.loss_general : (double)NAN);
    plan_print_pools(json, names, s->pools, s->plan.taken, s->by_law ? 2 : 1, true);
    plan_print_lines(json, "warnings", s->by_law ? s->plan.a.warning : NULL);
    json_close(json, '}');
}

/* What models of `parameters` together cost on `tokens` each. */
static void print_cost(struct json *json, const char *key, const struct price_question *terms, double parameters,
                       double tokens)
{
    struct price_question q = *terms;
    struct price price;
    q.flop = training_flop(parameters, tokens);
    price_of(&q, &price);
    json_key(json, key);
    json_open(json, '{');
    json_key_real(json, "tokens_each", tokens);
    json_key_real(json, "flop", price.flop);
    json_key(json, "kg_co2e");
    json_open(json, '[');
    json_real(json, price.kg[0]);
    json_real(json, price.kg[1]);
    json_close(json, ']');
    json_close(json, '}');
}

/* The top level has the costs of all small models; beside them those of what else might be trained. */
static tamis_status print_costs(struct json *json, const struct downscale *d, tamis_err *err)
{
    struct price_question terms;
    tamis_status status = plan_price_read(d->options, &terms, err);
    status = status ? status : plan_price_print(d->options, d->size, (double)d->tokens, NAN, json, err);
    if (status) {
        return status;
    }
    json_key(json, "compared");
    json_open(json, '{');
    print_cost(json, "large", &terms, d->size, (double)d->tokens);
    print_cost(json, "all_small", &terms, d->size, (double)d->tokens);
    print_cost(json, "large_optimal", &terms, d->size, d->optimal);
    print_cost(json, "all_small_optimal", &terms, d->size, d->small_optimal);
    json_key_text(json, "note", "large and all_small are equal by construction: every small model sees as many tokens "
                                "as the large one; fewer tokens of a pruned domain are what would save");
    json_close(json, '}');
    return TAMIS_OK;
}

static tamis_status print_plan(struct json *json, const struct downscale *d, tamis_err *err)
{
    json_open(json, '{');
    json_key_count(json, "version", 1);
    json_key_text(json, "usage", "downscaling");
    json_key_real(json, "parameters", d->size);
    json_key_count(json, "models", d->models);
    json_key_real(json, "parameters_each", d->small_size);
    json_key_count(json, "tokens_each", d->tokens);
    json_key_text(json, "optimal_tokens_by", "chinchilla, set " OPTIMUM);
    print_condition(json, d);
    print_p2(json, d);
    json_key(json, "targets");
    json_open(json, '[');
    for (size_t i = 0; i < d->models; i++) {
        print_small(json, d, &d->at[i]);
    }
    json_close(json, ']');
    const tamis_status status = print_costs(json, d, err);
    json_close(json, '}');
    return status;
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

static void say_condition(const struct cli *cli, const struct downscale *d)
{
    char fewest[60] = "never";
    if (d->fewest) {
        snprintf(fewest, sizeof fewest, "from %u models", d->fewest);
    } else if (!proposition_never(&d->law, d->size)) {
        snprintf(fewest, sizeof fewest, "for no n up to %u", PROPOSITION_MOST);
    }
    cli_note(cli, 0, "%u models of %.4g parameters instead of one of %.4g: the condition %s (%.4f against %.4f; it "
             "holds %s)", d->models, d->small_size, d->size, d->left >= d->right ? "holds" : "does not hold", d->left,
             d->right, fewest);
    cli_note(cli, 0, "P2: %s: a pruned share of %.3f, fitted to %g to %g; by it heavier pruning %s the loss",
             p2_may_speak(d) ? "may be used" : "no claim", d->rate, P2_LOWEST_RATE, P2_HIGHEST_RATE,
             p2_grows(&d->p2, d->rate, d->size, (double)d->tokens) ? "raises" : "lowers");
}

static tamis_status say_targets(const struct cli *cli, const struct downscale *d, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    const double epochs = d->options->max_epochs;
    cli_note(cli, 0, "%llu tokens each, as many as the large model sees (compute-optimal for the small ones: %.4g)",
             (unsigned long long)d->tokens, d->small_optimal);
    for (size_t i = 0; !status && i < d->models; i++) {
        const struct small *const s = &d->at[i];
        char before[160];
        if (s->by_law) {
            cli_note(cli, 0, "  %s: ratio %.4f (set by: %s)", s->name, s->plan.a.ratio,
                     binding_name(s->plan.a.binding));
            snprintf(before, sizeof before, "warning: %.100s: ", s->name);
            status = plan_target_say(cli, &s->plan, "  ", before, err);
        } else if (s->pools[0] != UINT64_MAX && s->plan.taken[0] > plan_usable(s->pools[0], epochs)) {
            cli_note(cli, 0, "warning: %s: its pool would be used %.3g times, more than %g: give it less to train on, "
                     "more text, or a law and a budget for general text beside it", s->name,
                     (double)s->plan.taken[0] / (double)s->pools[0], epochs);
        }
    }
    return status;
}

static tamis_status say_plan(const struct cli *cli, const struct downscale *d, tamis_err *err)
{
    say_condition(cli, d);
    plan_say_lines(cli, "caveat: ", d->caveats.at);
    const tamis_status status = say_targets(cli, d, err);
    if (status) {
        return status;
    }
    cli_note(cli, 0, "the large model costs as much as all small ones together:");
    return plan_price_say(cli, d->size, (double)d->tokens, NAN, err);
}

/* ---- The plan --------------------------------------------------------------------------------------------------- */

static tamis_status check_options(const struct cli *cli, tamis_err *err)
{
    const struct plan_options *const options = cli->options;
    return plan_refuse(cli, cli->argument_count == 0 ? PLAN_DOWNSCALE_NO_LAW
                            : options->budget        ? PLAN_DOWNSCALE
                                                     : PLAN_DOWNSCALE_NO_BUDGET, err);
}

tamis_status plan_downscale(struct cli *cli, struct plan_output *out, tamis_err *err)
{
    struct json *const json = &out->json;
    struct downscale d = {.options = cli->options};
    buf_init(&d.caveats, MOST_CAVEATS);
    tamis_status status = check_options(cli, err);
    status = status ? status : read_law(&d, err);
    status = status ? status : plan_domains_read(cli, &d.domains, err);
    status = status ? status : choose_models(&d, err);
    status = status ? status : choose_tokens(&d, err);
    status = status ? status : plan_all(cli, &d, err);
    status = status ? status : write_caveats(&d, err);
    status = status ? status : print_plan(json, &d, err);
    status = status ? status : say_plan(cli, &d, err);
    buf_release(&d.caveats);
    return status;
}
