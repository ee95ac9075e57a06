/*
 * The D-CPT law on measured losses of two domains (Ye et al. 2025, 70M and 160M parameters, five ratios, 10000 to 30000
 * steps of 1.05e6 tokens): a ratio held out, and differences fitted at 70M judged at 160M.
 */
#include "law_world.h"

#include "core/buf.h"
#include "core/csv.h"
#include "core/str.h"

#define TABLE "../shared/data/mixinglaws_2mix.csv"
#define STEP_TOKENS 1.05e6
#define MOST 128

struct row {
    double size, tokens, ratio, loss[2]; /* domain, general */
    double step;
};

struct rows {
    struct row at[MOST];
    size_t count;
};

static double real_at(const struct csv *table, size_t row, const char *head)
{
    double value = 0;
    tamis_err err = {0};
    assert_int_equal(csv_real(table, row, csv_find(table, head), &value, &err), TAMIS_OK);
    return value;
}

/* The two losses of one checkpoint stand in two lines. */
static void read_rows(struct arena *arena, struct rows *rows)
{
    struct buf bytes;
    struct csv table;
    tamis_err err = {0};
    buf_init(&bytes, 1u << 20);
    assert_int_equal(file_read(TABLE, 1u << 20, &bytes, &err), TAMIS_OK);
    assert_int_equal(csv_parse(&table, arena, TABLE, buf_str(&bytes), &err), TAMIS_OK);
    rows->count = table.rows / 2;
    assert_int_equal(rows->count, 110);
    for (size_t i = 0; i < table.rows; i++) {
        struct row *const row = &rows->at[i / 2];
        const bool github = str_is(csv_at(&table, i, csv_find(&table, "valid_domain")).text, "Github");
        row->size = str_is(csv_at(&table, i, csv_find(&table, "model")).text, "70M") ? 70e6 : 160e6;
        row->ratio = real_at(&table, i, "github_ratio");
        row->step = real_at(&table, i, "step");
        row->tokens = row->step * STEP_TOKENS;
        row->loss[!github] = real_at(&table, i, "loss");
    }
    buf_release(&bytes);
}

/* Of the rows of size `size` (0: both) whose ratio is not `without`. */
static struct dcpt_law fitted(struct arena *arena, const struct rows *rows, double size, double without, bool may_rise)
{
    const struct dcpt_effort effort = {.may_rise = may_rise};
    struct dcpt_runs runs;
    struct dcpt_law law = {.rows = 0};
    struct buf text;
    tamis_err err = {0};
    buf_init(&text, 1u << 20);
    assert_true(buf_printf(&text, "run,step,N,D,ratio,loss_domain,loss_general\n"));
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *const r = &rows->at[i];
        if ((size > 0 && fabs(r->size - size) > 1) || fabs(r->ratio - without) < 1e-9) {
            continue;
        }
        assert_true(buf_printf(&text, "%g-%g,%g,%g,%.17g,%.17g,%.17g,%.17g\n", r->size, r->ratio, r->step, r->size,
                               r->tokens, r->ratio, r->loss[0], r->loss[1]));
    }
    if (dcpt_read_runs(written(text.at), RUNS_WARM_UP, arena, &runs, &err) ||
        dcpt_fit(&runs, NULL, &effort, arena, &law, &err)) {
        fail_msg("%s", err.text);
    }
    buf_release(&text);
    return law;
}

static double predicted(const struct dcpt_law *law, const struct row *row, bool general)
{
    return dcpt_at(general ? &law->general.curve : &law->domain.curve, row->size, row->tokens,
                   general ? 1 - row->ratio : row->ratio);
}

struct judged {
    double r2, mape;
};

static struct judged judge(const struct dcpt_law *law, const struct rows *rows, double ratio, bool general)
{
    double sum = 0, squares = 0, left = 0, count = 0;
    struct judged judged = {0, 0};
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *const r = &rows->at[i];
        if (fabs(r->ratio - ratio) < 1e-9) {
            const double error = predicted(law, r, general) - r->loss[general];
            count += 1;
            sum += r->loss[general];
            squares += r->loss[general] * r->loss[general];
            left += error * error;
            judged.mape += fabs(error) / r->loss[general];
        }
    }
    judged.mape /= count;
    judged.r2 = 1 - left / (squares - sum * sum / count);
    return judged;
}

static bool missing(void)
{
    if (!file_exists(TABLE)) {
        print_message("skipped: %s is not here\n", TABLE);
        return true;
    }
    return false;
}

/*
 * Fitted to four ratios the law predicts the fifth: R2 .985 and .989, MAPE .95 and .43 %. These losses do not quite
 * fall with the share at the fewest tokens; a fit that must is worse (.973 and .980), and says so.
 */
static void test_ratio_held_out(void **state)
{
    static struct rows rows;
    if (missing()) {
        skip();
    }
    read_rows(*state, &rows);
    const struct dcpt_law law = fitted(*state, &rows, 0, 0.5, true);
    const struct judged domain = judge(&law, &rows, 0.5, false), general = judge(&law, &rows, 0.5, true);
    assert_int_equal(law.form, DCPT_FULL);
    assert_near(domain.r2, 0.985, 0.001);
    assert_near(general.r2, 0.989, 0.001);
    assert_near(domain.mape, 0.0095, 0.0001);
    assert_near(general.mape, 0.0043, 0.0001);
    assert_true(dcpt_least_tokens(&law.domain.curve) > law.lowest_tokens);
    const struct dcpt_law falling = fitted(*state, &rows, 0, 0.5, false);
    assert_near(judge(&falling, &rows, 0.5, false).r2, 0.973, 0.002);
    assert_near(judge(&falling, &rows, 0.5, true).r2, 0.980, 0.002);
    assert_near(falling.domain.fit.unbound, law.domain.fit.objective, 0.01 * law.domain.fit.objective);
}

static const struct row *partner(const struct rows *rows, const struct row *of, double ratio)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *const r = &rows->at[i];
        if (fabs(r->size - of->size) < 1 && fabs(r->step - of->step) < 0.5 && fabs(r->ratio - ratio) < 1e-9) {
            return r;
        }
    }
    return NULL;
}

/*
 * One size knows differences only. Those between the ratios at 70M, carried to 160M, are off by about 0.03 nats on
 * average where the losses differ by up to 0.29 and 0.23, and by as much as 0.18 at worst: they do not carry over
 * exactly.
 */
static void test_differences_at_another_size(void **state)
{
    static struct rows rows;
    if (missing()) {
        skip();
    }
    read_rows(*state, &rows);
    const struct dcpt_law law = fitted(*state, &rows, 70e6, -1, false);
    assert_int_equal(law.form, DCPT_SINGLE_SIZE);
    for (int general = 0; general < 2; general++) {
        const double against = general ? 0.25 : 0.75;
        double sum = 0, worst = 0, count = 0, largest = 0;
        for (size_t i = 0; i < rows.count; i++) {
            const struct row *const r = &rows.at[i], *const other = partner(&rows, r, against);
            if (r->size > 100e6 && other && fabs(r->ratio - against) > 1e-9) {
                const double truth = r->loss[general] - other->loss[general];
                const double error = predicted(&law, r, general) - predicted(&law, other, general) - truth;
                sum += fabs(error);
                count += 1;
                worst = fmax(worst, fabs(error));
                largest = fmax(largest, fabs(truth));
            }
        }
        assert_near(largest, general ? 0.225 : 0.286, 0.001);
        assert_near(sum / count, general ? 0.027 : 0.031, 0.002);
        assert_near(worst, general ? 0.074 : 0.178, 0.01);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ratio_held_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_differences_at_another_size, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, remove_written);
}
