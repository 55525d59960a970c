/* Counts cases and reports failures: see check.h. */
#include "check.h"
#include "system.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_FAILURES = 10 };

static const char *rule_now = "(none)", *input_now = "";
static size_t len_now;
static unsigned long cases, failures;
static int failed_now; /* a case fails once */

/* Says which case crashed. */
static void tell_case(void) {
    system_say("crash in case: ");
    system_say(rule_now);
    system_say("\n");
}

void check_case(const char *rule, const char *input, size_t len) {
    if (cases++ == 0) system_on_crash(tell_case);
    rule_now = rule;
    input_now = input;
    len_now = len;
    failed_now = 0;
}

static void print_input(void) {
    fprintf(stderr, "  input (%zu bytes): \"", len_now);
    for (size_t i = 0; i < len_now; i++) {
        unsigned char c = (unsigned char)input_now[i];
        if (c == '\r') fputs("\\r", stderr);
        else if (c == '\n') fputs("\\n", stderr);
        else if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\') fprintf(stderr, "\\x%02x", c);
        else fputc(c, stderr);
    }
    fputs("\"\n", stderr);
}

void check_failed(const char *format, ...) {
    va_list arguments;
    if (failed_now) return;
    failed_now = 1;
    fprintf(stderr, "FAILED: %s\n  ", rule_now);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    print_input();
    if (++failures < MOST_FAILURES) return;
    fputs("too many failures\n", stderr);
    exit(1);
}

int check_report(const char *program) {
    printf("%s: %lu cases", program, cases);
    if (failures != 0) printf(", %lu FAILED", failures);
    printf("\n");
    return failures != 0 || cases == 0;
}
