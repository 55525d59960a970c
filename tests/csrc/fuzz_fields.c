/* fh_parse_fields: stays within its bytes and its room; gives what the slow reference gives; what
 * it took gives the same alone, and less of it never gives a result.
 *
 * A libFuzzer target. The first four bytes of its input choose the room for fields, the limit of
 * lines, a place to cut and how many bytes stand in front; the others are the fields.
 */
#include "fuzz.h"
#include "reference.h"

enum { SETTINGS = 4, MOST_FIELDS = 16 };

typedef struct {
    size_t max_line, capacity;
} limits;

typedef struct {
    long code;
    size_t count;
    int first[FH_FIELD_IDS];
    fh_field fields[MOST_FIELDS];
} parsed;

static void check_found(const parsed *got, const char *buf, size_t len) {
    size_t end = (size_t)got->code;
    MUST(end <= len);
    for (size_t i = 0; i < got->count; i++) {
        const fh_field *field = &got->fields[i];
        MUST(field->name_len > 0 && lies_within(field->name, field->name_len, end));
        MUST(lies_within(field->value, field->value_len, end));
        MUST(buf[field->name + field->name_len] == ':');
    }
    for (int id = 1; id < FH_FIELD_IDS; id++)
        MUST(got->first[id] >= -1 && got->first[id] < (int)got->count);
}

static parsed parse(const char *text, size_t len, const limits *most) {
    parsed got;
    char *buf = exact_copy(text, len);
    fh_field *fields = exact_room(most->capacity * sizeof *fields);
    memset(&got, 0, sizeof got);
    got.count = most->capacity;
    got.code = fh_parse_fields(buf, len, most->max_line, fields, &got.count, got.first);
    MUST(got.code == FH_INCOMPLETE || got.code == FH_ODD || got.code >= 1);
    if (got.code > 0) {
        MUST(got.count <= most->capacity);
        memcpy(got.fields, fields, got.count * sizeof *fields);
        check_found(&got, buf, len);
    }
    free(fields);
    free(buf);
    return got;
}

static int same(const parsed *a, const parsed *b) {
    if (a->code != b->code) return 0;
    if (a->code < 0) return 1;
    if (a->count != b->count) return 0;
    for (size_t i = 0; i < a->count; i++)
        if (!same_field(&a->fields[i], &b->fields[i])) return 0;
    for (int id = 1; id < FH_FIELD_IDS; id++)
        if (a->first[id] != b->first[id]) return 0;
    return 1;
}

static parsed reference(const char *text, size_t len, const limits *most) {
    parsed want;
    memset(&want, 0, sizeof want);
    want.count = most->capacity;
    want.code = reference_fields(text, len, most->max_line, want.fields, &want.count, want.first);
    return want;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < SETTINGS) return 0;
    limits most = {data[1] < 128 ? data[1] : 65536, data[0] % (MOST_FIELDS + 1)};
    size_t cut = data[2], len = size - SETTINGS, before = data[3] < len ? data[3] : 0;
    /* What stands in front, as a status line does, is of no consequence but for the alignment. */
    const char *text = (const char *)data + SETTINGS + before;
    len -= before;
    parsed whole = parse(text, len, &most), want = reference(text, len, &most);
    MUST(reference_allows(want.code, whole.code));
    MUST(whole.code < 0 || same(&want, &whole));
    if (whole.code > 0) {
        size_t end = (size_t)whole.code;
        parsed alone = parse(text, end, &most);
        MUST(same(&alone, &whole));
        MUST(parse(text, end - 1, &most).code < 0 && parse(text, cut % end, &most).code < 0);
    } else if (cut < len) {
        long shorter = parse(text, cut, &most).code;
        MUST(shorter < 0 && (whole.code != FH_INCOMPLETE || shorter != FH_ODD));
    }
    return 0;
}
