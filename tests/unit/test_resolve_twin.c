/*
 * Resolve against a plain twin on random corpora. Then properties that hold whatever the candidates were, and the
 * promise of same bytes.
 */
#include "resolve_twin.h"

/* ---- Random corpora --------------------------------------------------------------------------------------------- */

static void add_random_document(struct world *w, uint16_t source, uint64_t *random, unsigned families)
{
    char text[WORLD_TEXT_BYTES], padded[WORLD_TEXT_BYTES + 8];
    const uint64_t kind = random_below(random, 20);
    const uint64_t family = random_below(random, families);
    const unsigned length = 20 + (unsigned)(hash_mix(family) % 60);
    world_words(text, family, length, kind < 8 ? 0 : (unsigned)random_below(random, 5), random);
    if (kind == 18) {
        snprintf(text, sizeof text, "%s", random_below(random, 2) ? "..." : " ");
    } else if (kind == 19) {
        snprintf(text, sizeof text, "short %u", (unsigned)random_below(random, 4));
    }
    snprintf(padded, sizeof padded, "%s%s%s", random_below(random, 2) ? "  " : "", text,
             random_below(random, 2) ? "\n\n" : "");
    char id[16];
    snprintf(id, sizeof id, "%llx", (unsigned long long)random_below(random, 500)); /* some ids come twice */
    struct world_document *const d = world_add_named(w, source, id, padded);
    d->number = random_below(random, 4) ? (double)random_below(random, 5) - 2 : NAN;
    d->rule = random_below(random, 12) ? 0 : 1;
}

static void fill_random(struct world *w, size_t count, uint64_t *random, unsigned families)
{
    for (uint16_t s = 0; s < WORLD_SOURCES; s++) {
        for (size_t i = 0; i < count / WORLD_SOURCES; i++) {
            add_random_document(w, s, random, families);
        }
    }
}

static void random_options(struct recipe *recipe, uint64_t *random)
{
    static const unsigned bands[][2] = {{16, 6}, {14, 8}, {20, 5}, {64, 1}, {1, 1}};
    struct recipe_dedup *const dedup = &recipe->dedup;
    const uint64_t choice = random_below(random, 5);
    dedup->bands = bands[choice][0];
    dedup->rows = bands[choice][1];
    dedup->exact = random_below(random, 4) != 0;
    dedup->minhash = random_below(random, 8) != 0;
    dedup->verify = random_below(random, 4) ? VERIFY_EXACT : VERIFY_NONE;
    dedup->scope = random_below(random, 3) ? SCOPE_ALL : SCOPE_DOMAIN;
    dedup->numbers[0] = "n";
    dedup->keep_count = random_below(random, 5);
    for (size_t k = 0; k < dedup->keep_count; k++) {
        dedup->keep[k].by = (enum keep_by)random_below(random, 4);
    }
    for (size_t s = 0; s < recipe->source_count; s++) {
        recipe->sources[s].threshold = (double)(3 + random_below(random, 7)) / 10;
    }
    recipe->holdout.on = random_below(random, 4) != 0;
    recipe->holdout.share = (double)random_below(random, 60) / 100;
    recipe->holdout.max_documents = random_below(random, 30);
    recipe->seed = next_random(random);
}

static void check_rows(const struct world *w, const struct resolve_row *expected)
{
    for (size_t n = 0; n < w->count; n++) {
        const struct resolve_row *const row = &w->rows[n], *const other = &expected[n];
        assert_int_equal(row->rule, other->rule);
        assert_int_equal(row->keeper, other->keeper);
        assert_true(row->similarity == other->similarity || (isnan(row->similarity) && isnan(other->similarity)));
        assert_int_equal(row->clustered, other->clustered);
        assert_int_equal(row->held_out, other->held_out);
    }
}

static void check_properties(const struct world *w)
{
    uint64_t dropped = 0, held = 0;
    for (size_t n = 0; n < w->count; n++) {
        const struct resolve_row *const row = &w->rows[n];
        assert_true(!w->documents[n].rule || (!row->rule && !row->held_out && row->keeper == LEDGER_NOBODY));
        assert_true((row->rule == 0) == (row->keeper == LEDGER_NOBODY));
        assert_true(!row->rule || (world_stays(w, row->keeper) && !row->held_out && row->clustered));
        if (world_is_minhash(w, n) && w->recipe.dedup.verify == VERIFY_EXACT) {
            const uint16_t a = w->documents[n].source, b = w->documents[row->keeper].source;
            assert_true(row->similarity == world_jaccard(w, n, row->keeper));
            assert_true(row->similarity >= recipe_threshold(&w->recipe, a, b));
        }
        dropped += row->rule != 0;
        held += row->held_out;
    }
    assert_int_equal(dropped, w->totals.exact + w->totals.minhash);
    assert_int_equal(held, w->totals.held_out);
}

static void random_corpora_come_out_as_the_twin_says(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 32; seed++) {
        struct world w;
        uint64_t random = seed;
        world_init(&w);
        random_options(&w.recipe, &random);
        w.part_documents = 20 + random_below(&random, 90);
        fill_random(&w, 60 + random_below(&random, 90), &random, seed % 4 ? 25 : 2);
        world_build(&w);
        world_resolve(&w);
        struct twin *const twin = twin_new(&w, false);
        check_rows(&w, twin->rows);
        check_properties(&w);
        assert_int_equal(w.totals.pairs, twin->pairs);
        assert_int_equal(w.totals.candidates, twin->candidates);
        assert_int_equal(w.totals.capped, twin->capped);
        assert_int_equal(w.totals.similar, twin->similar);
        free(twin);
        world_release(&w);
    }
}

/* With 64 bands of one row the bands miss nothing that counts, so the outcome is that of comparing everything. */
static void brute_force_finds_the_same_duplicates(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 106; seed++) {
        struct world w;
        uint64_t random = seed;
        world_init(&w);
        w.recipe.dedup.bands = 64;
        w.recipe.dedup.rows = 1;
        w.recipe.holdout.on = true;
        w.recipe.holdout.share = 0.3;
        w.part_documents = 100;
        fill_random(&w, 240, &random, 60);
        world_build(&w);
        world_resolve(&w);
        assert_int_equal(w.totals.capped, 0);
        struct twin *const twin = twin_new(&w, true);
        check_rows(&w, twin->rows);
        free(twin);
        for (size_t a = 0; a < w.count; a++) {
            for (size_t b = 0; b < w.count; b++) {
                if (world_stays(&w, a) && world_stays(&w, b) && w.rows[a].held_out && !w.rows[b].held_out) {
                    assert_true(world_jaccard(&w, a, b) < HOLDOUT_APART); /* no near-duplicate crosses */
                }
            }
        }
        world_release(&w);
    }
}

/* Two survivors with a dropped document between them stay on one side of the hold-out. */
static void dropped_documents_hold_clusters_together(void **state)
{
    (void)state;
    unsigned held = 0;
    for (uint64_t seed = 0; seed < 16; seed++) {
        struct world w;
        char text[WORLD_TEXT_BYTES];
        world_init(&w);
        w.recipe.dedup.bands = 64;
        w.recipe.dedup.rows = 1;
        w.recipe.holdout.on = true;
        w.recipe.holdout.share = 0.5;
        w.recipe.seed = seed;
        w.part_documents = 100;
        world_add(&w, 0, world_span(text, 0, 104));  /* 0 */
        world_add(&w, 0, world_span(text, 20, 124)); /* 1: 0.67 to 0 */
        world_add(&w, 0, world_span(text, 50, 154)); /* 2: 0.54 to 1, 0.33 to 0 */
        for (unsigned i = 0; i < 10; i++) {
            world_add(&w, 0, world_span(text, 200 + 10 * i, 210 + 10 * i));
        }
        w.sources[0].threshold = 0.6;
        world_build(&w);
        world_resolve(&w);
        assert_true(world_stays(&w, 0) && !world_stays(&w, 1) && world_stays(&w, 2));
        assert_int_equal(w.rows[0].held_out, w.rows[2].held_out);
        held += w.rows[0].held_out;
        assert_int_equal(w.totals.held_out, 6);
        world_release(&w);
    }
    assert_true(held > 0 && held < 16);
}

/* ---- Same bytes ------------------------------------------------------------------------------------------------- */

struct pair_list {
    uint64_t hash, count;
};

static tamis_status hash_pair(void *context, uint64_t a, uint64_t b, double jaccard, tamis_err *err)
{
    struct pair_list *const list = context;
    uint64_t bits;
    (void)err;
    memcpy(&bits, &jaccard, sizeof bits);
    list->hash = hash_join(hash_join(hash_join(list->hash, a), b), bits);
    list->count++;
    return TAMIS_OK;
}

static void same_bytes(struct world *w, const struct resolve_row *rows, const struct pair_list *pairs)
{
    struct pair_list list = {0};
    const struct pair_sink sink = {.add = hash_pair, .context = &list};
    assert_int_equal(world_try(w, &sink), TAMIS_OK);
    assert_memory_equal(w->rows, rows, w->count * sizeof *rows);
    assert_int_equal(list.hash, pairs->hash);
    assert_int_equal(list.count, pairs->count);
}

static void threads_and_memory_change_nothing(void **state)
{
    (void)state;
    struct world w;
    uint64_t random = 8;
    world_init(&w);
    w.recipe.dedup.bands = 30;
    w.recipe.dedup.rows = 3;
    w.recipe.holdout.on = true;
    w.recipe.holdout.share = 0.1;
    w.part_documents = 400;
    fill_random(&w, 3000, &random, 80);
    world_build(&w);
    struct pair_list list = {0};
    const struct pair_sink sink = {.add = hash_pair, .context = &list};
    assert_int_equal(world_try(&w, &sink), TAMIS_OK);
    assert_true(list.count == w.totals.pairs && list.count > 1000);
    assert_int_equal(w.totals.spilled_bytes, 0);
    struct resolve_row *const rows = malloc(w.count * sizeof *rows);
    assert_non_null(rows);
    memcpy(rows, w.rows, w.count * sizeof *rows);
    static const unsigned threads[] = {2, 4, 1};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        w.run.threads = threads[i];
        same_bytes(&w, rows, &list);
        w.run.memory = (1 << 20) + w.count * 60; /* the least it takes: sorting and shingles go to disk */
        same_bytes(&w, rows, &list);
        assert_true(w.totals.spilled_bytes > 0);
        w.run.memory = (uint64_t)64 << 20;
    }
    free(rows);
    world_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_corpora_come_out_as_the_twin_says),
        cmocka_unit_test(brute_force_finds_the_same_duplicates),
        cmocka_unit_test(dropped_documents_hold_clusters_together),
        cmocka_unit_test(threads_and_memory_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
