/*
 * Trees of nodes: finding, changing, and errors that say where a node stood. Reading YAML is in tree_parse.c.
 */
#include "core/tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/str.h"

static tamis_status fail_at(const struct tree *node, unsigned line, unsigned column, tamis_err *err,
                            const char *format, va_list args) TAMIS_PRINTF(5, 0);

static tamis_status fail_at(const struct tree *node, unsigned line, unsigned column, tamis_err *err,
                            const char *format, va_list args)
{
    char message[sizeof(err->text)];
    char place[32] = "";
    if (vsnprintf(message, sizeof(message), format, args) < 0) {
        message[0] = '\0';
    }
    if (line > 0) {
        (void)snprintf(place, sizeof(place), ":%u:%u", line, column);
    }
    return tamis_fail(err, TAMIS_USAGE, "%s%s: %s", node->file, place, message);
}

tamis_status tree_fail(const struct tree *node, tamis_err *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const tamis_status status = fail_at(node, node->line, node->column, err, format, args);
    va_end(args);
    return status;
}

tamis_status tree_fail_key(const struct tree *value, tamis_err *err, const char *format, ...)
{
    const bool known = value->key_line > 0;
    va_list args;
    va_start(args, format);
    const tamis_status status = fail_at(value, known ? value->key_line : value->line,
                                        known ? value->key_column : value->column, err, format, args);
    va_end(args);
    return status;
}

tamis_status tree_load(struct arena *arena, const char *path, struct tree **root, tamis_err *err)
{
    struct buf bytes;
    buf_init(&bytes, TREE_MAX_BYTES);
    tamis_status status = file_read(path, TREE_MAX_BYTES, &bytes, err);
    status = status ? status : tree_parse(arena, path, buf_str(&bytes), root, err);
    buf_release(&bytes);
    return status;
}

struct tree *tree_get(const struct tree *map, const char *key)
{
    for (size_t i = 0; map->kind == TREE_MAP && i < map->count; i++) {
        if (strcmp(map->keys[i], key) == 0) {
            return map->items[i];
        }
    }
    return NULL;
}

bool tree_is_null(const struct tree *node)
{
    if (node->kind != TREE_SCALAR || node->quoted) {
        return false;
    }
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
        if (strcmp(node->text, nulls[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- Setting ---------------------------------------------------------------------------------------------------- */

static tamis_status fail_memory(const char *file, tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "%s: out of memory while reading YAML; free some memory and run it again", file);
}

static struct tree *new_unlocated(struct arena *arena, enum tree_kind kind, const char *file)
{
    struct tree *made = arena_alloc(arena, sizeof(*made));
    if (made != NULL) {
        *made = (struct tree){.kind = kind, .text = "", .file = file};
    }
    return made;
}

/* Adds a null value under `key`. False: no memory. */
static bool add_key(struct arena *arena, struct tree *map, const char *key, const char *file)
{
    const size_t count = map->count;
    struct tree **items = arena_alloc(arena, (count + 1) * sizeof(*items));
    const char **keys = arena_alloc(arena, (count + 1) * sizeof(*keys));
    struct tree *value = new_unlocated(arena, TREE_SCALAR, file);
    if (items == NULL || keys == NULL || value == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = map->items[i];
        keys[i] = map->keys[i];
    }
    items[count] = value;
    keys[count] = key;
    map->items = items;
    map->keys = keys;
    map->count = count + 1;
    return true;
}

static tamis_status find_in_list(const struct tree *list, const char *step, const char *where, size_t *index,
                                 tamis_err *err)
{
    uint64_t number;
    if (strspn(step, "0123456789") == strlen(step) && str_count(str_from(step), &number)) {
        if (number >= list->count) {
            return tamis_fail(err, TAMIS_USAGE, "%s: there is no element %s; the list has %zu, counted from 0", where,
                              step, list->count);
        }
        *index = (size_t)number;
        return TAMIS_OK;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct tree *name = tree_get(list->items[i], "name");
        if (name != NULL && name->kind == TREE_SCALAR && strcmp(name->text, step) == 0) {
            *index = i;
            return TAMIS_OK;
        }
    }
    return tamis_fail(err, TAMIS_USAGE, "%s: no element of the list has the name '%.100s'; write one of their names or "
                      "a number from 0", where, step);
}

/* The place of `step` in `node`, which is made when `node` is a map without it. */
static tamis_status find_step(struct arena *arena, struct tree *node, const char *step, const char *where,
                              struct tree ***slot, tamis_err *err)
{
    size_t index = 0;
    if (node->kind == TREE_SCALAR) {
        return tamis_fail(err, TAMIS_USAGE, "%s: '%.100s' cannot be set inside the single value '%.100s'; set that to "
                          "a map first", where, step, node->text);
    }
    if (node->kind == TREE_LIST) {
        const tamis_status status = find_in_list(node, step, where, &index, err);
        if (status != TAMIS_OK) {
            return status;
        }
    } else {
        while (index < node->count && strcmp(node->keys[index], step) != 0) {
            index++;
        }
        if (index == node->count && !add_key(arena, node, step, where)) {
            return fail_memory(where, err);
        }
    }
    *slot = &node->items[index];
    return TAMIS_OK;
}

/* Cuts `path` at its dots. */
static tamis_status split_path(char *path, const char *where, const char **steps, unsigned *count, tamis_err *err)
{
    *count = 0;
    for (char *at = path; at != NULL;) {
        char *dot = strchr(at, '.');
        if (dot != NULL) {
            *dot = '\0';
        }
        if (*at == '\0' || *count == TREE_MAX_DEPTH - 1) {
            return tamis_fail(err, TAMIS_USAGE, "%s: the path must be up to %u names with single dots between them, "
                              "such as dedup.minhash.bands", where, TREE_MAX_DEPTH - 1u);
        }
        steps[(*count)++] = at;
        at = dot != NULL ? dot + 1 : NULL;
    }
    return TAMIS_OK;
}

/* What came from the command line has no lines. */
static tamis_status forget_places(struct tree *node, unsigned depth, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    node->line = node->column = node->key_line = node->key_column = 0;
    if (node->kind != TREE_SCALAR && depth > TREE_MAX_DEPTH) {
        return tree_fail(node, err, "nested more than %u levels deep; make it flatter", TREE_MAX_DEPTH);
    }
    for (size_t i = 0; i < node->count && status == TAMIS_OK; i++) {
        status = forget_places(node->items[i], depth + 1, err);
    }
    return status;
}

tamis_status tree_set(struct arena *arena, struct tree *root, const char *dotted, const char *value, tamis_err *err)
{
    const char *steps[TREE_MAX_DEPTH];
    unsigned count;
    char *path = arena_strdup(arena, str_from(dotted));
    const size_t size = strlen(dotted) + sizeof("--set ");
    char *where = arena_alloc(arena, size);
    if (path == NULL || where == NULL) {
        return fail_memory("--set", err);
    }
    (void)snprintf(where, size, "--set %s", dotted);
    tamis_status status = split_path(path, where, steps, &count, err);
    struct tree *made = NULL;
    status = status ? status : tree_parse(arena, where, str_from(value), &made, err);
    status = status ? status : forget_places(made, count + 1, err);
    struct tree *node = root, **slot = NULL;
    for (unsigned i = 0; i < count && status == TAMIS_OK; i++) {
        if (tree_is_null(node)) {
            node->kind = TREE_MAP;
        }
        status = find_step(arena, node, steps[i], where, &slot, err);
        node = status == TAMIS_OK ? *slot : NULL;
    }
    if (status == TAMIS_OK && slot != NULL) {
        *slot = made;
    }
    return status;
}
