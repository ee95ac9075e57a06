/*
 * The long form: every record is one loss, or a piece of one, of one document at one step, in any order.
 *
 *     lines --> rows (id hash, step, units, loss, ordinal), sorted: pieces meet, and add up by value
 *           --> cells (first ordinal, place among the steps, loss), sorted: documents by first appearance
 *
 * Ids go to a file beside as they first appear, and are read in step with the second sorting. Ids are told apart by 128
 * bits of hash.
 */
#include "score/trajectories_reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/bits.h"
#include "core/path.h"
#include "io/stream.h"

#define STOP_EVERY ((uint64_t)1 << 16)
#define SEEN_LEAST ((size_t)1 << 10)
#define SEEN_MOST ((size_t)1 << 22)

/* Words of a row of the first sorting. `units` carries its lowest bit for "a mean". */
enum { ROW_HIGH, ROW_LOW, ROW_STEP, ROW_UNITS, ROW_LOSS, ROW_ORDINAL, ROW_WORDS };
/* Words of the second: place 0 is the document itself, its value the units; place 1 + i is step i. */
enum { CELL_FIRST, CELL_PLACE, CELL_VALUE, CELL_WORDS };

struct gathering {
    const struct origin *origin;
    const struct trajectories_options *options;
    struct account *account;
    struct steps *steps;
    struct sorter *rows, *cells;
    struct path ids_path;
    struct file_out *ids_out;
    struct stream_in *ids_in;
    bool spooled;       /* there is a file of ids to remove */
    hash128 *seen;      /* ids that were written lately, by their hash; not all of them */
    size_t seen_count;
    uint64_t records;   /* good ones so far */
    double *losses;     /* of the document at hand, by place among the steps */
    size_t *places;     /* those that were measured */
    size_t measured;
    uint64_t cell[CELL_WORDS]; /* the next of the second sorting */
    bool more;
    struct buf text;    /* id and domain of the last document */
};

/* ---- Ids -------------------------------------------------------------------------------------------------------- */

struct id_frame {
    uint64_t ordinal;
    uint32_t id_bytes, domain_bytes; /* which follow */
};

/* Only where it may be the first: what was written lately is not written again. */
static tamis_status spool_id(struct gathering *g, const struct line *line, hash128 hash, tamis_err *err)
{
    hash128 *const slot = &g->seen[hash.low & (g->seen_count - 1)];
    if (hash128_compare(*slot, hash) == 0 && (hash.high != 0 || hash.low != 0)) {
        return TAMIS_OK;
    }
    *slot = hash;
    const struct id_frame frame = {g->records, (uint32_t)line->id.len, (uint32_t)line->domain.len};
    tamis_status status = file_out_add(g->ids_out, &frame, sizeof frame, err);
    status = status ? status : file_out_add(g->ids_out, line->id.at, line->id.len, err);
    return status ? status : file_out_add(g->ids_out, line->domain.at, line->domain.len, err);
}

static tamis_status read_exactly(struct gathering *g, void *bytes, size_t len, tamis_err *err)
{
    char *at = bytes;
    while (len > 0) {
        size_t got = 0;
        const tamis_status status = stream_read(g->ids_in, at, len, &got, err);
        if (status || got == 0) {
            return status ? status
                          : tamis_fail(err, TAMIS_IO, "the temporary file %s is shorter than what was written to it; "
                                       "another program changed it, run the command again", g->ids_path.at);
        }
        at += got;
        len -= got;
    }
    return TAMIS_OK;
}

/* The id of the record `ordinal`, which is later than the last one asked for. */
static tamis_status find_id(struct gathering *g, uint64_t ordinal, struct trajectory *t, tamis_err *err)
{
    struct id_frame frame = {0};
    tamis_status status = TAMIS_OK;
    do {
        status = read_exactly(g, &frame, sizeof frame, err);
        const size_t len = (size_t)frame.id_bytes + frame.domain_bytes;
        buf_clear(&g->text);
        if (!status && !buf_reserve(&g->text, len)) {
            status = reading_no_memory("an id", err);
        }
        status = status ? status : read_exactly(g, g->text.at, len, err);
    } while (!status && frame.ordinal < ordinal);
    t->id = (tamis_str){g->text.at, frame.id_bytes};
    t->domain = (tamis_str){g->text.at + frame.id_bytes, frame.domain_bytes};
    if (!status && frame.ordinal != ordinal) {
        status = tamis_fail(err, TAMIS_INTERNAL, "%s: the id of record %llu is missing; please report this",
                            g->ids_path.at, (unsigned long long)ordinal);
    }
    return status;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static tamis_status add_record(struct gathering *g, const struct line *line, tamis_err *err)
{
    struct step *step = NULL;
    bool rejected = false;
    const hash128 hash = hash128_bytes(line->id.at, line->id.len);
    const double loss = account_loss(g->account, line->loss, 1, &rejected);
    const uint64_t units = isnan(loss) ? 0 : line->units;
    const uint64_t row[ROW_WORDS] = {
        [ROW_HIGH] = hash.high,
        [ROW_LOW] = hash.low,
        [ROW_STEP] = line->step,
        [ROW_UNITS] = units << 1 | line->mean,
        [ROW_LOSS] = real_bits(loss),
        [ROW_ORDINAL] = g->records,
    };
    g->account->facts.lossy += rejected;
    if (!isnan(loss)) {
        account_slope(g->account, line->mean, units, loss);
    }
    tamis_status status = steps_touch(g->steps, line->step, &step, err);
    status = status ? status : spool_id(g, line, hash, err);
    status = status ? status : sorter_add(g->rows, row, err);
    g->records++;
    return status;
}

static tamis_status read_records(struct gathering *g, tamis_err *err)
{
    struct line_reader reader;
    const struct line *line = NULL;
    tamis_status status = line_reader_open(&reader, g->origin, g->options, FORM_LONG, g->account, err);
    while (!status && !(status = line_reader_next(&reader, &line, err)) && line) {
        status = add_record(g, line, err);
    }
    line_reader_close(&reader);
    return status;
}

static tamis_status open_ids(struct gathering *g, tamis_err *err)
{
    size_t count = SEEN_LEAST;
    while (count < SEEN_MOST && count * 2 * sizeof *g->seen <= g->options->memory / 8) {
        count *= 2;
    }
    g->seen = calloc(count, sizeof *g->seen);
    g->seen_count = count;
    tamis_status status = g->seen ? TAMIS_OK : reading_no_memory("the ids", err);
    status = status ? status : path_make(&g->ids_path, err, "%s/trajectories.ids", g->options->tmp);
    return status ? status : file_out_open(&g->ids_out, g->ids_path.at, err);
}

static tamis_status close_ids(struct gathering *g, tamis_err *err)
{
    struct file_out *const out = g->ids_out;
    free(g->seen);
    g->seen = NULL;
    g->ids_out = NULL;
    const tamis_status status = file_out_commit(out, err);
    g->spooled = !status;
    return status ? status : stream_open(&g->ids_in, g->ids_path.at, err);
}

/* ---- Adding up -------------------------------------------------------------------------------------------------- */

/* The pieces of one document at one step. */
struct pieces {
    uint64_t step, count, units;
    uint64_t uncounted; /* means of nobody knows how many units */
    double sum;         /* over units */
    double only;        /* the loss per unit of the first */
};

/* One document being put together. */
struct whole {
    uint64_t first, units; /* ordinal of its first record; most units at a step */
    uint64_t merged;
    bool ambiguous;
    struct pieces pieces;
};

static void add_piece(struct pieces *p, uint64_t units_word, double loss)
{
    const uint64_t units = units_word >> 1;
    const bool mean = units_word & 1;
    if (p->count++ == 0) {
        p->only = mean ? loss : units > 0 ? loss / (double)units : loss;
    }
    p->uncounted += mean && units == 0;
    p->sum += mean ? loss * (double)units : loss;
    p->units = p->units > UINT64_MAX - units ? UINT64_MAX : p->units + units;
}

static void finish_step(struct gathering *g, struct whole *w)
{
    const struct pieces p = w->pieces;
    w->pieces = (struct pieces){0};
    if (p.count == 0) {
        return;
    }
    if (p.count > 1 && p.uncounted > 0) {
        w->ambiguous = true;
        return;
    }
    bool rejected = false;
    const double mean = p.count == 1 ? p.only : p.sum / (double)p.units;
    const double loss = account_loss(g->account, mean, g->origin->scale, &rejected);
    const struct step *const step = steps_find(g->steps, p.step);
    w->merged += p.count - 1;
    w->units = p.units > w->units ? p.units : w->units;
    if (!isnan(loss) && step) {
        g->losses[step->index] = loss;
        g->places[g->measured++] = step->index;
    }
}

static tamis_status add_cell(struct gathering *g, uint64_t first, uint64_t place, uint64_t value, tamis_err *err)
{
    const uint64_t cell[CELL_WORDS] = {[CELL_FIRST] = first, [CELL_PLACE] = place, [CELL_VALUE] = value};
    return sorter_add(g->cells, cell, err);
}

static tamis_status finish_document(struct gathering *g, struct whole *w, tamis_err *err)
{
    finish_step(g, w);
    const size_t measured = g->measured;
    g->measured = 0;
    if (w->ambiguous) {
        g->account->facts.ambiguous++;
        return TAMIS_OK;
    }
    g->account->facts.documents++;
    g->account->facts.merged += w->merged;
    tamis_status status = add_cell(g, w->first, 0, w->units, err);
    for (size_t i = 0; !status && i < measured; i++) {
        const size_t place = g->places[i];
        g->steps->covered[place]++;
        status = add_cell(g, w->first, 1 + place, real_bits(g->losses[place]), err);
    }
    return status;
}

static void add_row(struct gathering *g, struct whole *w, const uint64_t *row)
{
    const double loss = bits_real(row[ROW_LOSS]);
    w->first = row[ROW_ORDINAL] < w->first ? row[ROW_ORDINAL] : w->first;
    if (row[ROW_STEP] != w->pieces.step) {
        finish_step(g, w);
    }
    w->pieces.step = row[ROW_STEP];
    if (!isnan(loss)) {
        add_piece(&w->pieces, row[ROW_UNITS], loss);
    }
}

static tamis_status add_up(struct gathering *g, tamis_err *err)
{
    const uint64_t *row = NULL;
    struct whole w = {.first = UINT64_MAX};
    hash128 of = {0};
    uint64_t count = 0;
    tamis_status status = sorter_finish(g->rows, err);
    while (!status && !(status = sorter_next(g->rows, &row, err)) && row) {
        const hash128 hash = {row[ROW_HIGH], row[ROW_LOW]};
        if (count > 0 && hash128_compare(of, hash) != 0) {
            status = finish_document(g, &w, err);
            w = (struct whole){.first = UINT64_MAX};
        }
        of = hash;
        add_row(g, &w, row);
        if (!status && count++ % STOP_EVERY == 0 && reading_stopped(g->options)) {
            status = reading_interrupted(err);
        }
    }
    return status || count == 0 ? status : finish_document(g, &w, err);
}

/* ---- The gatherer ----------------------------------------------------------------------------------------------- */

static tamis_status open_sorter(struct sorter **sorter, const struct gathering *g, const char *name, unsigned words,
                                uint64_t top, uint64_t memory, tamis_err *err)
{
    const struct sorter_options options = {
        .folder = g->options->tmp, .name = name, .words = words, .top = top, .memory = (size_t)memory};
    return sorter_open(sorter, &options, err);
}

/* After this, the rows are gone and the cells are sorted. */
static tamis_status put_together(struct gathering *g, tamis_err *err)
{
    tamis_status status = steps_sort(g->steps, err);
    g->losses = calloc(g->steps->count + 1, sizeof *g->losses);
    g->places = calloc(g->steps->count + 1, sizeof *g->places);
    if (!status && (!g->losses || !g->places)) {
        status = reading_no_memory("a document", err);
    }
    status = status ? status
                    : open_sorter(&g->cells, g, "trajectories-cells", CELL_WORDS, g->records,
                                  g->options->memory / 4, err);
    status = status ? status : add_up(g, err);
    sorter_free(g->rows);
    g->rows = NULL;
    return status ? status : sorter_finish(g->cells, err);
}

static tamis_status next_cell(struct gathering *g, tamis_err *err)
{
    const uint64_t *cell = NULL;
    const tamis_status status = sorter_next(g->cells, &cell, err);
    g->more = !status && cell;
    if (g->more) {
        memcpy(g->cell, cell, sizeof g->cell);
    }
    return status;
}

static void long_close(void *self)
{
    struct gathering *const g = self;
    if (!g) {
        return;
    }
    sorter_free(g->rows);
    sorter_free(g->cells);
    file_out_discard(g->ids_out);
    stream_close(g->ids_in);
    if (g->spooled) {
        (void)unlink(g->ids_path.at);
    }
    free(g->seen);
    free(g->losses);
    free(g->places);
    buf_release(&g->text);
    free(g);
}

static tamis_status long_open(void **self, const struct origin *origin, const struct trajectories_options *options,
                              struct account *account, struct steps *steps, tamis_err *err)
{
    struct gathering *const g = calloc(1, sizeof *g);
    if (!g) {
        return reading_no_memory("a reader", err);
    }
    *self = g;
    g->origin = origin;
    g->options = options;
    g->account = account;
    g->steps = steps;
    buf_init(&g->text, BUF_UNLIMITED);
    tamis_status status = open_ids(g, err);
    status = status ? status
                    : open_sorter(&g->rows, g, "trajectories-rows", ROW_WORDS, UINT64_MAX, options->memory / 2, err);
    status = status ? status : read_records(g, err);
    status = status ? status : close_ids(g, err);
    status = status ? status : put_together(g, err);
    account->facts.slip = account_slip(account);
    return status ? status : next_cell(g, err);
}

static tamis_status long_next(void *self, double *losses, struct trajectory *t, tamis_err *err)
{
    struct gathering *const g = self;
    const uint64_t first = g->cell[CELL_FIRST];
    *t = (struct trajectory){.losses = losses};
    if (!g->more) {
        return TAMIS_OK;
    }
    for (size_t i = 0; i < g->steps->count; i++) {
        losses[i] = (double)NAN;
    }
    tamis_status status = find_id(g, first, t, err);
    while (!status && g->more && g->cell[CELL_FIRST] == first) {
        if (g->cell[CELL_PLACE] == 0) {
            t->tokens = g->cell[CELL_VALUE];
        } else {
            losses[g->cell[CELL_PLACE] - 1] = bits_real(g->cell[CELL_VALUE]);
        }
        status = next_cell(g, err);
    }
    return status;
}

const struct gatherer gatherer_long = {long_open, long_next, long_close};
