/*
 * Private to trajectories*.c: from files to records to documents.
 *
 *     origin   what there is to read: parts or a matrix, and what the manifest says of them
 *     lines    the lines of all parts, one after the other
 *     line     what one of them says
 *     series   all losses of one document that stand together: a wide line, or a row of a matrix
 *     account  what was counted on the way
 */
#ifndef TAMIS_SCORE_TRAJECTORIES_READING_H
#define TAMIS_SCORE_TRAJECTORIES_READING_H

#include "core/arena.h"
#include "core/sorter.h"
#include "io/reader.h"
#include "score/trajectories.h"

#define LOSS_LIMIT 1e308 /* what the reader makes of numbers beyond all doubles */
#define STEP_MOST ((uint64_t)1 << 53)

bool reading_stopped(const struct trajectories_options *options);
tamis_status reading_interrupted(tamis_err *err);
tamis_status reading_no_memory(const char *what, tamis_err *err);

/* ---- What there is to read -------------------------------------------------------------------------------------- */

enum form { FORM_UNKNOWN, FORM_LONG, FORM_WIDE, FORM_MATRIX };

struct origin {
    const char *name;      /* for messages */
    const char *spool;     /* a copy of what can be read but once, to be removed; NULL: none */
    enum form form;        /* as the manifest or the names in the folder tell it */
    const char *unit, *per;
    double scale;          /* of a loss, to nats */
    const uint64_t *steps; /* of the columns, NULL: not said */
    size_t step_count;
    const char **parts;    /* JSON lines, sorted by name */
    size_t part_count;
    const char *ids, *loss; /* of a matrix */
    uint64_t bytes;        /* of all files, for progress */
};

/* Strings live in `arena`. */
tamis_status origin_find(struct origin *o, const char *path, const struct trajectories_options *options,
                         struct arena *arena, tamis_err *err) TAMIS_MUST_CHECK;
void origin_release(struct origin *o);
/* unit, per, form and steps from FOLDER/manifest.json. */
tamis_status origin_manifest(struct origin *o, const char *path, struct arena *arena, tamis_err *err) TAMIS_MUST_CHECK;

/* ---- Counts ----------------------------------------------------------------------------------------------------- */

/* A straight line through (log units, log loss), by least squares. */
struct slope {
    uint64_t count;
    double x, y, xx, xy; /* sums */
};

struct account {
    struct trajectories_facts facts;
    char first_broken[320];
    struct slope means, sums; /* of losses that came with a count, by what they say they are */
};

/* `place` counts `unit`s ("byte", "row") of the file. */
void account_broken(struct account *a, enum broken why, const char *path, const char *unit, uint64_t place);
/* The loss in nats; NaN when it was not measured, or is none: then it is counted and *rejected is set. */
double account_loss(struct account *a, double value, double scale, bool *rejected);
void account_slope(struct account *a, bool mean, uint64_t units, double loss);
enum slip account_slip(const struct account *a);

/* ---- Steps ------------------------------------------------------------------------------------------------------ */

struct step {
    uint64_t number, covered;
    uint64_t stamp; /* the caller's: who touched it last; 0 at first */
    size_t index;   /* in ascending order, after steps_sort() */
    bool used;
};

/* A set of steps, as a table of open addressing. */
struct steps {
    struct step *slots;
    size_t count, room;
    uint64_t *numbers, *covered; /* ascending, after steps_sort() */
};

/* Adds it if it is new; *step is valid until the next call. TAMIS_INPUT: more than a trajectory may have. */
tamis_status steps_touch(struct steps *s, uint64_t number, struct step **step, tamis_err *err) TAMIS_MUST_CHECK;
struct step *steps_find(const struct steps *s, uint64_t number); /* NULL: not there */
tamis_status steps_sort(struct steps *s, tamis_err *err) TAMIS_MUST_CHECK;
void steps_show_covered(struct steps *s); /* `covered` of the slots to the list */
void steps_release(struct steps *s);

/* ---- Lines ------------------------------------------------------------------------------------------------------ */

struct loss_lines {
    const struct origin *origin;
    const struct trajectories_options *options;
    const char *const *paths;
    size_t path_count, path; /* `path`: the next one to be opened */
    struct reader *reader;
    struct chunk chunk;
    struct records records;
    size_t at;
    uint64_t disk, count; /* encoded bytes of the parts that are done; records handed out */
    bool quiet;           /* no progress */
};

void loss_lines_init(struct loss_lines *l, const struct origin *origin, const struct trajectories_options *options,
                const char *const *paths, size_t count);
/* The next line as split, not parsed, or NULL. A part of which nothing can be read is TAMIS_INPUT. */
tamis_status loss_lines_next(struct loss_lines *l, const struct record **record, tamis_err *err) TAMIS_MUST_CHECK;
void loss_lines_release(struct loss_lines *l);

struct line {
    enum form form;     /* FORM_LONG or FORM_WIDE */
    tamis_str id, domain;
    uint64_t units;     /* 0: unknown */
    /* long */
    uint64_t step;
    double loss;        /* as written; NaN: not measured */
    bool mean;          /* of the units, not their sum */
    /* wide; NULL steps: none were given */
    size_t count;
    const double *losses;
    const uint64_t *steps;
};

struct line_parser {
    struct parser *parser;
    struct arena arena;
    struct buf tamed;
    double *losses;
    uint64_t *steps;
    size_t room;
};

tamis_status line_parser_open(struct line_parser *p, tamis_err *err) TAMIS_MUST_CHECK;
void line_parser_close(struct line_parser *p);
/* What the next line gets lives until the call after it. *why is BROKEN_REASONS when nothing is wrong. */
tamis_status line_parse(struct line_parser *p, const struct origin *origin, tamis_str raw, struct line *line,
                        enum broken *why, tamis_err *err) TAMIS_MUST_CHECK;
/* A line of ids.jsonl: a string, a number, or {"id"[,"n_tokens"][,"domain"]}. */
tamis_status line_parse_id(struct line_parser *p, const struct origin *origin, tamis_str raw, struct line *line,
                           enum broken *why, tamis_err *err) TAMIS_MUST_CHECK;

/* The next line of the parts that is not broken; the first one settles the form, unless it is known. */
struct line_reader {
    struct loss_lines lines;
    struct line_parser parser;
    const struct origin *origin;
    struct account *account;
    enum form form;
    struct line line;
};
tamis_status line_reader_open(struct line_reader *r, const struct origin *origin,
                              const struct trajectories_options *options, enum form form, struct account *account,
                              tamis_err *err) TAMIS_MUST_CHECK;
tamis_status line_reader_next(struct line_reader *r, const struct line **line, tamis_err *err) TAMIS_MUST_CHECK;
void line_reader_close(struct line_reader *r);

/* ---- Documents -------------------------------------------------------------------------------------------------- */

/* How documents are brought together: one per form. */
struct gatherer {
    /* Reads everything: fills steps and the facts of `account`. */
    tamis_status (*open)(void **self, const struct origin *origin, const struct trajectories_options *options,
                         struct account *account, struct steps *steps, tamis_err *err);
    /* Fills `t` but for its ordinal; id.at == NULL: there is no more. `losses` has a place per checkpoint. */
    tamis_status (*next)(void *self, double *losses, struct trajectory *t, tamis_err *err);
    void (*close)(void *self); /* accepts NULL */
};

extern const struct gatherer gatherer_long, gatherer_wide, gatherer_matrix;

/* All losses of one document, checked and in nats. */
struct series {
    tamis_str id, domain;
    uint64_t units;
    size_t count;
    const double *losses;  /* NaN: not measured */
    const uint64_t *steps;
};

/* Documents that stand whole, in their order; read more than once. */
struct series_source {
    tamis_status (*open)(void **self, const struct origin *origin, const struct trajectories_options *options,
                         struct account *account, tamis_err *err);
    tamis_status (*next)(void *self, const struct series **series, tamis_err *err); /* NULL at the end */
    void (*close)(void *self); /* accepts NULL */
};

extern const struct series_source series_of_lines, series_of_matrix;

#endif
