/* Scaling laws in closed form: published constants give the numbers that were recomputed from them. */
#include "law_world.h"

#include "law/scaling.h"

static const struct chinchilla *set_called(const char *name)
{
    for (const struct chinchilla_set *set = chinchilla_sets; set->name; set++) {
        if (strcmp(set->name, name) == 0) {
            return &set->law;
        }
    }
    fail_msg("there is no set '%s'", name);
    return NULL;
}

static void powers(void **state)
{
    (void)state;
    assert_near(real_power(2, 10), 1024, 1e-10);
    assert_near(real_power(9, -0.5), 1.0 / 3, 1e-15);
    assert_true(real_power(0, 0.5) == 0);
    assert_true(real_power(0, 0) == 1);
    assert_true(isinf(real_power(0, -1)));
    assert_true(real_power(5, 0) == 1);
}

/* The joint fit of the paper. */
static void kaplan(void **state)
{
    (void)state;
    const struct kaplan joint = {.nc = 6.4e13, .an = 0.076, .dc = 1.8e13, .ad = 0.103};
    assert_near(kaplan_at(&joint, 1.5e9, 3e10), 2.29693, 5e-6);
    assert_true(kaplan_at(&joint, 1e9, 1e10) > kaplan_at(&joint, 1e9, 2e10));
    assert_true(kaplan_at(&joint, 1e9, 1e10) > kaplan_at(&joint, 2e9, 1e10));
}

static void every_set_has_its_constants(void **state)
{
    (void)state;
    const struct chinchilla *law = set_called("hoffmann");
    assert_near(law->a, 406.4, 0);
    assert_near(law->b, 410.7, 0);
    assert_near(law->e, 1.69, 0);
    law = set_called("hoffmann_unrounded");
    assert_near(tamis_log(law->a), 6.00734, 1e-12);
    assert_near(tamis_log(law->b), 6.01792, 1e-12);
    assert_near(tamis_log(law->e), 0.52672, 1e-12);
    assert_near(law->alpha, 0.33917, 0);
    assert_near(law->beta, 0.28491, 0);
    law = set_called("besiroglu");
    assert_near(law->a, 482.01, 0);
    assert_near(law->b, 2085.43, 0);
    assert_near(law->e, 1.8172, 0);
    law = set_called("c4");
    assert_near(law->a, 520.825, 1e-3);
    assert_near(law->b, 1487.716, 1e-3);
    assert_near(law->e, 1.86914, 5e-6);
    assert_near(law->alpha, 0.35266, 5e-6);
    assert_near(law->beta, law->alpha, 0);
    for (const struct chinchilla_set *set = chinchilla_sets; set->name; set++) {
        assert_non_null(set->source);
    }
}

static void optimum(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double tokens_per_parameter;
    } rows[] = {{"hoffmann", 92.6}, {"besiroglu", 18.4}, {"c4", 19.6}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct chinchilla_best best = chinchilla_optimum(set_called(rows[i].name), 5.76e23);
        assert_near(best.tokens / best.parameters, rows[i].tokens_per_parameter, 0.05);
        assert_near(6 * best.parameters * best.tokens / 5.76e23, 1, 1e-12);
    }
}

/* No N with the same operations does better. */
static void optimum_is_one(void **state)
{
    (void)state;
    for (const struct chinchilla_set *set = chinchilla_sets; set->name; set++) {
        const struct chinchilla_best best = chinchilla_optimum(&set->law, 1e21);
        for (double factor = 0.5; factor < 2.1; factor += 0.1) {
            const double parameters = best.parameters * factor;
            assert_true(chinchilla_at(&set->law, parameters, 1e21 / 6 / parameters) >= best.loss - 1e-12);
        }
        assert_near(chinchilla_parameters_for(&set->law, best.tokens) / best.parameters, 1, 1e-9);
        assert_near(chinchilla_tokens_for(&set->law, best.parameters) / best.tokens, 1, 1e-9);
    }
}

static void tokens_for_a_loss(void **state)
{
    (void)state;
    const struct chinchilla *const law = set_called("besiroglu");
    assert_near(law->e + law->a * real_power(1e9, -law->alpha), 2.17435, 5e-6);
    const double tokens = chinchilla_tokens(law, 1e9, 2.6);
    assert_near(tokens / 1e9, 12.24, 0.005);
    assert_near(chinchilla_at(law, 1e9, tokens), 2.6, 1e-12);
    assert_true(isnan(chinchilla_tokens(law, 1e9, 2.17)));
    assert_true(isnan(chinchilla_tokens(law, 1e9, law->e + law->a * real_power(1e9, -law->alpha))));
}

static void repeats_lose_their_worth(void **state)
{
    (void)state;
    static const struct {
        double epochs, worth, last;
    } rows[] = {{1, 1, 1}, {2, 1.968, 0.937}, {4, 3.726, 0.823}, {16, 10.58, 0.377}, {40, 15.17, 0.079}};
    const struct constrained *const law = &constrained_published;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_near(constrained_tokens(law, 1e9, rows[i].epochs * 1e9) / 1e9, rows[i].worth, rows[i].worth * 5e-4);
        assert_near(constrained_last(law, 1e9, rows[i].epochs * 1e9), rows[i].last, 5e-4);
    }
    assert_near(constrained_tokens(law, 1, 1e9), 16.39, 0.005);
    assert_near(constrained_last(law, 1, 1e9), 0, 0);
    assert_near(constrained_tokens(law, 1e9, 3e8), 3e8, 0);
    assert_near(constrained_last(law, 1e9, 3e8), 1, 0);
}

static void excess_parameters(void **state)
{
    (void)state;
    const struct constrained *const law = &constrained_published;
    const double best = chinchilla_parameters_for(&law->law, 1e9);
    assert_near(best / 1e9, 0.050987, 5e-7);
    assert_near(constrained_parameters(law, 1e9, best / 2), best / 2, 0);
    assert_near(constrained_parameters(law, 1e9, 1e6 * best) / best, 1 + law->excess, 1e-9);
    assert_true(constrained_parameters(law, 1e9, 3 * best) < 3 * best);
}

/* Without repeats, and with few parameters, it is the law underneath; unused unique tokens change nothing. */
static void unconstrained(void **state)
{
    (void)state;
    const struct constrained *const law = &constrained_published;
    assert_near(constrained_at(law, 1e8, 1e10, 1e10), chinchilla_at(&law->law, 1e8, 1e10), 1e-12);
    assert_near(constrained_at(law, 1e9, 1e12, 1e10), constrained_at(law, 1e9, 1e10, 1e10), 0);
    assert_true(constrained_at(law, 1e8, 1e10, 4e10) > chinchilla_at(&law->law, 1e8, 4e10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(powers),
        cmocka_unit_test(kaplan),
        cmocka_unit_test(every_set_has_its_constants),
        cmocka_unit_test(optimum),
        cmocka_unit_test(optimum_is_one),
        cmocka_unit_test(tokens_for_a_loss),
        cmocka_unit_test(repeats_lose_their_worth),
        cmocka_unit_test(excess_parameters),
        cmocka_unit_test(unconstrained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
