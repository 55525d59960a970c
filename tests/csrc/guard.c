/* Memory between two unreadable pages: see guard.h. */
#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void must(int done, const char *what) {
    if (done) return;
    perror(what);
    exit(2);
}

/* One file, mapped twice: once to write through, once between the pages. */
void guard_open(guard *g, size_t size, enum guard_access access) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t room = (size + page - 1) / page * page;
    int view = access == GUARD_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
    FILE *file = tmpfile();
    must(file != NULL, "tmpfile");
    must(ftruncate(fileno(file), (off_t)room) == 0, "ftruncate");
    g->alias = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    must(g->alias != MAP_FAILED, "mmap");
    char *whole = mmap(NULL, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(whole != MAP_FAILED, "mmap");
    g->start = mmap(whole + page, room, view, MAP_SHARED | MAP_FIXED, fileno(file), 0);
    must(g->start != MAP_FAILED, "mmap");
    g->end = g->start + room;
    fclose(file);
}

static char *copy_to(const guard *g, size_t offset, const void *bytes, size_t len) {
    if (len != 0) memcpy(g->alias + offset, bytes, len);
    return g->start + offset;
}

char *guard_at_end(const guard *g, const void *bytes, size_t len) {
    size_t room = (size_t)(g->end - g->start);
    must(len <= room, "guard_at_end: the case is larger than its guard");
    return copy_to(g, room - len, bytes, len);
}

char *guard_at_start(const guard *g, const void *bytes, size_t len, size_t shift) {
    must(shift + len <= (size_t)(g->end - g->start),
         "guard_at_start: the case is larger than its guard");
    return copy_to(g, shift, bytes, len);
}
