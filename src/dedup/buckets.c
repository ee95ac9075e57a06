/*
 * Candidate pairs: band keys are sorted on disk, documents with the same key form a bucket, and in each bucket every
 * document is paired with the first RESOLVE_BUCKET_FIRST in keeper order, who are the likeliest keepers, and with the
 * RESOLVE_BUCKET_NEAR just before it, who are the likeliest to resemble it: near-duplicates are of nearly one length. A
 * bucket of n documents makes less than 32 n pairs, never n x n.
 *
 * With scope `domain` a bucket is paired domain by domain. The hold-out must not part documents of two domains either,
 * so when there is one the bucket is paired once more as a whole; such pairs drop nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "dedup/keeper.h"
#include "dedup/resolving.h"

struct bucket {
    uint64_t key;
    uint64_t *members; /* numbers */
    size_t count, cap;
    size_t domain_at;  /* where the domain at hand begins */
    uint64_t domain;
};

struct pairing {
    struct resolving *r;
    struct sorter *pairs;
    struct bucket bucket;
    bool by_domain, across; /* pair within domains; pair the whole bucket */
};

/* key, the domain where it parts buckets, number */
static unsigned row_words(const struct pairing *p)
{
    return p->by_domain ? 3 : 2;
}

static tamis_status add_part(const struct pairing *p, const struct ledger_part *part, struct sorter *keys,
                             tamis_err *err)
{
    const struct resolving *const r = p->r;
    const struct survey_row *const rows = part->survey.rows;
    const unsigned words = row_words(p);
    size_t sketched = 0;
    const uint64_t *band = ledger_bands(r->ledger, part, &sketched);
    for (size_t i = 0; i < sketched; i++, band += 1 + r->ledger->bands) {
        if (band[0] >= part->count) {
            return tamis_fail(err, TAMIS_INPUT, "%s: bands.npy names a document its part does not have; "
                              "remove the run folder and run again", r->ledger->folder);
        }
        const uint64_t number = part->first + band[0];
        tamis_status status = resolving_pause(r, i, err);
        if (!resolving_stands(r, &rows[band[0]], number)) {
            continue;
        }
        for (unsigned b = 0; !status && b < r->ledger->bands; b++) {
            uint64_t row[3] = {band[1 + b], rows[band[0]].domain};
            row[words - 1] = number;
            status = sorter_add(keys, row, err);
        }
        if (status) {
            return status;
        }
    }
    return TAMIS_OK;
}

static tamis_status pair_up(struct pairing *p, uint64_t *members, size_t count, bool counted, tamis_err *err)
{
    struct resolving *const r = p->r;
    if (!keeper_sort(r->ledger, &r->run->recipe->dedup, members, count)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a bucket of %zu documents that share a band key; "
                          "close other programs or use more rows per band", count);
    }
    for (size_t j = 1; j < count; j++) {
        const bool capped = j > RESOLVE_BUCKET_FIRST + RESOLVE_BUCKET_NEAR;
        r->totals->capped += counted && capped ? j - RESOLVE_BUCKET_FIRST - RESOLVE_BUCKET_NEAR : 0;
        tamis_status status = resolving_pause(r, j, err);
        for (size_t i = 0; !status && i < j; i++) {
            if (capped && i == RESOLVE_BUCKET_FIRST) {
                i = j - RESOLVE_BUCKET_NEAR;
            }
            status = sorter_add(p->pairs, (const uint64_t[]){pair_pack(members[j]), members[i]}, err);
        }
        if (status) {
            return status;
        }
        bits_set(r->candidates.bits, members[j]);
    }
    if (count > 1) {
        bits_set(r->candidates.bits, members[0]);
    }
    return TAMIS_OK;
}

static tamis_status end_domain(struct pairing *p, tamis_err *err)
{
    struct bucket *const b = &p->bucket;
    const size_t begin = b->domain_at;
    b->domain_at = b->count;
    return p->by_domain ? pair_up(p, b->members + begin, b->count - begin, true, err) : TAMIS_OK;
}

static tamis_status end_bucket(struct pairing *p, tamis_err *err)
{
    struct bucket *const b = &p->bucket;
    tamis_status status = end_domain(p, err);
    if (!status && p->across) {
        status = pair_up(p, b->members, b->count, !p->by_domain, err);
    }
    b->count = b->domain_at = 0;
    return status;
}

static tamis_status add_member(struct bucket *b, uint64_t number, tamis_err *err)
{
    if (b->count == b->cap) {
        const size_t cap = b->cap ? 2 * b->cap : 1024;
        uint64_t *const bigger = realloc(b->members, cap * sizeof *bigger);
        if (!bigger) {
            return tamis_fail(err, TAMIS_IO, "out of memory for a bucket of %zu documents that share a band key; "
                              "close other programs or use more rows per band", b->count);
        }
        b->members = bigger;
        b->cap = cap;
    }
    b->members[b->count++] = number;
    return TAMIS_OK;
}

static tamis_status walk_buckets(struct pairing *p, struct sorter *keys, tamis_err *err)
{
    struct bucket *const b = &p->bucket;
    const unsigned words = row_words(p);
    for (uint64_t step = 0;; step++) {
        const uint64_t *row = NULL;
        tamis_status status = resolving_pause(p->r, step, err);
        status = status ? status : sorter_next(keys, &row, err);
        if (status || !row) {
            return status ? status : end_bucket(p, err);
        }
        if (b->count && row[0] != b->key) {
            status = end_bucket(p, err);
        } else if (p->by_domain && b->count && row[1] != b->domain) {
            status = end_domain(p, err);
        }
        b->key = row[0];
        b->domain = row[1];
        status = status ? status : add_member(b, row[words - 1], err);
        if (status) {
            return status;
        }
    }
}

tamis_status buckets_pair(struct resolving *r, struct sorter **pairs, tamis_err *err)
{
    const struct recipe *const recipe = r->run->recipe;
    struct pairing p = {.r = r, .by_domain = recipe->dedup.scope == SCOPE_DOMAIN};
    p.across = !p.by_domain || recipe->holdout.on;
    struct sorter *keys = NULL;
    progress_stage(r->run->progress, "near-duplicates", "documents", r->ledger->documents);
    tamis_status status = resolving_sorter(&keys, r, "bands", row_words(&p), UINT64_MAX, r->memory / 2, err);
    for (size_t i = 0; !status && i < r->ledger->part_count; i++) {
        const struct ledger_part *const part = &r->ledger->parts[i];
        status = add_part(&p, part, keys, err);
        progress_update(r->run->progress, part->first + part->count, part->first + part->count);
    }
    status = status ? status : sorter_finish(keys, err);
    status = status ? status : resolving_sorter(pairs, r, "pairs", 2, UINT64_MAX, r->memory / 8, err);
    p.pairs = *pairs;
    status = status ? status : walk_buckets(&p, keys, err);
    status = status ? status : sorter_finish(*pairs, err);
    resolving_close_sorter(r, keys);
    free(p.bucket.members);
    return status;
}
