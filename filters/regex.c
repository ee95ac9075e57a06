/*
 * Patterns (PCRE2) from a rule pack or from the recipe: how often one matches, or the share of lines or characters it
 * matches. An empty match is none.
 *
 * Patterns and texts may both be hostile. PCRE2's limits stop a pattern that backtracks without end, and no match is
 * longer than PIECE bytes, so that the work is linear in the text. A rule that hits a limit does not apply to that
 * text and never drops it.
 */
#include <xxhash.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rule_pack.h"

#define PIECE ((size_t)8 << 10)
#define OVERLAP ((size_t)1 << 10)
#define HEAP_LIMIT_KIB 8192
#define JIT_STACK_START ((size_t)32 << 10)
#define JIT_STACK_LIMIT ((size_t)1 << 20)

struct regex {
    const char *pack_name, *pattern;
    int test;
    double above;
    uint64_t match_limit;
    struct rule_pack pack;
    tamis_rule *rules;
};

struct scratch {
    pcre2_match_context *limits;
    pcre2_match_data *match;
    pcre2_jit_stack *stack;
};

#define AT(field) offsetof(struct regex, field)

static const tamis_param params[] = {
    {"pack", TAMIS_STRING, AT(pack_name), NULL, 0, 0, NULL, "a built-in rule pack, or a path that ends in .yaml"},
    {"pattern", TAMIS_STRING, AT(pattern), NULL, 0, 0, NULL, "one PCRE2 pattern instead of a pack"},
    {"test", TAMIS_CHOICE, AT(test), "count", 0, 0, "count|line_share|char_share", "what is measured of `pattern`"},
    {"above", TAMIS_REAL, AT(above), "0", 0, 1e12, NULL, "`pattern` drops above this; none: off"},
    {"match_limit", TAMIS_COUNT, AT(match_limit), "50000", 1, 1e7, NULL,
     "steps PCRE2 may take from one place in the text before the rule gives up on it"},
    {0},
};

static tamis_status load(struct regex *r, tamis_err *err)
{
    if (!r->pack_name == !r->pattern) {
        return tamis_fail(err, TAMIS_USAGE, "filter regex needs either a pack or a pattern: write pack: boilerplate, "
                                            "or pattern: '...'");
    }
    if (r->pack_name) {
        return rule_pack_load(&r->pack, r->pack_name, err);
    }
    const tamis_str pattern = {r->pattern, strlen(r->pattern)};
    return rule_pack_add(&r->pack, "filter regex", "regex.pattern", pattern, 0, r->test, r->above, err);
}

static void close_pack(void *self)
{
    struct regex *const r = self;
    rule_pack_release(&r->pack);
    free(r->rules);
    r->rules = NULL;
}

static tamis_status open_pack(void *self, tamis_err *err)
{
    struct regex *const r = self;
    const tamis_status status = load(r, err);
    if (status) {
        close_pack(r);
        return status;
    }
    r->rules = calloc(r->pack.count, sizeof *r->rules);
    if (!r->rules) {
        close_pack(r);
        return tamis_fail(err, TAMIS_IO, "out of memory for the rules of filter regex: give the program more memory");
    }
    for (size_t i = 0; i < r->pack.count; i++) {
        const struct pack_rule *const rule = &r->pack.rules[i];
        r->rules[i] = (tamis_rule){rule->name, rule->name, TAMIS_DROP_ABOVE, rule->above, r->pack.language};
    }
    return TAMIS_OK;
}

static size_t list_rules(const void *self, const tamis_rule **rules)
{
    const struct regex *const r = self;
    *rules = r->rules;
    return r->pack.count;
}

static void scratch_close(const void *self, void *scratch)
{
    (void)self;
    struct scratch *const s = scratch;
    pcre2_match_context_free(s->limits);
    pcre2_match_data_free(s->match);
    pcre2_jit_stack_free(s->stack);
    *s = (struct scratch){0};
}

static tamis_status scratch_open(const void *self, void *scratch, tamis_err *err)
{
    const struct regex *const r = self;
    struct scratch *const s = scratch;
    s->limits = pcre2_match_context_create(NULL);
    s->match = pcre2_match_data_create(1, NULL);
    s->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_LIMIT, NULL);
    if (!s->limits || !s->match) { /* without a JIT compiler there is no stack */
        scratch_close(self, scratch);
        return tamis_fail(err, TAMIS_IO, "out of memory for filter regex: give the program more memory");
    }
    pcre2_set_match_limit(s->limits, (uint32_t)r->match_limit);
    pcre2_set_depth_limit(s->limits, (uint32_t)r->match_limit);
    pcre2_set_heap_limit(s->limits, HEAP_LIMIT_KIB);
    pcre2_jit_stack_assign(s->limits, NULL, s->stack);
    return TAMIS_OK;
}

/* ---- Matching --------------------------------------------------------------------------------------------------- */

/* The beginning of the character that holds byte `i`. */
static size_t char_start(tamis_str text, size_t i)
{
    while (i > 0 && i < text.len && ((unsigned char)text.at[i] & 0xc0u) == 0x80) {
        i--;
    }
    return i;
}

/*
 * A walk over the matches in a text, piece by piece: PCRE2 sees the text up to `stop`. A match that begins in the last
 * OVERLAP bytes of a piece might go on behind it, so it is left to the next piece, which begins there. Matches up to
 * OVERLAP bytes are the same as if there were no pieces.
 */
struct walk {
    tamis_str text;
    size_t at, stop;   /* where the next match may begin, where the piece ends */
    size_t begin, end; /* of the match found */
};

enum found { FOUND, NOTHING, GAVE_UP, NO_MEMORY };

static void next_piece(struct walk *w, size_t from)
{
    w->at = from;
    w->stop = w->text.len - from <= PIECE ? w->text.len : char_start(w->text, from + PIECE);
}

static struct walk walk_over(tamis_str text)
{
    struct walk w = {.text = text};
    next_piece(&w, 0);
    return w;
}

static int match(const struct walk *w, const struct pack_rule *rule, const struct scratch *s)
{
    const uint32_t inside = w->stop < w->text.len ? PCRE2_NOTEOL : 0;
    return pcre2_match(rule->code, (PCRE2_SPTR)w->text.at, w->stop, w->at,
                       PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY | inside, s->match, s->limits);
}

static enum found walk_on(struct walk *w, const struct pack_rule *rule, const struct scratch *s)
{
    for (;;) {
        const bool last = w->stop == w->text.len;
        const size_t sure = last ? w->text.len : char_start(w->text, w->stop - OVERLAP);
        const int result = match(w, rule, s);
        if (result < 0 && result != PCRE2_ERROR_NOMATCH) {
            return result == PCRE2_ERROR_NOMEMORY ? NO_MEMORY : GAVE_UP;
        }
        if (result >= 0) {
            const PCRE2_SIZE *const range = pcre2_get_ovector_pointer(s->match);
            if (range[0] < sure) {
                const bool forward = range[0] >= w->at && range[1] > range[0];
                w->begin = range[0];
                w->end = w->at = range[1];
                return forward ? FOUND : GAVE_UP;
            }
        }
        if (last) {
            return NOTHING;
        }
        next_piece(w, w->at > sure ? w->at : sure);
    }
}

/* The value of a rule that gave up. */
static double no_value(enum found found, tamis_text *text)
{
    if (found == NO_MEMORY) {
        tamis_text_fail(text);
    }
    return NAN;
}

static uint64_t count_chars(const char *at, size_t len)
{
    uint64_t chars = 0;
    for (size_t i = 0; i < len; i++) {
        chars += ((unsigned char)at[i] & 0xc0u) != 0x80;
    }
    return chars;
}

static double measure_matches(const struct pack_rule *rule, const struct scratch *s, tamis_text *text)
{
    const bool of_chars = rule->test == PACK_CHAR_SHARE;
    struct walk walk = walk_over(tamis_text_bytes(text));
    uint64_t count = 0;
    enum found found;
    while ((found = walk_on(&walk, rule, s)) == FOUND) {
        count += of_chars ? count_chars(walk.text.at + walk.begin, walk.end - walk.begin) : 1;
    }
    if (found != NOTHING) {
        return no_value(found, text);
    }
    const uint64_t chars = of_chars ? tamis_text_chars(text) : 1;
    return chars ? (double)count / (double)chars : 0;
}

/* Of the lines that are not blank, each without the white space at its ends. */
static double measure_lines(const struct pack_rule *rule, const struct scratch *s, tamis_text *text)
{
    const tamis_spans lines = tamis_text_split(text, TAMIS_SPLIT_LINES);
    const char *const bytes = tamis_text_bytes(text).at;
    uint64_t matched = 0, all = 0;
    for (size_t i = 0; i < lines.count; i++) {
        const tamis_str line = tamis_trim((tamis_str){bytes + lines.at[i].at, lines.at[i].bytes});
        if (line.len == 0) {
            continue;
        }
        struct walk walk = walk_over(line);
        const enum found found = walk_on(&walk, rule, s);
        if (found != FOUND && found != NOTHING) {
            return no_value(found, text);
        }
        matched += found == FOUND;
        all++;
    }
    return all ? (double)matched / (double)all : 0;
}

static double measure(const void *self, void *scratch, tamis_text *text, size_t rule)
{
    const struct regex *const r = self;
    const struct pack_rule *const wanted = &r->pack.rules[rule];
    return wanted->test == PACK_LINE_SHARE ? measure_lines(wanted, scratch, text)
                                           : measure_matches(wanted, scratch, text);
}

static uint64_t fingerprint(const void *self)
{
    const struct regex *const r = self;
    const char *const language = r->pack.language;
    return language ? XXH3_64bits_withSeed(language, strlen(language), r->pack.fingerprint) : r->pack.fingerprint;
}

extern const tamis_filter tamis_filter_regex;
const tamis_filter tamis_filter_regex = {
    .abi = TAMIS_FILTER_ABI,
    .version = 1,
    .name = "regex",
    .summary = "patterns from a rule pack or from the recipe",
    .kinds = TAMIS_KIND_BIT(TAMIS_PROSE),
    .params = params,
    .self_bytes = sizeof(struct regex),
    .scratch_bytes = sizeof(struct scratch),
    .open = open_pack,
    .close = close_pack,
    .rules = list_rules,
    .fingerprint = fingerprint,
    .scratch_open = scratch_open,
    .scratch_close = scratch_close,
    .measure = measure,
};
