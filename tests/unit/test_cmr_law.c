/* The critical mixture ratio from runs with checkpoints, and as a file. */
#include "fit_world.h"

#include "fit/cmr_law.h"
#include "law/scaling.h"

static const double probed[] = {0.1, 0.25, 0.5, 0.75, 1};

/* General loss: R^1.5 x 0.5 T^-0.3 - 0.02 (1 - T^-0.5), up at once and then down. */
static double general_change(double ratio, double t)
{
    return real_power(ratio, 1.5) * 0.5 * real_power(t, -0.3) - 0.02 * (1 - real_power(t, -0.5));
}

static double critical(double tolerance, double t)
{
    return real_power((tolerance + 0.02 * (1 - real_power(t, -0.5))) / (0.5 * real_power(t, -0.3)), 1 / 1.5);
}

static void synthetic(struct buf *text, const char *time, double unit, bool domain)
{
    add_line(text, "ratio,%s,loss_general,base_loss_general%s\n", time, domain ? ",loss_domain,base_loss_domain" : "");
    for (size_t r = 0; r < 5; r++) {
        for (int i = 1; i <= 20; i++) {
            const double t = 5.0 * i;
            add_line(text, "%g,%.17g,%.17g,2.5", probed[r], t * unit, 2.5 + general_change(probed[r], t));
            if (domain) {
                add_line(text, ",%.17g,1.8", 1.8 + 0.4 * (real_power(t, -0.3) - 1) * real_power(probed[r], 0.2));
            }
            add_line(text, "\n");
        }
    }
}

static struct cmr_law law_from(struct arena *arena, const struct fitted_text *f)
{
    struct cmr_law law;
    tamis_err err = {0};
    if (cmr_law_parse("law.json", buf_str(&f->json), arena, &law, &err)) {
        fail_msg("%s", err.text);
    }
    return law;
}

static void known_law_comes_back(void **state)
{
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    synthetic(&text, "D", CMR_UNIT, true);
    struct fitted_text f = fitted_well(&law_cmr, (struct law_job){.base_loss = NAN}, text.at);
    assert_says(f.json.at, "\"leave_one_out\": [\n    {\n      \"ratio\": 0.1,\n      \"critical\": 0.");
    const struct cmr_law law = law_from(*state, &f);
    assert_false(law.steps);
    assert_int_equal(law.ratio_count, 5);
    assert_int_equal(law.rows, 100);
    for (double tolerance = 0.03; tolerance < 0.08; tolerance += 0.02) {
        for (double t = 5; t <= 100; t += 19) {
            struct cmr_critical at;
            assert_int_equal(cmr_critical_at(&law, tolerance, t, &at, NULL), TAMIS_OK);
            assert_int_equal(at.verdict, CMR_FINE);
            assert_near(at.ratio, critical(tolerance, t), 1e-5);
            assert_near(at.general, tolerance, 1e-9);
            assert_true(at.domain < 0);
        }
    }
    struct cmr_power power;
    size_t points = 0;
    double error = 0;
    assert_int_equal(cmr_power_of(&law, 0.05, &power, &points, &error, NULL), TAMIS_OK);
    assert_int_equal(points, 24);
    assert_near(cmr_power_at(&power, 20 * CMR_UNIT), critical(0.05, 20), 1e-3);
    assert_near(cmr_power_at(&power, 150 * CMR_UNIT), critical(0.05, 150), 0.01);
    assert_says(f.svg.at, "<svg");
    fitted_text_release(&f);
    buf_release(&text);
}

static void ends(void **state)
{
    struct buf text;
    struct cmr_critical at;
    struct cmr_power power;
    size_t points = 0;
    double error = 0;
    buf_init(&text, BUF_UNLIMITED);
    synthetic(&text, "D", CMR_UNIT, true);
    struct fitted_text f = fitted_well(&law_cmr, (struct law_job){.base_loss = NAN}, text.at);
    const struct cmr_law law = law_from(*state, &f);
    assert_int_equal(cmr_critical_at(&law, 2, 50, &at, NULL), TAMIS_OK);
    assert_int_equal(at.verdict, CMR_ALL);
    assert_near(at.ratio, 1, 0);
    assert_int_equal(cmr_critical_at(&law, -0.1, 50, &at, NULL), TAMIS_OK);
    assert_int_equal(at.verdict, CMR_NONE);
    assert_near(at.ratio, 0, 0);
    assert_int_equal(cmr_power_of(&law, 2, &power, &points, &error, NULL), TAMIS_OK);
    assert_true(points == 0 && isnan(power.a));
    fitted_text_release(&f);
    buf_release(&text);
}

static void steps_without_the_domain(void **state)
{
    struct buf text;
    struct cmr_critical at;
    buf_init(&text, BUF_UNLIMITED);
    synthetic(&text, "step", 1, false);
    struct fitted_text f = fitted_well(&law_cmr, (struct law_job){.base_loss = NAN}, text.at);
    const struct cmr_law law = law_from(*state, &f);
    assert_true(law.steps);
    assert_int_equal(cmr_critical_at(&law, 0.05, 50, &at, NULL), TAMIS_OK);
    assert_near(at.ratio, critical(0.05, 50), 1e-5);
    assert_true(isnan(at.domain));
    assert_says(f.words.at, "whether the domain's loss falls was not looked at");
    fitted_text_release(&f);
    buf_release(&text);
}

/* The domain's loss rises at every share: no share is feasible. */
static void domain_that_does_not_gain(void **state)
{
    struct buf text;
    struct cmr_critical at;
    buf_init(&text, BUF_UNLIMITED);
    add_line(&text, "ratio,D,loss_general,base_loss_general,loss_domain,base_loss_domain\n");
    for (size_t r = 0; r < 5; r++) {
        for (int i = 1; i <= 6; i++) {
            add_line(&text, "%g,%.17g,%.17g,2.5,%.17g,1.8\n", probed[r], 5 * i * CMR_UNIT,
                     2.5 + general_change(probed[r], 5.0 * i), 1.9 + 0.01 * i);
        }
    }
    struct fitted_text f = fitted_well(&law_cmr, (struct law_job){.base_loss = NAN}, text.at);
    const struct cmr_law law = law_from(*state, &f);
    assert_int_equal(cmr_critical_at(&law, 0.05, 20, &at, NULL), TAMIS_OK);
    assert_int_equal(at.verdict, CMR_NO_GAIN);
    fitted_text_release(&f);
    buf_release(&text);
}

static void peak_is_told(void **state)
{
    static const double bump[] = {2.51, 2.56, 2.60, 2.58, 2.55, 2.53};
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    add_line(&text, "ratio,D,loss_general\n");
    for (size_t r = 0; r < 5; r++) {
        for (int i = 0; i < 6; i++) {
            add_line(&text, "%g,%g,%g\n", probed[r], (i + 1) * 1e9, 2.5 + probed[r] * (bump[i] - 2.5));
        }
    }
    struct fitted_text f = fitted_well(&law_cmr, (struct law_job){.base_loss = 2.5}, text.at);
    const struct cmr_law law = law_from(*state, &f);
    assert_near(law.ratios[4].peak, 0.07, 1e-9);
    assert_near(law.ratios[4].peak_t, 15, 1e-9);
    assert_says(f.words.at, "at ratio 1 the general loss rises by 0.0700 nats above both ends");
    fitted_text_release(&f);
    buf_release(&text);
}

static void refused(void **state)
{
    (void)state;
    const struct law_job job = {.base_loss = NAN};
    assert_refused(&law_cmr, job, "ratio,D,loss_general\n0.5,1e9,2\n", "Give it with --base-loss");
    assert_refused(&law_cmr, job, "ratio,loss_general,base_loss_general\n0.5,2,2\n", "step is missing or 0");
    assert_refused(&law_cmr, job, "ratio,D,loss_general,base_loss_general\n50,1e9,2,2\n", "95 percent is 0.95");
    assert_refused(&law_cmr, job, "ratio,D,loss_general,base_loss_general\n0.5,1e9,2,2\n", "1 different ratios");
    assert_refused(&law_cmr, job, "ratio,D,N,loss_general,base_loss_general\n0.5,1e9,1e8,2,2\n0.5,1e9,2e8,2,2\n",
                   "N is 2e+08 here and 1e+08 in another row");
    assert_refused(&law_cmr, job, "ratio,D,loss_general,base_loss_general\n0.2,1e9,2,2\n0.5,1e9,2,2\n0.7,1e9,2,2\n",
                   "ratio 0.2 has 1 checkpoints");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(known_law_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(steps_without_the_domain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(domain_that_does_not_gain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(peak_is_told, set_up, tear_down),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, NULL, remove_written);
}
