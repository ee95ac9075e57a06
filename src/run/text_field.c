/* A text field that no record has. */
#include "run/text_field.h"

#include <string.h>

#include "io/json_shim.h"

#define STRINGS_SEEN 64
#define STRINGS_NAMED 8

static size_t read_strings(tamis_str record, struct dom_string *strings)
{
    struct dom *const dom = dom_new();
    struct buf padded; /* the parser reads behind its end */
    size_t count = 0;
    buf_init(&padded, BUF_UNLIMITED);
    if (dom && buf_add_str(&padded, record) && dom_parse(dom, buf_str(&padded)) == DOM_FINE) {
        count = dom_strings(dom, strings, STRINGS_SEEN);
    }
    dom_free(dom);
    buf_release(&padded);
    return count;
}

/* The field of a like name, else the one that holds most; NULL: there is none but the id. */
static const char *likely(const struct recipe_source *source, const struct dom_string *strings, size_t count)
{
    const char *names[STRINGS_SEEN + 1] = {NULL};
    const struct dom_string *longest = NULL;
    size_t named = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(strings[i].path, source->id ? source->id : "id") != 0) {
            names[named++] = strings[i].path;
            longest = longest && longest->len >= strings[i].len ? longest : &strings[i];
        }
    }
    const char *const near = tamis_nearest((tamis_str){source->text, strlen(source->text)}, names);
    return near || !longest ? near : longest->path;
}

static bool list(const struct recipe_source *source, tamis_str record, struct buf *out)
{
    struct dom_string strings[STRINGS_SEEN];
    const size_t count = read_strings(record, strings);
    bool fine = buf_printf(out, count ? "; a record has strings in" : "; a record has no other string");
    for (size_t i = 0; fine && i < count && i < STRINGS_NAMED; i++) {
        fine = buf_printf(out, "%s %s", i ? "," : "", strings[i].path);
    }
    const char *const meant = likely(source, strings, count);
    return fine && (count <= STRINGS_NAMED || buf_printf(out, ", ..")) &&
           (!meant || buf_printf(out, " (did you mean '%s'?)", meant));
}

tamis_status text_field_missing(const struct run *run, size_t input, tamis_str record, tamis_err *err)
{
    const struct input *const part = &run->inputs->at[input];
    const struct recipe_source *const source = &run->recipe->sources[part->source];
    struct buf strings;
    buf_init(&strings, BUF_UNLIMITED);
    const bool listed = list(source, record, &strings);
    const tamis_status status =
        tamis_fail(err, TAMIS_USAGE, "%s: source %s: no record at its beginning has a text in field '%s'%s.\nName the "
                   "field: `text:` of the source, or --text-field; a dotted path looks into objects", part->path,
                   source->name, source->text, listed ? strings.at : "");
    buf_release(&strings);
    return status;
}
