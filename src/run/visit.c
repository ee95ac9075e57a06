/*
 * The second look at the inputs. Which records a chunk holds follows from the ledger, so that chunks are split and
 * parsed by several threads; each record is held against its row.
 */
#include "run/visit.h"

#include <stdlib.h>
#include <string.h>

#include "run/feed.h"
#include "run/pipeline.h"
#include "run/shelf.h"

/* The records of one part. */
struct span {
    uint64_t first, end; /* numbers */
    uint64_t last;       /* of the wanted ones */
    bool any;            /* is wanted */
};

struct visitor { /* a thread's */
    struct parser *parser;
    struct arena text; /* of the record at hand */
};

struct walk {
    const struct run *run;
    const struct ledger *ledger;
    const struct visit *visit;
    struct feed feed;
    unsigned threads;
    struct visitor *visitors; /* one per thread */
    struct span *spans; /* per part */
    uint8_t *wanted;    /* a bit per document */
    uint64_t next;      /* number of the next record while joining */
    const struct shelf *shelf; /* instead of the feed; NULL: by the feed */
    size_t place;       /* of the next chunk on the shelf */
    uint64_t seen;      /* records visited, for progress */
};

/* The records of one chunk. */
struct sight {
    size_t input;
    uint64_t disk;
    uint64_t first, end;   /* numbers, as the ledger has them */
    struct chunk chunk;
    struct records places; /* of all */
    struct records records; /* the wanted ones */
    struct arena arena;
    struct record_fields fields;
    struct record_cursor cursor;
    struct buf made, ends; /* of work(): where in `made` what it made of each wanted record ends */
};

static tamis_status changed(const struct walk *w, size_t input, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INPUT,
                      "%s: has changed since the survey; restore it, or remove %s and run again",
                      w->run->inputs->at[input].path, w->run->folder);
}

/* ---- What is wanted --------------------------------------------------------------------------------------------- */

static bool is_wanted(const struct walk *w, uint64_t number)
{
    return w->wanted[number / 8] & (1u << (number % 8));
}

static bool any_wanted(const struct walk *w, uint64_t first, uint64_t end)
{
    for (uint64_t n = first; n < end; n++) {
        if (is_wanted(w, n)) {
            return true;
        }
    }
    return false;
}

static void plan(struct walk *w)
{
    const struct visit *const visit = w->visit;
    uint64_t number = 0;
    for (size_t p = 0; p < w->ledger->part_count; p++) {
        const struct ledger_part *const part = &w->ledger->parts[p];
        const struct survey_row *const rows = part->survey.rows;
        for (size_t i = 0; i < part->count; i++, number++) {
            struct span *const span = &w->spans[rows[i].part];
            span->first = span->end ? span->first : number;
            span->end = number + 1;
            if (!visit->wants || visit->wants(visit->context, number)) {
                w->wanted[number / 8] |= (uint8_t)(1u << (number % 8));
                span->last = number;
                span->any = true;
            }
        }
    }
}

/* The first record of the span at or behind an offset. */
static uint64_t find_record(const struct walk *w, const struct span *span, uint64_t offset)
{
    uint64_t low = span->first, high = span->end;
    while (low < high) {
        const uint64_t middle = low + (high - low) / 2;
        if (ledger_survey(w->ledger, middle)->offset < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A record lies in what comes before the next one too: its line ends there. */
static bool leave_out(void *context, uint64_t from, uint64_t to, uint64_t *resume)
{
    const struct walk *const w = context;
    const struct span *const span = &w->spans[w->feed.input];
    const uint64_t behind = find_record(w, span, from + 1), end = find_record(w, span, to);
    if (any_wanted(w, behind > span->first ? behind - 1 : behind, end)) {
        return false;
    }
    *resume = end <= span->last ? ledger_survey(w->ledger, end)->offset : UINT64_MAX;
    return true;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static tamis_status load(void *context, void *piece, bool *end, tamis_err *err)
{
    struct walk *const w = context;
    if (run_stopped(w->run)) {
        return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command continues");
    }
    if (feed_is_between(&w->feed)) {
        size_t input = w->feed.input;
        while (input < w->run->inputs->count && !w->spans[input].any) {
            input++;
        }
        feed_skip_to(&w->feed, input);
    }
    return feed_load(&w->feed, piece, end, err);
}

static tamis_status decode(void *context, void *piece, tamis_err *err)
{
    (void)context;
    return piece_decode(&((struct feed_piece *)piece)->piece, err);
}

static void sight_init(struct sight *s)
{
    chunk_init(&s->chunk);
    arena_init(&s->arena);
    buf_init(&s->made, BUF_UNLIMITED);
    buf_init(&s->ends, BUF_UNLIMITED);
}

/* Nothing is looked at behind the last wanted record of a part. */
static tamis_status join(void *context, void *at, void *job, bool *made, tamis_err *err)
{
    struct walk *const w = context;
    struct feed_piece *const piece = at;
    struct sight *const s = job;
    const struct span *const span = &w->spans[piece->input];
    if (!s->chunk.bytes.limit) {
        sight_init(s);
    }
    if (piece->piece.first && !piece->piece.begun) {
        w->next = find_record(w, span, piece->piece.resume);
    }
    *made = false;
    if (!span->any || w->next > span->last) {
        return TAMIS_OK;
    }
    const tamis_status status = feed_join(&w->feed, piece, &s->chunk, made, err);
    if (status || !*made) {
        return status || !piece->piece.last ? status : changed(w, piece->input, err);
    }
    s->input = piece->input;
    s->disk = piece->disk;
    s->first = w->next;
    s->end = s->chunk.length ? find_record(w, span, s->chunk.offset + s->chunk.length) : s->first + 1;
    w->next = s->end;
    if (w->next > span->last) {
        feed_leave(&w->feed, piece->input);
    }
    return s->end >= s->first && s->end <= span->end ? TAMIS_OK : changed(w, piece->input, err);
}

/* The next chunk on the shelf in which something wanted lies; the shelf keeps its bytes. */
static tamis_status read_shelf(void *context, void *job, bool *end, tamis_err *err)
{
    struct walk *const w = context;
    struct sight *const s = job;
    if (run_stopped(w->run)) {
        return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command continues");
    }
    const struct shelved *from = shelf_at(w->shelf, w->place++);
    while (from && !any_wanted(w, from->first, from->end)) {
        from = shelf_at(w->shelf, w->place++);
    }
    *end = from == NULL;
    if (from) {
        if (!s->chunk.bytes.limit) {
            sight_init(s);
        }
        s->input = from->input;
        s->disk = from->disk;
        s->first = from->first;
        s->end = from->end;
        s->chunk = from->chunk;
    }
    return TAMIS_OK;
}

/* ---- Work ------------------------------------------------------------------------------------------------------- */

/* A record that was found, with what is asked of it. */
static tamis_status parse(struct walk *w, struct visitor *visitor, struct sight *s, const struct record *place,
                          tamis_err *err)
{
    const size_t before = s->records.count;
    if (w->visit->parse && s->chunk.holds == CHUNK_RECORDS) {
        const struct reader_format *const format = w->run->inputs->at[s->input].format;
        arena_clear(&visitor->text);
        s->cursor.at = (size_t)(place->raw.at - chunk_str(&s->chunk).at);
        const tamis_status status = format->parse(visitor->parser, &s->cursor, &s->records, err);
        return status || s->records.count == before + 1 ? status : changed(w, s->input, err);
    }
    struct record *const record = records_add(&s->records);
    if (!record) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the records of a chunk");
    }
    *record = *place;
    return TAMIS_OK;
}

static tamis_status see(struct walk *w, unsigned thread, struct sight *s, uint64_t number, const struct record *place,
                        tamis_err *err)
{
    const struct survey_row *const row = ledger_survey(w->ledger, number);
    if (row->offset != place->offset || survey_bytes(row, w->run->rules) != place->length) {
        return changed(w, s->input, err);
    }
    if (!is_wanted(w, number)) {
        return TAMIS_OK;
    }
    tamis_status status = parse(w, &w->visitors[thread], s, place, err);
    if (!status && w->visit->work) {
        const struct record *const record = &s->records.at[s->records.count - 1];
        status = w->visit->work(w->visit->context, thread, number, record, &s->made, err);
        if (!status && !buf_add(&s->ends, &s->made.len, sizeof s->made.len)) {
            status = tamis_fail(err, TAMIS_IO, "out of memory for the records of a chunk");
        }
    }
    return status;
}

/* What the survey saw lies there yet, so that the ledger alone tells where. */
static tamis_status see_on_shelf(struct walk *w, unsigned thread, struct sight *s, uint64_t number, tamis_err *err)
{
    const struct survey_row *const row = ledger_survey(w->ledger, number);
    const tamis_str all = chunk_str(&s->chunk);
    const uint64_t from = row->offset - s->chunk.offset, bytes = survey_bytes(row, w->run->rules);
    if (row->offset < s->chunk.offset || from > all.len || bytes > all.len - from) {
        return tamis_fail(err, TAMIS_INTERNAL, "%s: the ledger does not tell where document %llu lies; please report "
                          "this", w->run->inputs->at[s->input].path, (unsigned long long)number);
    }
    const struct record place = {
        .raw = {all.at + from, (size_t)bytes},
        .offset = row->offset,
        .length = bytes,
        .reject = row->rule == (uint16_t)REJECT_EMPTY_LINE ? REJECT_EMPTY_LINE : REJECT_NONE,
    };
    return see(w, thread, s, number, &place, err);
}

static tamis_status see_all_on_shelf(struct walk *w, unsigned thread, struct sight *s, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (uint64_t n = s->first; !status && n < s->end; n++) {
        status = is_wanted(w, n) ? see_on_shelf(w, thread, s, n, err) : TAMIS_OK;
    }
    return status;
}

static tamis_status work(void *context, unsigned thread, void *job, tamis_err *err)
{
    struct walk *const w = context;
    struct sight *const s = job;
    records_clear(&s->places);
    records_clear(&s->records);
    arena_clear(&s->arena);
    buf_clear(&s->made);
    buf_clear(&s->ends);
    const struct input *const input = &w->run->inputs->at[s->input];
    s->fields = feed_fields(w->run->recipe, input->source);
    s->cursor = (struct record_cursor){.fields = &s->fields, .chunk = &s->chunk, .arena = &s->arena,
                                       .texts = w->visit->work ? &w->visitors[thread].text : &s->arena};
    if (w->shelf && s->chunk.holds == CHUNK_RECORDS) {
        return see_all_on_shelf(w, thread, s, err);
    }
    tamis_status status = input->format->split(&s->chunk, &s->places, err);
    if (!status && s->places.count != s->end - s->first) {
        status = changed(w, s->input, err);
    }
    for (size_t i = 0; !status && i < s->places.count; i++) {
        status = see(w, thread, s, s->first + i, &s->places.at[i], err);
    }
    return status;
}

/* ---- Handing over ----------------------------------------------------------------------------------------------- */

static tamis_status hand_over(const struct walk *w, const struct sight *s, uint64_t number, size_t i, tamis_err *err)
{
    const struct visit *const visit = w->visit;
    if (!visit->work) {
        return visit->record(visit->context, number, &s->records.at[i], w->run->inputs->at[s->input].format, err);
    }
    const size_t *const ends = (const size_t *)(const void *)s->ends.at;
    const size_t start = i ? ends[i - 1] : 0;
    return visit->take(visit->context, number, (tamis_str){buf_str(&s->made).at + start, ends[i] - start}, err);
}

static tamis_status hand_over_records(const struct walk *w, const struct sight *s, tamis_err *err)
{
    size_t i = 0;
    tamis_status status = TAMIS_OK;
    for (uint64_t n = s->first; !status && n < s->end; n++) {
        if (is_wanted(w, n)) {
            status = hand_over(w, s, n, i++, err);
        }
    }
    return status;
}

static tamis_status write(void *context, void *job, tamis_err *err)
{
    struct walk *const w = context;
    const struct sight *const s = job;
    const struct visit *const visit = w->visit;
    const bool renders = w->run->inputs->at[s->input].format->renders;
    const bool copied = visit->frames && !renders && s->chunk.packed.len > 0 && s->records.count == s->end - s->first;
    const tamis_status status =
        copied ? visit->frames(visit->context, s->first, s->end, buf_str(&s->chunk.packed), err)
               : hand_over_records(w, s, err);
    w->seen += s->end - s->first;
    progress_update(w->run->progress, s->disk, w->seen);
    return status;
}

/* ---- All of it -------------------------------------------------------------------------------------------------- */

static void release_job(void *context, void *job)
{
    const struct walk *const w = context;
    struct sight *const s = job;
    if (s->chunk.bytes.limit) {
        if (!w->shelf) {
            chunk_release(&s->chunk);
        }
        records_release(&s->places);
        records_release(&s->records);
        arena_release(&s->arena);
        buf_release(&s->made);
        buf_release(&s->ends);
    }
}

static void release_piece(void *context, void *piece)
{
    (void)context;
    piece_release(&((struct feed_piece *)piece)->piece);
}

static bool walk_open(struct walk *w)
{
    feed_init(&w->feed, w->run->inputs, w->run->recipe);
    w->feed.leave_out = leave_out;
    w->feed.context = w;
    feed_spread(&w->feed, w->run->threads, w->run->copies_frames);
    w->spans = calloc(w->run->inputs->count + 1, sizeof *w->spans);
    w->wanted = calloc((size_t)(w->ledger->documents / 8) + 1, 1);
    w->threads = w->run->threads ? w->run->threads : 1;
    w->visitors = calloc(w->threads, sizeof *w->visitors);
    bool fine = w->spans && w->wanted && w->visitors;
    for (unsigned t = 0; fine && t < w->threads; t++) {
        arena_init(&w->visitors[t].text);
        w->visitors[t].parser = parser_new();
        fine = w->visitors[t].parser != NULL;
    }
    return fine;
}

static void walk_close(struct walk *w)
{
    for (unsigned t = 0; w->visitors && t < w->threads; t++) {
        parser_free(w->visitors[t].parser);
        arena_release(&w->visitors[t].text);
    }
    feed_release(&w->feed);
    free(w->visitors);
    free(w->wanted);
    free(w->spans);
}

tamis_status visit_records(const struct run *run, const struct ledger *ledger, const struct visit *visit,
                           tamis_err *err)
{
    struct walk w = {.run = run, .ledger = ledger, .visit = visit};
    w.shelf = !visit->frames && shelf_is_whole(run->shelf) ? run->shelf : NULL;
    tamis_status status = TAMIS_OK;
    if (!walk_open(&w)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for reading the inputs again");
    } else {
        plan(&w);
        const struct pipeline shelf = {
            .context = &w,
            .job_bytes = sizeof(struct sight),
            .read = read_shelf,
            .work = work,
            .write = write,
            .release = release_job,
        };
        const struct pipeline files = {
            .context = &w,
            .job_bytes = sizeof(struct sight),
            .work = work,
            .write = write,
            .release = release_job,
            .piece_bytes = sizeof(struct feed_piece),
            .load = load,
            .decode = decode,
            .join = join,
            .release_piece = release_piece,
        };
        status = pipeline_run(w.shelf ? &shelf : &files, w.threads, err);
    }
    walk_close(&w);
    return status;
}
