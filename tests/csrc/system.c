/* What tests need of the system: see system.h. */
#include "system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(int done, const char *what) {
    if (done) return;
    perror(what);
    exit(2);
}

#if defined(_WIN32)

#include <windows.h>

/* Views can begin at multiples of this alone. */
size_t system_page_size(void) {
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return info.dwAllocationGranularity;
}

/* A view can't be put over addresses that are taken: they are found, given back, and taken one by
 * one. */
char *system_two_views(size_t size, int is_writable, char **second) {
    size_t page = system_page_size();
    HANDLE bytes = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, (DWORD)size,
                                      NULL);
    must(bytes != NULL, "CreateFileMapping");
    *second = MapViewOfFile(bytes, FILE_MAP_WRITE, 0, 0, size);
    must(*second != NULL, "MapViewOfFile");
    char *whole = VirtualAlloc(NULL, size + 2 * page, MEM_RESERVE, PAGE_NOACCESS);
    must(whole != NULL && VirtualFree(whole, 0, MEM_RELEASE), "VirtualAlloc");
    char *start = whole + page;
    must(VirtualAlloc(whole, page, MEM_RESERVE, PAGE_NOACCESS) == whole &&
             MapViewOfFileEx(bytes, is_writable ? FILE_MAP_WRITE : FILE_MAP_READ, 0, 0, size,
                             start) == start &&
             VirtualAlloc(start + size, page, MEM_RESERVE, PAGE_NOACCESS) == start + size,
         "a view between two pages");
    CloseHandle(bytes);
    return start;
}

char *system_addresses(size_t size, size_t usable) {
    char *start = VirtualAlloc(NULL, size, MEM_RESERVE, PAGE_NOACCESS);
    if (start != NULL && VirtualAlloc(start, usable, MEM_COMMIT, PAGE_READWRITE) != NULL)
        return start;
    return NULL;
}

void system_free_addresses(char *start, size_t size) {
    (void)size;
    VirtualFree(start, 0, MEM_RELEASE);
}

static void (*tell_now)(void);

static LONG WINAPI on_crash(EXCEPTION_POINTERS *crash) {
    (void)crash;
    tell_now();
    return EXCEPTION_EXECUTE_HANDLER; /* ends the program, with the exception's code */
}

void system_on_crash(void (*tell)(void)) {
    tell_now = tell;
    SetUnhandledExceptionFilter(on_crash);
}

void system_say(const char *text) {
    DWORD written;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, (DWORD)strlen(text), &written, NULL);
}

#else

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

size_t system_page_size(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/* One file, mapped twice. */
char *system_two_views(size_t size, int is_writable, char **second) {
    size_t page = system_page_size();
    int access = is_writable ? PROT_READ | PROT_WRITE : PROT_READ;
    FILE *file = tmpfile();
    must(file != NULL, "tmpfile");
    must(ftruncate(fileno(file), (off_t)size) == 0, "ftruncate");
    *second = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    must(*second != MAP_FAILED, "mmap");
    char *whole = mmap(NULL, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(whole != MAP_FAILED, "mmap");
    char *start = mmap(whole + page, size, access, MAP_SHARED | MAP_FIXED, fileno(file), 0);
    must(start != MAP_FAILED, "mmap");
    fclose(file);
    return start;
}

char *system_addresses(size_t size, size_t usable) {
    char *start = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED || mprotect(start, usable, PROT_READ | PROT_WRITE) != 0) return NULL;
    return start;
}

void system_free_addresses(char *start, size_t size) { munmap(start, size); }

/* A read out of bounds; and abort(), by which sanitizers are told to end (see Makefile). */
static const int crashes[] = {SIGSEGV, SIGBUS, SIGABRT};
enum { CRASHES = sizeof crashes / sizeof *crashes };
static struct sigaction before[CRASHES];
static void (*tell_now)(void);

/* The crash happens again afterwards, for the sanitizer or the system. */
static void on_crash(int number) {
    tell_now();
    for (int i = 0; i < CRASHES; i++) sigaction(crashes[i], &before[i], NULL);
    if (number == SIGABRT) abort();
}

void system_on_crash(void (*tell)(void)) {
    struct sigaction action;
    tell_now = tell;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_crash;
    for (int i = 0; i < CRASHES; i++) sigaction(crashes[i], &action, &before[i]);
}

void system_say(const char *text) {
    if (write(STDERR_FILENO, text, strlen(text)) < 0) _exit(3);
}

#endif
