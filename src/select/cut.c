/*
 * Finds cuts in one walk over the scores in order, and a second one where the lower cut of a `middle` lies among ties:
 * the upper one follows from it. Memory is the sorter's, then that for ties, and a few words a group.
 */
#include "select/cut.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/sorter.h"
#include "core/str.h"
#include "select/cut_ties.h"

#define SIGN ((uint64_t)1 << 63)

/* ---- Scores as keys --------------------------------------------------------------------------------------------- */

uint64_t cut_key(double score, int policy)
{
    const double plain = score == 0 ? 0 : score; /* -0 is 0 */
    uint64_t bits = 0;
    memcpy(&bits, &plain, sizeof bits);
    const uint64_t ascending = bits & SIGN ? ~bits : bits | SIGN;
    return policy == POLICY_TOP ? ~ascending : ascending;
}

static double score_of(uint64_t key, int policy)
{
    const uint64_t ascending = policy == POLICY_TOP ? ~key : key;
    const uint64_t bits = ascending & SIGN ? ascending & ~SIGN : ~ascending;
    double score = 0;
    memcpy(&score, &bits, sizeof score);
    return score;
}

/* ---- Looking for cuts ------------------------------------------------------------------------------------------- */

enum seek { SEEK_LOW, SEEK_HIGH, SEEK_DONE };

/*
 * The cut of a group that is sought is the first document at which the weight of the group's documents up to it, itself
 * included, reaches `target`.
 */
struct seeker {
    enum seek seek;
    uint64_t limit, target;
    uint64_t before;   /* weight of the scores walked past */
    uint64_t left_out; /* weight before the first document kept */
};

struct finding {
    struct kept_range *ranges;
    const struct cut_options *options;
    struct seeker *seekers; /* per group */
    struct tie *ties;       /* per group */
    struct sorter *sorter;
    bool counted;           /* the scored weight of every group is known */
};

/* The documents of a group that share a score. */
struct crowd {
    uint64_t key, weight, documents;
    uint32_t group, least; /* the smallest weight of one */
};

static void set_cut(struct kept_range *range, struct cut *cut, uint64_t key)
{
    *cut = (struct cut){.at = CUT_SCORE, .score = score_of(key, range->policy)};
}

static void found_low(struct seeker *s, uint64_t left_out)
{
    s->left_out = left_out;
    s->target = left_out + s->limit;
    s->seek = SEEK_HIGH;
}

/* A cut that lies in the crowd is clear when it is the same in whatever order its documents come. */
static void take_crowd(struct finding *f, const struct crowd *crowd)
{
    struct seeker *const s = &f->seekers[crowd->group];
    struct kept_range *const range = &f->ranges[crowd->group];
    struct tie *const tie = &f->ties[crowd->group];
    while (s->seek != SEEK_DONE && !tie->open && s->before + crowd->weight >= s->target) {
        if (s->seek == SEEK_LOW && s->before + crowd->least >= s->target) {
            set_cut(range, &range->low, crowd->key);
            found_low(s, s->before);
        } else if (s->seek == SEEK_HIGH && s->before + crowd->weight - crowd->least < s->target) {
            set_cut(range, &range->high, crowd->key);
            range->kept = s->before + crowd->weight - s->left_out;
            s->seek = SEEK_DONE;
        } else {
            *tie = (struct tie){
                .open = true, .key = crowd->key, .want = s->target - s->before, .documents = crowd->documents};
        }
    }
    s->before += tie->open ? 0 : crowd->weight;
}

/* Rows of a group and score come by weight, the smallest first. */
static tamis_status walk(struct finding *f, tamis_err *err)
{
    struct crowd crowd = {0};
    const uint64_t *row = NULL;
    tamis_status status = TAMIS_OK;
    while (!(status = sorter_next(f->sorter, &row, err)) && row) {
        const uint32_t group = (uint32_t)(row[1] >> 32), weight = (uint32_t)row[1];
        if (crowd.documents && (crowd.key != row[0] || crowd.group != group)) {
            take_crowd(f, &crowd);
            crowd.documents = 0;
        }
        if (!crowd.documents) {
            crowd = (struct crowd){.key = row[0], .group = group, .least = weight};
        }
        crowd.documents++;
        crowd.weight += weight;
    }
    if (!status && crowd.documents) {
        take_crowd(f, &crowd);
    }
    return status;
}

/* ---- Rounds ----------------------------------------------------------------------------------------------------- */

static tamis_status add_row(void *taker, const struct candidate *c, tamis_err *err)
{
    struct finding *const f = taker;
    if (isnan(c->score)) {
        return TAMIS_OK;
    }
    if (c->group >= f->options->groups || c->number >= CUT_NUMBERS) {
        return tamis_fail(err, TAMIS_INTERNAL, "a candidate of group %u, number %llu is out of range", c->group,
                          (unsigned long long)c->number);
    }
    if (f->counted && f->seekers[c->group].seek == SEEK_DONE) {
        return TAMIS_OK;
    }
    f->ranges[c->group].scored += f->counted ? 0 : c->weight;
    const uint64_t row[2] = {cut_key(c->score, f->ranges[c->group].policy), (uint64_t)c->group << 32 | c->weight};
    return sorter_add(f->sorter, row, err);
}

static void ask_limits(struct finding *f)
{
    for (size_t g = 0; g < f->options->groups; g++) {
        struct seeker *const s = &f->seekers[g];
        struct kept_range *const range = &f->ranges[g];
        s->limit = f->options->limit(f->options->context, g, range->scored);
        range->nothing = s->limit == 0 && range->scored > 0;
        if (s->limit >= range->scored || range->nothing) {
            range->kept = range->nothing ? 0 : range->scored;
            s->seek = SEEK_DONE;
        } else if (range->policy == POLICY_MIDDLE) {
            s->seek = SEEK_LOW;
            s->target = (range->scored - s->limit) / 2 + 1;
        } else {
            s->seek = SEEK_HIGH;
            s->target = s->limit;
        }
    }
    f->counted = true;
}

static void set_document(struct kept_range *range, struct cut *cut, const struct tie *tie, bool all_inside)
{
    set_cut(range, cut, tie->key);
    if (!all_inside) {
        cut->at = CUT_DOCUMENT;
        cut->id = tie->id;
        cut->number = tie->number;
        range->cut_by_ties = true;
    }
}

/* What a resolved tie tells of its group. */
static void take_tie(struct finding *f, size_t group)
{
    struct seeker *const s = &f->seekers[group];
    struct kept_range *const range = &f->ranges[group];
    const struct tie *const tie = &f->ties[group];
    if (s->seek == SEEK_LOW) {
        set_document(range, &range->low, tie, tie->earlier == 0);
        found_low(s, s->before + tie->before);
    } else {
        set_document(range, &range->high, tie, tie->earlier + 1 == tie->documents);
        range->kept = s->before + tie->before + tie->weight - s->left_out;
        s->seek = SEEK_DONE;
    }
}

/* All groups that are not done, once through; *done when none is left. */
static tamis_status round_of(struct finding *f, const struct candidates *candidates, struct arena *arena, bool *done,
                             tamis_err *err)
{
    const struct sorter_options sorting = {
        .folder = f->options->tmp, .name = "scores", .words = 2, .top = UINT64_MAX, .memory = f->options->memory};
    tamis_status status = sorter_open(&f->sorter, &sorting, err);
    status = status ? status : candidates->each(candidates->context, false, add_row, f, err);
    if (!status && !f->counted) {
        ask_limits(f);
    }
    for (size_t g = 0; g < f->options->groups; g++) {
        f->seekers[g].before = 0;
    }
    status = status ? status : sorter_finish(f->sorter, err);
    status = status ? status : walk(f, err);
    sorter_free(f->sorter);
    f->sorter = NULL;
    for (size_t g = 0; !status && g < f->options->groups; g++) {
        if (f->seekers[g].seek != SEEK_DONE && !f->ties[g].open) {
            status = tamis_fail(err, TAMIS_INTERNAL, "the scores changed while documents were selected by them");
        }
    }
    status = status ? status : ties_resolve(f->ties, candidates, f->options, arena, err);
    *done = true;
    for (size_t g = 0; !status && g < f->options->groups; g++) {
        if (f->seekers[g].seek != SEEK_DONE) {
            take_tie(f, g);
            *done = *done && f->seekers[g].seek == SEEK_DONE;
        }
    }
    return status;
}

tamis_status cuts_find(struct cuts *cuts, const struct candidates *candidates, const struct cut_options *options,
                       tamis_err *err)
{
    struct finding f = {.options = options};
    arena_init(&cuts->arena);
    cuts->groups = f.ranges = calloc(options->groups + 1, sizeof *f.ranges);
    f.seekers = calloc(options->groups + 1, sizeof *f.seekers);
    f.ties = calloc(options->groups + 1, sizeof *f.ties);
    tamis_status status = f.ranges && f.seekers && f.ties
                              ? TAMIS_OK
                              : tamis_fail(err, TAMIS_IO, "out of memory for the cuts of %zu groups", options->groups);
    for (size_t g = 0; !status && g < options->groups; g++) {
        f.ranges[g].policy = options->policies[g];
    }
    for (bool done = false; !status && !done;) {
        status = round_of(&f, candidates, &cuts->arena, &done, err);
    }
    free(f.seekers);
    free(f.ties);
    return status;
}

void cuts_release(struct cuts *cuts)
{
    arena_release(&cuts->arena);
    free(cuts->groups);
    *cuts = (struct cuts){0};
}

/* ---- Asking ----------------------------------------------------------------------------------------------------- */

/* Where a document stands beside a cut: < 0 before it, > 0 behind it. */
static int beside(const struct kept_range *range, const struct candidate *c, const struct cut *cut)
{
    const uint64_t key = cut_key(c->score, range->policy), at = cut_key(cut->score, range->policy);
    if (key != at) {
        return key < at ? -1 : 1;
    }
    if (cut->at == CUT_SCORE) {
        return 0;
    }
    const int ids = str_compare(c->id, cut->id);
    return ids != 0 ? ids : c->number < cut->number ? -1 : c->number > cut->number;
}

bool cut_keeps(const struct kept_range *range, const struct candidate *c)
{
    return !range->nothing && (range->low.at == CUT_OPEN || beside(range, c, &range->low) >= 0) &&
           (range->high.at == CUT_OPEN || beside(range, c, &range->high) <= 0);
}

double cut_threshold(const struct kept_range *range, double score)
{
    if (range->nothing || range->high.at == CUT_OPEN) {
        return NAN;
    }
    /* At equal scores on both sides of a range of one score, either cut has that score. */
    const bool first = range->low.at != CUT_OPEN &&
                       cut_key(score, range->policy) <= cut_key(range->low.score, range->policy);
    return first ? range->low.score : range->high.score;
}
