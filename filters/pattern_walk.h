/*
 * A walk over the matches of a pattern in a text, piece by piece, so that the work is linear in the text whatever the
 * pattern; and, where it is known near what a match must stand, only there.
 */
#ifndef TAMIS_FILTERS_PATTERN_WALK_H
#define TAMIS_FILTERS_PATTERN_WALK_H

#include "rule_pack.h"

/* What PCRE2 needs to match; for one thread. */
struct matcher {
    pcre2_match_context *limits;
    pcre2_match_data *match;
    pcre2_jit_stack *stack;
};

tamis_status matcher_open(struct matcher *matcher, uint64_t match_limit, tamis_err *err) TAMIS_MUST_CHECK;
void matcher_close(struct matcher *matcher);

/* Every match begins in one of these stretches, at `from` to `to`; they are in order and apart from one another. */
struct stretch {
    uint32_t from, to;
};

struct nearby {
    const struct stretch *at;
    size_t count;
};

struct walk {
    tamis_str text;
    const struct nearby *nearby; /* NULL: matches may stand anywhere */
    size_t next;       /* of nearby: the first stretch that does not end before `at` */
    size_t at, stop;   /* where the next match may begin, where the piece ends */
    size_t begin, end; /* of the match found */
};

enum found { FOUND, NOTHING, GAVE_UP, NO_MEMORY };

struct walk walk_over(tamis_str text, const struct nearby *nearby);
enum found walk_on(struct walk *walk, const struct pack_rule *rule, const struct matcher *matcher);

#endif
