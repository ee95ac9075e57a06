/*
 * The sources' caps and the domains' shares, one after the other: every step marks the documents that go in one column
 * of rules, which is written at the end.
 */
#include "select/select.h"

#include <math.h>
#include <stdlib.h>

#include "core/path.h"
#include "run/key.h"
#include "select/cut.h"
#include "select/limits.h"
#include "select/lot.h"

bool select_needed(const struct recipe *recipe)
{
    for (size_t s = 0; s < recipe->source_count; s++) {
        if (recipe->sources[s].take) {
            return true;
        }
    }
    for (size_t d = 0; d < recipe->domain_count; d++) {
        if (domain_pruned(recipe, d)) {
            return true;
        }
    }
    return false;
}

struct selecting {
    const struct run *run;
    const struct ledger *ledger;
    uint16_t *rules;          /* per document: index + 1 of the rule that takes it */
    uint64_t *scored, *unscored; /* per domain: tokens; of a domain drawn by lot all tokens are unscored */
    struct lot_group *groups; /* of a draw: per source or per domain */
    struct cuts cuts;         /* per domain */
    bool by_source;           /* what the groups are */
};

static bool survives(const struct selecting *s, uint64_t number)
{
    const struct resolve_row *const resolve = ledger_resolve(s->ledger, number);
    return !ledger_survey(s->ledger, number)->rule && !resolve->rule && !resolve->held_out && !s->rules[number];
}

/* NaN: has none, or is of a domain that is not pruned by scores. */
static double score_of(const struct selecting *s, uint64_t number)
{
    return recipe_prunes_by_score(s->run->recipe, ledger_survey(s->ledger, number)->domain)
               ? ledger_score(s->ledger, number)->score
               : NAN;
}

static tamis_status go_on(const struct selecting *s, tamis_err *err)
{
    return run_stopped(s->run) ? tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command continues")
                               : TAMIS_OK;
}

/* ---- Draws ------------------------------------------------------------------------------------------------------ */

static void drop_drawn(void *context, uint64_t number)
{
    struct selecting *const s = context;
    const struct rules *const rules = s->run->rules;
    const bool by_score = recipe_prunes_by_score(s->run->recipe, ledger_survey(s->ledger, number)->domain);
    s->rules[number] = (uint16_t)(1 + (s->by_source ? rules->take : by_score ? rules->unscored : rules->select));
}

/* The documents without a score of every group that has a limit. */
static tamis_status draw(struct selecting *s, const char *purpose, tamis_err *err)
{
    const uint64_t seed = s->run->recipe->seed;
    struct lot *lot = NULL;
    tamis_status status = lot_open(&lot, s->run->tmp, purpose, s->run->memory / 4, err);
    for (uint64_t n = 0; !status && n < s->ledger->documents; n++) {
        const struct survey_row *const row = ledger_survey(s->ledger, n);
        const uint32_t group = s->by_source ? row->source : row->domain;
        if (s->groups[group].limit != UINT64_MAX && survives(s, n) && (s->by_source || isnan(score_of(s, n)))) {
            status = lot_add(lot, draw_key(seed, purpose, ledger_id(s->ledger, n)), n, group, row->tokens, err);
        }
    }
    status = status ? status : go_on(s, err);
    status = status ? status : lot_draw(lot, s->groups, drop_drawn, s, err);
    lot_free(lot);
    return status;
}

static tamis_status take(struct selecting *s, tamis_err *err)
{
    const struct recipe *const recipe = s->run->recipe;
    s->by_source = true;
    for (size_t i = 0; i < recipe->source_count; i++) {
        s->groups[i] = (struct lot_group){.limit = recipe->sources[i].take ? recipe->sources[i].take : UINT64_MAX};
    }
    return draw(s, "take", err);
}

static void count_tokens(struct selecting *s)
{
    for (uint64_t n = 0; n < s->ledger->documents; n++) {
        if (survives(s, n)) {
            const struct survey_row *const row = ledger_survey(s->ledger, n);
            *(isnan(score_of(s, n)) ? &s->unscored[row->domain] : &s->scored[row->domain]) += row->tokens;
        }
    }
}

/* A whole pool needs no draw; what is to go as a whole or to reach a need is not left to what fits. */
static struct lot_group lot_of(const struct selecting *s, size_t domain)
{
    const struct recipe *const recipe = s->run->recipe;
    const bool by_score = recipe_prunes_by_score(recipe, domain);
    const uint64_t pool = s->unscored[domain];
    if (!domain_pruned(recipe, domain)) {
        return (struct lot_group){.limit = UINT64_MAX, .kept = pool};
    }
    const struct token_limit limit =
        by_score ? unscored_limit(recipe, domain, s->scored[domain], pool) : random_limit(recipe, domain, pool);
    const bool all_go = by_score && limit.tokens == 0;
    return limit.tokens >= pool && !all_go ? (struct lot_group){.limit = UINT64_MAX, .kept = pool}
                                           : (struct lot_group){limit.tokens, limit.by_need || all_go, 0};
}

static tamis_status keep_by_lot(struct selecting *s, tamis_err *err)
{
    s->by_source = false;
    count_tokens(s);
    for (size_t d = 0; d < s->run->recipe->domain_count; d++) {
        s->groups[d] = lot_of(s, d);
    }
    return draw(s, "select", err);
}

/* ---- By score --------------------------------------------------------------------------------------------------- */

static struct candidate candidate_of(const struct selecting *s, uint64_t number, bool id)
{
    const struct survey_row *const row = ledger_survey(s->ledger, number);
    return (struct candidate){
        .score = score_of(s, number),
        .weight = row->tokens,
        .group = row->domain,
        .number = number,
        .id = id ? ledger_id(s->ledger, number) : (tamis_str){0},
    };
}

static tamis_status each(void *context, bool ids,
                         tamis_status (*take_one)(void *taker, const struct candidate *c, tamis_err *err), void *taker,
                         tamis_err *err)
{
    const struct selecting *const s = context;
    tamis_status status = go_on(s, err);
    for (uint64_t n = 0; !status && n < s->ledger->documents; n++) {
        if (survives(s, n)) {
            const struct candidate c = candidate_of(s, n, ids);
            status = isnan(c.score) ? TAMIS_OK : take_one(taker, &c, err);
        }
    }
    return status;
}

static uint64_t limit_of(void *context, size_t domain, uint64_t scored)
{
    const struct selecting *const s = context;
    return scored_limit(s->run->recipe, domain, scored, s->groups[domain].kept).tokens;
}

static tamis_status keep_by_score(struct selecting *s, tamis_err *err)
{
    const struct recipe *const recipe = s->run->recipe;
    const struct candidates candidates = {each, s};
    int *const policies = calloc(recipe->domain_count + 1, sizeof *policies);
    if (!policies) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the selection");
    }
    for (size_t d = 0; d < recipe->domain_count; d++) {
        policies[d] = recipe_prunes_by_score(recipe, d) ? recipe->select[d].policy : POLICY_TOP;
    }
    const struct cut_options options = {
        .tmp = s->run->tmp,
        .memory = s->run->memory / 4,
        .groups = recipe->domain_count,
        .policies = policies,
        .limit = limit_of,
        .context = s,
    };
    const tamis_status status = cuts_find(&s->cuts, &candidates, &options, err);
    for (uint64_t n = 0; !status && n < s->ledger->documents; n++) {
        const struct candidate c = candidate_of(s, n, true);
        if (!isnan(c.score) && survives(s, n) && !cut_keeps(&s->cuts.groups[c.group], &c)) {
            s->rules[n] = (uint16_t)(1 + s->run->rules->top + policies[c.group]);
        }
    }
    free(policies);
    return status;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static struct select_row row_of(const struct selecting *s, uint64_t number)
{
    const struct rules *const rules = s->run->rules;
    const struct recipe *const recipe = s->run->recipe;
    struct select_row row = {.value = NAN, .threshold = NAN, .rule = s->rules[number]};
    if (row.rule == 0 || row.rule == rules->unscored + 1) {
        return row;
    }
    const struct survey_row *const survey = ledger_survey(s->ledger, number);
    if (row.rule == rules->take + 1) {
        row.value = survey->tokens;
        row.threshold = (double)recipe->sources[survey->source].take;
    } else if (row.rule == rules->select + 1) {
        row.value = survey->tokens;
        row.threshold = recipe->select[survey->domain].keep;
    } else {
        row.value = score_of(s, number);
        row.threshold = cut_threshold(&s->cuts.groups[survey->domain], row.value);
    }
    return row;
}

static tamis_status write_parts(const struct selecting *s, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t p = 0; !status && p < s->ledger->part_count; p++) {
        const struct ledger_part *const part = &s->ledger->parts[p];
        struct path path;
        struct select_row *const rows = calloc(part->count + 1, sizeof *rows);
        if (!rows) {
            return tamis_fail(err, TAMIS_IO, "out of memory for the selection");
        }
        for (size_t i = 0; i < part->count; i++) {
            rows[i] = row_of(s, part->first + i);
        }
        status = path_make(&path, err, "%s/part-%06zu/select.npy", s->run->ledger, p);
        status = status ? status : npy_write(path.at, SELECT_DTYPE, sizeof *rows, rows, part->count, err);
        free(rows);
    }
    return status;
}

tamis_status select_documents(const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    const struct recipe *const recipe = run->recipe;
    const size_t groups = recipe->source_count + recipe->domain_count;
    const bool by_score = recipe_prunes_by_any_score(recipe);
    struct selecting s = {.run = run, .ledger = ledger};
    s.rules = calloc(ledger->documents + 1, sizeof *s.rules);
    s.groups = calloc(groups, sizeof *s.groups);
    s.scored = calloc(recipe->domain_count, sizeof *s.scored);
    s.unscored = calloc(recipe->domain_count, sizeof *s.unscored);
    tamis_status status = TAMIS_OK;
    if (!s.rules || !s.groups || !s.scored || !s.unscored) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the selection (2 bytes per document)");
    }
    for (size_t p = 0; !status && by_score && p < ledger->part_count; p++) {
        status = ledger->parts[p].score.rows || !ledger->parts[p].count
                     ? TAMIS_OK
                     : tamis_fail(err, TAMIS_INTERNAL, "documents are to be selected by scores, and there are none");
    }
    status = status ? status : take(&s, err);
    status = status ? status : keep_by_lot(&s, err);
    status = status || !by_score ? status : keep_by_score(&s, err);
    status = status ? status : write_parts(&s, err);
    cuts_release(&s.cuts);
    free(s.rules);
    free(s.groups);
    free(s.scored);
    free(s.unscored);
    return status;
}

tamis_status select_nothing(const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t p = 0; !status && p < ledger->part_count; p++) {
        struct path path;
        status = path_make(&path, err, "%s/part-%06zu/select.npy", run->ledger, p);
        status = status ? status : file_remove_tree(path.at, err);
    }
    return status;
}
