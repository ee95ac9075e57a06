/*
 * loss.npy with its ids, row by row, as series. A row whose id cannot be read is broken; one too many or too few on
 * either side spoils all, since then nobody knows what belongs together.
 */
#include "score/trajectories_reading.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/npy_matrix.h"
#include "core/str.h"
#include "io/json_shim.h"

#define STOP_EVERY 4096u
#define PASS_BYTES ((size_t)8 << 20)

struct matrix {
    const struct origin *origin;
    const struct trajectories_options *options;
    struct account *account;
    struct npy_matrix loss, ids; /* ids: a zeroed one when they are lines */
    struct loss_lines lines;
    struct line_parser parser;
    bool json;        /* lines are JSON, else the ids as they are */
    uint64_t row;
    double *losses;
    uint64_t *counted; /* 0, 1, 2, .. where the manifest has no steps */
    struct line line;  /* of the row at hand: id, domain, units */
    struct buf text;
    struct series series;
};

static void matrix_close(void *self)
{
    struct matrix *const m = self;
    if (m) {
        npy_matrix_close(&m->loss);
        npy_matrix_close(&m->ids);
        loss_lines_release(&m->lines);
        line_parser_close(&m->parser);
        buf_release(&m->text);
        free(m->losses);
        free(m->counted);
        free(m);
    }
}

/* ---- Opening ---------------------------------------------------------------------------------------------------- */

static tamis_status check_losses(const struct matrix *m, tamis_err *err)
{
    const struct origin *const o = m->origin;
    if (m->loss.texts) {
        return tamis_fail(err, TAMIS_INPUT, "%s: holds strings, not losses", o->loss);
    }
    if (m->loss.columns > TRAJECTORIES_MOST_CHECKPOINTS) {
        return tamis_fail(err, TAMIS_INPUT, "%s: has %zu columns; a trajectory has at most %zu checkpoints", o->loss,
                          m->loss.columns, TRAJECTORIES_MOST_CHECKPOINTS);
    }
    if (o->steps && m->loss.columns != o->step_count) {
        return tamis_fail(err, TAMIS_INPUT, "%s: has %zu columns, but the manifest names %zu steps", o->loss,
                          m->loss.columns, o->step_count);
    }
    return TAMIS_OK;
}

static tamis_status open_ids(struct matrix *m, tamis_err *err)
{
    const char *const path = m->origin->ids;
    if (!str_ends_with(str_from(path), ".npy")) {
        m->json = !str_ends_with(str_from(path), "/ids") && !str_ends_with(str_from(path), ".txt");
        loss_lines_init(&m->lines, m->origin, m->options, &m->origin->ids, 1);
        m->lines.quiet = true;
        return line_parser_open(&m->parser, err);
    }
    const tamis_status status = npy_matrix_open(&m->ids, path, err);
    if (!status && (m->ids.kind == 'f' || m->ids.columns != 1)) {
        return tamis_fail(err, TAMIS_INPUT, "%s: must be a list of strings or of whole numbers", path);
    }
    return status;
}

static tamis_status matrix_open(void **self, const struct origin *origin, const struct trajectories_options *options,
                                struct account *account, tamis_err *err)
{
    struct matrix *const m = calloc(1, sizeof *m);
    if (!m) {
        return reading_no_memory("a reader", err);
    }
    *self = m;
    m->origin = origin;
    m->options = options;
    m->account = account;
    chunk_init(&m->lines.chunk);
    arena_init(&m->parser.arena);
    buf_init(&m->parser.tamed, BUF_UNLIMITED);
    buf_init(&m->text, BUF_UNLIMITED);
    tamis_status status = npy_matrix_open(&m->loss, origin->loss, err);
    status = status ? status : check_losses(m, err);
    status = status ? status : open_ids(m, err);
    if (status) {
        return status;
    }
    m->losses = calloc(m->loss.columns + 1, sizeof *m->losses);
    m->counted = calloc(m->loss.columns + 1, sizeof *m->counted);
    for (size_t i = 0; m->counted && i < m->loss.columns; i++) {
        m->counted[i] = i;
    }
    return m->losses && m->counted ? TAMIS_OK : reading_no_memory("a row", err);
}

/* ---- Ids -------------------------------------------------------------------------------------------------------- */

static tamis_status take_npy_id(struct matrix *m, bool *end, tamis_err *err)
{
    *end = m->row == m->ids.rows;
    buf_clear(&m->text);
    if (!*end && !npy_matrix_text(&m->ids, m->row, &m->text)) {
        return reading_no_memory("an id", err);
    }
    m->line = (struct line){.id = buf_str(&m->text), .domain = STR("")};
    return TAMIS_OK;
}

static tamis_status take_line_id(struct matrix *m, bool *end, tamis_err *err)
{
    const struct record *record = NULL;
    enum broken why = BROKEN_REASONS;
    m->line = (struct line){.id = STR(""), .domain = STR("")};
    tamis_status status = loss_lines_next(&m->lines, &record, err);
    if (!status && record && record->reject == REJECT_DAMAGED_STREAM) {
        return tamis_fail(err, TAMIS_INPUT, "%s: the file is damaged, and which rows the ids behind that belong to "
                          "cannot be told; get it again", m->origin->ids);
    }
    *end = !status && !record;
    if (status || *end || record->reject) {
        return status;
    }
    if (m->json) {
        status = line_parse_id(&m->parser, m->origin, record->raw, &m->line, &why, err);
        m->line.id = why == BROKEN_REASONS ? m->line.id : STR("");
        return status;
    }
    m->line.id = record->raw;
    m->line.id.len -= record->raw.len > 0 && record->raw.at[record->raw.len - 1] == '\r';
    return TAMIS_OK;
}

static tamis_status fail_unequal(const struct matrix *m, const char *what, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INPUT, "%s: %s ids than the %" PRIu64 " rows of %s; write both again together",
                      m->origin->ids, what, m->loss.rows, m->origin->loss);
}

static tamis_status take_id(struct matrix *m, tamis_err *err)
{
    bool end = false;
    const tamis_status status = m->ids.map ? take_npy_id(m, &end, err) : take_line_id(m, &end, err);
    if (status) {
        return status;
    }
    if (m->row == m->loss.rows) {
        return end ? TAMIS_OK : fail_unequal(m, "more", err);
    }
    return end ? fail_unequal(m, "fewer", err) : TAMIS_OK;
}

/* ---- Rows ------------------------------------------------------------------------------------------------------- */

static tamis_status pause_at(const struct matrix *m, tamis_err *err)
{
    const size_t row_bytes = m->loss.columns * m->loss.item;
    if (m->row % (PASS_BYTES / row_bytes + 1) == 0) {
        npy_matrix_pass(&m->loss, m->row);
        progress_update(m->options->progress, m->row * row_bytes, m->row);
    }
    return m->row % STOP_EVERY == 0 && reading_stopped(m->options) ? reading_interrupted(err) : TAMIS_OK;
}

static void take_row(struct matrix *m)
{
    bool rejected = false;
    npy_matrix_row(&m->loss, m->row, m->losses);
    for (size_t i = 0; i < m->loss.columns; i++) {
        m->losses[i] = account_loss(m->account, m->losses[i], m->origin->scale, &rejected);
    }
    m->account->facts.lossy += rejected;
    m->series = (struct series){
        .id = m->line.id,
        .domain = m->line.domain,
        .units = m->line.units,
        .count = m->loss.columns,
        .losses = m->losses,
        .steps = m->origin->steps ? m->origin->steps : m->counted,
    };
}

static tamis_status matrix_next(void *self, const struct series **series, tamis_err *err)
{
    struct matrix *const m = self;
    tamis_status status = TAMIS_OK;
    *series = NULL;
    while (!*series) {
        status = take_id(m, err);
        if (status || m->row == m->loss.rows) {
            return status;
        }
        status = pause_at(m, err);
        if (status) {
            return status;
        }
        m->account->facts.records++;
        if (m->line.id.len == 0 || !dom_valid_utf8(m->line.id)) {
            account_broken(m->account, BROKEN_ID, m->origin->ids, "row", m->row);
        } else {
            take_row(m);
            *series = &m->series;
        }
        m->row++;
    }
    return TAMIS_OK;
}

const struct series_source series_of_matrix = {matrix_open, matrix_next, matrix_close};
