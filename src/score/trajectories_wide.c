/*
 * Wide lines as series: losses checked and brought to nats, steps where the line gives none.
 */
#include "score/trajectories_reading.h"

#include <stdlib.h>

struct wide {
    struct line_reader reader;
    struct series series;
    double *losses;
    uint64_t *counted; /* 0, 1, 2, .. for lines without steps, where the manifest has none */
    size_t room;
};

static void wide_close(void *self)
{
    struct wide *const w = self;
    if (w) {
        line_reader_close(&w->reader);
        free(w->losses);
        free(w->counted);
        free(w);
    }
}

static tamis_status wide_open(void **self, const struct origin *origin, const struct trajectories_options *options,
                              struct account *account, tamis_err *err)
{
    struct wide *const w = calloc(1, sizeof *w);
    if (!w) {
        return reading_no_memory("a reader", err);
    }
    *self = w;
    return line_reader_open(&w->reader, origin, options, FORM_WIDE, account, err);
}

static tamis_status make_room(struct wide *w, size_t count, tamis_err *err)
{
    if (w->room > 0 && count <= w->room) {
        return TAMIS_OK;
    }
    const size_t room = 2 * count + 16;
    free(w->losses);
    free(w->counted);
    w->losses = calloc(room, sizeof *w->losses);
    w->counted = calloc(room, sizeof *w->counted);
    w->room = w->losses && w->counted ? room : 0;
    for (size_t i = 0; i < w->room; i++) {
        w->counted[i] = i;
    }
    return w->room ? TAMIS_OK : reading_no_memory("a line", err);
}

static tamis_status wide_next(void *self, const struct series **series, tamis_err *err)
{
    struct wide *const w = self;
    const struct origin *const origin = w->reader.origin;
    const struct line *line = NULL;
    bool rejected = false;
    *series = NULL;
    tamis_status status = line_reader_next(&w->reader, &line, err);
    status = status || !line ? status : make_room(w, line->count, err);
    if (status || !line) {
        return status;
    }
    for (size_t i = 0; i < line->count; i++) {
        w->losses[i] = account_loss(w->reader.account, line->losses[i], origin->scale, &rejected);
    }
    w->reader.account->facts.lossy += rejected;
    w->series = (struct series){
        .id = line->id,
        .domain = line->domain,
        .units = line->units,
        .count = line->count,
        .losses = w->losses,
        .steps = line->steps ? line->steps : origin->steps ? origin->steps : w->counted,
    };
    *series = &w->series;
    return TAMIS_OK;
}

const struct series_source series_of_lines = {wide_open, wide_next, wide_close};
