/* Token by token, and the choice of a kernel. */
#include "stop_words.h"

static uint32_t pack(const char *at, uint32_t bytes)
{
    const uint8_t *const b = (const uint8_t *)at;
    return PACKED(b[0], b[1], bytes > 2 ? b[2] : 0, bytes > 3 ? b[3] : 0);
}

unsigned stop_words_plain(tamis_outline tokens, tamis_str text, size_t from, double enough)
{
    static const uint32_t words[] = STOP_WORD_TABLE;
    unsigned found = 0, different = 0;
    for (size_t i = from; i < tokens.count && different < enough; i++) {
        const uint32_t bytes = tokens.end[i] - tokens.begin[i];
        if (bytes < 2 || bytes > 4) {
            continue;
        }
        const uint32_t token = pack(text.at + tokens.begin[i], bytes);
        const uint32_t place = token * STOP_WORDS_FACTOR >> STOP_WORDS_SHIFT;
        const unsigned bit = (unsigned)(words[place] == token) << place;
        different += bit & ~found ? 1 : 0;
        found |= bit;
    }
    return found;
}

find_stop_words *stop_words_for(tamis_cpu cpu)
{
#if defined(__x86_64__)
    if (cpu >= TAMIS_CPU_AVX512) {
        return stop_words_avx512;
    }
#endif
    (void)cpu;
    return stop_words_plain;
}
