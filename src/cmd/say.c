/* Words for people, on stderr. */
#include "cmd/say.h"

void say_text(const struct buf *text)
{
    if (text->len) {
        fwrite(text->at, 1, text->len, stderr);
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
