/*
 * What a run has cost, over all processes that worked on it: RUN/ledger/costs.json. It is written when a long stage is
 * done and when the flow is left, so that a process that is killed is counted up to the last stage it finished.
 */
#include <string.h>
#include <sys/resource.h>

#include "cmd/flow.h"
#include "core/json.h"
#include "core/str.h"

static tamis_status costs_path(const struct flow *flow, struct path *path, tamis_err *err)
{
    return path_make(path, err, "%s/costs.json", flow->run.ledger);
}

static uint64_t count_of(const struct tree *root, const char *key)
{
    const struct tree *const node = tree_get(root, key);
    uint64_t count = 0;
    return node && node->kind == TREE_SCALAR && str_count(str_from(node->text), &count) ? count : 0;
}

tamis_status flow_recall_costs(struct flow *flow, tamis_err *err)
{
    struct path path;
    struct arena arena;
    struct tree *root = NULL;
    flow->before = (struct flow_costs){0};
    tamis_status status = costs_path(flow, &path, err);
    if (status || !file_exists(path.at)) {
        return status;
    }
    arena_init(&arena);
    status = tree_load(&arena, path.at, &root, err);
    if (!status) {
        flow->before = (struct flow_costs){
            .processes = count_of(root, "processes"),
            .wall = 1e-6 * (double)count_of(root, "wall_microseconds"),
            .processor = 1e-6 * (double)count_of(root, "cpu_microseconds"),
            .peak = count_of(root, "peak_rss_bytes"),
        };
    }
    arena_release(&arena);
    return status;
}

tamis_status flow_forget_costs(struct flow *flow, tamis_err *err)
{
    struct path path;
    flow->before = (struct flow_costs){0};
    const tamis_status status = costs_path(flow, &path, err);
    return status ? status : file_remove_tree(path.at, err);
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

struct flow_costs flow_costs(const struct flow *flow)
{
    struct rusage use = {0};
    getrusage(RUSAGE_SELF, &use);
    const uint64_t peak = (uint64_t)use.ru_maxrss * 1024;
    return (struct flow_costs){
        .processes = flow->before.processes + 1,
        .wall = flow->before.wall + flow_clock() - flow->began,
        .processor = flow->before.processor + seconds(use.ru_utime) + seconds(use.ru_stime),
        .peak = peak > flow->before.peak ? peak : flow->before.peak,
    };
}

tamis_status flow_note_costs(const struct flow *flow, tamis_err *err)
{
    struct path path;
    struct buf text;
    struct json json;
    const struct flow_costs costs = flow_costs(flow);
    const tamis_status status = costs_path(flow, &path, err);
    if (status) {
        return status;
    }
    buf_init(&text, BUF_UNLIMITED);
    json_init(&json, &text, 0);
    json_open(&json, '{');
    json_key_count(&json, "processes", costs.processes);
    json_key_count(&json, "wall_microseconds", (uint64_t)(1e6 * costs.wall));
    json_key_count(&json, "cpu_microseconds", (uint64_t)(1e6 * costs.processor));
    json_key_count(&json, "peak_rss_bytes", costs.peak);
    json_close(&json, '}');
    const bool fine = !json.failed && buf_add_char(&text, '\n');
    return file_write_text(path.at, &text, fine, err);
}
