/*
 * PCRE2 sees the text up to the end of a piece. A match that begins in the last OVERLAP bytes of a piece might go on
 * behind it, so it is left to the next piece, which begins there. Matches up to OVERLAP bytes are the same as if there
 * were no pieces; none is longer than PIECE.
 */
#include "pattern_walk.h"

#define PIECE ((size_t)8 << 10)
#define OVERLAP ((size_t)1 << 10)
#define HEAP_LIMIT_KIB 8192
#define JIT_STACK_START ((size_t)32 << 10)
#define JIT_STACK_LIMIT ((size_t)1 << 20)

void matcher_close(struct matcher *matcher)
{
    pcre2_match_context_free(matcher->limits);
    pcre2_match_data_free(matcher->match);
    pcre2_jit_stack_free(matcher->stack);
    *matcher = (struct matcher){0};
}

tamis_status matcher_open(struct matcher *matcher, uint64_t match_limit, tamis_err *err)
{
    matcher->limits = pcre2_match_context_create(NULL);
    matcher->match = pcre2_match_data_create(1, NULL);
    matcher->stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_LIMIT, NULL);
    if (!matcher->limits || !matcher->match) { /* without a JIT compiler there is no stack */
        matcher_close(matcher);
        return tamis_fail(err, TAMIS_IO, "out of memory for filter regex: give the program more memory");
    }
    pcre2_set_match_limit(matcher->limits, (uint32_t)match_limit);
    pcre2_set_depth_limit(matcher->limits, (uint32_t)match_limit);
    pcre2_set_heap_limit(matcher->limits, HEAP_LIMIT_KIB);
    pcre2_jit_stack_assign(matcher->limits, NULL, matcher->stack);
    return TAMIS_OK;
}

/* The beginning of the character that holds byte `i`. */
static size_t char_start(tamis_str text, size_t i)
{
    while (i > 0 && i < text.len && ((unsigned char)text.at[i] & 0xc0u) == 0x80) {
        i--;
    }
    return i;
}

static void next_piece(struct walk *w, size_t from)
{
    w->at = from;
    w->stop = w->text.len - from <= PIECE ? w->text.len : char_start(w->text, from + PIECE);
}

struct walk walk_over(tamis_str text, const struct nearby *nearby)
{
    struct walk w = {.text = text, .nearby = nearby};
    next_piece(&w, 0);
    return w;
}

/* The first match that begins at `from` or behind, and at `limit` or before where that is not PCRE2_UNSET. */
static int match(const struct walk *w, size_t from, size_t limit, const struct pack_rule *rule, const struct matcher *m)
{
    const uint32_t inside = w->stop < w->text.len ? PCRE2_NOTEOL : 0;
    pcre2_set_offset_limit(m->limits, limit);
    if (rule->has_jit && w->stop > 0) { /* what pcre2_match() comes to, without its checks */
        return pcre2_jit_match(rule->code, (PCRE2_SPTR)w->text.at, w->stop, from, PCRE2_NOTEMPTY | inside, m->match,
                               m->limits);
    }
    return pcre2_match(rule->code, (PCRE2_SPTR)w->text.at, w->stop, from, PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY | inside,
                       m->match, m->limits);
}

/* The same match as match() from w->at on, since none begins elsewhere. */
static int match_nearby(struct walk *w, const struct pack_rule *rule, const struct matcher *m)
{
    const struct nearby *const n = w->nearby;
    while (w->next < n->count && n->at[w->next].to < w->at) {
        w->next++;
    }
    for (size_t i = w->next; i < n->count; i++) {
        const size_t from = n->at[i].from < w->at ? w->at : char_start(w->text, n->at[i].from);
        if (from > w->stop) {
            break;
        }
        const int result = match(w, from, n->at[i].to, rule, m);
        if (result != PCRE2_ERROR_NOMATCH) {
            return result;
        }
    }
    return PCRE2_ERROR_NOMATCH;
}

enum found walk_on(struct walk *w, const struct pack_rule *rule, const struct matcher *m)
{
    for (;;) {
        const bool last = w->stop == w->text.len;
        const size_t sure = last ? w->text.len : char_start(w->text, w->stop - OVERLAP);
        const int result = w->nearby ? match_nearby(w, rule, m) : match(w, w->at, PCRE2_UNSET, rule, m);
        if (result < 0 && result != PCRE2_ERROR_NOMATCH) {
            return result == PCRE2_ERROR_NOMEMORY ? NO_MEMORY : GAVE_UP;
        }
        if (result >= 0) {
            const PCRE2_SIZE *const range = pcre2_get_ovector_pointer(m->match);
            if (range[0] < sure) {
                const bool forward = range[0] >= w->at && range[1] > range[0];
                w->begin = range[0];
                w->end = w->at = range[1];
                return forward ? FOUND : GAVE_UP;
            }
        }
        if (last) {
            return NOTHING;
        }
        next_piece(w, w->at > sure ? w->at : sure);
    }
}
