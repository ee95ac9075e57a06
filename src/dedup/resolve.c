/*
 * Resolve, step by step, and its outcome written to the ledger. The memory each step takes is in resolving.h; what the
 * corpus at hand would need beyond --memory is said before the step that needs it.
 */
#include "dedup/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "dedup/keeper.h"
#include "dedup/meet.h"
#include "dedup/resolving.h"

#define LEAST_WORKING_MEMORY ((uint64_t)1 << 20)
#define PAUSE_STEPS 65536u

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
    const uint64_t column = r->ledger->documents * MEET_BYTES_PER_ROW;
    const uint64_t useful = column > RESOLVE_LEAST_ROWS ? column : RESOLVE_LEAST_ROWS;
    return useful < r->memory / 2 ? (size_t)useful : r->memory / 2;
}

static tamis_status plan_memory(struct resolving *r, tamis_err *err)
{
    const uint64_t documents = r->ledger->documents;
    if (documents > NARROW_LIMIT) {
        return tamis_fail(err, TAMIS_INPUT, "duplicates are found among at most %llu documents, and these are %llu; "
                          "split the corpus", (unsigned long long)NARROW_LIMIT, (unsigned long long)documents);
    }
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
    r->clustered = bits_new(documents);
    r->held_out = bits_new(documents);
    const bool fine = r->clustered && r->held_out && narrow_init(&r->keeper, documents) &&
                      roster_init(&r->candidates, documents) && stretches_init(&r->stretches, r->ledger);
    return fine ? TAMIS_OK : out_of_memory(r, "verdicts", err);
}

static void resolving_close(struct resolving *r)
{
    narrow_release(&r->keeper);
    stretches_release(&r->stretches);
    free(r->clustered);
    free(r->held_out);
    roster_release(&r->candidates);
    free(r->order);
    free(r->rank);
    free(r->source);
    free(r->similarity);
    clusters_release(&r->near);
}

/* ---- Candidates ------------------------------------------------------------------------------------------------- */

/* A candidate speaks for its exact copies: the strictest threshold among them is its own. */
static void hear_copies(struct resolving *r, const struct ledger_part *part)
{
    const struct recipe_source *const sources = r->run->recipe->sources;
    const struct survey_row *const rows = part->survey.rows;
    for (size_t i = 0; i < part->count; i++) {
        const uint64_t keeper = resolving_keeper(r, part->first + i);
        if (keeper != LEDGER_NOBODY && bits_has(r->candidates.bits, keeper)) {
            uint16_t *const of_class = &r->source[resolving_rank(r, keeper)];
            const uint16_t own = rows[i].source;
            *of_class = sources[own].threshold > sources[*of_class].threshold ? own : *of_class;
        }
    }
}

static void find_sources(struct resolving *r)
{
    if (r->run->recipe->source_count == 1) {
        return;
    }
    for (uint64_t i = 0; i < r->candidates.count; i++) {
        r->source[i] = ledger_survey(r->ledger, r->order[i])->source;
    }
    for (size_t p = 0; p < r->ledger->part_count; p++) {
        hear_copies(r, &r->ledger->parts[p]);
    }
}

static void list_candidates(struct resolving *r)
{
    uint64_t count = 0;
    for (uint64_t word = 0; word <= r->ledger->documents / 64; word++) {
        for (uint64_t bits = r->candidates.bits[word]; bits; bits &= bits - 1) {
            r->order[count++] = word * 64 + (unsigned)__builtin_ctzll(bits);
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
    list_candidates(r);
    if (!keeper_sort(r->ledger, &r->run->recipe->dedup, r->order, r->candidates.count)) {
        return out_of_memory(r, "keeper order", err);
    }
    r->rank = malloc(count * sizeof *r->rank);
    r->source = calloc(count, sizeof *r->source);
    r->similarity = malloc(count * sizeof *r->similarity);
    if (!r->rank || !r->source || !r->similarity) {
        return out_of_memory(r, "candidates", err);
    }
    for (uint64_t i = 0; i < r->candidates.count; i++) {
        r->rank[roster_index(&r->candidates, r->order[i])] = i;
    }
    find_sources(r);
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

/* ---- All of it --------------------------------------------------------------------------------------------------- */

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
    status = status ? status : outcome_write(&r, err);
    resolving_close(&r);
    return status;
}
