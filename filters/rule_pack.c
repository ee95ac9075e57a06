/*
 * Reading rule packs: YAML by libyaml's document tree, patterns by PCRE2 with its JIT where the machine has one. Every
 * complaint names file and line. Owns the compiled patterns and the names.
 */
#include "rule_pack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <yaml.h>

#define MAX_YAML_BYTES ((size_t)1 << 20)
#define MAX_RULES 1000
#define MAX_NAME 64

struct source {
    const char *file;
    yaml_document_t *yaml;
    tamis_err *err;
};

#define FAIL(source, node, ...) fail_at((source), (node)->start_mark.line + 1, __VA_ARGS__)

static tamis_status fail_at(const struct source *source, size_t line, const char *what, const char *value,
                            const char *todo)
{
    return tamis_fail(source->err, TAMIS_USAGE, "%s:%zu: %s \"%.80s\": %s", source->file, line, what, value, todo);
}

static tamis_status fail_memory(tamis_err *err)
{
    return tamis_fail(err, TAMIS_IO, "out of memory while reading a rule pack: give the program more memory");
}

/* ---- Nodes ------------------------------------------------------------------------------------------------------ */

static yaml_node_t *node_at(const struct source *source, int index)
{
    return yaml_document_get_node(source->yaml, index);
}

static const char *text_of(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

static bool is(const yaml_node_t *node, const char *text)
{
    return strcmp(text_of(node), text) == 0;
}

/* `keys` are the names allowed, `values` receives a node for each, NULL where it is not there. */
static tamis_status read_map(const struct source *source, const yaml_node_t *map, const char *const *keys,
                             const char *known, const yaml_node_t **values, size_t count)
{
    if (map->type != YAML_MAPPING_NODE) {
        return FAIL(source, map, "this must be a map with keys, not", text_of(map), known);
    }
    for (const yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *const key = node_at(source, pair->key);
        size_t i = 0;
        while (i < count && !is(key, keys[i])) {
            i++;
        }
        if (i == count) {
            return FAIL(source, key, "unknown key", text_of(key), known);
        }
        if (values[i]) {
            return FAIL(source, key, "this key stands twice:", text_of(key), "remove one of them");
        }
        values[i] = node_at(source, pair->value);
    }
    return TAMIS_OK;
}

static bool is_name(const char *text)
{
    const size_t len = strlen(text);
    return len > 0 && len <= MAX_NAME && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

/* Up to 15 digits, 0 or more of them after a point: the quotient of two whole numbers is rounded once, correctly. */
static bool read_number(const char *text, double *value)
{
    double digits = 0, unit = 1;
    size_t count = 0;
    bool point = false;
    for (; *text; text++) {
        if (*text == '.' && !point && count > 0) {
            point = true;
            continue;
        }
        if (*text < '0' || *text > '9' || ++count > 15) {
            return false;
        }
        digits = digits * 10 + (*text - '0');
        unit *= point ? 10 : 1;
    }
    *value = digits / unit;
    return count > 0;
}

/* ---- Rules ------------------------------------------------------------------------------------------------------ */

static tamis_status compile(const char *where, tamis_str pattern, uint32_t flags, pcre2_code **code, tamis_err *err)
{
    pcre2_compile_context *const context = pcre2_compile_context_create(NULL);
    if (!context) {
        return fail_memory(err);
    }
    pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
    int number = 0;
    PCRE2_SIZE offset = 0;
    const uint32_t always = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_USE_OFFSET_LIMIT;
    *code = pcre2_compile((PCRE2_SPTR)pattern.at, pattern.len, flags | always, &number, &offset, context);
    pcre2_compile_context_free(context);
    if (!*code && number == PCRE2_ERROR_HEAP_FAILED) {
        return fail_memory(err);
    }
    if (!*code) {
        PCRE2_UCHAR message[160] = "";
        pcre2_get_error_message(number, message, sizeof message);
        return tamis_fail(err, TAMIS_USAGE, "%s: the pattern is wrong at offset %zu: %s: mend it there", where, offset,
                          (const char *)message);
    }
    /* without a JIT compiler the same pattern is interpreted */
    (void)pcre2_jit_compile(*code, PCRE2_JIT_COMPLETE);
    return TAMIS_OK;
}

static bool has_jit(const pcre2_code *code)
{
    size_t bytes = 0;
    return pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &bytes) == 0 && bytes > 0;
}

static bool is_anchored(const pcre2_code *code)
{
    uint32_t options = 0;
    return pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options) == 0 && (options & PCRE2_ANCHORED);
}

static char *copy_bytes(tamis_str bytes)
{
    char *const copy = malloc(bytes.len + 1);
    if (copy) {
        memcpy(copy, bytes.at, bytes.len);
        copy[bytes.len] = '\0';
    }
    return copy;
}

static char *copy_text(const char *text)
{
    return copy_bytes((tamis_str){text, strlen(text)});
}

/* XXH3 of everything that makes a rule, seeded by the rules before it. */
static uint64_t fingerprint(uint64_t before, const char *name, tamis_str pattern, uint32_t flags, int test,
                            double above)
{
    uint64_t bits = 0;
    memcpy(&bits, &above, sizeof bits);
    const uint64_t rest[] = {flags, (uint64_t)test, bits, XXH3_64bits(name, strlen(name))};
    return XXH3_64bits_withSeed(rest, sizeof rest, XXH3_64bits_withSeed(pattern.at, pattern.len, before));
}

tamis_status rule_pack_add(struct rule_pack *pack, const char *where, const char *name, tamis_str pattern,
                           uint32_t pcre2_flags, int test, double above, tamis_err *err)
{
    if (pack->count == pack->cap) {
        const size_t cap = pack->cap ? pack->cap * 2 : 8;
        struct pack_rule *const rules = realloc(pack->rules, cap * sizeof *rules);
        if (!rules) {
            return fail_memory(err);
        }
        pack->rules = rules;
        pack->cap = cap;
    }
    struct pack_rule rule = {.name = copy_text(name), .pattern = copy_bytes(pattern), .pattern_len = pattern.len,
                             .flags = pcre2_flags, .test = test, .above = above};
    const bool copied = rule.name && rule.pattern;
    const tamis_status status = copied ? compile(where, pattern, pcre2_flags, &rule.code, err) : fail_memory(err);
    if (status) {
        free(rule.name);
        free(rule.pattern);
        return status;
    }
    rule.has_jit = has_jit(rule.code);
    rule.anchored = is_anchored(rule.code);
    pack->rules[pack->count++] = rule;
    pack->fingerprint = fingerprint(pack->fingerprint, name, pattern, pcre2_flags, test, above);
    return TAMIS_OK;
}

static tamis_status read_flags(const struct source *source, const yaml_node_t *list, uint32_t *flags)
{
    static const struct {
        const char *name;
        uint32_t flag;
    } known[] = {
        {"caseless", PCRE2_CASELESS}, {"multiline", PCRE2_MULTILINE}, {"dotall", PCRE2_DOTALL},
        {"extended", PCRE2_EXTENDED}, {"ucp", PCRE2_UCP},
    };
    if (list->type != YAML_SEQUENCE_NODE) {
        return FAIL(source, list, "flags must be a list, not", text_of(list), "write flags: [caseless]");
    }
    for (const int *item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++) {
        const yaml_node_t *const node = node_at(source, *item);
        size_t i = 0;
        while (i < sizeof known / sizeof *known && !is(node, known[i].name)) {
            i++;
        }
        if (i == sizeof known / sizeof *known) {
            return FAIL(source, node, "unknown flag", text_of(node),
                        "there are caseless, multiline, dotall, extended and ucp");
        }
        *flags |= known[i].flag;
    }
    return TAMIS_OK;
}

static tamis_status read_test(const struct source *source, const yaml_node_t *node, int *test)
{
    static const char *const names[] = {[PACK_COUNT] = "count", [PACK_LINE_SHARE] = "line_share",
                                        [PACK_CHAR_SHARE] = "char_share"};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (is(node, names[i])) {
            *test = i;
            return TAMIS_OK;
        }
    }
    return FAIL(source, node, "unknown test", text_of(node), "there are count, line_share and char_share");
}

static tamis_status check_new(const struct source *source, const struct rule_pack *pack, const yaml_node_t *node,
                              const char *name)
{
    for (size_t i = 0; i < pack->count; i++) {
        if (strcmp(pack->rules[i].name, name) == 0) {
            return FAIL(source, node, "a rule of this name was there before:", name, "give one of them another name");
        }
    }
    return TAMIS_OK;
}

static tamis_status read_rule(const struct source *source, struct rule_pack *pack, const char *pack_name,
                              const yaml_node_t *map)
{
    enum { NAME, PATTERN, FLAGS, TEST, ABOVE, SUMMARY, KEYS };
    static const char *const keys[KEYS] = {"name", "pattern", "flags", "test", "above", "summary"};
    static const char known[] = "a rule has name, pattern, flags, test, above and summary";
    const yaml_node_t *value[KEYS] = {NULL};
    tamis_status status = read_map(source, map, keys, known, value, KEYS);
    if (status) {
        return status;
    }
    for (size_t i = 0; i < KEYS; i++) {
        if (!value[i] && i != FLAGS && i != SUMMARY) {
            return FAIL(source, map, "this rule lacks the key", keys[i], known);
        }
    }
    if (!is_name(text_of(value[NAME]))) {
        return FAIL(source, value[NAME], "bad name", text_of(value[NAME]), "use a-z, 0-9, _ and -, at most 64");
    }
    double above = 0;
    if (!read_number(text_of(value[ABOVE]), &above)) {
        return FAIL(source, value[ABOVE], "bad number", text_of(value[ABOVE]), "write it like 3 or 0.25");
    }
    if (value[PATTERN]->type != YAML_SCALAR_NODE || value[PATTERN]->data.scalar.length == 0) {
        return FAIL(source, value[PATTERN], "no pattern", text_of(value[PATTERN]), "write one in single quotes");
    }
    char name[2 * MAX_NAME + 2], where[512];
    snprintf(name, sizeof name, "%s.%s", pack_name, text_of(value[NAME]));
    snprintf(where, sizeof where, "%.480s:%zu", source->file, value[PATTERN]->start_mark.line + 1);
    uint32_t flags = 0;
    int test = PACK_COUNT;
    if ((status = check_new(source, pack, value[NAME], name)) ||
        (value[FLAGS] && (status = read_flags(source, value[FLAGS], &flags))) ||
        (status = read_test(source, value[TEST], &test))) {
        return status;
    }
    const tamis_str pattern = {text_of(value[PATTERN]), value[PATTERN]->data.scalar.length};
    return rule_pack_add(pack, where, name, pattern, flags, test, above, source->err);
}

/* ---- Packs ------------------------------------------------------------------------------------------------------ */

static tamis_status read_kinds(const struct source *source, const yaml_node_t *list)
{
    if (list->type != YAML_SEQUENCE_NODE) {
        return FAIL(source, list, "kinds must be a list, not", text_of(list), "write kinds: [prose]");
    }
    for (const int *item = list->data.sequence.items.start; item < list->data.sequence.items.top; item++) {
        const yaml_node_t *const node = node_at(source, *item);
        if (!is(node, "prose")) {
            return FAIL(source, node, "packs are made for prose, not for", text_of(node),
                        "write kinds: [prose] here and on: KIND beside the filter in the recipe");
        }
    }
    return TAMIS_OK;
}

static tamis_status read_language(const struct source *source, struct rule_pack *pack, const yaml_node_t *list)
{
    const bool many = list->type == YAML_SEQUENCE_NODE;
    const bool one = many && list->data.sequence.items.top - list->data.sequence.items.start == 1;
    const yaml_node_t *const node = one ? node_at(source, *list->data.sequence.items.start) : list;
    if (!one || !is_name(text_of(node))) {
        return FAIL(source, node, "a pack is for one language or for all, not for", text_of(node),
                    "write languages: [en], or leave the key out");
    }
    pack->language = copy_text(text_of(node));
    return pack->language ? TAMIS_OK : fail_memory(source->err);
}

static tamis_status read_pack(const struct source *source, struct rule_pack *pack)
{
    enum { VERSION, NAME, KINDS, LANGUAGES, RULES, KEYS };
    static const char *const keys[KEYS] = {"version", "name", "kinds", "languages", "rules"};
    static const char known[] = "a pack has version, name, kinds, languages and rules";
    const yaml_node_t *const root = yaml_document_get_root_node(source->yaml);
    const yaml_node_t *value[KEYS] = {NULL};
    if (!root) {
        return fail_at(source, 1, "there is nothing in", source->file, known);
    }
    tamis_status status = read_map(source, root, keys, known, value, KEYS);
    if (status) {
        return status;
    }
    if (!value[VERSION] || !value[NAME] || !value[RULES]) {
        return FAIL(source, root, "this pack lacks one of the keys", "version, name, rules", known);
    }
    if (!is(value[VERSION], "1")) {
        return FAIL(source, value[VERSION], "unknown version", text_of(value[VERSION]),
                    "this program reads version 1");
    }
    if (!is_name(text_of(value[NAME]))) {
        return FAIL(source, value[NAME], "bad name", text_of(value[NAME]), "use a-z, 0-9, _ and -, at most 64");
    }
    if (value[RULES]->type != YAML_SEQUENCE_NODE) {
        return FAIL(source, value[RULES], "rules must be a list, not", text_of(value[RULES]), known);
    }
    const yaml_node_item_t *item = value[RULES]->data.sequence.items.start;
    const yaml_node_item_t *const end = value[RULES]->data.sequence.items.top;
    if (item == end || end - item > MAX_RULES) {
        return FAIL(source, value[RULES], "a pack has 1 to 1000 rules, not those of", source->file, "split the pack");
    }
    status = value[KINDS] ? read_kinds(source, value[KINDS]) : TAMIS_OK;
    if (!status && value[LANGUAGES]) {
        status = read_language(source, pack, value[LANGUAGES]);
    }
    for (; !status && item < end; item++) {
        status = read_rule(source, pack, text_of(value[NAME]), node_at(source, *item));
    }
    return status;
}

static tamis_status parse_pack(struct rule_pack *pack, const char *file, tamis_str yaml, tamis_err *err)
{
    yaml_parser_t parser;
    yaml_document_t document;
    if (!yaml_parser_initialize(&parser)) {
        return fail_memory(err);
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)yaml.at, yaml.len);
    tamis_status status = TAMIS_OK;
    if (!yaml_parser_load(&parser, &document)) {
        status = parser.error == YAML_MEMORY_ERROR
                     ? fail_memory(err)
                     : tamis_fail(err, TAMIS_USAGE, "%s:%zu: this is not YAML: %s: put patterns in single quotes", file,
                                  parser.problem_mark.line + 1, parser.problem ? parser.problem : "unreadable");
    } else {
        const struct source source = {file, &document, err};
        status = read_pack(&source, pack);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return status;
}

static tamis_status load_file(struct rule_pack *pack, const char *path, tamis_err *err)
{
    FILE *const file = fopen(path, "rb");
    if (!file) {
        return tamis_fail(err, TAMIS_USAGE, "cannot open the rule pack %s: %s: check the path", path, strerror(errno));
    }
    char *const yaml = malloc(MAX_YAML_BYTES + 1);
    const size_t len = yaml ? fread(yaml, 1, MAX_YAML_BYTES + 1, file) : 0;
    tamis_status status = TAMIS_OK;
    if (!yaml) {
        status = fail_memory(err);
    } else if (ferror(file)) {
        status = tamis_fail(err, TAMIS_IO, "cannot read the rule pack %s: %s", path, strerror(errno));
    } else if (len > MAX_YAML_BYTES) {
        status = tamis_fail(err, TAMIS_USAGE, "the rule pack %s is larger than 1 MiB: split it", path);
    } else {
        status = parse_pack(pack, path, (tamis_str){yaml, len}, err);
    }
    free(yaml);
    fclose(file);
    return status;
}

tamis_status rule_pack_load(struct rule_pack *pack, const char *name, tamis_err *err)
{
    static const char ending[] = ".yaml";
    const size_t len = strlen(name), tail = sizeof ending - 1;
    if (len > tail && strcmp(name + len - tail, ending) == 0) {
        return load_file(pack, name, err);
    }
    tamis_str yaml;
    if (!tamis_pack(name, &yaml)) {
        const char *const near = tamis_pack_nearest(name);
        return tamis_fail(err, TAMIS_USAGE, "no rule pack called \"%.80s\" is built in%s%s%s; give a name or a path "
                          "that ends in .yaml", name, near ? " (did you mean '" : "", near ? near : "",
                          near ? "'?)" : "");
    }
    return parse_pack(pack, name, yaml, err);
}

void rule_pack_release(struct rule_pack *pack)
{
    for (size_t i = 0; i < pack->count; i++) {
        free(pack->rules[i].name);
        free(pack->rules[i].pattern);
        pcre2_code_free(pack->rules[i].code);
    }
    free(pack->rules);
    free(pack->language);
    *pack = (struct rule_pack){0};
}
