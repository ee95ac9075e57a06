/* The rule packs, compiled in: packs.inc is made from filters/packs by filters/packs/embed.sh. */
#include <string.h>

#include "tamis.h"

struct pack {
    const char *name;
    const unsigned char *yaml;
    size_t bytes;
};

#include "packs.inc"

const char *tamis_pack_nearest(const char *name)
{
    const char *names[sizeof packs / sizeof *packs + 1] = {NULL};
    for (size_t i = 0; i < sizeof packs / sizeof *packs; i++) {
        names[i] = packs[i].name;
    }
    return tamis_nearest((tamis_str){name, strlen(name)}, names);
}

bool tamis_pack(const char *name, tamis_str *yaml)
{
    for (size_t i = 0; i < sizeof packs / sizeof *packs; i++) {
        if (strcmp(packs[i].name, name) == 0) {
            *yaml = (tamis_str){(const char *)packs[i].yaml, packs[i].bytes};
            return true;
        }
    }
    return false;
}
