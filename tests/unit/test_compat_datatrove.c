/*
 * Signatures that datatrove made: words, first and last value and a digest of all of them, as datatrove 0.10.1 with
 * spaCy 3.8 gave them for texts of ours; all contractions; band keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/str.h"
#include "sketch/compat_datatrove.h"
#include "sketch/compat_text.h"

static const struct example {
    const char *text, *words;
    uint64_t first, last, digest; /* of the signature; all 0: there is none */
} examples[] = {
    {"one two three four",
     "one|two|three|four",
     0x0000000000000000u, 0x0000000000000000u, 0x0000000000000000u},
    {"One two THREE four five",
     "one|two|three|four|five",
     0x09b452f3c978df3bu, 0x176d9c8dbba8c2e2u, 0x9bd355e747164e26u},
    {"one  two\tthree\nfour five!!",
     "one|two|three|four|five",
     0x09b452f3c978df3bu, 0x176d9c8dbba8c2e2u, 0x9bd355e747164e26u},
    {"It costs 12.50 or 1,300 dollars, 7 to 9 a piece, 3km away.",
     "it|costs|0|or|0|dollars|0|to|0|a|piece|0|km|away",
     0x03b3e1592adbe419u, 0x068f9670ed449449u, 0x331604e380b17e5au},
    {"٣٫٥ and १२ and ５ are 1.2.3 numbers 4,5,6 too",
     "0|and|0|and|0|are|0|0|numbers|0|0|too",
     0x00c283bab6713335u, 0x0654f0497682e699u, 0xf89ebcd73c13c00fu},
    {"You don't know what cannot be; dont we? Ima gonna say: whatll itdve been, ill, well, its shell.",
     "you|don|t|know|what|can|not|be|do|nt|we|i|m|a|gon|na|say|what|ll|it|d|ve|been|ill|well|its|shell",
     0x0040fbd8b5ec356au, 0x00316e5ae879c3dcu, 0x69ded7baaf0b531fu},
    {"naïve café Ångström São Tomé ﬁne Zürich İstanbul résumé",
     "naive|cafe|angstrom|sao|tome|ﬁne|zurich|istanbul|resume",
     0x01bd982ceadc852au, 0x0550fae427df6852u, 0xd75a1c2f1056abe3u},
    {"ΟΔΥΣΣΕΥΣ ΚΑΙ Σ ΑΣ' ΑΣΑ ΑΣ. ΤΕΛΟΣ ΣΑΣ",
     "οδυσσευς|και|σ|ας|ασα|ας|τελος|σας",
     0x0e242652e3b43fe4u, 0x00ebc6415e6efce2u, 0x747631a82e27dfa9u},
    {"漢字かな交じり文 は 空白 なし で 続く。 次の 文",
     "漢字かな交しり文|は|空白|なし|て|続く|次の|文",
     0x0606535746dddb45u, 0x0649f556c71a9591u, 0x2425afe512edc023u},
    {"한국어 문장 은 자모 로 풀린다 그리고 가각",
     "한국어|문장|은|자모|로|풀린다|그리고|가각",
     0x008a8f868482aa7au, 0x00e7b4881935364cu, 0x88c259079e8d002eu},
    {"ह\u093fन\u094dद\u0940 म\u0947\u0902 क\u0941छ शब\u094dद और म\u093eत\u094dर\u093eए\u0901 ह\u0948\u0902।",
     "ह\u093fनद\u0940|म|कछ|शबद|और|म\u093eतर\u093eए|ह|।",
     0x042f9c72cd789c6fu, 0x01d2ce18cd5e979fu, 0xb97883c33c1d945eu},
    {"©2024 acme™ 50°C ★dont★ a→b x≠y 3≠z £0 5£ €7 20€ 100km² 9µg 4oz 3mph",
     "©|0|acme|™|0|°|c|★|do|nt|★|a→b|x|=|y|0|=|z|£|0|0|£|€|0|0|€|0|km²|0|µg|0|oz|0|mph",
     0x00bf6751ac4e666au, 0x0286dde9ed1bb4c9u, 0xa27c65c5d8d62b9au},
    {"¿que pasa? «bien» ‘s ‘say it‘s „so“ 『book』 〔x〕 a·b ¡hola!",
     "¿|que|pasa|bien|‘s|‘|say|it‘s|so|『|book|』|〔|x|〕|a·b|¡|hola",
     0x0091d26391a08927u, 0x03b56a556e47f33fu, 0x101f9f3818adff79u},
    {"\u0300 mark first \u0e31 then word e\u0301\u0323 more words here \u302e\u0300 end",
     "mark|first|then|word|e|more|words|here|\u302e|end",
     0x01791c88b7b4f895u, 0x0532ed9338d607efu, 0xc620c0e1dce10cf9u},
    {"emoji 😀😀 🤣 🏳\ufe0f\u200d🌈 new 🫠🫠x ends☺",
     "emoji|😀|😀|🤣|🏳|\u200d|🌈|new|🫠🫠x|ends|☺",
     0x016c88a9541e1178u, 0x009ddfb50e16e361u, 0x4fdb064a6efa507fu},
    {"0am 5pm 12lbs 7kg7 km0 0km0km x0g 8гб 6мбар 5كم",
     "0am|0pm|0lbs|0kg0|km0|0km0|km|x0|g|0|гб|0|мбар|0|كم",
     0x006234dad684e2f9u, 0x03e9125c65fb512du, 0x211c78061822b4eau},
    {"...!!! --- !",
     "",
     0x0000000000000000u, 0x0000000000000000u, 0x0000000000000000u},
    {"",
     "",
     0x0000000000000000u, 0x0000000000000000u, 0x0000000000000000u},
};

enum { EXAMPLES = sizeof examples / sizeof *examples };

static void check_words(const char *text, const char *wanted)
{
    struct compat_text t = {0};
    struct compat_words w = {0};
    char found[1024];
    size_t len = 0;
    buf_init(&w.bytes, BUF_UNLIMITED);
    assert_true(compat_normalise(&t, str_from(text)));
    compat_cut(&t);
    assert_true(compat_collect(&w, &t));
    for (size_t i = 0; i < w.count; i++) {
        const size_t bytes = w.begin[i + 1] - 1 - w.begin[i];
        assert_true(len + bytes + 2 < sizeof found);
        memcpy(found + len, w.bytes.at + w.begin[i], bytes);
        len += bytes;
        found[len++] = '|';
    }
    found[len ? len - 1 : 0] = '\0';
    assert_string_equal(found, wanted);
    free(t.at);
    free(t.cut);
    free(t.read);
    free(w.begin);
    buf_release(&w.bytes);
}

static void words_are_datatroves(void **state)
{
    (void)state;
    for (size_t i = 0; i < EXAMPLES; i++) {
        check_words(examples[i].text, examples[i].words);
    }
}

/* Contractions without their apostrophes come apart; words that merely look like them do not. */
static void contractions_are_spacys(void **state)
{
    (void)state;
    check_words("couldntve dont shant aint cant werent darent maynt oughtntve",
                "could|nt|ve|do|nt|sha|nt|ai|nt|ca|nt|were|nt|dare|nt|may|nt|ought|nt|ve");
    check_words("illve hellve shellve shedve wedve whollve thosellve theyll itll",
                "i|ll|ve|he|ll|ve|she|ll|ve|she|d|ve|we|d|ve|who|ll|ve|those|ll|ve|they|ll|it|ll");
    check_words("theyre therere youre ive notve thereve id im ima hes thiss whys",
                "they|re|there|re|you|re|i|ve|not|ve|there|ve|i|d|i|m|i|m|a|he|s|this|s|why|s");
    check_words("cannot gonna gotta yall", "can|not|gon|na|got|ta|y|all");
    check_words("ill its hell shell shed were well whore thatve thisve thoses lets wanna",
                "ill|its|hell|shell|shed|were|well|whore|thatve|thisve|thoses|lets|wanna");
    check_words("nt ve d ll s m a xdont dontx shouldntvex cantsve", "nt|ve|d|ll|s|m|a|xdont|dontx|shouldntvex|cantsve");
}

static void signatures_are_datatroves(void **state)
{
    (void)state;
    struct compat *const compat = compat_new();
    assert_non_null(compat);
    for (unsigned round = 0; round < 2; round++) { /* tools that have been used give the same */
        for (size_t i = 0; i < EXAMPLES; i++) {
            uint64_t signature[COMPAT_SLOTS], digest = 0;
            bool is_signed = false;
            assert_true(compat_signature(compat, str_from(examples[i].text), signature, &is_signed));
            assert_int_equal(is_signed, examples[i].digest != 0);
            for (unsigned slot = 0; slot < COMPAT_SLOTS; slot++) {
                digest = digest * 0x9e3779b97f4a7c15u + signature[slot];
            }
            if (is_signed) {
                assert_int_equal(signature[0], examples[i].first);
                assert_int_equal(signature[COMPAT_SLOTS - 1], examples[i].last);
                assert_int_equal(digest, examples[i].digest);
            }
        }
    }
    compat_free(compat);
}

/* Bytes that are no text do no harm: the reader lets none through, but nothing here relies on it. */
static void any_bytes_are_read(void **state)
{
    (void)state;
    struct compat *const compat = compat_new();
    assert_non_null(compat);
    uint64_t seed = 7, signature[COMPAT_SLOTS];
    for (unsigned round = 0; round < 2000; round++) {
        char *const bytes = malloc(round % 97 + 1);
        assert_non_null(bytes);
        for (unsigned i = 0; i < round % 97; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (char)(seed >> 56);
        }
        bool is_signed;
        assert_true(compat_signature(compat, (tamis_str){bytes, round % 97}, signature, &is_signed));
        free(bytes);
    }
    compat_free(compat);
}

static void keys_tell_bands(void **state)
{
    (void)state;
    uint64_t signature[COMPAT_SLOTS] = {0}, keys[COMPAT_BANDS], changed[COMPAT_BANDS];
    compat_bands(signature, keys);
    signature[COMPAT_ROWS * 3 + 7]++;
    compat_bands(signature, changed);
    for (unsigned b = 0; b < COMPAT_BANDS; b++) {
        assert_int_equal(keys[b] & 15, b);
        assert_int_equal(keys[b] != changed[b], b == 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_datatroves),      cmocka_unit_test(contractions_are_spacys),
        cmocka_unit_test(signatures_are_datatroves), cmocka_unit_test(any_bytes_are_read),
        cmocka_unit_test(keys_tell_bands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
