/* A plain twin of resolve: the same rules in the fewest words, everything compared with everything. */
#ifndef TAMIS_TESTS_RESOLVE_TWIN_H
#define TAMIS_TESTS_RESOLVE_TWIN_H

#include "dedup_world.h"

enum { MOST = 400 };

struct twin {
    const struct world *w;
    bool everything;                /* every pair is a candidate, whatever the bands say */
    bool drop[MOST][MOST];          /* [earlier][later]: candidates that may drop */
    bool link[MOST][MOST];          /* candidates at all */
    size_t order[MOST], place[MOST]; /* keeper order */
    uint64_t fold[MOST];
    uint64_t keeper[MOST];
    double threshold[MOST];         /* of the class */
    size_t cluster[MOST];
    struct resolve_row rows[MOST];
    uint64_t pairs, similar, capped, candidates;
};

/* Worth by one key; more is better. */
static inline double worth(const struct world *w, const struct keep_key *key, size_t n)
{
    const struct world_document *const d = &w->documents[n];
    switch (key->by) {
    case KEEP_SOURCE:
        return -d->source;
    case KEEP_LONGEST:
        return (double)strlen(d->text);
    case KEEP_MAX:
        return isnan(d->number) ? -INFINITY : d->number;
    case KEEP_MIN:
        return isnan(d->number) ? -INFINITY : -d->number;
    }
    return 0;
}

static inline bool comes_before(const struct world *w, size_t a, size_t b)
{
    for (size_t k = 0; k < w->recipe.dedup.keep_count; k++) {
        const double x = worth(w, &w->recipe.dedup.keep[k], a), y = worth(w, &w->recipe.dedup.keep[k], b);
        if (x != y) {
            return x > y;
        }
    }
    return a < b;
}

static inline void order_documents(struct twin *t)
{
    for (size_t a = 0; a < t->w->count; a++) {
        size_t place = 0;
        for (size_t b = 0; b < t->w->count; b++) {
            place += comes_before(t->w, b, a);
        }
        t->place[a] = place;
        t->order[place] = a;
    }
}

static inline bool by_domain(const struct twin *t)
{
    return t->w->recipe.dedup.scope == SCOPE_DOMAIN;
}

static inline bool same_domain(const struct twin *t, size_t a, size_t b)
{
    return t->w->documents[a].source == t->w->documents[b].source;
}

static inline void fold_copies(struct twin *t)
{
    const struct world *const w = t->w;
    for (size_t n = 0; n < w->count; n++) {
        t->fold[n] = LEDGER_NOBODY;
        t->threshold[n] = w->sources[w->documents[n].source].threshold;
    }
    for (size_t p = 0; w->recipe.dedup.exact && p < w->count; p++) {
        const size_t first = t->order[p];
        for (size_t q = p + 1; q < w->count && t->fold[first] == LEDGER_NOBODY && !w->documents[first].rule; q++) {
            const size_t copy = t->order[q];
            if (!w->documents[copy].rule && t->fold[copy] == LEDGER_NOBODY &&
                hash128_compare(w->documents[first].hash, w->documents[copy].hash) == 0 &&
                (!by_domain(t) || same_domain(t, first, copy))) {
                t->fold[copy] = first;
                t->threshold[first] = fmax(t->threshold[first], w->sources[w->documents[copy].source].threshold);
            }
        }
    }
}

static inline bool in_buckets(const struct twin *t, size_t n)
{
    return t->w->documents[n].keys && !t->w->documents[n].rule && t->fold[n] == LEDGER_NOBODY;
}

/* Pairs of one band: of the members of a bucket, all with the first 8 and with the 24 just before. */
static inline void pair_band(struct twin *t, size_t band, bool within, bool counted, bool pairs[MOST][MOST])
{
    for (size_t q = 0; q < t->w->count; q++) {
        const size_t later = t->order[q];
        size_t partners[MOST], count = 0;
        for (size_t p = 0; p < q && in_buckets(t, later); p++) {
            const size_t earlier = t->order[p];
            if (!in_buckets(t, earlier) || (within && !same_domain(t, earlier, later)) ||
                (!t->everything && t->w->documents[earlier].keys[band] != t->w->documents[later].keys[band])) {
                continue;
            }
            partners[count++] = earlier;
        }
        for (size_t i = 0; i < count; i++) {
            if (t->everything || i < 8 || i + 24 >= count) {
                pairs[partners[i]][later] = true;
            } else {
                t->capped += counted;
            }
        }
    }
}

static inline void find_pairs(struct twin *t)
{
    const struct recipe *const recipe = &t->w->recipe;
    for (size_t b = 0; recipe->dedup.minhash && b < recipe->dedup.bands; b++) {
        pair_band(t, b, by_domain(t), true, t->drop);
        pair_band(t, b, by_domain(t), false, t->link);
        if (by_domain(t) && recipe->holdout.on) {
            pair_band(t, b, false, false, t->link);
        }
    }
    for (size_t n = 0; n < t->w->count; n++) {
        bool any = false;
        for (size_t m = 0; m < t->w->count; m++) {
            t->drop[m][n] = t->drop[m][n] || (t->link[m][n] && (!by_domain(t) || same_domain(t, m, n)));
            t->pairs += t->link[m][n];
            any = any || t->link[m][n] || t->link[n][m];
        }
        t->candidates += any;
    }
}

static inline bool is_similar(const struct twin *t, size_t a, size_t b)
{
    return t->drop[a][b] && world_jaccard(t->w, a, b) >= fmax(t->threshold[a], t->threshold[b]);
}

static inline void mark(struct twin *t, size_t a, size_t b)
{
    t->rows[a].clustered = t->rows[b].clustered = 1;
}

static inline void judge_verified(struct twin *t)
{
    for (size_t q = 0; q < t->w->count; q++) {
        const size_t later = t->order[q];
        for (size_t p = 0; p < q; p++) {
            const size_t earlier = t->order[p];
            if (is_similar(t, earlier, later)) {
                t->similar++;
                mark(t, earlier, later);
                if (t->keeper[earlier] == LEDGER_NOBODY && t->keeper[later] == LEDGER_NOBODY) {
                    t->keeper[later] = earlier;
                    t->rows[later].similarity = world_jaccard(t->w, earlier, later);
                }
            }
        }
    }
}

/* Smallest place in keeper order that is reachable, spread until nothing changes. */
static inline void spread(const struct twin *t, bool linked[MOST][MOST], size_t *label)
{
    for (size_t n = 0; n < t->w->count; n++) {
        label[n] = t->place[n];
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t a = 0; a < t->w->count; a++) {
            for (size_t b = 0; b < t->w->count; b++) {
                if (linked[a][b] && label[a] != label[b]) {
                    label[a] = label[b] = label[a] < label[b] ? label[a] : label[b];
                    changed = true;
                }
            }
        }
    }
}

static inline void judge_unverified(struct twin *t)
{
    size_t label[MOST];
    spread(t, t->drop, label);
    for (size_t n = 0; n < t->w->count; n++) {
        if (label[n] != t->place[n]) {
            t->keeper[n] = t->order[label[n]];
        }
    }
}

static inline void find_clusters(struct twin *t)
{
    static bool near[MOST][MOST];
    for (size_t a = 0; a < t->w->count; a++) {
        for (size_t b = 0; b < t->w->count; b++) {
            near[a][b] = t->link[a][b] && (t->w->recipe.dedup.verify == VERIFY_NONE || is_similar(t, a, b) ||
                                           world_jaccard(t->w, a, b) >= HOLDOUT_APART);
        }
    }
    spread(t, near, t->cluster);
}

static inline bool stays(const struct twin *t, size_t n)
{
    return !t->w->documents[n].rule && t->fold[n] == LEDGER_NOBODY && t->keeper[n] == LEDGER_NOBODY;
}

static inline uint64_t draw_hash(const struct twin *t, size_t n)
{
    const char *const id = t->w->documents[n].id;
    return hash_bytes(id, strlen(id), hash_bytes("holdout", 7, t->w->recipe.seed));
}

/* The document whose id stands for the cluster of `n`. */
static inline size_t speaker(const struct twin *t, size_t n)
{
    size_t best = n;
    for (size_t m = 0; m < t->w->count; m++) {
        if (stays(t, m) && t->cluster[m] == t->cluster[n]) {
            const int order = strcmp(t->w->documents[m].id, t->w->documents[best].id);
            best = order < 0 || (order == 0 && m < best) ? m : best;
        }
    }
    return best;
}

static inline bool take_if_it_fits(struct twin *t, size_t n, uint64_t *left)
{
    uint64_t wanted[WORLD_SOURCES] = {0};
    for (size_t m = 0; m < t->w->count; m++) {
        wanted[t->w->documents[m].source] += stays(t, m) && t->cluster[m] == t->cluster[n];
    }
    for (int d = 0; d < WORLD_SOURCES; d++) {
        if (wanted[d] > left[d]) {
            return false;
        }
    }
    for (size_t m = 0; m < t->w->count; m++) {
        t->rows[m].held_out = t->rows[m].held_out || (stays(t, m) && t->cluster[m] == t->cluster[n]);
    }
    for (int d = 0; d < WORLD_SOURCES; d++) {
        left[d] -= wanted[d];
    }
    return true;
}

static inline void hold_out(struct twin *t)
{
    const struct recipe_holdout *const options = &t->w->recipe.holdout;
    uint64_t left[WORLD_SOURCES] = {0};
    bool done[MOST] = {false};
    for (size_t n = 0; n < t->w->count; n++) {
        left[t->w->documents[n].source] += stays(t, n);
    }
    for (int d = 0; d < WORLD_SOURCES; d++) {
        const uint64_t share = (uint64_t)(options->share * (double)left[d]);
        left[d] = share < options->max_documents ? share : options->max_documents;
    }
    for (;;) {
        size_t next = MOST;
        for (size_t n = 0; n < t->w->count; n++) {
            if (stays(t, n) && !done[n] && speaker(t, n) == n &&
                (next == MOST || draw_hash(t, n) < draw_hash(t, next))) {
                next = n;
            }
        }
        if (next == MOST) {
            return;
        }
        done[next] = true;
        take_if_it_fits(t, next, left);
    }
}

static inline void write_rows(struct twin *t)
{
    for (size_t n = 0; n < t->w->count; n++) {
        struct resolve_row *const row = &t->rows[n];
        const uint64_t fold = t->fold[n];
        row->keeper = LEDGER_NOBODY;
        if (t->keeper[n] != LEDGER_NOBODY || (fold != LEDGER_NOBODY && t->keeper[fold] != LEDGER_NOBODY)) {
            const size_t dropped = t->keeper[n] != LEDGER_NOBODY ? n : (size_t)fold;
            row->keeper = t->keeper[dropped];
            row->similarity = t->rows[dropped].similarity;
            row->rule = (uint16_t)(t->w->rules.minhash + 1);
        } else if (fold != LEDGER_NOBODY) {
            row->keeper = fold;
            row->similarity = 1;
            row->rule = (uint16_t)(t->w->rules.exact + 1);
        }
    }
    for (size_t n = 0; n < t->w->count; n++) {
        if (t->rows[n].keeper != LEDGER_NOBODY) {
            mark(t, n, (size_t)t->rows[n].keeper);
        }
    }
}

static inline struct twin *twin_new(const struct world *w, bool everything)
{
    struct twin *const t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_true(w->count <= MOST);
    t->w = w;
    t->everything = everything;
    for (size_t n = 0; n < MOST; n++) {
        t->keeper[n] = LEDGER_NOBODY;
        t->rows[n].similarity = NAN;
    }
    order_documents(t);
    fold_copies(t);
    find_pairs(t);
    if (w->recipe.dedup.verify == VERIFY_NONE) {
        judge_unverified(t);
    } else {
        judge_verified(t);
    }
    find_clusters(t);
    if (w->recipe.holdout.on) {
        hold_out(t);
    }
    write_rows(t);
    return t;
}

#endif
