/*
 * What a line of trajectories says, in any of its forms. Nothing is decided about losses here but that they are numbers
 * or null.
 */
#include "score/trajectories_reading.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/str.h"
#include "io/json_line.h"
#include "io/json_text.h"

#define FIRST_ROOM 64

tamis_status line_parser_open(struct line_parser *p, tamis_err *err)
{
    *p = (struct line_parser){0};
    arena_init(&p->arena);
    buf_init(&p->tamed, BUF_UNLIMITED);
    p->parser = parser_new();
    return p->parser ? TAMIS_OK : reading_no_memory("a line", err);
}

void line_parser_close(struct line_parser *p)
{
    parser_free(p->parser);
    arena_release(&p->arena);
    buf_release(&p->tamed);
    free(p->losses);
    free(p->steps);
    *p = (struct line_parser){0};
}

/* A whole number from 0 to 2^53. */
static bool whole(double value, uint64_t *number)
{
    if (!(value >= 0) || value > (double)STEP_MOST) {
        return false;
    }
    *number = (uint64_t)value;
    return (double)*number >= value;
}

/* The line as JSON, with Python's names of numbers that are none. */
static tamis_status parse(struct line_parser *p, tamis_str *raw, enum reject *reject, tamis_err *err)
{
    bool any = false;
    arena_clear(&p->arena);
    tamis_status status = json_line_parse(p->parser, *raw, reject, err);
    if (status || *reject != REJECT_INVALID_JSON) {
        return status;
    }
    buf_clear(&p->tamed);
    if (!json_text_tame_names(*raw, &p->tamed, &any)) {
        return reading_no_memory("a line", err);
    }
    if (any) {
        *raw = buf_str(&p->tamed);
        status = json_line_parse(p->parser, *raw, reject, err);
    }
    return status;
}

static tamis_status take_id(struct line_parser *p, const struct dom_value *value, tamis_str raw, struct line *line,
                            enum broken *why, tamis_err *err)
{
    if (!json_line_id(value, raw, &p->arena, &line->id)) {
        return reading_no_memory("an id", err);
    }
    if (line->id.len == 0) {
        *why = BROKEN_ID;
    }
    return TAMIS_OK;
}

/* n_tokens; or, where losses are per byte, n_bytes. False: something else stands there. */
static bool take_units(const struct dom *dom, const struct origin *origin, uint64_t *units, bool *given)
{
    struct dom_value value = {.kind = DOM_MISSING};
    if (strcmp(origin->per, "byte") == 0) {
        dom_find(dom, "n_bytes", &value);
    }
    if (value.kind == DOM_MISSING) {
        dom_find(dom, "n_tokens", &value);
    }
    *given = dom_is_number(&value);
    return *given ? whole(value.real, units) : value.kind == DOM_MISSING || value.kind == DOM_NULL;
}

static tamis_status take_domain(struct line_parser *p, struct line *line, tamis_err *err)
{
    struct dom_value value;
    dom_find(json_line_dom(p->parser), "domain", &value);
    return value.kind != DOM_STRING || value.string.len == 0 || arena_copy(&p->arena, value.string, &line->domain)
               ? TAMIS_OK
               : reading_no_memory("a domain", err);
}

/* ---- Long ------------------------------------------------------------------------------------------------------- */

static bool take_number(const struct dom *dom, const char *key, bool *there, double *number)
{
    struct dom_value value;
    dom_find(dom, key, &value);
    *there = value.kind != DOM_MISSING;
    *number = dom_is_number(&value) ? value.real : (double)NAN;
    return dom_is_number(&value) || value.kind == DOM_NULL;
}

static enum broken take_long(const struct dom *dom, const struct origin *origin, struct line *line)
{
    bool there = false, counted = false;
    double step = 0;
    line->form = FORM_LONG;
    bool fine = take_number(dom, "loss_sum", &there, &line->loss);
    line->mean = !there;
    fine = there ? fine : take_number(dom, "loss", &there, &line->loss);
    if (!fine) {
        return BROKEN_LOSS;
    }
    if (!take_number(dom, "step", &there, &step) || !whole(step, &line->step)) {
        return BROKEN_STEP;
    }
    if (!take_units(dom, origin, &line->units, &counted)) {
        return BROKEN_COUNT;
    }
    const bool measured = !isnan(line->loss);
    if (measured && !line->mean && (!counted || (line->units == 0 && line->loss > 0))) {
        return BROKEN_COUNT;
    }
    if (counted && line->units == 0) {
        line->loss = (double)NAN; /* a piece without a single token */
    }
    return BROKEN_REASONS;
}

/* ---- Wide ------------------------------------------------------------------------------------------------------- */

static tamis_status make_room(struct line_parser *p, size_t count, tamis_err *err)
{
    if (p->room > 0 && count <= p->room) {
        return TAMIS_OK;
    }
    size_t room = p->room > 0 ? p->room : FIRST_ROOM;
    while (room < count) {
        room *= 2;
    }
    free(p->losses);
    free(p->steps);
    p->losses = calloc(room, sizeof *p->losses);
    p->steps = calloc(room, sizeof *p->steps);
    p->room = p->losses && p->steps ? room : 0;
    return p->room ? TAMIS_OK : reading_no_memory("the losses of a line", err);
}

/* The steps of a line; read as doubles into the place of the losses, which come later. */
static enum broken take_steps(struct line_parser *p, const struct dom *dom, struct line *line, bool there)
{
    line->steps = NULL;
    if (!there) {
        return BROKEN_REASONS;
    }
    if (dom_numbers(dom, "steps", p->losses, p->room) != line->count) {
        return BROKEN_LENGTH;
    }
    for (size_t i = 0; i < line->count; i++) {
        if (!whole(p->losses[i], &p->steps[i])) {
            return BROKEN_STEP;
        }
    }
    line->steps = p->steps;
    return BROKEN_REASONS;
}

static tamis_status take_wide(struct line_parser *p, const struct dom *dom, const struct origin *origin,
                              struct line *line, enum broken *why, tamis_err *err)
{
    struct dom_value steps;
    bool counted = false;
    line->form = FORM_WIDE;
    line->count = dom_numbers(dom, "losses", NULL, 0);
    if (line->count > TRAJECTORIES_MOST_CHECKPOINTS) {
        *why = line->count == SIZE_MAX ? BROKEN_LOSS : BROKEN_MANY;
        return TAMIS_OK;
    }
    const tamis_status status = make_room(p, line->count, err);
    if (status) {
        return status;
    }
    dom_find(dom, "steps", &steps);
    *why = take_steps(p, dom, line, steps.kind != DOM_MISSING && steps.kind != DOM_NULL);
    if (*why == BROKEN_REASONS && !line->steps && origin->steps && origin->step_count != line->count) {
        *why = BROKEN_LENGTH;
    }
    if (*why == BROKEN_REASONS && !take_units(dom, origin, &line->units, &counted)) {
        *why = BROKEN_COUNT;
    }
    (void)dom_numbers(dom, "losses", p->losses, p->room);
    line->losses = p->losses;
    return TAMIS_OK;
}

/* ---- Any -------------------------------------------------------------------------------------------------------- */

tamis_status line_parse(struct line_parser *p, const struct origin *origin, tamis_str raw, struct line *line,
                        enum broken *why, tamis_err *err)
{
    enum reject reject = REJECT_NONE;
    struct dom_value value;
    *line = (struct line){.id = STR(""), .domain = STR("")};
    *why = BROKEN_REASONS;
    tamis_status status = parse(p, &raw, &reject, err);
    if (status || reject) {
        *why = BROKEN_LINE;
        return status;
    }
    const struct dom *const dom = json_line_dom(p->parser);
    dom_find(dom, "id", &value);
    status = take_id(p, &value, raw, line, why, err);
    if (status || *why != BROKEN_REASONS) {
        return status;
    }
    dom_find(dom, "losses", &value);
    if (value.kind != DOM_MISSING) {
        status = take_wide(p, dom, origin, line, why, err);
    } else {
        *why = take_long(dom, origin, line);
    }
    return status ? status : take_domain(p, line, err);
}

static tamis_str trim(tamis_str s)
{
    while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t')) {
        s = (tamis_str){s.at + 1, s.len - 1};
    }
    return s;
}

tamis_status line_parse_id(struct line_parser *p, const struct origin *origin, tamis_str raw, struct line *line,
                           enum broken *why, tamis_err *err)
{
    enum reject reject = REJECT_NONE;
    struct dom_value value;
    bool counted = false;
    *line = (struct line){.id = STR(""), .domain = STR("")};
    *why = BROKEN_REASONS;
    raw = trim(raw);
    tamis_status status = parse(p, &raw, &reject, err);
    if (status || (reject && reject != REJECT_NOT_AN_OBJECT)) {
        *why = BROKEN_LINE;
        return status;
    }
    const struct dom *const dom = json_line_dom(p->parser);
    if (reject) {
        dom_root(dom, &value);
        return take_id(p, &value, raw, line, why, err);
    }
    dom_find(dom, "id", &value);
    status = take_id(p, &value, raw, line, why, err);
    if (!status && *why == BROKEN_REASONS && !take_units(dom, origin, &line->units, &counted)) {
        *why = BROKEN_COUNT;
    }
    return status ? status : take_domain(p, line, err);
}
