/*
 * Shingles and signature of datatrove 0.10, and band keys of it.
 */
#include "sketch/compat_datatrove.h"

#include <stdlib.h>

#include "core/hash.h"
#include "sketch/compat_text.h"

#define PRIME (((uint64_t)1 << 61) - 1)
#define SEED 1u

struct compat {
    uint64_t factor[COMPAT_SLOTS], shift[COMPAT_SLOTS];
    struct compat_text text;
    struct compat_words words;
};

/* ---- The constants: MT19937 (Matsumoto and Nishimura, ACM TOMACS 8, 1998) ---------------------------------------- */

enum { TWISTER_WORDS = 624, TWISTER_APART = 397 };

struct twister {
    uint32_t state[TWISTER_WORDS];
    unsigned next;
};

static void twister_init(struct twister *t, uint32_t seed)
{
    t->state[0] = seed;
    for (uint32_t i = 1; i < TWISTER_WORDS; i++) {
        t->state[i] = 1812433253u * (t->state[i - 1] ^ t->state[i - 1] >> 30) + i;
    }
    t->next = TWISTER_WORDS;
}

static void twister_turn(struct twister *t)
{
    for (unsigned i = 0; i < TWISTER_WORDS; i++) {
        const uint32_t y = (t->state[i] & 0x80000000u) | (t->state[(i + 1) % TWISTER_WORDS] & 0x7fffffffu);
        t->state[i] = t->state[(i + TWISTER_APART) % TWISTER_WORDS] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    t->next = 0;
}

static uint32_t twister_draw(struct twister *t)
{
    if (t->next == TWISTER_WORDS) {
        twister_turn(t);
    }
    uint32_t y = t->state[t->next++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

/* From [first, PRIME): two words, the high one first, masked to 61 bits, until they are not beyond. */
static void draw_numbers(struct twister *t, uint64_t first, uint64_t *numbers)
{
    for (unsigned i = 0; i < COMPAT_SLOTS; i++) {
        uint64_t number;
        do {
            const uint64_t high = twister_draw(t);
            number = (high << 32 | twister_draw(t)) & PRIME;
        } while (number > PRIME - 1 - first);
        numbers[i] = first + number;
    }
}

/* ---- Signatures ------------------------------------------------------------------------------------------------- */

struct compat *compat_new(void)
{
    struct compat *const c = calloc(1, sizeof *c);
    if (c) {
        struct twister twister;
        twister_init(&twister, SEED);
        draw_numbers(&twister, 1, c->factor);
        draw_numbers(&twister, 0, c->shift);
        buf_init(&c->words.bytes, BUF_UNLIMITED);
    }
    return c;
}

void compat_free(struct compat *c)
{
    if (c) {
        free(c->text.at);
        free(c->text.cut);
        free(c->text.read);
        free(c->words.begin);
        buf_release(&c->words.bytes);
        free(c);
    }
}

static void take_minima(const struct compat *c, uint64_t hash, uint64_t *signature)
{
    for (unsigned i = 0; i < COMPAT_SLOTS; i++) {
        const uint64_t x = hash * c->factor[i] + c->shift[i];
        uint64_t value = (x & PRIME) + (x >> 61);
        value = value >= PRIME ? value - PRIME : value;
        signature[i] = value < signature[i] ? value : signature[i];
    }
}

bool compat_signature(struct compat *c, tamis_str text, uint64_t signature[COMPAT_SLOTS], bool *is_signed)
{
    struct compat_words *const w = &c->words;
    *is_signed = false;
    if (!compat_normalise(&c->text, text)) {
        return false;
    }
    compat_cut(&c->text);
    if (!compat_collect(w, &c->text)) {
        return false;
    }
    *is_signed = w->count >= COMPAT_SHINGLE;
    for (unsigned i = 0; i < COMPAT_SLOTS; i++) {
        signature[i] = UINT64_MAX;
    }
    for (size_t i = 0; i + COMPAT_SHINGLE <= w->count; i++) {
        const size_t from = w->begin[i], to = w->begin[i + COMPAT_SHINGLE] - 1;
        take_minima(c, hash_xxh64(w->bytes.at + from, to - from), signature);
    }
    return true;
}

void compat_bands(const uint64_t signature[COMPAT_SLOTS], uint64_t keys[COMPAT_BANDS])
{
    const uint64_t tag_mask = 15; /* the low bits of a key say which band it is of */
    _Static_assert(COMPAT_BANDS <= 16, "the band fits its bits");
    for (unsigned b = 0; b < COMPAT_BANDS; b++) {
        uint64_t key = b + 1;
        for (unsigned r = 0; r < COMPAT_ROWS; r++) {
            key = hash_join(key, signature[b * COMPAT_ROWS + r]);
        }
        keys[b] = (key & ~tag_mask) | b;
    }
}
