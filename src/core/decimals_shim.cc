/* The one file that knows std::to_chars(), which is faster than printing and reading back by far. Nothing is thrown. */
#include "core/decimals_shim.h"

#include <charconv>
#include <cstring>

extern "C" size_t decimals_shortest(double value, char digits[DECIMALS_MOST], int *exponent)
{
    char text[32];
    const auto made = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
    const char *const mark = static_cast<const char *>(std::memchr(text, 'e', static_cast<size_t>(made.ptr - text)));
    const size_t after = mark - text > 2 ? static_cast<size_t>(mark - text) - 2 : 0; /* digits after the point */
    digits[0] = text[0];
    std::memcpy(digits + 1, text + 2, after);
    int size = 0;
    for (const char *at = mark + 2; at < made.ptr; at++) {
        size = 10 * size + (*at - '0');
    }
    *exponent = mark[1] == '-' ? -size : size;
    return 1 + after;
}
