/* The CMR law as LAW.json, there and back. */
#include "fit/cmr_file.h"

#include <math.h>

#include "core/str.h"
#include "fit/fitted.h"
#include "fit/law_file.h"

#define LAW_NAME "cmr"

const char *cmr_verdict_name(enum cmr_verdict verdict)
{
    static const char *const names[] = {"critical", "every share keeps the tolerance", "no feasible share",
                                        "the domain's loss does not fall"};
    return names[verdict];
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static void print_curve(struct json *json, const char *key, const struct cmr_curve *curve)
{
    json_key(json, key);
    if (curve->terms == 0) {
        json_null(json);
        return;
    }
    const int indent = json->indent;
    json_open(json, '{');
    json_key(json, "powers");
    json_open(json, '[');
    for (size_t i = 0; i < curve->terms; i++) {
        json_open(json, '[');
        json->indent = 0;
        json_real(json, curve->a[i]);
        json_real(json, curve->s[i]);
        json_close(json, ']');
        json->indent = indent;
    }
    json_close(json, ']');
    json_key_real(json, "b", curve->b);
    json_key_real(json, "max_error", curve->max_error);
    json_close(json, '}');
}

static void print_ratios(struct json *json, const struct cmr_law *law)
{
    json_key(json, "ratios");
    json_open(json, '[');
    for (size_t i = 0; i < law->ratio_count; i++) {
        const struct cmr_ratio *const ratio = &law->ratios[i];
        json_open(json, '{');
        json_key_real(json, "ratio", ratio->ratio);
        json_key_count(json, "rows", ratio->rows);
        json_key_range(json, "T", ratio->first, ratio->last);
        print_curve(json, "general", &ratio->general);
        print_curve(json, "domain", &ratio->domain);
        json_key_real(json, "peak", ratio->peak);
        json_key_real(json, "peak_T", ratio->peak_t);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_power(struct json *json, const struct cmr_result *result)
{
    json_key(json, "parameters");
    if (isnan(result->power.a)) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_key_real(json, "a", result->power.a);
    json_key_real(json, "s", result->power.s);
    json_key_real(json, "b", result->power.b);
    json_key_real(json, "max_error", result->power_error);
    json_key_count(json, "points", result->points);
    json_close(json, '}');
}

static void print_left_out(struct json *json, const struct cmr_law *law, const struct cmr_result *result)
{
    json_key(json, "leave_one_out");
    json_open(json, '[');
    for (size_t i = 0; result->left_out && i < law->ratio_count; i++) {
        json_open(json, '{');
        json_key_real(json, "ratio", law->ratios[i].ratio);
        json_key_real(json, "critical", result->without[i].ratio);
        json_key_text(json, "verdict", cmr_verdict_name(result->without[i].verdict));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_probe(struct json *json, const struct cmr_law *law, const struct cmr_result *result)
{
    json_key(json, "probe");
    json_open(json, '{');
    json_key_real(json, "N", law->parameters);
    json_key_range(json, "T", result->first, result->last);
    json_key_range(json, "ratio", law->ratios[0].ratio, law->ratios[law->ratio_count - 1].ratio);
    json_key_real(json, "flop", law->probe_flop);
    json_close(json, '}');
}

bool cmr_law_print(const struct cmr_law *law, const struct cmr_result *result, const struct runs *runs,
                   tamis_str warnings, struct buf *out)
{
    struct json json;
    json_init(&json, out, 2);
    law_file_begin(&json, LAW_NAME, law->name);
    json_key_text(&json, "form", "R = a T^s + b; changes of loss: sum of a_i T^s_i, plus b");
    json_key_text(&json, "unit", law->steps ? "steps" : "tokens");
    json_key_real(&json, "T_unit", cmr_unit(law));
    json_key_real(&json, "tolerance", result->tolerance);
    print_power(&json, result);
    json_key_real(&json, "critical", result->at_last.ratio);
    json_key_text(&json, "verdict", cmr_verdict_name(result->at_last.verdict));
    print_left_out(&json, law, result);
    print_ratios(&json, law);
    json_key_real(&json, "base_loss_general", law->base_general);
    json_key_real(&json, "base_loss_domain", law->base_domain);
    print_probe(&json, law, result);
    json_key_count(&json, "rows", law->rows);
    runs_print_warm_up(runs, &json);
    json_key_text(&json, "source", law->source);
    fitted_print_warnings(&json, warnings);
    json_close(&json, '}');
    return !json.failed && buf_add_char(out, '\n');
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static tamis_status load_curve(const struct tree *map, const char *key, struct arena *arena, struct cmr_curve *curve,
                               tamis_err *err)
{
    struct tree *node = NULL;
    const double *powers = NULL;
    size_t terms = 0;
    *curve = (struct cmr_curve){0};
    tamis_status status = law_file_map(map, key, true, &node, err);
    if (status || !node) {
        return status;
    }
    status = fitted_read_table(node, "powers", 2, arena, &powers, &terms, err);
    status = status ? status : law_file_real(node, "b", false, -1e12, 1e12, &curve->b, err);
    status = status ? status : law_file_real(node, "max_error", false, 0, 1e12, &curve->max_error, err);
    if (!status && (terms == 0 || terms > CMR_TERMS)) {
        status = tamis_fail(err, TAMIS_INPUT, "%s:%u: `powers` must hold 1 to %d pairs", map->file, node->line,
                            CMR_TERMS);
    }
    for (size_t i = 0; !status && i < terms; i++) {
        curve->a[i] = powers[2 * i];
        curve->s[i] = powers[2 * i + 1];
    }
    curve->terms = status ? 0 : terms;
    return status;
}

static tamis_status load_ratio(const struct tree *map, struct arena *arena, struct cmr_law *law, tamis_err *err)
{
    struct cmr_ratio *const ratio = &law->ratios[law->ratio_count++];
    double rows = 0;
    tamis_status status = law_file_real(map, "ratio", false, 0, 1, &ratio->ratio, err);
    status = status ? status : law_file_real(map, "rows", false, 1, 1e9, &rows, err);
    status = status ? status : fitted_read_range(map, "T", false, &ratio->first, &ratio->last, err);
    status = status ? status : load_curve(map, "general", arena, &ratio->general, err);
    status = status ? status : load_curve(map, "domain", arena, &ratio->domain, err);
    status = status ? status : law_file_real(map, "peak", false, 0, 1e6, &ratio->peak, err);
    status = status ? status : law_file_real(map, "peak_T", true, 0, 1e300, &ratio->peak_t, err);
    const bool ascending = law->ratio_count < 2 || ratio->ratio > law->ratios[law->ratio_count - 2].ratio;
    if (!status && (!ratio->general.terms || !(ratio->first > 0) || !ascending)) {
        status = tamis_fail(err, TAMIS_INPUT, "%s:%u: `ratios` must ascend, each with a `general` curve over T > 0",
                            map->file, map->line);
    }
    ratio->rows = status ? 0 : (size_t)rows;
    return status;
}

static tamis_status load_ratios(const struct tree *root, struct arena *arena, struct cmr_law *law, tamis_err *err)
{
    const struct tree *const list = tree_get(root, "ratios");
    tamis_status status = TAMIS_OK;
    if (!list || list->kind != TREE_LIST || list->count < 2 || list->count > CMR_RATIOS) {
        return tamis_fail(err, TAMIS_INPUT, "%s:%u: `ratios` must be a list of 2 to %d; fit the law again", root->file,
                          list ? list->line : root->line, CMR_RATIOS);
    }
    for (size_t i = 0; !status && i < list->count; i++) {
        status = list->items[i]->kind == TREE_MAP
                     ? load_ratio(list->items[i], arena, law, err)
                     : tamis_fail(err, TAMIS_INPUT, "%s:%u: `ratios` must be objects", root->file,
                                  list->items[i]->line);
    }
    return status;
}

tamis_status cmr_law_parse(const char *path, tamis_str text, struct arena *arena, struct cmr_law *law, tamis_err *err)
{
    struct tree *root = NULL, *probe = NULL;
    double rows = 0;
    *law = (struct cmr_law){0};
    tamis_status status = law_file_parse(arena, path, text, LAW_NAME, &root, err);
    status = status ? status : load_ratios(root, arena, law, err);
    status = status ? status : law_file_real(root, "base_loss_general", true, 0, 1e6, &law->base_general, err);
    status = status ? status : law_file_real(root, "base_loss_domain", true, 0, 1e6, &law->base_domain, err);
    status = status ? status : law_file_map(root, "probe", false, &probe, err);
    status = status ? status : law_file_real(probe, "N", true, 1e-300, 1e300, &law->parameters, err);
    status = status ? status : law_file_real(probe, "flop", true, 0, 1e300, &law->probe_flop, err);
    status = status ? status : law_file_real(root, "rows", false, 1, 1e9, &rows, err);
    if (!status) {
        const char *const unit = fitted_read_text(root, "unit");
        law->steps = unit && str_is(str_from(unit), "steps");
        law->rows = (size_t)rows;
        law->name = fitted_read_text(root, "name");
        law->source = fitted_read_text(root, "source");
    }
    return status;
}
