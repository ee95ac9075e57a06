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

/* ---- Without one run -------------------------------------------------------------------------------------------- */

void law_left_out_print(struct json *json, const struct law_left_out *left)
{
    const int indent = json->indent;
    json_key(json, "leave_one_out");
    json_open(json, '[');
    for (size_t i = 0; i < left->count; i++) {
        json_open(json, '{');
        json_key_text(json, "run", left->runs[i]);
        json_key(json, "values");
        json_open(json, '[');
        json->indent = 0;
        for (size_t k = 0; k < left->columns; k++) {
            json_real(json, left->values[i * left->columns + k]);
        }
        json_close(json, ']');
        json->indent = indent;
        json_close(json, '}');
    }
    json_close(json, ']');
}

static tamis_status read_left_out(const struct tree *item, size_t i, struct law_left_out *left, tamis_err *err)
{
    const struct tree *const run = item->kind == TREE_MAP ? tree_get(item, "run") : NULL;
    const struct tree *const values = item->kind == TREE_MAP ? tree_get(item, "values") : NULL;
    bool fine = run && run->kind == TREE_SCALAR && values && values->kind == TREE_LIST &&
                values->count == left->columns;
    for (size_t k = 0; fine && k < left->columns; k++) {
        const struct tree *const value = values->items[k];
        fine = value->kind == TREE_SCALAR && !value->quoted &&
               str_real(str_from(value->text), &left->values[i * left->columns + k]);
    }
    left->runs[i] = fine ? run->text : "";
    return fine ? TAMIS_OK
                : as_input(tree_fail(item, err, "an entry of `leave_one_out` must have a `run` and %zu `values`",
                                     left->columns), err);
}

tamis_status law_left_out_read(const struct tree *root, size_t columns, struct arena *arena, struct law_left_out *left,
                               tamis_err *err)
{
    const struct tree *const list = tree_get(root, "leave_one_out");
    *left = (struct law_left_out){.columns = columns};
    if (!list || tree_is_null(list)) {
        return TAMIS_OK;
    }
    if (list->kind != TREE_LIST || list->count > LAW_LEFT_OUT_MOST) {
        return as_input(tree_fail(list, err, "`leave_one_out` must be a list, one entry a run"), err);
    }
    left->runs = arena_alloc(arena, (list->count + 1) * sizeof *left->runs);
    left->values = arena_alloc(arena, (list->count * columns + 1) * sizeof *left->values);
    tamis_status status = TAMIS_OK;
    if (!left->runs || !left->values) {
        return tamis_fail(err, TAMIS_IO, "%s: out of memory for the law", root->file);
    }
    for (size_t i = 0; !status && i < list->count; i++) {
        status = read_left_out(list->items[i], i, left, err);
        left->count = i + 1;
    }
    return status;
}
