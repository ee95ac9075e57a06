/*
 * Scores and laws in a recipe: what is read, what is printed, and that stages depend on what files hold, not on where
 * they lie.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recipes.h"

#include "core/file.h"
#include "run/stage.h"

#define SCORED SOURCES_LAW_GENERAL "score: {scorer: dynamic_uncertainty}\n"
#define BY_LAW                                                                                                         \
    SOURCES_LAW_GENERAL "targets:\n  - {name: t, domain: law, parameters: 1.5e9, tokens: 20e9, law: l.json,\n"         \
                        "     budget: {difference: 0.05}, max_epochs: {law: 4, general: 1}}\n"

static char folder[] = "/tmp/test_recipe_score_XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    tamis_err err;
    assert_int_equal(file_write(in_folder(name), text, strlen(text), &err), TAMIS_OK);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    tamis_err err;
    return file_remove_tree(folder, &err) == TAMIS_OK ? 0 : -1;
}

static void parse_here(struct recipe *r, const char *yaml)
{
    tamis_err err = {0};
    if (recipe_parse(r, "r.yaml", folder, str_from(yaml), NULL, &err) != TAMIS_OK) {
        fail_msg("%s", err.text);
    }
}

/* ---- Score ------------------------------------------------------------------------------------------------------ */

static void test_score_is_off(void **state)
{
    (void)state;
    static const char *const offs[] = {"", "score:\n", "score: none\n", "score: off\n"};
    struct buf plain, out;
    struct recipe r;
    parse(&r, SOURCES_LAW_GENERAL);
    print(&r, SECTION_WHOLE, &plain);
    recipe_release(&r);
    assert_null(strstr(plain.at, "score"));
    for (size_t i = 0; i < sizeof offs / sizeof *offs; i++) {
        parse_more(&r, SOURCES_LAW_GENERAL, offs[i]);
        assert_false(r.score.on);
        print(&r, SECTION_WHOLE, &out);
        assert_string_equal(out.at, plain.at);
        buf_release(&out);
        recipe_release(&r);
    }
    buf_release(&plain);
}

static void test_score_defaults(void **state)
{
    (void)state;
    struct recipe r;
    struct buf out;
    parse(&r, SCORED);
    assert_true(r.score.on);
    assert_string_equal(r.score.name, "dynamic_uncertainty");
    assert_string_equal(r.score.trajectories, "proxy");
    assert_int_equal(r.score.proxy.passes, 3);
    assert_int_equal(r.score.proxy.checkpoints, 12);
    assert_int_equal(r.score.proxy.document_bytes, 8192);
    assert_int_equal(r.score.proxy.max_bytes, 0);
    assert_int_equal(r.score.fingerprint, 0);
    print(&r, SECTION_WHOLE, &out);
    assert_non_null(strstr(out.at, "score:\n  scorer: dynamic_uncertainty # version "));
    assert_non_null(strstr(out.at, "\n  window: 10\n"));
    assert_non_null(strstr(out.at, "\n  trajectories: proxy\n  proxy:\n    passes: 3\n    checkpoints: 12\n"
                                   "    document_bytes: 8K\n    max_bytes: 0\n"));
    buf_release(&out);
    assert_prints_as_itself(&r);
    recipe_release(&r);
}

static void test_score_options(void **state)
{
    (void)state;
    struct recipe r;
    parse_more(&r, SOURCES_LAW_GENERAL,
               "score: {scorer: tdds, length: 8, decay: 0.5, form: target, trajectories: proxy,\n"
               "        proxy: {passes: 2, checkpoints: 8, document_bytes: 0, max_bytes: 1G}}\n"
               "select: {general: {keep: 0.5, policy: middle, unscored: random}, law: {keep: 0.5, policy: random}}\n");
    assert_int_equal(r.score.proxy.passes, 2);
    assert_int_equal(r.score.proxy.document_bytes, 0);
    assert_int_equal(r.score.proxy.max_bytes, 1u << 30);
    assert_int_equal(r.select[1].policy, POLICY_MIDDLE);
    assert_int_equal(r.select[1].unscored, UNSCORED_RANDOM);
    assert_int_equal(r.select[0].unscored, UNSCORED_KEEP);
    assert_true(recipe_prunes_by_score(&r, 1));
    assert_false(recipe_prunes_by_score(&r, 0));
    assert_prints_as_itself(&r);
    recipe_release(&r);
}

static void test_score_of_texts(void **state)
{
    (void)state;
    struct recipe r;
    struct buf out;
    parse_more(&r, SOURCES_LAW_GENERAL, "score: {scorer: compression, level: 9, proxy: null, trajectories: ~}\n");
    assert_true(r.score.on);
    assert_null(r.score.trajectories);
    print(&r, SECTION_WHOLE, &out);
    assert_null(strstr(out.at, "trajectories"));
    assert_non_null(strstr(out.at, "\n  level: 9\n"));
    buf_release(&out);
    assert_prints_as_itself(&r);
    recipe_release(&r);
}

/* With scores every domain may still be left whole, or thinned by lot. */
static void test_policies(void **state)
{
    (void)state;
    struct recipe r;
    struct buf out;
    parse_more(&r, SCORED, "select: {general: {keep: 1}, law: {keep: 1, policy: bottom, unscored: drop}}\n");
    assert_int_equal(r.select[1].policy, POLICY_RANDOM);
    assert_false(recipe_prunes_by_score(&r, 0)); /* keeps all */
    print(&r, SECTION_WHOLE, &out);
    assert_non_null(strstr(out.at, "    policy: bottom\n    prune_scarce: false\n    unscored: drop\n"));
    buf_release(&out);
    assert_prints_as_itself(&r);
    recipe_release(&r);
    parse_more(&r, SOURCES_LAW_GENERAL, "select: {general: {keep: 0.5}}\n");
    assert_int_equal(r.select[1].policy, POLICY_RANDOM);
    print(&r, SECTION_WHOLE, &out);
    assert_null(strstr(out.at, "unscored"));
    buf_release(&out);
    recipe_release(&r);
}

/* ---- Trajectories ----------------------------------------------------------------------------------------------- */

static uint64_t fingerprint(const char *trajectories)
{
    char yaml[1024];
    struct recipe r;
    snprintf(yaml, sizeof yaml, "%sscore: {scorer: mean_loss, trajectories: %s}\n", SOURCES_LAW_GENERAL, trajectories);
    parse_here(&r, yaml);
    assert_prints_as_itself(&r);
    const uint64_t seen = r.score.fingerprint;
    recipe_release(&r);
    return seen;
}

static void set_time(const char *name, long nanoseconds)
{
    const struct timespec times[2] = {{1000000000, nanoseconds}, {1000000000, nanoseconds}};
    assert_int_equal(utimensat(AT_FDCWD, in_folder(name), times, 0), 0);
}

static void move(const char *from, const char *to)
{
    char old[512];
    snprintf(old, sizeof old, "%s", in_folder(from));
    assert_int_equal(rename(old, in_folder(to)), 0);
}

static void test_trajectories(void **state)
{
    (void)state;
    struct recipe r;
    assert_int_equal(fingerprint("losses"), 0); /* not there yet: no error */
    assert_int_equal(mkdir(in_folder("losses"), 0755), 0);
    assert_int_equal(fingerprint("losses"), 0);
    write_file("losses/a.jsonl", "1\n");
    write_file("losses/b.jsonl", "2\n");
    write_file("losses/.hidden", "2\n");
    set_time("losses/a.jsonl", 1);
    set_time("losses/b.jsonl", 2);
    const uint64_t first = fingerprint("losses");
    assert_int_not_equal(first, 0);
    assert_int_equal(fingerprint("./losses/"), first);
    set_time("losses/b.jsonl", 3);
    assert_int_not_equal(fingerprint("losses"), first);
    set_time("losses/b.jsonl", 2);
    assert_int_equal(fingerprint("losses"), first);
    write_file("losses/b.jsonl", "22\n");
    set_time("losses/b.jsonl", 2);
    assert_int_not_equal(fingerprint("losses"), first);
    write_file("losses/b.jsonl", "2\n");
    set_time("losses/b.jsonl", 2);
    move("losses", "moved");
    assert_int_equal(fingerprint("losses"), 0);
    assert_int_equal(fingerprint("moved"), first);
    move("moved", "losses");
    move("losses/b.jsonl", "losses/c.jsonl");
    assert_int_not_equal(fingerprint("losses"), first);
    assert_int_not_equal(fingerprint("losses/a.jsonl"), 0);
    parse_here(&r, SOURCES_LAW_GENERAL "score: {scorer: tdds, trajectories: losses}\n");
    assert_string_equal(r.score.trajectories, in_folder("losses"));
    assert_int_equal(r.score.proxy.passes, 0);
    recipe_release(&r);
}

/* ---- Laws ------------------------------------------------------------------------------------------------------- */

static void test_law(void **state)
{
    (void)state;
    static const struct {
        const char *budget;
        int kind;
        double limit;
    } budgets[] = {
        {"{difference: 0}", BUDGET_DIFFERENCE, 0},
        {"{relative: 0.03}", BUDGET_RELATIVE, 0.03},
        {"{absolute: 2.5, weight: none}", BUDGET_ABSOLUTE, 2.5},
        {"{weight: 1}", BUDGET_WEIGHT, 1},
    };
    struct recipe r;
    struct buf out;
    write_file("l.json", "{}\n");
    parse_here(&r, BY_LAW);
    const struct recipe_target *const t = &r.targets[0];
    assert_string_equal(t->law, in_folder("l.json"));
    assert_int_equal(t->law_hash, hash_bytes("{}\n", 3, 0));
    assert_int_equal(t->budget, BUDGET_DIFFERENCE);
    assert_real(t->budget_limit, 0.05);
    assert_int_equal(t->against, AGAINST_REPLAY_ONLY);
    assert_int_equal(t->domain, 0);
    assert_int_equal(t->general, 1);
    assert_real(t->ratio, 0);
    assert_real(t->shares[0] + t->shares[1], 0);
    assert_null(t->binding);
    assert_false(t->natural);
    print(&r, SECTION_WHOLE, &out);
    assert_non_null(strstr(out.at, " # fingerprint "));
    assert_non_null(strstr(out.at, "    budget: {difference: 0.05}\n    against: replay_only\n    max_epochs:"));
    assert_null(strstr(out.at, "ratio:"));
    buf_release(&out);
    r.targets[0].ratio = r.targets[0].shares[0] = 0.4; /* as the plan does */
    r.targets[0].shares[1] = 0.6;
    assert_prints_as_itself(&r);
    recipe_release(&r);
    for (size_t i = 0; i < sizeof budgets / sizeof *budgets; i++) {
        char yaml[1024];
        snprintf(yaml, sizeof yaml, "%stargets: [{name: t, domain: law, law: l.json, against: base, budget: %s}]\n",
                 SOURCES_LAW_GENERAL, budgets[i].budget);
        parse_here(&r, yaml);
        assert_int_equal(r.targets[0].budget, budgets[i].kind);
        assert_real(r.targets[0].budget_limit, budgets[i].limit);
        assert_int_equal(r.targets[0].against, AGAINST_BASE);
        assert_prints_as_itself(&r);
        recipe_release(&r);
    }
}

static void test_law_that_is_too_large(void **state)
{
    (void)state;
    struct recipe r;
    tamis_err err = {0};
    write_file("l.json", "");
    assert_int_equal(truncate(in_folder("l.json"), (16 << 20) + 1), 0);
    assert_int_equal(recipe_parse(&r, "r.yaml", folder, STR(BY_LAW), NULL, &err), TAMIS_USAGE);
    assert_int_equal(strncmp(err.text, "r.yaml:6:", 9), 0);
    recipe_release(&r);
}

/* A run can be looked at when the files its recipe names are gone. */
static void test_saved(void **state)
{
    (void)state;
    struct recipe r;
    struct buf out;
    char path[512];
    tamis_err err = {0};
    write_file("l.json", "{}\n");
    parse_here(&r, BY_LAW "score: {scorer: tdds, trajectories: l.json}\n");
    print(&r, SECTION_WHOLE, &out);
    write_file("recipe.yaml", out.at);
    buf_release(&out);
    recipe_release(&r);
    assert_int_equal(unlink(in_folder("l.json")), 0);
    snprintf(path, sizeof path, "%s", in_folder("recipe.yaml"));
    assert_int_equal(recipe_load_saved(&r, path, &err), TAMIS_OK);
    assert_string_equal(r.targets[0].law, in_folder("l.json"));
    assert_int_equal(r.targets[0].law_hash, 0);
    assert_string_equal(r.score.trajectories, in_folder("l.json"));
    recipe_release(&r);
    assert_int_equal(recipe_load(&r, path, NULL, &err), TAMIS_USAGE);
    assert_non_null(strstr(err.text, "cannot read"));
    recipe_release(&r);
}

/* ---- Stages ----------------------------------------------------------------------------------------------------- */

static struct stages stages_of(const char *yaml, const char *set)
{
    struct recipe r;
    struct stages stages;
    tamis_err err = {0};
    const char *words[] = {set};
    const tamis_strings sets = {words, set ? 1 : 0};
    if (recipe_parse(&r, "r.yaml", folder, str_from(yaml), &sets, &err) != TAMIS_OK) {
        fail_msg("%s: %s", set ? set : "", err.text);
    }
    const struct run run = {.recipe = &r, .folder = folder, .ledger = folder};
    if (stages_load(&stages, &run, false, &err) != TAMIS_OK) {
        fail_msg("%s", err.text);
    }
    recipe_release(&r);
    return stages;
}

static void assert_first_change(const char *yaml, const char *set, int first)
{
    const struct stages before = stages_of(yaml, NULL), after = stages_of(yaml, set);
    for (int s = 0; s < FLOW_COUNT; s++) {
        if ((before.key[s] != after.key[s]) != (s >= first)) {
            fail_msg("%s: %s", set, flow_name((enum flow_stage)s));
        }
    }
}

/* The first stage that is done again; all after it follow. */
static void test_keys(void **state)
{
    (void)state;
    static const char recipe[] =
        BY_LAW "score: {scorer: tdds, trajectories: a.jsonl}\nselect: {general: {keep: 0.5, policy: top}}\n";
    static const struct {
        const char *set;
        int first;
    } cases[] = {
        {"score.window=9", FLOW_SCORE},
        {"score.scorer=dynamic_uncertainty", FLOW_SCORE},
        {"score.trajectories=b.jsonl", FLOW_COUNT}, /* the same by another name */
        {"score.trajectories=c.jsonl", FLOW_SCORE},
        {"score.trajectories=proxy", FLOW_SCORE},
        {"select.general.policy=bottom", FLOW_SELECT},
        {"select.general.unscored=drop", FLOW_SELECT},
        {"select.general.policy=random", FLOW_SCORE}, /* other domains are scored */
        {"select.general.keep=0.4", FLOW_SELECT},
        {"targets.t.law=same.json", FLOW_COUNT},
        {"targets.t.law=other.json", FLOW_SELECT},
        {"targets.t.budget={relative: 0.05}", FLOW_SELECT},
        {"targets.t.against=base", FLOW_SELECT},
    };
    write_file("l.json", "{}\n");
    write_file("same.json", "{}\n");
    write_file("other.json", "{ }\n");
    write_file("a.jsonl", "{}\n");
    write_file("b.jsonl", "{}\n");
    write_file("c.jsonl", "{ }\n");
    set_time("a.jsonl", 5);
    set_time("b.jsonl", 5);
    set_time("c.jsonl", 5);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_first_change(recipe, cases[i].set, cases[i].first);
    }
    assert_first_change(SCORED, "score.proxy.passes=4", FLOW_SCORE);
    assert_first_change(BY_LAW, "targets.t.law=other.json", FLOW_MIX);
}

/* A recipe without scores has the keys of a program that knew none, and no record of the stage. */
static void test_stage_without_scores(void **state)
{
    (void)state;
    struct recipe r;
    struct stages stages;
    tamis_err err = {0};
    parse_here(&r, SOURCES_LAW_GENERAL);
    const struct run run = {.recipe = &r, .folder = folder, .ledger = folder};
    assert_int_equal(stages_load(&stages, &run, false, &err), TAMIS_OK);
    assert_int_equal(stages.key[FLOW_SCORE], stages.key[FLOW_RESOLVE]);
    assert_true(stages.done[FLOW_SCORE]);
    /* What an earlier recipe left has to go. */
    write_file("score.json", "{\"key\":\"0000000000000001\",\"done\":true}\n");
    assert_int_equal(stages_load(&stages, &run, false, &err), TAMIS_OK);
    assert_false(stages.done[FLOW_SCORE]);
    assert_int_equal(stage_begin(&stages, FLOW_SCORE, &run, &err), TAMIS_OK);
    assert_int_equal(stage_finish(&stages, FLOW_SCORE, &run, &err), TAMIS_OK);
    assert_false(file_exists(in_folder("score.json")));
    assert_true(stages.done[FLOW_SCORE]);
    assert_int_equal(stages_load(&stages, &run, false, &err), TAMIS_OK);
    assert_true(stages.done[FLOW_SCORE]);
    recipe_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_score_is_off),
        cmocka_unit_test(test_score_defaults),
        cmocka_unit_test(test_score_options),
        cmocka_unit_test(test_score_of_texts),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_trajectories),
        cmocka_unit_test(test_law),
        cmocka_unit_test(test_law_that_is_too_large),
        cmocka_unit_test(test_saved),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_stage_without_scores),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
