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

/* A size line that was understood, with the CRLF before it, as long as both fit into a word. */
typedef struct {
    uint64_t bytes, mask;
    size_t length, size;
} known_line;

#define WORD sizeof(uint64_t)
#define CRLF_LENGTH 2

static void know(known_line *known, const char *line, size_t length, int64_t size) {
    char text[WORD] = "\r\n", mask[WORD] = {0};
    known->length = 0;
    if (length > WORD - CRLF_LENGTH) return;
    memcpy(text + CRLF_LENGTH, line, length);
    memset(mask, 0xff, CRLF_LENGTH + length);
    memcpy(&known->bytes, text, WORD);
    memcpy(&known->mask, mask, WORD);
    known->length = CRLF_LENGTH + length;
    known->size = (size_t)size;
}

/* Copies without a call where that would cost more than the copy. */
static inline void copy(char *to, const char *from, size_t n) {
    enum { BLOCK = 32, MOST = 256 };
    if (n < BLOCK || n > MOST) {
        memcpy(to, from, n);
        return;
    }
    for (size_t at = 0; at < n - BLOCK; at += BLOCK) memcpy(to + at, from + at, BLOCK);
    memcpy(to + n - BLOCK, from + n - BLOCK, BLOCK);
}

/* Goes on over whole chunks of the size of the last one, which most servers send in a row. */
static void decode_known(const known_line *known, const char **in, const char *end, char **out,
                         const char *out_end) {
    const char *p = *in;
    char *o = *out;
    while ((size_t)(end - p) >= WORD) {
        uint64_t bytes;
        memcpy(&bytes, p, WORD);
        if ((bytes & known->mask) != known->bytes) break;
        const char *content = p + known->length;
        if ((size_t)(end - content) < known->size || (size_t)(out_end - o) < known->size) break;
        copy(o, content, known->size);
        p = content + known->size;
        o += known->size;
    }
    *in = p;
    *out = o;
}

enum fh_chunks_stop fh_decode_chunks(fh_chunks *at, const char *in, size_t in_len, char *out,
                                     size_t out_len, size_t max_line) {
    const char *p = in, *end = in + in_len;
    char *o = out, *o_end = out + out_len;
    enum fh_chunks_stop stop;
    int64_t left = at->left;
    known_line known = {0};
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
            if (known.length != 0) decode_known(&known, &p, end, &o, o_end);
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
        know(&known, q, (size_t)used, size);
    }
    at->left = left;
    at->consumed = (size_t)(p - in);
    at->produced = (size_t)(o - out);
    return stop;
}
