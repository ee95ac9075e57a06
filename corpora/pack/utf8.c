#include "utf8.h"

#include "chars.h"

void append_code_point(struct buffer *out, uint32_t code)
{
    char bytes[4];
    if (code < 0x80) {
        buffer_append_byte(out, (char)code);
    } else if (code < 0x800) {
        bytes[0] = (char)(0xC0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3F));
        buffer_append(out, bytes, 2);
    } else if (code < 0x10000) {
        bytes[0] = (char)(0xE0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (code & 0x3F));
        buffer_append(out, bytes, 3);
    } else {
        bytes[0] = (char)(0xF0 | code >> 18);
        bytes[1] = (char)(0x80 | (code >> 12 & 0x3F));
        bytes[2] = (char)(0x80 | (code >> 6 & 0x3F));
        bytes[3] = (char)(0x80 | (code & 0x3F));
        buffer_append(out, bytes, 4);
    }
}

size_t utf8_length(const char *at, const char *end)
{
    unsigned char first = (unsigned char)at[0];
    if (first < 0x80) return 1;
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || (size_t)(end - at) < length) return 0;
    for (size_t i = 1; i < length; i++) {
        if (!is_continuation(at[i])) return 0;
    }
    unsigned char second = (unsigned char)at[1];
    bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    bool surrogate = first == 0xED && second > 0x9F;
    bool too_large = first == 0xF4 && second > 0x8F;
    return overlong || surrogate || too_large ? 0 : length;
}

bool is_utf8(struct span text)
{
    const char *end = text.data + text.size;
    for (const char *at = text.data; at < end;) {
        size_t length = utf8_length(at, end);
        if (!length) return false;
        at += length;
    }
    return true;
}

uint32_t windows_1252(uint32_t code)
{
    static const uint16_t high[32] = {
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
    };
    return code >= 0x80 && code <= 0x9F ? high[code - 0x80] : code;
}

void make_utf8(struct buffer *file)
{
    struct buffer converted = {0};
    for (size_t i = 0; i < file->size; i++) {
        append_code_point(&converted, windows_1252((unsigned char)file->data[i]));
    }
    buffer_free(file);
    *file = converted;
}

bool is_binary(struct span file)
{
    size_t controls = 0;
    for (size_t i = 0; i < file.size; i++) {
        unsigned char c = (unsigned char)file.data[i];
        if (c == 0) return true;
        if (c < 0x20 && !is_space((char)c) && c != '\b' && c != 0x1B) controls++;
    }
    return controls > file.size / 100;
}
