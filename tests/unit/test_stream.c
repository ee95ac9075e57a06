/* Streams in and out: codecs, many frames and members, hostile and cut files. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

#include "core/str.h"
#include "io/stream.h"

/* ---- Help ------------------------------------------------------------------------------------------------------- */

static char folder[256];

static int make_folder(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/tamis-stream-XXXXXX", base != NULL ? base : "/tmp");
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

/* Reads all, `step` bytes at a time; returns the status at the end. */
static tamis_status read_path(const char *path, size_t step, struct buf *out, tamis_err *err)
{
    struct stream_in *s = NULL;
    tamis_status status = stream_open(&s, path, err);
    if (status != TAMIS_OK) {
        return status;
    }
    size_t got = 0;
    do {
        assert_true(buf_reserve(out, step));
        status = stream_read(s, out->at + out->len, step, &got, err);
        assert_true(got <= step);
        out->len += got;
    } while (status == TAMIS_OK && got > 0);
    assert_int_equal(stream_read(s, out->at + out->len, 1, &got, NULL), status); /* the same again */
    assert_int_equal(got, 0);
    stream_close(s);
    return status;
}

static tamis_status read_file(const char *name, size_t step, struct buf *out, tamis_err *err)
{
    out->len = 0;
    return read_path(in_folder(name), step, out, err);
}

static void assert_reads(const char *name, tamis_str wanted)
{
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    static const size_t steps[] = {1, 7, 4096, (size_t)1 << 20};
    for (size_t i = wanted.len > 100000 ? 2 : 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        tamis_err err = {.status = TAMIS_OK};
        assert_int_equal(read_file(name, steps[i], &out, &err), TAMIS_OK);
        assert_int_equal(out.len, wanted.len);
        assert_true(str_equal(buf_str(&out), wanted));
    }
    buf_release(&out);
}

/* The file reads as a beginning of `wanted`, at least `least` bytes, and then as damaged. */
static void assert_damaged(const char *name, tamis_str wanted, size_t least)
{
    struct buf out;
    tamis_err err = {.status = TAMIS_OK};
    buf_init(&out, BUF_UNLIMITED);
    assert_int_equal(read_file(name, 4096, &out, &err), TAMIS_DAMAGED);
    assert_int_equal(err.status, TAMIS_DAMAGED);
    assert_non_null(strstr(err.text, name));
    assert_in_range(out.len, least, wanted.len);
    assert_memory_equal(out.len > 0 ? out.at : "", wanted.at, out.len);
    buf_release(&out);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* Text that compresses like text: words from a small list. */
static void add_words(struct buf *out, size_t bytes, uint64_t seed)
{
    while (out->len < bytes) {
        const uint64_t word = next_random(&seed) % 5000;
        assert_true(buf_printf(out, "w%llx%s", (unsigned long long)(word * word), word % 11 == 0 ? "\n" : " "));
    }
    out->len = bytes;
}

static void compress(const char *how, tamis_str bytes, struct buf *out)
{
    struct codec_choice choice;
    assert_true(codec_parse(str_from(how), &choice));
    assert_int_equal(codec_compress(choice, bytes, out, NULL), TAMIS_OK);
}

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

/* ---- Damage ----------------------------------------------------------------------------------------------------- */

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
            if (h == 0) { /* gzip has no checked blocks: how much junk comes out is nobody's promise */
                assert_any_step("flipped");
            }
            packed.at[at] = before;
        }
    }
    buf_release(&packed);
    buf_release(&all);
    buf_release(&out);
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
    struct buf packed, all, out;
    buf_init(&packed, BUF_UNLIMITED);
    buf_init(&all, BUF_UNLIMITED);
    buf_init(&out, BUF_UNLIMITED);
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
        const tamis_status status = read_file("random", 1000, &out, NULL);
        assert_true(status == TAMIS_DAMAGED || status == TAMIS_OK || status == TAMIS_IO);
        if (status == TAMIS_OK && out.len == all.len) {
            assert_memory_equal(out.at, all.at, all.len);
        }
    }
    buf_release(&packed);
    buf_release(&all);
    buf_release(&out);
}

/* ---- Codecs by name --------------------------------------------------------------------------------------------- */

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

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

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
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_cannot_open),
        cmocka_unit_test(test_read_error_is_no_end),
        cmocka_unit_test(test_stdin),
        cmocka_unit_test(test_counts_what_was_read),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_skippable_frames),
        cmocka_unit_test(test_large_windows),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_prefix_of_one_frame),
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_what_follows),
        cmocka_unit_test(test_gzip_headers),
        cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_codec_names),
        cmocka_unit_test(test_compress_is_pure),
        cmocka_unit_test(test_out_blocks),
        cmocka_unit_test(test_out_empty_and_discarded),
        cmocka_unit_test(test_out_cannot_open),
        cmocka_unit_test(test_out_reader_gone),
        cmocka_unit_test(test_out_full_disk),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
