/* Response heads (RFC 9112 sections 4 and 5): finds the status line's parts and the header
 * fields in bytes that are already in memory.
 *
 * Input   a buffer and its length; nothing outside [buf, buf + len) is read. Nothing is
 *         written to it and nothing is allocated: results are offsets from buf.
 * Output  the number of bytes consumed (> 0), or one of the negative codes below.
 *
 * Only what has exactly one reading is accepted. Everything else is FH_ODD, which is no error:
 * the caller hands the same bytes to its complete, slower parser, which alone decides what is
 * lenient and what is wrong.
 */
#ifndef FH_HEADERS_H
#define FH_HEADERS_H

#include <stddef.h>
#include <stdint.h>

enum {
    FH_INCOMPLETE = -1, /* well-formed so far, but the end is not in the buffer */
    FH_ODD = -2,        /* not of the plain form, or beyond a limit */
};

/* Longer texts are odd: what is returned has to fit into a long, which has 32 bits on Windows. */
#define FH_MAX_LENGTH INT32_MAX

/* Fields that decide the framing of a body, and the one that decides a message's payload. */
enum fh_field_id {
    FH_OTHER = 0,
    FH_TRANSFER_ENCODING,
    FH_CONTENT_LENGTH,
    FH_CONNECTION,
    FH_KEEP_ALIVE,
    FH_PROXY_CONNECTION,
    FH_CONTENT_TYPE,
    FH_SECOND_CONNECTION, /* the second Connection field, which counts too (RFC 9110 5.3) */
    FH_FIELD_IDS,         /* how many there are */
};

typedef struct {
    uint32_t name, name_len;   /* the field name, a token (RFC 9110 5.6.2) */
    uint32_t value, value_len; /* without leading SP and HTAB; trailing ones are kept */
} fh_field;

typedef struct {
    int version; /* 10 or 11 */
    int status;  /* 100 to 999 */
    uint32_t reason, reason_len; /* without SP and HTAB at either end; 0x20-0x7E and HTAB */
} fh_status_line;

/* "HTTP/1.0" or "HTTP/1.1", SP, three digits, then nothing or SP and a reason; CRLF or LF.
 * max_line is the greatest length of the line in bytes, its end included. */
long fh_parse_status_line(const char *buf, size_t len, size_t max_line, fh_status_line *out);

/* Header lines up to and including the empty one. *count holds the number of fields that fit on
 * entry and that were found on return; more than fit is FH_ODD. first[id] is the index of the
 * first field of each fh_field_id, or -1 (first[FH_OTHER] is unused). A Content-Type of multipart
 * or message is FH_ODD, because there the email package also looks at the payload; and so is a
 * second Content-Length or Transfer-Encoding, because readers differ in which one counts. */
long fh_parse_fields(const char *buf, size_t len, size_t max_line, fh_field *fields,
                     size_t *count, int first[FH_FIELD_IDS]);

/* Whether two field names are the same, ASCII case aside. */
int fh_same_name(const char *a, const char *b, size_t len);

#endif
