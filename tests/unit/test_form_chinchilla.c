/*
 * Chinchilla's law re-fitted to the 240 points that Besiroglu et al. (2024, arXiv 2404.10102) read off Hoffmann's
 * figure 4, where the table is; and to random 80 % of them, beside the downhill simplex from many starts.
 */
#include "form_world.h"

#include "core/buf.h"
#include "core/csv.h"
#include "core/hash.h"
#include "fit/descent.h"
#include "fit/simplex.h"

#define TABLE "../shared/data/chinchilla_fig4_epoch.csv"
#define MOST 300
#define HIGHEST 5 /* losses left out */
#define SUBSETS 10
#define STARTS 4

struct points {
    double inputs[2 * MOST], loss[MOST], weight[MOST];
    size_t count;
};

/* ---- The table -------------------------------------------------------------------------------------------------- */

static double cell(const struct csv *table, size_t row, const char *head)
{
    double value = NAN;
    tamis_err err = {0};
    if (csv_real(table, row, csv_find(table, head), &value, &err)) {
        fail_msg("%s", err.text);
    }
    return value;
}

static void leave_out_highest(struct points *p)
{
    size_t highest = 0;
    for (size_t i = 0; i < p->count; i++) {
        highest = p->loss[i] > p->loss[highest] ? i : highest;
    }
    p->count--;
    for (size_t i = highest; i < p->count; i++) {
        p->loss[i] = p->loss[i + 1];
        p->inputs[2 * i] = p->inputs[2 * i + 2];
        p->inputs[2 * i + 1] = p->inputs[2 * i + 3];
    }
}

/* D is FLOP / 6 N. */
static void read_points(struct arena *arena, struct points *p)
{
    struct buf bytes;
    struct csv table;
    tamis_err err = {0};
    if (!file_exists(TABLE)) {
        print_message("skipped: %s is not here\n", TABLE);
        skip();
    }
    buf_init(&bytes, 1u << 20);
    assert_int_equal(file_read(TABLE, 1u << 20, &bytes, &err), TAMIS_OK);
    assert_int_equal(csv_parse(&table, arena, TABLE, buf_str(&bytes), &err), TAMIS_OK);
    assert_true(table.rows <= MOST);
    p->count = table.rows;
    for (size_t i = 0; i < p->count; i++) {
        const double parameters = cell(&table, i, "Model Size");
        p->inputs[2 * i] = log(parameters);
        p->inputs[2 * i + 1] = log(cell(&table, i, "Training FLOP") / 6 / parameters);
        p->loss[i] = cell(&table, i, "loss");
        p->weight[i] = 1;
    }
    buf_release(&bytes);
    for (int i = 0; i < HIGHEST; i++) {
        leave_out_highest(p);
    }
    assert_int_equal(p->count, 240);
}

static struct form_rows rows_of(const struct points *p)
{
    return (struct form_rows){p->inputs, p->loss, p->weight, p->count};
}

/* ---- All points ------------------------------------------------------------------------------------------------- */

static void test_published(void **state)
{
    static struct points p;
    read_points(*state, &p);
    const struct form_rows rows = rows_of(&p);
    const struct form_search search = {.starts = 16, .seed = 1};
    const struct form_fit fit = fitted(&chinchilla_form, &rows, &search);
    assert_near(fit.objective, 0.0010182740, 1e-5 * 0.0010182740);
    assert_near(fit.linear[0], 1.81722, 1e-4);
    assert_near(fit.shape[0], 0.34731, 1e-4);
    assert_near(fit.shape[1], 0.36717, 1e-4);
    assert_near(fit.r2, 0.9942, 1e-4);
    assert_near(fit.mape, 0.00470, 1e-5);
    assert_true(fit.agreeing == 16);
}

/* ---- Beside the simplex ----------------------------------------------------------------------------------------- */

/* E, the logarithms of A / N^alpha and B / D^beta at the middle of the points, alpha, beta. */
#define MIDDLE_N 20.0
#define MIDDLE_D 23.5

static double objective_at(const void *context, const double *x)
{
    const struct points *const p = context;
    double sum = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (p->weight[i] > 0) {
            const double by_size = tamis_exp(x[1] - x[3] * (p->inputs[2 * i] - MIDDLE_N));
            const double by_tokens = tamis_exp(x[2] - x[4] * (p->inputs[2 * i + 1] - MIDDLE_D));
            sum += huber_penalty(tamis_log((x[0] + by_size + by_tokens) / p->loss[i]), FORM_HUBER);
        }
    }
    return 1e3 * sum;
}

static double lowest_by_simplex(const struct points *p, unsigned starts, uint64_t seed)
{
    static const double low[] = {0, -10, -10, 0.05, 0.05}, high[] = {3, 3, 3, 2, 2};
    static const double step[] = {0.1, 0.2, 0.2, 0.05, 0.05};
    const struct simplex_problem problem = {5, low, high, step, objective_at, p};
    double best = INFINITY;
    for (unsigned i = 0; i < starts; i++) {
        double x[] = {1 + next_real(&seed), -1, -1, 0.2 + 0.4 * next_real(&seed), 0.2 + 0.4 * next_real(&seed)};
        best = fmin(best, simplex_minimise(&problem, x));
    }
    return best / 1e3;
}

static void test_subsets(void **state)
{
    static struct points p;
    read_points(*state, &p);
    const struct form_rows rows = rows_of(&p);
    const struct form_search search = {.starts = 8, .seed = 1};
    for (uint64_t subset = 1; subset <= SUBSETS; subset++) {
        for (size_t i = 0; i < p.count; i++) {
            p.weight[i] = hash_join(hash_mix(subset), i) % 5 > 0;
        }
        const struct form_fit fit = fitted(&chinchilla_form, &rows, &search);
        const double twin = lowest_by_simplex(&p, STARTS, subset);
        assert_true(fit.objective <= twin * (1 + 1e-6));
        assert_true(fit.objective >= twin * (1 - 1e-3));
        assert_near(fit.shape[0], 0.347, 0.05);
        assert_near(fit.shape[1], 0.367, 0.08);
        assert_true(fit.agreeing >= 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_published, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_subsets, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
