/*
 * The stage: eligible documents, their texts, trajectories by the proxy or from files, and the columns of the ledger.
 */
#include "score/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/npy_matrix.h"
#include "core/path.h"
#include "core/sorter.h"
#include "score/id_index.h"
#include "score/measured.h"
#include "score/proxy.h"
#include "score/score_facts.h"
#include "score/texts.h"
#include "score/trajectories.h"

struct scorer_run {
    const struct run *run;
    const struct ledger *ledger;
    struct score_totals *totals;
    struct eligible eligible;
    struct texts texts;
    struct cache *cache;       /* NULL: the proxy is not asked for */
    struct sorter *measured;   /* NULL: scored by text */
    struct arena arena;
    struct proxy_facts proxy;
    struct path trajectories;  /* RUN/trajectories */
};

static struct scoring *scoring_of(const struct scorer_run *s)
{
    return &s->run->recipe->score.scoring;
}

static bool by_proxy(const struct recipe *recipe)
{
    return recipe->score.trajectories && strcmp(recipe->score.trajectories, "proxy") == 0;
}

/* ---- Trajectories of the proxy: joined by number ----------------------------------------------------------------- */

/* A row for each document of the cache that has any text. */
static tamis_status measure_rows(struct scorer_run *s, const struct npy_matrix *m, double *losses, uint64_t *covered,
                                 tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    uint64_t row = 0;
    for (uint64_t i = 0; !status && i < cache_count(s->cache); i++) {
        if (cache_text(s->cache, i).len == 0) {
            continue;
        }
        if (row == m->rows) {
            return tamis_fail(err, TAMIS_INPUT, "%s: its loss.npy has %llu rows, and more documents were scored; "
                              "remove it and run again", s->trajectories.at, (unsigned long long)m->rows);
        }
        npy_matrix_row(m, row++, losses);
        for (size_t t = 0; t < m->columns; t++) {
            covered[t] += isnan(losses[t]) ? 0 : 1;
        }
        const struct measured measured = measure(scoring_of(s), cache_number(s->cache, i), losses, m->columns);
        status = measured_add(s->measured, &measured, err);
    }
    return status;
}

static tamis_status join_proxy(struct scorer_run *s, tamis_err *err)
{
    struct path path;
    struct npy_matrix matrix = {0};
    tamis_status status = path_make(&path, err, "%s/loss.npy", s->trajectories.at);
    status = status ? status : npy_matrix_open(&matrix, path.at, err);
    double *const losses = malloc((matrix.columns + 1) * sizeof *losses);
    uint64_t *const covered = calloc(matrix.columns + 1, sizeof *covered);
    if (!status && (!losses || !covered)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for a trajectory");
    }
    status = status ? status : measure_rows(s, &matrix, losses, covered, err);
    s->totals->checkpoints = matrix.columns;
    s->totals->least_covered = matrix.rows;
    for (size_t t = 0; !status && t < matrix.columns; t++) {
        s->totals->least_covered = covered[t] < s->totals->least_covered ? covered[t] : s->totals->least_covered;
    }
    npy_matrix_close(&matrix);
    free(losses);
    free(covered);
    return status;
}

static tamis_status train(struct scorer_run *s, tamis_err *err)
{
    const struct recipe_proxy *const asked = &s->run->recipe->score.proxy;
    const struct proxy_options options = {
        .passes = asked->passes,
        .checkpoints = asked->checkpoints,
        .seed = s->run->recipe->seed,
        .threads = s->run->threads,
        .stop = s->run->stop,
        .progress = s->run->progress,
    };
    struct path work;
    tamis_status status = path_make(&work, err, "%s/proxy", s->run->tmp);
    status = status ? status : cache_finish(s->cache, err);
    return status ? status : proxy_train(s->cache, &options, s->trajectories.at, work.at, &s->arena, &s->proxy, err);
}

/* ---- Trajectories of the user: joined by id ---------------------------------------------------------------------- */

static tamis_status join_one(struct scorer_run *s, const struct id_index *index, const struct trajectory *t,
                             tamis_err *err)
{
    const uint64_t number = id_index_find(index, t->id);
    s->totals->unknown_ids += number == ID_UNKNOWN;
    s->totals->unneeded_ids += number == ID_UNNEEDED;
    s->totals->ambiguous_ids += number == ID_AMBIGUOUS;
    if (number == ID_UNKNOWN || number == ID_UNNEEDED || number == ID_AMBIGUOUS) {
        return TAMIS_OK;
    }
    const struct measured measured = measure(scoring_of(s), number, t->losses, s->totals->checkpoints);
    return measured_add(s->measured, &measured, err);
}

static void take_facts(struct score_totals *totals, const struct trajectories_facts *facts)
{
    totals->checkpoints = facts->checkpoints;
    totals->ambiguous_ids = facts->ambiguous;
    totals->not_finite = facts->not_finite;
    totals->negative = facts->negative;
    totals->records = facts->records;
    totals->lossy = facts->lossy;
    totals->broken = facts->broken;
    totals->damaged = facts->damaged;
    totals->least_covered = facts->documents;
    for (size_t t = 0; t < facts->checkpoints; t++) {
        totals->least_covered = facts->covered[t] < totals->least_covered ? facts->covered[t] : totals->least_covered;
    }
}

static tamis_status import(struct scorer_run *s, tamis_err *err)
{
    const struct trajectories_options options = {
        .tmp = s->run->tmp,
        .memory = s->run->memory / 4,
        .max_line = s->run->recipe->max_line,
        .stop = s->run->stop,
        .progress = s->run->progress,
    };
    struct trajectories *trajectories = NULL;
    struct id_index index = {0};
    const struct trajectory *t = NULL;
    tamis_status status = id_index_make(&index, s->run, s->ledger, &s->eligible, err);
    status = status ? status : trajectories_open(&trajectories, s->run->recipe->score.trajectories, &options, err);
    if (!status) {
        take_facts(s->totals, trajectories_facts(trajectories));
    }
    while (!status && !(status = trajectories_next(trajectories, &t, err)) && t) {
        status = join_one(s, &index, t, err);
    }
    trajectories_close(trajectories);
    const tamis_status removed = id_index_release(&index, status ? NULL : err);
    return status ? status : removed;
}

static tamis_status gather(struct scorer_run *s, tamis_err *err)
{
    if (scoring_of(s)->scorer->text) {
        return TAMIS_OK;
    }
    tamis_status status = measured_open(&s->measured, s->run, s->ledger->documents, err);
    if (by_proxy(s->run->recipe)) {
        status = status ? status : train(s, err);
        status = status ? status : join_proxy(s, err);
    } else {
        status = status ? status : import(s, err);
    }
    return status ? status : sorter_finish(s->measured, err);
}

/* ---- The columns ------------------------------------------------------------------------------------------------- */

struct columns {
    struct scorer_run *s;
    struct measured next; /* of the trajectories not written yet, the one of the smallest number */
    bool ended;
    uint64_t text;        /* eligible documents written */
};

static tamis_status next_measured(struct columns *c, tamis_err *err)
{
    c->ended = !c->s->measured;
    return c->ended ? TAMIS_OK : measured_next(c->s->measured, &c->next, &c->ended, err);
}

static tamis_status fill_row(struct columns *c, uint64_t number, struct score_row *row, tamis_err *err)
{
    *row = (struct score_row){.score = NAN, .mean_loss = NAN, .final_loss = NAN, .compression = NAN};
    if (!eligible_has(&c->s->eligible, number)) {
        return TAMIS_OK;
    }
    const struct text_row *const text = &c->s->texts.rows[c->text++];
    row->eligible = 1;
    row->compression = text->compression;
    row->score = text->score;
    tamis_status status = TAMIS_OK;
    if (!c->ended && c->next.number == number) {
        row->score = c->next.score;
        row->mean_loss = c->next.mean_loss;
        row->final_loss = c->next.final_loss;
        row->observed = c->next.observed;
        row->shortened = c->next.shortened;
        status = next_measured(c, err);
    }
    c->s->totals->scored += isnan(row->score) ? 0 : 1;
    c->s->totals->shortened += row->shortened;
    return status;
}

static tamis_status write_part(struct columns *c, size_t index, tamis_err *err)
{
    const struct ledger_part *const part = &c->s->ledger->parts[index];
    struct score_row *const rows = malloc((part->count + 1) * sizeof *rows);
    struct path path;
    tamis_status status = rows ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the scores of a block");
    for (size_t i = 0; !status && i < part->count; i++) {
        status = fill_row(c, part->first + i, &rows[i], err);
    }
    status = status ? status : path_make(&path, err, "%s/part-%06zu/score.npy", c->s->run->ledger, index);
    status = status ? status : npy_write(path.at, SCORE_DTYPE, sizeof *rows, rows, part->count, err);
    free(rows);
    return status;
}

static tamis_status write_columns(struct scorer_run *s, tamis_err *err)
{
    struct columns c = {.s = s};
    tamis_status status = next_measured(&c, err);
    for (size_t p = 0; !status && p < s->ledger->part_count; p++) {
        status = write_part(&c, p, err);
    }
    return status;
}

/* ---- The whole --------------------------------------------------------------------------------------------------- */

static tamis_status check_any(const struct scorer_run *s, tamis_err *err)
{
    const struct score_totals *const t = s->totals;
    if (!t->eligible || t->scored) {
        return TAMIS_OK;
    }
    if (!t->unknown_ids && !t->unneeded_ids && !t->ambiguous_ids) {
        return tamis_fail(err, TAMIS_INPUT, "none of the %llu documents to be scored has a score by %s: they are "
                          "empty, or too few of their losses were measured", (unsigned long long)t->eligible,
                          s->run->recipe->score.name);
    }
    return tamis_fail(err, TAMIS_INPUT,
                      "none of the %llu documents to be scored has a score: of the ids in %s, %llu are of no document "
                      "here, %llu of documents that are not to be scored, %llu ambiguous; they must be the ids of the "
                      "documents (see `tamis ledger`)",
                      (unsigned long long)t->eligible, s->run->recipe->score.trajectories,
                      (unsigned long long)t->unknown_ids, (unsigned long long)t->unneeded_ids,
                      (unsigned long long)t->ambiguous_ids);
}

static tamis_status score_all(struct scorer_run *s, tamis_err *err)
{
    struct path folder;
    const struct recipe_proxy *const proxy = &s->run->recipe->score.proxy;
    tamis_status status = eligible_find(&s->eligible, s->run, s->ledger, err);
    s->totals->eligible = s->eligible.count;
    status = status ? status : path_make(&s->trajectories, err, "%s/trajectories", s->run->folder);
    if (!status && !by_proxy(s->run->recipe)) {
        status = file_remove_tree(s->trajectories.at, err);
    } else if (!status) {
        status = path_make(&folder, err, "%s/cache", s->run->tmp);
        status = status ? status : cache_create(&s->cache, folder.at, proxy->document_bytes, err);
    }
    status = status ? status : texts_read(&s->texts, s->run, s->ledger, &s->eligible, s->cache, err);
    status = status || !s->eligible.count ? status : gather(s, err);
    status = status ? status : write_columns(s, err);
    status = status ? status : check_any(s, err);
    return status ? status : score_facts_write(s->run, s->totals, s->cache ? &s->proxy : NULL, err);
}

tamis_status score_documents(const struct run *run, const struct ledger *ledger, struct score_totals *totals,
                             tamis_err *err)
{
    struct scorer_run s = {.run = run, .ledger = ledger, .totals = totals};
    *totals = (struct score_totals){0};
    arena_init(&s.arena);
    tamis_status status = score_all(&s, err);
    const tamis_status removed = texts_release(&s.texts, status ? NULL : err);
    status = status ? status : removed;
    sorter_free(s.measured);
    cache_close(s.cache, true);
    eligible_release(&s.eligible);
    arena_release(&s.arena);
    return status;
}

tamis_status score_nothing(const struct run *run, const struct ledger *ledger, tamis_err *err)
{
    struct path path;
    tamis_status status = TAMIS_OK;
    for (size_t p = 0; !status && p < ledger->part_count; p++) {
        status = path_make(&path, err, "%s/part-%06zu/score.npy", run->ledger, p);
        status = status ? status : file_remove_tree(path.at, err);
    }
    status = status ? status : path_make(&path, err, "%s/trajectories", run->folder);
    status = status ? status : file_remove_tree(path.at, err);
    status = status ? status : path_make(&path, err, "%s/scores.json", run->folder);
    return status ? status : file_remove_tree(path.at, err);
}
