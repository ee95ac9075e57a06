/* How much of a domain is to stay. */
#ifndef TAMIS_SELECT_LIMITS_H
#define TAMIS_SELECT_LIMITS_H

#include "recipe/recipe.h"

/* Whether some of a domain is to go. */
bool domain_pruned(const struct recipe *recipe, size_t domain);

/* A limit in tokens, and whether it is a need that set it rather than a share. */
struct token_limit {
    uint64_t tokens;
    bool by_need;
};

/* Of a domain drawn by lot with `tokens` tokens. */
struct token_limit random_limit(const struct recipe *recipe, size_t domain, uint64_t tokens);
/* Of the documents without a score of a domain pruned by scores. */
struct token_limit unscored_limit(const struct recipe *recipe, size_t domain, uint64_t scored, uint64_t unscored);
/* Of those with a score, where `unscored_kept` tokens of the others stay. */
struct token_limit scored_limit(const struct recipe *recipe, size_t domain, uint64_t scored, uint64_t unscored_kept);

#endif
