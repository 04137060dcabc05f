/* A disk that fails: of the calls of some kinds on files under one folder, the k-th fails, or all from the k-th on.
 *
 * Loaded before the C library (LD_PRELOAD). `arm` says which call fails and how, `disarm` ends it, `calls` tells how many
 * there were. A close that fails closes all the same, as on Linux. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE = 2, FSYNC = 4, RENAME = 8, CLOSE = 16, UNLINK = 32, TRUNCATE = 64, READ = 128 };

static char folder[4096];
static size_t length;
static unsigned kinds;
static long failing = -1;
static int error_number, for_ever;
static atomic_long count;

void arm(const char *under, unsigned which, long k, int error, int on) {
    snprintf(folder, sizeof folder, "%s", under);
    kinds = which, failing = k, error_number = error, for_ever = on;
    atomic_store(&count, 0);
    length = strlen(folder);
}

void disarm(void) { length = 0; }

long calls(void) { return atomic_load(&count); }

static int under(const char *path) { return strncmp(path, folder, length) == 0; }

static int descriptor_under(int descriptor) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t found = readlink(link, path, sizeof path - 1);
    if (found <= 0) return 0;
    path[found] = 0;
    return under(path);
}

static int path_under(int at, const char *path) {
    if (path[0] == '/') return under(path);
    if (at != AT_FDCWD) return descriptor_under(at);
    char here[4096];
    return getcwd(here, sizeof here) && under(here);
}

static int fails(unsigned kind, int matches) {
    if (!length || !(kinds & kind) || !matches) return 0;
    long number = atomic_fetch_add(&count, 1);
    if (number != failing && !(for_ever && failing >= 0 && number > failing)) return 0;
    errno = error_number;
    return 1;
}

#define NEXT(type, name, ...) \
    static type (*next)(__VA_ARGS__); \
    if (!next) next = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)
#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }
#define OPENS(name) \
    int name(const char *path, int flags, ...) { \
        MODE(flags) NEXT(int, name, const char *, int, ...); \
        return length && fails(OPEN, path_under(AT_FDCWD, path)) ? -1 : next(path, flags, mode); }
#define OPENS_AT(name) \
    int name(int at, const char *path, int flags, ...) { \
        MODE(flags) NEXT(int, name, int, const char *, int, ...); \
        return length && fails(OPEN, path_under(at, path)) ? -1 : next(at, path, flags, mode); }

OPENS(open) OPENS(open64) OPENS_AT(openat) OPENS_AT(openat64)

#define TRANSFER(name, kind, bytes) \
    ssize_t name(int descriptor, bytes data, size_t size) { \
        NEXT(ssize_t, name, int, bytes, size_t); \
        return length && fails(kind, descriptor_under(descriptor)) ? -1 : next(descriptor, data, size); }
#define TRANSFER_AT(name, kind, bytes, place) \
    ssize_t name(int descriptor, bytes data, size_t size, place at) { \
        NEXT(ssize_t, name, int, bytes, size_t, place); \
        return length && fails(kind, descriptor_under(descriptor)) ? -1 : next(descriptor, data, size, at); }
#define VECTOR_AT(name, kind, place) \
    ssize_t name(int descriptor, const struct iovec *parts, int number, place at) { \
        NEXT(ssize_t, name, int, const struct iovec *, int, place); \
        return length && fails(kind, descriptor_under(descriptor)) ? -1 : next(descriptor, parts, number, at); }

TRANSFER(write, WRITE, const void *)
TRANSFER(read, READ, void *)
TRANSFER_AT(pwrite, WRITE, const void *, off_t)
TRANSFER_AT(pwrite64, WRITE, const void *, off64_t)
TRANSFER_AT(pread, READ, void *, off_t)
TRANSFER_AT(pread64, READ, void *, off64_t)
VECTOR_AT(preadv, READ, off_t)
VECTOR_AT(preadv64, READ, off64_t)

ssize_t preadv2(int descriptor, const struct iovec *parts, int number, off_t at, int flags) {
    NEXT(ssize_t, preadv2, int, const struct iovec *, int, off_t, int);
    return length && fails(READ, descriptor_under(descriptor)) ? -1 : next(descriptor, parts, number, at, flags);
}

ssize_t preadv64v2(int descriptor, const struct iovec *parts, int number, off64_t at, int flags) {
    NEXT(ssize_t, preadv64v2, int, const struct iovec *, int, off64_t, int);
    return length && fails(READ, descriptor_under(descriptor)) ? -1 : next(descriptor, parts, number, at, flags);
}

ssize_t writev(int descriptor, const struct iovec *parts, int number) {
    NEXT(ssize_t, writev, int, const struct iovec *, int);
    return length && fails(WRITE, descriptor_under(descriptor)) ? -1 : next(descriptor, parts, number);
}

int fsync(int descriptor) {
    NEXT(int, fsync, int);
    if (length && fails(FSYNC, descriptor_under(descriptor))) return -1;
    return length ? 0 : next(descriptor); /* nothing is tested by waiting for the disk */
}

int ftruncate(int descriptor, off_t size) {
    NEXT(int, ftruncate, int, off_t);
    return length && fails(TRUNCATE, descriptor_under(descriptor)) ? -1 : next(descriptor, size);
}

int ftruncate64(int descriptor, off64_t size) {
    NEXT(int, ftruncate64, int, off64_t);
    return length && fails(TRUNCATE, descriptor_under(descriptor)) ? -1 : next(descriptor, size);
}

int close(int descriptor) {
    NEXT(int, close, int);
    int failed = length && fails(CLOSE, descriptor_under(descriptor)), error = errno, closed = next(descriptor);
    if (failed) errno = error;
    return failed ? -1 : closed;
}

int rename(const char *from, const char *to) {
    NEXT(int, rename, const char *, const char *);
    return length && fails(RENAME, path_under(AT_FDCWD, to)) ? -1 : next(from, to);
}

int renameat(int at, const char *from, int there, const char *to) {
    NEXT(int, renameat, int, const char *, int, const char *);
    return length && fails(RENAME, path_under(there, to)) ? -1 : next(at, from, there, to);
}

int unlink(const char *path) {
    NEXT(int, unlink, const char *);
    return length && fails(UNLINK, path_under(AT_FDCWD, path)) ? -1 : next(path);
}

int unlinkat(int at, const char *path, int flags) {
    NEXT(int, unlinkat, int, const char *, int);
    return length && fails(UNLINK, path_under(at, path)) ? -1 : next(at, path, flags);
}
