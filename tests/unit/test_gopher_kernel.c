/*
 * What the Gopher filters are made of, for every instruction set: signs, line ends and stop words are those that are
 * found byte by byte, joined texts and weights those of portable C, and no n-gram that was met before is left out by
 * the links.
 */
#include "gopher_twin.h"

#include "gopher_kernel.h"
#include "gopher_spans.h"
#include "stop_words.h"
#include "text_signs.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EVERY 97 /* sanitizers are slow */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EVERY 97
#endif
#endif
#ifndef EVERY
#define EVERY 11
#endif

enum { CPUS = TAMIS_CPU_AVX512 + 1, LINKED_TOKENS = 600 };

struct world {
    tamis_text *text;
    struct grams grams[CPUS];
    size_t texts;
};

static void open_world(struct world *w)
{
    *w = (struct world){.text = tamis_text_new()};
    assert_non_null(w->text);
    for (size_t cpu = 0; cpu <= (size_t)tamis_cpu_best(); cpu++) {
        grams_open(&w->grams[cpu], (tamis_cpu)cpu);
    }
}

static void close_world(struct world *w)
{
    for (size_t cpu = 0; cpu <= (size_t)tamis_cpu_best(); cpu++) {
        grams_release(&w->grams[cpu]);
    }
    tamis_text_free(w->text);
}

/* ---- Signs and line ends ---------------------------------------------------------------------------------------- */

static bool is_edge(tamis_str text, size_t i)
{
    return i == 0 || (unsigned char)text.at[i - 1] <= ' ' || (unsigned char)text.at[i - 1] >= 0x80;
}

static struct text_signs signs_of(tamis_str text)
{
    struct text_signs s = {0};
    for (size_t i = 0; i < text.len; i++) {
        s.hashes += text.at[i] == '#';
        s.newlines += text.at[i] == '\n';
        s.dots += twin_has(text, i, "...");
        s.ellipses += twin_has(text, i, "\xe2\x80\xa6");
        s.bullets += twin_has(text, i, "\xe2\x80\xa2") || (text.at[i] == '-' && is_edge(text, i));
    }
    return s;
}

static void check_signs(tamis_str text, tamis_cpu cpu)
{
    count_signs *const count = count_signs_for(cpu);
    if (count) {
        const struct text_signs wanted = signs_of(text), signs = count(text);
        assert_int_equal(signs.hashes, wanted.hashes);
        assert_int_equal(signs.newlines, wanted.newlines);
        assert_int_equal(signs.dots, wanted.dots);
        assert_int_equal(signs.ellipses, wanted.ellipses);
        assert_int_equal(signs.bullets, wanted.bullets);
    }
    const size_t words = text.len / SIGNS_BLOCK + 1;
    uint64_t *const bits = malloc(words * sizeof *bits);
    assert_non_null(bits);
    memset(bits, 0xff, words * sizeof *bits);
    newline_bits_for(cpu)(text, bits);
    for (size_t i = 0; i < words * SIGNS_BLOCK; i++) {
        assert_int_equal(bits[i / 64] >> i % 64 & 1, i < text.len && text.at[i] == '\n');
    }
    free(bits);
}

/* ---- Pieces ----------------------------------------------------------------------------------------------------- */

static void check_bound(tamis_text *text, tamis_split how, struct span_bound bound)
{
    const tamis_spans spans = tamis_text_split(text, how);
    const tamis_str bytes = tamis_text_bytes(text);
    uint64_t repeats = 0, repeated = 0;
    assert_int_equal(bound.count, spans.count);
    for (size_t i = 0; i < spans.count && i < 300; i++) {
        bool again = false;
        for (size_t j = 0; j < i && !again; j++) {
            again = spans.at[i].bytes == spans.at[j].bytes &&
                    memcmp(bytes.at + spans.at[i].at, bytes.at + spans.at[j].at, spans.at[i].bytes) == 0;
        }
        repeats += again;
        repeated += again ? spans.at[i].bytes : 0;
    }
    assert_true(bound.repeats >= repeats && bound.repeats <= spans.count);
    assert_true(bound.bytes >= repeated && bound.bytes <= bytes.len);
}

static void check_spans(tamis_text *text, tamis_cpu cpu)
{
    const struct span_bounds bounds = bound_spans(tamis_text_bytes(text), newline_bits_for(cpu));
    check_bound(text, TAMIS_SPLIT_PARAGRAPHS, bounds.paragraphs);
    check_bound(text, TAMIS_SPLIT_NEWLINES, bounds.lines);
}

/* ---- Stop words ------------------------------------------------------------------------------------------------- */

static void check_stop_words(tamis_text *text, tamis_cpu cpu)
{
    const tamis_outline tokens = tamis_text_outline(text);
    const double all = twin_stop_words(text);
    const double enough[] = {0, 1, 2, 7.5, 8, INFINITY};
    for (size_t i = 0; i < sizeof enough / sizeof *enough; i++) {
        const unsigned bits = stop_words_for(cpu)(tokens, tamis_text_bytes(text), 0, enough[i]);
        const double found = __builtin_popcount(bits);
        assert_true(found == all || (found >= enough[i] && found < all));
    }
}

/* ---- N-grams ---------------------------------------------------------------------------------------------------- */

static void check_join(struct grams *plain, struct grams *other, tamis_text *text)
{
    assert_true(grams_join(plain, text) && grams_join(other, text));
    const size_t count = plain->tokens.count;
    assert_int_equal(other->tokens.count, count);
    assert_memory_equal(other->at, plain->at, (count + 1) * sizeof *plain->at);
    assert_memory_equal(other->joined, plain->joined, plain->at[count] + (size_t)GRAMS_SLACK);
    for (int unit = GRAMS_BYTES; unit <= GRAMS_CHARS; unit++) {
        for (size_t n = GRAM_TOP_FIRST; n <= GRAM_TOP_LAST; n++) {
            uint64_t wanted = 0, most = 0, exact = 0;
            assert_true(grams_top_weight(plain, text, n, (enum grams_unit)unit, &wanted));
            assert_true(grams_top_weight(other, text, n, (enum grams_unit)unit, &most));
            assert_true(grams_top(other, text, n, &exact));
            assert_int_equal(most, wanted);
            assert_true(most >= exact);
        }
    }
}

/* How far the repetition from token `i` on is known to reach; 0: it is no candidate. */
static uint32_t known_reach(const struct grams *g, size_t i)
{
    for (size_t k = 0; k < g->candidates; k++) {
        if (g->candidate[k] == i) {
            return g->reach[k];
        }
    }
    return 0;
}

static uint32_t least_of(const struct grams *g, size_t i, size_t n)
{
    return g->at[i + n] - g->at[i];
}

/* Every n-gram with the bytes of one before it is found. */
static void check_links(struct grams *g, tamis_text *text)
{
    uint64_t bytes = 0;
    assert_true(grams_duplicated_bound(g, text, &bytes));
    if (g->search != GRAMS_SEARCHED || g->tokens.count > LINKED_TOKENS) {
        return;
    }
    for (size_t n = GRAM_DUPLICATED_FIRST; n <= GRAM_DUPLICATED_LAST; n++) {
        for (size_t i = 0; i + n <= g->tokens.count; i++) {
            const uint32_t length = least_of(g, i, n), known = known_reach(g, i);
            for (size_t j = 0; j < i && known < length; j++) {
                if (least_of(g, j, n) == length && memcmp(g->joined + g->at[j], g->joined + g->at[i], length) == 0) {
                    fail_msg("the %zu-gram from token %zu on is that from %zu on, and not found: %.*s", n, i, j,
                             (int)tamis_text_bytes(text).len, tamis_text_bytes(text).at);
                }
            }
        }
    }
}

static void check_grams(struct world *w, tamis_cpu cpu)
{
    struct grams *const g = &w->grams[cpu], *const plain = &w->grams[TAMIS_CPU_PLAIN];
    grams_begin(plain);
    grams_begin(g);
    check_join(plain, g, w->text);
    check_links(g, w->text);
    for (size_t n = GRAM_DUPLICATED_FIRST; n <= GRAM_DUPLICATED_LAST; n++) {
        uint64_t wanted = 0, sum = 0;
        assert_true(grams_duplicated(plain, w->text, n, GRAMS_CHARS, &wanted));
        assert_true(grams_duplicated(g, w->text, n, GRAMS_CHARS, &sum));
        assert_int_equal(sum, wanted);
    }
}

/* ---- Texts ------------------------------------------------------------------------------------------------------ */

static void check_text(tamis_str bytes, void *context)
{
    struct world *const w = context;
    tamis_text_set(w->text, bytes);
    for (size_t cpu = 0; cpu <= (size_t)tamis_cpu_best(); cpu++) {
        check_signs(bytes, (tamis_cpu)cpu);
        check_spans(w->text, (tamis_cpu)cpu);
        check_stop_words(w->text, (tamis_cpu)cpu);
        check_grams(w, (tamis_cpu)cpu);
    }
    assert_false(tamis_text_failed(w->text));
    w->texts++;
}

static void random_texts(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    uint64_t seed = 7;
    for (int round = 0; round < (EVERY > 11 ? 150 : 2000); round++) {
        char bytes[8192];
        const size_t len = twin_random_text(bytes, sizeof bytes, &seed);
        check_exact_copy((tamis_str){bytes, len}, check_text, &w);
    }
    close_world(&w);
}

/* Signs and words across the ends of blocks, with every number of bytes before and behind them. */
static void every_place(void **state)
{
    static const char *const signs[] = {"...", ".....", "\xe2\x80\xa6", "\xe2\x80\xa2", " -", "\n-", "\xc2\xa0-", "\n",
                                        "\n\n", " the ", " that", " of.", "#", "\n\n\n x", " ab cd ef gh ij kl"};
    (void)state;
    struct world w;
    open_world(&w);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        for (size_t before = 0; before < 140; before++) {
            char bytes[256];
            memset(bytes, before % 2 ? 'x' : ' ', before);
            const size_t len = (size_t)snprintf(bytes + before, sizeof bytes - before, "%s%s%s", signs[i],
                                                before % 3 ? "" : " ab cd ef gh ij kl", before % 5 ? "" : "\n");
            check_exact_copy((tamis_str){bytes, before + len}, check_text, &w);
        }
    }
    check_exact_copy((tamis_str){"", 0}, check_text, &w);
    close_world(&w);
}

static void real_texts(void **state)
{
    static const char *const names[] = {"anarchism_faq", "books_multilingual", "code_src", "cppreference_html",
                                        "ewt_web", "gov_web", "languages", "lilypond_doc", "medquad", "napkin",
                                        "python_doc"};
    (void)state;
    struct world w;
    skip_without_corpora();
    open_world(&w);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        each_document(names[i], (struct documents){EVERY, 200000, 1}, check_text, &w);
    }
    print_message("%zu texts agree\n", w.texts);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts),
        cmocka_unit_test(every_place),
        cmocka_unit_test(real_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
