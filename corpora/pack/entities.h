/* The entities of HTML: named and numeric. */
#ifndef PACK_ENTITIES_H
#define PACK_ENTITIES_H

#include <stddef.h>
#include <stdint.h>

/* Decodes the entity at `at` (an ampersand). Returns its length with the semicolon, or 0. */
size_t decode_entity(const char *at, const char *end, uint32_t *code);

#endif
