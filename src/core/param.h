/*
 * Option tables at work: filling a struct from text or a tree, printing it back with every default written out.
 */
#ifndef TAMIS_CORE_PARAM_H
#define TAMIS_CORE_PARAM_H

#include "core/buf.h"
#include "core/tree.h"

/* Every field to its fallback. Strings point at the table. Lists come from splitting the fallback at commas. */
tamis_status param_defaults(const tamis_param *table, void *values, struct arena *arena, tamis_err *err)
    TAMIS_MUST_CHECK;
/* One field from text; strings are copied into `arena`. `where` opens the message ("--threads", "recipe.yaml:3:5"). */
tamis_status param_set(const tamis_param *param, void *values, tamis_str text, struct arena *arena, const char *where,
                       tamis_err *err) TAMIS_MUST_CHECK;
/* All fields named in a map. A key that is neither in `table` nor in `others` (ends with NULL, may be NULL) is an
 * error with the nearest name. */
tamis_status param_fill(const tamis_param *table, const char *const *others, void *values, const struct tree *map,
                        struct arena *arena, tamis_err *err) TAMIS_MUST_CHECK;
const tamis_param *param_find(const tamis_param *table, tamis_str name);
/* The value as one line of YAML flow text; the same text for the same value, always. */
bool param_print(const tamis_param *param, const void *values, struct buf *out) TAMIS_MUST_CHECK;

#endif
