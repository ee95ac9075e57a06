/* What the text view takes from CLD2 and utf8proc: the language of a text, simple case folding. */
#include "documents.h"

#include "text/text.h"

static tamis_str str(const char *text)
{
    return (tamis_str){text, strlen(text)};
}

static void languages(void **state)
{
    static const struct {
        const char *code, *text;
    } texts[] = {
        {"en", "All human beings are born free and equal in dignity and rights. They are endowed with reason and "
               "conscience and should act towards one another in a spirit of brotherhood."},
        {"de", "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen "
               "begabt und sollen einander im Geiste der Brüderlichkeit begegnen."},
        {"fr", "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et "
               "de conscience et doivent agir les uns envers les autres dans un esprit de fraternité."},
        {"ru", "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью "
               "и должны поступать в отношении друг друга в духе братства."},
        {"ja", "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。"},
        {"un", "12345 67890 !!! ??? 0x00"},
        {"un", ""},
    };
    (void)state;
    tamis_text *const text = tamis_text_new();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        tamis_text_set(text, str(texts[i].text));
        assert_string_equal(tamis_text_language(text), texts[i].code);
    }
    /* characters that are not for interchange do not hide the language */
    char odd[512];
    const size_t len = (size_t)snprintf(odd, sizeof odd, "\x01%s\x7f\xc2\x85\uffff\U0010ffff\ufdd0\x0b", texts[1].text);
    odd[7] = '\0';
    tamis_text_set(text, (tamis_str){odd, len});
    assert_string_equal(tamis_text_language(text), "de");
    tamis_text_free(text);
}

static void the_beginning_tells_the_language(void **state)
{
    static const char sentence[] = "The committee shall publish its report within ninety days of the hearing. ";
    (void)state;
    const size_t len = (3u << 20) + 1;
    char *const bytes = malloc(len);
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = sentence[i % (sizeof sentence - 1)];
    }
    memcpy(bytes + (1 << 20) - 1, "é", 2); /* across the place where CLD2 stops to look */
    tamis_text *const text = tamis_text_new();
    tamis_text_set(text, (tamis_str){bytes, len});
    assert_string_equal(tamis_text_language(text), "en");
    tamis_text_free(text);
    free(bytes);
}

static void folding(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x80; c++) {
        assert_int_equal(text_fold(c), c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
    static const uint32_t pairs[][2] = {
        {0xc9, 0xe9},     {0xdf, 0xdf},     {0x1e9e, 0xdf},   {0x130, 0x130},   {0x131, 0x131},     {0x17f, 's'},
        {0x3a3, 0x3c3},   {0x3c2, 0x3c3},   {0xb5, 0x3bc},    {0x1c4, 0x1c6},   {0x1c5, 0x1c6},     {0x1f88, 0x1f80},
        {0x212a, 'k'},    {0x2126, 0x3c9},  {0x13f8, 0x13f0}, {0xab70, 0x13a0}, {0xff21, 0xff41},   {0x10400, 0x10428},
        {0x6f22, 0x6f22}, {0xfb00, 0xfb00}, {0x149, 0x149},   {0x1e921, 0x1e943}, {0x10ffff, 0x10ffff},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_int_equal(text_fold(pairs[i][0]), pairs[i][1]);
    }
    for (uint32_t c = 0; c < 0x110000; c++) { /* folding what is folded changes nothing */
        assert_int_equal(text_fold(text_fold(c)), text_fold(c));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(languages),
        cmocka_unit_test(the_beginning_tells_the_language),
        cmocka_unit_test(folding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
