/*
 * Which score lines stay: of each group of lines a share of its tokens where every line has tokens, else of its lines.
 *
 * top, bottom, middle: cuts among the lines with a score (select/cut.h); those without are a bucket of their own.
 * random: all lines are walked in the order of hash(seed, "select", id), and one that would overshoot the share goes.
 * As the stage of a run does it, without targets. Memory: what `run` allows, and a bit per line where lots are drawn.
 */
#ifndef TAMIS_SELECT_LINE_PICKS_H
#define TAMIS_SELECT_LINE_PICKS_H

#include "select/cut.h"
#include "select/score_lines.h"

struct pick_options {
    int policy;   /* enum policy */
    int unscored; /* enum unscored; POLICY_RANDOM draws among all lines */
    double keep;  /* above 0, to 1 */
    uint64_t seed;
};

struct line_picks {
    struct pick_options options;
    bool by_tokens;     /* what the share is of */
    struct cuts cuts;   /* of the groups of the lines; none under POLICY_RANDOM */
    uint8_t *drawn_out; /* a bit per line: the lot was against it; NULL: none was drawn */
};

/* Temporary files go to run->tmp. Release even after a failure. */
tamis_status line_picks_make(struct line_picks *picks, const struct score_lines *lines, const struct run *run,
                             const struct pick_options *options, tamis_err *err) TAMIS_MUST_CHECK;
bool line_picks_keeps(const struct line_picks *picks, const struct score_line *line);
void line_picks_release(struct line_picks *picks);

#endif
