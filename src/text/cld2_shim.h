/* The one door to CLD2, which is C++: plain text in, a language code out. */
#ifndef TAMIS_TEXT_CLD2_SHIM_H
#define TAMIS_TEXT_CLD2_SHIM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CLD2_LOOKS_AT ((size_t)1 << 20) /* bytes at the beginning of a text that decide its language */

/* The code of the language most of the text is in, "un" when CLD2 is not sure; static storage. NULL: out of memory. */
const char *cld2_language(const char *text, size_t len);

#ifdef __cplusplus
}
#endif
#endif
