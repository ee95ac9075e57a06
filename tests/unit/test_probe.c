/*
 * The order in which a probe reads its texts, against reading them one after the other; its training on a few texts.
 */
#include "documents.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/path.h"
#include "core/str.h"
#include "score/probe.h"
#include "lm.h"
#include "score/probe_pieces.h"

#define DOCUMENTS 60u
#define CHECKPOINTS 5u

static const double ratios[] = {0, 0.5, 1};

struct world {
    struct path folder, cached, work;
    struct probe_texts texts;
    struct arena arena;
    tamis_err err;
};

static const char *const nouns[2][6] = {{"deed ", "heir ", "court ", "grant ", "party ", "lien. "},
                                        {"the ", "cat ", "sat ", "on ", "a ", "mat. "}};

static void add_document(struct world *w, uint64_t number, enum probe_part part, uint64_t *chance)
{
    const bool law = part == PROBE_DOMAIN || part == PROBE_VALID_DOMAIN;
    char text[2048] = "";
    const size_t pieces = 20 + random_below(chance, 200);
    for (size_t i = 0; i < pieces; i++) {
        strcat(text, nouns[law ? 0 : 1][random_below(chance, 6)]);
    }
    assert_int_equal(cache_add(w->texts.cache, number, (uint16_t)part, STR(""), str_from(text), &w->err), TAMIS_OK);
    w->texts.bytes[part] += strlen(text);
}

static int make_world(void **state)
{
    static const enum probe_part parts[] = {PROBE_DOMAIN, PROBE_GENERAL, PROBE_BASE,           PROBE_DOMAIN,
                                            PROBE_GENERAL, PROBE_BASE,   PROBE_VALID_DOMAIN, PROBE_VALID_GENERAL};
    struct world *const w = calloc(1, sizeof *w);
    char folder[] = "/tmp/tamis-probe-XXXXXX";
    uint64_t chance = 1;
    assert_non_null(w);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(path_make(&w->folder, NULL, "%s", folder), TAMIS_OK);
    assert_int_equal(path_make(&w->cached, NULL, "%s/cache", folder), TAMIS_OK);
    assert_int_equal(path_make(&w->work, NULL, "%s/work", folder), TAMIS_OK);
    arena_init(&w->arena);
    assert_int_equal(cache_create(&w->texts.cache, w->cached.at, 0, &w->err), TAMIS_OK);
    for (uint64_t n = 0; n < DOCUMENTS; n++) {
        add_document(w, n * 3, parts[n % (sizeof parts / sizeof *parts)], &chance);
    }
    assert_int_equal(cache_finish(w->texts.cache, &w->err), TAMIS_OK);
    w->texts.domain = (struct probe_pool){100, 5000, 1000};
    w->texts.general = (struct probe_pool){100, 4000, 1000};
    *state = w;
    return 0;
}

static int end_world(void **state)
{
    struct world *const w = *state;
    probe_texts_release(&w->texts);
    arena_release(&w->arena);
    assert_int_equal(file_remove_tree(w->folder.at, &w->err), TAMIS_OK);
    free(w);
    return 0;
}

/* ---- The order -------------------------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b)
{
    const struct lm_place *const x = a, *const y = b;
    if (x->before != y->before) {
        return x->before < y->before ? -1 : 1;
    }
    return x->word != y->word ? (x->word < y->word ? -1 : 1) : (x->next > y->next) - (x->next < y->next);
}

static struct lm_place *take_all(struct world *w, enum probe_part part, uint64_t seed, size_t at_once)
{
    const size_t count = (size_t)w->texts.bytes[part];
    struct lm_place *const places = calloc(count, sizeof *places);
    struct pieces *pieces = NULL;
    struct lm_place beyond;
    assert_non_null(places);
    assert_int_equal(pieces_open(&pieces, w->texts.cache, (uint16_t)part, seed, w->work.at, &w->err), TAMIS_OK);
    for (size_t i = 0; i < count; i += at_once) {
        const size_t more = count - i < at_once ? count - i : at_once;
        assert_int_equal(pieces_take(pieces, places + i, more, &w->err), TAMIS_OK);
    }
    assert_int_equal(pieces_take(pieces, &beyond, 1, &w->err), TAMIS_INTERNAL);
    pieces_close(pieces);
    return places;
}

/* The same places as of documents read whole: every byte once, with what stands before it. */
static void test_every_byte_once(void **state)
{
    struct world *const w = *state;
    const struct cache *const cache = w->texts.cache;
    const size_t count = (size_t)w->texts.bytes[PROBE_BASE];
    struct lm_place *const found = take_all(w, PROBE_BASE, 7, 100), *const wanted = calloc(count, sizeof *wanted);
    size_t n = 0;
    assert_non_null(wanted);
    for (uint64_t i = 0; i < cache_count(cache); i++) {
        const tamis_str text = cache_group(cache, i) == PROBE_BASE ? cache_text(cache, i) : (tamis_str){0};
        struct lm_place place = {0};
        for (size_t b = 0; b < text.len; b++) {
            place.next = (uint8_t)text.at[b];
            wanted[n++] = place;
            lm_place_pass(&place, place.next);
        }
    }
    assert_int_equal(n, count);
    qsort(found, count, sizeof *found, by_place);
    qsort(wanted, count, sizeof *wanted, by_place);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(by_place(&found[i], &wanted[i]), 0);
    }
    free(found);
    free(wanted);
}

static bool same_places(const struct lm_place *a, const struct lm_place *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (by_place(&a[i], &b[i]) != 0) {
            return false;
        }
    }
    return true;
}

static void test_order_is_by_seed(void **state)
{
    struct world *const w = *state;
    const size_t count = (size_t)w->texts.bytes[PROBE_DOMAIN];
    struct lm_place *const first = take_all(w, PROBE_DOMAIN, 7, 100), *const again = take_all(w, PROBE_DOMAIN, 7, 33);
    struct lm_place *const other = take_all(w, PROBE_DOMAIN, 8, 100);
    assert_true(same_places(first, again, count));
    assert_false(same_places(first, other, count));
    free(first);
    free(again);
    free(other);
}

/* ---- Training --------------------------------------------------------------------------------------------------- */

static tamis_status train(struct world *w, unsigned threads, bool from_scratch, const atomic_int *stop,
                          struct probe_facts *facts)
{
    const struct probe_options options = {
        .ratios = ratios,
        .count = 3,
        .tokens = probe_tokens(&w->texts, 1u << 20),
        .checkpoints = CHECKPOINTS,
        .from_scratch = from_scratch,
        .seed = 3,
        .threads = threads,
        .stop = stop,
    };
    return probe_train(&w->texts, &options, w->work.at, &w->arena, facts, &w->err);
}

static void test_losses_follow_the_share(void **state)
{
    struct world *const w = *state;
    struct probe_facts facts;
    assert_int_equal(train(w, 2, false, NULL, &facts), TAMIS_OK);
    const struct probe_point *const none = &facts.points[CHECKPOINTS - 1], *const all = &none[2 * CHECKPOINTS];
    assert_true(none->domain > all->domain && all->general > none->general);
    assert_true(facts.base_general < facts.base_domain);
    const uint64_t tokens = probe_tokens(&w->texts, 1u << 20);
    assert_int_equal(none->tokens, tokens);
    assert_int_equal(all->tokens, tokens);
    assert_int_equal(none->step, tokens * 4);
    assert_int_equal(all->step, tokens * 5);
    assert_int_equal(facts.points[0].tokens, tokens / CHECKPOINTS);
}

static void assert_same_points(const struct probe_facts *a, const struct probe_facts *b)
{
    assert_memory_equal(a->points, b->points, 3 * CHECKPOINTS * sizeof *a->points);
    assert_true(a->key == b->key);
}

static void test_threads_and_what_is_kept(void **state)
{
    struct world *const w = *state;
    struct probe_facts one, three, kept;
    atomic_int stop;
    atomic_init(&stop, 1);
    assert_int_equal(train(w, 3, false, &stop, &three), TAMIS_INTERRUPTED);
    assert_int_equal(train(w, 3, false, NULL, &three), TAMIS_OK);
    assert_int_equal(three.kept, 0);
    assert_int_equal(train(w, 1, false, NULL, &kept), TAMIS_OK);
    assert_int_equal(kept.kept, 3);
    assert_int_equal(kept.learnt, 0);
    assert_same_points(&three, &kept);
    assert_int_equal(file_remove_tree(w->work.at, &w->err), TAMIS_OK);
    assert_int_equal(train(w, 1, false, NULL, &one), TAMIS_OK);
    assert_same_points(&three, &one);
}

static void test_from_scratch(void **state)
{
    struct world *const w = *state;
    struct probe_facts with, without;
    assert_int_equal(train(w, 2, false, NULL, &with), TAMIS_OK);
    assert_int_equal(train(w, 2, true, NULL, &without), TAMIS_OK);
    assert_int_equal(without.kept, 0);
    assert_int_equal(without.base_bytes, 0);
    assert_true(isnan(without.base_general) && isnan(without.base_domain));
    assert_true(without.points[0].general > with.points[0].general);
}

static void test_tokens_without_repeats(void **state)
{
    struct world *const w = *state;
    w->texts.bytes[PROBE_DOMAIN] = 10000;
    w->texts.bytes[PROBE_GENERAL] = 10000;
    assert_int_equal(probe_tokens(&w->texts, 1u << 20), 2000); /* 5 bytes a token of the domain */
    assert_int_equal(probe_tokens(&w->texts, 5000), 1000);
    w->texts.bytes[PROBE_GENERAL] = 400;
    assert_int_equal(probe_tokens(&w->texts, 5000), 100); /* 4 bytes a token of general text */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_byte_once, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_order_is_by_seed, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_losses_follow_the_share, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_threads_and_what_is_kept, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_from_scratch, make_world, end_world),
        cmocka_unit_test_setup_teardown(test_tokens_without_repeats, make_world, end_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
