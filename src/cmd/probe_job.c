/*
 * Which target and which shares a probe is of, and the recipe it makes.
 */
#include "cmd/probe_job.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/str.h"

#define LEAST_RUNS 3u /* a curve of three parameters */
#define WANTED_RUNS "0,1/3,2/3,0.9,1"

/* ---- Shares ----------------------------------------------------------------------------------------------------- */

/* "0.9" or "2/3". */
static bool read_share(tamis_str text, double *share)
{
    double above = 0, below = 1;
    const char *const slash = text.len ? memchr(text.at, '/', text.len) : NULL;
    const size_t len = slash ? (size_t)(slash - text.at) : text.len;
    if (!str_real((tamis_str){text.at, len}, &above) ||
        (slash && !str_real((tamis_str){slash + 1, text.len - len - 1}, &below))) {
        return false;
    }
    *share = above / below;
    return below > 0 && *share >= 0 && *share <= 1;
}

static int by_ratio(const void *a, const void *b)
{
    const struct probe_run *const x = a, *const y = b;
    return x->ratio < y->ratio ? -1 : x->ratio > y->ratio;
}

static tamis_status name_runs(struct probe_job *job, tamis_err *err)
{
    qsort(job->runs, job->count, sizeof *job->runs, by_ratio);
    for (size_t i = 0; i < job->count; i++) {
        struct probe_run *const run = &job->runs[i];
        (void)snprintf(run->name, sizeof run->name, "probe-%03d", (int)floor(run->ratio * 100 + 0.5));
        if (i > 0 && strcmp(run->name, run[-1].name) == 0) {
            return tamis_fail(err, TAMIS_USAGE, "--ratios: %g and %g would both be %s; give shares that differ in "
                              "whole percents", run[-1].ratio, run->ratio, run->name);
        }
    }
    if (job->count < LEAST_RUNS) {
        return tamis_fail(err, TAMIS_USAGE, "--ratios: %zu %s too few for a law; give three or more, as in %s",
                          job->count, job->count == 1 ? "is" : "are", WANTED_RUNS);
    }
    return TAMIS_OK;
}

static tamis_status read_ratios(struct probe_job *job, tamis_err *err)
{
    const char *at = job->options->ratios;
    for (bool more = true; more; at += more) {
        const size_t len = strcspn(at, ",");
        double ratio = 0;
        if (!read_share((tamis_str){at, len}, &ratio)) {
            return tamis_fail(err, TAMIS_USAGE, "--ratios: '%.*s' is no share of the domain, 0 to 1; write them as "
                              "in %s", (int)(len < 40 ? len : 40), at, WANTED_RUNS);
        }
        if (job->count == PROBE_RUNS) {
            return tamis_fail(err, TAMIS_USAGE, "--ratios: more than %d shares; give fewer", PROBE_RUNS);
        }
        job->runs[job->count++].ratio = ratio > 0 ? ratio : 0;
        at += len;
        more = *at == ',';
    }
    return name_runs(job, err);
}

/* ---- The target ------------------------------------------------------------------------------------------------- */

/* A law divides the tokens between one domain and general text. */
static bool suits(const struct recipe *r, const struct recipe_target *t)
{
    bool suits = !t->natural && t->domain_name && t->general_name && t->domain != t->general;
    for (size_t d = 0; d < r->domain_count; d++) {
        suits = suits && (d == t->domain || d == t->general || !(t->shares[d] > 0));
    }
    return suits;
}

static tamis_status fail_none(const struct probe_job *job, const struct recipe *r, tamis_err *err)
{
    if (job->target) {
        return tamis_fail(err, TAMIS_USAGE, "%s: target '%s' does not divide its tokens between one domain and "
                          "general text, as a law does; give it a `domain`, and a `general` domain that is another "
                          "one", r->path, job->target);
    }
    return tamis_fail(err, TAMIS_USAGE, "%s: no target divides its tokens between one domain and general text, as a "
                      "law does; add one:\ntargets: [{name: NAME, domain: DOMAIN, general: general, ratio: 0.5}]",
                      r->path);
}

static tamis_status fail_several(const struct recipe *r, tamis_err *err)
{
    struct buf names;
    buf_init(&names, 400);
    bool fine = true;
    for (size_t t = 0; t < r->target_count; t++) {
        if (suits(r, &r->targets[t])) {
            fine = fine && buf_printf(&names, "%s%s", names.len ? ", " : "", r->targets[t].name);
        }
    }
    const tamis_status status = tamis_fail(err, TAMIS_USAGE, "%s: a probe is for one target, and there are several: "
                                           "%s%s\nSay which with --target NAME.", r->path, names.len ? names.at : "",
                                           fine ? "" : ", ..");
    buf_release(&names);
    return status;
}

static tamis_status fail_unknown(const struct probe_job *job, const struct recipe *r, tamis_err *err)
{
    const char *names[RECIPE_MAX_TARGETS + 1] = {NULL};
    for (size_t t = 0; t < r->target_count; t++) {
        names[t] = r->targets[t].name;
    }
    const char *const near = tamis_nearest(str_from(job->target), names);
    return tamis_fail(err, TAMIS_USAGE, "--target: %s has no target '%.100s'%s%s%s", r->path, job->target,
                      near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static tamis_status find_target(const struct probe_job *job, const struct recipe *r, const struct recipe_target **found,
                                tamis_err *err)
{
    size_t several = 0, named = 0;
    *found = NULL;
    for (size_t t = 0; t < r->target_count; t++) {
        const bool is_named = !job->target || strcmp(job->target, r->targets[t].name) == 0;
        named += is_named && !r->targets[t].natural;
        if (is_named && suits(r, &r->targets[t])) {
            *found = &r->targets[t];
            several++;
        }
    }
    if (job->target && !named) {
        return fail_unknown(job, r, err);
    }
    return several == 0 ? fail_none(job, r, err) : several > 1 ? fail_several(r, err) : TAMIS_OK;
}

static tamis_status read_target(struct probe_job *job, const struct recipe *r, tamis_err *err)
{
    const struct recipe_target *t = NULL;
    job->target = job->options->target;
    const tamis_status status = find_target(job, r, &t, err);
    if (status || !t) {
        return status;
    }
    if (!r->holdout.on) {
        return tamis_fail(err, TAMIS_USAGE, "%s: a law is of losses on text that was not trained on, and the recipe "
                          "holds none out; take out `holdout: none`, or --set holdout.share=0.01", r->path);
    }
    job->target = arena_strdup(&job->arena, str_from(t->name));
    job->domain = arena_strdup(&job->arena, str_from(t->domain_name));
    job->general = arena_strdup(&job->arena, str_from(t->general_name));
    job->domain_epochs = t->max_epochs[t->domain];
    job->general_epochs = t->max_epochs[t->general];
    return job->target && job->domain && job->general ? TAMIS_OK
                                                      : tamis_fail(err, TAMIS_IO, "out of memory for the target");
}

/* ---- The job ---------------------------------------------------------------------------------------------------- */

static tamis_status check_road(const struct probe_job *job, tamis_err *err)
{
    const struct probe_verb_options *const o = job->options;
    if (o->proxy == (o->folder != NULL)) {
        return tamis_fail(err, TAMIS_USAGE, "tamis probe: say %s: --export DIR for a trainer of yours (recommended), "
                          "or --proxy -o DIR for the built-in model", o->proxy ? "one of both" : "which");
    }
    if (o->proxy && !o->common.output) {
        return tamis_fail(err, TAMIS_USAGE, "tamis probe --proxy: say where runs.csv goes: -o DIR");
    }
    if (!o->proxy && o->common.output) {
        return tamis_fail(err, TAMIS_USAGE, "-o goes with --proxy; --export names its folder itself");
    }
    if (o->proxy && cli_given(job->cli, "tokens")) {
        return tamis_fail(err, TAMIS_USAGE, "--tokens goes with --export; --proxy counts --bytes");
    }
    static const char *const of_proxy[] = {"from_scratch", "bytes", "base_bytes", "valid_bytes", "checkpoints"};
    for (size_t i = 0; !o->proxy && i < sizeof of_proxy / sizeof *of_proxy; i++) {
        if (cli_given(job->cli, of_proxy[i])) {
            return tamis_fail(err, TAMIS_USAGE, "%s goes with --proxy", cli_option(of_proxy[i]).at);
        }
    }
    return TAMIS_OK;
}

tamis_status probe_job_open(struct probe_job *job, struct cli *cli, tamis_err *err)
{
    struct recipe recipe = {0};
    *job = (struct probe_job){.cli = cli, .options = cli->options};
    arena_init(&job->arena);
    tamis_status status = cli_want(cli, 1, "one RECIPE", err);
    status = status ? status : check_road(job, err);
    status = status ? status : read_ratios(job, err);
    if (status) {
        return status;
    }
    job->recipe = cli->arguments[0];
    status = recipe_look(&recipe, job->recipe, &job->options->common.set, err);
    status = status ? status : read_target(job, &recipe, err);
    recipe_release(&recipe);
    return status;
}

void probe_job_release(struct probe_job *job)
{
    arena_release(&job->arena);
}

unsigned probe_how(const struct probe_job *job)
{
    return (job->options->redo ? FLOW_REDO : 0) | (job->options->no_check ? FLOW_NO_CHECK : 0);
}

/* ---- The recipe with other targets ------------------------------------------------------------------------------ */

static void add_target(const struct probe_job *job, const char *name, double ratio, struct json *j)
{
    const uint64_t tokens = job->options->tokens;
    json_open(j, '{');
    json_key_text(j, "name", name);
    json_key_text(j, "domain", job->domain);
    json_key_text(j, "general", job->general);
    json_key_real(j, "ratio", ratio);
    if (tokens) {
        json_key_count(j, "tokens", tokens);
        json_key(j, "max_epochs");
        json_open(j, '{');
        json_key_real(j, job->domain, job->domain_epochs);
        json_key_real(j, job->general, job->general_epochs);
        json_close(j, '}');
    }
    json_close(j, '}');
}

/* JSON is YAML. */
static tamis_status add_set(struct probe_job *job, bool halves, tamis_err *err)
{
    tamis_strings *const set = &job->options->common.set;
    struct buf text;
    struct json j;
    buf_init(&text, BUF_UNLIMITED);
    bool fine = buf_printf(&text, "targets=");
    json_init(&j, &text, 0);
    json_open(&j, '[');
    for (size_t i = 0; i < (halves ? 1 : job->count); i++) {
        add_target(job, halves ? "probe" : job->runs[i].name, halves ? 0.5 : job->runs[i].ratio, &j);
    }
    json_close(&j, ']');
    const char **const more = arena_alloc(&job->arena, (set->count + 1) * sizeof *more);
    fine = fine && !j.failed && more && (more[set->count] = arena_strdup(&job->arena, buf_str(&text))) != NULL;
    for (size_t i = 0; fine && i < set->count; i++) {
        more[i] = set->at[i];
    }
    *set = fine ? (tamis_strings){more, set->count + 1} : *set;
    buf_release(&text);
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the targets of the probe");
}

tamis_status probe_flow_open(struct probe_job *job, bool halves, struct flow *flow, tamis_err *err)
{
    flow_init(flow, job->cli);
    tamis_status status = add_set(job, halves, err);
    status = status ? status : flow_open(flow, job->cli, job->recipe, err);
    flow->alike = !halves;
    return status;
}

void probe_json_begin(const struct probe_job *job, const char *road, uint64_t tokens, struct json *json)
{
    json_open(json, '{');
    json_key_text(json, "road", road);
    json_key_text(json, "target", job->target);
    json_key_text(json, "domain", job->domain);
    json_key_text(json, "general", job->general);
    json_key_count(json, "tokens", tokens);
}
