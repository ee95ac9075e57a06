/*
 * Walks the survivors in drawing order, once for the sources' caps and once for the domains' shares.
 */
#include "select/select.h"

#include <math.h>
#include <stdlib.h>

#include "core/path.h"
#include "core/sorter.h"
#include "run/key.h"

bool select_needed(const struct recipe *recipe)
{
    for (size_t s = 0; s < recipe->source_count; s++) {
        if (recipe->sources[s].take) {
            return true;
        }
    }
    for (size_t d = 0; d < recipe->domain_count; d++) {
        if (recipe->select[d].on && recipe->select[d].keep < 1) {
            return true;
        }
    }
    return false;
}

struct walk {
    const struct run *run;
    const struct ledger *ledger;
    uint16_t *rules;   /* per document: index + 1 of the rule that took it */
    uint64_t *limits;  /* per group (source or domain): tokens that may stay, UINT64_MAX: all */
    uint64_t *kept;    /* per group */
    uint16_t rule;     /* index + 1 */
    bool by_source;
};

static bool survives(const struct walk *w, uint64_t number)
{
    const struct resolve_row *const resolve = ledger_resolve(w->ledger, number);
    return !ledger_survey(w->ledger, number)->rule && !resolve->rule && !resolve->held_out && !w->rules[number];
}

static size_t group_of(const struct walk *w, uint64_t number)
{
    const struct survey_row *const row = ledger_survey(w->ledger, number);
    return w->by_source ? row->source : row->domain;
}

static tamis_status sort_survivors(const struct walk *w, struct sorter *sorter, const char *purpose, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (uint64_t n = 0; !status && n < w->ledger->documents; n++) {
        if (survives(w, n) && w->limits[group_of(w, n)] != UINT64_MAX) {
            const uint64_t row[2] = {draw_key(w->run->recipe->seed, purpose, ledger_id(w->ledger, n)), n};
            status = sorter_add(sorter, row, err);
        }
    }
    return status ? status : sorter_finish(sorter, err);
}

static tamis_status walk_sorted(struct walk *w, const char *purpose, tamis_err *err)
{
    const struct sorter_options options = {
        .folder = w->run->tmp, .name = purpose, .words = 2, .top = UINT64_MAX, .memory = w->run->memory / 4};
    struct sorter *sorter = NULL;
    tamis_status status = sorter_open(&sorter, &options, err);
    status = status ? status : sort_survivors(w, sorter, purpose, err);
    const uint64_t *row = NULL;
    while (!status && !(status = sorter_next(sorter, &row, err)) && row) {
        const size_t group = group_of(w, row[1]);
        const uint64_t tokens = ledger_survey(w->ledger, row[1])->tokens;
        if (w->kept[group] + tokens <= w->limits[group]) {
            w->kept[group] += tokens;
        } else {
            w->rules[row[1]] = w->rule;
        }
    }
    sorter_free(sorter);
    return status;
}

static void take_limits(struct walk *w)
{
    const struct recipe *const recipe = w->run->recipe;
    w->by_source = true;
    w->rule = (uint16_t)(w->run->rules->take + 1);
    for (size_t s = 0; s < recipe->source_count; s++) {
        w->limits[s] = recipe->sources[s].take ? recipe->sources[s].take : UINT64_MAX;
        w->kept[s] = 0;
    }
}

/* What one epoch of the greediest target needs of a domain; 0 where no target says how large it is. */
static uint64_t needed(const struct recipe *recipe, size_t domain)
{
    double most = 0;
    for (size_t t = 0; t < recipe->target_count; t++) {
        const struct recipe_target *const target = &recipe->targets[t];
        const double need = target->tokens && target->shares ? (double)target->tokens * target->shares[domain] : 0;
        most = need > most ? need : most;
    }
    return (uint64_t)ceil(most);
}

static void keep_limits(struct walk *w, uint64_t *pools)
{
    const struct recipe *const recipe = w->run->recipe;
    w->by_source = false;
    w->rule = (uint16_t)(w->run->rules->select + 1);
    for (uint64_t n = 0; n < w->ledger->documents; n++) {
        if (survives(w, n)) {
            pools[group_of(w, n)] += ledger_survey(w->ledger, n)->tokens;
        }
    }
    for (size_t d = 0; d < recipe->domain_count; d++) {
        const struct recipe_select *const select = &recipe->select[d];
        const uint64_t share = (uint64_t)ceil(select->keep * (double)pools[d]);
        const uint64_t need = select->prune_scarce ? 0 : needed(recipe, d);
        w->limits[d] = select->on && select->keep < 1 ? (share > need ? share : need) : UINT64_MAX;
        w->kept[d] = 0;
    }
}

static struct select_row row_of(const struct walk *w, uint64_t number)
{
    struct select_row row = {.value = NAN, .threshold = NAN, .rule = w->rules[number]};
    if (row.rule) {
        const struct survey_row *const survey = ledger_survey(w->ledger, number);
        const bool taken = row.rule == w->run->rules->take + 1;
        row.value = survey->tokens;
        row.threshold = taken ? (double)w->run->recipe->sources[survey->source].take
                              : w->run->recipe->select[survey->domain].keep;
    }
    return row;
}

static tamis_status write_parts(const struct walk *w, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t p = 0; !status && p < w->ledger->part_count; p++) {
        const struct ledger_part *const part = &w->ledger->parts[p];
        struct path path;
        struct select_row *const rows = calloc(part->count, sizeof *rows);
        if (!rows) {
            return tamis_fail(err, TAMIS_IO, "out of memory for the selection");
        }
        for (size_t i = 0; i < part->count; i++) {
            rows[i] = row_of(w, part->first + i);
        }
        status = path_make(&path, err, "%s/part-%06zu/select.npy", w->run->ledger, p);
        status = status ? status : npy_write(path.at, SELECT_DTYPE, sizeof *rows, rows, part->count, err);
        free(rows);
    }
    return status;
}

tamis_status select_documents(const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    const size_t groups = run->recipe->source_count + run->recipe->domain_count;
    struct walk w = {.run = run, .ledger = ledger};
    w.rules = calloc(ledger->documents + 1, sizeof *w.rules);
    w.limits = calloc(groups, sizeof *w.limits);
    w.kept = calloc(groups, sizeof *w.kept);
    uint64_t *const pools = calloc(groups, sizeof *pools);
    tamis_status status = TAMIS_OK;
    if (!w.rules || !w.limits || !w.kept || !pools) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the selection (2 bytes per document)");
    }
    if (!status) {
        take_limits(&w);
        status = walk_sorted(&w, "take", err);
    }
    if (!status) {
        keep_limits(&w, pools);
        status = walk_sorted(&w, "select", err);
    }
    status = status ? status : write_parts(&w, err);
    free(w.rules);
    free(w.limits);
    free(w.kept);
    free(pools);
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
