/*
 * Many short documents out of real text: scale_make DOCUMENTS [SEED] < CORPUS.jsonl > OUT.jsonl
 *
 * The "text" of every line read is cut at spaces into pieces of about 90 bytes, left escaped as it stands. A document is
 * about 500 bytes of pieces drawn at random, so that texts have real words and no two are alike by chance; 2 % are exact
 * copies of an earlier text and 2 % such texts with one word replaced. Everything follows from the seed.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 90, DOCUMENT = 500, LEAST_PIECES = 1000 };

struct pool {
    char *at;
    size_t used, cap;
    size_t *ends; /* of pieces, in `at` */
    size_t count, room;
};

struct line {
    char at[DOCUMENT + 4 * PIECE];
    size_t len;
};

static uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static void *grown(void *at, size_t bytes)
{
    void *const bigger = realloc(at, bytes);
    if (!bigger) {
        fprintf(stderr, "scale_make: out of memory for the pieces of text\n");
        exit(4);
    }
    return bigger;
}

static void add_piece(struct pool *p, const char *at, size_t len)
{
    if (len > p->cap - p->used) {
        p->cap = 2 * p->cap + len + 4096;
        p->at = grown(p->at, p->cap);
    }
    if (p->count == p->room) {
        p->room = 2 * p->room + 4096;
        p->ends = grown(p->ends, p->room * sizeof *p->ends);
    }
    memcpy(p->at + p->used, at, len);
    p->used += len;
    p->ends[p->count++] = p->used;
}

/* Pieces end before a space; what is left at the end of a text is left out, and so is a word that goes on and on. */
static void cut_text(struct pool *p, const char *text, const char *end)
{
    const char *from = text;
    for (const char *c = text; c < end; c++) {
        if (*c == ' ' && c - from >= PIECE) {
            if (c - from <= 2 * PIECE) {
                add_piece(p, from, (size_t)(c - from));
            }
            from = c + 1;
        }
    }
}

static const char *string_end(const char *text)
{
    while (*text && *text != '"') {
        text += *text == '\\' && text[1] ? 2 : 1;
    }
    return text;
}

static void read_pool(struct pool *p)
{
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0) {
        const char *text = strstr(line, "\"text\":");
        text = text ? strchr(text + 7, '"') : NULL;
        if (text) {
            cut_text(p, text + 1, string_end(text + 1));
        }
    }
    free(line);
}

static void make_text(const struct pool *p, uint64_t seed, uint64_t number, struct line *line)
{
    uint64_t state = seed ^ number * 0xd6e8feb86659fd93u;
    line->len = 0;
    while (line->len < DOCUMENT - PIECE / 2) {
        const size_t piece = (size_t)(next_random(&state) % p->count);
        const size_t from = piece ? p->ends[piece - 1] : 0, len = p->ends[piece] - from;
        if (line->len) {
            line->at[line->len++] = ' ';
        }
        memcpy(line->at + line->len, p->at + from, len);
        line->len += len;
    }
}

/* The first word that is all letters from a random place on becomes another one of the same length. */
static void replace_word(struct line *line, uint64_t *random)
{
    size_t from = (size_t)(next_random(random) % (line->len / 2));
    while (from + 1 < line->len && line->at[from] != ' ') {
        from++;
    }
    for (size_t at = from + 1; at < line->len && line->at[at] != ' '; at++) {
        if (line->at[at] == '\\') {
            return;
        }
        if ((line->at[at] | 32) >= 'a' && (line->at[at] | 32) <= 'z') {
            line->at[at] = (char)('a' + next_random(random) % 26);
        }
    }
}

int main(int argc, char **argv)
{
    struct pool pool = {0};
    struct line line;
    const uint64_t documents = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    if (argc < 2 || argc > 3 || documents == 0) {
        fprintf(stderr, "usage: scale_make DOCUMENTS [SEED] < CORPUS.jsonl > OUT.jsonl\n");
        return 2;
    }
    read_pool(&pool);
    if (pool.count < LEAST_PIECES) {
        fprintf(stderr, "scale_make: %zu pieces of text on stdin are too few; give a larger corpus\n", pool.count);
        return 3;
    }
    uint64_t random = seed;
    for (uint64_t n = 0; n < documents; n++) {
        const uint64_t lot = next_random(&random) % 100, earlier = next_random(&random) % (n + 1);
        make_text(&pool, seed, lot < 4 ? earlier : n, &line);
        if (lot == 2 || lot == 3) {
            replace_word(&line, &random);
        }
        printf("{\"id\":\"scale-%09" PRIu64 "\",\"text\":\"%.*s\"}\n", n, (int)line.len, line.at);
    }
    free(pool.at);
    free(pool.ends);
    return ferror(stdout) || fclose(stdout) != 0 ? 4 : 0;
}
