/* What tests need of the system, where POSIX and Windows differ: memory that can't be touched, and
 * what a program does when it has touched it.
 */
#ifndef SYSTEM_H
#define SYSTEM_H

#include <stddef.h>

/* What the sizes of the two below are multiples of. */
size_t system_page_size(void);

/* `size` bytes, all 0, between two pages that can't be touched, with a second view of the same
 * bytes that can be written. Writing to the first one is a crash, unless it is writable. Ends the
 * program where the system can't give that. */
char *system_two_views(size_t size, int is_writable, char **second);

/* `size` bytes of addresses, of which the first `usable` can be read and written, and the others
 * not be touched; NULL if there are not so many. */
char *system_addresses(size_t size, size_t usable);
void system_free_addresses(char *start, size_t size);

/* Let `tell` be called with a piece of text when the program crashes; then it ends as it would. */
void system_on_crash(void (*tell)(void));

/* Writes to standard error: within a crash, too. */
void system_say(const char *text);

#endif
