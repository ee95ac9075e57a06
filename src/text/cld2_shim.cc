/*
 * CLD2 wants text that is fit for interchange: one control character or noncharacter and it refuses the whole. Such
 * text is rare, so it is tried as it is first, and again with those characters made spaces. No exception leaves here.
 */
#include "text/cld2_shim.h"

#include <cstdio> /* CLD2's header needs it and does not say so */
#include <string>

#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

namespace {

/* A whole number of characters. */
size_t cut(const char *text, size_t len)
{
    if (len <= CLD2_LOOKS_AT) {
        return len;
    }
    size_t at = CLD2_LOOKS_AT;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0u) == 0x80) {
        at--;
    }
    return at;
}

/* The number of bytes, from `at` on, of a character that is not for interchange; 0: it is. */
size_t unfit(const std::string &s, size_t at)
{
    const auto byte = [&](size_t i) { return at + i < s.size() ? static_cast<unsigned char>(s[at + i]) : 0u; };
    const unsigned lead = byte(0);
    if (lead < 0x80) {
        return (lead < 0x20 && lead != '\t' && lead != '\n' && lead != '\r') || lead == 0x7f;
    }
    if (lead == 0xc2) {
        return byte(1) < 0xa0 ? 2 : 0;
    }
    if (lead == 0xef) {
        const bool ends_plane = byte(1) == 0xbf && byte(2) >= 0xbe;
        const bool hole = byte(1) == 0xb7 && byte(2) >= 0x90 && byte(2) <= 0xaf;
        return ends_plane || hole ? 3 : 0;
    }
    return lead >= 0xf0 && (byte(1) & 0x0fu) == 0x0f && byte(2) == 0xbf && byte(3) >= 0xbe ? 4 : 0;
}

std::string made_fit(const char *text, size_t len)
{
    std::string fit(text, len);
    for (size_t i = 0; i < fit.size();) {
        const size_t bytes = unfit(fit, i);
        fit.replace(i, bytes, bytes, ' ');
        i += bytes ? bytes : 1;
    }
    return fit;
}

constexpr size_t PADDING = 16;

/* Returns how many bytes were fit to be looked at. */
size_t detect(const char *text, size_t len, const char **code)
{
    const CLD2::CLDHints hints = {nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
    CLD2::Language languages[3];
    int percents[3], text_bytes = 0, valid = 0;
    double scores[3];
    bool reliable = false;
    const CLD2::Language language =
        CLD2::ExtDetectLanguageSummaryCheckUTF8(text, static_cast<int>(len), true, &hints, 0, languages, percents,
                                                scores, nullptr, &text_bytes, &reliable, &valid);
    *code = reliable ? CLD2::LanguageCode(language) : "un";
    return static_cast<size_t>(valid);
}

} // namespace

extern "C" const char *cld2_language(const char *text, size_t len)
{
    const char *code = "un";
    try {
        len = cut(text, len);
        /* CLD2 looks a few bytes past the end: what it finds there must be ours and always the same. */
        std::string padded(text, len);
        padded.append(PADDING, '\0');
        if (detect(padded.data(), len, &code) < len) {
            std::string fit = made_fit(text, len);
            fit.append(PADDING, '\0');
            detect(fit.data(), len, &code);
        }
    } catch (...) {
        return nullptr;
    }
    return code;
}
