/* Paths put together in place. */
#ifndef TAMIS_CORE_PATH_H
#define TAMIS_CORE_PATH_H

#include "tamis.h"

#define PATH_BYTES 4096

struct path {
    char at[PATH_BYTES];
};

/* A path that does not fit is TAMIS_IO, with its beginning in the message. */
tamis_status path_make(struct path *path, tamis_err *err, const char *format, ...) TAMIS_PRINTF(3, 4) TAMIS_MUST_CHECK;

#endif
