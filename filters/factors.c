/*
 * Sets of sequences of byte classes. All memory comes from a space and goes with it.
 */
#include "factors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPACE_BYTES ((size_t)16 << 20) /* beyond, a pattern is taken to be too rich */
#define PER_FACTOR 1e-6                /* what looking for one more sequence costs, in hits per byte */

struct factor_block {
    struct factor_block *next;
    struct factor at[];
};

/* How many of 100,000 bytes of English prose are this one, rounded up to 1. */
static const uint16_t frequencies[256] = {
    1,     1,    1,    1,    1,    1,    1,    1,    1,    1,    1290, 1,    1,    1,    1,    1,
    1,     1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,
    16767, 18,   148,  34,   3,    53,   9,    82,   209,  210,  124,  10,   909,  430,  987,  208,
    166,   201,  118,  84,   49,   94,   41,   50,   50,   104,  117,  98,   17,   15,   19,   54,
    6,     307,  98,   201,  141,  112,  96,   84,   120,  267,  32,   23,   94,   145,  86,   113,
    167,   20,   90,   287,  300,  63,   32,   132,  16,   27,   9,    94,   12,   94,   4,    69,
    5,     6062, 1070, 2498, 2631, 9085, 1634, 1472, 3347, 5243, 62,   427,  3010, 2100, 5253, 5847,
    1707,  92,   4641, 4878, 6576, 2022, 762,  1096, 183,  1388, 63,   184,  8,    184,  1,    1,
    108,   1,    2,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,
    1,     1,    1,    3,    34,   1,    1,    1,    4,    41,   1,    1,    15,   14,   1,    1,
    4,     1,    1,    1,    1,    1,    1,    1,    1,    2,    1,    1,    1,    1,    1,    1,
    1,     1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,
    1,     1,    9,    5,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,
    1,     1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,
    1,     1,    110,  1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,
    1,     1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,    1,
};

/* ---- Memory and classes ----------------------------------------------------------------------------------------- */

void factor_space_release(struct factor_space *space)
{
    while (space->blocks) {
        struct factor_block *const next = space->blocks->next;
        free(space->blocks);
        space->blocks = next;
    }
    free(space->classes);
    *space = (struct factor_space){0};
}

static struct factor *take(struct factor_space *space, size_t count)
{
    const size_t bytes = sizeof(struct factor_block) + count * sizeof(struct factor);
    struct factor_block *const block = space->failed || space->bytes > SPACE_BYTES ? NULL : malloc(bytes);
    if (!block) {
        space->failed = true;
        return NULL;
    }
    space->bytes += bytes;
    block->next = space->blocks;
    space->blocks = block;
    return block->at;
}

struct byte_class factor_class(const struct factor_space *space, uint16_t number)
{
    struct byte_class class = {{0}};
    if (number >= 256) {
        return space->classes[number - 256];
    }
    byte_class_add(&class, (unsigned char)number);
    return class;
}

static int only_byte(const struct byte_class *class)
{
    int only = -1;
    for (unsigned b = 0; b < 256; b++) {
        if (byte_class_has(class, (unsigned char)b)) {
            if (only >= 0) {
                return -1;
            }
            only = (int)b;
        }
    }
    return only;
}

uint16_t factor_class_number(struct factor_space *space, struct byte_class class)
{
    const int only = only_byte(&class);
    if (only >= 0) {
        return (uint16_t)only;
    }
    for (size_t i = 0; i < space->class_count; i++) {
        if (memcmp(&space->classes[i], &class, sizeof class) == 0) {
            return (uint16_t)(i + 256);
        }
    }
    if (space->class_count == space->class_cap) {
        const size_t cap = space->class_cap ? space->class_cap * 2 : 32;
        struct byte_class *const classes = cap > 60000 ? NULL : realloc(space->classes, cap * sizeof *classes);
        if (!classes) {
            space->failed = true;
            return 0;
        }
        space->classes = classes;
        space->class_cap = cap;
    }
    space->classes[space->class_count] = class;
    return (uint16_t)(256 + space->class_count++);
}

/* ---- Sets ------------------------------------------------------------------------------------------------------- */

static bool same(const struct factor *a, const struct factor *b)
{
    return a->len == b->len && memcmp(a->at, b->at, a->len * sizeof *a->at) == 0;
}

/* Appends what is not there yet; of two leads the greater holds for both. */
static size_t add_new(struct factor *set, size_t count, const struct factor *factor)
{
    for (size_t i = 0; i < count; i++) {
        if (same(&set[i], factor)) {
            set[i].lead = factor->lead > set[i].lead ? factor->lead : set[i].lead;
            return count;
        }
    }
    set[count] = *factor;
    return count + 1;
}

struct factors factors_one(struct factor_space *space, const struct factor *factor)
{
    struct factor *const set = take(space, 1);
    if (!set) {
        return (struct factors){NULL, 0};
    }
    *set = *factor;
    return (struct factors){set, 1};
}

bool factors_join(struct factor_space *space, struct factors a, struct factors b, struct factors *joined)
{
    size_t count = 0;
    struct factor *const set = a.count * b.count > FACTORS_JOINED ? NULL : take(space, a.count * b.count);
    for (size_t i = 0; set && i < a.count; i++) {
        for (size_t k = 0; k < b.count; k++) {
            struct factor both = a.at[i];
            if (both.len + b.at[k].len > FACTOR_BYTES) {
                return false;
            }
            memcpy(both.at + both.len, b.at[k].at, b.at[k].len * sizeof *both.at);
            both.len = (uint16_t)(both.len + b.at[k].len);
            count = add_new(set, count, &both);
        }
    }
    *joined = (struct factors){set, count};
    return set != NULL;
}

bool factors_unite(struct factor_space *space, struct factors a, struct factors b, struct factors *united)
{
    struct factor *const set = a.count + b.count > FACTORS_UNITED ? NULL : take(space, a.count + b.count);
    size_t count = 0;
    for (size_t i = 0; set && i < a.count + b.count; i++) {
        count = add_new(set, count, i < a.count ? &a.at[i] : &b.at[i - a.count]);
    }
    *united = (struct factors){set, count};
    return set != NULL;
}

/* Whether every byte of class `small` is in class `large`. */
static bool is_part(const struct factor_space *space, uint16_t small, uint16_t large)
{
    if (small == large) {
        return true;
    }
    if (large < 256) {
        return false;
    }
    const struct byte_class a = factor_class(space, small), *const b = &space->classes[large - 256];
    return !(a.bits[0] & ~b->bits[0]) && !(a.bits[1] & ~b->bits[1]) && !(a.bits[2] & ~b->bits[2]) &&
           !(a.bits[3] & ~b->bits[3]);
}

/* Whether whatever `longer` matches holds (or ends in) something that `shorter` matches. */
static bool holds(const struct factor_space *space, const struct factor *longer, const struct factor *shorter,
                  bool ends)
{
    if (shorter->len > longer->len) {
        return false;
    }
    const size_t last = (size_t)longer->len - shorter->len;
    for (size_t from = ends ? last : 0; from <= last; from++) {
        size_t i = 0;
        while (i < shorter->len && is_part(space, longer->at[from + i], shorter->at[i])) {
            i++;
        }
        if (i == shorter->len) {
            return true;
        }
    }
    return false;
}

/* Whether sequence `i` is not needed beside `k`; of two that hold each other the first stays. */
static bool is_spare(const struct factor_space *space, const struct factors *set, size_t i, size_t k, bool ends)
{
    return i != k && holds(space, &set->at[i], &set->at[k], ends) &&
           (k < i || !holds(space, &set->at[k], &set->at[i], ends));
}

struct factors factors_least(struct factor_space *space, struct factors set, bool ends)
{
    struct factor *const least = take(space, set.count ? set.count : 1);
    size_t count = 0;
    if (!least) {
        return set;
    }
    for (size_t i = 0; i < set.count; i++) {
        size_t k = 0;
        while (k < set.count && !is_spare(space, &set, i, k, ends)) {
            k++;
        }
        if (k == set.count) {
            least[count++] = set.at[i];
        }
    }
    return (struct factors){least, count};
}

struct factors factors_cut(struct factor_space *space, struct factors set, size_t len, bool ends)
{
    struct factor *const cut = take(space, set.count ? set.count : 1);
    size_t count = 0;
    if (!cut) {
        return set;
    }
    for (size_t i = 0; i < set.count; i++) {
        struct factor f = set.at[i];
        if (f.len > len) {
            memmove(f.at, f.at + (ends ? f.len - len : 0), len * sizeof *f.at);
            f.len = (uint16_t)len;
        }
        count = add_new(cut, count, &f);
    }
    return (struct factors){cut, count};
}

size_t factors_shortest(struct factors set)
{
    size_t shortest = SIZE_MAX;
    for (size_t i = 0; i < set.count; i++) {
        shortest = set.at[i].len < shortest ? set.at[i].len : shortest;
    }
    return shortest;
}

size_t factors_longest(struct factors set)
{
    size_t longest = 0;
    for (size_t i = 0; i < set.count; i++) {
        longest = set.at[i].len > longest ? set.at[i].len : longest;
    }
    return longest;
}

struct factors factors_led(struct factor_space *space, struct factors set, uint32_t lead, bool add)
{
    struct factor *const led = take(space, set.count ? set.count : 1);
    for (size_t i = 0; led && i < set.count; i++) {
        const uint32_t before = add ? set.at[i].lead : 0;
        led[i] = set.at[i];
        led[i].lead = before > UINT32_MAX - lead ? UINT32_MAX : before + lead;
    }
    return led ? (struct factors){led, set.count} : set;
}

double byte_class_chance(const struct byte_class *class)
{
    uint32_t sum = 0;
    for (unsigned w = 0; w < 4; w++) {
        for (uint64_t bits = class->bits[w]; bits; bits &= bits - 1) {
            sum += frequencies[64 * w + (unsigned)__builtin_ctzll(bits)];
        }
    }
    return sum / 1e5;
}

double factors_cost(const struct factor_space *space, struct factors set)
{
    double cost = set.count ? 0 : INFINITY;
    for (size_t i = 0; i < set.count; i++) {
        double chance = 1;
        for (size_t k = 0; k < set.at[i].len; k++) {
            const uint16_t number = set.at[i].at[k];
            chance *= number < 256 ? frequencies[number] / 1e5 : byte_class_chance(&space->classes[number - 256]);
        }
        cost += set.at[i].len ? chance + PER_FACTOR : INFINITY;
    }
    return cost;
}
