/* Laws of size and tokens: the best size for some operations, tokens for a loss, the loss, what repeats are worth. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/plan.h"
#include "core/file.h"
#include "core/str.h"
#include "fit/chinchilla_law.h"
#include "fit/constrained_law.h"
#include "fit/resample.h"

#define MOST_BEYOND 10.0 /* times the largest N or D of the runs, from where on a plan warns */

struct scaling_plan {
    const struct plan_options *options;
    const char *path, *name;
    struct chinchilla_law chinchilla;
    struct constrained_law constrained;
    double parameters, tokens, loss, probe_flop;
    bool outside;
    struct buf warnings;
};

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the plan");
}

static bool given(double value)
{
    return value > 0;
}

/* ---- Outside of what was measured ------------------------------------------------------------------------------- */

static bool outside(double value, double low, double high)
{
    return value < low || value > high;
}

static bool warn_of_range(struct scaling_plan *p, const char *what, double value, double low, double high)
{
    if (!outside(value, low, high)) {
        return true;
    }
    p->outside = true;
    return buf_printf(&p->warnings, "%s %g lies outside the runs, %g to %g%s\n", what, value, low, high,
                      value > MOST_BEYOND * high ? ": far beyond, where no law was tested" : "");
}

/* ---- chinchilla ------------------------------------------------------------------------------------------------- */

enum question { QUESTION_OPTIMUM, QUESTION_TOKENS, QUESTION_LOSS };

static tamis_status question_of(const struct cli *cli, enum question *question, tamis_err *err)
{
    const struct plan_options *const o = cli->options;
    const bool n = o->parameters > 0, d = o->tokens > 0, loss = given(o->loss), flop = given(o->flop);
    if ((cli_given(cli, "flop") && !flop) || (cli_given(cli, "loss") && !loss)) {
        return tamis_fail(err, TAMIS_USAGE, "--%s must be above 0", cli_given(cli, "flop") && !flop ? "flop" : "loss");
    }
    if (flop && !n && !d && !loss) {
        *question = QUESTION_OPTIMUM;
    } else if (n && loss && !d && !flop) {
        *question = QUESTION_TOKENS;
    } else if (n && d && !loss && !flop) {
        *question = QUESTION_LOSS;
    } else {
        return tamis_fail(err, TAMIS_USAGE, "tamis plan: with the law chinchilla give one of: --flop (the best size "
                          "and tokens), --parameters and --loss (the tokens it takes), --parameters and --tokens (the "
                          "loss)");
    }
    return TAMIS_OK;
}

/* What one set of constants says; NaN where the loss is not to be reached. */
static struct chinchilla_best answer_of(const struct chinchilla *law, enum question question,
                                        const struct plan_options *o)
{
    const double parameters = (double)o->parameters;
    if (question == QUESTION_OPTIMUM) {
        return chinchilla_optimum(law, o->flop);
    }
    const double tokens = question == QUESTION_LOSS ? (double)o->tokens : chinchilla_tokens(law, parameters, o->loss);
    return (struct chinchilla_best){parameters, tokens, question == QUESTION_LOSS ? chinchilla_at(law, parameters,
                                                                                                  tokens)
                                                                                  : o->loss};
}

static double floor_of(const struct chinchilla *law, double parameters)
{
    return chinchilla_at(law, parameters, INFINITY);
}

static tamis_status check_answer(const struct scaling_plan *p, enum question question,
                                 const struct chinchilla_best *best, tamis_err *err)
{
    const struct chinchilla *const law = &p->chinchilla.law;
    if (question == QUESTION_OPTIMUM && !(law->a > 0 && law->b > 0)) {
        return tamis_fail(err, TAMIS_INPUT, "%s: %s is 0 in this law, so it knows no best size; fit it to runs that "
                          "vary size and tokens", p->path, law->a > 0 ? "B" : "A");
    }
    if (isnan(best->tokens)) {
        return tamis_fail(err, TAMIS_INPUT, "a loss of %g is not to be reached with %g parameters: the floor, E + A / "
                          "N^alpha, is %.5f however many tokens\nAsk for more than %.5f, or take a larger model.",
                          p->loss, p->parameters, floor_of(law, p->parameters), floor_of(law, p->parameters));
    }
    return TAMIS_OK;
}

/* What a refit that cannot reach the loss, or knows no best size, comes to in the limit; false: it says nothing. */
static bool limit_of(const struct chinchilla *law, enum question question, struct chinchilla_best *best)
{
    if (question == QUESTION_OPTIMUM && !(law->a > 0 && law->b > 0)) {
        *best = (struct chinchilla_best){law->b > 0 ? 0 : INFINITY, law->b > 0 ? INFINITY : 0, law->e};
        return law->a > 0 || law->b > 0;
    }
    best->tokens = isfinite(best->tokens) ? best->tokens : INFINITY;
    return isfinite(best->parameters) && isfinite(best->loss);
}

/* An end that is infinite is null. */
static bool print_interval(struct json *json, const char *key, double *values, size_t count)
{
    json_key(json, key);
    if (count == 0) {
        json_null(json);
        return false;
    }
    const double low = percentile(values, count, 0.025), high = percentile(values, count, 0.975);
    json_open(json, '[');
    json_real(json, low);
    json_real(json, high);
    json_close(json, ']');
    return isinf(low) || isinf(high);
}

static tamis_status print_intervals(struct json *json, const struct scaling_plan *p, enum question question,
                                    struct arena *arena, tamis_err *err)
{
    const size_t count = p->chinchilla.replicate_count;
    double *const values = arena_alloc(arena, (3 * count + 1) * sizeof *values);
    size_t used = 0, infeasible = 0;
    if (!values) {
        return no_memory(err);
    }
    for (size_t i = 0; i < count; i++) {
        const struct chinchilla *const law = &p->chinchilla.replicates[i];
        struct chinchilla_best best = answer_of(law, question, p->options);
        infeasible += !(isfinite(best.parameters) && isfinite(best.tokens) && isfinite(best.loss));
        if (limit_of(law, question, &best)) {
            values[used] = best.parameters;
            values[count + used] = best.tokens;
            values[2 * count + used++] = best.loss;
        }
    }
    json_key(json, "intervals");
    json_open(json, '{');
    bool endless = print_interval(json, "parameters", values, question == QUESTION_OPTIMUM ? used : 0);
    endless = print_interval(json, "tokens", values + count, question == QUESTION_LOSS ? 0 : used) || endless;
    endless = print_interval(json, "loss", values + 2 * count, question == QUESTION_TOKENS ? 0 : used) || endless;
    json_key_count(json, "replicates", count);
    json_key_count(json, "infeasible", infeasible);
    json_key_text(json, "note", !endless ? NULL
                                : question == QUESTION_TOKENS
                                    ? "null: not bounded, in some refits no number of tokens reaches the loss"
                                    : "null: not bounded, some refits know no best size");
    json_close(json, '}');
    return TAMIS_OK;
}

static tamis_status end_plan(struct cli *cli, struct scaling_plan *p, struct json *json, tamis_err *err)
{
    tamis_status status = plan_price_print(p->options, p->parameters, p->tokens, p->probe_flop, json, err);
    json_key_bool(json, "outside_probe", p->outside);
    plan_print_lines(json, "warnings", p->warnings.len ? p->warnings.at : "");
    json_close(json, '}');
    status = status ? status : plan_price_say(cli, p->parameters, p->tokens, p->probe_flop, err);
    if (!status) {
        plan_say_lines(cli, "warning: ", p->warnings.len ? p->warnings.at : "");
    }
    return status;
}

static tamis_status plan_chinchilla(struct cli *cli, struct scaling_plan *p, struct json *json, tamis_err *err)
{
    static const char *const names[] = {"optimum", "tokens", "loss"};
    enum question question = QUESTION_LOSS;
    tamis_status status = plan_refuse(cli, PLAN_CHINCHILLA, err);
    status = status ? status : question_of(cli, &question, err);
    if (status) {
        return status;
    }
    const struct chinchilla *const law = &p->chinchilla.law;
    const struct chinchilla_best best = answer_of(law, question, p->options);
    p->parameters = best.parameters;
    p->tokens = best.tokens;
    p->loss = best.loss;
    status = check_answer(p, question, &best, err);
    if (!status && (!warn_of_range(p, "N", p->parameters, p->chinchilla.lowest_parameters,
                                   p->chinchilla.highest_parameters) ||
                    !warn_of_range(p, "D", p->tokens, p->chinchilla.lowest_tokens, p->chinchilla.highest_tokens))) {
        status = no_memory(err);
    }
    if (status) {
        return status;
    }
    json_open(json, '{');
    json_key_count(json, "version", 1);
    json_key_text(json, "law", "chinchilla");
    json_key_text(json, "name", p->name);
    json_key_text(json, "question", names[question]);
    json_key_real(json, "parameters", p->parameters);
    json_key_real(json, "tokens", p->tokens);
    json_key_real(json, "tokens_per_parameter", p->tokens / p->parameters);
    json_key_real(json, "loss", p->loss);
    json_key_real(json, "floor", floor_of(law, p->parameters));
    /* How much more a kept token must be worth for pruning to cost no loss. */
    json_key_real(json, "break_even_quality", given(p->options->full_tokens) ? p->options->full_tokens / p->tokens
                                                                             : (double)NAN);
    status = print_intervals(json, p, question, &cli->arena, err);
    if (!status) {
        cli_note(cli, 0, "%.4g parameters, %.4g tokens (%.3g a parameter): loss %.4f; with any number of tokens %.4f",
                 p->parameters, p->tokens, p->tokens / p->parameters, p->loss, floor_of(law, p->parameters));
    }
    return status ? status : end_plan(cli, p, json, err);
}

/* ---- data_constrained ------------------------------------------------------------------------------------------- */

/* The same question to another valley of the fit. */
static struct constrained valley(const struct constrained_law *law, size_t i)
{
    return (struct constrained){law->law.law, law->basins[i].repeats, law->basins[i].excess};
}

static void print_valleys(struct json *json, const struct scaling_plan *p, double unique)
{
    const struct constrained_law *const law = &p->constrained;
    json_key(json, "valleys");
    json_open(json, '[');
    for (size_t i = 0; i < law->basin_count; i++) {
        const struct constrained one = valley(law, i);
        json_open(json, '{');
        json_key_real(json, "R_D", one.repeats);
        json_key_real(json, "R_N", one.excess);
        json_key_real(json, "effective_tokens", constrained_tokens(&one, unique, p->tokens));
        json_key_real(json, "loss", constrained_at(&one, p->parameters, unique, p->tokens));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static bool warn_of_repeats(struct scaling_plan *p, double unique, bool beyond)
{
    const double epochs = p->tokens / unique;
    const double excess = p->parameters / chinchilla_parameters_for(&p->constrained.law.law, fmin(unique, p->tokens));
    bool fine = true;
    if (beyond) {
        fine = buf_printf(&p->warnings, "outside the law: %.3g epochs (it is made for %g) and %.3g times the best N "
                          "for the unique tokens (%g); there loss may rise with repeats, which this law cannot say\n",
                          fmax(epochs, 1), CONSTRAINED_MOST_EPOCHS, excess, CONSTRAINED_MOST_EXCESS);
    } else if (epochs > CONSTRAINED_SAFE_EPOCHS) {
        fine = buf_printf(&p->warnings, "%.3g epochs: beyond %g the valleys of the fit differ in what repeats are "
                          "worth\n", epochs, CONSTRAINED_SAFE_EPOCHS);
    }
    return fine && warn_of_range(p, "N", p->parameters, p->constrained.lowest_parameters,
                                 p->constrained.highest_parameters) &&
           warn_of_range(p, "D", p->tokens, p->constrained.lowest_tokens, p->constrained.highest_tokens);
}

static void print_effective(const struct cli *cli, const struct scaling_plan *p, double unique, bool beyond,
                            struct json *json)
{
    const struct constrained *const law = &p->constrained.law;
    const double used = fmin(unique, p->tokens), worth = constrained_tokens(law, used, p->tokens);
    json_open(json, '{');
    json_key_count(json, "version", 1);
    json_key_text(json, "law", "data_constrained");
    json_key_text(json, "name", p->name);
    json_key_real(json, "parameters", p->parameters);
    json_key_real(json, "tokens", p->tokens);
    json_key_real(json, "unique", unique);
    json_key_real(json, "epochs", p->tokens / unique);
    json_key_real(json, "effective_tokens", worth);
    json_key_real(json, "effective_parameters", constrained_parameters(law, used, p->parameters));
    json_key_real(json, "value_of_last_token", constrained_last(law, used, p->tokens));
    json_key_real(json, "loss", p->loss);
    json_key_real(json, "loss_without_repeats", chinchilla_at(&law->law, p->parameters, p->tokens));
    json_key_bool(json, "outside_law", beyond);
    print_valleys(json, p, unique);
    cli_note(cli, 0, "%.3g epochs of %.4g tokens are worth %.4g unique ones; the last token %.3g of a fresh one; loss "
             "%.4f", p->tokens / unique, unique, worth, constrained_last(law, used, p->tokens), p->loss);
}

static tamis_status plan_constrained(struct cli *cli, struct scaling_plan *p, struct json *json, tamis_err *err)
{
    const double unique = p->options->unique;
    const tamis_status status = plan_refuse(cli, PLAN_CONSTRAINED, err);
    if (status) {
        return status;
    }
    p->parameters = (double)p->options->parameters;
    p->tokens = (double)p->options->tokens;
    if (!given(p->parameters) || !given(p->tokens) || !given(unique)) {
        return tamis_fail(err, TAMIS_USAGE, "tamis plan: with the law data_constrained give --parameters, --tokens (in "
                          "all) and --unique (how many of them differ)");
    }
    p->loss = constrained_at(&p->constrained.law, p->parameters, unique, p->tokens);
    const bool beyond = constrained_outside(&p->constrained.law, p->parameters, unique, p->tokens);
    if (!warn_of_repeats(p, unique, beyond)) {
        return no_memory(err);
    }
    print_effective(cli, p, unique, beyond, json);
    return end_plan(cli, p, json, err);
}

/* ---- Which of the two ------------------------------------------------------------------------------------------- */

static tamis_status load(struct scaling_plan *p, struct cli *cli, bool *constrained, tamis_err *err)
{
    struct buf text;
    struct tree *root = NULL;
    buf_init(&text, TREE_MAX_BYTES);
    tamis_status status = file_read(p->path, TREE_MAX_BYTES, &text, err);
    status = status ? status : tree_parse(&cli->arena, p->path, buf_str(&text), &root, err);
    const struct tree *const law = !status && root && root->kind == TREE_MAP ? tree_get(root, "law") : NULL;
    *constrained = law && law->kind == TREE_SCALAR && strcmp(law->text, "data_constrained") == 0;
    if (!status && *constrained) {
        status = constrained_law_parse(p->path, buf_str(&text), &cli->arena, &p->constrained, err);
        p->probe_flop = p->constrained.probe_flop;
        p->name = p->constrained.name;
    } else if (!status) {
        status = chinchilla_law_parse(p->path, buf_str(&text), &cli->arena, &p->chinchilla, err);
        p->probe_flop = p->chinchilla.probe_flop;
        p->name = p->chinchilla.name;
    }
    buf_release(&text);
    return status;
}

tamis_status plan_scaling(struct cli *cli, struct plan_output *out, tamis_err *err)
{
    struct json *const json = &out->json;
    struct scaling_plan p = {.options = cli->options, .path = cli->arguments[0]};
    bool constrained = false;
    p.loss = p.options->loss;
    p.parameters = (double)p.options->parameters;
    buf_init(&p.warnings, BUF_UNLIMITED);
    tamis_status status = load(&p, cli, &constrained, err);
    if (!status) {
        status = constrained ? plan_constrained(cli, &p, json, err) : plan_chinchilla(cli, &p, json, err);
    }
    buf_release(&p.warnings);
    return status;
}
