#include "html.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "chars.h"
#include "entities.h"
#include "utf8.h"

enum { MAX_NAME = 32 }; /* longest element name that is looked at */

struct tag {
    char name[MAX_NAME];
    struct span attributes;
    bool closing;
    bool empty;           /* <br/> */
};

struct html {
    const char *at;
    const char *end;
    struct buffer *out;
    const struct drop_list *drop;
    char skipped[MAX_NAME];   /* the element being left out; "" when none */
    size_t skip_depth;        /* how often it is open inside itself */
    size_t pre_depth;
    size_t breaks;            /* line breaks owed before the next visible character */
    size_t newlines;          /* the same, counted in the source of a <pre> */
    bool space;               /* a space owed */
    bool in_head;
    bool in_title;
};

static bool is_left_out(const char *name)
{
    static const char *const names[] = {"script", "style", "nav", "footer", "svg", "template",
                                        "noscript", "iframe", "object", "button", "select",
                                        "textarea", NULL};
    return is_one_of(name, names);
}

static bool is_void(const char *name)
{
    static const char *const names[] = {"area", "base", "br", "col", "embed", "hr", "img",
                                        "input", "link", "meta", "param", "source", "track",
                                        "wbr", NULL};
    return is_one_of(name, names);
}

/* Line breaks around an element: 2 leave a blank line, 3 mark where a new chapter may begin. */
static size_t breaks_around(const char *name)
{
    static const char *const chapters[] = {"h1", "h2", NULL};
    static const char *const blocks[] = {"h3", "h4", "h5", "h6", "p", "pre", "table", "ul", "ol",
                                         "dl", "blockquote", "hr", "title", NULL};
    static const char *const lines[] = {"div", "section", "article", "main", "header", "aside",
                                        "li", "dt", "dd", "tr", "br", "address", "figure",
                                        "figcaption", "caption", "center", "form", "fieldset",
                                        "details", "summary", "body", "option", NULL};
    if (is_one_of(name, chapters)) return 3;
    if (is_one_of(name, blocks)) return 2;
    return is_one_of(name, lines) ? 1 : 0;
}

static void html_break(struct html *html, size_t breaks)
{
    if (breaks > html->breaks) html->breaks = breaks;
    if (breaks) html->space = false;
}

static void html_pay_debts(struct html *html)
{
    size_t breaks = html->breaks > html->newlines ? html->breaks : html->newlines;
    if (html->out->size) {
        for (size_t i = 0; i < breaks; i++) buffer_append_byte(html->out, '\n');
        if (!breaks && html->space) buffer_append_byte(html->out, ' ');
    }
    html->breaks = 0;
    html->newlines = 0;
    html->space = false;
}

static bool html_is_visible(const struct html *html)
{
    return !html->skip_depth && (!html->in_head || html->in_title);
}

static void html_put(struct html *html, uint32_t code)
{
    if (!html_is_visible(html)) return;
    if (code == 0xAD || code == 0xFEFF) return;
    if (code == 0xA0) code = ' ';
    bool space = code < 0x80 && is_space((char)code);
    if (!space) {
        html_pay_debts(html);
        append_code_point(html->out, code);
    } else if (!html->pre_depth) {
        html->space = true;
    } else if (code == '\n') {
        html->newlines++;
    } else if (code != '\r') {
        html_pay_debts(html);
        buffer_append_byte(html->out, (char)code);
    }
}

/* The value of an attribute in a start tag, "" when it has none. */
static struct span attribute(struct span attributes, const char *wanted)
{
    const char *at = attributes.data;
    const char *end = at + attributes.size;
    while (at < end) {
        while (at < end && (is_space(*at) || *at == '/')) at++;
        const char *name = at;
        while (at < end && !is_space(*at) && *at != '=' && *at != '/') at++;
        size_t name_size = (size_t)(at - name);
        while (at < end && is_space(*at)) at++;
        struct span value = {at, 0};
        if (at < end && *at == '=') {
            at++;
            while (at < end && is_space(*at)) at++;
            char quote = at < end && (*at == '"' || *at == '\'') ? *at++ : 0;
            value.data = at;
            while (at < end && (quote ? *at != quote : !is_space(*at))) at++;
            value.size = (size_t)(at - value.data);
            if (quote && at < end) at++;
        } else if (!name_size) {
            at++;
        }
        if (name_size == strlen(wanted) && !strncmp(name, wanted, name_size)) return value;
    }
    return (struct span){"", 0};
}

static bool has_word(struct span list, struct span word)
{
    const char *end = list.data + list.size;
    for (const char *at = list.data; at < end;) {
        while (at < end && is_space(*at)) at++;
        const char *start = at;
        while (at < end && !is_space(*at)) at++;
        if ((size_t)(at - start) == word.size && !memcmp(start, word.data, word.size)) return true;
    }
    return false;
}

/* Navigation that says so itself, signs that only serve linking, and what the caller names. */
static bool is_furniture(const struct html *html, const struct tag *tag)
{
    static const char *const roles[] = {"navigation", "contentinfo", "search", NULL};
    static const char *const classes[] = {"headerlink", "copiable-anchor", "copiable-link", NULL};
    struct span role = attribute(tag->attributes, "role");
    struct span class = attribute(tag->attributes, "class");
    struct span id = attribute(tag->attributes, "id");
    for (const char *const *name = roles; *name; name++) {
        if (has_word(role, (struct span){*name, strlen(*name)})) return true;
    }
    for (const char *const *name = classes; *name; name++) {
        if (has_word(class, (struct span){*name, strlen(*name)})) return true;
    }
    for (size_t i = 0; i < html->drop->count; i++) {
        struct span name = html->drop->names[i];
        if (has_word(class, name) || has_word(id, name)) return true;
    }
    return false;
}

static void html_skip_tag(struct html *html, const struct tag *tag)
{
    if (strcmp(tag->name, html->skipped)) return;
    if (tag->closing) html->skip_depth--;
    else if (!tag->empty) html->skip_depth++;
}

static void html_open(struct html *html, const struct tag *tag)
{
    bool empty = tag->empty || is_void(tag->name);
    if (!empty && (is_left_out(tag->name) || is_furniture(html, tag))) {
        html_break(html, breaks_around(tag->name));
        strcpy(html->skipped, tag->name);
        html->skip_depth = 1;
        return;
    }
    if (!strcmp(tag->name, "head")) html->in_head = true;
    if (!strcmp(tag->name, "body")) html->in_head = false;
    if (!strcmp(tag->name, "title")) html->in_title = true;
    if (!strcmp(tag->name, "pre")) html->pre_depth++;
    if (!strcmp(tag->name, "td") || !strcmp(tag->name, "th")) html->space = true;
    html_break(html, breaks_around(tag->name));
}

static void html_close(struct html *html, const struct tag *tag)
{
    if (!strcmp(tag->name, "head")) html->in_head = false;
    if (!strcmp(tag->name, "title")) html->in_title = false;
    if (!strcmp(tag->name, "pre") && html->pre_depth) html->pre_depth--;
    size_t breaks = breaks_around(tag->name);
    html_break(html, breaks == 3 ? 2 : breaks);
}

/* Reads the tag at `html->at`; a quoted attribute may hold a '>'. */
static struct tag html_read_tag(struct html *html)
{
    struct tag tag = {0};
    const char *at = html->at + 1;
    if (at < html->end && *at == '/') {
        tag.closing = true;
        at++;
    }
    size_t size = 0;
    while (at < html->end && (is_letter(*at) || is_digit(*at) || *at == '-' || *at == ':')) {
        if (size < MAX_NAME - 1) tag.name[size++] = lower(*at);
        at++;
    }
    const char *start = at;
    char quote = 0;
    for (; at < html->end && (quote || *at != '>'); at++) {
        if (quote ? *at == quote : (at[-1] == '=' && (*at == '"' || *at == '\''))) {
            quote = quote ? 0 : *at;
        }
    }
    tag.attributes = (struct span){start, (size_t)(at - start)};
    tag.empty = at > start && at[-1] == '/';
    html->at = at < html->end ? at + 1 : at;
    return tag;
}

static const char *find_text(const char *at, const char *end, const char *wanted)
{
    size_t size = strlen(wanted);
    for (; (size_t)(end - at) >= size; at++) {
        at = memchr(at, wanted[0], (size_t)(end - at));
        if (!at || (size_t)(end - at) < size) return NULL;
        if (!memcmp(at, wanted, size)) return at;
    }
    return NULL;
}

/* Steps over a comment, a declaration or a processing instruction. */
static void html_skip_markup(struct html *html)
{
    const char *closing = ">";
    if (html->end - html->at >= 4 && !memcmp(html->at, "<!--", 4)) closing = "-->";
    const char *found = find_text(html->at + 2, html->end, closing);
    html->at = found ? found + strlen(closing) : html->end;
}

/* Inside script and style a '<' opens nothing but their own end. */
static void html_skip_raw_text(struct html *html)
{
    bool raw = !strcmp(html->skipped, "script") || !strcmp(html->skipped, "style");
    size_t size = strlen(html->skipped);
    while (raw && html->at < html->end) {
        const char *found = find_text(html->at, html->end, "</");
        if (!found || (size_t)(html->end - found) < size + 2) {
            html->at = html->end;
            return;
        }
        size_t same = 0;
        while (same < size && lower(found[2 + same]) == html->skipped[same]) same++;
        html->at = same == size ? found : found + 2;
        if (same == size) return;
    }
}

static void html_step_tag(struct html *html)
{
    struct tag tag = html_read_tag(html);
    if (html->skip_depth) html_skip_tag(html, &tag);
    else if (tag.closing) html_close(html, &tag);
    else html_open(html, &tag);
    if (html->skip_depth) html_skip_raw_text(html);
}

static void html_step_text(struct html *html)
{
    uint32_t code = 0;
    size_t entity = *html->at == '&' ? decode_entity(html->at, html->end, &code) : 0;
    if (entity) {
        html_put(html, code);
        html->at += entity;
        return;
    }
    if ((unsigned char)*html->at < 0x80) {
        html_put(html, (unsigned char)*html->at++);
        return;
    }
    /* U+00A0 in UTF-8; every other long character goes through as its bytes. */
    size_t length = utf8_length(html->at, html->end);
    if (length == 2 && !memcmp(html->at, "\xC2\xA0", 2)) {
        html_put(html, 0xA0);
    } else if (html_is_visible(html)) {
        html_pay_debts(html);
        buffer_append(html->out, html->at, length);
    }
    html->at += length;
}

void html_to_text(struct span file, const struct drop_list *drop, struct buffer *out)
{
    struct html html = {
        .at = file.data, .end = file.data + file.size, .out = out, .drop = drop};
    while (html.at < html.end) {
        char next = *html.at == '<' && html.at + 1 < html.end ? html.at[1] : '\0';
        if (next == '!' || next == '?') html_skip_markup(&html);
        else if (is_letter(next) || next == '/') html_step_tag(&html);
        else html_step_text(&html);
    }
}
