/*
 * The recipe: from YAML to struct recipe, section by section, and the few questions asked of it everywhere.
 * The sections are read in recipe_sources.c, recipe_filters.c, recipe_sections.c, recipe_score.c, recipe_targets.c and
 * recipe_law.c.
 */
#include "recipe/recipe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/str.h"
#include "recipe/recipe_read.h"

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static tamis_status check_version(const struct tree *root, tamis_err *err)
{
    const struct tree *const node = tree_get(root, "version");
    uint64_t version = 0;
    if (recipe_absent(node)) {
        return tree_fail(node ? node : root, err, "the recipe does not say its version; begin it with `version: %d`",
                         RECIPE_VERSION);
    }
    if (node->kind != TREE_SCALAR || !str_count(str_from(node->text), &version) || version == 0) {
        return tree_fail(node, err, "the recipe's version is not a number; write `version: %d`", RECIPE_VERSION);
    }
    if (version > RECIPE_VERSION) {
        return tree_fail(node, err, "this is a recipe of version %.20s; tamis %s reads version %d: use a newer tamis",
                         node->text, TAMIS_VERSION, RECIPE_VERSION);
    }
    return TAMIS_OK;
}

static tamis_status apply_set(struct recipe *r, struct tree *root, const char *set, tamis_err *err)
{
    const char *const sign = strchr(set, '=');
    if (!sign || sign == set) {
        return tamis_fail(err, TAMIS_USAGE, "--set '%.100s': write it as KEY.KEY=VALUE", set);
    }
    const char *const dotted = arena_strdup(&r->arena, (tamis_str){set, (size_t)(sign - set)});
    return dotted ? tree_set(&r->arena, root, dotted, sign + 1, err)
                  : tamis_fail(err, TAMIS_IO, "out of memory while reading --set");
}

static tamis_status read_top(struct recipe *r, const struct tree *root, tamis_err *err)
{
    static const char *const sections[] = {"sources", "holdout", "filters", "dedup",  "score",
                                           "select",  "targets", "accept",  "output", NULL};
    tamis_status status = check_version(root, err);
    status = status ? status : recipe_fill(r, recipe_top_params, sections, r, root, err);
    if (!status && r->tokenizer && r->tokenizer[0] == '\0') {
        status = tree_fail(tree_get(root, "tokenizer"), err, "`tokenizer` is empty; name it, or leave the key out");
    }
    return status;
}

static tamis_status read_root(struct recipe *r, struct tree *root, const tamis_strings *sets, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    if (root->kind != TREE_MAP) {
        status = tree_fail(root, err, "this is no recipe: it must be keys and values, `version: %d` first",
                           RECIPE_VERSION);
    }
    for (size_t i = 0; !status && sets && i < sets->count; i++) {
        status = apply_set(r, root, sets->at[i], err);
    }
    status = status ? status : read_top(r, root, err);
    status = status ? status : recipe_read_sources(r, root, err);
    status = status ? status : recipe_read_filters(r, tree_get(root, "filters"), err);
    status = status ? status : recipe_read_dedup(r, tree_get(root, "dedup"), err);
    status = status ? status : recipe_read_holdout(r, tree_get(root, "holdout"), err);
    status = status ? status : recipe_read_score(r, tree_get(root, "score"), err);
    status = status ? status : recipe_read_select(r, tree_get(root, "select"), err);
    status = status ? status : recipe_read_targets(r, tree_get(root, "targets"), err);
    status = status ? status : recipe_read_accept(r, tree_get(root, "accept"), err);
    return status ? status : recipe_read_output(r, tree_get(root, "output"), err);
}

/* `folder` NULL: none; its `len` bytes are copied. */
static tamis_status begin(struct recipe *r, const char *name, const char *folder, size_t len, tamis_err *err)
{
    *r = (struct recipe){0};
    arena_init(&r->arena);
    r->path = arena_strdup(&r->arena, str_from(name));
    if (folder) {
        r->folder = arena_strdup(&r->arena, (tamis_str){folder, len});
    }
    return r->path && (r->folder || !folder)
               ? TAMIS_OK
               : tamis_fail(err, TAMIS_IO, "%s: out of memory while reading the recipe", name);
}

static tamis_status load(struct recipe *r, const char *path, const tamis_strings *sets, bool saved, tamis_err *err)
{
    const char *const slash = strrchr(path, '/');
    const size_t len = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    struct tree *root = NULL;
    /* The real path: a recipe means the same files from wherever it is run. */
    char *const named = slash ? strndup(path, len) : strdup(".");
    char *const real = named ? realpath(named, NULL) : NULL;
    const char *const folder = real ? real : named;
    tamis_status status = begin(r, path, folder, folder ? strlen(folder) : 0, err);
    free(real);
    free(named);
    r->saved = saved;
    status = status ? status : tree_load(&r->arena, path, &root, err);
    return status ? status : read_root(r, root, sets, err);
}

tamis_status recipe_load(struct recipe *r, const char *path, const tamis_strings *sets, tamis_err *err)
{
    return load(r, path, sets, false, err);
}

tamis_status recipe_load_saved(struct recipe *r, const char *path, tamis_err *err)
{
    return load(r, path, NULL, true, err);
}

tamis_status recipe_look(struct recipe *r, const char *path, const tamis_strings *sets, tamis_err *err)
{
    return load(r, path, sets, true, err);
}

tamis_status recipe_parse(struct recipe *r, const char *name, const char *folder, tamis_str yaml,
                          const tamis_strings *sets, tamis_err *err)
{
    struct tree *root = NULL;
    tamis_status status = begin(r, name, folder, folder ? strlen(folder) : 0, err);
    status = status ? status : tree_parse(&r->arena, name, yaml, &root, err);
    return status ? status : read_root(r, root, sets, err);
}

void recipe_release(struct recipe *r)
{
    recipe_close_filters(r);
    scoring_close(&r->score.scoring);
    arena_release(&r->arena);
    *r = (struct recipe){0};
}

/* ---- Questions -------------------------------------------------------------------------------------------------- */

double recipe_threshold(const struct recipe *r, uint16_t source_a, uint16_t source_b)
{
    const double a = r->sources[source_a].threshold, b = r->sources[source_b].threshold;
    return a > b ? a : b;
}

bool recipe_prunes_by_score(const struct recipe *r, size_t domain)
{
    return r->select[domain].on && r->select[domain].policy != POLICY_RANDOM;
}

bool recipe_prunes_by_any_score(const struct recipe *r)
{
    for (size_t d = 0; d < r->domain_count; d++) {
        if (recipe_prunes_by_score(r, d)) {
            return true;
        }
    }
    return false;
}

/* A rule may be called with its stage or without; dedup.SOURCE is a name of its own. */
static const char *without_stage(const char *rule)
{
    static const char *const stages[] = {"parse.", "filter.", "select."};
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        const size_t len = strlen(stages[i]);
        if (strncmp(rule, stages[i], len) == 0) {
            return rule + len;
        }
    }
    return rule;
}

uint64_t recipe_share_of(double share, uint64_t whole)
{
    const double exact = share * (double)whole;
    const double tokens = ceil(exact - 1e-12 * exact);
    return tokens < (double)whole ? (uint64_t)tokens : whole;
}

double recipe_accepts(const struct recipe *r, const char *rule, double usual)
{
    double share = usual;
    for (size_t i = 0; i < r->accept_count; i++) {
        if (strcmp(r->accept[i].rule, "all") == 0) {
            share = r->accept[i].share;
        }
    }
    for (size_t i = 0; i < r->accept_count; i++) {
        if (strcmp(without_stage(r->accept[i].rule), without_stage(rule)) == 0) {
            share = r->accept[i].share;
        }
    }
    return share;
}
