/*
 * The filters of a recipe: options from each filter's own table, `on`, and opening.
 *
 * `on` lists kinds and domains. A filter may drop a document whose kind is listed (any, when no kind is) and whose
 * domain is listed (any, when no domain is). `all` is every kind and domain. A name that is both is written kind:NAME
 * or domain:NAME.
 */
#include "recipe/recipe_read.h"

#include <string.h>

#include "core/str.h"

static const char *const on_key[] = {"on", NULL};

/* ---- on --------------------------------------------------------------------------------------------------------- */

struct on {
    uint32_t kinds; /* bits of the kinds listed */
    bool *domains;  /* those listed */
    size_t domain_count;
};

/* True when a name that is both a kind and a domain comes to the same documents either way. */
static bool means_the_same(const struct recipe *r, int kind, size_t domain)
{
    for (size_t i = 0; i < r->source_count; i++) {
        const struct recipe_source *const s = &r->sources[i];
        if (s->kind == KIND_UNKNOWN || (s->kind == kind) != (s->domain == domain)) {
            return false;
        }
    }
    return true;
}

static tamis_status unknown_on(struct recipe *r, const struct tree *node, tamis_err *err)
{
    const char **const names = recipe_alloc(r, r->domain_count + TAMIS_KINDS + 2, sizeof *names, err);
    if (!names) {
        return TAMIS_IO;
    }
    size_t count = 0;
    for (size_t d = 0; d < r->domain_count; d++) {
        names[count++] = r->domains[d].name;
    }
    recipe_list_kinds(names + count);
    names[count + TAMIS_KINDS] = "all";
    return recipe_unknown(node, "kind or domain", node->text, names, err);
}

static tamis_status add_on(struct recipe *r, struct on *on, const struct tree *node, bool alone, tamis_err *err)
{
    if (node->kind != TREE_SCALAR) {
        return tree_fail(node, err, "on: a kind or a domain is wanted here");
    }
    if (strcmp(node->text, "all") == 0) {
        return alone ? TAMIS_OK : tree_fail(node, err, "on: `all` stands alone; take the others out");
    }
    static const char kind_mark[] = "kind:", domain_mark[] = "domain:";
    const bool only_kind = strncmp(node->text, kind_mark, sizeof kind_mark - 1) == 0;
    const bool only_domain = strncmp(node->text, domain_mark, sizeof domain_mark - 1) == 0;
    const char *const name = node->text + (only_kind ? sizeof kind_mark - 1 : only_domain ? sizeof domain_mark - 1 : 0);
    const int kind = only_domain ? KIND_UNKNOWN : recipe_find_kind(name);
    const size_t domain = only_kind ? r->domain_count : recipe_domain_index(r, name);
    if (kind == KIND_UNKNOWN && domain == r->domain_count) {
        return unknown_on(r, node, err);
    }
    if (kind != KIND_UNKNOWN && domain < r->domain_count && !(alone && means_the_same(r, kind, domain))) {
        return tree_fail(node, err, "on: '%s' is both a kind and a domain of this recipe; write kind:%s or domain:%s",
                         name, name, name);
    }
    if (kind != KIND_UNKNOWN) {
        on->kinds |= TAMIS_KIND_BIT(kind);
    }
    if (domain < r->domain_count) {
        on->domain_count += !on->domains[domain];
        on->domains[domain] = true;
    }
    return TAMIS_OK;
}

/* Nothing in the sources is both of a listed kind and of a listed domain: the filter would never drop anything. */
static bool matches_nothing(const struct recipe *r, const struct on *on)
{
    for (size_t i = 0; i < r->source_count; i++) {
        const struct recipe_source *const s = &r->sources[i];
        if (on->domains[s->domain] && (s->kind == KIND_UNKNOWN || (on->kinds & TAMIS_KIND_BIT(s->kind)))) {
            return false;
        }
    }
    return on->kinds && on->domain_count;
}

/* "[law, code]", quoted where needed. */
static tamis_status print_on(struct recipe *r, const struct tree *node, const char **text, tamis_err *err)
{
    static const tamis_param list = {"on", TAMIS_STRINGS, 0, NULL, 0, 0, NULL, NULL};
    tamis_strings names = {NULL, node->kind == TREE_LIST ? node->count : 1};
    names.at = recipe_alloc(r, names.count, sizeof *names.at, err);
    if (!names.at) {
        return TAMIS_IO;
    }
    for (size_t i = 0; i < names.count; i++) {
        names.at[i] = node->kind == TREE_LIST ? node->items[i]->text : node->text;
    }
    struct buf printed;
    buf_init(&printed, BUF_UNLIMITED);
    *text = param_print(&list, &names, &printed) ? arena_strdup(&r->arena, buf_str(&printed)) : NULL;
    buf_release(&printed);
    return *text ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "%s: out of memory while reading the recipe", r->path);
}

static tamis_status read_on(struct recipe *r, struct recipe_filter *f, const struct tree *node, tamis_err *err)
{
    f->kinds = f->filter->kinds;
    if (recipe_absent(node)) {
        return TAMIS_OK;
    }
    struct on on = {.domains = recipe_alloc(r, r->domain_count, sizeof *on.domains, err)};
    const bool is_list = node->kind == TREE_LIST;
    const size_t count = is_list ? node->count : 1;
    tamis_status status = on.domains ? TAMIS_OK : TAMIS_IO;
    if (!status && count == 0) {
        status = tree_fail(node, err, "on: the list is empty; name kinds or domains, or take the filter out");
    }
    for (size_t i = 0; !status && i < count; i++) {
        status = add_on(r, &on, is_list ? node->items[i] : node, count == 1, err);
    }
    if (!status && matches_nothing(r, &on)) {
        status = tree_fail(node, err, "on: both a kind and a domain are listed, and no source is of both; a filter "
                           "drops only documents whose kind and whose domain are listed, so it would drop nothing");
    }
    if (status) {
        return status;
    }
    f->any_language = !on.kinds && !on.domain_count; /* `all` */
    f->kinds = on.kinds ? on.kinds : TAMIS_EVERY_KIND;
    f->domains = on.domain_count ? on.domains : NULL;
    return print_on(r, node, &f->on_text, err);
}

/* Options that name a .yaml file name it as the recipe's paths do: from its folder. */
static tamis_status resolve_files(struct recipe *r, const tamis_param *params, void *self, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (const tamis_param *param = params; !status && param->name; param++) {
        const char **const value = (const char **)(void *)((char *)self + param->offset);
        if (param->type == TAMIS_STRING && *value && str_ends_with(str_from(*value), ".yaml")) {
            status = recipe_see_path(r, value, err);
        }
    }
    return status;
}

/* ---- One filter ------------------------------------------------------------------------------------------------- */

static tamis_status find_filter(struct recipe *r, const struct tree *node, const char *name,
                                const tamis_filter **filter, tamis_err *err)
{
    const tamis_filter *const *const all = tamis_filters();
    size_t count = 0;
    for (; all[count]; count++) {
        if (strcmp(all[count]->name, name) == 0) {
            *filter = all[count];
            return TAMIS_OK;
        }
    }
    const char **const names = recipe_alloc(r, count + 1, sizeof *names, err);
    for (size_t f = 0; names && f < count; f++) {
        names[f] = all[f]->name;
    }
    return !names ? TAMIS_IO : recipe_unknown(node, "filter", name, names, err);
}

/* `name` or {name: options}; *options is NULL where there are none. */
static tamis_status read_item(const struct tree *item, struct tree *place, const char **name,
                              const struct tree **options, tamis_err *err)
{
    *place = *item;
    *options = NULL;
    if (item->kind == TREE_SCALAR && item->text[0]) {
        *name = item->text;
        return TAMIS_OK;
    }
    if (item->kind != TREE_MAP || item->count != 1) {
        return tree_fail(item, err, "filters: a name is wanted here, or one name with its options (NAME: {KEY: VALUE, "
                         "on: ...}); options stand deeper than the name");
    }
    *place = recipe_key_of(item->items[0]);
    *name = item->keys[0];
    *options = tree_is_null(item->items[0]) ? NULL : item->items[0];
    return *options ? recipe_want_map(*options, *name, err) : TAMIS_OK;
}

static tamis_status open_filter(struct recipe *r, struct recipe_filter *f, const struct tree *place, tamis_err *err)
{
    static const tamis_param no_params[] = {{0}};
    const tamis_filter *const filter = f->filter;
    if (filter->abi != TAMIS_FILTER_ABI) {
        return tamis_fail(err, TAMIS_INTERNAL, "filter '%s' was made for filter interface %u, this is %u",
                          filter->name, (unsigned)filter->abi, TAMIS_FILTER_ABI);
    }
    f->self = recipe_alloc(r, 1, filter->self_bytes, err);
    const tamis_param *const params = filter->params ? filter->params : no_params;
    tamis_status status = f->self ? recipe_fill(r, params, on_key, f->self, f->options, err) : TAMIS_IO;
    if (status || !filter->open) {
        return status;
    }
    status = resolve_files(r, params, f->self, err);
    if (status) {
        return status;
    }
    tamis_err why = {0};
    status = filter->open(f->self, &why);
    if (status == TAMIS_USAGE) {
        return tree_fail(place, err, "filter '%s': %s", filter->name, why.text);
    }
    return status ? tamis_fail(err, status, "%s: filter '%s': %s", r->path, filter->name, why.text) : TAMIS_OK;
}

static tamis_status read_filter(struct recipe *r, struct recipe_filter *f, const struct tree *item, tamis_err *err)
{
    struct tree place;
    const char *name = "";
    tamis_status status = read_item(item, &place, &name, &f->options, err);
    status = status ? status : find_filter(r, &place, name, &f->filter, err);
    status = status ? status : read_on(r, f, f->options ? tree_get(f->options, "on") : NULL, err);
    return status ? status : open_filter(r, f, &place, err);
}

tamis_status recipe_read_filters(struct recipe *r, const struct tree *filters, tamis_err *err)
{
    if (recipe_absent(filters) || recipe_says_off(filters)) {
        return TAMIS_OK;
    }
    tamis_status status = recipe_want_list(filters, "filters", err);
    if (!status && filters->count > RECIPE_MAX_FILTERS) {
        status = tree_fail(filters, err, "%zu filters are too many, %d are allowed", filters->count,
                           RECIPE_MAX_FILTERS);
    }
    if (!status) {
        r->filters = recipe_alloc(r, filters->count, sizeof *r->filters, err);
        status = r->filters ? TAMIS_OK : TAMIS_IO;
    }
    for (size_t i = 0; !status && i < filters->count; i++) {
        status = read_filter(r, &r->filters[i], filters->items[i], err);
        r->filter_count += !status; /* a filter that did not open is not closed */
    }
    return status;
}

void recipe_close_filters(struct recipe *r)
{
    while (r->filter_count > 0) {
        const struct recipe_filter *const f = &r->filters[--r->filter_count];
        if (f->filter->close) {
            f->filter->close(f->self);
        }
    }
}
