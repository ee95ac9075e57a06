/*
 * Score lines, as `tamis score` writes them: {"id","score"[,"tokens"][,"tokens_estimated"][,"domain"]}, read once and
 * kept in a compact form on disk, in their order, to be gone through as often as a selection needs.
 *
 * `id`: a string or number, not empty. `score`: a number, or null where there is none. `tokens`: a whole number below
 * 2^32 - 1; `domain`: a string of at most 1 KiB; null as well as absence means that it is not known. Any other line is
 * rejected and counted.
 */
#ifndef TAMIS_SELECT_SCORE_LINES_H
#define TAMIS_SELECT_SCORE_LINES_H

#include "core/path.h"
#include "run/run.h"

#define SCORE_LINE_MAX ((uint64_t)1 << 20) /* bytes; longer lines are rejected */
#define SCORE_DOMAINS_MAX 4096

struct score_line {
    double score;    /* NaN: none */
    uint64_t number; /* among the lines that were not rejected */
    uint32_t tokens; /* 0 where it is not known */
    uint32_t group;  /* index into groups */
    tamis_str id;
};

struct score_group {
    tamis_str domain;                              /* empty in the first group: of lines without a domain */
    uint64_t scored_lines, unscored_lines;
    uint64_t scored_tokens, unscored_tokens;
};

struct score_lines {
    struct path path;           /* of the compact form */
    struct arena arena;
    struct score_group *groups; /* the first, then one per domain in the order they came */
    size_t group_count;
    uint32_t *slots;            /* groups by a hash of their domains */
    uint64_t lines, rejected;   /* rejected ones are among the lines */
    uint64_t without_tokens;    /* of the lines not rejected */
    bool tokens_estimated;      /* some of them say so of their tokens */
    bool damaged;               /* the rest of an input was lost */
};

struct score_lines_options {
    bool domains; /* false: all lines are of the first group */
    /* Told of every rejected line, in order; may be NULL. */
    void (*rejected)(void *context, size_t input, uint64_t offset, const char *reason);
    void *context;
};

/* Reads run->inputs, which may be pipes; the compact form goes to run->tmp. Release even after a failure. */
tamis_status score_lines_read(struct score_lines *s, const struct run *run, const struct score_lines_options *options,
                              tamis_err *err) TAMIS_MUST_CHECK;
void score_lines_release(struct score_lines *s);

/* All lines that were not rejected, in order. A failure of `take` is returned at once. */
tamis_status score_lines_each(const struct score_lines *s, const struct run *run,
                              tamis_status (*take)(void *taker, const struct score_line *line, tamis_err *err),
                              void *taker, tamis_err *err) TAMIS_MUST_CHECK;

#endif
