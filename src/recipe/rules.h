/*
 * Every rule that can take a document out of a run, in one table: a verdict is an index into it.
 * Order: rejects of the parser, filters in recipe order, duplicates, selection.
 */
#ifndef TAMIS_RECIPE_RULES_H
#define TAMIS_RECIPE_RULES_H

#include "recipe/recipe.h"

enum stage { STAGE_KEPT, STAGE_PARSE, STAGE_FILTER, STAGE_DEDUP, STAGE_SELECT, STAGE_COUNT };

const char *stage_name(enum stage stage); /* "parse", "filter", "dedup", "select"; "" for STAGE_KEPT */

struct rule {
    enum stage stage;
    const char *name, *signal; /* signal: NULL but for filters */
    tamis_side side;
    double threshold;          /* NaN: has none, or is switched off */
    const char *language;      /* see struct tamis_rule */
    bool needs_spaces;         /* see struct tamis_rule */
    uint16_t filter, number;   /* filters: index into recipe.filters, rule within it */
};

struct rules {
    struct arena names; /* of rules whose filter stands more than once in the recipe: NAME@2, NAME@3 .. */
    struct rule *at;
    size_t count;
    uint16_t first_filter, exact, minhash, select, take; /* indexes; `select`: of the policy random */
    uint16_t top, unscored; /* top, bottom and middle follow each other as in enum policy */
};

/* Borrows names from the recipe. */
tamis_status rules_init(struct rules *rules, const struct recipe *recipe, tamis_err *err) TAMIS_MUST_CHECK;
void rules_release(struct rules *rules);
/* Index of the rule called `name`, or rules->count; `STAGE.NAME` and `NAME` are both understood. */
size_t rules_find(const struct rules *rules, tamis_str name);

/* Values that filters measure: one per filter rule. */
static inline size_t rules_signals(const struct rules *rules)
{
    return (size_t)(rules->exact - rules->first_filter);
}

#endif
