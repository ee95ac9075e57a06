/* The mixture of several domains with the least weighted loss, by the exponential mixing law. */
#include <math.h>
#include <stdio.h>

#include "cmd/plan_domains.h"
#include "core/file.h"
#include "core/str.h"
#include "fit/mixing_law.h"
#include "plan/mixture.h"
#include "fit/resample.h"
#include "plan/several.h"

#define AT_BOUND 1e-9
#define SLACK 1e-12 /* by which shares may miss 1 through rounding */
#define SAME 0.01 /* as a share: what differs by less is the same N or D */

struct mixing_plan {
    const struct plan_options *options;
    struct mixing_law law;
    struct mixture question;
    struct mixture_best best;
    double *weights, *low, *high, *cap; /* cap: share that epochs of the pool allow */
    double *shares;
    double (*ends)[2];           /* interval of each share; NaN: none */
    uint64_t *pools, *taken, *most;
    double parameters, tokens;
    bool outside;
    struct buf warnings;
};

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the plan");
}

static tamis_status load(const char *path, struct arena *arena, struct mixing_law *law, tamis_err *err)
{
    struct buf text;
    buf_init(&text, TREE_MAX_BYTES);
    tamis_status status = file_read(path, TREE_MAX_BYTES, &text, err);
    status = status ? status : mixing_law_parse(path, buf_str(&text), arena, law, err);
    buf_release(&text);
    return status;
}

/* ---- Options ---------------------------------------------------------------------------------------------------- */

static tamis_status find_name(const char *option, const char *text, const char *const *names, size_t count, size_t *at,
                              tamis_str *rest, tamis_err *err)
{
    const char *list[MIXING_MOST + 1] = {NULL};
    char said[400] = "";
    size_t len = 0;
    tamis_str name;
    if (!plan_split(text, &name, rest)) {
        return tamis_fail(err, TAMIS_USAGE, "%s: '%s' is no NAME=NUMBER", option, text);
    }
    for (*at = 0; *at < count; (*at)++) {
        if (str_is(name, names[*at])) {
            return TAMIS_OK;
        }
        list[*at] = names[*at];
        if (len < sizeof said) {
            len += (size_t)snprintf(said + len, sizeof said - len, "%s%s", *at ? ", " : "", names[*at]);
        }
    }
    return plan_unknown_name(option, name, list, said, err);
}

static tamis_status read_weights(struct mixing_plan *p, tamis_err *err)
{
    const tamis_strings *const given = &p->options->weight;
    double sum = 0;
    for (size_t i = 0; i < p->law.loss_count; i++) {
        p->weights[i] = 1;
    }
    for (size_t i = 0; i < given->count; i++) {
        size_t loss = 0;
        tamis_str number;
        const tamis_status status = find_name("--weight", given->at[i], p->law.losses, p->law.loss_count, &loss,
                                              &number, err);
        if (status) {
            return status;
        }
        if (!str_real(number, &p->weights[loss]) || !(p->weights[loss] >= 0)) {
            return tamis_fail(err, TAMIS_USAGE, "--weight %s: a weight is a number from 0", given->at[i]);
        }
    }
    for (size_t i = 0; i < p->law.loss_count; i++) {
        sum += p->weights[i];
    }
    for (size_t i = 0; i < p->law.loss_count; i++) {
        p->weights[i] /= sum;
    }
    return sum > 0 ? TAMIS_OK : tamis_fail(err, TAMIS_USAGE, "--weight: all weights are 0, so every mixture is as "
                                           "good");
}

static tamis_status read_pools(struct mixing_plan *p, tamis_err *err)
{
    const tamis_strings *const given = &p->options->pool;
    for (size_t j = 0; j < p->law.domain_count; j++) {
        p->pools[j] = UINT64_MAX;
        p->cap[j] = 1;
    }
    if (given->count > 0 && !p->options->tokens) {
        return tamis_fail(err, TAMIS_USAGE, "--pool: how many tokens are trained on is not said, so how often a pool "
                          "is used cannot be told; give --tokens");
    }
    for (size_t i = 0; i < given->count; i++) {
        size_t domain = 0;
        tamis_str number;
        const tamis_status status = find_name("--pool", given->at[i], p->law.domains, p->law.domain_count, &domain,
                                              &number, err);
        if (status) {
            return status;
        }
        if (!str_count(number, &p->pools[domain])) {
            return tamis_fail(err, TAMIS_USAGE, "--pool %s: it is no count of tokens such as 5e9 or 300M",
                              given->at[i]);
        }
        p->cap[domain] = fmin((double)p->pools[domain] * p->options->max_epochs / p->tokens, 1);
    }
    return TAMIS_OK;
}

/* ---- Bounds ----------------------------------------------------------------------------------------------------- */

static double sum_of(const double *values, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += values[i];
    }
    return sum;
}

/* What was probed, and no pool more often than it may be; where these leave nothing, the pools alone. */
static tamis_status set_bounds(struct mixing_plan *p, tamis_err *err)
{
    const size_t count = p->law.domain_count;
    const double most = sum_of(p->cap, count);
    bool fine = true;
    if (most < 1 - SLACK) {
        return tamis_fail(err, TAMIS_INPUT, "the pools, used %g times each, hold %.0f tokens and %.0f are wanted\nGive "
                          "--tokens %.0f or less, more text, or more --max-epochs.", p->options->max_epochs,
                          most * p->tokens, p->tokens, floor(most * p->tokens));
    }
    for (size_t j = 0; j < count; j++) {
        p->high[j] = fmin(p->law.highest[j], p->cap[j]);
        p->low[j] = fmin(p->law.lowest[j], p->high[j]);
        if (p->cap[j] < p->law.lowest[j]) {
            p->outside = true;
            fine = fine && buf_printf(&p->warnings, "the pool of %s allows a share of %.4f, less than any that was "
                                      "probed (%.4f)\n", p->law.domains[j], p->cap[j], p->law.lowest[j]);
        }
    }
    if (sum_of(p->high, count) < 1 - SLACK) {
        p->outside = true;
        fine = fine && buf_printf(&p->warnings, "with these pools no mixture stays within the shares that were probed: "
                                  "the plan goes beyond them\n");
        for (size_t j = 0; j < count; j++) {
            p->high[j] = p->cap[j];
        }
    }
    return fine ? TAMIS_OK : no_memory(err);
}

static const char *binding_of(const struct mixing_plan *p, size_t j)
{
    if (p->shares[j] >= p->high[j] - AT_BOUND) {
        return p->cap[j] <= p->high[j] && p->cap[j] < 1 ? "max_epochs" : p->high[j] < 1 ? "probe range" : "none";
    }
    return p->shares[j] <= p->low[j] + AT_BOUND && p->low[j] > 0 ? "probe range" : "none";
}

/* ---- How sure --------------------------------------------------------------------------------------------------- */

struct refitted {
    struct mixing *laws;
    double *shares; /* domains x replicates */
};

static tamis_status refit_shares(struct mixing_plan *p, struct refitted *r, double *one, tamis_err *err)
{
    const size_t domains = p->law.domain_count, count = p->law.replicate_count;
    struct mixture question = p->question;
    tamis_status status = TAMIS_OK;
    question.laws = r->laws;
    for (size_t i = 0; !status && i < count; i++) {
        const double *numbers = p->law.replicates + i * mixing_law_numbers(&p->law);
        for (size_t k = 0; k < p->law.loss_count; k++, numbers += domains + 1) {
            r->laws[k] = (struct mixing){numbers[0], 1, numbers + 1, domains};
        }
        struct mixture_best best;
        status = mixture_best(&question, one, &best, err);
        for (size_t j = 0; !status && j < domains; j++) {
            r->shares[j * count + i] = one[j];
        }
    }
    return status;
}

static tamis_status find_intervals(struct mixing_plan *p, struct arena *arena, tamis_err *err)
{
    const size_t domains = p->law.domain_count, count = p->law.replicate_count;
    struct refitted r = {
        .laws = arena_alloc(arena, p->law.loss_count * sizeof *r.laws),
        .shares = arena_alloc(arena, (domains * count + 1) * sizeof *r.shares),
    };
    double *const one = arena_alloc(arena, domains * sizeof *one);
    if (!r.laws || !r.shares || !one) {
        return no_memory(err);
    }
    const tamis_status status = refit_shares(p, &r, one, err);
    bool fine = true;
    for (size_t j = 0; !status && j < domains; j++) {
        p->ends[j][0] = count ? percentile(r.shares + j * count, count, 0.025) : (double)NAN;
        p->ends[j][1] = count ? percentile(r.shares + j * count, count, 0.975) : (double)NAN;
        if (p->ends[j][1] - p->ends[j][0] > BUDGET_WIDE) {
            fine = fine && buf_printf(&p->warnings, "measure more: the share of %s may be %.3f to %.3f; add a run near "
                                      "the mixture of this plan\n", p->law.domains[j], p->ends[j][0], p->ends[j][1]);
        }
    }
    return status || fine ? status : no_memory(err);
}

/* ---- Printing --------------------------------------------------------------------------------------------------- */

static void print_mixture(struct json *json, const struct mixing_plan *p)
{
    json_key(json, "mixture");
    json_open(json, '[');
    for (size_t j = 0; j < p->law.domain_count; j++) {
        json_open(json, '{');
        json_key_text(json, "domain", p->law.domains[j]);
        json_key_real(json, "share", p->shares[j]);
        json_key(json, "interval");
        if (isnan(p->ends[j][0])) {
            json_null(json);
        } else {
            json_open(json, '[');
            json_real(json, p->ends[j][0]);
            json_real(json, p->ends[j][1]);
            json_close(json, ']');
        }
        json_key_text(json, "binding", binding_of(p, j));
        json_close(json, '}');
    }
    json_close(json, ']');
    json_key(json, "losses");
    json_open(json, '[');
    for (size_t k = 0; k < p->law.loss_count; k++) {
        json_open(json, '{');
        json_key_text(json, "loss", p->law.losses[k]);
        json_key_real(json, "weight", p->weights[k]);
        json_key_real(json, "predicted", mixing_at(&p->law.laws[k], p->shares));
        json_close(json, '}');
    }
    json_close(json, ']');
    json_key_real(json, "weighted_loss", p->best.value);
}

static tamis_status print(const struct mixing_plan *p, struct json *json, tamis_err *err)
{
    json_open(json, '{');
    json_key_count(json, "version", 1);
    json_key_text(json, "law", "mixing_exp");
    json_key_text(json, "name", p->law.name);
    print_mixture(json, p);
    json_key_real(json, "parameters", p->parameters);
    json_key_real(json, "tokens", p->tokens);
    plan_print_pools(json, p->law.domains, p->pools, p->taken, p->law.domain_count, p->options->tokens > 0);
    const tamis_status status = plan_price_print(p->options, p->parameters, p->tokens, p->law.probe_flop, json, err);
    json_key_bool(json, "outside_probe", p->outside);
    plan_print_lines(json, "warnings", p->warnings.len ? p->warnings.at : "");
    json_close(json, '}');
    return status;
}

static tamis_status say(const struct cli *cli, const struct mixing_plan *p, tamis_err *err)
{
    cli_note(cli, 0, "weighted loss %.4f", p->best.value);
    for (size_t j = 0; j < p->law.domain_count; j++) {
        char interval[64] = "";
        if (!isnan(p->ends[j][0])) {
            snprintf(interval, sizeof interval, ", %.4f to %.4f", p->ends[j][0], p->ends[j][1]);
        }
        cli_note(cli, 0, "  %-20s %.4f%s (set by: %s)", p->law.domains[j], p->shares[j], interval, binding_of(p, j));
    }
    const tamis_status status = plan_price_say(cli, p->parameters, p->tokens, p->law.probe_flop, err);
    plan_say_lines(cli, "warning: ", p->warnings.len ? p->warnings.at : "");
    return status;
}

/* ---- The plan --------------------------------------------------------------------------------------------------- */

static tamis_status make_room(struct mixing_plan *p, struct arena *arena, tamis_err *err)
{
    const size_t domains = p->law.domain_count;
    p->weights = arena_alloc(arena, p->law.loss_count * sizeof *p->weights);
    p->low = arena_alloc(arena, domains * sizeof *p->low);
    p->high = arena_alloc(arena, domains * sizeof *p->high);
    p->cap = arena_alloc(arena, domains * sizeof *p->cap);
    p->shares = arena_alloc(arena, domains * sizeof *p->shares);
    p->ends = arena_alloc(arena, domains * sizeof *p->ends);
    p->pools = arena_alloc(arena, domains * sizeof *p->pools);
    p->taken = arena_alloc(arena, domains * sizeof *p->taken);
    p->most = arena_alloc(arena, domains * sizeof *p->most);
    const bool fine = p->weights && p->low && p->high && p->cap && p->shares && p->ends && p->pools && p->taken &&
                      p->most;
    return fine ? TAMIS_OK : no_memory(err);
}

static bool warn_of_size(struct mixing_plan *p, const char *what, double value, double measured)
{
    if (isnan(value) || isnan(measured) || fabs(value / measured - 1) <= SAME) {
        return true;
    }
    p->outside = true;
    return buf_printf(&p->warnings, "%s is %g, the runs' was %g: this law knows nothing of other sizes and lengths; "
                      "the order of mixtures carries over better than the losses\n", what, value, measured);
}

static tamis_status read_question(const struct cli *cli, struct mixing_plan *p, tamis_err *err)
{
    p->parameters = p->options->parameters ? (double)p->options->parameters : p->law.parameters;
    p->tokens = p->options->tokens ? (double)p->options->tokens : (double)NAN;
    tamis_status status = plan_refuse(cli, PLAN_MIXING, err);
    status = status ? status : read_weights(p, err);
    status = status ? status : read_pools(p, err);
    status = status ? status : set_bounds(p, err);
    if (!status && (!warn_of_size(p, "N", p->parameters, p->law.parameters) ||
                    !warn_of_size(p, "D", p->tokens, p->law.tokens))) {
        status = no_memory(err);
    }
    p->question = (struct mixture){p->law.laws, p->weights, p->law.loss_count, p->law.domain_count, p->low, p->high};
    return status;
}

static void divide(struct mixing_plan *p)
{
    for (size_t j = 0; j < p->law.domain_count; j++) {
        p->most[j] = plan_usable(p->pools[j], p->options->max_epochs);
    }
    share_tokens(p->shares, p->most, p->law.domain_count, p->options->tokens, p->taken);
}

tamis_status plan_mixing(struct cli *cli, struct plan_output *out, tamis_err *err)
{
    struct json *const json = &out->json;
    struct mixing_plan p = {.options = cli->options};
    buf_init(&p.warnings, BUF_UNLIMITED);
    tamis_status status = load(cli->arguments[0], &cli->arena, &p.law, err);
    status = status ? status : make_room(&p, &cli->arena, err);
    status = status ? status : read_question(cli, &p, err);
    status = status ? status : mixture_best(&p.question, p.shares, &p.best, err);
    status = status ? status : find_intervals(&p, &cli->arena, err);
    if (!status) {
        divide(&p);
        status = print(&p, json, err);
    }
    status = status ? status : say(cli, &p, err);
    buf_release(&p.warnings);
    return status;
}
