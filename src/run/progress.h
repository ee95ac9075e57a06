/*
 * Progress on stderr: one line redrawn on a terminal after two seconds, else a line every half minute; the same facts
 * in RUN/status.json. It is the caller's sink: the library itself never prints.
 */
#ifndef TAMIS_RUN_PROGRESS_H
#define TAMIS_RUN_PROGRESS_H

#include "run/stats.h"

struct progress;

enum progress_mode { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER };

/* `status_path` (RUN/status.json) may be NULL. NULL when memory runs out. */
struct progress *progress_new(enum progress_mode mode, const char *status_path);
void progress_free(struct progress *p); /* clears the line; accepts NULL */
/* Stages are measured by `stats` from now on, which is borrowed. */
void progress_measure(struct progress *p, struct stats *stats);
/* A new stage with `total` units of work ("bytes", "documents"); total 0: unknown. All accept p == NULL. */
void progress_stage(struct progress *p, const char *stage, const char *unit, uint64_t total);
/* `done` of total; `documents` so far in this stage. Cheap; from one thread at a time. */
void progress_update(struct progress *p, uint64_t done, uint64_t documents);
void progress_done(struct progress *p);

#endif
