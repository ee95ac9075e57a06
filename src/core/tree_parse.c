/*
 * YAML to a tree of nodes. The tree is made from libyaml's events, so that depth, nodes and anchors are bounded while
 * the text is read, not afterwards: a document that would unfold to more than MAX_NODES is an error, not a full memory.
 *
 * Owns nothing but the arena's memory. Deliberately not understood: tags other than !!str !!map !!seq, merge keys
 * (<<), keys that are not scalars, more than one document.
 */
#include "core/tree.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "core/str.h"

#define MAX_NODES 1000000u
#define MAX_ANCHORS 1000u
#define MAX_TAG_WORDS 100u

struct entry {
    const char *key; /* NULL in a list */
    struct tree *value;
};

struct anchor {
    const char *name;
    struct tree *node; /* NULL while it is being read */
};

struct builder {
    yaml_parser_t parser;
    struct arena *arena;
    tamis_str yaml;
    const char *file;
    size_t nodes;
    struct entry *stack;  /* children of the lists and maps being read */
    size_t stacked, stack_cap;
    struct anchor *anchors;
    size_t anchor_count;
    tamis_err *err;
};

static tamis_status fail_memory(const char *file, tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "%s: out of memory while reading YAML; free some memory and run it again", file);
}

/* ---- Events ----------------------------------------------------------------------------------------------------- */

static struct tree place_of(const struct builder *b, yaml_mark_t mark)
{
    return (struct tree){.kind = TREE_SCALAR, .text = "", .file = b->file, .line = (unsigned)mark.line + 1,
                         .column = (unsigned)mark.column + 1};
}

/* The reader of libyaml knows only the byte offset of what it cannot decode. */
static yaml_mark_t mark_of_offset(tamis_str yaml, size_t offset)
{
    yaml_mark_t mark = {0, 0, 0};
    for (size_t i = 0; i < offset && i < yaml.len; i++) {
        const unsigned char c = (unsigned char)yaml.at[i];
        if (c == '\n') {
            mark.line++;
            mark.column = 0;
        } else if ((c & 0xc0) != 0x80) {
            mark.column++;
        }
    }
    return mark;
}

/* Whether nothing but blanks follows. */
static bool ends_at(const struct builder *b, yaml_mark_t mark)
{
    size_t end = b->yaml.len;
    while (end > 0 && strchr(" \t\r\n", b->yaml.at[end - 1]) != NULL) {
        end--;
    }
    const yaml_mark_t last = mark_of_offset(b->yaml, end);
    return mark.line > last.line || (mark.line == last.line && mark.column >= last.column);
}

static tamis_status fail_syntax(const struct builder *b)
{
    const yaml_parser_t *p = &b->parser;
    const char *problem = p->problem != NULL ? p->problem : "this is not YAML";
    if (p->error == YAML_MEMORY_ERROR) {
        return fail_memory(b->file, b->err);
    }
    if (p->error == YAML_READER_ERROR) {
        const struct tree place = place_of(b, mark_of_offset(b->yaml, p->problem_offset));
        return tree_fail(&place, b->err, "%s (byte %zu); the text must be UTF-8 without control characters", problem,
                         p->problem_offset);
    }
    const struct tree place = place_of(b, p->problem_mark);
    const char *const cut = ends_at(b, p->problem_mark) ? "; is it cut short?" : "";
    if (p->context == NULL) {
        return tree_fail(&place, b->err, "%s%s", problem, cut);
    }
    return tree_fail(&place, b->err, "%s %s that began at line %zu, column %zu%s", problem, p->context,
                     p->context_mark.line + 1, p->context_mark.column + 1, cut);
}

/* On success the caller deletes the event. */
static tamis_status next_event(struct builder *b, yaml_event_t *event)
{
    return yaml_parser_parse(&b->parser, event) ? TAMIS_OK : fail_syntax(b);
}

/* ---- Nodes ------------------------------------------------------------------------------------------------------ */

static tamis_status new_node(struct builder *b, enum tree_kind kind, yaml_mark_t mark, struct tree **node)
{
    const struct tree place = place_of(b, mark);
    if (++b->nodes > MAX_NODES) {
        return tree_fail(&place, b->err, "more than %u values, those that aliases (*name) repeat included; "
                         "make the document smaller", MAX_NODES);
    }
    struct tree *made = arena_alloc(b->arena, sizeof(*made));
    if (made == NULL) {
        return fail_memory(b->file, b->err);
    }
    *made = place;
    made->kind = kind;
    *node = made;
    return TAMIS_OK;
}

static tamis_status copy_text(struct builder *b, const yaml_event_t *event, const char **text)
{
    const tamis_str bytes = {(const char *)event->data.scalar.value, event->data.scalar.length};
    if (bytes.len > 0 && memchr(bytes.at, '\0', bytes.len) != NULL) {
        const struct tree place = place_of(b, event->start_mark);
        return tree_fail(&place, b->err, "a NUL character (\\0) cannot be part of a value; take it out");
    }
    *text = arena_strdup(b->arena, bytes);
    return *text != NULL ? TAMIS_OK : fail_memory(b->file, b->err);
}

static tamis_status check_depth(const struct builder *b, yaml_mark_t mark, unsigned depth)
{
    if (depth > TREE_MAX_DEPTH) {
        const struct tree place = place_of(b, mark);
        return tree_fail(&place, b->err, "nested more than %u levels deep; make it flatter", TREE_MAX_DEPTH);
    }
    return TAMIS_OK;
}

static tamis_status check_tag(const struct builder *b, const yaml_event_t *event, const yaml_char_t *tag,
                              const char *allowed)
{
    if (tag == NULL || strcmp((const char *)tag, allowed) == 0 || strcmp((const char *)tag, "!") == 0) {
        return TAMIS_OK;
    }
    const struct tree place = place_of(b, event->start_mark);
    return tree_fail(&place, b->err, "the tag '%.100s' is not understood; leave it out", (const char *)tag);
}

static tamis_status push(struct builder *b, const char *key, struct tree *value)
{
    if (b->stacked == b->stack_cap) {
        const size_t cap = b->stack_cap > 0 ? 2 * b->stack_cap : 64;
        struct entry *grown = realloc(b->stack, cap * sizeof(*grown));
        if (grown == NULL) {
            return fail_memory(b->file, b->err);
        }
        b->stack = grown;
        b->stack_cap = cap;
    }
    b->stack[b->stacked++] = (struct entry){key, value};
    return TAMIS_OK;
}

/* Moves the children stacked since `base` into the arena. */
static tamis_status adopt(struct builder *b, struct tree *node, size_t base)
{
    const size_t count = b->stacked - base;
    node->count = count;
    b->stacked = base;
    if (count == 0) {
        return TAMIS_OK;
    }
    node->items = arena_alloc(b->arena, count * sizeof(*node->items));
    node->keys = node->kind == TREE_MAP ? arena_alloc(b->arena, count * sizeof(*node->keys)) : NULL;
    if (node->items == NULL || (node->kind == TREE_MAP && node->keys == NULL)) {
        return fail_memory(b->file, b->err);
    }
    for (size_t i = 0; i < count; i++) {
        node->items[i] = b->stack[base + i].value;
        if (node->keys != NULL) {
            node->keys[i] = b->stack[base + i].key;
        }
    }
    return TAMIS_OK;
}

/* ---- Anchors ---------------------------------------------------------------------------------------------------- */

static tamis_status open_anchor(struct builder *b, const yaml_event_t *event, const yaml_char_t *name, size_t *index)
{
    *index = MAX_ANCHORS;
    if (name == NULL) {
        return TAMIS_OK;
    }
    if (b->anchors == NULL) {
        b->anchors = malloc(MAX_ANCHORS * sizeof(*b->anchors));
        if (b->anchors == NULL) {
            return fail_memory(b->file, b->err);
        }
    }
    if (b->anchor_count == MAX_ANCHORS) {
        const struct tree place = place_of(b, event->start_mark);
        return tree_fail(&place, b->err, "more than %u anchors (&name); write the values out", MAX_ANCHORS);
    }
    const char *kept = arena_strdup(b->arena, str_from((const char *)name));
    if (kept == NULL) {
        return fail_memory(b->file, b->err);
    }
    *index = b->anchor_count++;
    b->anchors[*index] = (struct anchor){kept, NULL};
    return TAMIS_OK;
}

static void close_anchor(struct builder *b, size_t index, struct tree *node)
{
    if (index < MAX_ANCHORS) {
        b->anchors[index].node = node;
    }
}

/* A deep copy; only the texts are shared. The copy says where the original stood. */
static tamis_status copy_tree(struct builder *b, const struct tree *from, yaml_mark_t mark, unsigned depth,
                              struct tree **to)
{
    struct tree *made = NULL;
    tamis_status status = check_depth(b, mark, from->kind == TREE_SCALAR ? 0 : depth);
    status = status ? status : new_node(b, from->kind, mark, &made);
    if (status) {
        return status;
    }
    *made = *from;
    *to = made;
    if (from->count == 0) {
        return TAMIS_OK;
    }
    made->items = arena_alloc(b->arena, from->count * sizeof(*made->items));
    if (made->items == NULL) {
        return fail_memory(b->file, b->err);
    }
    for (size_t i = 0; i < from->count && !status; i++) {
        status = copy_tree(b, from->items[i], mark, depth + 1, &made->items[i]);
    }
    return status;
}

static tamis_status build_alias(struct builder *b, const yaml_event_t *event, unsigned depth, struct tree **node)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct tree place = place_of(b, event->start_mark);
    for (size_t i = b->anchor_count; i-- > 0;) {
        if (strcmp(b->anchors[i].name, name) == 0) {
            if (b->anchors[i].node == NULL) {
                return tree_fail(&place, b->err, "the alias *%.100s stands inside what it names; it cannot repeat "
                                 "itself", name);
            }
            return copy_tree(b, b->anchors[i].node, event->start_mark, depth, node);
        }
    }
    return tree_fail(&place, b->err, "the alias *%.100s has no anchor &%.100s before it; a value that begins with * "
                     "needs quotes", name, name);
}

/* ---- Building --------------------------------------------------------------------------------------------------- */

static tamis_status build_node(struct builder *b, const yaml_event_t *event, unsigned depth, struct tree **node);

static tamis_status build_scalar(struct builder *b, const yaml_event_t *event, struct tree **node)
{
    const yaml_char_t *tag = event->data.scalar.tag;
    size_t anchor = MAX_ANCHORS;
    tamis_status status = check_tag(b, event, tag, YAML_STR_TAG);
    status = status ? status : open_anchor(b, event, event->data.scalar.anchor, &anchor);
    status = status ? status : new_node(b, TREE_SCALAR, event->start_mark, node);
    status = status ? status : copy_text(b, event, &(*node)->text);
    if (!status) {
        (*node)->quoted = tag != NULL || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        close_anchor(b, anchor, *node);
    }
    return status;
}

static tamis_status build_item(struct builder *b, const yaml_event_t *event, unsigned depth)
{
    struct tree *value = NULL;
    const tamis_status status = build_node(b, event, depth, &value);
    return status ? status : push(b, NULL, value);
}

static tamis_status read_key(struct builder *b, const yaml_event_t *event, const char **key)
{
    const struct tree place = place_of(b, event->start_mark);
    if (event->type != YAML_SCALAR_EVENT) {
        return tree_fail(&place, b->err, "a key must be one word or a text in quotes, not a list, a map or an alias");
    }
    const bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && strcmp((const char *)event->data.scalar.value, "<<") == 0) {
        return tree_fail(&place, b->err, "merge keys (<<) are not understood; write the keys out");
    }
    if (event->data.scalar.anchor != NULL) {
        return tree_fail(&place, b->err, "a key cannot have an anchor (&name); take it off");
    }
    const tamis_status status = check_tag(b, event, event->data.scalar.tag, YAML_STR_TAG);
    return status == TAMIS_OK ? copy_text(b, event, key) : status;
}

static tamis_status build_pair(struct builder *b, const yaml_event_t *key_event, unsigned depth)
{
    const char *key = NULL;
    struct tree *value = NULL;
    yaml_event_t event;
    tamis_status status = read_key(b, key_event, &key);
    status = status ? status : next_event(b, &event);
    if (status) {
        return status;
    }
    status = build_node(b, &event, depth, &value);
    yaml_event_delete(&event);
    if (status) {
        return status;
    }
    const struct tree place = place_of(b, key_event->start_mark);
    value->key_line = place.line;
    value->key_column = place.column;
    return push(b, key, value);
}

struct seen {
    const char *key;
    size_t at;
};

static int compare_seen(const void *a, const void *b)
{
    const struct seen *x = a, *y = b;
    const int order = strcmp(x->key, y->key);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

/* Sorted, so that a map of a million keys costs no more than it should. Names the duplicate that comes first. */
static tamis_status check_duplicates(const struct builder *b, const struct tree *map)
{
    if (map->count < 2) {
        return TAMIS_OK;
    }
    struct seen *seen = malloc(map->count * sizeof(*seen));
    if (seen == NULL) {
        return fail_memory(b->file, b->err);
    }
    for (size_t i = 0; i < map->count; i++) {
        seen[i] = (struct seen){map->keys[i], i};
    }
    qsort(seen, map->count, sizeof(*seen), compare_seen);
    size_t first = 0, again = SIZE_MAX;
    for (size_t i = 1; i < map->count; i++) {
        if (strcmp(seen[i - 1].key, seen[i].key) == 0 && seen[i].at < again) {
            first = seen[i - 1].at;
            again = seen[i].at;
        }
    }
    free(seen);
    if (again == SIZE_MAX) {
        return TAMIS_OK;
    }
    const struct tree *was = map->items[first];
    return tree_fail_key(map->items[again], b->err, "the key '%.100s' stands twice, first at line %u, column %u; "
                         "keep one", map->keys[again], was->key_line, was->key_column);
}

static tamis_status build_children(struct builder *b, struct tree *node, unsigned depth)
{
    const size_t base = b->stacked;
    tamis_status status = TAMIS_OK;
    for (bool end = false; !status && !end;) {
        yaml_event_t event;
        status = next_event(b, &event);
        if (status) {
            return status;
        }
        end = event.type == YAML_MAPPING_END_EVENT || event.type == YAML_SEQUENCE_END_EVENT;
        status = end                      ? adopt(b, node, base)
                 : node->kind == TREE_MAP ? build_pair(b, &event, depth + 1)
                                          : build_item(b, &event, depth + 1);
        yaml_event_delete(&event);
    }
    return status;
}

static tamis_status build_container(struct builder *b, const yaml_event_t *event, unsigned depth, struct tree **node)
{
    const bool is_map = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag = is_map ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    const yaml_char_t *name = is_map ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    size_t anchor = MAX_ANCHORS;
    tamis_status status = check_depth(b, event->start_mark, depth);
    status = status ? status : check_tag(b, event, tag, is_map ? YAML_MAP_TAG : YAML_SEQ_TAG);
    status = status ? status : open_anchor(b, event, name, &anchor);
    status = status ? status : new_node(b, is_map ? TREE_MAP : TREE_LIST, event->start_mark, node);
    status = status ? status : build_children(b, *node, depth);
    status = status || !is_map ? status : check_duplicates(b, *node);
    if (!status) {
        close_anchor(b, anchor, *node);
    }
    return status;
}

static tamis_status build_node(struct builder *b, const yaml_event_t *event, unsigned depth, struct tree **node)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return build_alias(b, event, depth, node);
    case YAML_SCALAR_EVENT:
        return build_scalar(b, event, node);
    default:
        return build_container(b, event, depth, node);
    }
}

/* libyaml compares every %TAG with all before it: a megabyte of them takes it half a minute. */
static tamis_status check_directives(const struct builder *b)
{
    unsigned count = 0;
    for (size_t i = 0; i + 4 <= b->yaml.len; i++) {
        if (b->yaml.at[i] == '%' && memcmp(b->yaml.at + i, "%TAG", 4) == 0 && ++count > MAX_TAG_WORDS) {
            const struct tree place = place_of(b, mark_of_offset(b->yaml, i));
            return tree_fail(&place, b->err, "more than %u times %%TAG; tags are not understood, leave them out",
                             MAX_TAG_WORDS);
        }
    }
    return TAMIS_OK;
}

/* Stream start, one document or none, stream end. */
static tamis_status build_stream(struct builder *b, struct tree **root)
{
    unsigned documents = 0;
    tamis_status status = TAMIS_OK;
    for (bool end = false; !status && !end;) {
        yaml_event_t event;
        status = next_event(b, &event);
        if (status) {
            return status;
        }
        end = event.type == YAML_STREAM_END_EVENT;
        const bool start = event.type == YAML_DOCUMENT_START_EVENT;
        const bool frame = end || start || event.type == YAML_STREAM_START_EVENT ||
                           event.type == YAML_DOCUMENT_END_EVENT;
        if (start && documents++ > 0) {
            const struct tree place = place_of(b, event.start_mark);
            status = tree_fail(&place, b->err, "a second document begins here; one file holds one document");
        } else if (!frame) {
            status = build_node(b, &event, 1, root);
        }
        yaml_event_delete(&event);
    }
    return status;
}

tamis_status tree_parse(struct arena *arena, const char *name, tamis_str yaml, struct tree **root, tamis_err *err)
{
    if (yaml.len >= 3 && memcmp(yaml.at, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        yaml = (tamis_str){yaml.at + 3, yaml.len - 3};
    }
    struct builder b = {.arena = arena, .yaml = yaml, .err = err};
    struct tree *made = NULL;
    b.file = arena_strdup(arena, str_from(name));
    if (b.file == NULL) {
        return fail_memory(name, err);
    }
    if (yaml.len > TREE_MAX_BYTES) {
        return tamis_fail(err, TAMIS_USAGE, "%s: %zu bytes of YAML are too many; %u are allowed", name, yaml.len,
                          TREE_MAX_BYTES);
    }
    tamis_status status = check_directives(&b);
    if (status) {
        return status;
    }
    if (!yaml_parser_initialize(&b.parser)) {
        return fail_memory(name, err);
    }
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)(yaml.len > 0 ? yaml.at : ""), yaml.len);
    status = build_stream(&b, &made);
    status = status || made ? status : new_node(&b, TREE_SCALAR, (yaml_mark_t){0, 0, 0}, &made);
    yaml_parser_delete(&b.parser);
    free(b.stack);
    free(b.anchors);
    if (!status) {
        *root = made;
    }
    return status;
}
