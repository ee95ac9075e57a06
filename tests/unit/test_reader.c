/* Readers: which records there are, where they lie, what they hold, and why a record is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/str.h"
#include "io/json_text.h"
#include "io/reader.h"
#include "io/stream.h"

/* ---- Help ------------------------------------------------------------------------------------------------------- */

static char folder[256];

static int make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/tamis-reader-XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return file_remove_tree(folder, NULL) == TAMIS_OK ? 0 : -1;
}

static const char *in_folder(const char *name)
{
    static char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void put(const char *name, tamis_str bytes)
{
    FILE *f = fopen(in_folder(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.at, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* All chunks of one part, with the records of all of them. */
struct part {
    struct chunk *chunks;
    size_t count;
    struct arena arena;
    struct records parsed, split;
};

static const struct record_fields usual = {.text = "text", .id = "id"};

static void part_read(struct part *p, const struct reader_format *format, const char *path,
                      struct reader_options options, const struct record_fields *fields)
{
    struct reader *r = NULL;
    *p = (struct part){.chunks = calloc(5000, sizeof(*p->chunks))};
    arena_init(&p->arena);
    struct parser *parser = parser_new();
    assert_non_null(parser);
    assert_int_equal(format->open(&r, path, &options, NULL), TAMIS_OK);
    uint64_t place = UINT64_MAX;
    for (;;) {
        bool end = false;
        assert_in_range(p->count, 0, 4999);
        struct chunk *chunk = &p->chunks[p->count];
        chunk_init(chunk);
        assert_int_equal(format->next(r, chunk, &end, NULL), TAMIS_OK);
        if (end) {
            assert_null(chunk->bytes.at); /* untouched */
            break;
        }
        assert_true(place == UINT64_MAX || chunk->offset == place); /* no gap, no overlap */
        place = chunk->offset + chunk->length;
        struct record_cursor cursor = {.fields = fields, .chunk = chunk, .texts = &p->arena, .arena = &p->arena};
        assert_int_equal(reader_parse(format, parser, &cursor, &p->parsed, NULL), TAMIS_OK);
        assert_int_equal(format->split(chunk, &p->split, NULL), TAMIS_OK);
        p->count++;
    }
    bool end = false;
    assert_int_equal(format->next(r, &p->chunks[p->count], &end, NULL), TAMIS_OK);
    assert_true(end);
    format->close(r);
    parser_free(parser);
}

static void part_release(struct part *p)
{
    for (size_t i = 0; i < p->count; i++) {
        chunk_release(&p->chunks[i]);
    }
    free(p->chunks);
    arena_release(&p->arena);
    records_release(&p->parsed);
    records_release(&p->split);
}

static bool known_without_parsing(enum reject reject)
{
    return reject == REJECT_NONE || reject == REJECT_EMPTY_LINE || reject == REJECT_LINE_TOO_LONG ||
           reject == REJECT_DAMAGED_STREAM;
}

static void assert_split_agrees(const struct part *p)
{
    assert_int_equal(p->split.count, p->parsed.count);
    for (size_t i = 0; i < p->split.count; i++) {
        const struct record *a = &p->split.at[i], *b = &p->parsed.at[i];
        assert_true(a->raw.at == b->raw.at && a->raw.len == b->raw.len);
        assert_true(a->offset == b->offset && a->length == b->length);
        assert_int_equal(a->reject, known_without_parsing(b->reject) ? b->reject : REJECT_NONE);
        assert_true(b->reject == REJECT_NONE || (b->text.len == 0 && b->id.len == 0 && b->language.len == 0));
    }
}

/* One record made of `line`, read as JSONL. Exactly as many bytes as needed are behind it. */
struct one {
    struct part part;
    const struct record *record;
};

static void one_read(struct one *one, tamis_str line, const struct record_fields *fields)
{
    put("one", line);
    part_read(&one->part, &reader_jsonl, in_folder("one"), (struct reader_options){.max_line = 1 << 24}, fields);
    assert_int_equal(one->part.parsed.count, 1);
    assert_split_agrees(&one->part);
    one->record = &one->part.parsed.at[0];
    assert_true(str_equal(one->record->raw, line));
}

static enum reject reject_of(tamis_str line)
{
    struct one one;
    one_read(&one, line, &usual);
    const enum reject reject = one.record->reject;
    part_release(&one.part);
    return reject;
}

static void assert_field(tamis_str line, const struct record_fields *fields, const char *text, const char *id)
{
    struct one one;
    one_read(&one, line, fields);
    if (one.record->reject != REJECT_NONE || !str_is(one.record->text, text) || !str_is(one.record->id, id)) {
        print_error("%.*s: reject '%s', text '%.*s', id '%.*s'\n", STR_ARGS(line), reject_name(one.record->reject),
                    STR_ARGS(one.record->text), STR_ARGS(one.record->id));
        fail();
    }
    part_release(&one.part);
}

/* ---- Names ------------------------------------------------------------------------------------------------------ */

static void test_formats(void **state)
{
    (void)state;
    assert_ptr_equal(reader_by_name("jsonl"), &reader_jsonl);
    assert_ptr_equal(reader_by_name("text"), &reader_text);
    assert_ptr_equal(reader_by_name("paragraphs"), &reader_paragraphs);
    assert_null(reader_by_name("parquet?"));
    assert_ptr_equal(reader_for_name("a.txt"), &reader_text);
    assert_ptr_equal(reader_for_name("a.txt.zst"), &reader_text);
    assert_ptr_equal(reader_for_name("a.txt.gz"), &reader_text);
    assert_ptr_equal(reader_for_name("a.jsonl.gz"), &reader_jsonl);
    assert_ptr_equal(reader_for_name("-"), &reader_jsonl);
    assert_false(reader_jsonl.renders);
    assert_true(reader_text.renders);
    assert_true(reader_paragraphs.renders);
}

static void test_reject_names(void **state)
{
    (void)state;
    assert_string_equal(reject_name(REJECT_NONE), "");
    assert_string_equal(reject_name(REJECT_EMPTY_LINE), "empty_line");
    for (int i = REJECT_NONE + 1; i < REJECT_REASONS; i++) {
        assert_true(strlen(reject_name((enum reject)i)) > 0);
        for (int j = REJECT_NONE + 1; j < i; j++) {
            assert_string_not_equal(reject_name((enum reject)i), reject_name((enum reject)j));
        }
    }
    struct reader *r = NULL;
    const struct reader_options options = {0};
    for (size_t i = 0; reader_formats[i] != NULL; i++) {
        assert_int_equal(reader_formats[i]->open(&r, in_folder("absent"), &options, NULL), TAMIS_INPUT);
        assert_null(r);
    }
}

/* ---- What is JSON ----------------------------------------------------------------------------------------------- */

struct refusal {
    enum reject reject;
    const char *line;
};

#define T "{\"text\":\"t\",\"x\":"

static const struct refusal refusals[] = {
    {REJECT_EMPTY_LINE, " "},
    {REJECT_EMPTY_LINE, "\r"},
    {REJECT_EMPTY_LINE, " \t \r"},
    {REJECT_INVALID_JSON, "x"},
    {REJECT_INVALID_JSON, "\f"},
    {REJECT_INVALID_JSON, "{"},
    {REJECT_INVALID_JSON, "}"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\"}}"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\"} {}"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\"},"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\"}x"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\",}"},
    {REJECT_INVALID_JSON, "{,\"text\":\"t\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\""},
    {REJECT_INVALID_JSON, "{\"text\":\"t"},
    {REJECT_INVALID_JSON, "{\"text\":\"t\\"},
    {REJECT_INVALID_JSON, "{\"text\" \"t\"}"},
    {REJECT_INVALID_JSON, "{\"text\"}"},
    {REJECT_INVALID_JSON, "{text:\"t\"}"},
    {REJECT_INVALID_JSON, "{'text':'t'}"},
    {REJECT_INVALID_JSON, "{1:\"t\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"a\tb\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"a\x01z\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"\\x41\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"\\u12\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"\\ud83d\\ude00 \\x41\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"\\u12g4\"}"},
    {REJECT_INVALID_JSON, "{\"text\":\"\\'\"}"},
    {REJECT_INVALID_JSON, T "nul}"},
    {REJECT_INVALID_JSON, T "nulll}"},
    {REJECT_INVALID_JSON, T "True}"},
    {REJECT_INVALID_JSON, T "NaN}"},
    {REJECT_INVALID_JSON, T "Infinity}"},
    {REJECT_INVALID_JSON, T "-Infinity}"},
    {REJECT_INVALID_JSON, T "-}"},
    {REJECT_INVALID_JSON, T "+1}"},
    {REJECT_INVALID_JSON, T "01}"},
    {REJECT_INVALID_JSON, T "-01}"},
    {REJECT_INVALID_JSON, T "1.}"},
    {REJECT_INVALID_JSON, T ".1}"},
    {REJECT_INVALID_JSON, T "1e}"},
    {REJECT_INVALID_JSON, T "1e+}"},
    {REJECT_INVALID_JSON, T "0x10}"},
    {REJECT_INVALID_JSON, T "1 2}"},
    {REJECT_INVALID_JSON, T "1.2.3}"},
    {REJECT_INVALID_JSON, T "123456789012345678901234567890x}"},
    {REJECT_INVALID_JSON, T "0123456789012345678901234567890}"},
    {REJECT_INVALID_JSON, T "1e999,\"y\":01}"},
    {REJECT_INVALID_JSON, T "1e999,\"y\":1}}"},
    {REJECT_INVALID_JSON, T "1e999"},
    {REJECT_INVALID_JSON, T "[1,]}"},
    {REJECT_INVALID_JSON, T "[1 2]}"},
    {REJECT_INVALID_JSON, T "[1}"},
    {REJECT_INVALID_JSON, T "[}]"},
    {REJECT_INVALID_JSON, T "/* c */ 1}"},
    {REJECT_INVALID_JSON, "\xef\xbb\xbf\xef\xbb\xbf{\"text\":\"two marks\"}"},
    {REJECT_INVALID_UTF8, "{\"text\":\"\xff\"}"},
    {REJECT_INVALID_UTF8, "{\"text\":\"\xc3\"}"},
    {REJECT_INVALID_UTF8, "{\"text\":\"\xc0\x80\"}"},
    {REJECT_INVALID_UTF8, "{\"text\":\"\xed\xa0\x80\"}"},
    {REJECT_INVALID_UTF8, "{\"text\":\"\xf4\x90\x80\x80\"}"},
    {REJECT_INVALID_UTF8, "{\"text\":\"t\",\"k\xe9y\":1}"},
    {REJECT_INVALID_UTF8, "\xe9{broken"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\ud800\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\udc00\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\uDBFF\\uDBFF\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\ud83dx\\ude00\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\ud83d\\n\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\ud83d\\ue000\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\ude00\\ud83d\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\\\\\ud83d\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"\\ud83d\\ude00\\ude00\"}"},
    {REJECT_LONE_SURROGATE, "{\"text\":\"t\",\"\\ud800\":1}"},
    {REJECT_LONE_SURROGATE, T "[[{\"y\":\"\\udfff\"}]]}"},
    {REJECT_LONE_SURROGATE, T "1e999,\"y\":\"\\udfff\"}"},
    {REJECT_NOT_AN_OBJECT, "[]"},
    {REJECT_NOT_AN_OBJECT, "[{\"text\":\"t\"}]"},
    {REJECT_NOT_AN_OBJECT, "\"text\""},
    {REJECT_NOT_AN_OBJECT, "12"},
    {REJECT_NOT_AN_OBJECT, "123456789012345678901234567890"},
    {REJECT_NOT_AN_OBJECT, "-1e999"},
    {REJECT_NOT_AN_OBJECT, " null "},
    {REJECT_NO_TEXT, "{}"},
    {REJECT_NO_TEXT, "{\"Text\":\"t\"}"},
    {REJECT_NO_TEXT, "{\"text\":null}"},
    {REJECT_NO_TEXT, "{\"text\":1}"},
    {REJECT_NO_TEXT, "{\"text\":[\"t\"]}"},
    {REJECT_NO_TEXT, "{\"text\":{\"text\":\"t\"}}"},
    {REJECT_NO_TEXT, "{\"x\":{\"text\":\"t\"}}"},
    {REJECT_NO_TEXT, "{\"text\":null,\"text\":\"the first one counts\"}"},
    {REJECT_NONE, "{\"text\":\"\"}"},
    {REJECT_NONE, "  {\"text\":\"t\"}\t \r"},
    {REJECT_NONE, "{\"text\":\"a null \\u0000 is text\"}"},
    {REJECT_NONE, "{\"text\":\"\\\\ud800\"}"},
    {REJECT_NONE, "{\"text\":\"\\ud83d\\ude00 \\uD83D\\uDE00\"}"},
    {REJECT_NONE, "{\"text\":\"\xf0\x9f\x98\x80 \x7f\"}"},
    {REJECT_NONE, "\xef\xbb\xbf{\"text\":\"marked\"}"},
    {REJECT_NONE, T "18446744073709551616}"},
    {REJECT_NONE, T "-9223372036854775809}"},
    {REJECT_NONE, T "[1e400,-1E+400,1e-400,0e999,-0.0e-999,2e308]}"},
    {REJECT_NONE, T "{\"1e999\":1e99999999999999999999999999}}"},
    {REJECT_NONE, T "1.7976931348623159e308}"},
    {REJECT_NONE, T "0.00000000000000000000000000000000001e400}"},
    {REJECT_NONE, T "\"\\\"1e999\",\"y\":1e999}"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        tamis_str line = str_from(refusals[i].line);
        put("one", line);
        struct part p;
        part_read(&p, &reader_jsonl, in_folder("one"), (struct reader_options){0}, &usual);
        assert_int_equal(p.parsed.count, 1);
        if (p.parsed.at[0].reject != refusals[i].reject) {
            print_error("%s: '%s' instead of '%s'\n", refusals[i].line, reject_name(p.parsed.at[0].reject),
                        reject_name(refusals[i].reject));
            fail();
        }
        assert_split_agrees(&p);
        part_release(&p);
    }
}

static void test_raw_nul(void **state)
{
    (void)state;
    assert_int_equal(reject_of(STR("{\"text\":\"a\0b\"}")), REJECT_RAW_NUL);
    assert_int_equal(reject_of(STR("{\"text\":\"a\"}\0")), REJECT_RAW_NUL);
    assert_int_equal(reject_of(STR("\0")), REJECT_RAW_NUL);
    assert_int_equal(reject_of(STR("\0\0\xff{")), REJECT_RAW_NUL);
    assert_int_equal(reject_of(STR("{\"text\":\"a\",\"n\":1\0}")), REJECT_RAW_NUL);
}

/* `around` pairs of brackets with `inner` in the middle, as the value of a member: one level more. */
static enum reject reject_of_nest(size_t around, const char *inner, bool objects)
{
    struct buf line;
    buf_init(&line, BUF_UNLIMITED);
    assert_true(buf_add_str(&line, STR("{\"text\":\"t [[[[\\\"{\",\"x\":")));
    for (size_t i = 0; i < around; i++) {
        assert_true(buf_add_str(&line, objects ? STR("{\"k\":") : STR("[")));
    }
    assert_true(buf_add_str(&line, str_from(inner)));
    for (size_t i = 0; i < around; i++) {
        assert_true(buf_add_char(&line, objects ? '}' : ']'));
    }
    assert_true(buf_add_char(&line, '}'));
    const enum reject reject = reject_of(buf_str(&line));
    buf_release(&line);
    return reject;
}

static void test_nesting(void **state)
{
    (void)state;
    for (int objects = 0; objects < 2; objects++) {
        assert_int_equal(reject_of_nest(999, "1", objects), REJECT_NONE);
        assert_int_equal(reject_of_nest(1000, "1", objects), REJECT_TOO_DEEP);
        assert_int_equal(reject_of_nest(998, "[]", objects), REJECT_NONE);
        assert_int_equal(reject_of_nest(999, "[]", objects), REJECT_TOO_DEEP);
        assert_int_equal(reject_of_nest(999, "{}", objects), REJECT_TOO_DEEP);
        assert_int_equal(reject_of_nest(999, "1e999", objects), REJECT_NONE);
        assert_int_equal(reject_of_nest(100000, "1", objects), REJECT_TOO_DEEP);
    }
    assert_int_equal(reject_of_nest(600, "[[],[[]],\"]]\",[[[1]]]]", false), REJECT_NONE);
}

/* ---- Fields ----------------------------------------------------------------------------------------------------- */

static void test_text_and_id(void **state)
{
    (void)state;
    assert_field(STR("{\"id\":\"a\",\"text\":\"b\"}"), &usual, "b", "a");
    assert_field(STR("{\"text\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"}"), &usual,
                 "\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x98\x80", "");
    assert_field(STR("{\"te\\u0078t\":\"escaped key\"}"), &usual, "escaped key", "");
    assert_field(STR("{\"text\":\"one\",\"text\":\"two\",\"id\":\"1\",\"id\":\"2\"}"), &usual, "one", "1");
    assert_field(STR("{\"text\":\"t\",\"id\":null}"), &usual, "t", "");
    assert_field(STR("{\"text\":\"t\",\"id\":true}"), &usual, "t", "");
    assert_field(STR("{\"text\":\"t\",\"id\":[\"a\"]}"), &usual, "t", "");
    assert_field(STR("{\"text\":\"t\",\"id\":{}}"), &usual, "t", "");
    assert_field(STR("{\"text\":\"t\",\"id\":\"\"}"), &usual, "t", "");
    assert_field(STR("{\"id\":\"a\",\"text\":\"b\"}"), &(struct record_fields){.text = "text"}, "b", "");
    assert_field(STR("{\"id\":\"a\",\"text\":\"b\"}"), &(struct record_fields){.id = "id"}, "", "a");
}

static void test_number_ids(void **state)
{
    (void)state;
    static const char *const same[] = {"0", "-0", "7", "-7", "9223372036854775807", "9223372036854775808",
                                       "18446744073709551615", "18446744073709551616", "-9223372036854775808",
                                       "-9223372036854775809", "123456789012345678901234567890", "1.5", "-0.25",
                                       "1e999", "-2e400"};
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        char line[200];
        snprintf(line, sizeof(line), "{\"x\":[1,{\"a\":\"}]\"}],\"text\":\"t\",\"id\" : %s }", same[i]);
        assert_field(str_from(line), &usual, "t", same[i]);
        snprintf(line, sizeof(line), "{\"text\":\"t\",\"id\":%s,\"y\":1e999}", same[i]);
        assert_field(str_from(line), &usual, "t", same[i]);
        snprintf(line, sizeof(line), "{\"text\":\"t\",\"m\":{\"o\":0,\"id\":%s},\"y\":-1}", same[i]);
        assert_field(str_from(line), &(struct record_fields){.text = "text", .id = "m.id"}, "t", same[i]);
    }
    assert_field(STR("{\"text\":\"t\",\"id\":1.50}"), &usual, "t", "1.5");
    assert_field(STR("{\"text\":\"t\",\"id\":0.1000}"), &usual, "t", "0.1");
    assert_field(STR("{\"text\":\"t\",\"id\":25e-1}"), &usual, "t", "2.5");
}

static void test_dotted_paths(void **state)
{
    (void)state;
    const struct record_fields meta = {.text = "meta.text", .id = "a.b.c"};
    assert_field(STR("{\"meta\":{\"x\":1,\"text\":\"nested\"},\"a\":{\"b\":{\"c\":\"deep\"}}}"), &meta, "nested",
                 "deep");
    assert_field(STR("{\"meta\":{\"text\":\"nested\"},\"meta.text\":\"literal\",\"a\":{\"b.c\":\"part\"}}"), &meta,
                 "literal", "part");
    assert_field(STR("{\"meta.text\":\"t\",\"a.b\":{\"c\":\"longer\"},\"a\":{\"b\":{\"c\":\"x\"}}}"), &meta, "t",
                 "longer");
    assert_field(STR("{\"meta.text\":\"t\",\"a.b\":1,\"a\":{\"b\":{\"c\":\"y\"}}}"), &meta, "t", "y");
    assert_field(STR("{\"meta.text\":\"t\",\"a\":\"no object\"}"), &meta, "t", "");
    const struct record_fields odd = {.text = "..", .id = ""};
    assert_field(STR("{\"\":{\"\":{\"\":\"dots\"}},\"id\":\"x\"}"), &odd, "dots", "");
    struct one one;
    one_read(&one, STR("{\"meta\":{\"text\":\"nested\"},\"meta.text\":null}"), &meta);
    assert_int_equal(one.record->reject, REJECT_NO_TEXT); /* the literal key wins, whatever it holds */
    part_release(&one.part);
    const struct record_fields far = {.text = "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"};
    one_read(&one, STR("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
                       "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}}}}"), &far);
    assert_int_equal(one.record->reject, REJECT_NO_TEXT);
    part_release(&one.part);
}

static void test_other_fields(void **state)
{
    (void)state;
    const struct record_fields all = {.text = "text", .tokens = "n", .language = "l",
                                      .numbers = {"a", NULL, "b.c", "d"}};
    struct one one;
    one_read(&one, STR("{\"text\":\"t\",\"n\":12,\"l\":\"de\",\"a\":-1.5,\"b\":{\"c\":7},\"d\":\"8\"}"), &all);
    assert_int_equal(one.record->tokens, 12);
    assert_true(str_is(one.record->language, "de"));
    assert_true(one.record->numbers[0] == -1.5);
    assert_true(one.record->numbers[1] != one.record->numbers[1]);
    assert_true(one.record->numbers[2] == 7);
    assert_true(one.record->numbers[3] != one.record->numbers[3]);
    part_release(&one.part);
    one_read(&one, STR("{\"text\":\"t\",\"n\":4294967296,\"l\":5,\"a\":1e999,\"b\":{\"c\":18446744073709551615},"
                       "\"d\":123456789012345678901234567890}"), &all);
    assert_int_equal(one.record->tokens, 0);
    assert_int_equal(one.record->language.len, 0);
    assert_true(one.record->numbers[0] == 1e308);
    assert_true(one.record->numbers[2] == 18446744073709551615.0);
    assert_true(one.record->numbers[3] == 123456789012345678901234567890.0);
    part_release(&one.part);
    static const struct {
        const char *text;
        uint32_t tokens;
    } counts[] = {{"4294967295", UINT32_MAX}, {"12.0", 12}, {"1e3", 1000}, {"1.5", 0},  {"-1", 0},
                  {"null", 0},                {"\"5\"", 0}, {"1e20", 0},   {"-0.0", 0}, {"99999999999999999999", 0}};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        char line[100];
        snprintf(line, sizeof(line), "{\"text\":\"t\",\"n\":%s}", counts[i].text);
        one_read(&one, str_from(line), &all);
        assert_int_equal(one.record->tokens, counts[i].tokens);
        part_release(&one.part);
    }
}

static void test_tamed_numbers(void **state)
{
    (void)state;
    static const char *const same[] = {"{\"a\":1,\"b\":-2.5e10}", "\"1e999 \\\" 1e999\"", "[01e999,1.e999,-,1e,1ee999]",
                                       "1.797693134862315807e308", "123456789012345678", "0e999", "1e-999", "", "\"\\"};
    static const char *const changed[][2] = {
        {"1e309", "1e308"},
        {"[-1e309]", "[-1e308]"},
        {"2E+308", "1e308"},
        {"1.7976931348623158080e308", "1e308"},
        {"17976931348623158079e289", "1e308"},
        {"0.0001e313", "1e308"},
        {"0.0000000000000001797693134862315807e324", "0.0000000000000001797693134862315807e324"},
        {"12345678901234567890", "12345678901234567890e0"},
        {"{\"a\":\"9\",\"b\":-12345678901234567890 }", "{\"a\":\"9\",\"b\":-12345678901234567890e0 }"},
    };
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        buf_clear(&out);
        assert_true(json_text_tame_numbers(str_from(same[i]), &out));
        assert_string_equal(out.at, same[i]);
    }
    for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
        buf_clear(&out);
        assert_true(json_text_tame_numbers(str_from(changed[i][0]), &out));
        assert_string_equal(out.at, changed[i][1]);
    }
    struct buf digits;
    buf_init(&digits, BUF_UNLIMITED);
    for (int i = 0; i < 309; i++) {
        assert_true(buf_add_char(&digits, i == 0 ? '1' : '0'));
    }
    buf_clear(&out);
    assert_true(json_text_tame_numbers(buf_str(&digits), &out));
    assert_int_equal(out.len, 311); /* 10^308 is a double */
    assert_true(buf_add_char(&digits, '0'));
    buf_clear(&out);
    assert_true(json_text_tame_numbers(buf_str(&digits), &out));
    assert_string_equal(out.at, "1e308");
    buf_release(&digits);
    buf_release(&out);
}

/* ---- Chunks: a plain twin --------------------------------------------------------------------------------------- */

struct wanted {
    size_t offset, length;
    enum reject reject; /* none, empty or too long */
};

struct wants {
    struct wanted at[20000];
    size_t count;
};

static void want(struct wants *w, size_t offset, size_t length, enum reject reject)
{
    assert_in_range(w->count, 0, 19999);
    w->at[w->count++] = (struct wanted){offset, length, reject};
}

static void want_lines(tamis_str all, size_t max_line, struct wants *w)
{
    size_t at = all.len >= 3 && memcmp(all.at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (at < all.len) {
        size_t len = 0;
        bool blank = true;
        for (; at + len < all.len && all.at[at + len] != '\n'; len++) {
            blank = blank && strchr(" \t\r", all.at[at + len]) != NULL;
        }
        want(w, at, len, len > max_line ? REJECT_LINE_TOO_LONG : blank ? REJECT_EMPTY_LINE : REJECT_NONE);
        at += len + 1;
    }
}

static void want_paragraphs(tamis_str all, size_t max_line, struct wants *w)
{
    size_t start = 0, line = 0, text_end = 0;
    for (size_t at = 0; at <= all.len; at++) {
        if (at < all.len && all.at[at] != '\n') {
            continue;
        }
        bool blank = true;
        for (size_t i = line; i < at; i++) {
            if (strchr(" \t\r", all.at[i]) == NULL) {
                blank = false;
                text_end = i + 1;
            }
        }
        if (blank || at == all.len) {
            if (at - start > max_line) {
                want(w, start, at - start, REJECT_LINE_TOO_LONG);
            } else if (text_end > start) {
                want(w, start, text_end - start, REJECT_NONE);
            }
            start = at + 1;
        }
        line = at + 1;
        text_end = text_end > start ? text_end : start;
    }
}

static void assert_records_are(const struct part *p, tamis_str all, const struct wants *w)
{
    assert_int_equal(p->parsed.count, w->count);
    for (size_t i = 0; i < w->count; i++) {
        const struct record *record = &p->parsed.at[i];
        assert_int_equal(record->offset, w->at[i].offset);
        assert_int_equal(record->length, w->at[i].length);
        if (w->at[i].reject != REJECT_NONE) {
            assert_int_equal(record->reject, w->at[i].reject);
        } else {
            assert_true(record->reject != REJECT_LINE_TOO_LONG && record->reject != REJECT_EMPTY_LINE);
        }
        if (record->reject != REJECT_LINE_TOO_LONG) {
            assert_true(str_equal(record->raw, (tamis_str){all.at + record->offset, (size_t)record->length}));
        }
    }
}

static void add_random_lines(struct buf *out, uint64_t *seed)
{
    static const char *const lines[] = {"", "\r", "  ", "{\"text\":\"t\"}", "{\"text\":\"with a return\"}\r", "x",
                                        "\t\t",
                                        "plain words", " led by a space", "ends in spaces  ", "{\"text\":\"\xff\"}"};
    if (next_random(seed) % 4 == 0) {
        assert_true(buf_add_str(out, STR("\xef\xbb\xbf")));
    }
    for (uint64_t n = next_random(seed) % 60; n > 0; n--) {
        const uint64_t kind = next_random(seed) % 16;
        if (kind < sizeof(lines) / sizeof(lines[0])) {
            assert_true(buf_add_str(out, str_from(lines[kind])));
        } else {
            const char fill = kind == 15 ? ' ' : 'l';
            for (uint64_t len = next_random(seed) % 400; len > 0; len--) {
                assert_true(buf_add_char(out, fill));
            }
        }
        if (n > 1 || next_random(seed) % 2 == 0) {
            assert_true(buf_add_char(out, '\n'));
        }
    }
}

static void test_any_chunk_size(void **state)
{
    (void)state;
    struct wants *w = calloc(1, sizeof(*w));
    struct buf all;
    buf_init(&all, BUF_UNLIMITED);
    uint64_t seed = 20;
    for (int round = 0; round < 400; round++) {
        const struct reader_format *format = round % 2 == 0 ? &reader_jsonl : &reader_paragraphs;
        all.len = 0;
        add_random_lines(&all, &seed);
        put("lines", buf_str(&all));
        const struct reader_options options = {.max_line = 1 + next_random(&seed) % 500,
                                               .chunk_bytes = 1 + next_random(&seed) % 1500};
        struct part p;
        part_read(&p, format, in_folder("lines"), options, &usual);
        assert_split_agrees(&p);
        w->count = 0;
        size_t mark = 0;
        if (format == &reader_jsonl) {
            want_lines(buf_str(&all), options.max_line, w);
        } else {
            mark = all.len >= 3 && memcmp(all.at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
            want_paragraphs((tamis_str){all.at + mark, all.len - mark}, options.max_line, w);
            for (size_t i = 0; i < w->count; i++) {
                w->at[i].offset += mark;
            }
        }
        assert_records_are(&p, buf_str(&all), w);
        part_release(&p);
    }
    buf_release(&all);
    free(w);
}

/* Lines about as long as the limit, which is where a chunk ends too. */
static void test_limit(void **state)
{
    (void)state;
    char bytes[2000];
    for (size_t round = 0; round < 600; round++) {
        const size_t chunk = 64 + round / 30, limit = chunk * (round / 10 % 3 + 1);
        for (size_t len = limit - 2; len <= limit + 2; len += round % 3 + 1) {
            memset(bytes, ' ', len);
            memcpy(bytes, "{\"text\":\"t\"}", 12); /* white space follows */
            bytes[len] = '\n';
            memcpy(bytes + len + 1, "{}", 3);
            put("limit", (tamis_str){bytes, len + 3});
            struct part p;
            part_read(&p, &reader_jsonl, in_folder("limit"),
                      (struct reader_options){.max_line = limit, .chunk_bytes = chunk}, &usual);
            assert_int_equal(p.parsed.count, 2);
            assert_int_equal(p.parsed.at[0].reject, len > limit ? REJECT_LINE_TOO_LONG : REJECT_NONE);
            assert_int_equal(p.parsed.at[0].length, len);
            assert_int_equal(p.parsed.at[1].offset, len + 1);
            part_release(&p);
        }
    }
}

static void test_ends(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t lines, paragraphs;
    } cases[] = {{"", 0, 0},           {"\n", 1, 0},           {"\n\n", 2, 0},       {"a", 1, 1},
                 {"a\n", 1, 1},        {"a\n\n", 2, 1},        {"a\nb", 2, 1},       {"a\n\nb", 3, 2},
                 {"\n\na\n", 3, 1},    {"a\r\n\r\nb\r\n", 3, 2}, {"a\n \t\nb", 3, 2}, {"\xef\xbb\xbf", 0, 0},
                 {"\xef\xbb\xbf\n", 1, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct part p;
        put("end", str_from(cases[i].bytes));
        part_read(&p, &reader_jsonl, in_folder("end"), (struct reader_options){0}, &usual);
        assert_int_equal(p.parsed.count, cases[i].lines);
        part_release(&p);
        part_read(&p, &reader_paragraphs, in_folder("end"), (struct reader_options){0}, &usual);
        assert_int_equal(p.parsed.count, cases[i].paragraphs);
        part_release(&p);
    }
}

static void test_long_lines_are_not_held(void **state)
{
    (void)state;
    struct buf all;
    buf_init(&all, BUF_UNLIMITED);
    assert_true(buf_add_str(&all, STR("{\"text\":\"before\"}\n{\"text\":\"")));
    assert_true(buf_reserve(&all, 20000000));
    memset(all.at + all.len, 'x', 20000000);
    all.len += 20000000;
    assert_true(buf_add_str(&all, STR("\"}\n{\"text\":\"after\"}\n")));
    put("long", buf_str(&all));
    const struct reader_options options = {.max_line = 3000000, .chunk_bytes = 100000};
    struct part p;
    part_read(&p, &reader_jsonl, in_folder("long"), options, &usual);
    assert_int_equal(p.parsed.count, 3);
    assert_int_equal(p.parsed.at[1].reject, REJECT_LINE_TOO_LONG);
    assert_int_equal(p.parsed.at[1].offset, 18);
    assert_int_equal(p.parsed.at[1].length, 20000011);
    assert_int_equal(p.parsed.at[1].raw.len, 0);
    assert_true(str_is(p.parsed.at[2].text, "after"));
    for (size_t i = 0; i < p.count; i++) {
        assert_in_range(p.chunks[i].bytes.cap, 0, 3000001);
    }
    part_release(&p);
    /* within the limit it is a record, in a chunk of its own size */
    part_read(&p, &reader_jsonl, in_folder("long"), (struct reader_options){.chunk_bytes = 100000}, &usual);
    assert_int_equal(p.parsed.count, 3);
    assert_int_equal(p.parsed.at[1].text.len, 20000000);
    part_release(&p);
    buf_release(&all);
}

/* ---- Damage ----------------------------------------------------------------------------------------------------- */

static void test_damaged_part(void **state)
{
    (void)state;
    struct buf text, packed;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    const char *head = "{\"text\":\"one\"}\n{\"text\":\"two\"}\n{\"text\":\"thr";
    assert_int_equal(codec_compress((struct codec_choice){CODEC_ZSTD, 0}, str_from(head), &packed, NULL), TAMIS_OK);
    assert_int_equal(codec_compress((struct codec_choice){CODEC_ZSTD, 0}, STR("ee\"}\n{}\n"), &packed, NULL), TAMIS_OK);
    put("damaged", (tamis_str){packed.at, packed.len - 3});
    static const size_t sizes[] = {1, 70, 1 << 20};
    for (size_t i = 0; i < 3; i++) {
        struct part p;
        const struct reader_options options = {.chunk_bytes = sizes[i]};
        part_read(&p, &reader_jsonl, in_folder("damaged"), options, &usual);
        const size_t last = p.parsed.count - 1;
        assert_int_equal(p.parsed.at[last].reject, REJECT_DAMAGED_STREAM);
        assert_true(last == 2 || last == 4); /* the checksum is at the end: the second frame may come out */
        assert_true(str_is(p.parsed.at[1].text, "two"));
        assert_int_equal(p.chunks[p.count - 1].holds, CHUNK_DAMAGED);
        assert_true(strlen(p.chunks[p.count - 1].note) > 0);
        assert_split_agrees(&p);
        part_release(&p);
    }
    put("damaged", (tamis_str){packed.at, packed.len / 2 + 8}); /* the second frame's header */
    for (int f = 0; f < 3; f++) {
        struct part p;
        part_read(&p, reader_formats[f], in_folder("damaged"), (struct reader_options){0}, &usual);
        assert_int_equal(p.parsed.count, f == 0 ? 3 : 1);
        const struct record *last = &p.parsed.at[p.parsed.count - 1];
        assert_int_equal(last->reject, REJECT_DAMAGED_STREAM);
        assert_int_equal(last->offset, f == 0 ? 30 : 0);
        assert_int_equal(last->offset + last->length, strlen(head));
        part_release(&p);
        /* a line over the limit and then damage */
        part_read(&p, reader_formats[f], in_folder("damaged"), (struct reader_options){.max_line = 5}, &usual);
        assert_int_equal(p.parsed.at[p.parsed.count - 1].reject, REJECT_DAMAGED_STREAM);
        assert_int_equal(p.parsed.count, f == 0 ? 3 : 1);
        part_release(&p);
    }
    /* the damage lies in a line that is being passed over */
    assert_true(buf_add_str(&text, STR("{\"text\":\"one\"}\n")));
    for (int i = 0; i < 5000; i++) {
        assert_true(buf_add_str(&text, STR("long ")));
    }
    packed.len = 0;
    assert_int_equal(codec_compress((struct codec_choice){CODEC_ZSTD, 0}, buf_str(&text), &packed, NULL), TAMIS_OK);
    assert_true(buf_add_char(&packed, 'x'));
    put("damaged", buf_str(&packed));
    struct part p;
    const struct reader_options small = {.max_line = 100, .chunk_bytes = 64};
    part_read(&p, &reader_jsonl, in_folder("damaged"), small, &usual);
    assert_int_equal(p.parsed.count, 2);
    assert_int_equal(p.parsed.at[1].reject, REJECT_DAMAGED_STREAM);
    assert_int_equal(p.parsed.at[1].offset, 15);
    assert_int_equal(p.parsed.at[1].length, 25000);
    part_release(&p);
    buf_release(&text);
    buf_release(&packed);
}

/* ---- Plain text ------------------------------------------------------------------------------------------------- */

static void assert_rendered(const struct record *record, const char *wanted)
{
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    assert_int_equal(reader_render(record, &out, NULL), TAMIS_OK);
    assert_true(str_is(buf_str(&out), wanted));
    buf_release(&out);
}

static void test_text_files(void **state)
{
    (void)state;
    struct part p;
    char wanted[600];
    put("a.txt", STR("\xef\xbb\xbfone \"quoted\"\n\ntwo\n"));
    part_read(&p, &reader_text, in_folder("a.txt"), (struct reader_options){.chunk_bytes = 5}, &usual);
    assert_int_equal(p.parsed.count, 1);
    assert_split_agrees(&p);
    assert_true(str_is(p.parsed.at[0].text, "one \"quoted\"\n\ntwo\n"));
    assert_true(str_is(p.parsed.at[0].id, in_folder("a.txt")));
    assert_int_equal(p.parsed.at[0].offset, 3);
    assert_int_equal(p.parsed.at[0].length, 18);
    snprintf(wanted, sizeof(wanted), "{\"id\":\"%s\",\"text\":\"one \\\"quoted\\\"\\n\\ntwo\\n\"}", in_folder("a.txt"));
    assert_rendered(&p.parsed.at[0], wanted);
    part_release(&p);
    static const struct {
        tamis_str bytes;
        enum reject reject;
    } cases[] = {{{"", 0}, REJECT_EMPTY_LINE},         {{"a\0b", 3}, REJECT_RAW_NUL},
                 {{"a\xff", 2}, REJECT_INVALID_UTF8},  {{"\xff\0", 2}, REJECT_RAW_NUL},
                 {{"12345678", 8}, REJECT_NONE},       {{"123456789", 9}, REJECT_LINE_TOO_LONG},
                 {{"\xef\xbb\xbf", 3}, REJECT_EMPTY_LINE}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put("b.txt", cases[i].bytes);
        part_read(&p, &reader_text, in_folder("b.txt"), (struct reader_options){.max_line = 8}, &usual);
        assert_int_equal(p.parsed.count, 1);
        assert_int_equal(p.parsed.at[0].reject, cases[i].reject);
        assert_int_equal(p.parsed.at[0].offset + p.parsed.at[0].length, cases[i].bytes.len);
        assert_split_agrees(&p);
        part_release(&p);
    }
}

static void test_paragraphs(void **state)
{
    (void)state;
    struct part p;
    put("p.txt", STR("\n \nfirst line\nsecond line\n\t\n\n\nnext  \r\n\r\na\xff\n\na\0b\n\nlast"));
    part_read(&p, &reader_paragraphs, in_folder("p.txt"), (struct reader_options){0}, &usual);
    assert_int_equal(p.parsed.count, 5);
    assert_split_agrees(&p);
    assert_true(str_is(p.parsed.at[0].text, "first line\nsecond line"));
    assert_int_equal(p.parsed.at[0].id.len, 0);
    assert_rendered(&p.parsed.at[0], "{\"text\":\"first line\\nsecond line\"}");
    assert_true(str_is(p.parsed.at[1].text, "next"));
    assert_int_equal(p.parsed.at[2].reject, REJECT_INVALID_UTF8);
    assert_int_equal(p.parsed.at[3].reject, REJECT_RAW_NUL);
    assert_true(str_is(p.parsed.at[4].text, "last"));
    part_release(&p);
}

/* ---- Fuzzing by hand, and real text ----------------------------------------------------------------------------- */

/* Lines with a few bytes changed: no crash, and a kept text is valid whatever happened. */
static void test_random_bytes(void **state)
{
    (void)state;
    static const char line[] = "{\"id\":-12.5e3,\"text\":\"caf\\u00e9 \\ud83d\\ude00 \xc3\xa9\","
                               "\"meta\":{\"a\":[1,2,null,true]},"
                               "\"big\":123456789012345678901}\n";
    static const char odd[] = "{}[]\",:\\0123456789eE+-.\n\r\t \xff\xc3\xf0u";
    struct buf all;
    buf_init(&all, BUF_UNLIMITED);
    uint64_t seed = 99;
    for (int i = 0; i < 20000; i++) {
        const size_t at = all.len;
        assert_true(buf_add(&all, line, sizeof(line) - 1));
        for (uint64_t n = next_random(&seed) % 3; n > 0; n--) {
            const char with = next_random(&seed) % 4 == 0 ? (char)next_random(&seed)
                                                          : odd[next_random(&seed) % (sizeof(odd) - 1)];
            all.at[at + next_random(&seed) % (sizeof(line) - 1)] = with;
        }
    }
    put("random", buf_str(&all));
    struct part small, large;
    const struct record_fields fields = {.text = "text", .id = "id", .tokens = "big", .numbers = {"id", "meta.a"}};
    part_read(&small, &reader_jsonl, in_folder("random"), (struct reader_options){.chunk_bytes = 1000}, &fields);
    part_read(&large, &reader_jsonl, in_folder("random"), (struct reader_options){0}, &fields);
    assert_split_agrees(&small);
    assert_split_agrees(&large);
    assert_int_equal(small.parsed.count, large.parsed.count);
    size_t kept = 0;
    for (size_t i = 0; i < small.parsed.count; i++) {
        const struct record *a = &small.parsed.at[i], *b = &large.parsed.at[i];
        assert_int_equal(a->reject, b->reject);
        assert_true(str_equal(a->text, b->text) && str_equal(a->id, b->id) && a->offset == b->offset);
        kept += a->reject == REJECT_NONE;
    }
    assert_in_range(kept, 5000, 20000);
    part_release(&small);
    part_release(&large);
    buf_release(&all);
}

struct tally {
    uint64_t documents, text_bytes, lines;
};

/* The row of a corpus in its folder's README.md. */
static bool read_tally(const char *corpora, const char *name, struct tally *t)
{
    char path[600], row[4000];
    snprintf(path, sizeof(path), "%s/README.md", corpora);
    FILE *f = fopen(path, "r");
    bool found = false;
    while (f != NULL && !found && fgets(row, sizeof(row), f) != NULL) {
        const size_t len = strlen(name);
        unsigned long long documents = 0, bytes = 0;
        found = strncmp(row, "| ", 2) == 0 && strncmp(row + 2, name, len) == 0 &&
                sscanf(row + 2 + len, " | %llu | %llu |", &documents, &bytes) == 2;
        t->documents = documents;
        t->text_bytes = bytes;
    }
    if (f != NULL) {
        fclose(f);
    }
    return found;
}

static uint64_t count_lines(const char *path)
{
    struct stream_in *s = NULL;
    static char bytes[65536];
    size_t got = 0;
    uint64_t lines = 0;
    assert_int_equal(stream_open(&s, path, NULL), TAMIS_OK);
    do {
        assert_int_equal(stream_read(s, bytes, sizeof(bytes), &got, NULL), TAMIS_OK);
        for (size_t i = 0; i < got; i++) {
            lines += bytes[i] == '\n';
        }
    } while (got > 0);
    stream_close(s);
    return lines;
}

static void test_real_corpora(void **state)
{
    (void)state;
    static const char *const names[] = {"anarchism_faq.jsonl.zst", "books_chemistry.jsonl.zst", "code_src.jsonl.zst",
                                        "dc_code.jsonl.zst", "languages.jsonl.zst", "stacks_project.jsonl.zst",
                                        "wikitext2_valid.jsonl.zst"};
    const char *corpora = getenv("TAMIS_SHARED_CORPORA");
    corpora = corpora != NULL ? corpora : "../shared/corpora";
    if (!file_is_folder(corpora)) {
        print_message("skipped: there is no folder %s\n", corpora);
        skip();
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char path[600];
        struct tally wanted = {0}, seen = {0};
        snprintf(path, sizeof(path), "%s/%s", corpora, names[i]);
        if (!read_tally(corpora, names[i], &wanted) || !file_exists(path)) {
            print_message("skipped: %s is not there\n", names[i]);
            continue;
        }
        wanted.lines = count_lines(path);
        for (int round = 0; round < 2; round++) {
            struct part p;
            seen = (struct tally){0};
            const struct reader_options options = {.chunk_bytes = round == 0 ? 0 : 50000};
            part_read(&p, &reader_jsonl, path, options, &usual);
            assert_split_agrees(&p);
            for (size_t k = 0; k < p.parsed.count; k++) {
                assert_int_equal(p.parsed.at[k].reject, REJECT_NONE);
                assert_true(p.parsed.at[k].id.len > 0);
                seen.text_bytes += p.parsed.at[k].text.len;
            }
            assert_int_equal(p.parsed.count, wanted.documents);
            assert_int_equal(p.parsed.count, wanted.lines);
            assert_int_equal(seen.text_bytes, wanted.text_bytes);
            part_release(&p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_reject_names),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_raw_nul),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_text_and_id),
        cmocka_unit_test(test_number_ids),
        cmocka_unit_test(test_dotted_paths),
        cmocka_unit_test(test_other_fields),
        cmocka_unit_test(test_tamed_numbers),
        cmocka_unit_test(test_any_chunk_size),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_long_lines_are_not_held),
        cmocka_unit_test(test_damaged_part),
        cmocka_unit_test(test_text_files),
        cmocka_unit_test(test_paragraphs),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_real_corpora),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
