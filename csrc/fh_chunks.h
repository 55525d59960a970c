/* The chunked transfer coding (RFC 9112 section 7.1): copies chunk data out of bytes that are
 * already in memory.
 *
 * Input   a buffer, and the place in the coding (fh_chunks.left) where it starts.
 * Output  what was decoded in out; how much of the input that took; why it stopped.
 *
 * A chunk's CRLF and the size line that follows are consumed together or not at all, so that at
 * each stop the caller can go on with a line-by-line reader from there. The decoder takes only
 * size lines of 1 to 15 hexadecimal digits and CRLF, which all readers read alike; anything else,
 * extensions too, stops it with FH_CHUNKS_ODD in front of the oddity: whether that is an error is
 * not its business.
 */
#ifndef FH_CHUNKS_H
#define FH_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

enum fh_chunks_stop {
    FH_CHUNKS_MORE = 0, /* all usable input is consumed */
    FH_CHUNKS_FULL = 1, /* out is full */
    FH_CHUNKS_LAST = 2, /* the size line of the last chunk is consumed; trailers follow */
    FH_CHUNKS_ODD = 3,  /* the input at `consumed` is not of the plain form */
};

typedef struct {
    int64_t left;    /* data bytes left in the chunk; 0: its CRLF comes next; -1: a size line does */
    size_t consumed; /* out: input bytes used */
    size_t produced; /* out: bytes written to out */
    size_t whole;    /* out: `produced` at the end of the last chunk that was finished */
} fh_chunks;

/* max_line is the greatest length of a size line in bytes, its end included. */
enum fh_chunks_stop fh_decode_chunks(fh_chunks *at, const char *in, size_t in_len, char *out,
                                     size_t out_len, size_t max_line);

#endif
