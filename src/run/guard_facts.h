/*
 * What the guards found a score to be measuring: made in src/score, shown by the report.
 */
#ifndef TAMIS_RUN_GUARD_FACTS_H
#define TAMIS_RUN_GUARD_FACTS_H

#include "core/arena.h"

/* Numbers that cost less than a score: bytes of the text, its compression ratio, its loss. */
enum simple_score { SIMPLE_LENGTH, SIMPLE_COMPRESSION, SIMPLE_MEAN_LOSS, SIMPLE_FINAL_LOSS, SIMPLE_SCORES };
const char *simple_score_name(enum simple_score score); /* "length", "compression", "mean_loss", "final_loss" */
/* What a policy keeps of it: "highest", "lowest", "middle". */
const char *simple_side(int policy);

/*
 * The simple score that would select the same tokens of a domain as the score did: the first, in the order above, that
 * comes to GUARD_SIMPLER of them; where none does, the nearest.
 */
struct guard_rival {
    enum simple_score score; /* SIMPLE_SCORES: none could be held against it, or nothing was pruned by the score */
    int policy;              /* POLICY_TOP, POLICY_BOTTOM or POLICY_MIDDLE of it */
    double overlap;          /* share of the kept tokens that it would keep too */
    double chance;           /* the share that as many tokens drawn by lot would have in common */
};

struct guard_group {
    const char *domain;      /* NULL: the whole corpus */
    uint64_t eligible, scored, shortened; /* documents; shortened: with fewer losses than a window holds */
    uint64_t documents;      /* of those with a score in the sample, which the rest is about */
    double spearman[SIMPLE_SCORES]; /* of the score with each; NaN: cannot be told, or they are the same */
    struct guard_rival rival;
};

struct guards {
    struct arena arena;
    struct guard_group *groups; /* the whole corpus, then each domain of which documents were to be scored */
    size_t group_count;
    bool sampled;               /* not every scored document was looked at */
};

#endif
