/*
 * Exact hash, signature and band keys: fast paths against plain twins, probabilities against what theory says.
 */
#include <math.h>

#include "core/str.h"
#include "run/sketch.h"
#include "real_text.h"

/* ---- Exact hash ------------------------------------------------------------------------------------------------- */

/* White_Space of Unicode, and the four separators below it. */
static bool is_space(uint32_t code)
{
    static const uint32_t ranges[][2] = {{0x09, 0x0d}, {0x1c, 0x20}, {0x85, 0x85}, {0xa0, 0xa0}, {0x1680, 0x1680},
                                         {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f},
                                         {0x3000, 0x3000}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (code >= ranges[i][0] && code <= ranges[i][1]) {
            return true;
        }
    }
    return false;
}

static hash128 plain_exact(tamis_str text)
{
    char *const out = malloc(text.len + 1);
    assert_non_null(out);
    size_t used = 0;
    bool gap = false;
    for (size_t i = 0; i < text.len;) {
        const size_t begin = i;
        if (is_space(decode_at(text, &i))) {
            gap = true;
            continue;
        }
        if (gap && used) {
            out[used++] = ' ';
        }
        gap = false;
        memcpy(out + used, text.at + begin, i - begin);
        used += i - begin;
    }
    const hash128 hash = hash128_bytes(out, used);
    free(out);
    return hash;
}

static bool same_hash(hash128 a, hash128 b)
{
    return hash128_compare(a, b) == 0;
}

static void check_exact(tamis_str text)
{
    assert_true(same_hash(sketch_exact(text, false), plain_exact(text)));
    assert_true(same_hash(sketch_exact(text, true), hash128_bytes(text.at, text.len)));
}

static void exact_hash_sees_words_and_not_spaces(void **state)
{
    (void)state;
    static const char *const same[] = {
        "a b c", " a b c", "a b c ", "a  b\tc\n", "a\r\nb\x0b\x0c\143", "a\x1c\142\x1d\x1e\x1f\143",
        "\xc2\xa0\141\xc2\x85\142\xe1\x9a\x80\143", "a\xe2\x80\x80\142\xe2\x80\x8a\143\xe2\x80\xa8",
        "a\xe2\x80\xa9\142\xe2\x80\xaf\143", "a\xe2\x81\x9f\142\xe3\x80\x80\143\xe3\x80\x80",
    }; /* \141 is a, \142 b, \143 c: a hex escape would swallow the letter */
    static const char *const other[] = {"a b C", "ab c", "a b c.", "a b c\xe2\x80\x8b", "a\x1b\142 c", "a b c d", ""};
    const hash128 hash = hash128_bytes("a b c", 5);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        check_exact(str_from(same[i]));
        assert_true(same_hash(sketch_exact(str_from(same[i]), false), hash));
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        check_exact(str_from(other[i]));
        assert_false(same_hash(sketch_exact(str_from(other[i]), false), hash));
    }
}

static void exact_hash_of_nothing_is_that_of_an_empty_text(void **state)
{
    (void)state;
    const hash128 nothing = {.high = 0x99aa06d3014798d8u, .low = 0x6001c324468d497fu}; /* published for XXH3-128 */
    assert_true(same_hash(sketch_exact(str_from(""), false), nothing));
    assert_true(same_hash(sketch_exact((tamis_str){NULL, 0}, false), nothing));
    assert_true(same_hash(sketch_exact(str_from(" \t\r\n\xe3\x80\x80\xc2\xa0 "), false), nothing));
    assert_false(same_hash(sketch_exact(str_from(" "), true), nothing));
}

static void exact_hash_agrees_with_its_twin(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        " ", " ", " ", "\n", "\t", "a", "bc", "word", "abcdefghijklm", " !", "\xc2\xa0", "\xc3\xa9", "\xe2\x80\x83",
        "\xe2\x80\x94", "\xe2\x81\x9f", "\xe2\x81\xa0", "\xe3\x80\x80", "\xe3\x81\x82", "\xe1\x9a\x80",
        "\xe1\x9a\x81", "\xc2\x85", "\xf0\x9f\x99\x82", "\x1f", "\x1b",
    };
    uint64_t random = 1;
    for (int round = 0; round < 3000; round++) {
        char text[400];
        size_t used = 0;
        for (uint64_t n = random_below(&random, 90); n > 0; n--) {
            const char *const piece = pieces[random_below(&random, sizeof pieces / sizeof *pieces)];
            memcpy(text + used, piece, strlen(piece));
            used += strlen(piece);
        }
        check_exact((tamis_str){text, used});
    }
    check_real(check_exact);
}

/* ---- Signature -------------------------------------------------------------------------------------------------- */

static uint64_t thrown(uint64_t shingle, unsigned round)
{
    return round ? hash_mix(shingle + round * 0x9e3779b97f4a7c15u) : shingle;
}

/* Slot by slot: the first round in which any shingle falls into it decides. */
static uint32_t plain_slot(const struct shingles *s, unsigned slots, unsigned slot)
{
    for (unsigned round = 0; round <= slots; round++) {
        const bool last = round == slots;
        uint64_t best = UINT64_MAX;
        for (size_t i = 0; i < s->count; i++) {
            const uint64_t hash = thrown(s->at[i], last ? slots + slot : round);
            const bool falls = last || (hash / 0x100000000u) * slots / 0x100000000u == slot;
            if (falls && hash % 0x100000000u < best) {
                best = hash % 0x100000000u;
            }
        }
        if (best != UINT64_MAX) {
            return (uint32_t)best;
        }
    }
    return 0;
}

static size_t random_set(uint64_t *random, uint64_t *at, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        at[i] = next_random(random);
    }
    qsort(at, count, sizeof *at, compare_u64);
    return count;
}

static void signature_agrees_with_its_twin(void **state)
{
    (void)state;
    static const unsigned slot_counts[] = {1, 2, 96, 112, 128, 1000, SKETCH_MAX_SLOTS};
    static const size_t sizes[] = {1, 2, 3, 20, 90, 300, 2000};
    uint64_t random = 5;
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
        for (size_t k = 0; k < sizeof slot_counts / sizeof *slot_counts; k++) {
            uint64_t at[2000];
            uint32_t signature[SKETCH_MAX_SLOTS];
            const struct shingles s = {.at = at, .count = random_set(&random, at, sizes[n])};
            sketch_signature(&s, slot_counts[k], signature);
            for (unsigned j = 0; j < slot_counts[k]; j += slot_counts[k] > 200 ? 13 : 1) {
                assert_int_equal(signature[j], plain_slot(&s, slot_counts[k], j));
            }
        }
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

/* Mean within five standard errors of J, variance no larger than that of independent permutations allows. */
static void check_agreement(size_t common, size_t own, unsigned slots)
{
    enum { TRIALS = 1500 };
    uint64_t x[512], y[512], random = 1000 * common + own;
    struct shingles a = {.at = x}, b = {.at = y};
    const double expected = (double)common / (double)(common + 2 * own);
    double sum = 0, squares = 0;
    for (int t = 0; t < TRIALS; t++) {
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
    const double variance = expected * (1 - expected) / slots; /* of independent permutations */
    assert_true(fabs(sum / TRIALS) <= 5 * sqrt(variance / TRIALS) + 1e-12);
    assert_true(squares / TRIALS <= variance * (1 + 5 * sqrt(2.0 / TRIALS)) + 1e-12);
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

/* ---- Bands ------------------------------------------------------------------------------------------------------ */

static void keys_follow_their_rows_and_bands_never_meet(void **state)
{
    (void)state;
    enum { BANDS = 20, ROWS = 5 };
    uint32_t signature[BANDS * ROWS] = {0};
    uint64_t keys[BANDS], other[BANDS];
    sketch_bands(signature, BANDS, ROWS, keys);
    for (unsigned a = 0; a < BANDS; a++) {
        for (unsigned b = a + 1; b < BANDS; b++) {
            assert_true(keys[a] != keys[b]);
            assert_true(keys[a] % 32 != keys[b] % 32); /* whatever the rows hold */
        }
    }
    for (unsigned j = 0; j < BANDS * ROWS; j++) {
        signature[j]++;
        sketch_bands(signature, BANDS, ROWS, other);
        for (unsigned b = 0; b < BANDS; b++) {
            assert_int_equal(other[b] == keys[b], b != j / ROWS);
        }
        signature[j]--;
    }
    sketch_bands(signature, 1, BANDS * ROWS, other);
    assert_true(other[0] != keys[0]);
}

static void keys_are_spread_evenly(void **state)
{
    (void)state;
    uint64_t random = 6, keys[16];
    unsigned counts[64] = {0};
    for (int t = 0; t < 4000; t++) {
        uint32_t signature[96];
        for (int j = 0; j < 96; j++) {
            signature[j] = (uint32_t)random_below(&random, 16); /* poor rows, good keys */
        }
        sketch_bands(signature, 16, 6, keys);
        for (int b = 0; b < 16; b++) {
            counts[keys[b] >> 58]++;
        }
    }
    for (int i = 0; i < 64; i++) {
        assert_true(counts[i] > 840 && counts[i] < 1160); /* 1000, five standard errors */
    }
}

static double meets(size_t common, size_t own, unsigned bands, unsigned rows, int trials, uint64_t random)
{
    uint64_t x[512], y[512];
    struct shingles a = {.at = x}, b = {.at = y};
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

static void s_curve_has_its_published_values(void **state)
{
    (void)state;
    static const struct {
        unsigned bands, rows;
        double similarity, share;
    } table[] = {
        {14, 8, 0.5, 0.053},  {14, 8, 0.6, 0.211}, {14, 8, 0.7, 0.565},  {14, 8, 0.75, 0.772}, {14, 8, 0.8, 0.924},
        {14, 8, 0.85, 0.988}, {20, 6, 0.5, 0.270}, {20, 6, 0.8, 0.998},  {25, 5, 0.6, 0.868},  {8, 16, 0.9, 0.806},
        {16, 6, 0.5, 0.223},  {16, 6, 0.6, 0.534}, {16, 6, 0.7, 0.865},  {16, 6, 0.8, 0.992},  {1, 1, 0.37, 0.37},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_true(fabs(sketch_s_curve(table[i].similarity, table[i].bands, table[i].rows) - table[i].share) < 6e-4);
    }
    assert_true(sketch_s_curve(0, 16, 6) == 0);
    assert_true(sketch_s_curve(1, 16, 6) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_hash_sees_words_and_not_spaces),
        cmocka_unit_test(exact_hash_of_nothing_is_that_of_an_empty_text),
        cmocka_unit_test(exact_hash_agrees_with_its_twin),
        cmocka_unit_test(signature_agrees_with_its_twin),
        cmocka_unit_test(slots_agree_as_often_as_sets_are_similar),
        cmocka_unit_test(keys_follow_their_rows_and_bands_never_meet),
        cmocka_unit_test(keys_are_spread_evenly),
        cmocka_unit_test(candidates_follow_the_s_curve),
        cmocka_unit_test(s_curve_has_its_published_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
