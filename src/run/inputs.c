/*
 * The files of a run in number order: sources as the recipe lists them, paths as written, what each of them means.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "run/ledger.h"
#include "io/json_shim.h"
#include "core/str.h"

/* Which file an input really is, whatever it is called. */
struct identity {
    dev_t device;
    ino_t file;
    size_t input;
};

struct finder {
    struct recipe *recipe;
    struct inputs *inputs;
    struct identity *identities; /* one per input */
    size_t cap;
};

static tamis_status fail_memory(const struct recipe *recipe, tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "%s: out of memory for the list of input files", recipe->path);
}

static bool grow(struct finder *f)
{
    if (f->inputs->count < f->cap) {
        return true;
    }
    const size_t cap = f->cap ? 2 * f->cap : 64;
    struct input *const at = arena_alloc(&f->recipe->arena, cap * sizeof *at);
    struct identity *const identities = realloc(f->identities, cap * sizeof *identities);
    f->identities = identities ? identities : f->identities;
    if (!at || !identities) {
        return false;
    }
    if (f->inputs->count) {
        memcpy(at, f->inputs->at, f->inputs->count * sizeof *at);
    }
    f->inputs->at = at;
    f->cap = cap;
    return true;
}

static uint64_t nanoseconds(struct timespec time)
{
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static tamis_status add(struct finder *f, size_t source, const char *path, tamis_err *err)
{
    const struct recipe_source *const s = &f->recipe->sources[source];
    struct stat stated;
    if (stat(path, &stated) != 0) {
        return file_input_fail(err, errno, "cannot read", path);
    }
    if (!dom_valid_utf8(str_from(path))) {
        return tamis_fail(err, TAMIS_INPUT, "%s: the name of this file of source '%s' is not UTF-8, so no record could "
                          "name it; rename it", path, s->name);
    }
    if (!S_ISREG(stated.st_mode)) {
        return tamis_fail(err, TAMIS_INPUT, "%s: is %s, not a file (source '%s'); name the files it stands for", path,
                          S_ISDIR(stated.st_mode)    ? "a folder"
                          : S_ISFIFO(stated.st_mode) ? "a pipe, which can be read but once"
                                                     : "a device or socket", s->name);
    }
    if (!grow(f)) {
        return fail_memory(f->recipe, err);
    }
    const size_t i = f->inputs->count++;
    f->identities[i] = (struct identity){stated.st_dev, stated.st_ino, i};
    f->inputs->at[i] = (struct input){
        .path = path,
        .source = (uint16_t)source,
        .format = s->format,
        .bytes = (uint64_t)stated.st_size,
        .time = nanoseconds(stated.st_mtim),
    };
    return s->format ? TAMIS_OK : reader_for_name(&f->inputs->at[i].format, path, err);
}

static int compare_identities(const void *a, const void *b)
{
    const struct identity *const x = a, *const y = b;
    if (x->device != y->device) {
        return x->device < y->device ? -1 : 1;
    }
    if (x->file != y->file) {
        return x->file < y->file ? -1 : 1;
    }
    return x->input < y->input ? -1 : x->input > y->input;
}

/* Names the repeat that comes first in number order. */
static tamis_status check_repeats(const struct finder *f, tamis_err *err)
{
    const struct input *const at = f->inputs->at;
    size_t first = 0, again = SIZE_MAX;
    if (!f->identities) {
        return TAMIS_OK; /* no inputs */
    }
    qsort(f->identities, f->inputs->count, sizeof *f->identities, compare_identities);
    for (size_t i = 1; i < f->inputs->count; i++) {
        const struct identity *const a = &f->identities[i - 1], *const b = &f->identities[i];
        if (a->device == b->device && a->file == b->file && b->input < again) {
            first = a->input;
            again = b->input;
        }
    }
    if (again == SIZE_MAX) {
        return TAMIS_OK;
    }
    const struct recipe *const r = f->recipe;
    return tamis_fail(err, TAMIS_USAGE, "%s: one file is read twice, as %s (source '%s') and as %s (source '%s'); "
                      "name it once", r->path, at[first].path, r->sources[at[first].source].name, at[again].path,
                      r->sources[at[again].source].name);
}

static tamis_status add_source(struct finder *f, size_t source, tamis_err *err)
{
    struct recipe *const r = f->recipe;
    const struct recipe_source *const s = &r->sources[source];
    struct paths found = {0};
    for (size_t p = 0; p < s->paths.count; p++) {
        const tamis_status status = paths_expand(&r->arena, r->folder, s->paths.at[p], &found, err);
        if (status) {
            return status;
        }
    }
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < found.count; i++) {
        status = add(f, source, found.at[i], err);
    }
    return status;
}

tamis_status inputs_find(struct inputs *inputs, struct recipe *recipe, tamis_err *err)
{
    struct finder f = {.recipe = recipe, .inputs = inputs};
    tamis_status status = TAMIS_OK;
    *inputs = (struct inputs){0};
    for (size_t source = 0; !status && source < recipe->source_count; source++) {
        status = add_source(&f, source, err);
    }
    status = status ? status : check_repeats(&f, err);
    free(f.identities);
    return status;
}

uint64_t inputs_bytes(const struct inputs *inputs)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        bytes += inputs->at[i].bytes;
    }
    return bytes;
}
