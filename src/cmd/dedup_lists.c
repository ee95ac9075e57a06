/* See dedup_lists.h. Every list is one pass over the ledger. */
#include "cmd/dedup_lists.h"

#include <stdlib.h>

#include "cmd/drop_line.h"
#include "core/json.h"
#include "run/ranges.h"

struct list {
    const struct run *run;
    const struct ledger *ledger;
    struct stream_out *to;
    const uint8_t *keeps; /* clusters: a bit per document, set for those that others were dropped for */
    bool (*row)(const struct list *list, const struct ledger_part *part, size_t row, struct buf *out);
};

static tamis_status make_lines(void *context, struct range range, struct buf *made, tamis_err *err)
{
    const struct list *const list = context;
    for (size_t row = range.from; row < range.to; row++) {
        if (!list->row(list, range.part, row, made)) {
            return tamis_fail(err, TAMIS_IO, "out of memory for lists of documents");
        }
    }
    return TAMIS_OK;
}

static tamis_status take_lines(void *context, const struct buf *made, tamis_err *err)
{
    const struct list *const list = context;
    return stream_out_add_lines(list->to, buf_str(made), err);
}

static tamis_status write_list(struct list *list, tamis_err *err)
{
    const struct ranges ranges = {.context = list, .texts = 1, .make = make_lines, .take = take_lines};
    return ranges_run(&ranges, list->run, list->ledger, err);
}

static const struct survey_row *survey_of(const struct ledger_part *part, size_t row)
{
    return (const struct survey_row *)part->survey.rows + row;
}

static const struct resolve_row *resolve_of(const struct ledger_part *part, size_t row)
{
    return (const struct resolve_row *)part->resolve.rows + row;
}

/* Two documents and how alike they are. */
static bool add_two(struct buf *out, const struct ledger *ledger, const char *const names[3], uint64_t a, uint64_t b,
                    double similarity)
{
    struct json json;
    json_init(&json, out, 0);
    json_open(&json, '{');
    json_key_str(&json, names[0], ledger_id(ledger, a));
    json_key_str(&json, names[1], ledger_id(ledger, b));
    json_key_real(&json, names[2], similarity);
    json_close(&json, '}');
    return !json.failed && buf_add_char(out, '\n');
}

/* ---- Pairs ------------------------------------------------------------------------------------------------------ */

bool dedup_pair(const struct ledger *ledger, uint64_t a, uint64_t b, double jaccard, struct buf *out)
{
    static const char *const names[] = {"a", "b", "jaccard"};
    return add_two(out, ledger, names, a, b, jaccard);
}

static bool add_exact_pair(const struct list *list, const struct ledger_part *part, size_t row, struct buf *out)
{
    const struct resolve_row *const twin = resolve_of(part, row);
    return twin->rule != list->run->rules->exact + 1 ||
           dedup_pair(list->ledger, twin->keeper, part->first + row, 1, out);
}

tamis_status dedup_exact_pairs(const struct run *run, const struct ledger *ledger, struct stream_out *to,
                               tamis_err *err)
{
    return write_list(&(struct list){.run = run, .ledger = ledger, .to = to, .row = add_exact_pair}, err);
}

/* ---- Clusters --------------------------------------------------------------------------------------------------- */

static bool add_member(const struct list *list, const struct ledger_part *part, size_t row, struct buf *out)
{
    static const char *const names[] = {"id", "keeper", "similarity"};
    const struct resolve_row *const twin = resolve_of(part, row);
    const uint64_t number = part->first + row;
    if (twin->rule) {
        return add_two(out, list->ledger, names, number, twin->keeper, twin->similarity);
    }
    const bool keeps = list->keeps[number / 8] & (1u << (number % 8));
    return !keeps || add_two(out, list->ledger, names, number, number, 1);
}

tamis_status dedup_clusters(const struct run *run, const struct ledger *ledger, struct stream_out *to, tamis_err *err)
{
    uint8_t *const keeps = calloc(ledger->documents / 8 + 1, 1);
    if (!keeps) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the clusters (1 bit per document)");
    }
    for (size_t p = 0; p < ledger->part_count; p++) {
        for (size_t row = 0; row < ledger->parts[p].count; row++) {
            const struct resolve_row *const twin = resolve_of(&ledger->parts[p], row);
            if (twin->rule) {
                keeps[twin->keeper / 8] |= (uint8_t)(1u << (twin->keeper % 8));
            }
        }
    }
    struct list list = {.run = run, .ledger = ledger, .to = to, .keeps = keeps, .row = add_member};
    const tamis_status status = write_list(&list, err);
    free(keeps);
    return status;
}

/* ---- Drops ------------------------------------------------------------------------------------------------------ */

static bool add_drop(const struct list *list, const struct ledger_part *part, size_t row, struct buf *out)
{
    const struct rules *const rules = list->run->rules;
    const struct survey_row *const survey = survey_of(part, row);
    const struct resolve_row *const twin = resolve_of(part, row);
    struct drop_line line = {.id = ledger_id(list->ledger, part->first + row)};
    if (survey->rule) {
        line.rule = &rules->at[survey->rule - 1];
        line.value = survey->value;
        line.threshold = line.rule->threshold;
        return drop_line(out, &line);
    }
    if (twin->rule) {
        const uint16_t source = ledger_survey(list->ledger, twin->keeper)->source;
        const tamis_str keeper = ledger_id(list->ledger, twin->keeper);
        line.rule = &rules->at[twin->rule - 1];
        line.value = twin->similarity;
        line.threshold = twin->rule == rules->exact + 1 ? 1
                                                        : recipe_threshold(list->run->recipe, survey->source, source);
        line.keeper = &keeper;
        return drop_line(out, &line);
    }
    return true;
}

tamis_status dedup_drops(const struct run *run, const struct ledger *ledger, struct stream_out *to, tamis_err *err)
{
    return write_list(&(struct list){.run = run, .ledger = ledger, .to = to, .row = add_drop}, err);
}
