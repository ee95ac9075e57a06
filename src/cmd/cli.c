/*
 * Options from the command line by the tables, and help made from them.
 */
#include "cmd/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/str.h"

static const tamis_param common_params[] = {
    {"output", TAMIS_STRING, offsetof(struct common, output), NULL, 0, 0, NULL, "where results go (-o)"},
    {"threads", TAMIS_COUNT, offsetof(struct common, threads), "0", 0, 1024, NULL,
     "threads; 0: as many as there are processors"},
    {"memory", TAMIS_SIZE, offsetof(struct common, memory), "0", 0, 0, NULL,
     "bytes to hold at most (64M, 8G); 0: three quarters of what there is"},
    {"tmp", TAMIS_STRING, offsetof(struct common, tmp), NULL, 0, 0, NULL, "folder for temporary files"},
    {"seed", TAMIS_COUNT, offsetof(struct common, seed), "0", 0, 0, NULL, "what every draw depends on"},
    {"set", TAMIS_STRINGS, offsetof(struct common, set), NULL, 0, 0, NULL,
     "a.b=c: one value of the recipe; may be given again"},
    {"progress", TAMIS_CHOICE, offsetof(struct common, progress), "auto", 0, 0, "auto|always|never",
     "progress on stderr"},
    {"json", TAMIS_BOOL, offsetof(struct common, json), "false", 0, 0, NULL, "the result on stdout for machines"},
    {"quiet", TAMIS_BOOL, offsetof(struct common, quiet), "false", 0, 0, NULL, "only errors on stderr (-q)"},
    {"verbose", TAMIS_BOOL, offsetof(struct common, verbose), "false", 0, 0, NULL, "more on stderr (-v)"},
    {"stats", TAMIS_BOOL, offsetof(struct common, stats), "false", 0, 0, NULL,
     "at the end, where the time went, on stderr: stages, and ns and bytes per document of every step"},
    {0},
};

static bool listed(const char *words, const char *word)
{
    const size_t len = strlen(word);
    for (const char *at = words; at && (at = strstr(at, word)); at += len) {
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0')) {
            return true;
        }
    }
    return false;
}

/* "--text-field" is the option text_field. */
static bool same_name(const char *option, tamis_str given)
{
    size_t i = 0;
    for (; option[i] && i < given.len; i++) {
        const char c = given.at[i] == '-' ? '_' : given.at[i];
        if (c != option[i]) {
            return false;
        }
    }
    return !option[i] && i == given.len;
}

struct cli_option cli_option(const char *name)
{
    struct cli_option option;
    snprintf(option.at, sizeof option.at, "--%s", name);
    for (char *c = option.at; *c; c++) {
        *c = *c == '_' ? '-' : *c;
    }
    return option;
}

static const tamis_param *find_in(const tamis_param *table, tamis_str name)
{
    for (; table && table->name; table++) {
        if (same_name(table->name, name)) {
            return table;
        }
    }
    return NULL;
}

static const tamis_param *find_option(const struct verb *verb, tamis_str name)
{
    const tamis_param *const own = find_in(verb->params, name);
    const tamis_param *const common = find_in(common_params, name);
    return own ? own : common && !listed(verb->without, common->name) ? common : NULL;
}

static tamis_status unknown_option(const struct verb *verb, tamis_str name, tamis_err *err)
{
    const char *names[96];
    size_t count = 0;
    for (const tamis_param *p = verb->params; p && p->name && count < 80; p++) {
        names[count++] = p->name;
    }
    for (const tamis_param *p = common_params; p->name && count < 95; p++) {
        if (!listed(verb->without, p->name)) {
            names[count++] = p->name;
        }
    }
    names[count] = NULL;
    char word[64];
    size_t len = 0;
    for (; len < name.len && len < sizeof word - 1; len++) {
        word[len] = name.at[len] == '-' ? '_' : name.at[len];
    }
    const char *const near = tamis_nearest((tamis_str){word, len}, names);
    char hint[96] = "";
    if (near) {
        snprintf(hint, sizeof hint, "; did you mean %s?", cli_option(near).at);
    }
    return tamis_fail(err, TAMIS_USAGE, "tamis %s: there is no option --%.*s%s\nSee tamis %s --help.", verb->name,
                      STR_ARGS(name), hint, verb->name);
}

/* A list option given again adds to what stands. */
static tamis_status append(struct cli *cli, const tamis_param *param, const char *value, tamis_err *err)
{
    tamis_strings *const list = (tamis_strings *)(void *)((char *)cli->options + param->offset);
    const char **const at = arena_alloc(&cli->arena, (list->count + 1) * sizeof *at);
    if (!at) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the command line");
    }
    if (list->count) {
        memcpy(at, list->at, list->count * sizeof *at);
    }
    at[list->count] = value;
    list->at = at;
    list->count++;
    return TAMIS_OK;
}

static tamis_status set_option(struct cli *cli, const tamis_param *param, const char *value, tamis_err *err)
{
    const struct cli_option where = cli_option(param->name);
    size_t given = 0;
    while (cli->given[given]) {
        given++;
    }
    cli->given[given] = param->name;
    return param->type == TAMIS_STRINGS
               ? append(cli, param, value, err)
               : param_set(param, cli->options, str_from(value), &cli->arena, where.at, err);
}

static const char *long_name(char letter)
{
    switch (letter) {
    case 'o':
        return "output";
    case 'q':
        return "quiet";
    case 'v':
        return "verbose";
    default:
        return NULL;
    }
}

struct cursor {
    int argc, at;
    char **argv;
};

static tamis_status option_value(struct cli *cli, const tamis_param *param, tamis_str name, const char *inline_value,
                                 struct cursor *c, tamis_err *err)
{
    if (inline_value) {
        return set_option(cli, param, inline_value, err);
    }
    if (param->type == TAMIS_BOOL) {
        return set_option(cli, param, "true", err);
    }
    if (c->at + 1 >= c->argc) {
        return tamis_fail(err, TAMIS_USAGE, "tamis %s: --%.*s needs a value", cli->verb->name, STR_ARGS(name));
    }
    return set_option(cli, param, c->argv[++c->at], err);
}

static tamis_status parse_long(struct cli *cli, struct cursor *c, tamis_err *err)
{
    const char *const text = c->argv[c->at] + 2;
    const char *const equals = strchr(text, '=');
    const tamis_str name = {text, equals ? (size_t)(equals - text) : strlen(text)};
    const tamis_param *const param = find_option(cli->verb, name);
    if (param) {
        return option_value(cli, param, name, equals ? equals + 1 : NULL, c, err);
    }
    if (name.len > 3 && memcmp(name.at, "no-", 3) == 0 && !equals) {
        const tamis_param *const off = find_option(cli->verb, (tamis_str){name.at + 3, name.len - 3});
        if (off && off->type == TAMIS_BOOL) {
            return set_option(cli, off, "false", err);
        }
    }
    return unknown_option(cli->verb, name, err);
}

static tamis_status parse_short(struct cli *cli, struct cursor *c, tamis_err *err)
{
    const char *const text = c->argv[c->at];
    const char *const name = long_name(text[1]);
    const tamis_param *const param = name ? find_option(cli->verb, str_from(name)) : NULL;
    if (!param || (param->type == TAMIS_BOOL && text[2])) {
        return tamis_fail(err, TAMIS_USAGE, "tamis %s: there is no option %s\nSee tamis %s --help.", cli->verb->name,
                          text, cli->verb->name);
    }
    return option_value(cli, param, str_from(name), text[2] ? text + 2 : NULL, c, err);
}

static tamis_status cli_init(struct cli *cli, const struct verb *verb, int argc, tamis_err *err)
{
    const atomic_int *const stop = cli->stop;
    const char *const line = cli->line;
    *cli = (struct cli){.verb = verb, .stop = stop, .line = line};
    arena_init(&cli->arena);
    cli->options = calloc(1, verb->options_bytes);
    cli->given = calloc((size_t)argc + 1, sizeof *cli->given);
    cli->arguments = calloc((size_t)argc + 1, sizeof *cli->arguments);
    if (!cli->options || !cli->given || !cli->arguments) {
        return tamis_fail(err, TAMIS_IO, "out of memory for the command line");
    }
    const tamis_status status = param_defaults(common_params, cli->options, &cli->arena, err);
    return status || !verb->params ? status : param_defaults(verb->params, cli->options, &cli->arena, err);
}

/* A folder made for a mistyped name would fill a disk that nobody thinks of. */
static tamis_status check_tmp(const struct cli *cli, tamis_err *err)
{
    const struct common *const common = cli->options;
    if (!common->tmp || file_is_folder(common->tmp)) {
        return TAMIS_OK;
    }
    return tamis_fail(err, TAMIS_IO, "--tmp: there is no folder '%s' for temporary files; make it, or name another",
                      common->tmp);
}

tamis_status cli_parse(struct cli *cli, const struct verb *verb, int argc, char **argv, bool *help, tamis_err *err)
{
    struct cursor c = {.argc = argc, .argv = argv};
    bool options_end = false;
    *help = false;
    tamis_status status = cli_init(cli, verb, argc, err);
    for (; !status && c.at < argc; c.at++) {
        const char *const text = argv[c.at];
        if (options_end || text[0] != '-' || !text[1]) {
            cli->arguments[cli->argument_count++] = text;
        } else if (strcmp(text, "--") == 0) {
            options_end = true;
        } else if (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0) {
            *help = true;
        } else {
            status = text[1] == '-' ? parse_long(cli, &c, err) : parse_short(cli, &c, err);
        }
    }
    return *help ? TAMIS_OK : status ? status : check_tmp(cli, err);
}

void cli_release(struct cli *cli)
{
    arena_release(&cli->arena);
    free(cli->options);
    free(cli->given);
    free(cli->arguments);
}

bool cli_given(const struct cli *cli, const char *option)
{
    for (const char **given = cli->given; *given; given++) {
        if (strcmp(*given, option) == 0) {
            return true;
        }
    }
    return false;
}

static const char *value_word(const tamis_param *param)
{
    static const char *const words[] = {"", " N", " SIZE", " X", " TEXT", "", " TEXT"};
    return param->type == TAMIS_CHOICE ? param->choices : words[param->type];
}

static void help_option(const tamis_param *param, FILE *out)
{
    char left[96];
    snprintf(left, sizeof left, "%s%s%s", cli_option(param->name).at, param->type == TAMIS_CHOICE ? " " : "",
             value_word(param));
    fprintf(out, "  %-26s %s", left, param->help);
    if (param->fallback && param->type != TAMIS_BOOL) {
        fprintf(out, " [%s]", param->fallback);
    }
    fputc('\n', out);
}

/* What --filter may name, where there is such an option. */
static void help_filters(const struct verb *verb, FILE *out)
{
    if (!param_find(verb->params, STR("filter"))) {
        return;
    }
    fputs("\nfilters:", out);
    for (const tamis_filter *const *f = tamis_filters(); *f; f++) {
        fprintf(out, "%s%s", f == tamis_filters() ? " " : ", ", (*f)->name);
    }
    fputs(" (an unknown key, as in NAME:x=1, is answered with the known ones)\n", out);
}

void cli_help(const struct verb *verb, FILE *out)
{
    fprintf(out, "tamis %s: %s\n\nusage: tamis %s %s\n", verb->name, verb->summary, verb->name, verb->synopsis);
    for (size_t i = 0; verb->examples && verb->examples[i]; i++) {
        fprintf(out, "%s  %s\n", i ? "" : "\nfor example:\n", verb->examples[i]);
    }
    if (verb->params) {
        fputs("\noptions:\n", out);
        for (const tamis_param *p = verb->params; p->name; p++) {
            help_option(p, out);
        }
        help_filters(verb, out);
    }
    fputs("\ncommon options:\n", out);
    for (const tamis_param *p = common_params; p->name; p++) {
        if (!listed(verb->without, p->name)) {
            help_option(p, out);
        }
    }
    fputs("  --help                     this page (-h)\n", out);
}

void cli_overview(FILE *out)
{
    fputs("tamis: downscale training data\n\n"
          "usage: tamis VERB [options] [files]\n\n"
          "for example:\n"
          "  tamis init corpus/*.jsonl.zst > recipe.yaml     a recipe for these files\n"
          "  tamis run recipe.yaml -o RUN                    prune, mix, account for every document\n\nverbs:\n",
          out);
    for (const struct verb *const *v = verbs; *v; v++) {
        fprintf(out, "  %-9s %s\n", (*v)->name, (*v)->summary);
    }
    fputs("\ntamis VERB --help explains a verb; tamis --version says what is built in.\n"
          "exit codes: 0 done; 1 done, but a stream was damaged or too many records were rejected; 2 usage, recipe\n"
          "or gate; 3 input; 4 disk or memory; 5 internal; 130 interrupted (the same command continues)\n",
          out);
}

tamis_status cli_want(const struct cli *cli, size_t count, const char *names, tamis_err *err)
{
    if (cli->argument_count == count) {
        return TAMIS_OK;
    }
    return tamis_fail(err, TAMIS_USAGE, "tamis %s takes %s; %zu %s given\nusage: tamis %s %s", cli->verb->name, names,
                      cli->argument_count, cli->argument_count == 1 ? "argument was" : "arguments were",
                      cli->verb->name, cli->verb->synopsis);
}

void cli_note(const struct cli *cli, int level, const char *format, ...)
{
    const struct common *const common = cli->options;
    if (common->quiet || (level > 0 && !common->verbose)) {
        return;
    }
    struct buf text;
    va_list arguments;
    buf_init(&text, BUF_UNLIMITED);
    va_start(arguments, format);
    if (buf_vprintf(&text, format, arguments)) {
        str_hide_controls(text.at);
        fprintf(stderr, "%s\n", text.at);
    }
    va_end(arguments);
    buf_release(&text);
}

tamis_status cli_print(tamis_str text, tamis_err *err)
{
    size_t at = 0;
    while (at < text.len) {
        const ssize_t wrote = write(STDOUT_FILENO, text.at + at, text.len - at);
        if (wrote < 0 && errno != EINTR) {
            return file_fail(err, errno, "cannot write to", "stdout");
        }
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    return TAMIS_OK;
}
