/*
 * pack: turns files into a corpus, one JSON object a line on standard output.
 *
 * File names come on standard input, one a line, relative to the working directory. Every file is
 * read whole, made valid UTF-8, converted to plain text and, when it is long, cut into documents.
 * The output depends on the names, their order, the bytes of the files and the options only.
 *
 * A program of its own: `cc *.c` builds it before anything else of the project is there.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "html.h"
#include "options.h"
#include "text.h"
#include "utf8.h"

enum { EXIT_USAGE = 2 };

#define MAX_FILE_BYTES ((size_t)64 << 20)

static bool read_whole(const char *name, struct buffer *file)
{
    FILE *stream = fopen(name, "rb");
    if (!stream) die("cannot open", name);
    char block[65536];
    size_t size;
    while ((size = fread(block, 1, sizeof block, stream)) && file->size <= MAX_FILE_BYTES) {
        buffer_append(file, block, size);
    }
    if (ferror(stream)) die("cannot read", name);
    fclose(stream);
    return file->size <= MAX_FILE_BYTES;
}

static void convert(const struct options *options, struct span file, struct buffer *text)
{
    if (!strcmp(options->convert, "html")) html_to_text(file, &options->drop, text);
    else clean_text(file, text);
}

static void pack_file(const struct options *options, const char *name, struct counts *counts)
{
    struct buffer file = {0};
    struct buffer text = {0};
    counts->files++;
    if (!read_whole(name, &file)) {
        counts->too_large++;
    } else if (is_binary(buffer_span(&file))) {
        counts->binary++;
    } else {
        if (!is_utf8(buffer_span(&file))) {
            make_utf8(&file);
            counts->from_latin1++;
        }
        convert(options, buffer_span(&file), &text);
        print_documents(options, name, buffer_span(&text), counts);
    }
    buffer_free(&text);
    buffer_free(&file);
}

static void pack_named_files(const struct options *options, struct counts *counts)
{
    char *name = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&name, &capacity, stdin)) > 0) {
        if (name[size - 1] == '\n') name[size - 1] = '\0';
        if (*name) pack_file(options, name, counts);
    }
    if (ferror(stdin)) die("cannot read the list of files", "stdin");
    free(name);
}

static void tell_what_was_odd(const struct options *options, const struct counts *counts)
{
    if (counts->binary) {
        fprintf(stderr, "pack: %s: %llu binary files left out\n", options->package,
                (unsigned long long)counts->binary);
    }
    if (counts->too_large) {
        fprintf(stderr, "pack: %s: %llu files over %zu MiB left out\n", options->package,
                (unsigned long long)counts->too_large, MAX_FILE_BYTES >> 20);
    }
}

/* One line: files, documents, bytes of text, files converted from Latin-1, files left out. */
static void write_report(const char *name, const struct counts *counts)
{
    FILE *stream = fopen(name, "w");
    if (!stream) die("cannot open", name);
    fprintf(stream, "%llu\t%llu\t%llu\t%llu\t%llu\n", (unsigned long long)counts->files,
            (unsigned long long)counts->documents, (unsigned long long)counts->text_bytes,
            (unsigned long long)counts->from_latin1,
            (unsigned long long)(counts->binary + counts->too_large));
    if (fclose(stream)) die("cannot write", name);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--help")) {
        usage(stdout);
        return EXIT_SUCCESS;
    }
    struct options options = {0};
    if (!parse_options(argc, argv, &options)) {
        usage(stderr);
        return EXIT_USAGE;
    }
    struct counts counts = {0};
    pack_named_files(&options, &counts);
    if (fflush(stdout)) die("cannot write", "stdout");
    tell_what_was_odd(&options, &counts);
    if (options.report) write_report(options.report, &counts);
    return EXIT_SUCCESS;
}
