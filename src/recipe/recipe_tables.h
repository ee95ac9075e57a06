/*
 * The option tables of a recipe, section by section: parser, help and documentation are made from them.
 * A few keys take more forms than their table says (one number, or a map from domain to number): their help says so.
 */
#ifndef TAMIS_RECIPE_RECIPE_TABLES_H
#define TAMIS_RECIPE_RECIPE_TABLES_H

#include "recipe/recipe.h"

extern const tamis_param recipe_top_params[], recipe_source_params[], recipe_holdout_params[], recipe_dedup_params[],
    recipe_minhash_params[], recipe_score_params[], recipe_proxy_params[], recipe_select_params[],
    recipe_target_params[], recipe_output_params[];
/* Into an array of double, in the order of enum budget from BUDGET_DIFFERENCE on; NaN: not given. */
#define RECIPE_BUDGETS BUDGET_WEIGHT
extern const tamis_param recipe_budget_params[RECIPE_BUDGETS + 1];

struct recipe_table {
    const char *section; /* its key, dotted: "sources", "dedup.minhash"; "" for the top of the file */
    const char *form;    /* "map", "list of maps", "map from domain to map", .. */
    const char *help;    /* one line */
    const tamis_param *params; /* NULL: keys are not fixed */
};

/* In the order of a recipe; ends with section NULL. */
extern const struct recipe_table recipe_tables[];

#endif
