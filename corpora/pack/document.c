#include "document.h"

#include <stdio.h>
#include <string.h>

#include "text.h"

static void append_json_string(struct buffer *line, struct span text)
{
    static const char hex[] = "0123456789abcdef";
    buffer_append_byte(line, '"');
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        const char *named = c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '"' ? "\\\""
                          : c == '\\' ? "\\\\" : NULL;
        if (named) {
            buffer_append(line, named, 2);
        } else if ((unsigned char)c < 0x20) {
            const char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            buffer_append(line, escape, sizeof escape);
        } else {
            buffer_append_byte(line, c);
        }
    }
    buffer_append_byte(line, '"');
}

static void append_field(struct buffer *line, const char *key, const char *value)
{
    buffer_append_byte(line, ',');
    append_json_string(line, (struct span){key, strlen(key)});
    buffer_append_byte(line, ':');
    append_json_string(line, (struct span){value, strlen(value)});
}

/* `piece` counts from 1 in a file that was cut, and is 0 in one that was not. */
static void append_id(struct buffer *line, const char *package, const char *name, unsigned piece)
{
    char suffix[16] = "";
    if (piece) snprintf(suffix, sizeof suffix, "#%04u", piece);
    struct buffer id = {0};
    buffer_append(&id, package, strlen(package));
    buffer_append_byte(&id, '/');
    buffer_append(&id, name, strlen(name));
    buffer_append(&id, suffix, strlen(suffix));
    append_json_string(line, buffer_span(&id));
    buffer_free(&id);
}

static void print_document(const struct options *options, const char *name, unsigned piece,
                           struct span text, struct counts *counts)
{
    text = trim(text);
    if (!text.size) return;
    struct buffer line = {0};
    buffer_append(&line, "{\"id\":", 6);
    append_id(&line, options->package, name, piece);
    buffer_append(&line, ",\"text\":", 8);
    append_json_string(&line, text);
    append_field(&line, "source", options->package);
    append_field(&line, "version", options->version);
    append_field(&line, "licence", options->licence);
    append_field(&line, "domain", options->domain);
    append_field(&line, "kind", options->kind);
    buffer_append(&line, "}\n", 2);
    if (fwrite(line.data, 1, line.size, stdout) != line.size) die("cannot write", "stdout");
    buffer_free(&line);
    counts->documents++;
    counts->text_bytes += text.size;
}

/* Source code stays whole: half a file is no program. */
void print_documents(const struct options *options, const char *name, struct span text,
                     struct counts *counts)
{
    text = trim(text);
    bool whole = !strcmp(options->convert, "code") || text.size <= options->longest;
    if (whole) {
        print_document(options, name, 0, text, counts);
        return;
    }
    unsigned piece = 1;
    while (text.size > options->longest) {
        size_t size = next_cut(text, options->longest);
        print_document(options, name, piece++, (struct span){text.data, size}, counts);
        text.data += size;
        text.size -= size;
    }
    print_document(options, name, piece, text, counts);
}
