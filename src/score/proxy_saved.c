/*
 * What a training leaves on disk, to be continued: the model at the last checkpoint and a record that names it. The
 * record is written last, so what it names is whole.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/str.h"
#include "core/sweep.h"
#include "core/tree.h"
#include "lm.h"
#include "score/proxy_inside.h"

#define RECORD_BYTES ((size_t)4096)

static tamis_status model_path(const struct proxy *p, size_t checkpoint, struct path *path, tamis_err *err)
{
    return path_make(path, err, "%s/model-%05zu", p->work, checkpoint);
}

static tamis_status record_path(const struct proxy *p, struct path *path, tamis_err *err)
{
    return path_make(path, err, "%s/training.json", p->work);
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static tamis_status write_record(const struct proxy *p, uint64_t model, tamis_err *err)
{
    struct path path;
    struct buf text;
    buf_init(&text, RECORD_BYTES);
    tamis_status status = record_path(p, &path, err);
    if (!status && !buf_printf(&text, "{\"key\": \"%016" PRIx64 "\", \"model\": \"%016" PRIx64
                               "\", \"checkpoints\": %zu}\n", p->key, model, p->checkpoint)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the record of the proxy's training");
    }
    status = status ? status : file_write(path.at, text.at, text.len, err);
    buf_release(&text);
    return status;
}

tamis_status saved_write(struct proxy *p, tamis_err *err)
{
    struct path path, before;
    size_t bytes = 0;
    const void *const state = lm_state(p->lm, &bytes);
    tamis_status status = model_path(p, p->checkpoint + 1, &path, err);
    status = status ? status : file_write(path.at, state, bytes, err);
    if (status) {
        return status;
    }
    p->checkpoint++;
    status = write_record(p, hash_bytes(state, bytes, 0), err);
    status = status ? status : model_path(p, p->checkpoint - 1, &before, err);
    return status ? status : file_remove_tree(before.at, err);
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static bool read_hash(const struct tree *record, const char *name, uint64_t *hash)
{
    const struct tree *const node = tree_get(record, name);
    char *end = NULL;
    *hash = node && node->kind == TREE_SCALAR ? strtoull(node->text, &end, 16) : 0;
    return end && end != node->text && *end == '\0';
}

/* False: there is no record, or it is of another training, or of another version of us. */
static bool read_record(const struct proxy *p, uint64_t *checkpoints, uint64_t *model)
{
    struct arena arena;
    struct path path;
    struct tree *root = NULL;
    tamis_err ignored;
    uint64_t key = 0;
    arena_init(&arena);
    bool fine = record_path(p, &path, &ignored) == TAMIS_OK && file_exists(path.at) &&
                tree_load(&arena, path.at, &root, &ignored) == TAMIS_OK && root->kind == TREE_MAP;
    fine = fine && read_hash(root, "key", &key) && read_hash(root, "model", model) && key == p->key;
    const struct tree *const count = fine ? tree_get(root, "checkpoints") : NULL;
    fine = count && count->kind == TREE_SCALAR && str_count(str_from(count->text), checkpoints) && *checkpoints > 0 &&
           *checkpoints <= p->options->checkpoints;
    arena_release(&arena);
    return fine;
}

static bool read_model(const struct proxy *p, size_t checkpoint, uint64_t hash)
{
    struct path path;
    tamis_err ignored;
    const void *at = NULL;
    size_t len = 0, bytes = 0;
    void *const state = lm_state(p->lm, &bytes);
    if (model_path(p, checkpoint, &path, &ignored) || file_map(path.at, &at, &len, &ignored)) {
        return false;
    }
    const bool same = len == bytes && hash_bytes(at, len, 0) == hash;
    if (same) {
        memcpy(state, at, len);
    }
    file_unmap(at, len);
    return same;
}

static bool has_columns(const struct proxy *p, size_t checkpoints)
{
    struct path path;
    tamis_err ignored;
    bool fine = true;
    for (size_t i = 0; fine && i < checkpoints; i++) {
        fine = proxy_column(p, i, &path, &ignored) == TAMIS_OK && file_exists(path.at);
    }
    return fine;
}

tamis_status saved_read(struct proxy *p, tamis_err *err)
{
    uint64_t checkpoints = 0, model = 0;
    if (read_record(p, &checkpoints, &model) && has_columns(p, (size_t)checkpoints) &&
        read_model(p, (size_t)checkpoints, model)) {
        p->checkpoint = (size_t)checkpoints;
        return sweep_temporaries(p->work, err);
    }
    const tamis_status status = file_remove_tree(p->work, err);
    return status ? status : file_make_folders(p->work, err);
}
