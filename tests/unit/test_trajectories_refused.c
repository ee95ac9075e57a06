/* Trajectories that are broken, ambiguous or hostile: counted or refused by name, no crash, never turned into 0. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zstd.h>

#include "trajectories_world.h"

/* ---- Losses and records that are none --------------------------------------------------------------------------- */

static void test_losses_that_are_none(void **state)
{
    struct world *const w = *state;
    put(w, "long.jsonl", "{\"id\":\"a\",\"step\":0,\"loss\":NaN}\n"
                         "{\"id\":\"a\",\"step\":1,\"loss\":Infinity}\n"
                         "{\"id\":\"a\",\"step\":2,\"loss\":-Infinity}\n"
                         "{\"id\":\"a\",\"step\":3,\"loss\":1e999}\n"
                         "{\"id\":\"NaN\",\"step\":4,\"loss\":-0.001}\n"
                         "{\"id\":\"NaN\",\"step\":5,\"loss_sum\":1e300,\"n_tokens\":1}\n"
                         "{\"id\":\"a\",\"step\":6,\"loss\":1e300,\"n_tokens\":9007199254740992}\n"
                         "{\"id\":\"a\",\"step\":6,\"loss\":1e300,\"n_tokens\":9007199254740992}\n");
    expect(w, "long.jsonl", "a#18014398509481984:\nNaN#1: 5=1.0000000000000001e+300\n");
    assert_int_equal(w->facts->not_finite, 5);
    assert_int_equal(w->facts->negative, 1);
    assert_int_equal(w->facts->lossy, 5);
    assert_int_equal(w->facts->broken, 0);
    put(w, "wide.jsonl", "{\"id\":\"a\",\"losses\":[1,NaN,-2,3,1e999]}\n{\"id\":\"b\",\"losses\":[NaN]}\n");
    expect(w, "wide.jsonl", "a: 0=1 3=3\nb:\n");
    assert_int_equal(w->facts->not_finite, 3);
    assert_int_equal(w->facts->negative, 1);
    assert_int_equal(w->facts->lossy, 2);
    const double losses[] = {-1, INFINITY, NAN, -INFINITY, 2};
    put_npy(w, "m/loss.npy", "'<f8'", 1, 5, losses, sizeof losses);
    put(w, "m/ids.txt", "a\n");
    expect(w, "m", "a: 4=2\n");
    assert_int_equal(w->facts->not_finite, 2);
    assert_int_equal(w->facts->negative, 1);
}

static void check_broken(struct world *w, const char *line, enum broken why)
{
    struct buf b, out;
    buf_init(&b, BUF_UNLIMITED);
    buf_init(&out, BUF_UNLIMITED);
    assert_true(buf_printf(&b, "{\"id\":\"a\",\"step\":0,\"loss\":1}\n%s\n", line));
    put_bytes(w, "broken.jsonl", b.at, b.len);
    read_all(w, "broken.jsonl", &out);
    if (w->facts->broken != 1 || w->facts->broken_by[why] != 1) {
        fail_msg("%s: %s", line, w->facts->first_broken ? w->facts->first_broken : "fine");
    }
    assert_non_null(strstr(w->facts->first_broken, "broken.jsonl: byte 29: "));
    assert_non_null(strstr(w->facts->first_broken, broken_name(why)));
    assert_string_equal(out.at, "a: 0=1\n");
    assert_int_equal(w->facts->records, 2);
    buf_release(&b);
    buf_release(&out);
}

static void test_broken_records(void **state)
{
    struct world *const w = *state;
    static const struct {
        const char *line;
        enum broken why;
    } cases[] = {
        {"", BROKEN_LINE},
        {"no", BROKEN_LINE},
        {"[1]", BROKEN_LINE},
        {"\"a\"", BROKEN_LINE},
        {"{\"id\":\"a\",\"step\":1,\"loss\":1", BROKEN_LINE},
        {"{\"id\":\"\xff\",\"step\":1,\"loss\":1}", BROKEN_LINE},
        {"{\"id\":\"a\",\"step\":1,\"loss\":nan}", BROKEN_LINE},
        {"{\"step\":1,\"loss\":1}", BROKEN_ID},
        {"{\"id\":\"\",\"step\":1,\"loss\":1}", BROKEN_ID},
        {"{\"id\":null,\"step\":1,\"loss\":1}", BROKEN_ID},
        {"{\"id\":[1],\"step\":1,\"loss\":1}", BROKEN_ID},
        {"{\"id\":true,\"step\":1,\"loss\":1}", BROKEN_ID},
        {"{\"id\":\"a\",\"loss\":1}", BROKEN_STEP},
        {"{\"id\":\"a\",\"step\":-1,\"loss\":1}", BROKEN_STEP},
        {"{\"id\":\"a\",\"step\":1.5,\"loss\":1}", BROKEN_STEP},
        {"{\"id\":\"a\",\"step\":\"1\",\"loss\":1}", BROKEN_STEP},
        {"{\"id\":\"a\",\"step\":null,\"loss\":1}", BROKEN_STEP},
        {"{\"id\":\"a\",\"step\":1e16,\"loss\":1}", BROKEN_STEP},
        {"{\"id\":\"a\",\"step\":1e999,\"loss\":1}", BROKEN_STEP},
        {"{\"id\":\"a\",\"step\":1}", BROKEN_LOSS},
        {"{\"id\":\"a\",\"step\":1,\"loss\":\"1\"}", BROKEN_LOSS},
        {"{\"id\":\"a\",\"step\":1,\"loss\":[1]}", BROKEN_LOSS},
        {"{\"id\":\"a\",\"step\":1,\"loss_sum\":\"1\",\"loss\":1}", BROKEN_LOSS},
        {"{\"id\":\"a\",\"losses\":1}", BROKEN_LOSS},
        {"{\"id\":\"a\",\"losses\":[1,\"2\"]}", BROKEN_LOSS},
        {"{\"id\":\"a\",\"losses\":[true]}", BROKEN_LOSS},
        {"{\"id\":\"a\",\"losses\":null}", BROKEN_LOSS},
        {"{\"id\":\"a\",\"step\":1,\"loss_sum\":1}", BROKEN_COUNT},
        {"{\"id\":\"a\",\"step\":1,\"loss_sum\":1,\"n_tokens\":0}", BROKEN_COUNT},
        {"{\"id\":\"a\",\"step\":1,\"loss\":1,\"n_tokens\":-1}", BROKEN_COUNT},
        {"{\"id\":\"a\",\"step\":1,\"loss\":1,\"n_tokens\":1.5}", BROKEN_COUNT},
        {"{\"id\":\"a\",\"step\":1,\"loss\":1,\"n_tokens\":\"9\"}", BROKEN_COUNT},
        {"{\"id\":\"a\",\"losses\":[1],\"n_tokens\":{}}", BROKEN_COUNT},
        {"{\"id\":\"a\",\"losses\":[1],\"steps\":[1,2]}", BROKEN_LENGTH},
        {"{\"id\":\"a\",\"losses\":[1],\"steps\":1}", BROKEN_LENGTH},
        {"{\"id\":\"a\",\"losses\":[1,2],\"steps\":[1,null]}", BROKEN_STEP},
        {"{\"id\":\"b\",\"losses\":[1]}", BROKEN_FORM},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_broken(w, cases[i].line, cases[i].why);
    }
}

static void test_nothing_to_be_read(void **state)
{
    struct world *const w = *state;
    put(w, "empty.jsonl", "");
    refuse(w, "empty.jsonl", TAMIS_INPUT, "empty");
    put(w, "text.jsonl", "{\"text\":\"a document\",\"id\":\"x\"}\n{\"text\":\"another\"}\n");
    refuse(w, "text.jsonl", TAMIS_INPUT, "none of its 2 records");
    assert_non_null(strstr(w->err.text, "byte 0: no loss"));
    refuse(w, "absent", TAMIS_INPUT, "no such file");
    assert_int_equal(file_make_folders(in_world(w, "folder"), &w->err), TAMIS_OK);
    refuse(w, "folder", TAMIS_INPUT, "holds no files");
    put(w, "folder/notes.txt", "a");
    refuse(w, "folder", TAMIS_INPUT, "holds no trajectories");
    put(w, "folder/loss.npy", "a");
    refuse(w, "folder", TAMIS_INPUT, "the file of ids is missing");
    refuse(w, "folder/loss.npy", TAMIS_INPUT, "name the folder");
    put(w, "folder/ids.txt", "a\n");
    put(w, "folder/part-0.jsonl", "{\"id\":\"a\",\"step\":0,\"loss\":1}\n");
    refuse(w, "folder", TAMIS_INPUT, "\"form\"");
    put(w, "folder/manifest.json", "{\"version\":1,\"form\":\"long\"}");
    expect(w, "folder", "a: 0=1\n");
    put(w, "folder/ids.npy", "");
    refuse(w, "folder", TAMIS_INPUT, "twice");
}

static void test_manifests(void **state)
{
    struct world *const w = *state;
    static const struct {
        const char *text;
        tamis_status status;
        const char *says;
    } cases[] = {
        {"", TAMIS_INPUT, "no JSON object"},
        {"[]", TAMIS_INPUT, "no JSON object"},
        {"{\"version\": 1", TAMIS_INPUT, "no JSON object"},
        {"{}", TAMIS_INPUT, "version"},
        {"{\"version\": \"1\"}", TAMIS_INPUT, "version"},
        {"{\"version\": 0}", TAMIS_INPUT, "version"},
        {"{\"version\": 2}", TAMIS_USAGE, "version 2"},
        {"{\"version\": 1, \"unit\": \"dit\"}", TAMIS_INPUT, "'dit'"},
        {"{\"version\": 1, \"unit\": 2}", TAMIS_INPUT, "\"unit\""},
        {"{\"version\": 1, \"per\": \"word\"}", TAMIS_INPUT, "'word'"},
        {"{\"version\": 1, \"form\": \"square\"}", TAMIS_INPUT, "\"matrix\""},
        {"{\"version\": 1, \"form\": \"matrix\"}", TAMIS_INPUT, "loss.npy is missing"},
        {"{\"version\": 1, \"steps\": 3}", TAMIS_INPUT, "no list"},
        {"{\"version\": 1, \"steps\": [1, \"2\"]}", TAMIS_INPUT, "no list"},
        {"{\"version\": 1, \"steps\": [1, 2.5]}", TAMIS_INPUT, "whole numbers"},
        {"{\"version\": 1, \"steps\": [1, null]}", TAMIS_INPUT, "whole numbers"},
        {"{\"version\": 1, \"steps\": [-1]}", TAMIS_INPUT, "whole numbers"},
        {"{\"version\": 1, \"steps\": [4, 1, 4]}", TAMIS_INPUT, "twice"},
    };
    put(w, "f/part-0.jsonl", "{\"id\":\"a\",\"step\":0,\"loss\":1}\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(w, "f/manifest.json", cases[i].text);
        refuse(w, "f", cases[i].status, cases[i].says);
    }
}

/* ---- Ambiguous -------------------------------------------------------------------------------------------------- */

static void test_ambiguous(void **state)
{
    struct world *const w = *state;
    put(w, "long.jsonl", "{\"id\":\"a\",\"step\":0,\"loss\":1}\n{\"id\":\"b\",\"step\":0,\"loss\":1}\n"
                         "{\"id\":\"a\",\"step\":1,\"loss\":2}\n{\"id\":\"a\",\"step\":1,\"loss\":2}\n"
                         "{\"id\":\"c\",\"step\":0,\"loss\":1}\n{\"id\":\"c\",\"step\":0,\"loss\":1,\"n_tokens\":4}\n"
                         "{\"id\":\"d\",\"step\":0,\"loss\":null}\n{\"id\":\"d\",\"step\":0,\"loss\":5}\n");
    expect(w, "long.jsonl", "b: 0=1\nd: 0=5\n");
    assert_int_equal(w->facts->ambiguous, 2);
    assert_int_equal(w->facts->checkpoints, 2);
    put(w, "wide.jsonl", "{\"id\":\"a\",\"losses\":[1]}\n"
                         "{\"id\":\"b\",\"losses\":[2,3]}\n"
                         "{\"id\":\"a\",\"losses\":[1]}\n"
                         "{\"id\":\"c\",\"losses\":[1,2],\"steps\":[1,1]}\n"
                         "{\"id\":\"d\",\"losses\":[null,2],\"steps\":[1,1]}\n"
                         "{\"id\":\"a\",\"losses\":[7]}\n");
    expect(w, "wide.jsonl", "b: 0=2 1=3\nd: 1=2\n");
    assert_int_equal(w->facts->ambiguous, 2);
    const float losses[] = {1, 2, 3};
    put_npy(w, "m/loss.npy", "'<f4'", 3, 1, losses, sizeof losses);
    put(w, "m/ids.txt", "a\nb\na\n");
    expect(w, "m", "b: 0=2\n");
    put(w, "m/ids.txt", "a\na\na\n");
    expect(w, "m", "");
    assert_int_equal(w->facts->ambiguous, 1);
}

/* ---- Hostile files ---------------------------------------------------------------------------------------------- */

static void test_broken_streams(void **state)
{
    struct world *const w = *state;
    struct buf b, frame, out;
    buf_init(&b, BUF_UNLIMITED);
    buf_init(&frame, BUF_UNLIMITED);
    buf_init(&out, BUF_UNLIMITED);
    for (size_t i = 0; i < 60000; i++) {
        uint64_t seed = i;
        assert_true(buf_printf(&b, "{\"id\":%zu,\"losses\":[1.%llu]}\n", i, (unsigned long long)next_random(&seed)));
    }
    assert_true(buf_reserve(&frame, ZSTD_compressBound(b.len)));
    frame.len = ZSTD_compress(frame.at, ZSTD_compressBound(b.len), b.at, b.len, 1);
    assert_false(ZSTD_isError(frame.len));
    for (size_t cut = 0; cut <= 4; cut++) {
        put_bytes(w, "f/part.jsonl.zst", frame.at, frame.len / 4 * cut - (cut == 4));
        if (cut == 0) {
            refuse(w, "f", TAMIS_INPUT, "empty");
            continue;
        }
        read_all(w, "f", &out);
        assert_true(w->facts->damaged);
        assert_int_equal(w->facts->broken_by[BROKEN_STREAM], 1);
        assert_true(w->facts->documents > 0 && w->facts->documents < 60000);
    }
    put_bytes(w, "f/part.jsonl.zst", frame.at, 20);
    refuse(w, "f", TAMIS_INPUT, "nothing can be read");
    buf_release(&b);
    buf_release(&frame);
    buf_release(&out);
}

static void test_unequal_matrices(void **state)
{
    struct world *const w = *state;
    const float losses[] = {1, 2, 3, 4, 5, 6};
    put_npy(w, "m/loss.npy", "'<f4'", 3, 2, losses, sizeof losses);
    put(w, "m/ids.txt", "a\nb\n");
    refuse(w, "m", TAMIS_INPUT, "fewer ids than the 3 rows");
    put(w, "m/ids.txt", "a\nb\nc\nd\n");
    refuse(w, "m", TAMIS_INPUT, "more ids than the 3 rows");
    put(w, "m/ids.txt", "a\n\n\xff\n");
    expect(w, "m", "a: 0=1 1=2\n");
    assert_int_equal(w->facts->broken_by[BROKEN_ID], 2);
    assert_non_null(strstr(w->facts->first_broken, "row 1"));
    put(w, "m/manifest.json", "{\"version\":1,\"steps\":[1,2,3]}");
    refuse(w, "m", TAMIS_INPUT, "2 columns, but the manifest names 3");
    assert_int_equal(unlink(in_world(w, "m/manifest.json")), 0);
    put_npy(w, "m/loss.npy", "'|S4'", 3, 2, losses, sizeof losses);
    refuse(w, "m", TAMIS_INPUT, "strings");
    put_npy(w, "m/loss.npy", "'<f4'", 3, 2, losses, sizeof losses);
    assert_int_equal(unlink(in_world(w, "m/ids.txt")), 0);
    put_npy(w, "m/ids.npy", "'<f4'", 3, 0, losses, 12);
    refuse(w, "m", TAMIS_INPUT, "must be a list");
    put_npy(w, "m/ids.npy", "'<i4'", 2, 0, losses, 8);
    refuse(w, "m", TAMIS_INPUT, "fewer ids");
    put_npy(w, "m/loss.npy", "'<f4'", 0, 2, losses, 0);
    put_npy(w, "m/ids.npy", "'<i4'", 0, 0, losses, 0);
    refuse(w, "m", TAMIS_INPUT, "empty");
}

/* Any byte of the header changed: refused, or some trajectories. */
static void test_damaged_matrices(void **state)
{
    struct world *const w = *state;
    struct buf b, out;
    const float losses[] = {1, 2, 3, 4, 5, 6};
    buf_init(&b, BUF_UNLIMITED);
    buf_init(&out, BUF_UNLIMITED);
    put_npy(w, "m/loss.npy", "'<f4'", 3, 2, losses, sizeof losses);
    put(w, "m/ids.txt", "a\nb\nc\n");
    assert_int_equal(file_read(in_world(w, "m/loss.npy"), SIZE_MAX, &b, &w->err), TAMIS_OK);
    for (size_t len = 0; len < b.len; len += len < 100 ? 1 : 7) {
        put_bytes(w, "m/loss.npy", b.at, len);
        refuse(w, "m", TAMIS_INPUT, "loss.npy");
    }
    uint64_t seed = 11;
    for (size_t i = 0; i < 1500; i++) {
        const size_t where = (size_t)(next_random(&seed) % 80);
        const char before = b.at[where];
        b.at[where] = (char)next_random(&seed);
        put_bytes(w, "m/loss.npy", b.at, b.len);
        const tamis_status status = try_open(w, "m");
        assert_true(status == TAMIS_INPUT || (status == TAMIS_OK && try_rest(w, &out) == TAMIS_OK));
        b.at[where] = before;
    }
    buf_release(&b);
    buf_release(&out);
}

static void test_too_many_steps(void **state)
{
    struct world *const w = *state;
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    for (size_t i = 0; i <= TRAJECTORIES_MOST_CHECKPOINTS; i++) {
        assert_true(buf_printf(&b, "{\"id\":\"a\",\"step\":%zu,\"loss\":1}\n", i));
    }
    put_bytes(w, "long.jsonl", b.at, b.len);
    refuse(w, "long.jsonl", TAMIS_INPUT, "different steps");
    buf_clear(&b);
    assert_true(buf_printf(&b, "{\"id\":\"a\",\"losses\":[1]}\n{\"id\":\"b\",\"losses\":[1"));
    for (size_t i = 0; i < TRAJECTORIES_MOST_CHECKPOINTS; i++) {
        assert_true(buf_add_str(&b, STR(",1")));
    }
    assert_true(buf_add_str(&b, STR("]}\n")));
    put_bytes(w, "wide.jsonl", b.at, b.len);
    expect(w, "wide.jsonl", "a: 0=1\n");
    assert_int_equal(w->facts->broken_by[BROKEN_MANY], 1);
    assert_non_null(strstr(w->facts->first_broken, "more than 100,000 losses"));
    buf_release(&b);
}

/* A file that says it holds 10^9 columns, and does: holes take no room. */
static void test_enormous_rows(void **state)
{
    struct world *const w = *state;
    put_npy(w, "m/loss.npy", "'<f2'", 2, 1000000000, "", 0);
    put(w, "m/ids.txt", "a\nb\n");
    refuse(w, "m", TAMIS_INPUT, "cut short");
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    assert_int_equal(file_read(in_world(w, "m/loss.npy"), SIZE_MAX, &b, &w->err), TAMIS_OK);
    const off_t header = (off_t)b.len;
    buf_release(&b);
    assert_int_equal(truncate(in_world(w, "m/loss.npy"), header + (off_t)4000000000), 0);
    refuse(w, "m", TAMIS_INPUT, "1000000000 columns");
}

/* ---- Slips ------------------------------------------------------------------------------------------------------ */

static enum slip slip_of(struct world *w, const char *key, bool sums)
{
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    for (size_t i = 0; i < 500; i++) {
        uint64_t seed = i;
        const uint64_t drawn = next_random(&seed), tokens = 10 + drawn % 500;
        const double mean = 2 + (double)(drawn >> 40) / 0x1p24;
        assert_true(buf_printf(&b, "{\"id\":%zu,\"step\":0,\"%s\":%g,\"n_tokens\":%llu}\n", i, key,
                               sums ? mean * (double)tokens : mean, (unsigned long long)tokens));
    }
    put_bytes(w, "slip.jsonl", b.at, b.len);
    buf_release(&b);
    assert_int_equal(try_open(w, "slip.jsonl"), TAMIS_OK);
    return w->facts->slip;
}

static void test_slips(void **state)
{
    struct world *const w = *state;
    assert_int_equal(slip_of(w, "loss", false), SLIP_NONE);
    assert_int_equal(slip_of(w, "loss", true), SLIP_SUM_FOR_MEAN);
    assert_int_equal(slip_of(w, "loss_sum", true), SLIP_NONE);
    assert_int_equal(slip_of(w, "loss_sum", false), SLIP_MEAN_FOR_SUM);
}

static void test_stops(void **state)
{
    struct world *const w = *state;
    const atomic_int stop = 1;
    const float loss = 1;
    w->stop = &stop;
    put(w, "long.jsonl", "{\"id\":\"a\",\"step\":0,\"loss\":1}\n");
    refuse(w, "long.jsonl", TAMIS_INTERRUPTED, "interrupted");
    put_npy(w, "m/loss.npy", "'<f4'", 1, 0, &loss, sizeof loss);
    put(w, "m/ids.txt", "a");
    refuse(w, "m", TAMIS_INTERRUPTED, "interrupted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_losses_that_are_none),
        TEST(test_broken_records),
        TEST(test_nothing_to_be_read),
        TEST(test_manifests),
        TEST(test_ambiguous),
        TEST(test_broken_streams),
        TEST(test_unequal_matrices),
        TEST(test_damaged_matrices),
        TEST(test_too_many_steps),
        TEST(test_enormous_rows),
        TEST(test_slips),
        TEST(test_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
