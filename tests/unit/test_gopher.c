/*
 * The two Gopher filters against twins written straight from the definitions, quadratic and without a table. Tokens,
 * lines and trimming are the text view's, which test_text.c holds against twins of its own.
 */
#include "filter_world.h"

struct text_piece {
    const char *at;
    size_t len, chars;
};

struct text_pieces {
    struct text_piece *at;
    size_t count;
};

static size_t plain_chars(const char *at, size_t len)
{
    size_t chars = 0;
    for (size_t i = 0; i < len; i++) {
        chars += ((unsigned char)at[i] & 0xc0) != 0x80;
    }
    return chars;
}

static void add_piece(struct text_pieces *list, const char *from, const char *to)
{
    if ((list->count & (list->count - 1)) == 0) {
        list->at = realloc(list->at, (list->count ? list->count * 2 : 1) * sizeof *list->at);
        assert_non_null(list->at);
    }
    list->at[list->count++] = (struct text_piece){from, (size_t)(to - from), plain_chars(from, (size_t)(to - from))};
}

static bool same(const struct text_piece *a, const struct text_piece *b)
{
    return a->len == b->len && memcmp(a->at, b->at, a->len) == 0;
}

static struct text_pieces plain_tokens(tamis_text *text)
{
    struct text_pieces list = {0};
    const tamis_tokens tokens = tamis_text_tokens(text);
    const char *const at = tamis_text_bytes(text).at;
    for (size_t i = 0; i < tokens.count; i++) {
        add_piece(&list, at + tokens.at[i].at, at + tokens.at[i].at + tokens.at[i].bytes);
    }
    return list;
}

/* The pieces between runs of at least `least` LF. */
static struct text_pieces plain_split(const char *from, const char *end, size_t least)
{
    struct text_pieces list = {0};
    for (const char *at = from; at < end;) {
        size_t run = 0;
        while (at + run < end && at[run] == '\n') {
            run++;
        }
        if (run >= least) {
            add_piece(&list, from, at);
            from = at + run;
        }
        at += run ? run : 1;
    }
    add_piece(&list, from, end);
    return list;
}

static double share(size_t part, size_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void plain_duplicates(const struct text_pieces *list, size_t chars, double *values)
{
    size_t repeats = 0, repeated = 0;
    for (size_t i = 0; i < list->count; i++) {
        size_t j = 0;
        while (j < i && !same(&list->at[j], &list->at[i])) {
            j++;
        }
        repeats += j < i;
        repeated += j < i ? list->at[i].chars : 0;
    }
    values[0] = share(repeats, list->count);
    values[1] = share(repeated, chars);
}

static bool same_gram(const struct text_pieces *t, size_t a, size_t b, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (!same(&t->at[a + k], &t->at[b + k])) {
            return false;
        }
    }
    return true;
}

static double plain_top(const struct text_pieces *t, size_t n, size_t chars)
{
    size_t best = 0, most = 0;
    for (size_t i = 0; i + n <= t->count; i++) {
        size_t times = 0;
        for (size_t j = i; j + n <= t->count; j++) {
            times += same_gram(t, i, j, n);
        }
        if (times > most) {
            most = times;
            best = i;
        }
    }
    if (most == 0) {
        return NAN;
    }
    size_t len = n - 1;
    for (size_t k = 0; k < n; k++) {
        len += t->at[best + k].chars;
    }
    return share(len * most, chars);
}

/* n tokens with nothing between them. */
static struct text_piece plain_concat(const struct text_pieces *t, size_t from, size_t n)
{
    size_t len = 0;
    for (size_t k = 0; k < n; k++) {
        len += t->at[from + k].len;
    }
    char *const joined = malloc(len + 1);
    assert_non_null(joined);
    struct text_piece all = {joined, 0, 0};
    for (size_t k = 0; k < n; k++) {
        memcpy(joined + all.len, t->at[from + k].at, t->at[from + k].len);
        all.len += t->at[from + k].len;
        all.chars += t->at[from + k].chars;
    }
    return all;
}

static void free_piece(struct text_piece *p)
{
    union {
        const char *in;
        char *out;
    } at = {.in = p->at};
    free(at.out);
}

static double plain_duplicated(const struct text_pieces *t, size_t n, size_t chars)
{
    struct text_piece *const seen = malloc((t->count + 1) * sizeof *seen);
    assert_non_null(seen);
    size_t count = 0, repeated = 0;
    for (size_t i = 0; i + n <= t->count;) {
        struct text_piece gram = plain_concat(t, i, n);
        size_t j = 0;
        while (j < count && !same(&seen[j], &gram)) {
            j++;
        }
        if (j < count) {
            repeated += gram.chars;
            i += n;
            free_piece(&gram);
        } else {
            seen[count++] = gram;
            i++;
        }
    }
    for (size_t j = 0; j < count; j++) {
        free_piece(&seen[j]);
    }
    free(seen);
    return share(repeated, chars);
}

enum { REPETITION_RULES = 13, QUALITY_RULES = 10 };

static void plain_repetition(tamis_text *text, double values[REPETITION_RULES])
{
    const tamis_str bytes = tamis_text_bytes(text), inner = tamis_trim(bytes);
    const size_t chars = plain_chars(bytes.at, bytes.len);
    struct text_pieces paragraphs = plain_split(inner.at, inner.at + inner.len, 2);
    struct text_pieces lines = plain_split(bytes.at, bytes.at + bytes.len, 1);
    struct text_pieces tokens = plain_tokens(text);
    plain_duplicates(&paragraphs, chars, values);
    plain_duplicates(&lines, chars, values + 2);
    for (size_t n = 2; n <= 4; n++) {
        values[2 + n] = plain_top(&tokens, n, chars);
    }
    for (size_t n = 5; n <= 10; n++) {
        values[2 + n] = plain_duplicated(&tokens, n, chars);
    }
    free(paragraphs.at);
    free(lines.at);
    free(tokens.at);
}

/* Occurrences that do not overlap. */
static size_t plain_count(tamis_str text, const char *what)
{
    const size_t len = strlen(what);
    size_t count = 0;
    for (size_t i = 0; i + len <= text.len;) {
        const bool here = memcmp(text.at + i, what, len) == 0;
        count += here;
        i += here ? len : 1;
    }
    return count;
}

static void plain_lines(tamis_text *text, double *bullets, double *ellipses)
{
    const tamis_spans lines = tamis_text_split(text, TAMIS_SPLIT_LINES);
    size_t bullet = 0, ellipsis = 0;
    for (size_t i = 0; i < lines.count; i++) {
        const tamis_str line =
            tamis_trim((tamis_str){tamis_text_bytes(text).at + lines.at[i].at, lines.at[i].bytes});
        bullet += line.len >= 1 && (line.at[0] == '-' || (line.len >= 3 && memcmp(line.at, "\xe2\x80\xa2", 3) == 0));
        ellipsis += line.len >= 3 && (memcmp(line.at + line.len - 3, "...", 3) == 0 ||
                                      memcmp(line.at + line.len - 3, "\xe2\x80\xa6", 3) == 0);
    }
    *bullets = share(bullet, lines.count);
    *ellipses = share(ellipsis, lines.count);
}

static double plain_stop_words(const struct text_pieces *tokens)
{
    static const char *const stop_words[] = {"the", "be", "to", "of", "and", "that", "have", "with"};
    size_t found = 0;
    for (size_t w = 0; w < 8; w++) {
        const struct text_piece word = {stop_words[w], strlen(stop_words[w]), 0};
        size_t i = 0;
        while (i < tokens->count && !same(&tokens->at[i], &word)) {
            i++;
        }
        found += i < tokens->count;
    }
    return (double)found;
}

static void plain_quality(tamis_text *text, double values[QUALITY_RULES])
{
    const tamis_str bytes = tamis_text_bytes(text);
    const tamis_tokens tokens = tamis_text_tokens(text);
    size_t words = 0, chars = 0, alphabetic = 0;
    for (size_t i = 0; i < tokens.count; i++) {
        if (!(tokens.at[i].is & TAMIS_TOKEN_PUNCTUATION)) {
            words++;
            chars += plain_chars(bytes.at + tokens.at[i].at, tokens.at[i].bytes);
        }
        alphabetic += (tokens.at[i].is & TAMIS_TOKEN_ALPHABETIC) != 0;
    }
    struct text_pieces pieces = plain_tokens(text);
    values[0] = values[1] = (double)words;
    values[2] = values[3] = words ? share(chars, words) : NAN;
    values[4] = share(plain_count(bytes, "#"), tokens.count);
    values[5] = share(plain_count(bytes, "...") + plain_count(bytes, "\xe2\x80\xa6"), tokens.count);
    plain_lines(text, &values[6], &values[7]);
    values[8] = tokens.count ? share(alphabetic, tokens.count) : NAN;
    values[9] = plain_stop_words(&pieces);
    free(pieces.at);
}

struct twins {
    struct opened repetition, quality;
    tamis_text *text;
    uint64_t seed;
    size_t documents;
};

static void compare(const struct opened *o, tamis_text *text, const double *wanted, uint64_t *seed)
{
    begin_text(o, text);
    const size_t start = random_below(seed, o->count), step = random_below(seed, 2) ? 1 : o->count - 1;
    for (size_t i = 0; i < o->count; i++) { /* in any order */
        const size_t r = (start + i * step) % o->count;
        const double value = ask(o, text, r);
        if (value != wanted[r] && !(isnan(value) && isnan(wanted[r]))) {
            fail_msg("%s is %.17g, its twin %.17g: %.*s", o->rules[r].name, value, wanted[r],
                     (int)tamis_text_bytes(text).len, tamis_text_bytes(text).at);
        }
    }
}

static void check_twins(tamis_str bytes, void *context)
{
    struct twins *const t = context;
    double wanted[REPETITION_RULES > QUALITY_RULES ? REPETITION_RULES : QUALITY_RULES];
    tamis_text_set(t->text, bytes);
    plain_repetition(t->text, wanted);
    compare(&t->repetition, t->text, wanted, &t->seed);
    plain_quality(t->text, wanted);
    compare(&t->quality, t->text, wanted, &t->seed);
    assert_false(tamis_text_failed(t->text));
    t->documents++;
}

static void open_twins(struct twins *t)
{
    *t = (struct twins){.text = tamis_text_new(), .seed = 3};
    assert_non_null(t->text);
    open_filter(&t->repetition, "gopher_repetition", "");
    open_filter(&t->quality, "gopher_quality", "");
    assert_int_equal(t->repetition.count, REPETITION_RULES);
    assert_int_equal(t->quality.count, QUALITY_RULES);
}

static void close_twins(struct twins *t)
{
    close_filter(&t->repetition);
    close_filter(&t->quality);
    tamis_text_free(t->text);
}

static void twins_on_random_texts(void **state)
{
    static const char *const words[] = {
        "a", "b", "ab", "ba", "aab", "\n", "\n\n", "\n\n\n", "the", "of", "12", "...", "-", "#", "….",
        "\xe6\xbc\xa2", "é", "_", "\r\n", "•", "to", "…\n", "\xc2\x85", "\xf0\x9f\x98\x80", "\t", "have"};
    (void)state;
    struct twins t;
    open_twins(&t);
    uint64_t seed = 77;
    for (int round = 0; round < 6000; round++) {
        char bytes[2048];
        const size_t count = random_below(&seed, 120), span = 1 + random_below(&seed, sizeof words / sizeof *words);
        size_t len = 0;
        for (size_t i = 0; i < count; i++) {
            const char *const gap = random_below(&seed, 4) ? " " : "";
            len += (size_t)snprintf(bytes + len, sizeof bytes - len, "%s%s", words[random_below(&seed, span)], gap);
        }
        check_exact_copy((tamis_str){bytes, len}, check_twins, &t);
    }
    close_twins(&t);
}

static void twins_on_real_texts(void **state)
{
    (void)state;
    struct twins t;
    skip_without_corpora();
    open_twins(&t);
    each_document("ewt_web", (struct documents){2, 8000, 1}, check_twins, &t);
    each_document("gov_web", (struct documents){9, 8000, 3}, check_twins, &t);
    each_document("languages", (struct documents){9, 6000, 2}, check_twins, &t);
    each_document("general_reference", (struct documents){40, 6000, 2}, check_twins, &t);
    each_document("mutopia_ly", (struct documents){40, 6000, 2}, check_twins, &t);
    each_document("medquad", (struct documents){40, 6000, 2}, check_twins, &t);
    print_message("%zu documents agree\n", t.documents);
    close_twins(&t);
}

/* The same tables serve a very large text and then a small one. */
static void small_after_large(void **state)
{
    (void)state;
    struct twins t;
    open_twins(&t);
    const size_t len = 6u << 20;
    char *const large = malloc(len);
    assert_non_null(large);
    for (size_t i = 0; i < len; i++) {
        large[i] = i % 2 ? ' ' : (char)('a' + i / 2 % 23);
    }
    tamis_text_set(t.text, (tamis_str){large, len});
    begin_text(&t.repetition, t.text);
    for (size_t r = 0; r < t.repetition.count; r++) {
        assert_true(ask(&t.repetition, t.text, r) >= 0);
    }
    free(large);
    static const char small[] = "one two one two three one two three four one two";
    check_twins((tamis_str){small, sizeof small - 1}, &t);
    check_twins((tamis_str){"", 0}, &t);
    close_twins(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twins_on_random_texts),
        cmocka_unit_test(twins_on_real_texts),
        cmocka_unit_test(small_after_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
