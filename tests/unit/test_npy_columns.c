/* Columns of numbers in .npy files, read piece by piece, good and hostile. */
#include "file_world.h"

#include "core/npy.h"
#include "core/npy_columns.h"

static void write_columns(struct place *p, const char *path, uint64_t columns, uint64_t rows)
{
    struct file_out *f = NULL;
    assert_int_equal(file_out_open(&f, path, &p->err), TAMIS_OK);
    assert_int_equal(npy_columns_begin(f, path, columns, rows, &p->err), TAMIS_OK);
    for (uint64_t i = 0; i < columns * rows; i++) {
        const uint64_t value = i / rows * 1000 + i % rows;
        assert_int_equal(file_out_add(f, &value, sizeof(value), &p->err), TAMIS_OK);
    }
    assert_int_equal(file_out_commit(f, &p->err), TAMIS_OK);
}

static void test_columns_are_read_piece_by_piece(void **state)
{
    struct place *p = *state;
    const char *const path = at(p, 0, "columns.npy");
    struct npy_columns c;
    uint64_t got[100];
    write_columns(p, path, 3, 100);
    assert_int_equal(npy_columns_open(&c, path, 3, &p->err), TAMIS_OK);
    assert_int_equal(c.rows, 100);
    for (uint64_t column = 0; column < 3; column++) {
        for (uint64_t first = 0; first < 100; first += 33) {
            const size_t count = first + 33 < 100 ? 33 : (size_t)(100 - first);
            assert_int_equal(npy_columns_read(&c, path, column, first, got, count, &p->err), TAMIS_OK);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(got[i], column * 1000 + first + i);
            }
        }
    }
    write_columns(p, path, 16, 0);
    assert_int_equal(npy_columns_open(&c, path, 16, &p->err), TAMIS_OK);
    assert_int_equal(c.rows, 0);
}

static void test_columns_refuse_what_is_not_theirs(void **state)
{
    struct place *p = *state;
    const char *const path = at(p, 0, "columns.npy"), *const hurt = at(p, 1, "hurt.npy");
    struct npy_columns c;
    uint64_t got[2] = {0};
    assert_int_equal(npy_columns_open(&c, path, 2, &p->err), TAMIS_INPUT);
    write_columns(p, path, 2, 3);
    assert_int_equal(npy_columns_open(&c, path, 3, &p->err), TAMIS_INPUT);
    assert_non_null(strstr(p->err.text, "columns.npy"));
    assert_int_equal(npy_write(hurt, "'<u8'", 8, got, 2, &p->err), TAMIS_OK); /* one dimension */
    assert_int_equal(npy_columns_open(&c, hurt, 2, &p->err), TAMIS_INPUT);
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    assert_int_equal(file_read(path, SIZE_MAX, &b, &p->err), TAMIS_OK);
    for (size_t len = 0; len < b.len; len++) { /* every truncation */
        put_quickly(hurt, b.at, len);
        assert_int_equal(npy_columns_open(&c, hurt, 2, &p->err), TAMIS_INPUT);
    }
    assert_true(buf_add(&b, "12345678", 8)); /* and a number too many */
    put_quickly(hurt, b.at, b.len);
    assert_int_equal(npy_columns_open(&c, hurt, 2, &p->err), TAMIS_INPUT);
    uint64_t seed = 9;
    for (size_t i = 0; i < 2000; i++) { /* a changed byte: refused, or it did not matter */
        const size_t where = (size_t)hash_mix(seed++) % 128;
        const char before = b.at[where];
        b.at[where] = (char)hash_mix(seed++);
        put_quickly(hurt, b.at, b.len - 8);
        const tamis_status status = npy_columns_open(&c, hurt, 2, &p->err);
        assert_true(status == TAMIS_INPUT || (status == TAMIS_OK && c.rows == 3));
        b.at[where] = before;
    }
    buf_release(&b);
    assert_int_equal(npy_columns_open(&c, path, 2, &p->err), TAMIS_OK);
    put_quickly(path, "", 0);
    assert_int_equal(npy_columns_read(&c, path, 1, 0, got, 2, &p->err), TAMIS_INPUT); /* cut short since */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_columns_are_read_piece_by_piece),
        TEST(test_columns_refuse_what_is_not_theirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
