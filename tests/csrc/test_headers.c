/* fh_headers.c against named cases: whole, each prefix of them, and with other bytes behind; at
 * both ends of guarded memory. Byte by byte and at random: test_head_bytes.c.
 */
#include "check.h"
#include "guard.h"
#include "head_rows.h"
#include "reference.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 16384, MOST_FIELDS = 16, MAX_LINE = 65536 };

static guard memory, field_memory;

/* A parser's answer: its code, and what it found in the form of head_rows.c. */
typedef struct {
    long code;
    char text[1024];
} answer;

typedef answer parser(const char *buf, size_t len);

static void add(answer *a, const char *text, size_t len) {
    size_t used = strlen(a->text);
    if (len < sizeof a->text - used) memcpy(a->text + used, text, len), a->text[used + len] = 0;
}

static void add_text(answer *a, const char *text) { add(a, text, strlen(text)); }

static int lies_within(uint32_t start, uint32_t n, long end) {
    return start <= (unsigned long)end && n <= (unsigned long)end - start;
}

static answer parse_status_line(const char *buf, size_t len) {
    fh_status_line line = {-1, -1, UINT32_MAX, UINT32_MAX};
    answer a = {fh_parse_status_line(buf, len, MAX_LINE, &line), ""};
    if (a.code < 0) return a;
    CHECK(lies_within(line.reason, line.reason_len, a.code), "the reason is out of bounds");
    snprintf(a.text, sizeof a.text, "%d %d [", line.version, line.status);
    add(&a, buf + line.reason, line.reason_len);
    add_text(&a, "]");
    return a;
}

static answer parse_fields(const char *buf, size_t len) {
    fh_field *fields = (void *)(field_memory.end - MOST_FIELDS * sizeof(fh_field));
    int first[FH_FIELD_IDS];
    size_t count = MOST_FIELDS;
    answer a = {fh_parse_fields(buf, len, MAX_LINE, fields, &count, first), ""};
    if (a.code < 0) return a;
    for (size_t i = 0; i < count; i++) {
        CHECK(lies_within(fields[i].name, fields[i].name_len, a.code), "a name out of bounds");
        CHECK(lies_within(fields[i].value, fields[i].value_len, a.code), "a value out of bounds");
        add_text(&a, "[");
        add(&a, buf + fields[i].name, fields[i].name_len);
        add_text(&a, "=");
        add(&a, buf + fields[i].value, fields[i].value_len);
        add_text(&a, "]");
    }
    for (int id = 1; id < FH_FIELD_IDS; id++) {
        char place[32];
        snprintf(place, sizeof place, " %d@%d", id, first[id]);
        if (first[id] != -1) add_text(&a, place);
    }
    return a;
}

/* The same bytes at both ends of the memory and at each alignment: one answer. */
static answer parse_everywhere(parser *parse, const char *rule, const char *text, size_t len) {
    check_case(rule, text, len);
    answer at_end = parse(guard_at_end(&memory, text, len), len);
    for (size_t shift = 0; shift < 16; shift++) {
        answer other = parse(guard_at_start(&memory, text, len, shift), len);
        CHECK(other.code == at_end.code && strcmp(other.text, at_end.text) == 0,
              "the answer depends on the address: %ld %s, %ld %s", at_end.code, at_end.text,
              other.code, other.text);
    }
    return at_end;
}

static void check_whole(parser *parse, const head_row *row, const char *text, size_t len) {
    answer got = parse_everywhere(parse, row->rule, text, len);
    if (strcmp(row->want, "odd") == 0) CHECK(got.code == FH_ODD, "%ld is not odd", got.code);
    else
        CHECK(got.code == (long)row->len && strcmp(got.text, row->want) == 0,
              "%ld %s, but %zu %s is right", got.code, got.text, row->len, row->want);
}

/* Each prefix of what is well-formed is incomplete; one of what is odd is incomplete until it is
 * odd, and stays that. */
static void check_prefixes(parser *parse, const head_row *row) {
    int odd = strcmp(row->want, "odd") == 0, was_odd = 0;
    for (size_t n = 0; n < row->len; n++) {
        long code = parse_everywhere(parse, row->rule, row->text, n).code;
        CHECK(code == FH_INCOMPLETE || (odd && code == FH_ODD), "%ld for the prefix", code);
        CHECK(code == FH_ODD || !was_odd, "an odd prefix is no longer odd");
        was_odd = code == FH_ODD;
    }
}

static void check_with_more_behind(parser *parse, const head_row *row) {
    static const char *const more[] = {"\r\n", "\n\n", " x", "x: y\r\n\r\n", ":", "\x7f",
                                       "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "\r"};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        char text[1024];
        memcpy(text, row->text, row->len);
        memcpy(text + row->len, more[i], strlen(more[i]));
        check_whole(parse, row, text, row->len + strlen(more[i]));
    }
}

static void check_rows(parser *parse, const head_row *rows) {
    for (const head_row *row = rows; row->rule != NULL; row++) {
        check_whole(parse, row, row->text, row->len);
        check_prefixes(parse, row);
        check_with_more_behind(parse, row);
    }
}

static unsigned lower(unsigned c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; }

static void check_names(void) {
    guard other;
    guard_open(&other, 64, GUARD_READ);
    for (unsigned x = 0; x < 256; x++)
        for (unsigned y = 0; y < 256; y++) {
            char a[3] = {'n', (char)x, 'N'}, b[3] = {'N', (char)y, 'n'};
            check_case("names are the same but for ASCII case", a, sizeof a);
            int got = fh_same_name(guard_at_end(&memory, a, 3), guard_at_end(&other, b, 3), 3);
            CHECK(!got == (lower(x) != lower(y)), "%d for \\x%02x and \\x%02x", got, x, y);
            /* eight at a time, between bytes that must not carry into it, or it into them */
            for (size_t at = 0; at < 11; at++) {
                char c[11] = {'Z', '\xff', '@', '[', '\x80', 'z', '\0', 'A', '`', '{', 'q'}, d[11];
                memcpy(d, c, sizeof d);
                c[at] = (char)x, d[at] = (char)y;
                got = fh_same_name(c, d, sizeof c);
                CHECK(!got == (lower(x) != lower(y)), "%d for \\x%02x and \\x%02x", got, x, y);
            }
        }
    for (size_t len = 0; len < 70; len++)
        for (size_t bad = 0; bad < len; bad++) {
            char a[70], b[70];
            memset(a, 'a', sizeof a), memset(b, 'A', sizeof b);
            check_case("one different byte, at each place", b, len);
            const char *left = guard_at_end(&memory, a, len);
            CHECK(fh_same_name(left, guard_at_end(&other, b, len), len), "same, but not found so");
            b[bad] = 'B';
            CHECK(!fh_same_name(left, guard_at_end(&other, b, len), len), "place %zu", bad);
        }
    check_case("empty names are the same", "", 0);
    CHECK(fh_same_name(memory.end, other.end, 0), "they are not");
}

int main(void) {
    guard_open(&memory, ROOM, GUARD_READ);
    guard_open(&field_memory, MOST_FIELDS * sizeof(fh_field), GUARD_WRITE);
    check_rows(parse_status_line, status_rows);
    check_rows(parse_fields, field_rows);
    check_names();
    return check_report("test_headers");
}
