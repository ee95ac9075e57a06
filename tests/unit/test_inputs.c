/*
 * The files a recipe names: in what order, in what format, and which are refused.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "recipes.h"

#include "run/ledger.h"

static char folder[] = "/tmp/test_recipe_XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    char path[512];
    snprintf(path, sizeof path, "%s/sub", folder);
    if (mkdir(path, 0755) != 0) {
        return -1;
    }
    write_file("b.jsonl", "{\"text\":\"b\"}\n");
    write_file("a.jsonl", "{}\n");
    write_file("c.txt.zst", "");
    write_file("sub/d.jsonl", "{\"text\":\"dd\"}\n");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    tamis_err err;
    return file_remove_tree(folder, &err) == TAMIS_OK ? 0 : -1;
}

static const char *base(const struct input *input)
{
    return strrchr(input->path, '/') + 1;
}

static tamis_status find(const char *sources, struct recipe *r, struct inputs *inputs, tamis_err *err)
{
    char yaml[1024];
    snprintf(yaml, sizeof yaml, "version: 1\nsources: [%s]\n", sources);
    tamis_status status = recipe_parse(r, "r.yaml", folder, str_from(yaml), NULL, err);
    return status ? status : inputs_find(inputs, r, err);
}

static void test_inputs(void **state)
{
    (void)state;
    struct recipe r;
    struct inputs inputs;
    tamis_err err = {0};
    write_file("list.txt", "sub/d.jsonl\n");
    if (find("{name: x, paths: [b.jsonl, c.txt.zst, a.jsonl]}, {name: y, paths: \"@list.txt\", format: paragraphs}", &r,
             &inputs, &err) != TAMIS_OK) {
        fail_msg("%s", err.text);
    }
    static const char *const names[] = {"b.jsonl", "c.txt.zst", "a.jsonl", "d.jsonl"};
    const struct reader_format *const formats[] = {&reader_jsonl, &reader_text, &reader_jsonl, &reader_paragraphs};
    static const uint64_t sizes[] = {13, 0, 3, 14};
    assert_int_equal(inputs.count, 4);
    for (size_t i = 0; i < 4; i++) {
        struct stat stated;
        assert_string_equal(base(&inputs.at[i]), names[i]);
        assert_int_equal(inputs.at[i].source, i == 3);
        assert_ptr_equal(inputs.at[i].format, formats[i]);
        assert_int_equal(inputs.at[i].bytes, sizes[i]);
        assert_int_equal(stat(inputs.at[i].path, &stated), 0);
        assert_int_equal(inputs.at[i].time / 1000000000u, (uint64_t)stated.st_mtim.tv_sec);
    }
    recipe_release(&r);
}

static void test_inputs_glob(void **state)
{
    (void)state;
    struct recipe r;
    struct inputs inputs;
    tamis_err err = {0};
    if (find("{name: x, paths: \"**/*.jsonl\"}", &r, &inputs, &err) != TAMIS_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(inputs.count, 3);
    assert_string_equal(base(&inputs.at[0]), "a.jsonl");
    assert_string_equal(base(&inputs.at[2]), "d.jsonl");
    recipe_release(&r);
}

static void test_inputs_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sources;
        tamis_status status;
        const char *says[2];
    } cases[] = {
        {"{name: x, paths: [a.jsonl, \"./a.jsonl\"]}", TAMIS_USAGE, {"a.jsonl", "./a.jsonl"}},
        {"{name: x, paths: b.jsonl}, {name: y, paths: \"*.jsonl\"}", TAMIS_USAGE, {"'x'", "'y'"}},
        {"{name: x, paths: a.jsonl}, {name: y, paths: link}", TAMIS_USAGE, {"a.jsonl", "link"}},
        {"{name: x, paths: absent.jsonl}", TAMIS_INPUT, {"absent.jsonl", ""}},
        {"{name: x, paths: \"*.parquet\"}", TAMIS_INPUT, {"*.parquet", ""}},
        {"{name: x, paths: /dev/null}", TAMIS_INPUT, {"/dev/null", "device"}},
    };
    char from[512], to[512];
    snprintf(from, sizeof from, "%s/a.jsonl", folder);
    snprintf(to, sizeof to, "%s/link", folder);
    assert_int_equal(symlink(from, to), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct recipe r;
        struct inputs inputs;
        tamis_err err = {0};
        const tamis_status status = find(cases[i].sources, &r, &inputs, &err);
        if (status != cases[i].status || !strstr(err.text, cases[i].says[0]) || !strstr(err.text, cases[i].says[1])) {
            fail_msg("%s gave %d '%s'", cases[i].sources, (int)status, err.text);
        }
        recipe_release(&r);
    }
    assert_int_equal(unlink(to), 0);
}

static void test_load(void **state)
{
    (void)state;
    struct recipe r;
    struct inputs inputs;
    tamis_err err = {0};
    char path[512];
    write_file("recipe.yaml", "version: 1\nsources: [{name: x, paths: sub}]\n");
    snprintf(path, sizeof path, "%s/recipe.yaml", folder);
    assert_int_equal(recipe_load(&r, path, NULL, &err), TAMIS_OK);
    assert_string_equal(r.folder, folder);
    assert_string_equal(r.path, path);
    assert_int_equal(inputs_find(&inputs, &r, &err), TAMIS_OK);
    assert_int_equal(inputs.count, 1);
    recipe_release(&r);
    snprintf(path, sizeof path, "%s/absent.yaml", folder);
    assert_int_equal(recipe_load(&r, path, NULL, &err), TAMIS_INPUT);
    assert_non_null(strstr(err.text, "absent.yaml"));
    recipe_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_inputs_glob),
        cmocka_unit_test(test_inputs_refused),
        cmocka_unit_test(test_load),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
