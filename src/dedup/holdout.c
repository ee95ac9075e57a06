/*
 * The hold-out. A cluster is what verified similarity holds together, dropped documents being links like any other;
 * a document without such ties is a cluster of its own. Clusters are taken in the order of a hash of the seed and the
 * smallest id among their documents that stay, as a whole where the quota of each of their domains allows, else not.
 *
 * What deduplication was told not to look for the hold-out cannot know: without `minhash` only exact copies are told.
 */
#include <stdlib.h>
#include <string.h>

#include "core/str.h"
#include "dedup/resolving.h"
#include "run/key.h"

struct holdout {
    struct resolving *r;
    uint64_t *left;     /* per domain: documents still to be held out */
    uint64_t *in_cluster; /* per domain: of the cluster at hand; all zero between clusters */
    uint64_t left_in_all;
    struct sorter *clusters;
};

static bool stands(const struct resolving *r, uint64_t number)
{
    return resolving_stands(r, ledger_survey(r->ledger, number), number);
}

static bool is_candidate(const struct resolving *r, uint64_t number)
{
    return r->candidates.count && bits_has(r->candidates.bits, number);
}

static void set_quotas(struct holdout *h)
{
    const struct resolving *const r = h->r;
    const struct recipe_holdout *const options = &r->run->recipe->holdout;
    for (size_t p = 0; p < r->ledger->part_count; p++) {
        const struct ledger_part *const part = &r->ledger->parts[p];
        const struct survey_row *const rows = part->survey.rows;
        for (size_t i = 0; i < part->count; i++) {
            h->left[rows[i].domain] += resolving_stands(r, &rows[i], part->first + i);
        }
    }
    for (size_t d = 0; d < r->run->recipe->domain_count; d++) {
        const uint64_t share = (uint64_t)(options->share * (double)h->left[d]);
        h->left[d] = share < options->max_documents ? share : options->max_documents;
        h->left_in_all += h->left[d];
    }
}

static bool id_before(const struct ledger *ledger, uint64_t a, uint64_t b)
{
    const int order = str_compare(ledger_id(ledger, a), ledger_id(ledger, b));
    return order < 0 || (order == 0 && a < b);
}

static tamis_status add_cluster(struct holdout *h, uint64_t smallest, tamis_err *err)
{
    const uint64_t key = draw_key(h->r->run->recipe->seed, "holdout", ledger_id(h->r->ledger, smallest));
    return sorter_add(h->clusters, (const uint64_t[]){key, smallest}, err);
}

static tamis_status add_single_documents(struct holdout *h, tamis_err *err)
{
    const struct resolving *const r = h->r;
    tamis_status status = TAMIS_OK;
    for (size_t p = 0; p < r->ledger->part_count; p++) {
        const struct ledger_part *const part = &r->ledger->parts[p];
        const struct survey_row *const rows = part->survey.rows;
        for (size_t i = 0; !status && i < part->count; i++) {
            const uint64_t n = part->first + i;
            status = resolving_pause(r, n, err);
            if (!status && !is_candidate(r, n) && resolving_stands(r, &rows[i], n)) {
                status = add_cluster(h, n, err);
            }
        }
    }
    return status;
}

static uint64_t smallest_of(const struct resolving *r, uint64_t root)
{
    uint64_t smallest = LEDGER_NOBODY, rank = root;
    do {
        const uint64_t number = r->order[rank];
        if (stands(r, number) && (smallest == LEDGER_NOBODY || id_before(r->ledger, number, smallest))) {
            smallest = number;
        }
        rank = r->near.ring[rank];
    } while (rank != root);
    return smallest;
}

static tamis_status add_clusters(struct holdout *h, tamis_err *err)
{
    struct resolving *const r = h->r;
    tamis_status status = TAMIS_OK;
    for (uint64_t rank = 0; !status && rank < r->candidates.count; rank++) {
        status = resolving_pause(r, rank, err);
        if (!status && clusters_root(&r->near, rank) == rank) {
            status = add_cluster(h, smallest_of(r, rank), err);
        }
    }
    return status;
}

static bool take_single(struct holdout *h, uint64_t number)
{
    const uint16_t domain = ledger_survey(h->r->ledger, number)->domain;
    if (h->left[domain] == 0) {
        return false;
    }
    h->left[domain]--;
    h->left_in_all--;
    bits_set(h->r->held_out, number);
    return true;
}

/* Counts the cluster's documents by domain, or takes back the count. */
static bool count_cluster(struct holdout *h, uint64_t first, bool back)
{
    const struct resolving *const r = h->r;
    bool fits = true;
    uint64_t rank = first;
    do {
        const uint64_t number = r->order[rank];
        if (stands(r, number)) {
            const uint16_t domain = ledger_survey(r->ledger, number)->domain;
            h->in_cluster[domain] += back ? UINT64_MAX : 1;
            fits = fits && h->in_cluster[domain] <= h->left[domain];
        }
        rank = r->near.ring[rank];
    } while (rank != first);
    return fits;
}

static void take_cluster(struct holdout *h, uint64_t number)
{
    const uint64_t first = resolving_rank(h->r, number);
    const bool fits = count_cluster(h, first, false);
    count_cluster(h, first, true);
    uint64_t rank = first;
    do {
        if (fits && stands(h->r, h->r->order[rank])) {
            take_single(h, h->r->order[rank]);
        }
        rank = h->r->near.ring[rank];
    } while (rank != first);
}

static tamis_status take_in_order(struct holdout *h, tamis_err *err)
{
    uint64_t step = 0;
    while (h->left_in_all) {
        const uint64_t *row = NULL;
        tamis_status status = resolving_pause(h->r, step++, err);
        status = status ? status : sorter_next(h->clusters, &row, err);
        if (status || !row) {
            return status;
        }
        if (is_candidate(h->r, row[1])) {
            take_cluster(h, row[1]);
        } else {
            take_single(h, row[1]);
        }
    }
    return TAMIS_OK;
}

tamis_status holdout_draw(struct resolving *r, tamis_err *err)
{
    const size_t domains = r->run->recipe->domain_count;
    struct holdout h = {.r = r, .left = calloc(2 * domains + 1, sizeof(uint64_t))};
    if (!h.left) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the hold-out; close other programs");
    }
    h.in_cluster = h.left + domains;
    set_quotas(&h);
    tamis_status status = TAMIS_OK;
    if (h.left_in_all) {
        status = resolving_sorter(&h.clusters, r, "holdout", 2, UINT64_MAX, r->memory / 2, err);
        status = status ? status : add_single_documents(&h, err);
        status = status ? status : add_clusters(&h, err);
        status = status ? status : sorter_finish(h.clusters, err);
        status = status ? status : take_in_order(&h, err);
    }
    resolving_close_sorter(r, h.clusters);
    free(h.left);
    return status;
}
