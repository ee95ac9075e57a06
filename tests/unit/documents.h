/* What the tests of text and filters share: chance, UTF-8, and the documents of real corpora. */
#ifndef DOCUMENTS_H
#define DOCUMENTS_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "chance.h"
#include "core/file.h"
#include "io/reader.h"

/* Appends a code point as UTF-8; the text must have room for 4 bytes. */
static inline size_t put_code_point(char *at, uint32_t c)
{
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    const size_t bytes = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = bytes; i-- > 1; c >>= 6) {
        at[i] = (char)(0x80 | (c & 0x3f));
    }
    at[0] = (char)(leads[bytes] | c);
    return bytes;
}

static inline bool is_surrogate(uint32_t c)
{
    return c >= 0xd800 && c <= 0xdfff;
}

#if defined(__SANITIZE_ADDRESS__)
#define SEES_EVERY_BYTE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SEES_EVERY_BYTE 1
#endif
#endif
#ifndef SEES_EVERY_BYTE
#define SEES_EVERY_BYTE 0
#endif

/*
 * Calls `check` with a copy of `text` that ends where its memory ends, so that a read beyond it is seen: by the
 * sanitizer, which also sees one before it, else because the next page, and the one before all, may not be touched.
 */
static inline void check_exact_copy(tamis_str text, void (*check)(tamis_str text, void *context), void *context)
{
    if (SEES_EVERY_BYTE) {
        char *const copy = malloc(text.len ? text.len : 1);
        assert_non_null(copy);
        memcpy(copy, text.at, text.len);
        check((tamis_str){copy, text.len}, context);
        free(copy);
        return;
    }
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), room = text.len / page * page + page;
    const int zeros = open("/dev/zero", O_RDWR | O_CLOEXEC);
    assert_true(zeros >= 0);
    char *const map = mmap(NULL, room + 2 * page, PROT_NONE, MAP_PRIVATE, zeros, 0);
    assert_true(map != MAP_FAILED);
    close(zeros);
    assert_int_equal(mprotect(map + page, room, PROT_READ | PROT_WRITE), 0);
    char *const copy = map + page + room - text.len;
    memcpy(copy, text.at, text.len);
    check((tamis_str){copy, text.len}, context);
    assert_int_equal(munmap(map, room + 2 * page), 0);
}

struct documents {
    size_t every;     /* look at every n-th document .. */
    size_t max_bytes; /* .. that is not longer than this .. */
    size_t chunks;    /* .. in so many chunks of about 4 MiB */
};

static inline const char *corpora_folder(void)
{
    const char *const folder = getenv("TAMIS_SHARED_CORPORA");
    return folder ? folder : "../shared/corpora";
}

/* Begins a test that is of the corpora alone; nothing may be held yet that its end would free. */
static inline void skip_without_corpora(void)
{
    if (!file_is_folder(corpora_folder())) {
        print_message("skipped: there is no folder %s\n", corpora_folder());
        skip();
    }
}

/* Calls `check` with texts of the corpus `name`; says so when it is not there. */
static inline void each_document(const char *name, struct documents which, void (*check)(tamis_str text, void *context),
                                 void *context)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.jsonl.zst", corpora_folder(), name);
    if (!file_exists(path)) {
        print_message("%s is not here: skipped\n", path);
        return;
    }
    const struct reader_options options = {.max_line = 1u << 26};
    const struct record_fields fields = {.text = "text", .id = "id"};
    struct reader *reader = NULL;
    struct parser *const parser = parser_new();
    struct chunk chunk;
    struct records records = {0};
    struct arena arena;
    tamis_err err;
    chunk_init(&chunk);
    arena_init(&arena);
    assert_non_null(parser);
    assert_int_equal(reader_jsonl.open(&reader, path, &options, &err), TAMIS_OK);
    bool end = false;
    for (size_t c = 0, number = 0; c < which.chunks; c++) {
        assert_int_equal(reader_jsonl.next(reader, &chunk, &end, &err), TAMIS_OK);
        if (end) {
            break;
        }
        records_clear(&records);
        arena_clear(&arena);
        struct record_cursor cursor = {.fields = &fields, .chunk = &chunk, .texts = &arena, .arena = &arena};
        assert_int_equal(reader_parse(&reader_jsonl, parser, &cursor, &records, &err), TAMIS_OK);
        for (size_t r = 0; r < records.count; r++) {
            const struct record *const record = &records.at[r];
            if (number++ % which.every == 0 && !record->reject && record->text.len <= which.max_bytes) {
                check_exact_copy(record->text, check, context);
            }
        }
    }
    reader_jsonl.close(reader);
    chunk_release(&chunk);
    records_release(&records);
    arena_release(&arena);
    parser_free(parser);
}

#endif
