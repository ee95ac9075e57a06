/* The sentences of the guards that know what goes wrong from the recipe alone. */
#include <string.h>

#include "core/param.h"
#include "core/str.h"
#include "score/guards.h"

bool guard_duplicates(const struct recipe *recipe, struct buf *out)
{
    const struct recipe_dedup *const dedup = &recipe->dedup;
    const bool exact = dedup->exact || dedup->compat != COMPAT_NONE; /* equal texts have equal signatures */
    if (!recipe->score.on || (exact && dedup->minhash)) {
        return true;
    }
    const char *const off = exact ? "dedup.minhash is" : dedup->minhash ? "dedup.exact is" : "dedup is";
    return buf_printf(out, "the recipe scores documents and %s off: a text that stands in the corpus many times is "
                           "learnt by heart, and copies of boilerplate get the highest Dynamic Uncertainty of all; "
                           "switch dedup.exact and dedup.minhash on, or remove the duplicates beforehand\n", off);
}

/* A number among a scorer's options, which are known by their table only; `otherwise` where there is none. */
static double option(const struct scoring *scoring, const char *name, double otherwise)
{
    const tamis_param *const param =
        scoring->scorer->params ? param_find(scoring->scorer->params, str_from(name)) : NULL;
    if (!param || !scoring->self) {
        return otherwise;
    }
    const void *const at = (const char *)scoring->self + param->offset;
    switch (param->type) {
    case TAMIS_COUNT:
        return (double)*(const uint64_t *)at;
    case TAMIS_REAL:
        return *(const double *)at;
    default:
        return otherwise;
    }
}

bool guard_tdds(const struct scoring *scoring, size_t checkpoints, struct buf *out)
{
    if (!scoring->scorer || strcmp(scoring->scorer->name, "tdds") != 0) {
        return true;
    }
    const double decay = option(scoring, "decay", 0), window = option(scoring, "window", 0);
    const double length = option(scoring, "length", 0);
    const bool cut = length >= 1 && length < (double)checkpoints, windows = (double)checkpoints > window;
    if (cut || !windows || !(decay > GUARD_DECAY)) {
        return true;
    }
    return buf_printf(out, "tdds with decay %.3g on all %zu checkpoints: decay is the weight of the newest window, so "
                           "the last %.0f checkpoints are nearly all that counts, and at the end of a run noise moves "
                           "as much as text; set `length` to the checkpoints in which the loss falls, or a small "
                           "decay such as 0.1\n", decay, checkpoints, window);
}

bool guard_law(const char *target, const char *text, struct buf *out)
{
    tamis_str rest = str_from(text), line;
    bool fine = true;
    while (fine && str_next_line(&rest, &line)) {
        fine = buf_printf(out, "target %s: ", target) && buf_add_str(out, line) && buf_add_char(out, '\n');
    }
    return fine;
}
