/*
 * Candidate pairs: documents with the same band key form a bucket, and in each bucket every document is paired with the
 * first RESOLVE_BUCKET_FIRST in keeper order, who are the likeliest keepers, and with the RESOLVE_BUCKET_NEAR just
 * before it, who are the likeliest to resemble it: near-duplicates are of nearly one length. A bucket of n documents
 * makes less than 32 n pairs, never n x n.
 *
 * With scope `domain` a bucket is paired domain by domain. The hold-out must not part documents of two domains either,
 * so when there is one the bucket is paired as a whole as well; such pairs drop nothing.
 *
 * Threads find buckets and make pairs on their own; the set of all pairs is shared and locked. A pair is the higher
 * and the lower of two numbers: which comes first in keeper order matters only once all are known.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/rows.h"
#include "dedup/keeper.h"
#include "dedup/meet.h"
#include "dedup/resolving.h"

#define PAIRS_AT_ONCE 2048u
#define PAIRS_AHEAD 8u

/* One thread's. */
struct clerk {
    uint64_t *keys;          /* of a stretch of a column: 128 KiB */
    uint64_t *members;       /* numbers of one bucket */
    size_t cap;
    struct pair *pairs;      /* not yet in the set of all */
    size_t pair_count;
    uint64_t capped;
};

struct pairing {
    struct resolving *r;
    struct pairs pairs;      /* with the candidates under `lock` */
    pthread_mutex_t lock;
    struct clerk *clerks;
    unsigned threads;
    uint64_t *sketched, *standing; /* sets of documents: with keys; with keys that count */
    bool by_domain, across;  /* pair within domains; pair the whole bucket */
};

/* ---- Keys ------------------------------------------------------------------------------------------------------- */

static void add_word(uint64_t *word, uint64_t bits)
{
    if (bits) {
#pragma omp atomic
        *word |= bits;
    }
}

/* Sets of a stretch's documents; the first and the last word may be shared with its neighbours. */
static void look_through(const struct pairing *p, struct stretch *s)
{
    const struct ledger_part *const part = &p->r->ledger->parts[s->part];
    const struct survey_row *const rows = part->survey.rows;
    uint64_t sketched = 0, standing = 0;
    for (uint64_t i = s->from; i < s->end; i++) {
        const uint64_t number = part->first + i;
        const bool has_keys = rows[i].flags & SURVEY_SKETCHED;
        s->sketched += has_keys;
        sketched |= (uint64_t)has_keys << (number % 64);
        standing |= (uint64_t)(has_keys && resolving_stands(p->r, &rows[i], number)) << (number % 64);
        if (number % 64 == 63 || i + 1 == s->end) {
            add_word(&p->sketched[number / 64], sketched);
            add_word(&p->standing[number / 64], standing);
            sketched = standing = 0;
        }
    }
}

static tamis_status find_standing(struct pairing *p, tamis_err *err)
{
    const struct ledger *const l = p->r->ledger;
    struct stretches *const all = &p->r->stretches;
#pragma omp parallel for num_threads((int)p->threads) schedule(dynamic, 1) if (l->documents >= RESOLVE_MANY)
    for (uint64_t i = 0; i < all->count; i++) {
        look_through(p, &all->at[i]);
    }
    for (uint64_t i = 0; i < all->count; i++) {
        struct stretch *const s = &all->at[i];
        s->keys = s->from ? s[-1].keys + s[-1].sketched : 0;
        const uint64_t keys = l->parts[s->part].bands.rows;
        if (s->end == l->parts[s->part].count && s->keys + s->sketched != keys) {
            return tamis_fail(err, TAMIS_INPUT, "%s/part-%06zu/bands.npy: keys of %llu documents where the survey has "
                              "%llu; remove the run folder and run again", l->folder, s->part,
                              (unsigned long long)keys, (unsigned long long)(s->keys + s->sketched));
        }
    }
    return TAMIS_OK;
}

/* Rows of the documents from `number` on that share a word of the sets and come before `end`; *used: how many keys. */
static size_t take_word(const struct pairing *p, const uint64_t *keys, uint64_t number, uint64_t end,
                        struct meet_row *rows, uint64_t *used)
{
    const uint64_t word = number / 64, standing = p->standing[word];
    uint64_t sketched = p->sketched[word] >> (number % 64) << (number % 64);
    sketched = end < (word + 1) * 64 ? sketched & (((uint64_t)1 << (end % 64)) - 1) : sketched;
    size_t count = 0;
    if (sketched == UINT64_MAX) { /* as a rule */
        for (unsigned bit = 0; bit < 64; bit++) {
            rows[count] = (struct meet_row){.key = keys[bit], .number = word * 64 + bit};
            count += standing >> bit & 1;
        }
        *used = 64;
        return count;
    }
    *used = 0;
    while (sketched) {
        const unsigned bit = (unsigned)__builtin_ctzll(sketched);
        sketched &= sketched - 1;
        rows[count] = (struct meet_row){.key = keys[(*used)++], .number = word * 64 + bit};
        count += standing >> bit & 1;
    }
    return count;
}

static tamis_status read_keys(void *context, struct meet_cursor *c, struct meet_row *rows, size_t *count,
                              tamis_err *err)
{
    const struct pairing *const p = context;
    const struct ledger *const l = p->r->ledger;
    const struct stretch *const s = &p->r->stretches.at[c->stretch];
    uint64_t *const keys = p->clerks[c->thread].keys;
    const uint64_t first = l->parts[s->part].first, end = first + s->end;
    *count = 0;
    if (c->at == 0 && s->sketched) {
        const tamis_status status = ledger_keys(l, s->part, c->column, s->keys, keys, (size_t)s->sketched, err);
        if (status) {
            return status;
        }
    }
    while (first + s->from + c->at < end && *count <= MEET_CHUNK - 64) {
        const uint64_t number = first + s->from + c->at, next = (number / 64 + 1) * 64;
        uint64_t used = 0;
        *count += take_word(p, keys + c->keys, number, end, rows + *count, &used);
        c->keys += used;
        c->at += (next < end ? next : end) - number;
    }
    return TAMIS_OK;
}

/* ---- Pairs ------------------------------------------------------------------------------------------------------ */

static tamis_status hand_in(struct pairing *p, struct clerk *clerk, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    pthread_mutex_lock(&p->lock);
    for (size_t i = 0; !status && i < clerk->pair_count; i++) {
        const struct pair pair = clerk->pairs[i];
        bool fresh = false;
        if (i + PAIRS_AHEAD < clerk->pair_count) {
            pairs_expect(&p->pairs, clerk->pairs[i + PAIRS_AHEAD]);
        }
        status = pairs_add(&p->pairs, pair, &fresh, err);
        if (fresh) {
            bits_set(p->r->candidates.bits, pair.later);
            bits_set(p->r->candidates.bits, pair.earlier);
        }
    }
    pthread_mutex_unlock(&p->lock);
    clerk->pair_count = 0;
    return status;
}

static tamis_status pair_up(struct pairing *p, struct clerk *clerk, uint64_t *members, size_t count, bool counted,
                            tamis_err *err)
{
    const struct resolving *const r = p->r;
    const bool all_meet = count <= RESOLVE_BUCKET_FIRST + RESOLVE_BUCKET_NEAR + 1; /* whatever their order */
    if (!all_meet && !keeper_sort(r->ledger, &r->run->recipe->dedup, members, count)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a bucket of %zu documents that share a band key; "
                          "close other programs or use more rows per band", count);
    }
    for (size_t j = 1; j < count; j++) {
        const bool capped = j > RESOLVE_BUCKET_FIRST + RESOLVE_BUCKET_NEAR;
        clerk->capped += counted && capped ? j - RESOLVE_BUCKET_FIRST - RESOLVE_BUCKET_NEAR : 0;
        tamis_status status = resolving_pause(r, j, err);
        if (!status && clerk->pair_count + RESOLVE_BUCKET_FIRST + RESOLVE_BUCKET_NEAR > PAIRS_AT_ONCE) {
            status = hand_in(p, clerk, err);
        }
        if (status) {
            return status;
        }
        for (size_t i = 0; i < j; i++) {
            if (capped && i == RESOLVE_BUCKET_FIRST) {
                i = j - RESOLVE_BUCKET_NEAR;
            }
            const uint64_t a = members[j], b = members[i];
            clerk->pairs[clerk->pair_count++] = (struct pair){.later = a > b ? a : b, .earlier = a > b ? b : a};
        }
    }
    return TAMIS_OK;
}

static bool make_room(struct clerk *clerk, size_t count)
{
    if (count > clerk->cap) {
        free(clerk->members);
        clerk->cap = 2 * count;
        clerk->members = malloc(clerk->cap * sizeof *clerk->members);
        clerk->cap = clerk->members ? clerk->cap : 0;
    }
    return clerk->cap != 0;
}

/* The numbers of some rows, in their order. */
static tamis_status pair_rows(struct pairing *p, struct clerk *clerk, const struct meet_row *rows, size_t count,
                              bool counted, tamis_err *err)
{
    if (!make_room(clerk, count)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a bucket of %zu documents that share a band key; "
                          "close other programs or use more rows per band", count);
    }
    for (size_t i = 0; i < count; i++) {
        clerk->members[i] = rows[i].number;
    }
    return pair_up(p, clerk, clerk->members, count, counted, err);
}

static tamis_status pair_domains(struct pairing *p, struct clerk *clerk, struct meet_row *rows, size_t count,
                                 tamis_err *err)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].key = ledger_survey(p->r->ledger, rows[i].number)->domain;
    }
    rows_sort(&rows->key, count, 2, 0);
    tamis_status status = TAMIS_OK;
    for (size_t from = 0, to = 1; !status && from < count; from = to++) {
        while (to < count && rows[to].key == rows[from].key) {
            to++;
        }
        status = pair_rows(p, clerk, rows + from, to - from, true, err);
    }
    return status;
}

static tamis_status pair_bucket(void *context, unsigned thread, struct meet_row *rows, size_t count, tamis_err *err)
{
    struct pairing *const p = context;
    struct clerk *const clerk = &p->clerks[thread];
    tamis_status status = p->across ? pair_rows(p, clerk, rows, count, !p->by_domain, err) : TAMIS_OK;
    return status || !p->by_domain ? status : pair_domains(p, clerk, rows, count, err);
}

/* ---- All of it -------------------------------------------------------------------------------------------------- */

static bool pairing_init(struct pairing *p)
{
    const uint64_t documents = p->r->ledger->documents;
    p->threads = p->r->run->threads ? p->r->run->threads : 1;
    pthread_mutex_init(&p->lock, NULL);
    p->sketched = bits_new(documents);
    p->standing = bits_new(documents);
    p->clerks = calloc(p->threads, sizeof *p->clerks);
    bool fine = p->sketched && p->standing && p->clerks;
    for (unsigned t = 0; fine && t < p->threads; t++) {
        p->clerks[t].keys = malloc(STRETCH_MOST * sizeof *p->clerks[t].keys);
        p->clerks[t].pairs = malloc(PAIRS_AT_ONCE * sizeof *p->clerks[t].pairs);
        fine = p->clerks[t].keys && p->clerks[t].pairs;
    }
    return fine;
}

static void pairing_release(struct pairing *p)
{
    for (unsigned t = 0; p->clerks && t < p->threads; t++) {
        p->r->totals->capped += p->clerks[t].capped;
        free(p->clerks[t].keys);
        free(p->clerks[t].members);
        free(p->clerks[t].pairs);
    }
    free(p->clerks);
    pairs_release(&p->pairs);
    free(p->sketched);
    free(p->standing);
    pthread_mutex_destroy(&p->lock);
}

tamis_status buckets_pair(struct resolving *r, struct sorter **pairs, tamis_err *err)
{
    const struct recipe *const recipe = r->run->recipe;
    struct pairing p = {.r = r, .by_domain = recipe->dedup.scope == SCOPE_DOMAIN};
    p.across = !p.by_domain || recipe->holdout.on;
    const struct meeting meeting = {.run = r->run, .columns = r->ledger->bands, .stretches = r->stretches.count,
                                    .rows = r->ledger->documents, .memory = resolving_rows_memory(r),
                                    .context = &p, .read = read_keys, .group = pair_bucket};
    progress_stage(r->run->progress, "near-duplicates", "keys", meeting.rows * meeting.columns);
    tamis_status status = pairing_init(&p) ? TAMIS_OK
                                           : tamis_fail(err, TAMIS_IO, "out of memory for comparing keys; close other "
                                                        "programs or lower --threads");
    status = status ? status : find_standing(&p, err);
    status = status ? status : resolving_sorter(pairs, r, "pairs", 2, UINT64_MAX, r->memory / 8, err);
    pairs_init(&p.pairs, *pairs, r->memory / 8);
    status = status ? status : meet(&meeting, err);
    for (unsigned t = 0; !status && t < p.threads; t++) {
        status = hand_in(&p, &p.clerks[t], err);
    }
    status = status ? status : pairs_finish(&p.pairs, err);
    pairing_release(&p);
    return status ? status : sorter_finish(*pairs, err);
}
