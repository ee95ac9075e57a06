/*
 * The laws of ensembles and of pruning, and the proposition that joins them, against figures worked out by hand.
 */
#include "law_world.h"

#include "law/downscaling.h"

static void test_ensemble(void **state)
{
    (void)state;
    assert_near(ensemble_at(3, 0.83, 0.83, 1), 3, 1e-15);
    for (unsigned n = 2; n <= 8; n *= 2) {
        assert_near(ensemble_at(3, 0.83, 0.83, n), 3 - 0.83 * (1 - pow(n, -0.83)), 1e-12);
    }
    assert_near(ensemble_at(3, 0.83, 0.15, 1e12), 2.85, 1e-9);
}

/* ---- The proposition -------------------------------------------------------------------------------------------- */

static void test_left_side(void **state)
{
    (void)state;
    static const double left[] = {0.2069, 0.3861, 0.5010, 0.5792, 0.6357, 0.6783, 0.7116, 0.7384};
    for (size_t i = 0; i < 8; i++) {
        assert_near(proposition_left(&proposition_published, (double)i + 2), left[i], 6e-5);
    }
    assert_near(proposition_left(&proposition_published, 1), 0, 0);
    assert_near(proposition_left(&proposition_published, 1e12), 1, 1e-6);
}

/* "For all n > 7" holds, and so does 7. */
static void test_first_number_of_models(void **state)
{
    (void)state;
    struct proposition p = proposition_published;
    assert_near(proposition_right(&p, 8.03e9), 0.65850, 5e-6);
    assert_near(proposition_right(&p, 8e9), 0.65921, 5e-6);
    assert_int_equal(proposition_models(&p, 8.03e9), 7);
    assert_int_equal(proposition_models(&p, 8e9), 7);
    assert_int_equal(proposition_models(&p, 6.146e9), 8);
    assert_int_equal(proposition_models(&p, 7.25e9), 8);
    assert_int_equal(proposition_models(&p, 7.252e9), 7);
    assert_int_equal(proposition_models(&p, 8.03e12), 2); /* had N0 been meant in millions, or in ones .. */
    assert_near(proposition_right(&p, 8.03e18), 0.00162, 5e-6);
    assert_int_equal(proposition_models(&p, 8.03e18), 2); /* .. the statement would be empty */
}

static void test_gain_decides(void **state)
{
    (void)state;
    static const struct {
        double b;
        unsigned models;
    } cases[] = {{0.6, 32}, {0.7, 12}, {0.5, 0}, {0.15, 0}, {0.5465, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct proposition p = proposition_published;
        p.b = cases[i].b;
        assert_int_equal(proposition_models(&p, 8.03e9), cases[i].models);
    }
}

/* The plain twin: one number after the other. */
static void test_same_as_one_by_one(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 60; k++) {
        const struct proposition p = {.a = 0.3 + 0.05 * (k % 7), .b = 0.55 + 0.007 * k, .gamma = 0.4 * (k % 5),
                                      .delta = 0.29};
        const double right = proposition_right(&p, 8.03e9);
        unsigned n = 2;
        while (n <= 3000 && !(proposition_left(&p, n) >= right)) {
            n++;
        }
        const unsigned found = proposition_models(&p, 8.03e9);
        assert_true(n <= 3000 ? found == n : found == 0 || found > 3000);
    }
    const struct proposition falling = {.a = 1, .b = 0.83, .gamma = -1, .delta = 0.29};
    assert_int_equal(proposition_models(&falling, 8.03e9), 2); /* (1 - 1/2) x 2 = 1 */
}

/* ---- P2 --------------------------------------------------------------------------------------------------------- */

/* gamma, delta and alpha as they are quoted; the others are not published. */
static const struct p2 printed = {.gamma = 1.08, .delta = 0.29, .nc = 0.1, .alpha = -1.57, .dc = 0.2, .beta = 0.4,
                                  .e = 0.05};

static void test_p2_sign(void **state)
{
    (void)state;
    struct p2 law = printed;
    assert_near(pow(0.15, -1.08), 7.76, 0.005);
    assert_true(p2_at(&law, 2, 0.15, 8e9, 1e9) > p2_at(&law, 2, 0.35, 8e9, 1e9)); /* more pruning, less loss */
    assert_false(p2_grows(&law, 0.15, 8e9, 1e9));
    law.gamma = -1.08;
    assert_true(p2_at(&law, 2, 0.15, 8e9, 1e9) < p2_at(&law, 2, 0.35, 8e9, 1e9));
    assert_true(p2_grows(&law, 0.15, 8e9, 1e9));
    law = printed;
    law.e = -100; /* the bracket carries the sign */
    assert_true(p2_grows(&law, 0.15, 8e9, 1e9));
}

static void test_p2_values(void **state)
{
    (void)state;
    const double bracket = 0.1 / pow(8, -1.57) + 0.2 / pow(0.5, 0.4) + 0.05;
    const double expected = 2 + pow(0.25, -1.08) * pow(8, -0.29) * bracket;
    assert_near(p2_at(&printed, 2, 0.25, 8e9, 0.5e9), expected, 1e-9);
    assert_near(p2_at(&printed, 2, 0, 8e9, 0.5e9), 2, 0); /* a pole of the formula; nothing was pruned */
}

static void test_p2_tokens(void **state)
{
    (void)state;
    const double loss = p2_at(&printed, 2, 0.25, 8e9, 0.7e9);
    assert_near(p2_tokens(&printed, 2, 0.25, 8e9, loss) / 0.7e9, 1, 1e-9);
    const double floor_of_all = p2_at(&printed, 2, 0.25, 8e9, 1e300);
    assert_true(isnan(p2_tokens(&printed, 2, 0.25, 8e9, floor_of_all - 1e-3)));
    assert_near(p2_tokens(&printed, 2, 0, 8e9, 2.1), 0, 0);
    assert_true(isnan(p2_tokens(&printed, 2, 0, 8e9, 1.9)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ensemble),          cmocka_unit_test(test_left_side),
        cmocka_unit_test(test_first_number_of_models), cmocka_unit_test(test_gain_decides),
        cmocka_unit_test(test_same_as_one_by_one), cmocka_unit_test(test_p2_sign),
        cmocka_unit_test(test_p2_values),         cmocka_unit_test(test_p2_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
