/* Large results: tells the system how memory that was just allocated is going to be used.
 *
 * Hints only: nothing depends on them but time, and where there is no such call they do nothing.
 */
#ifndef FH_MEMORY_H
#define FH_MEMORY_H

#include <stddef.h>

/* [start, start + size) is about to be written from its start to its end: let it be backed by
 * large pages, which takes one page fault for 2 MiB and not 512. */
void fh_expect_large(void *start, size_t size);

/* How many bytes to ask for where at least `wanted` are needed and the total is not known.
 * Where untouched memory costs nothing, once so much has come that more is likely, it is so much
 * that the result will hardly ever have to be moved again; else twice the size in use. */
size_t fh_generous_size(size_t in_use, size_t wanted, size_t most);

#endif
