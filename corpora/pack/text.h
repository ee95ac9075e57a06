/* Plain text: made clean, trimmed, and cut where a reader would. */
#ifndef PACK_TEXT_H
#define PACK_TEXT_H

#include "buffer.h"

/* Line ends become LF, overstruck characters (x BACKSPACE x) are typed once, other controls go. */
void clean_text(struct span file, struct buffer *out);
struct span trim(struct span text);
/*
 * Length of the next document of a text longer than `longest`. Neither it nor the rest becomes
 * shorter than a quarter of that.
 */
size_t next_cut(struct span text, size_t longest);

#endif
