/* What a plan costs: operations, hours, energy and carbon, and what pruning saves once scoring and probing are paid. */
#include <math.h>

#include "cmd/plan.h"
#include "core/str.h"

#define UTILISATION_LOW 0.16  /* all-in, of a published run: 6 N D over the time it took */
#define UTILISATION_HIGH 0.40 /* of a good run */
#define PUE 1.1               /* of large data centres; usual ones 1.5 to 1.6 */
#define DEVICE "H100"
#define GRID "WLD"

static double given_or(double value, double fallback)
{
    return isnan(value) ? fallback : value;
}

/* ---- The question ----------------------------------------------------------------------------------------------- */

static tamis_status read_grid(const char *text, struct price_question *question, tamis_err *err)
{
    const struct grid *grid = NULL;
    if (str_real(str_from(text), &question->g_per_kwh)) {
        return question->g_per_kwh >= 0 ? TAMIS_OK
                                        : tamis_fail(err, TAMIS_USAGE, "--grid: %s g CO2e per kWh is less than nothing",
                                                     text);
    }
    const tamis_status status = grid_find(text, &grid, err);
    question->g_per_kwh = status ? 0 : grid->g_per_kwh;
    return status;
}

static tamis_status check_numbers(const struct price_question *q, tamis_err *err)
{
    if (!(q->utilisation[0] > 0 && q->utilisation[0] <= q->utilisation[1] && q->utilisation[1] <= 1)) {
        return tamis_fail(err, TAMIS_USAGE, "--utilisation-low %g and --utilisation-high %g: shares of the device's "
                          "peak are above 0, at most 1, and the low one is not above the high one", q->utilisation[0],
                          q->utilisation[1]);
    }
    if (!(q->pue >= 1)) {
        return tamis_fail(err, TAMIS_USAGE, "--pue: %g is below 1: a data centre takes no less power than its "
                          "machines; 1.1 for large ones, 1.5 to 1.6 for others", q->pue);
    }
    if (!isnan(q->watts) && !(q->watts > 0)) {
        return tamis_fail(err, TAMIS_USAGE, "--watts: %g is no power of a device and its share of the host", q->watts);
    }
    return TAMIS_OK;
}

tamis_status plan_price_read(const struct plan_options *options, struct price_question *question, tamis_err *err)
{
    *question = (struct price_question){
        .watts = given_or(options->watts, NAN), .pue = given_or(options->pue, PUE),
        .utilisation = {given_or(options->utilisation_low, UTILISATION_LOW),
                        given_or(options->utilisation_high, UTILISATION_HIGH)}};
    tamis_status status = device_find(options->device ? options->device : DEVICE, &question->device, err);
    status = status ? status : read_grid(options->grid ? options->grid : GRID, question, err);
    return status ? status : check_numbers(question, err);
}

/* ---- Printing --------------------------------------------------------------------------------------------------- */

static void print_range(struct json *json, const char *key, double one, double other)
{
    json_key(json, key);
    json_open(json, '[');
    json_real(json, fmin(one, other));
    json_real(json, fmax(one, other));
    json_close(json, ']');
}

static void print_costs(struct json *json, const struct price *price)
{
    json_key_real(json, "flop", price->flop);
    print_range(json, "gpu_hours", price->hours[0], price->hours[1]);
    print_range(json, "kwh", price->kwh[0], price->kwh[1]);
    print_range(json, "kg_co2e", price->kg[0], price->kg[1]);
}

static void print_embodied(struct json *json, const struct price *price)
{
    json_key(json, "embodied_kg");
    json_open(json, '[');
    json_real(json, price->embodied[0]);
    json_real(json, price->embodied[1]);
    json_close(json, ']');
}

/* NULL: a number of g CO2e per kWh was given. */
static const struct grid *named_grid(const struct plan_options *options)
{
    const struct grid *grid = NULL;
    return grid_find(options->grid ? options->grid : GRID, &grid, NULL) ? NULL : grid;
}

static void print_terms(const struct plan_options *options, const struct price_question *q, struct json *json)
{
    const struct device *const device = q->device;
    const struct grid *const grid = named_grid(options);
    json_key(json, "price_of");
    json_open(json, '{');
    json_key_text(json, "device", device->name);
    json_key_text(json, "device_source", device->source);
    json_key_real(json, "peak_flop_per_second", device->peak);
    json_key_real(json, "rated_watts", device->rated);
    json_key_real(json, "watts", isnan(q->watts) ? device->power : q->watts);
    json_key_text(json, "watts_of", "average system power: a device and its share of the host");
    print_range(json, "utilisation", q->utilisation[0], q->utilisation[1]);
    json_key_real(json, "pue", q->pue);
    json_key_text(json, "grid", grid ? grid->iso3 : NULL);
    json_key_real(json, "g_per_kwh", q->g_per_kwh);
    json_key(json, "grid_year");
    if (grid) {
        json_count(json, (uint64_t)grid->year);
    } else {
        json_null(json);
    }
    json_key_text(json, "embodied_of", "the die alone over the least hours; 318 kg of a device and its share of the "
                                       "server over the most; 5 years of use");
    json_close(json, '}');
}

/* ---- What pruning saves ----------------------------------------------------------------------------------------- */

/* In operations; NaN: not said. */
struct balance {
    double saved, scoring, probing, net;
    double scorer; /* the largest scorer that leaves something */
};

static double zero_if_nan(double value)
{
    return isnan(value) ? 0 : value;
}

/* Operations of the scorer per parameter and token of the full corpus. */
static double scorer_work(const struct plan_options *o)
{
    const double epochs = zero_if_nan(o->scorer_epochs);
    const double passes = isnan(o->scorer_passes) ? epochs > 0 ? 0 : 1 : o->scorer_passes;
    return inference_flop(1, passes) + training_flop(1, epochs);
}

static struct balance balance_of(const struct plan_options *o, double parameters, double tokens, double probe_flop)
{
    struct balance b = {.saved = training_flop(parameters, o->full_tokens - tokens),
                        .scoring = o->scorer_parameters * o->full_tokens * scorer_work(o),
                        .probing = isnan(o->probe_flop) ? probe_flop : o->probe_flop};
    const double left = b.saved - zero_if_nan(b.probing);
    b.net = left - b.scoring;
    b.scorer = scorer_work(o) > 0 ? fmax(0, left / (o->full_tokens * scorer_work(o))) : (double)NAN;
    return b;
}

/* Costs may be negative here: a loss. */
static void print_part(struct json *json, const char *key, const struct price_question *terms, double flop)
{
    struct price_question q = *terms;
    struct price price;
    json_key(json, key);
    if (isnan(flop)) {
        json_null(json);
        return;
    }
    q.flop = flop;
    price_of(&q, &price);
    json_open(json, '{');
    print_costs(json, &price);
    json_close(json, '}');
}

static void print_net(const struct plan_options *o, const struct price_question *terms, double tokens,
                      const struct balance *b, struct json *json)
{
    json_key(json, "net");
    json_open(json, '{');
    json_key_real(json, "full_tokens", o->full_tokens);
    json_key_real(json, "tokens", tokens);
    print_part(json, "saved", terms, b->saved);
    print_part(json, "scoring", terms, b->scoring);
    print_part(json, "probing", terms, b->probing);
    print_part(json, "net", terms, b->net);
    json_key_real(json, "break_even_scorer_parameters", b->scorer);
    json_key_real(json, "break_even_quality", o->full_tokens / tokens);
    json_key_text(json, "note",
                  isnan(b->scoring) ? "scoring is not free: say the size of the scorer for what is left of the saving"
                                    : "scoring and probing are counted at the same utilisation; small models "
                                      "reach less");
    json_key_text(json, "quality_note", "a saving at the same loss only if a token that was kept is worth "
                                        "break_even_quality tokens of the full corpus");
    json_close(json, '}');
}

/* ---- The contract ----------------------------------------------------------------------------------------------- */

static bool known(double value)
{
    return value > 0 && !isinf(value);
}

static void print_unknown(struct json *json)
{
    static const char *const keys[] = {"flop", "gpu_hours", "kwh", "kg_co2e", "embodied_kg", "price_of", "net"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        json_key(json, keys[i]);
        json_null(json);
    }
}

static tamis_status check_full(const struct plan_options *o, double tokens, tamis_err *err)
{
    if (o->full_tokens < tokens) {
        return tamis_fail(err, TAMIS_USAGE, "--full-tokens: %.10g tokens of the corpus before pruning are fewer than "
                          "the %.10g that are trained on", o->full_tokens, tokens);
    }
    return TAMIS_OK;
}

tamis_status plan_price_print(const struct plan_options *options, double parameters, double tokens, double probe_flop,
                              struct json *json, tamis_err *err)
{
    struct price_question question;
    struct price price;
    tamis_status status = plan_price_read(options, &question, err);
    status = status ? status : check_full(options, tokens, err);
    if (status) {
        return status;
    }
    if (!known(parameters) || !known(tokens)) {
        print_unknown(json);
        return TAMIS_OK;
    }
    question.flop = training_flop(parameters, tokens);
    price_of(&question, &price);
    print_costs(json, &price);
    print_embodied(json, &price);
    print_terms(options, &question, json);
    if (!known(options->full_tokens)) {
        json_key_text(json, "net", NULL);
        return TAMIS_OK;
    }
    const struct balance balance = balance_of(options, parameters, tokens, probe_flop);
    print_net(options, &question, tokens, &balance, json);
    return TAMIS_OK;
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

void plan_net_say(const struct cli *cli, double parameters, double tokens, double probe_flop)
{
    const struct plan_options *const o = cli->options;
    struct price_question question;
    struct price price;
    if (!known(o->full_tokens) || !known(parameters) || !known(tokens) || plan_price_read(o, &question, NULL)) {
        return;
    }
    const struct balance b = balance_of(o, parameters, tokens, probe_flop);
    question.flop = training_flop(parameters, tokens);
    price_of(&question, &price);
    const double kg = price.kg[0] / price.flop;
    if (isnan(b.scoring)) {
        cli_note(cli, 0, "  pruning from %.4g tokens saves at least %.4g kg before scoring; a scorer of %.3g "
                 "parameters would cost as much", o->full_tokens, kg * b.saved, b.scorer);
    } else if (isnan(b.probing)) {
        cli_note(cli, 0, "  pruning from %.4g tokens saves at least %.4g kg, scoring takes %.4g: net %.4g kg "
                 "before probing", o->full_tokens, kg * b.saved, kg * b.scoring, kg * b.net);
    } else {
        cli_note(cli, 0, "  pruning from %.4g tokens saves at least %.4g kg, scoring takes %.4g, probing %.4g: net "
                 "%.4g kg", o->full_tokens, kg * b.saved, kg * b.scoring, kg * b.probing, kg * b.net);
    }
    cli_note(cli, 0, "  .. at the same loss only if a kept token is worth %.3g of the full corpus",
             o->full_tokens / tokens);
}

tamis_status plan_cost_say(const struct cli *cli, double parameters, double tokens, tamis_err *err)
{
    struct price_question question;
    struct price price;
    const tamis_status status = plan_price_read(cli->options, &question, err);
    if (status || !known(parameters) || !known(tokens)) {
        return status;
    }
    question.flop = training_flop(parameters, tokens);
    price_of(&question, &price);
    cli_note(cli, 0, "cost: %.3g FLOP, %.4g to %.4g device hours, %.4g to %.4g kWh, %.4g to %.4g kg CO2e", price.flop,
             price.hours[0], price.hours[1], price.kwh[0], price.kwh[1], price.kg[0], price.kg[1]);
    if (!isnan(price.embodied[0])) {
        cli_note(cli, 1, "  embodied: %.3g kg (the die alone) to %.3g kg (with its share of the server)",
                 price.embodied[0], price.embodied[1]);
    }
    return TAMIS_OK;
}

tamis_status plan_price_say(const struct cli *cli, double parameters, double tokens, double probe_flop, tamis_err *err)
{
    const tamis_status status = plan_cost_say(cli, parameters, tokens, err);
    if (!status) {
        plan_net_say(cli, parameters, tokens, probe_flop);
    }
    return status;
}
