/* Atomic files, folders, plain reads, and .npy columns, good and hostile. */
#define _XOPEN_SOURCE 700
#include "core/file.h"
#include "core/hash.h"
#include "core/npy.h"
#include "core/npy_columns.h"
#include "core/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Every test works in a folder of its own. */
struct place {
    char folder[256];
    char path[4][512];
    tamis_err err;
};

static int open_place(void **state)
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

static int close_place(void **state)
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

static size_t entries_in(const char *folder)
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

static void assert_holds(const char *path, const void *bytes, size_t len)
{
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    tamis_err err = {0};
    assert_int_equal(file_read(path, SIZE_MAX, &b, &err), TAMIS_OK);
    assert_int_equal(b.len, len);
    assert_memory_equal(b.at, bytes, len);
    buf_release(&b);
}

static void put_file(struct place *p, const char *path, const void *bytes, size_t len)
{
    if (file_write(path, bytes, len, &p->err) != TAMIS_OK) {
        fail_msg("%s", p->err.text);
    }
}

/* Without fsync, for thousands of small files. */
static void put_quickly(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

/* ---- Whole files ------------------------------------------------------------------------------------------------ */

static void test_write_and_read_back(void **state)
{
    struct place *p = *state;
    const char *const path = at(p, 0, "a.txt");
    put_file(p, path, "first", 5);
    assert_holds(path, "first", 5);
    put_file(p, path, "", 0);
    assert_holds(path, "", 0);
    put_file(p, path, "third\0", 6);
    assert_holds(path, "third\0", 6);
    assert_int_equal(entries_in(p->folder), 1);
    assert_int_equal(p->err.status, TAMIS_OK);
}

static void test_nothing_appears_before_commit(void **state)
{
    struct place *p = *state;
    const char *const path = at(p, 0, "out.jsonl");
    char temp[512];
    snprintf(temp, sizeof(temp), "%s/.out.jsonl.tmp-%ld", p->folder, (long)getpid());
    struct file_out *f = NULL;
    assert_int_equal(file_out_open(&f, path, &p->err), TAMIS_OK);
    assert_int_equal(file_out_add(f, "x", 1, &p->err), TAMIS_OK);
    assert_false(file_exists(path));
    assert_true(file_exists(temp));
    file_out_discard(f);
    assert_int_equal(entries_in(p->folder), 0);
    file_out_discard(NULL);

    put_file(p, path, "old", 3);
    put_file(p, temp, "left by a killed process", 24);
    assert_int_equal(file_out_open(&f, path, &p->err), TAMIS_OK);
    assert_int_equal(file_out_add(f, "new", 3, &p->err), TAMIS_OK);
    assert_holds(path, "old", 3);
    assert_int_equal(file_out_commit(f, &p->err), TAMIS_OK);
    assert_holds(path, "new", 3);
    assert_int_equal(entries_in(p->folder), 1);
}

static void test_pieces_of_any_size_arrive_in_order(void **state)
{
    struct place *p = *state;
    enum { BYTES = 3000000 };
    unsigned char *bytes = malloc(BYTES);
    assert_non_null(bytes);
    uint64_t seed = 1;
    for (size_t i = 0; i < BYTES; i++) {
        bytes[i] = (unsigned char)hash_mix(seed++);
    }
    struct file_out *f = NULL;
    assert_int_equal(file_out_open(&f, at(p, 0, "big"), &p->err), TAMIS_OK);
    for (size_t done = 0; done < BYTES;) {
        const size_t most = seed % 5 == 0 ? 600000 : 3000;
        size_t more = (size_t)hash_mix(seed++) % most;
        more = more < BYTES - done ? more : BYTES - done;
        assert_int_equal(file_out_add(f, bytes + done, more, &p->err), TAMIS_OK);
        done += more;
    }
    assert_int_equal(file_out_commit(f, &p->err), TAMIS_OK);
    assert_holds(p->path[0], bytes, BYTES);
    free(bytes);
}

static void test_links_are_followed_and_modes_kept(void **state)
{
    struct place *p = *state;
    const char *const file = at(p, 0, "real"), *const link = at(p, 1, "link");
    put_file(p, file, "1", 1);
    assert_int_equal(chmod(file, 0600), 0);
    assert_int_equal(symlink("real", link), 0);
    put_file(p, link, "2", 1);
    struct stat st;
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_holds(file, "2", 1);
}

static void test_writes_that_cannot_be(void **state)
{
    struct place *p = *state;
    assert_int_equal(file_write(at(p, 0, "no/such/file"), "x", 1, &p->err), TAMIS_IO);
    assert_int_equal(p->err.status, TAMIS_IO);
    assert_non_null(strstr(p->err.text, "no/such/file"));
    assert_int_equal(file_write(p->folder, "x", 1, &p->err), TAMIS_IO);
    assert_int_equal(file_write(at(p, 0, "new/"), "x", 1, &p->err), TAMIS_IO);
    assert_int_equal(file_write("", "x", 1, &p->err), TAMIS_IO);
    assert_int_equal(file_write("", "x", 1, NULL), TAMIS_IO);
    assert_int_equal(entries_in(p->folder), 0);
}

static void test_devices_and_pipes_are_written_directly(void **state)
{
    struct place *p = *state;
    assert_int_equal(file_write("/dev/null", "x", 1, &p->err), TAMIS_OK);
    struct stat st;
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    if (file_exists("/dev/full")) {
        assert_int_equal(file_write("/dev/full", "x", 1, &p->err), TAMIS_IO);
        assert_non_null(strstr(p->err.text, "the disk is full"));
        assert_non_null(strstr(p->err.text, "free space and run the same command again"));
    }
    const char *const fifo = at(p, 0, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    const int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    put_file(p, fifo, "through", 7);
    char got[16] = "";
    assert_int_equal(read(reader, got, sizeof(got)), 7);
    assert_string_equal(got, "through");
    close(reader);
}

static void test_a_reader_that_has_gone_is_closed(void **state)
{
    struct place *p = *state;
    const char *const fifo = at(p, 0, "fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    const int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    struct file_out *f = NULL;
    assert_int_equal(file_out_open(&f, fifo, &p->err), TAMIS_OK);
    close(reader);
    void (*const before)(int) = signal(SIGPIPE, SIG_IGN);
    assert_int_equal(file_out_add(f, "x", 1, &p->err), TAMIS_OK); /* held back */
    assert_int_equal(file_out_commit(f, &p->err), TAMIS_CLOSED);
    assert_int_equal(p->err.status, TAMIS_CLOSED);
    signal(SIGPIPE, before);
}

static void test_a_failed_add_cannot_be_committed(void **state)
{
    struct place *p = *state;
    if (!file_exists("/dev/full")) {
        skip();
    }
    struct file_out *f = NULL;
    char *block = calloc(1, 1 << 20);
    assert_non_null(block);
    assert_int_equal(file_out_open(&f, "/dev/full", &p->err), TAMIS_OK);
    assert_int_equal(file_out_add(f, block, 1 << 20, &p->err), TAMIS_IO);
    assert_int_equal(file_out_add(f, "x", 1, &p->err), TAMIS_INTERNAL);
    assert_int_equal(file_out_commit(f, &p->err), TAMIS_INTERNAL);
    free(block);
}

static void test_dash_is_stdout_and_stays_open(void **state)
{
    struct place *p = *state;
    const char *const path = at(p, 0, "stdout");
    fflush(stdout);
    const int saved = dup(STDOUT_FILENO);
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(saved >= 0 && fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0);
    close(fd);
    const tamis_status first = file_write("-", "one ", 4, &p->err);
    const tamis_status second = file_write("-", "two", 3, &p->err);
    const bool restored = dup2(saved, STDOUT_FILENO) >= 0;
    close(saved);
    assert_true(restored && first == TAMIS_OK && second == TAMIS_OK);
    assert_holds(path, "one two", 7);
}

static void test_reads_obey_their_limits(void **state)
{
    struct place *p = *state;
    const char *const path = at(p, 0, "ten");
    put_file(p, path, "0123456789", 10);
    struct buf b;
    buf_init(&b, 100);
    assert_true(buf_add(&b, "stale", 5));
    assert_int_equal(file_read(path, 10, &b, &p->err), TAMIS_OK);
    assert_string_equal(b.at, "0123456789");
    assert_int_equal(file_read(path, 9, &b, &p->err), TAMIS_INPUT);
    assert_int_equal(b.len, 0);
    buf_release(&b);
    buf_init(&b, 10);
    assert_int_equal(file_read(path, 100, &b, &p->err), TAMIS_OK);
    assert_int_equal(b.len, 10);
    buf_release(&b);
    buf_init(&b, 9);
    assert_int_equal(file_read(path, 100, &b, &p->err), TAMIS_INPUT);
    assert_int_equal(file_read("/dev/zero", 100, &b, &p->err), TAMIS_INPUT);
    buf_release(&b);
    buf_init(&b, BUF_UNLIMITED);
    assert_int_equal(file_read("/dev/zero", 100000, &b, &p->err), TAMIS_INPUT);
    assert_int_equal(file_read("/dev/null", 0, &b, &p->err), TAMIS_OK);
    assert_int_equal(b.len, 0);
    assert_int_equal(file_read(at(p, 1, "absent"), 10, &b, &p->err), TAMIS_INPUT);
    assert_non_null(strstr(p->err.text, "absent"));
    assert_int_equal(file_read(p->folder, 10, &b, &p->err), TAMIS_INPUT);
    buf_release(&b);
}

static void test_map(void **state)
{
    struct place *p = *state;
    const void *map = NULL;
    size_t len = 99;
    put_file(p, at(p, 0, "empty"), "", 0);
    assert_int_equal(file_map(p->path[0], &map, &len, &p->err), TAMIS_OK);
    assert_non_null(map);
    assert_int_equal(len, 0);
    file_unmap(map, len);
    put_file(p, at(p, 0, "some"), "bytes", 5);
    assert_int_equal(file_map(p->path[0], &map, &len, &p->err), TAMIS_OK);
    assert_int_equal(len, 5);
    assert_memory_equal(map, "bytes", 5);
    file_unmap(map, len);
    assert_int_equal(file_map(at(p, 1, "absent"), &map, &len, &p->err), TAMIS_INPUT);
    assert_int_equal(file_map(p->folder, &map, &len, &p->err), TAMIS_INPUT);
    assert_int_equal(mkfifo(at(p, 2, "fifo"), 0600), 0);
    assert_int_equal(file_map(p->path[2], &map, &len, &p->err), TAMIS_INPUT);
}

/* ---- Folders ---------------------------------------------------------------------------------------------------- */

static void test_make_folders(void **state)
{
    struct place *p = *state;
    assert_int_equal(file_make_folders(at(p, 0, "a//b/c/"), &p->err), TAMIS_OK);
    assert_true(file_is_folder(at(p, 0, "a/b/c")));
    assert_int_equal(file_make_folders(p->path[0], &p->err), TAMIS_OK);
    assert_int_equal(file_make_folders("/", &p->err), TAMIS_OK);
    assert_int_equal(file_make_folders(".", &p->err), TAMIS_OK);
    put_file(p, at(p, 1, "a/file"), "", 0);
    assert_int_equal(file_make_folders(p->path[1], &p->err), TAMIS_IO);
    assert_int_equal(file_make_folders(at(p, 2, "a/file/d"), &p->err), TAMIS_IO);
    assert_int_equal(file_make_folders("", &p->err), TAMIS_IO);
    assert_false(file_is_folder(p->path[1]));
    assert_true(file_exists(p->path[1]));
}

static void test_remove_tree_does_not_follow_links(void **state)
{
    struct place *p = *state;
    assert_int_equal(file_make_folders(at(p, 0, "tree/deep/er"), &p->err), TAMIS_OK);
    assert_int_equal(file_make_folders(at(p, 1, "outside"), &p->err), TAMIS_OK);
    put_file(p, at(p, 2, "outside/keep"), "x", 1);
    assert_int_equal(symlink("../outside", at(p, 3, "tree/link")), 0);
    assert_int_equal(symlink("nowhere", at(p, 3, "tree/deep/dangling")), 0);
    for (int i = 0; i < 300; i++) {
        char name[32];
        snprintf(name, sizeof(name), "tree/deep/er/%d", i);
        const int fd = open(at(p, 3, name), O_CREAT | O_WRONLY, 0600);
        assert_true(fd >= 0);
        close(fd);
    }
    assert_int_equal(file_remove_tree(at(p, 0, "tree"), &p->err), TAMIS_OK);
    assert_false(file_exists(p->path[0]));
    assert_true(file_exists(p->path[2]));
    assert_int_equal(file_remove_tree(p->path[0], &p->err), TAMIS_OK);
    assert_int_equal(symlink("outside", at(p, 0, "link")), 0);
    assert_int_equal(file_remove_tree(p->path[0], &p->err), TAMIS_OK);
    assert_int_equal(file_remove_tree(p->path[2], &p->err), TAMIS_OK);
    assert_int_equal(entries_in(p->path[1]), 0);
}

static void test_rename(void **state)
{
    struct place *p = *state;
    put_file(p, at(p, 0, "a"), "a", 1);
    put_file(p, at(p, 1, "b"), "b", 1);
    assert_int_equal(file_rename(p->path[0], p->path[1], &p->err), TAMIS_OK);
    assert_holds(p->path[1], "a", 1);
    assert_int_equal(file_make_folders(at(p, 2, "sub"), &p->err), TAMIS_OK);
    assert_int_equal(file_rename(p->path[1], at(p, 3, "sub/c"), &p->err), TAMIS_OK);
    assert_holds(p->path[3], "a", 1);
    assert_int_equal(file_rename(p->path[1], p->path[0], &p->err), TAMIS_IO);
    assert_non_null(strstr(p->err.text, p->path[1]));
}

static void test_failures_have_a_status_and_advice(void **state)
{
    struct place *p = *state;
    assert_int_equal(file_fail(&p->err, ENOSPC, "cannot write", "x"), TAMIS_IO);
    assert_string_equal(p->err.text, "cannot write x: the disk is full; free space and run the same command again");
    assert_int_equal(file_fail(&p->err, EPIPE, "cannot write", "x"), TAMIS_CLOSED);
    assert_int_equal(file_fail(&p->err, EACCES, "cannot read", "x"), TAMIS_IO);
    assert_int_equal(file_fail(&p->err, ENOENT, "cannot read", "x"), TAMIS_INPUT);
    assert_int_equal(file_fail(&p->err, ENOMEM, "cannot read", "x"), TAMIS_IO);
    assert_int_equal(file_fail(&p->err, ETIMEDOUT, "cannot read", "x"), TAMIS_IO);
    assert_non_null(strstr(p->err.text, "cannot read x: "));
    assert_int_equal(file_fail(NULL, EPIPE, "cannot write", "x"), TAMIS_CLOSED);
}

/* ---- Columns ---------------------------------------------------------------------------------------------------- */

#define ROW_DESCR "[('part','<u4'),('kind','|u1'),('pad','|V3'),('offset','<u8'),('loss','<f4',(2,))]"

struct row {
    uint32_t part;
    uint8_t kind, pad[3];
    uint64_t offset;
    float loss[2];
};

static void test_npy_bytes(void **state)
{
    struct place *p = *state;
    const uint64_t numbers[] = {1, 0x0102030405060708u};
    assert_int_equal(npy_write(at(p, 0, "n.npy"), "'<u8'", 8, numbers, 2, &p->err), TAMIS_OK);
    char expected[128 + 16];
    memset(expected, ' ', 128);
    memcpy(expected, "\x93NUMPY\x01\x00\x76\x00", 10);
    const char *const header = "{'descr': '<u8', 'fortran_order': False, 'shape': (2,), }";
    memcpy(expected + 10, header, strlen(header));
    expected[127] = '\n';
    memcpy(expected + 128, "\1\0\0\0\0\0\0\0\x08\7\6\5\4\3\2\1", 16);
    assert_holds(p->path[0], expected, sizeof(expected));
}

static void test_npy_structured_rows(void **state)
{
    struct place *p = *state;
    struct row rows[100];
    memset(rows, 0, sizeof(rows));
    for (uint32_t i = 0; i < 100; i++) {
        rows[i] = (struct row){.part = i, .kind = (uint8_t)(i % 6), .offset = hash_mix(i), .loss = {1.5f, (float)i}};
    }
    const char *const path = at(p, 0, "rows.npy");
    for (size_t count = 0; count <= 100; count += 50) {
        assert_int_equal(npy_write(path, ROW_DESCR, sizeof(struct row), rows, count, &p->err), TAMIS_OK);
        struct npy n;
        assert_int_equal(npy_open(&n, path, ROW_DESCR, sizeof(struct row), &p->err), TAMIS_OK);
        assert_int_equal(n.count, count);
        assert_int_equal((uintptr_t)n.rows % 64, 0);
        assert_memory_equal(n.rows, rows, count * sizeof(struct row));
        npy_close(&n);
        npy_close(&n);
    }
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    assert_int_equal(file_read(path, SIZE_MAX, &b, &p->err), TAMIS_OK);
    const char *const header = "{'descr': [('part', '<u4'), ('kind', '|u1'), ('pad', '|V3'), ('offset', '<u8'), "
                               "('loss', '<f4', (2,))], 'fortran_order': False, 'shape': (100,), }";
    assert_memory_equal(b.at + 10, header, strlen(header));
    buf_release(&b);
}

static void test_npy_refuses_another_type(void **state)
{
    struct place *p = *state;
    const uint32_t numbers[] = {1, 2};
    struct npy n;
    assert_int_equal(npy_write(at(p, 0, "n.npy"), "[('a','<u4')]", 4, numbers, 2, &p->err), TAMIS_OK);
    assert_int_equal(npy_open(&n, p->path[0], "[ ('a', '<u4'), ]", 4, &p->err), TAMIS_INPUT);
    assert_int_equal(npy_open(&n, p->path[0], "[('a', '<u4')]", 4, &p->err), TAMIS_OK);
    npy_close(&n);
    static const char *const others[] = {"[('b','<u4')]", "[('a','<f4')]", "'<u4'", "[('a','<u2'),('b','<u2')]"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(npy_open(&n, p->path[0], others[i], 4, &p->err), TAMIS_INPUT);
        assert_non_null(strstr(p->err.text, others[i]));
        assert_non_null(strstr(p->err.text, "[('a', '<u4')]"));
        assert_null(n.map);
    }
    assert_int_equal(npy_open(&n, at(p, 1, "absent.npy"), "'<u4'", 4, &p->err), TAMIS_INPUT);
}

static void test_npy_refuses_our_own_mistakes(void **state)
{
    struct place *p = *state;
    const uint64_t number = 1;
    static const char *const bad[] = {
        "",     "'<u8", "<u8", "'>u8'", "'<u8' ,", "'<u0'", "'<u'", "'<x8'", "'|O8'", "'<U1'", "[]", "[('a')]",
        "[('a','<u8')", "[('a','<u8',)]", "[('a','<u8',(0,))]", "[('a','<u4')]",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(npy_write(at(p, 0, "n.npy"), bad[i], 8, &number, 1, &p->err), TAMIS_INTERNAL);
    }
    assert_int_equal(npy_write(p->path[0], "'<u8'", 8, &number, SIZE_MAX / 4, &p->err), TAMIS_INTERNAL);
    assert_int_equal(entries_in(p->folder), 0);
}

/* Opens a file whose header is `dict` and whose rows are `bytes` zeros. */
static tamis_status open_made(struct place *p, const char *magic, const char *dict, size_t bytes)
{
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    assert_true(buf_add(&b, magic, 8) && buf_add(&b, "\0\0", 2) && buf_add_str(&b, str_from(dict)));
    while (b.len % 64 != 63) {
        assert_true(buf_add_char(&b, ' '));
    }
    assert_true(buf_add_char(&b, '\n'));
    b.at[8] = (char)((b.len - 10) & 255);
    b.at[9] = (char)((b.len - 10) >> 8);
    for (size_t i = 0; i < bytes; i++) {
        assert_true(buf_add_char(&b, '\0'));
    }
    put_file(p, at(p, 0, "made.npy"), b.at, b.len);
    buf_release(&b);
    struct npy n;
    const tamis_status status = npy_open(&n, p->path[0], "'<u4'", 4, &p->err);
    if (status == TAMIS_OK) {
        assert_int_equal(n.count * 4, bytes);
    }
    npy_close(&n);
    return status;
}

#define GOOD_MAGIC "\x93NUMPY\x01\x00"

static void test_npy_headers(void **state)
{
    struct place *p = *state;
    static const char *const good[] = {
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), }",
        "{'shape':(3,),'fortran_order':False,'descr':'<u4'}",
        "{ \"descr\" : \"<u4\" , 'fortran_order' : False , 'shape' : ( 3 , ) }",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(open_made(p, GOOD_MAGIC, good[i], 12), TAMIS_OK);
    }
    assert_int_equal(open_made(p, "\x93NUMPY\x02\x00", good[0], 12), TAMIS_INPUT);
    assert_int_equal(open_made(p, "\x93NUMPX\x01\x00", good[0], 12), TAMIS_INPUT);
    assert_int_equal(open_made(p, GOOD_MAGIC, good[0], 11), TAMIS_INPUT);
    assert_non_null(strstr(p->err.text, "cut short"));
    assert_int_equal(open_made(p, GOOD_MAGIC, good[0], 13), TAMIS_INPUT);
    assert_int_equal(open_made(p, GOOD_MAGIC, good[0], 16), TAMIS_INPUT);
    static const char *const bad[] = {
        "",
        "{",
        "{}",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), ",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), } x",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), 'shape': (3,), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), 'more': 1, }",
        "{'descr': '<u4', 'fortran_order': True, 'shape': (3,), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (1,3), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (-3,), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (18446744073709551616,), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (4611686018427387907,), }", /* times 4 wraps to 12 */
        "{'descr': '<u4', 'fortran_order': False, }",
        "{'descr': '<u4' 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '>u4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), 'descr",
        "{'descr': [('a', '<u4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': [('a\\'', '<u4')], 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '|O8', 'fortran_order': False, 'shape': (3,), }",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(open_made(p, GOOD_MAGIC, bad[i], 12), TAMIS_INPUT);
        assert_non_null(strstr(p->err.text, "made.npy"));
    }
}

static void test_npy_survives_damage(void **state)
{
    struct place *p = *state;
    struct row rows[4];
    memset(rows, 7, sizeof(rows));
    const char *const path = at(p, 0, "rows.npy"), *const hurt = at(p, 1, "hurt.npy");
    assert_int_equal(npy_write(path, ROW_DESCR, sizeof(struct row), rows, 4, &p->err), TAMIS_OK);
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    assert_int_equal(file_read(path, SIZE_MAX, &b, &p->err), TAMIS_OK);
    struct npy n;
    for (size_t len = 0; len < b.len; len++) { /* every truncation */
        put_quickly(hurt, b.at, len);
        assert_int_equal(npy_open(&n, hurt, ROW_DESCR, sizeof(struct row), &p->err), TAMIS_INPUT);
    }
    uint64_t seed = 6;
    for (size_t i = 0; i < 2000; i++) { /* a changed byte: refused, or it did not matter */
        const size_t where = (size_t)hash_mix(seed++) % 260;
        const char before = b.at[where];
        b.at[where] = (char)hash_mix(seed++);
        put_quickly(hurt, b.at, b.len);
        const tamis_status status = npy_open(&n, hurt, ROW_DESCR, sizeof(struct row), &p->err);
        assert_true(status == TAMIS_OK || status == TAMIS_INPUT);
        if (status == TAMIS_OK) {
            assert_int_equal(n.count, 4);
            npy_close(&n);
        }
        b.at[where] = before;
    }
    buf_release(&b);
}

/* ---- Columns ---------------------------------------------------------------------------------------------------- */

static void write_columns(struct place *p, const char *path, uint64_t columns, uint64_t rows)
{
    struct file_out *f = NULL;
    assert_int_equal(file_out_open(&f, path, &p->err), TAMIS_OK);
    assert_int_equal(npy_columns_begin(f, path, columns, rows, &p->err), TAMIS_OK);
    for (uint64_t i = 0; i < columns * rows; i++) {
        const uint64_t value = i / rows * 1000 + i % rows;
        assert_int_equal(file_out_add(f, &value, sizeof(value), &p->err), TAMIS_OK);
    }
    assert_int_equal(file_out_commit(f, &p->err), TAMIS_OK);
}

static void test_columns_are_read_piece_by_piece(void **state)
{
    struct place *p = *state;
    const char *const path = at(p, 0, "columns.npy");
    struct npy_columns c;
    uint64_t got[100];
    write_columns(p, path, 3, 100);
    assert_int_equal(npy_columns_open(&c, path, 3, &p->err), TAMIS_OK);
    assert_int_equal(c.columns, 3);
    assert_int_equal(c.rows, 100);
    for (uint64_t column = 0; column < 3; column++) {
        for (uint64_t first = 0; first < 100; first += 33) {
            const size_t count = first + 33 < 100 ? 33 : (size_t)(100 - first);
            assert_int_equal(npy_columns_read(&c, path, column, first, got, count, &p->err), TAMIS_OK);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(got[i], column * 1000 + first + i);
            }
        }
    }
    write_columns(p, path, 16, 0);
    assert_int_equal(npy_columns_open(&c, path, 16, &p->err), TAMIS_OK);
    assert_int_equal(c.rows, 0);
}

static void test_columns_refuse_what_is_not_theirs(void **state)
{
    struct place *p = *state;
    const char *const path = at(p, 0, "columns.npy"), *const hurt = at(p, 1, "hurt.npy");
    struct npy_columns c;
    uint64_t got[2] = {0};
    assert_int_equal(npy_columns_open(&c, path, 2, &p->err), TAMIS_INPUT);
    write_columns(p, path, 2, 3);
    assert_int_equal(npy_columns_open(&c, path, 3, &p->err), TAMIS_INPUT);
    assert_non_null(strstr(p->err.text, "columns.npy"));
    assert_int_equal(npy_write(hurt, "'<u8'", 8, got, 2, &p->err), TAMIS_OK); /* one dimension */
    assert_int_equal(npy_columns_open(&c, hurt, 2, &p->err), TAMIS_INPUT);
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    assert_int_equal(file_read(path, SIZE_MAX, &b, &p->err), TAMIS_OK);
    for (size_t len = 0; len < b.len; len++) { /* every truncation */
        put_quickly(hurt, b.at, len);
        assert_int_equal(npy_columns_open(&c, hurt, 2, &p->err), TAMIS_INPUT);
    }
    assert_true(buf_add(&b, "12345678", 8)); /* and a number too many */
    put_quickly(hurt, b.at, b.len);
    assert_int_equal(npy_columns_open(&c, hurt, 2, &p->err), TAMIS_INPUT);
    uint64_t seed = 9;
    for (size_t i = 0; i < 2000; i++) { /* a changed byte: refused, or it did not matter */
        const size_t where = (size_t)hash_mix(seed++) % 128;
        const char before = b.at[where];
        b.at[where] = (char)hash_mix(seed++);
        put_quickly(hurt, b.at, b.len - 8);
        const tamis_status status = npy_columns_open(&c, hurt, 2, &p->err);
        assert_true(status == TAMIS_INPUT || (status == TAMIS_OK && c.rows == 3));
        b.at[where] = before;
    }
    buf_release(&b);
    assert_int_equal(npy_columns_open(&c, path, 2, &p->err), TAMIS_OK);
    put_quickly(path, "", 0);
    assert_int_equal(npy_columns_read(&c, path, 1, 0, got, 2, &p->err), TAMIS_INPUT); /* cut short since */
}

/* ---- Whole folders ---------------------------------------------------------------------------------------------- */

static void test_a_folder_appears_as_a_whole(void **state)
{
    struct place *p = *state;
    for (int lasts = 0; lasts < 2; lasts++) {
        struct file_out *f = NULL;
        char inside[600];
        const char *const temp = at(p, 0, "tmp-000001"), *const path = at(p, 1, lasts ? "kept" : "passing");
        assert_int_equal(file_make_folders(temp, &p->err), TAMIS_OK);
        snprintf(inside, sizeof(inside), "%s/old", temp); /* what a killed process left */
        put_quickly(inside, "old", 3);
        assert_int_equal(file_folder_begin(temp, &p->err), TAMIS_OK);
        assert_false(file_exists(inside));
        snprintf(inside, sizeof(inside), "%s/new", temp);
        assert_int_equal(file_out_open_loose(&f, inside, &p->err), TAMIS_OK);
        assert_int_equal(file_out_add(f, "new", 3, &p->err), TAMIS_OK);
        assert_int_equal(file_out_commit(f, &p->err), TAMIS_OK);
        assert_false(file_exists(path));
        assert_int_equal(file_folder_commit(temp, path, lasts, &p->err), TAMIS_OK);
        assert_false(file_exists(temp));
        snprintf(inside, sizeof(inside), "%s/new", path);
        struct buf b;
        buf_init(&b, BUF_UNLIMITED);
        assert_int_equal(file_read(inside, SIZE_MAX, &b, &p->err), TAMIS_OK);
        assert_string_equal(b.at, "new");
        buf_release(&b);
    }
    assert_int_equal(file_folder_begin(at(p, 0, "nowhere/tmp"), &p->err), TAMIS_IO);
    assert_int_not_equal(file_folder_commit(at(p, 0, "gone"), at(p, 1, "there"), true, &p->err), TAMIS_OK);
    assert_int_not_equal(file_folder_commit(at(p, 0, "gone"), at(p, 1, "there"), false, &p->err), TAMIS_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_write_and_read_back),
        TEST(test_nothing_appears_before_commit),
        TEST(test_pieces_of_any_size_arrive_in_order),
        TEST(test_links_are_followed_and_modes_kept),
        TEST(test_writes_that_cannot_be),
        TEST(test_devices_and_pipes_are_written_directly),
        TEST(test_a_reader_that_has_gone_is_closed),
        TEST(test_a_failed_add_cannot_be_committed),
        TEST(test_dash_is_stdout_and_stays_open),
        TEST(test_reads_obey_their_limits),
        TEST(test_map),
        TEST(test_make_folders),
        TEST(test_remove_tree_does_not_follow_links),
        TEST(test_rename),
        TEST(test_failures_have_a_status_and_advice),
        TEST(test_npy_bytes),
        TEST(test_npy_structured_rows),
        TEST(test_npy_refuses_another_type),
        TEST(test_npy_refuses_our_own_mistakes),
        TEST(test_npy_headers),
        TEST(test_npy_survives_damage),
        TEST(test_columns_are_read_piece_by_piece),
        TEST(test_columns_refuse_what_is_not_theirs),
        TEST(test_a_folder_appears_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
