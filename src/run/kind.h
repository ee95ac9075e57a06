/* What kind of text a document is, told from its looks. A guess, and called one wherever it shows. */
#ifndef TAMIS_RUN_KIND_H
#define TAMIS_RUN_KIND_H

#include "tamis.h"

const char *kind_name(tamis_kind kind); /* "prose", "code", .. */
tamis_kind kind_guess(tamis_text *text);

#endif
