/* Kills its process (SIGKILL) at the n-th change of a file under KILL_UNDER, for LD_PRELOAD: before the n-th call of open
   for writing, write, rename, unlink, mkdir, link, truncate or fsync. With KILL_AT=0 it only counts, into KILL_COUNT. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES 65536 /* descriptors that are followed */
static atomic_long changes;
static char followed[FILES];

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_ours(const char *path) {
    const char *folder = getenv("KILL_UNDER");
    char here[PATH_MAX];
    if (!folder || !path) return 0;
    if (path[0] == '/') return strncmp(path, folder, strlen(folder)) == 0;
    return getcwd(here, sizeof here) && strncmp(here, folder, strlen(folder)) == 0;
}

static void change(void) {
    const char *at = getenv("KILL_AT");
    long number = atomic_fetch_add(&changes, 1) + 1;
    if (at && atol(at) == number) kill(getpid(), SIGKILL);
}

__attribute__((destructor)) static void tell(void) {
    const char *name = getenv("KILL_COUNT");
    long number = atomic_load(&changes);
    FILE *file = name && number ? fopen(name, "a") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", number);
    fclose(file);
}

static int follow(int descriptor, int ours) {
    if (descriptor >= 0 && descriptor < FILES) followed[descriptor] = (char)ours;
    return descriptor;
}

static int is_followed(int descriptor) { return descriptor >= 0 && descriptor < FILES && followed[descriptor]; }

#define MODE                                                                                                           \
    mode_t mode = 0;                                                                                                   \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                                                             \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }                                                                                                                  \
    int ours = (flags & O_ACCMODE) != O_RDONLY && is_ours(path);                                                       \
    if (ours && flags & (O_CREAT | O_TRUNC)) change();

int open(const char *path, int flags, ...) { MODE return follow(REAL(open)(path, flags, mode), ours); }
int open64(const char *path, int flags, ...) { MODE return follow(REAL(open64)(path, flags, mode), ours); }
int openat(int at, const char *path, int flags, ...) { MODE return follow(REAL(openat)(at, path, flags, mode), ours); }
int openat64(int at, const char *path, int flags, ...) { MODE return follow(REAL(openat64)(at, path, flags, mode), ours); }

int close(int descriptor) {
    follow(descriptor, 0);
    return REAL(close)(descriptor);
}

#define ON_FILE(result, name, arguments, ...)                                                                          \
    result name arguments {                                                                                            \
        if (is_followed(file)) change();                                                                               \
        return REAL(name)(__VA_ARGS__);                                                                                \
    }
ON_FILE(ssize_t, write, (int file, const void *data, size_t size), file, data, size)
ON_FILE(ssize_t, writev, (int file, const struct iovec *parts, int count), file, parts, count)
ON_FILE(ssize_t, pwrite, (int file, const void *data, size_t size, off_t at), file, data, size, at)
ON_FILE(ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t at), file, data, size, at)
ON_FILE(int, fsync, (int file), file)
ON_FILE(int, fdatasync, (int file), file)
ON_FILE(int, ftruncate, (int file, off_t size), file, size)
ON_FILE(int, ftruncate64, (int file, off64_t size), file, size)

#define ON_PATH(name, arguments, path, ...)                                                                            \
    int name arguments {                                                                                               \
        if (is_ours(path)) change();                                                                                   \
        return REAL(name)(__VA_ARGS__);                                                                                \
    }
ON_PATH(rename, (const char *from, const char *to), to, from, to)
ON_PATH(renameat, (int a, const char *from, int b, const char *to), to, a, from, b, to)
ON_PATH(renameat2, (int a, const char *from, int b, const char *to, unsigned how), to, a, from, b, to, how)
ON_PATH(link, (const char *from, const char *to), to, from, to)
ON_PATH(linkat, (int a, const char *from, int b, const char *to, int how), to, a, from, b, to, how)
ON_PATH(unlink, (const char *path), path, path)
ON_PATH(unlinkat, (int at, const char *path, int how), path, at, path, how)
ON_PATH(rmdir, (const char *path), path, path)
ON_PATH(mkdir, (const char *path, mode_t mode), path, path, mode)
