/*
 * Select on ledgers made by hand, against a plain twin: every policy, documents without scores, needs and caps.
 */
#include "mix_world.h"

#include "select/select.h"

#define DOCUMENTS 400
#define DOMAINS 2

#define TARGETS_YAML "targets:\n  - {name: t, domain: law, general: general, ratio: 0.25, tokens: 1000}\n"

/* ---- The world with scores -------------------------------------------------------------------------------------- */

struct scored_world {
    struct world w;
    double scores[DOCUMENTS];
    struct select_row rows[DOCUMENTS]; /* what select wrote */
};

static void write_scores(struct scored_world *s)
{
    struct world *const w = &s->w;
    for (size_t p = 0; p < w->ledger.part_count; p++) {
        const struct ledger_part *const part = &w->ledger.parts[p];
        struct score_row *const rows = calloc(part->count + 1, sizeof *rows);
        struct path path;
        tamis_err err;
        assert_non_null(rows);
        for (size_t i = 0; i < part->count; i++) {
            rows[i] = (struct score_row){.score = s->scores[part->first + i]};
        }
        must(path_make(&path, &err, "%s/part-%06zu/score.npy", w->ledger_folder.at, p), &err);
        must(npy_write(path.at, SCORE_DTYPE, sizeof *rows, rows, part->count, &err), &err);
        free(rows);
    }
    world_remap(w, LEDGER_SURVEY | LEDGER_RESOLVE | LEDGER_SCORE);
}

/* Few scores, so that there are many ties; ids that repeat. */
static void random_scores(struct scored_world *s, uint64_t *state)
{
    const uint64_t kinds = 1 + random_below(state, 60);
    const uint64_t odd = 1 + random_below(state, 12);
    for (size_t i = 0; i < DOCUMENTS; i++) {
        s->scores[i] = random_below(state, odd) == 1 ? (double)NAN : (double)random_below(state, kinds) / 8 - 1;
    }
    write_scores(s);
}

static void scored_open(struct scored_world *s, const char *yaml)
{
    struct world *const w = &s->w;
    uint64_t state = 3;
    world_open(w);
    world_fill(w, DOCUMENTS * 3 / 4, DOCUMENTS / 4, 7);
    for (size_t i = 0; i < DOCUMENTS; i += 5) {
        snprintf(w->docs[i].id, sizeof w->docs[i].id, "again-%u", (unsigned)random_below(&state, 9));
    }
    world_write(w, yaml, 2, 3);
    random_scores(s, &state);
}

static void set_policy(struct scored_world *s, size_t domain, int policy, int unscored, double keep)
{
    s->w.recipe.select[domain] =
        (struct recipe_select){.on = true, .keep = keep, .policy = policy, .unscored = unscored};
}

static void select_all(struct scored_world *s)
{
    tamis_err err;
    struct world *const w = &s->w;
    must(select_documents(&w->run, &w->ledger, &err), &err);
    world_remap(w, LEDGER_SURVEY | LEDGER_RESOLVE | LEDGER_SCORE | LEDGER_SELECT);
    for (uint64_t n = 0; n < DOCUMENTS; n++) {
        const struct ledger_part *const part = ledger_part_of(&w->ledger, n);
        s->rows[n] = ((const struct select_row *)part->select.rows)[n - part->first];
    }
}

/* ---- The plain twin --------------------------------------------------------------------------------------------- */

struct twin {
    uint16_t rules[DOCUMENTS];
    double thresholds[DOCUMENTS];
};

struct place {
    uint64_t number, key, tokens;
    double score;
    const char *id;
};

static int by_draw(const void *a, const void *b)
{
    const struct place *const x = a, *const y = b;
    return x->key != y->key ? (x->key < y->key ? -1 : 1) : x->number < y->number ? -1 : x->number > y->number;
}

static int by_score(const void *a, const void *b)
{
    const struct place *const x = a, *const y = b;
    const int ids = strcmp(x->id, y->id);
    return x->score != y->score ? (x->score < y->score ? -1 : 1)
           : ids != 0           ? ids
                                : (x->number < y->number ? -1 : 1);
}

static int by_score_down(const void *a, const void *b)
{
    const struct place *const x = a, *const y = b;
    return x->score != y->score ? (x->score > y->score ? -1 : 1) : by_score(a, b);
}

static struct place place_of(const struct scored_world *s, size_t i, const char *purpose)
{
    const struct doc *const doc = &s->w.docs[i];
    const uint64_t key = draw_key(s->w.recipe.seed, purpose, str_from(doc->id));
    return (struct place){i, key, doc->tokens, s->scores[i], doc->id};
}

static uint64_t add_up(const struct place *places, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += places[i].tokens;
    }
    return sum;
}

/* What overshoots goes; or, to reach a need, what comes after the limit. Returns the tokens that stay. */
static uint64_t twin_draw(struct twin *t, struct place *places, size_t count, uint64_t limit, bool reach, size_t rule,
                          double threshold)
{
    uint64_t kept = 0;
    qsort(places, count, sizeof *places, by_draw);
    for (size_t i = 0; i < count; i++) {
        if (reach ? kept < limit : kept + places[i].tokens <= limit) {
            kept += places[i].tokens;
        } else {
            t->rules[places[i].number] = (uint16_t)(rule + 1);
            t->thresholds[places[i].number] = threshold;
        }
    }
    return kept;
}

static void twin_take(struct twin *t, const struct scored_world *s)
{
    const struct recipe *const recipe = &s->w.recipe;
    for (size_t source = 0; source < recipe->source_count; source++) {
        static struct place places[DOCUMENTS];
        size_t count = 0;
        for (size_t i = 0; i < DOCUMENTS; i++) {
            if (s->w.docs[i].source == source && s->w.docs[i].is == DOC_KEPT) {
                places[count++] = place_of(s, i, "take");
            }
        }
        const uint64_t cap = recipe->sources[source].take;
        twin_draw(t, places, count, cap ? cap : UINT64_MAX, false, s->w.rules.take, (double)cap);
    }
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void twin_cut(struct twin *t, const struct scored_world *s, size_t domain, struct place *places, size_t count,
                     uint64_t limit)
{
    const int policy = s->w.recipe.select[domain].policy;
    const uint64_t all = add_up(places, count);
    size_t first = 0;
    uint64_t left_out = 0, kept = 0;
    if (limit >= all) {
        return;
    }
    qsort(places, count, sizeof *places, policy == POLICY_TOP ? by_score_down : by_score);
    while (policy == POLICY_MIDDLE && left_out + places[first].tokens <= (all - limit) / 2) {
        left_out += places[first++].tokens;
    }
    size_t end = first;
    while (kept < limit) {
        kept += places[end++].tokens;
    }
    for (size_t i = 0; i < count; i++) {
        if (i < first || i >= end) {
            t->rules[places[i].number] = (uint16_t)(s->w.rules.top + policy + 1);
            t->thresholds[places[i].number] = places[i < first ? first : end - 1].score;
        }
    }
}

static void twin_keep(struct twin *t, const struct scored_world *s, size_t domain)
{
    static struct place scored[DOCUMENTS], unscored[DOCUMENTS];
    const struct recipe_select *const select = &s->w.recipe.select[domain];
    const struct recipe_target *const target = &s->w.recipe.targets[0];
    size_t with = 0, without = 0;
    for (size_t i = 0; i < DOCUMENTS; i++) {
        const struct doc *const doc = &s->w.docs[i];
        if (s->w.recipe.sources[doc->source].domain == domain && doc->is == DOC_KEPT && t->rules[i] == 0) {
            const bool draws = select->policy == POLICY_RANDOM || isnan(s->scores[i]);
            *(draws ? &unscored[without++] : &scored[with++]) = place_of(s, i, "select");
        }
    }
    if (!select->on || select->keep >= 1) {
        return;
    }
    const uint64_t need = select->prune_scarce ? 0 : (uint64_t)ceil((double)target->tokens * target->shares[domain]);
    const uint64_t a = add_up(scored, with), b = add_up(unscored, without);
    const uint64_t share = (uint64_t)ceil(select->keep * (double)b);
    if (select->policy == POLICY_RANDOM) {
        twin_draw(t, unscored, without, larger(share, need), need > share, s->w.rules.select, select->keep);
        return;
    }
    const uint64_t more = need > a ? need - a : 0;
    const uint64_t wanted = select->unscored == UNSCORED_KEEP ? b : select->unscored == UNSCORED_DROP ? 0 : share;
    const uint64_t kept = twin_draw(t, unscored, without, larger(wanted, more), more > wanted || wanted == 0,
                                    s->w.rules.unscored, NAN);
    twin_cut(t, s, domain, scored, with,
             larger((uint64_t)ceil(select->keep * (double)a), need > kept ? need - kept : 0));
}

static void compare(const struct scored_world *s)
{
    struct twin t = {.rules = {0}};
    twin_take(&t, s);
    for (size_t d = 0; d < DOMAINS; d++) {
        twin_keep(&t, s, d);
    }
    for (size_t i = 0; i < DOCUMENTS; i++) {
        const struct select_row *const row = &s->rows[i];
        assert_int_equal(row->rule, t.rules[i]);
        if (row->rule == 0 || row->rule == s->w.rules.unscored + 1) {
            assert_true(isnan(row->value) && isnan(row->threshold));
        } else {
            const bool by_tokens = row->rule <= s->w.rules.take + 1;
            assert_true(row->value == (by_tokens ? (double)s->w.docs[i].tokens : s->scores[i]));
            assert_true(row->threshold == t.thresholds[i] || (!by_tokens && row->value == row->threshold));
        }
    }
}

/* ---- Random recipes --------------------------------------------------------------------------------------------- */

static void random_recipe(struct scored_world *s, uint64_t *state)
{
    struct recipe *const recipe = &s->w.recipe;
    recipe->seed = random_below(state, 5);
    for (size_t d = 0; d < DOMAINS; d++) {
        set_policy(s, d, (int)random_below(state, 4), (int)random_below(state, 3),
                   random_below(state, 8) == 0 ? 1 : (double)(1 + random_below(state, 99)) / 100);
        recipe->select[d].on = recipe->select[d].keep < 1;
        recipe->select[d].prune_scarce = random_below(state, 3) == 0;
        recipe->sources[d].take = random_below(state, 4) == 0 ? 1 + random_below(state, 60000) : 0;
    }
    recipe->targets[0].tokens = random_below(state, 3) == 0 ? 0 : random_below(state, 120000);
}

static void test_agrees_with_a_twin(void **unused)
{
    (void)unused;
    struct scored_world s;
    uint64_t state = 11;
    scored_open(&s, WORLD_SOURCES_YAML "holdout: none\n" TARGETS_YAML);
    for (int round = 0; round < 300; round++) {
        random_scores(&s, &state);
        random_recipe(&s, &state);
        s.w.run.memory = (uint64_t)1 << (8 + random_below(&state, 16));
        select_all(&s);
        compare(&s);
    }
    world_close(&s.w);
}

/* ---- The floor of a need ---------------------------------------------------------------------------------------- */

static uint64_t tokens_kept(const struct scored_world *s, size_t domain)
{
    uint64_t kept = 0;
    for (size_t i = 0; i < DOCUMENTS; i++) {
        if (s->w.recipe.sources[s->w.docs[i].source].domain == domain && s->w.docs[i].is == DOC_KEPT &&
            s->rows[i].rule == 0) {
            kept += s->w.docs[i].tokens;
        }
    }
    return kept;
}

/* Whatever goes, one epoch of the target is left, if there ever was as much. */
static void test_never_below_the_need(void **unused)
{
    (void)unused;
    struct scored_world s;
    scored_open(&s, WORLD_SOURCES_YAML "holdout: none\n" TARGETS_YAML);
    for (uint64_t tokens = 1000; tokens < 200000; tokens = tokens * 3 / 2) {
        s.w.recipe.targets[0].tokens = tokens;
        for (int policy = 0; policy < 4; policy++) {
            for (int unscored = 0; unscored < 3; unscored++) {
                uint64_t all[DOMAINS] = {0};
                for (size_t d = 0; d < DOMAINS; d++) {
                    set_policy(&s, d, policy, unscored, 0.05);
                }
                select_all(&s);
                for (size_t i = 0; i < DOCUMENTS; i++) {
                    all[s.w.recipe.sources[s.w.docs[i].source].domain] +=
                        s.w.docs[i].is == DOC_KEPT ? s.w.docs[i].tokens : 0;
                }
                for (size_t d = 0; d < DOMAINS; d++) {
                    const uint64_t need = (uint64_t)ceil((double)tokens * s.w.recipe.targets[0].shares[d]);
                    assert_true(tokens_kept(&s, d) >= (need < all[d] ? need : all[d]));
                }
            }
        }
    }
    world_close(&s.w);
}

/* ---- The rest --------------------------------------------------------------------------------------------------- */

/* Verdicts in old ledgers are indexes into this table. */
static void test_rules_keep_their_places(void **unused)
{
    (void)unused;
    struct scored_world s;
    scored_open(&s, WORLD_SOURCES_YAML);
    const struct rules *const rules = &s.w.rules;
    static const char *const names[] = {"exact", "minhash", "random", "take", "top", "bottom", "middle", "unscored"};
    assert_int_equal(rules->exact + 8, rules->count);
    for (size_t i = 0; i < 8; i++) {
        assert_string_equal(rules->at[rules->exact + i].name, names[i]);
    }
    assert_int_equal(rules_find(rules, STR("select.middle")), rules->top + POLICY_MIDDLE);
    assert_string_equal(rules->at[rules->unscored].name, "unscored");
    world_close(&s.w);
}

static void test_scores_must_be_there(void **unused)
{
    (void)unused;
    struct scored_world s;
    tamis_err err;
    scored_open(&s, WORLD_SOURCES_YAML);
    set_policy(&s, 0, POLICY_TOP, UNSCORED_KEEP, 0.5);
    world_remap(&s.w, LEDGER_SURVEY | LEDGER_RESOLVE);
    assert_int_equal(select_documents(&s.w.run, &s.w.ledger, &err), TAMIS_INTERNAL);
    set_policy(&s, 0, POLICY_RANDOM, UNSCORED_KEEP, 0.5);
    must(select_documents(&s.w.run, &s.w.ledger, &err), &err);
    world_close(&s.w);
}

static void test_stops_when_asked(void **unused)
{
    (void)unused;
    struct scored_world s;
    tamis_err err;
    scored_open(&s, WORLD_SOURCES_YAML);
    set_policy(&s, 0, POLICY_TOP, UNSCORED_KEEP, 0.5);
    atomic_store(&s.w.stop, 1);
    assert_int_equal(select_documents(&s.w.run, &s.w.ledger, &err), TAMIS_INTERRUPTED);
    world_close(&s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_a_twin),
        cmocka_unit_test(test_never_below_the_need),
        cmocka_unit_test(test_rules_keep_their_places),
        cmocka_unit_test(test_scores_must_be_there),
        cmocka_unit_test(test_stops_when_asked),
    };
    return cmocka_run_group_tests_name("select", tests, NULL, NULL);
}
