/* The scorers: the cases in tests/scorers, plain twins of the formulas, and the contract of every descriptor. */
#include "case_file.h"

#include <math.h>
#include <zstd.h>

#include "recipe/scoring.h"

enum { LONGEST = 64 }; /* checkpoints of a trajectory here */

struct opened {
    struct scoring scoring;
    struct arena arena;
};

static tamis_status try_open(struct opened *o, const char *spec, tamis_err *err)
{
    arena_init(&o->arena);
    return scoring_parse(&o->scoring, spec, &o->arena, err);
}

static void close_scorer(struct opened *o)
{
    scoring_close(&o->scoring);
    arena_release(&o->arena);
}

static void open_scorer(struct opened *o, const char *spec)
{
    tamis_err err = {0};
    if (try_open(o, spec, &err)) {
        fail_msg("%s does not open: %s", spec, err.text);
    }
}

static struct score score_losses(const char *spec, const double *losses, size_t count)
{
    struct opened o;
    open_scorer(&o, spec);
    const struct score score = scoring_losses(&o.scoring, losses, count);
    close_scorer(&o);
    return score;
}

static double score_text(const char *spec, tamis_str bytes)
{
    struct opened o;
    open_scorer(&o, spec);
    tamis_text *const text = tamis_text_new();
    assert_non_null(text);
    tamis_text_set(text, bytes);
    const double value = o.scoring.scorer->text(o.scoring.self, text);
    assert_false(tamis_text_failed(text));
    tamis_text_free(text);
    close_scorer(&o);
    return value;
}

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* ---- The cases in tests/scorers --------------------------------------------------------------------------------- */

/* [1, null, 0.5]; null is NaN. */
static size_t read_losses(const char *at, double *losses)
{
    size_t count = 0;
    assert_true(*at++ == '[');
    while (*at != ']') {
        assert_true(count < LONGEST);
        if (strncmp(at, "null", 4) == 0) {
            losses[count++] = NAN;
            at += 4;
        } else {
            char *end;
            losses[count++] = strtod(at, &end);
            assert_true(end > at);
            at = end;
        }
        at += strspn(at, ", ");
    }
    return count;
}

/* A number as decimals or as a fraction; none is NaN. */
static double read_score(const char *text)
{
    if (strncmp(text, "none", 4) == 0) {
        return NAN;
    }
    char *end;
    const double above = strtod(text, &end);
    return *end == '/' ? above / strtod(end + 1, NULL) : above;
}

static struct score score_case(const char *spec, const char *input)
{
    if (input[0] == '"') {
        const size_t len = strlen(input);
        assert_true(len >= 2 && input[len - 1] == '"' && !strchr(input, '\\'));
        return (struct score){.value = score_text(spec, (tamis_str){input + 1, len - 2})};
    }
    double losses[LONGEST];
    const size_t count = read_losses(input, losses);
    return score_losses(spec, losses, count);
}

/* A case: options or -, losses or a text, the score. */
static void check_case(const char *scorer, const struct test_case *c)
{
    char spec[256];
    const bool plain = strcmp(c->line[0], "-") == 0;
    snprintf(spec, sizeof spec, "%s%s%s", scorer, plain ? "" : ":", plain ? "" : c->line[0]);
    const struct score got = score_case(spec, c->line[1]);
    const double wanted = read_score(c->line[2]);
    const bool right = isnan(wanted) ? isnan(got.value) : fabs(got.value - wanted) <= 1e-14 * fabs(wanted);
    if (!right || got.shortened != (strstr(c->line[2], "shortened") != NULL)) {
        fail_msg("tests/scorers/%s.test:%zu: %.17g%s", scorer, c->number, got.value, got.shortened ? " shortened" : "");
    }
}

static void cases(void **state)
{
    (void)state;
    for (const tamis_scorer *const *s = tamis_scorers(); *s; s++) {
        each_case("scorers", (*s)->name, check_case);
    }
}

/* ---- Plain twins ------------------------------------------------------------------------------------------------ */

struct trajectory {
    double losses[LONGEST];
    size_t count;
};

static double share(uint64_t *random)
{
    return (double)(next_random(random) >> 11) * 0x1p-53;
}

/* Falls and flutters, with gaps; any number of checkpoints, none too. */
static struct trajectory random_trajectory(uint64_t *random)
{
    struct trajectory t = {.count = random_below(random, LONGEST)};
    const double floor = 3 * share(random), fall = 8 * share(random), noise = share(random), gaps = share(random) / 2;
    for (size_t i = 0; i < t.count; i++) {
        const double loss = floor + fall / (double)(i + 1) + noise * share(random);
        t.losses[i] = share(random) < gaps ? NAN : loss;
    }
    return t;
}

static size_t observed_of(const struct trajectory *t, size_t length, long double *observed)
{
    size_t count = 0;
    for (size_t i = 0; i < t->count && (length == 0 || i < length); i++) {
        if (!isnan(t->losses[i])) {
            observed[count++] = (long double)t->losses[i];
        }
    }
    return count;
}

static long double plain_spread(const long double *x, size_t count, size_t divisor)
{
    long double mean = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        mean += x[i] / (long double)count;
    }
    for (size_t i = 0; i < count; i++) {
        squares += (x[i] - mean) * (x[i] - mean);
    }
    return sqrtl(squares / (long double)divisor);
}

static long double plain_dynamic_uncertainty(const struct trajectory *t, size_t window, bool paper, bool of_loss)
{
    long double x[LONGEST], sum = 0;
    const size_t count = observed_of(t, 0, x);
    for (size_t i = 0; i < count; i++) {
        x[i] = of_loss ? x[i] : expl(-x[i]);
    }
    if (count < 2) {
        return NAN;
    }
    if (count < window + paper) {
        return plain_spread(x, count, count - 1);
    }
    const size_t windows = count - window + !paper;
    for (size_t k = 0; k < windows; k++) {
        sum += plain_spread(x + k, window, window - 1);
    }
    return sum / (long double)windows;
}

static long double plain_tdds(const struct trajectory *t, size_t window, size_t length, double decay, bool target)
{
    long double x[LONGEST], d[LONGEST], sum = 0;
    const size_t count = observed_of(t, length, x);
    if (count < 3) {
        return NAN;
    }
    for (size_t i = 0; i + 1 < count; i++) {
        d[i] = fabsl(x[i + 1] - x[i]) * (target ? expl(-x[i + 1]) : 1);
    }
    const size_t held = window < count ? window : count;
    long double weight = (long double)decay;
    for (size_t k = count - held + 1; k-- > 0;) { /* from the newest window back */
        sum += weight * plain_spread(d + k, held - 1, 1);
        weight *= 1 - (long double)decay;
    }
    return sum;
}

static void check_twin(const char *spec, const struct trajectory *t, long double wanted)
{
    const struct score got = score_losses(spec, t->losses, t->count);
    const bool both_none = isnan(got.value) && isnan(wanted);
    if (!both_none && !(fabsl((long double)got.value - wanted) <= 1e-12L * wanted)) {
        fail_msg("%s gives %.17g, the plain sums %.17Lg", spec, got.value, wanted);
    }
}

static void plain_twins(void **state)
{
    (void)state;
    uint64_t random = 5;
    for (int i = 0; i < 3000; i++) {
        const struct trajectory t = random_trajectory(&random);
        const size_t window = 2 + random_below(&random, 20), length = random_below(&random, 3) ? 0 : 3 + window;
        const bool paper = random_below(&random, 2), other = random_below(&random, 2);
        const double decay = (double)(1 + random_below(&random, 100)) / 100;
        char spec[256];
        snprintf(spec, sizeof spec, "dynamic_uncertainty:window=%zu,windows=%s,input=%s", window,
                 paper ? "paper" : "all", other ? "loss" : "prob");
        check_twin(spec, &t, plain_dynamic_uncertainty(&t, window, paper, other));
        snprintf(spec, sizeof spec, "tdds:window=%zu,length=%zu,decay=%.2f,form=%s", window + 1, length, decay,
                 other ? "target" : "difference");
        check_twin(spec, &t, plain_tdds(&t, window + 1, length, decay, other));
    }
}

static const char *const folded[] = {
    "dynamic_uncertainty:window=4", "dynamic_uncertainty:window=4,windows=paper,strict=true",
    "dynamic_uncertainty:window=3,input=loss", "dynamic_uncertainty:window=4096", "tdds:window=4",
    "tdds:window=5,decay=0.3,form=target", "tdds:window=3,strict=true", "tdds:window=4096", "mean_loss", "final_loss",
    "learnability",
};

enum { FOLDED = sizeof folded / sizeof *folded };

static void what_was_not_measured_shifts_nothing(void **state)
{
    (void)state;
    uint64_t random = 13;
    for (int i = 0; i < 500; i++) {
        const struct trajectory gaps = random_trajectory(&random);
        struct trajectory dense = {0};
        for (size_t c = 0; c < gaps.count; c++) {
            if (!isnan(gaps.losses[c])) {
                dense.losses[dense.count++] = gaps.losses[c];
            }
        }
        for (size_t f = 0; f < FOLDED; f++) {
            const struct score a = score_losses(folded[f], gaps.losses, gaps.count);
            const struct score b = score_losses(folded[f], dense.losses, dense.count);
            assert_true((isnan(a.value) && isnan(b.value)) || same_bits(a.value, b.value));
            assert_int_equal(a.observed, dense.count);
            assert_int_equal(b.observed, dense.count);
            assert_int_equal(a.shortened, b.shortened);
        }
    }
}

static void what_does_not_move_scores_0(void **state)
{
    (void)state;
    uint64_t random = 17;
    for (int i = 0; i < 300; i++) {
        const size_t count = 5 + random_below(&random, LONGEST - 5);
        double still[LONGEST], flips[LONGEST], flip[2] = {share(&random) * 12, share(&random) * 12};
        for (size_t c = 0; c < count; c++) {
            still[c] = flip[0];
            flips[c] = flip[c % 2];
        }
        for (size_t f = 0; f < FOLDED; f++) {
            const struct score score = score_losses(folded[f], still, count);
            const bool is_loss = strcmp(folded[f], "mean_loss") == 0 || strcmp(folded[f], "final_loss") == 0;
            assert_true(same_bits(score.value, is_loss ? still[0] : 0));
        }
        assert_true(same_bits(score_losses("tdds:window=4", flips, count).value, 0));
        assert_true(same_bits(score_losses("tdds:window=64", flips, count).value, 0));
    }
}

/* To the last bit, wherever in their ring the losses stand. */
static void with_decay_1_only_the_last_window_counts(void **state)
{
    (void)state;
    uint64_t random = 19;
    for (int i = 0; i < 300; i++) {
        double losses[LONGEST];
        const size_t count = 7 + random_below(&random, LONGEST - 7);
        for (size_t c = 0; c < count; c++) {
            losses[c] = 12 * share(&random);
        }
        const double whole = score_losses("tdds:window=7,decay=1", losses, count).value;
        assert_true(same_bits(whole, score_losses("tdds:window=7,decay=1", losses + count - 7, 7).value));
    }
}

/* ---- States ----------------------------------------------------------------------------------------------------- */

/* Documents measured side by side, one checkpoint after the other, their states moving about in between. */
static void states_can_be_moved(void **state)
{
    (void)state;
    enum { DOCUMENTS = 20 };
    uint64_t random = 23;
    struct trajectory t[DOCUMENTS];
    for (size_t d = 0; d < DOCUMENTS; d++) {
        t[d] = random_trajectory(&random);
    }
    for (size_t f = 0; f < FOLDED; f++) {
        struct opened o;
        open_scorer(&o, folded[f]);
        const tamis_scorer *const scorer = o.scoring.scorer;
        const size_t bytes = scorer->state_bytes(o.scoring.self);
        void *at[DOCUMENTS];
        for (size_t d = 0; d < DOCUMENTS; d++) {
            at[d] = malloc(bytes);
            assert_non_null(at[d]);
            memset(at[d], 0x5a, bytes); /* begin() asks for nothing */
            scorer->begin(o.scoring.self, at[d]);
        }
        for (size_t c = 0; c < LONGEST; c++) {
            for (size_t d = 0; d < DOCUMENTS; d++) {
                if (c < t[d].count && !isnan(t[d].losses[c])) {
                    scorer->observe(o.scoring.self, at[d], c, t[d].losses[c]);
                }
                void *const moved = malloc(bytes);
                assert_non_null(moved);
                memcpy(moved, at[d], bytes);
                free(at[d]);
                at[d] = moved;
            }
        }
        for (size_t d = 0; d < DOCUMENTS; d++) {
            bool shortened = true;
            const double value = scorer->score(o.scoring.self, at[d], &shortened);
            const struct score wanted = scoring_losses(&o.scoring, t[d].losses, t[d].count); /* one state for all */
            assert_true((isnan(value) && isnan(wanted.value)) || same_bits(value, wanted.value));
            assert_int_equal(shortened, wanted.shortened);
            free(at[d]);
        }
        close_scorer(&o);
    }
}

static void states_are_as_large_as_the_window(void **state)
{
    (void)state;
    static const char *const names[] = {"dynamic_uncertainty", "tdds"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (int window = 3; window <= 4096; window = window * 5 / 2) {
            char spec[64];
            struct opened o;
            snprintf(spec, sizeof spec, "%s:window=%d", names[i], window);
            open_scorer(&o, spec);
            const size_t bytes = o.scoring.scorer->state_bytes(o.scoring.self);
            assert_true(bytes <= (size_t)window * sizeof(double) + 64);
            assert_true(bytes % sizeof(double) == 0);
            close_scorer(&o);
        }
    }
}

/* A score can be asked for at any time and does not end the trajectory. */
static void asking_changes_nothing(void **state)
{
    (void)state;
    static const double losses[] = {5, 4, 3.5, 2, 1.75, 1.5, 1.25, 1.125, 1};
    const size_t count = sizeof losses / sizeof *losses;
    for (size_t f = 0; f < FOLDED; f++) {
        struct opened o;
        open_scorer(&o, folded[f]);
        const tamis_scorer *const scorer = o.scoring.scorer;
        scorer->begin(o.scoring.self, o.scoring.state);
        for (size_t c = 0; c < count; c++) {
            bool shortened;
            scorer->observe(o.scoring.self, o.scoring.state, c, losses[c]);
            const double value = scorer->score(o.scoring.self, o.scoring.state, &shortened);
            const struct score fresh = score_losses(folded[f], losses, c + 1);
            assert_true((isnan(value) && isnan(fresh.value)) || same_bits(value, fresh.value));
        }
        close_scorer(&o);
    }
}

/* ---- Options and descriptors ------------------------------------------------------------------------------------ */

static void descriptors(void **state)
{
    (void)state;
    size_t count = 0;
    for (const tamis_scorer *const *s = tamis_scorers(); *s; s++, count++) {
        assert_int_equal((*s)->abi, TAMIS_SCORER_ABI);
        assert_true((*s)->version >= 1);
        assert_true((*s)->name[0] && (*s)->summary[0]);
        assert_ptr_equal(scorer_find((*s)->name), *s);
        assert_true(!(*s)->text != !(*s)->observe);
        assert_true(!(*s)->observe || ((*s)->state_bytes && (*s)->begin && (*s)->score));
        for (const tamis_param *p = (*s)->params; p && p->name; p++) {
            assert_true(p->help && p->help[0]);
        }
    }
    assert_int_equal(count, 6);
    assert_null(scorer_find("dynamic"));
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *says;
    } wrong[] = {
        {"dynamic_uncertainty:window=1", "from 2 to 4096"},
        {"dynamic_uncertainty:window=5000", "from 2 to 4096"},
        {"dynamic_uncertainty:windows=some", "all or paper"},
        {"dynamic_uncertainty:input=los", "did you mean 'loss'?"},
        {"dynamic_uncertainty:decay=0.5", "unknown key 'decay'"},
        {"dynamic_uncertainty:strict=2", "true or false"},
        {"dynamic_uncertainy", "did you mean 'dynamic_uncertainty'?"},
        {"tdds:window=2", "from 3 to 4096"},
        {"tdds:decay=0", "above 0"},
        {"tdds:decay=1.5", "from 0 to 1"},
        {"tdds:decay=-0.1", "from 0 to 1"},
        {"tdds:length=2", "at least 3 checkpoints"},
        {"tdds:form=square", "difference or target"},
        {"mean_loss:window=3", "unknown key 'window'"},
        {"learnability:skip=-1", "whole number"},
        {"compression:level=0", "from 1 to 19"},
        {"compression:level=20", "from 1 to 19"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct opened o;
        tamis_err err = {0};
        assert_int_equal(try_open(&o, wrong[i].spec, &err), TAMIS_USAGE);
        if (!strstr(err.text, wrong[i].says)) {
            fail_msg("%s: '%s' does not say '%s'", wrong[i].spec, err.text, wrong[i].says);
        }
        close_scorer(&o);
    }
}

static void refuses_endless_options(void **state)
{
    (void)state;
    char spec[6000] = "mean_loss:";
    memset(spec + strlen(spec), 'a', 5000);
    struct opened o;
    tamis_err err = {0};
    assert_int_equal(try_open(&o, spec, &err), TAMIS_USAGE);
    assert_non_null(strstr(err.text, "longer than 4096 bytes"));
    close_scorer(&o);
}

/* ---- Texts ------------------------------------------------------------------------------------------------------ */

static void compression_is_that_of_zstd(void **state)
{
    (void)state;
    uint64_t random = 29;
    for (int level = 1; level <= 19; level += 3) {
        char text[6000], spec[64];
        const size_t len = 1 + random_below(&random, sizeof text - 1), letters = 1 + random_below(&random, 26);
        for (size_t i = 0; i < len; i++) {
            text[i] = (char)('a' + random_below(&random, letters));
        }
        char frame[8000];
        const size_t made = ZSTD_compress(frame, sizeof frame, text, len, level);
        assert_false(ZSTD_isError(made));
        snprintf(spec, sizeof spec, "compression:level=%d", level);
        assert_true(same_bits(score_text(spec, (tamis_str){text, len}), (double)len / (double)made));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(plain_twins),
        cmocka_unit_test(what_was_not_measured_shifts_nothing),
        cmocka_unit_test(what_does_not_move_scores_0),
        cmocka_unit_test(with_decay_1_only_the_last_window_counts),
        cmocka_unit_test(states_can_be_moved),
        cmocka_unit_test(states_are_as_large_as_the_window),
        cmocka_unit_test(asking_changes_nothing),
        cmocka_unit_test(descriptors),
        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_endless_options),
        cmocka_unit_test(compression_is_that_of_zstd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
