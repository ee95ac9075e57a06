/*
 * The ratio of a target by law: which law, and what it may cost in general loss. The ratio itself is the plan's.
 */
#include "recipe/recipe_read.h"

#include <math.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/str.h"

#define MOST_LAW_BYTES ((size_t)16 << 20)

/* What goes only with a law, and a law that lacks what it goes with. */
static tamis_status check_keys(const struct recipe_target *t, const struct tree *map, tamis_err *err)
{
    const struct tree *const law = tree_get(map, "law"), *const budget = tree_get(map, "budget");
    const struct tree *const against = tree_get(map, "against"), *const ratio = tree_get(map, "ratio");
    if (!t->law && !recipe_absent(budget)) {
        return tree_fail_key(budget, err, "target '%s' has a `budget` and no `law`; add `law: LAW.json`, which "
                             "`tamis fit` writes, or take it out and give `ratio`", t->name);
    }
    if (!t->law && !recipe_absent(against)) {
        return tree_fail_key(against, err, "target '%s' has `against` and no `law`; add `law: LAW.json` and a "
                             "`budget`, or take it out", t->name);
    }
    if (t->law && !recipe_absent(ratio)) {
        return tree_fail_key(ratio, err, "target '%s' has a `ratio` and a `law`, which gives the ratio; take one of "
                             "them out", t->name);
    }
    if (t->law && recipe_absent(budget)) {
        return tree_fail_key(law, err, "target '%s' has a `law` and no `budget`; say what the domain may cost in "
                             "general loss, as in `budget: {difference: 0.05}` (nats)", t->name);
    }
    return TAMIS_OK;
}

/* A law of this form divides the tokens between two domains. */
static tamis_status check_domains(const struct recipe_target *t, const struct tree *map, bool has_general,
                                  tamis_err *err)
{
    const struct tree *const law = tree_get(map, "law");
    if (!t->domain_name) {
        return tree_fail_key(law, err, "target '%s' has a `law` and no `domain`; name the domain it is for", t->name);
    }
    if (!has_general) {
        return tree_fail_key(law, err, "target '%s': its law divides the tokens between '%s' and '%s', which no source "
                             "belongs to; name another domain with `general`", t->name, t->domain_name,
                             t->general_name);
    }
    if (t->domain == t->general) {
        return tree_fail_key(law, err, "target '%s': `domain` and `general` are both '%s', and a law divides the "
                             "tokens between two domains; name another with `general`", t->name, t->domain_name);
    }
    return TAMIS_OK;
}

static tamis_status read_budget(struct recipe *r, struct recipe_target *t, const struct tree *map, tamis_err *err)
{
    const struct tree *const node = tree_get(map, "budget");
    double limits[RECIPE_BUDGETS];
    unsigned given = 0;
    tamis_status status = recipe_want_map(node, "budget", err);
    status = status ? status : recipe_fill(r, recipe_budget_params, NULL, limits, node, err);
    for (int b = 0; !status && b < (int)RECIPE_BUDGETS; b++) {
        if (!isnan(limits[b])) {
            t->budget = BUDGET_DIFFERENCE + b;
            t->budget_limit = limits[b];
            given++;
        }
    }
    if (!status && given != 1) {
        status = tree_fail(node, err, "budget: give one of difference, relative, absolute and weight, as in "
                           "{difference: 0.05}; here are %u", given);
    }
    return status;
}

static tamis_status read_file(struct recipe *r, struct recipe_target *t, const struct tree *node, tamis_err *err)
{
    if (t->law[0] == '\0') {
        return tree_fail(node, err, "`law` is empty; name the file that `tamis fit` wrote");
    }
    tamis_status status = recipe_see_path(r, &t->law, err);
    if (status || r->saved) {
        return status;
    }
    tamis_err why = {0};
    struct buf bytes;
    buf_init(&bytes, MOST_LAW_BYTES);
    status = file_read(t->law, MOST_LAW_BYTES, &bytes, &why);
    t->law_hash = status ? 0 : hash_bytes(bytes.at, bytes.len, 0);
    const bool kept = status || arena_copy(&r->arena, buf_str(&bytes), &t->law_text);
    buf_release(&bytes);
    if (!kept) {
        return tamis_fail(err, TAMIS_IO, "%s: out of memory for the law of target '%s'", r->path, t->name);
    }
    return status ? tree_fail(node, err, "target '%s': its law: %s", t->name, why.text) : TAMIS_OK;
}

tamis_status recipe_read_law(struct recipe *r, struct recipe_target *t, const struct tree *map, bool has_general,
                             tamis_err *err)
{
    tamis_status status = check_keys(t, map, err);
    if (status || !t->law) {
        return status;
    }
    t->ratio = 0;
    status = check_domains(t, map, has_general, err);
    status = status ? status : read_budget(r, t, map, err);
    return status ? status : read_file(r, t, tree_get(map, "law"), err);
}
