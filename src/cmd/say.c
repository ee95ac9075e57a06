/* Words for people, on stderr. */
#include "cmd/say.h"

#include <sys/statvfs.h>

#include "core/str.h"
#include "run/remarks.h"

void say_text(const struct buf *text)
{
    if (text->len) {
        fwrite(text->at, 1, text->len, stderr);
    }
}

void say_lines(const struct cli *cli, const char *what, tamis_str lines)
{
    tamis_str line;
    while (str_next_line(&lines, &line)) {
        cli_note(cli, 0, "%s: %.*s", what, (int)line.len, line.at);
    }
}

tamis_status say_losses(const struct flow *flow, const struct check *check, tamis_err *err)
{
    struct buf lines;
    buf_init(&lines, BUF_UNLIMITED);
    const bool fine = remark_losses(&flow->run, &check->tally, &lines);
    say_lines(flow->cli, "note", buf_str(&lines));
    buf_release(&lines);
    return fine ? TAMIS_OK : tamis_fail(err, TAMIS_IO, "out of memory for the check's words");
}

void say_disk(const struct flow *flow, const struct projection *p)
{
    struct statvfs disk;
    if (statvfs(flow->run.folder, &disk) != 0) {
        return;
    }
    const double free_bytes = (double)disk.f_bavail * (double)disk.f_frsize;
    if ((double)p->disk > free_bytes) {
        cli_note(flow->cli, 0, "WARNING: %s is on a disk with %.1f MB free, and the run may need %.1f MB (an "
                 "estimate); make room, or name another folder with -o", flow->run.folder, free_bytes / 1e6,
                 (double)p->disk / 1e6);
    }
}

void say_projection(const struct cli *cli, const struct projection *p)
{
    cli_note(cli, 0,
             "about %llu documents, %.1f MB of text; at most %.0f MiB of memory, %.1f MB of disk, %u reads, about %.0f "
             "s (estimates from a sample)",
             (unsigned long long)p->documents, (double)p->text_bytes / 1e6, (double)p->memory / (1u << 20),
             (double)p->disk / 1e6, p->reads, p->seconds);
}
