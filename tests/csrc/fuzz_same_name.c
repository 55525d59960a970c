/* fh_same_name: stays within its bytes; folds A-Z and nothing else (the C locale's tolower()); does
 * not depend on the order of the two names; the name in either case is the same.
 *
 * A libFuzzer target. The input is two names of the same length, one behind the other, and where
 * the first byte says so, the second is the first with its letters in another case.
 */
#include "fh_headers.h"
#include "fuzz.h"

static unsigned char lower(unsigned char c) {
    static const char from[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", to[] = "abcdefghijklmnopqrstuvwxyz";
    const char *found = c == 0 ? NULL : strchr(from, c);
    return found == NULL ? c : (unsigned char)to[found - from];
}

static int is_letter(unsigned char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    int other_case = data[0] & 1, folds = 1;
    size_t len = other_case ? size - 1 : (size - 1) / 2;
    char *a = exact_copy(data + 1, len), *b = exact_copy(data + size - len, len);
    for (size_t i = 0; other_case && i < len; i++)
        if (is_letter((unsigned char)b[i])) b[i] ^= 0x20;
    for (size_t i = 0; i < len; i++)
        if (lower((unsigned char)a[i]) != lower((unsigned char)b[i])) folds = 0;
    MUST(!other_case || folds);
    MUST(fh_same_name(a, b, len) == folds && fh_same_name(b, a, len) == folds);
    free(a);
    free(b);
    return 0;
}
