/* Arrays of other programs: every type in both byte orders, every version, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/npy_matrix.h"
#include "trajectories_world.h"

static tamis_status open_array(struct world *w, struct npy_matrix *m)
{
    return npy_matrix_open(m, in_world(w, "a.npy"), &w->err);
}

static void check_numbers(struct world *w, const char *descr, const void *data, size_t item, const double *values,
                          size_t count)
{
    struct npy_matrix m;
    double row[8];
    unsigned char turned[64];
    for (int big = 0; big < 2; big++) {
        char other[16];
        for (size_t i = 0; i < count * item; i++) {
            turned[i] = ((const unsigned char *)data)[big ? i / item * item + item - 1 - i % item : i];
        }
        snprintf(other, sizeof other, "'%c%s", item == 1 ? '|' : big ? '>' : '<', descr + 2);
        put_npy(w, "a.npy", other, 1, count, turned, count * item);
        assert_int_equal(open_array(w, &m), TAMIS_OK);
        assert_int_equal(m.rows, 1);
        assert_int_equal(m.columns, count);
        npy_matrix_row(&m, 0, row);
        for (size_t i = 0; i < count; i++) {
            if (isnan(values[i]) ? !isnan(row[i]) : memcmp(&row[i], &values[i], sizeof row[i]) != 0) {
                fail_msg("%s: element %zu is %a, not %a", other, i, row[i], values[i]);
            }
        }
        npy_matrix_close(&m);
    }
}

static void test_numbers(void **state)
{
    struct world *const w = *state;
    const uint16_t halves[] = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x7c00, 0x7e00, 0x3555};
    const double half_values[] = {1, -2, 65504, 0x1p-24, 0x1.ff8p-15, INFINITY, NAN, 0x1.554p-2};
    check_numbers(w, "'<f2'", halves, 2, half_values, 8);
    const uint16_t more_halves[] = {0x8000, 0x0400, 0xfc00, 0x7c01};
    const double more_half_values[] = {-0.0, 0x1p-14, -INFINITY, NAN};
    check_numbers(w, "'<f2'", more_halves, 2, more_half_values, 4);
    const float singles[] = {0.1f, -INFINITY, NAN, 0x1p-149f};
    const double single_values[] = {(double)0.1f, -INFINITY, NAN, 0x1p-149};
    check_numbers(w, "'<f4'", singles, 4, single_values, 4);
    const double doubles[] = {0.1, 0x1p-1074, NAN, INFINITY};
    check_numbers(w, "'<f8'", doubles, 8, doubles, 4);
    const int8_t bytes[] = {-128, 127, -1, 0};
    const double byte_values[] = {-128, 127, -1, 0};
    check_numbers(w, "'<i1'", bytes, 1, byte_values, 4);
    const int16_t shorts[] = {INT16_MIN, INT16_MAX, -2};
    const double short_values[] = {-32768, 32767, -2};
    check_numbers(w, "'<i2'", shorts, 2, short_values, 3);
    const int64_t longs[] = {INT64_MIN, -5, 1234567890123};
    const double long_values[] = {-0x1p63, -5, 1234567890123};
    check_numbers(w, "'<i8'", longs, 8, long_values, 3);
    const uint64_t counts[] = {UINT64_MAX, 0};
    const double count_values[] = {0x1p64, 0};
    check_numbers(w, "'<u8'", counts, 8, count_values, 2);
    const uint32_t words[] = {UINT32_MAX, 3};
    const double word_values[] = {4294967295.0, 3};
    check_numbers(w, "'<u4'", words, 4, word_values, 2);
}

static void check_text(struct npy_matrix *m, uint64_t row, const char *text)
{
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    assert_true(npy_matrix_text(m, row, &b));
    assert_int_equal(b.len, strlen(text));
    assert_true(b.len == 0 || memcmp(b.at, text, b.len) == 0);
    buf_release(&b);
}

static void test_texts(void **state)
{
    struct world *const w = *state;
    struct npy_matrix m;
    const uint32_t letters[] = {'a', 'b', 0x7ff, 0, 0x10ffff, 0xffff, 0xd800, 'c', 0x110000, 'c'};
    double none = 0;
    put_npy(w, "a.npy", "'<U2'", 5, 0, letters, sizeof letters);
    assert_int_equal(open_array(w, &m), TAMIS_OK);
    assert_true(m.texts);
    check_text(&m, 0, "ab");
    check_text(&m, 1, "\xdf\xbf");
    check_text(&m, 2, "\xf4\x8f\xbf\xbf\xef\xbf\xbf");
    check_text(&m, 3, ""); /* half a pair */
    check_text(&m, 4, "");
    npy_matrix_row(&m, 0, &none);
    assert_true(isnan(none));
    npy_matrix_close(&m);
    put_npy(w, "a.npy", "'>U1'", 1, 0, "\0\0\x20\xac", 4);
    assert_int_equal(open_array(w, &m), TAMIS_OK);
    check_text(&m, 0, "\xe2\x82\xac");
    npy_matrix_close(&m);
    const uint64_t counts[] = {UINT64_MAX, 0};
    put_npy(w, "a.npy", "'<u8'", 2, 0, counts, sizeof counts);
    assert_int_equal(open_array(w, &m), TAMIS_OK);
    check_text(&m, 0, "18446744073709551615");
    npy_matrix_close(&m);
    const int64_t lowest = INT64_MIN;
    put_npy(w, "a.npy", "'<i8'", 1, 0, &lowest, sizeof lowest);
    assert_int_equal(open_array(w, &m), TAMIS_OK);
    check_text(&m, 0, "-9223372036854775808");
    npy_matrix_close(&m);
    npy_matrix_close(&m);
}

/* Rows that were passed are read again all the same. */
static void test_passing(void **state)
{
    struct world *const w = *state;
    struct npy_matrix m;
    static float many[200000];
    double row[2];
    for (size_t i = 0; i < 200000; i++) {
        many[i] = (float)i;
    }
    put_npy(w, "a.npy", "'<f4'", 100000, 2, many, sizeof many);
    assert_int_equal(open_array(w, &m), TAMIS_OK);
    for (uint64_t i = 0; i < m.rows; i += 777) {
        npy_matrix_pass(&m, i);
        npy_matrix_row(&m, i, row);
        assert_true((uint64_t)row[1] == 2 * i + 1);
    }
    npy_matrix_pass(&m, m.rows);
    npy_matrix_row(&m, 0, row);
    assert_true((uint64_t)row[1] == 1);
    npy_matrix_close(&m);
}

static tamis_status open_made(struct world *w, int version, const char *header, size_t data)
{
    struct buf b;
    struct npy_matrix m;
    const size_t len = strlen(header) + 1;
    buf_init(&b, BUF_UNLIMITED);
    assert_true(buf_add(&b, "\x93NUMPY", 6) && buf_add_char(&b, (char)version) && buf_add_char(&b, '\0') &&
                buf_add_char(&b, (char)(len & 255)) && buf_add_char(&b, (char)(len >> 8)));
    assert_true(version == 1 || buf_add(&b, "\0\0", 2));
    assert_true(buf_add_str(&b, str_from(header)) && buf_add_char(&b, '\n'));
    for (size_t i = 0; i < data; i++) {
        assert_true(buf_add_char(&b, '\0'));
    }
    put_bytes(w, "a.npy", b.at, b.len);
    buf_release(&b);
    const tamis_status status = open_array(w, &m);
    npy_matrix_close(&m);
    return status;
}

static void test_headers(void **state)
{
    struct world *const w = *state;
    static const char good[] = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }";
    for (int version = 1; version <= 3; version++) {
        assert_int_equal(open_made(w, version, good, 24), TAMIS_OK);
    }
    assert_int_equal(open_made(w, 4, good, 24), TAMIS_INPUT);
    assert_int_equal(open_made(w, 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (6,), }", 24), TAMIS_OK);
    static const struct {
        const char *header, *says;
    } bad[] = {
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }", "Fortran"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (3, 1), }", "|O"},
        {"{'descr': '<f16', 'fortran_order': False, 'shape': (3, 1), }", "<f16"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (3, 1), }", "<c8"},
        {"{'descr': '<f1', 'fortran_order': False, 'shape': (3, 1), }", "<f1"},
        {"{'descr': '=f4', 'fortran_order': False, 'shape': (3, 2), }", "=f4"},
        {"{'descr': '|f4', 'fortran_order': False, 'shape': (3, 2), }", "|f4"},
        {"{'descr': '|S0', 'fortran_order': False, 'shape': (3,), }", "|S0"},
        {"{'descr': '', 'fortran_order': False, 'shape': (3,), }", "elements"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }", "records"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "0 dimensions"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }", "3 dimensions"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4, 2), }", "cut short"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", "follow"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 0), }", "empty"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", "cut short"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551615, 18446744073709551615), }",
         "cut short"},
        {"{'descr': '<U4294967296', 'fortran_order': False, 'shape': (18446744073709551615, 1), }", "cut short"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (3 2), }", "header"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (6), }", "header"},
        {"{'descr': '<f4', 'shape': (6,), }", "header"},
        {"{'descr': ], 'fortran_order': False, 'shape': (6,), }", "header"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (6,), }", "header"},
        {"", "header"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(open_made(w, 1, bad[i].header, 24), TAMIS_INPUT);
        if (!strstr(w->err.text, bad[i].says) || !strstr(w->err.text, "a.npy")) {
            fail_msg("%s: %s", bad[i].header, w->err.text);
        }
    }
    assert_int_equal(open_made(w, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 5), }", 0), TAMIS_OK);
}

/* What is written by us is what NumPy writes. */
static void test_written_header(void **state)
{
    (void)state;
    struct buf b;
    struct npy_header h;
    const uint64_t shape[2] = {12, 3};
    buf_init(&b, BUF_UNLIMITED);
    assert_true(npy_header_add(&b, "'<f4'", shape, 2));
    assert_int_equal(b.len, 128);
    assert_memory_equal(b.at, "\x93NUMPY\x01\x00\x76\x00", 10);
    assert_memory_equal(b.at + 10, "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 3), } ", 61);
    assert_true(npy_header_parse(buf_str(&b), &h));
    assert_int_equal(h.version, 1);
    assert_int_equal(h.dimensions, 2);
    assert_int_equal(h.shape[1], 3);
    assert_int_equal(h.data_at, 128);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_numbers), TEST(test_texts), TEST(test_passing), TEST(test_headers), TEST(test_written_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
