/*
 * Cuts against a full sort in memory: ties, equal ids, ids with NULs and common beginnings, weights of 0, infinities,
 * every policy, any memory.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "chance.h"

#include "core/file.h"
#include "core/hash.h"
#include "core/str.h"
#include "select/cut.h"

#define GROUPS 4

static void must(tamis_status status, const tamis_err *err)
{
    if (status != TAMIS_OK) {
        print_message("%s\n", err->text);
    }
    assert_int_equal(status, TAMIS_OK);
}

struct pool {
    struct arena arena;
    struct candidate *at;
    size_t count;
    uint64_t limits[GROUPS];
    size_t asked[GROUPS], passes, id_passes;
};

static tamis_status each(void *context, bool ids,
                         tamis_status (*take)(void *taker, const struct candidate *c, tamis_err *err), void *taker,
                         tamis_err *err)
{
    struct pool *const pool = context;
    tamis_status status = TAMIS_OK;
    pool->passes++;
    pool->id_passes += ids;
    for (size_t i = 0; !status && i < pool->count; i++) {
        struct candidate c = pool->at[i];
        c.id = ids ? c.id : (tamis_str){0};
        status = take(taker, &c, err);
    }
    return status;
}

static uint64_t limit_of(void *context, size_t group, uint64_t scored)
{
    struct pool *const pool = context;
    (void)scored;
    pool->asked[group]++;
    return pool->limits[group];
}

static void pool_open(struct pool *pool, size_t count)
{
    *pool = (struct pool){.count = count, .at = calloc(count + 1, sizeof *pool->at)};
    assert_non_null(pool->at);
    arena_init(&pool->arena);
}

static void pool_close(struct pool *pool)
{
    arena_release(&pool->arena);
    free(pool->at);
}

static void find(struct cuts *cuts, struct pool *pool, const int *policies, uint64_t memory)
{
    char folder[] = "/tmp/tamis-cut-XXXXXX";
    tamis_err err;
    assert_non_null(mkdtemp(folder));
    const struct candidates candidates = {each, pool};
    const struct cut_options options = {
        .tmp = folder, .memory = memory, .groups = GROUPS, .policies = policies, .limit = limit_of, .context = pool};
    pool->passes = pool->id_passes = 0;
    memset(pool->asked, 0, sizeof pool->asked);
    must(cuts_find(cuts, &candidates, &options, &err), &err);
    assert_int_equal(rmdir(folder), 0); /* nothing is left behind */
}

/* ---- The plain twin --------------------------------------------------------------------------------------------- */

struct twin {
    const struct candidate **order;
    size_t count, first, end; /* kept: [first, end) */
    uint64_t scored, kept;
    bool ties;
};

static int by_id(const struct candidate *a, const struct candidate *b)
{
    const int ids = str_compare(a->id, b->id);
    return ids != 0 ? ids : a->number < b->number ? -1 : a->number > b->number;
}

static int ascending(const void *a, const void *b)
{
    const struct candidate *const x = *(const struct candidate *const *)a;
    const struct candidate *const y = *(const struct candidate *const *)b;
    return x->score < y->score ? -1 : x->score > y->score ? 1 : by_id(x, y);
}

static int descending(const void *a, const void *b)
{
    const struct candidate *const x = *(const struct candidate *const *)a;
    const struct candidate *const y = *(const struct candidate *const *)b;
    return x->score > y->score ? -1 : x->score < y->score ? 1 : by_id(x, y);
}

static void twin_cut(struct twin *t, int policy, uint64_t limit)
{
    t->end = t->count;
    t->kept = t->scored;
    if (limit >= t->scored) {
        return;
    }
    t->end = t->kept = 0;
    if (limit == 0) {
        return;
    }
    const uint64_t half = policy == POLICY_MIDDLE ? (t->scored - limit) / 2 : 0;
    uint64_t left_out = 0;
    while (policy == POLICY_MIDDLE && left_out + t->order[t->first]->weight <= half) {
        left_out += t->order[t->first++]->weight;
    }
    for (t->end = t->first; t->kept < limit; t->end++) {
        t->kept += t->order[t->end]->weight;
    }
    const struct candidate *const *const o = t->order;
    t->ties = (t->first > 0 && o[t->first - 1]->score == o[t->first]->score) ||
              (t->end < t->count && o[t->end - 1]->score == o[t->end]->score);
}

static void twin_open(struct twin *t, const struct pool *pool, uint32_t group, int policy)
{
    *t = (struct twin){.order = calloc(pool->count + 1, sizeof(struct candidate *))};
    assert_non_null(t->order);
    for (size_t i = 0; i < pool->count; i++) {
        if (pool->at[i].group == group && !isnan(pool->at[i].score)) {
            t->order[t->count++] = &pool->at[i];
            t->scored += pool->at[i].weight;
        }
    }
    qsort(t->order, t->count, sizeof(struct candidate *), policy == POLICY_TOP ? descending : ascending);
    twin_cut(t, policy, pool->limits[group]);
}

static void check_twin(const struct kept_range *range, const struct twin *t, int policy)
{
    assert_int_equal(range->scored, t->scored);
    assert_int_equal(range->kept, t->kept);
    assert_int_equal(range->cut_by_ties, t->ties);
    for (size_t i = 0; i < t->count; i++) {
        const bool kept = i >= t->first && i < t->end;
        assert_int_equal(cut_keeps(range, t->order[i]), kept);
        if (!kept && t->end > t->first) {
            const size_t nearest = i < t->first ? t->first : t->end - 1;
            assert_true(cut_threshold(range, t->order[i]->score) == t->order[nearest]->score ||
                        (policy == POLICY_MIDDLE && t->order[t->first]->score == t->order[i]->score));
        } else if (t->end == t->first) {
            assert_true(isnan(cut_threshold(range, t->order[i]->score)));
        }
    }
}

static void compare(struct pool *pool, const int *policies, uint64_t memory)
{
    struct cuts cuts;
    find(&cuts, pool, policies, memory);
    for (uint32_t g = 0; g < GROUPS; g++) {
        struct twin twin;
        twin_open(&twin, pool, g, policies[g]);
        assert_int_equal(pool->asked[g], 1);
        check_twin(&cuts.groups[g], &twin, policies[g]);
        free(twin.order);
    }
    cuts_release(&cuts);
}

/* ---- Random pools ----------------------------------------------------------------------------------------------- */

static tamis_str random_id(struct pool *pool, uint64_t *state, unsigned shape)
{
    char text[80];
    size_t len = 0;
    const size_t common = shape == 0 ? 0 : shape == 1 ? 8 : random_below(state, 2) ? 35 : 16;
    memset(text, 'p', common);
    len = common;
    const size_t own = random_below(state, shape == 3 ? 2 : 12);
    for (size_t i = 0; i < own; i++) {
        text[len++] = "\0\001ab\xff"[random_below(state, 5)];
    }
    tamis_str id = {0};
    assert_true(len == 0 || arena_copy(&pool->arena, (tamis_str){text, len}, &id));
    return id;
}

static double random_score(uint64_t *state, unsigned shape)
{
    static const double few[] = {0.0, -0.0, 1.5, -2, 1e-300, 3};
    const uint64_t odd = random_below(state, 40);
    if (odd < 3) {
        return odd == 0 ? (double)NAN : odd == 1 ? (double)INFINITY : -(double)INFINITY;
    }
    return shape == 0   ? 0
           : shape == 1 ? few[random_below(state, 6)]
           : shape == 2 ? (double)random_below(state, 50) / 7 - 3
                        : (double)next_random(state) / 1e19 - 0.9;
}

static void random_pool(struct pool *pool, uint64_t *state, size_t most)
{
    const unsigned scores = (unsigned)random_below(state, 4), ids = (unsigned)random_below(state, 4);
    const unsigned weights = (unsigned)random_below(state, 3);
    const uint64_t groups = 1 + random_below(state, GROUPS);
    pool_open(pool, random_below(state, most));
    for (size_t i = 0; i < pool->count; i++) {
        pool->at[i] = (struct candidate){
            .score = random_score(state, scores),
            .weight = weights == 0 ? 1 : (uint32_t)random_below(state, weights == 1 ? 4 : 1000),
            .group = (uint32_t)random_below(state, groups),
            .number = 3 * i,
            .id = random_id(pool, state, ids),
        };
    }
}

static void random_limits(struct pool *pool, uint64_t *state)
{
    uint64_t scored[GROUPS] = {0};
    for (size_t i = 0; i < pool->count; i++) {
        scored[pool->at[i].group] += isnan(pool->at[i].score) ? 0 : pool->at[i].weight;
    }
    for (size_t g = 0; g < GROUPS; g++) {
        const uint64_t kind = random_below(state, 12);
        pool->limits[g] = kind == 0   ? 0
                          : kind == 1 ? scored[g]
                          : kind == 2 ? UINT64_MAX
                                      : random_below(state, scored[g] + 2);
    }
}

static void test_agrees_with_a_full_sort(void **unused)
{
    (void)unused;
    uint64_t state = 1;
    for (int round = 0; round < 1500; round++) {
        struct pool pool;
        int policies[GROUPS];
        random_pool(&pool, &state, round % 50 == 0 ? 3000 : 120);
        random_limits(&pool, &state);
        for (size_t g = 0; g < GROUPS; g++) {
            policies[g] = (int)random_below(&state, 3);
        }
        compare(&pool, policies, (uint64_t)1 << (6 + random_below(&state, 14)));
        pool_close(&pool);
    }
}

/* ---- Known pools ------------------------------------------------------------------------------------------------ */

static void fill_plain(struct pool *pool, const double *scores, size_t count)
{
    static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    pool_open(pool, count);
    for (size_t i = 0; i < count; i++) {
        pool->at[i] = (struct candidate){.score = scores[i], .weight = 1, .number = i, .id = str_from(ids[i])};
    }
}

static void assert_kept(struct pool *pool, int policy, uint64_t limit, const char *kept)
{
    struct cuts cuts;
    char got[16] = "";
    const int policies[GROUPS] = {policy, POLICY_TOP, POLICY_TOP, POLICY_TOP};
    pool->limits[0] = limit;
    find(&cuts, pool, policies, 1 << 20);
    for (size_t i = 0; i < pool->count; i++) {
        if (!isnan(pool->at[i].score) && cut_keeps(&cuts.groups[0], &pool->at[i])) {
            strncat(got, pool->at[i].id.at, 1);
        }
    }
    assert_string_equal(got, kept);
    cuts_release(&cuts);
}

static void test_policies_by_hand(void **unused)
{
    (void)unused;
    struct pool pool;
    const double scores[] = {5, 1, 4, 2, 3, NAN, 0};
    fill_plain(&pool, scores, 7); /* ascending: g b d e c a */
    assert_kept(&pool, POLICY_TOP, 2, "ac");
    assert_kept(&pool, POLICY_BOTTOM, 2, "bg");
    assert_kept(&pool, POLICY_MIDDLE, 2, "de");
    assert_kept(&pool, POLICY_MIDDLE, 3, "bde"); /* three go: one below, two above */
    assert_kept(&pool, POLICY_MIDDLE, 5, "bcdeg");
    assert_kept(&pool, POLICY_TOP, 0, "");
    assert_kept(&pool, POLICY_MIDDLE, 6, "abcdeg");
    pool_close(&pool);
}

static void test_ties_go_by_id(void **unused)
{
    (void)unused;
    struct pool pool;
    const double scores[] = {0, -0.0, 0, 7, -7, -0.0};
    fill_plain(&pool, scores, 6); /* a b c f of score 0 */
    assert_kept(&pool, POLICY_TOP, 3, "abd");
    assert_kept(&pool, POLICY_BOTTOM, 3, "abe");
    assert_kept(&pool, POLICY_MIDDLE, 2, "bc"); /* in order: e a b c f d */
    pool_close(&pool);
}

static void test_the_document_that_reaches_the_limit_stays(void **unused)
{
    (void)unused;
    struct pool pool;
    const double scores[] = {9, 8, 7, 6, 5};
    fill_plain(&pool, scores, 5);
    const uint32_t weights[] = {10, 10, 0, 10, 10};
    for (size_t i = 0; i < 5; i++) {
        pool.at[i].weight = weights[i];
    }
    assert_kept(&pool, POLICY_TOP, 10, "a");
    assert_kept(&pool, POLICY_TOP, 11, "ab");
    assert_kept(&pool, POLICY_TOP, 21, "abcd");
    assert_kept(&pool, POLICY_TOP, 40, "abcde");
    pool_close(&pool);
}

/* ---- Many ties -------------------------------------------------------------------------------------------------- */

/* `count` documents of score 0 whose ids are `prefix` letters, then a number. */
static void fill_equal(struct pool *pool, size_t count, size_t prefix, bool same_id)
{
    char *const text = malloc(prefix + 32);
    assert_non_null(text);
    pool_open(pool, count);
    memset(text, 'x', prefix);
    for (size_t i = 0; i < count; i++) {
        const unsigned number = same_id ? 0 : (unsigned)(hash_mix(i) % (4 * count));
        const int len = snprintf(text + prefix, 32, "%07u", number);
        pool->at[i] = (struct candidate){.weight = 1, .number = i};
        assert_true(arena_copy(&pool->arena, (tamis_str){text, prefix + (size_t)len}, &pool->at[i].id));
    }
    free(text);
}

static void test_equal_scores_in_little_memory(void **unused)
{
    (void)unused;
    const int policies[GROUPS] = {POLICY_TOP, POLICY_TOP, POLICY_TOP, POLICY_TOP};
    const int middle[GROUPS] = {POLICY_MIDDLE, POLICY_TOP, POLICY_TOP, POLICY_TOP};
    for (size_t prefix = 0; prefix < 6; prefix++) {
        struct pool pool;
        fill_equal(&pool, 50000, prefix, false);
        pool.limits[0] = 12345;
        compare(&pool, policies, 1 << 16);
        assert_in_range(pool.passes, 2, 4);
        compare(&pool, middle, 1 << 16);
        pool_close(&pool);
    }
}

/* Beginnings that all ids share cost a pass or two, however long they are. */
static void test_long_common_beginnings(void **unused)
{
    (void)unused;
    const int policies[GROUPS] = {POLICY_BOTTOM, POLICY_TOP, POLICY_TOP, POLICY_TOP};
    struct pool pool;
    fill_equal(&pool, 3000, 3000, false);
    pool.limits[0] = 1500;
    compare(&pool, policies, 1 << 14);
    assert_in_range(pool.passes, 3, 6);
    pool_close(&pool);
}

static void test_one_id_for_all(void **unused)
{
    (void)unused;
    const int policies[GROUPS] = {POLICY_TOP, POLICY_TOP, POLICY_TOP, POLICY_TOP};
    for (size_t prefix = 0; prefix < 20; prefix += 3) {
        struct pool pool;
        fill_equal(&pool, 5000, prefix, true);
        pool.limits[0] = 777;
        compare(&pool, policies, 1 << 14);
        assert_in_range(pool.passes, 2, 4);
        pool_close(&pool);
    }
}

static void test_no_ties_need_no_ids(void **unused)
{
    (void)unused;
    const int policies[GROUPS] = {POLICY_MIDDLE, POLICY_TOP, POLICY_TOP, POLICY_TOP};
    struct pool pool;
    fill_equal(&pool, 2000, 0, false);
    for (size_t i = 0; i < pool.count; i++) {
        pool.at[i].score = (double)(i % 200);
    }
    pool.limits[0] = 1000; /* 500 below, which is 50 scores of 10 documents each */
    compare(&pool, policies, 1 << 14);
    assert_int_equal(pool.passes, 1);
    pool_close(&pool);
}

/* Ids that are too long for what was guessed of them, in several groups at once. */
static void test_long_ids_in_several_groups(void **unused)
{
    (void)unused;
    const int policies[GROUPS] = {POLICY_TOP, POLICY_BOTTOM, POLICY_MIDDLE, POLICY_TOP};
    struct pool pool;
    fill_equal(&pool, 400, 900, false);
    for (size_t i = 0; i < pool.count; i++) {
        pool.at[i].group = (uint32_t)(i % GROUPS);
    }
    for (size_t g = 0; g < GROUPS; g++) {
        pool.limits[g] = 30 + g;
    }
    for (uint64_t memory = 1 << 10; memory < 1 << 22; memory *= 2) {
        compare(&pool, policies, memory);
    }
    pool_close(&pool);
}

/* ---- Failures --------------------------------------------------------------------------------------------------- */

static tamis_status broken_each(void *context, bool ids,
                                tamis_status (*take)(void *taker, const struct candidate *c, tamis_err *err),
                                void *taker, tamis_err *err)
{
    struct pool *const pool = context;
    if (pool->passes == 1) { /* the second pass fails */
        return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted");
    }
    return each(context, ids, take, taker, err);
}

static tamis_status changing_each(void *context, bool ids,
                                  tamis_status (*take)(void *taker, const struct candidate *c, tamis_err *err),
                                  void *taker, tamis_err *err)
{
    struct pool *const pool = context;
    pool->count -= 2 * pool->passes; /* documents vanish from one pass to the next */
    return each(context, ids, take, taker, err);
}

static void test_failures_are_handed_on(void **unused)
{
    (void)unused;
    const int policies[GROUPS] = {POLICY_TOP, POLICY_TOP, POLICY_TOP, POLICY_TOP};
    const struct {
        tamis_status (*each)(void *context, bool ids,
                             tamis_status (*take)(void *taker, const struct candidate *c, tamis_err *err), void *taker,
                             tamis_err *err);
        uint64_t memory;
        tamis_status status;
    } cases[] = {{broken_each, 1 << 20, TAMIS_INTERRUPTED},
                 {broken_each, 1 << 10, TAMIS_INTERRUPTED},
                 {changing_each, 1 << 20, TAMIS_INTERNAL},
                 {changing_each, 1 << 10, TAMIS_INTERNAL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pool pool;
        struct cuts cuts;
        tamis_err err;
        char folder[] = "/tmp/tamis-cut-XXXXXX";
        assert_non_null(mkdtemp(folder));
        fill_equal(&pool, 500, 3, false);
        pool.limits[0] = 500 - 1;
        const struct candidates candidates = {cases[i].each, &pool};
        const struct cut_options options = {.tmp = folder,
                                            .memory = cases[i].memory,
                                            .groups = GROUPS,
                                            .policies = policies,
                                            .limit = limit_of,
                                            .context = &pool};
        assert_int_equal(cuts_find(&cuts, &candidates, &options, &err), cases[i].status);
        cuts_release(&cuts);
        assert_int_equal(rmdir(folder), 0);
        pool_close(&pool);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_a_full_sort),
        cmocka_unit_test(test_policies_by_hand),
        cmocka_unit_test(test_ties_go_by_id),
        cmocka_unit_test(test_the_document_that_reaches_the_limit_stays),
        cmocka_unit_test(test_equal_scores_in_little_memory),
        cmocka_unit_test(test_long_common_beginnings),
        cmocka_unit_test(test_one_id_for_all),
        cmocka_unit_test(test_no_ties_need_no_ids),
        cmocka_unit_test(test_long_ids_in_several_groups),
        cmocka_unit_test(test_failures_are_handed_on),
    };
    return cmocka_run_group_tests_name("cut", tests, NULL, NULL);
}
