/*
 * RUNS.csv whatever the law: which rows are a run, what is left out of it, what must not be mixed, what it weighs.
 */
#include "law_world.h"

#include "core/buf.h"
#include "core/str.h"

static struct runs read_text(struct arena *arena, const char *text, double warm_up)
{
    struct runs runs;
    tamis_err err = {0};
    if (runs_read(written(text), warm_up, arena, &runs, &err)) {
        fail_msg("%s", err.text);
    }
    return runs;
}

static const char *refused(struct arena *arena, const char *text)
{
    static tamis_err err;
    struct runs runs;
    err = (tamis_err){0};
    assert_int_equal(runs_read(written(text), RUNS_WARM_UP, arena, &runs, &err), TAMIS_INPUT);
    return err.text;
}

/* Rows are in an order of their own. */
static size_t row_of(const struct runs *runs, unsigned line)
{
    size_t row = 0;
    while (row + 1 < runs->rows && runs->row[row].line != line) {
        row++;
    }
    assert_int_equal(runs->row[row].line, line);
    return row;
}

static const struct runs_row *at_line(const struct runs *runs, unsigned line)
{
    return &runs->row[row_of(runs, line)];
}

/* Rows of a run need not stand together; numbers that are not said are NaN. */
static void test_names(void **state)
{
    const struct runs runs = read_text(*state, "step,run,N,note\n10,b,70e6,x\n1,\"a, 1\",,y\n,b,70e6,\n", 0);
    assert_int_equal(runs.rows, 3);
    assert_int_equal(runs.count, 2);
    assert_true(runs.named);
    assert_string_equal(runs.names[at_line(&runs, 2)->run], "b");
    assert_string_equal(runs.names[at_line(&runs, 3)->run], "a, 1");
    assert_int_equal(at_line(&runs, 2)->run, at_line(&runs, 4)->run);
    assert_true(at_line(&runs, 2)->step == 10 && isnan(at_line(&runs, 4)->step));
    assert_true(isnan(at_line(&runs, 3)->parameters) && isnan(at_line(&runs, 2)->tokens) && runs.warm_up == 0);
}

/* Rows and runs are the same whatever the order of rows and columns and whatever the numbers are written like. */
static void test_order(void **state)
{
    static const char *const same[] = {"run,N,note,D\nc,2,x,5\na,2,,5\nb,1e1,y,\nb,1,y,7\na,2,z,5\n",
                                       "D,run,note,N\n7,b,y,1.0\n5,a,z,2\n5,c,x,2\n,b,y,10\n5.0,a,,2\n"};
    static const char *const names[] = {"b", "a", "c", "a", "b"}, *const notes[] = {"y", "", "x", "z", "y"};
    for (size_t t = 0; t < 2; t++) {
        const struct runs runs = read_text(*state, same[t], 0);
        const size_t note = csv_find(&runs.table, "note");
        for (size_t i = 0; i < runs.rows; i++) {
            assert_string_equal(runs.names[runs.row[i].run], names[i]);
            assert_true(str_is(csv_at(&runs.table, runs.row[i].cell_row, note).text, notes[i]));
            assert_int_equal(csv_at(&runs.table, i, 0).line, runs.row[i].line);
        }
        assert_int_equal(runs.row[0].run, 0);
        assert_int_equal(runs.row[1].run, 1);
        assert_int_equal(runs.row[2].run, 2);
    }
}

static void test_refused(void **state)
{
    static const char *const cases[][2] = {
        {"N,D\n", "there is a header and no run under it"},
        {"run,N\na,1e9\n,1e9\n", ":3:1: run is empty"},
        {"run,N\n\xff,1e9\n", "is not valid UTF-8"},
        {"step\n-1\n", ":2:1: step is -1; it must not be below 0"},
        {"D\n0\n", ":2:1: D is 0; it must be above 0"},
        {"N\n1e9x\n", ":2:1: N is '1e9x'"},
        {"N\n0\n", ":2:1: N is 0; it must be above 0"},
        {"N,D\n1e9,1e300\n", ":2:5: D is 1e300; it must not be above 1e+18"},
        {"D,N\n1e9,1.1e18\n", ":2:5: N is 1.1e18; it must not be above 1e+18"},
        {"N,loss_law\n1e9,2\n1e9,101\n", ":3:5: loss_law is 101, more than any loss in nats per token; is this a "
                                         "perplexity?"},
        {"base_loss_general\n350\n", ":2:1: base_loss_general is 350, more than any loss"},
        {"run,step,loss\na,10,2\nb,10,3\na,20,3\na,10,2.5\n",
         ":5:6: loss is 2.5 here and 2 in line 2, at the same step of run 'a'"},
        {"run,D,ratio,loss_x,loss_y\na,10,1,,3\na,10,1,2,\na,10,1,2,3.1\n",
         ":4:10: loss_y is 3.1 here and 3 in line 2, at the same D of run 'a'"},
        {"schedule\ncosine\n\nwsd\n", ":4:1: schedule is 'wsd' here and 'cosine' in line 2; losses of runs made "
                                      "differently"},
        {"warmup\n100\n100.0\n200\n", ":4:1: warmup is '200' here and '100' in line 2"},
        {"tokenizer,N\na,1\nb,2\n", ":3:1: tokenizer is 'b' here and 'a' in line 2"},
        {"N,base_model\n1e9,x\n2e9,y\n1e9,z\n", ":4:5: base_model is 'z' here and 'x' in line 2, at the same N"},
        {"base_model\nx\ny\n", ":3:1: base_model is 'y' here and 'x' in line 2"},
        {"N,lr_peak\n1e9,1e-4\n2e9,2e-4\n1e9,0.0002\n", ":4:5: lr_peak is '0.0002' here and '1e-4' in line 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_says(refused(*state, cases[i][0]), cases[i][1]);
    }
}

/* A checkpoint may be told of in several rows, and runs without names may be alike; a note may hold any number. */
static void test_twice(void **state)
{
    const struct runs runs = read_text(*state, "run,step,loss_a,loss_b,note\na,10,2,,1e300\na,10,2.0,3,7\n"
                                               "a,20,2.1,3,7\n", 0);
    assert_int_equal(runs.count, 1);
    assert_int_equal(read_text(*state, "step,D,loss\n10,5,2\n10,5,3\n", 0).count, 2);
    assert_int_equal(read_text(*state, "run,loss\na,2\na,3\n", 0).count, 1); /* no saying at which point */
}

/* The same number written twice, an empty cell and another size are no difference. */
static void test_alike(void **state)
{
    const struct runs runs = read_text(*state, "N,base_model,lr_peak,schedule\n1e9,x,1e-4,cosine\n1e9,x,0.0001,\n"
                                               "2e9,y,5e-5,cosine\n", RUNS_WARM_UP);
    assert_int_equal(runs.count, 3);
}

/* By steps where a run has them, by tokens where it has not; a checkpoint at the share itself stays. */
static void test_warm_up(void **state)
{
    const struct runs runs = read_text(*state, "run,step,D\na,0,1\na,24,2\na,25,3\na,100,4\nb,,1\nb,7,10\nb,,2.5\n"
                                               "c,1,1\n", 0.25);
    static const bool left_out[] = {true, true, false, false, true, false, false, false};
    for (size_t i = 0; i < runs.rows; i++) {
        assert_int_equal(at_line(&runs, (unsigned)i + 2)->warm_up, left_out[i]);
    }
    assert_int_equal(runs.warm_up, 3);
    struct buf words;
    struct json json;
    buf_init(&words, 4096);
    assert_true(runs_say_warm_up(&runs, &words));
    assert_string_equal(words.at, "  warm-up  3 of 8 rows left out, the first 0.25 of each run: b, a\n");
    buf_clear(&words);
    json_init(&json, &words, 0);
    json_open(&json, '{');
    runs_print_warm_up(&runs, &json);
    json_close(&json, '}');
    assert_string_equal(words.at, "{\"warm_up\":{\"share\":0.25,\"rows\":3,\"runs\":[\"b\",\"a\"]}}");
    buf_release(&words);
}

/* Without names nothing is known of beginnings. */
static void test_no_warm_up_without_names(void **state)
{
    const struct runs runs = read_text(*state, "step,D\n1,1\n100,4\n", 0.25);
    assert_int_equal(runs.warm_up, 0);
    assert_string_equal(runs.names[1], "line 3");
}

static void test_groups(void **state)
{
    struct runs runs = read_text(*state, "D\n1\n2\n3\n4\n", 0);
    const double keys[] = {1, NAN, 2, 0, 1, NAN, 1, 3};
    tamis_err err = {0};
    assert_int_equal(runs_group(&runs, keys, 2, "the key", *state, &err), TAMIS_OK);
    assert_int_equal(runs.count, 3);
    assert_true(runs.row[0].run == 0 && runs.row[1].run == 1 && runs.row[2].run == 0 && runs.row[3].run == 2);
    assert_string_equal(runs.names[2], "line 5");
    runs = read_text(*state, "run,D\na,1\nb,2\na,3\n", 0);
    const double same[] = {1, 2, 1}, other[] = {1, 2, 3};
    assert_int_equal(runs_group(&runs, same, 1, "the key", *state, &err), TAMIS_OK);
    assert_int_equal(runs.count, 2);
    assert_int_equal(runs_group(&runs, other, 1, "the key", *state, &err), TAMIS_INPUT);
    assert_says(err.text, ":4: run 'a' differs from line 2 in the key");
}

static void test_weights(void **state)
{
    const struct runs runs = read_text(*state, "run,step,N,D\na,1,2,5\na,50,2,7\na,100,2,6\nb,100,3,1\n", 0.25);
    double weight[4];
    tamis_err err = {0};
    assert_int_equal(runs_weights(&runs, weight, &err), TAMIS_OK);
    assert_true(weight[row_of(&runs, 2)] == 0 && weight[row_of(&runs, 3)] == 0.75);
    assert_true(weight[row_of(&runs, 4)] == 0.75 && weight[row_of(&runs, 5)] == 1.5);
    assert_true(runs_flop(&runs) == 6 * 2 * 7 + 6 * 3 * 1);
    const struct runs some = read_text(*state, "N,D\n2,5\n,7\n", 0.25);
    assert_true(isnan(runs_flop(&some)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_alike, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_warm_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_warm_up_without_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_groups, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_weights, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, remove_written);
}
