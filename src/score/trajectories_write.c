/*
 * Writing trajectories as a matrix. The manifest goes first when an older folder is overwritten and comes last, so that
 * a folder with one is whole.
 */
#include <stdlib.h>

#include "core/file.h"
#include "core/json.h"
#include "core/npy_header.h"
#include "core/path.h"
#include "score/trajectories_reading.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rows are written as they lie in memory");

struct writing {
    const struct trajectories_writing *w;
    struct file_out *ids, *loss;
    struct buf line;
    float *losses;
};

static tamis_status write_header(struct writing *out, tamis_err *err)
{
    const uint64_t shape[2] = {out->w->documents, out->w->checkpoints};
    buf_clear(&out->line);
    return npy_header_add(&out->line, "'<f4'", shape, 2) ? file_out_add(out->loss, out->line.at, out->line.len, err)
                                                          : reading_no_memory("the header", err);
}

static tamis_status write_row(struct writing *out, uint64_t row, tamis_err *err)
{
    tamis_str id = {"", 0};
    struct json json;
    tamis_status status = out->w->row(out->w->context, row, out->losses, &id, err);
    if (status) {
        return status;
    }
    buf_clear(&out->line);
    json_init(&json, &out->line, 0);
    json_str(&json, id);
    if (json.failed || !buf_add_char(&out->line, '\n')) {
        return reading_no_memory("an id", err);
    }
    status = file_out_add(out->ids, out->line.at, out->line.len, err);
    return status ? status : file_out_add(out->loss, out->losses, out->w->checkpoints * sizeof *out->losses, err);
}

static tamis_status write_rows(struct writing *out, const char *folder, tamis_err *err)
{
    struct path ids, loss;
    tamis_status status = path_make(&ids, err, "%s/ids.jsonl", folder);
    status = status ? status : path_make(&loss, err, "%s/loss.npy", folder);
    status = status ? status : file_out_open(&out->ids, ids.at, err);
    status = status ? status : file_out_open(&out->loss, loss.at, err);
    status = status ? status : write_header(out, err);
    for (uint64_t row = 0; !status && row < out->w->documents; row++) {
        status = write_row(out, row, err);
    }
    if (status) {
        file_out_discard(out->ids);
        file_out_discard(out->loss);
        return status;
    }
    status = file_out_commit(out->ids, err);
    if (status) {
        file_out_discard(out->loss);
        return status;
    }
    return file_out_commit(out->loss, err);
}

static tamis_status write_manifest(struct writing *out, const char *path, tamis_err *err)
{
    const struct trajectories_writing *const w = out->w;
    struct json json;
    buf_clear(&out->line);
    json_init(&json, &out->line, 0);
    json_open(&json, '{');
    json_key_count(&json, "version", TRAJECTORIES_VERSION);
    json_key_text(&json, "form", "matrix");
    json_key_text(&json, "unit", "nat");
    json_key_text(&json, "per", w->per);
    json_key_text(&json, "model", w->model);
    json_key_text(&json, "scope", w->scope);
    json_key_count(&json, "seed", w->seed);
    json_key_count(&json, "documents", w->documents);
    json_key(&json, "steps");
    json_open(&json, '[');
    for (size_t i = 0; i < w->checkpoints; i++) {
        json_count(&json, w->steps[i]);
    }
    json_close(&json, ']');
    json_close(&json, '}');
    if (json.failed || !buf_add_char(&out->line, '\n')) {
        return reading_no_memory("the manifest", err);
    }
    return file_write(path, out->line.at, out->line.len, err);
}

static tamis_status check_shape(const char *folder, const struct trajectories_writing *w, tamis_err *err)
{
    if (w->checkpoints == 0 || w->checkpoints > TRAJECTORIES_MOST_CHECKPOINTS ||
        w->documents > SIZE_MAX / sizeof(float) / w->checkpoints) {
        return tamis_fail(err, TAMIS_INTERNAL, "%s: cannot hold %llu documents at %zu checkpoints; please report this",
                          folder, (unsigned long long)w->documents, w->checkpoints);
    }
    return TAMIS_OK;
}

tamis_status trajectories_write(const char *folder, const struct trajectories_writing *w, tamis_err *err)
{
    struct writing out = {.w = w};
    struct path manifest;
    buf_init(&out.line, BUF_UNLIMITED);
    tamis_status status = check_shape(folder, w, err);
    status = status ? status : path_make(&manifest, err, "%s/manifest.json", folder);
    status = status ? status : file_make_folders(folder, err);
    status = status ? status : file_remove_tree(manifest.at, err);
    out.losses = calloc(w->checkpoints + 1, sizeof *out.losses);
    if (!status && !out.losses) {
        status = reading_no_memory("a row", err);
    }
    status = status ? status : write_rows(&out, folder, err);
    status = status ? status : write_manifest(&out, manifest.at, err);
    buf_release(&out.line);
    free(out.losses);
    return status;
}
