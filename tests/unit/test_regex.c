/*
 * Filter regex and its rule packs: what a pack may say and what is said about a wrong one; counting against a twin
 * without pieces or limits; patterns and texts that were written to hurt; the built-in pack on real text.
 */
#include "filter_world.h"

#include <unistd.h>

#include "rule_pack.h"

/* ---- Packs ------------------------------------------------------------------------------------------------------ */

struct folder {
    char path[64], pack[96];
};

static void make_folder(struct folder *f)
{
    snprintf(f->path, sizeof f->path, "/tmp/tamis-regex-XXXXXX");
    assert_non_null(mkdtemp(f->path));
    snprintf(f->pack, sizeof f->pack, "%s/mine.yaml", f->path);
}

static void remove_folder(const struct folder *f)
{
    (void)unlink(f->pack);
    assert_int_equal(rmdir(f->path), 0);
}

static void write_pack(const struct folder *f, const char *yaml, size_t len)
{
    FILE *const file = fopen(f->pack, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(yaml, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

#define HEAD "version: 1\nname: mine\nrules:\n"
#define RULE(keys) HEAD "  - {name: one, pattern: 'a', test: count, above: 0" keys "}\n"

static void a_pack_is_read(void **state)
{
    static const char yaml[] = "# mine\nversion: 1\nname: mine\nkinds: [prose]\nlanguages: [de]\nrules:\n"
                               "  - {name: one, pattern: 'A+ b', flags: [caseless, extended], test: count, above: 2}\n"
                               "  - name: two\n    summary: dots\n    pattern: '^a.b$'\n    flags: [dotall]\n"
                               "    test: line_share\n    above: 0.25\n"
                               "  - {name: three, pattern: '\\d', flags: [ucp], test: char_share, above: 0.5}\n";
    (void)state;
    struct folder f;
    make_folder(&f);
    write_pack(&f, yaml, sizeof yaml - 1);
    char option[128];
    snprintf(option, sizeof option, "pack=%s", f.pack);
    struct opened o;
    open_filter(&o, "regex", option);
    assert_int_equal(o.count, 3);
    assert_string_equal(o.rules[0].name, "mine.one");
    assert_string_equal(o.rules[1].name, "mine.two");
    assert_string_equal(o.rules[1].language, "de");
    assert_true(o.rules[0].threshold == 2 && o.rules[1].threshold == 0.25 && o.rules[2].threshold == 0.5);
    tamis_text *const text = tamis_text_new();
    static const char bytes[] = "aab AB\xd9\xa3\na.b";
    tamis_text_set(text, (tamis_str){bytes, sizeof bytes - 1});
    begin_text(&o, text);
    assert_true(ask(&o, text, rule_called(&o, "mine.one")) == 2);
    assert_true(ask(&o, text, rule_called(&o, "mine.two")) == 0.5);
    assert_true(ask(&o, text, rule_called(&o, "mine.three")) == 1.0 / 11);
    tamis_text_free(text);
    close_filter(&o);
    remove_folder(&f);
}

static void wrong_packs_are_told_where(void **state)
{
    static const struct {
        const char *yaml, *says;
    } wrong[] = {
        {"", "mine.yaml:1: there is nothing"},
        {"- a\n", "mine.yaml:1: this must be a map"},
        {"version: 1\nname: [\n", "this is not YAML"},
        {"version: 2\nname: a\nrules: [b]\n", "mine.yaml:1: unknown version \"2\""},
        {"version: 1\nrules: [a]\n", "lacks one of the keys"},
        {"version: 1\nname: a\nrule: [b]\n", "mine.yaml:3: unknown key \"rule\""},
        {"version: 1\nname: a\nname: b\nrules: [c]\n", "mine.yaml:3: this key stands twice: \"name\""},
        {"version: 1\nname: A b\nrules: [c]\n", "mine.yaml:2: bad name \"A b\""},
        {"version: 1\nname: a\nrules: b\n", "mine.yaml:3: rules must be a list"},
        {"version: 1\nname: a\nrules: []\n", "mine.yaml:3: a pack has 1 to 1000 rules"},
        {"version: 1\nname: a\nkinds: [code]\nrules: [b]\n", "mine.yaml:3: packs are made for prose"},
        {"version: 1\nname: a\nkinds: code\nrules: [b]\n", "mine.yaml:3: kinds must be a list"},
        {"version: 1\nname: a\nlanguages: [en, de]\nrules: [b]\n", "mine.yaml:3: a pack is for one language"},
        {HEAD "  - a\n", "mine.yaml:4: this must be a map"},
        {HEAD "  - {name: one, pattern: a, test: count}\n", "mine.yaml:4: this rule lacks the key \"above\""},
        {RULE(", over: 1"), "mine.yaml:4: unknown key \"over\""},
        {RULE(", flags: caseless"), "mine.yaml:4: flags must be a list"},
        {RULE(", flags: [icase]"), "mine.yaml:4: unknown flag \"icase\""},
        {RULE("") "  - {name: one, pattern: b, test: count, above: 0}\n", "mine.yaml:5: a rule of this name was there"},
        {HEAD "  - {name: one, pattern: 'a', test: lines, above: 0}\n", "mine.yaml:4: unknown test \"lines\""},
        {HEAD "  - {name: one, pattern: 'a', test: count, above: -1}\n", "mine.yaml:4: bad number \"-1\""},
        {HEAD "  - {name: one, pattern: 'a', test: count, above: 1e3}\n", "mine.yaml:4: bad number \"1e3\""},
        {HEAD "  - {name: one, pattern: 'a', test: count, above: 1.2.3}\n", "mine.yaml:4: bad number"},
        {HEAD "  - {name: one, pattern: '', test: count, above: 0}\n", "mine.yaml:4: no pattern"},
        {HEAD "  - {name: one, pattern: [a], test: count, above: 0}\n", "mine.yaml:4: no pattern"},
        {HEAD "  - {name: x.y, pattern: 'a', test: count, above: 0}\n", "mine.yaml:4: bad name \"x.y\""},
        {HEAD "  - name: one\n    test: count\n    pattern: 'a(b'\n    above: 0\n",
         "mine.yaml:6: the pattern is wrong at offset 3: missing closing parenthesis"},
        {HEAD "  - {name: one, pattern: '\\C', test: count, above: 0}\n", "mine.yaml:4: the pattern is wrong"},
        {"a: &a [*a]\n", "mine.yaml:1: unknown key \"a\""},
        {"version: 1\nname: a\nrules: &r [*r]\n", "this must be a map"},
    };
    (void)state;
    struct folder f;
    make_folder(&f);
    char option[128];
    snprintf(option, sizeof option, "pack=%s", f.pack);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_pack(&f, wrong[i].yaml, strlen(wrong[i].yaml));
        struct opened o;
        tamis_err err = {0};
        assert_int_equal(try_open(&o, "regex", option, &err), TAMIS_USAGE);
        assert_int_equal(err.status, TAMIS_USAGE);
        if (!strstr(err.text, wrong[i].says)) {
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.text, wrong[i].says);
        }
    }
    remove_folder(&f);
}

static void check_refused(const char *options, const char *says)
{
    struct opened o;
    tamis_err err = {0};
    assert_int_equal(try_open(&o, "regex", options, &err), TAMIS_USAGE);
    if (!strstr(err.text, says)) {
        fail_msg("\"%s\" does not say \"%s\"", err.text, says);
    }
}

static void options_that_make_no_sense(void **state)
{
    (void)state;
    check_refused("", "either a pack or a pattern");
    check_refused("pack=boilerplate,pattern=a", "either a pack or a pattern");
    check_refused("pack=boilerplat", "no rule pack called \"boilerplat\" is built in");
    check_refused("pack=.yaml", "no rule pack called \".yaml\" is built in");
    check_refused("pack=/nowhere/at-all.yaml", "cannot open the rule pack /nowhere/at-all.yaml");
    check_refused("pattern=a(b", "the pattern is wrong at offset 3");
    check_refused("pattern=\xff", "the pattern is wrong at offset 0");
}

/* Any bytes at all are either a pack or an error. */
static void random_packs(void **state)
{
    static const char *const words[] = {"version: 1\n", "name: mine\n", "rules:\n", "  - ", "{", "}", "[", "]",
                                        "name: ", "pattern: ", "'a'", "test: count", ", ", "above: 0", "\n", "    ",
                                        "&a ", "*a",
                                        "flags: ", "|", ">-", "\t", "\"", "\xff", "? ", "--- ", "!!x ", "%"};
    (void)state;
    struct folder f;
    make_folder(&f);
    char option[128], yaml[512];
    snprintf(option, sizeof option, "pack=%s", f.pack);
    uint64_t seed = 41;
    for (int round = 0; round < 1000; round++) {
        size_t len = round % 2 ? (size_t)snprintf(yaml, sizeof yaml, "%s", HEAD) : 0;
        for (size_t i = random_below(&seed, 30); i > 0; i--) {
            len += (size_t)snprintf(yaml + len, sizeof yaml - len, "%s",
                                    words[random_below(&seed, sizeof words / sizeof *words)]);
        }
        write_pack(&f, yaml, len);
        struct opened o;
        tamis_err err = {0};
        const tamis_status status = try_open(&o, "regex", option, &err);
        assert_true(status == TAMIS_OK || (status == TAMIS_USAGE && err.text[0]));
        if (!status) {
            close_filter(&o);
        }
    }
    remove_folder(&f);
}

static void built_in_packs(void **state)
{
    (void)state;
    tamis_str yaml = {NULL, 0};
    assert_true(tamis_pack("boilerplate", &yaml));
    assert_true(yaml.len > 100);
    assert_false(tamis_pack("boiler", &yaml));
    assert_false(tamis_pack("", &yaml));
    tamis_str file_name = {"filters/packs/boilerplate.yaml", 0};
    struct buf file;
    tamis_err err;
    buf_init(&file, BUF_UNLIMITED);
    assert_int_equal(file_read(file_name.at, 1 << 20, &file, &err), TAMIS_OK);
    assert_int_equal(file.len, yaml.len);
    assert_memory_equal(file.at, yaml.at, yaml.len);
    buf_release(&file);
}

/* ---- Counting --------------------------------------------------------------------------------------------------- */

struct plain_match {
    pcre2_code *code;
    struct opened count, chars, lines;
    tamis_text *text;
};

static void open_plain(struct plain_match *p, const char *pattern)
{
    int number = 0;
    PCRE2_SIZE offset = 0;
    p->code = pcre2_compile((PCRE2_SPTR)pattern, strlen(pattern), PCRE2_UTF, &number, &offset, NULL);
    assert_non_null(p->code);
    char option[256];
    snprintf(option, sizeof option, "pattern=%s\ttest=count", pattern);
    open_filter(&p->count, "regex", option);
    snprintf(option, sizeof option, "pattern=%s\ttest=char_share", pattern);
    open_filter(&p->chars, "regex", option);
    snprintf(option, sizeof option, "pattern=%s\ttest=line_share", pattern);
    open_filter(&p->lines, "regex", option);
    p->text = tamis_text_new();
    assert_non_null(p->text);
}

static void close_plain(struct plain_match *p)
{
    pcre2_code_free(p->code);
    close_filter(&p->count);
    close_filter(&p->chars);
    close_filter(&p->lines);
    tamis_text_free(p->text);
}

/* Matches in the whole, without a limit and without the JIT compiler; *chars receives what they cover. */
static size_t plain_matches(const struct plain_match *p, tamis_str text, size_t *chars)
{
    pcre2_match_data *const data = pcre2_match_data_create(1, NULL);
    const PCRE2_SIZE *const range = pcre2_get_ovector_pointer(data);
    size_t count = 0, at = 0;
    *chars = 0;
    while (pcre2_match(p->code, (PCRE2_SPTR)text.at, text.len, at, PCRE2_NOTEMPTY | PCRE2_NO_JIT, data, NULL) >= 0) {
        for (size_t i = range[0]; i < range[1]; i++) {
            *chars += ((unsigned char)text.at[i] & 0xc0) != 0x80;
        }
        count++;
        at = range[1];
    }
    pcre2_match_data_free(data);
    return count;
}

static double plain_line_share(const struct plain_match *p, tamis_text *text)
{
    const tamis_spans lines = tamis_text_split(text, TAMIS_SPLIT_LINES);
    size_t with = 0, all = 0, chars;
    for (size_t i = 0; i < lines.count; i++) {
        const tamis_str line = tamis_trim((tamis_str){tamis_text_bytes(text).at + lines.at[i].at, lines.at[i].bytes});
        all += line.len > 0;
        with += line.len > 0 && plain_matches(p, line, &chars) > 0;
    }
    return all ? (double)with / (double)all : 0;
}

static void check_matches(tamis_str bytes, void *context)
{
    struct plain_match *const p = context;
    tamis_text_set(p->text, bytes);
    size_t chars = 0;
    const size_t count = plain_matches(p, bytes, &chars);
    begin_text(&p->count, p->text);
    begin_text(&p->chars, p->text);
    begin_text(&p->lines, p->text);
    assert_true(ask(&p->count, p->text, 0) == (double)count);
    const uint64_t all = tamis_text_chars(p->text);
    assert_true(ask(&p->chars, p->text, 0) == (all ? (double)chars / (double)all : 0));
    assert_true(ask(&p->lines, p->text, 0) == plain_line_share(p, p->text));
    assert_false(tamis_text_failed(p->text));
}

static void matches_like_its_twin(void **state)
{
    static const char *const patterns[] = {"fox", "fox dog|dog", "(?<=x) d", "o\\b[^.]{0,200}", "\\b(?:a|é)+\\b",
                                           "(?s)x.{0,300}?d", "[^a-z ]+", "^f", "g$", "(?=fox)", "\\Afox", "dog\\z"};
    static const char *const words[] = {"fox", "dog", "a", "é", "aé", ".", "\xe6\xbc\xa2", "\n", "lazy"};
    (void)state;
    uint64_t seed = 9;
    for (size_t n = 0; n < sizeof patterns / sizeof *patterns; n++) {
        struct plain_match p;
        open_plain(&p, patterns[n]);
        for (int round = 0; round < 6; round++) {
            const size_t span = 2 + random_below(&seed, sizeof words / sizeof *words - 1);
            const size_t cap = random_below(&seed, 5) ? 25000 : 100;
            char *const bytes = malloc(cap + 16);
            assert_non_null(bytes);
            size_t len = 0;
            while (len < cap) {
                const char *const gap = random_below(&seed, 5) ? " " : "";
                len += (size_t)snprintf(bytes + len, 16, "%s%s", words[random_below(&seed, span)], gap);
            }
            check_exact_copy((tamis_str){bytes, len}, check_matches, &p);
            free(bytes);
        }
        each_document("ewt_web", (struct documents){29, 25000, 1}, check_matches, &p);
        close_plain(&p);
    }
}

/* ---- Hostile patterns and texts --------------------------------------------------------------------------------- */

static double measure_repeated(const char *options, const char *unit, size_t len, const char *tail)
{
    struct opened o;
    open_filter(&o, "regex", options);
    const size_t more = strlen(tail), step = strlen(unit);
    char *const bytes = malloc(len + more);
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = unit[i % step];
    }
    memcpy(bytes + len, tail, more);
    tamis_text *const text = tamis_text_new();
    tamis_text_set(text, (tamis_str){bytes, len + more});
    begin_text(&o, text);
    const double value = ask(&o, text, 0);
    assert_false(tamis_text_failed(text));
    tamis_text_free(text);
    free(bytes);
    close_filter(&o);
    return value;
}

static void a_rule_that_hits_a_limit_does_not_apply(void **state)
{
    (void)state;
    assert_true(isnan(measure_repeated("pattern=(?:a|aa|aaa)*(?:b|c)$", "a", 200000, "")));
    assert_true(isnan(measure_repeated("pattern=(?:a|aa|aaa)*(?:b|c)$,test=char_share", "a", 200000, "")));
    assert_true(isnan(measure_repeated("pattern=(?:a|aa|aaa)*(?:b|c)$,test=line_share", "a", 200000, "\nb\n")));
    assert_true(isnan(measure_repeated("pattern=(.+)+[xy]\\1,match_limit=1000", "ab", 100000, "")));
    /* .. and the same pattern still works where it does not */
    assert_true(measure_repeated("pattern=(?:a|aa|aaa)*(?:b|c)$,test=count", "a", 8, "b") == 1);
}

static void slow_patterns_end(void **state)
{
    (void)state;
    assert_true(measure_repeated("pattern=[a-z ]*\\d", "lorem ipsum ", 60000, "") == 0);
    assert_true(measure_repeated("pattern=(?s).*?y", "x", 60000, "") == 0);
    (void)measure_repeated("pattern=(?:\\w+\\s+)*\\d", "ab ", 50000, "");
    (void)measure_repeated("pattern=((?:a(?1)?b)|c)", "a", 200000, "");
    (void)measure_repeated("pattern=(a(?:(?1)|)b)+,match_limit=1000000", "a", 100000, "");
    assert_true(measure_repeated("pattern=\\x{6f22}+", "\xe6\xbc\xa2", 3 * 50000, "") >= 1);
    assert_true(measure_repeated("pattern=\\x00,above=1", "ab", 1000, "") == 0);
}

/* ---- The built-in pack on real text ----------------------------------------------------------------------------- */

struct judged {
    struct opened pack;
    tamis_text *text;
    size_t seen, dropped;
};

/* Of these corpora only pages of placeholders may go. */
static void check_kept(tamis_str bytes, void *context)
{
    struct judged *const j = context;
    tamis_text_set(j->text, bytes);
    double value = 0;
    const size_t rule = judge(&j->pack, j->text, &value);
    j->seen++;
    if (rule < j->pack.count) {
        j->dropped++;
        if (strcmp(j->pack.rules[rule].name, "boilerplate.placeholder") != 0) {
            fail_msg("%s (%g) drops: %.300s", j->pack.rules[rule].name, value, bytes.at);
        }
    }
}

static void good_text_is_kept(void **state)
{
    static const char *const corpora[] = {"gov_web", "ewt_web", "books_law", "law_de", "general_reference", "gum"};
    (void)state;
    skip_without_corpora();
    struct judged j = {.text = tamis_text_new()};
    open_filter(&j.pack, "regex", "pack=boilerplate");
    for (size_t i = 0; i < sizeof corpora / sizeof *corpora; i++) {
        each_document(corpora[i], (struct documents){2, SIZE_MAX, 1}, check_kept, &j);
    }
    print_message("%zu documents, %zu dropped\n", j.seen, j.dropped);
    assert_true(j.dropped <= 2);
    close_filter(&j.pack);
    tamis_text_free(j.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pack_is_read),
        cmocka_unit_test(wrong_packs_are_told_where),
        cmocka_unit_test(options_that_make_no_sense),
        cmocka_unit_test(random_packs),
        cmocka_unit_test(built_in_packs),
        cmocka_unit_test(matches_like_its_twin),
        cmocka_unit_test(a_rule_that_hits_a_limit_does_not_apply),
        cmocka_unit_test(slow_patterns_end),
        cmocka_unit_test(good_text_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
