/*
 * Ratios by law: what each target that names a law is to hold of its domain, from its budget and the pools.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/flow.h"
#include "core/file.h"
#include "plan/budget.h"
#include "score/proxy.h"

static void set_shares(const struct recipe *recipe, struct recipe_target *t, double ratio)
{
    for (size_t d = 0; d < recipe->domain_count; d++) {
        t->shares[d] = 0;
    }
    t->ratio = ratio;
    t->shares[t->general] = 1 - ratio;
    t->shares[t->domain] = ratio;
}

/* `pools` NULL: not known yet. Without a size the target is as large as its pools allow, so none can bind its ratio. */
static struct budget_question question_of(const struct recipe *recipe, const struct recipe_target *t,
                                          const uint64_t *pools)
{
    const bool sized = t->tokens != 0 && pools;
    return (struct budget_question){
        .parameters = t->parameters,
        .tokens = (double)t->tokens,
        .budget = (enum budget)t->budget,
        .limit = t->budget_limit,
        .against = (enum against)t->against,
        .domain_tokens = sized ? pools[t->domain] : UINT64_MAX,
        .general_tokens = sized ? pools[t->general] : UINT64_MAX,
        .domain_epochs = t->max_epochs[t->domain],
        .general_epochs = t->max_epochs[t->general],
        .domain = recipe->domains[t->domain].name,
        .general = recipe->domains[t->general].name,
    };
}

static tamis_status set_ratio(struct flow *flow, size_t target, const uint64_t *pools, tamis_err *err)
{
    struct recipe *const recipe = &flow->recipe;
    struct recipe_target *const t = &recipe->targets[target];
    struct flow_ratio *const found = &flow->answers[target];
    tamis_err inner = {0};
    const struct budget_question question = question_of(recipe, t, pools);
    const tamis_status status = budget_ask(t->law, t->law_text, &question, &found->answer, &found->facts, &inner);
    if (status) {
        return tamis_fail(err, status, "target %s: %s", t->name, inner.text);
    }
    set_shares(recipe, t, found->answer.ratio);
    t->binding = binding_name(found->answer.binding);
    t->facts = &found->facts;
    return TAMIS_OK;
}

static tamis_status set_ratios(struct flow *flow, const uint64_t *pools, tamis_err *err)
{
    const size_t count = flow->recipe.target_count;
    flow->answers = flow->answers ? flow->answers : calloc(count, sizeof *flow->answers);
    tamis_status status =
        flow->answers ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the ratios of the targets");
    for (size_t t = 0; !status && t < count; t++) {
        if (flow->recipe.targets[t].law) {
            status = set_ratio(flow, t, pools, err);
        }
    }
    return status;
}

static bool any_law(const struct recipe *recipe)
{
    for (size_t t = 0; t < recipe->target_count; t++) {
        if (recipe->targets[t].law) {
            return true;
        }
    }
    return false;
}

tamis_status flow_ratios(struct flow *flow, const struct ledger *ledger, tamis_err *err)
{
    if (!any_law(&flow->recipe)) {
        return TAMIS_OK;
    }
    uint64_t *const pools = calloc(flow->recipe.domain_count + 1, sizeof *pools);
    tamis_status status = pools ? plan_pools(&flow->run, ledger, pools, err)
                                : tamis_fail(err, TAMIS_IO, "out of memory for the pools of the domains");
    status = status ? status : set_ratios(flow, pools, err);
    free(pools);
    return status;
}

static tamis_status check_trajectories(const struct recipe *recipe, tamis_err *err)
{
    const char *const path = recipe->score.trajectories;
    if (!recipe->score.on || !path || strcmp(path, "proxy") == 0 || file_exists(path)) {
        return TAMIS_OK;
    }
    return tamis_fail(err, TAMIS_INPUT, "%s: `score` asks for trajectories in %s, which is not there; give a file or "
                      "folder, or `trajectories: proxy`", recipe->path, path);
}

tamis_status flow_can_train(const struct flow *flow, tamis_err *err)
{
    const struct recipe_score *const score = &flow->recipe.score;
    const bool proxy = score->on && score->trajectories && strcmp(score->trajectories, "proxy") == 0;
    return proxy ? proxy_possible(err) : TAMIS_OK;
}

tamis_status flow_foresee(struct flow *flow, tamis_err *err)
{
    const tamis_status status = check_trajectories(&flow->recipe, err);
    return status || !any_law(&flow->recipe) ? status : set_ratios(flow, NULL, err);
}
