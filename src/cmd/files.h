/*
 * Verbs that work on files or a pipe: their inputs and a recipe made from their options.
 */
#ifndef TAMIS_CMD_FILES_H
#define TAMIS_CMD_FILES_H

#include "cmd/flow.h"
#include "run/batch.h"

/* Every such verb's options open with this. */
struct files_options {
    struct common common;
    const char *text_field, *id_field, *format;
    uint64_t max_line;
    int kind; /* 0: told from the first documents of each file; else enum tamis_kind + 1 */
    double max_bad;
};

#define FILES_PARAMS                                                                                                  \
    {"text_field", TAMIS_STRING, offsetof(struct files_options, text_field), "text", 0, 0, NULL,                      \
     "field that holds the text; dotted paths look into objects"},                                                    \
    {"id_field", TAMIS_STRING, offsetof(struct files_options, id_field), "id", 0, 0, NULL,                            \
     "field that holds the id; a document without one is input#ORDINAL"},                                             \
    {"format", TAMIS_STRING, offsetof(struct files_options, format), NULL, 0, 0, NULL,                                \
     "jsonl, text (a document per file) or paragraphs; by each file's name when not given"},                          \
    {"kind", TAMIS_CHOICE, offsetof(struct files_options, kind), "auto", 0, 0,                                        \
     "auto|prose|code|math|markup|table|other", "kind of the documents; rules made for prose never drop others"},     \
    {"max_line", TAMIS_SIZE, offsetof(struct files_options, max_line), "64M", 1, 0xffffff00, NULL,                    \
     "bytes; longer records are rejected"},                                                                           \
    {"max_bad", TAMIS_REAL, offsetof(struct files_options, max_bad), "0.01", 0, 1, NULL,                              \
     "share of rejected records above which the exit code is 1"}

/*
 * Opens the arguments (none, or "-": stdin) as a flow without a run folder. `sections` is YAML for the recipe besides
 * its sources. With `spool`, stdin is copied to a file in `spool` first, so that it can be read twice. flow_close() is
 * due even on failure.
 */
tamis_status files_open(struct flow *flow, const struct cli *cli, tamis_str sections, const char *spool,
                        tamis_err *err) TAMIS_MUST_CHECK;

/* --filter NAME[:key=value,..,on=KIND|all] arguments as the recipe's `filters:` section, appended to `yaml`. */
tamis_status files_filters(const tamis_strings *specs, struct buf *yaml, tamis_err *err) TAMIS_MUST_CHECK;

/*
 * Judges every document in order and hands the batches over, one at a time. With `signals` every document is measured
 * in full. Rejects are counted in `totals`.
 */
struct files_sink {
    tamis_status (*batch)(void *context, const struct batch *batch, uint64_t first, tamis_err *err);
    void *context;
    /* Called before that, of several batches at once, each by one thread; may add to batch->samples. NULL: nothing. */
    tamis_status (*work)(void *context, unsigned thread, struct batch *batch, tamis_err *err);
    bool texts; /* either looks at the texts of records */
};
tamis_status files_judge(struct flow *flow, bool signals, const struct files_sink *sink, struct survey_totals *totals,
                         tamis_err *err) TAMIS_MUST_CHECK;

/* Appends the id of record `i` of a batch whose first record is number `first` of its source. */
bool files_id(const struct flow *flow, const struct batch *batch, size_t i, uint64_t first, struct buf *id)
    TAMIS_MUST_CHECK;

/* TAMIS_DAMAGED with a sentence when a stream broke or more than max_bad was rejected. */
tamis_status files_verdict(const struct survey_totals *totals, double max_bad, tamis_err *err) TAMIS_MUST_CHECK;

/* Before anything is read: --no-text goes with neither -o nor --copy-frames, which wants an output in zstd. */
tamis_status files_check_output(struct flow *flow, const char *output, bool no_text, bool copy_frames, tamis_err *err)
    TAMIS_MUST_CHECK;

/* Outputs must not get in each other's way: no two of them (NULL: none) may be the same path or stdout. */
tamis_status files_apart(const char *const *outputs, size_t count, tamis_err *err) TAMIS_MUST_CHECK;

/* An output that is one of the inputs would destroy it: TAMIS_USAGE. For outputs that are NULL or "-": nothing. */
tamis_status files_not_inputs(const struct flow *flow, const char *const *outputs, size_t count, tamis_err *err)
    TAMIS_MUST_CHECK;

/* With --copy-frames: how many frames were. */
void files_note_copied(const struct flow *flow, uint64_t frames);

/* The `nth` reject (from 1) on stderr; after a few only with -v. 0: always. */
void files_note_reject(const struct flow *flow, uint64_t nth, size_t input, uint64_t offset, const char *reason);

/* A folder for one process's temporary files, under --tmp, $TMPDIR or /tmp. The caller removes it. */
tamis_status files_scratch(const struct cli *cli, struct path *folder, tamis_err *err) TAMIS_MUST_CHECK;

#endif
