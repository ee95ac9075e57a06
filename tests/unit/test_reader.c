/* Readers: their names, damaged parts, plain text, and random and real input. */
#include "reader_world.h"

#include "chance.h"
#include "io/stream.h"

/* ---- Names ------------------------------------------------------------------------------------------------------ */

static void test_formats(void **state)
{
    (void)state;
    assert_ptr_equal(reader_by_name("jsonl"), &reader_jsonl);
    assert_ptr_equal(reader_by_name("text"), &reader_text);
    assert_ptr_equal(reader_by_name("paragraphs"), &reader_paragraphs);
    assert_null(reader_by_name("parquet?"));
    static const struct {
        const char *name;
        const struct reader_format *format;
    } names[] = {{"a.txt", &reader_text}, {"a.txt.zst", &reader_text}, {"a.txt.gz", &reader_text},
                 {"a.jsonl.gz", &reader_jsonl}, {"-", &reader_jsonl}};
    const struct reader_format *format = NULL;
    tamis_err err;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(reader_for_name(&format, names[i].name, &err), TAMIS_OK);
        assert_ptr_equal(format, names[i].format);
    }
    assert_int_equal(reader_for_name(&format, "a.parquet", &err), TAMIS_INPUT);
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
        cmocka_unit_test(test_damaged_part),
        cmocka_unit_test(test_text_files),
        cmocka_unit_test(test_paragraphs),
        cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_real_corpora),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
