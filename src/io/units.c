/*
 * Cutting a stream into chunks of whole units. The stream is read up to the chunk size, cut behind the last unit, and
 * the rest is kept for the next chunk; only a unit larger than that lets the buffer grow, up to the limit of a record.
 * What is beyond the limit is counted and not kept. At most max(chunk_bytes, max_line + 1) bytes are held here, and as
 * many are in the chunk handed out. Where chunks are cut never changes which records there are.
 */
#include "io/units.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINE ((uint64_t)64 << 20)
#define MAX_MAX_LINE ((uint64_t)UINT32_MAX - BUF_PADDING) /* texts are below 4 GiB */
#define SMALLEST_CHUNK 64                                 /* a byte order mark must fit */

/* ---- Life ------------------------------------------------------------------------------------------------------- */

tamis_status units_open(struct reader **reader, const char *path, const struct reader_options *options,
                        const struct unit_rule *rule, tamis_err *err)
{
    struct reader *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return file_fail(err, ENOMEM, "cannot read", path);
    }
    buf_init(&r->held, BUF_UNLIMITED);
    r->rule = rule;
    r->max_line = options->max_line == 0 ? MAX_LINE : options->max_line;
    r->max_line = r->max_line < MAX_MAX_LINE ? r->max_line : MAX_MAX_LINE;
    r->chunk_bytes = options->chunk_bytes == 0 ? CHUNK_BYTES : options->chunk_bytes;
    r->chunk_bytes = r->chunk_bytes > SMALLEST_CHUNK ? r->chunk_bytes : SMALLEST_CHUNK;
    r->path = strdup(path);
    const tamis_status status =
        r->path != NULL ? stream_open(&r->stream, path, err) : file_fail(err, ENOMEM, "cannot read", path);
    if (status != TAMIS_OK) {
        units_close(r);
        return status;
    }
    *reader = r;
    return TAMIS_OK;
}

uint64_t units_read_from_disk(const struct reader *r)
{
    return stream_read_from_disk(r->stream);
}

void units_close(struct reader *r)
{
    if (r == NULL) {
        return;
    }
    stream_close(r->stream);
    buf_release(&r->held);
    free(r->path);
    free(r);
}

/* ---- Filling ---------------------------------------------------------------------------------------------------- */

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0u) == 0x80u;
}

/* As much of a message as fits, not cut inside a character. */
static void copy_note(char *note, size_t size, const char *text)
{
    size_t len = strlen(text);
    if (len >= size) {
        len = size - 1;
        while (len > 0 && is_continuation(text[len])) {
            len--;
        }
    }
    memcpy(note, text, len);
    note[len] = '\0';
}

static tamis_status read_some(struct reader *r, size_t room, tamis_err *err)
{
    size_t got = 0;
    tamis_err why = {.status = TAMIS_OK};
    const tamis_status status = stream_read(r->stream, r->held.at + r->held.len, room, &got, &why);
    if (status == TAMIS_DAMAGED) {
        r->damaged = true;
        copy_note(r->note, sizeof(r->note), why.text);
    } else if (status != TAMIS_OK) {
        return tamis_fail(err, status, "%s", why.text);
    }
    r->held.len += got;
    r->held.at[r->held.len] = '\0';
    r->ended = got == 0;
    return TAMIS_OK;
}

tamis_status units_fill(struct reader *r, size_t wanted, tamis_err *err)
{
    const size_t left = units_held(r);
    if (left >= wanted || r->ended) {
        return TAMIS_OK;
    }
    if (r->at > 0) {
        memmove(r->held.at, r->held.at + r->at, left);
        r->held.len = left;
        r->at = 0;
    }
    r->held.limit = wanted; /* growth must not double past what is allowed */
    if (!buf_reserve(&r->held, wanted - left)) {
        return file_fail(err, ENOMEM, "cannot read", r->path);
    }
    while (r->held.len < wanted && !r->ended) {
        const tamis_status status = read_some(r, wanted - r->held.len, err);
        if (status != TAMIS_OK) {
            return status;
        }
    }
    if (!r->started) {
        r->started = true;
        if (r->held.len >= 3 && memcmp(r->held.at, "\xef\xbb\xbf", 3) == 0) {
            units_drop(r, 3);
        }
    }
    return TAMIS_OK;
}

void units_drop(struct reader *r, size_t bytes)
{
    r->at += bytes;
    r->offset += bytes;
}

/* ---- Cutting ---------------------------------------------------------------------------------------------------- */

void units_mark(const struct reader *r, struct chunk *chunk, enum chunk_holds holds, uint64_t offset, uint64_t length)
{
    buf_clear(&chunk->bytes);
    chunk->holds = holds;
    chunk->offset = offset;
    chunk->length = length;
    chunk->ending = 0;
    memset(chunk->note, 0, sizeof(chunk->note));
    if (holds == CHUNK_DAMAGED) {
        memcpy(chunk->note, r->note, sizeof(chunk->note));
    }
}

static const char *held_at(const struct reader *r)
{
    return r->held.at + r->at;
}

/* How many of the held bytes are whole units, after reading as far as needed; 0: the unit there has no end in sight. */
static tamis_status find_cut(struct reader *r, size_t *cut, tamis_err *err)
{
    *cut = 0;
    for (;;) {
        const size_t held = units_held(r);
        const char *end = held > 0 ? r->rule->last_end(held_at(r), held_at(r) + held) : NULL;
        if (end != NULL) {
            *cut = (size_t)(end - held_at(r));
            return TAMIS_OK;
        }
        if (r->ended || held > r->max_line) {
            *cut = r->ended && !r->damaged ? held : 0;
            return TAMIS_OK;
        }
        size_t wanted = r->chunk_bytes;
        if (held >= r->chunk_bytes) {
            wanted = held < r->max_line / 2 ? held * 2 : (size_t)r->max_line + 1;
        }
        const tamis_status status = units_fill(r, wanted, err);
        if (status != TAMIS_OK) {
            return status;
        }
    }
}

/* Passes over a unit that is too long and whose end is not among the bytes held. */
static tamis_status skip_unit(struct reader *r, struct chunk *chunk, tamis_err *err)
{
    const uint64_t offset = r->offset;
    bool blank = true;
    const char *end = NULL;
    for (;;) {
        const size_t held = units_held(r);
        end = held > 0 ? r->rule->first_end(held_at(r), held_at(r) + held, &blank) : NULL;
        units_drop(r, end != NULL ? (size_t)(end - held_at(r)) : held);
        if (end != NULL || r->ended) {
            break;
        }
        const tamis_status status = units_fill(r, r->chunk_bytes, err);
        if (status != TAMIS_OK) {
            return status;
        }
    }
    const bool lost = end == NULL && r->damaged;
    r->done = r->done || lost;
    units_mark(r, chunk, lost ? CHUNK_DAMAGED : CHUNK_TOO_LONG, offset, r->offset - offset);
    chunk->ending = end != NULL ? 1 : 0;
    return TAMIS_OK;
}

/*
 * Shortens *cut to the units before the first one that is too long. 0: the first one is; then `*length` is its length
 * and `*ending` that of its newline.
 */
static void stop_before_long(const struct reader *r, size_t *cut, size_t *length, size_t *ending)
{
    const char *first = held_at(r), *end = first + *cut;
    for (const char *at = first; at < end;) {
        bool blank = true;
        const char *behind = r->rule->first_end(at, end, &blank);
        *ending = behind != NULL ? 1 : 0;
        *length = (size_t)((behind != NULL ? behind : end) - at) - *ending;
        if (*length > r->max_line) {
            *cut = (size_t)(at - first);
            return;
        }
        at += *length + *ending;
    }
}

static tamis_status hand_out(struct reader *r, size_t cut, struct chunk *chunk, tamis_err *err)
{
    units_mark(r, chunk, CHUNK_RECORDS, r->offset, cut);
    if (chunk->bytes.cap / 2 > r->chunk_bytes) {
        buf_release(&chunk->bytes); /* what one giant record needed is given back */
    }
    chunk->bytes.limit = BUF_UNLIMITED;
    if (r->at > 0) {
        if (!buf_add(&chunk->bytes, held_at(r), cut)) {
            return file_fail(err, ENOMEM, "cannot read", r->path);
        }
        units_drop(r, cut);
        return TAMIS_OK;
    }
    /* the common case: only what is behind the cut is copied */
    if (!buf_add(&chunk->bytes, r->held.at + cut, r->held.len - cut)) {
        return file_fail(err, ENOMEM, "cannot read", r->path);
    }
    const struct buf rest = chunk->bytes;
    chunk->bytes = r->held;
    chunk->bytes.limit = BUF_UNLIMITED;
    chunk->bytes.len = cut;
    chunk->bytes.at[cut] = '\0';
    r->held = rest;
    r->offset += cut;
    return TAMIS_OK;
}

tamis_status units_next(struct reader *r, struct chunk *chunk, bool *end, tamis_err *err)
{
    *end = false;
    size_t cut = 0;
    if (!r->done) {
        const tamis_status status = find_cut(r, &cut, err);
        if (status != TAMIS_OK) {
            return status;
        }
    }
    const size_t held = units_held(r);
    if (r->done || (held == 0 && !r->damaged)) {
        r->done = true;
        *end = true;
        return TAMIS_OK;
    }
    if (cut == 0 && r->ended) {
        r->done = true;
        units_mark(r, chunk, CHUNK_DAMAGED, r->offset, held);
        units_drop(r, held);
        return TAMIS_OK;
    }
    if (cut == 0) {
        return skip_unit(r, chunk, err);
    }
    size_t length = 0, ending = 0;
    if (cut > r->max_line) {
        stop_before_long(r, &cut, &length, &ending);
    }
    if (cut == 0) {
        units_mark(r, chunk, CHUNK_TOO_LONG, r->offset, length + ending);
        chunk->ending = ending;
        units_drop(r, length + ending);
        return TAMIS_OK;
    }
    return hand_out(r, cut, chunk, err);
}

/* ---- Records ---------------------------------------------------------------------------------------------------- */

struct record *units_record(struct records *records, uint64_t offset, uint64_t length, enum reject reject)
{
    struct record *record = records_add(records);
    if (record != NULL) {
        const tamis_str empty = {"", 0};
        record->raw = record->text = record->id = record->language = empty;
        record->offset = offset;
        record->length = length;
        record->reject = reject;
        for (size_t i = 0; i < RECORD_NUMBERS; i++) {
            record->numbers[i] = (double)NAN;
        }
    }
    return record;
}

tamis_status units_odd_record(const struct chunk *chunk, struct records *records, tamis_err *err)
{
    const enum reject reject = chunk->holds == CHUNK_DAMAGED ? REJECT_DAMAGED_STREAM : REJECT_LINE_TOO_LONG;
    return units_record(records, chunk->offset, chunk->length - chunk->ending, reject) != NULL ? TAMIS_OK
                                                                                                : units_no_memory(err);
}

tamis_status units_no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO,
                      "cannot read: not enough memory for the records of one chunk; close other programs or lower "
                      "--threads or max_line");
}
