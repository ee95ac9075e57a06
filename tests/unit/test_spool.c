/*
 * Spools and the shards made of them: lines that are copied, lines that stay where they are, and spools that do not
 * hold what was put into them.
 */
#include "mix_world.h"

#include "mix/journal.h"
#include "mix/shards.h"
#include "mix/spool.h"

#define LINES 5

static const char *const lines[LINES] = {"{\"text\":\"one\"}", "{}", "{\"text\":\"three, and a longer one\"}", "{ }",
                                         "{\"text\":\"five\"}"};
static const char recipe_text[] = WORLD_SOURCES_YAML "targets:\n  - {name: t, domain: law, ratio: 0.3}\n";

static void open_world(struct world *w)
{
    world_open(w);
    world_fill(w, 60, 20, 1);
    world_write(w, recipe_text, 1, 1);
}

/* All lines into one spool; the last comes first. */
static void add_lines(struct spools *s)
{
    tamis_err err;
    for (uint32_t i = 0; i < LINES; i++) {
        const struct spool_head head = {.number = i, .length = strlen(lines[i]), .position = LINES - 1 - i};
        must(spools_add(s, 0, head, str_from(lines[i]), &err), &err);
    }
    must(spools_finish(s, &err), &err);
}

static tamis_status write_shard(const struct world *w, tamis_str spool, bool refers, const char *name, struct buf *file,
                                tamis_err *err)
{
    struct path path;
    tamis_err ignored;
    uint64_t documents[8] = {0}, tokens[8] = {0};
    struct shard shard = {.domain_documents = documents, .domain_tokens = tokens};
    assert_in_range(w->recipe.domain_count, 1, 8);
    must(path_make(&path, &ignored, "%s/%s", w->folder, name), &ignored);
    const tamis_status status = shard_write(&w->run, &w->ledger, spool, refers, path.at, &shard, err);
    if (status == TAMIS_OK) {
        assert_int_equal(shard.documents, LINES);
        must(file_read(path.at, 1 << 20, file, &ignored), &ignored);
    } else {
        assert_false(file_exists(path.at));
    }
    return status;
}

static void test_step(void **state)
{
    struct spool_head head = {.length = 100};
    (void)state;
    assert_int_equal(spool_step(&head), sizeof head + 100);
    head.at = lines[0];
    assert_int_equal(spool_step(&head), sizeof head);
}

/* However little memory there is: heads that point never reach the disk. */
static void test_referring_spools_hold_heads_alone(void **state)
{
    struct world w;
    struct spools s;
    struct path path;
    tamis_err err;
    (void)state;
    open_world(&w);
    must(spools_open(&s, w.folder, 1, 0, &err), &err);
    s.refers = true;
    add_lines(&s);
    assert_false(s.on_disk);
    must(spool_path(&path, w.folder, 0, &err), &err);
    assert_false(file_exists(path.at));
    assert_int_equal(s.at[0].len, LINES * sizeof(struct spool_head));
    for (size_t i = 0; i < LINES; i++) {
        struct spool_head head;
        memcpy(&head, s.at[0].at + i * sizeof head, sizeof head);
        assert_ptr_equal(head.at, lines[i]);
        assert_int_equal(head.length, strlen(lines[i]));
        assert_int_equal(head.number, i);
    }
    spools_release(&s);
    world_close(&w);
}

static void test_shards_are_the_same_wherever_lines_lie(void **state)
{
    static const struct {
        size_t memory;
        bool refers;
    } ways[] = {{1 << 20, false}, {0, true}, {0, false}};
    struct world w;
    struct buf files[3];
    tamis_err err;
    (void)state;
    open_world(&w);
    for (size_t i = 0; i < 3; i++) {
        struct spools s;
        struct path path;
        struct buf spool;
        buf_init(&files[i], BUF_UNLIMITED);
        buf_init(&spool, BUF_UNLIMITED);
        must(spools_open(&s, w.folder, 1, ways[i].memory, &err), &err);
        s.refers = ways[i].refers;
        add_lines(&s);
        assert_int_equal(s.on_disk, i == 2);
        must(spool_path(&path, w.folder, 0, &err), &err);
        if (s.on_disk) {
            must(file_read(path.at, 1 << 20, &spool, &err), &err);
        }
        must(write_shard(&w, s.on_disk ? buf_str(&spool) : buf_str(&s.at[0]), s.refers, "shard", &files[i], &err),
             &err);
        assert_int_equal(files[i].len, files[0].len);
        assert_memory_equal(files[i].at, files[0].at, files[0].len);
        buf_release(&spool);
        spools_release(&s);
    }
    for (size_t i = 0; i < 3; i++) {
        buf_release(&files[i]);
    }
    world_close(&w);
}

/* A spool that was on disk is not trusted: least of all where it says that a line is somewhere in memory. */
static void test_damaged_spools_are_refused(void **state)
{
    struct world w;
    struct spools s;
    struct buf file;
    struct spool_head head;
    tamis_err err;
    (void)state;
    open_world(&w);
    buf_init(&file, BUF_UNLIMITED);
    must(spools_open(&s, w.folder, 1, 1 << 20, &err), &err);
    add_lines(&s);
    struct buf *const spool = &s.at[0];
    memcpy(&head, spool->at, sizeof head);
    const struct spool_head good = head;
    const size_t whole = spool->len;
    const struct spool_head bad[] = {
        {.number = good.number, .length = good.length, .position = good.position, .at = (const char *)(uintptr_t)16},
        {.number = good.number, .length = UINT64_MAX - 8, .position = good.position, .at = (const char *)(uintptr_t)16},
        {.number = good.number, .length = whole, .position = good.position},
        {.number = w.ledger.documents, .length = good.length, .position = good.position},
        {.number = good.number, .length = good.length, .position = LINES},
        {.number = good.number, .length = good.length, .position = 0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        memcpy(spool->at, &bad[i], sizeof bad[i]);
        assert_int_equal(write_shard(&w, buf_str(spool), false, "damaged", &file, &err), TAMIS_INTERNAL);
        assert_non_null(strstr(err.text, "damaged"));
    }
    memcpy(spool->at, &good, sizeof good);
    for (size_t cut = 1; cut < whole; cut += 7) {
        assert_int_equal(write_shard(&w, (tamis_str){spool->at, whole - cut}, false, "damaged", &file, &err),
                         TAMIS_INTERNAL);
    }
    /* .. and lines that should lie elsewhere do not lie here. */
    assert_int_equal(write_shard(&w, buf_str(spool), true, "damaged", &file, &err), TAMIS_INTERNAL);
    must(write_shard(&w, buf_str(spool), false, "whole", &file, &err), &err);
    buf_release(&file);
    spools_release(&s);
    world_close(&w);
}

/* What an earlier version left half done is not continued: its heads were shorter. */
static void test_journals_of_another_version(void **state)
{
    struct world w;
    struct path path;
    tamis_err err;
    const uint64_t digest = 17, figures[2] = {3, 4}, old[4] = {1, digest, 3, 4};
    uint64_t read[2] = {0};
    (void)state;
    open_world(&w);
    must(path_make(&path, &err, "%s/scattered.npy", w.folder), &err);
    must(npy_write(path.at, "'<u8'", sizeof *old, old, 4, &err), &err);
    assert_false(journal_read(path.at, digest, read, 2));
    must(journal_write(path.at, digest, figures, 2, &err), &err);
    assert_true(journal_read(path.at, digest, read, 2));
    assert_memory_equal(read, figures, sizeof figures);
    assert_false(journal_read(path.at, digest + 1, read, 2));
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step),
        cmocka_unit_test(test_referring_spools_hold_heads_alone),
        cmocka_unit_test(test_shards_are_the_same_wherever_lines_lie),
        cmocka_unit_test(test_damaged_spools_are_refused),
        cmocka_unit_test(test_journals_of_another_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
