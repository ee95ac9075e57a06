/* One mixture for several domains: the general share by its budget, the rest by water-filling. */
#include "plan/several.h"

#include <math.h>
#include <stdlib.h>

#define SLACK 1e-12 /* by which a share may miss a bound through rounding */

struct mixing_plan {
    const struct several_question *q;
    struct several_answer *a;
    struct several_share *shares;
    struct filling_item *items; /* a domain each, then the general text of a weighted budget */
    double *filled;             /* shares of the items */
    double general_cap;
    tamis_err *err;
};

const char *several_binding_name(enum several_binding binding)
{
    static const char *const names[] = {"balance", "max_epochs", "zero", "curve"};
    return names[binding];
}

size_t several_replicates(const struct several_question *question)
{
    size_t least = question->count ? SIZE_MAX : 0;
    for (size_t i = 0; i < question->count; i++) {
        const size_t has = question->domains[i].law->replicate_count;
        least = has < least ? has : least;
    }
    return least;
}

/* ---- Curves ----------------------------------------------------------------------------------------------------- */

static const struct dcpt_pair *refit_of(const struct several_question *q, const struct dcpt_law *law)
{
    return q->refit == SEVERAL_NO_REFIT ? NULL : &law->replicates[q->refit];
}

static const struct dcpt_curve *domain_curve(const struct several_question *q, const struct dcpt_law *law)
{
    const struct dcpt_pair *const refit = refit_of(q, law);
    return refit ? &refit->domain : &law->domain.curve;
}

static const struct dcpt_curve *general_curve(const struct several_question *q, const struct dcpt_law *law)
{
    const struct dcpt_pair *const refit = refit_of(q, law);
    return refit ? &refit->general : &law->general.curve;
}

static double tokens_of(const struct several_question *q, const struct dcpt_law *law)
{
    return q->general.tokens > 0 ? q->general.tokens : law->tokens;
}

static double loss_of(const struct several_question *q, const struct dcpt_law *law, const struct dcpt_curve *curve,
                      double share)
{
    const double parameters = q->general.parameters > 0 ? q->general.parameters : law->parameters;
    return dcpt_at(curve, parameters, tokens_of(q, law), share);
}

/* ---- Bounds ----------------------------------------------------------------------------------------------------- */

static double cap_of(const struct several_question *q, uint64_t pool, double epochs)
{
    return pool == UINT64_MAX ? 1 : fmin(1, (double)pool * epochs / q->general.tokens);
}

static tamis_status check(const struct several_question *q, tamis_err *err)
{
    bool limited = q->general.general_tokens != UINT64_MAX;
    for (size_t i = 0; i < q->count; i++) {
        limited = limited || q->domains[i].pool != UINT64_MAX;
        if (!q->domains[i].law->domain.rows) {
            return tamis_fail(err, TAMIS_INPUT, "one mixture needs the loss of every domain; the law of %s was fitted "
                              "without loss_domain", q->domains[i].name);
        }
        if (!(q->domains[i].weight > 0)) {
            return tamis_fail(err, TAMIS_USAGE, "the weight of %s is %g; weights are above 0 (leave out a domain whose "
                              "loss does not matter)", q->domains[i].name, q->domains[i].weight);
        }
    }
    if (limited && !(q->general.tokens > 0)) {
        return tamis_fail(err, TAMIS_USAGE, "pools are given and the number of tokens to train on is not; how often "
                          "they are repeated cannot be told");
    }
    return TAMIS_OK;
}

/* Beyond its lowest point a domain wants no more of the tokens. */
static void set_bounds(const struct mixing_plan *p)
{
    const struct several_question *const q = p->q;
    for (size_t i = 0; i < q->count; i++) {
        const struct several_domain *const d = &q->domains[i];
        const struct dcpt_curve *const curve = domain_curve(q, d->law);
        const double tokens = tokens_of(q, d->law), cap = cap_of(q, d->pool, q->general.domain_epochs);
        p->shares[i] = (struct several_share){.cap = cap};
        p->items[i] = (struct filling_item){.curve = curve, .weight = d->weight, .tokens = tokens,
                                            .high = fmin(cap, dcpt_lowest(curve, tokens))};
    }
}

/* Where the tokens must go somewhere. */
static void lift_to_caps(const struct mixing_plan *p)
{
    for (size_t i = 0; i < p->q->count; i++) {
        p->items[i].high = p->shares[i].cap;
    }
}

/* ---- The general share ------------------------------------------------------------------------------------------ */

/* All pools of the domains together; UINT64_MAX where one is not limited. */
static uint64_t pools_together(const struct several_question *q)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < q->count; i++) {
        const uint64_t pool = q->domains[i].pool;
        if (pool == UINT64_MAX || sum > UINT64_MAX - 1 - pool) {
            return UINT64_MAX;
        }
        sum += pool;
    }
    return sum;
}

/*
 * What the budget leaves to the domains together, by the first law's general curve. Its own domain must have no say in
 * that: one takes its place that gains from every share.
 */
static tamis_status ask_budget(const struct mixing_plan *p)
{
    static const struct dcpt_curve gaining = {.c = 1, .alpha = 1, .beta = 1, .eta = 1, .eps = 1, .gamma = 1};
    const struct several_question *const q = p->q;
    struct budget_question general = q->general;
    struct dcpt_law law = *q->domains[0].law;
    struct dcpt_pair refit = {.domain = gaining, .general = *general_curve(q, q->domains[0].law)};
    law.domain.curve = gaining;
    general.law = &law;
    general.refit = q->refit == SEVERAL_NO_REFIT ? NULL : &refit; /* refits are asked quietly */
    general.domain_tokens = pools_together(q);
    const tamis_status status = budget_answer(&general, &p->a->budget, p->err);
    p->a->budget.loss_domain = NAN;
    return status;
}

static tamis_status by_budget(const struct mixing_plan *p)
{
    const struct several_question *const q = p->q;
    const tamis_status status = ask_budget(p);
    if (status) {
        return status;
    }
    struct filling filling = fill_shares(p->items, q->count, p->a->budget.ratio, p->filled);
    double rest = fmax(0, filling.rest);
    if (1 - p->a->budget.ratio + rest > p->general_cap + SLACK) { /* there is not enough of it: the domains take more */
        lift_to_caps(p);
        filling = fill_shares(p->items, q->count, 1 - p->general_cap, p->filled);
        rest = fmax(0, p->a->budget.ratio - (1 - p->general_cap));
    }
    p->a->lambda = filling.lambda;
    p->a->rest = rest;
    p->a->general = 1 - p->a->budget.ratio + rest;
    return TAMIS_OK;
}

/* ---- Weighted --------------------------------------------------------------------------------------------------- */

static tamis_status check_weighted(const struct several_question *q, tamis_err *err)
{
    if (!(q->general.limit >= 0 && q->general.limit <= 1)) {
        return tamis_fail(err, TAMIS_USAGE, "a weight of %g: it is the weight of the domains' losses together, from 0 "
                          "to 1", q->general.limit);
    }
    if (!q->domains[0].law->general.rows) {
        return tamis_fail(err, TAMIS_INPUT, "a weighted budget needs the general loss, and the law of %s, whose "
                          "general curve counts, was fitted without loss_general", q->domains[0].name);
    }
    return TAMIS_OK;
}

/* The general text is one more item: its weight is what the domains leave of 1. */
static void add_general(const struct mixing_plan *p)
{
    const struct several_question *const q = p->q;
    const struct dcpt_law *const law = q->domains[0].law;
    const struct dcpt_curve *const curve = general_curve(q, law);
    double sum = 0;
    for (size_t i = 0; i < q->count; i++) {
        sum += q->domains[i].weight;
    }
    for (size_t i = 0; i < q->count; i++) {
        p->items[i].weight = q->general.limit * q->domains[i].weight / sum;
    }
    const double probed = law->general.highest_ratio < 1 ? 1 - law->general.highest_ratio : 0;
    p->items[q->count] = (struct filling_item){
        .curve = curve, .weight = 1 - q->general.limit, .tokens = tokens_of(q, law),
        .low = fmin(probed, p->general_cap), .high = p->general_cap};
}

static tamis_status by_weight(const struct mixing_plan *p)
{
    const struct several_question *const q = p->q;
    const tamis_status status = check_weighted(q, p->err);
    if (status) {
        return status;
    }
    add_general(p);
    struct filling filling = fill_shares(p->items, q->count + 1, 1, p->filled);
    if (filling.rest > SLACK) {
        lift_to_caps(p);
        filling = fill_shares(p->items, q->count + 1, 1, p->filled);
    }
    if (filling.rest > SLACK) {
        return tamis_fail(p->err, TAMIS_INPUT, "infeasible: used as often as they may be, the pools fill %.6g of %.0f "
                          "tokens\nThe most that are feasible: %.0f tokens.", 1 - filling.rest, q->general.tokens,
                          floor((1 - filling.rest) * q->general.tokens));
    }
    p->a->budget = (struct budget_answer){.reference = NAN, .limit = NAN, .loss_domain = NAN};
    p->a->general = p->filled[q->count];
    p->a->budget.binding = p->general_cap < 1 && p->a->general >= p->general_cap - SLACK ? BINDING_REPEATS
                           : p->items[q->count].low > 0 && p->a->general <= p->items[q->count].low + SLACK
                               ? BINDING_PROBE_RANGE
                               : BINDING_BUDGET;
    p->a->lambda = filling.lambda;
    p->a->budget.ratio = p->a->budget.wanted_ratio = 1 - p->a->general;
    return TAMIS_OK;
}

/* ---- The answer ------------------------------------------------------------------------------------------------- */

static enum several_binding binding_of(const struct filling_item *item, const struct several_share *share)
{
    return share->ratio >= share->cap - SLACK && share->cap < 1 ? SEVERAL_CAP
           : share->ratio <= item->low + SLACK                  ? SEVERAL_ZERO
           : share->ratio >= item->high - SLACK && item->high < 1 ? SEVERAL_LOWEST
                                                                   : SEVERAL_BALANCE;
}

static void finish(const struct mixing_plan *p)
{
    const struct several_question *const q = p->q;
    const struct dcpt_law *const first = q->domains[0].law;
    for (size_t i = 0; i < q->count; i++) {
        const struct several_domain *const d = &q->domains[i];
        struct several_share *const share = &p->shares[i];
        share->ratio = p->filled[i];
        share->binding = binding_of(&p->items[i], share);
        share->loss = loss_of(q, d->law, domain_curve(q, d->law), share->ratio);
        share->general =
            d->law->general.rows ? loss_of(q, d->law, general_curve(q, d->law), p->a->general) : (double)NAN;
        p->a->sum += d->weight * share->loss;
    }
    p->a->loss_general = first->general.rows ? loss_of(q, first, general_curve(q, first), p->a->general) : (double)NAN;
    p->a->budget.loss_general = p->a->loss_general;
    p->a->budget.loss_replay_only = first->general.rows ? loss_of(q, first, general_curve(q, first), 1) : (double)NAN;
}

tamis_status several_answer(const struct several_question *question, struct several_share *shares,
                            struct several_answer *answer, tamis_err *err)
{
    struct mixing_plan p = {.q = question, .a = answer, .shares = shares, .err = err};
    *answer = (struct several_answer){.lambda = NAN};
    tamis_status status = check(question, err);
    if (status) {
        return status;
    }
    p.general_cap = cap_of(question, question->general.general_tokens, question->general.general_epochs);
    p.items = calloc(question->count + 1, sizeof *p.items);
    p.filled = calloc(question->count + 1, sizeof *p.filled);
    if (!p.items || !p.filled) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for a mixture of %zu domains", question->count);
    } else {
        set_bounds(&p);
        status = question->general.budget == BUDGET_WEIGHT ? by_weight(&p) : by_budget(&p);
    }
    if (!status) {
        finish(&p);
    }
    free(p.items);
    free(p.filled);
    return status;
}
