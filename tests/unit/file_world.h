/* What the tests of files share: a folder for every test, and what files in it hold. */
#ifndef TESTS_FILE_WORLD_H
#define TESTS_FILE_WORLD_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/str.h"

/* Every test works in a folder of its own. */
struct place {
    char folder[256];
    char path[4][512];
    tamis_err err;
};

static inline int open_place(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return -1;
    }
    const char *const base = getenv("TMPDIR");
    snprintf(p->folder, sizeof(p->folder), "%s/tamis-test-file-XXXXXX", base != NULL ? base : "/tmp");
    *state = p;
    return mkdtemp(p->folder) != NULL ? 0 : -1;
}

static inline int close_place(void **state)
{
    struct place *p = *state;
    const tamis_status status = file_remove_tree(p->folder, &p->err);
    free(p);
    return status == TAMIS_OK ? 0 : -1;
}

static const char *at(struct place *p, int slot, const char *name)
{
    snprintf(p->path[slot], sizeof(p->path[slot]), "%s/%s", p->folder, name);
    return p->path[slot];
}

static inline size_t entries_in(const char *folder)
{
    size_t count = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    while (readdir(d) != NULL) {
        count++;
    }
    closedir(d);
    return count - 2;
}

static inline void assert_holds(const char *path, const void *bytes, size_t len)
{
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    tamis_err err = {0};
    assert_int_equal(file_read(path, SIZE_MAX, &b, &err), TAMIS_OK);
    assert_int_equal(b.len, len);
    assert_memory_equal(b.at, bytes, len);
    buf_release(&b);
}

static inline void put_file(struct place *p, const char *path, const void *bytes, size_t len)
{
    if (file_write(path, bytes, len, &p->err) != TAMIS_OK) {
        fail_msg("%s", p->err.text);
    }
}

/* Without fsync, for thousands of small files. */
static inline void put_quickly(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

#endif
