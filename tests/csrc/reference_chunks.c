/* The chunked transfer coding, the slow and obvious way: see reference.h. */
#include "reference.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The size line at p: its length with its end, 0 if it is not all there, -1 if it is odd. */
static long size_line(const char *p, size_t len, size_t max_line, int64_t *size, int *open) {
    char digits[16] = "";
    size_t n = 0;
    *open = 0;
    while (n < len && isxdigit((unsigned char)p[n])) {
        if (n == 15) return -1;
        digits[n] = p[n];
        n++;
    }
    *size = strtoll(digits, NULL, 16);
    if (n == 0 && len > 0) return -1;
    if (n == len || (n + 1 == len && p[n] == '\r')) {
        *open = len >= max_line;
        return 0;
    }
    if (p[n] != '\r' || p[n + 1] != '\n' || n + 2 > max_line) return -1;
    return (long)n + 2;
}

/* What stands between two chunks: the length of the CRLF, if one is due, and of the size line. */
static long between(int crlf, const char *p, size_t len, size_t max_line, int64_t *size,
                    int *open) {
    *open = 0;
    if (!crlf) return size_line(p, len, max_line, size, open);
    if (len < 2) {
        *open = len == 1 && p[0] != '\r';
        return 0;
    }
    if (p[0] != '\r' || p[1] != '\n') return -1;
    long line = size_line(p + 2, len - 2, max_line, size, open);
    return line > 0 ? line + 2 : line;
}

decoded reference_decode(int64_t left, const char *in, size_t in_len, char *out, size_t out_len,
                         size_t max_line) {
    size_t used = 0, made = 0, whole = 0;
    enum fh_chunks_stop stop;
    int open = 0;
    for (;;) {
        int64_t size = 0;
        if (left > 0) {
            if (made == out_len || used == in_len) {
                stop = made == out_len ? FH_CHUNKS_FULL : FH_CHUNKS_MORE;
                break;
            }
            out[made++] = in[used++];
            if (--left == 0) whole = made;
            continue;
        }
        stop = FH_CHUNKS_FULL;
        if (made == out_len) break;
        long line = between(left == 0, in + used, in_len - used, max_line, &size, &open);
        stop = line < 0 ? FH_CHUNKS_ODD : FH_CHUNKS_MORE;
        if (line <= 0) break;
        used += (size_t)line;
        left = size > 0 ? size : -1;
        stop = FH_CHUNKS_LAST;
        if (size == 0) break;
    }
    return (decoded){{left, used, made, whole}, stop, open};
}

int same_decoded(const decoded *want, const decoded *got) {
    int same_stop = want->stop == got->stop;
    if (want->open && (got->stop == FH_CHUNKS_MORE || got->stop == FH_CHUNKS_ODD)) same_stop = 1;
    return same_stop && want->at.left == got->at.left && want->at.consumed == got->at.consumed
           && want->at.produced == got->at.produced && want->at.whole == got->at.whole;
}

decoded decode_in_pieces(decoder *decode, int64_t left, const char *in, size_t in_len, char *out,
                         size_t out_len, size_t max_line, cuts at) {
    decoded total = {{left, 0, 0, 0}, FH_CHUNKS_MORE, 0};
    size_t known = at.in < in_len ? at.in : in_len, room = at.out < out_len ? at.out : out_len;
    for (;;) {
        /* Only `left` is an input: whatever the others held has no effect. */
        fh_chunks piece = {total.at.left, SIZE_MAX, SIZE_MAX, SIZE_MAX};
        total.stop = decode(&piece, in + total.at.consumed, known - total.at.consumed,
                            out + total.at.produced, room - total.at.produced, max_line);
        total.at.left = piece.left;
        if (piece.whole != 0) total.at.whole = total.at.produced + piece.whole;
        total.at.consumed += piece.consumed;
        total.at.produced += piece.produced;
        if (total.at.consumed > known || total.at.produced > room) break; /* beyond its bounds */
        if (total.stop == FH_CHUNKS_MORE && known < in_len) known = in_len;
        else if (total.stop == FH_CHUNKS_FULL && room < out_len) room = out_len;
        else break;
    }
    return total;
}
