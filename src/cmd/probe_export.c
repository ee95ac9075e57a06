/*
 * tamis probe --export: a run in DIR, and beside it what a trainer needs.
 */
#include <string.h>

#include "cmd/probe_job.h"
#include "core/json.h"
#include "core/str.h"
#include "mix/pool.h"
#include "select/select.h"

/* ---- What was written ------------------------------------------------------------------------------------------- */

static tamis_status count_written(struct probe_export *e, tamis_err *err)
{
    const struct flow *const flow = e->flow;
    const struct recipe *const recipe = &flow->recipe;
    const struct recipe_target *const t = recipe->targets;
    struct ledger ledger;
    const unsigned select = select_needed(recipe) ? LEDGER_SELECT : 0;
    const tamis_status status = ledger_open(&ledger, flow->run.ledger, recipe,
                                            LEDGER_SURVEY | LEDGER_RESOLVE | LEDGER_MIX | select, err);
    if (status) {
        return status;
    }
    for (size_t p = 0; p < ledger.part_count; p++) {
        const struct ledger_part *const part = &ledger.parts[p];
        const struct survey_row *const survey = part->survey.rows;
        for (size_t i = 0; i < part->count; i++) {
            const uint8_t *const draws = ledger_draws(&ledger, part->first + i);
            for (size_t r = 0; r < e->job->count; r++) {
                const uint64_t tokens = (uint64_t)draws[r] * survey[i].tokens;
                e->tokens[r] += tokens;
                e->domain_tokens[r] += survey[i].domain == t->domain ? tokens : 0;
            }
            e->held_out[0] += pool_held_out(part, i) && survey[i].domain == t->domain;
            e->held_out[1] += pool_held_out(part, i) && survey[i].domain == t->general;
        }
    }
    ledger_close(&ledger);
    return TAMIS_OK;
}

static tamis_status check_held_out(const struct probe_export *e, tamis_err *err)
{
    for (size_t i = 0; i < 2; i++) {
        if (!e->held_out[i]) {
            return tamis_fail(err, TAMIS_INPUT, "%s: no document of %s is held out, so its loss cannot be measured; "
                              "raise the recipe's holdout.share", e->flow->run.folder,
                              i == 0 ? e->job->domain : e->job->general);
        }
    }
    return TAMIS_OK;
}

/* ---- Telling ---------------------------------------------------------------------------------------------------- */

static void say(const struct probe_export *e, tamis_str kept)
{
    const struct probe_job *const job = e->job;
    const struct flow *const flow = e->flow;
    const struct recipe_target *const t = flow->recipe.targets;
    const bool asked = job->options->tokens != 0;
    cli_note(job->cli, 0, "%zu runs of %llu tokens each (%s), %s against %s, in %s/out; held out: %llu and %llu "
             "documents in %s/valid", job->count, (unsigned long long)t->tokens,
             asked ? "asked for with --tokens" : "as many as the pools allow without repeats", job->domain,
             job->general, flow->run.folder, (unsigned long long)e->held_out[0], (unsigned long long)e->held_out[1],
             flow->run.folder);
    if (flow->recipe.tokens_estimated) {
        cli_note(job->cli, 0, "tokens are estimates (4.2 bytes each); give `tokens` fields for exact ones");
    }
    if (kept.len == 0) {
        cli_note(job->cli, 0, "next: %s/TRAIN.md", flow->run.folder);
    }
    for (tamis_str line; str_next_line(&kept, &line);) {
        cli_note(job->cli, 0, "%.*s", STR_ARGS(line));
    }
}

static tamis_status print_json(const struct probe_export *e, tamis_err *err)
{
    const struct recipe_target *const t = e->flow->recipe.targets;
    struct buf text;
    struct json j;
    buf_init(&text, BUF_UNLIMITED);
    json_init(&j, &text, 2);
    probe_json_begin(e->job, "export", t->tokens, &j);
    json_key_bool(&j, "tokens_estimated", e->flow->recipe.tokens_estimated);
    json_key(&j, "runs");
    json_open(&j, '[');
    for (size_t r = 0; r < e->job->count; r++) {
        json_open(&j, '{');
        json_key_text(&j, "run", e->job->runs[r].name);
        json_key_real(&j, "ratio_wanted", e->job->runs[r].ratio);
        json_key_real(&j, "ratio", (double)e->domain_tokens[r] / (double)e->tokens[r]);
        json_key_count(&j, "tokens", e->tokens[r]);
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

static tamis_status export_run(struct probe_job *job, struct flow *flow, tamis_err *err)
{
    struct probe_export e = {.job = job, .flow = flow};
    struct buf kept;
    buf_init(&kept, BUF_UNLIMITED);
    tamis_status status = probe_flow_open(job, false, flow, err);
    status = status ? status : flow_folder(flow, job->options->folder, err);
    status = status ? status : flow_all(flow, probe_how(job), err);
    status = status ? status : count_written(&e, err);
    status = status ? status : check_held_out(&e, err);
    status = status ? status : probe_write_files(&e, &kept, err);
    if (!status) {
        say(&e, buf_str(&kept));
        status = job->options->common.json ? print_json(&e, err) : TAMIS_OK;
    }
    buf_release(&kept);
    return status && status != TAMIS_CLOSED ? status : flow_verdict(flow, job->options->max_bad, err);
}

tamis_status probe_export(struct probe_job *job, tamis_err *err)
{
    struct flow flow;
    const tamis_status status = export_run(job, &flow, err);
    flow_close(&flow);
    return status;
}
