/* What csrc must answer, found the slow and obvious way: one byte or one line at a time. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "fh_chunks.h"
#include "fh_headers.h"

/* A line without an end that can't become a good one any more: the contract has no word on when
 * that must be noticed, so both FH_INCOMPLETE and FH_ODD are right. */
enum { REFERENCE_OPEN = -3 };

/* Like fh_parse_status_line and fh_parse_fields, with REFERENCE_OPEN. */
long reference_status_line(const char *buf, size_t len, size_t max_line, fh_status_line *out);
long reference_fields(const char *buf, size_t len, size_t max_line, fh_field *fields,
                      size_t *count, int first[FH_FIELD_IDS]);

/* Whether csrc's code is right where the reference says `want`. */
int reference_allows(long want, long got);

/* Whether two results are the same. Where an empty value or reason lies is of no consequence. */
int same_status_line(const fh_status_line *a, const fh_status_line *b);
int same_field(const fh_field *a, const fh_field *b);

/* The outcome of a decoding; `open` as above: both FH_CHUNKS_MORE and FH_CHUNKS_ODD are right. */
typedef struct {
    fh_chunks at;
    enum fh_chunks_stop stop;
    int open;
} decoded;

decoded reference_decode(int64_t left, const char *in, size_t in_len, char *out, size_t out_len,
                         size_t max_line);

/* Whether csrc's outcome is right where the reference says `want`. */
int same_decoded(const decoded *want, const decoded *got);

/* A way to call fh_decode_chunks, so that tests choose in which memory it works. */
typedef enum fh_chunks_stop decoder(fh_chunks *at, const char *in, size_t in_len, char *out,
                                    size_t out_len, size_t max_line);

/* Where the input and the room for output are cut in two. */
typedef struct {
    size_t in, out;
} cuts;

/* Decodes as a caller does: with the part of the input and the room in front of the cuts, then
 * with more of whichever was used up. The outcome is that of one call with everything. */
decoded decode_in_pieces(decoder *decode, int64_t left, const char *in, size_t in_len, char *out,
                         size_t out_len, size_t max_line, cuts at);

#endif
