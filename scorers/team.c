/*
 * Members wait for a round to begin, take indexes under the lock until none is left, and the last one done wakes the
 * caller.
 */
#include "team.h"

#include <pthread.h>
#include <stdlib.h>

struct member {
    struct team *team;
    unsigned number;
    pthread_t thread;
};

struct team {
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t begun, finished;
    uint64_t round;
    bool closing;
    size_t count, next, done; /* of this round: indexes, the next one to be taken, those worked on */
    void (*work)(void *context, unsigned member, size_t index);
    void *context;
    unsigned started;         /* threads */
    struct member members[];  /* without the caller, who is member 0 */
};

/* Called and left with the lock held. */
static void take_part(struct team *team, unsigned member)
{
    while (team->next < team->count) {
        const size_t index = team->next++;
        pthread_mutex_unlock(&team->lock);
        team->work(team->context, member, index);
        pthread_mutex_lock(&team->lock);
        team->done++;
        if (team->done == team->count) {
            pthread_cond_signal(&team->finished);
        }
    }
}

static void *serve(void *argument)
{
    const struct member *const member = argument;
    struct team *const team = member->team;
    uint64_t seen = 0;
    pthread_mutex_lock(&team->lock);
    while (!team->closing) {
        if (team->round == seen) {
            pthread_cond_wait(&team->begun, &team->lock);
        } else {
            seen = team->round;
            take_part(team, member->number);
        }
    }
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

tamis_status team_new(struct team **out, unsigned threads, tamis_err *err)
{
    struct team *const team = calloc(1, sizeof *team + (threads - 1) * sizeof *team->members);
    if (!team) {
        return tamis_fail(err, TAMIS_IO, "out of memory for %u threads", threads);
    }
    pthread_mutex_init(&team->lock, NULL);
    pthread_cond_init(&team->begun, NULL);
    pthread_cond_init(&team->finished, NULL);
    while (team->started < threads - 1) {
        struct member *const member = &team->members[team->started];
        *member = (struct member){.team = team, .number = team->started + 1};
        if (pthread_create(&member->thread, NULL, serve, member)) {
            team_free(team);
            return tamis_fail(err, TAMIS_IO, "cannot start %u threads; lower --threads", threads);
        }
        team->started++;
    }
    *out = team;
    return TAMIS_OK;
}

void team_free(struct team *team)
{
    if (!team) {
        return;
    }
    pthread_mutex_lock(&team->lock);
    team->closing = true;
    pthread_cond_broadcast(&team->begun);
    pthread_mutex_unlock(&team->lock);
    for (unsigned m = 0; m < team->started; m++) {
        pthread_join(team->members[m].thread, NULL);
    }
    pthread_cond_destroy(&team->begun);
    pthread_cond_destroy(&team->finished);
    pthread_mutex_destroy(&team->lock);
    free(team);
}

void team_each(struct team *team, size_t count, void (*work)(void *context, unsigned member, size_t index),
               void *context)
{
    pthread_mutex_lock(&team->lock);
    team->count = count;
    team->next = team->done = 0;
    team->work = work;
    team->context = context;
    team->round++;
    if (count > 1) {
        pthread_cond_broadcast(&team->begun);
    }
    take_part(team, 0);
    while (team->done < count) {
        pthread_cond_wait(&team->finished, &team->lock);
    }
    pthread_mutex_unlock(&team->lock);
}
