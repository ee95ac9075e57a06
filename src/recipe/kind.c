/*
 * Guesses the kind of a text from the shares of its lines and characters. Code ends its lines in ; { } ) : or opens
 * them with a few words and marks; markup is full of tags or commands; tables repeat a separator on every line.
 */
#include "recipe/kind.h"

#include <string.h>

#include "core/str.h"
#include "io/record.h"

#define LOOK_AT_LINES 400
#define VOTING_BYTES ((uint64_t)32 << 20)

struct looks {
    size_t lines, code_ends, code_opens, indented, separated;
    size_t bytes, tags, commands, dollars, braces;
};

const char *kind_name(tamis_kind kind)
{
    static const char *const names[TAMIS_KINDS] = {"prose", "code", "math", "markup", "table", "other"};
    return names[kind];
}

static tamis_str trimmed(tamis_str s)
{
    while (s.len && (s.at[0] == ' ' || s.at[0] == '\t')) {
        s.at++, s.len--;
    }
    while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t' || s.at[s.len - 1] == '\r')) {
        s.len--;
    }
    return s;
}

static bool opens_like_code(tamis_str line)
{
    static const char *const heads[] = {"#include", "#define", "import ", "from ",     "def ",   "class ",  "return ",
                                        "if (",     "for (",   "while (", "static ",   "const ", "public ", "private ",
                                        "fn ",      "let ",    "var ",    "function ", "//",     "/*",      "else",
                                        "} ",       "package ", "use ",   "struct ",   "elif ",  "self.",   "int "};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (line.len >= strlen(heads[i]) && memcmp(line.at, heads[i], strlen(heads[i])) == 0) {
            return true;
        }
    }
    return false;
}

static size_t count_byte(tamis_str s, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        n += s.at[i] == c;
    }
    return n;
}

static void look_at_line(struct looks *l, tamis_str raw)
{
    const tamis_str line = trimmed(raw);
    if (!line.len) {
        return;
    }
    const char last = line.at[line.len - 1];
    const size_t tabs = count_byte(line, '\t'), bars = count_byte(line, '|'), commas = count_byte(line, ',');
    l->lines++;
    l->code_ends += last == ';' || last == '{' || last == '}' || (last == ')' && count_byte(line, '('));
    l->code_opens += opens_like_code(line);
    l->indented += raw.at[0] == ' ' || raw.at[0] == '\t';
    l->separated += tabs >= 2 || bars >= 3 || (commas >= 3 && count_byte(line, ' ') < commas);
    l->bytes += line.len;
    l->dollars += count_byte(line, '$');
    l->braces += count_byte(line, '{') + count_byte(line, '}');
    for (size_t i = 0; i + 1 < line.len; i++) {
        const char next = line.at[i + 1];
        const bool letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
        l->tags += line.at[i] == '<' && (letter || next == '/');
        l->commands += line.at[i] == '\\' && letter;
    }
}

tamis_kind kind_guess(tamis_text *text)
{
    const tamis_spans lines = tamis_text_split(text, TAMIS_SPLIT_LINES);
    const tamis_str bytes = tamis_text_bytes(text);
    struct looks l = {0};
    for (size_t i = 0; i < lines.count && i < LOOK_AT_LINES; i++) {
        look_at_line(&l, (tamis_str){bytes.at + lines.at[i].at, lines.at[i].bytes});
    }
    if (l.lines == 0) {
        return TAMIS_PROSE;
    }
    if (l.commands * 80 > l.bytes || l.dollars * 60 > l.bytes) {
        return TAMIS_MATH;
    }
    if (l.tags * 60 > l.bytes) {
        return TAMIS_MARKUP;
    }
    if (l.lines >= 4 && l.separated * 10 > l.lines * 7) {
        return TAMIS_TABLE;
    }
    if ((l.code_ends + l.code_opens) * 10 > l.lines * 3 && (l.indented * 5 > l.lines || l.braces * 200 > l.bytes)) {
        return TAMIS_CODE;
    }
    return TAMIS_PROSE;
}

bool kind_hear(struct kind_votes *votes, tamis_text *text, const struct records *records)
{
    for (size_t i = 0; i < records->count; i++) {
        if (votes->documents >= KIND_DOCUMENTS || votes->bytes >= VOTING_BYTES) {
            return false;
        }
        votes->bytes += records->at[i].length;
        if (!records->at[i].reject) {
            tamis_text_set(text, records->at[i].text);
            votes->of[kind_guess(text)]++;
            votes->documents++;
        }
    }
    return votes->documents < KIND_DOCUMENTS && votes->bytes < VOTING_BYTES;
}

tamis_kind kind_elected(const struct kind_votes *votes)
{
    int best = TAMIS_PROSE;
    for (int k = 0; k < TAMIS_KINDS; k++) {
        best = votes->of[k] > votes->of[best] ? k : best;
    }
    return (tamis_kind)best;
}
