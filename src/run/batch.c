/*
 * What the survey does to the documents of one chunk.
 */
#include "run/batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run/chain.h"
#include "run/feed.h"
#include "sketch/compat_datatrove.h"
#include "sketch/sketch.h"

struct worker {
    const struct recipe *recipe;
    const struct rules *rules;
    struct parser *parser;
    struct arena one_text; /* the document's at hand, in the same place as the one before */
    tamis_text *text;
    struct chain *chain;
    const struct sketch_kernels *kernels;
    struct compat *compat; /* NULL: the recipe asks for none */
    struct shingles shingles;
    uint32_t *signature;
    uint64_t *keys;  /* one per band */
    double *values;  /* a place for the index, then every signal */
    struct stats_row *stats; /* NULL: nothing is measured */
};

tamis_status worker_new(struct worker **worker, const struct recipe *recipe, const struct rules *rules, tamis_err *err)
{
    struct worker *const w = calloc(1, sizeof *w);
    if (!w) {
        return tamis_fail(err, TAMIS_IO, "out of memory for a worker");
    }
    w->recipe = recipe;
    w->rules = rules;
    w->kernels = w->shingles.kernels = sketch_kernels(tamis_cpu_best());
    w->parser = parser_new();
    arena_init(&w->one_text);
    w->text = tamis_text_new();
    w->signature = calloc(recipe->dedup.bands * recipe->dedup.rows + 1, sizeof *w->signature);
    w->keys = calloc(recipe->dedup.bands + 1, sizeof *w->keys);
    w->values = calloc(rules_signals(rules) + 1, sizeof *w->values);
    const bool compat = recipe->dedup.minhash && recipe->dedup.compat == COMPAT_DATATROVE;
    w->compat = compat ? compat_new() : NULL;
    tamis_status status = TAMIS_OK;
    if ((compat && !w->compat) || !w->parser || !w->text || !w->signature || !w->keys || !w->values) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for a worker");
    }
    status = status ? status : chain_new(&w->chain, recipe, rules, err);
    if (status) {
        worker_free(w);
        return status;
    }
    *worker = w;
    return TAMIS_OK;
}

void worker_free(struct worker *worker)
{
    if (worker) {
        parser_free(worker->parser);
        arena_release(&worker->one_text);
        tamis_text_free(worker->text);
        chain_free(worker->chain);
        compat_free(worker->compat);
        shingles_release(&worker->shingles);
        free(worker->signature);
        free(worker->keys);
        free(worker->values);
        free(worker);
    }
}

void worker_measure(struct worker *worker, struct stats_row *row)
{
    worker->stats = row;
}

void batch_init(struct batch *batch)
{
    chunk_init(&batch->chunk);
    batch->keeps_texts = false;
    arena_init(&batch->arena);
    buf_init(&batch->rows, BUF_UNLIMITED);
    buf_init(&batch->bands, BUF_UNLIMITED);
    buf_init(&batch->samples, BUF_UNLIMITED);
}

void batch_release(struct batch *batch)
{
    chunk_release(&batch->chunk);
    records_release(&batch->records);
    arena_release(&batch->arena);
    buf_release(&batch->rows);
    buf_release(&batch->bands);
    buf_release(&batch->samples);
}

/* max(1, (10 x bytes + 21) / 42): 4.2 bytes of text to a token. */
static uint32_t tokens_estimate(uint64_t text_bytes)
{
    const uint64_t tokens = (10 * text_bytes + 21) / 42;
    return tokens < 1 ? 1 : tokens > UINT32_MAX ? UINT32_MAX : (uint32_t)tokens;
}

static struct survey_row row_of(const struct record *record, const struct recipe *recipe, uint32_t part,
                                uint16_t source)
{
    const struct recipe_source *const s = &recipe->sources[source];
    struct survey_row row = {
        .offset = record->offset,
        .part = part,
        .length = record->length > UINT32_MAX ? UINT32_MAX : (uint32_t)record->length,
        .text_bytes = (uint32_t)record->text.len,
        .source = source,
        .domain = s->domain,
        .kind = (uint8_t)(s->kind == KIND_UNKNOWN ? TAMIS_PROSE : s->kind),
        .flags = record->id.len ? SURVEY_HAS_ID : 0,
    };
    if (record->reject) {
        row.rule = (uint16_t)record->reject; /* rejects open the table of rules */
        row.value = record->reject == REJECT_LINE_TOO_LONG ? (double)record->length : NAN;
    } else {
        const bool counted = s->tokens && record->tokens;
        row.tokens = counted ? record->tokens : tokens_estimate(record->text.len);
        row.flags |= counted ? SURVEY_TOKENS_COUNTED : 0;
    }
    return row;
}

static bool add_sample(struct buf *samples, struct worker *w, const struct chain_document *document, uint64_t index)
{
    memcpy(w->values, &index, sizeof index);
    chain_measure(w->chain, document, w->values + 1, NULL);
    return buf_add(samples, w->values, (chain_rules(w->chain) + 1) * sizeof *w->values);
}

static struct chain_document document_of(const struct worker *w, const struct record *record,
                                         const struct survey_row *row)
{
    return (struct chain_document){
        .text = w->text, .domain = row->domain, .kind = (tamis_kind)row->kind, .language = record->language};
}

bool worker_sample(struct worker *worker, const struct record *record, const struct survey_row *row, uint64_t index,
                   struct buf *samples)
{
    tamis_text_set(worker->text, record->text);
    const struct chain_document document = document_of(worker, record, row);
    chain_begin(worker->chain);
    return add_sample(samples, worker, &document, index) && !tamis_text_failed(worker->text);
}

/* Keys by another program's rules, made in place of ours. */
static bool make_compat_keys(struct worker *w, tamis_str text, bool *made)
{
    uint64_t signature[COMPAT_SLOTS];
    if (!compat_signature(w->compat, text, signature, made)) {
        return false;
    }
    if (*made) {
        compat_bands(signature, w->keys);
    }
    return true;
}

static bool make_keys(struct worker *w, tamis_str text, bool *made)
{
    const unsigned bands = (unsigned)w->recipe->dedup.bands, rows = (unsigned)w->recipe->dedup.rows;
    if (w->compat) {
        return make_compat_keys(w, text, made);
    }
    if (!shingles_make(&w->shingles, w->text, (unsigned)w->recipe->dedup.shingle)) {
        return false;
    }
    *made = w->shingles.count > 0;
    if (*made) {
        sketch_signature(&w->shingles, bands * rows, w->signature);
        sketch_bands(w->signature, bands, rows, w->keys);
    }
    return true;
}

static bool add_bands(struct batch *batch, struct worker *w, tamis_str text, struct survey_row *row)
{
    bool made;
    if (!make_keys(w, text, &made)) {
        return false;
    }
    if (!made) {
        return true;
    }
    row->flags |= SURVEY_SKETCHED;
    return buf_add(&batch->bands, w->keys, w->recipe->dedup.bands * sizeof *w->keys);
}

static tamis_status survey_record(struct batch *batch, struct worker *w, const struct record *record, uint64_t index,
                                  const struct input *input, uint64_t sample_below, tamis_err *err)
{
    struct survey_row row = row_of(record, w->recipe, (uint32_t)batch->input, input->source);
    bool fine = true;
    if (!record->reject) {
        const size_t bytes = record->text.len;
        uint64_t since = stats_begin(w->stats);
        const hash128 hash = sketch_exact(w->kernels, record->text, row.kind == TAMIS_CODE);
        row.hash_high = hash.high;
        row.hash_low = hash.low;
        since = stats_end(w->stats, STATS_EXACT, since, bytes);
        tamis_text_set(w->text, record->text);
        const struct chain_document document = document_of(w, record, &row);
        chain_begin(w->chain);
        const struct verdict verdict = chain_judge(w->chain, &document);
        row.rule = verdict.rule;
        row.value = verdict.rule ? verdict.value : NAN;
        row.flags |= chain_refrains(w->chain, &document) ? SURVEY_UNSPACED : 0;
        since = stats_end(w->stats, STATS_FILTER, since, bytes);
        if (!row.rule && w->recipe->dedup.minhash) {
            fine = add_bands(batch, w, record->text, &row);
            since = stats_end(w->stats, STATS_SKETCH, since, bytes);
        }
        if (fine && hash.high < sample_below) {
            fine = add_sample(&batch->samples, w, &document, index);
            (void)stats_end(w->stats, STATS_SAMPLE, since, bytes);
        }
        fine = fine && !tamis_text_failed(w->text);
    }
    fine = fine && buf_add(&batch->rows, &row, sizeof row);
    return fine ? TAMIS_OK
                : tamis_fail(err, TAMIS_IO, "%s: out of memory at byte %llu; use fewer threads", input->path,
                             (unsigned long long)record->offset);
}

tamis_status batch_survey(struct batch *batch, struct worker *worker, const struct input *input,
                          uint64_t sample_below, tamis_err *err)
{
    const struct record_fields fields = feed_fields(worker->recipe, input->source);
    records_clear(&batch->records);
    arena_clear(&batch->arena);
    buf_clear(&batch->rows);
    buf_clear(&batch->bands);
    buf_clear(&batch->samples);
    struct arena *const texts = batch->keeps_texts ? &batch->arena : &worker->one_text;
    struct record_cursor cursor = {.fields = &fields, .chunk = &batch->chunk, .texts = texts, .arena = &batch->arena};
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i == batch->records.count; i++) {
        const uint64_t since = stats_begin(worker->stats);
        arena_clear(&worker->one_text);
        status = input->format->parse(worker->parser, &cursor, &batch->records, err);
        if (!status && batch->records.count > i) {
            (void)stats_end(worker->stats, STATS_PARSE, since, batch->records.at[i].length);
            status = survey_record(batch, worker, &batch->records.at[i], i, input, sample_below, err);
        }
    }
    return status;
}
