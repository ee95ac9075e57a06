/* Buffers, arenas, strict numbers, near names, hashes, messages and the JSON writer. */
#include "core/arena.h"
#include "core/buf.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/str.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    return hash_mix(*state);
}

/* ---- Errors ----------------------------------------------------------------------------------------------------- */

static void test_fail_fills_and_returns(void **state)
{
    (void)state;
    tamis_err err = {0};
    assert_int_equal(tamis_fail(&err, TAMIS_INPUT, "%s: line %d", "a.jsonl", 7), TAMIS_INPUT);
    assert_int_equal(err.status, TAMIS_INPUT);
    assert_string_equal(err.text, "a.jsonl: line 7");
    assert_int_equal(tamis_fail(&err, TAMIS_IO, "outer: %s", err.text), TAMIS_IO);
    assert_string_equal(err.text, "outer: a.jsonl: line 7");
    assert_int_equal(tamis_fail(NULL, TAMIS_USAGE, "nobody listens"), TAMIS_USAGE);
    assert_string_equal(tamis_version(), TAMIS_VERSION);
}

static void test_fail_cuts_long_messages_between_characters(void **state)
{
    (void)state;
    char text[3001];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(text, 'x', shift);
        for (size_t i = shift; i + 3 <= 3000; i += 3) {
            memcpy(text + i, "\xe2\x82\xac", 4);
        }
        tamis_err err = {0};
        assert_int_equal(tamis_fail(&err, TAMIS_INPUT, "%s", text), TAMIS_INPUT);
        const size_t len = strlen(err.text);
        assert_in_range(len, sizeof(err.text) - 6, sizeof(err.text) - 1);
        assert_string_equal(err.text + len - 3, "...");
        assert_int_equal((len - 3 - shift) % 3, 0);
        assert_memory_equal(err.text, text, len - 3);
    }
}

static void test_fail_hides_terminal_controls(void **state)
{
    (void)state;
    tamis_err err = {0};
    assert_int_equal(tamis_fail(&err, TAMIS_INPUT, "a\x1b[31mb\rc\x7f\xc2\x9b" "d\ne\xc3\xa9\xc2\xb5"), TAMIS_INPUT);
    assert_string_equal(err.text, "a?[31mb?c???d\ne\xc3\xa9\xc2\xb5");
}

/* ---- Buffers ---------------------------------------------------------------------------------------------------- */

static void assert_well_formed(const struct buf *b)
{
    assert_true(b->len <= b->limit);
    assert_true(b->len <= b->cap || b->at == NULL);
    if (b->at == NULL) {
        return;
    }
    assert_int_equal(b->at[b->len], '\0');
    volatile char sum = 0;
    for (size_t i = 0; i < BUF_PADDING; i++) {
        sum = (char)(sum ^ b->at[b->len + i]); /* for the address sanitiser */
    }
}

static void test_buf_agrees_with_a_plain_array(void **state)
{
    (void)state;
    enum { LIMIT = 5000 };
    uint64_t seed = 1;
    for (int round = 0; round < 50; round++) {
        char plain[LIMIT], piece[300];
        size_t len = 0;
        struct buf b;
        buf_init(&b, LIMIT);
        for (int step = 0; step < 60; step++) {
            const size_t more = next_random(&seed) % sizeof(piece);
            for (size_t i = 0; i < more; i++) {
                piece[i] = (char)next_random(&seed);
            }
            const bool fits = len + more <= LIMIT;
            assert_int_equal(buf_add(&b, piece, more), fits);
            if (fits) {
                memcpy(plain + len, piece, more);
                len += more;
            }
            assert_well_formed(&b);
            assert_int_equal(b.len, len);
            assert_memory_equal(b.at, plain, len);
        }
        buf_release(&b);
    }
}

static void test_buf_stops_exactly_at_its_limit(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10);
    assert_true(buf_add(&b, "0123456789", 10));
    assert_false(buf_add_char(&b, 'x'));
    assert_false(buf_printf(&b, "%d", 1));
    assert_true(buf_printf(&b, "%s", ""));
    assert_true(buf_add(&b, NULL, 0));
    assert_false(buf_reserve(&b, SIZE_MAX));
    assert_string_equal(b.at, "0123456789");
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.at, "");
    assert_false(buf_printf(&b, "%s", "01234567890"));
    assert_string_equal(b.at, "");
    assert_true(buf_printf(&b, "%s-%04d", "abcde", 42));
    assert_string_equal(b.at, "abcde-0042");
    buf_release(&b);
    assert_true(buf_add_str(&b, STR("again")));
    assert_false(buf_add_str(&b, STR("123456")));
    assert_true(str_is(buf_str(&b), "again"));
    buf_release(&b);
}

static void test_buf_with_nothing_in_it(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 0);
    assert_int_equal(buf_str(&b).len, 0);
    assert_non_null(buf_str(&b).at);
    buf_clear(&b);
    assert_true(buf_reserve(&b, 0));
    assert_non_null(b.at);
    assert_well_formed(&b);
    assert_false(buf_reserve(&b, 1));
    buf_release(&b);
    buf_release(&b);
    buf_init(&b, SIZE_MAX);
    assert_true(b.limit <= BUF_UNLIMITED);
    assert_false(buf_reserve(&b, BUF_UNLIMITED));
    assert_true(buf_add_char(&b, 'x'));
    buf_release(&b);
}

static void test_buf_reserve_gives_room(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t more = 1; more <= 1 << 18; more *= 3) {
        assert_true(buf_reserve(&b, more));
        assert_true(b.cap - b.len >= more);
        memset(b.at + b.len, 'a', more);
        b.len += more;
        assert_true(buf_add_char(&b, 'b'));
        assert_well_formed(&b);
    }
    buf_release(&b);
}

/* ---- Arenas ----------------------------------------------------------------------------------------------------- */

static void test_arena_pieces_do_not_overlap_or_move(void **state)
{
    (void)state;
    enum { PIECES = 3000 };
    static unsigned char *at[PIECES];
    static size_t size[PIECES];
    uint64_t seed = 2;
    struct arena a;
    arena_init(&a);
    for (int round = 0; round < 3; round++) {
        size_t asked = 0;
        for (size_t i = 0; i < PIECES; i++) {
            size[i] = next_random(&seed) % (i % 100 == 0 ? 70000 : 100);
            at[i] = arena_alloc(&a, size[i]);
            assert_non_null(at[i]);
            assert_int_equal((uintptr_t)at[i] % 16, 0);
            memset(at[i], (int)(i % 251), size[i]);
            asked += size[i];
        }
        assert_true(a.used >= asked);
        for (size_t i = 0; i < PIECES; i++) {
            for (size_t k = 0; k < size[i]; k++) {
                assert_int_equal(at[i][k], i % 251);
            }
        }
        arena_clear(&a);
        assert_int_equal(a.used, 0);
    }
    arena_release(&a);
    assert_null(a.blocks);
}

static void test_arena_reuses_its_memory_after_clear(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    arena_clear(&a);
    for (int i = 0; i < 1000; i++) {
        assert_non_null(arena_alloc(&a, 1000));
    }
    arena_clear(&a);
    const struct arena_block *const kept = a.blocks;
    assert_non_null(kept);
    for (int i = 0; i < 1000; i++) {
        assert_non_null(arena_alloc(&a, 1000));
    }
    assert_ptr_equal(a.blocks, kept);
    arena_release(&a);
}

static void test_arena_copies(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a);
    const char *const word = arena_strdup(&a, (tamis_str){"grain\0chaff", 5});
    assert_string_equal(word, "grain");
    const char *const nothing = arena_strdup(&a, (tamis_str){NULL, 0});
    assert_string_equal(nothing, "");
    tamis_str copy;
    assert_true(arena_copy(&a, STR("a\0b"), &copy));
    assert_true(str_equal(copy, STR("a\0b")));
    assert_true(arena_copy(&a, (tamis_str){NULL, 0}, &copy));
    assert_non_null(copy.at);
    assert_int_equal(copy.len, 0);
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 8));
    assert_string_equal(word, "grain");
    arena_release(&a);
}

/* ---- Strings and numbers ---------------------------------------------------------------------------------------- */

static void test_strings_compare_bytewise(void **state)
{
    (void)state;
    const tamis_str empty = {NULL, 0};
    assert_true(str_equal(empty, STR("")));
    assert_true(str_is(str_from(NULL), ""));
    assert_false(str_equal(STR("a"), STR("b")));
    assert_false(str_equal(STR("a"), STR("a\0")));
    assert_true(str_ends_with(STR("x.jsonl.zst"), ".zst"));
    assert_true(str_ends_with(STR("x"), ""));
    assert_false(str_ends_with(STR("st"), ".zst"));
    assert_true(str_compare(empty, STR("a")) < 0);
    assert_true(str_compare(STR("ab"), STR("a")) > 0);
    assert_true(str_compare(STR("a\xff"), STR("ab")) > 0);
    assert_true(str_compare(STR("Z"), STR("a")) < 0);
    assert_int_equal(str_compare(STR("same"), STR("same")), 0);
}

struct number {
    const char *text;
    bool good;
    uint64_t value;
};

static void check_numbers(const struct number *n, size_t count, bool (*parse)(tamis_str, uint64_t *))
{
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 77;
        const bool good = parse(str_from(n[i].text), &value);
        if (good != n[i].good || value != (good ? n[i].value : 77)) {
            fail_msg("\"%s\": %s, %" PRIu64, n[i].text, good ? "read" : "refused", value);
        }
    }
}

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static void test_lines_of_a_text(void **state)
{
    (void)state;
    tamis_str rest = STR("\none\n\n\ntwo words\nlast"), line;
    assert_true(str_next_line(&rest, &line));
    assert_true(str_is(line, "one"));
    assert_true(str_is(rest, "\n\ntwo words\nlast"));
    assert_true(str_next_line(&rest, &line));
    assert_true(str_is(line, "two words"));
    assert_true(str_next_line(&rest, &line));
    assert_true(str_is(line, "last"));
    assert_false(str_next_line(&rest, &line));
    rest = STR("\n\n");
    assert_false(str_next_line(&rest, &line));
    rest = str_from(NULL);
    assert_false(str_next_line(&rest, &line));
}

static void test_counts(void **state)
{
    (void)state;
    static const struct number cases[] = {
        {"0", true, 0},
        {"007", true, 7},
        {"20e9", true, 20000000000u},
        {"2E+3", true, 2000},
        {"1.5M", true, 1500000},
        {"256K", true, 256000},
        {"0.5K", true, 500},
        {"3G", true, 3000000000u},
        {"2T", true, 2000000000000u},
        {"1.50e1", true, 15},
        {"12.000", true, 12},
        {"0e999999999999999999", true, 0},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073.709551615e9", true, UINT64_MAX},
        {"18446744.073709551615T", true, UINT64_MAX},
        {"0.000000000000000001e18", true, 1},
        {"1.5", false, 0},
        {"1.0005K", false, 0},
        {"18446744073709551616", false, 0},
        {"18446744073.709551616e9", false, 0},
        {"1e20", false, 0},
        {"1e99999999999999999999", false, 0},
        {"", false, 0},
        {"K", false, 0},
        {".5K", false, 0},
        {"1.", false, 0},
        {"1.K", false, 0},
        {"e9", false, 0},
        {"1e", false, 0},
        {"1e-3", false, 0},
        {"1000e-3", false, 0},
        {"-1", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1KB", false, 0},
        {"1Ki", false, 0},
        {"1KK", false, 0},
        {"1e3K", false, 0},
        {"0x10", false, 0},
        {"1,000", false, 0},
        {"1_000", false, 0},
        {"nan", false, 0},
        {"inf", false, 0},
    };
    check_numbers(cases, COUNT_OF(cases), str_count);
    uint64_t value = 0;
    assert_false(str_count(STR("1\0"), &value));
    assert_true(str_count((tamis_str){"12345", 2}, &value));
    assert_int_equal(value, 12);
}

static void test_sizes(void **state)
{
    (void)state;
    static const struct number cases[] = {
        {"0", true, 0},
        {"100", true, 100},
        {"100B", true, 100},
        {"64M", true, 64u << 20},
        {"64MB", true, 64u << 20},
        {"64MiB", true, 64u << 20},
        {"1.5G", true, 1536u << 20},
        {"0.5K", true, 512},
        {"2T", true, (uint64_t)2 << 40},
        {"1e9", true, 1000000000},
        {"0.1K", true, 102}, /* 102.4 */
        {"0.3G", true, 322122547}, /* 322122547.2 */
        {"16777215T", true, (uint64_t)16777215 << 40},
        {"16777216T", false, 0},
        {"18446744073709551615", true, UINT64_MAX},
        {"1.5", false, 0},
        {"1.5B", false, 0},
        {"64Mi", false, 0},
        {"64i", false, 0},
        {"64iB", false, 0},
        {"64BM", false, 0},
        {"M", false, 0},
        {"", false, 0},
        {"-1M", false, 0},
        {"64 M", false, 0},
    };
    check_numbers(cases, COUNT_OF(cases), str_size);
}

static void test_random_counts_read_back(void **state)
{
    (void)state;
    static const struct {
        const char *suffix;
        uint64_t thousandth; /* of the unit; its decimals are printed below */
    } units[] = {{"K", 1}, {"M", 1000}, {"G", 1000000}, {"T", 1000000000}, {"e3", 1}, {"e06", 1000}, {"e+9", 1000000}};
    uint64_t seed = 3;
    for (int i = 0; i < 20000; i++) {
        const size_t unit = next_random(&seed) % COUNT_OF(units);
        const uint64_t thousandths = next_random(&seed) >> (34 + next_random(&seed) % 30);
        char text[64];
        snprintf(text, sizeof(text), "%" PRIu64 ".%03" PRIu64 "%s", thousandths / 1000, thousandths % 1000,
                 units[unit].suffix);
        uint64_t value = 0;
        assert_true(str_count(str_from(text), &value));
        assert_true(value == thousandths * units[unit].thousandth);
    }
}

static void test_reals(void **state)
{
    (void)state;
    static const char *const good[] = {"0", "-0", "1.5", "+2", ".5", "5.", "1e-3", "-1.25E+2", "1e-400", "0.1"};
    static const double values[] = {0, 0, 1.5, 2, 0.5, 5, 0.001, -125, 0, 0.1};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        double value = 99;
        assert_true(str_real(str_from(good[i]), &value));
        assert_true(!(value < values[i]) && !(value > values[i]));
    }
    static const char *const bad[] = {"",    ".",   "-",   "e1",  "1e",  "1e+", "nan", "inf",    "-inf",    "infinity",
                                      "0x1", "1 ",  " 1",  "1,5", "1.2.3", "--1", "1f",  "1e999", "-1e999", "1K"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        double value = 99;
        assert_false(str_real(str_from(bad[i]), &value));
        assert_true(value > 98.9);
    }
    double value = 0;
    assert_true(str_real((tamis_str){"2.59", 3}, &value));
    assert_true(value > 2.49 && value < 2.51);
    char ones[3000];
    memset(ones, '1', sizeof(ones));
    assert_false(str_real((tamis_str){ones, sizeof(ones)}, &value));
    assert_true(str_real((tamis_str){ones, 300}, &value));
}

static void test_nearest_name(void **state)
{
    (void)state;
    static const char *const names[] = {"threshold", "shingle", "bands", "rows", "verify", "keep", "min_words", NULL};
    static const char *const none[] = {NULL};
    assert_string_equal(tamis_nearest(STR("treshold"), names), "threshold");
    assert_string_equal(tamis_nearest(STR("thrsehold"), names), "threshold");
    assert_string_equal(tamis_nearest(STR("thresholds"), names), "threshold");
    assert_string_equal(tamis_nearest(STR("thresh"), names), "threshold");
    assert_string_equal(tamis_nearest(STR("Min-Words"), names), "min_words");
    assert_string_equal(tamis_nearest(STR("band"), names), "bands");
    assert_string_equal(tamis_nearest(STR("rosw"), names), "rows");
    assert_string_equal(tamis_nearest(STR("keep"), names), "keep");
    assert_null(tamis_nearest(STR("tokenizer"), names));
    assert_null(tamis_nearest(STR("x"), names));
    assert_null(tamis_nearest(STR(""), names));
    assert_null(tamis_nearest(STR("keep"), none));
    char endless[5000];
    memset(endless, 'k', sizeof(endless));
    assert_null(tamis_nearest((tamis_str){endless, sizeof(endless)}, names));
}

/* ---- Hashes ----------------------------------------------------------------------------------------------------- */

/* Computed with the reference implementation through its Python binding; byte i of the input is 7 i + 3. */
static void test_hashes_are_xxh3(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        uint64_t plain, seeded, high, low;
    } cases[] = {
        {0, 0x2d06800538d394c2u, 0xb029411ff43d84d2u, 0x99aa06d3014798d8u, 0x6001c324468d497fu},
        {1, 0x13e608bc156defedu, 0xd0c83c4bdeed078bu, 0x22bbb76b211a39bau, 0x13e608bc156defedu},
        {3, 0xa9088dda485b481cu, 0x3a6eb7a191052c81u, 0xce31763cbf8245a5u, 0xa9088dda485b481cu},
        {8, 0x60539db630471163u, 0x53a895ca319fab31u, 0xe3bc8a5f46171555u, 0x3cd024e3d63a1588u},
        {16, 0xb8c859b0f030b585u, 0x6b1b54f65d114c69u, 0xce0b9647ab24f884u, 0x60d75c5e47d40a24u},
        {17, 0x714a04408e79b80fu, 0x148ada809b3845ddu, 0xbfd327edcc2fbd12u, 0xeeed7654312a26d7u},
        {128, 0x67425a03650261bfu, 0xeef663431a9bf01du, 0x1b1962a096bac78bu, 0xc580008b6c92ac53u},
        {129, 0xc664bf3311c6abc4u, 0x4df9521149f6f8c5u, 0x293e4968c4619023u, 0xbd91ce7ace4d385bu},
        {240, 0x64556dc6b462a6cfu, 0x722964f8a7f16de3u, 0xad46c1021b076bc7u, 0x04e0b5f034bee80bu},
        {241, 0x8beadd3a8874fe17u, 0x59fdc74e63a7aee7u, 0xac6c3492c3d6b45du, 0x8beadd3a8874fe17u},
        {1000, 0x6c4f14bd97bd9e82u, 0xf0f163846cbf0c33u, 0x6bcc7eff62da44c2u, 0x6c4f14bd97bd9e82u},
    };
    unsigned char bytes[1001];
    for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
        bytes[i + 1] = (unsigned char)(7 * i + 3); /* one off, to be badly aligned */
    }
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(hash_bytes(bytes + 1, cases[i].len, 0) == cases[i].plain);
        assert_true(hash_bytes(bytes + 1, cases[i].len, 42) == cases[i].seeded);
        const hash128 h = hash128_bytes(bytes + 1, cases[i].len);
        assert_true(h.high == cases[i].high && h.low == cases[i].low);
    }
    assert_true(hash_bytes(NULL, 0, 0) == cases[0].plain);
}

static void test_hash_helpers(void **state)
{
    (void)state;
    assert_true(hash_mix(0) == 0);
    assert_true(hash_mix(0x9e3779b97f4a7c15u) == 0xe220a8397b1dcdafu); /* first output of SplitMix64 from seed 0 */
    assert_true(hash_join(hash_join(1, 2), 3) != hash_join(hash_join(1, 3), 2));
    const hash128 a = {1, 2}, b = {1, 3}, c = {2, 0};
    assert_true(hash128_compare(a, b) < 0 && hash128_compare(c, b) > 0 && hash128_compare(b, b) == 0);
}

/* ---- JSON ------------------------------------------------------------------------------------------------------- */

static void write_sample(struct json *j)
{
    json_open(j, '{');
    json_key_text(j, "name", "law");
    json_key_count(j, "documents", UINT64_MAX);
    json_key(j, "losses");
    json_open(j, '[');
    json_real(j, 0.1);
    json_real(j, NAN);
    json_real(j, -INFINITY);
    json_real(j, 3);
    json_close(j, ']');
    json_key(j, "empty");
    json_open(j, '{');
    json_close(j, '}');
    json_key(j, "rows");
    json_open(j, '[');
    json_open(j, '[');
    json_close(j, ']');
    json_raw(j, STR("{\"x\":1}"));
    json_close(j, ']');
    json_key_bool(j, "estimate", true);
    json_key_real(j, "ratio", 0.25);
    json_key_str(j, "quote\"", STR("a\"b"));
    json_key_text(j, "none", NULL);
    json_close(j, '}');
}

static void test_json_commas_and_indent(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    struct json j;
    json_init(&j, &b, 0);
    write_sample(&j);
    assert_false(j.failed);
    assert_string_equal(b.at, "{\"name\":\"law\",\"documents\":18446744073709551615,\"losses\":[0.1,null,null,3],"
                              "\"empty\":{},\"rows\":[[],{\"x\":1}],\"estimate\":true,\"ratio\":0.25,"
                              "\"quote\\\"\":\"a\\\"b\",\"none\":null}");
    buf_clear(&b);
    json_init(&j, &b, 2);
    json_open(&j, '{');
    json_key_count(&j, "a", 1);
    json_key(&j, "b");
    json_open(&j, '[');
    json_bool(&j, false);
    json_text(&j, "x");
    json_close(&j, ']');
    json_key(&j, "c");
    json_open(&j, '[');
    json_close(&j, ']');
    json_close(&j, '}');
    assert_false(j.failed);
    assert_string_equal(b.at, "{\n  \"a\": 1,\n  \"b\": [\n    false,\n    \"x\"\n  ],\n  \"c\": []\n}");
    buf_release(&b);
}

static void test_json_lines(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    struct json j;
    json_init(&j, &b, 0);
    for (uint64_t i = 0; i < 2; i++) {
        json_open(&j, '{');
        json_key_count(&j, "id", i);
        json_close(&j, '}');
        assert_true(buf_add_char(&b, '\n'));
    }
    assert_string_equal(b.at, "{\"id\":0}\n{\"id\":1}\n");
    buf_release(&b);
}

static void test_json_escapes(void **state)
{
    (void)state;
    static const struct {
        tamis_str text;
        const char *json;
    } cases[] = {
        {{NULL, 0}, "\"\""},
        {{"a\0b", 3}, "\"a\\u0000b\""},
        {{"\b\t\n\f\r\x1f\x7f", 7}, "\"\\b\\t\\n\\f\\r\\u001f\\u007f\""},
        {{"\"\\/", 3}, "\"\\\"\\\\/\""},
        {{"\xc2\x85\xc2\xa0", 4}, "\"\\u0085\xc2\xa0\""},
        {{"\xd8\x9c\xd8\x9b", 4}, "\"\\u061c\xd8\x9b\""},
        {{"\xe2\x80\xa8\xe2\x80\xa9", 6}, "\"\\u2028\\u2029\""},
        {{"\xe2\x80\xae\xe2\x80\xaf", 6}, "\"\\u202e\xe2\x80\xaf\""},
        {{"\xe2\x80\x8e\xe2\x80\x8d", 6}, "\"\\u200e\xe2\x80\x8d\""},
        {{"\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa", 9}, "\"\\u2066\\u2069\xe2\x81\xaa\""},
        {{"\xf0\x9f\x8c\xbe\xe2\x82\xac", 7}, "\"\xf0\x9f\x8c\xbe\xe2\x82\xac\""},
        {{"\xe2", 1}, "\"\xe2\""}, /* not UTF-8, but nothing is read past the end */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf b;
        buf_init(&b, BUF_UNLIMITED);
        struct json j;
        json_init(&j, &b, 0);
        json_str(&j, cases[i].text);
        assert_false(j.failed);
        assert_string_equal(b.at, cases[i].json);
        buf_release(&b);
    }
}

/* The plain twin: one code point at a time. */
static size_t escape_plainly(const uint32_t *points, size_t count, char *out)
{
    size_t len = 0;
    out[len++] = '"';
    for (size_t i = 0; i < count; i++) {
        const uint32_t c = points[i];
        const char *const known = "\"\"\\\\\bb\tt\nn\ff\rr";
        const char *found = NULL;
        for (const char *k = known; *k != '\0'; k += 2) {
            found = (uint32_t)*k == c ? k : found;
        }
        if (found != NULL) {
            out[len++] = '\\';
            out[len++] = found[1];
        } else if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
                   (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069)) {
            len += (size_t)sprintf(out + len, "\\u%04x", (unsigned)c);
        } else if (c < 0x80) {
            out[len++] = (char)c;
        } else if (c < 0x800) {
            out[len++] = (char)(0xc0 | c >> 6);
            out[len++] = (char)(0x80 | (c & 63));
        } else {
            out[len++] = (char)(0xe0 | c >> 12);
            out[len++] = (char)(0x80 | (c >> 6 & 63));
            out[len++] = (char)(0x80 | (c & 63));
        }
    }
    out[len++] = '"';
    return len;
}

static void encode_plainly(const uint32_t *points, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t c = points[i];
        if (c < 0x80) {
            assert_true(buf_add_char(out, (char)c));
        } else if (c < 0x800) {
            assert_true(buf_add(out, (const char[]){(char)(0xc0 | c >> 6), (char)(0x80 | (c & 63))}, 2));
        } else {
            assert_true(buf_add(
                out, (const char[]){(char)(0xe0 | c >> 12), (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63))}, 3));
        }
    }
}

static void test_json_strings_agree_with_the_plain_twin(void **state)
{
    (void)state;
    static const uint32_t tops[] = {0x30, 0xff, 0x700, 0x2100};
    uint64_t seed = 4;
    struct buf text, json;
    buf_init(&text, BUF_UNLIMITED);
    buf_init(&json, BUF_UNLIMITED);
    for (int round = 0; round < 3000; round++) {
        uint32_t points[40];
        char expected[40 * 6 + 3];
        const size_t count = next_random(&seed) % COUNT_OF(points);
        for (size_t i = 0; i < count; i++) {
            const uint32_t top = tops[next_random(&seed) % COUNT_OF(tops)];
            points[i] = next_random(&seed) % 4 == 0 ? 0x2000 + (uint32_t)(next_random(&seed) % 0x80)
                                                    : (uint32_t)(next_random(&seed) % top);
        }
        buf_clear(&text);
        buf_clear(&json);
        encode_plainly(points, count, &text);
        struct json j;
        json_init(&j, &json, 0);
        json_str(&j, buf_str(&text));
        assert_false(j.failed);
        assert_int_equal(json.len, escape_plainly(points, count, expected));
        assert_memory_equal(json.at, expected, json.len);
    }
    buf_release(&text);
    buf_release(&json);
}

static void test_json_reals_read_back(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } known[] = {{0.1, "0.1"}, {1.0 / 3, "0.3333333333333333"}, {0.1 + 0.2, "0.30000000000000004"}, {1e22, "1e+22"},
                 {-0.0, "-0"}, {123456, "123456"}, {5e-9, "5e-09"}};
    struct buf b;
    buf_init(&b, BUF_UNLIMITED);
    struct json j;
    json_init(&j, &b, 0);
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        buf_clear(&b);
        json_real(&j, known[i].value);
        assert_string_equal(b.at, known[i].text);
    }
    uint64_t seed = 5;
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = next_random(&seed);
        double value;
        memcpy(&value, &bits, sizeof(value));
        buf_clear(&b);
        json_real(&j, value);
        double back = 0;
        if (isfinite(value)) {
            assert_true(str_real(buf_str(&b), &back));
            assert_memory_equal(&back, &value, sizeof(value));
        } else {
            assert_string_equal(b.at, "null");
        }
    }
    buf_release(&b);
}

static void test_json_remembers_failure(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 20);
    struct json j;
    json_init(&j, &b, 0);
    write_sample(&j);
    assert_true(j.failed);
    assert_true(b.len <= 20);
    buf_clear(&b);
    json_init(&j, &b, 0);
    json_close(&j, '}');
    assert_true(j.failed);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fail_fills_and_returns),
        cmocka_unit_test(test_fail_cuts_long_messages_between_characters),
        cmocka_unit_test(test_fail_hides_terminal_controls),
        cmocka_unit_test(test_buf_agrees_with_a_plain_array),
        cmocka_unit_test(test_buf_stops_exactly_at_its_limit),
        cmocka_unit_test(test_buf_with_nothing_in_it),
        cmocka_unit_test(test_buf_reserve_gives_room),
        cmocka_unit_test(test_arena_pieces_do_not_overlap_or_move),
        cmocka_unit_test(test_arena_reuses_its_memory_after_clear),
        cmocka_unit_test(test_arena_copies),
        cmocka_unit_test(test_strings_compare_bytewise),
        cmocka_unit_test(test_lines_of_a_text),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_random_counts_read_back),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_nearest_name),
        cmocka_unit_test(test_hashes_are_xxh3),
        cmocka_unit_test(test_hash_helpers),
        cmocka_unit_test(test_json_commas_and_indent),
        cmocka_unit_test(test_json_lines),
        cmocka_unit_test(test_json_escapes),
        cmocka_unit_test(test_json_strings_agree_with_the_plain_twin),
        cmocka_unit_test(test_json_reals_read_back),
        cmocka_unit_test(test_json_remembers_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
