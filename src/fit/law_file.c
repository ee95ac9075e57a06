/* The common part of law files, and strict reads from them. */
#include "fit/law_file.h"

#include <math.h>
#include <string.h>

#include "core/str.h"

void law_file_begin(struct json *json, const char *law, const char *name)
{
    json_open(json, '{');
    json_key_count(json, "version", LAW_VERSION);
    json_key_text(json, "law", law);
    json_key_text(json, "name", name);
}

/* Trees speak of recipes, which are the user's command; a law file is input. */
static tamis_status as_input(tamis_status status, tamis_err *err)
{
    if (status != TAMIS_USAGE) {
        return status;
    }
    if (err) {
        err->status = TAMIS_INPUT;
    }
    return TAMIS_INPUT;
}

static tamis_status check_version(const struct tree *root, tamis_err *err)
{
    double version = 0;
    const tamis_status status = law_file_real(root, "version", false, 1, 1e9, &version, err);
    if (!status && version > LAW_VERSION) {
        const struct tree *const node = tree_get(root, "version");
        return as_input(tree_fail(node, err, "this law file is of version %g, this tamis reads version %d; use the "
                                  "tamis that wrote it, or a newer one", version, LAW_VERSION), err);
    }
    return status;
}

static tamis_status check_law(const struct tree *root, const char *law, tamis_err *err)
{
    const struct tree *const node = tree_get(root, "law");
    if (!node || node->kind != TREE_SCALAR) {
        return as_input(tree_fail(root, err, "there is no `law` here; is this a file that tamis fit wrote?"), err);
    }
    if (strcmp(node->text, law) != 0) {
        return as_input(tree_fail(node, err, "the law '%s' is of no use here: '%s' is needed (tamis fit --law %s)",
                                  node->text, law, law), err);
    }
    return TAMIS_OK;
}

tamis_status law_file_parse(struct arena *arena, const char *path, tamis_str text, const char *law, struct tree **root,
                            tamis_err *err)
{
    tamis_status status = as_input(tree_parse(arena, path, text, root, err), err);
    if (!status && (!*root || (*root)->kind != TREE_MAP)) {
        status = tamis_fail(err, TAMIS_INPUT, "%s: this is no law file; tamis fit writes them", path);
    }
    status = status ? status : check_law(*root, law, err);
    return status ? status : check_version(*root, err);
}

tamis_status law_file_real(const struct tree *map, const char *key, bool missing, double low, double high,
                           double *value, tamis_err *err)
{
    const struct tree *const node = tree_get(map, key);
    *value = NAN;
    if (!node || tree_is_null(node)) {
        return missing ? TAMIS_OK : as_input(tree_fail(node ? node : map, err, "`%s` is missing", key), err);
    }
    if (node->kind != TREE_SCALAR || node->quoted || !str_real(str_from(node->text), value) || !(*value >= low) ||
        !(*value <= high)) {
        return as_input(tree_fail(node, err, "`%s` must be a number from %g to %g", key, low, high), err);
    }
    return TAMIS_OK;
}

tamis_status law_file_map(const struct tree *map, const char *key, bool missing, struct tree **value, tamis_err *err)
{
    struct tree *const node = tree_get(map, key);
    *value = NULL;
    if (!node || tree_is_null(node)) {
        return missing ? TAMIS_OK : as_input(tree_fail(map, err, "`%s` is missing", key), err);
    }
    if (node->kind != TREE_MAP) {
        return as_input(tree_fail(node, err, "`%s` must be an object", key), err);
    }
    *value = node;
    return TAMIS_OK;
}
