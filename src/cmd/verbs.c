/* The table of verbs, in the order of --help: the work first, then what looks at a finished run. */
#include "cmd/verbs.h"

const struct verb *const verbs[] = {
    &verb_init, &verb_check, &verb_run, &verb_signals, &verb_filter, &verb_dedup, &verb_proxy, &verb_score,
    &verb_select, &verb_mix,    &verb_probe, &verb_fit, &verb_plan, &verb_law, &verb_explain, &verb_report,
    &verb_status, &verb_ledger, &verb_restore, NULL,
};
