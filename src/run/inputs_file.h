/* RUN/ledger/inputs.json: the parts as the survey saw them. */
#ifndef TAMIS_RUN_INPUTS_FILE_H
#define TAMIS_RUN_INPUTS_FILE_H

#include "run/ledger.h"

bool inputs_print(const struct inputs *inputs, const struct recipe *recipe, struct buf *text) TAMIS_MUST_CHECK;
/* What is different first from the list in the file, in words that name a file; empty: nothing is. */
tamis_status inputs_difference(const struct inputs *inputs, const struct recipe *recipe, const char *path,
                               struct buf *what, tamis_err *err) TAMIS_MUST_CHECK;
/* Memory from the recipe's arena. */
tamis_status inputs_load(struct inputs *inputs, struct recipe *recipe, const char *path, tamis_err *err)
    TAMIS_MUST_CHECK;

#endif
