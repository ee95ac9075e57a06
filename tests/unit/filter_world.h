/* What the tests of filters share: opening one with options written as text, asking it, judging as the program does. */
#ifndef FILTER_WORLD_H
#define FILTER_WORLD_H

#include "documents.h"

#include <math.h>

#include "core/param.h"

struct opened {
    const tamis_filter *filter;
    void *self, *scratch;
    const tamis_rule *rules;
    size_t count;
    struct arena arena;
};

static inline const tamis_filter *find_filter(const char *name)
{
    for (const tamis_filter *const *f = tamis_filters(); *f; f++) {
        if (strcmp((*f)->name, name) == 0) {
            return *f;
        }
    }
    fail_msg("there is no filter %s", name);
    return NULL;
}

/* "k=v,k=v"; parted by tabs instead where there is one, so that values may hold commas. */
static inline void set_options(struct opened *o, const char *options)
{
    const char *const between = strchr(options, '\t') ? "\t" : ",";
    char copy[4096], *rest = copy;
    tamis_err err;
    snprintf(copy, sizeof copy, "%s", options);
    for (char *item; (item = strtok_r(rest, between, &rest));) {
        char *const equals = strchr(item, '=');
        assert_non_null(equals);
        const tamis_param *const param = param_find(o->filter->params, (tamis_str){item, (size_t)(equals - item)});
        if (!param) {
            fail_msg("%s has no option %s", o->filter->name, item);
            return;
        }
        const tamis_str value = {equals + 1, strlen(equals + 1)};
        assert_int_equal(param_set(param, o->self, value, &o->arena, "test", &err), TAMIS_OK);
    }
}

/* What open() returns; on failure all is closed again. */
static inline tamis_status try_open(struct opened *o, const char *name, const char *options, tamis_err *err)
{
    *o = (struct opened){.filter = find_filter(name)};
    arena_init(&o->arena);
    o->self = calloc(1, o->filter->self_bytes + 1);
    o->scratch = calloc(1, o->filter->scratch_bytes + 1);
    assert_true(o->self && o->scratch);
    assert_int_equal(param_defaults(o->filter->params, o->self, &o->arena, err), TAMIS_OK);
    set_options(o, options);
    const tamis_status status = o->filter->open ? o->filter->open(o->self, err) : TAMIS_OK;
    if (status) {
        free(o->self);
        free(o->scratch);
        arena_release(&o->arena);
        return status;
    }
    assert_int_equal(o->filter->scratch_open ? o->filter->scratch_open(o->self, o->scratch, err) : TAMIS_OK, TAMIS_OK);
    o->count = o->filter->rules(o->self, &o->rules);
    return TAMIS_OK;
}

static inline void open_filter(struct opened *o, const char *name, const char *options)
{
    tamis_err err = {0};
    if (try_open(o, name, options, &err)) {
        fail_msg("%s:%s does not open: %s", name, options, err.text);
    }
}

static inline void close_filter(struct opened *o)
{
    if (o->filter->scratch_close) {
        o->filter->scratch_close(o->self, o->scratch);
    }
    if (o->filter->close) {
        o->filter->close(o->self);
    }
    free(o->self);
    free(o->scratch);
    arena_release(&o->arena);
}

static inline void begin_text(const struct opened *o, tamis_text *text)
{
    if (o->filter->begin) {
        o->filter->begin(o->self, o->scratch, text);
    }
}

static inline double ask(const struct opened *o, tamis_text *text, size_t rule)
{
    return o->filter->measure(o->self, o->scratch, text, rule);
}

static inline bool applies(const tamis_rule *rule, tamis_text *text)
{
    const tamis_counts counts = tamis_text_counts(text);
    return (!rule->language || strcmp(rule->language, tamis_text_language(text)) == 0) &&
           !(rule->needs_spaces && 3 * counts.unspaced > counts.words);
}

/* The first failing rule, or o->count. */
static inline size_t judge(const struct opened *o, tamis_text *text, double *value)
{
    begin_text(o, text);
    for (size_t r = 0; r < o->count; r++) {
        const tamis_rule *const rule = &o->rules[r];
        *value = ask(o, text, r);
        const bool fails = rule->side == TAMIS_DROP_BELOW ? *value < rule->threshold : *value > rule->threshold;
        if (fails && applies(rule, text)) {
            return r;
        }
    }
    return o->count;
}

static inline size_t rule_called(const struct opened *o, const char *name)
{
    for (size_t r = 0; r < o->count; r++) {
        if (strcmp(o->rules[r].name, name) == 0) {
            return r;
        }
    }
    fail_msg("%s has no rule %s", o->filter->name, name);
    return 0;
}

#endif
