/* See page.h. */
#include "report/page.h"

#include <math.h>
#include <string.h>

#include "core/str.h"

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

const char *text_of(const struct tree *map, const char *key)
{
    const struct tree *const node = map ? tree_get(map, key) : NULL;
    return node && node->kind == TREE_SCALAR ? node->text : "";
}

uint64_t count_of(const struct tree *map, const char *key)
{
    uint64_t value = 0;
    return str_count(str_from(text_of(map, key)), &value) ? value : 0;
}

double real_of(const struct tree *map, const char *key)
{
    double value = NAN;
    return str_real(str_from(text_of(map, key)), &value) ? value : NAN;
}

bool is_true(const struct tree *map, const char *key)
{
    return strcmp(text_of(map, key), "true") == 0;
}

const struct tree *map_of(const struct tree *map, const char *key)
{
    return map ? tree_get(map, key) : NULL;
}

bool is_there(const struct tree *map, const char *key)
{
    const struct tree *const node = map_of(map, key);
    return node && !tree_is_null(node);
}

size_t length_of(const struct tree *list)
{
    return list && list->kind == TREE_LIST ? list->count : 0;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

void page_put(struct page *p, bool fine)
{
    p->failed = p->failed || !fine;
}

void page_title(struct page *p, const char *title)
{
    page_put(p, buf_printf(p->out, "\n%s\n", title));
}

void page_grid(struct page *p, struct grid *g)
{
    page_put(p, grid_print(g, 2, p->width, p->out));
    grid_release(g);
}

void page_heads(struct grid *g, const char *const *texts)
{
    for (size_t i = 0; texts[i]; i++) {
        grid_text(g, texts[i]);
    }
}

void page_warning(struct page *p, const char *text)
{
    struct buf line;
    buf_init(&line, BUF_UNLIMITED);
    page_put(p, buf_printf(&line, "! %s", text) && print_wrapped(p->out, line.at, 2, p->width));
    buf_release(&line);
}
