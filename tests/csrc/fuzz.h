/* What the fuzz targets share: memory of exactly the size of what is in it, and a loud end. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                           \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);        \
            abort();                                                                              \
        }                                                                                         \
    } while (0)

/* Memory that ASan watches from its first byte to its last; never NULL. */
static inline void *exact_room(size_t size) {
    void *room = malloc(size);
    if (room == NULL && size == 0) room = malloc(1);
    if (room == NULL) abort();
    return room;
}

static inline char *exact_copy(const void *bytes, size_t size) {
    char *copy = exact_room(size);
    if (size != 0) memcpy(copy, bytes, size);
    return copy;
}

/* Whether [start, start + n) lies within the first `end` bytes. */
static inline int lies_within(size_t start, size_t n, size_t end) {
    return start <= end && n <= end - start;
}

#endif
