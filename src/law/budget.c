/*
 * The general loss grows with the domain share and both curves are convex, so each question has one answer and
 * bisection finds it. Of the two ends that remain the one within the budget is taken.
 */
#include "law/budget.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FLAT 1e-4 /* nats between no replay and nothing else: less is no curve */
#define CLOSE 1e-12          /* width at which a bisection ends */
#define SLACK 1e-12          /* by which a share may miss a cap through rounding */
#define REPEATS_WORTH_IT 4.0 /* epochs after which repeated text is worth clearly less (Muennighoff et al. 2023) */

struct planning {
    const struct budget_question *q;
    struct budget_answer *a;
    double base_loss; /* NaN: not known */
    double highest;   /* domain share that may be reached by what was probed */
    tamis_err *err;
};

const char *binding_name(enum binding binding)
{
    static const char *const names[] = {"budget", "none", "max_epochs", "probe range"};
    return names[binding];
}

/* ---- Losses ----------------------------------------------------------------------------------------------------- */

/* At the size and tokens asked for; at the runs' where they are not given. */
static double at_tokens(const struct planning *p)
{
    return p->q->tokens > 0 ? p->q->tokens : p->q->law->tokens;
}

static double side_at(const struct planning *p, const struct dcpt_side *side, double share)
{
    return dcpt_at(&side->curve, p->q->parameters > 0 ? p->q->parameters : p->q->law->parameters, at_tokens(p), share);
}

static double loss_domain(const struct planning *p, double ratio)
{
    return p->q->law->domain.rows ? side_at(p, &p->q->law->domain, ratio) : NAN;
}

static double loss_general(const struct planning *p, double ratio)
{
    return p->q->law->general.rows ? side_at(p, &p->q->law->general, 1 - ratio) : NAN;
}

/* The largest share whose general loss is at most `limit`; share 0 is within. */
static double largest_within(const struct planning *p, double limit)
{
    double low = 0, high = 1;
    if (loss_general(p, 1) <= limit) {
        return 1;
    }
    while (high - low > CLOSE) {
        const double middle = low + (high - low) / 2;
        *(loss_general(p, middle) <= limit ? &low : &high) = middle;
    }
    return low;
}

/* The slope of weight * domain loss + (1 - weight) * general loss, along the domain share. */
static double slope_of_sum(const struct planning *p, double ratio)
{
    const double w = p->q->limit;
    return w * dcpt_slope(&p->q->law->domain.curve, at_tokens(p), ratio) -
           (1 - w) * dcpt_slope(&p->q->law->general.curve, at_tokens(p), 1 - ratio);
}

static double best_of_sum(const struct planning *p)
{
    double low = 0, high = 1;
    if (slope_of_sum(p, 0) >= 0) {
        return 0;
    }
    if (slope_of_sum(p, 1) <= 0) {
        return 1;
    }
    while (high - low > CLOSE) {
        const double middle = low + (high - low) / 2;
        *(slope_of_sum(p, middle) <= 0 ? &low : &high) = middle;
    }
    return low;
}

/* ---- Warnings --------------------------------------------------------------------------------------------------- */

/* One more line; one that does not fit is left out whole. */
static void TAMIS_PRINTF(2, 3) warn(struct budget_answer *a, const char *format, ...)
{
    const size_t len = strlen(a->warning);
    const size_t begin = len + (len > 0);
    const size_t room = sizeof a->warning - begin;
    if (room < 2) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    const int wrote = vsnprintf(a->warning + begin, room, format, arguments);
    va_end(arguments);
    const bool fits = wrote > 0 && (size_t)wrote < room;
    if (fits && len > 0) {
        a->warning[len] = '\n';
    }
    a->warning[fits ? begin + (size_t)wrote : len] = '\0';
}

static bool differs(double asked, double probed)
{
    return asked > 0 && !isnan(probed) && fabs(asked - probed) > DCPT_SAME * fmax(asked, probed);
}

static bool about_level(const struct budget_question *q)
{
    return q->budget == BUDGET_RELATIVE || q->budget == BUDGET_ABSOLUTE ||
           (q->budget == BUDGET_DIFFERENCE && q->against == AGAINST_BASE);
}

static void warn_sizes(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    const char *const against = q->budget == BUDGET_DIFFERENCE ? " against the base loss" : "";
    if (differs(q->parameters, q->law->parameters)) {
        p->a->outside_probe = true;
        warn(p->a, "the runs had N = %g, the model has %g: that the ratio is the same is a property of the law's form, "
             "not a finding; published critical shares differ by about 0.10 per factor e of size, so check it with two "
             "short runs of the model itself; the losses are those of the runs' size", q->law->parameters,
             q->parameters);
    }
    if (differs(q->tokens, q->law->tokens)) {
        p->a->outside_probe = true;
        warn(p->a, "the runs had D = %g, the model is to see %g%s", q->law->tokens, q->tokens,
             about_level(q) ? ": the level of the loss was not measured there"
                            : ": the losses are those of the runs, and how the share acts may change with D");
    }
    if (about_level(q) && isnan(q->law->parameters)) {
        warn(p->a, "the runs do not say their size: the %s budget%s holds at that size only", budget_name(q->budget),
             against);
    } else if (about_level(q) && !(q->parameters > 0)) {
        warn(p->a, "the size of the model is not given: the %s budget%s holds at the runs' N = %g only",
             budget_name(q->budget), against, q->law->parameters);
    }
}

static void warn_limit(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    if (q->budget == BUDGET_RELATIVE && q->limit >= 1) {
        warn(p->a, "a relative budget of %g is %g percent; 3 percent is 0.03", q->limit, 100 * q->limit);
    }
    if ((q->budget == BUDGET_RELATIVE || q->budget == BUDGET_DIFFERENCE) && q->against == AGAINST_REPLAY_ONLY &&
        q->law->general.lowest_ratio > 0) {
        warn(p->a, "the reference, the general loss at ratio 0, is extrapolated: the lowest ratio probed is %g",
             q->law->general.lowest_ratio);
    }
}

/* ---- The budget ------------------------------------------------------------------------------------------------- */

static tamis_status check_weight(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    if (!(q->limit >= 0 && q->limit <= 1)) {
        return tamis_fail(p->err, TAMIS_USAGE, "a weight of %g: it is the weight of the domain's loss, from 0 to 1",
                          q->limit);
    }
    if (!q->law->domain.rows || !q->law->general.rows) {
        return tamis_fail(p->err, TAMIS_INPUT, "a weighted budget needs both losses; the runs have no loss_%s",
                          q->law->domain.rows ? "general" : "domain");
    }
    return TAMIS_OK;
}

static tamis_status check_level(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    if (!about_level(q) || !differs(q->parameters, q->law->parameters)) {
        return TAMIS_OK;
    }
    return tamis_fail(p->err, TAMIS_USAGE,
                      "the %s budget%s is about the level of the loss, which this law knows at N = %g only, not at %g\n"
                      "A difference against replay_only works at any size: in it all that depends on N cancels.\n"
                      "Or fit the law to runs of that size.", budget_name(q->budget),
                      q->budget == BUDGET_DIFFERENCE ? " against the base loss" : "", q->law->parameters,
                      q->parameters);
}

static tamis_status find_reference(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    p->a->reference = NAN;
    if (q->budget != BUDGET_DIFFERENCE && q->budget != BUDGET_RELATIVE) {
        return TAMIS_OK;
    }
    if (q->against == AGAINST_BASE && isnan(p->base_loss)) {
        return tamis_fail(p->err, TAMIS_USAGE,
                          "a budget against the base needs the general loss before the training goes on, and the law "
                          "does not have it; give it to tamis fit or tamis plan (--base-loss), or as a column "
                          "base_loss_general of the runs");
    }
    p->a->reference = q->against == AGAINST_BASE ? p->base_loss : loss_general(p, 0);
    return TAMIS_OK;
}

/* The general loss that a budget of `number` allows. */
static double limit_of(const struct planning *p, double number)
{
    const double reference = p->a->reference;
    return p->q->budget == BUDGET_RELATIVE     ? (1 + number) * reference
           : p->q->budget == BUDGET_DIFFERENCE ? reference + number
                                               : number;
}

/* The smallest number of six decimals that allows `loss`. */
static double budget_for(const struct planning *p, double loss)
{
    const double reference = p->a->reference;
    const double number = p->q->budget == BUDGET_RELATIVE     ? loss / reference - 1
                          : p->q->budget == BUDGET_DIFFERENCE ? loss - reference
                                                              : loss;
    const double rounded = ceil(number * 1e6) / 1e6;
    return limit_of(p, rounded) >= loss ? rounded : rounded + 1e-6;
}

static tamis_status find_limit(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    struct budget_answer *const a = p->a;
    a->limit = limit_of(p, q->limit);
    if (a->limit >= a->loss_replay_only) {
        return TAMIS_OK;
    }
    return tamis_fail(p->err, TAMIS_INPUT,
                      "infeasible: the budget allows a general loss of %.6g, and the lowest that can be reached, with "
                      "no token of %s, is %.6g\nThe smallest budget that is feasible: %s of %.10g.", a->limit,
                      q->domain, a->loss_replay_only, budget_name(q->budget), budget_for(p, a->loss_replay_only));
}

static tamis_status apply_budget(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    struct budget_answer *const a = p->a;
    if (q->budget == BUDGET_WEIGHT) {
        const tamis_status status = check_weight(p);
        a->reference = a->limit = NAN;
        a->wanted_ratio = status ? 0 : best_of_sum(p);
        return status;
    }
    if (!q->law->general.rows) {
        return tamis_fail(p->err, TAMIS_INPUT, "a budget on the general loss needs runs with loss_general, which this "
                          "law was fitted without");
    }
    tamis_status status = check_level(p);
    status = status ? status : find_reference(p);
    status = status ? status : find_limit(p);
    a->wanted_ratio = status ? 0 : largest_within(p, a->limit);
    return status;
}

/* ---- The pools -------------------------------------------------------------------------------------------------- */

static double usable(uint64_t tokens, double epochs)
{
    return tokens == UINT64_MAX ? INFINITY : (double)tokens * epochs;
}

static double uses(uint64_t tokens, double share, double total)
{
    return tokens == UINT64_MAX || tokens == 0 ? 0 : share * total / (double)tokens;
}

/* More general text is needed than the pools give, at the highest domain share allowed. */
static tamis_status refuse_pools(const struct planning *p, double allowed, double least, double most)
{
    const struct budget_question *const q = p->q;
    const double general = usable(q->general_tokens, q->general_epochs);
    const double domain = usable(q->domain_tokens, q->domain_epochs);
    const double tokens = floor(fmin(allowed < 1 ? general / (1 - allowed) : INFINITY, domain + general));
    char also[160] = "";
    if (allowed < p->highest && q->budget != BUDGET_WEIGHT && least <= fmin(p->highest, most)) {
        snprintf(also, sizeof also, "\nOr give a budget of at least %s %.10g, or more text of %s.",
                 budget_name(q->budget), budget_for(p, loss_general(p, least)), q->general);
    }
    if (most < least) {
        return tamis_fail(p->err, TAMIS_INPUT, "infeasible: used as often as they may be, %s (%.0f tokens) and %s "
                          "(%.0f tokens) do not fill %.0f tokens\nThe most that are feasible: %.0f tokens.",
                          q->domain, domain, q->general, general, q->tokens, tokens);
    }
    return tamis_fail(p->err, TAMIS_INPUT, "infeasible: at least %.6g of the tokens must be of %s (domain share at "
                      "most %.6g, by the %s), but used as often as they may be its %llu tokens fill %.6g of %.0f\n"
                      "The most that are feasible: %.0f tokens.%s", 1 - allowed, q->general, allowed,
                      allowed < p->highest ? "budget" : "range that was probed",
                      (unsigned long long)q->general_tokens, general / q->tokens, q->tokens, tokens, also);
}

/* The weighted sum may be left for a larger share; a budget may not. */
static tamis_status apply_pools(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    struct budget_answer *const a = p->a;
    if (q->domain_tokens == UINT64_MAX && q->general_tokens == UINT64_MAX) {
        return TAMIS_OK;
    }
    if (!(q->tokens > 0)) {
        return tamis_fail(p->err, TAMIS_USAGE, "pools are given and the number of tokens to train on is not; how often "
                          "they are repeated cannot be told");
    }
    const double most = fmin(1, usable(q->domain_tokens, q->domain_epochs) / q->tokens);
    const double least = fmax(0, 1 - usable(q->general_tokens, q->general_epochs) / q->tokens);
    const double allowed = q->budget == BUDGET_WEIGHT ? p->highest : a->ratio;
    if (least > fmin(allowed, most) + SLACK) {
        return refuse_pools(p, allowed, least, most);
    }
    if (a->ratio > most || a->ratio < least - SLACK) {
        a->ratio = a->ratio > most ? most : fmin(least, most);
        a->binding = BINDING_REPEATS;
    }
    return TAMIS_OK;
}

static void warn_repeats(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    const double domain = uses(q->domain_tokens, p->a->ratio, q->tokens);
    const double general = uses(q->general_tokens, 1 - p->a->ratio, q->tokens);
    if (p->a->binding == BINDING_REPEATS) {
        warn(p->a, "the %s allows a ratio of %.6g; repeats of %s set it to %.6g",
             q->budget == BUDGET_WEIGHT ? "weight" : "budget", p->a->wanted_ratio,
             p->a->ratio < p->a->wanted_ratio ? q->domain : q->general, p->a->ratio);
    }
    if (domain > REPEATS_WORTH_IT) {
        warn(p->a, "%s is used %.3g times: text repeated more than 4 times is worth clearly less than new text, which "
             "this law does not know", q->domain, domain);
    }
    if (general > REPEATS_WORTH_IT) {
        warn(p->a, "%s is used %.3g times: text repeated more than 4 times is worth clearly less than new text, which "
             "this law does not know", q->general, general);
    }
}

/* ---- The answer ------------------------------------------------------------------------------------------------- */

/* Never a general share below the smallest that was probed, unless the run without replay was. */
static void apply_probe_range(const struct planning *p)
{
    struct budget_answer *const a = p->a;
    a->ratio = a->wanted_ratio;
    a->binding = a->ratio < 1 ? BINDING_BUDGET : BINDING_NONE;
    if (a->ratio > p->highest) {
        a->ratio = p->highest;
        a->binding = BINDING_PROBE_RANGE;
        warn(a, "the curve allows a ratio of %.6g, but no run had more than %g and the run without replay was not "
             "probed: beyond it the general loss is far higher than the curve says", a->wanted_ratio, p->highest);
    }
}

static void finish(const struct planning *p)
{
    const struct dcpt_law *const law = p->q->law;
    struct budget_answer *const a = p->a;
    const double lowest = law->ratios[0], highest = law->ratios[law->ratio_count - 1];
    /* At share 0 the curve has its steepest place: without a run there it says nothing. */
    a->loss_domain = a->ratio > 0 || lowest <= 0 ? loss_domain(p, a->ratio) : (double)NAN;
    a->loss_general = loss_general(p, a->ratio);
    if (law->general.rows && loss_general(p, 1) - loss_general(p, 0) < FLAT) {
        warn(a, "the general loss of this law does not depend on the share: were the columns of its runs exchanged? The "
             "ratio means nothing");
    }
    if (a->ratio < lowest || a->ratio > highest) {
        a->outside_probe = true;
        warn(a, "the ratio %.6g lies outside what was probed (%g to %g): the losses there are extrapolated", a->ratio,
             lowest, highest);
    }
    if (!law->domain.rows) {
        warn(a, "the domain's loss was not measured: what the ratio gains is not known");
    }
}

tamis_status budget_answer(const struct budget_question *question, struct budget_answer *answer, tamis_err *err)
{
    const struct dcpt_law *const law = question->law;
    struct planning p = {.q = question, .a = answer, .err = err};
    *answer = (struct budget_answer){.ratio = 0};
    p.base_loss = question->base_loss > 0 ? question->base_loss : law->base_loss;
    p.highest = law->general.rows && law->general.highest_ratio < 1 ? law->general.highest_ratio : 1;
    answer->loss_replay_only = loss_general(&p, 0);
    if (question->budget == BUDGET_NONE) {
        return tamis_fail(err, TAMIS_INTERNAL, "a ratio by law was asked for without a budget; please report this");
    }
    warn_sizes(&p);
    warn_limit(&p);
    tamis_status status = apply_budget(&p);
    if (!status) {
        apply_probe_range(&p);
        status = apply_pools(&p);
    }
    if (!status) {
        finish(&p);
        warn_repeats(&p);
    }
    return status;
}

tamis_status budget_ask(const char *path, tamis_str text, const struct budget_question *question,
                        struct budget_answer *answer, tamis_err *err)
{
    struct budget_question with_law = *question;
    struct dcpt_law law;
    struct arena arena;
    arena_init(&arena);
    tamis_status status = dcpt_parse(path, text, &arena, &law, err);
    with_law.law = &law;
    status = status ? status : budget_answer(&with_law, answer, err);
    arena_release(&arena);
    return status;
}
