/* HTML to plain text: tags removed, entities decoded, blocks on lines of their own. */
#ifndef PACK_HTML_H
#define PACK_HTML_H

#include "buffer.h"

enum { MAX_DROPPED = 16 }; /* names in one list */

/* Class and id names whose elements are left out. */
struct drop_list {
    struct span names[MAX_DROPPED];
    size_t count;
};

void html_to_text(struct span file, const struct drop_list *drop, struct buffer *out);

#endif
