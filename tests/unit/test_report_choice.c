/* What the report says of scores, selection, needs, laws and warnings, and that it is silent where there are none. */
#include "report_world.h"

#include "report/story.h"

/* Of the ten documents 5, 6 and 8 are of domain general and survive: they are to be scored, and 8 goes. */
enum { SCORED_FILES = EVERY_FILE | LEDGER_SCORE };

static void make_scores(struct place *p)
{
    struct survey_row survey[DOCUMENTS];
    struct resolve_row resolve[DOCUMENTS];
    struct select_row select[DOCUMENTS];
    struct score_row score[DOCUMENTS] = {0};
    uint8_t draws[DOCUMENTS][2];
    make_ledger(p);
    make_rows(p, survey, resolve, select, draws);
    for (size_t i = 0; i < DOCUMENTS; i++) {
        score[i] = (struct score_row){.score = NAN, .mean_loss = NAN, .final_loss = NAN, .compression = NAN};
    }
    score[5] = (struct score_row){.score = 0.5, .mean_loss = 2.5, .final_loss = 2, .compression = 3, .observed = 12,
                                  .eligible = 1};
    score[6].eligible = 1;
    score[6].observed = 1;
    score[8] = (struct score_row){.score = 0.25, .mean_loss = 3, .final_loss = 2.5, .compression = 2, .observed = 7,
                                  .shortened = 1, .eligible = 1};
    select[8] = (struct select_row){.value = 0.25, .threshold = 0.5, .rule = (uint16_t)(p->rules.top + 1)};
    for (size_t part = 0; part < 2; part++) {
        const size_t first = part * FIRST_PART;
        write_rows(p, part, "score", SCORE_DTYPE, sizeof *score, score + first, FIRST_PART);
        write_rows(p, part, "select", SELECT_DTYPE, sizeof *select, select + first, FIRST_PART);
    }
    p->recipe.score = (struct recipe_score){.on = true, .name = "dynamic_uncertainty", .trajectories = "proxy"};
    p->select[1] = (struct recipe_select){.on = true, .keep = 0.25, .policy = POLICY_TOP};
    map_ledger(p, SCORED_FILES);
}

static const uint64_t needed[2][2] = {{20, 0}, {10, 15}};

static struct guard_group group_of(const char *domain)
{
    return (struct guard_group){.domain = domain, .eligible = 3, .scored = 2, .documents = 2,
                                .spearman = {0.75, -1, NAN, 0.123456},
                                .rival = {SIMPLE_SCORES, 0, NAN, NAN}};
}

static void add_facts(struct place *p, struct report_scores *scores, struct guards *guards,
                      struct guard_group groups[2])
{
    make_facts(p);
    groups[0] = group_of(NULL);
    groups[1] = group_of("general");
    groups[1].rival = (struct guard_rival){SIMPLE_MEAN_LOSS, POLICY_BOTTOM, 1, 0.5};
    *guards = (struct guards){.groups = groups, .group_count = 2};
    *scores = (struct report_scores){.checkpoints = 12, .least_covered = 2, .unknown_ids = 3, .ambiguous_ids = 4,
                                     .rejected_losses = 5, .broken_records = 6, .guards = guards};
    p->facts.scores = scores;
    p->facts.warnings = "the score goes with the length\n\"quoted\" and more\n";
    p->written[0].needed_tokens = needed[0];
    p->written[1].needed_tokens = needed[1];
    p->targets[1].tokens = 25;
}

static void assert_real(double value, double expected)
{
    assert_true(fabs(value - expected) < 1e-12);
}

/* ---- report.json ------------------------------------------------------------------------------------------------ */

static void test_scores(void **state)
{
    struct place *const p = *state;
    struct report_scores scores;
    struct guards guards;
    struct guard_group groups[2];
    struct read r;
    make_scores(p);
    add_facts(p, &scores, &guards, groups);
    read_report(&r, p);
    const struct tree *const s = child(r.root, "scores");
    assert_string_equal(child(s, "scorer")->text, "dynamic_uncertainty");
    assert_string_equal(child(s, "trajectories")->text, "proxy");
    assert_int_equal(count_at(s, "eligible"), 3);
    assert_int_equal(count_at(s, "scored"), 2);
    assert_int_equal(count_at(s, "unscored"), 1);
    assert_int_equal(count_at(s, "shortened"), 1);
    assert_int_equal(count_at(s, "checkpoints"), 12);
    assert_int_equal(count_at(s, "least_covered"), 2);
    assert_int_equal(count_at(s, "unknown_ids"), 3);
    assert_int_equal(count_at(s, "ambiguous_ids"), 4);
    assert_int_equal(count_at(s, "rejected_losses"), 5);
    assert_int_equal(count_at(s, "broken_records"), 6);
    assert_string_equal(child(s, "sampled")->text, "false");
    const struct tree *const list = child(s, "correlations");
    assert_int_equal(list->count, 2);
    assert_true(tree_is_null(child(list->items[0], "domain")));
    assert_string_equal(child(list->items[1], "domain")->text, "general");
    assert_real(real_at(list->items[1], "length"), 0.75);
    assert_real(real_at(list->items[1], "compression"), -1);
    assert_true(tree_is_null(child(list->items[1], "mean_loss")));
    const struct tree *const warnings = child(r.root, "warnings");
    assert_int_equal(warnings->count, 2);
    assert_string_equal(warnings->items[1]->text, "\"quoted\" and more");
    read_release(&r);
}

static void test_options_as_on_the_command_line(void **state)
{
    struct place *const p = *state;
    struct report_scores scores = {0};
    struct arena arena;
    struct read r;
    make_scores(p);
    make_facts(p);
    p->facts.scores = &scores;
    arena_init(&arena);
    assert_int_equal(scoring_parse(&p->recipe.score.scoring, "tdds:window=7,decay=0.25", &arena, &p->err), TAMIS_OK);
    read_report(&r, p);
    assert_string_equal(child(child(r.root, "scores"), "options")->text,
                        "window=7,length=0,decay=0.25,form=difference,strict=false");
    scoring_close(&p->recipe.score.scoring);
    arena_release(&arena);
    read_release(&r);
}

static void check_amount(const struct tree *from, const char *key, uint64_t documents, uint64_t tokens)
{
    assert_int_equal(count_at(child(from, key), "documents"), documents);
    assert_int_equal(count_at(child(from, key), "tokens"), tokens);
}

static void test_selection(void **state)
{
    struct place *const p = *state;
    struct report_scores scores;
    struct guards guards;
    struct guard_group groups[2];
    struct read r;
    make_scores(p);
    add_facts(p, &scores, &guards, groups);
    read_report(&r, p);
    const struct tree *const list = child(r.root, "selection");
    assert_int_equal(list->count, 1);
    const struct tree *const one = list->items[0];
    assert_string_equal(child(one, "domain")->text, "general");
    assert_string_equal(child(one, "policy")->text, "top");
    assert_real(real_at(one, "keep_wanted"), 0.25);
    assert_real(real_at(one, "keep"), 31.0 / 49);
    check_amount(one, "scored", 2, 33);
    check_amount(one, "unscored", 1, 16);
    assert_string_equal(child(child(one, "unscored"), "policy")->text, "keep");
    check_amount(one, "pruned", 1, 18);
    assert_int_equal(count_at(one, "needed_tokens"), 15);
    assert_string_equal(child(one, "held_by_need")->text, "false"); /* 9 of 33 tokens by share, and 16 unscored */
    assert_real(real_at(one, "threshold"), 0.5);
    assert_true(tree_is_null(child(one, "threshold_high")));
    const struct tree *const simplest = child(one, "simplest");
    assert_string_equal(child(simplest, "score")->text, "mean_loss");
    assert_string_equal(child(simplest, "side")->text, "lowest");
    assert_real(real_at(simplest, "chance"), 0.5);
    assert_string_equal(child(child(r.root, "dropped")->items[4], "rule")->text, "top");
    read_release(&r);
}

static const char *held(struct place *p, struct read *r)
{
    read_report(r, p);
    return child(child(r->root, "selection")->items[0], "held_by_need")->text;
}

/* What `keep` and `unscored` would leave, against what the greediest target with a size needs. */
static void test_held_by_need(void **state)
{
    struct place *const p = *state;
    struct report_scores scores;
    struct guards guards;
    struct guard_group groups[2];
    struct read r;
    make_scores(p);
    add_facts(p, &scores, &guards, groups);
    p->select[1].unscored = UNSCORED_DROP; /* 9 tokens against 15 */
    assert_string_equal(held(p, &r), "true");
    read_release(&r);
    p->select[1].prune_scarce = true;
    assert_string_equal(held(p, &r), "false");
    read_release(&r);
    p->select[1].prune_scarce = false;
    p->select[1].unscored = UNSCORED_RANDOM; /* 9 and 4 */
    assert_string_equal(held(p, &r), "true");
    read_release(&r);
    p->targets[1].tokens = 0; /* without a size it takes what is left */
    assert_string_equal(held(p, &r), "false");
    read_release(&r);
}

static void test_needs(void **state)
{
    struct place *const p = *state;
    struct report_scores scores;
    struct guards guards;
    struct guard_group groups[2];
    struct read r;
    make_scores(p);
    add_facts(p, &scores, &guards, groups);
    read_report(&r, p);
    const struct tree *const list = child(r.root, "needs");
    assert_int_equal(list->count, 2);
    static const uint64_t expected[2][7] = {{10, 30, 20, 0, 10, 0, 10}, {49, 15, 15, 18, 15, 16, 0}};
    static const char *const keys[] = {"pool_tokens",  "needed_tokens",  "largest_need_tokens", "pruned_tokens",
                                       "drawn_tokens", "surplus_tokens", "repeated_tokens"};
    for (size_t d = 0; d < 2; d++) {
        for (size_t k = 0; k < 7; k++) {
            assert_int_equal(count_at(list->items[d], keys[k]), expected[d][k]);
        }
        assert_int_equal(expected[d][0], expected[d][3] + expected[d][4] + expected[d][5]);
    }
    const struct tree *const a = child(child(r.root, "targets")->items[0], "mixture")->items[0];
    assert_int_equal(count_at(a, "needed_tokens"), 20);
    assert_int_equal(count_at(a, "drawn_tokens"), 10);
    assert_int_equal(count_at(a, "repeated_tokens"), 10);
    assert_int_equal(count_at(a, "tokens"), 20);
    read_release(&r);
}

static void set_law(struct place *p)
{
    p->targets[1].law = "laws/chemistry.law.json";
    p->targets[1].budget = BUDGET_DIFFERENCE;
    p->targets[1].budget_limit = 0.05;
    p->targets[1].binding = "max_epochs";
    p->targets[1].natural = false;
    p->targets[1].ratio = 0.4;
    p->written[1].loss_domain = 1.5;
    p->written[1].loss_general = 2.65;
    p->written[1].loss_replay_only = 2.6;
}

static void test_law(void **state)
{
    struct place *const p = *state;
    struct read r;
    make_ledger(p);
    make_facts(p);
    set_law(p);
    read_report(&r, p);
    const struct tree *const a = child(r.root, "targets")->items[0], *const b = child(r.root, "targets")->items[1];
    static const char *const keys[] = {"law", "budget", "binding", "loss_domain", "loss_general", "loss_replay_only"};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
        assert_true(tree_is_null(child(a, keys[k])));
    }
    assert_string_equal(child(b, "law")->text, "laws/chemistry.law.json");
    assert_real(real_at(child(b, "budget"), "difference"), 0.05);
    assert_string_equal(child(child(b, "budget"), "against")->text, "replay_only");
    assert_string_equal(child(b, "binding")->text, "max_epochs");
    assert_real(real_at(b, "loss_domain"), 1.5);
    assert_real(real_at(b, "loss_general"), 2.65);
    assert_real(real_at(b, "loss_replay_only"), 2.6);
    read_release(&r);
}

static void test_without(void **state)
{
    struct place *const p = *state;
    struct read r;
    make_ledger(p);
    make_facts(p);
    read_report(&r, p);
    assert_true(tree_is_null(child(r.root, "scores")));
    assert_int_equal(child(r.root, "selection")->count, 0);
    assert_int_equal(child(r.root, "warnings")->count, 0);
    assert_int_equal(child(r.root, "needs")->count, 2);
    read_release(&r);
}

static void test_by_lot(void **state)
{
    struct place *const p = *state;
    struct read r;
    make_ledger(p);
    make_facts(p);
    p->select[1] = (struct recipe_select){.on = true, .keep = 0.5, .policy = POLICY_RANDOM};
    read_report(&r, p);
    const struct tree *const one = child(r.root, "selection")->items[0];
    assert_string_equal(child(one, "policy")->text, "random");
    assert_true(tree_is_null(child(one, "scored")));
    assert_true(tree_is_null(child(one, "threshold")));
    assert_true(tree_is_null(child(one, "simplest")));
    check_amount(one, "pruned", 1, 18);
    read_release(&r);
}

/* ---- The page --------------------------------------------------------------------------------------------------- */

static void assert_shows(const char *page, const char *text)
{
    if (!strstr(page, text)) {
        fail_msg("'%s' is missing in\n%s", text, page);
    }
}

static void test_page(void **state)
{
    struct place *const p = *state;
    struct report_scores scores;
    struct guards guards;
    struct guard_group groups[2];
    struct read r;
    struct buf page;
    make_scores(p);
    add_facts(p, &scores, &guards, groups);
    set_law(p);
    p->select[1].unscored = UNSCORED_DROP;
    read_report(&r, p);
    buf_init(&page, BUF_UNLIMITED);
    assert_int_equal(report_table(buf_str(&r.json), 160, &page, &p->err), TAMIS_OK);
    static const char *const shown[] = {
        "scores: dynamic_uncertainty, losses of proxy at 12 checkpoints: 2 of 3 documents have one",
        "rank correlation of the score with",
        "general          2    0.75           -1          -       0.123",
        "general  top     0.25  0.6327       2         1       1     0.5",
        "general: less was pruned than asked, because a target needs 15 tokens of it",
        "what the targets need of each domain (tokens)",
        "general        49      15      18     15       16         0",
        "b: ratio 0.4 by budget difference=0.05 of law chemistry.law.json (bound by: max_epochs); predicted",
        "2.6 -> 2.65, domain loss 1.5",
        "! the score goes with the length\n! \"quoted\" and more\n",
    };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        assert_shows(page.at, shown[i]);
    }
    for (unsigned width = 76; width <= 120; width += 11) {
        buf_clear(&page);
        assert_int_equal(report_table(buf_str(&r.json), width, &page, &p->err), TAMIS_OK);
        assert_true(longest_line(page.at) <= width);
    }
    buf_release(&page);
    read_release(&r);
}

static void test_page_without(void **state)
{
    struct place *const p = *state;
    struct read r;
    struct buf page;
    make_ledger(p);
    make_facts(p);
    p->select[1] = (struct recipe_select){.on = true, .keep = 0.5, .policy = POLICY_RANDOM};
    read_report(&r, p);
    buf_init(&page, BUF_UNLIMITED);
    assert_int_equal(report_table(buf_str(&r.json), 100, &page, &p->err), TAMIS_OK);
    static const char *const hidden[] = {"scores", "selection", "need of", "budget "};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        assert_null(strstr(page.at, hidden[i]));
    }
    buf_clear(&page); /* keys of the wrong kind are keys that are missing */
    const tamis_str odd = STR("{\"version\": 1, \"scores\": 3, \"selection\": {}, \"needs\": [1], "
                              "\"warnings\": [[], \"w\"], "
                              "\"targets\": [{\"law\": [], \"budget\": 4}]}");
    assert_int_equal(report_table(odd, 80, &page, &p->err), TAMIS_OK);
    assert_shows(page.at, "! w\n");
    buf_release(&page);
    read_release(&r);
}

/* ---- The columns of the ledger ---------------------------------------------------------------------------------- */

static void assert_scores(struct place *p, uint64_t number, const char *scores)
{
    const struct teller teller = {&p->run, &p->ledger, false};
    struct story story;
    struct buf out;
    struct json json;
    buf_init(&out, BUF_UNLIMITED);
    assert_int_equal(story_tell(&story, &teller, number, &p->err), TAMIS_OK);
    json_init(&json, &out, 0);
    json_open(&json, '{');
    story_write(&json, &teller, &story);
    json_close(&json, '}');
    assert_shows(out.at, scores);
    buf_release(&out);
}

static void test_scores_in_the_ledger(void **state)
{
    struct place *const p = *state;
    make_scores(p);
    assert_scores(p, 0, "\"scores\":{}");
    assert_scores(p, 5, "\"scores\":{\"dynamic_uncertainty\":0.5,\"mean_loss\":2.5}");
    assert_scores(p, 6, "\"scores\":{\"dynamic_uncertainty\":null,\"mean_loss\":null}");
    assert_scores(p, 8, "\"rule\":\"top\",\"value\":0.25,\"threshold\":0.5");
    p->recipe.score.name = "mean_loss";
    assert_scores(p, 5, "\"scores\":{\"mean_loss\":0.5}");
    const struct teller teller = {&p->run, &p->ledger, false};
    struct story story;
    assert_int_equal(story_tell(&story, &teller, 5, &p->err), TAMIS_OK);
    assert_real(story_score(&story), 0.5);
    assert_int_equal(story_tell(&story, &teller, 0, &p->err), TAMIS_OK);
    assert_null(story.score);
    assert_true(isnan(story_score(&story)));
    map_ledger(p, EVERY_FILE);
    assert_scores(p, 5, "\"scores\":{}");
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_scores),
        PLACED(test_options_as_on_the_command_line),
        PLACED(test_selection),
        PLACED(test_held_by_need),
        PLACED(test_needs),
        PLACED(test_law),
        PLACED(test_without),
        PLACED(test_by_lot),
        PLACED(test_page),
        PLACED(test_page_without),
        PLACED(test_scores_in_the_ledger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
