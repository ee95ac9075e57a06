/* Cuts and lots over score lines. */
#include "select/line_picks.h"

#include <math.h>
#include <stdlib.h>

#include "run/key.h"
#include "select/lot.h"

struct picking {
    struct line_picks *picks;
    const struct score_lines *lines;
    const struct run *run;
    struct lot *lot;
    /* a pass over the lines as candidates */
    tamis_status (*take)(void *taker, const struct candidate *c, tamis_err *err);
    void *taker;
};

static uint32_t weight_of(const struct line_picks *picks, const struct score_line *line)
{
    return picks->by_tokens ? line->tokens : 1;
}

/* ---- Lots ------------------------------------------------------------------------------------------------------- */

static bool takes_part(const struct line_picks *picks, const struct score_line *line)
{
    return picks->options.policy == POLICY_RANDOM || isnan(line->score);
}

/* Weight of what a lot is drawn among. */
static uint64_t pool_of(const struct line_picks *picks, const struct score_group *group)
{
    const uint64_t scored = picks->by_tokens ? group->scored_tokens : group->scored_lines;
    const uint64_t unscored = picks->by_tokens ? group->unscored_tokens : group->unscored_lines;
    return unscored + (picks->options.policy == POLICY_RANDOM ? scored : 0);
}

static tamis_status add_lot(void *taker, const struct score_line *line, tamis_err *err)
{
    const struct picking *const p = taker;
    if (!takes_part(p->picks, line)) {
        return TAMIS_OK;
    }
    const uint64_t key = draw_key(p->picks->options.seed, "select", line->id);
    return lot_add(p->lot, key, line->number, line->group, weight_of(p->picks, line), err);
}

static void draw_out(void *context, uint64_t number)
{
    const struct picking *const p = context;
    p->picks->drawn_out[number / 8] |= (uint8_t)(1u << (number % 8));
}

static tamis_status draw_lots(struct picking *p, tamis_err *err)
{
    const struct score_lines *const lines = p->lines;
    struct lot_group *const groups = calloc(lines->group_count, sizeof *groups);
    p->picks->drawn_out = calloc((lines->lines - lines->rejected) / 8 + 1, 1);
    tamis_status status = groups && p->picks->drawn_out
                              ? TAMIS_OK
                              : tamis_fail(err, TAMIS_IO, "out of memory for the draw (1 bit per line)");
    for (size_t g = 0; !status && g < lines->group_count; g++) {
        groups[g].limit = recipe_share_of(p->picks->options.keep, pool_of(p->picks, &lines->groups[g]));
    }
    status = status ? status : lot_open(&p->lot, p->run->tmp, "select", p->run->memory / 2, err);
    status = status ? status : score_lines_each(lines, p->run, add_lot, p, err);
    status = status ? status : lot_draw(p->lot, groups, draw_out, p, err);
    lot_free(p->lot);
    p->lot = NULL;
    free(groups);
    return status;
}

/* ---- Cuts ------------------------------------------------------------------------------------------------------- */

static tamis_status hand_over(void *taker, const struct score_line *line, tamis_err *err)
{
    const struct picking *const p = taker;
    if (isnan(line->score)) {
        return TAMIS_OK;
    }
    const struct candidate c = {
        .score = line->score,
        .weight = weight_of(p->picks, line),
        .group = line->group,
        .number = line->number,
        .id = line->id,
    };
    return p->take(p->taker, &c, err);
}

static tamis_status each(void *context, bool ids,
                         tamis_status (*take)(void *taker, const struct candidate *c, tamis_err *err), void *taker,
                         tamis_err *err)
{
    struct picking *const p = context;
    (void)ids; /* they come with the lines */
    p->take = take;
    p->taker = taker;
    return score_lines_each(p->lines, p->run, hand_over, p, err);
}

static uint64_t limit_of(void *context, size_t group, uint64_t scored)
{
    const struct picking *const p = context;
    (void)group;
    return recipe_share_of(p->picks->options.keep, scored);
}

static tamis_status find_cuts(struct picking *p, tamis_err *err)
{
    const size_t groups = p->lines->group_count;
    const struct candidates candidates = {each, p};
    int *const policies = calloc(groups, sizeof *policies);
    if (!policies) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the selection");
    }
    for (size_t g = 0; g < groups; g++) {
        policies[g] = p->picks->options.policy;
    }
    const struct cut_options options = {
        .tmp = p->run->tmp,
        .memory = p->run->memory / 2,
        .groups = groups,
        .policies = policies,
        .limit = limit_of,
        .context = p,
    };
    const tamis_status status = cuts_find(&p->picks->cuts, &candidates, &options, err);
    free(policies);
    return status;
}

/* ---- Picks ------------------------------------------------------------------------------------------------------ */

tamis_status line_picks_make(struct line_picks *picks, const struct score_lines *lines, const struct run *run,
                             const struct pick_options *options, tamis_err *err)
{
    struct picking p = {.picks = picks, .lines = lines, .run = run};
    *picks = (struct line_picks){.options = *options, .by_tokens = lines->without_tokens == 0};
    const bool random = options->policy == POLICY_RANDOM;
    tamis_status status = random || options->unscored == UNSCORED_RANDOM ? draw_lots(&p, err) : TAMIS_OK;
    return status || random ? status : find_cuts(&p, err);
}

bool line_picks_keeps(const struct line_picks *picks, const struct score_line *line)
{
    if (takes_part(picks, line)) {
        return picks->drawn_out ? !(picks->drawn_out[line->number / 8] & (1u << (line->number % 8)))
                                : picks->options.unscored == UNSCORED_KEEP;
    }
    const struct candidate c = {.score = line->score, .number = line->number, .id = line->id};
    return cut_keeps(&picks->cuts.groups[line->group], &c);
}

void line_picks_release(struct line_picks *picks)
{
    cuts_release(&picks->cuts);
    free(picks->drawn_out);
    *picks = (struct line_picks){0};
}
