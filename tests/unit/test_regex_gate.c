/*
 * Filter regex with its gate and without: the same values on real, hostile and random text, for the built-in pack, the
 * patterns that are measured in bench/, and patterns one by one; for every instruction set.
 */
#include "filter_world.h"

struct sides {
    struct opened plain, gated[TAMIS_CPU_AVX512 + 1];
    size_t gates;
    tamis_text *text;
    size_t texts, values, cleared;
};

/* `options` end in what is to follow a comma or a tab. */
static void open_sides(struct sides *s, const char *options, char between)
{
    char with[1024];
    *s = (struct sides){.gates = (size_t)tamis_cpu_best() + 1, .text = tamis_text_new()};
    assert_non_null(s->text);
    snprintf(with, sizeof with, "%s%cgate=false", options, between);
    open_filter(&s->plain, "regex", with);
    for (size_t g = 0; g < s->gates; g++) {
        assert_int_equal(setenv("TAMIS_CPU", tamis_cpu_name((tamis_cpu)g), 1), 0);
        snprintf(with, sizeof with, "%s%cgate=true", options, between);
        open_filter(&s->gated[g], "regex", with);
        assert_int_equal(unsetenv("TAMIS_CPU"), 0);
    }
}

static void close_sides(struct sides *s)
{
    close_filter(&s->plain);
    for (size_t g = 0; g < s->gates; g++) {
        close_filter(&s->gated[g]);
    }
    tamis_text_free(s->text);
}

/* Without the gate a rule may give up where with it it is not tried: then, and only then, the values differ. */
static void check_sides(tamis_str bytes, void *context)
{
    struct sides *const s = context;
    tamis_text_set(s->text, bytes);
    begin_text(&s->plain, s->text);
    for (size_t g = 0; g < s->gates; g++) {
        begin_text(&s->gated[g], s->text);
    }
    s->texts++;
    for (size_t r = 0; r < s->plain.count; r++) {
        const double value = ask(&s->plain, s->text, r), above = s->plain.rules[r].threshold;
        for (size_t g = 0; g < s->gates; g++) {
            const struct opened *const o = &s->gated[g];
            const bool clear = o->filter->clears(o->self, o->scratch, s->text, r);
            const double other = ask(o, s->text, r);
            if (isnan(value) ? other > above : !(other == value)) {
                fail_msg("%s: %.17g with a gate (%s), %.17g without, in \"%.*s\"", s->plain.rules[r].name, other,
                         tamis_cpu_name((tamis_cpu)g), value, bytes.len < 2000 ? (int)bytes.len : 2000, bytes.at);
            }
            assert_false(clear && value > above);
            s->cleared += clear;
            s->values++;
        }
    }
    assert_false(tamis_text_failed(s->text));
}

static void packs_on_real_text(void **state)
{
    static const char *const packs[] = {"pack=boilerplate", "pack=bench/patterns.yaml"};
    static const char *const corpora[] = {
        "anarchism_faq", "bible_languages", "books_chemistry", "books_general", "books_law", "books_medical",
        "books_multilingual", "books_music", "code_src", "cppreference_html", "craft", "dc_code", "ewt_web", "fcla",
        "general_reference", "gov_web", "gum", "languages", "law_de", "lilypond_doc", "math_manuals", "medquad",
        "mutopia_ly", "napkin", "openlogic", "openmusictheory", "openstax_anatomy", "openstax_us_history",
        "python_doc", "stacks_project", "wikitext2_valid"};
    (void)state;
    skip_without_corpora();
    for (size_t p = 0; p < sizeof packs / sizeof *packs; p++) {
        struct sides s;
        open_sides(&s, packs[p], ',');
        for (size_t c = 0; c < sizeof corpora / sizeof *corpora; c++) {
            each_document(corpora[c], (struct documents){9, 200000, 1}, check_sides, &s);
        }
        print_message("%s: %zu texts, %zu of %zu values cleared\n", packs[p], s.texts, s.cleared, s.values);
        close_sides(&s);
    }
}

/* ---- Text made of what the packs look for ----------------------------------------------------------------------- */

static const char *const bits[] = {
    "cookies", "accept all cookies", "We use our cookies to ", "404 Not Found", "error", "Page not found",
    "enable javascript",
    "JavaScript is disabled", "please log in to ", "sign up", "subscribe to our newsletter", "Home", "About us",
    "Contact",
    "read more", "Read More", "privacy policy", "terms of use", "click here", "me@example.org", "10.0.0.1",
    "127.0.0.255",
    "http://example.org/x?y=z", "www.example.org", "(555) 123-4567", "+49 555 123 4567", "123456789012345",
    "copyright 1999",
    "\xc2\xa9 2020", "(c) 2001", "all rights reserved", "powered by wordpress", "add to cart",
    "THIS IS ALL IN UPPER CASE",
    "lorem ipsum dolor sit amet", "{{ name | upper }}", "{% if %}", "%%NAME%%", "share this on facebook", "tweet",
    "\n", "\n\n",
    "\r\n", " ", " ", ", ", ". ", "\xe2\x80\xa8", "\xe2\x80\x99", "coo\xe2\x84\xaaies", "cookie\xc5\xbf",
    "\xc3\xa9t\xc3\xa9",
    "can\xe2\x80\x99t be found", "a", "the quick brown fox", "@", "....", "1.2.3", "verify that you are a human",
    "top", "more"};

static size_t make_text(uint64_t *seed, char *text, size_t cap)
{
    size_t len = 0;
    while (len + 80 < cap) {
        const char *const unit = bits[random_below(seed, sizeof bits / sizeof *bits)];
        memcpy(text + len, unit, strlen(unit));
        len += strlen(unit);
        if (random_below(seed, 3) == 0) {
            text[len++] = "\n  "[random_below(seed, 3)];
        }
        if (random_below(seed, 12) == 0 && (unsigned char)text[len - 1] < 0x80) {
            text[len - 1] = (char)(32 + random_below(seed, 95)); /* a hit that is none any more, mostly */
        }
    }
    return len;
}

static void check_made(struct sides *s, uint64_t *seed, size_t rounds, size_t cap)
{
    char *const text = malloc(cap);
    assert_non_null(text);
    for (size_t i = 0; i < rounds; i++) {
        const size_t len = make_text(seed, text, 81 + random_below(seed, i % 20 ? cap / 12 : cap - 81));
        check_exact_copy((tamis_str){text, len}, check_sides, s);
    }
    free(text);
}

static void packs_on_planted_text(void **state)
{
    (void)state;
    uint64_t seed = 3;
    static const char *const packs[] = {"pack=boilerplate", "pack=bench/patterns.yaml"};
    for (size_t p = 0; p < sizeof packs / sizeof *packs; p++) {
        struct sides s;
        open_sides(&s, packs[p], ',');
        check_made(&s, &seed, 1500, 30000);
        close_sides(&s);
    }
}

static void patterns_one_by_one(void **state)
{
    static const char *const patterns[] = {
        "(?i)cookies?\\b", "(?i)[a-z0-9._%+-]{1,64}@[a-z0-9.-]+", "\\d+\\.\\d+\\.\\d+",
        "(?i)\\bsign (?:up|in)\\b[^.\\n]{0,60}",
        "^\\s*read more", "(?m)^read more$", "(?i)read.{0,40}more", "(?s)fox.{0,3000}fox",
        "(?i)the (?:quick|slow) .*fox",
        "http\\S{1,2000}", "(?<=the )quick", "quick(?! red)", "\\Athe", "fox\\z", "(?s)\\Aa.*fox", "[A-Z]{4,}",
        "(?i)S\\b",
        "(?:a|aa|aaa)*(?:b|c)$", "(.+)+[xy]\\1", "(?i)k", "\xe2\x80\x99", "(?i)\xc3\xa9t", "x*",
        "(?i)(?:e|o)\\w+ie", "\\R"};
    static const char *const tests[] = {"count", "line_share", "char_share"};
    (void)state;
    uint64_t seed = 8;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        for (size_t t = 0; t < sizeof tests / sizeof *tests; t++) {
            char options[256];
            struct sides s;
            snprintf(options, sizeof options, "pattern=%s\ttest=%s\tabove=%s\tmatch_limit=2000", patterns[i], tests[t],
                     t == 0 ? "2" : "0.01");
            open_sides(&s, options, '\t');
            check_made(&s, &seed, 120, 30000);
            close_sides(&s);
        }
    }
}

/* More places than are noted, and places without a match. */
static void floods(void **state)
{
    static const char *const units[] = {"cookie", "read mor\n", "read more\n", "Home\n", "@", "a@", "a@b.", "1.",
        "127.0.0.1 ",
                                        "http://", "sign ", "sign in ", "AAAAAAAA", "a\xe2\x84\xaa", "\xc5\xbf",
                                        "19", "(c) 2000 "};
    (void)state;
    static const char *const packs[] = {"pack=boilerplate,match_limit=1000",
        "pack=bench/patterns.yaml,match_limit=1000"};
    for (size_t p = 0; p < sizeof packs / sizeof *packs; p++) {
        struct sides s;
        open_sides(&s, packs[p], ',');
        for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
            static const size_t sizes[] = {1, 63, 64, 65, 127, 1000, 9000, 40000};
            for (size_t z = 0; z < sizeof sizes / sizeof *sizes; z++) {
                const size_t step = strlen(units[u]), len = sizes[z] / step * step;
                char *const text = malloc(len + 1);
                assert_non_null(text);
                for (size_t i = 0; i < len; i++) {
                    text[i] = units[u][i % step];
                }
                check_exact_copy((tamis_str){text, len}, check_sides, &s);
                free(text);
            }
        }
        close_sides(&s);
    }
}

static void the_gate_warns_of_what_it_cannot_help(void **state)
{
    static const struct {
        const char *options, *says; /* NULL: nothing */
    } cases[] = {{"pack=boilerplate", NULL}, {"pack=bench/patterns.yaml", NULL}, {"pattern=cookies", NULL},
                 {"pattern=[a-z ]+", "regex.pattern"}, {"pattern=(a)\\1", "regex.pattern"},
                 {"pattern=[a-z ]+,gate=false", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct opened o;
        open_filter(&o, "regex", cases[i].options);
        const char *const warning = o.filter->warning(o.self);
        if (!warning != !cases[i].says || (warning && !strstr(warning, cases[i].says))) {
            fail_msg("%s: %s", cases[i].options, warning ? warning : "no warning");
        }
        close_filter(&o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packs_on_real_text),    cmocka_unit_test(packs_on_planted_text),
        cmocka_unit_test(patterns_one_by_one),   cmocka_unit_test(floods),
        cmocka_unit_test(the_gate_warns_of_what_it_cannot_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
