/* UTF-8, and files that are none. */
#ifndef PACK_UTF8_H
#define PACK_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

void append_code_point(struct buffer *out, uint32_t code);
/* Length of the valid UTF-8 sequence at `at`, or 0. */
size_t utf8_length(const char *at, const char *end);
bool is_utf8(struct span text);
/* What the bytes 0x80 to 0x9F mean where old pages and files use them: Windows-1252. */
uint32_t windows_1252(uint32_t code);
/* Reads the file as Windows-1252, which any bytes are. */
void make_utf8(struct buffer *file);
/* Text has no NUL, and hardly any of the other control bytes that images are full of. */
bool is_binary(struct span file);

#endif
