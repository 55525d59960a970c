# Sending and receiving by a socket's descriptor, past the methods of its object, which take longer
# than all of C does for a small exchange. For sockets of exactly the stdlib's class, where nobody
# has put another method in the place of one that is passed by. Nothing on Windows, whose descriptors
# are handles that only Winsock understands.
cdef extern from *:
    """
    #ifdef _WIN32
    #define FH_HAS_DESCRIPTORS 0
    #define FH_NOT_YET (-2)
    #define fh_receive_at(descriptor, to, size, flags, waits) (-1)
    #define fh_send_at(descriptor, data, size, waits) (-1)
    #else
    #include <errno.h>
    #include <sys/socket.h>
    #define FH_HAS_DESCRIPTORS 1
    #define FH_NOT_YET (-2)

    /* What socketmodule.c does where a socket has no time-out, or does not wait at all: PEP 475. */
    static inline Py_ssize_t fh_failed_at(int error, int waits)
    {
        if (error == EINTR) return PyErr_CheckSignals() < 0 ? -1 : 0;
        if (!waits && (error == EAGAIN || error == EWOULDBLOCK)) return FH_NOT_YET;
        errno = error;
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }

    static inline Py_ssize_t fh_receive_at(int descriptor, char *to, Py_ssize_t size, int flags,
                                           int waits)
    {
        Py_ssize_t done, failed = 0;
        while (failed == 0) {
            int error;
            Py_BEGIN_ALLOW_THREADS
            done = recv(descriptor, to, (size_t)size, flags);
            error = errno;
            Py_END_ALLOW_THREADS
            if (done >= 0) return done;
            failed = fh_failed_at(error, waits);
        }
        return failed;
    }

    static inline Py_ssize_t fh_send_at(int descriptor, const char *data, Py_ssize_t size, int waits)
    {
        Py_ssize_t done, failed = 0;
        while (failed == 0) {
            int error;
            Py_BEGIN_ALLOW_THREADS
            done = send(descriptor, data, (size_t)size, 0);
            error = errno;
            Py_END_ALLOW_THREADS
            if (done >= 0) return done;
            failed = fh_failed_at(error, waits);
        }
        return failed;
    }
    #endif
    """
    bint HAS_DESCRIPTORS "FH_HAS_DESCRIPTORS"
    enum:
        NOT_YET "FH_NOT_YET"  # nothing can be sent or received now, on a socket that does not wait
    # How many bytes went; NOT_YET, unless the call `waits`; -1 with an error raised, for C to return.
    Py_ssize_t receive_at "fh_receive_at"(int descriptor, char *to, Py_ssize_t size, int flags,
                                          bint waits)
    Py_ssize_t send_at "fh_send_at"(int descriptor, const char *data, Py_ssize_t size, bint waits)
