/* What plan, draw and emit ask of one row of the ledger; only the stages that are mapped are looked at. */
#ifndef TAMIS_MIX_POOL_H
#define TAMIS_MIX_POOL_H

#include "run/ledger.h"

/* The rule that took the document out, as index + 1: the first non-zero in stage order; 0: none did. */
uint16_t pool_verdict(const struct ledger_part *part, size_t row);
bool pool_held_out(const struct ledger_part *part, size_t row); /* survived, and goes to valid/ */
bool pool_holds(const struct ledger_part *part, size_t row);    /* survived, and may be drawn */
/* The part that holds `number`; looks first where `near` (which may be NULL) points. */
const struct ledger_part *pool_part(const struct ledger *ledger, const struct ledger_part *near, uint64_t number);

#endif
