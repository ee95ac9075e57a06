/*
 * The D-CPT law over sizes and tokens: which form the runs allow, truth that comes back, the demand that losses fall
 * with their share, refits, and the file.
 */
#include "law_world.h"

#include "core/buf.h"

/* Near the published ranges; both curves fall with their share from D = 0.3e9 on. */
static const struct dcpt_curve domain_truth = {0.9, 0.35, 0.08, 0.30, 0.35, 0.35, 1.2, 0.15, 0.7};
static const struct dcpt_curve general_truth = {1.9, 0.45, 0.05, 0.12, 0.30, 0.30, 1.3, 0.05, 0.55};

struct design {
    double sizes[3], tokens[4], ratios[9];
    size_t size_count, token_count, ratio_count;
    double noise; /* of the logarithm, by row: no random numbers, but no pattern either */
};

static double jitter(size_t i)
{
    return 2 * ((double)(i * 7919 % 101) / 100) - 1;
}

/* A run for each size and ratio, a row for each of its tokens; with `backwards` the last row first. */
static void write_rows(const struct design *d, const struct dcpt_curve *domain, const struct dcpt_curve *general,
                       bool backwards, struct buf *text)
{
    const size_t count = d->size_count * d->ratio_count * d->token_count;
    assert_true(buf_printf(text, "run,N,D,ratio,loss_domain,loss_general\n"));
    for (size_t at = 0; at < count; at++) {
        const size_t i = backwards ? count - 1 - at : at;
        const double tokens = d->tokens[i % d->token_count];
        const double ratio = d->ratios[i / d->token_count % d->ratio_count];
        const double size = d->sizes[i / d->token_count / d->ratio_count];
        assert_true(buf_printf(text, "%g-%g,%.17g,%.17g,%.17g,%.17g,%.17g\n", size, ratio, size, tokens, ratio,
                               dcpt_at(domain, size, tokens, ratio) * exp(d->noise * jitter(i)),
                               dcpt_at(general, size, tokens, 1 - ratio) * exp(d->noise * jitter(i + 50))));
    }
}

static tamis_status fit_text(struct arena *arena, const char *text, const struct dcpt_effort *effort,
                             struct dcpt_law *law, tamis_err *err)
{
    struct dcpt_runs runs;
    const tamis_status status = dcpt_read_runs(written(text), 0, arena, &runs, err);
    return status ? status : dcpt_fit(&runs, "name", effort, arena, law, err);
}

static struct dcpt_law law_of(struct arena *arena, const char *text, const struct dcpt_effort *effort)
{
    static const struct dcpt_effort none = {.replicates = 0};
    struct dcpt_law law;
    tamis_err err = {0};
    if (fit_text(arena, text, effort ? effort : &none, &law, &err)) {
        fail_msg("%s", err.text);
    }
    return law;
}

static struct dcpt_law designed(struct arena *arena, const struct design *d, const struct dcpt_effort *effort)
{
    struct buf text;
    buf_init(&text, 1u << 20);
    write_rows(d, &domain_truth, &general_truth, false, &text);
    const struct dcpt_law law = law_of(arena, text.at, effort);
    buf_release(&text);
    return law;
}

static const struct design three_sizes = {{0.5e9, 1.8e9, 4e9}, {2e9, 6e9, 12e9, 26e9}, {0, 0.33, 0.67, 0.9, 1},
                                          3, 4, 5, 0};
static const struct design one_size = {{70e6}, {1e9, 2e9, 4e9}, {0, 0.33, 0.67, 0.9, 1}, 1, 3, 5, 0};

static bool says(const struct dcpt_law *law, const char *part)
{
    struct buf lines;
    buf_init(&lines, 1u << 16);
    assert_true(dcpt_warnings(law, &lines));
    const bool found = lines.len > 0 && strstr(lines.at, part);
    buf_release(&lines);
    return found;
}

/* ---- Truth ------------------------------------------------------------------------------------------------------ */

static void check_curve(const struct dcpt_curve *curve, const struct dcpt_curve *truth, double within)
{
    for (double share = 0; share <= 1; share += 0.05) {
        for (double size = 0.5e9; size < 5e9; size *= 1.7) {
            assert_near(dcpt_at(curve, size, 9e9, share), dcpt_at(truth, size, 9e9, share), within);
        }
    }
}

/* Runs at ratio 0 and 1 are among them: share 0, where r^eta is 0 and eps keeps the rest finite. */
static void test_full(void **state)
{
    const struct dcpt_law law = designed(*state, &three_sizes, NULL);
    assert_int_equal(law.form, DCPT_FULL);
    assert_true(law.sizes == 3 && law.rows == 60 && law.run_count == 15 && law.ratio_count == 5);
    assert_true(law.lowest_size == 0.5e9 && law.parameters == 4e9 && law.lowest_tokens == 2e9 && law.tokens == 26e9);
    check_curve(&law.domain.curve, &domain_truth, 2e-3);
    check_curve(&law.general.curve, &general_truth, 2e-3);
    assert_true(law.domain.fit.objective < 1e-7 && law.general.fit.r2 > 0.99999);
    assert_true(law.domain.curve.eta >= 1 && dcpt_least_tokens(&law.general.curve) < 2e9);
    assert_near(law.probe_flop / (6 * 26e9 * 5 * 6.3e9), 1, 1e-12);
    assert_false(says(&law, "two sizes"));
}

/* In a difference everything cancels that one size cannot tell. */
static void test_single_size(void **state)
{
    const struct dcpt_law law = designed(*state, &one_size, NULL);
    assert_int_equal(law.form, DCPT_SINGLE_SIZE);
    assert_true(law.sizes == 1 && law.domain.curve.a == 0 && law.general.curve.a == 0);
    for (double share = 0; share <= 1; share += 0.05) {
        const double found = dcpt_at(&law.general.curve, NAN, 3e9, share) - dcpt_at(&law.general.curve, NAN, 3e9, 1);
        const double truth = dcpt_at(&general_truth, 7e9, 3e9, share) - dcpt_at(&general_truth, 7e9, 3e9, 1);
        assert_near(found, truth, 2e-3);
    }
    assert_true(says(&law, "single-size fit: differences only"));
}

static void test_two_sizes(void **state)
{
    struct design d = three_sizes;
    d.size_count = 2;
    const struct dcpt_law law = designed(*state, &d, NULL);
    assert_int_equal(law.form, DCPT_FULL);
    assert_true(law.alpha_held && !law.domain.alpha_free && !law.general.alpha_free);
    assert_true(law.domain.curve.alpha == DCPT_ALPHA_HELD && law.general.curve.alpha == DCPT_ALPHA_HELD);
    assert_true(says(&law, "two sizes: alpha held at 0.34, since they do not tell E, A and alpha apart"));
    assert_false(says(&law, "no floor E would be left"));
    assert_true(law.general.curve.e > 0 && law.general.fit.r2 > 0.9999);
}

/* A run of many checkpoints weighs no more than one of few: two runs against one, not two rows against 37. */
static void test_runs_weigh_the_same(void **state)
{
    char text[4096] = "run,N,D,ratio,loss_general\n";
    size_t len = strlen(text);
    for (size_t i = 0; i < 37; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "a,1e9,2e9,0.5,2\n");
    }
    (void)snprintf(text + len, sizeof text - len, "b,1e9,2e9,0.5,2.2\nc,1e9,2e9,0.5,2.2\nd,1e9,2e9,1,3\n"
                                                  "e,1e9,2e9,0,1.9\n");
    const struct dcpt_law law = law_of(*state, text, NULL);
    assert_near(dcpt_at(&law.general.curve, NAN, NAN, 0.5), 2.2, 0.01);
    assert_true(law.run_count == 5 && law.rows == 41);
}

/* ---- The demand ------------------------------------------------------------------------------------------------- */

static void test_falls_with_the_share(void **state)
{
    struct dcpt_curve rising = general_truth;
    struct buf text;
    buf_init(&text, 1u << 20);
    rising.b = 0.5;
    assert_true(dcpt_least_tokens(&rising) > 26e9);
    write_rows(&three_sizes, &domain_truth, &rising, false, &text);
    const struct dcpt_law law = law_of(*state, text.at, NULL);
    const struct dcpt_effort may_rise = {.may_rise = true};
    const struct dcpt_law free_law = law_of(*state, text.at, &may_rise);
    assert_true(dcpt_slope(&law.general.curve, 2e9, 1) <= 1e-6);
    assert_true(law.general.fit.unbound < 0.5 * law.general.fit.objective);
    assert_true(isnan(law.domain.fit.unbound));
    assert_true(says(&law, "general: the losses do not fall with the share at every D as the law demands"));
    check_curve(&free_law.general.curve, &rising, 3e-3);
    assert_true(dcpt_least_tokens(&free_law.general.curve) > 2e9);
    assert_true(says(&free_law, "general: the curve rises with the share near 1 where D is below"));
    buf_release(&text);
}

/* ---- Refits ----------------------------------------------------------------------------------------------------- */

static const struct dcpt_effort ten = {.seed = 3, .replicates = 10};

static void test_bootstrap(void **state)
{
    struct design noisy = three_sizes;
    struct buf text;
    noisy.noise = 0.003;
    noisy.token_count = 2;
    const struct dcpt_law law = designed(*state, &noisy, &ten);
    assert_true(law.bootstrap == DCPT_BY_RUN && law.replicate_count == 10);
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < 10; i++) {
        const double loss = dcpt_at(&law.replicates[i].general, 4e9, 20e9, 0.1);
        assert_near(loss, dcpt_at(&general_truth, 4e9, 20e9, 0.1), 0.05);
        low = fmin(low, loss);
        high = fmax(high, loss);
    }
    assert_true(high - low > 1e-4);
    buf_init(&text, 1u << 20);
    write_rows(&noisy, &domain_truth, &general_truth, true, &text);
    const struct dcpt_law again = law_of(*state, text.at, &ten);
    assert_memory_equal(law.replicates, again.replicates, 10 * sizeof *law.replicates);
    const struct dcpt_effort other = {.seed = 4, .replicates = 10};
    const struct dcpt_law differs = law_of(*state, text.at, &other);
    assert_memory_not_equal(law.replicates, differs.replicates, 10 * sizeof *law.replicates);
    buf_release(&text);
}

static void test_bootstrap_of_residuals(void **state)
{
    struct design noisy = one_size;
    noisy.noise = 0.003;
    const struct dcpt_law law = designed(*state, &noisy, &ten);
    assert_true(law.bootstrap == DCPT_BY_RESIDUAL && law.replicate_count == 10);
    assert_memory_not_equal(&law.replicates[0], &law.replicates[1], sizeof *law.replicates);
    assert_true(designed(*state, &noisy, NULL).bootstrap == DCPT_NO_BOOTSTRAP);
}

/* Without any one of five ratios four remain; with one of three left out nothing can be fitted. */
static void test_left_out(void **state)
{
    struct design d = one_size;
    d.noise = 0.003;
    const struct dcpt_law five = designed(*state, &d, NULL);
    assert_int_equal(five.left_out_count, 5);
    assert_string_equal(five.left_out[4].run, "7e+07-1");
    assert_true(five.left_out[4].ratio == 1 && five.left_out[4].parameters == 70e6);
    assert_memory_not_equal(&five.left_out[4].pair.general, &five.general.curve, sizeof five.general.curve);
    d.ratio_count = 3;
    assert_int_equal(designed(*state, &d, NULL).left_out_count, 0);
    /* ratio 0.5 was run twice: either run can be missed, the others cannot */
    const struct dcpt_law twice = law_of(*state, "ratio,loss_general\n0,2\n0.5,2.1\n0.5,2.11\n1,3\n", NULL);
    assert_int_equal(twice.left_out_count, 2);
    assert_string_equal(twice.left_out[0].run, "ratio 0.5");
}

/* ---- Inside a run ----------------------------------------------------------------------------------------------- */

static void test_peak(void **state)
{
    static const char *const rows = "run,N,D,ratio,loss_general,base_loss_general\n"
                                    "a,1e9,1e9,0,2.5,2.5\na,1e9,2e9,0,2.5,\na,1e9,4e9,0,2.5,\n"
                                    "b,1e9,1e9,0.5,2.75,\nb,1e9,2e9,0.5,2.7,\nb,1e9,4e9,0.5,2.6,\n"
                                    "c,1e9,1e9,1,2.8,\nc,1e9,2e9,1,2.9,\nc,1e9,4e9,1,2.85,\n";
    const struct dcpt_law law = law_of(*state, rows, NULL);
    assert_near(law.peak_general, 0.15, 1e-12); /* of b: 2.75 over the base loss' 2.5 and the end's 2.6 */
    assert_true(says(&law, "rises and falls again inside a run, by up to 0.15 nats (run 'b')"));
    assert_true(isnan(designed(*state, &one_size, NULL).peak_general));
}

static void test_base_loss_by_size(void **state)
{
    struct dcpt_runs runs;
    tamis_err err = {0};
    const char *const path = written("N,D,ratio,loss_general,base_loss_general\n4e9,1e9,0,2,2.2\n1e9,1e9,0,3,3.2\n"
                                     "4e9,1e9,1,2.5,\n");
    assert_int_equal(dcpt_read_runs(path, 0, *state, &runs, &err), TAMIS_OK);
    assert_true(runs.base_loss == 2.2);
}

/* ---- Files ------------------------------------------------------------------------------------------------------ */

static void assert_same_curves(const struct dcpt_pair *a, const struct dcpt_pair *b)
{
    assert_memory_equal(&a->domain, &b->domain, sizeof a->domain);
    assert_memory_equal(&a->general, &b->general, sizeof a->general);
}

static void check_round_trip(struct arena *arena, const struct design *d)
{
    const struct dcpt_law law = designed(arena, d, &ten);
    struct dcpt_law back;
    struct buf text;
    tamis_err err = {0};
    buf_init(&text, 1u << 20);
    assert_true(dcpt_print(&law, &text));
    if (dcpt_load(written(text.at), arena, &back, &err)) {
        fail_msg("%s", err.text);
    }
    assert_true(back.form == law.form && back.bootstrap == law.bootstrap && back.rows == law.rows);
    assert_memory_equal(&law.domain.curve, &back.domain.curve, sizeof law.domain.curve);
    assert_memory_equal(&law.general.curve, &back.general.curve, sizeof law.general.curve);
    assert_true(back.lowest_size == law.lowest_size && back.parameters == law.parameters);
    assert_true(back.lowest_tokens == law.lowest_tokens && back.tokens == law.tokens);
    assert_true(back.run_count == law.run_count && back.probe_flop == law.probe_flop && isnan(back.peak_general));
    assert_int_equal(back.replicate_count, law.replicate_count);
    for (size_t i = 0; i < law.replicate_count; i++) {
        assert_same_curves(&law.replicates[i], &back.replicates[i]);
    }
    assert_int_equal(back.left_out_count, law.left_out_count);
    for (size_t i = 0; i < law.left_out_count; i++) {
        assert_same_curves(&law.left_out[i].pair, &back.left_out[i].pair);
        assert_string_equal(law.left_out[i].run, back.left_out[i].run);
    }
    buf_release(&text);
}

static void test_round_trip(void **state)
{
    struct design d = three_sizes;
    d.noise = 0.003;
    d.token_count = 2;
    check_round_trip(*state, &d);
    d = one_size;
    d.noise = 0.003;
    check_round_trip(*state, &d);
    d.token_count = 1;
    check_round_trip(*state, &d);
}

#define VERSION_1 "{\"version\": 1, \"law\": \"dcpt\", \"form\": \"r-effect, single size\", \"rows\": 5, \
\"parameters\": {\"domain\": null, \"general\": {\"E\": 2, \"C\": 0.1, \"eps\": 0.1, \"gamma\": 0.5}}, \
\"sides\": {\"domain\": null, \"general\": {\"rows\": 5, \"ratio\": [0, 1]}}, \
\"probe\": {\"N\": 1800000000, \"D\": null, \"ratio\": [0, 1], \"ratios\": [0, 0.5, 1]}"

static void test_version_1(void **state)
{
    struct dcpt_law law;
    tamis_err err = {0};
    if (dcpt_load(written(VERSION_1 "}"), *state, &law, &err)) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(law.form, DCPT_SINGLE_POINT);
    assert_true(law.lowest_size == 1.8e9 && law.parameters == 1.8e9 && isnan(law.tokens) && isnan(law.probe_flop));
    assert_true(law.replicate_count == 0 && law.left_out_count == 0 && isnan(law.peak_general));
    assert_near(dcpt_at(&law.general.curve, NAN, NAN, 0.9), 2.1, 1e-12);
}

static void test_files_refused(void **state)
{
    static const char *const cases[][2] = {
        {", \"form\": \"other\"}", ""},
        {", \"replicates\": {\"count\": 0}}", "`count` must be a number from 1"},
        {", \"replicates\": {\"count\": 2, \"general\": [[2, 0.1, 0.1, 0.5]]}}", "`general` must be a list of 2"},
        {", \"replicates\": {\"count\": 1, \"general\": [[2, 0.1, 0.1]]}}",
         "as many numbers as the law has parameters"},
        {", \"replicates\": {\"count\": 1, \"general\": [[2, 0.1, -0.1, 0.5]]}}", "this is no parameter of a refit"},
        {", \"leave_one_out\": 3}", "`leave_one_out` must be a list"},
        {", \"leave_one_out\": [3]}", "an entry of `leave_one_out` must be an object"},
        {", \"leave_one_out\": [{\"run\": \"a\", \"ratio\": 2}]}", "`ratio` must be a number from 0 to 1"},
        {", \"leave_one_out\": [{\"run\": \"a\", \"ratio\": 1}]}", "a refit must have as many numbers"},
        {", \"peak_general\": {\"nats\": -1}}", "`nats` must be a number from 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2048];
        struct dcpt_law law;
        tamis_err err = {0};
        (void)snprintf(text, sizeof text, "%s%s", VERSION_1, cases[i][0]);
        assert_int_equal(dcpt_load(written(text), *state, &law, &err), TAMIS_INPUT);
        assert_says(err.text, cases[i][1]);
    }
}

static void test_chart(void **state)
{
    struct design noisy = one_size;
    struct buf svg;
    tamis_err err = {0};
    noisy.noise = 0.003;
    const struct dcpt_law law = designed(*state, &noisy, &ten);
    buf_init(&svg, 1u << 22);
    assert_int_equal(dcpt_chart(&law, &svg, &err), TAMIS_OK);
    assert_says(svg.at, "<svg ");
    assert_says(svg.at, "loss of the domain");
    assert_says(svg.at, "general loss");
    assert_says(svg.at, "95 % of the replicates");
    assert_says(svg.at, "</svg>");
    buf_release(&svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_single_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_runs_weigh_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_falls_with_the_share, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bootstrap, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bootstrap_of_residuals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peak, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_base_loss_by_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_version_1, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_files_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chart, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, remove_written);
}
