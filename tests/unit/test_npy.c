/* Arrays of rows in .npy files, good and hostile. */
#include "file_world.h"

#include "core/npy.h"

#define ROW_DESCR "[('part','<u4'),('kind','|u1'),('pad','|V3'),('offset','<u8'),('loss','<f4',(2,))]"

struct row {
    uint32_t part;
    uint8_t kind, pad[3];
    uint64_t offset;
    float loss[2];
};

static void test_npy_bytes(void **state)
{
    struct place *p = *state;
    const uint64_t numbers[] = {1, 0x0102030405060708u};
    assert_int_equal(npy_write(at(p, 0, "n.npy"), "'<u8'", 8, numbers, 2, &p->err), TAMIS_OK);
    char expected[128 + 16];
    memset(expected, ' ', 128);
    memcpy(expected, "\x93NUMPY\x01\x00\x76\x00", 10);
    const char *const header = "{'descr': '<u8', 'fortran_order': False, 'shape': (2,), }";
    memcpy(expected + 10, header, strlen(header));
    expected[127] = '\n';
    memcpy(expected + 128, "\1\0\0\0\0\0\0\0\x08\7\6\5\4\3\2\1", 16);
    assert_holds(p->path[0], expected, sizeof(expected));
}

static void test_npy_structured_rows(void **state)
{
    struct place *p = *state;
    struct row rows[100];
    memset(rows, 0, sizeof(rows));
    for (uint32_t i = 0; i < 100; i++) {
        rows[i] = (struct row){.part = i, .kind = (uint8_t)(i % 6), .offset = hash_mix(i), .loss = {1.5f, (float)i}};
    }
    const char *const path = at(p, 0, "rows.npy");
    for (size_t count = 0; count <= 100; count += 50) {
        assert_int_equal(npy_write(path, ROW_DESCR, sizeof(struct row), rows, count, &p->err), TAMIS_OK);
        struct npy n;
        assert_int_equal(npy_open(&n, path, ROW_DESCR, sizeof(struct row), &p->err), TAMIS_OK);
        assert_int_equal(n.count, count);
        assert_int_equal((uintptr_t)n.rows % 64, 0);
        assert_memory_equal(n.rows, rows, count * sizeof(struct row));
        npy_close(&n);
        npy_close(&n);
    }
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    assert_int_equal(file_read(path, SIZE_MAX, &b, &p->err), TAMIS_OK);
    const char *const header = "{'descr': [('part', '<u4'), ('kind', '|u1'), ('pad', '|V3'), ('offset', '<u8'), "
                               "('loss', '<f4', (2,))], 'fortran_order': False, 'shape': (100,), }";
    assert_memory_equal(b.at + 10, header, strlen(header));
    buf_release(&b);
}

static void test_npy_refuses_another_type(void **state)
{
    struct place *p = *state;
    const uint32_t numbers[] = {1, 2};
    struct npy n;
    assert_int_equal(npy_write(at(p, 0, "n.npy"), "[('a','<u4')]", 4, numbers, 2, &p->err), TAMIS_OK);
    assert_int_equal(npy_open(&n, p->path[0], "[ ('a', '<u4'), ]", 4, &p->err), TAMIS_INPUT);
    assert_int_equal(npy_open(&n, p->path[0], "[('a', '<u4')]", 4, &p->err), TAMIS_OK);
    npy_close(&n);
    static const char *const others[] = {"[('b','<u4')]", "[('a','<f4')]", "'<u4'", "[('a','<u2'),('b','<u2')]"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_int_equal(npy_open(&n, p->path[0], others[i], 4, &p->err), TAMIS_INPUT);
        assert_non_null(strstr(p->err.text, others[i]));
        assert_non_null(strstr(p->err.text, "[('a', '<u4')]"));
        assert_null(n.map);
    }
    assert_int_equal(npy_open(&n, at(p, 1, "absent.npy"), "'<u4'", 4, &p->err), TAMIS_INPUT);
}

static void test_npy_refuses_our_own_mistakes(void **state)
{
    struct place *p = *state;
    const uint64_t number = 1;
    static const char *const bad[] = {
        "",     "'<u8", "<u8", "'>u8'", "'<u8' ,", "'<u0'", "'<u'", "'<x8'", "'|O8'", "'<U1'", "[]", "[('a')]",
        "[('a','<u8')", "[('a','<u8',)]", "[('a','<u8',(0,))]", "[('a','<u4')]",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(npy_write(at(p, 0, "n.npy"), bad[i], 8, &number, 1, &p->err), TAMIS_INTERNAL);
    }
    assert_int_equal(npy_write(p->path[0], "'<u8'", 8, &number, SIZE_MAX / 4, &p->err), TAMIS_INTERNAL);
    assert_int_equal(entries_in(p->folder), 0);
}

/* Opens a file whose header is `dict` and whose rows are `bytes` zeros. */
static tamis_status open_made(struct place *p, const char *magic, const char *dict, size_t bytes)
{
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    assert_true(buf_add(&b, magic, 8) && buf_add(&b, "\0\0", 2) && buf_add_str(&b, str_from(dict)));
    while (b.len % 64 != 63) {
        assert_true(buf_add_char(&b, ' '));
    }
    assert_true(buf_add_char(&b, '\n'));
    b.at[8] = (char)((b.len - 10) & 255);
    b.at[9] = (char)((b.len - 10) >> 8);
    for (size_t i = 0; i < bytes; i++) {
        assert_true(buf_add_char(&b, '\0'));
    }
    put_file(p, at(p, 0, "made.npy"), b.at, b.len);
    buf_release(&b);
    struct npy n;
    const tamis_status status = npy_open(&n, p->path[0], "'<u4'", 4, &p->err);
    if (status == TAMIS_OK) {
        assert_int_equal(n.count * 4, bytes);
    }
    npy_close(&n);
    return status;
}

#define GOOD_MAGIC "\x93NUMPY\x01\x00"

static void test_npy_headers(void **state)
{
    struct place *p = *state;
    static const char *const good[] = {
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), }",
        "{'shape':(3,),'fortran_order':False,'descr':'<u4'}",
        "{ \"descr\" : \"<u4\" , 'fortran_order' : False , 'shape' : ( 3 , ) }",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(open_made(p, GOOD_MAGIC, good[i], 12), TAMIS_OK);
    }
    assert_int_equal(open_made(p, "\x93NUMPY\x02\x00", good[0], 12), TAMIS_INPUT);
    assert_int_equal(open_made(p, "\x93NUMPX\x01\x00", good[0], 12), TAMIS_INPUT);
    assert_int_equal(open_made(p, GOOD_MAGIC, good[0], 11), TAMIS_INPUT);
    assert_non_null(strstr(p->err.text, "cut short"));
    assert_int_equal(open_made(p, GOOD_MAGIC, good[0], 13), TAMIS_INPUT);
    assert_int_equal(open_made(p, GOOD_MAGIC, good[0], 16), TAMIS_INPUT);
    static const char *const bad[] = {
        "",
        "{",
        "{}",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), ",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), } x",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), 'shape': (3,), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), 'more': 1, }",
        "{'descr': '<u4', 'fortran_order': True, 'shape': (3,), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (1,3), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (-3,), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (18446744073709551616,), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (4611686018427387907,), }", /* times 4 wraps to 12 */
        "{'descr': '<u4', 'fortran_order': False, }",
        "{'descr': '<u4' 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '>u4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '<u4', 'fortran_order': False, 'shape': (3,), 'descr",
        "{'descr': [('a', '<u4', 'fortran_order': False, 'shape': (3,), }",
        "{'descr': [('a\\'', '<u4')], 'fortran_order': False, 'shape': (3,), }",
        "{'descr': '|O8', 'fortran_order': False, 'shape': (3,), }",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(open_made(p, GOOD_MAGIC, bad[i], 12), TAMIS_INPUT);
        assert_non_null(strstr(p->err.text, "made.npy"));
    }
}

static void test_npy_survives_damage(void **state)
{
    struct place *p = *state;
    struct row rows[4];
    memset(rows, 7, sizeof(rows));
    const char *const path = at(p, 0, "rows.npy"), *const hurt = at(p, 1, "hurt.npy");
    assert_int_equal(npy_write(path, ROW_DESCR, sizeof(struct row), rows, 4, &p->err), TAMIS_OK);
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    assert_int_equal(file_read(path, SIZE_MAX, &b, &p->err), TAMIS_OK);
    struct npy n;
    for (size_t len = 0; len < b.len; len++) { /* every truncation */
        put_quickly(hurt, b.at, len);
        assert_int_equal(npy_open(&n, hurt, ROW_DESCR, sizeof(struct row), &p->err), TAMIS_INPUT);
    }
    uint64_t seed = 6;
    for (size_t i = 0; i < 2000; i++) { /* a changed byte: refused, or it did not matter */
        const size_t where = (size_t)hash_mix(seed++) % 260;
        const char before = b.at[where];
        b.at[where] = (char)hash_mix(seed++);
        put_quickly(hurt, b.at, b.len);
        const tamis_status status = npy_open(&n, hurt, ROW_DESCR, sizeof(struct row), &p->err);
        assert_true(status == TAMIS_OK || status == TAMIS_INPUT);
        if (status == TAMIS_OK) {
            assert_int_equal(n.count, 4);
            npy_close(&n);
        }
        b.at[where] = before;
    }
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_npy_bytes),
        TEST(test_npy_structured_rows),
        TEST(test_npy_refuses_another_type),
        TEST(test_npy_refuses_our_own_mistakes),
        TEST(test_npy_headers),
        TEST(test_npy_survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
