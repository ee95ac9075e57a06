/* One JSON document to a file or to stdout. */
#include "cmd/json_out.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/file.h"

static const char *output_of(const struct cli *cli)
{
    const struct common *const common = cli->options;
    return common->output && strcmp(common->output, "-") != 0 ? common->output : NULL;
}

static bool same_inode(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Two names of one file that is still to be written: the same last part in the same folder. */
static bool same_place(const char *left, const char *right)
{
    const char *const paths[2] = {left, right};
    char name[2][PATH_MAX], folder[2][PATH_MAX];
    struct stat in[2];
    for (int i = 0; i < 2; i++) {
        const char *const cut = strrchr(paths[i], '/');
        const int wrote = cut ? snprintf(folder[i], PATH_MAX, "%.*s/", (int)(cut - paths[i]), paths[i])
                              : snprintf(folder[i], PATH_MAX, "./");
        const int named = snprintf(name[i], PATH_MAX, "%s", cut ? cut + 1 : paths[i]);
        if (wrote < 0 || wrote >= PATH_MAX || named < 0 || named >= PATH_MAX || stat(folder[i], &in[i])) {
            return strcmp(left, right) == 0;
        }
    }
    return same_inode(&in[0], &in[1]) && strcmp(name[0], name[1]) == 0;
}

/* Devices and pipes may be named twice: nothing of theirs is lost. */
static bool same_file(const char *left, const char *right)
{
    struct stat a, b;
    const bool is = stat(left, &a) == 0, too = stat(right, &b) == 0;
    return is && too ? S_ISREG(a.st_mode) && same_inode(&a, &b) : !is && !too && same_place(left, right);
}

tamis_status output_is_not_input(const struct cli *cli, const char *option, const char *output, const char *input,
                                 tamis_err *err)
{
    const char *const other = output_of(cli);
    if (output && input && same_file(output, input)) {
        return tamis_fail(err, TAMIS_USAGE, "%s: %s is the input; writing there would destroy it", option, output);
    }
    if (output && other && same_file(output, other)) {
        return tamis_fail(err, TAMIS_USAGE, "%s: %s is where the output of -o goes; name another file", option, output);
    }
    return TAMIS_OK;
}

tamis_status json_out_check(const struct cli *cli, const char *input, tamis_err *err)
{
    const char *const output = output_of(cli);
    if (output && same_file(output, input)) {
        return tamis_fail(err, TAMIS_USAGE, "tamis %s: %s is the input; writing there would destroy it",
                          cli->verb->name, output);
    }
    return TAMIS_OK;
}

tamis_status json_out(const struct cli *cli, const char *input, tamis_str json, tamis_err *err)
{
    const char *const output = output_of(cli);
    const tamis_status status = json_out_check(cli, input, err);
    if (status) {
        return status;
    }
    return output ? file_write(output, json.at, json.len, err) : cli_print(json, err);
}
