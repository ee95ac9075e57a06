/*
 * manifest.json of a folder of trajectories: strict JSON. Keys that are not known here are the writer's own.
 */
#include "score/trajectories_reading.h"

#include <inttypes.h>
#include <string.h>

#include "core/file.h"
#include "core/str.h"
#include "io/json_line.h"

#define MANIFEST_MOST ((size_t)16 << 20)
#define LN_2 0.69314718055994530942

static tamis_status take_version(const struct dom *dom, const char *path, tamis_err *err)
{
    struct dom_value value;
    dom_find(dom, "version", &value);
    if (value.kind != DOM_COUNT || value.count == 0) {
        return tamis_fail(err, TAMIS_INPUT, "%s: says no version; write \"version\": %d", path, TRAJECTORIES_VERSION);
    }
    if (value.count > TRAJECTORIES_VERSION) {
        return tamis_fail(err, TAMIS_USAGE,
                          "%s: trajectories of version %" PRIu64 "; this tamis reads version %d: use a newer one", path,
                          value.count, TRAJECTORIES_VERSION);
    }
    return TAMIS_OK;
}

/* The place of the word under `key` among `words` (ends with NULL); `none` when there is no such key. */
static tamis_status take_word(const struct dom *dom, const char *path, const char *key, const char *const *words,
                              size_t none, size_t *place, tamis_err *err)
{
    struct dom_value value;
    dom_find(dom, key, &value);
    *place = none;
    if (value.kind == DOM_MISSING || value.kind == DOM_NULL) {
        return TAMIS_OK;
    }
    for (size_t i = 0; words[i]; i++) {
        if (value.kind == DOM_STRING && str_is(value.string, words[i])) {
            *place = i;
            return TAMIS_OK;
        }
    }
    const tamis_str said = value.kind == DOM_STRING ? value.string : STR("no word");
    return tamis_fail(err, TAMIS_INPUT, "%s: \"%s\" is '%.*s'; it must be \"%s\" or \"%s\"%s%s%s", path, key,
                      STR_ARGS(said), words[0], words[1], words[2] ? " or \"" : "", words[2] ? words[2] : "",
                      words[2] ? "\"" : "");
}

static tamis_status fail_steps(const char *path, const char *what, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INPUT,
                      "%s: \"steps\" %s; write the number of each checkpoint once, as [0, 1000, 2000]", path, what);
}

static tamis_status check_steps(const char *path, const double *numbers, uint64_t *steps, size_t count, tamis_err *err)
{
    struct steps seen = {0};
    tamis_status status = TAMIS_OK;
    for (size_t i = 0; !status && i < count; i++) {
        struct step *step = NULL;
        if (!(numbers[i] >= 0) || numbers[i] > (double)STEP_MOST || (double)(uint64_t)numbers[i] < numbers[i]) {
            status = fail_steps(path, "are not all whole numbers", err);
            break;
        }
        steps[i] = (uint64_t)numbers[i];
        status = steps_touch(&seen, steps[i], &step, err);
        if (!status && step->stamp++ > 0) {
            status = fail_steps(path, "names a step twice", err);
        }
    }
    steps_release(&seen);
    return status;
}

static tamis_status take_steps(struct origin *o, const struct dom *dom, const char *path, struct arena *arena,
                               tamis_err *err)
{
    struct dom_value value;
    dom_find(dom, "steps", &value);
    if (value.kind == DOM_MISSING || value.kind == DOM_NULL) {
        return TAMIS_OK;
    }
    const size_t count = dom_numbers(dom, "steps", NULL, 0);
    if (count > TRAJECTORIES_MOST_CHECKPOINTS) {
        return count == SIZE_MAX ? fail_steps(path, "is no list of numbers", err)
                                 : tamis_fail(err, TAMIS_INPUT, "%s: %zu steps; at most %zu can be", path, count,
                                              TRAJECTORIES_MOST_CHECKPOINTS);
    }
    double *const numbers = arena_alloc(arena, (count + 1) * sizeof *numbers);
    uint64_t *const steps = arena_alloc(arena, (count + 1) * sizeof *steps);
    if (!numbers || !steps) {
        return reading_no_memory("the steps", err);
    }
    (void)dom_numbers(dom, "steps", numbers, count);
    o->steps = steps;
    o->step_count = count;
    return check_steps(path, numbers, steps, count, err);
}

static tamis_status take_all(struct origin *o, const struct dom *dom, const char *path, struct arena *arena,
                             tamis_err *err)
{
    static const char *const units[] = {"nat", "bit", NULL};
    static const char *const pers[] = {"token", "byte", "unknown", NULL};
    static const char *const forms[] = {"long", "wide", "matrix", NULL};
    size_t unit = 0, per = 0, form = 0;
    tamis_status status = take_version(dom, path, err);
    status = status ? status : take_word(dom, path, "unit", units, 0, &unit, err);
    status = status ? status : take_word(dom, path, "per", pers, 2, &per, err);
    status = status ? status : take_word(dom, path, "form", forms, 3, &form, err);
    o->unit = units[unit];
    o->scale = unit == 1 ? LN_2 : 1;
    o->per = pers[per];
    o->form = form == 0 ? FORM_LONG : form == 1 ? FORM_WIDE : form == 2 ? FORM_MATRIX : FORM_UNKNOWN;
    return status ? status : take_steps(o, dom, path, arena, err);
}

tamis_status origin_manifest(struct origin *o, const char *path, struct arena *arena, tamis_err *err)
{
    struct buf bytes;
    enum reject reject = REJECT_NONE;
    buf_init(&bytes, MANIFEST_MOST);
    struct parser *const parser = parser_new();
    tamis_status status = parser ? file_read(path, MANIFEST_MOST, &bytes, err) : reading_no_memory("the manifest", err);
    status = status ? status : json_line_parse(parser, buf_str(&bytes), &reject, err);
    if (!status && reject) {
        status = tamis_fail(err, TAMIS_INPUT, "%s: is no JSON object (%s); write {\"version\": 1, ..}", path,
                            reject_name(reject));
    }
    status = status ? status : take_all(o, json_line_dom(parser), path, arena, err);
    parser_free(parser);
    buf_release(&bytes);
    return status;
}
