/* A libFuzzer target for fh_headers.c. The first three bytes of its input choose the room for
 * fields, the limit of lines and a place to cut; the others are the head.
 */
#include "fuzz.h"
#include "reference.h"

enum { SETTINGS = 3, MOST_FIELDS = 16 };

typedef struct {
    const char *text;
    size_t len, max_line, capacity;
} head;

typedef struct {
    long code;
    size_t count;
    int first[FH_FIELD_IDS];
    fh_field fields[MOST_FIELDS];
    fh_status_line line;
} parsed;

static int within(uint32_t start, uint32_t n, long end) {
    return start <= (unsigned long)end && n <= (unsigned long)end - start;
}

static parsed parse_status_line(const head *h, size_t len) {
    parsed got;
    char *buf = exact_copy(h->text, len);
    memset(&got, 0, sizeof got);
    got.code = fh_parse_status_line(buf, len, h->max_line, &got.line);
    free(buf);
    MUST(got.code == FH_INCOMPLETE || got.code == FH_ODD || got.code >= 13);
    if (got.code < 0) return got;
    MUST((size_t)got.code <= len && (size_t)got.code <= h->max_line);
    MUST(got.line.version == 10 || got.line.version == 11);
    MUST(got.line.status >= 100 && got.line.status <= 999);
    MUST(within(got.line.reason, got.line.reason_len, got.code));
    return got;
}

static parsed parse_fields(const head *h, size_t len) {
    parsed got;
    char *buf = exact_copy(h->text, len);
    fh_field *fields = exact_room(h->capacity * sizeof *fields);
    memset(&got, 0, sizeof got);
    got.count = h->capacity;
    got.code = fh_parse_fields(buf, len, h->max_line, fields, &got.count, got.first);
    MUST(got.code == FH_INCOMPLETE || got.code == FH_ODD || got.code >= 1);
    if (got.code > 0) {
        MUST((size_t)got.code <= len && got.count <= h->capacity);
        memcpy(got.fields, fields, got.count * sizeof *fields);
    }
    for (size_t i = 0; got.code > 0 && i < got.count; i++) {
        MUST(fields[i].name_len > 0 && within(fields[i].name, fields[i].name_len, got.code));
        MUST(within(fields[i].value, fields[i].value_len, got.code));
        MUST(buf[fields[i].name + fields[i].name_len] == ':');
    }
    for (int id = 1; got.code > 0 && id < FH_FIELD_IDS; id++)
        MUST(got.first[id] >= -1 && got.first[id] < (int)got.count);
    free(fields);
    free(buf);
    return got;
}

static int same(const parsed *a, const parsed *b) {
    if (a->code != b->code) return 0;
    if (a->code < 0) return 1;
    for (size_t i = 0; i < a->count; i++)
        if (!same_field(&a->fields[i], &b->fields[i])) return 0;
    for (int id = 1; id < FH_FIELD_IDS; id++)
        if (a->first[id] != b->first[id]) return 0;
    return a->count == b->count && same_status_line(&a->line, &b->line);
}

typedef parsed parser(const head *h, size_t len);

/* What was consumed gives the same alone; less of it never gives a result. */
static void check_prefixes(parser *parse, const head *h, const parsed *whole, size_t cut) {
    if (whole->code > 0) {
        size_t end = (size_t)whole->code;
        parsed alone = parse(h, end), shorter = parse(h, cut % end), almost = parse(h, end - 1);
        MUST(same(&alone, whole));
        MUST(shorter.code < 0 && almost.code < 0);
    } else if (cut < h->len) {
        parsed shorter = parse(h, cut);
        MUST(shorter.code < 0 && (whole->code != FH_INCOMPLETE || shorter.code != FH_ODD));
    }
}

static void check_against_reference(const head *h, const parsed *line, const parsed *fields) {
    parsed want;
    memset(&want, 0, sizeof want);
    want.code = reference_status_line(h->text, h->len, h->max_line, &want.line);
    MUST(reference_allows(want.code, line->code));
    MUST(line->code < 0 || same(&want, line));
    memset(&want, 0, sizeof want);
    want.count = h->capacity;
    want.code = reference_fields(h->text, h->len, h->max_line, want.fields, &want.count,
                                 want.first);
    MUST(reference_allows(want.code, fields->code));
    MUST(fields->code < 0 || same(&want, fields));
}

/* Fields behind a status line, as in a head. */
static void check_fields_behind(const head *h, const parsed *line, size_t cut) {
    if (line->code < 0) return;
    head rest = {h->text + line->code, h->len - (size_t)line->code, h->max_line, h->capacity};
    parsed fields = parse_fields(&rest, rest.len);
    check_prefixes(parse_fields, &rest, &fields, cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < SETTINGS) return 0;
    size_t limit = data[1] < 128 ? data[1] : 65536, cut = data[2];
    head h = {(const char *)data + SETTINGS, size - SETTINGS, limit, data[0] % (MOST_FIELDS + 1)};
    parsed line = parse_status_line(&h, h.len), fields = parse_fields(&h, h.len);
    check_against_reference(&h, &line, &fields);
    check_prefixes(parse_status_line, &h, &line, cut);
    check_prefixes(parse_fields, &h, &fields, cut);
    check_fields_behind(&h, &line, cut);
    return 0;
}
