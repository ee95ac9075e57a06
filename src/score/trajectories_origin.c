/*
 * What a path means: a bare file, a pipe that is copied to a file since it may be read twice, or a folder whose files
 * are told apart by their names.
 */
#include "score/trajectories_reading.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/path.h"
#include "core/str.h"
#include "io/paths.h"

#define COPY_BYTES ((size_t)1 << 18)

bool reading_stopped(const struct trajectories_options *options)
{
    return options->stop && atomic_load(options->stop);
}

tamis_status reading_interrupted(tamis_err *err)
{
    return tamis_fail(err, TAMIS_INTERRUPTED, "interrupted");
}

tamis_status reading_no_memory(const char *what, tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for %s of the trajectories; close other programs", what);
}

/* ---- Pipes ------------------------------------------------------------------------------------------------------ */

static tamis_status copy_all(int fd, const char *name, struct file_out *out,
                             const struct trajectories_options *options, char *bytes, tamis_err *err)
{
    for (;;) {
        const ssize_t got = read(fd, bytes, COPY_BYTES);
        if (reading_stopped(options)) {
            return reading_interrupted(err);
        }
        if (got < 0 && errno != EINTR) {
            return file_fail(err, errno, "cannot read", name);
        }
        if (got == 0) {
            return TAMIS_OK;
        }
        const tamis_status status = got > 0 ? file_out_add(out, bytes, (size_t)got, err) : TAMIS_OK;
        if (status) {
            return status;
        }
    }
}

/* The encoded bytes as they come: damage shows where the copy is read. */
static tamis_status spool(struct origin *o, const char *path, const struct trajectories_options *options,
                          struct arena *arena, tamis_err *err)
{
    const bool standard = strcmp(path, "-") == 0;
    struct path copy;
    struct file_out *out = NULL;
    tamis_status status = path_make(&copy, err, "%s/trajectories.spool", options->tmp);
    status = status ? status : file_out_open(&out, copy.at, err);
    if (status) {
        return status;
    }
    const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    char *const bytes = malloc(COPY_BYTES);
    status = fd < 0   ? file_input_fail(err, errno, "cannot read", path)
             : !bytes ? reading_no_memory("a copy", err)
                      : copy_all(fd, standard ? "standard input" : path, out, options, bytes, err);
    free(bytes);
    if (fd >= 0 && !standard) {
        close(fd);
    }
    if (status) {
        file_out_discard(out);
        return status;
    }
    status = file_out_commit(out, err);
    o->spool = status ? NULL : arena_strdup(arena, str_from(copy.at));
    return status || o->spool ? status : reading_no_memory("a name", err);
}

/* ---- Folders ---------------------------------------------------------------------------------------------------- */

static bool is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++) {
        if (strcmp(name, *names) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_part(const char *name)
{
    const tamis_str s = str_from(name);
    return str_ends_with(s, ".jsonl") || str_ends_with(s, ".jsonl.zst") || str_ends_with(s, ".jsonl.gz");
}

/* Puts one file of the folder where it belongs; *manifest is its path when it is that. */
static tamis_status sort_file(struct origin *o, const char *path, const char *name, const char **manifest,
                              tamis_err *err)
{
    static const char *const ids[] = {"ids.jsonl", "ids.jsonl.zst", "ids.jsonl.gz", "ids", "ids.txt", "ids.npy", NULL};
    if (strcmp(name, "manifest.json") == 0) {
        *manifest = path;
    } else if (strcmp(name, "loss.npy") == 0) {
        o->loss = path;
    } else if (is_one_of(name, ids)) {
        if (o->ids) {
            return tamis_fail(err, TAMIS_INPUT, "%s: holds the ids twice, in %s and %s; remove one of them", o->name,
                              strrchr(o->ids, '/') + 1, name);
        }
        o->ids = path;
    } else if (is_part(name)) {
        o->parts[o->part_count++] = path;
    }
    return TAMIS_OK;
}

/* What there is must be enough for the form, and the form must be clear. */
static tamis_status check_form(struct origin *o, tamis_err *err)
{
    if (o->form == FORM_UNKNOWN && o->loss && o->part_count > 0) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: holds loss.npy and lines (%s); say which in its manifest.json: \"form\": \"matrix\", "
                          "\"long\" or \"wide\"", o->name, strrchr(o->parts[0], '/') + 1);
    }
    if (o->form == FORM_UNKNOWN && o->loss) {
        o->form = FORM_MATRIX;
    }
    if (o->form == FORM_MATRIX && (!o->loss || !o->ids)) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: a matrix needs loss.npy and ids (ids.jsonl, ids.txt or ids.npy); %s is missing", o->name,
                          o->loss ? "the file of ids" : "loss.npy");
    }
    if (o->form != FORM_MATRIX && o->part_count == 0) {
        return tamis_fail(err, TAMIS_INPUT,
                          "%s: holds no trajectories: neither files .jsonl, .jsonl.zst or .jsonl.gz nor loss.npy with "
                          "ids", o->name);
    }
    return TAMIS_OK;
}

static tamis_status find_in_folder(struct origin *o, const char *path, struct arena *arena, tamis_err *err)
{
    struct paths found = {0};
    struct path folder;
    const char *manifest = NULL;
    tamis_status status = path_make(&folder, err, "%s%s", path[0] == '@' ? "./" : "", path);
    status = status ? status : paths_expand(arena, NULL, folder.at, &found, err);
    o->parts = status ? NULL : arena_alloc(arena, (found.count + 1) * sizeof *o->parts);
    if (!status && !o->parts) {
        status = reading_no_memory("the parts", err);
    }
    const size_t depth = strlen(folder.at) + (str_ends_with(str_from(folder.at), "/") ? 0 : 1);
    for (size_t i = 0; !status && i < found.count; i++) {
        const char *const name = strrchr(found.at[i], '/') + 1;
        if (name == found.at[i] + depth) { /* folders inside are something else */
            status = sort_file(o, found.at[i], name, &manifest, err);
        }
    }
    status = status || !manifest ? status : origin_manifest(o, manifest, arena, err);
    return status ? status : check_form(o, err);
}

/* ---- Any -------------------------------------------------------------------------------------------------------- */

static tamis_status find_file(struct origin *o, const char *path, bool regular,
                              const struct trajectories_options *options, struct arena *arena, tamis_err *err)
{
    if (str_ends_with(str_from(path), ".npy")) {
        return tamis_fail(err, TAMIS_INPUT, "%s: name the folder that holds it and the ids", path);
    }
    const tamis_status status = regular ? TAMIS_OK : spool(o, path, options, arena, err);
    o->parts = arena_alloc(arena, sizeof *o->parts);
    if (status || !o->parts) {
        return status ? status : reading_no_memory("the parts", err);
    }
    o->parts[0] = regular ? arena_strdup(arena, str_from(path)) : o->spool;
    o->part_count = 1;
    return o->parts[0] ? TAMIS_OK : reading_no_memory("the parts", err);
}

static uint64_t bytes_of(const char *path)
{
    struct stat about;
    return path && stat(path, &about) == 0 ? (uint64_t)about.st_size : 0;
}

tamis_status origin_find(struct origin *o, const char *path, const struct trajectories_options *options,
                         struct arena *arena, tamis_err *err)
{
    struct stat about = {0};
    const bool standard = strcmp(path, "-") == 0;
    *o = (struct origin){.unit = "nat", .per = "token", .scale = 1};
    o->name = arena_strdup(arena, str_from(standard ? "standard input" : path));
    if (!o->name) {
        return reading_no_memory("a name", err);
    }
    if (!standard && stat(path, &about) != 0) {
        return file_input_fail(err, errno, "cannot read", path);
    }
    const tamis_status status = !standard && S_ISDIR(about.st_mode)
                                    ? find_in_folder(o, path, arena, err)
                                    : find_file(o, path, !standard && S_ISREG(about.st_mode), options, arena, err);
    o->bytes = bytes_of(o->loss) + bytes_of(o->ids);
    for (size_t i = 0; !status && i < o->part_count; i++) {
        o->bytes += bytes_of(o->parts[i]);
    }
    return status;
}

void origin_release(struct origin *o)
{
    if (o->spool) {
        (void)unlink(o->spool);
    }
    *o = (struct origin){0};
}
