/*
 * The D-CPT law at one size: from rows to curves, what is refused and warned of, and the file.
 */
#include "law_world.h"

#include "fit/law.h"

/* ---- Runs to law ------------------------------------------------------------------------------------------------ */

static tamis_status fit_text(struct arena *arena, const char *text, struct dcpt_law *law, tamis_err *err)
{
    static const struct dcpt_effort effort = {.replicates = 0};
    struct dcpt_runs runs;
    const tamis_status status = dcpt_read_runs(written(text), RUNS_WARM_UP, arena, &runs, err);
    return status ? status : dcpt_fit(&runs, NULL, &effort, arena, law, err);
}

static struct dcpt_law law_of(struct arena *arena, const char *text)
{
    struct dcpt_law law;
    tamis_err err = {0};
    if (fit_text(arena, text, &law, &err)) {
        fail_msg("%s", err.text);
    }
    return law;
}

static void test_runs(void **state)
{
    struct dcpt_runs runs;
    tamis_err err = {0};
    const char *const path = written("run,loss_general,ratio,D,N,loss_domain,base_loss_general\n"
                                     "a,2.5,0,2e9,70e6,,\nb,2.6,0.5,2e9,70e6,1.5,2.45\nc,2.9,1,2e9,70e6,1.25,2.45\n");
    assert_int_equal(dcpt_read_runs(path, RUNS_WARM_UP, *state, &runs, &err), TAMIS_OK);
    assert_int_equal(runs.count, 3);
    assert_true(runs.base_loss == 2.45);
    for (size_t i = 0; i < runs.count; i++) {
        const struct dcpt_run *const run = &runs.at[i];
        assert_true(run->parameters == 70e6 && run->tokens == 2e9 && run->line >= 2);
        assert_true(isnan(run->loss_domain) == (run->line == 2) && (run->ratio == 1) == (run->line == 4));
        assert_true(run->loss_general == (run->line == 2 ? 2.5 : run->line == 3 ? 2.6 : 2.9));
    }
}

static void test_runs_refused(void **state)
{
    static const char *const cases[][2] = {
        {"N,D,loss_general\n1e9,1e9,2\n", ":1:1: there is no column 'ratio'"},
        {"N,D,ratio\n1e9,1e9,0.5\n", ":1:1: there is no column 'loss_general'"},
        {"ratio,loss_general\n", "there is a header and no run under it"},
        {"ratio,loss_general\n0.5,2\n95,2\n", ":3:1: the ratio is 95; it is a share of the tokens, from 0 to 1 "
                                              "(95 percent is 0.95)"},
        {"ratio,loss_general\n-0.1,2\n", ":2:1: the ratio is -0.1"},
        {"ratio,loss_general\n0.5,0\n", ":2:5: the loss is 0; it must be above 0"},
        {"ratio,loss_general\n0.5,nan\n", ":2:5: loss_general is 'nan'"},
        {"ratio,loss_general\n,2\n", ":2:1: ratio is empty"},
        {"ratio,loss_general\n0.5,\n", ":2:1: this run has no loss"},
        {"N,ratio,loss_general\n-1,0.5,2\n", ":2:1: N is -1; it must be above 0"},
        {"ratio,loss_general,base_loss_general\n0.5,2,3\n0.6,2,4\n", ":3:7: base_loss_general is '4' here and '3' "
                                                                       "in line 2, at the same N"},
        {"ratio,ratio_general,loss_general\n0.5,0.5,2\n0.6,0.5,2\n",
         ":3:5: ratio 0.6 and ratio_general 0.5 sum to 1.1"},
        {"ratio,ratio_general,loss_general\n0.5,50,2\n", ":2:5: the ratio_general is 50; it is a share"},
        {"run,ratio,loss_general\na,0.5,2\na,0.6,2\n", ":3: run 'a' differs from line 2 in N or the ratio"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dcpt_runs runs;
        tamis_err err = {0};
        assert_int_equal(dcpt_read_runs(written(cases[i][0]), RUNS_WARM_UP, *state, &runs, &err), TAMIS_INPUT);
        assert_says(err.text, cases[i][1]);
    }
}

static void test_fit_refused(void **state)
{
    static const char *const cases[][2] = {
        {"N,D,ratio,loss_general\n1e9,1e9,0,2\n2e9,1e9,0.5,2.1\n1e9,1e9,1,2.5\n",
         "N differs between the rows (1e+09 in line 2, 2e+09 in line 3)"},
        {"N,D,ratio,loss_general\n1e9,1e9,0,2\n2e9,1e9,0.5,2.1\n1e9,1.005e9,1,2.5\n", "and D does not"},
        {"N,D,ratio,loss_general\n1e9,1e9,0,2\n1e9,,0.5,2.1\n1e9,1e9,1,2.5\n",
         ":3: some rows have D and others do not"},
        {"ratio,loss_general\n0.5,2\n0.5,2\n0.5,2.1\n0.5,2\n", "is measured at 1 different ratio and needs 3"},
        {"N,ratio,loss_general\n1e9,0,2\n,0.5,2.1\n1e9,1,2.5\n", ":3: some rows have N and others do not"},
        {"ratio,loss_general\n0,2\n1,2.5\n1,2.6\n", "loss_general is measured at 2 different ratios and needs 3"},
        {"ratio,loss_general,loss_domain\n0,2,\n0.5,2.5,\n1,2.6,1\n", "loss_domain is measured at 1 different ratio "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dcpt_law law;
        tamis_err err = {0};
        assert_int_equal(fit_text(*state, cases[i][0], &law, &err), TAMIS_INPUT);
        assert_says(err.text, cases[i][1]);
    }
}

#define HEAD "N,D,ratio,loss_domain,loss_general\n"

/* The order of the rows changes no bit; a ratio measured twice is one ratio and two rows. */
static void test_order(void **state)
{
    const struct dcpt_law a = law_of(*state, HEAD "1e9,2e9,0,2.9,2.5\n1e9,2e9,0.33,1.9,2.56\n1e9,2e9,0.9,1.6,2.8\n"
                                                  "1e9,2e9,0.9,1.61,2.81\n1e9,2e9,1,1.58,3.4\n");
    const struct dcpt_law b = law_of(*state, HEAD "1e9,2e9,0.9,1.61,2.81\n1e9,2e9,1,1.58,3.4\n1e9,2e9,0.9,1.6,2.8\n"
                                                  "1e9,2e9,0.33,1.9,2.56\n1e9,2e9,0,2.9,2.5\n");
    assert_memory_equal(&a.domain.curve, &b.domain.curve, sizeof a.domain.curve);
    assert_memory_equal(&a.general.curve, &b.general.curve, sizeof a.general.curve);
    assert_int_equal(a.rows, 5);
    assert_int_equal(a.ratio_count, 4);
}

static void test_one_side(void **state)
{
    const struct dcpt_law law = law_of(*state, "ratio,loss_general\n0,2.5\n0.33,2.56\n0.9,2.8\n1,3.4\n");
    assert_int_equal(law.domain.rows, 0);
    assert_int_equal(law.general.rows, 4);
    assert_true(isnan(law.parameters) && isnan(law.tokens) && isnan(law.base_loss));
    struct buf lines;
    buf_init(&lines, 4096);
    assert_true(dcpt_warnings(&law, &lines));
    assert_says(lines.at, "the loss of the domain was not measured");
    assert_says(lines.at, "the runs do not say N and D");
    assert_says(lines.at, "general: 4 ratios for a curve of 4 parameters");
    assert_null(strstr(lines.at, "was not probed"));
    buf_release(&lines);
}

static void test_warnings(void **state)
{
    const struct dcpt_law law = law_of(*state, "N,D,ratio,loss_general,loss_domain\n0.07,2,0.1,2.5,1.2\n"
                                               "0.07,2,0.33,2.56,1.3\n0.07,2,0.6,2.62,1.4\n0.07,2,0.7,2.7,1.5\n"
                                               "0.07,2,0.9,2.8,1.6\n");
    struct buf lines;
    buf_init(&lines, 4096);
    assert_true(dcpt_warnings(&law, &lines));
    assert_says(lines.at, "the run without replay (ratio 1) was not probed");
    assert_says(lines.at, "no plan goes beyond ratio 0.9");
    assert_says(lines.at, "the run on general data alone (ratio 0) was not probed");
    assert_says(lines.at, "are the columns of the losses exchanged?");
    assert_says(lines.at, "N is 0.07 and D is 2: both are counted in ones");
    buf_release(&lines);
}

/* ---- Files ------------------------------------------------------------------------------------------------------ */

static void test_file_round_trip(void **state)
{
    struct dcpt_law law = chemistry(*state), back;
    struct buf text;
    tamis_err err = {0};
    law.base_loss = 2.8602;
    law.name = "a \"name\" — with ü";
    buf_init(&text, 1u << 20);
    assert_true(dcpt_print(&law, &text));
    if (dcpt_load(written(text.at), *state, &back, &err)) {
        fail_msg("%s", err.text);
    }
    assert_memory_equal(&law.domain.curve, &back.domain.curve, sizeof law.domain.curve);
    assert_memory_equal(&law.general.curve, &back.general.curve, sizeof law.general.curve);
    assert_int_equal(back.ratio_count, 7);
    assert_memory_equal(law.ratios, back.ratios, 7 * sizeof *law.ratios);
    assert_true(back.parameters == 1.8e9 && back.tokens == 10e9 && back.base_loss == 2.8602 && back.rows == 7);
    assert_true(back.general.lowest_ratio == 0.9 && back.general.highest_ratio == 1 && back.general.rows == 7);
    assert_string_equal(back.name, law.name);
    buf_release(&text);
}

static void test_files_refused(void **state)
{
    static const char *const cases[][2] = {
        {"", "is no law file"},
        {"[1]", "is no law file"},
        {"{\"a\":", ""},
        {"{\"version\": 1}", "there is no `law` here"},
        {"{\"law\": \"chinchilla\", \"version\": 1}", ":1:9: the law 'chinchilla' is of no use here"},
        {"{\"law\": \"dcpt\", \"version\": 3}", ":1:28: this law file is of version 3, this tamis reads version 2"},
        {"{\"law\": \"dcpt\"}", "`version` is missing"},
        {"{\"law\": \"dcpt\", \"version\": 1}", "`parameters` is missing"},
        {"{\"law\": \"dcpt\", \"version\": 1, \"parameters\": {\"general\": {\"E\": -1}}}",
         "`E` must be a number from 0"},
        {"{\"law\": \"dcpt\", \"version\": 1, \"parameters\": {}, \"probe\": {\"ratios\": [0, 1]}, \"rows\": 3}",
         "a law without a curve"},
        {"{\"law\": \"dcpt\", \"version\": 1, \"parameters\": {}, \"probe\": {\"ratios\": [1, 0]}, \"rows\": 3}",
         "must be numbers from 0 to 1, ascending"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dcpt_law law;
        tamis_err err = {0};
        assert_int_equal(dcpt_load(written(cases[i][0]), *state, &law, &err), TAMIS_INPUT);
        assert_int_equal(err.status, TAMIS_INPUT);
        assert_says(err.text, cases[i][1]);
    }
}

static void test_law_names(void **state)
{
    (void)state;
    const struct law *law = NULL;
    tamis_err err = {0};
    assert_int_equal(law_find("dcpt", &law, &err), TAMIS_OK);
    assert_string_equal(law->name, "dcpt");
    assert_int_equal(law_find("dctp", &law, &err), TAMIS_USAGE);
    assert_says(err.text, "did you mean 'dcpt'?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_runs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_runs_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fit_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_side, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_warnings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_file_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_files_refused, set_up, tear_down),
        cmocka_unit_test(test_law_names),
    };
    return cmocka_run_group_tests(tests, NULL, remove_written);
}
