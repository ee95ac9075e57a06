/*
 * A small run for tests of resolve: documents in memory, written as JSON Lines and as a ledger, resolved, read back.
 * The ledger is written row by row here, not by the survey.
 */
#ifndef TESTS_DEDUP_WORLD_H
#define TESTS_DEDUP_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "core/str.h"
#include "dedup/resolve.h"
#include "sketch/sketch.h"

enum { WORLD_SOURCES = 3 };

struct world_document {
    char *text, *id;
    uint16_t source, rule;
    double number;          /* the one field a keeper order can name; NaN: missing */
    hash128 hash;
    struct shingles shingles;
    uint64_t *keys;
};

struct world {
    char folder[512], tmp[520], ledger_folder[520], paths[WORLD_SOURCES][540];
    struct recipe recipe;
    struct recipe_source sources[WORLD_SOURCES];
    struct recipe_domain domains[WORLD_SOURCES];
    struct rules rules;
    struct input input[WORLD_SOURCES];
    struct inputs inputs;
    struct run run;
    struct ledger ledger;
    struct world_document *documents; /* in number order */
    size_t count, cap, part_documents;
    struct resolve_row *rows;
    struct resolve_totals totals;
    tamis_err err;
};

/* Source and domain k are the same here; the thresholds are 0.8, 0.95 and 0.8. */
static inline void world_init(struct world *w)
{
    static const char *const names[WORLD_SOURCES] = {"general", "law", "web"};
    *w = (struct world){.part_documents = 7};
    const char *const tmp = getenv("TMPDIR");
    snprintf(w->folder, sizeof w->folder, "%.400s/tamis-resolve-XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->tmp, sizeof w->tmp, "%s/tmp", w->folder);
    snprintf(w->ledger_folder, sizeof w->ledger_folder, "%s/ledger", w->folder);
    arena_init(&w->recipe.arena);
    for (uint16_t s = 0; s < WORLD_SOURCES; s++) {
        snprintf(w->paths[s], sizeof w->paths[s], "%s/%s.jsonl", w->folder, names[s]);
        w->sources[s] = (struct recipe_source){.name = names[s], .domain_name = names[s], .text = "text", .id = "id",
                                               .domain = s, .kind = TAMIS_PROSE, .threshold = s == 1 ? 0.95 : 0.8};
        w->domains[s] = (struct recipe_domain){.name = names[s]};
        w->input[s] = (struct input){.path = w->paths[s], .source = s, .format = &reader_jsonl};
    }
    struct recipe *const recipe = &w->recipe;
    recipe->seed = 17;
    recipe->max_line = 1 << 20;
    recipe->sources = w->sources;
    recipe->domains = w->domains;
    recipe->source_count = recipe->domain_count = WORLD_SOURCES;
    recipe->dedup = (struct recipe_dedup){.exact = true, .minhash = true, .shingle = 5, .bands = 16, .rows = 6,
                                          .verify = VERIFY_EXACT, .scope = SCOPE_ALL, .keep_count = 2,
                                          .keep = {{.by = KEEP_SOURCE}, {.by = KEEP_LONGEST}}};
    recipe->holdout = (struct recipe_holdout){.on = false, .share = 0.005, .max_documents = 5000};
    w->inputs = (struct inputs){.at = w->input, .count = WORLD_SOURCES};
    w->run = (struct run){.recipe = recipe, .rules = &w->rules, .inputs = &w->inputs, .folder = w->folder,
                          .ledger = w->ledger_folder, .tmp = w->tmp, .threads = 1, .memory = (uint64_t)64 << 20};
}

/* Documents come by source, as they do in a run. The id is made up when it is NULL. */
static inline struct world_document *world_add_named(struct world *w, uint16_t source, const char *id,
                                                     const char *text)
{
    char name[32];
    if (w->count == w->cap) {
        w->cap = w->cap ? 2 * w->cap : 64;
        w->documents = realloc(w->documents, w->cap * sizeof *w->documents);
        assert_non_null(w->documents);
    }
    snprintf(name, sizeof name, "%llx", (unsigned long long)hash_mix(w->count + 1));
    struct world_document *const d = &w->documents[w->count++];
    *d = (struct world_document){.text = strdup(text), .id = strdup(id ? id : name), .source = source, .number = NAN};
    assert_true(d->text && d->id);
    return d;
}

static inline struct world_document *world_add(struct world *w, uint16_t source, const char *text)
{
    return world_add_named(w, source, NULL, text);
}

static inline void world_sketch(struct world *w, struct world_document *d)
{
    uint32_t signature[SKETCH_MAX_SLOTS];
    const struct recipe_dedup *const dedup = &w->recipe.dedup;
    tamis_text *const text = tamis_text_new();
    assert_non_null(text);
    tamis_text_set(text, str_from(d->text));
    d->hash = sketch_exact(sketch_kernels(tamis_cpu_best()), str_from(d->text), false);
    assert_true(shingles_make(&d->shingles, text, (unsigned)dedup->shingle));
    tamis_text_free(text);
    shingles_sort(&d->shingles);
    if (d->shingles.count) {
        d->keys = malloc(dedup->bands * sizeof *d->keys);
        assert_non_null(d->keys);
        sketch_signature(&d->shingles, (unsigned)(dedup->bands * dedup->rows), signature);
        sketch_bands(signature, (unsigned)dedup->bands, (unsigned)dedup->rows, d->keys);
    }
}

static inline void world_write_npy(struct world *w, const char *folder, const char *name, const char *dtype,
                                   size_t row_bytes, const struct buf *rows)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(npy_write(path, dtype, row_bytes, rows->at, rows->len / row_bytes, &w->err), TAMIS_OK);
}

/* The text file of one source, and where its lines lie: offset and length per document. */
static inline void world_write_source(struct world *w, uint16_t source, uint64_t (*places)[2])
{
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    for (size_t i = 0; i < w->count; i++) {
        if (w->documents[i].source != source) {
            continue;
        }
        struct json json;
        places[i][0] = out.len;
        json_init(&json, &out, 0);
        json_open(&json, '{');
        json_key_str(&json, "id", str_from(w->documents[i].id));
        json_key_str(&json, "text", str_from(w->documents[i].text));
        json_close(&json, '}');
        places[i][1] = out.len - places[i][0];
        assert_true(!json.failed && buf_add_char(&out, '\n'));
    }
    assert_int_equal(file_write(w->paths[source], out.at, out.len, &w->err), TAMIS_OK);
    buf_release(&out);
}

/* One band after the other, of the documents of a part that have keys. */
static inline void world_write_bands(struct world *w, const char *folder, size_t first, size_t end)
{
    struct buf keys;
    struct file_out *f = NULL;
    char path[600];
    buf_init(&keys, BUF_UNLIMITED);
    for (size_t b = 0; b < w->recipe.dedup.bands; b++) {
        for (size_t i = first; i < end; i++) {
            const struct world_document *const d = &w->documents[i];
            assert_true(!d->keys || d->rule != 0 || buf_add(&keys, &d->keys[b], 8));
        }
    }
    snprintf(path, sizeof path, "%s/bands.npy", folder);
    const uint64_t rows = keys.len / 8 / w->recipe.dedup.bands;
    assert_int_equal(file_out_open(&f, path, &w->err), TAMIS_OK);
    assert_int_equal(npy_columns_begin(f, path, w->recipe.dedup.bands, rows, &w->err), TAMIS_OK);
    assert_int_equal(file_out_add(f, keys.at, keys.len, &w->err), TAMIS_OK);
    assert_int_equal(file_out_commit(f, &w->err), TAMIS_OK);
    buf_release(&keys);
}

static inline void world_write_part(struct world *w, size_t part, uint64_t (*places)[2])
{
    char folder[560], path[600];
    const size_t first = part * w->part_documents;
    const size_t end = first + w->part_documents < w->count ? first + w->part_documents : w->count;
    struct buf rows, ids, offsets, numbers;
    buf_init(&rows, BUF_UNLIMITED);
    buf_init(&ids, BUF_UNLIMITED);
    buf_init(&offsets, BUF_UNLIMITED);
    buf_init(&numbers, BUF_UNLIMITED);
    snprintf(folder, sizeof folder, "%s/part-%06zu", w->ledger_folder, part);
    assert_int_equal(file_make_folders(folder, &w->err), TAMIS_OK);
    uint64_t offset = 0;
    for (size_t i = first; i < end; i++) {
        const struct world_document *const d = &w->documents[i];
        const bool sketched = d->keys && d->rule == 0;
        const struct survey_row row = {
            .offset = places[i][0], .hash_high = d->hash.high, .hash_low = d->hash.low, .part = d->source,
            .length = (uint32_t)places[i][1], .text_bytes = (uint32_t)strlen(d->text), .tokens = 1,
            .source = d->source, .domain = d->source, .rule = d->rule, .kind = TAMIS_PROSE,
            .flags = (uint8_t)(SURVEY_HAS_ID | (sketched ? SURVEY_SKETCHED : 0))};
        assert_true(buf_add(&rows, &row, sizeof row) && buf_add(&offsets, &offset, 8) &&
                    buf_add_str(&ids, str_from(d->id)) && buf_add(&numbers, &d->number, 8));
        offset = ids.len;
    }
    assert_true(buf_add(&offsets, &offset, 8));
    world_write_npy(w, folder, "survey.npy", SURVEY_DTYPE, sizeof(struct survey_row), &rows);
    world_write_npy(w, folder, "ids.npy", "'<u8'", 8, &offsets);
    world_write_bands(w, folder, first, end);
    world_write_npy(w, folder, "numbers.npy", "[('numbers','<f8',(1,))]", 8, &numbers);
    snprintf(path, sizeof path, "%s/ids.bin", folder);
    assert_int_equal(file_write(path, ids.at, ids.len, &w->err), TAMIS_OK);
    buf_release(&rows);
    buf_release(&ids);
    buf_release(&offsets);
    buf_release(&numbers);
}

static inline void world_build(struct world *w)
{
    uint64_t(*const places)[2] = calloc(w->count + 1, sizeof *places);
    assert_non_null(places);
    assert_int_equal(rules_init(&w->rules, &w->recipe, &w->err), TAMIS_OK);
    assert_int_equal(file_make_folders(w->tmp, &w->err), TAMIS_OK);
    assert_int_equal(file_make_folders(w->ledger_folder, &w->err), TAMIS_OK);
    for (size_t i = 0; i < w->count; i++) {
        world_sketch(w, &w->documents[i]);
    }
    for (uint16_t s = 0; s < WORLD_SOURCES; s++) {
        world_write_source(w, s, places);
    }
    for (size_t part = 0; part * w->part_documents < w->count; part++) {
        world_write_part(w, part, places);
    }
    free(places);
    const unsigned files = LEDGER_SURVEY | LEDGER_BANDS | LEDGER_NUMBERS;
    assert_int_equal(ledger_open(&w->ledger, w->ledger_folder, &w->recipe, files, &w->err), TAMIS_OK);
    w->rows = malloc((w->count + 1) * sizeof *w->rows);
    assert_non_null(w->rows);
}

/* May be called again with other options, as long as the sketches stay the same. */
static inline tamis_status world_try(struct world *w, const struct pair_sink *sink)
{
    const tamis_status status = resolve(&w->run, &w->ledger, sink, &w->totals, &w->err);
    for (size_t part = 0; !status && part < w->ledger.part_count; part++) {
        char path[600];
        struct npy npy;
        snprintf(path, sizeof path, "%s/part-%06zu/resolve.npy", w->ledger_folder, part);
        assert_int_equal(npy_open(&npy, path, RESOLVE_DTYPE, sizeof *w->rows, &w->err), TAMIS_OK);
        assert_int_equal(npy.count, w->ledger.parts[part].count);
        memcpy(w->rows + w->ledger.parts[part].first, npy.rows, npy.count * sizeof *w->rows);
        npy_close(&npy);
    }
    return status;
}

static inline void world_resolve(struct world *w)
{
    const tamis_status status = world_try(w, NULL);
    if (status) {
        print_message("%s\n", w->err.text);
    }
    assert_int_equal(status, TAMIS_OK);
}

static inline void world_release(struct world *w)
{
    ledger_close(&w->ledger);
    rules_release(&w->rules);
    for (size_t i = 0; i < w->count; i++) {
        free(w->documents[i].text);
        free(w->documents[i].id);
        free(w->documents[i].keys);
        shingles_release(&w->documents[i].shingles);
    }
    free(w->documents);
    free(w->rows);
    arena_release(&w->recipe.arena);
    assert_int_equal(file_remove_tree(w->folder, &w->err), TAMIS_OK);
}

static inline bool world_is_exact(const struct world *w, uint64_t number)
{
    return w->rows[number].rule == w->rules.exact + 1;
}

static inline bool world_is_minhash(const struct world *w, uint64_t number)
{
    return w->rows[number].rule == w->rules.minhash + 1;
}

static inline bool world_stays(const struct world *w, uint64_t number)
{
    return w->documents[number].rule == 0 && w->rows[number].rule == 0;
}

static inline double world_jaccard(const struct world *w, uint64_t a, uint64_t b)
{
    uint64_t common, either;
    shingles_compare(&w->documents[a].shingles, &w->documents[b].shingles, &common, &either);
    return either ? (double)common / (double)either : 0;
}

/* ---- Texts ------------------------------------------------------------------------------------------------------ */

static inline uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return hash_mix(*state);
}

static inline uint64_t random_below(uint64_t *state, uint64_t end)
{
    return (next_random(state) >> 11) % end;
}

#define WORLD_TEXT_BYTES 4096

/* The words from `from` to `to`, all of one length; texts that overlap in n words share n - 4 shingles. */
static inline const char *world_span(char *out, unsigned from, unsigned to)
{
    size_t used = 0;
    for (unsigned i = from; i < to; i++) {
        used += (size_t)snprintf(out + used, WORLD_TEXT_BYTES - used, "%sw%03u", used ? " " : "", i);
    }
    return out;
}

/* `count` words, the i-th a function of (seed, i): texts of one seed begin alike. `edits` words of it are changed. */
static inline const char *world_words(char *out, uint64_t seed, unsigned count, unsigned edits, uint64_t *random)
{
    bool changed[512] = {false};
    for (unsigned e = 0; e < edits; e++) {
        changed[random_below(random, count)] = true;
    }
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < count && used < WORLD_TEXT_BYTES - 32; i++) {
        const uint64_t word = changed[i] ? next_random(random) : hash_mix(seed * 1000 + i);
        used += (size_t)snprintf(out + used, WORLD_TEXT_BYTES - used, "%sw%llx", i ? " " : "",
                                 (unsigned long long)(word & 0xfffff));
    }
    return out;
}

#endif
