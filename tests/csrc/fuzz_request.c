/* fh_is_plain_word, fh_is_plain_name, fh_is_plain_value: stay within their bytes; each answer is
 * that of a look at one byte after another.
 *
 * A libFuzzer target. The input is the text.
 */
#include "fh_request.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int word = size != 0, name = size != 0, value = 1;
    for (size_t i = 0; i < size; i++) {
        if (data[i] <= 0x20 || data[i] >= 0x7f) word = name = 0;
        if (data[i] == ':') name = 0;
        if (data[i] == '\r' || data[i] == '\n') value = 0;
    }
    char *text = exact_copy(data, size);
    MUST(fh_is_plain_word(text, size) == word);
    MUST(fh_is_plain_name(text, size) == name);
    MUST(fh_is_plain_value(text, size) == value);
    free(text);
    return 0;
}
