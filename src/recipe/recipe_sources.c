/*
 * The sources of a recipe, and the domains in the order they first name them.
 */
#include "recipe/recipe_read.h"

#include <math.h>
#include <string.h>

#include "core/str.h"
#include "recipe/kind.h"

#define THRESHOLD_USUAL 0.8
#define THRESHOLD_TEMPLATED 0.95 /* code, tables, law: templated text differs in the numbers that matter */

/* ---- One source ------------------------------------------------------------------------------------------------- */

static tamis_status check_paths(const struct recipe_source *s, const struct tree *map, tamis_err *err)
{
    const struct tree *const paths = tree_get(map, "paths");
    if (s->paths.count == 0) {
        return tree_fail(paths ? paths : map, err, "source '%s' has no files; give it `paths`", s->name);
    }
    for (size_t p = 0; p < s->paths.count; p++) {
        const struct tree *const item = paths->kind == TREE_LIST && p < paths->count ? paths->items[p] : paths;
        if (strcmp(s->paths.at[p], "-") == 0) {
            return tree_fail(item, err,
                             "recipes read files; write what comes in by stdin to a file first and name that");
        }
        if (s->paths.at[p][0] == '\0') {
            return tree_fail(item, err, "source '%s': an empty path means no file; take it out", s->name);
        }
    }
    return TAMIS_OK;
}

static tamis_status check_fields(struct recipe_source *s, const struct tree *map, tamis_err *err)
{
    if (!s->text) {
        s->text = param_find(recipe_source_params, STR("text"))->fallback;
    }
    const struct {
        const char *key, *field;
    } fields[] = {
        {"text", s->text}, {"id", s->id}, {"tokens", s->tokens}, {"language", s->language}, {"date", s->date},
    };
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
        if (fields[f].field && fields[f].field[0] == '\0') {
            return tree_fail(tree_get(map, fields[f].key), err, "source '%s': `%s` is empty; name a field, or leave "
                             "the key out", s->name, fields[f].key);
        }
    }
    return TAMIS_OK;
}

static tamis_status find_kind(struct recipe_source *s, const struct tree *map, tamis_err *err)
{
    s->kind = KIND_UNKNOWN;
    if (!s->kind_name) {
        return TAMIS_OK;
    }
    s->kind = recipe_find_kind(s->kind_name);
    const char *names[TAMIS_KINDS + 1] = {NULL};
    recipe_list_kinds(names);
    return s->kind != KIND_UNKNOWN ? TAMIS_OK
                                   : recipe_unknown(tree_get(map, "kind"), "kind", s->kind_name, names, err);
}

static tamis_status find_format(struct recipe *r, struct recipe_source *s, const struct tree *map, tamis_err *err)
{
    if (!s->format_name) {
        return TAMIS_OK;
    }
    s->format = reader_by_name(s->format_name);
    if (s->format) {
        return TAMIS_OK;
    }
    size_t count = 0;
    while (reader_formats[count]) {
        count++;
    }
    const char **const names = recipe_alloc(r, count + 1, sizeof *names, err);
    for (size_t f = 0; names && f < count; f++) {
        names[f] = reader_formats[f]->name;
    }
    return !names ? TAMIS_IO : recipe_unknown(tree_get(map, "format"), "format", s->format_name, names, err);
}

static tamis_status check_source_name(const struct recipe *r, const struct recipe_source *s, const struct tree *map,
                                      tamis_err *err)
{
    if (!s->name) {
        return tree_fail(map, err, "a source has no `name`; give it one, verdicts and reports go by it");
    }
    const struct tree *const node = tree_get(map, "name");
    for (const struct recipe_source *other = r->sources; other < s; other++) {
        if (strcmp(other->name, s->name) == 0) {
            return tree_fail(node, err, "two sources are called '%s'; rename one", s->name);
        }
    }
    return recipe_check_name(node, "source", s->name, err);
}

static tamis_status find_domain(struct recipe *r, struct recipe_source *s, const struct tree *map, tamis_err *err)
{
    const struct tree *const said = tree_get(map, "domain");
    const struct tree *const node = said ? said : map;
    if (!s->domain_name) {
        s->domain_name = param_find(recipe_source_params, STR("domain"))->fallback;
    }
    if (strcmp(s->domain_name, "all") == 0 || strcmp(s->domain_name, "default") == 0) {
        return tree_fail(node, err, "a domain cannot be called '%s', which has a meaning of its own in recipes",
                         s->domain_name);
    }
    const tamis_status status = recipe_check_name(node, "domain", s->domain_name, err);
    if (status) {
        return status;
    }
    const size_t domain = recipe_domain_index(r, s->domain_name);
    if (domain == r->domain_count) {
        r->domains[r->domain_count++].name = s->domain_name;
    }
    s->domain = (uint16_t)domain;
    return TAMIS_OK;
}

static tamis_status read_source(struct recipe *r, struct recipe_source *s, const struct tree *map, tamis_err *err)
{
    tamis_status status = recipe_want_map(map, "sources", err);
    status = status ? status : recipe_fill(r, recipe_source_params, NULL, s, map, err);
    status = status ? status : check_source_name(r, s, map, err);
    status = status ? status : check_paths(s, map, err);
    status = status ? status : check_fields(s, map, err);
    status = status ? status : find_kind(s, map, err);
    status = status ? status : find_format(r, s, map, err);
    return status ? status : find_domain(r, s, map, err);
}

/* ---- Who counted the tokens ------------------------------------------------------------------------------------- */

static tamis_status check_tokenizer(struct recipe *r, const struct tree *root, const struct tree *sources,
                                    tamis_err *err)
{
    size_t counted = 0;
    for (size_t i = 0; i < r->source_count; i++) {
        const struct recipe_source *const s = &r->sources[i];
        counted += s->tokens != NULL;
        if (s->tokens && !r->tokenizer) {
            return tree_fail(tree_get(sources->items[i], "tokens"), err,
                             "source '%s' takes its numbers of tokens from the field '%s', but the recipe does not "
                             "say which tokenizer counted them; numbers of two tokenizers do not add up: give "
                             "`tokenizer: NAME`", s->name, s->tokens);
        }
    }
    if (r->tokenizer && counted == 0) {
        return tree_fail(tree_get(root, "tokenizer"), err,
                         "this version cannot count tokens by a tokenizer file; name the field that holds the "
                         "numbers (`tokens: FIELD` in the sources), or leave `tokenizer` out to have them estimated");
    }
    r->tokens_estimated = counted < r->source_count;
    r->ratio_exact = counted == r->source_count;
    return TAMIS_OK;
}

tamis_status recipe_read_sources(struct recipe *r, const struct tree *root, tamis_err *err)
{
    const struct tree *const sources = tree_get(root, "sources");
    if (recipe_absent(sources) || (sources->kind == TREE_LIST && sources->count == 0)) {
        return tree_fail(sources ? sources : root, err, "the recipe has no sources; give it `sources: [{name: ..., "
                         "paths: [...]}]`");
    }
    tamis_status status = recipe_want_list(sources, "sources", err);
    if (!status && sources->count > RECIPE_MAX_SOURCES) {
        status = tree_fail(sources, err, "%zu sources are too many, %d are allowed; put files of one kind and domain "
                           "into one source", sources->count, RECIPE_MAX_SOURCES);
    }
    if (!status) {
        r->sources = recipe_alloc(r, sources->count, sizeof *r->sources, err);
        r->domains = r->sources ? recipe_alloc(r, sources->count, sizeof *r->domains, err) : NULL;
        status = r->domains ? TAMIS_OK : TAMIS_IO;
    }
    for (size_t i = 0; !status && i < sources->count; i++) {
        status = read_source(r, &r->sources[i], sources->items[i], err);
        r->source_count += !status;
    }
    return status ? status : check_tokenizer(r, root, sources, err);
}

/* ---- Thresholds of near-duplicates ------------------------------------------------------------------------------ */

static bool is_law(const char *domain)
{
    return strcmp(domain, "law") == 0 || strcmp(domain, "legal") == 0;
}

static void settle(const struct recipe *r, struct recipe_source *s)
{
    const double own = r->domains[s->domain].threshold;
    const bool templated = s->kind == TAMIS_CODE || s->kind == TAMIS_TABLE;
    s->threshold = !isnan(own) ? own : templated ? THRESHOLD_TEMPLATED : THRESHOLD_USUAL;
}

void recipe_settle_thresholds(struct recipe *r, const double *values, const bool *given)
{
    for (size_t d = 0; d < r->domain_count; d++) {
        const double usual = is_law(r->domains[d].name) ? THRESHOLD_TEMPLATED : NAN;
        r->domains[d].threshold = given[d] ? values[d] : usual;
    }
    for (size_t i = 0; i < r->source_count; i++) {
        settle(r, &r->sources[i]);
    }
}

void recipe_tell_kind(struct recipe *r, size_t source, tamis_kind kind)
{
    r->sources[source].kind = (int)kind;
    r->sources[source].kind_name = kind_name(kind);
    settle(r, &r->sources[source]);
}
