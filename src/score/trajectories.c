/*
 * Trajectories from the outside: finds the form, lets its gatherer read, and hands the documents out in order.
 */
#include "score/trajectories.h"

#include <inttypes.h>
#include <stdlib.h>

#include "score/trajectories_reading.h"

struct trajectories {
    struct trajectories_options options;
    struct arena arena;
    struct origin origin;
    struct account account;
    struct steps steps;
    const struct gatherer *gatherer;
    void *self;              /* the gatherer's */
    double *losses;          /* of the document at hand */
    struct trajectory current;
    uint64_t handed_out;
};

static tamis_status fail_empty(const struct trajectories *t, const struct account *a, tamis_err *err)
{
    if (a->facts.records == 0) {
        return tamis_fail(err, TAMIS_INPUT, "%s: holds no trajectories: it is empty", t->origin.name);
    }
    return tamis_fail(err, TAMIS_INPUT,
                      "%s: none of its %" PRIu64 " records is part of a trajectory (%s); lines are {\"id\",\"step\","
                      "\"loss_sum\",\"n_tokens\"} or {\"id\",\"losses\":[..]}", t->origin.name, a->facts.records,
                      a->first_broken);
}

/* The form of JSON lines: that of the first that can be read. */
static tamis_status find_form(struct trajectories *t, tamis_err *err)
{
    struct account *const account = calloc(1, sizeof *account);
    struct line_reader reader;
    const struct line *line = NULL;
    if (!account) {
        return reading_no_memory("a reader", err);
    }
    tamis_status status = line_reader_open(&reader, &t->origin, &t->options, FORM_UNKNOWN, account, err);
    reader.lines.quiet = true;
    status = status ? status : line_reader_next(&reader, &line, err);
    t->origin.form = reader.form;
    if (!status && !line) {
        status = fail_empty(t, account, err);
    }
    line_reader_close(&reader);
    free(account);
    return status;
}

static const struct gatherer *gatherer_of(enum form form)
{
    return form == FORM_MATRIX ? &gatherer_matrix : form == FORM_WIDE ? &gatherer_wide : &gatherer_long;
}

/* Steps that the manifest names are checkpoints even where nobody was measured. */
static tamis_status add_steps(struct trajectories *t, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < t->origin.step_count; i++) {
        struct step *step = NULL;
        status = steps_touch(&t->steps, t->origin.steps[i], &step, err);
    }
    return status;
}

static tamis_status make_facts(struct trajectories *t, tamis_err *err)
{
    struct trajectories_facts *const f = &t->account.facts;
    f->unit = t->origin.unit;
    f->per = t->origin.per;
    f->checkpoints = t->steps.count;
    f->steps = t->steps.numbers;
    f->covered = t->steps.covered;
    f->first_broken = f->broken > 0 ? t->account.first_broken : NULL;
    t->losses = calloc(t->steps.count + 1, sizeof *t->losses);
    if (!t->losses) {
        return reading_no_memory("a document", err);
    }
    return f->documents == 0 && f->ambiguous == 0 ? fail_empty(t, &t->account, err) : TAMIS_OK;
}

tamis_status trajectories_open(struct trajectories **trajectories, const char *path,
                               const struct trajectories_options *options, tamis_err *err)
{
    struct trajectories *const t = calloc(1, sizeof *t);
    *trajectories = t;
    if (!t) {
        return reading_no_memory("a reader", err);
    }
    t->options = *options;
    arena_init(&t->arena);
    tamis_status status = origin_find(&t->origin, path, &t->options, &t->arena, err);
    if (!status) {
        progress_stage(options->progress, "trajectories", "bytes", t->origin.bytes);
    }
    status = status || t->origin.form != FORM_UNKNOWN ? status : find_form(t, err);
    status = status ? status : add_steps(t, err);
    if (!status) {
        t->gatherer = gatherer_of(t->origin.form);
        status = t->gatherer->open(&t->self, &t->origin, &t->options, &t->account, &t->steps, err);
    }
    return status ? status : make_facts(t, err);
}

const struct trajectories_facts *trajectories_facts(const struct trajectories *t)
{
    return &t->account.facts;
}

tamis_status trajectories_next(struct trajectories *t, const struct trajectory **trajectory, tamis_err *err)
{
    *trajectory = NULL;
    const tamis_status status = t->gatherer->next(t->self, t->losses, &t->current, err);
    if (!status && t->current.id.at) {
        t->current.ordinal = t->handed_out++;
        *trajectory = &t->current;
    }
    return status;
}

void trajectories_close(struct trajectories *t)
{
    if (t) {
        if (t->gatherer) {
            t->gatherer->close(t->self);
        }
        steps_release(&t->steps);
        origin_release(&t->origin);
        free(t->losses);
        arena_release(&t->arena);
        free(t);
    }
}
