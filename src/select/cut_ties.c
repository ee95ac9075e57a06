/*
 * Documents of equal score, by (id, number), without holding more of them than memory allows.
 *
 * Of every tie a bunch is known that holds the document sought: documents whose ids open with the same prefix. A bunch
 * that fits is loaded and sorted. A larger one is split: rows of the next 8 bytes of the ids are sorted on disk, and
 * the rows that agree with the one at the weight wanted are the next bunch. Where all ids agree in those bytes, the
 * prefix grows by all they have in common, so that long common beginnings cost one pass. One pass over the candidates
 * serves all bunches, as many as fit at a time.
 */
#include "select/cut_ties.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/sorter.h"
#include "core/str.h"

enum {
    WORD = 8,              /* bytes of an id in a row */
    GUESSED_ID = 64,       /* bytes, where ids were not measured */
    ENTRY_COST = 2 * 40    /* bytes in memory beside the id: an entry, its twin in qsort, alignment */
};

struct entry {
    tamis_str id;
    uint64_t number;
    uint32_t weight;
};

enum bunch_is { BUNCH_FOUND, BUNCH_WAITS, BUNCH_LOADS, BUNCH_SPLITS };

struct bunch {
    enum bunch_is is;
    struct buf prefix;          /* its ids open with it */
    bool beyond;                /* and none of them ends there */
    uint64_t want;              /* weight, from its first document on, at which the one sought is */
    uint64_t before, earlier;   /* weight and documents of the tie that come before its first one */
    uint64_t documents, bytes;  /* how many; of their ids, if `measured` */
    bool measured;

    /* loading */
    struct entry *entries;
    size_t count;
    uint64_t seen_bytes;
    bool overflown;             /* its ids are too many for memory after all */

    /* splitting */
    bool begun;                 /* the first document was seen */
    struct buf first;           /* its id, and how much of it all others share */
    size_t shared;
    uint64_t walked, walked_documents; /* weight and documents of the rows so far */
    bool crossed;               /* the row that reaches `want` was among them */
    struct bunch_part {         /* the rows of the last one's word: what may be the next bunch */
        uint64_t word, end;
        uint64_t before, earlier, documents, bytes;
    } part;
};

struct resolving {
    struct tie *ties;
    struct bunch *bunches; /* per group */
    const struct cut_options *options;
    struct arena *out;     /* for the ids found */
    struct arena ids;      /* of the entries; emptied every round */
    struct sorter *sorter; /* NULL: nothing is split */
    uint64_t budget;       /* bytes for the ids and as many for the entries of what is loaded */
};

/* ---- What becomes of a bunch in this round ---------------------------------------------------------------------- */

static uint64_t cost(const struct bunch *b)
{
    return b->documents * ENTRY_COST + (b->measured ? b->bytes : b->documents * GUESSED_ID);
}

static tamis_status no_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory for documents of equal score; give less with --memory");
}

static tamis_status begin_load(struct bunch *b, tamis_err *err)
{
    b->is = BUNCH_LOADS;
    b->count = 0;
    b->seen_bytes = 0;
    b->overflown = false;
    b->entries = malloc((size_t)b->documents * sizeof *b->entries);
    return b->entries ? TAMIS_OK : no_memory(err);
}

static void begin_split(struct bunch *b)
{
    b->is = BUNCH_SPLITS;
    b->walked = b->walked_documents = 0;
    b->crossed = b->begun = false;
    b->part = (struct bunch_part){0};
}

static tamis_status begin_round(struct resolving *r, tamis_err *err)
{
    uint64_t left = r->budget;
    bool splits = false;
    tamis_status status = TAMIS_OK;
    for (size_t g = 0; !status && g < r->options->groups; g++) {
        struct bunch *const b = &r->bunches[g];
        if (b->is == BUNCH_FOUND) {
            continue;
        }
        const uint64_t need = cost(b);
        if (need <= left || b->documents == 1) {
            left -= need < left ? need : left;
            status = begin_load(b, err);
        } else if (need > r->budget) {
            begin_split(b);
            splits = true;
        } else {
            b->is = BUNCH_WAITS;
        }
    }
    if (!status && splits) {
        const struct sorter_options sorting = {.folder = r->options->tmp,
                                               .name = "ties",
                                               .words = 4,
                                               .top = r->options->groups - 1,
                                               .memory = r->options->memory / 2};
        status = sorter_open(&r->sorter, &sorting, err);
    }
    return status;
}

/* ---- Reading the candidates ------------------------------------------------------------------------------------- */

static tamis_status changed(tamis_err *err)
{
    return tamis_fail(err, TAMIS_INTERNAL, "the documents changed while they were selected by their scores");
}

static tamis_status load(struct resolving *r, struct bunch *b, const struct candidate *c, tamis_err *err)
{
    b->seen_bytes += c->id.len;
    if (b->count == b->documents) {
        return changed(err);
    }
    struct entry *const entry = &b->entries[b->count++];
    *entry = (struct entry){.number = c->number, .weight = c->weight};
    b->overflown = b->overflown || (!b->measured && b->documents > 1 && r->ids.used + c->id.len > r->budget);
    return b->overflown || c->id.len == 0 || arena_copy(&r->ids, c->id, &entry->id) ? TAMIS_OK : no_memory(err);
}

static size_t shared_bytes(tamis_str a, tamis_str b, size_t most)
{
    most = most < b.len ? most : b.len;
    if (most > 0 && memcmp(a.at, b.at, most) == 0) {
        return most;
    }
    size_t same = 0;
    while (same < most && a.at[same] == b.at[same]) {
        same++;
    }
    return same;
}

/* The next bytes of an id as a number that orders as they do, zeros behind its end. */
static uint64_t word_at(tamis_str id, size_t at)
{
    uint64_t word = 0;
    for (size_t i = 0; i < WORD; i++) {
        word = word << 8 | (at + i < id.len ? (uint8_t)id.at[at + i] : 0u);
    }
    return word;
}

/* The first `len` bytes of a word, appended. */
static bool add_word(struct buf *out, uint64_t word, uint64_t len)
{
    bool fine = true;
    for (unsigned i = 0; fine && i < len; i++) {
        fine = buf_add_char(out, (char)(uint8_t)(word >> (8 * (WORD - 1 - i))));
    }
    return fine;
}

/* Rows: group; word; how much of the id is left, at most WORD + 1, above the number; length of the id and weight. */
static tamis_status split(struct resolving *r, struct bunch *b, const struct candidate *c, tamis_err *err)
{
    if (!b->begun) {
        b->begun = true;
        b->shared = c->id.len;
        buf_clear(&b->first);
        if (!buf_add_str(&b->first, c->id)) {
            return no_memory(err);
        }
    }
    b->shared = shared_bytes(buf_str(&b->first), c->id, b->shared);
    const size_t left = c->id.len - b->prefix.len;
    const uint64_t end = left > WORD ? WORD + 1 : left;
    const uint64_t length = c->id.len < UINT32_MAX ? c->id.len : UINT32_MAX;
    const uint64_t row[4] = {c->group, word_at(c->id, b->prefix.len), end << 60 | c->number, length << 32 | c->weight};
    return sorter_add(r->sorter, row, err);
}

static tamis_status take_candidate(void *taker, const struct candidate *c, tamis_err *err)
{
    struct resolving *const r = taker;
    struct bunch *const b = &r->bunches[c->group];
    if (b->is < BUNCH_LOADS || isnan(c->score) ||
        cut_key(c->score, r->options->policies[c->group]) != r->ties[c->group].key) {
        return TAMIS_OK;
    }
    if (c->id.len < b->prefix.len + b->beyond ||
        (b->prefix.len && memcmp(c->id.at, b->prefix.at, b->prefix.len) != 0)) {
        return TAMIS_OK;
    }
    return b->is == BUNCH_LOADS ? load(r, b, c, err) : split(r, b, c, err);
}

/* ---- What the round told ---------------------------------------------------------------------------------------- */

static void found(struct resolving *r, size_t group, const struct entry *entry, uint64_t before, uint64_t earlier)
{
    struct tie *const tie = &r->ties[group];
    tie->id = entry->id;
    tie->number = entry->number;
    tie->weight = entry->weight;
    tie->before = before;
    tie->earlier = earlier;
    tie->open = false;
    r->bunches[group].is = BUNCH_FOUND;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *const x = a, *const y = b;
    const int ids = str_compare(x->id, y->id);
    return ids != 0 ? ids : x->number < y->number ? -1 : x->number > y->number;
}

static tamis_status end_load(struct resolving *r, size_t group, tamis_err *err)
{
    struct bunch *const b = &r->bunches[group];
    if (b->count != b->documents) {
        return changed(err);
    }
    b->measured = true;
    b->bytes = b->seen_bytes;
    if (b->overflown) {
        return TAMIS_OK;
    }
    qsort(b->entries, b->count, sizeof *b->entries, compare_entries);
    uint64_t weight = 0;
    for (size_t i = 0; i < b->count; i++) {
        struct entry *const entry = &b->entries[i];
        if (weight + entry->weight >= b->want) {
            if (entry->id.len > 0 && !arena_copy(r->out, entry->id, &entry->id)) {
                return no_memory(err);
            }
            found(r, group, entry, b->before + weight, b->earlier + i);
            return TAMIS_OK;
        }
        weight += entry->weight;
    }
    return changed(err);
}

/* The row that reaches the weight wanted is of an id that ends in it: all of its word and end are equal. */
static tamis_status found_row(struct resolving *r, const uint64_t *row, tamis_err *err)
{
    struct bunch *const b = &r->bunches[row[0]];
    struct entry entry = {.number = row[2] & (CUT_NUMBERS - 1), .weight = (uint32_t)row[3]};
    if (!add_word(&b->prefix, row[1], row[2] >> 60) ||
        (b->prefix.len > 0 && !arena_copy(r->out, buf_str(&b->prefix), &entry.id))) {
        return no_memory(err);
    }
    found(r, (size_t)row[0], &entry, b->before + b->walked - entry.weight, b->earlier + b->walked_documents - 1);
    return TAMIS_OK;
}

static tamis_status take_row(struct resolving *r, const uint64_t *row, tamis_err *err)
{
    struct bunch *const b = &r->bunches[row[0]];
    const uint64_t end = row[2] >> 60;
    const bool same = b->walked_documents > 0 && b->part.word == row[1] && b->part.end == end;
    if (b->is == BUNCH_FOUND || (b->crossed && !same)) {
        return TAMIS_OK;
    }
    if (!same) {
        b->part = (struct bunch_part){
            .word = row[1], .end = end, .before = b->walked, .earlier = b->walked_documents};
    }
    b->part.documents++;
    b->part.bytes += row[3] >> 32;
    b->walked_documents++;
    b->walked += (uint32_t)row[3];
    b->crossed = b->crossed || b->walked >= b->want;
    return b->crossed && end <= WORD ? found_row(r, row, err) : TAMIS_OK;
}

/* The rows that share the word of the one sought are the bunch now. */
static tamis_status end_split(struct bunch *b, tamis_err *err)
{
    if (!b->crossed) {
        return changed(err);
    }
    const size_t known = b->prefix.len;
    const bool all = b->shared > known + WORD;
    const bool fine = all ? buf_add(&b->prefix, b->first.at + known, b->shared - known)
                          : add_word(&b->prefix, b->part.word, WORD);
    b->beyond = !all; /* ids that end with the word are rows of their own */
    b->want -= b->part.before;
    b->before += b->part.before;
    b->earlier += b->part.earlier;
    b->documents = b->part.documents;
    b->bytes = b->part.bytes;
    b->measured = true;
    return fine ? TAMIS_OK : no_memory(err);
}

static tamis_status end_splits(struct resolving *r, tamis_err *err)
{
    const uint64_t *row = NULL;
    tamis_status status = r->sorter ? sorter_finish(r->sorter, err) : TAMIS_OK;
    while (r->sorter && !status && !(status = sorter_next(r->sorter, &row, err)) && row) {
        status = take_row(r, row, err);
    }
    for (size_t g = 0; !status && g < r->options->groups; g++) {
        status = r->bunches[g].is == BUNCH_SPLITS ? end_split(&r->bunches[g], err) : TAMIS_OK;
    }
    sorter_free(r->sorter);
    r->sorter = NULL;
    return status;
}

static tamis_status end_loads(struct resolving *r, tamis_err *err)
{
    tamis_status status = TAMIS_OK;
    for (size_t g = 0; g < r->options->groups; g++) {
        struct bunch *const b = &r->bunches[g];
        status = status || b->is != BUNCH_LOADS ? status : end_load(r, g, err);
        free(b->entries);
        b->entries = NULL;
    }
    arena_release(&r->ids);
    return status;
}

/* ---- Rounds ----------------------------------------------------------------------------------------------------- */

static bool any_left(const struct resolving *r)
{
    for (size_t g = 0; g < r->options->groups; g++) {
        if (r->bunches[g].is != BUNCH_FOUND) {
            return true;
        }
    }
    return false;
}

static void open_bunches(struct resolving *r)
{
    for (size_t g = 0; g < r->options->groups; g++) {
        struct bunch *const b = &r->bunches[g];
        const struct tie *const tie = &r->ties[g];
        buf_init(&b->prefix, BUF_UNLIMITED);
        buf_init(&b->first, BUF_UNLIMITED);
        b->is = tie->open ? BUNCH_WAITS : BUNCH_FOUND;
        b->want = tie->want;
        b->documents = tie->documents;
    }
}

static void close_bunches(struct resolving *r)
{
    for (size_t g = 0; g < r->options->groups; g++) {
        buf_release(&r->bunches[g].prefix);
        buf_release(&r->bunches[g].first);
        free(r->bunches[g].entries);
    }
    free(r->bunches);
    arena_release(&r->ids);
    sorter_free(r->sorter);
}

tamis_status ties_resolve(struct tie *ties, const struct candidates *candidates, const struct cut_options *options,
                          struct arena *arena, tamis_err *err)
{
    struct resolving r = {.ties = ties, .options = options, .out = arena, .budget = options->memory / 4};
    r.bunches = calloc(options->groups + 1, sizeof *r.bunches);
    if (!r.bunches) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the ties of %zu groups", options->groups);
    }
    arena_init(&r.ids);
    open_bunches(&r);
    tamis_status status = TAMIS_OK;
    while (!status && any_left(&r)) {
        status = begin_round(&r, err);
        status = status ? status : candidates->each(candidates->context, true, take_candidate, &r, err);
        status = status ? status : end_splits(&r, err);
        status = status ? status : end_loads(&r, err);
    }
    close_bunches(&r);
    return status;
}
