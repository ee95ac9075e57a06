/*
 * MinHash signatures: Fast Similarity Sketching (Dahlgaard, Knudsen, Thorup, FOCS 2017), in plain C.
 *
 * In round 0 every shingle falls into one slot and the smallest value stays; rounds 1, 2, .. throw all shingles again
 * and fill only slots that are still empty; after as many rounds as slots, each slot left takes the smallest of all
 * shingles under a hash of its own. A slot's value is only ever compared for equality. Shingles are mixed already, so
 * that a multiplication is all that a new round needs. Nothing here allocates.
 */
#include "sketch/signature.h"

#include <string.h>

#include "sketch/sketch_kernels.h"

void throw_plain(struct rounds *r, uint64_t factor)
{
    for (size_t i = 0; i < r->count; i++) {
        const uint64_t thrown = r->shingles[i] * factor;
        const unsigned slot = slot_of(thrown, r->slots);
        if (r->empty[slot / 64] >> slot % 64 & 1) {
            slot_fill(r, slot, (uint32_t)thrown);
        }
    }
}

static uint32_t smallest_of_all(const struct rounds *r, uint64_t factor)
{
    uint32_t best = UINT32_MAX;
    for (size_t i = 0; i < r->count; i++) {
        const uint32_t value = (uint32_t)(r->shingles[i] * factor);
        best = value < best ? value : best;
    }
    return best;
}

/* Takes the slots filled off those that are empty; true when some are left. */
static bool end_round(struct rounds *r)
{
    uint64_t left = 0;
    for (size_t i = 0; i * 64 < r->slots; i++) {
        r->empty[i] &= ~r->filled[i];
        r->filled[i] = 0;
        left |= r->empty[i];
    }
    return left != 0;
}

void signature_refill(struct rounds *r, round_throw throw_all)
{
    bool left = end_round(r);
    for (unsigned round = 1; left && round < r->slots; round++) {
        throw_all(r, round_factor(round));
        left = end_round(r);
    }
    for (unsigned j = 0; left && j < r->slots; j++) {
        if (r->empty[j / 64] >> j % 64 & 1) {
            r->signature[j] = smallest_of_all(r, round_factor(r->slots + j));
        }
    }
}

void signature_plain(const uint64_t *shingles, size_t count, unsigned slots, uint32_t *signature)
{
    memset(signature, 0xff, slots * sizeof signature[0]); /* all SLOT_EMPTY */
    for (size_t i = 0; i < count; i++) {
        const unsigned slot = slot_of(shingles[i], slots);
        const uint32_t value = (uint32_t)shingles[i], least = signature[slot];
        signature[slot] = value < least ? value : least;
    }
    struct rounds r = {.shingles = shingles, .count = count, .slots = slots, .signature = signature};
    for (unsigned j = 0; j < slots; j++) {
        r.empty[j / 64] |= (uint64_t)(signature[j] == SLOT_EMPTY) << j % 64;
    }
    signature_refill(&r, throw_plain);
}
