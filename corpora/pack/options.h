/* What the command line says. */
#ifndef PACK_OPTIONS_H
#define PACK_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "html.h"

struct options {
    const char *package;
    const char *version;
    const char *licence;
    const char *domain;
    const char *kind;
    const char *convert;
    const char *report;
    const char *drop_names;
    const char *cut;
    size_t longest;           /* bytes of text in one document */
    struct drop_list drop;
};

void usage(FILE *stream);
/* False when the command line is not as usage() says. */
bool parse_options(int argc, char **argv, struct options *options);

#endif
