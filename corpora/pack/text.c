#include "text.h"

#include "chars.h"

void clean_text(struct span file, struct buffer *out)
{
    for (size_t i = 0; i < file.size; i++) {
        char c = file.data[i];
        if (c == '\r') {
            if (i + 1 == file.size || file.data[i + 1] != '\n') buffer_append_byte(out, '\n');
        } else if (c == '\b') {
            while (out->size && is_continuation(out->data[out->size - 1])) out->size--;
            if (out->size && out->data[out->size - 1] != '\n') out->size--;
        } else if ((unsigned char)c >= 0x20 || is_space(c)) {
            buffer_append_byte(out, c);
        }
    }
}

struct span trim(struct span text)
{
    /* Leading spaces of the first line are its layout: only whole blank lines go. */
    size_t line = 0;
    for (size_t i = 0; i < text.size && is_space(text.data[i]); i++) {
        if (text.data[i] == '\n' || text.data[i] == '\f') line = i + 1;
    }
    text.data += line;
    text.size -= line;
    while (text.size && is_space(text.data[text.size - 1])) text.size--;
    return text;
}

/* How good a place for a cut lies before `at`: 3 a form feed or two blank lines, 2 a blank line,
   1 a line's end. */
static int cut_quality(struct span text, size_t at)
{
    if (text.data[at - 1] == '\f') return 3;
    if (text.data[at - 1] != '\n') return 0;
    if (at < 2 || text.data[at - 2] != '\n') return 1;
    return at >= 3 && text.data[at - 3] == '\n' ? 3 : 2;
}

size_t next_cut(struct span text, size_t longest)
{
    size_t shortest = longest / 4;
    size_t limit = text.size - shortest;
    if (limit > longest) limit = longest;
    size_t best = limit;
    while (is_continuation(text.data[best])) best--;
    int best_quality = 0;
    for (size_t at = limit; at > shortest && best_quality < 3; at--) {
        int quality = cut_quality(text, at);
        if (quality > best_quality) {
            best = at;
            best_quality = quality;
        }
    }
    return best;
}
