/* Codecs: their names, and that what they write depends on the bytes alone. */
#include "stream_world.h"

#include <zstd.h>

static void test_codec_names(void **state)
{
    (void)state;
    assert_int_equal(codec_from_name("a.jsonl.zst").codec, CODEC_ZSTD);
    assert_int_equal(codec_from_name("a.gz").codec, CODEC_GZIP);
    assert_int_equal(codec_from_name("a.jsonl").codec, CODEC_PLAIN);
    assert_int_equal(codec_from_name("-").codec, CODEC_PLAIN);
    assert_string_equal(codec_ending(CODEC_ZSTD), ".zst");
    assert_string_equal(codec_ending(CODEC_GZIP), ".gz");
    assert_string_equal(codec_ending(CODEC_PLAIN), "");
    struct codec_choice c = {CODEC_PLAIN, 77};
    assert_true(codec_parse(STR("zstd"), &c));
    assert_true(c.codec == CODEC_ZSTD && c.level == 0);
    assert_true(codec_parse(STR("zstd:22"), &c));
    assert_true(c.codec == CODEC_ZSTD && c.level == 22);
    assert_true(codec_parse(STR("gzip:6"), &c));
    assert_true(c.codec == CODEC_GZIP && c.level == 6);
    assert_true(codec_parse(STR("none"), &c));
    assert_true(c.codec == CODEC_PLAIN && c.level == 0);
    static const char *const wrong[] = {"",       "zstd:",  "zstd:0",  "zstd:23", "zstd:-1", "zstd:1.5", "zstd:3K",
                                        "gzip:0", "gzip:10", "none:1", "xz",      "ZSTD",    "zstd:3:4", "zstd 3"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        c = (struct codec_choice){CODEC_GZIP, 5};
        assert_false(codec_parse(str_from(wrong[i]), &c));
        assert_true(c.codec == CODEC_GZIP && c.level == 5);
    }
}

static void test_compress_is_pure(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 31, 4095, 4096, 4097, 100000, 5000000};
    struct buf text, once, again, out;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&once, BUF_UNLIMITED);
    buf_init(&again, BUF_UNLIMITED);
    buf_init(&out, BUF_UNLIMITED);
    add_words(&text, 5000000, 5);
    static const char *const how[] = {"none", "zstd:1", "zstd", "gzip:1", "gzip:4", "gzip"};
    for (size_t h = 0; h < sizeof(how) / sizeof(how[0]); h++) {
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            const tamis_str bytes = {text.at, sizes[i]};
            once.len = again.len = 0;
            assert_true(buf_reserve(&again, 400000 * (h + i))); /* nor does it matter how much room there is */
            assert_true(buf_add_str(&again, STR("kept")));
            compress(how[h], bytes, &once);
            compress(how[h], bytes, &again);
            assert_int_equal(again.len, once.len + 4);
            assert_memory_equal(again.at, "kept", 4);
            assert_memory_equal(again.at + 4, once.len > 0 ? once.at : "", once.len);
            put("block", buf_str(&once));
            assert_int_equal(read_file("block", 1 << 20, &out, NULL), TAMIS_OK);
            assert_true(str_equal(buf_str(&out), bytes));
            if (strncmp(how[h], "zstd", 4) == 0) {
                assert_int_equal(ZSTD_getFrameContentSize(once.at, once.len), bytes.len);
            }
        }
    }
    buf_release(&text);
    buf_release(&once);
    buf_release(&again);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codec_names),
        cmocka_unit_test(test_compress_is_pure),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
