/* Chunks of short lines: few enough records each, the same ones, and ordinary text is not cut smaller for it. */
#include "pieces_world.h"

#include "io/units.h"

static size_t newlines(const char *at, size_t len)
{
    size_t count = 0;
    for (size_t i = 0; i < len; i++) {
        count += at[i] == '\n';
    }
    return count;
}

static void fill(struct buf *text, size_t len, const char *unit)
{
    text->len = 0;
    while (text->len < len) {
        assert_true(buf_add_str(text, str_from(unit)));
    }
}

static void assert_few(const struct buf *text)
{
    for (size_t at = 0; at < text->len;) {
        const size_t len = cutter_few_lines(text->at + at, text->len - at);
        assert_in_range(newlines(text->at + at, len), 0, CHUNK_LINES);
        assert_true(len == text->len - at || text->at[at + len - 1] == '\n');
        at += len;
    }
}

static void test_few_lines(void **state)
{
    (void)state;
    static const char *const short_ones[] = {"\n", "a\n", "\r\n", "{}\n", "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n                 "};
    struct buf text;
    uint64_t seed = 12;
    buf_init(&text, BUF_UNLIMITED);
    for (size_t i = 0; i < sizeof(short_ones) / sizeof(short_ones[0]); i++) {
        fill(&text, 3000001 + i, short_ones[i]);
        assert_few(&text);
        assert_true(cutter_few_lines(text.at, text.len) < text.len);
    }
    for (size_t round = 0; round < 20; round++) { /* crowds of empty lines inside long ones */
        fill(&text, 4 << 20, "no newline ");
        for (size_t crowd = 0; crowd < 40; crowd++) {
            const size_t len = 1 + next_random(&seed) % 50000;
            memset(text.at + next_random(&seed) % (text.len - len), '\n', len);
        }
        assert_few(&text);
    }
    fill(&text, 65536, "\n");
    assert_int_equal(cutter_few_lines(text.at, text.len), text.len);
    fill(&text, 4 << 20, "a line of ordinary length, which is some two hundred bytes or more in most texts there are, "
                         "and a little more of it, so that it is as long as that and nobody can call it short, no\n");
    assert_int_equal(cutter_few_lines(text.at, text.len), text.len);
    buf_release(&text);
}

static void test_same_records(void **state)
{
    (void)state;
    struct buf text, packed;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    fill(&text, 300000, "\n");
    fill(&packed, 200000, "a\n\n");
    assert_true(buf_add_str(&text, buf_str(&packed)));
    for (size_t step = 100000; step < 1000000; step *= 9) {
        packed.len = 0;
        add_frames(&packed, buf_str(&text), step, STATED);
        put("part", buf_str(&packed));
        assert_same(0);
        struct said said;
        assert_int_equal(in_pieces(&said, &reader_jsonl, 0, (struct asking){0}), TAMIS_OK);
        assert_int_equal(said.records, newlines(text.at, text.len));
        assert_true(said.chunks >= said.records / CHUNK_LINES);
        buf_release(&said.text);
    }
    buf_release(&text);
    buf_release(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_lines),
        cmocka_unit_test(test_same_records),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
