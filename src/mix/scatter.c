/* See scatter.h. Places come by number, as the records do: nothing is looked up and nothing is read twice. */
#include "mix/scatter.h"

#include <stdlib.h>

#include "core/path.h"
#include "core/sorter.h"
#include "mix/drops.h"
#include "mix/lines.h"
#include "mix/pool.h"

struct scattering {
    const struct run *run;
    const struct ledger *ledger;
    const struct placement *placement;
    const size_t *first_spool;
    struct emit_totals *written;
    struct spools *spools;
    struct drops drops;
    struct lines lines;
    struct stream_out **valid; /* per domain index, NULL until it has a document */
    struct buf line;
    const uint64_t *row;       /* the next place, NULL: no more */
    const struct ledger_part *asked, *visited; /* where wants() and record() were last */
};

static bool drawn(const struct scattering *s, const struct ledger_part *part, size_t row)
{
    const uint8_t *const draws = (const uint8_t *)part->mix.rows + row * s->ledger->targets;
    for (unsigned t = 0; t < s->ledger->targets; t++) {
        if (draws[t] != 0) {
            return true;
        }
    }
    return false;
}

static bool wants(void *context, uint64_t number)
{
    struct scattering *const s = context;
    s->asked = pool_part(s->ledger, s->asked, number);
    const size_t row = (size_t)(number - s->asked->first);
    return drawn(s, s->asked, row) || pool_held_out(s->asked, row) || drops_wants(&s->drops, s->asked, row);
}

/* ---- Where a record goes ---------------------------------------------------------------------------------------- */

static tamis_status open_valid(struct scattering *s, uint16_t domain, tamis_err *err)
{
    const struct recipe *const recipe = s->run->recipe;
    struct path path;
    tamis_status status = path_make(&path, err, "%s/valid", s->run->folder);
    status = status != TAMIS_OK ? status : file_make_folders(path.at, err);
    status = status != TAMIS_OK ? status
                                : path_make(&path, err, "%s/valid/%s.jsonl%s", s->run->folder,
                                            recipe->domains[domain].name, codec_ending(recipe->output.codec.codec));
    return status != TAMIS_OK ? status : stream_out_open(&s->valid[domain], path.at, recipe->output.codec, err);
}

static tamis_status hold_out(struct scattering *s, const struct found *found, tamis_err *err)
{
    const uint16_t domain = found->survey->domain;
    tamis_str line = {0};
    tamis_status status = s->valid[domain] != NULL ? TAMIS_OK : open_valid(s, domain, err);
    status = status != TAMIS_OK ? status : lines_line(&s->lines, found, &line, err);
    if (status != TAMIS_OK) {
        return status;
    }
    buf_clear(&s->line);
    if (!buf_add_str(&s->line, line) || !buf_add_char(&s->line, '\n')) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a document of %zu bytes", line.len);
    }
    s->written->held_out_documents++;
    s->written->held_out_bytes += found->record->length;
    s->written->held_out_tokens += found->survey->tokens;
    return stream_out_add(s->valid[domain], buf_str(&s->line), err);
}

static tamis_status misplaced(const struct found *found, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INTERNAL, "the places of document %llu do not agree with how often it was drawn",
                      (unsigned long long)found->number);
}

static tamis_status put_places(struct scattering *s, const struct found *found, tamis_err *err)
{
    tamis_str line = {0};
    tamis_status status = lines_line(&s->lines, found, &line, err);
    if (status == TAMIS_OK && (s->row == NULL || s->row[0] != found->number)) {
        status = misplaced(found, err);
    }
    while (status == TAMIS_OK && s->row != NULL && s->row[0] == found->number) {
        const struct place place = place_unpack(s->row[1]);
        const struct spool_head head = {
            .number = found->number,
            .length = line.len,
            .position = place.position,
        };
        status = spools_add(s->spools, s->first_spool[place.target] + place.shard, head, line, err);
        status = status != TAMIS_OK ? status : sorter_next(s->placement->by_number, &s->row, err);
    }
    s->written->emitted_documents++;
    s->written->emitted_bytes += found->record->length;
    s->written->emitted_tokens += found->survey->tokens;
    return status;
}

static tamis_status put_record(void *context, uint64_t number, const struct record *record,
                               const struct reader_format *format, tamis_err *err)
{
    struct scattering *const s = context;
    if (run_stopped(s->run)) {
        return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted while writing; the same command continues");
    }
    s->visited = pool_part(s->ledger, s->visited, number);
    const size_t row = (size_t)(number - s->visited->first);
    const struct found found = {
        .number = number,
        .survey = (const struct survey_row *)s->visited->survey.rows + row,
        .record = record,
        .format = format,
    };
    if (drawn(s, s->visited, row)) {
        return put_places(s, &found, err);
    }
    return pool_held_out(s->visited, row) ? hold_out(s, &found, err) : drops_record(&s->drops, &s->lines, &found, err);
}

/* ---- The read --------------------------------------------------------------------------------------------------- */

static tamis_status open_all(struct scattering *s, tamis_err *err)
{
    buf_init(&s->line, BUF_UNLIMITED);
    s->valid = calloc(s->run->recipe->domain_count + 1, sizeof *s->valid);
    if (s->valid == NULL) {
        return tamis_fail(err, TAMIS_IO, "out of memory for %zu domains", s->run->recipe->domain_count);
    }
    tamis_status status = lines_open(&s->lines, s->run, s->ledger, err);
    status = status != TAMIS_OK ? status : drops_open(&s->drops, s->run, s->ledger, err);
    return status != TAMIS_OK ? status : sorter_next(s->placement->by_number, &s->row, err);
}

static tamis_status read_all(struct scattering *s, tamis_err *err)
{
    const struct visit visit = {.wants = wants, .record = put_record, .context = s};
    progress_stage(s->run->progress, "emit", "bytes", inputs_bytes(s->run->inputs));
    const tamis_status status = visit_records(s->run, s->ledger, &visit, err);
    if (status == TAMIS_OK && s->row != NULL) {
        return tamis_fail(err, TAMIS_INTERNAL, "document %llu has a place and was not read",
                          (unsigned long long)s->row[0]);
    }
    return status;
}

static tamis_status finish_all(struct scattering *s, tamis_err *err)
{
    tamis_status status = spools_finish(s->spools, err);
    for (size_t d = 0; status == TAMIS_OK && d < s->run->recipe->domain_count; d++) {
        struct stream_out *const valid = s->valid[d];
        s->valid[d] = NULL;
        status = valid != NULL ? stream_out_commit(valid, err) : TAMIS_OK;
    }
    status = status != TAMIS_OK ? status : drops_finish(&s->drops, err);
    s->written->dropped_documents = s->drops.written;
    return status;
}

static void release_all(struct scattering *s)
{
    for (size_t d = 0; s->valid != NULL && d < s->run->recipe->domain_count; d++) {
        stream_out_discard(s->valid[d]);
    }
    free(s->valid);
    drops_release(&s->drops);
    lines_release(&s->lines);
    buf_release(&s->line);
}

tamis_status scatter(const struct run *run, const struct ledger *ledger, const struct placement *placement,
                     const size_t *first_spool, struct spools *spools, struct emit_totals *written, tamis_err *err)
{
    struct scattering s = {
        .run = run,
        .ledger = ledger,
        .placement = placement,
        .first_spool = first_spool,
        .spools = spools,
        .written = written,
    };
    tamis_status status = open_all(&s, err);
    status = status != TAMIS_OK ? status : read_all(&s, err);
    status = status != TAMIS_OK ? status : finish_all(&s, err);
    release_all(&s);
    return status;
}
