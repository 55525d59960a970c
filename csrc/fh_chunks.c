/* The chunked transfer coding: see fh_chunks.h. */
#include "fh_chunks.h"

#include <string.h>

/* 15 digits stay below 2**60: no overflow, and far beyond any real chunk. */
#define MAX_SIZE_DIGITS 15

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/* The size line at p. Returns its length with its end, 0 if it is not all there, -1 if odd. */
static ptrdiff_t size_line(const char *p, const char *end, size_t max_line, int64_t *size) {
    const char *start = p;
    int64_t value = 0;
    int digit;
    while (p < end && (digit = hex_value(*p)) >= 0) {
        if (p++ - start == MAX_SIZE_DIGITS) return -1;
        value = value * 16 + digit;
    }
    if (p == end) return 0;
    if (p == start) return -1;
    if (*p != '\r') return -1;
    if (++p == end) return 0;
    if (*p++ != '\n') return -1;
    *size = value;
    return (size_t)(p - start) > max_line ? -1 : p - start;
}

enum fh_chunks_stop fh_decode_chunks(fh_chunks *at, const char *in, size_t in_len, char *out,
                                     size_t out_len, size_t max_line) {
    const char *p = in, *end = in + in_len;
    char *o = out, *o_end = out + out_len;
    enum fh_chunks_stop stop;
    int64_t left = at->left;
    at->whole = 0;
    for (;;) {
        if (left > 0) {
            size_t n = (size_t)(end - p), room = (size_t)(o_end - o);
            if ((uint64_t)n > (uint64_t)left) n = (size_t)left;
            if (n > room) n = room;
            if (n != 0) memcpy(o, p, n);
            p += n, o += n, left -= (int64_t)n;
            if (left > 0) {
                stop = o == o_end ? FH_CHUNKS_FULL : FH_CHUNKS_MORE;
                break;
            }
            at->whole = (size_t)(o - out);
        }
        if (o == o_end) {
            stop = FH_CHUNKS_FULL;
            break;
        }
        const char *q = p;
        stop = FH_CHUNKS_MORE;
        if (left == 0) {
            if (end - q < 2) break;
            stop = FH_CHUNKS_ODD;
            if (q[0] != '\r' || q[1] != '\n') break;
            q += 2;
        }
        int64_t size = 0;
        ptrdiff_t used = size_line(q, end, max_line, &size);
        stop = used == 0 ? FH_CHUNKS_MORE : FH_CHUNKS_ODD;
        if (used <= 0) break;
        p = q + used;
        left = size;
        if (size == 0) {
            left = -1;
            stop = FH_CHUNKS_LAST;
            break;
        }
    }
    at->left = left;
    at->consumed = (size_t)(p - in);
    at->produced = (size_t)(o - out);
    return stop;
}
