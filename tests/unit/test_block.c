/* The ledger part that is written from batches: band keys come out band by band, whatever the batches were. */
#include "run/block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { DOCUMENTS = 700 };

static uint64_t key_of(uint64_t document, unsigned band)
{
    return hash_mix(1000 * document + band);
}

static bool is_sketched(uint64_t document)
{
    return hash_mix(document) % 5 != 0;
}

/* Documents `from` to `to` of one source, as a worker leaves them. */
static void fill(struct batch *batch, unsigned bands, uint64_t from, uint64_t to)
{
    batch_init(batch);
    batch->records.count = (size_t)(to - from);
    batch->records.at = calloc(batch->records.count + 1, sizeof *batch->records.at);
    assert_non_null(batch->records.at);
    for (uint64_t n = from; n < to; n++) {
        const struct survey_row row = {.hash_high = n, .flags = is_sketched(n) ? SURVEY_SKETCHED : 0};
        assert_true(buf_add(&batch->rows, &row, sizeof row));
        for (unsigned b = 0; is_sketched(n) && b < bands; b++) {
            const uint64_t key = key_of(n, b);
            assert_true(buf_add(&batch->bands, &key, sizeof key));
        }
    }
}

static void write_part(struct block *block, unsigned bands, uint64_t from, uint64_t to, uint64_t step)
{
    const struct input input = {.source = 0};
    tamis_err err;
    for (uint64_t n = from; n < to; n += step) {
        struct batch batch = {0};
        fill(&batch, bands, n, n + step < to ? n + step : to);
        assert_int_equal(block_add(block, &batch, &input, &err), TAMIS_OK);
        batch_release(&batch);
    }
    assert_int_equal(block_commit(block, &err), TAMIS_OK);
}

static void check_part(const struct ledger *ledger, size_t part, unsigned bands)
{
    uint64_t keys[DOCUMENTS];
    tamis_err err;
    const struct ledger_part *const p = &ledger->parts[part];
    for (unsigned b = 0; b < bands; b++) {
        size_t sketched = 0;
        assert_int_equal(ledger_keys(ledger, part, b, 0, keys, p->bands.rows, &err), TAMIS_OK);
        for (uint64_t n = p->first; n < p->first + p->count; n++) {
            assert_int_equal(ledger_survey(ledger, n)->hash_high, n);
            if (is_sketched(n)) {
                assert_true(sketched < p->bands.rows);
                assert_int_equal(keys[sketched++], key_of(n, b));
            }
        }
        assert_int_equal(sketched, p->bands.rows);
    }
}

static void band_keys_lie_band_by_band(void **state)
{
    (void)state;
    static const unsigned bands[] = {1, 7, 8, 16, 21};
    for (size_t i = 0; i < 2 * sizeof bands / sizeof *bands; i++) {
        char folder[256];
        tamis_err err;
        struct recipe_source source = {.name = "web"};
        struct recipe recipe = {.sources = &source, .source_count = 1,
                                .dedup = {.minhash = true, .bands = bands[i / 2]}};
        struct rules rules = {0};
        struct block block;
        struct ledger ledger;
        const char *const tmp = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%.200s/tamis-block-XXXXXX", tmp ? tmp : "/tmp");
        assert_non_null(mkdtemp(folder));
        block_init(&block, &recipe, &rules, folder);
        block.scratch = i % 2;
        write_part(&block, bands[i / 2], 0, 400, 400);
        write_part(&block, bands[i / 2], 400, DOCUMENTS, 7);
        block_release(&block);
        assert_int_equal(ledger_open(&ledger, folder, &recipe, LEDGER_SURVEY | LEDGER_BANDS, &err), TAMIS_OK);
        assert_int_equal(ledger.part_count, 2);
        assert_int_equal(ledger.documents, DOCUMENTS);
        check_part(&ledger, 0, bands[i / 2]);
        check_part(&ledger, 1, bands[i / 2]);
        ledger_close(&ledger);
        assert_int_equal(file_remove_tree(folder, &err), TAMIS_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(band_keys_lie_band_by_band),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
