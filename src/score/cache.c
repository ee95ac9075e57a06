/*
 * Texts end to end, ids end to end, and rows that say where they begin; one more row says where they end.
 */
#include "score/cache.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/file.h"
#include "core/path.h"

enum { TEXTS, IDS, ROWS, FILES };

struct row {
    uint64_t number, text, id; /* the latter two: where they begin */
    uint64_t group;
};

struct cache {
    struct path folder, paths[FILES];
    struct file_out *out[FILES]; /* while it is written */
    const void *maps[FILES];     /* when it is finished */
    size_t lengths[FILES];
    const struct row *rows;
    uint64_t document_bytes, count, texts, ids;
    size_t groups;
    hash128 digest;
};

static tamis_status open_files(struct cache *c, const char *folder, tamis_err *err)
{
    static const char *const names[FILES] = {"texts", "ids", "rows"};
    tamis_status status = path_make(&c->folder, err, "%s", folder);
    status = status ? status : file_make_folders(folder, err);
    for (size_t i = 0; !status && i < FILES; i++) {
        status = path_make(&c->paths[i], err, "%s/%s", folder, names[i]);
        status = status ? status : file_out_open(&c->out[i], c->paths[i].at, err);
    }
    return status;
}

tamis_status cache_create(struct cache **out, const char *folder, uint64_t document_bytes, tamis_err *err)
{
    struct cache *const c = calloc(1, sizeof *c);
    if (!c) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the cache of texts");
    }
    c->document_bytes = document_bytes;
    const tamis_status status = open_files(c, folder, err);
    if (status) {
        cache_close(c, false);
        return status;
    }
    *out = c;
    return TAMIS_OK;
}

static tamis_status add_row(struct cache *c, uint64_t number, uint64_t group, tamis_err *err)
{
    const struct row row = {.number = number, .text = c->texts, .id = c->ids, .group = group};
    return file_out_add(c->out[ROWS], &row, sizeof row, err);
}

static tamis_str cut(tamis_str text, uint64_t bytes)
{
    if (!bytes || text.len <= bytes) {
        return text;
    }
    size_t end = (size_t)bytes;
    while (end > 0 && ((unsigned char)text.at[end] & 0xc0u) == 0x80u) {
        end--;
    }
    return (tamis_str){text.at, end};
}

static void digest(struct cache *c, tamis_str bytes)
{
    const hash128 hash = hash128_bytes(bytes.at, bytes.len);
    c->digest.high = hash_join(hash_join(c->digest.high, hash.high), bytes.len);
    c->digest.low = hash_join(hash_join(c->digest.low, hash.low), bytes.len);
}

tamis_status cache_add(struct cache *c, uint64_t number, uint16_t group, tamis_str id, tamis_str text, tamis_err *err)
{
    const tamis_str kept = cut(text, c->document_bytes);
    tamis_status status = add_row(c, number, group, err);
    status = status ? status : file_out_add(c->out[TEXTS], kept.at, kept.len, err);
    status = status ? status : file_out_add(c->out[IDS], id.at, id.len, err);
    digest(c, kept);
    digest(c, id);
    c->texts += kept.len;
    c->ids += id.len;
    c->groups = group >= c->groups ? (size_t)group + 1 : c->groups;
    c->count++;
    return status;
}

tamis_status cache_finish(struct cache *c, tamis_err *err)
{
    tamis_status status = add_row(c, 0, 0, err);
    for (size_t i = 0; !status && i < FILES; i++) {
        struct file_out *const out = c->out[i];
        c->out[i] = NULL;
        status = file_out_commit(out, err);
        status = status ? status : file_map(c->paths[i].at, &c->maps[i], &c->lengths[i], err);
    }
    if (status) {
        return status;
    }
    if (c->lengths[TEXTS] != c->texts || c->lengths[IDS] != c->ids ||
        c->lengths[ROWS] / sizeof(struct row) != c->count + 1) {
        return tamis_fail(err, TAMIS_IO, "%s: the cache of texts is not as it was written; is another tamis at it?",
                          c->folder.at);
    }
    c->rows = c->maps[ROWS];
    return TAMIS_OK;
}

void cache_close(struct cache *c, bool remove)
{
    for (size_t i = 0; c && i < FILES; i++) {
        file_out_discard(c->out[i]);
        if (c->maps[i]) {
            file_unmap(c->maps[i], c->lengths[i]);
        }
        if (remove) {
            (void)unlink(c->paths[i].at);
        }
    }
    if (c && remove) {
        (void)rmdir(c->folder.at);
    }
    free(c);
}

uint64_t cache_count(const struct cache *c)
{
    return c->count;
}

uint64_t cache_bytes(const struct cache *c)
{
    return c->texts;
}

size_t cache_groups(const struct cache *c)
{
    return c->groups;
}

uint64_t cache_number(const struct cache *c, uint64_t i)
{
    return c->rows[i].number;
}

uint16_t cache_group(const struct cache *c, uint64_t i)
{
    return (uint16_t)c->rows[i].group;
}

tamis_str cache_id(const struct cache *c, uint64_t i)
{
    return (tamis_str){(const char *)c->maps[IDS] + c->rows[i].id, (size_t)(c->rows[i + 1].id - c->rows[i].id)};
}

tamis_str cache_text(const struct cache *c, uint64_t i)
{
    return (tamis_str){(const char *)c->maps[TEXTS] + c->rows[i].text, (size_t)(c->rows[i + 1].text - c->rows[i].text)};
}

hash128 cache_digest(const struct cache *c)
{
    return c->digest;
}
