/* What explain tells of a document's score. */
#include "cmd/explain_score.h"

#include <math.h>
#include <string.h>

bool explain_is_cut(const struct recipe *recipe, const struct story *story)
{
    return story->rule && story->rule->stage == STAGE_SELECT && strcmp(story->rule->name, "take") != 0 &&
           recipe_prunes_by_score(recipe, story->survey->domain) && !isnan(story_score(story));
}

static bool say_cut(struct buf *out, const struct story *story)
{
    const char *const side = story->value < story->threshold   ? "under"
                             : story->value > story->threshold ? "over"
                                                               : "at";
    if (isnan(story->threshold)) {
        return buf_printf(out, "  %-10s score %.6g, and nothing of its domain stays\n", "pruned", story->value);
    }
    return buf_printf(out, "  %-10s score %.6g %s the cut %.6g of its domain by policy %s\n", "pruned", story->value,
                      side, story->threshold, story->rule->name);
}

static bool say_score(struct buf *out, const struct recipe *recipe, const struct score_row *row)
{
    bool fine = buf_printf(out, "  %-10s ", "score");
    fine = fine && (isnan(row->score) ? buf_printf(out, "none")
                                      : buf_printf(out, "%.6g by %s", row->score, recipe->score.name));
    if (fine && !isnan(row->mean_loss)) {
        fine = buf_printf(out, ", mean loss %.6g, final loss %.6g", row->mean_loss, row->final_loss);
    }
    if (fine && recipe->score.trajectories) {
        fine = buf_printf(out, ", measured at %u checkpoint%s%s", row->observed, row->observed == 1 ? "" : "s",
                          row->shortened ? ", fewer than a window holds" : "");
    }
    return fine && buf_add_char(out, '\n');
}

bool explain_score_say(struct buf *out, const struct recipe *recipe, const struct story *story)
{
    return !story->score || (say_score(out, recipe, story->score) &&
                             (!explain_is_cut(recipe, story) || say_cut(out, story)));
}

void explain_score_write(struct json *json, const struct story *story)
{
    json_key(json, "measured");
    if (!story->score) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_key_count(json, "checkpoints", story->score->observed);
    json_key_real(json, "final_loss", story->score->final_loss);
    json_key_real(json, "compression", story->score->compression);
    json_key_bool(json, "shortened", story->score->shortened);
    json_close(json, '}');
}
