/* Reading in pieces: the same records as reading as one stream, however frames are cut, damaged or left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/str.h"
#include "io/frame.h"
#include "io/reader.h"
#include "io/stream.h"

/* ---- Help ------------------------------------------------------------------------------------------------------- */

static char folder[256], path[512];

static int make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/tamis-pieces-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/part", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return file_remove_tree(folder, NULL) == TAMIS_OK ? 0 : -1;
}

static void put(tamis_str bytes)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes.at, 1, bytes.len, f), bytes.len);
    assert_int_equal(fclose(f), 0);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* What a part was read as: a line of text per record. */
struct said {
    struct buf text;
    size_t records, chunks;
};

static void say(struct said *said, const struct reader_format *format, const struct chunk *chunk)
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

static void said_start(struct said *said)
{
    buf_init(&said->text, BUF_UNLIMITED);
    said->records = said->chunks = 0;
}

static void as_stream(struct said *said, const struct reader_format *format, uint64_t max_line)
{
    const struct reader_options options = {.max_line = max_line};
    struct reader *r = NULL;
    struct chunk chunk;
    bool end = false;
    said_start(said);
    chunk_init(&chunk);
    assert_int_equal(format->open(&r, path, &options, NULL), TAMIS_OK);
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

static tamis_status in_pieces(struct said *said, const struct reader_format *format, uint64_t max_line,
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
    assert_int_equal(format->open(&r, path, &options, NULL), TAMIS_OK);
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
            status = cutter_next(cutter, path, &piece, &chunk, &made, NULL);
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

static void assert_same_as_stream(const struct reader_format *format, uint64_t max_line)
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

static void assert_same(uint64_t max_line)
{
    for (size_t f = 0; reader_formats[f] != NULL; f++) {
        assert_same_as_stream(reader_formats[f], max_line);
    }
}

/* ---- Inputs ----------------------------------------------------------------------------------------------------- */

static void add_lines(struct buf *out, size_t bytes, size_t longest, uint64_t *seed)
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

static void add_frame(struct buf *out, tamis_str bytes, enum stating stating)
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

static void add_frames(struct buf *out, tamis_str bytes, size_t step, enum stating stating)
{
    for (size_t at = 0; at < bytes.len; at += step) {
        add_frame(out, (tamis_str){bytes.at + at, bytes.len - at < step ? bytes.len - at : step}, stating);
    }
}

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
            assert_int_equal(frame_scan(bytes, len, &frame), FRAME_WHOLE);
            assert_int_equal(frame.packed, len);
            assert_true(frame.content == (stating == NOT_STATED ? FRAME_UNKNOWN : sizes[i]));
            assert_true(frame.most >= sizes[i]);
            for (size_t cut = 0; cut < len; cut += 1 + cut / 9) {
                assert_int_equal(frame_scan(bytes, cut, &frame), FRAME_CUT);
                assert_in_range(frame.packed, cut + 1, len);
            }
        }
    }
    struct frame frame;
    assert_int_equal(frame_scan((const uint8_t *)"P*M\x18\x03\0\0\0abc", 11, &frame), FRAME_SKIPPABLE);
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
            put(buf_str(&packed));
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
        put(buf_str(&packed));
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
    put(buf_str(&text));
    assert_same(0);
    assert_same(1000);
    const struct codec_choice gzip = {CODEC_GZIP, 1};
    for (size_t at = 0; at < text.len; at += 300001) {
        const size_t left = text.len - at;
        assert_int_equal(codec_compress(gzip, (tamis_str){text.at + at, left < 300001 ? left : 300001}, &packed, NULL),
                         TAMIS_OK);
    }
    put(buf_str(&packed));
    assert_same(0);
    assert_same(1000);
    put(STR(""));
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
            put((tamis_str){packed.at, len});
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
            put(buf_str(&broken));
            assert_same_as_stream(round % 3 == 0 ? &reader_paragraphs : &reader_jsonl, round % 2 == 0 ? 0 : 400);
        }
    }
    buf_release(&text);
    buf_release(&packed);
    buf_release(&broken);
}

/* ---- Going on, leaving out -------------------------------------------------------------------------------------- */

/* What the records of a whole reading would say from `offset` on. */
static tamis_str said_from(const struct said *all, uint64_t offset)
{
    tamis_str rest = buf_str(&all->text);
    while (rest.len > 0 && strtoull(rest.at, NULL, 10) < offset) {
        const char *behind = strstr(rest.at, "]\n");
        assert_non_null(behind);
        rest = (tamis_str){behind + 2, rest.len - (size_t)(behind + 2 - rest.at)};
    }
    return rest;
}

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
        put(buf_str(&packed));
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
        put(buf_str(&packed));
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
