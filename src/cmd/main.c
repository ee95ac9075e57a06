/*
 * The program: finds the verb, runs it, words its errors, and turns its status into an exit code.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cli.h"
#include "core/str.h"
#include "io/reader.h"

/* The only mutable state of the program: a signal handler has no other way to reach the run. */
static atomic_int stop_flag;

static void on_signal(int number)
{
    /* A second signal means it: the default action ends the process at once. */
    if (atomic_exchange(&stop_flag, 1)) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is an error like a full disk */
}

/* Else the first files opened would take the numbers of streams that are closed, and what is said would go into them.
 * What is put there cannot be used either. */
static void fill_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

static const struct verb *find_verb(const char *name)
{
    for (const struct verb *const *v = verbs; *v; v++) {
        if (strcmp((*v)->name, name) == 0) {
            return *v;
        }
    }
    return NULL;
}

static int unknown_verb(const char *name)
{
    const char *names[64];
    size_t count = 0;
    for (const struct verb *const *v = verbs; *v && count < 63; v++) {
        names[count++] = (*v)->name;
    }
    names[count] = NULL;
    const char *const near = tamis_nearest(str_from(name), names);
    fprintf(stderr, "tamis: there is no verb '%s'%s%s%s\nSee tamis --help.\n", name, near ? "; did you mean '" : "",
            near ? near : "", near ? "'?" : "");
    return TAMIS_USAGE;
}

/* Help that nobody reads to its end is no error; help that cannot be written is. */
static int finish_stdout(void)
{
    if (fflush(stdout) == 0 || errno == EPIPE) {
        return TAMIS_OK;
    }
    fprintf(stderr, "tamis: cannot write to stdout: %s\n", strerror(errno));
    return TAMIS_IO;
}

static int version(void)
{
    printf("tamis %s\ncompiler %s\nfilters", tamis_version(), __VERSION__);
    for (const tamis_filter *const *f = tamis_filters(); *f; f++) {
        printf(" %s@%u", (*f)->name, (*f)->version);
    }
    fputs("\nscorers", stdout);
    for (const tamis_scorer *const *s = tamis_scorers(); *s; s++) {
        printf(" %s@%u", (*s)->name, (*s)->version);
    }
    fputs("\nreads", stdout);
    for (const struct reader_format *const *r = reader_formats; *r; r++) {
        printf(" %s", (*r)->name);
    }
    printf(" (plain, zstd, gzip)\ninstruction set %s\nnot built in: parquet, fasttext\n",
           tamis_cpu_name(tamis_cpu_best()));
    return finish_stdout();
}

static char *joined(int argc, char **argv)
{
    size_t len = 1;
    for (int i = 0; i < argc; i++) {
        len += strlen(argv[i]) + 1;
    }
    char *const line = malloc(len);
    size_t at = 0;
    for (int i = 0; line && i < argc; i++) {
        at += (size_t)snprintf(line + at, len - at, "%s%s", i ? " " : "", argv[i]);
    }
    return line;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
    tamis_err err = {0};
    char *const line = joined(argc, argv);
    struct cli cli = {.stop = &stop_flag, .line = line ? line : ""};
    bool help = false;
    tamis_status status = cli_parse(&cli, verb, argc - 2, argv + 2, &help, &err);
    if (!status && help) {
        cli_help(verb, stdout);
        status = (tamis_status)finish_stdout();
    } else if (!status) {
        status = verb->run(&cli, &err);
    }
    cli_release(&cli);
    free(line);
    if (status && status != TAMIS_CLOSED && err.text[0]) {
        fprintf(stderr, "tamis: %s\n", err.text);
    }
    return status == TAMIS_CLOSED ? TAMIS_OK : (int)status;
}

int main(int argc, char **argv)
{
    fill_streams();
    catch_signals();
    if (argc < 2) {
        cli_overview(stderr);
        return TAMIS_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        const struct verb *const asked = argc > 2 ? find_verb(argv[2]) : NULL;
        if (argc > 2 && !asked) {
            return unknown_verb(argv[2]);
        }
        if (asked) {
            cli_help(asked, stdout);
        } else {
            cli_overview(stdout);
        }
        return finish_stdout();
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        return version();
    }
    if (!tamis_cpu_known()) {
        fputs("tamis: TAMIS_CPU names an instruction set: plain, avx2 or avx512; correct it or unset it\n", stderr);
        return TAMIS_USAGE;
    }
    const struct verb *const verb = find_verb(argv[1]);
    return verb ? run_verb(verb, argc, argv) : unknown_verb(argv[1]);
}
