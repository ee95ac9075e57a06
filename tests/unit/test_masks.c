/*
 * The kernels of the text view: every view from every instruction set against twins that go through the text character
 * by character, on real, random and awkward texts, none of which may be read beyond its end.
 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "documents.h"

#include <sys/mman.h>
#include <unistd.h>

#include <xxhash.h>

#include "text/text.h"
#include "text/word_hash.h"

/* ---- The twins -------------------------------------------------------------------------------------------------- */

struct twin {
    tamis_token *token;
    uint64_t *hash;
    size_t count, cap;
    tamis_counts counts;
};

static unsigned class_at(tamis_str text, size_t at, uint32_t *bytes)
{
    const unsigned char *const begin = (const unsigned char *)text.at;
    return chars_class(begin + at, begin + text.len, bytes);
}

/* Dialect words-1 as tamis.h words it. */
static tamis_token twin_token(tamis_str text, size_t at)
{
    uint32_t bytes = 0;
    const unsigned first = class_at(text, at, &bytes);
    tamis_token token = {.at = (uint32_t)at, .bytes = bytes, .chars = 1};
    unsigned any = first, every = first;
    while ((first & CHARS_WORD) && at + token.bytes < text.len) {
        const unsigned next = class_at(text, at + token.bytes, &bytes);
        const bool word = (next & CHARS_WORD) && !((first | next) & CHARS_UNSPACED);
        if (!word && !(next & CHARS_COMBINING)) {
            break;
        }
        any |= next;
        every &= next;
        token.bytes += bytes;
        token.chars++;
    }
    token.is = (any & CHARS_WORD ? (uint32_t)TAMIS_TOKEN_WORD : 0u) |
               (any & CHARS_LETTER ? (uint32_t)TAMIS_TOKEN_ALPHABETIC : 0u) |
               (every & CHARS_PUNCTUATION ? (uint32_t)TAMIS_TOKEN_PUNCTUATION : 0u);
    return token;
}

static uint64_t little_endian(const char *at)
{
    uint64_t x = 0;
    for (unsigned i = 0; i < 8; i++) {
        x |= (uint64_t)(unsigned char)at[i] << 8 * i;
    }
    return x;
}

/* Folded code point by code point, then hashed as word_hash.h says. */
static uint64_t twin_hash(tamis_str token)
{
    char *const folded = calloc(1, token.len * 2 + WORD_HASH_BYTES);
    assert_non_null(folded);
    size_t len = 0;
    for (size_t i = 0; i < token.len;) {
        const unsigned char *const at = (const unsigned char *)token.at + i;
        uint32_t code = *at, bytes = 1;
        if (code >= 0x80) {
            bytes = chars_decode(at, (const unsigned char *)token.at + token.len, &code);
            assert_true(bytes > 0);
        }
        len += put_code_point(folded + len, text_fold(code));
        i += bytes;
    }
    const uint64_t hash = len > WORD_HASH_BYTES ? XXH3_64bits(folded, len)
                                                : word_hash_short(little_endian(folded), little_endian(folded + 8));
    free(folded);
    return hash;
}

static void twin_add(struct twin *t, tamis_str text, tamis_token token)
{
    if (t->count == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 256;
        t->token = realloc(t->token, t->cap * sizeof *t->token);
        t->hash = realloc(t->hash, t->cap * sizeof *t->hash);
        assert_true(t->token && t->hash);
    }
    const bool sounding = !(token.is & TAMIS_TOKEN_PUNCTUATION);
    t->token[t->count] = token;
    t->hash[t->count++] = twin_hash((tamis_str){text.at + token.at, token.bytes});
    t->counts.tokens++;
    t->counts.words += token.is & TAMIS_TOKEN_WORD;
    uint32_t bytes = 0;
    t->counts.unspaced += (class_at(text, token.at, &bytes) & CHARS_UNSPACED) != 0;
    t->counts.alphabetic += (token.is & TAMIS_TOKEN_ALPHABETIC) != 0;
    t->counts.sounding += sounding;
    t->counts.sounding_chars += sounding ? token.chars : 0;
}

static void twin_make(struct twin *t, tamis_str text)
{
    t->count = 0;
    t->counts = (tamis_counts){0};
    for (size_t at = 0; at < text.len;) {
        uint32_t bytes = 0;
        if (class_at(text, at, &bytes) & CHARS_SPACE) {
            at += bytes;
            continue;
        }
        const tamis_token token = twin_token(text, at);
        twin_add(t, text, token);
        at += token.bytes;
    }
}

static uint64_t twin_chars(tamis_str text)
{
    uint64_t chars = 0;
    for (size_t i = 0; i < text.len; i++) {
        chars += ((unsigned char)text.at[i] & 0xc0u) != 0x80;
    }
    return chars;
}

/* ---- Views against twins ---------------------------------------------------------------------------------------- */

enum { CPUS = TAMIS_CPU_AVX512 + 1 };

struct views {
    tamis_text *text[CPUS]; /* NULL beyond the best this machine has */
    struct twin twin;
    uint64_t round;
};

static int open_views(void **state)
{
    static struct views views;
    views = (struct views){0};
    for (int cpu = 0; cpu <= (int)tamis_cpu_best(); cpu++) {
        views.text[cpu] = text_new_for((tamis_cpu)cpu);
        assert_non_null(views.text[cpu]);
    }
    *state = &views;
    return 0;
}

static int close_views(void **state)
{
    struct views *const v = *state;
    for (int cpu = 0; cpu < CPUS; cpu++) {
        tamis_text_free(v->text[cpu]);
    }
    free(v->twin.token);
    free(v->twin.hash);
    return 0;
}

static void check_outline(tamis_text *text, const struct twin *twin)
{
    const tamis_outline outline = tamis_text_outline(text);
    assert_int_equal(outline.count, twin->count);
    for (size_t i = 0; i < twin->count; i++) {
        assert_int_equal(outline.begin[i], twin->token[i].at);
        assert_int_equal(outline.end[i], twin->token[i].at + twin->token[i].bytes);
        assert_int_equal(outline.hash[i], twin->hash[i]);
    }
}

static void check_word_hashes(tamis_text *text, const struct twin *twin)
{
    const uint64_t *hashes = NULL;
    size_t count = 0, words = 0;
    assert_true(text_word_hashes(text, &hashes, &count));
    assert_int_equal(count, twin->counts.words);
    for (size_t i = 0; i < twin->count; i++) {
        if (twin->token[i].is & TAMIS_TOKEN_WORD) {
            assert_int_equal(hashes[words++], twin->hash[i]);
        }
    }
}

static void check_tokens(tamis_text *text, const struct twin *twin)
{
    const tamis_tokens tokens = tamis_text_tokens(text);
    assert_int_equal(tokens.count, twin->count);
    assert_int_equal(tokens.words, twin->counts.words);
    if (twin->count) {
        assert_memory_equal(tokens.at, twin->token, twin->count * sizeof *twin->token);
    }
}

static void check_counts(tamis_text *text, const struct twin *twin)
{
    const tamis_counts counts = tamis_text_counts(text);
    assert_memory_equal(&counts, &twin->counts, sizeof counts);
    assert_int_equal(text_is_unspaced(text), 3 * twin->counts.unspaced > twin->counts.words);
}

/* Each view from each kernel, the first asked for changing from call to call. */
static void check_views(tamis_str bytes, void *context)
{
    static void (*const checks[])(tamis_text *text, const struct twin *twin) = {check_word_hashes, check_outline,
                                                                                check_counts, check_tokens};
    enum { CHECKS = sizeof checks / sizeof *checks };
    struct views *const v = context;
    twin_make(&v->twin, bytes);
    const uint64_t chars = twin_chars(bytes);
    v->round++;
    for (int cpu = 0; cpu < CPUS && v->text[cpu]; cpu++) {
        tamis_text_set(v->text[cpu], bytes);
        for (size_t i = 0; i < CHECKS; i++) {
            checks[(i + v->round) % CHECKS](v->text[cpu], &v->twin);
        }
        assert_int_equal(tamis_text_chars(v->text[cpu]), chars);
        assert_false(tamis_text_failed(v->text[cpu]));
    }
}

/* The splits of the kernels agree with those of the plain one, which test_text.c checks. */
static void check_splits(tamis_str bytes, void *context)
{
    struct views *const v = context;
    for (int cpu = 0; cpu < CPUS && v->text[cpu]; cpu++) {
        tamis_text_set(v->text[cpu], bytes);
        for (int how = 0; how < TAMIS_SPLIT_KINDS; how++) {
            const tamis_spans spans = tamis_text_split(v->text[cpu], (tamis_split)how);
            const tamis_spans wanted = tamis_text_split(v->text[TAMIS_CPU_PLAIN], (tamis_split)how);
            assert_int_equal(spans.count, wanted.count);
            if (wanted.count) {
                assert_memory_equal(spans.at, wanted.at, wanted.count * sizeof *wanted.at);
            }
        }
    }
}

static void check_all(tamis_str bytes, void *context)
{
    check_views(bytes, context);
    check_splits(bytes, context);
}

/* ---- Texts ------------------------------------------------------------------------------------------------------ */

/* A character of every class and width that matters, the common ones first. */
static const uint32_t alphabet[] = {
    'a', 'b', 'Z', ' ', '7', '.', '_', '_', '\n', '-', 'q', 'e', 0xe9, 0x301, 0x4e00, 0x3007, '$', 0x20ac, 0x2019,
    0xa7, '\r', '\t', 0, 0x1c, 0x1e, 0x1f, 0x7f, 0x80, 0x85, 0xa0, 0xc9, 0x130, 0x131, 0x178, 0x1c5, 0x23a, 0x37f,
    0x391, 0x3a3, 0x3c2, 0x410, 0x44f, 0x5d0, 0x661, 0x903, 0x939, 0xe01, 0xe34, 0xe51, 0x1000, 0x102d, 0x10a0, 0x13a0,
    0x1780, 0x1e9e, 0x1f88, 0x2003, 0x200b, 0x2028, 0x2029, 0x20dd, 0x2126, 0x212a, 0x216b, 0x24b6, 0x2c60, 0x3000,
    0x3001, 0x3042, 0x3099, 0xa64a, 0xab70, 0xac00, 0xff21, 0xff9f, 0xfffd, 0x10400, 0x118a0, 0x1e900, 0x1f600, 0x20000,
    0xe0100, 0x10ffff};
enum { CHARACTERS = sizeof alphabet / sizeof *alphabet };

/* Runs of one character and single ones, from a part of the alphabet; at most `cap` bytes. */
static size_t soup(char *out, size_t cap, uint64_t *seed)
{
    const size_t first = random_below(seed, 3) ? 0 : random_below(seed, CHARACTERS);
    const size_t span = 1 + random_below(seed, CHARACTERS - first), longest = 1 + random_below(seed, 40);
    size_t len = 0;
    while (len + 4 <= cap) {
        const uint32_t code = alphabet[first + random_below(seed, span)];
        for (size_t n = random_below(seed, 4) ? 1 : 1 + random_below(seed, longest); n > 0 && len + 4 <= cap; n--) {
            len += put_code_point(out + len, code);
        }
    }
    return len;
}

static void random_texts(void **state)
{
    char bytes[700];
    uint64_t seed = 23;
    for (int round = 0; round < 30000; round++) {
        const size_t len = soup(bytes, 4 + random_below(&seed, sizeof bytes - 4), &seed);
        check_exact_copy((tamis_str){bytes, len}, check_all, *state);
    }
}

/* Each character at each place around a boundary of blocks, between characters of each kind. */
static void characters_across_blocks(void **state)
{
    static const uint32_t around[] = {'a', '_', '7', ' ', '.', 0x301, 0x4e00, 0x416, 0x3000, 0x20ac, 0x20000};
    char bytes[256];
    for (size_t c = 0; c < CHARACTERS; c++) {
        for (size_t k = 0; k < sizeof around / sizeof *around; k++) {
            for (size_t before = 56; before <= 66; before++) {
                memset(bytes, before % 2 ? 'x' : ' ', before);
                size_t len = before;
                len += put_code_point(bytes + len, around[k]);
                len += put_code_point(bytes + len, alphabet[c]);
                len += put_code_point(bytes + len, around[(k + before) % (sizeof around / sizeof *around)]);
                len += put_code_point(bytes + len, alphabet[c]);
                check_exact_copy((tamis_str){bytes, len}, check_all, *state);
            }
        }
    }
}

static void words_of_every_length(void **state)
{
    char bytes[512];
    for (size_t before = 0; before < 70; before++) {
        for (size_t len = 1; len <= 200; len++) {
            memset(bytes, '.', sizeof bytes);
            for (size_t i = 0; i < len; i++) {
                bytes[before + i] = (char)((i % 3 ? 'a' : 'A') + (int)((i + len) % 26));
            }
            check_exact_copy((tamis_str){bytes, before + len + len % 40}, check_views, *state);
        }
    }
}

/* Runs of underscores and digits, which are words that are not sounding or not alphabetic, over block after block. */
static void silent_words(void **state)
{
    char bytes[400];
    uint64_t seed = 3;
    for (int round = 0; round < 4000; round++) {
        const size_t len = random_below(&seed, sizeof bytes);
        memset(bytes, round % 2 ? '_' : '7', len);
        for (size_t n = random_below(&seed, 8); n > 0 && len > 0; n--) {
            bytes[random_below(&seed, len)] = "a_ 7."[random_below(&seed, 5)];
        }
        check_exact_copy((tamis_str){bytes, len}, check_views, *state);
    }
}

/* Texts of 0 to 300 bytes right before memory that cannot be read. */
static void nothing_is_read_behind_the_text(void **state)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *const pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
    uint64_t seed = 41;
    for (size_t len = 0; len <= 300; len++) {
        for (int round = 0; round < 8; round++) {
            char bytes[304];
            size_t used = round == 0 ? 0 : soup(bytes, len, &seed);
            for (; used < len; used++) {
                bytes[used] = (char)('a' + (int)(used % 26));
            }
            char *const at = pages + page - len;
            memcpy(at, bytes, len);
            check_all((tamis_str){at, len}, *state);
        }
    }
    munmap(pages, 2 * page);
}

static void real_texts(void **state)
{
    static const char *const corpora[] = {"languages", "bible_languages",   "books_multilingual", "code_src",
                                          "medquad",   "general_reference", "law_de",             "math_manuals"};
    skip_without_corpora();
    for (size_t i = 0; i < sizeof corpora / sizeof *corpora; i++) {
        each_document(corpora[i], (struct documents){5, SIZE_MAX, 3}, check_all, *state);
    }
}

static void one_view_after_another(void **state)
{
    struct views *const v = *state;
    const tamis_str bytes = {"One Ωmega, two - ", 18};
    for (int cpu = 0; cpu < CPUS && v->text[cpu]; cpu++) {
        const uint64_t *words = NULL;
        size_t count = 0;
        tamis_text_set(v->text[cpu], bytes);
        assert_true(text_word_hashes(v->text[cpu], &words, &count));
        assert_int_equal(count, 3);
        const uint64_t last = words[2];
        const tamis_outline outline = tamis_text_outline(v->text[cpu]);
        (void)tamis_text_tokens(v->text[cpu]);
        assert_int_equal(words[2], last); /* what was handed out stays */
        assert_int_equal(outline.count, 5);
        assert_int_equal(outline.hash[3], last);
        assert_int_equal(outline.hash[1], word_hash((tamis_str){"ωMEGA", 6}, 0, 6));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts),
        cmocka_unit_test(characters_across_blocks),
        cmocka_unit_test(words_of_every_length),
        cmocka_unit_test(silent_words),
        cmocka_unit_test(nothing_is_read_behind_the_text),
        cmocka_unit_test(one_view_after_another),
        cmocka_unit_test(real_texts),
    };
    return cmocka_run_group_tests(tests, open_views, close_views);
}
