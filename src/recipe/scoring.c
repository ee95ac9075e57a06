/*
 * Opens scorers and folds trajectories.
 */
#include "recipe/scoring.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/param.h"
#include "core/str.h"

#define SPEC_MAX 4096

const tamis_scorer *scorer_find(const char *name)
{
    for (const tamis_scorer *const *s = tamis_scorers(); *s; s++) {
        if (strcmp((*s)->name, name) == 0) {
            return *s;
        }
    }
    return NULL;
}

static tamis_status no_memory(const tamis_scorer *scorer, tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the scorer %s", scorer->name);
}

static tamis_status open_self(const struct scoring *s, const struct tree *options, tamis_err *err)
{
    tamis_err why = {0};
    const tamis_status status = s->scorer->open ? s->scorer->open(s->self, &why) : TAMIS_OK;
    if (status == TAMIS_USAGE && options) {
        return tree_fail(options, err, "%s", why.text);
    }
    return status ? tamis_fail(err, status, "%s", why.text) : TAMIS_OK;
}

tamis_status scoring_open(struct scoring *s, const tamis_scorer *scorer, const struct tree *options,
                          const char *const *others, struct arena *arena, tamis_err *err)
{
    *s = (struct scoring){.scorer = scorer};
    if (scorer->abi != TAMIS_SCORER_ABI) {
        return tamis_fail(err, TAMIS_INTERNAL, "the scorer %s was built for another version of tamis", scorer->name);
    }
    s->self = calloc(1, scorer->self_bytes ? scorer->self_bytes : 1);
    if (!s->self) {
        return no_memory(scorer, err);
    }
    static const tamis_param none[] = {{0}};
    const tamis_param *const params = scorer->params ? scorer->params : none;
    tamis_status status = param_defaults(params, s->self, arena, err);
    if (!status && options) {
        status = param_fill(params, others, s->self, options, arena, err);
    }
    status = status ? status : open_self(s, options, err);
    if (!status && scorer->observe) {
        const size_t bytes = scorer->state_bytes(s->self);
        s->state = calloc(1, bytes ? bytes : 1);
        status = s->state ? TAMIS_OK : no_memory(scorer, err);
    }
    return status;
}

static tamis_status fail_unknown(tamis_str name, tamis_err *err)
{
    const char *names[64];
    size_t count = 0;
    for (const tamis_scorer *const *s = tamis_scorers(); *s && count < 63; s++) {
        names[count++] = (*s)->name;
    }
    names[count] = NULL;
    const char *const near = tamis_nearest(name, names);
    return tamis_fail(err, TAMIS_USAGE, "no scorer is called '%.*s'%s%s%s; `tamis --version` lists them",
                      STR_ARGS(name), near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

/* "a=1,b=2" as "{a: 1, b: 2}", which is a map in YAML. */
static bool as_map(tamis_str options, struct buf *yaml)
{
    bool fine = buf_add_char(yaml, '{');
    bool in_value = false;
    for (size_t i = 0; fine && i < options.len; i++) {
        const char c = options.at[i];
        if (c == '=' && !in_value) {
            fine = buf_add_str(yaml, STR(": "));
            in_value = true;
        } else if (c == ',') {
            fine = buf_add_str(yaml, STR(", "));
            in_value = false;
        } else {
            fine = buf_add_char(yaml, c);
        }
    }
    return fine && buf_add_char(yaml, '}');
}

tamis_status scoring_parse(struct scoring *s, const char *spec, struct arena *arena, tamis_err *err)
{
    const char *const colon = strchr(spec, ':');
    const size_t len = colon ? (size_t)(colon - spec) : strlen(spec);
    const char *const name = arena_strdup(arena, (tamis_str){spec, len});
    *s = (struct scoring){0};
    if (!name) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the scorer");
    }
    const tamis_scorer *const scorer = scorer_find(name);
    if (!scorer) {
        return fail_unknown((tamis_str){spec, len}, err);
    }
    if (!colon) {
        return scoring_open(s, scorer, NULL, NULL, arena, err);
    }
    if (strlen(colon + 1) > SPEC_MAX) {
        return tamis_fail(err, TAMIS_USAGE, "--scorer: the options of %s are longer than %d bytes", name, SPEC_MAX);
    }
    struct buf yaml;
    struct tree *options = NULL;
    buf_init(&yaml, BUF_UNLIMITED);
    tamis_status status = as_map(str_from(colon + 1), &yaml)
                              ? tree_parse(arena, spec, buf_str(&yaml), &options, err)
                              : no_memory(scorer, err);
    if (!status && options->kind != TREE_MAP) {
        status = tamis_fail(err, TAMIS_USAGE, "--scorer %s: write NAME:key=value,key=value", spec);
    }
    status = status ? status : scoring_open(s, scorer, options, NULL, arena, err);
    buf_release(&yaml);
    return status;
}

void scoring_close(struct scoring *s)
{
    if (s->self && s->scorer->close) {
        s->scorer->close(s->self);
    }
    free(s->self);
    free(s->state);
    *s = (struct scoring){0};
}

struct score scoring_losses(struct scoring *s, const double *losses, size_t count)
{
    struct score score = {.value = NAN};
    s->scorer->begin(s->self, s->state);
    for (size_t t = 0; t < count; t++) {
        if (!isnan(losses[t])) {
            s->scorer->observe(s->self, s->state, t, losses[t]);
            score.observed++;
        }
    }
    score.value = s->scorer->score(s->self, s->state, &score.shortened);
    if (!isfinite(score.value)) {
        score.value = NAN; /* losses near the largest double */
    }
    return score;
}
