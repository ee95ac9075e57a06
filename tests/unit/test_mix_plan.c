/* The plan on ledgers made by hand: what targets need of each domain, and what is said of a plan that cannot be. */
#include "mix_world.h"

#include "core/tree.h"

/* One document of `tokens` tokens per source; four sources, four domains a, b, c, d. */
static void open_pools(struct world *w, const uint32_t *tokens, size_t count, const char *targets)
{
    uint64_t state = 1;
    char yaml[2048] = "version: 1\nsources:\n";
    world_open(w);
    for (size_t i = 0; i < count; i++) {
        char id[16];
        snprintf(id, sizeof id, "doc-%zu", i);
        world_add(w, i, id, &state, tokens[i], DOC_KEPT);
        snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml), "  - {name: n%zu, paths: [s%zu-000.jsonl], "
                 "domain: %c, kind: prose}\n", i, i, (char)('a' + (int)i));
    }
    snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml), "holdout: none\n%s", targets);
    world_write(w, yaml, 1, 1);
}

static void test_needs_are_whole_and_add_up(void **state)
{
    (void)state;
    struct world w;
    tamis_err err;
    open_pools(&w, (const uint32_t[]){1000, 1000, 1000}, 3,
               "targets:\n"
               "  - {name: thirds, ratio: {a: 0.3333333333333333, b: 0.3333333333333333, c: 0.3333333333333333},"
               " tokens: 100}\n"
               "  - {name: uneven, ratio: {a: 0.146, b: 0.428, c: 0.426}, tokens: 10}\n"
               "  - {name: one, domain: b, ratio: 1, tokens: 999}\n");
    must(plan_make(&w.plan, &w.run, &w.ledger, &err), &err);
    const struct plan_need *const thirds = w.plan.targets[0].needs, *const uneven = w.plan.targets[1].needs,
                           *const one = w.plan.targets[2].needs;
    assert_int_equal(thirds[0].tokens, 34);
    assert_int_equal(thirds[1].tokens, 33);
    assert_int_equal(thirds[2].tokens, 33);
    assert_int_equal(uneven[0].tokens, 2); /* 1.46 4.28 4.26: the largest remainder is the first one's */
    assert_int_equal(uneven[1].tokens, 4);
    assert_int_equal(uneven[2].tokens, 4);
    assert_int_equal(one[0].tokens, 0);
    assert_int_equal(one[1].tokens, 999);
    assert_int_equal(one[1].pool, 1000);
    assert_true(fabs(one[1].epochs - 0.999) < 1e-12);
    assert_string_equal(w.plan.targets[0].binding, "tokens asked for");
    world_close(&w);
}

static void test_needs_add_up_for_random_shares(void **state)
{
    (void)state;
    struct world w;
    tamis_err err;
    uint64_t random = 5;
    open_pools(&w, (const uint32_t[]){1u << 30, 1u << 30, 1u << 30, 1u << 30}, 4,
               "targets:\n  - {name: t, ratio: {a: 0.25, b: 0.25, c: 0.25, d: 0.25}, tokens: 7, max_epochs: 255}\n");
    struct recipe_target *const target = &w.recipe.targets[0];
    for (int round = 0; round < 300; round++) {
        double sum = 0;
        for (size_t d = 0; d < 4; d++) {
            target->shares[d] = (double)(1 + random_below(&random, 1000000));
            sum += target->shares[d];
        }
        for (size_t d = 0; d < 4; d++) {
            target->shares[d] /= sum;
        }
        target->tokens = 1 + random_below(&random, (uint64_t)1 << (1 + random_below(&random, 36)));
        plan_release(&w.plan);
        must(plan_make(&w.plan, &w.run, &w.ledger, &err), &err);
        uint64_t all = 0;
        for (size_t d = 0; d < 4; d++) {
            const uint64_t need = w.plan.targets[0].needs[d].tokens;
            all += need;
            assert_true(fabs((double)need - target->shares[d] * (double)target->tokens) < 1.001);
        }
        assert_int_equal(all, target->tokens);
    }
    world_close(&w);
}

static void test_size_without_tokens(void **state)
{
    (void)state;
    struct world w;
    tamis_err err;
    open_pools(&w, (const uint32_t[]){300, 10000, 5000}, 3,
               "targets:\n"
               "  - {name: first, ratio: {a: 0.25, b: 0.75}}\n"
               "  - {name: second, ratio: {b: 0.25, c: 0.75}}\n"
               "  - {name: odd, ratio: {a: 0.07, b: 0.46, c: 0.47}}\n");
    must(plan_make(&w.plan, &w.run, &w.ledger, &err), &err);
    assert_int_equal(w.plan.targets[0].tokens, 1200);
    assert_int_equal(w.plan.targets[0].needs[0].tokens, 300);
    assert_string_equal(w.plan.targets[0].binding, "pool of a");
    assert_int_equal(w.plan.targets[1].tokens, 6666);
    assert_string_equal(w.plan.targets[1].binding, "pool of c");
    const struct plan_target *const odd = &w.plan.targets[2];
    assert_true(odd->tokens >= 4284 && odd->tokens <= 4285); /* 300 / 0.07 */
    for (size_t t = 0; t < 3; t++) {
        for (size_t d = 0; d < 3; d++) {
            const struct plan_need *const need = &w.plan.targets[t].needs[d];
            assert_true(need->tokens <= need->pool);
        }
    }
    world_close(&w);
}

/* What stands behind `key` in the message. */
static uint64_t number_after(const char *text, const char *key)
{
    const char *const at = strstr(text, key);
    assert_non_null(at);
    return strtoull(at + strlen(key), NULL, 10);
}

static void test_infeasible_plan_says_what_would_do(void **state)
{
    (void)state;
    struct world w;
    tamis_err err = {0};
    open_pools(&w, (const uint32_t[]){1000003, 70001}, 2,
               "targets:\n  - {name: law-1.5b, domain: b, general: a, ratio: 0.37, tokens: 900000, "
               "max_epochs: {b: 3.5, a: 1}}\n");
    struct recipe_target *const target = &w.recipe.targets[0];
    assert_int_equal(plan_make(&w.plan, &w.run, &w.ledger, &err), TAMIS_INPUT);
    assert_non_null(strstr(err.text, "law-1.5b"));
    assert_non_null(strstr(err.text, "333000"));
    assert_non_null(strstr(err.text, "70001"));
    assert_non_null(strstr(err.text, "3.5"));
    const uint64_t tokens = number_after(err.text, "tokens: ");
    const char *const epochs = strstr(err.text, "max_epochs: {b: ");
    assert_non_null(epochs);
    const double more = strtod(epochs + strlen("max_epochs: {b: "), NULL);

    target->tokens = tokens;
    plan_release(&w.plan);
    must(plan_make(&w.plan, &w.run, &w.ledger, &err), &err);
    target->tokens = tokens + 4; /* 4 x 0.37 > 1 */
    plan_release(&w.plan);
    assert_int_equal(plan_make(&w.plan, &w.run, &w.ledger, &err), TAMIS_INPUT);

    target->tokens = 900000;
    target->max_epochs[1] = more;
    plan_release(&w.plan);
    must(plan_make(&w.plan, &w.run, &w.ledger, &err), &err);
    target->max_epochs[1] = more - 0.01;
    plan_release(&w.plan);
    assert_int_equal(plan_make(&w.plan, &w.run, &w.ledger, &err), TAMIS_INPUT);
    world_close(&w);
}

static void test_infeasible_in_two_domains(void **state)
{
    (void)state;
    struct world w;
    tamis_err err = {0};
    open_pools(&w, (const uint32_t[]){100, 100, 100000}, 3,
               "targets:\n  - {name: t, ratio: {a: 0.25, b: 0.25, c: 0.5}, tokens: 4000, max_epochs: 2}\n");
    assert_int_equal(plan_make(&w.plan, &w.run, &w.ledger, &err), TAMIS_INPUT);
    assert_int_equal(number_after(err.text, "tokens: "), 800);
    assert_non_null(strstr(err.text, "max_epochs: {a: 10.00, b: 10.00}"));
    w.recipe.targets[0].tokens = 4000000; /* ten thousand times the pools: no number of repeats will do */
    plan_release(&w.plan);
    assert_int_equal(plan_make(&w.plan, &w.run, &w.ledger, &err), TAMIS_INPUT);
    assert_int_equal(number_after(err.text, "tokens: "), 800);
    assert_null(strstr(err.text, "max_epochs: {"));
    world_close(&w);
}

static void test_empty_pool(void **state)
{
    (void)state;
    struct world w;
    tamis_err err = {0};
    uint64_t random = 3;
    world_open(&w);
    world_add(&w, 0, "a", &random, 10, DOC_KEPT);
    world_add(&w, 1, "b", &random, 10, DOC_HELD_OUT);
    world_write(&w, WORLD_SOURCES_YAML "targets:\n  - {name: t, domain: law, ratio: 0.5}\n", 1, 1);
    assert_int_equal(plan_make(&w.plan, &w.run, &w.ledger, &err), TAMIS_INPUT);
    assert_non_null(strstr(err.text, "law"));
    world_close(&w);
}

static void test_no_targets_means_everything_once(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    world_fill(&w, 300, 100, 9);
    world_write(&w, WORLD_SOURCES_YAML, 2, 3);
    world_draw(&w);
    assert_int_equal(w.plan.count, 1);
    for (size_t i = 0; i < w.count; i++) {
        assert_int_equal(ledger_draws(&w.ledger, i)[0], w.docs[i].is == DOC_KEPT);
    }
    assert_true(fabs(w.recipe.targets[0].shares[0] + w.recipe.targets[0].shares[1] - 1) < 1e-12);
    world_close(&w);
}

static void test_plan_json(void **state)
{
    (void)state;
    struct world w;
    tamis_err err;
    struct arena arena;
    struct tree *root = NULL;
    struct path path;
    arena_init(&arena);
    open_pools(&w, (const uint32_t[]){1000, 100}, 2,
               "targets:\n  - {name: t, domain: b, general: a, ratio: 0.25, tokens: 600, max_epochs: {b: 2}}\n");
    must(plan_make(&w.plan, &w.run, &w.ledger, &err), &err);
    must(plan_write(&w.plan, &w.run, &err), &err);
    must(path_make(&path, &err, "%s/plan.json", w.run_folder.at), &err);
    must(tree_load(&arena, path.at, &root, &err), &err);
    assert_string_equal(tree_get(root, "version")->text, "1");
    const struct tree *const target = tree_get(root, "targets")->items[0];
    assert_string_equal(tree_get(target, "target")->text, "t");
    assert_string_equal(tree_get(target, "tokens")->text, "600");
    assert_string_equal(tree_get(target, "binding")->text, "tokens asked for");
    const struct tree *const law = tree_get(target, "domains")->items[1];
    assert_string_equal(tree_get(law, "domain")->text, "b");
    assert_string_equal(tree_get(law, "pool")->text, "100");
    assert_string_equal(tree_get(law, "tokens")->text, "150");
    assert_string_equal(tree_get(law, "epochs")->text, "1.5");
    arena_release(&arena);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_needs_are_whole_and_add_up),
        cmocka_unit_test(test_needs_add_up_for_random_shares),
        cmocka_unit_test(test_size_without_tokens),
        cmocka_unit_test(test_infeasible_plan_says_what_would_do),
        cmocka_unit_test(test_infeasible_in_two_domains),
        cmocka_unit_test(test_empty_pool),
        cmocka_unit_test(test_no_targets_means_everything_once),
        cmocka_unit_test(test_plan_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
