/*
 * Resolve, step by step, and its outcome written to the ledger. The memory each step takes is in resolving.h; what the
 * corpus at hand would need beyond --memory is said before the step that needs it.
 */
#include "dedup/resolve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/path.h"
#include "dedup/keeper.h"
#include "dedup/resolving.h"

#define LEAST_WORKING_MEMORY ((uint64_t)1 << 20)
#define PAUSE_STEPS 65536u
#define RESOLVE_ROWS_PER_DOCUMENT 32u /* bytes */

/* ---- Shared by the steps ---------------------------------------------------------------------------------------- */

tamis_status resolving_sorter(struct sorter **s, const struct resolving *r, const char *name, unsigned words,
                              uint64_t top, size_t memory, tamis_err *err)
{
    const struct sorter_options options = {
        .folder = r->run->tmp, .name = name, .words = words, .top = top, .memory = memory,
        .unique = strcmp(name, "pairs") == 0};
    return sorter_open(s, &options, err);
}

void resolving_close_sorter(const struct resolving *r, struct sorter *s)
{
    if (s) {
        r->totals->spilled_bytes += sorter_spilled(s);
        sorter_free(s);
    }
}

tamis_status resolving_pause(const struct resolving *r, uint64_t step, tamis_err *err)
{
    if (step % PAUSE_STEPS == 0 && run_stopped(r->run)) {
        return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command continues");
    }
    return TAMIS_OK;
}

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

static tamis_status too_little(const struct resolving *r, uint64_t needed, const char *whom, uint64_t count,
                               tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "finding duplicates among %llu %s needs %llu bytes of memory and --memory allows "
                      "%llu; allow more, or split the corpus", (unsigned long long)count, whom,
                      (unsigned long long)(needed + r->run->reserved),
                      (unsigned long long)(r->run->memory + r->run->reserved));
}

size_t resolving_rows_memory(const struct resolving *r)
{
    const uint64_t useful = r->ledger->documents * RESOLVE_ROWS_PER_DOCUMENT;
    return useful < r->memory / 2 ? (size_t)useful : r->memory / 2;
}

static tamis_status plan_memory(struct resolving *r, tamis_err *err)
{
    const uint64_t documents = r->ledger->documents;
    const uint64_t fixed = documents * RESOLVE_BYTES_PER_DOCUMENT;
    if (fixed + LEAST_WORKING_MEMORY > r->run->memory) {
        return too_little(r, fixed + LEAST_WORKING_MEMORY, "documents", documents, err);
    }
    r->memory = (size_t)(r->run->memory - fixed);
    return TAMIS_OK;
}

/* The pairs being sorted hold an eighth of what was left; it stays theirs. */
static tamis_status plan_candidates(struct resolving *r, tamis_err *err)
{
    const uint64_t needed = r->candidates.count * RESOLVE_BYTES_PER_CANDIDATE;
    const uint64_t fixed = r->run->memory - r->memory;
    if (needed + LEAST_WORKING_MEMORY > r->memory) {
        return too_little(r, fixed + needed + LEAST_WORKING_MEMORY, "documents that resemble others",
                          r->candidates.count, err);
    }
    r->memory -= (size_t)needed;
    return TAMIS_OK;
}

static tamis_status out_of_memory(const struct resolving *r, const char *what, tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the %s of %llu documents; close other programs or split the "
                      "corpus", what, (unsigned long long)r->ledger->documents);
}

static tamis_status resolving_open(struct resolving *r, tamis_err *err)
{
    tamis_status status = plan_memory(r, err);
    if (status) {
        return status;
    }
    const uint64_t documents = r->ledger->documents;
    r->keeper = malloc((documents ? documents : 1) * sizeof *r->keeper);
    r->clustered = bits_new(documents);
    r->held_out = bits_new(documents);
    if (!r->keeper || !r->clustered || !r->held_out || !roster_init(&r->candidates, documents)) {
        return out_of_memory(r, "verdicts", err);
    }
    for (uint64_t n = 0; n < documents; n++) {
        r->keeper[n] = LEDGER_NOBODY;
    }
    return TAMIS_OK;
}

static void resolving_close(struct resolving *r)
{
    free(r->keeper);
    free(r->clustered);
    free(r->held_out);
    roster_release(&r->candidates);
    free(r->order);
    free(r->rank);
    free(r->domain);
    free(r->similarity);
    clusters_release(&r->near);
}

/* ---- Candidates ------------------------------------------------------------------------------------------------- */

/* A candidate speaks for its exact copies: the strictest threshold among their domains is its own. */
static void find_domains(struct resolving *r)
{
    const struct recipe_domain *const domains = r->run->recipe->domains;
    for (uint64_t i = 0; i < r->candidates.count; i++) {
        r->domain[i] = ledger_survey(r->ledger, r->order[i])->domain;
    }
    for (uint64_t n = 0; n < r->ledger->documents; n++) {
        const uint64_t keeper = r->keeper[n];
        if (keeper != LEDGER_NOBODY && bits_has(r->candidates.bits, keeper)) {
            uint16_t *const of_class = &r->domain[resolving_rank(r, keeper)];
            const uint16_t own = ledger_survey(r->ledger, n)->domain;
            *of_class = domains[own].threshold > domains[*of_class].threshold ? own : *of_class;
        }
    }
}

static tamis_status rank_candidates(struct resolving *r, tamis_err *err)
{
    if (!roster_close(&r->candidates)) {
        return out_of_memory(r, "candidates", err);
    }
    const tamis_status status = plan_candidates(r, err);
    if (status) {
        return status;
    }
    const size_t count = r->candidates.count ? (size_t)r->candidates.count : 1;
    r->order = malloc(count * sizeof *r->order);
    if (!r->order) {
        return out_of_memory(r, "candidates", err);
    }
    for (uint64_t n = 0, i = 0; n < r->ledger->documents; n++) {
        if (bits_has(r->candidates.bits, n)) {
            r->order[i++] = n;
        }
    }
    if (!keeper_sort(r->ledger, &r->run->recipe->dedup, r->order, r->candidates.count)) {
        return out_of_memory(r, "keeper order", err);
    }
    r->rank = malloc(count * sizeof *r->rank);
    r->domain = malloc(count * sizeof *r->domain);
    r->similarity = malloc(count * sizeof *r->similarity);
    if (!r->rank || !r->domain || !r->similarity) {
        return out_of_memory(r, "candidates", err);
    }
    for (uint64_t i = 0; i < r->candidates.count; i++) {
        r->rank[roster_index(&r->candidates, r->order[i])] = i;
    }
    find_domains(r);
    return TAMIS_OK;
}

static tamis_status find_similar(struct resolving *r, tamis_err *err)
{
    struct sorter *pairs = NULL, *verified = NULL;
    tamis_status status = buckets_pair(r, &pairs, err);
    status = status ? status : rank_candidates(r, err);
    r->totals->candidates = r->candidates.count;
    if (!status && r->candidates.count && r->run->recipe->dedup.compat == COMPAT_DATATROVE) {
        resolving_close_sorter(r, pairs);
        pairs = NULL;
        status = anchor_datatrove(r, err);
    } else if (!status && r->candidates.count && r->run->recipe->dedup.verify == VERIFY_NONE) {
        status = anchor_unverified(r, pairs, err);
    } else if (!status && r->candidates.count) {
        status = verify_pairs(r, pairs, &verified, err);
        resolving_close_sorter(r, pairs);
        pairs = NULL;
        status = status ? status : anchor_verified(r, verified, err);
    }
    resolving_close_sorter(r, pairs);
    resolving_close_sorter(r, verified);
    return status;
}

/* ---- The outcome ------------------------------------------------------------------------------------------------ */

/* A copy of a document that was itself dropped has that one's keeper: every keeper is a document that stays. */
static struct resolve_row row_of(const struct resolving *r, uint64_t number)
{
    const struct rules *const rules = r->run->rules;
    struct resolve_row row = {.keeper = r->keeper[number], .similarity = NAN};
    row.held_out = bits_has(r->held_out, number);
    if (row.keeper == LEDGER_NOBODY) {
        return row;
    }
    const uint64_t dropped = bits_has(r->candidates.bits, number) ? number : row.keeper;
    if (r->keeper[dropped] == LEDGER_NOBODY) {
        row.similarity = 1;
        row.rule = (uint16_t)(rules->exact + 1);
    } else {
        row.keeper = r->keeper[dropped];
        row.similarity = r->similarity[resolving_rank(r, dropped)];
        row.rule = (uint16_t)(rules->minhash + 1);
    }
    return row;
}

static void mark_clusters(struct resolving *r)
{
    for (uint64_t n = 0; n < r->ledger->documents; n++) {
        const uint64_t keeper = row_of(r, n).keeper;
        if (keeper != LEDGER_NOBODY) {
            bits_set(r->clustered, n);
            bits_set(r->clustered, keeper);
        }
    }
}

static void count_row(struct resolving *r, const struct resolve_row *row)
{
    r->totals->exact += row->rule == r->run->rules->exact + 1;
    r->totals->minhash += row->rule == r->run->rules->minhash + 1;
    r->totals->held_out += row->held_out;
}

static tamis_status write_rows(const struct resolving *r, const char *path, const struct resolve_row *rows,
                               size_t count, tamis_err *err)
{
    if (!r->run->scratch) {
        return npy_write(path, RESOLVE_DTYPE, sizeof *rows, rows, count, err);
    }
    struct file_out *f = NULL;
    tamis_status status = file_out_open_loose(&f, path, err);
    if (status) {
        return status;
    }
    status = npy_begin(f, path, RESOLVE_DTYPE, sizeof *rows, count, err);
    status = status ? status : file_out_add(f, rows, count * sizeof *rows, err);
    if (status) {
        file_out_discard(f);
        return status;
    }
    return file_out_commit(f, err);
}

static tamis_status write_part(struct resolving *r, size_t index, tamis_err *err)
{
    const struct ledger_part *const part = &r->ledger->parts[index];
    struct path path;
    tamis_status status = path_make(&path, err, "%s/part-%06zu/resolve.npy", r->ledger->folder, index);
    if (status) {
        return status;
    }
    struct resolve_row *const rows = calloc(part->count ? part->count : 1, sizeof *rows);
    if (!rows) {
        return tamis_fail(err, TAMIS_IO, "out of memory for %s; close other programs", path.at);
    }
    for (size_t i = 0; i < part->count; i++) {
        const uint64_t number = part->first + i;
        rows[i] = row_of(r, number);
        rows[i].clustered = bits_has(r->clustered, number);
        count_row(r, &rows[i]);
    }
    status = write_rows(r, path.at, rows, part->count, err);
    free(rows);
    return status;
}

tamis_status resolve(const struct run *run, const struct ledger *ledger, const struct pair_sink *pairs,
                     struct resolve_totals *totals, tamis_err *err)
{
    *totals = (struct resolve_totals){0};
    struct resolving r = {.run = run, .ledger = ledger, .sink = pairs, .totals = totals};
    tamis_status status = resolving_open(&r, err);
    if (!status && run->recipe->dedup.exact) {
        status = exact_fold(&r, err);
    }
    if (!status && run->recipe->dedup.minhash) {
        status = find_similar(&r, err);
    }
    if (!status && run->recipe->holdout.on) {
        status = holdout_draw(&r, err);
    }
    if (!status) {
        mark_clusters(&r);
    }
    for (size_t p = 0; !status && p < ledger->part_count; p++) {
        status = resolving_pause(&r, 0, err);
        status = status ? status : write_part(&r, p, err);
    }
    resolving_close(&r);
    return status;
}
