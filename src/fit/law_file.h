/*
 * What every LAW.json has in common: `version`, `law` (the name of the form), `name` (a label). The rest belongs to the
 * law. A file is read as a tree, so that errors name line and column; whatever is wrong with it is TAMIS_INPUT.
 */
#ifndef TAMIS_FIT_LAW_FILE_H
#define TAMIS_FIT_LAW_FILE_H

#include "core/json.h"
#include "core/tree.h"

#define LAW_VERSION 2

/* Refits without one run each: `values` holds a row of `columns` numbers a refit, those of a row of `replicates`. */
struct law_left_out {
    const char **runs; /* what was left out */
    double *values;
    size_t columns, count;
};
#define LAW_LEFT_OUT_MOST 64 /* runs; of more none is left out */
/* A key `leave_one_out`: [{"run": .., "values": [..]}, ..]. */
void law_left_out_print(struct json *json, const struct law_left_out *left);
/* None when the key is absent or null. */
tamis_status law_left_out_read(const struct tree *root, size_t columns, struct arena *arena, struct law_left_out *left,
                               tamis_err *err) TAMIS_MUST_CHECK;

/* Opens the object and writes the head; the caller goes on with its own keys and closes it. */
void law_file_begin(struct json *json, const char *law, const char *name);

/* Reads the text of a file (`path` is for messages), of version 1 to LAW_VERSION and of the law called `law`. */
tamis_status law_file_parse(struct arena *arena, const char *path, tamis_str text, const char *law, struct tree **root,
                            tamis_err *err) TAMIS_MUST_CHECK;
/* A number under `key` of a map, `low` to `high`; with `missing` an absent or null one is NaN, else an error. */
tamis_status law_file_real(const struct tree *map, const char *key, bool missing, double low, double high,
                           double *value, tamis_err *err) TAMIS_MUST_CHECK;
/* A map under `key`; *value is NULL when it is absent or null and `missing` allows it. */
tamis_status law_file_map(const struct tree *map, const char *key, bool missing, struct tree **value, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
