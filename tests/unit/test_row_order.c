/* The law of a table is the same bytes for any order of its rows. */
#include "fit_world.h"

#include "law/scaling.h"

#define SHUFFLES 3
#define MOST_LINES 200

/* A few thousandths up or down, the same for the same number. */
static double noise(unsigned number)
{
    return 1 + 0.004 * ((double)(number * 2654435761u % 1000) / 1000 - 0.5);
}

static void add_runs(struct buf *text)
{
    add_line(text, "run,N,D,loss,base_model\n");
    for (unsigned i = 0; i < 36; i++) { /* 12 runs of 3 checkpoints */
        const double size = 1e7 * pow(4, i / 3 % 4), tokens = 1e9 * pow(3, i / 12) * (1 + i % 3);
        add_line(text, "run %u,%.10g,%.10g,%.10g,x\n", 20 - i / 3, size, tokens,
                 noise(i) * chinchilla_at(&chinchilla_sets[2].law, size, tokens));
    }
}

static void add_epochs(struct buf *text)
{
    add_line(text, "N,D,unique,loss\n");
    for (unsigned i = 0; i < 24; i++) {
        const double size = 1.1e8 * (1 << i % 4), tokens = 1.3e9 * (1 << i / 4);
        add_line(text, "%.10g,%.10g,1.3e9,%.10g\n", size, tokens,
                 noise(i) * constrained_at(&constrained_published, size, 1.3e9, tokens));
    }
}

static void add_mixtures(struct buf *text)
{
    add_line(text, "run,D,web,code,loss_web,loss_code\n");
    for (unsigned i = 0; i < 22; i++) { /* 11 runs of 2 checkpoints */
        const double share = (double)(i / 2) / 10;
        add_line(text, "%u,%s,%.10g,%.10g,%.10g,%.10g\n", i / 2, i % 2 ? "1e9" : "0.999e9", share, 1 - share,
                 noise(i) * (2 + 0.9 * exp(-1.5 * share)), noise(i + 50) * (1 + 0.7 * exp(2 * share - 2)));
    }
}

static void add_checkpoints(struct buf *text)
{
    add_line(text, "ratio,D,loss_general,loss_domain,base_loss_general,base_loss_domain\n");
    for (unsigned i = 0; i < 50; i++) {
        const double ratio = 0.2 * (1 + i / 10), t = 1 + i % 10;
        add_line(text, "%.10g,%.10ge9,%.10g,%.10g,2.5,1.8\n", ratio, t,
                 noise(i) * (2.48 + 0.2 * ratio * pow(t, -0.3)), noise(i + 60) * (1.4 + 0.4 * pow(t, -0.2)));
    }
}

static void add_shares(struct buf *text)
{
    add_line(text, "run,N,D,ratio,loss_domain,loss_general\n");
    for (unsigned i = 0; i < 30; i++) {
        static const double ratios[] = {0, 0.33, 0.67, 0.9, 1};
        const double ratio = ratios[i / 6], tokens = 1.1e9 * (1 + i % 6);
        add_line(text, "r%u,7.1e7,%.10g,%.10g,%.10g,%.10g\n", 9 - i / 6, tokens, ratio,
                 noise(i) * (1.5 + 0.3 / pow(ratio + 0.1, 0.5) + pow(tokens / 1e9, -0.5) * ratio / 20),
                 noise(i + 70) * (2.5 + 0.1 / pow(1.1 - ratio, 0.5) + pow(tokens / 1e9, -0.5) * (1 - ratio) / 20));
    }
}

/* The lines under the first, in an order that `seed` gives. */
static void shuffle(tamis_str text, unsigned seed, struct buf *out)
{
    tamis_str lines[MOST_LINES];
    size_t count = 0;
    while (count < MOST_LINES && str_next_line(&text, &lines[count])) {
        count++;
    }
    for (size_t i = count - 1; i > 1; i--) {
        seed = seed * 1103515245u + 12345u;
        const size_t other = 1 + (seed >> 8) % i;
        const tamis_str line = lines[i];
        lines[i] = lines[other];
        lines[other] = line;
    }
    for (size_t i = 0; i < count; i++) {
        add_line(out, "%.*s\n", (int)lines[i].len, lines[i].at);
    }
}

static void assert_any_order(const struct law *law, void (*add)(struct buf *text))
{
    const struct law_job job = {.base_loss = NAN, .warm_up = 0.25, .replicates = 5, .seed = 3};
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    add(&text);
    struct fitted_text first = fitted_well(law, job, text.at);
    for (unsigned seed = 1; seed <= SHUFFLES; seed++) {
        struct buf other;
        buf_init(&other, BUF_UNLIMITED);
        shuffle(buf_str(&text), seed, &other);
        struct fitted_text again = fitted_well(law, job, other.at);
        assert_string_equal(again.json.at, first.json.at);
        assert_string_equal(again.words.at, first.words.at);
        assert_string_equal(again.svg.at, first.svg.at);
        fitted_text_release(&again);
        buf_release(&other);
    }
    fitted_text_release(&first);
    buf_release(&text);
}

static void test_dcpt(void **state)
{
    (void)state;
    assert_any_order(&law_dcpt, add_shares);
}

static void test_chinchilla(void **state)
{
    (void)state;
    assert_any_order(&law_chinchilla, add_runs);
}

static void test_constrained(void **state)
{
    (void)state;
    assert_any_order(&law_constrained, add_epochs);
}

static void test_mixing(void **state)
{
    (void)state;
    assert_any_order(&law_mixing, add_mixtures);
}

static void test_cmr(void **state)
{
    (void)state;
    assert_any_order(&law_cmr, add_checkpoints);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dcpt),        cmocka_unit_test(test_chinchilla), cmocka_unit_test(test_constrained),
        cmocka_unit_test(test_mixing),      cmocka_unit_test(test_cmr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
