/* What the tests of streams share: files of a scratch folder, read in steps of every size, and text to compress. */
#ifndef TESTS_STREAM_WORLD_H
#define TESTS_STREAM_WORLD_H

#include "scratch_folder.h"

#include <string.h>

#include "chance.h"
#include "core/str.h"
#include "io/stream.h"

/* Reads all, `step` bytes at a time; returns the status at the end. */
static inline tamis_status read_path(const char *path, size_t step, struct buf *out, tamis_err *err)
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

static inline tamis_status read_file(const char *name, size_t step, struct buf *out, tamis_err *err)
{
    out->len = 0;
    return read_path(in_folder(name), step, out, err);
}

static inline void assert_reads(const char *name, tamis_str wanted)
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
static inline void assert_damaged(const char *name, tamis_str wanted, size_t least)
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

/* Text that compresses like text: words from a small list. */
static inline void add_words(struct buf *out, size_t bytes, uint64_t seed)
{
    while (out->len < bytes) {
        const uint64_t word = next_random(&seed) % 5000;
        assert_true(buf_printf(out, "w%llx%s", (unsigned long long)(word * word), word % 11 == 0 ? "\n" : " "));
    }
    out->len = bytes;
}

static inline void compress(const char *how, tamis_str bytes, struct buf *out)
{
    struct codec_choice choice;
    assert_true(codec_parse(str_from(how), &choice));
    assert_int_equal(codec_compress(choice, bytes, out, NULL), TAMIS_OK);
}

#endif
