/* A run folder whose ledger is written by hand, row by row: two sources, two domains, two targets. For tests of what
 * only reads the ledger. */
#ifndef LEDGER_WORLD_H
#define LEDGER_WORLD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/path.h"
#include "report/report.h"

/* ---- A filter that measures nothing: the ledger is made by hand ------------------------------------------------- */

static const tamis_rule fake_rules[] = {
    {"short", "words", TAMIS_DROP_BELOW, 10, NULL, false},
    {"loud", "capitals", TAMIS_DROP_ABOVE, 0.5, NULL, false},
    {"french", "stop_words", TAMIS_DROP_BELOW, 2, "fr", false},
    {"off", "words", TAMIS_DROP_BELOW, NAN, NULL, false},
};

static inline size_t list_fake_rules(const void *self, const tamis_rule **rules)
{
    (void)self;
    *rules = fake_rules;
    return 4;
}

static const tamis_filter fake_filter = {.name = "fake", .kinds = TAMIS_EVERY_KIND, .rules = list_fake_rules};

/* ---- A run made by hand ----------------------------------------------------------------------------------------- */

struct place {
    char folder[256], ledger_folder[300];
    tamis_err err;
    struct recipe recipe;
    struct recipe_source sources[2];
    struct recipe_domain domains[2];
    struct recipe_filter filters[1];
    struct recipe_select select[2];
    struct recipe_target targets[2];
    double shares[2][2], max_epochs[2];
    struct rules rules;
    struct input input_list[2];
    struct inputs inputs;
    struct run run;
    struct ledger ledger;
    bool mapped;
    struct report_target written[2];
    uint64_t tokens[2][2], documents[2][2];
    double epochs[2][2];
    struct report_facts facts;
    uint16_t short_rule, loud_rule; /* indexes */
};

static inline void make_recipe(struct place *p)
{
    p->sources[0] = (struct recipe_source){.name = "inhouse", .domain = 0, .kind = TAMIS_PROSE, .confidential = true,
                                            .threshold = 0.95};
    p->sources[1] = (struct recipe_source){.name = "web", .domain = 1, .kind = TAMIS_PROSE, .threshold = 0.8};
    p->domains[0] = (struct recipe_domain){.name = "law"};
    p->domains[1] = (struct recipe_domain){.name = "general"};
    p->filters[0] = (struct recipe_filter){.filter = &fake_filter, .kinds = TAMIS_KIND_BIT(TAMIS_PROSE)};
    for (int t = 0; t < 2; t++) {
        p->shares[t][0] = 0.25;
        p->shares[t][1] = 0.75;
        p->max_epochs[t] = 1;
        p->targets[t] = (struct recipe_target){
            .name = t ? "b" : "a", .domain = 0, .general = 1, .ratio = 0.25, .shares = p->shares[t]};
    }
    p->targets[1].natural = true;
    p->recipe = (struct recipe){
        .path = "test", .version = 1, .seed = 17, .max_line = 1000,
        .sources = p->sources, .source_count = 2, .domains = p->domains, .domain_count = 2,
        .filters = p->filters, .filter_count = 1, .select = p->select, .targets = p->targets, .target_count = 2,
        .tokens_estimated = true};
}

static inline int open_place(void **state)
{
    struct place *const p = calloc(1, sizeof *p);
    if (!p) {
        return -1;
    }
    const char *const base = getenv("TMPDIR");
    snprintf(p->folder, sizeof p->folder, "%s/tamis-test-ledger-XXXXXX", base ? base : "/tmp");
    *state = p;
    if (!mkdtemp(p->folder)) {
        return -1;
    }
    snprintf(p->ledger_folder, sizeof p->ledger_folder, "%s/ledger", p->folder);
    make_recipe(p);
    if (rules_init(&p->rules, &p->recipe, &p->err)) {
        return -1;
    }
    p->short_rule = p->rules.first_filter;
    p->loud_rule = (uint16_t)(p->short_rule + 1);
    p->input_list[0] = (struct input){.path = "law\xff.jsonl", .source = 0};
    p->input_list[1] = (struct input){.path = "web.jsonl", .source = 1};
    p->inputs = (struct inputs){p->input_list, 2};
    p->run = (struct run){.recipe = &p->recipe, .rules = &p->rules, .inputs = &p->inputs, .folder = p->folder,
                          .ledger = p->ledger_folder, .threads = 1};
    return 0;
}

static inline void close_ledger(struct place *p)
{
    if (p->mapped) {
        ledger_close(&p->ledger);
        p->mapped = false;
    }
}

static inline int close_place(void **state)
{
    struct place *const p = *state;
    close_ledger(p);
    rules_release(&p->rules);
    const tamis_status status = file_remove_tree(p->folder, &p->err);
    free(p);
    return status == TAMIS_OK ? 0 : -1;
}

static inline void write_rows(struct place *p, size_t part, const char *name, const char *dtype, size_t row_bytes,
                       const void *rows, size_t count)
{
    struct path path;
    assert_int_equal(path_make(&path, &p->err, "%s/part-%06zu", p->ledger_folder, part), TAMIS_OK);
    assert_int_equal(file_make_folders(path.at, &p->err), TAMIS_OK);
    assert_int_equal(path_make(&path, &p->err, "%s/part-%06zu/%s.npy", p->ledger_folder, part, name), TAMIS_OK);
    assert_int_equal(npy_write(path.at, dtype, row_bytes, rows, count, &p->err), TAMIS_OK);
}

static inline void write_ids(struct place *p, size_t part, const char *prefix, uint64_t first, size_t count)
{
    struct path path;
    struct buf offsets, bytes;
    buf_init(&offsets, BUF_UNLIMITED);
    buf_init(&bytes, BUF_UNLIMITED);
    for (size_t i = 0; i <= count; i++) {
        const uint64_t offset = bytes.len;
        assert_true(buf_add(&offsets, &offset, sizeof offset));
        assert_true(i == count || buf_printf(&bytes, "%s%llu", prefix, (unsigned long long)(first + i)));
    }
    write_rows(p, part, "ids", "'<u8'", 8, offsets.at, count + 1);
    assert_int_equal(path_make(&path, &p->err, "%s/part-%06zu/ids.bin", p->ledger_folder, part), TAMIS_OK);
    assert_int_equal(file_write(path.at, bytes.at, bytes.len, &p->err), TAMIS_OK);
    buf_release(&offsets);
    buf_release(&bytes);
}

static inline void map_ledger(struct place *p, unsigned files)
{
    close_ledger(p);
    assert_int_equal(ledger_open(&p->ledger, p->ledger_folder, &p->recipe, files, &p->err), TAMIS_OK);
    p->mapped = true;
}

#endif
