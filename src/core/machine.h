/* What this process may take of the machine. */
#ifndef TAMIS_CORE_MACHINE_H
#define TAMIS_CORE_MACHINE_H

#include "tamis.h"

/* Bytes of memory: what the machine has or what a control group leaves of it, whichever is less; 0: nobody tells. */
uint64_t machine_memory(void);
/*
 * The least memory limit in bytes of the control groups (of version 1 or 2) that this process and their parents are in;
 * UINT64_MAX: there is none. `root` holds /proc and /sys: "", or another place in tests.
 */
uint64_t machine_memory_limit(const char *root);

#endif
