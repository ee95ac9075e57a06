/* What a report warns of: damaged inputs, by name and byte, and tokens that are estimated beside counted ones. */
#include "io/reader.h"
#include "report_world.h"

#define PLACED(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

/* The table of a report with the facts of the place. */
static void make_table(struct place *p, struct buf *text)
{
    struct buf json;
    buf_init(&json, BUF_UNLIMITED);
    buf_clear(text);
    (void)make_report(p, &json);
    assert_int_equal(report_table(buf_str(&json), 120, text, &p->err), TAMIS_OK);
    buf_release(&json);
}

static void test_damage_is_named(void **state)
{
    struct place *const p = *state;
    struct buf text;
    struct survey_totals survey = {.damaged = SURVEY_DAMAGED_NAMED + 3,
                                   .damage = {{.part = 0, .offset = 98765, .stretches = 1, .cut = true},
                                              {.part = 1, .offset = 4000, .stretches = 7}}};
    buf_init(&text, BUF_UNLIMITED);
    make_ledger(p);
    make_facts(p);
    p->facts.survey = &survey;
    p->input_list[0].format = &reader_jsonl;
    p->input_list[1].format = &reader_text;
    p->recipe.sources[0].confidential = false;
    struct read r;
    read_report(&r, p);
    const struct tree *const damaged = child(r.root, "damaged");
    assert_int_equal(damaged->count, SURVEY_DAMAGED_NAMED);
    assert_int_equal(count_at(r.root, "damaged_files"), SURVEY_DAMAGED_NAMED + 3);
    assert_string_equal(child(damaged->items[0], "file")->text, "law?.jsonl");
    assert_int_equal(count_at(damaged->items[0], "offset"), 98765);
    assert_string_equal(child(damaged->items[0], "cut")->text, "true");
    assert_int_equal(count_at(damaged->items[1], "stretches"), 7);
    assert_string_equal(child(damaged->items[1], "cut")->text, "false");
    read_release(&r);
    make_table(p, &text);
    assert_non_null(strstr(text.at, "! law?.jsonl: the stream breaks at"));
    assert_non_null(strstr(text.at, "byte 98765 (decompressed): what follows in it was NOT read"));
    assert_non_null(strstr(text.at, "the first of 7 places: a stretch of it is lost"));
    assert_non_null(strstr(text.at, "3 more inputs are damaged"));
    buf_release(&text);
}

static void test_estimates_beside_counts(void **state)
{
    struct place *const p = *state;
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    make_ledger(p);
    make_facts(p);
    make_table(p, &text);
    assert_non_null(strstr(text.at, "so are all budgets and ratios"));
    struct survey_row survey[DOCUMENTS];
    struct resolve_row resolve[DOCUMENTS];
    struct select_row select[DOCUMENTS];
    uint8_t draws[DOCUMENTS][2];
    make_rows(p, survey, resolve, select, draws);
    survey[0].flags = survey[1].flags = SURVEY_TOKENS_COUNTED;
    write_rows(p, 0, "survey", SURVEY_DTYPE, sizeof *survey, survey, FIRST_PART);
    map_ledger(p, EVERY_FILE);
    make_table(p, &text);
    assert_non_null(strstr(text.at, "tokens of 7 documents (sources: inhouse, web) are estimated"));
    assert_non_null(strstr(text.at, "budgets and ratios add the two"));
    buf_release(&text);
}

/* The name of an input may be a client's, and the path of a text file is its document's id. */
static void test_damage_keeps_secrets(void **state)
{
    struct place *const p = *state;
    struct buf text;
    const struct survey_totals survey = {.damaged = 1, .damage = {{.part = 0, .stretches = 1}}};
    buf_init(&text, BUF_UNLIMITED);
    make_ledger(p);
    make_facts(p);
    p->facts.survey = &survey;
    p->input_list[0] = (struct input){.path = "hidden.txt.gz", .source = 0, .format = &reader_text};
    make_table(p, &text);
    assert_null(strstr(text.at, "hidden"));
    assert_non_null(strstr(text.at, "(confidential): the stream breaks"));
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_damage_is_named),
        PLACED(test_damage_keeps_secrets),
        PLACED(test_estimates_beside_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
