/*
 * The second look at the inputs. Numbers are counted along the records and held against the ledger at each of them.
 */
#include "run/visit.h"

#include <stdlib.h>
#include <string.h>

#include "run/feed.h"

struct walk {
    const struct run *run;
    const struct ledger *ledger;
    const struct visit *visit;
    struct feed feed;
    struct chunk chunk;
    struct records records;
    struct arena arena;
    struct parser *parser;
    uint8_t *wanted;     /* a bit per record of the part */
    size_t wanted_bytes;
    uint64_t first, end; /* numbers of the part's records */
    uint64_t last_wanted;
    uint64_t seen;       /* records visited in all, for progress */
};

/* The numbers of a part are consecutive: finds their end and marks the wanted ones. */
static tamis_status plan_part(struct walk *w, size_t input, bool *any, tamis_err *err)
{
    uint64_t end = w->first;
    while (end < w->ledger->documents && ledger_survey(w->ledger, end)->part == input) {
        end++;
    }
    w->end = end;
    *any = false;
    const size_t bytes = (size_t)((end - w->first) / 8 + 1);
    if (bytes > w->wanted_bytes) {
        uint8_t *const bigger = realloc(w->wanted, bytes);
        if (!bigger) {
            return tamis_fail(err, TAMIS_IO, "out of memory for the documents of %s", w->run->inputs->at[input].path);
        }
        w->wanted = bigger;
        w->wanted_bytes = bytes;
    }
    memset(w->wanted, 0, bytes);
    for (uint64_t n = w->first; n < end; n++) {
        if (!w->visit->wants || w->visit->wants(w->visit->context, n)) {
            w->wanted[(n - w->first) / 8] |= (uint8_t)(1u << ((n - w->first) % 8));
            w->last_wanted = n;
            *any = true;
        }
    }
    return TAMIS_OK;
}

static tamis_status changed(const struct walk *w, size_t input, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INPUT,
                      "%s: has changed since the survey; restore it, or remove %s and run again",
                      w->run->inputs->at[input].path, w->run->folder);
}

static tamis_status visit_chunk(struct walk *w, size_t input, uint64_t *number, tamis_err *err)
{
    const struct reader_format *const format = w->run->inputs->at[input].format;
    const struct record_fields fields = feed_fields(w->run->recipe, w->run->inputs->at[input].source);
    records_clear(&w->records);
    arena_clear(&w->arena);
    tamis_status status = feed_records(&w->chunk, format, w->visit->parse ? w->parser : NULL, &fields, &w->arena,
                                       &w->records, err);
    for (size_t i = 0; !status && i < w->records.count; i++, ++*number) {
        const struct record *const record = &w->records.at[i];
        if (*number >= w->end) {
            return changed(w, input, err);
        }
        const struct survey_row *const row = ledger_survey(w->ledger, *number);
        if (row->offset != record->offset || survey_bytes(row, w->run->rules) != record->length) {
            return changed(w, input, err);
        }
        const uint64_t bit = *number - w->first;
        if (w->wanted[bit / 8] & (1u << (bit % 8))) {
            status = w->visit->record(w->visit->context, *number, record, format, err);
        }
    }
    return status;
}

static tamis_status visit_part(struct walk *w, size_t input, tamis_err *err)
{
    uint64_t number = w->first;
    while (number <= w->last_wanted) {
        if (run_stopped(w->run)) {
            return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command continues");
        }
        bool end = false;
        size_t of = input;
        tamis_status status = feed_next(&w->feed, &w->chunk, &of, &end, err);
        if (!status && (end || of != input)) {
            status = changed(w, input, err);
        }
        status = status ? status : visit_chunk(w, input, &number, err);
        if (status) {
            return status;
        }
        progress_update(w->run->progress, feed_progress(&w->feed), w->seen + number - w->first);
    }
    w->seen += number - w->first;
    return TAMIS_OK;
}

static void walk_release(struct walk *w)
{
    feed_release(&w->feed);
    chunk_release(&w->chunk);
    records_release(&w->records);
    arena_release(&w->arena);
    parser_free(w->parser);
    free(w->wanted);
}

tamis_status visit_records(const struct run *run, const struct ledger *ledger, const struct visit *visit,
                           tamis_err *err)
{
    struct walk w = {.run = run, .ledger = ledger, .visit = visit};
    feed_init(&w.feed, run->inputs, run->recipe);
    chunk_init(&w.chunk);
    arena_init(&w.arena);
    w.parser = parser_new();
    tamis_status status =
        w.parser ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for reading the inputs again");
    for (size_t input = 0; !status && input < run->inputs->count; input++) {
        bool any = false;
        status = plan_part(&w, input, &any, err);
        if (!status && any) {
            feed_skip_to(&w.feed, input);
            status = visit_part(&w, input, err);
        }
        w.first = w.end;
    }
    walk_release(&w);
    return status;
}
