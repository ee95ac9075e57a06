/* tamis init: looks at files and writes a recipe with comments. */
#include <stdlib.h>
#include <string.h>

#include "cmd/files.h"
#include "cmd/say.h"
#include "cmd/verbs.h"
#include "core/json.h"
#include "core/str.h"
#include "run/kind.h"

struct init_options {
    struct files_options files;
};

static const tamis_param params[] = {FILES_PARAMS, {0}};

#define SOURCES_AT_MOST 256

/* A name for a source from a file's name: what stands before the first dot, made of letters, digits, _ and -. */
static tamis_str stem_of(const char *path)
{
    const char *const slash = strrchr(path, '/');
    const char *const name = slash ? slash + 1 : path;
    const size_t len = strcspn(name, ".");
    return (tamis_str){name, len > 48 ? 48 : len};
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

/* How many files before this one have the same stem. */
static size_t same_before(const struct inputs *inputs, size_t index)
{
    size_t same = 0;
    for (size_t i = 0; i < index; i++) {
        same += str_equal(stem_of(inputs->at[i].path), stem_of(inputs->at[index].path));
    }
    return same;
}

static const char *domain_of(tamis_kind kind)
{
    return kind == TAMIS_PROSE || kind == TAMIS_OTHER || kind == TAMIS_MARKUP ? "general" : kind_name(kind);
}

static bool add_path(struct buf *out, const char *path)
{
    struct json json;
    char *const real = realpath(path, NULL);
    json_init(&json, out, 0);
    json_text(&json, real ? real : path);
    free(real);
    return !json.failed;
}

static bool add_source(const struct flow *flow, size_t i, struct buf *out)
{
    const struct recipe_source *const s = &flow->recipe.sources[flow->inputs.at[i].source];
    const tamis_kind kind = (tamis_kind)s->kind;
    bool fine = buf_printf(out, "  - {name: ") &&
                add_name(out, stem_of(flow->inputs.at[i].path), same_before(&flow->inputs, i)) &&
                buf_printf(out, ", paths: [") && add_path(out, flow->inputs.at[i].path) &&
                buf_printf(out, "], domain: %s, kind: %s", domain_of(kind), kind_name(kind));
    if (fine && strcmp(s->text, "text") != 0) {
        fine = buf_printf(out, ", text: %s", s->text);
    }
    if (fine && strcmp(s->id, "id") != 0) {
        fine = buf_printf(out, ", id: %s", s->id);
    }
    return fine && buf_printf(out, "}\n");
}

/* With very many files one source takes them all; the user parts them better than we can. */
static bool add_one_source(const struct flow *flow, struct buf *out)
{
    bool fine = buf_printf(out, "  - name: corpus\n    domain: general\n    kind: %s\n    text: %s\n    id: %s\n"
                           "    paths:\n",
                           kind_name((tamis_kind)flow->recipe.sources[0].kind), flow->recipe.sources[0].text,
                           flow->recipe.sources[0].id);
    for (size_t i = 0; fine && i < flow->inputs.count; i++) {
        fine = buf_printf(out, "      - ") && add_path(out, flow->inputs.at[i].path) && buf_add_char(out, '\n');
    }
    return fine;
}

static const char *own_domain(const struct flow *flow)
{
    for (size_t i = 0; i < flow->inputs.count; i++) {
        const char *const domain = domain_of((tamis_kind)flow->recipe.sources[flow->inputs.at[i].source].kind);
        if (strcmp(domain, "general") != 0) {
            return domain;
        }
    }
    return NULL;
}

static bool has_general(const struct flow *flow)
{
    for (size_t i = 0; i < flow->inputs.count; i++) {
        if (strcmp(domain_of((tamis_kind)flow->recipe.sources[flow->inputs.at[i].source].kind), "general") == 0) {
            return true;
        }
    }
    return false;
}

static bool add_targets(const struct flow *flow, struct buf *out)
{
    const char *const own = flow->inputs.count > SOURCES_AT_MOST ? NULL : own_domain(flow);
    if (own && has_general(flow)) {
        return buf_printf(out,
                          "# One target for each model to be trained. `ratio` is its domain's share of the tokens.\n"
                          "targets:\n  - {name: %s-model, domain: %s, general: general, ratio: 0.5}\n",
                          own, own);
    }
    return buf_printf(out,
                      "# Without targets, one called `all` takes every domain whole. A target for a model:\n"
                      "# targets:\n#   - {name: my-model, domain: law, general: general, ratio: 0.3, tokens: 20e9}\n");
}

static bool write_recipe(const struct flow *flow, struct buf *out)
{
    bool fine = buf_printf(out, "# A recipe for tamis. `tamis check` says what it would do, `tamis run` does it.\n"
                                "version: 1\nseed: 17\n\n"
                                "# The order of sources says who stays when two documents are duplicates. A domain is "
                                "the label\n"
                                "# that quotas and mixtures go by: give each subject its own. The kinds are guesses.\n"
                                "sources:\n");
    if (fine && flow->inputs.count > SOURCES_AT_MOST) {
        fine = add_one_source(flow, out);
    }
    for (size_t i = 0; fine && flow->inputs.count <= SOURCES_AT_MOST && i < flow->inputs.count; i++) {
        fine = add_source(flow, i, out);
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
           add_targets(flow, out) &&
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

static tamis_status report_sample(struct flow *flow, const struct cli *cli, tamis_err *err)
{
    struct check check = {0};
    tamis_status status = check_sample(&check, &flow->run, err);
    if (!status) {
        const struct tally_cell rejected = tally_fate_sum(&check.tally, FATE_REJECTED);
        struct projection projection;
        check_project(&check, &flow->run, &projection);
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
    if (cli->argument_count == 0) {
        return tamis_fail(err, TAMIS_USAGE, "tamis init: name the files to look at\n"
                          "usage: tamis init FILES > recipe.yaml");
    }
    struct flow flow;
    struct buf out;
    buf_init(&out, BUF_UNLIMITED);
    flow_init(&flow, cli);
    tamis_status status = files_open(&flow, cli, STR("dedup: none\nfilters: []\n"), NULL, err);
    status = status ? status : files_not_inputs(&flow, &path, 1, err);
    status = status ? status : report_sample(&flow, cli, err);
    if (!status && !write_recipe(&flow, &out)) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the recipe");
    }
    if (!status) {
        status = path ? file_write(path, out.at, out.len, err) : cli_print(buf_str(&out), err);
    }
    buf_release(&out);
    flow_close(&flow);
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
