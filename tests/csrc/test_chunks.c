/* fh_chunks.c against named cases, with each cut of the input and each room for the output, and
 * against the reference with generated input; input and output lie in guarded memory.
 */
#include "check.h"
#include "chunk_rows.h"
#include "guard.h"
#include "random.h"
#include "reference.h"

#include <stdio.h>
#include <string.h>

enum { ROOM = 16384, MAX_LINE = 65536, GENERATED = 200000 };

static guard in_memory, out_memory;

/* Decodes with input and output against the pages behind them. */
static enum fh_chunks_stop decode_at_end(fh_chunks *at, const char *in, size_t in_len, char *out,
                                         size_t out_len, size_t max_line) {
    char *room = out_memory.end - out_len;
    enum fh_chunks_stop stop = fh_decode_chunks(at, guard_at_end(&in_memory, in, in_len), in_len,
                                                room, out_len, max_line);
    CHECK(at->consumed <= in_len, "consumed: %zu of %zu", at->consumed, in_len);
    CHECK(at->produced <= out_len, "produced: %zu of %zu", at->produced, out_len);
    CHECK(at->whole <= at->produced, "whole: %zu of %zu", at->whole, at->produced);
    if (at->produced <= out_len) memcpy(out, room, at->produced);
    return stop;
}

/* Decodes with input and output against the pages in front of them, or close to these. */
static enum fh_chunks_stop decode_at_start(fh_chunks *at, const char *in, size_t in_len, char *out,
                                           size_t out_len, size_t max_line) {
    char *room = out_memory.start + in_len % 16;
    enum fh_chunks_stop stop =
        fh_decode_chunks(at, guard_at_start(&in_memory, in, in_len, out_len % 16), in_len, room,
                         out_len, max_line);
    if (at->produced <= out_len) memcpy(out, room, at->produced);
    return stop;
}

static void compare(const char *how, const decoded *want, const char *want_out, const decoded *got,
                    const char *got_out) {
    if (same_decoded(want, got) && memcmp(want_out, got_out, want->at.produced) == 0) return;
    check_failed("%s: stop %d left %lld consumed %zu produced %zu whole %zu%s\n"
                 "  where stop %d left %lld consumed %zu produced %zu whole %zu is right%s",
                 how, got->stop, (long long)got->at.left, got->at.consumed, got->at.produced,
                 got->at.whole, same_decoded(want, got) ? ", other bytes" : "", want->stop,
                 (long long)want->at.left, want->at.consumed, want->at.produced, want->at.whole,
                 want->open ? " (the stop is open)" : "");
}

/* One call at each end of the memory, and one with a cut in input and room. */
static void compare_ways(const decoded *want, const char *want_out, int64_t left, const char *in,
                         size_t in_len, size_t out_len, size_t max_line, cuts at) {
    static char out[ROOM];
    static const cuts none = {SIZE_MAX, SIZE_MAX};
    decoded got = decode_in_pieces(decode_at_end, left, in, in_len, out, out_len, max_line, none);
    compare("at the end", want, want_out, &got, out);
    got = decode_in_pieces(decode_at_start, left, in, in_len, out, out_len, max_line, none);
    compare("at the start", want, want_out, &got, out);
    got = decode_in_pieces(decode_at_end, left, in, in_len, out, out_len, max_line, at);
    compare("in pieces", want, want_out, &got, out);
}

static void compare_with_reference(const char *rule, int64_t left, const char *in, size_t in_len,
                                   size_t out_len, size_t max_line, cuts at) {
    static char want_out[ROOM];
    check_case(rule, in, in_len);
    decoded want = reference_decode(left, in, in_len, want_out, out_len, max_line);
    compare_ways(&want, want_out, left, in, in_len, out_len, max_line, at);
}

/* The outcome that the row says, in one call and with each pair of cuts. */
static void check_whole(const chunk_row *row, const char *in, size_t in_len) {
    size_t produced = row->whole + (row->left_after > 0 ? strlen(row->out + row->whole) : 0);
    decoded want = {{row->left_after, row->consumed, produced, row->whole}, row->stop, 0};
    check_case(row->rule, in, in_len);
    for (size_t cut = 0; cut <= in_len; cut++)
        for (size_t room = 0; room <= produced + 1; room++)
            compare_ways(&want, row->out, row->left, in, in_len, produced + 1, MAX_LINE,
                         (cuts){cut, room});
}

/* The last chunk and what is odd stay that, whatever comes behind. */
static void check_with_more_behind(const chunk_row *row) {
    static const char *const more[] = {"\r\n", "\n", "\r", "0", "1\r\nx", ";", " "};
    if (row->stop != FH_CHUNKS_LAST && row->stop != FH_CHUNKS_ODD) return;
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        char in[128];
        memcpy(in, row->in, row->in_len);
        memcpy(in + row->in_len, more[i], strlen(more[i]));
        check_whole(row, in, row->in_len + strlen(more[i]));
    }
}

/* Each prefix, in each room, cut in each place. */
static void check_prefixes(const chunk_row *row) {
    for (size_t len = 0; len <= row->in_len; len++)
        for (size_t room = 0; room <= len + 1; room++)
            for (size_t cut = 0; cut <= len; cut++)
                compare_with_reference(row->rule, row->left, row->in, len, room, MAX_LINE,
                                       (cuts){cut, room / 2});
}

static void check_rows(void) {
    for (const chunk_row *row = chunk_rows; row->rule != NULL; row++) {
        check_whole(row, row->in, row->in_len);
        check_with_more_behind(row);
        check_prefixes(row);
    }
}

/* FH_CHUNKS_FULL: out is full, wherever in the coding that is. */
static void check_full(void) {
    static const char in[] = "2\r\nab\r\n3\r\ncde\r\n0\r\n";
    static const struct { size_t room; int64_t left; size_t consumed, whole; } full[] = {
        {0, -1, 0, 0}, {1, 1, 4, 0}, {2, 0, 5, 2}, {3, 2, 11, 2}, {4, 1, 12, 2}, {5, 0, 13, 5},
    };
    for (size_t i = 0; i < sizeof full / sizeof *full; i++)
        for (size_t len = full[i].consumed; len < sizeof in; len++) {
            decoded want = {{full[i].left, full[i].consumed, full[i].room, full[i].whole},
                            FH_CHUNKS_FULL, 0};
            check_case("full: no byte more is consumed than there is room for", in, len);
            compare_ways(&want, "abcde", -1, in, len, full[i].room, MAX_LINE, (cuts){0, 0});
        }
    for (int64_t left = -1; left < 3; left++) {
        decoded want = {{left, 0, 0, 0}, FH_CHUNKS_FULL, 0};
        check_case("full: no room at all, in each state", in, sizeof in - 1);
        compare_ways(&want, "", left, in, sizeof in - 1, 0, MAX_LINE, (cuts){0, 0});
    }
}

/* A size line of exactly max_line bytes passes, one of a byte more does not; the CRLF in front of
 * it does not count. */
static void check_line_limits(void) {
    static const char *const lines[] = {"5\r\n", "05\r\n", "005\r\n", "000000000000005\r\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        for (int64_t left = -1; left <= 1; left++)
            for (size_t n = strlen(lines[i]), limit = 0; limit <= n + 1; limit++) {
                char in[64];
                size_t data = left == 1, before = left < 0 ? 0 : data + 2;
                snprintf(in, sizeof in, "d\r\n%sabcde", lines[i]);
                const char *text = in + 3 - before;
                size_t len = before + n + 5;
                decoded want = {{0, len, 5 + data, 5 + data}, FH_CHUNKS_MORE, 0};
                if (limit < n) want = (decoded){{left < 0 ? -1 : 0, data, data, data},
                                                FH_CHUNKS_ODD, 0};
                check_case("a size line at its limit", text, len);
                for (size_t cut = 0; cut <= len; cut++)
                    compare_ways(&want, data ? "dabcde" : "abcde", left, text, len, 9, limit,
                                 (cuts){cut, 3});
            }
}

/* Each byte in each place of a few chunks. */
static void check_each_byte(void) {
    static const char good[] = "02\r\nab\r\n1\r\nc\r\n00\r\n";
    for (size_t place = 0; place < sizeof good - 1; place++)
        for (int byte = 0; byte < 256; byte++) {
            char in[sizeof good];
            memcpy(in, good, sizeof good);
            in[place] = (char)byte;
            for (size_t cut = 0; cut < sizeof good; cut++)
                compare_with_reference("each byte at each place", -1, in, sizeof good - 1, 8,
                                       MAX_LINE, (cuts){cut, cut % 4});
        }
}

static size_t put(char *in, size_t at, const char *piece) {
    size_t n = strlen(piece);
    memcpy(in + at, piece, n);
    return at + n;
}

/* Chunks of each size up to 300, that end at, before and behind the end of input and room. */
static void check_sizes(void) {
    static char in[1024];
    for (size_t size = 1; size <= 300; size++) {
        size_t len = (size_t)sprintf(in, "%zX\r\n", size), head = len;
        for (size_t i = 0; i < size; i++) in[len++] = (char)(i * 7 + size);
        len = put(in, len, "\r\n1\r\n!\r\n0\r\n\r\n");
        for (size_t cut = 0; cut <= len; cut++) {
            size_t room = cut < head ? cut : cut - head;
            compare_with_reference("each size, each prefix", -1, in, cut, 512, MAX_LINE,
                                   (cuts){cut / 2, room / 2});
            compare_with_reference("each size, each room", -1, in, len, room, MAX_LINE,
                                   (cuts){cut, room / 2});
        }
    }
}

/* Chunks of one size in a row, and what looks like one more, cut and in rooms wherever that is. */
static void check_rows_of_one_size(void) {
    static const size_t sizes[] = {1, 2, 15, 16, 31, 32, 33, 63, 64, 65, 255, 256, 257, 300};
    static const char *const lines[] = {"%zx\r\n", "%03zX\r\n", "%04zx\r\n", "%05zx\r\n"};
    static const char *const ends[] = {"0\r\n\r\n", "1\r\na\r\n0\r\n", "1;a\r\n", "\r\n"};
    static char in[2048];
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t way = 0; way < sizeof lines / sizeof *lines; way++) {
            size_t len = 0;
            for (size_t chunk = 0; chunk < 5; chunk++) {
                len += (size_t)sprintf(in + len, lines[way], sizes[i]);
                for (size_t at = 0; at < sizes[i]; at++) in[len + at] = (char)(at * 7 + chunk);
                len += sizes[i];
                len = put(in, len, chunk == 3 && way == 1 ? "\r\r" : "\r\n");
            }
            len = put(in, len, ends[(i + way) % 4]);
            for (size_t cut = 0; cut <= len; cut++) {
                compare_with_reference("a row, each prefix", -1, in, cut, 1600, MAX_LINE,
                                       (cuts){cut / 2, cut / 3});
                compare_with_reference("a row, each room", -1, in, len, cut, MAX_LINE,
                                       (cuts){cut, cut / 2});
            }
        }
}

/* A size line, odd once in `odd`. */
static size_t generate_size_line(char *in, size_t at, size_t size, size_t odd) {
    static const char *const oddities[] = {" ", "\r", "x", ":", "g", "\n", "0", "00000000000000"};
    int zeros = random_once_in(8) ? (int)random_below(13) : 0;
    if (random_once_in(odd)) at = put(in, at, oddities[random_below(8)]);
    at += (size_t)sprintf(in + at, random_once_in(2) ? "%0*zx" : "%0*zX", zeros, size);
    if (random_once_in(odd)) at = put(in, at, oddities[random_below(8)]);
    if (random_once_in(odd)) {
        in[at++] = ';';
        for (size_t n = random_below(20); n > 0; n--) in[at++] = (char)(' ' + random_below(90));
    }
    return put(in, at, random_once_in(odd) ? "\n" : "\r\n");
}

/* Chunks from the place `left` on, whose content goes to `content`; odd once in `odd`. */
static size_t generate_chunks(char *in, int64_t left, size_t odd, char *content,
                              size_t *contained) {
    size_t at = 0, size = left > 0 ? (size_t)left : 0, chunks = random_below(6);
    int begun = left >= 0;
    *contained = 0;
    for (;; chunks--) {
        for (size_t i = 0; i < size; i++)
            content[(*contained)++] = in[at++] =
                random_once_in(4) ? "\r\n0;"[i % 4] : "abcdefghijklm"[i % 13];
        if (begun) at = put(in, at, random_once_in(odd) ? "\n" : "\r\n");
        begun = 1;
        size = chunks == 0 ? 0 : 1 + random_below(random_once_in(4) ? 90 : 17);
        at = generate_size_line(in, at, size, odd);
        if (size == 0) break;
    }
    return random_once_in(2) ? put(in, at, "A: b\r\n\r\n") : at;
}

static int64_t random_place(void) {
    return random_once_in(2) ? -1 : (int64_t)random_below(30);
}

static void check_generated(void) {
    static char in[2048], content[1024];
    for (int i = 0; i < GENERATED; i++) {
        int64_t left = random_place();
        size_t contained, len = generate_chunks(in, left, 30, content, &contained);
        if (random_once_in(3)) in[random_below(len)] = (char)random_below(256);
        if (random_once_in(3)) len = random_below(len + 1);
        size_t room = random_once_in(2) ? 1024 : random_below(contained + 2);
        size_t limit = random_once_in(3) ? random_below(24) : MAX_LINE;
        if (random_once_in(50)) left = INT64_MAX - (int64_t)random_below(9);
        compare_with_reference("generated chunks", left, in, len, room, limit,
                               (cuts){random_below(len + 1), random_below(room + 1)});
    }
}

/* What was put into well-formed chunks comes out: no reference needed. */
static void check_content(void) {
    static char in[2048], content[1024], out[1024];
    for (int i = 0; i < GENERATED; i++) {
        int64_t left = random_place();
        size_t contained, len = generate_chunks(in, left, SIZE_MAX, content, &contained);
        check_case("the content of generated chunks", in, len);
        decoded got = decode_in_pieces(
            decode_at_end, left, in, len, out, contained + 1, MAX_LINE,
            (cuts){random_below(len + 1), random_below(contained + 1)});
        CHECK(got.stop == FH_CHUNKS_LAST && got.at.left == -1, "stop %d", got.stop);
        CHECK(got.at.produced == contained && memcmp(out, content, contained) == 0, "other bytes");
        CHECK(got.at.whole == contained, "whole %zu of %zu", got.at.whole, contained);
        int trailers = in[got.at.consumed - 1] == '\n' && len - got.at.consumed == 8;
        CHECK(got.at.consumed == len || trailers, "consumed %zu of %zu", got.at.consumed, len);
    }
}

int main(void) {
    guard_open(&in_memory, ROOM, GUARD_READ);
    guard_open(&out_memory, ROOM, GUARD_WRITE);
    check_rows();
    check_full();
    check_line_limits();
    check_each_byte();
    check_sizes();
    check_rows_of_one_size();
    check_generated();
    check_content();
    return check_report("test_chunks");
}
