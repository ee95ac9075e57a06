/* Streams in: plain files, many frames and members, large windows. */
#include "stream_world.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

/* ---- Plain ------------------------------------------------------------------------------------------------------ */

static void test_plain(void **state)
{
    (void)state;
    put("empty", STR(""));
    assert_reads("empty", STR(""));
    put("line.zst", STR("{\"text\":\"plain, whatever the name says\"}\n"));
    assert_reads("line.zst", STR("{\"text\":\"plain, whatever the name says\"}\n"));
    /* bytes that begin as a codec's do and are none */
    put("paren", STR("("));
    assert_reads("paren", STR("("));
    put("skip", STR("P*M no frame"));
    assert_reads("skip", STR("P*M no frame"));
    struct buf big;
    buf_init(&big, BUF_UNLIMITED);
    add_words(&big, 3000001, 1);
    put("big", buf_str(&big));
    assert_reads("big", buf_str(&big));
    buf_release(&big);
}

static void test_cannot_open(void **state)
{
    (void)state;
    struct stream_in *s = NULL;
    tamis_err err = {.status = TAMIS_OK};
    assert_int_equal(stream_open(&s, in_folder("absent"), &err), TAMIS_INPUT);
    assert_int_equal(err.status, TAMIS_INPUT);
    assert_non_null(strstr(err.text, "absent"));
    assert_int_equal(stream_open(&s, folder, &err), TAMIS_INPUT);
    assert_non_null(strstr(err.text, "folder"));
    put("secret", STR("x"));
    if (geteuid() != 0) {
        assert_int_equal(chmod(in_folder("secret"), 0), 0);
        assert_int_equal(stream_open(&s, in_folder("secret"), &err), TAMIS_INPUT);
    }
    assert_null(s);
    stream_close(NULL);
}

static void test_read_error_is_no_end(void **state)
{
    (void)state;
    struct stream_in *s = NULL;
    const char *unreadable = "/proc/self/mem"; /* opens, but there is nothing at its start */
    if (access(unreadable, R_OK) != 0) {
        print_message("skipped: %s is not there\n", unreadable);
        skip();
    }
    tamis_err err = {.status = TAMIS_OK};
    char byte = 0;
    size_t got = 0;
    assert_int_equal(stream_open(&s, unreadable, &err), TAMIS_OK);
    assert_int_equal(stream_read(s, &byte, 1, &got, &err), TAMIS_IO);
    assert_non_null(strstr(err.text, unreadable));
    assert_int_equal(stream_read(s, &byte, 1, &got, &err), TAMIS_IO);
    stream_close(s);
}

static void test_stdin(void **state)
{
    (void)state;
    struct buf packed, out;
    buf_init(&packed, BUF_UNLIMITED);
    buf_init(&out, BUF_UNLIMITED);
    compress("zstd", STR("from a pipe\n"), &packed);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], packed.at, packed.len), (ssize_t)packed.len);
    close(ends[1]);
    const int saved = dup(STDIN_FILENO);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(read_path("-", 100, &out, NULL), TAMIS_OK);
    if (saved >= 0) {
        dup2(saved, STDIN_FILENO);
        close(saved);
    }
    close(ends[0]);
    assert_true(str_is(buf_str(&out), "from a pipe\n"));
    buf_release(&packed);
    buf_release(&out);
}

static void test_counts_what_was_read(void **state)
{
    (void)state;
    put("ten", STR("0123456789"));
    struct stream_in *s = NULL;
    char bytes[100];
    size_t got = 0;
    assert_int_equal(stream_open(&s, in_folder("ten"), NULL), TAMIS_OK);
    assert_int_equal(stream_read_from_disk(s), 0);
    assert_int_equal(stream_read(s, bytes, sizeof(bytes), &got, NULL), TAMIS_OK);
    assert_int_equal(got, 10);
    assert_int_equal(stream_read_from_disk(s), 10);
    stream_close(s);
}

/* ---- Many frames, many members ---------------------------------------------------------------------------------- */

static void test_pieces(void **state)
{
    (void)state;
    static const char *const how[] = {"zstd", "gzip", "zstd:19", "gzip:1", "gzip:4"};
    for (size_t h = 0; h < sizeof(how) / sizeof(how[0]); h++) {
        struct buf packed, all;
        buf_init(&packed, BUF_UNLIMITED);
        buf_init(&all, BUF_UNLIMITED);
        for (int i = 0; i < 1500; i++) {
            char line[64];
            const int len = snprintf(line, sizeof(line), "{\"id\":%d}\n", i * i);
            const tamis_str piece = {line, i % 7 == 0 ? 0 : (size_t)len}; /* some are empty */
            assert_true(buf_add_str(&all, piece));
            compress(how[h], piece, &packed);
        }
        put("pieces", buf_str(&packed));
        assert_reads("pieces", buf_str(&all));
        buf_release(&packed);
        buf_release(&all);
    }
}

static void test_skippable_frames(void **state)
{
    (void)state;
    struct buf packed;
    buf_init(&packed, BUF_UNLIMITED);
    const tamis_str skippable = STR("\x5e\x2a\x4d\x18\x05\x00\x00\x00hello");
    assert_true(buf_add_str(&packed, skippable));
    compress("zstd", STR("one\n"), &packed);
    assert_true(buf_add_str(&packed, skippable));
    assert_true(buf_add_str(&packed, skippable));
    compress("zstd", STR("two\n"), &packed);
    assert_true(buf_add_str(&packed, skippable));
    put("skippable", buf_str(&packed));
    assert_reads("skippable", STR("one\ntwo\n"));
    put("only", skippable);
    assert_reads("only", STR(""));
    put("cut", (tamis_str){packed.at, packed.len - 1});
    assert_damaged("cut", STR("one\ntwo\n"), 8);
    buf_release(&packed);
}

/* As zstd writes from a pipe: no content size, a large window. */
static void compress_long(int window_log, tamis_str bytes, struct buf *out)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    assert_non_null(context);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1);
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log)));
    ZSTD_inBuffer in = {bytes.at, bytes.len, 0};
    for (size_t left = 1; left > 0;) {
        const ZSTD_EndDirective how = in.pos < in.size ? ZSTD_e_continue : ZSTD_e_end;
        assert_true(buf_reserve(out, 1 << 16));
        ZSTD_outBuffer room = {out->at + out->len, 1 << 16, 0};
        left = ZSTD_compressStream2(context, &room, &in, how);
        assert_false(ZSTD_isError(left));
        left = how == ZSTD_e_end ? left : 1;
        out->len += room.pos;
    }
    ZSTD_freeCCtx(context);
}

static void test_large_windows(void **state)
{
    (void)state;
    struct buf text, packed;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&packed, BUF_UNLIMITED);
    add_words(&text, 700000, 3);
    compress_long(28, buf_str(&text), &packed);
    ZSTD_DStream *plain = ZSTD_createDStream(); /* stops at 27 unless told */
    char room[1000];
    ZSTD_outBuffer decoded = {room, sizeof(room), 0};
    ZSTD_inBuffer in = {packed.at, packed.len, 0};
    assert_true(ZSTD_isError(ZSTD_decompressStream(plain, &decoded, &in)));
    ZSTD_freeDStream(plain);
    put("long", buf_str(&packed));
    assert_reads("long", buf_str(&text));
    buf_release(&text);
    buf_release(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_cannot_open),
        cmocka_unit_test(test_read_error_is_no_end),
        cmocka_unit_test(test_stdin),
        cmocka_unit_test(test_counts_what_was_read),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_skippable_frames),
        cmocka_unit_test(test_large_windows),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
