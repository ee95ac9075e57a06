/*
 * The recipe printed: as a whole it reads back as itself, by section it says what a stage depends on.
 */
#include "recipes.h"

#include "recipe/recipe_tables.h"

/* ---- Printing --------------------------------------------------------------------------------------------------- */

static const char *const printed_recipes[] = {
    SOURCE_A,
    FULL_RECIPE,
    SOURCE_A "dedup: {minhash: {compat: datatrove}}\n",
    "version: 1\ndedup: none\nholdout: none\nseed: 18446744073709551615\n"
    "sources: [{name: a, paths: [\"a b, c.jsonl\", \"x: #y\", \"null\"], domain: \"no\", text: \"a.\\\"b\\\"\"}]\n"
    "accept: all\noutput: {compression: none}\n",
    "version: 1\nsources: [{name: a, paths: a, domain: \"1e3\"}, {name: \"0\", paths: b, domain: null, kind: code}]\n"
    "dedup: {exact: false, minhash: {keep: []}}\nselect: {\"1e3\": {keep: 0.123456789012345678}}\n"
    "targets: [{name: t, domain: \"1e3\", ratio: 0.1},\n"
    "          {name: u, domain: general, ratio: {\"1e3\": 0.7, general: 0.3}}]\n",
    "version: 1\nsources: [{name: a, paths: a, domain: law}]\ntargets: [{name: t, domain: law, ratio: 1}]\n"
    "filters: [length: {on: all}, length: {max_chars: 1e6, on: law}, gopher_quality: {on: \"prose\"}]\n",
    SOURCES_LAW_GENERAL "targets: [{name: t, domain: law, ratio: 0},\n"
                        "          {name: u, domain: law, ratio: {law: 0, general: 1}},\n"
                        "          {name: v, domain: general, general: law, ratio: 0.25}]\n",
};

static void test_prints_as_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof printed_recipes / sizeof *printed_recipes; i++) {
        struct recipe r, again;
        struct buf out;
        parse(&r, printed_recipes[i]);
        assert_prints_as_itself(&r);
        print(&r, SECTION_WHOLE, &out);
        parse(&again, out.at);
        assert_int_equal(r.filter_count, again.filter_count);
        for (size_t f = 0; f < r.filter_count; f++) {
            assert_int_equal(r.filters[f].kinds, again.filters[f].kinds);
            assert_int_equal(r.filters[f].any_language, again.filters[f].any_language);
        }
        for (size_t d = 0; d < r.domain_count; d++) {
            assert_string_equal(r.domains[d].name, again.domains[d].name);
        }
        for (size_t t = 0; t < r.target_count; t++) {
            assert_int_equal(r.targets[t].domain, again.targets[t].domain);
            assert_int_equal(r.targets[t].natural, again.targets[t].natural);
            assert_memory_equal(r.targets[t].shares, again.targets[t].shares, r.domain_count * sizeof(double));
        }
        for (size_t s = 0; s < r.source_count; s++) {
            assert_real(r.sources[s].threshold, again.sources[s].threshold);
            assert_int_equal(r.sources[s].paths.count, again.sources[s].paths.count);
            for (size_t p = 0; p < r.sources[s].paths.count; p++) {
                assert_string_equal(r.sources[s].paths.at[p], again.sources[s].paths.at[p]);
            }
        }
        buf_release(&out);
        recipe_release(&r);
        recipe_release(&again);
    }
}

/* What is told from a sample is printed, and read back, like what was said; before that it stays open. */
static void test_prints_told_kinds(void **state)
{
    (void)state;
    struct recipe r, again;
    struct buf out;
    parse(&r, SOURCE_A);
    print(&r, SECTION_WHOLE, &out);
    parse(&again, out.at);
    assert_int_equal(again.sources[0].kind, KIND_UNKNOWN);
    recipe_tell_kind(&again, 0, TAMIS_CODE);
    assert_real(again.sources[0].threshold, 0.95);
    recipe_release(&again);
    buf_release(&out);
    recipe_tell_kind(&r, 0, TAMIS_CODE);
    print(&r, SECTION_WHOLE, &out);
    parse(&again, out.at);
    assert_int_equal(again.sources[0].kind, TAMIS_CODE);
    assert_real(again.sources[0].threshold, 0.95);
    recipe_release(&again);
    buf_release(&out);
    recipe_release(&r);
}

/* A section changes with what its stage depends on, and with nothing else. */
static void test_sections(void **state)
{
    (void)state;
    static const struct {
        const char *set;
        unsigned changes; /* sections */
    } cases[] = {
        {"seed=18", SECTION_HOLDOUT | SECTION_SCORE | SECTION_SELECT | SECTION_TARGETS},
        {"max_line=2M", SECTION_SKETCH},
        {"tokenizer=other", SECTION_SKETCH},
        {"sources.edu.text=body", SECTION_SOURCES},
        {"filters.1.length.min_words=21", SECTION_FILTERS},
        {"filters.1.length.on=law", SECTION_FILTERS},
        {"dedup.exact=false", SECTION_SKETCH},
        {"dedup.minhash=none", SECTION_SKETCH | SECTION_DEDUP},
        {"dedup.minhash.shingle=7", SECTION_SKETCH},
        {"dedup.minhash.bands=15", SECTION_SKETCH},
        {"dedup.minhash.scope=all", SECTION_SKETCH},
        {"dedup.minhash.threshold=0.5", SECTION_DEDUP},
        {"dedup.minhash.verify=exact", SECTION_DEDUP},
        {"dedup.minhash.keep=[max:meta.score, source, max:age]", SECTION_DEDUP},
        {"dedup.minhash.keep=[source]", SECTION_SKETCH | SECTION_DEDUP},
        {"holdout.share=0.02", SECTION_HOLDOUT},
        {"score.window=6", SECTION_SCORE},
        {"score.proxy.max_bytes=2G", SECTION_SCORE},
        {"select.general.keep=0.8", SECTION_SELECT},
        {"select.general.policy=bottom", SECTION_SELECT},
        {"select.general.policy=random", SECTION_SCORE | SECTION_SELECT}, /* other domains are scored */
        {"targets.0.ratio=0.31", SECTION_TARGETS},
        {"accept=all", SECTION_ACCEPT},
        {"output.dropped=none", SECTION_OUTPUT},
    };
    struct recipe r, other;
    parse(&r, FULL_RECIPE);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *words[] = {cases[i].set};
        const tamis_strings sets = {words, 1};
        tamis_err err = {0};
        if (recipe_parse(&other, "r.yaml", NULL, str_from(FULL_RECIPE), &sets, &err) != TAMIS_OK) {
            fail_msg("%s: %s", cases[i].set, err.text);
        }
        for (unsigned section = 1; section < SECTION_WHOLE; section *= 2) {
            struct buf a, b;
            print(&r, section, &a);
            print(&other, section, &b);
            if ((strcmp(a.at, b.at) != 0) != ((cases[i].changes & section) != 0)) {
                fail_msg("%s: section %u\n%s\n%s", cases[i].set, section, a.at, b.at);
            }
            buf_release(&a);
            buf_release(&b);
        }
        recipe_release(&other);
    }
    recipe_release(&r);
}

static void test_print_out_of_room(void **state)
{
    (void)state;
    struct recipe r;
    struct buf whole, out;
    parse(&r, FULL_RECIPE);
    print(&r, SECTION_WHOLE, &whole);
    for (size_t room = 0; room < whole.len; room += 97) {
        buf_init(&out, room);
        assert_false(recipe_print(&r, SECTION_WHOLE, &out));
        buf_release(&out);
    }
    buf_release(&whole);
    recipe_release(&r);
}

/* ---- Tables ----------------------------------------------------------------------------------------------------- */

static void test_tables(void **state)
{
    (void)state;
    union {
        struct recipe recipe;
        struct recipe_source source;
        struct recipe_dedup dedup;
        struct recipe_target target;
    } *const values = calloc(1, sizeof *values);
    struct arena arena;
    arena_init(&arena);
    for (const struct recipe_table *table = recipe_tables; table->section; table++) {
        tamis_err err = {0};
        assert_true(table->form[0] && table->help[0]);
        if (table->params && param_defaults(table->params, values, &arena, &err) != TAMIS_OK) {
            fail_msg("%s: %s", table->section, err.text);
        }
        for (const tamis_param *param = table->params; param && param->name; param++) {
            assert_non_null(param->help);
            assert_true(strlen(param->help) > 10);
            assert_null(strchr(param->help, '\n'));
        }
    }
    arena_release(&arena);
    free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prints_as_itself),
        cmocka_unit_test(test_prints_told_kinds),
        cmocka_unit_test(test_sections),
        cmocka_unit_test(test_print_out_of_room),
        cmocka_unit_test(test_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
