/*
 * The targets of a recipe: names, shares of the domains, how often a document may be used.
 * Ratios are what the recipe says; sizes and pools are the plan's.
 */
#include "recipe/recipe_read.h"

#include <math.h>
#include <string.h>

#include "core/str.h"

#define SHARES_SUM_TO_1_WITHIN 1e-9

/* Keys that take other forms than their table says. */
static const char *const apart[] = {"ratio", "max_epochs", "budget", NULL};

/* ---- Ratio ------------------------------------------------------------------------------------------------------ */

static tamis_status find_named(struct recipe *r, const struct tree *map, const char *key, const char *name,
                               uint16_t *index, tamis_err *err)
{
    size_t domain = 0;
    const tamis_status status = recipe_find_domain(r, tree_get(map, key), name, &domain, err);
    *index = (uint16_t)domain;
    return status;
}

/* *known is false when the recipe has no general domain and the target did not ask for one. */
static tamis_status find_general(struct recipe *r, struct recipe_target *t, const struct tree *map, bool *known,
                                 tamis_err *err)
{
    const bool asked = !recipe_absent(tree_get(map, "general"));
    if (asked) {
        *known = true;
        return find_named(r, map, "general", t->general_name, &t->general, err);
    }
    t->general_name = param_find(recipe_target_params, STR("general"))->fallback;
    const size_t domain = recipe_domain_index(r, t->general_name);
    *known = domain < r->domain_count;
    t->general = *known ? (uint16_t)domain : 0;
    return TAMIS_OK;
}

static tamis_status read_one_ratio(struct recipe_target *t, const struct tree *map, bool has_general, tamis_err *err)
{
    const struct tree *const node = tree_get(map, "ratio");
    tamis_status status = recipe_real(node, param_find(recipe_target_params, STR("ratio")), false, &t->ratio, err);
    if (status) {
        return status;
    }
    if (!t->domain_name) {
        return tree_fail(node, err, "target '%s' has a ratio and no `domain`; name the domain it is the share of",
                         t->name);
    }
    if (t->ratio < 1 && !has_general) {
        return tree_fail(node, err, "target '%s': %g of its tokens are of '%s' and the rest of '%s', which no source "
                         "belongs to; name another domain with `general`, or say `ratio: 1`", t->name, t->ratio,
                         t->domain_name, t->general_name);
    }
    if (t->ratio < 1 && t->general == t->domain) {
        return tree_fail(node, err, "target '%s': `domain` and `general` are both '%s', so the ratio can only be 1",
                         t->name, t->domain_name);
    }
    t->shares[t->general] = has_general ? 1 - t->ratio : 0;
    t->shares[t->domain] = t->ratio;
    return TAMIS_OK;
}

/* The domain a target with several is named for: the first that is not the general one. */
static size_t first_own(const struct recipe *r, const struct recipe_target *t, const struct tree *shares)
{
    for (size_t i = 0; i < shares->count; i++) {
        if (strcmp(shares->keys[i], t->general_name) != 0) {
            return recipe_domain_index(r, shares->keys[i]);
        }
    }
    return recipe_domain_index(r, shares->keys[0]);
}

static tamis_status read_shares(struct recipe *r, struct recipe_target *t, const struct tree *shares, tamis_err *err)
{
    double sum = 0;
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < shares->count; i++) {
        const struct tree key = recipe_key_of(shares->items[i]);
        size_t domain = 0;
        status = recipe_find_domain(r, &key, shares->keys[i], &domain, err);
        if (!status) {
            status = recipe_real(shares->items[i], param_find(recipe_target_params, STR("ratio")), false,
                                 &t->shares[domain], err);
        }
        sum += status ? 0 : t->shares[domain];
    }
    if (!status && !(fabs(sum - 1) <= SHARES_SUM_TO_1_WITHIN)) {
        return tree_fail(shares, err, "target '%s': the shares sum to %.12g, they must sum to 1", t->name, sum);
    }
    return status;
}

static tamis_status read_ratio_map(struct recipe *r, struct recipe_target *t, const struct tree *shares,
                                   tamis_err *err)
{
    const tamis_status status = read_shares(r, t, shares, err);
    if (status) {
        return status;
    }
    if (!t->domain_name) {
        t->domain = (uint16_t)first_own(r, t, shares);
        t->domain_name = r->domains[t->domain].name;
    } else if (!tree_get(shares, t->domain_name)) {
        return tree_fail(shares, err, "target '%s' is made for the domain '%s', which its ratio does not name",
                         t->name, t->domain_name);
    }
    t->ratio = t->shares[t->domain];
    return TAMIS_OK;
}

static tamis_status read_given_ratio(struct recipe *r, struct recipe_target *t, const struct tree *map,
                                     bool has_general, tamis_err *err)
{
    const struct tree *const node = tree_get(map, "ratio");
    if (recipe_absent(node)) {
        return tree_fail(node ? node : map, err, "target '%s' has no `ratio`; give the share of its tokens that is of "
                         "its domain, 0 to 1, or a map from domain to share", t->name);
    }
    return node->kind == TREE_MAP ? read_ratio_map(r, t, node, err) : read_one_ratio(t, map, has_general, err);
}

static tamis_status read_ratio(struct recipe *r, struct recipe_target *t, const struct tree *map, tamis_err *err)
{
    bool has_general = false;
    tamis_status status = find_general(r, t, map, &has_general, err);
    if (!status && t->domain_name) {
        status = find_named(r, map, "domain", t->domain_name, &t->domain, err);
    }
    status = status ? status : recipe_read_law(r, t, map, has_general, err);
    if (!status && !t->law) {
        status = read_given_ratio(r, t, map, has_general, err);
    }
    if (!status && !has_general) {
        t->general = t->domain;
        t->general_name = NULL;
    }
    return status;
}

/* ---- One target ------------------------------------------------------------------------------------------------- */

static tamis_status check_target_name(const struct recipe *r, const struct recipe_target *t, const struct tree *map,
                                      tamis_err *err)
{
    if (!t->name) {
        return tree_fail(map, err, "a target has no `name`; give it one, its folder is called so");
    }
    const struct tree *const node = tree_get(map, "name");
    for (const struct recipe_target *other = r->targets; other < t; other++) {
        if (strcmp(other->name, t->name) == 0) {
            return tree_fail(node, err, "two targets are called '%s'; rename one", t->name);
        }
    }
    return recipe_check_name(node, "target", t->name, err);
}

static tamis_status alloc_target(struct recipe *r, struct recipe_target *t, double epochs, tamis_err *err)
{
    t->shares = recipe_alloc(r, r->domain_count, sizeof *t->shares, err);
    t->max_epochs = t->shares ? recipe_alloc(r, r->domain_count, sizeof *t->max_epochs, err) : NULL;
    for (size_t d = 0; t->max_epochs && d < r->domain_count; d++) {
        t->max_epochs[d] = epochs;
    }
    return t->max_epochs ? TAMIS_OK : TAMIS_IO;
}

static tamis_status read_target(struct recipe *r, struct recipe_target *t, const struct tree *map, tamis_err *err)
{
    tamis_status status = recipe_want_map(map, "targets", err);
    status = status ? status : recipe_fill(r, recipe_target_params, apart, t, map, err);
    status = status ? status : check_target_name(r, t, map, err);
    status = status ? status : alloc_target(r, t, t->epochs, err);
    const struct tree *const epochs = status ? NULL : tree_get(map, "max_epochs");
    if (!recipe_absent(epochs)) {
        status = recipe_domain_reals(r, epochs, param_find(recipe_target_params, STR("max_epochs")), t->max_epochs,
                                     NULL, err);
    }
    return status ? status : read_ratio(r, t, map, err);
}

/* Without targets everything that survives is written once, as it is. */
static tamis_status add_natural(struct recipe *r, tamis_err *err)
{
    r->targets = recipe_alloc(r, 1, sizeof *r->targets, err);
    const tamis_status status = r->targets ? alloc_target(r, r->targets, 1, err) : TAMIS_IO;
    if (!status) {
        struct recipe_target *const t = r->targets;
        t->name = "all";
        t->domain_name = r->domains[0].name;
        t->epochs = 1;
        t->natural = true;
        r->target_count = 1;
    }
    return status;
}

tamis_status recipe_read_targets(struct recipe *r, const struct tree *targets, tamis_err *err)
{
    if (recipe_absent(targets) || (targets->kind == TREE_LIST && targets->count == 0)) {
        return add_natural(r, err);
    }
    tamis_status status = recipe_want_list(targets, "targets", err);
    if (!status && targets->count > RECIPE_MAX_TARGETS) {
        status = tree_fail(targets, err, "%zu targets are too many, %d are allowed", targets->count,
                           RECIPE_MAX_TARGETS);
    }
    if (!status) {
        r->targets = recipe_alloc(r, targets->count, sizeof *r->targets, err);
        status = r->targets ? TAMIS_OK : TAMIS_IO;
    }
    for (size_t i = 0; !status && i < targets->count; i++) {
        status = read_target(r, &r->targets[i], targets->items[i], err);
        r->target_count += !status;
    }
    return status;
}
