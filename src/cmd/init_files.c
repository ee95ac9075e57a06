/* See init_files.h. */
#include "cmd/init_files.h"

#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/str.h"
#include "run/check.h"

#define ALONE_AT_MOST 256 /* files named one by one that are sources of their own */

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the list of files; name fewer files");
}

static const char *const endings[] = {".jsonl", ".jsonl.zst", ".jsonl.gz", ".ndjson", ".ndjson.zst", ".ndjson.gz",
                                      ".json",  ".json.zst",  ".json.gz",  ".txt",    ".txt.zst",    ".txt.gz"};

#define ENDINGS (sizeof endings / sizeof *endings)

/* Which of them a path has; ENDINGS: none. */
static size_t ending_of(const char *path)
{
    size_t e = 0;
    while (e < ENDINGS && !str_ends_with(str_from(path), endings[e])) {
        e++;
    }
    return e;
}

/* All files of a folder that were named one by one. */
static const char *siblings_of(struct arena *arena, const char *path)
{
    const char *const slash = strrchr(path, '/');
    const size_t len = slash ? (size_t)(slash - path) + 1 : 0;
    char *const owner = arena_alloc(arena, len + 2);
    if (owner) {
        memcpy(owner, path, len);
        memcpy(owner + len, "*", 2);
    }
    return owner;
}

static void leave_out(struct init_files *f, const char *path)
{
    f->example = f->left_out++ ? f->example : path;
}

/* ---- What the arguments mean ------------------------------------------------------------------------------------ */

static bool stands_alone(const char *argument, const struct paths *found, size_t first)
{
    return found->count == first + 1 && strcmp(found->at[first], argument) == 0;
}

/* From `first` on: what is neither a file named by itself nor known by its ending goes. */
static void keep_readable(struct init_files *f, const char *argument, size_t first, bool any)
{
    const bool alone = stands_alone(argument, &f->paths, first);
    size_t kept = first;
    for (size_t i = first; i < f->paths.count; i++) {
        if (any || alone || ending_of(f->paths.at[i]) < ENDINGS) {
            f->paths.at[kept++] = f->paths.at[i];
        } else {
            leave_out(f, f->paths.at[i]);
        }
    }
    f->paths.count = kept;
}

static tamis_status add_owners(struct init_files *f, const struct cli *cli, const size_t *firsts, tamis_err *err)
{
    f->owners = arena_alloc(&f->arena, (f->paths.count + 1) * sizeof *f->owners);
    if (!f->owners) {
        return no_memory(err);
    }
    size_t alone = 0;
    for (size_t a = 0; a < cli->argument_count; a++) {
        alone += firsts[a + 1] == firsts[a] + 1 && strcmp(f->paths.at[firsts[a]], cli->arguments[a]) == 0;
    }
    for (size_t a = 0; a < cli->argument_count; a++) {
        const char *owner = cli->arguments[a];
        if (alone > ALONE_AT_MOST && firsts[a + 1] == firsts[a] + 1 && strcmp(f->paths.at[firsts[a]], owner) == 0) {
            owner = siblings_of(&f->arena, owner);
        }
        if (!owner) {
            return no_memory(err);
        }
        for (size_t i = firsts[a]; i < firsts[a + 1]; i++) {
            f->owners[i] = owner;
        }
    }
    return TAMIS_OK;
}

tamis_status init_files_find(struct init_files *f, const struct cli *cli, tamis_err *err)
{
    const struct files_options *const options = cli->options;
    *f = (struct init_files){0};
    arena_init(&f->arena);
    size_t *const firsts = arena_alloc(&f->arena, (cli->argument_count + 1) * sizeof *firsts);
    tamis_status status = firsts ? TAMIS_OK : no_memory(err);
    for (size_t a = 0; !status && a < cli->argument_count; a++) {
        firsts[a] = f->paths.count;
        status = paths_expand(&f->arena, NULL, cli->arguments[a], &f->paths, err);
        keep_readable(f, cli->arguments[a], firsts[a], options->format != NULL);
        firsts[a + 1] = f->paths.count;
    }
    if (!status && f->paths.count == 0) {
        status = tamis_fail(err, TAMIS_INPUT, "no file is JSON Lines or text by its ending, such as %s; if it is, name "
                            "the format: --format jsonl|text|paragraphs", f->example ? f->example : "none");
    }
    return status ? status : add_owners(f, cli, firsts, err);
}

void init_files_release(struct init_files *f)
{
    free(f->groups);
    arena_release(&f->arena);
}

/* ---- Groups ----------------------------------------------------------------------------------------------------- */

static tamis_status join_group(struct init_files *f, const char *owner, tamis_kind kind, uint16_t *group,
                               tamis_err *err)
{
    size_t g = 0;
    while (g < f->group_count && (f->groups[g].kind != kind || strcmp(f->groups[g].owner, owner) != 0)) {
        g++;
    }
    if (g == RECIPE_MAX_SOURCES) {
        return tamis_fail(err, TAMIS_USAGE, "these are files of more than %d folders and kinds; name the folder above "
                          "them", RECIPE_MAX_SOURCES);
    }
    if (g == f->group_count) {
        struct init_group *const groups = realloc(f->groups, (g + 1) * sizeof *groups);
        if (!groups) {
            return no_memory(err);
        }
        f->groups = groups;
        f->groups[f->group_count++] = (struct init_group){.owner = owner, .kind = kind};
    }
    f->groups[g].files++;
    *group = (uint16_t)g;
    return TAMIS_OK;
}

/* The kind of one file, by a run of this file alone. */
static tamis_status look_at(struct flow *flow, struct input *input, tamis_kind *kind, tamis_err *err)
{
    const struct files_options *const options = flow->cli->options;
    struct inputs one = {.at = input, .count = 1};
    struct run run = flow->run;
    run.inputs = &one;
    flow->recipe.sources[0].kind = options->kind ? options->kind - 1 : KIND_UNKNOWN;
    const tamis_status status = check_heads(&run, false, err);
    *kind = (tamis_kind)flow->recipe.sources[0].kind;
    return status;
}

/* A source for each group, and the inputs in their order. */
static tamis_status order_inputs(const struct init_files *f, struct flow *flow, tamis_err *err)
{
    struct recipe *const recipe = &flow->recipe;
    struct recipe_source *const sources = arena_alloc(&recipe->arena, f->group_count * sizeof *sources);
    struct input *const inputs = arena_alloc(&recipe->arena, flow->inputs.count * sizeof *inputs);
    if (!sources || !inputs) {
        return no_memory(err);
    }
    size_t count = 0;
    for (size_t g = 0; g < f->group_count; g++) {
        sources[g] = recipe->sources[0];
        for (size_t i = 0; i < flow->inputs.count; i++) {
            if (flow->inputs.at[i].source == g) {
                inputs[count++] = flow->inputs.at[i];
            }
        }
    }
    recipe->sources = sources;
    recipe->source_count = f->group_count;
    flow->inputs.at = inputs;
    flow->inputs.count = count;
    for (size_t g = 0; g < f->group_count; g++) {
        recipe_tell_kind(recipe, g, f->groups[g].kind);
    }
    return TAMIS_OK;
}

tamis_status init_files_group(struct init_files *f, struct flow *flow, tamis_err *err)
{
    bool without_text = false;
    for (size_t i = 0; i < flow->inputs.count; i++) {
        struct input *const input = &flow->inputs.at[i];
        tamis_kind kind = TAMIS_PROSE;
        tamis_status status = look_at(flow, input, &kind, err);
        const bool left = status == TAMIS_INPUT || status == TAMIS_USAGE;
        if (left && strcmp(f->owners[i], input->path) != 0 && flow->inputs.count > 1) {
            without_text = without_text || status == TAMIS_USAGE;
            leave_out(f, input->path);
            input->source = UINT16_MAX;
            continue;
        }
        uint16_t group = 0;
        status = status ? status : join_group(f, f->owners[i], kind, &group, err);
        if (status) {
            return status;
        }
        input->source = group;
    }
    if (f->group_count == 0 && without_text) {
        return TAMIS_USAGE; /* and what was said of the last such file */
    }
    if (f->group_count == 0) {
        return tamis_fail(err, TAMIS_INPUT, "no file can be read, such as %s", f->example);
    }
    return order_inputs(f, flow, err);
}

/* ---- Paths of a recipe ------------------------------------------------------------------------------------------ */

static bool add_path(struct buf *out, const char *path, const char *tail)
{
    struct json json;
    struct buf whole;
    char *const real = realpath(path, NULL);
    buf_init(&whole, BUF_UNLIMITED);
    bool fine = buf_printf(&whole, "%s%s", real ? real : path, tail);
    json_init(&json, out, 0);
    json_str(&json, buf_str(&whole));
    fine = fine && !json.failed;
    buf_release(&whole);
    free(real);
    return fine;
}

/* Whether the group has files with this ending, and every file below its folder that has it. */
static bool has_all(const struct init_files *f, const struct flow *flow, size_t group, const char *ending)
{
    const char *const owner = f->groups[group].owner;
    size_t below = 0, own = 0;
    for (size_t i = 0; i < f->paths.count; i++) {
        below += strcmp(f->owners[i], owner) == 0 && str_ends_with(str_from(f->paths.at[i]), ending);
    }
    for (size_t i = 0; i < flow->inputs.count; i++) {
        own += flow->inputs.at[i].source == group && str_ends_with(str_from(flow->inputs.at[i].path), ending);
    }
    return own > 0 && below == own;
}

bool init_files_paths(const struct init_files *f, const struct flow *flow, size_t group, struct buf *out)
{
    const char *const owner = f->groups[group].owner;
    char *const real = realpath(owner, NULL);
    const bool globs = real && file_is_folder(owner) && !strpbrk(real, "*?[");
    free(real);
    const char *before = "";
    bool all[ENDINGS + 1] = {false}, fine = true;
    for (size_t e = 0; fine && globs && e < ENDINGS; e++) {
        char tail[32];
        snprintf(tail, sizeof tail, "/**/*%s", endings[e]);
        all[e] = has_all(f, flow, group, endings[e]);
        fine = !all[e] || (buf_printf(out, "%s", before) && add_path(out, owner, tail));
        before = all[e] ? ", " : before;
    }
    for (size_t i = 0; fine && i < flow->inputs.count; i++) {
        const struct input *const input = &flow->inputs.at[i];
        if (input->source == group && !all[ending_of(input->path)]) {
            fine = buf_printf(out, "%s", before) && add_path(out, input->path, "");
            before = ",\n      ";
        }
    }
    return fine;
}
