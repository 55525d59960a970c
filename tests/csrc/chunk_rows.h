/* Named cases for the chunked coding: a rule, an input that shows it, and the outcome. */
#ifndef CHUNK_ROWS_H
#define CHUNK_ROWS_H

#include "fh_chunks.h"

typedef struct {
    const char *rule;
    int64_t left; /* on entry */
    const char *in;
    size_t in_len;
    enum fh_chunks_stop stop;
    int64_t left_after;
    size_t consumed, whole;
    const char *out;
} chunk_row;

/* Ends with a row without a rule. */
extern const chunk_row chunk_rows[];

#endif
