/* Damage inside zstd frames: what is lost, and that it is the same in pieces and wherever reading goes on. */
#include "pieces_world.h"

/* Frames of `step` bytes; of frame `bad` the last block's content, or the checksum behind it, is spoiled. */
static void add_spoiled(struct buf *out, tamis_str bytes, size_t step, size_t bad, enum stating stating)
{
    out->len = 0;
    for (size_t at = 0, i = 0; at < bytes.len; at += step, i++) {
        const size_t first = out->len, left = bytes.len - at < step ? bytes.len - at : step;
        add_frame(out, (tamis_str){bytes.at + at, left}, stating);
        if (i == bad) {
            const size_t len = out->len - first, some = len / 2 < 1000 ? len / 2 : 1000;
            if (stating == CHECKED) {
                out->at[out->len - 2] ^= 0x55;
            } else {
                memset(out->at + out->len - some, 0xff, some);
            }
        }
    }
}

/* The end of the first line that ends at or behind `from`. */
static size_t behind_line(const struct buf *text, size_t from)
{
    const char *const newline = from < text->len ? strchr(text->at + from, '\n') : NULL;
    return newline != NULL ? (size_t)(newline - text->at) + 1 : text->len;
}

/*
 * Every line outside the spoiled frame [from, to), but what is left of one behind it, is there; and one loss. Where the
 * frame does not state its size, what follows lies where it would if no more had been in it than was decoded.
 */
static void assert_only_lost(const struct said *said, const struct buf *text, size_t from, size_t to, bool stated)
{
    const size_t behind = behind_line(text, to);
    const char *const lost = strstr(buf_str(&said->text).at, "damaged_stream");
    assert_non_null(lost);
    assert_null(strstr(lost + 1, "damaged_stream"));
    const char *row = lost;
    while (row > said->text.at && row[-1] != '\n') {
        row--;
    }
    char *rest = NULL;
    const size_t offset = strtoull(row, &rest, 10), length = strtoull(rest, NULL, 10);
    assert_in_range(offset, 0, to);
    const size_t end = offset + length == text->len || behind == text->len ? text->len : offset + length + 1;
    const size_t missing = behind - end;
    assert_in_range(missing, 0, stated ? 0 : to - from);
    assert_true(!stated || offset + length + 1 == behind || offset + length == text->len);
    for (size_t at = 0; at < text->len;) {
        const size_t next = behind_line(text, at);
        if (next <= from || at >= behind) {
            char line[64];
            snprintf(line, sizeof(line), "%s%zu ", at == 0 ? "" : "\n", at >= behind ? at - missing : at);
            assert_non_null(strstr(buf_str(&said->text).at, line));
        }
        at = next;
    }
}

static void test_one_frame_is_lost(void **state)
{
    (void)state;
    static const size_t sizes[] = {30000, 400000, (size_t)PIECE_DECODED_MOST + 300000};
    static const size_t steps[] = {2000, 90000, (size_t)PIECE_DECODED_MOST + 100000};
    struct buf text, packed;
    uint64_t seed = 9;
    size_t unseen = 0;
    buf_init(&packed, BUF_UNLIMITED);
    for (size_t s = 0; s < 3; s++) {
        buf_init(&text, BUF_UNLIMITED);
        add_lines(&text, sizes[s], s == 0 ? 70 : 3000, &seed);
        for (size_t bad = 0; bad * steps[s] < text.len; bad++) {
            for (enum stating stating = STATED; stating <= CHECKED; stating++) {
                struct said said;
                add_spoiled(&packed, buf_str(&text), steps[s], bad, stating);
                put("part", buf_str(&packed));
                assert_same(0);
                assert_same_as_stream(&reader_jsonl, 2000);
                as_stream(&said, &reader_jsonl, 0);
                const size_t end = (bad + 1) * steps[s];
                const char *const more = strstr(buf_str(&said.text).at, "damaged at byte");
                if (more == NULL) { /* without a checksum other text may come out */
                    assert_true(stating != CHECKED);
                    unseen++;
                } else {
                    const size_t to = end < text.len ? end : text.len;
                    assert_only_lost(&said, &text, bad * steps[s], to, stating != NOT_STATED);
                }
                buf_release(&said.text);
            }
        }
        buf_release(&text);
    }
    assert_in_range(unseen, 0, 6);
    buf_release(&packed);
}

/* Two spoiled frames side by side are one stretch; two apart are two. A header that leads elsewhere ends the part. */
static void test_stretches(void **state)
{
    (void)state;
    struct buf text, packed;
    uint64_t seed = 10;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    add_lines(&text, 9000, 50, &seed);
    for (size_t second = 1; second < 9; second++) {
        struct said said;
        size_t losses = 0, places[16] = {0}, frames = 0;
        packed.len = 0;
        for (size_t at = 0; at < 9000; at += 1000) {
            places[frames++] = packed.len;
            add_frame(&packed, (tamis_str){text.at + at, 1000}, CHECKED);
        }
        places[frames] = packed.len;
        packed.at[places[1] - 1] ^= 1;
        packed.at[places[second + 1] - 1] ^= 1;
        put("part", buf_str(&packed));
        assert_same(0);
        as_stream(&said, &reader_jsonl, 0);
        for (const char *at = buf_str(&said.text).at; (at = strstr(at, "damaged_stream")) != NULL; at++) {
            losses++;
        }
        assert_int_equal(losses, 2); /* a line ends in every frame */
        buf_release(&said.text);
        packed.at[places[second]] ^= 1; /* its magic number */
        put("part", buf_str(&packed));
        assert_same(0);
        as_stream(&said, &reader_jsonl, 0);
        const char *last = strrchr(buf_str(&said.text).at, ' ');
        assert_int_equal(strtoull(last + 1, NULL, 10), second == 1 ? places[1] - 4 : places[second]);
        buf_release(&said.text);
    }
    buf_release(&text);
    buf_release(&packed);
}

/* Going on where any chunk ended, before the loss or behind it. */
static void test_seek_over_a_gap(void **state)
{
    (void)state;
    struct buf text, packed;
    uint64_t seed = 11;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    add_lines(&text, 6000, 80, &seed);
    for (size_t bad = 0; bad < 7; bad++) {
        struct said all, rest;
        add_spoiled(&packed, buf_str(&text), 900, bad, (enum stating)(bad % 3));
        put("part", buf_str(&packed));
        as_stream(&all, &reader_jsonl, 0);
        for (tamis_str at = buf_str(&all.text); at.len > 0;) {
            const uint64_t offset = strtoull(at.at, NULL, 10);
            if (offset > 0) {
                assert_int_equal(in_pieces(&rest, &reader_jsonl, 0, (struct asking){.seek = offset}), TAMIS_OK);
                assert_string_equal(buf_str(&rest.text).at, said_from(&all, offset).at);
                buf_release(&rest.text);
            }
            const char *next = strchr(at.at, '\n') + 1;
            next = strncmp(next, "damaged at", 10) == 0 ? strchr(next, '\n') + 1 : next;
            at = (tamis_str){next, at.len - (size_t)(next - at.at)};
        }
        buf_release(&all.text);
    }
    buf_release(&text);
    buf_release(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_frame_is_lost),
        cmocka_unit_test(test_stretches),
        cmocka_unit_test(test_seek_over_a_gap),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
