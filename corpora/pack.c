/*
 * pack: turns files into a corpus, one JSON object a line on standard output.
 *
 * File names come on standard input, one a line, relative to the working directory. Every file is
 * read whole, made valid UTF-8, converted to plain text and, when it is long, cut into documents.
 * The output depends on the names, their order, the bytes of the files and the options only.
 *
 * One file although long: it is built by a bare `cc` before anything else of the project is there.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXIT_USAGE = 2,
    EXIT_IO = 4,
    MAX_NAME = 32,        /* longest element or entity name that is looked at */
    MAX_DROPPED = 16,     /* names in one --drop list */
    DEFAULT_CUT_KIB = 30,
    MAX_CUT_KIB = 65536,
};

#define MAX_FILE_BYTES ((size_t)64 << 20)
#define MAX_BUFFER_BYTES ((size_t)256 << 20)

/* ---- buffers ---------------------------------------------------------------------------- */

struct buffer {
    char *data;
    size_t size;
    size_t capacity;
};

struct span {
    const char *data;
    size_t size;
};

static void die(const char *what, const char *name)
{
    fprintf(stderr, "pack: %s: %s: %s\n", name, what, strerror(errno));
    exit(EXIT_IO);
}

static void buffer_reserve(struct buffer *buffer, size_t extra)
{
    if (extra > MAX_BUFFER_BYTES - buffer->size) {
        errno = ENOMEM;
        die("a converted file would not fit its buffer", "memory");
    }
    size_t needed = buffer->size + extra;
    if (needed <= buffer->capacity) return;
    size_t capacity = buffer->capacity ? buffer->capacity : 4096;
    while (capacity < needed) capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (!data) die("cannot grow a buffer", "memory");
    buffer->data = data;
    buffer->capacity = capacity;
}

static void buffer_append(struct buffer *buffer, const char *data, size_t size)
{
    if (!size) return;
    buffer_reserve(buffer, size);
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

static void buffer_append_byte(struct buffer *buffer, char byte)
{
    buffer_append(buffer, &byte, 1);
}

static struct span buffer_span(const struct buffer *buffer)
{
    return (struct span){buffer->data, buffer->size};
}

static void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

static void append_code_point(struct buffer *out, uint32_t code)
{
    char bytes[4];
    if (code < 0x80) {
        buffer_append_byte(out, (char)code);
    } else if (code < 0x800) {
        bytes[0] = (char)(0xC0 | code >> 6);
        bytes[1] = (char)(0x80 | (code & 0x3F));
        buffer_append(out, bytes, 2);
    } else if (code < 0x10000) {
        bytes[0] = (char)(0xE0 | code >> 12);
        bytes[1] = (char)(0x80 | (code >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (code & 0x3F));
        buffer_append(out, bytes, 3);
    } else {
        bytes[0] = (char)(0xF0 | code >> 18);
        bytes[1] = (char)(0x80 | (code >> 12 & 0x3F));
        bytes[2] = (char)(0x80 | (code >> 6 & 0x3F));
        bytes[3] = (char)(0x80 | (code & 0x3F));
        buffer_append(out, bytes, 4);
    }
}

/* ---- characters ------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Length of the valid UTF-8 sequence at `at`, or 0. */
static size_t utf8_length(const char *at, const char *end)
{
    unsigned char first = (unsigned char)at[0];
    if (first < 0x80) return 1;
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || (size_t)(end - at) < length) return 0;
    for (size_t i = 1; i < length; i++) {
        if (!is_continuation(at[i])) return 0;
    }
    unsigned char second = (unsigned char)at[1];
    bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    bool surrogate = first == 0xED && second > 0x9F;
    bool too_large = first == 0xF4 && second > 0x8F;
    return overlong || surrogate || too_large ? 0 : length;
}

static bool is_utf8(struct span text)
{
    const char *end = text.data + text.size;
    for (const char *at = text.data; at < end;) {
        size_t length = utf8_length(at, end);
        if (!length) return false;
        at += length;
    }
    return true;
}

/* What the bytes 0x80 to 0x9F mean where old pages and files use them: Windows-1252. */
static uint32_t windows_1252(uint32_t code)
{
    static const uint16_t high[32] = {
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
        0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
        0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
    };
    return code >= 0x80 && code <= 0x9F ? high[code - 0x80] : code;
}

static void make_utf8(struct buffer *file)
{
    struct buffer converted = {0};
    for (size_t i = 0; i < file->size; i++) {
        append_code_point(&converted, windows_1252((unsigned char)file->data[i]));
    }
    buffer_free(file);
    *file = converted;
}

/* Text has no NUL, and hardly any of the other control bytes that images are full of. */
static bool is_binary(struct span file)
{
    size_t controls = 0;
    for (size_t i = 0; i < file.size; i++) {
        unsigned char c = (unsigned char)file.data[i];
        if (c == 0) return true;
        if (c < 0x20 && !is_space((char)c) && c != '\b' && c != 0x1B) controls++;
    }
    return controls > file.size / 100;
}

/* ---- entities --------------------------------------------------------------------------- */

struct entity {
    char name[12];
    uint16_t code;
};

/* The names of HTML 4, and apos; sorted bytewise. */
static const struct entity entities[] = {
    {"AElig", 198}, {"Aacute", 193}, {"Acirc", 194}, {"Agrave", 192}, {"Alpha", 913},
    {"Aring", 197}, {"Atilde", 195}, {"Auml", 196}, {"Beta", 914}, {"Ccedil", 199}, {"Chi", 935},
    {"Dagger", 8225}, {"Delta", 916}, {"ETH", 208}, {"Eacute", 201}, {"Ecirc", 202},
    {"Egrave", 200}, {"Epsilon", 917}, {"Eta", 919}, {"Euml", 203}, {"Gamma", 915}, {"Iacute", 205},
    {"Icirc", 206}, {"Igrave", 204}, {"Iota", 921}, {"Iuml", 207}, {"Kappa", 922}, {"Lambda", 923},
    {"Mu", 924}, {"Ntilde", 209}, {"Nu", 925}, {"OElig", 338}, {"Oacute", 211}, {"Ocirc", 212},
    {"Ograve", 210}, {"Omega", 937}, {"Omicron", 927}, {"Oslash", 216}, {"Otilde", 213},
    {"Ouml", 214}, {"Phi", 934}, {"Pi", 928}, {"Prime", 8243}, {"Psi", 936}, {"Rho", 929},
    {"Scaron", 352}, {"Sigma", 931}, {"THORN", 222}, {"Tau", 932}, {"Theta", 920}, {"Uacute", 218},
    {"Ucirc", 219}, {"Ugrave", 217}, {"Upsilon", 933}, {"Uuml", 220}, {"Xi", 926}, {"Yacute", 221},
    {"Yuml", 376}, {"Zeta", 918}, {"aacute", 225}, {"acirc", 226}, {"acute", 180}, {"aelig", 230},
    {"agrave", 224}, {"alefsym", 8501}, {"alpha", 945}, {"amp", 38}, {"and", 8743}, {"ang", 8736},
    {"apos", 39}, {"aring", 229}, {"asymp", 8776}, {"atilde", 227}, {"auml", 228}, {"bdquo", 8222},
    {"beta", 946}, {"brvbar", 166}, {"bull", 8226}, {"cap", 8745}, {"ccedil", 231}, {"cedil", 184},
    {"cent", 162}, {"chi", 967}, {"circ", 710}, {"clubs", 9827}, {"cong", 8773}, {"copy", 169},
    {"crarr", 8629}, {"cup", 8746}, {"curren", 164}, {"dArr", 8659}, {"dagger", 8224},
    {"darr", 8595}, {"deg", 176}, {"delta", 948}, {"diams", 9830}, {"divide", 247}, {"eacute", 233},
    {"ecirc", 234}, {"egrave", 232}, {"empty", 8709}, {"emsp", 8195}, {"ensp", 8194},
    {"epsilon", 949}, {"equiv", 8801}, {"eta", 951}, {"eth", 240}, {"euml", 235}, {"euro", 8364},
    {"exist", 8707}, {"fnof", 402}, {"forall", 8704}, {"frac12", 189}, {"frac14", 188},
    {"frac34", 190}, {"frasl", 8260}, {"gamma", 947}, {"ge", 8805}, {"gt", 62}, {"hArr", 8660},
    {"harr", 8596}, {"hearts", 9829}, {"hellip", 8230}, {"iacute", 237}, {"icirc", 238},
    {"iexcl", 161}, {"igrave", 236}, {"image", 8465}, {"infin", 8734}, {"int", 8747}, {"iota", 953},
    {"iquest", 191}, {"isin", 8712}, {"iuml", 239}, {"kappa", 954}, {"lArr", 8656}, {"lambda", 955},
    {"lang", 9001}, {"laquo", 171}, {"larr", 8592}, {"lceil", 8968}, {"ldquo", 8220}, {"le", 8804},
    {"lfloor", 8970}, {"lowast", 8727}, {"loz", 9674}, {"lrm", 8206}, {"lsaquo", 8249},
    {"lsquo", 8216}, {"lt", 60}, {"macr", 175}, {"mdash", 8212}, {"micro", 181}, {"middot", 183},
    {"minus", 8722}, {"mu", 956}, {"nabla", 8711}, {"nbsp", 160}, {"ndash", 8211}, {"ne", 8800},
    {"ni", 8715}, {"not", 172}, {"notin", 8713}, {"nsub", 8836}, {"ntilde", 241}, {"nu", 957},
    {"oacute", 243}, {"ocirc", 244}, {"oelig", 339}, {"ograve", 242}, {"oline", 8254},
    {"omega", 969}, {"omicron", 959}, {"oplus", 8853}, {"or", 8744}, {"ordf", 170}, {"ordm", 186},
    {"oslash", 248}, {"otilde", 245}, {"otimes", 8855}, {"ouml", 246}, {"para", 182},
    {"part", 8706}, {"permil", 8240}, {"perp", 8869}, {"phi", 966}, {"pi", 960}, {"piv", 982},
    {"plusmn", 177}, {"pound", 163}, {"prime", 8242}, {"prod", 8719}, {"prop", 8733}, {"psi", 968},
    {"quot", 34}, {"rArr", 8658}, {"radic", 8730}, {"rang", 9002}, {"raquo", 187}, {"rarr", 8594},
    {"rceil", 8969}, {"rdquo", 8221}, {"real", 8476}, {"reg", 174}, {"rfloor", 8971}, {"rho", 961},
    {"rlm", 8207}, {"rsaquo", 8250}, {"rsquo", 8217}, {"sbquo", 8218}, {"scaron", 353},
    {"sdot", 8901}, {"sect", 167}, {"shy", 173}, {"sigma", 963}, {"sigmaf", 962}, {"sim", 8764},
    {"spades", 9824}, {"sub", 8834}, {"sube", 8838}, {"sum", 8721}, {"sup", 8835}, {"sup1", 185},
    {"sup2", 178}, {"sup3", 179}, {"supe", 8839}, {"szlig", 223}, {"tau", 964}, {"there4", 8756},
    {"theta", 952}, {"thetasym", 977}, {"thinsp", 8201}, {"thorn", 254}, {"tilde", 732},
    {"times", 215}, {"trade", 8482}, {"uArr", 8657}, {"uacute", 250}, {"uarr", 8593},
    {"ucirc", 251}, {"ugrave", 249}, {"uml", 168}, {"upsih", 978}, {"upsilon", 965}, {"uuml", 252},
    {"weierp", 8472}, {"xi", 958}, {"yacute", 253}, {"yen", 165}, {"yuml", 255}, {"zeta", 950},
    {"zwj", 8205}, {"zwnj", 8204},
};

static int compare_entity(const void *name, const void *entity)
{
    return strcmp(name, ((const struct entity *)entity)->name);
}

static uint32_t named_entity(struct span name)
{
    char key[MAX_NAME];
    if (name.size >= sizeof key) return 0;
    memcpy(key, name.data, name.size);
    key[name.size] = '\0';
    const struct entity *found = bsearch(key, entities, sizeof entities / sizeof *entities,
                                         sizeof *entities, compare_entity);
    return found ? found->code : 0;
}

static int digit_value(char c, uint32_t base)
{
    if (is_digit(c)) return c - '0';
    char l = lower(c);
    return base == 16 && l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* The code point of "#65" or "#x41", 0 when it is neither. */
static uint32_t numeric_entity(struct span name)
{
    uint32_t base = name.size > 1 && lower(name.data[1]) == 'x' ? 16 : 10;
    size_t start = base == 16 ? 2 : 1;
    if (start >= name.size) return 0;
    uint32_t code = 0;
    for (size_t i = start; i < name.size; i++) {
        int digit = digit_value(name.data[i], base);
        if (digit < 0) return 0;
        code = code * base + (uint32_t)digit;
        if (code > 0x10FFFF) return 0xFFFD;
    }
    if (code == 0 || (code >= 0xD800 && code <= 0xDFFF)) return 0xFFFD;
    return windows_1252(code);
}

/* Decodes the entity at `at` (an ampersand). Returns its length with the semicolon, or 0. */
static size_t decode_entity(const char *at, const char *end, uint32_t *code)
{
    const char *name = at + 1;
    const char *stop = name;
    while (stop < end && stop - name < MAX_NAME
           && (is_letter(*stop) || is_digit(*stop) || *stop == '#')) {
        stop++;
    }
    if (stop == end || *stop != ';' || stop == name) return 0;
    struct span span = {name, (size_t)(stop - name)};
    *code = *name == '#' ? numeric_entity(span) : named_entity(span);
    return *code ? (size_t)(stop + 1 - at) : 0;
}

/* ---- HTML to plain text ----------------------------------------------------------------- */

/* Class and id names whose elements are left out. */
struct drop_list {
    struct span names[MAX_DROPPED];
    size_t count;
};

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

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++) {
        if (!strcmp(name, *list)) return true;
    }
    return false;
}

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

static void html_to_text(struct span file, const struct drop_list *drop, struct buffer *out)
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

/* ---- plain text ------------------------------------------------------------------------- */

/* Line ends become LF, overstruck characters (x BACKSPACE x) are typed once, other controls go. */
static void clean_text(struct span file, struct buffer *out)
{
    for (size_t i = 0; i < file.size; i++) {
        char c = file.data[i];
        if (c == '\r') {
            if (i + 1 == file.size || file.data[i + 1] != '\n') buffer_append_byte(out, '\n');
        } else if (c == '\b') {
            while (out->size && is_continuation(out->data[out->size - 1])) out->size--;
            if (out->size && out->data[out->size - 1] != '\n') out->size--;
        } else if ((unsigned char)c >= 0x20 || is_space(c)) {
            buffer_append_byte(out, c);
        }
    }
}

/* ---- cutting ---------------------------------------------------------------------------- */

static struct span trim(struct span text)
{
    /* Leading spaces of the first line are its layout: only whole blank lines go. */
    size_t line = 0;
    for (size_t i = 0; i < text.size && is_space(text.data[i]); i++) {
        if (text.data[i] == '\n' || text.data[i] == '\f') line = i + 1;
    }
    text.data += line;
    text.size -= line;
    while (text.size && is_space(text.data[text.size - 1])) text.size--;
    return text;
}

/* How good a place for a cut lies before `at`: 3 a form feed or two blank lines, 2 a blank line,
   1 a line's end. */
static int cut_quality(struct span text, size_t at)
{
    if (text.data[at - 1] == '\f') return 3;
    if (text.data[at - 1] != '\n') return 0;
    if (at < 2 || text.data[at - 2] != '\n') return 1;
    return at >= 3 && text.data[at - 3] == '\n' ? 3 : 2;
}

/* Length of the next document of a text longer than `longest`. Neither it nor the rest becomes
   shorter than a quarter of that. */
static size_t next_cut(struct span text, size_t longest)
{
    size_t shortest = longest / 4;
    size_t limit = text.size - shortest;
    if (limit > longest) limit = longest;
    size_t best = limit;
    while (is_continuation(text.data[best])) best--;
    int best_quality = 0;
    for (size_t at = limit; at > shortest && best_quality < 3; at--) {
        int quality = cut_quality(text, at);
        if (quality > best_quality) {
            best = at;
            best_quality = quality;
        }
    }
    return best;
}

/* ---- output ----------------------------------------------------------------------------- */

struct options {
    const char *package;
    const char *version;
    const char *licence;
    const char *domain;
    const char *kind;
    const char *convert;
    const char *report;
    const char *drop_names;
    const char *cut;
    size_t longest;           /* bytes of text in one document */
    struct drop_list drop;
};

struct counts {
    uint64_t files;
    uint64_t documents;
    uint64_t text_bytes;
    uint64_t from_latin1;
    uint64_t binary;
    uint64_t too_large;
};

static void append_json_string(struct buffer *line, struct span text)
{
    static const char hex[] = "0123456789abcdef";
    buffer_append_byte(line, '"');
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        const char *named = c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '"' ? "\\\""
                          : c == '\\' ? "\\\\" : NULL;
        if (named) {
            buffer_append(line, named, 2);
        } else if ((unsigned char)c < 0x20) {
            const char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            buffer_append(line, escape, sizeof escape);
        } else {
            buffer_append_byte(line, c);
        }
    }
    buffer_append_byte(line, '"');
}

static void append_field(struct buffer *line, const char *key, const char *value)
{
    buffer_append_byte(line, ',');
    append_json_string(line, (struct span){key, strlen(key)});
    buffer_append_byte(line, ':');
    append_json_string(line, (struct span){value, strlen(value)});
}

/* `piece` counts from 1 in a file that was cut, and is 0 in one that was not. */
static void append_id(struct buffer *line, const char *package, const char *name, unsigned piece)
{
    char suffix[16] = "";
    if (piece) snprintf(suffix, sizeof suffix, "#%04u", piece);
    struct buffer id = {0};
    buffer_append(&id, package, strlen(package));
    buffer_append_byte(&id, '/');
    buffer_append(&id, name, strlen(name));
    buffer_append(&id, suffix, strlen(suffix));
    append_json_string(line, buffer_span(&id));
    buffer_free(&id);
}

static void print_document(const struct options *options, const char *name, unsigned piece,
                           struct span text, struct counts *counts)
{
    text = trim(text);
    if (!text.size) return;
    struct buffer line = {0};
    buffer_append(&line, "{\"id\":", 6);
    append_id(&line, options->package, name, piece);
    buffer_append(&line, ",\"text\":", 8);
    append_json_string(&line, text);
    append_field(&line, "source", options->package);
    append_field(&line, "version", options->version);
    append_field(&line, "licence", options->licence);
    append_field(&line, "domain", options->domain);
    append_field(&line, "kind", options->kind);
    buffer_append(&line, "}\n", 2);
    if (fwrite(line.data, 1, line.size, stdout) != line.size) die("cannot write", "stdout");
    buffer_free(&line);
    counts->documents++;
    counts->text_bytes += text.size;
}

/* Source code stays whole: half a file is no program. */
static void print_documents(const struct options *options, const char *name, struct span text,
                            struct counts *counts)
{
    text = trim(text);
    bool whole = !strcmp(options->convert, "code") || text.size <= options->longest;
    if (whole) {
        print_document(options, name, 0, text, counts);
        return;
    }
    unsigned piece = 1;
    while (text.size > options->longest) {
        size_t size = next_cut(text, options->longest);
        print_document(options, name, piece++, (struct span){text.data, size}, counts);
        text.data += size;
        text.size -= size;
    }
    print_document(options, name, piece, text, counts);
}

/* ---- files ------------------------------------------------------------------------------ */

static bool read_whole(const char *name, struct buffer *file)
{
    FILE *stream = fopen(name, "rb");
    if (!stream) die("cannot open", name);
    char block[65536];
    size_t size;
    while ((size = fread(block, 1, sizeof block, stream)) && file->size <= MAX_FILE_BYTES) {
        buffer_append(file, block, size);
    }
    if (ferror(stream)) die("cannot read", name);
    fclose(stream);
    return file->size <= MAX_FILE_BYTES;
}

static void convert(const struct options *options, struct span file, struct buffer *text)
{
    if (!strcmp(options->convert, "html")) html_to_text(file, &options->drop, text);
    else clean_text(file, text);
}

static void pack_file(const struct options *options, const char *name, struct counts *counts)
{
    struct buffer file = {0};
    struct buffer text = {0};
    counts->files++;
    if (!read_whole(name, &file)) {
        counts->too_large++;
    } else if (is_binary(buffer_span(&file))) {
        counts->binary++;
    } else {
        if (!is_utf8(buffer_span(&file))) {
            make_utf8(&file);
            counts->from_latin1++;
        }
        convert(options, buffer_span(&file), &text);
        print_documents(options, name, buffer_span(&text), counts);
    }
    buffer_free(&text);
    buffer_free(&file);
}

static void pack_named_files(const struct options *options, struct counts *counts)
{
    char *name = NULL;
    size_t capacity = 0;
    ssize_t size;
    while ((size = getline(&name, &capacity, stdin)) > 0) {
        if (name[size - 1] == '\n') name[size - 1] = '\0';
        if (*name) pack_file(options, name, counts);
    }
    if (ferror(stdin)) die("cannot read the list of files", "stdin");
    free(name);
}

static void tell_what_was_odd(const struct options *options, const struct counts *counts)
{
    if (counts->binary) {
        fprintf(stderr, "pack: %s: %llu binary files left out\n", options->package,
                (unsigned long long)counts->binary);
    }
    if (counts->too_large) {
        fprintf(stderr, "pack: %s: %llu files over %zu MiB left out\n", options->package,
                (unsigned long long)counts->too_large, MAX_FILE_BYTES >> 20);
    }
}

/* One line: files, documents, bytes of text, files converted from Latin-1, files left out. */
static void write_report(const char *name, const struct counts *counts)
{
    FILE *stream = fopen(name, "w");
    if (!stream) die("cannot open", name);
    fprintf(stream, "%llu\t%llu\t%llu\t%llu\t%llu\n", (unsigned long long)counts->files,
            (unsigned long long)counts->documents, (unsigned long long)counts->text_bytes,
            (unsigned long long)counts->from_latin1,
            (unsigned long long)(counts->binary + counts->too_large));
    if (fclose(stream)) die("cannot write", name);
}

/* ---- options ---------------------------------------------------------------------------- */

static void usage(FILE *stream)
{
    fputs("usage: pack --package NAME --version V --licence L --domain D --kind K\n"
          "            --convert html|text|code [--cut KIB] [--drop NAME,NAME..]\n"
          "            [--report FILE] < names\n"
          "\n"
          "Reads file names, one a line, and writes one JSON document a line.\n"
          "  --convert html   tags removed, entities decoded, blocks on lines of their own\n"
          "  --convert text   as it is; long files are cut at blank lines\n"
          "  --convert code   as it is, never cut\n"
          "  --cut KIB        the longest document that a file is cut into (30)\n"
          "  --drop NAMES     HTML elements with one of these classes or ids are left out\n"
          "  --report FILE    files, documents, text bytes, converted, left out; on one line\n",
          stream);
}

static const char **option_slot(struct options *options, const char *name)
{
    if (!strcmp(name, "--package")) return &options->package;
    if (!strcmp(name, "--version")) return &options->version;
    if (!strcmp(name, "--licence")) return &options->licence;
    if (!strcmp(name, "--domain")) return &options->domain;
    if (!strcmp(name, "--kind")) return &options->kind;
    if (!strcmp(name, "--convert")) return &options->convert;
    if (!strcmp(name, "--report")) return &options->report;
    if (!strcmp(name, "--cut")) return &options->cut;
    if (!strcmp(name, "--drop")) return &options->drop_names;
    return NULL;
}

static bool parse_drop_names(struct options *options)
{
    const char *at = options->drop_names;
    while (at && *at) {
        size_t size = strcspn(at, ",");
        if (options->drop.count == MAX_DROPPED) return false;
        if (size) options->drop.names[options->drop.count++] = (struct span){at, size};
        at += size + (at[size] == ',');
    }
    return true;
}

/* "-" stands for no wish, as in a table's empty field. */
static bool parse_cut(struct options *options)
{
    size_t kib = 0;
    const char *cut = options->cut;
    if (!cut || !strcmp(cut, "-")) {
        kib = DEFAULT_CUT_KIB;
    } else {
        for (; is_digit(*cut) && kib <= MAX_CUT_KIB; cut++) kib = kib * 10 + (size_t)(*cut - '0');
        if (*cut) return false;
    }
    options->longest = kib << 10;
    return kib > 0 && kib <= MAX_CUT_KIB;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
    static const char *const conversions[] = {"html", "text", "code", NULL};
    for (int i = 1; i < argc; i += 2) {
        const char **slot = option_slot(options, argv[i]);
        if (!slot || i + 1 == argc) return false;
        *slot = argv[i + 1];
    }
    return options->package && options->version && options->licence && options->domain
        && options->kind && options->convert && is_one_of(options->convert, conversions)
        && parse_drop_names(options) && parse_cut(options);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--help")) {
        usage(stdout);
        return EXIT_SUCCESS;
    }
    struct options options = {0};
    if (!parse_options(argc, argv, &options)) {
        usage(stderr);
        return EXIT_USAGE;
    }
    struct counts counts = {0};
    pack_named_files(&options, &counts);
    if (fflush(stdout)) die("cannot write", "stdout");
    tell_what_was_odd(&options, &counts);
    if (options.report) write_report(options.report, &counts);
    return EXIT_SUCCESS;
}
