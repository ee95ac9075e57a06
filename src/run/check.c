/* Check: a sample judged as the survey would judge it. */
#include "run/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/str.h"
#include "recipe/kind.h"
#include "run/batch.h"
#include "run/feed.h"
#include "run/text_field.h"

#define PROGRAM_BYTES ((uint64_t)64 << 20) /* libraries, language tables and workspaces, touched in every run */
#define BATCH_BYTES ((uint64_t)4 * CHUNK_BYTES) /* a chunk, its records and what is made of them */
#define DOCUMENT_BYTES 32u
#define SPARE_FROM ((uint64_t)2 << 30) /* who may hold this much holds some so that less is read and written twice */
#define PROXY_BYTES ((uint64_t)160 << 20) /* of the proxy model and its workers */
#define PROXY_DISK ((uint64_t)64 << 20)
#define PROXY_TRAINS 0.4e6
#define PROXY_EVALUATES 1.5e6
#define LANGUAGE_FIRST 200 /* telling a language costs more than all the rest of a document */
#define LANGUAGE_ONE_IN 8
#define SAMPLE_CHUNK ((size_t)512 << 10)

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One part read from its beginning. */
struct head {
    const struct run *run;
    struct batch batch;
    struct worker *worker;
    tamis_text *text;
    struct inputs one; /* a feed of this part only */
    struct feed feed;
};

static tamis_status head_open(struct head *h, const struct run *run, tamis_err *err)
{
    *h = (struct head){.run = run};
    batch_init(&h->batch);
    h->batch.keeps_texts = true; /* they are looked at again */
    h->text = tamis_text_new();
    if (!h->text) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the check");
    }
    return worker_new(&h->worker, run->recipe, run->rules, err);
}

static void head_close(struct head *h)
{
    batch_release(&h->batch);
    worker_free(h->worker);
    tamis_text_free(h->text);
}

static void head_start(struct head *h, size_t input)
{
    h->one = (struct inputs){.at = &h->run->inputs->at[input], .count = 1};
    feed_init(&h->feed, &h->one, h->run->recipe);
    h->feed.options.chunk_bytes = SAMPLE_CHUNK;
}

static tamis_status head_next(struct head *h, bool *end, tamis_err *err)
{
    size_t input = 0;
    const tamis_status status = feed_next(&h->feed, &h->batch.chunk, &input, end, err);
    h->batch.input = input;
    return status || *end ? status : batch_survey(&h->batch, h->worker, &h->one.at[0], 0, err);
}

static size_t first_input(const struct run *run, size_t source)
{
    size_t i = 0;
    while (i < run->inputs->count && run->inputs->at[i].source != source) {
        i++;
    }
    return i;
}

/* The kinds of the first `at_most` documents of a batch; how many there were. */
static uint64_t vote(struct head *h, struct kind_votes *votes, uint64_t at_most)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < h->batch.records.count && seen < at_most; i++) {
        if (!h->batch.records.at[i].reject) {
            tamis_text_set(h->text, h->batch.records.at[i].text);
            votes->of[kind_guess(h->text)]++;
            seen++;
        }
    }
    return seen;
}

/* Of a source from which no text has come yet: the first record whose text field is missing. */
static bool see_lacking(const struct head *h, struct buf *lacking)
{
    size_t i = 0;
    while (i < h->batch.records.count && h->batch.records.at[i].reject != REJECT_NO_TEXT) {
        i++;
    }
    return lacking->len || i == h->batch.records.count || buf_add_str(lacking, h->batch.records.at[i].raw);
}

/*
 * The first `enough` documents of the source vote, however it is cut into parts. Parts that begin without any text are
 * left soon.
 */
static tamis_status take_votes(struct head *h, size_t source, uint64_t enough, struct kind_votes *votes,
                               tamis_err *err)
{
    const struct inputs *const inputs = h->run->inputs;
    const size_t first = first_input(h->run, source);
    uint64_t seen = 0;
    struct buf lacking;
    buf_init(&lacking, BUF_UNLIMITED);
    tamis_status status = TAMIS_OK;
    for (size_t part = first;
         !status && seen < enough && part < inputs->count && inputs->at[part].source == source; part++) {
        bool end = false;
        head_start(h, part);
        for (uint64_t looked = 0; !status && !end && seen < enough && (seen || looked < CHECK_DOCUMENTS);) {
            status = head_next(h, &end, err);
            seen += status || end ? 0 : vote(h, votes, enough - seen);
            looked += status || end ? 0 : h->batch.records.count;
            if (!status && !end && !seen && !see_lacking(h, &lacking)) {
                status = tamis_fail(err, TAMIS_IO, "out of memory for a record");
            }
        }
        feed_release(&h->feed);
    }
    if (!status && !seen && lacking.len) {
        status = text_field_missing(h->run, first, buf_str(&lacking), err);
    }
    buf_release(&lacking);
    return status;
}

static tamis_status guess_kind(struct head *h, size_t source, tamis_err *err)
{
    struct kind_votes votes = {0};
    const bool open = h->run->recipe->sources[source].kind == KIND_UNKNOWN;
    const tamis_status status = take_votes(h, source, open ? KIND_DOCUMENTS : 1, &votes, err);
    if (open && (!status || status == TAMIS_USAGE)) {
        recipe_tell_kind(h->run->recipe, source, kind_elected(&votes));
    }
    return status;
}

/* A pipe, whose kind is known then, must not be touched. */
static bool has_head(const struct run *run, size_t source)
{
    const size_t first = first_input(run, source);
    return run->recipe->sources[source].kind == KIND_UNKNOWN ||
           (first < run->inputs->count && run->inputs->at[first].bytes > 0);
}

tamis_status check_heads(const struct run *run, bool together, tamis_err *err)
{
    struct head head;
    size_t lacking = 0;
    tamis_status status = head_open(&head, run, err);
    for (size_t s = 0; !status && s < run->recipe->source_count; s++) {
        status = has_head(run, s) ? guess_kind(&head, s, err) : TAMIS_OK;
        if (status == TAMIS_USAGE && together && ++lacking < run->recipe->source_count) {
            status = TAMIS_OK;
        }
    }
    head_close(&head);
    return status;
}

static void count_language(struct check_source *source, const char *code)
{
    size_t i = 0;
    source->told++;
    while (i < CHECK_LANGUAGES && source->languages[i].documents && strcmp(source->languages[i].code, code) != 0) {
        i++;
    }
    if (i < CHECK_LANGUAGES) {
        const size_t len = strlen(code) < sizeof source->languages[i].code ? strlen(code) : 7;
        memcpy(source->languages[i].code, code, len);
        source->languages[i].documents++;
    }
}

/* Examples are those of the smallest text hashes, wherever in the sample they stand. */
static bool keep_example(struct check *check, const struct run *run, const struct record *record,
                         const struct survey_row *row)
{
    const size_t cell = (size_t)row->domain * run->rules->count + row->rule - 1;
    struct gate_examples *const examples = &check->examples[cell];
    size_t at = examples->count;
    while (at > 0 && row->hash_high < examples->at[at - 1].order) {
        at--;
    }
    if (at == GATE_EXAMPLES) {
        return true;
    }
    const bool confidential = run->recipe->sources[row->source].confidential;
    const tamis_str id = confidential ? STR("(confidential)") : record->id.len ? record->id : STR("(no id)");
    const struct gate_example example = {
        .id = arena_strdup(&check->arena, id), .value = row->value, .order = row->hash_high};
    examples->count += examples->count < GATE_EXAMPLES;
    memmove(&examples->at[at + 1], &examples->at[at], (examples->count - at - 1) * sizeof *examples->at);
    examples->at[at] = example;
    return example.id != NULL;
}

static void see_fields(struct check_source *source, const struct record *record)
{
    source->with_id += record->id.len > 0;
    source->with_tokens += record->tokens > 0;
    source->with_language += record->language.len > 0;
    for (size_t i = 0; i < RECORD_NUMBERS; i++) {
        source->with_number[i] += isnan(record->numbers[i]) ? 0 : 1;
    }
}

static tamis_status missing_field(const struct run *run, size_t source, const char *key, const char *field,
                                  tamis_err *err)
{
    return tamis_fail(err, TAMIS_USAGE, "%s: source %s: %s: no document of the sample has a field '%s'; correct its "
                      "name, or leave the key out", run->recipe->path, run->recipe->sources[source].name, key, field);
}

/* A field that a recipe names and no document has is a slip of the pen, not a choice. */
static tamis_status check_fields(const struct check *check, const struct run *run, size_t source, tamis_err *err)
{
    const struct recipe_source *const s = &run->recipe->sources[source];
    const struct check_source *const seen = &check->sources[source];
    const uint64_t rejected = tally_fate_sum(&check->tally, FATE_REJECTED).documents;
    if (seen->documents == 0 || rejected == check->tally.all.documents) {
        return TAMIS_OK;
    }
    if (s->id && strcmp(s->id, "id") != 0 && !seen->with_id) {
        return missing_field(run, source, "id", s->id, err);
    }
    if (s->tokens && !seen->with_tokens) {
        return missing_field(run, source, "tokens", s->tokens, err);
    }
    if (s->language && !seen->with_language) {
        return missing_field(run, source, "language", s->language, err);
    }
    return TAMIS_OK;
}

/* The keeper's order may ask for a field that only some sources have. */
static tamis_status check_numbers(const struct check *check, const struct run *run, tamis_err *err)
{
    for (size_t i = 0; i < RECORD_NUMBERS && run->recipe->dedup.numbers[i]; i++) {
        uint64_t seen = 0;
        for (size_t s = 0; s < run->recipe->source_count; s++) {
            seen += check->sources[s].with_number[i];
        }
        if (!seen && check->tally.all.documents) {
            return tamis_fail(err, TAMIS_USAGE, "%s: dedup: keep: no document of the sample has a number in field "
                              "'%s'; correct its name", run->recipe->path, run->recipe->dedup.numbers[i]);
        }
    }
    return TAMIS_OK;
}

static void name_reject(struct check *check, const struct head *h, const struct record *record)
{
    if (check->rejects_named < CHECK_REJECTS) {
        check->rejects[check->rejects_named++] = (struct check_reject){
            .input = (size_t)(h->one.at - h->run->inputs->at),
            .offset = record->offset,
            .reason = reject_name(record->reject),
        };
    }
}

static tamis_status count_batch(struct check *check, struct head *h, tamis_err *err)
{
    const struct run *const run = h->run;
    for (size_t i = 0; i < h->batch.records.count; i++) {
        const struct record *const record = &h->batch.records.at[i];
        const struct survey_row *const row = (const struct survey_row *)(const void *)h->batch.rows.at + i;
        const enum fate fate = record->reject ? FATE_REJECTED : row->rule ? FATE_DROPPED : FATE_SURPLUS;
        struct check_source *const source = &check->sources[row->source];
        tally_add(&check->tally, run->rules, row, fate, row->rule);
        source->documents++;
        source->text_read += record->length;
        if (record->reject) {
            name_reject(check, h, record);
        } else {
            see_fields(source, record);
            tamis_text_set(h->text, record->text);
            source->kinds[kind_guess(h->text)]++;
            if (source->documents <= LANGUAGE_FIRST || source->documents % LANGUAGE_ONE_IN == 0) {
                count_language(source, tamis_text_language(h->text));
            }
        }
        if (row->rule && !keep_example(check, run, record, row)) {
            return tamis_fail(err, TAMIS_IO, "out of memory for the check's examples");
        }
    }
    return TAMIS_OK;
}

static tamis_status sample_part(struct check *check, struct head *h, size_t input, uint64_t enough, tamis_err *err)
{
    const size_t source = h->run->inputs->at[input].source;
    const uint64_t until = check->sources[source].documents + enough;
    bool end = false;
    tamis_status status = TAMIS_OK;
    head_start(h, input);
    while (!status && !end && check->sources[source].documents < until) {
        status = head_next(h, &end, err);
        status = status || end ? status : count_batch(check, h, err);
    }
    check->sources[source].disk_read += feed_progress(&h->feed);
    feed_release(&h->feed);
    return status;
}

/* A step that visits every part once and the first few of them far apart: near the golden section, without a common
 * divisor. */
static size_t spread(size_t parts)
{
    for (size_t step = parts - parts * 3 / 8;; step++) {
        size_t a = step, b = parts;
        while (b) {
            const size_t rest = a % b;
            a = b;
            b = rest;
        }
        if (a == 1) {
            return step;
        }
    }
}

static tamis_status sample_source(struct check *check, struct head *h, size_t source, tamis_err *err)
{
    const struct run *const run = h->run;
    const size_t first = first_input(run, source);
    size_t parts = 0;
    while (first + parts < run->inputs->count && run->inputs->at[first + parts].source == source) {
        check->sources[source].disk_bytes += run->inputs->at[first + parts].bytes;
        parts++;
    }
    check->sources[source].parts = parts;
    const size_t take = parts < CHECK_PARTS ? parts : CHECK_PARTS, step = spread(parts);
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < parts && (i < take || check->sources[source].documents < CHECK_DOCUMENTS); i++) {
        status = sample_part(check, h, first + i * step % parts, CHECK_DOCUMENTS / take + 1, err);
    }
    return status;
}

tamis_status check_sample(struct check *check, const struct run *run, tamis_err *err)
{
    *check = (struct check){0};
    arena_init(&check->arena);
    check->sources = calloc(run->recipe->source_count, sizeof *check->sources);
    check->examples = calloc(run->recipe->domain_count * run->rules->count + 1, sizeof *check->examples);
    if (!check->sources || !check->examples) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the check");
    }
    struct head head;
    const double start = now();
    tamis_status status = tally_init(&check->tally, run->recipe, run->rules, err);
    if (status) {
        return status;
    }
    status = head_open(&head, run, err);
    for (size_t s = 0; !status && s < run->recipe->source_count; s++) {
        status = run_stopped(run) ? tamis_fail(err, TAMIS_INTERRUPTED, "interrupted; the same command begins again")
                                  : sample_source(check, &head, s, err);
    }
    head_close(&head);
    check->seconds = now() - start;
    for (size_t s = 0; !status && s < run->recipe->source_count; s++) {
        status = check_fields(check, run, s, err);
    }
    return status ? status : check_numbers(check, run, err);
}

void check_release(struct check *check)
{
    tally_release(&check->tally);
    arena_release(&check->arena);
    free(check->sources);
    free(check->examples);
    *check = (struct check){0};
}

struct examples_of {
    const struct check *check;
    size_t rules;
};

static void find_examples(void *context, size_t domain, size_t rule, struct gate_examples *examples)
{
    const struct examples_of *const of = context;
    *examples = of->check->examples[domain * of->rules + rule];
}

tamis_status check_gate(struct check *check, const struct run *run, struct buf *text, tamis_err *err)
{
    struct examples_of of = {check, run->rules->count};
    return gate_check(run, &check->tally, false, "sampled", find_examples, &of, text, err);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t check_spare(uint64_t memory)
{
    return memory < SPARE_FROM ? 0 : memory / 4;
}

/* One more read; the texts once more on disk for the proxy, and its training: bytes per second and thread, measured. */
static void project_scores(const struct run *run, double text, struct projection *p)
{
    const struct recipe_score *const score = &run->recipe->score;
    if (!score->on) {
        return;
    }
    p->reads++;
    p->disk += p->documents * (sizeof(struct score_row) + 56);
    if (score->trajectories && strcmp(score->trajectories, "proxy") == 0) {
        const double cap = score->proxy.max_bytes ? (double)score->proxy.max_bytes : text;
        const double bytes = cap < text ? cap : text;
        p->memory += PROXY_BYTES;
        p->disk += (uint64_t)bytes + PROXY_DISK;
        p->seconds += bytes / run->threads * ((double)score->proxy.passes / PROXY_TRAINS +
                                              (double)score->proxy.checkpoints / PROXY_EVALUATES);
    }
}

/* Whether documents that resemble others are read again to decide about them. */
static bool reads_candidates(const struct recipe_dedup *dedup)
{
    return dedup->minhash && (dedup->verify == VERIFY_EXACT || dedup->compat != COMPAT_NONE);
}

void check_project(const struct check *check, const struct run *run, struct projection *p)
{
    *p = (struct projection){.reads = reads_candidates(&run->recipe->dedup) ? 3 : 2};
    double documents = 0, text = 0, sampled = 0;
    for (size_t i = 0; i < run->recipe->source_count; i++) {
        const struct check_source *const source = &check->sources[i];
        const double scale = source->disk_read ? (double)source->disk_bytes / (double)source->disk_read : 1;
        documents += scale * (double)source->documents;
        text += scale * (double)source->text_read;
        sampled += (double)source->text_read;
    }
    const double kept = check->tally.all.bytes
                            ? (double)tally_fate_sum(&check->tally, FATE_SURPLUS).bytes / (double)check->tally.all.bytes
                            : 1;
    const unsigned threads = run->threads;
    p->documents = (uint64_t)documents;
    p->text_bytes = (uint64_t)text;
    p->seconds = sampled > 0 ? text / sampled * check->seconds / threads * 1.5 : 0;
    /* Batches, pieces that are packed and decoded, and what is sorted and decided in memory. */
    p->memory = PROGRAM_BYTES + (2 * threads + 1) * BATCH_BYTES + (threads + 1) * 2 * PIECE_DECODED_MOST +
                run->recipe->output.shard_bytes * 2 + DOCUMENT_BYTES * p->documents;
    const uint64_t row = sizeof(struct survey_row) + sizeof(struct resolve_row) + 40 + run->recipe->target_count;
    const uint64_t bands = run->recipe->dedup.minhash ? 8 * (run->recipe->dedup.bands + 1) : 0;
    p->disk = p->documents * (row + 3 * bands) + (uint64_t)(1.4 * kept * (double)p->text_bytes);
    project_scores(run, kept * text, p);
    p->spare = least(check_spare(run->memory), 2 * p->text_bytes);
    p->spare = p->memory < run->memory ? least(p->spare, (run->memory - p->memory) / 2) : 0;
    const uint64_t shelf = run_shelf_memory(p->spare);
    p->memory += p->text_bytes <= shelf ? p->spare : p->spare - shelf; /* what does not fit is not kept */
}

tamis_status check_memory(const struct projection *projection, const struct run *run, tamis_err *err)
{
    return projection->memory <= run->memory
               ? TAMIS_OK
               : tamis_fail(err, TAMIS_IO, "the run would hold about %.0f MiB, --memory allows %.0f MiB; give more, or "
                            "use fewer threads or smaller shards", (double)projection->memory / (1u << 20),
                            (double)run->memory / (1u << 20));
}
