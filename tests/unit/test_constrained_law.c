/* The data-constrained law: valleys, what is refused, and the published runs. */
#include "fit_world.h"

#include "fit/constrained_law.h"

/* Runs without noise by a law that is known. */
static void synthetic(struct buf *text, const struct constrained *law)
{
    add_line(text, "N,D,unique,loss\n");
    for (int n = 0; n < 4; n++) {
        for (int e = 0; e < 6; e++) {
            const double parameters = 1e8 * (double)(1 << n), unique = 1e9, tokens = unique * (double)(1 << e);
            add_line(text, "%.17g,%.17g,%.17g,%.17g\n", parameters, tokens, unique,
                     constrained_at(law, parameters, unique, tokens));
        }
    }
}

static void known_law_comes_back(void **state)
{
    struct constrained truth = constrained_published;
    struct constrained_law law;
    struct buf text;
    tamis_err err = {0};
    truth.repeats = 12;
    truth.excess = 4;
    buf_init(&text, BUF_UNLIMITED);
    synthetic(&text, &truth);
    struct fitted_text f = fitted_well(&law_constrained, (struct law_job){.base_loss = NAN, .replicates = 20}, text.at);
    assert_int_equal(constrained_law_parse("law.json", buf_str(&f.json), *state, &law, &err), TAMIS_OK);
    assert_near(law.law.repeats, 12, 1e-4);
    assert_near(law.law.excess, 4, 1e-4);
    assert_string_equal(law.set, "c4");
    assert_int_equal(law.rows, 24);
    assert_int_equal(law.replicate_count, 20);
    assert_int_equal(law.left_out.count, 24);
    assert_string_equal(law.left_out.runs[0], "N 1e+08, unique 1e+09, D 1e+09");
    assert_near(law.left_out.values[2 * 23], 12, 1e-3);
    assert_near(law.highest_epochs, 32, 1e-9);
    assert_near(law.probe_flop, 6 * 1e9 * 63 * 15e8, 1e12);
    assert_says(f.svg.at, "<svg");
    fitted_text_release(&f);
    buf_release(&text);
}

static void refused(void **state)
{
    (void)state;
    const struct law_job job = {.base_loss = NAN};
    assert_refused(&law_constrained, job, "N,D,unique,loss\n1e9,1e9,1e9,3\n1e9,2e9,2e9,2.9\n1e9,3e9,3e9,2.9\n"
                   "1e9,4e9,4e9,2.8\n", "nothing was repeated");
    assert_refused(&law_constrained, job, "N,D,unique,loss\n1e9,1e9,1e9,3\n", "1 rows do not tell");
    assert_refused(&law_constrained, job, "N,D,loss\n1e9,1e9,3\n", "there is no column 'unique'");
    struct law_job other = job;
    other.constants = "besirogl";
    struct fitted_text f = fitted_from(&law_constrained, other, "N,D,unique,loss\n1e9,1e9,1e9,3\n");
    assert_int_equal(f.status, TAMIS_USAGE);
    assert_says(f.err.text, "did you mean 'besiroglu'?");
    fitted_text_release(&f);
}

static void outside(void **state)
{
    (void)state;
    const struct constrained *const law = &constrained_published;
    const double best = chinchilla_parameters_for(&law->law, 1e9);
    assert_false(constrained_outside(law, best, 1e9, 40e9));
    assert_true(constrained_outside(law, best, 1e9, 40.1e9));
    assert_true(constrained_outside(law, 20.1 * best, 1e9, 1e9));
}

static bool has_valley(const struct constrained_law *law, double repeats, double excess, double objective)
{
    for (size_t i = 0; i < law->basin_count; i++) {
        if (fabs(law->basins[i].repeats - repeats) < 5e-3 && fabs(law->basins[i].excess - excess) < 5e-3 &&
            fabs(law->basins[i].objective - objective) < 1e-8) {
            return true;
        }
    }
    return false;
}

/*
 * 182 runs (Muennighoff et al. 2023): the published valley at 15.4 and 5.3, the lower one at 47.0 and 2.33, and one
 * that is lower still.
 */
static void published_runs(void **state)
{
    struct csv table;
    struct buf text;
    struct constrained_law law;
    tamis_err err = {0};
    if (!real_table(*state, "datablations_c4_182.csv", &table)) {
        skip();
    }
    buf_init(&text, BUF_UNLIMITED);
    add_line(&text, "N,D,unique,loss\n");
    for (size_t i = 0; i < table.rows; i++) {
        add_line(&text, "%.17g,%.17g,%.17g,%.17g\n", number_in(&table, i, "params"), number_in(&table, i,
                                                                                               "total_tokens"),
                 number_in(&table, i, "unique_tokens"), number_in(&table, i, "val_loss"));
    }
    struct fitted_text f = fitted_well(&law_constrained, (struct law_job){.base_loss = NAN, .replicates = 20}, text.at);
    assert_int_equal(constrained_law_parse("law.json", buf_str(&f.json), *state, &law, &err), TAMIS_OK);
    assert_true(has_valley(&law, 15.372, 5.315, 0.01582593));
    assert_true(has_valley(&law, 46.990, 2.330, 0.01580738));
    assert_true(law.basins[0].objective < 0.01580738);
    assert_near(law.law.repeats, law.basins[0].repeats, 0);
    assert_says(f.words.at, "beyond 5 epochs trust none");
    fitted_text_release(&f);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(known_law_comes_back, set_up, tear_down),
        cmocka_unit_test(refused),
        cmocka_unit_test(outside),
        cmocka_unit_test_setup_teardown(published_runs, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, remove_written);
}
