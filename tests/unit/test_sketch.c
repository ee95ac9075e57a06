/*
 * Exact hash and band keys: fast paths against plain twins, probabilities against what theory says.
 */
#include <math.h>

#include "core/str.h"
#include "sketch/exact_piece.h"
#include "sketch/sketch.h"
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
    const hash128 exact = plain_exact(text), bytes = hash128_bytes(text.at, text.len);
    for (int cpu = TAMIS_CPU_PLAIN; cpu <= (int)tamis_cpu_best(); cpu++) {
        const struct sketch_kernels *const kernels = sketch_kernels((tamis_cpu)cpu);
        assert_true(same_hash(sketch_exact(kernels, text, false), exact));
        assert_true(same_hash(sketch_exact(kernels, text, true), bytes));
    }
}

static hash128 exact_of(const char *text)
{
    return sketch_exact(sketch_kernels(tamis_cpu_best()), str_from(text), false);
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
        assert_true(same_hash(exact_of(same[i]), hash));
    }
    for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
        check_exact(str_from(other[i]));
        assert_false(same_hash(exact_of(other[i]), hash));
    }
}

static void exact_hash_of_nothing_is_that_of_an_empty_text(void **state)
{
    (void)state;
    const hash128 nothing = {.high = 0x99aa06d3014798d8u, .low = 0x6001c324468d497fu}; /* published for XXH3-128 */
    for (int cpu = TAMIS_CPU_PLAIN; cpu <= (int)tamis_cpu_best(); cpu++) {
        const struct sketch_kernels *const kernels = sketch_kernels((tamis_cpu)cpu);
        assert_true(same_hash(sketch_exact(kernels, str_from(""), false), nothing));
        assert_true(same_hash(sketch_exact(kernels, (tamis_str){NULL, 0}, false), nothing));
        assert_true(same_hash(sketch_exact(kernels, str_from(" \t\r\n\xe3\x80\x80\xc2\xa0 "), false), nothing));
        assert_true(same_hash(sketch_exact(kernels, (tamis_str){NULL, 0}, true), nothing));
        assert_false(same_hash(sketch_exact(kernels, str_from(" "), true), nothing));
    }
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

/* Texts longer than a piece, with white space of all kinds where one ends. */
static void long_texts_have_the_hash_of_the_whole(void **state)
{
    (void)state;
    static const char *const pieces[] = {" ", "\n", "a", "\xe3\x80\x80", "\xc2\xa0", "\xc3\xa9", "word"};
    uint64_t random = 7;
    for (int round = 0; round < 400; round++) {
        const size_t words = PIECE_BYTES * random_below(&random, 3) + PIECE_BYTES - random_below(&random, 200);
        char *const text = malloc(words + 1000);
        assert_non_null(text);
        memset(text, 'w', words);
        size_t used = words;
        for (uint64_t n = random_below(&random, 240); n > 0; n--) {
            const char *const piece = pieces[random_below(&random, round % 2 ? 2 : sizeof pieces / sizeof *pieces)];
            memcpy(text + used, piece, strlen(piece));
            used += strlen(piece);
        }
        char *const exact = realloc(text, used); /* so that a read beyond it is seen */
        assert_non_null(exact);
        check_exact((tamis_str){exact, used});
        free(exact);
    }
}

/* Not text, but what does not crash and does not depend on the machine. */
static void any_bytes_have_one_exact_hash(void **state)
{
    (void)state;
    static const unsigned char likely[] = {0xc2, 0xe1, 0xe2, 0xe3, 0x80, 0x81, 0x85, 0x8a, 0x9a, 0x9f, 0xa0, 0xa8, ' '};
    uint64_t random = 8;
    for (int round = 0; round < 20000; round++) {
        const size_t len = 1 + random_below(&random, 200);
        unsigned char *const bytes = malloc(len);
        assert_non_null(bytes);
        for (size_t i = 0; i < len; i++) {
            const uint64_t x = next_random(&random);
            bytes[i] = (unsigned char)(x & 1 ? likely[(x >> 8) % sizeof likely] : x >> 8);
        }
        const tamis_str text = {(const char *)bytes, len};
        const hash128 plain = sketch_exact(sketch_kernels(TAMIS_CPU_PLAIN), text, false);
        for (int cpu = TAMIS_CPU_PLAIN; cpu <= (int)tamis_cpu_best(); cpu++) {
            assert_true(same_hash(sketch_exact(sketch_kernels((tamis_cpu)cpu), text, false), plain));
        }
        free(bytes);
    }
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
        cmocka_unit_test(long_texts_have_the_hash_of_the_whole),
        cmocka_unit_test(any_bytes_have_one_exact_hash),
        cmocka_unit_test(keys_follow_their_rows_and_bands_never_meet),
        cmocka_unit_test(keys_are_spread_evenly),
        cmocka_unit_test(s_curve_has_its_published_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
