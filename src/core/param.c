/*
 * Option tables at work: text and trees to values, with ranges and messages from the table. Printing is in
 * param_print.c.
 *
 * In YAML one scalar is a list of one; in plain text (fallbacks, the command line) commas part the elements.
 */
#include "core/param.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/str.h"

/* One value on its way into a field. */
struct setting {
    const tamis_param *param;
    void *values;
    tamis_str text;
    bool quoted;
    struct arena *arena;
    const char *where;
    tamis_err *err;
};

#define FIELD(type, values, param) ((type *)(void *)((char *)(values) + (param)->offset))

static tamis_status fail_memory(const char *where, tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "%s: out of memory; free some memory and run it again", where);
}

/* ---- What is allowed, in words ---------------------------------------------------------------------------------- */

/* A bound of the range, in the way the option is written. */
static bool print_bound(const tamis_param *param, double bound, struct buf *out)
{
    const bool whole = param->type != TAMIS_REAL && bound >= 0 && bound < 0x1p63;
    const tamis_param as_whole = {.type = param->type}, as_real = {.type = TAMIS_REAL};
    const uint64_t count = whole ? (uint64_t)bound : 0;
    return whole ? param_print(&as_whole, &count, out) : param_print(&as_real, &bound, out);
}

static bool has_range(const tamis_param *param)
{
    return !(param->min == 0 && param->max == 0);
}

static bool in_range(const tamis_param *param, double value)
{
    return !has_range(param) || (value >= param->min && value <= param->max);
}

static bool none_allowed(const tamis_param *param)
{
    return param->type == TAMIS_REAL && (param->fallback == NULL || strcmp(param->fallback, "none") == 0 ||
                                         (param->help != NULL && strstr(param->help, "none") != NULL));
}

static const char *type_words(tamis_param_type type)
{
    switch (type) {
    case TAMIS_BOOL:
        return "true or false (or yes, no, on, off)";
    case TAMIS_COUNT:
        return "a whole number such as 300, 256K or 20e9";
    case TAMIS_SIZE:
        return "a size in bytes such as 4096, 64M or 1.5G";
    case TAMIS_REAL:
        return "a number such as 0.25";
    case TAMIS_STRING:
        return "one text";
    case TAMIS_STRINGS:
        return "one text or a list of texts";
    default:
        return "";
    }
}

static bool print_range(const tamis_param *param, struct buf *out)
{
    if (!has_range(param)) {
        return true;
    }
    const bool open = param->max >= 0x1p63;
    return buf_add_str(out, open ? STR(", at least ") : STR(", from ")) && print_bound(param, param->min, out) &&
           (open || (buf_add_str(out, STR(" to ")) && print_bound(param, param->max, out)));
}

/* "'window' is 'x'; it must be ..." */
static tamis_status fail_value(const struct setting *s)
{
    struct buf range;
    buf_init(&range, 400);
    tamis_status status = TAMIS_OK;
    if (!print_range(s->param, &range)) {
        status = fail_memory(s->where, s->err);
    } else {
        status = tamis_fail(s->err, TAMIS_USAGE, "%s: '%s' is '%.*s'; it must be %s%.*s%s", s->where, s->param->name,
                            STR_ARGS(s->text), type_words(s->param->type), STR_ARGS(buf_str(&range)),
                            none_allowed(s->param) ? ", or none" : "");
    }
    buf_release(&range);
    return status;
}

/* ---- Text to values --------------------------------------------------------------------------------------------- */

static tamis_status set_bool(const struct setting *s)
{
    static const char *const words[] = {"false", "no", "off", "true", "yes", "on"};
    for (size_t i = 0; i < 6; i++) {
        if (str_is(s->text, words[i])) {
            *FIELD(bool, s->values, s->param) = i >= 3;
            return TAMIS_OK;
        }
    }
    return fail_value(s);
}

static tamis_status set_whole(const struct setting *s)
{
    uint64_t value;
    const bool read = s->param->type == TAMIS_SIZE ? str_size(s->text, &value) : str_count(s->text, &value);
    if (!read || !in_range(s->param, (double)value)) {
        return fail_value(s);
    }
    *FIELD(uint64_t, s->values, s->param) = value;
    return TAMIS_OK;
}

static tamis_status set_real(const struct setting *s)
{
    double value = NAN;
    const bool none = !s->quoted && str_is(s->text, "none") && none_allowed(s->param);
    if (!none && (!str_real(s->text, &value) || !in_range(s->param, value))) {
        return fail_value(s);
    }
    *FIELD(double, s->values, s->param) = value;
    return TAMIS_OK;
}

static tamis_status set_string(const struct setting *s)
{
    if (s->text.len > 0 && memchr(s->text.at, '\0', s->text.len) != NULL) {
        return fail_value(s);
    }
    const char *copy = arena_strdup(s->arena, s->text);
    if (copy == NULL) {
        return fail_memory(s->where, s->err);
    }
    *FIELD(const char *, s->values, s->param) = copy;
    return TAMIS_OK;
}

/* The pieces of `text` between `mark`s; an empty text has none. Ends with NULL. */
static const char **split(tamis_str text, char mark, struct arena *arena, size_t *count)
{
    size_t pieces = text.len > 0 ? 1 : 0;
    for (size_t i = 0; i < text.len; i++) {
        pieces += text.at[i] == mark;
    }
    const char **made = arena_alloc(arena, (pieces + 1) * sizeof(*made));
    *count = pieces;
    size_t from = 0;
    for (size_t i = 0; i < pieces && made != NULL; i++) {
        size_t to = from;
        while (to < text.len && text.at[to] != mark) {
            to++;
        }
        made[i] = arena_strdup(arena, (tamis_str){text.at + from, to - from});
        from = to + 1;
        if (made[i] == NULL) {
            return NULL;
        }
    }
    if (made != NULL) {
        made[pieces] = NULL;
    }
    return made;
}

static tamis_status set_choice(const struct setting *s)
{
    size_t count;
    const char **names = split(str_from(s->param->choices), '|', s->arena, &count);
    if (names == NULL) {
        return fail_memory(s->where, s->err);
    }
    for (size_t i = 0; i < count; i++) {
        if (str_is(s->text, names[i])) {
            *FIELD(int, s->values, s->param) = (int)i;
            return TAMIS_OK;
        }
    }
    char allowed[400] = "";
    size_t len = 0;
    for (size_t i = 0; i < count && len < sizeof(allowed); i++) {
        const char *before = i == 0 ? "" : i + 1 < count ? ", " : " or ";
        const int more = snprintf(allowed + len, sizeof(allowed) - len, "%s%s", before, names[i]);
        len += more > 0 ? (size_t)more : 0;
    }
    const char *near = tamis_nearest(s->text, names);
    return tamis_fail(s->err, TAMIS_USAGE, "%s: '%s' is '%.*s'; it must be %s%s%s%s", s->where, s->param->name,
                      STR_ARGS(s->text), allowed, near != NULL ? " (did you mean '" : "", near != NULL ? near : "",
                      near != NULL ? "'?)" : "");
}

static tamis_status set_strings(const struct setting *s)
{
    tamis_strings list = {NULL, 0};
    if (s->text.len > 0 && memchr(s->text.at, '\0', s->text.len) != NULL) {
        return fail_value(s);
    }
    if (s->text.len > 0) {
        list.at = split(s->text, ',', s->arena, &list.count);
        if (list.at == NULL) {
            return fail_memory(s->where, s->err);
        }
    }
    *FIELD(tamis_strings, s->values, s->param) = list;
    return TAMIS_OK;
}

static tamis_status set_text(const struct setting *s)
{
    switch (s->param->type) {
    case TAMIS_BOOL:
        return set_bool(s);
    case TAMIS_COUNT:
    case TAMIS_SIZE:
        return set_whole(s);
    case TAMIS_REAL:
        return set_real(s);
    case TAMIS_STRING:
        return set_string(s);
    case TAMIS_CHOICE:
        return set_choice(s);
    case TAMIS_STRINGS:
        return set_strings(s);
    default:
        return tamis_fail(s->err, TAMIS_INTERNAL, "%s: the option '%s' has no known type", s->where, s->param->name);
    }
}

tamis_status param_set(const tamis_param *param, void *values, tamis_str text, struct arena *arena, const char *where,
                       tamis_err *err)
{
    const struct setting s = {param, values, text, false, arena, where, err};
    return set_text(&s);
}

/* Not set at all: false, 0, the first choice, NaN, NULL, an empty list. */
static void unset(const tamis_param *param, void *values)
{
    switch (param->type) {
    case TAMIS_BOOL:
        *FIELD(bool, values, param) = false;
        break;
    case TAMIS_COUNT:
    case TAMIS_SIZE:
        *FIELD(uint64_t, values, param) = 0;
        break;
    case TAMIS_REAL:
        *FIELD(double, values, param) = NAN;
        break;
    case TAMIS_STRING:
        *FIELD(const char *, values, param) = NULL;
        break;
    case TAMIS_CHOICE:
        *FIELD(int, values, param) = 0;
        break;
    case TAMIS_STRINGS:
        *FIELD(tamis_strings, values, param) = (tamis_strings){NULL, 0};
        break;
    }
}

tamis_status param_defaults(const tamis_param *table, void *values, struct arena *arena, tamis_err *err)
{
    for (const tamis_param *param = table; param->name != NULL; param++) {
        if (param->fallback == NULL) {
            unset(param, values);
            continue;
        }
        if (param->type == TAMIS_STRING) {
            *FIELD(const char *, values, param) = param->fallback;
            continue;
        }
        const tamis_status status = param_set(param, values, str_from(param->fallback), arena, "option table", err);
        if (status == TAMIS_USAGE) { /* nobody can have asked for it: the table itself is wrong */
            return tamis_fail(err, TAMIS_INTERNAL, "the default '%s' of the option '%s' does not fit its own rules; "
                              "please report this", param->fallback, param->name);
        }
        if (status != TAMIS_OK) {
            return status;
        }
    }
    return TAMIS_OK;
}

const tamis_param *param_find(const tamis_param *table, tamis_str name)
{
    for (const tamis_param *param = table; param->name != NULL; param++) {
        if (str_is(name, param->name)) {
            return param;
        }
    }
    return NULL;
}

/* ---- Trees to values -------------------------------------------------------------------------------------------- */

static size_t count_names(const tamis_param *table, const char *const *others)
{
    size_t count = 0;
    while (table[count].name != NULL) {
        count++;
    }
    for (size_t i = 0; others != NULL && others[i] != NULL; i++) {
        count++;
    }
    return count;
}

static tamis_status fail_unknown(const tamis_param *table, const char *const *others, const char *key,
                                 const struct tree *value, struct arena *arena, tamis_err *err)
{
    const char **names = arena_alloc(arena, (count_names(table, others) + 1) * sizeof(*names));
    char all[700] = "";
    size_t count = 0, len = 0;
    if (names == NULL) {
        return fail_memory(value->file, err);
    }
    for (const tamis_param *param = table; param->name != NULL; param++) {
        names[count++] = param->name;
    }
    for (size_t i = 0; others != NULL && others[i] != NULL; i++) {
        names[count++] = others[i];
    }
    names[count] = NULL;
    const char *near = tamis_nearest(str_from(key), names);
    if (near != NULL) {
        return tree_fail_key(value, err, "unknown key '%.100s' (did you mean '%s'?)", key, near);
    }
    for (size_t i = 0; i < count && len < sizeof(all); i++) {
        const int more = snprintf(all + len, sizeof(all) - len, "%s%s", i > 0 ? ", " : "", names[i]);
        len += more > 0 ? (size_t)more : 0;
    }
    return tree_fail_key(value, err, "unknown key '%.100s'; the keys allowed here are: %s", key,
                         count > 0 ? all : "none");
}

/* One scalar is a list of one. */
static tamis_status fill_list(const tamis_param *param, void *values, const struct tree *node, struct arena *arena,
                              tamis_err *err)
{
    const bool single = node->kind == TREE_SCALAR;
    tamis_strings list = {NULL, single ? 1 : node->count};
    if (list.count > 0) {
        list.at = arena_alloc(arena, (list.count + 1) * sizeof(*list.at));
        if (list.at == NULL) {
            return fail_memory(node->file, err);
        }
        list.at[list.count] = NULL;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct tree *item = single ? node : node->items[i];
        if (item->kind != TREE_SCALAR || tree_is_null(item)) {
            return tree_fail(item, err, "'%s' is a list of texts; element %zu is not a text", param->name, i + 1);
        }
        list.at[i] = arena_strdup(arena, str_from(item->text));
        if (list.at[i] == NULL) {
            return fail_memory(node->file, err);
        }
    }
    *FIELD(tamis_strings, values, param) = list;
    return TAMIS_OK;
}

static tamis_status fill_one(const tamis_param *param, void *values, const struct tree *node, struct arena *arena,
                             tamis_err *err)
{
    const bool is_list = param->type == TAMIS_STRINGS;
    if (node->kind == TREE_MAP || (node->kind == TREE_LIST && !is_list)) {
        const bool choice = param->type == TAMIS_CHOICE;
        return tree_fail(node, err, "'%s' is a %s; it must be %s%s", param->name,
                         node->kind == TREE_MAP ? "map" : "list", choice ? "one of " : type_words(param->type),
                         choice ? param->choices : "");
    }
    if (tree_is_null(node) && (is_list || param->type == TAMIS_STRING || none_allowed(param))) {
        unset(param, values);
        return TAMIS_OK;
    }
    if (is_list) {
        return fill_list(param, values, node, arena, err);
    }
    char place[32] = "", where[512];
    if (node->line > 0) {
        (void)snprintf(place, sizeof(place), ":%u:%u", node->line, node->column);
    }
    (void)snprintf(where, sizeof(where), "%.400s%s", node->file, place);
    const struct setting s = {param, values, str_from(node->text), node->quoted, arena, where, err};
    return set_text(&s);
}

static bool is_other(const char *const *others, const char *key)
{
    for (size_t i = 0; others != NULL && others[i] != NULL; i++) {
        if (strcmp(others[i], key) == 0) {
            return true;
        }
    }
    return false;
}

tamis_status param_fill(const tamis_param *table, const char *const *others, void *values, const struct tree *map,
                        struct arena *arena, tamis_err *err)
{
    if (map == NULL || tree_is_null(map)) {
        return TAMIS_OK;
    }
    if (map->kind != TREE_MAP) {
        return tree_fail(map, err, "a map of options is needed here (key: value), not %s",
                         map->kind == TREE_LIST ? "a list" : "a single value");
    }
    for (size_t i = 0; i < map->count; i++) {
        const tamis_param *param = param_find(table, str_from(map->keys[i]));
        tamis_status status = TAMIS_OK;
        if (param != NULL) {
            status = fill_one(param, values, map->items[i], arena, err);
        } else if (!is_other(others, map->keys[i])) {
            status = fail_unknown(table, others, map->keys[i], map->items[i], arena, err);
        }
        if (status != TAMIS_OK) {
            return status;
        }
    }
    return TAMIS_OK;
}
