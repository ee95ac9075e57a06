/* The list of parts, written, read back, and held against the files as they are. */
#include "run/inputs_file.h"

#include <string.h>

#include "core/file.h"
#include "core/json.h"
#include "core/str.h"

bool inputs_print(const struct inputs *inputs, const struct recipe *recipe, struct buf *text)
{
    struct json json;
    json_init(&json, text, 1);
    json_open(&json, '[');
    for (size_t i = 0; i < inputs->count; i++) {
        const struct input *const input = &inputs->at[i];
        json_open(&json, '{');
        json_key_text(&json, "source", recipe->sources[input->source].name);
        json_key_text(&json, "path", input->path);
        json_key_text(&json, "format", input->format->name);
        json_key_count(&json, "bytes", input->bytes);
        json_key_count(&json, "time", input->time);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    return !json.failed && buf_add_char(text, '\n');
}

static const char *text_of(const struct tree *map, const char *key)
{
    const struct tree *const node = tree_get(map, key);
    return node && node->kind == TREE_SCALAR ? node->text : "";
}

/* ---- What has changed ------------------------------------------------------------------------------------------- */

static bool is_listed(const struct tree *list, const char *path)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(text_of(list->items[i], "path"), path) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_input(const struct inputs *inputs, const char *path)
{
    for (size_t i = 0; i < inputs->count; i++) {
        if (strcmp(inputs->at[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

/* One file, then and now. */
static bool say_changed(const struct input *now, const char *source, const struct tree *then, struct buf *what)
{
    uint64_t bytes = 0, time = 0;
    (void)str_count(str_from(text_of(then, "bytes")), &bytes);
    (void)str_count(str_from(text_of(then, "time")), &time);
    if (bytes != now->bytes) {
        return buf_printf(what, "%s had %llu bytes and has %llu", now->path, (unsigned long long)bytes,
                          (unsigned long long)now->bytes);
    }
    if (time != now->time) {
        return buf_printf(what, "%s was changed at another time than then, its size is the same", now->path);
    }
    if (strcmp(text_of(then, "source"), source) != 0) {
        return buf_printf(what, "%s was of source '%s' and is of '%s'", now->path, text_of(then, "source"), source);
    }
    const char *const format = text_of(then, "format");
    return strcmp(format, now->format->name) == 0 ||
           buf_printf(what, "%s was read as %s and is as %s", now->path, format, now->format->name);
}

/* Another file stands at this place; NULL: none does. */
static bool say_other(const struct inputs *inputs, const struct tree *list, const char *then, const char *now,
                      struct buf *what)
{
    if (then && !is_input(inputs, then)) {
        return buf_printf(what, file_exists(then) ? "%s is not among them any more" : "%s is missing", then);
    }
    if (now && !is_listed(list, now)) {
        return buf_printf(what, "%s is new", now);
    }
    return buf_printf(what, "%s comes at another place", now ? now : then);
}

tamis_status inputs_difference(const struct inputs *inputs, const struct recipe *recipe, const char *path,
                               struct buf *what, tamis_err *err)
{
    struct arena arena;
    struct tree *list = NULL;
    arena_init(&arena);
    const tamis_status status = tree_load(&arena, path, &list, err);
    const size_t count = status || list->kind != TREE_LIST ? 0 : list->count;
    bool fine = true;
    for (size_t i = 0; !status && fine && what->len == 0 && (i < count || i < inputs->count); i++) {
        const char *const then = i < count ? text_of(list->items[i], "path") : NULL;
        const bool stands = i < inputs->count;
        fine = then && stands && strcmp(then, inputs->at[i].path) == 0
                   ? say_changed(&inputs->at[i], recipe->sources[inputs->at[i].source].name, list->items[i], what)
                   : say_other(inputs, list, then, stands ? inputs->at[i].path : NULL, what);
    }
    arena_release(&arena);
    return status || fine ? status : tamis_fail(err, TAMIS_IO, "out of memory for the list of inputs");
}

/* ---- Reading back ----------------------------------------------------------------------------------------------- */

static tamis_status load_one(struct input *input, struct recipe *recipe, const struct tree *node, tamis_err *err)
{
    const char *const source = text_of(node, "source");
    size_t s = 0;
    while (s < recipe->source_count && strcmp(recipe->sources[s].name, source) != 0) {
        s++;
    }
    input->source = (uint16_t)s;
    input->format = reader_by_name(text_of(node, "format"));
    input->path = arena_strdup(&recipe->arena, str_from(text_of(node, "path")));
    if (s == recipe->source_count || !input->format || !input->path ||
        !str_count(str_from(text_of(node, "bytes")), &input->bytes) ||
        !str_count(str_from(text_of(node, "time")), &input->time)) {
        return tree_fail(node, err, "this is no input of the run's recipe; the run folder is damaged");
    }
    return TAMIS_OK;
}

tamis_status inputs_load(struct inputs *inputs, struct recipe *recipe, const char *path, tamis_err *err)
{
    struct arena arena;
    struct tree *root = NULL;
    arena_init(&arena);
    tamis_status status = tree_load(&arena, path, &root, err);
    if (!status && root->kind != TREE_LIST) {
        status = tree_fail(root, err, "a list of inputs is expected; the run folder is damaged");
    }
    if (!status) {
        inputs->count = root->count;
        inputs->at = arena_alloc(&recipe->arena, (root->count + 1) * sizeof *inputs->at);
        status = inputs->at ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the list of inputs");
    }
    for (size_t i = 0; !status && i < inputs->count; i++) {
        status = load_one(&inputs->at[i], recipe, root->items[i], err);
    }
    arena_release(&arena);
    return status;
}
