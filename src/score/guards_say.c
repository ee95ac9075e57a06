/* The sentences of the guards that measure: each says what was seen, what it means and what to do. */
#include <math.h>
#include <string.h>

#include "score/guards.h"
#include "score/rival.h"

/* ---- Lists of groups -------------------------------------------------------------------------------------------- */

/* One domain is the whole corpus: it is not said twice. */
static bool is_said(const struct guards *guards, size_t group)
{
    return group > 0 || guards->group_count != 2;
}

/* "over all" or "in law" */
static bool add_where(struct buf *out, const struct guard_group *group)
{
    return group->domain ? buf_printf(out, "in %s", group->domain) : buf_printf(out, "over all");
}

static bool goes_with(const struct guard_group *group, enum simple_score score, double least)
{
    return group->documents >= GUARD_DOCUMENTS && fabs(group->spearman[score]) > least; /* NaN does not */
}

static size_t count_going(const struct guards *guards, enum simple_score score, double least)
{
    size_t count = 0;
    for (size_t g = 0; g < guards->group_count; g++) {
        count += is_said(guards, g) && goes_with(&guards->groups[g], score, least);
    }
    return count;
}

/* "0.83 over all, -0.91 in law" */
static bool add_correlations(struct buf *out, const struct guards *guards, enum simple_score score, double least)
{
    const char *before = "";
    bool fine = true;
    for (size_t g = 0; fine && g < guards->group_count; g++) {
        const struct guard_group *const group = &guards->groups[g];
        if (is_said(guards, g) && goes_with(group, score, least)) {
            fine = buf_printf(out, "%s%.2f ", before, group->spearman[score]) && add_where(out, group);
            before = ", ";
        }
    }
    return fine;
}

/* ---- Correlations ----------------------------------------------------------------------------------------------- */

static bool say_length(const struct guards *guards, struct buf *out)
{
    if (count_going(guards, SIMPLE_LENGTH, GUARD_LENGTH) == 0) {
        return true;
    }
    return buf_printf(out, "the score goes with the length of the text (rank correlation ") &&
           add_correlations(out, guards, SIMPLE_LENGTH, GUARD_LENGTH) &&
           buf_printf(out, "): part of what it selects is length; leave very short documents out by the filter "
                           "`length`, and compare with a run pruned by `policy: random` before you rely on it\n");
}

static bool say_simpler(const struct guards *guards, enum simple_score score, struct buf *out)
{
    const char *const name = simple_score_name(score);
    if (count_going(guards, score, GUARD_SIMPLER) == 0) {
        return true;
    }
    return buf_printf(out, "the score is almost %s (rank correlation ", name) &&
           add_correlations(out, guards, score, GUARD_SIMPLER) &&
           buf_printf(out, "): %s alone puts the documents nearly in this order, and costs less; compare with `score: "
                           "{scorer: %s}` before you rely on it\n", name, name);
}

/* ---- The simplest score ----------------------------------------------------------------------------------------- */

/* Keeping nearly everything, any two selections share nearly everything: that is luck. */
static bool is_no_luck(const struct guard_group *group)
{
    const struct guard_rival *const rival = &group->rival;
    return group->documents >= GUARD_DOCUMENTS && rival_enough(rival) &&
           rival->overlap - rival->chance > GUARD_LUCK * (1 - rival->chance);
}

static bool say_rivals(const struct guards *guards, struct buf *out)
{
    bool fine = true, any = false;
    for (size_t g = 0; fine && g < guards->group_count; g++) {
        const struct guard_group *const group = &guards->groups[g];
        if (!is_no_luck(group)) {
            continue;
        }
        fine = buf_printf(out, any ? "; in %s the %s %s %.1f %%" : "in %s, keeping the %s %s selects %.1f %%",
                          group->domain, simple_side(group->rival.policy), simple_score_name(group->rival.score),
                          100 * group->rival.overlap) &&
               (any || buf_printf(out, " of the same tokens")) &&
               buf_printf(out, " (by chance %.1f %%)", 100 * group->rival.chance);
        any = true;
    }
    return fine && (!any || buf_printf(out, ": the score adds little to that; the simpler one is cheaper to make and "
                                            "easier to explain\n"));
}

/* ---- Scores that are missing or made from less ------------------------------------------------------------------ */

static double unscored(const struct guard_group *group)
{
    return group->eligible ? (double)(group->eligible - group->scored) / (double)group->eligible : 0;
}

static double shortened(const struct guard_group *group)
{
    return group->scored ? (double)group->shortened / (double)group->scored : 0;
}

/* " (law 12.5 %, general 3.0 %)", of the domains that are over the limit; nothing where there is but one. */
static bool add_shares(struct buf *out, const struct guards *guards, double (*share)(const struct guard_group *),
                       double least)
{
    const char *before = " (";
    bool fine = true;
    for (size_t g = 1; fine && guards->group_count > 2 && g < guards->group_count; g++) {
        if (share(&guards->groups[g]) > least) {
            fine = buf_printf(out, "%s%s %.1f %%", before, guards->groups[g].domain, 100 * share(&guards->groups[g]));
            before = ", ";
        }
    }
    return fine && (strcmp(before, ", ") != 0 || buf_add_char(out, ')'));
}

static bool speaks(const struct guards *guards, double (*share)(const struct guard_group *), double least)
{
    bool any = false;
    for (size_t g = 0; g < guards->group_count; g++) {
        any = any || share(&guards->groups[g]) > least;
    }
    return any;
}

static bool say_share(const struct guards *guards, double (*share)(const struct guard_group *), double least,
                      const char *what, const char *advice, struct buf *out)
{
    return !speaks(guards, share, least) ||
           (buf_printf(out, "%.1f %% of the %s", 100 * share(&guards->groups[0]), what) &&
            add_shares(out, guards, share, least) && buf_printf(out, ": %s\n", advice));
}

bool guards_say(const struct guards *guards, struct buf *out)
{
    return guards->group_count == 0 ||
           (say_length(guards, out) && say_simpler(guards, SIMPLE_COMPRESSION, out) &&
            say_simpler(guards, SIMPLE_MEAN_LOSS, out) && say_rivals(guards, out) &&
            say_share(guards, unscored, GUARD_UNSCORED, "documents to be scored have no score",
                      "`unscored` of their domain decides about them, not the score; check that the ids of the losses "
                      "are those of the corpus, or measure more documents", out) &&
            say_share(guards, shortened, GUARD_SHORTENED,
                      "scored documents were measured at fewer checkpoints than a window holds",
                      "their windows are shorter, and scores of windows of several lengths are not quite comparable; "
                      "record more checkpoints, or set a smaller `window`", out));
}
