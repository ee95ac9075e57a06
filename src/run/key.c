/* Where a document stands in a draw. */
#include "run/key.h"

#include <string.h>

uint64_t draw_key(uint64_t seed, const char *purpose, tamis_str id)
{
    return hash_bytes(id.at, id.len, hash_bytes(purpose, strlen(purpose), seed));
}
