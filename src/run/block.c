/*
 * Writing the ledger. A block's folder is filled under a temporary name; block.json says where the next one starts.
 */
#include "run/block.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/path.h"
#include "core/str.h"
#include "run/sampling.h"

void block_init(struct block *b, const struct recipe *recipe, const struct rules *rules, const char *folder)
{
    *b = (struct block){.recipe = recipe, .rules = rules, .folder = folder};
    struct buf *const bufs[] = {&b->rows, &b->id_offsets, &b->id_bytes, &b->samples, &b->numbers};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) {
        buf_init(bufs[i], BUF_UNLIMITED);
    }
    b->band_count = recipe->dedup.minhash ? (unsigned)recipe->dedup.bands : 0;
    while (b->numbers_count < RECORD_NUMBERS && recipe->dedup.numbers[b->numbers_count]) {
        b->numbers_count++;
    }
}

static void block_clear(struct block *b)
{
    struct buf *const bufs[] = {&b->rows, &b->id_offsets, &b->id_bytes, &b->samples, &b->numbers};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) {
        buf_clear(bufs[i]);
    }
    for (unsigned k = 0; b->bands && k < b->band_count; k++) {
        buf_clear(&b->bands[k]);
    }
    b->documents = 0;
    b->bytes = 0;
}

void block_release(struct block *b)
{
    struct buf *const bufs[] = {&b->rows, &b->id_offsets, &b->id_bytes, &b->samples, &b->numbers};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++) {
        buf_release(bufs[i]);
    }
    for (unsigned k = 0; b->bands && k < b->band_count; k++) {
        buf_release(&b->bands[k]);
    }
    free(b->bands);
    b->bands = NULL;
}

static tamis_status read_count(const struct tree *map, const char *key, uint64_t *value, tamis_err *err)
{
    const struct tree *const node = tree_get(map, key);
    if (!node || node->kind != TREE_SCALAR || !str_count(str_from(node->text), value)) {
        return tree_fail(map, err, "'%s' is missing or no number; remove the run folder and run again", key);
    }
    return TAMIS_OK;
}

tamis_status block_resume(struct block *b, tamis_err *err)
{
    struct path path;
    size_t parts = 0;
    tamis_status status = ledger_count_parts(b->folder, &parts, err);
    if (status || parts == 0) {
        return status;
    }
    struct arena arena;
    arena_init(&arena);
    struct tree *root = NULL;
    status = path_make(&path, err, "%s/part-%06zu/block.json", b->folder, parts - 1);
    status = status ? status : tree_load(&arena, path.at, &root, err);
    b->place.part = parts;
    const struct {
        const char *key;
        uint64_t *value;
    } fields[] = {{"documents", &b->place.documents}, {"input", &b->place.input}, {"offset", &b->place.offset},
                  {"source", &b->place.source},       {"ordinal", &b->place.ordinal}};
    for (size_t i = 0; !status && i < sizeof fields / sizeof *fields; i++) {
        status = read_count(root, fields[i].key, fields[i].value, err);
    }
    arena_release(&arena);
    return status;
}

static bool add_id(struct block *b, const struct record *record, uint64_t ordinal, const char *source)
{
    const uint64_t offset = b->id_bytes.len;
    return buf_add(&b->id_offsets, &offset, sizeof offset) &&
           (record->id.len ? buf_add_str(&b->id_bytes, record->id)
                           : buf_printf(&b->id_bytes, "%s#%llu", source, (unsigned long long)ordinal));
}

/* Rows that open with an index in the batch go on to open with an index in the block. */
static bool add_indexed(struct buf *to, const struct buf *from, size_t row_bytes, uint64_t first)
{
    if (!buf_reserve(to, from->len)) {
        return false;
    }
    for (size_t at = 0; at < from->len; at += row_bytes) {
        uint64_t index = 0;
        memcpy(&index, from->at + at, sizeof index);
        index += first;
        if (!buf_add(to, &index, sizeof index) ||
            !buf_add(to, from->at + at + sizeof index, row_bytes - sizeof index)) {
            return false;
        }
    }
    return true;
}

#define COLUMNS_AT_ONCE 8u /* keys that lie in one cache line or two */

/* Up to COLUMNS_AT_ONCE words of every row, each to the end of its column; there is room. */
static void add_columns(struct buf *columns, unsigned count, const uint64_t *row, size_t rows, size_t row_words)
{
    uint64_t *to[COLUMNS_AT_ONCE];
    for (unsigned k = 0; k < count; k++) {
        to[k] = (uint64_t *)(void *)(columns[k].at + columns[k].len);
        columns[k].len += rows * sizeof *row;
    }
    for (size_t i = 0; i < rows; i++, row += row_words) {
        for (unsigned k = 0; k < count; k++) {
            to[k][i] = row[k];
        }
    }
    for (unsigned k = 0; k < count; k++) {
        columns[k].at[columns[k].len] = '\0'; /* as every buf has it */
    }
}

/* From keys of one document after the other to keys of one band after the other. */
static bool add_bands(struct block *b, const struct buf *from)
{
    const size_t rows = b->band_count ? from->len / (b->band_count * sizeof(uint64_t)) : 0;
    if (!b->bands) {
        b->bands = calloc(b->band_count ? b->band_count : 1, sizeof *b->bands);
        for (unsigned k = 0; b->bands && k < b->band_count; k++) {
            buf_init(&b->bands[k], BUF_UNLIMITED);
        }
    }
    bool fine = b->bands != NULL;
    for (unsigned k = 0; fine && k < b->band_count; k++) {
        fine = buf_reserve(&b->bands[k], rows * sizeof(uint64_t));
    }
    const uint64_t *const words = (const uint64_t *)(const void *)from->at;
    for (unsigned k = 0; fine && rows && k < b->band_count; k += COLUMNS_AT_ONCE) {
        const unsigned left = b->band_count - k;
        add_columns(&b->bands[k], left < COLUMNS_AT_ONCE ? left : COLUMNS_AT_ONCE, words + k, rows, b->band_count);
    }
    return fine;
}

static bool add_batch(struct block *b, const struct batch *batch, const struct input *input)
{
    const char *const source = b->recipe->sources[input->source].name;
    bool fine = add_bands(b, &batch->bands) &&
                add_indexed(&b->samples, &batch->samples, sample_row_bytes(b->rules), b->documents) &&
                buf_add_str(&b->rows, buf_str(&batch->rows));
    for (size_t i = 0; fine && i < batch->records.count; i++) {
        const struct record *const record = &batch->records.at[i];
        fine = add_id(b, record, b->place.ordinal++, source) &&
               buf_add(&b->numbers, record->numbers, b->numbers_count * sizeof *record->numbers);
        b->bytes += record->length;
    }
    b->documents += batch->records.count;
    return fine;
}

tamis_status block_add(struct block *b, const struct batch *batch, const struct input *input, tamis_err *err)
{
    if (b->place.source != input->source) {
        b->place.source = input->source;
        b->place.ordinal = 0;
    }
    if (!add_batch(b, batch, input)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the ledger's next block");
    }
    const bool broken = batch->chunk.holds == CHUNK_DAMAGED && !batch->chunk.goes_on; /* nothing of this part follows */
    b->place.input = batch->input + broken;
    b->place.offset = broken ? 0 : batch->chunk.offset + batch->chunk.length;
    const bool full = b->bytes >= LEDGER_BLOCK || b->documents >= LEDGER_BLOCK_DOCUMENTS;
    return full ? block_commit(b, err) : TAMIS_OK;
}

static tamis_status end_file(struct file_out *f, tamis_status status, tamis_err *err)
{
    if (status) {
        file_out_discard(f);
        return status;
    }
    return file_out_commit(f, err);
}

static tamis_status write_bytes(const char *folder, const char *name, const struct buf *bytes, tamis_err *err)
{
    struct path path;
    struct file_out *f = NULL;
    tamis_status status = path_make(&path, err, "%s/%s", folder, name);
    status = status ? status : file_out_open_loose(&f, path.at, err);
    return status ? status : end_file(f, file_out_add(f, bytes->at, bytes->len, err), err);
}

static tamis_status write_array(const char *folder, const char *name, const char *dtype, size_t row_bytes,
                                const struct buf *rows, tamis_err *err)
{
    struct path path;
    struct file_out *f = NULL;
    tamis_status status = path_make(&path, err, "%s/%s", folder, name);
    status = status ? status : file_out_open_loose(&f, path.at, err);
    if (status) {
        return status;
    }
    status = npy_begin(f, path.at, dtype, row_bytes, rows->len / row_bytes, err);
    return end_file(f, status ? status : file_out_add(f, rows->at, rows->len, err), err);
}

static tamis_status write_bands(const struct block *b, const char *folder, tamis_err *err)
{
    struct path path;
    struct file_out *f = NULL;
    tamis_status status = path_make(&path, err, "%s/bands.npy", folder);
    status = status ? status : file_out_open_loose(&f, path.at, err);
    if (status) {
        return status;
    }
    status = npy_columns_begin(f, path.at, b->band_count, b->bands[0].len / sizeof(uint64_t), err);
    for (unsigned k = 0; !status && k < b->band_count; k++) {
        status = file_out_add(f, b->bands[k].at, b->bands[k].len, err);
    }
    return end_file(f, status, err);
}

static tamis_status write_place(const struct block *b, const char *folder, tamis_err *err)
{
    struct buf text;
    struct json json;
    buf_init(&text, BUF_UNLIMITED);
    json_init(&json, &text, 0);
    json_open(&json, '{');
    json_key_count(&json, "version", LEDGER_VERSION);
    json_key_count(&json, "documents", b->place.documents + b->documents);
    json_key_count(&json, "input", b->place.input);
    json_key_count(&json, "offset", b->place.offset);
    json_key_count(&json, "source", b->place.source);
    json_key_count(&json, "ordinal", b->place.ordinal);
    json_close(&json, '}');
    const tamis_status status = json.failed ? tamis_fail(err, TAMIS_IO, "out of memory for %s/block.json", folder)
                                            : write_bytes(folder, "block.json", &text, err);
    buf_release(&text);
    return status;
}

static tamis_status write_arrays(struct block *b, const char *folder, tamis_err *err)
{
    char dtype[96];
    const uint64_t end = b->id_bytes.len;
    if (!buf_add(&b->id_offsets, &end, sizeof end)) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the ledger's next block");
    }
    tamis_status status =
        write_array(folder, "survey.npy", SURVEY_DTYPE, sizeof(struct survey_row), &b->rows, err);
    status = status ? status : write_array(folder, "ids.npy", "'<u8'", 8, &b->id_offsets, err);
    status = status ? status : write_bytes(folder, "ids.bin", &b->id_bytes, err);
    if (!status && b->band_count) {
        status = write_bands(b, folder, err);
    }
    if (!status && rules_signals(b->rules) > 0) {
        sample_dtype(dtype, b->rules);
        status = write_array(folder, "sample.npy", dtype, sample_row_bytes(b->rules), &b->samples, err);
    }
    if (!status && b->numbers_count) {
        snprintf(dtype, sizeof dtype, "[('numbers','<f8',(%u,))]", b->numbers_count);
        status = write_array(folder, "numbers.npy", dtype, 8 * b->numbers_count, &b->numbers, err);
    }
    return status;
}

tamis_status block_commit(struct block *b, tamis_err *err)
{
    if (b->documents == 0) {
        return TAMIS_OK;
    }
    struct path folder, final;
    const unsigned long long part = b->place.part;
    tamis_status status = path_make(&final, err, "%s/part-%06llu", b->folder, part);
    status = status ? status : path_make(&folder, err, "%s/tmp-%06llu", b->folder, part);
    status = status ? status : file_folder_begin(folder.at, err);
    status = status ? status : write_arrays(b, folder.at, err);
    status = status ? status : write_place(b, folder.at, err);
    status = status ? status : file_folder_commit(folder.at, final.at, !b->scratch, err);
    if (!status) {
        b->place.part++;
        b->place.documents += b->documents;
        block_clear(b);
    }
    return status;
}
