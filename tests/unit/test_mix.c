/*
 * Draw and placement on ledgers made by hand; the draw against a plain twin.
 */
#include "mix_world.h"

#include "mix/order.h"
#include "mix/place.h"

/* ---- Draw ------------------------------------------------------------------------------------------------------- */

struct turn {
    uint64_t key;
    const struct doc *doc;
};

static int compare_turns(const void *a, const void *b)
{
    const struct turn *const x = a, *const y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    const int ids = strcmp(x->doc->id, y->doc->id);
    return ids != 0 ? ids : x->doc->number < y->doc->number ? -1 : x->doc->number > y->doc->number;
}

/* The plain twin: one array, sorted; `draws` per document. */
static void draw_plainly(const struct world *w, size_t t, size_t domain, uint8_t *draws)
{
    const struct plan_need *const need = &w->plan.targets[t].needs[domain];
    struct turn *const turns = calloc(w->count + 1, sizeof *turns);
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++) {
        const struct doc *const doc = &w->docs[i];
        if (doc->is == DOC_KEPT && w->recipe.sources[doc->source].domain == domain) {
            draws[i] = (uint8_t)(need->tokens / need->pool);
            turns[count++] = (struct turn){
                .key = draw_key(w->recipe.seed, w->recipe.targets[t].name, str_from(doc->id)),
                .doc = doc,
            };
        }
    }
    qsort(turns, count, sizeof *turns, compare_turns);
    uint64_t left = need->tokens % need->pool;
    for (size_t i = 0; i < count && left > 0; i++) {
        if (turns[i].doc->tokens <= left) {
            left -= turns[i].doc->tokens;
            draws[turns[i].doc->number]++;
        }
    }
    free(turns);
}

static void check_draws(const struct world *w)
{
    for (size_t t = 0; t < w->plan.count; t++) {
        uint8_t *const plain = calloc(w->count + 1, 1);
        uint64_t drawn[WORLD_SOURCES] = {0}, longest[WORLD_SOURCES] = {0};
        for (size_t d = 0; d < w->recipe.domain_count; d++) {
            draw_plainly(w, t, d, plain);
        }
        for (size_t i = 0; i < w->count; i++) {
            const size_t d = w->recipe.sources[w->docs[i].source].domain;
            assert_int_equal(ledger_draws(&w->ledger, i)[t], plain[i]);
            drawn[d] += (uint64_t)plain[i] * w->docs[i].tokens;
            longest[d] = w->docs[i].tokens > longest[d] ? w->docs[i].tokens : longest[d];
        }
        for (size_t d = 0; d < w->recipe.domain_count; d++) {
            const uint64_t need = w->plan.targets[t].needs[d].tokens;
            assert_true(drawn[d] <= need);
            assert_true(need - drawn[d] <= need / 1000 || need - drawn[d] <= longest[d]);
        }
        free(plain);
    }
}

static void test_draws_agree_with_the_plain_twin(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_fill(&w, 2000, 300, 11);
    world_write(&w,
                WORLD_SOURCES_YAML
                "targets:\n"
                "  - {name: small, domain: law, ratio: 0.3, tokens: 20000}\n"
                "  - {name: repeats, domain: law, ratio: 0.4, tokens: 250000, max_epochs: {law: 4}}\n"
                "  - {name: whole, domain: law, ratio: 0.05}\n"
                "  - {name: pure, domain: law, ratio: 1, tokens: 100001, max_epochs: 10}\n",
                3, 4);
    world_draw(&w);
    check_draws(&w);
    world_close(&w);
}

static void test_draws_when_many_share_an_id(void **state)
{
    (void)state;
    struct world w;
    uint64_t random = 21;
    world_open(&w);
    for (size_t i = 0; i < 800; i++) {
        char id[16];
        snprintf(id, sizeof id, "%s", i % 4 == 0 ? "none" : "n/a");
        world_add(&w, i % 8 == 7, id, &random, (uint32_t)(1 + random_below(&random, 50)), DOC_KEPT);
    }
    world_write(&w,
                WORLD_SOURCES_YAML
                "targets:\n  - {name: t, domain: law, ratio: 0.2, tokens: 9000, max_epochs: {law: 3}}\n",
                1, 2);
    world_draw(&w);
    check_draws(&w);
    world_close(&w);
}

static const uint8_t *draws_of(const struct world *w, const char *id)
{
    for (size_t i = 0; i < w->count; i++) {
        if (strcmp(w->docs[i].id, id) == 0) {
            return ledger_draws(&w->ledger, i);
        }
    }
    return NULL;
}

/* The same documents in another order, in other files and other parts: the same draw. */
static void test_draws_follow_ids_not_numbers(void **state)
{
    (void)state;
    static const char yaml[] = WORLD_SOURCES_YAML
        "targets:\n  - {name: t, domain: law, ratio: 0.35, tokens: 60000, max_epochs: {law: 4}}\n";
    struct world a, b;
    world_open(&a);
    world_open(&b);
    world_fill(&a, 700, 90, 31);
    for (size_t i = a.count; i-- > 0;) {
        const struct doc *const doc = &a.docs[i];
        struct doc *const copy = world_add_line(&b, doc->source, doc->id, doc->line, doc->tokens, doc->is);
        copy->value = doc->value;
    }
    world_write(&a, yaml, 1, 1);
    world_write(&b, yaml, 5, 7);
    world_draw(&a);
    world_draw(&b);
    size_t drawn = 0;
    for (size_t i = 0; i < a.count; i++) {
        const uint8_t draws = ledger_draws(&a.ledger, i)[0];
        assert_int_equal(draws, draws_of(&b, a.docs[i].id)[0]);
        drawn += draws;
    }
    assert_true(drawn > 0);
    world_close(&a);
    world_close(&b);
}

static void test_draws_depend_on_seed_and_target(void **state)
{
    (void)state;
    const tamis_str id = STR("general-1");
    assert_int_equal(draw_key(1, "t", id), draw_key(1, "t", id));
    assert_true(draw_key(1, "t", id) != draw_key(2, "t", id));
    assert_true(draw_key(1, "t", id) != draw_key(1, "u", id));
    assert_true(draw_key(1, "t", id) != draw_key(1, "t", STR("general-2")));
}

static void test_draw_can_be_interrupted(void **state)
{
    (void)state;
    struct world w;
    tamis_err err;
    world_open(&w);
    world_fill(&w, 100, 20, 3);
    world_write(&w, WORLD_SOURCES_YAML "targets:\n  - {name: t, domain: law, ratio: 0.1}\n", 1, 2);
    must(plan_make(&w.plan, &w.run, &w.ledger, &err), &err);
    atomic_store(&w.stop, 1);
    assert_int_equal(draw(&w.run, &w.ledger, &w.plan, &err), TAMIS_INTERRUPTED);
    atomic_store(&w.stop, 0);
    world_draw(&w);
    check_draws(&w);
    world_close(&w);
}

static void test_draw_refuses_too_little_memory(void **state)
{
    (void)state;
    struct world w;
    tamis_err err = {0};
    world_open(&w);
    world_fill(&w, 3000, 200, 3);
    world_write(&w, WORLD_SOURCES_YAML "targets:\n  - {name: t, domain: law, ratio: 0.1}\n", 1, 1);
    must(plan_make(&w.plan, &w.run, &w.ledger, &err), &err);
    w.run.memory = 500;
    assert_int_equal(draw(&w.run, &w.ledger, &w.plan, &err), TAMIS_IO);
    assert_non_null(strstr(err.text, "--memory"));
    world_close(&w);
}

/* ---- Order ------------------------------------------------------------------------------------------------------ */

/* Equal keys of different ids cannot be made from hashes in a test: the rows are put in by hand. */
static void test_ties_are_broken_by_id_then_number(void **state)
{
    (void)state;
    static const char *const ids[] = {"b", "a", "c", "a", "", "ab", "b"};
    static const uint64_t wanted[] = {4, 1, 3, 5, 0, 6, 2};
    struct world w;
    struct order order;
    tamis_err err;
    uint64_t random = 8;
    const uint64_t *row = NULL;
    world_open(&w);
    for (size_t i = 0; i < 7; i++) {
        world_add(&w, 0, ids[i], &random, 1, DOC_KEPT);
    }
    world_write(&w, "version: 1\nsources:\n  - {name: s, paths: [s0-000.jsonl], domain: d, kind: prose}\n", 1, 2);
    must(order_open(&order, &w.run, &w.ledger, "test", 1 << 20, &err), &err);
    for (uint64_t i = 7; i-- > 0;) {
        must(order_add(&order, (const uint64_t[]){99, i, 1}, &err), &err);
        must(order_add(&order, (const uint64_t[]){99, i, 0}, &err), &err);
        must(order_add(&order, (const uint64_t[]){i == 3 ? 100 : 7 * i, i, 2}, &err), &err);
    }
    must(order_finish(&order, &err), &err);
    for (uint64_t i = 0; i < 7; i++) {
        if (i != 3) { /* keys 0 to 42, without 21 */
            must(order_next(&order, &row, &err), &err);
            assert_int_equal(row[0], 7 * i);
        }
    }
    for (size_t i = 0; i < 14; i++) {
        must(order_next(&order, &row, &err), &err);
        assert_int_equal(row[0], 99);
        assert_int_equal(row[1], wanted[i / 2]);
        assert_int_equal(row[2], i % 2);
    }
    must(order_next(&order, &row, &err), &err);
    assert_int_equal(row[0], 100);
    must(order_next(&order, &row, &err), &err);
    assert_null(row);
    must(order_next(&order, &row, &err), &err);
    assert_null(row);
    order_release(&order);
    world_close(&w);
}

/* More rows of one key than a tie may hold, all of one id: they come by number. */
static void test_ties_beyond_the_limit(void **state)
{
    (void)state;
    struct world w;
    struct order order;
    tamis_err err;
    uint64_t random = 8;
    const uint64_t *row = NULL;
    world_open(&w);
    world_add(&w, 0, "b", &random, 1, DOC_KEPT);
    world_add(&w, 0, "a", &random, 1, DOC_KEPT);
    world_write(&w, "version: 1\nsources:\n  - {name: s, paths: [s0-000.jsonl], domain: d, kind: prose}\n", 1, 1);
    for (int collide = 0; collide < 2; collide++) {
        tamis_status status = TAMIS_OK;
        must(order_open(&order, &w.run, &w.ledger, "test", 1 << 20, &err), &err);
        for (uint64_t i = 2 * ORDER_TIE + 5; i-- > 0;) {
            must(order_add(&order, (const uint64_t[]){5, 0, i}, &err), &err);
        }
        if (collide) {
            must(order_add(&order, (const uint64_t[]){5, 1, 0}, &err), &err);
        }
        must(order_finish(&order, &err), &err);
        uint64_t seen = 0;
        for (; status == TAMIS_OK; seen += row != NULL) {
            status = order_next(&order, &row, &err);
            if (status != TAMIS_OK || row == NULL) {
                break;
            }
            assert_true(row[1] == 1 || row[2] == seen);
        }
        assert_int_equal(status, collide ? TAMIS_IO : TAMIS_OK);
        assert_true(collide || seen == 2 * ORDER_TIE + 5);
        order_release(&order);
    }
    world_close(&w);
}

/* ---- Places ----------------------------------------------------------------------------------------------------- */

static void check_place(uint64_t pool, uint64_t tokens, uint64_t repeat, uint64_t draw)
{
    const struct plan_need need = {.pool = pool, .tokens = tokens};
    const uint64_t key = place_key(draw, repeat, &need);
    const double along = (double)key / 18446744073709551616.0, epochs = (double)tokens / (double)pool;
    const double begin = epochs <= 1 ? 0 : (double)repeat / epochs;
    const double end = epochs <= 1 ? 1 : fmin(1, (double)(repeat + 1) / epochs);
    assert_true(along >= begin - 1e-9 && along <= end + 1e-9);
}

static void test_places_lie_in_their_epoch(void **state)
{
    (void)state;
    uint64_t random = 77;
    for (int i = 0; i < 20000; i++) {
        const uint64_t pool = 1 + (next_random(&random) >> (9 + random_below(&random, 50)));
        const uint64_t whole = random_below(&random, 6), part = random_below(&random, pool);
        const uint64_t tokens = whole * pool + part;
        const uint64_t repeats = whole + (part != 0);
        if (repeats != 0) {
            check_place(pool, tokens, random_below(&random, repeats), next_random(&random));
        }
    }
    check_place(10, 14, 1, 0);
    check_place(10, 14, 1, UINT64_MAX);
    check_place(1, 255, 254, 12345);
}

/* Wherever a place may lie it does: ten bins of a thousand documents, of every epoch, are about equally full. */
static void test_places_fill_their_epoch(void **state)
{
    (void)state;
    const struct plan_need need = {.pool = 1000, .tokens = 1400};
    size_t bins[14] = {0};
    uint64_t random = 4;
    for (int i = 0; i < 70000; i++) {
        const uint64_t draw = next_random(&random);
        for (uint64_t repeat = 0; repeat < (i % 10 < 4 ? 2u : 1u); repeat++) {
            const uint64_t key = place_key(draw, repeat, &need);
            bins[(size_t)((double)key / 18446744073709551616.0 * 14)]++;
        }
    }
    for (size_t i = 0; i < 14; i++) {
        assert_true(bins[i] > 6500 && bins[i] < 7500);
    }
}

/* A document's turn in the draw says nothing of its place: those drawn first are not written first. */
static void test_places_do_not_follow_the_draw(void **state)
{
    (void)state;
    const struct plan_need need = {.pool = 1000, .tokens = 10};
    uint64_t random = 6;
    size_t early = 0;
    for (int i = 0; i < 10000; i++) {
        early += place_key(next_random(&random) / 100, 0, &need) < UINT64_MAX / 2;
    }
    assert_true(early > 4700 && early < 5300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws_agree_with_the_plain_twin),
        cmocka_unit_test(test_draws_when_many_share_an_id),
        cmocka_unit_test(test_draws_follow_ids_not_numbers),
        cmocka_unit_test(test_draws_depend_on_seed_and_target),
        cmocka_unit_test(test_draw_can_be_interrupted),
        cmocka_unit_test(test_draw_refuses_too_little_memory),
        cmocka_unit_test(test_ties_are_broken_by_id_then_number),
        cmocka_unit_test(test_ties_beyond_the_limit),
        cmocka_unit_test(test_places_lie_in_their_epoch),
        cmocka_unit_test(test_places_fill_their_epoch),
        cmocka_unit_test(test_places_do_not_follow_the_draw),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
