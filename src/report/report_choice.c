/*
 * report.json, what was chosen and why: scores, selection, needs, laws, warnings. Its keys are a contract
 * (docs/FORMATS.md).
 */
#include <math.h>
#include <string.h>

#include "core/param.h"
#include "core/str.h"
#include "recipe/recipe_tables.h"
#include "report/making.h"
#include "run/ratio_facts.h"

/* ---- Options ---------------------------------------------------------------------------------------------------- */

/* An option as the recipe words it. */
static void write_option(struct json *j, const char *key, const tamis_param *table, const char *name,
                         const void *values)
{
    struct buf text;
    const tamis_param *const param = param_find(table, str_from(name));
    buf_init(&text, BUF_UNLIMITED);
    if (!param) {
        json_key_text(j, key, NULL);
    } else if (param_print(param, values, &text)) {
        json_key_str(j, key, buf_str(&text));
    } else {
        j->failed = true;
    }
    buf_release(&text);
}

/* "window=10,decay=0.9": as scorers are named on the command line. */
static void write_options(struct json *j, const struct scoring *scoring)
{
    struct buf text;
    bool fine = true;
    buf_init(&text, BUF_UNLIMITED);
    const tamis_param *param = scoring->scorer ? scoring->scorer->params : NULL;
    for (; fine && scoring->self && param && param->name; param++) {
        fine = buf_printf(&text, "%s%s=", text.len ? "," : "", param->name) &&
               param_print(param, scoring->self, &text);
    }
    json_key_str(j, "options", buf_str(&text));
    j->failed = j->failed || !fine;
    buf_release(&text);
}

/* ---- Scores ----------------------------------------------------------------------------------------------------- */

static void write_correlations(struct json *j, const struct guards *guards)
{
    making_open(j, "correlations", '[');
    for (size_t g = 0; guards && g < guards->group_count; g++) {
        const struct guard_group *const group = &guards->groups[g];
        json_open(j, '{');
        json_key_text(j, "domain", group->domain);
        json_key_count(j, "documents", group->documents);
        for (int s = 0; s < SIMPLE_SCORES; s++) {
            json_key_real(j, simple_score_name((enum simple_score)s), group->spearman[s]);
        }
        json_close(j, '}');
    }
    json_close(j, ']');
}

void making_scores(struct making *m)
{
    struct json *const j = &m->json;
    const struct report_scores *const scores = m->facts->scores;
    if (!scores) {
        json_key_text(j, "scores", NULL);
        return;
    }
    making_open(j, "scores", '{');
    json_key_text(j, "scorer", m->recipe->score.name);
    write_options(j, &m->recipe->score.scoring);
    making_text(j, "trajectories", m->recipe->score.trajectories);
    json_key_count(j, "eligible", m->needs.eligible);
    json_key_count(j, "scored", m->needs.scored);
    json_key_count(j, "unscored", m->needs.eligible - m->needs.scored);
    json_key_count(j, "shortened", m->needs.shortened);
    json_key_count(j, "checkpoints", scores->checkpoints);
    json_key_count(j, "least_covered", scores->least_covered);
    json_key_count(j, "unknown_ids", scores->unknown_ids);
    json_key_count(j, "ambiguous_ids", scores->ambiguous_ids);
    json_key_count(j, "rejected_losses", scores->rejected_losses);
    json_key_count(j, "broken_records", scores->broken_records);
    json_key_bool(j, "sampled", scores->guards && scores->guards->sampled);
    write_correlations(j, scores->guards);
    json_close(j, '}');
}

/* ---- Selection -------------------------------------------------------------------------------------------------- */

/* Tokens of a domain in all targets together, and in the greediest. `sized`: only targets that say their size. */
struct asked {
    uint64_t sum, most;
};

static struct asked asked_of(const struct making *m, size_t domain, bool sized)
{
    struct asked asked = {0};
    for (size_t t = 0; t < m->recipe->target_count; t++) {
        const uint64_t *const needed = m->facts->targets[t].needed_tokens;
        if (needed && (!sized || m->recipe->targets[t].tokens)) {
            asked.sum += needed[domain];
            asked.most = needed[domain] > asked.most ? needed[domain] : asked.most;
        }
    }
    return asked;
}

static const struct guard_rival *rival_of(const struct making *m, const char *domain)
{
    const struct guards *const guards = m->facts->scores ? m->facts->scores->guards : NULL;
    for (size_t g = 1; guards && g < guards->group_count; g++) {
        if (strcmp(guards->groups[g].domain, domain) == 0 && guards->groups[g].rival.score != SIMPLE_SCORES) {
            return &guards->groups[g].rival;
        }
    }
    return NULL;
}

static void write_rival(struct json *j, const struct guard_rival *rival)
{
    if (!rival) {
        json_key_text(j, "simplest", NULL);
        return;
    }
    making_open(j, "simplest", '{');
    json_key_text(j, "score", simple_score_name(rival->score));
    json_key_text(j, "side", simple_side(rival->policy));
    json_key_real(j, "overlap", rival->overlap);
    json_key_real(j, "chance", rival->chance);
    json_close(j, '}');
}

static void write_amount(struct json *j, struct tally_cell cell)
{
    json_key_count(j, "documents", cell.documents);
    json_key_count(j, "tokens", cell.tokens);
}

/* What is known of documents by their scores: nothing where they were drawn by lot. */
static void write_scored(struct making *m, size_t domain)
{
    struct json *const j = &m->json;
    const struct need *const need = &m->needs.at[domain];
    if (!recipe_prunes_by_score(m->recipe, domain)) {
        json_key_text(j, "scored", NULL);
        json_key_text(j, "unscored", NULL);
        return;
    }
    making_open(j, "scored", '{');
    write_amount(j, need->scored);
    json_close(j, '}');
    making_open(j, "unscored", '{');
    write_amount(j, need->unscored);
    write_option(j, "policy", recipe_select_params, "unscored", &m->recipe->select[domain]);
    json_close(j, '}');
}

/* Tokens that stay by `keep` and `unscored` alone, as select counts them: a share is rounded up. */
static uint64_t wanted_tokens(const struct making *m, size_t domain, uint64_t choice)
{
    const struct recipe_select *const select = &m->recipe->select[domain];
    const struct need *const need = &m->needs.at[domain];
    if (!recipe_prunes_by_score(m->recipe, domain)) {
        return recipe_share_of(select->keep, choice);
    }
    const uint64_t unscored = need->unscored.tokens;
    return recipe_share_of(select->keep, need->scored.tokens) +
           (select->unscored == UNSCORED_KEEP   ? unscored
            : select->unscored == UNSCORED_DROP ? 0
                                                : recipe_share_of(select->keep, unscored));
}

static void write_selection(struct making *m, size_t domain)
{
    struct json *const j = &m->json;
    const struct recipe_select *const select = &m->recipe->select[domain];
    const struct need *const need = &m->needs.at[domain];
    const struct tally_cell pruned = needs_pruned(&m->tally, m->rules, domain);
    const uint64_t choice = needs_pool(&m->tally, m->rules, domain).tokens -
                            needs_taken(&m->tally, m->rules, domain).tokens;
    const uint64_t needed = asked_of(m, domain, true).most;
    json_open(j, '{');
    json_key_text(j, "domain", m->recipe->domains[domain].name);
    write_option(j, "policy", recipe_select_params, "policy", select);
    json_key_real(j, "keep_wanted", select->keep);
    json_key_real(j, "keep", making_share(choice - pruned.tokens, choice));
    write_scored(m, domain);
    making_open(j, "pruned", '{');
    write_amount(j, pruned);
    json_close(j, '}');
    json_key_count(j, "needed_tokens", needed);
    json_key_bool(j, "held_by_need", !select->prune_scarce && needed > wanted_tokens(m, domain, choice));
    json_key_real(j, "threshold", need->lowest_cut);
    json_key_real(j, "threshold_high", select->policy == POLICY_MIDDLE ? need->highest_cut : NAN);
    write_rival(j, rival_of(m, m->recipe->domains[domain].name));
    json_close(j, '}');
}

void making_selection(struct making *m)
{
    making_open(&m->json, "selection", '[');
    for (size_t d = 0; d < m->recipe->domain_count; d++) {
        if (m->recipe->select[d].on) {
            write_selection(m, d);
        }
    }
    json_close(&m->json, ']');
}

/* ---- Needs ------------------------------------------------------------------------------------------------------ */

/* pool = pruned + drawn + surplus; the rest is about how often documents are used. */
static void write_need(struct making *m, size_t domain)
{
    struct json *const j = &m->json;
    const struct asked asked = asked_of(m, domain, false);
    uint64_t repeated = 0;
    for (size_t t = 0; t < m->recipe->target_count; t++) {
        repeated += needs_repeated(&m->needs, t, domain);
    }
    json_open(j, '{');
    json_key_text(j, "domain", m->recipe->domains[domain].name);
    json_key_count(j, "pool_tokens", needs_pool(&m->tally, m->rules, domain).tokens);
    json_key_count(j, "needed_tokens", asked.sum);
    json_key_count(j, "largest_need_tokens", asked.most);
    json_key_count(j, "pruned_tokens", needs_pruned(&m->tally, m->rules, domain).tokens +
                                           needs_taken(&m->tally, m->rules, domain).tokens);
    json_key_count(j, "drawn_tokens", tally_fate(&m->tally, domain, FATE_EMITTED)->tokens);
    json_key_count(j, "surplus_tokens", tally_fate(&m->tally, domain, FATE_SURPLUS)->tokens);
    json_key_count(j, "repeated_tokens", repeated);
    json_close(j, '}');
}

void making_needs(struct making *m)
{
    making_open(&m->json, "needs", '[');
    for (size_t d = 0; d < m->recipe->domain_count; d++) {
        write_need(m, d);
    }
    json_close(&m->json, ']');
}

/* ---- Laws ------------------------------------------------------------------------------------------------------- */

static void write_budget(struct json *j, const struct recipe_target *asked)
{
    making_open(j, "budget", '{');
    if (asked->budget != BUDGET_NONE) {
        json_key_real(j, budget_name((enum budget)asked->budget), asked->budget_limit);
    }
    write_option(j, "against", recipe_target_params, "against", asked);
    json_close(j, '}');
}

void making_law(struct making *m, size_t target)
{
    struct json *const j = &m->json;
    const struct recipe_target *const asked = &m->recipe->targets[target];
    const struct report_target *const written = &m->facts->targets[target];
    making_text(j, "law", asked->law);
    if (asked->law) {
        write_budget(j, asked);
    } else {
        json_key_text(j, "budget", NULL);
    }
    json_key_text(j, "binding", asked->law ? asked->binding : NULL);
    json_key_real(j, "loss_domain", asked->law ? written->loss_domain : NAN);
    json_key_real(j, "loss_general", asked->law ? written->loss_general : NAN);
    json_key_real(j, "loss_replay_only", asked->law ? written->loss_replay_only : NAN);
    ratio_facts_print(j, asked->law ? asked->facts : NULL);
}

/* ---- Warnings --------------------------------------------------------------------------------------------------- */

void making_warnings(struct making *m)
{
    making_open(&m->json, "warnings", '[');
    tamis_str rest = str_from(m->facts->warnings), line;
    while (str_next_line(&rest, &line)) {
        json_str(&m->json, line);
    }
    json_close(&m->json, ']');
}
