/* Certainty as JSON and in sentences. */
#include "run/ratio_facts.h"

#include <math.h>

#define PUBLISHED_SLOPE "critical shares of 460M to 3.1B models at one tolerance, Gu et al. 2024 (arXiv 2407.17467)"
#define GIVEN_SLOPE "--transfer-low and --transfer-high"

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static void print_note(struct json *json, const struct budget_interval *i)
{
    if (isnan(i->low)) {
        json_key_text(json, "interval_note", "none: the law holds no refits; its runs leave nothing to tell how sure "
                      "the ratio is, or it was fitted without");
        return;
    }
    struct buf note;
    buf_init(&note, BUF_UNLIMITED);
    if (buf_printf(&note, "95 %% of %zu refits of the law (bootstrap %s), %zu without an answer counted as ratio 0; it "
                   "does not cover another size of model, another learning rate schedule, or a form that is wrong",
                   i->replicates, i->refits ? i->refits : "by run", i->infeasible)) {
        json_key_str(json, "interval_note", buf_str(&note));
    } else {
        json->failed = true;
    }
    buf_release(&note);
}

static void print_refits(struct json *json, const struct budget_interval *i)
{
    json_key(json, "refits");
    if (i->replicates == 0) {
        json_null(json);
    } else {
        json_open(json, '{');
        json_key_count(json, "count", i->replicates);
        json_key_count(json, "infeasible", i->infeasible);
        json_key_count(json, "at_0", i->pinned_low);
        json_key_count(json, "at_1", i->pinned_high);
        json_close(json, '}');
    }
    json_key(json, "left_out");
    if (isnan(i->left_out_low)) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_key_real(json, "low", i->left_out_low);
    json_key_real(json, "high", i->left_out_high);
    json_key_text(json, "run", i->left_out_run[0] ? i->left_out_run : NULL);
    json_close(json, '}');
}

static bool published(const struct transfer *t)
{
    return !(t->slope_low < TRANSFER_LOW) && !(t->slope_low > TRANSFER_LOW) && !(t->slope_high < TRANSFER_HIGH) &&
           !(t->slope_high > TRANSFER_HIGH);
}

static void print_fix(struct json *json, const struct transfer *t)
{
    json_key(json, "fix");
    json_open(json, '{');
    json_key_text(json, "what", "two short runs of the model itself");
    json_key_range(json, "shares", t->shares[0], t->shares[1]);
    json_key_real(json, "parameters", t->parameters);
    json_close(json, '}');
}

void ratio_transfer_print(struct json *json, const struct transfer *t)
{
    json_key(json, "transfer");
    json_open(json, '{');
    json_key_text(json, "state", t->unknown ? "unknown" : t->needed ? "unverified" : "none needed");
    json_key_real(json, "parameters_probed", t->probed);
    json_key_real(json, "parameters", t->parameters);
    if (t->needed) {
        json_key_range(json, "band", t->low, t->high);
        json_key_range(json, "slope", t->slope_low, t->slope_high);
        json_key_text(json, "source", published(t) ? PUBLISHED_SLOPE : GIVEN_SLOPE);
        print_fix(json, t);
    }
    json_close(json, '}');
}

static void print_more(struct json *json, const struct ratio_facts *facts)
{
    json_key(json, "measure_more");
    if (!facts->interval.wide) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_key_real(json, "ratio", facts->interval.add);
    json_key_real(json, "parameters", facts->run_parameters);
    json_key_real(json, "tokens", facts->run_tokens);
    json_key_bool(json, "another_seed", facts->repeat);
    json_close(json, '}');
}

void ratio_facts_print(struct json *json, const struct ratio_facts *facts)
{
    static const char *const keys[] = {"interval", "interval_note", "median", "refits", "left_out",
                                       "loss_domain_interval", "loss_general_interval", "transfer", "measure_more"};
    for (size_t i = 0; !facts && i < sizeof keys / sizeof *keys; i++) {
        json_key_text(json, keys[i], NULL);
    }
    if (!facts) {
        return;
    }
    const struct budget_interval *const i = &facts->interval;
    json_key_range(json, "interval", i->low, i->high);
    print_note(json, i);
    json_key_real(json, "median", i->middle);
    print_refits(json, i);
    json_key_range(json, "loss_domain_interval", i->loss_domain[0], i->loss_domain[1]);
    json_key_range(json, "loss_general_interval", i->loss_general[0], i->loss_general[1]);
    ratio_transfer_print(json, &facts->transfer);
    print_more(json, facts);
}

/* ---- Sentences -------------------------------------------------------------------------------------------------- */

bool ratio_transfer_say(const struct transfer *t, struct buf *lines)
{
    return !t->needed ||
           buf_printf(lines, "transfer: unverified: the model has N = %g, the largest of the runs %g; the ratio may "
                      "lie between %.3f and %.3f (its interval, and %g to %g per factor e of N: %s); cheapest check: "
                      "two short runs of the model itself, at shares %.3g and %.3g\n", t->parameters, t->probed, t->low,
                      t->high, t->slope_low, t->slope_high, published(t) ? PUBLISHED_SLOPE : GIVEN_SLOPE, t->shares[0],
                      t->shares[1]);
}

static bool say_more(const struct ratio_facts *facts, struct buf *lines)
{
    const struct budget_interval *const i = &facts->interval;
    bool fine = isnan(i->low) ? buf_printf(lines, "measure more: the ratio has no interval")
                              : buf_printf(lines, "measure more: the interval of the ratio, %.3f to %.3f, is wider "
                                           "than %g", i->low, i->high, BUDGET_WIDE);
    fine = fine && buf_printf(lines, "; %s share %.3g",
                              facts->repeat ? "run once more, with another seed, at" : "add a run at", i->add);
    if (!isnan(facts->run_parameters) && !isnan(facts->run_tokens)) {
        fine = fine && buf_printf(lines, " (N %g, D %g, like the others)", facts->run_parameters, facts->run_tokens);
    }
    return fine && buf_add_char(lines, '\n');
}

bool ratio_facts_say(const struct ratio_facts *facts, struct buf *lines)
{
    return ratio_transfer_say(&facts->transfer, lines) &&
           (!facts->interval.wide || say_more(facts, lines));
}
