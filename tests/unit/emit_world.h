/*
 * Emit on ledgers made by hand, for the tests of what it writes: running it, and reading and hashing what stands.
 */
#ifndef EMIT_WORLD_H
#define EMIT_WORLD_H

#include "mix_world.h"

#include <dirent.h>

#include "core/tree.h"

static const char emit_recipe[] = WORLD_SOURCES_YAML
    "targets:\n"
    "  - {name: small, domain: law, ratio: 0.3, tokens: 30000, max_epochs: {law: 2}}\n"
    "  - {name: repeats, domain: law, ratio: 0.4, tokens: 220000, max_epochs: {law: 5, general: 1}}\n";

struct text {
    char *at;
    char **lines;
    size_t count;
};

static inline struct text read_lines(const char *folder, const char *name)
{
    struct path path;
    struct stream_in *in = NULL;
    struct buf all;
    tamis_err err;
    size_t got = 0;
    must(path_make(&path, &err, "%s/%s", folder, name), &err);
    must(stream_open(&in, path.at, &err), &err);
    buf_init(&all, BUF_UNLIMITED);
    do {
        assert_true(buf_reserve(&all, 1 << 16));
        must(stream_read(in, all.at + all.len, 1 << 16, &got, &err), &err);
        all.len += got;
    } while (got > 0);
    stream_close(in);
    assert_true(buf_add_char(&all, '\0'));
    struct text text = {.at = all.at};
    text.lines = calloc(all.len + 1, sizeof *text.lines);
    assert_non_null(text.lines);
    for (char *line = text.at; *line != '\0';) {
        char *const end = strchr(line, '\n');
        assert_non_null(end);
        *end = '\0';
        text.lines[text.count++] = line;
        line = end + 1;
    }
    return text;
}

static inline void text_release(struct text *text)
{
    free(text->at);
    free(text->lines);
}

static inline const char *field(const struct tree *record, const char *key)
{
    const struct tree *const node = tree_get(record, key);
    return node ? node->text : NULL;
}

static inline struct tree *parse_line(struct arena *arena, const char *line)
{
    struct tree *root = NULL;
    tamis_err err;
    must(tree_parse(arena, "line", str_from(line), &root, &err), &err);
    return root;
}

static inline int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names and bytes of everything below a folder, folded into one number; *files counts them. */
static inline uint64_t hash_tree(const char *folder, size_t *files)
{
    char *names[4096];
    size_t count = 0;
    uint64_t hash = 7;
    DIR *const dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            assert_true(count < 4096);
            names[count++] = strdup(entry->d_name);
        }
    }
    closedir(dir);
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++) {
        struct path path;
        tamis_err err;
        must(path_make(&path, &err, "%s/%s", folder, names[i]), &err);
        hash = hash_bytes(names[i], strlen(names[i]), hash);
        if (file_is_folder(path.at)) {
            hash = hash_join(hash, hash_tree(path.at, files));
        } else {
            struct buf bytes;
            buf_init(&bytes, BUF_UNLIMITED);
            must(file_read(path.at, 1 << 28, &bytes, &err), &err);
            hash = hash_bytes(bytes.at, bytes.len, hash);
            buf_release(&bytes);
            ++*files;
        }
        free(names[i]);
    }
    return hash;
}

static inline uint64_t hash_output(const struct world *w)
{
    struct path path;
    tamis_err err;
    size_t files = 0;
    must(path_make(&path, &err, "%s/out", w->run_folder.at), &err);
    uint64_t hash = hash_tree(path.at, &files);
    must(path_make(&path, &err, "%s/valid", w->run_folder.at), &err);
    hash = hash_join(hash, hash_tree(path.at, &files));
    assert_true(files > 4);
    return hash;
}

/* The locators name files, so dropped/ is only the same for the same files. */
static inline uint64_t hash_dropped(const struct world *w)
{
    struct path path;
    tamis_err err;
    size_t files = 0;
    must(path_make(&path, &err, "%s/dropped", w->run_folder.at), &err);
    return hash_tree(path.at, &files);
}

static inline void world_begin(struct world *w, uint64_t seed, size_t files, size_t parts, uint64_t shard_bytes)
{
    world_open(w);
    world_fill(w, 1500, 260, seed);
    world_write(w, emit_recipe, files, parts);
    w->recipe.output.shard_bytes = shard_bytes;
    world_draw(w);
}

static inline void world_emit(struct world *w)
{
    struct emit_totals totals;
    tamis_err err;
    must(emit(&w->run, &w->ledger, &w->plan, &totals, &err), &err);
    emit_release(&totals);
}

#endif
