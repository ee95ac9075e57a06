/* Atomic files, folders and plain reads. */
#include "file_world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

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
    assert_int_equal(file_input_fail(&p->err, EACCES, "cannot read", "x"), TAMIS_INPUT);
    assert_int_equal(p->err.status, TAMIS_INPUT);
    assert_int_equal(file_input_fail(&p->err, EMFILE, "cannot read", "x"), TAMIS_IO);
    assert_int_equal(file_fail(NULL, EPIPE, "cannot write", "x"), TAMIS_CLOSED);
}

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
        TEST(test_a_folder_appears_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
