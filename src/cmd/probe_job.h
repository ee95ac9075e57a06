/*
 * tamis probe: what its two roads share. A probe is a run of the recipe with other targets: one a share, all with as
 * many tokens.
 */
#ifndef TAMIS_CMD_PROBE_JOB_H
#define TAMIS_CMD_PROBE_JOB_H

#include "cmd/flow.h"

#define PROBE_RUNS 64 /* at most; a recipe has no more targets */
#define PROBE_NAME 16 /* bytes of "probe-033" */

struct probe_verb_options {
    struct common common;
    const char *target, *folder, *ratios;
    uint64_t tokens, bytes, base_bytes, valid_bytes, checkpoints;
    double max_bad;
    bool proxy, from_scratch, redo, no_check;
};

struct probe_run {
    double ratio;          /* domain share of the tokens */
    char name[PROBE_NAME];
};

struct probe_job {
    const struct cli *cli;
    struct probe_verb_options *options;
    struct arena arena;
    const char *recipe;                   /* path */
    const char *target, *domain, *general;
    double domain_epochs, general_epochs; /* max_epochs of the target */
    struct probe_run runs[PROBE_RUNS];    /* ascending by ratio */
    size_t count;
};

/* Reads the options, and of the recipe which target is meant; its law need not be there yet. Release it even after a
 * failure. */
tamis_status probe_job_open(struct probe_job *job, struct cli *cli, tamis_err *err) TAMIS_MUST_CHECK;
void probe_job_release(struct probe_job *job);
/*
 * Opens the recipe with the probe's targets in place of its own: every share, of `tokens` (0: as many as the pools
 * allow without repeats, the same for all); or with `halves` one of both domains alike. flow_close() is due even on
 * failure.
 */
tamis_status probe_flow_open(struct probe_job *job, bool halves, struct flow *flow, tamis_err *err) TAMIS_MUST_CHECK;
/*
 * Whether `folder` may hold the flow's run: TAMIS_USAGE for a probe where a run stands that is none, and the other way
 * round, so that neither replaces the corpora of the other, whatever --redo says. The folder's recipe.yaml tells; where
 * there is none, no corpus is there either.
 */
tamis_status probe_folder_check(const struct flow *flow, const char *folder, tamis_err *err) TAMIS_MUST_CHECK;
/* "probe-" and three digits, and that the job has a run of that name. */
bool probe_is_run(tamis_str name);
bool probe_has_run(const struct probe_job *job, tamis_str name);
/* FLOW_ bits of the options. */
unsigned probe_how(const struct probe_job *job);
/* With --json: an object on stdout, opened with what both roads tell, to be gone on with and closed. */
void probe_json_begin(const struct probe_job *job, const char *road, uint64_t tokens, struct json *json);

/* --export DIR: corpora, splits and configurations for a trainer, and a runs.csv to be filled in. */
tamis_status probe_export(struct probe_job *job, tamis_err *err) TAMIS_MUST_CHECK;
/* --proxy -o DIR: a runs.csv filled by the built-in model. */
tamis_status probe_proxy(struct probe_job *job, tamis_err *err) TAMIS_MUST_CHECK;

/* ---- Files for trainers (probe_files.c) ------------------------------------------------------------------------- */

struct probe_export {
    const struct probe_job *job;
    const struct flow *flow;
    uint64_t tokens[PROBE_RUNS], domain_tokens[PROBE_RUNS]; /* written, per run */
    uint64_t held_out[2];                                   /* documents of domain and general */
};
/*
 * configs/, without those of shares that are no longer there; TRAIN.md; and runs.csv. `kept` stays empty where runs.csv
 * is new, or had nothing filled in and was written anew; else it is as it was, and `kept` gets lines that say so and
 * name the runs that it lacks, and those that the probe no longer has.
 */
tamis_status probe_write_files(const struct probe_export *e, struct buf *kept, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status probe_write_runs(const struct probe_export *e, struct buf *kept, tamis_err *err) TAMIS_MUST_CHECK;
/* Writes DIR/name and releases the text; `fine`: there was memory for it. */
tamis_status probe_write_text(const struct probe_export *e, const char *name, struct buf *text, bool fine,
                              tamis_err *err) TAMIS_MUST_CHECK;

#endif
