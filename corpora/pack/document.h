/* Documents: one JSON object a line on standard output. */
#ifndef PACK_DOCUMENT_H
#define PACK_DOCUMENT_H

#include <stdint.h>

#include "options.h"

struct counts {
    uint64_t files;
    uint64_t documents;
    uint64_t text_bytes;
    uint64_t from_latin1;
    uint64_t binary;
    uint64_t too_large;
};

/* The text of the file `name`, cut into documents when it is long. */
void print_documents(const struct options *options, const char *name, struct span text,
                     struct counts *counts);

#endif
