#include "options.h"

#include <string.h>

#include "chars.h"

enum { DEFAULT_CUT_KIB = 30, MAX_CUT_KIB = 65536 };

void usage(FILE *stream)
{
    fputs("usage: pack --package NAME --version V --licence L --domain D --kind K\n"
          "            --convert html|text|code [--cut KIB] [--drop NAME,NAME..]\n"
          "            [--report FILE] < names\n"
          "\n"
          "Reads file names, one a line, and writes one JSON document a line.\n"
          "  --convert html   tags removed, entities decoded, blocks on lines of their own\n"
          "  --convert text   as it is; long files are cut at blank lines\n"
          "  --convert code   as it is, never cut\n"
          "  --cut KIB        the longest document that a file is cut into (30)\n"
          "  --drop NAMES     HTML elements with one of these classes or ids are left out\n"
          "  --report FILE    files, documents, text bytes, converted, left out; on one line\n",
          stream);
}

static const char **option_slot(struct options *options, const char *name)
{
    if (!strcmp(name, "--package")) return &options->package;
    if (!strcmp(name, "--version")) return &options->version;
    if (!strcmp(name, "--licence")) return &options->licence;
    if (!strcmp(name, "--domain")) return &options->domain;
    if (!strcmp(name, "--kind")) return &options->kind;
    if (!strcmp(name, "--convert")) return &options->convert;
    if (!strcmp(name, "--report")) return &options->report;
    if (!strcmp(name, "--cut")) return &options->cut;
    if (!strcmp(name, "--drop")) return &options->drop_names;
    return NULL;
}

static bool parse_drop_names(struct options *options)
{
    const char *at = options->drop_names;
    while (at && *at) {
        size_t size = strcspn(at, ",");
        if (options->drop.count == MAX_DROPPED) return false;
        if (size) options->drop.names[options->drop.count++] = (struct span){at, size};
        at += size + (at[size] == ',');
    }
    return true;
}

/* "-" stands for no wish, as in a table's empty field. */
static bool parse_cut(struct options *options)
{
    size_t kib = 0;
    const char *cut = options->cut;
    if (!cut || !strcmp(cut, "-")) {
        kib = DEFAULT_CUT_KIB;
    } else {
        for (; is_digit(*cut) && kib <= MAX_CUT_KIB; cut++) kib = kib * 10 + (size_t)(*cut - '0');
        if (*cut) return false;
    }
    options->longest = kib << 10;
    return kib > 0 && kib <= MAX_CUT_KIB;
}

bool parse_options(int argc, char **argv, struct options *options)
{
    static const char *const conversions[] = {"html", "text", "code", NULL};
    for (int i = 1; i < argc; i += 2) {
        const char **slot = option_slot(options, argv[i]);
        if (!slot || i + 1 == argc) return false;
        *slot = argv[i + 1];
    }
    return options->package && options->version && options->licence && options->domain
        && options->kind && options->convert && is_one_of(options->convert, conversions)
        && parse_drop_names(options) && parse_cut(options);
}
