/* What explain tells of a document's score. */
#ifndef TAMIS_CMD_EXPLAIN_SCORE_H
#define TAMIS_CMD_EXPLAIN_SCORE_H

#include "report/story.h"

/* Whether the document went because of its score. */
bool explain_is_cut(const struct recipe *recipe, const struct story *story);
/* Lines for people: its score, and the cut that took it; nothing where it was not to be scored. */
bool explain_score_say(struct buf *out, const struct recipe *recipe, const struct story *story) TAMIS_MUST_CHECK;
/* For machines, beside what story_write() writes: what the score was made from. */
void explain_score_write(struct json *json, const struct story *story);

#endif
