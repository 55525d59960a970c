/* Counts cases and reports failures: see check.h. */
#include "check.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FAILURES = 10 };

static const char *rule_now = "(none)", *input_now = "";
static size_t len_now;
static unsigned long cases, failures;
static int failed_now; /* a case fails once */
/* A read out of bounds; and abort(), by which sanitizers are told to end (see Makefile). */
static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT};
enum { CRASHES = sizeof crashes / sizeof *crashes };
static struct sigaction before[CRASHES];

static void say(const char *text) {
    if (write(STDERR_FILENO, text, strlen(text)) < 0) _exit(3);
}

/* Says which case crashed; then the crash happens again, for the sanitizer or the system. */
static void on_crash(int number) {
    say("crash in case: ");
    say(rule_now);
    say("\n");
    for (int i = 0; i < CRASHES; i++) sigaction(crashes[i], &before[i], NULL);
    if (number == SIGABRT) abort();
}

static void catch_crashes(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_crash;
    for (int i = 0; i < CRASHES; i++) sigaction(crashes[i], &action, &before[i]);
}

void check_case(const char *rule, const char *input, size_t len) {
    if (cases++ == 0) catch_crashes();
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
