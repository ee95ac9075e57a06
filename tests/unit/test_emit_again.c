/*
 * Emit again: killed or stopped at any moment, continued, or begun over what an earlier one wrote.
 */
#include "emit_world.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static size_t count_shards(const struct world *w, const char *target)
{
    struct path path;
    tamis_err err;
    size_t count = 0;
    must(path_make(&path, &err, "%s/out/%s", w->run_folder.at, target), &err);
    DIR *const dir = opendir(path.at);
    for (const struct dirent *entry = dir ? readdir(dir) : NULL; entry != NULL; entry = readdir(dir)) {
        count += strncmp(entry->d_name, "train-", 6) == 0;
    }
    if (dir) {
        closedir(dir);
    }
    return count;
}

/* A child emits and is killed as soon as `enough` shards of a target stand, or after a while. */
static void emit_and_kill(struct world *w, const char *target, size_t enough, long nanoseconds)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct emit_totals totals;
        tamis_err err;
        w->run.threads = 1;
        _exit((int)emit(&w->run, &w->ledger, &w->plan, &totals, &err));
    }
    const struct timespec pause = {.tv_nsec = nanoseconds};
    int how = 0;
    for (int waited = 0; waited < 20000 && count_shards(w, target) < enough; waited++) {
        nanosleep(&pause, NULL);
        if (enough == SIZE_MAX || waitpid(child, &how, WNOHANG) == child) {
            break;
        }
    }
    kill(child, SIGKILL);
    waitpid(child, &how, 0);
}

static uint64_t expected_output(uint64_t seed, uint64_t shard_bytes)
{
    struct world w;
    world_begin(&w, seed, 2, 2, shard_bytes);
    world_emit(&w);
    const uint64_t hash = hash_output(&w);
    world_close(&w);
    return hash;
}

static void test_killed_while_writing_shards(void **state)
{
    (void)state;
    const uint64_t wanted = expected_output(6, 9000);
    struct world w;
    world_begin(&w, 6, 2, 2, 9000);
    emit_and_kill(&w, "small", 1, 200000);
    emit_and_kill(&w, "repeats", 3, 200000);
    emit_and_kill(&w, "repeats", 9, 200000);
    for (size_t i = 0; i < w.inputs.count; i++) { /* shards stand, so the read was over: nothing is read again */
        tamis_err err;
        must(file_remove_tree(w.inputs.at[i].path, &err), &err);
    }
    world_emit(&w);
    assert_int_equal(hash_output(&w), wanted);
    world_close(&w);
}

static void test_killed_at_any_time(void **state)
{
    (void)state;
    const uint64_t wanted = expected_output(7, 9000);
    struct world w;
    world_begin(&w, 7, 2, 2, 9000);
    for (long moment = 200000; moment < 60000000; moment *= 3) {
        emit_and_kill(&w, "small", SIZE_MAX, moment);
    }
    world_emit(&w);
    assert_int_equal(hash_output(&w), wanted);
    world_close(&w);
}

/* A reader that asks for a stop when it opens part number `stop_at`. */
static struct {
    atomic_int *stop;
    unsigned opened, stop_at;
} stopper;

static tamis_status open_and_stop(struct reader **r, const char *path, const struct reader_options *options,
                                  tamis_err *err)
{
    if (++stopper.opened == stopper.stop_at) {
        atomic_store(stopper.stop, 1);
    }
    return reader_jsonl.open(r, path, options, err);
}

static void test_stopped_while_reading(void **state)
{
    (void)state;
    struct reader_format stopping = reader_jsonl;
    stopping.open = open_and_stop;
    const uint64_t wanted = expected_output(8, 9000);
    for (unsigned stop_at = 1; stop_at <= 5; stop_at += 2) {
        struct world w;
        struct emit_totals totals;
        tamis_err err;
        world_begin(&w, 8, 3, 2, 9000);
        stopper.stop = &w.stop;
        stopper.opened = 0;
        stopper.stop_at = stop_at;
        for (size_t i = 0; i < w.inputs.count; i++) {
            w.inputs.at[i].format = &stopping;
        }
        assert_int_equal(emit(&w.run, &w.ledger, &w.plan, &totals, &err), TAMIS_INTERRUPTED);
        emit_release(&totals);
        assert_int_equal(count_shards(&w, "small"), 0);
        atomic_store(&w.stop, 0);
        world_emit(&w);
        assert_int_equal(hash_output(&w), wanted);
        world_close(&w);
    }
}

/* The second run has no input to read: it must not need it, and must count the same. */
static void test_what_stands_is_not_written_again(void **state)
{
    (void)state;
    struct world w;
    struct emit_totals first, second;
    tamis_err err;
    world_begin(&w, 9, 2, 2, 9000);
    must(emit(&w.run, &w.ledger, &w.plan, &first, &err), &err);
    const uint64_t hash = hash_output(&w);
    for (size_t i = 0; i < w.inputs.count; i++) {
        must(file_remove_tree(w.inputs.at[i].path, &err), &err);
    }
    must(emit(&w.run, &w.ledger, &w.plan, &second, &err), &err);
    assert_int_equal(hash_output(&w), hash);
    assert_int_equal(first.emitted_documents, second.emitted_documents);
    assert_int_equal(first.emitted_bytes, second.emitted_bytes);
    assert_int_equal(first.emitted_tokens, second.emitted_tokens);
    assert_int_equal(first.held_out_bytes, second.held_out_bytes);
    assert_int_equal(first.dropped_documents, second.dropped_documents);
    for (size_t t = 0; t < 2; t++) {
        assert_int_equal(first.targets[t].documents, second.targets[t].documents);
        assert_int_equal(first.targets[t].bytes, second.targets[t].bytes);
        assert_int_equal(first.targets[t].shards, second.targets[t].shards);
        assert_memory_equal(first.targets[t].domain_tokens, second.targets[t].domain_tokens, 2 * sizeof(uint64_t));
    }
    emit_release(&first);
    emit_release(&second);
    world_close(&w);
}

static void test_a_lost_shard_is_made_again(void **state)
{
    (void)state;
    struct world w;
    struct path path;
    tamis_err err;
    world_begin(&w, 10, 2, 2, 50000);
    world_emit(&w);
    const uint64_t hash = hash_output(&w);
    const size_t shards = count_shards(&w, "repeats");
    must(path_make(&path, &err, "%s/out/repeats/train-00001-of-%05zu.jsonl.zst", w.run_folder.at, shards), &err);
    must(file_remove_tree(path.at, &err), &err);
    world_emit(&w);
    assert_int_equal(hash_output(&w), hash);
    must(file_write(path.at, "x", 1, &err), &err);
    world_emit(&w);
    assert_int_equal(hash_output(&w), hash);
    world_close(&w);
}

/* A run with other shards, begun over an older one, leaves nothing of it. */
static void test_old_shards_go(void **state)
{
    (void)state;
    const uint64_t wanted = expected_output(11, 30000);
    struct world w;
    world_begin(&w, 11, 2, 2, 5000);
    world_emit(&w);
    const size_t before = count_shards(&w, "repeats");
    w.recipe.output.shard_bytes = 30000;
    world_emit(&w);
    assert_true(count_shards(&w, "repeats") < before);
    assert_int_equal(hash_output(&w), wanted);
    world_close(&w);
}

static void test_memory_too_small_for_a_shard(void **state)
{
    (void)state;
    struct world w;
    struct emit_totals totals;
    tamis_err err = {0};
    world_begin(&w, 12, 1, 1, 9000);
    w.run.memory = 1 << 20;
    assert_int_equal(emit(&w.run, &w.ledger, &w.plan, &totals, &err), TAMIS_IO);
    assert_non_null(strstr(err.text, "--memory"));
    assert_non_null(strstr(err.text, "shard_bytes"));
    emit_release(&totals);
    world_close(&w);
}

static void test_changed_input_is_refused(void **state)
{
    (void)state;
    struct world w;
    struct emit_totals totals;
    tamis_err err;
    world_begin(&w, 13, 1, 1, 9000);
    must(file_write(w.inputs.at[1].path, "{\"text\":\"x\"}\n", 13, &err), &err);
    assert_int_equal(emit(&w.run, &w.ledger, &w.plan, &totals, &err), TAMIS_INPUT);
    emit_release(&totals);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* first, while this process has no threads that a child would miss */
        cmocka_unit_test(test_killed_while_writing_shards),
        cmocka_unit_test(test_killed_at_any_time),
        cmocka_unit_test(test_stopped_while_reading),
        cmocka_unit_test(test_what_stands_is_not_written_again),
        cmocka_unit_test(test_a_lost_shard_is_made_again),
        cmocka_unit_test(test_old_shards_go),
        cmocka_unit_test(test_memory_too_small_for_a_shard),
        cmocka_unit_test(test_changed_input_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
