/* What control groups leave of the machine's memory. */
#include "core/machine.h"

#include <string.h>

#include "core/path.h"
#include "scratch_folder.h"

/* A file of the machine called `root`, with its folders. */
static void tell(const char *root, const char *path, const char *text)
{
    struct path file;
    assert_int_equal(path_make(&file, NULL, "%s/%s/%s", folder, root, path), TAMIS_OK);
    char *const slash = strrchr(file.at, '/');
    *slash = '\0';
    assert_int_equal(file_make_folders(file.at, NULL), TAMIS_OK);
    *slash = '/';
    assert_int_equal(file_write(file.at, text, strlen(text), NULL), TAMIS_OK);
}

static uint64_t limit_of(const char *root)
{
    return machine_memory_limit(in_folder(root));
}

static void without_groups_there_is_no_limit(void **state)
{
    (void)state;
    assert_int_equal(limit_of("nowhere"), UINT64_MAX);
    tell("torn", "proc/self/cgroup", "nonsense\n:\n0:\n0::\n5:memory\n");
    assert_int_equal(limit_of("torn"), UINT64_MAX);
}

static void the_least_of_a_group_and_its_parents_counts(void **state)
{
    (void)state;
    tell("two", "proc/self/cgroup", "0::/slurm/job_7/step_0\n");
    tell("two", "sys/fs/cgroup/slurm/job_7/step_0/memory.max", "max\n");
    assert_int_equal(limit_of("two"), UINT64_MAX);
    tell("two", "sys/fs/cgroup/slurm/memory.max", "8589934592\n");
    assert_int_equal(limit_of("two"), (uint64_t)8 << 30);
    tell("two", "sys/fs/cgroup/slurm/job_7/memory.max", "4294967296\n");
    assert_int_equal(limit_of("two"), (uint64_t)4 << 30);
    tell("two", "sys/fs/cgroup/slurm/job_7/step_0/memory.max", "1048576\n");
    assert_int_equal(limit_of("two"), 1 << 20);
}

static void a_group_outside_of_the_namespace_is_left_alone(void **state)
{
    (void)state;
    tell("space", "proc/self/cgroup", "0::/../../outer\n");
    tell("space", "sys/outer/memory.max", "5\n");
    assert_int_equal(limit_of("space"), UINT64_MAX);
    tell("space", "sys/fs/cgroup/memory.max", "1073741824\n");
    assert_int_equal(limit_of("space"), (uint64_t)1 << 30);
}

static void both_versions_are_asked(void **state)
{
    (void)state;
    tell("one", "proc/self/cgroup", "9:cpu:/x\n4:memory:/host/path/not/mounted\n1:name=systemd:/\n0::/\n");
    tell("one", "sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n");
    tell("one", "sys/fs/cgroup/memory/x/memory.limit_in_bytes", "7\n"); /* of another group */
    assert_int_equal(limit_of("one"), (uint64_t)2 << 30);
    tell("one", "sys/fs/cgroup/memory.max", "1073741824\n");
    assert_int_equal(limit_of("one"), (uint64_t)1 << 30);
}

static void a_machine_has_memory(void **state)
{
    (void)state;
    assert_true(machine_memory() > 0);
    assert_true(machine_memory() <= machine_memory_limit(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_groups_there_is_no_limit),
        cmocka_unit_test(the_least_of_a_group_and_its_parents_counts),
        cmocka_unit_test(a_group_outside_of_the_namespace_is_left_alone),
        cmocka_unit_test(both_versions_are_asked),
        cmocka_unit_test(a_machine_has_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
