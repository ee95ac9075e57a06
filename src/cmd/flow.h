/*
 * A run put together: recipe, rules, inputs, folders; and the stages in order.
 */
#ifndef TAMIS_CMD_FLOW_H
#define TAMIS_CMD_FLOW_H

#include "cmd/cli.h"
#include "core/path.h"
#include "dedup/resolve.h"
#include "plan/budget.h"
#include "mix/emit.h"
#include "run/stage.h"
#include "run/survey.h"
#include "run/tally.h"
#include "score/score.h"

/* A ratio by law, and how sure it is. */
struct flow_ratio {
    struct budget_answer answer;
    struct ratio_facts facts;
};

/* What a run costs, over processes. */
struct flow_costs {
    uint64_t processes;
    double wall, processor; /* seconds */
    uint64_t peak;          /* bytes of resident memory, of the largest */
};

struct flow {
    const struct cli *cli;
    struct recipe recipe;
    struct rules rules;
    struct inputs inputs;
    struct run run;
    struct path folder, ledger_folder, tmp, status;
    int lock; /* file descriptor, -1: none */
    bool begins; /* by this process, in a folder that was empty .. */
    bool made;   /* .. or that it has made */
    struct survey_totals survey;
    struct resolve_totals resolve;
    struct score_totals scores;
    struct flow_ratio *answers; /* per target index, of those that have a law; NULL: none has */
    struct plan plan;
    struct emit_totals emitted;
    struct buf remarks; /* lines for the report */
    double began; /* seconds of the monotonic clock */
    struct flow_costs before; /* of the processes before this one */
    bool alike;   /* targets that do not say their size are as large as the smallest of them, which the plan sets */
};

/* An empty flow with the machine's threads and memory. The flow_open functions call it first. */
void flow_init(struct flow *flow, const struct cli *cli);
/* After any of these, flow_close() is due even on failure. */
/* Loads the recipe with --set, finds the inputs; no folder is touched. */
tamis_status flow_open(struct flow *flow, const struct cli *cli, const char *recipe_path, tamis_err *err)
    TAMIS_MUST_CHECK;
/* A recipe made by a verb, in a flow that is initialised; the inputs are left to the caller. */
tamis_status flow_open_text(struct flow *flow, tamis_str yaml, tamis_err *err) TAMIS_MUST_CHECK;
/* A finished or unfinished run from its folder (RUN/recipe.yaml), only to look at it. */
tamis_status flow_open_run(struct flow *flow, const struct cli *cli, const char *folder, tamis_err *err)
    TAMIS_MUST_CHECK;
/* Whether a folder that -o names holds anything; one that is not there does not. A file: TAMIS_USAGE. */
tamis_status flow_folder_holds(const char *folder, bool *any, tamis_err *err) TAMIS_MUST_CHECK;
/* TAMIS_USAGE for an output ("-" and NULL are none) among the files of RUN, other than RUN/restored. */
tamis_status flow_not_inside(const struct flow *flow, const char *output, tamis_err *err) TAMIS_MUST_CHECK;
/* Makes RUN with its folders and takes its lock. What is no run, and what probe_folder_check() refuses: TAMIS_USAGE.
 * If the recipe is never saved in it, nothing was done: flow_close() takes away what was made. */
tamis_status flow_folder(struct flow *flow, const char *folder, tamis_err *err) TAMIS_MUST_CHECK;
/* Takes the lock of flow->run.folder, which exists; flow_close() lets go. Another process has it: TAMIS_USAGE. */
tamis_status flow_lock(struct flow *flow, tamis_err *err) TAMIS_MUST_CHECK;
/* RUN/recipe.yaml, every default written out. */
tamis_status flow_save_recipe(const struct flow *flow, tamis_err *err) TAMIS_MUST_CHECK;
void flow_close(struct flow *flow);

/* Which ledger files stand in a run that may be unfinished: LEDGER_ bits. */
unsigned flow_ledger_files(const struct flow *flow);

enum { FLOW_REDO = 1, FLOW_NO_CHECK = 2, FLOW_NO_TEXT = 4, FLOW_SILENT = 8 };
/* check, survey, resolve, ratios, score, select, plan, draw, emit, report; continues where the folder stands. With
 * FLOW_NO_TEXT nothing after the draw: every verdict is in the ledger, no text and no report is written; with
 * FLOW_SILENT it is not said how many. */
tamis_status flow_all(struct flow *flow, unsigned how, tamis_err *err) TAMIS_MUST_CHECK;

/* What can be known before anything is read: that trajectories are there, and that the laws answer their budgets. */
tamis_status flow_foresee(struct flow *flow, tamis_err *err) TAMIS_MUST_CHECK;
/* The same for a run whose score stage is not done: a proxy, where the recipe asks for one, can be trained here. */
tamis_status flow_can_train(const struct flow *flow, tamis_err *err) TAMIS_MUST_CHECK;
/* Sets the ratio of every target that names a law, by the pools that are left in the stages mapped. */
tamis_status flow_ratios(struct flow *flow, const struct ledger *ledger, tamis_err *err) TAMIS_MUST_CHECK;
/* RUN/report.json, held against what was written. Needs every file of the ledger mapped that the run has. */
tamis_status flow_report(struct flow *flow, const struct ledger *ledger, uint64_t capped_pairs, tamis_err *err)
    TAMIS_MUST_CHECK;
/* TAMIS_DAMAGED with a sentence when a stream broke, of the input or of trajectories, or more than max_bad of the
 * records were rejected. */
tamis_status flow_verdict(const struct flow *flow, double max_bad, tamis_err *err) TAMIS_MUST_CHECK;

/* Into flow->before, from the run's folder. */
tamis_status flow_recall_costs(struct flow *flow, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status flow_forget_costs(struct flow *flow, tamis_err *err) TAMIS_MUST_CHECK; /* and what is in the folder */
struct flow_costs flow_costs(const struct flow *flow); /* this process included, until now */
tamis_status flow_note_costs(const struct flow *flow, tamis_err *err) TAMIS_MUST_CHECK;

double flow_clock(void); /* seconds, monotonic */

#endif
