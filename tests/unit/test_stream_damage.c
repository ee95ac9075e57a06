/* Streams in that are cut or changed: what comes out first, and that the damage is seen. */
#include "stream_world.h"

#include "io/frame.h"

static void test_cut_anywhere(void **state)
{
    (void)state;
    static const char *const how[] = {"zstd", "gzip"};
    for (size_t h = 0; h < 2; h++) {
        struct buf packed, all;
        size_t ends[5] = {0}, texts[5] = {0};
        buf_init(&packed, BUF_UNLIMITED);
        buf_init(&all, BUF_UNLIMITED);
        for (size_t i = 1; i < 5; i++) {
            add_words(&all, all.len + 150 * i, i);
            compress(how[h], (tamis_str){all.at + texts[i - 1], all.len - texts[i - 1]}, &packed);
            ends[i] = packed.len;
            texts[i] = all.len;
        }
        size_t whole = 0;
        for (size_t cut = 1; cut < packed.len; cut++) {
            put("cut", (tamis_str){packed.at, cut});
            while (ends[whole + 1] <= cut) {
                whole++;
            }
            if (cut == ends[whole]) {
                assert_reads("cut", (tamis_str){all.at, texts[whole]});
            } else if (h == 0 && cut == 1) {
                assert_reads("cut", STR("(")); /* one byte cannot be told from text */
            } else {
                assert_damaged("cut", buf_str(&all), texts[whole]);
            }
        }
        buf_release(&packed);
        buf_release(&all);
    }
}

/* How much can be decoded does not depend on how it is asked for. */
static void assert_any_step(const char *name)
{
    struct buf whole, steps;
    buf_init(&whole, BUF_UNLIMITED);
    buf_init(&steps, BUF_UNLIMITED);
    assert_int_equal(read_file(name, (size_t)4 << 20, &whole, NULL), TAMIS_DAMAGED);
    for (size_t step = 1000; step < 300000; step = step * 3 + 1) {
        assert_int_equal(read_file(name, step, &steps, NULL), TAMIS_DAMAGED);
        assert_int_equal(steps.len, whole.len);
    }
    buf_release(&whole);
    buf_release(&steps);
}

/* What was decoded before the place of the damage must come out, not only whole frames. */
static void test_prefix_of_one_frame(void **state)
{
    (void)state;
    struct buf packed, all, out;
    buf_init(&packed, BUF_UNLIMITED);
    buf_init(&all, BUF_UNLIMITED);
    buf_init(&out, BUF_UNLIMITED);
    add_words(&all, 2000000, 9);
    const size_t block = 131072; /* the largest in zstd */
    for (size_t h = 0; h < 2; h++) {
        packed.len = 0;
        compress(h == 0 ? "zstd" : "gzip", buf_str(&all), &packed);
        for (size_t i = 1; i < 20; i++) {
            const size_t at = packed.len * i / 20;
            const size_t about = all.len / 20 * i; /* blocks of this text compress alike */
            put("shortened", (tamis_str){packed.at, at});
            assert_damaged("shortened", buf_str(&all), about < 2 * block ? 0 : about - 2 * block);
            assert_any_step("shortened");
            const char before = packed.at[at];
            packed.at[at] = (char)(before ^ 0x10);
            put("flipped", buf_str(&packed));
            tamis_err err = {.status = TAMIS_OK};
            assert_int_equal(read_file("flipped", 50000, &out, &err), TAMIS_DAMAGED);
            const size_t sure = about < 2 * block ? 0 : about - 2 * block;
            assert_true(out.len >= sure);
            assert_memory_equal(out.at, all.at, sure);
            assert_any_step("flipped");
            packed.at[at] = before;
        }
    }
    buf_release(&packed);
    buf_release(&all);
    buf_release(&out);
}

/* The header of a block is damaged: the blocks before it come out. */
static void test_block_headers(void **state)
{
    (void)state;
    struct buf packed, all;
    struct frame frame;
    size_t at = 0, blocks = 0;
    buf_init(&packed, BUF_UNLIMITED);
    buf_init(&all, BUF_UNLIMITED);
    add_words(&all, 700000, 11);
    compress("zstd", buf_str(&all), &packed);
    frame_start(&frame);
    while (frame.step < FRAME_LAST) {
        const bool header = frame.step == FRAME_BLOCKS && frame.passing == 0 && frame.count == 0;
        if (header) {
            const char before = packed.at[at];
            packed.at[at] |= 6; /* no type */
            put("header", buf_str(&packed));
            assert_damaged("header", buf_str(&all), blocks++ * 131072);
            assert_any_step("header");
            packed.at[at] = before;
        }
        at += frame_walk(&frame, (const uint8_t *)packed.at + at, frame_next(&frame));
    }
    assert_int_equal(blocks, 6);
    buf_release(&packed);
    buf_release(&all);
}

static void test_checksums(void **state)
{
    (void)state;
    struct buf packed;
    buf_init(&packed, BUF_UNLIMITED);
    compress("zstd", STR("checked"), &packed);
    packed.at[packed.len - 1] ^= 1;
    put("checksum", buf_str(&packed));
    assert_damaged("checksum", STR("checked"), 7);
    packed.len = 0;
    compress("gzip", STR("checked"), &packed);
    packed.at[packed.len - 5] ^= 1; /* the CRC */
    put("checksum", buf_str(&packed));
    assert_damaged("checksum", STR("checked"), 7);
    packed.at[packed.len - 5] ^= 1;
    packed.at[packed.len - 1] ^= 1; /* the length */
    put("length", buf_str(&packed));
    assert_damaged("length", STR("checked"), 7);
    buf_release(&packed);
}

static void test_what_follows(void **state)
{
    (void)state;
    struct buf packed;
    buf_init(&packed, BUF_UNLIMITED);
    compress("gzip", STR("member"), &packed);
    const size_t len = packed.len;
    assert_true(buf_add(&packed, "\0\0\0\0\0\0\0", 7));
    put("padded", buf_str(&packed));
    assert_reads("padded", STR("member"));
    compress("gzip", STR("other"), &packed);
    put("parted", buf_str(&packed));
    assert_reads("parted", STR("memberother"));
    packed.len = len;
    assert_true(buf_add_char(&packed, 'x'));
    put("garbage", buf_str(&packed));
    assert_damaged("garbage", STR("member"), 6);
    packed.len = 0;
    compress("zstd", STR("frame"), &packed);
    assert_true(buf_add_str(&packed, STR("{\"text\":\"a line\"}\n")));
    put("garbage", buf_str(&packed));
    assert_damaged("garbage", STR("frame"), 5);
    buf_release(&packed);
}

static void test_gzip_headers(void **state)
{
    (void)state;
    struct buf packed, full;
    buf_init(&packed, BUF_UNLIMITED);
    buf_init(&full, BUF_UNLIMITED);
    compress("gzip", STR("named"), &packed);
    /* extra field, name and comment */
    assert_true(buf_add(&full, "\x1f\x8b\x08\x1c\0\0\0\0\0\xff\x04\0abcdname.txt\0a comment\0", 35));
    assert_true(buf_add(&full, packed.at + 10, packed.len - 10));
    put("header", buf_str(&full));
    assert_reads("header", STR("named"));
    full.at[2] = 7; /* a method nobody knows */
    put("method", buf_str(&full));
    assert_damaged("method", STR(""), 0);
    buf_release(&packed);
    buf_release(&full);
}

static void test_random_damage(void **state)
{
    (void)state;
    struct buf packed, all, out, steps;
    buf_init(&packed, BUF_UNLIMITED);
    buf_init(&all, BUF_UNLIMITED);
    buf_init(&out, BUF_UNLIMITED);
    buf_init(&steps, BUF_UNLIMITED);
    add_words(&all, 5000, 4);
    uint64_t seed = 12;
    for (int round = 0; round < 600; round++) {
        packed.len = 0;
        compress(round % 2 == 0 ? "zstd" : "gzip", (tamis_str){all.at, 2500}, &packed);
        compress(round % 2 == 0 ? "zstd" : "gzip", (tamis_str){all.at + 2500, 2500}, &packed);
        for (uint64_t n = next_random(&seed) % 4 + 1; n > 0; n--) {
            packed.at[4 + next_random(&seed) % (packed.len - 4)] = (char)next_random(&seed);
        }
        put("random", buf_str(&packed));
        const tamis_status status = read_file("random", 10000, &out, NULL);
        assert_int_equal(read_file("random", 60, &steps, NULL), status);
        assert_int_equal(steps.len, out.len);
        assert_memory_equal(steps.at, out.at, out.len);
        assert_true(status == TAMIS_DAMAGED || status == TAMIS_OK || status == TAMIS_IO);
        if (status == TAMIS_OK && out.len == all.len) {
            assert_memory_equal(out.at, all.at, all.len);
        }
    }
    buf_release(&packed);
    buf_release(&all);
    buf_release(&out);
    buf_release(&steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_prefix_of_one_frame),
        cmocka_unit_test(test_block_headers),
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_what_follows),
        cmocka_unit_test(test_gzip_headers),
        cmocka_unit_test(test_random_damage),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
