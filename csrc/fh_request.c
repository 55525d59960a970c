/* Request heads: see fh_request.h. */
#include "fh_request.h"

#include <string.h>

int fh_is_plain_word(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= 0x20 || c >= 0x7f) return 0;
    }
    return len != 0;
}

int fh_is_plain_name(const char *text, size_t len) {
    return fh_is_plain_word(text, len) && memchr(text, ':', len) == NULL;
}

int fh_is_plain_value(const char *text, size_t len) {
    return len == 0 || (memchr(text, '\r', len) == NULL && memchr(text, '\n', len) == NULL);
}
