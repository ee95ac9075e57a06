/*
 * The table of rules. Verdicts in the ledger are indexes into it, so its order is part of the ledger's format.
 */
#include "recipe/rules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/str.h"

#define RULES_MAX 60000u

const char *stage_name(enum stage stage)
{
    static const char *const names[STAGE_COUNT] = {"", "parse", "filter", "dedup", "select"};
    return names[stage];
}

static tamis_status add(struct rules *rules, size_t *cap, struct rule rule, tamis_err *err)
{
    if (rules->count == RULES_MAX) {
        return tamis_fail(err, TAMIS_USAGE, "the recipe has more than %u rules", RULES_MAX);
    }
    if (rules->count == *cap) {
        const size_t bigger = *cap ? 2 * *cap : 64;
        struct rule *const at = realloc(rules->at, bigger * sizeof *at);
        if (!at) {
            return tamis_fail(err, TAMIS_IO, "out of memory for the table of rules");
        }
        rules->at = at;
        *cap = bigger;
    }
    rules->at[rules->count++] = rule;
    return TAMIS_OK;
}

static tamis_status add_plain(struct rules *rules, size_t *cap, enum stage stage, const char *name, tamis_err *err)
{
    return add(rules, cap, (struct rule){.stage = stage, .name = name, .threshold = NAN}, err);
}

/* The name of a rule, told apart from the same rule of an earlier instance of its filter. NULL: no memory. */
static const char *unique_name(struct rules *rules, const char *name)
{
    size_t same = 0;
    for (size_t r = rules->first_filter; r < rules->count; r++) {
        const size_t len = strlen(name);
        const char *const other = rules->at[r].name;
        same += strncmp(other, name, len) == 0 && (other[len] == '\0' || other[len] == '@');
    }
    if (same == 0) {
        return name;
    }
    char text[256];
    snprintf(text, sizeof text, "%s@%zu", name, same + 1);
    return arena_strdup(&rules->names, str_from(text));
}

static tamis_status add_filter(struct rules *rules, size_t *cap, const struct recipe *recipe, size_t filter,
                               tamis_err *err)
{
    const struct recipe_filter *const f = &recipe->filters[filter];
    const tamis_rule *of = NULL;
    const size_t count = f->filter->rules(f->self, &of);
    for (size_t i = 0; i < count; i++) {
        const struct rule rule = {
            .stage = STAGE_FILTER,
            .name = unique_name(rules, of[i].name),
            .signal = of[i].signal,
            .side = of[i].side,
            .threshold = of[i].threshold,
            .language = of[i].language,
            .needs_spaces = of[i].needs_spaces,
            .filter = (uint16_t)filter,
            .number = (uint16_t)i,
        };
        const tamis_status status =
            rule.name ? add(rules, cap, rule, err) : tamis_fail(err, TAMIS_IO, "out of memory for the table of rules");
        if (status) {
            return status;
        }
    }
    return TAMIS_OK;
}

/* `accept` names rules: a name that no rule has would silently accept nothing. */
static tamis_status check_accept(const struct rules *rules, const struct recipe *recipe, tamis_err *err)
{
    for (size_t i = 0; i < recipe->accept_count; i++) {
        const char *const name = recipe->accept[i].rule;
        const size_t rule = rules_find(rules, str_from(name));
        bool known = strcmp(name, "all") == 0 || (rule >= rules->first_filter && rule < rules->exact);
        if (rule < rules->count && rules->at[rule].stage == STAGE_DEDUP) {
            return tamis_fail(err, TAMIS_USAGE, "%s: accept: duplicates are accepted source by source; write "
                              "dedup.SOURCE instead of '%s'", recipe->path, name);
        }
        for (size_t s = 0; !known && s < recipe->source_count; s++) {
            known = strncmp(name, "dedup.", 6) == 0 && strcmp(name + 6, recipe->sources[s].name) == 0;
        }
        if (!known) {
            const char **const names = calloc(rules->count + 1, sizeof *names);
            for (size_t r = 0; names && r < rules->count; r++) {
                names[r] = rules->at[r].name;
            }
            const char *const near = names ? tamis_nearest(str_from(name), names) : NULL;
            free(names);
            return tamis_fail(err, TAMIS_USAGE, "%s: accept: no rule is called '%s'%s%s%s", recipe->path, name,
                              near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
        }
    }
    return TAMIS_OK;
}

tamis_status rules_init(struct rules *rules, const struct recipe *recipe, tamis_err *err)
{
    size_t cap = 0;
    *rules = (struct rules){0};
    arena_init(&rules->names);
    tamis_status status = TAMIS_OK;
    for (int reason = REJECT_NONE + 1; !status && reason < REJECT_REASONS; reason++) {
        status = add_plain(rules, &cap, STAGE_PARSE, reject_name((enum reject)reason), err);
    }
    rules->first_filter = (uint16_t)rules->count;
    for (size_t f = 0; !status && f < recipe->filter_count; f++) {
        status = add_filter(rules, &cap, recipe, f, err);
    }
    rules->exact = (uint16_t)rules->count;
    status = status ? status : add_plain(rules, &cap, STAGE_DEDUP, "exact", err);
    rules->minhash = (uint16_t)rules->count;
    status = status ? status : add_plain(rules, &cap, STAGE_DEDUP, "minhash", err);
    rules->select = (uint16_t)rules->count;
    status = status ? status : add_plain(rules, &cap, STAGE_SELECT, "random", err);
    rules->take = (uint16_t)rules->count;
    status = status ? status : add_plain(rules, &cap, STAGE_SELECT, "take", err);
    rules->top = (uint16_t)rules->count;
    status = status ? status : add_plain(rules, &cap, STAGE_SELECT, "top", err);
    status = status ? status : add_plain(rules, &cap, STAGE_SELECT, "bottom", err);
    status = status ? status : add_plain(rules, &cap, STAGE_SELECT, "middle", err);
    rules->unscored = (uint16_t)rules->count;
    status = status ? status : add_plain(rules, &cap, STAGE_SELECT, "unscored", err);
    status = status ? status : check_accept(rules, recipe, err);
    if (status) {
        rules_release(rules);
    }
    return status;
}

void rules_release(struct rules *rules)
{
    arena_release(&rules->names);
    free(rules->at);
    *rules = (struct rules){0};
}

size_t rules_find(const struct rules *rules, tamis_str name)
{
    for (size_t r = 0; r < rules->count; r++) {
        const char *const stage = stage_name(rules->at[r].stage);
        const size_t len = strlen(stage);
        const bool staged = name.len > len && memcmp(name.at, stage, len) == 0 && name.at[len] == '.';
        const tamis_str rest = staged ? (tamis_str){name.at + len + 1, name.len - len - 1} : name;
        if (str_is(rest, rules->at[r].name) || str_is(name, rules->at[r].name)) {
            return r;
        }
    }
    return rules->count;
}
