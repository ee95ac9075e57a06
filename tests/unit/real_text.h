/*
 * Real and random input for tests that hold a fast path against a plain twin: pieces of the project's own files, and
 * of a corpus where there is one.
 */
#ifndef TESTS_REAL_TEXT_H
#define TESTS_REAL_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"
#include "core/file.h"
#include "io/stream.h"

/* The code point at *i, which moves on. */
static inline uint32_t decode_at(tamis_str text, size_t *i)
{
    const unsigned char lead = (unsigned char)text.at[(*i)++];
    const int more = lead < 0xc0 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    uint32_t code = more == 0 ? lead : lead & (0x3fu >> more);
    for (int m = 0; m < more; m++) {
        code = code << 6 | ((unsigned char)text.at[(*i)++] & 0x3fu);
    }
    return code;
}

static inline int compare_u64(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

typedef void (*text_check)(tamis_str text);

static inline void check_pieces(tamis_str text, size_t piece, text_check check)
{
    size_t begin = 0;
    while (begin < text.len) {
        size_t end = text.len - begin < piece ? text.len : begin + piece;
        while (end < text.len && ((unsigned char)text.at[end] & 0xc0) == 0x80) {
            end++;
        }
        char *const exact = malloc(end - begin); /* so that a read beyond it is seen */
        assert_non_null(exact);
        memcpy(exact, text.at + begin, end - begin);
        check((tamis_str){exact, end - begin});
        free(exact);
        begin = end;
    }
}

static inline void check_own_files(text_check check)
{
    static const char *const paths[] = {"include/tamis.h", "src/sketch/sketch.h", "src/dedup/resolve.h"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct buf text;
        tamis_err err;
        buf_init(&text, BUF_UNLIMITED);
        assert_int_equal(file_read(paths[i], 1 << 20, &text, &err), TAMIS_OK);
        check_pieces(buf_str(&text), 3001, check);
        buf_release(&text);
    }
}

static inline void check_corpus(const char *name, text_check check)
{
    const char *const folder = getenv("TAMIS_SHARED_CORPORA");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "../shared/corpora", name);
    if (!file_exists(path)) {
        print_message("%s is not here: skipped\n", path);
        return;
    }
    struct stream_in *in = NULL;
    struct buf text;
    tamis_err err;
    buf_init(&text, BUF_UNLIMITED);
    assert_int_equal(stream_open(&in, path, &err), TAMIS_OK);
    size_t got = 1;
    while (got && text.len < 600000) {
        assert_true(buf_reserve(&text, 1 << 16));
        assert_int_equal(stream_read(in, text.at + text.len, 1 << 16, &got, &err), TAMIS_OK);
        text.len += got;
    }
    stream_close(in);
    while (text.len && text.at[text.len - 1] != '\n') { /* not to end inside a character */
        text.len--;
    }
    check_pieces(buf_str(&text), 7919, check);
    buf_release(&text);
}

static inline void check_real(text_check check)
{
    check_own_files(check);
    check_corpus("bible_languages.jsonl.zst", check);
    check_corpus("code_src.jsonl.zst", check);
}

#endif
