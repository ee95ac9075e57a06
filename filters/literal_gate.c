/*
 * Building the gate's tables, the portable search, and the comparison of whole needles.
 */
#include "literal_gate.h"

#include <stdlib.h>
#include <string.h>

#define BUCKETS ((size_t)GATE_GROUPS * 8)
#define PLACES_AT_ONCE 256

/*
 * What is compared first: eight bytes of text under a mask, as far as masks can say what a needle's classes are, and
 * which of their bits are the same as the bit below (capitals, digits and marks differ so from small letters).
 */
struct glance {
    uint64_t mask, value;           /* the first byte lowest */
    uint64_t edge_mask, edge_value; /* see edges() */
    uint32_t back;        /* from the place in the tables to where the needle begins */
    uint16_t len;         /* of the needle */
    bool says_all;
};

/* A needle with the rules it stands for. */
struct member {
    struct needle needle;
    struct glance glance;
    size_t first_rule, rules; /* in gate->rules */
};

struct member_rule {
    uint32_t rule, lead;
};

struct literal_gate {
    struct gate_tables tables;
    gate_kernel *kernel;
    struct member *members; /* by bucket */
    struct glance *glances; /* of the members */
    size_t member_count;
    size_t bucket[BUCKETS + 1]; /* where its members begin */
    struct member_rule *rules;
    size_t rule_count;
    uint64_t *always; /* rules without needles */
    size_t words;
    size_t closed; /* rules that are not always let through */
};

size_t literal_gate_words(size_t rules)
{
    return rules / 64 + 1;
}

void literal_gate_free(struct literal_gate *gate)
{
    if (gate) {
        free(gate->members);
        free(gate->glances);
        free(gate->rules);
        free(gate->always);
        free(gate);
    }
}

/* ---- Building --------------------------------------------------------------------------------------------------- */

struct pair {
    const struct needle *needle;
    uint32_t rule;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *const x = a, *const y = b;
    if (x->needle->len != y->needle->len) {
        return x->needle->len < y->needle->len ? -1 : 1;
    }
    const int order = memcmp(x->needle->at, y->needle->at, x->needle->len * sizeof *x->needle->at);
    return order ? order : x->rule < y->rule ? -1 : x->rule > y->rule;
}

static bool same_needle(const struct needle *a, const struct needle *b)
{
    return a->len == b->len && memcmp(a->at, b->at, a->len * sizeof *a->at) == 0;
}

/* In each byte the bits that differ from the bit below, which for the lowest is 0. */
static inline uint64_t edges(uint64_t word)
{
    return word ^ (word << 1 & 0xfefefefefefefefeu);
}

struct byte_mask {
    uint64_t mask, value;
    bool says_all; /* only bytes of the class have this value */
};

/* The class, or the edges of its bytes, as one byte under a mask. */
static struct byte_mask as_mask(const struct byte_class *class, bool of_edges)
{
    uint64_t all = 0xff, any = 0;
    unsigned count = 0;
    for (unsigned b = 0; b < 256; b++) {
        if (byte_class_has(class, (unsigned char)b)) {
            const uint64_t x = of_edges ? edges(b) & 0xffu : b;
            all &= x;
            any |= x;
            count++;
        }
    }
    const uint64_t differ = all ^ any;
    return (struct byte_mask){~differ & 0xffu, all & ~differ, count == 1u << __builtin_popcountll(differ)};
}

static void make_glance(struct member *m)
{
    struct glance *const glance = &m->glance;
    glance->len = (uint16_t)m->needle.len;
    glance->says_all = m->needle.len <= 8;
    for (size_t i = 0; i < m->needle.len && i < 8; i++) {
        const struct byte_mask plain = as_mask(&m->needle.at[i], false), edge = as_mask(&m->needle.at[i], true);
        glance->says_all = glance->says_all && plain.says_all;
        glance->mask |= plain.mask << (8 * i);
        glance->value |= plain.value << (8 * i);
        glance->edge_mask |= edge.mask << (8 * i);
        glance->edge_value |= edge.value << (8 * i);
    }
}

static struct byte_class every_byte(void)
{
    return (struct byte_class){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
}

static struct byte_class class_in_span(const struct member *m, size_t i)
{
    const size_t at = m->glance.back + i;
    return at < m->needle.len ? m->needle.at[at] : every_byte();
}

/* Takes the rarest bytes of the needle for the tables; returns how often they are expected. */
static double choose_span(struct member *m)
{
    double best = 2;
    uint32_t best_back = 0;
    for (uint32_t back = 0; back == 0 || back + GATE_SPAN <= m->needle.len; back++) {
        double chance = 1;
        m->glance.back = back;
        for (size_t i = 0; i < GATE_SPAN; i++) {
            const struct byte_class class = class_in_span(m, i);
            chance *= byte_class_chance(&class);
        }
        if (chance < best) {
            best = chance;
            best_back = back;
        }
    }
    m->glance.back = best_back;
    return best;
}

struct bucket {
    struct byte_class at[GATE_SPAN];
    double chance;
    size_t members;
};

/* The chance of what the tables by halves of a byte let through for `class`. */
static double chance_by_halves(const struct byte_class *class)
{
    uint64_t low = 0;
    struct byte_class wide = {{0}};
    for (unsigned w = 0; w < 4; w++) {
        for (unsigned quarter = 0; quarter < 4; quarter++) {
            low |= class->bits[w] >> (16 * quarter) & 0xffffu;
        }
    }
    for (unsigned w = 0; w < 4; w++) {
        for (unsigned quarter = 0; quarter < 4; quarter++) {
            const bool any = class->bits[w] >> (16 * quarter) & 0xffffu;
            wide.bits[w] |= any ? low << (16 * quarter) : 0;
        }
    }
    return byte_class_chance(&wide);
}

static double chance_with(const struct bucket *bucket, const struct member *m, struct byte_class *both)
{
    double chance = 1;
    for (size_t i = 0; i < GATE_SPAN; i++) {
        const struct byte_class class = class_in_span(m, i);
        for (size_t w = 0; w < 4; w++) {
            both[i].bits[w] = bucket->at[i].bits[w] | class.bits[w];
        }
        chance *= chance_by_halves(&both[i]);
    }
    return chance;
}

/* The bucket that the needle makes least more frequent. */
static size_t choose_bucket(struct bucket *buckets, size_t count, const struct member *m)
{
    size_t best = 0;
    double least = 1e9;
    struct byte_class both[GATE_SPAN];
    for (size_t b = 0; b < count; b++) {
        const double more = chance_with(&buckets[b], m, both) - buckets[b].chance + 1e-7 * (double)buckets[b].members;
        if (more < least) {
            least = more;
            best = b;
        }
    }
    buckets[best].chance = chance_with(&buckets[best], m, buckets[best].at);
    buckets[best].members++;
    return best;
}

static void fill_tables(struct gate_tables *t, const struct bucket *buckets)
{
    for (size_t b = 0; b < t->groups * 8; b++) {
        for (size_t i = 0; buckets[b].members && i < GATE_SPAN; i++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                if (byte_class_has(&buckets[b].at[i], (unsigned char)byte)) {
                    t->buckets[i][byte] |= (uint32_t)1 << b;
                    t->low[b / 8][i][byte & 15u] |= (uint8_t)(1u << (b & 7u));
                    t->high[b / 8][i][byte >> 4] |= (uint8_t)(1u << (b & 7u));
                }
            }
        }
    }
}

struct placed {
    size_t member, bucket;
    double chance;
};

static int compare_chances(const void *a, const void *b)
{
    const struct placed *const x = a, *const y = b;
    return x->chance != y->chance ? (x->chance > y->chance ? -1 : 1) : x->member < y->member ? -1 : 1;
}

static int compare_buckets(const void *a, const void *b)
{
    const struct placed *const x = a, *const y = b;
    return x->bucket != y->bucket ? (x->bucket < y->bucket ? -1 : 1) : x->member < y->member ? -1 : 1;
}

static size_t groups_for(size_t needles)
{
    return needles <= 16 ? 1 : needles <= 80 ? 2 : needles <= 128 ? 3 : GATE_GROUPS;
}

/* Shares the members out to buckets, frequent ones first, and sorts them by bucket. */
static bool share_out(struct literal_gate *gate)
{
    const size_t count = gate->member_count;
    gate->tables.groups = groups_for(count);
    struct placed *const order = calloc(count + 1, sizeof *order);
    struct member *const sorted = calloc(count + 1, sizeof *sorted);
    gate->glances = calloc(count + 1, sizeof *gate->glances);
    if (!order || !sorted || !gate->glances) {
        free(order);
        free(sorted);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = (struct placed){.member = i, .chance = choose_span(&gate->members[i])};
        make_glance(&gate->members[i]);
    }
    qsort(order, count, sizeof *order, compare_chances);
    struct bucket buckets[BUCKETS] = {{.members = 0}};
    for (size_t i = 0; i < count; i++) {
        order[i].bucket = choose_bucket(buckets, gate->tables.groups * 8, &gate->members[order[i].member]);
    }
    fill_tables(&gate->tables, buckets);
    qsort(order, count, sizeof *order, compare_buckets);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = gate->members[order[i].member];
        gate->glances[i] = sorted[i].glance;
    }
    for (size_t b = 0; b < BUCKETS; b++) {
        gate->bucket[b + 1] = gate->bucket[b] + buckets[b].members;
    }
    free(order);
    free(gate->members);
    gate->members = sorted;
    return true;
}

/* Every needle once, with all its rules. */
static void add_members(struct literal_gate *gate, struct pair *pairs, size_t count)
{
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !same_needle(pairs[i].needle, pairs[i - 1].needle)) {
            gate->members[gate->member_count++] =
                (struct member){.needle = *pairs[i].needle, .first_rule = gate->rule_count};
        }
        gate->rules[gate->rule_count++] = (struct member_rule){pairs[i].rule, pairs[i].needle->lead};
        gate->members[gate->member_count - 1].rules++;
    }
}

static bool build(struct literal_gate *gate, const struct needs *needs, size_t count)
{
    size_t needles = 0;
    for (size_t r = 0; r < count; r++) {
        needles += needs[r].count;
    }
    gate->words = literal_gate_words(count);
    gate->always = calloc(gate->words, sizeof *gate->always);
    gate->members = calloc(needles + 1, sizeof *gate->members);
    gate->rules = calloc(needles + 1, sizeof *gate->rules);
    struct pair *const pairs = calloc(needles + 1, sizeof *pairs);
    if (!gate->always || !gate->members || !gate->rules || !pairs) {
        free(pairs);
        return false;
    }
    size_t pair_count = 0;
    for (size_t r = 0; r < count; r++) {
        const bool open = !needs[r].count;
        gate->closed += !open;
        gate->always[r >> 6] |= (uint64_t)open << (r & 63u);
        for (size_t i = 0; i < needs[r].count; i++) {
            pairs[pair_count++] = (struct pair){&needs[r].at[i], (uint32_t)r};
        }
    }
    add_members(gate, pairs, pair_count);
    free(pairs);
    return share_out(gate);
}

static gate_kernel *choose_kernel(tamis_cpu cpu)
{
#if defined(__x86_64__)
    if (cpu >= TAMIS_CPU_AVX512) {
        return gate_kernel_avx512;
    }
    if (cpu >= TAMIS_CPU_AVX2) {
        return gate_kernel_avx2;
    }
#endif
    (void)cpu;
    return gate_kernel_plain;
}

tamis_status literal_gate_new(struct literal_gate **gate, const struct needs *needs, size_t count, tamis_cpu cpu,
                              tamis_err *err)
{
    struct literal_gate *const g = calloc(1, sizeof *g);
    if (!g || !build(g, needs, count)) {
        literal_gate_free(g);
        return tamis_fail(err, TAMIS_IO, "out of memory for the literals of patterns: give the program more memory");
    }
    g->kernel = choose_kernel(cpu);
    *gate = g;
    return TAMIS_OK;
}

/* ---- Searching -------------------------------------------------------------------------------------------------- */

static inline uint32_t buckets_at(const struct gate_tables *t, tamis_str text, size_t at)
{
    const unsigned char *const b = (const unsigned char *)text.at + at;
    if (text.len - at >= GATE_SPAN) {
        return t->buckets[0][b[0]] & t->buckets[1][b[1]] & t->buckets[2][b[2]] & t->buckets[3][b[3]];
    }
    uint32_t bits = UINT32_MAX;
    for (size_t i = 0; i < GATE_SPAN; i++) {
        bits &= t->buckets[i][at + i < text.len ? b[i] : 0];
    }
    return bits;
}

size_t gate_kernel_plain(const struct gate_tables *tables, tamis_str text, size_t *from, uint32_t *places, size_t room)
{
    size_t count = 0, at = *from;
    for (; at < text.len && count < room; at++) {
        places[count] = (uint32_t)at;
        count += buckets_at(tables, text, at) != 0;
    }
    *from = at;
    return count;
}

/* Eight bytes from `at` on, the first lowest; zeros behind the end. */
static inline uint64_t load_word(tamis_str text, size_t at, bool inside)
{
    uint64_t word = 0;
    const unsigned char *const b = (const unsigned char *)text.at + at;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (inside || text.len - at >= 8) {
        memcpy(&word, b, 8);
        return word;
    }
#endif
    const size_t len = text.len - at < 8 ? text.len - at : 8;
    for (size_t i = 0; i < len; i++) {
        word |= (uint64_t)b[i] << (8 * i);
    }
    return word;
}

static bool has_classes(const struct needle *needle, const char *at)
{
    for (size_t i = 0; i < needle->len; i++) {
        if (!byte_class_has(&needle->at[i], (unsigned char)at[i])) {
            return false;
        }
    }
    return true;
}

/* Whether no needle that may stand at `at` can reach beyond the text. */
static bool is_inside(tamis_str text, size_t at)
{
    return at >= FACTOR_BYTES && text.len - at >= FACTOR_BYTES;
}

static inline bool may_be_hit(const struct glance *glance, tamis_str text, size_t place, bool inside)
{
    const size_t begin = place - glance->back;
    if (!inside && (place < glance->back || text.len - begin < glance->len)) {
        return false;
    }
    const uint64_t word = load_word(text, begin, inside);
    return (word & glance->mask) == glance->value && (edges(word) & glance->edge_mask) == glance->edge_value;
}

static size_t note(const struct literal_gate *gate, const struct member *m, size_t begin, struct gate_found *found)
{
    size_t opened = 0;
    for (size_t i = 0; i < m->rules; i++) {
        const uint32_t rule = gate->rules[m->first_rule + i].rule, lead = gate->rules[m->first_rule + i].lead;
        const uint64_t bit = (uint64_t)1 << (rule & 63u);
        opened += !(found->rules[rule >> 6] & bit);
        found->rules[rule >> 6] |= bit;
        if (found->place_count < GATE_PLACES) {
            found->places[found->place_count++] = (struct gate_place){(uint32_t)begin, lead, rule};
        } else {
            found->more_places = true;
        }
    }
    return opened;
}

/* Compares the needles of the buckets that are set in `bits`; returns how many rules are opened. */
static inline size_t compare(const struct literal_gate *gate, tamis_str text, size_t at, uint32_t bits, bool inside,
                             struct gate_found *found)
{
    size_t opened = 0;
    for (; bits; bits &= bits - 1) {
        const size_t bucket = (size_t)__builtin_ctz(bits), end = gate->bucket[bucket + 1];
        for (size_t i = gate->bucket[bucket]; i < end; i++) {
            const struct glance *const glance = &gate->glances[i];
            if (may_be_hit(glance, text, at, inside) &&
                (glance->says_all || has_classes(&gate->members[i].needle, text.at + at - glance->back))) {
                opened += note(gate, &gate->members[i], at - glance->back, found);
            }
        }
    }
    return opened;
}

/* Compares the needles that may stand at `at`; returns how many rules are opened. */
static size_t look_at(const struct literal_gate *gate, tamis_str text, size_t at, struct gate_found *found)
{
    const uint32_t bits = buckets_at(&gate->tables, text, at);
    return is_inside(text, at) ? compare(gate, text, at, bits, true, found)
                               : compare(gate, text, at, bits, false, found);
}

void literal_gate_search(const struct literal_gate *gate, tamis_str text, struct gate_found *found)
{
    uint32_t places[PLACES_AT_ONCE];
    memcpy(found->rules, gate->always, gate->words * sizeof *found->rules);
    found->place_count = 0;
    found->more_places = false;
    size_t from = 0, closed = gate->closed;
    while (from < text.len && gate->closed && (closed || !found->more_places)) {
        const size_t count = gate->kernel(&gate->tables, text, &from, places, PLACES_AT_ONCE);
        for (size_t i = 0; i < count; i++) {
            closed -= look_at(gate, text, places[i], found);
        }
    }
}
