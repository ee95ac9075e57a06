/*
 * Rule packs: YAML files of patterns, compiled and ready to match. What a pack may say is in docs/ADDING_A_FILTER.md.
 */
#ifndef TAMIS_FILTERS_RULE_PACK_H
#define TAMIS_FILTERS_RULE_PACK_H

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

#include "tamis.h"

enum pack_test { PACK_COUNT, PACK_LINE_SHARE, PACK_CHAR_SHARE };

struct pack_rule {
    char *name; /* PACK.RULE */
    char *pattern; /* as it was written */
    size_t pattern_len;
    uint32_t flags; /* of PCRE2, from the pack */
    pcre2_code *code;
    bool has_jit;  /* the code is compiled for this machine */
    bool anchored; /* a match begins where the text (for line_share: the line) begins */
    int test; /* enum pack_test */
    double above;
};

struct rule_pack {
    struct pack_rule *rules;
    size_t count, cap;
    char *language; /* ISO 639; NULL: any */
    uint64_t fingerprint; /* of all rules in order */
};

/* `name` is a built-in pack's name, or a path that ends in .yaml. The pack is to be released even when this failed. */
tamis_status rule_pack_load(struct rule_pack *pack, const char *name, tamis_err *err) TAMIS_MUST_CHECK;
/* Adds a rule called `name` (copied). `where` opens the message when the pattern is bad ("x.yaml:7"). */
tamis_status rule_pack_add(struct rule_pack *pack, const char *where, const char *name, tamis_str pattern,
                           uint32_t pcre2_flags, int test, double above, tamis_err *err) TAMIS_MUST_CHECK;
void rule_pack_release(struct rule_pack *pack);

#endif
