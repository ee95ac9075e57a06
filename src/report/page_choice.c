/* The page's sections about what was chosen: scores, selection, needs, laws. A run without scores and laws has none. */
#include <math.h>
#include <string.h>

#include "core/str.h"
#include "report/page.h"

/* ---- Scores ----------------------------------------------------------------------------------------------------- */

static bool describe_scores(struct buf *line, const struct tree *scores)
{
    const char *const options = text_of(scores, "options");
    bool fine = buf_printf(line, "scores: %s%s%s%s", text_of(scores, "scorer"), *options ? " (" : "", options,
                           *options ? ")" : "");
    if (fine && is_there(scores, "trajectories")) {
        fine = buf_printf(line, ", losses of %s at ", text_of(scores, "trajectories")) &&
               print_count(line, count_of(scores, "checkpoints")) && buf_printf(line, " checkpoints");
    }
    return fine && buf_printf(line, ": ") && print_count(line, count_of(scores, "scored")) &&
           buf_printf(line, " of ") && print_count(line, count_of(scores, "eligible")) &&
           buf_printf(line, " documents have one");
}

static void put_correlations(struct page *p, const struct tree *scores)
{
    static const char *const heads[] = {"domain",      "documents", "length",
                                        "compression", "mean loss", "final loss", NULL};
    static const char *const keys[] = {"length", "compression", "mean_loss", "final_loss"};
    const struct tree *const list = map_of(scores, "correlations");
    struct grid g;
    if (length_of(list) == 0) {
        return;
    }
    grid_init(&g, "lrrrrr");
    page_heads(&g, heads);
    /* One domain is the whole corpus: it is not shown twice. */
    for (size_t i = list->count == 2; i < list->count; i++) {
        grid_text(&g, is_there(list->items[i], "domain") ? text_of(list->items[i], "domain") : "(all)");
        grid_count(&g, count_of(list->items[i], "documents"));
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            grid_real(&g, round(1000 * real_of(list->items[i], keys[k])) / 1000);
        }
    }
    page_title(p, is_true(scores, "sampled") ? "rank correlation of the score with (on a sample)"
                                             : "rank correlation of the score with");
    page_grid(p, &g);
}

static void put_scores(struct page *p)
{
    const struct tree *const scores = map_of(p->root, "scores");
    struct buf line;
    if (!is_there(p->root, "scores")) {
        return;
    }
    buf_init(&line, BUF_UNLIMITED);
    page_put(p, buf_add_char(p->out, '\n') && describe_scores(&line, scores) &&
                    print_wrapped(p->out, line.at, 2, p->width));
    buf_release(&line);
    put_correlations(p, scores);
}

/* ---- Selection -------------------------------------------------------------------------------------------------- */

static void add_selection(struct grid *g, const struct tree *one)
{
    grid_text(g, text_of(one, "domain"));
    grid_text(g, text_of(one, "policy"));
    grid_real(g, real_of(one, "keep_wanted"));
    grid_real(g, round(10000 * real_of(one, "keep")) / 10000);
    grid_count(g, count_of(map_of(one, "scored"), "documents"));
    grid_count(g, count_of(map_of(one, "unscored"), "documents"));
    grid_count(g, count_of(map_of(one, "pruned"), "documents"));
    grid_real(g, real_of(one, "threshold"));
}

static void put_held(struct page *p, const struct tree *one)
{
    struct buf line;
    buf_init(&line, BUF_UNLIMITED);
    page_put(p, buf_printf(&line, "%s: less was pruned than asked, because a target needs ", text_of(one, "domain")) &&
                    print_count(&line, count_of(one, "needed_tokens")) &&
                    buf_printf(&line, " tokens of it (`prune_scarce: true` beside `keep` insists)") &&
                    print_wrapped(p->out, line.at, 2, p->width));
    buf_release(&line);
}

/* What a user would ask first: could it have been had for less? */
static void put_nearest(struct page *p, const struct tree *one)
{
    const struct tree *const nearest = map_of(one, "simplest");
    struct buf line;
    if (!is_there(one, "simplest")) {
        return;
    }
    buf_init(&line, BUF_UNLIMITED);
    page_put(p, buf_printf(&line, "%s: the %s %s would keep %.0f %% of the same tokens (as many by lot: %.0f %%)",
                           text_of(one, "domain"), text_of(nearest, "side"), text_of(nearest, "score"),
                           100 * real_of(nearest, "overlap"), 100 * real_of(nearest, "chance")) &&
                    print_wrapped(p->out, line.at, 2, p->width));
    buf_release(&line);
}

static void put_selection(struct page *p)
{
    static const char *const heads[] = {"domain",   "policy", "keep",  "kept", "scored",
                                        "unscored", "pruned", "cut at", NULL};
    const struct tree *const list = map_of(p->root, "selection");
    struct grid g;
    if (length_of(list) == 0) {
        return;
    }
    grid_init(&g, "llrrrrrr");
    page_heads(&g, heads);
    for (size_t i = 0; i < list->count; i++) {
        add_selection(&g, list->items[i]);
    }
    page_title(p, "selection (documents; keep and kept are shares of tokens)");
    page_grid(p, &g);
    for (size_t i = 0; i < list->count; i++) {
        put_nearest(p, list->items[i]);
        if (is_true(list->items[i], "held_by_need")) {
            put_held(p, list->items[i]);
        }
    }
}

/* ---- Needs ------------------------------------------------------------------------------------------------------ */

static void put_needs(struct page *p)
{
    static const char *const heads[] = {"domain", "survived", "needed",   "pruned",
                                        "drawn",  "surplus",  "repeated", NULL};
    static const char *const keys[] = {"pool_tokens",  "largest_need_tokens", "pruned_tokens",
                                       "drawn_tokens", "surplus_tokens",      "repeated_tokens"};
    const struct tree *const list = map_of(p->root, "needs");
    struct grid g;
    if (length_of(list) == 0) {
        return;
    }
    grid_init(&g, "lrrrrrr");
    page_heads(&g, heads);
    for (size_t i = 0; i < list->count; i++) {
        grid_text(&g, text_of(list->items[i], "domain"));
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            grid_count(&g, count_of(list->items[i], keys[k]));
        }
    }
    page_title(p, "what the targets need of each domain (tokens)");
    page_grid(p, &g);
}

/* ---- Laws ------------------------------------------------------------------------------------------------------- */

static const char *name_of_path(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* "difference=0.05": the one key that is no choice of what it is held against. */
static bool add_budget(struct buf *line, const struct tree *budget)
{
    for (size_t i = 0; budget && budget->kind == TREE_MAP && i < budget->count; i++) {
        if (strcmp(budget->keys[i], "against") != 0) {
            return buf_printf(line, "%s=%s", budget->keys[i], text_of(budget, budget->keys[i]));
        }
    }
    return true;
}

static bool add_loss(struct buf *line, const char *words, double loss)
{
    return isnan(loss) || buf_printf(line, "%s%.4g", words, loss);
}

/* "WORDS 0.5 to 0.6"; nothing where there is no range of numbers. */
static bool add_range(struct buf *line, const char *words, const struct tree *range)
{
    double ends[2] = {NAN, NAN};
    for (size_t i = 0; i < 2 && length_of(range) == 2; i++) {
        const struct tree *const end = range->items[i];
        if (end->kind != TREE_SCALAR || !str_real(str_from(end->text), &ends[i])) {
            return true;
        }
    }
    return isnan(ends[0]) || buf_printf(line, "%s%.4g to %.4g", words, ends[0], ends[1]);
}

static bool add_certainty(struct buf *line, const struct tree *target)
{
    const struct tree *const transfer = map_of(target, "transfer");
    return add_range(line, "; 95 % interval of the ratio ", map_of(target, "interval")) &&
           add_range(line, "; for a model of this size unverified, ", map_of(transfer, "band")) &&
           (!is_there(target, "measure_more") || buf_printf(line, "; measure more"));
}

static bool describe_law(struct buf *line, const struct tree *target)
{
    const double before = real_of(target, "loss_replay_only"), general = real_of(target, "loss_general");
    return buf_printf(line, "%s: ratio %.4g by budget ", text_of(target, "name"), real_of(target, "ratio_wanted")) &&
           add_budget(line, map_of(target, "budget")) &&
           buf_printf(line, " of law %s", name_of_path(text_of(target, "law"))) &&
           (!is_there(target, "binding") || buf_printf(line, " (bound by: %s)", text_of(target, "binding"))) &&
           add_loss(line, "; predicted general loss ", isnan(before) ? general : before) &&
           (isnan(before) || add_loss(line, " -> ", general)) &&
           add_loss(line, ", domain loss ", real_of(target, "loss_domain")) &&
           add_certainty(line, target);
}

void page_law(struct page *p, const struct tree *target)
{
    struct buf line;
    if (!is_there(target, "law")) {
        return;
    }
    buf_init(&line, BUF_UNLIMITED);
    page_put(p, describe_law(&line, target) && print_wrapped(p->out, line.at, 2, p->width));
    buf_release(&line);
}

/* ---- The sections ----------------------------------------------------------------------------------------------- */

static bool has_choice(const struct page *p)
{
    const struct tree *const targets = map_of(p->root, "targets");
    bool any = is_there(p->root, "scores");
    for (size_t i = 0; i < length_of(targets); i++) {
        any = any || is_there(targets->items[i], "law");
    }
    return any;
}

void page_choice(struct page *p)
{
    if (has_choice(p)) {
        put_scores(p);
        put_selection(p);
        put_needs(p);
    }
}
