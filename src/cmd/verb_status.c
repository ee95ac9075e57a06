/* tamis status: how far a run is, from what it writes down as it goes. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "cmd/look.h"
#include "cmd/verbs.h"
#include "core/json.h"
#include "core/str.h"
#include "report/grid.h"

struct status_options {
    struct common common;
};

/* What status.json said last. */
struct progress_seen {
    struct arena arena;
    bool known, running, alive;
    const char *stage, *unit; /* unit NULL: not known yet */
    uint64_t done, total, documents, pid;
    double seconds;
};

static const char *text_of(const struct tree *map, const char *key)
{
    const struct tree *const node = tree_get(map, key);
    return node && node->kind == TREE_SCALAR ? node->text : "";
}

static void read_count(const struct tree *map, const char *key, uint64_t *value)
{
    if (!str_count(str_from(text_of(map, key)), value)) {
        *value = 0;
    }
}

static bool is_alive(uint64_t pid)
{
    return pid > 1 && pid < INT32_MAX && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

static tamis_status read_progress(struct progress_seen *seen, const struct look *look, tamis_err *err)
{
    struct tree *root = NULL;
    *seen = (struct progress_seen){0};
    arena_init(&seen->arena);
    if (!file_exists(look->flow.status.at)) {
        return TAMIS_OK;
    }
    const tamis_status status = tree_load(&seen->arena, look->flow.status.at, &root, err);
    if (status) {
        return status;
    }
    seen->known = true;
    seen->running = strcmp(text_of(root, "running"), "true") == 0;
    seen->stage = text_of(root, "stage");
    const struct tree *const unit = tree_get(root, "unit");
    seen->unit = unit && !tree_is_null(unit) ? text_of(root, "unit") : NULL;
    read_count(root, "done", &seen->done);
    read_count(root, "total", &seen->total);
    read_count(root, "documents", &seen->documents);
    read_count(root, "pid", &seen->pid);
    if (!str_real(str_from(text_of(root, "seconds")), &seen->seconds)) {
        seen->seconds = 0;
    }
    seen->alive = seen->running && is_alive(seen->pid);
    return TAMIS_OK;
}

static bool is_finished(const struct look *look)
{
    return look->stages[FLOW_EMIT] == LOOK_DONE;
}

/* ---- For machines ----------------------------------------------------------------------------------------------- */

static void write_stages(struct json *json, const struct look *look)
{
    json_key(json, "stages");
    json_open(json, '[');
    for (int s = 0; s < FLOW_COUNT; s++) {
        json_open(json, '{');
        json_key_text(json, "stage", flow_name((enum flow_stage)s));
        json_key_text(json, "state", look_word(look->stages[s]));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_progress(struct json *json, const struct progress_seen *seen)
{
    json_key(json, "progress");
    if (!seen->known) {
        json_null(json);
        return;
    }
    json_open(json, '{');
    json_key_text(json, "stage", seen->stage);
    json_key_bool(json, "running", seen->alive);
    json_key_text(json, "unit", seen->unit);
    json_key_count(json, "done", seen->done);
    json_key_count(json, "total", seen->total);
    json_key_count(json, "documents", seen->documents);
    json_key_real(json, "seconds", seen->seconds);
    json_key_count(json, "pid", seen->pid);
    json_close(json, '}');
}

static bool write_json(struct buf *out, const struct look *look, const struct progress_seen *seen, size_t blocks)
{
    struct json json;
    struct buf folder;
    buf_init(&folder, BUF_UNLIMITED);
    json_init(&json, out, 2);
    const bool clean = story_add_clean(&folder, str_from(look->flow.run.folder));
    json_open(&json, '{');
    json_key_str(&json, "run", buf_str(&folder));
    json_key_bool(&json, "finished", is_finished(look));
    json_key_count(&json, "ledger_parts", blocks);
    write_stages(&json, look);
    write_progress(&json, seen);
    json_close(&json, '}');
    buf_release(&folder);
    return clean && !json.failed && buf_add_char(out, '\n');
}

/* ---- For people ------------------------------------------------------------------------------------------------- */

static bool say_progress(struct buf *out, const struct progress_seen *seen)
{
    bool fine = buf_printf(out, "\nat work on ") && print_text(out, seen->stage);
    if (fine && seen->total > 0) {
        const uint64_t done = seen->done < seen->total ? seen->done : seen->total;
        fine = buf_printf(out, ", %.0f %%", 100 * (double)done / (double)seen->total);
    }
    return fine && buf_printf(out, ", ") && print_count(out, seen->documents) &&
           buf_printf(out, " documents, %.0f s (process %llu)\n", seen->seconds, (unsigned long long)seen->pid);
}

static bool say_outcome(struct buf *out, const struct look *look, const struct progress_seen *seen)
{
    if (is_finished(look)) {
        return buf_printf(out, "\nfinished; see tamis report %s\n", look->flow.run.folder);
    }
    if (seen->alive) {
        return say_progress(out, seen);
    }
    return buf_printf(out, "\nnot finished, and no process here works on it: the tamis run command that began it "
                           "continues it (without --no-text, where it is to write)\n");
}

static bool say_all(struct buf *out, const struct look *look, const struct progress_seen *seen, size_t blocks)
{
    struct grid g;
    grid_init(&g, "ll");
    for (int s = 0; s < FLOW_COUNT; s++) {
        grid_text(&g, flow_name((enum flow_stage)s));
        grid_text(&g, look_word(look->stages[s]));
    }
    const bool fine = grid_print(&g, 0, 80, out);
    grid_release(&g);
    return fine && buf_printf(out, "\n%zu part%s of the ledger stand%s\n", blocks, blocks == 1 ? "" : "s",
                              blocks == 1 ? "s" : "") &&
           say_outcome(out, look, seen);
}

static tamis_status show(const struct look *look, const struct cli *cli, tamis_err *err)
{
    const struct common *const common = cli->options;
    struct progress_seen seen;
    struct buf out;
    size_t blocks = 0;
    buf_init(&out, BUF_UNLIMITED);
    tamis_status status = read_progress(&seen, look, err);
    status = status ? status : ledger_count_parts(look->flow.run.ledger, &blocks, err);
    if (!status) {
        const bool fine = common->json ? write_json(&out, look, &seen, blocks) : say_all(&out, look, &seen, blocks);
        status = fine ? cli_print(buf_str(&out), err) : tamis_fail(err, TAMIS_IO, "out of memory for the status");
    }
    buf_release(&out);
    arena_release(&seen.arena);
    return status;
}

static tamis_status run(struct cli *cli, tamis_err *err)
{
    tamis_status status = cli_want(cli, 1, "one RUN folder", err);
    if (status) {
        return status;
    }
    struct look look;
    status = look_open(&look, cli, cli->arguments[0], err);
    status = status ? status : show(&look, cli, err);
    look_close(&look);
    return status;
}

static const char *const examples[] = {"tamis status RUN", "tamis status RUN --json", NULL};

const struct verb verb_status = {
    .name = "status",
    .synopsis = "RUN [--json]",
    .summary = "how far a run is",
    .examples = examples,
    .options_bytes = sizeof(struct status_options),
    .without = "output threads memory tmp seed set progress stats",
    .run = run,
};
