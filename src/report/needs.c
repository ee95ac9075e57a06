/* One look at the ledger. */
#include "report/needs.h"

#include <math.h>
#include <stdlib.h>

static void add(struct tally_cell *cell, struct tally_cell more)
{
    cell->documents += more.documents;
    cell->bytes += more.bytes;
    cell->tokens += more.tokens;
}

/* ---- From a tally ----------------------------------------------------------------------------------------------- */

struct tally_cell needs_taken(const struct tally *tally, const struct rules *rules, size_t domain)
{
    return *tally_rule(tally, domain, rules->take);
}

struct tally_cell needs_pruned(const struct tally *tally, const struct rules *rules, size_t domain)
{
    struct tally_cell sum = {0};
    for (size_t r = 0; r < rules->count; r++) {
        if (rules->at[r].stage == STAGE_SELECT && r != rules->take) {
            add(&sum, *tally_rule(tally, domain, r));
        }
    }
    return sum;
}

struct tally_cell needs_pool(const struct tally *tally, const struct rules *rules, size_t domain)
{
    struct tally_cell sum = needs_pruned(tally, rules, domain);
    add(&sum, needs_taken(tally, rules, domain));
    add(&sum, *tally_fate(tally, domain, FATE_EMITTED));
    add(&sum, *tally_fate(tally, domain, FATE_SURPLUS));
    return sum;
}

/* ---- From the ledger -------------------------------------------------------------------------------------------- */

struct counting {
    const struct run *run;
    const struct ledger *ledger;
    const struct ledger_part *part;
    struct needs *needs;
};

static void count_score(struct needs *needs, const struct score_row *row)
{
    const bool scored = !isnan(row->score);
    needs->eligible += row->eligible;
    needs->scored += row->eligible && scored;
    needs->shortened += row->eligible && scored && row->shortened;
}

/* A document that `keep` chose from; `rule` is that which took it, as index + 1, or 0. */
static void count_choice(const struct counting *c, size_t i, uint16_t rule)
{
    const struct survey_row *const survey = (const struct survey_row *)c->part->survey.rows + i;
    const struct score_row *const score = (const struct score_row *)c->part->score.rows + i;
    struct need *const need = &c->needs->at[survey->domain];
    const bool scored = !isnan(score->score);
    add(scored ? &need->scored : &need->unscored,
        (struct tally_cell){1, survey_bytes(survey, c->run->rules), survey->tokens});
    const double cut = rule && scored ? ((const struct select_row *)c->part->select.rows)[i].threshold : NAN;
    if (!isnan(cut)) {
        need->lowest_cut = need->lowest_cut < cut ? need->lowest_cut : cut;
        need->highest_cut = need->highest_cut > cut ? need->highest_cut : cut;
    }
}

static void count_draws(const struct counting *c, size_t i)
{
    const struct survey_row *const survey = (const struct survey_row *)c->part->survey.rows + i;
    const uint8_t *const draws = (const uint8_t *)c->part->mix.rows + i * c->ledger->targets;
    for (unsigned t = 0; t < c->ledger->targets; t++) {
        if (draws[t]) {
            c->needs->drawn[t * c->needs->domains + survey->domain] += survey->tokens;
            c->needs->repeated[t * c->needs->domains + survey->domain] += (draws[t] - (uint64_t)1) * survey->tokens;
        }
    }
}

static void count_document(const struct counting *c, size_t i)
{
    const struct survey_row *const survey = (const struct survey_row *)c->part->survey.rows + i;
    const struct rules *const rules = c->run->rules;
    if (c->part->score.rows) {
        count_score(c->needs, (const struct score_row *)c->part->score.rows + i);
    }
    if (c->part->mix.rows) {
        count_draws(c, i);
    }
    uint16_t rule = 0;
    const enum fate fate = ledger_fate(c->ledger, c->part->first + i, rules, &rule);
    const bool stays = fate == FATE_EMITTED || fate == FATE_SURPLUS;
    const bool pruned = rule && rules->at[rule - 1].stage == STAGE_SELECT && rule != rules->take + 1;
    if (c->part->score.rows && (stays || pruned) && recipe_prunes_by_score(c->run->recipe, survey->domain)) {
        count_choice(c, i, rule);
    }
}

static bool needs_init(struct needs *needs, const struct recipe *recipe)
{
    const size_t cells = recipe->target_count * recipe->domain_count;
    *needs = (struct needs){.domains = recipe->domain_count};
    needs->at = calloc(recipe->domain_count + 1, sizeof *needs->at);
    needs->drawn = calloc(cells + 1, sizeof *needs->drawn);
    needs->repeated = calloc(cells + 1, sizeof *needs->repeated);
    for (size_t d = 0; needs->at && d < recipe->domain_count; d++) {
        needs->at[d].lowest_cut = needs->at[d].highest_cut = NAN;
    }
    return needs->at && needs->drawn && needs->repeated;
}

tamis_status needs_count(struct needs *needs, const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    struct counting c = {.run = run, .ledger = ledger, .needs = needs};
    if (!needs_init(needs, run->recipe)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the needs of %zu domains", run->recipe->domain_count);
    }
    for (size_t p = 0; p < ledger->part_count; p++) {
        c.part = &ledger->parts[p];
        if (run_stopped(run)) {
            return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command continues");
        }
        for (size_t i = 0; i < c.part->count; i++) {
            count_document(&c, i);
        }
    }
    return TAMIS_OK;
}

void needs_release(struct needs *needs)
{
    free(needs->at);
    free(needs->drawn);
    free(needs->repeated);
    *needs = (struct needs){0};
}

uint64_t needs_drawn(const struct needs *needs, size_t target, size_t domain)
{
    return needs->drawn[target * needs->domains + domain];
}

uint64_t needs_repeated(const struct needs *needs, size_t target, size_t domain)
{
    return needs->repeated[target * needs->domains + domain];
}
