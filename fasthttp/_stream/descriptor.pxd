# Sending and receiving by a socket's descriptor, past the methods of its object, which take longer
# than all of C does for a small exchange. For sockets of exactly the stdlib's class, where nobody
# has put another method in the place of one that is passed by. Nothing on Windows, whose descriptors
# are handles that only Winsock understands.
cdef extern from *:
    """
    #include <errno.h>

    #define FH_NOT_YET (-2)
    #define FH_INTERRUPTED (-3)

    static inline Py_ssize_t fh_failed(int error)
    {
        errno = error;
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }

    #ifdef _WIN32
    #define FH_HAS_DESCRIPTORS 0
    #define fh_receive_at(descriptor, to, size, flags) (-1)
    #define fh_send_at(descriptor, data, size) (-1)
    #else
    #include <sys/socket.h>
    #define FH_HAS_DESCRIPTORS 1
    #ifndef MSG_DONTWAIT
    #define MSG_DONTWAIT 0
    #endif

    /* What went, or what the error of a call comes to. */
    static inline Py_ssize_t fh_done_at(Py_ssize_t done, int error)
    {
        if (done >= 0) return done;
        if (error == EINTR) return FH_INTERRUPTED;
        return error == EAGAIN || error == EWOULDBLOCK ? FH_NOT_YET : fh_failed(error);
    }

    static inline Py_ssize_t fh_receive_at(int descriptor, char *to, Py_ssize_t size, int flags)
    {
        Py_ssize_t done;
        int error;
        Py_BEGIN_ALLOW_THREADS
        done = recv(descriptor, to, (size_t)size, flags);
        error = errno;
        Py_END_ALLOW_THREADS
        return fh_done_at(done, error);
    }

    static inline Py_ssize_t fh_send_at(int descriptor, const char *data, Py_ssize_t size)
    {
        Py_ssize_t done;
        int error;
        Py_BEGIN_ALLOW_THREADS
        done = send(descriptor, data, (size_t)size, MSG_DONTWAIT);
        error = errno;
        Py_END_ALLOW_THREADS
        return fh_done_at(done, error);
    }
    #endif
    """
    bint HAS_DESCRIPTORS "FH_HAS_DESCRIPTORS"
    enum:
        NOT_YET "FH_NOT_YET"  # nothing can be sent or received now
        INTERRUPTED "FH_INTERRUPTED"  # by a signal
    # One call of the system: how many bytes went, or one of these two; -1 with an error raised, for C
    # to return. Behind a signal, whose handler may do anything to the socket, its methods do the
    # rest: they look what descriptor and what time-out it has then. Sending does not wait.
    Py_ssize_t receive_at "fh_receive_at"(int descriptor, char *to, Py_ssize_t size, int flags)
    Py_ssize_t send_at "fh_send_at"(int descriptor, const char *data, Py_ssize_t size)
    # Raise OSError for a number of errno.h; -1.
    Py_ssize_t failed "fh_failed"(int error)
