/* Memory between two unreadable pages: see guard.h. */
#include "guard.h"
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must_fit(int fits, const char *where) {
    if (fits) return;
    fprintf(stderr, "%s: the case is larger than its guard\n", where);
    exit(2);
}

/* Written through one view; the other one lies between the pages. */
void guard_open(guard *g, size_t size, enum guard_access access) {
    size_t page = system_page_size();
    size_t room = (size + page - 1) / page * page;
    g->start = system_two_views(room, access == GUARD_WRITE, &g->alias);
    g->end = g->start + room;
}

static char *copy_to(const guard *g, size_t offset, const void *bytes, size_t len) {
    if (len != 0) memcpy(g->alias + offset, bytes, len);
    return g->start + offset;
}

char *guard_at_end(const guard *g, const void *bytes, size_t len) {
    size_t room = (size_t)(g->end - g->start);
    must_fit(len <= room, "guard_at_end");
    return copy_to(g, room - len, bytes, len);
}

char *guard_at_start(const guard *g, const void *bytes, size_t len, size_t shift) {
    must_fit(shift + len <= (size_t)(g->end - g->start), "guard_at_start");
    return copy_to(g, shift, bytes, len);
}
