/* Sorts by the simple number, once for its three sides, and walks until as many tokens are kept. */
#include "score/rival.h"

#include <math.h>
#include <stdlib.h>

#include "recipe/recipe.h"
#include "score/guards.h"

/* Ascending, values of NaN behind all. */
static int compare(const void *a, const void *b)
{
    const struct rival_entry *const x = a, *const y = b;
    if (isnan(x->value) || isnan(y->value)) {
        return (isnan(x->value) ? 1 : 0) - (isnan(y->value) ? 1 : 0);
    }
    if (x->value < y->value || x->value > y->value) {
        return x->value < y->value ? -1 : 1;
    }
    return x->place < y->place ? -1 : x->place > y->place;
}

struct walk {
    const struct rival_entry *entries;
    size_t count;   /* without those that have no value */
    uint64_t kept;  /* tokens the score kept */
    uint64_t all;   /* tokens with a value, kept or pruned */
};

static uint64_t tokens_of(const struct rival_entry *entry)
{
    return entry->fate == RIVAL_OUTSIDE ? 0 : entry->tokens;
}

/* Tokens that both keep. */
static uint64_t walk(const struct walk *w, int policy)
{
    uint64_t taken = 0, both = 0, left_out = 0;
    const uint64_t may_go = policy == POLICY_MIDDLE && w->all > w->kept ? (w->all - w->kept) / 2 : 0;
    size_t i = 0;
    for (; may_go && i < w->count && left_out + tokens_of(&w->entries[i]) <= may_go; i++) {
        left_out += tokens_of(&w->entries[i]);
    }
    for (; i < w->count && taken < w->kept; i++) {
        const struct rival_entry *const entry = &w->entries[policy == POLICY_TOP ? w->count - 1 - i : i];
        taken += tokens_of(entry);
        both += entry->fate == RIVAL_KEPT ? entry->tokens : 0;
    }
    return both;
}

bool rival_enough(const struct guard_rival *rival)
{
    return rival->score != SIMPLE_SCORES && rival->overlap >= GUARD_SIMPLER;
}

void rival_hold(struct guard_rival *rival, struct rival_entry *entries, size_t count, enum simple_score score)
{
    static const int policies[] = {POLICY_TOP, POLICY_BOTTOM, POLICY_MIDDLE};
    struct walk w = {.entries = entries};
    uint64_t candidates = 0;
    for (size_t i = 0; i < count; i++) {
        candidates += tokens_of(&entries[i]);
        w.kept += entries[i].fate == RIVAL_KEPT ? entries[i].tokens : 0;
        w.all += isnan(entries[i].value) ? 0 : tokens_of(&entries[i]);
        w.count += isnan(entries[i].value) ? 0 : 1;
    }
    if (rival_enough(rival) || w.count == 0 || w.kept == 0 || w.kept == candidates) {
        return;
    }
    qsort(entries, count, sizeof *entries, compare);
    for (size_t p = 0; p < sizeof policies / sizeof *policies; p++) {
        const double overlap = (double)walk(&w, policies[p]) / (double)w.kept;
        if (rival->score == SIMPLE_SCORES || overlap > rival->overlap) {
            *rival = (struct guard_rival){score, policies[p], overlap, (double)w.kept / (double)candidates};
        }
    }
}
