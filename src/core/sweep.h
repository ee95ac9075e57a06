/* What a killed process left behind. */
#ifndef TAMIS_CORE_SWEEP_H
#define TAMIS_CORE_SWEEP_H

#include "tamis.h"

/* Removes temporary files of file_out (".NAME.tmp-PID") in a folder and below. Only for who holds the folder's lock. */
tamis_status sweep_temporaries(const char *folder, tamis_err *err) TAMIS_MUST_CHECK;

#endif
