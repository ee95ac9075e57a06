/* Draws: as often as they should be, the same for the same seed, every group served; and percentiles. */
#include "fit/resample.h"

#include "law_world.h"

#define REPLICATES 2000

static void test_frequencies(void **state)
{
    (void)state;
    enum { RUNS = 9 };
    unsigned long drawn[RUNS] = {0}, missing = 0;
    for (uint64_t replicate = 0; replicate < REPLICATES; replicate++) {
        unsigned times[RUNS], sum = 0;
        resample_runs(3, replicate, RUNS, NULL, 0, times);
        for (size_t run = 0; run < RUNS; run++) {
            drawn[run] += times[run];
            missing += times[run] == 0;
            sum += times[run];
        }
        assert_int_equal(sum, RUNS);
    }
    for (size_t run = 0; run < RUNS; run++) {
        assert_near((double)drawn[run] / REPLICATES, 1, 0.12); /* five standard errors */
    }
    /* (1 - 1/9)^9 of the runs are not drawn */
    assert_near((double)missing / REPLICATES / RUNS, 0.3464, 0.02);
}

static void test_determinism(void **state)
{
    (void)state;
    unsigned one[12], two[12], other[12];
    resample_runs(1, 7, 12, NULL, 0, one);
    resample_runs(1, 7, 12, NULL, 0, two);
    assert_memory_equal(one, two, sizeof one);
    resample_runs(1, 8, 12, NULL, 0, other);
    assert_memory_not_equal(one, other, sizeof one);
    resample_runs(2, 7, 12, NULL, 0, other);
    assert_memory_not_equal(one, other, sizeof one);
}

/* Two groups share a run, one has a single run, one has none and is not asked for anything. */
static void test_groups(void **state)
{
    (void)state;
    enum { RUNS = 8, GROUPS = 4 };
    static const bool must[GROUPS * RUNS] = {1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0,
                                             0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    unsigned long drawn = 0;
    for (uint64_t replicate = 0; replicate < REPLICATES; replicate++) {
        unsigned times[RUNS], sum = 0;
        resample_runs(5, replicate, RUNS, must, GROUPS, times);
        assert_true(times[0] + times[1] > 0 && times[1] + times[2] > 0 && times[7] > 0);
        for (size_t run = 0; run < RUNS; run++) {
            sum += times[run];
        }
        assert_int_equal(sum, RUNS);
        drawn += times[4];
    }
    assert_true(drawn > REPLICATES / 2);
}

/* So many groups of one run that hardly a draw serves them all: each run is drawn once. */
static void test_every_run_must(void **state)
{
    (void)state;
    enum { RUNS = 20 };
    static bool must[RUNS * RUNS];
    unsigned times[RUNS];
    for (size_t i = 0; i < RUNS; i++) {
        must[i * RUNS + i] = true;
    }
    resample_runs(5, 0, RUNS, must, RUNS, times);
    for (size_t run = 0; run < RUNS; run++) {
        assert_int_equal(times[run], 1);
    }
}

static void assert_replicate(const struct resample_rows *rows, uint64_t replicate, double *losses)
{
    tamis_err err = {0};
    if (resample_residuals(rows, 11, replicate, losses, &err)) {
        fail_msg("%s", err.text);
    }
}

/*
 * 40 runs of 5 rows with known parts of the residuals: means of +-0.02, rests of 0.001. Over many replicates losses
 * stay around the fit and spread as these do, by the factor for the number of parameters.
 */
static void test_residuals(void **state)
{
    (void)state;
    enum { RUNS = 40, ROWS = 5 * RUNS };
    static double fitted[ROWS], measured[ROWS], losses[ROWS], again[ROWS];
    static size_t run[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        static const double rest[] = {0.001, -0.001, 0.001, -0.001, 0};
        run[i] = i / 5;
        fitted[i] = 2 + 0.01 * (double)i;
        measured[i] = fitted[i] * exp(-(run[i] % 2 ? 0.02 : -0.02) - rest[i % 5]);
    }
    const struct resample_rows rows = {run, fitted, measured, ROWS, RUNS, 20, NULL, 0};
    double within = 0, between = 0, mean = 0;
    for (uint64_t replicate = 0; replicate < 400; replicate++) {
        assert_replicate(&rows, replicate, losses);
        for (size_t i = 0; i < ROWS; i += 5) {
            const double first = log(fitted[i] / losses[i]), second = log(fitted[i + 1] / losses[i + 1]);
            mean += first / 400 / RUNS;
            between += first * first / 400 / RUNS;
            within += (first - second) * (first - second) / 400 / RUNS;
        }
    }
    assert_near(mean, 0, 1.5e-3);
    assert_near(sqrt(between), 0.02 * sqrt(2) * 2.086 / 1.96, 1e-3); /* 40 / (40 - 20), Student's t of 20 */
    assert_near(within, 2 * 0.8e-6 * 200 / 160 * 1.0154, 0.1e-6); /* the means took 40; t of 160 */
    assert_replicate(&rows, 399, again);
    assert_memory_equal(losses, again, sizeof losses);
}

/* Runs met exactly by as many parameters: they are off by as much as a row is, and never less than that. */
static void test_means_fitted_away(void **state)
{
    (void)state;
    enum { RUNS = 5, ROWS = 5 * RUNS };
    double fitted[ROWS], measured[ROWS], losses[ROWS], squares = 0;
    size_t run[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        static const double rest[] = {0.001, -0.002, 0.002, -0.001, 0}; /* root mean square: 0.0014 */
        run[i] = i / 5;
        fitted[i] = 2;
        measured[i] = 2 * exp(-rest[(i + run[i]) % 5]);
    }
    const struct resample_rows rows = {run, fitted, measured, ROWS, RUNS, 7, NULL, 0};
    for (uint64_t replicate = 0; replicate < 1000; replicate++) {
        assert_replicate(&rows, replicate, losses);
        for (size_t at = 0; at < ROWS; at += 5) {
            double mean = 0;
            for (size_t i = at; i < at + 5; i++) {
                mean += log(2 / losses[i]) / 5;
            }
            squares += mean * mean / 1000 / RUNS;
        }
    }
    const double student = 2.1009 / 1.96; /* 18 degrees of freedom */
    assert_near(squares, 2e-6 * 25 / 18 * 1.2 * student * student, 0.1e-6); /* a run's error, its mean of five rows' */
}

/* The root mean square of what is drawn for runs. */
static double drawn_for_runs(const struct resample_rows *rows)
{
    double losses[16], squares = 0;
    assert_true(rows->rows <= 16);
    for (uint64_t replicate = 0; replicate < 2000; replicate++) {
        assert_replicate(rows, replicate, losses);
        for (size_t i = 0; i < rows->rows; i++) {
            const double off = log(rows->fitted[i] / losses[i]);
            squares += off * off / 2000 / (double)rows->rows;
        }
    }
    return sqrt(squares);
}

/* A run of a row each, three of which the fit meets exactly, as it must, and one made again that is 0.01 away. */
static void test_runs_made_again(void **state)
{
    (void)state;
    static const double fitted[] = {2, 3, 4, 4}, measured[] = {2, 3, 4 * 1.005, 4 * 0.995};
    static const size_t run[] = {0, 1, 2, 3}, alike[] = {0, 1, 2, 2};
    struct resample_rows rows = {.run = run, .fitted = fitted, .measured = measured, .rows = 4, .runs = 4,
                                 .parameters = 4};
    assert_near(drawn_for_runs(&rows), 0.005 / sqrt(2), 2e-4); /* half of the means are 0 */
    rows.alike = alike;
    assert_near(drawn_for_runs(&rows), 0.01 / sqrt(2), 2e-4); /* two of them, one degree of freedom */
    rows.run_noise = 0.06;
    assert_near(drawn_for_runs(&rows), 0.06, 1e-3);
}

/* A fit that misses nothing has replicates that are the fit. */
static void test_no_residuals(void **state)
{
    (void)state;
    static const double fitted[] = {2, 3, 4};
    static const size_t run[] = {0, 1, 1};
    const struct resample_rows rows = {run, fitted, fitted, 3, 2, 7, NULL, 0};
    double losses[3];
    assert_replicate(&rows, 0, losses);
    assert_memory_equal(losses, fitted, sizeof losses);
}

static void test_percentile(void **state)
{
    (void)state;
    double values[] = {5, 1, 4, 2, 3}, one[] = {7}, open[] = {1, INFINITY, INFINITY};
    assert_near(percentile(values, 5, 0.5), 3, 0);
    assert_near(percentile(values, 5, 0), 1, 0);
    assert_near(percentile(values, 5, 1), 5, 0);
    assert_near(percentile(values, 5, 0.625), 3.5, 1e-15);
    assert_near(percentile(one, 1, 0.975), 7, 0);
    assert_true(isinf(percentile(open, 3, 0.5)) && isinf(percentile(open, 3, 0.75)));
    assert_true(isnan(percentile(NULL, 0, 0.5)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frequencies),       cmocka_unit_test(test_determinism),
        cmocka_unit_test(test_groups),            cmocka_unit_test(test_every_run_must),
        cmocka_unit_test(test_residuals),         cmocka_unit_test(test_runs_made_again),
        cmocka_unit_test(test_no_residuals),      cmocka_unit_test(test_percentile),
        cmocka_unit_test(test_means_fitted_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
