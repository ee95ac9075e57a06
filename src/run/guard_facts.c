/* Names of what a score is held against. */
#include "run/guard_facts.h"

#include "recipe/recipe.h"

const char *simple_score_name(enum simple_score score)
{
    static const char *const names[SIMPLE_SCORES] = {"length", "compression", "mean_loss", "final_loss"};
    return names[score];
}

const char *simple_side(int policy)
{
    return policy == POLICY_TOP ? "highest" : policy == POLICY_BOTTOM ? "lowest" : "middle";
}
