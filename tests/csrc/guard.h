/* Memory between two unreadable pages: a read or write that is one byte out of bounds is a crash,
 * with or without a sanitizer.
 */
#ifndef GUARD_H
#define GUARD_H

#include <stddef.h>

typedef struct {
    char *start, *end; /* what lies in front of start and behind end can't be touched */
    char *alias;       /* the byte at start again, at an address where it can be written */
} guard;

enum guard_access { GUARD_READ, GUARD_WRITE };

/* At least `size` bytes. With GUARD_READ, writing between start and end is a crash as well; the
 * two functions below still can. Ends the program where the system can't give that. */
void guard_open(guard *g, size_t size, enum guard_access access);

/* A copy of the bytes that ends at the unreadable page. */
char *guard_at_end(const guard *g, const void *bytes, size_t len);

/* A copy of the bytes that begins `shift` bytes behind the unreadable page. */
char *guard_at_start(const guard *g, const void *bytes, size_t len, size_t shift);

#endif
