/*
 * How stages remember that they are done. RUN/ledger/STAGE.json holds the key of the recipe sections, part versions
 * and predecessors a stage depends on, and whether it finished. A stage whose key is unchanged is not done again.
 */
#ifndef TAMIS_RUN_STAGE_H
#define TAMIS_RUN_STAGE_H

#include "run/run.h"

/* FLOW_SCORE is there only where the recipe scores: elsewhere it leaves no record, adds nothing to the keys of the
 * stages after it, and counts as done unless an earlier recipe's scores have to go. */
enum flow_stage { FLOW_SURVEY, FLOW_RESOLVE, FLOW_SCORE, FLOW_SELECT, FLOW_MIX, FLOW_EMIT, FLOW_COUNT };

const char *flow_name(enum flow_stage stage);

struct stages {
    uint64_t key[FLOW_COUNT];
    bool done[FLOW_COUNT]; /* with this very key */
    bool begun[FLOW_COUNT];
    uint64_t capped_pairs; /* what resolve left out, kept for the report of a run that is continued */
};

/*
 * Reads what is there. A stage begun with another key is TAMIS_USAGE naming every such stage, unless `redo`: then they
 * and all after them count as not begun. Inputs that differ from those of the survey are TAMIS_INPUT, or redone.
 */
tamis_status stages_load(struct stages *stages, const struct run *run, bool redo, tamis_err *err) TAMIS_MUST_CHECK;
/* Notes that a stage begins: it and all later ones are not done any more. The survey's parts are removed when it
 * begins afresh. */
tamis_status stage_begin(struct stages *stages, enum flow_stage stage, const struct run *run, tamis_err *err)
    TAMIS_MUST_CHECK;
tamis_status stage_finish(struct stages *stages, enum flow_stage stage, const struct run *run, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
