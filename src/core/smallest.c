/* A heap of the keys that are in so far, the largest at its top. */
#include "core/smallest.h"

#include <stdlib.h>

bool smallest_init(struct smallest *s, size_t most)
{
    *s = (struct smallest){.most = most};
    s->at = most <= SIZE_MAX / sizeof *s->at ? malloc(most * sizeof *s->at) : NULL;
    return s->at != NULL;
}

void smallest_release(struct smallest *s)
{
    free(s->at);
    *s = (struct smallest){0};
}

static void swap(struct smallest *s, size_t i, size_t k)
{
    const uint64_t key = s->at[i];
    s->at[i] = s->at[k];
    s->at[k] = key;
}

static void sink(struct smallest *s)
{
    for (size_t i = 0, k = 1; k < s->count; i = k, k = 2 * i + 1) {
        k += k + 1 < s->count && s->at[k + 1] > s->at[k];
        if (s->at[i] >= s->at[k]) {
            return;
        }
        swap(s, i, k);
    }
}

void smallest_add(struct smallest *s, uint64_t key)
{
    if (s->count == s->most) {
        if (key < s->at[0]) {
            s->at[0] = key;
            sink(s);
        }
        return;
    }
    s->at[s->count] = key;
    for (size_t i = s->count++; i > 0 && s->at[(i - 1) / 2] < s->at[i]; i = (i - 1) / 2) {
        swap(s, i, (i - 1) / 2);
    }
}

struct smallest_limit smallest_find(const struct smallest *s)
{
    struct smallest_limit limit = {UINT64_MAX, UINT64_MAX};
    if (s->count == s->most) {
        limit = (struct smallest_limit){s->at[0], 0};
        for (size_t i = 0; i < s->count; i++) {
            limit.ties += s->at[i] == limit.last;
        }
    }
    return limit;
}

bool smallest_takes(struct smallest_limit *limit, uint64_t key)
{
    const bool tie = key == limit->last && limit->ties > 0;
    limit->ties -= tie;
    return key < limit->last || tie;
}
