/*
 * Growable bytes with a hard cap. The allocation is always BUF_PADDING longer than `cap`: room for the NUL and for
 * vector code that reads past the end. Growth doubles, so that adding byte by byte stays linear.
 */
#include "core/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALLEST_CAP 192
#define LARGEST_CAP (BUF_UNLIMITED - BUF_PADDING)

void buf_init(struct buf *b, size_t limit)
{
    *b = (struct buf){.limit = limit < LARGEST_CAP ? limit : LARGEST_CAP};
}

void buf_release(struct buf *b)
{
    free(b->at);
    buf_init(b, b->limit);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->at != NULL) {
        b->at[0] = '\0';
    }
}

static bool grow(struct buf *b, size_t needed)
{
    size_t cap = b->cap < SMALLEST_CAP ? SMALLEST_CAP : b->cap;
    while (cap < needed) {
        cap = cap > LARGEST_CAP / 2 ? LARGEST_CAP : cap * 2;
    }
    if (cap > b->limit) {
        cap = b->limit;
    }
    char *at = realloc(b->at, cap + BUF_PADDING);
    if (at == NULL) {
        return false;
    }
    b->at = at;
    b->cap = cap;
    at[b->len] = '\0';
    memset(at + cap, 0, BUF_PADDING);
    return true;
}

bool buf_reserve(struct buf *b, size_t more)
{
    if (b->len > b->limit || more > b->limit - b->len) {
        return false;
    }
    const size_t needed = b->len + more;
    return (b->at != NULL && needed <= b->cap) || grow(b, needed);
}

bool buf_add(struct buf *b, const void *bytes, size_t len)
{
    if (!buf_reserve(b, len)) {
        return false;
    }
    if (len > 0) {
        memcpy(b->at + b->len, bytes, len);
        b->len += len;
    }
    b->at[b->len] = '\0';
    return true;
}

bool buf_add_str(struct buf *b, tamis_str s)
{
    return buf_add(b, s.at, s.len);
}

bool buf_add_char(struct buf *b, char c)
{
    return buf_add(b, &c, 1);
}

bool buf_vprintf(struct buf *b, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    const int wanted = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (wanted < 0 || !buf_reserve(b, (size_t)wanted)) {
        return false;
    }
    vsnprintf(b->at + b->len, (size_t)wanted + 1, format, arguments);
    b->len += (size_t)wanted;
    return true;
}

bool buf_printf(struct buf *b, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const bool fine = buf_vprintf(b, format, arguments);
    va_end(arguments);
    return fine;
}

tamis_str buf_str(const struct buf *b)
{
    return (tamis_str){b->at != NULL ? b->at : "", b->len};
}
