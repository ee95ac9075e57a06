/* Reads texts, each after its length (32 bits), and writes the 112 numbers of its signature, zeros for none. */
#include <stdio.h>
#include <stdlib.h>

#include "sketch/compat_datatrove.h"

int main(void)
{
    struct compat *const compat = compat_new();
    char *text = NULL;
    size_t cap = 0;
    uint32_t len;
    while (compat && fread(&len, sizeof len, 1, stdin) == 1) {
        if (len >= cap) {
            cap = 2 * (size_t)len + 1;
            free(text);
            text = malloc(cap);
        }
        uint64_t signature[COMPAT_SLOTS];
        bool is_signed = false;
        if (!text || fread(text, 1, len, stdin) != len ||
            !compat_signature(compat, (tamis_str){text, len}, signature, &is_signed)) {
            return 1;
        }
        for (unsigned i = 0; !is_signed && i < COMPAT_SLOTS; i++) {
            signature[i] = 0;
        }
        if (fwrite(signature, sizeof *signature, COMPAT_SLOTS, stdout) != COMPAT_SLOTS) {
            return 1;
        }
    }
    free(text);
    compat_free(compat);
    return 0;
}
