/*
 * The language model: against a plain twin in doubles, against slopes by finite differences, and against itself with
 * other numbers of threads.
 */
#include "documents.h"

#include <math.h>

#include "lm_inside.h"

static const struct lm_shape tiny = {.row_bits = 9, .hidden = 12, .block = 20, .workers = 5};

#define TEXT                                                                                                          \
    "the cat sat on the mat, the dog sat on the log; \xc3\xa4 b\x01 12 AB the cat sat on the mat, the dog sat on it"

static struct lm *model(const struct lm_shape *shape, uint64_t seed, unsigned threads)
{
    struct lm *lm = NULL;
    tamis_err err;
    assert_int_equal(lm_new(&lm, shape, seed, threads, &err), TAMIS_OK);
    return lm;
}

static size_t places_of(const char *text, struct lm_place *places)
{
    struct lm_place place = {0};
    size_t count = 0;
    for (; text[count]; count++) {
        place.next = (uint8_t)text[count];
        places[count] = place;
        lm_place_pass(&place, place.next);
    }
    return count;
}

static double total(struct lm *lm, const struct lm_place *places, size_t count)
{
    float nats[256];
    double sum = 0;
    lm_measure(lm, places, count, nats);
    for (size_t i = 0; i < count; i++) {
        sum += (double)nats[i];
    }
    return sum;
}

/* ---- Places ----------------------------------------------------------------------------------------------------- */

static void a_place_knows_what_is_before_it(void **state)
{
    (void)state;
    struct lm_place a = {0}, b = {0};
    lm_place_pass(&a, 'x');
    assert_int_equal(a.before, 'x' + 1);
    lm_place_pass(&a, 0);
    assert_int_equal(a.before, (uint64_t)('x' + 1) << 9 | 1); /* a NUL is not the beginning */
    assert_int_equal(a.word, 0);
    for (const char *c = "in a word"; *c; c++) {
        lm_place_pass(&a, (uint8_t)*c);
    }
    for (const char *c = "; word"; *c; c++) {
        lm_place_pass(&b, (uint8_t)*c);
    }
    assert_int_equal(a.word, b.word);
    assert_int_not_equal(a.word, 0);
    assert_int_not_equal(a.before, b.before);
}

/* ---- The twin --------------------------------------------------------------------------------------------------- */

static void twin_x(const struct lm *lm, const struct lm_place *place, bool low, double *x)
{
    for (unsigned f = 0; f < LM_FEATURES; f++) {
        uint64_t context = place->word;
        if (f < 5) {
            context = place->before % ((uint64_t)1 << (9 * (f + 1)));
        }
        uint64_t hash = lm_mix(context + (f + 1) * LM_ODD);
        if (low) {
            hash = (hash ^ (place->next / 16 + 1) * LM_ODD) * LM_ODD;
        }
        const uint64_t row = hash >> (64 - lm->shape.row_bits);
        for (size_t k = 0; k < LM_WIDTH; k++) {
            x[f * LM_WIDTH + k] = (double)lm->tables[f][row * LM_WIDTH + k];
        }
    }
}

static double twin_half(const struct lm *lm, const struct lm_place *place, bool low)
{
    const size_t hidden = lm->shape.hidden;
    const float *const w = lm->weights + LM_INPUTS * hidden + (low ? lm_columns(&lm->shape) * LM_OUT : 0);
    double x[LM_INPUTS], logits[LM_OUT] = {0}, sum = 0;
    twin_x(lm, place, low, x);
    for (size_t u = 0; u < hidden; u++) {
        double h = 0;
        for (size_t i = 0; i < LM_INPUTS; i++) {
            h += x[i] * (double)lm->weights[i * hidden + u];
        }
        for (size_t k = 0; k < LM_OUT && h > 0; k++) {
            logits[k] += h * (double)w[u * LM_OUT + k];
        }
    }
    for (size_t k = 0; k < LM_OUT; k++) {
        for (size_t i = 0; i < LM_INPUTS; i++) {
            logits[k] += x[i] * (double)w[(hidden + i) * LM_OUT + k];
        }
        sum += exp(logits[k]);
    }
    return log(sum) - logits[low ? place->next % 16 : place->next / 16];
}

static void teach(struct lm *lm, const char *text, int times)
{
    struct lm_place places[256];
    const size_t count = places_of(text, places);
    for (int i = 0; i < times; i++) {
        lm_learn(lm, places, count < lm_batch(lm) ? count : lm_batch(lm), 1.0F);
    }
}

static void losses_are_those_of_the_twin(void **state)
{
    (void)state;
    struct lm_place places[256];
    float nats[256];
    const size_t count = places_of(TEXT, places);
    struct lm *const lm = model(&tiny, 3, 2);
    for (int round = 0; round < 3; round++) {
        lm_measure(lm, places, count, nats);
        for (size_t i = 0; i < count; i++) {
            const double wanted = twin_half(lm, &places[i], false) + twin_half(lm, &places[i], true);
            assert_true(fabs((double)nats[i] - wanted) < 2e-5 * (1 + wanted));
        }
        teach(lm, TEXT, 40);
    }
    lm_free(lm);
}

static void probabilities_of_all_bytes_add_up_to_one(void **state)
{
    (void)state;
    struct lm_place places[256];
    float nats[256];
    struct lm *const lm = model(&tiny, 4, 1);
    teach(lm, TEXT, 20);
    const size_t count = places_of(TEXT, places);
    const struct lm_place place = places[count / 2];
    double sum = 0;
    for (size_t byte = 0; byte < 256; byte++) {
        places[byte] = place;
        places[byte].next = (uint8_t)byte;
    }
    lm_measure(lm, places, 256, nats);
    for (size_t byte = 0; byte < 256; byte++) {
        sum += exp(-(double)nats[byte]);
    }
    assert_true(fabs(sum - 1) < 1e-4);
    lm_free(lm);
}

static void an_untrained_model_knows_nothing(void **state)
{
    (void)state;
    struct lm_place places[256];
    const size_t count = places_of(TEXT, places);
    struct lm *const lm = model(&tiny, 5, 1);
    assert_true(fabs(total(lm, places, count) / (double)count - log(256)) < 1e-5);
    lm_free(lm);
}

/* ---- Slopes ----------------------------------------------------------------------------------------------------- */

static double by_difference(struct lm *lm, float *at, const struct lm_place *places, size_t count)
{
    const float kept = *at, step = 0.01F;
    *at = kept + step;
    const double above = total(lm, places, count);
    *at = kept - step;
    const double below = total(lm, places, count);
    *at = kept;
    return (above - below) / (2 * (double)step);
}

static void same_slope(double a, double b)
{
    if (fabs(a - b) > 0.02 + 0.02 * fabs(a)) {
        fail_msg("slope %g, by difference %g", a, b);
    }
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    const struct lm_shape one = {.row_bits = 9, .hidden = 12, .block = 120, .workers = 1};
    struct lm_place places[256];
    const size_t count = places_of(TEXT, places);
    struct lm *const lm = model(&one, 6, 1);
    teach(lm, TEXT, 30);
    struct lm_block *const b = &lm->blocks[0];
    lm_block_learn(lm, b, places, count);
    float *const gradient = malloc(lm->weight_count * sizeof *gradient);
    assert_non_null(gradient);
    memcpy(gradient, b->gradient, lm->weight_count * sizeof *gradient);
    uint64_t chance = 1;
    for (int i = 0; i < 300; i++) {
        const size_t w = random_below(&chance, lm->weight_count);
        same_slope((double)gradient[w], by_difference(lm, &lm->weights[w], places, count));
    }
    free(gradient);
    lm_free(lm);
}

/* The slope of a row is the sum over the places that read it. */
static void slopes_reach_the_rows(void **state)
{
    (void)state;
    const struct lm_shape one = {.row_bits = 9, .hidden = 12, .block = 120, .workers = 1};
    struct lm_place places[256];
    const size_t count = places_of(TEXT, places), columns = lm_columns(&one);
    struct lm *const lm = model(&one, 7, 1);
    teach(lm, TEXT, 30);
    uint64_t chance = 2;
    for (int i = 0; i < 100; i++) {
        struct lm_block *const b = &lm->blocks[0];
        lm_block_learn(lm, b, places, count);
        const size_t f = random_below(&chance, LM_FEATURES), k = random_below(&chance, LM_WIDTH);
        const uint32_t row = b->rows[random_below(&chance, count) * LM_FEATURES + f];
        double sum = 0;
        for (size_t r = 0; r < 2 * (size_t)one.block; r++) {
            if (r % one.block < count && b->rows[r * LM_FEATURES + f] == row) {
                sum += (double)b->slopes[r * columns + one.hidden + f * LM_WIDTH + k];
            }
        }
        same_slope(sum, by_difference(lm, &lm->tables[f][(size_t)row * LM_WIDTH + k], places, count));
    }
    lm_free(lm);
}

/* ---- Learning --------------------------------------------------------------------------------------------------- */

static void losses_fall(void **state)
{
    (void)state;
    struct lm_place places[256];
    const size_t count = places_of(TEXT, places);
    struct lm *const lm = model(&tiny, 8, 2);
    const double before = total(lm, places, count);
    teach(lm, TEXT, 100);
    const double half = total(lm, places, count);
    teach(lm, TEXT, 400);
    const double after = total(lm, places, count);
    assert_true(half < 0.2 * before && after < half);
    lm_free(lm);
}

static void unread_rows_stay_zero(void **state)
{
    (void)state;
    struct lm *const lm = model(&tiny, 9, 2);
    teach(lm, "aaaaaaaaaa", 5);
    size_t moved = 0;
    for (size_t row = 0; row < (size_t)1 << tiny.row_bits; row++) {
        moved += lm->seen[0][row] > 0;
        assert_true((lm->seen[0][row] > 0) == (lm->tables[0][row * LM_WIDTH] != 0));
    }
    assert_int_equal(moved, 4); /* the beginning and `a`, each before a high and a low half */
    lm_free(lm);
}

static uint64_t trained(const struct lm_shape *shape, uint64_t seed, unsigned threads, size_t part, float *nats)
{
    struct lm_place places[256];
    const size_t count = places_of(TEXT, places);
    struct lm *const lm = model(shape, seed, threads);
    for (int round = 0; round < 7; round++) {
        for (size_t at = 0; at < count; at += part) {
            lm_learn(lm, places + at, count - at < part ? count - at : part, 1.0F - 0.1F * (float)round);
        }
    }
    lm_measure(lm, places, count, nats);
    size_t bytes = 0;
    const void *const at = lm_state(lm, &bytes);
    const uint64_t hash = hash_bytes(at, bytes, hash_bytes(nats, count * sizeof *nats, 0));
    lm_free(lm);
    return hash;
}

static void threads_change_nothing(void **state)
{
    (void)state;
    float nats[256];
    static const size_t parts[] = {100, 37, 1};
    for (size_t i = 0; i < 3; i++) {
        const uint64_t one = trained(&tiny, 10, 1, parts[i], nats);
        for (unsigned threads = 2; threads <= 7; threads++) {
            assert_true(trained(&tiny, 10, threads, parts[i], nats) == one);
        }
    }
    const struct lm_shape usual = LM_SHAPE;
    assert_true(trained(&usual, 10, 3, 100, nats) == trained(&usual, 10, 1, 100, nats));
}

static void seeds_differ(void **state)
{
    (void)state;
    float nats[256];
    assert_true(trained(&tiny, 11, 2, 100, nats) != trained(&tiny, 12, 2, 100, nats));
}

static void a_saved_state_goes_on(void **state)
{
    (void)state;
    size_t bytes = 0, same = 0;
    struct lm *const a = model(&tiny, 13, 2), *const b = model(&tiny, 99, 1);
    teach(a, TEXT, 9);
    void *const to = lm_state(b, &same);
    const void *const from = lm_state(a, &bytes);
    assert_int_equal(same, bytes);
    memcpy(to, from, bytes);
    teach(a, TEXT, 9);
    teach(b, TEXT, 9);
    assert_memory_equal(lm_state(a, &bytes), lm_state(b, &bytes), bytes);
    lm_free(a);
    lm_free(b);
}

static void shapes_are_checked(void **state)
{
    (void)state;
    static const struct lm_shape wrong[] = {
        {7, 8, 8, 8}, {25, 8, 8, 8},   {8, 0, 8, 8}, {8, 4097, 8, 8},
        {8, 8, 0, 8}, {8, 8, 4097, 8}, {8, 8, 8, 0}, {8, 8, 8, 65},
    };
    struct lm *lm = NULL;
    tamis_err err;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(lm_new(&lm, &wrong[i], 0, 1, &err), TAMIS_INTERNAL);
        assert_null(lm);
    }
    lm_free(NULL);
    struct lm *const small = model(&(struct lm_shape){.row_bits = 8, .hidden = 1, .block = 1, .workers = 1}, 0, 0);
    assert_int_equal(lm_batch(small), 1);
    assert_int_equal(lm_parameters(small), 6 * 256 * 16 + 96 + 97 * 32);
    teach(small, TEXT, 3);
    lm_free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_knows_what_is_before_it),
        cmocka_unit_test(losses_are_those_of_the_twin),
        cmocka_unit_test(probabilities_of_all_bytes_add_up_to_one),
        cmocka_unit_test(an_untrained_model_knows_nothing),
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(slopes_reach_the_rows),
        cmocka_unit_test(losses_fall),
        cmocka_unit_test(unread_rows_stay_zero),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(a_saved_state_goes_on),
        cmocka_unit_test(shapes_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
