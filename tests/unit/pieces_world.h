/* Reading one part as a stream and in pieces, and what its records say; zstd frames of any text. */
#ifndef TESTS_PIECES_WORLD_H
#define TESTS_PIECES_WORLD_H

#include "scratch_folder.h"

#include <string.h>
#include <zstd.h>

#include "chance.h"
#include "core/str.h"
#include "io/frame.h"
#include "io/reader.h"
#include "io/stream.h"

/* What a part was read as: a line of text per record. */
struct said {
    struct buf text;
    size_t records, chunks;
};

static inline void say(struct said *said, const struct reader_format *format, const struct chunk *chunk)
{
    struct records records = {0};
    assert_int_equal(format->split(chunk, &records, NULL), TAMIS_OK);
    for (size_t i = 0; i < records.count; i++) {
        const struct record *r = &records.at[i];
        assert_true(buf_printf(&said->text, "%llu %llu %s [%.*s]\n", (unsigned long long)r->offset,
                               (unsigned long long)r->length, reject_name(r->reject), STR_ARGS(r->raw)));
    }
    if (chunk->holds == CHUNK_DAMAGED) {
        /* the reason is libzstd's and may depend on what it decoded before; the place may not */
        const char *place = strstr(chunk->note, " at byte ");
        assert_non_null(place);
        assert_true(buf_printf(&said->text, "damaged at byte %llu\n", strtoull(place + 9, NULL, 10)));
    }
    said->records += records.count;
    said->chunks++;
    records_release(&records);
}

static inline void said_start(struct said *said)
{
    buf_init(&said->text, BUF_UNLIMITED);
    said->records = said->chunks = 0;
}

static inline void as_stream(struct said *said, const struct reader_format *format, uint64_t max_line)
{
    const struct reader_options options = {.max_line = max_line};
    struct reader *r = NULL;
    struct chunk chunk;
    bool end = false;
    said_start(said);
    chunk_init(&chunk);
    assert_int_equal(format->open(&r, in_folder("part"), &options, NULL), TAMIS_OK);
    while (assert_int_equal(format->next(r, &chunk, &end, NULL), TAMIS_OK), !end) {
        say(said, format, &chunk);
    }
    format->close(r);
    chunk_release(&chunk);
}

struct asking {
    uint64_t seek;
    bool (*skip)(void *context, uint64_t from, uint64_t to, uint64_t *resume);
    void *context;
};

static inline tamis_status in_pieces(struct said *said, const struct reader_format *format, uint64_t max_line,
                              struct asking asking)
{
    const struct reader_options options = {.max_line = max_line};
    struct reader *r = NULL;
    struct chunk chunk;
    struct piece piece = {0};
    struct cutter *cutter = cutter_new(max_line, 0);
    tamis_status status = TAMIS_OK;
    said_start(said);
    chunk_init(&chunk);
    assert_non_null(cutter);
    assert_int_equal(format->open(&r, in_folder("part"), &options, NULL), TAMIS_OK);
    if (asking.seek > 0) {
        reader_seek(r, asking.seek);
    } else if (asking.skip != NULL) {
        reader_leave_out(r, asking.skip, asking.context);
    }
    do {
        status = reader_load(r, &piece, NULL);
        status = status ? status : piece_decode(&piece, NULL);
        bool made = true;
        while (!status && made) {
            status = cutter_next(cutter, in_folder("part"), &piece, &chunk, &made, NULL);
            if (!status && made) {
                say(said, format, &chunk);
            }
        }
    } while (!status && !piece.last);
    format->close(r);
    piece_release(&piece);
    chunk_release(&chunk);
    cutter_free(cutter);
    return status;
}

static inline void assert_same_as_stream(const struct reader_format *format, uint64_t max_line)
{
    struct said stream, pieces;
    as_stream(&stream, format, max_line);
    assert_int_equal(in_pieces(&pieces, format, max_line, (struct asking){0}), TAMIS_OK);
    if (!str_equal(buf_str(&stream.text), buf_str(&pieces.text))) {
        size_t at = 0;
        while (buf_str(&stream.text).at[at] != '\0' && buf_str(&stream.text).at[at] == buf_str(&pieces.text).at[at]) {
            at++;
        }
        print_error("as a stream:\n%.500s\nin pieces:\n%.500s\n", buf_str(&stream.text).at + at,
                    buf_str(&pieces.text).at + at);
        fail();
    }
    buf_release(&stream.text);
    buf_release(&pieces.text);
}

static inline void assert_same(uint64_t max_line)
{
    for (size_t f = 0; reader_formats[f] != NULL; f++) {
        assert_same_as_stream(reader_formats[f], max_line);
    }
}

/* What the records of a whole reading would say from `offset` on. */
static inline tamis_str said_from(const struct said *all, uint64_t offset)
{
    tamis_str rest = buf_str(&all->text);
    while (rest.len > 0 && strtoull(rest.at, NULL, 10) < offset) {
        const char *behind = strstr(rest.at, "]\n");
        assert_non_null(behind);
        if (strncmp(behind + 2, "damaged at", 10) == 0) {
            behind = strchr(behind + 2, '\n') - 1;
        }
        rest = (tamis_str){behind + 2, rest.len - (size_t)(behind + 2 - rest.at)};
    }
    return rest;
}

/* ---- Inputs ----------------------------------------------------------------------------------------------------- */

static inline void add_lines(struct buf *out, size_t bytes, size_t longest, uint64_t *seed)
{
    static const char *const words[] = {"text", "na\xc3\xafve", "\xe6\xbc\xa2\xe5\xad\x97", "\xf0\x9f\x8c\xb2", "of",
                                        "a"};
    while (out->len < bytes) {
        const size_t end = out->len + next_random(seed) % longest;
        while (out->len < end) {
            assert_true(buf_printf(out, "%s %u ", words[next_random(seed) % 6], (unsigned)(next_random(seed) % 999)));
        }
        static const char *const ends[] = {"\n", "\r\n", "\n\n", "\n \r\n"};
        assert_true(buf_add_str(out, str_from(ends[next_random(seed) % 4])));
    }
}

enum stating { STATED, NOT_STATED, CHECKED };

static inline void add_frame(struct buf *out, tamis_str bytes, enum stating stating)
{
    ZSTD_CCtx *c = ZSTD_createCCtx();
    assert_non_null(c);
    ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, stating != NOT_STATED);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, stating == CHECKED);
    assert_true(buf_reserve(out, ZSTD_compressBound(bytes.len)));
    const size_t made = ZSTD_compress2(c, out->at + out->len, out->cap - out->len, bytes.at, bytes.len);
    assert_false(ZSTD_isError(made));
    out->len += made;
    ZSTD_freeCCtx(c);
}

static inline void add_frames(struct buf *out, tamis_str bytes, size_t step, enum stating stating)
{
    for (size_t at = 0; at < bytes.len; at += step) {
        add_frame(out, (tamis_str){bytes.at + at, bytes.len - at < step ? bytes.len - at : step}, stating);
    }
}

#endif
