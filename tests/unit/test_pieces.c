/* Reading in pieces: the same records as reading as one stream, however frames are cut, damaged or left out. */
#include "pieces_world.h"

/* ---- Frames ----------------------------------------------------------------------------------------------------- */

static void test_scan(void **state)
{
    (void)state;
    struct buf text, packed;
    uint64_t seed = 1;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    add_lines(&text, 700000, 500, &seed);
    static const size_t sizes[] = {0, 1, 100, 255, 256, 257, 65791, 65792, 131072, 131073, 700000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (enum stating stating = STATED; stating <= CHECKED; stating++) {
            struct frame frame;
            packed.len = 0;
            add_frame(&packed, (tamis_str){text.at, sizes[i]}, stating);
            const size_t len = packed.len;
            const uint8_t *bytes = (const uint8_t *)packed.at;
            assert_int_equal(frame_scan(bytes, len, &frame), FRAME_DONE);
            assert_int_equal(frame.packed, len);
            assert_true(frame.content == (stating == NOT_STATED ? FRAME_UNKNOWN : sizes[i]));
            assert_true(frame.most >= sizes[i]);
            for (size_t cut = 0; cut < len; cut += 1 + cut / 9) {
                assert_true(frame_scan(bytes, cut, &frame) < FRAME_DONE);
                assert_in_range(frame.packed, cut + 1, len);
            }
        }
    }
    struct frame frame;
    assert_int_equal(frame_scan((const uint8_t *)"P*M\x18\x03\0\0\0abc", 11, &frame), FRAME_DONE);
    assert_int_equal(frame.packed, 11);
    assert_int_equal(frame_scan((const uint8_t *)"no frame", 8, &frame), FRAME_ODD);
    buf_release(&text);
    buf_release(&packed);
}

static void test_any_frames(void **state)
{
    (void)state;
    struct buf text, packed;
    uint64_t seed = 2;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    static const size_t steps[] = {1, 3, 100, 1000, 50000, 3000000};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        for (enum stating stating = STATED; stating <= CHECKED; stating++) {
            text.len = packed.len = 0;
            assert_true(i % 2 != 0 || buf_add_str(&text, STR("\xef\xbb\xbf")));
            add_lines(&text, steps[i] < 100 ? 3000 : 300000, 300, &seed);
            add_frames(&packed, buf_str(&text), steps[i], stating);
            put("part", buf_str(&packed));
            assert_same(0);
            assert_same(150);
            assert_same(2000);
        }
    }
    buf_release(&text);
    buf_release(&packed);
}

/* Small frames, then one too large to be decoded at once, empty ones and some that are to be skipped. */
static void test_mixed(void **state)
{
    (void)state;
    struct buf text, packed;
    uint64_t seed = 3;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    add_lines(&text, (size_t)PIECE_DECODED_MOST + 2500000, 200000, &seed);
    const tamis_str small = {text.at, 2000000}, large = {text.at + small.len, text.len - small.len};
    for (enum stating stating = STATED; stating <= CHECKED; stating++) {
        packed.len = 0;
        add_frames(&packed, small, 70000, stating);
        add_frame(&packed, STR(""), stating);
        assert_true(buf_add(&packed, "P*M\x18\x03\0\0\0abc", 11));
        add_frame(&packed, large, stating);
        assert_true(buf_add(&packed, "P*M\x18\0\0\0\0", 8));
        add_frames(&packed, small, 900000, stating);
        add_frame(&packed, STR(""), stating);
        put("part", buf_str(&packed));
        assert_same(0);
        assert_same(100000);
    }
    buf_release(&text);
    buf_release(&packed);
}

static void test_other_codecs(void **state)
{
    (void)state;
    struct buf text, packed;
    uint64_t seed = 4;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    add_lines(&text, 3500000, 3000, &seed);
    put("part", buf_str(&text));
    assert_same(0);
    assert_same(1000);
    const struct codec_choice gzip = {CODEC_GZIP, 1};
    for (size_t at = 0; at < text.len; at += 300001) {
        const size_t left = text.len - at;
        assert_int_equal(codec_compress(gzip, (tamis_str){text.at + at, left < 300001 ? left : 300001}, &packed, NULL),
                         TAMIS_OK);
    }
    put("part", buf_str(&packed));
    assert_same(0);
    assert_same(1000);
    put("part", STR(""));
    assert_same(0);
    buf_release(&text);
    buf_release(&packed);
}

/* ---- Damage ----------------------------------------------------------------------------------------------------- */

static void test_cut_anywhere(void **state)
{
    (void)state;
    struct buf text, packed;
    uint64_t seed = 5;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    add_lines(&text, 1500, 60, &seed);
    for (enum stating stating = STATED; stating <= CHECKED; stating++) {
        packed.len = 0;
        add_frames(&packed, buf_str(&text), 333, stating);
        for (size_t len = 2; len < packed.len; len++) {
            put("part", (tamis_str){packed.at, len});
            assert_same(len % 3 == 0 ? 30 : 0);
        }
    }
    buf_release(&text);
    buf_release(&packed);
}

static void test_flipped_bits(void **state)
{
    (void)state;
    struct buf text, packed, broken;
    uint64_t seed = 6;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    buf_init(&broken, BUF_UNLIMITED);
    add_lines(&text, 400000, 900, &seed);
    for (enum stating stating = STATED; stating <= CHECKED; stating++) {
        for (size_t round = 0; round < 150; round++) {
            packed.len = broken.len = 0;
            const size_t step = 500 + next_random(&seed) % 300000;
            add_frames(&packed, buf_str(&text), step, stating);
            assert_true(buf_add_str(&broken, buf_str(&packed)));
            broken.at[next_random(&seed) % broken.len] ^= (char)(1u << next_random(&seed) % 8);
            put("part", buf_str(&broken));
            assert_same_as_stream(round % 3 == 0 ? &reader_paragraphs : &reader_jsonl, round % 2 == 0 ? 0 : 400);
        }
    }
    buf_release(&text);
    buf_release(&packed);
    buf_release(&broken);
}

/* ---- Going on, leaving out -------------------------------------------------------------------------------------- */

static void test_seek(void **state)
{
    (void)state;
    struct buf text, packed;
    uint64_t seed = 7;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    add_lines(&text, 5000, 80, &seed);
    for (enum stating stating = STATED; stating <= CHECKED; stating++) {
        struct said all, rest;
        packed.len = 0;
        add_frames(&packed, buf_str(&text), 170, stating);
        put("part", buf_str(&packed));
        as_stream(&all, &reader_jsonl, 0);
        for (size_t at = 1; at <= text.len; at++) {
            const bool sensible = text.at[at - 1] == '\n';
            const tamis_status status = in_pieces(&rest, &reader_jsonl, 0, (struct asking){.seek = at});
            assert_int_equal(status, sensible ? TAMIS_OK : TAMIS_INPUT);
            assert_true(!sensible || str_equal(buf_str(&rest.text), said_from(&all, at)));
            buf_release(&rest.text);
        }
        assert_int_equal(in_pieces(&rest, &reader_jsonl, 0, (struct asking){.seek = text.len + 1}), TAMIS_INPUT);
        buf_release(&rest.text);
        assert_int_equal(in_pieces(&rest, &reader_text, 0, (struct asking){.seek = text.len}), TAMIS_OK);
        assert_int_equal(rest.records, 0);
        buf_release(&rest.text);
        buf_release(&all.text);
    }
    buf_release(&text);
    buf_release(&packed);
}

struct hole {
    const struct buf *text;
    uint64_t from, to; /* no record in there is wanted */
    uint64_t left_out;
};

static bool in_hole(void *context, uint64_t from, uint64_t to, uint64_t *resume)
{
    struct hole *h = context;
    if (from < h->from || to > h->to) {
        return false;
    }
    for (*resume = to; *resume < h->text->len && h->text->at[*resume - 1] != '\n'; ++*resume) {
    }
    *resume = *resume == h->text->len ? UINT64_MAX : *resume;
    h->left_out += to - from;
    return true;
}

static void test_leave_out(void **state)
{
    (void)state;
    struct buf text, packed;
    uint64_t seed = 8;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    add_lines(&text, 20000, 90, &seed);
    uint64_t left_out = 0;
    for (size_t round = 0; round < 200; round++) {
        struct said all, some;
        packed.len = 0;
        add_frames(&packed, buf_str(&text), 1 + next_random(&seed) % 900, round % 3 == 0 ? CHECKED : STATED);
        put("part", buf_str(&packed));
        as_stream(&all, &reader_jsonl, 0);
        struct hole hole = {.text = &text, .from = next_random(&seed) % text.len};
        hole.to = hole.from + next_random(&seed) % (text.len - hole.from + 1);
        const struct asking asking = {.skip = in_hole, .context = &hole};
        assert_int_equal(in_pieces(&some, &reader_jsonl, 0, asking), TAMIS_OK);
        /* what is said is said of all of it, and what lies outside the hole is */
        tamis_str rest = buf_str(&all.text);
        size_t found = 0;
        const char *at = buf_str(&some.text).at;
        while (rest.len > 0) {
            const size_t len = (size_t)(strstr(rest.at, "]\n") + 2 - rest.at);
            const uint64_t offset = strtoull(rest.at, NULL, 10);
            if (strncmp(at, rest.at, len) == 0) {
                at += len;
                found++;
            } else {
                assert_in_range(offset, hole.from > 400 ? hole.from - 400 : 0, hole.to);
            }
            rest = (tamis_str){rest.at + len, rest.len - len};
        }
        assert_int_equal(found, some.records);
        left_out += hole.left_out;
        buf_release(&all.text);
        buf_release(&some.text);
    }
    assert_true(left_out > 100000);
    buf_release(&text);
    buf_release(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan),         cmocka_unit_test(test_any_frames),   cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_other_codecs), cmocka_unit_test(test_cut_anywhere), cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_seek),         cmocka_unit_test(test_leave_out),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
