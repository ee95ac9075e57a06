/*
 * Derives from every pattern what its matches need, builds the gate of it, and says which patterns it cannot help.
 */
#include "pack_gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Hits expected per byte of prose above which a rule is always tried. Above it nearly every document of some length
 * would be let through.
 */
#define USEFUL 1e-3
#define NAMED 5 /* rules named in the warning */

struct pack_gate {
    struct literal_gate *literals;
    bool *open; /* rules of which nothing is open */
    char warning[1024];
};

void pack_gate_free(struct pack_gate *gate)
{
    if (gate) {
        literal_gate_free(gate->literals);
        free(gate->open);
        free(gate);
    }
}

static void warn(struct pack_gate *gate, const struct rule_pack *pack)
{
    size_t count = 0, len = 0;
    char names[NAMED * 80] = "";
    for (size_t r = 0; r < pack->count; r++) {
        if (!gate->open[r] || ++count > NAMED) {
            continue;
        }
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%.70s", count > 1 ? ", " : "", pack->rules[r].name);
    }
    if (!count) {
        return;
    }
    char more[48] = "";
    if (count > NAMED) {
        snprintf(more, sizeof more, " and %zu more", count - NAMED);
    }
    snprintf(gate->warning, sizeof gate->warning,
             "%s%s: a match need hold no rare letters in a row, so %s tried on every text in full, which costs ten "
             "times what other rules cost or more; write %s with a word, a mark or digits that each match holds",
             names, more, count == 1 ? "this pattern is" : "these patterns are", count == 1 ? "it" : "them");
}

/* What the pattern needs, where looking for it is worth while. */
static struct needs useful_needs(struct member_finder *finder, const struct pack_rule *rule)
{
    struct needs needs = pattern_needs(finder, (tamis_str){rule->pattern, rule->pattern_len}, rule->flags);
    if (needs.count && needs.cost > USEFUL) {
        pattern_needs_release(&needs);
    }
    return needs;
}

static tamis_status make(struct pack_gate *gate, const struct rule_pack *pack, struct needs *needs, tamis_cpu cpu,
                         tamis_err *err)
{
    struct member_finder finder = {.every = NULL};
    size_t needles = 0;
    for (size_t r = 0; r < pack->count; r++) {
        needs[r] = useful_needs(&finder, &pack->rules[r]);
        if (needles + needs[r].count > GATE_NEEDLES) {
            pattern_needs_release(&needs[r]);
        }
        needles += needs[r].count;
        gate->open[r] = needs[r].count == 0;
    }
    member_finder_release(&finder);
    warn(gate, pack);
    return literal_gate_new(&gate->literals, needs, pack->count, cpu, err);
}

tamis_status pack_gate_new(struct pack_gate **gate, const struct rule_pack *pack, tamis_cpu cpu, tamis_err *err)
{
    struct pack_gate *const g = calloc(1, sizeof *g);
    struct needs *const needs = calloc(pack->count + 1, sizeof *needs);
    if (g) {
        g->open = calloc(pack->count + 1, sizeof *g->open);
    }
    const bool fine = g && needs && g->open;
    tamis_status status = fine ? make(g, pack, needs, cpu, err)
                               : tamis_fail(err, TAMIS_IO, "out of memory for a rule pack: give it more memory");
    for (size_t r = 0; needs && r < pack->count; r++) {
        pattern_needs_release(&needs[r]);
    }
    free(needs);
    if (status) {
        pack_gate_free(g);
        return status;
    }
    *gate = g;
    return TAMIS_OK;
}

void pack_gate_search(const struct pack_gate *gate, tamis_str text, struct gate_found *found)
{
    literal_gate_search(gate->literals, text, found);
}

bool pack_gate_is_open(const struct pack_gate *gate, size_t rule)
{
    return gate->open[rule];
}

const char *pack_gate_warning(const struct pack_gate *gate)
{
    return gate->warning[0] ? gate->warning : NULL;
}
