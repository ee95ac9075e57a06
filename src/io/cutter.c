/*
 * Cutting decoded bytes into chunks of whole units: everything up to behind the last unit that ends in what is held,
 * and the rest stays for the next chunk. What is beyond the limit of a record is counted and not kept. Where chunks are
 * cut never changes which records there are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/piece.h"
#include "io/units.h"

#define MAX_LINE ((uint64_t)64 << 20)
#define MAX_MAX_LINE ((uint64_t)UINT32_MAX - BUF_PADDING) /* texts are below 4 GiB */
#define MARK "\xef\xbb\xbf"
#define MARK_BYTES 3

/* ---- Life ------------------------------------------------------------------------------------------------------- */

void cutter_init(struct cutter *c, uint64_t max_line)
{
    *c = (struct cutter){.done = true};
    buf_init(&c->held, BUF_UNLIMITED);
    c->max_line = max_line == 0 ? MAX_LINE : max_line;
    c->max_line = c->max_line < MAX_MAX_LINE ? c->max_line : MAX_MAX_LINE;
}

void cutter_release(struct cutter *c)
{
    buf_release(&c->held);
}

struct cutter *cutter_new(uint64_t max_line, size_t most)
{
    struct cutter *const c = malloc(sizeof(*c));
    if (c != NULL) {
        cutter_init(c, max_line);
        c->most = most;
    }
    return c;
}

void cutter_free(struct cutter *c)
{
    if (c != NULL) {
        cutter_release(c);
        free(c);
    }
}

void cutter_start(struct cutter *c, const struct unit_rule *rule, const char *path, uint64_t offset, uint64_t resume)
{
    const struct buf held = c->held;
    *c = (struct cutter){.rule = rule, .path = path, .held = held, .offset = offset, .resume = resume,
                         .max_line = c->max_line, .most = c->most, .blank = true, .before = '\n', .started = resume > 0,
                         .done = resume == UINT64_MAX};
    buf_clear(&c->held);
}

void cutter_end(struct cutter *c, const char *damage)
{
    c->ended = true;
    if (damage != NULL) {
        c->damaged = true;
        piece_note(c->note, damage);
    }
}

void cutter_gap(struct cutter *c, const char *damage, uint64_t lost)
{
    cutter_end(c, damage);
    c->gap = true;
    c->lost = lost;
}

static tamis_status no_memory(const struct cutter *c, tamis_err *err)
{
    return file_fail(err, ENOMEM, "cannot read", c->path);
}

static tamis_status changed(const struct cutter *c, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INPUT, "%s: has changed since the survey; restore it, or remove the run folder and "
                      "run again", c->path);
}

/* ---- Pieces ----------------------------------------------------------------------------------------------------- */

/* What is held goes before the bytes of the piece, or they go behind it where it is long. */
static tamis_status take_all(struct cutter *c, struct piece *p, tamis_err *err)
{
    const size_t held = cutter_held(c), more = p->bytes.len - p->from;
    if (more == 0) {
        return TAMIS_OK;
    }
    if (held <= p->from) {
        const size_t at = p->from - held;
        if (held > 0) {
            memcpy(p->bytes.at + at, c->held.at + c->at, held);
        }
        const struct buf emptied = c->held;
        c->held = p->bytes;
        c->at = at;
        p->bytes = emptied;
        p->bytes.len = p->from = 0;
        return TAMIS_OK;
    }
    c->held.limit = BUF_UNLIMITED;
    return buf_add(&c->held, p->bytes.at + p->from, more) ? TAMIS_OK : no_memory(c, err);
}

/* The bytes up to the piece's next gap, or all that are left. */
static tamis_status take_bytes(struct cutter *c, struct piece *p, tamis_err *err)
{
    const struct piece_gap *const gaps = (const struct piece_gap *)(const void *)p->gaps.at;
    if (p->gaps_taken < p->gaps.len / sizeof *gaps) {
        const struct piece_gap *const gap = &gaps[p->gaps_taken++];
        c->held.limit = BUF_UNLIMITED;
        if (!buf_add(&c->held, p->bytes.at + p->from, gap->at - p->from)) {
            return no_memory(c, err);
        }
        p->from = gap->at;
        cutter_gap(c, gap->note, gap->lost);
        return TAMIS_OK;
    }
    p->taken = true;
    const tamis_status status = take_all(c, p, err);
    if (status == TAMIS_OK && p->last) {
        cutter_end(c, p->damage.status != TAMIS_OK ? p->damage.text : NULL);
    }
    return status;
}

/* A chunk that is all the lines of a piece, and nothing else, takes the frames along. */
static void take_frames(struct piece *p, size_t decoded, struct chunk *chunk)
{
    const tamis_str lines = chunk_str(chunk);
    if (p->packed.len > 0 && p->gaps.len == 0 && !p->damage.status && chunk->holds == CHUNK_RECORDS && decoded > 0 &&
        chunk->length == decoded && lines.at[lines.len - 1] == '\n') {
        const struct buf emptied = chunk->packed;
        chunk->packed = p->packed;
        p->packed = emptied;
    }
}

/* The piece begins: from nothing, perhaps. */
static void begin_piece(struct cutter *c, const char *path, struct piece *p)
{
    p->begun = true;
    if (p->first) {
        cutter_start(c, p->rule, path, p->offset, p->resume);
    }
}

tamis_status cutter_next(struct cutter *c, const char *path, struct piece *p, struct chunk *chunk, bool *made,
                         tamis_err *err)
{
    size_t decoded = 0; /* 0: the chunk holds more than this piece, or less */
    tamis_status status = TAMIS_OK;
    *made = false;
    if (!p->begun) {
        begin_piece(c, path, p);
        decoded = cutter_held(c) == 0 ? p->bytes.len - p->from : 0;
    } else if (!c->done) {
        status = cutter_cut(c, chunk, made, err);
    }
    while (status == TAMIS_OK && !*made && !p->taken && !c->done) {
        status = take_bytes(c, p, err);
        status = status ? status : cutter_cut(c, chunk, made, err);
    }
    p->taken = p->taken || c->done; /* what comes behind damage */
    if (status == TAMIS_OK && *made) {
        take_frames(p, decoded, chunk);
    }
    return status;
}

/* ---- Cutting ---------------------------------------------------------------------------------------------------- */

static const char *held_at(const struct cutter *c)
{
    return c->held.at + c->at;
}

/* Moves past `bytes` of what is held; a unit begins behind them, unless one is being passed over. */
static void drop(struct cutter *c, size_t bytes)
{
    c->at += bytes;
    c->offset += bytes;
    c->scanned = 0;
}

static void mark(const struct cutter *c, struct chunk *chunk, enum chunk_holds holds, uint64_t offset, uint64_t length)
{
    buf_clear(&chunk->bytes);
    buf_clear(&chunk->packed);
    chunk->holds = holds;
    chunk->offset = offset;
    chunk->length = length;
    chunk->ending = 0;
    chunk->from = 0;
    chunk->goes_on = false;
    memset(chunk->note, 0, sizeof(chunk->note));
    if (holds == CHUNK_DAMAGED) {
        memcpy(chunk->note, c->losing ? c->losing_note : c->note, sizeof(chunk->note));
    }
}

/* Drops what lies before the place to go on from, then a byte order mark. *ready: cutting may begin. */
static tamis_status begin(struct cutter *c, bool *ready, tamis_err *err)
{
    if (c->offset < c->resume && cutter_held(c) > 0) {
        const uint64_t ahead = c->resume - c->offset;
        const size_t bytes = ahead < cutter_held(c) ? (size_t)ahead : cutter_held(c);
        c->before = held_at(c)[bytes - 1];
        drop(c, bytes);
    }
    *ready = c->offset >= c->resume;
    if (!*ready && c->ended && !c->damaged) {
        return changed(c, err);
    }
    *ready = *ready || c->ended;
    const size_t held = cutter_held(c);
    if (*ready && !c->started) {
        const size_t look = held < MARK_BYTES ? held : MARK_BYTES;
        const bool like = look == 0 || memcmp(held_at(c), MARK, look) == 0;
        *ready = look == MARK_BYTES || !like || c->ended;
        c->started = *ready;
        if (like && look == MARK_BYTES) {
            drop(c, MARK_BYTES);
        }
    }
    return TAMIS_OK;
}

/* How many of the held bytes are whole units; 0: the unit there has no end in sight. */
static size_t find_cut(struct cutter *c)
{
    const size_t held = cutter_held(c);
    if (held > c->scanned) {
        const char *const at = held_at(c), *const behind = at + held;
        const char *const first = c->rule->first_end(at + c->scanned, behind, &c->blank);
        if (first != NULL) {
            const size_t most = cutter_few_lines(at, c->most > 0 && c->most < held ? c->most : held);
            const char *const stop = at + most;
            const char *const last = first < stop ? c->rule->last_end(first, stop) : NULL;
            return (size_t)((last != NULL ? last : first) - at);
        }
        c->scanned = held;
    }
    return c->ended && !c->damaged ? held : 0;
}

/*
 * Over a gap. What is held before it is the beginning of a record, and what comes up to the next end of one is taken
 * for the rest of a record, because nobody knows: both are lost with it.
 */
static void lose(struct cutter *c)
{
    if (!c->losing) {
        memcpy(c->losing_note, c->note, sizeof(c->note));
    }
    c->passed = c->passing ? c->passed : c->offset;
    c->passing = c->losing = c->started = true;
    drop(c, cutter_held(c));
    c->offset += c->lost;
    c->blank = c->ended = c->damaged = c->gap = false;
}

/* A gap before the place to go on from: it was handed out before. */
static tamis_status leave_behind(struct cutter *c, tamis_err *err)
{
    c->offset += c->lost;
    c->ended = c->damaged = c->gap = false;
    c->before = '\n';
    return c->offset <= c->resume ? TAMIS_OK : changed(c, err);
}

/* Passes over a unit that is too long, or damaged, and whose end is not among the bytes held before. */
static void pass_over(struct cutter *c, struct chunk *chunk, bool *made)
{
    const size_t held = cutter_held(c);
    const char *const end = held > 0 ? c->rule->first_end(held_at(c), held_at(c) + held, &c->blank) : NULL;
    drop(c, end != NULL ? (size_t)(end - held_at(c)) : held);
    if (end == NULL && c->gap) {
        lose(c);
    }
    if (end == NULL && !c->ended) {
        return;
    }
    const bool damaged = c->losing || (end == NULL && c->damaged);
    c->done = end == NULL && damaged;
    mark(c, chunk, damaged ? CHUNK_DAMAGED : CHUNK_TOO_LONG, c->passed, c->offset - c->passed);
    chunk->ending = end != NULL ? 1 : 0;
    chunk->goes_on = damaged && end != NULL;
    c->passing = c->losing = false;
    c->blank = true;
    *made = true;
}

/*
 * Shortens *cut to the units before the first one that is too long. 0: the first one is; then `*length` is its length
 * and `*ending` that of its newline.
 */
static void stop_before_long(const struct cutter *c, size_t *cut, size_t *length, size_t *ending)
{
    const char *first = held_at(c), *end = first + *cut;
    for (const char *at = first; at < end;) {
        bool blank = true;
        const char *behind = c->rule->first_end(at, end, &blank);
        *ending = behind != NULL ? 1 : 0;
        *length = (size_t)((behind != NULL ? behind : end) - at) - *ending;
        if (*length > c->max_line) {
            *cut = (size_t)(at - first);
            return;
        }
        at += *length + *ending;
    }
}

/* The smaller of the two is copied: what is handed out, or what stays. */
static tamis_status hand_out(struct cutter *c, size_t cut, struct chunk *chunk, tamis_err *err)
{
    const size_t rest = cutter_held(c) - cut;
    mark(c, chunk, CHUNK_RECORDS, c->offset, cut);
    if (chunk->bytes.cap / 4 > cut + PIECE_BYTES) {
        buf_release(&chunk->bytes); /* what one giant record needed is given back */
    }
    chunk->bytes.limit = BUF_UNLIMITED;
    c->held.limit = BUF_UNLIMITED;
    if (!buf_reserve(&c->held, 0)) {
        return no_memory(c, err);
    }
    const tamis_str smaller = rest > cut ? (tamis_str){held_at(c), cut} : (tamis_str){held_at(c) + cut, rest};
    if (!buf_add_str(&chunk->bytes, smaller)) {
        return no_memory(c, err);
    }
    drop(c, cut);
    if (rest <= cut) {
        const struct buf kept = chunk->bytes;
        chunk->bytes = c->held;
        chunk->bytes.limit = BUF_UNLIMITED;
        chunk->from = c->at - cut;
        chunk->bytes.len = c->at;
        chunk->bytes.at[c->at] = '\0';
        c->held = kept;
        c->at = 0;
    }
    return TAMIS_OK;
}

/* A whole part as one record: behind it its path. */
static tamis_status cut_whole(struct cutter *c, struct chunk *chunk, bool *made, tamis_err *err)
{
    if (c->resume > 0) { /* it was handed out before */
        c->done = c->ended;
        return cutter_held(c) > 0 ? changed(c, err) : TAMIS_OK;
    }
    if (!c->passing && (cutter_held(c) > c->max_line || (c->ended && c->damaged))) {
        c->passing = true;
        c->passed = c->offset;
    }
    if (c->passing) {
        drop(c, cutter_held(c));
    }
    if (!c->ended) {
        return TAMIS_OK;
    }
    c->done = *made = true;
    if (c->passing) {
        mark(c, chunk, c->damaged ? CHUNK_DAMAGED : CHUNK_TOO_LONG, c->passed, c->offset - c->passed);
        return TAMIS_OK;
    }
    const tamis_status status = hand_out(c, cutter_held(c), chunk, err);
    return status != TAMIS_OK || buf_add_str(&chunk->bytes, (tamis_str){c->path, strlen(c->path)}) ? status
                                                                                                   : no_memory(c, err);
}

static tamis_status cut_units(struct cutter *c, size_t cut, struct chunk *chunk, tamis_err *err)
{
    size_t length = 0, ending = 0;
    c->blank = true;
    if (cut > c->max_line) {
        stop_before_long(c, &cut, &length, &ending);
    }
    if (cut > 0) {
        return hand_out(c, cut, chunk, err);
    }
    mark(c, chunk, CHUNK_TOO_LONG, c->offset, length + ending);
    chunk->ending = ending;
    drop(c, length + ending);
    return TAMIS_OK;
}

tamis_status cutter_cut(struct cutter *c, struct chunk *chunk, bool *made, tamis_err *err)
{
    bool ready = false;
    *made = false;
    const tamis_status status = begin(c, &ready, err);
    if (status != TAMIS_OK || !ready) {
        return status;
    }
    if (c->rule == NULL) {
        return cut_whole(c, chunk, made, err);
    }
    if (c->gap && c->offset < c->resume) {
        return leave_behind(c, err);
    }
    if (c->passing) {
        pass_over(c, chunk, made);
        return TAMIS_OK;
    }
    if (c->before != '\n' && cutter_held(c) > 0) {
        return changed(c, err);
    }
    const size_t cut = find_cut(c), held = cutter_held(c);
    if (cut > 0) {
        *made = true;
        return cut_units(c, cut, chunk, err);
    }
    if (c->gap) {
        lose(c);
    } else if (c->ended) {
        c->done = true;
        *made = c->damaged;
        if (c->damaged) {
            mark(c, chunk, CHUNK_DAMAGED, c->offset, held);
            drop(c, held);
        }
    } else if (held > c->max_line) {
        c->passing = c->blank = true;
        c->passed = c->offset;
        pass_over(c, chunk, made);
    }
    return TAMIS_OK;
}
