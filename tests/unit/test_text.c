/*
 * The text view: the tokeniser against a plain twin that knows nothing but code points and categories, splits and
 * trimming against twins, and texts that were written to hurt.
 */
#include "documents.h"

#include <utf8proc.h>


static tamis_str str(const char *text)
{
    return (tamis_str){text, strlen(text)};
}

/* ---- The twins -------------------------------------------------------------------------------------------------- */

struct plain {
    uint32_t *code;  /* code points */
    size_t *at;      /* byte offsets, one more than code points */
    size_t count;
};

static struct plain plain_of(tamis_str text)
{
    struct plain p = {malloc((text.len + 1) * sizeof *p.code), malloc((text.len + 1) * sizeof *p.at), 0};
    assert_true(p.code && p.at);
    for (size_t i = 0; i < text.len;) {
        utf8proc_int32_t c = 0;
        const utf8proc_ssize_t bytes =
            utf8proc_iterate((const utf8proc_uint8_t *)text.at + i, (utf8proc_ssize_t)(text.len - i), &c);
        assert_true(bytes > 0);
        p.code[p.count] = (uint32_t)c;
        p.at[p.count++] = i;
        i += (size_t)bytes;
    }
    p.at[p.count] = text.len;
    return p;
}

static void plain_free(struct plain *p)
{
    free(p->code);
    free(p->at);
}

static bool in(uint32_t c, uint32_t first, uint32_t last)
{
    return c >= first && c <= last;
}

static bool plain_space(uint32_t c)
{
    return in(c, 9, 13) || in(c, 0x1c, 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680 || in(c, 0x2000, 0x200a) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static const char *plain_category(uint32_t c)
{
    return utf8proc_category_string((utf8proc_int32_t)c);
}

static bool plain_letter(uint32_t c)
{
    return plain_category(c)[0] == 'L';
}

static bool plain_combining(uint32_t c)
{
    return plain_category(c)[0] == 'M';
}

static bool plain_unspaced(uint32_t c)
{
    const bool han = in(c, 0x4e00, 0x9fff) || in(c, 0x3400, 0x4dbf) || in(c, 0x20000, 0x3fffd) ||
                     in(c, 0xf900, 0xfaff) || in(c, 0x3005, 0x3006) || c == 0x303b || c == 0x303c;
    const bool kana = in(c, 0x3041, 0x30ff) || in(c, 0x31f0, 0x31ff) || in(c, 0xff66, 0xff9f) ||
                      in(c, 0x3031, 0x3035) || in(c, 0x1aff0, 0x1b16f);
    const bool thai_lao_khmer = in(c, 0xe00, 0xeff) || in(c, 0x1780, 0x17ff);
    const bool myanmar = in(c, 0x1000, 0x109f) || in(c, 0xa9e0, 0xa9ff) || in(c, 0xaa60, 0xaa7f) ||
                         in(c, 0x116d0, 0x116ff);
    return c == 0x3007 || (plain_letter(c) && (han || kana || thai_lao_khmer || myanmar));
}

static bool plain_in_word(uint32_t c)
{
    return c == '_' || plain_letter(c) || plain_category(c)[0] == 'N';
}

static bool plain_punctuation(uint32_t c)
{
    const bool ascii = in(c, 0x21, 0x2f) || in(c, 0x3a, 0x40) || in(c, 0x5b, 0x60) || in(c, 0x7b, 0x7e);
    return ascii || plain_category(c)[0] == 'P' || strcmp(plain_category(c), "Cc") == 0;
}

/* The end of the token that begins at code point `i`. */
static size_t plain_token_end(const struct plain *p, size_t i)
{
    size_t end = i + 1;
    if (!plain_in_word(p->code[i])) {
        return end;
    }
    const bool alone = plain_unspaced(p->code[i]);
    while (end < p->count && !plain_space(p->code[end])) {
        const uint32_t c = p->code[end];
        if (!plain_combining(c) && (alone || !plain_in_word(c) || plain_unspaced(c))) {
            break;
        }
        end++;
    }
    return end;
}

static tamis_token plain_token(const struct plain *p, size_t from, size_t to)
{
    tamis_token token = {(uint32_t)p->at[from], (uint32_t)(p->at[to] - p->at[from]), (uint32_t)(to - from),
                         TAMIS_TOKEN_PUNCTUATION};
    for (size_t i = from; i < to; i++) {
        if (plain_letter(p->code[i])) {
            token.is |= TAMIS_TOKEN_ALPHABETIC;
        }
        if (!plain_punctuation(p->code[i])) {
            token.is &= ~(uint32_t)TAMIS_TOKEN_PUNCTUATION;
        }
    }
    token.is |= plain_in_word(p->code[from]) ? (uint32_t)TAMIS_TOKEN_WORD : 0u;
    return token;
}

static void check_tokens(tamis_text *text, const struct plain *p)
{
    const tamis_tokens tokens = tamis_text_tokens(text);
    size_t count = 0, words = 0;
    for (size_t i = 0; i < p->count;) {
        if (plain_space(p->code[i])) {
            i++;
            continue;
        }
        const size_t end = plain_token_end(p, i);
        const tamis_token wanted = plain_token(p, i, end);
        assert_true(count < tokens.count);
        assert_memory_equal(&tokens.at[count], &wanted, sizeof wanted);
        count++;
        words += wanted.is & TAMIS_TOKEN_WORD;
        i = end;
    }
    assert_int_equal(tokens.count, count);
    assert_int_equal(tokens.words, words);
}

/* How many code points long the separator at `i` is; 0: there is none. */
static size_t plain_gap(const struct plain *p, size_t i, size_t end, tamis_split how)
{
    const uint32_t c = p->code[i];
    if (how == TAMIS_SPLIT_LINES) {
        if (c == '\r' && i + 1 < end && p->code[i + 1] == '\n') {
            return 2;
        }
        return in(c, 10, 13) || in(c, 0x1c, 0x1e) || c == 0x85 || c == 0x2028 || c == 0x2029;
    }
    size_t run = 0;
    while (i + run < end && p->code[i + run] == '\n') {
        run++;
    }
    return run >= (how == TAMIS_SPLIT_NEWLINES ? 1 : 2) ? run : 0;
}

static void check_span(const tamis_spans *spans, size_t index, const struct plain *p, size_t from, size_t to)
{
    const tamis_span wanted = {(uint32_t)p->at[from], (uint32_t)(p->at[to] - p->at[from]), (uint32_t)(to - from)};
    assert_true(index < spans->count);
    assert_memory_equal(&spans->at[index], &wanted, sizeof wanted);
}

static void check_split(tamis_text *text, const struct plain *p, tamis_split how)
{
    const tamis_spans spans = tamis_text_split(text, how);
    size_t begin = 0, end = p->count, count = 0;
    if (how == TAMIS_SPLIT_PARAGRAPHS) {
        while (begin < end && plain_space(p->code[begin])) {
            begin++;
        }
        while (end > begin && plain_space(p->code[end - 1])) {
            end--;
        }
        if (begin == end) { /* where an empty piece lies does not matter */
            assert_int_equal(spans.count, 1);
            assert_int_equal(spans.at[0].bytes, 0);
            return;
        }
    }
    size_t from = begin;
    for (size_t i = begin; i < end;) {
        const size_t gap = plain_gap(p, i, end, how);
        if (gap) {
            check_span(&spans, count++, p, from, i);
            from = i + gap;
        }
        i += gap ? gap : 1;
    }
    if (how != TAMIS_SPLIT_LINES || from < end) {
        check_span(&spans, count++, p, from, end);
    }
    assert_int_equal(spans.count, count);
}

static void check_trim(tamis_str text, const struct plain *p)
{
    size_t from = 0, to = p->count;
    while (from < to && plain_space(p->code[from])) {
        from++;
    }
    while (to > from && plain_space(p->code[to - 1])) {
        to--;
    }
    const tamis_str trimmed = tamis_trim(text);
    assert_int_equal(trimmed.len, p->at[to] - p->at[from]);
    if (trimmed.len) {
        assert_ptr_equal(trimmed.at, text.at + p->at[from]);
    }
}

/* Every view of `bytes`, in an order that differs from call to call, against its twin. */
static void check_views(tamis_str bytes, void *context)
{
    tamis_text *const text = context;
    tamis_text_set(text, bytes);
    struct plain p = plain_of(bytes);
    if (p.count % 2) {
        check_tokens(text, &p);
    }
    check_split(text, &p, TAMIS_SPLIT_PARAGRAPHS);
    check_split(text, &p, TAMIS_SPLIT_NEWLINES);
    check_split(text, &p, TAMIS_SPLIT_LINES);
    check_tokens(text, &p);
    assert_int_equal(tamis_text_chars(text), p.count);
    check_trim(bytes, &p);
    assert_false(tamis_text_failed(text));
    plain_free(&p);
}

/* ---- Tokens ----------------------------------------------------------------------------------------------------- */

/* Tokens parted by "|"; a mark is written with a "-" before it. */
static void check_written(const char *bytes, const char *wanted)
{
    char got[512] = "";
    tamis_text *const text = tamis_text_new();
    tamis_text_set(text, str(bytes));
    const tamis_tokens tokens = tamis_text_tokens(text);
    for (size_t i = 0; i < tokens.count; i++) {
        const tamis_token t = tokens.at[i];
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s%.*s", i ? "|" : "",
                 t.is & TAMIS_TOKEN_WORD ? "" : "-", (int)t.bytes, bytes + t.at);
    }
    assert_string_equal(got, wanted);
    tamis_text_free(text);
}

static void words_in_many_scripts(void **state)
{
    (void)state;
    check_written("", "");
    check_written(" \t\n ", "");
    check_written("Don't panic: 3.14, x_1!", "Don|-'|t|panic|-:|3|-.|14|-,|x_1|-!");
    check_written("naïve café", "naïve|café");
    check_written("nai\u0308ve", "nai\u0308ve");                   /* a combining mark stays with its letter */
    check_written("\u0308a", "-\u0308|a");                         /* .. and is a mark where there is none before it */
    check_written(". \u0308\u0301b", "-.|-\u0308|-\u0301|b");
    check_written("_\u0301 __init__", "_\u0301|__init__");
    check_written("Ελληνικά και русский", "Ελληνικά|και|русский");
    check_written("עברית العربية ٤٢", "עברית|العربية|٤٢");
    check_written("हिन्दी में", "हिन्दी|में");
    check_written("漢字かなカナ", "漢|字|か|な|カ|ナ");
    check_written("か\u3099ﾊﾟ々〆〇", "か\u3099|ﾊ|ﾟ|々|〆|〇");
    check_written("abc漢def", "abc|漢|def");
    check_written("2026年11月", "2026|年|11|月");
    check_written("ภาษาไทย", "ภ|า|ษ|า|ไ|ท|ย");
    check_written("ที่๑๒", "ที่|๑๒");
    check_written("ພາສາລາວ ខ្មែរ", "ພ|າ|ສ|າ|ລ|າ|ວ|ខ្|មែ|រ");
    check_written("မြန်မာ", "မြ|န်|မာ");
    check_written("한국어 단어", "한국어|단어");
    check_written("𠀀𠀁", "𠀀|𠀁");
    check_written("😀👍a", "-😀|-👍|a");
    check_written("a\u200bb\u00adc", "a|-\u200b|b|-\u00ad|c");     /* format characters are marks */
    check_written("a\u00a0b\u3000c\x1c" "d", "a|b|c|d");
    check_written("№5 ½ Ⅻ", "-№|5|½|Ⅻ");
}

static uint32_t only_flags(const char *bytes)
{
    tamis_text *const text = tamis_text_new();
    tamis_text_set(text, str(bytes));
    const tamis_tokens tokens = tamis_text_tokens(text);
    assert_int_equal(tokens.count, 1);
    const uint32_t is = tokens.at[0].is;
    tamis_text_free(text);
    return is;
}

static void flags_of_tokens(void **state)
{
    (void)state;
    assert_int_equal(only_flags("word"), TAMIS_TOKEN_WORD | TAMIS_TOKEN_ALPHABETIC);
    assert_int_equal(only_flags("1a"), TAMIS_TOKEN_WORD | TAMIS_TOKEN_ALPHABETIC);
    assert_int_equal(only_flags("123"), TAMIS_TOKEN_WORD);
    assert_int_equal(only_flags("Ⅻ"), TAMIS_TOKEN_WORD);
    assert_int_equal(only_flags("___"), TAMIS_TOKEN_WORD | TAMIS_TOKEN_PUNCTUATION);
    assert_int_equal(only_flags("_\u0301"), TAMIS_TOKEN_WORD);
    assert_int_equal(only_flags("漢"), TAMIS_TOKEN_WORD | TAMIS_TOKEN_ALPHABETIC);
    assert_int_equal(only_flags("〇"), TAMIS_TOKEN_WORD);
    assert_int_equal(only_flags("$"), TAMIS_TOKEN_PUNCTUATION);
    assert_int_equal(only_flags("。"), TAMIS_TOKEN_PUNCTUATION);
    assert_int_equal(only_flags("\x01"), TAMIS_TOKEN_PUNCTUATION);
    assert_int_equal(only_flags("\xc2\x80"), TAMIS_TOKEN_PUNCTUATION);
    assert_int_equal(only_flags("€"), 0);
    assert_int_equal(only_flags("\u0301"), 0);
    assert_int_equal(only_flags("😀"), 0);
}

/* Every code point by itself, after a letter, after Han and before a combining mark. */
static void every_code_point(void **state)
{
    (void)state;
    tamis_text *const text = tamis_text_new();
    for (uint32_t c = 0; c < 0x110000; c++) {
        char bytes[32];
        size_t len = put_code_point(bytes, c);
        const size_t one = len;
        if (is_surrogate(c)) {
            continue;
        }
        bytes[len++] = 'a';
        memcpy(bytes + len, bytes, one);
        len += one;
        len += put_code_point(bytes + len, 0x6f22);
        memcpy(bytes + len, bytes, one);
        len += one;
        len += put_code_point(bytes + len, 0x301);
        check_views((tamis_str){bytes, len}, text);
    }
    tamis_text_free(text);
}

static void random_texts(void **state)
{
    static const uint32_t code[] = {
        'a', 'Z', '7', '_', '.', '-', '#', ' ', ' ', '\n', '\n', '\n', '\r', '\t', 0, 0x0b, 0x0c, 0x1c,
        0x1d, 0x1e, 0x1f, 0x7f, 0x85, 0xa0, 0xad, 0xe9, 0x130, 0x300, 0x301, 0x5d0, 0x661, 0x903, 0xe01, 0xe34,
        0xe51, 0xe81, 0x1000, 0x102d, 0x1040, 0x1780, 0x17d2, 0x1680, 0x2003, 0x200b, 0x200d, 0x2022, 0x2026,
        0x2028, 0x2029, 0x20dd, 0x216b,
        0x3000, 0x3001, 0x3005, 0x3007, 0x3042, 0x3099, 0x30a2, 0x30fb, 0x30fc, 0x4e00, 0xac00, 0xfe0f, 0xfeff, 0xff71,
        0xff9f, 0xfffd, 0xffff, 0x1f600, 0x1f3fb, 0x20000, 0x2f800, 0xe0100, 0x10ffff};
    (void)state;
    uint64_t seed = 11;
    tamis_text *const text = tamis_text_new();
    char bytes[256];
    for (int round = 0; round < 40000; round++) {
        const size_t count = random_below(&seed, 60), span = 1 + random_below(&seed, sizeof code / sizeof *code);
        size_t len = 0;
        for (size_t i = 0; i < count; i++) {
            len += put_code_point(bytes + len, code[random_below(&seed, span)]);
        }
        check_exact_copy((tamis_str){bytes, len}, check_views, text);
    }
    tamis_text_free(text);
}

static void real_texts(void **state)
{
    (void)state;
    skip_without_corpora();
    tamis_text *const text = tamis_text_new();
    each_document("languages", (struct documents){.every = 3, .max_bytes = SIZE_MAX, .chunks = 3}, check_views, text);
    each_document("bible_languages", (struct documents){5, SIZE_MAX, 2}, check_views, text);
    each_document("code_src", (struct documents){7, SIZE_MAX, 2}, check_views, text);
    tamis_text_free(text);
}

/* ---- Splits ----------------------------------------------------------------------------------------------------- */

static void check_pieces(const char *bytes, tamis_split how, const char *wanted)
{
    char got[256] = "";
    tamis_text *const text = tamis_text_new();
    tamis_text_set(text, str(bytes));
    const tamis_spans spans = tamis_text_split(text, how);
    for (size_t i = 0; i < spans.count; i++) {
        snprintf(got + strlen(got), sizeof got - strlen(got), "[%.*s]", (int)spans.at[i].bytes, bytes + spans.at[i].at);
    }
    assert_string_equal(got, wanted);
    tamis_text_free(text);
}

static void lines(void **state)
{
    (void)state;
    check_pieces("", TAMIS_SPLIT_LINES, "");
    check_pieces("\n", TAMIS_SPLIT_LINES, "[]");
    check_pieces("a\n\nb\n", TAMIS_SPLIT_LINES, "[a][][b]");
    check_pieces("a\r\nb\rc\n\rd", TAMIS_SPLIT_LINES, "[a][b][c][][d]");
    check_pieces("a\x0b" "b\x0c" "c\x1c" "d\x1d" "e\x1e" "f\x1fg", TAMIS_SPLIT_LINES, "[a][b][c][d][e][f\x1fg]");
    check_pieces("a\xc2\x85" "b\u2028c\u2029d\u2027e", TAMIS_SPLIT_LINES, "[a][b][c][d\u2027e]");
    check_pieces("\u2029", TAMIS_SPLIT_LINES, "[]");
}

static void newlines(void **state)
{
    (void)state;
    check_pieces("", TAMIS_SPLIT_NEWLINES, "[]");
    check_pieces("\n\n", TAMIS_SPLIT_NEWLINES, "[][]");
    check_pieces("a\n\n\nb\n", TAMIS_SPLIT_NEWLINES, "[a][b][]");
    check_pieces("\na \r\n b", TAMIS_SPLIT_NEWLINES, "[][a \r][ b]");
}

static void paragraphs(void **state)
{
    (void)state;
    check_pieces("", TAMIS_SPLIT_PARAGRAPHS, "[]");
    check_pieces(" \n\n ", TAMIS_SPLIT_PARAGRAPHS, "[]");
    check_pieces("\n\n a\nb\n\nc \n\n\n\nd\n\n", TAMIS_SPLIT_PARAGRAPHS, "[a\nb][c ][d]");
    check_pieces("a\n \nb", TAMIS_SPLIT_PARAGRAPHS, "[a\n \nb]");
    check_pieces("\u3000\x1f" "a\u2003", TAMIS_SPLIT_PARAGRAPHS, "[a]");
}

/* ---- Hostile texts, memory -------------------------------------------------------------------------------------- */

static void one_long_word(void **state)
{
    (void)state;
    const size_t len = 1 << 20;
    char *const bytes = malloc(len);
    assert_non_null(bytes);
    memset(bytes, 'x', len);
    tamis_text *const text = tamis_text_new();
    tamis_text_set(text, (tamis_str){bytes, len});
    const tamis_tokens tokens = tamis_text_tokens(text);
    assert_int_equal(tokens.count, 1);
    assert_int_equal(tokens.at[0].chars, len);
    assert_string_equal(tamis_text_language(text), "un");
    memset(bytes, '!', len);
    tamis_text_set(text, (tamis_str){bytes, len});
    assert_int_equal(tamis_text_tokens(text).count, len);
    assert_int_equal(tamis_text_tokens(text).words, 0);
    tamis_text_set(text, str("small again"));
    assert_int_equal(tamis_text_tokens(text).count, 2);
    memset(bytes, '\n', len);
    tamis_text_set(text, (tamis_str){bytes, len});
    assert_int_equal(tamis_text_split(text, TAMIS_SPLIT_LINES).count, len);
    assert_int_equal(tamis_text_split(text, TAMIS_SPLIT_NEWLINES).count, 2);
    assert_int_equal(tamis_text_split(text, TAMIS_SPLIT_PARAGRAPHS).count, 1);
    tamis_text_set(text, str("a\nb"));
    assert_int_equal(tamis_text_split(text, TAMIS_SPLIT_LINES).count, 2);
    tamis_text_free(text);
    free(bytes);
}

static void nothing_at_all(void **state)
{
    (void)state;
    tamis_text *const text = tamis_text_new();
    assert_int_equal(tamis_text_chars(text), 0);
    assert_int_equal(tamis_text_tokens(text).count, 0);
    tamis_text_set(text, (tamis_str){NULL, 0});
    assert_int_equal(tamis_text_split(text, TAMIS_SPLIT_LINES).count, 0);
    assert_int_equal(tamis_text_tokens(text).count, 0);
    assert_string_equal(tamis_text_language(text), "un");
    assert_int_equal(tamis_text_bytes(text).len, 0);
    assert_int_equal(tamis_trim((tamis_str){NULL, 0}).len, 0);
    tamis_text_free(text);
    tamis_text_free(NULL);
}

static void failing_is_remembered_until_the_next_text(void **state)
{
    (void)state;
    tamis_text *const text = tamis_text_new();
    tamis_text_set(text, str("one"));
    assert_false(tamis_text_failed(text));
    tamis_text_fail(text);
    assert_true(tamis_text_failed(text));
    tamis_text_set(text, (tamis_str){"x", (size_t)UINT32_MAX + 1}); /* too long to have views; not read */
    assert_true(tamis_text_failed(text));
    assert_int_equal(tamis_text_tokens(text).count, 0);
    tamis_text_set(text, str("two"));
    assert_false(tamis_text_failed(text));
    tamis_text_free(text);
}

/* Bytes that are no UTF-8 break the contract; they must not make anything read beyond the end. */
static void bytes_that_are_no_text(void **state)
{
    (void)state;
    uint64_t seed = 5;
    tamis_text *const text = tamis_text_new();
    for (int round = 0; round < 20000; round++) {
        const size_t len = 1 + random_below(&seed, 12);
        char *const bytes = malloc(len);
        assert_non_null(bytes);
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (char)(random_below(&seed, 3) ? 0x80 + random_below(&seed, 128) : random_below(&seed, 128));
        }
        tamis_text_set(text, (tamis_str){bytes, len});
        size_t covered = 0;
        const tamis_tokens tokens = tamis_text_tokens(text);
        for (size_t i = 0; i < tokens.count; i++) {
            assert_true(tokens.at[i].at >= covered);
            covered = tokens.at[i].at + tokens.at[i].bytes;
        }
        assert_true(covered <= len);
        (void)tamis_text_split(text, TAMIS_SPLIT_LINES);
        (void)tamis_text_split(text, TAMIS_SPLIT_PARAGRAPHS);
        (void)tamis_text_language(text);
        free(bytes);
    }
    tamis_text_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_in_many_scripts),
        cmocka_unit_test(flags_of_tokens),
        cmocka_unit_test(every_code_point),
        cmocka_unit_test(random_texts),
        cmocka_unit_test(real_texts),
        cmocka_unit_test(lines),
        cmocka_unit_test(newlines),
        cmocka_unit_test(paragraphs),
        cmocka_unit_test(one_long_word),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(failing_is_remembered_until_the_next_text),
        cmocka_unit_test(bytes_that_are_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
