/*
 * A YAML document as a tree of nodes that remember where they stood. JSON is YAML, so it reads both.
 * Read by libyaml; aliases are expanded up to a bound, duplicate keys and several documents are errors.
 */
#ifndef TAMIS_CORE_TREE_H
#define TAMIS_CORE_TREE_H

#include "core/arena.h"

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP };

struct tree {
    enum tree_kind kind;
    const char *text;        /* scalar: NUL-terminated; "" for an empty value */
    bool quoted;             /* scalar: in quotes, so it is text whatever it looks like */
    struct tree **items;     /* list: elements; map: values */
    const char **keys;       /* map only, in file order */
    size_t count;
    const char *file;        /* for messages */
    unsigned line, column;   /* from 1; 0 when it came from the command line */
    unsigned key_line, key_column; /* the value of a map: where its key stood */
};

#define TREE_MAX_BYTES (16u << 20)
#define TREE_MAX_DEPTH 64

/* The tree lives in `arena`. `name` is used in messages only and is copied. TAMIS_USAGE names file, line, column. */
tamis_status tree_parse(struct arena *arena, const char *name, tamis_str yaml, struct tree **root, tamis_err *err)
    TAMIS_MUST_CHECK;
tamis_status tree_load(struct arena *arena, const char *path, struct tree **root, tamis_err *err) TAMIS_MUST_CHECK;

/* The value of `key` in a map, or NULL. */
struct tree *tree_get(const struct tree *map, const char *key);
/* Sets `dotted.path` to the YAML in `value`, making maps on the way; `a.0.b` indexes lists, `targets.NAME.x` finds
 * the element whose `name` is NAME. For --set. */
tamis_status tree_set(struct arena *arena, struct tree *root, const char *dotted, const char *value, tamis_err *err)
    TAMIS_MUST_CHECK;
/* True for null, ~ and an empty scalar without quotes. */
bool tree_is_null(const struct tree *node);
/* Error at a node: "FILE:LINE:COLUMN: ..." */
tamis_status tree_fail(const struct tree *node, tamis_err *err, const char *format, ...) TAMIS_PRINTF(3, 4);
/* The same at the key that `value` stands under. */
tamis_status tree_fail_key(const struct tree *value, tamis_err *err, const char *format, ...) TAMIS_PRINTF(3, 4);

#endif
