/* What names, globs, folders and lists mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/str.h"
#include "io/paths.h"

static char folder[256];

static void put_in(const char *name, const char *bytes)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_int_equal(file_make_folders(path, NULL), TAMIS_OK);
    *slash = '/';
    assert_int_equal(file_write(path, bytes, strlen(bytes), NULL), TAMIS_OK);
}

static int make_tree(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/tamis-paths-XXXXXX", base != NULL ? base : "/tmp");
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    static const char *const files[] = {"b.jsonl",          "a.jsonl",        "a.txt",       "Z.jsonl",
                                        "a/c.jsonl",        "a/d/e.jsonl",    "a/d/f/g.jsonl", "a.d/h.jsonl",
                                        ".hidden.jsonl",    "a/.git/x.jsonl", "odd[1].jsonl", "odd1.jsonl",
                                        "10.jsonl",         "9.jsonl",        "\xc3\xa9.jsonl"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        put_in(files[i], "");
    }
    char path[512];
    snprintf(path, sizeof(path), "%s/empty/inner", folder);
    return file_make_folders(path, NULL) == TAMIS_OK ? 0 : -1;
}

static int remove_tree(void **state)
{
    (void)state;
    return file_remove_tree(folder, NULL) == TAMIS_OK ? 0 : -1;
}

/* `wanted`: names with a space after each, seen from the folder. */
static void assert_means(const char *pattern, const char *wanted)
{
    struct arena arena;
    struct paths found = {0};
    struct buf names;
    tamis_err err = {.status = TAMIS_OK};
    arena_init(&arena);
    buf_init(&names, BUF_UNLIMITED);
    const tamis_status status = paths_expand(&arena, folder, pattern, &found, &err);
    if (status != TAMIS_OK) {
        print_error("%s: %s\n", pattern, err.text);
    }
    assert_int_equal(status, TAMIS_OK);
    const size_t prefix = strlen(folder) + 1;
    for (size_t i = 0; i < found.count; i++) {
        assert_int_equal(strncmp(found.at[i], folder, prefix - 1), 0);
        assert_true(buf_printf(&names, "%s ", found.at[i] + prefix));
    }
    assert_string_equal(names.at, wanted);
    buf_release(&names);
    arena_release(&arena);
}

static void assert_means_nothing(const char *pattern, const char *said)
{
    struct arena arena;
    struct paths found = {0};
    tamis_err err = {.status = TAMIS_OK};
    arena_init(&arena);
    assert_int_equal(paths_expand(&arena, folder, pattern, &found, &err), TAMIS_INPUT);
    assert_int_equal(err.status, TAMIS_INPUT);
    if (strstr(err.text, said) == NULL) {
        print_error("%s: %s\n", pattern, err.text);
        fail();
    }
    assert_int_equal(found.count, 0);
    arena_release(&arena);
}

static void test_names(void **state)
{
    (void)state;
    assert_means("b.jsonl", "b.jsonl ");
    assert_means("a/c.jsonl", "a/c.jsonl ");
    assert_means("a/../b.jsonl", "a/../b.jsonl ");
    assert_means("odd[1].jsonl", "odd[1].jsonl "); /* a name that exists is itself */
    assert_means(".hidden.jsonl", ".hidden.jsonl ");
    assert_means("a/.git/x.jsonl", "a/.git/x.jsonl ");
}

static void test_globs(void **state)
{
    (void)state;
    assert_means("[ab].jsonl", "a.jsonl b.jsonl ");
    assert_means("?.jsonl", "9.jsonl Z.jsonl a.jsonl b.jsonl ");
    assert_means("odd[0-9].jsonl", "odd1.jsonl ");
    assert_means("*.jsonl", "10.jsonl 9.jsonl Z.jsonl a.jsonl b.jsonl odd1.jsonl odd[1].jsonl \xc3\xa9.jsonl ");
    assert_means("*/*.jsonl", "a.d/h.jsonl a/c.jsonl ");
    assert_means("a*/*.jsonl", "a.d/h.jsonl a/c.jsonl ");
    assert_means("a/*/*/g.jsonl", "a/d/f/g.jsonl ");
    assert_means(".h*", ".hidden.jsonl ");
    assert_means("a/.g*/*", "a/.git/x.jsonl ");
    assert_means("a/*", "a/c.jsonl a/d/e.jsonl a/d/f/g.jsonl "); /* a folder stands for what it holds */
}

static void test_any_folders(void **state)
{
    (void)state;
    assert_means("**/*.jsonl", "10.jsonl 9.jsonl Z.jsonl a.d/h.jsonl a.jsonl a/c.jsonl a/d/e.jsonl a/d/f/g.jsonl "
                               "b.jsonl odd1.jsonl odd[1].jsonl \xc3\xa9.jsonl ");
    assert_means("a/**/*.jsonl", "a/c.jsonl a/d/e.jsonl a/d/f/g.jsonl ");
    assert_means("a/**/**/*.jsonl", "a/c.jsonl a/d/e.jsonl a/d/f/g.jsonl ");
    assert_means("a/**", "a/c.jsonl a/d/e.jsonl a/d/f/g.jsonl ");
    assert_means("a/**/*", "a/c.jsonl a/d/e.jsonl a/d/f/g.jsonl "); /* found in several ways, taken once */
    assert_means("**/f/*", "a/d/f/g.jsonl ");
    assert_means("**/d/**/g.jsonl", "a/d/f/g.jsonl ");
    assert_means("**/[ce].jsonl", "a/c.jsonl a/d/e.jsonl ");
}

static void test_folders(void **state)
{
    (void)state;
    assert_means("a", "a/c.jsonl a/d/e.jsonl a/d/f/g.jsonl ");
    assert_means("a/", "a/c.jsonl a/d/e.jsonl a/d/f/g.jsonl ");
    assert_means("a/d", "a/d/e.jsonl a/d/f/g.jsonl ");
    assert_means("a/.git", "a/.git/x.jsonl ");
}

static void test_links(void **state)
{
    (void)state;
    char from[512], to[512];
    snprintf(from, sizeof(from), "%s/links/up", folder);
    put_in("links/x.jsonl", "");
    assert_int_equal(symlink("..", from), 0); /* a ring */
    snprintf(to, sizeof(to), "%s/b.jsonl", folder);
    snprintf(from, sizeof(from), "%s/links/file.jsonl", folder);
    assert_int_equal(symlink(to, from), 0);
    snprintf(from, sizeof(from), "%s/links/broken.jsonl", folder);
    assert_int_equal(symlink("nowhere", from), 0);
    snprintf(from, sizeof(from), "%s/links/named", folder);
    assert_int_equal(symlink("../a/d", from), 0);
    assert_means("links", "links/file.jsonl links/x.jsonl ");
    assert_means("links/**/*.jsonl", "links/file.jsonl links/x.jsonl ");
    assert_means("links/named", "links/named/e.jsonl links/named/f/g.jsonl ");
    assert_means("links/named/*.jsonl", "links/named/e.jsonl ");
    snprintf(from, sizeof(from), "%s/links", folder);
    assert_int_equal(file_remove_tree(from, NULL), TAMIS_OK);
}

static void test_lists(void **state)
{
    (void)state;
    put_in("lists/l.txt", "# what we take\n../b.jsonl\r\n\n \t\n../a/c.jsonl\n../b.jsonl");
    assert_means("@lists/l.txt", "lists/../b.jsonl lists/../a/c.jsonl lists/../b.jsonl "); /* as given */
    put_in("l.txt", "b.jsonl\na.jsonl\n");
    assert_means("@l.txt", "b.jsonl a.jsonl ");
    char bytes[600];
    snprintf(bytes, sizeof(bytes), "%s/a.txt\n", folder);
    put_in("absolute.txt", bytes);
    assert_means("@absolute.txt", "a.txt ");
    put_in("wrong.txt", "b.jsonl\n#\nabsent.jsonl\n");
    struct arena arena;
    struct paths found = {0};
    tamis_err err = {.status = TAMIS_OK};
    arena_init(&arena);
    assert_int_equal(paths_expand(&arena, folder, "@wrong.txt", &found, &err), TAMIS_INPUT);
    assert_non_null(strstr(err.text, "wrong.txt, line 3"));
    assert_non_null(strstr(err.text, "absent.jsonl"));
    arena_release(&arena);
    put_in("none.txt", "# nothing\n\n");
    assert_means_nothing("@none.txt", "none.txt");
    assert_means_nothing("@absent.txt", "absent.txt");
    for (size_t i = 0; i < 5; i++) {
        static const char *const names[] = {"lists", "l.txt", "absolute.txt", "wrong.txt", "none.txt"};
        char path[512];
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        assert_int_equal(file_remove_tree(path, NULL), TAMIS_OK);
    }
}

static void test_nothing(void **state)
{
    (void)state;
    assert_means_nothing("", "empty");
    assert_means_nothing("absent.jsonl", "absent.jsonl");
    assert_means_nothing("*.parquet", "*.parquet");
    assert_means_nothing("absent/*.jsonl", "absent/*.jsonl");
    assert_means_nothing("a/x/y/*.jsonl", "a exists");
    assert_means_nothing("b.jsonl/x", "b.jsonl/x");
    assert_means_nothing("empty", "holds no files");
    assert_means_nothing("empty/**", "empty");
    assert_means_nothing("/no-such-folder-here/*", "/no-such-folder-here/*");
}

static void test_appends(void **state)
{
    (void)state;
    struct arena arena;
    struct paths found = {0};
    arena_init(&arena);
    assert_int_equal(paths_expand(&arena, NULL, "-", &found, NULL), TAMIS_OK);
    assert_int_equal(paths_expand(&arena, folder, "b.jsonl", &found, NULL), TAMIS_OK);
    assert_int_equal(paths_expand(&arena, folder, "[ab].jsonl", &found, NULL), TAMIS_OK);
    assert_int_equal(paths_expand(&arena, "elsewhere", folder, &found, NULL), TAMIS_OK); /* an absolute path */
    assert_int_equal(found.count, 4 + 13);
    assert_string_equal(found.at[0], "-");
    assert_string_equal(found.at[1] + strlen(folder), "/b.jsonl");
    assert_string_equal(found.at[2] + strlen(folder), "/a.jsonl"); /* what was there before stays where it was */
    assert_string_equal(found.at[3] + strlen(folder), "/b.jsonl");
    arena_release(&arena);
}

static void test_working_folder(void **state)
{
    (void)state;
    char before[1024];
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(folder), 0);
    struct arena arena;
    struct paths found = {0};
    arena_init(&arena);
    assert_int_equal(paths_expand(&arena, NULL, "[ab].jsonl", &found, NULL), TAMIS_OK);
    assert_int_equal(paths_expand(&arena, NULL, "a/d", &found, NULL), TAMIS_OK);
    assert_int_equal(paths_expand(&arena, NULL, "**/g.jsonl", &found, NULL), TAMIS_OK);
    assert_int_equal(paths_expand(&arena, NULL, "./b.jsonl", &found, NULL), TAMIS_OK);
    static const char *const wanted[] = {"a.jsonl",       "b.jsonl",       "a/d/e.jsonl",
                                         "a/d/f/g.jsonl", "a/d/f/g.jsonl", "./b.jsonl"};
    assert_int_equal(found.count, sizeof(wanted) / sizeof(wanted[0]));
    for (size_t i = 0; i < found.count; i++) {
        assert_string_equal(found.at[i], wanted[i]);
    }
    arena_release(&arena);
    assert_int_equal(chdir(before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),   cmocka_unit_test(test_globs),   cmocka_unit_test(test_any_folders),
        cmocka_unit_test(test_folders), cmocka_unit_test(test_links),   cmocka_unit_test(test_lists),
        cmocka_unit_test(test_nothing), cmocka_unit_test(test_appends), cmocka_unit_test(test_working_folder),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
