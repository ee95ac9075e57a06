/* Bytes: buffers that grow, and spans of bytes of others. Where memory ends, the program does. */
#ifndef PACK_BUFFER_H
#define PACK_BUFFER_H

#include <stddef.h>

struct buffer {
    char *data;
    size_t size;
    size_t capacity;
};

struct span {
    const char *data;
    size_t size;
};

/* Says what could not be done with what, and why (errno), and ends the program. */
_Noreturn void die(const char *what, const char *name);

void buffer_append(struct buffer *buffer, const char *data, size_t size);
void buffer_append_byte(struct buffer *buffer, char byte);
struct span buffer_span(const struct buffer *buffer);
void buffer_free(struct buffer *buffer);

#endif
