/*
 * The quality rules of Gopher (Rae et al. 2021, table A1), as datatrove 0.10 computes them: symbols are counted in the
 * text and divided by all tokens, stop words are counted once each, bullets are "•" and "-". Tokens are those of
 * words-1 where datatrove asks a tokeniser of the language. The language matters to the stop words only.
 *
 * words-1 makes a token of every single mark, so a share of tokens is lower than the thresholds were set for: dialect
 * tamis@1 divides by words instead.
 *
 * In scripts without spaces words-1 makes a word of every letter. How long words are means nothing there, and too many
 * letters are not too many words: these rules need spaces. The others err on the side of keeping: a text of too few
 * letters has too few words, and where a word counts as several with a letter, marks and digits have smaller shares.
 */
#include <math.h>
#include <string.h>

#include "stop_words.h"
#include "text_signs.h"

enum signal { WORDS, WORD_LENGTH, HASHES, ELLIPSES, BULLET_LINES, ELLIPSIS_LINES, ALPHABETIC, STOP_WORDS, SIGNALS };
enum { RULES = 10 };

enum { DATATROVE_0_10, TAMIS_1 };

struct gopher_quality {
    int dialect;
    double min_words, max_words, min_word_length, max_word_length, max_hash_ratio, max_ellipsis_ratio;
    double max_bullet_lines, max_ellipsis_lines, min_alphabetic_words, min_stop_words;
    tamis_rule rules[RULES];
};

struct scratch {
    double value[SIGNALS];
    bool has_counts, has_symbols, has_lines, has_stop_words;
    struct text_signs signs;
    bool has_signs;
    count_signs *count_signs; /* NULL: does not pay */
    find_stop_words *find_stop_words;
};

struct rule_row {
    const char *name, *signal;
    enum signal measures;
    tamis_side side;
    size_t threshold; /* offset in struct gopher_quality */
    const char *language;
    bool needs_spaces;
};

#define AT(field) offsetof(struct gopher_quality, field)

static const struct rule_row rows[RULES] = {
    {"gopher_short_doc", "gopher_words", WORDS, TAMIS_DROP_BELOW, AT(min_words), NULL, false},
    {"gopher_long_doc", "gopher_words", WORDS, TAMIS_DROP_ABOVE, AT(max_words), NULL, true},
    {"gopher_below_avg_threshold", "mean_word_length", WORD_LENGTH, TAMIS_DROP_BELOW, AT(min_word_length), NULL, true},
    {"gopher_above_avg_threshold", "mean_word_length", WORD_LENGTH, TAMIS_DROP_ABOVE, AT(max_word_length), NULL, true},
    {"gopher_too_many_hashes", "hash_ratio", HASHES, TAMIS_DROP_ABOVE, AT(max_hash_ratio), NULL, false},
    {"gopher_too_many_ellipsis", "ellipsis_ratio", ELLIPSES, TAMIS_DROP_ABOVE, AT(max_ellipsis_ratio), NULL, false},
    {"gopher_too_many_bullets", "bullet_line_share", BULLET_LINES, TAMIS_DROP_ABOVE, AT(max_bullet_lines), NULL, false},
    {"gopher_too_many_end_ellipsis", "ellipsis_line_share", ELLIPSIS_LINES, TAMIS_DROP_ABOVE, AT(max_ellipsis_lines),
     NULL, false},
    {"gopher_below_alpha_threshold", "alphabetic_word_share", ALPHABETIC, TAMIS_DROP_BELOW, AT(min_alphabetic_words),
     NULL, false},
    {"gopher_enough_stop_words", "stop_words", STOP_WORDS, TAMIS_DROP_BELOW, AT(min_stop_words), "en", false},
};

static const tamis_param params[] = {
    {"dialect", TAMIS_CHOICE, AT(dialect), "datatrove@0.10", 0, 0, "datatrove@0.10|tamis@1",
     "whose definitions to follow; tamis@1 takes shares of words where datatrove takes them of tokens"},
    {"min_words", TAMIS_REAL, AT(min_words), "50", 0, 1e12, NULL,
     "tokens that are not all punctuation, at least; none: off"},
    {"max_words", TAMIS_REAL, AT(max_words), "100000", 0, 1e12, NULL,
     "tokens that are not all punctuation, at most; none: off"},
    {"min_word_length", TAMIS_REAL, AT(min_word_length), "3", 0, 1e12, NULL,
     "their mean length in characters, at least; none: off"},
    {"max_word_length", TAMIS_REAL, AT(max_word_length), "10", 0, 1e12, NULL,
     "their mean length in characters, at most; none: off"},
    {"max_hash_ratio", TAMIS_REAL, AT(max_hash_ratio), "0.1", 0, 1e12, NULL, "\"#\" per token, at most; none: off"},
    {"max_ellipsis_ratio", TAMIS_REAL, AT(max_ellipsis_ratio), "0.1", 0, 1e12, NULL,
     "\"...\" and \"…\" per token, at most; none: off"},
    {"max_bullet_lines", TAMIS_REAL, AT(max_bullet_lines), "0.9", 0, 1, NULL,
     "share of lines that begin with \"•\" or \"-\", at most; none: off"},
    {"max_ellipsis_lines", TAMIS_REAL, AT(max_ellipsis_lines), "0.3", 0, 1, NULL,
     "share of lines that end in \"...\" or \"…\", at most; none: off"},
    {"min_alphabetic_words", TAMIS_REAL, AT(min_alphabetic_words), "0.8", 0, 1, NULL,
     "share of tokens (tamis@1: of words) with a letter, at least; none: off"},
    {"min_stop_words", TAMIS_REAL, AT(min_stop_words), "2", 0, 8, NULL,
     "different words of: the be to of and that have with, at least; none: off"},
    {0},
};

static tamis_status open_rules(void *self, tamis_err *err)
{
    (void)err;
    struct gopher_quality *const g = self;
    for (size_t r = 0; r < RULES; r++) {
        double threshold;
        memcpy(&threshold, (const char *)self + rows[r].threshold, sizeof threshold);
        g->rules[r] = (tamis_rule){rows[r].name, rows[r].signal, rows[r].side, threshold, rows[r].language,
                                   rows[r].needs_spaces};
    }
    return TAMIS_OK;
}

static size_t list_rules(const void *self, const tamis_rule **rules)
{
    const struct gopher_quality *const g = self;
    *rules = g->rules;
    return RULES;
}

static tamis_status scratch_open(const void *self, void *scratch, tamis_err *err)
{
    (void)self;
    (void)err;
    struct scratch *const s = scratch;
    s->count_signs = count_signs_for(tamis_cpu_best());
    s->find_stop_words = stop_words_for(tamis_cpu_best());
    return TAMIS_OK;
}

static void begin(const void *self, void *scratch, tamis_text *text)
{
    (void)self;
    (void)text;
    struct scratch *const s = scratch;
    s->has_counts = s->has_symbols = s->has_lines = s->has_stop_words = s->has_signs = false;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

/* What shares are of. */
static uint64_t whole(const struct gopher_quality *g, tamis_counts counts)
{
    return g->dialect == TAMIS_1 ? counts.words : counts.tokens;
}

static void measure_counts(const struct gopher_quality *g, struct scratch *s, tamis_text *text)
{
    const tamis_counts counts = tamis_text_counts(text);
    const uint64_t tokens = whole(g, counts);
    s->value[WORDS] = (double)counts.sounding;
    s->value[WORD_LENGTH] = counts.sounding ? share(counts.sounding_chars, counts.sounding) : NAN;
    s->value[ALPHABETIC] = tokens ? share(counts.alphabetic, tokens) : NAN;
    s->has_counts = true;
}

/* ---- Stop words ------------------------------------------------------------------------------------------------- */

/* How many different ones there are, known for sure when there are fewer than `enough`: else looks no further. */
static unsigned different_stop_words(struct scratch *s, tamis_text *text, double enough)
{
    const unsigned found = s->find_stop_words(tamis_text_outline(text), tamis_text_bytes(text), 0, enough);
    const unsigned different = (unsigned)__builtin_popcount(found);
    s->has_stop_words = different < enough;
    s->value[STOP_WORDS] = different;
    return different;
}

/* ---- Symbols ---------------------------------------------------------------------------------------------------- */

static uint64_t count_hashes(tamis_str text)
{
    const char *const end = text.at + text.len;
    uint64_t count = 0;
    for (const char *at = text.at; (at = memchr(at, '#', (size_t)(end - at))); at++) {
        count++;
    }
    return count;
}

/* Not 0 when two of the eight bytes at `at` that begin at an even one are dots. Three dots in a row hold such two. */
static uint64_t dots_in(const char *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    x ^= 0x2e2e2e2e2e2e2e2eu;
    return (x - 0x0001000100010001u) & ~x & 0x8000800080008000u;
}

/* "..." that do not overlap. */
static uint64_t count_dots(tamis_str text)
{
    enum { STEP = 16 };
    uint64_t count = 0;
    for (size_t i = 0; i < text.len;) {
        const size_t from = i;
        while (i + STEP <= text.len && (dots_in(text.at + i) | dots_in(text.at + i + 8)) == 0) {
            i += STEP;
        }
        const size_t near = i + STEP < text.len ? i + STEP : text.len;
        while (i > from && text.at[i - 1] == '.') {
            i--; /* two of three may be over here */
        }
        while (i < near) {
            size_t dots = 0;
            while (i + dots < text.len && text.at[i + dots] == '.') {
                dots++;
            }
            count += dots / 3;
            i += dots ? dots : 1;
        }
    }
    return count;
}

/* "…" */
static uint64_t count_ellipses(tamis_str text)
{
    const char *const end = text.at + text.len;
    uint64_t count = 0;
    for (const char *at = text.at; (at = memchr(at, 0xe2, (size_t)(end - at))); at++) {
        count += end - at >= 3 && memcmp(at, "…", 3) == 0;
    }
    return count;
}

static void measure_symbols(const struct gopher_quality *g, struct scratch *s, tamis_text *text)
{
    const tamis_str bytes = tamis_text_bytes(text);
    const uint64_t tokens = whole(g, tamis_text_counts(text));
    const bool ascii = tamis_text_chars(text) == bytes.len;
    s->value[HASHES] = share(count_hashes(bytes), tokens);
    s->value[ELLIPSES] = share(count_dots(bytes) + (ascii ? 0 : count_ellipses(bytes)), tokens);
    s->has_symbols = true;
}

/* ---- Lines ------------------------------------------------------------------------------------------------------ */

static bool starts_with(tamis_str s, const char *head)
{
    const size_t bytes = strlen(head);
    return s.len >= bytes && memcmp(s.at, head, bytes) == 0;
}

static bool ends_with(tamis_str s, const char *tail)
{
    const size_t bytes = strlen(tail);
    return s.len >= bytes && memcmp(s.at + s.len - bytes, tail, bytes) == 0;
}

/* Visible ASCII, which trimming leaves alone. */
static bool is_plain(char c)
{
    return c > ' ' && (unsigned char)c < 0x80;
}

/* Most lines show with their first and last byte that they are neither. */
static void measure_lines(struct scratch *s, tamis_text *text)
{
    const tamis_spans lines = tamis_text_split(text, TAMIS_SPLIT_LINES);
    const char *const bytes = tamis_text_bytes(text).at;
    uint64_t bullets = 0, ellipses = 0;
    for (size_t i = 0; i < lines.count; i++) {
        tamis_str line = {bytes + lines.at[i].at, lines.at[i].bytes};
        if (line.len == 0) {
            continue;
        }
        if (!is_plain(line.at[0]) || !is_plain(line.at[line.len - 1])) {
            line = tamis_trim(line);
        }
        bullets += starts_with(line, "-") || starts_with(line, "•");
        ellipses += ends_with(line, "...") || ends_with(line, "…");
    }
    s->value[BULLET_LINES] = share(bullets, lines.count);
    s->value[ELLIPSIS_LINES] = share(ellipses, lines.count);
    s->has_lines = true;
}

/* ---- The filter ------------------------------------------------------------------------------------------------- */

static double measure(const void *self, void *scratch, tamis_text *text, size_t rule)
{
    const struct gopher_quality *const g = self;
    struct scratch *const s = scratch;
    const enum signal signal = rows[rule].measures;
    if (signal == HASHES || signal == ELLIPSES) {
        if (!s->has_symbols) {
            measure_symbols(g, s, text);
        }
    } else if (signal == BULLET_LINES || signal == ELLIPSIS_LINES) {
        if (!s->has_lines) {
            measure_lines(s, text);
        }
    } else if (signal == STOP_WORDS) {
        if (!s->has_stop_words) {
            different_stop_words(s, text, INFINITY);
        }
    } else if (!s->has_counts) {
        measure_counts(g, s, text);
    }
    return s->value[signal];
}

/* ---- Clearing --------------------------------------------------------------------------------------------------- */

/* No more than there are lines. */
static uint64_t least_lines(const struct text_signs *signs, tamis_str text)
{
    return signs->newlines + (text.len && is_plain(text.at[text.len - 1]) ? 1 : 0);
}

/* Whether so many signs, or more than there are, are not too many. */
static bool signs_clear(const struct gopher_quality *g, struct scratch *s, tamis_text *text, enum signal signal,
                        double limit)
{
    const tamis_str bytes = tamis_text_bytes(text);
    if (!s->has_signs) {
        s->signs = s->count_signs(bytes);
        s->has_signs = true;
    }
    const uint64_t ellipses = s->signs.dots + s->signs.ellipses;
    const bool of_lines = signal == BULLET_LINES || signal == ELLIPSIS_LINES;
    const uint64_t most = signal == HASHES ? s->signs.hashes : signal == BULLET_LINES ? s->signs.bullets : ellipses;
    const uint64_t all = of_lines ? least_lines(&s->signs, bytes) : whole(g, tamis_text_counts(text));
    return most == 0 ? !(0 > limit) : all && !(share(most, all) > limit);
}

/* Enough stop words are mostly found early, and most texts have few signs. The rest costs little to measure. */
static bool clears(const void *self, void *scratch, tamis_text *text, size_t rule)
{
    const struct gopher_quality *const g = self;
    struct scratch *const s = scratch;
    switch (rows[rule].measures) {
    case STOP_WORDS:
        return !(different_stop_words(s, text, g->min_stop_words) < g->min_stop_words);
    case HASHES:
    case ELLIPSES:
    case BULLET_LINES:
    case ELLIPSIS_LINES:
        return s->count_signs && signs_clear(g, s, text, rows[rule].measures, g->rules[rule].threshold);
    default:
        return false;
    }
}

/* Where it is in force: a threshold of 0 or none drops nothing. */
static const char *warn(const void *self)
{
    const struct gopher_quality *const g = self;
    return g->dialect == DATATROVE_0_10 && g->min_alphabetic_words > 0
               ? "gopher_below_alpha_threshold of dialect datatrove@0.10 drops much good prose, because marks count as "
                 "tokens without a letter; dialect=tamis@1 counts words"
               : NULL;
}

extern const tamis_filter tamis_filter_gopher_quality;
const tamis_filter tamis_filter_gopher_quality = {
    .abi = TAMIS_FILTER_ABI,
    .version = 2,
    .name = "gopher_quality",
    .summary = "length, word length, symbols, bullets, letters and stop words, after Gopher",
    .kinds = TAMIS_KIND_BIT(TAMIS_PROSE),
    .params = params,
    .self_bytes = sizeof(struct gopher_quality),
    .scratch_bytes = sizeof(struct scratch),
    .open = open_rules,
    .rules = list_rules,
    .scratch_open = scratch_open,
    .begin = begin,
    .measure = measure,
    .clears = clears,
    .warning = warn,
};
