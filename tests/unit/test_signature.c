/*
 * MinHash signatures: the same from every instruction set as from a plain twin, and as good an estimate of similarity
 * as theory says.
 */
#include <math.h>

#include "sketch/sketch.h"
#include "real_text.h"

static uint64_t thrown(uint64_t shingle, unsigned round)
{
    return round ? shingle * (hash_mix(round) | 1) : shingle;
}

/* Slot by slot: the first round in which any shingle falls into it decides. */
static uint32_t plain_slot(const struct shingles *s, unsigned slots, unsigned slot)
{
    for (unsigned round = 0; round <= slots; round++) {
        const bool last = round == slots;
        uint64_t best = UINT32_MAX;
        for (size_t i = 0; i < s->count; i++) {
            const uint64_t hash = thrown(s->at[i], last ? slots + slot : round);
            const bool falls = last || (hash / 0x100000000u) * slots / 0x100000000u == slot;
            if (falls && hash % 0x100000000u < best) {
                best = hash % 0x100000000u;
            }
        }
        if (best != UINT32_MAX) {
            return (uint32_t)best;
        }
    }
    return UINT32_MAX;
}

static size_t random_set(uint64_t *random, uint64_t *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        at[i] = next_random(random);
    }
    qsort(at, count, sizeof *at, compare_u64);
    return count;
}

static void check_signature(const struct shingles *s, unsigned slots, unsigned step)
{
    uint32_t plain[SKETCH_MAX_SLOTS], signature[SKETCH_MAX_SLOTS + 1];
    struct shingles of = *s;
    of.kernels = sketch_kernels(TAMIS_CPU_PLAIN);
    sketch_signature(&of, slots, plain);
    for (unsigned j = 0; j < slots; j += step) {
        assert_int_equal(plain[j], plain_slot(s, slots, j));
    }
    for (int cpu = TAMIS_CPU_AVX2; cpu <= (int)tamis_cpu_best(); cpu++) {
        of.kernels = sketch_kernels((tamis_cpu)cpu);
        signature[slots] = 77;
        sketch_signature(&of, slots, signature);
        assert_memory_equal(signature, plain, slots * sizeof *plain);
        assert_int_equal(signature[slots], 77); /* what lies behind is not touched */
    }
}

static void signature_agrees_with_its_twin(void **state)
{
    (void)state;
    static const unsigned slot_counts[] = {1, 2, 63, 96, 112, 128, 1000, SKETCH_MAX_SLOTS};
    static const size_t sizes[] = {1, 2, 3, 20, 90, 300, 2000};
    uint64_t random = 5;
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
        for (size_t k = 0; k < sizeof slot_counts / sizeof *slot_counts; k++) {
            uint64_t at[2000];
            const struct shingles s = {.at = at, .count = random_set(&random, at, sizes[n])};
            check_signature(&s, slot_counts[k], slot_counts[k] > 200 ? 13 : 1);
        }
    }
}

/* All numbers of slots, numbers of shingles around the widths of vectors, memory of exactly their size. */
static void signature_is_the_same_on_every_machine(void **state)
{
    (void)state;
    uint64_t random = 9;
    for (unsigned slots = 1; slots <= SKETCH_MAX_SLOTS; slots++) {
        const size_t count = 1 + random_below(&random, slots % 16 ? 40 : 2000);
        struct shingles s = {.at = malloc(count * sizeof(uint64_t))};
        assert_non_null(s.at);
        s.count = random_set(&random, s.at, count);
        if (slots % 5 == 0) {
            s.at[0] = UINT64_MAX; /* the value that stands for an empty slot, and 0 */
            s.at[count - 1] = 0;
        }
        check_signature(&s, slots, 1 + slots / 2);
        free(s.at);
    }
}

/* Two random sets that share `common` shingles and have `own` more each. */
static void random_pair(uint64_t *random, size_t common, size_t own, struct shingles *a, struct shingles *b)
{
    a->count = b->count = common + own;
    for (size_t i = 0; i < common + own; i++) {
        a->at[i] = next_random(random);
        b->at[i] = i < common ? a->at[i] : next_random(random);
    }
    qsort(a->at, a->count, sizeof *a->at, compare_u64);
    qsort(b->at, b->count, sizeof *b->at, compare_u64);
}

/* Over many pairs of sets: how the share of equal slots departs from J. */
struct estimate {
    double bias;     /* in standard errors of independent permutations */
    double variance; /* over that of independent permutations; 0 where there is none */
};

enum { ESTIMATES = 1500, LARGEST_SET = 1000 };

static struct estimate estimate(size_t common, size_t own, unsigned slots)
{
    static uint64_t x[LARGEST_SET], y[LARGEST_SET];
    uint64_t random = 1000 * common + own;
    const struct sketch_kernels *const kernels = sketch_kernels(tamis_cpu_best());
    struct shingles a = {.at = x, .kernels = kernels}, b = {.at = y, .kernels = kernels};
    const double expected = (double)common / (double)(common + 2 * own);
    double sum = 0, squares = 0;
    for (int t = 0; t < ESTIMATES; t++) {
        uint32_t left[SKETCH_MAX_SLOTS], right[SKETCH_MAX_SLOTS];
        random_pair(&random, common, own, &a, &b);
        sketch_signature(&a, slots, left);
        sketch_signature(&b, slots, right);
        unsigned equal = 0;
        for (unsigned j = 0; j < slots; j++) {
            equal += left[j] == right[j];
        }
        const double error = (double)equal / slots - expected;
        sum += error;
        squares += error * error;
    }
    const double variance = expected * (1 - expected) / slots + 1e-15;
    return (struct estimate){.bias = sum / sqrt(ESTIMATES * variance), .variance = squares / ESTIMATES / variance};
}

/* Mean within five standard errors of J, variance no larger than that of independent permutations allows. */
static void check_agreement(size_t common, size_t own, unsigned slots)
{
    const struct estimate e = estimate(common, own, slots);
    assert_true(fabs(e.bias) <= 5);
    assert_true(e.variance <= 1 + 5 * sqrt(2.0 / ESTIMATES));
}

static void slots_agree_as_often_as_sets_are_similar(void **state)
{
    (void)state;
    static const size_t sets[][2] = {{2, 1}, {1, 2}, {0, 3}, {3, 0}, {16, 4}, {10, 10}, {18, 2}, {267, 33}, {200, 100},
                                     {30, 270}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        check_agreement(sets[i][0], sets[i][1], 96);
        check_agreement(sets[i][0], sets[i][1], 112);
    }
    check_agreement(16, 4, 1);
    check_agreement(16, 4, 777);
}

static double meets(size_t common, size_t own, unsigned bands, unsigned rows, int trials, uint64_t random)
{
    uint64_t x[512], y[512];
    const struct sketch_kernels *const kernels = sketch_kernels(tamis_cpu_best());
    struct shingles a = {.at = x, .kernels = kernels}, b = {.at = y, .kernels = kernels};
    int met = 0;
    for (int t = 0; t < trials; t++) {
        uint32_t left[SKETCH_MAX_SLOTS], right[SKETCH_MAX_SLOTS];
        uint64_t keys_a[64], keys_b[64];
        random_pair(&random, common, own, &a, &b);
        sketch_signature(&a, bands * rows, left);
        sketch_signature(&b, bands * rows, right);
        sketch_bands(left, bands, rows, keys_a);
        sketch_bands(right, bands, rows, keys_b);
        bool any = false;
        for (unsigned i = 0; i < bands; i++) {
            any = any || keys_a[i] == keys_b[i];
        }
        met += any;
    }
    return (double)met / trials;
}

/* Slots of short texts are not quite independent, hence the allowance beyond chance. */
static void check_curve(size_t common, size_t own, unsigned bands, unsigned rows)
{
    enum { TRIALS = 3000 };
    const double expected = sketch_s_curve((double)common / (double)(common + 2 * own), bands, rows);
    const double found = meets(common, own, bands, rows, TRIALS, 31 * common + own);
    assert_true(fabs(found - expected) <= 5 * sqrt(expected * (1 - expected) / TRIALS) + 0.02);
}

static void candidates_follow_the_s_curve(void **state)
{
    (void)state;
    static const size_t sets[][2] = {{16, 2}, {12, 4}, {10, 5}, {16, 4}, {267, 33}, {240, 30}, {210, 45}, {150, 75}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        check_curve(sets[i][0], sets[i][1], 16, 6);
        check_curve(sets[i][0], sets[i][1], 14, 8);
    }
}

/*
 * The mean and the spread of the estimate where rounds are needed and where hardly any are: never worse than
 * independent permutations, about half of their variance on short texts.
 */
static void estimates_are_as_good_as_published(void **state)
{
    (void)state;
    static const struct {
        size_t common, own;
        double variance; /* at most, of that of independent permutations */
    } table[] = {
        {13, 7, 0.6},   {18, 2, 0.6},   {43, 21, 0.7},   {57, 7, 0.7},   {85, 43, 0.75},  {114, 14, 0.75},
        {200, 100, 1},  {267, 33, 1},   {333, 167, 1.1}, {444, 56, 1.1}, {667, 333, 1.1}, {889, 111, 1.1},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct estimate e = estimate(table[i].common, table[i].own, 96);
        assert_true(fabs(e.bias) <= 4);
        assert_true(e.variance <= table[i].variance);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signature_agrees_with_its_twin),
        cmocka_unit_test(signature_is_the_same_on_every_machine),
        cmocka_unit_test(slots_agree_as_often_as_sets_are_similar),
        cmocka_unit_test(estimates_are_as_good_as_published),
        cmocka_unit_test(candidates_follow_the_s_curve),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
