/* fh_headers.c against the reference: each byte at each place and alignment, each limit at its
 * value and one beyond, and generated heads. Named cases: test_headers.c.
 */
#include "check.h"
#include "guard.h"
#include "random.h"
#include "reference.h"
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 16384, MOST_FIELDS = 8, MAX_LINE = 65536, GENERATED = 200000 };

static guard memory, field_memory;

static void compare_status_line(const char *buf, const char *text, size_t len, size_t max_line) {
    fh_status_line want = {0, 0, 0, 0}, got = {-1, -1, UINT32_MAX, UINT32_MAX};
    long want_code = reference_status_line(text, len, max_line, &want);
    long code = fh_parse_status_line(buf, len, max_line, &got);
    CHECK(reference_allows(want_code, code), "%ld, but %ld is right", code, want_code);
    CHECK(code < 0 || same_status_line(&want, &got), "%d %d [%u, %u]", got.version, got.status,
          got.reason, got.reason_len);
}

/* The fields end at an unwritable page: more than `capacity` of them are a crash. */
static void compare_fields(const char *buf, const char *text, size_t len, size_t max_line,
                           size_t capacity) {
    fh_field want[MOST_FIELDS], *got = (void *)(field_memory.end - capacity * sizeof(fh_field));
    int want_first[FH_FIELD_IDS], first[FH_FIELD_IDS];
    size_t want_count = capacity, count = capacity;
    long want_code = reference_fields(text, len, max_line, want, &want_count, want_first);
    long code = fh_parse_fields(buf, len, max_line, got, &count, first);
    CHECK(reference_allows(want_code, code), "%ld, but %ld is right", code, want_code);
    if (code < 0 || code != want_code) return;
    CHECK(count == want_count, "%zu fields, but %zu is right", count, want_count);
    for (size_t i = 0; i < count && i < want_count; i++)
        CHECK(same_field(&want[i], &got[i]), "field %zu: [%u, %u] [%u, %u]", i, got[i].name,
              got[i].name_len, got[i].value, got[i].value_len);
    for (int id = 1; id < FH_FIELD_IDS; id++)
        CHECK(first[id] == want_first[id], "first[%d] is %d", id, first[id]);
}

static void compare_both(const char *rule, const char *text, size_t len) {
    check_case(rule, text, len);
    const char *buf = guard_at_end(&memory, text, len);
    compare_status_line(buf, text, len, MAX_LINE);
    compare_fields(buf, text, len, MAX_LINE, MOST_FIELDS);
}

/* Each byte in the place of, and in front of, each one of a well-formed text. */
static void check_each_byte(const char *good) {
    size_t len = strlen(good);
    for (size_t place = 0; place <= len; place++)
        for (int byte = 0; byte < 256; byte++) {
            char text[256];
            memcpy(text, good, place);
            text[place] = (char)byte;
            memcpy(text + place + 1, good + place, len - place);
            compare_both("each byte put in at each place", text, len + 1);
            if (place == len) continue;
            memcpy(text + place + 1, good + place + 1, len - place - 1);
            compare_both("each byte instead of that at each place", text, len);
            compare_both("each byte as the last one there is", text, place + 1);
        }
}

/* A value of up to 71 bytes with one other byte in it, which must be seen wherever it stands in a
 * vector register, or behind the last one that can be filled. */
static void check_vector_boundaries(void) {
    static const char ends[2][5] = {"\r\n\r\n", "\n\n"};
    for (size_t place = 0; place <= 70; place++)
        for (int byte = 0; byte < 256; byte++) {
            char text[128] = "A:";
            memset(text + 2, 'v', 71);
            text[2 + place] = (char)byte;
            size_t end = strlen(ends[byte & 1]), len = 73 + end;
            memcpy(text + 73, ends[byte & 1], end);
            check_case("each byte at each place of a value of 71 bytes", text, len);
            compare_fields(guard_at_end(&memory, text, len), text, len, MAX_LINE, 1);
            check_case("each byte as the last of a value of 1 to 71 bytes", text, len);
            memcpy(text + 3 + place, ends[byte & 1], end);
            len = 3 + place + end;
            compare_fields(guard_at_end(&memory, text, len), text, len, MAX_LINE, 1);
            check_case("each byte as the last one there is", text, len);
            len = 3 + place;
            compare_fields(guard_at_end(&memory, text, len), text, len, MAX_LINE, 1);
        }
}

/* The same at each alignment of the value, for the bytes at the borders of what is allowed. */
static void check_alignments(void) {
    static const char bytes[] = {0, 1, 8, 9, 10, 11, 13, 0x1f, 0x20, 0x7e, 0x7f, '\x80', '\xff'};
    for (size_t shift = 0; shift < 32; shift++)
        for (size_t place = 0; place <= 70; place++)
            for (size_t i = 0; i < sizeof bytes; i++) {
                char text[128] = "A:";
                memset(text + 2, 'v', 71);
                memcpy(text + 73, "\r\n\r\n", 4);
                text[2 + place] = bytes[i];
                check_case("a byte at each place of a value at each alignment", text, 77);
                compare_fields(guard_at_start(&memory, text, 77, shift), text, 77, MAX_LINE, 1);
                /* and in a reason, with the line's end behind */
                memcpy(text, "HTTP/1.1 200 ", 13);
                check_case("a byte at each place of a reason at each alignment", text, 77);
                compare_status_line(guard_at_start(&memory, text, 77, shift), text, 77, MAX_LINE);
            }
}

/* A line of exactly max_line bytes passes, one of a byte more does not; with its end included. */
static void check_line_limits(void) {
    static const char *const lines[] = {"HTTP/1.1 200\n", "HTTP/1.1 200\r\n", "HTTP/1.1 200 OK\n",
                                        "HTTP/1.0 503 Service Unavailable, sorry\r\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        for (size_t n = strlen(lines[i]), limit = 0; limit <= n + 1; limit++) {
            check_case("a status line at its limit", lines[i], n);
            const char *buf = guard_at_end(&memory, lines[i], n);
            fh_status_line out;
            long code = fh_parse_status_line(buf, n, limit, &out);
            CHECK(code == (limit < n ? FH_ODD : (long)n), "%ld with max_line %zu", code, limit);
        }
    static const struct { const char *text; size_t longest; } blocks[] = {
        {"\n", 1}, {"\r\n", 2}, {"A:\n\n", 3}, {"A:\n\r\n", 3}, {"A:\r\n\n", 4},
        {"A: b\r\nCc: 0123456789\r\nD: e\r\n\r\n", 16}, {"A: b\nC: d\nE: 0123456789abcdef\n\n", 20},
        {"Aa: b\r\n\r\n", 7},
    };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        for (size_t n = strlen(blocks[i].text), limit = 0; limit <= 24; limit++) {
            check_case("the longest of the header lines at its limit", blocks[i].text, n);
            const char *buf = guard_at_end(&memory, blocks[i].text, n);
            fh_field fields[MOST_FIELDS];
            int first[FH_FIELD_IDS];
            size_t count = MOST_FIELDS;
            long code = fh_parse_fields(buf, n, limit, fields, &count, first);
            CHECK(code == (limit < blocks[i].longest ? FH_ODD : (long)n), "%ld with max_line %zu",
                  code, limit);
        }
}

/* As many fields as fit pass, one more does not; and none is written behind the last that fits. */
static void check_field_limits(void) {
    for (size_t fields = 0; fields <= MOST_FIELDS; fields++)
        for (size_t capacity = 0; capacity <= MOST_FIELDS; capacity++) {
            char text[128] = "";
            for (size_t i = 0; i < fields; i++) strcat(text, i % 2 ? "Ab: cd\r\n" : "A:b\n");
            strcat(text, "\r\n");
            size_t len = strlen(text);
            check_case("the number of fields at its limit", text, len);
            fh_field *out = (void *)(field_memory.end - capacity * sizeof(fh_field));
            int first[FH_FIELD_IDS];
            size_t count = capacity;
            long code = fh_parse_fields(guard_at_end(&memory, text, len), len, MAX_LINE, out,
                                        &count, first);
            CHECK(code == (fields > capacity ? FH_ODD : (long)len), "%ld for %zu fields in %zu",
                  code, fields, capacity);
            CHECK(code < 0 || count == fields, "%zu fields found of %zu", count, fields);
            for (size_t n = 0; n < len; n++)
                compare_fields(guard_at_end(&memory, text, n), text, n, MAX_LINE, capacity);
        }
}

/* Lengths have 31 bits: what is longer is beyond a limit. Only the first page can be read. */
static void check_greatest_length(void) {
#if SIZE_MAX > UINT32_MAX
    static const char head[] = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    size_t most = FH_MAX_LENGTH, page = 65536;
    char *buf = system_addresses(most + page, page);
    check_case("a text of more than FH_MAX_LENGTH bytes is odd", head, sizeof head - 1);
    if (buf == NULL) {
        fputs("no address space for 2 GiB: the greatest length is not tested\n", stderr);
        return;
    }
    memcpy(buf, head, sizeof head);
    fh_status_line line;
    fh_field fields[2];
    int first[FH_FIELD_IDS];
    size_t count = 2;
    CHECK(fh_parse_status_line(buf, most, MAX_LINE, &line) == 17, "odd at FH_MAX_LENGTH");
    CHECK(fh_parse_status_line(buf, most + 1, MAX_LINE, &line) == FH_ODD, "not odd");
    CHECK(fh_parse_fields(buf + 17, most, MAX_LINE, fields, &count, first) == 8, "odd at the most");
    CHECK(fh_parse_fields(buf + 17, most + 1, MAX_LINE, fields, &count, first) == FH_ODD,
          "not odd");
    system_free_addresses(buf, most + page);
#endif
}

static size_t put(char *text, size_t at, const char *piece) {
    size_t n = strlen(piece);
    memcpy(text + at, piece, n);
    return at + n;
}

#define ONE_OF(words) (words)[random_below(sizeof(words) / sizeof *(words))]

static size_t generate_line_end(char *text, size_t at) {
    static const char *const odd[] = {"", "\r", "\r\r\n", "\n\r", " \n", "\0"};
    if (random_once_in(40)) return put(text, at, ONE_OF(odd));
    return put(text, at, random_once_in(3) ? "\n" : "\r\n");
}

/* Mostly well-formed, mostly short. */
static size_t generate_head(char *text) {
    static const char *const starts[] = {"HTTP/1.1 200 OK", "HTTP/1.0 404 Not  Found \t",
                                         "HTTP/1.1 301", "HTTP/1.1 999 ", "HTTP/1.1 50",
                                         "HTTP/2 2"};
    static const char *const names[] = {
        "A", "Set-Cookie", "Connection", "connection", "Keep-alive", "Content-Length", "Via", "~!",
        "content-type", "Content-Type", "Transfer-Encoding", "Proxy-Connection", "Content-Typo"};
    static const char *const colons[] = {":", ": ", ": ", ": ", ": \t ", " :", ""};
    static const char *const values[] = {"", "text/html", "message", "mUltipart/x", "x\xe9y",
                                         "close"};
    size_t n = 0;
    if (!random_once_in(3)) n = generate_line_end(text, put(text, n, ONE_OF(starts)));
    for (size_t fields = random_below(7); fields > 0; fields--) {
        n = put(text, n, ONE_OF(names));
        n = put(text, n, random_once_in(30) ? ONE_OF(colons) : ": ");
        if (random_once_in(3)) n = put(text, n, ONE_OF(values));
        else
            for (size_t more = random_below(50); more > 0; more--)
                text[n++] = (char)(0x20 + random_below(0x5f));
        n = generate_line_end(text, n);
    }
    n = generate_line_end(text, n);
    if (random_once_in(3)) text[random_below(n + 1)] = (char)random_below(256);
    return random_once_in(4) ? random_below(n + 1) : n;
}

static void check_generated(void) {
    static char text[1024];
    for (int i = 0; i < GENERATED; i++) {
        memset(text, 0, sizeof text);
        size_t len = generate_head(text);
        size_t limit = random_once_in(2) ? MAX_LINE : random_below(70);
        size_t capacity = random_once_in(2) ? MOST_FIELDS : random_below(MOST_FIELDS);
        check_case("a generated head", text, len);
        const char *buf = guard_at_end(&memory, text, len);
        compare_status_line(buf, text, len, limit);
        compare_fields(buf, text, len, limit, capacity);
        fh_status_line line;
        long start = reference_status_line(text, len, limit, &line);
        if (start <= 0) continue;
        compare_fields(buf + start, text + start, len - (size_t)start, limit, capacity);
    }
}

int main(void) {
    guard_open(&memory, ROOM, GUARD_READ);
    guard_open(&field_memory, MOST_FIELDS * sizeof(fh_field), GUARD_WRITE);
    check_each_byte("HTTP/1.1 200 OK\r\n");
    check_each_byte("HTTP/1.0 404\n");
    check_each_byte("Ab: c d\r\nEf:g\n\r\n");
    check_each_byte("Content-Type: a/b\r\nconnection: close\r\n\r\n");
    check_each_byte("Transfer-Encoding: chunked\nKeep-Alive:\nProxy-Connection: x\n\n");
    check_vector_boundaries();
    check_alignments();
    check_line_limits();
    check_field_limits();
    check_greatest_length();
    check_generated();
    return check_report("test_head_bytes");
}
