/*
 * A bitmap with a directory of counts for every eight words and for every word in them (Vigna, Broadword Implementation
 * of Rank/Select Queries, 2008).
 */
#include "dedup/roster.h"

#include <stdlib.h>
#include <string.h>

#define ROSTER_GROUP 8
#define WITHIN_BITS 9

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
    free(r->groups);
    *r = (struct roster){0};
}

/* Without the processor's own instruction, which not every one has (Hacker's Delight, 5-1). */
static uint64_t count_bits(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    return ((x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu) * 0x0101010101010101u >> 56;
}

bool roster_close(struct roster *r)
{
    const uint64_t words = words_for(r->documents);
    r->groups = calloc(words / ROSTER_GROUP + 1, sizeof *r->groups);
    if (!r->groups) {
        return false;
    }
    r->count = 0;
    for (uint64_t w = 0; w < words; w++) {
        struct roster_group *const group = &r->groups[w / ROSTER_GROUP];
        const unsigned place = (unsigned)(w % ROSTER_GROUP);
        if (place == 0) {
            group->before = r->count;
        } else {
            group->within |= (r->count - group->before) << (WITHIN_BITS * (place - 1));
        }
        r->count += count_bits(r->bits[w]);
    }
    return true;
}

uint64_t roster_index(const struct roster *r, uint64_t number)
{
    const uint64_t word = number / 64;
    const struct roster_group *const group = &r->groups[word / ROSTER_GROUP];
    const unsigned place = (unsigned)(word % ROSTER_GROUP);
    const uint64_t within = place ? group->within >> (WITHIN_BITS * (place - 1)) & ((1u << WITHIN_BITS) - 1) : 0;
    return group->before + within + count_bits(r->bits[word] & (((uint64_t)1 << (number % 64)) - 1));
}
