/* How sure a ratio is: refits, runs left out, and another size of model. */
#include "budget_world.h"

#include "core/json.h"

#define REFITS 200

/* Refits whose general C is spread evenly around the law's, and the domain's E by a tenth of it. */
static void spread(const struct dcpt_law *law, double width, struct dcpt_pair refits[REFITS])
{
    for (size_t i = 0; i < REFITS; i++) {
        const double at = 2 * (double)i / (REFITS - 1) - 1;
        refits[i] = (struct dcpt_pair){law->domain.curve, law->general.curve};
        refits[i].general.c *= 1 + width * at;
        refits[i].domain.e *= 1 + width / 10 * at;
    }
}

static struct ratio_facts facts_of(const struct budget_question *q)
{
    struct ratio_facts facts;
    tamis_err err = {0};
    const struct budget_answer a = answer_of(q);
    if (budget_facts(q, &a, TRANSFER_LOW, TRANSFER_HIGH, &facts, &err)) {
        fail_msg("%s", err.text);
    }
    facts.warnings = NULL;
    return facts;
}

static double ratio_by(const struct budget_question *question, const struct dcpt_pair *refit)
{
    struct budget_question q = *question;
    struct dcpt_law other = *question->law;
    other.domain.curve = refit->domain;
    other.general.curve = refit->general;
    q.law = &other;
    return answer_of(&q).ratio;
}

static void test_percentiles(void **state)
{
    (void)state;
    struct dcpt_law law = full_law();
    struct dcpt_pair refits[REFITS];
    spread(&law, 0.1, refits);
    law.replicates = refits;
    law.replicate_count = REFITS;
    law.bootstrap = DCPT_BY_RUN;
    const struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, 0.1);
    const struct ratio_facts facts = facts_of(&q);
    const struct budget_interval *const i = &facts.interval;
    /* The ratio falls as C grows, so ranks are known: 4.975 from each end. */
    const double high = ratio_by(&q, &refits[4]), next = ratio_by(&q, &refits[5]);
    assert_near(i->high, next + 0.025 * (high - next), 1e-9);
    const double low = ratio_by(&q, &refits[REFITS - 5]), before = ratio_by(&q, &refits[REFITS - 6]);
    assert_near(i->low, before + 0.025 * (low - before), 1e-9);
    assert_near(i->middle, (ratio_by(&q, &refits[99]) + ratio_by(&q, &refits[100])) / 2, 1e-9);
    assert_true(i->replicates == REFITS && i->infeasible == 0 && i->pinned_low == 0 && i->pinned_high == 0);
    assert_true(!i->wide && isnan(i->add));
    assert_string_equal(i->refits, "by run");
    const struct budget_answer a = answer_of(&q);
    assert_near(i->loss_domain[1] - i->loss_domain[0], 2 * 0.95 * 0.009, 1e-4);
    assert_true(i->loss_domain[0] < a.loss_domain && a.loss_domain < i->loss_domain[1]);
    assert_true(i->loss_general[0] < a.loss_general && a.loss_general < i->loss_general[1]);
}

/* A budget that some refits cannot keep: they count as ratio 0, and are told. */
static void test_infeasible_refits(void **state)
{
    (void)state;
    struct dcpt_law law = full_law();
    struct dcpt_pair refits[REFITS];
    spread(&law, 0.2, refits);
    law.replicates = refits;
    law.replicate_count = REFITS;
    struct budget_question q = ask_of(&law, BUDGET_ABSOLUTE, 2.425);
    const struct ratio_facts facts = facts_of(&q);
    assert_true(facts.interval.infeasible > 40 && facts.interval.infeasible < REFITS / 2);
    assert_true(facts.interval.low <= 0);
    assert_true(facts.interval.wide);
    q.limit = 10;
    assert_true(facts_of(&q).interval.pinned_high == REFITS && facts_of(&q).interval.low >= 1);
    q = ask_of(&law, BUDGET_DIFFERENCE, 0);
    assert_true(facts_of(&q).interval.pinned_low == REFITS && facts_of(&q).interval.infeasible == 0);
}

static void test_measure_more(void **state)
{
    (void)state;
    struct dcpt_law law = full_law();
    struct dcpt_pair refits[REFITS];
    struct buf lines;
    spread(&law, 0.4, refits);
    law.replicates = refits;
    law.replicate_count = REFITS;
    const struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, 0.05);
    const struct ratio_facts facts = facts_of(&q);
    assert_true(facts.interval.wide && facts.interval.high - facts.interval.low > BUDGET_WIDE);
    assert_near(facts.interval.add, answer_of(&q).ratio, 0);
    assert_true(!facts.repeat && facts.run_parameters >= 1.8e9);
    buf_init(&lines, 4096);
    assert_true(ratio_facts_say(&facts, &lines));
    assert_says(lines.at, "measure more: the interval of the ratio");
    assert_says(lines.at, "add a run at share 0.5");
    assert_says(lines.at, "(N 1.8e+09, D 2e+10, like the others)");
    buf_release(&lines);
}

static void test_left_out(void **state)
{
    (void)state;
    struct dcpt_law law = full_law();
    struct dcpt_left_out without[3];
    static const char *const names[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) {
        without[i] = (struct dcpt_left_out){.run = names[i], .pair = {law.domain.curve, law.general.curve}};
        without[i].pair.general.c *= 1 + 0.05 * (double)i * (i == 1 ? -1 : 1);
    }
    law.left_out = without;
    law.left_out_count = 3;
    const struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, 0.05);
    const struct ratio_facts facts = facts_of(&q);
    assert_near(facts.interval.left_out_high, ratio_by(&q, &without[1].pair), 1e-12);
    assert_near(facts.interval.left_out_low, ratio_by(&q, &without[2].pair), 1e-12);
    assert_string_equal(facts.interval.left_out_run, "c");
    assert_true(isnan(facts.interval.low)); /* no replicates: no interval */
}

/* ---- Another size ----------------------------------------------------------------------------------------------- */

static void test_transfer(void **state)
{
    (void)state;
    const struct dcpt_law law = full_law();
    struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, 0.05);
    struct buf lines;
    q.tokens = 20e9;
    assert_true(!facts_of(&q).transfer.needed);
    q.parameters = 3.6e9; /* twice: not yet */
    assert_true(!facts_of(&q).transfer.needed && !facts_of(&q).transfer.unknown);
    q.parameters = 1.8e9 * 7.38905609893065;
    const struct ratio_facts facts = facts_of(&q);
    const struct transfer *const t = &facts.transfer;
    assert_true(t->needed);
    assert_near(t->low, 0.57377, 1e-5);
    assert_near(t->high, 0.57377 + 0.20, 1e-5);
    assert_near(t->shares[0], 0, 0);
    assert_near(t->shares[1], 0.57377, 1e-5);
    buf_init(&lines, 4096);
    assert_true(ratio_facts_say(&facts, &lines));
    assert_says(lines.at, "transfer: unverified");
    assert_says(lines.at, "between 0.574 and 0.774");
    assert_says(lines.at, "Gu et al. 2024");
    assert_says(lines.at, "two short runs of the model itself, at shares 0 and 0.574");
    buf_release(&lines);
    q.parameters = 0;
    assert_true(facts_of(&q).transfer.unknown && !facts_of(&q).transfer.needed);
}

static void test_transfer_bounds(void **state)
{
    (void)state;
    struct dcpt_law law = full_law();
    struct budget_question q = ask_of(&law, BUDGET_WEIGHT, 0.95);
    const struct budget_interval none = {.low = NAN};
    q.parameters = 1e12;
    const struct budget_answer a = answer_of(&q);
    struct transfer t = budget_transfer(&q, &a, &none, TRANSFER_LOW, TRANSFER_HIGH);
    assert_true(t.high <= 1 && t.high >= 1 && t.shares[0] < t.shares[1]);
    t = budget_transfer(&q, &a, &none, 0.1, -0.3); /* in either order */
    assert_true(t.low <= 0 && t.high >= 1);
    const struct budget_interval some = {.low = 0.5, .middle = 0.6, .high = 0.98};
    t = budget_transfer(&q, &a, &some, 0, 0);
    assert_near(t.low, 0.5, 0);
    assert_near(t.high, 0.98, 0);
    q.domain_tokens = 1000000; /* repeats set the ratio, whatever the model allows */
    const struct budget_answer capped = answer_of(&q);
    t = budget_transfer(&q, &capped, &none, 0, 0.1);
    assert_near(t.high, capped.ratio, 0);
    law.parameters = law.highest_size = NAN;
    assert_true(budget_transfer(&q, &a, &none, 0, 0.1).unknown);
}

/* The critical shares themselves: .298 at 460M to .478 at 3.1B lie within the band of the first. */
static void test_published_shares(void **state)
{
    (void)state;
    struct dcpt_law law = full_law();
    law.parameters = law.highest_size = 460e6;
    law.lowest_size = 100e6;
    struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, 0.05);
    struct budget_answer a = answer_of(&q);
    a.ratio = 0.298;
    a.parameters = q.parameters = 3.1e9;
    const struct transfer t = budget_transfer(&q, &a, NULL, TRANSFER_LOW, TRANSFER_HIGH);
    assert_true(t.needed && t.low <= 0.478 && 0.478 <= t.high);
}

/* ---- As JSON ---------------------------------------------------------------------------------------------------- */

static void test_json(void **state)
{
    (void)state;
    const struct dcpt_law law = full_law();
    struct budget_question q = ask_of(&law, BUDGET_DIFFERENCE, 0.05);
    struct buf out;
    struct json json;
    q.parameters = 7e9;
    const struct ratio_facts facts = facts_of(&q);
    buf_init(&out, 1u << 16);
    json_init(&json, &out, 0);
    json_open(&json, '{');
    ratio_facts_print(&json, &facts);
    json_close(&json, '}');
    assert_true(!json.failed);
    assert_says(out.at, "\"interval\":null");
    assert_says(out.at, "\"state\":\"unverified\"");
    assert_says(out.at, "\"slope\":[0,0.1]");
    assert_says(out.at, "\"measure_more\":{\"ratio\":0.59");
    buf_clear(&out);
    json_init(&json, &out, 0);
    json_open(&json, '{');
    ratio_facts_print(&json, NULL);
    json_close(&json, '}');
    assert_says(out.at, "\"transfer\":null");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percentiles),   cmocka_unit_test(test_infeasible_refits),
        cmocka_unit_test(test_measure_more),  cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_transfer),      cmocka_unit_test(test_transfer_bounds),
        cmocka_unit_test(test_published_shares), cmocka_unit_test(test_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
