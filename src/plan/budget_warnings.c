/* What to know before an answer is used. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/budget_parts.h"

#define FLAT 1e-4 /* nats between no replay and nothing else: less is no curve */
#define REPEATS_WORTH_IT 4.0 /* epochs after which repeated text is worth clearly less (Muennighoff et al. 2023) */
#define MANY_TIMES 10.0
#define DECAY_KNOWN 5.0 /* epochs up to which the decays that fit agree within 5 % */

/* One more line; one that does not fit is left out whole. */
void planning_warn(const struct planning *p, const char *format, ...)
{
    struct budget_answer *const a = p->a;
    const size_t len = strlen(a->warning);
    const size_t begin = len + (len > 0);
    const size_t room = sizeof a->warning - begin;
    if (p->quiet || begin + 2 > sizeof a->warning) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    const int wrote = vsnprintf(a->warning + begin, room, format, arguments);
    va_end(arguments);
    const bool fits = wrote > 0 && (size_t)wrote < room;
    if (fits && len > 0) {
        a->warning[len] = '\n';
    }
    a->warning[fits ? begin + (size_t)wrote : len] = '\0';
}

bool planning_differs(double asked, double low, double high)
{
    if (!(asked > 0) || isnan(low) || isnan(high)) {
        return false;
    }
    return (asked < low && low - asked > DCPT_SAME * low) || (asked > high && asked - high > DCPT_SAME * asked);
}

/* ---- Sizes and numbers of tokens -------------------------------------------------------------------------------- */

/* What the runs had, as a number or a range. */
static void spell(char text[64], double low, double high)
{
    if (low < high) {
        snprintf(text, 64, "%g to %g", low, high);
    } else {
        snprintf(text, 64, "%g", high);
    }
}

static void warn_parameters(const struct planning *p)
{
    const struct dcpt_law *const law = p->q->law;
    const bool sizes = planning_knows_sizes(law);
    const double low = sizes ? law->lowest_size : law->parameters;
    char had[64];
    spell(had, low, law->parameters);
    if (!planning_differs(p->parameters, low, law->parameters)) {
        return;
    }
    p->a->outside_probe = true;
    if (planning_about_level(p->q) && p->q->usage != BUDGET_LIMITED) {
        planning_warn(p, "THE LEVEL OF THE LOSS IS EXTRAPOLATED: the runs had N = %s, the model has %g, and a budget "
                      "on the level is the least certain question of all, whatever its interval says; a difference "
                      "against replay_only does without the level", had, p->parameters);
        return;
    }
    planning_warn(p, "the runs had N = %s, the model has %g: that the ratio is the same is a property of the law's "
                  "form, not a finding; the losses are %s", had, p->parameters,
                  sizes ? "extrapolated" : "those of the runs' size");
}

static void warn_tokens(const struct planning *p)
{
    const struct dcpt_law *const law = p->q->law;
    const bool range = law->lowest_tokens > 0 && law->lowest_tokens < law->highest_tokens;
    const double low = range ? law->lowest_tokens : law->tokens, high = range ? law->highest_tokens : law->tokens;
    const bool knows = (p->general && p->general->b > 0) || (p->domain && p->domain->b > 0);
    char had[64];
    spell(had, low, high);
    if (!(p->tokens > 0) && knows) {
        planning_warn(p, "the number of tokens to train on is not given: ratio and losses are those at the runs' D = "
                      "%g", law->tokens);
    }
    if (!planning_differs(p->tokens, low, high)) {
        return;
    }
    p->a->outside_probe = true;
    planning_warn(p, "the runs had D = %s, the model is to see %g%s: %s", had, p->tokens,
                  p->tokens > MANY_TIMES * high ? ", MORE THAN TEN TIMES AS MANY" : "",
                  planning_about_level(p->q) ? "the level of the loss was not measured there"
                  : knows ? "the losses there, and how the share acts, are extrapolated"
                          : "the losses are those of the runs, and how the share acts may change with D");
}

void planning_warn_sizes(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    const char *const against = q->budget == BUDGET_DIFFERENCE ? " against the base loss" : "";
    warn_parameters(p);
    warn_tokens(p);
    if (!(p->parameters > 0) && p->tokens > 0 && q->law->parameters > 0) {
        planning_warn(p, "the size of the model is not given: its price is that of the runs' N = %g, and whether the "
                      "ratio carries over to it is not said", q->law->parameters);
    }
    if (!planning_about_level(q) || q->usage == BUDGET_LIMITED) {
        return;
    }
    if (isnan(q->law->parameters)) {
        planning_warn(p, "the runs do not say their size: the %s budget%s holds at that size only",
                      budget_name(q->budget), against);
    } else if (!(p->parameters > 0)) {
        planning_warn(p, "the size of the model is not given: the %s budget%s holds at the runs' N = %g only",
                      budget_name(q->budget), against, q->law->parameters);
    }
}

/* ---- The rest --------------------------------------------------------------------------------------------------- */

void planning_warn_limit(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    if (q->budget == BUDGET_RELATIVE && q->limit >= 1) {
        planning_warn(p, "a relative budget of %g is %g percent; 3 percent is 0.03", q->limit, 100 * q->limit);
    }
    if ((q->budget == BUDGET_RELATIVE || q->budget == BUDGET_DIFFERENCE) && q->against == AGAINST_REPLAY_ONLY &&
        q->law->general.lowest_ratio > 0) {
        planning_warn(p, "the reference, the general loss at ratio 0, is extrapolated: the lowest ratio probed is %g",
                      q->law->general.lowest_ratio);
    }
}

static void warn_epochs(const struct planning *p, const char *pool, uint64_t there, double tokens)
{
    const double epochs = there == UINT64_MAX || there == 0 ? 0 : tokens / (double)there;
    if (epochs > REPEATS_WORTH_IT * (1 + 1e-9)) {
        planning_warn(p, "%s is used %.3g times: text repeated more than 4 times is worth clearly less than new text, "
                      "which this law does not know", pool, epochs);
    }
}

void planning_warn_repeats(const struct planning *p)
{
    const struct budget_question *const q = p->q;
    const double ratio = p->a->ratio, tokens = p->tokens;
    if (p->a->binding == BINDING_REPEATS) {
        const char *const who = q->usage == BUDGET_LIMITED ? "law" : q->budget == BUDGET_WEIGHT ? "weight" : "budget";
        planning_warn(p, "the %s %s a ratio of %.6g; repeats of %s set it to %.6g", who,
                      q->usage == BUDGET_LIMITED ? "is best at" : "allows", p->a->wanted_ratio,
                      ratio < p->a->wanted_ratio ? q->domain : q->general, ratio);
    }
    if (tokens > 0 && !q->decay) {
        warn_epochs(p, q->domain, q->domain_tokens, ratio * tokens);
    }
    if (tokens > 0) {
        warn_epochs(p, q->general, q->general_tokens, (1 - ratio) * tokens);
    }
    if (p->a->worth_ratio < ratio) {
        const double epochs = ratio * tokens / (double)q->domain_tokens;
        planning_warn(p, "planning heuristic, published nowhere as such: repeats of %s count by what they are worth "
                      "(Muennighoff et al. 2023), its share of %.6g as one of %.6g%s", q->domain, ratio,
                      p->a->worth_ratio,
                      epochs > DECAY_KNOWN ? "; beyond 5 epochs nobody knows that worth well: decays of 15 and of 47 "
                                             "epochs fit the published runs alike" : "");
    }
}

/* Losses that do not fall with their share. */
void planning_warn_curves(const struct planning *p)
{
    const struct dcpt_law *const law = p->q->law;
    const double tokens = planning_tokens(p);
    const double best_domain = planning_lowest_domain(p), best_general = planning_lowest_general(p);
    if (p->general && planning_general(p, 1) - planning_general(p, 0) < FLAT) {
        planning_warn(p, "the general loss of this law does not depend on the share: were the columns of its runs "
                      "exchanged? The ratio means nothing");
    }
    if (best_domain < 1) {
        planning_warn(p, "D = %g is below the %.3g tokens from which the domain's loss falls with its share "
                      "throughout: in this law it is lowest at ratio %.6g and rises beyond", tokens,
                      dcpt_least_tokens(p->domain), best_domain);
    }
    if (best_general > 0) {
        planning_warn(p, "D = %g is below the %.3g tokens from which the general loss falls with its share throughout: "
                      "in this law it is lowest at ratio %.6g, not at 0", tokens, dcpt_least_tokens(p->general),
                      best_general);
    }
    if (law->general.rows && law->peak_general > 0) {
        planning_warn(p, "in the runs the general loss rose by up to %.3g nats on the way and came back: in the middle "
                      "of the training it will be above what is predicted for its end", law->peak_general);
    }
}
