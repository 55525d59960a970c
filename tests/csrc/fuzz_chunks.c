/* fh_decode_chunks: stays within its bytes and its room; gives what the slow reference gives, in
 * one call or in pieces; what it consumed is enough for the same.
 *
 * A libFuzzer target. The first five bytes of its input choose the place in the coding, the room
 * for output, the limit of size lines and where both are cut; the others are the chunks.
 */
#include "fuzz.h"
#include "reference.h"

enum { SETTINGS = 5, MOST_ROOM = 255 };

static enum fh_chunks_stop decode_exactly(fh_chunks *at, const char *in, size_t in_len, char *out,
                                          size_t out_len, size_t max_line) {
    char *copy = exact_copy(in, in_len), *room = exact_room(out_len);
    enum fh_chunks_stop stop = fh_decode_chunks(at, copy, in_len, room, out_len, max_line);
    MUST(at->consumed <= in_len && at->produced <= out_len && at->whole <= at->produced);
    MUST(at->left >= -1 && at->produced <= at->consumed);
    MUST((stop == FH_CHUNKS_FULL) == (at->produced == out_len) || stop == FH_CHUNKS_LAST);
    if (stop == FH_CHUNKS_LAST) MUST(at->left == -1);
    if (stop == FH_CHUNKS_ODD) MUST(at->left <= 0 && at->consumed < in_len);
    if (stop == FH_CHUNKS_MORE && at->left > 0) MUST(at->consumed == in_len);
    memcpy(out, room, at->produced);
    free(room);
    free(copy);
    return stop;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char want_out[MOST_ROOM], out[MOST_ROOM];
    static const cuts none = {SIZE_MAX, SIZE_MAX};
    if (size < SETTINGS) return 0;
    int64_t left = data[0] < 250 ? (int64_t)data[0] / 4 - 1 : INT64_MAX - data[0] + 250;
    size_t room = data[1], limit = data[2] < 64 ? data[2] : 65536;
    cuts at = {data[3], data[4]};
    const char *in = (const char *)data + SETTINGS;
    size_t len = size - SETTINGS;
    decoded want = reference_decode(left, in, len, want_out, room, limit);
    decoded whole = decode_in_pieces(decode_exactly, left, in, len, out, room, limit, none);
    MUST(same_decoded(&want, &whole) && memcmp(out, want_out, want.at.produced) == 0);
    memset(out, 0, sizeof out);
    decoded pieces = decode_in_pieces(decode_exactly, left, in, len, out, room, limit, at);
    MUST(same_decoded(&want, &pieces) && memcmp(out, want_out, want.at.produced) == 0);
    decoded again = decode_in_pieces(decode_exactly, left, in, whole.at.consumed, out, room, limit,
                                     none); /* what was consumed is enough for the same */
    MUST(again.at.consumed == whole.at.consumed && again.at.left == whole.at.left);
    MUST(again.at.produced == whole.at.produced && again.at.whole == whole.at.whole);
    return 0;
}
