/* Laws and rules of mixtures in closed form. */
#include "law_world.h"

#include "law/mixing.h"

/* A published fit (Pythia 70M on Pile and Python): the general share that leaves the Pile's loss where it started. */
static void critical_share_of_the_exponential_law(void **state)
{
    (void)state;
    static const double t[] = {-3.66995};
    const struct mixing law = {.c = 2.80994, .k = tamis_exp(-1.70451), .t = t, .count = 1};
    const double share = 0.28703;
    assert_near(mixing_at(&law, &share), 2.87337, 1e-5);
    assert_near(tamis_log((2.87337 - law.c) / law.k) / t[0], share, 2.5e-5);
}

static void exponential_law_of_two(void **state)
{
    (void)state;
    static const double t[] = {-1, -2}, shares[] = {0.25, 0.75}, first[] = {1, 0};
    const struct mixing law = {.c = 2, .k = 0.5, .t = t, .count = 2};
    assert_near(mixing_at(&law, shares), 2 + 0.5 * tamis_exp(-1.75), 1e-15);
    assert_near(mixing_at(&law, first), 2 + 0.5 * tamis_exp(-1), 1e-15);
}

static void share_and_steps_multiply(void **state)
{
    (void)state;
    const struct bimix law = {.a = 2, .exponent_a = 0.5, .b = 30, .exponent_b = 1, .c = 0.8};
    assert_near(bimix_at(&law, 0.25, 100), 2 / 0.5 * (30.0 / 100 + 0.8), 1e-12);
    assert_near(bimix_at(&law, 1, 1), 2 * 30.8, 1e-12);
    assert_true(isinf(bimix_at(&law, 0, 1)));
}

static void temperature(void **state)
{
    (void)state;
    static const double tokens[] = {1e9, 1e8, 1e7};
    double shares[3];
    temperature_shares(tokens, 3, 0.3, shares);
    assert_near(shares[0], 0.5707, 5e-5);
    assert_near(shares[1], 0.2860, 5e-5);
    assert_near(shares[2], 0.1433, 5e-5);
    temperature_shares(tokens, 3, 1, shares);
    assert_near(shares[0], 1e9 / 1.11e9, 1e-12);
    temperature_shares(tokens, 3, 0, shares);
    assert_near(shares[2], 1.0 / 3, 1e-15);
}

static void empty_pools_get_nothing(void **state)
{
    (void)state;
    static const double tokens[] = {0, 1e300, 1e-300};
    double shares[3];
    temperature_shares(tokens, 3, 0, shares);
    assert_true(shares[0] == 0);
    assert_near(shares[1], 0.5, 1e-15);
    temperature_shares(tokens, 3, 2, shares);
    assert_near(shares[1], 1, 1e-15);
}

static void unimax(void **state)
{
    (void)state;
    static const double tokens[] = {1e9, 1e8, 1e7};
    double taken[3];
    const double rest = unimax_tokens(tokens, 3, 1e9, 4, taken);
    assert_near(taken[0], 0.56e9, 1e-3);
    assert_near(taken[1], 0.40e9, 1e-3);
    assert_near(taken[2], 0.04e9, 1e-3);
    assert_near(rest, 0, 0);
    assert_near(unimax_tokens(tokens, 3, 3e6, 4, taken), 0, 0);
    assert_near(taken[1], 1e6, 1e-6);
}

/* More is asked for than the pools can give: every pool gives all it has, the rest is told. */
static void unimax_beyond_capacity(void **state)
{
    (void)state;
    static const double tokens[] = {1e7, 0, 1e7};
    double taken[3];
    assert_near(unimax_tokens(tokens, 3, 1e9, 4, taken), 1e9 - 8e7, 1e-3);
    assert_near(taken[0], 4e7, 0);
    assert_near(taken[1], 0, 0);
    assert_near(taken[2], 4e7, 0);
}

static void critical_shares(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double at_20b, at_50b;
    } rows[] = {{"460M", 0.2976, 0.516}, {"940M", 0.3489, 0.538}, {"1.6B", 0.4143, 0.567}, {"3.1B", 0.4783, 0.595}};
    for (size_t i = 0; i < 4; i++) {
        const struct cmr_set *const set = &cmr_sets[i];
        assert_string_equal(set->name, rows[i].name);
        assert_near(cmr_power_at(&set->law, 20e9), rows[i].at_20b, 5e-5);
        assert_near(cmr_power_at(&set->law, 50e9), rows[i].at_50b, 5e-4);
    }
    assert_null(cmr_sets[4].name);
    assert_near(cmr_power_at(&cmr_sets[0].law, 2e9), -0.063, 5e-4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(critical_share_of_the_exponential_law),
        cmocka_unit_test(exponential_law_of_two),
        cmocka_unit_test(share_and_steps_multiply),
        cmocka_unit_test(temperature),
        cmocka_unit_test(empty_pools_get_nothing),
        cmocka_unit_test(unimax),
        cmocka_unit_test(unimax_beyond_capacity),
        cmocka_unit_test(critical_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
