/*
 * The plan: needs by largest remainder, held against the pools.
 *
 * Shares are taken as 53-bit fractions and everything after is whole numbers, so a plan is the same everywhere.
 * Repeats are counted in millionths of a pool, so a change that a message proposes is feasible when it is pasted.
 */
#include "mix/plan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/path.h"
#include "core/str.h"
#include "mix/pool.h"
#include "run/ratio_facts.h"

__extension__ typedef unsigned __int128 u128;

#define SHARE_UNIT ((double)((uint64_t)1 << 53))
#define EPOCH_UNIT 1000000u
#define EPOCHS_MAX 255u /* a count of draws is one byte */
#define PLAN_VERSION 1

/* ---- Pools ------------------------------------------------------------------------------------------------------ */

tamis_status plan_pools(const struct run *run, const struct ledger *ledger, uint64_t *pools, tamis_err *err)
{
    for (size_t p = 0; p < ledger->part_count; p++) {
        const struct ledger_part *const part = &ledger->parts[p];
        const struct survey_row *const rows = part->survey.rows;
        if (run_stopped(run)) {
            return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted while planning; the same command continues");
        }
        for (size_t i = 0; i < part->count; i++) {
            if (!pool_holds(part, i)) {
                continue;
            }
            if (rows[i].domain >= run->recipe->domain_count) {
                return tamis_fail(err, TAMIS_INTERNAL, "document %llu is of domain %u, and the recipe has %zu",
                                  (unsigned long long)(part->first + i), (unsigned)rows[i].domain,
                                  run->recipe->domain_count);
            }
            pools[rows[i].domain] += rows[i].tokens;
        }
    }
    return TAMIS_OK;
}

/* ---- Whole numbers from shares ---------------------------------------------------------------------------------- */

struct shares {
    uint64_t *at; /* per domain: 53-bit fractions */
    uint64_t sum;
    size_t count;
};

static void shares_read(struct shares *s, const double *shares)
{
    s->sum = 0;
    for (size_t d = 0; d < s->count; d++) {
        s->at[d] = shares[d] > 0 ? (uint64_t)(shares[d] * SHARE_UNIT + 0.5) : 0;
        s->sum += s->at[d];
    }
}

/* The domain whose need was cut most by rounding down; the first of equals. */
static size_t largest_remainder(const struct shares *s, const uint64_t *remainders)
{
    size_t largest = 0;
    for (size_t d = 1; d < s->count; d++) {
        if (remainders[d] > remainders[largest]) {
            largest = d;
        }
    }
    return largest;
}

static void share_out(const struct shares *s, uint64_t tokens, uint64_t *remainders, struct plan_need *needs)
{
    uint64_t left = tokens;
    for (size_t d = 0; d < s->count; d++) {
        const u128 exact = (u128)tokens * s->at[d];
        needs[d].tokens = (uint64_t)(exact / s->sum);
        remainders[d] = (uint64_t)(exact % s->sum);
        left -= needs[d].tokens;
    }
    for (; left > 0; left--) {
        const size_t d = largest_remainder(s, remainders);
        needs[d].tokens++;
        remainders[d] = 0;
    }
}

/* Tokens of a pool that may be used with repeats. */
static uint64_t pool_limit(uint64_t pool, double max_epochs)
{
    const double most = max_epochs < (double)EPOCHS_MAX ? max_epochs : (double)EPOCHS_MAX;
    const u128 limit = (u128)pool * (uint64_t)llround(most * (double)EPOCH_UNIT) / EPOCH_UNIT;
    return limit > UINT64_MAX ? UINT64_MAX : (uint64_t)limit;
}

/* The largest size whose needs, rounded up, all stay within the limits; *binding is the domain that sets it. */
static uint64_t largest_size(const struct shares *s, const uint64_t *limits, size_t *binding)
{
    u128 size = UINT64_MAX;
    for (size_t d = 0; d < s->count; d++) {
        const u128 fits = s->at[d] != 0 ? (u128)limits[d] * s->sum / s->at[d] : UINT64_MAX;
        if (fits < size) {
            size = fits;
            *binding = d;
        }
    }
    return (uint64_t)size;
}

/* ---- Infeasible plans ------------------------------------------------------------------------------------------- */

struct target_plan {
    const struct recipe *recipe;
    const struct recipe_target *asked;
    struct plan_target *target;
    struct shares shares;
    uint64_t *remainders, *limits; /* per domain index */
};

/* "law: 5.34, code: 3" of every domain that needs more repeats than it may have; false: no repeats would do. */
static bool list_epochs(const struct target_plan *t, struct buf *out)
{
    for (size_t d = 0; d < t->shares.count; d++) {
        const struct plan_need *const need = &t->target->needs[d];
        if (need->tokens <= t->limits[d]) {
            continue;
        }
        const u128 hundredths = ((u128)need->tokens * 100 + need->pool - 1) / need->pool;
        if (hundredths > (u128)EPOCHS_MAX * 100) {
            return false;
        }
        if (!buf_printf(out, "%s%s: %u.%02u", out->len != 0 ? ", " : "", t->recipe->domains[d].name,
                        (unsigned)(hundredths / 100), (unsigned)(hundredths % 100))) {
            return false;
        }
    }
    return true;
}

static tamis_status fail_empty(const struct target_plan *t, size_t d, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INPUT,
                      "target %s asks for documents of %s, and no document of %s is left: all were dropped or held "
                      "out; loosen its rules, add a source of that domain, or set the ratio of the target so that %s "
                      "has no share",
                      t->asked->name, t->recipe->domains[d].name, t->recipe->domains[d].name,
                      t->recipe->domains[d].name);
}

static tamis_status fail_needs(const struct target_plan *t, size_t d, tamis_err *err)
{
    const struct plan_need *const need = &t->target->needs[d];
    const char *const domain = t->recipe->domains[d].name;
    size_t binding = 0;
    const uint64_t fits = largest_size(&t->shares, t->limits, &binding);
    struct buf epochs;
    buf_init(&epochs, 400);
    const bool repeats = list_epochs(t, &epochs) && epochs.len > 0;
    const tamis_status status = tamis_fail(
        err, TAMIS_INPUT,
        "target %s needs %llu tokens of %s; the pool of %s has %llu, and max_epochs %g allows %llu of them; "
        "set tokens: %llu%s%s%s",
        t->asked->name, (unsigned long long)need->tokens, domain, domain, (unsigned long long)need->pool,
        t->asked->max_epochs[d], (unsigned long long)t->limits[d], (unsigned long long)fits,
        repeats ? ", or max_epochs: {" : " or less (max_epochs is at most 255)", repeats ? epochs.at : "",
        repeats ? "}" : "");
    buf_release(&epochs);
    return status;
}

static tamis_status check_needs(const struct target_plan *t, tamis_err *err)
{
    for (size_t d = 0; d < t->shares.count; d++) {
        if (t->shares.at[d] != 0 && t->target->needs[d].pool == 0) {
            return fail_empty(t, d, err);
        }
    }
    for (size_t d = 0; d < t->shares.count; d++) {
        if (t->target->needs[d].tokens > t->limits[d]) {
            return fail_needs(t, d, err);
        }
    }
    return TAMIS_OK;
}

/* ---- Targets ---------------------------------------------------------------------------------------------------- */

static const char *pool_name(struct plan *plan, const char *domain)
{
    static const char head[] = "pool of ";
    const size_t len = strlen(domain);
    char *const name = arena_alloc(&plan->arena, sizeof head + len);
    if (name != NULL) {
        memcpy(name, head, sizeof head - 1);
        memcpy(name + sizeof head - 1, domain, len + 1);
    }
    return name;
}

/* Every pool whole and once; the shares it comes to are noted with the target. */
static void plan_natural(const struct plan *plan, const struct target_plan *t, struct recipe_target *asked)
{
    t->target->binding = "every document that is left";
    for (size_t d = 0; d < t->shares.count; d++) {
        t->target->tokens += plan->pools[d];
        t->target->needs[d] = (struct plan_need){
            .pool = plan->pools[d],
            .tokens = plan->pools[d],
            .epochs = plan->pools[d] != 0 ? 1 : 0,
        };
    }
    for (size_t d = 0; d < t->shares.count; d++) {
        asked->shares[d] = t->target->tokens != 0 ? (double)plan->pools[d] / (double)t->target->tokens : 0;
    }
    asked->ratio = asked->shares[asked->domain];
}

static tamis_status plan_target(struct plan *plan, struct target_plan *t, tamis_err *err)
{
    const bool given = t->asked->tokens != 0;
    size_t binding = 0;
    shares_read(&t->shares, t->asked->shares);
    if (t->shares.sum == 0) {
        return tamis_fail(err, TAMIS_USAGE, "target %s: no domain has a share in it; set its ratio", t->asked->name);
    }
    for (size_t d = 0; d < t->shares.count; d++) {
        t->target->needs[d].pool = plan->pools[d];
        t->limits[d] = given ? pool_limit(plan->pools[d], t->asked->max_epochs[d]) : plan->pools[d];
    }
    t->target->tokens = given ? t->asked->tokens : largest_size(&t->shares, t->limits, &binding);
    t->target->binding = given ? "tokens asked for" : pool_name(plan, t->recipe->domains[binding].name);
    share_out(&t->shares, t->target->tokens, t->remainders, t->target->needs);
    for (size_t d = 0; d < t->shares.count; d++) {
        struct plan_need *const need = &t->target->needs[d];
        need->epochs = need->pool != 0 ? (double)need->tokens / (double)need->pool : 0;
    }
    return t->target->binding != NULL ? check_needs(t, err)
                                      : tamis_fail(err, TAMIS_IO, "out of memory for the plan");
}

static tamis_status plan_targets(struct plan *plan, struct recipe *recipe, tamis_err *err)
{
    const size_t domains = recipe->domain_count;
    struct target_plan t = {.recipe = recipe, .shares = {.count = domains}};
    t.shares.at = arena_zeroed(&plan->arena, domains, sizeof *t.shares.at);
    t.remainders = arena_zeroed(&plan->arena, domains, sizeof *t.remainders);
    t.limits = arena_zeroed(&plan->arena, domains, sizeof *t.limits);
    bool room = t.shares.at != NULL && t.remainders != NULL && t.limits != NULL;
    for (size_t i = 0; room && i < recipe->target_count; i++) {
        t.asked = &recipe->targets[i];
        t.target = &plan->targets[i];
        t.target->needs = arena_zeroed(&plan->arena, domains, sizeof *t.target->needs);
        room = t.target->needs != NULL;
        tamis_status status = TAMIS_OK;
        if (room && t.asked->natural) {
            plan_natural(plan, &t, &recipe->targets[i]);
        } else if (room) {
            status = plan_target(plan, &t, err);
        }
        if (status != TAMIS_OK) {
            return status;
        }
    }
    return room ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the plan");
}

tamis_status plan_make(struct plan *plan, const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    *plan = (struct plan){.count = run->recipe->target_count};
    arena_init(&plan->arena);
    plan->pools = arena_zeroed(&plan->arena, run->recipe->domain_count, sizeof *plan->pools);
    plan->targets = arena_zeroed(&plan->arena, plan->count, sizeof *plan->targets);
    if (plan->pools == NULL || plan->targets == NULL) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the plan");
    }
    const tamis_status status = plan_pools(run, ledger, plan->pools, err);
    return status != TAMIS_OK ? status : plan_targets(plan, run->recipe, err);
}

void plan_release(struct plan *plan)
{
    arena_release(&plan->arena);
    *plan = (struct plan){0};
}

/* ---- plan.json -------------------------------------------------------------------------------------------------- */

/* Of a ratio by law. */
static void write_facts(struct json *j, const struct ratio_facts *facts)
{
    tamis_str rest = str_from(facts ? facts->warnings : NULL), line;
    if (!facts) {
        return;
    }
    ratio_facts_print(j, facts);
    json_key(j, "warnings");
    json_open(j, '[');
    while (str_next_line(&rest, &line)) {
        json_str(j, line);
    }
    json_close(j, ']');
}

static void write_target(struct json *j, const struct recipe *recipe, const struct recipe_target *asked,
                         const struct plan_target *target)
{
    json_open(j, '{');
    json_key_text(j, "target", asked->name);
    json_key_count(j, "tokens", target->tokens);
    json_key_text(j, "binding", target->binding);
    write_facts(j, asked->facts);
    json_key(j, "domains");
    json_open(j, '[');
    for (size_t d = 0; d < recipe->domain_count; d++) {
        const struct plan_need *const need = &target->needs[d];
        json_open(j, '{');
        json_key_text(j, "domain", recipe->domains[d].name);
        json_key_real(j, "share", asked->shares[d]);
        json_key_count(j, "pool", need->pool);
        json_key_count(j, "tokens", need->tokens);
        json_key_real(j, "epochs", need->epochs);
        json_key_real(j, "max_epochs", asked->max_epochs[d]);
        json_close(j, '}');
    }
    json_close(j, ']');
    json_close(j, '}');
}

tamis_status plan_write(const struct plan *plan, const struct run *run, tamis_err *err)
{
    struct path path;
    struct buf out;
    struct json j;
    const tamis_status status = path_make(&path, err, "%s/plan.json", run->folder);
    if (status) {
        return status;
    }
    buf_init(&out, BUF_UNLIMITED);
    json_init(&j, &out, 2);
    json_open(&j, '{');
    json_key_count(&j, "version", PLAN_VERSION);
    json_key_bool(&j, "tokens_estimated", run->recipe->tokens_estimated);
    json_key(&j, "targets");
    json_open(&j, '[');
    for (size_t t = 0; t < plan->count; t++) {
        write_target(&j, run->recipe, &run->recipe->targets[t], &plan->targets[t]);
    }
    json_close(&j, ']');
    json_close(&j, '}');
    const bool fine = !j.failed && buf_add_char(&out, '\n');
    return file_write_text(path.at, &out, fine, err);
}
