/*
 * The report of a run: what its stages counted, what the guards say, and the ledger added up.
 */
#include <math.h>
#include <stdlib.h>

#include "cmd/files.h"
#include "report/report.h"
#include "run/repeats.h"
#include "score/guards.h"

#define DAMAGED_BYTES 600 /* of the inputs that an error names; one more may follow */

/* What the facts point to. */
struct gathered {
    struct report_target *targets;
    double *epochs;        /* target x domain */
    uint64_t *needed;      /* target x domain */
    struct guards guards;
    struct report_scores scores;
    struct buf warnings;
};

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for the report");
}

static tamis_status gather_targets(const struct flow *flow, struct gathered *g, tamis_err *err)
{
    const size_t domains = flow->recipe.domain_count, count = flow->recipe.target_count;
    g->targets = calloc(count + 1, sizeof *g->targets);
    g->epochs = calloc(count * domains + 1, sizeof *g->epochs);
    g->needed = calloc(count * domains + 1, sizeof *g->needed);
    if (!g->targets || !g->epochs || !g->needed) {
        return no_memory(err);
    }
    for (size_t t = 0; t < count; t++) {
        const struct emit_target *const e = &flow->emitted.targets[t];
        const bool by_law = flow->answers && flow->recipe.targets[t].law;
        for (size_t d = 0; d < domains; d++) {
            g->epochs[t * domains + d] = flow->plan.targets[t].needs[d].epochs;
            g->needed[t * domains + d] = flow->plan.targets[t].needs[d].tokens;
        }
        g->targets[t] = (struct report_target){
            .documents = e->documents,
            .bytes = e->bytes,
            .tokens = e->tokens,
            .shards = e->shards,
            .domain_tokens = e->domain_tokens,
            .domain_documents = e->domain_documents,
            .wanted_tokens = flow->plan.targets[t].tokens,
            .epochs = g->epochs + t * domains,
            .needed_tokens = g->needed + t * domains,
            .loss_domain = by_law ? flow->answers[t].answer.loss_domain : NAN,
            .loss_general = by_law ? flow->answers[t].answer.loss_general : NAN,
            .loss_replay_only = by_law ? flow->answers[t].answer.loss_replay_only : NAN,
        };
    }
    return TAMIS_OK;
}

static tamis_status gather_scores(const struct flow *flow, const struct ledger *ledger, struct gathered *g,
                                  tamis_err *err)
{
    const struct score_totals *const s = &flow->scores;
    if (!flow->recipe.score.on) {
        return TAMIS_OK;
    }
    g->scores = (struct report_scores){
        .checkpoints = s->checkpoints,
        .least_covered = s->least_covered,
        .unknown_ids = s->unknown_ids,
        .ambiguous_ids = s->ambiguous_ids,
        .rejected_losses = s->not_finite + s->negative,
        .broken_records = s->broken,
        .guards = &g->guards,
    };
    const tamis_status status = guards_measure(&g->guards, &flow->run, ledger, err);
    const bool said = !status && score_say(s, &flow->recipe, &g->warnings) &&
                      guards_say(&g->guards, &g->warnings) &&
                      guard_duplicates(&flow->recipe, &g->warnings) &&
                      guard_tdds(&flow->recipe.score.scoring, s->checkpoints, &g->warnings);
    return status || said ? status : no_memory(err);
}

static tamis_status gather_laws(const struct flow *flow, struct gathered *g, tamis_err *err)
{
    struct buf lines;
    bool fine = true;
    buf_init(&lines, BUF_UNLIMITED);
    for (size_t t = 0; fine && flow->answers && t < flow->recipe.target_count; t++) {
        const struct recipe_target *const target = &flow->recipe.targets[t];
        buf_clear(&lines);
        fine = !target->law || (ratio_facts_say(&flow->answers[t].facts, &lines) &&
                                guard_law(target->name, lines.at, &g->warnings) &&
                                guard_law(target->name, flow->answers[t].answer.warning, &g->warnings));
    }
    buf_release(&lines);
    return fine ? TAMIS_OK : no_memory(err);
}

static tamis_status write(const struct flow *flow, const struct ledger *ledger, const struct report_facts *facts,
                          tamis_err *err)
{
    struct buf json;
    struct path path;
    bool conserved = false;
    buf_init(&json, BUF_UNLIMITED);
    tamis_status status = report_make(&flow->run, ledger, facts, &json, &conserved, err);
    status = status ? status : path_make(&path, err, "%s/report.json", flow->run.folder);
    status = status ? status : file_write(path.at, json.at, json.len, err);
    if (!status && !conserved) {
        status = tamis_fail(err, TAMIS_INTERNAL, "%s: documents, bytes or tokens were not conserved; what was read "
                            "and\nwhat was written do not add up. Please report this with report.json.", path.at);
    }
    buf_release(&json);
    return status;
}

static tamis_status write_gathered(const struct flow *flow, const struct ledger *ledger, uint64_t capped_pairs,
                                   const struct gathered *g, tamis_err *err)
{
    uint64_t repeated_ids = 0;
    const tamis_status status = repeats_count(&flow->run, ledger, &repeated_ids, err);
    if (status) {
        return status;
    }
    const struct flow_costs costs = flow_costs(flow);
    const struct report_facts facts = {
        .command = flow->cli->line,
        .survey = &flow->survey,
        .processes = costs.processes,
        .wall_seconds = costs.wall,
        .cpu_seconds = costs.processor,
        .peak_rss_bytes = costs.peak,
        .emitted_documents = flow->emitted.emitted_documents,
        .emitted_bytes = flow->emitted.emitted_bytes,
        .emitted_tokens = flow->emitted.emitted_tokens,
        .held_out_documents = flow->emitted.held_out_documents,
        .held_out_bytes = flow->emitted.held_out_bytes,
        .held_out_tokens = flow->emitted.held_out_tokens,
        .repeated_ids = repeated_ids,
        .capped_pairs = capped_pairs,
        .unverified = flow->recipe.dedup.minhash && flow->recipe.dedup.verify == VERIFY_NONE,
        .targets = g->targets,
        .scores = flow->recipe.score.on ? &g->scores : NULL,
        .warnings = g->warnings.len ? g->warnings.at : NULL,
    };
    return write(flow, ledger, &facts, err);
}

tamis_status flow_report(struct flow *flow, const struct ledger *ledger, uint64_t capped_pairs, tamis_err *err)
{
    struct gathered g = {0};
    arena_init(&g.guards.arena);
    buf_init(&g.warnings, BUF_UNLIMITED);
    tamis_status status = buf_add_str(&g.warnings, buf_str(&flow->remarks)) ? TAMIS_OK : no_memory(err);
    status = status ? status : gather_targets(flow, &g, err);
    status = status ? status : gather_scores(flow, ledger, &g, err);
    status = status ? status : gather_laws(flow, &g, err);
    status = status ? status : write_gathered(flow, ledger, capped_pairs, &g, err);
    guards_release(&g.guards);
    buf_release(&g.warnings);
    free(g.targets);
    free(g.epochs);
    free(g.needed);
    return status;
}

/* As many of the damaged inputs as an error can hold; the report has them, too. */
static tamis_status fail_damaged(const struct flow *flow, tamis_err *err)
{
    const struct survey_totals *const s = &flow->survey;
    struct buf lines;
    uint64_t named = 0;
    bool fine = true;
    buf_init(&lines, BUF_UNLIMITED);
    for (; fine && named < s->damaged && named < SURVEY_DAMAGED_NAMED && lines.len < DAMAGED_BYTES; named++) {
        const struct survey_damage *const d = &s->damage[named];
        fine = buf_add_char(&lines, '\n') &&
               report_say_damage(&lines, flow->inputs.at[d->part].path, d->offset, d->stretches, d->cut);
    }
    fine = fine && (named == s->damaged || buf_printf(&lines, "\nand %llu more: rejects.jsonl* in the run folder names "
                                                      "them", (unsigned long long)(s->damaged - named)));
    const tamis_status status =
        fine ? tamis_fail(err, TAMIS_DAMAGED, "done, but %llu input%s damaged (damaged_stream); get %s again:%s",
                          (unsigned long long)s->damaged, s->damaged == 1 ? " is" : "s are",
                          s->damaged == 1 ? "it" : "them", lines.at)
             : no_memory(err);
    buf_release(&lines);
    return status;
}

tamis_status flow_verdict(const struct flow *flow, double max_bad, tamis_err *err)
{
    if (flow->survey.damaged) {
        return fail_damaged(flow, err);
    }
    const tamis_status status = files_verdict(&flow->survey, max_bad, err);
    return status ? status : score_verdict(&flow->scores, max_bad, err);
}
