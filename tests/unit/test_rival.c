/* Rivals: how much of a selection a simple score would keep too, against a plain twin. */
#include "guards_world.h"

/* The next document a rival keeps or, going upwards, leaves out: none is better and it is not yet taken. */
static size_t plain_next(const struct rival_entry *entries, size_t count, const bool *done, bool highest)
{
    size_t best = count;
    for (size_t i = 0; i < count; i++) {
        if (!done[i] && entries[i].fate != RIVAL_OUTSIDE && !isnan(entries[i].value) &&
            (best == count || (highest ? entries[i].value > entries[best].value
                                       : entries[i].value < entries[best].value))) {
            best = i;
        }
    }
    return best;
}

static double plain_overlap(const struct rival_entry *entries, size_t count, int policy)
{
    bool done[500] = {false};
    uint64_t kept = 0, all = 0, taken = 0, both = 0, out = 0;
    for (size_t i = 0; i < count; i++) {
        kept += entries[i].fate == RIVAL_KEPT ? entries[i].tokens : 0;
        all += entries[i].fate != RIVAL_OUTSIDE && !isnan(entries[i].value) ? entries[i].tokens : 0;
    }
    for (size_t i = 0; policy == POLICY_MIDDLE && all > kept;) {
        i = plain_next(entries, count, done, false);
        if (i == count || out + entries[i].tokens > (all - kept) / 2) {
            break;
        }
        out += entries[i].tokens;
        done[i] = true;
    }
    while (taken < kept) {
        const size_t i = plain_next(entries, count, done, policy == POLICY_TOP);
        if (i == count) {
            break;
        }
        done[i] = true;
        taken += entries[i].tokens;
        both += entries[i].fate == RIVAL_KEPT ? entries[i].tokens : 0;
    }
    return (double)both / (double)kept;
}

static void test_rivals_agree(void **state)
{
    (void)state;
    static const int policies[] = {POLICY_TOP, POLICY_BOTTOM, POLICY_MIDDLE};
    uint64_t seed = 2;
    for (int round = 0; round < 60; round++) {
        struct rival_entry entries[500], shuffled[500];
        const size_t count = 5 + next_random(&seed) % 400;
        const int side = policies[round % 3];
        uint64_t kept = 0, candidates = 0;
        for (size_t i = 0; i < count; i++) {
            const double value = uniform(&seed), noisy = value + 0.2 * uniform(&seed);
            const bool stays = side == POLICY_TOP      ? noisy > 0.5
                               : side == POLICY_BOTTOM ? noisy < 0.5
                                                       : fabs(noisy - 0.6) < 0.25;
            entries[i] = (struct rival_entry){next_random(&seed) % 30 ? value : NAN, i,
                                              1 + (uint32_t)(next_random(&seed) % 100),
                                              next_random(&seed) % 20 == 0 ? RIVAL_OUTSIDE
                                              : stays                      ? RIVAL_KEPT
                                                                           : RIVAL_PRUNED};
            shuffled[i] = entries[i];
            kept += entries[i].fate == RIVAL_KEPT ? entries[i].tokens : 0;
            candidates += entries[i].fate != RIVAL_OUTSIDE ? entries[i].tokens : 0;
        }
        struct guard_rival rival = nobody();
        rival_hold(&rival, shuffled, count, SIMPLE_LENGTH);
        if (kept == 0 || kept == candidates) {
            assert_int_equal(rival.score, SIMPLE_SCORES);
            continue;
        }
        double best = -1;
        int best_policy = POLICY_RANDOM;
        for (size_t p = 0; p < 3; p++) {
            const double overlap = plain_overlap(entries, count, policies[p]);
            best_policy = overlap > best ? policies[p] : best_policy;
            best = overlap > best ? overlap : best;
        }
        assert_int_equal(rival.score, SIMPLE_LENGTH);
        assert_int_equal(rival.policy, best_policy);
        assert_near(rival.overlap, best);
        assert_near(rival.chance, (double)kept / (double)candidates);
    }
}

/* A constant tells nothing: which documents it keeps is the order of their numbers, whatever the score did. */
static void test_constant_is_no_rival(void **state)
{
    (void)state;
    struct rival_entry entries[400];
    for (size_t i = 0; i < 400; i++) {
        entries[i] = (struct rival_entry){5, i, 10, i % 2 ? RIVAL_KEPT : RIVAL_PRUNED};
    }
    struct guard_rival rival = nobody();
    rival_hold(&rival, entries, 400, SIMPLE_LENGTH);
    assert_false(rival_enough(&rival));
    assert_near(rival.overlap, 0.5);
}

static void test_first_rival_stays(void **state)
{
    (void)state;
    struct rival_entry entries[100];
    struct guard_rival rival = nobody();
    for (int s = 0; s < SIMPLE_SCORES; s++) {
        for (size_t i = 0; i < 100; i++) {
            const double value = s == 0 ? (double)(i * 37 % 100) : (double)i;
            entries[i] = (struct rival_entry){value, i, 10, i < 40 ? RIVAL_KEPT : RIVAL_PRUNED};
        }
        rival_hold(&rival, entries, 100, (enum simple_score)s);
    }
    assert_int_equal(rival.score, SIMPLE_COMPRESSION); /* the first that is enough; the length is not */
    assert_int_equal(rival.policy, POLICY_BOTTOM);
    assert_near(rival.overlap, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rivals_agree),
        cmocka_unit_test(test_constant_is_no_rival),
        cmocka_unit_test(test_first_rival_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
