/* What the guards say, and when they are quiet. */
#include "guards_world.h"

#include <string.h>

static size_t lines_of(const struct buf *out)
{
    size_t lines = 0;
    for (size_t i = 0; i < out->len; i++) {
        lines += out->at[i] == '\n';
    }
    return lines;
}

static void assert_says(const struct buf *out, const char *text)
{
    if (!out->len || !strstr(out->at, text)) {
        fail_msg("'%s' is not in '%s'", text, out->len ? out->at : "");
    }
}

static struct guard_group quiet_group(const char *domain)
{
    return (struct guard_group){.domain = domain, .eligible = 1000, .scored = 1000, .documents = 1000,
                                .spearman = {0.1, NAN, -0.2, 0.95}, .rival = nobody()};
}

static void say(struct guard_group *groups, size_t count, struct buf *out)
{
    const struct guards guards = {.groups = groups, .group_count = count};
    buf_clear(out);
    assert_true(guards_say(&guards, out));
}

static void test_quiet_guards(void **state)
{
    (void)state;
    struct guard_group groups[] = {quiet_group(NULL), quiet_group("law"), quiet_group("general")};
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    say(groups, 3, &out);
    assert_int_equal(out.len, 0);
    say(groups, 0, &out);
    assert_int_equal(out.len, 0);
    groups[1].rival = (struct guard_rival){SIMPLE_LENGTH, POLICY_TOP, 0.93, 0.9}; /* keeping 90 %, that is luck */
    groups[2].eligible = 1005;
    groups[2].shortened = 90;
    say(groups, 3, &out);
    assert_int_equal(out.len, 0);
    groups[1].rival.chance = 0.4; /* of a few documents nothing is said */
    groups[1].spearman[SIMPLE_LENGTH] = 1;
    groups[1].documents = GUARD_DOCUMENTS - 1;
    say(groups, 3, &out);
    assert_int_equal(out.len, 0);
    buf_release(&out);
}

static void test_guards_speak(void **state)
{
    (void)state;
    struct guard_group groups[] = {quiet_group(NULL), quiet_group("law"), quiet_group("general")};
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    groups[1].spearman[SIMPLE_LENGTH] = -0.61;
    groups[1].spearman[SIMPLE_MEAN_LOSS] = -0.97;
    groups[0].spearman[SIMPLE_COMPRESSION] = 0.905;
    groups[1].rival = (struct guard_rival){SIMPLE_MEAN_LOSS, POLICY_BOTTOM, 0.954, 0.5};
    groups[0].scored = 980;
    groups[2].scored = 960;
    groups[2].shortened = 480;
    groups[0].shortened = 49;
    say(groups, 3, &out);
    assert_int_equal(lines_of(&out), 6);
    assert_says(&out, "length of the text (rank correlation -0.61 in law)");
    assert_says(&out, "almost compression (rank correlation 0.91 over all)");
    assert_says(&out, "almost mean_loss (rank correlation -0.97 in law)");
    assert_says(&out, "in law, keeping the lowest mean_loss selects 95.4 % of the same tokens (by chance 50.0 %)");
    assert_says(&out, "2.0 % of the documents to be scored have no score (general 4.0 %)");
    assert_says(&out, "5.0 % of the scored documents");
    assert_says(&out, "(general 50.0 %)");
    groups[0] = groups[1]; /* one domain is the whole corpus: said once */
    groups[0].domain = NULL;
    groups[0].rival = nobody();
    say(groups, 2, &out);
    assert_says(&out, "(rank correlation -0.61 in law)");
    assert_null(strstr(out.at, "over all"));
    buf_release(&out);
}

static void test_several_rivals(void **state)
{
    (void)state;
    struct guard_group groups[] = {quiet_group(NULL), quiet_group("law"), quiet_group("general")};
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    groups[1].rival = (struct guard_rival){SIMPLE_LENGTH, POLICY_TOP, 0.91, 0.5};
    groups[2].rival = (struct guard_rival){SIMPLE_FINAL_LOSS, POLICY_MIDDLE, 1, 0.5};
    say(groups, 3, &out);
    assert_int_equal(lines_of(&out), 1);
    assert_says(&out, "in law, keeping the highest length selects 91.0 % of the same tokens (by chance 50.0 %); in "
                      "general the middle final_loss 100.0 % (by chance 50.0 %): ");
    buf_release(&out);
}

static void test_duplicates_first(void **state)
{
    (void)state;
    struct recipe recipe = {.score = {.on = true}, .dedup = {.exact = true, .minhash = true}};
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    assert_true(guard_duplicates(&recipe, &out));
    assert_int_equal(out.len, 0);
    recipe.dedup.minhash = false;
    assert_true(guard_duplicates(&recipe, &out));
    assert_says(&out, "dedup.minhash is off");
    recipe.dedup = (struct recipe_dedup){.minhash = true};
    buf_clear(&out);
    assert_true(guard_duplicates(&recipe, &out));
    assert_says(&out, "dedup.exact is off");
    recipe.score.on = false;
    buf_clear(&out);
    assert_true(guard_duplicates(&recipe, &out));
    assert_int_equal(out.len, 0);
    buf_release(&out);
}

static size_t say_tdds(const char *spec, size_t checkpoints, struct buf *out)
{
    struct arena arena;
    struct scoring scoring;
    tamis_err err;
    arena_init(&arena);
    buf_clear(out);
    must(scoring_parse(&scoring, spec, &arena, &err), &err);
    assert_true(guard_tdds(&scoring, checkpoints, out));
    scoring_close(&scoring);
    arena_release(&arena);
    return lines_of(out);
}

static void test_tdds_at_the_end(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    assert_int_equal(say_tdds("tdds", 21, &out), 1);
    assert_says(&out, "decay 0.9 on all 21 checkpoints");
    assert_says(&out, "last 10 checkpoints");
    assert_int_equal(say_tdds("tdds", 11, &out), 1);
    assert_int_equal(say_tdds("tdds", 10, &out), 0);
    assert_int_equal(say_tdds("tdds:window=5", 12, &out), 1);
    assert_int_equal(say_tdds("tdds:length=10", 21, &out), 0);
    assert_int_equal(say_tdds("tdds:length=20", 21, &out), 0);
    assert_int_equal(say_tdds("tdds:length=21", 21, &out), 1);
    assert_int_equal(say_tdds("tdds:length=90", 21, &out), 1);
    assert_int_equal(say_tdds("tdds:decay=0.1", 21, &out), 0);
    assert_int_equal(say_tdds("tdds:decay=0.5", 21, &out), 0);
    assert_int_equal(say_tdds("dynamic_uncertainty", 21, &out), 0);
    const struct scoring none = {0};
    assert_true(guard_tdds(&none, 100, &out));
    assert_int_equal(out.len, 0);
    buf_release(&out);
}

static void test_laws(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    assert_true(guard_law("a", "", &out));
    assert_true(guard_law("a", NULL, &out));
    assert_int_equal(out.len, 0);
    assert_true(guard_law("a", "one\n\ntwo\n", &out));
    assert_true(guard_law("b", "three", &out));
    assert_string_equal(out.at, "target a: one\ntarget a: two\ntarget b: three\n");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quiet_guards),
        cmocka_unit_test(test_guards_speak),
        cmocka_unit_test(test_several_rivals),
        cmocka_unit_test(test_duplicates_first),
        cmocka_unit_test(test_tdds_at_the_end),
        cmocka_unit_test(test_laws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
