/* Paths put together in place. */
#include "core/path.h"

#include <stdarg.h>
#include <stdio.h>

tamis_status path_make(struct path *path, tamis_err *err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(path->at, sizeof path->at, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= sizeof path->at) {
        return tamis_fail(err, TAMIS_IO, "%.200s..: the path is longer than %d bytes", path->at, PATH_BYTES - 1);
    }
    return TAMIS_OK;
}
