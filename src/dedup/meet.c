/*
 * The partition is a counting sort by the top bits of the key. A thread's array of rows grows to the largest slice it
 * meets and is kept.
 */
#define _DEFAULT_SOURCE /* madvise */
#include "dedup/meet.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/rows.h"

_Static_assert(sizeof(struct meet_row) == 2 * sizeof(uint64_t), "rows are sorted as two words");

enum {
    PIECE_ROWS = 4096,
    MOST_PIECES = 2048,  /* as many places as can be written to by turns without leaving the cache */
    MARKS_PER_ROW = 8,
    LEAST_MARKS_LOG = 9, /* 2^9 hashes .. */
    MOST_MARKS_LOG = 20, /* .. to 2^20: 256 KiB of marks */
    LEAST_SLICE = 1024   /* rows */
};

/* One slice of one column: keys of `pieces` ranges, the first of which is number `first` of `ranges` in all. */
struct slice {
    unsigned column;
    uint64_t first, ranges;
    size_t pieces;
};

/* What one thread works on. */
struct desk {
    struct meet_row *rows; /* of a slice, piece by piece; one more to throw away what is of another slice */
    size_t room;
    size_t ends[MOST_PIECES + 1], next[MOST_PIECES + 1];
    struct meet_row chunk[MEET_CHUNK];
    uint64_t *marks; /* 2^MOST_MARKS_LOG hashes, two bits each */
};

struct table {
    const struct meeting *meeting;
    size_t pieces;          /* of a slice */
    uint64_t slices;        /* of a column */
    pthread_mutex_t lock;   /* of what follows */
    uint64_t next, done;    /* slices of all columns: to be taken, finished */
    uint64_t failed;        /* the first that failed, UINT64_MAX: none */
    tamis_status status;
    tamis_err err;
};

/* ---- Laying rows into pieces ------------------------------------------------------------------------------------ */

/* Which of `ranges` equal ranges a key is in, counted from the slice's first; `pieces` for any other slice's. */
static inline size_t piece_of(const struct slice *s, uint64_t key)
{
    const uint64_t range = (uint64_t)((__extension__ (unsigned __int128)key * s->ranges) >> 64) - s->first;
    return range < s->pieces ? (size_t)range : s->pieces;
}

static void count_chunk(struct desk *d, const struct slice *s, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        d->ends[piece_of(s, d->chunk[i].key)]++;
    }
}

/* A row for which there is no room was not counted: it belongs to another slice, and is written where nobody looks. */
static void place_chunk(struct desk *d, const struct slice *s, size_t count)
{
    const size_t nowhere = d->ends[s->pieces];
    for (size_t i = 0; i < count; i++) {
        const size_t piece = piece_of(s, d->chunk[i].key);
        const size_t next = d->next[piece];
        const bool fits = next < d->ends[piece];
        d->rows[fits ? next : nowhere] = d->chunk[i];
        d->next[piece] = next + fits;
    }
}

static tamis_status scan(const struct table *t, unsigned thread, struct desk *d, const struct slice *s,
                         void (*take)(struct desk *, const struct slice *, size_t), tamis_err *err)
{
    const struct meeting *const m = t->meeting;
    struct meet_cursor cursor = {.thread = thread, .column = s->column};
    for (;;) {
        size_t count = 0;
        if (run_stopped(m->run)) {
            return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command continues");
        }
        const tamis_status status = m->read(m->context, &cursor, d->chunk, &count, err);
        if (status || !count) {
            return status;
        }
        take(d, s, count);
    }
}

static void free_rows(struct desk *d)
{
    free(d->rows);
    d->rows = NULL;
    d->room = 0;
}

/* Room for `count` rows and the one that is thrown away; what was in it is lost. */
static bool make_room(struct desk *d, size_t count)
{
    const size_t page = (size_t)2 << 20;
    if (count < d->room) {
        return true;
    }
    free_rows(d);
    if (count >= SIZE_MAX / sizeof *d->rows - page) {
        return false;
    }
    const size_t bytes = (count + count / 64 + 1) * sizeof *d->rows;
    const bool large = bytes >= 2 * page;
    d->rows = large ? aligned_alloc(page, (bytes + page - 1) / page * page) : malloc(bytes);
    if (!d->rows) {
        return false;
    }
#ifdef MADV_HUGEPAGE
    if (large) { /* rows go to thousands of places by turns: with small pages most would miss their translation */
        (void)madvise(d->rows, (bytes + page - 1) / page * page, MADV_HUGEPAGE);
    }
#endif
    d->room = bytes / sizeof *d->rows;
    return true;
}

static tamis_status lay_out(const struct table *t, unsigned thread, struct desk *d, const struct slice *s,
                            tamis_err *err)
{
    memset(d->ends, 0, (s->pieces + 1) * sizeof *d->ends);
    tamis_status status = scan(t, thread, d, s, count_chunk, err);
    size_t total = 0;
    for (size_t p = 0; p < s->pieces; p++) {
        d->next[p] = total;
        total += d->ends[p];
        d->ends[p] = total;
    }
    d->next[s->pieces] = d->ends[s->pieces] = total;
    if (!status && !make_room(d, total)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for comparing the keys of %zu documents; give less with "
                            "--memory, or fewer --threads", total);
    }
    status = status ? status : scan(t, thread, d, s, place_chunk, err);
    for (size_t p = 0; !status && p < s->pieces; p++) {
        if (d->next[p] != d->ends[p]) {
            status = tamis_fail(err, TAMIS_INPUT, "%s: keys changed while they were read; remove the run folder and "
                                "run again", t->meeting->run->ledger);
        }
    }
    return status;
}

/* ---- Within a piece --------------------------------------------------------------------------------------------- */

/*
 * Moves the rows whose hash is met more than once to the front: those with an equal key, and a few by chance. Two bits
 * per hash, in words side by side: met, met again.
 */
static size_t sift(struct desk *d, struct meet_row *rows, size_t count, unsigned log, uint64_t factor)
{
    const unsigned shift = 64 - log;
    memset(d->marks, 0, ((size_t)1 << log) / 4);
    for (size_t i = 0; i < count; i++) {
        const uint64_t hash = rows[i].key * factor >> shift;
        uint64_t *const marks = d->marks + 2 * (hash / 64);
        const uint64_t bit = (uint64_t)1 << (hash % 64);
        marks[1] |= marks[0] & bit;
        marks[0] |= bit;
    }
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const uint64_t hash = rows[i].key * factor >> shift;
        const struct meet_row row = rows[i];
        rows[kept] = row;
        kept += d->marks[2 * (hash / 64) + 1] >> (hash % 64) & 1;
    }
    return kept;
}

static unsigned marks_log(size_t count)
{
    unsigned log = LEAST_MARKS_LOG;
    while (log < MOST_MARKS_LOG && (size_t)1 << log < MARKS_PER_ROW * count) {
        log++;
    }
    return log;
}

static tamis_status find_groups(const struct table *t, unsigned thread, struct desk *d, struct meet_row *rows,
                                size_t count, tamis_err *err)
{
    const struct meeting *const m = t->meeting;
    count = sift(d, rows, count, marks_log(count), 0x9e3779b97f4a7c15u);
    if (count > 1) {
        count = sift(d, rows, count, marks_log(count), 0xd6e8feb86659fd93u);
    }
    rows_sort(&rows->key, count, 2, 0);
    tamis_status status = TAMIS_OK;
    for (size_t from = 0, to = 1; !status && from < count; from = to++) {
        while (to < count && rows[to].key == rows[from].key) {
            to++;
        }
        if (to - from > 1) {
            status = m->group(m->context, thread, rows + from, to - from, err);
        }
    }
    return status;
}

static tamis_status work_slice(const struct table *t, unsigned thread, struct desk *d, const struct slice *s,
                               tamis_err *err)
{
    tamis_status status = lay_out(t, thread, d, s, err);
    for (size_t p = 0, from = 0; !status && p < s->pieces; from = d->ends[p++]) {
        if (d->ends[p] - from > 1) {
            status = find_groups(t, thread, d, d->rows + from, d->ends[p] - from, err);
        }
    }
    return status;
}

/* ---- Threads ---------------------------------------------------------------------------------------------------- */

static struct desk *desk_new(void)
{
    struct desk *const d = calloc(1, sizeof *d);
    uint64_t *const marks = d ? malloc(((size_t)1 << MOST_MARKS_LOG) / 4) : NULL;
    if (!marks) {
        free(d);
        return NULL;
    }
    d->marks = marks;
    return d;
}

static void desk_free(struct desk *d)
{
    if (d) {
        free_rows(d);
        free(d->marks);
        free(d);
    }
}

static void note_failure(struct table *t, uint64_t slice, tamis_status status, const tamis_err *err)
{
    if (slice < t->failed) {
        t->failed = slice;
        t->status = status;
        t->err = *err;
    }
}

static void serve(struct table *t, unsigned thread)
{
    const struct meeting *const m = t->meeting;
    struct desk *const desk = desk_new();
    pthread_mutex_lock(&t->lock);
    while (t->next < m->columns * t->slices && t->next < t->failed) {
        const uint64_t taken = t->next++;
        pthread_mutex_unlock(&t->lock);
        const struct slice slice = {.column = (unsigned)(taken / t->slices), .pieces = t->pieces,
                                    .first = taken % t->slices * t->pieces, .ranges = t->slices * t->pieces};
        tamis_err err = {0};
        const tamis_status status = desk ? work_slice(t, thread, desk, &slice, &err)
                                         : tamis_fail(&err, TAMIS_IO, "out of memory for comparing keys; close other "
                                                      "programs");
        pthread_mutex_lock(&t->lock);
        if (status) {
            note_failure(t, taken, status, &err);
        }
        const uint64_t rows = ++t->done * (m->rows / t->slices);
        progress_update(m->run->progress, rows, rows / m->columns);
    }
    pthread_mutex_unlock(&t->lock);
    desk_free(desk);
}

static void plan_slices(struct table *t, unsigned threads)
{
    const struct meeting *const m = t->meeting;
    const uint64_t allowed = m->memory / threads / sizeof(struct meet_row);
    const uint64_t limit = allowed > LEAST_SLICE ? allowed : LEAST_SLICE;
    /* Slices differ a little in size; and every thread is to have one. */
    t->slices = m->rows <= limit ? 1 : (m->rows + m->rows / 32) / limit + 1;
    while (t->slices * m->columns < threads) {
        t->slices++;
    }
    t->pieces = 1;
    while (t->pieces < MOST_PIECES && t->pieces * PIECE_ROWS < m->rows / t->slices) {
        t->pieces *= 2;
    }
}

tamis_status meet(const struct meeting *meeting, tamis_err *err)
{
    const unsigned threads = meeting->run->threads ? meeting->run->threads : 1;
    struct table t = {.meeting = meeting, .failed = UINT64_MAX};
    if (meeting->columns == 0 || meeting->rows < 2) {
        return TAMIS_OK;
    }
    plan_slices(&t, threads);
    pthread_mutex_init(&t.lock, NULL);
#pragma omp parallel for num_threads((int)threads) schedule(static, 1)
    for (unsigned thread = 0; thread < threads; thread++) {
        serve(&t, thread);
    }
    pthread_mutex_destroy(&t.lock);
    if (t.status && err) {
        *err = t.err;
    }
    return t.status;
}
