/*
 * Shingles: what they are, on examples, and the fast path against a plain twin.
 */
#include "core/str.h"
#include "sketch/sketch.h"
#include "sketch/sketch_kernels.h"
#include "text/word_hash.h"
#include "real_text.h"

static size_t plain_words(tamis_text *text, uint64_t **hashes)
{
    const tamis_tokens tokens = tamis_text_tokens(text);
    size_t words = 0;
    *hashes = malloc((tokens.count + 1) * sizeof **hashes);
    assert_non_null(*hashes);
    for (size_t i = 0; i < tokens.count; i++) {
        if (tokens.at[i].is & TAMIS_TOKEN_WORD) {
            const uint32_t begin = tokens.at[i].at;
            (*hashes)[words++] = word_hash(tamis_text_bytes(text), begin, begin + tokens.at[i].bytes);
        }
    }
    return words;
}

static uint64_t turned(uint64_t x, size_t bits)
{
    return bits % 64 ? x << bits % 64 | x >> (64 - bits % 64) : x;
}

/* Every term of the sum by itself. */
static uint64_t plain_shingle(const uint64_t *words, size_t run)
{
    uint64_t sum = 0;
    for (size_t k = 0; run <= COMBINE_DIRECT && k < run; k++) {
        sum ^= turned(words[k], COMBINE_TURN * (run - 1 - k));
    }
    for (size_t k = 0; run > COMBINE_DIRECT && k < run; k++) {
        uint64_t term = words[k];
        for (size_t p = k + 1; p < run; p++) {
            term *= COMBINE_POLYNOMIAL;
        }
        sum += term;
    }
    if (run > COMBINE_DIRECT) {
        return hash_join(run, sum);
    }
    sum ^= run * COMBINE_COUNT;
    return (sum ^ sum >> 32) * COMBINE_MIX;
}

/* In text order. */
static size_t plain_shingles(tamis_text *text, size_t size, uint64_t *out)
{
    uint64_t *hashes;
    const size_t words = plain_words(text, &hashes);
    const size_t run = words < size ? words : size;
    size_t count = 0;
    for (size_t i = 0; words && i + run <= words; i++) {
        out[count++] = plain_shingle(hashes + i, run);
    }
    free(hashes);
    return count;
}

static size_t plain_set(uint64_t *out, size_t count)
{
    size_t distinct = 0;
    if (count) {
        qsort(out, count, sizeof *out, compare_u64);
    }
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || out[i] != out[i - 1]) {
            out[distinct++] = out[i];
        }
    }
    return distinct;
}

static void check_made(tamis_text *text, unsigned size, tamis_cpu cpu, uint64_t *plain)
{
    struct shingles made = {.kernels = sketch_kernels(cpu)};
    assert_true(shingles_make(&made, text, size));
    size_t count = plain_shingles(text, size, plain);
    for (int sorted = 0; sorted < 2; sorted++) {
        assert_int_equal(made.count, count);
        assert_true(count == 0 || memcmp(made.at, plain, count * sizeof *plain) == 0);
        shingles_sort(&made);
        count = plain_set(plain, count);
    }
    shingles_release(&made);
}

static void check_shingles_of(tamis_str bytes, unsigned size)
{
    tamis_text *const text = tamis_text_new();
    uint64_t *const plain = malloc((bytes.len + 1) * sizeof *plain);
    assert_true(text && plain);
    tamis_text_set(text, bytes);
    for (int cpu = TAMIS_CPU_PLAIN; cpu <= (int)tamis_cpu_best(); cpu++) {
        check_made(text, size, (tamis_cpu)cpu, plain);
    }
    free(plain);
    tamis_text_free(text);
}

static void check_shingles(tamis_str text)
{
    check_shingles_of(text, 5);
    check_shingles_of(text, 1);
    check_shingles_of(text, 13);
}

static struct shingles shingles_of(const char *bytes, unsigned size)
{
    tamis_text *const text = tamis_text_new();
    struct shingles made = {0};
    assert_non_null(text);
    tamis_text_set(text, str_from(bytes));
    assert_true(shingles_make(&made, text, size));
    tamis_text_free(text);
    shingles_sort(&made);
    return made;
}

static double similarity(const char *a, const char *b)
{
    struct shingles left = shingles_of(a, 5), right = shingles_of(b, 5);
    uint64_t common, either;
    shingles_compare(&left, &right, &common, &either);
    shingles_release(&left);
    shingles_release(&right);
    return either ? (double)common / (double)either : -1;
}

static void shingles_are_runs_of_folded_words(void **state)
{
    (void)state;
    assert_true(similarity("one two three four five six", "ONE, two; Three (four) five - SIX!") == 1);
    assert_true(similarity("\xce\xa3\xce\x91\xce\xa3 x y z w", "\xcf\x83\xce\xb1\xcf\x82 x y z w") == 1); /* sigmas */
    assert_true(similarity("one two three four five six", "one two three four five seven") == 1.0 / 3);
    assert_true(similarity("a b c d e f g h i j", "a b c d e f g h i k") == 5.0 / 7);
    assert_true(similarity("one two three four five", "five four three two one") == 0);
    assert_true(similarity("a b c d e", "a b d c e") == 0);
    struct shingles s = shingles_of("a b c d e f a b c d e f a b c d e f", 5);
    assert_int_equal(s.count, 6); /* repeats count once */
    shingles_release(&s);
}

static void short_texts_have_one_shingle_of_all_words(void **state)
{
    (void)state;
    static const char *const texts[] = {"cat", "dog", "cat dog", "dog cat", "cat cat", "cat cat cat", "cat cat cat cat",
                                        "cat cat cat cat cat", "a b c d"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct shingles s = shingles_of(texts[i], 5);
        assert_int_equal(s.count, 1);
        shingles_release(&s);
        for (size_t j = 0; j < sizeof texts / sizeof *texts; j++) {
            assert_true(similarity(texts[i], texts[j]) == (i == j ? 1 : 0));
        }
    }
    assert_true(similarity("cat!", "(CAT)") == 1);
    static const char *const wordless[] = {"", " ", "... --- !!!", "\xe2\x80\x94"};
    for (size_t i = 0; i < sizeof wordless / sizeof *wordless; i++) {
        struct shingles s = shingles_of(wordless[i], 5);
        assert_int_equal(s.count, 0);
        shingles_release(&s);
    }
}

static void shingles_agree_with_their_twin(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "a", "B", "the", "The", "42", "_x", "\xc3\x89", "\xc3\xa9", "\xc8\xba", "\xe1\xba\x9e",
        "\xe6\x97\xa5", "\xf0\x90\x90\x80", " ", " ", " ", " ", ",", "\n", "\xcc\x81",
    };
    uint64_t random = 2;
    for (int round = 0; round < 1500; round++) {
        char text[4000];
        size_t used = 0;
        for (uint64_t n = random_below(&random, 900); n > 0; n--) {
            const char *const piece = pieces[random_below(&random, sizeof pieces / sizeof *pieces)];
            memcpy(text + used, piece, strlen(piece));
            used += strlen(piece);
        }
        check_shingles_of((tamis_str){text, used}, 1 + (unsigned)random_below(&random, 64));
    }
    check_real(check_shingles);
}

static void long_words_are_hashed_whole(void **state)
{
    (void)state;
    static const char *const letters[] = {"x", "\xc3\x89", "\xc8\xba", "\xf0\x90\x90\x80"};
    for (size_t l = 0; l < sizeof letters / sizeof *letters; l++) {
        for (size_t repeat = 60; repeat < 300; repeat += l == 0 ? 1 : 7) {
            struct buf text;
            buf_init(&text, BUF_UNLIMITED);
            for (size_t i = 0; i < repeat; i++) {
                assert_true(buf_add_str(&text, str_from(letters[l])));
            }
            check_shingles_of(buf_str(&text), 5);
            buf_release(&text);
        }
    }
}

static void many_shingles_are_sorted(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    uint64_t random = 3;
    for (int i = 0; i < 120000; i++) {
        assert_true(buf_printf(&text, "%llu ", (unsigned long long)random_below(&random, i < 60000 ? 3 : 100000)));
    }
    check_shingles_of(buf_str(&text), 2);
    check_shingles_of(buf_str(&text), 5);
    buf_release(&text);
}

/* Exactly as many words and shingles of memory as there are, so that a read or a write beyond them is seen. */
static void combining_agrees_with_its_twin(void **state)
{
    (void)state;
    uint64_t random = 5;
    for (unsigned size = 1; size <= 64; size++) {
        for (size_t count = 1; count < 2000; count += count < 40 ? 1 : 489) {
            uint64_t *const words = malloc((count + size - 1) * sizeof *words);
            uint64_t *const made = malloc(count * sizeof *made);
            assert_true(words && made);
            for (size_t i = 0; i < count + size - 1; i++) {
                words[i] = random_below(&random, 4) ? next_random(&random) : 17;
            }
            for (int cpu = TAMIS_CPU_PLAIN; cpu <= (int)tamis_cpu_best(); cpu++) {
                sketch_kernels((tamis_cpu)cpu)->combine(words, count, size, made);
                for (size_t i = 0; i < count; i++) {
                    assert_int_equal(made[i], plain_shingle(words + i, size));
                }
            }
            free(words);
            free(made);
        }
    }
}

/* One word, or two in turn, as often as a shingle has words: no two words, no two lengths give the same. */
static void repeated_words_make_shingles_of_their_own(void **state)
{
    (void)state;
    enum { WORDS = 60 };
    static uint64_t made[64 * WORDS * 2];
    size_t count = 0;
    uint64_t random = 6;
    for (unsigned size = 1; size <= 64; size++) {
        for (int w = 0; w < WORDS; w++) {
            uint64_t words[64];
            words[0] = next_random(&random);
            words[1] = next_random(&random);
            for (unsigned k = 2; k < 64; k++) {
                words[k] = words[k % 2];
            }
            sketch_kernels(TAMIS_CPU_PLAIN)->combine(words, 1, size, &made[count++]);
            for (unsigned k = 1; k < 64; k++) {
                words[k] = words[0];
            }
            if (size > 1) {
                sketch_kernels(TAMIS_CPU_PLAIN)->combine(words, 1, size, &made[count++]);
            }
        }
    }
    assert_int_equal(plain_set(made, count), count);
}

static void comparing_agrees_with_its_twin(void **state)
{
    (void)state;
    uint64_t random = 4;
    for (int round = 0; round < 2000; round++) {
        uint64_t a[40], b[40];
        struct shingles x = {.at = a}, y = {.at = b};
        const uint64_t range = 1 + random_below(&random, 60);
        for (uint64_t v = 0; v < range && x.count < 40 && y.count < 40; v++) {
            const uint64_t value = v == range - 1 ? UINT64_MAX : v;
            if (random_below(&random, 3)) {
                a[x.count++] = value;
            }
            if (random_below(&random, 2)) {
                b[y.count++] = value;
            }
        }
        uint64_t both = 0, common, either;
        for (size_t i = 0; i < x.count; i++) {
            for (size_t j = 0; j < y.count; j++) {
                both += a[i] == b[j];
            }
        }
        shingles_compare(&x, &y, &common, &either);
        assert_int_equal(common, both);
        assert_int_equal(either, x.count + y.count - both);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shingles_are_runs_of_folded_words),
        cmocka_unit_test(short_texts_have_one_shingle_of_all_words),
        cmocka_unit_test(shingles_agree_with_their_twin),
        cmocka_unit_test(long_words_are_hashed_whole),
        cmocka_unit_test(many_shingles_are_sorted),
        cmocka_unit_test(combining_agrees_with_its_twin),
        cmocka_unit_test(repeated_words_make_shingles_of_their_own),
        cmocka_unit_test(comparing_agrees_with_its_twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
