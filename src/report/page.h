/* A page for a terminal being made from a report.json: reading the one, writing the other. Private to the report. */
#ifndef TAMIS_REPORT_PAGE_H
#define TAMIS_REPORT_PAGE_H

#include "core/tree.h"
#include "report/grid.h"

struct page {
    const struct tree *root;
    struct buf *out;
    unsigned width;
    bool failed; /* out of memory */
};

/* Members of a map, which may be NULL; what is missing or of another kind reads as "", 0, NaN, false, NULL. */
const char *text_of(const struct tree *map, const char *key);
uint64_t count_of(const struct tree *map, const char *key);
double real_of(const struct tree *map, const char *key);
bool is_true(const struct tree *map, const char *key);
const struct tree *map_of(const struct tree *map, const char *key);
bool is_there(const struct tree *map, const char *key); /* and is not null */
size_t length_of(const struct tree *list);

void page_put(struct page *p, bool fine);
void page_title(struct page *p, const char *title);
void page_grid(struct page *p, struct grid *g); /* prints and releases it */
void page_heads(struct grid *g, const char *const *texts); /* ends with NULL */
/* "! text", wrapped */
void page_warning(struct page *p, const char *text);

/* Sections about scores, selection and laws, for reports that have scores or laws: page_choice.c. */
void page_choice(struct page *p);
void page_law(struct page *p, const struct tree *target);

#endif
