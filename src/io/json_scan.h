/*
 * Private to io: one line of JSON Lines read in one go, without looking for its end first. What is an ordinary line is
 * read to the end; of any other the scan says that it is not sure, and the strict parser (json_line.h) has the word.
 * What the scan accepts the strict parser accepts too, with the same values.
 */
#ifndef TAMIS_IO_JSON_SCAN_H
#define TAMIS_IO_JSON_SCAN_H

#include "io/json_string.h"
#include "io/record.h"

struct parser;

#define SCAN_KEYS (4 + RECORD_NUMBERS)

struct scan_key {
    uint64_t head;   /* its first bytes and the closing quote, up to eight bytes, the first one lowest */
    uint64_t mask;   /* which bytes of `head` count */
    const char *key; /* in record_fields */
    size_t length;
    unsigned fields; /* a bit for each field it is asked for */
};

/* What to look for in the lines of a chunk. */
struct scan_plan {
    json_unescape *unescape;
    struct parser *parser; /* the strict one */
    struct scan_key keys[SCAN_KEYS];
    size_t count;
    bool usable;    /* all fields are members of the outermost object, with plain names */
    bool wants_text;
};

/* `fields` and `parser` must stay as they are as long as the plan is used. */
void scan_plan(struct scan_plan *plan, struct parser *parser, const struct record_fields *fields);

/*
 * Reads the line at `at`, and what `record` asks of it: text, id, language, tokens and numbers; the rest of the record
 * and what the line does not have stay as they are. Returns the end of the line, which is a newline or the end of the
 * input; NULL: not sure, and the record may have been changed.
 *
 * A NUL and JSON_STRING_BYTES readable bytes follow the input. *room is as large as the rest of the input and
 * JSON_STRING_BYTES more; the text, and of the other strings those with escapes, are written there, and it is moved
 * behind them. What else the record points to is in the line.
 */
const char *scan_line(const struct scan_plan *plan, const char *at, char **room, struct record *record);

#endif
