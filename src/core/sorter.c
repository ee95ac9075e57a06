/*
 * An external most-significant-digit sort. Rows collect in one array of `memory` bytes. When it is full, its rows are
 * parted in place by their first word and each part is appended to its own file, a piece. Afterwards pieces are taken
 * in ascending order: one that fits is sorted in the array and handed out; one that does not is parted again, over the
 * range its rows really have, going on to the next word where all agree; one whose rows are all equal needs no reading.
 * So skewed input costs more passes over the skewed part, never more memory and never an order that is wrong.
 *
 * Owns its array and its files; holds at most two of them open.
 */
#include "core/sorter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/rows.h"

enum {
    LEAST_PARTS = 16,
    LEAST_ROWS = 64,
    FIRST_ROWS = 4096,   /* the array begins with so many and doubles */
    PART_BYTES = 1 << 16 /* a piece is written in steps of about so much, where memory allows */
};

/* A file of rows, with the smallest and largest value of each word. */
struct piece {
    uint64_t number, rows;
    uint64_t min[ROWS_MAX_WORDS], max[ROWS_MAX_WORDS];
};

enum phase { PHASE_ADD, PHASE_NEXT, PHASE_FAILED };

struct sorter {
    char *prefix, *path;       /* folder/name, and room for one file's path */
    size_t path_size;
    unsigned words;
    bool unique;
    uint64_t top;
    enum phase phase;
    uint64_t *rows;            /* the array */
    size_t count, room, limit; /* rows in it, allocated, allowed */
    size_t at;                 /* the next to hand out */
    struct piece *pieces;      /* still to come, the smallest last */
    size_t piece_count, piece_room;
    struct piece *open;        /* parts being written; while adding, NULL until memory was outgrown */
    struct rows_cut cut;       /* of `open` */
    uint64_t next_number;      /* of files */
    struct piece equal;        /* rows left that all are equal.min */
    uint64_t added, spilled;
};

/* ---- Pieces on disk --------------------------------------------------------------------------------------------- */

static size_t row_bytes(const struct sorter *s)
{
    return s->words * sizeof(uint64_t);
}

static const char *piece_path(struct sorter *s, const struct piece *piece)
{
    (void)snprintf(s->path, s->path_size, "%s.%06" PRIu64 ".rows", s->prefix, piece->number);
    return s->path;
}

/* A temporary file that is missing is the disk's fault, never the input's. */
static tamis_status fail_file(tamis_err *err, int error_number, const char *what, const char *path)
{
    if (file_fail(err, error_number, what, path) != TAMIS_IO && err != NULL) {
        err->status = TAMIS_IO;
    }
    return TAMIS_IO;
}

static void remove_piece(struct sorter *s, const struct piece *piece)
{
    (void)unlink(piece_path(s, piece));
}

/* The parts being written: forgotten, and their files removed. */
static void drop_open(struct sorter *s)
{
    for (size_t i = 0; s->open != NULL && i < s->cut.parts; i++) {
        if (s->open[i].rows > 0) {
            remove_piece(s, &s->open[i]);
        }
    }
    free(s->open);
    s->open = NULL;
}

static tamis_status fail(struct sorter *s, tamis_status status)
{
    drop_open(s);
    while (s->piece_count > 0) {
        remove_piece(s, &s->pieces[--s->piece_count]);
    }
    s->phase = PHASE_FAILED;
    return status;
}

static tamis_status fail_memory(size_t bytes, tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory: %zu bytes for sorting are not to be had; give less with --memory",
                      bytes);
}

static tamis_status write_all(int fd, const char *bytes, size_t len, const char *path, tamis_err *err)
{
    while (len > 0) {
        const ssize_t wrote = write(fd, bytes, len);
        if (wrote < 0 && errno != EINTR) {
            return fail_file(err, errno, "cannot write the temporary file", path);
        }
        if (wrote > 0) {
            bytes += wrote;
            len -= (size_t)wrote;
        }
    }
    return TAMIS_OK;
}

static tamis_status read_all(int fd, char *bytes, size_t len, const char *path, tamis_err *err)
{
    while (len > 0) {
        const ssize_t got = read(fd, bytes, len);
        if (got < 0 && errno != EINTR) {
            return fail_file(err, errno, "cannot read the temporary file", path);
        }
        if (got == 0) {
            return tamis_fail(err, TAMIS_IO, "the temporary file %s is %zu bytes shorter than what was written to it; "
                              "another program changed it, run the command again", path, len);
        }
        if (got > 0) {
            bytes += got;
            len -= (size_t)got;
        }
    }
    return TAMIS_OK;
}

static tamis_status append(struct sorter *s, struct piece *piece, const uint64_t *rows, size_t count, tamis_err *err)
{
    const bool first = piece->rows == 0;
    if (first) {
        piece->number = s->next_number++;
    }
    const char *path = piece_path(s, piece);
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (first ? O_TRUNC : O_APPEND), 0600);
    if (fd < 0) {
        return fail_file(err, errno, "cannot open the temporary file", path);
    }
    for (unsigned word = 0; word < s->words; word++) {
        uint64_t low, high;
        rows_range(rows, count, s->words, word, &low, &high);
        piece->min[word] = first || low < piece->min[word] ? low : piece->min[word];
        piece->max[word] = first || high > piece->max[word] ? high : piece->max[word];
    }
    piece->rows += count; /* from here on there is a file to remove */
    s->spilled += count * row_bytes(s);
    tamis_status status = write_all(fd, (const char *)rows, count * row_bytes(s), path, err);
    if (close(fd) != 0 && status == TAMIS_OK) {
        status = fail_file(err, errno, "cannot write the temporary file", path);
    }
    return status;
}

/* Appends the array's rows to the parts being written. */
static tamis_status flush(struct sorter *s, tamis_err *err)
{
    size_t ends[ROWS_MAX_PARTS];
    tamis_status status = TAMIS_OK;
    rows_part(s->rows, s->count, &s->cut, ends);
    for (size_t part = 0, from = 0; part < s->cut.parts && status == TAMIS_OK; from = ends[part++]) {
        if (ends[part] > from) {
            status = append(s, &s->open[part], s->rows + from * s->words, ends[part] - from, err);
        }
    }
    s->count = 0;
    return status;
}

static tamis_status open_parts(struct sorter *s, unsigned word, uint64_t low, uint64_t high, tamis_err *err)
{
    size_t parts = LEAST_PARTS;
    while (parts < ROWS_MAX_PARTS && 2 * parts * PART_BYTES <= s->limit * row_bytes(s)) {
        parts *= 2;
    }
    s->cut = rows_cut(s->words, word, low, high, parts);
    s->open = calloc(parts, sizeof(*s->open));
    return s->open != NULL ? TAMIS_OK : fail_memory(parts * sizeof(*s->open), err);
}

/* The parts become pieces still to come. */
static tamis_status close_parts(struct sorter *s, tamis_err *err)
{
    const size_t most = s->piece_count + s->cut.parts;
    if (most > s->piece_room) {
        struct piece *grown = realloc(s->pieces, 2 * most * sizeof(*grown));
        if (grown == NULL) {
            return fail_memory(2 * most * sizeof(*grown), err);
        }
        s->pieces = grown;
        s->piece_room = 2 * most;
    }
    for (size_t part = s->cut.parts; part-- > 0;) {
        if (s->open[part].rows > 0) {
            s->pieces[s->piece_count++] = s->open[part];
        }
    }
    free(s->open);
    s->open = NULL;
    return TAMIS_OK;
}

/* Reads `piece` part by part, as much as the array holds at a time, into `open`. */
static tamis_status reread(struct sorter *s, const struct piece *piece, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    const int fd = open(piece_path(s, piece), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail_file(err, errno, "cannot open the temporary file", s->path);
    }
    for (uint64_t left = piece->rows; left > 0 && status == TAMIS_OK;) {
        const size_t count = left < s->limit ? (size_t)left : s->limit;
        status = read_all(fd, (char *)s->rows, count * row_bytes(s), piece_path(s, piece), err);
        s->count = count;
        left -= count;
        status = status ? status : flush(s, err);
    }
    close(fd);
    return status;
}

/* Replaces the last piece, too large for the array, by smaller ones in its place. */
static tamis_status split(struct sorter *s, unsigned word, tamis_err *err)
{
    const struct piece piece = s->pieces[s->piece_count - 1];
    tamis_status status = open_parts(s, word, piece.min[word], piece.max[word], err);
    status = status ? status : reread(s, &piece, err);
    if (status == TAMIS_OK) {
        remove_piece(s, &piece);
        s->piece_count--;
        status = close_parts(s, err);
    }
    return status;
}

static tamis_status load(struct sorter *s, tamis_err *err)
{
    const struct piece *piece = &s->pieces[s->piece_count - 1];
    const char *path = piece_path(s, piece);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail_file(err, errno, "cannot open the temporary file", path);
    }
    const tamis_status status = read_all(fd, (char *)s->rows, (size_t)piece->rows * row_bytes(s), path, err);
    close(fd);
    if (status == TAMIS_OK) {
        remove_piece(s, piece);
        s->piece_count--;
        s->count = (size_t)piece->rows;
        rows_sort(s->rows, s->count, s->words, 0);
    }
    return status;
}

/* Makes the rows of the smallest piece ready to be handed out, or divides it. */
static tamis_status take_piece(struct sorter *s, tamis_err *err)
{
    const struct piece *piece = &s->pieces[s->piece_count - 1];
    unsigned word = 0;
    s->count = s->at = 0;
    while (word < s->words && piece->min[word] == piece->max[word]) {
        word++;
    }
    if (word == s->words) {
        s->equal = *piece;
        s->equal.rows = s->unique ? 1 : piece->rows;
        remove_piece(s, piece);
        s->piece_count--;
        return TAMIS_OK;
    }
    return piece->rows <= s->limit ? load(s, err) : split(s, word, err);
}

/* ---- The sorter ------------------------------------------------------------------------------------------------- */

tamis_status sorter_open(struct sorter **out, const struct sorter_options *options, tamis_err *err)
{
    if (options->words < 1 || options->words > ROWS_MAX_WORDS) {
        return tamis_fail(err, TAMIS_INTERNAL, "a sorter takes rows of 1 to %d words, not %u", ROWS_MAX_WORDS,
                          options->words);
    }
    const size_t prefix_size = strlen(options->folder) + strlen(options->name) + 2;
    struct sorter *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return fail_memory(sizeof(*s), err);
    }
    s->path_size = prefix_size + 32;
    s->prefix = malloc(prefix_size);
    s->path = malloc(s->path_size);
    if (s->prefix == NULL || s->path == NULL) {
        sorter_free(s);
        return fail_memory(prefix_size, err);
    }
    (void)snprintf(s->prefix, prefix_size, "%s/%s", options->folder, options->name);
    s->words = options->words;
    s->unique = options->unique;
    s->top = options->top;
    s->limit = options->memory / row_bytes(s);
    s->limit = s->limit < LEAST_ROWS ? LEAST_ROWS : s->limit;
    *out = s;
    return TAMIS_OK;
}

static tamis_status fail_order(const char *what, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INTERNAL, "a sorter was asked for %s at the wrong time, or after it had failed", what);
}

/* Room for one more row: a larger array up to the limit, then the disk. */
static tamis_status make_room(struct sorter *s, tamis_err *err)
{
    if (s->room < s->limit) {
        size_t room = s->room > 0 && s->room <= s->limit / 2 ? 2 * s->room : s->room > 0 ? s->limit : FIRST_ROWS;
        room = room < s->limit ? room : s->limit;
        uint64_t *grown = realloc(s->rows, room * row_bytes(s));
        if (grown == NULL) {
            return fail(s, fail_memory(room * row_bytes(s), err));
        }
        s->rows = grown;
        s->room = room;
        return TAMIS_OK;
    }
    tamis_status status = s->open != NULL ? TAMIS_OK : open_parts(s, 0, 0, s->top, err);
    status = status ? status : flush(s, err);
    return status == TAMIS_OK ? TAMIS_OK : fail(s, status);
}

tamis_status sorter_add(struct sorter *s, const uint64_t *row, tamis_err *err)
{
    if (s->phase != PHASE_ADD) {
        return fail_order("another row", err);
    }
    if (s->count == s->room) {
        const tamis_status status = make_room(s, err);
        if (status != TAMIS_OK) {
            return status;
        }
    }
    rows_copy(s->rows + s->count++ * s->words, row, s->words);
    s->added++;
    return TAMIS_OK;
}

tamis_status sorter_finish(struct sorter *s, tamis_err *err)
{
    if (s->phase != PHASE_ADD) {
        return fail_order("its end", err);
    }
    tamis_status status = TAMIS_OK;
    if (s->open == NULL) {
        rows_sort(s->rows, s->count, s->words, 0);
    } else {
        status = flush(s, err);
        status = status ? status : close_parts(s, err);
    }
    if (status != TAMIS_OK) {
        return fail(s, status);
    }
    s->phase = PHASE_NEXT;
    return TAMIS_OK;
}

tamis_status sorter_next(struct sorter *s, const uint64_t **row, tamis_err *err)
{
    if (s->phase != PHASE_NEXT) {
        return fail_order("a row", err);
    }
    for (;;) {
        if (s->equal.rows > 0) {
            s->equal.rows--;
            *row = s->equal.min;
            return TAMIS_OK;
        }
        while (s->at < s->count) {
            const uint64_t *next = s->rows + s->at++ * s->words;
            if (!s->unique || s->at == 1 || rows_compare(next - s->words, next, s->words) != 0) {
                *row = next;
                return TAMIS_OK;
            }
        }
        if (s->piece_count == 0) {
            *row = NULL;
            return TAMIS_OK;
        }
        const tamis_status status = take_piece(s, err);
        if (status != TAMIS_OK) {
            return fail(s, status);
        }
    }
}

uint64_t sorter_count(const struct sorter *s)
{
    return s->added;
}

uint64_t sorter_spilled(const struct sorter *s)
{
    return s->spilled;
}

void sorter_free(struct sorter *s)
{
    if (s == NULL) {
        return;
    }
    (void)fail(s, TAMIS_OK);
    free(s->pieces);
    free(s->rows);
    free(s->path);
    free(s->prefix);
    free(s);
}
