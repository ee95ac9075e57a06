/* The guards of a scored ledger: what is measured of it, and the sample against sorting. */
#include "guards_world.h"
#include "ledger_world.h"

#include "run/key.h"

/* ---- A ledger with scores --------------------------------------------------------------------------------------- */

#define MANY 1200

struct scored {
    struct survey_row survey[MANY];
    struct resolve_row resolve[MANY];
    struct score_row score[MANY];
    struct select_row select[MANY];
};

/* Random numbers that have nothing to do with each other, in two domains; half of each pruned by the score. */
static struct scored *make_scored(struct place *p, uint64_t seed)
{
    struct scored *const s = calloc(1, sizeof *s);
    assert_non_null(s);
    for (size_t i = 0; i < MANY; i++) {
        const uint16_t domain = next_random(&seed) % 3 ? 1 : 0;
        s->survey[i] = (struct survey_row){.source = domain, .domain = domain, .value = NAN,
                                           .text_bytes = 1 + (uint32_t)(next_random(&seed) % 9000),
                                           .tokens = 1 + (uint32_t)(next_random(&seed) % 2000)};
        s->resolve[i] = (struct resolve_row){.keeper = LEDGER_NOBODY, .similarity = NAN};
        s->score[i] = (struct score_row){.score = uniform(&seed), .mean_loss = 5 * uniform(&seed),
                                         .final_loss = 5 * uniform(&seed), .compression = 1 + uniform(&seed),
                                         .observed = 12, .eligible = 1};
        s->select[i] = (struct select_row){.value = NAN, .threshold = NAN};
    }
    p->recipe.score = (struct recipe_score){.on = true, .name = "dynamic_uncertainty", .trajectories = "proxy"};
    for (int d = 0; d < 2; d++) {
        p->select[d] = (struct recipe_select){.on = true, .keep = 0.5, .policy = POLICY_TOP};
    }
    return s;
}

static void prune(const struct place *p, struct scored *s)
{
    for (size_t i = 0; i < MANY; i++) {
        s->select[i].rule = s->score[i].eligible && s->score[i].score < 0.5 ? (uint16_t)(p->rules.top + 1) : 0;
    }
}

static void write_scored(struct place *p, const struct scored *s, const char *prefix, uint64_t first)
{
    const size_t half = MANY / 2;
    for (size_t part = 0; part < 2; part++) {
        const size_t at = part * half;
        write_rows(p, part, "survey", SURVEY_DTYPE, sizeof *s->survey, s->survey + at, half);
        write_rows(p, part, "resolve", RESOLVE_DTYPE, sizeof *s->resolve, s->resolve + at, half);
        write_rows(p, part, "score", SCORE_DTYPE, sizeof *s->score, s->score + at, half);
        write_rows(p, part, "select", SELECT_DTYPE, sizeof *s->select, s->select + at, half);
        write_ids(p, part, prefix, first + at, half);
    }
    map_ledger(p, LEDGER_SURVEY | LEDGER_RESOLVE | LEDGER_SCORE | LEDGER_SELECT);
}

static double simple_of(const struct scored *s, size_t i, int simple)
{
    return simple == SIMPLE_LENGTH        ? s->survey[i].text_bytes
           : simple == SIMPLE_COMPRESSION ? s->score[i].compression
           : simple == SIMPLE_MEAN_LOSS   ? s->score[i].mean_loss
                                          : s->score[i].final_loss;
}

/* `in`: documents to be looked at; NULL: all. */
static void check_group(const struct scored *s, const struct guard_group *group, int domain, const bool *in)
{
    static double a[MANY], b[MANY];
    for (int simple = 0; simple < SIMPLE_SCORES; simple++) {
        size_t count = 0;
        for (size_t i = 0; i < MANY; i++) {
            if (s->score[i].eligible && !isnan(s->score[i].score) && (domain < 0 || s->survey[i].domain == domain) &&
                (!in || in[i])) {
                a[count] = s->score[i].score;
                b[count++] = simple_of(s, i, simple);
            }
        }
        assert_int_equal(group->documents, count);
        assert_near(group->spearman[simple], plain_spearman(a, b, count));
    }
}

static void test_measures(void **state)
{
    struct place *const p = *state;
    struct scored *const s = make_scored(p, 3);
    struct guards guards;
    for (size_t i = 0; i < MANY; i += 7) {
        s->score[i].score = i % 2 ? NAN : s->score[i].score;
        s->score[i].eligible = i % 3 != 0;
        s->score[i].shortened = 1;
        s->score[i].mean_loss = NAN;
    }
    prune(p, s);
    write_scored(p, s, "d", 0);
    must(guards_measure(&guards, &p->run, &p->ledger, &p->err), &p->err);
    assert_int_equal(guards.group_count, 3);
    assert_false(guards.sampled);
    assert_null(guards.groups[0].domain);
    assert_string_equal(guards.groups[1].domain, "law");
    assert_int_equal(guards.groups[0].rival.score, SIMPLE_SCORES);
    uint64_t eligible = 0, scored = 0, shortened = 0;
    for (size_t i = 0; i < MANY; i++) {
        const struct score_row *const row = &s->score[i];
        eligible += row->eligible;
        scored += row->eligible && !isnan(row->score);
        shortened += row->eligible && !isnan(row->score) && row->shortened;
    }
    assert_int_equal(guards.groups[0].eligible, eligible);
    assert_int_equal(guards.groups[0].scored, scored);
    assert_int_equal(guards.groups[0].shortened, shortened);
    assert_int_equal(guards.groups[1].eligible + guards.groups[2].eligible, eligible);
    for (int g = 0; g < 3; g++) {
        check_group(s, &guards.groups[g], g - 1, NULL);
    }
    assert_false(rival_enough(&guards.groups[1].rival));
    assert_true(guards.groups[1].rival.overlap > 0.4);
    guards_release(&guards);
    free(s);
}

static void test_rival_of_a_domain(void **state)
{
    struct place *const p = *state;
    struct scored *const s = make_scored(p, 4);
    struct guards guards;
    for (size_t i = 0; i < MANY; i++) { /* law: the score is the length; general: nearly the opposite of the loss */
        s->score[i].score = s->survey[i].domain == 0 ? s->survey[i].text_bytes / 9001.0
                                                     : 1 - s->score[i].mean_loss / 5 + 0.02 * s->score[i].score;
    }
    prune(p, s);
    s->select[0].rule = (uint16_t)(p->rules.take + 1);
    write_scored(p, s, "d", 0);
    must(guards_measure(&guards, &p->run, &p->ledger, &p->err), &p->err);
    const struct guard_rival *const law = &guards.groups[1].rival, *const general = &guards.groups[2].rival;
    assert_int_equal(law->score, SIMPLE_LENGTH);
    assert_int_equal(law->policy, POLICY_TOP);
    assert_true(law->overlap > 0.99);
    assert_int_equal(general->score, SIMPLE_MEAN_LOSS);
    assert_int_equal(general->policy, POLICY_BOTTOM);
    assert_true(general->overlap > 0.9);
    guards_release(&guards);
    p->select[0].policy = POLICY_RANDOM; /* not by the score: there is nothing to hold it against */
    must(guards_measure(&guards, &p->run, &p->ledger, &p->err), &p->err);
    assert_int_equal(guards.groups[1].rival.score, SIMPLE_SCORES);
    guards_release(&guards);
    free(s);
}

static void test_says_where_it_is(void **state)
{
    struct place *const p = *state;
    struct scored *const s = make_scored(p, 7);
    struct guards guards;
    struct path status;
    struct buf said;
    buf_init(&said, BUF_UNLIMITED);
    write_scored(p, s, "d", 0);
    must(path_make(&status, &p->err, "%s/status.json", p->folder), &p->err);
    p->run.progress = progress_new(PROGRESS_NEVER, status.at);
    must(guards_measure(&guards, &p->run, &p->ledger, &p->err), &p->err);
    progress_free(p->run.progress);
    p->run.progress = NULL;
    must(file_read(status.at, SIZE_MAX, &said, &p->err), &p->err);
    assert_non_null(strstr(said.at, "\"stage\":\"guards\""));
    guards_release(&guards);
    buf_release(&said);
    free(s);
}

static void test_not_against_itself(void **state)
{
    struct place *const p = *state;
    struct scored *const s = make_scored(p, 5);
    struct guards guards;
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    for (size_t i = 0; i < MANY; i++) {
        s->score[i].mean_loss = s->score[i].score;
    }
    prune(p, s);
    write_scored(p, s, "d", 0);
    p->recipe.score.name = "mean_loss";
    must(guards_measure(&guards, &p->run, &p->ledger, &p->err), &p->err);
    assert_true(isnan(guards.groups[0].spearman[SIMPLE_MEAN_LOSS]));
    assert_false(rival_enough(&guards.groups[1].rival));
    assert_true(guards_say(&guards, &out));
    assert_int_equal(out.len, 0);
    guards_release(&guards);
    buf_release(&out);
    free(s);
}

/* ---- The sample ------------------------------------------------------------------------------------------------- */

struct keyed {
    uint64_t key;
    size_t number;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *const x = a, *const y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

static void check_sample(struct place *p, size_t most, bool one_id)
{
    struct scored *const s = make_scored(p, 6);
    struct keyed keys[MANY];
    bool in[MANY] = {false};
    struct guards guards;
    size_t count = 0;
    s->score[5].score = NAN;
    s->score[6].eligible = 0;
    prune(p, s);
    write_scored(p, s, "d", 0);
    if (one_id) { /* all documents of the first half share a key with one of the second */
        for (size_t part = 0; part < 2; part++) {
            write_ids(p, part, "d", 0, MANY / 2);
        }
        map_ledger(p, LEDGER_SURVEY | LEDGER_RESOLVE | LEDGER_SCORE | LEDGER_SELECT);
    }
    for (size_t i = 0; i < MANY; i++) {
        if (s->score[i].eligible && !isnan(s->score[i].score)) {
            keys[count++] = (struct keyed){draw_key(p->recipe.seed, "guards", ledger_id(&p->ledger, i)), i};
        }
    }
    qsort(keys, count, sizeof *keys, by_key);
    for (size_t i = 0; i < most; i++) {
        in[keys[i].number] = true;
    }
    must(guards_measure_some(&guards, &p->run, &p->ledger, most, &p->err), &p->err);
    assert_true(guards.sampled);
    assert_int_equal(guards.groups[0].scored, count);
    for (int g = 0; g < 3; g++) {
        check_group(s, &guards.groups[g], g - 1, in);
    }
    guards_release(&guards);
    must(guards_measure_some(&guards, &p->run, &p->ledger, count, &p->err), &p->err);
    assert_false(guards.sampled);
    guards_release(&guards);
    free(s);
}

static void test_sample(void **state)
{
    struct place *const p = *state;
    check_sample(p, 100, false);
    check_sample(p, MANY - 3, false);
    check_sample(p, 101, true);
}

static void test_stops(void **state)
{
    struct place *const p = *state;
    struct scored *const s = make_scored(p, 7);
    struct guards guards;
    const atomic_int stop = 1;
    write_scored(p, s, "d", 0);
    p->run.stop = &stop;
    assert_int_equal(guards_measure(&guards, &p->run, &p->ledger, &p->err), TAMIS_INTERRUPTED);
    guards_release(&guards);
    p->run.stop = NULL;
    free(s);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_measures),
        PLACED(test_rival_of_a_domain),
        PLACED(test_says_where_it_is),
        PLACED(test_not_against_itself),
        PLACED(test_sample),
        PLACED(test_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
