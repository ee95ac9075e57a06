/*
 * Measures the guards: one look at the ledger for counts, one for the sample where there are too many documents, one
 * for their numbers; then group by group.
 */
#include "score/guards.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/smallest.h"
#include "run/key.h"
#include "score/rival.h"

struct seen {
    double score, simple[SIMPLE_SCORES];
    uint32_t tokens;
    uint16_t domain;
    uint8_t fate; /* enum rival_fate */
};

struct counts {
    uint64_t eligible, scored, shortened;
    size_t seen;
};

struct measuring {
    const struct run *run;
    const struct ledger *ledger;
    struct guards *guards;
    struct counts all;
    struct counts *domains;
    struct smallest_limit limit;
    bool sampled;
    struct seen *seen;   /* in the order of their numbers .. */
    size_t *order;       /* .. and places in it, domain by domain */
    double *column, *other;
    struct rival_entry *entries;
};

static bool has_score(const struct ledger_part *part, size_t i)
{
    const struct score_row *const row = (const struct score_row *)part->score.rows + i;
    return row->eligible && !isnan(row->score);
}

static tamis_status stopped(tamis_err *err)
{
    return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted while looking at the scores; the same command continues");
}

/* ---- Counts ----------------------------------------------------------------------------------------------------- */

static void count_row(struct counts *counts, const struct score_row *row)
{
    const bool scored = !isnan(row->score);
    counts->eligible += row->eligible;
    counts->scored += row->eligible && scored;
    counts->shortened += row->eligible && scored && row->shortened;
}

static tamis_status count(struct measuring *m, tamis_err *err)
{
    for (size_t p = 0; p < m->ledger->part_count; p++) {
        const struct ledger_part *const part = &m->ledger->parts[p];
        const struct survey_row *const survey = part->survey.rows;
        const struct score_row *const rows = part->score.rows;
        if (run_stopped(m->run)) {
            return stopped(err);
        }
        for (size_t i = 0; i < part->count; i++) {
            if (survey[i].domain >= m->run->recipe->domain_count) {
                return tamis_fail(err, TAMIS_INTERNAL, "document %llu is of domain %u, and the recipe has %zu",
                                  (unsigned long long)(part->first + i), (unsigned)survey[i].domain,
                                  m->run->recipe->domain_count);
            }
            count_row(&m->all, &rows[i]);
            count_row(&m->domains[survey[i].domain], &rows[i]);
        }
    }
    return TAMIS_OK;
}

/* ---- The sample ------------------------------------------------------------------------------------------------- */

static uint64_t key_of(const struct measuring *m, const struct ledger_part *part, size_t i)
{
    return draw_key(m->run->recipe->seed, "guards", ledger_id(m->ledger, part->first + i));
}

static tamis_status find_sample(struct measuring *m, size_t most, tamis_err *err)
{
    struct smallest smallest;
    m->sampled = m->all.scored > most;
    if (!m->sampled) {
        return TAMIS_OK;
    }
    if (!smallest_init(&smallest, most)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a sample of %zu scores", most);
    }
    for (size_t p = 0; p < m->ledger->part_count && !run_stopped(m->run); p++) {
        const struct ledger_part *const part = &m->ledger->parts[p];
        for (size_t i = 0; i < part->count; i++) {
            if (has_score(part, i)) {
                smallest_add(&smallest, key_of(m, part, i));
            }
        }
    }
    m->limit = smallest_find(&smallest);
    smallest_release(&smallest);
    return TAMIS_OK;
}

static enum rival_fate fate_of(const struct measuring *m, const struct ledger_part *part, size_t i)
{
    const struct select_row *const rows = part->select.rows;
    if (!rows || !rows[i].rule) {
        return RIVAL_KEPT;
    }
    return rows[i].rule == m->run->rules->take + 1 ? RIVAL_OUTSIDE : RIVAL_PRUNED;
}

static struct seen look_at(const struct measuring *m, const struct ledger_part *part, size_t i)
{
    const struct survey_row *const survey = (const struct survey_row *)part->survey.rows + i;
    const struct score_row *const row = (const struct score_row *)part->score.rows + i;
    return (struct seen){
        .score = row->score,
        .simple = {survey->text_bytes, row->compression, row->mean_loss, row->final_loss},
        .tokens = survey->tokens,
        .domain = survey->domain,
        .fate = (uint8_t)fate_of(m, part, i),
    };
}

static tamis_status collect(struct measuring *m, tamis_err *err)
{
    for (size_t p = 0; p < m->ledger->part_count; p++) {
        const struct ledger_part *const part = &m->ledger->parts[p];
        if (run_stopped(m->run)) {
            return stopped(err);
        }
        for (size_t i = 0; i < part->count; i++) {
            if (!has_score(part, i) || (m->sampled && !smallest_takes(&m->limit, key_of(m, part, i)))) {
                continue;
            }
            m->seen[m->all.seen] = look_at(m, part, i);
            m->domains[m->seen[m->all.seen++].domain].seen++;
        }
    }
    return TAMIS_OK;
}

/* Domain by domain, in the order of numbers inside each. `next`: one per domain. */
static void put_in_order(struct measuring *m, size_t *next)
{
    size_t first = 0;
    for (size_t d = 0; d < m->run->recipe->domain_count; d++) {
        next[d] = first;
        first += m->domains[d].seen;
    }
    for (size_t i = 0; i < m->all.seen; i++) {
        m->order[next[m->seen[i].domain]++] = i;
    }
}

/* ---- Groups ----------------------------------------------------------------------------------------------------- */

static tamis_status correlate(const struct measuring *m, struct guard_group *group, const size_t *order,
                              enum simple_score s, tamis_err *err)
{
    for (size_t i = 0; i < group->documents; i++) {
        m->column[i] = m->seen[order[i]].score;
        m->other[i] = m->seen[order[i]].simple[s];
    }
    return spearman(m->column, m->other, (size_t)group->documents, &group->spearman[s], err);
}

static void hold_against(const struct measuring *m, struct guard_group *group, const size_t *order,
                         enum simple_score s)
{
    for (size_t i = 0; i < group->documents; i++) {
        const struct seen *const seen = &m->seen[order[i]];
        m->entries[i] = (struct rival_entry){seen->simple[s], i, seen->tokens, (enum rival_fate)seen->fate};
    }
    rival_hold(&group->rival, m->entries, (size_t)group->documents, s);
}

/* `order`: places of the group's documents; `prunes`: the score took some of them. */
static tamis_status measure_group(const struct measuring *m, struct guard_group *group, const char *domain,
                                  const struct counts *counts, const size_t *order, bool prunes, tamis_err *err)
{
    *group = (struct guard_group){.domain = domain,
                                  .eligible = counts->eligible,
                                  .scored = counts->scored,
                                  .shortened = counts->shortened,
                                  .documents = counts->seen,
                                  .rival = {.score = SIMPLE_SCORES, .overlap = NAN, .chance = NAN}};
    tamis_status status = run_stopped(m->run) ? stopped(err) : TAMIS_OK;
    for (int s = 0; !status && s < SIMPLE_SCORES; s++) {
        const enum simple_score simple = (enum simple_score)s;
        group->spearman[s] = NAN;
        if (m->run->recipe->score.name && strcmp(m->run->recipe->score.name, simple_score_name(simple)) == 0) {
            continue; /* the score itself */
        }
        status = correlate(m, group, order, simple, err);
        if (!status && prunes) {
            hold_against(m, group, order, simple);
        }
    }
    return status;
}

static tamis_status measure_groups(struct measuring *m, size_t *numbers, tamis_err *err)
{
    const struct recipe *const recipe = m->run->recipe;
    for (size_t i = 0; i < m->all.seen; i++) {
        numbers[i] = i;
    }
    struct guards *const guards = m->guards;
    tamis_status status =
        measure_group(m, &guards->groups[guards->group_count++], NULL, &m->all, numbers, false, err);
    size_t first = 0;
    for (size_t d = 0; !status && d < recipe->domain_count; d++) {
        if (m->domains[d].eligible) {
            status = measure_group(m, &guards->groups[guards->group_count++], recipe->domains[d].name, &m->domains[d],
                                   m->order + first, recipe_prunes_by_score(recipe, d), err);
        }
        first += m->domains[d].seen;
        progress_update(m->run->progress, first, first);
    }
    return status;
}

/* ---- The whole -------------------------------------------------------------------------------------------------- */

static tamis_status no_memory(const struct measuring *m, tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for a look at %llu scores", (unsigned long long)m->all.scored);
}

static tamis_status look(struct measuring *m, size_t most, tamis_err *err)
{
    const size_t rows = m->sampled ? most : (size_t)m->all.scored;
    const size_t domains = m->run->recipe->domain_count;
    size_t *const next = calloc((domains > rows ? domains : rows) + 1, sizeof *next);
    m->seen = calloc(rows + 1, sizeof *m->seen);
    m->order = calloc(rows + 1, sizeof *m->order);
    m->column = calloc(rows + 1, sizeof *m->column);
    m->other = calloc(rows + 1, sizeof *m->other);
    m->entries = calloc(rows + 1, sizeof *m->entries);
    m->guards->groups = arena_alloc(&m->guards->arena, (domains + 1) * sizeof *m->guards->groups);
    const bool room = next && m->seen && m->order && m->column && m->other && m->entries && m->guards->groups;
    tamis_status status = room ? collect(m, err) : no_memory(m, err);
    if (!status) {
        m->guards->sampled = m->sampled;
        put_in_order(m, next);
        status = measure_groups(m, next, err);
    }
    free(next);
    free(m->seen);
    free(m->order);
    free(m->column);
    free(m->other);
    free(m->entries);
    return status;
}

tamis_status guards_measure_some(struct guards *guards, const struct run *run, const struct ledger *ledger, size_t most,
                                 tamis_err *err)
{
    struct measuring m = {.run = run, .ledger = ledger, .guards = guards};
    *guards = (struct guards){0};
    arena_init(&guards->arena);
    progress_stage(run->progress, "guards", "documents", 0);
    progress_update(run->progress, 0, 0);
    m.domains = calloc(run->recipe->domain_count + 1, sizeof *m.domains);
    tamis_status status = m.domains ? count(&m, err) : no_memory(&m, err);
    status = status ? status : find_sample(&m, most, err);
    status = status ? status : look(&m, most, err);
    free(m.domains);
    return status;
}

tamis_status guards_measure(struct guards *guards, const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    return guards_measure_some(guards, run, ledger, GUARDS_SAMPLE, err);
}

void guards_release(struct guards *guards)
{
    arena_release(&guards->arena);
    *guards = (struct guards){0};
}
