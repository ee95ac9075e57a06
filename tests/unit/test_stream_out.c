/* Streams out: frames of whole blocks, files that appear at the end, readers and disks that fail. */
#include "stream_world.h"

#include <signal.h>
#include <unistd.h>
#include <zstd.h>

static void load(const char *name, struct buf *out)
{
    assert_int_equal(file_read(in_folder(name), (size_t)1 << 30, out, NULL), TAMIS_OK);
}

static void test_out_blocks(void **state)
{
    (void)state;
    struct buf all, packed, frame;
    struct stream_out *s = NULL;
    buf_init(&all, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    buf_init(&frame, BUF_UNLIMITED);
    assert_int_equal(stream_out_open(&s, in_folder("out.zst"), (struct codec_choice){CODEC_ZSTD, 1}, NULL), TAMIS_OK);
    uint64_t seed = 8;
    while (all.len < 3 * STREAM_BLOCK) {
        const size_t at = all.len;
        add_words(&all, at + next_random(&seed) % 20000, seed);
        assert_true(buf_add_char(&all, '\t')); /* no word holds one: ends what is added at once */
        assert_int_equal(stream_out_add(s, (tamis_str){all.at + at, all.len - at}, NULL), TAMIS_OK);
    }
    assert_false(file_exists(in_folder("out.zst")));
    assert_int_equal(stream_out_commit(s, NULL), TAMIS_OK);
    assert_reads("out.zst", buf_str(&all));
    load("out.zst", &packed);
    size_t at = 0, frames = 0, text = 0;
    while (at < packed.len) {
        const size_t len = ZSTD_findFrameCompressedSize(packed.at + at, packed.len - at);
        assert_false(ZSTD_isError(len));
        const unsigned long long size = ZSTD_getFrameContentSize(packed.at + at, len);
        assert_in_range(size, 1, STREAM_BLOCK + 20001);
        buf_clear(&frame);
        assert_true(buf_reserve(&frame, (size_t)size));
        assert_int_equal(ZSTD_decompress(frame.at, frame.cap, packed.at + at, len), size); /* by itself */
        assert_int_equal(frame.at[size - 1], '\t');
        assert_memory_equal(frame.at, all.at + text, (size_t)size);
        text += (size_t)size;
        at += len;
        frames++;
    }
    assert_int_equal(frames, 3);
    assert_int_equal(text, all.len);
    buf_release(&all);
    buf_release(&packed);
    buf_release(&frame);
}

static void test_out_empty_and_discarded(void **state)
{
    (void)state;
    static const char *const names[] = {"none.jsonl", "none.gz", "none.zst"};
    struct buf bytes;
    buf_init(&bytes, BUF_UNLIMITED);
    for (size_t i = 0; i < 3; i++) {
        struct stream_out *s = NULL;
        const struct codec_choice choice = codec_from_name(names[i]);
        assert_int_equal(stream_out_open(&s, in_folder(names[i]), choice, NULL), TAMIS_OK);
        assert_int_equal(stream_out_add(s, STR("gone"), NULL), TAMIS_OK);
        stream_out_discard(s);
        assert_false(file_exists(in_folder(names[i])));
        assert_int_equal(stream_out_open(&s, in_folder(names[i]), choice, NULL), TAMIS_OK);
        assert_int_equal(stream_out_commit(s, NULL), TAMIS_OK);
        assert_reads(names[i], STR(""));
        load(names[i], &bytes);
        assert_true((bytes.len > 0) == (i > 0)); /* an empty file is no gzip and no zstd file */
    }
    buf_release(&bytes);
    stream_out_discard(NULL);
}

static void test_out_cannot_open(void **state)
{
    (void)state;
    struct stream_out *s = NULL;
    tamis_err err = {.status = TAMIS_OK};
    assert_int_equal(stream_out_open(&s, in_folder("no/such/file"), codec_from_name("x"), &err), TAMIS_IO);
    assert_int_equal(err.status, TAMIS_IO);
    assert_null(s);
}

static void test_out_reader_gone(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < 2; i++) {
        int ends[2];
        char path[64];
        struct stream_out *s = NULL;
        tamis_err err = {.status = TAMIS_OK};
        assert_int_equal(pipe(ends), 0);
        snprintf(path, sizeof(path), "/dev/fd/%d", ends[1]);
        const struct codec_choice choice = {i == 0 ? CODEC_PLAIN : CODEC_GZIP, 1};
        assert_int_equal(stream_out_open(&s, path, choice, &err), TAMIS_OK);
        close(ends[0]);
        uint64_t seed = 77;
        char noise[4096]; /* must not become small */
        for (size_t n = 0; n < sizeof(noise); n++) {
            noise[n] = (char)next_random(&seed);
        }
        tamis_status status = TAMIS_OK;
        for (size_t n = 0; n < 4 * STREAM_BLOCK / sizeof(noise) && status == TAMIS_OK; n++) {
            status = stream_out_add(s, (tamis_str){noise, sizeof(noise)}, &err);
            noise[n % sizeof(noise)] ^= (char)n;
        }
        assert_int_equal(status, TAMIS_CLOSED);
        stream_out_discard(s);
        close(ends[1]);
    }
}

static void test_out_full_disk(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0) {
        print_message("skipped: /dev/full is not there\n");
        skip();
    }
    struct stream_out *s = NULL;
    tamis_err err = {.status = TAMIS_OK};
    assert_int_equal(stream_out_open(&s, "/dev/full", codec_from_name("x.zst"), &err), TAMIS_OK);
    assert_int_equal(stream_out_add(s, STR("some text"), &err), TAMIS_OK);
    assert_int_equal(stream_out_commit(s, &err), TAMIS_IO);
    assert_non_null(strstr(err.text, "full"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_out_blocks),
        cmocka_unit_test(test_out_empty_and_discarded),
        cmocka_unit_test(test_out_cannot_open),
        cmocka_unit_test(test_out_reader_gone),
        cmocka_unit_test(test_out_full_disk),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
