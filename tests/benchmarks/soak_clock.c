/* A wall clock that a file moves, for LD_PRELOAD: CLOCK_REALTIME plus the seconds in the file SOAK_CLOCK names. The
   monotonic clock stays, as on a machine whose clock is set. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

typedef int (*gettime_t)(clockid_t, struct timespec *);

static long offset(gettime_t real) {
    static __thread time_t read_at = 0;
    static __thread long seconds = 0;
    struct timespec now;
    real(CLOCK_MONOTONIC, &now);
    if (now.tv_sec != read_at) { /* once a second in each thread */
        const char *name = getenv("SOAK_CLOCK");
        FILE *file = name ? fopen(name, "r") : NULL;
        read_at = now.tv_sec;
        if (file) {
            if (fscanf(file, "%ld", &seconds) != 1) seconds = 0;
            fclose(file);
        }
    }
    return seconds;
}

int clock_gettime(clockid_t which, struct timespec *result) {
    static gettime_t real = NULL;
    if (!real) real = (gettime_t)dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(which, result);
    if (which == CLOCK_REALTIME && code == 0) result->tv_sec += offset(real);
    return code;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    result->tv_sec = now.tv_sec;
    result->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
