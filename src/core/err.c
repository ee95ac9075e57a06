/*
 * Errors as values. A message may quote a file name or a line of hostile input, so control characters are made
 * harmless here, once, for every message; a message too long for its place ends with dots, never inside a character.
 */
#include "tamis.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/str.h"

static void end_with_dots(char *text, size_t size)
{
    size_t at = size - sizeof("...");
    while (at > 0 && ((unsigned char)text[at] & 0xc0u) == 0x80u) {
        at--;
    }
    memcpy(text + at, "...", sizeof("..."));
}

tamis_status tamis_fail(tamis_err *err, tamis_status status, const char *format, ...)
{
    if (err == NULL) {
        return status;
    }
    /* made aside, because the arguments may hold the text of `err` itself */
    char text[sizeof(err->text)];
    va_list args;
    va_start(args, format);
    const int wanted = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (wanted < 0) {
        text[0] = '\0';
    } else if ((size_t)wanted >= sizeof(text)) {
        end_with_dots(text, sizeof(text));
    }
    str_hide_controls(text);
    memcpy(err->text, text, sizeof(text));
    err->status = status;
    return status;
}

const char *tamis_version(void)
{
    return TAMIS_VERSION;
}
