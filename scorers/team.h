/*
 * Threads that share small pieces of work many times a second, and sleep while there is none: those of OpenMP's
 * runtimes spin, and on a busy machine take the core from whomever they wait for.
 */
#ifndef TAMIS_SCORERS_TEAM_H
#define TAMIS_SCORERS_TEAM_H

#include "tamis.h"

struct team;

/* `threads` members with the caller of team_each(), 1 or more. Threads or memory are not to be had: TAMIS_IO. */
tamis_status team_new(struct team **team, unsigned threads, tamis_err *err) TAMIS_MUST_CHECK;
void team_free(struct team *team); /* accepts NULL */
/*
 * work() for every index below `count`, once, in no particular order; returns when all of it is done. `member`, below
 * the number of threads, is nobody else's at that time. By one caller at a time, not from within work().
 */
void team_each(struct team *team, size_t count, void (*work)(void *context, unsigned member, size_t index),
               void *context);

#endif
