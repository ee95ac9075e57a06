/* RUN/scores.json: how the scores of a run came about, for people and for the report of a run that is continued. */
#ifndef TAMIS_SCORE_SCORE_FACTS_H
#define TAMIS_SCORE_SCORE_FACTS_H

#include "score/proxy.h"
#include "score/score.h"

#define SCORES_VERSION 1

/* `proxy`: NULL where it was not asked for. Its groups are the domains of the recipe. */
tamis_status score_facts_write(const struct run *run, const struct score_totals *totals,
                               const struct proxy_facts *proxy, tamis_err *err) TAMIS_MUST_CHECK;

#endif
