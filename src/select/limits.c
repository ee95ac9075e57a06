/* How much of a domain is to stay: a share of its tokens, and never less than the targets need. */
#include "select/limits.h"

#include <math.h>

bool domain_pruned(const struct recipe *recipe, size_t domain)
{
    return recipe->select[domain].on && recipe->select[domain].keep < 1;
}

/*
 * What one epoch of the greediest target needs of a domain, tokens; 0 where no target says how large it is, and where
 * the domain may be pruned below it (`prune_scarce`).
 */
static uint64_t domain_need(const struct recipe *recipe, size_t domain)
{
    double most = 0;
    for (size_t t = 0; t < recipe->target_count; t++) {
        const struct recipe_target *const target = &recipe->targets[t];
        const double need = target->tokens && target->shares ? (double)target->tokens * target->shares[domain] : 0;
        most = need > most ? need : most;
    }
    return recipe->select[domain].prune_scarce ? 0 : (uint64_t)ceil(most);
}

static struct token_limit at_least(uint64_t wanted, uint64_t need, uint64_t most)
{
    need = need < most ? need : most;
    return (struct token_limit){.tokens = need > wanted ? need : wanted, .by_need = need > wanted};
}

struct token_limit random_limit(const struct recipe *recipe, size_t domain, uint64_t tokens)
{
    return at_least(recipe_share_of(recipe->select[domain].keep, tokens), domain_need(recipe, domain), tokens);
}

struct token_limit unscored_limit(const struct recipe *recipe, size_t domain, uint64_t scored, uint64_t unscored)
{
    const struct recipe_select *const select = &recipe->select[domain];
    const uint64_t need = domain_need(recipe, domain);
    const uint64_t wanted = select->unscored == UNSCORED_KEEP   ? unscored
                            : select->unscored == UNSCORED_DROP ? 0
                                                                : recipe_share_of(select->keep, unscored);
    return at_least(wanted, need > scored ? need - scored : 0, unscored);
}

struct token_limit scored_limit(const struct recipe *recipe, size_t domain, uint64_t scored, uint64_t unscored_kept)
{
    const uint64_t need = domain_need(recipe, domain);
    return at_least(recipe_share_of(recipe->select[domain].keep, scored),
                    need > unscored_kept ? need - unscored_kept : 0, scored);
}
