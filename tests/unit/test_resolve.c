/*
 * Resolve on small ledgers made by hand: who is a copy of whom, who stays, and what is held out.
 */
#include "dedup_world.h"

static void add_span(struct world *w, uint16_t source, unsigned from, unsigned to)
{
    char text[WORLD_TEXT_BYTES];
    world_add(w, source, world_span(text, from, to));
}

/* Every pair of similarity 0.5 and more is a candidate, but for one in 2^64. */
static void find_everything(struct world *w)
{
    w->recipe.dedup.bands = 64;
    w->recipe.dedup.rows = 1;
}

/* ---- Exact duplicates ------------------------------------------------------------------------------------------- */

static void exact_copies_fold_to_the_first(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_add(&w, 0, "the same text in several places");       /* 0: stays */
    world_add(&w, 0, "  the same\ttext in\n\nseveral places "); /* 1: longer, so it is the first in keeper order */
    world_add(&w, 0, "The same text in several places");        /* 2: case counts for the hash, not for shingles */
    world_add(&w, 0, "another");                                /* 3 */
    world_add(&w, 1, "the same text in several places");        /* 4: a later source */
    world_add(&w, 1, "...");                                    /* 5: no words */
    world_add(&w, 2, " ... ");                                  /* 6 */
    world_add(&w, 2, "--");                                     /* 7 */
    world_add(&w, 2, "");                                       /* 8 */
    world_add(&w, 2, " ");                                      /* 9 */
    world_add(&w, 2, "the same text in several places")->rule = 1; /* 10: gone already */
    w.recipe.dedup.minhash = false;
    world_build(&w);
    world_resolve(&w);
    static const uint64_t keepers[] = {1, LEDGER_NOBODY, LEDGER_NOBODY, LEDGER_NOBODY, 1, LEDGER_NOBODY, 5,
                                       LEDGER_NOBODY, 9, LEDGER_NOBODY, LEDGER_NOBODY};
    for (size_t n = 0; n < w.count; n++) {
        assert_int_equal(w.rows[n].keeper, keepers[n]);
        assert_int_equal(world_is_exact(&w, n), keepers[n] != LEDGER_NOBODY);
        assert_true(keepers[n] == LEDGER_NOBODY ? isnan(w.rows[n].similarity) : w.rows[n].similarity == 1);
    }
    static const uint8_t clustered[] = {1, 1, 0, 0, 1, 1, 1, 0, 1, 1, 0};
    for (size_t n = 0; n < w.count; n++) {
        assert_int_equal(w.rows[n].clustered, clustered[n]);
    }
    assert_int_equal(w.totals.exact, 4);
    assert_int_equal(w.totals.minhash, 0);
    world_release(&w);
}

static void without_exact_copies_are_near_duplicates(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    world_add(&w, 0, "the same text in several places");
    world_add(&w, 0, "the same text in several  places");
    world_add(&w, 0, "...");
    world_add(&w, 0, "...");
    w.recipe.dedup.exact = false;
    world_build(&w);
    world_resolve(&w);
    assert_int_equal(w.rows[0].keeper, 1);
    assert_true(world_is_minhash(&w, 0) && w.rows[0].similarity == 1);
    assert_true(world_stays(&w, 2) && world_stays(&w, 3));
    world_release(&w);
}

static void short_texts_are_copies_only_when_equal(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    static const char *const texts[] = {"cat", "dog", "cat dog", "dog cat", "cat cat", "a b c d", "a b c",
                                        "!", "?", ""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        world_add(&w, 0, texts[i]);
    }
    world_add(&w, 2, "Cat!");
    world_build(&w);
    world_resolve(&w);
    for (size_t n = 1; n < w.count - 1; n++) {
        assert_true(world_stays(&w, n) && !w.rows[n].clustered);
    }
    assert_true(world_is_minhash(&w, 10) && w.rows[10].keeper == 0 && w.rows[10].similarity == 1);
    world_release(&w);
}

/* ---- Near-duplicates -------------------------------------------------------------------------------------------- */

static void the_threshold_is_reached_or_not(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    find_everything(&w);
    add_span(&w, 0, 0, 104);    /* 0: 100 shingles */
    add_span(&w, 0, 0, 84);     /* 1: 80 of them: exactly 0.8 */
    add_span(&w, 0, 200, 304);  /* 2 */
    add_span(&w, 0, 200, 283);  /* 3: 0.79 */
    world_build(&w);
    world_resolve(&w);
    assert_true(world_is_minhash(&w, 1) && w.rows[1].keeper == 0 && w.rows[1].similarity == 80.0 / 100);
    assert_true(world_stays(&w, 3) && !w.rows[2].clustered && !w.rows[3].clustered);
    assert_int_equal(w.totals.candidates, 4);
    assert_int_equal(w.totals.pairs, 2);
    assert_int_equal(w.totals.similar, 1);
    world_release(&w);
}

static void between_sources_the_stricter_threshold_counts(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    find_everything(&w);
    add_span(&w, 0, 0, 104);   /* 0: general */
    add_span(&w, 0, 300, 404); /* 1 */
    add_span(&w, 1, 0, 94);    /* 2: law, 0.9 to general: stays */
    add_span(&w, 1, 0, 92);    /* 3: law, 0.978 to law: goes */
    add_span(&w, 2, 300, 394); /* 4: web, 0.9 to general: goes */
    world_build(&w);
    world_resolve(&w);
    assert_true(world_stays(&w, 2));
    assert_true(world_is_minhash(&w, 3) && w.rows[3].keeper == 2);
    assert_true(world_is_minhash(&w, 4) && w.rows[4].keeper == 1);
    world_release(&w);
}

static void a_class_of_several_sources_takes_the_strictest_threshold(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    find_everything(&w);
    add_span(&w, 0, 0, 104);   /* 0 */
    add_span(&w, 0, 300, 404); /* 1 */
    add_span(&w, 1, 0, 104);   /* 2: a copy of 0 in law */
    add_span(&w, 2, 0, 94);    /* 3: 0.9 to 0, which speaks for law too: stays */
    add_span(&w, 2, 300, 394); /* 4: 0.9 to 1: goes */
    world_build(&w);
    world_resolve(&w);
    assert_true(world_is_exact(&w, 2) && w.rows[2].keeper == 0);
    assert_true(world_stays(&w, 3));
    assert_true(world_is_minhash(&w, 4));
    world_release(&w);
}

/* A domain may hold prose and code. */
static void sources_of_one_domain_keep_their_thresholds(void **state)
{
    (void)state;
    for (int scope = SCOPE_ALL; scope <= SCOPE_DOMAIN; scope++) {
        struct world w;
        world_init(&w);
        find_everything(&w);
        w.recipe.dedup.scope = scope;
        w.recipe.domain_count = 1;
        w.sources[1].domain = w.sources[2].domain = 0;
        add_span(&w, 0, 0, 104);   /* 0 */
        add_span(&w, 0, 0, 94);    /* 1: 0.9 to 0: goes */
        add_span(&w, 1, 300, 404); /* 2 */
        add_span(&w, 1, 300, 394); /* 3: 0.9 to 2, and that is not enough there */
        world_build(&w);
        world_resolve(&w);
        assert_true(world_is_minhash(&w, 1) && w.rows[1].keeper == 0);
        assert_true(world_stays(&w, 2) && world_stays(&w, 3));
        world_release(&w);
    }
}

static void a_chain_drops_nobody_at_its_far_end(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    find_everything(&w);
    add_span(&w, 0, 0, 110);  /* A: longest, so the first in keeper order */
    add_span(&w, 0, 10, 119); /* B: 0.83 to A */
    add_span(&w, 0, 19, 127); /* C: 0.84 to B, 0.71 to A */
    add_span(&w, 0, 28, 135); /* D: 0.84 to C, 0.71 to B: goes by C, which stays */
    world_build(&w);
    assert_true(world_jaccard(&w, 0, 1) >= 0.8 && world_jaccard(&w, 1, 2) >= 0.8 && world_jaccard(&w, 2, 3) >= 0.8);
    assert_true(world_jaccard(&w, 0, 2) < 0.8 && world_jaccard(&w, 1, 3) < 0.8);
    world_resolve(&w);
    assert_true(world_stays(&w, 0) && world_stays(&w, 2));
    assert_int_equal(w.rows[1].keeper, 0);
    assert_int_equal(w.rows[3].keeper, 2);
    assert_true(w.rows[3].similarity == world_jaccard(&w, 2, 3));
    assert_true(w.rows[2].clustered);
    assert_int_equal(w.totals.similar, 3);
    w.recipe.dedup.verify = VERIFY_NONE; /* now the whole component goes by its first */
    world_resolve(&w);
    for (size_t n = 1; n < w.count; n++) {
        assert_true(world_is_minhash(&w, n) && w.rows[n].keeper == 0 && isnan(w.rows[n].similarity));
    }
    world_release(&w);
}

static void the_first_similar_keeper_counts_not_the_nearest(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    find_everything(&w);
    add_span(&w, 0, 0, 110);  /* 0 */
    add_span(&w, 0, 24, 133); /* 1: 0.65 to 0 */
    add_span(&w, 0, 12, 110); /* 2: 0.89 to 0, 0.69 to 1 */
    add_span(&w, 0, 13, 110); /* 3: 0.88 to 0, 0.99 to 2, which is gone */
    world_build(&w);
    world_resolve(&w);
    assert_int_equal(w.rows[2].keeper, 0);
    assert_int_equal(w.rows[3].keeper, 0);
    assert_true(w.rows[3].similarity == world_jaccard(&w, 0, 3));
    assert_true(world_jaccard(&w, 2, 3) > world_jaccard(&w, 0, 3));
    world_release(&w);
}

static void copies_of_a_near_duplicate_go_to_its_keeper(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    find_everything(&w);
    add_span(&w, 0, 0, 110); /* 0 */
    add_span(&w, 0, 5, 110); /* 1: near 0 */
    add_span(&w, 0, 5, 110); /* 2: a copy of 1 */
    add_span(&w, 2, 5, 110); /* 3: another */
    add_span(&w, 2, 0, 110); /* 4: a copy of 0 */
    world_build(&w);
    world_resolve(&w);
    for (uint64_t n = 1; n <= 3; n++) {
        assert_true(world_is_minhash(&w, n) && w.rows[n].keeper == 0 && w.rows[n].clustered);
        assert_true(w.rows[n].similarity == world_jaccard(&w, 0, 1));
    }
    assert_true(world_is_exact(&w, 4) && w.rows[4].keeper == 0 && w.rows[4].similarity == 1);
    assert_int_equal(w.totals.exact, 1);
    assert_int_equal(w.totals.minhash, 3);
    assert_int_equal(w.totals.candidates, 2);
    w.recipe.dedup.verify = VERIFY_NONE;
    world_resolve(&w);
    for (uint64_t n = 1; n <= 3; n++) {
        assert_true(world_is_minhash(&w, n) && w.rows[n].keeper == 0 && isnan(w.rows[n].similarity));
    }
    world_release(&w);
}

static void scope_domain_leaves_other_domains_alone(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    find_everything(&w);
    for (uint16_t s = 0; s < WORLD_SOURCES; s++) {
        add_span(&w, s, 0, 110);
        add_span(&w, s, 0, 110);
        add_span(&w, s, 2, 110);
    }
    w.recipe.dedup.scope = SCOPE_DOMAIN;
    w.recipe.holdout.on = true; /* pairs across domains are made, and drop nothing */
    for (int verify = 0; verify < 2; verify++) {
        w.recipe.dedup.verify = verify ? VERIFY_NONE : VERIFY_EXACT;
        if (!verify) {
            world_build(&w);
        }
        world_resolve(&w);
        for (uint64_t n = 0; n < w.count; n += 3) {
            assert_true(world_stays(&w, n));
            assert_true(world_is_exact(&w, n + 1) && w.rows[n + 1].keeper == n);
            assert_true(world_is_minhash(&w, n + 2) && w.rows[n + 2].keeper == n);
        }
    }
    world_release(&w);
}

/* ---- Keeper order ----------------------------------------------------------------------------------------------- */

/* Four documents, each near all others; who stays by the keys of `keep`? */
static uint64_t who_stays(const struct keep_key *keep, size_t keys)
{
    static const double numbers[] = {3, NAN, 7, -2};
    struct world w;
    world_init(&w);
    find_everything(&w);
    add_span(&w, 0, 0, 106); /* 0 */
    add_span(&w, 0, 0, 107); /* 1: longer */
    add_span(&w, 2, 0, 108); /* 2: still longer, of a later source */
    add_span(&w, 2, 0, 105); /* 3 */
    for (size_t n = 0; n < w.count; n++) {
        w.documents[n].number = numbers[n];
    }
    w.recipe.dedup.numbers[0] = "n";
    w.recipe.dedup.keep_count = keys;
    for (size_t k = 0; k < keys; k++) {
        w.recipe.dedup.keep[k] = keep[k];
    }
    world_build(&w);
    world_resolve(&w);
    uint64_t stays = LEDGER_NOBODY;
    for (uint64_t n = 0; n < w.count; n++) {
        if (world_stays(&w, n)) {
            assert_int_equal(stays, LEDGER_NOBODY);
            stays = n;
        }
    }
    for (uint64_t n = 0; n < w.count; n++) {
        assert_true(n == stays || w.rows[n].keeper == stays);
    }
    world_release(&w);
    return stays;
}

static void keeper_order_is_the_recipes(void **state)
{
    (void)state;
    const struct keep_key source = {.by = KEEP_SOURCE}, longest = {.by = KEEP_LONGEST}, max = {.by = KEEP_MAX},
                          min = {.by = KEEP_MIN};
    assert_int_equal(who_stays(NULL, 0), 0);
    assert_int_equal(who_stays(&source, 1), 0);
    assert_int_equal(who_stays(&longest, 1), 2);
    assert_int_equal(who_stays((const struct keep_key[]){source, longest}, 2), 1);
    assert_int_equal(who_stays((const struct keep_key[]){longest, source}, 2), 2);
    assert_int_equal(who_stays(&max, 1), 2);
    assert_int_equal(who_stays(&min, 1), 3);
    assert_int_equal(who_stays((const struct keep_key[]){source, max}, 2), 0); /* a missing number comes last */
    assert_int_equal(who_stays((const struct keep_key[]){source, min, longest}, 3), 0);
}

/* ---- Buckets ---------------------------------------------------------------------------------------------------- */

static void large_buckets_are_capped_and_counted(void **state)
{
    (void)state;
    enum { COPIES = 100 };
    struct world w;
    world_init(&w);
    w.recipe.dedup.exact = false;
    for (int i = 0; i < COPIES; i++) {
        add_span(&w, 0, 0, 30); /* the same text: one bucket per band with all of them */
    }
    world_build(&w);
    world_resolve(&w);
    assert_int_equal(w.totals.minhash, COPIES - 1);
    for (uint64_t n = 1; n < COPIES; n++) {
        assert_int_equal(w.rows[n].keeper, 0);
    }
    const uint64_t made = 32 * 31 / 2 + (COPIES - 32) * 32, all = COPIES * (COPIES - 1) / 2;
    assert_int_equal(w.totals.pairs, made);
    assert_int_equal(w.totals.capped, w.recipe.dedup.bands * (all - made));
    world_release(&w);
}

/* ---- Pairs ------------------------------------------------------------------------------------------------------ */

struct seen {
    const struct world *w;
    uint64_t pairs[64][2];
    double similarity[64];
    size_t count, fails_at;
};

static tamis_status see_pair(void *context, uint64_t a, uint64_t b, double jaccard, tamis_err *err)
{
    struct seen *const seen = context;
    if (seen->count == seen->fails_at) {
        return tamis_fail(err, TAMIS_IO, "the disk is full");
    }
    assert_true(seen->count < 64);
    seen->pairs[seen->count][0] = a;
    seen->pairs[seen->count][1] = b;
    seen->similarity[seen->count++] = jaccard;
    return TAMIS_OK;
}

static void every_verified_pair_is_shown(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    find_everything(&w);
    add_span(&w, 0, 30, 110); /* 0 */
    add_span(&w, 0, 0, 110);  /* 1: the first in keeper order */
    add_span(&w, 0, 10, 110); /* 2 */
    add_span(&w, 0, 900, 910);
    world_build(&w);
    struct seen seen = {.w = &w, .fails_at = SIZE_MAX};
    const struct pair_sink sink = {.add = see_pair, .context = &seen};
    assert_int_equal(world_try(&w, &sink), TAMIS_OK);
    static const uint64_t expected[][2] = {{1, 2}, {1, 0}, {2, 0}};
    assert_int_equal(seen.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_memory_equal(seen.pairs[i], expected[i], sizeof expected[i]);
        assert_true(seen.similarity[i] == world_jaccard(&w, expected[i][0], expected[i][1]));
    }
    seen = (struct seen){.w = &w, .fails_at = 1};
    assert_int_equal(world_try(&w, &sink), TAMIS_IO);
    assert_string_equal(w.err.text, "the disk is full");
    world_release(&w);
}

/* ---- What can go wrong ------------------------------------------------------------------------------------------ */

static void nothing_is_resolved_in_an_empty_run(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    w.recipe.holdout.on = true;
    world_build(&w);
    world_resolve(&w);
    assert_int_equal(w.totals.exact + w.totals.minhash + w.totals.held_out + w.totals.pairs, 0);
    world_release(&w);
}

static void too_little_memory_is_said_before_anything_is_done(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    add_span(&w, 0, 0, 30);
    world_build(&w);
    w.run.memory = 1000;
    assert_int_equal(world_try(&w, NULL), TAMIS_IO);
    assert_non_null(strstr(w.err.text, "--memory"));
    world_release(&w);
}

static void a_stop_leaves_nothing_half_done(void **state)
{
    (void)state;
    struct world w;
    char path[600];
    world_init(&w);
    add_span(&w, 0, 0, 30);
    add_span(&w, 0, 0, 31);
    world_build(&w);
    const atomic_int stop = 1;
    w.run.stop = &stop;
    assert_int_equal(world_try(&w, NULL), TAMIS_INTERRUPTED);
    snprintf(path, sizeof path, "%s/part-000000/resolve.npy", w.ledger_folder);
    assert_false(file_exists(path));
    w.run.stop = NULL;
    world_resolve(&w);
    assert_true(file_exists(path));
    world_release(&w);
}

static void a_changed_input_is_noticed(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    find_everything(&w);
    add_span(&w, 0, 0, 30);
    add_span(&w, 0, 0, 31);
    world_build(&w);
    assert_int_equal(file_write(w.paths[0], "{}\n", 3, &w.err), TAMIS_OK);
    assert_int_equal(world_try(&w, NULL), TAMIS_INPUT);
    assert_non_null(strstr(w.err.text, w.paths[0]));
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_copies_fold_to_the_first),
        cmocka_unit_test(without_exact_copies_are_near_duplicates),
        cmocka_unit_test(short_texts_are_copies_only_when_equal),
        cmocka_unit_test(the_threshold_is_reached_or_not),
        cmocka_unit_test(between_sources_the_stricter_threshold_counts),
        cmocka_unit_test(a_class_of_several_sources_takes_the_strictest_threshold),
        cmocka_unit_test(sources_of_one_domain_keep_their_thresholds),
        cmocka_unit_test(a_chain_drops_nobody_at_its_far_end),
        cmocka_unit_test(the_first_similar_keeper_counts_not_the_nearest),
        cmocka_unit_test(copies_of_a_near_duplicate_go_to_its_keeper),
        cmocka_unit_test(scope_domain_leaves_other_domains_alone),
        cmocka_unit_test(keeper_order_is_the_recipes),
        cmocka_unit_test(large_buckets_are_capped_and_counted),
        cmocka_unit_test(every_verified_pair_is_shown),
        cmocka_unit_test(nothing_is_resolved_in_an_empty_run),
        cmocka_unit_test(too_little_memory_is_said_before_anything_is_done),
        cmocka_unit_test(a_stop_leaves_nothing_half_done),
        cmocka_unit_test(a_changed_input_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
