/*
 * The table reader: RFC 4180 as written there, what it lets go, and where it says what is wrong.
 */
#include "arena_world.h"

#include <string.h>

#include "core/csv.h"
#include "core/str.h"

static struct csv parsed(struct arena *arena, const char *text)
{
    struct csv table;
    tamis_err err = {0};
    if (csv_parse(&table, arena, "t.csv", str_from(text), &err)) {
        fail_msg("%s", err.text);
    }
    return table;
}

static void assert_cell(const struct csv *table, size_t row, size_t column, const char *text)
{
    const tamis_str cell = csv_at(table, row, column).text;
    if (!str_is(cell, text)) {
        fail_msg("row %zu, column %zu is '%.*s', not '%s'", row, column, STR_ARGS(cell), text);
    }
}

static void test_rows(void **state)
{
    const struct csv table = parsed(*state, "N,ratio,loss\n1.8e9,0.5,2.25\n70e6,,3\n");
    assert_int_equal(table.columns, 3);
    assert_int_equal(table.rows, 2);
    assert_int_equal(csv_find(&table, "ratio"), 1);
    assert_int_equal(csv_find(&table, "Ratio"), CSV_NONE);
    assert_cell(&table, 0, 0, "1.8e9");
    assert_cell(&table, 1, 1, "");
    assert_cell(&table, 1, 2, "3");
    assert_cell(&table, 1, CSV_NONE, "");
    assert_int_equal(csv_at(&table, 1, 2).line, 3);
    assert_int_equal(csv_at(&table, 1, 2).column, 7);
}

/* A table is the same whatever ends its lines, with a byte order mark, and with empty lines between. */
static void test_line_ends(void **state)
{
    static const char *const same[] = {"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\n1,2\n3,4",
                                       ("\xef\xbb\xbf" "a,b\n1,2\n3,4\n"), "\n\na,b\n\n1,2\n\r\n3,4\n\n",
                                       "a , b\n 1,2 \n\t3,\t4\n", "\"a\",\"b\"\r\n\"1\" , \"2\"\n3,4\n"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        const struct csv table = parsed(*state, same[i]);
        assert_int_equal(table.columns, 2);
        assert_int_equal(table.rows, 2);
        assert_true(str_is(table.heads[0].text, "a") && str_is(table.heads[1].text, "b"));
        assert_cell(&table, 0, 0, "1");
        assert_cell(&table, 0, 1, "2");
        assert_cell(&table, 1, 0, "3");
        assert_cell(&table, 1, 1, "4");
    }
}

static void test_quotes(void **state)
{
    const struct csv table = parsed(*state, "a,b\n\"x,y\",\" z \"\n"
                                            "\"say \"\"oh\"\"\",\"two\nlines\"\n,\"\"\n\"\"\"\",q\n");
    assert_int_equal(table.rows, 4);
    assert_cell(&table, 0, 0, "x,y");
    assert_cell(&table, 0, 1, " z ");
    assert_cell(&table, 1, 0, "say \"oh\"");
    assert_cell(&table, 1, 1, "two\nlines");
    assert_cell(&table, 2, 0, "");
    assert_cell(&table, 2, 1, "");
    assert_cell(&table, 3, 0, "\"");
    assert_int_equal(csv_at(&table, 2, 1).line, 5);
}

static void test_header_alone(void **state)
{
    const struct csv table = parsed(*state, "a,b\n");
    assert_int_equal(table.rows, 0);
    const struct csv one = parsed(*state, "a");
    assert_int_equal(one.columns, 1);
    assert_int_equal(one.rows, 0);
}

static void assert_refused(struct arena *arena, tamis_str text, const char *beginning)
{
    struct csv table;
    tamis_err err = {0};
    assert_int_equal(csv_parse(&table, arena, "t.csv", text, &err), TAMIS_INPUT);
    assert_int_equal(err.status, TAMIS_INPUT);
    if (strncmp(err.text, beginning, strlen(beginning)) != 0) {
        fail_msg("'%s' does not begin with '%s'", err.text, beginning);
    }
}

static void test_refusals(void **state)
{
    static const char *const cases[][2] = {
        {"", "t.csv:1:1: the file is empty"},
        {"\n\n", "t.csv:3:1: the file is empty"},
        {"a,b\n1\n", "t.csv:2:1: this line has fewer fields than the header, which has 2"},
        {"a,b\n1,2,3\n", "t.csv:2:1: this line has more fields than the header, which has 2"},
        {"a,b\n1,2\n1,2,3,4,5,6,7,8,9", "t.csv:3:1: this line has more fields"},
        {"a,,b\n", "t.csv:1:3: column 2 has no name"},
        {"a,b,a\n", "t.csv:1:5: two columns are called 'a'"},
        {"a,b\n1,\"2\n3,4\n", "t.csv:2:3: the quote that opens here is never closed"},
        {"a,b\n1,\"2\"3\n", "t.csv:2:6: after a closing quote"},
        {"a,b\n1,2\"3\"\n", "t.csv:2:4: a quote inside a field without quotes"},
        {"a,b\r1,2\r", "t.csv:1:4: a carriage return without a newline"},
        {"\xc3\xa9,b\n\xc3\xa9\xc3\xa9,\"x\n", "t.csv:2:4: the quote that opens here"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_refused(*state, str_from(cases[i][0]), cases[i][1]);
    }
    assert_refused(*state, STR("a,b\n1,\0\n"), "t.csv:2:3: a NUL byte");
}

/* Every beginning of a table is a table or is refused, whatever bytes it ends in: nothing is read past the end. */
static void test_every_beginning(void **state)
{
    static const char text[] = "a,\"b\"\"c\",d\r\n1,\"2,\n3\",4\r\n\"\",5,\"6\"\n";
    for (size_t len = 0; len < sizeof text; len++) {
        char *const copy = malloc(len + 1);
        struct csv table;
        tamis_err err = {0};
        assert_non_null(copy);
        memcpy(copy, text, len);
        const tamis_status status = csv_parse(&table, *state, "t.csv", (tamis_str){copy, len}, &err);
        assert_true(status == TAMIS_OK || status == TAMIS_INPUT);
        free(copy);
    }
}

static void test_reals(void **state)
{
    const struct csv table = parsed(*state, "x,y\n2.5,-1e3\n,1.8B\nnan,0x10\n\"3\",4 5\n");
    tamis_err err = {0};
    double value = 0;
    assert_int_equal(csv_real(&table, 0, 0, &value, &err), TAMIS_OK);
    assert_true(value == 2.5);
    assert_int_equal(csv_real(&table, 0, 1, &value, &err), TAMIS_OK);
    assert_true(value == -1000);
    assert_int_equal(csv_real(&table, 3, 0, &value, &err), TAMIS_OK);
    assert_true(value == 3);
    static const struct {
        size_t row, column;
        const char *text;
    } bad[] = {{1, 0, "t.csv:3:1: x is empty; a number is needed"},
               {1, 1, "t.csv:3:2: y is '1.8B', which is no number such as 2.35 or 1.8e9"},
               {2, 0, "t.csv:4:1: x is 'nan', which is no number such as 2.35 or 1.8e9"},
               {2, 1, "t.csv:4:5: y is '0x10', which is no number such as 2.35 or 1.8e9"},
               {3, 1, "t.csv:5:5: y is '4 5', which is no number such as 2.35 or 1.8e9"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(csv_real(&table, bad[i].row, bad[i].column, &value, &err), TAMIS_INPUT);
        assert_string_equal(err.text, bad[i].text);
    }
}

static void test_missing_column(void **state)
{
    struct csv table = parsed(*state, "N,ratio\n1,2\n");
    tamis_err err = {0};
    size_t column = 0;
    assert_int_equal(csv_want(&table, "ratio", &column, &err), TAMIS_OK);
    assert_int_equal(column, 1);
    assert_int_equal(csv_want(&table, "loss", &column, &err), TAMIS_INPUT);
    assert_string_equal(err.text, "t.csv:1:1: there is no column 'loss'; the header names: N, ratio");
    table = parsed(*state, "N;ratio\n1;2\n");
    assert_int_equal(csv_want(&table, "ratio", &column, &err), TAMIS_INPUT);
    assert_non_null(strstr(err.text, "not by semicolons or tabs"));
}

/* What a hostile file holds does not reach the terminal. */
static void test_shown(void **state)
{
    (void)state;
    assert_string_equal(csv_show(STR("a\x1b[31m\n\xff")).at, "a?[31m??");
    char text[200];
    memset(text, 'x', sizeof text);
    assert_int_equal(strlen(csv_show((tamis_str){text, sizeof text}).at), CSV_SHOWN + 2);
    assert_string_equal(csv_show(STR("")).at, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_line_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_quotes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_header_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_beginning, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_column, set_up, tear_down),
        cmocka_unit_test(test_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
