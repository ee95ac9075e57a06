/*
 * What patterns need and the gate made of it: every count with the gate equals the count without it, on planted and
 * mutated hits, for every instruction set; and the needles of chosen patterns, so that soundness is not bought by
 * knowing nothing.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RANDOM_PATTERNS 400 /* sanitizers are slow */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RANDOM_PATTERNS 400
#endif
#endif
#ifndef RANDOM_PATTERNS
#define RANDOM_PATTERNS 6000
#endif

#include "filter_world.h"

#include "pack_gate.h"
#include "pattern_walk.h"

/* ---- Patterns that were written to be misread ------------------------------------------------------------------- */

struct tricky {
    const char *pattern;
    uint32_t flags;
    const char *hit; /* a text that it matches */
};

#define I PCRE2_CASELESS
#define X PCRE2_EXTENDED
#define M PCRE2_MULTILINE
#define S PCRE2_DOTALL
#define U PCRE2_UCP

static const struct tricky tricky[] = {
    {"cookies", 0, "cookies"}, {"cookies", I, "COOKIES"}, {"cookies", I, "coo\xe2\x84\xaaies"},
    {"cookies", I, "cookie\xc5\xbf"}, {"[k]ey[s]", I, "\xe2\x84\xaa" "ey\xc5\xbf"},
    {"(?i)desk", 0, "de\xc5\xbf\xe2\x84\xaa"},
    {"(?i:des)k", 0, "DE\xc5\xbfk"}, {"a(?i)b|cat", 0, "CAT"}, {"(a(?i)b|cat)x", 0, "CATx"}, {"(?i)a(?-i)bc", 0, "Abc"},
    {"x(?i:abc)y", 0, "xABCy"}, {"(?-i:We) use", I, "We USE"}, {"colou?r", 0, "color"}, {"colou?r", 0, "colour"},
    {"(?:abc)?def", 0, "def"}, {"(?:abc)*def", 0, "abcabcdef"}, {"(?:abc){0}def", 0, "def"},
    {"(?:abc){2}def", 0, "abcabcdef"},
    {"(?:abc){2,}def", 0, "abcabcabcdef"}, {"(?:abc){0,2}def", 0, "def"}, {"(?:abc)+def", 0, "abcdef"},
    {"abc+?d", 0, "abccd"},
    {"abc++d", 0, "abccd"}, {"abc*+d", 0, "abd"}, {"ab{,3}c", 0, "ab{,3}c"}, {"ab{c}", 0, "ab{c}"},
    {"ab{2}c", 0, "abbc"},
    {"ab{2,1000}c", 0, "abbbbc"}, {"a{1}b", 0, "ab"}, {"x{20}y", 0, "xxxxxxxxxxxxxxxxxxxxy"},
    {"[0-9]{12,}", 0, "1234567890123"},
    {"(a|b|c)def", 0, "bdef"}, {"(a||c)def", 0, "def"}, {"(|abc)", 0, "abc"}, {"abc|", 0, "abc"},
    {"(?:ab|cd|(?:ef|gh)i)j", 0, "ghij"},
    {"[abc]def", 0, "cdef"}, {"[^abc]def", 0, "xdef"}, {"[]a]bc", 0, "]bc"}, {"[^]a]bc", 0, "xbc"},
    {"[a\\]]bc", 0, "]bc"},
    {"[[:alpha:]]bcd", 0, "Qbcd"}, {"[[:^alpha:]]bcd", 0, "1bcd"}, {"[a[:digit:]b]cde", 0, "7cde"},
    {"[[]bcd", 0, "[bcd"},
    {"[a-c-e]fgh", 0, "-fgh"}, {"[\\w-]fgh", 0, "-fgh"}, {"[\\d\\s]fgh", 0, " fgh"}, {"[\\x41-\\x43]def", 0, "Bdef"},
    {"[\\Qa]\\E]bcd", 0, "]bcd"}, {"\\Qa.b\\E+c", 0, "a.bbc"}, {"\\Qabc", 0, "abc"}, {"\\x61bcd", 0, "abcd"},
    {"\\x{61}bcd", 0, "abcd"},
    {"\\x{212a}bcd", I, "kbcd"}, {"\\x{17f}bcd", I, "Sbcd"}, {"\\x{1F600}a", 0, "\xf0\x9f\x98\x80" "a"},
    {"\\101bc", 0, "Abc"},
    {"\\0bcd", 0, NULL}, {"\\o{101}bc", 0, "Abc"}, {"\\cAbc", 0, "\x01" "bc"}, {"\\tabc", 0, "\tabc"},
    {"\\eabc", 0, "\x1b" "abc"},
    {"a\\.b\\*c", 0, "a.b*c"}, {"a\\/b", 0, "a/b"}, {"\\babc\\b", 0, "abc"}, {"^abc$", 0, "abc"},
    {"^abc$", M, "x\nabc\ny"},
    {"\\Aabc\\z", 0, "abc"}, {"\\Gabc", 0, "abc"}, {"abc\\Z", 0, "abc\n"}, {"a.c", 0, "axc"}, {"ab.cd", S, "ab\ncd"},
    {"ab\\Ncd", 0, "abxcd"}, {"ab\\Rcd", 0, "ab\r\ncd"}, {"ab\\Xcd", 0, "abe\xcc\x81" "cd"}, {"\\N{U+41}bc", 0, "Abc"},
    {"(?=abc)a", 0, "abc"}, {"(?!abd)abc", 0, "abc"}, {"(?<=xy)abc", 0, "xyabc"}, {"(?<!xy)abc", 0, "abc"},
    {"a(?=b|c)b", 0, "ab"},
    {"ab\\Kcd", 0, "abcd"}, {"(a)(b)\\2\\1c", 0, "abbac"}, {"(abc)\\1", 0, "abcabc"}, {"(?<n>abc)\\k<n>", 0, "abcabc"},
    {"(?'n'ab)(?P=n)c", 0, "ababc"}, {"(?P<n>ab)\\g{n}c", 0, "ababc"}, {"(ab)(?1)c", 0, "ababc"},
    {"a(?R)?b", 0, "aabb"},
    {"(?(?=a)abc|def)", 0, "def"}, {"(a)?(?(1)bc|de)", 0, "de"}, {"(?>abc|ab)d", 0, "abcd"},
    {"(?|(ab)|(cd))ef", 0, "cdef"},
    {"a(?#comment)bc", 0, "abc"}, {"ab(?#c)+c", 0, "abbc"}, {"a b c", X, "abc"}, {"a b +c", X, "abbc"},
    {"a # x\nb", X, "ab"},
    {"a\\ b[ ]c", X, "a b c"}, {"ab #c", X, "ab"}, {"(?x) a b c", 0, "abc"}, {"(?x: a b ) c", 0, "ab c"},
    {"(?xx)[a b]cd", 0, "bcd"},
    {"(?x)a b (?-x) c", 0, "ab c"}, {"(?s)a.b", 0, "a\nb"}, {"(?^:abc)", I, "abc"}, {"(?U)ab+c", 0, "abbc"},
    {"(?im)abc", 0, "ABC"},
    {"(*UCP)\\dabc", 0, "\xd9\xa3" "abc"}, {"(*ACCEPT)abc", 0, NULL}, {"ab(*ACCEPT)cd", 0, "ab"},
    {"(a(*COMMIT)b|abc)", 0, "ab"},
    {"\\dabc", U, "\xd9\xa3" "abc"}, {"\\wabc", U, "\xc3\xa9" "abc"}, {"\\sabc", U, "\xe2\x80\xa8" "abc"},
    {"\\Dabc", 0, "xabc"},
    {"\\habc", 0, "\xc2\xa0" "abc"}, {"\\vabc", 0, "\xc2\x85" "abc"}, {"\\p{Lu}bcd", 0, "\xc3\x89" "bcd"},
    {"\\pLbcd", 0, "abcd"},
    {"\\P{Lu}bcd", 0, "xbcd"}, {"\\p{Greek}bc", 0, "\xce\xb1" "bc"}, {"\xc3\xa9t\xc3\xa9", 0, "\xc3\xa9t\xc3\xa9"},
    {"\xc3\xa9t\xc3\xa9", I, "\xc3\x89T\xc3\x89"},
    {"\xd0\xba\xd1\x83\xd0\xba\xd0\xb8", I, "\xd0\x9a\xd0\xa3\xd0\x9a\xd0\x98"},
    {"[\xc3\xa9\xc3\xa8]abc", 0, "\xc3\xa8" "abc"}, {"[\xc3\xa9]abc", I, "\xc3\x89" "abc"},
    {"[\xce\xb1-\xcf\x89]abc", 0, "\xce\xb2" "abc"},
    {"can['\xe2\x80\x99]t", 0, "can\xe2\x80\x99t"}, {"stra\xc3\x9f" "e", I, "STRA\xe1\xba\x9e" "E"},
    {"\xce\xbcm", I, "\xc2\xb5m"},
    {"\xcf\x83" "ab", I, "\xcf\x82" "AB"}, {"\xc3\xa5ngstrom", I, "\xe2\x84\xabngstrom"},
    {"[[:upper:]]{3}x", I, "abcX"},
    {"a\xcc\x81?bc", 0, "abc"}, {"\xf0\x9f\x98\x80+x", 0, "\xf0\x9f\x98\x80x"}, {"\xe2\x80\xa8" "abc", X, "abc"},
    {"[\xf0\xa0\x80\x80-\xf0\xa0\x80\x85]x", 0, "\xf0\xa0\x80\x83x"},
    {"[a-z0-9._%+-]+@[a-z0-9.-]+\\.[a-z]{2,6}", I, "Me@Some.org"}, {"(?:\\d{1,3}\\.){3}\\d{1,3}", 0, "10.0.0.127"},
    {"https?://\\S+", 0, "https://x.y"}, {"\\(?\\d{3}\\)?[-. ]\\d{3}[-. ]\\d{4}", 0, "(555) 123-4567"},
    {"x[^y]*y", 0, "xabcy"},
    {"x.{0,3}yz", 0, "xaayz"}, {"(?:a{3}|b{3})c", 0, "bbbc"}, {"((((abc))))", 0, "abc"}, {"[a]{3}[b]{2}", 0, "aaabb"},
    {"all rights reserved by us", 0, "all rights reserved by us"},
    {"(?:a|b)(?:c|d)(?:e|f)(?:g|h)(?:i|j)(?:k|l)(?:m|n)", 0, "adfhilm"},
    {"(?:the|a) (?:quick|slow|red)? ?(?:fox|dog)", 0, "a fox"}, {"ab{0,1}c{1,3}d", 0, "accd"},
    {"(ab?){1,3}cd", 0, "aabacd"},
    {"(?:ab|a)(?:bc|c)", 0, "abc"}, {"{{\\w+}}", 0, "{{x}}"}, {"}x{", 0, "}x{"}, {"]x[a]", 0, "]xa"},
    {"a\\\\b", 0, "a\\b"},
};

/* ---- Gated and plain -------------------------------------------------------------------------------------------- */

#define GATED (TAMIS_CPU_AVX512 + 1)

struct twin {
    struct rule_pack pack;
    struct pack_gate *gate[GATED];
    struct gate_found *found;
    struct matcher matcher;
};

/* Gates for the instruction sets from `first` to `last`. */
static bool open_twin(struct twin *t, const char *pattern, uint32_t flags, int first, int last)
{
    tamis_err err = {0};
    *t = (struct twin){.found = calloc(1, sizeof *t->found)};
    assert_non_null(t->found);
    t->found->rules = calloc(1, sizeof *t->found->rules);
    assert_non_null(t->found->rules);
    assert_int_equal(matcher_open(&t->matcher, 50000, &err), TAMIS_OK);
    if (rule_pack_add(&t->pack, "test", "test", (tamis_str){pattern, strlen(pattern)}, flags, PACK_COUNT, 0, &err)) {
        return false;
    }
    for (int cpu = first; cpu <= last; cpu++) {
        assert_int_equal(pack_gate_new(&t->gate[cpu], &t->pack, (tamis_cpu)cpu, &err), TAMIS_OK);
    }
    return true;
}

static void close_twin(struct twin *t)
{
    for (int cpu = 0; cpu < GATED; cpu++) {
        pack_gate_free(t->gate[cpu]);
    }
    rule_pack_release(&t->pack);
    matcher_close(&t->matcher);
    free(t->found->rules);
    free(t->found);
}

/* A match that the gate would lose, or that begins too far before every place noted, fails the test. */
static void check_text(struct twin *t, tamis_str text)
{
    for (int cpu = 0; cpu < GATED; cpu++) {
        if (!t->gate[cpu]) {
            continue;
        }
        pack_gate_search(t->gate[cpu], text, t->found);
        struct walk walk = walk_over(text, NULL);
        while (walk_on(&walk, &t->pack.rules[0], &t->matcher) == FOUND) {
            if (!gate_lets(t->found, 0)) {
                fail_msg("%s loses /%s/ in \"%.*s\"", tamis_cpu_name((tamis_cpu)cpu), t->pack.rules[0].pattern,
                         (int)text.len, text.at);
            }
            bool near = pack_gate_is_open(t->gate[cpu], 0) || t->found->more_places;
            for (size_t i = 0; i < t->found->place_count && !near; i++) {
                const struct gate_place *const p = &t->found->places[i];
                near = p->lead == UINT32_MAX || (p->at >= walk.begin && p->at - walk.begin <= p->lead);
            }
            if (!near) {
                fail_msg("%s: no place near the match of /%s/ at %zu in \"%.*s\"", tamis_cpu_name((tamis_cpu)cpu),
                         t->pack.rules[0].pattern, walk.begin, (int)text.len, text.at);
            }
        }
    }
}

static void check_exact(struct twin *t, const char *bytes, size_t len)
{
    char *const copy = malloc(len ? len : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    check_text(t, (tamis_str){copy, len});
    free(copy);
}

/* `hit` in the middle, at both ends, doubled, and around the vectors' borders. */
static void check_planted(struct twin *t, const char *hit)
{
    char text[512];
    const size_t len = strlen(hit);
    for (size_t before = 0; before < 140; before += before < 8 || (before > 56 && before < 72) ? 1 : 5) {
        for (size_t after = 0; after < 3; after++) {
            memset(text, before % 3 ? ' ' : 'e', before);
            memcpy(text + before, hit, len);
            memset(text + before + len, after == 1 ? ' ' : 'o', after * 40);
            check_exact(t, text, before + len + after * 40);
        }
    }
}

static void tricky_patterns_lose_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tricky / sizeof *tricky; i++) {
        struct twin t;
        const int best = (int)tamis_cpu_best();
        if (!open_twin(&t, tricky[i].pattern, tricky[i].flags, TAMIS_CPU_PLAIN, best)) {
            fail_msg("/%s/ does not compile", tricky[i].pattern);
        }
        if (tricky[i].hit) {
            struct walk walk = walk_over((tamis_str){tricky[i].hit, strlen(tricky[i].hit)}, NULL);
            if (walk_on(&walk, &t.pack.rules[0], &t.matcher) != FOUND) {
                fail_msg("case %zu: /%s/ does not match \"%s\"", i, tricky[i].pattern, tricky[i].hit);
            }
            check_planted(&t, tricky[i].hit);
        }
        for (size_t k = 0; k < sizeof tricky / sizeof *tricky; k++) {
            if (tricky[k].hit) {
                check_exact(&t, tricky[k].hit, strlen(tricky[k].hit));
            }
        }
        close_twin(&t);
    }
}

/* ---- Random patterns -------------------------------------------------------------------------------------------- */

struct made {
    char pattern[600];
    size_t len;
    uint64_t seed;
};

static void put_text(struct made *m, const char *text)
{
    const size_t len = strlen(text);
    if (m->len + len < sizeof m->pattern) {
        memcpy(m->pattern + m->len, text, len + 1);
        m->len += len;
    }
}

static void put_one(struct made *m, const char *const *from, size_t count)
{
    put_text(m, from[random_below(&m->seed, count)]);
}

#define PUT_ONE(m, table) put_one((m), (table), sizeof(table) / sizeof *(table))

static const char *const letters[] = {"a", "b", "s", "k", "S", "K", " ", "1", "ab", "sk", "bab", "1a", "\xc3\xa9",
        "\xe2\x80\x99"};

static void put_alternatives(struct made *m, size_t depth);

static void put_atom(struct made *m, size_t depth)
{
    static const char *const classes[] = {"[ab]", "[^a]", "[a-s]", "\\d", "\\w", "\\s", ".", "[\xc3\xa9k]", "[s1]",
        "\\D",
                                          "[^\\w\\n]", "\\x61", "[[:digit:]]", "\\.", "\\ ", "\\p{L}", "\\h"};
    static const char *const opens[] = {"(", "(?:", "(?i:", "(?>", "(?-i:", "(?x:", "(?=", "(?!", "(?<n>", "(?|"};
    static const char *const others[] = {"\\b", "^", "$", "\\B", "(?i)", "(?-i)", "\\1", "(?#x)", "\\A", "\\R",
        "\\Qa\\E", "(?x)"};
    const size_t kind = random_below(&m->seed, 20);
    if (kind < 11) {
        PUT_ONE(m, letters);
    } else if (kind < 14) {
        PUT_ONE(m, classes);
    } else if (kind < 18 && depth < 4) {
        PUT_ONE(m, opens);
        put_alternatives(m, depth + 1);
        put_text(m, ")");
    } else if (kind == 19) {
        PUT_ONE(m, others);
    }
}

static void put_alternatives(struct made *m, size_t depth)
{
    static const char *const quantifiers[] = {"?", "*", "+", "{2}", "{1,3}", "{0,1}", "{2,}", "??", "*?", "+?",
        "?+", "{0}"};
    for (size_t branch = 1 + random_below(&m->seed, 3) * (random_below(&m->seed, 2)); branch > 0; branch--) {
        for (size_t atoms = 1 + random_below(&m->seed, 4); atoms > 0; atoms--) {
            put_atom(m, depth);
            if (random_below(&m->seed, 4) == 0) {
                PUT_ONE(m, quantifiers);
            }
        }
        if (branch > 1) {
            put_text(m, "|");
        }
    }
}

static size_t random_text(uint64_t *seed, char *text, size_t cap)
{
    static const char *const units[] = {"a", "b", "s", "k", "S", "K", " ", "1", "A", "B", "\n", ".", "\xc3\xa9",
        "\xc3\x89",
                                        "\xe2\x84\xaa", "\xc5\xbf", "\xe2\x80\x99", "ab", "ba", "x", "  ", "\r\n"};
    size_t len = 0;
    while (len + 4 < cap) {
        const char *const unit = units[random_below(seed, sizeof units / sizeof *units)];
        memcpy(text + len, unit, strlen(unit));
        len += strlen(unit);
    }
    return len;
}

static void random_patterns_lose_nothing(void **state)
{
    (void)state;
    size_t compiled = 0, gated = 0;
    uint64_t seed = 77;
    for (size_t round = 0; compiled < RANDOM_PATTERNS && round < 60000; round++) {
        static const uint32_t flags[] = {0, I, X, I | X, M, S, I | U, U};
        struct made m = {.seed = next_random(&seed)};
        struct twin t;
        const int cpu = (int)(round % ((size_t)tamis_cpu_best() + 1));
        put_alternatives(&m, 0);
        if (m.len > 0 && open_twin(&t, m.pattern, flags[random_below(&seed, sizeof flags / sizeof *flags)], cpu, cpu)) {
            compiled++;
            gated += !pack_gate_is_open(t.gate[cpu], 0);
            char text[300];
            for (size_t i = 0; i < 12; i++) {
                const size_t len = random_text(&seed, text, i < 4 ? 16 : i < 8 ? 60 : sizeof text);
                check_exact(&t, text, len);
            }
            close_twin(&t);
        } else if (m.len > 0) {
            close_twin(&t);
        }
    }
    print_message("%zu patterns, %zu with a gate\n", compiled, gated);
    assert_int_equal(compiled, RANDOM_PATTERNS);
    assert_true(gated > RANDOM_PATTERNS / 10);
}

/* ---- What is known ---------------------------------------------------------------------------------------------- */

static void useful_patterns_have_needles(void **state)
{
    static const struct {
        const char *pattern;
        uint32_t flags;
        size_t count;   /* of needles */
        const char *one; /* matched by the first */
        uint32_t lead;
    } known[] = {
        {"cookies", 0, 1, "cookies", 0}, {"\\bfoo(?=bar)\\b", 0, 1, "foo", 0}, {"x{0,3}http://", 0, 1, "http://", 3},
        {"[a-z]{1,9}@[a-z]+", 0, 1, "a@b", 8}, {"(?:lorem|ipsum) dolor", 0, 1, " dolor", 5},
        {"a.{2,5}zebra", 0, 1, "zebra", 21}, {"\\d+\\.\\d+", 0, 1, "1.2", UINT32_MAX},
        {"copyright", I, 1, "CopyRight", 0},
        {"(?:qua|zig)+x", 0, 2, NULL, 0},
    };
    (void)state;
    struct member_finder finder = {.every = NULL};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const tamis_str pattern = {known[i].pattern, strlen(known[i].pattern)};
        struct needs needs = pattern_needs(&finder, pattern, known[i].flags);
        if (needs.count != known[i].count || (known[i].one && needs.at[0].lead != known[i].lead)) {
            fail_msg("/%s/: %zu needles, lead %u", known[i].pattern, needs.count, needs.count ? needs.at[0].lead : 0);
        }
        for (size_t k = 0; known[i].one && k < needs.at[0].len; k++) {
            assert_true(byte_class_has(&needs.at[0].at[k], (unsigned char)known[i].one[k]));
        }
        pattern_needs_release(&needs);
    }
    static const char *const unknown[] = {"", "a*", ".*", "(?R)?abc", "(abc)\\1", "(*F)abc", "\\Qabc\\E",
        "(?(?=a)abc|abd)",
                                          "a|", "[^a]", "\\X", "abc{ 1, 2 }", "(?xx)abc"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        struct needs needs = pattern_needs(&finder, (tamis_str){unknown[i], strlen(unknown[i])}, 0);
        if (needs.count) {
            fail_msg("/%s/ has needles", unknown[i]);
        }
        pattern_needs_release(&needs);
    }
    member_finder_release(&finder);
}

/* What PCRE2 takes for the other case of a letter is what members_find() says, for every letter of ASCII. */
static void case_is_that_of_pcre2(void **state)
{
    (void)state;
    struct member_finder finder = {.every = NULL};
    for (char c = 'a'; c <= 'z'; c++) {
        struct members fast, slow;
        const char class[] = {'[', '\\', 'x', '{', "0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15], '}', ']'};
        assert_true(members_find(&finder, (tamis_str){&c, 1}, PCRE2_CASELESS, &fast));
        assert_true(members_find(&finder, (tamis_str){class, sizeof class}, PCRE2_CASELESS, &slow));
        assert_memory_equal(&fast, &slow, sizeof fast);
        assert_int_equal(fast.count, c == 'k' || c == 's');
    }
    member_finder_release(&finder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tricky_patterns_lose_nothing),
        cmocka_unit_test(random_patterns_lose_nothing),
        cmocka_unit_test(useful_patterns_have_needles),
        cmocka_unit_test(case_is_that_of_pcre2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
