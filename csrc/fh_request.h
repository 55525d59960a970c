/* Request heads: whether text may go on the wire as it is (RFC 9110 sections 5 and 9, RFC 9112
 * section 3).
 *
 * Each function reads [text, text + len) and answers 1 or 0. A 0 is no verdict: the caller's
 * complete check then decides and raises what http.client raises.
 */
#ifndef FH_REQUEST_H
#define FH_REQUEST_H

#include <stddef.h>

/* A field name of 0x21-0x7E without ':'; not empty. */
int fh_is_plain_name(const char *text, size_t len);

/* A field value without CR and LF, so that it cannot end its line (CVE-2019-9740). */
int fh_is_plain_value(const char *text, size_t len);

/* A method or request target of 0x21-0x7E: no space, no control, no DEL; not empty. */
int fh_is_plain_word(const char *text, size_t len);

#endif
