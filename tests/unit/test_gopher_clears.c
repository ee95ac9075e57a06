/*
 * The Gopher filters and what they clear: every value has the bits its plain twin finds, and no rule is cleared that
 * would drop the text, for the usual thresholds, for random ones, and for those a hair's breadth from the value; with
 * the kernels of every instruction set.
 */
#include "gopher_twin.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EVERY 29 /* sanitizers are slow */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EVERY 29
#endif
#endif
#ifndef EVERY
#define EVERY 4
#endif

enum { SETTINGS = 4 };

struct world {
    tamis_text *text;
    struct twin twin;
    struct opened repetition[SETTINGS], quality[SETTINGS]; /* the first has the usual thresholds */
    double wanted[TWIN_REPETITION], wanted_of_tokens[TWIN_QUALITY], wanted_of_words[TWIN_QUALITY];
    uint64_t seed;
    size_t documents, asked, cleared; /* rules of gopher_repetition with the usual thresholds */
};

/* All options of a filter but the dialect, each set by `value`. */
static void open_with(struct opened *o, const char *name, const char *first, double (*value)(void *, size_t),
                      void *context)
{
    char options[2048];
    int len = snprintf(options, sizeof options, "%s", first);
    const tamis_param *p = find_filter(name)->params + 1;
    for (size_t r = 0; p[r].name; r++) {
        const double v = value(context, r);
        const double low = v < p[r].min ? p[r].min : v, fitting = low > p[r].max ? p[r].max : low;
        len += snprintf(options + len, sizeof options - (size_t)len, "%s%s=%.17g", len ? "," : "", p[r].name, fitting);
    }
    open_filter(o, name, options);
}

static double random_share(void *context, size_t rule)
{
    uint64_t *const seed = context;
    (void)rule;
    return (double)random_below(seed, 1000) / (random_below(seed, 2) ? 1000.0 : 10000.0);
}

static double random_limit(void *context, size_t rule)
{
    return random_share(context, rule) * (rule < 2 ? 1000 : rule < 4 ? 12 : rule == 9 ? 8 : 1);
}

/* Filters that are opened from now on have the kernels of this instruction set, or of the best there is. */
static void use_cpu(size_t cpu)
{
    const tamis_cpu known = cpu > TAMIS_CPU_AVX512 ? TAMIS_CPU_AVX512 : (tamis_cpu)cpu;
    assert_int_equal(setenv("TAMIS_CPU", tamis_cpu_name(known), 1), 0);
}

static void open_world(struct world *w)
{
    *w = (struct world){.text = tamis_text_new(), .seed = 20};
    assert_non_null(w->text);
    use_cpu(TAMIS_CPU_AVX512);
    open_filter(&w->repetition[0], "gopher_repetition", "");
    open_filter(&w->quality[0], "gopher_quality", "");
    for (size_t s = 1; s < SETTINGS; s++) {
        use_cpu(s - 1);
        open_with(&w->repetition[s], "gopher_repetition", "", random_share, &w->seed);
        open_with(&w->quality[s], "gopher_quality", s == 1 ? "dialect=tamis@1" : "", random_limit, &w->seed);
    }
}

static void close_world(struct world *w)
{
    for (size_t s = 0; s < SETTINGS; s++) {
        close_filter(&w->repetition[s]);
        close_filter(&w->quality[s]);
    }
    twin_release(&w->twin);
    tamis_text_free(w->text);
}

static void same_bits(const struct opened *o, tamis_text *text, size_t rule, double wanted)
{
    const double value = ask(o, text, rule);
    if (memcmp(&value, &wanted, sizeof value) != 0 && !(isnan(value) && isnan(wanted))) {
        fail_msg("%s is %.17g, its twin %.17g: %.*s", o->rules[rule].name, value, wanted,
                 (int)tamis_text_bytes(text).len, tamis_text_bytes(text).at);
    }
}

/* Asks what is cleared as the program does, some rules being measured in between. Returns how many were cleared. */
static size_t check_filter(const struct opened *o, tamis_text *text, const double *wanted, bool measured_between)
{
    size_t cleared = 0;
    begin_text(o, text);
    for (size_t r = 0; r < o->count; r++) {
        const tamis_rule *const rule = &o->rules[r];
        const bool fails = rule->side == TAMIS_DROP_BELOW ? wanted[r] < rule->threshold : wanted[r] > rule->threshold;
        const bool clear = o->filter->clears(o->self, o->scratch, text, r);
        if (clear && fails) {
            fail_msg("%s is cleared where it is %.17g and the threshold %.17g: %.*s", rule->name, wanted[r],
                     rule->threshold, (int)tamis_text_bytes(text).len, tamis_text_bytes(text).at);
        }
        if (!clear && measured_between) {
            same_bits(o, text, r, wanted[r]);
        }
        cleared += clear;
    }
    for (size_t r = o->count; r-- > 0;) {
        same_bits(o, text, r, wanted[r]);
    }
    return cleared;
}

static void check_text(tamis_str bytes, void *context)
{
    struct world *const w = context;
    tamis_text_set(w->text, bytes);
    twin_repetition(&w->twin, w->text, w->wanted);
    twin_quality(w->text, false, w->wanted_of_tokens);
    twin_quality(w->text, true, w->wanted_of_words);
    const size_t s = random_below(&w->seed, SETTINGS);
    w->cleared += check_filter(&w->repetition[0], w->text, w->wanted, w->documents % 2);
    check_filter(&w->repetition[s], w->text, w->wanted, true);
    check_filter(&w->quality[0], w->text, w->wanted_of_tokens, true);
    check_filter(&w->quality[s], w->text, s == 1 ? w->wanted_of_words : w->wanted_of_tokens, false);
    assert_false(tamis_text_failed(w->text));
    w->asked += TWIN_REPETITION;
    w->documents++;
}

/* Thresholds at the value, and just below it. */
static double at_value(void *context, size_t rule)
{
    const double value = ((const double *)context)[rule];
    return isnan(value) ? 0 : value;
}

static double below_value(void *context, size_t rule)
{
    return nextafter(at_value(context, rule), 0);
}

static void check_closely(tamis_str bytes, void *context)
{
    struct world *const w = context;
    check_text(bytes, context);
    for (int below = 0; below < 2; below++) {
        struct opened o;
        use_cpu(random_below(&w->seed, TAMIS_CPU_AVX512 + 1));
        open_with(&o, "gopher_repetition", "", below ? below_value : at_value, w->wanted);
        check_filter(&o, w->text, w->wanted, false);
        close_filter(&o);
        open_with(&o, "gopher_quality", "", below ? below_value : at_value, w->wanted_of_tokens);
        check_filter(&o, w->text, w->wanted_of_tokens, false);
        close_filter(&o);
    }
}

static void random_texts(void **state)
{
    (void)state;
    struct world w;
    open_world(&w);
    uint64_t seed = 4;
    for (int round = 0; round < (EVERY > 4 ? 1000 : 12000); round++) {
        char bytes[8192];
        const size_t len = twin_random_text(bytes, sizeof bytes, &seed);
        check_exact_copy((tamis_str){bytes, len}, round % 8 ? check_text : check_closely, &w);
    }
    close_world(&w);
}

/* ---- Hostile texts ---------------------------------------------------------------------------------------------- */

/* `count` copies of `what`. */
static void check_copies(struct world *w, const char *what, size_t count)
{
    const size_t bytes = strlen(what);
    char *const text = malloc(bytes * count + 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + i * bytes, what, bytes);
    }
    check_exact_copy((tamis_str){text, bytes * count}, check_closely, w);
    free(text);
}

static void hostile_texts(void **state)
{
    static const char *const texts[] = {
        "", " ", "\n", "a", "a b", "a b c", "...", "....", ".....", "......", "a...", "\xe2\x80\xa6\n",
        "ab c d e f a bc d e f", "ab c ab c ab c a bc a bc a bc", "a b c d e ab c d e f abc d e f g",
        "in to the house in to the house into the house we go", "into a b c d in to a b c d into a b c d",
        "The cat sat down here. the cat sat down here. THE CAT SAT DOWN HERE.",
        "x y z x y z x y z X Y Z",
        "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2",
        "123456789012...", "12345678901...", "1234567890123...x", "12345678901234...x",
        "123456789012345...xyz"};
    static const char *const copied[] = {
        "a ", "a", ".", "#", "-\n", "\n", "\n\n", "ab", "a.", "ab c a bc ", "\xc3\xa9 ", "\xe6\xbc\xa2", "\xe2\x80\xa6",
        "\xe2\x80\xa2 a\n", "one two three four five six "};
    (void)state;
    struct world w;
    open_world(&w);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check_exact_copy((tamis_str){texts[i], strlen(texts[i])}, check_closely, &w);
    }
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++) {
        for (size_t count = 1; count < 40; count++) {
            check_copies(&w, copied[i], count);
        }
        check_copies(&w, copied[i], 100000);
    }
    check_copies(&w, "word ", EVERY > 4 ? 50000 : 1000000);
    check_copies(&w, "ab", 1);
    close_world(&w);
}

/* ---- Real texts ------------------------------------------------------------------------------------------------- */

static void check_some_closely(tamis_str bytes, void *context)
{
    struct world *const w = context;
    (w->documents % 16 == 0 ? check_closely : check_text)(bytes, context);
}

static void real_texts(void **state)
{
    static const char *const names[] = {
        "anarchism_faq", "bible_languages", "books_chemistry", "books_general", "books_law", "books_medical",
        "books_multilingual", "books_music", "code_src", "cppreference_html", "craft", "dc_code", "ewt_web", "fcla",
        "general_reference", "gov_web", "gum", "languages", "law_de", "lilypond_doc", "math_manuals", "medquad",
        "mutopia_ly", "napkin", "openlogic", "openmusictheory", "openstax_anatomy", "openstax_chemistry",
        "openstax_statistics", "openstax_us_history", "python_doc", "stacks_project", "wikitext2_valid"};
    (void)state;
    skip_without_corpora();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct world w;
        open_world(&w);
        each_document(names[i], (struct documents){EVERY, SIZE_MAX, SIZE_MAX}, check_some_closely, &w);
        if (w.documents) {
            print_message("%-20s %6zu documents agree, %.2f %% of gopher_repetition's rules are cleared\n", names[i],
                          w.documents, 100.0 * (double)w.cleared / (double)w.asked);
        }
        close_world(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts),
        cmocka_unit_test(hostile_texts),
        cmocka_unit_test(real_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
