/* fh_request.c: each byte at each place of texts of up to 70 bytes, at both ends of guarded
 * memory.
 */
#include "check.h"
#include "fh_request.h"
#include "guard.h"

#include <string.h>

enum { LONGEST = 70 };

static guard memory;

static int in_word(int c) { return c > 0x20 && c < 0x7f; }
static int in_name(int c) { return in_word(c) && c != ':'; }
static int in_value(int c) { return c != '\r' && c != '\n'; }

static const struct {
    const char *rule;
    int (*plain)(const char *text, size_t len);
    int (*allows)(int c);
    int empty; /* the answer for no byte at all */
    char good;
} kinds[] = {
    {"a word: 0x21-0x7E, not empty", fh_is_plain_word, in_word, 0, '/'},
    {"a name: 0x21-0x7E without ':', not empty", fh_is_plain_name, in_name, 0, 'n'},
    {"a value: no CR and no LF", fh_is_plain_value, in_value, 1, ' '},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void check_one(size_t kind, const char *text, size_t len, size_t shift, int want) {
    check_case(kinds[kind].rule, text, len);
    int got = kinds[kind].plain(guard_at_end(&memory, text, len), len);
    CHECK(got == want, "%d, but %d is right", got, want);
    got = kinds[kind].plain(guard_at_start(&memory, text, len, shift), len);
    CHECK(got == want, "%d, but %d is right, at %zu", got, want, shift);
}

static void check_each_byte(size_t kind) {
    for (size_t len = 1; len <= LONGEST; len++)
        for (size_t place = 0; place < len; place++)
            for (int byte = 0; byte < 256; byte++) {
                char text[LONGEST];
                memset(text, kinds[kind].good, sizeof text);
                text[place] = (char)byte;
                check_one(kind, text, len, place % 16, kinds[kind].allows(byte) != 0);
            }
}

/* What is behind the text is none of its business, whether it is allowed or not. */
static void check_lengths(size_t kind) {
    for (size_t len = 0; len <= LONGEST; len++)
        for (int bad = 0; bad < 2; bad++) {
            char text[LONGEST + 1];
            memset(text, kinds[kind].good, sizeof text);
            text[len] = bad ? '\n' : kinds[kind].good;
            check_case(kinds[kind].rule, text, len);
            int want = len == 0 ? kinds[kind].empty : 1;
            int got = kinds[kind].plain(guard_at_end(&memory, text, len + 1), len);
            CHECK(got == want, "%d, but %d is right, with more behind", got, want);
            check_one(kind, text, len, 0, want);
        }
}

int main(void) {
    guard_open(&memory, LONGEST + 16, GUARD_READ);
    for (size_t kind = 0; kind < KINDS; kind++) {
        check_lengths(kind);
        check_each_byte(kind);
    }
    return check_report("test_request");
}
