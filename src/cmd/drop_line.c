/* See drop_line.h. */
#include "cmd/drop_line.h"

#include "core/json.h"

bool drop_line(struct buf *out, const struct drop_line *line)
{
    struct json json;
    json_init(&json, out, 0);
    json_open(&json, '{');
    json_key_str(&json, "id", line->id);
    json_key_text(&json, "stage", stage_name(line->rule->stage));
    json_key_text(&json, "rule", line->rule->name);
    json_key_real(&json, "value", line->value);
    json_key_real(&json, "threshold", line->threshold);
    if (line->keeper) {
        json_key_str(&json, "keeper", *line->keeper);
    }
    json_close(&json, '}');
    return !json.failed && buf_add_char(out, '\n');
}
