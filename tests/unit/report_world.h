/* What the tests of the report share: ten documents, what emit would have counted of them, and reading a report. */
#ifndef REPORT_WORLD_H
#define REPORT_WORLD_H

#include "core/str.h"
#include "core/tree.h"
#include "ledger_world.h"

static inline void write_sample(struct place *p, size_t part, const double *rows, size_t count)
{
    write_rows(p, part, "sample", "[('number','<u8'),('values','<f8',(4,))]", 40, rows, count);
}

static inline void sample_row(double *row, uint64_t index, double words, double capitals)
{
    memcpy(row, &index, sizeof index);
    row[1] = words;
    row[2] = capitals;
    row[3] = 0; /* fails "french" wherever that is the language */
    row[4] = words;
}

/* ---- Ten documents in two parts --------------------------------------------------------------------------------- */

enum {
    FIRST_PART = 5,
    DOCUMENTS = 10,
    EVERY_FILE = LEDGER_SURVEY | LEDGER_RESOLVE | LEDGER_SELECT | LEDGER_MIX
};

/* Bytes are 100, 101, ..; tokens 10, 11, .. */
static inline void make_rows(const struct place *p, struct survey_row *survey, struct resolve_row *resolve,
                      struct select_row *select, uint8_t (*draws)[2])
{
    const uint16_t source[DOCUMENTS] = {0, 0, 0, 1, 1, 1, 1, 0, 1, 1};
    for (uint32_t i = 0; i < DOCUMENTS; i++) {
        survey[i] = (struct survey_row){.offset = 1000 + i, .hash_high = i + 1, .hash_low = 1, .value = NAN,
                                        .part = source[i], .length = 100 + i, .text_bytes = 90, .tokens = 10 + i,
                                        .source = source[i], .domain = source[i]};
        resolve[i] = (struct resolve_row){.keeper = LEDGER_NOBODY, .similarity = NAN};
        select[i] = (struct select_row){.value = NAN, .threshold = NAN};
        draws[i][0] = draws[i][1] = 0;
    }
    survey[1].rule = (uint16_t)(p->short_rule + 1);
    survey[1].value = 3;
    survey[2] = (struct survey_row){.offset = 1002, .value = NAN, .length = 102, .rule = REJECT_INVALID_JSON};
    survey[9].rule = (uint16_t)(p->loud_rule + 1);
    survey[9].value = 0.75;
    resolve[3] = (struct resolve_row){.keeper = 0, .similarity = 1, .rule = (uint16_t)(p->rules.exact + 1)};
    resolve[4].held_out = 1;
    resolve[7] = (struct resolve_row){.keeper = 5, .similarity = 0.96, .rule = (uint16_t)(p->rules.minhash + 1)};
    select[8] = (struct select_row){.value = 18, .threshold = 0.5, .rule = (uint16_t)(p->rules.select + 1)};
    draws[0][0] = 2;
    draws[0][1] = draws[5][1] = 1;
}

static inline void make_ledger(struct place *p)
{
    struct survey_row survey[DOCUMENTS];
    struct resolve_row resolve[DOCUMENTS];
    struct select_row select[DOCUMENTS];
    uint8_t draws[DOCUMENTS][2];
    make_rows(p, survey, resolve, select, draws);
    for (size_t part = 0; part < 2; part++) {
        const size_t first = part * FIRST_PART, count = FIRST_PART;
        double samples[FIRST_PART][5];
        size_t sampled = 0;
        write_rows(p, part, "survey", SURVEY_DTYPE, sizeof *survey, survey + first, count);
        write_rows(p, part, "resolve", RESOLVE_DTYPE, sizeof *resolve, resolve + first, count);
        write_rows(p, part, "select", SELECT_DTYPE, sizeof *select, select + first, count);
        write_rows(p, part, "mix", "[('draws','|u1',(2,))]", 2, draws + first, count);
        write_ids(p, part, "secret-", first, count);
        for (size_t i = 0; i < count; i++) {
            const bool is_short = first + i == 1 || first + i == 9, is_loud = first + i >= 8;
            if (first + i != 2) {
                sample_row(samples[sampled++], i, is_short ? 3 : 50, is_loud ? 0.75 : 0.1);
            }
        }
        write_sample(p, part, samples[0], sampled);
    }
    map_ledger(p, EVERY_FILE);
}

/* What emit would have counted. */
static inline void make_facts(struct place *p)
{
    p->facts = (struct report_facts){
        .command = "tamis run \xff recipe.yaml", .wall_seconds = 2.5, .cpu_seconds = 4.5, .peak_rss_bytes = 12345678,
        .emitted_documents = 2, .emitted_bytes = 205, .emitted_tokens = 25,
        .held_out_documents = 1, .held_out_bytes = 104, .held_out_tokens = 14,
        .capped_pairs = 4321, .targets = p->written};
    const struct report_target both[2] = {
        {.documents = 2, .bytes = 200, .tokens = 20, .shards = 1, .wanted_tokens = 1234567},
        {.documents = 2, .bytes = 205, .tokens = 25, .shards = 1, .wanted_tokens = 25}};
    p->tokens[0][0] = 20;
    p->documents[0][0] = 2;
    p->tokens[1][0] = 10;
    p->tokens[1][1] = 15;
    p->documents[1][0] = p->documents[1][1] = 1;
    p->epochs[0][0] = 2;
    for (int t = 0; t < 2; t++) {
        p->written[t] = both[t];
        p->written[t].domain_tokens = p->tokens[t];
        p->written[t].domain_documents = p->documents[t];
        p->written[t].epochs = p->epochs[t];
    }
}

static inline bool make_report(struct place *p, struct buf *json)
{
    bool conserved = true;
    buf_clear(json);
    assert_int_equal(report_make(&p->run, &p->ledger, &p->facts, json, &conserved, &p->err), TAMIS_OK);
    return conserved;
}

/* ---- Reading reports -------------------------------------------------------------------------------------------- */

struct read {
    struct buf json;
    struct arena arena;
    struct tree *root;
};

static inline void read_report(struct read *r, struct place *p)
{
    buf_init(&r->json, BUF_UNLIMITED);
    arena_init(&r->arena);
    assert_true(make_report(p, &r->json));
    assert_int_equal(tree_parse(&r->arena, "report.json", buf_str(&r->json), &r->root, &p->err), TAMIS_OK);
}

static inline void read_release(struct read *r)
{
    arena_release(&r->arena);
    buf_release(&r->json);
}

static inline size_t longest_line(const char *text)
{
    size_t longest = 0;
    for (const char *at = text; *at; at += strcspn(at, "\n") + 1) {
        const size_t len = strcspn(at, "\n");
        longest = len > longest ? len : longest;
    }
    return longest;
}

static inline const struct tree *child(const struct tree *from, const char *key)
{
    assert_non_null(from);
    const struct tree *const found = tree_get(from, key);
    if (!found) {
        fail_msg("%s is missing", key);
    }
    return found;
}

static inline uint64_t count_at(const struct tree *from, const char *key)
{
    uint64_t value = 0;
    assert_true(str_count(str_from(child(from, key)->text), &value));
    return value;
}

static inline double real_at(const struct tree *from, const char *key)
{
    double value = 0;
    assert_true(str_real(str_from(child(from, key)->text), &value));
    return value;
}

#endif
