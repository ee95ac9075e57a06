/*
 * Hyperscan as a gate before the patterns of a rule pack, beside the program's own: time per document, rules left open,
 * and rules that Hyperscan closes although PCRE2 finds them.
 *
 *   hyperscan PACK.yaml TEXTS      TEXTS: u32 length, bytes, again and again, as bench/hyperscan.py writes them
 *
 * Built with -lhs by bench/hyperscan.py; the program itself does not use Hyperscan.
 */
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rule_pack.h"

#define ROUNDS 7

struct texts {
    char *bytes;
    size_t len;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void stop(const char *what)
{
    fprintf(stderr, "hyperscan: %s\n", what);
    exit(1);
}

static struct texts load(const char *path)
{
    FILE *const f = fopen(path, "rb");
    struct texts t = {0};
    if (!f || fseek(f, 0, SEEK_END) || (t.bytes = malloc((t.len = (size_t)ftell(f)) + 64)) == NULL) {
        stop("cannot read the texts");
    }
    rewind(f);
    if (fread(t.bytes, 1, t.len, f) != t.len) {
        stop("cannot read the texts");
    }
    fclose(f);
    return t;
}

static bool next(const struct texts *t, size_t *at, tamis_str *text)
{
    uint32_t len = 0;
    if (*at + sizeof len > t->len) {
        return false;
    }
    memcpy(&len, t->bytes + *at, sizeof len);
    *text = (tamis_str){t->bytes + *at + sizeof len, len};
    *at += sizeof len + len;
    return true;
}

/* ---- Hyperscan -------------------------------------------------------------------------------------------------- */

static hs_database_t *compile(const struct rule_pack *pack)
{
    const char **const patterns = calloc(pack->count, sizeof *patterns);
    unsigned *const flags = calloc(pack->count, sizeof *flags), *const ids = calloc(pack->count, sizeof *ids);
    for (size_t i = 0; i < pack->count; i++) {
        const struct pack_rule *const rule = &pack->rules[i];
        char *const text = calloc(rule->pattern_len + 8, 1);
        sprintf(text, "%s%s", rule->flags & PCRE2_EXTENDED ? "(?x)" : "", rule->pattern);
        patterns[i] = text;
        ids[i] = (unsigned)i;
        flags[i] = HS_FLAG_UTF8 | HS_FLAG_PREFILTER | HS_FLAG_SINGLEMATCH | HS_FLAG_ALLOWEMPTY |
                   (rule->flags & PCRE2_CASELESS ? HS_FLAG_CASELESS : 0u) |
                   (rule->flags & PCRE2_MULTILINE || rule->test == PACK_LINE_SHARE ? HS_FLAG_MULTILINE : 0u) |
                   (rule->flags & PCRE2_DOTALL ? HS_FLAG_DOTALL : 0u);
    }
    hs_database_t *database = NULL;
    hs_compile_error_t *error = NULL;
    if (hs_compile_multi(patterns, flags, ids, (unsigned)pack->count, HS_MODE_BLOCK, NULL, &database, &error)) {
        stop(error ? error->message : "the patterns do not compile");
    }
    return database;
}

static int note(unsigned id, unsigned long long from, unsigned long long to, unsigned flags, void *context)
{
    (void)from;
    (void)to;
    (void)flags;
    *(uint64_t *)context |= (uint64_t)1 << id;
    return 0;
}

static uint64_t scan(const hs_database_t *database, hs_scratch_t *scratch, tamis_str text)
{
    uint64_t open = 0;
    if (hs_scan(database, text.at, (unsigned)text.len, 0, scratch, note, &open)) {
        stop("a scan failed");
    }
    return open;
}

/* ---- The filter ------------------------------------------------------------------------------------------------- */

struct regex {
    const tamis_filter *filter;
    void *self, *scratch;
    tamis_text *text;
    size_t rules;
};

static struct regex regex_open(const char *pack)
{
    struct regex r = {0};
    tamis_err err = {.status = TAMIS_OK};
    for (const tamis_filter *const *f = tamis_filters(); *f; f++) {
        r.filter = strcmp((*f)->name, "regex") == 0 ? *f : r.filter;
    }
    r.self = calloc(1, r.filter->self_bytes);
    r.scratch = calloc(1, r.filter->scratch_bytes);
    r.text = tamis_text_new();
    for (const tamis_param *p = r.filter->params; p->name; p++) {
        char *const field = (char *)r.self + p->offset;
        if (strcmp(p->name, "pack") == 0) {
            memcpy(field, &pack, sizeof pack);
        } else if (strcmp(p->name, "match_limit") == 0) {
            memcpy(field, &(uint64_t){50000}, sizeof(uint64_t));
        } else if (strcmp(p->name, "gate") == 0) {
            *(bool *)field = true;
        }
    }
    const tamis_rule *rules = NULL;
    if (r.filter->open(r.self, &err) || r.filter->scratch_open(r.self, r.scratch, &err)) {
        stop(err.text);
    }
    r.rules = r.filter->rules(r.self, &rules);
    return r;
}

static void begin(const struct regex *r, tamis_str text)
{
    tamis_text_set(r->text, text);
    if (r->filter->begin) {
        r->filter->begin(r->self, r->scratch, r->text);
    }
}

/* Rules that are not cleared. */
static uint64_t open_rules(const struct regex *r, tamis_str text)
{
    uint64_t open = 0;
    begin(r, text);
    for (size_t i = 0; i < r->rules; i++) {
        open |= (uint64_t)!r->filter->clears(r->self, r->scratch, r->text, i) << i;
    }
    return open;
}

static uint64_t found_rules(const struct regex *r, tamis_str text)
{
    uint64_t found = 0;
    begin(r, text);
    for (size_t i = 0; i < r->rules; i++) {
        found |= (uint64_t)(r->filter->measure(r->self, r->scratch, r->text, i) > 0) << i;
    }
    return found;
}

int main(int argc, char **argv)
{
    struct rule_pack pack = {0};
    tamis_err err = {.status = TAMIS_OK};
    if (argc != 3 || rule_pack_load(&pack, argv[1], &err) || pack.count > 64) {
        stop(argc == 3 ? err.text : "PACK.yaml TEXTS");
    }
    const struct texts texts = load(argv[2]);
    const struct regex regex = regex_open(argv[1]);
    hs_database_t *const database = compile(&pack);
    hs_scratch_t *scratch = NULL;
    if (hs_alloc_scratch(database, &scratch)) {
        stop("out of memory");
    }
    double best_hs = 1e9, best_own = 1e9;
    size_t documents = 0, hs_open = 0, own_open = 0, missed = 0;
    tamis_str text;
    for (int round = 0; round < ROUNDS; round++) {
        double began = now();
        hs_open = own_open = documents = 0;
        for (size_t at = 0; next(&texts, &at, &text); documents++) {
            hs_open += (size_t)__builtin_popcountll(scan(database, scratch, text));
        }
        const double hs = now() - began;
        began = now();
        for (size_t at = 0; next(&texts, &at, &text);) {
            own_open += (size_t)__builtin_popcountll(open_rules(&regex, text));
        }
        const double own = now() - began;
        best_hs = hs < best_hs ? hs : best_hs;
        best_own = own < best_own ? own : best_own;
    }
    for (size_t at = 0; next(&texts, &at, &text);) {
        missed += (size_t)__builtin_popcountll(found_rules(&regex, text) & ~scan(database, scratch, text));
    }
    const double n = (double)documents;
    printf("| %s | %zu | %.2f | %.2f | %.2f | %.2f | %zu |\n", argv[1], pack.count, 1e6 * best_hs / n,
           1e6 * best_own / n, (double)hs_open / n, (double)own_open / n, missed);
    return 0;
}
