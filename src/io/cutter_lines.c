/*
 * Lines are counted so that a chunk of next to nothing but line ends does not become millions of records. Ordinary text
 * is not counted: one block in SAMPLED is, and only if that finds lines to be short are all of them. Which blocks, that
 * follows from a hash of the bytes, so that lines are not hidden from them but by luck: the sampled blocks would have to
 * hold no more than a sixteenth of the newlines that are to be expected in them.
 */
#include <string.h>

#include "core/hash.h"
#include "io/units.h"

#define BLOCK_BYTES ((size_t)64)
#define SAMPLED ((size_t)8) /* 2^3: three bits of chance */
#define TOLERATED (CHUNK_LINES / 16) /* estimated lines */
#define SEED_BYTES ((size_t)1024)
#define BLOCKS_AT_ONCE ((size_t)255) /* so far a byte counts */

typedef uint8_t bytes16 __attribute__((vector_size(16)));

struct tally {
    bytes16 sums[4];
};

static void add_block(struct tally *t, const char *at)
{
    const bytes16 newline = {'\n', '\n', '\n', '\n', '\n', '\n', '\n', '\n',
                             '\n', '\n', '\n', '\n', '\n', '\n', '\n', '\n'};
    bytes16 block[4];
    memcpy(block, at, sizeof block);
    for (size_t i = 0; i < 4; i++) {
        t->sums[i] -= (bytes16)(block[i] == newline);
    }
}

static size_t total(const struct tally *t)
{
    size_t sum = 0;
    for (size_t i = 0; i < BLOCK_BYTES; i++) {
        sum += t->sums[i / 16][i % 16];
    }
    return sum;
}

/* About how many newlines there are. */
static size_t estimate(const char *at, size_t len)
{
    uint64_t chance = hash_bytes(at, SEED_BYTES, hash_bytes(at + len - SEED_BYTES, SEED_BYTES, len));
    size_t count = 0;
    for (size_t left = len / (SAMPLED * BLOCK_BYTES); left > 0;) {
        const size_t some = left < BLOCKS_AT_ONCE ? left : BLOCKS_AT_ONCE;
        struct tally t = {{{0}, {0}, {0}, {0}}};
        for (size_t i = 0; i < some; i++, at += SAMPLED * BLOCK_BYTES) {
            chance = chance * 6364136223846793005u + 1442695040888963407u; /* Knuth's linear congruential generator */
            add_block(&t, at + (chance >> 61) * BLOCK_BYTES);
        }
        count += total(&t) * SAMPLED;
        left -= some;
    }
    return count;
}

/* Behind the newline with which there are CHUNK_LINES; `len`: there are not as many. */
static size_t behind_lines(const char *at, size_t len)
{
    const size_t group = 16;
    size_t left = CHUNK_LINES, passed = 0;
    while (len - passed >= group * BLOCK_BYTES) {
        struct tally t = {{{0}, {0}, {0}, {0}}};
        for (size_t i = 0; i < group; i++) {
            add_block(&t, at + passed + i * BLOCK_BYTES);
        }
        const size_t count = total(&t);
        if (count >= left) {
            break;
        }
        left -= count;
        passed += group * BLOCK_BYTES;
    }
    while (passed < len && left > 0) {
        left -= at[passed++] == '\n';
    }
    return passed;
}

size_t cutter_few_lines(const char *at, size_t len)
{
    return len <= CHUNK_LINES || estimate(at, len) <= TOLERATED ? len : behind_lines(at, len);
}
