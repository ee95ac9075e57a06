/*
 * Rows go to chains of blocks, a chain per thread and piece, so that a column is read once and without counting first.
 */
#include "dedup/meet.h"

#include <omp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/rows.h"
#include "dedup/ground.h"

_Static_assert(sizeof(struct meet_row) == 2 * sizeof(uint64_t), "rows are sorted as two words");

enum {
    BLOCK_ROWS = 63,
    BLOCK_BYTES = 1024,
    LINE_BYTES = 64,     /* of a cache */
    MOST_PIECES = 2048,  /* as many places as can be written to by turns without leaving the cache */
    PIECES_AT_ONCE = 8,
    MARKS_PER_ROW = 8,
    LEAST_MARKS_LOG = 9, /* 2^9 hashes .. */
    MOST_MARKS_LOG = 20, /* .. to 2^20: 256 KiB of marks */
    LEAST_SLICE = 1024   /* rows */
};

/* Lies at a multiple of its size. */
struct block {
    struct block *before; /* of the same chain; full */
    uint64_t unused;
    struct meet_row rows[BLOCK_ROWS];
};

_Static_assert(sizeof(struct block) == BLOCK_BYTES && GROUND_LOT % BLOCK_BYTES == 0, "blocks fill a lot");

/* One slice of one column: keys of `pieces` ranges, the first of which is number `first` of `ranges` in all. */
struct slice {
    unsigned column;
    uint64_t first, ranges;
    size_t pieces;
    unsigned desk, desks; /* at which its rows are laid out: the first, and how many */
};

/* What one thread works on. */
struct desk {
    struct ground *ground; /* where lots come from */
    /* By piece: where the next row goes. At a multiple of BLOCK_BYTES there is no room; NULL: there is no block. One
       more for what is of another slice. */
    struct meet_row *next[MOST_PIECES + 1];
    char *lot, *lot_end;
    struct meet_row chunk[MEET_CHUNK];
    struct meet_row *kept; /* rows of a piece that may have met */
    size_t room;
    uint64_t *marks;       /* 2^MOST_MARKS_LOG hashes, two bits each */
};

struct table {
    const struct meeting *meeting;
    struct desk **desks;
    unsigned threads;
    bool apart;             /* every thread works on slices of its own, on ground of its own; else all on one */
    size_t pieces;          /* of a slice */
    size_t piece_rows;      /* where keys are spread evenly */
    uint64_t slices;        /* of a column */
    struct ground *grounds;
    unsigned ground_count;
    pthread_mutex_t lock;   /* of what follows */
    uint64_t done;          /* slices of all columns */
    uint64_t failed;        /* the first step that failed, UINT64_MAX: none */
    tamis_status status;
    tamis_err err;
};

static tamis_status out_of_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for comparing keys; close other programs, or give less with "
                      "--memory");
}

/* ---- Laying rows into pieces ------------------------------------------------------------------------------------ */

/* Which of `ranges` equal ranges a key is in, counted from the slice's first; `pieces` for any other slice's. */
static inline size_t piece_of(const struct slice *s, uint64_t key)
{
    const uint64_t range = (uint64_t)((__extension__ (unsigned __int128)key * s->ranges) >> 64) - s->first;
    return range < s->pieces ? (size_t)range : s->pieces;
}

static inline bool is_full(const struct meet_row *next)
{
    return (uintptr_t)next % BLOCK_BYTES == 0;
}

/* The block that holds the row before `next`. */
static struct block *block_of(struct meet_row *next)
{
    return (struct block *)(((uintptr_t)next - 1) / BLOCK_BYTES * BLOCK_BYTES);
}

/* The first row of a block behind that of `next`, or NULL. Rows of other slices overwrite one another. */
static struct meet_row *more_room(struct desk *d, bool elsewhere, struct meet_row *next)
{
    if (elsewhere && next) {
        return block_of(next)->rows;
    }
    if (d->lot == d->lot_end) {
        d->lot = ground_lot(d->ground);
        d->lot_end = d->lot ? d->lot + GROUND_LOT : NULL;
        if (!d->lot) {
            return NULL;
        }
    }
    struct block *const block = (struct block *)(void *)d->lot;
    d->lot += BLOCK_BYTES;
    block->before = next ? block_of(next) : NULL;
    return block->rows;
}

static tamis_status place_chunk(struct desk *d, const struct slice *s, size_t count, tamis_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const size_t piece = piece_of(s, d->chunk[i].key);
        struct meet_row *next = d->next[piece];
        if (is_full(next)) {
            next = more_room(d, piece == s->pieces, next);
            if (!next) {
                return out_of_memory(err);
            }
        }
        *next = d->chunk[i];
        d->next[piece] = next + 1;
    }
    return TAMIS_OK;
}

static tamis_status lay_out(struct table *t, unsigned thread, const struct slice *s, uint64_t stretch, tamis_err *err)
{
    const struct meeting *const m = t->meeting;
    struct meet_cursor cursor = {.thread = thread, .column = s->column, .stretch = stretch};
    for (;;) {
        size_t count = 0;
        if (run_stopped(m->run)) {
            return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command continues");
        }
        tamis_status status = m->read(m->context, &cursor, t->desks[thread]->chunk, &count, err);
        status = status || !count ? status : place_chunk(t->desks[thread], s, count, err);
        if (status || !count) {
            return status;
        }
    }
}

/* ---- Within a piece --------------------------------------------------------------------------------------------- */

static unsigned marks_log(size_t count)
{
    unsigned log = LEAST_MARKS_LOG;
    while (log < MOST_MARKS_LOG && (size_t)1 << log < MARKS_PER_ROW * count) {
        log++;
    }
    return log;
}

/* Two bits per hash, in words side by side: met, met again. */
static void mark(uint64_t *marks, const struct meet_row *rows, size_t count, unsigned shift, uint64_t factor)
{
    for (size_t i = 0; i < count; i++) {
        const uint64_t hash = rows[i].key * factor >> shift;
        uint64_t *const at = marks + 2 * (hash / 64);
        const uint64_t bit = (uint64_t)1 << (hash % 64);
        at[1] |= at[0] & bit;
        at[0] |= bit;
    }
}

/*
 * Copies the rows whose hash is met more than once to `to`, which may be `rows`: those with an equal key, and a few by
 * chance. Returns how many they are; there is room for all.
 */
static size_t sift(const uint64_t *marks, const struct meet_row *rows, size_t count, unsigned shift, uint64_t factor,
                   struct meet_row *to)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const struct meet_row row = rows[i];
        const uint64_t hash = row.key * factor >> shift;
        to[kept] = row;
        kept += marks[2 * (hash / 64) + 1] >> (hash % 64) & 1;
    }
    return kept;
}

static bool make_room(struct desk *d, size_t count)
{
    if (count > d->room) {
        const size_t room = count + count / 2 + BLOCK_ROWS;
        struct meet_row *const kept = realloc(d->kept, room * sizeof *kept);
        if (!kept) {
            return false;
        }
        d->kept = kept;
        d->room = room;
    }
    return true;
}

/* A walk over the blocks of a piece, those of all desks; begins as {.piece = piece}. */
struct walk {
    size_t piece;
    unsigned desk; /* whose chain comes next, counted from the slice's first */
    struct block *block;
    size_t count;    /* of its rows */
};

static bool next_block(const struct table *t, const struct slice *s, struct walk *w)
{
    w->block = w->block ? w->block->before : NULL;
    w->count = BLOCK_ROWS;
    while (!w->block && w->desk < s->desks) {
        struct meet_row *const next = t->desks[s->desk + w->desk++]->next[w->piece];
        if (next) {
            w->block = block_of(next);
            w->count = (size_t)(next - w->block->rows);
        }
    }
    if (!w->block) {
        return false;
    }
    if (w->block->before) { /* it lies anywhere, and nothing else tells the processor so in time */
        for (size_t at = 0; at < BLOCK_BYTES; at += LINE_BYTES) {
            __builtin_prefetch((const char *)w->block->before + at);
        }
    }
    return true;
}

/* The rows of a piece that may have met, in d->kept. False when memory runs out. */
static bool sift_piece(const struct table *t, struct desk *d, const struct slice *s, size_t piece, size_t *kept)
{
    const uint64_t factor = 0x9e3779b97f4a7c15u;
    const unsigned log = marks_log(t->piece_rows);
    *kept = 0;
    memset(d->marks, 0, ((size_t)1 << log) / 4);
    for (struct walk w = {.piece = piece}; next_block(t, s, &w);) {
        mark(d->marks, w.block->rows, w.count, 64 - log, factor);
    }
    for (struct walk w = {.piece = piece}; next_block(t, s, &w);) {
        if (!make_room(d, *kept + w.count)) {
            return false;
        }
        *kept += sift(d->marks, w.block->rows, w.count, 64 - log, factor, d->kept + *kept);
    }
    return true;
}

static size_t sift_again(struct desk *d, size_t count)
{
    const uint64_t factor = 0xd6e8feb86659fd93u;
    const unsigned log = marks_log(count);
    memset(d->marks, 0, ((size_t)1 << log) / 4);
    mark(d->marks, d->kept, count, 64 - log, factor);
    return sift(d->marks, d->kept, count, 64 - log, factor, d->kept);
}

static tamis_status find_groups(const struct table *t, unsigned thread, const struct slice *s, size_t piece,
                                tamis_err *err)
{
    const struct meeting *const m = t->meeting;
    struct desk *const d = t->desks[thread];
    size_t count = 0;
    if (!sift_piece(t, d, s, piece, &count)) {
        return out_of_memory(err);
    }
    count = count > 1 ? sift_again(d, count) : 0;
    if (count > 1) {
        rows_sort(&d->kept->key, count, 2, 0);
    }
    tamis_status status = TAMIS_OK;
    for (size_t from = 0, to = 1; !status && from < count; from = to++) {
        while (to < count && d->kept[to].key == d->kept[from].key) {
            to++;
        }
        if (to - from > 1) {
            status = m->group(m->context, thread, d->kept + from, to - from, err);
        }
    }
    return status;
}

/* ---- Threads ---------------------------------------------------------------------------------------------------- */

static struct desk *desk_new(struct ground *ground)
{
    struct desk *const d = calloc(1, sizeof *d);
    uint64_t *const marks = d ? malloc(((size_t)1 << MOST_MARKS_LOG) / 4) : NULL;
    if (!marks) {
        free(d);
        return NULL;
    }
    d->marks = marks;
    d->ground = ground;
    return d;
}

static void desk_free(struct desk *d)
{
    if (d) {
        free(d->kept);
        free(d->marks);
        free(d);
    }
}

/* Steps are numbered in the order in which one thread would take them, so that the same failure is told by all. */
static bool has_failed(struct table *t, uint64_t step)
{
    pthread_mutex_lock(&t->lock);
    const bool failed = t->failed < step;
    pthread_mutex_unlock(&t->lock);
    return failed;
}

static void note(struct table *t, uint64_t step, tamis_status status, const tamis_err *err)
{
    pthread_mutex_lock(&t->lock);
    if (status && step < t->failed) {
        t->failed = step;
        t->status = status;
        t->err = *err;
    }
    pthread_mutex_unlock(&t->lock);
}

static void lay_out_step(struct table *t, unsigned thread, const struct slice *s, uint64_t stretch, uint64_t step)
{
    tamis_err err = {0};
    if (!has_failed(t, step)) {
        note(t, step, lay_out(t, thread, s, stretch, &err), &err);
    }
}

static void find_step(struct table *t, unsigned thread, const struct slice *s, size_t piece, uint64_t step)
{
    tamis_err err = {0};
    if (!has_failed(t, step)) {
        note(t, step, find_groups(t, thread, s, piece, &err), &err);
    }
}

static void begin_slice(struct desk *d)
{
    memset(d->next, 0, sizeof d->next);
    d->lot = d->lot_end = NULL;
}

/* Slice `i` of those of all columns. */
static struct slice slice_at(const struct table *t, uint64_t i, unsigned desk)
{
    return (struct slice){.column = (unsigned)(i / t->slices), .pieces = t->pieces,
                          .first = i % t->slices * t->pieces, .ranges = t->slices * t->pieces,
                          .desk = t->apart ? desk : 0, .desks = t->apart ? 1 : t->threads};
}

static void end_slice(struct table *t, struct ground *ground)
{
    const struct meeting *const m = t->meeting;
    ground_clear(ground);
    pthread_mutex_lock(&t->lock);
    const uint64_t rows = ++t->done * (m->rows / t->slices);
    progress_update(m->run->progress, rows, rows / m->columns);
    pthread_mutex_unlock(&t->lock);
}

static void work_together(struct table *t, unsigned thread, uint64_t i)
{
    const uint64_t stretches = t->meeting->stretches, step = i * (stretches + t->pieces);
    const struct slice slice = slice_at(t, i, thread);
    begin_slice(t->desks[thread]);
#pragma omp for schedule(dynamic, 1)
    for (uint64_t stretch = 0; stretch < stretches; stretch++) {
        lay_out_step(t, thread, &slice, stretch, step + stretch);
    }
#pragma omp for schedule(dynamic, PIECES_AT_ONCE)
    for (size_t piece = 0; piece < slice.pieces; piece++) {
        find_step(t, thread, &slice, piece, step + stretches + piece);
    }
#pragma omp single
    end_slice(t, &t->grounds[0]);
}

static void work_alone(struct table *t, unsigned thread, uint64_t i)
{
    const uint64_t stretches = t->meeting->stretches, step = i * (stretches + t->pieces);
    const struct slice slice = slice_at(t, i, thread);
    begin_slice(t->desks[thread]);
    for (uint64_t stretch = 0; stretch < stretches; stretch++) {
        lay_out_step(t, thread, &slice, stretch, step + stretch);
    }
    for (size_t piece = 0; piece < slice.pieces; piece++) {
        find_step(t, thread, &slice, piece, step + stretches + piece);
    }
    end_slice(t, t->desks[thread]->ground);
}

static void work(struct table *t, unsigned thread)
{
    const uint64_t slices = t->meeting->columns * t->slices;
    if (t->apart) {
#pragma omp for schedule(dynamic, 1)
        for (uint64_t i = 0; i < slices; i++) {
            work_alone(t, thread, i);
        }
        return;
    }
    for (uint64_t i = 0; i < slices; i++) {
        work_together(t, thread, i);
    }
}

static void plan_slices(struct table *t)
{
    const struct meeting *const m = t->meeting;
    const uint64_t allowed = m->memory / MEET_BYTES_PER_ROW;
    const uint64_t limit = allowed > LEAST_SLICE ? allowed : LEAST_SLICE;
    t->slices = m->rows <= limit ? 1 : (m->rows + m->rows / 32) / limit + 1; /* they differ a little in size */
    t->apart = m->rows <= limit / t->threads;
    while (t->apart && t->slices * m->columns < t->threads) {
        t->slices++;
    }
    t->pieces = 1;
    while (t->pieces < MOST_PIECES && t->pieces * MEET_ROWS_PER_PIECE < m->rows / t->slices) {
        t->pieces *= 2;
    }
    t->piece_rows = (size_t)(m->rows / t->slices / t->pieces) + 1;
}

static bool table_init(struct table *t)
{
    const struct meeting *const m = t->meeting;
    plan_slices(t);
    pthread_mutex_init(&t->lock, NULL);
    t->desks = calloc(t->threads, sizeof(struct desk *));
    t->grounds = calloc(t->threads, sizeof *t->grounds);
    bool fine = t->desks && t->grounds;
    while (fine && t->ground_count < (t->apart ? t->threads : 1)) {
        ground_init(&t->grounds[t->ground_count++], m->rows / t->slices * MEET_BYTES_PER_ROW);
    }
    for (unsigned i = 0; fine && i < t->threads; i++) {
        t->desks[i] = desk_new(&t->grounds[t->apart ? i : 0]);
        fine = t->desks[i] != NULL;
    }
    return fine;
}

static void table_release(struct table *t)
{
    for (unsigned i = 0; t->desks && i < t->threads; i++) {
        desk_free(t->desks[i]);
    }
    free(t->desks);
    while (t->ground_count) {
        ground_release(&t->grounds[--t->ground_count]);
    }
    free(t->grounds);
    pthread_mutex_destroy(&t->lock);
}

tamis_status meet(const struct meeting *meeting, tamis_err *err)
{
    struct table t = {.meeting = meeting, .failed = UINT64_MAX,
                      .threads = meeting->run->threads ? meeting->run->threads : 1};
    if (meeting->columns == 0 || meeting->rows < 2) {
        return TAMIS_OK;
    }
    if (!table_init(&t)) {
        t.status = out_of_memory(&t.err);
    } else {
#pragma omp parallel num_threads((int)t.threads)
        work(&t, (unsigned)omp_get_thread_num());
    }
    table_release(&t);
    if (t.status && err) {
        *err = t.err;
    }
    return t.status;
}
