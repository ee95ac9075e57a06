/* Which documents of a run are to be scored, and which of them the proxy is to see. */
#ifndef TAMIS_SCORE_ELIGIBLE_H
#define TAMIS_SCORE_ELIGIBLE_H

#include "run/run.h"

struct eligible {
    uint8_t *bits;     /* a bit per document: to be scored */
    uint8_t *sampled;  /* a bit per document: in the proxy's cache; NULL: every eligible one */
    uint64_t count;    /* eligible documents */
};

/* Release it even after a failure. One or two bits per document. */
tamis_status eligible_find(struct eligible *e, const struct run *run, const struct ledger *ledger, tamis_err *err)
    TAMIS_MUST_CHECK;
void eligible_release(struct eligible *e);
bool eligible_has(const struct eligible *e, uint64_t number);
bool eligible_for_proxy(const struct eligible *e, uint64_t number);

#endif
