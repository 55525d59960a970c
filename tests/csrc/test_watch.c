/* fh_watch.c: silence, bytes, the end, and descriptors that are none; and that it says where it
 * cannot know, as on Windows. */
#include "check.h"
#include "fh_watch.h"

#if !defined(_WIN32)
#include <sys/socket.h>
#include <unistd.h>
#endif

static void check_one(const char *rule, int descriptor, int want) {
    check_case(rule, "", 0);
    int got = fh_has_input(descriptor);
    CHECK(got == want, "%d, but %d is right", got, want);
}

#if defined(_WIN32)

int main(void) {
    check_one("a descriptor of Windows", 0, FH_WATCH_UNKNOWN);
    check_one("none at all", -1, FH_WATCH_UNKNOWN);
    return check_report("test_watch");
}

#else

int main(void) {
    int pair[2];
    char taken;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 2;
    check_one("nothing has come", pair[0], 0);
    if (write(pair[1], "x", 1) != 1) return 2;
    check_one("a byte has come", pair[0], 1);
    check_one("it is still there", pair[0], 1);
    if (read(pair[0], &taken, 1) != 1) return 2;
    check_one("it has been taken", pair[0], 0);
    shutdown(pair[1], SHUT_WR);
    check_one("the stream has ended", pair[0], 1);
    close(pair[1]);
    close(pair[0]);
    check_one("the descriptor is closed", pair[0], 0);
    check_one("none at all", -1, 0);
    return check_report("test_watch");
}

#endif
