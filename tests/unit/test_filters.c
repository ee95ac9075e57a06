/* The filters: the cases in tests/filters, and the contract of every descriptor. */
#include "case_file.h"
#include "filter_world.h"

#include <ctype.h>

/* ---- The cases in tests/filters --------------------------------------------------------------------------------- */

static unsigned read_hex4(const char *at)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        assert_true(isxdigit((unsigned char)at[i]));
        const int c = tolower((unsigned char)at[i]);
        value = value * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
}

/* The escape behind a backslash; *at is left on its last character. */
static size_t put_escape(char *out, const char **at)
{
    static const char names[] = "\"\\/nrtbf", values[] = "\"\\/\n\r\t\b\f";
    const char *const name = strchr(names, **at);
    if (name && **at) {
        *out = values[name - names];
        return 1;
    }
    assert_true(**at == 'u');
    uint32_t c = read_hex4(*at + 1);
    *at += 4;
    if (c >= 0xd800 && c <= 0xdbff) {
        assert_true((*at)[1] == '\\' && (*at)[2] == 'u');
        c = 0x10000 + ((c - 0xd800) << 10) + (read_hex4(*at + 3) - 0xdc00);
        *at += 6;
    }
    return put_code_point(out, c);
}

/* Decodes a JSON string in place. */
static tamis_str decode_json(char *line)
{
    assert_true(line[0] == '"');
    char *out = line;
    const char *at = line + 1;
    for (; *at && *at != '"'; at++) {
        if (*at == '\\') {
            at++;
            out += put_escape(out, &at);
        } else {
            *out++ = *at;
        }
    }
    assert_true(*at == '"');
    return (tamis_str){line, (size_t)(out - line)};
}

/* A number as decimals or as a fraction. */
static double read_value(const char *text)
{
    char *end;
    const double above = strtod(text, &end);
    return *end == '/' ? above / strtod(end + 1, NULL) : above;
}

/* A case: options, text, verdict. */
static void check_case(const char *filter, const struct test_case *c)
{
    struct opened o;
    open_filter(&o, filter, strcmp(c->line[0], "-") == 0 ? "" : c->line[0]);
    tamis_text *const text = tamis_text_new();
    tamis_text_set(text, decode_json(c->line[1]));
    double value = 0;
    const size_t rule = judge(&o, text, &value);
    char wanted[128] = "", number[64] = "0", limit[64] = "0";
    const int told = sscanf(c->line[2], "%127s %63s %63s", wanted, number, limit);
    assert_true(told == 1 || told == 3);
    const char *const got = rule < o.count ? o.rules[rule].name : "kept";
    if (strcmp(wanted, got) != 0) {
        fail_msg("tests/filters/%s.test:%zu: %s (%.17g) where %s was expected", filter, c->number, got, value, wanted);
    }
    if (told == 3 && (value != read_value(number) || o.rules[rule].threshold != read_value(limit))) {
        fail_msg("tests/filters/%s.test:%zu: %s is %.17g, threshold %.17g", filter, c->number, got, value,
                 o.rules[rule].threshold);
    }
    tamis_text_free(text);
    close_filter(&o);
}

static void cases(void **state)
{
    (void)state;
    for (const tamis_filter *const *f = tamis_filters(); *f; f++) {
        each_case("filters", (*f)->name, check_case);
    }
}

/* ---- Descriptors ------------------------------------------------------------------------------------------------ */

static void check_rules(const struct opened *o, const char **names, size_t *count)
{
    for (size_t r = 0; r < o->count; r++) {
        assert_non_null(o->rules[r].signal);
        for (size_t i = 0; i < *count; i++) {
            assert_string_not_equal(names[i], o->rules[r].name);
        }
        names[(*count)++] = o->rules[r].name;
    }
}

static void descriptors(void **state)
{
    (void)state;
    const char *names[256];
    size_t count = 0, filters = 0;
    struct opened all[16];
    for (const tamis_filter *const *f = tamis_filters(); *f; f++) {
        assert_int_equal((*f)->abi, TAMIS_FILTER_ABI);
        assert_true((*f)->version >= 1);
        assert_true((*f)->kinds != 0 && ((*f)->kinds & ~TAMIS_EVERY_KIND) == 0);
        assert_true((*f)->rules && (*f)->measure && (*f)->summary && (*f)->summary[0]);
        for (const tamis_param *p = (*f)->params; p->name; p++) {
            assert_true(p->help && p->help[0]);
        }
        assert_true(filters < 16);
        open_filter(&all[filters], (*f)->name, strcmp((*f)->name, "regex") == 0 ? "pack=boilerplate" : "");
        check_rules(&all[filters++], names, &count); /* stays open: the names live in it */
    }
    while (filters > 0) {
        close_filter(&all[--filters]);
    }
}

/* The options of these filters are the thresholds of their rules, in the same order, behind the dialect if any. */
static void every_option_sets_its_own_rule(void **state)
{
    static const char *const names[] = {"gopher_quality", "gopher_repetition", "length"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const tamis_param *params = find_filter(names[i])->params;
        params += strcmp(params->name, "dialect") == 0;
        for (size_t p = 0; params[p].name; p++) {
            char option[128];
            struct opened o;
            snprintf(option, sizeof option, "%s=0.123", params[p].name);
            open_filter(&o, names[i], option);
            for (size_t r = 0; r < o.count; r++) {
                assert_true((o.rules[r].threshold == 0.123) == (r == p));
            }
            close_filter(&o);
            snprintf(option, sizeof option, "%s=none", params[p].name);
            open_filter(&o, names[i], option);
            assert_true(isnan(o.rules[p].threshold));
            assert_true(!params[p + 1].name || p + 1 < o.count);
            close_filter(&o);
        }
    }
}

static void nothing_is_measured_on_nothing(void **state)
{
    static const char *const texts[] = {"", " ", "\n", "\n\n\n", "\xe3\x80\x80", ".", "a"};
    (void)state;
    tamis_text *const text = tamis_text_new();
    for (const tamis_filter *const *f = tamis_filters(); *f; f++) {
        struct opened o;
        open_filter(&o, (*f)->name, strcmp((*f)->name, "regex") == 0 ? "pack=boilerplate" : "");
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            tamis_text_set(text, (tamis_str){texts[i], strlen(texts[i])});
            begin_text(&o, text);
            for (size_t r = o.count; r-- > 0;) { /* in another order than usual */
                const double value = ask(&o, text, r);
                assert_true(isnan(value) || (value >= 0 && value < 10));
            }
            assert_false(tamis_text_failed(text));
        }
        close_filter(&o);
    }
    tamis_text_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases),
        cmocka_unit_test(descriptors),
        cmocka_unit_test(every_option_sets_its_own_rule),
        cmocka_unit_test(nothing_is_measured_on_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
