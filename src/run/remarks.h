/*
 * What the gate lets pass and nobody should overlook. Lines without a prefix, each with its newline.
 */
#ifndef TAMIS_RUN_REMARKS_H
#define TAMIS_RUN_REMARKS_H

#include "run/run.h"
#include "run/tally.h"

#define REMARK_SHARE 0.20     /* of a source's documents or tokens, taken by one rule, or of its records, rejected */
#define REMARK_SHARE_ALL 0.40 /* by all filters together */

/*
 * Sources that lose much although no domain's gate is closed by it, the worst first, a handful at most. What the
 * recipe accepts is no loss. False: no memory.
 */
bool remark_losses(const struct run *run, const struct tally *tally, struct buf *lines);
/* Domains that targets name of which nothing is held out, from a tally of resolved documents. False: no memory. */
bool remark_holdout(const struct recipe *recipe, const struct tally *tally, struct buf *lines);

#endif
