/*
 * The fast scan of JSON Lines against the strict parser: the same records from both, on every machine this one can
 * stand for, for real lines, hostile lines and lines broken by chance.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"

#include "core/file.h"
#include "core/str.h"
#include "io/json_string.h"
#include "io/units.h"

#define KERNELS (TAMIS_CPU_AVX512 + 1)

static const struct record_fields usual = {.text = "text", .id = "id"};
static const struct record_fields many = {.text = "text", .id = "id", .language = "lang", .tokens = "n",
                                          .numbers = {"a", "n", "a longer name", "id"}};

/* ---- Help ------------------------------------------------------------------------------------------------------- */

/* A parser for each kernel, and last the one that is strict throughout. */
struct world {
    struct parser *parsers[KERNELS + 1];
    size_t count;
    struct records records[KERNELS + 1];
    struct arena texts[KERNELS + 1], arenas[KERNELS + 1];
    size_t scanned; /* lines that the last fast parser did not leave to the strict one */
};

static int world_open(void **state)
{
    struct world *const w = calloc(1, sizeof *w);
    assert_non_null(w);
    for (int cpu = TAMIS_CPU_PLAIN; cpu <= (int)tamis_cpu_best(); cpu++) {
        struct parser *const parser = parser_new();
        assert_non_null(parser);
        parser->unescape = json_unescape_for((tamis_cpu)cpu);
        w->parsers[w->count++] = parser;
    }
    w->parsers[w->count] = parser_new();
    assert_non_null(w->parsers[w->count]);
    w->parsers[w->count++]->unescape = NULL;
    *state = w;
    return 0;
}

static int world_close(void **state)
{
    struct world *const w = *state;
    for (size_t i = 0; i <= KERNELS; i++) {
        parser_free(w->parsers[i]);
        records_release(&w->records[i]);
        arena_release(&w->texts[i]);
        arena_release(&w->arenas[i]);
    }
    free(w);
    return 0;
}

static bool same_record(const struct record *a, const struct record *b)
{
    return a->raw.at == b->raw.at && a->raw.len == b->raw.len && str_equal(a->text, b->text) &&
           str_equal(a->id, b->id) && str_equal(a->language, b->language) && a->offset == b->offset &&
           a->length == b->length && a->tokens == b->tokens && a->reject == b->reject &&
           memcmp(a->numbers, b->numbers, sizeof a->numbers) == 0;
}

static void compare(const struct world *w, size_t kernel)
{
    const struct records *const fast = &w->records[kernel], *const strict = &w->records[w->count - 1];
    assert_int_equal(fast->count, strict->count);
    for (size_t i = 0; i < fast->count; i++) {
        const struct record *const a = &fast->at[i], *const b = &strict->at[i];
        if (!same_record(a, b)) {
            print_error("%s: '%.*s': reject '%s' instead of '%s'\ntext '%.*s' instead of '%.*s'\n"
                        "id '%.*s' instead of '%.*s'\n", tamis_cpu_name((tamis_cpu)kernel), STR_ARGS(b->raw),
                        reject_name(a->reject), reject_name(b->reject), STR_ARGS(a->text), STR_ARGS(b->text),
                        STR_ARGS(a->id), STR_ARGS(b->id));
            fail();
        }
    }
}

/* All parsers on the same bytes, of which only BUF_PADDING more can be read. */
static void check_with(struct world *w, const struct record_fields *fields, tamis_str bytes)
{
    char *const copy = malloc(bytes.len + BUF_PADDING);
    assert_non_null(copy);
    memcpy(copy, bytes.at, bytes.len);
    memset(copy + bytes.len, '"', BUF_PADDING);
    copy[bytes.len] = '\0';
    const struct chunk chunk = {.bytes = {.at = copy, .len = bytes.len, .cap = bytes.len + 1}, .length = bytes.len,
                                .offset = 1000};
    for (size_t i = 0; i < w->count; i++) {
        records_clear(&w->records[i]);
        arena_clear(&w->texts[i]);
        arena_clear(&w->arenas[i]);
        /* the same arena for all strings, as some callers have it, or two of them */
        struct arena *const texts = bytes.len % 2 ? &w->texts[i] : &w->arenas[i];
        struct record_cursor cursor = {.fields = fields, .chunk = &chunk, .texts = texts, .arena = &w->arenas[i]};
        assert_int_equal(reader_parse(&reader_jsonl, w->parsers[i], &cursor, &w->records[i], NULL), TAMIS_OK);
    }
    for (size_t i = 0; i + 1 < w->count; i++) {
        compare(w, i);
    }
    free(copy);
}

static void check(struct world *w, tamis_str bytes)
{
    check_with(w, &usual, bytes);
    check_with(w, &many, bytes);
}

/* Whether the fast path reads the line by itself. */
static bool is_scanned(struct world *w, const struct record_fields *fields, const char *line)
{
    struct buf input;
    buf_init(&input, BUF_UNLIMITED);
    assert_true(buf_add(&input, line, strlen(line)) && buf_reserve(&input, BUF_PADDING));
    char *const room = malloc(2 * input.len + 1000), *end = room;
    assert_non_null(room);
    struct scan_plan plan;
    struct record record;
    units_start_record(&record, 0, 0, REJECT_NONE);
    scan_plan(&plan, w->parsers[0], fields);
    const char *const behind = plan.usable ? scan_line(&plan, input.at, &end, &record) : NULL;
    const bool done = behind == input.at + input.len;
    free(room);
    buf_release(&input);
    return done;
}

/* ---- What the scan reads by itself ------------------------------------------------------------------------------ */

static void test_ordinary_lines(void **state)
{
    static const char *const ordinary[] = {
        "{\"text\":\"t\"}",
        " { \"id\" : \"a\" , \"text\" : \"t\" } \r",
        "{\"text\":\"\"}",
        "{\"id\":12345678901234567890123,\"text\":\"t\"}",
        "{\"id\":-7,\"text\":\"t\"}",
        "{\"text\":\"t\",\"id\":null}",
        "{\"text\":\"one\",\"text\":\"two\",\"text\":3}",
        "{\"text\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\\u0000 \xc3\xa9 \xf0\x9f\x98\x80\"}",
        "{\"meta\":{\"a\":[1,-2.5e+3,true,false,null,\"\\u0041\",{},[],[[]],{\"b\":{}}]},\"text\":\"t\"}",
        "{\"x\":1e999,\"text\":\"t\"}",
        "{\"\xc3\xa9\":1,\"text\":\"t\"}",
    };
    for (size_t i = 0; i < sizeof ordinary / sizeof *ordinary; i++) {
        if (!is_scanned(*state, &usual, ordinary[i])) {
            print_error("left to the strict parser: %s\n", ordinary[i]);
            fail();
        }
        check(*state, str_from(ordinary[i]));
    }
    assert_true(is_scanned(*state, &many, "{\"text\":\"t\",\"n\":17,\"a\":0.1234567890123456789,\"lang\":\"\\n\"}"));
    assert_false(is_scanned(*state, &usual, "{\"text\":\"t\",\"i\\u0064\":\"a\"}"));
    assert_false(is_scanned(*state, &(struct record_fields){.text = "meta.text"}, "{\"text\":\"t\"}"));
}

/* ---- Hostile lines ---------------------------------------------------------------------------------------------- */

static const char *const hostile[] = {
    "", " ", "\r", "{", "}", "{}", "{ }", "{}}", "[]", "12", "null", "\"text\"", "\xef\xbb\xbf{\"text\":\"t\"}",
    "{\"text\":\"t\"}}", "{\"text\":\"t\"} {}", "{\"text\":\"t\"},", "{\"text\":\"t\"}x", "{\"text\":\"t\",}",
    "{,\"text\":\"t\"}", "{\"text\":\"t\" \"id\":1}", "{\"text\" \"t\"}", "{\"text\"}", "{text:\"t\"}", "{1:\"t\"}",
    "{\"text\":'t'}", "{\"text\":\"a\tb\"}", "{\"text\":\"a\x1fz\"}", "{\"text\":\"a\x7fz\"}", "{\"text\":\"\\x41\"}",
    "{\"text\":\"\\u12\"}", "{\"text\":\"\\u12g4\"}", "{\"text\":\"\\'\"}", "{\"text\":\"\\U0041\"}",
    "{\"text\":\"\\ud800\"}", "{\"text\":\"\\udc00\"}", "{\"text\":\"\\uDBFF\\uDBFF\"}",
    "{\"text\":\"\\ud83dx\\ude00\"}", "{\"text\":\"\\ud83d\\n\"}", "{\"text\":\"\\ud83d\\ue000\"}",
    "{\"text\":\"\\\\\\ud83d\"}", "{\"text\":\"t\",\"\\ud800\":1}", "{\"text\":\"t\",\"x\":\"\\udfff\"}",
    "{\"text\":null}", "{\"text\":1}", "{\"text\":[\"t\"]}", "{\"text\":{\"text\":\"t\"}}",
    "{\"x\":{\"text\":\"t\"}}", "{\"text\":null,\"text\":\"t\"}", "{\"te\\u0078t\":\"first\",\"text\":\"second\"}",
    "{\"text\":\"t\",\"i\\u0064\":1}", "{\"id\":\"a\\nb\",\"text\":\"c\\nd\",\"lang\":\"e\\nf\"}",
    "{\"text\":\"c\\nd\",\"id\":\"a\\nb\",\"lang\":\"\\u00e9\"}",
    "{\"id\":\"a\",\"id\":\"b\",\"text\":\"t\",\"n\":1,\"n\":2,\"a\":3,\"a\":4}",
    "{\"text\":\"t\",\"a longer name\":5}", "{\"text\":\"t\",\"a longer nam\":5,\"a longer name2\":6}",
    "{\"text\":\"t\",\"n\":\"1\",\"a\":[1],\"id\":{\"id\":1}}", "{\"text\":\"t\",\"n\":true,\"a\":false,\"id\":null}",
    "{\"text\":\"t\",\"id\":true}", "{\"text\":\"t\",\"id\":\"\"}", "{\"text\":\"t\",\"id\":\"a\xc3\"}",
    "{\"text\":\"t\",\"k\xe9y\":1}", "{\"text\":\"t\",\"x\":\"\xed\xa0\x80\"}", "{\"text\":\"t\",\"x\":[1,]}",
    "{\"text\":\"t\",\"x\":[1 2]}", "{\"text\":\"t\",\"x\":[1}", "{\"text\":\"t\",\"x\":[}]",
    "{\"text\":\"t\",\"x\":[1}}", "{\"text\":\"t\",\"x\":{\"a\":1]}", "{\"text\":\"t\",\"x\":{\"a\"}}",
    "{\"text\":\"t\",\"x\":{\"a\":}}", "{\"text\":\"t\",\"x\":{1:2}}", "{\"text\":\"t\",\"x\":{,}}",
    "{\"text\":\"t\",\"x\":[,]}", "{\"text\":\"t\",\"x\":{\"a\":1,}}", "{\"text\":\"t\",\"x\":}",
    "{\"text\":\"t\",\"x\":nul}", "{\"text\":\"t\",\"x\":nulll}", "{\"text\":\"t\",\"x\":True}",
    "{\"text\":\"t\",\"x\":NaN}", "{\"text\":\"t\",\"x\":-Infinity}", "{\"text\":\"t\",\"x\":truefalse}",
    "{\"text\":\"t\",\"x\":/**/1}", "{\"text\":\"t\",\"x\":\f1}", "{\"text\":\"t\",\"x\":\"a\" \"b\"}",
};

static const char *const numbers[] = {
    "0", "-0", "1", "-1", "12", "00", "01", "-01", "-", "+1", "1.", ".1", "1.5", "-0.25", "1.50", "0.1000", "-0.0",
    "0.0", "1e", "1e+", "1e5", "1E-5", "1e+05", "1.5e3", "1.e3", "0e5", "0x10", "1 2", "1.2.3", "1-2", "--1", "1e5.5",
    "99999999999999", "999999999999999", "9999999999999999", "-99999999999999", "-999999999999999",
    "-9999999999999999", "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "-9223372036854775809", "18446744073709551615", "18446744073709551616", "123456789012345678901234567890",
    "-123456789012345678901234567890", "123456789012345678901234567890x", "0123456789012345678901234567890",
    "4294967295", "4294967296", "4294967295.0", "4294967295.5", "17.0", "1e999", "-1e999", "1e-999", "2e308",
    "1.7976931348623157e308", "1.7976931348623159e308", "0.1234567890123456789", "0.30000000000000004", "5e-324",
    "1e22", "1e23", "0.000000000000000000000000000000000000000000000000000001", "123.456",
    "100000000000000000000000000000.5",
};

static void test_hostile_lines(void **state)
{
    char line[600];
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        check(*state, str_from(hostile[i]));
        snprintf(line, sizeof line, "{\"text\":\"before\"}\n%s\n{\"id\":\"a\",\"text\":\"behind\"}\n", hostile[i]);
        check(*state, str_from(line));
        for (size_t len = 0; len < strlen(hostile[i]); len++) {
            check(*state, (tamis_str){hostile[i], len});
        }
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        static const char *const shapes[] = {
            "{\"text\":\"t\",\"x\":%s}", "{\"id\":%s,\"text\":\"t\"}", "{\"text\":\"t\",\"n\" : %s }",
            "{\"a\":%s\t,\"text\":\"t\"}", "{\"text\":\"t\",\"x\":[%s,{\"y\":%s}]}", "%s", "[%s]",
        };
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(line, sizeof line, shapes[s], numbers[i], numbers[i]);
#pragma GCC diagnostic pop
            check(*state, str_from(line));
        }
    }
}

static void test_nuls(void **state)
{
    check(*state, STR("{\"text\":\"a\0b\"}"));
    check(*state, STR("{\"text\":\"a\"}\0"));
    check(*state, STR("{\"text\":\"a\"}\0\n{\"text\":\"b\"}"));
    check(*state, STR("{\"text\":\"a\\\0\"}"));
    check(*state, STR("{\"text\":\"a\\u\0\"}"));
    check(*state, STR("\0"));
    check(*state, STR("{\"te\0xt\":\"a\"}"));
    check(*state, STR("{\"text\":\"a\",\"n\":1\0}"));
}

static void nest(struct world *w, size_t depth, bool objects)
{
    struct buf line;
    buf_init(&line, BUF_UNLIMITED);
    assert_true(buf_add_str(&line, STR("{\"text\":\"t\",\"x\":")));
    for (size_t i = 0; i < depth; i++) {
        assert_true(buf_add_str(&line, objects ? STR("{\"k\":") : STR("[")));
    }
    assert_true(buf_add_str(&line, objects ? STR("{}") : STR("[]")));
    for (size_t i = 0; i < depth; i++) {
        assert_true(buf_add_char(&line, objects ? '}' : ']'));
    }
    assert_true(buf_add_char(&line, '}'));
    check_with(w, &usual, buf_str(&line));
    buf_release(&line);
}

static void test_nesting(void **state)
{
    for (size_t depth = 0; depth < 140; depth++) {
        nest(*state, depth, false);
        nest(*state, depth, true);
    }
    for (size_t depth = 996; depth < 1003; depth++) {
        nest(*state, depth, false);
        nest(*state, depth, true);
    }
}

/* ---- Blocks ----------------------------------------------------------------------------------------------------- */

/* A text with `middle` behind so many letters, the quote behind so many more; also cut off there. */
static void check_placed(struct world *w, size_t before, tamis_str middle, size_t behind)
{
    char line[800] = "{\"text\":\"";
    size_t len = strlen(line);
    memset(line + len, 'a', before);
    len += before;
    memcpy(line + len, middle.at, middle.len);
    len += middle.len;
    memset(line + len, 'z', behind);
    len += behind;
    memcpy(line + len, "\"}", 2);
    check_with(w, &usual, (tamis_str){line, len});
    check_with(w, &usual, (tamis_str){line, len + 2});
}

static void test_quotes_anywhere(void **state)
{
    for (size_t length = 0; length <= 260; length++) {
        check_placed(*state, length, STR(""), 0);
    }
    for (size_t place = 0; place <= 130; place++) {
        check_placed(*state, place, STR("\\\""), 1);
        check_placed(*state, place, STR("\""), 1);
        check_placed(*state, place, STR("\x1f"), 70);
    }
}

static void test_backslashes_anywhere(void **state)
{
    char run[140];
    memset(run, '\\', sizeof run);
    for (size_t before = 40; before <= 64; before++) {
        for (size_t length = 0; length <= 135; length++) {
            check_placed(*state, before, (tamis_str){run, length}, 0);
            run[length] = 'n';
            check_placed(*state, before, (tamis_str){run, length + 1}, 3);
            run[length] = 'u';
            check_placed(*state, before, (tamis_str){run, length + 1}, 3);
            run[length] = '\\';
        }
    }
}

static void test_escapes_anywhere(void **state)
{
    static const char *const escapes[] = {
        "\\n", "\\t\\r\\b\\f\\/\\\\\\\"", "\\u0041", "\\u00e9\\u00E9",
        "\\u20ac\\u20AC\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac", "\\ud83d\\ude00",
        "\\ud83d\\ude00\\ud83d\\ude00\\n\\ud83d\\ude00x\\ud83d\\ude00", "\\ud83d\\ude0", "\\ud83d\\udd3d", "\\ud83d",
        "\\ud83d\\", "\\ude00", "\\u004", "\\u", "\\u004g", "\\x", "\\u0041\\x", "\\u0041\"", "\\n\\u0041\\n\\u0041b",
        "\\u0000", "\\u005c\\u0022\\u005cn", "\\\\u0041", "\\u0041\\\\", "\\u\\u0041", "\xc3\\u00a9", "\xc3\\n",
        "\xe2\x82\\u0041", "\\u0041\xa9", "\\n\xa9", "\\nn\\tt\\/\\u0041\\b", "\\u0041\x01", "\\ud83d\\ude00\x01",
    };
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        for (size_t before = 0; before <= 130; before++) {
            check_placed(*state, before, str_from(escapes[i]), 0);
            check_placed(*state, before, str_from(escapes[i]), before % 3 ? 7 : 90);
        }
    }
}

/* Bytes beyond ASCII: every pair of neighbours, and every kind of sequence at every place of a block. */
static void test_utf8_anywhere(void **state)
{
    static const char *const runs[] = {
        "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
        "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xd0\x96\xd0\x96\xd0\x96",
        "\xe4\xb8\xad\xe6\x96\x87", "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xe0\x9f\xbf", "\xe0\x80\x80",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xfe",
        "\xe2\x82", "\xe2", "\xf0\x9f\x98", "\xf0\x9f", "\xf0", "\xc3\xc3\xa9", "\xe2\x82\x82\x82",
        "\xf0\x9f\x98\x80\x80", "\xc3\xa9\xa9", "\xe2z\x82\xac", "\xe2\x82z\xac", "\xf8\x88\x80\x80\x80",
        "\xfd\xbf\xbf\xbf\xbf\xbf",
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        for (size_t before = 0; before <= 130; before++) {
            check_placed(*state, before, str_from(runs[i]), 0);
            check_placed(*state, before, str_from(runs[i]), before % 3 ? 7 : 90);
        }
    }
    for (int first = 0x80; first < 0x100; first++) {
        for (int second = 0x40; second < 0x100; second++) {
            const char pair[] = {(char)first, (char)second, (char)(second & 1 ? 0x80 : 'x'),
                                 (char)(second & 2 ? 0x80 : 'y')};
            check_placed(*state, (size_t)(61 + second % 5), (tamis_str){pair, sizeof pair}, 1);
        }
    }
}

/* ---- The kernels themselves ------------------------------------------------------------------------------------- */

static void check_kernels(tamis_str string)
{
    char input[400], outputs[KERNELS][600];
    memcpy(input, string.at, string.len);
    memset(input + string.len, 0, JSON_STRING_BYTES);
    const char *behind[KERNELS];
    size_t lengths[KERNELS];
    for (int cpu = 0; cpu <= (int)tamis_cpu_best(); cpu++) {
        char *to = outputs[cpu];
        behind[cpu] = json_unescape_for((tamis_cpu)cpu)(input, &to);
        lengths[cpu] = (size_t)(to - outputs[cpu]);
        assert_ptr_equal(behind[cpu], behind[0]);
        assert_int_equal(lengths[cpu], lengths[0]);
        assert_memory_equal(outputs[cpu], outputs[0], behind[cpu] ? lengths[0] : 0);
        assert_true(behind[cpu] != NULL || lengths[cpu] == 0);
    }
}

static void test_kernels_agree(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "\\", "\\", "\\n", "\\t", "\\\"", "\\u00e9", "\\ud83d", "\\ude00", "\\u4e2d", "\xc3", "\xa9", "\xc3\xa9",
        "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\x80", "u", "n", "\"", "\x1f", "\\r", "\\/", "\\b",
    };
    uint64_t chance = 5;
    for (size_t round = 0; round < 200000; round++) {
        char string[300];
        size_t len = 0;
        const size_t wanted = random_below(&chance, 200), letters = 1 + random_below(&chance, 40);
        while (len < wanted) {
            const size_t piece = random_below(&chance, letters + 22);
            if (piece >= 22) {
                string[len++] = (char)('a' + piece % 26);
            } else {
                memcpy(string + len, pieces[piece], strlen(pieces[piece]));
                len += strlen(pieces[piece]);
            }
        }
        string[len++] = '"';
        check_kernels((tamis_str){string, len});
    }
}

/* ---- Chunks ----------------------------------------------------------------------------------------------------- */

static void test_every_end(void **state)
{
    const tamis_str lines = STR("{\"id\":\"a\",\"text\":\"one \\u00e9\\n\xc3\xa9 and a text longer than a block "
                                "of sixty-four bytes, so that it is read in two\"}\n\n  \n"
                                "{\"meta\":{\"k\":[1,2.5,true,null]},\"text\":\"\\ud83d\\ude00\",\"n\":12}\r\n"
                                "{\"text\":\"last\",\"a\":-3.25,\"lang\":\"en\"}");
    for (size_t len = 0; len <= lines.len; len++) {
        check(*state, (tamis_str){lines.at, len});
        check(*state, (tamis_str){lines.at + lines.len - len, len});
    }
}

/* A text that is escaped all through, one that fills the room to the last byte, and many tiny records. */
static void test_room(void **state)
{
    struct buf lines;
    buf_init(&lines, BUF_UNLIMITED);
    for (size_t i = 0; i < 3000; i++) {
        assert_true(buf_printf(&lines, "{\"text\":\"%.*s\"}\n", (int)(i % 7), "abcdefg"));
    }
    check_with(*state, &usual, buf_str(&lines));
    buf_clear(&lines);
    for (size_t i = 0; i < 300; i++) {
        assert_true(buf_printf(&lines, "{\"id\":\"\\\"%zu\\\"\",\"text\":\"\\\"%zu\\\"\",\"lang\":\"\\n\"}\n", i, i));
    }
    check(*state, buf_str(&lines));
    buf_release(&lines);
}

/* ---- Real lines ------------------------------------------------------------------------------------------------- */

static const char *const own_lines[] = {
    "{\"id\": \"doc/1\", \"text\": \"An ordinary text, of two lines.\\n\\nIt says \\\"hello\\\" \\u2014 and "
    "\xe2\x80\x9cgoodbye\xe2\x80\x9d.\"}",
    "{\"text\": \"\\u4e2d\\u6587\\uff0c\xe4\xb8\xad\xe6\x96\x87\", \"n\": 17, \"lang\": \"zh\", "
    "\"meta\": {\"url\": \"http:\\/\\/x\", \"tags\": [\"a\", \"b\"]}}",
    "{\"id\": 12, \"a\": 0.875, \"text\": \"#include <stdio.h>\\n\\nint main(void) "
    "{ printf(\\\"\\\\n\\\\t%d\\\\\\\\\\\", 1); }\\n\"}",
};

/* One to four bytes changed, left out, put in or repeated. */
static size_t mutate(uint64_t *chance, tamis_str line, char *out)
{
    static const char odd[] = "\"\\{}[]:,u0n \n\x01\x7f\x80\xa9\xc3\xe2\xed\xf0\xf4\xff-.e/";
    size_t len = line.len;
    memcpy(out, line.at, len);
    for (size_t n = 1 + random_below(chance, 4); n > 0 && len > 0; n--) {
        const size_t place = random_below(chance, len);
        const char byte = random_below(chance, 4) ? odd[random_below(chance, sizeof odd)] : (char)next_random(chance);
        const size_t end = place + 1 + random_below(chance, len - place < 8 ? len - place : 8);
        switch (random_below(chance, 5)) {
        case 0: out[place] = byte; break;
        case 1: out[place] = (char)(out[place] ^ (1 << random_below(chance, 8))); break;
        case 2:
            memmove(out + place + 1, out + place, len++ - place);
            out[place] = byte;
            break;
        case 3:
            memmove(out + place, out + end, len - end);
            len -= end - place;
            break;
        default: len = random_below(chance, 8) ? len : place; break;
        }
    }
    return len;
}

static void check_mutations(struct world *w, tamis_str line, uint64_t *chance, size_t rounds)
{
    char *const out = malloc(line.len + 16);
    assert_non_null(out);
    for (size_t i = 0; i < rounds; i++) {
        const size_t len = mutate(chance, line, out);
        check_with(w, i % 2 ? &many : &usual, (tamis_str){out, len});
    }
    free(out);
}

static void test_mutations(void **state)
{
    uint64_t chance = 17;
    for (size_t i = 0; i < sizeof own_lines / sizeof *own_lines; i++) {
        check(*state, str_from(own_lines[i]));
        check_mutations(*state, str_from(own_lines[i]), &chance, 60000);
    }
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        check_mutations(*state, str_from(hostile[i]), &chance, 300);
    }
}

/* Every line of a corpus, and a few of them changed. */
static void check_corpus(struct world *w, const char *path)
{
    const struct reader_options options = {.chunk_bytes = 1 << 20};
    struct reader *reader = NULL;
    struct chunk chunk;
    bool end = false;
    uint64_t chance = 3;
    chunk_init(&chunk);
    assert_int_equal(reader_jsonl.open(&reader, path, &options, NULL), TAMIS_OK);
    for (size_t n = 0;; n++) {
        assert_int_equal(reader_jsonl.next(reader, &chunk, &end, NULL), TAMIS_OK);
        if (end) {
            break;
        }
        check_with(w, &usual, chunk_str(&chunk));
        const tamis_str first = w->records[0].at[0].raw;
        char line[4000];
        const size_t len = first.len < sizeof line ? first.len : sizeof line;
        memcpy(line, chunk_str(&chunk).at, len);
        check_mutations(w, (tamis_str){line, len}, &chance, n == 0 ? 600 : 0);
    }
    reader_jsonl.close(reader);
    chunk_release(&chunk);
}

static void test_real_corpora(void **state)
{
    static const char *const names[] = {
        "anarchism_faq", "bible_languages", "books_chemistry", "books_general", "books_law", "books_medical",
        "books_multilingual", "books_music", "code_src", "cppreference_html", "craft", "dc_code", "ewt_web", "fcla",
        "general_reference", "gov_web", "gum", "languages", "law_de", "lilypond_doc", "math_manuals", "medquad",
        "mutopia_ly", "napkin", "openlogic", "openmusictheory", "openstax_anatomy", "openstax_chemistry",
        "openstax_statistics", "openstax_us_history", "python_doc", "stacks_project", "wikitext2_valid",
    };
    const char *const given = getenv("TAMIS_SHARED_CORPORA");
    const char *const folder = given ? given : "../shared/corpora";
    if (!file_is_folder(folder)) {
        print_message("skipped: there is no folder %s\n", folder);
        skip();
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s.jsonl.zst", folder, names[i]);
        if (file_exists(path)) {
            check_corpus(*state, path);
        } else {
            print_message("%s is not here: skipped\n", path);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary_lines),
        cmocka_unit_test(test_hostile_lines),
        cmocka_unit_test(test_nuls),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_quotes_anywhere),
        cmocka_unit_test(test_backslashes_anywhere),
        cmocka_unit_test(test_escapes_anywhere),
        cmocka_unit_test(test_utf8_anywhere),
        cmocka_unit_test(test_kernels_agree),
        cmocka_unit_test(test_every_end),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_real_corpora),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
