/* What the sources of core/file.h share. */
#ifndef TAMIS_CORE_FILE_PARTS_H
#define TAMIS_CORE_FILE_PARTS_H

#include "core/file.h"

/* file_fail(), but a path that cannot be written to is TAMIS_IO: what was to be written is never the input's fault. */
tamis_status file_write_fail(tamis_err *err, int error_number, const char *what, const char *path);
/* Makes the names in the folder of `path` durable. File systems that cannot are not an error. */
tamis_status file_sync_folder_of(const char *path, tamis_err *err);

#endif
