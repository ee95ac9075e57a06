/*
 * Picks: of each rule the PICKS_PER_RULE dropped documents with the smallest hash, ties by (id bytes, number), whose
 * text is shown. The same ones whatever the order they are offered in.
 */
#ifndef TAMIS_MIX_PICKS_H
#define TAMIS_MIX_PICKS_H

#include "run/ledger.h"

#define PICKS_PER_RULE 200

struct pick {
    uint64_t hash, number;
};

struct picks {
    const struct ledger *ledger;
    struct pick **of;  /* per rule: sorted, NULL while empty */
    size_t *counts;
    size_t rules;
    uint64_t *numbers; /* of all picks, sorted; after picks_finish() */
    size_t count;
};

tamis_status picks_open(struct picks *p, const struct ledger *ledger, size_t rules, tamis_err *err) TAMIS_MUST_CHECK;
tamis_status picks_offer(struct picks *p, size_t rule, uint64_t hash, uint64_t number, tamis_err *err)
    TAMIS_MUST_CHECK;
tamis_status picks_finish(struct picks *p, tamis_err *err) TAMIS_MUST_CHECK;
bool picks_hold(const struct picks *p, uint64_t number);
void picks_release(struct picks *p);

#endif
