/* e to the power of x and the logarithm: exact values, a twin of more digits, limits, and the same bits everywhere. */
#include "documents.h"

#include <float.h>
#include <math.h>

struct value {
    double x, exact;
};

/* The doubles nearest to the true values, computed with 120 decimal digits. */
static const struct value exp_values[] = {
    {0x1.56e1fc2f8f359p-997, 0x1.0000000000000p+0}, {-0x1.70ef54646d497p-57, 0x1.0000000000000p+0},
    {0x1.0000000000000p-54, 0x1.0000000000000p+0}, {0x1.5798ee2308c3ap-27, 0x1.0000002af31dcp+0},
    {-0x1.5798ee2308c3ap-27, 0x1.ffffffaa19c48p-1}, {0x1.0000000000000p-2, 0x1.48b5e3c3e8186p+0},
    {-0x1.62e42fefa39eep-2, 0x1.6a09e667f3bcdp-1}, {0x1.62e42fefa39f0p-2, 0x1.6a09e667f3bcdp+0},
    {0x1.0000000000000p-1, 0x1.a61298e1e069cp+0}, {-0x1.0000000000000p-1, 0x1.368b2fc6f960ap-1},
    {0x1.0000000000000p+0, 0x1.5bf0a8b145769p+1}, {-0x1.0000000000000p+0, 0x1.78b56362cef38p-2},
    {0x1.0000000000000p+1, 0x1.d8e64b8d4ddaep+2}, {-0x1.4000000000000p+1, 0x1.50385c094f425p-4},
    {0x1.921fb54442d18p+1, 0x1.724046eb09339p+4}, {-0x1.26bb1bbb55515p+2, 0x1.47ae147ae147dp-7},
    {0x1.4000000000000p+3, 0x1.5829dcf950560p+14}, {-0x1.4000000000000p+4, 0x1.1b48655f37267p-29},
    {0x1.62e42feba39efp+6, 0x1.fffffdffffff5p+127}, {-0x1.9000000000000p+6, 0x1.a8c1f14e2af5dp-145},
    {0x1.0000000000000p+8, 0x1.41c7a8814bebap+369}, {-0x1.2c40000000000p+8, 0x1.c758233102acep-434},
    {0x1.f420000000000p+8, 0x1.7118e7d39646dp+721}, {-0x1.5e40000000000p+9, 0x1.4ff475c68ca02p-1011},
    {-0x1.6232bdd7abcd2p+9, 0x1.000000000007cp-1022}, {-0x1.6260000000000p+9, 0x0.b3c15564d094bp-1022},
    {0x1.62e42fefa39efp+9, 0x1.fffffffffff2ap+1023}, {-0x1.6840000000000p+9, 0x0.00005cf08fff0p-1022},
    {-0x1.7200000000000p+9, 0x0.0000000000055p-1022}, {-0x1.74385446d71c3p+9, 0x0.0000000000001p-1022},
    {-0x1.74910d52d3051p+9, 0x0.0000000000001p-1022},
};
static const struct value log_values[] = {
    {0x0.0000000000001p-1022, -0x1.74385446d71c3p+9}, {0x0.02e055c9a3f6cp-1022, -0x1.64714a9115cd0p+9},
    {0x1.0000000000000p-1022, -0x1.6232bdd7abcd2p+9}, {0x1.56e1fc2f8f359p-997, -0x1.5963447f87fb5p+9},
    {0x1.5798ee2308c3ap-27, -0x1.26bb1bbb55516p+4}, {0x1.999999999999ap-4, -0x1.26bb1bbb55515p+1},
    {0x1.0000000000000p-1, -0x1.62e42fefa39efp-1}, {0x1.6a09e667f3bccp-1, -0x1.62e42fefa39f1p-2},
    {0x1.6a09e667f3bcep-1, -0x1.62e42fefa39ebp-2}, {0x1.ccccccccccccdp-1, -0x1.af8e8210a415cp-4},
    {0x1.fffffffffffffp-1, -0x1.0000000000000p-53}, {0x1.0000000000001p+0, 0x1.fffffffffffffp-53},
    {0x1.0040000000000p+0, 0x1.ffc00aa8ab110p-11}, {0x1.199999999999ap+0, 0x1.8663f793c46ccp-4},
    {0x1.6a09e667f3bcdp+0, 0x1.62e42fefa39f0p-2}, {0x1.6a09e667f3bcep+0, 0x1.62e42fefa39f3p-2},
    {0x1.0000000000000p+1, 0x1.62e42fefa39efp-1}, {0x1.5bf0a8b145769p+1, 0x1.0000000000000p+0},
    {0x1.8000000000000p+1, 0x1.193ea7aad030bp+0}, {0x1.4000000000000p+3, 0x1.26bb1bbb55516p+1},
    {0x1.86a0000000000p+16, 0x1.7069e2aa2aa5bp+3}, {0x1.e240c9fbe76c9p+16, 0x1.77281cad8a844p+3},
    {0x1.249ad2594c37dp+332, 0x1.cc845b54b54f2p+7}, {0x1.fffffffffffffp+1023, 0x1.62e42fefa39efp+9},
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The distance from a number to the next larger one in size. */
static double ulp(double x)
{
    const double size = fabs(x);
    return nextafter(size, INFINITY) - size;
}

static void check_values(const char *name, double (*function)(double), const struct value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const double got = function(values[i].x);
        if (fabs(got - values[i].exact) > ulp(values[i].exact)) {
            fail_msg("%s(%a) is %a, not %a", name, values[i].x, got, values[i].exact);
        }
    }
}

static void exact_values(void **state)
{
    (void)state;
    check_values("exp", tamis_exp, exp_values, COUNT_OF(exp_values));
    check_values("log", tamis_log, log_values, COUNT_OF(log_values));
}

static void limits(void **state)
{
    (void)state;
    assert_true(tamis_exp(0) == 1 && tamis_exp(-0.0) == 1);
    assert_true(tamis_exp(5e-324) == 1 && tamis_exp(-5e-324) == 1);
    assert_true(tamis_exp(INFINITY) == INFINITY && tamis_exp(DBL_MAX) == INFINITY && tamis_exp(710) == INFINITY);
    assert_true(tamis_exp(0x1.62e42fefa39fp+9) == INFINITY); /* the first whose power is too large */
    assert_true(tamis_exp(-INFINITY) == 0 && tamis_exp(-DBL_MAX) == 0 && tamis_exp(-746) == 0);
    assert_true(tamis_exp(-0x1.74910d52d3052p+9) == 0); /* the first below half the smallest */
    assert_false(signbit(tamis_exp(-INFINITY)) || signbit(tamis_exp(-800)));
    assert_true(isnan(tamis_exp(NAN)) && isnan(tamis_log(NAN)));
    assert_true(tamis_log(1) == 0 && !signbit(tamis_log(1)));
    assert_true(tamis_log(0) == -INFINITY && tamis_log(-0.0) == -INFINITY);
    assert_true(tamis_log(INFINITY) == INFINITY);
    assert_true(isnan(tamis_log(-1)) && isnan(tamis_log(-INFINITY)) && isnan(tamis_log(-5e-324)));
}

/* ---- Random arguments ------------------------------------------------------------------------------------------- */

static double share(uint64_t *random)
{
    return (double)(next_random(random) >> 11) * 0x1p-53;
}

static double any_exponent(uint64_t *random)
{
    switch (next_random(random) % 5) {
    case 0: return share(random) * 1456 - 746;
    case 1: return share(random) * 2 - 1;
    case 2: return share(random) * -20;
    case 3: return (share(random) - 0.5) * 1e-3;
    default: return -708 - share(random) * 38; /* powers that are subnormal */
    }
}

static double any_positive(uint64_t *random)
{
    switch (next_random(random) % 4) {
    case 0: {
        const uint64_t bits = 1 + (next_random(random) >> 1) % 0x7fefffffffffffffu;
        double x;
        memcpy(&x, &bits, sizeof x);
        return x;
    }
    case 1: return share(random) * 2 + 0x1p-60;
    case 2: return 1 + (share(random) - 0.5) * 0.9;
    default: return 1 + (share(random) - 0.5) * 1e-5;
    }
}

static void check_near(const char *name, double x, double got, long double wanted)
{
    const double unit = ulp((double)wanted);
    if (fabsl((long double)got - wanted) > unit) {
        fail_msg("%s(%a) is %a, %Lg ulp off", name, x, got, ((long double)got - wanted) / unit);
    }
}

static void within_an_ulp(void **state)
{
    (void)state;
    if (LDBL_MANT_DIG <= DBL_MANT_DIG) {
        print_message("skipped: long double has no more digits than double here\n");
        skip();
    }
    uint64_t random = 3;
    for (int i = 0; i < 300000; i++) {
        const double x = any_exponent(&random), y = any_positive(&random);
        if (tamis_exp(x) != INFINITY) {
            check_near("exp", x, tamis_exp(x), expl(x));
        }
        check_near("log", y, tamis_log(y), logl(y));
    }
}

/* One must bring back the other, and neither turn around within what it may be off. */
static void inverse_and_rising(void **state)
{
    (void)state;
    uint64_t random = 11;
    for (int i = 0; i < 100000; i++) {
        const double x = share(&random) * 1400 - 700;
        const double there_and_back = tamis_log(tamis_exp(x));
        assert_true(fabs(there_and_back - x) <= 0x1p-51 * (fabs(x) + 1));
        assert_true(tamis_exp(x + fabs(x) * 0x1p-48) >= tamis_exp(x));
        const double y = any_positive(&random);
        assert_true(tamis_log(y * (1 + 0x1p-48)) >= tamis_log(y));
    }
}

/* What is computed decides, so a compiler that fuses or reorders must be seen. */
static void same_bits_everywhere(void **state)
{
    (void)state;
    uint64_t random = 7, seen = 0;
    for (int i = 0; i < 200000; i++) {
        seen = hash_join(seen, bits_of(tamis_exp(any_exponent(&random))));
        seen = hash_join(seen, bits_of(tamis_log(any_positive(&random))));
    }
    if (seen != UINT64_C(0x0610570a430a8fa0)) {
        fail_msg("the results hash to 0x%016llx", (unsigned long long)seen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_values),
        cmocka_unit_test(limits),
        cmocka_unit_test(within_an_ulp),
        cmocka_unit_test(inverse_and_rising),
        cmocka_unit_test(same_bits_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
