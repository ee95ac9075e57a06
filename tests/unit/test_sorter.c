/*
 * Sorting outside memory against qsort of everything: even, skewed, equal and adversarial rows, any memory, any order
 * of insertion; what is written is removed, also when the disk fails.
 */
#define _GNU_SOURCE /* RLIMIT_FSIZE with its signal, mkdtemp */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/rows.h"
#include "core/sorter.h"

static int make_folder(void **state)
{
    char *folder = strdup("/tmp/tamis-sorter-XXXXXX");
    *state = folder;
    return folder != NULL && mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    const int result = rmdir(*state);
    free(*state);
    return result;
}

static size_t count_files(const char *folder)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* ---- The plain twin --------------------------------------------------------------------------------------------- */

struct plain {
    uint64_t *rows;
    size_t count;
    unsigned words;
};

#define COMPARE(n) \
    static int compare##n(const void *a, const void *b) \
    { \
        return rows_compare(a, b, n); \
    }
COMPARE(1)
COMPARE(2)
COMPARE(3)
COMPARE(4)
COMPARE(5)
COMPARE(6)
COMPARE(7)
COMPARE(8)
COMPARE(9)
COMPARE(10)

static void plain_sort(struct plain *p, bool unique)
{
    static int (*const compare[])(const void *, const void *) = {NULL,     compare1, compare2, compare3, compare4,
                                                                 compare5, compare6, compare7, compare8,
                                                                compare9, compare10};
    qsort(p->rows, p->count, p->words * sizeof(*p->rows), compare[p->words]);
    size_t kept = 0;
    for (size_t i = 0; i < p->count && unique; i++) {
        if (kept == 0 || rows_compare(p->rows + (kept - 1) * p->words, p->rows + i * p->words, p->words) != 0) {
            rows_copy(p->rows + kept++ * p->words, p->rows + i * p->words, p->words);
        }
    }
    p->count = unique ? kept : p->count;
}

/* ---- Shapes of input -------------------------------------------------------------------------------------------- */

enum shape {
    EVEN,
    ONE_FIRST,
    ALL_EQUAL,
    TWO_VALUES,
    SKEWED,
    FEW_BITS,
    ASCENDING,
    DESCENDING,
    ABOVE_TOP,
    EXTREMES,
    SHAPES
};

static uint64_t shaped_word(enum shape shape, unsigned word, size_t i, uint64_t top, uint64_t *random)
{
    const uint64_t r = next_random(random);
    const uint64_t even = top == UINT64_MAX ? r : r % (top + 1);
    switch (shape) {
    case ONE_FIRST:
        return word == 0 ? top / 3 : r;
    case ALL_EQUAL:
        return top / 2;
    case TWO_VALUES:
        return word == 0 ? (r & 1) * top : r & 1;
    case SKEWED: /* most rows in ever smaller neighbourhoods of zero */
        return even >> next_random(random) % 64;
    case FEW_BITS:
        return word == 0 ? even : r % 3;
    case ASCENDING:
        return word == 0 ? (uint64_t)i : r % 2;
    case DESCENDING:
        return word == 0 ? top - (uint64_t)i : r % 2;
    case ABOVE_TOP:
        return r;
    case EXTREMES:
        return r % 3 == 0 ? 0 : r % 3 == 1 ? UINT64_MAX : r;
    default:
        return word == 0 ? even : r;
    }
}

static struct plain make_rows(enum shape shape, size_t count, unsigned words, uint64_t top, uint64_t *random)
{
    struct plain p = {malloc((count + 1) * words * sizeof(uint64_t)), count, words};
    assert_non_null(p.rows);
    for (size_t i = 0; i < count; i++) {
        for (unsigned word = 0; word < words; word++) {
            p.rows[i * words + word] = shaped_word(shape, word, i, top, random);
        }
        if (i > 0 && next_random(random) % 8 == 0) { /* and some rows twice */
            rows_copy(p.rows + i * words, p.rows + (next_random(random) % i) * words, words);
        }
    }
    return p;
}

static void shuffle(struct plain *p, uint64_t *random)
{
    for (size_t i = p->count; i > 1; i--) {
        uint64_t kept[ROWS_MAX_WORDS];
        uint64_t *a = p->rows + (i - 1) * p->words, *b = p->rows + (next_random(random) % i) * p->words;
        rows_copy(kept, a, p->words);
        rows_copy(a, b, p->words);
        rows_copy(b, kept, p->words);
    }
}

/* ---- Sorting ---------------------------------------------------------------------------------------------------- */

static struct sorter *open_sorter(const char *folder, unsigned words, uint64_t top, size_t memory, bool unique)
{
    const struct sorter_options options = {folder, "rows", words, top, memory, unique};
    struct sorter *s = NULL;
    tamis_err err = {0};
    if (sorter_open(&s, &options, &err) != TAMIS_OK) {
        fail_msg("%s", err.text);
    }
    return s;
}

static void add_all(struct sorter *s, const struct plain *p)
{
    tamis_err err = {0};
    for (size_t i = 0; i < p->count; i++) {
        if (sorter_add(s, p->rows + i * p->words, &err) != TAMIS_OK) {
            fail_msg("%s", err.text);
        }
    }
    assert_int_equal(sorter_count(s), p->count);
    if (sorter_finish(s, &err) != TAMIS_OK) {
        fail_msg("%s", err.text);
    }
}

static void assert_gives(struct sorter *s, const struct plain *expected)
{
    tamis_err err = {0};
    const uint64_t *row;
    for (size_t i = 0; i <= expected->count; i++) {
        if (sorter_next(s, &row, &err) != TAMIS_OK) {
            fail_msg("%s", err.text);
        }
        if (i == expected->count) {
            assert_null(row);
        } else {
            assert_non_null(row);
            assert_memory_equal(row, expected->rows + i * expected->words, expected->words * sizeof(*row));
        }
    }
    assert_int_equal(sorter_next(s, &row, &err), TAMIS_OK);
    assert_null(row);
}

static void check(const char *folder, enum shape shape, size_t count, unsigned words, uint64_t top, size_t memory,
                  bool unique, uint64_t *random)
{
    struct plain p = make_rows(shape, count, words, top, random);
    const size_t bytes = count * words * sizeof(uint64_t);
    for (int order = 0; order < 2; order++) {
        struct sorter *s = open_sorter(folder, words, top, memory, unique);
        add_all(s, &p);
        const bool spills = bytes > memory && count > 64;
        assert_int_equal(sorter_spilled(s) > 0, spills);
        assert_int_equal(count_files(folder) > 0, spills);
        if (order == 0) {
            struct plain sorted = {malloc(bytes + 1), count, words};
            assert_non_null(sorted.rows);
            memcpy(sorted.rows, p.rows, bytes);
            plain_sort(&sorted, unique);
            assert_gives(s, &sorted);
            free(sorted.rows);
            shuffle(&p, random);
        } else {
            plain_sort(&p, unique);
            assert_gives(s, &p);
        }
        assert_int_equal(count_files(folder), 0);
        sorter_free(s);
    }
    free(p.rows);
}

static void test_every_shape_like_qsort(void **state)
{
    const char *folder = *state;
    uint64_t random = 0x9e3779b97f4a7c15u;
    static const uint64_t tops[] = {UINT64_MAX, 999999, 12};
    static const size_t memories[] = {1, 3000, 20000, 1u << 20};
    for (int shape = 0; shape < SHAPES; shape++) {
        for (size_t m = 0; m < sizeof(memories) / sizeof(memories[0]); m++) {
            for (size_t t = 0; t < sizeof(tops) / sizeof(tops[0]); t++) {
                const unsigned words = 1 + (unsigned)(next_random(&random) % 3);
                const size_t count = (size_t)(next_random(&random) % 4000);
                const bool unique = next_random(&random) % 2 == 0;
                check(folder, (enum shape)shape, count, words, tops[t], memories[m], unique, &random);
            }
        }
    }
}

static void test_every_width(void **state)
{
    const char *folder = *state;
    uint64_t random = 42;
    for (unsigned words = 1; words <= ROWS_MAX_WORDS; words++) {
        check(folder, EVEN, 1500, words, UINT64_MAX, 8192, false, &random);
        check(folder, FEW_BITS, 1500, words, 3, 8192, true, &random);
        check(folder, ONE_FIRST, 1500, words, 100, 1u << 20, false, &random);
    }
}

static void test_small_counts(void **state)
{
    const char *folder = *state;
    uint64_t random = 7;
    static const size_t counts[] = {0, 1, 2, 24, 25, 63, 64, 65, 128, 129};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        check(folder, EVEN, counts[i], 2, 1000, 1, false, &random);
        check(folder, ALL_EQUAL, counts[i], 2, 1000, 1, true, &random);
    }
}

static void test_larger_run(void **state)
{
    const char *folder = *state;
    uint64_t random = 11;
    check(folder, EVEN, 300000, 3, UINT64_MAX, 1u << 20, false, &random);
    check(folder, SKEWED, 200000, 2, UINT64_MAX, 1u << 18, false, &random);
    check(folder, ONE_FIRST, 200000, 2, 5, 1u << 18, true, &random);
}

/* Powers of two: every cut leaves nearly everything in one part, as deep as it can go. */
static void test_rows_that_resist_parting(void **state)
{
    const char *folder = *state;
    struct plain p = {malloc(64u * 64u * 32u * 2u * sizeof(uint64_t)), 0, 2};
    assert_non_null(p.rows);
    for (unsigned i = 0; i < 64; i++) {
        for (unsigned j = 0; j < 64; j++) {
            for (unsigned again = 0; again < 32; again++) {
                p.rows[2 * p.count] = (uint64_t)1 << i;
                p.rows[2 * p.count++ + 1] = (uint64_t)1 << j;
            }
        }
    }
    uint64_t random = 3;
    shuffle(&p, &random);
    struct sorter *s = open_sorter(folder, 2, UINT64_MAX, 4096, false);
    add_all(s, &p);
    plain_sort(&p, false);
    assert_gives(s, &p);
    sorter_free(s);
    assert_int_equal(count_files(folder), 0);
    free(p.rows);
}

static void test_rows_in_memory(void **state)
{
    (void)state;
    uint64_t random = 5;
    for (int shape = 0; shape < SHAPES; shape++) {
        for (unsigned words = 1; words <= ROWS_MAX_WORDS; words++) {
            const size_t count = (size_t)(next_random(&random) % 3000);
            struct plain p = make_rows((enum shape)shape, count, words, UINT64_MAX, &random);
            uint64_t *sorted = malloc((count + 1) * words * sizeof(*sorted));
            assert_non_null(sorted);
            memcpy(sorted, p.rows, count * words * sizeof(*sorted));
            rows_sort(sorted, count, words, 0);
            plain_sort(&p, false);
            assert_memory_equal(sorted, p.rows, count * words * sizeof(*sorted));
            free(sorted);
            free(p.rows);
        }
    }
}

static void test_freed_half_way(void **state)
{
    const char *folder = *state;
    uint64_t random = 9;
    struct plain p = make_rows(SKEWED, 20000, 2, UINT64_MAX, &random);
    tamis_err err;
    struct sorter *s = open_sorter(folder, 2, UINT64_MAX, 8192, false);
    for (size_t i = 0; i < p.count; i++) {
        assert_int_equal(sorter_add(s, p.rows + 2 * i, &err), TAMIS_OK);
    }
    assert_true(count_files(folder) > 0);
    sorter_free(s);
    assert_int_equal(count_files(folder), 0);
    s = open_sorter(folder, 2, UINT64_MAX, 8192, false);
    add_all(s, &p);
    const uint64_t *row;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(sorter_next(s, &row, &err), TAMIS_OK);
    }
    sorter_free(s);
    assert_int_equal(count_files(folder), 0);
    free(p.rows);
    sorter_free(NULL);
}

/* What a killed run left under the same name is written over. */
static void test_old_files_do_no_harm(void **state)
{
    const char *folder = *state;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/rows.000000.rows", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 10000; i++) {
        assert_true(fputs("stale stale stale", file) >= 0);
    }
    assert_int_equal(fclose(file), 0);
    uint64_t random = 13;
    struct plain p = make_rows(EVEN, 5000, 2, UINT64_MAX, &random);
    struct sorter *s = open_sorter(folder, 2, UINT64_MAX, 4096, false);
    add_all(s, &p);
    plain_sort(&p, false);
    assert_gives(s, &p);
    sorter_free(s);
    assert_int_equal(count_files(folder), 0);
    free(p.rows);
}

static tamis_status add_until_it_fails(struct sorter *s, tamis_err *err)
{
    uint64_t random = 17;
    for (int i = 0; i < 100000; i++) {
        const uint64_t row[2] = {next_random(&random), next_random(&random)};
        const tamis_status status = sorter_add(s, row, err);
        if (status != TAMIS_OK) {
            return status;
        }
    }
    return TAMIS_OK;
}

static void test_full_disk(void **state)
{
    const char *folder = *state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {1000, before.rlim_max};
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_true(handler != SIG_ERR);
    struct sorter *s = open_sorter(folder, 2, UINT64_MAX, 8192, false);
    tamis_err err = {0};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const tamis_status status = add_until_it_fails(s, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(signal(SIGXFSZ, handler) != SIG_ERR);
    assert_int_equal(status, TAMIS_IO);
    assert_int_equal(err.status, TAMIS_IO);
    assert_non_null(strstr(err.text, folder));
    assert_int_equal(count_files(folder), 0);
    const uint64_t row[2] = {1, 2};
    assert_int_equal(sorter_add(s, row, &err), TAMIS_INTERNAL);
    assert_int_equal(sorter_finish(s, &err), TAMIS_INTERNAL);
    sorter_free(s);
}

static void test_missing_folder(void **state)
{
    const char *folder = *state;
    char missing[80];
    (void)snprintf(missing, sizeof(missing), "%s/missing", folder);
    const struct sorter_options options = {missing, "rows", 2, UINT64_MAX, 1, false};
    struct sorter *s = NULL;
    tamis_err err = {0};
    assert_int_equal(sorter_open(&s, &options, &err), TAMIS_OK);
    assert_int_equal(add_until_it_fails(s, &err), TAMIS_IO);
    assert_int_equal(err.status, TAMIS_IO);
    assert_non_null(strstr(err.text, missing));
    sorter_free(s);
}

/* Somebody empties the folder, or cuts a file short, while the rows are read back. */
static void test_files_that_change(void **state)
{
    const char *folder = *state;
    for (int removed = 0; removed < 2; removed++) {
        uint64_t random = 19;
        struct plain p = make_rows(EVEN, 20000, 2, UINT64_MAX, &random);
        struct sorter *s = open_sorter(folder, 2, UINT64_MAX, 32768, false);
        add_all(s, &p);
        DIR *dir = opendir(folder);
        assert_non_null(dir);
        for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
            char path[400];
            (void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
            if (entry->d_name[0] != '.') {
                assert_int_equal(removed ? unlink(path) : truncate(path, 100), 0);
            }
        }
        closedir(dir);
        tamis_err err = {0};
        const uint64_t *row;
        assert_int_equal(sorter_next(s, &row, &err), TAMIS_IO);
        assert_int_equal(err.status, TAMIS_IO);
        assert_non_null(strstr(err.text, folder));
        assert_int_equal(count_files(folder), 0);
        assert_int_equal(sorter_next(s, &row, &err), TAMIS_INTERNAL);
        sorter_free(s);
        free(p.rows);
    }
}

static void test_refuses_wrong_use(void **state)
{
    const char *folder = *state;
    static const unsigned wrong[] = {0, ROWS_MAX_WORDS + 1};
    tamis_err err = {0};
    struct sorter *s = NULL;
    for (size_t i = 0; i < 2; i++) {
        const struct sorter_options options = {folder, "rows", wrong[i], 1, 1000, false};
        assert_int_equal(sorter_open(&s, &options, &err), TAMIS_INTERNAL);
        assert_null(s);
    }
    s = open_sorter(folder, 1, 9, 1000, false);
    const uint64_t *row;
    assert_int_equal(sorter_next(s, &row, &err), TAMIS_INTERNAL);
    assert_int_equal(sorter_finish(s, &err), TAMIS_OK);
    assert_int_equal(sorter_finish(s, &err), TAMIS_INTERNAL);
    const uint64_t one = 1;
    assert_int_equal(sorter_add(s, &one, &err), TAMIS_INTERNAL);
    assert_int_equal(sorter_next(s, &row, &err), TAMIS_OK);
    assert_null(row);
    sorter_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_in_memory),
        cmocka_unit_test(test_every_shape_like_qsort),
        cmocka_unit_test(test_every_width),
        cmocka_unit_test(test_small_counts),
        cmocka_unit_test(test_larger_run),
        cmocka_unit_test(test_rows_that_resist_parting),
        cmocka_unit_test(test_freed_half_way),
        cmocka_unit_test(test_old_files_do_no_harm),
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_missing_folder),
        cmocka_unit_test(test_files_that_change),
        cmocka_unit_test(test_refuses_wrong_use),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
