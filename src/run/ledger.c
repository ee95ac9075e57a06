/*
 * Reading the ledger: maps the files of every part and finds rows by a document's number.
 */
#include "run/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/path.h"

const char *fate_name(enum fate fate)
{
    static const char *const names[FATE_COUNT] = {"rejected", "dropped", "held_out", "emitted", "surplus"};
    return names[fate];
}

tamis_status ledger_count_parts(const char *folder, size_t *count, tamis_err *err)
{
    struct path path;
    *count = 0;
    tamis_status status = path_make(&path, err, "%s/part-%06zu", folder, *count);
    while (!status && file_is_folder(path.at)) {
        ++*count;
        status = path_make(&path, err, "%s/part-%06zu", folder, *count);
    }
    return status;
}

static tamis_status open_npy(struct npy *npy, const char *folder, size_t part, const char *name, const char *dtype,
                             size_t row_bytes, size_t rows, tamis_err *err)
{
    struct path path;
    tamis_status status = path_make(&path, err, "%s/part-%06zu/%s", folder, part, name);
    status = status ? status : npy_open(npy, path.at, dtype, row_bytes, err);
    if (status || rows == SIZE_MAX || npy->count == rows) {
        return status;
    }
    const size_t found = npy->count;
    npy_close(npy);
    return tamis_fail(err, TAMIS_INPUT, "%s: %zu rows where the survey has %zu; remove the run folder and run again",
                      path.at, found, rows);
}

static tamis_status open_ids(struct ledger_part *p, const char *folder, size_t part, tamis_err *err)
{
    struct path path;
    tamis_status status = path_make(&path, err, "%s/part-%06zu/ids.bin", folder, part);
    status = status ? status : open_npy(&p->id_offsets, folder, part, "ids.npy", "'<u8'", 8, p->count + 1, err);
    if (status) {
        return status;
    }
    const void *at = NULL;
    status = file_map(path.at, &at, &p->id_bytes_len, err);
    if (status) {
        return status;
    }
    p->id_bytes = at;
    const uint64_t *const offsets = p->id_offsets.rows;
    for (size_t i = 0; i < p->count; i++) {
        if (offsets[i] > offsets[i + 1]) {
            return tamis_fail(err, TAMIS_INPUT, "%s: the offsets of the ids go backwards", path.at);
        }
    }
    if (offsets[p->count] != p->id_bytes_len) {
        return tamis_fail(err, TAMIS_INPUT, "%s: holds %zu bytes where %llu are said", path.at, p->id_bytes_len,
                          (unsigned long long)offsets[p->count]);
    }
    return TAMIS_OK;
}

static tamis_status open_part(struct ledger *l, size_t part, unsigned files, tamis_err *err)
{
    struct ledger_part *const p = &l->parts[part];
    const char *const folder = l->folder;
    char dtype[64];
    struct path path;
    tamis_status status = open_npy(&p->survey, folder, part, "survey.npy", SURVEY_DTYPE, sizeof(struct survey_row),
                                   SIZE_MAX, err);
    if (status) {
        return status;
    }
    p->first = l->documents;
    p->count = p->survey.count;
    l->documents += p->count;
    status = open_ids(p, folder, part, err);
    if (!status && (files & LEDGER_BANDS) && l->bands) {
        status = path_make(&path, err, "%s/part-%06zu/bands.npy", folder, part);
        status = status ? status : npy_columns_open(&p->bands, path.at, l->bands, err);
    }
    if (!status && (files & LEDGER_NUMBERS) && l->numbers) {
        snprintf(dtype, sizeof dtype, "[('numbers','<f8',(%u,))]", l->numbers);
        status = open_npy(&p->numbers, folder, part, "numbers.npy", dtype, 8 * l->numbers, p->count, err);
    }
    if (!status && (files & LEDGER_RESOLVE)) {
        status = open_npy(&p->resolve, folder, part, "resolve.npy", RESOLVE_DTYPE, sizeof(struct resolve_row),
                          p->count, err);
    }
    if (!status && (files & LEDGER_SCORE)) {
        status = open_npy(&p->score, folder, part, "score.npy", SCORE_DTYPE, sizeof(struct score_row), p->count, err);
    }
    if (!status && (files & LEDGER_SELECT)) {
        status = open_npy(&p->select, folder, part, "select.npy", SELECT_DTYPE, sizeof(struct select_row), p->count,
                          err);
    }
    if (!status && (files & LEDGER_MIX)) {
        snprintf(dtype, sizeof dtype, "[('draws','|u1',(%u,))]", l->targets);
        status = open_npy(&p->mix, folder, part, "mix.npy", dtype, l->targets, p->count, err);
    }
    return status;
}

tamis_status ledger_open(struct ledger *l, const char *folder, const struct recipe *recipe, unsigned files,
                         tamis_err *err)
{
    *l = (struct ledger){.folder = folder, .targets = (unsigned)recipe->target_count};
    l->bands = recipe->dedup.minhash ? (unsigned)recipe->dedup.bands : 0;
    while (l->numbers < RECORD_NUMBERS && recipe->dedup.numbers[l->numbers]) {
        l->numbers++;
    }
    tamis_status status = ledger_count_parts(folder, &l->part_count, err);
    if (status) {
        return status;
    }
    l->parts = calloc(l->part_count ? l->part_count : 1, sizeof *l->parts);
    if (!l->parts) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the ledger in %s", folder);
    }
    for (size_t part = 0; !status && part < l->part_count; part++) {
        status = open_part(l, part, files, err);
    }
    if (status) {
        ledger_close(l);
    }
    return status;
}

void ledger_close(struct ledger *l)
{
    for (size_t i = 0; l->parts && i < l->part_count; i++) {
        struct ledger_part *const p = &l->parts[i];
        npy_close(&p->survey);
        npy_close(&p->id_offsets);
        npy_close(&p->numbers);
        npy_close(&p->resolve);
        npy_close(&p->score);
        npy_close(&p->select);
        npy_close(&p->mix);
        if (p->id_bytes) {
            file_unmap(p->id_bytes, p->id_bytes_len);
        }
    }
    free(l->parts);
    *l = (struct ledger){0};
}

const struct ledger_part *ledger_part_of(const struct ledger *l, uint64_t number)
{
    size_t low = 0, high = l->part_count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (l->parts[middle].first <= number) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &l->parts[low];
}

const struct survey_row *ledger_survey(const struct ledger *l, uint64_t number)
{
    const struct ledger_part *const p = ledger_part_of(l, number);
    return (const struct survey_row *)p->survey.rows + (number - p->first);
}

const struct resolve_row *ledger_resolve(const struct ledger *l, uint64_t number)
{
    const struct ledger_part *const p = ledger_part_of(l, number);
    return (const struct resolve_row *)p->resolve.rows + (number - p->first);
}

const struct score_row *ledger_score(const struct ledger *l, uint64_t number)
{
    const struct ledger_part *const p = ledger_part_of(l, number);
    return (const struct score_row *)p->score.rows + (number - p->first);
}

tamis_str ledger_id(const struct ledger *l, uint64_t number)
{
    const struct ledger_part *const p = ledger_part_of(l, number);
    const uint64_t *const at = (const uint64_t *)p->id_offsets.rows + (number - p->first);
    return (tamis_str){p->id_bytes + at[0], (size_t)(at[1] - at[0])};
}

const double *ledger_numbers(const struct ledger *l, uint64_t number)
{
    const struct ledger_part *const p = ledger_part_of(l, number);
    return (const double *)p->numbers.rows + (number - p->first) * l->numbers;
}

const uint8_t *ledger_draws(const struct ledger *l, uint64_t number)
{
    const struct ledger_part *const p = ledger_part_of(l, number);
    return (const uint8_t *)p->mix.rows + (number - p->first) * l->targets;
}

tamis_status ledger_keys(const struct ledger *l, size_t part, unsigned band, uint64_t first, uint64_t *keys,
                         size_t count, tamis_err *err)
{
    struct path path;
    const tamis_status status = path_make(&path, err, "%s/part-%06zu/bands.npy", l->folder, part);
    return status ? status : npy_columns_read(&l->parts[part].bands, path.at, band, first, keys, count, err);
}

uint64_t survey_bytes(const struct survey_row *row, const struct rules *rules)
{
    const bool too_long = row->rule && rules->at[row->rule - 1].stage == STAGE_PARSE &&
                          row->rule == (uint16_t)REJECT_LINE_TOO_LONG;
    return too_long ? (uint64_t)row->value : row->length;
}

enum fate ledger_fate(const struct ledger *l, uint64_t number, const struct rules *rules, uint16_t *rule)
{
    const struct ledger_part *const p = ledger_part_of(l, number);
    const size_t i = (size_t)(number - p->first);
    const struct survey_row *const survey = (const struct survey_row *)p->survey.rows + i;
    *rule = survey->rule;
    if (*rule) {
        return rules->at[*rule - 1].stage == STAGE_PARSE ? FATE_REJECTED : FATE_DROPPED;
    }
    if (p->resolve.rows) {
        const struct resolve_row *const resolve = (const struct resolve_row *)p->resolve.rows + i;
        *rule = resolve->rule;
        if (*rule) {
            return FATE_DROPPED;
        }
        if (resolve->held_out) {
            return FATE_HELD_OUT;
        }
    }
    if (p->select.rows) {
        *rule = ((const struct select_row *)p->select.rows)[i].rule;
        if (*rule) {
            return FATE_DROPPED;
        }
    }
    if (p->mix.rows) {
        const uint8_t *const draws = (const uint8_t *)p->mix.rows + i * l->targets;
        for (unsigned t = 0; t < l->targets; t++) {
            if (draws[t]) {
                return FATE_EMITTED;
            }
        }
    }
    return FATE_SURPLUS;
}
