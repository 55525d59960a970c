/* Counts cases, tells which rule a failing or crashing one tests, and prints the total. */
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>
#include <stdio.h>

/* mingw has C11's printf() and an older one, and says which it takes. */
#ifdef __MINGW_PRINTF_FORMAT
#define CHECK_FORMAT __MINGW_PRINTF_FORMAT
#else
#define CHECK_FORMAT printf
#endif

/* A case begins: the rule that it tests and its input, which must stay where it is until the next
 * case begins. */
void check_case(const char *rule, const char *input, size_t len);

/* The case failed, and this is why. The program goes on, and ends after some failures. */
void check_failed(const char *format, ...) __attribute__((format(CHECK_FORMAT, 1, 2)));

#define CHECK(condition, ...)                                                                     \
    do {                                                                                          \
        if (!(condition)) check_failed(__VA_ARGS__);                                              \
    } while (0)

/* Prints "<program>: <n> cases"; returns what main() returns. */
int check_report(const char *program);

#endif
