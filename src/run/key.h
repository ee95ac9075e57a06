/* Where a document stands in a draw. */
#ifndef TAMIS_RUN_KEY_H
#define TAMIS_RUN_KEY_H

#include "core/hash.h"

/* hash(seed, purpose, id): the same for the same id, wherever and however often it is read. */
uint64_t draw_key(uint64_t seed, const char *purpose, tamis_str id);

#endif
