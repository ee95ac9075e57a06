/*
 * Lines of several parts as one sequence. Chunks are read with the reader of JSON lines and only split here: what a
 * line says is for trajectories_line.c.
 */
#include "score/trajectories_reading.h"

#define LEAST_CHUNK ((uint64_t)64 << 10)

void loss_lines_init(struct loss_lines *l, const struct origin *origin, const struct trajectories_options *options,
                const char *const *paths, size_t count)
{
    *l = (struct loss_lines){.origin = origin, .options = options, .paths = paths, .path_count = count};
    chunk_init(&l->chunk);
}

void loss_lines_release(struct loss_lines *l)
{
    if (l->reader) {
        reader_jsonl.close(l->reader);
    }
    chunk_release(&l->chunk);
    records_release(&l->records);
    *l = (struct loss_lines){0};
}

/* Of the last line, for messages. */
static const char *path_of(const struct loss_lines *l)
{
    return l->origin->spool ? "standard input" : l->path > 0 ? l->paths[l->path - 1] : l->origin->name;
}

static tamis_status open_part(struct loss_lines *l, tamis_err *err)
{
    const uint64_t share = l->options->memory / 16;
    const struct reader_options options = {
        .max_line = l->options->max_line,
        .chunk_bytes = (size_t)(share < LEAST_CHUNK ? LEAST_CHUNK : share < CHUNK_BYTES ? share : CHUNK_BYTES)};
    return reader_jsonl.open(&l->reader, l->paths[l->path++], &options, err);
}

static void close_part(struct loss_lines *l)
{
    l->disk += reader_jsonl.read_from_disk(l->reader);
    reader_jsonl.close(l->reader);
    l->reader = NULL;
}

/* The records of the next chunk; none at the end of a part. */
static tamis_status next_chunk(struct loss_lines *l, tamis_err *err)
{
    bool end = false;
    l->at = 0;
    records_clear(&l->records);
    tamis_status status = l->reader ? TAMIS_OK : open_part(l, err);
    status = status ? status : reader_jsonl.next(l->reader, &l->chunk, &end, err);
    if (status) {
        return status;
    }
    if (end) {
        close_part(l);
        return TAMIS_OK;
    }
    if (l->chunk.holds == CHUNK_DAMAGED && !l->chunk.goes_on && l->chunk.offset == 0) {
        return tamis_fail(err, TAMIS_INPUT, "nothing can be read of %s: %s", path_of(l), l->chunk.note);
    }
    if (!l->quiet) {
        progress_update(l->options->progress, l->disk + reader_jsonl.read_from_disk(l->reader), l->count);
    }
    return reader_jsonl.split(&l->chunk, &l->records, err);
}

tamis_status loss_lines_next(struct loss_lines *l, const struct record **record, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    while (!status && l->at == l->records.count && (l->reader || l->path < l->path_count)) {
        status = reading_stopped(l->options) ? reading_interrupted(err) : next_chunk(l, err);
    }
    *record = !status && l->at < l->records.count ? &l->records.at[l->at++] : NULL;
    l->count += *record != NULL;
    return status;
}

/* ---- Lines that say something ----------------------------------------------------------------------------------- */

tamis_status line_reader_open(struct line_reader *r, const struct origin *origin,
                              const struct trajectories_options *options, enum form form, struct account *account,
                              tamis_err *err)
{
    *r = (struct line_reader){.origin = origin, .account = account, .form = form};
    loss_lines_init(&r->lines, origin, options, origin->parts, origin->part_count);
    return line_parser_open(&r->parser, err);
}

void line_reader_close(struct line_reader *r)
{
    loss_lines_release(&r->lines);
    line_parser_close(&r->parser);
}

static tamis_status read_line(struct line_reader *r, const struct record *record, enum broken *why, tamis_err *err)
{
    *why = record->reject == REJECT_DAMAGED_STREAM ? BROKEN_STREAM : BROKEN_LINE;
    if (record->reject) {
        return TAMIS_OK;
    }
    const tamis_status status = line_parse(&r->parser, r->origin, record->raw, &r->line, why, err);
    if (!status && *why == BROKEN_REASONS) {
        r->form = r->form == FORM_UNKNOWN ? r->line.form : r->form;
        *why = r->form == r->line.form ? BROKEN_REASONS : BROKEN_FORM;
    }
    return status;
}

tamis_status line_reader_next(struct line_reader *r, const struct line **line, tamis_err *err)
{
    const struct record *record = NULL;
    *line = NULL;
    tamis_status status = TAMIS_OK;
    while (!*line && !(status = loss_lines_next(&r->lines, &record, err)) && record) {
        enum broken why = BROKEN_REASONS;
        status = read_line(r, record, &why, err);
        if (status) {
            return status;
        }
        r->account->facts.records++;
        if (why == BROKEN_REASONS) {
            *line = &r->line;
        } else {
            account_broken(r->account, why, path_of(&r->lines), "byte", record->offset);
        }
    }
    return status;
}
