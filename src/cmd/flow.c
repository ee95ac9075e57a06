/*
 * Puts a run together from a recipe and takes it apart again.
 */
#include "cmd/flow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/probe_job.h"
#include "core/machine.h"
#include "core/str.h"
#include "core/sweep.h"
#include "run/inputs_file.h"
#include "run/schema.h"
#include "run/shelf.h"

#define LOCK_NAME ".lock"
#define LOCK_TRIES 30 /* of a tenth of a second */

double flow_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t usual_memory(void)
{
    const uint64_t whole = machine_memory();
    return whole != 0 ? whole / 4 * 3 : (uint64_t)4 << 30;
}

void flow_init(struct flow *flow, const struct cli *cli)
{
    const struct common *const common = cli->options;
    *flow = (struct flow){.cli = cli, .lock = -1, .began = flow_clock()};
    arena_init(&flow->recipe.arena);
    buf_init(&flow->remarks, BUF_UNLIMITED);
    flow->run = (struct run){
        .recipe = &flow->recipe,
        .rules = &flow->rules,
        .inputs = &flow->inputs,
        .threads = common->threads ? (unsigned)common->threads : (unsigned)omp_get_num_procs(),
        .memory = common->memory ? common->memory : usual_memory(),
        .stop = cli->stop,
    };
}

static void say_warnings(const struct flow *flow)
{
    for (size_t f = 0; f < flow->recipe.filter_count; f++) {
        const struct recipe_filter *const filter = &flow->recipe.filters[f];
        const char *const lines = filter->filter->warning ? filter->filter->warning(filter->self) : NULL;
        tamis_str rest = str_from(lines ? lines : ""), line;
        while (str_next_line(&rest, &line)) {
            cli_note(flow->cli, 0, "warning: filter %s: %.*s", filter->filter->name, (int)line.len, line.at);
        }
    }
}

static tamis_status flow_ready(struct flow *flow, tamis_err *err)
{
    const struct common *const common = flow->cli->options;
    if (cli_given(flow->cli, "seed")) {
        flow->recipe.seed = common->seed;
    }
    flow->run.stats = common->stats ? stats_new(flow->run.threads) : NULL;
    say_warnings(flow);
    return rules_init(&flow->rules, &flow->recipe, err);
}

tamis_status flow_open(struct flow *flow, const struct cli *cli, const char *recipe_path, tamis_err *err)
{
    const struct common *const common = cli->options;
    flow_init(flow, cli);
    tamis_status status = recipe_load(&flow->recipe, recipe_path, &common->set, err);
    status = status ? status : flow_ready(flow, err);
    return status ? status : inputs_find(&flow->inputs, &flow->recipe, err);
}

tamis_status flow_open_text(struct flow *flow, tamis_str yaml, tamis_err *err)
{
    const struct common *const common = flow->cli->options;
    const tamis_status status = recipe_parse(&flow->recipe, "command line", ".", yaml, &common->set, err);
    return status ? status : flow_ready(flow, err);
}

static tamis_status flow_paths(struct flow *flow, const char *folder, tamis_err *err)
{
    tamis_status status = path_make(&flow->folder, err, "%s", folder);
    status = status ? status : path_make(&flow->ledger_folder, err, "%s/ledger", folder);
    status = status ? status : path_make(&flow->status, err, "%s/status.json", folder);
    flow->run.folder = flow->folder.at;
    flow->run.ledger = flow->ledger_folder.at;
    return status;
}

tamis_status flow_open_run(struct flow *flow, const struct cli *cli, const char *folder, tamis_err *err)
{
    struct path path;
    flow_init(flow, cli);
    tamis_status status = flow_paths(flow, folder, err);
    status = status ? status : path_make(&path, err, "%s/recipe.yaml", folder);
    if (!status && !file_exists(path.at)) {
        status = tamis_fail(err, TAMIS_INPUT, "%s: is no run folder (it has no recipe.yaml); give the folder that\n"
                            "`tamis run RECIPE -o FOLDER` wrote", folder);
    }
    status = status ? status : recipe_load_saved(&flow->recipe, path.at, err);
    status = status ? status : rules_init(&flow->rules, &flow->recipe, err);
    status = status ? status : schema_check(&flow->run, err);
    status = status ? status : path_make(&path, err, "%s/inputs.json", flow->run.ledger);
    if (status || !file_exists(path.at)) {
        return status;
    }
    return inputs_load(&flow->inputs, &flow->recipe, path.at, err);
}

/* A process that was just killed holds its lock until the system has taken its memory back. */
static bool wait_for_lock(int lock)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    bool locked = flock(lock, LOCK_EX | LOCK_NB) == 0;
    for (int i = 0; !locked && i < LOCK_TRIES; i++) {
        nanosleep(&pause, NULL);
        locked = flock(lock, LOCK_EX | LOCK_NB) == 0;
    }
    return locked;
}

/* *gone: whoever had the lock has taken the folder away with it; see remove_unused(). */
static tamis_status try_lock(struct flow *flow, const char *path, bool *gone, tamis_err *err)
{
    flow->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    *gone = flow->lock < 0 && errno == ENOENT;
    if (flow->lock < 0) {
        return *gone ? TAMIS_OK : file_fail(err, errno, "cannot open", path);
    }
    if (!wait_for_lock(flow->lock)) {
        return tamis_fail(err, TAMIS_USAGE, "%s: another tamis works in this folder; wait for it, or give another -o",
                          flow->run.folder);
    }
    struct stat about;
    *gone = fstat(flow->lock, &about) == 0 && about.st_nlink == 0;
    if (*gone) {
        close(flow->lock);
        flow->lock = -1;
    }
    return TAMIS_OK;
}

tamis_status flow_lock(struct flow *flow, tamis_err *err)
{
    struct path path;
    tamis_status status = path_make(&path, err, "%s/" LOCK_NAME, flow->run.folder);
    for (bool gone = true; !status && gone;) {
        status = file_make_folders(flow->run.folder, err);
        status = status ? status : try_lock(flow, path.at, &gone, err);
    }
    return status;
}

tamis_status flow_save_recipe(const struct flow *flow, tamis_err *err)
{
    struct path path;
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    tamis_status status = path_make(&path, err, "%s/recipe.yaml", flow->run.folder);
    char *const folder = realpath(flow->recipe.folder ? flow->recipe.folder : ".", NULL);
    if (!status && (!buf_printf(&text, "# every default written out; paths are relative to %s\n",
                                folder ? folder : "?") ||
                    !recipe_print(&flow->recipe, SECTION_WHOLE, &text))) {
        status = tamis_fail(err, TAMIS_IO, "out of memory for the recipe");
    }
    status = status ? status : file_write(path.at, text.at, text.len, err);
    free(folder);
    buf_release(&text);
    return status;
}

tamis_status flow_folder_holds(const char *folder, bool *any, tamis_err *err)
{
    DIR *const open = opendir(folder);
    *any = false;
    if (!open && errno == ENOTDIR) {
        return tamis_fail(err, TAMIS_USAGE, "%s: is a file or below one; name a new or empty folder with -o", folder);
    }
    if (!open) {
        return errno == ENOENT ? TAMIS_OK : file_fail(err, errno, "cannot use", folder);
    }
    const struct dirent *entry = NULL;
    while (!*any && (entry = readdir(open)) != NULL) {
        *any = strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
               strcmp(entry->d_name, LOCK_NAME) != 0; /* of a process that has just begun */
    }
    closedir(open);
    return TAMIS_OK;
}

/* The real path of the folder a file is to lie in, or NULL. */
static char *folder_of(const char *file)
{
    struct path folder;
    const char *const slash = strrchr(file, '/');
    const int len = slash ? (int)(slash - file) : 0;
    tamis_err ignored;
    return path_make(&folder, &ignored, "%.*s/.", slash ? len : 1, slash ? file : ".") ? NULL
                                                                                         : realpath(folder.at, NULL);
}

tamis_status flow_not_inside(const struct flow *flow, const char *output, tamis_err *err)
{
    if (!output || strcmp(output, "-") == 0) {
        return TAMIS_OK;
    }
    char *const folder = folder_of(output), *const run = realpath(flow->run.folder, NULL);
    const size_t len = run ? strlen(run) : 0;
    const char *const below = folder && run && strncmp(folder, run, len) == 0 ? folder + len : NULL;
    const bool inside = below && (*below == '\0' || *below == '/') && strcmp(below, "/restored") != 0;
    free(folder);
    free(run);
    return inside ? tamis_fail(err, TAMIS_USAGE, "%s: lies among the files of the run; name an output outside of %s",
                               output, flow->run.folder)
                  : TAMIS_OK;
}

/* A run removes and replaces what it finds in its folder: only an empty folder or a run's own will do. */
static tamis_status may_be_run(const char *folder, tamis_err *err)
{
    struct path ledger;
    bool any = false;
    if (!*folder) {
        return tamis_fail(err, TAMIS_USAGE, "-o is empty; name a folder for the run");
    }
    tamis_status status = flow_folder_holds(folder, &any, err);
    status = status ? status : path_make(&ledger, err, "%s/ledger", folder);
    if (status || !any || file_is_folder(ledger.at)) {
        return status;
    }
    return tamis_fail(err, TAMIS_USAGE, "%s: is not empty and no run of tamis; name a new or empty folder with -o",
                      folder);
}

/* RUN/tmp, or under --tmp a name made from the run folder's real path: the same command finds it again. */
static tamis_status temporary_folder(struct flow *flow, tamis_err *err)
{
    const struct common *const common = flow->cli->options;
    if (!common->tmp) {
        return path_make(&flow->tmp, err, "%s/tmp", flow->run.folder);
    }
    char *const real = realpath(flow->run.folder, NULL);
    const char *const name = real ? real : flow->run.folder;
    const unsigned long long hash = hash_bytes(name, strlen(name), 0);
    free(real);
    return path_make(&flow->tmp, err, "%s/tamis-%016llx", common->tmp, hash);
}

tamis_status flow_folder(struct flow *flow, const char *folder, tamis_err *err)
{
    const struct common *const common = flow->cli->options;
    tamis_status status = may_be_run(folder, err);
    status = status ? status : probe_folder_check(flow, folder, err);
    status = status ? status : flow_paths(flow, folder, err);
    const bool new_folder = !file_exists(folder);
    status = status ? status : flow_lock(flow, err);
    flow->begins = !status && !file_exists(flow->run.ledger);
    flow->made = flow->begins && new_folder;
    status = status ? status : file_make_folders(flow->run.ledger, err);
    status = status ? status : temporary_folder(flow, err);
    status = status ? status : sweep_temporaries(flow->run.folder, err);
    status = status ? status : file_make_folders(flow->tmp.at, err);
    flow->run.tmp = flow->tmp.at;
    if (status) {
        return status;
    }
    progress_free(flow->run.progress);
    flow->run.progress = progress_new(common->quiet ? PROGRESS_NEVER : (enum progress_mode)common->progress,
                                      flow->status.at);
    progress_measure(flow->run.progress, flow->run.stats);
    return TAMIS_OK;
}

static void print_stats(struct stats *stats)
{
    struct buf text;
    buf_init(&text, BUF_UNLIMITED);
    if (stats && stats_print(stats, &text)) {
        fputs(text.at, stderr);
    }
    buf_release(&text);
    stats_free(stats);
}

/* Of a run that began in an empty folder and was refused: folders that hold anything stay. */
static void remove_unused(const struct flow *flow)
{
    struct path recipe, lock;
    tamis_err ignored;
    if (flow->run.tmp) {
        (void)rmdir(flow->run.tmp);
    }
    if (!flow->begins || path_make(&recipe, &ignored, "%s/recipe.yaml", flow->run.folder) ||
        path_make(&lock, &ignored, "%s/" LOCK_NAME, flow->run.folder) || file_exists(recipe.at)) {
        return;
    }
    (void)unlink(flow->status.at);
    (void)rmdir(flow->run.ledger);
    (void)unlink(lock.at);
    if (flow->made) {
        (void)rmdir(flow->run.folder);
    }
}

void flow_close(struct flow *flow)
{
    remove_unused(flow);
    progress_free(flow->run.progress);
    print_stats(flow->run.stats);
    shelf_free(flow->run.shelf);
    emit_release(&flow->emitted);
    plan_release(&flow->plan);
    free(flow->answers);
    buf_release(&flow->remarks);
    rules_release(&flow->rules);
    recipe_release(&flow->recipe);
    if (flow->lock >= 0) {
        close(flow->lock);
    }
}

unsigned flow_ledger_files(const struct flow *flow)
{
    static const struct {
        const char *name;
        unsigned bit;
    } files[] = {{"resolve", LEDGER_RESOLVE}, {"score", LEDGER_SCORE}, {"select", LEDGER_SELECT}, {"mix", LEDGER_MIX}};
    unsigned found = LEDGER_SURVEY;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct path path;
        tamis_err err;
        if (path_make(&path, &err, "%s/part-000000/%s.npy", flow->run.ledger, files[i].name) == TAMIS_OK &&
            file_exists(path.at)) {
            found |= files[i].bit;
        }
    }
    return found;
}
