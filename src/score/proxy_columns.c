/*
 * The columns of losses, put together: trajectories and facts.
 */
#include <math.h>
#include <stdlib.h>

#include "core/file.h"
#include "lm.h"
#include "score/proxy_inside.h"
#include "score/trajectories.h"

tamis_status proxy_column(const struct proxy *p, size_t checkpoint, struct path *path, tamis_err *err)
{
    return path_make(path, err, "%s/loss-%05zu.f4", p->work, checkpoint);
}

struct columns {
    const struct proxy *p;
    const float **at;
    size_t count;  /* mapped so far */
    uint64_t next; /* document of the next trajectory */
};

static tamis_status map_column(struct columns *c, tamis_err *err)
{
    const size_t bytes = (size_t)cache_count(c->p->cache) * sizeof(float);
    struct path path;
    const void *at = NULL;
    size_t len = 0;
    tamis_status status = proxy_column(c->p, c->count, &path, err);
    status = status ? status : file_map(path.at, &at, &len, err);
    if (status) {
        return status;
    }
    c->at[c->count++] = at;
    if (len == bytes) {
        return TAMIS_OK;
    }
    c->count--;
    file_unmap(at, len);
    return tamis_fail(err, TAMIS_INPUT, "%s: holds %zu bytes where %zu were written; remove %s and run again", path.at,
                      len, bytes, c->p->work);
}

static tamis_status columns_open(struct columns *c, const struct proxy *p, tamis_err *err)
{
    const size_t checkpoints = (size_t)p->options->checkpoints;
    *c = (struct columns){.p = p, .at = calloc(checkpoints, sizeof *c->at)};
    tamis_status status = c->at ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the losses of the proxy");
    while (!status && c->count < checkpoints) {
        status = map_column(c, err);
    }
    return status;
}

static void columns_close(struct columns *c)
{
    for (size_t i = 0; i < c->count; i++) {
        file_unmap(c->at[i], (size_t)cache_count(c->p->cache) * sizeof(float));
    }
    free(c->at);
}

static bool is_held_out(const struct proxy *p, uint64_t i)
{
    return p->options->trains && !p->options->trains(p->options->context, i);
}

/* ---- Trajectories ----------------------------------------------------------------------------------------------- */

static tamis_status next_row(void *context, uint64_t row, float *losses, tamis_str *id, tamis_err *err)
{
    struct columns *const c = context;
    (void)row;
    (void)err;
    while (is_held_out(c->p, c->next)) {
        c->next++;
    }
    for (size_t k = 0; k < c->count; k++) {
        losses[k] = c->at[k][c->next];
    }
    *id = cache_id(c->p->cache, c->next++);
    return TAMIS_OK;
}

static tamis_status write_rows(struct columns *c, const char *folder, const struct proxy_facts *facts,
                               tamis_err *err)
{
    const struct proxy *const p = c->p;
    struct path model;
    const tamis_status status = path_make(&model, err, "tamis-proxy@%u, %llu parameters, %llu passes", LM_VERSION,
                                          (unsigned long long)lm_parameters(p->lm),
                                          (unsigned long long)p->options->passes);
    if (status) {
        return status;
    }
    const struct trajectories_writing writing = {
        .per = "byte",
        .model = model.at,
        .scope = "each document from its first byte, as far as the proxy read it",
        .steps = facts->steps,
        .checkpoints = c->count,
        .seed = p->options->seed,
        .documents = facts->documents,
        .row = next_row,
        .context = c,
    };
    return trajectories_write(folder, &writing, err);
}

tamis_status proxy_write(const struct proxy *p, const char *folder, const struct proxy_facts *facts, tamis_err *err)
{
    struct columns c;
    tamis_status status = columns_open(&c, p, err);
    status = status ? status : write_rows(&c, folder, facts, err);
    columns_close(&c);
    return status;
}

/* ---- Facts ------------------------------------------------------------------------------------------------------ */

/* The documents trained on, or the others: sums over bytes by group, then of all. */
struct means {
    const struct columns *columns;
    bool held_out;
    double *sums;
    uint64_t *bytes;
};

static void sum_up(struct means *m, size_t checkpoint)
{
    const struct cache *const cache = m->columns->p->cache;
    const size_t groups = cache_groups(cache);
    for (size_t g = 0; g <= groups; g++) {
        m->sums[g] = 0;
        m->bytes[g] = 0;
    }
    for (uint64_t i = 0; i < cache_count(cache); i++) {
        const size_t group = cache_group(cache, i), length = cache_text(cache, i).len;
        if (length && is_held_out(m->columns->p, i) == m->held_out) {
            const double nats = (double)m->columns->at[checkpoint][i] * (double)length;
            m->sums[group] += nats;
            m->bytes[group] += length;
            m->sums[groups] += nats;
            m->bytes[groups] += length;
        }
    }
}

static tamis_status tell_means(const struct columns *c, bool held_out, struct arena *arena, const double **loss,
                               const double **whole, tamis_err *err)
{
    const size_t groups = cache_groups(c->p->cache);
    struct means m = {.columns = c, .held_out = held_out};
    m.sums = calloc(groups + 1, sizeof *m.sums);
    m.bytes = calloc(groups + 1, sizeof *m.bytes);
    double *const by_group = arena_alloc(arena, c->count * groups * sizeof *by_group);
    double *const of_all = arena_alloc(arena, c->count * sizeof *of_all);
    const bool fine = m.sums && m.bytes && by_group && of_all;
    for (size_t k = 0; fine && k < c->count; k++) {
        sum_up(&m, k);
        for (size_t g = 0; g < groups; g++) {
            by_group[k * groups + g] = m.bytes[g] ? m.sums[g] / (double)m.bytes[g] : NAN;
        }
        of_all[k] = m.bytes[groups] ? m.sums[groups] / (double)m.bytes[groups] : NAN;
    }
    free(m.sums);
    free(m.bytes);
    *loss = by_group;
    *whole = of_all;
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the losses of the proxy");
}

static tamis_status tell_steps(const struct proxy *p, struct arena *arena, struct proxy_facts *facts, tamis_err *err)
{
    const size_t checkpoints = (size_t)p->options->checkpoints;
    uint64_t *const steps = arena_alloc(arena, checkpoints * sizeof *steps);
    for (size_t i = 0; steps && i < checkpoints; i++) {
        steps[i] = proxy_step(p, i);
    }
    facts->steps = steps;
    facts->checkpoints = checkpoints;
    return steps ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the checkpoints of the proxy");
}

tamis_status proxy_tell(const struct proxy *p, struct arena *arena, struct proxy_facts *facts, tamis_err *err)
{
    struct columns c;
    facts->parameters = lm_parameters(p->lm);
    facts->groups = cache_groups(p->cache);
    facts->bytes = p->total / p->options->passes;
    for (uint64_t i = 0; i < cache_count(p->cache); i++) {
        facts->held_out_documents += is_held_out(p, i);
    }
    facts->documents = cache_count(p->cache) - facts->held_out_documents;
    tamis_status status = tell_steps(p, arena, facts, err);
    const tamis_status opened = columns_open(&c, p, status ? NULL : err);
    status = status ? status : opened;
    status = status ? status : tell_means(&c, false, arena, &facts->loss, &facts->whole, err);
    if (!status && facts->held_out_documents) {
        status = tell_means(&c, true, arena, &facts->held_out, &facts->held_out_whole, err);
    }
    columns_close(&c);
    return status;
}
