/* Every verb of the program, each in a file of its own. */
#ifndef TAMIS_CMD_VERBS_H
#define TAMIS_CMD_VERBS_H

#include "cmd/cli.h"

extern const struct verb verb_init, verb_check, verb_run, verb_signals, verb_filter, verb_dedup, verb_proxy,
    verb_score, verb_select, verb_mix, verb_probe, verb_fit, verb_plan, verb_law, verb_explain, verb_report,
    verb_status, verb_ledger, verb_restore;

#endif
