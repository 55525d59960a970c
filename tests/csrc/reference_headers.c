/* Response heads, the slow and obvious way: see reference.h. */
#include "reference.h"

#include <string.h>
#include <strings.h>

static int is_value_byte(unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); }
static int is_reason_byte(unsigned char c) { return is_value_byte(c) && c < 0x80; }
static int is_name_byte(unsigned char c) {
    return c != 0
           && strchr("!#$%&'*+-.^_`|~0123456789"
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", c) != NULL;
}

/* The length of a line with its end, or 0 where there is no LF. */
static size_t line_length(const char *p, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (p[i] == '\n') return i + 1;
    return 0;
}

/* The length without LF and without one CR in front of it. */
static size_t content_length(const char *p, size_t line) {
    size_t n = line - 1;
    return n > 0 && p[n - 1] == '\r' ? n - 1 : n;
}

static int is_blank(char c) { return c == ' ' || c == '\t'; }

static int fits_status_line(const char *p, size_t n) {
    static const char *const allowed[] = {"H", "T", "T", "P", "/", "1", ".", "01", " ", "123456789",
                                          "0123456789", "0123456789", " "};
    for (size_t i = 0; i < n; i++) {
        if (i >= 13 && !is_reason_byte((unsigned char)p[i])) return 0;
        if (i < 13 && (p[i] == 0 || strchr(allowed[i], p[i]) == NULL)) return 0;
    }
    return 1;
}

static long unfinished_status_line(const char *buf, size_t len, size_t max_line) {
    size_t n = len > 12 && buf[len - 1] == '\r' ? len - 1 : len;
    if (fits_status_line(buf, n)) return len < max_line ? FH_INCOMPLETE : REFERENCE_OPEN;
    return len < 13 ? REFERENCE_OPEN : FH_ODD;
}

long reference_status_line(const char *buf, size_t len, size_t max_line, fh_status_line *out) {
    size_t line = line_length(buf, len);
    if (line == 0) return unfinished_status_line(buf, len, max_line);
    size_t end = content_length(buf, line), start = 12;
    if (end < 12 || line > max_line || !fits_status_line(buf, end)) return FH_ODD;
    while (start < end && is_blank(buf[start])) start++;
    while (end > start && is_blank(buf[end - 1])) end--;
    out->version = buf[7] == '0' ? 10 : 11;
    out->status = 100 * (buf[9] - '0') + 10 * (buf[10] - '0') + (buf[11] - '0');
    out->reason = (uint32_t)start;
    out->reason_len = (uint32_t)(end - start);
    return (long)line;
}

/* Whether these are the first n bytes of some "name: value"; if complete, all of them. */
static int fits_field(const char *p, size_t n, int complete) {
    size_t colon = 0;
    while (colon < n && p[colon] != ':') colon++;
    for (size_t i = 0; i < colon; i++)
        if (!is_name_byte((unsigned char)p[i])) return 0;
    for (size_t i = colon + 1; i < n; i++)
        if (!is_value_byte((unsigned char)p[i])) return 0;
    return complete ? colon > 0 && colon < n : colon > 0;
}

static long unfinished_field(const char *p, size_t n, size_t max_line, int fits) {
    int maybe_empty = n == 0 || (n == 1 && *p == '\r');
    if (!maybe_empty) {
        size_t content = p[n - 1] == '\r' ? n - 1 : n;
        if (!fits || !fits_field(p, content, content != n)) return FH_ODD;
    }
    return n < max_line ? FH_INCOMPLETE : REFERENCE_OPEN;
}

static enum fh_field_id id_of(const char *name, size_t len) {
    static const char *const names[FH_SECOND_CONNECTION] = {
        "", "Transfer-Encoding", "Content-Length", "Connection",
        "Keep-Alive", "Proxy-Connection", "Content-Type",
    };
    for (int id = 1; id < FH_SECOND_CONNECTION; id++)
        if (strlen(names[id]) == len && strncasecmp(names[id], name, len) == 0)
            return (enum fh_field_id)id;
    return FH_OTHER;
}

static int says_composite(const char *value, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (len - i >= 9 && strncasecmp(value + i, "multipart", 9) == 0) return 1;
        if (len - i >= 7 && strncasecmp(value + i, "message", 7) == 0) return 1;
    }
    return 0;
}

static void split_field(const char *buf, size_t start, size_t end, fh_field *field) {
    size_t colon = start, value;
    while (buf[colon] != ':') colon++;
    value = colon + 1;
    while (value < end && is_blank(buf[value])) value++;
    field->name = (uint32_t)start;
    field->name_len = (uint32_t)(colon - start);
    field->value = (uint32_t)value;
    field->value_len = (uint32_t)(end - value);
}

long reference_fields(const char *buf, size_t len, size_t max_line, fh_field *fields,
                      size_t *count, int first[FH_FIELD_IDS]) {
    size_t at = 0, n = 0, line;
    for (int id = 0; id < FH_FIELD_IDS; id++) first[id] = -1;
    while ((line = line_length(buf + at, len - at)) != 0) {
        size_t content = content_length(buf + at, line);
        if (line > max_line) return FH_ODD;
        if (content == 0) {
            *count = n;
            return (long)(at + line);
        }
        if (n == *count || !fits_field(buf + at, content, 1)) return FH_ODD;
        split_field(buf, at, at + content, &fields[n]);
        enum fh_field_id id = id_of(buf + at, fields[n].name_len);
        if (id == FH_CONTENT_TYPE && says_composite(buf + fields[n].value, fields[n].value_len))
            return FH_ODD;
        if ((id == FH_CONTENT_LENGTH || id == FH_TRANSFER_ENCODING) && first[id] >= 0) return FH_ODD;
        if (id == FH_CONNECTION && first[id] >= 0) id = FH_SECOND_CONNECTION;
        if (id != FH_OTHER && first[id] < 0) first[id] = (int)n;
        n++;
        at += line;
    }
    return unfinished_field(buf + at, len - at, max_line, n < *count);
}

int reference_allows(long want, long got) {
    if (want == REFERENCE_OPEN) return got == FH_INCOMPLETE || got == FH_ODD;
    return got == want;
}

int same_status_line(const fh_status_line *a, const fh_status_line *b) {
    return a->version == b->version && a->status == b->status && a->reason_len == b->reason_len
           && (a->reason == b->reason || a->reason_len == 0);
}

int same_field(const fh_field *a, const fh_field *b) {
    return a->name == b->name && a->name_len == b->name_len && a->value_len == b->value_len
           && (a->value == b->value || a->value_len == 0);
}
