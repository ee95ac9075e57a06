/*
 * Looking at a run that others made, finished or not: its recipe, the stages its records vouch for, and the ledger with
 * just their files mapped. Nothing in the folder is changed.
 */
#ifndef TAMIS_CMD_LOOK_H
#define TAMIS_CMD_LOOK_H

#include "cmd/flow.h"
#include "report/story.h"

enum look_state { LOOK_WAITING, LOOK_BEGUN, LOOK_DONE, LOOK_NOT_NEEDED };

struct look {
    struct flow flow;
    struct ledger ledger;
    bool mapped;
    enum look_state stages[FLOW_COUNT];
    struct teller teller; /* ready for story_tell() and look_tell() */
};

/* After either, look_close() is due even on failure. */
tamis_status look_open(struct look *look, const struct cli *cli, const char *folder, tamis_err *err) TAMIS_MUST_CHECK;
/* The same with the ledger; a run of which nothing is surveyed yet is TAMIS_INPUT. */
tamis_status look_open_ledger(struct look *look, const struct cli *cli, const char *folder, bool show_confidential,
                              tamis_err *err) TAMIS_MUST_CHECK;
/* story_tell(), and whether the document was written. */
tamis_status look_tell(const struct look *look, uint64_t number, struct story *story, tamis_err *err) TAMIS_MUST_CHECK;
void look_close(struct look *look);

/* A word for people and for JSON: "done", "begun", "waiting", "not needed". */
const char *look_word(enum look_state state);
/* A note on stderr when the run is not finished. */
void look_note(const struct look *look);

#endif
