/* Response heads: see fh_headers.h. */
#include "fh_headers.h"

#include <string.h>

#if defined(__SSE2__) || defined(_M_X64)
#include <emmintrin.h>
#define FH_SSE2 1
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#define FH_NEON 1
#endif

#if defined(_MSC_VER)
#include <intrin.h>
static int lowest_bit(uint32_t mask) {
    unsigned long index;
    _BitScanForward(&index, mask);
    return (int)index;
}
#elif defined(FH_SSE2)
static int lowest_bit(uint32_t mask) { return __builtin_ctz(mask); }
#endif

/* RFC 9110 5.6.2: tchar. A byte for each: to look one up takes half of what bits would take. */
static int is_name_byte(unsigned char c) {
    static const unsigned char tchar[256] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0,
        0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0,
    };
    return tchar[c];
}

/* The first byte that cannot be part of a field name, or end. */
static const char *name_end(const char *p, const char *end) {
#if defined(FH_SSE2)
    /* Letters, digits and "-" are all that most names have. */
    const __m128i a = _mm_set1_epi8('a'), letters = _mm_set1_epi8(25), zero = _mm_set1_epi8('0'),
                  digits = _mm_set1_epi8(9), dash = _mm_set1_epi8('-'), bit = _mm_set1_epi8(0x20);
    while (end - p >= 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i letter = _mm_sub_epi8(_mm_or_si128(x, bit), a), digit = _mm_sub_epi8(x, zero);
        __m128i good = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(letter, letters), letter),
                                    _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(digit, digits), digit),
                                                 _mm_cmpeq_epi8(x, dash)));
        uint32_t others = (uint32_t)_mm_movemask_epi8(good) ^ 0xffff;
        if (others != 0) {
            p += lowest_bit(others);
            break;
        }
        p += 16;
    }
#endif
    while (p < end && is_name_byte((unsigned char)*p)) p++;
    return p;
}

static int is_value_byte(unsigned char c) {
    return (c >= 0x20 && c != 0x7f) || c == '\t';
}

/* The first byte that cannot be part of a field value, or end. */
static const char *value_end(const char *p, const char *end) {
#if defined(FH_SSE2)
    const __m128i space = _mm_set1_epi8(0x1f), del = _mm_set1_epi8(0x7f), tab = _mm_set1_epi8('\t');
    while (end - p >= 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
        /* unsigned x <= 0x1f, but not HTAB; or x == 0x7f */
        __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(x, space), x);
        __m128i bad = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(x, tab), low),
                                   _mm_cmpeq_epi8(x, del));
        uint32_t mask = (uint32_t)_mm_movemask_epi8(bad);
        if (mask != 0) return p + lowest_bit(mask);
        p += 16;
    }
#elif defined(FH_NEON)
    const uint8x16_t space = vdupq_n_u8(0x1f), del = vdupq_n_u8(0x7f), tab = vdupq_n_u8('\t');
    while (end - p >= 16) {
        uint8x16_t x = vld1q_u8((const uint8_t *)p);
        uint8x16_t low = vbicq_u8(vcleq_u8(x, space), vceqq_u8(x, tab));
        if (vmaxvq_u8(vorrq_u8(low, vceqq_u8(x, del))) != 0) break;
        p += 16;
    }
#endif
    while (p < end && is_value_byte((unsigned char)*p)) p++;
    return p;
}

/* Eight bytes, with A to Z as small letters: each byte has its own highest bit for the sums. */
static uint64_t lower8(const char *at) {
    const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
    uint64_t x, low;
    memcpy(&x, at, 8);
    low = x & ~high;
    uint64_t from_a = low + (0x80 - 'A') * ones, behind_z = low + (0x7f - 'Z') * ones;
    return x | ((from_a & ~behind_z & ~x & high) >> 2);
}

int fh_same_name(const char *a, const char *b, size_t len) {
    if (len >= 8) {
        for (size_t i = 0; i < len - 8; i += 8)
            if (lower8(a + i) != lower8(b + i)) return 0;
        return lower8(a + len - 8) == lower8(b + len - 8);
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];
        if (x >= 'A' && x <= 'Z') x |= 0x20;
        if (y >= 'A' && y <= 'Z') y |= 0x20;
        if (x != y) return 0;
    }
    return 1;
}

static enum fh_field_id field_id(const char *name, size_t len) {
    switch (len) {
    case 10:
        if (fh_same_name(name, "connection", 10)) return FH_CONNECTION;
        if (fh_same_name(name, "keep-alive", 10)) return FH_KEEP_ALIVE;
        return FH_OTHER;
    case 12: return fh_same_name(name, "content-type", 12) ? FH_CONTENT_TYPE : FH_OTHER;
    case 14: return fh_same_name(name, "content-length", 14) ? FH_CONTENT_LENGTH : FH_OTHER;
    case 16: return fh_same_name(name, "proxy-connection", 16) ? FH_PROXY_CONNECTION : FH_OTHER;
    case 17: return fh_same_name(name, "transfer-encoding", 17) ? FH_TRANSFER_ENCODING : FH_OTHER;
    default: return FH_OTHER;
    }
}

/* Wider than the email package's rule, so that no composite type can slip past it. */
static int may_be_composite(const char *value, size_t len) {
    for (size_t i = 0; i + 7 <= len; i++) {
        if ((value[i] | 0x20) != 'm') continue;
        if (fh_same_name(value + i, "message", 7)) return 1;
        if (i + 9 <= len && fh_same_name(value + i, "multipart", 9)) return 1;
    }
    return 0;
}

/* The line end at p: how many bytes it has, or a code. */
static long line_end(const char *p, const char *end) {
    if (p == end) return FH_INCOMPLETE;
    if (*p == '\n') return 1;
    if (*p != '\r') return FH_ODD;
    if (p + 1 == end) return FH_INCOMPLETE;
    return p[1] == '\n' ? 2 : FH_ODD;
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }

long fh_parse_status_line(const char *buf, size_t len, size_t max_line, fh_status_line *out) {
    const char *p = buf, *end = buf + len;
    if (len > FH_MAX_LENGTH) return FH_ODD;
    if (len < 13) { /* the shortest status line is "HTTP/1.1 200" and LF */
        if (memcmp(buf, "HTTP/1.", len < 7 ? len : 7) != 0) return FH_ODD;
        return memchr(buf, '\n', len) == NULL ? FH_INCOMPLETE : FH_ODD;
    }
    if (memcmp(p, "HTTP/1.", 7) != 0 || (p[7] != '0' && p[7] != '1') || p[8] != ' ') return FH_ODD;
    if (p[9] < '1' || p[9] > '9' || !is_digit(p[10]) || !is_digit(p[11])) return FH_ODD;
    out->version = p[7] == '0' ? 10 : 11;
    out->status = (p[9] - '0') * 100 + (p[10] - '0') * 10 + (p[11] - '0');
    p += 12;
    if (*p != ' ' && *p != '\r' && *p != '\n') return FH_ODD;
    while (p < end && (*p == ' ' || *p == '\t')) p++;
    const char *reason = p;
    while (p < end && is_value_byte((unsigned char)*p)) {
        /* obs-text goes the slow way: str.strip() takes U+0085 and U+00A0 for white space */
        if ((unsigned char)*p >= 0x80) return FH_ODD;
        p++;
    }
    const char *reason_end = p;
    while (reason_end > reason && (reason_end[-1] == ' ' || reason_end[-1] == '\t')) reason_end--;
    long eol = line_end(p, end);
    if (eol < 0) return eol;
    p += eol;
    if ((size_t)(p - buf) > max_line) return FH_ODD;
    out->reason = (uint32_t)(reason - buf);
    out->reason_len = (uint32_t)(reason_end - reason);
    return (long)(p - buf);
}

/* One "name: value" line at p; returns its length with its end, or a code. */
static long parse_field(const char *buf, const char *p, const char *end, fh_field *field) {
    const char *start = p;
    p = name_end(p, end);
    if (p == end) return FH_INCOMPLETE;
    if (*p != ':' || p == start) return FH_ODD;
    field->name = (uint32_t)(start - buf);
    field->name_len = (uint32_t)(p - start);
    p++;
    while (p < end && (*p == ' ' || *p == '\t')) p++;
    const char *value = p;
    p = value_end(p, end);
    long eol = line_end(p, end);
    if (eol < 0) return eol;
    field->value = (uint32_t)(value - buf);
    field->value_len = (uint32_t)(p - value);
    return (long)(p + eol - start);
}

long fh_parse_fields(const char *buf, size_t len, size_t max_line, fh_field *fields,
                     size_t *count, int first[FH_FIELD_IDS]) {
    const char *p = buf, *end = buf + len;
    size_t capacity = *count, n = 0;
    if (len > FH_MAX_LENGTH) return FH_ODD;
    for (int id = 0; id < FH_FIELD_IDS; id++) first[id] = -1;
    for (;;) {
        if (p == end) return FH_INCOMPLETE;
        if (*p == '\r' || *p == '\n') {
            long eol = line_end(p, end);
            if (eol < 0) return eol;
            if ((size_t)eol > max_line) return FH_ODD;
            *count = n;
            return (long)(p + eol - buf);
        }
        if (n == capacity) return FH_ODD;
        fh_field *field = &fields[n];
        long used = parse_field(buf, p, end, field);
        if (used < 0) return used;
        if ((size_t)used > max_line) return FH_ODD;
        enum fh_field_id id = field_id(buf + field->name, field->name_len);
        if (id != FH_OTHER) {
            if (id == FH_CONTENT_TYPE && may_be_composite(buf + field->value, field->value_len))
                return FH_ODD;
            if (first[id] < 0) first[id] = (int)n;
            else if (id == FH_CONTENT_LENGTH || id == FH_TRANSFER_ENCODING) return FH_ODD;
            else if (id == FH_CONNECTION && first[FH_SECOND_CONNECTION] < 0)
                first[FH_SECOND_CONNECTION] = (int)n;
        }
        n++;
        p += used;
    }
}
