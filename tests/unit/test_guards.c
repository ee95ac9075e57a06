/* The guards: rank correlations and rivals against plain twins, the sample against sorting, and what is said when. */
#define _XOPEN_SOURCE 700
#include "ledger_world.h"

#include "core/str.h"
#include "run/key.h"
#include "score/guards.h"
#include "score/rival.h"

static uint64_t next_random(uint64_t *seed)
{
    *seed += 0x9e3779b97f4a7c15u;
    return hash_mix(*seed);
}

static double uniform(uint64_t *seed)
{
    return (double)(next_random(seed) >> 11) / (double)((uint64_t)1 << 53);
}

static void must(tamis_status status, const tamis_err *err)
{
    if (status) {
        fail_msg("%s", err->text);
    }
}

/* ---- Spearman --------------------------------------------------------------------------------------------------- */

/* Rank by counting: 1 + smaller ones + half of the other equal ones. */
static double plain_rank(const double *values, const bool *used, size_t count, size_t at)
{
    double rank = 1;
    for (size_t i = 0; i < count; i++) {
        if (used[i] && i != at) {
            rank += values[i] < values[at] ? 1 : values[i] > values[at] ? 0 : 0.5;
        }
    }
    return rank;
}

static double plain_spearman(const double *a, const double *b, size_t count)
{
    bool *const used = calloc(count + 1, sizeof *used);
    double *const x = calloc(count + 1, sizeof *x), *const y = calloc(count + 1, sizeof *y);
    assert_true(used && x && y);
    double mean_x = 0, mean_y = 0, both = 0, of_x = 0, of_y = 0;
    size_t pairs = 0;
    for (size_t i = 0; i < count; i++) {
        used[i] = !isnan(a[i]) && !isnan(b[i]);
        pairs += used[i];
    }
    for (size_t i = 0; i < count; i++) {
        x[i] = used[i] ? plain_rank(a, used, count, i) : 0;
        y[i] = used[i] ? plain_rank(b, used, count, i) : 0;
        mean_x += x[i] / (double)pairs;
        mean_y += y[i] / (double)pairs;
    }
    for (size_t i = 0; i < count; i++) {
        if (used[i]) {
            both += (x[i] - mean_x) * (y[i] - mean_y);
            of_x += (x[i] - mean_x) * (x[i] - mean_x);
            of_y += (y[i] - mean_y) * (y[i] - mean_y);
        }
    }
    free(used);
    free(x);
    free(y);
    return pairs < 3 || !(of_x > 0) || !(of_y > 0) ? NAN : both / sqrt(of_x * of_y);
}

static double spearman_of(const double *a, const double *b, size_t count)
{
    tamis_err err;
    double rho = 0;
    must(spearman(a, b, count, &rho, &err), &err);
    return rho;
}

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-9) && !(isnan(value) && isnan(expected))) {
        fail_msg("%.17g is not %.17g", value, expected);
    }
}

static void test_spearman_known(void **state)
{
    (void)state;
    /* A worked example of textbooks: rho = -29/165. */
    const double iq[] = {106, 100, 86, 101, 99, 103, 97, 113, 112, 110};
    const double hours[] = {7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
    assert_near(spearman_of(iq, hours, 10), -29.0 / 165);
    const double up[] = {1, 2, 3, 1000}, down[] = {-1, -5, -6, -7}, flat[] = {2, 2, 2, 2}, tied[] = {1, 1, 2, 2};
    assert_true(spearman_of(up, up, 4) >= 1 && spearman_of(up, up, 4) <= 1);
    assert_true(spearman_of(up, down, 4) >= -1 && spearman_of(up, down, 4) <= -1);
    assert_true(isnan(spearman_of(up, flat, 4)));
    assert_true(isnan(spearman_of(up, down, 2)));
    assert_true(isnan(spearman_of(NULL, NULL, 0)));
    assert_near(spearman_of(up, tied, 4), 4 / sqrt(20));
    const double holes[] = {1, NAN, 3, 1000}, other[] = {NAN, -5, -6, -7};
    assert_true(isnan(spearman_of(holes, other, 4)));
}

static void test_spearman_agrees(void **state)
{
    (void)state;
    double a[400], b[400];
    uint64_t seed = 1;
    for (size_t count = 3; count <= 400; count += 37) {
        for (uint64_t values = 2; values < 1000; values *= 5) {
            for (size_t i = 0; i < count; i++) {
                a[i] = next_random(&seed) % 20 ? (double)(next_random(&seed) % values) - 5 : NAN;
                b[i] = next_random(&seed) % 20 ? a[i] + (double)(next_random(&seed) % values) : NAN;
            }
            assert_near(spearman_of(a, b, count), plain_spearman(a, b, count));
        }
    }
}

/* ---- Rivals ----------------------------------------------------------------------------------------------------- */

/* The next document a rival keeps or, going upwards, leaves out: none is better and it is not yet taken. */
static size_t plain_next(const struct rival_entry *entries, size_t count, const bool *done, bool highest)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (!done[i] && entries[i].fate != RIVAL_OUTSIDE && !isnan(entries[i].value) &&
            (best == count || (highest ? entries[i].value > entries[best].value
                                       : entries[i].value < entries[best].value))) {
            best = i;
        }
    }
    return best;
}

static double plain_overlap(const struct rival_entry *entries, size_t count, int policy)
{
    bool done[500] = {false};
    uint64_t kept = 0, all = 0, taken = 0, both = 0, out = 0;
    for (size_t i = 0; i < count; i++) {
        kept += entries[i].fate == RIVAL_KEPT ? entries[i].tokens : 0;
        all += entries[i].fate != RIVAL_OUTSIDE && !isnan(entries[i].value) ? entries[i].tokens : 0;
    }
    for (size_t i = 0; policy == POLICY_MIDDLE && all > kept;) {
        i = plain_next(entries, count, done, false);
        if (i == count || out + entries[i].tokens > (all - kept) / 2) {
            break;
        }
        out += entries[i].tokens;
        done[i] = true;
    }
    while (taken < kept) {
        const size_t i = plain_next(entries, count, done, policy == POLICY_TOP);
        if (i == count) {
            break;
        }
        done[i] = true;
        taken += entries[i].tokens;
        both += entries[i].fate == RIVAL_KEPT ? entries[i].tokens : 0;
    }
    return (double)both / (double)kept;
}

static struct guard_rival nobody(void)
{
    return (struct guard_rival){.score = SIMPLE_SCORES, .overlap = NAN, .chance = NAN};
}

static void test_rivals_agree(void **state)
{
    (void)state;
    static const int policies[] = {POLICY_TOP, POLICY_BOTTOM, POLICY_MIDDLE};
    uint64_t seed = 2;
    for (int round = 0; round < 60; round++) {
        struct rival_entry entries[500], shuffled[500];
        const size_t count = 5 + next_random(&seed) % 400;
        const int side = policies[round % 3];
        uint64_t kept = 0, candidates = 0;
        for (size_t i = 0; i < count; i++) {
            const double value = uniform(&seed), noisy = value + 0.2 * uniform(&seed);
            const bool stays = side == POLICY_TOP      ? noisy > 0.5
                               : side == POLICY_BOTTOM ? noisy < 0.5
                                                       : fabs(noisy - 0.6) < 0.25;
            entries[i] = (struct rival_entry){next_random(&seed) % 30 ? value : NAN, i,
                                              1 + (uint32_t)(next_random(&seed) % 100),
                                              next_random(&seed) % 20 == 0 ? RIVAL_OUTSIDE
                                              : stays                      ? RIVAL_KEPT
                                                                           : RIVAL_PRUNED};
            shuffled[i] = entries[i];
            kept += entries[i].fate == RIVAL_KEPT ? entries[i].tokens : 0;
            candidates += entries[i].fate != RIVAL_OUTSIDE ? entries[i].tokens : 0;
        }
        struct guard_rival rival = nobody();
        rival_hold(&rival, shuffled, count, SIMPLE_LENGTH);
        if (kept == 0 || kept == candidates) {
            assert_int_equal(rival.score, SIMPLE_SCORES);
            continue;
        }
        double best = -1;
        int best_policy = POLICY_RANDOM;
        for (size_t p = 0; p < 3; p++) {
            const double overlap = plain_overlap(entries, count, policies[p]);
            best_policy = overlap > best ? policies[p] : best_policy;
            best = overlap > best ? overlap : best;
        }
        assert_int_equal(rival.score, SIMPLE_LENGTH);
        assert_int_equal(rival.policy, best_policy);
        assert_near(rival.overlap, best);
        assert_near(rival.chance, (double)kept / (double)candidates);
    }
}

/* A constant tells nothing: which documents it keeps is the order of their numbers, whatever the score did. */
static void test_constant_is_no_rival(void **state)
{
    (void)state;
    struct rival_entry entries[400];
    for (size_t i = 0; i < 400; i++) {
        entries[i] = (struct rival_entry){5, i, 10, i % 2 ? RIVAL_KEPT : RIVAL_PRUNED};
    }
    struct guard_rival rival = nobody();
    rival_hold(&rival, entries, 400, SIMPLE_LENGTH);
    assert_false(rival_enough(&rival));
    assert_near(rival.overlap, 0.5);
}

static void test_first_rival_stays(void **state)
{
    (void)state;
    struct rival_entry entries[100];
    struct guard_rival rival = nobody();
    for (int s = 0; s < SIMPLE_SCORES; s++) {
        for (size_t i = 0; i < 100; i++) {
            const double value = s == 0 ? (double)(i * 37 % 100) : (double)i;
            entries[i] = (struct rival_entry){value, i, 10, i < 40 ? RIVAL_KEPT : RIVAL_PRUNED};
        }
        rival_hold(&rival, entries, 100, (enum simple_score)s);
    }
    assert_int_equal(rival.score, SIMPLE_COMPRESSION); /* the first that is enough; the length is not */
    assert_int_equal(rival.policy, POLICY_BOTTOM);
    assert_near(rival.overlap, 1);
}

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

/* ---- What is said ----------------------------------------------------------------------------------------------- */

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

#define PLACED(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spearman_known),
        cmocka_unit_test(test_spearman_agrees),
        cmocka_unit_test(test_rivals_agree),
        cmocka_unit_test(test_constant_is_no_rival),
        cmocka_unit_test(test_first_rival_stays),
        PLACED(test_measures),
        PLACED(test_rival_of_a_domain),
        PLACED(test_says_where_it_is),
        PLACED(test_not_against_itself),
        PLACED(test_sample),
        PLACED(test_stops),
        cmocka_unit_test(test_quiet_guards),
        cmocka_unit_test(test_guards_speak),
        cmocka_unit_test(test_several_rivals),
        cmocka_unit_test(test_duplicates_first),
        cmocka_unit_test(test_tdds_at_the_end),
        cmocka_unit_test(test_laws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
