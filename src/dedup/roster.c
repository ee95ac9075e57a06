/*
 * A bitmap with a directory: one count for every eight words, the rest is counted when asked.
 */
#include "dedup/roster.h"

#include <stdlib.h>
#include <string.h>

#define ROSTER_GROUP 8

static uint64_t words_for(uint64_t count)
{
    return count / 64 + 1;
}

uint64_t *bits_new(uint64_t count)
{
    return calloc(words_for(count), sizeof(uint64_t));
}

bool roster_init(struct roster *r, uint64_t documents)
{
    *r = (struct roster){.bits = bits_new(documents), .documents = documents};
    return r->bits != NULL;
}

void roster_release(struct roster *r)
{
    free(r->bits);
    free(r->before);
    *r = (struct roster){0};
}

bool roster_close(struct roster *r)
{
    const uint64_t words = words_for(r->documents);
    r->before = malloc((words / ROSTER_GROUP + 1) * sizeof r->before[0]);
    if (!r->before) {
        return false;
    }
    r->count = 0;
    for (uint64_t w = 0; w < words; w++) {
        if (w % ROSTER_GROUP == 0) {
            r->before[w / ROSTER_GROUP] = r->count;
        }
        r->count += (uint64_t)__builtin_popcountll(r->bits[w]);
    }
    return true;
}

uint64_t roster_index(const struct roster *r, uint64_t number)
{
    const uint64_t word = number / 64;
    uint64_t index = r->before[word / ROSTER_GROUP];
    for (uint64_t w = word / ROSTER_GROUP * ROSTER_GROUP; w < word; w++) {
        index += (uint64_t)__builtin_popcountll(r->bits[w]);
    }
    const uint64_t below = ((uint64_t)1 << (number % 64)) - 1;
    return index + (uint64_t)__builtin_popcountll(r->bits[word] & below);
}
