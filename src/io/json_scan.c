/*
 * A walk along the members of the outermost object. Members that nobody asked for are checked all the same, since a
 * line with anything wrong in it is refused. Everything stops at the NUL behind the input: no token begins with it.
 */
#include "io/json_scan.h"

#include <string.h>

#include "io/json_line.h"
#include "io/units.h"

enum { FIELD_TEXT = 1, FIELD_ID = 2, FIELD_LANGUAGE = 4, FIELD_TOKENS = 8, FIELD_NUMBER = 16 };

#define MOST_NESTED 64
#define EXACT_DIGITS 15 /* any number of so many digits is a double */

/* One line being read. */
struct scan {
    const struct scan_plan *plan;
    struct record *record;
    char *out;     /* behind the strings kept; those to be thrown away are written there too */
    unsigned seen; /* a bit for each key of the plan */
    bool has_text;
};

/* ---- The plan --------------------------------------------------------------------------------------------------- */

static bool is_plain_name(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || (unsigned char)*at >= 0x7f || strchr("\"\\.", *at) != NULL) {
            return false;
        }
    }
    return true;
}

static uint64_t load_head(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

static void set_head(struct scan_key *key)
{
    char head[sizeof key->head] = {0}, mask[sizeof key->mask] = {0};
    for (size_t i = 0; i < sizeof head && i <= key->length; i++) {
        head[i] = i < key->length ? key->key[i] : '"';
        mask[i] = (char)0xff;
    }
    key->head = load_head(head);
    key->mask = load_head(mask);
}

static void ask(struct scan_plan *plan, const char *name, unsigned field)
{
    if (name == NULL) {
        return;
    }
    plan->usable = plan->usable && is_plain_name(name);
    for (size_t i = 0; i < plan->count; i++) {
        if (strcmp(plan->keys[i].key, name) == 0) {
            plan->keys[i].fields |= field;
            return;
        }
    }
    struct scan_key *const key = &plan->keys[plan->count++];
    *key = (struct scan_key){.key = name, .length = strlen(name), .fields = field};
    set_head(key);
}

void scan_plan(struct scan_plan *plan, struct parser *parser, const struct record_fields *fields)
{
    *plan = (struct scan_plan){.unescape = parser->unescape, .parser = parser, .usable = parser->unescape != NULL,
                               .wants_text = fields->text != NULL};
    ask(plan, fields->text, FIELD_TEXT);
    ask(plan, fields->id, FIELD_ID);
    ask(plan, fields->language, FIELD_LANGUAGE);
    ask(plan, fields->tokens, FIELD_TOKENS);
    for (size_t i = 0; i < RECORD_NUMBERS; i++) {
        ask(plan, fields->numbers[i], (unsigned)FIELD_NUMBER << i);
    }
}

/* ---- Values that nobody asked for ------------------------------------------------------------------------------- */

static inline const char *skip_space(const char *at)
{
    while (*at == ' ' || *at == '\t' || *at == '\r') {
        at++;
    }
    return at;
}

/* `at` is behind the opening quote. */
static inline const char *skip_string(const struct scan *s, const char *at)
{
    char *nowhere = s->out;
    return s->plan->unescape(at, &nowhere);
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *at)
{
    if (!is_digit(*at)) {
        return NULL;
    }
    while (is_digit(*at)) {
        at++;
    }
    return at;
}

/* Behind the whole part of the number at `at`; NULL: there is none. */
static const char *skip_integer(const char *at)
{
    at += *at == '-';
    return *at == '0' ? at + 1 : skip_digits(at);
}

static const char *skip_number(const char *at)
{
    at = skip_integer(at);
    if (at != NULL && *at == '.') {
        at = skip_digits(at + 1);
    }
    if (at != NULL && (*at == 'e' || *at == 'E')) {
        at++;
        at = skip_digits(at + (*at == '+' || *at == '-'));
    }
    return at;
}

static const char *skip_word(const char *at)
{
    if (memcmp(at, "true", 4) == 0 || memcmp(at, "null", 4) == 0) {
        return at + 4;
    }
    return memcmp(at, "false", 5) == 0 ? at + 5 : NULL;
}

static const char *skip_scalar(const struct scan *s, const char *at)
{
    if (*at == '"') {
        return skip_string(s, at + 1);
    }
    return *at == '-' || is_digit(*at) ? skip_number(at) : skip_word(at);
}

/* From a key's opening quote to its value. */
static const char *skip_key(const struct scan *s, const char *at)
{
    at = *at == '"' ? skip_string(s, at + 1) : NULL;
    at = at != NULL ? skip_space(at) : NULL;
    return at != NULL && *at == ':' ? skip_space(at + 1) : NULL;
}

/* Behind the value at `at`, whatever it is; NULL: not sure. */
static const char *skip_value(const struct scan *s, const char *at)
{
    uint64_t objects = 0; /* the lowest bit: what is open innermost is an object */
    unsigned depth = 0;
    for (;;) {
        if (*at == '{' || *at == '[') {
            const bool object = *at == '{';
            if (depth++ == MOST_NESTED) {
                return NULL;
            }
            objects = objects << 1 | object;
            at = skip_space(at + 1);
            if (*at != (object ? '}' : ']')) {
                at = object ? skip_key(s, at) : at;
                if (at == NULL) {
                    return NULL;
                }
                continue;
            }
        } else {
            at = skip_scalar(s, at);
            at = at != NULL && depth > 0 ? skip_space(at) : at;
        }
        while (at != NULL && depth > 0 && *at == ((objects & 1) != 0 ? '}' : ']')) {
            objects >>= 1;
            at = --depth > 0 ? skip_space(at + 1) : at + 1;
        }
        if (at == NULL || depth == 0) {
            return at;
        }
        at = *at == ',' ? skip_space(at + 1) : NULL;
        at = at != NULL && (objects & 1) != 0 ? skip_key(s, at) : at;
        if (at == NULL) {
            return NULL;
        }
    }
}

/* ---- Values asked for ------------------------------------------------------------------------------------------- */

static const char *read_string(struct scan *s, const char *at, unsigned fields)
{
    char *end = s->out;
    const char *const behind = s->plan->unescape(at, &end);
    if (behind == NULL) {
        return NULL;
    }
    const tamis_str raw = {at, (size_t)(behind - 1 - at)}, text = {s->out, (size_t)(end - s->out)};
    const bool escaped = raw.len != text.len;
    if ((fields & FIELD_ID) != 0) {
        s->record->id = escaped ? text : raw;
    }
    if ((fields & FIELD_LANGUAGE) != 0) {
        s->record->language = escaped ? text : raw;
    }
    if ((fields & FIELD_TEXT) != 0) {
        s->record->text = text;
        s->has_text = true;
    }
    if (escaped || (fields & FIELD_TEXT) != 0) {
        s->out = end;
    }
    return behind;
}

static void set_numbers(struct record *record, unsigned fields, double value)
{
    for (size_t i = 0; i < RECORD_NUMBERS; i++) {
        if ((fields & (unsigned)FIELD_NUMBER << i) != 0) {
            record->numbers[i] = value;
        }
    }
}

/* A number as the strict parser sees it. */
static bool read_any_number(struct scan *s, tamis_str number, unsigned fields)
{
    struct dom_value value;
    enum reject reject = REJECT_NONE;
    if (json_line_parse(s->plan->parser, number, &reject, NULL) != TAMIS_OK || reject != REJECT_NOT_AN_OBJECT) {
        return false;
    }
    dom_root(json_line_dom(s->plan->parser), &value);
    if ((fields & FIELD_TOKENS) != 0) {
        s->record->tokens = json_line_tokens(&value);
    }
    set_numbers(s->record, fields, value.real);
    return true;
}

static const char *read_number(struct scan *s, const char *at, unsigned fields)
{
    const char *const end = skip_number(at);
    if (end == NULL) {
        return NULL;
    }
    const tamis_str number = {at, (size_t)(end - at)};
    const bool negative = *at == '-';
    uint64_t value = 0;
    const char *digit = at + negative;
    for (; digit < end && is_digit(*digit) && digit - at < EXACT_DIGITS; digit++) {
        value = value * 10 + (uint64_t)(*digit - '0');
    }
    if ((fields & FIELD_ID) != 0) {
        if (skip_integer(at) != end) {
            return NULL; /* its shortest text is to be found */
        }
        s->record->id = number; /* whole numbers as they are written */
    }
    if (digit < end || (negative && value == 0)) {
        return read_any_number(s, number, fields) ? end : NULL;
    }
    if ((fields & FIELD_TOKENS) != 0) {
        s->record->tokens = !negative && value <= UINT32_MAX ? (uint32_t)value : 0;
    }
    set_numbers(s->record, fields, negative ? -(double)value : (double)value);
    return end;
}

static const char *read_value(struct scan *s, const char *at, unsigned fields)
{
    if (*at == '"') {
        return read_string(s, at + 1, fields);
    }
    if ((fields & FIELD_TEXT) != 0) {
        return NULL;
    }
    return *at == '-' || is_digit(*at) ? read_number(s, at, fields) : skip_value(s, at);
}

/* ---- Members ---------------------------------------------------------------------------------------------------- */

/* The index of the key at `at` among those asked for, or their count; *behind its closing quote. */
static inline size_t find_key(const struct scan *s, const char *at, const char **behind)
{
    const struct scan_plan *const plan = s->plan;
    const uint64_t head = load_head(at);
    for (size_t i = 0; i < plan->count; i++) {
        const struct scan_key *const key = &plan->keys[i];
        if (((head ^ key->head) & key->mask) != 0) {
            continue;
        }
        if (key->length < sizeof head || (strncmp(at, key->key, key->length) == 0 && at[key->length] == '"')) {
            *behind = at + key->length + 1;
            return i;
        }
    }
    *behind = skip_string(s, at);
    return plan->count;
}

/* Behind the member whose key's opening quote is at `at`; NULL: not sure. */
static inline const char *read_member(struct scan *s, const char *at)
{
    const char *behind = NULL;
    const size_t key = find_key(s, at + 1, &behind);
    if (behind == NULL) {
        return NULL;
    }
    if (key == s->plan->count && memchr(at, '\\', (size_t)(behind - at)) != NULL) {
        return NULL; /* it may be a key asked for */
    }
    at = skip_space(behind);
    if (*at != ':') {
        return NULL;
    }
    at = skip_space(at + 1);
    if (key == s->plan->count || (s->seen >> key & 1) != 0) {
        return skip_value(s, at);
    }
    s->seen |= 1u << key;
    return read_value(s, at, s->plan->keys[key].fields);
}

const char *scan_line(const struct scan_plan *plan, const char *at, char **room, struct record *record)
{
    struct scan s = {.plan = plan, .record = record, .out = *room};
    at = skip_space(at);
    if (*at != '{') {
        return NULL;
    }
    do {
        at = skip_space(at + 1);
        if (*at != '"') { /* {} has no text: the strict parser says so */
            return NULL;
        }
        at = read_member(&s, at);
        if (at == NULL) {
            return NULL;
        }
        at = skip_space(at);
    } while (*at == ',');
    if (*at != '}' || (plan->wants_text && !s.has_text)) {
        return NULL;
    }
    *room = s.out;
    return skip_space(at + 1);
}
