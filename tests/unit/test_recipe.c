/*
 * The recipe: what it means, and what is filled in where it says nothing.
 */
#include <math.h>

#include "recipes.h"

static void test_defaults(void **state)
{
    (void)state;
    struct recipe r;
    parse(&r, SOURCE_A);
    assert_int_equal(r.version, 1);
    assert_int_equal(r.seed, 0);
    assert_null(r.tokenizer);
    assert_null(r.folder);
    assert_int_equal(r.max_line, 64u << 20);
    assert_int_equal(r.source_count, 1);
    const struct recipe_source *const s = r.sources;
    assert_string_equal(s->text, "text");
    assert_string_equal(s->id, "id");
    assert_null(s->tokens);
    assert_null(s->language);
    assert_int_equal(s->kind, KIND_UNKNOWN);
    assert_null(s->format);
    assert_int_equal(s->take, 0);
    assert_int_equal(s->paths.count, 1);
    assert_int_equal(r.domain_count, 1);
    assert_string_equal(r.domains[0].name, "general");
    assert_real(r.sources[0].threshold, 0.8);
    assert_int_equal(r.filter_count, 0);
    assert_true(r.dedup.exact && r.dedup.minhash);
    assert_int_equal(r.dedup.bands, 16);
    assert_int_equal(r.dedup.rows, 6);
    assert_int_equal(r.dedup.shingle, 5);
    assert_int_equal(r.dedup.verify, VERIFY_EXACT);
    assert_int_equal(r.dedup.scope, SCOPE_ALL);
    assert_int_equal(r.dedup.keep_count, 2);
    assert_int_equal(r.dedup.keep[0].by, KEEP_SOURCE);
    assert_int_equal(r.dedup.keep[1].by, KEEP_LONGEST);
    assert_null(r.dedup.numbers[0]);
    assert_true(r.holdout.on);
    assert_real(r.holdout.share, 0.005);
    assert_int_equal(r.holdout.max_documents, 5000);
    assert_false(r.select[0].on);
    assert_real(r.select[0].keep, 1);
    assert_int_equal(r.accept_count, 0);
    assert_int_equal(r.output.shard_bytes, 256u << 20);
    assert_int_equal(r.output.codec.codec, CODEC_ZSTD);
    assert_int_equal(r.output.codec.level, 3);
    assert_int_equal(r.output.dropped, DROPPED_IDS);
    assert_true(r.tokens_estimated);
    assert_false(r.ratio_exact);
    recipe_release(&r);
}

static void test_full(void **state)
{
    (void)state;
    struct recipe r;
    parse(&r, FULL_RECIPE);
    assert_int_equal(r.seed, 17);
    assert_int_equal(r.source_count, 3);
    assert_int_equal(r.sources[0].kind, TAMIS_PROSE);
    assert_true(r.sources[0].confidential);
    assert_string_equal(r.sources[0].date, "meta.date");
    assert_int_equal(r.sources[0].paths.count, 2);
    assert_int_equal(r.sources[1].take, 60000000000u);
    assert_string_equal(r.sources[1].text, "content");
    assert_ptr_equal(r.sources[2].format, &reader_paragraphs);
    assert_int_equal(r.domain_count, 3);
    assert_string_equal(r.domains[0].name, "law");
    assert_string_equal(r.domains[2].name, "software");
    assert_true(r.tokens_estimated); /* one source counts, two do not */
    assert_false(r.ratio_exact);
    assert_int_equal(r.dedup.keep_count, 4);
    assert_int_equal(r.dedup.keep[0].by, KEEP_MAX);
    assert_int_equal(r.dedup.keep[2].by, KEEP_MIN);
    assert_int_equal(r.dedup.keep[2].field, 1);
    assert_string_equal(r.dedup.numbers[1], "age");
    assert_null(r.dedup.numbers[2]);
    assert_int_equal(r.dedup.scope, SCOPE_DOMAIN);
    assert_real(r.sources[0].threshold, 0.9);
    assert_real(r.sources[1].threshold, 0.7);
    assert_real(r.sources[2].threshold, 0.7); /* `default` overrides what follows from the kind */
    assert_real(recipe_threshold(&r, 0, 1), 0.9);
    assert_real(recipe_threshold(&r, 1, 2), 0.7);
    assert_true(r.select[1].on);
    assert_int_equal(r.select[1].policy, POLICY_TOP);
    assert_int_equal(r.select[1].unscored, UNSCORED_DROP);
    assert_true(r.score.on);
    assert_int_equal(r.score.proxy.checkpoints, 8);
    assert_false(r.select[0].on);
    assert_int_equal(r.output.codec.codec, CODEC_GZIP);
    assert_int_equal(r.output.codec.level, 6);
    assert_int_equal(r.output.dropped, DROPPED_FULL);
    recipe_release(&r);
}

static void test_thresholds_follow_kinds(void **state)
{
    (void)state;
    struct recipe r;
    parse(&r, "version: 1\nsources:\n"
              "  - {name: a, paths: a, domain: software, kind: code}\n"
              "  - {name: b, paths: b, domain: software, kind: prose}\n"
              "  - {name: c, paths: c, domain: tables, kind: table}\n"
              "  - {name: d, paths: d, domain: legal}\n"
              "  - {name: e, paths: e, domain: web}\n"
              "  - {name: f, paths: f, domain: said, kind: code}\n"
              "dedup: {minhash: {threshold: {said: 0.6}}}\n");
    const double expected[] = {0.95, 0.8, 0.95, 0.95, 0.8, 0.6}; /* each by its own kind, whatever shares its domain */
    for (size_t s = 0; s < 6; s++) {
        assert_real(r.sources[s].threshold, expected[s]);
    }
    assert_real(recipe_threshold(&r, 0, 1), 0.95);
    recipe_tell_kind(&r, 4, TAMIS_CODE);
    assert_int_equal(r.sources[4].kind, TAMIS_CODE);
    assert_real(r.sources[4].threshold, 0.95);
    recipe_tell_kind(&r, 5, TAMIS_PROSE);
    assert_real(r.sources[5].threshold, 0.6);
    recipe_release(&r);
    parse_more(&r, SOURCES_LAW_GENERAL, "dedup: {minhash: {threshold: 0.5}}\n");
    assert_real(r.sources[0].threshold, 0.5);
    assert_real(r.sources[1].threshold, 0.5);
    recipe_release(&r);
}

static void test_compat_decides(void **state)
{
    (void)state;
    struct recipe r;
    parse_more(&r, SOURCE_A, "dedup: {minhash: {compat: datatrove, bands: 14, verify: none}}\n");
    assert_int_equal(r.dedup.compat, COMPAT_DATATROVE);
    assert_int_equal(r.dedup.bands, 14);
    assert_int_equal(r.dedup.rows, 8);
    assert_int_equal(r.dedup.shingle, 5);
    assert_int_equal(r.dedup.verify, VERIFY_NONE);
    assert_false(r.dedup.exact);
    recipe_release(&r);
}

static void test_switches(void **state)
{
    (void)state;
    static const struct {
        const char *yaml;
        bool exact, minhash, holdout;
    } cases[] = {
        {"dedup: none\nholdout: none\n", false, false, false},
        {"dedup: false\nholdout: true\n", false, false, true},
        {"dedup: {minhash: none}\nholdout:\n", true, false, true},
        {"dedup: {minhash: false, exact: false}\n", false, false, true},
        {"dedup: {exact: false, minhash: {}}\nholdout: {}\n", false, true, true},
        {"dedup:\nfilters:\nselect:\ntargets:\naccept:\noutput:\nscore:\n", true, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct recipe r;
        parse_more(&r, SOURCE_A, cases[i].yaml);
        assert_int_equal(r.dedup.exact, cases[i].exact);
        assert_int_equal(r.dedup.minhash, cases[i].minhash);
        assert_int_equal(r.holdout.on, cases[i].holdout);
        assert_int_equal(r.dedup.bands, 16);
        recipe_release(&r);
    }
}

static void test_tokens(void **state)
{
    (void)state;
    struct recipe r;
    parse(&r, "version: 1\ntokenizer: bpe\n"
              "sources: [{name: a, paths: a, tokens: n}, {name: b, paths: b, tokens: n}]\n");
    assert_false(r.tokens_estimated);
    assert_true(r.ratio_exact);
    recipe_release(&r);
}

/* What `on` comes to: kinds as bits, domains law, general, code as bits (7: every domain). */
static void test_filters_on(void **state)
{
    (void)state;
    static const char head[] = "version: 1\nsources:\n"
                               "  - {name: a, paths: a, domain: law, kind: prose}\n"
                               "  - {name: b, paths: b}\n"
                               "  - {name: c, paths: c, domain: math, kind: math}\n";
    const uint32_t prose = TAMIS_KIND_BIT(TAMIS_PROSE), code = TAMIS_KIND_BIT(TAMIS_CODE);
    const struct {
        const char *yaml;
        uint32_t kinds;
        unsigned domains;
        bool any_language;
    } cases[] = {
        {"filters: [gopher_quality]\n", prose, 7, false},
        {"filters: [gopher_quality: ]\n", prose, 7, false},
        {"filters: [gopher_quality: {on: }]\n", prose, 7, false},
        {"filters: [gopher_quality: {on: all}]\n", TAMIS_EVERY_KIND, 7, true},
        {"filters: [gopher_quality: {on: [all]}]\n", TAMIS_EVERY_KIND, 7, true},
        {"filters: [gopher_quality: {on: prose}]\n", prose, 7, false},
        {"filters: [gopher_quality: {on: [prose, code]}]\n", prose | code, 7, false},
        {"filters: [gopher_quality: {on: law}]\n", TAMIS_EVERY_KIND, 1, false},
        {"filters: [gopher_quality: {on: [general, law]}]\n", TAMIS_EVERY_KIND, 3, false},
        {"filters: [gopher_quality: {on: [code, general]}]\n", code, 2, false},
        {"filters: [gopher_quality: {on: [law, prose]}]\n", prose, 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct recipe r;
        parse_more(&r, head, cases[i].yaml);
        assert_int_equal(r.filter_count, 1);
        assert_int_equal(r.filters[0].kinds, cases[i].kinds);
        assert_int_equal(r.filters[0].any_language, cases[i].any_language);
        for (unsigned d = 0; d < 3; d++) {
            assert_int_equal(!r.filters[0].domains || r.filters[0].domains[d], cases[i].domains >> d & 1);
        }
        recipe_release(&r);
    }
}

/* A name that is a kind and a domain is taken when both are the same documents. */
static void test_filters_on_both(void **state)
{
    (void)state;
    struct recipe r;
    parse(&r, "version: 1\nsources: [{name: a, paths: a, domain: code, kind: code}, {name: b, paths: b, kind: prose}]\n"
              "filters: [length: {on: code}]\n");
    assert_int_equal(r.filters[0].kinds, TAMIS_KIND_BIT(TAMIS_CODE));
    assert_true(r.filters[0].domains[0]);
    assert_false(r.filters[0].domains[1]);
    recipe_release(&r);
}

static double rule_threshold(const struct recipe_filter *f, const char *rule)
{
    const tamis_rule *rules = NULL;
    const size_t count = f->filter->rules(f->self, &rules);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rules[i].name, rule) == 0) {
            return rules[i].threshold;
        }
    }
    fail_msg("no rule is called %s", rule);
    return 0;
}

static void test_filter_options(void **state)
{
    (void)state;
    struct recipe r;
    parse(&r, FULL_RECIPE);
    assert_int_equal(r.filter_count, 3);
    assert_string_equal(r.filters[0].filter->name, "gopher_quality");
    assert_real(rule_threshold(&r.filters[0], "gopher_short_doc"), 30);
    assert_true(isnan(rule_threshold(&r.filters[0], "gopher_long_doc")));
    assert_real(rule_threshold(&r.filters[0], "gopher_enough_stop_words"), 2);
    assert_real(rule_threshold(&r.filters[1], "length_min_words"), 20);
    assert_true(isnan(rule_threshold(&r.filters[2], "length_min_words")));
    recipe_release(&r);
}

static void test_targets(void **state)
{
    (void)state;
    struct recipe r;
    parse(&r, FULL_RECIPE);
    assert_int_equal(r.target_count, 2);
    const struct recipe_target *const a = &r.targets[0], *const b = &r.targets[1];
    assert_int_equal(a->domain, 0);
    assert_int_equal(a->general, 1);
    assert_int_equal(a->tokens, 20000000000u);
    assert_real(a->parameters, 1.5e9);
    assert_real(a->shares[0], 0.3);
    assert_real(a->shares[1], 0.7);
    assert_real(a->shares[2], 0);
    assert_real(a->max_epochs[0], 6);
    assert_real(a->max_epochs[1], 1);
    assert_real(a->max_epochs[2], 4); /* not named */
    assert_string_equal(b->domain_name, "software"); /* the first that is not general */
    assert_int_equal(b->domain, 2);
    assert_real(b->ratio, 0.25);
    assert_real(b->shares[0] + b->shares[1] + b->shares[2], 1);
    assert_real(b->max_epochs[0], 2);
    assert_false(a->natural || b->natural);
    recipe_release(&r);
}

static void test_targets_without_general(void **state)
{
    (void)state;
    struct recipe r;
    parse(&r, "version: 1\nsources: [{name: a, paths: a, domain: law}]\n"
              "targets: [{name: t, domain: law, ratio: 1}, {name: u, ratio: {law: 1}}]\n");
    for (size_t t = 0; t < 2; t++) {
        assert_int_equal(r.targets[t].domain, 0);
        assert_int_equal(r.targets[t].general, 0);
        assert_real(r.targets[t].shares[0], 1);
    }
    recipe_release(&r);
}

static void test_no_targets(void **state)
{
    (void)state;
    struct recipe r;
    parse_more(&r, SOURCES_LAW_GENERAL, "targets: []\n");
    assert_int_equal(r.target_count, 1);
    assert_string_equal(r.targets[0].name, "all");
    assert_true(r.targets[0].natural);
    assert_int_equal(r.targets[0].tokens, 0);
    assert_real(r.targets[0].max_epochs[1], 1);
    recipe_release(&r);
}

static void test_accepts(void **state)
{
    (void)state;
    struct recipe r;
    parse_more(&r, SOURCE_A, "accept: {dedup.a: 0.85, filter.length_min_words: 0.5}\n");
    assert_real(recipe_accepts(&r, "dedup.a", 0.3), 0.85);
    assert_real(recipe_accepts(&r, "length_min_words", 0.2), 0.5);
    assert_real(recipe_accepts(&r, "a", 0.2), 0.2);
    assert_real(recipe_accepts(&r, "exact", 0.2), 0.2);
    recipe_release(&r);
    parse_more(&r, SOURCE_A, "accept: all\n");
    assert_real(recipe_accepts(&r, "anything", 0.2), 1);
    recipe_release(&r);
    parse_more(&r, SOURCE_A, "accept: {minhash: 0.4, all: 0.9}\n");
    assert_real(recipe_accepts(&r, "minhash", 0.2), 0.4);
    assert_real(recipe_accepts(&r, "exact", 0.2), 0.9);
    recipe_release(&r);
}

static void test_sets(void **state)
{
    (void)state;
    const char *words[] = {"seed=5", "output.compression=none", "targets.0.ratio=0.4", "holdout=none"};
    const tamis_strings sets = {words, 4};
    tamis_err err = {0};
    struct recipe r;
    assert_int_equal(recipe_parse(&r, "r.yaml", "some/folder", str_from(FULL_RECIPE), &sets, &err), TAMIS_OK);
    assert_string_equal(r.folder, "some/folder");
    assert_int_equal(r.seed, 5);
    assert_int_equal(r.output.codec.codec, CODEC_PLAIN);
    assert_real(r.targets[0].shares[0], 0.4);
    assert_false(r.holdout.on);
    recipe_release(&r);
    const char *wrong[] = {"seed"};
    const tamis_strings no_sign = {wrong, 1};
    assert_int_equal(recipe_parse(&r, "r.yaml", NULL, str_from(FULL_RECIPE), &no_sign, &err), TAMIS_USAGE);
    assert_non_null(strstr(err.text, "seed"));
    recipe_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_thresholds_follow_kinds),
        cmocka_unit_test(test_compat_decides),
        cmocka_unit_test(test_switches),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_filters_on),
        cmocka_unit_test(test_filters_on_both),
        cmocka_unit_test(test_filter_options),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_targets_without_general),
        cmocka_unit_test(test_no_targets),
        cmocka_unit_test(test_accepts),
        cmocka_unit_test(test_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
