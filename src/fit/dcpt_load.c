/* LAW.json back to a law: what a plan needs. */
#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/str.h"
#include "fit/dcpt_parts.h"
#include "fit/fitted.h"
#include "fit/law_file.h"

#define MOST_REPLICATES 100000

struct loading {
    const char *path;
    struct arena *arena;
    struct dcpt_law *law;
    tamis_err *err;
};

static tamis_status no_memory(const struct loading *l)
{
    return tamis_fail(l->err, TAMIS_IO, "%s: out of memory for the law", l->path);
}

static tamis_status fail_at(const struct loading *l, const struct tree *node, const char *what)
{
    return tamis_fail(l->err, TAMIS_INPUT, "%s:%u:%u: %s", l->path, node->line, node->column, what);
}

/* ---- Numbers ---------------------------------------------------------------------------------------------------- */

static const struct bounds {
    double low, high;
} allowed[DCPT_PARAMETERS] = {
    [DCPT_E] = {0, 1e6},         [DCPT_A] = {0, 1e9},       [DCPT_B] = {0, 1e9},
    [DCPT_C] = {0, 1e6},         [DCPT_ALPHA] = {1e-9, 10}, [DCPT_BETA] = {1e-9, 10},
    [DCPT_ETA] = {1, 100},       [DCPT_EPS] = {1e-9, 1e3},  [DCPT_GAMMA] = {1e-9, 10},
};

static bool number_of(const struct tree *node, double low, double high, double *value)
{
    return node->kind == TREE_SCALAR && !node->quoted && str_real(str_from(node->text), value) && *value >= low &&
           *value <= high;
}

static tamis_status load_shares(const struct loading *l, const struct tree *map, const char *key,
                                const double **values, size_t *count)
{
    struct tree *const list = tree_get(map, key);
    if (!list || list->kind != TREE_LIST || list->count == 0) {
        return tamis_fail(l->err, TAMIS_INPUT, "%s:%u: `%s` must be a list of numbers from 0 to 1", map->file,
                          list ? list->line : map->line, key);
    }
    double *const numbers = arena_alloc(l->arena, list->count * sizeof *numbers);
    if (!numbers) {
        return no_memory(l);
    }
    for (size_t i = 0; i < list->count; i++) {
        if (!number_of(list->items[i], 0, 1, &numbers[i]) || (i > 0 && numbers[i] < numbers[i - 1])) {
            return tamis_fail(l->err, TAMIS_INPUT, "%s:%u:%u: `%s` must be numbers from 0 to 1, ascending", map->file,
                              list->items[i]->line, list->items[i]->column, key);
        }
    }
    *values = numbers;
    *count = list->count;
    return TAMIS_OK;
}

/* N or D of the probe: [low, high], in version 1 one number, or null. */
static tamis_status load_span(const struct loading *l, const struct tree *probe, const char *key, double *low,
                              double *high)
{
    const struct tree *const node = tree_get(probe, key);
    if (!node || node->kind != TREE_LIST) {
        const tamis_status status = law_file_real(probe, key, true, 1e-300, 1e300, high, l->err);
        *low = *high;
        return status;
    }
    if (node->count != 2 || !number_of(node->items[0], 1e-300, 1e300, low) ||
        !number_of(node->items[1], *low, 1e300, high)) {
        return tamis_fail(l->err, TAMIS_INPUT, "%s:%u:%u: `%s` must be two numbers, the lowest and the highest",
                          l->path, node->line, node->column, key);
    }
    return TAMIS_OK;
}

/* ---- Curves ----------------------------------------------------------------------------------------------------- */

/* What the form lacks may be missing: A and B are 0 then. */
static tamis_status load_curve(const struct loading *l, const struct tree *map, struct dcpt_curve *curve)
{
    static const unsigned needed = 1u << DCPT_E | 1u << DCPT_C | 1u << DCPT_EPS | 1u << DCPT_GAMMA;
    tamis_status status = TAMIS_OK;
    *curve = (struct dcpt_curve){.alpha = 1, .beta = 1, .eta = 1};
    for (enum dcpt_parameter p = DCPT_E; !status && p < DCPT_PARAMETERS; p++) {
        double value = NAN;
        status = law_file_real(map, dcpt_parameter_names[p], !(needed >> p & 1u), allowed[p].low, allowed[p].high,
                               &value, l->err);
        if (!status && !isnan(value)) {
            dcpt_parameter_set(curve, p, value);
        }
    }
    return status;
}

/* The form's parameters in a row; null for a side that was not measured. */
static tamis_status load_row(const struct loading *l, const struct tree *row, const struct dcpt_side *side,
                             struct dcpt_curve *curve)
{
    enum dcpt_parameter list[DCPT_PARAMETERS];
    const size_t count = dcpt_form_list(l->law->form, list);
    *curve = (struct dcpt_curve){.e = 0};
    if (!side->rows) {
        return TAMIS_OK;
    }
    if (!row || row->kind != TREE_LIST || row->count != count) {
        return fail_at(l, row ? row : &(struct tree){.line = 1, .column = 1},
                       "a refit must have as many numbers as the law has parameters");
    }
    curve->alpha = curve->beta = curve->eta = 1;
    for (size_t i = 0; i < count; i++) {
        double value = 0;
        if (!number_of(row->items[i], allowed[list[i]].low, allowed[list[i]].high, &value)) {
            return fail_at(l, row->items[i], "this is no parameter of a refit");
        }
        dcpt_parameter_set(curve, list[i], value);
    }
    return TAMIS_OK;
}

static tamis_status load_side(const struct loading *l, const struct tree *root, const char *key,
                              struct dcpt_side *side)
{
    struct tree *curves = NULL, *curve = NULL, *sides = NULL, *quality = NULL;
    tamis_status status = law_file_map(root, "parameters", false, &curves, l->err);
    status = status ? status : law_file_map(curves, key, true, &curve, l->err);
    if (status || !curve) {
        return status;
    }
    const double *ratio = NULL;
    double rows = 0;
    size_t count = 0;
    status = load_curve(l, curve, &side->curve);
    status = status ? status : law_file_map(root, "sides", false, &sides, l->err);
    status = status ? status : law_file_map(sides, key, false, &quality, l->err);
    status = status ? status : load_shares(l, quality, "ratio", &ratio, &count);
    status = status ? status : law_file_real(quality, "rows", false, 1, 1e9, &rows, l->err);
    if (!status) {
        side->lowest_ratio = ratio[0];
        side->highest_ratio = ratio[count - 1];
        side->rows = (size_t)rows;
    }
    return status;
}

/* ---- The rest --------------------------------------------------------------------------------------------------- */

static tamis_status load_form(const struct loading *l, const struct tree *root)
{
    const char *const form = fitted_read_text(root, "form");
    l->law->form = DCPT_SINGLE_POINT;
    for (enum dcpt_form f = DCPT_FULL; form && f <= DCPT_SINGLE_POINT; f++) {
        for (int held = 0; held <= (f == DCPT_FULL); held++) {
            if (strcmp(form, dcpt_form_name(f, held)) == 0) {
                l->law->form = f;
                l->law->alpha_held = held;
                return TAMIS_OK;
            }
        }
    }
    return form ? fail_at(l, tree_get(root, "form"), "this form of the D-CPT law is not known; fit it again")
                : TAMIS_OK;
}

static tamis_status load_probe(const struct loading *l, const struct tree *root)
{
    struct dcpt_law *const law = l->law;
    struct tree *probe = NULL;
    tamis_status status = law_file_map(root, "probe", false, &probe, l->err);
    status = status ? status : load_span(l, probe, "N", &law->lowest_size, &law->highest_size);
    status = status ? status : load_span(l, probe, "D", &law->lowest_tokens, &law->highest_tokens);
    law->parameters = law->highest_size;
    law->tokens = law->highest_tokens;
    return status ? status : load_shares(l, probe, "ratios", &law->ratios, &law->ratio_count);
}

static tamis_status load_left_out(const struct loading *l, const struct tree *root)
{
    const struct tree *const list = tree_get(root, "leave_one_out");
    tamis_status status = TAMIS_OK;
    if (!list || tree_is_null(list) || (list->kind == TREE_LIST && list->count == 0)) {
        return TAMIS_OK;
    }
    if (list->kind != TREE_LIST || list->count > DCPT_LEFT_OUT_MOST) {
        return fail_at(l, list, "`leave_one_out` must be a list, one entry a run");
    }
    struct dcpt_left_out *const left = arena_alloc(l->arena, list->count * sizeof *left);
    if (!left) {
        return no_memory(l);
    }
    for (size_t i = 0; !status && i < list->count; i++) {
        const struct tree *const item = list->items[i];
        if (item->kind != TREE_MAP) {
            return fail_at(l, item, "an entry of `leave_one_out` must be an object");
        }
        left[i].run = fitted_read_text(item, "run");
        left[i].run = left[i].run ? left[i].run : "?";
        status = law_file_real(item, "N", true, 1e-300, 1e300, &left[i].parameters, l->err);
        status = status ? status : law_file_real(item, "ratio", false, 0, 1, &left[i].ratio, l->err);
        status = status ? status : load_row(l, tree_get(item, "domain"), &l->law->domain, &left[i].pair.domain);
        status = status ? status : load_row(l, tree_get(item, "general"), &l->law->general, &left[i].pair.general);
    }
    l->law->left_out = left;
    l->law->left_out_count = list->count;
    return status;
}

/* Rows of one side's replicates: as many as `count` says. */
static tamis_status replicate_rows(const struct loading *l, const struct tree *map, const char *key,
                                   const struct dcpt_side *side, size_t count, const struct tree **list)
{
    *list = tree_get(map, key);
    if (side->rows && (!*list || (*list)->kind != TREE_LIST || (*list)->count != count)) {
        return tamis_fail(l->err, TAMIS_INPUT, "%s:%u: `%s` must be a list of %zu replicates", l->path, map->line, key,
                          count);
    }
    return TAMIS_OK;
}

static tamis_status load_replicates(const struct loading *l, const struct tree *root)
{
    struct dcpt_law *const law = l->law;
    struct tree *map = NULL;
    const struct tree *domain = NULL, *general = NULL;
    double count = 0;
    tamis_status status = law_file_map(root, "replicates", true, &map, l->err);
    if (status || !map) {
        return status;
    }
    const char *const by = fitted_read_text(map, "by");
    law->bootstrap = by && strcmp(by, "run") == 0 ? DCPT_BY_RUN : DCPT_BY_RESIDUAL;
    status = law_file_real(map, "count", false, 1, MOST_REPLICATES, &count, l->err);
    const size_t rows = status ? 0 : (size_t)count;
    status = status ? status : replicate_rows(l, map, "domain", &law->domain, rows, &domain);
    status = status ? status : replicate_rows(l, map, "general", &law->general, rows, &general);
    struct dcpt_pair *const pairs = status ? NULL : arena_alloc(l->arena, rows * sizeof *pairs);
    if (!status && !pairs) {
        return no_memory(l);
    }
    for (size_t i = 0; !status && i < rows; i++) {
        status = load_row(l, law->domain.rows ? domain->items[i] : NULL, &law->domain, &pairs[i].domain);
        status = status ? status : load_row(l, law->general.rows ? general->items[i] : NULL, &law->general,
                                            &pairs[i].general);
    }
    law->replicates = pairs;
    law->replicate_count = rows;
    return status;
}

static tamis_status load_peak(const struct loading *l, const struct tree *root)
{
    struct tree *peak = NULL;
    l->law->peak_general = NAN;
    tamis_status status = law_file_map(root, "peak_general", true, &peak, l->err);
    if (!status && peak) {
        status = law_file_real(peak, "nats", false, 0, 1e6, &l->law->peak_general, l->err);
        l->law->peak_run = fitted_read_text(peak, "run");
        l->law->peak_run = l->law->peak_run ? l->law->peak_run : "?";
    }
    return status;
}

/* What was said when the law was fitted, a line each. */
static tamis_status load_warnings(const struct loading *l, const struct tree *root)
{
    const struct tree *const list = tree_get(root, "warnings");
    struct buf lines;
    tamis_str kept = {"", 0};
    bool fine = true;
    buf_init(&lines, TREE_MAX_BYTES);
    for (size_t i = 0; fine && list && list->kind == TREE_LIST && i < list->count; i++) {
        const struct tree *const item = list->items[i];
        fine = item->kind != TREE_SCALAR || buf_printf(&lines, "%s\n", item->text);
    }
    fine = fine && arena_copy(l->arena, buf_str(&lines), &kept);
    buf_release(&lines);
    l->law->warned = kept;
    return fine ? TAMIS_OK : tamis_fail(l->err, TAMIS_IO, "%s: out of memory for the law", l->path);
}

static tamis_status load_all(const struct loading *l, const struct tree *root)
{
    struct dcpt_law *const law = l->law;
    double rows = 0, runs = NAN;
    tamis_status status = load_form(l, root);
    status = status ? status : load_side(l, root, "domain", &law->domain);
    status = status ? status : load_side(l, root, "general", &law->general);
    status = status ? status : load_probe(l, root);
    status = status ? status : law_file_real(root, "base_loss_general", true, 1e-300, 1e6, &law->base_loss, l->err);
    status = status ? status : law_file_real(root, "probe_flop", true, 0, 1e300, &law->probe_flop, l->err);
    status = status ? status : load_peak(l, root);
    status = status ? status : law_file_real(root, "rows", false, 1, 1e9, &rows, l->err);
    status = status ? status : law_file_real(root, "runs", true, 1, 1e9, &runs, l->err);
    status = status ? status : load_left_out(l, root);
    status = status ? status : load_replicates(l, root);
    status = status ? status : load_warnings(l, root);
    if (!status && !law->domain.rows && !law->general.rows) {
        status = tamis_fail(l->err, TAMIS_INPUT, "%s: a law without a curve; fit it again", l->path);
    }
    if (!status) {
        law->rows = (size_t)rows;
        law->run_count = isnan(runs) ? law->rows : (size_t)runs;
        law->sizes = dcpt_differ(law->lowest_size, law->highest_size) ? 2 : 1;
        law->name = fitted_read_text(root, "name");
        law->source = fitted_read_text(root, "source");
        law->base_model = fitted_read_text(root, "base_model");
        law->from_scratch = law->base_model && strncmp(law->base_model, DCPT_FROM_SCRATCH,
                                                       sizeof DCPT_FROM_SCRATCH - 1) == 0;
    }
    return status;
}

tamis_status dcpt_parse(const char *path, tamis_str text, struct arena *arena, struct dcpt_law *law, tamis_err *err)
{
    struct tree *root = NULL;
    const struct loading l = {path, arena, law, err};
    *law = (struct dcpt_law){.base_loss = NAN};
    const tamis_status status = law_file_parse(arena, path, text, "dcpt", &root, err);
    return status ? status : load_all(&l, root);
}

tamis_status dcpt_load(const char *path, struct arena *arena, struct dcpt_law *law, tamis_err *err)
{
    struct buf text;
    buf_init(&text, TREE_MAX_BYTES);
    tamis_status status = file_read(path, TREE_MAX_BYTES, &text, err);
    status = status ? status : dcpt_parse(path, buf_str(&text), arena, law, err);
    buf_release(&text);
    return status;
}
