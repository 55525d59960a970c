/* Whether a socket has something to receive. */
#ifndef FH_WATCH_H
#define FH_WATCH_H

#define FH_WATCH_UNKNOWN (-1)

/* 1 if the socket has bytes to receive, or its stream has ended; 0 if not, or if it is in error;
 * FH_WATCH_UNKNOWN where the system has no poll(), or poll() failed. Does not wait. */
int fh_has_input(int descriptor);

#endif
