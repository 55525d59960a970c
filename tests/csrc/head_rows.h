/* Named cases for response heads: a rule, a text that shows it, and the answer. */
#ifndef HEAD_ROWS_H
#define HEAD_ROWS_H

#include <stddef.h>

typedef struct {
    const char *rule, *text;
    size_t len;
    const char *want; /* "odd", or what was found: see test_headers.c */
} head_row;

/* Each ends with a row without a rule. */
extern const head_row status_rows[];
extern const head_row field_rows[];

/* Rules of the contract that csrc breaks, with the right answer. */

#endif
