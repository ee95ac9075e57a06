/* The list of parts, written and read back. */
#include "run/inputs_file.h"

#include <string.h>

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
