/*
 * Fuzzes reading: any bytes as a file, of which the first byte says how it is read (see choose()). Whatever it is, its
 * records are the same as one stream, in pieces of any kind, from any place to go on from, and where frames are left
 * out.
 */
#include "fuzz.h"

#include <unistd.h>

#include "core/hash.h"
#include "io/reader.h"

#define SEEKS_MOST 6

struct seen {
    uint64_t offset, length, hash;
    bool lost;
};

struct reading {
    const struct reader_format *format;
    char path[40];
    uint64_t max_line;
    struct buf all, ends; /* struct seen of the stream; uint64_t, where its chunks ended */
};

static const struct seen *seen(const struct buf *b, size_t i)
{
    return &((const struct seen *)(const void *)b->at)[i];
}

static size_t count(const struct buf *b)
{
    return b->len / sizeof(struct seen);
}

static void note(const struct reading *r, const struct chunk *chunk, struct buf *out)
{
    struct records records = {0};
    check(r->format->split(chunk, &records, NULL) == TAMIS_OK, "split failed");
    for (size_t i = 0; i < records.count; i++) {
        const struct record *const record = &records.at[i];
        const struct seen one = {record->offset, record->length,
                                 hash_bytes(record->raw.at, record->raw.len, (unsigned)record->reject),
                                 record->reject == REJECT_DAMAGED_STREAM};
        check(buf_add(out, &one, sizeof one), "no memory");
    }
    check(chunk->holds == CHUNK_RECORDS || records.count == 1, "a stretch is not one record");
    records_release(&records);
}

static void as_stream(struct reading *r)
{
    const struct reader_options options = {.max_line = r->max_line, .chunk_bytes = 1};
    struct reader *reader = NULL;
    struct chunk chunk;
    bool end = false;
    chunk_init(&chunk);
    check(r->format->open(&reader, r->path, &options, NULL) == TAMIS_OK, "the file cannot be opened");
    while (check(r->format->next(reader, &chunk, &end, NULL) == TAMIS_OK, "next failed"), !end) {
        const uint64_t behind = chunk.offset + chunk.length;
        note(r, &chunk, &r->all);
        const bool broken = chunk.holds == CHUNK_DAMAGED && !chunk.goes_on; /* nobody goes on there */
        check(broken || buf_add(&r->ends, &behind, sizeof behind), "no memory");
    }
    r->format->close(reader);
    chunk_release(&chunk);
}

struct asking {
    uint64_t seek, frame_bytes;
    bool alone;
    bool (*skip)(void *context, uint64_t from, uint64_t to, uint64_t *resume);
    void *context;
};

static void in_pieces(const struct reading *r, const struct asking *asking, struct buf *out)
{
    const struct reader_options options = {.max_line = r->max_line, .frame_bytes = asking->frame_bytes,
                                           .frames_alone = asking->alone};
    struct reader *reader = NULL;
    struct chunk chunk;
    struct piece piece = {0};
    struct cutter *const cutter = cutter_new(r->max_line, 0);
    buf_clear(out);
    chunk_init(&chunk);
    check(cutter && r->format->open(&reader, r->path, &options, NULL) == TAMIS_OK, "the file cannot be opened");
    if (asking->seek > 0) {
        reader_seek(reader, asking->seek);
    } else if (asking->skip) {
        reader_leave_out(reader, asking->skip, asking->context);
    }
    do {
        bool made = true;
        check(reader_load(reader, &piece, NULL) == TAMIS_OK, "load failed");
        check(piece_decode(&piece, NULL) == TAMIS_OK, "decode failed");
        while (check(cutter_next(cutter, r->path, &piece, &chunk, &made, NULL) == TAMIS_OK, "cut failed"), made) {
            note(r, &chunk, out);
        }
    } while (!piece.last);
    r->format->close(reader);
    piece_release(&piece);
    chunk_release(&chunk);
    cutter_free(cutter);
}

static size_t find(const struct reading *r, uint64_t offset)
{
    size_t i = 0;
    while (i < count(&r->all) && seen(&r->all, i)->offset < offset) {
        i++;
    }
    return i;
}

static void same_from(const struct reading *r, uint64_t seek, const struct buf *out)
{
    const size_t first = find(r, seek);
    check(count(out) == count(&r->all) - first, "the records are not as many");
    for (size_t i = 0; i < count(out); i++) {
        const struct seen *const a = seen(&r->all, first + i), *const b = seen(out, i);
        check(a->offset == b->offset && a->length == b->length && a->hash == b->hash, "a record differs");
    }
}

/* Every fifth record is wanted. */
static bool wants(const struct reading *r, size_t i)
{
    return i < count(&r->all) && i % 5 == 4 && !seen(&r->all, i)->lost;
}

static bool leave_out(void *context, uint64_t from, uint64_t to, uint64_t *resume)
{
    const struct reading *const r = context;
    const size_t behind = find(r, from + 1), end = find(r, to);
    for (size_t i = behind > 0 ? behind - 1 : 0; i < end; i++) {
        if (wants(r, i)) {
            return false;
        }
    }
    *resume = end < count(&r->all) ? seen(&r->all, end)->offset : UINT64_MAX;
    return true;
}

static void has_wanted(const struct reading *r, const struct buf *out)
{
    size_t at = 0;
    for (size_t i = 0; i < count(&r->all); i++) {
        const struct seen *const a = seen(&r->all, i);
        while (at < count(out) && seen(out, at)->offset < a->offset) {
            at++;
        }
        check(!wants(r, i) || (at < count(out) && seen(out, at)->offset == a->offset &&
                               seen(out, at)->length == a->length && seen(out, at)->hash == a->hash),
              "a wanted record is missing");
    }
}

static void all_ways(struct reading *r)
{
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    as_stream(r);
    static const struct asking ways[] = {{.frame_bytes = 0}, {.frame_bytes = 64}, {.alone = true}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        in_pieces(r, &ways[i], &out);
        same_from(r, 0, &out);
    }
    const uint64_t *const ends = (const uint64_t *)(const void *)r->ends.at;
    for (size_t i = 0; r->format != &reader_text && i < SEEKS_MOST && i < r->ends.len / sizeof *ends; i++) {
        in_pieces(r, &(struct asking){.seek = ends[i], .frame_bytes = i % 2 ? 64 : 0}, &out);
        same_from(r, ends[i], &out);
    }
    in_pieces(r, &(struct asking){.skip = leave_out, .context = r}, &out);
    has_wanted(r, &out);
    buf_release(&out);
}

static void choose(struct reading *r, unsigned how)
{
    static const uint64_t limits[] = {0, 5, 40, 300};
    const struct reader_format *const formats[] = {&reader_jsonl, &reader_jsonl, &reader_paragraphs, &reader_text};
    r->max_line = limits[how % 4];
    r->format = formats[how / 4 % 4];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading r = {.path = "/tmp/tamis-fuzz-XXXXXX"};
    if (size == 0) {
        return 0;
    }
    const int fd = mkstemp(r.path);
    check(fd >= 0 && write(fd, data + 1, size - 1) == (ssize_t)(size - 1) && close(fd) == 0, "no file");
    buf_init(&r.all, BUF_UNLIMITED);
    buf_init(&r.ends, BUF_UNLIMITED);
    choose(&r, data[0]);
    all_ways(&r);
    buf_release(&r.all);
    buf_release(&r.ends);
    check(unlink(r.path) == 0, "the file cannot be removed");
    return 0;
}
