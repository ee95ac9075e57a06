/*
 * Inputs and recipes of the verbs that work on files.
 */
#include "cmd/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/verbs.h"
#include "core/json.h"
#include "core/str.h"
#include "io/json_shim.h"
#include "recipe/kind.h"
#include "run/check.h"

#define SPOOL_STEP ((size_t)1 << 20)

#define REJECTS_NAMED 5
#define FILES_AT_MOST 4000 /* beyond, files share a source */

tamis_status files_scratch(const struct cli *cli, struct path *folder, tamis_err *err)
{
    const struct common *const common = cli->options;
    const char *const env = getenv("TMPDIR");
    const char *const under = common->tmp ? common->tmp : env && *env ? env : "/tmp";
    const tamis_status status = path_make(folder, err, "%s/tamis-%ld", under, (long)getpid());
    return status ? status : file_folder_begin(folder->at, err); /* a killed process may have had our number */
}

tamis_status files_apart(const char *const *outputs, size_t count, tamis_err *err)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 1; k < count; k++) {
            if (outputs[i] && outputs[k] && strcmp(outputs[i], outputs[k]) == 0) {
                return tamis_fail(err, TAMIS_USAGE, "two outputs would go to %s; give one of them another place",
                                  strcmp(outputs[i], "-") == 0 ? "stdout" : outputs[i]);
            }
        }
    }
    return TAMIS_OK;
}

tamis_status files_check_output(struct flow *flow, const char *output, bool no_text, bool copy_frames, tamis_err *err)
{
    if (no_text && (output || copy_frames)) {
        return tamis_fail(err, TAMIS_USAGE, "--no-text writes no lines: take %s out, or --no-text",
                          output ? "-o" : "--copy-frames");
    }
    if (copy_frames && codec_from_name(output ? output : "-").codec != CODEC_ZSTD) {
        return tamis_fail(err, TAMIS_USAGE, "--copy-frames copies zstd frames, and %s is not written as zstd; give -o "
                          "a name that ends in .zst", output ? output : "stdout");
    }
    flow->run.copies_frames = copy_frames;
    return TAMIS_OK;
}

tamis_status files_not_inputs(const struct flow *flow, const char *const *outputs, size_t count, tamis_err *err)
{
    for (size_t o = 0; o < count; o++) {
        struct stat out, in;
        if (!outputs[o] || strcmp(outputs[o], "-") == 0 || stat(outputs[o], &out) != 0 || !S_ISREG(out.st_mode)) {
            continue;
        }
        for (size_t i = 0; i < flow->inputs.count; i++) {
            if (stat(flow->inputs.at[i].path, &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
                return tamis_fail(err, TAMIS_USAGE, "%s: is an input and would be overwritten; name another output",
                                  outputs[o]);
            }
        }
    }
    return TAMIS_OK;
}

static tamis_status expand_arguments(struct arena *arena, const struct cli *cli, struct paths *found, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < cli->argument_count; i++) {
        if (strcmp(cli->arguments[i], "-") == 0) {
            return tamis_fail(err, TAMIS_USAGE, "'-' (stdin) cannot be read together with files");
        }
        status = paths_expand(arena, NULL, cli->arguments[i], found, err);
    }
    return status;
}

/* As it comes, packed or damaged: the readers look at it twice, and know better. */
static tamis_status spool_stdin(const char *folder, struct path *path, tamis_err *err)
{
    struct file_out *out = NULL;
    char *const bytes = malloc(SPOOL_STEP);
    tamis_status status = bytes ? path_make(path, err, "%s/stdin", folder)
                                : tamis_fail(err, TAMIS_IO, "out of memory for reading stdin");
    status = status ? status : file_out_open(&out, path->at, err);
    for (ssize_t got = 1; !status && got != 0;) {
        got = read(STDIN_FILENO, bytes, SPOOL_STEP);
        if (got > 0) {
            status = file_out_add(out, bytes, (size_t)got, err);
        } else if (got < 0 && errno != EINTR) {
            status = file_fail(err, errno, "cannot read", "standard input");
        }
    }
    free(bytes);
    if (status) {
        file_out_discard(out);
        return status;
    }
    return file_out_commit(out, err);
}

static bool source_name(struct buf *yaml, size_t index, size_t count)
{
    return count == 1 ? buf_printf(yaml, "input") : buf_printf(yaml, "input-%zu", index + 1);
}

static tamis_status write_sources(const struct files_options *options, const struct paths *found, size_t count,
                                  struct buf *yaml, tamis_err *err)
{
    bool fine = buf_printf(yaml, "version: 1\nholdout: none\nmax_line: %llu\nsources:\n",
                           (unsigned long long)options->max_line);
    for (size_t i = 0; fine && i < count; i++) {
        struct json json;
        if (found->count && !dom_valid_utf8(str_from(found->at[i]))) {
            return tamis_fail(err, TAMIS_INPUT, "%s: the name of this file is not UTF-8; rename it", found->at[i]);
        }
        fine = buf_printf(yaml, "- {name: ") && source_name(yaml, i, count) && buf_printf(yaml, ", paths: [");
        json_init(&json, yaml, 0);
        json_text(&json, found->count ? found->at[i] : "stdin");
        fine = fine && !json.failed && buf_printf(yaml, "], text: ");
        json_text(&json, options->text_field);
        fine = fine && !json.failed && buf_printf(yaml, ", id: ");
        json_text(&json, options->id_field);
        fine = fine && !json.failed &&
               (!options->kind || buf_printf(yaml, ", kind: %s", kind_name((tamis_kind)(options->kind - 1)))) &&
               buf_printf(yaml, "}\n");
    }
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the list of files");
}

static tamis_status add_input(struct input *input, const char *path, uint16_t source, const char *format,
                              bool *regular, tamis_err *err)
{
    struct stat about = {0};
    *input = (struct input){.path = path, .source = source};
    input->format = format ? reader_by_name(format) : NULL;
    if (format && !input->format) {
        return tamis_fail(err, TAMIS_USAGE, "--format: there is no format '%s'; use jsonl, text or paragraphs", format);
    }
    *regular = false;
    if (strcmp(path, "-") != 0 && stat(path, &about) != 0) {
        return file_input_fail(err, errno, "cannot read", path);
    }
    *regular = S_ISREG(about.st_mode);
    input->bytes = *regular ? (uint64_t)about.st_size : 0;
    return format ? TAMIS_OK : reader_for_name(&input->format, path, err);
}

/* What is no regular file can be read but once: its kind is taken to be prose until it is read. */
static tamis_status read_once(struct flow *flow, const struct input *input, bool twice, tamis_err *err)
{
    if (twice) {
        return tamis_fail(err, TAMIS_USAGE, "%s: is a pipe, and this verb reads its input twice; give it as stdin: "
                          "tamis %s < %s", input->path, flow->cli->verb->name, input->path);
    }
    if (flow->recipe.sources[input->source].kind == KIND_UNKNOWN) {
        recipe_tell_kind(&flow->recipe, input->source, TAMIS_PROSE);
    }
    return TAMIS_OK;
}

static tamis_status add_inputs(struct flow *flow, const struct files_options *options, const struct paths *found,
                               const char *only, size_t sources, bool twice, tamis_err *err)
{
    const size_t count = only ? 1 : found->count;
    flow->inputs.at = arena_alloc(&flow->recipe.arena, count * sizeof *flow->inputs.at);
    flow->inputs.count = flow->inputs.at ? count : 0;
    tamis_status status = flow->inputs.at ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the list of files");
    for (size_t i = 0; !status && i < count; i++) {
        const char *const path = arena_strdup(&flow->recipe.arena, str_from(only ? only : found->at[i]));
        struct input *const input = &flow->inputs.at[i];
        bool regular = true;
        status = path ? add_input(input, path, (uint16_t)(sources > 1 ? i : 0), options->format, &regular, err)
                      : tamis_fail(err, TAMIS_IO, "out of memory for the list of files");
        status = status || regular ? status : read_once(flow, input, twice, err);
    }
    return status;
}

static uint64_t total_bytes(const struct inputs *inputs)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        bytes += inputs->at[i].bytes;
    }
    return bytes;
}

tamis_status files_open(struct flow *flow, const struct cli *cli, tamis_str sections, const char *spool,
                        tamis_err *err)
{
    const struct files_options *const options = cli->options;
    const bool pipe = cli->argument_count == 0 || (cli->argument_count == 1 && strcmp(cli->arguments[0], "-") == 0);
    const bool parts = cli->verb == &verb_init; /* it looks at files one by one, and parts them itself */
    struct arena arena;
    struct paths found = {0};
    struct path spooled;
    struct buf yaml;
    buf_init(&yaml, BUF_UNLIMITED);
    arena_init(&arena);
    flow_init(flow, cli);
    tamis_status status = pipe ? TAMIS_OK : expand_arguments(&arena, cli, &found, err);
    const size_t sources = found.count > FILES_AT_MOST || pipe || parts ? 1 : found.count;
    status = status ? status : write_sources(options, &found, sources, &yaml, err);
    if (!status && !buf_add_str(&yaml, sections)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the recipe");
    }
    status = status ? status : flow_open_text(flow, buf_str(&yaml), err);
    if (!status && pipe && spool) {
        status = spool_stdin(spool, &spooled, err);
    }
    status = status ? status
                    : add_inputs(flow, options, &found, !pipe ? NULL : spool ? spooled.at : "-", sources,
                                 spool || parts, err);
    status = status || parts ? status : check_heads(&flow->run, true, err);
    if (!status) {
        const struct common *const common = cli->options;
        flow->run.progress =
            progress_new(common->quiet ? PROGRESS_NEVER : (enum progress_mode)common->progress, NULL);
        progress_measure(flow->run.progress, flow->run.stats);
        progress_stage(flow->run.progress, cli->verb->name, "bytes", total_bytes(&flow->inputs));
    }
    buf_release(&yaml);
    arena_release(&arena);
    return status;
}

/* A scalar as YAML takes it: plain where it is plain, else in single quotes. */
static bool add_scalar(struct buf *yaml, tamis_str value)
{
    bool plain = value.len > 0 && value.at[0] != '-';
    for (size_t i = 0; plain && i < value.len; i++) {
        const char c = value.at[i];
        plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || strchr("._@/+-", c);
    }
    if (plain) {
        return buf_add_str(yaml, value);
    }
    bool fine = buf_add_char(yaml, '\'');
    for (size_t i = 0; fine && i < value.len; i++) {
        fine = (value.at[i] != '\'' || buf_add_char(yaml, '\'')) && buf_add_char(yaml, value.at[i]);
    }
    return fine && buf_add_char(yaml, '\'');
}

static bool add_on(struct buf *yaml, tamis_str value)
{
    bool fine = buf_add_char(yaml, '[');
    while (fine && value.len) {
        const char *const bar = memchr(value.at, '|', value.len);
        const size_t len = bar ? (size_t)(bar - value.at) : value.len;
        fine = add_scalar(yaml, (tamis_str){value.at, len}) && (!bar || buf_printf(yaml, ", "));
        value = (tamis_str){value.at + len + (bar != NULL), value.len - len - (bar != NULL)};
    }
    return fine && buf_add_char(yaml, ']');
}

static tamis_status add_spec(const char *spec, struct buf *yaml, tamis_err *err)
{
    const char *const colon = strchr(spec, ':');
    const size_t name = colon ? (size_t)(colon - spec) : strlen(spec);
    if (!name || strcspn(spec, " ,={}[]") < name) {
        return tamis_fail(err, TAMIS_USAGE, "--filter '%s': write NAME or NAME:key=value,key=value", spec);
    }
    bool fine = buf_printf(yaml, "- {%.*s: {", (int)name, spec);
    const char *at = colon ? colon + 1 : "";
    for (bool first = true; fine && *at; first = false) {
        const char *const equals = strchr(at, '=');
        if (!equals) {
            return tamis_fail(err, TAMIS_USAGE, "--filter %s: '%s' is no key=value; write NAME:key=value,key=value",
                              spec, at);
        }
        const tamis_str key = {at, (size_t)(equals - at)};
        /* A pattern may hold commas, so it is the last option. */
        const size_t len = str_is(key, "pattern") ? strlen(equals + 1) : strcspn(equals + 1, ",");
        const tamis_str value = {equals + 1, len};
        fine = (first || buf_printf(yaml, ", ")) && buf_add_str(yaml, key) && buf_printf(yaml, ": ") &&
               (str_is(key, "on") ? add_on(yaml, value) : add_scalar(yaml, value));
        at = equals + 1 + len;
        at += *at == ',';
    }
    fine = fine && buf_printf(yaml, "}}\n");
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the filters");
}

tamis_status files_filters(const tamis_strings *specs, struct buf *yaml, tamis_err *err)
{
    if (!buf_printf(yaml, "filters:%s\n", specs->count ? "" : " []")) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the filters");
    }
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < specs->count; i++) {
        status = add_spec(specs->at[i], yaml, err);
    }
    return status;
}

void files_note_copied(const struct flow *flow, uint64_t frames)
{
    if (flow->run.copies_frames) {
        cli_note(flow->cli, 0, "%llu frame%s copied as they were: those of which every line stays and that end with a "
                 "line", (unsigned long long)frames, frames == 1 ? "" : "s");
    }
}

void files_note_reject(const struct flow *flow, uint64_t nth, size_t input, uint64_t offset, const char *reason)
{
    cli_note(flow->cli, nth > REJECTS_NAMED, "%s: byte %llu: rejected: %s%s", flow->inputs.at[input].path,
             (unsigned long long)offset, reason, nth == REJECTS_NAMED ? " (-v names those that follow)" : "");
}

bool files_id(const struct flow *flow, const struct batch *batch, size_t i, uint64_t first, struct buf *id)
{
    const struct record *const record = &batch->records.at[i];
    return record->id.len ? buf_add_str(id, record->id)
                          : buf_printf(id, "%s#%llu", flow->recipe.sources[flow->inputs.at[batch->input].source].name,
                                       (unsigned long long)(first + i));
}

tamis_status files_verdict(const struct survey_totals *totals, double max_bad, tamis_err *err)
{
    if (totals->damaged) {
        return tamis_fail(err, TAMIS_DAMAGED, "done, but a stream was damaged: what could not be read of it was "
                          "rejected (damaged_stream); get the file again");
    }
    if ((double)totals->rejects > max_bad * (double)totals->documents) {
        return tamis_fail(err, TAMIS_DAMAGED, "done, but %llu of %llu records were rejected (--max-bad allows %g)",
                          (unsigned long long)totals->rejects, (unsigned long long)totals->documents, max_bad);
    }
    return TAMIS_OK;
}
