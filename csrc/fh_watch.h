/* Whether a socket has something to receive. */
#ifndef FH_WATCH_H
#define FH_WATCH_H

#define FH_WATCH_UNKNOWN (-1)

/* 1 if the socket has bytes to receive, its stream has ended or it is in error; 0 if not, or if it
 * is closed; FH_WATCH_UNKNOWN where the system has no poll(), or poll() failed. Does not wait. */
int fh_has_input(int descriptor);

#endif
