/*
 * The report for a terminal, made from report.json alone, so that it can be shown wherever the file has gone. Keys that
 * are missing read as zero; a report of a newer version is refused.
 */
#include <math.h>
#include <stdio.h>

#include "report/page.h"
#include "report/report.h"

#define RATIO_MISSED 0.01 /* share of tokens that is worth a warning */

#define ROWS_SHOWN 50      /* of domains and sources */
#define SOURCES_NAMED 5

#define WIDTH_USUAL 100u
#define WIDTH_LEAST 76u /* what the table of domains needs with the shortest names */

static void put_head(struct page *p)
{
    struct buf line;
    buf_init(&line, BUF_UNLIMITED);
    page_put(p, buf_printf(&line, "tamis %s: %s", text_of(p->root, "tamis"), text_of(p->root, "command")) &&
               print_wrapped(p->out, line.at, 2, p->width));
    buf_release(&line);
}

/* ---- Totals ----------------------------------------------------------------------------------------------------- */

struct total {
    uint64_t documents, bytes, tokens;
};

static struct total total_of(const struct tree *map)
{
    return (struct total){count_of(map, "documents"), count_of(map, "bytes"), count_of(map, "tokens")};
}

static struct total sum_of(const struct tree *list)
{
    struct total sum = {0};
    for (size_t i = 0; i < length_of(list); i++) {
        const struct total one = total_of(list->items[i]);
        sum.documents += one.documents;
        sum.bytes += one.bytes;
        sum.tokens += one.tokens;
    }
    return sum;
}

static void add_total(struct grid *g, const char *name, struct total total, struct total of)
{
    grid_text(g, name);
    grid_count(g, total.documents);
    grid_bytes(g, total.bytes);
    grid_count(g, total.tokens);
    grid_share(g, total.bytes, of.bytes);
}

static void put_totals(struct page *p)
{
    static const char *const heads[] = {"", "documents", "bytes", "tokens", "of bytes", NULL};
    static const struct {
        const char *name, *key;
    } rows[] = {{"emitted", "emitted"}, {"surplus", "surplus"}, {"held out", "held_out"}};
    const struct total all = total_of(map_of(p->root, "input"));
    struct grid g;
    grid_init(&g, "lrrrr");
    page_heads(&g, heads);
    add_total(&g, "input", all, all);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        add_total(&g, rows[i].name, total_of(map_of(p->root, rows[i].key)), all);
    }
    add_total(&g, "dropped", sum_of(map_of(p->root, "dropped")), all);
    add_total(&g, "rejects", sum_of(map_of(p->root, "rejects")), all);
    page_put(p, buf_add_char(p->out, '\n'));
    page_grid(p, &g);
    page_put(p, buf_printf(p->out, "  conserved  %s\n", is_true(p->root, "conserved") ? "yes" : "NO"));
}

/* ---- Rules ------------------------------------------------------------------------------------------------------ */

static void add_rule(struct grid *g, const char *stage, const char *rule, struct total total, struct total all)
{
    grid_text(g, stage);
    grid_text(g, rule);
    grid_count(g, total.documents);
    grid_bytes(g, total.bytes);
    grid_count(g, total.tokens);
    grid_share(g, total.documents, all.documents);
}

static void put_rules(struct page *p)
{
    static const char *const heads[] = {"stage", "rule", "documents", "bytes", "tokens", "of documents", NULL};
    const struct tree *const rejects = map_of(p->root, "rejects"), *const dropped = map_of(p->root, "dropped");
    const struct total all = total_of(map_of(p->root, "input"));
    if (length_of(rejects) + length_of(dropped) == 0) {
        page_title(p, "nothing was dropped");
        return;
    }
    struct grid g;
    grid_init(&g, "llrrrr");
    page_heads(&g, heads);
    for (size_t i = 0; i < length_of(rejects); i++) {
        add_rule(&g, "parse", text_of(rejects->items[i], "reason"), total_of(rejects->items[i]), all);
    }
    for (size_t i = 0; i < length_of(dropped); i++) {
        const struct tree *const one = dropped->items[i];
        add_rule(&g, text_of(one, "stage"), text_of(one, "rule"), total_of(one), all);
    }
    page_title(p, "by stage and rule");
    page_grid(p, &g);
}

/* ---- Domains ---------------------------------------------------------------------------------------------------- */

/* A row for each domain, or each source: `name` is the key of its name. */
static void put_fates(struct page *p, const struct tree *list, const char *name, const char *title, const char *unit)
{
    static const char *const heads[] = {"input", "dropped", "rejects", "held out", "emitted", "surplus", "kept", NULL};
    static const char *const keys[] = {"input", "dropped", "rejects", "held_out", "emitted", "surplus"};
    struct grid g;
    grid_init(&g, "lrrrrrrr");
    grid_text(&g, name);
    page_heads(&g, heads);
    for (size_t i = 0; i < length_of(list) && i < ROWS_SHOWN; i++) {
        const struct tree *const one = list->items[i];
        grid_text(&g, text_of(one, name));
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            grid_count(&g, count_of(map_of(one, keys[k]), unit));
        }
        grid_share(&g, count_of(map_of(one, "emitted"), unit) + count_of(map_of(one, "surplus"), unit),
                   count_of(map_of(one, "input"), unit));
    }
    page_title(p, title);
    page_grid(p, &g);
    if (length_of(list) > ROWS_SHOWN) {
        page_put(p, buf_printf(p->out, "  .. and %zu more: report.json\n", length_of(list) - ROWS_SHOWN));
    }
}

static void put_domains(struct page *p)
{
    const struct tree *const domains = map_of(p->root, "domains"), *const sources = map_of(p->root, "sources");
    const bool estimated = is_true(p->root, "tokens_estimated");
    put_fates(p, domains, "domain", "documents by domain", "documents");
    put_fates(p, domains, "domain", estimated ? "tokens by domain (estimated)" : "tokens by domain", "tokens");
    if (length_of(sources) > 1) {
        put_fates(p, sources, "source", "documents by source", "documents");
    }
}

/* ---- Targets ---------------------------------------------------------------------------------------------------- */

/* "0.5" of a share of one; "-" when it is not known. */
static bool add_ratio(struct buf *line, double ratio)
{
    return isnan(ratio) ? buf_add_char(line, '-') : buf_printf(line, "%.6g", ratio);
}

static bool describe_target(struct buf *line, const struct tree *target)
{
    const double wanted = real_of(target, "ratio_wanted");
    bool fine = buf_printf(line, "target %s: ratio of %s ", text_of(target, "name"), text_of(target, "domain")) &&
                add_ratio(line, real_of(target, "ratio"));
    if (fine && isnan(wanted)) {
        fine = buf_printf(line, " (as the pools are), ");
    } else if (fine) {
        fine = buf_printf(line, " (wanted ") && add_ratio(line, wanted) && buf_printf(line, "), ");
    }
    return fine && print_count(line, count_of(target, "tokens_written")) && buf_printf(line, " tokens (wanted ") &&
           print_count(line, count_of(target, "tokens_wanted")) && buf_printf(line, "), ") &&
           print_count(line, count_of(target, "documents_written")) && buf_printf(line, " documents, ") &&
           print_bytes(line, count_of(target, "bytes_written")) && buf_printf(line, " in ") &&
           print_count(line, count_of(target, "shards")) &&
           buf_printf(line, " shard%s", count_of(target, "shards") == 1 ? "" : "s");
}

/* Documents are never split, so a small target may miss its ratio: that must not pass unsaid. */
static void put_missed(struct page *p, const struct tree *target)
{
    const double wanted = real_of(target, "ratio_wanted"), ratio = real_of(target, "ratio");
    char text[200];
    if (!isnan(wanted) && (isnan(ratio) || ratio < wanted - RATIO_MISSED || ratio > wanted + RATIO_MISSED)) {
        snprintf(text, sizeof text, "! the ratio is missed: documents are not split, and they are large beside the "
                 "%llu tokens wanted", (unsigned long long)count_of(target, "tokens_wanted"));
        page_put(p, print_wrapped(p->out, text, 2, p->width));
    }
}

static void put_target(struct page *p, const struct tree *target)
{
    static const char *const heads[] = {"domain", "wanted", "share", "tokens", "documents", "epochs", NULL};
    const struct tree *const mixture = map_of(target, "mixture");
    struct buf line;
    struct grid g;
    buf_init(&line, BUF_UNLIMITED);
    page_put(p, buf_add_char(p->out, '\n') && describe_target(&line, target) &&
               print_wrapped(p->out, line.at, 2, p->width));
    buf_release(&line);
    page_law(p, target);
    put_missed(p, target);
    grid_init(&g, "lrrrrr");
    page_heads(&g, heads);
    for (size_t i = 0; i < length_of(mixture); i++) {
        const struct tree *const one = mixture->items[i];
        if (count_of(one, "documents") == 0 && !(real_of(one, "wanted") > 0)) {
            continue;
        }
        grid_text(&g, text_of(one, "domain"));
        grid_real(&g, real_of(one, "wanted"));
        grid_real(&g, real_of(one, "share"));
        grid_count(&g, count_of(one, "tokens"));
        grid_count(&g, count_of(one, "documents"));
        grid_real(&g, real_of(one, "epochs"));
    }
    page_grid(p, &g);
}

/* ---- Warnings --------------------------------------------------------------------------------------------------- */

static void put_warning(struct page *p, bool when, const char *text)
{
    if (when) {
        page_warning(p, text);
    }
}

bool report_say_damage(struct buf *out, const char *file, uint64_t offset, uint64_t stretches, bool cut)
{
    const unsigned long long at = (unsigned long long)offset, places = (unsigned long long)stretches;
    const bool fine = buf_printf(out, "%s: the stream breaks at byte %llu (decompressed)", file, at) &&
                      (stretches < 2 || buf_printf(out, ", the first of %llu places", places));
    return fine && buf_printf(out, "%s",
                              cut ? ": what follows in it was NOT read, and how much that is cannot be known"
                                  : ": a stretch of it is lost, what follows was read");
}

static void put_damaged(struct page *p)
{
    const struct tree *const damaged = map_of(p->root, "damaged");
    const uint64_t files = count_of(p->root, "damaged_files"), named = length_of(damaged);
    struct buf line;
    buf_init(&line, BUF_UNLIMITED);
    for (size_t i = 0; i < named; i++) {
        const struct tree *const one = damaged->items[i];
        buf_clear(&line);
        page_put(p, report_say_damage(&line, text_of(one, "file"), count_of(one, "offset"),
                                      count_of(one, "stretches"), is_true(one, "cut")) &&
                        buf_printf(&line, "; get the file again"));
        put_warning(p, line.len > 0, line.at);
    }
    buf_clear(&line);
    page_put(p, buf_printf(&line, "%llu more inputs are damaged: rejects.jsonl* names them (damaged_stream)",
                           (unsigned long long)(files - named)));
    put_warning(p, files > named, line.at);
    buf_release(&line);
}

/* Where some sources state their tokens, budgets and ratios add what was counted to what was not. */
static void put_estimated(struct page *p)
{
    const struct tree *const sources = map_of(p->root, "sources");
    const struct tree *const input = map_of(p->root, "input");
    uint64_t documents = 0, named = 0;
    struct buf names, line;
    buf_init(&names, BUF_UNLIMITED);
    buf_init(&line, BUF_UNLIMITED);
    for (size_t i = 0; i < length_of(sources); i++) {
        const uint64_t some = count_of(sources->items[i], "estimated");
        documents += some;
        named += some > 0;
        page_put(p, !some || named > SOURCES_NAMED + 1 ||
                        (named > SOURCES_NAMED ? buf_printf(&names, " ..")
                                               : buf_printf(&names, "%s%s", named > 1 ? ", " : "",
                                                            text_of(sources->items[i], "source"))));
    }
    const bool mixed = documents > 0 && documents + count_of(input, "rejects") < count_of(input, "documents");
    page_put(p, mixed ? buf_printf(&line, "tokens of ") && print_count(&line, documents) &&
                            buf_printf(&line, " documents (sources: %s) are estimated from the length of the text, "
                                       "those of the others are counted: budgets and ratios add the two", names.at)
                      : buf_printf(&line, "tokens are estimated from the length of the text: so are all budgets and "
                                   "ratios"));
    put_warning(p, line.len > 0, line.at);
    buf_release(&names);
    buf_release(&line);
}

static void put_warnings(struct page *p)
{
    const struct tree *const said = map_of(p->root, "warnings");
    const struct tree *const duplicates = map_of(p->root, "duplicates");
    const uint64_t rejects = sum_of(map_of(p->root, "rejects")).documents;
    const uint64_t capped = count_of(duplicates, "capped_pairs");
    const uint64_t repeated = count_of(duplicates, "repeated_ids");
    const bool estimated = is_true(p->root, "tokens_estimated"), unverified = is_true(duplicates, "unverified");
    const bool lost = !is_true(p->root, "conserved");
    char text[300];
    if (lost || estimated || unverified || rejects || capped || repeated || length_of(said)) {
        page_put(p, buf_add_char(p->out, '\n'));
    }
    put_warning(p, lost, "NOT CONSERVED: what was read and what was written do not add up; please report this with "
                         "report.json");
    put_damaged(p);
    if (estimated) {
        put_estimated(p);
    }
    put_warning(p, unverified, "near-duplicates were not verified (verify: none): some dropped documents may be "
                               "unlike their keepers");
    snprintf(text, sizeof text, "%llu records could not be read as documents: see rejects.jsonl* in the run folder",
             (unsigned long long)rejects);
    put_warning(p, rejects > 0, text);
    snprintf(text, sizeof text, "%llu pairs of possible near-duplicates were not compared, because so many documents "
             "look alike, so that a few duplicates may stay; more `rows` in a band, or a filter for the text they "
             "share, leaves fewer", (unsigned long long)capped);
    put_warning(p, capped > 0, text);
    snprintf(text, sizeof text, "%llu documents repeat the id of another; they were kept apart, but explain and draws "
             "go by id", (unsigned long long)repeated);
    put_warning(p, repeated > 0, text);
    for (size_t i = 0; i < length_of(said); i++) {
        put_warning(p, said->items[i]->kind == TREE_SCALAR, said->items[i]->text);
    }
}

/* ---- The page --------------------------------------------------------------------------------------------------- */

static void put_costs(struct page *p)
{
    struct buf line;
    const uint64_t processes = count_of(p->root, "processes");
    buf_init(&line, BUF_UNLIMITED);
    page_put(p, buf_printf(&line, "%.1f s, %.1f s of processor time, ", real_of(p->root, "wall_seconds"),
                      real_of(p->root, "cpu_seconds")) &&
               print_bytes(&line, count_of(p->root, "peak_rss_bytes")) && buf_printf(&line, " of memory at most") &&
               (processes < 2 || buf_printf(&line, ", in %llu processes", (unsigned long long)processes)) &&
               buf_add_char(p->out, '\n') && print_wrapped(p->out, line.at, 2, p->width));
    buf_release(&line);
}

static void put_page(struct page *p)
{
    const struct tree *const targets = map_of(p->root, "targets");
    put_head(p);
    put_totals(p);
    put_rules(p);
    put_domains(p);
    page_choice(p);
    for (size_t i = 0; i < length_of(targets); i++) {
        put_target(p, targets->items[i]);
    }
    put_costs(p);
    put_warnings(p);
}

static tamis_status check_version(const struct tree *root, tamis_err *err)
{
    const uint64_t version = count_of(root, "version");
    if (version == 0) {
        return tamis_fail(err, TAMIS_INPUT, "report.json: is no report of tamis (it has no version)");
    }
    return version <= REPORT_VERSION
               ? TAMIS_OK
               : tamis_fail(err, TAMIS_INPUT, "report.json: is of version %llu and this tamis reads up to %d; use a "
                            "newer one, or read the file with --json", (unsigned long long)version, REPORT_VERSION);
}

static tamis_status parse(struct arena *arena, tamis_str json, struct tree **root, tamis_err *err)
{
    tamis_err why = {0};
    if (json.len > TREE_MAX_BYTES) {
        return tamis_fail(err, TAMIS_INPUT, "report.json: has %zu bytes, too many for a table; read it with --json",
                          json.len);
    }
    const tamis_status status = tree_parse(arena, "report.json", json, root, &why);
    return status ? tamis_fail(err, status == TAMIS_USAGE ? TAMIS_INPUT : status, "%s", why.text)
                  : check_version(*root, err);
}

tamis_status report_table(tamis_str json, unsigned width, struct buf *text, tamis_err *err)
{
    struct arena arena;
    struct tree *root = NULL;
    arena_init(&arena);
    tamis_status status = parse(&arena, json, &root, err);
    if (!status) {
        const unsigned usual = width ? width : WIDTH_USUAL;
        struct page p = {.root = root, .out = text, .width = usual > WIDTH_LEAST ? usual : WIDTH_LEAST};
        put_page(&p);
        status = p.failed ? tamis_fail(err, TAMIS_IO, "out of memory for the report's table") : TAMIS_OK;
    }
    arena_release(&arena);
    return status;
}
