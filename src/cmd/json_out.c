/* One JSON document to a file or to stdout. */
#include "cmd/json_out.h"

#include <string.h>
#include <sys/stat.h>

#include "core/file.h"

static const char *output_of(const struct cli *cli)
{
    const struct common *const common = cli->options;
    return common->output && strcmp(common->output, "-") != 0 ? common->output : NULL;
}

tamis_status json_out_check(const struct cli *cli, const char *input, tamis_err *err)
{
    const char *const output = output_of(cli);
    struct stat in, out;
    if (output && stat(output, &out) == 0 && stat(input, &in) == 0 && S_ISREG(in.st_mode) &&
        in.st_dev == out.st_dev && in.st_ino == out.st_ino) {
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
