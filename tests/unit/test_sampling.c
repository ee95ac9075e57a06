/* Which documents are measured in full while nobody knows yet how many there will be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "run/sampling.h"

#define ROWS 30000

static uint64_t below_after(size_t count, uint64_t disk_read, uint64_t disk)
{
    struct input input = {.bytes = disk};
    const struct inputs inputs = {&input, 1};
    struct sampling sampling;
    tamis_err err;
    struct survey_row *const rows = calloc(count + 1, sizeof *rows);
    assert_non_null(rows);
    assert_int_equal(sampling_init(&sampling, &inputs, &err), TAMIS_OK);
    assert_true(atomic_load(&sampling.below) == UINT64_MAX);
    for (size_t i = 0; i < count; i++) { /* evenly over the range */
        rows[i] = (struct survey_row){.hash_high = UINT64_MAX / ROWS * (i * 7919 % ROWS), .hash_low = 1};
    }
    sampling_see(&sampling, rows, count, disk_read);
    const uint64_t below = atomic_load(&sampling.below);
    sampling_release(&sampling);
    free(rows);
    return below;
}

static double share(uint64_t below)
{
    return (double)below / (double)UINT64_MAX;
}

static void test_below(void **state)
{
    (void)state;
    /* All may count: 1,000 documents in a tenth, or so few that 10,000 are more than there will be. */
    assert_true(below_after(1000, 100, 1000) == UINT64_MAX);
    assert_true(below_after(0, 100, 1000) == UINT64_MAX);
    /* 100,000 foreseen: a tenth of them is wanted, and a quarter more than that measured. */
    assert_true(share(below_after(1000, 10, 1000)) > 0.12 && share(below_after(1000, 10, 1000)) < 0.13);
    /* Never under the rate, however many are foreseen. */
    assert_true(below_after(1000, 1, 1000000000) == UINT64_MAX / SURVEY_SAMPLE_ONE_IN);
    /* What is known beats what is guessed: a third, when all were seen or when nothing was told. */
    assert_true(share(below_after(ROWS, 1000, 1000)) > 0.33 && share(below_after(ROWS, 1000, 1000)) < 0.34);
    assert_true(share(below_after(ROWS, 0, 1000)) > 0.33 && share(below_after(ROWS, 0, 1000)) < 0.34);
    assert_true(share(below_after(ROWS, 0, 0)) > 0.33 && share(below_after(ROWS, 0, 0)) < 0.34);
}

static void test_takes(void **state)
{
    struct sample_limit limit = {.rate = 100, .smallest = {.last = 500, .ties = 1}};
    (void)state;
    assert_true(sample_limit_takes(&limit, 99));
    assert_true(sample_limit_takes(&limit, 499));
    assert_true(sample_limit_takes(&limit, 500));
    assert_false(sample_limit_takes(&limit, 500));
    assert_false(sample_limit_takes(&limit, 501));
    limit.rate = 501;
    assert_true(sample_limit_takes(&limit, 500));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_below),
        cmocka_unit_test(test_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
