#include "dedup/stretches.h"

#include <stdlib.h>

#define LEAST 2048u /* fewer documents cost more to take than they save in waiting */
#define ENOUGH 32u  /* so many stretches keep the threads busy to the end */

static uint64_t stretch_length(uint64_t documents)
{
    const uint64_t length = documents / ENOUGH;
    return length < LEAST ? LEAST : length < STRETCH_MOST ? length : STRETCH_MOST;
}

static uint64_t stretches_of(const struct ledger_part *part, uint64_t length)
{
    return (part->count + length - 1) / length;
}

bool stretches_init(struct stretches *s, const struct ledger *ledger)
{
    const uint64_t length = stretch_length(ledger->documents);
    uint64_t count = 0;
    for (size_t p = 0; p < ledger->part_count; p++) {
        count += stretches_of(&ledger->parts[p], length);
    }
    *s = (struct stretches){.at = calloc(count ? count : 1, sizeof *s->at)};
    for (size_t p = 0; s->at && p < ledger->part_count; p++) {
        const uint64_t here = stretches_of(&ledger->parts[p], length), documents = ledger->parts[p].count;
        for (uint64_t i = 0; i < here; i++) {
            s->at[s->count++] = (struct stretch){
                .part = p, .from = documents * i / here, .end = documents * (i + 1) / here};
        }
    }
    return s->at != NULL;
}

void stretches_release(struct stretches *s)
{
    free(s->at);
    *s = (struct stretches){0};
}
