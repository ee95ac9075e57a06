/* The schema of a ledger. */
#include "run/schema.h"

#include "core/json.h"
#include "core/path.h"
#include "core/str.h"
#include "recipe/kind.h"

static void write_rules(struct json *j, const struct rules *rules)
{
    json_key(j, "rules");
    json_open(j, '[');
    for (size_t r = 0; r < rules->count; r++) {
        const struct rule *const rule = &rules->at[r];
        json_open(j, '{');
        json_key_count(j, "verdict", r + 1);
        json_key_text(j, "stage", stage_name(rule->stage));
        json_key_text(j, "rule", rule->name);
        if (rule->signal) {
            json_key_text(j, "signal", rule->signal);
            json_key_text(j, "drops", rule->side == TAMIS_DROP_BELOW ? "below" : "above");
            json_key_real(j, "threshold", rule->threshold);
        }
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void write_names(struct json *j, const struct recipe *recipe)
{
    json_key(j, "sources");
    json_open(j, '[');
    for (size_t s = 0; s < recipe->source_count; s++) {
        json_text(j, recipe->sources[s].name);
    }
    json_close(j, ']');
    json_key(j, "domains");
    json_open(j, '[');
    for (size_t d = 0; d < recipe->domain_count; d++) {
        json_text(j, recipe->domains[d].name);
    }
    json_close(j, ']');
    json_key(j, "kinds");
    json_open(j, '[');
    for (int k = 0; k < TAMIS_KINDS; k++) {
        json_text(j, kind_name((tamis_kind)k));
    }
    json_close(j, ']');
}

tamis_status schema_write(const struct run *run, tamis_err *err)
{
    struct path path;
    const tamis_status status = path_make(&path, err, "%s/schema.json", run->ledger);
    if (status) {
        return status;
    }
    struct buf text;
    struct json json;
    buf_init(&text, BUF_UNLIMITED);
    json_init(&json, &text, 1);
    json_open(&json, '{');
    json_key_count(&json, "version", LEDGER_VERSION);
    json_key_text(&json, "tamis", tamis_version());
    json_key_text(&json, "survey", SURVEY_DTYPE);
    json_key_text(&json, "resolve", RESOLVE_DTYPE);
    json_key_text(&json, "score", SCORE_DTYPE);
    json_key_text(&json, "select", SELECT_DTYPE);
    write_names(&json, run->recipe);
    write_rules(&json, run->rules);
    json_close(&json, '}');
    const bool fine = !json.failed && buf_add_char(&text, '\n');
    return file_write_text(path.at, &text, fine, err);
}

tamis_status schema_check(const struct run *run, tamis_err *err)
{
    struct path path;
    tamis_status status = path_make(&path, err, "%s/schema.json", run->ledger);
    if (status || !file_exists(path.at)) {
        return status;
    }
    struct arena arena;
    struct tree *root = NULL;
    uint64_t version = 0;
    arena_init(&arena);
    status = tree_load(&arena, path.at, &root, err);
    if (!status) {
        const struct tree *const node = tree_get(root, "version");
        if (!node || node->kind != TREE_SCALAR || !str_count(str_from(node->text), &version)) {
            status = tree_fail(root, err, "no ledger version; the run folder is damaged");
        } else if (version != LEDGER_VERSION) {
            status = tree_fail(node, err, "ledger version %llu; this tamis (%s) reads version %d. Use the tamis that "
                               "wrote it, or another run folder", (unsigned long long)version, tamis_version(),
                               LEDGER_VERSION);
        }
    }
    arena_release(&arena);
    return status;
}
