/*
 * Probes and ordinary runs keep out of each other's folders.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/probe_job.h"
#include "core/str.h"

#define PREFIX "probe-"
#define DIGITS 3
#define NAME_SHOWN ((size_t)40)
#define NAMES_SAID 3

bool probe_is_run(tamis_str name)
{
    const size_t prefix = sizeof PREFIX - 1;
    bool is = name.len == prefix + DIGITS && memcmp(name.at, PREFIX, prefix) == 0;
    for (size_t i = prefix; is && i < name.len; i++) {
        is = name.at[i] >= '0' && name.at[i] <= '9';
    }
    return is;
}

bool probe_has_run(const struct probe_job *job, tamis_str name)
{
    for (size_t r = 0; r < job->count; r++) {
        if (str_is(name, job->runs[r].name)) {
            return true;
        }
    }
    return false;
}

static bool makes_probe(const struct recipe *recipe)
{
    bool probe = recipe->target_count > 0;
    for (size_t t = 0; t < recipe->target_count; t++) {
        probe = probe && recipe->targets[t].name && probe_is_run(str_from(recipe->targets[t].name));
    }
    return probe;
}

/* The name of a target in a recipe as it was written out; "" where it has none. */
static tamis_str name_of(const struct tree *target)
{
    const struct tree *const name = tree_get(target, "name");
    return str_from(name && name->kind == TREE_SCALAR ? name->text : "");
}

static bool made_probe(const struct tree *targets)
{
    bool probe = targets && targets->kind == TREE_LIST && targets->count > 0;
    for (size_t t = 0; probe && t < targets->count; t++) {
        probe = targets->items[t]->kind == TREE_MAP && probe_is_run(name_of(targets->items[t]));
    }
    return probe;
}

static tamis_status refuse(const char *folder, const struct tree *targets, bool probe, tamis_err *err)
{
    char names[200] = "";
    const size_t count = targets && targets->kind == TREE_LIST ? targets->count : 0;
    for (size_t t = 0; t < count && t < NAMES_SAID; t++) {
        const tamis_str name = targets->items[t]->kind == TREE_MAP ? name_of(targets->items[t]) : str_from("");
        const size_t len = strlen(names);
        (void)snprintf(names + len, sizeof names - len, "%s%.*s", t ? ", " : " (targets ",
                       (int)(name.len < NAME_SHOWN ? name.len : NAME_SHOWN), name.at);
    }
    const char *const end = count > NAMES_SAID ? ", ..)" : count ? ")" : "";
    if (probe) {
        return tamis_fail(err, TAMIS_USAGE, "%s: holds a run that is no probe%s%s, and a probe would replace its "
                          "corpora\nGive --export a new or empty folder.", folder, names, end);
    }
    return tamis_fail(err, TAMIS_USAGE, "%s: holds a probe%s%s, and this run would replace its corpora\nName a new or "
                      "empty folder with -o.", folder, names, end);
}

tamis_status probe_folder_check(const struct flow *flow, const char *folder, tamis_err *err)
{
    const bool probe = makes_probe(&flow->recipe);
    struct path path;
    struct arena arena;
    struct tree *root = NULL;
    tamis_status status = path_make(&path, err, "%s/recipe.yaml", folder);
    if (status || !file_exists(path.at)) {
        return status;
    }
    arena_init(&arena);
    status = tree_load(&arena, path.at, &root, err);
    if (status) {
        status = probe ? status : TAMIS_OK; /* a run writes the recipe anew; it is no probe that can be told */
    } else {
        const struct tree *const targets = root->kind == TREE_MAP ? tree_get(root, "targets") : NULL;
        status = made_probe(targets) == probe ? TAMIS_OK : refuse(folder, targets, probe, err);
    }
    arena_release(&arena);
    return status;
}
