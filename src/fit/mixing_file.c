/* The exponential mixing law as LAW.json, there and back. */
#include <math.h>

#include "core/str.h"
#include "fit/fitted.h"
#include "fit/law_file.h"
#include "fit/mixing_law.h"

#define LAW_NAME "mixing_exp"

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static void print_losses(const struct mixing_law *law, const struct mixing_quality *quality, struct json *json)
{
    const int indent = json->indent;
    json_key(json, "losses");
    json_open(json, '[');
    for (size_t k = 0; k < law->loss_count; k++) {
        json_open(json, '{');
        json_key_text(json, "loss", law->losses[k]);
        json_key_real(json, "c", law->laws[k].c);
        json_key_real(json, "k", law->laws[k].k);
        json_key(json, "t");
        json_open(json, '[');
        json->indent = 0;
        for (size_t j = 0; j < law->domain_count; j++) {
            json_real(json, law->laws[k].t[j]);
        }
        json_close(json, ']');
        json->indent = indent;
        fitted_print(json, quality->form, &quality->fits[k]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* One number for all losses: the sum of the objectives, and the worst of the others. */
static void print_summary(const struct mixing_law *law, const struct mixing_quality *quality, struct json *json)
{
    double objective = 0, r2 = INFINITY, mape = 0;
    unsigned agreeing = quality->fits[0].agreeing;
    for (size_t k = 0; k < law->loss_count; k++) {
        const struct form_fit *const fit = &quality->fits[k];
        objective += fit->objective;
        r2 = fmin(r2, fit->r2);
        mape = fmax(mape, fit->mape);
        agreeing = fit->agreeing < agreeing ? fit->agreeing : agreeing;
    }
    json_key_real(json, "objective", objective);
    json_key_real(json, "r2", r2);
    json_key_real(json, "mape", mape);
    json_key_count(json, "starts", quality->fits[0].starts);
    json_key_count(json, "agreeing", agreeing);
    json_key(json, "sum");
    json_open(json, '{');
    json_key_real(json, "r2", quality->sum_r2);
    json_key_real(json, "mape", quality->sum_mape);
    json_key_real(json, "max_error", quality->sum_error);
    json_close(json, '}');
}

static void print_probe(const struct mixing_law *law, struct json *json)
{
    const int indent = json->indent;
    json_key(json, "probe");
    json_open(json, '{');
    json_key_real(json, "N", law->parameters);
    json_key_real(json, "D", law->tokens);
    json_key_real(json, "flop", law->probe_flop);
    json_key(json, "shares");
    json_open(json, '[');
    for (size_t j = 0; j < law->domain_count; j++) {
        json_open(json, '[');
        json->indent = 0;
        json_real(json, law->lowest[j]);
        json_real(json, law->highest[j]);
        json_close(json, ']');
        json->indent = indent;
    }
    json_close(json, ']');
    json_close(json, '}');
}

bool mixing_law_print(const struct mixing_law *law, const struct mixing_quality *quality,
                      const struct mixing_rows *rows, tamis_str warnings, struct buf *out)
{
    const struct fitted_replicates replicates = {
        .bootstrap = law->replicate_count > 0 ? (enum fitted_bootstrap)quality->bootstrap : FITTED_NO_BOOTSTRAP,
        .values = law->replicates,
        .columns = mixing_law_numbers(law),
        .count = law->replicate_count,
    };
    struct json json;
    json_init(&json, out, 2);
    law_file_begin(&json, LAW_NAME, law->name);
    json_key_text(&json, "form", "L = c + k exp(sum_j t_j r_j)");
    json_key(&json, "domains");
    json_open(&json, '[');
    for (size_t j = 0; j < law->domain_count; j++) {
        json_text(&json, law->domains[j]);
    }
    json_close(&json, ']');
    print_losses(law, quality, &json);
    print_summary(law, quality, &json);
    fitted_print_replicates(&json, &replicates);
    law_left_out_print(&json, &law->left_out);
    print_probe(law, &json);
    json_key_count(&json, "rows", rows->used);
    json_key_count(&json, "rows_left_out", rows->runs.rows - rows->used);
    json_key_text(&json, "source", law->source);
    fitted_print_warnings(&json, warnings);
    json_close(&json, '}');
    return !json.failed && buf_add_char(out, '\n');
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

static tamis_status no_memory(const struct tree *root, tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "%s: out of memory for the law", root->file);
}

static tamis_status load_list(const struct tree *root, const char *key, size_t fewest, const struct tree **list,
                              tamis_err *err)
{
    *list = tree_get(root, key);
    if (!*list || (*list)->kind != TREE_LIST || (*list)->count < fewest || (*list)->count > MIXING_MOST) {
        return tamis_fail(err, TAMIS_INPUT, "%s:%u: `%s` must be a list of %zu to %d; fit the law again", root->file,
                          *list ? (*list)->line : root->line, key, fewest, MIXING_MOST);
    }
    return TAMIS_OK;
}

static tamis_status load_domains(const struct tree *root, struct arena *arena, struct mixing_law *law, tamis_err *err)
{
    const struct tree *list = NULL;
    const tamis_status status = load_list(root, "domains", 2, &list, err);
    if (status) {
        return status;
    }
    law->domain_count = list->count;
    law->domains = arena_alloc(arena, list->count * sizeof *law->domains);
    if (!law->domains) {
        return no_memory(root, err);
    }
    for (size_t j = 0; j < list->count; j++) {
        if (list->items[j]->kind != TREE_SCALAR) {
            return tamis_fail(err, TAMIS_INPUT, "%s:%u: `domains` must be names", root->file, list->items[j]->line);
        }
        law->domains[j] = list->items[j]->text;
    }
    return TAMIS_OK;
}

static tamis_status load_loss(const struct tree *map, struct mixing_law *law, size_t k, double *t, tamis_err *err)
{
    const struct tree *slopes = NULL;
    struct mixing *const one = &law->laws[k];
    *one = (struct mixing){.t = t, .count = law->domain_count};
    law->losses[k] = fitted_read_text(map, "loss");
    tamis_status status = law_file_real(map, "c", false, 0, 1e6, &one->c, err);
    status = status ? status : law_file_real(map, "k", false, 0, 1e300, &one->k, err);
    status = status ? status : load_list(map, "t", law->domain_count, &slopes, err);
    if (!status && (!law->losses[k] || slopes->count != law->domain_count)) {
        status = tamis_fail(err, TAMIS_INPUT, "%s:%u: a loss needs a name under `loss`, and a `t` for each domain",
                            map->file, map->line);
    }
    for (size_t j = 0; !status && j < law->domain_count; j++) {
        const struct tree *const item = slopes->items[j];
        if (item->kind != TREE_SCALAR || !str_real(str_from(item->text), &t[j]) || !(fabs(t[j]) <= 1e4)) {
            status = tamis_fail(err, TAMIS_INPUT, "%s:%u: `t` must hold numbers", map->file, item->line);
        }
    }
    return status;
}

static tamis_status load_losses(const struct tree *root, struct arena *arena, struct mixing_law *law, tamis_err *err)
{
    const struct tree *list = NULL;
    tamis_status status = load_list(root, "losses", 1, &list, err);
    if (status) {
        return status;
    }
    law->loss_count = list->count;
    law->laws = arena_alloc(arena, list->count * sizeof *law->laws);
    law->losses = arena_alloc(arena, list->count * sizeof *law->losses);
    double *const t = arena_alloc(arena, list->count * law->domain_count * sizeof *t);
    if (!law->laws || !law->losses || !t) {
        return no_memory(root, err);
    }
    for (size_t k = 0; !status && k < list->count; k++) {
        if (list->items[k]->kind != TREE_MAP) {
            return tamis_fail(err, TAMIS_INPUT, "%s:%u: `losses` must be objects", root->file, list->items[k]->line);
        }
        status = load_loss(list->items[k], law, k, t + k * law->domain_count, err);
    }
    return status;
}

static tamis_status load_probe(const struct tree *root, struct arena *arena, struct mixing_law *law, tamis_err *err)
{
    struct tree *probe = NULL;
    const double *ranges = NULL;
    size_t count = 0;
    tamis_status status = law_file_map(root, "probe", false, &probe, err);
    status = status ? status : law_file_real(probe, "N", true, 1e-300, 1e300, &law->parameters, err);
    status = status ? status : law_file_real(probe, "D", true, 1e-300, 1e300, &law->tokens, err);
    status = status ? status : law_file_real(probe, "flop", true, 0, 1e300, &law->probe_flop, err);
    status = status ? status : fitted_read_table(probe, "shares", 2, arena, &ranges, &count, err);
    if (status) {
        return status;
    }
    law->lowest = arena_alloc(arena, law->domain_count * sizeof *law->lowest);
    law->highest = arena_alloc(arena, law->domain_count * sizeof *law->highest);
    if (!law->lowest || !law->highest) {
        return no_memory(root, err);
    }
    for (size_t j = 0; j < law->domain_count && count == law->domain_count; j++) {
        law->lowest[j] = ranges[2 * j];
        law->highest[j] = ranges[2 * j + 1];
        count = law->lowest[j] >= 0 && law->lowest[j] <= law->highest[j] && law->highest[j] <= 1 ? count : 0;
    }
    return count == law->domain_count
               ? TAMIS_OK
               : tamis_fail(err, TAMIS_INPUT, "%s:%u: `shares` must hold the lowest and highest share of each domain, "
                            "from 0 to 1", root->file, probe->line);
}

tamis_status mixing_law_parse(const char *path, tamis_str text, struct arena *arena, struct mixing_law *law,
                              tamis_err *err)
{
    struct tree *root = NULL;
    double rows = 0;
    *law = (struct mixing_law){0};
    tamis_status status = law_file_parse(arena, path, text, LAW_NAME, &root, err);
    status = status ? status : load_domains(root, arena, law, err);
    status = status ? status : load_losses(root, arena, law, err);
    status = status ? status : load_probe(root, arena, law, err);
    status = status ? status : fitted_read_table(root, "replicates", mixing_law_numbers(law), arena, &law->replicates,
                                                 &law->replicate_count, err);
    status = status ? status : law_left_out_read(root, mixing_law_numbers(law), arena, &law->left_out, err);
    status = status ? status : law_file_real(root, "rows", false, 1, 1e9, &rows, err);
    if (!status) {
        law->rows = (size_t)rows;
        law->name = fitted_read_text(root, "name");
        law->source = fitted_read_text(root, "source");
    }
    return status;
}
