/*
 * A small run made by hand, for the tests of plan, draw and emit: documents in files, a recipe, and the ledger that a
 * survey and a resolve would have written. What is decided about a document is said by the test, not computed.
 */
#ifndef MIX_WORLD_H
#define MIX_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/path.h"
#include "core/str.h"
#include "mix/draw.h"
#include "mix/emit.h"
#include "mix/plan.h"
#include "run/key.h"

#define WORLD_SOURCES 4

enum doc_is { DOC_KEPT, DOC_REJECT, DOC_FILTERED, DOC_EXACT, DOC_MINHASH, DOC_HELD_OUT };

struct doc {
    char id[48];
    char *line;          /* without newline */
    size_t source;
    uint32_t tokens;
    enum doc_is is;
    uint64_t keeper;     /* DOC_EXACT, DOC_MINHASH: number */
    double value;
    uint64_t number;     /* once the files are written */
};

struct world {
    char folder[64];
    struct doc *docs;    /* in number order once the files are written */
    size_t count, cap;
    struct recipe recipe;
    struct rules rules;
    struct inputs inputs;
    struct ledger ledger;
    struct run run;
    struct plan plan;
    atomic_int stop;
    struct path ledger_folder, run_folder, tmp;
    bool written, planned;
};

static inline uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return hash_mix(*state);
}

static inline uint64_t random_below(uint64_t *state, uint64_t end)
{
    return (next_random(state) >> 11) % end;
}

static inline void must(tamis_status status, const tamis_err *err)
{
    if (status != TAMIS_OK) {
        print_message("%s\n", err->text);
    }
    assert_int_equal(status, TAMIS_OK);
}

static inline void world_open(struct world *w)
{
    *w = (struct world){.folder = "/tmp/tamis-mix-XXXXXX"};
    assert_non_null(mkdtemp(w->folder));
}

static inline struct doc *world_add_line(struct world *w, size_t source, const char *id, const char *line,
                                         uint32_t tokens, enum doc_is is)
{
    if (w->count == w->cap) {
        w->cap = w->cap ? 2 * w->cap : 256;
        w->docs = realloc(w->docs, w->cap * sizeof *w->docs);
        assert_non_null(w->docs);
    }
    struct doc *const doc = &w->docs[w->count++];
    *doc = (struct doc){.source = source, .tokens = tokens, .is = is, .keeper = LEDGER_NOBODY, .value = NAN};
    snprintf(doc->id, sizeof doc->id, "%s", id);
    doc->line = strdup(line);
    assert_non_null(doc->line);
    return doc;
}

/* A line no writer of ours would produce: odd spacing, escapes, keys we know nothing of. */
static inline struct doc *world_add(struct world *w, size_t source, const char *id, uint64_t *state, uint32_t tokens,
                                    enum doc_is is)
{
    char line[1024];
    int at = snprintf(line, sizeof line, "{ \"n\":%u.50, \"id\" : \"%s\",\"text\":\"caf\\u00e9 \\\"", (unsigned)tokens,
                      id);
    for (uint64_t words = random_below(state, 60); words > 0; words--) {
        at += snprintf(line + at, sizeof line - (size_t)at, " %llx", (unsigned long long)(next_random(state) >> 44));
    }
    snprintf(line + at, sizeof line - (size_t)at, "\" , \"x\":[ 1,2 ]}");
    return world_add_line(w, source, id, is == DOC_REJECT ? "{\"text\": no json at all" : line, tokens, is);
}

/* ---- Writing it ------------------------------------------------------------------------------------------------- */

static inline struct survey_row world_row(const struct world *w, const struct doc *doc, uint32_t part, uint64_t offset)
{
    struct survey_row row = {
        .offset = offset,
        .hash_low = hash_bytes(doc->line, strlen(doc->line), 0),
        .value = doc->value,
        .part = part,
        .length = (uint32_t)strlen(doc->line),
        .tokens = doc->is == DOC_REJECT ? 0 : doc->tokens,
        .source = (uint16_t)doc->source,
        .domain = w->recipe.sources[doc->source].domain,
    };
    row.rule = doc->is == DOC_REJECT     ? (uint16_t)REJECT_INVALID_JSON
               : doc->is == DOC_FILTERED ? (uint16_t)(w->rules.first_filter + 1)
                                         : 0;
    return row;
}

static inline struct resolve_row world_resolved(const struct world *w, const struct doc *doc)
{
    struct resolve_row row = {.keeper = doc->keeper, .similarity = NAN, .held_out = doc->is == DOC_HELD_OUT};
    if (doc->is == DOC_EXACT || doc->is == DOC_MINHASH) {
        row.rule = (uint16_t)((doc->is == DOC_EXACT ? w->rules.exact : w->rules.minhash) + 1);
        row.similarity = doc->value;
    }
    return row;
}

static inline void world_write_part(struct world *w, size_t part, size_t from, size_t to,
                                    const struct survey_row *rows)
{
    struct path path;
    tamis_err err;
    const size_t count = to - from;
    struct resolve_row *const resolved = calloc(count + 1, sizeof *resolved);
    uint64_t *const offsets = calloc(count + 1, sizeof *offsets);
    struct buf ids;
    buf_init(&ids, BUF_UNLIMITED);
    for (size_t i = 0; i < count; i++) {
        resolved[i] = world_resolved(w, &w->docs[from + i]);
        assert_true(buf_add_str(&ids, str_from(w->docs[from + i].id)));
        offsets[i + 1] = ids.len;
    }
    must(path_make(&path, &err, "%s/part-%06zu", w->ledger_folder.at, part), &err);
    must(file_make_folders(path.at, &err), &err);
    must(path_make(&path, &err, "%s/part-%06zu/survey.npy", w->ledger_folder.at, part), &err);
    must(npy_write(path.at, SURVEY_DTYPE, sizeof *rows, rows + from, count, &err), &err);
    must(path_make(&path, &err, "%s/part-%06zu/resolve.npy", w->ledger_folder.at, part), &err);
    must(npy_write(path.at, RESOLVE_DTYPE, sizeof *resolved, resolved, count, &err), &err);
    must(path_make(&path, &err, "%s/part-%06zu/ids.npy", w->ledger_folder.at, part), &err);
    must(npy_write(path.at, "'<u8'", sizeof *offsets, offsets, count + 1, &err), &err);
    must(path_make(&path, &err, "%s/part-%06zu/ids.bin", w->ledger_folder.at, part), &err);
    must(file_write(path.at, ids.at, ids.len, &err), &err);
    buf_release(&ids);
    free(resolved);
    free(offsets);
}

static inline int world_by_source(const void *a, const void *b)
{
    const struct doc *const x = a, *const y = b;
    if (x->source != y->source) {
        return x->source < y->source ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Brings the documents in number order; keepers are numbers of that order already. */
static inline void world_number(struct world *w)
{
    for (size_t i = 0; i < w->count; i++) {
        w->docs[i].number = i;
    }
    qsort(w->docs, w->count, sizeof *w->docs, world_by_source);
    for (size_t i = 0; i < w->count; i++) {
        w->docs[i].number = i;
    }
}

static inline size_t world_source_count(const struct world *w, size_t source)
{
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++) {
        count += w->docs[i].source == source;
    }
    return count;
}

/* Writes SOURCE-FILE.jsonl for every source, and says of every document where it went. */
static inline void world_write_files(struct world *w, size_t files, uint32_t *parts, uint64_t *offsets)
{
    uint32_t part = 0;
    size_t next = 0;
    for (size_t source = 0; source < WORLD_SOURCES; source++) {
        const size_t all = world_source_count(w, source);
        for (size_t file = 0; file < files && all > 0; file++) {
            struct path path;
            tamis_err err;
            struct buf text;
            buf_init(&text, BUF_UNLIMITED);
            for (size_t n = (file + 1) * all / files - file * all / files; n > 0; n--, next++) {
                parts[next] = part;
                offsets[next] = text.len;
                assert_true(buf_add_str(&text, str_from(w->docs[next].line)) && buf_add_char(&text, '\n'));
            }
            must(path_make(&path, &err, "%s/s%zu-%03zu.jsonl", w->folder, source, file), &err);
            must(file_write(path.at, text.at, text.len, &err), &err);
            buf_release(&text);
            part++;
        }
    }
}

static inline void world_remap(struct world *w, unsigned files)
{
    tamis_err err;
    ledger_close(&w->ledger);
    must(ledger_open(&w->ledger, w->ledger_folder.at, &w->recipe, files, &err), &err);
}

/* `files` per source, the ledger in `parts` parts. `yaml` is the recipe after its sources s0, s1, .. of s0-*.jsonl. */
static inline void world_write(struct world *w, const char *yaml, size_t files, size_t parts)
{
    tamis_err err;
    world_number(w);
    uint32_t *const file_of = calloc(w->count + 1, sizeof *file_of);
    uint64_t *const offsets = calloc(w->count + 1, sizeof *offsets);
    struct survey_row *const rows = calloc(w->count + 1, sizeof *rows);
    assert_true(file_of && offsets && rows);
    world_write_files(w, files, file_of, offsets);
    must(recipe_parse(&w->recipe, "recipe.yaml", w->folder, str_from(yaml), &(tamis_strings){0}, &err), &err);
    must(inputs_find(&w->inputs, &w->recipe, &err), &err);
    must(rules_init(&w->rules, &w->recipe, &err), &err);
    must(path_make(&w->run_folder, &err, "%s/run", w->folder), &err);
    must(path_make(&w->ledger_folder, &err, "%s/run/ledger", w->folder), &err);
    must(path_make(&w->tmp, &err, "%s/run/tmp", w->folder), &err);
    must(file_make_folders(w->tmp.at, &err), &err);
    for (size_t i = 0; i < w->count; i++) {
        rows[i] = world_row(w, &w->docs[i], file_of[i], offsets[i]);
    }
    for (size_t p = 0; p < parts; p++) {
        world_write_part(w, p, p * w->count / parts, (p + 1) * w->count / parts, rows);
    }
    w->run = (struct run){
        .recipe = &w->recipe,
        .rules = &w->rules,
        .inputs = &w->inputs,
        .folder = w->run_folder.at,
        .ledger = w->ledger_folder.at,
        .tmp = w->tmp.at,
        .threads = 1,
        .memory = (uint64_t)1 << 30,
        .stop = &w->stop,
    };
    w->written = true;
    free(file_of);
    free(offsets);
    free(rows);
    world_remap(w, LEDGER_SURVEY | LEDGER_RESOLVE);
}

static inline void world_draw(struct world *w)
{
    tamis_err err;
    plan_release(&w->plan);
    must(plan_make(&w->plan, &w->run, &w->ledger, &err), &err);
    must(draw(&w->run, &w->ledger, &w->plan, &err), &err);
    world_remap(w, LEDGER_SURVEY | LEDGER_RESOLVE | LEDGER_MIX);
    w->planned = true;
}

static inline void world_close(struct world *w)
{
    tamis_err err;
    if (w->written) {
        plan_release(&w->plan);
        ledger_close(&w->ledger);
        rules_release(&w->rules);
        recipe_release(&w->recipe);
    }
    for (size_t i = 0; i < w->count; i++) {
        free(w->docs[i].line);
    }
    free(w->docs);
    must(file_remove_tree(w->folder, &err), &err);
}

/* General documents in s0, law in s1; some of each are held out or dropped. */
static inline void world_fill(struct world *w, size_t general, size_t law, uint64_t seed)
{
    uint64_t state = seed;
    for (size_t i = 0; i < general + law; i++) {
        const bool is_law = i >= general;
        const uint64_t fate = random_below(&state, 40);
        const enum doc_is is = fate == 0   ? DOC_REJECT
                               : fate == 1 ? DOC_FILTERED
                               : fate == 2 ? DOC_HELD_OUT
                               : fate == 3 ? DOC_MINHASH
                                           : DOC_KEPT;
        char id[32];
        snprintf(id, sizeof id, "%s-%zu", is_law ? "law" : "general", i);
        struct doc *const doc =
            world_add(w, is_law, id, &state, (uint32_t)(1 + random_below(&state, is_law ? 300 : 700)), is);
        if (is == DOC_MINHASH) {
            doc->keeper = 0;
            doc->value = 0.875;
        } else if (is == DOC_FILTERED) {
            doc->value = 3;
        }
    }
}

#define WORLD_SOURCES_YAML                                                 \
    "version: 1\n"                                                         \
    "seed: 17\n"                                                           \
    "sources:\n"                                                           \
    "  - {name: web, paths: ['s0-*.jsonl'], domain: general, kind: prose}\n" \
    "  - {name: court, paths: ['s1-*.jsonl'], domain: law, kind: prose}\n" \
    "filters:\n"                                                           \
    "  - length: {min_words: 5}\n"

#endif
