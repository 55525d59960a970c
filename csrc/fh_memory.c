/* Large results: see fh_memory.h. */
#if defined(__linux__)
#define _DEFAULT_SOURCE /* for madvise() */
#include <sys/mman.h>
#endif

#include "fh_memory.h"

#include <stdint.h>

#if defined(__linux__)
/* Below this the faults saved do not pay for clearing whole large pages. */
#define LARGE_SIZE ((size_t)1 << 22)
/* From here on one fault for a large page costs less than those for small ones. */
#define GENEROUS_FROM ((size_t)1 << 20)
#define PAGE_SIZE ((uintptr_t)4096)
#endif

void fh_expect_large(void *start, size_t size) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (size >= LARGE_SIZE) {
        uintptr_t from = ((uintptr_t)start + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
        uintptr_t to = ((uintptr_t)start + size) & ~(PAGE_SIZE - 1);
        /* Refused where the page size is another, or large pages are switched off: no matter. */
        (void)madvise((void *)from, (size_t)(to - from), MADV_HUGEPAGE);
    }
#else
    (void)start;
    (void)size;
#endif
}

size_t fh_generous_size(size_t in_use, size_t wanted, size_t most) {
#if defined(__linux__)
    if (in_use >= GENEROUS_FROM && in_use < most) return wanted > most ? wanted : most;
#else
    (void)most;
#endif
    return wanted > 2 * in_use ? wanted : 2 * in_use;
}
