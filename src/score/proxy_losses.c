/*
 * Measuring all documents: a column of losses.
 */
#include <math.h>
#include <stdlib.h>

#include "core/file.h"
#include "lm.h"
#include "score/proxy_inside.h"

#define PLACES ((size_t)1 << 16) /* measured at a time; they may hold many documents or a piece of one */

/* Two walks over the same bytes: places are made on the first, losses are added up on the second. */
struct measuring {
    struct proxy *p;
    struct lm_place *places;
    float *nats;
    struct file_out *out;
    uint64_t made, made_at;   /* document and byte of the first walk */
    struct lm_place place;
    uint64_t added, added_at; /* of the second */
    double sum;               /* of document `added` so far */
};

static size_t make_places(struct measuring *m)
{
    const uint64_t documents = cache_count(m->p->cache);
    size_t count = 0;
    while (count < PLACES && m->made < documents) {
        const tamis_str text = cache_text(m->p->cache, m->made);
        if (m->made_at == text.len) {
            m->made++;
            m->made_at = 0;
            m->place = (struct lm_place){0};
            continue;
        }
        m->place.next = (uint8_t)text.at[m->made_at++];
        m->places[count++] = m->place;
        lm_place_pass(&m->place, m->place.next);
    }
    return count;
}

static tamis_status end_document(struct measuring *m, tamis_err *err)
{
    const float loss = m->added_at ? (float)(m->sum / (double)m->added_at) : NAN;
    m->added++;
    m->added_at = 0;
    m->sum = 0;
    return file_out_add(m->out, &loss, sizeof loss, err);
}

static tamis_status add_losses(struct measuring *m, size_t count, tamis_err *err)
{
    const uint64_t documents = cache_count(m->p->cache);
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && m->added < documents;) {
        const size_t bytes = cache_text(m->p->cache, m->added).len;
        while (i < count && m->added_at < bytes) {
            m->sum += (double)m->nats[i++];
            m->added_at++;
        }
        if (m->added_at < bytes) {
            break;
        }
        status = end_document(m, err);
    }
    return status;
}

static tamis_status measure_all(struct measuring *m, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    size_t count = 0;
    do {
        count = make_places(m);
        lm_measure(m->p->lm, m->places, count, m->nats);
        status = add_losses(m, count, err);
        status = status ? status : proxy_tick(m->p, count, err);
    } while (!status && count);
    return status;
}

tamis_status losses_measure(struct proxy *p, size_t checkpoint, tamis_err *err)
{
    struct measuring m = {.p = p};
    struct path path;
    m.places = malloc(PLACES * sizeof *m.places);
    m.nats = malloc(PLACES * sizeof *m.nats);
    tamis_status status =
        m.places && m.nats ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the losses of the proxy");
    status = status ? status : proxy_column(p, checkpoint, &path, err);
    status = status ? status : file_out_open(&m.out, path.at, err);
    status = status ? status : measure_all(&m, err);
    if (!status) {
        status = file_out_commit(m.out, err);
    } else {
        file_out_discard(m.out);
    }
    free(m.places);
    free(m.nats);
    return status;
}
