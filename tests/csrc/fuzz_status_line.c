/* fh_parse_status_line: stays within its bytes; gives what the slow reference gives; what it took
 * gives the same alone, and less of it never gives a result.
 *
 * A libFuzzer target. The first two bytes of its input choose the limit of the line and a place to
 * cut; the others are the line.
 */
#include "fuzz.h"
#include "reference.h"

enum { SETTINGS = 2, SHORTEST = 13 };

typedef struct {
    long code;
    fh_status_line line;
} parsed;

static parsed parse(const char *text, size_t len, size_t max_line) {
    parsed got;
    char *buf = exact_copy(text, len);
    memset(&got, 0, sizeof got);
    got.code = fh_parse_status_line(buf, len, max_line, &got.line);
    free(buf);
    MUST(got.code == FH_INCOMPLETE || got.code == FH_ODD || got.code >= SHORTEST);
    if (got.code < 0) return got;
    MUST((size_t)got.code <= len && (size_t)got.code <= max_line);
    MUST(got.line.version == 10 || got.line.version == 11);
    MUST(got.line.status >= 100 && got.line.status <= 999);
    MUST(lies_within(got.line.reason, got.line.reason_len, (size_t)got.code));
    return got;
}

static int same(const parsed *a, const parsed *b) {
    return a->code == b->code && (a->code < 0 || same_status_line(&a->line, &b->line));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < SETTINGS) return 0;
    size_t limit = data[0] < 128 ? data[0] : 65536, cut = data[1];
    const char *text = (const char *)data + SETTINGS;
    size_t len = size - SETTINGS;
    parsed whole = parse(text, len, limit), want;
    memset(&want, 0, sizeof want);
    want.code = reference_status_line(text, len, limit, &want.line);
    MUST(reference_allows(want.code, whole.code));
    MUST(whole.code < 0 || same(&want, &whole));
    if (whole.code > 0) {
        size_t end = (size_t)whole.code;
        parsed alone = parse(text, end, limit);
        MUST(same(&alone, &whole));
        MUST(parse(text, end - 1, limit).code < 0 && parse(text, cut % end, limit).code < 0);
    } else if (cut < len) {
        long shorter = parse(text, cut, limit).code;
        MUST(shorter < 0 && (whole.code != FH_INCOMPLETE || shorter != FH_ODD));
    }
    return 0;
}
