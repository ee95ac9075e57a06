/* tamis report: the report of a finished run, as a table or as the JSON it is made from. */
#include "cmd/look.h"
#include "cmd/say.h"
#include "cmd/verbs.h"

struct report_options {
    struct common common;
};

static tamis_status refuse_unfinished(const struct look *look, tamis_err *err)
{
    return tamis_fail(err, TAMIS_INPUT, "%s: has no report.json: the run is not finished; continue it with the tamis\n"
                      "run command that began it, or see how far it is with `tamis status %s`",
                      look->flow.run.folder, look->flow.run.folder);
}

static tamis_status show(const struct look *look, const struct cli *cli, tamis_err *err)
{
    struct path path;
    const tamis_status status = path_make(&path, err, "%s/report.json", look->flow.run.folder);
    if (status) {
        return status;
    }
    if (!file_exists(path.at)) {
        return refuse_unfinished(look, err);
    }
    if (look->stages[FLOW_EMIT] != LOOK_DONE) {
        cli_note(cli, 0, "note: %s was begun again after this report was written; see tamis status %s",
                 look->flow.run.folder, look->flow.run.folder);
    }
    return print_report(cli, look->flow.run.folder, err);
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

static const char *const examples[] = {"tamis report RUN", "tamis report RUN --json | jq .conserved", NULL};

const struct verb verb_report = {
    .name = "report",
    .synopsis = "RUN [--json]",
    .summary = "what a run read, dropped, kept and wrote, and why",
    .examples = examples,
    .options_bytes = sizeof(struct report_options),
    .without = "output threads memory tmp seed set progress stats",
    .run = run,
};
