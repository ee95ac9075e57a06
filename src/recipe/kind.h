/* What kind of text a document is, told from its looks. A guess, and called one wherever it shows. */
#ifndef TAMIS_RECIPE_KIND_H
#define TAMIS_RECIPE_KIND_H

#include "tamis.h"

const char *kind_name(tamis_kind kind); /* "prose", "code", .. */
tamis_kind kind_guess(tamis_text *text);

/* The first KIND_DOCUMENTS of a source vote for its kind, whatever portions it comes in. */
#define KIND_DOCUMENTS 200
struct kind_votes {
    uint64_t of[TAMIS_KINDS];
    uint64_t documents, bytes;
};

struct records;
/* Records that follow, as read, their texts kept; `text` is a workspace. False: no more are wanted, which is also so
 * after 32 MiB of records. */
bool kind_hear(struct kind_votes *votes, tamis_text *text, const struct records *records);
tamis_kind kind_elected(const struct kind_votes *votes); /* prose where nobody voted */

#endif
