/*
 * Patterns (PCRE2) from a rule pack or from the recipe: how often one matches, or the share of lines or characters it
 * matches. An empty match is none.
 *
 * Patterns and texts may both be hostile. PCRE2's limits stop a pattern that backtracks without end, and no match is
 * longer than PIECE bytes, so that the work is linear in the text. A rule that hits a limit does not apply to that
 * text and never drops it.
 *
 * Before any pattern is tried, one pass over the text tells which of them can match at all (pack_gate.h). A rule whose
 * pattern cannot has the value 0; tried, it might have hit a limit: the verdict is the same.
 */
#include <xxhash.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pack_gate.h"
#include "pattern_walk.h"

struct regex {
    const char *pack_name, *pattern;
    int test;
    double above;
    uint64_t match_limit;
    bool gate;
    struct rule_pack pack;
    struct pack_gate *ways; /* NULL: the gate is off */
    tamis_rule *rules;
};

struct scratch {
    struct matcher matcher;
    struct gate_found found;     /* once searched */
    bool searched;               /* for the text at hand */
    struct stretch places[GATE_PLACES]; /* of the rule at hand */
};

#define AT(field) offsetof(struct regex, field)

static const tamis_param params[] = {
    {"pack", TAMIS_STRING, AT(pack_name), NULL, 0, 0, NULL, "a built-in rule pack, or a path that ends in .yaml"},
    {"pattern", TAMIS_STRING, AT(pattern), NULL, 0, 0, NULL, "one PCRE2 pattern instead of a pack"},
    {"test", TAMIS_CHOICE, AT(test), "count", 0, 0, "count|line_share|char_share", "what is measured of `pattern`"},
    {"above", TAMIS_REAL, AT(above), "0", 0, 1e12, NULL, "`pattern` drops above this; none: off"},
    {"match_limit", TAMIS_COUNT, AT(match_limit), "50000", 1, 1e7, NULL,
     "steps PCRE2 may take from one place in the text before the rule gives up on it"},
    {"gate", TAMIS_BOOL, AT(gate), "true", 0, 0, NULL,
     "try a pattern only where something is found that its matches need; verdicts are the same, without it slower"},
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
    pack_gate_free(r->ways);
    free(r->rules);
    r->ways = NULL;
    r->rules = NULL;
}

static tamis_status open_pack(void *self, tamis_err *err)
{
    struct regex *const r = self;
    tamis_status status = load(r, err);
    status = status || !r->gate ? status : pack_gate_new(&r->ways, &r->pack, tamis_cpu_best(), err);
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
        r->rules[i] = (tamis_rule){.name = rule->name, .signal = rule->name, .side = TAMIS_DROP_ABOVE,
                                   .threshold = rule->above, .language = r->pack.language};
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
    matcher_close(&s->matcher);
    free(s->found.rules);
    s->found.rules = NULL;
}

static tamis_status scratch_open(const void *self, void *scratch, tamis_err *err)
{
    const struct regex *const r = self;
    struct scratch *const s = scratch;
    const tamis_status status = matcher_open(&s->matcher, r->match_limit, err);
    if (status) {
        return status;
    }
    s->found.rules = calloc(literal_gate_words(r->pack.count), sizeof *s->found.rules);
    if (!s->found.rules) {
        scratch_close(self, scratch);
        return tamis_fail(err, TAMIS_IO, "out of memory for filter regex: give the program more memory");
    }
    return TAMIS_OK;
}

/* ---- Matching --------------------------------------------------------------------------------------------------- */

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

static double measure_matches(const struct pack_rule *rule, const struct nearby *nearby, const struct scratch *s,
                              tamis_text *text)
{
    const bool of_chars = rule->test == PACK_CHAR_SHARE;
    struct walk walk = walk_over(tamis_text_bytes(text), nearby);
    uint64_t count = 0;
    enum found found;
    while ((found = walk_on(&walk, rule, &s->matcher)) == FOUND) {
        count += of_chars ? count_chars(walk.text.at + walk.begin, walk.end - walk.begin) : 1;
    }
    if (found != NOTHING) {
        return no_value(found, text);
    }
    const uint64_t chars = of_chars && count ? tamis_text_chars(text) : 1;
    return (double)count / (double)chars;
}

static tamis_str line_at(tamis_text *text, const tamis_span *line)
{
    return tamis_trim((tamis_str){tamis_text_bytes(text).at + line->at, line->bytes});
}

/* Of the lines that are not blank, each without the white space at its ends. */
static double measure_lines(const struct pack_rule *rule, const struct scratch *s, tamis_text *text)
{
    const tamis_spans lines = tamis_text_split(text, TAMIS_SPLIT_LINES);
    uint64_t matched = 0, all = 0;
    for (size_t i = 0; i < lines.count; i++) {
        const tamis_str line = line_at(text, &lines.at[i]);
        if (line.len == 0) {
            continue;
        }
        struct walk walk = walk_over(line, NULL);
        const enum found found = walk_on(&walk, rule, &s->matcher);
        if (found != FOUND && found != NOTHING) {
            return no_value(found, text);
        }
        matched += found == FOUND;
        all++;
    }
    return all ? (double)matched / (double)all : 0;
}

/* ---- Where the gate let a rule through -------------------------------------------------------------------------- */

/* The line that byte `at` is in: the last one that begins there or before. */
static size_t line_of(tamis_spans lines, uint32_t at)
{
    size_t low = 0, high = lines.count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (lines.at[middle].at <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static uint64_t count_filled(tamis_text *text, tamis_spans lines)
{
    uint64_t count = 0;
    for (size_t i = 0; i < lines.count; i++) {
        count += line_at(text, &lines.at[i]).len > 0;
    }
    return count;
}

/* measure_lines() by the lines that hold one of the places; no other can match. */
static double measure_some_lines(const struct pack_rule *rule, const struct nearby *nearby, const struct scratch *s,
                                 tamis_text *text)
{
    const tamis_spans lines = tamis_text_split(text, TAMIS_SPLIT_LINES);
    size_t before = SIZE_MAX;
    uint64_t matched = 0;
    for (size_t i = 0; i < nearby->count && lines.count; i++) {
        const size_t number = line_of(lines, nearby->at[i].to);
        if (number == before) {
            continue;
        }
        before = number;
        struct walk walk = walk_over(line_at(text, &lines.at[number]), NULL);
        const enum found found = walk_on(&walk, rule, &s->matcher);
        if (found != FOUND && found != NOTHING) {
            return no_value(found, text);
        }
        matched += found == FOUND;
    }
    return matched ? (double)matched / (double)count_filled(text, lines) : 0;
}

/*
 * Whether a match that begins where its line begins, white space left out, can reach as far as `place` with `lead`
 * bytes before it. Beyond ASCII, where white space is not told apart, the answer is yes.
 */
static bool may_begin_line(tamis_str text, size_t place, size_t lead)
{
    size_t first = place;
    for (size_t i = place; i-- > 0 && place - first <= lead;) {
        const unsigned char c = (unsigned char)text.at[i];
        if (c >= 0x80 || (c >= 0x0a && c <= 0x0d) || (c >= 0x1c && c <= 0x1e)) {
            return true;
        }
        first = c == ' ' || c == '\t' || c == 0x1f ? first : i;
    }
    return place - first <= lead;
}

/* Sorts by `from`; stretches come almost in order. */
static void add_sorted(struct stretch *stretches, size_t count, struct stretch s)
{
    for (; count > 0 && stretches[count - 1].from > s.from; count--) {
        stretches[count] = stretches[count - 1];
    }
    stretches[count] = s;
}

/* Makes one of those that touch. */
static size_t merge(struct stretch *stretches, size_t count)
{
    size_t kept = 0;
    for (size_t i = 1; i < count; i++) {
        if (stretches[i].from <= stretches[kept].to + 1) {
            stretches[kept].to = stretches[i].to > stretches[kept].to ? stretches[i].to : stretches[kept].to;
        } else {
            stretches[++kept] = stretches[i];
        }
    }
    return count ? kept + 1 : 0;
}

/* Where the rule's matches may begin, or with line_share the places that a line must hold. False: nobody knows. */
static bool find_nearby(const struct regex *r, struct scratch *s, tamis_text *text, size_t number,
                        struct nearby *nearby)
{
    const struct pack_rule *const rule = &r->pack.rules[number];
    const bool of_lines = rule->test == PACK_LINE_SHARE;
    size_t count = 0;
    if (s->found.more_places || pack_gate_is_open(r->ways, number)) {
        return false;
    }
    for (size_t i = 0; i < s->found.place_count; i++) {
        const struct gate_place *const p = &s->found.places[i];
        if (p->rule != number) {
            continue;
        }
        if (p->lead == NEED_ENDLESS && !of_lines) {
            return false;
        }
        if (of_lines && rule->anchored && !may_begin_line(tamis_text_bytes(text), p->at, p->lead)) {
            continue;
        }
        const uint32_t lead = of_lines ? 0 : p->at < p->lead ? p->at : p->lead;
        add_sorted(s->places, count++, (struct stretch){p->at - lead, p->at});
    }
    *nearby = (struct nearby){s->places, of_lines ? count : merge(s->places, count)};
    return true;
}

static double measure_all(const struct pack_rule *rule, const struct scratch *s, tamis_text *text)
{
    return rule->test == PACK_LINE_SHARE ? measure_lines(rule, s, text) : measure_matches(rule, NULL, s, text);
}

static double measure_some(const struct regex *r, struct scratch *s, tamis_text *text, size_t number)
{
    const struct pack_rule *const rule = &r->pack.rules[number];
    struct nearby nearby;
    if (!find_nearby(r, s, text, number, &nearby)) {
        return measure_all(rule, s, text);
    }
    if (nearby.count == 0) {
        return 0;
    }
    const double value = rule->test == PACK_LINE_SHARE ? measure_some_lines(rule, &nearby, s, text)
                                                       : measure_matches(rule, &nearby, s, text);
    /* Where nothing can match a pattern may still hit a limit: what drops the text was tried everywhere. */
    return value > rule->above ? measure_all(rule, s, text) : value;
}

/* Whether the rule may match in this text. */
static bool is_let_through(const struct regex *r, struct scratch *s, tamis_text *text, size_t rule)
{
    if (!s->searched) {
        pack_gate_search(r->ways, tamis_text_bytes(text), &s->found);
        s->searched = true;
    }
    return gate_lets(&s->found, rule);
}

/* ---- The filter ------------------------------------------------------------------------------------------------- */

static void begin(const void *self, void *scratch, tamis_text *text)
{
    (void)self;
    (void)text;
    struct scratch *const s = scratch;
    s->searched = false;
}

static double measure(const void *self, void *scratch, tamis_text *text, size_t rule)
{
    const struct regex *const r = self;
    if (!r->ways) {
        return measure_all(&r->pack.rules[rule], scratch, text);
    }
    return is_let_through(r, scratch, text, rule) ? measure_some(r, scratch, text, rule) : 0;
}

/* A rule that cannot match has the value 0, and no threshold is below. */
static bool clears(const void *self, void *scratch, tamis_text *text, size_t rule)
{
    const struct regex *const r = self;
    return r->ways && !is_let_through(r, scratch, text, rule);
}

static const char *warning(const void *self)
{
    const struct regex *const r = self;
    return r->ways ? pack_gate_warning(r->ways) : NULL;
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
    .begin = begin,
    .measure = measure,
    .clears = clears,
    .warning = warning,
};
