/*
 * Progress lines and status.json.
 */
#include "run/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/json.h"

#define FIRST_AFTER 2.0
#define TERMINAL_EVERY 0.2
#define PIPE_EVERY 30.0
#define STATUS_EVERY 2.0

struct progress {
    bool on, terminal;
    const char *status_path;
    struct stats *stats; /* NULL: nobody asks */
    char stage[32];
    const char *unit;
    uint64_t total;
    double began, said, saved; /* seconds of the monotonic clock */
    bool line_open;            /* a line stands on the terminal without its newline */
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct progress *progress_new(enum progress_mode mode, const char *status_path)
{
    struct progress *const p = calloc(1, sizeof *p);
    if (p) {
        p->terminal = isatty(STDERR_FILENO) == 1;
        p->on = mode != PROGRESS_NEVER;
        p->status_path = status_path;
        p->began = p->said = now();
    }
    return p;
}

void progress_measure(struct progress *p, struct stats *stats)
{
    if (p) {
        p->stats = stats;
    }
}

static void close_line(struct progress *p)
{
    if (p->line_open) {
        fputs("\r\033[K", stderr);
        p->line_open = false;
    }
}

void progress_free(struct progress *p)
{
    if (p) {
        close_line(p);
        free(p);
    }
}

/* A status that cannot be written must not stop the run. */
static void save_status(struct progress *p, uint64_t done, uint64_t documents, double seconds, bool running)
{
    struct buf text;
    struct json json;
    tamis_err ignored;
    buf_init(&text, BUF_UNLIMITED);
    json_init(&json, &text, 0);
    json_open(&json, '{');
    json_key_text(&json, "stage", p->stage);
    json_key_bool(&json, "running", running);
    json_key_text(&json, "unit", p->unit);
    json_key_count(&json, "done", done);
    json_key_count(&json, "total", p->total);
    json_key_count(&json, "documents", documents);
    json_key_real(&json, "seconds", seconds);
    json_key_count(&json, "pid", (uint64_t)getpid());
    json_close(&json, '}');
    if (!json.failed && file_write(p->status_path, text.at, text.len, &ignored)) {
        p->status_path = NULL;
    }
    buf_release(&text);
}

static void print_line(struct progress *p, uint64_t done, uint64_t documents, double seconds)
{
    char share[16] = "", left[32] = "", count[40] = "";
    if (p->total) {
        const double part = (double)(done < p->total ? done : p->total) / (double)p->total;
        snprintf(share, sizeof share, " %3.0f %%", 100 * part);
        if (part > 0.01) {
            snprintf(left, sizeof left, ", %.0f s left", seconds * (1 - part) / part);
        }
    }
    const bool bytes = strcmp(p->unit, "bytes") == 0;
    if (documents) {
        snprintf(count, sizeof count, "%llu documents, ", (unsigned long long)documents);
    }
    const double rate = seconds > 0 ? (double)(bytes ? done : documents) / seconds / (bytes ? 1e6 : 1) : 0;
    fprintf(stderr, "%s%s%s  %s%.1f %s%s%s", p->terminal ? "\r\033[K" : "", p->stage, share, count, rate,
            bytes ? "MB/s" : "documents/s", left, p->terminal ? "" : "\n");
    p->line_open = p->terminal;
    fflush(stderr);
}

void progress_stage(struct progress *p, const char *stage, const char *unit, uint64_t total)
{
    if (!p) {
        return;
    }
    close_line(p);
    stats_stage(p->stats, stage);
    snprintf(p->stage, sizeof p->stage, "%s", stage);
    p->unit = unit;
    p->total = total;
    p->began = p->said = now();
    p->saved = 0;
}

void progress_update(struct progress *p, uint64_t done, uint64_t documents)
{
    if (!p) {
        return;
    }
    const double at = now(), seconds = at - p->began;
    const double wait = !p->terminal ? PIPE_EVERY : p->line_open ? TERMINAL_EVERY : FIRST_AFTER;
    if (p->on && at - p->said >= wait) {
        print_line(p, done, documents, seconds);
        p->said = at;
    }
    if (p->status_path && at - p->saved >= STATUS_EVERY) {
        save_status(p, done, documents, seconds, true);
        p->saved = at;
    }
}

void progress_done(struct progress *p)
{
    if (p) {
        close_line(p);
        if (p->status_path) {
            snprintf(p->stage, sizeof p->stage, "done");
            save_status(p, p->total, 0, now() - p->began, false);
        }
    }
}
