/* Chunks: the records of a plain twin, whatever the size of a chunk and the longest line. */
#include "reader_world.h"

#include "chance.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_chunk_size),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_long_lines_are_not_held),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
