/* Rank correlations: known ones, and many against a plain twin. */
#include "guards_world.h"

static double spearman_of(const double *a, const double *b, size_t count)
{
    tamis_err err;
    double rho = 0;
    must(spearman(a, b, count, &rho, &err), &err);
    return rho;
}

static void test_spearman_known(void **state)
{
    (void)state;
    /* A worked example of textbooks: rho = -29/165. */
    const double iq[] = {106, 100, 86, 101, 99, 103, 97, 113, 112, 110};
    const double hours[] = {7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
    assert_near(spearman_of(iq, hours, 10), -29.0 / 165);
    const double up[] = {1, 2, 3, 1000}, down[] = {-1, -5, -6, -7}, flat[] = {2, 2, 2, 2}, tied[] = {1, 1, 2, 2};
    assert_true(spearman_of(up, up, 4) >= 1 && spearman_of(up, up, 4) <= 1);
    assert_true(spearman_of(up, down, 4) >= -1 && spearman_of(up, down, 4) <= -1);
    assert_true(isnan(spearman_of(up, flat, 4)));
    assert_true(isnan(spearman_of(up, down, 2)));
    assert_true(isnan(spearman_of(NULL, NULL, 0)));
    assert_near(spearman_of(up, tied, 4), 4 / sqrt(20));
    const double holes[] = {1, NAN, 3, 1000}, other[] = {NAN, -5, -6, -7};
    assert_true(isnan(spearman_of(holes, other, 4)));
}

static void test_spearman_agrees(void **state)
{
    (void)state;
    double a[400], b[400];
    uint64_t seed = 1;
    for (size_t count = 3; count <= 400; count += 37) {
        for (uint64_t values = 2; values < 1000; values *= 5) {
            for (size_t i = 0; i < count; i++) {
                a[i] = next_random(&seed) % 20 ? (double)(next_random(&seed) % values) - 5 : NAN;
                b[i] = next_random(&seed) % 20 ? a[i] + (double)(next_random(&seed) % values) : NAN;
            }
            assert_near(spearman_of(a, b, count), plain_spearman(a, b, count));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spearman_known),
        cmocka_unit_test(test_spearman_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
