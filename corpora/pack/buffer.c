#include "buffer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_IO = 4 };

#define MAX_BUFFER_BYTES ((size_t)256 << 20)

void die(const char *what, const char *name)
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

void buffer_append(struct buffer *buffer, const char *data, size_t size)
{
    if (!size) return;
    buffer_reserve(buffer, size);
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

void buffer_append_byte(struct buffer *buffer, char byte)
{
    buffer_append(buffer, &byte, 1);
}

struct span buffer_span(const struct buffer *buffer)
{
    return (struct span){buffer->data, buffer->size};
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}
