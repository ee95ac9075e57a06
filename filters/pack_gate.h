/*
 * The gate of a rule pack: which of its rules can match a text at all, found in one pass before any pattern is tried.
 */
#ifndef TAMIS_FILTERS_PACK_GATE_H
#define TAMIS_FILTERS_PACK_GATE_H

#include "literal_gate.h"
#include "rule_pack.h"

struct pack_gate;

/* `pack` must outlive the gate. */
tamis_status pack_gate_new(struct pack_gate **gate, const struct rule_pack *pack, tamis_cpu cpu, tamis_err *err)
    TAMIS_MUST_CHECK;
void pack_gate_free(struct pack_gate *gate); /* accepts NULL */
/* found->rules must have literal_gate_words(pack->count) words. */
void pack_gate_search(const struct pack_gate *gate, tamis_str text, struct gate_found *found);
/* Whether nothing is known of the rule, and it is let through always. */
bool pack_gate_is_open(const struct pack_gate *gate, size_t rule);
/* Which rules have to be tried on every text; NULL: none. */
const char *pack_gate_warning(const struct pack_gate *gate);

#endif
