/* The exponential mixing law: from tables to laws, and from laws to the best mixture. */
#include "fit_world.h"

#include "fit/cholesky.h"
#include "fit/mixing_law.h"
#include "plan/mixture.h"

static struct mixing_law law_from(struct arena *arena, const struct fitted_text *f)
{
    struct mixing_law law;
    tamis_err err = {0};
    if (mixing_law_parse("law.json", buf_str(&f->json), arena, &law, &err)) {
        fail_msg("%s", err.text);
    }
    return law;
}

/* ---- Fits ------------------------------------------------------------------------------------------------------- */

static const double web_t[] = {-1.5, 0.2, 0.4}, code_t[] = {0.1, -2.5, 0.3};

static void synthetic(struct buf *text)
{
    const struct mixing web = {2.1, 0.9, web_t, 3}, code = {0.8, 1.2, code_t, 3};
    add_line(text, "web,code,books,loss_web,loss_code\n");
    for (int i = 0; i <= 4; i++) {
        for (int j = 0; i + j <= 4; j++) {
            const double shares[] = {i / 4.0, j / 4.0, (4 - i - j) / 4.0};
            add_line(text, "%.17g,%.17g,%.17g,%.17g,%.17g\n", shares[0], shares[1], shares[2], mixing_at(&web, shares),
                     mixing_at(&code, shares));
        }
    }
}

static void known_law_comes_back(void **state)
{
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    synthetic(&text);
    struct fitted_text f = fitted_well(&law_mixing, (struct law_job){.base_loss = NAN, .replicates = 25}, text.at);
    const struct mixing_law law = law_from(*state, &f);
    assert_int_equal(law.domain_count, 3);
    assert_string_equal(law.domains[1], "code");
    assert_int_equal(law.loss_count, 2);
    assert_string_equal(law.losses[1], "code");
    assert_int_equal(law.left_out.count, 15);
    assert_string_equal(law.left_out.runs[0], "web 1, code 0, books 0");
    for (size_t i = 0; i < law.left_out.count; i++) { /* c of both losses */
        assert_near(law.left_out.values[8 * i], 2.1, 1e-4);
        assert_near(law.left_out.values[8 * i + 4], 0.8, 1e-4);
    }
    assert_int_equal(law.replicate_count, 25);
    assert_near(law.laws[0].c, 2.1, 1e-5);
    assert_near(law.laws[1].c, 0.8, 1e-5);
    /* only differences of t are determined, and k goes with them */
    assert_near(law.laws[0].t[0] - law.laws[0].t[1], -1.7, 1e-4);
    assert_near(law.laws[1].t[1] - law.laws[1].t[2], -2.8, 1e-4);
    assert_near(tamis_log(law.laws[1].k) + law.laws[1].t[0], tamis_log(1.2) + 0.1, 1e-4);
    const double *const numbers = law.replicates + 3 * mixing_law_numbers(&law);
    assert_near(numbers[0], 2.1, 1e-4);
    assert_near(numbers[1], tamis_log(0.9) - 1.5, 1e-3);
    assert_says(f.svg.at, "<svg");
    fitted_text_release(&f);
    buf_release(&text);
}

static void last_checkpoint_of_a_run(void **state)
{
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    add_line(&text, "run,step,a,b,loss\n");
    for (int i = 0; i <= 5; i++) {
        const double share = i / 5.0;
        add_line(&text, "r%d,200,%.17g,%.17g,%.17g\n", i, share, 1 - share, 2 + tamis_exp(-2 * share));
        add_line(&text, "r%d,100,%.17g,%.17g,9\n", i, share, 1 - share);
    }
    struct fitted_text f = fitted_well(&law_mixing, (struct law_job){.base_loss = NAN}, text.at);
    const struct mixing_law law = law_from(*state, &f);
    assert_int_equal(law.rows, 6);
    assert_string_equal(law.losses[0], "loss");
    assert_near(law.laws[0].c, 2, 1e-5);
    assert_says(f.json.at, "\"rows_left_out\": 6");
    fitted_text_release(&f);
    buf_release(&text);
}

static void refused(void **state)
{
    (void)state;
    const struct law_job job = {.base_loss = NAN};
    assert_refused(&law_mixing, job, "a,b,loss\n50,50,2\n", "a share of the tokens, from 0 to 1 (95 percent is 0.95)");
    assert_refused(&law_mixing, job, "a,b,loss\n0.5,0.4,2\n", "the shares sum to 0.9; they must sum to 1");
    assert_refused(&law_mixing, job, "a,b,loss\n0.5,0.502,2\n", "the shares sum to 1.002");
    assert_refused(&law_mixing, job, "a,loss\n1,2\n", "1 columns of shares and 1 of losses");
    assert_refused(&law_mixing, job, "a,b\n1,0\n", "2 columns of shares and 0 of losses");
    assert_refused(&law_mixing, job, "a,b,loss_x,loss_y\n1,0,2,\n", "the loss is empty");
    assert_refused(&law_mixing, job, "a,b,N,loss\n1,0,1e8,2\n0,1,2e8,3\n", "N is 2e+08 here and 1e+08 in another row");
    assert_refused(&law_mixing, job, "a,b,loss\n1,0,2\n0,1,3\n0.5,0.5,2.2\n", "3 mixtures of 2 domains");
    assert_refused(&law_mixing, job, "a,b,c,loss\n1,0,0,2\n0,1,0,3\n0.5,0.5,0,2.2\n0.2,0.8,0,2.4\n0.3,0.7,0,2.3\n",
                   "the share of 'c' is 0 in every run");
}

static void rounded_shares_are_normalised(void **state)
{
    struct fitted_text f = fitted_well(&law_mixing, (struct law_job){.base_loss = NAN},
                                       "a,b,loss\n1,0,2\n0,1,3\n0.333,0.666,2.6\n0.5,0.5,2.45\n0.25,0.7505,2.7\n");
    const struct mixing_law law = law_from(*state, &f);
    assert_int_equal(law.rows, 5);
    assert_near(law.highest[0], 1, 0);
    fitted_text_release(&f);
}

/* ---- The best mixture ------------------------------------------------------------------------------------------- */

static void best_of_two(void **state)
{
    (void)state;
    static const double t1[] = {-3, 0}, t2[] = {0, -2}, weights[] = {0.5, 0.5}, low[] = {0, 0}, high[] = {1, 1};
    const struct mixing both[] = {{1, 1, t1, 2}, {1, 1, t2, 2}};
    const struct mixture question = {both, weights, 2, 2, low, high};
    struct mixture_best best;
    double shares[2];
    assert_int_equal(mixture_best(&question, shares, &best, NULL), TAMIS_OK);
    /* 3 exp(-3 r) = 2 exp(-2 (1 - r)) */
    assert_near(shares[0], (tamis_log(1.5) + 2) / 5, 1e-9);
    assert_near(shares[0] + shares[1], 1, 1e-15);
    assert_true(best.gap < 1e-11);
}

static void bounds_hold(void **state)
{
    (void)state;
    static const double t1[] = {-3, 0, 0}, t2[] = {0, -2, 0}, weights[] = {0.5, 0.5}, low[] = {0, 0, 0.1},
                        high[] = {0.2, 1, 1};
    const struct mixing both[] = {{1, 1, t1, 3}, {1, 1, t2, 3}};
    struct mixture question = {both, weights, 2, 3, low, high};
    struct mixture_best best;
    double shares[3];
    tamis_err err = {0};
    assert_int_equal(mixture_best(&question, shares, &best, NULL), TAMIS_OK);
    assert_near(shares[0], 0.2, 1e-15);
    assert_near(shares[1], 0.7, 1e-12);
    assert_near(shares[2], 0.1, 1e-15);
    static const double too_low[] = {0.1, 0.1, 0.1};
    question.high = too_low;
    question.low = (const double[]){0, 0, 0};
    assert_int_equal(mixture_best(&question, shares, &best, &err), TAMIS_INPUT);
    assert_says(err.text, "leave no mixture");
}

static double next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* A plain twin: every mixture of a grid. None is better than what was found by more than the gap. */
static void no_mixture_of_a_grid_is_better(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int trial = 0; trial < 20; trial++) {
        double t[4][3], weights[4];
        struct mixing four[4];
        const double low[] = {0.05, 0, 0}, high[] = {0.9, 0.5, 1};
        for (size_t k = 0; k < 4; k++) {
            for (size_t j = 0; j < 3; j++) {
                t[k][j] = 8 * next_random(&seed) - 6;
            }
            weights[k] = next_random(&seed);
            four[k] = (struct mixing){1, 1 + next_random(&seed), t[k], 3};
        }
        const struct mixture question = {four, weights, 4, 3, low, high};
        struct mixture_best best;
        double shares[3], least = INFINITY;
        assert_int_equal(mixture_best(&question, shares, &best, NULL), TAMIS_OK);
        for (int a = 5; a <= 90; a++) {
            for (int b = 0; b <= 50 && a + b <= 100; b++) {
                const double at[] = {a / 100.0, b / 100.0, (100 - a - b) / 100.0};
                least = fmin(least, mixture_at(&question, at));
            }
        }
        assert_true(best.value <= least + 1e-9);
        assert_true(best.value >= least - 0.05);
        assert_true(best.gap <= 1e-9);
    }
}

/* ---- Published runs --------------------------------------------------------------------------------------------- */

static double loss_of(const struct csv *table, const char *model, double github, double step, const char *domain)
{
    for (size_t i = 0; i < table->rows; i++) {
        if (str_is(csv_at(table, i, 0).text, model) && str_is(csv_at(table, i, 4).text, domain) &&
            fabs(number_in(table, i, "github_ratio") - github) < 1e-9 &&
            fabs(number_in(table, i, "step") - step) < 0.5) {
            return number_in(table, i, "loss");
        }
    }
    fail_msg("no row %s %g %g %s", model, github, step, domain);
    return NAN;
}

/* Five mixtures of GitHub and Pile-CC (Ye et al. 2025): the one in the middle is left out and predicted. */
static void held_out_ratio(void **state)
{
    static const double fitted[] = {0.25, 0.375, 0.625, 0.75};
    static const char *const models[] = {"70M", "160M"}, *const domains[] = {"Github", "Pile-CC"};
    const double middle[] = {0.5, 0.5};
    struct csv table;
    if (!real_table(*state, "mixinglaws_2mix.csv", &table)) {
        skip();
    }
    for (size_t m = 0; m < 2; m++) {
        struct buf text;
        buf_init(&text, BUF_UNLIMITED);
        add_line(&text, "github,cc,loss_Github,loss_Pile-CC\n");
        for (size_t i = 0; i < 4; i++) {
            add_line(&text, "%g,%g,%.17g,%.17g\n", fitted[i], 1 - fitted[i],
                     loss_of(&table, models[m], fitted[i], 30000, domains[0]),
                     loss_of(&table, models[m], fitted[i], 30000, domains[1]));
        }
        struct fitted_text f = fitted_well(&law_mixing, (struct law_job){.base_loss = NAN}, text.at);
        const struct mixing_law law = law_from(*state, &f);
        for (size_t k = 0; k < 2; k++) {
            const double measured = loss_of(&table, models[m], 0.5, 30000, domains[k]);
            assert_near(mixing_at(&law.laws[k], middle) / measured, 1, k == 0 ? 0.007 : 0.002);
        }
        fitted_text_release(&f);
        buf_release(&text);
    }
}

struct ranked {
    double value;
    size_t row;
};

static int by_value(const void *a, const void *b)
{
    const struct ranked *const x = a, *const y = b;
    return x->value < y->value ? -1 : x->value > y->value;
}

static void ranks_of(const double *values, size_t count, double *ranks, struct ranked *work)
{
    for (size_t i = 0; i < count; i++) {
        work[i] = (struct ranked){values[i], i};
    }
    qsort(work, count, sizeof *work, by_value);
    for (size_t i = 0; i < count; i++) {
        ranks[work[i].row] = (double)i;
    }
}

static double spearman(struct arena *arena, const double *a, const double *b, size_t count)
{
    struct ranked *const work = arena_alloc(arena, count * sizeof *work);
    double *const x = arena_alloc(arena, count * sizeof *x), *const y = arena_alloc(arena, count * sizeof *y);
    const double middle = (double)(count - 1) / 2;
    double xy = 0, xx = 0;
    assert_true(work && x && y);
    ranks_of(a, count, x, work);
    ranks_of(b, count, y, work);
    for (size_t i = 0; i < count; i++) {
        xy += (x[i] - middle) * (y[i] - middle);
        xx += (x[i] - middle) * (x[i] - middle);
    }
    return xy / xx;
}

#define REGMIX_DOMAINS 17
#define REGMIX_TARGET "metric/the_pile_pile_cc_val_loss"

struct regmix {
    double *shares, *loss;
    size_t rows;
};

static bool regmix(struct arena *arena, const char *part, struct regmix *r)
{
    struct csv mixtures, losses;
    char name[64];
    (void)snprintf(name, sizeof name, "regmix_%s_mixture_1m.csv", part);
    if (!real_table(arena, name, &mixtures)) {
        return false;
    }
    (void)snprintf(name, sizeof name, "regmix_%s_pile_loss_1m.csv", part);
    assert_true(real_table(arena, name, &losses));
    r->rows = mixtures.rows;
    r->shares = arena_alloc(arena, r->rows * REGMIX_DOMAINS * sizeof *r->shares);
    r->loss = arena_alloc(arena, r->rows * sizeof *r->loss);
    assert_true(r->shares && r->loss && losses.rows == r->rows && mixtures.columns == REGMIX_DOMAINS + 1);
    for (size_t i = 0; i < r->rows; i++) {
        double sum = 0;
        assert_near(number_in(&mixtures, i, "index"), number_in(&losses, i, "index"), 0);
        for (size_t j = 0; j < REGMIX_DOMAINS; j++) {
            double *const share = &r->shares[i * REGMIX_DOMAINS + j];
            assert_int_equal(csv_real(&mixtures, i, j + 1, share, NULL), TAMIS_OK);
            sum += *share;
        }
        for (size_t j = 0; j < REGMIX_DOMAINS; j++) {
            r->shares[i * REGMIX_DOMAINS + j] /= sum;
        }
        r->loss[i] = number_in(&losses, i, REGMIX_TARGET);
    }
    return true;
}

/* Least squares of the loss over the shares: what the law is held against. */
static double linear_spearman(struct arena *arena, const struct regmix *train, const struct regmix *test)
{
    double gram[REGMIX_DOMAINS * REGMIX_DOMAINS] = {0}, right[REGMIX_DOMAINS] = {0}, x[REGMIX_DOMAINS];
    double factor[REGMIX_DOMAINS * REGMIX_DOMAINS], scale[REGMIX_DOMAINS];
    double *const predicted = arena_alloc(arena, test->rows * sizeof *predicted);
    assert_non_null(predicted);
    for (size_t i = 0; i < train->rows; i++) {
        const double *const shares = train->shares + i * REGMIX_DOMAINS;
        for (size_t a = 0; a < REGMIX_DOMAINS; a++) {
            right[a] += shares[a] * train->loss[i];
            for (size_t b = 0; b < REGMIX_DOMAINS; b++) {
                gram[a * REGMIX_DOMAINS + b] += shares[a] * shares[b];
            }
        }
    }
    assert_true(cholesky_factor(gram, REGMIX_DOMAINS, factor, scale));
    cholesky_solve(factor, scale, REGMIX_DOMAINS, right, x);
    for (size_t i = 0; i < test->rows; i++) {
        predicted[i] = 0;
        for (size_t j = 0; j < REGMIX_DOMAINS; j++) {
            predicted[i] += x[j] * test->shares[i * REGMIX_DOMAINS + j];
        }
    }
    return spearman(arena, predicted, test->loss, test->rows);
}

/* 512 runs of 1M parameters over 17 domains, 256 others to predict (Liu et al. 2025); the target is Pile-CC. */
static void order_of_unseen_mixtures(void **state)
{
    struct regmix train, test;
    struct buf text;
    if (!regmix(*state, "train", &train) || !regmix(*state, "test", &test)) {
        skip();
    }
    buf_init(&text, BUF_UNLIMITED);
    for (size_t j = 0; j < REGMIX_DOMAINS; j++) {
        add_line(&text, "d%zu,", j);
    }
    add_line(&text, "loss\n");
    for (size_t i = 0; i < train.rows; i++) {
        for (size_t j = 0; j < REGMIX_DOMAINS; j++) {
            add_line(&text, "%.17g,", train.shares[i * REGMIX_DOMAINS + j]);
        }
        add_line(&text, "%.17g\n", train.loss[i]);
    }
    struct fitted_text f = fitted_well(&law_mixing, (struct law_job){.base_loss = NAN}, text.at);
    const struct mixing_law law = law_from(*state, &f);
    double *const predicted = arena_alloc(*state, test.rows * sizeof *predicted);
    assert_non_null(predicted);
    for (size_t i = 0; i < test.rows; i++) {
        predicted[i] = mixing_at(&law.laws[0], test.shares + i * REGMIX_DOMAINS);
    }
    const double order = spearman(*state, predicted, test.loss, test.rows), plain = linear_spearman(*state, &train,
                                                                                                    &test);
    assert_true(order >= 0.96);
    assert_near(plain, 0.9021, 1e-3);
    fitted_text_release(&f);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(known_law_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(last_checkpoint_of_a_run, set_up, tear_down),
        cmocka_unit_test(refused),
        cmocka_unit_test_setup_teardown(rounded_shares_are_normalised, set_up, tear_down),
        cmocka_unit_test(best_of_two),
        cmocka_unit_test(bounds_hold),
        cmocka_unit_test(no_mixture_of_a_grid_is_better),
        cmocka_unit_test_setup_teardown(held_out_ratio, set_up, tear_down),
        cmocka_unit_test_setup_teardown(order_of_unseen_mixtures, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, remove_written);
}
