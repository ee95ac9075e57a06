/*
 * One open part: its stream as pieces, or, for who reads alone, as chunks. next() reads up to the chunk size; only a
 * unit larger than that lets the buffer grow, up to the limit of a record. At most max(chunk_bytes, max_line + 1) bytes
 * are held here, and as many are in the chunk handed out.
 */
#include "io/units.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/piece.h"

#define SMALLEST_CHUNK 64

/* ---- Life ------------------------------------------------------------------------------------------------------- */

tamis_status units_open(struct reader **reader, const char *path, const struct reader_options *options,
                        const struct unit_rule *rule, tamis_err *err)
{
    struct reader *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return file_fail(err, ENOMEM, "cannot read", path);
    }
    r->chunk_bytes = options->chunk_bytes == 0 ? CHUNK_BYTES : options->chunk_bytes;
    r->skip.whole = options->frame_bytes == 0 ? PIECE_DECODED_MOST : options->frame_bytes;
    r->skip.alone = options->frames_alone;
    r->chunk_bytes = r->chunk_bytes > SMALLEST_CHUNK ? r->chunk_bytes : SMALLEST_CHUNK;
    cutter_init(&r->cutter, options->max_line);
    r->path = strdup(path);
    const tamis_status status =
        r->path != NULL ? stream_open(&r->stream, path, err) : file_fail(err, ENOMEM, "cannot read", path);
    if (status != TAMIS_OK) {
        units_close(r);
        return status;
    }
    cutter_start(&r->cutter, rule, r->path, 0, 0);
    *reader = r;
    return TAMIS_OK;
}

/* Of what next() has read and not handed out yet its share is left off. */
uint64_t units_read_from_disk(const struct reader *r)
{
    const uint64_t disk = stream_read_from_disk(r->stream), held = cutter_held(&r->cutter);
    const uint64_t decoded = r->cutter.offset + held;
    return held == 0 ? disk : (uint64_t)((double)disk * ((double)r->cutter.offset / (double)decoded));
}

void units_close(struct reader *r)
{
    if (r == NULL) {
        return;
    }
    stream_close(r->stream);
    cutter_release(&r->cutter);
    free(r->path);
    free(r);
}

/* ---- Pieces ----------------------------------------------------------------------------------------------------- */

void reader_seek(struct reader *r, uint64_t offset)
{
    r->seek = offset;
    cutter_start(&r->cutter, r->cutter.rule, r->path, 0, offset);
}

void reader_leave_out(struct reader *r, bool (*skip)(void *context, uint64_t from, uint64_t to, uint64_t *resume),
                      void *context)
{
    r->skip.skip = skip;
    r->skip.context = context;
}

/* The frame that holds the byte before the place is read: a record must end there. */
static bool lies_before(void *context, uint64_t from, uint64_t to, uint64_t *resume)
{
    const struct reader *const r = context;
    (void)from;
    *resume = r->seek;
    return to < r->seek;
}

tamis_status reader_load(struct reader *r, struct piece *piece, tamis_err *err)
{
    if (r->seek > 0) {
        reader_leave_out(r, lies_before, r);
    }
    const tamis_status status = stream_load(r->stream, piece, PIECE_BYTES, &r->skip, err);
    if (!r->loaded && !piece->first) {
        piece->first = true;
        piece->offset = 0;
        piece->resume = r->seek;
    }
    r->loaded = true;
    piece->rule = r->cutter.rule;
    return status;
}

/* ---- Chunks ----------------------------------------------------------------------------------------------------- */

static tamis_status read_some(struct reader *r, size_t room, tamis_err *err)
{
    struct buf *const held = &r->cutter.held;
    size_t got = 0;
    tamis_err why = {.status = TAMIS_OK};
    const tamis_status status = stream_read(r->stream, held->at + held->len, room, &got, &why);
    if (status != TAMIS_OK && status != TAMIS_DAMAGED) {
        return tamis_fail(err, status, "%s", why.text);
    }
    held->len += got;
    held->at[held->len] = '\0';
    bool goes_on = false;
    uint64_t lost = 0;
    const tamis_status broken =
        status == TAMIS_DAMAGED ? stream_go_on(r->stream, &goes_on, &lost, err) : TAMIS_OK;
    if (goes_on) {
        cutter_gap(&r->cutter, why.text, lost);
    } else if (got == 0) {
        cutter_end(&r->cutter, status == TAMIS_DAMAGED ? why.text : NULL);
    }
    return broken;
}

/* Reads until `wanted` bytes are held or the part ends. */
static tamis_status fill(struct reader *r, size_t wanted, tamis_err *err)
{
    struct cutter *const c = &r->cutter;
    const size_t left = cutter_held(c);
    if (c->at > 0) {
        memmove(c->held.at, c->held.at + c->at, left);
        c->held.len = left;
        c->at = 0;
    }
    c->held.limit = wanted; /* growth must not double past what is allowed */
    if (!buf_reserve(&c->held, wanted - left)) {
        return file_fail(err, ENOMEM, "cannot read", r->path);
    }
    while (c->held.len < wanted && !c->ended) {
        const tamis_status status = read_some(r, wanted - c->held.len, err);
        if (status != TAMIS_OK) {
            return status;
        }
    }
    return TAMIS_OK;
}

static size_t wanted_bytes(const struct reader *r)
{
    const size_t held = cutter_held(&r->cutter);
    if (r->cutter.passing || held < r->chunk_bytes) {
        return r->chunk_bytes;
    }
    return held < r->cutter.max_line / 2 ? held * 2 : (size_t)r->cutter.max_line + 1;
}

tamis_status units_next(struct reader *r, struct chunk *chunk, bool *end, tamis_err *err)
{
    bool made = false;
    tamis_status status = TAMIS_OK;
    while (status == TAMIS_OK && !made && !r->cutter.done) {
        status = cutter_cut(&r->cutter, chunk, &made, err);
        if (status == TAMIS_OK && !made && !r->cutter.done) {
            status = fill(r, wanted_bytes(r), err);
        }
    }
    *end = status == TAMIS_OK && !made;
    return status;
}

/* ---- Records ---------------------------------------------------------------------------------------------------- */

void units_start_record(struct record *record, uint64_t offset, uint64_t length, enum reject reject)
{
    const tamis_str empty = {"", 0};
    *record = (struct record){.raw = empty, .text = empty, .id = empty, .language = empty, .offset = offset,
                              .length = length, .reject = reject};
    for (size_t i = 0; i < RECORD_NUMBERS; i++) {
        record->numbers[i] = (double)NAN;
    }
}

struct record *units_record(struct records *records, uint64_t offset, uint64_t length, enum reject reject)
{
    struct record *record = records_add(records);
    if (record != NULL) {
        units_start_record(record, offset, length, reject);
    }
    return record;
}

tamis_status units_odd_record(const struct chunk *chunk, struct records *records, tamis_err *err)
{
    const enum reject reject = chunk->holds == CHUNK_DAMAGED ? REJECT_DAMAGED_STREAM : REJECT_LINE_TOO_LONG;
    const uint64_t length = chunk->length - chunk->ending;
    const bool counted = reject == REJECT_LINE_TOO_LONG || length <= UINT32_MAX;
    return units_record(records, chunk->offset, counted ? length : UINT32_MAX, reject) != NULL ? TAMIS_OK
                                                                                                : units_no_memory(err);
}

tamis_status units_odd_parse(struct record_cursor *cursor, struct records *records, tamis_err *err)
{
    return cursor->at++ == 0 ? units_odd_record(cursor->chunk, records, err) : TAMIS_OK;
}

tamis_status units_no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO,
                      "cannot read: not enough memory for the records of one chunk; close other programs or lower "
                      "--threads or max_line");
}
