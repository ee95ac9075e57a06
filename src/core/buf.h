/*
 * A growable run of bytes with a hard cap: one bad line must not take the machine down.
 * After any call that returns false the contents are what they were.
 */
#ifndef TAMIS_CORE_BUF_H
#define TAMIS_CORE_BUF_H

#include <stdarg.h>

#include "tamis.h"

struct buf {
    char *at; /* NUL-terminated whenever cap > 0, the NUL not counted in len */
    size_t len, cap;
    size_t limit; /* largest allowed len */
};

#define BUF_UNLIMITED (SIZE_MAX / 2)
#define BUF_PADDING 64 /* bytes after len that may be read (not meaningfully) by vector code */

void buf_init(struct buf *b, size_t limit);          /* allocates nothing */
void buf_release(struct buf *b);                     /* frees the contents; usable again */
void buf_clear(struct buf *b);                       /* len = 0, keeps the memory */
bool buf_reserve(struct buf *b, size_t more) TAMIS_MUST_CHECK; /* room for `more` bytes after len */
bool buf_add(struct buf *b, const void *bytes, size_t len) TAMIS_MUST_CHECK;
bool buf_add_str(struct buf *b, tamis_str s) TAMIS_MUST_CHECK;
bool buf_add_char(struct buf *b, char c) TAMIS_MUST_CHECK;
bool buf_printf(struct buf *b, const char *format, ...) TAMIS_PRINTF(2, 3) TAMIS_MUST_CHECK;
bool buf_vprintf(struct buf *b, const char *format, va_list arguments) TAMIS_PRINTF(2, 0) TAMIS_MUST_CHECK;
tamis_str buf_str(const struct buf *b);              /* valid until the next change */

#endif
