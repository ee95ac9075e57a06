/*
 * Values as YAML flow text that reads back as the same value; the same text for the same value, because resolved
 * recipes are hashed. Sizes are printed in the largest unit of K, M, G that comes out whole. Bytes that are not UTF-8
 * cannot be written in YAML and become U+FFFD.
 */
#include "core/param.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "core/decimals.h"
#include "core/str.h"

#define FIELD(type, values, param) ((type const *)(const void *)((const char *)(values) + (param)->offset))

static bool print_real(double value, struct buf *out)
{
    char text[DECIMALS_BYTES];
    return isnan(value) ? buf_add_str(out, STR("none")) : buf_add(out, text, decimals_write(value, text));
}

static bool print_size(uint64_t bytes, struct buf *out)
{
    const char *unit = "";
    static const char *const units[] = {"K", "M", "G"};
    for (size_t i = 0; i < 3 && bytes > 0 && bytes % 1024 == 0; i++) {
        bytes /= 1024;
        unit = units[i];
    }
    return buf_printf(out, "%llu%s", (unsigned long long)bytes, unit);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* True for text that every YAML reader takes as a string without quotes, also between brackets. */
static bool is_plain(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
    if (!is_letter(*text) && *text != '_' && *text != '/') {
        return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (!is_letter(*c) && !(*c >= '0' && *c <= '9') && strchr("_./@*+-", *c) == NULL) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            return false;
        }
    }
    return true;
}

/* The character at `text` and its length in bytes; 0xfffd and 1 where the bytes are not UTF-8. */
static uint32_t decode(const char *text, size_t *len)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char first = (unsigned char)text[0];
    *len = 1;
    if (first < 0x80) {
        return first;
    }
    const size_t want = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : 2;
    uint32_t code = first & (0x7fu >> want);
    if (first < 0xc2 || first >= 0xf5) {
        return 0xfffd;
    }
    for (size_t i = 1; i < want; i++) {
        const unsigned char next = (unsigned char)text[i];
        if ((next & 0xc0u) != 0x80u) {
            return 0xfffd;
        }
        code = code << 6 | (next & 0x3fu);
    }
    if (code < least[want] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        return 0xfffd;
    }
    *len = want;
    return code;
}

/* What YAML refuses or folds, what hides, and what changes the direction of writing. */
static bool needs_escape(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x2069) || code == 0xfeff ||
           code == 0xfffd || code == 0xfffe || code == 0xffff;
}

static bool print_text(const char *text, struct buf *out)
{
    if (text == NULL) {
        return buf_add_str(out, STR("null"));
    }
    if (is_plain(text)) {
        return buf_add_str(out, str_from(text));
    }
    bool done = buf_add_char(out, '"');
    for (size_t len; done && *text != '\0'; text += len) {
        const uint32_t code = decode(text, &len);
        if (code == '"' || code == '\\') {
            done = buf_printf(out, "\\%c", (int)code);
        } else if (code == '\n' || code == '\t') {
            done = buf_add_str(out, code == '\n' ? STR("\\n") : STR("\\t"));
        } else if (needs_escape(code)) {
            done = buf_printf(out, code < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)code);
        } else {
            done = buf_add(out, text, len);
        }
    }
    return done && buf_add_char(out, '"');
}

static bool print_list(const tamis_strings *list, struct buf *out)
{
    bool done = buf_add_char(out, '[');
    for (size_t i = 0; done && i < list->count; i++) {
        done = (i == 0 || buf_add_str(out, STR(", "))) && print_text(list->at[i], out);
    }
    return done && buf_add_char(out, ']');
}

static bool print_choice(const tamis_param *param, int index, struct buf *out)
{
    const char *at = param->choices;
    for (int i = 0; i < index && at != NULL; i++) {
        at = strchr(at, '|');
        at = at != NULL ? at + 1 : NULL;
    }
    const size_t len = at != NULL && index >= 0 ? strcspn(at, "|") : 0;
    return buf_add_str(out, len > 0 ? (tamis_str){at, len} : STR("null"));
}

bool param_print(const tamis_param *param, const void *values, struct buf *out)
{
    const size_t before = out->len;
    bool done = false;
    switch (param->type) {
    case TAMIS_BOOL:
        done = buf_add_str(out, *FIELD(bool, values, param) ? STR("true") : STR("false"));
        break;
    case TAMIS_COUNT:
        done = buf_printf(out, "%llu", (unsigned long long)*FIELD(uint64_t, values, param));
        break;
    case TAMIS_SIZE:
        done = print_size(*FIELD(uint64_t, values, param), out);
        break;
    case TAMIS_REAL:
        done = print_real(*FIELD(double, values, param), out);
        break;
    case TAMIS_STRING:
        done = print_text(*FIELD(char *, values, param), out);
        break;
    case TAMIS_CHOICE:
        done = print_choice(param, *FIELD(int, values, param), out);
        break;
    case TAMIS_STRINGS:
        done = print_list(FIELD(tamis_strings, values, param), out);
        break;
    }
    if (!done && out->len > before) {
        out->len = before;
        out->at[before] = '\0';
    }
    return done;
}
