/* The list of all scorers, made from scorers.def. */
#include "tamis.h"

#define SCORER(name) extern const tamis_scorer tamis_scorer_##name;
#include "scorers.def"
#undef SCORER

const tamis_scorer *const *tamis_scorers(void)
{
    static const tamis_scorer *const all[] = {
#define SCORER(name) &tamis_scorer_##name,
#include "scorers.def"
#undef SCORER
        NULL,
    };
    return all;
}
