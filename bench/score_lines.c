/*
 * Score lines to measure with: score_lines COUNT random|equal. Ids are doc-00000000 and up, scores have six digits,
 * drawn by a fixed generator, or are all 0; tokens from 1 to 4096.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

int main(int argc, char **argv)
{
    const bool equal = argc == 3 && strcmp(argv[2], "equal") == 0;
    if (argc != 3 || (!equal && strcmp(argv[2], "random") != 0)) {
        fprintf(stderr, "usage: score_lines COUNT random|equal\n");
        return 2;
    }
    const uint64_t count = strtoull(argv[1], NULL, 10);
    uint64_t state = 1;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t random = next_random(&state);
        printf("{\"id\":\"doc-%08" PRIu64 "\",\"score\":0.%06" PRIu64 ",\"tokens\":%" PRIu64 "}\n", i,
               equal ? 0 : random % 1000000, 1 + (random >> 40) % 4096);
    }
    return ferror(stdout) || fclose(stdout) != 0 ? 4 : 0;
}
