/* What the fuzzers share. Built with REPLAY_MAIN one is a plain program that replays the files named as arguments. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void check(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "broken: %s\n", what);
        abort();
    }
}

#ifdef REPLAY_MAIN
int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct buf bytes;
        tamis_err err = {.status = TAMIS_OK};
        buf_init(&bytes, BUF_UNLIMITED);
        if (file_read(argv[i], (size_t)64 << 20, &bytes, &err) != TAMIS_OK) {
            fprintf(stderr, "%s\n", err.text);
            buf_release(&bytes);
            return EXIT_FAILURE;
        }
        const tamis_str all = buf_str(&bytes);
        LLVMFuzzerTestOneInput((const uint8_t *)all.at, all.len);
        buf_release(&bytes);
    }
    printf("%d inputs replayed\n", argc - 1);
    return EXIT_SUCCESS;
}
#endif

#endif
