/* tamis init: looks at files and writes a recipe with comments. */
#include <stdlib.h>
#include <string.h>

#include "cmd/init_files.h"
#include "cmd/say.h"
#include "cmd/verbs.h"
#include "core/str.h"
#include "recipe/kind.h"

struct init_options {
    struct files_options files;
};

static const tamis_param params[] = {FILES_PARAMS, {0}};

/* A name for a source from what it is made of: what stands before the first dot of its last part that is no glob. */
static tamis_str stem_of(const char *path)
{
    size_t len = strcspn(path, "*?[");
    while (path[len] && len > 0 && path[len - 1] != '/') {
        len--;
    }
    while (len > 0 && path[len - 1] == '/') {
        len--;
    }
    size_t from = len;
    while (from > 0 && path[from - 1] != '/' && path[from - 1] != '@') {
        from--;
    }
    const char *const dot = memchr(path + from, '.', len - from);
    len = dot ? (size_t)(dot - path) - from : len - from;
    return (tamis_str){path + from, len > 48 ? 48 : len};
}

static bool add_name(struct buf *out, tamis_str stem, size_t index)
{
    bool fine = stem.len > 0 || buf_printf(out, "source");
    for (size_t i = 0; fine && i < stem.len; i++) {
        const char c = stem.at[i];
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           c == '_' || c == '-';
        fine = buf_add_char(out, plain ? c : '_');
    }
    return fine && (!index || buf_printf(out, "-%zu", index));
}

/* How many groups before this one have the same stem. */
static size_t same_before(const struct init_files *files, size_t group)
{
    size_t same = 0;
    for (size_t g = 0; g < group; g++) {
        same += str_equal(stem_of(files->groups[g].owner), stem_of(files->groups[group].owner));
    }
    return same;
}

static const char *domain_of(tamis_kind kind)
{
    return kind == TAMIS_PROSE || kind == TAMIS_OTHER || kind == TAMIS_MARKUP ? "general" : kind_name(kind);
}

static bool add_source(const struct init_files *files, const struct flow *flow, size_t group, struct buf *out)
{
    const struct files_options *const options = flow->cli->options;
    const tamis_kind kind = files->groups[group].kind;
    bool fine = buf_printf(out, "  - {name: ") &&
                add_name(out, stem_of(files->groups[group].owner), same_before(files, group)) &&
                buf_printf(out, ", paths: [") && init_files_paths(files, flow, group, out) &&
                buf_printf(out, "], domain: %s, kind: %s", domain_of(kind), kind_name(kind));
    if (fine && options->format) {
        fine = buf_printf(out, ", format: %s", options->format);
    }
    if (fine && strcmp(options->text_field, "text") != 0) {
        fine = buf_printf(out, ", text: %s", options->text_field);
    }
    if (fine && strcmp(options->id_field, "id") != 0) {
        fine = buf_printf(out, ", id: %s", options->id_field);
    }
    return fine && buf_printf(out, "}\n");
}

/* The first domain that is general or, where it is not to be, is not; NULL: there is none. */
static const char *find_domain(const struct init_files *files, bool general)
{
    for (size_t g = 0; g < files->group_count; g++) {
        const char *const domain = domain_of(files->groups[g].kind);
        if ((strcmp(domain, "general") == 0) == general) {
            return domain;
        }
    }
    return NULL;
}

static bool add_targets(const struct init_files *files, struct buf *out)
{
    const char *const own = find_domain(files, false);
    if (own && find_domain(files, true)) {
        return buf_printf(out,
                          "# One target for each model to be trained. `ratio` is its domain's share of the tokens.\n"
                          "targets:\n  - {name: %s-model, domain: %s, general: general, ratio: 0.5}\n",
                          own, own);
    }
    return buf_printf(out,
                      "# Without targets, one called `all` takes every domain whole. A target for a model:\n"
                      "# targets:\n#   - {name: my-model, domain: law, general: general, ratio: 0.3, tokens: 20e9}\n");
}

static bool write_recipe(const struct init_files *files, const struct flow *flow, struct buf *out)
{
    bool fine = buf_printf(out, "# A recipe for tamis. `tamis check` says what it would do, `tamis run` does it, "
                                "docs/RECIPE.md has every key.\n"
                                "version: 1\nseed: 17\n\n"
                                "# The order of sources says who stays when two documents are duplicates. A domain is "
                                "the label\n"
                                "# that quotas and mixtures go by: give each subject its own. The kinds are guesses.\n"
                                "sources:\n");
    for (size_t g = 0; fine && g < files->group_count; g++) {
        fine = add_source(files, flow, g, out);
    }
    return fine &&
           buf_printf(out, "\n# Tested in this order; the first rule that fails is the verdict. Rules made for prose "
                           "do not drop\n"
                           "# code, mathematics or tables.\n"
                           "filters:\n  - gopher_repetition\n  - gopher_quality: {dialect: tamis@1}\n"
                           "  - regex: {pack: boilerplate}\n\n"
                           "dedup:\n  exact: true\n  minhash: {bands: 16, rows: 6, verify: exact}\n\n"
                           "# Kept apart for validation, never trained on.\n"
                           "holdout: {share: 0.005, max_documents: 5000}\n\n") &&
           add_targets(files, out) &&
           buf_printf(out, "\noutput: {shard_bytes: 256M, compression: zstd:3, dropped: ids}\n");
}

static tamis_status explain_no_text(const struct flow *flow, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INPUT,
                      "%s: no document has a text in field '%s'; name the field with --text-field (a dotted path "
                      "looks\n"
                      "into objects). The keys of the first line: head -c 300 of the file shows them.",
                      flow->inputs.at[0].path, flow->recipe.sources[0].text);
}

static void name_rejects(const struct flow *flow, const struct check *check)
{
    for (size_t i = 0; i < check->rejects_named; i++) {
        cli_note(flow->cli, 0, "%s: byte %llu: would be rejected: %s", flow->inputs.at[check->rejects[i].input].path,
                 (unsigned long long)check->rejects[i].offset, check->rejects[i].reason);
    }
}

static tamis_status report_sample(struct flow *flow, const struct cli *cli, tamis_err *err)
{
    struct check check = {0};
    tamis_status status = check_sample(&check, &flow->run, err);
    if (!status) {
        const struct tally_cell rejected = tally_fate_sum(&check.tally, FATE_REJECTED);
        struct projection projection;
        check_project(&check, &flow->run, &projection);
        name_rejects(flow, &check);
        if (check.tally.all.documents && rejected.documents == check.tally.all.documents) {
            status = explain_no_text(flow, err);
        } else {
            cli_note(cli, 0, "looked at %llu documents of %zu files; %llu would be rejected",
                     (unsigned long long)check.tally.all.documents, flow->inputs.count,
                     (unsigned long long)rejected.documents);
            say_projection(cli, &projection);
        }
    }
    check_release(&check);
    return status;
}

static tamis_status init(struct cli *cli, tamis_err *err)
{
    const char *const path = ((const struct common *)cli->options)->output;
    if (cli->argument_count == 0 || strcmp(cli->arguments[0], "-") == 0) { /* a recipe cannot name a pipe */
        return tamis_fail(err, TAMIS_USAGE, "tamis init: name the files to look at\n"
                          "usage: tamis init FILES > recipe.yaml");
    }
    struct init_files files;
    struct flow flow;
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    flow_init(&flow, cli);
    tamis_status status = init_files_find(&files, cli, err);
    struct cli found = *cli; /* the same, of the files that were found */
    found.arguments = files.paths.at;
    found.argument_count = files.paths.count;
    status = status ? status : files_open(&flow, &found, STR("dedup: none\nfilters: []\n"), NULL, err);
    status = status ? status : files_not_inputs(&flow, &path, 1, err);
    status = status ? status : init_files_group(&files, &flow, err);
    if (!status && files.left_out) {
        cli_note(cli, 0, "%zu file%s left out: neither JSON Lines nor text, such as %s", files.left_out,
                 files.left_out == 1 ? "" : "s", files.example);
    }
    status = status ? status : report_sample(&flow, cli, err);
    if (!status && !write_recipe(&files, &flow, &out)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the recipe");
    }
    if (!status) {
        status = path ? file_write(path, out.at, out.len, err) : cli_print(buf_str(&out), err);
    }
    buf_release(&out);
    flow_close(&flow);
    init_files_release(&files);
    return status;
}

static const char *const examples[] = {"tamis init corpus/*.jsonl.zst > recipe.yaml",
                                       "tamis init --text-field content data/*.jsonl.gz -o recipe.yaml", NULL};

const struct verb verb_init = {
    .name = "init",
    .synopsis = "FILES [options]",
    .summary = "looks at files and writes a recipe with comments",
    .examples = examples,
    .params = params,
    .options_bytes = sizeof(struct init_options),
    .without = "json set tmp stats",
    .run = init,
};
