/* What the tests of recipes share: recipes to start from, reading and printing that must not fail. */
#ifndef RECIPES_H
#define RECIPES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/str.h"
#include "recipe/recipe.h"

#define SOURCE_A "version: 1\nsources: [{name: a, paths: a.jsonl}]\n"
#define SOURCES_LAW_GENERAL                                                                                            \
    "version: 1\nsources:\n  - {name: inhouse, paths: law.jsonl, domain: law, kind: prose}\n"                          \
    "  - {name: edu, paths: edu.jsonl, kind: prose}\n"

/* Every section, and most defaults changed somewhere. */
#define FULL_RECIPE                                                                                                    \
    "version: 1\n"                                                                                                     \
    "seed: 17\n"                                                                                                       \
    "tokenizer: my-1.5b\n"                                                                                             \
    "max_line: 1M\n"                                                                                                   \
    "sources:\n"                                                                                                       \
    "  - {name: inhouse, paths: [\"legal/*.jsonl.zst\", more.jsonl], domain: law, kind: prose, date: meta.date,\n"     \
    "     confidential: true, tokens: meta.tokens}\n"                                                                  \
    "  - {name: edu, paths: edu.jsonl, domain: general, take: 60e9, text: content, id: key, language: lang}\n"         \
    "  - {name: src, paths: src.txt, domain: software, kind: code, format: paragraphs}\n"                              \
    "holdout: {share: 0.01, max_documents: 100}\n"                                                                     \
    "filters:\n"                                                                                                       \
    "  - gopher_quality: {min_words: 30, max_words: none}\n"                                                           \
    "  - length: {min_words: 20, on: [law, prose]}\n"                                                                  \
    "  - length\n"                                                                                                     \
    "dedup:\n"                                                                                                         \
    "  exact: true\n"                                                                                                  \
    "  minhash: {bands: 14, rows: 8, threshold: {default: 0.7, law: 0.9}, verify: none,\n"                             \
    "            keep: [max:meta.score, source, min:age, longest], scope: domain}\n"                                   \
    "score: {scorer: tdds, window: 5, decay: 0.5, proxy: {passes: 2, checkpoints: 8, max_bytes: 1G}}\n"                \
    "select: {general: {keep: 0.7, policy: top, unscored: drop}}\n"                                                    \
    "targets:\n"                                                                                                       \
    "  - {name: law-1.5b, domain: law, general: general, ratio: 0.3, parameters: 1.5e9, tokens: 20e9,\n"               \
    "     max_epochs: {law: 6, general: 1}}\n"                                                                         \
    "  - {name: both, ratio: {general: 0.5, software: 0.25, law: 0.25}, max_epochs: 2}\n"                              \
    "accept: {dedup.edu: 0.85, length_min_words: 0.5}\n"                                                               \
    "output: {shard_bytes: 1M, compression: gzip, dropped: full}\n"

static inline void parse(struct recipe *r, const char *yaml)
{
    tamis_err err = {0};
    if (recipe_parse(r, "r.yaml", NULL, str_from(yaml), NULL, &err) != TAMIS_OK) {
        fail_msg("%s", err.text);
    }
}

static inline void parse_more(struct recipe *r, const char *head, const char *more)
{
    char yaml[4096];
    snprintf(yaml, sizeof yaml, "%s%s", head, more);
    parse(r, yaml);
}

static inline void print(const struct recipe *r, unsigned sections, struct buf *out)
{
    buf_init(out, BUF_UNLIMITED);
    assert_true(recipe_print(r, sections, out));
}

/* Prints it, reads that, prints again: the same text. */
static inline void assert_prints_as_itself(const struct recipe *r)
{
    struct recipe again;
    struct buf once, twice;
    print(r, SECTION_WHOLE, &once);
    parse(&again, once.at);
    print(&again, SECTION_WHOLE, &twice);
    assert_string_equal(once.at, twice.at);
    buf_release(&once);
    buf_release(&twice);
    recipe_release(&again);
}

static inline void assert_real(double value, double expected)
{
    assert_true(value >= expected && value <= expected);
}

#endif
