/*
 * What the sections of a recipe share: filling from tables, names, numbers per domain, and errors that say where.
 */
#include "recipe/recipe_read.h"

#include <stdio.h>
#include <string.h>

#include "core/path.h"
#include "core/str.h"
#include "recipe/kind.h"

#define LONGEST_NAME 64u

void *recipe_alloc(struct recipe *r, size_t count, size_t size, tamis_err *err)
{
    void *const at = size && count > SIZE_MAX / size ? NULL : arena_alloc(&r->arena, count * size);
    if (at) {
        memset(at, 0, count * size);
    } else {
        (void)tamis_fail(err, TAMIS_IO, "%s: out of memory while reading the recipe", r->path);
    }
    return at;
}

/* ---- What a node says ------------------------------------------------------------------------------------------- */

static bool says(const struct tree *node, const char *const *words)
{
    for (; node->kind == TREE_SCALAR && !node->quoted && *words; words++) {
        if (strcmp(node->text, *words) == 0) {
            return true;
        }
    }
    return false;
}

bool recipe_says_off(const struct tree *node)
{
    static const char *const words[] = {"none", "false", "no", "off", NULL};
    return says(node, words);
}

bool recipe_says_on(const struct tree *node)
{
    static const char *const words[] = {"true", "yes", "on", NULL};
    return says(node, words);
}

struct tree recipe_key_of(const struct tree *value)
{
    struct tree key = *value;
    if (value->key_line) {
        key.line = value->key_line;
        key.column = value->key_column;
    }
    return key;
}

tamis_status recipe_want_map(const struct tree *node, const char *what, tamis_err *err)
{
    return node->kind == TREE_MAP ? TAMIS_OK
                                  : tree_fail(node, err, "%s: keys and values are wanted here ({key: value})", what);
}

tamis_status recipe_want_list(const struct tree *node, const char *what, tamis_err *err)
{
    return node->kind == TREE_LIST ? TAMIS_OK : tree_fail(node, err, "%s: a list is wanted here ([..])", what);
}

tamis_status recipe_see_path(struct recipe *r, const char **path, tamis_err *err)
{
    struct path seen;
    if (**path == '/' || !r->folder) {
        return TAMIS_OK;
    }
    const tamis_status status = path_make(&seen, err, "%s/%s", r->folder, *path);
    if (status) {
        return status;
    }
    *path = arena_strdup(&r->arena, str_from(seen.at));
    return *path ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "%s: out of memory while reading the recipe", r->path);
}

/* ---- Filling ---------------------------------------------------------------------------------------------------- */

static bool is_one_of(const char *name, const char *const *names)
{
    for (; names && *names; names++) {
        if (strcmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

tamis_status recipe_fill(struct recipe *r, const tamis_param *table, const char *const *others, void *values,
                         const struct tree *map, tamis_err *err)
{
    const tamis_status status = param_defaults(table, values, &r->arena, err);
    if (status || !map || !map->count) {
        return status;
    }
    struct tree rest = *map;
    rest.count = 0;
    rest.items = recipe_alloc(r, map->count, sizeof(struct tree *), err);
    rest.keys = rest.items ? recipe_alloc(r, map->count, sizeof *rest.keys, err) : NULL;
    if (!rest.keys) {
        return TAMIS_IO;
    }
    for (size_t i = 0; i < map->count; i++) {
        if (!is_one_of(map->keys[i], others)) {
            rest.keys[rest.count] = map->keys[i];
            rest.items[rest.count++] = map->items[i];
        }
    }
    return param_fill(table, others, values, &rest, &r->arena, err);
}

/* ---- Names ------------------------------------------------------------------------------------------------------ */

tamis_status recipe_check_name(const struct tree *node, const char *what, const char *name, tamis_err *err)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
    const size_t len = strlen(name);
    if (len == 0 || len > LONGEST_NAME || strspn(name, allowed) != len || name[0] == '.') {
        return tree_fail(node, err,
                         "%s: '%.100s' cannot be a name: it becomes part of file names, so use 1 to %u letters "
                         "(A-Z a-z), digits, `_`, `-` and `.`, the `.` not first", what, name, LONGEST_NAME);
    }
    return TAMIS_OK;
}

/* " (did you mean 'x'?)", or what there is. */
static void say_names(char *text, size_t size, const char *word, const char *const *names)
{
    const char *const near = tamis_nearest(str_from(word), names);
    if (near) {
        snprintf(text, size, " (did you mean '%s'?)", near);
        return;
    }
    size_t used = (size_t)snprintf(text, size, "; there is");
    for (size_t i = 0; names[i]; i++) {
        const size_t more = strlen(names[i]) + 2;
        if (used + more + sizeof ", .." > size) {
            snprintf(text + used, size - used, ", ..");
            return;
        }
        used += (size_t)snprintf(text + used, size - used, "%s %s", i ? "," : "", names[i]);
    }
}

tamis_status recipe_unknown(const struct tree *node, const char *what, const char *word, const char *const *names,
                            tamis_err *err)
{
    char known[400] = "";
    if (names[0]) {
        say_names(known, sizeof known, word, names);
    }
    return tree_fail(node, err, "unknown %s '%.100s'%s", what, word, known);
}

size_t recipe_domain_index(const struct recipe *r, const char *name)
{
    size_t d = 0;
    while (d < r->domain_count && strcmp(r->domains[d].name, name) != 0) {
        d++;
    }
    return d;
}

tamis_status recipe_find_domain(struct recipe *r, const struct tree *node, const char *name, size_t *domain,
                                tamis_err *err)
{
    *domain = recipe_domain_index(r, name);
    if (*domain < r->domain_count) {
        return TAMIS_OK;
    }
    const char **const names = recipe_alloc(r, r->domain_count + 1, sizeof *names, err);
    if (!names) {
        return TAMIS_IO;
    }
    for (size_t d = 0; d < r->domain_count; d++) {
        names[d] = r->domains[d].name;
    }
    return recipe_unknown(node, "domain", name, names, err);
}

int recipe_find_kind(const char *name)
{
    for (int kind = 0; kind < TAMIS_KINDS; kind++) {
        if (strcmp(kind_name((tamis_kind)kind), name) == 0) {
            return kind;
        }
    }
    return KIND_UNKNOWN;
}

void recipe_list_kinds(const char **names)
{
    for (int kind = 0; kind < TAMIS_KINDS; kind++) {
        names[kind] = kind_name((tamis_kind)kind);
    }
}

/* ---- Numbers ---------------------------------------------------------------------------------------------------- */

tamis_status recipe_real(const struct tree *node, const tamis_param *param, bool positive, double *value,
                         tamis_err *err)
{
    double read = 0;
    if (node->kind != TREE_SCALAR || !str_real(str_from(node->text), &read) || !(read >= param->min) ||
        !(read <= param->max) || (positive && !(read > 0))) {
        return tree_fail(node, err, "'%.100s' is '%.100s'; it must be a number %s %g %s %g", param->name,
                         node->kind == TREE_SCALAR ? node->text : node->kind == TREE_LIST ? "[..]" : "{..}",
                         positive ? "greater than" : "from", param->min, positive ? "and at most" : "to", param->max);
    }
    *value = read;
    return TAMIS_OK;
}

static void set_all(const struct recipe *r, double value, double *values, bool *given)
{
    for (size_t d = 0; d < r->domain_count; d++) {
        values[d] = value;
        if (given) {
            given[d] = true;
        }
    }
}

tamis_status recipe_domain_reals(struct recipe *r, const struct tree *node, const tamis_param *param, double *values,
                                 bool *given, tamis_err *err)
{
    const struct tree *const rest = node->kind == TREE_MAP ? tree_get(node, "default") : node;
    tamis_status status = TAMIS_OK;
    if (!recipe_absent(rest)) {
        double value = 0;
        status = recipe_real(rest, param, false, &value, err);
        if (!status) {
            set_all(r, value, values, given);
        }
    }
    for (size_t i = 0; !status && i < node->count; i++) { /* a list has failed above */
        const struct tree *const value = node->items[i];
        const struct tree key = recipe_key_of(value);
        size_t domain = 0;
        if (value == rest) {
            continue;
        }
        status = recipe_find_domain(r, &key, node->keys[i], &domain, err);
        if (!status && !tree_is_null(value)) {
            status = recipe_real(value, param, false, &values[domain], err);
            if (given) {
                given[domain] = true;
            }
        }
    }
    return status;
}
