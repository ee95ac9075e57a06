/* Trajectories: what each form says, that forms agree, and that order and memory change nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zstd.h>

#include "trajectories_world.h"

/* ---- Each form -------------------------------------------------------------------------------------------------- */

static void test_long(void **state)
{
    struct world *const w = *state;
    put(w, "long.jsonl", "{\"id\":\"b\",\"step\":20,\"loss\":0.5,\"domain\":\"law\"}\n"
                         "{\"id\":\"a\",\"step\":100,\"loss\":1.25}\n"
                         "{\"id\":\"b\",\"step\":3,\"loss\":2}\n"
                         "{\"id\":7,\"step\":20,\"loss\":null}\n"
                         "{\"id\":\"a\",\"step\":3.0,\"loss\":-0.0}\n");
    expect(w, "long.jsonl", "b/law: 3=2 20=0.5\na: 3=0 100=1.25\n7:\n");
    assert_int_equal(w->facts->records, 5);
    assert_int_equal(w->facts->documents, 3);
    assert_int_equal(w->facts->checkpoints, 3);
    assert_int_equal(w->facts->broken + w->facts->not_finite + w->facts->negative + w->facts->merged, 0);
    assert_null(w->facts->first_broken);
    assert_string_equal(w->facts->unit, "nat");
    assert_string_equal(w->facts->per, "token");
}

static void test_pieces_add_up(void **state)
{
    struct world *const w = *state;
    put(w, "pieces.jsonl", "{\"id\":\"a\",\"step\":0,\"loss_sum\":6,\"n_tokens\":2}\n"
                           "{\"id\":\"b\",\"step\":0,\"loss\":0.3,\"n_tokens\":7}\n"
                           "{\"id\":\"a\",\"step\":0,\"loss_sum\":3,\"n_tokens\":4}\n"
                           "{\"id\":\"a\",\"step\":0,\"loss\":1.5,\"n_tokens\":6}\n"
                           "{\"id\":\"a\",\"step\":1,\"loss_sum\":0,\"n_tokens\":0}\n"
                           "{\"id\":\"a\",\"step\":1,\"loss\":3,\"n_tokens\":0}\n"
                           "{\"id\":\"a\",\"step\":1,\"loss_sum\":null,\"n_tokens\":5}\n");
    expect(w, "pieces.jsonl", "a#12: 0=1.5\nb#7: 0=0.29999999999999999\n");
    assert_int_equal(w->facts->merged, 2);
    assert_int_equal(w->facts->checkpoints, 2);
    assert_int_equal(w->facts->covered[1], 0);
    assert_int_equal(w->facts->broken, 0);
}

static void test_wide(void **state)
{
    struct world *const w = *state;
    put(w, "wide.jsonl", "{\"id\":\"a\",\"losses\":[3,null,1],\"n_tokens\":40,\"domain\":\"law\"}\n"
                         "{\"losses\":[2.5],\"id\":18446744073709551617}\n"
                         "{\"id\":\"c\",\"losses\":[1,2],\"steps\":[2,0]}\n"
                         "{\"id\":\"d\",\"losses\":[null]}\n"
                         "{\"id\":\"e\",\"losses\":[]}\n");
    expect(w, "wide.jsonl",
           "a/law#40: 0=3 2=1\n18446744073709551617: 0=2.5\nc: 0=2 2=1\nd:\ne:\n");
    assert_int_equal(w->facts->documents, 5);
}

static void test_matrix(void **state)
{
    struct world *const w = *state;
    const double losses[] = {1, NAN, 3, 4, 0, 6};
    put_npy(w, "m/loss.npy", "'<f8'", 2, 3, losses, sizeof losses);
    put(w, "m/ids.jsonl", "\"a\\n\"\n{\"id\":5,\"n_tokens\":9,\"domain\":\"web\"}\n");
    expect(w, "m", "a\n: 0=1 2=3\n5/web#9: 0=4 1=0 2=6\n");
    put(w, "m/manifest.json", "{\"version\":1,\"per\":\"byte\",\"steps\":[30,10,20],\"model\":\"x\"}");
    expect(w, "m", "a\n: 20=3 30=1\n5/web#9: 10=0 20=6 30=4\n");
    assert_string_equal(w->facts->per, "byte");
}

static void test_ids_of_a_matrix(void **state)
{
    struct world *const w = *state;
    const float losses[] = {1, 2, 3};
    static const char *const names[] = {"m/ids.txt", "m/ids"};
    put_npy(w, "m/loss.npy", "'<f4'", 3, 0, losses, sizeof losses);
    for (size_t i = 0; i < 2; i++) {
        put(w, names[i], "one\r\ntwo two\n\"3\"");
        expect(w, "m", "one: 0=1\ntwo two: 0=2\n\"3\": 0=3\n");
        assert_int_equal(unlink(in_world(w, names[i])), 0);
    }
    put_npy(w, "m/ids.npy", "'|S3'", 3, 0, "a\0\0bcdef\0", 9);
    expect(w, "m", "a: 0=1\nbcd: 0=2\nef: 0=3\n");
    const int64_t numbers[] = {-1, 0, INT64_MAX};
    put_npy(w, "m/ids.npy", "'<i8'", 3, 0, numbers, sizeof numbers);
    expect(w, "m", "-1: 0=1\n0: 0=2\n9223372036854775807: 0=3\n");
    const uint32_t letters[] = {'x', 0, 0xe9, 0x20ac, 0x1f600, 0};
    put_npy(w, "m/ids.npy", "'<U2'", 3, 0, letters, sizeof letters);
    expect(w, "m", "x: 0=1\n\xc3\xa9\xe2\x82\xac: 0=2\n\xf0\x9f\x98\x80: 0=3\n");
}

static void test_bits(void **state)
{
    struct world *const w = *state;
    put(w, "bits/manifest.json", "{\"version\": 1, \"unit\": \"bit\", \"per\": \"byte\"}\n");
    put(w, "bits/part-0.jsonl", "{\"id\":\"a\",\"step\":0,\"loss_sum\":8,\"n_bytes\":4,\"n_tokens\":1}\n");
    expect(w, "bits", "a#4: 0=1.3862943611198906\n");
    assert_string_equal(w->facts->unit, "bit");
}

static void test_manifest_steps(void **state)
{
    struct world *const w = *state;
    put(w, "f/manifest.json", "{\"version\": 1, \"steps\": [10, 20, 5]}\n");
    put(w, "f/part-0.jsonl", "{\"id\":\"a\",\"losses\":[1,2,3]}\n{\"id\":\"b\",\"losses\":[4],\"steps\":[7]}\n"
                             "{\"id\":\"c\",\"losses\":[1,2]}\n");
    expect(w, "f", "a: 5=3 10=1 20=2\nb: 7=4\n");
    assert_int_equal(w->facts->broken_by[BROKEN_LENGTH], 1);
    assert_string_equal(w->facts->per, "unknown");
    put(w, "f/part-0.jsonl", "{\"id\":\"a\",\"step\":10,\"loss\":1}\n"); /* a checkpoint that nobody was measured at */
    expect(w, "f", "a: 10=1\n");
    assert_int_equal(w->facts->checkpoints, 3);
}

/* ---- Files ------------------------------------------------------------------------------------------------------ */

static void put_zstd(struct world *w, const char *name, const char *text)
{
    char frame[4096];
    const size_t len = ZSTD_compress(frame, sizeof frame, text, strlen(text), 3);
    assert_false(ZSTD_isError(len));
    put_bytes(w, name, frame, len);
}

static void test_parts(void **state)
{
    struct world *const w = *state;
    put(w, "f/part-2.jsonl", "{\"id\":\"c\",\"step\":1,\"loss\":3}\n");
    put_zstd(w, "f/part-1.jsonl.zst", "{\"id\":\"b\",\"step\":1,\"loss\":2}\n{\"id\":\"a\",\"step\":0,\"loss\":9}");
    put(w, "f/other.jsonl", "{\"id\":\"a\",\"step\":1,\"loss\":1}\n");
    put(w, "f/.part-9.jsonl", "{\"id\":\"hidden\",\"step\":1,\"loss\":1}\n");
    put(w, "f/notes.txt", "nothing\n");
    put(w, "f/empty.jsonl", "");
    put(w, "f/inside/part-0.jsonl", "{\"id\":\"inside\",\"step\":1,\"loss\":1}\n");
    expect(w, "f", "a: 0=9 1=1\nb: 1=2\nc: 1=3\n");
    expect(w, "f//", "a: 0=9 1=1\nb: 1=2\nc: 1=3\n");
}

/* What is no regular file is copied, since it is read more than once. */
static void test_pipe(void **state)
{
    struct world *const w = *state;
    static const char text[] = "{\"id\":\"a\",\"losses\":[1,2]}\n{\"id\":\"a\",\"losses\":[1,2]}\n"
                               "{\"id\":\"b\",\"losses\":[3]}\n";
    int ends[2];
    struct path path;
    struct buf out;
    const struct trajectories_options options = {.tmp = w->tmp.at, .memory = w->memory};
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, sizeof text - 1), sizeof text - 1);
    close(ends[1]);
    assert_int_equal(path_make(&path, NULL, "/dev/fd/%d", ends[0]), TAMIS_OK);
    assert_int_equal(trajectories_open(&w->open, path.at, &options, &w->err), TAMIS_OK);
    close(ends[0]);
    w->facts = trajectories_facts(w->open);
    buf_init(&out, BUF_UNLIMITED);
    assert_int_equal(try_rest(w, &out), TAMIS_OK);
    assert_string_equal(out.at, "b: 0=3\n");
    buf_release(&out);
}

/* ---- Forms agree ------------------------------------------------------------------------------------------------ */

enum { DOCUMENTS = 300, STEPS = 17 };

static double loss_of(size_t document, size_t step)
{
    uint64_t seed = document * STEPS + step;
    const uint64_t drawn = next_random(&seed);
    return drawn % 5 == 0 ? (double)NAN : (double)(drawn >> 11) * 0x1p-50;
}

#define ALL_STEPS 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000, 2000, 3000, 4000, 5000, 9999
#define TEXT_OF(...) #__VA_ARGS__
#define TEXT(...) TEXT_OF(__VA_ARGS__)
static const uint64_t step_numbers[STEPS] = {ALL_STEPS};

static void put_long(struct world *w, const char *name, bool mixed)
{
    struct buf b;
    uint64_t seed = 3;
    buf_init(&b, BUF_UNLIMITED);
    for (size_t i = 0; i < DOCUMENTS * STEPS; i++) {
        /* either document by document, or jumping about: 7919 is prime to the count */
        const size_t at = mixed ? (i * 7919 + 5) % ((size_t)DOCUMENTS * STEPS) : i;
        const double loss = loss_of(at / STEPS, at % STEPS);
        if (isnan(loss) && next_random(&seed) % 2) {
            continue; /* absent; else null */
        }
        assert_true(buf_printf(&b, "{\"step\":%llu,\"id\":\"d%zu\",\"loss\":",
                               (unsigned long long)step_numbers[at % STEPS], at / STEPS));
        assert_true(isnan(loss) ? buf_printf(&b, "null}\n") : buf_printf(&b, "%.17g}\n", loss));
    }
    put_bytes(w, name, b.at, b.len);
    buf_release(&b);
}

static void put_wide(struct world *w, const char *name)
{
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    for (size_t d = 0; d < DOCUMENTS; d++) {
        assert_true(buf_printf(&b, "{\"id\":\"d%zu\",\"steps\":[", d));
        for (size_t s = 0; s < STEPS; s++) {
            assert_true(buf_printf(&b, "%s%llu", s ? "," : "", (unsigned long long)step_numbers[(s + d) % STEPS]));
        }
        assert_true(buf_printf(&b, "],\"losses\":["));
        for (size_t s = 0; s < STEPS; s++) {
            const double loss = loss_of(d, (s + d) % STEPS);
            assert_true(buf_printf(&b, "%s", s ? "," : ""));
            assert_true(isnan(loss) ? buf_printf(&b, "null") : buf_printf(&b, "%.17g", loss));
        }
        assert_true(buf_printf(&b, "]}\n"));
    }
    put_bytes(w, name, b.at, b.len);
    buf_release(&b);
}

static void put_matrix(struct world *w)
{
    double losses[DOCUMENTS * STEPS];
    char ids[DOCUMENTS * 8] = "";
    for (size_t i = 0; i < DOCUMENTS * STEPS; i++) {
        losses[i] = loss_of(i / STEPS, i % STEPS);
    }
    for (size_t d = 0; d < DOCUMENTS; d++) {
        snprintf(ids + strlen(ids), sizeof ids - strlen(ids), "d%zu\n", d);
    }
    put_npy(w, "matrix/loss.npy", "'<f8'", DOCUMENTS, STEPS, losses, sizeof losses);
    put(w, "matrix/ids.txt", ids);
    put(w, "matrix/manifest.json", "{\"version\":1,\"steps\":[" TEXT(ALL_STEPS) "]}");
}

static void test_forms_agree(void **state)
{
    struct world *const w = *state;
    struct buf in_order, wide, other;
    buf_init(&in_order, BUF_UNLIMITED);
    buf_init(&wide, BUF_UNLIMITED);
    buf_init(&other, BUF_UNLIMITED);
    put_long(w, "long.jsonl", false);
    put_long(w, "mixed.jsonl", true);
    put_wide(w, "wide.jsonl");
    put_matrix(w);
    read_all(w, "wide.jsonl", &wide);
    read_all(w, "matrix", &other);
    assert_string_equal(other.at, wide.at);
    read_all(w, "long.jsonl", &in_order);
    assert_string_equal(in_order.at, wide.at);
    read_all(w, "mixed.jsonl", &other);
    assert_string_not_equal(other.at, wide.at); /* another order of first appearance */
    sort_lines(&other);
    sort_lines(&wide);
    assert_string_equal(other.at, wide.at);
    buf_release(&in_order);
    buf_release(&wide);
    buf_release(&other);
}

/* ---- Order and memory change nothing ---------------------------------------------------------------------------- */

/* `count` pieces with sums that do not add up alike in any order, cut into parts, the i-th being piece (a i + b). */
static void put_pieces(struct world *w, const char *folder, size_t count, size_t parts, size_t a, size_t b)
{
    struct buf lines;
    char name[64];
    buf_init(&lines, BUF_UNLIMITED);
    for (size_t p = 0; p < parts; p++) {
        buf_clear(&lines);
        for (size_t i = p * count / parts; i < (p + 1) * count / parts; i++) {
            uint64_t seed = (a * i + b) % count;
            const uint64_t drawn = next_random(&seed);
            assert_true(buf_printf(&lines, "{\"id\":\"doc-%llu\",\"step\":%llu,\"loss_sum\":%.17g,\"n_tokens\":%llu}\n",
                                   (unsigned long long)(drawn % 40), (unsigned long long)(drawn / 40 % 3),
                                   (double)(drawn >> 20) / 1e9, (unsigned long long)(1 + drawn % 50)));
        }
        snprintf(name, sizeof name, "%s/part-%zu.jsonl", folder, p);
        put_bytes(w, name, lines.at ? lines.at : "", lines.len);
    }
    buf_release(&lines);
}

static void test_order_of_lines_and_parts(void **state)
{
    struct world *const w = *state;
    static const size_t steps[] = {1, 7, 2999, 1, 11};
    struct buf first, other;
    buf_init(&first, BUF_UNLIMITED);
    buf_init(&other, BUF_UNLIMITED);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        char folder[16];
        snprintf(folder, sizeof folder, "f%zu", i);
        put_pieces(w, folder, 3000, 1 + i * 2, steps[i], i * 100);
        read_all(w, folder, i == 0 ? &first : &other);
        sort_lines(i == 0 ? &first : &other);
        assert_int_equal(w->facts->merged, 3000 - 40 * 3);
        assert_true(i == 0 || strcmp(first.at, other.at) == 0);
    }
    buf_release(&first);
    buf_release(&other);
}

static void put_many(struct world *w, const char *name, size_t documents)
{
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    for (size_t i = 0; i < documents * 3; i++) {
        uint64_t seed = i;
        const size_t document = (i * 99991) % documents;
        const double loss = (double)(next_random(&seed) % 1000000) / 7e5;
        assert_true(buf_printf(&b, "{\"id\":\"%zu-of-many\",\"step\":%zu,\"loss_sum\":%.9g,\"n_tokens\":%zu}\n",
                               document, i % 4 * 1000, loss * 10, 5 + document % 9));
    }
    put_bytes(w, name, b.at, b.len);
    buf_release(&b);
}

static void test_little_memory(void **state)
{
    struct world *const w = *state;
    struct buf much, little;
    buf_init(&much, BUF_UNLIMITED);
    buf_init(&little, BUF_UNLIMITED);
    put_many(w, "many.jsonl", 200000);
    w->memory = (uint64_t)1 << 30;
    read_all(w, "many.jsonl", &much);
    assert_int_equal(w->facts->documents, 200000);
    w->memory = (uint64_t)1 << 20;
    read_all(w, "many.jsonl", &little);
    assert_true(str_equal(buf_str(&much), buf_str(&little)));
    buf_release(&much);
    buf_release(&little);
}

static void test_little_memory_for_wide(void **state)
{
    struct world *const w = *state;
    struct buf much, little, b;
    buf_init(&much, BUF_UNLIMITED);
    buf_init(&little, BUF_UNLIMITED);
    buf_init(&b, BUF_UNLIMITED);
    for (size_t i = 0; i < 20000; i++) { /* every eleventh stands twice, far apart */
        assert_true(buf_printf(&b, "{\"id\":%zu,\"losses\":[%zu,1.5]}\n", i % 11 == 0 ? i % 10010 : i, i));
    }
    put_bytes(w, "wide.jsonl", b.at, b.len);
    read_all(w, "wide.jsonl", &much);
    assert_int_equal(w->facts->ambiguous, 909);
    assert_int_equal(w->facts->documents, 20000 - 2 * 909);
    w->memory = 1000;
    read_all(w, "wide.jsonl", &little);
    assert_true(str_equal(buf_str(&much), buf_str(&little)));
    buf_release(&much);
    buf_release(&little);
    buf_release(&b);
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static tamis_status make_row(void *context, uint64_t row, float *losses, tamis_str *id, tamis_err *err)
{
    static const char *const ids[] = {"first", "", "with \"quotes\" and \xc3\xa9\n", "last"};
    const uint64_t *const fails_at = context;
    if (row == *fails_at) {
        return tamis_fail(err, TAMIS_INTERRUPTED, "enough");
    }
    for (size_t i = 0; i < 3; i++) {
        losses[i] = i == row ? (float)NAN : (float)row + 0.1f * (float)i;
    }
    *id = str_from(row == 1 ? "second" : ids[row]);
    return TAMIS_OK;
}

static void test_written_is_read(void **state)
{
    struct world *const w = *state;
    static const uint64_t steps[] = {0, 1000, 143000};
    uint64_t fails_at = UINT64_MAX;
    struct path folder;
    const struct trajectories_writing writing = {.per = "byte", .model = "proxy", .scope = "all", .steps = steps,
                                                 .checkpoints = 3, .seed = 7, .documents = 4, .row = make_row,
                                                 .context = &fails_at};
    assert_int_equal(path_make(&folder, NULL, "%s", in_world(w, "deep/written")), TAMIS_OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(trajectories_write(folder.at, &writing, &w->err), TAMIS_OK);
        expect(w, "deep/written",
               "first: 1000=0.10000000149011612 143000=0.20000000298023224\n"
               "second: 0=1 143000=1.2000000476837158\n"
               "with \"quotes\" and \xc3\xa9\n: 0=2 1000=2.0999999046325684\n"
               "last: 0=3 1000=3.0999999046325684 143000=3.2000000476837158\n");
        assert_string_equal(w->facts->per, "byte");
    }
    fails_at = 2; /* what could not be written whole has no manifest */
    assert_int_equal(trajectories_write(folder.at, &writing, &w->err), TAMIS_INTERRUPTED);
    assert_false(file_exists(in_world(w, "deep/written/manifest.json")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_long),
        TEST(test_pieces_add_up),
        TEST(test_wide),
        TEST(test_matrix),
        TEST(test_ids_of_a_matrix),
        TEST(test_bits),
        TEST(test_manifest_steps),
        TEST(test_parts),
        TEST(test_pipe),
        TEST(test_forms_agree),
        TEST(test_order_of_lines_and_parts),
        TEST(test_little_memory),
        TEST(test_little_memory_for_wide),
        TEST(test_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
