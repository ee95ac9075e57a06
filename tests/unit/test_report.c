/* The report: what a small ledger adds up to, conservation broken on purpose, the table, the sample against a plain
 * count, and the story of single documents. */
#include "chance.h"
#include "report_world.h"

#include "report/grid.h"
#include "report/sample.h"
#include "report/story.h"
#include "run/sampling.h"

#define FULL_HASH_SAMPLE (UINT64_MAX / SURVEY_SAMPLE_ONE_IN)

static void check_cell(const struct tree *from, const char *key, uint64_t documents, uint64_t bytes, uint64_t tokens)
{
    const struct tree *const cell = key ? child(from, key) : from;
    assert_int_equal(count_at(cell, "documents"), documents);
    assert_int_equal(count_at(cell, "bytes"), bytes);
    assert_int_equal(count_at(cell, "tokens"), tokens);
}

static void check_rule(const struct tree *rule, const char *stage, const char *name, uint64_t number)
{
    assert_string_equal(child(rule, "stage")->text, stage);
    assert_string_equal(child(rule, "rule")->text, name);
    check_cell(rule, NULL, 1, 100 + number, 10 + number);
}

static void test_report_adds_up(void **state)
{
    struct place *const p = *state;
    struct read r;
    make_ledger(p);
    make_facts(p);
    read_report(&r, p);
    assert_int_equal(count_at(r.root, "version"), REPORT_VERSION);
    assert_string_equal(child(r.root, "command")->text, "tamis run ? recipe.yaml");
    assert_string_equal(child(r.root, "conserved")->text, "true");
    check_cell(r.root, "input", 10, 1045, 145 - 12);
    assert_int_equal(count_at(child(r.root, "input"), "rejects"), 1);
    check_cell(r.root, "emitted", 2, 205, 25);
    check_cell(r.root, "held_out", 1, 104, 14);
    check_cell(r.root, "surplus", 1, 106, 16);
    assert_int_equal(count_at(child(r.root, "edited"), "documents"), 0);
    const struct tree *const dropped = child(r.root, "dropped");
    assert_int_equal(dropped->count, 5);
    check_rule(dropped->items[0], "filter", "short", 1);
    assert_true(real_at(dropped->items[0], "threshold") > 9.9);
    check_rule(dropped->items[1], "filter", "loud", 9);
    check_rule(dropped->items[2], "dedup", "exact", 3);
    check_rule(dropped->items[3], "dedup", "minhash", 7);
    assert_true(tree_is_null(child(dropped->items[3], "threshold"))); /* the domains differ */
    check_rule(dropped->items[4], "select", "random", 8);
    const struct tree *const rejects = child(r.root, "rejects");
    assert_int_equal(rejects->count, 1);
    assert_string_equal(child(rejects->items[0], "reason")->text, "invalid_json");
    assert_int_equal(count_at(rejects->items[0], "bytes"), 102);
    const struct tree *const law = child(r.root, "domains")->items[0];
    check_cell(law, "input", 4, 410, 38);
    check_cell(law, "dropped", 2, 208, 28);
    check_cell(law, "rejects", 1, 102, 0);
    check_cell(law, "emitted", 1, 100, 10);
    check_cell(law, "held_out", 0, 0, 0);
    assert_int_equal(child(law, "rules")->count, 2);
    const struct tree *const web = child(r.root, "sources")->items[1];
    assert_string_equal(child(web, "kind")->text, "prose");
    check_cell(web, "input", 6, 635, 95);
    check_cell(web, "duplicates", 1, 103, 13);
    check_cell(web, "dropped", 3, 320, 50);
    check_cell(web, "held_out", 1, 104, 14);
    check_cell(web, "emitted", 1, 105, 15);
    check_cell(web, "surplus", 1, 106, 16);
    check_cell(web, "rejects", 0, 0, 0);
    assert_int_equal(count_at(web, "estimated"), 6);
    assert_int_equal(child(web, "rules")->count, 3);
    assert_string_equal(child(child(web, "rules")->items[1], "rule")->text, "exact");
    assert_int_equal(count_at(child(web, "rules")->items[1], "documents"), 1);
    assert_int_equal(child(r.root, "damaged")->count, 0);
    assert_true(real_at(r.root, "ledger_bytes_per_document") > 80);
    assert_null(strstr(r.json.at, "secret"));
    read_release(&r);
}

static void test_report_targets(void **state)
{
    struct place *const p = *state;
    struct read r;
    make_ledger(p);
    make_facts(p);
    read_report(&r, p);
    const struct tree *const a = child(r.root, "targets")->items[0], *const b = child(r.root, "targets")->items[1];
    assert_true(fabs(real_at(a, "ratio_wanted") - 0.25) < 1e-12);
    assert_true(fabs(real_at(a, "ratio") - 1) < 1e-12);
    assert_int_equal(count_at(a, "documents_written"), 2);
    assert_int_equal(count_at(a, "tokens_wanted"), 1234567);
    assert_int_equal(count_at(a, "bytes_written"), 200);
    assert_true(fabs(real_at(child(a, "epochs"), "law") - 2) < 1e-12);
    assert_true(tree_is_null(child(b, "ratio_wanted"))); /* natural */
    assert_true(fabs(real_at(b, "ratio") - 0.4) < 1e-12);
    const struct tree *const general = child(b, "mixture")->items[1];
    assert_string_equal(child(general, "domain")->text, "general");
    assert_true(fabs(real_at(general, "share") - 0.6) < 1e-12);
    assert_int_equal(count_at(general, "tokens"), 15);
    const struct tree *const sample = child(r.root, "sample");
    assert_int_equal(count_at(sample, "documents"), 9);
    const struct tree *const rules = child(sample, "rules");
    assert_int_equal(rules->count, 2);
    assert_string_equal(child(rules->items[0], "rule")->text, "short");
    assert_int_equal(count_at(rules->items[0], "fails"), 2);
    assert_int_equal(count_at(rules->items[0], "only"), 1);
    assert_int_equal(count_at(rules->items[1], "fails"), 2);
    const struct tree *const overlaps = child(sample, "overlaps");
    assert_int_equal(overlaps->count, 1);
    assert_string_equal(child(overlaps->items[0], "b")->text, "loud");
    assert_int_equal(count_at(overlaps->items[0], "documents"), 1);
    read_release(&r);
}

/* ---- Conservation ----------------------------------------------------------------------------------------------- */

static void test_what_was_written_must_agree(void **state)
{
    struct place *const p = *state;
    struct buf json;
    buf_init(&json, BUF_UNLIMITED);
    make_ledger(p);
    make_facts(p);
    uint64_t *const counts[] = {&p->facts.emitted_documents,  &p->facts.emitted_bytes,  &p->facts.emitted_tokens,
                                &p->facts.held_out_documents, &p->facts.held_out_bytes, &p->facts.held_out_tokens};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        ++*counts[i];
        assert_false(make_report(p, &json));
        assert_non_null(strstr(json.at, "\"conserved\": false"));
        --*counts[i];
        assert_true(make_report(p, &json));
    }
    buf_release(&json);
}

static void test_tally_must_add_up(void **state)
{
    struct place *const p = *state;
    struct tally tally;
    make_ledger(p);
    assert_int_equal(tally_init(&tally, &p->recipe, &p->rules, &p->err), TAMIS_OK);
    tally_ledger(&tally, &p->ledger, &p->rules);
    assert_true(tally_conserved(&tally));
    struct tally_cell *const surplus = tally_fate(&tally, 1, FATE_SURPLUS);
    uint64_t *const counts[] = {&surplus->documents, &surplus->bytes, &surplus->tokens,
                                &tally_rule(&tally, 0, p->short_rule)->documents};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        --*counts[i];
        assert_false(tally_conserved(&tally));
        ++*counts[i];
    }
    assert_true(tally_conserved(&tally));
    tally_release(&tally);
}

/* A run of which nothing was read is a run too. */
static void test_empty_ledger(void **state)
{
    struct place *const p = *state;
    struct buf json, text;
    buf_init(&json, BUF_UNLIMITED);
    buf_init(&text, BUF_UNLIMITED);
    assert_int_equal(file_make_folders(p->ledger_folder, &p->err), TAMIS_OK);
    map_ledger(p, LEDGER_SURVEY);
    make_facts(p);
    p->facts.emitted_documents = p->facts.emitted_bytes = p->facts.emitted_tokens = 0;
    p->facts.held_out_documents = p->facts.held_out_bytes = p->facts.held_out_tokens = 0;
    p->facts.command = NULL;
    p->recipe.target_count = 0;
    assert_true(make_report(p, &json));
    assert_int_equal(report_table(buf_str(&json), 80, &text, &p->err), TAMIS_OK);
    assert_non_null(strstr(text.at, "nothing was dropped"));
    buf_release(&json);
    buf_release(&text);
}

/* ---- The table -------------------------------------------------------------------------------------------------- */

static void test_table_says_it(void **state)
{
    struct place *const p = *state;
    struct buf json, text;
    buf_init(&json, BUF_UNLIMITED);
    buf_init(&text, BUF_UNLIMITED);
    make_ledger(p);
    make_facts(p);
    p->facts.unverified = true;
    assert_true(make_report(p, &json));
    static const char *const expected[] = {"conserved  yes", "minhash",      "invalid_json", "general",  "1.04 kB",
                                           "10.00 %",        "1,234,567",    "verify: none", "estimated", "4321",
                                           "rejects.jsonl",  "ratio of law", "12.3 MB"};
    for (unsigned width = 76; width <= 120; width += 11) {
        buf_clear(&text);
        assert_int_equal(report_table(buf_str(&json), width, &text, &p->err), TAMIS_OK);
        assert_true(longest_line(text.at) <= width);
        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
            if (!strstr(text.at, expected[i])) {
                fail_msg("width %u: %s is missing in\n%s", width, expected[i], text.at);
            }
        }
    }
    p->facts.emitted_bytes++;
    assert_false(make_report(p, &json));
    buf_clear(&text);
    assert_int_equal(report_table(buf_str(&json), 80, &text, &p->err), TAMIS_OK);
    assert_non_null(strstr(text.at, "conserved  NO"));
    assert_non_null(strstr(text.at, "NOT CONSERVED"));
    buf_release(&json);
    buf_release(&text);
}

static void test_table_refuses(void **state)
{
    struct place *const p = *state;
    static const char *const texts[] = {"{\"version\": 2}", "{}", "[]", "{\"version\": ", "", "\xff", "no report"};
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        p->err.text[0] = '\0';
        assert_int_equal(report_table(str_from(texts[i]), 80, &text, &p->err), TAMIS_INPUT);
        assert_true(p->err.text[0] != '\0');
    }
    const tamis_str odd = STR("{\"version\": 1, \"domains\": 3, \"input\": []}");
    assert_int_equal(report_table(odd, 80, &text, &p->err), TAMIS_OK);
    buf_release(&text);
}

static void test_names_cannot_disturb(void **state)
{
    struct place *const p = *state;
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    const tamis_str hostile = STR("{\"version\": 1, \"dropped\": [{\"stage\": \"filter\", \"rule\": \"\\u001b[2J\\u202e"
                                  "a rule with a name that is longer than the page is wide\","
                                  " \"documents\": 1234567, \"bytes\": 1, \"tokens\": 123456789012}]}");
    assert_int_equal(report_table(hostile, 76, &text, &p->err), TAMIS_OK);
    assert_null(strchr(text.at, '\033'));
    assert_null(strstr(text.at, "\xe2\x80\xae"));
    assert_non_null(strstr(text.at, "?[2J?a rule"));
    assert_non_null(strstr(text.at, "123 G"));
    assert_true(longest_line(text.at) <= 76);
    buf_release(&text);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct {
        uint64_t count;
        const char *plain, *bytes;
    } cases[] = {{0, "0", "0 B"},           {999, "999", "999 B"},         {1000, "1,000", "1.00 kB"},
                 {9994, "9,994", "9.99 kB"}, {9995, "9,995", "10.0 kB"},    {99949, "99,949", "99.9 kB"},
                 {99950, "99,950", "100 kB"}, {999499, "999,499", "999 kB"}, {999500, "999,500", "1.00 MB"},
                 {1234567890, "1,234,567,890", "1.23 GB"},
                 {UINT64_MAX, "18,446,744,073,709,551,615", "18.4 EB"}};
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&out);
        assert_true(print_count(&out, cases[i].count));
        assert_string_equal(out.at, cases[i].plain);
        buf_clear(&out);
        assert_true(print_bytes(&out, cases[i].count));
        assert_string_equal(out.at, cases[i].bytes);
    }
    buf_release(&out);
}

/* ---- The sample against a plain count --------------------------------------------------------------------------- */

#define MANY 13000

struct known {
    uint64_t hash, number;
    double words, capitals;
    uint8_t kind;
};

static int by_hash(const void *a, const void *b)
{
    const struct known *const x = a, *const y = b;
    if (x->hash != y->hash) {
        return x->hash < y->hash ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Hashes in `range` values, so that a small range has many ties. */
static void make_many(struct place *p, uint64_t range, struct known *known, uint64_t seed)
{
    const size_t half = MANY / 2;
    struct survey_row *const survey = calloc(MANY, sizeof *survey);
    double(*const samples)[5] = calloc(MANY, sizeof *samples);
    assert_non_null(survey);
    assert_non_null(samples);
    for (uint64_t n = 0; n < MANY; n++) {
        known[n] = (struct known){
            .hash = FULL_HASH_SAMPLE * 2 + next_random(&seed) % range, .number = n,
            .words = (double)(next_random(&seed) % 20), .capitals = (double)(next_random(&seed) % 10) / 10,
            .kind = next_random(&seed) % 4 ? TAMIS_PROSE : TAMIS_CODE};
        survey[n] = (struct survey_row){.hash_high = known[n].hash, .hash_low = 1, .value = NAN, .kind = known[n].kind};
    }
    for (size_t part = 0; part < 2; part++) {
        size_t sampled = 0;
        for (size_t i = 0; i < half; i++) {
            const struct known *const one = &known[part * half + i];
            sample_row(samples[sampled++], i, one->words, one->capitals);
        }
        write_rows(p, part, "survey", SURVEY_DTYPE, sizeof *survey, survey + part * half, half);
        write_ids(p, part, "d", part * half, half);
        write_sample(p, part, samples[0], sampled);
    }
    map_ledger(p, LEDGER_SURVEY);
    free(survey);
    free(samples);
}

static void check_sample(struct place *p, uint64_t range, uint64_t seed)
{
    struct known *const known = calloc(MANY, sizeof *known);
    uint64_t is_short = 0, is_loud = 0, both = 0;
    assert_non_null(known);
    make_many(p, range, known, seed);
    qsort(known, MANY, sizeof *known, by_hash);
    for (size_t i = 0; i < SURVEY_SAMPLE_SMALLEST; i++) {
        const bool prose = known[i].kind == TAMIS_PROSE;
        const bool s = prose && known[i].words < 10, l = prose && known[i].capitals > 0.5;
        is_short += s;
        is_loud += l;
        both += s && l;
    }
    struct sample_counts counts;
    assert_int_equal(sample_count(&counts, &p->run, &p->ledger, &p->err), TAMIS_OK);
    assert_int_equal(counts.documents, SURVEY_SAMPLE_SMALLEST);
    assert_int_equal(counts.rules[0].fails, is_short);
    assert_int_equal(counts.rules[0].only, is_short - both);
    assert_int_equal(counts.rules[1].fails, is_loud);
    assert_int_equal(counts.rules[2].fails, 0); /* for one language only */
    assert_int_equal(counts.rules[3].fails, 0); /* switched off */
    assert_int_equal(counts.pair_count, 1);
    assert_int_equal(counts.pairs[0].documents, both);
    sample_release(&counts);
    free(known);
}

static void test_sample_agrees(void **state)
{
    struct place *const p = *state;
    check_sample(p, UINT64_MAX / 2, 1);
    check_sample(p, 50, 2);
    check_sample(p, 1, 3);
}

static void test_damaged_sample(void **state)
{
    struct place *const p = *state;
    double row[5];
    struct sample_counts counts;
    make_ledger(p);
    sample_row(row, FIRST_PART, 1, 1);
    write_sample(p, 1, row, 1);
    assert_int_equal(sample_count(&counts, &p->run, &p->ledger, &p->err), TAMIS_INPUT);
    sample_release(&counts);
}

static void test_sampled_values(void **state)
{
    struct place *const p = *state;
    struct sample_part part;
    make_ledger(p);
    assert_int_equal(sample_open(&part, &p->ledger, 0, &p->rules, &p->err), TAMIS_OK);
    assert_null(sample_values(&part, 2));
    assert_non_null(sample_values(&part, 0));
    assert_true(sample_values(&part, 1)[0] < 3.5);
    assert_true(sample_values(&part, 4)[0] > 49);
    sample_close(&part);
}

/* ---- Stories ---------------------------------------------------------------------------------------------------- */

static void test_stories(void **state)
{
    struct place *const p = *state;
    make_ledger(p);
    const struct teller teller = {&p->run, &p->ledger, false};
    static const char *const fates[DOCUMENTS] = {"emitted", "dropped", "rejected", "dropped", "held_out",
                                                 "emitted", "surplus", "dropped",  "dropped", "dropped"};
    struct story story;
    for (uint64_t n = 0; n < DOCUMENTS; n++) {
        assert_int_equal(story_tell(&story, &teller, n, &p->err), TAMIS_OK);
        assert_string_equal(story.fate, fates[n]);
    }
    assert_int_equal(story_tell(&story, &teller, 1, &p->err), TAMIS_OK);
    assert_true(story.value > 2.9 && story.value < 3.1 && story.threshold > 9.9);
    assert_int_equal(story_tell(&story, &teller, 7, &p->err), TAMIS_OK);
    assert_int_equal(story.keeper, 5);
    assert_true(story.similarity > 0.959 && story.threshold > 0.949); /* the stricter of two domains */
    assert_int_equal(story_tell(&story, &teller, 8, &p->err), TAMIS_OK);
    assert_true(story.value > 17.9 && story.threshold < 0.51);
}

static void test_stories_keep_secrets(void **state)
{
    struct place *const p = *state;
    struct buf out;
    struct json json;
    struct story story;
    make_ledger(p);
    const struct teller teller = {&p->run, &p->ledger, false}, open = {&p->run, &p->ledger, true};
    buf_init(&out, BUF_UNLIMITED);
    assert_int_equal(story_tell(&story, &teller, 3, &p->err), TAMIS_OK);
    json_init(&json, &out, 0);
    json_open(&json, '{');
    story_write(&json, &teller, &story);
    json_close(&json, '}');
    assert_non_null(strstr(out.at, "\"id\":\"secret-3\""));
    assert_non_null(strstr(out.at, "\"keeper\":\"(confidential)\""));
    assert_null(strstr(out.at, "secret-0"));
    assert_true(str_is(story_id(&teller, 0), "(confidential)"));
    assert_true(str_is(story_id(&open, 0), "secret-0"));
    buf_release(&out);
}

static void test_unfinished_stories(void **state)
{
    struct place *const p = *state;
    struct story story;
    make_ledger(p);
    map_ledger(p, LEDGER_SURVEY | LEDGER_RESOLVE);
    const struct teller teller = {&p->run, &p->ledger, false};
    assert_int_equal(story_tell(&story, &teller, 0, &p->err), TAMIS_OK);
    assert_null(story.fate);
    assert_null(story.draws);
    assert_int_equal(story_tell(&story, &teller, 4, &p->err), TAMIS_OK);
    assert_string_equal(story.fate, "held_out");
}

static void test_damaged_rows(void **state)
{
    struct place *const p = *state;
    struct survey_row survey[DOCUMENTS];
    struct resolve_row resolve[DOCUMENTS];
    struct select_row select[DOCUMENTS];
    uint8_t draws[DOCUMENTS][2];
    struct story story;
    make_ledger(p);
    make_rows(p, survey, resolve, select, draws);
    survey[0].rule = (uint16_t)(p->rules.count + 1);
    survey[1].source = 2;
    survey[3].domain = 7;
    survey[4].kind = TAMIS_KINDS;
    resolve[2].keeper = DOCUMENTS;
    write_rows(p, 0, "survey", SURVEY_DTYPE, sizeof *survey, survey, FIRST_PART);
    write_rows(p, 0, "resolve", RESOLVE_DTYPE, sizeof *resolve, resolve, FIRST_PART);
    map_ledger(p, EVERY_FILE);
    const struct teller teller = {&p->run, &p->ledger, false};
    for (uint64_t n = 0; n < FIRST_PART; n++) {
        assert_int_equal(story_tell(&story, &teller, n, &p->err), TAMIS_INPUT);
    }
}

static void test_clean_text(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    assert_true(story_add_clean(&out, STR("a\xc3\xa9\xff\xc3z\xed\xa0\x80\xe2\x82")));
    assert_string_equal(out.at, "a\xc3\xa9??z?????");
    buf_release(&out);
}

#define PLACED(test) cmocka_unit_test_setup_teardown(test, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_report_adds_up),
        PLACED(test_report_targets),
        PLACED(test_what_was_written_must_agree),
        PLACED(test_tally_must_add_up),
        PLACED(test_empty_ledger),
        PLACED(test_table_says_it),
        PLACED(test_table_refuses),
        PLACED(test_names_cannot_disturb),
        cmocka_unit_test(test_numbers),
        PLACED(test_sample_agrees),
        PLACED(test_damaged_sample),
        PLACED(test_sampled_values),
        PLACED(test_stories),
        PLACED(test_stories_keep_secrets),
        PLACED(test_unfinished_stories),
        PLACED(test_damaged_rows),
        cmocka_unit_test(test_clean_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
