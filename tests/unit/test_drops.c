/*
 * What emit writes of documents that were left out: what the records say, where texts stand, and the same bytes
 * whatever the threads.
 */
#include "emit_world.h"

#include "mix/picks.h"
#include "run/ranges.h"

/* ---- What the records say ---------------------------------------------------------------------------------------- */

/* 1500 + 260 documents, and 300 more that one rule drops, of which some come from a confidential source. */
static void open_drops(struct world *w, const char *dropped, const char *confidential)
{
    uint64_t random = 40;
    char yaml[2048];
    world_open(w);
    world_fill(w, 600, 200, 4);
    for (size_t i = 0; i < 300; i++) {
        char id[32];
        snprintf(id, sizeof id, "short-%zu", i);
        world_add(w, 0, id, &random, 3, DOC_FILTERED)->value = 4;
    }
    snprintf(yaml, sizeof yaml,
             "version: 1\nseed: 5\nsources:\n"
             "  - {name: web, paths: ['s0-*.jsonl'], domain: general, kind: prose}\n"
             "  - {name: court, paths: ['s1-*.jsonl'], domain: law, kind: prose, confidential: %s}\n"
             "filters:\n  - length: {min_words: 5}\n"
             "targets:\n  - {name: t, domain: law, ratio: 0.1}\noutput: {dropped: %s}\n",
             confidential, dropped);
    world_write(w, yaml, 2, 3);
    world_draw(w);
}

static void check_filtered(const struct world *w, const struct tree *record, const struct doc *doc)
{
    const struct survey_row *const row = ledger_survey(&w->ledger, doc->number);
    const struct tree *const locator = tree_get(record, "locator");
    uint64_t value = 0;
    assert_string_equal(field(record, "stage"), "filter");
    assert_string_equal(field(record, "rule"), w->rules.at[w->rules.first_filter].name);
    assert_true(strtod(field(record, "threshold"), NULL) >= 4.9);
    assert_null(field(record, "keeper"));
    assert_null(field(record, "similarity"));
    assert_string_equal(field(locator, "file"), w->inputs.at[row->part].path);
    assert_true(str_count(str_from(field(locator, "offset")), &value) && value == row->offset);
    assert_true(str_count(str_from(field(locator, "length")), &value) && value == row->length);
}

static struct text read_dropped(const struct world *w, const char *name)
{
    struct path folder;
    tamis_err err;
    must(path_make(&folder, &err, "%s/dropped", w->run_folder.at), &err);
    return read_lines(folder.at, name);
}

static void test_dropped_ids(void **state)
{
    (void)state;
    struct world w;
    struct emit_totals totals;
    struct arena arena;
    tamis_err err;
    size_t at[2] = {0}, texts = 0;
    open_drops(&w, "ids", "false");
    must(emit(&w.run, &w.ledger, &w.plan, &totals, &err), &err);
    arena_init(&arena);
    struct text filter = read_dropped(&w, "filter-00000.jsonl.zst");
    struct text dedup = read_dropped(&w, "dedup-00000.jsonl.zst");
    for (size_t i = 0; i < w.count; i++) {
        const struct doc *const doc = &w.docs[i];
        if (doc->is != DOC_FILTERED && doc->is != DOC_MINHASH) {
            continue;
        }
        const bool filtered = doc->is == DOC_FILTERED;
        struct text *const text = filtered ? &filter : &dedup;
        assert_true(at[filtered] < text->count);
        const struct tree *const record = parse_line(&arena, text->lines[at[filtered]++]);
        uint64_t number = 0;
        assert_string_equal(field(record, "id"), doc->id);
        assert_true(str_count(str_from(field(record, "number")), &number) && number == i);
        assert_string_equal(field(record, "source"), doc->source == 0 ? "web" : "court");
        texts += field(record, "text") != NULL;
        if (field(record, "text")) {
            assert_int_equal(strncmp(field(record, "text"), "caf\xc3\xa9 \"", 7), 0);
        }
        if (filtered) {
            check_filtered(&w, record, doc);
        } else {
            assert_string_equal(field(record, "stage"), "dedup");
            assert_string_equal(field(record, "rule"), "minhash");
            assert_string_equal(field(record, "keeper"), w.docs[0].id);
            assert_string_equal(field(record, "similarity"), "0.875");
            assert_non_null(field(record, "threshold"));
        }
    }
    assert_int_equal(at[0], dedup.count);
    assert_int_equal(at[1], filter.count);
    assert_int_equal(totals.dropped_documents, dedup.count + filter.count);
    assert_int_equal(texts, PICKS_PER_RULE + dedup.count);
    text_release(&filter);
    text_release(&dedup);
    arena_release(&arena);
    emit_release(&totals);
    world_close(&w);
}

static void test_rejects_say_where_and_why(void **state)
{
    (void)state;
    struct world w;
    struct arena arena;
    size_t at = 0;
    open_drops(&w, "none", "true");
    world_emit(&w);
    arena_init(&arena);
    struct text text = read_lines(w.run_folder.at, "rejects.jsonl.zst");
    for (size_t i = 0; i < w.count; i++) {
        if (w.docs[i].is != DOC_REJECT) {
            continue;
        }
        const struct survey_row *const row = ledger_survey(&w.ledger, i);
        assert_true(at < text.count);
        assert_null(strstr(text.lines[at], "no json at all"));
        const struct tree *const record = parse_line(&arena, text.lines[at++]);
        uint64_t value = 0;
        assert_string_equal(field(record, "reason"), "invalid_json");
        assert_string_equal(field(record, "file"), w.inputs.at[row->part].path);
        assert_true(str_count(str_from(field(record, "offset")), &value) && value == row->offset);
        assert_true(str_count(str_from(field(record, "length")), &value) && value == row->length);
        assert_true(str_count(str_from(field(record, "number")), &value) && value == i);
    }
    assert_true(at > 5);
    assert_int_equal(at, text.count);
    text_release(&text);
    arena_release(&arena);
    world_close(&w);
}

static void test_dropped_none_writes_none(void **state)
{
    (void)state;
    struct world w;
    struct path path;
    tamis_err err;
    open_drops(&w, "none", "false");
    world_emit(&w);
    must(path_make(&path, &err, "%s/dropped", w.run_folder.at), &err);
    assert_false(file_exists(path.at));
    world_close(&w);
}

static void test_dropped_full(void **state)
{
    (void)state;
    struct world w;
    struct emit_totals totals;
    struct arena arena;
    tamis_err err;
    size_t at = 0, hidden = 0;
    open_drops(&w, "full", "true");
    must(emit(&w.run, &w.ledger, &w.plan, &totals, &err), &err);
    arena_init(&arena);
    struct text lines = read_dropped(&w, "filter-00000.jsonl.zst");
    struct text verdicts = read_dropped(&w, "filter-00000.verdicts.jsonl.zst");
    for (size_t i = 0; i < w.count; i++) {
        const struct doc *const doc = &w.docs[i];
        if (doc->is != DOC_FILTERED) {
            continue;
        }
        if (doc->source == 1) {
            hidden++;
            continue;
        }
        assert_true(at < lines.count && at < verdicts.count);
        assert_string_equal(lines.lines[at], doc->line);
        const struct tree *const record = parse_line(&arena, verdicts.lines[at++]);
        assert_string_equal(field(record, "id"), doc->id);
        assert_null(field(record, "text"));
        check_filtered(&w, record, doc);
    }
    assert_true(hidden > 0);
    assert_int_equal(at, lines.count);
    assert_int_equal(at, verdicts.count);
    text_release(&lines);
    text_release(&verdicts);
    lines = read_dropped(&w, "dedup-00000.jsonl.zst");
    assert_int_equal(totals.dropped_documents, at + lines.count);
    text_release(&lines);
    arena_release(&arena);
    emit_release(&totals);
    world_close(&w);
}

static void test_confidential_sources_show_neither_text_nor_id(void **state)
{
    (void)state;
    struct world w;
    struct arena arena;
    size_t seen = 0;
    open_drops(&w, "ids", "true");
    world_emit(&w);
    arena_init(&arena);
    struct text text = read_dropped(&w, "filter-00000.jsonl.zst");
    for (size_t i = 0; i < text.count; i++) {
        const struct tree *const record = parse_line(&arena, text.lines[i]);
        if (strcmp(field(record, "source"), "court") == 0) {
            seen++;
            assert_null(strstr(text.lines[i], "law-"));
            assert_null(field(record, "text"));
            assert_int_equal(strncmp(field(record, "id"), "confidential:", 13), 0);
            assert_int_equal(strlen(field(record, "id")), 13 + 16);
        }
    }
    assert_true(seen > 0);
    text_release(&text);
    arena_release(&arena);
    world_close(&w);
}

/* ---- Many ranges ------------------------------------------------------------------------------------------------- */

/* More documents than several ranges have, in parts that end within ranges; every third is dropped. */
static void open_many(struct world *w, const char *dropped, unsigned threads)
{
    uint64_t random = 41;
    char yaml[1024];
    world_open(w);
    for (size_t i = 0; i < 4 * RANGE_ROWS; i++) {
        char id[32];
        const bool law = i % 5 == 0;
        snprintf(id, sizeof id, "%s-%zu", law ? "law" : "web", i);
        const enum doc_is is = i % 50 == 7   ? DOC_REJECT
                               : i % 3 == 1  ? DOC_FILTERED
                               : i % 16 == 3 ? DOC_MINHASH
                                             : DOC_KEPT;
        struct doc *const doc = world_add(w, law, id, &random, 30, is);
        doc->keeper = is == DOC_MINHASH ? 0 : LEDGER_NOBODY;
        doc->value = is == DOC_FILTERED ? (double)(i % 700) / 140 : is == DOC_MINHASH ? 0.875 : NAN;
    }
    snprintf(yaml, sizeof yaml,
             "version: 1\nseed: 5\nsources:\n"
             "  - {name: web, paths: ['s0-*.jsonl'], domain: general, kind: prose}\n"
             "  - {name: court, paths: ['s1-*.jsonl'], domain: law, kind: prose, confidential: true}\n"
             "filters:\n  - length: {min_words: 5}\n"
             "targets:\n  - {name: t, domain: law, ratio: 0.1}\noutput: {dropped: %s}\n", dropped);
    world_write(w, yaml, 2, 3);
    world_draw(w);
    w->run.threads = threads;
}

/* The locators name the folder of the world, which has another name every time. */
static uint64_t hash_records(const struct world *w, const char *folder, const char *name, size_t *count)
{
    struct path path;
    tamis_err err;
    uint64_t hash = 11;
    must(path_make(&path, &err, "%s%s", w->run_folder.at, folder), &err);
    struct text text = read_lines(path.at, name);
    for (size_t i = 0; i < text.count; i++) {
        char *const place = strstr(text.lines[i], w->folder);
        if (place) {
            memset(place, 'x', strlen(w->folder));
        }
        hash = hash_join(hash, hash_bytes(text.lines[i], strlen(text.lines[i]), 0));
    }
    *count += text.count;
    text_release(&text);
    return hash;
}

static void test_same_bytes_for_any_threads(void **state)
{
    (void)state;
    static const struct {
        const char *dropped, *names[5];
    } rounds[] = {
        {"ids", {"filter-00000.jsonl.zst", "dedup-00000.jsonl.zst"}},
        {"full", {"filter-00000.jsonl.zst", "filter-00000.verdicts.jsonl.zst", "dedup-00000.jsonl.zst",
                  "dedup-00000.verdicts.jsonl.zst"}},
        {"none", {NULL}},
    };
    for (size_t r = 0; r < sizeof rounds / sizeof *rounds; r++) {
        uint64_t first = 0;
        for (unsigned threads = 1; threads <= 5; threads += 1 + threads / 3) {
            struct world w;
            size_t records = 0, rejects = 0;
            open_many(&w, rounds[r].dropped, threads);
            world_emit(&w);
            uint64_t hash = hash_records(&w, "", "rejects.jsonl.zst", &rejects);
            for (size_t i = 0; rounds[r].names[i]; i++) {
                hash = hash_join(hash, hash_records(&w, "/dropped", rounds[r].names[i], &records));
            }
            assert_int_equal(rejects, (4 * RANGE_ROWS + 42) / 50);
            assert_true(records > RANGE_ROWS || r == 2);
            first = threads == 1 ? hash : first;
            assert_int_equal(hash, first);
            world_close(&w);
        }
    }
}

/* Texts of one rule that are more than are held in memory stand where their records are. */
static void test_long_texts_wait_on_disk(void **state)
{
    (void)state;
    struct world w;
    struct path folder;
    const size_t letters = 150000;
    char *const line = malloc(letters + 64);
    size_t texts = 0, at = 0;
    tamis_err err;
    assert_non_null(line);
    world_open(&w);
    for (size_t i = 0; i < 450; i++) {
        char id[16];
        snprintf(id, sizeof id, "long-%zu", i);
        const int head = snprintf(line, 64, "{\"id\":\"%s\",\"text\":\"", id);
        memset(line + head, 'a' + (int)(i % 26), letters);
        snprintf(line + (size_t)head + letters, 8, "\"}");
        world_add_line(&w, 0, id, line, 9, i % 2 == 0 ? DOC_FILTERED : DOC_KEPT)->value = 1;
    }
    free(line);
    world_write(&w, "version: 1\nsources:\n  - {name: web, paths: ['s0-*.jsonl'], domain: general, kind: prose}\n"
                "filters:\n  - length: {min_words: 5}\noutput: {dropped: ids}\n", 1, 2);
    world_draw(&w);
    w.run.threads = 2;
    world_emit(&w);
    struct text text = read_dropped(&w, "filter-00000.jsonl.zst");
    for (size_t i = 0; i < w.count; i += 2, at++) {
        struct arena arena;
        arena_init(&arena);
        const struct tree *const record = parse_line(&arena, text.lines[at]);
        const char *const shown = field(record, "text");
        assert_string_equal(field(record, "id"), w.docs[i].id);
        texts += shown != NULL;
        assert_true(!shown || (strlen(shown) == letters && shown[0] == (char)('a' + (int)(i % 26))));
        arena_release(&arena);
    }
    assert_int_equal(at, text.count);
    assert_int_equal(texts, PICKS_PER_RULE);
    text_release(&text);
    must(path_make(&folder, &err, "%s/dropped", w.tmp.at), &err);
    assert_false(file_exists(folder.at));
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dropped_ids),
        cmocka_unit_test(test_rejects_say_where_and_why),
        cmocka_unit_test(test_dropped_none_writes_none),
        cmocka_unit_test(test_dropped_full),
        cmocka_unit_test(test_confidential_sources_show_neither_text_nor_id),
        cmocka_unit_test(test_same_bytes_for_any_threads),
        cmocka_unit_test(test_long_texts_wait_on_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
