/* The law as LAW.json, there and back, and as a few lines for people. */
#include <math.h>
#include <stdio.h>

#include "core/file.h"
#include "core/str.h"
#include "law/dcpt.h"
#include "law/law_file.h"

#define LAW_NAME "dcpt"
#define LAW_FORM "r-effect, single size"

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static void print_curve(struct json *json, const char *key, const struct dcpt_side *side)
{
    json_key(json, key);
    if (!side->rows) {
        json_null(json);
        return;
    }
    const struct dcpt_curve *const law = &side->curve;
    json_open(json, '{');
    json_key_real(json, "E", law->e);
    json_key_real(json, "C", law->c);
    json_key_real(json, "eps", law->eps);
    json_key_real(json, "gamma", law->gamma);
    json_close(json, '}');
}

static void print_bounds(struct json *json, const struct dcpt_quality *fit)
{
    json_key(json, "bounds_hit");
    json_open(json, '[');
    static const char *const names[] = {"E", "A", "B", "C", "alpha", "beta", "eta", "eps", "gamma"};
    static const enum dcpt_parameter order[] = {DCPT_EPS, DCPT_GAMMA, DCPT_E, DCPT_C};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const unsigned bit = 1u << order[i];
        if ((fit->at_low | fit->at_high) & bit) {
            char text[16];
            (void)snprintf(text, sizeof text, "%s %s", names[order[i]], fit->at_low & bit ? "low" : "high");
            json_text(json, text);
        }
    }
    json_close(json, ']');
}

static void print_quality(struct json *json, const char *key, const struct dcpt_side *side)
{
    json_key(json, key);
    if (!side->rows) {
        json_null(json);
        return;
    }
    const struct dcpt_quality *const fit = &side->fit;
    json_open(json, '{');
    json_key_real(json, "objective", fit->objective);
    json_key_real(json, "r2", fit->r2);
    json_key_real(json, "mape", fit->mape);
    json_key_real(json, "max_error", fit->max_error);
    json_key_count(json, "starts", fit->starts);
    json_key_count(json, "agreeing", fit->agreeing);
    print_bounds(json, fit);
    json_key_count(json, "rows", side->rows);
    json_key(json, "ratio");
    json_open(json, '[');
    json_real(json, side->lowest_ratio);
    json_real(json, side->highest_ratio);
    json_close(json, ']');
    json_close(json, '}');
}

/* One number for both sides: the sum of the objectives, and the worse of the others. */
static void print_summary(struct json *json, const struct dcpt_law *law)
{
    const struct dcpt_side *const sides[] = {&law->domain, &law->general};
    double objective = 0, r2 = NAN, mape = 0;
    unsigned starts = 0, agreeing = 0;
    for (size_t i = 0; i < 2; i++) {
        const struct dcpt_quality *const fit = &sides[i]->fit;
        if (sides[i]->rows) {
            objective += fit->objective;
            r2 = fmin(r2, fit->r2);
            mape = fmax(mape, fit->mape);
            agreeing = starts == 0 || fit->agreeing < agreeing ? fit->agreeing : agreeing;
            starts = fit->starts;
        }
    }
    json_key_real(json, "objective", objective);
    json_key_real(json, "r2", r2);
    json_key_real(json, "mape", mape);
    json_key_count(json, "starts", starts);
    json_key_count(json, "agreeing", agreeing);
}

static void print_probe(struct json *json, const struct dcpt_law *law)
{
    json_key(json, "probe");
    json_open(json, '{');
    json_key_real(json, "N", law->parameters);
    json_key_real(json, "D", law->tokens);
    json_key(json, "ratio");
    json_open(json, '[');
    json_real(json, law->ratios[0]);
    json_real(json, law->ratios[law->ratio_count - 1]);
    json_close(json, ']');
    json_key(json, "ratios");
    json_open(json, '[');
    for (size_t i = 0; i < law->ratio_count; i++) {
        json_real(json, law->ratios[i]);
    }
    json_close(json, ']');
    json_close(json, '}');
}

/* Every line a string. */
static void print_lines(struct json *json, const char *key, tamis_str lines)
{
    json_key(json, key);
    json_open(json, '[');
    for (tamis_str line; str_next_line(&lines, &line);) {
        json_str(json, line);
    }
    json_close(json, ']');
}

bool dcpt_print(const struct dcpt_law *law, struct buf *out)
{
    struct json json;
    struct buf warnings;
    buf_init(&warnings, BUF_UNLIMITED);
    const bool warned = dcpt_warnings(law, &warnings);
    json_init(&json, out, 2);
    law_file_begin(&json, LAW_NAME, law->name);
    json_key_text(&json, "form", LAW_FORM);
    json_key(&json, "parameters");
    json_open(&json, '{');
    print_curve(&json, "domain", &law->domain);
    print_curve(&json, "general", &law->general);
    json_close(&json, '}');
    print_summary(&json, law);
    json_key(&json, "sides");
    json_open(&json, '{');
    print_quality(&json, "domain", &law->domain);
    print_quality(&json, "general", &law->general);
    json_close(&json, '}');
    print_probe(&json, law);
    json_key_real(&json, "base_loss_general", law->base_loss);
    json_key_count(&json, "rows", law->rows);
    json_key_text(&json, "source", law->source);
    print_lines(&json, "warnings", buf_str(&warnings));
    json_close(&json, '}');
    buf_release(&warnings);
    return warned && !json.failed && buf_add_char(out, '\n');
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

static bool describe_side(const struct dcpt_side *side, const char *name, const char *share, struct buf *out)
{
    const struct dcpt_quality *const fit = &side->fit;
    const struct dcpt_curve *const curve = &side->curve;
    if (!side->rows) {
        return buf_printf(out, "  %-8s not measured\n", name);
    }
    return buf_printf(out, "  %-8s L = %.4f + %.4g / (%s + %.3g)^%.3g   R2 %.4f, error at most %.4f, %u of %u starts "
                      "agree\n", name, curve->e, curve->c, share, curve->eps, curve->gamma, fit->r2, fit->max_error,
                      fit->agreeing, fit->starts);
}

bool dcpt_describe(const struct dcpt_law *law, struct buf *out)
{
    bool fine = buf_printf(out, "law dcpt (" LAW_FORM "): %zu runs, ratios %g to %g", law->rows, law->ratios[0],
                           law->ratios[law->ratio_count - 1]);
    if (!isnan(law->parameters)) {
        fine = fine && buf_printf(out, ", N %g", law->parameters);
    }
    if (!isnan(law->tokens)) {
        fine = fine && buf_printf(out, ", D %g", law->tokens);
    }
    return fine && buf_add_char(out, '\n') && describe_side(&law->domain, "domain", "r", out) &&
           describe_side(&law->general, "general", "1 - r", out);
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static tamis_status load_curve(const struct tree *map, struct dcpt_curve *law, tamis_err *err)
{
    *law = (struct dcpt_curve){.alpha = 1, .beta = 1, .eta = 1};
    tamis_status status = law_file_real(map, "E", false, 0, 1e6, &law->e, err);
    status = status ? status : law_file_real(map, "C", false, 0, 1e6, &law->c, err);
    status = status ? status : law_file_real(map, "eps", false, 1e-9, 1e3, &law->eps, err);
    return status ? status : law_file_real(map, "gamma", false, 1e-9, 10, &law->gamma, err);
}

static tamis_status load_pair(const struct tree *map, const char *key, struct arena *arena, const double **values,
                              size_t *count, tamis_err *err)
{
    struct tree *const list = tree_get(map, key);
    if (!list || list->kind != TREE_LIST || list->count == 0) {
        return tamis_fail(err, TAMIS_INPUT, "%s:%u: `%s` must be a list of numbers from 0 to 1", map->file,
                          list ? list->line : map->line, key);
    }
    double *const numbers = arena_alloc(arena, list->count * sizeof *numbers);
    if (!numbers) {
        return tamis_fail(err, TAMIS_IO, "%s: out of memory for the law", map->file);
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct tree *const item = list->items[i];
        if (item->kind != TREE_SCALAR || !str_real(str_from(item->text), &numbers[i]) || !(numbers[i] >= 0) ||
            !(numbers[i] <= 1) || (i > 0 && numbers[i] < numbers[i - 1])) {
            return tamis_fail(err, TAMIS_INPUT, "%s:%u:%u: `%s` must be numbers from 0 to 1, ascending", map->file,
                              item->line, item->column, key);
        }
    }
    *values = numbers;
    *count = list->count;
    return TAMIS_OK;
}

static tamis_status load_side(const struct tree *root, const char *key, struct arena *arena, struct dcpt_side *side,
                              tamis_err *err)
{
    struct tree *curves = NULL, *curve = NULL, *sides = NULL, *quality = NULL;
    tamis_status status = law_file_map(root, "parameters", false, &curves, err);
    status = status ? status : law_file_map(curves, key, true, &curve, err);
    if (status || !curve) {
        return status;
    }
    const double *ratio = NULL;
    double rows = 0;
    size_t count = 0;
    status = load_curve(curve, &side->curve, err);
    status = status ? status : law_file_map(root, "sides", false, &sides, err);
    status = status ? status : law_file_map(sides, key, false, &quality, err);
    status = status ? status : load_pair(quality, "ratio", arena, &ratio, &count, err);
    status = status ? status : law_file_real(quality, "rows", false, 1, 1e9, &rows, err);
    if (!status) {
        side->lowest_ratio = ratio[0];
        side->highest_ratio = ratio[count - 1];
        side->rows = (size_t)rows;
    }
    return status;
}

static tamis_status load_probe(const struct tree *root, struct arena *arena, struct dcpt_law *law, tamis_err *err)
{
    struct tree *probe = NULL;
    tamis_status status = law_file_map(root, "probe", false, &probe, err);
    status = status ? status : law_file_real(probe, "N", true, 1e-300, 1e300, &law->parameters, err);
    status = status ? status : law_file_real(probe, "D", true, 1e-300, 1e300, &law->tokens, err);
    return status ? status : load_pair(probe, "ratios", arena, &law->ratios, &law->ratio_count, err);
}

static const char *load_text(const struct tree *root, const char *key)
{
    const struct tree *const node = tree_get(root, key);
    return node && node->kind == TREE_SCALAR && !tree_is_null(node) ? node->text : NULL;
}

tamis_status dcpt_parse(const char *path, tamis_str text, struct arena *arena, struct dcpt_law *law, tamis_err *err)
{
    struct tree *root = NULL;
    double rows = 0;
    *law = (struct dcpt_law){.base_loss = NAN};
    tamis_status status = law_file_parse(arena, path, text, LAW_NAME, &root, err);
    status = status ? status : load_side(root, "domain", arena, &law->domain, err);
    status = status ? status : load_side(root, "general", arena, &law->general, err);
    status = status ? status : load_probe(root, arena, law, err);
    status = status ? status : law_file_real(root, "base_loss_general", true, 1e-300, 1e6, &law->base_loss, err);
    status = status ? status : law_file_real(root, "rows", false, 1, 1e9, &rows, err);
    if (!status && !law->domain.rows && !law->general.rows) {
        status = tamis_fail(err, TAMIS_INPUT, "%s: a law without a curve; fit it again", path);
    }
    if (!status) {
        law->rows = (size_t)rows;
        law->name = load_text(root, "name");
        law->source = load_text(root, "source");
    }
    return status;
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
