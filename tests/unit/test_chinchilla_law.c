/* The Chinchilla law from a table of runs, and as a file. */
#include "fit_world.h"

#include "fit/chinchilla_law.h"

static void synthetic(struct buf *text, const struct chinchilla *law)
{
    add_line(text, "N,D,loss\n");
    for (int n = 0; n < 5; n++) {
        for (int d = 0; d < 5; d++) {
            const double parameters = 1e7 * pow(4, n), tokens = 1e9 * pow(3, d);
            add_line(text, "%.17g,%.17g,%.17g\n", parameters, tokens, chinchilla_at(law, parameters, tokens));
        }
    }
}

static void known_law_comes_back(void **state)
{
    const struct chinchilla *const truth = &chinchilla_sets[2].law;
    struct chinchilla_law law;
    struct buf text;
    tamis_err err = {0};
    buf_init(&text, BUF_UNLIMITED);
    synthetic(&text, truth);
    const struct law_job job = {.base_loss = NAN, .replicates = 30, .name = "label"};
    struct fitted_text f = fitted_well(&law_chinchilla, job, text.at);
    assert_int_equal(chinchilla_law_parse("law.json", buf_str(&f.json), *state, &law, &err), TAMIS_OK);
    assert_near(law.law.e, truth->e, 1e-6);
    assert_near(law.law.alpha, truth->alpha, 1e-6);
    assert_near(law.law.beta, truth->beta, 1e-6);
    assert_near(law.law.a / truth->a, 1, 1e-4);
    assert_near(law.law.b / truth->b, 1, 1e-4);
    assert_string_equal(law.name, "label");
    assert_int_equal(law.rows, 25);
    assert_int_equal(law.replicate_count, 30);
    assert_near(law.replicates[7].alpha, truth->alpha, 1e-5);
    assert_int_equal(law.left_out.count, 25);
    assert_string_equal(law.left_out.runs[0], "N 1e+07, D 1e+09");
    for (size_t i = 0; i < law.left_out.count; i++) {
        assert_near(law.left_out.values[law.left_out.columns * i], truth->e, 1e-5);
        assert_near(law.left_out.values[law.left_out.columns * i + 4], truth->beta, 1e-5);
    }
    assert_near(law.lowest_parameters, 1e7, 0);
    assert_near(law.highest_tokens, 81e9, 0);
    assert_says(f.svg.at, "loss at N = 1e+07");
    assert_says(f.svg.at, "loss at N = 2.56e+09");
    assert_says(f.svg.at, "the law and its 95 % band");
    struct fitted_text again = fitted_well(&law_chinchilla, job, text.at);
    assert_int_equal(again.json.len, f.json.len);
    assert_memory_equal(again.json.at, f.json.at, f.json.len);
    fitted_text_release(&again);
    fitted_text_release(&f);
    buf_release(&text);
}

static void refused(void **state)
{
    (void)state;
    const struct law_job job = {.base_loss = NAN};
    assert_refused(&law_chinchilla, job, "N,D\n1,2\n", "there is no column 'loss'");
    assert_refused(&law_chinchilla, job, "N,D,loss\n1e9,1e9,-3\n", "it must be above 0");
    assert_refused(&law_chinchilla, job, "N,D,loss\n1e9,,3\n", "D is empty");
    assert_refused(&law_chinchilla, job, "N,D,loss\n1e8,1e9,3\n1e8,2e9,2.9\n1e8,4e9,2.8\n1e9,1e9,2.9\n1e9,2e9,2.7\n"
                   "1e9,4e9,2.6\n", "2 different N and 3 different D");
}

static void runs_on_a_line_are_warned_of(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    add_line(&text, "N,D,loss\n");
    for (int i = 0; i < 8; i++) {
        const double parameters = 1e8 * pow(2, i);
        add_line(&text, "%.17g,%.17g,%.17g\n", parameters, 20 * parameters,
                 chinchilla_at(&chinchilla_sets[2].law, parameters, 20 * parameters));
    }
    struct fitted_text f = fitted_well(&law_chinchilla, (struct law_job){.base_loss = NAN}, text.at);
    assert_says(f.words.at, "lie on a line");
    fitted_text_release(&f);
    buf_release(&text);
}

static void broken_files(void **state)
{
    static const char *const files[][2] = {
        {"{\"version\":1,\"law\":\"cmr\"}", "'chinchilla' is needed"},
        {"{\"version\":1,\"law\":\"chinchilla\"}", "`parameters` is missing"},
        {"{\"version\":1,\"law\":\"chinchilla\",\"parameters\":{\"E\":1,\"A\":1,\"B\":1,\"alpha\":0.3,\"beta\":0.3}}",
         "`probe` is missing"},
        {"{\"version\":1,\"law\":\"chinchilla\",\"parameters\":{\"E\":1,\"A\":1,\"B\":1,\"alpha\":0.3,\"beta\":0.3},"
         "\"replicates\":[[1,2]]}", "`replicates` must hold lists of 5 numbers"},
        {"{\"version\":1,\"law\":\"chinchilla\",\"parameters\":{\"E\":1,\"A\":1,\"B\":1,\"alpha\":0.3,\"beta\":0.3},"
         "\"leave_one_out\":[{\"run\":\"a\",\"values\":[1]}]}", "`leave_one_out` must have a `run` and 5 `values`"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct chinchilla_law law;
        tamis_err err = {0};
        assert_int_equal(chinchilla_law_parse("law.json", str_from(files[i][0]), *state, &law, &err), TAMIS_INPUT);
        assert_says(err.text, files[i][1]);
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = ((const double *)a)[2], y = ((const double *)b)[2];
    return x < y ? -1 : x > y;
}

/* 245 points of Hoffmann et al. 2022, figure 4, without the five highest losses. */
static void published_runs(void **state)
{
    struct csv table;
    struct buf text;
    struct chinchilla_law law;
    tamis_err err = {0};
    if (!real_table(*state, "chinchilla_fig4_epoch.csv", &table)) {
        skip();
    }
    double(*const rows)[3] = arena_alloc(*state, table.rows * sizeof *rows);
    assert_non_null(rows);
    for (size_t i = 0; i < table.rows; i++) {
        rows[i][0] = number_in(&table, i, "Model Size");
        rows[i][1] = number_in(&table, i, "Training FLOP") / 6 / rows[i][0];
        rows[i][2] = number_in(&table, i, "loss");
    }
    qsort(rows, table.rows, sizeof *rows, ascending);
    buf_init(&text, BUF_UNLIMITED);
    add_line(&text, "N,D,loss\n");
    for (size_t i = 0; i + 5 < table.rows; i++) {
        add_line(&text, "%.17g,%.17g,%.17g\n", rows[i][0], rows[i][1], rows[i][2]);
    }
    struct fitted_text f = fitted_well(&law_chinchilla, (struct law_job){.base_loss = NAN}, text.at);
    assert_int_equal(chinchilla_law_parse("law.json", buf_str(&f.json), *state, &law, &err), TAMIS_OK);
    assert_near(law.law.e, 1.81722, 5e-6);
    assert_near(law.law.alpha, 0.34731, 5e-6);
    assert_near(law.law.beta, 0.36717, 5e-6);
    assert_says(f.json.at, "\"objective\": 0.00101827");
    fitted_text_release(&f);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(known_law_comes_back, set_up, tear_down),
        cmocka_unit_test(refused),
        cmocka_unit_test(runs_on_a_line_are_warned_of),
        cmocka_unit_test_setup_teardown(broken_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(published_runs, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, remove_written);
}
