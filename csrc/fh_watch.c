#include "fh_watch.h"

#if defined(_WIN32)

/* Descriptors there are handles that only Winsock understands: left to Python's socket object. */
int fh_has_input(int descriptor) {
    (void)descriptor;
    return FH_WATCH_UNKNOWN;
}

#else

#include <poll.h>

int fh_has_input(int descriptor) {
    struct pollfd watched = {descriptor, POLLIN, 0};
    int found = poll(&watched, 1, 0);
    if (found < 0) return FH_WATCH_UNKNOWN;
    return found == 1 && (watched.revents & POLLNVAL) == 0;
}

#endif
