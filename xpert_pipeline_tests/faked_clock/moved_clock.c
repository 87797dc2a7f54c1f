/* Moves the calendar time of a process by FAKETIME seconds ("+86400"), for `make test-at`.
 *
 * Only what tells calendar time is moved: the monotonic clock and the times of files stay those of the machine. A wait
 * until a moment of calendar time gets the moment on the machine's clock. libfaketime does more and, with many threads,
 * now and then ends the process.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t moved_by;

__attribute__((constructor)) static void read_offset(void) {
    const char *text = getenv("FAKETIME");
    if (text) moved_by = (time_t)strtoll(text, NULL, 10);
}

/* The default version of a symbol. dlsym may find an older one, with another layout of its structures. */
static void *original(void **known, const char *name, const char *version) {
    void *found = __atomic_load_n(known, __ATOMIC_ACQUIRE);
    if (!found) {
        found = version ? dlvsym(RTLD_NEXT, name, version) : NULL;
        if (!found) found = dlsym(RTLD_NEXT, name);
        if (!found) abort();
        __atomic_store_n(known, found, __ATOMIC_RELEASE);
    }
    return found;
}

#define ORIGINAL(name, version) \
    static void *known; \
    __typeof__(&name) really = (__typeof__(&name))original(&known, #name, version)

static int tells_calendar_time(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

static struct timespec on_the_machine(const struct timespec *moment) {
    struct timespec real = *moment;
    real.tv_sec -= moved_by;
    return real;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    ORIGINAL(clock_gettime, NULL);
    int result = really(clock, now);
    if (result == 0 && tells_calendar_time(clock)) now->tv_sec += moved_by;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    ORIGINAL(gettimeofday, NULL);
    int result = really(now, zone);
    if (result == 0 && now) now->tv_sec += moved_by;
    return result;
}

time_t time(time_t *kept) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (kept) *kept = now.tv_sec;
    return now.tv_sec;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted, struct timespec *left) {
    ORIGINAL(clock_nanosleep, NULL);
    if (!(flags & TIMER_ABSTIME) || !tells_calendar_time(clock)) return really(clock, flags, wanted, left);
    struct timespec real = on_the_machine(wanted);
    return really(clock, flags, &real, left);
}

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
    ORIGINAL(sem_timedwait, NULL);
    struct timespec real = on_the_machine(until);
    return really(semaphore, &real);
}

int sem_clockwait(sem_t *restrict semaphore, clockid_t clock, const struct timespec *restrict until) {
    ORIGINAL(sem_clockwait, NULL);
    if (!tells_calendar_time(clock)) return really(semaphore, clock, until);
    struct timespec real = on_the_machine(until);
    return really(semaphore, clock, &real);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
    ORIGINAL(pthread_mutex_timedlock, NULL);
    struct timespec real = on_the_machine(until);
    return really(mutex, &real);
}

/* A condition does not tell its clock. Seconds of the monotonic one count from the machine's start. */
int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until
) {
    ORIGINAL(pthread_cond_timedwait, "GLIBC_2.3.2");
    const time_t ten_years = 10 * 365 * 86400L;
    struct timespec monotonic;
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    if (until->tv_sec < monotonic.tv_sec + ten_years) return really(condition, mutex, until);
    struct timespec real = on_the_machine(until);
    return really(condition, mutex, &real);
}

int pthread_cond_clockwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, clockid_t clock,
    const struct timespec *restrict until
) {
    ORIGINAL(pthread_cond_clockwait, NULL);
    if (!tells_calendar_time(clock)) return really(condition, mutex, clock, until);
    struct timespec real = on_the_machine(until);
    return really(condition, mutex, clock, &real);
}
