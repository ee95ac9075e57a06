/*
 * tamis probe --proxy: which documents survive is found by a run in DIR/.work that writes no text; then the built-in
 * model is trained at every share. What is interrupted goes on from there; what is finished leaves its tables.
 */
#include <math.h>
#include <string.h>

#include "cmd/probe_job.h"
#include "core/json.h"
#include "core/str.h"
#include "score/probe.h"
#include "score/proxy.h"
#include "select/select.h"

#define RUNS_HEAD \
    "run,step,N,D,ratio,loss_domain,loss_general,base_loss_general,base_model,lr_peak,warmup,schedule,tokenizer\n"

struct probing {
    struct probe_job *job;
    const char *output; /* DIR */
    struct path hidden, run, cache, training;
    struct flow flow;
    struct probe_texts texts;
    struct probe_facts facts;
    double ratios[PROBE_RUNS];
    uint64_t tokens;
    double domain_bytes, general_bytes; /* of a token */
};

/* ---- The folder ------------------------------------------------------------------------------------------------- */

/* Only a new or empty folder will do, or one where this verb was at work. */
static tamis_status check_folder(struct probing *p, tamis_err *err)
{
    struct path table;
    bool any = false;
    tamis_status status = path_make(&p->hidden, err, "%s/.work", p->output);
    status = status ? status : path_make(&table, err, "%s/runs.csv", p->output);
    status = status ? status : path_make(&p->run, err, "%s/run", p->hidden.at);
    status = status ? status : path_make(&p->cache, err, "%s/texts", p->hidden.at);
    status = status ? status : path_make(&p->training, err, "%s/training", p->hidden.at);
    status = status ? status : flow_folder_holds(p->output, &any, err);
    if (status || !any || file_is_folder(p->hidden.at)) {
        return status;
    }
    return file_exists(table.at) ? tamis_fail(err, TAMIS_USAGE, "%s: holds a probe that is finished; remove it or name "
                                              "another folder with -o", p->output)
                                 : tamis_fail(err, TAMIS_USAGE, "%s: is not empty and no probe of ours; name a new or "
                                              "empty folder with -o", p->output);
}

/* ---- The texts -------------------------------------------------------------------------------------------------- */

static tamis_status read_texts(struct probing *p, tamis_err *err)
{
    struct flow *const flow = &p->flow;
    const struct probe_verb_options *const o = p->job->options;
    const struct recipe_target *const t = flow->recipe.targets;
    const struct probe_sizes sizes = {.run = o->bytes, .base = o->from_scratch ? 0 : o->base_bytes,
                                      .valid = o->valid_bytes};
    const unsigned files = LEDGER_SURVEY | LEDGER_RESOLVE | (select_needed(&flow->recipe) ? LEDGER_SELECT : 0);
    struct ledger ledger;
    tamis_status status = file_make_folders(flow->run.tmp, err); /* the run has removed it */
    status = status ? status : ledger_open(&ledger, flow->run.ledger, &flow->recipe, files, err);
    if (status) {
        return status;
    }
    progress_stage(flow->run.progress, "texts", "bytes", 0);
    status = probe_texts_read(&p->texts, &flow->run, &ledger, t->domain, t->general, &sizes, p->cache.at, err);
    ledger_close(&ledger);
    if (status) {
        return status;
    }
    p->tokens = probe_tokens(&p->texts, o->bytes);
    p->domain_bytes = probe_token_bytes(&p->texts.domain);
    p->general_bytes = probe_token_bytes(&p->texts.general);
    if (p->tokens < o->checkpoints) {
        return tamis_fail(err, TAMIS_INPUT, "the pools allow runs of %llu tokens, too few to measure %llu times; add "
                          "documents of %s and %s", (unsigned long long)p->tokens, (unsigned long long)o->checkpoints,
                          p->job->domain, p->job->general);
    }
    return TAMIS_OK;
}

static void say_texts(const struct probing *p)
{
    const struct probe_verb_options *const o = p->job->options;
    const double most = fmax(p->domain_bytes, p->general_bytes) * (double)p->tokens;
    cli_note(p->job->cli, 0, "%zu runs of %llu tokens, %.3g MB each at most%s; base: %.3g MB of %s; held out: %.3g and "
             "%.3g kB", p->job->count, (unsigned long long)p->tokens, most / 1e6,
             most < 0.9 * (double)o->bytes ? " (the pools allow no more without repeats)" : "",
             o->from_scratch ? 0 : (double)p->texts.bytes[PROBE_BASE] / 1e6,
             o->from_scratch ? "nothing, from scratch" : p->job->general,
             (double)p->texts.bytes[PROBE_VALID_DOMAIN] / 1e3, (double)p->texts.bytes[PROBE_VALID_GENERAL] / 1e3);
}

/* ---- Training --------------------------------------------------------------------------------------------------- */

static tamis_status train(struct probing *p, tamis_err *err)
{
    const struct probe_verb_options *const o = p->job->options;
    const struct probe_options options = {
        .ratios = p->ratios,
        .count = p->job->count,
        .tokens = p->tokens,
        .checkpoints = o->checkpoints,
        .from_scratch = o->from_scratch,
        .seed = p->flow.recipe.seed,
        .threads = p->flow.run.threads,
        .stop = p->job->cli->stop,
        .progress = p->flow.run.progress,
    };
    for (size_t i = 0; i < p->job->count; i++) {
        p->ratios[i] = p->job->runs[i].ratio;
    }
    return probe_train(&p->texts, &options, p->training.at, &p->job->arena, &p->facts, err);
}

/* ---- runs.csv --------------------------------------------------------------------------------------------------- */

static bool add_real(struct buf *text, double value)
{
    struct json j;
    json_init(&j, text, 0);
    if (!isnan(value)) {
        json_real(&j, value);
    }
    return !j.failed && buf_add_char(text, ',');
}

static bool add_quoted(struct buf *text, const char *cell)
{
    bool fine = buf_add_char(text, '"');
    for (; fine && *cell; cell++) {
        fine = (*cell != '"' || buf_add_char(text, '"')) && buf_add_char(text, *cell);
    }
    return fine && buf_add_char(text, '"');
}

static const char *tokenizer(const struct probing *p)
{
    const struct recipe *const recipe = &p->flow.recipe;
    return recipe->tokens_estimated ? "estimate of 4.2 bytes" : recipe->tokenizer ? recipe->tokenizer : "not named";
}

static bool add_row(const struct probing *p, size_t run, const struct probe_point *point, struct buf *text)
{
    bool fine = buf_printf(text, "%s,%llu,%llu,%llu,", p->job->runs[run].name, (unsigned long long)point->step,
                           (unsigned long long)p->facts.parameters, (unsigned long long)point->tokens);
    fine = fine && add_real(text, p->job->runs[run].ratio) && add_real(text, point->domain * p->domain_bytes) &&
           add_real(text, point->general * p->general_bytes) &&
           add_real(text, p->facts.base_general * p->general_bytes);
    if (p->job->options->from_scratch) {
        fine = fine && buf_printf(text, "from scratch: a pretraining mixture");
    } else {
        fine = fine && buf_printf(text, "tamis proxy of %llu bytes %016llx", (unsigned long long)p->facts.base_bytes,
                                  (unsigned long long)p->facts.key);
    }
    return fine && buf_printf(text, ",,0,constant,") && add_quoted(text, tokenizer(p)) && buf_add_char(text, '\n');
}

static tamis_status write_file(const struct probing *p, const char *name, struct buf *text, bool fine, tamis_err *err)
{
    struct path path;
    tamis_status status = fine ? path_make(&path, err, "%s/%s", p->output, name)
                               : tamis_fail(err, TAMIS_IO, "out of memory for %s", name);
    status = status ? status : file_write(path.at, text->at, text->len, err);
    buf_release(text);
    return status;
}

static tamis_status write_runs(const struct probing *p, tamis_err *err)
{
    const size_t checkpoints = (size_t)p->job->options->checkpoints;
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    bool fine = buf_printf(&text, RUNS_HEAD);
    for (size_t i = 0; i < p->job->count * checkpoints; i++) {
        fine = fine && add_row(p, i / checkpoints, &p->facts.points[i], &text);
    }
    return write_file(p, "runs.csv", &text, fine, err);
}

/* ---- README.md -------------------------------------------------------------------------------------------------- */

static bool print_model(const struct probing *p, struct buf *text)
{
    const struct probe_job *const job = p->job;
    return buf_printf(
        text,
        "# A probe by the built-in model: %s against %s\n\n"
        "runs.csv holds, of %zu runs and %llu checkpoints each, the losses on held-out text of %s (loss_domain)\n"
        "and of %s (loss_general), in nats per token.\n\n"
        "* The model is a byte model of tamis' own, of %llu parameters (N; most of them rows of tables, of which\n"
        "  a text reads few). It knows bytes, not tokens. D is in tokens of the recipe (%s), by the\n"
        "  bytes per token of the pools: %.6g of %s, %.6g of %s. Losses per byte were multiplied by\n"
        "  these numbers. step is bytes trained on.\n",
        job->domain, job->general, job->count, (unsigned long long)job->options->checkpoints, job->domain, job->general,
        (unsigned long long)p->facts.parameters, tokenizer(p), p->domain_bytes, job->domain, p->general_bytes,
        job->general);
}

static bool print_base(const struct probing *p, struct buf *text)
{
    const struct probe_job *const job = p->job;
    if (job->options->from_scratch) {
        return buf_printf(text,
                          "* Every run began with the same drawn weights: the law is of mixtures to pretrain on, not\n"
                          "  of going on from a model (D-CPT). base_model says so.\n");
    }
    return buf_printf(text,
                      "* The base learnt %.3g MB of %s; every run went on from it, at the same rate. Its own held-out\n"
                      "  losses are %.6g (%s) and %.6g (%s; base_loss_general).\n",
                      (double)p->facts.base_bytes / 1e6, job->general, p->facts.base_domain * p->domain_bytes,
                      job->domain, p->facts.base_general * p->general_bytes, job->general);
}

static tamis_status write_guide(const struct probing *p, tamis_err *err)
{
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    const bool fine =
        print_model(p, &text) && print_base(p, &text) &&
        buf_printf(&text, "* No run reads a text twice, and the base's are in no run. recipe.yaml made the pools.\n"
                   "* A law of so small a model is a first guess for a large one. Runs of a model like yours are\n"
                   "  better: `tamis probe RECIPE --export DIR`.\n\n"
                   "    tamis fit runs.csv -o law.json\n"
                   "    tamis plan law.json --tokens D --budget difference=0.05\n");
    return write_file(p, "README.md", &text, fine, err);
}

/* ---- Telling ---------------------------------------------------------------------------------------------------- */

static void say_result(const struct probing *p)
{
    const struct probe_facts *const f = &p->facts;
    const size_t checkpoints = (size_t)p->job->options->checkpoints;
    for (size_t r = 0; r < p->job->count; r++) {
        const struct probe_point *const last = &f->points[(r + 1) * checkpoints - 1];
        cli_note(p->job->cli, 0, "%s  share %.4f: %s %.4f, %s %.4f nats per token", p->job->runs[r].name,
                 p->job->runs[r].ratio, p->job->domain, last->domain * p->domain_bytes, p->job->general,
                 last->general * p->general_bytes);
    }
    if (!p->job->options->from_scratch) {
        cli_note(p->job->cli, 0, "base: %s %.4f, %s %.4f", p->job->domain, f->base_domain * p->domain_bytes,
                 p->job->general, f->base_general * p->general_bytes);
    }
    if (f->kept) {
        cli_note(p->job->cli, 0, "%zu runs were finished before", f->kept);
    }
    cli_note(p->job->cli, 0, "next: tamis fit %s/runs.csv -o law.json", p->output);
}

static tamis_status print_json(const struct probing *p, tamis_err *err)
{
    const size_t checkpoints = (size_t)p->job->options->checkpoints;
    struct buf text;
    struct json j;
    buf_init(&text, BUF_UNLIMITED);
    json_init(&j, &text, 2);
    probe_json_begin(p->job, p->job->options->from_scratch ? "proxy from scratch" : "proxy", p->tokens, &j);
    json_key_count(&j, "parameters", p->facts.parameters);
    json_key_count(&j, "base_bytes", p->facts.base_bytes);
    json_key_real(&j, "base_loss_domain", p->facts.base_domain * p->domain_bytes);
    json_key_real(&j, "base_loss_general", p->facts.base_general * p->general_bytes);
    json_key(&j, "runs");
    json_open(&j, '[');
    for (size_t r = 0; r < p->job->count; r++) {
        const struct probe_point *const last = &p->facts.points[(r + 1) * checkpoints - 1];
        json_open(&j, '{');
        json_key_text(&j, "run", p->job->runs[r].name);
        json_key_real(&j, "ratio", p->job->runs[r].ratio);
        json_key_real(&j, "loss_domain", last->domain * p->domain_bytes);
        json_key_real(&j, "loss_general", last->general * p->general_bytes);
        json_close(&j, '}');
    }
    json_close(&j, ']');
    json_close(&j, '}');
    const tamis_status status = j.failed || !buf_add_char(&text, '\n')
                                    ? tamis_fail(err, TAMIS_IO, "out of memory for the result")
                                    : cli_print(buf_str(&text), err);
    buf_release(&text);
    return status;
}

/* ---- The road --------------------------------------------------------------------------------------------------- */

/* The recipe of the pools stays; texts and weights go. runs.csv comes last: with it the probe is finished. */
static tamis_status write_all(struct probing *p, tamis_err *err)
{
    struct path from, to;
    tamis_status status = path_make(&from, err, "%s/recipe.yaml", p->run.at);
    status = status ? status : path_make(&to, err, "%s/recipe.yaml", p->output);
    status = status ? status : write_guide(p, err);
    status = status ? status : write_runs(p, err);
    status = status ? status : file_rename(from.at, to.at, err);
    return status ? status : file_remove_tree(p->hidden.at, err);
}

static tamis_status work(struct probing *p, tamis_err *err)
{
    struct flow *const flow = &p->flow;
    tamis_status status = probe_flow_open(p->job, true, flow, err);
    status = status ? status : flow_folder(flow, p->run.at, err);
    status = status ? status : flow_all(flow, probe_how(p->job) | FLOW_NO_TEXT | FLOW_SILENT, err);
    status = status ? status : read_texts(p, err);
    if (!status) {
        say_texts(p);
        status = train(p, err);
    }
    probe_texts_release(&p->texts);
    status = status ? status : write_all(p, err);
    if (!status) {
        say_result(p);
        status = p->job->options->common.json ? print_json(p, err) : TAMIS_OK;
    }
    return status && status != TAMIS_CLOSED ? status : flow_verdict(flow, p->job->options->max_bad, err);
}

tamis_status probe_proxy(struct probe_job *job, tamis_err *err)
{
    struct probing p = {.job = job, .output = job->options->common.output};
    tamis_status status = *p.output ? TAMIS_OK : tamis_fail(err, TAMIS_USAGE, "-o is empty; name a folder");
    status = status ? status : check_folder(&p, err);
    status = status ? status : proxy_possible(err);
    if (status) {
        return status;
    }
    status = work(&p, err);
    flow_close(&p.flow);
    return status;
}
