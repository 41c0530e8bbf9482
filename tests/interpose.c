/* SPDX-License-Identifier: MIT */
/* A preloaded library that counts which event library's calls an executable makes, and how often. */
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Only calls from the executable itself count: libuv, libev and libevent call epoll_wait() too, and that
 * is theirs. On exit (also by _exit) one line "name count" per function that was called is written to the
 * file AB_INTERPOSE_OUT.
 */

#define FUNCTIONS(X)                                                                                         \
        X(epoll_wait)                                                                                        \
        X(epoll_ctl)                                                                                         \
        X(timerfd_settime)                                                                                   \
        X(pthread_cond_wait)                                                                                 \
        X(pthread_cond_timedwait)                                                                            \
        X(pthread_cond_signal)                                                                               \
        X(ppoll)                                                                                             \
        X(uv_run)                                                                                            \
        X(uv_async_send)                                                                                     \
        X(uv_timer_start)                                                                                    \
        X(uv_poll_start)                                                                                     \
        X(uv_idle_start)                                                                                     \
        X(ev_run)                                                                                            \
        X(ev_async_send)                                                                                     \
        X(ev_timer_start)                                                                                    \
        X(ev_timer_again)                                                                                    \
        X(ev_io_start)                                                                                       \
        X(ev_idle_start)                                                                                     \
        X(event_base_loop)                                                                                   \
        X(event_active)                                                                                      \
        X(event_add)                                                                                         \
        X(io_uring_submit)                                                                                   \
        X(io_uring_submit_and_wait)                                                                          \
        X(io_uring_submit_and_get_events)                                                                    \
        X(io_uring_get_events)

enum function {
#define X(name) CALL_##name,
        FUNCTIONS(X)
#undef X
                CALLS,
};

static const char *const names[] = {
#define X(name) #name,
        FUNCTIONS(X)
#undef X
};

static _Atomic uint64_t calls[CALLS];
static void *real[CALLS];

static int first_object(struct dl_phdr_info *info, size_t size, void *arg)
{
        (void)size;
        *(struct dl_phdr_info *)arg = *info;
        return 1;
}

/* Does ADDRESS lie in the main executable, which the loader lists first? */
static bool from_executable(const void *address)
{
        static struct dl_phdr_info self;

        if (!self.dlpi_phdr)
                dl_iterate_phdr(first_object, &self);
        for (int i = 0; i < self.dlpi_phnum; i++) {
                uintptr_t start = self.dlpi_addr + self.dlpi_phdr[i].p_vaddr;

                if (self.dlpi_phdr[i].p_type == PT_LOAD && (uintptr_t)address >= start &&
                    (uintptr_t)address < start + self.dlpi_phdr[i].p_memsz)
                        return true;
        }
        return false;
}

static void *next_of(enum function f)
{
        /* without a version dlsym() may find the condition variables of before glibc 2.3.2 */
        if (!real[f])
                real[f] = dlvsym(RTLD_NEXT, names[f], "GLIBC_2.3.2");
        if (!real[f])
                real[f] = dlsym(RTLD_NEXT, names[f]);
        return real[f];
}

/* All of them take at most six words and return at most one: the registers are passed on as they are. */
typedef long forward(long, long, long, long, long, long);

#ifdef __clang__
#pragma clang diagnostic ignored "-Wincompatible-library-redeclaration"
#else
#pragma GCC diagnostic ignored "-Wbuiltin-declaration-mismatch"
#endif

#define X(name)                                                                                              \
        long name(long a, long b, long c, long d, long e, long f);                                           \
        long name(long a, long b, long c, long d, long e, long f)                                            \
        {                                                                                                    \
                if (from_executable(__builtin_return_address(0)))                                            \
                        atomic_fetch_add(&calls[CALL_##name], 1);                                            \
                return ((forward *)next_of(CALL_##name))(a, b, c, d, e, f);                                  \
        }
FUNCTIONS(X)
#undef X

static void write_counts(void)
{
        const char *path = getenv("AB_INTERPOSE_OUT");
        char line[128];
        int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644) : -1;

        for (int i = 0; fd >= 0 && i < CALLS; i++) {
                int length = snprintf(line, sizeof(line), "%s %llu\n", names[i],
                                      (unsigned long long)atomic_load(&calls[i]));

                if (atomic_load(&calls[i]) && write(fd, line, (size_t)length) != length)
                        abort();
        }
        if (fd >= 0)
                close(fd);
}

__attribute__((constructor)) static void start(void)
{
        atexit(write_counts);
}
