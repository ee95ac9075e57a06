/* Kinds of ASCII characters, and words in lists. */
#ifndef PACK_CHARS_H
#define PACK_CHARS_H

#include <stdbool.h>
#include <string.h>

static inline bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static inline bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static inline bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* `list` ends with NULL. */
static inline bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++) {
        if (!strcmp(name, *list)) return true;
    }
    return false;
}

#endif
