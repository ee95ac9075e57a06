/*
 * Trees: what YAML means here, where its errors are said to be, what hostile documents come to, and --set.
 */
#include "arena_world.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/str.h"
#include "core/tree.h"

static struct tree *read_yaml(struct arena *arena, const char *yaml)
{
    tamis_err err = {0};
    struct tree *root = NULL;
    const tamis_status status = tree_parse(arena, "r.yaml", str_from(yaml), &root, &err);
    if (status != TAMIS_OK) {
        fail_msg("%s", err.text);
    }
    return root;
}

/* The tree as JSON-like text, so that whole documents can be compared. */
static void dump(const struct tree *node, struct buf *out)
{
    bool done = true;
    if (node->kind == TREE_SCALAR) {
        done = buf_printf(out, node->quoted ? "'%s'" : "%s", node->text);
    } else {
        done = buf_add_char(out, node->kind == TREE_MAP ? '{' : '[');
        for (size_t i = 0; i < node->count; i++) {
            done = done && (i == 0 || buf_add_char(out, ','));
            done = done && (node->kind != TREE_MAP || buf_printf(out, "%s:", node->keys[i]));
            dump(node->items[i], out);
        }
        done = done && buf_add_char(out, node->kind == TREE_MAP ? '}' : ']');
    }
    assert_true(done);
}

static void assert_tree(const struct tree *node, const char *expected)
{
    struct buf text;
    buf_init(&text, 1u << 20);
    dump(node, &text);
    assert_true(buf_add_char(&text, '\0'));
    assert_string_equal(text.at, expected);
    buf_release(&text);
}

static void assert_fails(struct arena *arena, tamis_str yaml, const char *expected)
{
    tamis_err err = {0};
    struct tree *root = NULL;
    assert_int_equal(tree_parse(arena, "r.yaml", yaml, &root, &err), TAMIS_USAGE);
    assert_int_equal(err.status, TAMIS_USAGE);
    assert_null(root);
    if (strncmp(err.text, expected, strlen(expected)) != 0) {
        fail_msg("expected '%s', got '%s'", expected, err.text);
    }
}

static void test_reads_block_and_flow(void **state)
{
    const struct tree *root = read_yaml(*state, "a: 1\nb: [x, 'y', \"z\"]\nc:\n  - {d: e}\n  -\n"
                                                "f: |\n  two\n  lines\n");
    assert_tree(root, "{a:1,b:[x,'y','z'],c:[{d:e},],f:'two\nlines\n'}");
    assert_int_equal(root->line, 1);
    const struct tree *b = tree_get(root, "b");
    assert_int_equal(b->line, 2);
    assert_int_equal(b->column, 4);
    assert_int_equal(b->key_column, 1);
    assert_int_equal(b->items[2]->column, 13);
    assert_int_equal(tree_get(root, "c")->key_line, 3);
    assert_int_equal(tree_get(root, "c")->line, 4);
    assert_string_equal(b->file, "r.yaml");
    assert_null(tree_get(root, "z"));
    assert_null(tree_get(b, "x"));
}

static void test_reads_json(void **state)
{
    const struct tree *root = read_yaml(*state, "{\"a\": [1, 2.5, true, null], \"b\\u00e9\": {}, \"c\": []}\n");
    assert_tree(root, "{a:[1,2.5,true,null],b\xc3\xa9:{},c:[]}");
    assert_true(tree_is_null(tree_get(root, "a")->items[3]));
}

static void test_knows_null(void **state)
{
    const struct tree *root = read_yaml(*state, "- \n- ~\n- null\n- ''\n- 'null'\n- nil\n- []\n- {}\n");
    const bool expected[] = {true, true, true, false, false, false, false, false};
    assert_int_equal(root->count, 8);
    for (size_t i = 0; i < root->count; i++) {
        assert_int_equal(tree_is_null(root->items[i]), expected[i]);
    }
}

static void test_empty_document_is_null(void **state)
{
    const char *const empty[] = {"", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "\xef\xbb\xbf"};
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        assert_true(tree_is_null(read_yaml(*state, empty[i])));
    }
    struct tree *root = NULL;
    tamis_err err;
    assert_int_equal(tree_parse(*state, "x", (tamis_str){NULL, 0}, &root, &err), TAMIS_OK);
    assert_true(tree_is_null(root));
}

static void test_aliases_become_copies(void **state)
{
    struct tree *root = read_yaml(*state, "a: &x {k: [1, 2]}\nb: *x\nc: &y word\nd: *y\n");
    assert_tree(root, "{a:{k:[1,2]},b:{k:[1,2]},c:word,d:word}");
    tamis_err err;
    assert_int_equal(tree_set(*state, root, "b.k.0", "9", &err), TAMIS_OK);
    assert_int_equal(tree_set(*state, root, "b.m", "8", &err), TAMIS_OK);
    assert_tree(root, "{a:{k:[1,2]},b:{k:[9,2],m:8},c:word,d:word}");
}

static void test_syntax_errors_say_where(void **state)
{
    assert_fails(*state, STR("a: 1\nb: [1, 2\nc: 3\n"), "r.yaml:3:");
    assert_fails(*state, STR("a: 1\n\tb: 2\n"), "r.yaml:2:1: found a tab character");
    assert_fails(*state, STR("a: 'x\n"), "r.yaml:2:1: found unexpected end of stream while scanning a quoted scalar");
    assert_fails(*state, STR("{\"a\": {\"b\": 1,\n \"c\": 2\n \n"),
                 "r.yaml:4:1: did not find expected ',' or '}' while parsing a flow mapping that "
                 "began at line 1, column 7; is it cut short?");
    assert_fails(*state, STR("a: 'x"), "r.yaml:1:6: found unexpected end of stream while scanning a quoted scalar "
                                       "that began at line 1, column 4; is it cut short?");
    assert_fails(*state, STR("a: b: c\n"), "r.yaml:1:5: mapping values are not allowed in this context");
    assert_fails(*state, STR("a: *.jsonl\n"), "r.yaml:1:");
    assert_fails(*state, STR("a: 1\nb: \xff\n"), "r.yaml:2:4: ");
    assert_fails(*state, STR("a: 1\nb: \xc3\xa9 \x01\n"), "r.yaml:2:6: control characters are not allowed");
    assert_fails(*state, STR("\xff\xfe" "a\0"), "r.yaml:1:1: ");
}

static void test_refuses_what_is_ambiguous(void **state)
{
    assert_fails(*state, STR("a: 1\nb: 2\n\"a\": 3\n"),
                 "r.yaml:3:1: the key 'a' stands twice, first at line 1, column 1");
    assert_fails(*state, STR("x: {b: 1, a: 1, c: 1, a: 2, b: 2}"),
                 "r.yaml:1:23: the key 'a' stands twice, first at line 1");
    assert_fails(*state, STR("[1]: 2\n"), "r.yaml:1:1: a key must be one word");
    assert_fails(*state, STR("? {a: b}\n: 2\n"), "r.yaml:1:3: a key must be one word");
    assert_fails(*state, STR("a: &x 1\n*x : 2\n"), "r.yaml:2:1: a key must be one word");
    assert_fails(*state, STR("a: 1\n---\nb: 2\n"), "r.yaml:2:1: a second document begins here");
    assert_fails(*state, STR("a: &x {k: 1}\nb:\n  <<: *x\n"), "r.yaml:3:3: merge keys");
    assert_fails(*state, STR("a: !secret 1\n"), "r.yaml:1:4: the tag '!secret' is not understood");
    assert_fails(*state, STR("a: !!int 1\n"), "r.yaml:1:4: the tag 'tag:yaml.org,2002:int'");
    assert_fails(*state, STR("a: *x\n"), "r.yaml:1:4: the alias *x has no anchor &x before it");
    assert_fails(*state, STR("a: &x [*x]\n"), "r.yaml:1:8: the alias *x stands inside what it names");
    assert_true(read_yaml(*state, "a: !!str 1\n")->items[0]->quoted);
    assert_tree(read_yaml(*state, "a: ! 1\n'<<': 2"), "{a:'1',<<:2}");
}

static void test_refuses_nul(void **state)
{
    assert_fails(*state, STR("a: 1\nb: \"x\\0y\"\n"), "r.yaml:2:4: a NUL character");
    assert_fails(*state, STR("\"x\\0y\": 1\n"), "r.yaml:1:1: a NUL character");
    assert_fails(*state, STR("a: x\0y\n"), "r.yaml:1:5: control characters are not allowed");
}

static tamis_str repeat(struct arena *arena, const char *open, const char *middle, const char *close, size_t times)
{
    struct buf text;
    tamis_str copy;
    buf_init(&text, 64u << 20);
    for (size_t i = 0; i < times; i++) {
        assert_true(buf_add_str(&text, str_from(open)));
    }
    assert_true(buf_add_str(&text, str_from(middle)));
    for (size_t i = 0; i < times; i++) {
        assert_true(buf_add_str(&text, str_from(close)));
    }
    assert_true(arena_copy(arena, buf_str(&text), &copy));
    buf_release(&text);
    return copy;
}

static void test_bounds_depth(void **state)
{
    struct tree *root;
    tamis_err err;
    assert_int_equal(tree_parse(*state, "r", repeat(*state, "[", "x", "]", 64), &root, &err), TAMIS_OK);
    assert_int_equal(tree_parse(*state, "r", repeat(*state, "{a: ", "x", "}", 64), &root, &err), TAMIS_OK);
    assert_fails(*state, repeat(*state, "[", "x", "]", 65), "r.yaml:1:65: nested more than 64 levels deep");
    assert_fails(*state, repeat(*state, "{a: ", "x", "}", 65), "r.yaml:1:257: nested more than 64 levels deep");
    assert_fails(*state, repeat(*state, "[", "", "", TREE_MAX_BYTES), "r.yaml:1:65: nested more than 64 levels deep");
    assert_fails(*state, repeat(*state, "- ", "", "", TREE_MAX_BYTES / 2), "r.yaml:1:129: nested more than");
    assert_fails(*state, repeat(*state, "? ", "", "", TREE_MAX_BYTES / 2), "r.yaml:1:");
    /* each line is one level deeper than the one before */
    struct buf text;
    buf_init(&text, 1u << 20);
    assert_true(buf_add_str(&text, STR("a0: &a0 [x]\n")));
    for (int i = 1; i < 70; i++) {
        assert_true(buf_printf(&text, "a%d: &a%d [*a%d]\n", i, i, i - 1));
    }
    assert_fails(*state, buf_str(&text), "r.yaml:64:12: nested more than 64 levels deep");
    buf_release(&text);
}

static void test_bounds_aliases(void **state)
{
    struct buf text;
    buf_init(&text, 1u << 20);
    assert_true(buf_add_str(&text, STR("a0: &a0 [x, x, x, x, x, x, x, x, x]\n")));
    for (int i = 1; i < 10; i++) {
        assert_true(buf_printf(&text, "a%d: &a%d [", i, i));
        for (int j = 0; j < 9; j++) {
            assert_true(buf_printf(&text, "%s*a%d", j > 0 ? ", " : "", i - 1));
        }
        assert_true(buf_add_str(&text, STR("]\n")));
    }
    assert_fails(*state, buf_str(&text), "r.yaml:7:10: more than 1000000 values");
    buf_clear(&text);
    for (int i = 0; i < 1001; i++) {
        assert_true(buf_printf(&text, "a%d: &a%d x\n", i, i));
    }
    assert_fails(*state, buf_str(&text), "r.yaml:1001:8: more than 1000 anchors");
    buf_release(&text);
    assert_fails(*state, repeat(*state, "- x\n", "", "", 1100000), "r.yaml:1000000:3: more than 1000000 values");
    assert_fails(*state, repeat(*state, "- x\n", "- y", "", TREE_MAX_BYTES / 4), "r.yaml: ");
}

static void test_bounds_directives(void **state)
{
    struct buf text;
    buf_init(&text, 8u << 20);
    for (unsigned i = 0; i < 200000; i++) {
        assert_true(buf_printf(&text, "%%TAG !a%u! b\n", i));
    }
    assert_true(buf_add_str(&text, STR("---\na: 1\n")));
    assert_fails(*state, buf_str(&text), "r.yaml:101:1: more than 100 times %TAG");
    buf_release(&text);
    assert_tree(read_yaml(*state, "%YAML 1.1\n%TAG !a! b\n---\na: 1\n"), "{a:1}");
}

static void test_many_keys(void **state)
{
    struct buf text;
    buf_init(&text, 8u << 20);
    for (unsigned i = 0; i < 100000; i++) {
        assert_true(buf_printf(&text, "k%u: %u\n", (i * 7919u) % 100000u, i));
    }
    struct tree *root;
    tamis_err err;
    assert_int_equal(tree_parse(*state, "r", buf_str(&text), &root, &err), TAMIS_OK);
    assert_int_equal(root->count, 100000);
    assert_true(buf_add_str(&text, STR("k7919: again\n")));
    assert_fails(*state, buf_str(&text), "r.yaml:100001:1: the key 'k7919' stands twice, first at line 2, column 1");
    buf_release(&text);
}

static void assert_set(struct arena *arena, struct tree *root, const char *path, const char *value)
{
    tamis_err err = {0};
    if (tree_set(arena, root, path, value, &err) != TAMIS_OK) {
        fail_msg("%s", err.text);
    }
}

static void test_set(void **state)
{
    struct tree *root = read_yaml(*state, "seed: 17\ndedup:\nfilters: [{length: {min: 1}}]\ntargets:\n"
                                          "  - {name: law, tokens: 1}\n  - {name: code, tokens: 2}\n");
    assert_set(*state, root, "seed", "18");
    assert_set(*state, root, "dedup.minhash.bands", "14");
    assert_set(*state, root, "filters.0.length.min", "7");
    assert_set(*state, root, "targets.code.tokens", "3e9");
    assert_set(*state, root, "accept", "{x: 0.3}");
    assert_set(*state, root, "accept.y", "'0.4'");
    assert_set(*state, root, "none", "");
    assert_tree(root, "{seed:18,dedup:{minhash:{bands:14}},filters:[{length:{min:7}}],targets:[{name:law,tokens:1},"
                      "{name:code,tokens:3e9}],accept:{x:0.3,y:'0.4'},none:}");
    const struct tree *x = tree_get(tree_get(root, "accept"), "x");
    assert_int_equal(x->line, 0);
    assert_string_equal(x->file, "--set accept");
    assert_set(*state, root, "targets.law", "whole");
    assert_set(*state, root, "targets.1", "[]");
    assert_tree(tree_get(root, "targets"), "[whole,[]]");
    tamis_err err;
    assert_int_equal(tree_fail(x, &err, "wrong %d", 7), TAMIS_USAGE);
    assert_string_equal(err.text, "--set accept: wrong 7");
    assert_int_equal(tree_fail_key(x, &err, "wrong"), TAMIS_USAGE);
    assert_string_equal(err.text, "--set accept: wrong");
}

static void test_set_on_an_empty_document(void **state)
{
    struct tree *root = read_yaml(*state, "");
    assert_set(*state, root, "a.b.c", "d");
    assert_tree(root, "{a:{b:{c:d}}}");
}

static void test_set_refuses(void **state)
{
    static const struct {
        const char *path, *value, *message;
    } cases[] = {
        {"seed.x", "1", "--set seed.x: 'x' cannot be set inside the single value '17'"},
        {"list.2", "1", "--set list.2: there is no element 2; the list has 2, counted from 0"},
        {"list.99999999999999999999", "1", "--set list.99999999999999999999: "},
        {"list.name.x", "1", "--set list.name.x: no element of the list has the name 'name'"},
        {"", "1", "--set : the path must be"},
        {"a..b", "1", "--set a..b: the path must be"},
        {".a", "1", "--set .a: the path must be"},
        {"a.", "1", "--set a.: the path must be"},
        {"a", "[1", "--set a:"},
        {"a", "{x: 1, x: 2}", "--set a:"},
        {"a", "1\n---\n2", "--set a:"},
    };
    struct tree *root = read_yaml(*state, "seed: 17\nlist: [1, {nome: 2}]\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tamis_err err = {0};
        assert_int_equal(tree_set(*state, root, cases[i].path, cases[i].value, &err), TAMIS_USAGE);
        if (strncmp(err.text, cases[i].message, strlen(cases[i].message)) != 0) {
            fail_msg("expected '%s', got '%s'", cases[i].message, err.text);
        }
    }
    assert_tree(root, "{seed:17,list:[1,{nome:2}]}");
}

static void test_set_bounds_depth(void **state)
{
    struct tree *root = read_yaml(*state, "");
    tamis_err err;
    char path[256] = "a";
    for (int i = 1; i < 63; i++) {
        strcat(path, ".a");
    }
    assert_int_equal(tree_set(*state, root, path, "[[x]]", &err), TAMIS_USAGE);
    assert_tree(root, "");
    assert_int_equal(tree_set(*state, root, path, "[x]", &err), TAMIS_OK);
    strcat(path, ".a");
    assert_int_equal(tree_set(*state, root, path, "x", &err), TAMIS_USAGE);
}

static void test_load(void **state)
{
    char path[] = "/tmp/tamis-tree-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a: [1]\n", 7), 7);
    assert_int_equal(close(fd), 0);
    struct tree *root = NULL;
    tamis_err err = {0};
    assert_int_equal(tree_load(*state, path, &root, &err), TAMIS_OK);
    assert_tree(root, "{a:[1]}");
    assert_string_equal(root->file, path);
    assert_int_equal(unlink(path), 0);
    assert_int_not_equal(tree_load(*state, path, &root, &err), TAMIS_OK);
    assert_non_null(strstr(err.text, path));
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Whatever bytes come in, it is a tree or an error that names the file. */
static void test_survives_noise(void **state)
{
    static const char seed[] = "version: 1\nsources:\n  - {name: a, paths: [\"x/*.jsonl\"], kind: &k prose}\n"
                               "  - name: b\n    kind: *k\ndedup: {threshold: {x: 0.8}}\n"
                               "text: |\n  folded\n  text\nq: 'it''s'\n";
    uint64_t random = 88172645463325252u;
    size_t read = 0;
    for (int round = 0; round < 20000; round++) {
        char yaml[sizeof(seed)];
        memcpy(yaml, seed, sizeof(seed));
        size_t len = sizeof(seed) - 1;
        const uint64_t edits = next_random(&random) % 6;
        for (uint64_t i = 0; i < edits; i++) {
            static const char nasty[] = "\0\n\t {}[]&*!|>'\"%@`#,:-?~\\\x80\xff\xc3<a1";
            yaml[next_random(&random) % len] = nasty[next_random(&random) % (sizeof(nasty) - 1)];
        }
        if (next_random(&random) % 4 == 0) {
            len = (size_t)(next_random(&random) % len);
        }
        struct arena *arena = *state;
        struct tree *root = NULL;
        tamis_err err = {0};
        const tamis_status status = tree_parse(arena, "r.yaml", (tamis_str){yaml, len}, &root, &err);
        if (status == TAMIS_OK) {
            assert_non_null(root);
            read++;
        } else {
            assert_int_equal(status, TAMIS_USAGE);
            assert_int_equal(strncmp(err.text, "r.yaml:", 7), 0);
        }
        arena_clear(arena);
    }
    assert_true(read > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_reads_block_and_flow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reads_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_knows_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty_document_is_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_aliases_become_copies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_syntax_errors_say_where, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refuses_what_is_ambiguous, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refuses_nul, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bounds_depth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bounds_aliases, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bounds_directives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set_on_an_empty_document, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set_bounds_depth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_load, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_survives_noise, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
