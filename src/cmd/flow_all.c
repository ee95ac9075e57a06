/*
 * The whole flow: check, survey, resolve, score, select, plan, draw, emit, report. Each stage that stands is kept.
 */

#include "cmd/flow.h"
#include "cmd/say.h"
#include "core/json.h"
#include "core/str.h"
#include "mix/draw.h"
#include "run/check.h"
#include "run/remarks.h"
#include "run/shelf.h"
#include "select/select.h"

struct steps {
    struct flow *flow;
    struct stages stages;
    struct ledger ledger;
    unsigned mapped; /* LEDGER_ bits of the open ledger, 0: none */
    bool reads_again; /* the texts, after the survey */
    bool costs;       /* are noted */
};

static tamis_status open_ledger(struct steps *s, unsigned files, tamis_err *err)
{
    if (s->mapped) {
        ledger_close(&s->ledger);
        s->mapped = 0;
    }
    const tamis_status status = ledger_open(&s->ledger, s->flow->run.ledger, &s->flow->recipe, files, err);
    s->mapped = status ? 0 : files;
    return status;
}

static tamis_status gate_on_sample(struct flow *flow, tamis_err *err)
{
    struct check check;
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    tamis_status status = check_sample(&check, &flow->run, err);
    if (!status) {
        struct projection projection;
        check_project(&check, &flow->run, &projection);
        say_projection(flow->cli, &projection);
        say_disk(flow, &projection);
        flow->run.spare = projection.spare;
        status = check_memory(&projection, &flow->run, err);
        status = status ? status : say_losses(flow, &check, err);
        status = status ? status : check_gate(&check, &flow->run, &text, err);
        say_text(&text);
    }
    check_release(&check);
    buf_release(&text);
    return status;
}

static const char *shown_id(const struct steps *s, uint64_t number)
{
    const bool confidential = s->flow->recipe.sources[ledger_survey(&s->ledger, number)->source].confidential;
    return arena_strdup(&s->flow->recipe.arena, confidential ? STR("(confidential)") : ledger_id(&s->ledger, number));
}

/* Examples from the ledger: the first documents that a rule took from a domain (or, of duplicates, from a source). */
static void ledger_examples(void *context, size_t group, size_t rule, struct gate_examples *examples)
{
    const struct steps *const s = context;
    const bool duplicates = s->flow->rules.at[rule].stage == STAGE_DEDUP;
    examples->count = 0;
    for (uint64_t n = 0; n < s->ledger.documents && examples->count < GATE_EXAMPLES; n++) {
        const struct survey_row *const row = ledger_survey(&s->ledger, n);
        const struct resolve_row *const twin = duplicates ? ledger_resolve(&s->ledger, n) : NULL;
        const bool taken =
            duplicates ? row->source == group && twin->rule : row->domain == group && row->rule == rule + 1;
        if (!taken) {
            continue;
        }
        const struct gate_example example = {
            .id = shown_id(s, n),
            .value = duplicates ? twin->similarity : row->value,
            .keeper = duplicates ? shown_id(s, twin->keeper) : NULL,
        };
        examples->at[examples->count] = example;
        examples->count += example.id != NULL;
    }
}

/* For the report. A hold-out that stays empty is said at once too. */
static tamis_status remark(struct flow *flow, const struct tally *tally, tamis_err *err)
{
    buf_clear(&flow->remarks);
    bool fine = remark_holdout(&flow->recipe, tally, &flow->remarks);
    say_lines(flow->cli, "warning", buf_str(&flow->remarks));
    fine = fine && remark_losses(&flow->run, tally, &flow->remarks);
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the run's remarks");
}

static tamis_status gate_on_ledger(struct steps *s, bool duplicates, tamis_err *err)
{
    struct tally tally;
    struct buf text;
    tamis_status status = tally_init(&tally, &s->flow->recipe, &s->flow->rules, err);
    if (status) {
        return status;
    }
    buf_init(&text, BUF_UNLIMITED);
    tally_ledger(&tally, &s->ledger, &s->flow->rules);
    status = gate_check(&s->flow->run, &tally, duplicates, "of the corpus's", ledger_examples, s, &text, err);
    say_text(&text);
    status = status || !duplicates ? status : remark(s->flow, &tally, err);
    buf_release(&text);
    tally_release(&tally);
    return status;
}

static tamis_status step_survey(struct steps *s, tamis_err *err)
{
    struct flow *const flow = s->flow;
    tamis_status status = TAMIS_OK;
    if (!s->stages.done[FLOW_SURVEY]) {
        const uint64_t room = run_shelf_memory(flow->run.spare);
        flow->run.shelf = s->reads_again ? shelf_new(room, inputs_bytes(&flow->inputs)) : NULL;
        progress_stage(flow->run.progress, "survey", "bytes", inputs_bytes(&flow->inputs));
        status = stage_begin(&s->stages, FLOW_SURVEY, &flow->run, err);
        status = status ? status : survey(&flow->run, &flow->survey, err);
        status = status ? status : stage_finish(&s->stages, FLOW_SURVEY, &flow->run, err);
    } else {
        status = survey_count(&flow->run, &flow->survey, err);
    }
    flow->run.spare = s->reads_again ? flow->run.spare : 0;
    run_reserve(&flow->run);
    /* A field that is missing here and there makes every budget an estimate. */
    flow->recipe.tokens_estimated = flow->recipe.tokens_estimated || flow->survey.estimated > 0;
    flow->recipe.ratio_exact = flow->recipe.ratio_exact && flow->survey.estimated == 0;
    status = status ? status : open_ledger(s, LEDGER_SURVEY, err);
    return status ? status : gate_on_ledger(s, false, err);
}

static tamis_status step_resolve(struct steps *s, tamis_err *err)
{
    struct flow *const flow = s->flow;
    tamis_status status = TAMIS_OK;
    if (!s->stages.done[FLOW_RESOLVE]) {
        status = stage_begin(&s->stages, FLOW_RESOLVE, &flow->run, err);
        status = status ? status : open_ledger(s, LEDGER_SURVEY | LEDGER_BANDS | LEDGER_NUMBERS, err);
        progress_stage(flow->run.progress, "resolve", "documents", s->ledger.documents);
        status = status ? status : resolve(&flow->run, &s->ledger, NULL, &flow->resolve, err);
        s->stages.capped_pairs = flow->resolve.capped;
        status = status ? status : stage_finish(&s->stages, FLOW_RESOLVE, &flow->run, err);
    }
    status = status ? status : open_ledger(s, LEDGER_SURVEY | LEDGER_RESOLVE, err);
    return status ? status : gate_on_ledger(s, true, err);
}

static unsigned select_bit(const struct flow *flow)
{
    return select_needed(&flow->recipe) ? LEDGER_SELECT : 0;
}

static unsigned score_bit(const struct flow *flow)
{
    return flow->recipe.score.on ? LEDGER_SCORE : 0;
}

static tamis_status step_score(struct steps *s, tamis_err *err)
{
    struct flow *const flow = s->flow;
    if (s->stages.done[FLOW_SCORE]) {
        return flow->recipe.score.on ? score_recall(&flow->run, &flow->scores, err) : TAMIS_OK;
    }
    tamis_status status = stage_begin(&s->stages, FLOW_SCORE, &flow->run, err);
    if (!status) {
        progress_stage(flow->run.progress, "score", "bytes", inputs_bytes(&flow->inputs));
        status = flow->recipe.score.on ? score_documents(&flow->run, &s->ledger, &flow->scores, err)
                                       : score_nothing(&flow->run, &s->ledger, err);
    }
    return status ? status : stage_finish(&s->stages, FLOW_SCORE, &flow->run, err);
}

static tamis_status step_select(struct steps *s, tamis_err *err)
{
    struct flow *const flow = s->flow;
    if (s->stages.done[FLOW_SELECT]) {
        return TAMIS_OK;
    }
    tamis_status status = open_ledger(s, LEDGER_SURVEY | LEDGER_RESOLVE | score_bit(flow), err);
    status = status ? status : stage_begin(&s->stages, FLOW_SELECT, &flow->run, err);
    if (!status) {
        status = select_bit(flow) ? select_documents(&flow->run, &s->ledger, err)
                                  : select_nothing(&flow->run, &s->ledger, err);
    }
    return status ? status : stage_finish(&s->stages, FLOW_SELECT, &flow->run, err);
}

/* The largest size that every target can have, for all of them; the saved recipe tells it. */
static tamis_status plan_alike(struct flow *flow, const struct ledger *ledger, tamis_err *err)
{
    uint64_t least = UINT64_MAX;
    for (size_t t = 0; t < flow->plan.count; t++) {
        least = flow->plan.targets[t].tokens < least ? flow->plan.targets[t].tokens : least;
    }
    for (size_t t = 0; t < flow->recipe.target_count; t++) {
        struct recipe_target *const target = &flow->recipe.targets[t];
        target->tokens = target->tokens ? target->tokens : least;
    }
    plan_release(&flow->plan);
    const tamis_status status = plan_make(&flow->plan, &flow->run, ledger, err);
    return status ? status : flow_save_recipe(flow, err);
}

static tamis_status step_mix(struct steps *s, tamis_err *err)
{
    struct flow *const flow = s->flow;
    tamis_status status = open_ledger(s, LEDGER_SURVEY | LEDGER_RESOLVE | select_bit(flow), err);
    /* Once more: a source's cap, or pruning below the need, may have left less than the ratios counted on. */
    status = status ? status : flow_ratios(flow, &s->ledger, err);
    status = status ? status : plan_make(&flow->plan, &flow->run, &s->ledger, err);
    status = status || !flow->alike ? status : plan_alike(flow, &s->ledger, err);
    status = status ? status : plan_write(&flow->plan, &flow->run, err);
    if (!status && !s->stages.done[FLOW_MIX]) {
        status = stage_begin(&s->stages, FLOW_MIX, &flow->run, err);
        status = status ? status : draw(&flow->run, &s->ledger, &flow->plan, err);
        status = status ? status : stage_finish(&s->stages, FLOW_MIX, &flow->run, err);
    }
    return status;
}

static tamis_status step_emit(struct steps *s, tamis_err *err)
{
    struct flow *const flow = s->flow;
    if (s->stages.done[FLOW_EMIT]) {
        return TAMIS_OK;
    }
    tamis_status status =
        open_ledger(s, LEDGER_SURVEY | LEDGER_RESOLVE | LEDGER_MIX | score_bit(flow) | select_bit(flow), err);
    status = status ? status : stage_begin(&s->stages, FLOW_EMIT, &flow->run, err);
    progress_stage(flow->run.progress, "emit", "bytes", inputs_bytes(&flow->inputs));
    status = status ? status : emit(&flow->run, &s->ledger, &flow->plan, &flow->emitted, err);
    status = status ? status : flow_report(flow, &s->ledger, s->stages.capped_pairs, err);
    return status ? status : stage_finish(&s->stages, FLOW_EMIT, &flow->run, err);
}

static tamis_status print_fates(const uint64_t fates[FATE_COUNT], uint64_t documents, tamis_err *err)
{
    struct buf text;
    struct json json;
    buf_init(&text, BUF_UNLIMITED);
    json_init(&json, &text, 0);
    json_open(&json, '{');
    json_key_count(&json, "documents", documents);
    for (int f = 0; f < FATE_COUNT; f++) {
        json_key_count(&json, fate_name((enum fate)f), fates[f]);
    }
    json_key_bool(&json, "written", false);
    json_close(&json, '}');
    const bool fine = !json.failed && buf_add_char(&text, '\n');
    const tamis_status status =
        fine ? cli_print(buf_str(&text), err) : tamis_fail(err, TAMIS_IO, "out of memory for the counts");
    buf_release(&text);
    return status;
}

static tamis_status say_decided(struct steps *s, tamis_err *err)
{
    const struct flow *const flow = s->flow;
    const tamis_status status =
        open_ledger(s, LEDGER_SURVEY | LEDGER_RESOLVE | LEDGER_MIX | score_bit(flow) | select_bit(flow), err);
    if (status) {
        return status;
    }
    uint64_t fates[FATE_COUNT] = {0};
    for (uint64_t n = 0; n < s->ledger.documents; n++) {
        uint16_t rule = 0;
        fates[ledger_fate(&s->ledger, n, &flow->rules, &rule)]++;
    }
    cli_note(flow->cli, 0, "%llu documents decided: %llu rejected, %llu dropped, %llu held out, %llu to be emitted, "
             "%llu surplus; the same command without --no-text writes them",
             (unsigned long long)s->ledger.documents, (unsigned long long)fates[FATE_REJECTED],
             (unsigned long long)fates[FATE_DROPPED], (unsigned long long)fates[FATE_HELD_OUT],
             (unsigned long long)fates[FATE_EMITTED], (unsigned long long)fates[FATE_SURPLUS]);
    const struct common *const common = flow->cli->options;
    return common->json ? print_fates(fates, s->ledger.documents, err) : TAMIS_OK;
}

/* What stood before counts as long as its survey stands. */
static tamis_status recall_costs(struct steps *s, unsigned how, tamis_err *err)
{
    const tamis_status status = s->stages.begun[FLOW_SURVEY] ? flow_recall_costs(s->flow, err)
                                                             : flow_forget_costs(s->flow, err);
    s->costs = !status && !s->stages.done[how & FLOW_NO_TEXT ? FLOW_MIX : FLOW_EMIT];
    return status;
}

/* However it ends; a failure of its own is told only if there is no other. */
static tamis_status note_costs(const struct steps *s, tamis_status status, tamis_err *err)
{
    const tamis_status noted = s->costs ? flow_note_costs(s->flow, status ? NULL : err) : TAMIS_OK;
    return status ? status : noted;
}

tamis_status flow_all(struct flow *flow, unsigned how, tamis_err *err)
{
    struct steps s = {.flow = flow, .reads_again = !(how & FLOW_NO_TEXT)};
    flow->run.spare = check_spare(flow->run.memory);
    tamis_status status = flow_foresee(flow, err);
    status = status ? status : check_heads(&flow->run, false, err);
    status = status ? status : stages_load(&s.stages, &flow->run, how & FLOW_REDO, err);
    status = status || s.stages.done[FLOW_SCORE] ? status : flow_can_train(flow, err);
    if (!status && !s.stages.done[FLOW_SURVEY] && !(how & FLOW_NO_CHECK)) {
        progress_stage(flow->run.progress, "check", "documents", 0);
        status = gate_on_sample(flow, err);
    }
    /* Only now: the recipe in the folder is the one its ledger is made by. */
    status = status ? status : flow_save_recipe(flow, err);
    status = status ? status : recall_costs(&s, how, err);
    status = status ? status : step_survey(&s, err);
    status = note_costs(&s, status, err);
    status = status ? status : step_resolve(&s, err);
    status = status ? status : flow_ratios(flow, &s.ledger, err);
    status = note_costs(&s, status, err);
    status = status ? status : step_score(&s, err);
    status = flow->recipe.score.on ? note_costs(&s, status, err) : status;
    status = status ? status : step_select(&s, err);
    status = status ? status : step_mix(&s, err);
    if (!status && (how & FLOW_NO_TEXT) && !s.stages.done[FLOW_EMIT]) {
        status = how & FLOW_SILENT ? TAMIS_OK : say_decided(&s, err);
    } else {
        status = status ? status : step_emit(&s, err);
    }
    status = note_costs(&s, status, err);
    if (s.mapped) {
        ledger_close(&s.ledger);
    }
    if (!status) {
        progress_done(flow->run.progress);
        status = file_remove_tree(flow->run.tmp, err);
    }
    return status;
}
