/*
 * The score section of a recipe: the scorer with its options, and where the losses it looks at come from.
 */
#include "recipe/recipe_read.h"

#include <string.h>
#include <sys/stat.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/path.h"
#include "core/str.h"

static const char by_proxy[] = "proxy";

/* ---- Scorer ----------------------------------------------------------------------------------------------------- */

static tamis_status unknown_scorer(struct recipe *r, const struct tree *node, tamis_err *err)
{
    const tamis_scorer *const *const all = tamis_scorers();
    size_t count = 0;
    while (all[count]) {
        count++;
    }
    const char **const names = recipe_alloc(r, count + 1, sizeof *names, err);
    for (size_t s = 0; names && s < count; s++) {
        names[s] = all[s]->name;
    }
    return !names ? TAMIS_IO : recipe_unknown(node, "scorer", node->text, names, err);
}

static tamis_status open_scorer(struct recipe *r, const struct tree *map, tamis_err *err)
{
    static const char *const ours[] = {"scorer", "trajectories", "proxy", NULL};
    const struct tree *const node = tree_get(map, "scorer");
    if (recipe_absent(node) || node->kind != TREE_SCALAR) {
        return tree_fail(node ? node : map, err, "score: `scorer` is missing, the name of what makes the scores; "
                         "`tamis --version` lists them");
    }
    const tamis_scorer *const scorer = scorer_find(node->text);
    if (!scorer) {
        return unknown_scorer(r, node, err);
    }
    r->score.name = scorer->name;
    r->score.options = map;
    return scoring_open(&r->score.scoring, scorer, map, ours, &r->arena, err);
}

/* ---- Trajectories ----------------------------------------------------------------------------------------------- */

/* Names below the folder, sizes, times; of a file there is no name. What cannot be read is told when it is wanted. */
static tamis_status take_fingerprint(struct recipe *r, const char *root, tamis_err *err)
{
    struct paths files = {0};
    struct path named;
    struct stat stated;
    tamis_err ignored;
    /* "./" so that no name is taken for a list of files. */
    const tamis_status status = path_make(&named, err, "%s%s", *root == '/' ? "" : "./", root);
    if (status || stat(named.at, &stated) != 0 || paths_expand(&r->arena, NULL, named.at, &files, &ignored)) {
        return status;
    }
    uint64_t hash = files.count;
    for (size_t f = 0; f < files.count; f++) {
        const char *name = files.at[f] + strlen(named.at);
        name += strspn(name, "/");
        if (stat(files.at[f], &stated) == 0) {
            hash = hash_bytes(name, strlen(name), hash);
            hash = hash_join(hash, (uint64_t)stated.st_size);
            hash = hash_join(hash, (uint64_t)stated.st_mtim.tv_sec);
            hash = hash_join(hash, (uint64_t)stated.st_mtim.tv_nsec);
        }
    }
    r->score.fingerprint = hash;
    return TAMIS_OK;
}

static tamis_status import(struct recipe *r, const struct tree *node, const struct tree *proxy, tamis_err *err)
{
    struct recipe_score *const s = &r->score;
    if (node->kind != TREE_SCALAR || node->text[0] == '\0') {
        return tree_fail(node, err, "score: `trajectories` is `proxy`, or the path of a file or folder of them");
    }
    if (strcmp(node->text, "-") == 0) {
        return tree_fail(node, err, "recipes read files; write what comes in by stdin to a file first and name that");
    }
    if (!recipe_absent(proxy)) {
        return tree_fail_key(proxy, err, "score: `proxy` says how the built-in model is trained, and the losses come "
                             "from the files in `trajectories`; take one of them out");
    }
    s->trajectories = node->text;
    const tamis_status status = recipe_see_path(r, &s->trajectories, err);
    return status || r->saved ? status : take_fingerprint(r, s->trajectories, err);
}

static tamis_status read_losses(struct recipe *r, const struct tree *map, tamis_err *err)
{
    const struct tree *const node = tree_get(map, "trajectories"), *const proxy = tree_get(map, "proxy");
    const struct tree *const given = !recipe_absent(node) ? node : !recipe_absent(proxy) ? proxy : NULL;
    if (r->score.scoring.scorer->text) {
        return !given ? TAMIS_OK : tree_fail_key(given, err, "score: %s scores texts and looks at no losses; take `%s` "
                                                 "out", r->score.name, given == node ? "trajectories" : "proxy");
    }
    if (!recipe_absent(node) && !(node->kind == TREE_SCALAR && strcmp(node->text, by_proxy) == 0)) {
        return import(r, node, proxy, err);
    }
    const struct tree *const options = recipe_absent(proxy) ? NULL : proxy;
    const tamis_status status = options ? recipe_want_map(options, "proxy", err) : TAMIS_OK;
    r->score.trajectories = by_proxy;
    return status ? status : recipe_fill(r, recipe_proxy_params, NULL, &r->score.proxy, options, err);
}

tamis_status recipe_read_score(struct recipe *r, const struct tree *score, tamis_err *err)
{
    if (recipe_absent(score) || recipe_says_off(score)) {
        return TAMIS_OK;
    }
    tamis_status status = recipe_want_map(score, "score", err);
    status = status ? status : open_scorer(r, score, err);
    status = status ? status : read_losses(r, score, err);
    r->score.on = status == TAMIS_OK;
    return status;
}
